"""Forecasts by others: averages a year, vintages, and parts that exceed their whole."""

import pandas as pd
import pytest

from outlay import ledger
from outlay.models import forecasts


def said(*rows):
    """Forecasts as the book gives them: dictionaries of what differs from a plain one for the world's AI spending of 2026."""
    usual = {
        "company": "world", "metric": "ai_capital_spending", "period": "2026", "period_start": pd.Timestamp("2026-01-01"), "period_end": pd.Timestamp("2026-12-31"),
        "value": 500.0, "low": float("nan"), "high": float("nan"), "unit": "USD bn", "stance": "forward", "grade": "estimate", "how": "printed",
        "relation": "=", "kind": "flow", "basis": "as_defined", "stand_in": False, "recast": False, "bounds": "", "said_by": "UBS", "scope": "AI only",
        "source": "page", "published": pd.Timestamp("2025-11-30"), "half": 0.5, "n": 1.0,
    }  # fmt: skip
    return pd.DataFrame([{**usual, "facts": (place,), **row} for place, row in enumerate(rows)])


def span(first, last):
    return {"period_start": pd.Timestamp(f"{first}-01-01"), "period_end": pd.Timestamp(f"{last}-12-31")}


@pytest.fixture(scope="module")
def every(book):
    return book.versions("capital_spending_forecast", stance="forward")


@pytest.mark.parametrize(("total", "years", "average"), [(5000, 5, 1000), (6400, 5, 1280), (3000, 4, 750)])
def test_the_averages_of_the_evidence_come_out(total, years, average):
    assert forecasts.per_year(total, years) == average
    out = forecasts.annual(said({"value": float(total), **span(2025, 2024 + years)}))
    assert (out.value.item(), out.years.item(), out.how.item()) == (average, years, "derived")


def test_an_average_over_no_time_is_refused():
    with pytest.raises(ValueError, match="positive number of years"):
        forecasts.per_year(5000, 0)


def test_the_ledgers_five_year_sum_for_cloud_firms_is_three_times_the_plan_for_2026(every):
    """Document 002: 6,400 over five years, 1,280 a year, is 3.0 times the 425 that five firms planned for 2026 (document 004)."""
    yearly = forecasts.annual(every)
    one = yearly[yearly.author == "Teng Bingsheng"]
    plan = yearly[(yearly.author == "Wenxuecity blog") & yearly.target.eq("2026")]
    assert one.value.item() == 1280 and one.target.item() == "2026–30"
    assert one.value.item() / plan.value.item() == pytest.approx(3.0, abs=0.05)


def test_a_range_is_divided_as_its_figure_is():
    out = forecasts.annual(said({"value": 5000.0, "low": 5000.0, "high": 7000.0, **span(2026, 2030)}))
    assert out[["low", "high"]].values.tolist() == [[1000.0, 1400.0]]


def test_an_open_period_has_no_average_and_is_listed(every):
    yearly, loose = forecasts.annual(every), forecasts.unfinished(every)
    assert yearly.period_start.notna().all() and yearly.period_end.notna().all()
    assert (loose.period_start.isna() | loose.period_end.isna()).all()
    assert len(forecasts.annual(said({"period_start": pd.NaT}))) == 0
    assert not set(yearly.facts) & set(loose.facts)


def test_what_a_document_quotes_as_said_before_has_no_place_in_time():
    both = said({"value": 571.0}, {"value": 500.0, "n": 2.0})
    assert forecasts.annual(both).value.tolist() == [571.0]
    dated = said({"value": 527.0, "said_by": "A"}, {"value": 465.0, "n": 2.0, "said_by": "B", "scope": "estimate eighteen months earlier"})
    assert forecasts.annual(dated).value.tolist() == [527.0]
    cases = said({"value": 1100.0, "scope": "base case"}, {"value": 1400.0, "n": 2.0, "scope": "optimistic case"})
    assert sorted(forecasts.annual(cases).value) == [1100.0, 1400.0]


def test_an_increase_over_a_base_stands_on_no_axis_of_levels():
    rows = forecasts.annual(said({"scope": "AI only; incremental"}, {}, {"published": pd.NaT, "source": "b"}, {"company": "openai"}))
    assert rows.counts.tolist() == ["increase", "AI only", "AI only", "AI only"]
    assert len(forecasts.comparable(rows)) == 1


def test_versions_of_one_forecast_are_followed_through_documents_and_quotations():
    first = {"value": 571.0, "source": "a", "published": pd.Timestamp("2025-11-30"), "scope": "AI only, worldwide"}
    later = {"value": 820.0, "source": "b", "published": pd.Timestamp("2026-06-01")}
    out = forecasts.said_again(said(first, {**first, "value": 500.0, "n": 2.0}, later, {**later, "value": 700.0, "n": 2.0}))
    assert out[["before", "value", "times"]].values.tolist() == [[500.0, 820.0, 4]]
    assert out.change.item() == pytest.approx(0.64) and pd.isna(out.began.item()) and not out.alike.item()
    assert out.facts.item() == (0, 1, 2, 3)


def test_a_scenario_is_no_revision():
    whole = {"value": 6700.0, "source": "a", "scope": "all data centres"}
    low = {"value": 3700.0, "source": "b", "scope": "low scenario", "published": pd.Timestamp("2025-12-09")}
    assert forecasts.said_again(said(whole, low)).empty
    assert len(forecasts.said_again(said(whole, {**low, "scope": "all data centres"}))) == 1


def test_said_again_keeps_apart_authors_years_and_groups():
    rows = said({}, {"value": 600.0, "source": "b", "said_by": "Citi"}, {"value": 700.0, "source": "c", "company": "hyperscalers"}, {"value": 800.0, "source": "d", **span(2027, 2027)})
    assert forecasts.said_again(rows).empty


def test_an_undated_document_is_no_vintage():
    assert forecasts.said_again(said({}, {"value": 900.0, "source": "b", "published": pd.NaT})).empty


def test_a_part_that_exceeds_its_whole_differs_in_scope_or_vintage(every):
    out = forecasts.contradictions(every)
    essay = out[out.said_by.str.startswith("Teng") & out.said_by_whole.str.startswith("Teng")]
    assert essay[["value", "value_whole"]].values.tolist() == [[6400.0, 5000.0]]
    assert essay.differs.item() == "scope"
    assert not out.differs.eq("nothing").any()


def test_only_a_whole_that_leaves_no_room_is_contradicted():
    part = {"company": "hyperscalers", "value": 600.0, "source": "b"}
    assert forecasts.contradictions(said({}, part)).differs.tolist() == ["nothing"]
    assert forecasts.contradictions(said({}, {**part, "published": pd.Timestamp("2026-01-01")})).differs.tolist() == ["vintage"]
    for whole in ({"relation": "≥"}, {"low": 400.0, "high": 700.0}, span(2027, 2027), {"value": 700.0}, {"published": pd.NaT}):
        assert forecasts.contradictions(said(whole, part)).empty, whole
    assert forecasts.contradictions(said({}, {**part, "relation": "≤"})).empty


def test_a_past_date_knows_no_later_vintage():
    then = forecasts.annual(ledger.open(as_of="2025-10-13").versions("capital_spending_forecast", stance="forward"))
    assert len(then) and then.published.max() <= pd.Timestamp("2025-10-13")
