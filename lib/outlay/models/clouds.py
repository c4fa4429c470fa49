"""Clouds: what they add for what is spent, the part of AI in a cloud's growth, and what added capital earns.

The formulas are pure functions of plain numbers, money in USD bn, growth as a share, contributions in percentage points; those that work a
formula on rows of the ledger take frames and carry the facts.
"""

import functools
import math
from collections.abc import Iterable

import pandas as pd

from outlay import measures, units

POINTS = "azure_growth_points_from_ai"
AZURE_GROWTH = ["azure_growth_original", "azure_growth"]  # as drawn until June 2024, and since
ENOUGH = 8  # quarters of growth on the year from which a spread over time says anything: see `by_lag`


def increment(now: float, before: float) -> float:
    """Return what a quarter's revenue added to that of the same quarter of the year before: R_t - R_(t-4).

    AWS in the quarter to June 2024, as Amazon's release of 1 August 2024 prints both quarters:

    >>> round(increment(26.281, 22.140), 2)
    4.14
    """
    return now - before


def cost_of_added_dollar(spending: float, added: float) -> float:
    """Return what was spent in a quarter for each dollar that the quarter's revenue added on the year: C_(t-k) / (R_t - R_(t-4)).

    Alphabet spent 13.186 in the quarter to June 2024, and Google Cloud added 2.316:

    >>> round(cost_of_added_dollar(13.186, increment(10.347, 8.031)), 1)
    5.7
    """
    if added <= 0:
        raise ValueError(f"added revenue must be positive, not {added}: nothing was added, so no dollar of it has a price")
    return spending / added


def added(*definitions: pd.DataFrame) -> pd.DataFrame:
    """Return what each cloud added in each quarter to the same quarter of the year before, in the columns of every frame.

    Takes quarters of the same clouds under one definition after another, the wanted one first. A later one serves the quarters before the first
    that the wanted one can compare with a year before, and no others: no difference crosses two definitions.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> both = [book.quarters("cloud_revenue", basis=name, companies=["msft"]) for name in ("current_segments", "original_segments")]
    >>> rows = added(*both).set_index("period")
    >>> rows.metric[["2024Q2", "2024Q3"]].tolist()
    ['intelligent_cloud_revenue_original', 'intelligent_cloud_revenue']
    """
    changes = [measures.change(frame) for frame in definitions]
    out = newest_definition(changes[0])
    for change in changes[1:]:
        first = out.groupby("company").period_end.min().to_dict()
        early = [end < first.get(company, pd.Timestamp.max) for company, end in zip(change.company, change.period_end, strict=True)]
        out = pd.concat([change[early], out], ignore_index=True)
    # what is added up over firms is like with like: each cloud against itself, as it was drawn at the time
    return out.assign(basis="as_drawn").sort_values(["company", "period_end"], kind="stable", ignore_index=True)


def newest_definition(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep of each company the rows that stand on the definition of its newest one.

    >>> rows = pd.DataFrame({"company": "a", "metric": ["old", "new"], "period_end": pd.to_datetime(["2024-06-30", "2024-09-30"])})
    >>> newest_definition(rows).metric.tolist()
    ['new']
    """
    ordered = frame.sort_values("period_end", kind="stable")
    return frame[frame.metric == frame.company.map(ordered.groupby("company").metric.last())].reset_index(drop=True)


def by_lag(spending: pd.DataFrame, growth: pd.DataFrame, lags: Iterable[int], quarters: int = ENOUGH) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set what was spent some quarters before against what was added, for every lag: a table of the cost of an added dollar, and the rows behind it.

    `spending` holds quarters, `growth` what `added` returns. The table has a row a company and lag: `quarters` (how many could be compared, the same
    ones at every lag, at most the newest so many), `cost` (their median), `lowest`, `highest` and `spread`, the highest over the lowest; the rows
    behind have a column `lag`. Quarters in which nothing was added are left out. Below `ENOUGH` quarters `cost` and what follows are holes: each
    increment spans a year, so that neighbours share three of their four quarters, and eight of them hold but two years that do not overlap. That is
    the least from which a steady ratio can be told from a moving one, and still far too few to test a lag.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> capex, cloud = (book.quarters(name, companies=["amzn"]) for name in ("capex", "cloud_revenue"))
    >>> table, rows = by_lag(capex, measures.change(cloud), [0, 4])
    >>> table.quarters.tolist()
    [8, 8]
    """
    lags, growth = list(lags), growth[growth.value > 0]
    ratios = {lag: newest_definition(measures.ratio(measures.lagged(spending, lag), growth)) for lag in lags}
    table, behind = [], [growth.head(0).assign(lag=0)]
    for company in sorted(growth.company.unique()):
        own = {lag: rows[rows.company == company].set_index("period", drop=False).sort_values("period_end") for lag, rows in ratios.items()}
        same = functools.reduce(lambda some, other: some.intersection(other, sort=False), (rows.index for rows in own.values()))[-quarters:]
        for lag in lags:
            rows = own[lag].loc[same]
            known = rows.value if len(same) >= ENOUGH else rows.value.head(0)
            table.append([company, lag, len(same), known.median(), known.min(), known.max(), known.max() / known.min()])
            behind.append(rows.head(len(known)).assign(lag=lag))
    columns = ["company", "lag", "quarters", "cost", "lowest", "highest", "spread"]
    return pd.DataFrame(table, columns=columns), pd.concat(behind, ignore_index=True)


def share_of_growth(points: float, growth: float) -> float:
    """Return which share of a growth rate some percentage points of it are: c / g.

    In the quarter to June 2024 Microsoft said that AI services brought 8 points of Azure's 29 per cent:

    >>> round(share_of_growth(8, 0.29), 3)
    0.276
    """
    if growth <= 0:
        raise ValueError(f"growth must be positive, not {growth}: no share of a fall is a share of growth")
    return points / 100 / growth


def divided(whole: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    """Return two rows for each period of which both are known: the part, its metric as it was, and `rest`, the whole less the part.

    Both frames are of one company and one unit; periods that one lacks are left out, and so is a part larger than its whole.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> whole, part = (book.observations(name) for name in ("total_capital_additions", "aws_capital_additions"))
    >>> divided(whole, part).query("period == '2024'").value.round(1).tolist()
    [53.3, 32.5]
    """
    if len(unlike := sorted({*whole.unit, *part.unit})) > 1:
        raise ValueError(f"divided: the frames mix {units.spell(unlike)}. Convert one first.")
    wholes, rows = whole.drop_duplicates("period", keep="last").set_index("period", drop=False), []
    for place in range(len(part)):
        one = part.iloc[place]
        if one.period in wholes.index and one.value <= wholes.value[one.period]:
            rest = measures.computed(
                lambda every, some: units.settle(every - some), wholes.loc[one.period], one, label="rest", unit=one.unit, kind=one.kind
            )
            rows += [part.iloc[[place]], rest.assign(company=one.company)]
    return pd.concat(rows, ignore_index=True) if rows else part.head(0)


def parts_of_growth(points: pd.DataFrame, growth: pd.DataFrame) -> pd.DataFrame:
    """Return Azure's growth in points, divided into what AI services brought (`POINTS`) and the rest, for the quarters of which both were stated.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> parts_of_growth(book.observations(POINTS), book.observations(AZURE_GROWTH)).query("period == '2024Q2'").value.tolist()
    [8.0, 21.0]
    """
    rates = _quarterly(growth)
    scaled = {name: units.settle(100 * rates[name]) for name in ("value", "low", "high")}
    return divided(rates.assign(**scaled, unit="pp"), _said(points, growth)[points.columns])


def level(before: float, points: float, base: float) -> float:
    """Return the revenue of a part from its contribution to the growth of the whole: A_t = A_(t-4) + c_t Z_(t-4).

    It turns round the definition of a contribution, c_t = (A_t - A_(t-4)) / Z_(t-4), as national accounts define those to the growth of output. A
    part that had 1 of the 20 that the whole took in a year before, and adds 13 points of growth:

    >>> level(1, 13, 20)
    3.6
    """
    return before + points / 100 * base


def share_of_whole(before: float, points: float, growth: float) -> float:
    """Return a part's share of the whole after a year: a_t = (a_(t-4) + c_t) / (1 + g_t), which is `level` over the whole.

    Needs no dollars, so it can be worked before a firm has said what the whole takes in.

    >>> share_of_whole(0.05, 13, 0.31) == level(1, 13, 20) / (20 * 1.31)
    True
    """
    return (before + points / 100) / (1 + growth)


def redrawing(now: float, before: float) -> float:
    """Return how many times larger the AI share of Azure became when Azure was drawn more narrowly: the points of one quarter under both definitions.

    For the quarter to June 2024 Microsoft stated 8 points; on the call of October 2024 it said of about 12 that they were similar to that quarter's
    as redrawn.

    >>> redrawing(12, 8)
    1.5
    """
    if before <= 0:
        raise ValueError(f"the points before must be positive, not {before}")
    return now / before


def redrawn(points: pd.DataFrame, growth: pd.DataFrame) -> pd.Series | None:
    """Return `redrawing` worked on the rows: of the last points on Azure as first drawn and the first on Azure as drawn since, which were said alike.

    `growth` says on which definition a quarter's points stand. None if one of the two was not stated yet.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> redrawn(*(book.observations(names) for names in (POINTS, AZURE_GROWTH))).value.item()
    1.5
    """
    drawn = _said(points, growth)
    last = drawn[drawn.definition == AZURE_GROWTH[0]].tail(1)
    first = drawn[drawn.definition == AZURE_GROWTH[1]].head(1)
    if last.empty or first.empty:
        return None
    return measures.computed(redrawing, first.iloc[0], last.iloc[0], label="msft", unit="share").iloc[0]


def ai_shares(points: pd.DataFrame, growth: pd.DataFrame) -> pd.DataFrame:
    """Return which share of Azure its AI services came to, rebuilt quarter by quarter from their points of its growth, a row a quarter.

    `points` and `growth` are Microsoft's rows, in points and shares, with the ranges of their rounding; `metric` of what is returned says on which
    drawing of Azure a share stands. In the first year of points the share a year before is taken as zero, an assumption; later a quarter whose year
    before is a hole is one itself. A share as first drawn is lifted by `redrawn` where the next year's growth stands on the newer drawing.

    >>> from outlay import ledger
    >>> book = ledger.open(as_of="2024-08-05")
    >>> ai_shares(*(book.observations(names) for names in (POINTS, AZURE_GROWTH))).value.round(3).tolist()
    [0.008, 0.023, 0.046, 0.053, 0.068]
    """
    said, lift = _said(points, growth), redrawn(points, growth)
    rates = _quarterly(growth).set_index("period", drop=False)
    made: dict[str, pd.DataFrame] = {}
    for place in range(len(said)):
        row = said.iloc[place]
        rate, before = rates.loc[row.period], f"{int(row.period[:4]) - 1}{row.period[4:]}"
        past = made[before].iloc[0] if before in made else None
        if past is None and before >= said.period.min():
            continue
        if past is None:
            share = measures.computed(lambda new, grown: share_of_whole(0, new, grown), row, rate, label="msft", unit="share")
        elif past.metric == rate.metric:
            share = measures.computed(share_of_whole, past, row, rate, label="msft", unit="share")
        else:
            share = measures.computed(
                lambda was, by, new, grown: share_of_whole(was * by, new, grown), past, lift, row, rate, label="msft", unit="share"
            )
        made[row.period] = share.assign(metric=rate.metric)
    return pd.concat(made.values(), ignore_index=True) if made else points.head(0)


def ai_levels(shares: pd.DataFrame, azure: pd.DataFrame, lift: pd.Series | None = None) -> pd.DataFrame:
    """Return what the AI services of Azure took in, quarter by quarter: their share times Azure's revenue, USD bn.

    `azure` holds quarters of Azure as drawn now; a share as first drawn is lifted by `lift` (`redrawn`). Quarters that one side lacks are left out.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> points, growth = (book.observations(names) for names in (POINTS, AZURE_GROWTH))
    >>> year = quarters_of_year(book.observations("azure_revenue").iloc[0], book.quarters("intelligent_cloud_revenue"))
    >>> ai_levels(ai_shares(points, growth), year_before(year, growth), redrawn(points, growth)).period.tolist()
    ['2023Q3', '2023Q4', '2024Q1', '2024Q2']
    """
    whole = azure.set_index("period", drop=False)
    rows = []
    for place in range(len(shares)):
        share = shares.iloc[place]
        if share.period not in whole.index or (share.metric == AZURE_GROWTH[0] and lift is None):
            continue
        parts = [share, whole.loc[share.period]] if share.metric != AZURE_GROWTH[0] else [share, lift, whole.loc[share.period]]
        rows.append(measures.computed(lambda *factors: math.prod(factors), *parts, label="msft", unit="USD bn", kind="flow"))
    return pd.concat(rows, ignore_index=True) if rows else shares.head(0)


def _quarterly(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of single quarters, oldest first, the newer definition where both have a figure."""
    rows = frame[frame.period.str.fullmatch(r"\d{4}Q\d")]
    return rows.assign(newer=rows.metric == AZURE_GROWTH[1]).sort_values(["period_end", "newer"]).drop_duplicates("period", keep="last")


def _said(points: pd.DataFrame, growth: pd.DataFrame) -> pd.DataFrame:
    """Return the quarters for which both points and growth were stated, with the `definition` that the growth stands on."""
    rates = _quarterly(growth).set_index("period").metric
    rows = _quarterly(points)
    return rows.assign(definition=rows.period.map(rates))[rows.period.isin(rates.index)]


def quarters_of_year(year: pd.Series, segment: pd.DataFrame) -> pd.DataFrame:
    """Spread a year's stated revenue over its quarters as those of the segment that holds it are: an assumption, said wherever it is used.

    `year` is a row of a year, `segment` quarters; those that lie in the year must be four, or nothing is returned.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> year = book.observations("azure_revenue").iloc[0]
    >>> quarters_of_year(year, book.quarters("intelligent_cloud_revenue")).value.round(1).tolist()
    [17.0, 18.0, 18.9, 21.1]
    """
    inside = segment[(segment.period_start >= year.period_start) & (segment.period_end <= year.period_end)].sort_values("period_end")
    if len(inside) != 4:
        return inside.head(0)
    whole = inside.value.sum()
    spread = [
        measures.computed(lambda total, part: total * part / whole, year, inside.iloc[place], label="msft", unit="USD bn", kind="flow")
        for place in range(4)
    ]
    together = tuple(sorted(set().union(*inside.facts, year.facts)))
    return pd.concat(spread, ignore_index=True).assign(facts=[together] * 4)


def year_before(quarters: pd.DataFrame, growth: pd.DataFrame) -> pd.DataFrame:
    """Return the quarters of the year before from their growth: Z_(t-4) = Z_t / (1 + g_t); quarters whose growth was not stated are left out.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> azure = quarters_of_year(book.observations("azure_revenue").iloc[0], book.quarters("intelligent_cloud_revenue"))
    >>> round(float(year_before(azure, book.observations("azure_growth")).value.sum()), 1)  # and 75 is 34% more, as stated for the year
    55.9
    """
    rates = _quarterly(growth).set_index("period", drop=False)
    rows = []
    for place in range(len(quarters)):
        row = quarters.iloc[place]
        if row.period in rates.index:
            one = measures.computed(lambda now, grown: now / (1 + grown), row, rates.loc[row.period], label="msft", unit="USD bn", kind="flow")
            back = pd.DateOffset(years=1)
            rows.append(
                one.assign(
                    period=f"{int(row.period[:4]) - 1}{row.period[4:]}",
                    period_start=row.period_start - back,
                    period_end=row.period_end - back,
                )
            )
    return pd.concat(rows, ignore_index=True) if rows else quarters.head(0)


def return_on_added_capital(profit: float, profit_before: float, capital: float, capital_before: float, tax: float = 0.0) -> float:
    """Return what added capital earns: the change of operating profit after tax over the change of the capital invested.

    The incremental return on invested capital of Koller, Goedhart and Wessels (*Valuation*, chapter on return on invested capital); its place in
    their value driver formula, growth = return on new capital x rate of investment, is what the test works. Without `tax` it is before tax. With
    capital that did not grow there is no return on what was added.

    >>> round(return_on_added_capital(24, 20, 120, 100, tax=0.25), 3)
    0.15
    """
    if capital <= capital_before:
        raise ValueError(f"capital must have grown, not gone from {capital_before} to {capital}: nothing was added that could earn")
    return (profit - profit_before) * (1 - tax) / (capital - capital_before)


def returns(profit: pd.DataFrame, capital: pd.DataFrame, quarters: int) -> pd.DataFrame:
    """Return, company by company, the change of a trailing year's profit per dollar by which capital grew over some quarters, before tax.

    `profit` holds trailing sums, `capital` the stock at the ends of the same quarters, named alike. Quarters over which capital did not grow are
    left out.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> profit = measures.trailing(book.quarters("operating_income", companies=["msft"]))
    >>> capital = measures.at_quarter_ends(book.observations("property_and_equipment", companies=["msft"]), profit)
    >>> returns(profit, capital, 8).unit.iloc[-1]
    'USD bn per USD bn'
    """
    grown = measures.change(capital, quarters)
    return measures.ratio(measures.change(profit, quarters), grown[grown.value > 0])
