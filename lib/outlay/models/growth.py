"""Growth: exponential or S-curve, told apart by which would have forecast better, and what growth of use is worth when prices fall.

Times are numbers in any unit, values positive. Both curves are fitted by least squares on logarithms, so that an error of ten per cent weighs the
same early and late.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd


class Exponential(NamedTuple):
    """The curve level × e^(rate × time)."""

    level: float
    rate: float

    def at(self, time: float) -> float:
        """Return the value of the curve at a time."""
        return self.level * math.exp(self.rate * time)


class Logistic(NamedTuple):
    """The curve capacity / (1 + e^(-rate × (time - middle)))."""

    capacity: float
    rate: float
    middle: float

    def at(self, time: float) -> float:
        """Return the value of the curve at a time."""
        return self.capacity / (1 + math.exp(min(700.0, -self.rate * (time - self.middle))))


def exponential(times: Sequence[float], values: Sequence[float]) -> Exponential:
    """Fit an exponential; refused with fewer than two times or with values that are not positive.

    >>> fit = exponential([0, 1, 2], [100, 200, 400])
    >>> round(fit.level), round(fit.rate, 3)
    (100, 0.693)
    """
    _checked(times, values, 2)
    rate, level = _line(np.asarray(times, float), np.log(values))
    return Exponential(math.exp(level), rate)


def logistic(times: Sequence[float], values: Sequence[float]) -> Logistic:
    """Fit an S-curve; refused with fewer than three times. The capacity is searched from the largest value to a thousand times it.

    For a capacity K, ln(y / (K - y)) is a line in time; the K of the least squared error of ln y is taken. Pearl and Reed (1920, On the rate of
    growth of the population of the United States) laid the curve through three censuses and found a capacity of 197.27 million.

    >>> round(logistic([1790, 1850, 1910], [3.929, 23.192, 91.972]).capacity, 1)
    197.3
    """
    _checked(times, values, 3)
    at, logs, most = np.asarray(times, float), np.log(values), max(values)

    def fitted(excess: float) -> tuple[float, Logistic]:
        capacity = most * (1 + math.exp(excess))
        rate, level = _line(at, logs - np.log(capacity - np.asarray(values, float)))
        fit = Logistic(capacity, rate, -level / rate if rate else math.inf)
        return float(np.sum((np.log([fit.at(time) for time in at]) - logs) ** 2)) if rate else math.inf, fit

    low, high = math.log(1e-3), math.log(1e3)
    for _ in range(6):  # a grid that closes in: the error need not have one valley only
        grid = np.linspace(low, high, 25)
        best = int(np.argmin([fitted(excess)[0] for excess in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return fitted((low + high) / 2)[1]


def contest(times: Sequence[float], values: Sequence[float], *, least: int = 5, reach: float = math.inf) -> pd.DataFrame:
    """Return how far both curves would have missed what came next, had each been fitted at each past time: a row a time.

    `known` is how many values were at hand then, `ahead` how many came later within `reach`, `exponential` and `logistic` the mean absolute error
    of ln y on those. The first fit is on `least` values: fewer fit anything.

    >>> contest(range(8), [2.0**time for time in range(8)]).exponential.round(6).tolist()
    [0.0, 0.0, 0.0]
    """
    rows = []
    for known in range(least, len(times)):
        later = [(time, value) for time, value in zip(times[known:], values[known:], strict=True) if time - times[known - 1] <= reach]
        fits = [fit(times[:known], values[:known]) for fit in (exponential, logistic)]
        missed = [float(np.mean([abs(math.log(fit.at(time) / value)) for time, value in later])) for fit in fits] if later else [math.nan] * 2
        rows.append((times[known - 1], known, len(later), *missed))
    return pd.DataFrame(rows, columns=["time", "known", "ahead", "exponential", "logistic"])


def verdicts(table: pd.DataFrame, margin: float = 0.05) -> dict[str, int]:
    """Return at how many times of a `contest` which curve would have come nearer, by more than `margin` of the other's error (an assumption).

    An S-curve far from its capacity is an exponential: the two then miss by the same, and neither has won.

    >>> verdicts(pd.DataFrame({"exponential": [0.187, 0.468, 0.02], "logistic": [0.186, 0.172, 0.05]}))
    {'exponential': 1, 'logistic': 1, 'neither': 1}
    """
    judged = table.dropna(subset=["exponential", "logistic"])
    won = {
        name: int((judged[name] < (1 - margin) * judged[other]).sum()) for name, other in (("exponential", "logistic"), ("logistic", "exponential"))
    }
    return won | {"neither": len(judged) - sum(won.values())}


def doubling(multiple: float, months: float) -> float:
    """Return the months in which something doubles that grows to a multiple of itself in so many months: months / log2(multiple).

    Tokens that grew fourteen and a half times in a year doubled every 3.1 months.

    >>> round(doubling(14.5, 12), 1)
    3.1
    """
    if multiple <= 1 or months <= 0:
        raise ValueError(f"what does not grow does not double: {multiple} in {months} months")
    return months / math.log2(multiple)


def value_multiple(use: float, price: float) -> float:
    """Return what becomes of revenue when use and price become multiples of themselves: their product.

    Fourteen and a half times the tokens at a fifth to a tenth of the price is 1.5 to 2.9 times the revenue.

    >>> round(value_multiple(14.5, 1 / 10), 2), round(value_multiple(14.5, 1 / 5), 2)
    (1.45, 2.9)
    """
    return use * price


def _line(times: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of the line of least squares."""
    apart = times - times.mean()
    slope = float((apart @ (values - values.mean())) / (apart @ apart))
    return slope, float(values.mean() - slope * times.mean())


def _checked(times: Sequence[float], values: Sequence[float], least: int) -> None:
    if len(set(times)) < least or len(times) != len(values) or min(values) <= 0:
        raise ValueError(f"a fit needs {least} times with positive values, not {len(set(times))} of {list(values)}")
