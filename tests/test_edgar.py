"""Company facts to rows: small files of the SEC's shape, with the traps that such files hold."""

import csv
import gzip
import io
import json

import pytest
from click.testing import CliRunner

from outlay import ledger
from outlay.tools.cli import main

CAPEX = "PaymentsToAcquirePropertyPlantAndEquipment"


def entry(start, end, value, accession, filed, form="10-Q", **more):
    return {"start": start, "end": end, "val": value, "accn": accession, "filed": filed, "form": form, **more}


def company(path, cik, tags):
    content = {"cik": cik, "entityName": "X", "facts": {"us-gaap": {tag: {"units": {"USD": entries}} for tag, entries in tags.items()}}}
    text = json.dumps(content)
    if path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def rows(path, name, *arguments):
    result = CliRunner().invoke(main, ["edgar", str(path), name, *arguments])
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


MSFT = [
    entry("2025-07-01", "2025-09-30", 19394000000, "0001193125-25-256321", "2025-10-29", fy=2026, fp="Q1"),
    entry("2024-07-01", "2024-09-30", 14923000000, "0001193125-25-256321", "2025-10-29", fy=2026, fp="Q1"),
]


@pytest.mark.parametrize("name", ["facts.json", "facts.json.gz"])
def test_facts_become_rows_as_printed(tmp_path, name):
    made = rows(company(tmp_path / name, 789019, {CAPEX: MSFT}), "msft")
    assert [(row["metric"], row["period_start"], row["period_end"], row["value"], row["unit"], row["source"]) for row in made] == [
        ("capex_cash", "2024-07-01", "2024-09-30", "14923", "USD m", "msft-10-q-2025-09-30"),
        ("capex_cash", "2025-07-01", "2025-09-30", "19394", "USD m", "msft-10-q-2025-09-30"),
    ]


def test_the_fiscal_labels_of_the_filing_are_never_used(tmp_path):
    wrong = [fact | {"fy": 1999, "fp": "FY"} for fact in MSFT]
    right = rows(company(tmp_path / "a.json", 789019, {CAPEX: MSFT}), "msft")
    assert rows(company(tmp_path / "b.json", 789019, {CAPEX: wrong}), "msft") == right


def test_the_rows_are_those_of_the_ledger(tmp_path):
    made = rows(company(tmp_path / "a.json", 789019, {CAPEX: MSFT}), "msft")
    known = set(ledger.tables()["facts"].name)
    for row in made:
        assert f"msft/{row['metric']}/{row['period_start']}..{row['period_end']}@{row['source']}" in known


def test_one_tag_is_gross_or_net_by_the_date_of_the_filing(tmp_path):
    facts = [
        entry("2021-01-01", "2021-12-31", 18567000000, "0001326801-22-000018", "2022-02-03", "10-K"),
        entry("2022-01-01", "2022-12-31", 31431000000, "0001326801-23-000013", "2023-02-02", "10-K"),
        entry("2024-01-01", "2024-12-31", 37256000000, "0001326801-25-000017", "2025-01-30", "10-K"),
    ]
    made = rows(company(tmp_path / "meta.json", 1326801, {CAPEX: facts}), "meta")
    assert {(row["period_end"][:4], row["metric"]) for row in made} == {("2021", "capex_net"), ("2022", "capex_cash"), ("2024", "capex_net")}


def test_snapshots_of_one_company_are_one_set_of_facts(tmp_path):
    company(tmp_path / "old.json", 789019, {CAPEX: MSFT[1:]})
    company(tmp_path / "new.json.gz", 789019, {CAPEX: MSFT})
    assert len(rows(tmp_path, "msft")) == 2


def test_copies_of_one_filing_that_disagree_are_refused(tmp_path):
    company(tmp_path / "old.json", 789019, {CAPEX: MSFT})
    company(tmp_path / "new.json", 789019, {CAPEX: [MSFT[0] | {"val": 1}]})
    result = CliRunner().invoke(main, ["edgar", str(tmp_path), "msft"])
    assert result.exit_code == 2
    assert "one filing has two values for a fact" in result.stderr


def test_documents_carry_accession_date_and_address(tmp_path):
    path = company(tmp_path / "a.json", 789019, {CAPEX: MSFT})
    made = rows(path, "msft", "--documents")
    assert [(row["source"], row["accession"], row["published"], row["url"]) for row in made] == [
        ("msft-10-q-2025-09-30", "0001193125-25-256321", "2025-10-29", "https://www.sec.gov/Archives/edgar/data/789019/000119312525256321/")
    ]


def test_since_leaves_older_periods_out(tmp_path):
    made = rows(company(tmp_path / "a.json", 789019, {CAPEX: MSFT}), "msft", "--since", "2025-01-01")
    assert [row["period_end"] for row in made] == ["2025-09-30"]


def test_a_firm_that_files_nothing_is_refused(tmp_path):
    result = CliRunner().invoke(main, ["edgar", str(company(tmp_path / "a.json", 789019, {CAPEX: MSFT})), "openai"])
    assert result.exit_code == 2
    assert "no central index key" in result.stderr


def test_an_unmapped_tag_is_no_row(tmp_path):
    assert rows(company(tmp_path / "a.json", 789019, {"Goodwill": MSFT}), "msft") == []


def test_every_filed_row_of_a_mapped_tag_is_covered_by_the_map(book):
    tables = ledger.tables()
    mapped = {(row.company, row.metric) for row in tables["tag_map"].itertuples()}
    facts = tables["facts"][tables["facts"].table.isin(["capex", "financials"])]  # segments are tagged by dimensions, which company facts leave out
    tagged = facts[(facts.grade == "filed") & facts.locator.str.contains("us-gaap:")]
    assert {(row.company, row.metric) for row in tagged.itertuples()} <= mapped


@pytest.mark.parametrize("content", [b"no json", b"{}", b'{"cik": 1}', b"\xff\xfe"])
def test_a_file_that_holds_no_company_facts_is_one_clear_line(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    result = CliRunner().invoke(main, ["edgar", str(path), "msft"])
    assert result.exit_code == 2
    assert "is no company-facts JSON" in result.stderr
    assert result.stderr.count("\n") == 1
