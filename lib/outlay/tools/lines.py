"""Writing the ledger: lines put where they belong, everything tried aside first, several files at once or none.

What stands in a table is never written anew: lines are moved or added, byte for byte. A change of several files is written beside the folder of the
tables and named `.data.ready` in one step; it has happened from then on, and `ledger.finish` puts the files into place, here or, if this process
dies, in the next one that reads the ledger.
"""

import bisect
import contextlib
import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from outlay import ledger


def split(text: str) -> list[str]:
    """Return the lines of a table with their ends; the first is the header."""
    return [f"{part}\n" for part in text.removesuffix("\n").split("\n")]


def cells(text: str) -> list[str]:
    """Return the cells of a line."""
    return next(csv.reader([text.removesuffix("\n")]), [])


def place(columns: list[str], key: list[str]) -> Callable[[str], tuple]:
    """Return a function that gives the place of a line in the order of a table: its key, with `n` as a number."""
    at = [(columns.index(name), name == "n") for name in key]

    def of(text: str) -> tuple:
        row = cells(text)
        return tuple(int(row[number]) if counts else row[number] for number, counts in at)

    return of


def ordered(text: str, key: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return a table with its lines sorted by key, otherwise untouched, and the fewest rows that moved, as (was, is), the header being row 1."""
    header, *body = split(text)
    of = place(cells(header), key)
    keys = [of(each) for each in body]
    order = sorted(range(len(body)), key=keys.__getitem__)
    now = {was: number for number, was in enumerate(order, 2)}
    stay = _longest_rise([now[was] for was in range(len(body))])
    moved = [(was + 2, now[was]) for was in range(len(body)) if was not in stay]
    return header + "".join(body[was] for was in order), moved


def _longest_rise(numbers: list[int]) -> set[int]:
    """Return the positions of a longest rising part of a list: what need not move for the rest to be in order."""
    tops, last, before = [], [], [-1] * len(numbers)
    for position, number in enumerate(numbers):
        length = bisect.bisect_left(tops, number)
        tops[length : length + 1] = [number]
        last[length : length + 1] = [position]
        before[position] = last[length - 1] if length else -1
    found, position = set(), last[-1] if last else -1
    while position >= 0:
        found.add(position)
        position = before[position]
    return found


def line(row: dict, columns: list[str]) -> str:
    """Return a row as the line of a table."""
    out = io.StringIO()
    csv.DictWriter(out, columns, lineterminator="\n", restval="").writerow(row)
    return out.getvalue()


def inserted(text: str, name: str, key: list[str], rows: Iterable[dict]) -> str:
    """Return a table with rows put where their key belongs; the lines that were there stay byte for byte. Refuses a table that is out of order."""
    header, *body = split(text)
    columns = cells(header)
    of = place(columns, key)
    if body != sorted(body, key=of):
        raise ValueError(f"data/{name}.csv is out of order; run `outlay check --fix-order` first")
    return header + "".join(sorted([*body, *(line(row, columns) for row in rows)], key=of))


@contextlib.contextmanager
def aside(folder: Path, files: dict[str, str]) -> Iterator[Path]:
    """Give a copy of the tables as they would be with other texts of some of them."""
    with tempfile.TemporaryDirectory(prefix="outlay-") as temporary:
        copy = Path(temporary).resolve() / "data"
        copy.mkdir()
        for path in folder.iterdir():
            if path.is_file() and not path.name.startswith(".") and path.name not in files:
                shutil.copy2(path, copy)
        for name, text in files.items():
            (copy / name).write_text(text, encoding="utf-8", newline="")
        yield copy


def commit(folder: Path, files: dict[str, str]) -> None:
    """Write several files of the ledger, all or none, whatever happens in between. The caller holds the tables: see `ledger.held`."""
    pending, ready = (folder.parent / f".{folder.name}.{state}" for state in ("pending", "ready"))
    if pending.exists():  # somebody was cut short before anything was decided
        shutil.rmtree(pending)
    files = {name: text.encode() for name, text in files.items() if text.encode() != (folder / name).read_bytes()}
    if not files:
        return
    pending.mkdir()
    journal = {name: [hashlib.sha256(part).hexdigest() for part in ((folder / name).read_bytes(), content)] for name, content in files.items()}
    for name, content in {**files, "journal.json": json.dumps(journal).encode()}.items():
        with (pending / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _settled(pending)
    pending.rename(ready)  # here it is decided
    _settled(folder.parent)
    ledger.finish(folder, alone=True)
    _settled(folder)


def _settled(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk."""
    with contextlib.suppress(OSError):  # not every system opens folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
