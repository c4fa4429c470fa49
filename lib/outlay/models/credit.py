"""Credit: what firms owe over what they earn, who carries the debt, what a price of insurance implies, and what a fall of shares would cost.

Formulas take plain numbers, money in USD bn and shares as shares; the verbs below them take frames of the ledger.
"""

import math
from collections.abc import Sequence

import pandas as pd

from outlay import ledger, measures, units

STARGATE = "stargate-2025"  # the sites announced under one name, most of them rented by Oracle for OpenAI


def default_probability(spread: float, years: float, recovery: float) -> float:
    """Return the chance of default within so many years that a credit default swap implies: 1 - exp(-s T / (1 - R)).

    `spread` is in hundredths of a per cent a year, `recovery` the share that lenders get back. The credit triangle (Hull, *Options, Futures and Other
    Derivatives*, chapter on credit risk): the rate of default is the spread over the loss. It is a price, with the reward for bearing the risk in
    it, and so lies above the frequency of defaults. At 100, 40 per cent recovered, five years: 8.0 per cent.

    >>> round(default_probability(100, 5, 0.4), 3)
    0.08
    """
    if spread < 0 or years < 0 or not 0 <= recovery < 1:
        raise ValueError(f"a spread and its years are not negative and a recovery lies from 0 to below 1, not {spread}, {years} and {recovery}")
    return -math.expm1(-spread / 10_000 * years / (1 - recovery))


def price_fall(fall_in_worth: float, equity_share: float) -> float:
    """Return by which share prices must fall for wealth to fall by a share, if only shares fall: the fall over the share of wealth held in shares.

    Eight per cent of wealth, 21 of it in shares (The Economist, November 2025): 38 per cent.

    >>> round(price_fall(0.08, 0.21), 2)
    0.38
    """
    if not 0 < equity_share <= 1:
        raise ValueError(f"the share of wealth held in shares lies above 0 and up to 1, not {equity_share}")
    return fall_in_worth / equity_share


def lost_spending(equities: float, fall: float, propensity: float, product: float) -> float:
    """Return the spending that a fall of share prices costs, as a share of yearly product: E f c / Y.

    `equities` and `product` are in one unit, `propensity` is spending forgone for each dollar of wealth lost. Forty-two trillion, a fall of 38.1
    per cent and 3.2 cents at a product of 31 trillion come to the 1.6 per cent (1.65) that The Economist printed in November 2025.

    >>> round(lost_spending(42, 0.08 / 0.21, 0.032, 31), 4)
    0.0165
    """
    if product <= 0:
        raise ValueError(f"yearly product is positive, not {product}")
    return equities * fall * propensity / product


def implied_propensity(equities: float, fall: float, lost: float, product: float) -> float:
    """Return the spending forgone for each dollar of wealth lost that makes a published fall of spending right: l Y / (E f).

    >>> round(implied_propensity(42, 0.08 / 0.21, 0.016, 31), 3)
    0.031
    """
    if equities * fall <= 0:
        raise ValueError("without wealth lost no spending follows from it")
    return lost * product / (equities * fall)


def spending_table(equities: float, product: float, falls: Sequence[float], propensities: Sequence[float]) -> pd.DataFrame:
    """Return `lost_spending` in per cent, a row a propensity (in cents) and a column a fall of prices (in per cent), both ascending.

    >>> spending_table(42, 31, [0.2, 0.1], [0.03]).round(2).to_dict("index")
    {'3.0': {'10%': 0.41, '20%': 0.81}}
    """
    rows = {
        f"{100 * each:.1f}": {units.percent(fall): 100 * lost_spending(equities, fall, each, product) for fall in sorted(falls)}
        for each in propensities
    }
    return pd.DataFrame({cents: rows[cents] for cents in sorted(rows, key=float)}).T


def twelve_months(book: ledger.Book, metric: str, companies: Sequence[str]) -> pd.DataFrame:
    """Return a flow over twelve months at every quarter's end for which documents allow it, in the columns of every frame.

    Four quarters added up; where one of them is missing, a year that a document printed; else the last printed year, and the months since less the
    same months of the year before.

    >>> frame = twelve_months(ledger.open(), "operating_cash_flow", ["orcl"])
    >>> float(frame.set_index("period").value["2026Q2"])
    31.977
    """
    quarters = book.quarters(metric, companies=companies)
    out, printed = [measures.trailing(quarters)], book.observations(metric, companies=companies)
    days = (printed.period_end - printed.period_start).dt.days
    years, parts = printed[days.between(360, 372)], printed[days < 300]
    known = {(row.company, row.period_end) for row in out[0].itertuples()}
    for at, year in years.iterrows():
        if (year.company, year.period_end) not in known:
            out.append(years.loc[[at]])
            known.add((year.company, year.period_end))
        for _, part in parts[(parts.company == year.company) & (parts.period_start == year.period_end + pd.Timedelta(days=1))].iterrows():
            ago = part.period_start - pd.DateOffset(years=1), part.period_end - pd.DateOffset(years=1)
            same = parts[
                (parts.company == year.company) & (abs(parts.period_start - ago[0]).dt.days < 8) & (abs(parts.period_end - ago[1]).dt.days < 8)
            ]
            if len(same) and (year.company, part.period_end) not in known:
                made = measures.computed(
                    lambda whole, before, since: whole - before + since, year, same.iloc[0], part, label=year.company, unit=year.unit, kind="flow"
                )
                out.append(made.assign(metric=year.metric, period_start=year.period_start + (part.period_end - year.period_end)))
                known.add((year.company, part.period_end))
    frame = pd.concat([part for part in out if len(part)], ignore_index=True) if known else out[0]
    frame["period"] = _calendar(frame)
    return frame.drop_duplicates(["company", "period"]).sort_values(["company", "period_end"], ignore_index=True)[[*ledger.COLUMNS, *ledger.MARKS]]


def _calendar(frame: pd.DataFrame) -> pd.Series:
    """Name the calendar quarter that the last three months of each row overlap most."""
    middle = pd.to_datetime(frame.period_end) - pd.Timedelta(days=45)
    return middle.dt.year.astype(str) + "Q" + middle.dt.quarter.astype(str)


def cash_earnings(book: ledger.Book, companies: Sequence[str]) -> pd.DataFrame:
    """Return operating income with depreciation put back, over twelve months, where both are known: one row a firm and quarter.

    Amortization is left out, because firms print it with what they bought.

    >>> cash_earnings(ledger.open(), ["orcl"]).metric.unique().tolist()
    ['operating_income + depreciation']
    """
    income, charge = (twelve_months(book, metric, companies) for metric in ("operating_income", "depreciation"))
    rows = []
    for company in companies:
        own, worn = income[income.company == company], charge[charge.company == company]
        both = set(own.period) & set(worn.period)
        pair = pd.concat([own[own.period.isin(both)].assign(company="income"), worn[worn.period.isin(both)].assign(company="worn")])
        rows += [measures.total(pair, company)] if both else []
    return pd.concat(rows, ignore_index=True) if rows else income.head(0)


def long_term_debt(book: ledger.Book, companies: Sequence[str]) -> pd.DataFrame:
    """Return long-term debt at the ends of quarters, one row a firm and quarter; some firms print one line that holds finance leases too.

    What falls due within a year is not in it: few firms print that part on a line of its own throughout.

    >>> float(long_term_debt(ledger.open(), ["orcl"]).set_index("period").value["2026Q2"])
    122.342
    """
    found = book.observations(["long_term_debt", "long_term_debt_with_leases"], companies=companies)
    found, chosen = found.assign(period=_calendar(found)), [found.head(0)]
    for _, own in found.groupby("company"):
        # a firm's line is that which changes its definition least often
        either = [own.sort_values(["period_end", "metric"], ascending=[True, plain]).drop_duplicates("period") for plain in (True, False)]
        chosen.append(min(either, key=lambda rows: (rows.metric != rows.metric.shift()).sum()))
    return pd.concat(chosen, ignore_index=True)


def within(deals: pd.DataFrame, outer: str) -> pd.DataFrame:
    """Return the deals of a frame that are part of another one, at any remove.

    >>> loans = within(ledger.open().deals(), STARGATE)
    >>> "lenders-vantage-debt-2025" in set(loans.deal)
    True
    """
    inside = {inner for inner, holder in measures.contained(deals) if holder == outer}
    return deals[deals.deal.isin(inside)].reset_index(drop=True)


BUILDERS = (
    "blue_owl",
    "coreweave",
    "crusoe",
    "hyperion",
    "related_digital",
    "sb_energy",
    "stargate",
    "valor",
    "vantage",
)  # they build or own what others use


def elsewhere(deals: pd.DataFrame) -> pd.DataFrame:
    """Return what builders and vehicles borrow and what users owe them in leases and guarantees, deals with an amount, the largest first.

    Money for capacity, not for the general purposes of a firm. Deals in talk and cancelled ones are left out. Debt, leases and guarantees of one site
    overlap: a lease repays the debt, and a guarantee stands behind the lease.

    >>> elsewhere(ledger.open(as_of="2026-01-01").deals()).deal.iloc[0]
    'orcl-landlords-leases'
    """
    lent = deals.instrument.eq("debt") & deals["to"].isin(BUILDERS)
    owed = deals.instrument.isin(["lease", "guarantee"]) & deals.unit.eq("USD bn")
    found = deals[(lent | owed) & deals.value.notna() & deals.firmness.isin(["firm", "conditional"])]
    return found.sort_values(["value", "deal"], ascending=[False, True], ignore_index=True)


def described(row: pd.Series, names: dict[str, str]) -> str:
    """Write who carries a deal for which site, in the words of a row of a chart.

    >>> row = elsewhere(ledger.open(as_of="2026-01-01").deals()).iloc[0]
    >>> described(row, {"orcl": "Oracle", "landlords": "Landlords"})
    'Leases of Oracle, not begun'
    """
    payer, taker = names[row["from"]], names[row["to"]]
    if row["from"] in BUILDERS:
        return f"Vehicle of {payer} for {taker}"
    if row.instrument == "lease":
        return f"Leases of {payer}, not begun" if row["to"] == "landlords" else f"Lease of {payer} from {taker}"
    return f"Guarantee of {payer} for {taker}" if row.instrument == "guarantee" else f"Loans to {taker}"


def published(book: ledger.Book, model: str) -> pd.DataFrame:
    """Return the figures of a published model, a row each named by `metric`, in the columns of every frame.

    >>> float(published(ledger.open(), "economist_wealth_2025").set_index("metric").value["fall_in_net_worth"])
    0.08
    """
    rows = book.models[book.models.model == model]
    plain = {"company": rows.model, "metric": rows["name"], "period": rows.period_end.dt.strftime("%Y-%m-%d").fillna("")}
    marks = {
        "stance": "forward",
        "how": "printed",
        "kind": "rate",
        "basis": "as_published",
        "stand_in": False,
        "recast": False,
        "bounds": "",
        "said_by": "",
        "scope": "",
    }
    ends = {"value": rows.number, "low": rows.lowest, "high": rows.highest, "unit": rows.plain, "period_start": pd.NaT}
    return rows.assign(**plain, **marks, **ends, facts=[(at,) for at in rows.index])[[*ledger.COLUMNS, *ledger.MARKS]].reset_index(drop=True)


def chain(book: ledger.Book) -> pd.DataFrame:
    """Return the chain from OpenAI's customers to lenders as far as it is known: a row an amount, with `payer`, `taker`, `words` and `firm`.

    Nothing adds up along it: a year's revenue, a contract of several years, leases of twenty and a balance of debt are four kinds of amount, and
    the words say which is which.

    >>> chain(ledger.open(as_of="2026-01-01")).taker.unique().tolist()
    ['OpenAI', 'Oracle', 'Landlords and builders', 'Lenders']
    """
    deals, links = book.deals(), []

    def link(rows: pd.DataFrame, payer: str, taker: str, words: str, firm: bool = True) -> None:
        if len(rows):
            links.append(
                rows.tail(1)[[*ledger.COLUMNS, *ledger.MARKS]].assign(
                    payer=payer, taker=taker, words=words.format(_as_said(rows.iloc[-1])), firm=firm
                )
            )

    paid = book.observations("revenue", companies=["openai"])
    paid = paid[paid.period.str.fullmatch(r"\d{4}")]
    owed = deals[(deals.deal == "openai-orcl-services") & deals.value.notna()]
    if owed.empty:
        return paid.head(0).assign(payer="", taker="", words="", firm=True)
    over = f" over {units.cardinal(int(owed.term_years.iloc[0]))} years" if owed.term_years.notna().all() else ""
    link(paid.assign(company="customers"), "Customers", "OpenAI", f"paid {{}} in {paid.period.iloc[-1] if len(paid) else ''}")
    link(owed.assign(company="openai"), "OpenAI", "Oracle", f"is to pay {{}}{over}, {owed.firmness.iloc[0].replace('_', ' ')}")
    leases = deals[(deals.deal == "orcl-landlords-leases") & deals.value.notna()]
    link(leases.assign(company="orcl"), "Oracle", "Landlords and builders", f"is to pay {{}} in leases not begun ({_month(leases)})")
    loans = within(deals, STARGATE)
    loans = loans[loans.instrument.eq("debt") & loans.value.notna()]
    for firmness, words in (("firm", "owe {} of loans for Stargate sites"), ("conditional", "and {} more, conditional when last reported")):
        some = loans[loans.firmness == firmness]
        if len(some) and len(leases):
            total = measures.commitments(some.assign(stance=some.stance.max()), "Builders")
            link(total, "Landlords and builders", "Lenders", words, firmness == "firm")
    borrowed = long_term_debt(book, ["orcl"])
    link(borrowed, "Oracle", "Lenders", f"owes {{}} of long-term debt ({_month(borrowed)})")
    return pd.concat(links, ignore_index=True)


def _as_said(row: pd.Series) -> str:
    return {"\u2248": "about ", "\u2265": "more than ", "\u2264": "at most "}.get(row.relation, "") + units.money(row.value)


def _month(rows: pd.DataFrame) -> str:
    return f"{rows.period_end.iloc[-1]:%B %Y}" if len(rows) else ""
