import csv
import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from conftest import edit, forget_after
from outlay.tools.cli import main


def run(*arguments, data=None):
    result = CliRunner().invoke(main, list(arguments), env={"OUTLAY_DATA": str(data) if data else None})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def table(result):
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_series_has_the_promised_columns():
    out = run("series", "capex", "--format", "csv")
    assert out.stdout.splitlines()[0] == "company,metric,period,period_start,period_end,value,unit,stance,grade,how,facts"


@pytest.mark.parametrize(
    ("company", "basis", "period", "value"),
    [
        ("msft", "cash", "2024Q2", "13.873"),
        ("msft", "as_stated", "2024Q2", "19.0"),
        ("msft", "cash", "2025Q3", "19.394"),
        ("msft", "as_stated", "2025Q3", "34.9"),
        ("googl", "cash", "2026Q2", "44.924"),
        ("googl", "cash", "2026Q1", "35.674"),
        ("amzn", "cash", "2026Q2", "54.208"),
    ],
)
def test_well_known_quarters_are_right(company, basis, period, value):
    rows = [row for row in table(run("series", "capex", "--company", company, "--basis", basis, "--format", "csv")) if row["period"] == period]
    assert [row["value"] for row in rows] == [value]
    assert all("@" in name for name in rows[0]["facts"].split(";"))


def test_series_in_fiscal_quarters_has_a_row_a_company_and_quarter():
    rows = table(run("series", "capex", "--basis", "cash", "--calendar", "fiscal", "--format", "csv"))
    keys = [(row["company"], row["period"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert ("msft", "FY2026 Q4") in keys


def test_json_and_csv_say_the_same():
    arguments = ("series", "cloud_revenue", "--company", "amzn", "--since", "2025-01-01", "--format")
    read = json.loads(run(*arguments, "json").stdout)
    assert [{**row, "value": str(row["value"])} for row in read] == table(run(*arguments, "csv"))


def test_the_table_names_stand_ins():
    assert "Stand-in for Meta" in run("series", "capex", "--company", "meta").stdout


@pytest.mark.parametrize("day", ["2023-11-15", "2024-08-05", "2025-10-13"])
@pytest.mark.parametrize("family", ["capex", "cloud_revenue"])
def test_series_as_of_a_date_is_byte_for_byte_that_of_a_ledger_without_later_documents(copy, day, family):
    forget_after(copy, day)
    for form in ("csv", "json", "table"):
        assert run("series", family, "--as-of", day, "--format", form).stdout == run("series", family, "--format", form, data=copy).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("series", "capx"), "did you mean 'capex'"),
        (("series", "capex", "--company", "mfst"), "did you mean 'msft'"),
        (("series", "capex", "--basis", "csh"), "did you mean 'cash'"),
        (("series", "capex", "--as-of", "yesterday"), "is no date"),
        (("build", "04_spending"), "did you mean '04_spending_against_revenue'"),
        (("build", "06_openai", "-p", "asof", "2024-08-05"), "did you mean 'as_of'"),
        (("build", "04_spending_against_revenue", "-p", "margin", "x"), "takes a number"),
    ],
)
def test_a_wrong_word_is_one_clear_line(arguments, words):
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_check_says_where_and_what_and_fails(copy):
    edit(copy, "capex", lambda rows: [rows[0] | {"period_end": "2025-13-31"}, *rows[1:]])
    result = run("check", data=copy)
    assert result.exit_code == 1
    assert "error: data/capex.csv, row 2, column period_end: found '2025-13-31'; expected a date" in result.stdout
    found = json.loads(run("check", "--format", "json", data=copy).stdout)
    assert [set(finding) for finding in found] == [{"file", "row", "column", "value", "rule", "severity", "message"}]
    assert run("series", "capex", data=copy).exit_code == 2


def test_check_passes_on_the_ledger():
    result = run("check")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "0 errors, 0 warnings")
    assert json.loads(run("check", "--format", "json").stdout) == []


def test_the_module_is_the_command():
    out = subprocess.run([sys.executable, "-m", "outlay", "--version"], capture_output=True, text=True, check=True)
    assert out.stdout.startswith("outlay, version")
