"""Charts of two versions of one answer: as it was given, and as it would be given now."""

from collections.abc import Callable, Iterable

import pandas as pd
from matplotlib.figure import Figure

from outlay import style, units
from outlay.charts import canvas


def answers(
    before: pd.DataFrame,
    after: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    names: Iterable[str],
    groups: Iterable[str],
    missing: str,
    value_words: Callable[[float], str] = units.money,
    size: str = "report",
) -> Figure:
    """Draw a row an answer: hollow as it was given and filled as it would be given now, joined by a thin line, both written beside it.

    `before` and `after` match row by row; where `after` has no value the words `missing` stand there. What was given as a range alone, and what
    is made of one, is a bar from low to high without a dot. `names` are the rows' words; those of one of `groups` follow each other under its name.

    >>> from outlay import ledger
    >>> from outlay.models import required
    >>> book = ledger.open(as_of="2024-08-05")
    >>> said = required.published(book).head(2)
    >>> how = {"alt": "Dots.", "names": said.model, "groups": said.asks, "missing": "not known"}
    >>> len(answers(said, said, "Models", "$bn", **how).axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([before, after[after.value.notna()]], title, subtitle, alt, size)
        labels, headings, texts = [], {}, []
        for group, name, (_, old), (_, new) in zip(groups, names, before.iterrows(), after.iterrows(), strict=True):
            if group not in headings:
                headings[group] = len(labels)
                labels.append("")
            place = len(labels)
            labels.append(str(name))
            known = [row for row in (old, new) if pd.notna(row.value)]
            ends = [edge for row in known for edge in ((row.low, row.high) if _ranged(row) else (row.value, row.value))]
            axes.plot([0, min(ends)], [place, place], color=style.GRID, linewidth=0.6, zorder=0)
            axes.plot([min(ends), max(ends)], [place, place], color=style.CONTEXT, linewidth=1.2, zorder=1)
            for row, face, lift in zip(known, ("white", style.INK), (-0.13, 0.13), strict=False):
                if _ranged(row):  # one above the other, or the later would hide the earlier
                    axes.barh(
                        place + lift, row.high - row.low, left=row.low, height=0.24, facecolor=face, edgecolor=style.INK, linewidth=1.0, zorder=2
                    )
                else:
                    axes.plot(row.value, place, "o", color=style.INK, markersize=6, markerfacecolor=face, markeredgewidth=1.3, zorder=3)
            words = f"{_said(old, value_words)}{f', now {_said(new, value_words)}' if len(known) > 1 else f': {missing}'}"
            texts.append(axes.annotate(words, (max(ends), place), (7, 0), textcoords="offset points", va="center", fontsize=8))
        canvas.name_bars(figure, axes, labels)
        box, width = axes.get_position(), figure.get_figwidth()
        where = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "annotation_clip": False}
        over = [axes.annotate(group, (0, place), **where, xytext=(0, 0), fontweight="bold", va="center") for group, place in headings.items()]
        left = max(box.x0, (max(canvas.text_width(figure, text) for text in over) + 2 * canvas.EDGE) / width)  # a heading may be longer than any name
        axes.set_position([left, box.y0, box.x1 - left, box.height])
        for text in over:
            text.set_position(((canvas.EDGE - left * width) * 72, 0))
        wide = axes.get_position().width * figure.get_figwidth()
        axes.set_xlim(0, max(text.xy[0] / (1 - (canvas.text_width(figure, text) + 10 / 72) / wide) for text in texts))
        return figure


def _ranged(row: pd.Series) -> bool:
    """Return whether a row was given as a range alone, or is made of one."""
    return pd.notna(row.low) and pd.notna(row.high) and row.low < row.high and row.how == "derived"


def _said(row: pd.Series, words: Callable[[float], str]) -> str:
    return f"{words(row.low)}–{words(row.high)}" if _ranged(row) else words(row.value)
