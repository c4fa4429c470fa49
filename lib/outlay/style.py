"""The look: settings, sizes and greys. Knows no company; a company's colour is data and stands in `companies.csv`."""

import contextlib
from collections.abc import Iterator

import matplotlib as mpl

INK, MUTED, LABEL, CONTEXT, GRID = "#111111", "#5f5f5f", "#6b6b6b", "#b5b5b5", "#dddddd"
PROMISED = (0, (1, 1.4))  # the dash of what was promised, leaked or guessed
SIZES = {  # inches
    "report": (6.26, 3.94),  # 159 by 100 mm, the width of text on A4
    "column": (3.35, 2.90),
    "tall": (6.26, 5.60),
    "slide": (10.0, 5.63),
}
RESOLUTION = 200  # dots per inch of a PNG: sharp at the width of a page, small enough to commit

RC = {
    "font.family": "sans-serif",
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "text.color": INK,
    "text.parse_math": False,  # two dollar signs in a title are no algebra
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "xtick.major.size": 3.5,
    "ytick.major.size": 0,
    "axes.xmargin": 0,
    "axes.ymargin": 0.05,
    "lines.linewidth": 2.0,
    "lines.solid_capstyle": "round",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.bbox": None,
    "figure.dpi": 144,
    "svg.fonttype": "none",
    "svg.hashsalt": "outlay",
    "pdf.fonttype": 42,
}


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """Draw in the house style inside this context; nothing leaks into the session.

    >>> with applied():
    ...     mpl.rcParams["font.size"]
    8.5
    """
    import seaborn as sns  # here, because it takes most of a second and reading a frame needs none of it

    with mpl.rc_context():
        sns.set_theme(style="ticks", rc=RC)
        yield


def tint(colour: str, share: float = 0.72) -> tuple[float, float, float]:
    """Blend a colour towards white: flat, never transparent.

    >>> tint("#000000")
    (0.72, 0.72, 0.72)
    """
    return tuple(part + (1 - part) * share for part in mpl.colors.to_rgb(colour))
