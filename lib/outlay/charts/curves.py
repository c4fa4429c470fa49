"""Charts over anything but time: what a result becomes as an assumption moves."""

from collections.abc import Callable, Iterable

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from outlay import style, units
from outlay.charts import canvas


def curves(
    table: pd.DataFrame,
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    across: str,
    references: Iterable[tuple[float, str]] = (),
    points: Iterable[tuple[float, float, str]] = (),
    across_words: Callable[[float], str] = units.tick,
    colours: dict[str, str] | None = None,
    muted: Iterable[str] = (),
    top: float | None = None,
    size: str = "report",
) -> Figure:
    """Draw a line a column of a table over the table's numeric index, each named at its end.

    `frame` holds the ledger rows that the numbers rest on, for the source line; among the rows drawn each point is one of the grade `assumed`.
    `across` says under the axis what the index is. `references` are values and their words, drawn as thin lines; `points` are places with words (an
    index, a value, what they are). `colours` gives a column the colour of a company; those in `muted` are grey, all others ink, told apart by
    their dashes. `top` cuts the axis, so that one steep end does not flatten the rest.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> table = pd.DataFrame({"at 10%": [5.0, 3.0]}, index=[3, 5])
    >>> len(curves(table, book.quarters("capex"), "A curve", "$bn a year", alt="A curve.", across="years").axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([frame, canvas.assumed(table, frame, title, across)], title, subtitle, alt, size)
        dashes = iter(["-", (0, (5, 2)), (0, (1, 1.4)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2, 2, 2))] * 4)
        labels = []
        for name in table.columns:
            known = table[name].dropna()
            colour = style.CONTEXT if name in muted else canvas.identity((colours or {}).get(name, name))[1]
            colour = style.INK if colour == style.CONTEXT and name not in muted else colour
            axes.plot(
                known.index, known, color=colour, linewidth=1.2 if name in muted else 2.0, linestyle=next(dashes) if colour == style.INK else "-"
            )
            labels.append((known.iloc[-1], name, style.LABEL if name in muted else colour, "normal" if name in muted else "bold", known.index[-1], 0))
        canvas.thresholds(axes, references)
        for place, value, words in points:
            axes.plot(place, value, "o", color=style.INK, markersize=5, zorder=4)
            axes.annotate(words, (place, value), (6, 5), textcoords="offset points", fontsize=7.5)
        canvas.amounts(axes)
        if top is not None:
            axes.set_ylim(axes.get_ylim()[0], top)
        axes.set_xlim(table.index.min(), table.index.max())
        axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: across_words(value)))
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10], integer=table.index.max() - table.index.min() >= 3))
        ticks = [across_words(value) for value in axes.get_xticks() if table.index.min() <= value <= table.index.max()]
        if len(set(ticks)) < len(ticks):  # words that leave decimals out would say the same number twice
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=8, integer=True))
        box = axes.get_position()
        axes.set_position([box.x0, box.y0 + 0.035, box.width, box.height - 0.035])  # room for the words under the axis
        axes.set_xlabel(across, color=style.MUTED, labelpad=3)
        labels = [(min(value, axes.get_ylim()[1]), *rest[:-1], pd.Timestamp(0)) for value, *rest in labels]
        canvas.label_ends(figure, axes, labels)
        return figure
