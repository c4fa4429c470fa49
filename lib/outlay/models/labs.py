"""AI laboratories: what follows from the few figures that are known of a firm without published accounts. Money in USD bn, users in millions."""

import math


def required_growth(now: float, then: float, years: float) -> float:
    """Return the yearly growth that leads from one revenue to another: (then / now)^(1/years) - 1.

    The compound annual growth rate. From OpenAI's 13 in 2025 to the 200 that it planned for 2030: 72.7% a year.

    >>> round(required_growth(13, 200, 5), 3)
    0.727
    """
    if now <= 0 or then <= 0 or years <= 0:
        raise ValueError(f"growth needs positive amounts and years, not {now}, {then}, {years}")
    return (then / now) ** (1 / years) - 1


def revenue_of_users(users: float, per_user: float) -> float:
    """Return the revenue of a month in USD bn: users (millions) times revenue per user and month (USD).

    36Kr (13 October 2025) printed 0.792 USD for April 2025 beside some 900 million monthly users.

    >>> round(revenue_of_users(900, 0.792), 3)
    0.713
    """
    return users * per_user / 1000


def whole_of_part(part: float, share: float) -> float:
    """Return the whole of which a part is the given share.

    The same page printed 66 million USD for the API and 9.3 per cent for its share: a month of 0.71 bn, the other road to the same figure.

    >>> round(whole_of_part(0.066, 0.093), 3)
    0.71
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share lies above 0 and up to 1, not at {share}")
    return part / share


def intensity(revenue_growth: float, user_growth: float) -> float:
    """Return how much more each user brings if revenue and users grew as told over the same span: (1 + g_revenue) / (1 + g_users) - 1.

    36Kr printed +251.7 per cent for consumer revenue and +103.88 per cent for monthly users, both over the year to December 2024.

    >>> round(intensity(2.517, 1.0388), 2)
    0.73
    """
    if user_growth <= -1:
        raise ValueError(f"users cannot fall by all of them or more: {user_growth}")
    return (1 + revenue_growth) / (1 + user_growth) - 1


def monthly(growth: float, months: float) -> float:
    """Return growth over a span of months as logarithmic growth a month, on which spans of different length can be compared.

    A year of +103.88 per cent is 5.9 per cent a month, a quarter of +35.61 per cent 10.2: the quarter was the faster one.

    >>> round(monthly(1.0388, 12), 3), round(monthly(0.3561, 3), 3)
    (0.059, 0.102)
    """
    if growth <= -1 or months <= 0:
        raise ValueError(f"growth lies above -1 and a span is positive, not {growth} over {months} months")
    return math.log1p(growth) / months


def annualised(growth: float, months: float) -> float:
    """Return growth over a span of months as growth a year: (1 + g)^(12 / months) - 1.

    >>> round(annualised(0.3561, 3), 2)
    2.38
    """
    return math.expm1(12 * monthly(growth, months))


def per_user_month(amount: float, users: float, months: float) -> float:
    """Return USD per user and month of an amount (USD bn) over so many months, for so many users (millions).

    A cost of 3.4 bn in half a year for 900 million monthly users is 0.63 USD a month each.

    >>> round(per_user_month(3.4, 900, 6), 2)
    0.63
    """
    if users <= 0 or months <= 0:
        raise ValueError(f"users and months are positive, not {users} and {months}")
    return amount * 1000 / users / months
