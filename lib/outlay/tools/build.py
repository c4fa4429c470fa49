"""Building: execute the notebooks that are stale, several at once, keep their figures, make the pages. Nothing changed: nothing runs.

A committed notebook carries in its metadata what it was made from: a digest of its source, its parameters, the modules of the library that it
reaches, the pins, and every selection that it made from the ledger with a digest of the answer. It is stale once one of them differs.
Everything is written aside and moved into place when it is whole, the notebook last, so that a build that was cut short is taken up by the next.
"""

import ast
import base64
import contextlib
import functools
import hashlib
import json
import multiprocessing.connection
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from outlay import lookup
from outlay.tools import parameters

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = Path(__file__).resolve().parents[1]
NOTEBOOKS, BUILD = ROOT / "notebooks", ROOT / "build"
HOLLOW = "hollow: it was never executed, or its outputs were taken out"
_HIDDEN = ["metadata.papermill", "metadata.language_info", "cell.metadata.papermill", "cell.metadata.execution"]


def build(
    names: Iterable[str] = (),
    given: dict[str, str] | None = None,
    force: bool = False,
    output: Path | None = None,
    say: Callable[[str], None] = print,
    jobs: int | None = None,
    pdf: bool = False,
    as_of: str = "",
    private: bool = False,
) -> int:
    """Make what is out of date and return how many notebooks failed.

    Without parameters the committed notebooks themselves are renewed, their figures go to `build/figures` and the pages to `build/site`.
    With parameters (`given`, as text) or an `output` folder, each notebook is run apart, into `build/runs/` or that folder, and the
    committed one is left alone. With `as_of` all notebooks are run as known on that date, and the whole site of it is made as an edition in
    `build/site/editions`, which stays as long as it is fresh. `jobs` notebooks run at a time (as many as there are cores), `pdf` keeps each
    chart as PDF too. With `private` what is in `data/private` is read too: the notebooks then go to `build/private`, and neither pages, tables nor
    committed notebooks are touched; without it nothing private is read, whatever OUTLAY_PRIVATE says. Raises ValueError for unknown notebooks and
    parameters, before anything runs. While another build is at work this one waits.
    """
    if private and not (_data() / "private").is_dir():
        raise ValueError("there is nothing private: data/private/ is not there. Put tables of the ledger's schema into it, with their sources.csv")
    if private and (as_of or pdf):
        raise ValueError("--private makes no edition and no PDF; for a date say -p as_of DATE")
    chosen = [_path(name) for name in names] or notebooks()
    values = {path: {name: parameters.parse(name, text, declared(path)) for name, text in (given or {}).items()} for path in chosen}
    if as_of:
        parameters.parse("as_of", as_of, {"as_of": ""})
    with locked(BUILD, say), environment(OUTLAY_PRIVATE="1" if private else ""):
        _sweep()
        if private:
            runs = BUILD / "private"
            return _apart(chosen, values, output or (None if given else runs), force, say, jobs, runs)
        if given or output:
            return _apart(chosen, values, output, force, say, jobs)
        state = _state()
        same = state.get("inputs") == [_fixed(), _notebooks()] and state.get("outputs") == _outputs()
        if same and not as_of and not names and not force and not (pdf and any(_missing(path, pdf) for path in chosen)):
            say("nothing to do: notebooks, figures and pages are up to date")
            return 0
        from outlay.tools import kernels

        with kernels.warm():
            if as_of and (failed := _edition(as_of, force, say, jobs)):
                return failed
            return _committed(chosen, whole=not names, force=force and not as_of, state=state, say=say, jobs=jobs, pdf=pdf)


def check(names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return, for each committed notebook that is stale, hollow or was run with other parameters than it declares, the reasons in words."""
    chosen = [_path(name) for name in names] or notebooks()
    with environment(OUTLAY_PRIVATE=""):
        return {path.stem: reasons for path, reasons in zip(chosen, all_stale(chosen), strict=True) if reasons}


def notebooks() -> list[Path]:
    """Return the notebooks, in order."""
    return sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


def declared(path: Path) -> dict[str, object]:
    """Return the parameters that a notebook declares, with their defaults: the literals of its cell tagged `parameters`."""
    tagged = [cell for cell in _read(path)["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise ValueError(f"{path.name}: found {len(tagged)} cells tagged 'parameters'; expected one. Tag the cell that holds the switches.")
    found = {}
    for statement in ast.parse(_text(tagged[0])).body:
        found[statement.targets[0].id] = ast.literal_eval(statement.value)
    return found


def stale(path: Path, values: dict[str, object] | None = None) -> list[str]:
    """Return why an executed notebook is out of date, or is not the run under these `values`; nothing if it is as it should be."""
    return all_stale([path], [values or {}])[0]


def all_stale(paths: list[Path], values: list[dict[str, object]] | None = None, briefly: bool = False) -> list[list[str]]:
    """Return `stale` for each of several notebooks, each distinct selection asked once; `briefly`, none of those that are stale without asking."""
    from outlay.tools import kernels

    if briefly:
        known = [_reasons(path, _read(path), given, {}) for path, given in zip(paths, values or [{}] * len(paths), strict=True)]
        rest = [place for place, reasons in enumerate(known) if not reasons]
        asked = all_stale([paths[place] for place in rest], [values[place] for place in rest] if values else None)
        for place, reasons in zip(rest, asked, strict=True):
            known[place] = reasons
        return known
    found = [_read(path) for path in paths]
    wanted = list({json.dumps(selection, sort_keys=True): selection for notebook in found for selection in _selections(notebook)}.values())
    answers = kernels.call("outlay.tools.build:changed", wanted, stay=True) if wanted else []  # the runs that follow ask the same
    news = {json.dumps(selection, sort_keys=True): answer for selection, answer in zip(wanted, answers, strict=True)}
    return [_reasons(path, notebook, given, news) for path, notebook, given in zip(paths, found, values or [{}] * len(paths), strict=True)]


def changed(selections: list[dict]) -> list[str]:
    """Return, for each noted selection, in words how its answer differs from what the ledger says now; an empty text if it does not."""
    from outlay import ledger

    found = []
    for selection in selections:
        what = selection["arguments"].get("companies")
        try:
            same = ledger.answers(selection)
        except ledger.LedgerError:
            raise
        except ValueError as error:  # the selection names something that is gone
            found.append(f"a selection can no longer be made: {error}")
            continue
        asked = f"{selection['verb']}('{selection['family']}'{', ' + ', '.join(what) if what else ''})"
        found.append("" if same else f"the result of {asked} changed")
    return found


def _selections(notebook: dict) -> list[dict]:
    return notebook["metadata"].get("outlay", {}).get("selections", [])


def _reasons(path: Path, notebook: dict, given: dict[str, object], news: dict[str, str]) -> list[str]:
    made = notebook["metadata"].get("outlay")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and _text(cell).strip()]
    if not made or any(cell["execution_count"] is None for cell in code):
        return [HOLLOW]
    # a run apart is looked at beside the notebook it was made from, whose cells and declarations count
    origin = path if path.parent == NOTEBOOKS else NOTEBOOKS / path.name
    original = notebook if origin == path else _read(origin)
    reasons = [f"its {what} changed" for what, digest in _made_from(original).items() if made.get(what) != digest]
    wanted = {**declared(origin), **given}
    other = [f"{name}={value!r}" for name, value in made.get("parameters", {}).items() if name not in wanted or wanted[name] != value]
    if made.get("parameters") != wanted:
        reasons.append(f"it was run with other parameters than {'asked' if given else 'it declares'}{': ' + ', '.join(other) if other else ''}")
    if any(output["output_type"] == "error" for cell in code for output in cell["outputs"]):
        reasons.append("it holds an error")
    reasons += [news.get(json.dumps(selection, sort_keys=True), "") for selection in made.get("selections", [])]
    return list(dict.fromkeys(filter(None, reasons)))


def execute(path: Path, out: Path, values: dict[str, object] | None = None) -> None:
    """Execute a notebook by papermill and write it, normalised, into the folder `out`, its figures into `out/figures`.

    Raises papermill's PapermillExecutionError, with cell and error, if a cell fails; `out` then holds nothing of it but whole figures.
    """
    from outlay.tools import kernels

    papermill = kernels.papermill()
    import nbformat

    out = out.resolve()  # the kernel works in the folder of the notebooks
    out.mkdir(parents=True, exist_ok=True)
    trace, aside, runtime = out / f".{path.stem}.selections", out / f".{path.stem}.ipynb", out / f".{path.stem}.runtime"
    trace.unlink(missing_ok=True)
    made_from = _made_from(_read(path))  # what is edited while it runs counts as not yet seen
    try:
        # the file that tells a kernel its ports lies here too: a build that is killed leaves nothing elsewhere
        with environment(OUTLAY_TRACE=str(trace), OUTLAY_OUTPUT=str(out), PYTHONHASHSEED="0", JUPYTER_RUNTIME_DIR=str(runtime)):
            notebook = _at_last(
                papermill.execute_notebook,
                path,
                aside,
                parameters=values or {},
                cwd=str(NOTEBOOKS),
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
                # a warning about TCP at every start says nothing new, and a history of the build is nobody's to keep
                extra_arguments=["--log-level=ERROR", "--HistoryManager.enabled=False"],
                shutdown_kernel="immediate",  # its work is done; asked politely, it is interrupted first and sometimes complains
            )
        selections = [json.loads(entry) for entry in dict.fromkeys(trace.read_text(encoding="utf-8").splitlines())] if trace.exists() else []
        notebook = _normalised(notebook)
        notebook.metadata["outlay"] = {**made_from, "parameters": {**declared(path), **(values or {})}, "selections": selections}
        nbformat.write(notebook, aside)
        aside.replace(out / path.name)
    finally:
        trace.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)
        shutil.rmtree(runtime, ignore_errors=True)


def _at_last(execute: Callable, *arguments: object, **how: object) -> object:
    """Execute a notebook; a kernel that could not even start, as when another process took its port in the meantime, is started again."""
    for _ in range(2):
        try:
            return execute(*arguments, **how)
        except RuntimeError as error:
            if "before replying" not in str(error):  # it ran, and may have done something
                raise
    return execute(*arguments, **how)


def run(
    tasks: list[tuple], jobs: int | None = None, began: Callable[[int], None] = lambda place: None, ended: Callable[..., None] = lambda *_: None
) -> list[str]:
    """Do tasks side by side, each in a process of its own, and return for each an empty text or what went wrong.

    A task is a function's name (`package.module:function`), its arguments, and the environment that it wants beside this one. `began(place)` is
    told when a task starts, `ended(place, error, seconds)` when it is over, in whatever order that happens.
    """
    from outlay.tools import kernels

    _prepared()
    # a forked worker has what it needs already; where there is no fork every worker imports it once for each of its notebooks
    context = multiprocessing.get_context("fork" if kernels.able() else "spawn")
    errors, running, waiting = [""] * len(tasks), {}, list(range(len(tasks)))
    try:
        while waiting or running:
            while waiting and len(running) < (jobs or cores()):
                place = waiting.pop(0)
                theirs, ours = context.Pipe(duplex=False)[::-1]
                worker = context.Process(target=_work, args=(theirs, *tasks[place]))
                began(place)
                worker.start()
                theirs.close()
                running[ours] = place, worker, time.monotonic()
            for line in multiprocessing.connection.wait(running):
                place, worker, start = running.pop(line)
                try:
                    errors[place] = line.recv()
                except EOFError:
                    errors[place] = "was ended from outside"
                worker.join()
                line.close()
                ended(place, errors[place], time.monotonic() - start)
    finally:
        for _, worker, _ in running.values():
            worker.kill()
            worker.join()
    return errors


def _prepared() -> None:
    """Import and compile what every worker needs, before they are forked."""
    from outlay.tools import kernels

    kernels.papermill()  # before all that imports nbformat: see there
    import nbformat
    import nbstripout  # noqa: F401

    nbformat.validate(nbformat.v4.new_notebook())


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work(line: multiprocessing.connection.Connection, name: str, arguments: tuple, beside: dict[str, str]) -> None:
    """Do one task in a process of its own and say how it went."""
    from outlay.tools import kernels

    if kernels.able():
        kernels.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver is told, and ends this
    os.environ.update(beside)
    line.send(tried(name, arguments))


def tried(name: str, arguments: tuple) -> str:
    """Call a function by its name and return an empty text, or what went wrong: for a notebook its cell and error."""
    from outlay.tools import kernels

    papermill = kernels.papermill()
    try:
        kernels.named(name)(*arguments)
    except papermill.PapermillExecutionError as error:
        return f"FAILED in cell {error.exec_count}\n{error.source}\n{error.ename}: {error.evalue}"
    except Exception as error:
        return f"FAILED: {type(error).__name__}: {error}"
    return ""


@contextlib.contextmanager
def locked(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold a folder for this process alone; while another one holds it, say so and wait. Whoever dies lets go."""
    try:
        import fcntl
    except ImportError:  # Windows: there are no such locks, and the last to move a file into place wins
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another build is at work in {folder.name}/: waiting for it to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sweep() -> None:
    """Take out what a build that was cut short has left aside."""
    for name in (".stage", ".pages", ".site", ".site.old"):
        if (BUILD / name).exists():
            shutil.rmtree(BUILD / name)
    for folder in (BUILD, BUILD / "data", NOTEBOOKS / "pictures"):
        for file in [*folder.glob(".*.[0-9]*"), *folder.glob(".*.new")]:
            file.unlink()


def _committed(chosen: list[Path], whole: bool, force: bool, state: dict, say: Callable[[str], None], jobs: int | None, pdf: bool) -> int:
    """Renew the committed notebooks that need it, side by side; then, if all is well, the pages."""
    from outlay.tools import kernels

    kernels.papermill()
    fixed, tables = _fixed(), _tables_key()
    news = [["forced"] for _ in chosen] if force else all_stale(chosen, briefly=True)
    reasons = {path: found + ([] if force else _missing(path, pdf)) for path, found in zip(chosen, news, strict=True)}
    todo = sorted((path for path in chosen if reasons[path]), key=lambda path: -path.stat().st_size)  # the longest first, so that none is left alone
    tasks = [("outlay.tools.build:renew", (path, NOTEBOOKS, BUILD), {"OUTLAY_PDF": "1" if pdf else ""}) for path in todo]
    names = [f"[{place}/{len(todo)}] {path.stem}" for place, path in enumerate(todo, 1)]
    if whole and not _tables_kept(state, tables):
        # what is published of the ledger alone waits for no notebook
        tasks.append(("outlay.tools.kernels:call", ("outlay.tools.publish:prepare", str(BUILD)), {}))
        names.append("tables of the ledger")
    errors = run(
        tasks,
        jobs,
        lambda place: say(f"{names[place]}: {'; '.join(reasons[todo[place]]) if place < len(todo) else 'writing'}"),
        lambda place, error, seconds: say(f"{names[place]}: {error or f'done in {seconds:.1f} s'}"),
    )
    shutil.rmtree(BUILD / ".stage", ignore_errors=True)
    if failed := sum(map(bool, errors)):
        what = f"{failed} notebook{'s' if failed > 1 else ''}" if any(errors[: len(todo)]) else "the tables"
        say(f"{what} failed; the pages were left as they were")
        return failed
    if whole:
        began = time.monotonic()
        say("pages: building")
        kernels.call("outlay.tools.publish:pages", str(BUILD), list(map(str, notebooks())), str(NOTEBOOKS / "pictures"), "", editions(say))
        say(f"pages: done in {time.monotonic() - began:.1f} s")
        if fixed == _fixed():
            _remember(fixed, tables)
        else:
            say("something that this build reads was changed while it ran: the next one looks again")
    return 0


def _edition(date: str, force: bool, say: Callable[[str], None], jobs: int | None) -> int:
    """Make the pages of a date in `build/.editions`, from runs of all notebooks as known then; return how many failed."""
    from outlay.tools import kernels

    folder, pages = BUILD / ".editions" / date, _pages()
    if not force and not edition_stale(date):
        say(f"edition {date}: up to date")
        return 0
    (folder / ".made").unlink(missing_ok=True)  # until it is whole it counts for nothing
    for file in folder.glob("*.ipynb"):
        if file.name not in {path.name for path in pages}:
            clear(folder, file.stem)
    made = _edition_made(date)
    errors = apart([(path, _then(path, date), folder) for path in pages], force, say, jobs)
    if failed := sum(map(bool, errors)):
        say(f"edition {date}: {failed} notebook{'s' if failed > 1 else ''} failed; its pages were not made")
        return failed
    say(f"edition {date}: building pages")
    (folder / "figures").mkdir(exist_ok=True)  # a date before all documents has no chart
    kernels.call("outlay.tools.publish:prepare", str(folder), date)
    kernels.call("outlay.tools.publish:pages", str(folder), [str(folder / path.name) for path in pages], "", date)
    (folder / ".made").write_text(json.dumps(made), encoding="utf-8")
    return 0


def editions(say: Callable[[str], None]) -> list[str]:
    """Return the dates of the editions that are fresh; say of every other one why it is left out and how it comes back."""
    kept = []
    for folder in sorted(folder for folder in (BUILD / ".editions").glob("*") if folder.is_dir()):
        if reasons := edition_stale(folder.name):
            say(f"edition {folder.name}: left out: {'; '.join(reasons)}. outlay build --as-of {folder.name} makes it anew")
        else:
            kept.append(folder.name)
    return kept


def edition_stale(date: str) -> list[str]:
    """Return why the edition of a date is out of date, or not whole; nothing if it is as it should be."""
    folder, pages = BUILD / ".editions" / date, _pages()
    if not (folder / ".made").exists():
        return ["it is not whole"]
    made, now = json.loads((folder / ".made").read_text(encoding="utf-8")), _edition_made(date)
    reasons = [f"its {what} changed" for what in now if made.get(what) != now[what]]
    found = all_stale([folder / path.name for path in pages], [_then(path, date) for path in pages]) if made["notebooks"] == now["notebooks"] else []
    return reasons + [f"{path.stem}: {', '.join(reasons)}" for path, reasons in zip(pages, found, strict=False) if reasons]


def _edition_made(date: str) -> dict[str, object]:
    """Return what the pages of an edition rest on beside its runs: which notebooks there are, the ledger as known then, and what makes pages."""
    from outlay.tools import kernels

    look = _digest(*_contents(LIBRARY, ROOT / "site", ROOT / "requirements"))
    return {"notebooks": [path.stem for path in _pages()], "ledger": kernels.call("outlay.tools.publish:known", date), "library": look}


def _pages() -> list[Path]:
    return [path for path in notebooks() if not path.stem.startswith("00")]  # the one to copy is no page


def _then(path: Path, date: str) -> dict[str, object]:
    return {"as_of": date} if "as_of" in declared(path) else {}


def renew(path: Path, home: Path, made: Path) -> None:
    """Execute one committed notebook of the folder `home`; put its figures into the folder `made`, and then the notebook itself in its place."""
    _settle(home, made)
    stage = made / ".stage" / path.stem
    shutil.rmtree(stage, ignore_errors=True)
    try:
        execute(path, stage)
        if any(selection.get("private") for selection in _selections(_read(stage / path.name))):
            raise ValueError("it read data/private, which is never published: ask ledger.open() without private, and run outlay build --private")
        _place(stage / "figures", made / "figures", path.stem)
        if not _same_but_pictures(path, stage / path.name):
            (stage / path.name).replace(path)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _settle(home: Path, made: Path) -> None:
    """Work on these folders: a worker that was not forked does not know which ones its driver meant."""
    global NOTEBOOKS, BUILD
    NOTEBOOKS, BUILD = home, made


def _place(new: Path, figures: Path, stem: str) -> None:
    """Move a notebook's new figures over its old ones, each in one step, and take out those that it no longer draws."""
    found = sorted(file.relative_to(new) for file in new.rglob("*") if file.is_file())
    for name in found:
        (figures / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).replace(figures / name)
    for old in _figures(stem):
        if old.relative_to(figures) not in found:
            old.unlink()


def _apart(
    chosen: list[Path], values: dict, output: Path | None, force: bool, say: Callable[[str], None], jobs: int | None, runs: Path | None = None
) -> int:
    """Run notebooks under other parameters, into a folder of their own; a run that is there and fresh is left."""
    from outlay.tools import kernels

    outs = [Path(output) if output else (runs or BUILD / "runs") / run_name(path, values[path]) for path in chosen]
    for out in outs:
        if out.resolve() == NOTEBOOKS:
            raise ValueError("--output names the folder of the committed notebooks, which only a build without parameters renews; choose another")
    with kernels.warm():
        errors = apart([(path, values[path], out) for path, out in zip(chosen, outs, strict=True)], force, say, jobs)
    return sum(map(bool, errors))


def apart(
    runs: list[tuple[Path, dict, Path]], force: bool, say: Callable[[str], None], jobs: int | None, beside: dict[str, str] | None = None
) -> list[str]:
    """Run notebooks, given as path, values and folder, each into its folder; return for each an empty text or what went wrong.

    A run whose folder already holds it, made from what is there now, is not done again. `beside` is what the environment of the runs has more.
    """
    kept = set() if force else fresh(runs)
    todo = [place for place in range(len(runs)) if place not in kept]
    tasks = [("outlay.tools.build:execute_in", (NOTEBOOKS, *runs[place]), beside or {}) for place in todo]
    names = [f"{path.stem}: {words(values) or 'as declared'}" for path, values, _ in runs]
    for place in sorted(kept):
        say(f"{names[place]}: up to date in {shown(runs[place][2])}")
    errors = run(
        tasks,
        jobs,
        lambda place: say(f"{names[todo[place]]} -> {shown(runs[todo[place]][2])}"),
        lambda place, error, seconds: say(f"{names[todo[place]]}: {error or f'done in {seconds:.1f} s'}"),
    )
    return [errors[todo.index(place)] if place in todo else "" for place in range(len(runs))]


def fresh(runs: list[tuple[Path, dict, Path]]) -> set[int]:
    """Return the places of those runs whose folders hold them already, made from what is there now."""
    there = [place for place, (path, _, out) in enumerate(runs) if (out / path.name).exists()]
    found = all_stale([runs[place][2] / runs[place][0].name for place in there], [runs[place][1] for place in there], briefly=True)
    return {place for place, reasons in zip(there, found, strict=True) if not reasons}


def execute_in(home: Path, path: Path, values: dict[str, object], out: Path) -> None:
    """Execute a notebook of the folder `home` into the folder `out`, which then holds nothing of an earlier run of it."""
    _settle(home, BUILD)
    clear(out, path.stem)
    execute(path, out, values)


def clear(out: Path, stem: str) -> None:
    """Take a run out of a folder: the notebook first, so that none stands without its figures."""
    (out / f"{stem}.ipynb").unlink(missing_ok=True)
    for file in _figures(stem, out / "figures"):
        file.unlink()


def run_name(path: Path, values: dict[str, object]) -> str:
    """Return the name of the folder of a run."""
    return f"{path.stem}-{''.join(c if c.isalnum() or c in '=-_.,' else '_' for c in words(values))}"


def words(values: dict[str, object]) -> str:
    """Write the values of a run in a line."""
    return "-".join(f"{name}={json.dumps(value)}" for name, value in sorted(values.items())).replace('"', "")


def shown(path: Path) -> str:
    """Write a path as it is reached from here, if it lies below."""
    return os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else str(path)


def _path(name: str) -> Path:
    known = {path.stem: path for path in notebooks()}
    return known[lookup.known("notebook", Path(name).stem, known)]


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _text(cell: dict) -> str:
    return "".join(cell["source"])


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _made_from(notebook: dict) -> dict[str, str]:
    """Return digests of what a notebook's outputs rest on, beside its parameters and selections: its cells, the modules it reaches, the pins."""
    source = [f"{cell['cell_type']}\n{_text(cell)}".encode() for cell in _own(notebook)]
    pins = (ROOT / "requirements" / "run.txt").read_bytes()
    library = (part for file in reached(notebook) for part in (file.relative_to(LIBRARY).as_posix().encode(), file.read_bytes()))
    return {"source": _digest(*source), "library": _digest(*library), "pins": _digest(pins)}


def _own(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if "injected-parameters" not in cell["metadata"].get("tags", [])]


def reached(notebook: dict) -> list[Path]:
    """Return the modules of the library that a notebook imports, and those that they import in turn."""
    found: dict[Path, None] = {}
    waiting = [file for cell in _own(notebook) if cell["cell_type"] == "code" for file in _imported(_text(cell).encode(), "", LIBRARY)]
    while waiting:
        if (file := waiting.pop()) not in found:
            found[file] = None
            waiting += _imported(file.read_bytes(), ".".join(("outlay", *file.relative_to(LIBRARY).with_suffix("").parts)), LIBRARY)
    return sorted(found)


@functools.lru_cache(maxsize=512)
def _imported(source: bytes, module: str, library: Path) -> tuple[Path, ...]:
    """Return the files of the library that a text imports, anywhere in it; of a text that is no Python none can be told, and its run will say so."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        lines = [line for line in source.splitlines() if not line.lstrip().startswith((b"%", b"!"))]  # what only a notebook understands
        try:
            tree = ast.parse(b"\n".join(lines))
        except SyntaxError:
            return ()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *filter(None, [base])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    files = set()
    for name in names:
        parts = name.split(".")
        if parts[0] == "outlay":
            packages = [library.joinpath(*parts[1:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
            files |= {file for file in (*packages, library.joinpath(*parts[1:]).with_suffix(".py")) if file.is_file()}
    return tuple(sorted(files))


def _normalised(notebook):
    """Take out what differs from run to run and machine to machine; outputs stay."""
    import nbstripout

    notebook = nbstripout.strip_output(notebook, keep_output=True, keep_count=True, keep_id=True, extra_keys=_HIDDEN)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"  # papermill makes up another at every run
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return notebook


def _same_but_pictures(old: Path, new: Path) -> bool:
    """Return whether two notebooks differ in nothing but the bytes of their pictures, as they may from machine to machine."""

    def plain(path: Path) -> dict:
        notebook = _read(path)
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                output.get("data", {}).pop("image/png", None)
        return notebook

    return plain(old) == plain(new)


def _figures(stem: str, folder: Path | None = None) -> list[Path]:
    folder, number = folder or BUILD / "figures", stem.partition("_")[0]
    return sorted([*folder.glob(f"{number}_*"), *(folder / "outlined").glob(f"{number}_*")])


def _missing(path: Path, pdf: bool = False) -> list[str]:
    """Return why a notebook must run although it is not stale: its figures are not whole in `build`."""
    shown = {
        output["metadata"]["outlay"]["figure"]
        for cell in _read(path)["cells"]
        for output in cell.get("outputs", [])
        if "figure" in output.get("metadata", {}).get("outlay", {})
    }
    wanted = {f"{name}.{form}" for name in shown for form in ("csv", "png", "svg", "txt", *(["pdf"] if pdf else []))} | {
        f"outlined/{name}.svg" for name in shown
    }
    there = {str(file.relative_to(BUILD / "figures")) for file in _figures(path.stem)}
    if wanted - there:
        return ["its figures are not in build/"]
    # a notebook that came from elsewhere may be newer than the figures here; the stamp in a picture says from which rows and library it was drawn
    for output in (output for cell in _read(path)["cells"] for output in cell.get("outputs", []) if "image/png" in output.get("data", {})):
        name = output.get("metadata", {}).get("outlay", {}).get("figure")
        if name and _stamp(base64.b64decode(output["data"]["image/png"])) != _stamp((BUILD / "figures" / f"{name}.png").read_bytes()):
            return ["its figures in build/ are of another run"]
    return []


def _stamp(picture: bytes) -> list[bytes]:
    return re.findall(rb"outlay [0-9a-f]{16}", picture[:4096])


def _fixed() -> str:
    """Return a digest of everything that a build reads and does not write itself."""
    return _digest(*_contents(_data(), LIBRARY, ROOT / "site", ROOT / "requirements"), (ROOT / "README.md").read_bytes())


def _notebooks() -> str:
    """Return a digest of the committed notebooks and the pictures beside them."""
    return _digest(*_contents(NOTEBOOKS))


def _tables_key() -> str:
    """Return a digest of what the tables of the ledger are made from."""
    return _digest(*_contents(_data(), LIBRARY, ROOT / "requirements"))


def _data() -> Path:
    return Path(os.environ.get("OUTLAY_DATA") or ROOT / "data").resolve()


def _contents(*folders: Path) -> Iterator[bytes]:
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(file.parts) and folder / "private" not in file.parents:
                yield os.path.relpath(file, ROOT).encode()
                yield file.read_bytes()


def _tables_kept(state: dict, key: str) -> bool:
    """Return whether the tables in `build/data` are those of the ledger as it is."""
    return (
        state.get("tables") == key
        and (BUILD / ".tables").exists()
        and any(_under("data"))
        and all(state.get("outputs", {}).get(name) == now for name, now in _under("data"))
    )


def _state() -> dict:
    try:
        return json.loads((BUILD / ".state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or of a build that was cut short: build again
        return {}


def _outputs() -> dict[str, list[int]]:
    """Return every file that a build has made, with its size and time: one that is missing or was written over is made again."""
    return dict(found for folder in ("figures", "data", "site") for found in _under(folder))


def _under(folder: str) -> Iterator[tuple[str, list[int]]]:
    for file in sorted((BUILD / folder).rglob("*")):
        if file.is_file():
            yield str(file.relative_to(BUILD)), [file.stat().st_size, file.stat().st_mtime_ns]


def _remember(fixed: str, tables: str) -> None:
    aside = BUILD / ".state.json.new"
    aside.write_text(json.dumps({"inputs": [fixed, _notebooks()], "outputs": _outputs(), "tables": tables}), encoding="utf-8")
    aside.replace(BUILD / ".state.json")


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set variables of the environment inside this context."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
