"""The canvas under every chart: size, title, subtitle and source line, names on the marks, axes.

Charts are made of these; of them all a notebook meets `headline` alone.
"""

import textwrap
import weakref
from collections.abc import Iterable
from functools import cache

import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.textpath
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from outlay import ledger, periods, style, units

DRAWN: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()  # figure -> what stands behind it
EDGE = 0.13  # inches between the canvas and its text
PRIVATE = "Private: not for publication"


def headline(claim: str, *, holds: bool, otherwise: str) -> str:
    """Return the claim while it holds and fits into a title, and the plain description once it does not (or cannot be said).

    >>> headline("A dollar of cloud costs more than a dollar", holds=0.94 > 1, otherwise="Capital spending per dollar of cloud revenue")
    'Capital spending per dollar of cloud revenue'
    """
    return claim if bool(holds) and not pd.isna(holds) and not misfit(claim, style.SIZES["report"][0]) else otherwise


@cache
def misfit(title: str, width: float) -> str:
    """Say why a title does not fit: more than twelve words, or wider than the chart; nothing if it does."""
    if len(title.split()) > 12:
        return f"has {len(title.split())} words; at most 12, the rest belongs into the subtitle"
    bold = mpl.font_manager.FontProperties(family=style.RC["font.sans-serif"][0], weight="bold")
    if mpl.textpath.TextPath((0, 0), title.replace("$", r"\$"), size=12, prop=bold).get_extents().width > (width - 2 * EDGE) * 72:
        return "is wider than the chart; say it in fewer letters"
    return ""


def make(
    parts: list[pd.DataFrame],
    title: str,
    subtitle: str,
    alt: str,
    size: str,
    columns: int = 1,
    above: float = 0.0,
    rows: int = 1,
    shared: bool = True,
) -> tuple[Figure, mpl.axes.Axes]:
    """Make a figure of a fixed size with title, subtitle and source line, and `rows` of `columns` axes that may share their y scale."""
    drawn = pd.concat([part[[*ledger.COLUMNS, "relation", "bounds"]] for part in parts], ignore_index=True)  # how it was said, whose the range is
    if drawn.empty:
        raise ValueError(f"nothing to draw for '{title}': the frame is empty. Say so in the text instead of drawing an empty chart.")
    width, height = style.SIZES[size]
    if why := misfit(title, width):
        raise ValueError(f"the title '{title}' {why}")
    stand_ins = ledger.stand_ins(pd.concat(parts, ignore_index=True))
    subtitle = ". ".join([subtitle.rstrip("."), *stand_ins])
    source = f"Source: {ledger.cite(fact for facts in drawn.facts for fact in facts)}"
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    inner = int((width - 2 * EDGE) * 72)
    figure.text(EDGE / width, 1 - EDGE / height, title, fontsize=12, fontweight="bold", va="top")
    below = textwrap.fill(subtitle, int(inner / 4.55))
    figure.text(EDGE / width, 1 - (EDGE + 0.27) / height, below, fontsize=8.5, color=style.MUTED, va="top", linespacing=1.25)
    footer = textwrap.fill(source, int(inner / 3.75))
    figure.text(EDGE / width, (EDGE - 0.03) / height, footer, fontsize=7, color=style.MUTED, va="bottom", linespacing=1.25)
    top = 1 - (EDGE + 0.27 + 0.16 * (below.count("\n") + 1) + 0.16 + above) / height
    bottom = (EDGE + 0.14 * (footer.count("\n") + 1) + 0.34) / height
    axes = figure.subplots(rows, columns, sharey=shared, squeeze=False)[0]
    figure.subplots_adjust(left=0.46 / width, right=1 - EDGE / width, top=top, bottom=bottom, wspace=0.1 if shared else 0.22, hspace=0.5)
    if private := ledger.is_private(fact for facts in drawn.facts for fact in facts):
        _watermark(figure)
        alt = f"{PRIVATE}. {alt}"
    DRAWN[figure] = {"rows": drawn, "alt": alt, "title": title, "source": source, "private": private}
    return figure, axes[0]


def _watermark(figure: Figure) -> None:
    """Write across a chart, over everything it draws, that it is not to be published."""
    across, down = figure.get_size_inches()
    size = min(26.0, across * 72 / 15)
    angle = float(np.degrees(np.arctan2(down, across)))
    how = {"ha": "center", "va": "center", "rotation": angle, "fontweight": "bold", "color": "#b00020", "alpha": 0.3, "zorder": 1000}
    figure.text(0.5, 0.5, PRIVATE.upper(), fontsize=size, gid="private", **how)


def assumed(table: pd.DataFrame, frame: pd.DataFrame, title: str, across: str, down: str = "") -> pd.DataFrame:
    """Return a table of computed numbers as rows of the grade `assumed`, with the facts of the frame that they rest on.

    A number is named by its place: the index is `across` (or `down`, where the columns are `across`).
    """
    behind = tuple(sorted(set().union(*frame.facts)))
    rows = [
        (f"{name} {down}, {other} {across}" if down else f"{other}, {name} {across}", table.at[name, other])
        for name in table.index
        for other in table.columns
        if pd.notna(table.at[name, other])
    ]
    last = frame.iloc[[-1] * len(rows)]
    alike = {"company": "computed", "metric": title, "low": float("nan"), "high": float("nan"), "grade": "assumed", "how": "derived"}
    return last.assign(**alike, period=[name for name, _ in rows], value=[value for _, value in rows], facts=[behind] * len(rows))


@cache
def _people() -> pd.DataFrame:
    return ledger.tables(private=None)["companies"].set_index("company")


def identity(company: str) -> tuple[str, str]:
    """Return the name and colour of a company; what is no company (a total) is itself, in ink."""
    people = _people()
    if company not in people.index:
        return company, style.INK
    return people.at[company, "name"], people.at[company, "colour"] or style.CONTEXT


def own_colour(company: str) -> str:
    """Return the colour that a company wears where it is drawn for itself: its own, or ink where it has none."""
    colour = identity(company)[1]
    return style.INK if colour == style.CONTEXT else colour


def unbroken(rows: pd.DataFrame) -> Iterable[pd.DataFrame]:
    """Yield the stretches of a company's quarters that have neither a hole nor a change of definition among them."""
    rows = rows.sort_values("period_end")
    place = periods.position(rows.period)
    return (block for _, block in rows.groupby(((place.diff() != 1) | (rows.metric != rows.metric.shift())).cumsum()))


def line(axes: mpl.axes.Axes, rows: pd.DataFrame, colour: str, width: float, scale: float = 1) -> None:
    """Draw a company's quarters as a line that breaks where they do; a range is a band behind it."""
    for block in unbroken(rows):
        if len(block) == 1:  # a lone quarter between holes has no line to stand on
            axes.plot(block.period_end, block.value * scale, "o", markersize=width * 1.5, color=colour, clip_on=False)
        axes.plot(block.period_end, block.value * scale, color=colour, linewidth=width, solid_capstyle="round")
        if block.low.notna().all() and block.high.notna().all():
            axes.fill_between(block.period_end, block.low * scale, block.high * scale, color=style.tint(colour), linewidth=0)


def amounts(axes: mpl.axes.Axes) -> None:
    """Give amounts an axis from zero (below it only if they go there) with a few plain numbers."""
    low, high = axes.dataLim.y0, axes.get_ylim()[1]
    axes.set_ylim(0 if low >= 0 else axes.get_ylim()[0], max(0, high))
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(units.tick))
    axes.tick_params(axis="y", pad=2)
    axes.axhline(0, color=style.MUTED, linewidth=0.8)


def years(axes: mpl.axes.Axes, days: list[pd.Timestamp], every: int = 1, columns: bool = False) -> None:
    """Give dates an axis from the first to the last, with a tick where a calendar year starts; under `columns`, where its first quarter stands."""
    first, last = min(days), max(days)
    span = (last - first).days
    pad = pd.Timedelta(days=60) if span < 100 else pd.Timedelta(0)
    axes.set_xlim(first - pad, last + pad)
    if span < 550:  # too short for years to say anything: name the ends
        axes.set_xticks([first, last] if span else [first])
        axes.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
        return
    first_column = {"month": 3, "day": 31} if columns else {}  # a column stands where its quarter ends: that of January is last year's
    axes.xaxis.set_major_locator(mdates.YearLocator(2 if span > 365 * 9 else 1 if span < 365 * 3 else every, **first_column))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))


def thresholds(axes: mpl.axes.Axes, references: Iterable[tuple[float, str]]) -> None:
    """Draw values as thin dashed lines with their words on the left; the axis reaches as far as they do, or their words would stand in the title."""
    references = list(references)
    if references:
        (low, high), values = axes.get_ylim(), [value for value, _ in references]
        axes.set_ylim(min(low, *values), max(high, *(value * 1.08 for value in values)))  # a line of words above the highest
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    for value, words in references:
        axes.axhline(value, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # a line may run through the place
        axes.annotate(words, (0, value), (4, 3), **where, color=style.MUTED, fontsize=7.5, bbox=behind)


def name_bars(figure: Figure, axes: mpl.axes.Axes, words: list[str], zero: bool = True) -> None:
    """Write the names of horizontal bars on the left, make room for them, and take away what bars with values at their ends do not need."""
    axes.set_yticks(range(len(words)), words, color=style.INK)
    axes.set_ylim(len(words) - 0.5, -0.5)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False)
    if zero:
        axes.axvline(0, color=style.MUTED, linewidth=0.8)
    widest = max(text_width(figure, label) for label in axes.get_yticklabels())
    box = axes.get_position()
    left = (widest + 2 * EDGE) / figure.get_figwidth()
    axes.set_position([left, box.y0 - 0.04, box.x1 - left, box.height + 0.04])


def name_marks(figure: Figure, axes: mpl.axes.Axes, names: list[tuple[str, object, float, str]], marks: list[tuple[object, float]]) -> None:
    """Write names beside points, as near as they can stand without covering a mark or another name; far from its point a name gets a line to it.

    A name is its words, the place of its point, value and colour; `marks` are the places and values of all points drawn.
    """
    renderer, room = figure.canvas.get_renderer(), axes.get_window_extent()

    def pixel(place: object, value: float) -> tuple[float, float]:
        return tuple(axes.transData.transform((axes.convert_xunits(place), value)))

    taken = [mpl.transforms.Bbox([[x - 4, y - 4], [x + 4, y + 4]]) for x, y in (pixel(*mark) for mark in marks)]
    sides = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)]
    align = {1: "left", -1: "right", 0: "center"}
    spots = [(across * step, up * step, across, up) for step in (5, 9, 14, 20, 27, 35, 44, 54, 66, 80) for across, up in sides]
    for words, place, value, colour in names:
        for spot in spots:
            right, up, side, level = spot
            text = axes.annotate(
                words,
                (place, value),
                (right, up),
                textcoords="offset points",
                fontsize=6.5,
                color=colour,
                ha=align[side],
                va={1: "bottom", -1: "top", 0: "center"}[level],
                annotation_clip=False,
            )
            text.update_positions(renderer)
            box = text.get_window_extent(renderer)
            inside = room.x0 <= box.x0 and box.x1 <= figure.bbox.x1 - EDGE * figure.dpi and room.y0 + 2 < box.y0 and box.y1 < room.y1 + 4
            if (inside and not any(box.overlaps(other) for other in taken)) or spot == spots[-1]:
                taken.append(box)
                if max(abs(right), abs(up)) > 9:
                    thin = {"arrowstyle": "-", "linewidth": 0.4, "color": colour, "shrinkA": 0, "shrinkB": 3}
                    axes.annotate("", (place, value), (right, up), textcoords="offset points", arrowprops=thin, annotation_clip=False)
                    (x, y), reach = pixel(place, value), figure.dpi / 72
                    for part in (0.3, 0.5, 0.7, 0.9):  # no later name across the line
                        at = (x + right * reach * part, y + up * reach * part)
                        taken.append(mpl.transforms.Bbox([[at[0] - 2, at[1] - 2], [at[0] + 2, at[1] + 2]]))
                break
            text.remove()


def contrast(one, other) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""
    shades = []
    for colour in (one, other):
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in mpl.colors.to_rgb(colour)]
        shades.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(shades) + 0.05) / (min(shades) + 0.05)


def text_width(figure: Figure, text: mpl.text.Text) -> float:
    """Return the width of a text in inches."""
    return text.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi


def label_ends(figure: Figure, axes: mpl.axes.Axes, labels: list[tuple]) -> None:
    """Write each line's name at its last point, make room on the right for the names that need it, and push them apart where they collide.

    A label is value, words, colour, weight, the place on the x axis and the date of its point. A line that ends a few quarters early has its name in
    the column of the others, where names can be kept apart.
    """
    last = max(date for *_, date in labels)
    at_end = [number for number, label in enumerate(labels) if (last - label[5]).days < 460]
    edge = max(labels[number][4] for number in at_end)
    texts = [
        axes.annotate(
            words,
            (edge if number in at_end else place, value),
            (6, 0),
            textcoords="offset points",
            color=colour,
            fontweight=weight,
            va="center",
            annotation_clip=False,
        )
        for number, (value, words, colour, weight, place, _) in enumerate(labels)
    ]
    box, width = axes.get_position(), figure.get_figwidth()
    right = 1 - (max(text_width(figure, texts[number]) for number in at_end) + 6 / 72 + EDGE) / width
    axes.set_position([box.x0, box.y0, right - box.x0, box.height])
    step = 8.5 * 1.3 * figure.dpi / 72
    heights = {number: axes.transData.transform((0, labels[number][0]))[1] for number in at_end}
    order = sorted(at_end, key=heights.get)
    for number, height in zip(order, apart([heights[number] for number in order], step), strict=True):
        texts[number].set_position((6, (height - heights[number]) * 72 / figure.dpi))


def apart(heights: list[float], step: float) -> list[float]:
    """Return ascending heights at least `step` apart that stay as near as they can to the ones given."""
    groups = [[height, 1] for height in heights]  # middle of a block and how many it holds
    merged = True
    while merged:
        merged = False
        for place in range(len(groups) - 1):
            (low, below), (high, above) = groups[place], groups[place + 1]
            if high - low < step * (below + above) / 2:
                groups[place : place + 2] = [[(low * below + high * above) / (below + above), below + above]]
                merged = True
                break
    return [middle + step * (place - (count - 1) / 2) for middle, count in groups for place in range(count)]
