"""Warrants: what a right to shares at next to nothing is worth, when it must be earned by purchases and by the share's price.

Shares in millions, prices in USD, amounts in USD bn.
"""

import math
from statistics import NormalDist

_N = NormalDist().cdf


def payoff(shares: float, price: float, exercise: float, vested: float = 1.0) -> float:
    """Return what a holder gains who takes the vested part of a warrant's shares at the exercise price: n v (P - X), never below zero.

    160 million shares at a price of 600 and an exercise price of a cent: 96 bn.

    >>> round(payoff(160, 600, 0.01), 1), round(payoff(160, 215, 0.01), 1)
    (96.0, 34.4)
    """
    if not 0 <= vested <= 1:
        raise ValueError(f"the vested part is a share of one, not {vested}")
    return shares * vested * max(price - exercise, 0) / 1000


def vested(delivered: int, whole: int, reached: bool) -> float:
    """Return the part of a warrant that has been earned, in equal steps a unit delivered, the last of which needs the price target too.

    >>> vested(1, 6, False), vested(6, 6, True), round(vested(6, 6, False), 3)
    (0.16666666666666666, 1.0, 0.833)
    """
    if not 0 <= delivered <= whole or whole < 1:
        raise ValueError(f"delivered lies from none to all of {whole}, not at {delivered}")
    return min(delivered, whole if reached else whole - 1) / whole


def dilution(outstanding: float, issued: float) -> float:
    """Return the share of the firm that new shares take from those who held it: n / (N + n).

    160 million beside 1,600: 9.1 per cent.

    >>> round(dilution(1600, 160), 3)
    0.091
    """
    _positive(outstanding)
    return issued / (outstanding + issued)


def breakeven_rise(outstanding: float, issued: float) -> float:
    """Return by how much the whole firm must gain in value for its old holders to lose nothing by giving shares away: n / N.

    The inverse of the dilution: (1 + rise) (1 - dilution) = 1.

    >>> breakeven_rise(1600, 160)
    0.1
    """
    _positive(outstanding)
    return issued / outstanding


def up_and_in_call(
    price: float,
    exercise: float,
    barrier: float,
    years: float,
    rate: float,
    volatility: float,
    dividend: float = 0.0,
    rebate: float = 0.0,
) -> float:
    """Return the value of a call that begins to exist once the price has reached a barrier above it, per share.

    Closed form of Reiner and Rubinstein (1991) as Haug prints it (*The Complete Guide to Option Pricing Formulas*, on standard barrier
    options): the price moves as in Black and Scholes and is watched all the time. `rebate` is paid at the end if the barrier was never reached. At
    or above the barrier this is the plain call. Rate, dividend yield and volatility are yearly, compounded continuously. Haug's table: 14.1112 for
    a price of 100, exercise 90, barrier 105, rebate 3, half a year, rate 8%, carry 4%, volatility 25%.

    >>> round(up_and_in_call(100, 90, 105, 0.5, 0.08, 0.25, dividend=0.04, rebate=3), 4)
    14.1112
    """
    for value in (price, exercise, barrier, years, volatility):
        _positive(value)
    if price >= barrier:
        return call(price, exercise, years, rate, volatility, dividend)
    carry = rate - dividend
    spread = volatility * math.sqrt(years)
    drift = (carry - volatility**2 / 2) / volatility**2
    asset, cash = price * math.exp((carry - rate) * years), exercise * math.exp(-rate * years)
    step = (1 + drift) * spread

    def plain(point: float) -> float:
        return asset * _N(point) - cash * _N(point - spread)

    def mirrored(point: float) -> float:
        ratio = barrier / price
        return asset * ratio ** (2 * (drift + 1)) * _N(-point) - cash * ratio ** (2 * drift) * _N(-point + spread)

    at_barrier = math.log(price / barrier) / spread + step
    back = math.log(barrier / price) / spread + step
    never = rebate * math.exp(-rate * years) * (_N(-at_barrier + spread) - (barrier / price) ** (2 * drift) * _N(-back + spread))
    if exercise > barrier:
        return plain(math.log(price / exercise) / spread + step) + never
    return plain(at_barrier) - mirrored(math.log(barrier**2 / (price * exercise)) / spread + step) + mirrored(back) + never


def call(price: float, exercise: float, years: float, rate: float, volatility: float, dividend: float = 0.0) -> float:
    """Return the value of a plain European call per share, after Black and Scholes (1973).

    Hull's example (*Options, Futures, and Other Derivatives*, chapter on the model): price 42, exercise 40, half a year, 10%, volatility 20%: 4.76.

    >>> round(call(42, 40, 0.5, 0.10, 0.20), 2)
    4.76
    """
    for value in (price, exercise, years, volatility):
        _positive(value)
    spread = volatility * math.sqrt(years)
    point = (math.log(price / exercise) + (rate - dividend) * years) / spread + spread / 2
    return price * math.exp(-dividend * years) * _N(point) - exercise * math.exp(-rate * years) * _N(point - spread)


def warrant_value(shares: float, price: float, exercise: float, targets: list[float], years: float, rate: float, volatility: float) -> float:
    """Return the value in USD bn of a warrant in equal tranches, each of which needs the share to reach its own price once.

    Every tranche is an `up_and_in_call`; that all purchases are made is taken for granted, so this is a ceiling on the value for who doubts them.

    >>> round(warrant_value(160, 200, 0.01, [600], 5, 0.04, 0.65), 1) < round(warrant_value(160, 200, 0.01, [200], 5, 0.04, 0.65), 1)
    True
    """
    if not targets:
        raise ValueError("a warrant needs at least one tranche")
    each = shares / len(targets)
    return sum(each * up_and_in_call(price, exercise, target, years, rate, volatility) for target in targets) / 1000


def share_price(market_value: float, outstanding: float) -> float:
    """Return the price of a share in USD that a firm's market value (USD bn) implies.

    >>> share_price(320, 1600)
    200.0
    """
    _positive(outstanding)
    return market_value * 1000 / outstanding


def _positive(value: float) -> None:
    if value <= 0:
        raise ValueError(f"prices, years, volatility and numbers of shares are positive, not {value}")
