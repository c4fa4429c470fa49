"""The circle: who finances whom, how much of the money comes back to where it started, and what is left without it.

Deals become edges of a graph, in USD bn a year where documents let a yearly amount be computed. What no document dates has bounds: at least nothing
and at most all of it within one year.
"""

import itertools
import math
from collections.abc import Collection, Iterable

import pandas as pd

from outlay import ledger, units

MONEY = ("equity", "debt", "services", "chips", "lease")  # instruments that move cash; a warrant moves shares, a guarantee nothing until it is called
PROMISES = ("firm", "conditional", "letter_of_intent")  # what counts; talks are no deal, and what is cancelled moves nothing
_ONCE = ("equity", "debt")  # money that flows once: its term, if any, is not one of payments
_YEAR = pd.Timedelta(days=365)


def innermost(deals: pd.DataFrame) -> pd.DataFrame:
    """Return deals of which none contains another, the parts standing for what contains them.

    Takes what `Book.deals` returns. A deal between the same two parties as its parts stays, and the parts go, where these do not add up to it; a
    deal that gathers parts between other parties goes. Talks and cancelled deals are parts of nothing.

    >>> book = ledger.open()
    >>> set(innermost(book.deals()).deal) < set(book.deals().deal)
    True
    """
    alive = deals[deals.firmness.isin(PROMISES)]
    drop = set()
    for outer in alive.itertuples():
        parts = alive[alive.part_of == outer.deal]
        if parts.empty:
            continue
        same = ((parts["from"] == alive.at[outer.Index, "from"]) & (parts["to"] == alive.at[outer.Index, "to"])).all()
        whole = parts.value.notna().all() and abs(parts.value.sum() - outer.value) < 0.005 * max(outer.value, 1) if pd.notna(outer.value) else True
        drop |= set(parts.deal) if same and not whole else {outer.deal}
    return deals[~deals.deal.isin(drop)].reset_index(drop=True)


def flows(deals: pd.DataFrame, date: str | pd.Timestamp, paid: dict[str, pd.Series] | None = None) -> pd.DataFrame:
    """Return deals as flows in USD bn a year, a row a deal, in `COLUMNS`, `MARKS` and `TERMS` with `way`, `whole` and `money` added.

    Takes what `Book.deals` returns, and the date for which they stand. `whole` is the deal's amount; `value` the amount of a year, known where the
    document prints over how many years it runs (`way` is term) or where all of it flowed within the year before the date (once); money that flowed
    earlier is no longer in the frame, nor are talks. Elsewhere `value` is a hole, `low` zero and `high` all of the amount (open), or a hole if
    nobody printed one. `money` says whether cash moves. Cancelled deals stay, with nothing. `paid` holds, by deal, the row of what had been paid
    of it, which is taken off (`scope` is left).

    >>> book = ledger.open(as_of="2025-10-13")
    >>> row = flows(book.deals(), "2025-10-13").set_index("deal").loc["openai-orcl-services"]
    >>> float(row.value), float(row.whole), row.way
    (60.0, 300.0, 'term')
    """
    date = pd.Timestamp(date)
    rows = innermost(deals[deals.firmness != "talks"])
    ended = rows.ends.notna() & (rows.ends < date)
    gone = rows.stance.eq("actual") & rows.instrument.isin(_ONCE) & (rows.period_end <= date - _YEAR)
    rows = rows[~ended & ~gone & (rows.unit == "USD bn")].reset_index(drop=True)
    for deal, row in (paid or {}).items():
        at = rows.index[rows.deal == deal]
        rows.loc[at, "value"] = units.settle((rows.loc[at, "value"] - row.value).clip(lower=0))
        rows.loc[at, ["low", "high"]] = float("nan")
        rows.loc[at, "scope"] = "left"
        for place in at:
            rows.at[place, "facts"] = tuple(sorted({*rows.at[place, "facts"], *row.facts}))
    until = (rows.ends - rows.starts.fillna(rows.period_end)) / pd.Timedelta(days=365.25)
    years = rows.term_years.fillna(until.where(until > 0)).mask(rows.instrument.isin(_ONCE))
    once = rows.stance.eq("actual") & rows.instrument.isin(_ONCE)
    cancelled = rows.firmness == "cancelled"
    rows["whole"] = rows.value
    rows["money"] = rows.instrument.isin(MONEY)
    rows["way"] = pd.Series("open", index=rows.index).mask(years.notna(), "term").mask(once, "once").mask(cancelled, "cancelled")
    rows.loc[rows.whole.isna() & (rows.way != "cancelled"), "way"] = "open"
    divided = years.where(rows.way == "term", 1.0)
    known = rows.way.isin(["term", "once"])
    most = rows[["value", "high"]].max(axis=1)
    rows["value"] = units.settle((rows.whole / divided).where(known))
    rows["low"] = units.settle((rows.low / divided).where(known, 0.0)).mask(cancelled)
    rows["high"] = units.settle((rows.high / divided).where(known, most)).mask(cancelled)
    rows["bounds"] = rows.bounds.where(known, "computed")
    rows["kind"], rows["metric"], rows["how"] = "flow", "yearly flow", "derived"
    return rows[[*ledger.COLUMNS, *ledger.MARKS, *ledger.TERMS, "note", "way", "whole", "money"]]


def known(book: ledger.Book) -> pd.DataFrame:
    """Return all deals of a book as flows for the day of its newest document, with what filings and reports say was really paid between two parties.

    That is what Microsoft has paid of its commitment to OpenAI, and what OpenAI pays Microsoft in a year, the newest figure of a whole year.

    >>> known(ledger.open(as_of="2024-08-05"))[["from", "to", "way"]].values.tolist()[-1]
    ['openai', 'msft', 'measured']
    """
    funded = book.observations("openai_funding_paid", companies=["msft"])
    frame = flows(book.deals(), book.sources.published.max(), {"msft-openai-equity": funded.iloc[-1]} if len(funded) else None)
    spent = [
        book.observations(metric, companies=[company], stance=stance)
        for metric, company in (("inference_spending_azure", "openai"), ("revenue_from_openai", "msft"))
        for stance in ("forward", "actual")
    ]
    year = pd.concat(spent, ignore_index=True)
    year = year[(year.period_end - year.period_start).dt.days.between(359, 371)].sort_values("period_end", kind="stable")
    return measured(frame, year.iloc[-1], "openai", "msft") if len(year) else frame


def measured(frame: pd.DataFrame, row: pd.Series, start: str, end: str) -> pd.DataFrame:
    """Return flows with a payment of a whole year added that was reported as such, not promised: `way` is measured.

    Where one stands, the contracts of the same two parties that print no term are counted only at most: how much of them it holds is not known.
    Refuses a figure of another span than a year.

    >>> book = ledger.open()
    >>> row = book.observations("revenue_from_openai", companies=["msft"]).iloc[-1]
    >>> int((measured(flows(book.deals(), "2026-11-01"), row, "openai", "msft").way == "measured").sum())
    1
    """
    if not 359 <= (days := (row.period_end - row.period_start).days) <= 371:
        raise ValueError(f"a yearly flow is made of a figure of a year, not of {days + 1} days")
    terms = {
        "deal": f"{row.metric} {row.period}",
        "from": start,
        "to": end,
        "instrument": "services",
        "status": "reported",
        "part_of": "",
        "note": "",
    }
    terms |= {"firmness": "firm" if row.stance == "actual" else "conditional", "capacity_gw": float("nan"), "term_years": float("nan")}
    terms |= {"starts": row.period_start, "ends": row.period_end, "way": "measured", "whole": row.value, "money": True, "company": end}
    return pd.concat([frame, pd.DataFrame([{**row[[*ledger.COLUMNS, *ledger.MARKS]], **terms}])[frame.columns]], ignore_index=True)


def cycles(pairs: Iterable[tuple[str, str]], longest: int = 3) -> list[tuple[str, ...]]:
    """Return the simple cycles of a directed graph of at most `longest` parties, each once, beginning with its first name.

    A complete graph of four has 6 of two parties, 8 of three and 6 of four: the number of k-cycles among n is n! / ((n - k)! k).

    >>> cycles([("a", "b"), ("b", "a"), ("b", "c"), ("c", "a")])
    [('a', 'b'), ('a', 'b', 'c')]
    """
    after: dict[str, set[str]] = {}
    for start, end in pairs:
        after.setdefault(start, set()).add(end)
    found = []

    def walk(road: tuple[str, ...]) -> None:
        for party in sorted(after.get(road[-1], ())):
            if party == road[0] and len(road) > 1:
                found.append(road)
            elif party > road[0] and party not in road and len(road) < longest:
                walk((*road, party))

    for first in sorted(after):
        walk((first,))
    return sorted(found, key=lambda road: (len(road), road))


def most_through(capacity: dict[tuple[str, str], float], source: str, sink: str) -> tuple[float, dict[tuple[str, str], float]]:
    """Return the most that can flow from a source to a sink, and how much runs over each edge.

    The maximum flow, found along shortest roads with room left (Edmonds and Karp, 1972). The network of Cormen, Leiserson, Rivest and Stein
    (*Introduction to Algorithms*, chapter on maximum flow) carries 23. An edge may be without limit (infinite); if a whole road is, the result is
    infinite.

    >>> most_through({("s", "a"): 3, ("a", "t"): 2, ("s", "t"): 1}, "s", "t")[0]
    3.0
    """
    left: dict[str, dict[str, float]] = {}
    for (start, end), room in capacity.items():
        left.setdefault(start, {})[end] = left.setdefault(start, {}).get(end, 0.0) + room
        left.setdefault(end, {}).setdefault(start, 0.0)
    total, used = 0.0, dict.fromkeys(capacity, 0.0)
    while road := _shortest(left, source, sink):
        steps = list(itertools.pairwise(road))
        room = min(left[start][end] for start, end in steps)
        if math.isinf(room):
            return math.inf, used
        total += room
        for start, end in steps:
            left[start][end] -= room
            left[end][start] += room
            undone = min(room, used.get((end, start), 0.0))  # flow that runs back is taken off first
            if undone:
                used[(end, start)] -= undone
            if room - undone:
                used[(start, end)] = used.get((start, end), 0.0) + room - undone
    return float(total), used


def _shortest(left: dict[str, dict[str, float]], source: str, sink: str) -> list[str]:
    roads, seen = [[source]], {source}
    for road in roads:
        for party, room in sorted(left.get(road[-1], {}).items()):
            if room > 1e-12 and party not in seen:
                if party == sink:
                    return [*road, party]
                seen.add(party)
                roads.append([*road, party])
    return []


def circulating(capacity: dict[tuple[str, str], float], hub: str, longest: int = 3) -> tuple[float, dict[tuple[str, str], float]]:
    """Return how much a year can leave a party and come back to it over at most `longest` parties, and how much of it runs over each edge.

    The throughput of one cycle is its narrowest edge. Cycles share edges, so their throughputs are no sum: this is the maximum flow from the hub
    back to itself over the edges of its short cycles. What runs over the edges enters and leaves every party alike: taken out, it nets to zero for
    each of them.

    >>> circulating({("nvda", "openai"): 20, ("openai", "orcl"): 60, ("orcl", "nvda"): 20}, "openai")[0]
    20.0
    """
    on = {pair for road in cycles(capacity, longest) if hub in road for pair in zip(road, (*road[1:], road[0]), strict=True)}
    split = {(start, "\0back" if end == hub else end): room for (start, end), room in capacity.items() if (start, end) in on}
    total, used = most_through(split, hub, "\0back")
    return total, {(start, hub if end == "\0back" else end): amount for (start, end), amount in used.items() if amount > 1e-12}


def returned(frame: pd.DataFrame, hub: str, spread: float = 5.0, longest: int = 3) -> pd.DataFrame:
    """Return what comes back to a party a year out of its own payments: one row in `COLUMNS` and `MARKS`, `low` and `high` its bounds.

    Takes `flows`. `low` counts firm flows of a known year alone, `high` all that is not cancelled, and of what has no term all within one year.
    `value` spreads amounts without a term over `spread` years, an assumption. An amount that nobody printed is counted in `high` alone, where it
    has no limit, so that the other edges of its cycle set it. A hole where nothing bounds it.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> row = returned(flows(book.deals(), "2025-10-13"), "openai").iloc[0]
    >>> bool(row.low <= row.value <= row.high)
    True
    """
    readings = {name: circulating(capacities(frame, name, spread), hub, longest)[0] for name in ("value", "low", "high")}
    return _row(hub, "returned", readings, circular(frame, hub, longest))


def due(frame: pd.DataFrame, hub: str, spread: float = 5.0) -> pd.DataFrame:
    """Return what a party pays or must pay a year for what it buys: one row in `COLUMNS` and `MARKS`, in the readings of `returned`.

    Money that it lends or puts into shares flows once and is not in it.
    `low` counts firm payments of a known year, `value` spreads amounts without a term over `spread` years, `high` takes all of them in one year.
    What has no printed amount is in none of them: it is a sum of what can be counted.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> due(flows(book.deals(), "2025-10-13"), "openai")[["low", "value"]].round(1).values.tolist()
    [[62.4, 64.5]]
    """
    bought = frame.money & ~frame.instrument.isin(_ONCE)
    rows = frame[bought & (frame["from"] == hub) & (frame.way != "cancelled") & (frame.whole.notna() | frame.value.notna())]
    sums = {
        name: sum(room for (start, _), room in capacities(rows, name, spread).items() if start == hub and math.isfinite(room))
        for name in ("value", "low", "high")
    }
    return _row(hub, "due", sums, rows)


def _row(hub: str, metric: str, readings: dict[str, float], rows: pd.DataFrame) -> pd.DataFrame:
    """Return three readings of flows as one row, with the facts of the flows."""
    row = {
        "company": hub,
        "metric": metric,
        "period": "",
        "period_start": pd.NaT,
        "period_end": rows.period_end.max() if len(rows) else pd.NaT,
        **{name: units.settle(amount) if math.isfinite(amount) else float("nan") for name, amount in readings.items()},
        "unit": "USD bn",
        "stance": "forward",
        "grade": "assumed" if rows.empty or (rows.way == "open").any() else max(rows.grade, key=ledger.GRADES.index),
        "how": "derived",
        "facts": tuple(sorted(set().union(*rows.facts))) if len(rows) else (),
        "relation": "≈",
        "kind": "flow",
        "basis": "",
        "stand_in": False,
        "recast": False,
        "bounds": "computed",
        "said_by": "",
        "scope": "",
    }
    return pd.DataFrame([row])[[*ledger.COLUMNS, *ledger.MARKS]]


def capacities(frame: pd.DataFrame, reading: str = "value", spread: float = 5.0) -> dict[tuple[str, str], float]:
    """Return how much cash a year each pair of parties can move: by `reading`, at least (low), assumed (value) or at most (high); see `returned`.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> capacities(flows(book.deals(), "2025-10-13"), "low")[("openai", "orcl")]
    60.0
    """
    rows = frame[frame.money & (frame.way != "cancelled")]
    if reading != "high":
        told = set(_pairs(rows[rows.way == "measured"]))
        kept = [way != "open" or pair not in told for way, pair in zip(rows.way, _pairs(rows), strict=True)]
        rows = rows[pd.Series(kept, index=rows.index, dtype=bool)]
    if reading == "low":
        rows = rows[(rows.firmness == "firm") & rows.value.notna()]
        amount = rows.low.where(rows.way == "term").fillna(rows.value)  # rival reports count, rounding does not
    elif reading == "high":
        amount = rows.high.fillna(rows.value).fillna(math.inf)
    else:
        amount = rows.value.fillna(rows.whole / spread).fillna(0.0)  # what nobody priced can be counted on neither side
    room: dict[tuple[str, str], float] = {}
    for pair, most in zip(_pairs(rows), amount, strict=True):
        room[pair] = room.get(pair, 0.0) + float(most)
    return room


def circular(frame: pd.DataFrame, hub: str | None = None, longest: int = 3, drawn: bool = False) -> pd.DataFrame:
    """Return the flows that lie on a cycle of at most `longest` parties, through `hub` if one is named.

    With `drawn`, warrants close a cycle too and cancelled deals between its parties are kept, for a picture; else only cash that may move.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> sorted(set(circular(flows(book.deals(), "2025-10-13"), "openai").instrument))
    ['chips', 'equity', 'services']
    """
    rows = frame[(frame.money | (frame.instrument == "warrant")) if drawn else (frame.money & (frame.way != "cancelled"))]
    alive = rows[rows.way != "cancelled"]
    roads = [road for road in cycles(_pairs(alive), longest) if hub is None or hub in road]
    on = {pair for road in roads for pair in zip(road, (*road[1:], road[0]), strict=True)}
    inside = {party for pair in on for party in pair}
    keep = [pair in on or (drawn and way == "cancelled" and set(pair) <= inside) for pair, way in zip(_pairs(rows), rows.way, strict=True)]
    return rows[pd.Series(keep, index=rows.index, dtype=bool)].reset_index(drop=True)


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["from"], rows["to"], strict=True))


def lines(frame: pd.DataFrame) -> pd.DataFrame:
    """Return flows gathered by payer, receiver, firmness and kind (money or warrant): the known amounts of a year added up in `year`, those
    without a term in `rest`.

    `least` and `most` are the bounds of `year` where rival reports differ, `gone` what was cancelled, `left` says that a part had been paid
    before. Deals that contain each other are not among flows, so that these are sums of different deals.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> both = lines(flows(book.deals(), "2025-10-13")).set_index(["from", "to"])
    >>> both.loc[("openai", "coreweave"), ["year", "rest"]].round(2).values.tolist()
    [2.38, 10.5]
    """
    rows = frame.assign(kind=frame.instrument.eq("warrant").map({True: "warrant", False: "money"}), rest=frame.whole.where(frame.way == "open"))
    rows["gone"] = rows.whole.where(rows.way == "cancelled")
    for bound, name in (("low", "least"), ("high", "most")):  # a range by rounding alone is not worth its letters
        rows[name] = rows[bound].where(rows.way == "term").fillna(rows.value).where(rows.value.notna())
    sums = {name: (source, _sum) for name, source in (("year", "value"), ("rest",) * 2, ("gone",) * 2, ("least",) * 2, ("most",) * 2)}
    groups = rows.groupby(["from", "to", "firmness", "kind"], sort=True)
    return groups.agg(**sums, left=("scope", lambda part: part.eq("left").any())).reset_index()


def _sum(part: pd.Series) -> float:
    return part.sum(min_count=1)


def roads(frame: pd.DataFrame, longest: int = 3) -> list[tuple[str, ...]]:
    """Return the circles of at most `longest` parties round which cash may go: see `cycles`.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> ("nvda", "openai", "orcl") in roads(flows(book.deals(), "2025-10-13"))
    True
    """
    rows = circular(frame, longest=longest)
    return cycles(_pairs(rows), longest)


def bill(frame: pd.DataFrame, hub: str, spread: float = 5.0) -> pd.DataFrame:
    """Return what a party owes a year, what of it could come back, and what is left without the circle: rows `due`, `returned` and `left` of
    `metric`.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> rows = bill(flows(book.deals(), "2025-10-13"), "openai").set_index("metric").value
    >>> bool(rows["left"] == round(rows["due"] - rows["returned"], 9))
    True
    """
    owed, back = due(frame, hub, spread), returned(frame, hub, spread)
    left = owed.assign(metric="left", value=units.settle(owed.value - back.value), facts=[tuple(sorted({*owed.facts[0], *back.facts[0]}))])
    hole = {"low": float("nan"), "high": float("nan"), "bounds": ""}
    return pd.concat(
        [owed.assign(**hole), back, left.assign(grade=max(owed.grade[0], back.grade[0], key=ledger.GRADES.index), **hole)], ignore_index=True
    )


def without(frame: pd.DataFrame, parties: Collection[str]) -> pd.DataFrame:
    """Return the flows that neither come from nor go to any of some parties: what is left of the graph without them.

    >>> book = ledger.open(as_of="2025-10-13")
    >>> "openai" in set(without(flows(book.deals(), "2025-10-13"), ["openai"])["from"])
    False
    """
    return frame[~frame["from"].isin(parties) & ~frame["to"].isin(parties)].reset_index(drop=True)
