"""Contracts: what a promise of yearly payments is worth to who must build for it, and to who pays. Money in USD bn, years, shares of one."""

from collections.abc import Iterable

from outlay.models import breakeven


def cash_curve(investment: float, payment: float, margin: float, years: int) -> list[float]:
    """Return the cash that has come back by the end of each year, the investment first: -K, -K + m p, -K + 2 m p and so on.

    `margin` is the share of a payment left before depreciation; the investment is spent at once.

    >>> cash_curve(100, 60, 0.5, 3)
    [-100, -70.0, -40.0, -10.0]
    """
    breakeven._share(margin)
    curve = [-investment]
    for _ in range(years):
        curve.append(curve[-1] + margin * payment)
    return curve


def present_value(flows: Iterable[float], rate: float) -> float:
    """Return what yearly flows are worth in the year of the first: the sum of f_t / (1 + r)^t.

    Five payments of one at 10 per cent are worth 3.7908, as every annuity table has it.

    >>> round(present_value([0, 1, 1, 1, 1, 1], 0.10), 4)
    3.7908
    """
    if rate <= -1:
        raise ValueError(f"rate must be above -1, not {rate}")
    return sum(flow / (1 + rate) ** year for year, flow in enumerate(flows))


def internal_return(flows: Iterable[float]) -> float:
    """Return the yearly rate at which flows that begin with an outlay are worth nothing; a hole (nan) if they never come back at any rate above -1.

    The internal rate of return, by halving the interval. The example of Microsoft's help on the function IRR: 70 spent, then 12, 15, 18, 21
    and 26 taken in, gives 8.7 per cent.

    >>> round(internal_return([-70, 12, 15, 18, 21, 26]), 3)
    0.087
    """
    flows = list(flows)
    if not flows or flows[0] >= 0 or any(flow < 0 for flow in flows[1:]):
        raise ValueError("an outlay first, then nothing but receipts: with other signs there may be more than one such rate")
    if not any(flows[1:]):
        return float("nan")
    low, high = -0.999999, 1.0
    while present_value(flows, high) > 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if present_value(flows, middle) > 0 else (low, middle)
    return (low + high) / 2


def breakeven_margin(investment: float, payment: float, years: float, rate: float = 0.0) -> float:
    """Return the share of each payment that must be left for the payments to repay the investment: annuity over payment.

    Above one no margin suffices. For 100 of chips against 60 a year over five years: a third, without interest.

    >>> round(breakeven_margin(100, 60, 5), 3), round(breakeven_margin(225, 60, 5), 2)
    (0.333, 0.75)
    """
    if payment <= 0:
        raise ValueError(f"payment must be positive, not {payment}")
    return breakeven.annuity(investment, rate, years) / payment


def expected_value(investment: float, payment: float, margin: float, years: int, rate: float, default: float, relet: float = 0.0) -> float:
    """Return the expected present value of building for one customer who may stop paying: -K + sum of m p (s_t + (1 - s_t) c) / (1 + r)^t.

    In any year the customer stops with chance `default`, so that he still pays in year t with s_t = (1 - default)^t; from then on the capacity
    is let to others at the share `relet` of the price. With nothing from others this is the value at the rate (1 + r) / (1 - default) - 1, the
    reduced form of Duffie and Singleton (1999) without recovery.

    >>> round(expected_value(100, 60, 0.5, 5, 0.10, 0.0), 1), round(expected_value(100, 60, 0.5, 5, 0.10, 0.10, relet=0.5), 1)
    (13.7, -0.4)
    """
    breakeven._share(margin)
    if not 0 <= default <= 1 or relet < 0:
        raise ValueError(f"a chance lies from 0 to 1 and a price is not negative: {default}, {relet}")
    pays = [(1 - default) ** year for year in range(1, years + 1)]
    return present_value([-investment, *(margin * payment * (still + (1 - still) * relet) for still in pays)], rate)


def payment_share(payment: float, revenue: float) -> float:
    """Return a yearly payment as a share of the payer's revenue of that year.

    60 a year against the 13 that OpenAI took in in 2025: 4.6 times.

    >>> round(payment_share(60, 13), 1)
    4.6
    """
    if revenue <= 0:
        raise ValueError(f"revenue must be positive, not {revenue}")
    return payment / revenue


def path(now: float, then: float, years: int) -> list[float]:
    """Return the values of each year on a path of even yearly growth from one figure to another, both ends included.

    From 13 in 2025 to 200 in 2030: 39 in 2027, 67 in 2028, 116 in 2029.

    >>> [round(value) for value in path(13, 200, 5)]
    [13, 22, 39, 67, 116, 200]
    """
    if now <= 0 or then <= 0 or years < 1:
        raise ValueError(f"a path needs positive ends and at least a year, not {now}, {then}, {years}")
    return [now * (then / now) ** (year / years) for year in range(years + 1)]


def vendor_share(investment: float, cost: float) -> float:
    """Return the share of what is bought that its seller pays as an investor in the buyer.

    10 for a gigawatt of 50 to 60 is 17 to 20 per cent; against the 5 to 6 that 36Kr (October 2025) printed for a gigawatt it would be above one.

    >>> round(vendor_share(10, 60), 2), round(vendor_share(10, 50), 2), vendor_share(10, 5) > 1
    (0.17, 0.2, True)
    """
    if cost <= 0:
        raise ValueError(f"cost must be positive, not {cost}")
    return investment / cost


def stake(tranches: int, amount: float, valuation: float, growth: float = 0.0) -> float:
    """Return the share of a firm that equal tranches of new money buy, the value before the money growing by `growth` from one to the next.

    Each tranche dilutes the shares bought before: own V / (V + a) + a / (V + a). Ten of 10 at 500 that does not grow: 100 of 600.

    >>> round(stake(10, 10, 500), 3), round(stake(10, 10, 500, growth=0.1), 3)
    (0.167, 0.119)
    """
    if valuation <= 0 or amount < 0:
        raise ValueError(f"a valuation is positive and an amount not negative: {valuation}, {amount}")
    own = 0.0
    for _ in range(tranches):
        own = (own * valuation + amount) / (valuation + amount)
        valuation = (valuation + amount) * (1 + growth)
    return own
