"""Charts of who pays whom: the ring of deals, the staircase of tranches, the plane of capacity and revenue."""

import textwrap
from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from outlay import style, units
from outlay.charts import canvas
from outlay.models import circle

# where each party stands, the same at every date: suppliers of one laboratory around it, those of two between them
PLACES = {
    "openai": (0.0, 0.0),
    "nvda": (0.0, 1.0),
    "orcl": (-1.15, 0.9),
    "coreweave": (1.15, 0.9),
    "msft": (1.35, -0.1),
    "anthropic": (1.3, -1.0),
    "googl": (0.86, -0.46),
    "amzn": (0.28, -1.0),
    "cerebras": (-0.52, -1.0),
    "amd": (-1.3, -0.1),
    "meta": (-1.35, -1.0),
}
_DASHES = {"firm": "-", "conditional": (0, (4.5, 2.2)), "letter_of_intent": (0, (1, 1.6)), "cancelled": (0, (1, 3))}
_SPANS = {"firm": 0.10, "conditional": 0.30, "letter_of_intent": 0.30, "cancelled": 0.46}  # how far a line bends, so that no two lie on each other
_POINTS = 0.13  # of line width for a bn a year
_THIN = 1.0


def ring(
    views: dict[str, pd.DataFrame], title: str, subtitle: str, *, alt: str, counters: Iterable[str], hub: str = "openai", size: str = "tall"
) -> Figure:
    """Draw who pays whom in a year: a panel a date, every party at the same place in all of them, the line as wide as the money of a year.

    `views` holds, by the words over their panel, the flows that `models.circle.circular` returns; `counters` one text each for the middle, under
    the name of `hub`. Firm deals are solid, conditional ones dashed, letters of intent dotted, cancelled ones faint. A thin line with "in all" is
    an amount for which no document prints years, "shares" is a warrant. A line wears the colour of who pays, and its number stands on it. Refuses
    parties that have no place.

    >>> from outlay import ledger
    >>> from outlay.models import circle
    >>> book = ledger.open(as_of="2025-10-21")
    >>> edges = circle.circular(circle.flows(book.deals(), "2025-10-21"), drawn=True)
    >>> len(ring({"": edges}, "A ring", "$bn a year", alt="Ring.", counters=["no money"]).axes)
    1
    """
    if unplaced := sorted({party for frame in views.values() for side in ("from", "to") for party in frame[side]} - set(PLACES)):
        raise ValueError(f"the ring has no place for {units.spell(unplaced)}: give each one in charts.ring.PLACES")
    with style.applied():
        figure, _ = canvas.make(list(views.values()), title, subtitle, alt, size, columns=len(views), shared=False)
        figure.subplots_adjust(left=0.01, right=0.99, bottom=figure.subplotpars.bottom - 0.045, top=figure.subplotpars.top + 0.01, wspace=0.02)
        for axes, (words, frame), counter in zip(figure.axes, views.items(), counters, strict=True):
            _panel(axes, frame, words, counter, hub, small=len(views) > 1)
        return figure


def _panel(axes: mpl.axes.Axes, frame: pd.DataFrame, words: str, counter: str, hub: str, small: bool) -> None:
    axes.set_xlim(-1.66, 1.66)
    axes.set_ylim(-1.1, 1.1)
    axes.axis("off")
    figure, size = axes.get_figure(), 7.5 if small else 9.5
    if words:
        axes.text(0.5, 1.0, words, transform=axes.transAxes, ha="center", va="bottom", fontweight="bold", fontsize=8.5)
    there = {hub, *frame["from"], *frame["to"]}
    boxes = {}
    for party in [name for name in PLACES if name in there]:
        name, colour = canvas.identity(party)
        text = axes.text(*PLACES[party], name, ha="center", va="center", fontweight="bold", fontsize=size, zorder=6)
        text.set_color(style.INK if colour == style.CONTEXT else colour)
        boxes[party] = text.get_window_extent(figure.canvas.get_renderer()).padded(4)
    middle = axes.annotate(
        counter,
        PLACES[hub],
        (0, -size * 0.9),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=size - 1,
        linespacing=1.2,
        zorder=6,
    )
    box = middle.get_window_extent(figure.canvas.get_renderer()).padded(3)
    boxes[hub] = mpl.transforms.Bbox.union([boxes[hub], box])
    taken = list(boxes.values())
    for row in circle.lines(frame).rename(columns={"from": "payer"}).itertuples():
        _edge(axes, row, boxes, taken, size - 1)


def _words(row) -> str:
    """Return what stands on a line of the ring."""
    if row.kind == "warrant":
        return "shares"
    if row.firmness == "cancelled":
        return f"{_bare(row.gone)} cancelled" if pd.notna(row.gone) else "cancelled"
    wide = pd.notna(row.year) and row.most > 1.25 * row.least
    parts = [f"{_bare(row.least)}–{_bare(row.most)}" if wide else _bare(row.year)] if pd.notna(row.year) else []
    parts += [f"{'+' if parts else ''}{_bare(row.rest)} {'left' if row.left else 'in all'}"] if pd.notna(row.rest) and row.rest > 0 else []
    return "\n".join(parts) or "no amount"


def _bare(value: float) -> str:
    """Write an amount without its unit: two decimals below one, one below twenty where it says something, else none."""
    return f"{value:,.2f}" if value < 0.95 else f"{value:,.1f}".removesuffix(".0") if value < 19.95 else f"{value:,.0f}"


def _edge(axes: mpl.axes.Axes, row, boxes: dict, taken: list, size: float) -> None:
    """Draw one line from payer to receiver, with a head, and write its words on it where they cover nothing."""
    start, end = row.payer, row.to
    colour = canvas.identity(start)[1]
    colour = style.MUTED if colour == style.CONTEXT else colour
    colour = style.CONTEXT if row.firmness == "cancelled" else colour
    first, last = (axes.transData.transform(PLACES[party]) for party in (start, end))
    bend = _SPANS[row.firmness] if row.kind == "money" else 0.26
    across = np.array([-(last - first)[1], (last - first)[0]])
    control = (first + last) / 2 + across * bend
    steps = np.linspace(0, 1, 121)[:, None]
    road = (1 - steps) ** 2 * first + 2 * steps * (1 - steps) * control + steps**2 * last
    outside = [not boxes[start].contains(*point) and not boxes[end].contains(*point) for point in road]
    road = road[np.flatnonzero(outside)[0] : np.flatnonzero(outside)[-1] + 1]
    known = row.kind == "money" and pd.notna(row.year)
    width = max(_THIN, _POINTS * row.year) if known else _THIN
    head = 3.2 + 0.9 * width
    points = axes.get_figure().dpi / 72
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(road, axis=0).T))])
    body = road[lengths <= lengths[-1] - head * points] if lengths[-1] > head * points * 1.5 else road[:2]
    line = mpl.lines.Line2D(
        *axes.transData.inverted().transform(body).T,
        color=colour,
        linewidth=width,
        linestyle=(0, (5, 1.5, 1, 1.5)) if row.kind == "warrant" else _DASHES[row.firmness],
        solid_capstyle="butt",
        dash_capstyle="butt",
        zorder=2,
        gid=f"{start}>{end}:{row.firmness}:{row.kind}",
        clip_on=False,
    )
    axes.add_line(line)
    tip, back = road[-1], body[-1]
    aim = (tip - back) / max(np.hypot(*(tip - back)), 1e-9)
    side = np.array([-aim[1], aim[0]]) * (1.4 + 0.62 * width) * points
    corners = axes.transData.inverted().transform([tip, back + side, back - side])
    axes.add_patch(mpl.patches.Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=3))
    ink = style.INK if colour == style.MUTED else style.MUTED if row.firmness == "cancelled" else colour
    _name(axes, _words(row), road, taken, size, ink, "bold" if known else "normal")


def _name(axes: mpl.axes.Axes, words: str, road: np.ndarray, taken: list, size: float, colour: str, weight: str) -> None:
    """Write words on a line, at the place along it (or beside it) where they cover no other words."""
    renderer = axes.get_figure().canvas.get_renderer()
    spots = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86]
    shifts = [(0, 0), (0, 8), (0, -8), (14, 0), (-14, 0), (14, 9), (-14, 9), (14, -9), (-14, -9), (0, 16), (0, -16), (26, 0), (-26, 0)]
    for shift in shifts:
        for spot in spots:
            point = road[int(spot * (len(road) - 1))]
            text = axes.annotate(
                words,
                axes.transData.inverted().transform(point),
                shift,
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=size,
                color=colour,
                fontweight=weight,
                linespacing=1.1,
                zorder=5,
                bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none"},
            )
            text.update_positions(renderer)
            box = mpl.text.Text.get_window_extent(text, renderer)
            inside = axes.get_window_extent().padded(-1)
            free = inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1) and not any(box.padded(3).overlaps(other) for other in taken)
            if free or (shift, spot) == (shifts[-1], spots[-1]):
                taken.append(box)
                _apart(axes, text, words)
                return
            text.remove()


def _apart(axes: mpl.axes.Axes, text: mpl.text.Annotation, words: str) -> None:
    """Write what has no years under the amount of a year as words of their own, not bold: bold is a year's money."""
    first, *rest = words.split("\n")
    if rest:
        (right, up), size = text.get_position(), text.get_fontsize()
        text.set_text(first)
        text.set_position((right, up + 0.62 * size))
        under = axes.annotate(" ".join(rest), text.xy, (right, up - 0.62 * size), textcoords="offset points", ha="center", va="center", fontsize=size)
        under.set(color=text.get_color(), zorder=5, bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none"})


def staircase(table: pd.DataFrame, frame: pd.DataFrame, title: str, subtitle: str, *, alt: str, across: str, size: str = "report") -> Figure:
    """Draw running totals that rise in steps: a column a series, a row a step, the index along the axis from zero.

    `frame` holds the ledger rows that the numbers rest on. A column is drawn from zero at the left, named with its last value at its end; the
    first in ink, the others dashed in turn.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> steps = pd.DataFrame({"Paid": [10.0, 20.0], "Missing": [40.0, 80.0]}, index=[1, 2])
    >>> len(staircase(steps, book.quarters("capex"), "Steps", "$bn", alt="Steps.", across="GW").axes)
    1
    """
    dashes = ["-", (0, (4.5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5))]
    with style.applied():
        figure, axes = canvas.make([frame, canvas.assumed(table, frame, title, across)], title, subtitle, alt, size)
        labels = []
        edges = np.array([0, *table.index], dtype=float)
        for place, (name, values) in enumerate(table.items()):
            colour = style.INK if place == 0 else style.MUTED
            axes.step(edges, [values.iloc[0], *values], where="pre", color=colour, linewidth=2.2 if place == 0 else 1.6, linestyle=dashes[place])
            labels.append((values.iloc[-1], f"{textwrap.fill(name, 16)}\n{units.money(values.iloc[-1])}", colour, "bold" if place == 0 else "normal"))
        axes.set_xlim(0, edges[-1])
        canvas.amounts(axes)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        box = axes.get_position()
        axes.set_position([box.x0, box.y0 + 0.035, box.width, box.height - 0.035])
        axes.set_xlabel(across, color=style.MUTED, labelpad=3)
        canvas.label_ends(figure, axes, [(*label, edges[-1], pd.Timestamp(0)) for label in labels])
        return figure


def plane(
    frame: pd.DataFrame,
    slopes: Iterable[tuple[float, str]],
    title: str,
    subtitle: str,
    *,
    alt: str,
    across: str,
    behind: pd.DataFrame | None = None,
    size: str = "report",
) -> Figure:
    """Draw one quantity against another, the points joined in order of time, under rays from the origin.

    `frame` holds the rows of the vertical quantity with the other one in its column `across_value` and the words of a point in `name`. `slopes`
    are vertical units per horizontal one, with the words of each ray; `behind` holds the rows that the rays rest on.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> rows = book.observations("compute_capacity", companies=["openai"]).assign(across_value=[1.0, 2.0, 3.0], name=["a", "b", "c"])
    >>> len(plane(rows, [(2.0, "twice")], "A plane", "GW", alt="Plane.", across="years").axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([frame] if behind is None else [frame, behind], title, subtitle, alt, size)
        colour = canvas.own_colour(frame.company.iloc[0])
        right, top = frame.across_value.max() * 1.25, frame.value.max() * 1.3
        for slope, words in slopes:
            end = min(right, top / slope)
            axes.plot([0, end], [0, end * slope], color=style.MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
            axes.annotate(words, (end, end * slope), (-4, 2), textcoords="offset points", ha="right", va="bottom", color=style.MUTED, fontsize=7.5)
        axes.plot(frame.across_value, frame.value, color=colour, linewidth=2.0)
        weak = ~frame.grade.isin(["filed", "stated"])
        axes.plot(frame.across_value, frame.value, "o", color=colour, markersize=5.5)
        axes.plot(frame.across_value[weak], frame.value[weak], "o", color=colour, markersize=5.5, markerfacecolor="white")
        for row in frame.itertuples():
            axes.annotate(row.name, (row.across_value, row.value), (7, -3), textcoords="offset points", va="top", fontsize=8, color=colour)
        axes.set_xlim(0, right)
        canvas.amounts(axes)
        axes.set_ylim(0, top * 1.12)
        axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(units.tick))
        box = axes.get_position()
        axes.set_position([box.x0, box.y0 + 0.035, box.width, box.height - 0.035])
        axes.set_xlabel(across, color=style.MUTED, labelpad=3)
        return figure
