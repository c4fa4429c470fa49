"""A new quarter from company facts that are turned back from the ledger's own rows, or made up; the network is a server of our own."""

import csv
import shutil

import pytest
from click.testing import CliRunner

from conftest import ROOT, company_facts, desk, edit, execute_all, forget_after, reading
from outlay import ledger
from outlay.tools import check, diff, update
from outlay.tools.cli import main

MSFT = 789019
REPORT = "msft-10-k-2026-06-30"
NEW = 9999999


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A ledger of a firm without documents after June 2026, and the company facts that it lacks."""
    folder = tmp_path_factory.mktemp("update")
    desk(folder / "data")
    forget_after(folder / "data", "2026-06-30")
    company_facts(folder / "facts" / "CIK0000789019.json", "msft", MSFT)
    return folder


@pytest.fixture
def folder(base, tmp_path):
    shutil.copytree(base, tmp_path / "desk")
    return tmp_path / "desk"


def run(folder, *companies, **how):
    said = []
    how = {"origin": str(folder / "facts"), "page": False} | how
    status = update.update(companies, data=folder / "data", say=said.append, **how)
    return status, "\n".join(said)


def stand(folder):
    return {path.name: path.read_bytes() for path in (folder / "data").glob("*.*")}


def rows(folder, table):
    with (folder / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def refused(folder, **how):
    """Return why a run was refused; nothing may have been written, nor lie about."""
    before = stand(folder)
    with pytest.raises(ValueError) as caught:
        run(folder, **how)
    assert stand(folder) == before
    assert not list(folder.glob(".data.*"))
    return str(caught.value)


def changed(folder, change, name="CIK0000789019.json"):
    """Write the facts anew, with entries (tag, entry) changed."""
    company_facts(folder / "facts" / name, "msft", MSFT, change=change)


def newest(change):
    """Change the newest figure of capital spending."""

    def of(entries):
        at = max((number for number, (tag, _) in enumerate(entries) if tag.startswith("PaymentsTo")), key=lambda n: (entries[n][1]["filed"], entries[n][1]["end"]))
        return [(tag, change(dict(entry)) if number == at else entry) for number, (tag, entry) in enumerate(entries)]

    return of


def test_a_quarter_is_brought_in_as_it_was_entered_and_what_stood_stays_byte_for_byte(folder):
    before = stand(folder)
    assert run(folder)[0] == 0
    for table in ("capex", "financials", "sources"):
        old, new = (text[f"{table}.csv"].decode().splitlines() for text in (before, stand(folder)))
        added = [line for line in new if line not in set(old)]
        assert [line for line in new if line in set(old)] == old
        ours = (ROOT / "data" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        if table == "sources":
            assert [line.split(",")[0] for line in added] == [REPORT]
        else:
            assert added
            assert set(added) <= set(ours)  # the very lines that were once entered from the SEC's own file
            assert added == [line for line in ours if f",{REPORT}," in line and line.startswith("msft,") and "us-gaap:" in line and line.endswith((",", '",'))]
    assert {name for name, text in stand(folder).items() if text != before[name]} == {"capex.csv", "financials.csv", "sources.csv"}
    assert check.findings(folder / "data") == []


def test_a_second_run_changes_nothing(folder):
    run(folder)
    before = {path: path.stat().st_mtime_ns for path in (folder / "data").glob("*.*")}
    status, said = run(folder)
    assert (status, "nothing to write: the ledger holds all of it" in said) == (0, True)
    assert {path: path.stat().st_mtime_ns for path in (folder / "data").glob("*.*")} == before


def test_a_dry_run_shows_every_row_and_document_and_writes_nothing(folder):
    before = stand(folder)
    status, said = run(folder, dry=True)
    assert stand(folder) == before
    assert (status, "nothing was written: this was a dry run" in said) == (0, True)
    line = next(line for line in said.splitlines() if "capex_cash" in line and "2025-07-01" in line)
    assert line.split() == ["capex", "msft", "capex_cash", "2025-07-01", "2026-06-30", "115948", "USD", "m", REPORT]
    assert "document: msft-10-k-2026-06-30: Microsoft, 10-K for the year ended 30 June 2026, 2026-07-29, https://www.sec.gov/" in said


def test_only_the_companies_that_are_asked_for_are_read(folder):
    (folder / "facts" / "CIK0001652044.json").write_text("broken", encoding="utf-8")
    assert run(folder, "msft")[0] == 0
    assert "CIK0001652044.json is no company-facts JSON" in refused(folder)


def test_a_filer_whose_tags_nobody_mapped_comes_in_only_by_name(folder):
    known = {row["company"] for row in rows(folder, "companies") if row["cik"]} - {row["company"] for row in rows(folder, "tag_map")}
    assert known  # firms that stand in the ledger for one comparison
    assert "reading company facts of 8 companies from" in run(folder, dry=True)[1]
    with pytest.raises(ValueError, match="holds no company facts of snap"):
        run(folder, "snap")


def test_a_company_that_the_folder_does_not_hold_is_refused_if_it_was_asked_for(folder):
    with pytest.raises(ValueError, match=r"holds no company facts of googl \(CIK 1652044\)"):
        run(folder, "googl")


def test_a_later_filing_that_prints_an_old_period_anew_is_another_row(folder):
    def restated(entries):
        return [(tag, entry | {"val": 64552000000} if (entry["accn"], entry["end"]) == ("0001193125-26-323660", "2025-06-30") and tag.startswith("PaymentsTo") else entry) for tag, entry in entries]

    changed(folder, restated)
    assert "rivals" not in run(folder)[1]
    same = [row for row in rows(folder, "capex") if (row["company"], row["metric"], row["period_start"], row["period_end"]) == ("msft", "capex_cash", "2024-07-01", "2025-06-30")]
    assert {(row["source"], row["value"]) for row in same} == {("msft-10-k-2025-06-30", "64551"), (REPORT, "64552")}


def test_a_filing_that_contradicts_the_ledger_is_told_and_not_entered(folder):
    def other(entries):
        return [(tag, entry | {"val": 19395000000} if entry["val"] == 19394000000 else entry) for tag, entry in entries]

    changed(folder, other)
    before = next(row for row in rows(folder, "capex") if row["value"] == "19394")
    status, said = run(folder)
    assert status == 1
    assert "conflict: msft/capex_cash/2025-07-01..2025-09-30@msft-10-q-2025-09-30: the ledger holds 19394 USD m, the facts say 19395 USD m" in said
    assert "data/corrections.csv" in said
    assert before in rows(folder, "capex")
    assert not any(row["value"] == "19395" for row in rows(folder, "capex"))


def test_a_tag_that_looks_like_spending_and_one_that_is_missing_are_named(folder):
    changed(folder, lambda entries: [("PaymentsToAcquireMachineryAndEquipment" if tag.startswith("PaymentsToAcquire") and entry["filed"] > "2026-07" else tag, entry) for tag, entry in entries])
    said = run(folder)[1]
    assert "look: msft: us-gaap:PaymentsToAcquireMachineryAndEquipment is in no line of data/tag_map.csv: 115948 USD m for 2025-07-01..2026-06-30" in said
    assert f"look: msft: {REPORT} gives no capex_cash, which msft-10-k-2025-06-30 gave" in said


def test_a_figure_that_is_omitted_with_its_reason_is_not_proposed_again(folder):
    name = f"msft/capex_cash/2025-07-01..2026-06-30@{REPORT}"
    run(folder, omit=[(name, "wrong in the filing")])
    assert next(row for row in rows(folder, "omitted") if row["evidence"] == name)["reason"] == "wrong in the filing"
    assert "nothing to write" in run(folder)[1]
    assert not any(row["source"] == REPORT and row["period_end"] == "2026-06-30" for row in rows(folder, "capex") if row["metric"] == "capex_cash")


def test_a_file_of_comparatives_alone_names_no_document(folder):
    changed(folder, lambda entries: [(tag, entry) for tag, entry in entries if not (entry["filed"] > "2026-07" and entry["end"] > "2025-12")])
    before = stand(folder)
    said = run(folder)[1]
    assert "msft-10-k-2025-06-30-2 is left out: the file holds only older periods of it" in said
    assert stand(folder) == before


def test_an_edition_is_not_older_than_its_newest_document(folder):
    path = folder / "data" / "datapackage.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"version": "2026-11-21"', '"version": "2026-07-01"'), encoding="utf-8")
    run(folder)
    assert ledger.edition(folder / "data").strftime("%Y-%m-%d") == "2026-07-29"
    assert check.findings(folder / "data") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda entry: entry | {"end": "2026-06-31"}, "found end '2026-06-31', expected a date"),
        (lambda entry: entry | {"filed": "soon"}, "found filed 'soon', expected a date"),
        (lambda entry: entry | {"end": "2027-06-30"}, "found a period that ends after the filing (2026-07-29)"),
        (lambda entry: entry | {"start": "2026-07-01"}, "found a start after the end (2026-07-01 > 2026-06-30)"),
        (lambda entry: entry | {"start": "2026-05-15"}, "found 47 days, expected one to four quarters"),
        (lambda entry: entry | {"start": "2025-06-01", "end": "2026-05-31"}, "found a period that ends between two quarters of a year that ends in June"),
        (lambda entry: {name: cell for name, cell in entry.items() if name != "start"}, "found a single date; the metric covers a period"),
        (lambda entry: entry | {"val": -entry["val"]}, "capital spending is not negative"),
        (lambda entry: entry | {"val": "115948"}, "found the value '115948', expected a number"),
        (lambda entry: entry | {"val": float("nan")}, "found the value nan, expected a number"),
        (lambda entry: {name: cell for name, cell in entry.items() if name != "accn"}, "found no accn"),
        (lambda entry: entry | {"val": entry["val"] * 1000}, "times what the series is in the middle. Check unit"),
    ],
)
def test_what_no_filing_can_mean_is_refused_by_name(folder, change, words):
    changed(folder, newest(change))
    said = refused(folder)
    assert words in said
    assert len([line for line in said.splitlines() if words in line]) == 1


def test_one_fact_with_two_values_is_refused_by_name(folder):
    def twice(entries):
        tag, entry = next((tag, entry) for tag, entry in entries if entry["val"] == 115948000000)
        return [*entries, (tag, entry | {"val": 115949000000})]

    changed(folder, twice)
    said = refused(folder)
    assert "us-gaap:PaymentsToAcquirePropertyPlantAndEquipment" in said
    assert "2026-06-30: 115948000000 USD (CIK0000789019.json) and 115949000000 USD (CIK0000789019.json)" in said


def test_snapshots_that_disagree_are_refused_unless_nobody_maps_the_tag(folder):
    changed(folder, newest(lambda entry: entry | {"val": 1}), "older.json")
    assert "one filing has two values for a fact; look it up" in refused(folder)
    company_facts(folder / "facts" / "older.json", "msft", MSFT, change=lambda entries: [("Goodwill", entries[0][1])])
    company_facts(folder / "facts" / "newer.json", "msft", MSFT, change=lambda entries: [("Goodwill", entries[0][1] | {"val": 1})])
    assert run(folder)[0] == 0


def test_a_file_of_another_company_than_its_name_says_is_refused(folder):
    company_facts(folder / "facts" / "CIK0000789019.json", "msft", 320193)
    assert "holds the facts of central index key 320193, not of 789019" in refused(folder)


def test_two_tags_with_two_values_for_one_metric_are_refused(folder):
    def both(entries):
        return [*entries, *(("RevenueFromContractWithCustomerExcludingAssessedTax", entry | {"val": 1000000}) for tag, entry in entries if entry["accn"].endswith("323660") and tag == "NetIncomeLoss")]

    edit(folder / "data", "tag_map", lambda rows: [row | {"tag": "us-gaap:Revenues"} if row["company"] == "msft" and row["tag"].endswith("SalesRevenueNet") else row for row in rows])
    edit(folder / "data", "tag_map", lambda rows: [row | {"last_filed": ""} if row["company"] == "msft" and row["tag"] == "us-gaap:Revenues" else row for row in rows])
    check.fix(folder / "data")
    changed(folder, lambda entries: [*entries, *(("Revenues", entry | {"val": 1000000}) for tag, entry in entries if entry["accn"].endswith("323660") and tag == "NetIncomeLoss")])
    assert "one filing gives this metric two values by two tags" in refused(folder)


def test_a_ledger_that_is_broken_already_takes_nothing(folder):
    edit(folder / "data", "capex", lambda rows: [rows[0] | {"value": "many"}, *rows[1:]])
    assert "the ledger is to be mended first:\ndata/capex.csv, row 2, column value: found 'many'" in refused(folder)


def test_an_exception_may_be_listed_in_the_same_step(folder):
    changed(folder, newest(lambda entry: entry | {"val": 95948000000}))
    name = f"msft/capex_cash/2025-07-01..2026-06-30@{REPORT}"
    assert "--accept" not in run(folder, dry=True)[1]  # a year that no quarter contradicts yet
    changed(folder, newest(lambda entry: entry | {"val": 115948000000000}))
    said = refused(folder)
    assert f"--accept scale {name} 'why'" in said
    assert f"--omit {name} 'what is wrong'" in said
    run(folder, accept=[("scale", name, "as printed")])
    assert [row["fact"] for row in rows(folder, "exceptions") if row["rule"] == "scale"] == [name]
    assert check.findings(folder / "data") == []


def newcomer(folder, name="CIK0009999999.json"):
    """The facts of a firm that nobody knows: half as large as Microsoft."""

    def half(entries):
        return [(tag, entry | {"val": entry["val"] // 2_000_000 * 1_000_000, "accn": "0009999999" + entry["accn"][10:]}) for tag, entry in entries if tag != "Depreciation" and entry["filed"] > "2023-07" and entry["end"] > "2022-07"]

    return company_facts(folder / "facts" / name, "msft", NEW, change=half)


def test_a_company_that_the_ledger_does_not_know_comes_in_with_one_line(folder):
    newcomer(folder)
    run(folder, "msft")
    more = {"since": "2023-01-01", "accept": [("sign", "msft/net_income/*", "a loss")]}  # two firms have few losses, so that the audit asks
    status, said = run(folder, "acme", cik=NEW, name="Acme", year_end="06-30", **more)
    assert status == 0
    assert "company: acme is Acme, CIK 9999999, year end 06-30" in said
    assert "mapped: acme capex_cash <- us-gaap:PaymentsToAcquirePropertyPlantAndEquipment" in said
    assert [row["metric"] for row in rows(folder, "bases") if (row["company"], row["basis"]) == ("acme", "cash")] == ["capex_cash"]
    assert check.findings(folder / "data") == []
    result = CliRunner().invoke(main, ["series", "capex", "--company", "acme", "--format", "csv"], env={"OUTLAY_DATA": str(folder / "data")})
    assert "acme,capex_cash,2025Q3,2025-07-01,2025-09-30,9.697,USD bn,actual,filed,printed,acme/capex_cash/2025-07-01..2025-09-30@acme-10-q-2025-09-30" in result.output
    assert "nothing to write" in run(folder, "acme")[1]
    [out] = execute_all([(ROOT / "notebooks" / "01_who_is_spending.ipynb", {"companies": ["acme", "msft"]}, folder / "data", folder / "run")])
    assert "Acme" in (out / "01_who_is_spending.ipynb").read_text(encoding="utf-8")
    assert "acme" in (folder / "run" / "figures" / "01_spending.csv").read_text(encoding="utf-8")


def test_a_company_that_is_known_without_its_key_gets_it_and_keeps_its_line(folder):
    edit(folder / "data", "companies", lambda rows: [row | {"note": "a note, kept"} if row["company"] == "coreweave" else row for row in rows])
    newcomer(folder)
    _, said = run(folder, "coreweave", cik=NEW, since="2026-06-01", dry=True)
    assert "company: coreweave is CoreWeave, CIK 9999999, year end 12-31" in said


@pytest.mark.parametrize(
    ("companies", "how", "words"),
    [
        (["acme"], {}, "To bring it in, add --cik, --name and --year-end"),
        (["acme"], {"cik": NEW}, "give its --name and its --year-end"),
        (["acme"], {"cik": NEW, "name": "Acme", "year_end": "06-31"}, "is to be the last day of a month"),
        (["Acme Inc"], {"cik": NEW, "name": "Acme", "year_end": "06-30"}, "is to be lower-case letters"),
        (["acme"], {"cik": MSFT, "name": "Acme", "year_end": "06-30"}, "central index key 789019 is that of 'msft'"),
        (["msft"], {"cik": NEW}, "data/companies.csv has cik '789019' for 'msft', not '9999999'"),
        (["acme", "msft"], {"cik": NEW}, "a company is brought in alone"),
        (["acme"], {"cik": NEW, "name": "Acme", "year_end": "12-31"}, "holds no company facts of acme (CIK 9999999)"),
        (["openai"], {}, "has no central index key"),
    ],
)
def test_a_company_that_is_named_wrongly_is_refused(folder, companies, how, words):
    with pytest.raises(ValueError) as caught:
        run(folder, *companies, **how)
    assert words in str(caught.value)


def test_a_wrong_year_end_is_found_out(folder):
    newcomer(folder)
    with pytest.raises(ValueError, match="found a period that ends between two quarters of a year that ends in May"):
        run(folder, "acme", cik=NEW, name="Acme", year_end="05-31")


def test_a_review_page_that_could_not_be_made_is_made_by_the_next_update(folder, monkeypatch):
    monkeypatch.setattr(update, "BUILD", folder / "build")
    before, asked = stand(folder), []

    def fails(*_):
        raise RuntimeError("a notebook cannot be run")

    def makes(old, new, out, say):
        asked.append({path.name: path.read_bytes() for path in old.glob("*.*")})
        return out / "update.html"

    monkeypatch.setattr(diff, "report", fails)
    with pytest.raises(RuntimeError, match="the ledger is updated, but its review page could not be made: a notebook cannot be run. Mend that"):
        run(folder, page=True)
    assert stand(folder) != before
    monkeypatch.setattr(diff, "report", makes)
    status, said = run(folder, page=True)
    assert status == 0 and "nothing to write" in said and "making the review page" in said
    assert asked == [before]  # compared with what stood before the update, not before this run
    assert "review page" not in run(folder, page=True)[1]
    assert not [path for path in (folder / "build" / "reports").iterdir() if path.name.startswith(".")]


def test_an_update_that_was_cut_short_before_it_wrote_makes_no_page(folder, monkeypatch):
    monkeypatch.setattr(update, "BUILD", folder / "build")
    update._keep(folder / "data")
    edit(folder / "data", "sources", lambda rows: rows)
    company_facts(folder / "facts" / "CIK0000789019.json", "msft", MSFT, until="2026-06-30")
    assert "review page" not in run(folder, page=True)[1]
    assert not list((folder / "build" / "reports").iterdir())


def test_the_command_reads_the_ledger_that_outlay_data_names(folder):
    with reading(folder / "data"):
        result = CliRunner().invoke(main, ["update", "--from", str(folder / "facts"), "--no-page"])
        again = CliRunner().invoke(main, ["update", "--from", str(folder / "facts"), "--dry-run"])
        nobody = CliRunner().invoke(main, ["update", "--from", str(folder / "nowhere")])
        live = CliRunner().invoke(main, ["update"], env={"OUTLAY_CONTACT": ""})
    assert result.exit_code == 0, result.output
    assert "wrote data/capex.csv, data/financials.csv, data/sources.csv" in result.output
    assert "nothing to write" in again.output
    assert (nobody.exit_code, nobody.stderr.count("\n")) == (2, 1)
    assert (live.exit_code, "give your mail address as --contact" in live.stderr) == (2, True)
