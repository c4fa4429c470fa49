"""Guidance: revisions, what came under the same definition, and the verdict on each statement."""

import pandas as pd
import pytest

from conftest import edit, reading
from outlay import ledger
from outlay.models import guidance


def promised(*rows):
    """Statements as the book gives them: dictionaries of what differs from a plain figure for 2025."""
    usual = {
        "company": "a", "metric": "capex_cash", "period": "2025", "period_start": pd.Timestamp("2025-01-01"), "period_end": pd.Timestamp("2025-12-31"),
        "value": 75.0, "low": float("nan"), "high": float("nan"), "unit": "USD bn", "stance": "forward", "grade": "stated", "how": "printed",
        "relation": "=", "kind": "flow", "basis": "as_guided", "stand_in": False, "recast": False, "bounds": "", "said_by": "", "scope": "",
        "source": "call", "published": pd.Timestamp("2025-02-04"), "half": 0.5, "n": 1.0, "note": "",
    }  # fmt: skip
    return pd.DataFrame([{**usual, "facts": (place,), **row} for place, row in enumerate(rows)])


def came(value, **same):
    return promised({"value": value, "stance": "actual", "facts": (99,), **same})


def verdict(outcome, **said):
    out = guidance.delivered(promised(said), came(outcome))
    return out.verdict.item(), out.surprise.item()


def test_a_raised_and_a_cut_figure_are_told_apart():
    days = pd.to_datetime(["2025-02-04", "2025-04-24", "2025-07-23", "2025-10-29"])
    out = guidance.revisions(promised(*({"value": value, "published": day} for value, day in zip((75.0, 75.0, 85.0, 80.0), days, strict=True))))
    assert out.step.tolist() == ["first", "kept", "raised", "cut"]
    assert out.revision.tolist()[1:] == [0.0, 10.0, -5.0]
    assert out.months_ahead.iloc[0] == pytest.approx(10.8, abs=0.05)


def test_another_definition_is_a_reclassification_and_no_cut():
    later = {"value": 175.0, "metric": "other", "published": pd.Timestamp("2025-07-29")}
    out = guidance.revisions(promised({"value": 190.0}, later))
    assert out.step.tolist() == ["first", "reclassified"]
    assert out.revision.isna().all()


def test_what_a_document_quotes_as_said_before_is_no_statement_of_its_own():
    assert len(guidance.revisions(promised({"value": 39.0}, {"value": 38.5, "n": 2.0}, {"value": float("nan"), "relation": "words"}))) == 1


@pytest.mark.parametrize(
    ("outcome", "said", "expected"),
    [
        (70.2, {"value": 68.0, "low": 66.0, "high": 72.0}, "kept"),
        (72.1, {"value": 69.0, "low": 66.0, "high": 72.0}, "above"),
        (65.0, {"value": 69.0, "low": 66.0, "high": 72.0}, "below"),
        (75.4, {}, "kept"),
        (75.6, {}, "above"),
        (30.1, {"value": 30.0, "relation": "≥"}, "kept"),
        (90.0, {"value": 30.0, "relation": "≥"}, "kept"),
        (29.0, {"value": 30.0, "relation": "≥"}, "below"),
        (29.0, {"value": 30.0, "relation": "≤"}, "kept"),
        (31.0, {"value": 30.0, "relation": "≤"}, "above"),
    ],
)
def test_the_verdict_follows_how_it_was_said(outcome, said, expected):
    found, surprise = verdict(outcome, **said)
    assert found == expected
    assert surprise == pytest.approx(outcome - said.get("value", 75.0))


def test_no_outcome_leaves_a_statement_open():
    out = guidance.delivered(promised({}), came(75.0, metric="other"))
    assert out.verdict.item() == "open" and pd.isna(out.surprise.item())


def test_a_statement_and_its_outcome_keep_their_own_facts_and_grades():
    out = guidance.delivered(promised({}), came(75.0, grade="press")).iloc[0]
    assert (out.facts, out.grade) == ((0,), "stated")
    assert (out.proof, out.outcome_grade) == ((99,), "press")


def test_an_outcome_made_of_lines_is_as_weak_as_the_weakest(copy):
    weak = edit(copy, "capex", lambda rows: [row | ({"grade": "press"} if row["company"] == "meta" and row["metric"] == "finance_lease_principal" else {}) for row in rows])
    assert any(row["grade"] == "press" for row in weak)
    with reading(copy):
        then = ledger.open()
        out = guidance.came(then, then.guidance("capex", companies=["meta"]))
    assert out[out.period == "2022"].grade.item() == "press"


def test_a_statement_about_each_quarter_is_judged_by_the_lowest_and_the_highest():
    said = promised({"value": 12.0, "relation": "≥", "scope": "each quarter"})
    low = guidance.delivered(said, came(12.0, low=12.0, high=14.0, scope="each quarter"))
    assert low.verdict.item() == "kept"
    assert guidance.delivered(said, came(11.0, low=11.0, high=14.0, scope="each quarter")).verdict.item() == "below"
    point = promised({"value": 22.6, "half": 0.05, "scope": "each quarter"})
    for low, high, verdict in ((21.4, 24.2, "both sides"), (22.6, 24.2, "above"), (22.6, 22.6, "kept")):
        assert guidance.delivered(point, came(low, low=low, high=high, scope="each quarter")).verdict.item() == verdict


def test_what_rounding_leaves_open_is_no_miss():
    said = promised({"value": 32.5, "low": 32.0, "high": 33.0})
    assert guidance.delivered(said, came(31.9, low=31.7, high=32.1)).verdict.item() == "kept"
    assert guidance.delivered(said, came(31.9, low=31.85, high=31.95)).verdict.item() == "below"


def test_bias_is_the_middle_of_the_surprises_by_months_ahead():
    days = pd.to_datetime(["2025-02-04", "2025-07-23"])
    out = guidance.bias(guidance.delivered(promised(*({"value": v, "published": d} for v, d in zip((75.0, 85.0), days, strict=True))), came(90.0)))
    assert out.months_ahead.tolist() == [9, 3]
    assert out.surprise.tolist() == pytest.approx([15 / 75, 5 / 85])


def test_outcomes_are_of_the_definition_that_was_guided(book):
    said = book.guidance("capex", companies=["meta", "msft", "googl", "amzn"])
    out = guidance.came(book, said)
    assert set(out.metric) <= set(said.metric)
    year = out[(out.company == "meta") & (out.period == "2024")].value.item()
    assert year == pytest.approx(39.225, abs=0.0005)  # with principal on finance leases, from the lines of its filings
    first = out[(out.company == "meta") & (out.period == "2022")].value.item()
    assert first == pytest.approx(32.036, abs=0.0005)
    fiscal = out[(out.company == "msft") & (out.period == "FY2025")].value.item()
    assert fiscal == pytest.approx(88.2, abs=0.25)  # the sum of four quarters stated to a tenth


def test_a_guided_period_that_is_not_over_has_no_outcome(book):
    said = book.guidance("capex")
    out = guidance.came(book, said)
    assert out.period_end.max() <= book.facts[book.facts.stance == "actual"].period_end.max()
    assert not len(out[out.period == "2026"])


def test_microsofts_smaller_figure_for_2026_is_a_reclassification(book):
    said = guidance.revisions(book.guidance("capex", companies=["msft"]))
    year = said[(said.period == "2026") & (said.company == "msft")]
    assert year.value.tolist() == [190.0, 175.0]
    assert year.step.tolist() == ["first", "reclassified"]
    assert year.revision.isna().all()


def test_metas_range_for_2024_stands_old_beside_new_in_one_document(book):
    said = book.guidance("capex", companies=["meta"])
    both = said[(said.period == "2024") & said.source.isin(said.source[said.n == 2])]
    assert len(both) and (both.groupby("source").n.max() == 2).any()


def test_at_a_past_date_no_later_statement_is_known():
    then = ledger.open(as_of="2024-08-05").guidance("capex")
    assert len(then) and then.published.max() <= pd.Timestamp("2024-08-05")
    assert not then.period_end.gt("2025-12-31").any()


def test_what_a_filing_repeats_a_day_later_counts_once():
    days = pd.to_datetime(["2025-01-29", "2025-01-30", "2025-04-30"])
    rows = guidance.revisions(promised(*({"value": 62.5, "published": day, "source": f"{day}"} for day in days)))
    assert guidance.once(rows).published.tolist() == [days[0], days[2]]
    moved = guidance.revisions(promised({"value": 62.5, "published": days[0]}, {"value": 65.0, "published": days[1]}))
    assert len(guidance.once(moved)) == 2


def test_a_move_is_a_share_of_the_figure_before(book):
    """Meta's release of 24 April 2024: 35-40, from 30-37 before; 37.5 on 33.5."""
    out = guidance.moves(guidance.revisions(book.guidance("capex", companies=["meta"]))).set_index("published")
    assert out.share["2024-04-24"] == pytest.approx(37.5 / 33.5 - 1)
    assert set(out.step) <= {"raised", "kept", "cut"}


def test_moves_are_gathered_by_distance_and_by_season():
    days = pd.to_datetime(["2025-02-04", "2025-04-24", "2025-07-23", "2025-10-29"])
    one = [{"value": value, "published": day} for value, day in zip((100.0, 100.0, 110.0, 99.0), days, strict=True)]
    two = [{"value": value, "published": day, "company": "b"} for value, day in zip((10.0, 12.0), days, strict=False)]
    rows = guidance.revisions(promised(*one, *two))
    drift = guidance.drift(rows).set_index("months_ahead")
    assert drift["mean"].to_dict() == {6: pytest.approx(0.1), 3: pytest.approx(0.1), 0: pytest.approx(-0.1)}
    assert drift.loc[6, ["raised", "kept", "cut", "firms"]].tolist() == [1, 1, 0, 2]
    seasons = guidance.seasons(rows, least=2)
    assert seasons.start.tolist() == [pd.Timestamp("2025-04-01"), pd.Timestamp("2025-07-01"), pd.Timestamp("2025-10-01")]
    assert seasons["mean"].notna().tolist() == [True, False, False]  # one firm alone says nothing of the others


def test_bias_is_refused_where_statements_or_firms_are_too_few():
    said = promised(*({"value": 75.0, "published": pd.Timestamp("2025-02-04"), "source": name, "company": name} for name in "ab"))
    known = guidance.delivered(said, pd.concat([came(90.0), came(60.0, company="b")]))
    assert guidance.bias(known, least=2)[["surprise", "mean"]].values.tolist() == [[0.0, 0.0]]
    assert guidance.bias(known, least=3)["mean"].isna().all()
    assert guidance.bias(known[known.company == "a"], least=1)["mean"].tolist() == [pytest.approx(0.2)]
    alone = guidance.delivered(promised({}, {"published": pd.Timestamp("2025-03-04")}), came(90.0))
    assert guidance.bias(alone, least=2)["mean"].isna().all()


def test_nvidia_passed_every_outlook_that_is_over(book):
    """Its own releases: 35.1 against 37.5 guided for the next quarter, in which 39.3 came."""
    out = guidance.record(book, {"nvda": "revenue"}).set_index("period")
    assert out.loc["FY2025 Q4", ["value", "outcome"]].tolist() == [37.5, pytest.approx(39.331, abs=0.001)]
    assert set(out.verdict) == {"above", "open"}


def test_amds_chips_ended_where_its_last_floor_stood(book):
    out = guidance.record(book, {"amd": "data_center_gpu_revenue"})
    assert out.value.tolist() == [3.5, 4.0, 4.5, 5.0] and set(out.outcome) == {5.0} and set(out.verdict) == {"kept"}
