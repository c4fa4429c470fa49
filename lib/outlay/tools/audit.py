"""What an auditor would try on the facts: sums that must tie, and the faults that copying and inventing leave behind.

Every rule takes the facts as `prepared` gives them and returns the rows that break it, with the words to say so. A figure ties if it lies within
half a printed unit per operand.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from outlay import ledger, periods

SERIES = ["company", "metric"]
SLACK = 1e-9  # of a USD bn: below a dollar


def prepared(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the actual facts with a number, the better print of a period first, with what the rules need to know of each.

    Added are `published`, `span` (whole quarters, 0 if none), `year` and `quarter` (fiscal, of the end), `kind` and `digits` (significant
    digits printed).
    """
    facts = tables["facts"]
    facts = facts[(facts.stance == "actual") & facts.number.notna()]
    sources, metrics, companies = (
        tables[name].set_index(key) for name, key in (("sources", "source"), ("metrics", "metric"), ("companies", "company"))
    )
    month = facts.company.map(companies.fiscal_year_end.str.slice(0, 2).replace("", "12").astype(int))
    facts = facts.assign(
        published=facts.source.map(sources.published),
        kind=facts.metric.map(metrics.kind),
        span=periods.length(facts.period_start, facts.period_end),
        digits=facts.printed.str.replace(r"^-?0*\.?0*|\.", "", regex=True).str.len(),
        strength=facts.grade.map(ledger.GRADES.index),
    )
    facts["year"], facts["quarter"] = periods.fiscal(facts.period_end, month)
    return facts.sort_values(["strength", "half", "name"], kind="stable")


def sums_over_time(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """Cumulative figures are the sum of their quarters: halves, nine months and years, each inside one presentation."""
    group = [*SERIES, "year", "presentation"]
    flows = facts[(facts.kind == "flow") & (facts.span > 0) & ~facts.relation.isin(["≥", "≤"])]  # a floor is the sum of nothing
    slots = {}
    for kind, rows in (("single", flows[flows.span == 1]), ("whole", flows[flows.span == flows.quarter])):
        best = rows.drop_duplicates([*group, "quarter"]).assign(at=lambda rows: rows.index)
        for name in ("number", "half", "at"):
            slots[kind, name] = best.pivot(index=group, columns="quarter", values=name).reindex(columns=[1, 2, 3, 4])
    index = slots["whole", "number"].index.union(slots["single", "number"].index)
    slots = {key: table.reindex(index) for key, table in slots.items()}
    for quarter in (2, 3, 4):
        whole = slots["whole", "number"][quarter]
        before = slots["whole", "number"][quarter - 1]
        last = slots["single", "number"][quarter]
        singles = slots["single", "number"][list(range(1, quarter + 1))]
        reach = slots["whole", "half"][quarter]
        for parts, halves, what in (
            (before + last, slots["whole", "half"][quarter - 1] + slots["single", "half"][quarter], f"{quarter * 3 - 3} months and a quarter"),
            (
                singles.sum(axis=1, skipna=False),
                slots["single", "half"][list(range(1, quarter + 1))].sum(axis=1, skipna=False),
                f"{quarter} quarters",
            ),
        ):
            off = (whole - parts).abs() > reach + halves + SLACK
            for key in index[off]:
                yield (
                    slots["whole", "at"].at[key, quarter],
                    "value",
                    f"found {whole[key]:.10g} USD bn for {quarter * 3} months; "
                    f"{what} of the same presentation make {parts[key]:.10g}. Look both up; mend, or list the exception.",
                )


def parts(facts: pd.DataFrame, tables: dict) -> Iterable[tuple]:
    """A metric made of others is their sum wherever one document prints them all: net of gross, totals of segments."""
    place = ["company", "period_start", "period_end", "source"]
    for row in tables["metrics"].itertuples():
        if not row.parts:
            continue
        signs = ledger.signed(row.parts)
        pieces = [facts[(facts.metric == metric)].drop_duplicates(place).set_index(place) for _, metric in signs]
        # what was rounded for a text is beaten by the table of the same document
        whole = facts[facts.metric == row.metric].set_index(place)
        both = whole.assign(at=facts.index[facts.metric == row.metric])
        made, reach = 0, both.half
        for (sign, _), piece in zip(signs, pieces, strict=True):
            made = made + sign * piece.number.reindex(both.index)
            reach = reach + piece.half.reindex(both.index)
        off = (both.number - made).abs() > reach + SLACK
        for at, value, sum_ in zip(both["at"][off], both.number[off], made[off], strict=True):
            yield (
                at,
                "value",
                f"found {value:.10g} USD bn; {row.parts} of the same document make {sum_:.10g}. Look them up; mend, or list the exception.",
            )


def scale(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """A figure a thousand times its neighbours was entered in the wrong unit."""
    rate = (facts.number / facts.span.where(facts.span > 0, 1)).abs()
    rows = facts.assign(rate=rate.where(rate > 0))
    rows = rows.sort_values([*SERIES, "period_end"], kind="stable")
    # the middle of some two years around it: a series that grows tenfold is no scale slip
    near = rows.groupby(SERIES).rate.rolling(25, center=True, min_periods=5).median().droplevel([0, 1])
    ratio = rows.rate / near
    enough = rows.groupby(SERIES).rate.transform("size") >= 5
    for at in rows.index[enough & ((ratio > 300) | ((ratio < 1 / 300) & (rows.digits >= 3)))]:
        yield at, "unit", f"found {facts.number[at]:.10g} USD bn, {ratio[at]:.3g} times what the series is in the middle. Check unit and separators."


def sign(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """A negative figure in a metric that is never negative has the wrong sign."""
    negative = facts.number < 0
    count = facts[negative].groupby("metric").name.nunique()
    every = facts.groupby("metric").name.nunique()
    odd = [metric for metric, number in count.items() if number <= 0.02 * every[metric]]
    for at in facts.index[negative & facts.metric.isin(odd)]:
        yield at, "value", f"found {facts.printed[at]}; this metric is otherwise never negative. Check the sign: losses stand positive under a loss."


def cumulative(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """A quarter that equals the months since the year began is those months."""
    flows = facts[(facts.kind == "flow") & (facts.digits >= 3)]
    single, whole = flows[(flows.span == 1) & (flows.quarter > 1)], flows[(flows.span == flows.quarter) & (flows.span > 1)]
    key = [*SERIES, "period_end"]
    for at, months in _equal(single, whole, key):
        yield (
            at,
            "period_start",
            f"found {facts.printed[at]} for three months; the same is printed for {3 * facts.span[months]} months. Correct the start.",
        )


def trailing(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """A fiscal year that equals twelve months ending elsewhere was taken from a trailing column."""
    years = facts[(facts.kind == "flow") & (facts.span == 4) & (facts.digits >= 4)]
    for at, other in _equal(years[years.quarter == 4], years[years.quarter < 4], SERIES):
        yield (
            at,
            "period_end",
            (
                f"found {facts.printed[at]} for the fiscal year; the same is printed for the twelve months to "
                f"{facts.period_end[other]:%Y-%m-%d}. Take the year's own figure."
            ),
        )


def swapped(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """A figure that another firm prints for the same metric and months belongs to that firm."""
    rows = facts[facts.digits >= 4].assign(nominal=lambda rows: periods.nominal_end(rows.period_end))
    key = ["metric", "nominal", "span", "number"]
    firms = rows.groupby(key).company.transform("nunique")
    alone = rows.groupby([*key, "company"]).source.transform("nunique")
    most = alone.groupby([rows[name] for name in key]).transform("max")
    for at in rows.index[(firms > 1) & (alone < most)] if len(rows) else []:
        yield (
            at,
            "company",
            f"found {facts.printed[at]} for {facts.company[at]}; another firm prints the same figure for the same months. Check whose it is.",
        )
    for at in rows.index[(firms > 1) & (alone == most) & (most == 1)]:
        yield (
            at,
            "company",
            f"found {facts.printed[at]} for {facts.company[at]}; another firm has the same figure for the same months. Check whose it is.",
        )


def carried(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """A quarter that equals the one before it was carried forward."""
    single = facts[(facts.kind == "flow") & (facts.span == 1) & (facts.digits >= 4)].assign(place=lambda rows: rows.year * 4 + rows.quarter)
    for at, _ in _equal(single, single.assign(place=single.place + 1), [*SERIES, "place"]):
        yield at, "value", f"found {facts.printed[at]}, the same as for the quarter before. Check that the document prints this quarter."


def smooth(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """Six quarters that grow by the same rate were made up."""
    single = facts[(facts.kind == "flow") & (facts.span == 1) & (facts.number > 0)].assign(place=lambda rows: rows.year * 4 + rows.quarter)
    single = single.drop_duplicates([*SERIES, "place"]).sort_values([*SERIES, "place"])
    by = single.groupby(SERIES)
    step = np.log(single.number / by.number.shift()).where(by.place.diff() == 1)
    spread = step.groupby([single[name] for name in SERIES]).rolling(6).std().droplevel([0, 1]).reindex(single.index)
    for at in single.index[spread < 0.0015]:
        yield (
            at,
            "value",
            "found seven quarters in a row that grow by the same rate to a fifth of a per cent; no business does. Look them up in their documents.",
        )


def rivals(facts: pd.DataFrame, _tables: dict) -> Iterable[tuple]:
    """Filings of one year that print one period differently: one of them was misread, or amended."""
    # what a filing quotes as it was before (n above 1) is a change, no contradiction
    filed = facts[(facts.grade == "filed") & (facts.n == 1)].assign(value=lambda rows: rows.number)
    key = [*SERIES, "period_start", "period_end", "presentation"]
    for at in filed[periods.disagree(filed, key)].drop_duplicates(key).index:
        yield (
            at,
            "value",
            f"found {facts.printed[at]}; another filing of the same year prints the period differently. Look both up; mend, or list the exception.",
        )


def gaps(facts: pd.DataFrame, tables: dict) -> Iterable[tuple]:
    """A series does not skip one quarter: what stands before and after should have it between."""
    metrics = sorted(facts.metric[(facts.kind == "flow") & (facts.span == 1)].unique())
    frame = ledger.book(tables).quarters(metrics, calendar="fiscal")
    if frame.empty:
        return
    for (metric, company), rows in periods.position(frame.period).groupby([frame.metric, frame.company]):
        steps = rows.diff()
        for at in steps.index[steps == 2]:
            yield (
                frame.facts[at][0],
                "period_end",
                f"found no {metric} of {company} for the quarter before {frame.period[at]}, but for the one before it. Enter it or list it.",
            )


RULES: dict[str, Callable] = {
    rule.__name__: rule for rule in (sums_over_time, parts, scale, sign, cumulative, trailing, swapped, carried, smooth, rivals, gaps)
}


def _equal(left: pd.DataFrame, right: pd.DataFrame, key: list[str]) -> Iterable[tuple]:
    """Return pairs of rows that agree in a key and in the number."""
    pairs = left.assign(at=left.index).merge(right.assign(other=right.index), on=[*key, "number"], suffixes=("", "_other"))
    pairs = pairs.drop_duplicates("at")
    return zip(pairs["at"], pairs["other"], strict=True)
