"""What the notebooks say is what the tables give, recomputed without the library; and the script that says so can fail."""

import copy
import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import recompute
import recompute_ledger
import recompute_rules

COVERED = sorted(recompute_rules.RULES)
PATHS = {path.stem[:2]: path for path in recompute.notebooks()}


@pytest.fixture(scope="module")
def second():
    return recompute_ledger.Ledger()


def found(number, ledger, notebook=None):
    path = PATHS[number]
    return recompute.checks(path.stem, notebook or recompute_ledger.executed(path), ledger)


@pytest.fixture(scope="module")
def every_check(second):
    """What is found in each notebook as it stands."""
    return {number: found(number, second) for number in PATHS}


@pytest.mark.parametrize("number", COVERED)
def test_every_number_said_is_the_one_that_the_tables_give(number, every_check):
    every = every_check[number]
    assert not [one for one in every if one.state == "differs"]
    assert not [one for one in every if one.state == "uncovered" and not one.name], "a number that no rule knows"
    assert sum(one.state == "same" for one in every) > 30


@pytest.mark.parametrize("number", COVERED)
def test_no_rule_has_a_number_of_its_own_to_say(number):
    """A digit in a pattern would let a number through that nothing recomputes."""
    for _, pattern in recompute_rules.RULES[number]:
        bare = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|\{\d+\}|Q\[1-4\]|\\d|S&P 500", "", pattern)
        assert not re.search(r"\d", bare), pattern


def test_a_difference_that_is_known_is_one(every_check):
    every = [one for checks in every_check.values() for one in checks if one.state == "known"]
    assert {recompute.reason(one) for one in every} == set(recompute.KNOWN.values()), "what no longer differs goes from KNOWN"


def test_a_number_that_is_not_worked_again_is_listed_with_its_reason(every_check):
    every = [one for checks in every_check.values() for one in checks if one.state == "uncovered"]
    assert not [one for one in every if not recompute.beyond(one)]
    assert {(one.notebook[:2], one.name) for one in every} == {(number, name) for number, _, name in recompute.BEYOND}, "what is worked again goes from BEYOND"


def test_every_notebook_that_answers_is_recomputed():
    assert sorted(PATHS) == COVERED


def test_nothing_of_the_library_is_used():
    code = "import sys; sys.path.insert(0, sys.argv[1]); import recompute; print([name for name in sys.modules if name.split('.')[0] in ('outlay', 'pandas', 'numpy')])"
    told = subprocess.run([sys.executable, "-c", code, str(Path(recompute.__file__).parent)], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("number", COVERED)
def test_any_digit_changed_in_a_sentence_is_named(number, second, every_check):
    """Plants another digit in every number of a notebook's paragraphs, one after the other."""
    notebook = recompute_ledger.executed(PATHS[number])
    sound = {one for one in every_check[number] if one.state != "same"}
    planted = 0
    for cell in range(len(notebook["cells"])):
        for place, output in enumerate(notebook["cells"][cell].get("outputs", [])):
            text = "".join(output.get("data", {}).get("text/markdown", ""))
            digits = list(re.finditer(r"\d(?!\d*(?:-K|-Q))", text))
            if not digits:
                continue
            at = digits[len(digits) // 2].start()
            changed = text[:at] + str((int(text[at]) + 3) % 10) + text[at + 1 :]
            copied = copy.deepcopy(notebook)
            copied["cells"] = [copied["cells"][cell]] + [one for one in copied["cells"] if "parameters" in one["metadata"].get("tags", [])]
            copied["cells"][0]["outputs"][place]["data"]["text/markdown"] = changed
            named = [one for one in found(number, second, copied) if one.state != "same" and one not in sound]
            assert named, changed
            planted += 1
    assert planted > 4


def test_a_changed_digit_in_a_title_is_named(second, monkeypatch):
    real = recompute.title
    monkeypatch.setattr(recompute, "title", lambda png: real(png).replace("85%", "86%"))
    assert [one.said for one in found("01", second) if one.state == "differs"] == ["86%"]


@pytest.mark.parametrize("number", COVERED)
def test_any_digit_changed_in_a_title_is_named(number, second, monkeypatch):
    """Plants another digit in every title that holds one, all at once; each has to be named."""
    real, planted = recompute.title, []

    def another(png):
        text = real(png)
        digits = list(re.finditer(r"\d", text))
        if not digits:
            return text
        at = digits[len(digits) // 2].start()
        planted.append(text[:at] + str((int(text[at]) + 3) % 10) + text[at + 1 :])
        return planted[-1]

    monkeypatch.setattr(recompute, "title", another)
    named = {one.sentence for one in found(number, second) if one.state in ("differs", "uncovered")}
    assert planted and set(planted) <= named


def changed(folder, table, company, metric, end, more=1000):
    """Change a figure in a copy of the tables, in every row that prints it."""
    path, count = folder / f"{table}.csv", 0
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if (row["company"], row["metric"], row["period_end"]) == (company, metric, end):
            row["value"] = str(int(row["value"]) + more)
            count += 1
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return count


def test_a_changed_figure_in_the_tables_is_named(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(recompute.ROOT / "data", folder)
    assert changed(folder, "capex", "amzn", "capex_cash", "2026-06-30")
    differs = {(one.where, one.name) for one in found("01", recompute_ledger.Ledger(folder)) if one.state == "differs"}
    assert ("prose 6", "amount") in differs and ("prose 38", "gap") in differs
    assert changed(folder, "financials", "orcl", "long_term_debt", "2026-08-31", 10000)
    differs = {(one.where, one.name) for one in found("09", recompute_ledger.Ledger(folder)) if one.state == "differs"}
    assert {("prose 6", "owed"), ("title 11", "years"), ("prose 8", "other")} <= differs


def test_another_metric_or_period_than_the_sentence_names_is_named(second):
    notebook = recompute_ledger.executed(PATHS["01"])
    text = "The largest spender was Amazon: $173bn in the four quarters to March 2026 (cash paid), 61% more than in the four before."
    said = {"data": {"text/markdown": text.replace("$", r"\$"), "text/plain": text}, "output_type": "display_data", "metadata": {}}
    notebook["cells"] = [{"cell_type": "code", "metadata": {}, "source": "", "outputs": [said]}]
    assert {one.name for one in found("01", second, notebook) if one.state == "differs"} >= {"amount", "more"}


def test_a_fact_that_no_table_holds_is_named(second):
    notebook = recompute_ledger.executed(PATHS["01"])
    about = next(output["metadata"]["outlay"]["facts"] for cell in notebook["cells"] for output in cell.get("outputs", []) if "facts" in output.get("metadata", {}).get("outlay", {}))
    about["amount"] = ["amzn/capex_cash/2025-01-01..2025-12-31@nowhere"]
    assert [one.said for one in found("01", second, notebook) if one.recomputed == "no such row"]


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [("$173bn", "173.028", True), ("$173bn", "173.51", False), ("−21%", "-0.2123", True), ("21%", "-0.2123", False), ("seven", "7", True), ("$7.30", "7.302", True),
     ("$7.30", "7.306", False), ("1.9 times", "1.8598", True), ("$1,091bn", "1090.504", True), ("none", "0", True), ("four", "5", False)],
)  # fmt: skip
def test_a_number_fits_if_it_rounds_to_what_is_said(text, value, fits):
    assert recompute.agrees(text, recompute.Fraction(value)) is fits


def test_a_number_that_no_check_covered_is_listed():
    assert recompute.leftover("It took 3 of seven firms $4.5bn in four quarters", ["$4.5bn"]) == ["3", "seven"]
