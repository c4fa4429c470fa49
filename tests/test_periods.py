import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay import periods

CUMULATIVE = ["fact", "company", "metric", "period_start", "period_end", "value", "half", "strength", "presentation", "last_month"]


def printed(*rows, company="a", last_month=12, half=0.0005):
    """Rows of (start, end, value, presentation) as a table of printed figures."""
    table = [
        (number, company, "m", start, end, value, half, 0, presentation, last_month) for number, (start, end, value, presentation) in enumerate(rows)
    ]
    frame = pd.DataFrame(table, columns=CUMULATIVE)
    return frame.assign(period_start=pd.to_datetime(frame.period_start), period_end=pd.to_datetime(frame.period_end))


def values(frame):
    out = periods.quarters(frame).sort_values("period_end")
    return out.value.round(6).tolist()


YEAR = [
    ("2024-01-01", "2024-03-31", 1.0, 0),
    ("2024-01-01", "2024-06-30", 3.0, 0),
    ("2024-01-01", "2024-09-30", 6.0, 0),
    ("2024-01-01", "2024-12-31", 10.0, 0),
]


def test_cumulative_figures_become_single_quarters():
    out = periods.quarters(printed(*YEAR)).sort_values("period_end")
    assert out.value.tolist() == [1, 2, 3, 4]
    assert out.how.tolist() == ["printed", "derived", "derived", "derived"]
    assert out.facts.tolist() == [(0,), (1, 0), (2, 1), (3, 2)]
    assert out.period_start.dt.strftime("%m-%d").tolist() == ["01-01", "04-01", "07-01", "10-01"]


def test_a_printed_quarter_is_taken_before_a_difference():
    out = periods.quarters(printed(*YEAR, ("2024-04-01", "2024-06-30", 2.0, 0)))
    assert out[out.period_end == "2024-06-30"].how.tolist() == ["printed"]


def test_a_first_quarter_follows_from_a_half_and_its_second():
    out = periods.quarters(printed(("2024-01-01", "2024-06-30", 3.0, 0), ("2024-04-01", "2024-06-30", 2.0, 0))).sort_values("period_end")
    assert out.value.tolist() == [1, 2]
    assert out.period_start.iloc[0] == pd.Timestamp("2024-01-01")
    assert out.period_end.iloc[0] == pd.Timestamp("2024-03-31")


def test_a_year_less_three_printed_quarters_is_the_fourth():
    three = [(f"2024-{m:02}-01", end, value, 0) for m, end, value in ((1, "2024-03-31", 1.0), (4, "2024-06-30", 2.0), (7, "2024-09-30", 3.0))]
    assert values(printed(*three, ("2024-01-01", "2024-12-31", 10.0, 0))) == [1, 2, 3, 4]


def test_a_missing_half_year_leaves_holes_and_no_false_quarter():
    assert values(printed(YEAR[0], YEAR[2])) == [1]


def test_the_latest_complete_presentation_is_taken_whole():
    later = [(start, end, value + 0.5 * number, 1) for number, (start, end, value, _) in enumerate(YEAR)]
    assert values(printed(*YEAR, *later)) == [1, 2.5, 3.5, 4.5]


def test_a_restated_half_year_is_never_subtracted_from_unrestated_nine_months():
    assert values(printed(*YEAR, ("2024-01-01", "2024-06-30", 3.8, 1))) == [1, 2, 3, 4]


def test_a_quarter_printed_differently_later_is_marked_while_its_year_is_not_whole():
    out = periods.quarters(printed(*YEAR, ("2024-01-01", "2024-03-31", 1.4, 1))).sort_values("period_end")
    assert out.value.tolist() == [1, 2, 3, 4]
    assert out.recast.tolist() == [True, False, False, False]


def test_a_year_recast_without_its_quarters_keeps_its_quarters():
    assert values(printed(*YEAR, ("2024-01-01", "2024-12-31", 12.0, 1))) == [1, 2, 3, 4]


def test_a_hole_is_filled_from_another_presentation_only_where_nothing_was_restated():
    lacking = [YEAR[0], ("2024-04-01", "2024-06-30", 2.0, 0), ("2024-07-01", "2024-09-30", 3.0, 0)]
    fourth = ("2024-10-01", "2024-12-31", 4.0, 1)
    assert values(printed(*lacking, fourth)) == [1, 2, 3, 4]
    restated = ("2024-01-01", "2024-03-31", 1.7, 1)
    assert values(printed(*lacking, fourth, restated)) == [1, 2, 3]


def test_a_trailing_year_is_no_quarter_and_no_fiscal_year():
    assert values(printed(("2023-04-01", "2024-03-31", 8.0, 0))) == []


def test_a_two_month_stub_is_no_quarter():
    assert values(printed(("2024-01-01", "2024-02-29", 8.0, 0))) == []


@given(st.lists(st.integers(-(10**6), 10**6), min_size=4, max_size=4), st.sampled_from([3, 6, 9, 12]))
def test_single_quarters_add_up_to_the_printed_year(amounts, last_month):
    ends = pd.date_range(end=pd.Timestamp(2024, last_month, 1) + pd.offsets.MonthEnd(0), periods=4, freq="3ME")
    start = ends[0] - pd.offsets.MonthBegin(3)
    sums = pd.Series(amounts).cumsum() / 1000
    rows = [(start, end, value, 0) for end, value in zip(ends, sums, strict=True)]
    out = periods.quarters(printed(*rows, last_month=last_month))
    assert len(out) == 4
    assert out.value.sum() == pytest.approx(sums.iloc[-1], abs=1e-8)


@pytest.mark.parametrize(
    ("end", "last_month", "expected"),
    [
        ("2026-06-27", 9, (2026, 3)),  # Apple's June quarter ends on a Saturday
        ("2022-12-31", 9, (2023, 1)),
        ("2026-01-25", 1, (2026, 4)),  # Nvidia's year ends on the last Sunday of January
        ("2026-04-26", 1, (2027, 1)),
        ("2026-08-31", 5, (2027, 1)),  # Oracle
        ("2026-06-30", 6, (2026, 4)),
    ],
)
def test_fiscal_quarters_are_named_by_the_year_in_which_the_year_ends(end, last_month, expected):
    year, quarter = periods.fiscal(pd.to_datetime(pd.Series([end])), pd.Series([last_month]))
    assert (year.item(), quarter.item()) == expected


def test_overlap_names_the_calendar_quarter_that_a_period_overlaps_most():
    rows = pd.DataFrame({"start": ["2026-01-26", "2026-06-01", "2022-09-25"], "end": ["2026-04-26", "2026-08-31", "2022-12-31"]}).apply(
        pd.to_datetime
    )
    assert periods.label(rows.start, rows.end, pd.Series([1, 5, 9]), "overlap").tolist() == ["2026Q1", "2026Q3", "2022Q4"]


@given(st.dates(pd.Timestamp("2015-01-01").date(), pd.Timestamp("2030-01-01").date()), st.integers(84, 98))
def test_overlap_agrees_with_counting_days(start, days):
    start = pd.Timestamp(start)
    end = start + pd.Timedelta(days=days - 1)
    count = pd.Series(pd.date_range(start, end).to_period("Q")).value_counts()
    named = pd.Period(periods.label(pd.Series([start]), pd.Series([end]), pd.Series([12]), "overlap").item(), "Q")
    assert count[named] == count.max()


def test_an_unknown_calendar_rule_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'overlap'"):
        periods.label(pd.Series(dtype="datetime64[ns]"), pd.Series(dtype="datetime64[ns]"), pd.Series(dtype=int), "overlaps")


def test_presentation_counts_whole_years_after_the_period():
    end = pd.to_datetime(pd.Series(["2024-12-31"] * 4))
    published = pd.to_datetime(pd.Series(["2025-02-07", "2026-02-06", "2027-02-05", None]))
    assert periods.presentation(end, published).tolist() == [0, 1, 2, 0]
