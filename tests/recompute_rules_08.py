"""What each number of 08_how_long_it_lasts is meant to be."""

import math
import re
from fractions import Fraction

from recompute_ledger import DAY, mean
from recompute_rules import FIVE, long_date, month, rule, spelled

SIGNS = {"depreciation_effect_of_life_change": -1, "operating_income_effect_of_life_change": 1, "operating_expense_effect_of_life_change": -1}
TIERS = {"large clouds": "rental_price_hyperscaler", "market places": "rental_price_marketplace", "specialised clouds": "rental_price_neocloud"}


def lives(ledger, firm):
    """Changes of the booked life of servers: day, old life, new life. Ranges of a table of classes are no life set."""
    rows = [row for row in ledger.printed(firm, "useful_life_servers") if row.low is None and row.high is None]
    set_on = {row.end: row.value for row in rows if row.n == 1}
    said_old = {row.end: row.value for row in rows if row.n > 1}
    out, former = [], None
    for end in sorted(set_on):
        old = said_old.get(end, former)
        if old != set_on[end] and (old is not None or former != set_on[end]):
            out.append((end, old, set_on[end]))
        former = set_on[end]
    return out


def booked(ledger, firm):
    return lives(ledger, firm)[-1][2]


def written_off(life, quarters):
    """The share of cost written off so many quarters after it was paid, in equal parts from the quarter after."""
    return min(Fraction(1), Fraction(max(quarters, 0)) / (4 * life))


def charge(paid, life):
    """The charge of the newest four quarters on what was paid, oldest first."""
    return sum(cost * (written_off(life, len(paid) - 1 - at) - written_off(life, len(paid) - 5 - at)) for at, cost in enumerate(paid))


def left(paid, life):
    return sum(cost * (1 - written_off(life, len(paid) - 1 - at)) for at, cost in enumerate(paid))


def spread_anew(paid, old, new):
    """By how much the next four quarters' charge falls if what is left is spread over what is left of the new life."""
    change = Fraction(0)
    for at, cost in enumerate(paid):
        age = len(paid) - 1 - at
        rest, remaining = cost * (1 - written_off(old, age)), 4 * new - age
        now = rest * min(Fraction(1), Fraction(4) / remaining) if remaining > 0 else rest
        change += cost * (written_off(old, age + 4) - written_off(old, age)) - now
    return change


def effects(ledger):
    """Changes with a filed effect on the whole first year: firm, day, old life, new life, effect and the end of the year."""
    out = []
    for firm in FIVE:
        for day, old, new in lives(ledger, firm):
            said = [(SIGNS[metric] * row.value, end) for metric in SIGNS for (start, end), row in ledger.observed(firm, metric).items()
                    if start and abs((start - day).days) <= 10 and 360 <= (end - start).days <= 371]  # fmt: skip
            if said and old is not None:
                out.append((firm, day, old, new, *said[0]))
    return out


def implied(ledger):
    """Those changes before which spending is known for long enough: firm, year, effect, and the share of spending that servers must have been."""
    out = []
    for firm, day, old, new, effect, end in effects(ledger):
        before = [one for _, one in sorted(ledger.capex(firm).items()) if one.end < day + 10 * DAY]
        count = math.ceil(4 * old) + 4
        if len(before) >= count:
            out.append((firm, end.year, effect, effect / spread_anew([one.value for one in before[-count:]], old, new)))
    return out


def fleets(ledger, until=None):
    """Firm: quarters of spending, oldest first, the booked life, and the newest implied share of servers."""
    longest = max(Fraction(str(ledger.parameters["lasts"])), *(booked(ledger, firm) for firm in FIVE))
    out = {}
    for firm in FIVE:
        paid = [one for name, one in sorted(ledger.capex(firm).items()) if not until or name <= until[firm]]
        share = [share for who, _, _, share in implied(ledger) if who == firm]
        out[firm] = ([one.value for one in paid[-(math.ceil(4 * longest) + 5):]], booked(ledger, firm), share[-1])
    return out


def more(ledger, until=None):
    """What the newest twelve months' charge would be higher by, did servers last as long as assumed."""
    real = Fraction(str(ledger.parameters["lasts"]))
    return {firm: share * (charge(paid, real) - charge(paid, life)) for firm, (paid, life, share) in fleets(ledger, until).items()}


def of_income(ledger):
    income = {firm: ledger.years(ledger.quarters(firm, "operating_income")) for firm in FIVE}
    last = {firm: max(series) for firm, series in income.items()}
    return {firm: value / income[firm][last[firm]].value for firm, value in more(ledger, last).items()}


def lasts(ledger):
    return Fraction(str(ledger.parameters["lasts"]))


def every_rent(ledger, metric):
    return [(end, row) for (_, end), row in sorted(ledger.observed("h100", metric).items(), key=lambda item: item[0][1])]


def rents(ledger, metric):
    """The rents that one collector saw, the one with most of them."""
    by = {}
    for end, row in every_rent(ledger, metric):
        by.setdefault(ledger.sources[row.source]["publisher"], []).append((end, row))
    return max(by.values(), key=len)


def pace(ledger, metric):
    """The yearly change of a price by least squares on its logarithm."""
    prices = rents(ledger, metric)
    years = [(end - prices[0][0]).days / 365.25 for end, _ in prices]
    logs = [math.log(row.value) for _, row in prices]
    middle, level = mean(years), mean(logs)
    return math.expm1(sum((x - middle) * (y - level) for x, y in zip(years, logs, strict=True)) / sum((x - middle) ** 2 for x in years))


@rule("08", r"Last complete quarter: (?P<quarter>\d{4}Q\d)\. Newest document: (?P<day>.+)\.")
def known(ledger, m):
    series = {firm: ledger.capex(firm) for firm in FIVE}
    yield "quarter", m["quarter"], max(set.intersection(*(set(one) for one in series.values())))
    days = [ledger.every[fact].published for one in series.values() for entry in one.values() for fact in entry.facts]
    days += [ledger.every[fact].published for firm in FIVE for entry in ledger.quarters(firm, "operating_income").values() for fact in entry.facts]
    family = [name for name, metric in ledger.metrics.items() if metric["family"] == "rental_price"]
    days += [row.published for metric in family for _, row in every_rent(ledger, metric)]
    yield "newest document", m["day"], long_date(max(day for day in days if day))


@rule("08", r"Servers are booked over (?P<least>[\d.]+) to (?P<most>[\d.]+) years \((?P<who>.+)\), after (?P<low>[\d.]+) to (?P<high>[\d.]+) years before the first changes\.")
def span(ledger, m):
    now, first = [booked(ledger, firm) for firm in FIVE], [lives(ledger, firm)[0][1] for firm in FIVE]
    yield "least", m["least"], min(now)
    yield "most", m["most"], max(now)
    yield "who", spelled(sorted(re.split(", | and ", m["who"]))), spelled(sorted(ledger.names[firm] for firm in FIVE))
    yield "low", m["low"], min(first)
    yield "high", m["high"], max(first)


@rule("08", r"If servers lasted (?P<lasts>[\d.]+) years, the charge on what (?P<who>.+) spent would be <total:USD> higher in the newest twelve months: from <low:PERCENT> of operating income at (?P<least>\w+) to "
            r"<high:PERCENT> of operating income at (?P<most>\w+)\. What was spent in those months alone makes it <later:USD> a year higher once all of it is in use\.")  # fmt: skip
def dearer(ledger, m):
    found, shares = more(ledger), of_income(ledger)
    yield "parameter lasts", m["lasts"], lasts(ledger)
    yield "who", m["who"], spelled(ledger.names[firm] for firm in sorted(found, key=lambda firm: -found[firm]))
    yield "total", m["total"], sum(found.values())
    yield "low", m["low"], min(shares.values())
    yield "least", m["least"], ledger.names[min(shares, key=shares.get)]
    yield "high", m["high"], max(shares.values())
    yield "most", m["most"], ledger.names[max(shares, key=shares.get)]
    yield "later", m["later"], sum(share * sum(paid[-4:]) * (1 / lasts(ledger) - 1 / life) for paid, life, share in fleets(ledger).values())


@rule("08", r"The doubt: how much of the spending is servers\. What firms said of the effect of their own changes fits, as that share, from <few:PERCENT> \((?P<one>\w+)\) to <many:PERCENT> \((?P<other>\w+)\)\.")
def servers(ledger, m):
    found = sorted(implied(ledger), key=lambda item: item[3])
    yield "few", m["few"], found[0][3]
    yield "one", m["one"], ledger.names[found[0][0]]
    yield "many", m["many"], found[-1][3]
    yield "other", m["other"], ledger.names[found[-1][0]]


@rule("08", r"(?P<count>\w+) firms now book most servers over more years than before")
def title_lives(ledger, m):
    yield "count", m["count"], sum(booked(ledger, firm) > lives(ledger, firm)[0][1] for firm in FIVE)


@rule("08", r"(?P<who>\w+) has since cut the life of a part of its servers, from (?P<old>[\d.]+) to (?P<new>[\d.]+) years from <when:MONTH>, which raised the charge of (?P<year>\d{4}) by <cost:USD>\.")
def cut_for_some(ledger, m):
    firm = ledger.ids[m["who"]]
    rows = ledger.printed(firm, "useful_life_server_subset")
    new, old = (next(row for row in rows if (row.n == 1) == first) for first in (True, False))
    effect = [row for (start, _), row in ledger.observed(firm, "depreciation_effect_of_life_change").items() if start == new.end and row.value > 0]
    yield "old", m["old"], old.value
    yield "new", m["new"], new.value
    yield "claim: cut, and no other firm did", m["who"], new.value < old.value and [one for one in FIVE if ledger.printed(one, "useful_life_server_subset")] == [firm]
    yield "when", m["when"], month(new.end)
    yield "year", m["year"], str(effect[0].end.year)
    yield "cost", m["cost"], effect[0].value


@rule("08", r"(?P<count>\w+) longer lives each lifted a year's profit, by up to <most:USD>")
def title_effects(ledger, m):
    found = [(old, new, effect) for _, _, old, new, effect, _ in effects(ledger)]
    yield "count", m["count"], len(found)
    yield "claim: longer, and each lifted", "each lifted", all(new > old and effect > 0 for old, new, effect in found)
    yield "most", m["most"], max(effect for *_, effect in found)


@rule("08", r"Servers are <few:PERCENT> to <many:PERCENT> of spending, the filings imply")
def title_servers(ledger, m):
    shares = [share for _, _, _, share in implied(ledger)]
    yield "few", m["few"], min(shares)
    yield "many", m["many"], max(shares)


@rule("08", r"Servers lasting (?P<lasts>[\d.]+) years would cost <count:COUNT> firms <total:USD> a year")
def title_cost(ledger, m):
    yield "parameter lasts", m["lasts"], lasts(ledger)
    yield "count", m["count"], len(more(ledger))
    yield "total", m["total"], sum(more(ledger).values())


@rule("08", r"At (?P<lasts>[\d.]+) years (?P<who>\w+) would lose <share:PERCENT> of operating income")
def title_income(ledger, m):
    yield "parameter lasts", m["lasts"], lasts(ledger)
    shares = of_income(ledger)
    yield "who", m["who"], ledger.names[max(shares, key=shares.get)]
    yield "share", m["share"], max(shares.values())


@rule("08", r"A cut to (?P<lasts>[\d.]+) years would take <total:USD> out of the books")
def title_books(ledger, m):
    yield "parameter lasts", m["lasts"], lasts(ledger)
    yield "total", m["total"], sum(share * (left(paid, life) - left(paid, lasts(ledger))) for paid, life, share in fleets(ledger).values())


@rule("08", r"(?P<fell>\w+) of <count:COUNT> rents of an older chip fell by <when:MONTH>")
def title_rents(ledger, m):
    series = [rents(ledger, metric) for metric in TIERS.values()]
    yield "fell", m["fell"], sum(prices[-1][1].value < prices[0][1].value for prices in series)
    yield "count", m["count"], len(series)
    yield "when", m["when"], month(max(prices[-1][0] for prices in series))


@rule("08", r"Over their whole spans the rents moved by (?P<paces>.+) a year \((?P<who>[^()]+\([^()]+\))\)\.")
def paces(ledger, m):
    for share, name in re.findall(r"(−?\d+%) \(([a-z ]+)\)", m["paces"]):
        yield name, share, Fraction(pace(ledger, TIERS[name]))
    yield "who", m["who"], spelled(sorted({ledger.sources[row.source]["publisher"] for metric in TIERS.values() for _, row in rents(ledger, metric)}))


@rule("08", r"Since then (?P<who>.+) has the rent of the same chip change by (?P<share>[+−]\d+%) in (?P<half>H[1-2]) (?P<year>\d{4})\. .*")
def since_then(ledger, m):
    (start, end), row = max(ledger.observed("h100", "rental_price_change").items(), key=lambda item: item[0][1])
    yield "who", m["who"], ledger.sources[row.source]["publisher"]
    yield "share", m["share"], row.value
    yield "half", m["half"], {(1, 6): "H1", (7, 12): "H2"}[start.month, end.month]
    yield "year", m["year"], str(end.year)


def outlasts(ledger, life, age):
    """What is left of a mix of chips, building and power after some years, as a share of cost."""
    weights = [Fraction(str(weight)) for weight in ledger.parameters["weights"]]
    ages = [life, *(Fraction(str(years)) for years in ledger.parameters["others"])]
    return sum(weight * max(Fraction(0), 1 - age / years) for weight, years in zip(weights, ages, strict=True))


@rule("08", r"<low:PERCENT> to <high:PERCENT> of a data centre's cost outlasts (?P<age>five) years")
def title_residual(ledger, m):
    left_of = [outlasts(ledger, life, 5) for life in (lasts(ledger), max(booked(ledger, firm) for firm in FIVE))]
    yield "low", m["low"], min(left_of)
    yield "high", m["high"], max(left_of)
    yield "parameter age", m["age"], 5


@rule("08", r"Against it stands the claim that chips lose most of their value within (?P<low>[\d.]+) to (?P<high>[\d.]+) years \((?P<who>.+)\)\. Even half in that time would be <least:PERCENT> to <most:PERCENT> a year\.")
def claim(ledger, m):
    row = next(row for (_, metric), rows in ledger.rows.items() if metric == "chip_value_loss_horizon" for row in rows)
    yield "years low", m["low"], row.low
    yield "years high", m["high"], row.high
    yield "who", m["who"], ledger.sources[row.source]["publisher"]
    yield "least", m["least"], Fraction(1 - 0.5 ** (1 / float(row.high)))
    yield "most", m["most"], Fraction(1 - 0.5 ** (1 / float(row.low)))
    yield "phrase: half", "half", True


@rule("08", r"- (?P<who>.+) setting a life nearer to (?P<lasts>[\d.]+) years for most of its servers would say the argument is right; first seen in the notes on estimates of a (?P<form>\d+-K)\.")
def nearer(ledger, m):
    yield "parameter lasts", m["lasts"], lasts(ledger)
    yield "phrase: a form", m["form"], True
    yield "who", spelled(sorted(re.split(", | or ", m["who"]))), spelled(sorted(ledger.names[firm] for firm in FIVE if booked(ledger, firm) > lasts(ledger)))


@rule("08", r"- (?P<who>\w+) has least room: operating income higher by <share:PERCENT> would cover the difference\. First seen in its next (?P<form>\d+-Q)\.")
def room(ledger, m):
    shares = of_income(ledger)
    yield "who", m["who"], ledger.names[max(shares, key=shares.get)]
    yield "share", m["share"], max(shares.values())
    yield "phrase: a form", m["form"], True


@rule("08", r"- A filing that divides capital spending into servers and the rest would replace the shares implied here\. The lowest is (?P<who>\w+)'s, <share:PERCENT>; at the highest, <top:PERCENT>, "
            r"it would lose <loss:PERCENT> of its operating income\. First seen in a (?P<form>\d+-K)\.")  # fmt: skip
def divided(ledger, m):
    found = sorted(implied(ledger), key=lambda item: item[3])
    firm, _, _, least = found[0]
    newest = [share for who, _, _, share in implied(ledger) if who == firm][-1]
    yield "who", m["who"], ledger.names[firm]
    yield "share", m["share"], least
    yield "top", m["top"], found[-1][3]
    yield "loss", m["loss"], of_income(ledger)[firm] / newest * found[-1][3]
    yield "phrase: a form", m["form"], True
