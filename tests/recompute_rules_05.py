"""What each number of 05_advertising_and_devices is meant to be."""

import math
from fractions import Fraction

from recompute_ledger import date, mean, step
from recompute_rules import long_date, month, prose, quarter, rule
from recompute_rules_02 import guided

SOLD = {"meta": "meta_advertising_revenue", "googl": "google_advertising_revenue", "amzn": "amazon_advertising_revenue", "snap": "platform_revenue", "pins": "platform_revenue"}
OTHERS = ["amzn", "snap", "pins"]
SPENDERS = ["msft", "amzn", "googl", "meta", "aapl", "tsla"]
SHARE_THAT_GAINS = {  # surveys, and whether what is printed is those that gain or those that do not
    "pilots_without_measurable_effect": False, "firms_without_ai_value": False, "chiefs_without_ai_gain": False, "firms_without_ai_productivity_effect": False,
    "ai_initiatives_with_expected_return": True, "chiefs_with_ai_revenue_and_cost_gain": True, "firms_with_ai_profit_effect": True,
    "firms_with_ai_value_at_scale": True, "firms_with_large_ai_profit_effect": True, "firms_with_positive_ai_return": True}  # fmt: skip


def grown(ledger, firm):
    return ledger.growth(ledger.quarters(firm, SOLD[firm]))


def both(ledger):
    """The quarters for which the growth of Meta's and of Google's advertising is known."""
    return sorted(set(grown(ledger, "meta")) & set(grown(ledger, "googl")))


def said(ledger, company, metric):
    """What was printed of single quarters, by calendar quarter."""
    return {f"{end.year}Q{end.month // 3}": row.value for (start, end), row in ledger.observed(company, metric).items() if start and (end - start).days < 100}


def people(ledger):
    """Growth over a year of the people that Meta reaches on a day."""
    held = {}
    for (_, end), row in ledger.observed("meta", "meta_family_daily_active_people").items():
        held[f"{end.year}Q{end.month // 3}"] = row.value
    return {name: value / held[step(name, -4)] - 1 for name, value in held.items() if step(name, -4) in held}


def parts(ledger):
    """Meta's growth in logarithms, by quarter: people, ads for each of them, the price of an ad."""
    shown, price, more = said(ledger, "meta", "meta_ad_impressions_growth"), said(ledger, "meta", "meta_ad_price_growth"), people(ledger)
    logs = lambda rate: math.log(1 + float(rate))  # noqa: E731
    return {name: {"people": logs(more[name]), "ads": logs(shown[name]) - logs(more[name]), "price": logs(price[name])} for name in set(shown) & set(price) & set(more)}


def shares(ledger):
    """The parts of the newest four quarters, over their sum."""
    every = parts(ledger)
    names = sorted(every)[-4:]
    sums = {part: sum(every[name][part] for name in names) for part in ("people", "ads", "price")}
    return {part: Fraction(value) / Fraction(sum(sums.values())) for part, value in sums.items()}, names[-1]


def jumps(ledger):
    """Meta's growth less the mean of three other platforms: three quarters from a date on less the three before."""
    rates = {firm: grown(ledger, firm) for firm in ["meta", *OTHERS]}
    gap = {name: rates["meta"][name] - mean(rates[firm][name] for firm in OTHERS) for name in set.intersection(*(set(one) for one in rates.values()))}
    out = {}
    for name in gap:
        around = [step(name, places) for places in range(-3, 3)]
        if all(one in gap for one in around):
            out[name] = mean(gap[one] for one in around[3:]) - mean(gap[one] for one in around[:3])
    return out


def tested(ledger):
    """The first date from the launch on, and how many dates change as much."""
    every = jumps(ledger)
    launch = date(ledger.parameters["launch"])
    name = min(name for name in every if ledger.quarters("meta", SOLD["meta"])[name].end >= launch)
    return name, sum(abs(value) >= abs(every[name]) for value in every.values())


def surveys(ledger):
    """Shares of those who gain, lowest first."""
    found = []
    for metric, gains in SHARE_THAT_GAINS.items():
        first = min(ledger.observed("world", metric).items(), key=lambda item: item[0][1])[1]
        found.append(first.value if gains else 1 - first.value)
    return sorted(found)


def points(value):
    """A difference of shares in points, as a sentence says it."""
    return value * 100


@rule("05", r"(?P<documents>\d+) documents\. Newest: (?P<day>.+)\. Growth of Meta's and of Google's advertising both known up to: <when:QUARTER>\.")
def known(ledger, m):
    facts = frozenset().union(*(one.facts for firm, metric in SOLD.items() for one in ledger.quarters(firm, metric).values()))
    for metric in ("meta_ad_impressions_growth", "meta_ad_price_growth", "meta_family_daily_active_people", "meta_ai_ad_tools_run_rate"):
        facts |= {row.name for row in ledger.observed("meta", metric).values()}
    facts |= {min(ledger.observed("world", metric).items(), key=lambda item: item[0][1])[1].name for metric in SHARE_THAT_GAINS}
    facts = facts.union(*(one.facts for firm in SPENDERS for one in ledger.capex(firm).values()))
    sources = {ledger.every[name].source for name in facts}
    day = max(date(ledger.sources[name]["published"]) for name in sources if ledger.sources[name]["published"])
    newest = next(ledger.sources[name] for name in sources if ledger.sources[name]["published"] == day.isoformat())
    yield "documents", m["documents"], len(sources)
    yield "newest", m["day"], long_date(day) if newest["published_precision"] == "day" else month(day)
    yield "when", m["when"], prose(both(ledger)[-1])


@rule("05", r"In <when:QUARTER> the yearly growth of Meta's advertising was <one:PERCENT>, that of Google's <other:PERCENT>\.")
def growth(ledger, m):
    name = quarter(m["when"])
    yield "when", m["when"], prose(both(ledger)[-1])
    yield "one", m["one"], grown(ledger, "meta")[name]
    yield "other", m["other"], grown(ledger, "googl")[name]


@rule("05", r"Of Meta's growth in the four quarters to <last:QUARTER>, <people:PERCENT> was more people, <ads:PERCENT> more ads for each of them, and <price:PERCENT> a higher price of an ad\.")
def made_of(ledger, m):
    found, last = shares(ledger)
    yield "last", m["last"], prose(last)
    for part in ("people", "ads", "price"):
        yield part, m[part], found[part]


@rule("05", r"What is printed of AI is advertising that passes through a tool\. Meta put its pace at more than <tools:USD> a year for <when:MONTH>; beside the <total:USD> of advertising that it sold in the four quarters to <last:QUARTER>, that pace is <share:PERCENT>\. .*")
def tools(ledger, m):
    (_, end), row = max(ledger.observed("meta", "meta_ai_ad_tools_run_rate").items(), key=lambda item: item[0][1])
    years = ledger.years(ledger.quarters("meta", SOLD["meta"]))
    yield "tools", m["tools"], row.value
    yield "claim: more than", "more than", row.relation == "≥"
    yield "when", m["when"], month(end)
    yield "last", m["last"], prose(max(years))
    yield "total", m["total"], years[max(years)].value
    yield "share", m["share"], row.value / years[max(years)].value


@rule("05", r"The doubt: against Amazon, Snap and Pinterest, Meta's yearly growth changed by (?P<effect>−?[\d.]+) points from <when:QUARTER> on, the date that is tested\. Of the <count:COUNT> dates at which such a change can be measured, it is at least as large at <share:COUNT>, that date among them\.")
def doubt(ledger, m):
    name, larger = tested(ledger)
    yield "when", m["when"], prose(name)
    yield "points", m["effect"], points(jumps(ledger)[name])
    yield "effect", None, jumps(ledger)[name]
    yield "count", m["count"], len(jumps(ledger))
    yield "share", m["share"], larger


@rule("05", r"In <when:QUARTER> Meta's ads grew (?P<fold>[\d.]+ times) as fast as Google's")
def title_growth(ledger, m):
    name = both(ledger)[-1]
    yield "when", m["when"], prose(name)
    yield "fold", m["fold"], grown(ledger, "meta")[name] / grown(ledger, "googl")[name]


@rule("05", r"In <when:QUARTER> a low base lent Meta (?P<points>\d+) points of growth")
def title_base(ledger, m):
    sales = ledger.quarters("meta", SOLD["meta"])
    one, two = ledger.growth(sales), ledger.growth(sales, 8)
    lent = {name: float(one[name]) - (math.sqrt(1 + two[name]) - 1) for name in two if name in one}
    name = max(lent, key=lent.get)
    yield "when", m["when"], prose(name)
    yield "points", m["points"], Fraction(100 * lent[name])


@rule("05", r"A cause that is not AI: in (?P<year>\d{4}) advertisers in China brought <part:PERCENT> of Meta's revenue and (?P<lift>[\d.]+) points of its growth, as Meta said\.")
def china(ledger, m):
    (_, end), part = next(iter(ledger.observed("meta", "meta_revenue_share_from_china").items()))
    lift = ledger.observed("meta", "meta_growth_points_from_china")[part.start, part.end]
    yield "year", m["year"], str(end.year)
    yield "part", m["part"], part.value
    yield "lift", m["lift"], lift.value


@rule("05", r"More and dearer ads made <share:PERCENT> of Meta's growth to <when:QUARTER>")
def title_people(ledger, m):
    found, last = shares(ledger)
    yield "share", m["share"], found["ads"] + found["price"]
    yield "when", m["when"], prose(last)


@rule("05", r"Ads shown times price give the growth that Meta printed within the rounding of the three in every quarter for which all are printed\.")
def within(ledger, m):
    printed, shown, price = (said(ledger, "meta", name) for name in ("meta_advertising_growth", "meta_ad_impressions_growth", "meta_ad_price_growth"))
    half, fits = Fraction(1, 200), []
    for name in set(printed) & set(parts(ledger)):
        low, high = ((1 + shown[name] + reach) * (1 + price[name] + reach) - 1 for reach in (-half, half))
        fits.append(low - half <= printed[name] <= high + half)
    yield "claim: in every quarter", "in every quarter", bool(fits) and all(fits)
    yield "three", "three", 3


@rule("05", r"Search made <share:PERCENT> of Google's advertising growth in <when:QUARTER>")
def title_search(ledger, m):
    places = {name: ledger.change(ledger.quarters("googl", name)) for name in ("google_search_revenue", "youtube_advertising_revenue", "google_network_revenue")}
    name = max(set.intersection(*(set(one) for one in places.values())))
    yield "when", m["when"], prose(name)
    yield "share", m["share"], places["google_search_revenue"][name] / sum(one[name] for one in places.values())


@rule("05", r"For <when:QUARTER> Google printed <clicks:PERCENT> for paid clicks in search over a year and <cost:PERCENT> for the price of a click: <made:PERCENT> together\.")
def clicks(ledger, m):
    more, dear = (said(ledger, "googl", name) for name in ("google_paid_clicks_growth", "google_cost_per_click_growth"))
    name = max(more)
    yield "when", m["when"], prose(name)
    yield "clicks", m["clicks"], more[name]
    yield "cost", m["cost"], dear[name]
    yield "made", m["made"], (1 + more[name]) * (1 + dear[name]) - 1


@rule("05", r"At <as_large:COUNT> of <count:COUNT> other dates Meta's lead changed as much")
def title_placebo(ledger, m):
    _, larger = tested(ledger)
    yield "as_large", m["as_large"], larger - 1
    yield "count", m["count"], len(jumps(ledger)) - 1


@rule("05", r"The largest change, (?P<best>−?[\d.]+) points from <when:QUARTER> on, is one of <count:COUNT>: by chance alone some date must be the largest, so the smallest share that any date could show is <least:PERCENT>\. .*")
def best(ledger, m):
    every = jumps(ledger)
    name = max(every, key=lambda one: abs(every[one]))
    yield "points", m["best"], points(every[name])
    yield "best", None, every[name]
    yield "when", m["when"], prose(name)
    yield "phrase: of these", "one of", True
    yield "count", m["count"], len(every)
    yield "least", m["least"], Fraction(1, len(every))


@rule("05", r"From <low:PERCENT> to <high:PERCENT> gain from AI: it depends on the question")
def title_surveys(ledger, m):
    yield "low", m["low"], surveys(ledger)[0]
    yield "high", m["high"], surveys(ledger)[-1]


@rule("05", r"If <share:PERCENT> win, each must gain (?P<times>[\d.]+ times) its outlay")
def title_even(ledger, m):
    """All come out even where share x gain = (1 - share) x outlay."""
    low = surveys(ledger)[0]
    yield "share", m["share"], low
    yield "times", m["times"], (1 - low) / low


@rule("05", r"By (?P<year>\d{4}) Apple's spending stood still; <count:COUNT> others' multiplied")
def title_apple(ledger, m):
    index, last = {}, None
    for firm in SPENDERS:
        years = {name: one for name, one in ledger.years(ledger.capex(firm)).items() if one.end >= date(ledger.parameters["since"])}
        index[firm] = years[max(years)].value / years[min(years)].value
        last = max(last or years[max(years)].end, years[max(years)].end)
    yield "year", m["year"], str(last.year)
    yield "claim: Apple 0.7 to 1.4 times its start", "Apple's spending stood still", Fraction(7, 10) < index["aapl"] < Fraction(14, 10)
    yield "count", m["count"], sum(firm not in ("aapl", "tsla") for firm in index)
    yield "claim: the others twice or more, Tesla apart", "others' multiplied", min(value for firm, value in index.items() if firm not in ("aapl", "tsla")) >= 2


@rule("05", r"Tesla's plan for (?P<year>\d{4}) was more than <plan:USD> \(<said:MONTH>\); in the year before its cash-flow statement showed <before:USD>\. .*")
def tesla(ledger, m):
    plans = [row for row in guided(ledger, ["tsla"]) if row.value is not None and row.start and 360 < (row.end - row.start).days < 370]
    plan = max(plans, key=lambda row: (row.end, row.published))
    yield "year", m["year"], str(plan.end.year)
    yield "plan", m["plan"], plan.value
    yield "claim: more than", "more than", plan.relation == "≥"
    yield "said", m["said"], month(plan.published)
    yield "before", m["before"], ledger.years(ledger.capex("tsla"))[f"{plan.end.year - 1}Q4"].value


@rule("05", r"- Were Meta's yearly growth (?P<spare>[\d.]+) points lower, it would be Google's, .* for the quarter after <when:QUARTER>\.")
def spare(ledger, m):
    name = both(ledger)[-1]
    more = grown(ledger, "meta")[name] - grown(ledger, "googl")[name]
    yield "points", m["spare"], points(more)
    yield "spare", None, more
    yield "when", m["when"], prose(name)


@rule("05", r"- A test at one in twenty needs twenty dates, <missing:COUNT> more than there are, and a change at one of them that is larger than at all others\. With one report a quarter that takes (?P<years>[\d.]+) years\.")
def missing(ledger, m):
    yield "missing", m["missing"], 20 - len(jumps(ledger))
    yield "years", m["years"], Fraction(20 - len(jumps(ledger)), 4)
    yield "phrase: the usual test", "one in twenty", True
    yield "phrase: reports", "one report a quarter", True


@rule("05", r"- A survey that printed what winners gain, set against (?P<times>[\d.]+ times) their outlay \((?P<house>.+)\), would decide who earns\. The ledger holds none\.")
def winners(ledger, m):
    low = surveys(ledger)[0]
    yield "times", m["times"], (1 - low) / low


@rule("05", r"Apple and Tesla: no document in the ledger gives an amount of AI revenue\. .*")
def silent(ledger, m):
    asked = [name for name, metric in ledger.metrics.items() if metric["family"] in ("ai_run_rate", "ai_run_rate_parts", "ai_users")]
    yield "claim: no such row", m.string, not any(ledger.printed(firm, metric) for firm in ("aapl", "tsla") for metric in asked)
