"""Forecasts by others: put on one footing, followed from one vintage to the next, and held against each other.

Takes what `Book.versions(family, stance="forward")` returns: a row a forecast, with `said_by`, `scope`, `published` and `n` (2 and more: what a
document quotes beside its first figure). A forecast has an author, a scope, a period and a date; it is compared with another only as far as these
allow. What a document merely quotes as said before has no date of its own: a second figure for the same author, period and scope, or one whose
scope dates it ("as of ...", "... earlier").
"""

import pandas as pd

from outlay import ledger, units

WHOSE = {"hyperscalers": "large cloud firms", "hyperscalers_four": "large cloud firms", "hyperscalers_five": "large cloud firms", "world": "world"}
COUNTED = {
    "ai_capital_spending": "AI only",
    "ai_infrastructure_spending": "AI only",
    "hyperscaler_capital_spending": "all capital spending",
    "data_center_investment": "data centers",
}
_NEVER = pd.Timestamp.max.normalize()


def per_year(total: float, years: float) -> float:
    """Return the annual average of a sum over several years.

    Document 002 of the evidence (The Paper, December 2025) sets 5,000 for the whole build-out and 6,400 for large cloud firms, both over five years.

    >>> per_year(5000, 5), per_year(6400, 5)
    (1000.0, 1280.0)
    """
    if not years > 0:
        raise ValueError(f"an average needs a positive number of years, not {years}")
    return total / years


def annual(said: pd.DataFrame) -> pd.DataFrame:
    """Return forecasts as annual averages: those whose first and last day are printed, value and range divided by the years between them.

    Added are `years`, `target` (2027, or 2026–30), `author`, `whose` and `counts` (what is counted, by metric; both empty where it is
    another). A period without a printed start or end has no average: see `unfinished`. What a document only quotes as said before is left out.

    >>> annual(ledger.open().versions("capital_spending_forecast", stance="forward")).years.ge(1).all()
    np.True_
    """
    rows = said[said.period_start.notna() & said.period_end.notna() & ~_older(said)].copy()
    months = (rows.period_end.dt.year - rows.period_start.dt.year) * 12 + rows.period_end.dt.month - rows.period_start.dt.month + 1
    rows["years"] = months / 12
    for column in ("value", "low", "high"):
        rows[column] = [units.settle(per_year(number, years)) for number, years in zip(rows[column], rows.years, strict=True)]
    rows["how"] = rows.how.where(rows.years == 1, "derived")
    rows["whose"], rows["counts"] = rows.company.map(WHOSE).fillna(""), rows.metric.map(COUNTED).fillna("")
    rows["counts"] = rows.counts.mask(rows.scope.str.contains("incremental"), "increase")
    return _named(rows).reset_index(drop=True)


def comparable(yearly: pd.DataFrame) -> pd.DataFrame:
    """Return those annual averages that stand on one axis: dated, of the large cloud firms or the world, and levels, not increases over a base.

    Takes what `annual` returns. One axis is not one scope: `whose` and `counts` say what each covers.

    >>> sorted(set(comparable(annual(ledger.open().versions("capital_spending_forecast", stance="forward"))).whose))
    ['large cloud firms', 'world']
    """
    return yearly[yearly.published.notna() & yearly.whose.ne("") & yearly.counts.isin(set(COUNTED.values()))].reset_index(drop=True)


def unfinished(said: pd.DataFrame) -> pd.DataFrame:
    """Return the forecasts whose period has no printed start or end: sums that cannot be made into a year's.

    >>> bool(unfinished(ledger.open().versions("capital_spending_forecast", stance="forward")).kind.eq("flow").all())
    True
    """
    rows = said[(said.period_start.isna() | said.period_end.isna()) & said.kind.eq("flow") & ~_older(said)]
    return rows.reset_index(drop=True)


def said_again(said: pd.DataFrame) -> pd.DataFrame:
    """Return what became of a forecast of one author for one period when it was said again: a row a forecast, the last value as `value`.

    Added are `before` (the first value known), `began` (the day it was said; a hole where a later document only quotes it), `change` (last over
    first, less one), `times` (how many values in all), `alike` (whether all documents word the scope alike), `author` and `target`. One author's
    sums over the same years are compared as they stand, also where the start is not printed, if the scope of one is in the words of the other (a
    low scenario is no revision of the whole). A document's own figure comes after the one that it quotes as said before; further scenarios are left
    out, and so are undated documents, which have no place in time.

    >>> bool((said_again(ledger.open().versions("capital_spending_forecast", stance="forward")).times > 1).all())
    True
    """
    dated = said.assign(older=_older(said))[said.published.notna()].sort_values(["published", "source", "n"])
    rows = []
    for _, group in dated.groupby(["said_by", "company", "metric", "period_start", "period_end"], dropna=False, sort=False):
        steps = []
        for _, document in group.groupby("source", sort=False):
            own = document[~document.older].head(1)
            if len(own) and (not steps or _within(steps[-1][0].scope, own.scope.item())):
                steps += [(row, row.n == own.n.item()) for _, row in pd.concat([document[document.older], own]).iterrows()]
        values = [step.value for step, _ in steps]
        if len(set(values)) < 2:
            continue
        (first, dated_itself), last = steps[0], steps[-1][0]
        rows.append(
            {
                **last[[*ledger.COLUMNS, *ledger.MARKS, "source", "published"]],
                "facts": tuple(sorted({fact for step, _ in steps for fact in step.facts})),
                "before": first.value,
                "began": first.published if dated_itself else pd.NaT,
                "change": last.value / first.value - 1,
                "times": sum(one != other for one, other in zip(values, [None, *values], strict=False)),
                "alike": len({step.scope for step, _ in steps}) == 1,
            }
        )
    columns = [*ledger.COLUMNS, *ledger.MARKS, "source", "published", "before", "began", "change", "times", "alike"]
    out = pd.DataFrame(rows, columns=columns).astype({"began": "datetime64[ns]", "published": "datetime64[ns]"})
    return _named(out.sort_values(["published", "said_by", "period_end"], ignore_index=True))


def contradictions(said: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of forecasts in which a part exceeds the whole: large cloud firms more than the world, over years that the whole covers.

    A whole without a printed start, or end, is taken to reach as far as need be, so that only what it leaves no room for is found; a floor
    for the whole and a ceiling for the part contradict nothing; a range counts with the end that leaves most room; undated documents are left out.
    Such a pair is no error of either: `differs` says what they do not share, `scope` (they count different things), `vintage` (said on
    different days), both, or `nothing`.

    >>> contradictions(ledger.open(as_of="2025-12-31").versions("capital_spending_forecast", stance="forward")).differs.iloc[0]
    'scope'
    """
    said = said[said.kind.eq("flow") & said.published.notna() & ~_older(said)]
    whose = said.company.map(WHOSE)
    parts, wholes = said[whose.eq("large cloud firms") & ~said.relation.eq("≤")], said[whose.eq("world") & ~said.relation.eq("≥")]
    pairs = parts.merge(wholes, how="cross", suffixes=("", "_whole"))
    covered = (pairs.period_start_whole.isna() | (pairs.period_start_whole <= pairs.period_start)) & (
        pairs.period_end_whole.isna() | (pairs.period_end_whole >= pairs.period_end.fillna(_NEVER))
    )
    more = pairs.low.fillna(pairs.value) > pairs.high_whole.fillna(pairs.value_whole)
    pairs = pairs[covered & more & pairs.period_start.notna() & pairs.period_end.notna()]
    scope = (pairs.metric != pairs.metric_whole).map({True: "scope", False: ""})
    vintage = (pairs.published != pairs.published_whole).map({True: "vintage", False: ""})
    differs = [" and ".join(word for word in both if word) or "nothing" for both in zip(scope, vintage, strict=True)]
    order = ["published", "said_by", "published_whole", "said_by_whole"]
    return pairs.assign(differs=differs).sort_values(["differs", *order], ignore_index=True)


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the author's short name, and the years that a forecast is for: 2027, 2026–30, or to 2030 where no start is printed."""
    author = rows.said_by.str.replace("(per ", "(").str.replace(r"(?<!Consensus)(?<!Analysts) \([^)]*\)$", "", regex=True)
    spans = zip(rows.period_start, rows.period_end, strict=True)
    target = [
        "no year" if pd.isna(last) else f"to {last:%Y}" if pd.isna(first) else f"{last:%Y}" if first.year == last.year else f"{first:%Y}–{last:%y}"
        for first, last in spans
    ]
    return rows.assign(author=author, target=target)


def _older(said: pd.DataFrame) -> pd.Series:
    """Return which figures a document only quotes as said before."""
    again = said.sort_values("n").duplicated(["source", "said_by", "company", "metric", "period_start", "period_end", "scope"]).reindex(said.index)
    return again | said.scope.str.contains(r"\bas of\b|\bearlier\b")


def _within(scope: str, other: str) -> bool:
    """Return whether two scopes are the same as far as both say one; what stands before a semicolon's case or after it as a date narrows it."""
    return scope in other or other in scope
