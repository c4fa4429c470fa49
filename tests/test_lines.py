import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import ROOT, desk, edit
from outlay import ledger
from outlay.tools import check, lines

KEY = ["company", "n"]
TABLE = 'company,n,note\naapl,1,"a, quoted"\nmsft,2,b\nmsft,10,"needless quotes"\n'


@pytest.fixture
def folder(tmp_path):
    return desk(tmp_path / "data")


def test_a_row_goes_where_its_key_belongs_and_other_lines_stay_byte_for_byte():
    text = lines.inserted(TABLE, "x", KEY, [{"company": "msft", "n": "9", "note": "new, one"}, {"company": "zz", "n": "1"}])
    assert text == TABLE.replace("msft,10", 'msft,9,"new, one"\nmsft,10') + "zz,1,\n"


def test_a_table_out_of_order_takes_no_rows():
    with pytest.raises(ValueError, match="data/x.csv is out of order"):
        lines.inserted("company,n,note\nb,1,\na,1,\n", "x", KEY, [])


def test_the_fewest_rows_are_said_to_have_moved():
    header, *body = lines.split(TABLE)
    text, moved = lines.ordered(header + body[2] + body[0] + body[1], KEY)
    assert (text, moved) == (TABLE, [(2, 4)])
    assert lines.ordered(TABLE, KEY) == (TABLE, [])


def change(folder) -> dict[str, str]:
    """Two files that only make sense together: a document and what it says."""
    row = {"company": "msft", "metric": "revenue", "period_start": "2026-07-01", "period_end": "2026-09-30", "relation": "=", "value": "90000"}
    row |= {"unit": "USD m", "stance": "actual", "grade": "filed", "source": "msft-10-q-2026-09-30", "n": "1", "locator": "income statement"}
    paper = {"source": "msft-10-q-2026-09-30", "publisher": "Microsoft", "kind": "filing", "title": "10-Q", "url": "", "published": "2026-10-28"}
    paper |= {"published_precision": "day", "licence": "public", "tier": "primary"}
    added = {"financials": [row], "sources": [paper]}
    return {f"{name}.csv": lines.inserted((folder / f"{name}.csv").read_text(encoding="utf-8"), name, ledger.keys(folder)[name], rows) for name, rows in added.items()}


def stand(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.*")}


class Killed(BaseException):
    """What no handler catches: the process is gone."""


def doomed(monkeypatch, at: int) -> list[str]:
    """Let the process die at the `at`-th step that touches the disk, half-way through it where it can be."""
    steps = []

    def wrap(owner, name, half=None):
        real = getattr(owner, name)

        def step(*arguments, **more):
            steps.append(name)
            if len(steps) == at:
                if half:
                    half(real, *arguments, **more)
                raise Killed(name)
            return real(*arguments, **more)

        monkeypatch.setattr(owner, name, step)

    def half(real, path, mode="r", *arguments, **more):
        if "w" in mode:
            with real(path, mode, *arguments, **more) as file:
                file.write(b"half of i" if "b" in mode else "half of i")

    wrap(Path, "open", half)
    for owner, name in ((os, "replace"), (os, "fsync"), (Path, "rename"), (Path, "mkdir"), (Path, "unlink"), (Path, "rmdir")):
        wrap(owner, name)
    return steps


def test_killed_at_any_step_the_ledger_is_untouched_or_wholly_changed(folder, monkeypatch):
    files, before = change(folder), stand(folder)
    after = before | {name: text.encode() for name, text in files.items()}
    outcomes, at = [], 0
    while True:
        at += 1
        with monkeypatch.context() as patch:
            steps = doomed(patch, at)
            try:
                with ledger.held(folder):
                    lines.commit(folder, files)
                died = False
            except Killed:
                died = True
        ledger.finish(folder)  # as every reader does
        assert stand(folder) in (before, after), f"killed at step {at}, {steps[-1]}"
        outcomes.append(stand(folder) == after)
        assert not (folder.parent / ".data.ready").exists()
        if not died:
            break
        for name in files:  # again from the start; what lies beside the folder stays, as it would
            (folder / name).write_bytes(before[name])
    assert at > 12  # every write, sync and rename had its turn
    assert outcomes == sorted(outcomes)  # untouched until it is decided, changed from then on
    assert outcomes.count(False) > 5
    assert outcomes.count(True) > 4
    assert not (folder.parent / ".data.pending").exists()
    assert check.findings(folder) == []


LOOP = """
import sys, pathlib
sys.path.insert(0, sys.argv[2])
from outlay import ledger
from outlay.tools import lines
import json
folder, both = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[3]).read_text())
print("ready", flush=True)
while True:
    for files in both:
        with ledger.held(folder):
            lines.commit(folder, files)
"""


def test_killed_by_the_system_at_random_moments_the_ledger_is_one_or_the_other(folder):
    files, before = change(folder), stand(folder)
    after = before | {name: text.encode() for name, text in files.items()}
    texts = folder.parent / "both.json"
    texts.write_text(json.dumps([files, {name: before[name].decode() for name in files}]), encoding="utf-8")
    found = []
    for turn in range(5):
        process = subprocess.Popen([sys.executable, "-c", LOOP, str(folder), str(ROOT / "lib"), str(texts)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(0.02 + 0.017 * turn)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        ledger.finish(folder)
        assert stand(folder) in (before, after)
        found.append(stand(folder) == after)
    assert len(found) == 5


def test_a_reader_finishes_what_a_dead_writer_had_decided(folder, monkeypatch):
    files = change(folder)
    monkeypatch.setattr(ledger, "finish", lambda *_, **__: None)  # the writer dies as soon as it is decided
    lines.commit(folder, files)
    monkeypatch.undo()
    assert "msft-10-q-2026-09-30" in set(ledger.tables(folder)["sources"].source)
    assert not (folder.parent / ".data.ready").exists()


def test_a_hand_that_was_quicker_than_the_finish_is_not_overwritten(folder, monkeypatch):
    files = change(folder)
    monkeypatch.setattr(ledger, "finish", lambda *_, **__: None)
    lines.commit(folder, files)
    monkeypatch.undo()
    edit(folder, "sources", lambda rows: rows[:-1])
    mine = (folder / "sources.csv").read_bytes()
    with pytest.raises(ledger.LedgerError, match="was changed by hand while an update of it waited"):
        ledger.tables(folder)
    assert (folder / "sources.csv").read_bytes() == mine


def test_what_is_not_changed_is_not_written(folder):
    stamp = (folder / "capex.csv").stat().st_mtime_ns
    lines.commit(folder, {"capex.csv": (folder / "capex.csv").read_text(encoding="utf-8")})
    assert (folder / "capex.csv").stat().st_mtime_ns == stamp
