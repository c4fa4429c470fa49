"""Spending: capital spending beside cash, other costs, depreciation, leases and chips. Money in USD bn, counts in millions."""

from collections.abc import Iterable

import pandas as pd

from outlay import ledger, measures

LIMITS = (0.5, 0.75, 1.0)  # shares of the cash from operations that are worth a date


def left_over(cash: float, capex: float) -> float:
    """Return what capital spending leaves of the cash from operations: free cash flow, before leases, buy-backs and dividends.

    The difference of two lines of the cash-flow statement. Alphabet's quarter to June 2026: 39.069 less 44.924, its first below zero.

    >>> round(left_over(39.069, 44.924), 3)
    -5.855
    """
    return cash - capex


def other_costs(revenue: float, operating_income: float, depreciation: float) -> float:
    """Return the costs other than depreciation as a share of revenue: (revenue - operating income - depreciation) / revenue.

    Costs and expenses are revenue less operating income. Meta's 2023: revenue 134.902, of it 46.751 left, depreciation 11.178; its release prints
    costs and expenses of 88.151.

    >>> round(other_costs(134.902, 46.751, 11.178), 3)
    0.571
    """
    if revenue <= 0:
        raise ValueError(f"costs are a share of a positive revenue, not of {revenue}")
    return (revenue - operating_income - depreciation) / revenue


def leased(total: float, cash: float) -> float:
    """Return the share of a total that no cash was paid for in the period: leases, and what was received and not yet paid.

    Microsoft's quarter to June 2024, as Tencent Technology told it (5 August 2024): 13.9 in cash of 19.0 in all.

    >>> round(leased(19.0, 13.9), 2)
    0.27
    """
    if total <= 0:
        raise ValueError(f"a share is of a positive total, not of {total}")
    return 1 - cash / total


def lease_growth(total: float, cash: float, total_before: float, cash_growth: float) -> float:
    """Return by how much the part that is not cash grew, where of the year before only the total and the growth of cash are known.

    The cash of the year before is cash / (1 + growth); what is left of its total are the leases. From the same text: 19.0 after 10.7, cash of 13.9
    up 55%. The leases tripled.

    >>> round(lease_growth(19.0, 13.9, 10.7, 0.55), 2)
    1.94
    """
    before = total_before - cash / (1 + cash_growth)
    if before <= 0:
        raise ValueError("the year before held nothing but cash: leases had nothing to grow from")
    return (total - cash) / before - 1


def unit_price(value: float, count: float) -> float:
    """Return the price of one chip in USD: a sum (USD bn) over a number of chips (millions).

    Musk, 26 January 2024: 500 million USD are "only equivalent to a 10k H100 system".

    >>> round(unit_price(0.5, 0.01))
    50000
    """
    if count <= 0:
        raise ValueError(f"a price needs a number of chips, not {count}")
    return value * 1000 / count


def fiscal_years(book: ledger.Book, family: str, companies: Iterable[str] | None = None, since: str | None = None) -> pd.DataFrame:
    """Return the figures of whole fiscal years as documents printed them, named by the year in which they end, a row a company and year.

    >>> float(fiscal_years(ledger.open(), "capex", ["msft"]).set_index("period").value["FY2024"])
    44.477
    """
    frame = book.observations(family, companies=companies, since=since)
    days = (frame.period_end - frame.period_start).dt.days
    last = frame.company.map(book.last_month())
    whole = frame[days.between(350, 375) & (frame.period_end.dt.month.sub(last).mod(12).isin([0, 1, 11]))]
    # a year of 53 weeks may end in the month after; it is named by the month it should have ended in
    named = whole.assign(period="FY" + (whole.period_end - pd.Timedelta(days=15)).dt.year.astype(str))
    return named.drop_duplicates(["company", "period"], keep="last").reset_index(drop=True)


def newest(frame: pd.DataFrame, days: int = 190) -> pd.DataFrame:
    """Return each company's newest row, largest first, without those that end so many days before the newest of all.

    >>> newest(ledger.open(as_of="2025-11-15").quarters("capex", companies=["msft", "meta"])).period.tolist()
    ['2025Q3', '2025Q3']
    """
    last = frame.sort_values("period_end").groupby("company", sort=False).tail(1)
    fresh = last[last.period_end >= last.period_end.max() - pd.Timedelta(days=days)] if len(last) else last
    return fresh.sort_values("value", ascending=False, ignore_index=True)


def crossings(ratios: pd.DataFrame, limits: Iterable[float] = LIMITS) -> pd.DataFrame:
    """Return when each company's ratio first rose above each limit, and since when it has stayed above without a break.

    A row a company and limit that was ever crossed: `first` and `since` are periods (`since` empty where the newest is not above), `facts` those of
    the newest row and of both. A ratio to a negative amount counts as above every limit: there was no cash to take a share of. A missing period
    ends a stay.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> share = measures.ratio(*(measures.trailing(book.quarters(name, companies=["orcl"])) for name in ("capex", "operating_cash_flow")))
    >>> crossings(share)[["limit", "first"]].values.tolist()[-1]
    [1.0, '2025Q2']
    """
    found = []
    for company, rows in ratios.sort_values("period_end").groupby("company", sort=False):
        rows = rows.reset_index(drop=True)
        step = rows.period_end.diff().dt.days.gt(110)
        for limit in limits:
            above = (rows.value > limit) | (rows.value < 0)
            if not above.any():
                continue
            first, last = rows.loc[above.idxmax()], rows.iloc[-1]
            stay = (~above | step).cumsum()
            start = rows[above & stay.eq(stay.iloc[-1])].head(1) if above.iloc[-1] else rows.head(0)
            behind = {*first.facts, *last.facts, *(fact for facts in start.facts for fact in facts)}
            found.append(
                {
                    "company": company,
                    "limit": limit,
                    "first": first.period,
                    "since": start.period.item() if len(start) else "",
                    "value": last.value,
                    "facts": tuple(sorted(behind)),
                }
            )
    return pd.DataFrame(found, columns=["company", "limit", "first", "since", "value", "facts"])


def added_up(parts: pd.DataFrame, whole: str) -> pd.DataFrame:
    """Return stocks of one metric, `whole`, adding up the parts where a document printed these instead.

    Takes observations of `whole` and its parts; a date for which only some of the parts of a document are known gives nothing.

    >>> rows = added_up(ledger.open().observations("lease_commitments", companies=["msft"]), "leases_not_begun")
    >>> float(rows.set_index("period").value["2024-06-30"])
    117.0
    """
    printed = parts[parts.metric == whole]
    apart = parts[(parts.metric != whole) & ~parts.set_index(["company", "period"]).index.isin(printed.set_index(["company", "period"]).index)]
    sums = []
    for company, rows in apart.groupby("company", sort=False):
        sums.append(measures.total(rows.assign(company=rows.metric), company).assign(metric=whole))
    return pd.concat([printed, *sums], ignore_index=True).sort_values(["company", "period_end"], ignore_index=True)


def prices(sums: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the implied price of a chip in USD, a row for each sum and number that one document names for one date, oldest first.

    Takes commitments (figures or deals) and counts; `company` and `metric` are those of the count. A sum without a number gives no price, and a
    number without a sum none either.

    >>> book = ledger.open(as_of="2024-08-15")
    >>> prices(book.versions("chip_sum"), book.versions("chip_orders").query("kind == 'count'")).value.tolist()
    [50000.0, 50000.0]
    """
    rows = []
    for count in counts.sort_values(["period_end", "company"]).iloc:
        near = sums[(sums.period_end == count.period_end) & sums.value.notna()]
        for row in near[[bool(_documents(facts) & _documents(count.facts)) for facts in near.facts]].iloc:
            rows.append(measures.computed(unit_price, row, count, label=count.company, unit="USD").assign(metric=count.metric))
    return pd.concat(rows, ignore_index=True) if rows else counts[[*ledger.COLUMNS, *ledger.MARKS]].head(0)


def before(frame: pd.DataFrame, years: int) -> pd.DataFrame:
    """Return each company's row of so many fiscal years before its newest one, of what `fiscal_years` returns; companies without one are left out.

    >>> capex = fiscal_years(ledger.open(as_of="2025-11-15"), "capex", ["msft"])
    >>> before(capex, 3).period.tolist()
    ['FY2022']
    """
    number = frame.period.str.removeprefix("FY").astype(int)
    return frame[number == number.groupby(frame.company).transform("max") - years].reset_index(drop=True)


def _documents(facts: Iterable[int]) -> set[str]:
    return {name.rpartition("@")[2].partition("#")[0] for name in ledger.names(facts)}
