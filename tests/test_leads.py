"""Leads: correlations at a distance, and what few quarters can say."""

import numpy as np
import pandas as pd
import pytest

from outlay import measures
from outlay.models import leads

# Anscombe (1973), The American Statistician 27: the first of his four data sets
X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
Y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]


def series(values, first="2018Q1"):
    """A company's growth by quarter as `measures.growth` gives it."""
    quarters = pd.period_range(first, periods=len(values), freq="Q")
    usual = {
        "company": "a", "metric": "growth", "low": float("nan"), "high": float("nan"), "unit": "share", "stance": "actual", "grade": "filed", "how": "derived",
        "relation": "=", "kind": "rate", "basis": "cash", "stand_in": False, "recast": False, "bounds": "", "said_by": "", "scope": "",
    }  # fmt: skip
    return pd.DataFrame(
        [
            {**usual, "period": str(quarter), "period_start": quarter.start_time, "period_end": quarter.end_time.normalize(), "value": value, "facts": (place,)}
            for place, (quarter, value) in enumerate(zip(quarters, values, strict=True))
        ]
    )


def test_the_range_is_that_of_a_textbook():
    r = np.corrcoef(X, Y)[0, 1]
    assert r == pytest.approx(0.816, abs=0.0005)  # as Anscombe printed it
    assert leads.interval(r, 11) == pytest.approx((0.4243912, 0.9506933), abs=1e-6)  # as cor.test in R prints it
    with pytest.raises(ValueError, match="more than three"):
        leads.interval(0.5, 3)


def test_the_threshold_is_near_the_exact_table():
    """Critical values of r at 5%, two-sided, by Student's t: 0.396 for 25 pairs, 0.279 for 50."""
    assert leads.threshold(25) == pytest.approx(0.396, abs=0.002)
    assert leads.threshold(50) == pytest.approx(0.279, abs=0.002)


def test_series_that_repeat_themselves_are_worth_less():
    assert leads.effective(20, 0.0, 0.9) == 20
    assert leads.effective(20, 0.5, 0.5) == pytest.approx(12)
    assert leads.effective(20, 0.9, 0.9) == pytest.approx(20 * 0.19 / 1.81)
    assert leads.effective(20, -0.5, 0.5) == 20  # never more than were seen


def test_a_series_that_follows_by_two_quarters_is_found_at_two():
    noise = np.random.default_rng(2).normal(size=40)
    out = leads.correlations(series(noise[2:]), series(noise[:-2])).set_index("lead")
    assert out.value[2] == pytest.approx(1.0) and out.n[2] == 36
    assert out.value.idxmax() == 2 and out.low[2] > 0.99
    assert (out.low[[0, 1, 3, 4]] < 0.5).all()


def test_the_correlation_of_known_pairs_carries_all_facts():
    out = leads.correlations(series(X), series(Y), range(1))
    assert out.value.item() == pytest.approx(0.816, abs=0.0005)
    assert (out.n.item(), out.facts.item()) == (11, tuple(range(11)))


def test_too_few_quarters_say_nothing():
    out = leads.correlations(series(X[:7]), series(Y[:7]), range(1))
    assert out.n.item() == 7 and out[["value", "low", "high"]].isna().all(axis=None)
    assert leads.correlations(series(X[:3]), series(Y[:3]), range(1)).value.isna().all()
    slow = np.cumsum(np.ones(20))  # twenty quarters of a trend are worth next to none
    assert leads.correlations(series(slow), series(slow + 1), range(1)).value.isna().all()


def test_no_quarter_in_common_leaves_no_row():
    assert leads.correlations(series(X), series(Y, "2030Q1"), range(1)).empty


def test_the_weakest_grade_of_any_quarter_is_the_grade_of_all():
    weak = series(Y)
    weak.loc[3, "grade"] = "press"
    assert set(leads.correlations(series(X), weak, range(2)).grade) == {"press"}


def test_two_companies_are_refused():
    with pytest.raises(ValueError, match="one company, or a total"):
        leads.correlations(pd.concat([series(X), series(Y)]), series(Y))


def test_growth_on_the_year_before_is_worth_too_little_to_be_used(book):
    sales = book.quarters("nvidia_data_center_revenue", companies=["nvda"])
    spent = measures.total(book.quarters("capex", companies=["amzn", "googl", "meta", "msft"]))
    slow = leads.correlations(measures.growth(sales), measures.growth(spent))
    quick = leads.correlations(measures.growth(sales, 1), measures.growth(spent, 1))
    assert slow.value.isna().all() and slow.effective.max() < leads.LEAST
    assert quick.value.notna().all() and quick.n.min() >= 12
