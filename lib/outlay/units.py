"""Units: what was printed, as a number that can be computed with, and a number as a reader wants to see it.

Money is held in USD bn (10^9 US dollars). A printed figure keeps its precision: half a unit of its last printed digit
is how far the true figure may lie from it.
"""

import math

import numpy as np
import pandas as pd

# printed unit -> (the unit frames use, what one printed unit is in it as numerator and denominator: dividing by an
# exact power of ten gives the nearest float, multiplying by its inverse would not)
CONVERSIONS = {
    "USD m": ("USD bn", 1, 1000),
    "USD bn": ("USD bn", 1, 1),
    "USD tn": ("USD bn", 1000, 1),
    "%": ("share", 1, 100),
    "count": ("m", 1, 1_000_000),
    "k": ("m", 1, 1000),
    "m": ("m", 1, 1),
    "bn": ("m", 1000, 1),
    "tn": ("m", 1_000_000, 1),
    "MW": ("GW", 1, 1000),
    "months": ("years", 1, 12),
}
DIGITS = 9  # decimals of a USD bn that arithmetic keeps: a dollar


def convert(values: pd.Series, units: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Convert printed values to the units that frames use; returns values and units, both aligned to the input.

    Per cent become shares, counts millions; units without a conversion (years, USD per hour) stay as they are.

    >>> convert(pd.Series([13873.0, 34.9]), pd.Series(["USD m", "USD bn"]))[0].tolist()
    [13.873, 34.9]
    """
    known = {unit: CONVERSIONS.get(unit, (unit, 1, 1)) for unit in units.unique()}
    plain, times, over = (units.map({unit: parts[place] for unit, parts in known.items()}) for place in range(3))
    return values * times.astype(float) / over.astype(float), plain


def half_unit(printed: pd.Series, units: pd.Series) -> pd.Series:
    """Return half a unit of each figure's last printed digit, in the unit that frames use.

    >>> half_unit(pd.Series(["13873", "34.9", "19"]), pd.Series(["USD m", "USD bn", "USD bn"])).tolist()
    [0.0005, 0.05, 0.5]
    """
    decimals = np.array([len(text.partition(".")[2]) for text in printed.tolist()], dtype=float)
    return convert(pd.Series(0.5 / 10.0**decimals, index=printed.index), units)[0]


def settle(values):
    """Round to whole dollars of a USD bn, so that a difference of printed figures prints as one.

    >>> 128.725 - 90.9, float(settle(128.725 - 90.9))
    (37.82499999999999, 37.825)
    """
    return np.round(values, DIGITS)


def money(value: float) -> str:
    """Write an amount in USD bn: one decimal below ten, none above.

    >>> [money(v) for v in (0.028, 8.47, 44.924, 1314.2, -5.855)]
    ['$0.03bn', '$8.5bn', '$45bn', '$1,314bn', '−$5.9bn']
    """
    size = abs(value)
    decimals = 2 if size < 0.095 else 1 if size < 9.95 else 0
    return f"{'−' if value < 0 else ''}${size:,.{decimals}f}bn"


def trillions(value: float) -> str:
    """Write an amount in USD bn as trillions.

    >>> trillions(42000.0)
    '$42.0tn'
    """
    return f"{'−' if value < 0 else ''}${abs(value) / 1000:,.1f}tn"


def dollars(value: float) -> str:
    """Write a ratio of money to money as dollars and cents.

    >>> dollars(1.143)
    '$1.14'
    """
    return f"{'−' if value < 0 else ''}${abs(value):,.2f}"


def cents(value: float) -> str:
    """Write an amount in USD bn to ten millions.

    >>> cents(0.7128)
    '$0.71bn'
    """
    return f"{'−' if value < 0 else ''}${abs(value):,.2f}bn"


def percent(value: float, decimals: int = 0) -> str:
    """Write a share (0.557) in per cent.

    >>> percent(0.557), percent(-0.048, 1)
    ('56%', '−4.8%')
    """
    return f"{'−' if round(value * 100, decimals) < 0 else ''}{abs(value) * 100:,.{decimals}f}%"


def points(value: float) -> str:
    """Write a difference of shares (0.074) in percentage points.

    >>> points(0.074), points(-0.02)
    ('7.4 points', '−2.0 points')
    """
    return f"{percent(value, 1)[:-1]} points"


def times(value: float) -> str:
    """Write a multiple: one decimal below ten, none above.

    >>> times(2.37), times(28.4)
    ('2.4x', '28x')
    """
    return f"{value:,.{1 if abs(value) < 9.95 else 0}f}x"


def fold(value: float) -> str:
    """Write a multiple as prose does.

    >>> fold(4.58)
    '4.6 times'
    """
    return times(value).replace("x", " times")


def people(value: float) -> str:
    """Write a count held in millions: millions below a thousand of them, billions above.

    >>> people(24.3), people(900.0), people(2600.0)
    ('24m', '900m', '2.6bn')
    """
    return f"{value / 1000:,.1f}bn" if abs(value) >= 999.5 else f"{value:,.0f}m"


def years(value: float) -> str:
    """Write a number of years: one decimal below ten where it says something, none above.

    >>> years(4.25), years(27.8), years(5.0), years(1.0)
    ('4.2 years', '28 years', '5 years', '1 year')
    """
    text = f"{value:,.{1 if abs(value) < 9.95 else 0}f}".removesuffix(".0")
    return f"{text} year{'' if text == '1' else 's'}"


def cardinal(count: int) -> str:
    """Write a small whole number as a word.

    >>> cardinal(3), cardinal(14)
    ('three', '14')
    """
    return ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"][count] if 0 <= count <= 10 else f"{count}"


def tally(count: int) -> str:
    """Write how many of some things, where a sentence says it of them.

    >>> f"{tally(0)} of them", f"{tally(3)} of them"
    ('none of them', 'three of them')
    """
    return cardinal(count) if count else "none"


def plural(count: int, word: str) -> str:
    """Write a number of things.

    >>> plural(1, "firm"), plural(4, "firm")
    ('one firm', 'four firms')
    """
    return f"{cardinal(count)} {word}{'' if count == 1 else 's'}"


def spell(values: list[str]) -> str:
    """Join words as a sentence does.

    >>> spell(["Amazon", "Alphabet", "Microsoft"])
    'Amazon, Alphabet and Microsoft'
    """
    values = list(values)
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}" if values else "none"


def tick(value: float, _position: int = 0) -> str:
    """Write an axis tick: a bare number without idle zeros, the unit standing in the subtitle.

    >>> [tick(v) for v in (0.0, 0.5, 1200.0)]
    ['0', '0.5', '1,200']
    """
    text = f"{value:,.10g}"
    return text.replace("-", "−") if math.isfinite(value) else ""
