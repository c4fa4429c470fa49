"""The notebooks as they are committed, and what they say under other parameters and at other dates."""

import ast
import json
import re

import pytest

from conftest import ROOT, edit, forget_after
from outlay.tools import build

PATHS = build.notebooks()
SPEAKING = [path for path in PATHS if not path.stem.startswith("00")]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def sources(path, kind):
    return ["".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == kind]


def said(path):
    """All that a reader sees of a run: texts, tables and pictures, without the cells and the parameters put in."""
    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code" and "injected-parameters" not in cell["metadata"].get("tags", [])]
    # the cell that puts in other parameters shifts every count by one
    return [[{name: value for name, value in output.items() if name != "execution_count"} for output in cell["outputs"]] for cell in cells]


def prose(path):
    return "\n".join(
        "".join(output["data"]["text/plain"]) for outputs in said(path) for output in outputs if "text/markdown" in output.get("data", {})
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_committed_notebook_is_up_to_date(path):
    assert build.stale(path) == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_committed_notebook_holds_nothing_of_the_machine_it_ran_on(path):
    text = path.read_text(encoding="utf-8")
    for trace in ("papermill", "language_info", str(ROOT), "ipykernel_", "/tmp/", "<Figure"):
        assert trace not in text, trace
    for cell in read(path)["cells"]:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", "".join(output.get("text", []))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_cells_come_in_the_order_that_readers_expect(path):
    headings = [re.match(r"(#+ .+)", text).group(1) for text in sources(path, "markdown") if text.startswith("#")]
    assert headings[0].startswith("# ") and headings[0].endswith("?")
    assert "What this does not measure" in sources(path, "markdown")[0]
    assert headings[1:3] == ["## What is known", "## The short answer"]
    assert headings[-2:] == ["## What would change this conclusion", "## Sources"] or headings[-2].startswith("## What would change this conclusion")
    assert "parameters" in [tag for cell in read(path)["cells"] for tag in cell["metadata"].get("tags", [])]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_reader_never_meets_plumbing(path):
    for code in sources(path, "code"):
        assert "read_csv" not in code and "plt." not in code
        assert len(code.splitlines()) <= 15, code
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("outlay"):
                assert not node.module.startswith("outlay.tools"), node.module


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_markdown_holds_no_dated_fact(path):
    for text in sources(path, "markdown"):
        assert not re.search(r"\b(19|20)\d\d\b|\$\d|\d+(\.\d+)? ?(bn|%)", text), text


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_chart_has_a_number_cell_before_it_and_an_alt_text(path):
    charts = checked = 0
    for cell in read(path)["cells"]:
        code = "".join(cell["source"])
        checked += "NBVAL_CHECK_OUTPUT" in code
        charts += "charts.show(" in code
        assert charts <= checked, code
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert len(output["metadata"]["image/png"]["alt"]) > 40


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.stem)
def test_numbers_in_prose_carry_their_facts(path):
    found = [
        output["metadata"].get("outlay", {}).get("facts", {})
        for outputs in said(path)
        for output in outputs
        if "text/markdown" in output.get("data", {})
    ]
    names = [name for facts in found for part in facts.values() for name in part]
    assert len(names) >= 8
    assert all(re.fullmatch(r"[a-z_]+/\w+/[\d-]*\.\.[\d-]+@[a-z0-9-]+(#\d+)?", name) for name in names)


DATES = ["2023-11-15", "2024-08-05", "2024-11-15", "2025-10-13"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run a notebook once under some parameters and keep the result."""
    made = {}

    def run(path, folder=None, **values):
        key = (path.stem, str(folder), json.dumps(values, sort_keys=True))
        if key not in made:
            out = tmp_path_factory.mktemp("run")
            with build._environment(**({"OUTLAY_DATA": str(folder)} if folder else {})):
                build.execute(path, out, values)
            made[key] = out
        return made[key]

    return run


@pytest.mark.parametrize("day", DATES)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_past_date_says_what_a_ledger_without_later_documents_says(path, day, runs, copy):
    forget_after(copy, day)
    then, left = runs(path, as_of=day), runs(path, folder=copy)
    assert said(then / path.name) == said(left / path.name)
    files = [
        {file.relative_to(out): file.read_bytes() for file in (out / "figures").rglob("*") if file.is_file()} if (out / "figures").exists() else {}
        for out in (then, left)
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize("day", DATES)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_past_date_names_no_later_year(path, day, runs):
    text = prose(runs(path, as_of=day) / path.name)
    later = {year for year in re.findall(r"\b20\d\d\b", text) if year > day[:4]}
    assert later <= {"2026", "2027", "2028", "2029", "2030"} and ("a plan for" in text or not later), later


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (PATHS[1], {"basis": "as_stated"}),
        (PATHS[1], {"calendar": "fiscal"}),
        (PATHS[1], {"as_of": "2013-01-01"}),
        (PATHS[1], {"companies": ["amzn", "googl"]}),
        (PATHS[1], {"basis": "as_stated", "as_of": "2024-08-05"}),
        (PATHS[2], {"as_of": "2013-01-01"}),
        (PATHS[0], {"as_of": "2013-01-01"}),
    ],
    ids=lambda value: value.stem if hasattr(value, "stem") else json.dumps(value),
)
def test_other_parameters_give_no_error_and_no_empty_chart(path, values, runs):
    out = runs(path, **values)
    for outputs in said(out / path.name):
        for output in outputs:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output
    text = prose(out / path.name)
    assert "nan" not in text.lower().split() and "NaT" not in text
    figures = list((out / "figures").glob("*.csv")) if (out / "figures").exists() else []
    assert all(len(file.read_text(encoding="utf-8").splitlines()) > 1 for file in figures)
    if values.get("as_of") == "2013-01-01":
        assert figures == []


def test_the_headline_falls_back_when_a_planted_figure_makes_it_false(copy, runs):
    path = build._path("04_spending_against_revenue")
    assert "More is spent on building than the clouds take in" in json.dumps(chart_titles(runs(path)))

    def plant(rows):
        for row in rows:
            if row["metric"] == "aws_revenue" and row["period_end"] == "2026-06-30" and row["period_start"] == "2026-04-01":
                row["value"] = "999999" if row["unit"] == "USD m" else "999.9"
        return rows

    edit(copy, "cloud", plant)
    titles = chart_titles(runs(path, folder=copy))
    assert "Capital spending per dollar of cloud revenue" in titles
    assert "More is spent on building than the clouds take in" not in titles


def chart_titles(out):
    return [re.search(r"<dc:title>(.*?)</dc:title>", file.read_text(encoding="utf-8")).group(1) for file in sorted((out / "figures").glob("*.svg"))]


def test_the_short_answer_sets_like_against_like(runs):
    text = prose(runs(build._path("04_spending_against_revenue")) / "04_spending_against_revenue.ipynb")
    assert "of building for each dollar of revenue" in text
    assert "sells no cloud" in text
