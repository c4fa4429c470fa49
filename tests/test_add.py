"""Figures by hand: what is filled in, what is refused, and rows that were pasted into a table."""

import shutil

import pytest
from click.testing import CliRunner

from conftest import desk
from outlay import ledger
from outlay.tools import add, check, lines
from outlay.tools.cli import main

FILING = {"title": "10-Q for the quarter ended 30 September 2026", "kind": "filing", "published": "2026-10-28", "form": "10-Q"}
NEXT = ("msft", "capex_cash", "FY2027 Q1", "36100", "USD m", "msft-10-q-2026-09-30", "cash flow statement, investing")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return desk(tmp_path_factory.mktemp("add") / "data")


@pytest.fixture
def folder(base, tmp_path):
    """A ledger of one firm, to be changed."""
    shutil.copytree(base, tmp_path / "data")
    return tmp_path / "data"


def stand(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.*")}


def refused(folder, *arguments, **more):
    before = stand(folder)
    with pytest.raises(ValueError) as caught:
        add.add(*arguments, data=folder, say=lambda _: None, **more)
    assert stand(folder) == before
    return str(caught.value)


def test_a_figure_and_its_document_go_in_with_all_that_is_known_filled_in(folder):
    before, said = stand(folder), []
    add.add(*NEXT, **FILING, accession="0001193125-26-999999", data=folder, say=said.append)
    row = "msft,capex_cash,2026-07-01,2026-09-30,=,36100,,,USD m,actual,filed,msft-10-q-2026-09-30,1,\"cash flow statement, investing\",\n"
    address = "https://www.sec.gov/Archives/edgar/data/789019/000119312526999999/"
    paper = f"msft-10-q-2026-09-30,Microsoft,filing,10-Q for the quarter ended 30 September 2026,{address},2026-10-28,day,,0001193125-26-999999,10-Q,public,primary,\n"
    after = stand(folder)
    for table, line in (("capex", row), ("sources", paper)):
        text = after[f"{table}.csv"]
        number = lines.split(text).index(line) + 1
        assert any(one.startswith(f"data/{table}.csv, row {number}: ") and one.endswith(line.strip()) for one in said)
        assert text.replace(line, "") == before[f"{table}.csv"]
    assert {name for name in after if after[name] != before[name]} == {"capex.csv", "sources.csv"}
    assert [finding for finding in check.findings(folder) if finding["severity"] == "error"] == []


def test_a_dry_run_shows_the_row_and_writes_nothing(folder):
    before, said = stand(folder), []
    add.add(*NEXT, **FILING, dry=True, data=folder, say=said.append)
    assert stand(folder) == before
    assert said[-1] == "nothing was written: this was a dry run"
    assert any("msft,capex_cash,2026-07-01,2026-09-30" in line for line in said)


@pytest.mark.parametrize(
    ("period", "kind", "company", "expected"),
    [
        ("2025Q3", "flow", "msft", ("2025-07-01", "2025-09-30")),
        ("FY2026 Q1", "flow", "msft", ("2025-07-01", "2025-09-30")),
        ("FY2026", "flow", "msft", ("2025-07-01", "2026-06-30")),
        ("FY2026 H1", "flow", "msft", ("2025-07-01", "2025-12-31")),
        ("FY2026 9M", "flow", "msft", ("2025-07-01", "2026-03-31")),
        ("FY2026", "stock", "msft", ("", "2026-06-30")),
        ("2026-06-30", "stock", "msft", ("", "2026-06-30")),
        ("2024-02", "flow", "openai", ("2024-02-01", "2024-02-29")),
        ("2024", "flow", "openai", ("2024-01-01", "2024-12-31")),
        ("H2 2024", "flow", "openai", ("2024-07-01", "2024-12-31")),
        ("2025-04-28..2025-07-27", "flow", "nvda", ("2025-04-28", "2025-07-27")),
        ("FY2026 Q2", "flow", "nvda", ("2025-04-28", "2025-07-27")),  # 13 weeks, as its filings print them
        ("FY2025", "flow", "aapl", ("2024-09-29", "2025-09-27")),
        ("FY2026 Q3", "flow", "orcl", ("2025-12-01", "2026-02-28")),
    ],
)
def test_a_period_is_read_by_the_calendar_of_the_company(period, kind, company, expected):
    assert add.dates(period, company, kind, ledger.tables()) == expected


@pytest.mark.parametrize(
    ("period", "kind", "company", "words"),
    [
        ("2025", "flow", "msft", "'2025' could be a calendar or a fiscal year: write FY2025, or START..END"),
        ("2025Q3", "flow", "nvda", "nvda has no quarter or year that ends in September (its year ends in January)"),
        ("FY2031 Q1", "flow", "nvda", "years of 52 or 53 weeks, and the ledger holds no period that ends near 31 January 2030: write START..END"),
        ("2025-09-30", "flow", "msft", "a flow covers a period"),
        ("2025-07-01..2025-09-30", "stock", "msft", "a stock holds at one date: write 2025-09-30"),
        ("2025-09-31", "stock", "msft", "'2025-09-31' is no date"),
        ("autumn", "flow", "msft", "'autumn' is no period: write it as one of 2025Q3"),
    ],
)
def test_a_period_that_cannot_be_told_is_asked_for(period, kind, company, words):
    with pytest.raises(ValueError) as caught:
        add.dates(period, company, kind, ledger.tables())
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        ({0: "mfst"}, {}, "did you mean 'msft'"),
        ({1: "capex_csh"}, {}, "did you mean 'capex_cash'"),
        ({5: "msft-10-k-2026-06-31"}, {}, "did you mean 'msft-10-k-2026-06-30'"),
        ({3: "36,100"}, FILING, "found '36,100'; expected a plain number"),
        ({4: "USD x"}, FILING, "expected one of USD, USD m"),
        ({4: "%"}, FILING, "found a unit that does not convert into the metric's"),
        ({3: "-"}, FILING, "neither value nor range"),
        ({3: "36100000"}, FILING, "Check unit and separators"),
        ({2: "FY2026 Q1", 3: "3610000000000"}, FILING, "Check unit and separators"),
        ({3: "-36100"}, FILING, "otherwise never negative"),
        ({2: "FY2027 Q2"}, FILING | {"stance": "actual"}, "whose period ends after its source was published"),
        ({}, FILING | {"kind": "page", "publisher": "x"}, "needs --tier"),
        ({}, FILING | {"kind": "press"}, "needs --publisher"),
        ({}, FILING | {"kind": "paper"}, "unknown kind of document 'paper'"),
        ({}, FILING | {"published": "2026-13-01"}, "'2026-13-01' is no date"),
        ({}, FILING | {"published": "2027-01-05"}, None),
        ({2: "FY2026", 3: "115948", 5: "msft-10-k-2026-06-30"}, {}, "says it already: 115948 USD m"),
        ({2: "FY2026", 3: "115949", 5: "msft-10-k-2026-06-30"}, {}, "If the document prints both, add --n 2"),
        ({5: "msft-10-k-2026-06-30"}, {"published": "2026-07-30"}, "data/sources.csv has published '2026-07-29' for 'msft-10-k-2026-06-30', not '2026-07-30'"),
        ({}, FILING | {"scope": "AI"}, "data/capex.csv has no column scope"),
        ({1: "aws_backlog"}, FILING, "say which with --table"),
    ],
)
def test_what_check_would_refuse_is_refused(folder, change, more, words):
    arguments = [change.get(place, cell) for place, cell in enumerate(NEXT)]
    if words is None:  # an edition goes with its newest document
        add.add(*arguments, **more, data=folder, say=lambda _: None)
        assert f"{ledger.edition(folder):%Y-%m-%d}" == "2027-01-05"
        return
    assert words in refused(folder, *arguments, **more)


def test_a_plan_goes_to_guidance_and_a_range_without_a_middle_is_one(copy):
    more = {"title": "Call", "kind": "call", "published": "2026-10-29", "url": "https://example.org/call"}
    said = []
    add.add("meta", "capex_as_stated", "2027", "-", "USD bn", "meta-call-2026-q3", "outlook", low="120", high="140", **more, dry=True, data=copy, say=said.append)
    assert any("data/guidance.csv" in line and "meta,capex_as_stated,,,2027-01-01,2027-12-31,=,,120,140,USD bn,forward,stated" in line for line in said)


def test_a_figure_of_the_press_is_graded_so_and_an_uncertain_table_is_asked_for(copy):
    more = {"title": "Report", "kind": "press", "published": "2026-03", "publisher": "The Paper", "url": "https://example.org/paper"}
    said = []
    add.add("openai", "revenue", "2025", "13", "USD bn", "paper-2026-03", "text", relation="≈", **more, dry=True, data=copy, say=said.append)
    assert any("data/ai_labs.csv" in line and "openai,revenue,2025-01-01,2025-12-31,≈,13,,,USD bn,actual,press,paper-2026-03,1,text," in line for line in said)
    assert any("2026-03-31,month" in line for line in said)
    words = refused(copy, "coreweave", "revenue", "2025Q3", "1365", "USD m", "coreweave-release", "text", **more | {"kind": "release"})
    assert "figures of revenue stand in ai_labs and financials: say which with --table" in words


def test_the_command_adds_and_refuses_in_one_line(folder):
    arguments = ["add", *NEXT[:5], "--source", NEXT[5], "--locator", NEXT[6], *(part for name, text in FILING.items() for part in (f"--{name}", text))]
    result = CliRunner().invoke(main, arguments, env={"OUTLAY_DATA": str(folder)})
    assert (result.exit_code, "data/capex.csv, row " in result.output) == (0, True), result.output
    again = CliRunner().invoke(main, arguments, env={"OUTLAY_DATA": str(folder)})
    assert (again.exit_code, again.stderr.count("\n")) == (2, 1)
    assert "says it already" in again.stderr
    negative = CliRunner().invoke(main, [*arguments[:4], "-36100", *arguments[5:]], env={"OUTLAY_DATA": str(folder)})  # as anybody would type it
    assert (negative.exit_code, "holds 36100 USD m of this document" in negative.stderr) == (2, True), negative.stderr
    unknown = CliRunner().invoke(main, [*arguments, "--grde", "filed"], env={"OUTLAY_DATA": str(folder)})
    assert (unknown.exit_code, "--grde" in unknown.stderr) == (2, True)


def paste(folder, table, at, *new):
    """Paste lines into a table as a hand would."""
    path = folder / f"{table}.csv"
    body = lines.split(path.read_text(encoding="utf-8"))
    body[at:at] = [f"{line}\n" for line in new]
    path.write_text("".join(body), encoding="utf-8")


ROW = 'msft,capex_cash,2026-07-01,2026-09-30,=,36100,,,USD m,actual,filed,msft-10-q-2026-09-30,1,"cash flow statement",'
PAPER = 'msft-10-q-2026-09-30,"Microsoft",filing,10-Q,,2026-10-28,day,,,10-Q,public,primary,'


def ordered(folder):
    return CliRunner().invoke(main, ["check", "--fix-order"], env={"OUTLAY_DATA": str(folder)})


def test_pasted_rows_are_put_in_their_place_as_they_are(folder):
    before = stand(folder)
    paste(folder, "capex", 1, ROW)
    paste(folder, "sources", 3, PAPER)
    result = ordered(folder)
    assert result.exit_code == 0, result.output
    after = stand(folder)
    number = lines.split(after["capex.csv"]).index(f"{ROW}\n") + 1
    assert f"data/capex.csv: row 2 is now row {number}" in result.stderr
    assert after["capex.csv"].replace(f"{ROW}\n", "") == before["capex.csv"]
    assert after["sources.csv"].replace(f"{PAPER}\n", "") == before["sources.csv"]  # with its needless quotes
    assert {name for name in after if after[name] != before[name]} == {"capex.csv", "sources.csv"}
    again = ordered(folder)
    assert (again.exit_code, again.stderr) == (0, "")


def test_rows_pasted_from_windows_or_without_an_end_get_the_ends_that_all_have(folder):
    paste(folder, "sources", 3, PAPER)
    path, before = folder / "capex.csv", stand(folder)["capex.csv"]
    path.write_bytes(f"{before}{ROW}\r\n\n".encode())
    result = ordered(folder)
    assert (result.exit_code, "data/capex.csv: mended the ends of lines" in result.stderr) == (0, True), result.output
    assert stand(folder)["capex.csv"].replace(f"{ROW}\n", "") == before
    path.write_bytes(stand(folder)["capex.csv"].removesuffix("\n").encode())
    assert ordered(folder).exit_code == 0 and stand(folder)["capex.csv"].endswith("\n")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (ROW.replace("cash flow", "cash\nflow"), "data/capex.csv, row 2: found a line break inside a cell"),
        (ROW.replace("36100", "36,100"), "data/capex.csv, row 2: found 16 cells; expected 15"),
        (ROW.replace("36100", "36100000"), None),
        (ROW.replace("-09-30,=", "-09-31,="), "data/capex.csv, row 2, column period_end: found '2026-09-31'; expected a date"),
        (ROW.replace("msft-10-q-2026-09-30", "msft-10-q-2026-09-29"), "expected a name that stands in data/sources.csv"),
        (ROW.replace("capex_cash", "capex_csh"), "expected a name that stands in data/metrics.csv (nearest: 'capex_cash')"),
    ],
)
def test_a_pasted_row_that_is_wrong_in_itself_is_told_of_where_it_stands(folder, row, words):
    paste(folder, "sources", 3, PAPER)
    paste(folder, "capex", 1, row)
    before = stand(folder)
    result = ordered(folder)
    assert result.exit_code == 1
    if words:
        assert words in result.stdout
        assert stand(folder) == before
    else:  # only the audit objects: the row is put in order, and named
        assert "Check unit and separators" in result.stdout


def test_a_row_that_is_pasted_twice_is_named_with_the_one_that_stands(folder):
    path = folder / "capex.csv"
    paste(folder, "capex", 3, lines.split(path.read_text(encoding="utf-8"))[8].removesuffix("\n"))
    before = stand(folder)
    result = ordered(folder)
    assert (result.exit_code, "it stands in row 4 already" in result.stdout) == (1, True)
    assert stand(folder) == before
