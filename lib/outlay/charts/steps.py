"""A chart of what stands on each day: levels that jump when something is announced, and when the same could be there."""

from collections.abc import Callable

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.figure import Figure

from outlay import style
from outlay.charts import canvas

_DASHES = [("-", 2.4), ((0, (5, 1.5)), 1.6), (style.PROMISED, 1.6)]  # from the strictest level to the most generous


def steps(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    until: pd.Timestamp,
    value_words: Callable[[float], str],
    wait: pd.DataFrame | None = None,
    wait_words: str = "",
    size: str = "report",
) -> Figure:
    """Draw levels that hold from each `period_end` to the next, a line a company (a level) in order of appearance, up to the day `until`.

    `wait` is one row whose `low` and `high` are years: between the steps of the last level moved by either lies a grey band, with `wait_words` in it.

    >>> from outlay.models import power
    >>> figure = steps(power.announced("2025-10-20"), "Steps", "GW", alt="Steps.", until=pd.Timestamp("2025-10-20"), value_words="{:.0f} GW".format)
    >>> len(figure.axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([frame] if wait is None else [frame, wait], title, subtitle, alt, size)
        labels, levels = [], list(dict.fromkeys(frame.company))
        for level, (dash, width) in zip(levels, _DASHES, strict=False):
            rows = frame[frame.company == level].sort_values("period_end")
            days, values = [*rows.period_end, until], [0, *rows.value, rows.value.iloc[-1]]
            axes.step([days[0], *days], values, where="post", color=style.INK, linewidth=width, linestyle=dash, solid_joinstyle="miter")
            labels.append((rows.value.iloc[-1], f"{level}: {value_words(rows.value.iloc[-1])}"))
        last = until + max((until - frame.period_end.min()) * 0.9, pd.Timedelta(days=240))  # room for the names
        if wait is not None:
            rows = frame[frame.company == levels[-1]].sort_values("period_end")
            early, late = (rows.period_end + pd.Timedelta(days=round(365.25 * years)) for years in (wait.low.item(), wait.high.item()))
            last = max(late) + pd.Timedelta(days=120)
            grid = pd.DatetimeIndex(sorted({*early, *late, last}))
            high, low = ([max([0.0, *rows.value[moved <= day].tail(1)]) for day in grid] for moved in (early, late))
            axes.fill_between(grid, low, high, step="post", color=style.GRID, linewidth=0)
            axes.step(grid, high, where="post", color=style.MUTED, linewidth=1.0)
            axes.step(grid, low, where="post", color=style.MUTED, linewidth=1.0)
            middle = grid[0] + (grid[-1] - grid[0]) * 0.42
            axes.text(middle, max(high) * 0.42, wait_words, ha="center", va="center", fontsize=7.5, color=style.INK)
        canvas.amounts(axes)
        axes.set_ylim(0, frame.value.max() * 1.12)
        canvas.years(axes, [frame.period_end.min() - pd.Timedelta(days=30), last])
        axes.set_xlim(frame.period_end.min() - pd.Timedelta(days=30), last)
        if wait is None:  # a year or two: half years, none of them to come
            halves = pd.date_range(frame.period_end.min() - pd.Timedelta(days=30), until, freq="MS")
            axes.set_xticks(halves[halves.month.isin([1, 7])])
            axes.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
        figure.draw_without_rendering()
        step = 8.5 * 1.25 * figure.dpi / 72
        heights = [axes.transData.transform((0, value))[1] for value, _ in labels]
        order = sorted(range(len(labels)), key=heights.__getitem__)
        for number, height in zip(order, canvas.apart([heights[number] for number in order], step), strict=True):
            place = (6, (height - heights[number]) * 72 / figure.dpi)
            axes.annotate(
                labels[number][1], (until, labels[number][0]), place, textcoords="offset points", va="center", fontsize=8, annotation_clip=False
            )
        return figure
