"""Power: how many gigawatts are announced, each counted once, and when as many could be connected to a grid.

Capacity is in GW, waits in years. What a deal calls a gigawatt (of machines or of the site) is seldom said.
"""

from collections.abc import Iterable

import pandas as pd

from outlay import ledger, measures

PLACES, MACHINES = ("services", "lease", "buildout", "guarantee"), ("chips",)  # a warrant or a share buys no capacity of its own
LEVELS = {  # who counts, from strict to generous
    "firm": ("firm",),
    "firm and conditional": ("firm", "conditional"),
    "with letters of intent and talks": ("firm", "conditional", "letter_of_intent", "talks"),
}
ONE_SITE = {  # deals that name the same site as another without being part of it
    "orcl-crusoe-lease-abilene": "crusoe-abilene-financing",
    "orcl-nvda-chips-abilene": "crusoe-abilene-financing",
    "meta-hyperion-lease": "meta-hyperion-buildout",
    "openai-sb_energy-lease": "sb_energy-ports-buildout",
    "nvda-sb_energy-guarantee": "sb_energy-ports-buildout",
}
_USERS = {"meta-hyperion-buildout": "meta", "sb_energy-ports-buildout": "openai", "stargate-2025": "openai", "crusoe-abilene-financing": "openai"}


def counted(deals: pd.DataFrame, level: str, *, apart: bool = False) -> dict[str, tuple[float, tuple[int, ...]]]:
    """Return the gigawatts of each user, with the facts behind them, counted once, from deals as they stood on one date.

    A total counts for all that is part of it; a deal that is part of none counts for itself; deals on one site count once. Machines go into places:
    of a user's chips and of its sites and services only the larger sum counts, and a total that was said before its parts outgrew it gives way to
    them. `apart` adds chips and places up instead. Cancelled deals count for nothing, their parts for themselves.

    >>> deals = ledger.open(as_of="2025-10-20").deals()
    >>> counted(deals, "with letters of intent and talks")["openai"][0]
    26.0
    """
    told = deals[deals.instrument.isin([*PLACES, *MACHINES])].set_index("deal", drop=False)
    above = {**dict(zip(deals.deal, deals.part_of, strict=True)), **{deal: site for deal, site in ONE_SITE.items() if site in set(told.deal)}}
    below: dict[str, list[str]] = {}
    for deal in told.deal:
        below.setdefault(above.get(deal, ""), []).append(deal)

    def own(deal: str) -> float:
        row = told.loc[deal]
        return row.capacity_gw if row.firmness in LEVELS[level] and pd.notna(row.capacity_gw) else 0.0

    def size(deal: str) -> tuple[float, tuple[int, ...]]:
        site = [own(deal), *(own(other) for other in below.get(deal, []) if other in ONE_SITE)]
        within = [other for other in below.get(deal, []) if other not in ONE_SITE]
        inside, behind = together(within)
        best = max(site)
        if inside > best:
            return inside, behind
        at = [deal, *(other for other in below.get(deal, []) if other in ONE_SITE)][site.index(best)]
        return (best, tuple(told.loc[at].facts)) if best else (0.0, ())

    def together(group: Iterable[str]) -> tuple[float, tuple[int, ...]]:
        kinds = {True: [], False: []}
        for deal in group:
            kinds[told.loc[deal].instrument in MACHINES].append(size(deal))
        sums = [(sum(part[0] for part in parts), tuple(sorted({id for part in parts for id in part[1]}))) for parts in kinds.values()]
        return (sums[0][0] + sums[1][0], tuple(sorted({*sums[0][1], *sums[1][1]}))) if apart else max(sums)

    users: dict[str, list[str]] = {}
    for deal in below.get("", []) + [deal for holder, inner in below.items() if holder and holder not in told.index for deal in inner]:
        users.setdefault(_USERS.get(deal, told.loc[deal, "from"]), []).append(deal)
    sizes = {user: together(group) for user, group in users.items()}
    return {user: (float(size), facts) for user, (size, facts) in sizes.items() if size}


def standing(deals: pd.DataFrame, on: pd.Timestamp) -> pd.DataFrame:
    """Return the gigawatts that deals come to as they stood on a date, a row a level of `LEVELS`, in the columns of every frame.

    `value` counts each gigawatt once; `high` adds a user's chips to its sites, in case they are not the same.

    >>> standing(ledger.open(as_of="2025-10-20").deals(), pd.Timestamp("2025-10-20")).company.tolist()
    ['firm', 'firm and conditional', 'with letters of intent and talks']
    """
    rows = []
    for level in LEVELS:
        once, most = counted(deals, level), counted(deals, level, apart=True)
        facts = tuple(sorted({id for _, ids in once.values() for id in ids}))
        if facts:
            used = deals[[bool(set(ids) & set(facts)) for ids in deals.facts]]
            value, high = (sum(size for size, _ in parts.values()) for parts in (once, most))
            wide = high > value
            marks = {
                "period": f"{on:%Y-%m-%d}",
                "period_start": pd.NaT,
                "period_end": on,
                "unit": "GW",
                "stance": "forward",
                "how": "derived",
                "relation": "=",
            }
            weak = max(used.grade, key=ledger.GRADES.index)
            ends = {
                "value": value,
                "low": value if wide else float("nan"),
                "high": high if wide else float("nan"),
                "bounds": "computed" if wide else "",
            }
            plain = {"kind": "commitment", "basis": "counted once", "stand_in": False, "recast": False, "said_by": "", "scope": ""}
            rows.append({"company": level, "metric": "capacity announced", **marks, **ends, **plain, "grade": weak, "facts": facts})
    return pd.DataFrame(rows, columns=[*ledger.COLUMNS, *ledger.MARKS])


def announced(as_of: str) -> pd.DataFrame:
    """Return what `standing` says on every day on which a document told of capacity, up to a date (or to the newest document): a row a day and level.

    >>> frame = announced("2025-10-20")
    >>> float(frame[frame.company == "with letters of intent and talks"].value.max()) >= 26
    True
    """
    book = ledger.open(as_of=as_of)
    told = set(book.events.deal[book.events.capacity_gw.notna()])
    days = sorted(book.sources.published.reindex(book.events.source[book.events.deal.isin(told)]).dropna().unique())
    frames = [standing(ledger.open(as_of=f"{day:%Y-%m-%d}").deals(), day) for day in days]
    frame = pd.concat([rows for rows in frames if len(rows)], ignore_index=True) if any(map(len, frames)) else standing(book.deals().head(0), pd.NaT)
    before = frame.groupby("company").value.shift()
    return frame[frame.value.ne(before)].reset_index(drop=True)


def wait(book: ledger.Book) -> pd.DataFrame:
    """Return how long a connection to a grid takes, in years, from all figures known: the newest, with the shortest and longest said as its range.

    Empty where nobody had said.

    >>> wait(ledger.open())[["low", "high"]].values.tolist()
    [[3.0, 5.0]]
    """
    said = book.observations("interconnection_wait").sort_values("period_end")
    if said.empty:
        return said
    ends = pd.concat([said.value, said.low, said.high]).dropna()
    facts = tuple(sorted({id for ids in said.facts for id in ids}))
    return said.tail(1).assign(low=ends.min(), high=ends.max(), facts=[facts], bounds="printed", relation="=").reset_index(drop=True)


def connectable(frame: pd.DataFrame, on: pd.Timestamp, years: float) -> float:
    """Return how many gigawatts of a level could be connected on a day, if each was asked for on the day it was announced: the level `years` before.

    `frame` holds one level of what `announced` returns. Nothing is connected before its wait is over.

    >>> day = pd.Timestamp
    >>> frame = pd.DataFrame({"period_end": [day("2025-01-01"), day("2026-01-01")], "value": [4.0, 10.0]})
    >>> connectable(frame, day("2029-06-01"), 4), connectable(frame, day("2028-06-01"), 4)
    (4.0, 0.0)
    """
    past = frame[frame.period_end <= on - pd.Timedelta(days=365.25 * years)]
    return float(past.value.iloc[-1]) if len(past) else 0.0


def build_cost(capacity: pd.Series, cost: pd.Series) -> pd.DataFrame:
    """Return what a capacity costs at what somebody said a gigawatt does, with the range of that: one row in USD bn.

    Fifty-five gigawatts at 50 are the 2,750 behind the 2.8 trillion that Citi printed in September 2025.

    >>> size = standing(ledger.open(as_of="2025-10-20").deals(), pd.Timestamp("2025-10-20")).iloc[-1]
    >>> cost = ledger.open(as_of="2025-10-20").observations("cost_per_gigawatt", companies=["hyperscalers"]).iloc[-1]
    >>> float(build_cost(size, cost).value.item() / size.value)
    50.0
    """
    plain = capacity.copy()
    plain["low"] = plain["high"] = float("nan")
    plain["bounds"] = ""
    return measures.computed(
        lambda gigawatts, dollars: gigawatts * dollars, plain, cost, label=cost.company if "company" in cost else "cost", unit="USD bn", kind="stock"
    )
