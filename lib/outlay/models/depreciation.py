"""Depreciation: what a useful life does to profit and to book value, straight line, on what was really spent quarter by quarter.

Amounts are in whatever unit is put in. A life is in years and need not be whole. Property is charged from the quarter after it was paid for: the
first quarter of a vintage is its payment, not its use.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from outlay import ledger, measures


def annual(cost: float, life: float) -> float:
    """Return the yearly charge of straight-line depreciation without a scrap value: cost / life.

    >>> annual(100, 5), annual(100, 2.5)
    (20.0, 40.0)
    """
    if life <= 0:
        raise ValueError(f"a life is longer than nothing, not {life} years")
    return cost / life


def charged(life: float, quarters: int) -> float:
    """Return the share of a vintage's cost that has been charged so many quarters after it was paid for.

    >>> charged(5, 8), charged(5, 40)
    (0.4, 1.0)
    """
    return min(1.0, max(quarters, 0) * annual(1, life) / 4)


def charges(spent: Sequence[float], life: float) -> list[float]:
    """Return each quarter's depreciation of what was spent up to the quarter before; what was spent before the first quarter is not in it.

    >>> charges([40, 0, 0], 1)
    [0.0, 10.0, 10.0]
    """
    shares = np.diff([charged(life, quarters) for quarters in range(len(spent))], prepend=0.0)
    return np.convolve(spent, shares)[: len(spent)].tolist()


def book_value(spent: Sequence[float], life: float) -> float:
    """Return what is left in the books after the last quarter, of what was spent quarter by quarter.

    >>> book_value([100, 0, 0, 0, 0], 5)
    80.0
    """
    return sum(cost * (1 - charged(life, len(spent) - 1 - paid)) for paid, cost in enumerate(spent))


def write_down(spent: Sequence[float], booked: float, real: float) -> float:
    """Return what leaves the books at once if property booked over one life turns out to last another: a change of estimate made up for in one day.

    A case from the debate, 100 spent two years ago, booked over 5.5 years and good for 2.5: 64 in the books, 20 left, 44 to be written down.
    Accounting rules would spread a mere change of life over what remains (ASC 250-10-45-17); an impairment comes at once (ASC 360-10-35).

    >>> round(write_down([100, *[0] * 8], 5.5, 2.5), 1)
    43.6
    """
    return book_value(spent, booked) - book_value(spent, real)


def effect_of_change(spent: Sequence[float], old: float, new: float) -> float:
    """Return by how much the charge of the four quarters after the last one changes if the life of what is held is set from old to new on that day.

    A change of estimate is prospective: what is left in the books is spread over what is left of the new life (ASC 250-10-45-17); what has outlived
    it is charged at once. What is spent later is not in it, as firms say in their own statements of the effect.

    >>> round(effect_of_change([100, *[0] * 8], 4, 6), 1)
    -12.5
    """
    change = 0.0
    for paid, cost in enumerate(spent):
        age = len(spent) - 1 - paid
        left, remaining = cost * (1 - charged(old, age)), 4 * new - age
        then = left * (min(4.0, remaining) / remaining if remaining > 0 else 1.0)
        change += then - cost * (charged(old, age + 4) - charged(old, age))
    return change


def residual(weights: Sequence[float], lives: Sequence[float], age: float) -> float:
    """Return the share of cost still in the books at an age, for a mix of classes with lives of their own: sum of w (1 - age / L), none below zero.

    Sixty per cent of chips that last three years, 25 of buildings (25), 15 of power (30): 32.5 per cent is left after five years.

    >>> round(residual([0.60, 0.25, 0.15], [3, 25, 30], 5), 3)
    0.325
    """
    if abs(sum(weights) - 1) > 1e-9:
        raise ValueError(f"the weights of a mix add up to one, not to {sum(weights):g}")
    return sum(weight * (1 - charged(life, round(4 * age))) for weight, life in zip(weights, lives, strict=True))


def yearly_loss(lost: float, years: float) -> float:
    """Return the share of value lost a year if a share is lost in so many years at an even pace: 1 - (1 - lost)^(1 / years).

    Seventy per cent lost in three and a half years is 29 per cent a year.

    >>> round(yearly_loss(0.7, 3.5), 2)
    0.29
    """
    if not 0 <= lost < 1 or years <= 0:
        raise ValueError(f"a loss lies from 0 to below 1 and takes time, not {lost} in {years} years")
    return 1 - (1 - lost) ** (1 / years)


def booked(book: ledger.Book, companies: Sequence[str]) -> pd.DataFrame:
    """Return the life of servers that each firm last set for all or most of them, one row a firm; ranges in a table of property do not count.

    >>> booked(ledger.open(), ["googl", "orcl"]).value.tolist()
    [6.0, 6.0]
    """
    said = lives(book, companies)
    return said.drop_duplicates("company", keep="last").reset_index(drop=True)


def lives(book: ledger.Book, companies: Sequence[str], of: str = "useful_life_servers") -> pd.DataFrame:
    """Return every life of servers that firms set, a row a firm and a day from which it holds, with the life before it in `old`.

    Where a filing does not say the old life, it is the one set before; a hole if there is none. `of` names the metric: servers, or a part of them.

    >>> lives(ledger.open(), ["googl"])[["old", "value"]].values.tolist()
    [[3.0, 4.0], [4.0, 6.0]]
    >>> lives(ledger.open(), ["amzn"], "useful_life_server_subset")[["old", "value"]].values.tolist()
    [[6.0, 5.0]]
    """
    said = book.versions(of, companies=companies)
    key = ["company", "period_end"]
    point = said[said.bounds.ne("printed")]
    before = point[point.n > 1].drop_duplicates(key, keep="last").set_index(key).value
    now = point[point.n == 1].drop_duplicates(key, keep="last")
    former = now.groupby("company").value.shift()
    own = pd.Series([before.get(at, float("nan")) for at in zip(now.company, now.period_end, strict=True)], index=now.index, dtype=float)
    now = now.assign(old=own.fillna(former))
    changed = now.old.ne(now.value) & (now.old.notna() | now.value.ne(former))
    return now[changed][[*ledger.COLUMNS, *ledger.MARKS, "old"]].reset_index(drop=True)


def in_force(said: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Return the life in force at the end of each year, a row a firm and a column a year, from what `lives` returns.

    Before a firm's first change stands the life that it replaced, as far back as any firm's; a year before which nothing was said is a hole.

    >>> in_force(lives(ledger.open(), ["googl"]), pd.Timestamp("2023-12-31")).loc["googl"].tolist()
    [3.0, 4.0, 4.0, 6.0]
    """
    years = range(said.period_end.dt.year.min() - 1, until.year + 1)
    table = pd.DataFrame(float("nan"), index=said.company.unique(), columns=[str(year) for year in years])
    for company, own in said.groupby("company"):
        table.loc[company] = own.old.iloc[0]
        for row in own.itertuples():
            table.loc[company, [str(year) for year in years if year >= row.period_end.year]] = row.value
    return table


# what a filing says of the first year under a new life, and how much of it lowers the charge
_EFFECTS = {"depreciation_effect_of_life_change": -1, "operating_income_effect_of_life_change": 1, "operating_expense_effect_of_life_change": -1}


def effects(book: ledger.Book, companies: Sequence[str]) -> pd.DataFrame:
    """Return by how much a new life of servers lowered the charge of its whole first year, as the firm filed it: a row a change, USD bn.

    Beside the columns of every frame stand `old` and `new`, the lives in years, and `since`, the day of the change. What a firm said of parts of the
    year, or before it was over, is left out.

    >>> effects(ledger.open(), ["googl"]).value.tolist()
    [2.6, 3.9]
    """
    said = book.observations(list(_EFFECTS), companies=companies)
    rows = []
    for change in (row for _, row in lives(book, companies).iterrows() if pd.notna(row.old)):
        near = (said.company == change.company) & ((said.period_start - change.period_end).dt.days.abs() <= 10)
        year = said[near & ((said.period_end - said.period_start).dt.days.between(360, 371))].head(1)
        facts = [tuple(sorted({*ids, *change.facts})) for ids in year.facts]
        rows.append(year.assign(value=year.value * year.metric.map(_EFFECTS), facts=facts, old=change.old, new=change.value, since=change.period_end))
    return pd.concat(rows, ignore_index=True) if rows else said.head(0).assign(old=[], new=[], since=pd.NaT)


def implied_shares(book: ledger.Book, spent: pd.DataFrame) -> pd.DataFrame:
    """Return which share of a firm's spending must have been servers for its own statement on a life change to be right, a row a change.

    Filings say by how much a new life lowered the charge of its first year (`effects`). `effect_of_change` says what it would be were all that the
    firm had spent by then servers; the statement over that is the share. `old` and `new` are the lives. A change with a hole in the quarters behind
    it is left out. `spent` holds quarters of capital spending.

    >>> book = ledger.open()
    >>> bool(implied_shares(book, book.quarters("capex", companies=["googl"])).value.between(0.3, 0.4).all())
    True
    """
    filed = effects(book, sorted(spent.company.unique()))
    rows = []
    for change in (row for _, row in filed.iterrows()):
        own = spent[(spent.company == change.company) & (spent.period_end < change.since + pd.Timedelta(days=10))]
        needed = math.ceil(4 * change.old) + 4
        held = measures.cumulate(own.sort_values("period_end").tail(needed))
        if len(held) < needed:
            continue
        quarters = own.sort_values("period_end").tail(needed).value.tolist()
        whole = -effect_of_change(quarters, change.old, change.new)
        share = measures.computed(lambda effect, whole=whole: effect / whole, change, label=change.company, unit="share")
        facts = tuple(sorted({*change.facts, *held.facts.iloc[-1]}))
        rows.append(share.assign(facts=[facts], grade="assumed", old=change.old, new=change.new))
    return pd.concat(rows, ignore_index=True) if rows else filed.head(0).drop(columns="since")


def decay(years: Sequence[float], prices: Sequence[float]) -> float:
    """Return the yearly change of a price by least squares on its logarithm, as a share; refused with fewer than four prices or within half a year.

    Two prices make a line whatever they are; four over half a year are the least from which one can be told to bend.

    >>> round(decay([0, 1, 2, 3], [8, 4, 2, 1]), 2)
    -0.5
    """
    if len(years) < 4 or max(years) - min(years) < 0.5:
        raise ValueError(f"a decay needs four prices over half a year, not {len(years)}")
    middle, level = sum(years) / len(years), sum(math.log(price) for price in prices) / len(prices)
    slope = sum((year - middle) * (math.log(price) - level) for year, price in zip(years, prices, strict=True))
    return math.expm1(slope / sum((year - middle) ** 2 for year in years))


def more_charged(spent: Sequence[float], booked: float, real: float) -> float:
    """Return by how much the charges of the last four quarters would be higher, had what was spent been booked over the real life from the start.

    >>> round(more_charged([100, *[0] * 4], 6, 3), 1)
    16.7
    """
    return sum(charges(spent, real)[-4:]) - sum(charges(spent, booked)[-4:])


def fleet(spent: pd.DataFrame, life: dict[str, float], shares: pd.DataFrame, *, reach: float = 8) -> pd.DataFrame:
    """Return what each firm spent in its last `reach` years and five quarters, with the life it books and the share that is servers: one row a firm.

    `spent` holds quarters of capital spending, `life` years by firm, `shares` what `implied_shares` returns: a firm's newest share is the value,
    its lowest and highest the range. Beside the columns of every frame stand `paid` (the quarters, oldest first), `booked`, `share`, `least` and
    `most`. A firm without a share, or with a hole among the quarters, is left out.

    >>> book = ledger.open()
    >>> spent = book.quarters("capex", companies=["googl"])
    >>> len(fleet(spent, {"googl": 6}, implied_shares(book, spent)).paid.iloc[0])
    37
    """
    rows, needed = [], math.ceil(4 * reach) + 5
    for company, own in spent.sort_values("period_end").groupby("company"):
        share, held = shares[shares.company == company], own.tail(needed)
        window = measures.cumulate(held)
        if share.empty or company not in life or len(window) < needed:
            continue
        facts = tuple(sorted({*window.facts.iloc[-1], *(id for ids in share.facts for id in ids)}))
        part = {"booked": life[company], "share": share.value.iloc[-1], "least": share.value.min(), "most": share.value.max()}
        rows.append(held.tail(1).assign(paid=[tuple(held.value)], facts=[facts], **part))
    return pd.concat(rows, ignore_index=True) if rows else spent.head(0).assign(paid=[], booked=[], share=[], least=[], most=[])


def worked(held: pd.DataFrame, work: Callable[[Sequence[float], float], float], label: str) -> pd.DataFrame:
    """Work a verb of this module on each firm's servers: one row a firm, in the columns of every frame, with the range of its shares.

    `held` is what `fleet` returns; `work` takes the quarters, oldest first, and the life that the firm books. No life worked with may reach back
    further than the fleet.

    >>> book = ledger.open()
    >>> spent = book.quarters("capex", companies=["googl"])
    >>> held = fleet(spent, {"googl": 6}, implied_shares(book, spent))
    >>> bool(worked(held, lambda paid, booked: more_charged(paid, booked, 3), "more").value.iloc[0] > 0)
    True
    """
    whole = [work(row.paid, row.booked) for row in held.itertuples()]
    ends = [sorted((row.least * all_of_it, row.most * all_of_it)) for row, all_of_it in zip(held.itertuples(), whole, strict=True)]
    told = {"metric": label, "value": [share * all_of_it for share, all_of_it in zip(held.share, whole, strict=True)], "bounds": "computed"}
    out = held.assign(**told, low=[low for low, _ in ends], high=[high for _, high in ends], grade="assumed", how="derived")
    return out.drop(columns=["paid", "booked", "share", "least", "most"])
