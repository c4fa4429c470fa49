"""Charts of two moments: where each row stood before, and where it stands now."""

import textwrap
from collections.abc import Callable, Iterable

import pandas as pd
from matplotlib.figure import Figure

from outlay import style, units
from outlay.charts import canvas


def shifts(
    before: pd.DataFrame,
    after: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    words: tuple[str, str],
    names: Iterable[str] = (),
    value_words: Callable = units.percent,
    size: str = "report",
) -> Figure:
    """Draw a row a company of `after`, in its order from the top: a small grey dot where it stood, an arrow, a dot in its colour where it stands.

    `words` name the two dots, written over the first row that has both; `names` are the words of the rows, in order (default: the companies'). A
    company that `before` lacks has its one dot. What is of press or an estimate is hollow.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> rows = book.quarters("capex", companies=["msft", "googl"], since="2024-07-01")
    >>> then, now = (rows[rows.period == quarter] for quarter in ("2024Q3", "2025Q3"))
    >>> len(shifts(then, now, "Two firms", "$bn", alt="Dots.", words=("then", "now"), value_words=units.money).axes)
    1
    """
    with style.applied():
        earlier = before[before.company.isin(after.company)].drop_duplicates("company").set_index("company")
        figure, axes = canvas.make([after, earlier.reset_index()], title, subtitle, alt, size, above=0.16)
        texts, heads = [], []
        for place, row in enumerate(after.itertuples()):
            colour = canvas.own_colour(row.company)
            face = colour if row.grade in ("filed", "stated") else "white"
            if row.company in earlier.index:
                old = earlier.loc[row.company]
                shade = style.CONTEXT if old.grade in ("filed", "stated") else "white"
                where = {"xycoords": "data", "textcoords": "data"}
                arrow = {"arrowstyle": "-|>", "color": style.MUTED, "linewidth": 0.9, "shrinkA": 3, "shrinkB": 4, "mutation_scale": 7}
                axes.annotate("", (row.value, place), (old.value, place), arrowprops=arrow, **where)
                axes.plot(old.value, place, "o", color=style.CONTEXT, markersize=5, markerfacecolor=shade, linestyle="none", zorder=2)
                texts.append(_beside(axes, old.value, place, value_words(old.value), -1 if old.value <= row.value else 1, style.LABEL))
                if not heads:
                    for value, word, far in ((old.value, words[0], old.value > row.value), (row.value, words[1], old.value <= row.value)):
                        side = "left" if far else "right"
                        look = {"ha": side, "va": "bottom", "color": style.MUTED, "fontsize": 7.5}
                        heads.append(axes.annotate(word, (value, place), (0, 8), textcoords="offset points", **look))
            axes.plot(row.value, place, "o", color=colour, markersize=7, markerfacecolor=face, markeredgewidth=1.4, linestyle="none", zorder=3)
            rising = row.company not in earlier.index or earlier.loc[row.company].value <= row.value
            texts.append(_beside(axes, row.value, place, value_words(row.value), 1 if rising else -1, colour, weight="bold"))
        found = [canvas.identity(company)[0] for company in after.company]
        canvas.name_bars(figure, axes, [textwrap.fill(str(name), 34) for name in (list(names) or found)])
        axes.set_ylim(len(after) - 0.5, -0.8)
        axes.hlines(range(len(after)), 0, 1, transform=axes.get_yaxis_transform(), color=style.GRID, linewidth=0.6, zorder=1)
        values = pd.concat([after.value, earlier.value])
        inches = axes.get_position().width * figure.get_figwidth()
        left, right = ((max(canvas.text_width(figure, text) for text in some) + 12 / 72) / inches for some in (texts, [*texts, *heads]))
        low, high = min(0, values.min()), max(0, values.max())
        pad = (high - low) / (1 - left - right)
        axes.set_xlim(low - (pad * left if values.min() - low < pad * left else 0), high + pad * right)
        return figure


def _beside(axes, value: float, place: int, words: str, side: int, colour: str, weight: str = "normal"):
    align = "left" if side > 0 else "right"
    return axes.annotate(
        words, (value, place), (7 * side, 0), textcoords="offset points", ha=align, va="center", fontsize=8, color=colour, fontweight=weight
    )
