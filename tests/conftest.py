"""What tests share: the ledger, and copies of it that may be broken."""

import contextlib
import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import hypothesis
import nbformat
import pytest

from outlay import ledger
from outlay.tools import build, kernels

ROOT = Path(__file__).resolve().parents[1]
KERNELS = pytest.StashKey()
hypothesis.settings.register_profile("shared", deadline=None)  # how long an example takes says more of the machine than of the code
hypothesis.settings.load_profile("shared")


def pytest_sessionstart(session):
    """Fork the kernels of all tests, also those of nbval, from one warm interpreter; of several processes the one that only deals out tests has none."""
    if hasattr(session.config, "workerinput") or not session.config.getoption("numprocesses", None):
        session.stash[KERNELS] = kernels.warm()
        session.stash[KERNELS].__enter__()


def pytest_sessionfinish(session):
    if warm := session.stash.get(KERNELS, None):
        warm.__exit__(None, None, None)


def execute_all(jobs) -> list[Path]:
    """Run notebooks side by side: each its path, parameters, the folder of the ledger (or None) and the folder to write into."""
    jobs = list(jobs)
    tasks = [("outlay.tools.build:execute", (path, out, values), {"OUTLAY_DATA": str(data)} if data else {}) for path, values, data, out in jobs]
    assert not any(errors := build.run(tasks)), "\n".join(filter(None, errors))
    return [out for *_, out in jobs]


@pytest.fixture(scope="session")
def book():
    return ledger.open()


@pytest.fixture
def copy(tmp_path):
    """A copy of data/, to be changed."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return tmp_path / "data"


@contextlib.contextmanager
def reading(folder: Path):
    """Read the ledger from another folder."""
    before = os.environ.get("OUTLAY_DATA")
    os.environ["OUTLAY_DATA"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["OUTLAY_DATA"]
        else:
            os.environ["OUTLAY_DATA"] = before


def edit(folder: Path, table: str, change) -> list[dict]:
    """Rewrite a table of a copy: `change` takes its rows (dictionaries of text) and returns them."""
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    rows = change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return rows


FACT_TABLES = ("advertising", "ai_labs", "ai_revenue", "asset_lives", "capex", "cloud", "financials", "forecasts", "guidance", "market")
RECORDS = ("deals", "models")


def forget_after(folder: Path, day: str) -> None:
    """Delete from a copy all documents published after a day, undated ones too, and what they say."""
    kept = {row["source"] for row in edit(folder, "sources", lambda rows: [row for row in rows if row["published"] and row["published"] <= day])}
    for table in (*FACT_TABLES, *RECORDS):
        edit(folder, table, lambda rows: [row for row in rows if row["source"] in kept])
    known = {row["deal"] for row in edit(folder, "deals", lambda rows: rows)}
    edit(folder, "deals", lambda rows: [{**row, "part_of": row["part_of"] if row["part_of"] in known else ""} for row in rows])


def desk(folder: Path, firm: str = "msft") -> Path:
    """Copy what the ledger holds of one firm's accounts, so that checking it takes a blink."""
    folder.mkdir(parents=True)
    for path in (ROOT / "data").glob("*.*"):
        shutil.copy2(path, folder)
    for table in (*FACT_TABLES, *RECORDS):
        edit(folder, table, lambda rows: [row for row in rows if row.get("company") == firm and table in ("capex", "financials")])  # noqa: B023
    named = {f"{firm}/{row['metric']}" for table in ("capex", "financials") for row in edit(folder, table, lambda rows: rows)}
    for table in ("exceptions", "presentations"):
        edit(folder, table, lambda rows: [row for row in rows if row["fact"].rpartition("/")[0] in named])
    cited = {row["source"] for table in FACT_TABLES for row in edit(folder, table, lambda rows: rows)}
    edit(folder, "sources", lambda rows: [row for row in rows if row["source"] in cited])
    return folder


def company_facts(path: Path, firm: str, cik: int, until: str = "9", change=lambda entries: entries) -> Path:
    """Write the SEC's company facts of a firm as they must have been: what the ledger holds of its filings, turned back."""
    with (ROOT / "data" / "sources.csv").open(encoding="utf-8", newline="") as file:
        papers = {row["source"]: row for row in csv.DictReader(file) if row["accession"]}
    entries = []
    for table in ("capex", "financials"):
        with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                tag, paper = row["locator"].rpartition("us-gaap:")[2], papers.get(row["source"])
                if row["company"] == firm and not row["note"] and paper and tag != row["locator"] and paper["published"] <= until:
                    entry = {"end": row["period_end"], "val": round(float(row["value"]) * (1e9 if row["unit"] == "USD bn" else 1e6))}
                    start = {"start": row["period_start"]} if row["period_start"] else {}
                    said = {"accn": paper["accession"], "form": paper["form"], "filed": paper["published"]}
                    entries.append((tag, {**start, **entry, **said}))
    tags: dict = {}
    for tag, entry in change(entries):
        tags.setdefault(tag, {"units": {"USD": []}})["units"]["USD"].append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cik": cik, "entityName": firm, "facts": {"us-gaap": tags}}), encoding="utf-8")
    return path


SMALL = {
    "01_one": [
        "# What does Microsoft spend?",
        'as_of = ""  # what was public on that date\nmargin = 0.5  # share of added revenue left to pay for capital (an assumption)',
        'from outlay import charts, ledger, sentences, units\nbook = ledger.open(as_of=as_of)\ncapex = book.quarters("capex", companies=["msft"])',
        "## The short answer",
        'last = capex.iloc[-1]\n1 / (margin < 0.9)\nsentences.say("It spent {amount}, times {margin}: {product}.", amount=sentences.money(last), margin=str(margin), '
        "product=sentences.computed(last.value * margin, units.money, last))",
        'charts.show(charts.lines(capex, "Capital spending", "$bn a quarter", alt="Line chart of the capital spending of Microsoft by quarter."), "01_spending")',
        "charts.written()",
    ],
    "02_two": [
        "# What does OpenAI take in?",
        'as_of = ""  # what was public on that date',
        'from outlay import charts, ledger\nfound = ledger.open(as_of=as_of).observations("annualised_revenue", companies=["openai"])',
        'len(found) and charts.show(charts.ranges(found, "Run-rate", "$bn a year", alt="Dots of the reported run-rate of OpenAI by month."), "02_rate")',
    ],
    "03_three": ["# How are numbers written?", 'as_of = ""  # what was public on that date', "from outlay import units\nunits.money(8.47)"],
}


def small(folder: Path) -> Path:
    """Make a project of its own: this library, a ledger of two firms, and three notebooks that run in a second."""
    for name in ("lib", "site", "requirements", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for table in FACT_TABLES:
        edit(folder / "data", table, lambda rows: [row for row in rows if row["company"] in ("msft", "openai")])
    (folder / "README.md").write_text("![spending](notebooks/pictures/01_spending.png)\n", encoding="utf-8")
    (folder / "site" / "index.md").write_text("# Outlay\n\n<!-- answer -->\n\n<!-- contents -->\n\n<!-- gallery -->\n", encoding="utf-8")
    (folder / "notebooks").mkdir()
    for name, texts in SMALL.items():
        cells = [nbformat.v4.new_markdown_cell(text) if text.startswith("#") else nbformat.v4.new_code_cell(text) for text in texts]
        next(cell for cell in cells if cell.cell_type == "code").metadata.tags = ["parameters"]
        for place, cell in enumerate(cells):
            cell.id = f"{name[:2]}-{place}"
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")
    return folder


def outlay(folder: Path, *arguments: str, start: bool = False, **environment: str):
    """Run the command `outlay` of a project of its own; with `start`, only begin to."""
    how = {"cwd": folder, "env": {**os.environ, "PYTHONPATH": str(folder / "lib"), **environment}, "text": True, "stdout": subprocess.PIPE}
    command = [sys.executable, "-m", "outlay", *arguments]
    if start:
        return subprocess.Popen(command, stderr=subprocess.STDOUT, **how)
    return subprocess.run(command, stderr=subprocess.PIPE, check=False, **how)
