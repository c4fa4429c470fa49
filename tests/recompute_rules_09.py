"""What each number of 09_credit_and_power is meant to be."""

import itertools
import math
from fractions import Fraction
from types import SimpleNamespace

from recompute_ledger import DAY, GRADES, date, label
from recompute_rules import FIVE, long_date, month, prose, rule, spelled
from recompute_rules_06 import years as revenue_of_years
from recompute_rules_07 import at_dates_of, standing

FLOW = "operating_cash_flow"
PLACES, CHIPS = ("services", "lease", "buildout", "guarantee"), ("chips",)
STRICT, GENEROUS = ("firm",), ("firm", "conditional", "letter_of_intent", "talks")
# deals that name the site of another one, and whose gigawatts a site's are
SITES = {"orcl-crusoe-lease-abilene": "crusoe-abilene-financing", "orcl-nvda-chips-abilene": "crusoe-abilene-financing", "meta-hyperion-lease": "meta-hyperion-buildout",
         "openai-sb_energy-lease": "sb_energy-ports-buildout", "nvda-sb_energy-guarantee": "sb_energy-ports-buildout"}  # fmt: skip
USERS = {"meta-hyperion-buildout": "meta", "sb_energy-ports-buildout": "openai", "stargate-2025": "openai", "crusoe-abilene-financing": "openai"}


def quarter_of(end):
    """The calendar quarter that the three months before a day overlap most."""
    return label(end - 90 * DAY, end)


def twelve(ledger, firm, metric):
    """A flow over twelve months by quarter: four quarters, or a printed year, or that and what came since less the same of the year before."""
    out = {quarter_of(one.end): (one.end, one.value, one.strength) for one in ledger.years(ledger.quarters(firm, metric)).values()}
    printed = [(start, end, row) for (start, end), row in ledger.observed(firm, metric).items() if start]
    for start, end, row in sorted(printed, key=lambda one: one[1]):
        if not 360 <= (end - start).days <= 372:
            continue
        out.setdefault(quarter_of(end), (end, row.value, GRADES.index(row.grade)))
        for begin, stop, part in printed:
            if begin == end + DAY and (stop - begin).days < 300:
                same = [one for first, last, one in printed if abs((begin - first).days - 365) < 8 and abs((stop - last).days - 365) < 8]
                if same:
                    weak = max(GRADES.index(one.grade) for one in (row, part, same[0]))
                    out.setdefault(quarter_of(stop), (stop, row.value - same[0].value + part.value, weak))
    return out


def debt(ledger, firm):
    """Long-term debt by quarter: of the lines with and without finance leases the one that changes its definition least often."""
    lines = []
    for metrics in (("long_term_debt", "long_term_debt_with_leases"), ("long_term_debt_with_leases", "long_term_debt")):
        found = {}
        for metric in metrics:
            for (_, end), row in ledger.observed(firm, metric).items():
                found.setdefault(quarter_of(end), row)
        names = [found[name].metric for name in sorted(found)]
        lines.append((sum(one != other for one, other in itertools.pairwise(names)), found))
    return min(lines, key=lambda line: line[0])[1]


def owed(ledger, firm):
    """Debt in years of operating cash flow: by quarter the day, the years, and the weaker grade."""
    cash = twelve(ledger, firm, FLOW)
    return {name: (row.end, row.value / cash[name][1], max(GRADES.index(row.grade), cash[name][2])) for name, row in debt(ledger, firm).items()
            if name in cash and cash[name][1] > 0 and row.end >= date(ledger.parameters["since"])}  # fmt: skip


def newest_owed(ledger):
    """Firm, quarter, day and years of each firm's newest balance sheet, most years first."""
    found = []
    for firm in FIVE:
        series = owed(ledger, firm)
        found.append((firm, max(series), *series[max(series)][:2]))
    return sorted(found, key=lambda one: -one[3])


def leases(ledger):
    """Oracle's leases not begun, the newest, and its long-term debt of that time."""
    raw = standing(ledger)["orcl-landlords-leases"]
    day = date(raw["event_date"])
    rows = [row for row in debt(ledger, "orcl").values() if row.end <= day]
    return raw["value"], day, max(rows, key=lambda row: row.end).value


def gigawatts(deals, firmness, apart=False):
    """The gigawatts of all users, each counted once: the larger of a deal and of what is part of it, and of a user's chips and its places."""
    told = {name: raw for name, raw in deals.items() if raw["instrument"] in (*PLACES, *CHIPS)}
    part_of = {name: SITES[name] if SITES.get(name) in told else raw["part_of"] for name, raw in told.items()}

    def own(name):
        raw = told[name]
        return Fraction(raw["capacity_gw"]) if raw["capacity_gw"] and raw["firmness"] in firmness else Fraction(0)

    def within(name, one_site):
        return [inner for inner, outer in part_of.items() if outer == name and (inner in SITES) == one_site]

    def size(name):
        return max(own(name), *(own(inner) for inner in within(name, True)), together(within(name, False)))

    def together(names):
        chips, places = (sum(size(name) for name in names if (told[name]["instrument"] in CHIPS) == which) for which in (True, False))
        return chips + places if apart else max(chips, places)

    users = {}
    for name, outer in part_of.items():
        if outer not in told:
            users.setdefault(USERS.get(name, told[name]["from"]), []).append(name)
    return sum(together(names) for names in users.values())


def announced(ledger):
    """The days on which what is announced changed, letters of intent and talks included: first and last."""
    published = {name: date(row["published"]) for name, row in ledger.sources.items() if row["published"]}
    days, steps, before = sorted({published[raw["source"]] for raw in ledger.deals if raw["source"] in published}), [], {}
    for day in days:
        known = SimpleNamespace(deals=[raw for raw in ledger.deals if raw["source"] in published and published[raw["source"]] <= day], sources=ledger.sources)
        deals = standing(known)
        for level in (STRICT, ("firm", "conditional"), GENEROUS):
            size = gigawatts(deals, level)
            if size != before.get(level, 0):
                steps.append((day, level))
            before[level] = size
    return min(day for day, _ in steps), max(day for day, level in steps if level == GENEROUS)


def waits(ledger):
    rows = ledger.observed("us_economy", "interconnection_wait").values()
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    return min(ends), max(ends)


def connected(ledger):
    """The first day announced after the shortest wait, and the last one after the longest."""
    return [day + DAY * float(Fraction("365.25") * years) for day, years in zip(announced(ledger), waits(ledger), strict=True)]


def swaps(ledger):
    return at_dates_of(ledger, "orcl", "cds_spread_5y")[-1]


def chance(ledger, spread):
    """1 - exp(-s T / (1 - R)) over five years."""
    return 1 - math.exp(-float(spread) / 10000 * 5 / (1 - ledger.parameters["recovery"]))


def product(ledger):
    """The newest product known at the end of the quarter before what the model's texts are dated."""
    last = max(date(raw["period_end"]) for raw in ledger.models if raw["model"] == "economist_wealth_2025" and raw["period_end"])
    return max((row for row in at_dates_of(ledger, "us_economy", "gross_domestic_product") if row.end <= last), key=lambda row: row.end).value


def wealth(ledger):
    """The fall of prices and the spending forgone for a dollar lost that give both printed figures."""
    equities, share, lost, worth = (ledger.model("economist_wealth_2025", name) for name in ("household_equities", "equity_share_of_wealth", "fall_in_consumption", "fall_in_net_worth"))
    fall = worth / share
    return fall, lost * product(ledger) / (equities * fall)


@rule("09", r"Newest quarter of debt: (?P<quarter>\d{4}Q\d)\. Newest document: (?P<day>.+)\.")
def known(ledger, m):
    rows = [row for firm in FIVE for row in debt(ledger, firm).values()]
    yield "quarter", m["quarter"], max(name for firm in FIVE for name in debt(ledger, firm))
    facts = frozenset().union(*(one.facts for firm in FIVE for one in ledger.quarters(firm, FLOW).values()))
    days = [row.published for row in rows] + [ledger.every[fact].published for fact in facts]
    days += [date(ledger.sources[raw["source"]]["published"]) for raw in ledger.deals if ledger.sources[raw["source"]]["published"]]
    yield "newest document", m["day"], long_date(max(day for day in days if day))


@rule("09", r"In <when:QUARTER> (?P<who>\w+) owed <owed:USD> of long-term debt, (?P<years>[\d.]+) years of its operating cash flow, against (?P<before>[\d.]+) years two years before; "
            r"the other <count:COUNT> owed (?P<low>[\d.]+) to (?P<high>[\d.]+) years in their newest balance sheets at hand\.")  # fmt: skip
def level(ledger, m):
    (firm, name, day, years), *rest = newest_owed(ledger)
    yield "when", m["when"], prose(name)
    yield "who", m["who"], ledger.names[firm]
    yield "owed", m["owed"], debt(ledger, firm)[name].value
    yield "years", m["years"], years
    yield "before", m["before"], max(one for one in owed(ledger, firm).values() if one[0] <= day - 725 * DAY)[1]
    yield "count", m["count"], len(rest)
    yield "low", m["low"], rest[-1][3]
    yield "high", m["high"], rest[0][3]


@rule("09", r"Oracle had also signed leases of <leases:USD> that had not begun in <when:MONTH>, (?P<times>[\d.]+ times) its long-term debt of that time\.")
def not_begun(ledger, m):
    signed, day, debts = leases(ledger)
    yield "leases", m["leases"], signed
    yield "when", m["when"], month(day)
    yield "times", m["times"], signed / debts


@rule("09", r"(?P<all>\d+ GW) of capacity stood announced, letters of intent and talks included, (?P<firm>\d+ GW) of them in firm contracts; had each asked for its connection on the day it was announced, "
            r"published waits of grids would connect the first in <first:MONTH> at best and the last in <last:MONTH> at worst\.")  # fmt: skip
def capacity(ledger, m):
    deals = standing(ledger)
    yield "all", m["all"], gigawatts(deals, GENEROUS)
    yield "firm", m["firm"], gigawatts(deals, STRICT)
    first, last = connected(ledger)
    yield "first", m["first"], month(first)
    yield "last", m["last"], month(last)


@rule("09", r"The doubt: <count:COUNT> of Oracle's quarters rest on press and vendors' tables, for the filings were not at hand, and over operating income with depreciation put back the same debt is "
            r"(?P<other>[\d.]+) years, not (?P<years>[\d.]+) years\.")  # fmt: skip
def doubt(ledger, m):
    series = owed(ledger, "orcl")
    name = max(series)
    income, worn = (twelve(ledger, "orcl", metric)[name][1] for metric in ("operating_income", "depreciation"))
    yield "count", m["count"], sum(grade >= GRADES.index("press") for _, _, grade in series.values())
    yield "other", m["other"], debt(ledger, "orcl")[name].value / (income + worn)
    yield "years", m["years"], series[name][1]


@rule("09", r"(?P<who>\w+) owed (?P<years>[\d.]+) years of cash flow in (?P<year>\d{4}), the others months")
def title_leverage(ledger, m):
    (firm, _, day, years), *rest = newest_owed(ledger)
    yield "who", m["who"], ledger.names[firm]
    yield "years", m["years"], years
    yield "year", m["year"], str(day.year)
    yield "claim: the others less than one", "the others months", all(one[3] < 1 for one in rest)


@rule("09", r"What fell due within a year came to <due:USD> more at (?P<who>\w+) in <when:MONTH>\.")
def fell_due(ledger, m):
    row = at_dates_of(ledger, newest_owed(ledger)[0][0], "short_term_debt")[-1]
    yield "due", m["due"], row.value
    yield "who", m["who"], ledger.names[row.company]
    yield "when", m["when"], month(row.end)


@rule("09", r"Of its twelve months' operating cash flow <share:PERCENT> came in the newest quarter alone, <amount:USD>, so the ratio may not last\.")
def one_quarter(ledger, m):
    firm, name, *_ = newest_owed(ledger)[0]
    quarter = next(one for one in ledger.quarters(firm, FLOW).values() if quarter_of(one.end) == name)
    yield "share", m["share"], quarter.value / twelve(ledger, firm, FLOW)[name][1]
    yield "amount", m["amount"], quarter.value


@rule("09", r"Of (?P<who>.+) no balance sheet after <when:MONTH> is at hand, so what was borrowed since is missing\.")
def ended(ledger, m):
    found = newest_owed(ledger)
    old = [(firm, day) for firm, _, day, _ in found if day < max(day for _, _, day, _ in found) - 300 * DAY]
    yield "who", spelled(sorted(m["who"].split(" and "))), spelled(sorted(ledger.names[firm] for firm, _ in old))
    yield "when", m["when"], spelled(dict.fromkeys(month(day) for _, day in old))


@rule("09", r"Oracle's leases not yet begun were (?P<times>[\d.]+ times) its debt")
def title_elsewhere(ledger, m):
    signed, _, debts = leases(ledger)
    yield "times", m["times"], signed / debts


@rule("09", r"A year of Oracle's contract is (?P<times>[\d.]+x) OpenAI's revenue of (?P<year>\d{4})")
def title_chain(ledger, m):
    contract, taken = standing(ledger)["openai-orcl-services"], revenue_of_years(ledger)
    yield "times", m["times"], contract["value"] / Fraction(contract["term_years"]) / taken[max(taken)].value
    yield "year", m["year"], str(max(taken))


@rule("09", r"(?P<who>\w+)'s swaps of <when:MONTH> put default at <share:PERCENT>")
def title_spreads(ledger, m):
    yield "who", m["who"], ledger.names["orcl"]
    yield "when", m["when"], month(swaps(ledger).end)
    yield "share", m["share"], Fraction(chance(ledger, swaps(ledger).value))


@rule("09", r"How much is traded is attention, not price: <now:USD> of insurance on Oracle changed hands in the weeks to <then:MONTH>, at most <before:USD> in those to <ago:MONTH> \((?P<who>.+)\)\.")
def traded(ledger, m):
    spans = {}
    for (start, end), row in sorted(ledger.observed("orcl", "cds_trading_volume").items(), key=lambda item: item[0][1]):
        spans[start] = (end, row)
    (ago, before), (then, now) = spans[min(spans)], spans[max(spans)]
    yield "now", m["now"], now.value
    yield "then", m["then"], month(then)
    yield "before", m["before"], before.value
    yield "claim: at most", "at most", before.relation == "≤"
    yield "ago", m["ago"], month(ago)
    yield "who", m["who"], spelled(sorted({ledger.sources[row.source]["publisher"] for row in (now, before)}))


@rule("09", r"A fall of <fall:PERCENT> and (?P<cents>[\d.]+) cents a dollar reproduce both figures")
def title_wealth(ledger, m):
    fall, forgone = wealth(ledger)
    yield "fall", m["fall"], fall
    yield "cents", m["cents"], 100 * forgone


@rule("09", r"Printed: (?P<equities>\$[\d.]+tn) of equities, <share:PERCENT> of wealth, a fall of net worth by <worth:PERCENT> and of consumption by <lost:PERCENT> of GDP\. "
            r"Ours: (?P<product>\$[\d.]+tn) of GDP, so (?P<cents>[\d.]+) cents a dollar\.")  # fmt: skip
def printed(ledger, m):
    for name, metric in (("share", "equity_share_of_wealth"), ("worth", "fall_in_net_worth"), ("lost", "fall_in_consumption")):
        yield name, m[name], ledger.model("economist_wealth_2025", metric)
    for name, amount in (("equities", ledger.model("economist_wealth_2025", "household_equities")), ("product", product(ledger))):
        yield f"{name}, tn", m[name], amount / 1000
        yield name, None, amount
    yield "cents", m["cents"], 100 * wealth(ledger)[1]


@rule("09", r"At published waits, (?P<all>\d+ GW) would connect in (?P<first>\d{4}) to (?P<last>\d{4})")
def title_power(ledger, m):
    first, last = connected(ledger)
    yield "all", m["all"], gigawatts(standing(ledger), GENEROUS)
    yield "first", m["first"], str(first.year)
    yield "last", m["last"], str(last.year)


@rule("09", r"Were chips and sites never the same, it would be (?P<most>\d+ GW)\.")
def apart(ledger, m):
    yield "most", m["most"], gigawatts(standing(ledger), GENEROUS, apart=True)


@rule("09", r"For comparison, OpenAI said that it could use (?P<used>[\d.]+ GW) at the end of (?P<year>\d{4})\.")
def used(ledger, m):
    row = at_dates_of(ledger, "openai", "compute_capacity")[-1]
    yield "used", m["used"], row.value
    yield "year", m["year"], str(row.end.year)
    yield "claim: at the end of the year, and the firm said it", "at the end", (row.end.month, row.end.day, row.grade) == (12, 31, "stated")


@rule("09", r"In the queue of power plants and storage stood (?P<queue>[\d,]+ GW) at the end of (?P<year>\d{4}) \((?P<who>.+)\); .*")
def queue(ledger, m):
    row = at_dates_of(ledger, "us_economy", "interconnection_queue")[-1]
    yield "queue", m["queue"], row.value
    yield "year", m["year"], str(row.end.year)
    yield "who", m["who"], ledger.sources[row.source]["publisher"]


@rule("09", r"The largest part, OpenAI's total of (?P<size>\d+ GW), was named in <then:MONTH> beside (?P<old>\$[\d.]+tn); in <now:MONTH> the sum was told as about <new:USD>, to another date and without a new capacity \((?P<who>.+)\)\.")
def largest(ledger, m):
    events = sorted((raw for raw in ledger.deals if raw["deal"] == "openai-compute-total"), key=lambda raw: raw["event_date"])
    sized = [raw for raw in events if raw["capacity_gw"]][-1]
    later = [raw for raw in events if raw["event_date"] > sized["event_date"] and raw["value"]]
    last = [raw for raw in later if raw["event_date"] == later[-1]["event_date"]]
    yield "size", m["size"], Fraction(sized["capacity_gw"])
    without = gigawatts({name: raw for name, raw in standing(ledger).items() if raw["from"] != "openai" and USERS.get(name) != "openai"}, GENEROUS)
    yield "claim: the largest part", "The largest part", without < Fraction(sized["capacity_gw"])
    yield "then", m["then"], month(date(sized["event_date"]))
    yield "old, tn", m["old"], Fraction(sized["value"])
    yield "old", None, Fraction(sized["value"]) * {"USD tn": 1000}[sized["unit"]]
    yield "now", m["now"], month(date(last[0]["event_date"]))
    yield "new", m["new"], Fraction(last[0]["value"]) * {"USD bn": 1}[last[0]["unit"]]
    yield "claim: about, and no capacity with it", "about", all(raw["relation"] == "≈" and not raw["capacity_gw"] and raw["value"] == last[0]["value"] for raw in last)
    yield "claim: who told it", m["who"], m["who"] in {ledger.sources[raw["source"]]["publisher"] for raw in last}


@rule("09", r"What stood announced in (?P<year>\d{4}) would cost (?P<low>\$[\d.]+tn) to (?P<high>\$[\d.]+tn)")
def title_wedge(ledger, m):
    ends = [end for (company, metric) in ledger.rows if metric == "cost_per_gigawatt" for row in ledger.observed(company, metric).values()
            for end in (row.value, row.low, row.high) if end is not None]  # fmt: skip
    size = gigawatts(standing(ledger), GENEROUS)
    yield "year", m["year"], str(ledger.newest.year)
    yield "low", m["low"], size * min(ends) / 1000
    yield "high", m["high"], size * max(ends) / 1000


@rule("09", r"- Long-term debt of (?P<who>\w+) above <amount:USD> at today's cash flow would bring back the (?P<years>[\d.]+) years of <when:QUARTER>; its next balance sheet, in a (?P<form>\d+-Q) or (?P<other>\d+-K), would show it\.")
def peak(ledger, m):
    firm, name, *_ = newest_owed(ledger)[0]
    series = owed(ledger, firm)
    most = max(series, key=lambda one: series[one][1])
    yield "who", m["who"], ledger.names[firm]
    yield "years", m["years"], series[most][1]
    yield "when", m["when"], prose(most)
    yield "amount", m["amount"], series[most][1] * twelve(ledger, firm, FLOW)[name][1]
    yield "phrase: forms", m["form"], True
    yield "phrase: forms", m["other"], True


@rule("09", r"- A price of (?P<edge>\d+) for (?P<who>\w+), against (?P<now>\d+) in <when:MONTH>, would imply a chance of default above a fifth; .*")
def fifth(ledger, m):
    yield "edge", m["edge"], math.floor(-math.log(0.8) * (1 - ledger.parameters["recovery"]) / 5 * 10000) + 1
    yield "who", m["who"], ledger.names["orcl"]
    yield "now", m["now"], swaps(ledger).value
    yield "when", m["when"], month(swaps(ledger).end)


@rule("09", r"- Of the gigawatts announced, (?P<loose>\d+ GW) are not firm; a signed contract would come in an (?P<form>\d-K) of the supplier, .*")
def loose(ledger, m):
    deals = standing(ledger)
    yield "loose", m["loose"], gigawatts(deals, GENEROUS) - gigawatts(deals, STRICT)
    yield "phrase: a form", m["form"], True


@rule("09", r"- A published wait below (?P<low>[\d.]+) years would move the first step of the grey band to before <when:MONTH>; .*")
def shorter(ledger, m):
    yield "low", m["low"], waits(ledger)[0]
    yield "when", m["when"], month(connected(ledger)[0])
