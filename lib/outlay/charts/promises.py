"""Charts of what was promised and what came."""

import itertools

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from outlay import periods, style, units
from outlay.charts import canvas


def ladder(judged: pd.DataFrame, title: str, subtitle: str, *, alt: str, logarithmic: bool = False, size: str | None = None) -> Figure:
    """Draw what firms said a year would come to, by the day they said it, and what came: one panel a firm, each on its own scale from zero.

    `judged` is what `models.guidance.delivered` returns. A printed range is a bar, a point a dot, a floor a triangle that points up, the outcome a
    diamond where the year ends. Statements of one year and definition are joined; under another definition they start anew, dashed and starred. A
    logarithmic axis, for what grows many times over, must be named in the subtitle.

    >>> from outlay import ledger
    >>> from outlay.models import guidance
    >>> book = ledger.open()
    >>> said = book.guidance("capex", companies=["meta"])
    >>> len(ladder(guidance.delivered(said, guidance.came(book, said)), "Meta", "$bn a year", alt="Ladder.").axes)
    1
    """
    with style.applied():
        order = judged.groupby("company").value.max().sort_values(ascending=False).index
        across = min(3, len(order))
        size = size or ("tall" if len(order) > across else "report")
        figure, _ = canvas.make(
            _with_outcomes(judged), title, subtitle, alt, size, columns=across, rows=-(-len(order) // across), above=0.24, shared=False
        )
        for axes in figure.axes[len(order) :]:
            axes.remove()
        days = [*judged.published, *judged.period_end[judged.outcome.notna()]]
        for axes, company in zip(figure.axes, order, strict=True):
            name, colour = canvas.identity(company)[0], canvas.own_colour(company)
            names = []
            for _, said in judged[judged.company == company].groupby(["period_end", "metric"]):
                said = said.sort_values("published")
                plain = not said.step.isin(["reclassified", "beside"]).any()
                axes.plot(said.published, said.value, color=colour, linewidth=1.0, linestyle="-" if plain else (0, (2, 1.5)), zorder=2)
                ranged = said[said.low.notna() & said.high.notna()]
                axes.vlines(ranged.published, ranged.low, ranged.high, color=colour, linewidth=3.2, zorder=3)
                for some, mark in ((said[said.relation == "≥"], "^"), (said[said.low.isna() & (said.relation != "≥")], "o")):
                    axes.plot(some.published, some.value, mark, color=colour, markersize=4, markerfacecolor="white", linestyle="none", zorder=3)
                last = said.iloc[-1]
                if pd.notna(last.outcome):
                    axes.plot([last.published, last.period_end], [last.value, last.outcome], color=style.CONTEXT, linewidth=0.8, zorder=1)
                    axes.plot(last.period_end, last.outcome, "D", color=style.INK, markersize=4, zorder=4)
                start = said.iloc[0]
                names.append((start.period.replace("FY20", "FY") + ("" if plain else "*"), start.published, start.value, colour))
            axes.text(0, 1.04, name, transform=axes.transAxes, color=colour, fontweight="bold", va="bottom")
            if logarithmic:
                axes.set_yscale("log")
                axes.minorticks_off()
                axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(units.tick))
                axes.set_ylim(axes.dataLim.y0 / 2, axes.dataLim.y1 * 1.6)
            else:
                canvas.amounts(axes)
                axes.set_ylim(0, axes.dataLim.y1 * 1.1)
            canvas.years(axes, [min(days) - pd.Timedelta(days=90), max(days) + pd.Timedelta(days=60)], every=2 if len(order) > 1 else 1)
            rows = judged[judged.company == company]
            marks = [(row.published, value) for row in rows.itertuples() for value in (row.low, row.value, row.high) if pd.notna(value)]
            marks += [(row.period_end, row.outcome) for row in rows.itertuples() if pd.notna(row.outcome)]
            marks += [point for drawn in axes.lines for point in _between(axes, drawn)]
            canvas.name_marks(figure, axes, names, marks)
        return figure


def _between(axes: mpl.axes.Axes, drawn: mpl.lines.Line2D) -> list[tuple[object, float]]:
    """Return places every few points along a line of statements, so that no name is written on it; nothing for marks alone."""
    if drawn.get_linestyle() == "None" or len(drawn.get_xdata()) < 2:
        return []
    corners = axes.transData.transform(drawn.get_xydata())
    road = [one + (other - one) * step / 24 for one, other in itertools.pairwise(corners) for step in range(1, 24)]
    return [tuple(place) for place in axes.transData.inverted().transform(road)]


def misses(judged: pd.DataFrame, title: str, subtitle: str, *, alt: str, size: str = "report") -> Figure:
    """Draw how far the first and the last statement on a year lay from what came: a row a firm and year, what came being 100 per cent.

    `judged` is what `models.guidance.delivered` returns, of years that are over. A hollow dot is the middle of the first statement, a filled one
    of the last before the outcome, a line joins them.

    >>> from outlay import ledger
    >>> from outlay.models import guidance
    >>> book = ledger.open()
    >>> said = book.guidance("capex", companies=["meta"])
    >>> both = guidance.delivered(said, guidance.came(book, said)).dropna(subset=["outcome"])
    >>> len(misses(both, "Meta", "per cent of what came", alt="Dots.").axes)
    1
    """
    with style.applied():
        figure, axes = canvas.make(_with_outcomes(judged), title, subtitle, alt, size)
        groups = sorted(judged.groupby(["company", "period_end", "metric"]), key=lambda group: (canvas.identity(group[0][0])[0], group[0][1]))
        labels = []
        for place, ((company, *_), said) in enumerate(groups):
            said = said.sort_values("published")
            name, colour = canvas.identity(company)[0], canvas.own_colour(company)
            first, last = (said.value.iloc[end] / said.outcome.iloc[end] * 100 for end in (0, -1))
            axes.plot([first, last], [place, place], color=colour, linewidth=1.4, zorder=2)
            axes.plot(first, place, "o", color=colour, markerfacecolor="white", markersize=5.5, zorder=3)
            axes.plot(last, place, "o", color=colour, markersize=5.5, zorder=4)
            outcome = said.iloc[-1]
            axes.annotate(
                units.money(outcome.outcome),
                (1, place),
                (-2, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                va="center",
            )
            labels.append(f"{name} {periods.words(outcome.period)}")
        canvas.name_bars(figure, axes, labels, zero=False)
        axes.axvline(100, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        low, high = axes.dataLim.x0, axes.dataLim.x1
        axes.set_xlim(low - 4, max(high, 100) + (high - low) * 0.22)
        axes.tick_params(bottom=True, labelbottom=True)
        box = axes.get_position()
        axes.set_position([box.x0, box.y0 + 0.04, box.width, box.height - 0.04])  # bars have no axis under them, these rows do
        axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:.0f}%"))
        return figure


def _with_outcomes(judged: pd.DataFrame) -> list[pd.DataFrame]:
    """Return what guidance draws: the statements, and what came as rows of their own, each with its own facts."""
    over = judged[judged.outcome.notna()].drop_duplicates(["company", "metric", "period", "scope"])
    if over.empty:
        return [judged]
    own = {"value": over.outcome, "facts": over.proof, "grade": over.outcome_grade, "low": float("nan"), "high": float("nan")}
    return [judged, over.assign(**own, stance="actual", how="derived", relation="=", bounds="")]
