"""Freshness: the filing that is due next, and the figures that have grown old."""

import pandas as pd

from outlay import ledger
from outlay.tools import fresh


def test_the_next_filing_is_the_one_after_the_newest_held(book):
    out = fresh.due(book, pd.Timestamp("2026-11-20")).set_index("company")
    assert out.quarter["msft"] == "FY2027 Q1" and out.form["msft"] == "10-Q"
    assert out.quarter["aapl"] == "FY2026 Q4" and out.form["aapl"] == "10-K"
    assert out.period_end["nvda"] == pd.Timestamp("2026-10-25")  # thirteen weeks on, a Sunday


def test_a_filing_is_overdue_once_its_usual_day_has_passed(book):
    day = fresh.due(book, pd.Timestamp("2026-11-20")).set_index("company").expected["msft"]
    before, after = (fresh.due(book, day + pd.Timedelta(days=days)).set_index("company").overdue["msft"] for days in (-1, 1))
    assert (before, after) == (False, True)


def test_at_a_past_date_the_filing_due_is_that_of_the_time():
    then = fresh.due(ledger.open(as_of="2024-08-05"), pd.Timestamp("2024-08-05")).set_index("company")
    assert then.quarter["msft"] == "FY2025 Q1"
    assert then.expected["msft"].year == 2024


def test_the_oldest_figures_stand_first_and_the_late_ones_are_marked(book):
    out = fresh.newest(book, pd.Timestamp("2026-11-20"))
    assert out.age.is_monotonic_decreasing and (out.age >= 0).all()
    assert out[(out.company == "msft") & (out.family == "capex")].late.tolist() == [False]
    assert (out[out.late].age > 2 * out[out.late].usual).all()


def test_the_calendar_tells_what_is_held_due_and_overdue(book):
    out = fresh.calendar(book, pd.Timestamp("2026-11-20")).set_index(["company", "quarter"])
    assert out.status["msft", "FY2026 Q4"] == "held" and out.source["msft", "FY2026 Q4"] == "msft-10-k-2026-06-30"
    assert out.status["msft", "FY2027 Q1"] == "overdue"
    assert out.status["nvda", "FY2027 Q3"] == "due"
    assert out.expected.is_monotonic_increasing


def test_a_firm_that_is_far_behind_owes_every_quarter_since(book):
    out = fresh.calendar(book, pd.Timestamp("2027-06-15"))
    assert out[(out.company == "msft") & (out.status != "held")].quarter.tolist() == ["FY2027 Q1", "FY2027 Q2", "FY2027 Q3"]
    assert out[out.company == "msft"].form.tolist() == ["10-K", "10-Q", "10-Q", "10-Q"]


def test_firms_that_have_reported_are_counted_by_the_calendar_quarter_their_own_overlaps():
    def told(day):
        frame = fresh.reported(ledger.open(as_of=day), pd.Timestamp(day))
        return frame.period.iloc[0], set(frame.company[frame.reported])

    # Apple's quarter ended on 28 September, Oracle's on 31 August, Nvidia's on 27 October: all of them mostly the third
    period, firms = told("2024-10-30")
    assert period == "2024Q3" and {"googl", "msft", "orcl", "tsla"} <= firms and not {"aapl", "amzn", "nvda"} & firms
    assert {"aapl", "amzn", "meta"} <= told("2024-11-05")[1] and "nvda" not in told("2024-11-05")[1]
    assert len(told("2024-11-25")[1]) == 8
    assert told("2024-09-30")[0] == "2024Q3"  # the last day of a quarter ends it
    assert told("2024-09-29")[0] == "2024Q2"


def test_the_quarter_in_progress_is_told_with_the_firms_that_are_missing(book):
    assert fresh.progress(book, pd.Timestamp("2026-11-20")).startswith("1 of 8 firms has reported Q3 2026; not yet: Alphabet, Amazon")
    assert fresh.progress(ledger.open(as_of="2024-11-25"), pd.Timestamp("2024-11-25")) == "8 of 8 firms have reported Q3 2024."
