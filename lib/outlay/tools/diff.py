"""What differs between two ledgers, row by row, and why; and the ledgers between them, in which one cause after another has come in.

Every difference has one of the `CAUSES`, told from the rows alone, so that the order of rows in a file changes nothing. A figure that a later
document prints otherwise is a difference of that figure, with its old value and its new one, although both prints stay in the ledger.
"""

import csv
import functools
import io
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from outlay import ledger
from outlay.tools import build

CAUSES = ("new period", "restated", "recast", "our correction", "definition", "code")  # in the order in which they are applied
LARGE = 0.05  # a change of this share of a figure, or more, is marked
COLUMNS = ["change", "cause", "loud", "table", "what", "company", "metric", "period", "unit", "old", "new", "percent", "why", "source", "url"]
_NUMBERS = {"relation", "value", "low", "high", "unit", "stance", "grade", "number"}  # a cell that changes what a figure says
_WORDS = {"locator", "note", "title", "via", "reason"}  # a cell that changes nothing but how it is told
_REDRAWN = re.compile(r"recast|re-cast|redrawn|redrew|reclassif|resegment|new segments|as redrawn", re.IGNORECASE)
_DEFINITIONS = ("companies", "metrics", "bases", "tag_map", "presentations")
_NOTES = ("omitted", "exceptions", "corrections")


@dataclass
class Side:
    """One of the two things compared: its name in words, its tables, and the code it was made by (`tree`; without one, that which runs now)."""

    name: str
    data: Path
    tree: Path | None = None
    edition: str = ""


@dataclass
class Tables:
    """The tables of a folder as text: by name, the columns, the key, and the rows by their key; and what the ledger makes of each figure."""

    package: dict
    fields: dict[str, list[str]]
    keys: dict[str, list[str]]
    rows: dict[str, dict[tuple, dict]]
    figures: dict[tuple, object] = field(default_factory=dict)  # (table, key) -> the figure converted, with its name
    typed: dict = field(default_factory=dict)  # the frames that the ledger makes of them


def sides(old: str, new: str, work: Path) -> tuple[Side, Side]:
    """Return what two words name: each a folder of data (or a project's), a date (the present ledger as known then) or a git revision.

    What is not there as files is written into the folder `work`. Raises ValueError if a word names nothing.
    """
    return tuple(_side(text, work / place) for place, text in (("old", old), ("new", new)))


def _side(text: str, work: Path) -> Side:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        forget(ledger.home(), work / "data", text)
        return Side(text, work / "data", edition=text)
    for folder in (Path(text), Path(text) / "data"):
        if (folder / "datapackage.json").is_file():
            return Side(text, folder.resolve(), edition=_edition(folder))
    found = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}"], cwd=build.ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise ValueError(f"'{text}' is no folder with a datapackage.json, no date such as 2026-06-30 and no revision of this repository")
    packed = subprocess.run(["git", "archive", found.stdout.strip()], cwd=build.ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(work, filter="data")
    if not (work / "data" / "datapackage.json").is_file():
        raise ValueError(f"revision '{text}' has no ledger: data/datapackage.json is missing there")
    return Side(text, work / "data", work, _edition(work / "data"))


def _edition(folder: Path) -> str:
    return str(json.loads((folder / "datapackage.json").read_text(encoding="utf-8")).get("version", ""))


def forget(data: Path, out: Path, day: str) -> None:
    """Write a copy of the ledger without what was published after a day, undated documents included: what was known on it."""
    if pd.isna(pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")):
        raise ValueError(f"'{day}' is no date: write it as 2024-08-05")
    tables = read(data)
    kept = {key for key, row in tables.rows["sources"].items() if row["published"] and row["published"] <= day}
    for name, rows in tables.rows.items():
        if name == "sources":
            tables.rows[name] = {key: row for key, row in rows.items() if key in kept}
        elif "source" in tables.fields[name]:
            tables.rows[name] = {key: row for key, row in rows.items() if (row["source"],) in kept}
    known = {row["deal"] for row in tables.rows.get("deals", {}).values()}
    for key, row in tables.rows.get("deals", {}).items():
        tables.rows["deals"][key] = row | {"part_of": row["part_of"] if row["part_of"] in known else ""}
    write(tables, tables.rows, out)


def read(folder: Path, figures: bool = False) -> Tables:
    """Read the tables of a folder as text; with `figures`, also what the ledger makes of each, which a folder that breaks its schema refuses.

    >>> read(ledger.home()).keys["sources"]
    ['source']
    """
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    fields, keys, rows, lines = {}, {}, {}, {}
    for resource in package["resources"]:
        name, key = resource["name"], resource["schema"]["primaryKey"]
        with (folder / resource["path"]).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            found = list(reader)
        fields[name], keys[name] = [cell["name"] for cell in resource["schema"]["fields"]], key
        lines[name] = [tuple(row[part] for part in key) for row in found]
        rows[name] = dict(zip(lines[name], found, strict=True))
    out = Tables(package, fields, keys, rows)
    if figures:
        if wrong := ledger.findings(folder):
            raise ValueError(f"the ledger in {folder} cannot be compared: {ledger.line(wrong[0])}")
        out.typed = typed = ledger.tables(folder)
        facts = typed["facts"]
        for name in ("deals", "models"):
            parts = typed[name].rename(columns={"fact": "name"} if name == "deals" else {"name": "role_name", "fact": "name"})
            out.figures |= {(name, lines[name][row.row - 2]): row for row in parts.itertuples()}
        out.figures |= {(row.table, lines[row.table][row.row - 2]): row for row in facts.itertuples()}
    return out


def write(shape: Tables, rows: dict[str, dict[tuple, dict]], folder: Path) -> None:
    """Write tables into a folder, in the columns of `shape`, sorted by key; a table or column that `shape` lacks is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "datapackage.json").write_text(json.dumps(shape.package, ensure_ascii=False, indent=1), encoding="utf-8")
    for resource in shape.package["resources"]:
        name = resource["name"]
        with (folder / resource["path"]).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, shape.fields[name], restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for _, row in sorted(rows.get(name, {}).items(), key=lambda item: _order(shape.keys[name], item[0])))


def _order(names: list[str], key: tuple) -> tuple:
    return tuple((int(cell), "") if name == "n" and cell.isdigit() else (0, cell) for name, cell in zip(names, key, strict=True))


def compare(old: Path, new: Path) -> pd.DataFrame:
    """Return what differs between two folders of data, in `COLUMNS` and with `key` and `size`: removed, then changed, then new, the largest first.

    `change` is removed, changed or new, `cause` one of `CAUSES`, `percent` the change as a share, `loud` marks what needs a person's eye: rows
    changed or taken out that no correction explains. Prints that only repeat a figure are new with a `why` that says so.

    >>> compare(ledger.home(), ledger.home()).empty
    True
    """
    return _rows(read(old, figures=True), read(new, figures=True))


def _rows(old: Tables, new: Tables) -> pd.DataFrame:
    held = _Held(old, new)
    found = []
    for name in dict.fromkeys([*old.rows, *new.rows]):
        before, after = old.rows.get(name, {}), new.rows.get(name, {})
        for key in sorted(set(before) | set(after)):
            was, now = before.get(key), after.get(key)
            if was != now:
                found.append(held.judged(name, key, was, now))
    found = _paired([row for row in found if row], held)
    frame = pd.DataFrame(found, columns=[*COLUMNS, "key", "beside", "step", "size"])
    frame["who"] = frame.company.map(held.called).fillna(frame.company)
    place = frame.change.map({"removed": 0, "changed": 1, "new": 2})
    told = frame.why.eq("printed again, alike") | frame.table.isin([*_NOTES, "sources"])
    frame = frame.assign(place=place, told=told, order=frame.key.map(str))
    # the loud ones first among their like; figures before words; then by size
    frame = frame.sort_values(
        ["place", "told", "loud", "size", "table", "order"], ascending=[True, True, False, False, True, True], ignore_index=True
    )
    return frame.drop(columns=["place", "told", "order"])


class _Held:
    """What the old ledger held of each period, and what the new one says of corrections and drawings: enough to judge one row."""

    def __init__(self, old: Tables, new: Tables) -> None:
        self.old, self.new, self.typed = old, new, new.typed
        self.called = {key[0]: row["name"] for side in (old, new) for key, row in side.rows["companies"].items()}
        self.firms = {key[0] for side in (old, new) for key, row in side.rows["companies"].items() if row["kind"] == "company"}
        self.published = {key[0]: row.get("published", "") for side in (old, new) for key, row in side.rows["sources"].items()}
        self.url = {key[0]: row.get("url", "") for side in (old, new) for key, row in side.rows["sources"].items()}
        self.prints: dict[tuple, list] = {}
        self.drawn: dict[tuple, list] = {}
        family = {key[0]: row["family"] for side in (old, new) for key, row in side.rows["metrics"].items()}
        self.family = family
        segments = {row["metric"] for side in (old, new) for row in side.rows["bases"].values() if row["basis"].endswith("_segments")}
        self.segments = segments
        told = {(row.company, row.metric) for (table, _), row in old.figures.items() if table not in ("deals", "models")}
        self.told = told
        self.named = {row.name: at for at, row in new.figures.items()}
        for (table, key), row in old.figures.items():
            if table in ("deals", "models") or row.stance != "actual" or pd.isna(row.number):
                continue
            self.prints.setdefault(_period(row), []).append((table, key, row))
            if row.metric in segments:
                self.drawn.setdefault((row.company, family[row.metric], row.period_start, row.period_end), []).append((table, key, row))
        self.corrections: dict[str, list[dict]] = {}
        for key, row in new.rows.get("corrections", {}).items():
            if old.rows.get("corrections", {}).get(key) != row:
                self.corrections.setdefault(row["fact"], []).append(row)
        self.moved = {key[0]: row for key, row in new.rows.get("presentations", {}).items() if old.rows.get("presentations", {}).get(key) != row}

    def judged(self, table: str, key: tuple, was: dict | None, now: dict | None) -> dict | None:
        """Return one row of the comparison, or None if the row says the same (a table got another column that is empty)."""
        row = now or was
        changed = (
            [] if was is None or now is None else [name for name in dict.fromkeys([*was, *now]) if (was.get(name) or "") != (now.get(name) or "")]
        )
        if was and now and not changed:
            return None
        figure, before = self.new.figures.get((table, key)), self.old.figures.get((table, key))
        what = (figure or before).name if figure or before else "/".join(filter(None, (table, *key)))
        source = row.get("source", "") if table != "sources" else key[0]
        out = {
            "change": "new" if was is None else "removed" if now is None else "changed",
            "loud": False,
            "table": table,
            "what": what,
            "company": row.get("company", row.get("to", "")),
            "metric": row.get("metric", row.get("deal", row.get("name", ""))) if figure or before else "",
            "period": "..".join(filter(None, (row.get("period_start", ""), row.get("period_end", row.get("event_date", ""))))),
            "unit": "",
            "old": "",
            "new": "",
            "percent": float("nan"),
            "source": source,
            "url": self.url.get(source, ""),
            "key": (table, key),
            "size": 0.0,
        }
        if figure or before:
            judged = self._figure(out, was, now, before, figure, changed)
            # of what came or went, firms' dollars stand first
            return judged | ({"size": judged["size"] + 2e6} if judged["change"] != "changed" and out["company"] in self.firms else {})
        return self._text(out, was, now, changed)

    def _figure(self, out: dict, was: dict | None, now: dict | None, before: object, figure: object, changed: list[str]) -> dict:
        record = out["table"] in ("deals", "models")
        if was is None:
            return self._added(out, now, figure, record)
        reason = self._reason(out["what"], was, now, changed)
        cause = {"cause": "our correction", "step": 3}
        if now is None:
            why = f"taken out: {reason}" if reason else "TAKEN OUT WITHOUT A CORRECTION: what a document said is never removed"
            return _valued(out, before, None) | cause | {"loud": not reason, "why": why}
        if not set(changed) - _WORDS:
            why = f"reworded: {', '.join(changed)}"
            return out | cause | {"old": _cells(was, changed), "new": _cells(now, changed), "why": why}
        why = f"our correction: {reason}" if reason else "CHANGED WITHOUT A CORRECTION: nothing in corrections.csv says why"
        out = _valued(out, before, figure) | cause | {"loud": not reason, "why": why}
        if out["old"] == out["new"]:
            out |= {"old": _cells(was, changed), "new": _cells(now, changed)}
        return out

    def _added(self, out: dict, now: dict, figure: object, record: bool) -> dict:
        fresh = {"cause": CAUSES[0], "step": 0}
        date = self.published.get(out["source"], "") or "undated"
        if record:
            return _valued(out, None, figure) | fresh | {"why": f"new {'event' if out['table'] == 'deals' else 'statement of a model'} ({date})"}
        if figure.stance != "actual":
            return _valued(out, None, figure) | fresh | {"why": f"new statement ({date})"}
        if pd.isna(figure.number):
            return _valued(out, None, figure) | fresh | {"why": f"said in words ({date})"}
        rivals = self.prints.get(_period(figure), [])
        redrawn = []
        if not rivals and figure.metric in self.segments and (figure.company, figure.metric) not in self.told:
            redrawn = self.drawn.get((figure.company, self.family[figure.metric], figure.period_start, figure.period_end), [])
        if not rivals and not redrawn:
            return _valued(out, None, figure) | fresh | {"why": f"first print of the period ({date})"}
        # the print that a reader knew: the newest, of the strongest grade
        known = max(
            rivals or redrawn,
            key=lambda print_: (-ledger.GRADES.index(print_[2].grade), self.published.get(print_[2].source, ""), print_[2].source, print_[1]),
        )[2]
        if not _apart(known, figure):
            return _valued(out, None, figure) | fresh | {"why": "printed again, alike"}
        out = _valued(out, known, figure)
        said = next((text for text in (figure.note, figure.locator, self.moved.get(figure.name, {}).get("reason", "")) if _REDRAWN.search(text)), "")
        own = figure.metric in self.segments and figure.grade in ("filed", "stated")  # press does not redraw a firm's segments
        taken = out if figure.Index in self.taken else _valued(out, None, figure) | {"percent": out["percent"], "old": out["old"]}
        change = "changed" if figure.Index in self.taken or redrawn else "new"
        rest = "" if change == "changed" else "; the figure taken stays"
        if redrawn or said or own or figure.name in self.moved:
            why = said or (self.moved[figure.name]["reason"] if figure.name in self.moved else "a segment's figure, on another footing")
            return taken | {"change": change, "cause": CAUSES[2], "step": 2, "why": f"recast ({date}): {why}{rest}"}
        later = date >= (self.published.get(known.source, "") or "")
        why = f"{'a later' if later else 'an earlier'} document prints it otherwise ({date}){rest}"
        return taken | {"change": change, "cause": CAUSES[1], "step": 1, "why": why}

    @functools.cached_property
    def taken(self) -> set[int]:
        """The prints that the new ledger takes where several stand for one figure."""
        book = ledger.book(self.typed)
        every = book.versions(sorted(book.facts.metric[book.facts.stance == "actual"].unique()))
        return {fact for facts in every.facts[every.lost_by == ""] for fact in facts}

    def _text(self, out: dict, was: dict | None, now: dict | None, changed: list[str]) -> dict:
        table, key = out["key"]
        names = changed or [name for name, cell in (now or was).items() if cell and name not in self.new.keys.get(table, self.old.keys.get(table))]
        out |= {"old": _cells(was, names) if was else "", "new": _cells(now, names) if now else ""}
        if table in _NOTES:
            return out | {"cause": CAUSES[3], "step": 3, "why": "our notes"}
        if table == "sources":
            if was is None:
                return out | {"cause": CAUSES[0], "step": -1, "why": f"new document ({now['published'] or 'undated'})", "new": now["title"]}
            reason = self._reason(key[0], was, now, changed)
            loud = not reason and (now is None or bool(set(changed) - _WORDS - {"url"}))
            why = f"our correction: {reason}" if reason else "CHANGED WITHOUT A CORRECTION" if loud else "the document is described otherwise"
            return out | {"cause": CAUSES[3], "step": 3 if now else 4, "loud": loud, "why": why}
        if table == "presentations" and was is None and (fact := self._place(key[0])) is not None:
            return fact | {
                "change": "new",
                "table": table,
                "what": out["what"],
                "old": "",
                "new": out["new"],
                "percent": float("nan"),
                "key": (table, key),
            }
        why = {
            "companies": "who is counted, and how",
            "metrics": "what a figure is",
            "bases": "which definition serves a basis",
            "tag_map": "which tag means what",
            "presentations": "which presentation a figure belongs to",
        }.get(table, "a table of definitions")
        return out | {"cause": CAUSES[4], "step": 4, "why": f"definition: {why}"}

    def _place(self, fact: str) -> dict | None:
        """Return how a figure that came in only now is judged, if there is such a one of that name: what is said of it came with it."""
        table, key = self.named.get(fact, ("", ()))
        if not table or key in self.old.rows.get(table, {}):
            return None
        return self.judged(table, key, None, self.new.rows[table][key]) | {"size": 0.0, "unit": ""}

    def _reason(self, fact: str, was: dict | None, now: dict | None, changed: Iterable[str]) -> str:
        """Return why a row was mended, if every cell that changed is listed with its old and its new text."""
        listed = {row["column"]: row for row in self.corrections.get(fact, [])}
        wanted = [name for name in changed if name not in _WORDS]
        if now is None:
            return listed["source"]["reason"] if "source" in listed and not listed["source"]["new"] else ""
        fits = [name in listed and listed[name]["old"] == was.get(name, "") and listed[name]["new"] == now.get(name, "") for name in wanted]
        return "; ".join(dict.fromkeys(listed[name]["reason"] for name in wanted)) if wanted and all(fits) else ""


def _paired(found: list[dict], held: _Held) -> list[dict]:
    """Join what was taken out and what came in its place where corrections of the key (a period, a document) say that they are one row."""
    gone = {(row["table"], row["what"]): row for row in found if row["change"] == "removed"}
    joined = set()
    for row in found:
        table, key = row["key"]
        if key in held.old.rows.get(table, {}) or row["key"] not in held.new.figures:
            continue
        now = held.new.rows[table][key]
        for fact, listed in held.corrections.items():
            if (other := gone.get((table, fact))) is None or fact in joined:
                continue
            was, told = held.old.rows[table][other["key"][1]], {cell["column"]: cell for cell in listed}
            apart = [name for name in now if now[name] != was.get(name, "") and name not in _WORDS]
            if apart and all(name in told and told[name]["old"] == was[name] and told[name]["new"] == now[name] for name in apart):
                row |= {"change": "changed", "cause": CAUSES[3], "step": 3, "loud": False, "why": f"our correction: {told[apart[0]]['reason']}"}
                row |= _valued({}, held.old.figures[other["key"]], held.new.figures[row["key"]]) | {"beside": other["key"]}
                row |= {"old": _cells(was, apart), "new": _cells(now, apart)} if row["old"] == row["new"] else {}
                joined.add(fact)
                break
    return [row for row in found if not (row["change"] == "removed" and row["what"] in joined)]


def _period(row: object) -> tuple:
    return row.company, row.metric, _stamp(row.period_start), _stamp(row.period_end), row.said_by, row.scope


def _stamp(day: object) -> str:
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _apart(one: object, other: object) -> bool:
    """Return whether two prints of a figure differ beyond what rounding explains."""
    return abs(one.number - other.number) > one.half + other.half + 1e-9


def _valued(out: dict, before: object, after: object) -> dict:
    """Fill in the old and new figure as they were said, the change as a share, and the size by which rows are sorted."""
    shown = {"old": _said(before), "new": _said(after)}
    unit = (after if after is not None else before).plain
    old, new = (float("nan") if row is None or pd.isna(row.number) else float(row.number) for row in (before, after))
    percent = (new - old) / abs(old) if pd.notna(old) and pd.notna(new) and old else float("nan")
    if before is not None and after is not None:
        size = abs(percent) if pd.notna(percent) else float(pd.notna(new) and new != old)
    else:  # dollars first, each kind by what it amounts to
        amount = next((abs(value) for value in (new, old) if pd.notna(value)), 0.0)
        size = amount + 1e6 if unit == "USD bn" else min(amount, 1e6)
    return out | shown | {"unit": unit, "percent": percent, "size": size}


def _said(row: object) -> str:
    if row is None:
        return ""
    if pd.isna(row.number):
        return "in words"
    mark = "" if row.relation in ("=", "words") else row.relation + " "
    span = f" ({row.lowest:,.10g} to {row.highest:,.10g})" if pd.notna(row.lowest) and pd.notna(row.highest) else ""
    return f"{mark}{row.number:,.10g}{span}"


def _cells(row: dict, names: Iterable[str]) -> str:
    return "; ".join(f"{name}: {row.get(name) or '(empty)'}" for name in names)


def between(old: Path, new: Path, rows: pd.DataFrame, work: Path) -> list[tuple[str, Path]]:
    """Write the ledgers that lead from the old to the new one, one cause after another, and return each cause that moves a row, with its folder.

    The columns are those of the old ledger; what its schema cannot hold comes in with the code. The last is the new ledger itself where nothing
    but data differs.
    """
    before, after = read(old), read(new)
    steps = {at: step for key, beside, step in zip(rows.key, rows.beside, rows.step, strict=True) for at in (key, beside)}
    out = []
    for step, cause in enumerate(CAUSES[:5]):
        if not (rows.step == step).any():
            continue
        found = {}
        for name in before.rows:
            was, now = before.rows[name], after.rows.get(name, {})
            found[name] = {}
            for key in {*was, *now}:
                row = now.get(key) if steps.get((name, key), 9) <= step else was.get(key)
                if row is None and name in ("companies", "metrics") and key not in was:
                    row = _bare(now[key])
                if row is not None:
                    found[name][key] = row
        folder = work / f"{step}"
        _fitted(before, found, folder)
        out.append((cause, folder))
    return out


def _bare(row: dict) -> dict:
    """Return a company or definition that figures may name, before its own part in others' figures is defined."""
    return row | {name: "" for name in ("parts", "groups") if name in row}


def _fitted(shape: Tables, rows: dict, folder: Path) -> None:
    """Write tables as a schema wants them, without the rows that it refuses."""
    for _ in range(4):
        write(shape, rows, folder)
        if not (wrong := [finding for finding in ledger.findings(folder) if finding["row"]]):
            return
        for name in rows:
            order = sorted(rows[name], key=lambda key: _order(shape.keys[name], key))
            for finding in wrong:
                if finding["file"] == f"data/{name}.csv":
                    rows[name].pop(order[finding["row"] - 2], None)


def same_rows(one: Path, other: Path) -> bool:
    """Return whether two folders hold the same rows, in whatever order."""
    left, right = read(one), read(other)
    return left.rows == right.rows and left.fields == right.fields


def code(old: Side, new: Side) -> list[dict]:
    """Return the files of the library, the pins and the notebooks' cells that differ between two sides, as rows of the comparison."""
    found = []
    before, after = (_sources(side.tree or build.ROOT) for side in (old, new))
    for name in sorted(set(before) | set(after)):
        if before.get(name) != after.get(name):
            change = "new" if name not in before else "removed" if name not in after else "changed"
            found.append(dict.fromkeys(COLUMNS, "") | {"change": change, "cause": "code", "loud": False, "table": "code", "what": name})
            found[-1] |= {
                "percent": float("nan"),
                "why": "the code that computes and tells the figures",
                "key": ("code", (name,)),
                "step": 5,
                "size": 0.0,
            }
    return found


def _sources(tree: Path) -> dict[str, bytes]:
    """Return what figures are computed with: the library without its tools, the pins, and the cells of notebooks."""
    library = tree / "lib" / "outlay"
    out = {str(path.relative_to(tree)): path.read_bytes() for path in library.rglob("*.py") if "tools" not in path.parts and path.stem != "__main__"}
    for path in sorted((tree / "notebooks").glob("[0-9]*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        out[str(path.relative_to(tree))] = "\n\n".join("".join(cell["source"]) for cell in cells).encode()
    pins = tree / "requirements" / "run.txt"
    return out | ({"requirements/run.txt": pins.read_bytes()} if pins.exists() else {})


def report(old: Path, new: Path, folder: Path, say: Callable[[str], None] = lambda _: None) -> Path:
    """Write the review page of what came from one folder of data to another: `update.html`, `update.md` and `changelog.md`; return the first."""
    from outlay.tools import reports

    with tempfile.TemporaryDirectory() as work:
        found = differences(
            Side("before", Path(old).resolve(), edition=_edition(Path(old))),
            Side("after", Path(new).resolve(), edition=_edition(Path(new))),
            Path(work),
            say,
        )
        return reports.write(found, Path(folder))


def differences(old: Side, new: Side, work: Path, say: Callable[[str], None] = lambda _: None, figures: bool = True) -> dict:
    """Return all that differs between two sides: `rows`, and with `figures` what the notebooks make of it (see `moved.moved`)."""
    from outlay.tools import moved

    rows = compare(old.data, new.data)
    edited = code(old, new) if (old.tree or new.tree) else []
    if edited:
        rows = (
            pd.concat([rows, pd.DataFrame(edited, columns=rows.columns)], ignore_index=True)
            if len(rows)
            else pd.DataFrame(edited, columns=rows.columns)
        )
        rows = rows.sort_values("change", key=lambda cells: cells.map({"removed": 0, "changed": 1, "new": 2}), kind="stable", ignore_index=True)
    found = {"old": old, "new": new, "rows": rows, "notebooks": [], "ran": figures}
    if figures and len(rows):
        found["notebooks"] = moved.moved(old, new, rows, work, say)
    return found
