"""Charts of judgements: a strip of lights, a row a question, a column a quarter."""

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from outlay import periods, style
from outlay.charts import canvas

SHADES = {"calm": style.GRID, "strained": "#8a8a8a", "alarming": style.INK}
WIDE = 2.42  # inches for the words on the left


def lights(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    words: dict[str, tuple[str, str]],
    value_words: dict[str, Callable[[float], str]],
    size: str = "report",
) -> Figure:
    """Draw a light a row of the frame, questions under each other and quarters side by side, its value written beneath it.

    The frame has `question`, `period` and `light`, as `questions.judged` returns them. Calm is pale, strained grey, alarming black; a light that is
    out is an empty dashed ring without a value. `words` gives each question, from the top, and what measures it; `value_words` writes its values.
    Among the rows drawn stand those that are lit, because nothing stands behind the others.

    >>> from outlay import ledger
    >>> from outlay.models import questions
    >>> found = questions.judged(ledger.open(as_of="2024-08-05"), companies=["msft", "meta"])
    >>> words = {name: (about.asked, about.measure) for name, about in questions.QUESTIONS.items()}
    >>> how = dict.fromkeys(words, "{:.1f}".format)
    >>> len(lights(found, "Lights", "Pale: calm", alt="Lights.", words=words, value_words=how).axes[0].collections) == len(found)
    True
    """
    with style.applied():
        figure, axes = canvas.make([frame[frame.value.notna()]], title, subtitle, alt, size)
        quarters = sorted(frame.period.unique())
        column, line = ({name: place for place, name in enumerate(names)} for names in (quarters, words))
        for row in frame.itertuples():
            x, y, out = column[row.period], line[row.question], row.light == "out"
            axes.scatter(
                x,
                y - 0.08,
                s=170,
                facecolor="white" if out else SHADES[row.light],
                edgecolor=style.CONTEXT if out else SHADES[row.light],
                linestyle=(0, (2, 1.6)) if out else "-",
                linewidth=1.0,
                zorder=3,
            )
            if not out:
                axes.text(x, y + 0.2, value_words[row.question](row.value), ha="center", va="top", fontsize=7.5)
        box, width = axes.get_position(), figure.get_figwidth()
        left = (WIDE + canvas.EDGE) / width
        axes.set_position([left, box.y0, box.x1 - left, box.height])
        for question, (asked, measure) in words.items():
            place = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "annotation_clip": False}
            axes.annotate(asked, (0, line[question] - 0.14), (-WIDE * 72, 0), **place, va="bottom", fontweight="bold")
            axes.annotate(measure, (0, line[question] - 0.1), (-WIDE * 72, 0), **place, va="top", fontsize=7, color=style.MUTED, linespacing=1.2)
        axes.set_xlim(-0.6, max(len(quarters), 4) - 0.4)
        axes.set_ylim(len(words) - 0.45, -0.5)
        axes.grid(visible=False)
        axes.set_yticks([])
        axes.xaxis.tick_bottom()
        named = [quarter for place, quarter in enumerate(quarters) if place == 0 or quarter.endswith("Q1")]
        axes.set_xticks([column[quarter] for quarter in quarters], [_short(quarter, quarter in named) for quarter in quarters])
        axes.tick_params(bottom=False, labelsize=7.5)
        axes.spines["bottom"].set_visible(False)
        return figure


def _short(quarter: str, with_year: bool) -> str:
    """Write a quarter under its column; the year where it begins."""
    name, _, year = periods.words(quarter).partition(" ")
    return f"{name}\n{year}" if with_year else name
