"""What an auditor would try: the schema, and beyond it the order, dates and use of rows. A finding is one line that says what to do."""

from pathlib import Path

import pandas as pd

from outlay import ledger


def findings(data: Path | str | None = None) -> list[dict]:
    """Return all findings: dictionaries of file, row (the header is row 1), column, value, rule, severity, message.

    Errors make the ledger unfit for use; warnings are for a person to look at.

    >>> [finding for finding in findings() if finding["severity"] == "error"]
    []
    """
    found = ledger.findings(data)
    if not found:
        tables = ledger.tables(data)
        for rule in (_unsorted, _unused, _early, _stance):
            found += rule(tables, ledger.home(data))
    return sorted(found, key=lambda finding: (finding["file"], finding["row"] or 0, finding["column"]))


def _finding(file: str, row: int, column: str, value: object, rule: str, message: str, severity: str = "error") -> dict:
    return {"file": f"data/{file}.csv", "row": int(row), "column": column, "value": str(value), "rule": rule, "severity": severity, "message": message}


def _unsorted(_tables: dict, folder: Path) -> list[dict]:
    """Tables are sorted by key, so that a quarter's diff is the quarter's rows."""
    found = []
    for name, key in ledger.keys(folder).items():
        raw, ordered = _in_order(folder / f"{name}.csv", key)
        if wrong := [at for at, row in enumerate(ordered.index) if at != row]:
            found.append(_finding(name, wrong[0] + 2, key[0], raw.at[wrong[0], key[0]], "sorted",
                                  f"found the row out of order; rows are sorted by {', '.join(key)}. Run `outlay check --sort`."))
    return found


def _unused(tables: dict, _folder: Path) -> list[dict]:
    """A source that no row cites is a left-over."""
    sources = tables["sources"]
    unused = sources[~sources.source.isin(tables["facts"].source)]
    return [_finding("sources", row.row, "source", row.source, "unused", f"no row cites '{row.source}'. Take it out, or enter what it says.", "warning")
            for row in unused.itertuples()]


def _early(tables: dict, _folder: Path) -> list[dict]:
    """An outcome cannot have been printed before its period was over."""
    facts = tables["facts"].assign(published=tables["facts"].source.map(tables["sources"].set_index("source").published))
    early = facts[(facts.stance == "actual") & facts.period_start.notna() & (facts.published < facts.period_end)]
    return [_finding(row.table, row.row, "period_end", row.period_end.date(), "early",
                     f"found an actual figure whose period ends after its source was published ({row.published.date()}); expected an earlier "
                     "period, or stance forward. Correct the dates or the stance.") for row in early.itertuples()]


def _stance(tables: dict, _folder: Path) -> list[dict]:
    """A plan was made before its period was over."""
    facts = tables["facts"].assign(published=tables["facts"].source.map(tables["sources"].set_index("source").published))
    late = facts[(facts.stance == "forward") & (facts.published > facts.period_end + pd.Timedelta(days=366))]
    return [_finding(row.table, row.row, "stance", "forward", "late",
                     f"found a forward figure published ({row.published.date()}) more than a year after its period; expected a plan. "
                     "Date it by the plan's own publication.", "warning") for row in late.itertuples()]


def sort(data: Path | str | None = None) -> list[str]:
    """Sort every table by its key, in place and otherwise untouched; returns the names of the files that changed."""
    changed = []
    folder = ledger.home(data)
    for name, key in ledger.keys(folder).items():
        path = folder / f"{name}.csv"
        raw, ordered = _in_order(path, key)
        if not raw.index.equals(ordered.index):
            aside = path.with_suffix(".csv.new")
            aside.write_text(ordered.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
            aside.replace(path)
            changed.append(path.name)
    return changed


def _in_order(path: Path, key: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table as text, as it stands and sorted by its key."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    return raw, raw.sort_values(key, kind="stable", key=lambda cells: cells.astype(int) if cells.name == "n" else cells)
