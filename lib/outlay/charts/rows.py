"""Charts of rows: bars, bridges and dots, each row named on the left and its value written beside its mark."""

import math
import textwrap
from collections.abc import Callable, Iterable

import pandas as pd
from matplotlib.figure import Figure

from outlay import periods, style, units
from outlay.charts import canvas


def bars(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    names: dict[str, str] | list[str] | None = None,
    value_words: Callable = units.money,
    identity: str | None = None,
    muted: Iterable[str] = (),
    size: str = "report",
) -> Figure:
    """Draw horizontal bars, a row of the frame each, in the frame's order from the top, values at their ends.

    What is no outcome of the strongest kind is told apart: figures that are not `actual` are hatched, press figures and estimates are
    outlined tints. `names` gives each `period` (or company) of the frame its words, or lists those of the rows; the value's words come from
    `value_words`. `identity` is the company whose colour all bars wear, where the rows are figures of one company; those named by `muted` are grey.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex = book.quarters("capex", since="2025-07-01")
    >>> len(bars(capex, "Spending in one quarter", "$bn", alt="Bars.").axes[0].patches) == len(capex)
    True
    """
    with style.applied():
        figure, axes = canvas.make([frame], title, subtitle, alt, size)
        one = frame.company.nunique() == 1
        keys = frame.period if one else frame.company
        words = (
            names if isinstance(names, list) else [(names or {}).get(key) or (periods.words(key) if one else canvas.identity(key)[0]) for key in keys]
        )
        texts = []
        for place, row in enumerate(frame.itertuples()):
            colour = canvas.identity(identity or row.company)[1]
            colour = style.CONTEXT if row.company in muted else style.INK if colour == style.CONTEXT and one else colour
            firm = row.stance == "actual" and row.grade in ("filed", "stated")
            axes.barh(
                place,
                row.value,
                height=0.68,
                facecolor=colour if firm else style.tint(colour),
                edgecolor=colour,
                linewidth=0.8,
                hatch="////" if row.stance == "forward" else None,
            )
            if pd.notna(row.low) and pd.notna(row.high):
                axes.plot([row.low, row.high], [place, place], color=style.INK, linewidth=1.0, solid_capstyle="butt")
            end, said = row.value, value_words(row.value)
            if pd.notna(row.low) and pd.notna(row.high):
                end, ends = max(row.value, row.high), [value_words(row.low), value_words(row.high)]
                said += f" ({ends[0]}–{ends[1]})" if ends != [said, said] else ""  # beside the line the value alone would be read as its end
            texts.append(axes.annotate(said, (end, place), (4, 0), textcoords="offset points", va="center", fontsize=8))
        canvas.name_bars(figure, axes, words)
        low, high = min(0, frame.value.min()), max(0, frame.value.max(), frame.high.max() if frame.high.notna().any() else 0)
        room = 1 - (max(canvas.text_width(figure, text) for text in texts) + 6 / 72) / (axes.get_position().width * figure.get_figwidth())
        axes.set_xlim(low, low + (high - low) / room)
        return figure


def waterfall(frame: pd.DataFrame, title: str, subtitle: str, *, alt: str, names: dict[str, str], size: str = "report") -> Figure:
    """Draw a bridge: the first and last rows as whole bars, the rows between as the steps that lead from one to the other.

    `frame` is what `measures.bridge` returns, `names` the words for its metrics. A step that was not printed has a place and no bar.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> from outlay import measures
    >>> path = measures.bridge(book, "msft", "2025Q3")
    >>> len(waterfall(path, "A bridge", "$bn", alt="Waterfall.", names=dict(book.metrics.label)).axes[0].patches) == len(path)
    True
    """
    with style.applied():
        figure, axes = canvas.make([frame], title, subtitle, alt, size)
        colour = canvas.own_colour(frame.company.iloc[0])
        reached, texts = 0.0, []
        for place, row in enumerate(frame.itertuples()):
            end = place in (0, len(frame) - 1)
            begin = 0.0 if end else reached
            reached = row.value if end else reached + (row.value if pd.notna(row.value) else 0.0)
            if pd.notna(row.value):
                axes.barh(
                    place,
                    reached - begin,
                    left=begin,
                    height=0.62,
                    facecolor=colour if end else style.tint(colour),
                    edgecolor=colour,
                    linewidth=0.8,
                    hatch="////" if row.metric == "rest" else None,
                )
            words = (
                "not printed" if pd.isna(row.value) else units.money(row.value) if end else ("+" if row.value >= 0 else "") + units.money(row.value)
            )
            texts.append(axes.annotate(words, (max(begin, reached), place), (4, 0), textcoords="offset points", va="center", fontsize=8))
            if place < len(frame) - 1:
                axes.plot([reached, reached], [place + 0.31, place + 0.69], color=style.MUTED, linewidth=0.7)
        labels = [textwrap.fill(names.get(metric, metric), 30) for metric in frame.metric]
        canvas.name_bars(figure, axes, labels)
        wide = axes.get_position().width * figure.get_figwidth()
        axes.set_xlim(0, max(text.xy[0] / (1 - (canvas.text_width(figure, text) + 8 / 72) / wide) for text in texts))
        return figure


def dots(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    names: Iterable[str],
    value_words: Callable = units.money,
    reference: tuple[float, str] | None = None,
    muted: Iterable[int] = (),
    logarithmic: bool = False,
    size: str = "report",
) -> Figure:
    """Draw a dot a row of the frame on one horizontal axis, in the frame's order from the top, its value written beside it.

    `names` are the words of the rows, in order. Filled dots are filed and stated figures, hollow ones press, estimates and assumptions; a range,
    printed or computed, is a line from low to high. A figure said as a floor or a ceiling points where it leaves room. `reference` is a value and its
    words; rows whose place is in `muted` are grey. A logarithmic axis must be named in the subtitle.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> runs = book.observations("annualised_revenue", companies=["openai"]).tail(3)
    >>> len(dots(runs, "Run-rates", "$bn", alt="Dots.", names=runs.period).axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([frame], title, subtitle, alt, size)
        axes.set_xscale("log" if logarithmic else "linear")
        axes.minorticks_off()
        texts = []
        for place, row in enumerate(frame.itertuples()):
            colour = style.CONTEXT if place in muted else canvas.own_colour(row.company)
            if pd.notna(row.low) and pd.notna(row.high):
                axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.4, solid_capstyle="butt", zorder=2)
            mark = {"≥": ">", "≤": "<"}.get(row.relation, "o")
            face = colour if row.grade in ("filed", "stated") else "white"
            axes.plot(row.value, place, mark, color=colour, markersize=6, markerfacecolor=face, markeredgewidth=1.4, linestyle="none", zorder=3)
            end = max(row.value, row.high if pd.notna(row.high) else row.value)
            words = {"≥": "more than ", "≤": "at most ", "≈": "about "}.get(row.relation, "") + value_words(row.value)
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # the line of the row must not strike the words out
            texts.append(axes.annotate(words, (end, place), (7, 0), textcoords="offset points", va="center", fontsize=8, bbox=paper))
        canvas.name_bars(figure, axes, [textwrap.fill(str(name), 34) for name in names], zero=not logarithmic)
        axes.hlines(range(len(frame)), 0, 1, transform=axes.get_yaxis_transform(), color=style.GRID, linewidth=0.6, zorder=1)
        room = 1 - (max(canvas.text_width(figure, text) for text in texts) + 12 / 72) / (axes.get_position().width * figure.get_figwidth())
        low, high = axes.dataLim.x0, axes.dataLim.x1
        high = max(high, reference[0]) if reference else high
        if logarithmic:
            low = 10 ** math.floor(math.log10(low))
            axes.set_xlim(low, low * (high / low) ** (1 / room))
        else:
            left = min(0, low * 1.1)
            axes.set_xlim(left, left + (max(high, 0) - left) / room)
        if reference:
            axes.axvline(reference[0], color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            axes.annotate(reference[1], (reference[0], 1), (3, 2), **where, color=style.MUTED, fontsize=7.5, va="bottom")
        return figure
