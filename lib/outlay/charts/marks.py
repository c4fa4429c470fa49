"""Marks that are put on a finished chart over time: rings around points, and a moment at which something was redrawn."""

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.figure import Figure

from outlay import style
from outlay.charts import canvas


def rings(figure: Figure, rows: pd.DataFrame, scale: float = 1) -> Figure:
    """Put a hollow dot in its company's colour on each row's point, and the rows among those that the chart draws; the subtitle says what they mean.

    >>> from outlay import charts, ledger
    >>> frame = ledger.open(as_of="2025-11-15").quarters("capex", companies=["msft"], since="2024-01-01")
    >>> figure = rings(charts.lines(frame, "A line", "$bn a quarter. Hollow: the last quarter", alt="A line."), frame.tail(1))
    >>> figure.axes[0].lines[-1].get_marker()
    'o'
    """
    axes = figure.axes[0]
    for company, some in rows.groupby("company", sort=False):
        colour = canvas.own_colour(company)
        axes.plot(
            some.period_end,
            some.value * scale,
            "o",
            color=colour,
            markerfacecolor="white",
            markersize=6.5,
            markeredgewidth=1.6,
            zorder=5,
            clip_on=False,
        )
    drawn = canvas.DRAWN[figure]["rows"]
    canvas.DRAWN[figure]["rows"] = pd.concat([drawn, rows[drawn.columns]], ignore_index=True)
    return figure


def moment(figure: Figure, date: pd.Timestamp, words: str) -> Figure:
    """Draw a thin upright line at a date, its words above what is drawn; where the date lies outside the axis nothing is drawn.

    >>> from outlay import charts, ledger
    >>> frame = ledger.open(as_of="2025-11-15").quarters("capex", companies=["msft"], since="2022-01-01")
    >>> figure = moment(charts.lines(frame, "A line", "$bn a quarter", alt="A line."), pd.Timestamp("2024-08-15"), "redrawn")
    >>> figure.axes[0].texts[-1].get_text()
    'redrawn'
    """
    axes = figure.axes[0]
    place, (first, last) = mdates.date2num(date), axes.get_xlim()
    if first < place < last:
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + (high - low) * 0.1)  # room for the words
        axes.axvline(place, color=style.MUTED, linewidth=0.8, zorder=1)
        left = place < (first + last) / 2
        where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        axes.annotate(words, (place, 1), (4 if left else -4, -1), **where, ha="left" if left else "right", va="top", fontsize=7.5, color=style.MUTED)
    return figure
