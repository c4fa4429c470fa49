"""Leads: whether one series moves before another, and how sure that is with few quarters.

A correlation of two growth rates at a distance of some quarters, with the range that chance alone leaves. What repeats itself from quarter to quarter
counts for less than it seems: growth on the year before shares three quarters with its neighbour.
"""

import math

import pandas as pd

from outlay import ledger, measures, periods

LEAST = 8  # quarters, as good as independent, below which a correlation says nothing


def effective(count: int, first: float, second: float) -> float:
    """Return how many independent pairs a pair of series is worth, from their correlations with their own value of one quarter before.

    n (1 - ab) / (1 + ab), at most n: Bartlett (1935), Journal of the Royal Statistical Society 98, p. 536; Bretherton and others (1999),
    Journal of Climate 12, p. 1990. Two series with 0.5 each are worth 60 per cent of their length.

    >>> effective(20, 0.5, 0.5)
    12.0
    """
    return min(float(count), count * (1 - first * second) / (1 + first * second))


def interval(correlation: float, count: float) -> tuple[float, float]:
    """Return the range in which the true correlation lies in 19 of 20 cases: tanh(atanh(r) ± 1.96 / sqrt(n - 3)).

    Fisher (1915, 1921). Anscombe's first data set, eleven pairs with 0.816: from 0.424 to 0.951, as R's cor.test prints it.

    >>> [round(bound, 3) for bound in interval(0.8164205, 11)]
    [0.424, 0.951]
    """
    if not count > 3:
        raise ValueError(f"a range needs more than three pairs, not {count}")
    reach = 1.959964 / math.sqrt(count - 3)
    middle = math.atanh(max(-0.999999, min(0.999999, correlation)))
    return math.tanh(middle - reach), math.tanh(middle + reach)


def threshold(count: float) -> float:
    """Return the correlation above which so many independent pairs leave zero out of its range: tanh(1.96 / sqrt(n - 3)).

    With 25 pairs 0.395; the exact tables, by Student's t with 23 degrees of freedom, give 0.396.

    >>> round(threshold(25), 2)
    0.4
    """
    return interval(0.0, count)[1]


def correlations(leader: pd.DataFrame, follower: pd.DataFrame, leads: range = range(5)) -> pd.DataFrame:
    """Return how the growth of one series goes with that of another some quarters later: a row a lead, in `COLUMNS` and `MARKS`.

    Takes what `measures.growth` returns for one company, or total, each. Added are `lead`, `n` (quarters known on both sides) and `effective`, what
    they are worth. The value is the correlation, `low` and `high` its range; it is a hole where fewer than `LEAST` effective quarters
    are left. Refuses a side with two figures for a quarter.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> sales, spent = (measures.growth(book.quarters(name, companies=["nvda"]), 1) for name in ("nvidia_data_center_revenue", "revenue"))
    >>> correlations(sales, spent, range(2)).lead.tolist()
    [0, 1]
    """
    for side in (leader, follower):
        if side.period.duplicated().any():
            raise ValueError("correlations: a side has two figures for a quarter. Take one company, or a total.")
    one, other = (side.assign(place=periods.position(side.period)) for side in (leader, follower))
    rows = []
    for lead in leads:
        pair = one.merge(other.assign(place=other.place - lead), on="place", suffixes=("", "_other")).sort_values("place")
        n, worth, value, (low, high) = len(pair), 0.0, float("nan"), (float("nan"), float("nan"))
        if n > 3:
            worth = effective(n, pair.value.autocorr(1), pair.value_other.autocorr(1))
        if worth >= LEAST:
            value = pair.value.corr(pair.value_other)
            low, high = interval(value, worth)
        if n:
            ends = (pair.iloc[-1], other[other.place == pair.place.iloc[-1] + lead].iloc[0])
            row = measures.computed(lambda *_: 0.0, *ends, label="correlation", unit="correlation")
            facts = tuple(sorted(set().union(*pair.facts, *pair.facts_other)))
            weakest = max((*pair.grade, *pair.grade_other), key=ledger.GRADES.index)
            marks = {"grade": weakest, "bounds": "computed", "relation": "=", "facts": [facts]}
            rows.append(row.assign(value=value, low=low, high=high, lead=lead, n=n, effective=worth, **marks))
    if rows:  # one method, one grade: that of the weakest figure behind any of them
        every = pd.concat(rows, ignore_index=True)
        return every.assign(grade=max(every.grade, key=ledger.GRADES.index))
    return leader.head(0).assign(lead=0, n=0, effective=0.0)
