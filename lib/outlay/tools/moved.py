"""What a change of the ledger or of the code makes of the notebooks: their headline numbers cause by cause, their charts, titles and short answers.

A *headline number* is a number that a notebook says in its short answer, named as a sweep names it. The notebooks are run on the ledgers between
the old and the new one (`diff.between`), so that what each cause adds is measured and not guessed.
"""

import ast
import base64
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from outlay.tools import build, diff, kernels, sweep

ANSWER = "the_short_answer."


def moved(old: diff.Side, new: diff.Side, rows: pd.DataFrame, work: Path, say: Callable[[str], None] = lambda _: None) -> list[dict]:
    """Return, for each notebook that says or shows something else, what it is: `numbers`, `charts`, `answer` before and after, `title`.

    `numbers` are dictionaries of name, old, new, `by` (what each cause adds) and `residual`; they add up: old + by + residual = new. Where a
    number is not said on one side it has no `by`, and `first` names the cause with which it came or went.
    """
    with build.environment(OUTLAY_PRIVATE=""), kernels.warm():
        return _moved(old, new, rows, work, say)


def _moved(old: diff.Side, new: diff.Side, rows: pd.DataFrame, work: Path, say: Callable[[str], None]) -> list[dict]:
    other = bool((rows.cause == "code").any())
    states = diff.between(old.data, new.data, rows[rows.cause != "code"], work / "between")
    arrived = not other and diff.same_rows(states[-1][1] if states else old.data, new.data)
    inner = states[:-1] if arrived and states else states
    before, after = _notebooks(old), _notebooks(new)
    runs = {stem: {} for stem in before | after}
    first = _first(old, before, work, say, whole=other)
    for stem, path in first.items():
        runs[stem]["old"] = path
    at = dict(first)  # of each notebook the newest run: what it asked and was answered
    for cause, folder in inner:
        todo = _stale(at, replace(old, data=folder), say)
        at |= _executed({stem: before[stem] for stem in todo}, replace(old, data=folder), work / "runs" / cause.replace(" ", "_"), say, drawn=False)
        for stem in first:
            runs[stem][cause] = at[stem]
    # what was run last may say the same as the new ledger and still have no pictures: what the first run answers is compared with the end
    last = set(after) if other else {stem for stem in after if stem not in first or stem in _stale({stem: first[stem]}, new, say)}
    ended = _executed({stem: after[stem] for stem in sorted(last)}, new, work / "runs" / "new", say, drawn=True)
    out = []
    for stem in sorted(runs):
        ran = runs[stem] | {"new": ended.get(stem, first.get(stem) if stem in after else None)}
        if found := _told(stem, ran, [cause for cause, _ in states], arrived, other):
            out.append(found)
    return out


def _notebooks(side: diff.Side) -> dict[str, Path]:
    folder = side.tree / "notebooks" if side.tree else build.NOTEBOOKS
    return {path.stem: path for path in sorted(folder.glob("[0-9]*.ipynb")) if not path.stem.startswith("00")}


def _first(side: diff.Side, notebooks: dict[str, Path], work: Path, say: Callable[[str], None], whole: bool) -> dict[str, Path]:
    """Return runs of the notebooks on one side: the committed ones where they are of this ledger, and new ones otherwise."""
    kept = {}
    if not whole and not side.tree:
        with build.environment(OUTLAY_DATA=str(side.data)):
            news = build.all_stale(list(notebooks.values()))
        kept = {stem: path for (stem, path), reasons in zip(notebooks.items(), news, strict=True) if not reasons}
    return kept | _executed({stem: path for stem, path in notebooks.items() if stem not in kept}, side, work / "runs" / "old", say, drawn=True)


def _stale(at: dict[str, Path], side: diff.Side, say: Callable[[str], None]) -> list[str]:
    """Return which runs would be answered otherwise by this ledger."""
    asked = {stem: json.loads(path.read_text(encoding="utf-8"))["metadata"].get("outlay", {}).get("selections", []) for stem, path in at.items()}
    every = list({json.dumps(selection, sort_keys=True): selection for selections in asked.values() for selection in selections}.values())
    with build.environment(OUTLAY_DATA=str(side.data)):
        told = kernels.call("outlay.tools.build:changed", every) if every else []
    news = {json.dumps(selection, sort_keys=True) for selection, answer in zip(every, told, strict=True) if answer}
    return [stem for stem, selections in asked.items() if any(json.dumps(selection, sort_keys=True) in news for selection in selections)]


def _executed(notebooks: dict[str, Path], side: diff.Side, out: Path, say: Callable[[str], None], drawn: bool) -> dict[str, Path]:
    """Run notebooks of one side, with its code and its ledger, and return where each run is."""
    if not notebooks:
        return {}
    foreign = side.tree is not None and not _like_ours(side.tree)
    environment = {"OUTLAY_DATA": str(side.data), **({} if drawn else {"OUTLAY_FIGURES": "none"})}
    environment |= {"PYTHONPATH": str(side.tree / "lib"), "OUTLAY_KERNELS": "plain"} if foreign else {}
    home = side.tree / "notebooks" if side.tree else build.NOTEBOOKS
    tasks = [("outlay.tools.moved:execute", (home, path, out, foreign), environment) for path in notebooks.values()]
    names = list(notebooks)
    errors = build.run(
        tasks, None, lambda place: None, lambda place, error, seconds: say(f"{names[place]} ({out.name}): {error or f'{seconds:.1f} s'}")
    )
    if any(errors):
        wrong = next((stem, error) for stem, error in zip(names, errors, strict=True) if error)
        raise RuntimeError(f"{wrong[0]} cannot be run on '{out.name}' of the comparison: {wrong[1]}")
    return {stem: out / path.name for stem, path in notebooks.items()}


def execute(home: Path, path: Path, out: Path, foreign: bool) -> None:
    """Execute a notebook of the folder `home` into `out`; a `foreign` one with the library that PYTHONPATH names, in a kernel of its own."""
    if foreign:
        kernels.plainly()
    build.execute_in(home, path, {}, out)


def _like_ours(tree: Path) -> bool:
    """Return whether a tree has the library that runs here."""

    def content(library: Path) -> dict:
        return {str(file.relative_to(library)): file.read_bytes() for file in library.rglob("*.py") if "tools" not in file.parts}

    return content(tree / "lib" / "outlay") == content(build.LIBRARY)


def _told(stem: str, ran: dict[str, Path | None], causes: list[str], arrived: bool, other: bool) -> dict | None:
    """Return what one notebook says and shows otherwise, or None."""
    seen = {}
    for path in filter(None, ran.values()):
        if path not in seen:
            seen[path] = json.loads(path.read_text(encoding="utf-8"))
    said = {place: _said(seen[path]) if path is not None else {} for place, path in ran.items()}
    if ran.get("old") == ran.get("new"):
        return None
    for place, values in said.items():
        said[place] = _matched(values, said["new"])
    old, new = (seen.get(ran.get(side), {"cells": []}) for side in ("old", "new"))
    numbers = []
    for key in dict.fromkeys([*said["new"], *said.get("old", {})]):
        stages = [(place, values[key][0] if key in values else None) for place, values in said.items()]
        if number := contributions(f"{key[0]}.{key[2]}", stages, causes, arrived, other):
            words = [said[place][key][1] if key in said.get(place, {}) else "" for place in ("old", "new")]
            numbers.append(number | {"headline": number["name"].startswith(ANSWER), "said": words})
    charts = _charts(old, new)
    answer = [_answer(notebook) for notebook in (old, new)]
    if not numbers and not charts and answer[0] == answer[1] and ran.get("old") and ran.get("new"):
        return None
    there = [bool(ran.get(side)) for side in ("old", "new")]
    return {"stem": stem, "title": _title(new) or _title(old), "numbers": numbers, "charts": charts, "answer": answer, "there": there}


def _said(notebook: dict) -> dict[tuple, tuple[float, str]]:
    """Return the numbers that an executed notebook says, with their sentences: by section, the names in the sentence, the name, and a count.

    The other names in a sentence tell it from another in which a number happens to have the same name.
    """
    found = {}
    for section, output in sweep.outputs(notebook):
        values = output.get("metadata", {}).get("outlay", {}).get("values", {})
        for name, value in values.items():
            key = (section, "+".join(sorted(values)), name)
            count = sum(other[:3] == key for other in found)
            found[(*key, count)] = (value, "".join(output["data"]["text/plain"]))
    return found


def _matched(values: dict[tuple, tuple], wanted: dict[tuple, tuple]) -> dict[tuple, tuple]:
    """Name numbers as `wanted` does where the sentence is said otherwise but the number has its name to itself in its section."""

    def alone(found: Iterable[tuple]) -> dict[tuple, tuple]:
        found = list(found)
        return {key[::2][:2]: key for key in found if sum(other[::2][:2] == key[::2][:2] for other in found) == 1}

    theirs = alone(wanted)
    ours = alone(values)
    return {theirs.get(key[::2][:2], key) if ours.get(key[::2][:2]) == key and key not in wanted else key: value for key, value in values.items()}


def contributions(name: str, said: list[tuple[str, float | None]], causes: Iterable[str], arrived: bool = True, code: bool = False) -> dict | None:
    """Return what each cause adds to a number that was `said` on the old ledger, on those between and on the new one; None if it stayed.

    `arrived` says that with the last of the `causes` the new ledger is reached; otherwise what is left is the code's, if `code` differs, or residual.

    >>> contributions("cost", [("old", 1.0), ("new period", 3.0), ("new", 2.5)], ["new period", "our correction"])["by"]
    {'new period': 2.0, 'our correction': -0.5}
    """
    values = dict(said)
    old, new = values.get("old"), values.get("new")
    if old == new:
        return None
    out = {"name": name, "old": old, "new": new, "by": {}, "residual": 0.0, "first": ""}
    path = [(cause, values[cause]) for cause in causes if cause in values]
    rest = [cause for cause in causes if cause not in values]  # reached with the new ledger itself
    path.append((rest[-1] if rest and arrived else "code" if code else "", new))
    if old is None or new is None:
        gone = [cause for (cause, value), (_, earlier) in zip(path, [("", old), *path], strict=False) if (value is None) != (earlier is None)]
        return out | {"first": gone[-1] if gone else ""}
    at = old
    for cause, value in path:
        if value is None:  # not said on this ledger: what it would have been is not known, and counts with the next cause
            continue
        if cause:
            out["by"][cause] = out["by"].get(cause, 0.0) + value - at
        at = value
    out["by"] = {cause: round(step, 9) for cause, step in out["by"].items() if round(step, 9)}  # as exactly as a sentence keeps its numbers
    left = new - old - sum(out["by"].values())
    return out | {"residual": 0.0 if abs(left) <= 1e-8 * max(1.0, abs(old), abs(new)) else left}


def _title(notebook: dict) -> str:
    return next((line.lstrip("# ") for cell in notebook["cells"] for line in "".join(cell["source"]).splitlines() if line.startswith("# ")), "")


def _answer(notebook: dict) -> list[str]:
    """Return the paragraphs of a notebook's short answer, as plain text."""
    inside, said = False, []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and re.match(r"#+ ", text):
            inside = text.startswith("## The short answer")
        elif inside:
            said += ["".join(output["data"]["text/plain"]) for output in cell.get("outputs", []) if "text/markdown" in output.get("data", {})]
    return said


def _pictures(notebook: dict) -> dict[str, dict]:
    """Return the charts of an executed notebook: picture, title, alternative text, and what the cell that drew it may be titled."""
    from PIL import Image

    found = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("outlay", {}).get("figure")
            if name and "image/png" in output["data"]:
                picture = base64.b64decode(output["data"]["image/png"])
                with Image.open(io.BytesIO(picture)) as image:
                    title = image.info.get("Title", "")
                    found[name] = {
                        "png": picture,
                        "title": title,
                        "alt": "".join(output["data"]["text/plain"]),
                        "rank": rank(title, "".join(cell["source"])),
                    }
    return found


def _charts(old: dict, new: dict) -> list[dict]:
    """Return the charts that look otherwise, with `fell` where a title that claimed something no longer does."""
    before, after = _pictures(old), _pictures(new)
    out = []
    for name in sorted(before | after):
        was, now = before.get(name), after.get(name)
        if was and now and was["title"] == now["title"] and _same_picture(was["png"], now["png"]):
            continue
        fell = rose = False
        if was and now and was["title"] != now["title"] and was["rank"] is not None and now["rank"] is not None:
            fell, rose = now["rank"] > was["rank"], now["rank"] < was["rank"]
        out.append({"name": name, "old": was, "new": now, "fell": fell, "rose": rose})
    return out


def _same_picture(one: bytes, other: bytes) -> bool:
    from PIL import Image, ImageChops

    if one == other:
        return True
    with Image.open(io.BytesIO(one)) as left, Image.open(io.BytesIO(other)) as right:
        return left.size == right.size and ImageChops.difference(left.convert("RGB"), right.convert("RGB")).getbbox() is None


def rank(title: str, source: str) -> int | None:
    """Return which title of a cell's `charts.headline` this is: 0 the claim, 1 what stands if it does not hold, and so on; None if it is neither.

    >>> cell = 'title = charts.headline(f"Spending was {fold} what came in", holds=fold > 2, otherwise="Spending and revenue")'
    >>> rank("Spending was 38 times what came in", cell), rank("Spending and revenue", cell)
    (0, 1)
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    named = {node.targets[0].id: node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_headline(node)]
    inner = {id(part) for call in calls for keyword in call.keywords for part in ast.walk(keyword.value) if part is not call and _is_headline(part)}
    found = []
    for call in calls:
        if id(call) in inner:
            continue
        place = 0
        while True:
            texts = [(call.args[0] if call.args else None, place)]
            below = next((keyword.value for keyword in call.keywords if keyword.arg == "otherwise"), None)
            below = named.get(below.id, below) if isinstance(below, ast.Name) else below
            if below is not None and not _is_headline(below):
                texts.append((below, place + 1))
            found += [(len(form), at) for text, at in texts for form in [_form(text, named)] if form and re.fullmatch(form, title)]
            if below is None or not _is_headline(below):
                break
            call, place = below, place + 1
    return max(found)[1] if found else None  # the most exact form that fits


def _is_headline(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) == "headline"


def _form(node: ast.AST | None, named: dict[str, ast.AST]) -> str:
    """Return a text of the code as a pattern, in which everything that is computed may be anything."""
    if isinstance(node, ast.Name):
        node = named.get(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_form(side, named) for side in (node.left, node.right)]
        return "".join(part or ".*" for part in parts) if any(parts) else ""
    if isinstance(node, ast.IfExp):
        parts = [_form(side, named) for side in (node.body, node.orelse)]
        return f"(?:{'|'.join(parts)})" if all(parts) else ""
    return ""
