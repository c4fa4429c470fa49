import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

import pytest
from papermill.exceptions import PapermillExecutionError

from conftest import edit, outlay, small
from outlay.tools import build, kernels


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the notebooks with a build folder of its own; library and ledger are the project's."""
    notebooks, made = tmp_path / "notebooks", tmp_path / "build"
    shutil.copytree(build.NOTEBOOKS, notebooks, ignore=shutil.ignore_patterns("04*", "06*", ".*"))
    monkeypatch.setattr(build, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(build, "BUILD", made)
    return tmp_path


def change(path, edit):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    edit(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def code(notebook, words):
    return next(cell for cell in notebook["cells"] if words in "".join(cell["source"]))


def build_quietly(**arguments):
    said = []
    return build.build(say=said.append, **arguments), said


def test_a_notebook_that_is_up_to_date_runs_again_only_for_its_missing_figures(project):
    failed, said = build_quietly(names=["00_template"])
    assert failed == 0
    assert "its figures are not in build/" in said[0]
    before = (project / "notebooks" / "00_template.ipynb").stat().st_mtime_ns
    assert build_quietly(names=["00_template"]) == (0, [])
    assert (project / "notebooks" / "00_template.ipynb").stat().st_mtime_ns == before


def test_figures_of_another_run_than_the_notebook_are_drawn_again(project):
    assert build_quietly(names=["00_template"])[0] == 0
    picture = project / "build" / "figures" / "00_spending.png"
    drawn = picture.read_bytes()
    picture.write_bytes(re.sub(rb"outlay [0-9a-f]{16}", b"outlay 0123456789abcdef", drawn))
    failed, said = build_quietly(names=["00_template"])
    assert failed == 0 and "its figures in build/ are of another run" in said[0]
    assert picture.read_bytes() == drawn


def test_a_re_run_leaves_a_committed_notebook_as_it_was(project):
    path = project / "notebooks" / "00_template.ipynb"
    before = path.read_bytes()
    assert build_quietly(names=["00_template"], force=True)[0] == 0
    assert path.read_bytes() == before
    assert sorted(file.name for file in (project / "build" / "figures").glob("00*")) == [
        f"00_spending.{form}" for form in ("csv", "png", "svg", "txt")
    ]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda notebook: code(notebook, "One section a chart").update(source="## Another heading"), "its source changed"),
        (lambda notebook: notebook["metadata"]["outlay"].update(library="another"), "its library changed"),
        (lambda notebook: notebook["metadata"]["outlay"].update(pins="another"), "its pins changed"),
        (lambda notebook: notebook["metadata"]["outlay"]["parameters"].update(basis="as_stated"), "other parameters"),
        (
            lambda notebook: notebook["metadata"]["outlay"]["selections"][0].update(digest="another"),
            "the result of quarters('capex', amzn, googl, meta, msft) changed",
        ),
        (lambda notebook: notebook["metadata"]["outlay"]["selections"][0].update(family="capx"), "can no longer be made"),
        (lambda notebook: code(notebook, "charts.written").update(execution_count=None), "never executed"),
        (lambda notebook: notebook["metadata"].pop("outlay"), "never executed"),
        (
            lambda notebook: code(notebook, "charts.written").update(outputs=[{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]),
            "holds an error",
        ),
    ],
)
def test_a_stale_notebook_is_named_with_the_reason(project, edit, reason):
    assert build.check(["00_template"]) == {}
    change(project / "notebooks" / "00_template.ipynb", edit)
    assert any(reason in words for words in build.check(["00_template"])["00_template"])


def test_a_failing_notebook_names_its_cell_and_leaves_everything_as_it_was(project):
    path = project / "notebooks" / "00_template.ipynb"
    change(path, lambda notebook: code(notebook, "latest = capex").update(source="raise RuntimeError('on purpose')"))
    before = path.read_bytes()
    failed, said = build_quietly(names=["00_template"])
    assert failed == 1
    assert "RuntimeError: on purpose" in "\n".join(said) and "raise RuntimeError('on purpose')" in "\n".join(said)
    assert path.read_bytes() == before
    assert not list((project / "build" / "figures").glob("00*")) if (project / "build" / "figures").exists() else True
    assert not (project / "build" / ".stage" / "00_template").exists()


def test_other_parameters_run_apart(project):
    before = (project / "notebooks" / "00_template.ipynb").read_bytes()
    failed, _ = build_quietly(names=["00_template"], given={"as_of": "2024-08-05", "companies": "msft"})
    assert failed == 0
    out = project / "build" / "runs" / "00_template-as_of=2024-08-05-companies=_msft_"
    made = json.loads((out / "00_template.ipynb").read_text(encoding="utf-8"))["metadata"]["outlay"]["parameters"]
    assert (made["as_of"], made["companies"]) == ("2024-08-05", ["msft"])
    assert (out / "figures" / "00_spending.png").exists()
    assert (project / "notebooks" / "00_template.ipynb").read_bytes() == before


def test_running_apart_into_the_committed_notebooks_is_refused(project):
    with pytest.raises(ValueError, match="choose another"):
        build.build(["00_template"], {"basis": "as_stated"}, output=project / "notebooks", say=lambda line: None)


def test_nothing_runs_before_every_parameter_is_known(project):
    with pytest.raises(ValueError, match="did you mean 'basis'"):
        build.build(["00_template"], {"as_of": "2024-08-05", "bass": "cash"}, say=lambda line: None)
    assert not (project / "build" / "runs").exists()


def test_an_error_leaves_no_half_notebook(project, tmp_path):
    path = project / "notebooks" / "00_template.ipynb"
    change(path, lambda notebook: code(notebook, "charts.written").update(source="1 / 0"))
    with pytest.raises(PapermillExecutionError):
        build.execute(path, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.ipynb")) and not list((tmp_path / "out").glob(".*"))


def test_what_every_build_reads_decides_whether_there_is_something_to_do(project, monkeypatch):
    inputs = build._notebooks()
    change(project / "notebooks" / "00_template.ipynb", lambda notebook: notebook["metadata"].update(touched=True))
    assert build._notebooks() != inputs


# A project of its own, built by the command: what a person sees.

NAMES = ("01_one", "02_two", "03_three")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small project after its first build; tests look, or work on a copy."""
    folder = small(tmp_path_factory.mktemp("project"))
    done = outlay(folder, "build", "--jobs", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def own(built, tmp_path):
    """A copy of the small project, built."""
    shutil.copytree(built, tmp_path / "own", copy_function=shutil.copy2)
    return tmp_path / "own"


def ran(done):
    """Which notebooks a build has run."""
    return sorted({line.split("] ")[1].partition(":")[0] for line in done.stdout.splitlines() if line.startswith("[")})


def files(folder, *names):
    """Every file below some folders of a project, with its bytes."""
    found = [file for name in names for file in (folder / name).rglob("*") if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def test_nothing_changed_nothing_runs_and_no_time_moves(own):
    before = {file: file.stat().st_mtime_ns for file in own.rglob("*") if "__pycache__" not in file.parts}
    began = time.monotonic()
    done = outlay(own, "build")
    assert time.monotonic() - began < 2
    assert done.stdout.startswith("nothing to do")
    assert {file: file.stat().st_mtime_ns for file in own.rglob("*") if "__pycache__" not in file.parts} == before


def test_the_driver_gives_the_notebooks_that_papermill_gives(built, tmp_path):
    for path in sorted((built / "notebooks").glob("*.ipynb")):
        command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / path.name), "--cwd", str(built / "notebooks"), "--no-progress-bar"]
        environment = {**os.environ, "PYTHONPATH": str(built / "lib"), "PYTHONHASHSEED": "0", "OUTLAY_OUTPUT": str(tmp_path)}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        theirs, ours = (json.loads(file.read_text(encoding="utf-8"))["cells"] for file in (tmp_path / path.name, path))
        for one, other in zip(theirs, ours, strict=True):
            assert (one["source"], one.get("outputs"), one.get("execution_count")) == (
                other["source"],
                other.get("outputs"),
                other.get("execution_count"),
            )
    assert files(tmp_path, "figures") == {name.removeprefix("build/"): content for name, content in files(built, "build/figures").items()}


@pytest.mark.parametrize("how", [{"jobs": "1"}, {"jobs": "3"}, {"jobs": "2", "OUTLAY_KERNELS": "plain"}], ids=str)
def test_one_job_many_jobs_and_ordinary_kernels_give_the_same_bytes(built, own, how):
    done = outlay(own, "build", "--force", "--jobs", how["jobs"], **{name: value for name, value in how.items() if name.isupper()})
    assert done.returncode == 0 and len(ran(done)) == 3
    now, then = (files(folder, "notebooks", "build/figures", "build/data", "build/site") for folder in (own, built))
    assert [name for name in {*now, *then} if now.get(name) != then.get(name)] == []


def test_an_edit_of_the_library_is_seen_by_the_next_build_and_only_by_those_who_reach_it(own):
    path = own / "lib" / "outlay" / "measures.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# nobody here imports this\n", encoding="utf-8")
    assert ran(outlay(own, "build", *NAMES)) == []
    path = own / "lib" / "outlay" / "sentences.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("text = template.format(**parts)", "text = template.format(**parts).upper()"), encoding="utf-8"
    )
    done = outlay(own, "build")
    assert ran(done) == ["01_one"]
    assert "01_one: its library changed" in done.stdout
    assert "IT SPENT" in (own / "notebooks" / "01_one.ipynb").read_text(encoding="utf-8")
    assert "IT SPENT" in (own / "build" / "site" / "notebooks" / "01_one.html").read_text(encoding="utf-8")


def test_a_changed_row_concerns_only_the_notebooks_whose_selections_changed(own):
    def more(rows):
        for row in rows:
            if row["metric"] == "annualised_revenue" and row["value"]:
                row["value"] = str(float(row["value"]) + 1)
                break
        return rows

    edit(own / "data", "ai_labs", more)
    done = outlay(own, "build", "--check")
    assert done.returncode == 1 and "02_two: the result of observations('annualised_revenue', openai) changed" in done.stdout
    assert "1 of 3 notebooks are out of date" in done.stdout
    assert ran(outlay(own, "build", *NAMES)) == ["02_two"]
    assert outlay(own, "build", "--check").stdout == "0 of 3 notebooks are out of date\n"


def test_a_row_for_a_quarter_that_nobody_had_concerns_its_readers(own):
    def more(rows):
        last = max(
            (
                row
                for row in rows
                if row["metric"] == "capex_cash"
                and row["company"] == "msft"
                and row["period_start"][:4] == row["period_end"][:4]
                and row["unit"] == "USD m"
            ),
            key=lambda row: row["period_end"],
        )
        return sorted(
            [*rows, last | {"period_start": "2026-07-01", "period_end": "2026-09-30", "value": "33333"}], key=lambda row: list(row.values())[:3]
        )

    edit(own / "data", "capex", more)
    assert ran(outlay(own, "build", *NAMES)) == ["01_one"]


def test_a_failing_notebook_shows_its_cell_the_others_finish_and_the_last_good_page_stays(own):
    before = files(own, "build/site")
    for name in ("01_one", "02_two"):
        change(
            own / "notebooks" / f"{name}.ipynb",
            lambda notebook: notebook["cells"][2].update(
                source=notebook["cells"][2]["source"] + ["\n1 / 0" if "charts, ledger, s" in "".join(notebook["cells"][2]["source"]) else "\n"]
            ),
        )
    done = outlay(own, "build")
    assert done.returncode == 1
    assert "01_one: FAILED in cell 2" in done.stdout and "ZeroDivisionError: division by zero" in done.stdout
    assert "02_two: done in" in done.stdout
    assert files(own, "build/site") == before
    assert "02_two" not in outlay(own, "build", "--check").stdout


def test_a_second_build_waits_for_the_first_and_says_so(own):
    first = outlay(own, "build", "--force", start=True)
    while "[1/3]" not in first.stdout.readline():
        assert first.poll() is None
    second = outlay(own, "build")
    assert "another build is at work in build/: waiting for it to end" in second.stdout
    assert "nothing to do" in second.stdout
    first.communicate()
    assert first.returncode == 0


def processes(folder):
    """The processes that work in or on a folder."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if str(folder).encode() in file.read():
                        found.append(int(entry))
            except OSError:
                continue
    return found


@pytest.mark.skipif(not kernels.able(), reason="looks for processes the way Linux shows them")
@pytest.mark.parametrize("seed", range(5))
def test_killed_at_any_moment_nothing_is_half_written_and_the_next_build_finishes_the_rest(own, built, seed):
    whole = files(built, "notebooks", "build/figures", "build/data", "build/site")
    start = outlay(own, "build", "--force", start=True)
    time.sleep(random.Random(seed).uniform(0.1, 6))
    start.kill()
    start.communicate()
    end = time.monotonic() + 10
    while processes(own) and time.monotonic() < end:
        time.sleep(0.02)
    assert processes(own) == []
    now = files(own, "notebooks", "build/figures", "build/data", "build/site")
    assert [name for name in now if now[name] != whole.get(name) and "/." not in name] == []
    done = outlay(own, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    assert files(own, "notebooks", "build/figures", "build/data", "build/site") == whole
    assert sorted(path.name for path in (own / "build").iterdir()) == sorted(path.name for path in (built / "build").iterdir())
    assert outlay(own, "build").stdout.startswith("nothing to do")


def test_an_edition_shows_the_whole_site_as_it_was_known_and_every_page_leads_to_it(own):
    done = outlay(own, "build", "--as-of", "2024-08-05")
    assert done.returncode == 0, done.stdout + done.stderr
    site = own / "build" / "site"
    then, now = ((folder / "notebooks" / "01_one.html").read_text(encoding="utf-8") for folder in (site / "editions" / "2024-08-05", site))
    assert "Only what was public on 2024-08-05." in then and 'href="../../../editions/index.html#01_one"' in then
    assert 'href="../editions/index.html#01_one"' in now
    index = (site / "editions" / "index.html").read_text(encoding="utf-8")
    for page in ("index", "documents", "notebooks/01_one", "notebooks/02_two"):
        assert f'href="2024-08-05/{page}.html"' in index and f'href="../{page}.html"' in index
        assert (site / "editions" / "2024-08-05" / f"{page}.html").exists()
    assert "2025" not in "".join(
        (own / "build" / ".editions" / "2024-08-05" / "data" / "quarters.csv").read_text(encoding="utf-8").split("period_end")[1]
    )
    assert outlay(own, "build").stdout.startswith("nothing to do")

    def newer(rows):
        return [row | ({"note": "read again"} if row["published"] > "2025" else {}) for row in rows]

    edit(own / "data", "sources", newer)  # what came later concerns no edition of an earlier date
    assert "left out" not in outlay(own, "build").stdout
    assert (site / "editions" / "2024-08-05" / "index.html").exists()
    change(own / "notebooks" / "02_two.ipynb", lambda notebook: notebook["cells"][0].update(source="# What does it take in?"))
    done = outlay(own, "build")
    assert "edition 2024-08-05: left out: 02_two: its source changed. outlay build --as-of 2024-08-05 makes it anew" in done.stdout
    assert not (site / "editions" / "2024-08-05").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--as-of", "1999-01-01"), "nothing in the ledger was public on 1999-01-01"),
        (("--as-of", "yesterday"), "is no date"),
        (("01_one", "--as-of", "2024-08-05"), "say -p as_of DATE"),
        (("--check", "--pdf"), "runs nothing"),
        (("--jobs", "0"), "is not in the range"),
    ],
)
def test_a_wrong_build_is_refused_in_words(built, arguments, words):
    done = outlay(built, "build", *arguments)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_figures_as_pdf_only_where_asked(own):
    assert not list((own / "build" / "figures").glob("*.pdf"))
    done = outlay(own, "build", "--pdf")
    assert ran(done) == ["01_one", "02_two"]
    made = sorted((own / "build" / "figures").glob("*.pdf"))
    assert [path.name for path in made] == ["01_spending.pdf", "02_rate.pdf"] and all(path.read_bytes().startswith(b"%PDF") for path in made)
    assert outlay(own, "build", "--pdf").stdout.startswith("nothing to do")


def test_a_kernel_that_could_not_start_is_started_again_and_one_that_died_at_work_is_not():
    tried = []

    def fails(words, times):
        def execute(path):
            tried.append(words)
            if len(tried) <= times:
                raise RuntimeError(words)
            return path

        return execute

    assert build._at_last(fails("Kernel died before replying to kernel_info", 2), "01.ipynb") == "01.ipynb"
    tried.clear()
    with pytest.raises(RuntimeError, match="Kernel died"):
        build._at_last(fails("Kernel died", 1), "01.ipynb")
    assert len(tried) == 1
