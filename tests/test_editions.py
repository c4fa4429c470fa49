"""The edition: its date and number stand in three files and move together."""

import re
import shutil
from pathlib import Path

import pytest

from conftest import ROOT, desk
from outlay.tools import editions


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return desk(tmp_path_factory.mktemp("edition") / "data")


@pytest.fixture
def root(small, tmp_path):
    shutil.copytree(small, tmp_path / "data")
    for name in ("CITATION.cff", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_files_of_the_project_agree_on_the_edition_and_the_changelog_begins_with_it():
    said = editions.named()
    assert len({date for date, _ in said.values() if date}) == 1
    assert len({number for _, number in said.values() if number}) == 1
    first = re.search(r"^## (\S+), (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first[1] == said["CITATION.cff"][1]


def test_an_edition_moves_all_files_and_nothing_else_in_them(root):
    before = {name: (root / name).read_text(encoding="utf-8") for name in editions._PLACES}
    assert editions.move("2027-02-01", root=root).startswith("edition ")
    said = editions.named(root)
    assert {date for date, _ in said.values() if date} == {"2027-02-01"}
    old, new = (editions._parts(next(number for _, number in named.values() if number)) for named in (editions.named(ROOT), said))
    assert new == (old[0], old[1] + 1, 0)
    for name, text in before.items():
        now = (root / name).read_text(encoding="utf-8")
        differing = [line for line, other in zip(now.splitlines(), text.splitlines(), strict=True) if line != other]
        assert 1 <= len(differing) <= 2 and now.endswith("\n"), name


def test_the_number_can_be_said(root):
    assert "edition 9.0.0 of 1 February 2027" in editions.move("2027-02-01", "9.0.0", root=root)


@pytest.mark.parametrize(
    ("date", "label", "words"),
    [
        ("2026-11-01", "", "would take it back"),
        ("2027-02-01", "0.1.0", "would take it back"),
        ("2027-02-30", "", "is no date"),
        ("tomorrow", "", "is no date"),
        ("2027-02-01", "three", "no number of an edition"),
    ],
)
def test_what_cannot_be_an_edition_is_refused_and_nothing_moves(root, date, label, words):
    before = {name: (root / name).read_bytes() for name in editions._PLACES}
    with pytest.raises(ValueError, match=words):
        editions.move(date, label, root=root)
    assert {name: (root / name).read_bytes() for name in editions._PLACES} == before


@pytest.mark.parametrize("fails", range(3))
def test_if_one_file_cannot_be_put_into_place_none_has_moved(root, monkeypatch, fails):
    before = {name: (root / name).read_bytes() for name in editions._PLACES}
    real, calls = Path.replace, []

    def replace(self, target):
        calls.append(self)
        if len(calls) == fails + 1:
            raise OSError("no space left")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="no space"):
        editions.move("2027-02-01", root=root)
    assert {name: (root / name).read_bytes() for name in editions._PLACES} == before
    assert not list(root.rglob(".*.new"))


@pytest.mark.parametrize("done", range(4))
def test_said_again_it_completes_what_was_cut_short(root, tmp_path_factory, done):
    whole = tmp_path_factory.mktemp("whole") / "root"
    shutil.copytree(root, whole)
    editions.move("2027-02-01", root=whole)
    for name in list(editions._PLACES)[:done]:  # a machine that went down after so many files
        shutil.copy(whole / name, root / name)
    editions.move("2027-02-01", root=root)
    assert editions.named(root) == editions.named(whole)
