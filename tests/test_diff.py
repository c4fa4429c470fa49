"""What differs and why: changes of each kind are planted, and must be found under their own cause, adding up without a rest."""

import csv
import io
import json
import random
import re
import shutil
import subprocess

import nbformat
import pytest
from click.testing import CliRunner

from conftest import FACT_TABLES, ROOT, edit, outlay, reading
from outlay import ledger
from outlay.tools import build, diff, editions, moved, reports
from outlay.tools.cli import main

FIRMS = ("aapl", "googl", "meta", "msft", "orcl")
METRICS = ("capex_cash", "google_cloud_revenue", "intelligent_cloud_revenue", "oracle_cloud_revenue", "capex_net", "capex_with_leases", "capex_net_with_leases")
DOCUMENT = {"kind": "filing", "url": "https://www.sec.gov/x", "published": "2026-11-20", "published_precision": "day", "form": "10-Q", "licence": "public", "tier": "primary"}
CELLS = [
    "# What is in the ledger?",
    'as_of = ""  # what was public on that date',
    'from outlay import charts, ledger, measures, sentences, units\nbook = ledger.open(as_of=as_of)\n'
    'seen = book.observations(["capex_cash", "google_cloud_revenue", "intelligent_cloud_revenue"])\nspent = book.quarters("capex", basis="cash")',
    "## The short answer",
    'sentences.say("All prints come to {printed}.", printed=sentences.computed(seen.value.sum(), units.money, *seen.itertuples()))\n'
    'sentences.say("All quarters come to {spent}.", spent=sentences.computed(spent.value.sum(), units.money, *spent.itertuples()))',
    'last = measures.total(spent[spent.company.isin(["msft", "googl"])], "Both").iloc[-1]\n'
    'sentences.say("The last quarter of both was {last}.", last=sentences.money(last))',
    'title = charts.headline("Microsoft spent less than a hundred billion", holds=spent[spent.company == "msft"].value.max() < 100, otherwise="Capital spending")\n'
    'charts.show(charts.lines(spent[spent.company == "msft"], title, "$bn a quarter", alt="Line chart of the capital spending of Microsoft."), "01_all")',
]  # fmt: skip


def notebook(folder):
    """Write a notebook that says three numbers and draws a chart."""
    cells = [nbformat.v4.new_markdown_cell(text) if text.startswith("#") else nbformat.v4.new_code_cell(text) for text in CELLS]
    cells[1].metadata.tags = ["parameters"]
    for place, cell in enumerate(cells):
        cell.id = f"all-{place}"
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder.mkdir()
    nbformat.write(made, folder / "01_all.ipynb")


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A small ledger: a few definitions of a few firms."""
    folder = tmp_path_factory.mktemp("few") / "data"
    shutil.copytree(ROOT / "data", folder, ignore=shutil.ignore_patterns("private"))
    for table in FACT_TABLES:
        edit(folder, table, lambda rows: [row for row in rows if row["company"] in FIRMS and row["metric"] in METRICS and row["period_end"] > "2023"])
    for table in ("deals", "models"):
        edit(folder, table, lambda rows: [])
    return folder


@pytest.fixture
def old(few, tmp_path):
    shutil.copytree(few, tmp_path / "old")
    return tmp_path / "old"


@pytest.fixture
def new(old):
    shutil.copytree(old, old.parent / "new")
    return old.parent / "new"


def names(folder):
    with reading(folder):
        facts = ledger.tables(folder)["facts"]
        return facts.set_index("name")


def add(folder, table, company, metric, start, end, value, source, **cells):
    """Enter a figure with a document of its own."""
    edit(folder, "sources", lambda rows: [*rows, *([] if any(row["source"] == source for row in rows) else [dict.fromkeys(rows[0], "") | DOCUMENT | {"source": source, "publisher": company, "title": source}])])
    row = {"company": company, "metric": metric, "period_start": start, "period_end": end, "relation": "=", "value": value, "unit": "USD m", "stance": "actual",
           "grade": "filed", "source": source, "n": "1", "locator": "cash flow statement"}  # fmt: skip
    edit(folder, table, lambda rows: [*rows, dict.fromkeys(rows[0], "") | row | cells])


def mend(folder, table, at, column, value, listed=True):
    """Change a cell in place, and list it among the corrections."""
    found = {}

    def change(rows):
        row = next(row for row in rows if all(row[name] == cell for name, cell in at.items()))
        found.update(row)
        return [row | {column: value} if other is row else other for other in rows]

    edit(folder, table, change)
    name = f"{found['company']}/{found['metric']}/{found['period_start']}..{found['period_end']}@{found['source']}"
    if listed:
        correct(folder, name, column, found[column], value)
    return name


def correct(folder, fact, column, old, new):
    listed = {"fact": fact, "column": column, "old": old, "new": new, "reason": "misread", "corrected": "2026-11-21"}
    edit(folder, "corrections", lambda rows: [*rows, listed])


def plant_new_period(folder):
    add(folder, "capex", "msft", "capex_cash", "2026-07-01", "2026-09-30", "40000", "msft-10-q-2026-09-30")
    add(folder, "capex", "googl", "capex_cash", "2026-07-01", "2026-09-30", "50000", "googl-10-q-2026-09-30")


def plant_restated(folder):
    add(folder, "capex", "aapl", "capex_cash", "2024-09-29", "2025-09-27", "13000", "aapl-10-k-2026-09-26")
    add(folder, "capex", "msft", "capex_cash", "2024-07-01", "2025-06-30", "65000", "msft-8-k-2026-11-20")


def plant_recast(folder):
    add(folder, "cloud", "googl", "google_cloud_revenue", "2025-04-01", "2025-06-30", "14000", "googl-10-q-2026-06-30-a", note="recast to the segments of 2026")
    add(folder, "cloud", "msft", "intelligent_cloud_revenue", "2025-04-01", "2025-06-30", "31000", "msft-8-k-2026-11-19")


def plant_correction(folder):
    mend(folder, "capex", {"company": "aapl", "metric": "capex_cash", "source": "aapl-10-q-2026-06-27", "period_start": "2025-09-28"}, "value", "9999")
    mend(folder, "capex", {"company": "googl", "metric": "capex_cash", "source": "googl-10-q-2026-06-30", "period_start": "2026-01-01"}, "value", "81000")


def plant_definition(folder):
    edit(folder, "bases", lambda rows: [row for row in rows if (row["basis"], row["company"]) != ("cash", "aapl")])
    edit(folder, "metrics", lambda rows: [row | {"definition": "another one"} if row["metric"] == "capex_cash" else row for row in rows])


PLANTED = {"new period": plant_new_period, "restated": plant_restated, "recast": plant_recast, "our correction": plant_correction, "definition": plant_definition}


@pytest.fixture
def planted(new):
    for plant in PLANTED.values():
        plant(new)
    return new


def shuffled(folder, seed):
    for path in folder.glob("*.csv"):
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        random.Random(seed).shuffle(lines)
        path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def by_cause(frame):
    frame = frame[~frame.table.isin(["sources", "corrections"])]
    return {cause: sorted(rows.what) for cause, rows in frame.groupby("cause")}


@pytest.mark.parametrize("cause", PLANTED)
def test_two_planted_changes_of_a_kind_are_found_under_their_cause_alone(old, new, cause):
    PLANTED[cause](new)
    frame = diff.compare(old, new)
    found = by_cause(frame)
    assert list(found) == [cause]
    assert len(found[cause]) == 2
    assert not frame.loud.any()


def test_the_order_of_rows_changes_nothing(old, planted):
    plain = diff.compare(old, planted).astype(str)
    assert {cause: len(rows) for cause, rows in by_cause(diff.compare(old, planted)).items()} == dict.fromkeys(PLANTED, 2)
    for seed in (1, 2):
        shuffled(planted, seed)
        shuffled(old, seed + 10)
        assert diff.compare(old, planted).astype(str).equals(plain)


def test_what_is_taken_out_stands_before_what_changed_and_that_before_what_is_new_the_largest_first(old, planted):
    edit(planted, "capex", lambda rows: [row for row in rows if not (row["company"] == "meta" and row["source"] == "meta-10-q-2026-03-31")])
    frame = diff.compare(old, planted)
    assert frame.change.map({"removed": 0, "changed": 1, "new": 2}).is_monotonic_increasing
    figures = frame[(frame.unit != "") & (frame.change == "changed")]
    assert figures.percent.abs().is_monotonic_decreasing
    gone = frame[(frame.change == "removed") & (frame.unit != "")]
    assert len(gone) and gone.loud.all() and gone.why.str.contains("TAKEN OUT").all()


def test_a_row_changed_in_place_without_a_correction_is_loud(old, new):
    name = mend(new, "capex", {"company": "msft", "metric": "capex_cash", "source": "msft-10-q-2026-03-31", "period_start": "2026-01-01"}, "value", "34000", listed=False)
    row = diff.compare(old, new).iloc[0]
    assert (row.what, row.loud, row.cause, row.change) == (name, True, "our correction", "changed")
    assert "CHANGED WITHOUT A CORRECTION" in row.why


def test_a_correction_that_says_another_value_explains_nothing(old, new):
    name = mend(new, "capex", {"company": "msft", "metric": "capex_cash", "source": "msft-10-q-2026-03-31", "period_start": "2026-01-01"}, "value", "34000", listed=False)
    correct(new, name, "value", "1", "2")
    assert diff.compare(old, new).loud.any()


def test_a_corrected_period_is_one_row_and_not_one_gone_and_one_new(old, new):
    mend(new, "capex", {"company": "msft", "metric": "capex_cash", "source": "msft-10-q-2026-03-31", "period_start": "2026-01-01"}, "period_start", "2026-01-02")
    frame = diff.compare(old, new)
    assert frame[frame.table == "capex"].change.tolist() == ["changed"]
    assert not frame.loud.any()


def test_a_print_that_repeats_a_figure_and_one_of_a_weaker_kind_change_nothing(old, new):
    known = names(old).loc["msft/capex_cash/2024-07-01..2025-06-30@msft-10-k-2025-06-30"]
    add(new, "capex", "msft", "capex_cash", "2024-07-01", "2025-06-30", known.printed, "msft-8-k-2026-11-20")
    add(new, "capex", "msft", "capex_cash", "2025-07-01", "2026-06-30", "1", "press-2026-11-20", grade="press")
    frame = diff.compare(old, new).set_index("source")
    frame = frame[frame.table == "capex"]
    assert frame.why["msft-8-k-2026-11-20"] == "printed again, alike"
    assert frame.cause["msft-8-k-2026-11-20"] == "new period"  # what says the same restates nothing
    assert frame.why["press-2026-11-20"].endswith("the figure taken stays")
    assert set(frame.change) == {"new"}


def test_a_ledger_and_itself_do_not_differ(old):
    assert diff.compare(old, old).empty


def test_a_broken_ledger_is_named(old, new):
    edit(new, "capex", lambda rows: [rows[0] | {"period_end": "2026-13-31"}, *rows[1:]])
    with pytest.raises(ValueError, match=r"cannot be compared: data/capex\.csv, row 2"):
        diff.compare(old, new)


def test_a_copy_of_a_date_is_the_ledger_of_that_date(tmp_path):
    diff.forget(ROOT / "data", tmp_path, "2024-08-05")
    with reading(tmp_path):
        assert ledger.findings() == []
        then = ledger.open().quarters("capex").drop(columns="facts")
    assert then.equals(ledger.open(as_of="2024-08-05").quarters("capex").drop(columns="facts"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Have the notebooks of this test alone run."""
    notebook(tmp_path / "notebooks")
    monkeypatch.setattr(build, "NOTEBOOKS", tmp_path / "notebooks")


def sums(folder):
    with reading(folder):
        book = ledger.open()
        seen = book.observations(["capex_cash", "google_cloud_revenue", "intelligent_cloud_revenue"])
        return float(seen.value.sum()), float(book.quarters("capex", basis="cash").value.sum())


def test_every_cause_adds_to_a_headline_number_what_was_planted_and_nothing_is_left(old, planted, project, tmp_path):
    shuffled(planted, 5)
    found = diff.differences(diff.Side("old", old), diff.Side("new", planted), tmp_path / "work")
    [note] = found["notebooks"]
    numbers = {number["name"].partition(".")[2]: number for number in note["numbers"]}
    before, after = names(old), names(planted)

    def gap(new, was):
        return after.number[new] - before.number[was]

    printed = numbers["printed"]
    expected = {
        "new period": 90.0,
        "restated": gap("aapl/capex_cash/2024-09-29..2025-09-27@aapl-10-k-2026-09-26", "aapl/capex_cash/2024-09-29..2025-09-27@aapl-10-k-2025-09-27")
        + gap("msft/capex_cash/2024-07-01..2025-06-30@msft-8-k-2026-11-20", "msft/capex_cash/2024-07-01..2025-06-30@msft-10-k-2025-06-30"),
        "our correction": sum(
            gap(name, name)
            for name in ("aapl/capex_cash/2025-09-28..2026-06-27@aapl-10-q-2026-06-27", "googl/capex_cash/2026-01-01..2026-06-30@googl-10-q-2026-06-30")
        ),
    }
    for cause, step in expected.items():
        assert printed["by"][cause] == pytest.approx(step), cause
    assert "recast" in printed["by"] and "definition" not in printed["by"]  # what serves a basis is no print
    assert "definition" in numbers["spent"]["by"]
    for number, (was, now) in zip((numbers["printed"], numbers["spent"]), zip(sums(old), sums(planted), strict=True), strict=True):
        assert (number["old"], number["new"]) == (pytest.approx(was), pytest.approx(now))
        assert number["residual"] == 0 and number["new"] - number["old"] == pytest.approx(sum(number["by"].values()))
    assert list(printed["by"]) == [cause for cause in diff.CAUSES if cause in printed["by"]]
    assert numbers["last"]["by"]["new period"] == pytest.approx(90.0 - numbers["last"]["old"])
    assert [chart["name"] for chart in note["charts"]] == ["01_all"]


def test_a_planted_change_of_a_tenth_is_found_on_the_page_at_a_glance(old, new, project, tmp_path):
    at = {"company": "msft", "metric": "capex_cash", "source": "msft-10-k-2026-06-30", "period_start": "2025-07-01"}
    was = names(old).number["msft/capex_cash/2025-07-01..2026-06-30@msft-10-k-2026-06-30"] * 1000
    plant_new_period(new)
    mend(new, "capex", at, "value", f"{was * 1.1:.0f}", listed=False)
    page = diff.report(old, new, tmp_path / "reports")
    text = page.read_text(encoding="utf-8")
    assert re.search(r"<h1>The edition of [^<]+: what came in, up to 20 November 2026</h1>", text)
    first = re.search(r"<section class=watch>.*?</section>", text, re.DOTALL)[0]
    assert "Microsoft capex cash" in first and "+10.0%" in first and "CHANGED WITHOUT A CORRECTION" in first
    assert text.index("class=watch") < text.index("Headline numbers") < text.index("<h2>Changed")
    assert re.search(r"<tr class='loud large'><th[^>]*>Microsoft capex cash", text)
    assert "data:image/png;base64," in text and text.count("<figure>") == 2
    assert not re.search(r"<(?:script|link|iframe)|url\(|@import", text)
    assert not re.findall(r"src='(?!data:)", text)
    told = (tmp_path / "reports" / "update.md").read_text(encoding="utf-8")
    assert "**unexplained**: Microsoft capex cash" in told
    assert (tmp_path / "reports" / "changelog.md").read_text(encoding="utf-8").startswith(f"## {editions.named()['CITATION.cff'][1]}, ")


def test_a_title_that_fell_back_is_named(old, new, project, tmp_path):
    add(new, "capex", "msft", "capex_cash", "2026-07-01", "2026-09-30", "140000", "msft-10-q-2026-09-30")
    found = diff.differences(diff.Side("old", old), diff.Side("new", new), tmp_path / "work")
    [chart] = found["notebooks"][0]["charts"]
    assert chart["fell"] and chart["new"]["title"] == "Capital spending"
    assert ("fell back", "01_all: “Microsoft spent less than a hundred billion” is now “Capital spending”") in reports.watch(found)


def test_an_edit_of_the_library_in_a_revision_is_the_codes_and_the_exit_status_is_that_of_diff(old, tmp_path):
    tree = tmp_path / "project"
    for name in ("lib", "site", "requirements"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copytree(old, tree / "data")
    notebook(tree / "notebooks")

    def git(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=tree, check=True, capture_output=True)

    git("init", "-q"), git("add", "-A"), git("commit", "-qm", "first")
    for file, was, now in (("measures.py", "def total(", "def total(frame, *words, **more):\n    return _total(frame.assign(value=2 * frame.value), *words, **more)\n\n\ndef _total("),
                           ("sentences.py", "    return Words(words(value), tuple(sorted", "    value = value + 1\n    return Words(words(value), tuple(sorted")):  # fmt: skip
        path = tree / "lib" / "outlay" / file
        text = path.read_text(encoding="utf-8")
        assert was in text
        path.write_text(text.replace(was, now, 1), encoding="utf-8")
    plant_new_period(tree / "data")
    git("commit", "-qam", "second")
    same = outlay(tree, "diff", "HEAD", "HEAD", "--rows")
    assert (same.returncode, same.stdout) == (0, "nothing differs\n")
    wrong = outlay(tree, "diff", "HEAD", "nowhere")
    assert wrong.returncode == 2 and "no revision" in wrong.stderr
    out = outlay(tree, "diff", "HEAD~1", "HEAD", "--format", "json")
    assert out.returncode == 1, out.stderr
    found = json.loads(out.stdout)
    numbers = {number["name"].partition(".")[2]: number for number in found["numbers"]}
    assert sorted(row["what"] for row in found["rows"] if row["cause"] == "code") == ["lib/outlay/measures.py", "lib/outlay/sentences.py"]
    assert numbers["printed"]["by"] == {"new period": pytest.approx(90.0), "code": pytest.approx(1.0)}
    assert numbers["last"]["by"]["code"] == pytest.approx(90.0)
    assert all(number["residual"] == 0 for number in numbers.values())


@pytest.mark.parametrize(
    ("said", "by", "residual", "first"),
    [
        ([("old", 1.0), ("new period", 4.0), ("restated", 3.0), ("new", 3.5)], {"new period": 3.0, "restated": -1.0, "definition": 0.5}, 0.0, ""),
        ([("old", 1.0), ("new period", None), ("restated", 3.0), ("new", 3.0)], {"restated": 2.0}, 0.0, ""),
        ([("old", None), ("new period", 2.0), ("restated", 3.0), ("new", 3.5)], {}, 0.0, "new period"),
    ],
)
def test_what_each_cause_adds_adds_up_whatever_was_said_between(said, by, residual, first):
    found = moved.contributions("cost", said, ["new period", "restated", "definition"])
    assert (found["by"], found["residual"], found["first"]) == (by, residual, first)


def test_a_step_that_no_cause_explains_is_the_residual():
    found = moved.contributions("cost", [("old", 1.0), ("new period", 2.0), ("new", 2.5)], ["new period"], arrived=False)
    assert found["residual"] == 0.5


def test_the_command_compares_dates_and_folders_in_every_form(old, new):
    plant_new_period(new)
    mend(new, "capex", {"company": "msft", "metric": "capex_cash", "source": "msft-10-q-2026-03-31", "period_start": "2026-01-01"}, "value", "34000", listed=False)

    def run(*words):
        return CliRunner().invoke(main, ["diff", *words], env={"OUTLAY_DATA": str(new)})

    told = run(str(old), str(new), "--rows")
    assert told.exit_code == 1 and "No notebook was run" in told.stdout
    assert "!! Microsoft capex cash" in told.stdout and told.stdout.index("CHANGED: ") < told.stdout.index("NEW: ")
    rows = list(csv.DictReader(io.StringIO(run(str(old), "--format", "csv").stdout)))
    assert list(rows[0]) == diff.COLUMNS and rows[0]["loud"] == "True"
    assert {row["cause"] for row in json.loads(run(str(old), "--rows", "--format", "json").stdout)["rows"]} == {"new period", "our correction"}
    assert "| Microsoft capex cash, Q3 2026 |" in run(str(old), "--rows", "--format", "md").stdout
    assert run("2026-11-20", "2026-11-21", "--rows").exit_code == 0  # nothing of the ledger was published between the two
    assert "msft-10-q-2026-09-30" in run("2026-11-19", "2026-11-20", "--format", "csv").stdout
    assert run(str(old), str(new), "--rows", "--changelog").exit_code == 2
    assert run("2026-13-40", str(new), "--rows").exit_code == 2


@pytest.mark.parametrize(
    ("title", "found"),
    [("More is spent", 0), ("Spent in 2026: $5bn", 1), ("Spending", 2), ("Something else", None), ("Spending in two years", 2)],
)
def test_a_title_is_told_from_what_stands_in_its_place(title, found):
    cell = (
        'other = f"Spending{more}"\ntitle = charts.headline("More is spent", holds=a > b, otherwise=charts.headline(f"Spent in {year}: {amount}", holds=c, otherwise=other))\n'
        'charts.show(charts.lines(frame, title, "x", alt="y"), "01_x")'
    )
    assert moved.rank(title, cell if title != "Spending" else cell.replace('f"Spending{more}"', '"Spending"')) == found
