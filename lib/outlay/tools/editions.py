"""The edition: its date stands in data/datapackage.json, its date and number in CITATION.cff and pyproject.toml. They move together."""

import contextlib
import json
import re
from pathlib import Path

import pandas as pd

from outlay import ledger
from outlay.tools import build

# where an edition is named: the file, and what stands around its date and around its number; the number is raised first, so that one that was
# cut short can be told from one that has not begun
_PLACES = {
    "pyproject.toml": (None, r'(^version = ")([^"]*)(")'),
    "CITATION.cff": (r"(^date-released: )(\S+)()", r"(^version: )(\S+)()"),
    "data/datapackage.json": (r'(^  "version": ")([^"]*)(")', None),
}


def named(root: Path | None = None) -> dict[str, tuple[str, str]]:
    """Return what each file says of the edition: its date and its number, empty where a file does not say it.

    >>> len({date for date, _ in named().values() if date})
    1
    """
    out = {}
    for name, forms in _PLACES.items():
        text = ((root or build.ROOT) / name).read_text(encoding="utf-8")
        out[name] = tuple(_only(form, text, name)[2] if form else "" for form in forms)
    return out


def move(date: str, label: str = "", root: Path | None = None) -> str:
    """Give the edition a date and a number in all files, or in none, and return in words what it is now.

    Without a `label` the second part of the number is raised. Refuses a date before the present edition's or before the newest document of the
    ledger, and a number that is not above the present one, unless nothing else differs: said again, it completes what was cut short.
    """
    root = root or build.ROOT
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date) or pd.isna(pd.to_datetime(date, format="%Y-%m-%d", errors="coerce")):
        raise ValueError(f"'{date}' is no date: write it as 2026-12-01")
    if label and not re.fullmatch(r"\d+\.\d+\.\d+", label):
        raise ValueError(f"'{label}' is no number of an edition: write it as 0.3.0")
    said = named(root)
    newest = max(day for day, _ in said.values())
    numbers = {number for _, number in said.values() if number}
    highest = max(numbers, key=_parts)
    if date < newest:
        raise ValueError(f"the edition is of {newest}; {date} would take it back")
    document = ledger.tables(root / "data")["sources"].published.max()
    if pd.Timestamp(date) < document:
        raise ValueError(f"the newest document of the ledger is of {document:%Y-%m-%d}; an edition of {date} could not hold it")
    halfway = len(numbers) > 1 or len({day for day, _ in said.values() if day}) > 1
    first, second, _ = _parts(highest)
    label = label or (highest if halfway or date == newest else f"{first}.{second + 1}.0")
    if _parts(label) < _parts(highest):
        raise ValueError(f"the edition is {highest}; {label} would take it back")
    texts = {}
    for name, forms in _PLACES.items():
        before = text = (root / name).read_text(encoding="utf-8")
        for form, what in zip(forms, (date, label), strict=True):
            if form:
                text = re.sub(form, lambda found, what=what: found[1] + what + found[3], text, count=1, flags=re.MULTILINE)
        texts[root / name] = before, text
    _together(texts)
    return f"edition {label} of {pd.Timestamp(date):%-d %B %Y}: {', '.join(_PLACES)}"


def _only(form: str, text: str, name: str) -> re.Match:
    found = list(re.finditer(form, text, flags=re.MULTILINE))
    if len(found) != 1:
        raise ValueError(f"{name}: found {len(found)} places that name the edition; expected one. Restore the file.")
    return found[0]


def _parts(number: str) -> tuple[int, ...]:
    return tuple(map(int, number.split(".")))


def _together(texts: dict[Path, tuple[str, str]]) -> None:
    """Write all files, each aside first; if one cannot be put into place, those that were are put back."""
    asides = {path: path.with_name(f".{path.name}.new") for path in texts}
    done = []
    try:
        for path, (_, text) in texts.items():
            if path.name.endswith(".json"):
                json.loads(text)
            asides[path].write_text(text, encoding="utf-8")
        for path in texts:
            asides[path].replace(path)
            done.append(path)
    except BaseException:
        for path in done:
            path.write_text(texts[path][0], encoding="utf-8")
        raise
    finally:
        for aside in asides.values():
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
