"""Measures: frames in, frames out. Totals, changes, growth, ratios, each carrying the facts it rests on.

A frame is what `ledger` returns. Adding and subtracting need like with like: kind, unit, stance and basis must agree,
and a sum over time must stay within one definition, or the measure refuses and says what to do. Division is free.
A missing operand leaves a hole, never a zero. The weakest grade of the operands wins, and `how` becomes `derived`.
"""

import itertools
from collections.abc import Callable

import pandas as pd

from outlay import ledger, periods, units

_BOUNDS = ("", "printed", "computed")
_FLIPPED = {"≥": "≤", "≤": "≥", "=": "=", "≈": "≈"}  # what a relation becomes under a minus or a line of division
_CARRIED = ["unit", "stance", "kind", "basis", "said_by", "scope"]


def total(frame: pd.DataFrame, label: str = "total") -> pd.DataFrame:
    """Add up the companies of each period; a period in which one of them is missing is left out.

    Returns one row a period, `company` being `label`. Refuses unlike kinds, units, stances and bases, stocks with flows, a basis under
    which each firm means something else, and fiscal quarters of firms whose years differ.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex = book.quarters("capex", companies=["msft", "googl"], since="2025-07-01")
    >>> bool(total(capex).value.iloc[0] == round(capex.value.sum(), 9))
    True
    """
    _alike(frame, "total")
    if (frame.kind == "commitment").any():
        raise ValueError("total: a commitment may contain another and is no money of one period. Add deals up with commitments().")
    if (unlike := set(frame.kind) & {"rate", "count"}) and frame.company.nunique() > 1:
        raise ValueError(f"total: a {unlike.pop()} of several firms does not add up. Treat the firms apart.")
    if frame.company.nunique() > 1 and (own := set(frame.basis) & set(ledger.UNLIKE)):
        raise ValueError(f"total: on basis '{own.pop()}' each firm's figure means something else. Ask for basis='cash', or treat the firms apart.")
    months = frame.period_end.dt.to_period("M")
    if frame.period.str.startswith("FY").any() and (months.groupby(frame.period).nunique() > 1).any():
        raise ValueError("total: fiscal quarters of different firms end in different months. Ask for calendar='overlap'.")
    if frame.duplicated(["company", "period"]).any():
        raise ValueError("total: a company has two figures for one period. Choose one with observations() or filter the frame.")
    members = frame.company.nunique()
    groups = frame.sort_values(["period_end", "company"], kind="stable").groupby("period", sort=False)
    out = groups.agg(
        company=("company", "nunique"),
        metric=("metric", _joined),
        period_start=("period_start", "min"),
        period_end=("period_end", "max"),
        value=("value", "sum"),
        grade=("grade", _weakest),
        facts=("facts", _together),
        stand_in=("stand_in", "any"),
        recast=("recast", "any"),
        bounds=("bounds", _bounds),
        relation=("relation", _relation),
        **{name: (name, "first") for name in _CARRIED},
    ).reset_index()
    reach = frame.assign(low=frame.low.fillna(frame.value), high=frame.high.fillna(frame.value)).groupby("period")
    ranged = frame.assign(ranged=frame.low.notna() | frame.high.notna()).groupby("period").ranged.any()
    for bound in ("low", "high"):
        out[bound] = units.settle(out.period.map(reach[bound].sum())).where(out.period.map(ranged))
    out = out[out.company == members].assign(company=label, how="derived")
    return _finish(out.assign(value=units.settle(out.value)))


def trailing(frame: pd.DataFrame, quarters: int = 4) -> pd.DataFrame:
    """Add up each company's last `quarters` quarters; a hole or a change of definition among them leaves a hole.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> year = trailing(book.quarters("capex", companies=["amzn"], since="2024-01-01"))
    >>> len(year.facts.iloc[0]) >= 4
    True
    """
    _alike(frame, "trailing")
    _flows(frame, "trailing")
    out = _ordered(frame)
    windows = [_behind(out, back) for back in range(quarters)]
    same = pd.concat([window.metric == out.metric for window in windows], axis=1).all(axis=1)
    out["value"] = units.settle(sum(window.value for window in windows))
    for bound in ("low", "high"):
        ranged = pd.concat([window[bound].notna() for window in windows], axis=1).any(axis=1)
        out[bound] = units.settle(sum(window[bound].fillna(window.value) for window in windows)).where(ranged)
    out["period_start"] = windows[-1].period_start
    out = _merged(out, windows)
    return _finish(out[same & out.value.notna()])


def change(frame: pd.DataFrame, quarters: int = 4) -> pd.DataFrame:
    """Subtract from each value that of `quarters` quarters before, within one definition: the increment.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> change(book.quarters("cloud_revenue", companies=["amzn"])).unit.unique().tolist()
    ['USD bn']
    """
    _alike(frame, "change")
    return _against(frame, quarters, lambda now, before: units.settle(now - before), unit=None)


def growth(frame: pd.DataFrame, quarters: int = 4) -> pd.DataFrame:
    """Divide each value by that of `quarters` quarters before, less one, within one definition; the unit is a share.

    Growth from zero or from a negative value is no number and leaves a hole; so does growth from a base that was recast while the new
    figure stands on the new footing.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> float(growth(book.quarters("capex", companies=["msft"], since="2024-07-01")).value.iloc[-1].round(2))
    0.3
    """
    return _against(frame, quarters, lambda now, before: (now / before.where(before > 0)) - 1, unit="share")


def ratio(upper: pd.DataFrame, lower: pd.DataFrame) -> pd.DataFrame:
    """Divide one frame by another, company by company and period by period; the unit names what stands over what.

    Where both sides hold one company each (totals), the periods alone are matched. Periods that one side lacks are left out.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex, cloud = (trailing(book.quarters(name, companies=["amzn"])) for name in ("capex", "cloud_revenue"))
    >>> ratio(capex, cloud).unit.iloc[-1]
    'USD bn per USD bn'
    """
    keys = ["period"] if upper.company.nunique() == lower.company.nunique() == 1 else ["company", "period"]
    for side in (upper, lower):
        if side.duplicated(keys).any():
            raise ValueError("ratio: one side has two figures for a company and period. Filter the frame to one metric first.")
    pair = upper.merge(lower, on=keys, suffixes=("", "_lower")).sort_values(["company", "period_end"], kind="stable", ignore_index=True)
    out = pair[upper.columns].copy()
    ends = {side: [pair[f"{bound}{side}"].fillna(pair[f"value{side}"]) for bound in ("low", "high")] for side in ("", "_lower")}
    ranged = pair[["low", "high", "low_lower", "high_lower"]].notna().any(axis=1)
    positive = pair.value_lower.where(pair.value_lower != 0)
    out["value"] = pair.value / positive
    clear = ranged & ((ends["_lower"][0] > 0) | (ends["_lower"][1] < 0))  # over a range that holds zero anything may stand
    corners = pd.concat([over / under.where(under != 0) for over in ends[""] for under in ends["_lower"]], axis=1)
    out["low"], out["high"] = corners.min(axis=1).where(clear), corners.max(axis=1).where(clear)
    out["metric"] = pair.metric + " / " + pair.metric_lower
    out["unit"] = pair.unit + " per " + pair.unit_lower
    out["basis"] = pair.basis + " / " + pair.basis_lower
    out["kind"] = "rate"
    out["stand_in"] = pair.stand_in | pair.stand_in_lower
    out["recast"] = pair.recast | pair.recast_lower
    out["bounds"] = [_bounds(both) for both in zip(pair.bounds, pair.bounds_lower, strict=True)]
    out["grade"] = [_weakest(both) for both in zip(pair.grade, pair.grade_lower, strict=True)]
    out["facts"] = [_together(both) for both in zip(pair.facts, pair.facts_lower, strict=True)]
    out["relation"] = [_relation((over, _FLIPPED[under])) for over, under in zip(pair.relation, pair.relation_lower, strict=True)]
    return _finish(out.assign(how="derived")[out.value.notna()])


def lagged(frame: pd.DataFrame, quarters: int) -> pd.DataFrame:
    """Give each quarter of a company the value of `quarters` quarters before, with all that is known of it; the quarter keeps its name and dates.

    What was spent then can so be set against what came now. A quarter whose earlier value is a hole is left out; refuses a negative lag, which
    would set what came against what had not been spent.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex = book.quarters("capex", companies=["msft"], since="2025-04-01")
    >>> lagged(capex, 1)[["period", "value"]].values.tolist() == [["2025Q3", capex.value.iloc[0]]]
    True
    """
    if quarters < 0:
        raise ValueError(f"lagged: {quarters} quarters would look ahead. Lag the other frame instead.")
    now = _ordered(frame)
    out = _behind(now, quarters).assign(**{name: now[name] for name in ("company", "period", "period_start", "period_end")})
    return _finish(out[out.value.notna()].astype({"stand_in": bool, "recast": bool}))


def at_quarter_ends(stock: pd.DataFrame, quarters: pd.DataFrame) -> pd.DataFrame:
    """Name each stock by the quarter of its company that ends on its day, so that a ratio of the two finds its pair; others are left out.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> stock, sold = book.observations("aws_backlog"), book.quarters("aws_revenue")
    >>> at_quarter_ends(stock, sold).period.iloc[-1]
    '2025Q3'
    """
    if len(stock) and (unlike := set(stock.kind) - {"stock"}):
        raise ValueError(f"at_quarter_ends: a {unlike.pop()} does not stand at a date. Take it as it is.")
    names = quarters[["company", "period_end", "period"]].drop_duplicates()
    return _finish(stock.drop(columns="period").merge(names, on=["company", "period_end"]).sort_values(["company", "period_end"], kind="stable"))


def rounded(book: ledger.Book, frame: pd.DataFrame) -> pd.DataFrame:
    """Give printed figures the range that their rounding leaves: half a printed unit to either side, a whole one where it was said with "about".

    That "about" widens rounding to a whole unit is an assumption. A floor or a ceiling leaves its one side open and gets no range; a range that
    stands already is kept.

    >>> book = ledger.open()
    >>> points = rounded(book, book.observations("azure_growth_points_from_ai"))
    >>> points[["value", "low", "high", "relation"]].iloc[[-2, -3]].values.tolist()
    [[13.0, 12.5, 13.5, '='], [12.0, 11.0, 13.0, '≈']]
    """
    reach = pd.Series([book.half(facts) for facts in frame.facts], index=frame.index, dtype=float)
    reach = reach.mask(frame.relation == "≈", 2 * reach).where(frame.relation.isin(["=", "≈"]) & frame.low.isna() & frame.high.isna())
    return frame.assign(
        low=frame.low.fillna(units.settle(frame.value - reach)),
        high=frame.high.fillna(units.settle(frame.value + reach)),
        bounds=frame.bounds.mask(reach.notna(), "computed"),
    )


def cumulate(frame: pd.DataFrame) -> pd.DataFrame:
    """Add up each company's values from its first quarter on; a hole or a change of definition ends the sum.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> cumulate(book.quarters("capex", companies=["meta"], since="2023-01-01")).value.is_monotonic_increasing
    True
    """
    _alike(frame, "cumulate")
    _flows(frame, "cumulate")
    out = _ordered(frame)
    steps = out.groupby("company").place.diff()
    broken = ((steps > 1) | (out.metric != out.groupby("company").metric.transform("first"))).groupby(out.company).cummax()
    out = out[~broken.astype(bool)].copy()
    by, own = out.groupby("company"), out.value.copy()
    out["value"] = units.settle(by.value.cumsum())
    out["period_start"] = by.period_start.transform("first")
    out["grade"] = out.grade.map(ledger.GRADES.index).astype(int).groupby(out.company).cummax().map(dict(enumerate(ledger.GRADES)))
    out["facts"] = [tuple(sorted(set().union(*rows.facts[: place + 1]))) for _, rows in by for place in range(len(rows))]
    ranged = (out.low.notna() | out.high.notna()).groupby(out.company).cummax()
    for bound in ("low", "high"):
        out[bound] = units.settle(out[bound].astype(float).fillna(own).groupby(out.company).cumsum()).where(ranged)
    out["bounds"] = out.bounds.map(_BOUNDS.index).astype(int).groupby(out.company).cummax().map(dict(enumerate(_BOUNDS)))
    out["relation"] = [_relation(rows.relation[: place + 1]) for _, rows in by for place in range(len(rows))]
    return _finish(out.assign(how="derived"))


def computed(work: Callable, *rows: pd.Series, label: str, unit: str, kind: str = "rate") -> pd.DataFrame:
    """Work a formula on rows of frames and return its result as a frame of one row, in `COLUMNS` and `MARKS`, with the facts of all of them.

    `work` takes their values in order; where a row has a range, the result has the lowest and the highest that its corners give, and a range that
    rests on a computed one is a computed one. A floor among them makes the result a floor, or a ceiling where the result falls with it. `company` is
    `label`; period and dates are those of the last row; the weakest grade wins. Refuses more than one commitment.

    >>> book = ledger.open()
    >>> half = book.observations("revenue", companies=["openai"]).set_index("period").loc["H1 2025"]
    >>> computed(lambda revenue: revenue / 6, half, label="a month", unit="USD bn")[["value", "low", "high", "bounds"]].round(3).values.tolist()
    [[0.717, 0.708, 0.725, 'computed']]
    """
    if sum(row.kind == "commitment" for row in rows) > 1:
        raise ValueError("computed: commitments may contain each other, and differ in how firm they are. Add them up with commitments() first.")
    spans = [(row.value, *(edge for edge in (row.low, row.high) if pd.notna(edge))) for row in rows]
    corners = [work(*corner) for corner in itertools.product(*spans)]
    ranged = any(len(span) > 1 for span in spans)
    last = rows[-1]
    row = {name: getattr(last, name, "") for name in ("period_start", "period_end", "said_by", "scope")}
    row |= {
        "company": label,
        "metric": label,
        "period": getattr(last, "period", last.name),
        "value": work(*(row.value for row in rows)),
        "low": min(corners) if ranged else float("nan"),
        "high": max(corners) if ranged else float("nan"),
        "unit": unit,
        "kind": kind,
        "stance": "forward" if any(row.stance == "forward" for row in rows) else "actual",
        "grade": _weakest(row.grade for row in rows),
        "how": "derived",
        "facts": _together(row.facts for row in rows),
        "relation": _relation(_bent(work, [row.value for row in rows], place, row.relation) for place, row in enumerate(rows)),
        "basis": units.spell(sorted({row.basis for row in rows})),
        "stand_in": any(row.stand_in for row in rows),
        "recast": any(row.recast for row in rows),
        "bounds": _bounds([row.bounds for row in rows]),
    }
    return _finish(pd.DataFrame([row]))


def each(work: Callable, *frames: pd.DataFrame, unit: str, label: str = "", metric: str = "", kind: str = "rate") -> pd.DataFrame:
    """Work a formula on every company and period that all frames hold, as `computed` does on rows; one row each, under its company.

    With a `label` the frames hold one figure a period, whoever's, and `company` is the label. `metric` names what was made. Refuses frames that hold
    two figures for one place.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex, cloud = (book.quarters(name, companies=["amzn"], since="2025-07-01") for name in ("capex", "cloud_revenue"))
    >>> each(lambda spent, taken: spent - taken, capex, cloud, label="gap", unit="USD bn").value.round(3).tolist()
    [2.089]
    >>> each(lambda spent, taken: taken - spent, capex, cloud, unit="USD bn", kind="flow").company.tolist()
    ['amzn']
    """
    key = "period" if label else ["company", "period"]
    for frame in frames:
        if frame.duplicated(key).any():
            only = "company and one metric" if label else "metric"
            raise ValueError(f"each: a frame has two figures for one {'period' if label else 'company and period'}. Filter it to one {only} first.")
    keyed = [frame.set_index(key, drop=False).rename_axis(index=lambda _: None) for frame in frames]
    shared = [place for place in keyed[-1].index if all(place in frame.index for frame in keyed)]
    rows = [computed(work, *(frame.loc[place] for frame in keyed), label=label or place[0], unit=unit, kind=kind) for place in shared]
    made = _finish(pd.concat(rows, ignore_index=True)) if rows else _finish(frames[-1].head(0))
    return made.assign(metric=metric) if metric else made


def around(work: Callable, frame: pd.DataFrame, quarters: int, *, label: str, unit: str) -> pd.DataFrame:
    """Work a formula on the values of the quarters before and of the quarters from each quarter on, as many on either side; a row a quarter.

    `frame` holds one figure a quarter; `work` takes a list of twice as many values as `quarters`. A quarter with a hole on either side is left out.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> cloud = book.quarters("cloud_revenue", companies=["amzn"], since="2025-01-01")
    >>> around(lambda values: values[1] - values[0], cloud, 1, label="step", unit="USD bn").period.tolist()
    ['2025Q2', '2025Q3']
    """
    ordered = _ordered(frame)
    if ordered.company.nunique() > 1:
        raise ValueError("around: the frame holds several companies. Filter it to one.")
    found = []
    for at in range(quarters, len(ordered) - quarters + 1):
        window = ordered.iloc[at - quarters : at + quarters]
        if (window.place.diff().dropna() == 1).all():
            made = computed(lambda *values: work(list(values)), *(row for _, row in window.iterrows()), label=label, unit=unit)
            middle = window.iloc[quarters]
            found.append(made.assign(period=middle.period, period_start=middle.period_start, period_end=middle.period_end))
    return pd.concat(found, ignore_index=True) if found else _finish(frame.head(0))


def indexed(frame: pd.DataFrame, base: float = 100) -> pd.DataFrame:
    """Divide each company's values by its first one, times `base`; the unit is an index, the first value is the base itself.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> indexed(book.quarters("capex", companies=["msft"], since="2025-01-01")).value.round().tolist()
    [100.0, 102.0, 116.0]
    """
    out = frame.sort_values(["company", "period_end"], kind="stable", ignore_index=True)
    if len(out) and (out.groupby("company").value.first() <= 0).any():
        raise ValueError("indexed: a company starts at nothing or below. Begin where its values are positive.")
    first = out.groupby("company")
    for name in ("low", "high", "value"):
        out[name] = out[name].astype(float) / first.value.transform("first") * base
    begins = first.facts.transform("first")
    out["facts"] = [_together(both) for both in zip(out.facts, begins, strict=True)]
    begins = first.grade.transform("first")
    out["grade"] = [_weakest(both) for both in zip(out.grade, begins, strict=True)]
    return _finish(out.assign(unit="index", kind="rate", how="derived"))


def _bent(work: Callable, values: list[float], place: int, relation: str) -> str:
    """Return what a relation of one operand becomes in the result: flipped where the result falls as the operand rises."""
    more = [value + (abs(value) / 1000 + 1e-9) * (at == place) for at, value in enumerate(values)]
    return relation if work(*more) >= work(*values) else _FLIPPED[relation]


def commitments(deals: pd.DataFrame, label: str = "commitments") -> pd.DataFrame:
    """Add up what deals commit, each counted whole: one row, `company` being `label`, in the columns of every frame.

    Takes what `Book.deals` returns, deals that share a payer or a receiver. Refuses deals that contain each other, a deal that stands twice, deals
    of unlike firmness (a letter of intent is no contract) or instrument, deals in which money has flowed beside such in which it has not,
    cancelled ones, unlike units, and deals whose amount nobody printed.

    >>> book = ledger.open()
    >>> some = book.deals(companies=["openai"])
    >>> bool(commitments(some[some.value.notna()].head(1)).value.item() > 0)
    True
    """
    if deals.empty:
        raise ValueError("commitments: no deals are left to add up. Say so in the text instead.")
    if unsaid := deals.deal[deals.value.isna()].tolist():
        raise ValueError(f"commitments: no document prints an amount of {units.spell(unsaid)}. Leave these out, and say that they are missing.")
    if inside := contained(deals):
        inner, outer = inside[0]
        raise ValueError(f"commitments: '{inner}' is part of '{outer}'; together they count twice. Leave one of the two out.")
    if (twice := deals.deal[deals.deal.duplicated()]).any():
        raise ValueError(f"commitments: '{twice.iloc[0]}' stands twice. Take it as it stood on one date.")
    if deals["from"].nunique() > 1 and deals["to"].nunique() > 1:
        raise ValueError("commitments: the deals share neither payer nor receiver; money passed on would count twice. Filter on `from` or on `to`.")
    for name, remedy in (
        ("instrument", "Money for shares and money for services are no sum; filter on instrument"),
        ("firmness", "A letter of intent, a conditional tranche and a contract are no sum; ask deals(firmness='firm')"),
        ("stance", "Money that flowed never joins money that was promised; filter on stance"),
        ("unit", "Convert first, or treat them apart"),
    ):
        if len(found := sorted(deals[name].unique())) > 1:
            raise ValueError(f"commitments: the deals mix {name} {units.spell([repr(value) for value in found])}. {remedy}.")
    if "cancelled" in deals.firmness.to_numpy():
        raise ValueError("commitments: cancelled deals commit nothing. Ask deals(firmness='firm').")
    out = (
        deals.sort_values("period_end")
        .tail(1)
        .assign(
            company=label,
            metric="commitments",
            period="",
            period_start=pd.NaT,
            value=units.settle(deals.value.sum()),
            low=units.settle(deals.low.fillna(deals.value).sum()) if deals.low.notna().any() else float("nan"),
            high=units.settle(deals.high.fillna(deals.value).sum()) if deals.high.notna().any() else float("nan"),
            grade=_weakest(deals.grade),
            how="derived",
            facts=[_together(deals.facts)],
            basis=units.spell(sorted(deals.instrument.unique())),
            bounds=_bounds(deals.bounds),
            relation=_relation(deals.relation),
        )
    )
    return _finish(out)


def contained(deals: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of deals of a frame of which the first is part of the second, at any remove.

    >>> contained(pd.DataFrame({"deal": ["chips", "site", "plan"], "part_of": ["site", "plan", ""]}))
    [('chips', 'site'), ('chips', 'plan'), ('site', 'plan')]
    """
    every = ledger.tables(private=None)["deals"]
    above = {**dict(zip(every.deal, every.part_of, strict=True)), **dict(zip(deals.deal, deals.part_of, strict=True))}
    found = []
    for deal in deals.deal:
        seen, outer = {deal}, above.get(deal)
        while outer and outer not in seen:
            seen.add(outer)
            found += [(deal, outer)] if outer in set(deals.deal) else []
            outer = above.get(outer)
    return found


def up_to(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Keep of each company what ends no later than its last row in another frame: as much as both are known for.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> capex, older = (book.quarters("capex", companies=["msft"]) for _ in range(2))
    >>> up_to(capex, older[older.period <= "2025Q1"]).period.iloc[-1]
    '2025Q1'
    """
    last = other.groupby("company").period_end.max().to_dict()
    kept = [company in last and end <= last[company] for company, end in zip(frame.company, frame.period_end, strict=True)]
    return frame[pd.Series(kept, index=frame.index, dtype=bool)].reset_index(drop=True)


def since(frame: pd.DataFrame, date: str) -> pd.DataFrame:
    """Keep the periods that end on or after a date; after sums and changes, which need the periods before.

    >>> since(ledger.open(as_of="2025-11-15").quarters("capex", companies=["msft"]), "2025-07-01").period.tolist()
    ['2025Q3']
    """
    return frame[frame.period_end >= pd.Timestamp(date)].reset_index(drop=True)


def bridge(book: ledger.Book, company: str, period: str, *, start: str = "cash", end: str = "as_stated", calendar: str = "overlap") -> pd.DataFrame:
    """Lead from a firm's capital spending on one basis to that on another, a row a step, in the columns of every frame.

    The first row is the figure on `start`, the last the one on `end`; between them stand the lines that the firm adds or takes off
    (`bases.csv`, column `made_of`), and `rest`, what no line
    explains beyond rounding. A line that was not printed for the period has no value. Refuses a period
    for which either end is unknown.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> bridge(book, "msft", "2025Q3")[["metric", "value"]].values.tolist()
    [['capex_cash', 19.394], ['finance_lease_additions', 9.147], ['rest', 6.359], ['capex_as_stated', 34.9]]
    """
    ends = []
    for basis in (start, end):
        frame = book.quarters("capex", basis=basis, calendar=calendar, companies=[company])
        row = frame[frame.period == period]
        if row.empty:
            known = frame.period.tolist()
            raise ValueError(
                f"no capital spending of {company} on basis '{basis}' for {period}; known: {f'{known[0]} to {known[-1]}' if known else 'none'}"
            )
        ends.append(row)
    begin, made = ends[0].metric.item(), book.made_of(ends[1].metric.item(), end, company)
    made = [] if begin == ends[1].metric.item() else made
    while made and begin not in [metric for _, metric in made] and (inner := [metric for _, metric in made if book.metrics.at[metric, "parts"]]):
        made = [
            (sign * more, part) for sign, metric in made for more, part in (book.made_of(metric, "", company) if metric in inner else [(1, metric)])
        ]
    steps = [(sign, metric) for sign, metric in made if metric != begin]
    parts = []
    for sign, metric in steps:
        line = book.quarters(metric, calendar=calendar, companies=[company])
        line = line[line.period == period]
        if line.empty:  # the firm did not print it: the step stands without a value
            line = ends[0].assign(metric=metric, value=float("nan"), how="derived", facts=[()], stand_in=False)
        parts.append(line.assign(value=sign * line.value))
    known = [part for part in parts if part.value.notna().all()]
    rest = units.settle(ends[1].value.item() - ends[0].value.item() - sum(part.value.item() for part in known))
    reach = book.half(id for rows in [*ends, *known] for ids in rows.facts for id in ids)
    if abs(rest) > reach or len(known) < len(parts):
        both = tuple(sorted(set().union(*(set(rows.facts.item()) for rows in [*ends, *known]))))
        parts.append(ends[1].assign(metric="rest", value=rest, how="derived", facts=[both], stand_in=False))
    return pd.concat([ends[0], *parts, ends[1]], ignore_index=True)


def latest_complete(frame: pd.DataFrame) -> str | None:
    """Return the newest period that every company of the frame has reported, or None if there is none.

    >>> latest_complete(ledger.open(as_of="2025-11-15").quarters("capex", companies=["msft", "meta"]))
    '2025Q3'
    """
    whole = frame.groupby("period").company.nunique() == frame.company.nunique()
    rows = frame[frame.period.map(whole).astype(bool)] if len(frame) else frame
    return None if rows.empty else str(rows.loc[rows.period_end.idxmax(), "period"])


def _alike(frame: pd.DataFrame, verb: str) -> None:
    remedies = {
        "kind": "A run-rate becomes a flow only by a named conversion; a stock is no flow",
        "unit": "Convert first, or treat them apart",
        "stance": "Guidance never joins what came; filter on stance",
        "basis": "Ask the ledger for one basis",
        "said_by": "What several expect is no sum; choose whose figure to take",
        "scope": "They count different things; choose one scope",
    }
    for name, remedy in remedies.items():
        if len(found := sorted(frame[name].unique())) > 1:
            raise ValueError(f"{verb}: the frame mixes {name} {units.spell([repr(value) for value in found])}. {remedy}.")


def _flows(frame: pd.DataFrame, verb: str) -> None:
    if len(frame) and (kind := frame.kind.iloc[0]) != "flow":
        raise ValueError(f"{verb}: a {kind} does not add up over time. Take its latest value instead.")


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.assign(place=periods.position(frame.period))
    if out.duplicated(["company", "place"]).any():
        raise ValueError("the frame has two figures for one company and quarter. Ask for one metric or one basis.")
    return out.sort_values(["company", "place"], ignore_index=True)


def _behind(ordered: pd.DataFrame, quarters: int) -> pd.DataFrame:
    """Return, aligned to `ordered`, each company's row of `quarters` quarters before (empty where there is none)."""
    wanted = pd.MultiIndex.from_arrays([ordered.company, ordered.place - quarters])
    return ordered.set_index(["company", "place"]).reindex(wanted).set_axis(ordered.index)


def _against(frame: pd.DataFrame, quarters: int, work: Callable, unit: str | None) -> pd.DataFrame:
    if (frame.kind == "commitment").any():
        raise ValueError("change and growth: a commitment has no quarters to compare. Ask deals() as it stood on two dates.")
    out = _ordered(frame)
    before = _behind(out, quarters)
    ranged = out[["low", "high"]].notna().any(axis=1) | before[["low", "high"]].notna().any(axis=1)
    ends, past = ([rows[bound].fillna(rows.value) for bound in ("low", "high")] for rows in (out, before))
    corners = pd.concat([work(now, then) for now in ends for then in past], axis=1)
    low, high, value = corners.min(axis=1), corners.max(axis=1), work(out.value, before.value)
    # a base that was recast since is not like a figure on the new footing
    same = (before.metric == out.metric) & ~(before.recast.eq(True) & ~out.recast)
    flipped = before.assign(relation=before.relation.map(_FLIPPED))
    out = _merged(out, [out.copy(), flipped]).assign(value=value, low=low.where(ranged), high=high.where(ranged))
    out = out.assign(unit=unit, kind="rate") if unit else out
    return _finish(out[same & out.value.notna()])


def _merged(out: pd.DataFrame, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Give rows the facts of all their operands, the weakest grade among them, and any stand-in's mark."""
    whole = pd.concat([part.value.notna() for part in parts], axis=1).all(axis=1)
    facts = [tuple(sorted(set().union(*cells))) if ok else () for ok, *cells in zip(whole, *(part.facts for part in parts), strict=True)]
    grade = [_weakest(cells) if ok else "" for ok, *cells in zip(whole, *(part.grade for part in parts), strict=True)]
    marks = {name: pd.concat([part[name].eq(True) for part in parts], axis=1).any(axis=1) for name in ("stand_in", "recast")}
    marks["bounds"] = [_bounds(cells) if ok else "" for ok, *cells in zip(whole, *(part.bounds for part in parts), strict=True)]
    marks["relation"] = [_relation(cells) if ok else "=" for ok, *cells in zip(whole, *(part.relation for part in parts), strict=True)]
    return out.assign(facts=facts, grade=grade, how="derived", **marks)


def _finish(out: pd.DataFrame) -> pd.DataFrame:
    return out[[*ledger.COLUMNS, *ledger.MARKS]].reset_index(drop=True)


def _bounds(marks) -> str:
    """Say of a range made from others whether it was computed or printed: one computed bound makes it computed."""
    return max(marks, key=_BOUNDS.index)


def _relation(relations) -> str:
    """Say how a sum was said: with a floor in it, it is one; with a floor and a ceiling, nothing but about."""
    found = set(relations)
    if {"≥", "≤"} <= found:
        return "≈"
    return next((relation for relation in ("≥", "≤", "≈") if relation in found), "=")


def _weakest(grades) -> str:
    return max(grades, key=ledger.GRADES.index)


def _together(cells) -> tuple[int, ...]:
    return tuple(sorted(set().union(*cells)))


def _joined(names) -> str:
    return " + ".join(dict.fromkeys(names))
