"""Sweeps: one notebook over a grid of parameters, side by side, as one tidy table and one chart.

A *result* of a run is a number that the notebook says: `sentences.say` keeps every number of a paragraph plainly beside its words, and here it is
named by the section it stands in and its name in the sentence, as `the_short_answer.cost`. Nothing else counts as one. Each run of the grid is a
cell of its own in `build/sweeps`, with the key of any other run: what is there and fresh is not run again, so a sweep that was cut short goes on.
"""

import atexit
import csv
import io
import itertools
import json
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from outlay import lookup
from outlay.tools import build, kernels, parameters

_alone = threading.Lock()  # a worker of a cluster has one environment for all of its threads
_kept: list = []  # the fork server of a worker of a cluster, for as long as it lives


def sweep(
    name: str,
    grid: Iterable[str],
    say: Callable[[str], None] = print,
    jobs: int | None = None,
    cluster: str = "",
    result: str = "",
    figures: bool = False,
) -> tuple[Path, int]:
    """Run a notebook for every cell of a grid; return where the table is, and how many cells failed.

    `grid` are texts as `margin=0.3,0.5` (values of a parameter that is a list are parted by `;`). Beside the table, a row a cell, stands a chart
    of `result` (without it, of the first that differs between cells). The runs save no charts unless `figures` asks for them. `cluster` is the
    address of a Dask scheduler that gets the cells instead of this machine. Raises ValueError for unknown notebooks, parameters and results.
    """
    path = build._path(name)
    axes = parse(grid, build.declared(path))
    values = [dict(zip(axes, cell, strict=True)) for cell in itertools.product(*axes.values())]
    home = build.BUILD / "sweeps" / path.stem
    outs = [home / ("drawn" if figures else "cells") / build.run_name(path, cell).removeprefix(f"{path.stem}-") for cell in values]
    runs = [(path, cell, out) for cell, out in zip(values, outs, strict=True)]
    environment = {} if figures else {"OUTLAY_FIGURES": "none"}
    with build.locked(home, say), build.environment(OUTLAY_PRIVATE=""), kernels.warm():  # a table of a sweep says nothing of whose its figures are
        build.stale(path)  # what the committed run asked of the ledger, most cells will ask too
        errors = _sent(cluster, runs, environment, say) if cluster else build.apart(runs, False, say, jobs, environment)
        rows = [_row(cell, out / path.name, error) for (_, cell, out), error in zip(runs, errors, strict=True)]
        table = home / f"{'-'.join(axes)}.csv"
        kernels.call("outlay.tools.sweep:publish", str(table), list(axes), rows, result)
    say(f"{len(rows)} cells, {sum(map(bool, errors))} failed: {build.shown(table)}")
    return table, sum(map(bool, errors))


def parse(grid: Iterable[str], declared: dict[str, object]) -> dict[str, list]:
    """Return the values of each parameter of a grid given as text, in the order given.

    >>> parse(["margin=0.3,0.5"], {"margin": 0.3})
    {'margin': [0.3, 0.5]}
    >>> parse(["margin"], {"margin": 0.3})
    Traceback (most recent call last):
    ValueError: --grid takes NAME=VALUE,VALUE,…, not 'margin'
    """
    axes = {}
    for text in grid:
        name, found, listed = text.partition("=")
        if not found or not listed:
            raise ValueError(f"--grid takes NAME=VALUE,VALUE,…, not '{text}'")
        if name in axes:
            raise ValueError(f"--grid names '{name}' twice; give all of its values at once")
        lookup.known("parameter", name, declared)
        parts = listed.split(";" if isinstance(declared[name], list) else ",")
        axes[name] = list({json.dumps(value): value for value in (parameters.parse(name, part.strip(), declared) for part in parts)}.values())
    if not axes:
        raise ValueError("a sweep needs a grid: --grid NAME=VALUE,VALUE,…")
    return axes


def results(notebook: dict) -> dict[str, float]:
    """Return the numbers that an executed notebook says, by section and name; what comes again in a section is counted on.

    >>> said = {"output_type": "display_data", "metadata": {"outlay": {"values": {"cost": 1.14}}}}
    >>> results({"cells": [{"cell_type": "markdown", "source": "## The short answer"}, {"cell_type": "code", "source": "", "outputs": [said]}]})
    {'the_short_answer.cost': 1.14}
    """
    return {name: value for name, value, _ in _said(notebook)}


def outputs(notebook: dict) -> Iterable[tuple[str, dict]]:
    """Yield every output of an executed notebook, with the section that it stands in as a name."""
    section = ""
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
            section = re.sub(r"\W+", "_", headings[-1].lower()).strip("_") if headings else section
            continue
        for output in cell.get("outputs", []):
            yield section, output


def _said(notebook: dict) -> Iterable[tuple[str, float, list[str]]]:
    """Yield every number that a notebook says, with the names of the facts behind it."""
    seen = {}
    for section, output in outputs(notebook):
        about = output.get("metadata", {}).get("outlay", {})
        for name, value in about.get("values", {}).items():
            full = f"{section}.{name}"
            seen[full] = seen.get(full, 0) + 1
            yield full if seen[full] == 1 else f"{full}_{seen[full]}", value, about.get("facts", {}).get(name, [])


def _row(values: dict[str, object], path: Path, error: str) -> dict:
    """Return what is kept of a cell: its values, its error in one line, its results and the facts behind them."""
    if error:
        first, *_, last = error.splitlines()
        return {"values": values, "error": first if first == last else f"{first.removeprefix('FAILED in ')}: {last}", "results": {}, "facts": {}}
    found = list(_said(json.loads(path.read_text(encoding="utf-8"))))
    return {"values": values, "error": "", "results": {name: value for name, value, _ in found}, "facts": {name: facts for name, _, facts in found}}


def publish(table: str, axes: list[str], rows: list[dict], result: str = "") -> None:
    """Write the table of a sweep (`rows` as cells are kept), and beside it the chart of a result as PNG and SVG.

    Raises ValueError if no cell has such a result. Without one, that of the first that differs between cells is drawn, if there is any.
    """
    from outlay.charts import write

    names = list(dict.fromkeys(name for row in rows for name in row["results"]))
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([*axes, "error", *names])
    for row in rows:
        plain = [json.dumps(value) if isinstance(value, list) else value for value in row["values"].values()]
        lines.writerow([*plain, row["error"], *(row["results"].get(name, "") for name in names)])
    write(Path(table), text.getvalue().encode())
    if result:
        lookup.known("result", result, names)
    differing = [name for name in names if len({row["results"].get(name) for row in rows if not row["error"]} - {None}) > 1]
    for form in ("png", "svg"):
        Path(table).with_suffix(f".{form}").unlink(missing_ok=True)
    if chosen := result or next(iter(differing), ""):
        for form, content in _drawn(axes, rows, chosen).items():
            write(Path(table).with_suffix(f".{form}"), content)


def _drawn(axes: list[str], rows: list[dict], result: str) -> dict[str, bytes]:
    """Draw a result over the grid: rows by the first parameter, columns by the others, every value written into its cell."""
    import textwrap

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    from outlay import ledger, style

    def words(names: list[str], row: dict) -> str:
        return "\n".join(
            f"{name.replace('_', ' ')} {', '.join(map(str, value)) if isinstance(value := row['values'][name], list) else value}" for name in names
        )

    down, across = ([*dict.fromkeys(words(names, row) for row in rows)] for names in (axes[:1], axes[1:]))
    cells = {(down.index(words(axes[:1], row)), across.index(words(axes[1:], row))): row["results"].get(result) for row in rows}
    known = [value for value in cells.values() if value is not None]
    low, high = min(known), max(known)
    shades = LinearSegmentedColormap.from_list("ink", ["#f2f2f2", style.INK])
    ids = ledger.tables()["facts"].reset_index().set_index("name")["index"]
    facts = ids[ids.index.isin({name for row in rows for name in row["facts"].get(result, [])})]
    with style.applied():
        height = max(2.6, 1.5 + 0.5 * len(down))
        figure = Figure(figsize=(style.SIZES["report"][0], height))
        FigureCanvasAgg(figure)
        figure.text(0.02, 1 - 0.13 / height, result.replace("_", " ").replace(".", ": "), fontsize=12, fontweight="bold", va="top")
        figure.text(
            0.02,
            1 - 0.4 / height,
            "By the assumptions of a sweep. Empty: the run failed or did not say it",
            fontsize=8.5,
            color=style.MUTED,
            va="top",
        )
        source = f"Source: {ledger.cite(facts)}. Cells: assumed" if len(facts) else "Cells: assumed"
        figure.text(0.02, 0.1 / height, textwrap.fill(source, 115), fontsize=7, color=style.MUTED, va="bottom")
        grid = figure.add_axes((0.2, 0.62 / height, 0.78, 1 - 1.45 / height))
        for (row, column), value in cells.items():
            share = 0 if value is None or high == low else (value - low) / (high - low)
            grid.add_patch(_patch(column, row, "white" if value is None else shades(0.9 * share)))
            if value is not None:
                colour = "white" if share > 0.45 else style.INK
                grid.text(column + 0.5, row + 0.5, f"{value:,.4g}", ha="center", va="center", fontsize=9, color=colour)
        grid.set(xlim=(0, len(across)), ylim=(len(down), 0))
        grid.set_xticks([place + 0.5 for place in range(len(across))], across)
        grid.set_yticks([place + 0.5 for place in range(len(down))], down)
        grid.grid(visible=False)
        grid.tick_params(bottom=False, left=False)
        grid.spines[:].set_visible(False)
        found = {}
        for form, about in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            out = io.BytesIO()
            figure.savefig(out, format=form, metadata=about, dpi=style.RESOLUTION)
            found[form] = out.getvalue()
        return found


def _patch(column: int, row: int, colour: object) -> object:
    from matplotlib.patches import Rectangle

    return Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, facecolor=colour, edgecolor="#dddddd", linewidth=0.6)


def _sent(address: str, runs: list[tuple[Path, dict, Path]], environment: dict[str, str], say: Callable[[str], None]) -> list[str]:
    """Have the cells that are not there yet run on a Dask cluster; a worker that is lost on the way loses no cell, its cells go to the others."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ValueError("--cluster needs distributed: pip install 'outlay[cluster]'") from None
    errors, fresh = [""] * len(runs), build.fresh(runs)
    todo = [place for place in range(len(runs)) if place not in fresh]
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        path = runs[0][0]
        text = path.read_text(encoding="utf-8")
        futures = client.map(
            run_there, [path.name] * len(todo), [text] * len(todo), [runs[place][1] for place in todo], [environment] * len(todo), pure=False
        )
        places = dict(zip((future.key for future in futures), todo, strict=True))
        for future in as_completed(futures):
            place, told = places[future.key], {"error": f"FAILED: {future.exception()}"} if future.status == "error" else future.result()
            errors[place] = told["error"]
            if not told["error"]:
                _arrive(runs[place], told["files"])
            say(f"{path.stem}: {build.words(runs[place][1])}: {errors[place] or 'done'}")
    for place, reasons in zip(
        todo,
        build.all_stale([runs[place][2] / path.name if not errors[place] else path for place in todo], [runs[place][1] for place in todo]),
        strict=True,
    ):
        if reasons and not errors[place]:
            errors[place] = f"FAILED: the cluster works with something else than this machine: {'; '.join(reasons)}"
            build.clear(runs[place][2], path.stem)
    return errors


def _arrive(run: tuple[Path, dict, Path], files: dict[str, bytes]) -> None:
    """Write what came from a cluster into the folder of its cell, the notebook last."""
    from outlay.charts import write

    path, _, out = run
    build.clear(out, path.stem)
    for name in sorted(files, key=lambda name: name == path.name):
        write(out / name, files[name])


def run_there(name: str, text: str, values: dict[str, object], environment: dict[str, str]) -> dict:
    """Run one cell, on a worker of a cluster: the notebook comes as text, what it makes goes back as bytes."""
    with _alone, tempfile.TemporaryDirectory() as folder, build.environment(**environment):
        if not _kept:
            _kept.append(kernels.warm())
            _kept[0].__enter__()
            atexit.register(_kept[0].__exit__, None, None, None)
        path, out = Path(folder) / name, Path(folder) / "out"
        path.write_text(text, encoding="utf-8")
        error = build.tried("outlay.tools.build:execute", (path, out, values))
        found = [file for file in out.rglob("*") if file.is_file()] if not error else []
        return {"error": error, "files": {os.path.relpath(file, out): file.read_bytes() for file in found}}
