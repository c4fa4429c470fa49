"""Break-even: what revenue would have to come for capital spending to pay, in the readings that were published.

All money in USD bn. Pure functions of plain numbers; they know neither the ledger nor a date.
"""

import math


def multiple(spending: float, revenue: float) -> float:
    """Return spending per unit of revenue, both over the same span (flow to flow) or as the author set them.

    Barclays (R. Sandler, July 2024) set cumulative incremental AI capex of 2023-2026, 167, against incremental cloud
    revenue in 2026, 20, and read "8.35": a stock over a yearly flow, so years of revenue rather than a multiple.

    >>> multiple(167, 20)
    8.35
    """
    if revenue <= 0:
        raise ValueError(f"revenue must be positive, not {revenue}: nothing came back, so there is no multiple")
    return spending / revenue


def payback(capital: float, revenue: float, margin: float) -> float:
    """Return the years in which the margin on a yearly revenue repays the capital, without interest: C / (R m).

    `margin` is a share above 0 and up to 1, before depreciation (after it, capital would be counted twice).
    On Barclays' figures (see `multiple`) 17 to 28 years for margins of one half down to 30 per cent.

    >>> [round(payback(167, 20, margin)) for margin in (0.5, 0.4, 0.3)]
    [17, 21, 28]
    """
    _share(margin)
    return multiple(capital, revenue * margin)


def incremental_return(capital: float, revenue: float, margin: float) -> float:
    """Return what the margin on the added yearly revenue earns on the capital spent: R m / C, a share.

    >>> [round(incremental_return(167, 20, margin), 3) for margin in (0.3, 0.5)]
    [0.036, 0.06]
    """
    return 1 / payback(capital, revenue, margin)


def annuity(capital: float, rate: float, years: float) -> float:
    """Return the equal yearly payment that repays capital with interest: K r / (1 - (1 + r)^-n), or K / n at no interest.

    The textbook annuity (Brealey, Myers and Allen, *Principles of Corporate Finance*, chapter 2). JPMorgan's 10% on
    a need of 5,000 (autumn 2025) asks for 657 a year over fifteen years, close to the 650 of revenue that it published.

    >>> round(annuity(5000, 0.10, 15)), round(annuity(5000, 0.10, 5)), annuity(100, 0, 4)
    (657, 1319, 25.0)

    For ever is a life without end: interest alone, the 500 that 10% on 5,000 is.

    >>> annuity(5000, 0.10, math.inf)
    500.0
    """
    if years <= 0:
        raise ValueError(f"years must be positive, not {years}")
    if rate <= -1:
        raise ValueError(f"rate must be above -1, not {rate}")
    # 1 - (1 + r)^-n written so that a rate near zero does not cancel
    return capital / years if rate == 0 else capital * (rate / -math.expm1(-years * math.log1p(rate)))


def lasting(capital: float, rate: float, payment: float) -> float:
    """Return the years in which an equal yearly payment repays capital with interest: the life that an `annuity` was worked with.

    -ln(1 - r K / A) / ln(1 + r), or K / A at no interest; a payment that is no more than the interest never does, which is refused unless it is
    just that (for ever). JPMorgan's 650 a year repays 5,000 at 10% in a little over fifteen years.

    >>> round(lasting(5000, 0.10, 650), 1), lasting(100, 0, 25), lasting(5000, 0.10, 500)
    (15.4, 4.0, inf)
    """
    if payment <= 0 or payment < rate * capital:
        raise ValueError(f"a payment of {payment:g} is less than the interest of {rate * capital:g}: it never repays")
    if rate == 0:
        return capital / payment
    return math.inf if payment == rate * capital else -math.log1p(-rate * capital / payment) / math.log1p(rate)


def required_revenue(capital: float, margin: float, years: float, rate: float = 0.0) -> float:
    """Return the yearly revenue whose margin repays the capital in `years` at a return of `rate`.

    Annuity over margin. The horizon should not exceed the useful life of what was bought. For 1,000 of capital and a margin
    of one half over six years: 333 without interest (the reading of document 004, Wenxuecity, October 2025), 459 at 10%.

    >>> round(required_revenue(1000, 0.5, 6)), round(required_revenue(1000, 0.5, 6, rate=0.10))
    (333, 459)
    """
    _share(margin)
    return annuity(capital, rate, years) / margin


def layered(capital: float, rate: float, layers: dict[str, tuple[float, float]]) -> float:
    """Return the equal yearly payment on capital of which each layer lasts its own time: the annuities of its layers, added up.

    `layers` names each one's share of the capital and its life in years; the shares must make one. Buildings outlast chips, so what a blended life
    asks for is too little while the chips are to be replaced and too much afterwards. On H. Kupperman's layers (August 2025: 55% chips, 30% power and
    cooling of a decade, 15% shell of thirty years) and chips of five years, 10% on JPMorgan's 5,000 is 1,049 a year; on one layer it is the annuity.

    >>> parts = {"chips": (0.55, 5), "infrastructure": (0.30, 10), "building": (0.15, 30)}
    >>> round(layered(5000, 0.10, parts)), round(layered(5000, 0.10, {"all": (1, 5)}))
    (1049, 1319)
    """
    if not layers or not math.isclose(math.fsum(share for share, _ in layers.values()), 1, abs_tol=1e-9):
        raise ValueError(f"the shares of the layers must be one together, not {math.fsum(share for share, _ in layers.values()):g}")
    return math.fsum(annuity(capital * share, rate, years) for share, years in layers.values())


def _share(margin: float) -> None:
    if not 0 < margin <= 1:
        raise ValueError(f"margin is a share above 0 and up to 1, not {margin}")
