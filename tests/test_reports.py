import itertools
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.models import reports

NAMES = "abcdefgh"


def table(rows):
    frame = pd.DataFrame(rows, columns=["first", "last", "low", "high"])
    return frame.assign(report=list(NAMES[: len(frame)]))


SPAN = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted)
ROW = st.builds(lambda span, low, width: (*span, low, low + width), SPAN, st.integers(0, 8), st.integers(0, 2))
SMALL = st.lists(ROW, min_size=1, max_size=6).map(table)


def minimal(sets):
    return sorted({one for one in sets if not any(set(other) < set(one) for other in sets)}, key=lambda names: (len(names), names))


def subsets(names):
    return [combination for size in range(len(names) + 1) for combination in itertools.combinations(names, size)]


def rest(frame, names):
    return frame[frame.report.isin(names)]


def possible(frame, names, fall):
    return not names or reports.consistent(rest(frame, names), fall=fall)


@settings(max_examples=40)
@given(SMALL, st.sampled_from([0.0, 0.5]))
def test_minimal_conflicts_are_those_that_exhaustive_search_finds(frame, fall):
    every = tuple(frame.report)
    impossible = [names for names in subsets(every) if not possible(frame, names, fall)]
    assert reports.conflicts(frame, fall=fall) == minimal(impossible)


@settings(max_examples=40)
@given(SMALL)
def test_minimal_corrections_are_those_that_exhaustive_search_finds(frame):
    every = tuple(frame.report)
    enough = [names for names in subsets(every) if possible(frame, tuple(name for name in every if name not in names), 0.0)]
    assert reports.corrections(frame) == minimal(enough)


@given(st.lists(st.integers(1, 9), min_size=6, max_size=6).map(sorted), st.data())
def test_one_false_report_among_true_ones_gives_conflicts_that_all_hold_it(months, data):
    spans = data.draw(st.lists(SPAN, min_size=2, max_size=4))
    true = [(first, last, sum(months[first : last + 1]), sum(months[first : last + 1])) for first, last in spans]
    assert reports.conflicts(table(true)) == []
    first, last = spans[0]
    lie = sum(months[first : last + 1]) + 1
    found = reports.conflicts(table([*true, (first, last, lie, lie)]))
    planted = NAMES[len(true)]
    assert found and all(planted in names for names in found)
    # the report of the very same months says otherwise: with the lie it is a conflict of two
    assert ("a", planted) in found
    assert (planted,) in reports.corrections(table([*true, (first, last, lie, lie)]))


def test_a_quarter_is_what_the_half_and_the_other_quarter_leave():
    frame = table([(0, 5, 4.25, 4.35), (0, 2, 1.9, 2.0)])
    found = reports.intervals(frame, [(3, 5)]).iloc[0]
    assert (found.low, found.high) == pytest.approx((2.25, 2.45))


def test_months_that_do_not_fall_narrow_a_quarter():
    # a year of 12 in which no month brings less than the one before: the first half is at most half of it
    frame = table([(0, 11, 12, 12)])
    assert reports.intervals(frame, [(0, 5)]).iloc[0].high == pytest.approx(6)
    assert reports.intervals(frame, [(0, 5)], fall=1.0).iloc[0].high == pytest.approx(12)


def test_what_nothing_bounds_is_infinite():
    frame = table([(0, 5, 4, math.inf)])
    assert reports.intervals(frame, [(0, 5)]).iloc[0].high == math.inf
    assert reports.intervals(frame, [(0, 7)]).iloc[0].high == math.inf


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=6, max_size=6).map(sorted), st.lists(SPAN, min_size=1, max_size=4), SPAN)
def test_the_truth_lies_inside_the_interval(months, spans, asked):
    frame = table([(first, last, sum(months[first : last + 1]) - 0.5, sum(months[first : last + 1]) + 0.5) for first, last in spans])
    found = reports.intervals(frame, [tuple(asked)]).iloc[0]
    truth = sum(months[asked[0] : asked[1] + 1])
    assert found.low <= truth + 1e-6 and found.high >= truth - 1e-6


def test_a_contradiction_is_met_by_the_widest_ends_of_every_smallest_correction():
    frame = table([(0, 2, 3, 3), (0, 2, 6, 6), (0, 5, 12, 12)])
    found = reports.intervals(frame, [(3, 5)]).iloc[0]
    assert (found.low, found.high) == pytest.approx((6, 9))


def test_only_the_smallest_corrections_are_tried():
    # two reports of three against one of six: leaving out the one is enough, leaving out the two is not tried
    frame = table([(0, 2, 3, 3), (0, 2, 3, 3.5), (0, 2, 6, 6)])
    assert reports.corrections(frame) == [("c",), ("a", "b")]
    found = reports.intervals(frame, [(0, 2)]).iloc[0]
    assert (found.low, found.high) == pytest.approx((3, 3))


def printed(**row):
    start = pd.Timestamp(row["start"]) if row.get("start") else pd.NaT
    end = pd.Timestamp(row["end"])
    defaults = {"relation": "=", "low": math.nan, "high": math.nan, "half": 0.5, "source": "paper", "grade": "press", "metric": "revenue", "period": "x", "facts": ()}
    return {**defaults, **{key: value for key, value in row.items() if key not in ("start", "end")}, "period_start": start, "period_end": end}


def test_a_run_rate_is_a_month_and_its_day_says_which():
    frame = pd.DataFrame([printed(end="2025-06-09", value=12.0), printed(end="2025-07-30", value=12.0, source="other")])
    found = reports.constraints(frame)
    assert [str(pd.Period(ordinal=month, freq="M")) for month in found["first"]] == ["2025-05", "2025-07"]
    assert found[["low", "high"]].values[0] == pytest.approx([11.5 / 12, 12.5 / 12])


def test_floors_ceilings_and_abouts_are_as_wide_as_they_were_said():
    span = {"start": "2025-01-01", "end": "2025-06-30", "value": 20.0}
    frame = pd.DataFrame([printed(**span, relation="≥", source="a"), printed(**span, relation="≤", source="b"), printed(**span, relation="≈", source="c")])
    assert reports.constraints(frame)[["low", "high"]].values.tolist() == [[20.0, math.inf], [-math.inf, 20.0], [18.0, 22.0]]


def test_reports_on_openai_conflict_only_where_months_may_not_fall(book):
    said = pd.concat([book.versions(name, companies=["openai"]) for name in ("revenue", "annualised_revenue")])
    frame = reports.constraints(said)
    assert reports.consistent(frame, fall=1.0)
    found = reports.conflicts(frame)
    assert found and all(not reports.consistent(rest(frame, names)) for names in found)
    assert all(reports.consistent(rest(frame, set(names) - {one})) for names in found for one in names)


def test_quarters_that_no_report_reaches_are_left_out():
    frame = pd.DataFrame([printed(start="2024-01-01", end="2024-06-30", value=4.3, half=0.05), printed(end="2024-08-31", value=12.0)])
    frame = frame.assign(company="openai", unit="USD bn")
    found = reports.quarterly(frame)
    assert found.period.tolist() == ["2024Q1", "2024Q2"]
    assert found.value.tolist() == pytest.approx(((found.low + found.high) / 2).tolist()) and (found.bounds == "computed").all()
    assert (found.low < found.high).any()
