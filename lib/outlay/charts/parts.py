"""Charts of a whole and its parts, where not every part is known."""

import pandas as pd
from matplotlib.figure import Figure

from outlay import style, units
from outlay.charts import canvas


def parts(
    frame: pd.DataFrame, title: str, subtitle: str, *, alt: str, row: str, names: dict[str, str], identity: str, size: str = "report"
) -> Figure:
    """Draw shares of a whole, a bar a value of the column `row` in the frame's order from the top, and leave blank what nobody explained.

    `names` gives the words of each metric, in the order from the left; every part bears its name and share, the blank is told at the end of the bar.
    `identity` is the company whose colour the parts wear. Refuses shares that come to more than a whole by more than their rounding.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> said = book.observations("consumer_share_of_revenue", companies=["openai"])
    >>> figure = parts(said, "A mix", "per cent", alt="Mix.", row="period", names={"consumer_share_of_revenue": "consumers"}, identity="openai")
    >>> len(figure.axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([frame], title, subtitle, alt, size)
        colour = canvas.identity(identity)[1]
        colour = style.INK if colour == style.CONTEXT else colour
        looks = [(colour, "white"), (style.tint(colour), style.INK), (style.GRID, style.INK)]
        rows = list(dict.fromkeys(frame[row]))
        for place, which in enumerate(rows):
            own, reached = frame[frame[row] == which].set_index("metric"), 0.0
            for (metric, words), (face, ink) in zip(names.items(), looks, strict=False):
                if metric not in own.index:
                    continue
                part = own.loc[metric]
                axes.barh(place, part.value, left=reached, height=0.66, facecolor=face, edgecolor="white", linewidth=0.8)
                how = {"≥": "over ", "≤": "at most ", "≈": "about "}.get(part.relation, "")
                said = f"{words}\n{how}{units.tick(round(100 * part.value, 1))}%"
                axes.text(reached + part.value / 2, place, said, ha="center", va="center", fontsize=7, color=ink, linespacing=1.1)
                reached += part.value
            if reached > 1.02:
                raise ValueError(f"{which}: the shares come to {units.percent(reached)}; they are not parts of one whole")
            if reached < 0.995:
                axes.barh(
                    place, 1 - reached, left=reached, height=0.66, facecolor="none", edgecolor=style.CONTEXT, linewidth=0.8, linestyle=(0, (3, 2))
                )
                axes.annotate(
                    f"{units.percent(1 - reached)} not said",
                    (1, place),
                    (5, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7.5,
                    color=style.MUTED,
                )
        canvas.name_bars(figure, axes, rows)
        axes.set_xlim(0, 1 / (1 - 0.85 / (axes.get_position().width * figure.get_figwidth())))
        return figure
