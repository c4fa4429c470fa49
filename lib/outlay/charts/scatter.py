"""Charts of single statements: how far each lay off or moved, and what forecasters said when."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from outlay import style, units
from outlay.charts import canvas

MARKS = {  # what a forecast covers and counts -> its mark
    ("large cloud firms", "all capital spending"): ("o", True),
    ("large cloud firms", "AI only"): ("o", False),
    ("world", "data centers"): ("s", True),
    ("world", "AI only"): ("s", False),
}


def spread(
    frame: pd.DataFrame, at: str, middles: pd.DataFrame, title: str, subtitle: str, *, alt: str, across: str = "", size: str = "report"
) -> Figure:
    """Draw a dot a statement, its share in per cent over `at` (a column of dates, or of months that count down), and the mean of each span in black.

    `middles` has `start`, `end`, `value` and `words` a span; a span whose value is a hole has its words alone, a span without words nothing. A floor
    is a hollow triangle. A firm is named at the dot that lies farthest off; firms without a colour of their own are ink and grey, every dot named.
    `across` says under the axis what the months count.

    >>> from outlay import ledger
    >>> from outlay.models import guidance
    >>> moved = guidance.moves(guidance.revisions(ledger.open().guidance("capex", companies=["meta"])))
    >>> means = guidance.seasons(moved).rename(columns={"mean": "value"}).assign(words="")
    >>> figure = spread(moved.assign(value=moved.share), "published", means, "Revisions", "per cent", alt="Dots.")
    >>> len(figure.axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([frame], title, subtitle, alt, size)
        names, marks = [], [(getattr(row, at), row.value * 100) for row in frame.itertuples()]
        for company, rows in frame.groupby("company", sort=False):
            name, colour = canvas.identity(company)
            plain = colour == style.CONTEXT
            colour = style.MUTED if plain else colour
            for floor, some in rows.groupby(rows.relation.eq("≥")):
                face = "white" if floor else colour
                axes.plot(
                    some[at], some.value * 100, "^" if floor else "o", color=colour, markerfacecolor=face, markersize=4.5, linestyle="none", zorder=3
                )
            far = rows.loc[rows.value.abs().sort_values(ascending=False).index]
            named = far.drop_duplicates("value") if plain else far.head(1)
            names += [(name, getattr(row, at), row.value * 100, colour) for row in named.itertuples()]
        dated = pd.api.types.is_datetime64_any_dtype(frame[at])
        if dated:
            canvas.years(axes, [frame[at].min() - pd.Timedelta(days=60), frame[at].max() + pd.Timedelta(days=60)])
        else:
            axes.set_xlim(max(middles.end.max(), frame[at].max() + 0.5), min(0, frame[at].min()))
            axes.xaxis.set_major_locator(mpl.ticker.MultipleLocator(3))
            axes.set_xlabel(across, color=style.MUTED, labelpad=3)
        box, down = axes.get_position(), 0.0 if dated else 0.035
        axes.set_position([box.x0 + 0.02, box.y0 + down, box.width - 0.02, box.height - down])  # room for signs on the left and words below
        low, high = min(0.0, frame.value.min() * 100), max(0.0, frame.value.max() * 100)
        reach = max(high - low, 1.0)
        axes.set_ylim(low - 0.08 * reach, high + 0.08 * reach)
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:+.0f}%".replace("-", "−") if value else "0"))
        axes.axhline(0, color=style.MUTED, linewidth=0.9)
        first, last = axes.get_xlim()
        marks += [(first + (last - first) * step / 60, 0.0) for step in range(61)]  # no name on the line of no change
        for span in middles.itertuples():
            if pd.notna(span.value):
                axes.hlines(span.value * 100, span.start, span.end, color=style.INK, linewidth=2.4, zorder=2)
                marks += [(span.start + (span.end - span.start) * step / 12, span.value * 100) for step in range(13)]
            if span.words:
                middle = span.start + (span.end - span.start) / 2
                axes.annotate(span.words, (middle, 1.01), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=7, color=style.INK)
        figure.draw_without_rendering()
        canvas.name_marks(figure, axes, names, marks)
        return figure


def vintages(frame: pd.DataFrame, actual: pd.DataFrame, title: str, subtitle: str, *, alt: str, actual_words: str, size: str | None = None) -> Figure:
    """Draw forecasts as annual averages, a row each from the oldest down, named by month, author and target, and what had been spent in black.

    `frame` is what `models.forecasts.annual` returns, dated. Circles are forecasts for the large cloud firms, squares for the world, hollow where AI
    alone is counted; a range is a thin bar. `actual` is one line of amounts a year: beside a row stands that of the last quarter which had ended
    when the forecast was published. What covers or counts something else is refused.

    >>> from outlay import ledger, measures
    >>> from outlay.models import forecasts
    >>> book = ledger.open()
    >>> said = forecasts.annual(book.versions("hyperscaler_capital_spending", stance="forward")).dropna(subset=["published"])
    >>> spent = measures.trailing(measures.total(book.quarters("capex", companies=["amzn", "msft"], since="2023-01-01")))
    >>> len(vintages(said, spent, "Forecasts", "$bn a year", alt="Rows.", actual_words="spent").axes)
    1
    """
    if unknown := set(zip(frame.whose, frame.counts, strict=True)) - set(MARKS):
        raise ValueError(f"vintages: no mark for a forecast that covers {sorted(unknown)[0]}. Leave it out, and say so.")
    with style.applied():
        rows = frame.sort_values(["published", "value", "author"], ignore_index=True)
        actual = actual.sort_values("period_end")
        spent = pd.merge_asof(rows[["published"]], actual[["period_end", "value"]], left_on="published", right_on="period_end")
        actual = actual[actual.period_end.isin(spent.period_end)]
        figure, axes = canvas.make([rows, actual], title, subtitle, alt, size or ("tall" if len(rows) > 14 else "report"))
        size_of_words = 6.5 if len(rows) > 24 else 7.5
        months = []
        for place, row in enumerate(rows.itertuples()):
            mark, filled = MARKS[row.whose, row.counts]
            if pd.notna(row.low) and pd.notna(row.high):
                axes.hlines(place, row.low, row.high, color=style.MUTED, linewidth=1.6, zorder=2)
            axes.plot(row.value, place, mark, color=style.MUTED, markerfacecolor=style.MUTED if filled else "white", markersize=4.5, zorder=3)
            end = max(row.value, row.high if pd.notna(row.high) else row.value)
            near = {"textcoords": "offset points", "fontsize": size_of_words, "va": "center"}
            axes.annotate(units.tick(round(row.value)), (end, place), (5, 0), **near)
            month = f"{row.published:%b %Y}"
            months.append("" if place and month == f"{rows.published[place - 1]:%b %Y}" else month)
        path = [(value, place + edge) for place, value in enumerate(spent.value) for edge in (-0.5, 0.5)]
        axes.plot([value for value, _ in path], [place for _, place in path], color=style.INK, linewidth=2.0, zorder=2, solid_capstyle="butt")
        canvas.name_bars(figure, axes, [f"{row.author} {row.target}" for row in rows.itertuples()])
        axes.tick_params(axis="y", labelsize=size_of_words)
        axes.set_ylim(len(rows) + 0.9, -0.6)
        axes.hlines(range(len(rows)), 0, 1, transform=axes.get_yaxis_transform(), color=style.GRID, linewidth=0.5, zorder=1)
        box, width = axes.get_position(), figure.get_figwidth()
        column = 0.52 if len(rows) > 24 else 0.6
        left = (max(canvas.text_width(figure, label) for label in axes.get_yticklabels()) + column + 2 * canvas.EDGE) / width
        axes.set_position([left, box.y0 + 0.06, box.x1 - left, box.height - 0.06])
        for place, month in enumerate(months):
            where = axes.get_yaxis_transform()
            shift = (canvas.EDGE / width - left) / (box.x1 - left)
            axes.text(shift, place, month, transform=where, fontsize=size_of_words, color=style.MUTED, va="center", ha="left")
        high = max(rows.value.max(), rows.high.max() if rows.high.notna().any() else 0, spent.value.max())
        axes.set_xlim(0, high * 1.1)
        words = axes.text(path[-1][0], len(rows) - 0.4, actual_words, fontsize=7.5, fontweight="bold", va="top", ha="left")
        if words.get_window_extent(figure.canvas.get_renderer()).x1 > axes.get_window_extent().x1:
            words.set(x=high * 1.1, ha="right")
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(units.tick))
        axes.tick_params(axis="x", bottom=True, labelbottom=True)
        return figure
