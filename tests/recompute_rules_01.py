"""What each number of 01_who_is_spending is meant to be."""

import re
from fractions import Fraction

from recompute_ledger import DAY, date, step
from recompute_rules import EIGHT, ends_in, long_date, month, newest, prose, published, quarter, ratio, rule, spelled


def spent(ledger, firms=EIGHT):
    return {firm: ledger.years(ledger.capex(firm)) for firm in firms}


def flows(ledger, metric, firms=EIGHT):
    return {firm: ledger.years(ledger.quarters(firm, metric)) for firm in firms}


def cover(ledger, firms=EIGHT):
    cash = flows(ledger, "operating_cash_flow", firms)
    return {firm: ratio(years, cash[firm]) for firm, years in spent(ledger, firms).items()}


def left(ledger, firm):
    """The newest four quarters of cash from operations less those of capital spending, where both are of the same quarters."""
    cash, capex = (ledger.years(series) for series in (ledger.quarters(firm, "operating_cash_flow"), ledger.capex(firm)))
    name = max(cash, key=lambda name: cash[name].end)
    return (capex[name].end, cash[name].value - capex[name].value) if name in capex and name == max(capex) else None


def not_begun(ledger):
    """Leases signed and not begun: what was printed whole, or else the sum of the parts, at each firm's dates."""
    out = {}
    for firm in EIGHT:
        whole = {end: row.value for (_, end), row in ledger.observed(firm, "leases_not_begun").items()}
        parts = [name for name, metric in ledger.metrics.items() if metric["family"] == "lease_commitments" and name != "leases_not_begun"]
        apart = {name: {end: row.value for (_, end), row in ledger.observed(firm, name).items()} for name in parts}
        apart = {name: ends for name, ends in apart.items() if ends}
        for end in set().union(*apart.values()) - set(whole):
            if all(end in ends for ends in apart.values()):
                whole[end] = sum(ends[end] for ends in apart.values())
        if whole:
            out[firm] = whole
    newest_end = max(max(ends) for ends in out.values())
    return {firm: (max(ends), ends[max(ends)]) for firm, ends in out.items() if max(ends) >= newest_end - 400 * DAY}


def leased(ledger):
    """Finance leases over cash spending and leases together, four quarters, since 2019."""
    out = {}
    for firm in EIGHT:
        shares = ratio(ledger.years(ledger.quarters(firm, "finance_lease_additions")), ledger.years(ledger.capex(firm, "with_leases")))
        out[firm] = {name: one for name, one in shares.items() if one.end >= date("2019-01-01")}
    return out


@rule("01", r"Last quarter that all have reported: (?P<quarter>\d{4}Q\d)\. Newest document: (?P<day>.+)\.")
def known(ledger, m):
    series = {firm: ledger.capex(firm) for firm in EIGHT}
    yield "last complete quarter", m["quarter"], max(set.intersection(*(set(one) for one in series.values())))
    facts = frozenset().union(*(one.facts for every in series.values() for one in every.values()))
    facts = facts.union(*(one.facts for firm in EIGHT for name in ("revenue", "operating_cash_flow", "research_and_development") for one in ledger.quarters(firm, name).values()))
    yield "newest document", m["day"], long_date(published(ledger, facts))


@rule("01", r"The largest spender was (?P<who>\w+): <amount:USD> in the four quarters to <when:MONTH> \(cash paid\), <more:PERCENT> more than in the four before\.")
def largest(ledger, m):
    firm, year = ledger.ids[m["who"]], spent(ledger)
    one = ends_in(year[firm], m["when"])
    before = year[firm][step(next(name for name in year[firm] if year[firm][name] is one), -4)]
    yield "amount", m["amount"], one.value
    yield "more", m["more"], one.value / before.value - 1
    yield "claim: largest, and newest", m["who"] + " " + m["when"], (top := newest(year)[0])[0] == firm and top[2] is one
    yield "when", m["when"], month(one.end)


@rule("01", r"(?P<who>.+) together spent <amount:USD> in their newest four quarters, <share:PERCENT> of what the <count:COUNT> firms spent whose figures are this new; left out is (?P<absent>\w+)\.")
def together(ledger, m):
    firms = newest(spent(ledger))
    four, every = sum(one.value for _, _, one in firms[:4]), sum(one.value for _, _, one in firms)
    yield "who", m["who"], spelled(ledger.names[firm] for firm, _, _ in firms[:4])
    yield "amount", m["amount"], four
    yield "share", m["share"], four / every
    yield "count", m["count"], len(firms)
    yield "absent", m["absent"], spelled(ledger.names[firm] for firm in EIGHT if firm not in [name for name, _, _ in firms])


def above(series, limit=Fraction(1005, 1000)):
    return [(firm, one.value) for firm, _, one in newest(series) if one.value > limit]


@rule("01", r"Spending took more than all of the cash from operations at (?P<over>.+); a year before that was so at (?P<then>.+)\.")
def over(ledger, m):
    ratios = cover(ledger)
    last = max(one.end for _, _, one in newest(ratios))
    past = {firm: {name: one for name, one in series.items() if one.end <= last - 360 * DAY} for firm, series in ratios.items()}
    for group, expected in (("over", above(ratios)), ("then", above(past))):
        told = re.findall(r"(\w+) \((\d+%)\)", m[group])
        yield f"who {group}", spelled(name for name, _ in told), spelled(ledger.names[firm] for firm, _ in expected)
        for (name, share), (_, value) in zip(told, expected, strict=True):
            yield f"{group} {name}", share, value


@rule("01", r"The doubt: (?P<who>.+) had at their last count signed leases of about <total:USD> that have not begun and are in none of these figures, (?P<against>[\d.]+ times) what .*")
def doubt(ledger, m):
    signed, year = not_begun(ledger), spent(ledger)
    total = sum(value for _, value in signed.values())
    yield "who", m["who"], spelled(ledger.names[firm] for firm in sorted(signed, key=lambda firm: -signed[firm][1]))
    yield "total", m["total"], total
    yield "against", m["against"], total / sum(max(year[firm].values(), key=lambda one: one.end).value for firm in signed)


@rule("01", r"(?P<who>.+) spent more on research than on property: at (?P<firm>\w+) <research:USD> in the four quarters to <when:MONTH>, beside <property:USD> of property\.")
def research(ledger, m):
    studied, year = flows(ledger, "research_and_development"), spent(ledger)
    both = {firm: {name: one for name, one in series.items() if name in year[firm]} for firm, series in studied.items()}
    more = [(firm, name, one) for firm, name, one in newest(both, 400) if one.value > year[firm][name].value]
    firm, name, one = max(more, key=lambda item: item[2].value / year[item[0]][item[1]].value)
    yield "who", m["who"], spelled(ledger.names[firm] for firm, _, _ in more)
    yield "firm", m["firm"], ledger.names[firm]
    yield "when", m["when"], month(one.end)
    yield "research", m["research"], one.value
    yield "property", m["property"], year[firm][name].value


@rule("01", r"Four firms did <share:PERCENT> of what <count:COUNT> spent, year to <when:MONTH>")
def four_firms(ledger, m):
    firms = newest(spent(ledger))
    yield "share", m["share"], sum(one.value for _, _, one in firms[:4]) / sum(one.value for _, _, one in firms)
    yield "when", m["when"], month(firms[0][2].end)
    yield "count", m["count"], len(firms)
    yield "four", "Four", 4


@rule("01", r"Against the same quarter a year before, (?P<who>\w+)'s headline of <when:QUARTER> changed by <as_stated:PERCENT>, its cash spending by <cash:PERCENT> and the property it took on finance leases by <leases:PERCENT>\.")
def headline(ledger, m):
    firm, name = ledger.ids[m["who"]], quarter(m["when"])
    series = {"as_stated": ledger.capex(firm, "as_stated"), "cash": ledger.capex(firm), "leases": ledger.quarters(firm, "finance_lease_additions")}
    for key, one in series.items():
        yield key, m[key], ledger.growth(one)[name]
    yield "when", m["when"], prose(max(set(series["as_stated"]) & set(series["cash"])))


@rule("01", r"In <when:QUARTER> (?P<who>\w+)'s headline was <more:PERCENT> above cash spending")
def above_cash(ledger, m):
    firm = ledger.ids[m["who"]]
    stated, cash = ledger.capex(firm, "as_stated"), ledger.capex(firm)
    name = max(set(stated) & set(cash))
    yield "more", m["more"], stated[name].value / cash[name].value - 1
    yield "when", m["when"], prose(name)


@rule("01", r"By <when:MONTH> leases fell from <then:PERCENT> to <now:PERCENT> at (?P<who>\w+)")
def leases_then(ledger, m):
    shares = leased(ledger)
    own = shares[ledger.ids[m["who"]]]
    high, last = max(own.values(), key=lambda one: one.value), max(own.values(), key=lambda one: one.end)
    yield "claim: largest share of all", m["who"], newest(shares, 400)[0][0] == ledger.ids[m["who"]]
    yield "then", m["then"], high.value
    yield "now", m["now"], last.value
    yield "when", m["when"], month(last.end)


@rule("01", r"(?P<who>\w+) had signed <amount:USD> of leases not begun by <when:MONTH>")
def signed(ledger, m):
    firm, (end, value) = max(not_begun(ledger).items(), key=lambda item: item[1][1])
    yield "who", m["who"], ledger.names[firm]
    yield "amount", m["amount"], value
    yield "when", m["when"], month(end)


@rule("01", r"Cash spending on property was more than operations brought in by (?P<told>.+)\.")
def short(ledger, m):
    told = re.findall(r"(\$[\d,.]+bn) at (\w+) \(four quarters to ([A-Z]\w+ \d{4})\)", m["told"])
    missing = sorted(((firm, found) for firm in EIGHT if (found := left(ledger, firm)) and found[1] < 0), key=lambda item: item[1][1])
    yield "who", spelled(name for _, name, _ in told), spelled(ledger.names[firm] for firm, _ in missing)
    for (amount, name, when), (_, (end, value)) in zip(told, missing, strict=True):
        yield f"left over {name}", amount, -value
        yield f"when {name}", when, month(end)


@rule("01", r"(?P<who>\w+) has spent more than half since <when:QUARTER>\.")
def since_half(ledger, m):
    shares = cover(ledger)[ledger.ids[m["who"]]]
    name = max(shares, key=lambda name: shares[name].end)
    yield "claim: above half and below all now", "half", Fraction(1, 2) < shares[name].value <= 1
    while step(name, -1) in shares and (shares[step(name, -1)].value > Fraction(1, 2) or shares[step(name, -1)].value < 0):
        name = step(name, -1)
    yield "when", m["when"], prose(name)


@rule("01", r"(?P<who>.+) outspent their operating cash flow in (?P<year>\d{4})")
def outspent(ledger, m):
    ratios = cover(ledger)
    yield "who", m["who"], spelled(ledger.names[firm] for firm, _ in above(ratios))
    yield "year", m["year"], str(max(one.end for _, _, one in newest(ratios)).year)


def belt(ledger):
    """Costs other than depreciation by firm: share of revenue and dollars, newest fiscal year and three before."""
    out = {}
    for firm in EIGHT:
        taken, kept, worn = (ledger.fiscal_years(firm, name) for name in ("revenue", "operating_income", "depreciation"))
        costs = {year: (taken[year].value - kept[year].value - worn[year].value, taken[year]) for year in set(taken) & set(kept) & set(worn)}
        if costs and (last := max(costs)) - 3 in costs:
            out[firm] = [(costs[year][0] / costs[year][1].value, costs[year][0], costs[year][1].end) for year in (last, last - 3)]
    limit = max(pair[0][2] for pair in out.values()) - 400 * DAY
    return {firm: pair for firm, pair in out.items() if pair[0][2] >= limit}


@rule("01", r"Other costs took less of revenue at all <count:COUNT> firms")
def other_costs(ledger, m):
    pairs = belt(ledger)
    yield "count", m["count"], len(pairs)
    yield "claim: less at all of them", "all", all(now[0] < then[0] for now, then in pairs.values())


@rule("01", r"In dollars these costs (?P<fell>rose at every firm shown: their share fell where revenue grew faster)\.")
def in_dollars(ledger, m):
    yield "claim: rose at every firm", m["fell"], all(now[1] > then[1] for now, then in belt(ledger).values())


@rule("01", r"In fiscal (?P<year>\d{4}) (?P<who>\w+) bought (?P<dollars>\$[\d.]+) per dollar written off")
def renewal(ledger, m):
    bought = {}
    for firm in EIGHT:
        worn = ledger.fiscal_years(firm, "depreciation")
        metrics = [row["metric"] for row in sorted(ledger.bases, key=lambda row: row["stand_in"]) if (row["basis"], row["company"]) == ("cash", firm)]
        spent = {}
        for metric in metrics:
            spent = ledger.fiscal_years(firm, metric) | spent
        if years := set(spent) & set(worn):
            bought[firm] = (spent[max(years)].end, spent[max(years)].value / worn[max(years)].value)
    limit = max(end for end, _ in bought.values()) - 400 * DAY
    firm, (end, value) = max(((firm, one) for firm, one in bought.items() if one[0] >= limit), key=lambda item: item[1][1])
    yield "who", m["who"], ledger.names[firm]
    yield "year", m["year"], str(ledger.fiscal(firm, end)[0])
    yield "dollars", m["dollars"], value


@rule("01", r"Prices named for one (?P<chip>Nvidia H\d+) differed by a factor of (?P<factor>[\d.]+)")
def chips(ledger, m):
    prices = {}
    for (company, metric), rows in ledger.rows.items():
        if metric == "purchase_price":
            prices.setdefault(company, []).extend(row.value for row in rows if row.stance == "actual" and row.relation not in "≥≤")
        if metric == "chips_priced":
            sums = [one for (_, name), some in ledger.rows.items() if name == "chip_sum" for one in some]
            pairs = [(one, row) for row in rows for one in sums if (one.source, one.end) == (row.source, row.end)]
            prices.setdefault(company, []).extend(one.value * 1000 / row.value for one, row in pairs if not {one.relation, row.relation} & {"≥", "≤"})
    factors = {company: max(values) / min(values) for company, values in prices.items() if values}
    yield "chip", m["chip"], ledger.names[max(factors, key=factors.get)]
    yield "factor", m["factor"], max(factors.values())
    yield "one", "one", 1


@rule("01", r"- (?P<second>\w+) would be the largest spender with <gap:USD> more in four quarters, at unchanged spending of (?P<first>\w+); first seen in the reports for the quarter after <when:QUARTER>\.")
def gap(ledger, m):
    first, second = newest(spent(ledger))[:2]
    yield "first", m["first"], ledger.names[first[0]]
    yield "second", m["second"], ledger.names[second[0]]
    yield "gap", m["gap"], first[2].value - second[2].value
    yield "when", m["when"], prose(second[1])


@rule("01", r"- (?P<who>\w+) would spend all of its cash from operations with <more:USD> more in four quarters, at unchanged cash; .*")
def all_of_it(ledger, m):
    under = [(firm, one.value) for firm, _, one in newest(cover(ledger)) if 0 <= one.value <= 1]
    yield "who", m["who"], ledger.names[max(under, key=lambda item: item[1])[0]]
    yield "more", m["more"], left(ledger, ledger.ids[m["who"]])[1]


@rule("01", r"- (?P<who>\w+) would have to lease <needed:USD> in four quarters, at unchanged cash spending, for leases to be the part of it that they were in <when:QUARTER>; .*")
def to_lease(ledger, m):
    firm = ledger.ids[m["who"]]
    shares, cash = leased(ledger)[firm], ledger.years(ledger.capex(firm))
    high = max(shares, key=lambda name: shares[name].value)
    last = max(shares, key=lambda name: shares[name].end)
    # x leased of cash + x in all is the share: x = share / (1 - share) * cash
    yield "when", m["when"], prose(high)
    yield "needed", m["needed"], shares[high].value / (1 - shares[high].value) * cash[last].value
