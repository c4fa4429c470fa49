import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import edit, forget_after, reading
from outlay import ledger, measures


def of(frame, company, period):
    rows = frame[(frame.company == company) & (frame.period == period)]
    assert len(rows) == 1
    return rows.iloc[0]


def broken(copy, table, change):
    edit(copy, table, change)
    return ledger.findings(copy)


def set_cell(column, value, row=0):
    def change(rows):
        rows[row][column] = value
        return rows

    return change


def test_a_frame_has_the_columns_that_every_frame_has(book):
    for frame in (book.quarters("capex"), book.observations("net_loss"), book.versions("net_loss"), book.quarters("capex", companies=["openai"])):
        assert list(frame.columns)[:13] == ledger.COLUMNS
        assert set(ledger.MARKS) <= set(frame.columns)


def test_as_of_shows_only_what_was_public(book):
    for day in ("2023-01-31", "2024-08-05", "2025-10-13"):
        then = ledger.open(as_of=day)
        frame = then.quarters("capex")
        assert then.documents(id for ids in frame.facts for id in ids).published.max() <= pd.Timestamp(day)
        assert len(frame) < len(book.quarters("capex"))


def test_an_undated_document_counts_in_the_newest_view_only(book):
    undated = book.sources.index[book.sources.published.isna()]
    assert len(undated)
    assert not set(undated) & set(ledger.open(as_of="2099-12-31").sources.index)


def test_fact_ids_are_the_same_at_every_date(book):
    old = ledger.open(as_of="2024-08-05")
    assert ledger.names(old.facts.index[:50]) == ledger.names(book.facts.loc[old.facts.index[:50]].index)


def test_every_fact_of_a_frame_walks_back_to_a_document(book):
    for frame in (book.quarters("capex"), book.quarters("cloud_revenue"), book.observations("revenue", companies=["openai"])):
        for ids in frame.facts:
            assert len(ids)
            assert len(book.documents(ids))
    assert all("@" in name and "/" in name for name in ledger.names(book.facts.index))


def test_a_basis_picks_one_definition_and_marks_the_stand_in(book):
    frame = book.quarters("capex", basis="cash", since="2018-01-01")
    metrics = frame.groupby("company").metric.unique().map(list).to_dict()
    assert metrics == {name: ["capex_net" if name in ("meta", "tsla") else "capex_cash"] for name in metrics}
    assert len(metrics) == 8
    assert set(frame[frame.stand_in].company) == {"meta", "tsla"}
    assert ledger.stand_ins(frame) == ["Stand-in for Meta and Tesla: net of proceeds"]
    early = book.quarters("capex", basis="cash", companies=["amzn", "googl"]).set_index(["company", "period"])
    assert early.metric["amzn", "2016Q4"] == "capex_net"
    assert early.metric["amzn", "2017Q1"] == "capex_cash"


def test_a_definition_made_of_parts_carries_the_facts_of_both(book):
    row = of(book.quarters("capex_net", companies=["meta"]), "meta", "2022Q1")
    assert (row.value, row.how) == (5.315, "derived")
    assert {name.split("/")[1] for name in ledger.names(row.facts)} == {"capex_cash", "capex_proceeds"}


def test_segments_recast_and_not_are_told_apart_by_metric(book):
    frame = book.quarters("cloud_revenue", companies=["msft"])
    assert of(frame, "msft", "2023Q2").metric == "intelligent_cloud_revenue_original"
    assert of(frame, "msft", "2023Q3").metric == "intelligent_cloud_revenue"
    assert of(book.quarters("cloud_revenue", basis="original_segments"), "msft", "2023Q3").value == 24.259
    assert of(frame, "msft", "2023Q3").value == 20.013


def test_before_the_recast_was_published_the_first_segments_serve(book):
    then = ledger.open(as_of="2024-08-05").quarters("cloud_revenue", companies=["msft"])
    assert of(then, "msft", "2024Q2").value == 28.515
    assert not then.stand_in.any()  # what it would stand in for was not yet born
    assert book.quarters("cloud_revenue", companies=["msft"], since="2022-01-01").stand_in.any()


def test_plans_never_compete_with_outcomes(book):
    assert (book.observations("revenue", companies=["openai"]).stance == "actual").all()
    assert (book.observations("revenue", companies=["openai"], stance="forward").stance == "forward").all()


def test_reports_of_a_run_rate_for_one_month_are_rivals(book):
    chosen = book.observations("annualised_revenue", companies=["openai"])
    chosen = chosen[chosen.metric == "annualised_revenue"]
    every = book.versions("annualised_revenue", companies=["openai"])
    assert not chosen.period.duplicated().any()
    assert set(every[every.period == "2023-12"].value) == {1.6, 2}


def test_gross_counting_is_no_rival_of_net(book):
    every = book.versions("annualised_revenue", companies=["openai"])
    assert set(every[(every.period == "2026-09") & (every.metric == "annualised_revenue")].value) == {50}


def test_a_rounded_remark_does_not_beat_the_statement(book):
    frame = book.versions("capex_cash", companies=["msft"])
    assert {13.9, 13.873} & set(frame.value)
    assert of(book.quarters("capex_cash", companies=["msft"]), "msft", "2024Q2").value == 13.873


def test_a_stock_or_run_rate_has_no_quarters(book):
    with pytest.raises(ValueError, match="run_rate, not a flow"):
        book.quarters("annualised_revenue")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"family": "capx"}, "did you mean 'capex'"),
        ({"family": "capex", "basis": "as_statd"}, "did you mean 'as_stated'"),
        ({"family": "capex", "calendar": "fiscl"}, "did you mean 'fiscal'"),
        ({"family": "capex", "companies": ["mfst"]}, "did you mean 'msft'"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(book, arguments, words):
    with pytest.raises(ValueError, match=words):
        book.quarters(**arguments)


def test_a_date_that_is_none_is_refused():
    with pytest.raises(ValueError, match="write it as 2024-08-05"):
        ledger.open(as_of="August 2024")


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("capex", "period_end", "2025-13-31", "found '2025-13-31'; expected a date"),
        ("capex", "value", "12,5", "found '12,5'; expected a plain number"),
        ("capex", "value", "n/a", "found 'n/a'; expected a plain number"),
        ("capex", "company", "amazn", "nearest: 'amzn'"),
        ("capex", "metric", "capex", "data/metrics.csv"),
        ("capex", "source", "no-such-filing", "data/sources.csv"),
        ("capex", "source", "", "found an empty cell; expected a value"),
        ("capex", "unit", "EUR m", "one of USD, USD m"),
        ("capex", "stance", "maybe", "one of actual, forward"),
        ("capex", "n", "0", "at least 1"),
        ("capex", "period_start", "", "a flow covers a period"),
        ("capex", "period_start", "2035-01-01", "a start after the end"),
        ("sources", "published", "2024-02-30", "expected a date"),
        ("sources", "accession", "12345", "of the form"),
        ("companies", "colour", "blue", "of the form"),
        ("metrics", "metric", "Capex Cash", "of the form"),
    ],
)
def test_a_broken_cell_is_one_line_with_place_found_and_expected(copy, table, column, value, words):
    found = [finding for finding in broken(copy, table, set_cell(column, value)) if finding["file"] == f"data/{table}.csv" and finding["row"] == 2]
    assert len(found) == 1
    assert (found[0]["column"], found[0]["severity"]) == (column, "error")
    line = ledger.line(found[0])
    assert words in line and line.startswith(f"data/{table}.csv, row 2, column {column}: ") and "\n" not in line
    with reading(copy), pytest.raises(ledger.LedgerError, match="row 2"):
        ledger.open()


def test_words_and_a_value_do_not_go_together(copy):
    found = broken(copy, "capex", set_cell("relation", "words"))
    assert [(finding["row"], finding["column"], finding["rule"]) for finding in found] == [(2, "value", "relation")]


def test_a_key_that_stands_twice_names_both_rows(copy):
    found = broken(copy, "capex", lambda rows: [rows[0], *rows])
    assert [finding["row"] for finding in found] == [3]
    assert "it stands in row 2 already" in found[0]["message"]


def test_a_row_with_a_cell_too_many_or_too_few_is_found(copy):
    path = copy / "capex.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    for wrong in (f"{lines[5]},surplus", lines[5].rpartition(",")[0]):
        path.write_text("\n".join([*lines[:5], wrong, *lines[6:]]) + "\n", encoding="utf-8")
        found = ledger.findings(copy)
        assert [(finding["file"], finding["row"]) for finding in found] == [("data/capex.csv", 6)]


def test_a_table_that_is_missing_or_misnamed_is_found(copy):
    (copy / "cloud.csv").unlink()
    text = (copy / "capex.csv").read_text(encoding="utf-8").replace("company,metric", "firm,metric", 1)
    (copy / "capex.csv").write_text(text, encoding="utf-8")
    found = {finding["file"]: finding["message"] for finding in ledger.findings(copy)}
    assert "the file is missing" in found["data/cloud.csv"]
    assert "Mend the header" in found["data/capex.csv"]


def test_a_file_that_is_no_utf8_is_found(copy):
    (copy / "capex.csv").write_bytes((copy / "capex.csv").read_bytes() + b"\xff\xfe")
    assert any("UTF-8" in finding["message"] for finding in ledger.findings(copy))


def test_a_deleted_quarter_is_a_hole_and_never_a_bridge(copy):
    gone = ("2025-07-01", "2025-09-30")
    edit(copy, "capex", lambda rows: [row for row in rows if not (row["company"] == "googl" and row["period_end"] == gone[1])])
    with reading(copy):
        left = ledger.open().quarters("capex_cash", companies=["googl"], since="2025-01-01")
    assert "2025Q3" not in set(left.period)
    assert "2025Q2" in set(left.period)


@pytest.mark.parametrize("day", ["2023-11-15", "2024-08-05", "2025-10-13"])
def test_the_past_is_what_is_left_when_all_later_documents_are_deleted(copy, day):
    forget_after(copy, day)
    asked = (
        lambda book: book.quarters("capex"),
        lambda book: book.quarters("capex", basis="as_stated", calendar="fiscal"),
        lambda book: book.quarters("capex", basis="with_leases", calendar="day_weighted"),
        lambda book: book.quarters("revenue", calendar="end_month"),
        lambda book: book.quarters("cloud_revenue"),
        lambda book: book.observations("loss", companies=["openai"]),
        lambda book: book.versions("revenue", companies=["openai"], stance="forward"),
    )

    def written(frame):
        return frame.assign(facts=frame.facts.map(lambda ids: ";".join(ledger.names(ids)))).to_csv()

    then = [written(ask(ledger.open(as_of=day))) for ask in asked]
    with reading(copy):
        left = [written(ask(ledger.open())) for ask in asked]
    assert then == left


@given(st.dates(pd.Timestamp("2021-06-01").date(), pd.Timestamp("2026-11-20").date()))
def test_no_date_makes_the_ledger_fail(day):
    frame = ledger.open(as_of=str(day)).quarters("capex")
    assert not frame.duplicated(["company", "period"]).any()


def test_a_selection_remembers_what_it_answered(book, tmp_path, monkeypatch):
    monkeypatch.setenv("OUTLAY_TRACE", str(tmp_path / "trace"))
    book.quarters("capex", companies=["msft"])
    monkeypatch.delenv("OUTLAY_TRACE")
    selection = json.loads((tmp_path / "trace").read_text())
    assert ledger.answers(selection)


def test_a_selection_notices_a_changed_row_and_not_a_row_it_never_saw(tmp_path, monkeypatch, copy):
    monkeypatch.setenv("OUTLAY_TRACE", str(tmp_path / "trace"))
    ledger.open().quarters("capex", companies=["msft"])
    monkeypatch.delenv("OUTLAY_TRACE")
    selection = json.loads((tmp_path / "trace").read_text())
    monkeypatch.setenv("OUTLAY_DATA", str(copy))
    first = next(number for number, row in enumerate(edit(copy, "capex", lambda rows: rows)) if row["company"] == "amzn")
    edit(copy, "capex", set_cell("value", "1", first))
    assert ledger.answers(selection)
    used = next(
        number
        for number, row in enumerate(edit(copy, "capex", lambda rows: rows))
        if row["source"] == "msft-10-q-2025-09-30" and row["metric"] == "capex_cash"
    )
    edit(copy, "capex", set_cell("value", "1", used))
    assert not ledger.answers(selection)


def test_a_selection_notices_a_document_that_is_dated_anew(tmp_path, monkeypatch, copy):
    monkeypatch.setenv("OUTLAY_TRACE", str(tmp_path / "trace"))
    ledger.open().quarters("capex", companies=["msft"])
    monkeypatch.delenv("OUTLAY_TRACE")
    monkeypatch.setenv("OUTLAY_DATA", str(copy))
    edit(copy, "sources", lambda rows: [row | ({"title": "another title"} if row["source"] == "msft-10-q-2025-09-30" else {}) for row in rows])
    assert not ledger.answers(json.loads((tmp_path / "trace").read_text()))


def test_a_source_line_names_at_most_four_publishers(book):
    line = ledger.cite(id for ids in book.observations("revenue", companies=["openai"]).facts for id in ids)
    assert line.count(";") <= 3
    assert line.endswith("and others")


def test_of_documents_of_one_day_the_filing_is_named():
    then = ledger.open(as_of="2025-10-13").quarters("capex", companies=["msft"])
    every = {id for ids in then.facts for id in ids}
    same_day = ledger.open(as_of="2025-10-13").documents(every)
    assert ledger.cite(every) == "Microsoft 10-K (30 Jul 2025); Microsoft 10-Q (30 Apr 2025)"
    assert same_day.source.is_unique


def test_a_press_figure_has_a_computed_range_and_a_filed_one_none(book):
    told = book.observations("net_loss", companies=["openai"]).set_index("period").loc["H1 2025"]
    assert (told.low, told.value, told.high, told.bounds) == (13.45, 13.5, 13.55, "computed")
    filed = book.quarters("capex", companies=["msft"])
    assert filed.low.isna().all() and (filed.bounds == "").all()


def test_a_computed_range_reaches_as_far_as_rival_reports(book):
    row = book.observations("operating_loss", companies=["openai"]).set_index("period").loc["2026Q1"]
    assert (row.low, row.value, row.high) == (9.05, 9.1, 9.35)


def test_more_than_a_figure_is_open_and_has_no_range_of_its_own(book):
    row = book.observations("annualised_revenue", companies=["openai"]).set_index("period").loc["2026-02"]
    assert row.relation == "≥" and pd.isna(row.low) and pd.isna(row.high) and row.bounds == ""


def test_about_takes_two_digits_as_meant(book):
    row = book.observations("monthly_users_panel", companies=["openai"]).set_index("period").loc["2025-03-31"]
    assert (row.relation, row.low, row.value, row.high) == ("≈", 895, 900, 905)


def test_a_coarser_print_that_agrees_widens_nothing(book):
    year = book.observations("revenue", companies=["openai"]).set_index("period").loc["2025"]
    assert (year.low, year.value, year.high) == (13.065, 13.07, 13.075)
    assert 13.0 in set(book.versions("revenue", companies=["openai"]).set_index("period").loc["2025"].value)


def test_what_is_quoted_as_said_before_is_no_rival(copy):
    edit(copy, "ai_labs", lambda rows: [{**row, "n": "2"} if row["value"] == "9.3" and row["metric"] == "operating_loss" else row for row in rows])
    with reading(copy):
        row = ledger.open().observations("operating_loss", companies=["openai"]).set_index("period").loc["2026Q1"]
    assert (row.low, row.high) == (9.05, 9.15)


def test_a_deal_that_is_printed_as_a_range_counts_as_its_middle(book):
    ranged = book.events[(book.events.printed == "") & book.events.lowest.notna() & book.events.highest.notna()]
    held = book.deals().set_index("deal")
    assert len(ranged)
    for row in ranged.itertuples():
        if held.period_end[row.deal] == row.event_date:
            assert held.value[row.deal] == (row.lowest + row.highest) / 2


def test_of_rival_reports_of_one_event_the_stronger_one_counts(copy):
    row = {"deal": "a-b", "event_date": "2025-01-31", "from": "openai", "to": "orcl", "instrument": "services", "status": "signed", "firmness": "firm"}
    row |= {"relation": "=", "unit": "USD bn", "n": "1", "locator": "x"}
    rivals = [
        row | {"value": "10", "grade": "press", "source": "the-information-2025-09-30-first-half"},
        row | {"value": "12", "grade": "stated", "source": "openai-2025-03-31-funding"},
    ]
    edit(copy, "deals", lambda rows: sorted([*rows, *(dict.fromkeys(rows[0], "") | rival for rival in rivals)], key=lambda row: (row["deal"], row["event_date"], row["source"])))
    with reading(copy):
        held = ledger.open().deals().set_index("deal").loc["a-b"]
    assert (held.value, held.grade) == (12, "stated")


def test_a_printed_range_is_no_computed_one(book):
    said = book.guidance("capex", companies=["meta"])
    ranged = said[said.low.notna()]
    assert (ranged.bounds == "printed").all()
    middle = ranged[ranged.how == "derived"]
    assert len(middle) and (middle.value == (middle.low + middle.high) / 2).all()


def test_no_computed_range_is_entered(book):
    entered = book.facts[book.facts.low.notna() | book.facts.high.notna()]
    assert not entered.note.str.contains("computed|half a unit", regex=True).any()


def test_a_plan_has_no_computed_range(book):
    plans = book.observations("revenue", companies=["openai"], stance="forward")
    assert set(plans.bounds) <= {"", "printed"}


def test_a_deal_is_what_its_newest_event_left(book):
    then, now = (ledger.open(as_of=day).deals().set_index("deal") for day in ("2025-10-13", ""))
    loose = then[(then["from"] == "nvda") & (then["to"] == "openai") & (then.value == 100)]
    assert loose.firmness.tolist() == ["letter_of_intent"]
    assert now.firmness[loose.index[0]] == "cancelled"
    assert now.value[loose.index[0]] == 100  # what it had been about stays known


def test_no_event_of_a_deal_is_known_before_its_document(book):
    for day in ("2024-08-05", "2025-10-13", "2025-10-21", "2025-12-15"):
        then = ledger.open(as_of=day)
        held = then.deals()
        assert (then.documents(fact for facts in held.facts for fact in facts).published <= pd.Timestamp(day)).all()
        assert len(held) == then.events.deal.nunique()


def test_rival_reports_of_one_event_make_a_range(book):
    held = book.deals().set_index("deal")
    ranged = held[held.bounds == "computed"]
    assert len(ranged) and (ranged.low <= ranged.high).all()


def test_a_deal_without_an_amount_says_so(book):
    held = book.deals()
    silent = held[held.value.isna()]
    assert len(silent) and (silent.relation == "words").all()


def test_every_deal_has_its_parent_and_none_contains_itself(book):
    from outlay import measures

    held = book.deals()
    pairs = measures.contained(held)
    assert len(pairs) > 20
    assert not any(inner == outer for inner, outer in pairs)
    assert not {(outer, inner) for inner, outer in pairs} & set(pairs)


def test_deals_walk_back_to_their_documents(book):
    held = book.deals(companies=["openai"])
    names = ledger.names(fact for facts in held.facts for fact in facts)
    assert all(name.startswith("deals/") and "@" in name for name in names)
    assert ledger.cite(held.facts.iloc[0])


def test_unknown_firmness_and_companies_are_refused(book):
    with pytest.raises(ValueError, match="firmness"):
        book.deals(firmness="frm")
    with pytest.raises(ValueError, match="company"):
        book.deals(companies=["opnai"])


def test_a_part_of_an_unknown_deal_is_one_line(copy):
    edit(copy, "deals", lambda rows: [row | ({"part_of": "nothing"} if number == 0 else {}) for number, row in enumerate(rows)])
    found = ledger.findings(copy)
    assert len(found) == 1
    assert ledger.line(found[0]).startswith("data/deals.csv, row 2, column part_of: found 'nothing'; expected a name that stands in data/deals.csv")


def test_a_selection_of_deals_or_guidance_notices_a_change(tmp_path, monkeypatch, copy):
    monkeypatch.setenv("OUTLAY_TRACE", str(tmp_path / "trace"))
    book = ledger.open()
    book.deals(companies=["openai"])
    book.guidance("capex", companies=["meta"])
    monkeypatch.delenv("OUTLAY_TRACE")
    deals, said = (json.loads(line) for line in (tmp_path / "trace").read_text().splitlines())
    assert ledger.answers(deals) and ledger.answers(said)
    monkeypatch.setenv("OUTLAY_DATA", str(copy))
    edit(copy, "deals", lambda rows: [row | ({"term_years": "99"} if row["to"] == "openai" else {}) for row in rows])
    edit(copy, "guidance", lambda rows: [row | ({"note": "another"} if row["company"] == "meta" else {}) for row in rows])
    assert not ledger.answers(deals) and not ledger.answers(said)


def test_forecasts_of_two_houses_are_no_versions_of_each_other(book):
    frame = book.observations("hyperscaler_capital_spending", stance="forward")
    assert frame.said_by.nunique() > 3
    assert not frame.duplicated(["company", "metric", "period", "said_by", "scope"]).any()


def test_several_metrics_may_be_asked_for_at_once(book):
    both = book.quarters(["aws_revenue", "capex_cash"])
    apart = pd.concat([book.quarters(name) for name in ("aws_revenue", "capex_cash")])
    assert len(both) == len(apart) and both.value.sum() == pytest.approx(apart.value.sum())
    with pytest.raises(ValueError, match="did you mean 'aws_revenue'"):
        book.quarters(["aws_revenu"])


@pytest.mark.parametrize("verb", [lambda book: book.deals(companies="openai"), lambda book: book.guidance("capex", companies="meta")])
def test_a_lone_name_is_no_list_of_companies(book, verb):
    with pytest.raises(ValueError, match=r"companies is a list of short names: write \['"):
        verb(book)


def test_a_firm_with_two_stand_ins_is_named_once(book):
    both = measures.ratio(*(book.quarters(name, companies=["msft"], since="2022-01-01") for name in ("cloud_operating_income", "cloud_revenue")))
    assert [words.count("Microsoft") for words in ledger.stand_ins(both)] == [1]
