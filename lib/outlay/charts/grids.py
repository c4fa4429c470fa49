"""Charts of tables: every number written in its cell."""

from collections.abc import Callable

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from outlay import style
from outlay.charts import canvas


def heat(
    table: pd.DataFrame,
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    rows: str,
    columns: str,
    mark: Callable | None = None,
    cell_words: Callable = "{:,.0f}".format,
    printed: bool = False,
    colour: str = style.INK,
    size: str = "report",
) -> Figure:
    """Draw a table of numbers as a heat map with every value written in its cell.

    `table` has the row and column names as index and columns; `frame` holds the ledger rows that the numbers rest on, for the source
    line. `rows` and `columns` are the words on the axes. Cells for which `mark(value)` holds are framed, holes are left white. Among the rows drawn
    each cell is one of the grade `assumed`, with the facts that it rests on, unless the numbers are `printed`: then they stand in `frame` already.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> grid = pd.DataFrame([[1.0, 2.0]], index=["30%"], columns=["3", "4"])
    >>> len(heat(grid, book.quarters("capex"), "A grid", "$bn", alt="Grid.", rows="margin", columns="years").axes)
    1
    """
    import seaborn as sns

    with style.applied():
        figure, axes = canvas.make([frame] if printed else [frame, canvas.assumed(table, frame, title, columns, rows)], title, subtitle, alt, size)
        sns.heatmap(
            table,
            ax=axes,
            cmap=sns.light_palette(colour, as_cmap=True),
            annot=table.map(lambda value: "" if pd.isna(value) else cell_words(value)),
            fmt="",
            cbar=False,
            vmin=0,
            vmax=float(table.max().max()) * 1.15,
            linewidths=1.5,
            linecolor="white",
            annot_kws={"fontsize": 9},
        )
        for text in axes.texts:  # ink or white, whichever can be read
            down, across = round(text.get_position()[1] - 0.5), round(text.get_position()[0] - 0.5)
            shade = axes.collections[0].get_facecolors()[down * table.shape[1] + across]
            text.set_color("white" if canvas.contrast(shade, "white") > canvas.contrast(shade, style.INK) else style.INK)
        if mark:
            for (down, across), value in ((at, table.iat[at]) for at in pd.MultiIndex.from_product([range(table.shape[0]), range(table.shape[1])])):
                if mark(value):
                    axes.add_patch(mpl.patches.Rectangle((across + 0.03, down + 0.04), 0.94, 0.92, fill=False, edgecolor=style.INK, linewidth=1.6))
        axes.set_xlabel(columns, color=style.MUTED, labelpad=4)
        axes.set_ylabel("")
        axes.tick_params(bottom=False, left=False, labelrotation=0)
        axes.set_yticks(axes.get_yticks(), [f"{label.get_text()} {rows}" for label in axes.get_yticklabels()], rotation=0)
        axes.spines[:].set_visible(False)
        box, widest = axes.get_position(), max(canvas.text_width(figure, label) for label in axes.get_yticklabels())
        left = (widest + 2 * canvas.EDGE) / figure.get_figwidth()
        axes.set_position([left, box.y0 + 0.05, box.x1 - left, box.height - 0.05])
        return figure
