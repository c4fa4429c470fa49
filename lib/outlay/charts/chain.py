"""A chart of who owes whom: boxes from the top down, an arrow from each that owes to the one that is owed."""

import textwrap

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from outlay import style
from outlay.charts import canvas


def chain(links: pd.DataFrame, title: str, subtitle: str, *, alt: str, size: str = "tall") -> Figure:
    """Draw a chain of debts: a row of `links` each an amount that `payer` owes `taker`, both in words, with its own `words` beside the arrow.

    Rows between the same two share an arrow, a line of words each. An arrow is dashed where nothing on it is firm (column `firm`). Boxes wear the
    colour of the company that `company` names on the payer's side, where it has one. Refuses amounts that run in a circle.

    >>> from outlay import ledger
    >>> from outlay.models import credit
    >>> links = credit.chain(ledger.open())
    >>> len(chain(links, "A chain", "$bn", alt="A chain of boxes.").axes)
    1
    """
    levels = _levels(list(zip(links.payer, links.taker, strict=True)))
    with style.applied():
        figure, axes = canvas.make([links], title, subtitle, alt, size)
        axes.set_axis_off()
        box = axes.get_position()
        axes.set_position([canvas.EDGE / figure.get_figwidth(), box.y0 - 0.05, 1 - 2 * canvas.EDGE / figure.get_figwidth(), box.height + 0.05])
        deepest = max(levels.values())
        axes.set_xlim(0, 1)
        axes.set_ylim(deepest + 0.35, -0.2)
        long = {(row.payer, row.taker) for row in links.itertuples() if levels[row.taker] - levels[row.payer] > 1}
        narrow = {node for node, level in levels.items() for start, end in long if levels[start] < level < levels[end]}
        half, colours = 0.17, dict(zip(links.payer, links.company, strict=True))
        for node, level in levels.items():
            width = 0.5 if narrow and node in narrow else 1.0
            colour = canvas.identity(colours.get(node, node))[1]
            colour = style.INK if colour == style.CONTEXT or node not in colours else colour
            axes.add_patch(
                mpl.patches.Rectangle((0, level - half), width, 2 * half, facecolor=style.tint(colour, 0.88), edgecolor=colour, linewidth=1.0)
            )
            axes.text(0.015, level, node, va="center", fontweight="bold", color=colour)
        for (payer, taker), rows in links.groupby(["payer", "taker"], sort=False):
            beside = (payer, taker) in long
            across, room = (0.6, 30) if beside else (0.05, 44 if narrow and levels[taker] > min(levels[node] for node in narrow) - 1 else 80)
            top, bottom = levels[payer] + half, levels[taker] - half
            dash = "-" if rows.firm.any() else (0, (4, 3))
            arrow = {"arrowstyle": "-|>", "linestyle": dash, "color": style.INK, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (across, bottom), (across, top), arrowprops=arrow)
            axes.text(
                across + 0.025,
                (top + bottom) / 2,
                "\n".join(textwrap.fill(words, room) for words in rows.words),
                va="center",
                fontsize=8,
                linespacing=1.3,
            )
        return figure


def _levels(pairs: list[tuple[str, str]]) -> dict[str, int]:
    """Return how many steps each node lies below the first, by the longest road."""
    levels = dict.fromkeys([name for pair in pairs for name in pair], 0)
    for _ in range(len(levels) + 1):
        moved = [(taker, levels[payer] + 1) for payer, taker in pairs if levels[taker] <= levels[payer]]
        if not moved:
            return levels
        levels.update(moved)
    raise ValueError("chain: the amounts run in a circle. Draw them as a ring.")
