"""What makes the ledger fit for use: its schema, what an auditor would try, and the order, dates and use of its rows.

A finding is one line that says where, what was found, what was expected and what to do. A known exception is listed with its
reason in `exceptions.csv`, and is itself a finding once the rule no longer fires there.
"""

import contextlib
import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from outlay import ledger
from outlay.tools import audit, lines


def findings(data: Path | str | None = None) -> list[dict]:
    """Return all findings: dictionaries of file, row (the header is row 1), column, value, rule, severity, message.

    Errors make the ledger unfit for use; warnings are for a person to look at.

    >>> findings()
    []
    """
    found = ledger.findings(data)
    if not found:
        tables, folder = ledger.tables(data), ledger.home(data)
        for rule in (_unsorted, _unused, _early, _stance, _newer, _codebook):
            found += rule(tables, folder)
        found += _audited(tables)
    return sorted(found, key=lambda finding: (finding["file"], finding["row"] or 0, finding["column"]))


def _audited(tables: dict) -> list[dict]:
    """Apply the rules of the audit; leave out the listed exceptions, and name those that no longer fire."""
    facts, listed = audit.prepared(tables), tables["exceptions"]
    found, fired = [], set()
    for name, rule in audit.RULES.items():
        known = listed[listed.rule == name]
        for at, column, message in rule(facts, tables):
            row = tables["facts"].loc[at]
            excused = [
                number
                for number, pattern in zip(known.index, known.fact, strict=True)
                if row["name"].startswith(pattern.rstrip("*")) and (pattern.endswith("*") or row["name"] == pattern)
            ]
            fired |= set(excused)
            if not excused:
                found.append(
                    _finding(
                        row.table, row.row, column, row.printed if column == "value" else str(row[column]).removesuffix(" 00:00:00"), name, message
                    )
                )
    for number in listed.index.difference(fired):
        row = listed.loc[number]
        found.append(
            _finding(
                "exceptions",
                row.row,
                "fact",
                row.fact,
                "exception",
                f"the rule '{row['rule']}' no longer fires on '{row.fact}'. Take the exception out.",
            )
        )
    return found


def _finding(file: str, row: int, column: str, value: object, rule: str, message: str, severity: str = "error") -> dict:
    return {
        "file": f"data/{file}.csv",
        "row": int(row),
        "column": column,
        "value": str(value),
        "rule": rule,
        "severity": severity,
        "message": message,
    }


def _unsorted(_tables: dict, folder: Path) -> list[dict]:
    """Tables are sorted by key, so that a quarter's diff is the quarter's rows."""
    found = []
    for name, key in ledger.keys(folder).items():
        text = (folder / f"{name}.csv").read_bytes().decode()
        _, moved = lines.ordered(text, key)
        if moved:
            found.append(
                _finding(
                    name,
                    moved[0][0],
                    key[0],
                    lines.cells(lines.split(text)[moved[0][0] - 1])[lines.cells(lines.split(text)[0]).index(key[0])],
                    "sorted",
                    f"found the row out of order; rows are sorted by {', '.join(key)}. Run `outlay check --fix-order`.",
                )
            )
    return found


def _unused(tables: dict, _folder: Path) -> list[dict]:
    """A source that no row cites is a left-over."""
    sources = tables["sources"]
    cited = {source for name, frame in tables.items() if name != "sources" and "source" in frame for source in frame.source}
    unused = sources[~sources.source.isin(cited)]
    return [
        _finding("sources", row.row, "source", row.source, "unused", f"no row cites '{row.source}'. Take it out, or enter what it says.", "warning")
        for row in unused.itertuples()
    ]


def _early(tables: dict, _folder: Path) -> list[dict]:
    """An outcome cannot have been printed before its period was over."""
    facts = tables["facts"].assign(published=tables["facts"].source.map(tables["sources"].set_index("source").published))
    early = facts[(facts.stance == "actual") & facts.period_start.notna() & (facts.published < facts.period_end)]
    return [
        _finding(
            row.table,
            row.row,
            "period_end",
            row.period_end.date(),
            "early",
            f"found an actual figure whose period ends after its source was published ({row.published.date()}); expected an earlier "
            "period, or stance forward. Correct the dates or the stance.",
        )
        for row in early.itertuples()
    ]


def _stance(tables: dict, _folder: Path) -> list[dict]:
    """A plan was made before its period was over."""
    facts = tables["facts"].assign(published=tables["facts"].source.map(tables["sources"].set_index("source").published))
    late = facts[(facts.stance == "forward") & (facts.published > facts.period_end + pd.Timedelta(days=366))]
    return [
        _finding(
            row.table,
            row.row,
            "stance",
            "forward",
            "late",
            f"found a forward figure published ({row.published.date()}) more than a year after its period; expected a plan. "
            "Date it by the plan's own publication.",
            "warning",
        )
        for row in late.itertuples()
    ]


def _newer(tables: dict, folder: Path) -> list[dict]:
    """No document is newer than the edition that datapackage.json declares."""
    edition = ledger.edition(folder)
    sources = tables["sources"]
    return [
        _finding(
            "sources",
            row.row,
            "published",
            row.published.date(),
            "newer",
            f"found a document of {row.published.date()}; expected none after "
            f"{edition.date()}, the edition. Correct the date, or raise `version` in datapackage.json.",
        )
        for row in sources[sources.published > edition].itertuples()
    ]


def _codebook(_tables: dict, folder: Path) -> list[dict]:
    """The codebook in README.md is made from datapackage.json and metrics.csv."""
    path = folder / "README.md"
    if not path.exists() or _with_codebook(path, folder) == path.read_text(encoding="utf-8"):
        return []
    return [
        {
            "file": "data/README.md",
            "row": None,
            "column": "",
            "value": "",
            "rule": "codebook",
            "severity": "error",
            "message": "the codebook is not that of datapackage.json and metrics.csv. Run `outlay check --fix`.",
        }
    ]


def _with_codebook(path: Path, folder: Path) -> str:
    """Return the text of the data's README with its codebook made anew."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    out = []
    facts = [resource["name"] for resource in package["resources"] if resource["schema"]["primaryKey"] == ledger.FACT_KEY]
    for resource in package["resources"]:
        if resource["name"] in facts[1:]:
            continue
        names = facts if resource["name"] in facts else [resource["name"]]
        out += [
            "",
            "### " + ", ".join(f"`{name}.csv`" for name in names),
            "",
            f"Key: {', '.join(resource['schema']['primaryKey'])}.",
            "",
            "| column | type | | meaning |",
            "|---|---|---|---|",
        ]
        for field in resource["schema"]["fields"]:
            rules = field.get("constraints", {})
            what = ", ".join(rules["enum"]) if "enum" in rules else ""
            out.append(
                f"| `{field['name']}` | {field['type']} | {'required' if rules.get('required') else ''} | "
                f"{'; '.join(part for part in (field.get('description', ''), what) if part)} |"
            )
    out += ["", "### Metrics", "", "| metric | kind | unit | what it is | includes | leaves out |", "|---|---|---|---|---|---|"]
    for row in ledger.tables(folder)["metrics"].itertuples():
        note = f" ({row.note})" if row.note else ""
        out.append(f"| `{row.metric}` | {row.kind} | {row.unit} | {row.definition}{note} | {row.includes} | {row.excludes} |")
    text = path.read_text(encoding="utf-8")
    return re.sub(
        r"(<!-- codebook -->\n).*(<!-- /codebook -->)", lambda found: found[1] + "\n".join(out).lstrip("\n") + "\n" + found[2], text, flags=re.DOTALL
    )


def fix(data: Path | str | None = None) -> list[str]:
    """Sort every table by its key and make the codebook anew, otherwise untouched; returns the names of the files that changed."""
    folder = ledger.home(data)
    with ledger.held(folder):
        # what cannot be read is left as it is; `findings` says what is wrong
        broken = {
            Path(finding["file"]).stem for finding in ledger.findings(folder) if finding["rule"] in ("file", "cells", "columns", "type", "required")
        }
        files = {f"{name}.csv": text for name, (text, moved) in _ordered(folder, broken).items() if moved}
        path = folder / "README.md"
        if path.exists() and not ledger.findings(folder) and (text := _with_codebook(path, folder)) != path.read_text(encoding="utf-8"):
            files[path.name] = text
        lines.commit(folder, files)
    return list(files)


def fix_order(data: Path | str | None = None) -> list[str]:
    """Put rows where their key belongs, each line as it is, and say which moved; moves nothing while a table breaks the schema.

    Lines that were pasted from elsewhere, without an end or with carriage returns, get the ends that all have.
    """
    folder = ledger.home(data)
    with ledger.held(folder):
        ends = _ends(folder)
        lines.commit(folder, ends)
        said = [f"data/{name}: mended the ends of lines" for name in ends]
        if ledger.findings(folder):
            return said
        found = {name: (text, moved) for name, (text, moved) in _ordered(folder, set()).items() if moved}
        lines.commit(folder, {f"{name}.csv": text for name, (text, _) in found.items()})
    return said + [f"data/{name}.csv: row {was} is now row {now}" for name, (_, moved) in found.items() for was, now in moved]


def _ends(folder: Path) -> dict[str, str]:
    """Return the texts of the tables whose lines do not all end as they should, mended."""
    out = {}
    for name in ledger.keys(folder):
        with contextlib.suppress(OSError, UnicodeDecodeError):  # for `findings` to say
            was = (folder / f"{name}.csv").read_bytes().decode()
            now = was.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n") + "\n"
            out |= {f"{name}.csv": now} if now != was and now.strip() else {}
    return out


def _ordered(folder: Path, but: set[str]) -> dict[str, tuple[str, list]]:
    """Return every table but some with its lines in order, and which rows moved."""
    keys = ledger.keys(folder)
    return {name: lines.ordered((folder / f"{name}.csv").read_bytes().decode(), key) for name, key in keys.items() if name not in but}


def tried(folder: Path, files: dict[str, str]) -> tuple[list[dict], list[dict]]:
    """Return the errors that the ledger would have with other texts of some files and has not now, and the exceptions that it would no longer need.

    The findings are those of `check`, with the name of the `fact` that they are about, if it is one. Raises LedgerError if the tables cannot be read.
    """
    if broken := ledger.findings(folder):
        raise ledger.LedgerError("the ledger is to be mended first:\n" + "\n".join(ledger.line(finding) for finding in broken[:20]))
    with lines.aside(folder, files) as copy:
        found = [finding for finding in findings(copy) if finding["severity"] == "error"]
        facts = ledger.tables(copy).get("facts")
        names = {} if facts is None else dict(zip(zip("data/" + facts.table + ".csv", facts.row, strict=True), facts.name, strict=True))
    # what breaks the schema is new, for the tables as they stand are whole; only what the audit finds may have been there before
    known = Counter(_kind(finding) for finding in findings(folder)) if found and facts is not None else Counter()
    news = []
    for finding in found:
        if known[_kind(finding)]:
            known[_kind(finding)] -= 1
        else:
            news.append({**finding, "fact": names.get((finding["file"], finding["row"]), "")})
    return [finding for finding in news if finding["rule"] != "exception"], [finding for finding in news if finding["rule"] == "exception"]


def _kind(finding: dict) -> tuple:
    """Return what stays of a finding where its row moves."""
    return tuple(finding[name] for name in ("file", "rule", "column", "value", "message"))


def refusal(found: list[dict], new: set[str] = frozenset()) -> str:
    """Say what stands against a change: a line a finding, and how to go on where a document itself is at odds with the audit.

    `new` names facts that the change brings and that could be left out of it.
    """
    said = [f"error: {ledger.line(finding)}" for finding in found[:20]] + ([f"… and {len(found) - 20} more"] if len(found) > 20 else [])
    audited = [finding for finding in found if finding["rule"] in audit.RULES]
    if left := sorted({finding["fact"] for finding in audited} & new):
        said += ["If the document prints it, but wrongly, leave it out with the reason:", *(f"  --omit {fact} 'what is wrong'" for fact in left)]
    if audited:
        listed = dict.fromkeys((finding["rule"], finding["fact"]) for finding in audited)
        said += [
            "If all of it is right as printed, list the exceptions in the same step:",
            *(f"  --accept {rule} {fact} 'why'" for rule, fact in listed),
        ]
    return "\n".join(["nothing was written: `outlay check` would not pass.", *said])
