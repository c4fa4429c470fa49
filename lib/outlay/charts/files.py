"""What leaves a notebook: the picture shown, the files written, and the rows behind them."""

import base64
import hashlib
import io
import os
from functools import cache
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

from outlay import ledger, style
from outlay.charts import canvas

_WRITTEN: list[str] = []  # names of the charts shown in this session, in order
_HOME = Path(__file__).resolve().parents[3] / "build"


def show(figure: Figure, name: str) -> None:
    """Show a chart in the notebook and write it: `name.svg`, `.png`, `.csv` (the rows drawn, with their facts) and `.txt` (its alt text).

    They go to the folder `figures` of what OUTLAY_OUTPUT names, or of the project's `build` (of `build/private`, where a row is private). The
    picture shown is the PNG written. `name.pdf` is written too where OUTLAY_PDF asks for it. Where OUTLAY_FIGURES says `none`, as in sweeps, nothing
    is written and its words alone are shown.
    """
    behind = canvas.DRAWN[figure]
    private = behind.get("private", False)
    about = {"figure": name, **({"private": True} if private else {})}
    if os.environ.get("OUTLAY_FIGURES") == "none":
        display({"text/plain": behind["alt"]}, raw=True, metadata={"outlay": about})
        return
    # what is private never lies among what pages are made of
    folder = Path(os.environ.get("OUTLAY_OUTPUT") or (_HOME / "private" if private else _HOME)) / "figures"
    csv = rows_drawn(figure).to_csv(index=False, lineterminator="\n")
    stamp = hashlib.sha256((csv + _library()).encode()).hexdigest()[:16]
    words = {"Title": behind["title"], "Description": behind["alt"]}
    svg = {"Date": None, "Creator": None, "Source": behind["source"], "Identifier": f"outlay {stamp}", **words}
    svg |= {"Rights": canvas.PRIVATE} if private else {}
    marked = {"Warning": canvas.PRIVATE} if private else {}
    with style.applied():
        files = {f"{name}.svg": _saved(figure, "svg", svg)}
        with mpl.rc_context({"svg.fonttype": "path"}):  # a page cannot count on the reader's fonts
            files[f"outlined/{name}.svg"] = _saved(figure, "svg", svg)
        png = _saved(
            figure, "png", {"Software": None, "Source": behind["source"], "Comment": f"outlay {stamp}", **words, **marked}, dpi=style.RESOLUTION
        )
        if os.environ.get("OUTLAY_PDF"):  # twice the cost of all the rest, so only where somebody asks
            said = {"Title": behind["title"], "Subject": behind["alt"], "Keywords": f"outlay {stamp}; {behind['source']}"}
            files[f"{name}.pdf"] = _saved(figure, "pdf", {**said, "Creator": None, "Producer": None, "CreationDate": None})
    files |= {f"{name}.png": png, f"{name}.csv": csv.encode(), f"{name}.txt": (behind["alt"] + "\n").encode()}
    for file, content in files.items():
        write(folder / file, content)
    if name not in _WRITTEN:
        _WRITTEN.append(name)
    width = round(figure.get_figwidth() * 120)
    display(
        {"image/png": base64.b64encode(png).decode(), "text/plain": behind["alt"]},
        raw=True,
        metadata={"image/png": {"alt": behind["alt"], "width": width}, "outlay": about},
    )


def written() -> pd.DataFrame:
    """Return the charts that this notebook has written, and in which forms.

    >>> written().columns.tolist()
    ['chart', 'forms']
    """
    return pd.DataFrame([(name, "svg, png, csv, txt") for name in _WRITTEN], columns=["chart", "forms"])


def rows_drawn(figure: Figure) -> pd.DataFrame:
    """Return the ledger rows that a chart draws, facts by name: what `show` writes as CSV.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> from outlay.charts import lines
    >>> figure = lines(book.quarters("capex", companies=["msft"]), "Microsoft", "$bn a quarter", alt="Line chart.")
    >>> rows_drawn(figure).facts.iloc[-1]
    'msft/capex_cash/2025-07-01..2025-09-30@msft-10-q-2025-09-30'
    """
    rows = canvas.DRAWN[figure]["rows"]
    return rows.assign(facts=rows.facts.map(lambda ids: ";".join(ledger.names(ids))))


def write(path: Path, content: bytes) -> None:
    """Write a file aside and move it into place, so that nobody meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)


def drawing() -> list[Path]:
    """Return the modules that make a picture of rows: every notebook that draws reaches all of them, so that its pictures are theirs.

    What made the rows is not among them: a change there changes rows, or no picture.

    >>> "files.py" in [path.name for path in drawing()]
    True
    """
    folder = Path(__file__).parents[1]
    below = [folder / f"{name}.py" for name in ("ledger", "lookup", "periods", "style", "units")]
    return sorted([*below, *(folder / "charts").glob("*.py")])


@cache
def _library() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in drawing())).hexdigest()


def _saved(figure: Figure, form: str, metadata: dict, **how) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format=form, metadata=metadata, **how)
    return out.getvalue()
