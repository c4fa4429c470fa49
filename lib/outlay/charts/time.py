"""Charts over time: lines, panels, columns, and figures that are disputed or dated."""

import textwrap
from collections.abc import Callable, Iterable

import matplotlib as mpl
import matplotlib.dates as mdates
import pandas as pd
from matplotlib.figure import Figure

from outlay import periods, style, units
from outlay.charts import canvas


def lines(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    highlight: Iterable[str] | None = None,
    references: Iterable[tuple[float, str]] = (),
    beside: pd.DataFrame | None = None,
    beside_label: str = "",
    size: str = "report",
    scale: float = 1,
) -> Figure:
    """Draw one line a company over time; a hole in the data is a hole in the line.

    `highlight` turns every other company grey. `references` are values and their words, drawn as thin lines. `beside` is a second frame on the
    same unit, drawn in grey behind (the same measure under another definition), named `beside_label`. `scale` multiplies values (100 for per cent).

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> figure = lines(book.quarters("capex", since="2022-01-01"), "Capital spending by firm", "$bn a quarter", alt="Line chart of capital spending.")
    >>> len(figure.axes)
    1
    """
    with style.applied():
        parts = [frame] if beside is None else [frame, beside]
        figure, axes = canvas.make(parts, title, subtitle, alt, size)
        labels = []
        for company, rows in beside.groupby("company", sort=False) if beside is not None else ():
            canvas.line(axes, rows, style.CONTEXT, 1.4, scale)
            end = rows.period_end.iloc[-1]
            labels.append((rows.value.iloc[-1] * scale, beside_label or canvas.identity(company)[0], style.LABEL, "normal", end, end))
        for company, rows in frame.groupby("company", sort=False):
            name, colour = canvas.identity(company)
            chosen = highlight is not None and company in highlight
            colour = style.INK if chosen and colour == style.CONTEXT else colour  # a chart about a firm without a colour draws it in ink
            plain = colour == style.CONTEXT or (highlight is not None and not chosen)
            canvas.line(axes, rows, style.CONTEXT if plain else colour, 1.0 if plain else 2.4 if colour == style.INK else 2.0, scale)
            end = rows.period_end.iloc[-1]
            labels.append((rows.value.iloc[-1] * scale, name, style.LABEL if plain else colour, "normal" if plain else "bold", end, end))
        canvas.amounts(axes)
        canvas.years(axes, [day for part in parts for day in part.period_end])
        canvas.thresholds(axes, references)
        canvas.label_ends(figure, axes, labels)
        return figure


def panels(
    spend: pd.DataFrame, revenue: pd.DataFrame, title: str, subtitle: str, *, alt: str, words: tuple[str, str], size: str = "report"
) -> Figure:
    """Draw one panel a company on a shared scale: `spend` as a shaded area, `revenue` as a line, largest spender first.

    `words` name the area and the line, written into the first panel. A company of `spend` that `revenue` lacks has its area alone.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> spend, revenue = (book.quarters(name, companies=["amzn", "googl"], since="2022-01-01") for name in ("capex", "cloud_revenue"))
    >>> len(panels(spend, revenue, "Two clouds", "$bn a quarter", alt="Panels of two clouds.", words=("Spent", "Took in")).axes)
    2
    """
    with style.applied():
        revenue = revenue[revenue.company.isin(spend.company)]
        order = spend.groupby("company").value.last().sort_values(ascending=False).index
        figure, first = canvas.make([spend, revenue], title, subtitle, alt, size, columns=len(order), above=0.3)
        drawn = figure.axes
        last = max(spend.period_end.max(), revenue.period_end.max())
        begin = min(spend.period_end.min(), revenue.period_end.min())
        for axes, company in zip(drawn, order, strict=True):
            name, colour = canvas.identity(company)[0], canvas.own_colour(company)
            rows, against = spend[spend.company == company], revenue[revenue.company == company]
            for block in canvas.unbroken(rows):
                if len(block) == 1:  # a lone quarter has no area
                    axes.bar(block.period_end, block.value, width=60, color=style.tint(colour), linewidth=0)
                axes.fill_between(block.period_end, block.value, color=style.tint(colour), linewidth=0)
            if len(against):
                canvas.line(axes, against, colour, 2.0)
            axes.text(0, 1.03, name, transform=axes.transAxes, color=colour, fontweight="bold", va="bottom")
        for axes in drawn:
            canvas.amounts(axes)
            canvas.years(axes, [begin, last], every=2 if len(drawn) > 2 else 1)
            axes.set_ylim(0, max(spend.value.max(), revenue.value.max()) * 1.06)
        for axes in drawn[1:]:
            axes.tick_params(labelleft=False)
        _name_in_panel(first, spend[spend.company == order[0]], revenue[revenue.company == order[0]], words, canvas.identity(order[0])[1])
        return figure


def columns(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    by: str = "company",
    order: Iterable[str] | None = None,
    names: dict[str, str] | None = None,
    identity: str | None = None,
    value_words: Callable | None = None,
    scale: float = 1,
    size: str = "report",
) -> Figure:
    """Draw vertical columns, a period each, stacked from the parts that `by` (company or metric) tells apart; negative parts hang below zero.

    `order` says which part stands at the base, `names` what the parts are called; each is named beside the last column. Parts that are companies wear
    their colours; parts of one firm wear shades of `identity`'s colour (or ink), the darkest at the base. What is not actual, or of press or an
    estimate, is hatched. `value_words` writes the sum over every column. A period that lacks a part that the last period has is left out: a hole
    would look like a fall. Whole years stand over their name, everything else at the date it ends.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex = book.quarters("capex", companies=["msft", "googl"], since="2025-01-01")
    >>> len(columns(capex, "Two firms", "$bn a quarter", alt="Columns.").axes[0].patches) == len(capex)
    True
    """
    with style.applied():
        order = list(order or frame.groupby(by).value.last().sort_values(ascending=False).index)
        frame = frame[frame[by].isin(order)]
        last = set(frame[by][frame.period == frame.sort_values("period_end").period.iloc[-1]])
        whole = frame.groupby("period")[by].agg(lambda parts: last <= set(parts))
        frame = frame[frame.period.map(whole)].sort_values("period_end", kind="stable")
        figure, axes = canvas.make([frame], title, subtitle, alt, size)
        shades = {}
        for place, part in enumerate(order):
            colour = canvas.own_colour(identity or part)
            shades[part] = mpl.colors.to_hex(style.tint(colour, 0.8 * place / len(order))) if by != "company" or identity else colour
        periods_drawn = frame.drop_duplicates("period")
        yearly = frame.period.str.fullmatch(r"\d{4}").all()
        gap = periods_drawn.period_end.diff().dt.days.min() if len(periods_drawn) > 1 else 91
        places = periods_drawn.period.astype(int) if yearly else mdates.date2num(periods_drawn.period_end)
        half = 0.5 if yearly else gap * 0.5
        place_of = dict(zip(periods_drawn.period, places, strict=True))
        ups, downs, labels = dict.fromkeys(place_of, 0.0), dict.fromkeys(place_of, 0.0), []
        for part in order:
            for row in frame[frame[by] == part].itertuples():
                reached, value = (ups if row.value >= 0 else downs), row.value * scale
                firm = row.stance == "actual" and row.grade in ("filed", "stated")
                colour = shades[part]
                axes.bar(
                    place_of[row.period],
                    value,
                    width=0.72 if yearly else gap * 0.72,
                    bottom=reached[row.period],
                    facecolor=colour if firm else style.tint(colour),
                    edgecolor=colour,
                    linewidth=0.5,
                    hatch=None if firm else "////",
                )
                reached[row.period] += value
                if row.period == periods_drawn.period.iloc[-1]:
                    words = (names or {}).get(part) or canvas.identity(part)[0]
                    ink = shades[part] if canvas.contrast(shades[part], "white") >= 4.5 else style.LABEL
                    labels.append((reached[row.period] - value / 2, words, ink, "bold", place_of[row.period] + half, row.period_end))
        canvas.amounts(axes)
        if yearly:
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
            axes.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%d"))
        else:
            canvas.years(axes, list(periods_drawn.period_end), columns=True)
        axes.set_xlim(min(place_of.values()) - half, max(place_of.values()) + half)
        if value_words:
            for period, place in place_of.items():
                words = value_words((ups[period] + downs[period]) / scale)
                axes.annotate(words, (place, ups[period]), (0, 2), textcoords="offset points", ha="center", va="bottom", fontsize=7.5)
            axes.set_ylim(axes.get_ylim()[0], axes.get_ylim()[1] * 1.08)
        canvas.label_ends(figure, axes, labels)
        return figure


def multiples(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    value_words: Callable = units.money,
    scale: float = 1,
    shared: bool = True,
    across: int = 4,
    size: str = "tall",
) -> Figure:
    """Draw a panel of columns a company on one scale, the largest latest value first, its last value beside its name, and
    under it the quarter, where that is not the one in which most end.

    Up to `across` panels stand beside each other. With `shared` false every panel has its own scale from zero, which the subtitle must say. What is
    not actual, or of press or an estimate, is hatched.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex = book.quarters("capex", companies=["msft", "googl"], since="2024-01-01")
    >>> len(multiples(capex, "Two firms", "$bn a quarter", alt="Panels of columns.").axes)
    2
    """
    with style.applied():
        order = frame.sort_values("period_end").groupby("company").value.last().sort_values(ascending=False).index
        across = min(across, len(order))
        figure, _ = canvas.make([frame], title, subtitle, alt, size, columns=across, rows=-(-len(order) // across), above=0.24, shared=shared)
        for axes in figure.axes[len(order) :]:
            axes.remove()
        ends = [frame.period_end.min(), frame.period_end.max()]
        gap = frame.sort_values("period_end").groupby("company").period_end.diff().dt.days.median()
        gap = 91 if pd.isna(gap) else gap
        usual = frame.sort_values("period_end").groupby("company").period.last().mode().max()  # the newest quarter of most: others say theirs
        for number, (axes, company) in enumerate(zip(figure.axes, order, strict=True)):
            name, colour = canvas.identity(company)[0], canvas.own_colour(company)
            rows = frame[frame.company == company].sort_values("period_end")
            firm = rows.stance.eq("actual") & rows.grade.isin(["filed", "stated"])
            for some, face, hatch in ((rows[firm], colour, None), (rows[~firm], style.tint(colour), "////")):
                axes.bar(some.period_end, some.value * scale, width=gap * 0.78, facecolor=face, edgecolor=colour, linewidth=0.3, hatch=hatch)
            canvas.amounts(axes)
            canvas.years(axes, ends, every=2, columns=True)
            axes.tick_params(axis="x", labelsize=8.5 if across < 4 else 7)  # in narrow panels years touch each other
            pad = pd.Timedelta(days=gap * 0.6)
            axes.set_xlim(ends[0] - pad, ends[1] + pad)
            axes.text(0, 1.04, name, transform=axes.transAxes, color=colour, fontweight="bold", va="bottom")
            if rows.period.iloc[-1] != usual:
                paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
                when = periods.words(rows.period.iloc[-1])
                axes.text(1, 1, when, transform=axes.transAxes, color=style.LABEL, fontsize=7, ha="right", va="top", bbox=paper)
            axes.text(1, 1.04, value_words(rows.value.iloc[-1]), transform=axes.transAxes, color=colour, ha="right", va="bottom")
            if number % across and shared:
                axes.tick_params(labelleft=False)
        if shared:
            low, high = min(0, frame.value.min() * scale), frame.value.max() * scale
            figure.axes[0].set_ylim(low, high * 1.04)
        return figure


def spans(frame: pd.DataFrame, title: str, subtitle: str, *, alt: str, printed: pd.DataFrame | None = None, size: str = "report") -> Figure:
    """Draw between which amounts each period must lie: a bar from low to high, with both written; one that nothing bounds from above points upwards.

    `printed` are figures that a document gave for a period itself, drawn as dots. All rows are of one company.

    >>> from outlay import ledger
    >>> from outlay.models import reports
    >>> said = ledger.open().versions("revenue", companies=["openai"])
    >>> len(spans(reports.quarterly(said, since="2025-01-01"), "Quarters", "$bn", alt="Bars.").axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make([frame] if printed is None else [frame, printed], title, subtitle, alt, size)
        colour = canvas.own_colour(frame.company.iloc[0])
        closed = frame[~frame.high.isin([float("inf")])]
        top = max(closed.high.max() if len(closed) else 0, frame.low.max() * 1.25)
        for place, row in enumerate(frame.itertuples()):
            high = min(row.high, top)
            axes.bar(place, high - row.low, bottom=row.low, width=0.56, facecolor=style.tint(colour), edgecolor=colour, linewidth=0.8)
            low, above = units.tick(round(row.low, 1)), units.tick(round(row.high, 1)) if row.high <= top else "↑"
            crowded = row.low < top * 0.12  # no room for words between the bar and the axis
            words = {"textcoords": "offset points", "ha": "center", "fontsize": 7.5}
            axes.annotate(f"{low}–{above}" if crowded else above, (place, high), (0, 2), va="bottom", **words)
            if not crowded:
                axes.annotate(low, (place, row.low), (0, -5), va="top", **words)
        for row in printed.itertuples() if printed is not None else ():
            axes.plot(frame.period.tolist().index(row.period), row.value, "o", color=style.INK, markersize=5, markerfacecolor="white", zorder=4)
        canvas.amounts(axes)
        axes.set_ylim(0, top * 1.08)
        axes.set_xlim(-0.6, len(frame) - 0.4)
        years = [f"\n{period[:4]}" if period.endswith("1") or not place else "" for place, period in enumerate(frame.period)]
        axes.set_xticks(range(len(frame)), [f"Q{period[-1]}{year}" for period, year in zip(frame.period, years, strict=True)])
        return figure


def ranges(
    frame: pd.DataFrame,
    title: str,
    subtitle: str,
    *,
    alt: str,
    rivals: pd.DataFrame | None = None,
    value_words: Callable = units.money,
    size: str = "report",
) -> Figure:
    """Draw disputed or dated figures over time: filled dots for filed and stated figures, hollow dots for press and estimates.

    `frame` holds the selected figures, `rivals` every version that documents printed, drawn in grey behind. Outcomes are joined by a thin
    line; plans stand alone, because neighbours may have been made at different times. A range, printed or computed, is a bar from low to high. Whole
    years stand over their name, everything else at the date it ends or holds. `value_words` writes the last value at its label.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2025-11-15")
    >>> runs = book.observations("annualised_revenue", companies=["openai"])
    >>> len(ranges(runs, "Run-rate", "$bn a year", alt="Dots of the run-rate.").axes)
    1
    """
    with style.applied():
        parts = [frame] if rivals is None else [frame, rivals]
        figure, axes = canvas.make(parts, title, subtitle, alt, size)
        yearly = all(part.period.str.fullmatch(r"\d{4}").all() for part in parts)
        place = (lambda rows: rows.period.astype(int)) if yearly else (lambda rows: rows.period_end)
        if rivals is not None:
            axes.plot(place(rivals), rivals.value, "o", color=style.CONTEXT, markersize=5, markerfacecolor="white", linestyle="none")
        labels = []
        for (company, stance), rows in frame.groupby(["company", "stance"], sort=False):
            name, colour = canvas.identity(company)[0], canvas.own_colour(company)
            rows = rows.sort_values("period_end")
            firm = rows.grade.isin(["filed", "stated"])
            if stance == "actual":
                axes.plot(place(rows), rows.value, color=colour, linewidth=1.2, zorder=2)
            for some, face in ((firm, colour), (~firm, "white")):
                look = {"color": colour, "markersize": 5, "markerfacecolor": face, "linestyle": "none"}
                axes.plot(place(rows[some]), rows[some].value, "o", **look, zorder=3, clip_on=False)
            spread = rows[rows.low.notna() & rows.high.notna()]
            axes.vlines(place(spread), spread.low, spread.high, color=colour, linewidth=1.2, zorder=2)
            last = rows.iloc[[-1]]
            labels.append((last.value.item(), f"{name} {value_words(last.value.item())}", colour, "bold", place(last).item(), last.period_end.item()))
        canvas.amounts(axes)
        every = pd.concat(parts)
        if yearly:
            axes.set_xlim(place(every).min() - 0.3, place(every).max() + 0.3)
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
            axes.xaxis.set_major_formatter(mpl.ticker.FormatStrFormatter("%d"))
        else:
            canvas.years(axes, [every.period_end.min() - pd.Timedelta(days=20), every.period_end.max() + pd.Timedelta(days=8)])
        axes.set_ylim(0, axes.get_ylim()[1] * 1.04)
        canvas.label_ends(figure, axes, labels)
        return figure


def _name_in_panel(axes: mpl.axes.Axes, spend: pd.DataFrame, revenue: pd.DataFrame, words: tuple[str, str], colour: str) -> None:
    """Write what the area and the line are into the first panel, where neither covers the other."""
    axes.text(0.96, 0.06, words[0], transform=axes.transAxes, ha="right", va="bottom", color=style.INK)
    if len(revenue):
        middle = revenue.iloc[len(revenue) // 2]
        axes.annotate(
            textwrap.fill(words[1], 12),
            (middle.period_end, middle.value),
            (-6, 8),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=colour,
            fontweight="bold",
        )
