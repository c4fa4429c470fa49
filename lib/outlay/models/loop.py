"""The loop: a firm rents capacity, sells what it makes of it, and pays the difference with new shares. Money in USD bn, capacity in GW."""

import math
from typing import NamedTuple


class Year(NamedTuple):
    """A year of the loop: capacity at its end, what came in, what was due, and the money at hand after new shares were sold."""

    year: int
    capacity: float
    revenue: float
    cost: float
    equity: float
    cash: float


def run(
    capacity: float,
    revenue: float,
    rent: float,
    other: float,
    cash: float,
    multiple: float,
    sold: float,
    growth: float,
    *,
    revenue_growth: float = 0.0,
    rent_growth: float = 0.0,
    years: int = 15,
) -> list[Year]:
    """Return the years that a loop lasts: it stops before the first in which cash and new shares do not cover the loss.

    A gigawatt brings `revenue` and costs `rent` a year, which change by `revenue_growth` and `rent_growth`; `other` is cost that does not grow.
    Capacity grows by `growth`. New shares bring the share `sold` of a valuation of `multiple` times revenue. In year t

        K_t = K_(t-1) (1 + g),  R_t = rho_t K_t,  C_t = kappa_t K_t + D,  B_t = B_(t-1) + s m R_t - (C_t - R_t) >= 0.

    Ours, after the feedback that 36Kr (13 October 2025) tells in words. Without growth and new shares it lasts cash over loss, in whole years.

    >>> len(run(1, 10, 13, 2, 25, 0, 0, 0.0))
    5
    """
    if capacity <= 0 or revenue <= 0 or rent < 0 or growth <= -1:
        raise ValueError(f"capacity and revenue are positive, rent is not negative: {capacity}, {revenue}, {rent}")
    lasted = []
    for year in range(1, years + 1):
        capacity *= 1 + growth
        came = revenue * (1 + revenue_growth) ** year * capacity
        due = rent * (1 + rent_growth) ** year * capacity + other
        equity = sold * multiple * came
        cash += equity + came - due
        if cash < -1e-9:
            break
        lasted.append(Year(year, capacity, came, due, equity, cash))
    return lasted


def crossing(revenue: float, rent: float, revenue_growth: float = 0.0, rent_growth: float = 0.0) -> float:
    """Return after how many years a gigawatt brings what it costs to rent: ln(kappa / rho) / ln((1 + a) / (1 + b)); infinite if never.

    At 10 of revenue and 13.3 of rent: three years if revenue of a gigawatt grows by a tenth a year, less than two if rent falls by 15 per cent.

    >>> round(crossing(10, 13.3, revenue_growth=0.10), 2), round(crossing(10, 13.3, rent_growth=-0.15), 2), crossing(10, 13.3)
    (2.99, 1.75, inf)
    """
    if revenue <= 0 or rent <= 0:
        raise ValueError(f"revenue and rent of a gigawatt are positive, not {revenue}, {rent}")
    if revenue >= rent:
        return 0.0
    gain = (1 + revenue_growth) / (1 + rent_growth)
    return math.log(rent / revenue) / math.log(gain) if gain > 1 else math.inf
