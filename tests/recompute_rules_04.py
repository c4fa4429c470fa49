"""What each number of 04_spending_against_revenue is meant to be."""

import itertools
import math
import re
from fractions import Fraction

from recompute_ledger import DAY, date, label, month_end, step
from recompute_rules import FOUR, long_date, month, prose, published, quarter, rule, spelled
from recompute_rules_02 import guided

SELLERS = ["amzn", "googl", "msft"]


def total(series):
    """Quarters of firms together, where all of them are known on one definition throughout."""
    return {name: sum(one[name].value for one in series) for name in set.intersection(*(set(one) for one in series))}


def sums(quarters):
    return {name: sum(quarters[step(name, -back)] for back in range(4)) for name in quarters if all(step(name, -back) in quarters for back in range(4))}


def spent(ledger, firms=SELLERS):
    return sums(total([ledger.capex(firm) for firm in firms]))


def clouds(ledger):
    """Twelve months of the clouds together, each on the definition on which it is newest."""
    each = [ledger.years(ledger.cloud(firm)) for firm in SELLERS]
    each = [{name: one for name, one in years.items() if one.metric == years[max(years)].metric} for years in each]
    return total(each)


def added(ledger):
    taken = clouds(ledger)
    return {name: value - taken[step(name, -4)] for name, value in taken.items() if step(name, -4) in taken}


def end(name):
    """The last day of a calendar quarter."""
    return month_end(int(name[:4]), 3 * int(name[5]))


def annuity(capital, rate, years):
    return capital * rate / (1 - (1 + rate) ** -years)


def capital(ledger, firms=SELLERS, since="2023Q1"):
    return sum(value for name, value in total([ledger.capex(firm) for firm in firms]).items() if name >= since)


def measured(ledger):
    """What stands for the printed inputs of models now."""
    sold = ledger.quarters("nvda", "nvidia_data_center_revenue")
    every = total([ledger.capex(firm) for firm in FOUR])
    names = [name for name in every if name >= "2023Q1"]
    sofar = sum(every[name] for name in names)
    years, more = sums(every), added(ledger)
    return {
        "pace of chip sales": 4 * sold[max(sold)].value,
        "spending of a year": years[max(years)],
        "spending so far": sofar,
        "spending above the pace of 2022": sofar - years["2022Q4"] * len(names) / 4,
        "cloud revenue added in a year": more[max(more)],
    }, max(sold[max(sold)].end, end(max(every)))


def models(ledger):
    """Published models: answer printed, what their formulas give with what was printed, and with today's figures in the place of one input."""
    now, _ = measured(ledger)
    m = ledger.model
    out = {}

    def enter(name, author, answer, work, *inputs, stands=None):
        printed = [m(name, one) for one in inputs]
        newer = [now[stands], *printed[1:]] if stands else None
        out[author] = (m(name, answer) if answer else None, work(*printed) if work else None, work(*newer) if work and stands else None)

    enter("sequoia_2023", "Sequoia, September 2023", "required_lifetime_revenue", lambda gpus, energy, margin: gpus * (1 + energy) / (1 - margin),
          "gpu_run_rate_revenue", "energy_cost_per_gpu_dollar", "end_user_margin", stands="pace of chip sales")  # fmt: skip
    enter("sequoia_2024", "Sequoia, June 2024", "required_lifetime_revenue", lambda gpus, costs, margin: gpus * costs / (1 - margin),
          "nvidia_run_rate_revenue", "total_cost_multiple", "gross_margin", stands="pace of chip sales")  # fmt: skip
    enter("barclays_2024", "Barclays", None, lambda out, back: out / back, "cumulative_capital_spending", "incremental_cloud_revenue")
    enter("morgan_stanley_2025", "Morgan Stanley", "funding_gap", lambda hard, built, own: hard + built - own, "hardware_spending", "construction_spending", "own_cash")
    enter("kupperman_2025_08", "Kupperman", "required_revenue", lambda spent, life, margin: spent / life / margin,
          "capital_spending", "blended_life", "gross_margin", stands="spending of a year")  # fmt: skip
    enter("kupperman_2025_08", "Kupperman, return", "required_revenue_with_return", lambda spent, life, margin, rate: (spent / life + rate * spent) / margin,
          "capital_spending", "blended_life", "gross_margin", "return_on_capital", stands="spending of a year")  # fmt: skip
    enter("bain_2025", "Bain", "required_revenue", None, "annual_capital_spending")
    enter("kupperman_2025_10", "Kupperman, short lives", "required_revenue", lambda spent, life, margin: spent / life / margin,
          "capital_spending", "blended_life", "gross_margin", stands="spending of a year")  # fmt: skip
    enter("document_004", "Wenxuecity blog", "required_revenue", lambda spent, margin: spent / margin, "cumulative_capital_spending", "profit_margin", stands="spending so far")
    enter("jpmorgan_2025", "JPMorgan", "required_revenue", lambda invested, rate: invested * rate, "investment", "return_on_investment")
    return out


@rule("04", r"Newest twelve months known of all: (?P<quarter>\d{4}Q\d)\. Newest document: (?P<day>.+)\.")
def known(ledger, m):
    yield "quarter", m["quarter"], max(clouds(ledger))
    series = [*(ledger.capex(firm) for firm in FOUR), *(ledger.cloud(firm, basis) for firm in SELLERS for basis in ("current_segments", "original_segments"))]
    yield "newest document", m["day"], long_date(published(ledger, frozenset().union(*(one.facts for every in series for one in every.values()))))


@rule("04", r"In the twelve months to <when:MONTH> the firms that sell a cloud \((?P<who>.+)\) spent <out:USD> on property and equipment, and the clouds took in <back:USD>: "
            r"(?P<cost>\$[\d.]+) of building for each dollar of revenue, against (?P<before>\$[\d.]+) in the twelve months to <then:MONTH>, as far back as the same definitions reach\.")  # fmt: skip
def level(ledger, m):
    out, back = spent(ledger), clouds(ledger)
    last, first = max(back), min(name for name in back if name in out)
    yield "when", m["when"], month(end(last))
    order = sorted(SELLERS, key=lambda firm: -ledger.cloud(firm)[max(ledger.cloud(firm))].value)
    yield "who", m["who"], spelled(ledger.names[firm] for firm in order)
    yield "out", m["out"], out[last]
    yield "back", m["back"], back[last]
    yield "cost", m["cost"], out[last] / back[last]
    yield "before", m["before"], out[first] / back[first]
    yield "then", m["then"], month(end(first))


@rule("04", r"Not all spending has a cloud to show for it\. Of the <every:USD> that (?P<who>.+) spent in those months, <own:USD> \(<share:PERCENT>\) is by (?P<alone>\w+), which sells no cloud: .*")
def alone(ledger, m):
    years = {firm: ledger.years(ledger.capex(firm))[max(clouds(ledger))].value for firm in FOUR}
    own = years[ledger.ids[m["alone"]]]
    yield "every", m["every"], sum(years.values())
    yield "who", m["who"], spelled(ledger.names[firm] for firm in sorted(years, key=lambda firm: -years[firm]))
    yield "own", m["own"], own
    yield "share", m["share"], own / sum(years.values())
    yield "claim: sells no cloud", m["alone"], not ledger.cloud(ledger.ids[m["alone"]])


@rule("04", r"The doubt: .* In (?P<year>\d{4}) that was <built:USD>, leased and unpaid property included, (?P<cloud>\$[\d.]+) per dollar of AWS revenue; on all of Amazon's cash spending it would be (?P<all>\$[\d.]+)\.")
def doubt(ledger, m):
    name = f"{m['year']}Q4"
    built = ledger.observed("amzn", "aws_capital_additions")[date(f"{m['year']}-01-01"), date(f"{m['year']}-12-31")].value
    revenue = ledger.years(ledger.quarters("amzn", "aws_revenue"))[name].value
    yield "year", m["year"], str(max(stop.year for (begin, stop) in ledger.observed("amzn", "aws_capital_additions") if (stop - begin).days > 360))
    yield "built", m["built"], built
    yield "cloud", m["cloud"], built / revenue
    yield "all", m["all"], ledger.years(ledger.quarters("amzn", "capex_cash"))[name].value / revenue


@rule("04", r"Models that were published ask what revenue would pay\. The oldest, (?P<who>\w+) in <when:MONTH>, asked for <then:USD> over the life of what is bought; with the newest "
            r"pace of chip sales in its formula that is <now:USD>\. Newer figures raise the sums asked for by all of the <count:COUNT> that can be worked again; "
            r"the years of added revenue of Barclays went from (?P<before>[\d.]+) to (?P<after>[\d.]+)\.")  # fmt: skip
def oldest(ledger, m):
    printed, _, now = models(ledger)[f"{m['who']}, {m['when']}"]
    yield "then", m["then"], printed
    yield "now", m["now"], now
    again = [(before, after) for before, _, after in models(ledger).values() if after is not None and before is not None]
    yield "count", m["count"], len(again)
    yield "claim: all raised", "all", all(after > before for before, after in again)
    yield "when", m["when"], month(date(ledger.sources["sequoia-2023-09-20-200b-question"]["published"]))
    yield "oldest", "oldest", "oldest"
    figures = measured(ledger)[0]
    yield "before", m["before"], models(ledger)["Barclays"][1]
    yield "after", m["after"], figures["spending above the pace of 2022"] / figures["cloud revenue added in a year"]


@rule("04", r"In (?P<year>\d{4}) spending was (?P<fold>[\d.]+ times) what OpenAI took in")
def title_flows(ledger, m):
    revenue = ledger.observed("openai", "revenue")
    whole = [stop.year for begin, stop in revenue if begin and (begin.month, begin.day, stop.month, stop.day, stop.year) == (1, 1, 12, 31, begin.year)]
    years = spent(ledger, FOUR)
    year = max(year for year in whole if f"{year}Q4" in years)
    yield "year", m["year"], str(year)
    yield "fold", m["fold"], years[f"{year}Q4"] / revenue[date(f"{year}-01-01"), date(f"{year}-12-31")].value


@rule("04", r"By (?P<year>\d{4}) only (?P<who>\w+)'s cloud took in what the firm spent")
def title_panels(ledger, m):
    paid, last = [], None
    for firm in SELLERS:
        out, back = ledger.years(ledger.capex(firm)), ledger.years(ledger.cloud(firm))
        last = max(last or out[max(out)].end, out[max(out)].end)
        if out[max(back)].value <= back[max(back)].value:
            paid.append(ledger.names[firm])
    yield "who", m["who"], spelled(paid)
    yield "year", m["year"], str(last.year)


@rule("04", r"By <when:MONTH> cloud sellers spent (?P<cost>\$[\d.]+) per dollar taken in")
def title_cost(ledger, m):
    out, back = spent(ledger), clouds(ledger)
    yield "when", m["when"], month(end(max(back)))
    yield "cost", m["cost"], out[max(back)] / back[max(back)]


@rule("04", r"By <when:MONTH> each added cloud dollar came with (?P<cost>\$[\d.]+) spent")
def title_added(ledger, m):
    more = added(ledger)
    yield "when", m["when"], month(end(max(more)))
    yield "cost", m["cost"], spent(ledger)[max(more)] / more[max(more)]


@rule("04", r"Barclays in <month:MONTH> set <planned:USD> of spending on AI against <hoped:USD> of added cloud revenue a year: (?P<ratio>[\d.]+) years of it\. By <when:MONTH> what (?P<who>.+) spent above the pace of "
            r"the year before the boom had come to <out:USD>, and their clouds added <back:USD> in a year, for AI or not: (?P<now>[\d.]+) years\. That is (?P<more>[\d.]+ times) the spending and (?P<further>[\d.]+ times) the revenue; .*")  # fmt: skip
def barclays(ledger, m):
    planned, hoped = (ledger.model("barclays_2024", name) for name in ("cumulative_capital_spending", "incremental_cloud_revenue"))
    now, _ = measured(ledger)
    out, back = now["spending above the pace of 2022"], now["cloud revenue added in a year"]
    yield "month", m["month"], month(date(ledger.sources["marketwatch-2024-06-27-167-billion"]["published"]))
    yield "planned", m["planned"], planned
    yield "hoped", m["hoped"], hoped
    yield "ratio", m["ratio"], planned / hoped
    yield "when", m["when"], month(end(max(spent(ledger, FOUR))))
    yield "who", m["who"], spelled(ledger.names[firm] for firm in FOUR)
    yield "out", m["out"], out
    yield "back", m["back"], back
    yield "now", m["now"], out / back
    yield "more", m["more"], out / planned
    yield "further", m["further"], back / hoped


@rule("04", r"Of AI alone some of them state a pace: (?P<rates>.+)\. A pace is not a year's revenue, and what it holds they do not say\.")
def pace(ledger, m):
    for name, how, amount, when in re.findall(r"(\w+) (more than |about |)(\$[\d.]+bn) in ([A-Z]\w+ \d{4})", m["rates"]):
        metric = {"Amazon": "aws_ai_run_rate", "Microsoft": "microsoft_ai_run_rate"}[name]
        (_, stop), row = max(ledger.observed(ledger.ids[name], metric).items(), key=lambda item: item[0][1])
        yield name, amount, row.value
        yield f"when {name}", when, month(stop)
        yield f"claim: how {name} said it", how, {"more than ": "≥", "about ": "≈", "": "="}[how] == row.relation


def gained(ledger):
    """What the clouds added a year since the start: on the newest definition, the quarter from which that counts, and on the older one up to there."""
    taken, first = clouds(ledger), label(date(ledger.parameters["start"]), date(ledger.parameters["start"]))
    before = [name for name in taken if name < first]
    base = max(before) if before else min(taken)
    older = total([ledger.years(ledger.cloud(firm, "original_segments")) for firm in SELLERS])
    earlier = older[base] - older[step(first, -1)] if not before else 0
    return taken[max(taken)] - taken[base], base, earlier


def least_need(ledger):
    p = ledger.parameters
    return min(annuity(float(capital(ledger)), p["rate"], years) / share for years in p["horizons"] for share in p["margins"])


@rule("04", r"By <when:MONTH> added cloud revenue fell short in every case")
def title_heat(ledger, m):
    gain, _, earlier = gained(ledger)
    yield "claim: added less than the least cell", m.string.partition(" added ")[2], gain + earlier < least_need(ledger)
    yield "when", m["when"], month(end(max(total([ledger.capex(firm) for firm in SELLERS]))))


@rule("04", r"On the definition of that time the clouds had added <gain:USD> a year from <start:MONTH> to <then:MONTH>; with it the sum stays below the smallest need\.")
def before_redrawn(ledger, m):
    gain, base, earlier = gained(ledger)
    yield "gain", m["gain"], earlier
    yield "start", m["start"], month(date(ledger.parameters["start"]))
    yield "then", m["then"], month(end(base))
    yield "claim: the sum stays below", "stays below", gain + earlier < least_need(ledger)


@rule("04", r"On assumptions of <margin:PERCENT> margin, (?P<life>[\d.]+) years and <rate:PERCENT> a year, the <capital:USD> needs <need:USD> of revenue a year that would not have come without it\.")
def need(ledger, m):
    p = ledger.parameters
    yield "parameter margin", m["margin"], Fraction(str(p["margin"]))
    yield "parameter life", m["life"], Fraction(str(p["life"]))
    yield "parameter rate", m["rate"], Fraction(str(p["rate"]))
    yield "capital", m["capital"], capital(ledger)
    yield "need", m["need"], Fraction(annuity(float(capital(ledger)), p["rate"], p["life"]) / p["margin"])


def life(ledger, firm, until=None):
    """The newest booked life of servers of a firm, the longer end of a range."""
    rows = {stop: row for (_, stop), row in ledger.observed(firm, "useful_life_servers").items() if not until or stop <= until}
    row = rows[max(rows)]
    return row.high or row.value


@rule("04", r"The horizon should not exceed .* The longest life that the books of (?P<who>.+) give servers is (?P<years>[\d.]+) years: .*")
def longest(ledger, m):
    yield "who", spelled(sorted(re.split(", | and ", m["who"]))), spelled(sorted(ledger.names[firm] for firm in FOUR))
    yield "years", m["years"], max(life(ledger, firm) for firm in FOUR)


def layered(ledger, years):
    """What JPMorgan's return takes a year in Kupperman's layers: chips, power and cooling, building."""
    invested, rate = (float(ledger.model("jpmorgan_2025", name)) for name in ("investment", "return_on_investment"))
    shares = [float(ledger.model("kupperman_2025_08", name)) for name in ("share_of_chips", "share_of_infrastructure", "share_of_building", "life_of_building")]
    ages = (years, ledger.parameters["infrastructure_life"], shares[3])
    return sum(annuity(invested * share, rate, age) for share, age in zip(shares, ages, strict=False))


@rule("04", r"If chips last (?P<life>[\d.]+) years, JPMorgan's return takes <need:USD> a year")
def title_life(ledger, m):
    yield "parameter life", m["life"], Fraction(str(ledger.parameters["life"]))
    yield "need", m["need"], Fraction(layered(ledger, ledger.parameters["life"]))


@rule("04", r"At <rate:PERCENT> the <invested:USD> that JPMorgan expects to be invested, at the least, takes <ever:USD> a year if it lasts for ever, and <layered:USD> in layers with chips of (?P<life>[\d.]+) years\. "
            r"The <asked:USD> that JPMorgan printed is the annuity of a life of (?P<years>\d+) years, without any cost of running it\.")  # fmt: skip
def jpmorgan(ledger, m):
    invested, rate, asked = (ledger.model("jpmorgan_2025", name) for name in ("investment", "return_on_investment", "required_revenue"))
    yield "rate", m["rate"], rate
    yield "invested", m["invested"], invested
    yield "ever", m["ever"], invested * rate
    yield "layered", m["layered"], Fraction(layered(ledger, ledger.parameters["life"]))
    yield "parameter life", m["life"], Fraction(str(ledger.parameters["life"]))
    yield "asked", m["asked"], asked
    # A = K r / (1 - (1 + r)^-n) solved for n
    yield "years", m["years"], Fraction(-math.log(1 - float(rate * invested / asked)) / math.log(1 + float(rate)))


@rule("04", r"By <when:MONTH> all <count:COUNT> sums worked again had risen")
def title_models(ledger, m):
    every = {name: one for name, one in models(ledger).items() if name not in ("Barclays", "Morgan Stanley")}
    yield "when", m["when"], month(measured(ledger)[1])
    again = [(printed, now) for printed, _, now in every.values() if now is not None]
    yield "claim: all had risen", "all", all(now > printed for printed, now in again)
    yield "count", m["count"], len(again)


@rule("04", r"Of <count:COUNT> models known at this date <met:COUNT> give the published answer within its rounding when worked with the published inputs; JPMorgan does not \(.*\); "
            r"of Barclays there is nothing to compare \(.*\); of Bain there is nothing to compare \(.*\)\.")  # fmt: skip
def met(ledger, m):
    every = models(ledger)
    yield "count", m["count"], len(every)
    yield "met", m["met"], sum(printed is not None and made is not None and abs(made - printed) <= printed / 100 for printed, made, _ in every.values())
    yield "claim: JPMorgan does not", "JPMorgan does not", abs(every["JPMorgan"][1] - every["JPMorgan"][0]) > every["JPMorgan"][0] / 10
    yield "claim: nothing to compare", "of Barclays there is nothing to compare", every["Barclays"][0] is None and every["Bain"][1] is None


@rule("04", r"Capital explains most of what divides two published models")
def title_apart(ledger, m):
    """On one form, capital x costs x return / margin: the lowest is Sequoia's of 2023, the highest Kupperman's with a return."""
    k = {name: ledger.model("kupperman_2025_08", name) for name in ("capital_spending", "blended_life", "gross_margin", "return_on_capital")}
    s = {name: ledger.model("sequoia_2023", name) for name in ("gpu_run_rate_revenue", "energy_cost_per_gpu_dollar", "end_user_margin")}
    low = (s["gpu_run_rate_revenue"], 1 + s["energy_cost_per_gpu_dollar"], 1, 1 / (1 - s["end_user_margin"]))
    high = (k["capital_spending"], 1, 1 + k["return_on_capital"] * k["blended_life"], 1 / k["gross_margin"])
    added_by_capital = []
    for order in itertools.permutations(range(4)):
        before = [high[place] if order.index(place) < order.index(0) else low[place] for place in range(4)]
        added_by_capital.append(math.prod([high[0], *before[1:]]) - math.prod([low[0], *before[1:]]))
    share = Fraction(sum(added_by_capital)) / len(added_by_capital) / (math.prod(high) - math.prod(low))
    yield "claim: more than half is capital's", m.string, share > Fraction(1, 2)
    yield "two", "two", 2


@rule("04", r"In Morgan Stanley's plan own cash pays less than half")
def title_gap(ledger, m):
    yield "claim: less than half", "less than half", ledger.model("morgan_stanley_2025", "own_cash") * 2 < ledger.model("morgan_stanley_2025", "total_spending")


@rule("04", r"JPMorgan's sum over five years is more than <need:USD>; bonds, loans and securitized debt leave <gap:USD>, (?P<low>\d+%)–(?P<high>\d+%) of it, to private credit and governments\. "
            r"What is then left for the firms' own cash, <rest:USD>, is a difference and was not printed\.")  # fmt: skip
def funds(ledger, m):
    need, bonds, loans, packed, short = (
        ledger.model("jpmorgan_2025", name) for name in ("investment", "investment_grade_bonds", "leveraged_finance", "securitization_a_year", "funding_gap"))  # fmt: skip
    yield "need", m["need"], need
    yield "gap", m["gap"], short
    yield "low", m["low"], short / ledger.model("jpmorgan_2025", "investment", "high")
    yield "high", m["high"], short / ledger.model("jpmorgan_2025", "investment", "low")
    yield "rest", m["rest"], need - bonds - loans - 5 * packed - short
    yield "phrase: five years, to 2030", "five years", True


THRESHOLDS = {"accounts": ("50%", "75%"), "payback": ("6", "10"), "bubble": ("75%", "100%"), "determined": ("50%", "100%")}


@rule("04", r"- (?P<asked>.+\?) Measured by (?P<measure>.+): strained from (?P<strained>[\d%]+), alarming from (?P<alarming>[\d%]+)\. Why these: (?P<why>.+)\.")
def thresholds(ledger, m):
    which = next(name for name in THRESHOLDS if name in m["asked"] or (name == "payback" and "paid back" in m["asked"]))
    yield "parameter strained", m["strained"], THRESHOLDS[which][0]
    yield "parameter alarming", m["alarming"], THRESHOLDS[which][1]
    if which == "payback":
        servers, heavy, year = re.search(r"at most (\d+) years when (\d{4}) began, heavy equipment over (\d+)", m["why"]).group(1, 3, 2)
        when = date(f"{year}-01-31")
        yield "servers", f"at most {servers} years", max(life(ledger, firm, when) for firm in [*FOUR, "orcl"])
        # the life that the next change names as the old one
        old = [row for row in ledger.printed("amzn", "useful_life_heavy_equipment") if row.n == 2 and row.end > when]
        yield "heavy equipment", f"over {heavy}", min(old, key=lambda row: row.end).value
        yield "claim: no other firm longer", "heavy equipment", not any(firm != "amzn" for firm, metric in ledger.rows if metric == "useful_life_heavy_equipment")
        yield "phrase: when", year, True
    if which == "bubble":
        peak = max((row for row in ledger.printed("sp500", "forward_price_earnings") if row.end < date("2001-01-01")), key=lambda row: row.value)
        yield "claim: the high of 1999 to 2000", re.search(r"1999 to 2000", m["measure"])[0], peak.end.year in (1999, 2000)
        yield "phrase: a name", "S&P 500", True
    yield "phrase: word numbers of the rule", "half", True
    yield "phrase: word numbers of the rule", "four" if "four quarters" in m["measure"] else "three" if "three quarters" in m["why"] else None, True


def lights(ledger, name):
    """The four questions for a quarter as they stood when its reports were due, sixty days after it ended."""
    last = end(name)
    book = ledger.then(last + 60 * DAY)
    cash = sums(total([book.quarters(firm, "operating_cash_flow") for firm in FOUR]))
    found = {"accounts": spent(book, FOUR)[name] / cash[name], "payback": spent(book)[name] / added(book)[name] * 2}
    prices = {stop: row.value for (_, stop), row in book.observed("sp500", "forward_price_earnings").items()}
    fresh = [stop for stop in prices if stop > last - 183 * DAY]
    found["bubble"] = prices[max(fresh)] / max(value for stop, value in prices.items() if stop < date("2001-01-01")) if fresh else None
    groups, moved = {}, []
    for row in sorted(guided(book, FOUR), key=lambda row: (row.published or date("2100-01-01"), row.source)):
        if row.value is not None and row.n == 1:
            before = groups.get(key := (row.company, row.metric, row.start, row.end, row.scope))
            groups[key] = row
            due = last + 60 * DAY
            if before and row.value != before.value and due.replace(year=due.year - 1) < row.published <= due:
                moved.append(row.value > before.value)
    found["determination"] = Fraction(sum(moved), len(moved)) if len(moved) > 1 else None
    bounds = {"accounts": ("0.5", "0.75"), "payback": ("6", "10"), "bubble": ("0.75", "1"), "determination": ("0.5", "1")}
    states = {}
    for which, value in found.items():
        strained, alarming = (Fraction(bound) for bound in bounds[which])
        states[which] = "out" if value is None else "alarming" if value >= alarming else "strained" if value >= strained else "calm"
    return states


@rule("04", r"(?P<alarms>\w+) of four questions stood on alarm in <when:QUARTER>")
def title_lights(ledger, m):
    yield "alarms", m["alarms"], sum(state == "alarming" for state in lights(ledger, quarter(m["when"])).values())
    yield "when", m["when"], prose(max(spent(ledger, FOUR)))
    yield "four", "four", 4


@rule("04", r"In <when:QUARTER> the lights stood so: (?P<stood>.+)\.")
def stood(ledger, m):
    states = lights(ledger, quarter(m["when"]))
    told = []
    for state in ("alarming", "strained", "calm", "out"):
        if some := [f"the {which}" for which, one in states.items() if one == state]:
            told.append(f"{state} for {spelled(some)}")
    yield "stood", m["stood"], "; ".join(told)
    yield "when", m["when"], prose(max(spent(ledger, FOUR)))


@rule("04", r"- Another <spare:USD> of cloud revenue a year, at unchanged spending, would bring the cost of a dollar of cloud revenue to one\. First seen in the quarterly reports for the quarter after <when:QUARTER>\.")
def spare(ledger, m):
    last = max(clouds(ledger))
    yield "spare", m["spare"], spent(ledger)[last] - clouds(ledger)[last]
    yield "when", m["when"], prose(last)


@rule("04", r"- Added revenue of <double:USD> a year, at unchanged spending, would halve the multiple\. .*")
def double(ledger, m):
    more = added(ledger)
    yield "double", m["double"], 2 * more[max(more)]
