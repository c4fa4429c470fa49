"""Guidance: what firms said that they would spend or take in, revision by revision, and what came.

A statement is judged in the definition in which it was given: the outcome is that metric's own figure for the guided period, or the sum of its
quarters. A statement under another definition than the one before it is a reclassification, not a revision.
"""

import functools

import pandas as pd

from outlay import ledger, units

_PROMISE = ["company", "metric", "period", "period_start", "period_end", "scope"]


def revisions(promised: pd.DataFrame) -> pd.DataFrame:
    """Return guidance in numbers with what each statement did to the one before, oldest first.

    Takes what `Book.guidance` returns; statements in words and what a document quotes as said before are left out. Added are `revision`, the
    change of the mid-point (USD bn; a hole for the first of a period and across definitions), `step` and `months_ahead`, from the day it was
    said to the end of the period. A step is first, raised, cut or kept; reclassified if the period is from then on guided under another definition,
    beside if the former one is used on. Mid-points of ranges, points and floors count as they stand.

    >>> bool(revisions(ledger.open().guidance("capex", companies=["meta"])).step.isin(["first", "raised", "cut", "kept"]).all())
    True
    """
    said = promised[promised.value.notna() & (promised.n == 1)]
    said = said.sort_values(["company", "period_end", "period_start", "scope", "published", "source"], ignore_index=True)
    before = said.groupby(["company", "period", "scope", "metric"], sort=False).value.shift()
    revision = pd.Series(units.settle(said.value - before), index=said.index)
    step = pd.Series("kept", index=said.index).mask(revision > 0, "raised").mask(revision < 0, "cut").mask(before.isna(), "first")
    # a period that is guided under a second definition too: in place of the first one, or beside it if that is used on
    period = [said.company, said.period, said.scope]
    chosen = said.groupby(["company", "period", "scope"], sort=False).metric.transform("first")
    used_on = said.published.where(said.metric == chosen).groupby(period, sort=False).transform("max") >= said.published
    second = step.eq("first") & (said.metric != chosen)
    step = step.mask(second & used_on, "beside").mask(second & ~used_on, "reclassified")
    ahead = (said.period_end - said.published).dt.days / 30.4375
    return said.assign(revision=revision, step=step, months_ahead=ahead)


def came(book: ledger.Book, promised: pd.DataFrame) -> pd.DataFrame:
    """Return the outcome of every guided period that is over and reported, a row a company, metric, period and scope, in `COLUMNS` and `MARKS`.

    The figure printed for the period itself if there is one, or else the sum of the firm's quarters in it, which must cover it whole and be of one
    definition. A firm's headline may also be made of the lines that `bases.csv` names, where these agree with what it said: they are printed to
    the million. Of several ways the one with the least rounding is taken, and `low` and `high` say how far that rounding reaches. Under the
    scope `each quarter` the value is the lowest of the quarters, with the lowest and the highest as `low` and `high`.

    >>> book = ledger.open()
    >>> bool(came(book, book.guidance("capex", companies=["meta"])).how.isin(["printed", "derived"]).all())
    True
    """
    rows = []
    for (wanted, company), group in promised.drop_duplicates(_PROMISE).groupby(["metric", "company"], sort=False):
        whole = book.observations(wanted, companies=[company]).set_index(["period_start", "period_end"])
        ways = [book.quarters(wanted, companies=[company], calendar="fiscal")]
        made = ways[0].head(0)
        if wanted == "capex_as_stated":  # a firm's own headline is what bases.csv says that it is
            ways.append(book.quarters("capex", basis="as_stated", companies=[company], calendar="fiscal"))
            made = _made(book, book.made_of(wanted, "as_stated", company), company)
        for promise in group.itertuples():
            key = (promise.period_start, promise.period_end)
            found = [_covering(way, promise) for way in ways]
            if promise.scope != "each quarter" and key in whole.index:
                found.insert(0, whole.loc[[key]].reset_index().iloc[:1])
            if found := [one for one in found if len(one)]:
                found += [one for one in [_covering(made, promise)] if len(one) and _agree(book, one, found[0])]
                best = min(found, key=lambda one: book.half(one.facts.item()))
                half = book.half(best.facts.item())
                if promise.scope != "each quarter":
                    best = best.assign(low=units.settle(best.value - half), high=units.settle(best.value + half), bounds="computed")
                rows.append(best.assign(**{name: getattr(promise, name) for name in _PROMISE}))
    columns = [*ledger.COLUMNS, *ledger.MARKS]
    return pd.concat(rows, ignore_index=True)[columns] if rows else promised.head(0)[columns]


def delivered(promised: pd.DataFrame, outcome: pd.DataFrame) -> pd.DataFrame:
    """Set every statement against what came: `revisions` with `outcome`, `surprise` (outcome less mid-point, USD bn), `verdict`,
    and of the outcome its `proof` (the facts behind it) and `outcome_grade`.

    The verdict is `kept` where the outcome, as far as rounding lets it be known, lies inside the range, meets the floor, or rounds to the point;
    `above`, `below`, of quarters also `both sides`; or `open` while no outcome is known. Surprise and verdict never cross definitions.

    >>> book = ledger.open()
    >>> said = book.guidance("capex", companies=["meta"])
    >>> bool(delivered(said, came(book, said)).verdict.isin(["kept", "above", "below", "both sides", "open"]).all())
    True
    """
    said = revisions(promised)
    key = ["company", "metric", "period", "scope"]
    names = {"value": "outcome", "low": "least", "high": "most", "grade": "outcome_grade", "facts": "proof"}
    both = said.merge(outcome[[*key, *names]].rename(columns=names), on=key, how="left")
    low, high = both.low.fillna(both.value - both.half), both.high.fillna(both.value + both.half)
    low, high = low.mask(both.relation == "≥", both.value), high.mask(both.relation == "≥", float("inf"))
    low = low.mask(both.relation == "≤", float("-inf"))
    each = both.scope.eq("each quarter")
    above = (both.most.where(each, both.least).fillna(both.outcome)) > high + 1e-9
    below = (both.least.where(each, both.most).fillna(both.outcome)) < low - 1e-9
    verdict = pd.Series("kept", index=both.index).mask(above, "above").mask(below, "below").mask(above & below, "both sides")
    both["verdict"] = verdict.mask(both.outcome.isna(), "open")
    both["surprise"] = units.settle(both.outcome - both.value)
    return both.drop(columns=["least", "most"])


def record(book: ledger.Book, wanted: dict[str, str]) -> pd.DataFrame:
    """Return what firms said against what came, each firm on the family or metric that it guides: see `delivered`.

    >>> record(ledger.open(), {"amd": "data_center_gpu_revenue"}).period.unique().tolist()
    ['2024']
    """
    parts = []
    for company, family in wanted.items():
        said = book.guidance(family, companies=[company])
        parts.append(delivered(said, came(book, said)))
    return pd.concat(parts, ignore_index=True)


def once(judged: pd.DataFrame) -> pd.DataFrame:
    """Return statements without what a firm merely repeats within a fortnight, as a 10-K repeats the call of the day before.

    Takes what `revisions` or `delivered` returns.

    >>> said = revisions(ledger.open().guidance("capex", companies=["tsla"]))
    >>> len(once(said)) < len(said)
    True
    """
    rows = judged.sort_values(["company", "period_end", "period_start", "scope", "published", "source"], ignore_index=True)
    by = rows.groupby(["company", "metric", "period", "scope"], sort=False)
    repeated = (rows.value == by.value.shift()) & ((rows.published - by.published.shift()).dt.days <= 14)
    return rows[~repeated].reset_index(drop=True)


def bias(judged: pd.DataFrame, least: int = 1) -> pd.DataFrame:
    """Return how far guidance lay from what came, by months ahead: a row a span of three months, with `statements`, `firms`, and the median and
    the `mean` of the `surprise` as a share of the mid-point.

    Takes what `delivered` returns; statements about each quarter are left out, as they are no figure for the period. Where fewer than `least`
    statements fall into a span, or all are one firm's while more than one is asked for, median and mean are holes.

    >>> book = ledger.open()
    >>> said = book.guidance("capex")
    >>> bias(delivered(said, came(book, said))).columns.tolist()
    ['months_ahead', 'statements', 'firms', 'surprise', 'mean']
    """
    known = judged[judged.outcome.notna() & judged.scope.eq("")]
    known = known.assign(ahead=(known.months_ahead // 3 * 3).astype(int), share=known.surprise / known.value)
    return _spans(known, least).rename(columns={"median": "surprise"})[["months_ahead", "statements", "firms", "surprise", "mean"]]


def drift(judged: pd.DataFrame, least: int = 1) -> pd.DataFrame:
    """Return by how much statements moved the one before, by months ahead: a row a span of three months, with `statements`, `firms`, how many
    `raised`, `kept` and `cut`, and the `mean` revision as a share of the figure before.

    Takes what `revisions` or `delivered` returns; first statements and reclassified ones move nothing. Too few leave a hole, as in `bias`.

    >>> drift(revisions(ledger.open().guidance("capex"))).columns.tolist()
    ['months_ahead', 'statements', 'firms', 'raised', 'kept', 'cut', 'mean']
    """
    moved = moves(judged)
    moved = moved.assign(ahead=(moved.months_ahead // 3 * 3).astype(int))
    return _spans(moved, least)[["months_ahead", "statements", "firms", "raised", "kept", "cut", "mean"]]


def seasons(judged: pd.DataFrame, least: int = 1) -> pd.DataFrame:
    """Return by how much statements moved the one before, by the calendar quarter in which they were made: like `drift`, with `start` and `end`.

    >>> bool(seasons(revisions(ledger.open().guidance("capex"))).start.is_monotonic_increasing)
    True
    """
    moved = moves(judged)
    quarter = moved.published.dt.to_period("Q")
    out = _spans(moved.assign(ahead=quarter), least).sort_values("months_ahead", ignore_index=True)
    out["start"] = [span.start_time for span in out.months_ahead]
    out["end"] = [span.end_time.normalize() for span in out.months_ahead]
    return out[["start", "end", "statements", "firms", "raised", "kept", "cut", "mean"]]


def moves(judged: pd.DataFrame) -> pd.DataFrame:
    """Return the statements that raised, kept or cut the one before, with the revision as a `share` of it; repetitions count `once`.

    Meta's range for 2024 went from 30-37 to 35-40 in April 2024: 4 on a mid-point of 33.5.

    >>> out = moves(revisions(ledger.open().guidance("capex", companies=["meta"]))).set_index("published")
    >>> round(float(out.share["2024-04-24"]), 3)
    0.119
    """
    rows = once(judged)
    rows = rows[rows.step.isin(["raised", "kept", "cut"]) & rows.scope.eq("")].reset_index(drop=True)
    return rows.assign(share=rows.revision / (rows.value - rows.revision))


def _spans(rows: pd.DataFrame, least: int) -> pd.DataFrame:
    """Gather `share` by `ahead`; a span with too few statements, or of a lone firm, has neither mean nor median."""
    step = rows.get("step", pd.Series("", index=rows.index))
    counted = rows.assign(raised=step.eq("raised"), kept=step.eq("kept"), cut=step.eq("cut")).groupby("ahead")
    out = counted.agg(
        statements=("share", "size"),
        firms=("company", "nunique"),
        raised=("raised", "sum"),
        kept=("kept", "sum"),
        cut=("cut", "sum"),
        median=("share", "median"),
        mean=("share", "mean"),
    )
    enough = (out.statements >= least) & ((out.firms > 1) | (least <= 1))
    out[["median", "mean"]] = out[["median", "mean"]].where(enough)
    return out.reset_index(names="months_ahead").sort_values("months_ahead", ascending=False, ignore_index=True)


def _made(book: ledger.Book, parts: list[tuple[int, str]], company: str) -> pd.DataFrame:
    """Return the quarters of what is made of signed parts, where all of them are known."""
    pieces = [book.quarters(metric, companies=[company], calendar="fiscal").set_index("period") for _, metric in parts]
    both = functools.reduce(lambda left, right: left.intersection(right), (piece.index for piece in pieces))
    pieces = [piece.loc[both] for piece in pieces]
    facts = [tuple(sorted(set().union(*cells))) for cells in zip(*(piece.facts for piece in pieces), strict=True)]
    value = units.settle(sum(sign * piece.value for (sign, _), piece in zip(parts, pieces, strict=True)))
    grade = [max(cells, key=ledger.GRADES.index) for cells in zip(*(piece.grade for piece in pieces), strict=True)]
    return pieces[0].assign(value=value, facts=facts, grade=grade, how="derived").reset_index()


def _agree(book: ledger.Book, one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether two outcomes are the same but for rounding."""
    reach = sum(book.half(frame.facts.item()) for frame in (one, other))
    return abs(one.value.item() - other.value.item()) <= reach + 1e-9


def _covering(single: pd.DataFrame, promise: tuple) -> pd.DataFrame:
    """Return one row made of the quarters that fill a guided period without a gap, or none."""
    inside = single[(single.period_start >= promise.period_start) & (single.period_end <= promise.period_end)]
    days = (inside.period_end - inside.period_start).dt.days.add(1).sum()
    if inside.empty or inside.metric.nunique() > 1 or days != (promise.period_end - promise.period_start).days + 1:
        return inside.head(0)
    facts = [tuple(sorted(set().union(*inside.facts)))]
    weakest = max(inside.grade, key=ledger.GRADES.index)
    one = inside.tail(1).assign(facts=facts, grade=weakest, how="derived" if len(inside) > 1 else inside.how)
    if promise.scope == "each quarter":
        return one.assign(value=inside.value.min(), low=inside.value.min(), high=inside.value.max(), how="derived")
    return one.assign(value=units.settle(inside.value.sum()))
