"""What each number of 03_what_the_clouds_earn is meant to be."""

import contextlib
import itertools
import re

from recompute_ledger import date, median, step
from recompute_rules import long_date, month, prose, published, quarter, rule, spelled

CLOUDS = ["amzn", "googl", "msft"]
SELLERS = [*CLOUDS, "orcl"]
POINTS = "azure_growth_points_from_ai"
COVERED = {"amzn": (["aws_backlog"], "aws_revenue"), "googl": (["google_cloud_backlog", "google_cloud_backlog_with_short_contracts"], "google_cloud_revenue"),
           "msft": (["commercial_remaining_performance_obligations"], "microsoft_cloud_revenue"), "orcl": (["remaining_performance_obligations"], "revenue")}  # fmt: skip
SINCE = date("2022-01-01")


def added(ledger, firm):
    """What a cloud added to the same quarter of the year before: as redrawn where that can be compared, as first drawn before."""
    newer = ledger.cloud(firm)
    last = newer[max(newer)].metric
    out = {name: value for name, value in ledger.change(newer).items() if newer[name].metric == last}
    older = ledger.change(ledger.cloud(firm, "original_segments"))
    return {name: value for name, value in older.items() if name < min(out)} | out


def together(ledger):
    each = [added(ledger, firm) for firm in CLOUDS]
    return {name: sum(one[name] for one in each) for name in set.intersection(*(set(one) for one in each))}


def prices(ledger, firm, lags=range(9)):
    """By lag: capital spending so many quarters before per dollar of revenue added on the year, in the newest eight quarters known at every lag."""
    sold, capex = ledger.cloud(firm), ledger.capex(firm)
    grown = {name: value for name, value in ledger.change(sold).items() if value > 0 and sold[name].metric == sold[max(sold)].metric}
    names = sorted(name for name in grown if all(step(name, -lag) in capex for lag in lags))[-8:]
    return {lag: {name: capex[step(name, -lag)].value / grown[name] for name in names} for lag in lags} if len(names) == 8 else {}


def margins(ledger, firm):
    sold = ledger.cloud(firm)
    return {name: one.value / sold[name].value for name, one in ledger.profit(firm).items() if name in sold}


def backlog(ledger, firm):
    """Years of the twelve months' revenue that is under contract, at each quarter's end, as filed or stated."""
    metrics, covered = COVERED[firm]
    revenue = {one.end: one.value for one in ledger.years(ledger.quarters(firm, covered)).values()}
    out = {}
    for metric in metrics:
        for (_, end), row in ledger.observed(firm, metric).items():
            if row.grade in ("filed", "stated") and end in revenue and end >= SINCE:
                out[end] = row.value / revenue[end]
    return out


def quarterly(ledger, metric):
    """What calls said of single quarters, with the range of its rounding, by calendar quarter."""
    out = {}
    for (start, end), row in ledger.observed("msft", metric).items():
        if start and 80 <= (end - start).days <= 100:
            reach = row.half * {"=": 1, "≈": 2}.get(row.relation, 0)  # "about" is taken as a whole unit, of a floor nothing is known
            out[f"{end.year}Q{end.month // 3}"] = (row.value, row.value - reach, row.value + reach)
    return out


def rates(ledger):
    """Azure's growth by quarter, the newer drawing where both were said, and which drawing it is."""
    older, newer = quarterly(ledger, "azure_growth_original"), quarterly(ledger, "azure_growth")
    return {name: (value, "newer" if name in newer else "older") for name, value in (older | newer).items()}


class Azure:
    """AI in Azure, rebuilt by quarter from what Microsoft said.

    Share of Azure after a year: (share before + points) / (1 + growth); a share as first drawn is lifted by the ratio of the first points as redrawn
    to the last as first drawn. Azure in dollars: the year stated, spread as its segment's quarters, and back by its growth.
    """

    def __init__(self, ledger):
        self.points, self.growth = quarterly(ledger, POINTS), rates(ledger)
        self.said = sorted(name for name in self.points if name in self.growth)
        self.old, self.new = ([name for name in self.said if self.growth[name][1] == which] for which in ("older", "newer"))
        self.year = next(row for row in ledger.printed("msft", "azure_revenue"))
        segment = {name: one.value for name, one in ledger.cloud("msft").items() if one.start >= self.year.start and one.end <= self.year.end}
        self.spread = {name: value / sum(segment.values()) for name, value in segment.items()}
        self.inputs = {("points", name): self.points[name] for name in self.said} | {("growth", name): value for name, (value, _) in self.growth.items()}
        reach = self.year.half * {"=": 1, "≈": 2}.get(self.year.relation, 0)
        self.inputs["year"] = (self.year.value, self.year.value - reach, self.year.value + reach)

    def level(self, name, at):
        """A quarter's revenue where each input stands at its middle (0), least (1) or most (2), and the inputs that it rests on."""
        used = set()

        def take(key):
            used.add(key)
            return self.inputs[key][at.get(key, 0)]

        def share(quarter):
            before = step(quarter, -4)
            was = 0
            if before in self.said:
                was = share(before) * (lift() if self.growth[before][1] != self.growth[quarter][1] else 1)
            return (was + take(("points", quarter)) / 100) / (1 + take(("growth", quarter)))

        def lift():
            return take(("points", self.new[0])) / take(("points", self.old[-1]))

        def dollars(quarter):
            return self.spread[quarter] * take("year") if quarter in self.spread else dollars(step(quarter, 4)) / (1 + take(("growth", step(quarter, 4))))

        return share(name) * (lift() if self.growth[name][1] == "older" else 1) * dollars(name), used

    def corners(self, work, names):
        """The least and most of what is worked from levels, every input at either end of its rounding."""
        used = sorted(set().union(*(self.level(name, {})[1] for name in names)), key=str)
        found = []
        for ends in itertools.product((1, 2), repeat=len(used)):
            at = dict(zip(used, ends, strict=True))
            found.append(work(*(self.level(name, at)[0] for name in names)))
        return min(found), max(found)


def azure(ledger):
    model, out = Azure(ledger), {}
    for name in model.said:
        with contextlib.suppress(KeyError):  # Azure in dollars reaches back only so far
            out[name] = model.level(name, {})[0]
    return out


def earned(ledger, firm, quarters=8):
    """By how much a year's operating profit rose in so many quarters per dollar by which property grew, by quarter."""
    profit = ledger.years(ledger.quarters(firm, "operating_income"))
    stock = {end: row.value for (_, end), row in ledger.observed(firm, "property_and_equipment").items()}
    held = {name: stock[one.end] for name, one in profit.items() if one.end in stock}
    return {name: (profit[name].value - profit[step(name, -quarters)].value) / (held[name] - held[step(name, -quarters)])
            for name in held if step(name, -quarters) in held and held[name] > held[step(name, -quarters)]}  # fmt: skip


@rule("03", r"Newest quarter known of all these clouds: (?P<quarter>\d{4}Q\d)\. Newest document: (?P<day>.+)\.")
def known(ledger, m):
    yield "quarter", m["quarter"], max(together(ledger))
    facts = frozenset().union(*(one.facts for firm in SELLERS for series in (ledger.cloud(firm), ledger.capex(firm)) for one in series.values()))
    yield "newest document", m["day"], long_date(published(ledger, facts))


@rule("03", r"In <when:QUARTER> the clouds of (?P<who>.+) took in <more:USD> more than in the same quarter a year before; in <before:QUARTER> it was <earlier:USD> more\.")
def took_in(ledger, m):
    total, name = together(ledger), quarter(m["when"])
    yield "when", m["when"], prose(max(total))
    yield "who", m["who"], spelled(ledger.names[firm] for firm in sorted(CLOUDS, key=lambda firm: -added(ledger, firm)[name]))
    yield "more", m["more"], total[name]
    yield "before", m["before"], prose(step(name, -4))
    yield "earlier", m["earlier"], total[quarter(m["before"])]


@rule("03", r"For each dollar so added on the year the whole firm had spent in the same quarter \(or, in brackets, four quarters earlier\): (?P<told>.+), medians of <n:COUNT> quarters\.")
def dollars(ledger, m):
    told = re.findall(r"(\w+) (\$[\d.]+) \((\$[\d.]+)\)", m["told"])
    yield "claim: each cloud with a profit line", spelled(name for name, _, _ in told), [name for name, _, _ in told] == [ledger.names[firm] for firm in CLOUDS]
    for name, now, before in told:
        lags = prices(ledger, ledger.ids[name])
        yield ledger.ids[name], now, median(lags[0].values())
        yield f"{name}, lag of four", before, median(lags[4].values())
    yield "n", m["n"], max(len(prices(ledger, firm)[0]) for firm in CLOUDS)


@rule("03", r"(?P<count>\w+) clouds added <more:USD> on the year in <when:QUARTER>")
def title_added(ledger, m):
    yield "count", m["count"], len(CLOUDS)
    yield "more", m["more"], together(ledger)[quarter(m["when"])]
    yield "when", m["when"], prose(max(together(ledger)))


@rule("03", r"(?P<count>\w+) clouds kept <low:PERCENT> to <high:PERCENT> of revenue, quarter to <when:MONTH>")
def title_kept(ledger, m):
    each = [margins(ledger, firm) for firm in CLOUDS]
    last = max(max(one) for one in each)
    values = [one[last] for one in each if last in one]
    yield "count", m["count"], len(values)
    yield "low", m["low"], min(values)
    yield "high", m["high"], max(values)
    yield "when", m["when"], month(ledger.cloud("amzn")[last].end)


@rule("03", r"- (?P<who>\w+), year to <when:MONTH>: a change in the booked life of servers (?P<moved>raised|lowered) the whole firm's operating income by <effect:USD>; were all of it the cloud's, up to (?P<points>\w+) points? of its margin\.")
def effects(ledger, m):
    firm = ledger.ids[m["who"]]
    found = []
    for metric, sign in (("depreciation_effect_of_life_change", -1), ("operating_income_effect_of_life_change", 1)):
        found += [(row, sign * row.value) for (start, end), row in ledger.observed(firm, metric).items()
                  if row.grade == "filed" and start and 360 <= (end - start).days <= 370 and month(end) == m["when"]]  # fmt: skip
    row, gain = found[0]
    revenue = next(one for one in ledger.years(ledger.cloud(firm)).values() if one.end == row.end)
    yield "claim: one such change", m["who"], len(found) == 1
    yield "moved", m["moved"], "raised" if gain > 0 else "lowered"
    yield "effect", m["effect"], abs(gain)
    yield "points", m["points"], abs(gain) / revenue.value * 100
    yield "when", m["when"], month(row.end)


@rule("03", r"(?P<who>\w+) had (?P<years>[\d.]+) years of revenue under contract in <when:QUARTER>")
def title_backlog(ledger, m):
    newest = {firm: max(backlog(ledger, firm).items()) for firm in SELLERS}
    firm = max(newest, key=lambda firm: newest[firm][1])
    yield "who", m["who"], ledger.names[firm]
    yield "years", m["years"], newest[firm][1]
    yield "when", m["when"], prose(next(name for name, one in ledger.quarters(firm, COVERED[firm][1]).items() if one.end == newest[firm][0]))


@rule("03", r"Of Microsoft's <whole:USD> in <when:MONTH>, about <share:PERCENT> was OpenAI's, as the firm said: some <openai:USD>\. Without it the backlog was (?P<years>[\d.]+) years of revenue\.")
def openai(ledger, m):
    (_, end), part = max(ledger.observed("msft", "openai_share_of_commercial_backlog").items(), key=lambda item: item[0][1])
    whole = ledger.at("msft", "commercial_remaining_performance_obligations", end).value
    revenue = next(one.value for one in ledger.years(ledger.quarters("msft", "microsoft_cloud_revenue")).values() if one.end == end)
    yield "whole", m["whole"], whole
    yield "when", m["when"], month(end)
    yield "share", m["share"], part.value
    yield "claim: about", "about", part.relation == "≈"
    yield "openai", m["openai"], whole * part.value
    yield "years", m["years"], whole * (1 - part.value) / revenue


def additions(ledger, metric, half=False):
    """Amazon's additions to property by calendar year, or those of half-years by the day they end."""
    return {end if half else end.year: row.value for (start, end), row in ledger.observed("amzn", metric).items()
            if start and (start.month, start.day) == (1, 1) and (end.month, end.day) == ((6, 30) if half else (12, 31))
            and start.year == end.year}  # fmt: skip


@rule("03", r"AWS took <share:PERCENT> of what Amazon added to property in (?P<year>\d{4})")
def title_own(ledger, m):
    part, whole = (additions(ledger, name) for name in ("aws_capital_additions", "total_capital_additions"))
    yield "year", m["year"], str(max(set(part) & set(whole)))
    yield "share", m["share"], part[int(m["year"])] / whole[int(m["year"])]


@rule("03", r"Since then Amazon has printed half a year: to <when:MONTH> AWS added <built:USD> of <all:USD>, <share:PERCENT>\.")
def half_year(ledger, m):
    part, whole = (additions(ledger, name, half=True) for name in ("aws_capital_additions", "total_capital_additions"))
    end = max(part)
    yield "when", m["when"], month(end)
    yield "built", m["built"], part[end]
    yield "all", m["all"], whole[end]
    yield "share", m["share"], part[end] / whole[end]
    yield "phrase: half a year", "half", True


@rule("03", r"- (?P<who>\w+): the ratio kept stillest (?:at a lag of <lag:COUNT> quarters|without a lag), and there its highest was (?P<spread>[\d.]+ times) its lowest of <n:COUNT> quarters\.")
def stillest(ledger, m):
    spreads = {lag: max(some.values()) / min(some.values()) for lag, some in prices(ledger, ledger.ids[m["who"]]).items()}
    lag = min(spreads, key=lambda lag: spreads[lag])
    yield "lag", m["lag"] or "without a lag", lag if m["lag"] else lag == 0
    yield "spread", m["spread"], spreads[lag]
    yield "n", m["n"], len(prices(ledger, ledger.ids[m["who"]])[0])


@rule("03", r"AI brought (?P<ai>\d+) of Azure's (?P<all>\d+) points of growth in <when:QUARTER>")
def title_points(ledger, m):
    points, growth = quarterly(ledger, POINTS), rates(ledger)
    last = max(set(points) & set(growth))
    yield "when", m["when"], prose(last)
    yield "ai", m["ai"], points[last][0]
    yield "all", m["all"], growth[last][0][0] * 100


@rule("03", r"Rebuilt from points, Azure's AI ran at about <pace:USD> in <when:QUARTER>")
def title_level(ledger, m):
    levels = azure(ledger)
    yield "when", m["when"], prose(max(levels))
    yield "pace", m["pace"], 4 * levels[max(levels)]


def on_the_year(ledger):
    levels = azure(ledger)
    return {name: value - levels.get(step(name, -4), 0) for name, value in levels.items()}


@rule("03", r"The points rose by less from time to time; the dollars that they stand for rose in every quarter, from <first:USD> more than a year before in <start:QUARTER> to <last:USD> in <end:QUARTER>\.")
def rising(ledger, m):
    more = on_the_year(ledger)
    names = sorted(more)
    yield "first", m["first"], more[names[0]]
    yield "start", m["start"], prose(names[0])
    yield "last", m["last"], more[names[-1]]
    yield "end", m["end"], prose(names[-1])
    yield "claim: rose in every quarter", m["start"], all(more[one] < more[other] for one, other in itertools.pairwise(names))


@rule("03", r"A check from outside: for <when:QUARTER> Microsoft said that Azure's AI services had grown by <said:PERCENT>; the rebuilt level grew by <made:PERCENT>, and at the widest, each rounding taken apart, by <low:PERCENT> to <high:PERCENT>\.")
def outside(ledger, m):
    levels, name = azure(ledger), quarter(m["when"])
    yield "said", m["said"], quarterly(ledger, "azure_ai_services_growth")[name][0]
    yield "made", m["made"], levels[name] / levels[step(name, -4)] - 1
    # both levels rest on the same points, redrawing and year of Azure; taken apart, each of the two is at its own end
    (least, most), (early, late) = (Azure(ledger).corners(lambda level: level, [one]) for one in (name, step(name, -4)))
    yield "low", m["low"], least / late - 1
    yield "high", m["high"], most / early - 1
    yield "when", m["when"], prose(name)


@rule("03", r"And for <when:MONTH> it said that the pace of all its AI, Copilots included, had passed <said:USD>; the part in Azure, rebuilt, was <made:USD>\.")
def passed(ledger, m):
    (_, end), row = next((key, row) for key, row in ledger.observed("msft", "microsoft_ai_run_rate").items() if month(key[1]) == m["when"])
    yield "said", m["said"], row.value
    yield "claim: passed", "passed", row.relation == "≥"
    yield "made", m["made"], 4 * azure(ledger)[f"{end.year}Q{end.month // 3}"]
    yield "when", m["when"], month(end)


@rule("03", r"Since then calls have given Azure's growth for <n:COUNT> more quarters and no points: the series ends in <when:QUARTER>\.")
def silent(ledger, m):
    last = max(quarterly(ledger, POINTS))
    yield "n", m["n"], sum(name > last for name in quarterly(ledger, "azure_growth"))
    yield "when", m["when"], prose(last)


@rule("03", r"By (?P<year>\d{4}) added property earned less than a year before")
def title_return(ledger, m):
    every = {firm: earned(ledger, firm) for firm in SELLERS}
    yield "year", m["year"], max(max(one) for one in every.values())[:4]
    yield "claim: less at each", m.string, all(one[max(one)] < one[step(max(one), -4)] for one in every.values())


@rule("03", r"(?P<who>\w+)'s net property is not in the ledger after <when:MONTH>, and its line ends there\.")
def ends_there(ledger, m):
    firm = ledger.ids[m["who"]]
    name = max(earned(ledger, firm))
    yield "when", m["when"], month(ledger.quarters(firm, "operating_income")[name].end)
    yield "claim: no property after it", m["who"], max(end for _, end in ledger.observed(firm, "property_and_equipment")) == ledger.quarters(firm, "operating_income")[name].end


@rule("03", r"- A quarter that adds less than the <more:USD> of <when:QUARTER> would be the first sign .* for the quarter after <again:QUARTER>\.")
def less(ledger, m):
    total = together(ledger)
    yield "more", m["more"], total[max(total)]
    yield "when", m["when"], prose(max(total))
    yield "again", m["again"], prose(max(total))


@rule("03", r"- (?P<who>\w+): below (?P<low>\$[\d.]+) a dollar without a lag, an added dollar would be cheaper than in any of the <n:COUNT> quarters compared here; first seen in its next quarterly report and earnings release\.")
def cheaper(ledger, m):
    dearest = max((firm for firm in SELLERS if prices(ledger, firm)), key=lambda firm: median(prices(ledger, firm)[0].values()))
    yield "who", m["who"], ledger.names[dearest]
    yield "low", m["low"], min(prices(ledger, dearest)[0].values())
    yield "n", m["n"], len(prices(ledger, dearest)[0])


@rule("03", r"- Points of AI on a call, which Microsoft last gave for <when:QUARTER>, would show whether its stated pace of more than <pace:USD> is Azure's or that of its other products\.")
def pace(ledger, m):
    row = max(ledger.observed("msft", "microsoft_ai_run_rate").items(), key=lambda item: item[0][1])[1]
    yield "when", m["when"], prose(max(quarterly(ledger, POINTS)))
    yield "pace", m["pace"], row.value
    yield "claim: more than", "more than", row.relation == "≥"


@rule("03", r"- (?P<who>\w+) is nearest to the turn: above (?P<value>\$[\d.]+) of added profit per dollar of property added in two years, it would earn more than a year before; .*")
def turn(ledger, m):
    before = {}
    for firm in SELLERS:
        every = {name: value for name, value in earned(ledger, firm).items() if ledger.quarters(firm, "operating_income")[name].end >= SINCE}
        if every and step(max(every), -4) in every:
            before[firm] = (every[step(max(every), -4)], every[step(max(every), -4)] - every[max(every)])
    firm = min((firm for firm in before if before[firm][1] > 0), key=lambda firm: before[firm][1])
    yield "who", m["who"], ledger.names[firm]
    yield "value", m["value"], before[firm][0]


@rule("03", r"What an added cloud dollar cost depends on the lag assumed")
def title_lags(ledger, m):
    ends = [(median(lags[0].values()), median(lags[8].values())) for firm in SELLERS if (lags := prices(ledger, firm))]
    yield "claim: half as much again without a lag, at each", m.string, all(now >= before * 3 / 2 for now, before in ends)
