"""Advertising: how growth is made up of people, ads and prices, and what a comparison with other firms can show. Growth rates are shares.

Pure functions of plain numbers; they know neither the ledger nor a date.
"""

import math
import statistics
from collections.abc import Sequence


def compounded(*parts: float) -> float:
    """Return the growth that growing parts make together: the product of (1 + g) over all parts, less one.

    Meta printed +10 per cent for ads shown and +10 for the price of an ad in the second quarter of 2024, and +22 for advertising (release of 31
    July 2024): 21 by the product, 22 within the rounding of the three.

    >>> round(compounded(0.10, 0.10), 2)
    0.21
    """
    return math.prod(_factor(part) for part in parts) - 1


def per_person(growth: float, people: float) -> float:
    """Return what growth leaves for each person: (1 + g) / (1 + people) - 1.

    Meta's advertising of that quarter grew 22 per cent and the people it reaches on a day 7: 14 per cent a person.

    >>> round(per_person(0.22, 0.07), 2)
    0.14
    """
    return _factor(growth) / _factor(people) - 1


def log_points(growth: float) -> float:
    """Return growth as a logarithm, ln(1 + g), in which the parts of a product add up; for small growth the two are close.

    >>> round(log_points(0.10) + log_points(0.10) - log_points(compounded(0.10, 0.10)), 12)
    0.0
    """
    return math.log(_factor(growth))


def unexplained(growth: float, *parts: float) -> float:
    """Return, in logarithms, what the parts leave of a growth rate that was printed beside them: ln(1 + g) less the sum of ln(1 + part).

    >>> round(unexplained(0.22, 0.10, 0.10), 3)
    0.008
    """
    return log_points(growth) - sum(log_points(part) for part in parts)


def within_rounding(growth: float, *parts: float, half: float = 0.005) -> bool:
    """Return whether parts can make a growth rate, each of them being printed to `half` a unit: half a per cent for whole per cents.

    >>> within_rounding(0.22, 0.10, 0.10), within_rounding(0.24, 0.10, 0.10)
    (True, False)
    """
    low, high = (compounded(*(part + step for part in parts)) for step in (-half, half))
    return low - half <= growth <= high + half


def difference_in_differences(before: float, after: float, control_before: float, control_after: float) -> float:
    """Return how much more one group changed than its control group: (after - before) - (control after - control before).

    Card and Krueger (American Economic Review, 1994, table 3): employment in the restaurants of New Jersey rose from 20.44 to 21.03 after the minimum
    wage did, in Pennsylvania it fell from 23.33 to 21.17. It says something of the cause only if both would have gone the same way without it.

    >>> round(difference_in_differences(20.44, 21.03, 23.33, 21.17), 2)
    2.75
    """
    return (after - before) - (control_after - control_before)


def jump(gaps: Sequence[float]) -> float:
    """Return the mean of the later half of a series less that of its earlier half.

    Of a series of differences between a firm and its control group it is the difference in differences, taken in the middle.

    >>> round(jump([0.0, 0.02, 0.05, 0.07]), 3)
    0.05
    """
    if len(gaps) < 2 or len(gaps) % 2:
        raise ValueError(f"a jump needs as many values after as before, not {len(gaps)} in all")
    half = len(gaps) // 2
    return statistics.fmean(gaps[half:]) - statistics.fmean(gaps[:half])


def placebo_share(effect: float, placebos: Sequence[float]) -> float:
    """Return the share of dates, the tested one among them, whose effect is at least as far from zero as the tested one.

    The test of Fisher (The Design of Experiments, 1935) in the form of Abadie, Diamond and Hainmueller (Journal of the American Statistical
    Association, 2010): the ratio of California came first among 39 states, 1/39 = 0.026. A share above a twentieth is no evidence of an effect.

    >>> round(placebo_share(3.0, [1.0] * 38), 3)
    0.026
    """
    larger = sum(abs(other) >= abs(effect) for other in placebos)
    return (1 + larger) / (1 + len(placebos))


def _factor(growth: float) -> float:
    if growth <= -1:
        raise ValueError(f"growth lies above -1, not at {growth}")
    return 1 + growth
