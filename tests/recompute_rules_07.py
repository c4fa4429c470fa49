"""What each number of 07_the_circle is meant to be."""

import itertools
import math
from fractions import Fraction
from statistics import NormalDist

from recompute_ledger import date, mean
from recompute_rules import long_date, month, rule, spelled
from recompute_rules_02 import guided
from recompute_rules_06 import at_dates, goal, years

PROMISES = ("firm", "conditional", "letter_of_intent")
GRADES = ["filed", "stated", "press", "estimate"]
TIERS = ["primary", "secondary", "unlocated", "vendor"]
OCI = "oracle_cloud_infrastructure_revenue"
_N = NormalDist().cdf


def standing(ledger):
    """Every deal as it stands: its newest event, best print, with the newest amount, capacity and term that an event printed."""
    events = {}
    for raw in ledger.deals:
        events.setdefault(raw["deal"], []).append(raw)
    out = {}
    for deal, rows in events.items():
        def order(raw):
            half = 10 ** -len(raw["value"].partition(".")[2]) * (1000 if raw["unit"] == "USD tn" else 1)
            return raw["event_date"], -GRADES.index(raw["grade"]), -TIERS.index(ledger.sources[raw["source"]]["tier"]), -half

        rows = sorted(rows, key=order)
        state = dict(rows[-1])
        for field in ("value", "capacity_gw", "term_years", "starts", "ends"):
            last = next((raw for raw in reversed(rows) if raw[field] or (field == "value" and raw["low"] and raw["high"])), None)
            state[field] = last[field] if last else ""
            if field == "value" and last:
                last = last if last["value"] else last | {"value": (Fraction(last["low"]) + Fraction(last["high"])) / 2}
                scale = {"USD tn": 1000, "USD m": Fraction(1, 1000), "USD": Fraction(1, 10**9), "%": Fraction(1, 100)}.get(last["unit"], 1)
                state["value"], state["priced_by"] = Fraction(last["value"]) * scale, last["source"]
        out[deal] = state
    return out


def promised(ledger):
    """What OpenAI has promised for services and chips, each deal once: none that contains another."""
    deals = standing(ledger)
    holders = {raw["part_of"] for raw in deals.values() if raw["firmness"] in PROMISES}
    return [raw for name, raw in deals.items() if name not in holders and raw["from"] == "openai" and raw["instrument"] in ("services", "chips")
            and raw["firmness"] in PROMISES and raw["status"] not in ("funded", "completed")]  # fmt: skip


def firm(ledger):
    return sum(raw["value"] for raw in promised(ledger) if raw["firmness"] == "firm" and raw["instrument"] == "services" and raw["value"])


def flows(ledger, drawn=False):
    """Deals as money a year, (payer, receiver, amount of a year or nothing, way): each deal once, what is over or paid long ago left out.

    For a picture (drawn) rights to shares and cancelled deals stand too. An amount over its printed years; money that flows once and flowed within the year; without years over the assumed term (way `open`).
    """
    deals, day = standing(ledger), ledger.newest
    alive = {name: raw for name, raw in deals.items() if raw["firmness"] in PROMISES}
    drop = set()
    for name, outer in alive.items():
        parts = {part: raw for part, raw in alive.items() if raw["part_of"] == name}
        same = all((raw["from"], raw["to"]) == (outer["from"], outer["to"]) for raw in parts.values())
        adds = not outer["value"] or (all(raw["value"] for raw in parts.values()) and
                                      abs(sum(raw["value"] for raw in parts.values()) - outer["value"]) < max(outer["value"], 1) * Fraction(5, 1000))  # fmt: skip
        if parts:
            drop |= set(parts) if same and not adds else {name}
    term, out = Fraction(str(ledger.parameters.get("term", 5))), []
    for name, raw in deals.items():
        once, actual = raw["instrument"] in ("equity", "debt"), raw["status"] in ("funded", "completed")
        event, ends, starts = date(raw["event_date"]), date(raw["ends"]), date(raw["starts"])
        kinds = ("equity", "debt", "services", "chips", "lease", *(["warrant"] if drawn else []))
        if name in drop or raw["firmness"] not in (*PROMISES, *(["cancelled"] if drawn else [])) or raw["unit"] == "%" or raw["instrument"] not in kinds:
            continue
        if (ends and ends < day) or (once and actual and (day - event).days >= 365):
            continue
        amount = raw["value"] or None
        if name == "msft-openai-equity" and amount and (paid := at_dates_of(ledger, "msft", "openai_funding_paid")):
            amount = max(amount - paid[-1].value, Fraction(0))
            raw = raw | {"value": amount}
        years_of = Fraction(raw["term_years"]) if raw["term_years"] else Fraction((ends - (starts or event)).days) / Fraction("365.25") if ends else None
        if raw["firmness"] == "cancelled":
            out.append((raw["from"], raw["to"], Fraction(0), "cancelled", raw))
        elif amount is None:
            out.append((raw["from"], raw["to"], Fraction(0), "open", raw))
        elif years_of and years_of > 0 and not once:
            out.append((raw["from"], raw["to"], amount / years_of, "term", raw))
        elif once and actual:
            out.append((raw["from"], raw["to"], amount, "once", raw))
        else:
            out.append((raw["from"], raw["to"], amount / term, "open", raw))
    spent = []
    for company, metric in (("openai", "inference_spending_azure"), ("msft", "revenue_from_openai")):
        for stance in ("forward", "actual"):
            rows = [row for row in ledger.printed(company, metric, stance) if row.start and 359 <= (row.end - row.start).days <= 371]
            spent += [ledger.best([row for row in rows if row.end == end]) for end in sorted({row.end for row in rows})]
    if spent:  # a year that was reported as paid stands for the contracts of the two that print no years
        row = sorted(spent, key=lambda row: row.end)[-1]
        out = [(start, end, Fraction(0) if (start, end, way) == ("openai", "msft", "open") else amount, way, raw) for start, end, amount, way, raw in out]
        reported = {"firmness": "firm" if row.stance == "actual" else "conditional", "instrument": "services"}
        out.append(("openai", "msft", row.value, "measured", reported if drawn else None))
    return out


def circles(pairs):
    """Roads of two or three firms that end where they begin, each once."""
    pairs = set(pairs)
    firms = sorted({firm for pair in pairs for firm in pair})
    two = [(a, b) for a in firms for b in firms if a < b and (a, b) in pairs and (b, a) in pairs]
    three = [(a, b, c) for a in firms for b in firms for c in firms if a < b and a < c and b != c and {(a, b), (b, c), (c, a)} <= pairs]
    return two + three


def owed(ledger):
    """What OpenAI owes a year for what it buys, and the most of it that can come back to it over at most three firms.

    What OpenAI lends or puts into shares is no bill; it stands in the circle all the same.
    """
    found = flows(ledger)
    due = sum(amount for start, _, amount, _, raw in found if start == "openai" and not (raw and raw["instrument"] in ("equity", "debt")))
    return due, coming_back(found)


def extreme(found, most):
    """Flows at their bounds: the least that firm promises of a known year or payments reported hold, or all that is promised in one year.

    At most, an amount that nobody printed has no limit, and what was reported as paid between two firms comes beside their contracts.
    """
    out = []
    for start, end, amount, way, raw in found:
        if not most:
            out.append((start, end, amount if way != "open" and (raw is None or raw["firmness"] == "firm") else Fraction(0), way, raw))
        else:
            whole = raw["value"] if way == "open" else amount
            if way == "open" and raw.get("high") and raw["unit"] == "USD bn":
                whole = max(whole, Fraction(raw["high"]))
            out.append((start, end, whole or Fraction(10**6), way, raw))
    return out


def coming_back(found):
    """The most of flows that can come back to OpenAI over at most three firms (a maximum flow)."""
    on = {pair for road in circles((start, end) for start, end, *_ in found) if "openai" in road for pair in zip(road, (*road[1:], road[0]), strict=True)}
    room = {}
    for start, end, amount, _, _ in found:
        if (start, end) in on:
            pair = (start, "back" if end == "openai" else end)
            room[pair] = room.get(pair, Fraction(0)) + amount
    back = Fraction(0)
    while True:
        roads = [["openai"]]
        for road in roads:
            roads += [[*road, end] for (start, end), left in room.items() if start == road[-1] and left > 0 and end not in road and road[-1] != "back"]
            if road[-1] == "back":
                break
        else:
            return back
        steps = list(itertools.pairwise(road))
        least = min(room[one] for one in steps)
        for start, end in steps:
            room[start, end] -= least
            room[end, start] = room.get((end, start), Fraction(0)) + least
        back += least


def on_circles(found):
    """The flows that lie on a circle through OpenAI."""
    on = {pair for road in circles((start, end) for start, end, *_ in found) if "openai" in road for pair in zip(road, (*road[1:], road[0]), strict=True)}
    return [one for one in found if one[:2] in on]


def drawn_lines(ledger):
    """What a picture of the circles shows: payer, receiver, firmness and whether it is a right to shares; cancelled deals between its parties too."""
    found = flows(ledger, drawn=True)
    on = {pair for road in circles((start, end) for start, end, _, way, _ in found if way != "cancelled") for pair in zip(road, (*road[1:], road[0]), strict=True)}
    inside = {party for pair in on for party in pair}
    return {(start, end, raw["firmness"], raw["instrument"] == "warrant") for start, end, _, way, raw in found
            if (start, end) in on or (way == "cancelled" and {start, end} <= inside)}  # fmt: skip


def of_last_year(ledger):
    """The ledger as it was known at the end of the year before."""
    then = ledger.then(date(f"{ledger.newest.year - 1}-12-31"))
    then.parameters = ledger.parameters
    return then


def oracle(ledger):
    """A year's payment, years and gigawatts of Oracle's contract with OpenAI."""
    deal = standing(ledger)["openai-orcl-services"]
    return deal["value"] / Fraction(deal["term_years"]), int(deal["term_years"]), Fraction(deal["capacity_gw"])


def gigawatt(ledger):
    """What a gigawatt costs, as Nvidia says, and what of it are its chips."""
    cost = max((row for row in ledger.printed("nvda", "cost_per_gigawatt") if row.grade == "stated"), key=lambda row: row.end)
    return cost.value, at_dates_of(ledger, "nvda", "vendor_content_per_gigawatt")[-1].value


def at_dates_of(ledger, company, metric):
    return [row for _, row in sorted(ledger.observed(company, metric).items(), key=lambda item: item[0][1])]


def sizes(ledger):
    """What Oracle may have to spend: chips as 36Kr reckons them, chips and site at a gigawatt's cost."""
    return standing(ledger)["orcl-nvda-chips-openai"]["value"], gigawatt(ledger)[0] * oracle(ledger)[2]


def worth(ledger, default):
    """Present value of the largest size at the highest margin, the customer stopping with a chance a year and others paying half."""
    p, (payment, length, _) = ledger.parameters, oracle(ledger)
    margin, value = min(1.0, p["margin"] + 0.15), -float(sizes(ledger)[1])
    for year in range(1, length + 1):
        still = (1 - default) ** year
        value += margin * float(payment) * (still + (1 - still) * 0.5) / (1 + p["rate"]) ** year
    return value


def warrant(ledger):
    return tuple(at_dates_of(ledger, "amd", name)[-1].value for name in ("warrant_shares", "warrant_exercise_price", "warrant_price_target"))


def knocked_in(price, exercise, barrier, years, volatility):
    """A call at next to nothing that begins once the barrier is reached, no interest: P times the chance of reaching it counted in shares, less X
    times that counted in money (reflection principle)."""
    if price >= barrier:
        return price - exercise
    far, wide = math.log(barrier / price), volatility * math.sqrt(years)

    def reached(drift):
        return _N((-far + drift * years) / wide) + math.exp(2 * drift * far / volatility**2) * _N((-far - drift * years) / wide)

    return price * reached(volatility**2 / 2) - exercise * reached(-(volatility**2) / 2)


def share_price(ledger):
    """The newest price of AMD's share: printed, or market value over shares where that is newer."""
    price, value, shares = (at_dates_of(ledger, "amd", name)[-1] for name in ("share_price", "market_value", "shares_outstanding"))
    return (value.end, value.value * 1000 / shares.value) if value.end > price.end else (price.end, price.value)


def path(ledger):
    """Oracle's cloud infrastructure: the newest fiscal year that came, and the newest guidance for each later one."""
    single = ledger.years(ledger.quarters("orcl", OCI))
    came = max((ledger.fiscal("orcl", one.end)[0], one.value) for one in single.values() if ledger.fiscal("orcl", one.end)[1] == 4)
    told = {}
    for row in sorted(guided(ledger, ["orcl"], OCI), key=lambda row: row.published):
        if row.value is not None and ledger.fiscal("orcl", row.end)[0] > came[0]:
            told[ledger.fiscal("orcl", row.end)[0]] = row.value
    return came, sorted(told.items())


def pace(ledger):
    """What a gigawatt brought OpenAI at the newest date at which run-rate and capacity are known, and the capacities at such dates."""
    runs = {(day.year, day.month): row.value for day, row in at_dates(ledger, "annualised_revenue")}
    power = [(day, row.value) for day, row in at_dates(ledger, "compute_capacity") if (day.year, day.month) in runs]
    day, newest = power[-1]
    return day, runs[day.year, day.month] / newest, [value for _, value in power]


def rent(ledger):
    payment, _, capacity = oracle(ledger)
    return payment / capacity


def grows(ledger):
    """The yearly growth of capacity towards what was told."""
    planned = at_dates(ledger, "compute_capacity_commitments")[-1][1].value
    span = int(standing(ledger)["openai-compute-total"]["term_years"])
    return planned, float(planned / pace(ledger)[2][-1]) ** (1 / span) - 1


def runs(ledger, part):
    """How many of fifteen years the loop lasts with a part of the newest round's new shares."""
    _, per, power = pace(ledger)
    costs, cash, value = (at_dates_of(ledger, "openai", name)[-1] for name in ("total_costs", "cash_and_securities", "valuation_post_money"))
    other = max(0.0, float(costs.value - rent(ledger) * mean(power[-2:])))
    sales = [row.value for day, row in at_dates(ledger, "annualised_revenue") if day <= value.end][-1]
    equity = float(standing(ledger)["openai-round-2026"]["value"] / value.value * value.value / sales) * part
    capacity, money, growth = float(power[-1]), float(cash.value), grows(ledger)[1]
    for year in range(1, 16):
        capacity *= 1 + growth
        money += float(per) * capacity * (1 + equity) - float(rent(ledger)) * capacity - other
        if money < -1e-9:
            return year - 1
    return 15


@rule("07", r"(?P<deals>\d+) deals in (?P<documents>\d+) documents\. Newest: (?P<day>.+)\.")
def known(ledger, m):
    yield "deals", m["deals"], len(standing(ledger))
    told = at_dates_of(ledger, "openai", "compute_commitments") + at_dates_of(ledger, "msft", "openai_funding_paid")[-1:]
    told += [row for year, row in years(ledger).items() if year >= ledger.newest.year - 1]
    states = standing(ledger).values()
    yield "documents", m["documents"], len({row.source for row in told} | {raw["source"] for raw in states} | {raw["priced_by"] for raw in states if "priced_by" in raw})
    yield "newest", m["day"], long_date(max(date(ledger.sources[raw["source"]]["published"]) for raw in ledger.deals if ledger.sources[raw["source"]]["published"]))


@rule("07", r"On what was public, OpenAI pays or owes its suppliers about <due:USD> a year, .* About <back:USD> of it, <share:PERCENT>, could come back .*")
def owes(ledger, m):
    due, back = owed(ledger)
    yield "due", m["due"], due
    yield "back", m["back"], back
    yield "share", m["share"], back / due


@rule("07", r"At the end of (?P<year>\d{4}), counted alike, it was about <back:USD> of <due:USD>\. Of the circles among at most (?P<few>three) firms that are known now, <through:COUNT> of <all:COUNT> run through OpenAI\.")
def earlier(ledger, m):
    due, back = owed(of_last_year(ledger))
    roads = circles((start, end) for start, end, *_ in flows(ledger))
    yield "year", m["year"], str(ledger.newest.year - 1)
    yield "back", m["back"], back
    yield "due", m["due"], due
    yield "phrase: the longest circle counted", m["few"], True
    yield "through", m["through"], sum("openai" in road for road in roads)
    yield "all", m["all"], len(roads)


@rule("07", r"The doubt: for <open:COUNT> of the <all:COUNT> deals in these circles no years are printed, for <unsaid:COUNT> of them not even an amount\. Without an assumption about these years, from <low:USD> to <high:USD> a year could come back\.")
def doubt(ledger, m):
    found = flows(ledger)
    inside = [(way, raw) for *_, way, raw in on_circles(found)]
    yield "open", m["open"], sum(way == "open" for way, _ in inside)
    yield "all", m["all"], len(inside)
    yield "unsaid", m["unsaid"], sum(way == "open" and not raw["value"] for way, raw in inside)
    yield "low", m["low"], coming_back(extreme(found, False))
    yield "high", m["high"], coming_back(extreme(found, True))


@rule("07", r"Nor do all of these payments come every year: <once:USD> of them flowed once within the last twelve months, and without that <again:USD> a year could come back\.")
def not_again(ledger, m):
    found = flows(ledger)
    yield "once", m["once"], sum(amount for _, end, amount, way, _ in on_circles(found) if end == "openai" and way == "once")
    yield "again", m["again"], coming_back([one for one in found if one[3] != "once"])


@rule("07", r"Without what suppliers promised only on conditions or in a letter of intent it would be <sure:USD>\.")
def surely(ledger, m):
    yield "sure", m["sure"], coming_back([one for one in flows(ledger) if one[0] == "openai" or one[4] is None or one[4]["firmness"] == "firm"])


@rule("07", r"<share:PERCENT> of what OpenAI owes a year could come from suppliers")
def title_circle(ledger, m):
    due, back = owed(ledger)
    yield "share", m["share"], back / due


@rule("07", r"End of (?P<year>\d{4}): <lines:COUNT> lines among <firms:COUNT> firms")
def title_rings(ledger, m):
    newest = int(max(row["published"] for row in ledger.sources.values())[:4])
    yield "claim: one of the two years before", m["year"], int(m["year"]) in (newest - 2, newest - 1)
    lines = drawn_lines(ledger.then(date(f"{m['year']}-12-31")))
    yield "lines drawn", m["lines"], len(lines)
    yield "firms drawn", m["firms"], len({party for line in lines for party in line[:2]})


@rule("07", r"Without the circle OpenAI owes (?P<fold>[\d.]+ times) its revenue of (?P<year>\d{4})")
def title_without(ledger, m):
    due, back = owed(ledger)
    yield "fold", m["fold"], (due - back) / years(ledger)[max(years(ledger))].value
    yield "year", m["year"], str(max(years(ledger)))


@rule("07", r"Set against the newest run-rate instead, about <pace:USD> for <when:MONTH>, what is left is (?P<fold>[\d.]+ times) as much\. .*")
def against_pace(ledger, m):
    due, back = owed(ledger)
    end, row = at_dates(ledger, "annualised_revenue")[-1]
    yield "pace", m["pace"], row.value
    yield "claim: about", "about", row.relation == "≈"
    yield "when", m["when"], month(end)
    yield "fold", m["fold"], (due - back) / row.value


@rule("07", r"OpenAI's firm contracts with a printed amount come to <firm:USD>")
def title_firm(ledger, m):
    yield "firm", m["firm"], firm(ledger)


@rule("07", r"The firm contracts come to about <firm:USD>\. The newest total that was told for all of its computing is about <total:USD> \((?P<who>.+)\), .*")
def totals(ledger, m):
    total = standing(ledger)["openai-compute-total"]
    yield "firm", m["firm"], firm(ledger)
    yield "total", m["total"], total["value"]
    tellers = {ledger.sources[raw["source"]]["publisher"] for raw in ledger.deals if (raw["deal"], raw["event_date"]) == ("openai-compute-total", total["event_date"])}
    yield "claim: who told it", m["who"], m["who"] in tellers
    yield "phrase: a phrase", "the two are", True


@rule("07", r"No document prints an amount for the deals with (?P<who>.+)\.")
def unsaid(ledger, m):
    yield "who", m["who"], spelled(sorted({ledger.names[raw["to"]] for raw in promised(ledger) if not raw["value"] and raw["part_of"]}))


@rule("07", r"Nvidia's letter offered <share:PERCENT> of what its gigawatts would cost")
def title_letter(ledger, m):
    letter = standing(ledger)["nvda-openai-equity-2025"]
    yield "share", m["share"], letter["value"] / Fraction(letter["capacity_gw"]) / gigawatt(ledger)[0]


@rule("07", r"At the <value:USD> at which shares changed hands, all tranches would have bought <flat:PERCENT> of OpenAI; <tenth:PERCENT> if its price had risen by a tenth from one to the next, <fifth:PERCENT> by a fifth \(assumptions\)\.")
def tranches(ledger, m):
    letter = standing(ledger)["nvda-openai-equity-2025"]
    value = max((row for row in ledger.printed("openai", "valuation_secondary") if row.grade != "estimate"), key=lambda row: row.end).value
    steps = int(letter["capacity_gw"])
    amount = letter["value"] / steps
    yield "value", m["value"], value
    for name, growth in (("flat", Fraction(0)), ("tenth", Fraction(1, 10)), ("fifth", Fraction(1, 5))):
        others, worth_then = Fraction(1), value  # what the others keep of the firm
        for _ in range(steps):
            others *= worth_then / (worth_then + amount)
            worth_then = (worth_then + amount) * (1 + growth)
        yield name, m[name], 1 - others
    yield "phrase: a phrase", "one to the next", True


@rule("07", r"As of the newest document the letter is (?P<status>\w+)\.")
def status(ledger, m):
    yield "status", m["status"], standing(ledger)["nvda-openai-equity-2025"]["firmness"]


@rule("07", r"At its price target AMD's warrant would pay OpenAI <pay:USD>")
def title_warrant(ledger, m):
    shares, exercise, target = warrant(ledger)
    yield "pay", m["pay"], shares * (target - exercise) / 1000


@rule("07", r"At about (?P<price>\$[\d,]+) a share \(<when:MONTH>\), a volatility of <volatility:PERCENT> and (?P<term>[\d.]+) years to run \(assumptions; the targets of the other parts are not public\), the warrant is worth between <low:USD> and <high:USD>, if all purchases are made\.")
def warrants(ledger, m):
    p, (shares, exercise, target) = ledger.parameters, warrant(ledger)
    day, price = share_price(ledger)
    yield "price", m["price"], price
    yield "when", m["when"], month(day)
    yield "parameter volatility", m["volatility"], Fraction(str(p["volatility"]))
    yield "parameter term", m["term"], Fraction(str(p["term"]))
    for name, barrier in (("low", target), ("high", price)):
        yield name, m[name], Fraction(float(shares) * knocked_in(float(price), float(exercise), float(barrier), p["term"], p["volatility"]) / 1000)


@rule("07", r"All of it would take <cut:PERCENT> of AMD from its other holders\. They lose nothing if the purchases raise the value of the firm by <rise:PERCENT>\.")
def dilution(ledger, m):
    shares, held = warrant(ledger)[0], at_dates_of(ledger, "amd", "shares_outstanding")[-1].value
    yield "cut", m["cut"], shares / (held + shares)
    yield "rise", m["rise"], shares / held


@rule("07", r"At <margin:PERCENT> margin Oracle would not earn back chips and site")
def title_oracle(ledger, m):
    payment, length, _ = oracle(ledger)
    margin = Fraction(str(ledger.parameters["margin"]))
    yield "parameter margin", m["margin"], margin
    yield "claim: not earned back", "not earn back", margin * payment * length < sizes(ledger)[1]


@rule("07", r"To get back what it spends, without interest, Oracle needs <least:PERCENT> to <most:PERCENT> of every payment\. At <margin:PERCENT> of margin and <rate:PERCENT> a year, the largest size is worth <sure:USD>; "
            r"with a chance of <chance:PERCENT> a year that OpenAI stops and others pay half \(assumptions\), <doubtful:USD>\.")  # fmt: skip
def earn_back(ledger, m):
    p, (payment, length, _), (least, most) = ledger.parameters, oracle(ledger), sizes(ledger)
    yield "least", m["least"], least / (payment * length)
    yield "most", m["most"], most / (payment * length)
    yield "parameter margin", m["margin"], Fraction(str(min(1.0, round(p["margin"] + 0.15, 9))))
    yield "parameter rate", m["rate"], Fraction(str(p["rate"]))
    yield "parameter chance", m["chance"], Fraction(str(p["default"]))
    yield "sure", m["sure"], Fraction(worth(ledger, 0.0))
    yield "doubtful", m["doubtful"], Fraction(worth(ledger, p["default"]))
    yield "phrase: an assumption", "half", True


@rule("07", r"A year's payment is (?P<now>[\d.]+ times) the revenue of (?P<year>\d{4})\. On an even path from <last:USD> to the more than <goal:USD> planned for (?P<end>\d{4}) \(an assumption\), it would take "
            r"(?P<parts>.+) of OpenAI's revenue in the years from (?P<first>\d{4}) to (?P<close>\d{4})\.")  # fmt: skip
def payment(ledger, m):
    paid, length, _ = oracle(ledger)
    year, wanted = max(years(ledger)), goal(ledger)
    last, begins = years(ledger)[year].value, int(standing(ledger)["openai-orcl-services"]["starts"][:4])
    yield "now", m["now"], paid / last
    yield "year", m["year"], str(year)
    yield "last", m["last"], last
    yield "goal", m["goal"], wanted.value
    yield "end", m["end"], str(wanted.end.year)
    each = float(wanted.value / last) ** (1 / (wanted.end.year - year))
    shares = [float(paid / last) / each ** (one - year) for one in range(begins, min(begins + length, wanted.end.year + 1))]
    for text, share in zip(m["parts"].replace(" and ", ", ").split(", "), shares, strict=True):
        yield "parts", text, Fraction(share)
    yield "first", m["first"], str(begins)
    yield "close", m["close"], str(begins + len(shares) - 1)


@rule("07", r"Oracle guided cloud infrastructure to (?P<fold>[\d.]+ times) by fiscal (?P<year>\d{4})")
def title_path(ledger, m):
    (_, came), told = path(ledger)
    yield "fold", m["fold"], told[-1][1] / came
    yield "year", m["year"], str(told[-1][0])


@rule("07", r"The steps are (?P<steps>.+) a year, <mean:PERCENT> a year over all of them\.")
def steps(ledger, m):
    (_, came), told = path(ledger)
    values = [came, *(value for _, value in told)]
    for text, (before, after) in zip(m["steps"].replace(" and ", ", ").split(", "), itertools.pairwise(values), strict=True):
        yield "step", text, after / before - 1
    yield "mean", m["mean"], Fraction(float(values[-1] / came) ** (1 / len(told)) - 1)


@rule("07", r"A year of the contract with OpenAI is <part:PERCENT> of the last step\.")
def last_step(ledger, m):
    yield "part", m["part"], oracle(ledger)[0] / path(ledger)[1][-1][1]


@rule("07", r"In (?P<year>\d{4}) a gigawatt brought less than Oracle's contract costs")
def title_gigawatt(ledger, m):
    yield "year", m["year"], str(pace(ledger)[0].year)
    yield "claim: less", "less than Oracle's contract costs", pace(ledger)[1] < rent(ledger)


@rule("07", r"At the end of (?P<year>\d{4}) a gigawatt brought <per:USD> a year against a rent of <rent:USD>\. A tenth more a year would close the gap in (?P<up>[\d.]+) years, rent that falls by (?P<fall>\d+) per cent a year in (?P<down>[\d.]+) years \(assumptions\)\.")
def crossing(ledger, m):
    day, per, _ = pace(ledger)
    gap = math.log(rent(ledger) / per)
    yield "year", m["year"], str(day.year)
    yield "per", m["per"], per
    yield "rent", m["rent"], rent(ledger)
    yield "up", m["up"], Fraction(gap / math.log(1.1))
    yield "down", m["down"], Fraction(gap / -math.log(0.85))
    yield "parameter fall", m["fall"], 15


@rule("07", r"If capacity grows by <growth:PERCENT> a year towards the (?P<planned>[\d.]+) GW that were told, the loop runs for (?P<now>\d+) years with new shares as in the newest round, for (?P<tenth>\d+) years with a tenth of them, and for (?P<none>\d+) years without any "
            r"\(at most (?P<tried>\d+) are tried\)\.")  # fmt: skip
def looped(ledger, m):
    planned, growth = grows(ledger)
    yield "growth", m["growth"], Fraction(growth)
    yield "planned", m["planned"], planned
    yield "now", m["now"], runs(ledger, 1)
    yield "parameter tried", m["tried"], 15
    yield "tenth", m["tenth"], runs(ledger, 0.1)
    yield "none", m["none"], runs(ledger, 0)


@rule("07", r"- Another <more:USD> a year from suppliers would bring what could come back to half of what is owed\. First seen in the (?P<form>8-K) of a supplier, or in its next (?P<next>10-Q)\.")
def another(ledger, m):
    due, back = owed(ledger)
    yield "more", m["more"], due / 2 - back
    yield "phrase: forms", m["form"], True
    yield "phrase: forms", m["next"], True
    yield "phrase: half", "half", True


@rule("07", r"- The largest amount without years is <whole:USD>, from OpenAI to Microsoft\. .*")
def largest(ledger, m):
    deal = standing(ledger)["openai-msft-azure-2025"]
    open_ended = [raw["value"] for raw in promised(ledger) if raw["value"] and not raw["term_years"] and not raw["ends"]]
    yield "whole", m["whole"], deal["value"]
    yield "claim: the largest of OpenAI's", "largest", max(open_ended) == deal["value"]
    yield "phrase: a phrase", "one of the two", True


@rule("07", r"- Revenue of a gigawatt <gap:PERCENT> higher would pay Oracle's rent\. .*")
def gap(ledger, m):
    yield "gap", m["gap"], rent(ledger) / pace(ledger)[1] - 1
