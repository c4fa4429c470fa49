"""What each number of 06_openai is meant to be."""

import math
from fractions import Fraction

from recompute_ledger import date, mean
from recompute_rules import long_date, month, rule, spelled

LAB = "openai"


def years(ledger):
    """Revenue of whole calendar years, as reported."""
    return {end.year: row for (start, end), row in ledger.observed(LAB, "revenue").items() if start and (end - start).days > 360}


def at_dates(ledger, metric):
    return [(end, row) for (_, end), row in sorted(ledger.observed(LAB, metric).items(), key=lambda item: item[0][1])]


def losses(ledger):
    """What is called a loss of a year: by year, the figures under each name."""
    return {year: [row.value for row in rows] for year, rows in loss_rows(ledger).items()}


def loss_rows(ledger):
    out = {}
    for metric in (name for name, about in ledger.metrics.items() if about["family"] == "loss"):
        for (start, end), row in ledger.observed(LAB, metric).items():
            if start and (end - start).days > 360:
                out.setdefault(end.year, []).append(row)
    return out


def told_by(ledger, row):
    return ledger.sources[row.source]["publisher"], long_date(row.published)


def one(ledger, metric, end=None):
    rows = at_dates(ledger, metric)
    return next(row for day, row in rows if end is None or day == end)


def goal(ledger, year=None):
    """The plan for a year, or for the furthest that has a figure: of the best sources the newest."""
    plans = [row for row in ledger.printed(LAB, "revenue", "forward") if not row.said_by and row.start and 360 < (row.end - row.start).days < 370]
    last = max(row.end for row in plans if not year or row.end.year == year)
    grades = ["filed", "stated", "press", "estimate"]
    tiers = ["primary", "secondary", "unlocated", "vendor"]
    of_year = [row for row in plans if row.end == last]
    return min(of_year, key=lambda row: (grades.index(row.grade), tiers.index(row.tier), -(row.published or date("1970-01-01")).toordinal()))


def line(times, values):
    middle, level = mean(times), mean(values)
    slope = sum((x - middle) * (y - level) for x, y in zip(times, values, strict=True)) / sum((x - middle) ** 2 for x in times)
    return slope, level - slope * middle


def exponential(times, values):
    slope, level = line(times, [math.log(value) for value in values])
    return lambda time: math.exp(level + slope * time)


def s_curve(times, values):
    """K / (1 + e^-(a + bt)): for each capacity a line through ln(y / (K - y)); the capacity with the least squared error of ln y."""

    def fitted(excess):
        capacity = max(values) * (1 + math.exp(excess))
        slope, level = line(times, [math.log(value / (capacity - value)) for value in values])
        curve = lambda time: capacity / (1 + math.exp(min(700.0, -(level + slope * time))))  # noqa: E731
        return sum((math.log(curve(time) / value)) ** 2 for time, value in zip(times, values, strict=True)), curve

    grid = [math.log(1e-3) + step * math.log(1e6) / 600 for step in range(601)]
    best = min(grid, key=lambda excess: fitted(excess)[0])
    fine = [best + (step - 50) * math.log(1e6) / 600 / 50 for step in range(101)]
    return fitted(min((x for x in fine if grid[0] <= x <= grid[-1]), key=lambda excess: fitted(excess)[0]))[1]


def contest(ledger, metric):
    """At how many past dates the S-curve or the exponential would have missed what came within a year by less than 95% of the other's miss, at how
    many there is a test, and whether the S-curve did at more than one of the newest three."""
    rows = at_dates(ledger, metric)
    times = [(day - rows[0][0]).days / 365.25 for day, _ in rows]
    values = [float(row.value) for _, row in rows]
    verdicts = []
    for known in range(5, len(rows)):
        later = [(time, value) for time, value in zip(times[known:], values[known:], strict=True) if time - times[known - 1] <= 1]
        if later:
            misses = [mean(abs(math.log(curve(time) / value)) for time, value in later)
                      for curve in (fit(times[:known], values[:known]) for fit in (exponential, s_curve))]  # fmt: skip
            verdicts.append((misses[1] < 0.95 * misses[0], misses[0] < 0.95 * misses[1]))
    curved, straight = (sum(one[which] for one in verdicts) for which in (0, 1))
    return curved, straight, len(verdicts), sum(one for one, _ in verdicts[-3:]) > 1


def roads(ledger):
    """A month's revenue by several roads: around January 2024, and in the first half of 2025."""
    users, each = ({day: row.value for day, row in at_dates(ledger, metric)} for metric in ("monthly_users_panel", "revenue_per_monthly_user"))
    pace = {day: row.value for day, row in at_dates(ledger, "annualised_revenue")}
    api, share = (next(row.value for (start, end), row in ledger.observed(LAB, metric).items() if end == date("2025-03-31")) for metric in ("api_revenue", "api_share_of_revenue"))
    half = ledger.observed(LAB, "revenue")[date("2025-01-01"), date("2025-06-30")].value
    early = [users[date("2024-01-31")] * each[date("2024-01-31")] / 1000, pace[date("2023-12-31")] / 12]
    late = [users[date("2025-03-31")] * each[date("2025-04-30")] / 1000, pace[date("2025-06-09")] / 12, half / 6, api / share]
    return early, late


@rule("06", r"(?P<documents>\d+) documents\. Newest: (?P<day>.+)\.")
def known(ledger, m):
    metrics = ["revenue", "annualised_revenue", "weekly_users", "monthly_users_panel", "revenue_per_monthly_user", "api_share_of_revenue", "api_revenue"]
    metrics += [name for name, about in ledger.metrics.items() if about["family"] == "loss"]
    days = [row.published for metric in metrics for row in ledger.observed(LAB, metric).values() if row.published]
    metrics += ["consumer_share_of_revenue", "enterprise_share_of_revenue"]
    planned = {row.end.year for row in ledger.printed(LAB, "revenue", "forward") if not row.said_by}
    sources = {row.source for metric in metrics for row in ledger.observed(LAB, metric).values()} | {goal(ledger, year).source for year in planned}
    yield "documents", m["documents"], len(sources)
    yield "newest", m["day"], long_date(max(days))


@rule("06", r"The last year reported is (?P<year>\d{4}): <revenue:USD> of revenue, as (?P<who>.+) had it \((?P<day>.+)\)\.")
def last_year(ledger, m):
    year = max(years(ledger))
    yield "year", m["year"], str(year)
    yield "revenue", m["revenue"], years(ledger)[year].value
    yield "who", m["who"], told_by(ledger, years(ledger)[year])[0]
    yield "day", m["day"], told_by(ledger, years(ledger)[year])[1]


@rule("06", r"The newest run-rate, for <when:MONTH>, is about <pace:USD> a year, as (?P<who>.+) had it \((?P<day>.+)\)\. That is (?P<fold>[\d.]+ times) the revenue of (?P<year>\d{4})\. .*")
def run_rate(ledger, m):
    end, row = at_dates(ledger, "annualised_revenue")[-1]
    year = max(years(ledger))
    yield "when", m["when"], month(end)
    yield "pace", m["pace"], row.value
    yield "claim: about", "about", row.relation == "≈"
    yield "who", m["who"], told_by(ledger, row)[0]
    yield "day", m["day"], told_by(ledger, row)[1]
    yield "fold", m["fold"], row.value / years(ledger)[year].value
    yield "year", m["year"], str(year)


@rule("06", r"The doubt: for (?P<year>\d{4}) alone, its loss is reported under <count:COUNT> names by (?P<who>.+), from <low:USD> to <high:USD>\. They need not contradict one another; .*")
def doubt(ledger, m):
    found = losses(ledger)[int(m["year"])]
    yield "claim: the year with most names", m["year"], len(found) == max(len(some) for some in losses(ledger).values())
    yield "count", m["count"], len(found)
    yield "who", m["who"], spelled(sorted({ledger.sources[row.source]["publisher"] for row in loss_rows(ledger)[int(m["year"])]}))
    yield "low", m["low"], min(found)
    yield "high", m["high"], max(found)
    yield "phrase: a phrase", "one another", True


@rule("06", r"OpenAI's reported run-rate is (?P<fold>[\d.]+ times) that of a year before")
def title_pace(ledger, m):
    rows = at_dates(ledger, "annualised_revenue")
    end, newest = rows[-1]
    base = [row.value for day, row in rows if 11 <= round((end - day).days / 30.44) <= 13]
    yield "fold", m["fold"], newest.value / base[-1]


@rule("06", r"ChatGPT's weekly users went from (?P<first>\d+m) to (?P<last>[\d.]+bn)")
def title_users(ledger, m):
    rows = [row for day, row in at_dates(ledger, "weekly_users") if day >= date(ledger.parameters["since"])]
    yield "first", m["first"], rows[0].value
    yield "last", m["last"], rows[-1].value / 1000


@rule("06", r"ChatGPT's weekly users bend like an S-curve")
def title_curves(ledger, m):
    yield "claim: the S-curve missed clearly less at most of the newest three tests", m.string, contest(ledger, "weekly_users")[3]


@rule("06", r"Judged by what came within a year, the S-curve would have been the better forecast for weekly users at <wins:COUNT> of <tests:COUNT> past dates, the exponential at <other:COUNT>; "
            r"for the run-rate of revenue at <none:COUNT> of <dates:COUNT> past dates, the exponential at <every:COUNT>\. (?P<rest>At the other dates the two missed by the same, within a twentieth)\.")  # fmt: skip
def judged(ledger, m):
    users, money = (contest(ledger, metric) for metric in ("weekly_users", "annualised_revenue"))
    yield "wins", m["wins"], users[0]
    yield "other", m["other"], users[1]
    yield "tests", m["tests"], users[2]
    yield "none", m["none"], money[0]
    yield "every", m["every"], money[1]
    yield "dates", m["dates"], money[2]
    yield "phrase: the margin that the verdicts hold", m["rest"], True


@rule("06", r"(?P<count>\w+) roads to a month's revenue meet in (?P<year>\d{4})")
def title_roads(ledger, m):
    late = roads(ledger)[1]
    yield "count", m["count"], len(late)
    yield "year", m["year"], "2025"
    yield "claim: within a fifth", "meet", max(late) / min(late) < Fraction(12, 10)


@rule("06", r"In (?P<when>June 2025) the roads lie within <close:PERCENT> of each other, .*")
def close(ledger, m):
    late = roads(ledger)[1]
    yield "close", m["close"], max(late) / min(late) - 1
    yield "when", m["when"], "June 2025"


@rule("06", r"Around (?P<when>January 2024) they lie further apart: (?P<most>\$[\d.]+bn) a month against (?P<least>\$[\d.]+bn)\. .*")
def apart(ledger, m):
    early = roads(ledger)[0]
    yield "most", m["most"], max(early)
    yield "least", m["least"], min(early)
    yield "when", m["when"], month(date("2024-01-31"))


def grew(ledger):
    """Growth of users and of consumers' payments: by metric, share and months."""
    out = {}
    for name in ("monthly_users_growth_panel", "consumer_subscription_revenue_growth"):
        out[name] = [(end, row.value, round((end - start).days / 30.4)) for (start, end), row in sorted(ledger.observed(LAB, name).items(), key=lambda item: item[0][1])]
    return out["monthly_users_growth_panel"], out["consumer_subscription_revenue_growth"]


@rule("06", r"On one base, ChatGPT's users grew faster, not slower")
def title_base(ledger, m):
    users = [math.log(1 + value) / months for _, value, months in grew(ledger)[0]]
    yield "claim: a month's growth rose", "On one base", users[-1] > users[0]


@rule("06", r"Over (?P<year>\d{4}) payments grew <paid:PERCENT> and users <came:PERCENT>, so each user paid <each:PERCENT> more\. The same firm's revenue per user rose <rose:PERCENT> from <first:MONTH> to <last:MONTH>\. (?P<verdict>.+)\.")
def measures(ledger, m):
    (users, *_), (payments, *_) = grew(ledger)
    per_user = at_dates(ledger, "revenue_per_monthly_user")
    each, rose = (1 + payments[1]) / (1 + users[1]) - 1, per_user[-1][1].value / per_user[0][1].value - 1
    yield "year", m["year"], str(users[0].year)
    yield "paid", m["paid"], payments[1]
    yield "came", m["came"], users[1]
    yield "each", m["each"], each
    yield "rose", m["rose"], rose
    yield "first", m["first"], month(per_user[0][0])
    yield "last", m["last"], month(per_user[-1][0])
    yield "claim: they do not agree", m["verdict"], (abs(each - rose) > Fraction(1, 5)) == (m["verdict"] == "Measures that must agree do not")


def cannot(ledger):
    """A month of February as twelfth of its run-rate, one of May, and the quarter's revenue, if no month brings less than the one before."""
    february, may = (one(ledger, "annualised_revenue", date(day)).value / 12 for day in ("2026-02-28", "2026-05-26"))
    second = ledger.observed(LAB, "revenue")[date("2026-04-01"), date("2026-06-30")]
    most = second.value + second.half
    return february + may + may > most, february + max(february, 0) * 2 <= most and may + may <= most


@rule("06", r"Nor can all reports of its revenue be true, if (?P<phrase>no month brought less than the one before): the run-rate for (?P<february>February 2026), the revenue for (?P<quarter>Q2 2026) and the run-rate for (?P<may>May 2026) contradict each other\.")
def nor(ledger, m):
    for name, metric in (("february", "annualised_revenue"), ("may", "annualised_revenue"), ("quarter", "revenue")):
        yield f"claim: {name}, they cannot all be true, and any two can", m[name], all(cannot(ledger)) and bool(ledger.observed(LAB, metric))
    yield "phrase: the assumption", m["phrase"], True


@rule("06", r"(?P<count>\w+) reports on OpenAI's revenue cannot all be true")
def title_clash(ledger, m):
    yield "count", m["count"], 3
    yield "claim: they cannot, and any two can", "cannot all be true", all(cannot(ledger))


@rule("06", r"Not all reports can be true\. The smallest set that cannot is of <count:COUNT>: the run-rate for (?P<february>February 2026) \((?P<one>.+?)\), the revenue for (?P<quarter>Q2 2026) \((?P<two>.+?)\) "
            r"and the run-rate for (?P<may>May 2026) \((?P<three>.+?)\)\. Leave any one of it out, and the rest of it can be\. There are <every:COUNT> such sets in all\. .*")  # fmt: skip
def clash(ledger, m):
    rows = [one(ledger, "annualised_revenue", date("2026-02-28")), ledger.observed(LAB, "revenue")[date("2026-04-01"), date("2026-06-30")], one(ledger, "annualised_revenue", date("2026-05-26"))]
    for name, row in zip(("one", "two", "three"), rows, strict=True):
        yield name, m[name], told_by(ledger, row)[0]
    yield "count", m["count"], len(rows)
    yield "claim: they cannot, and any two can", "Leave any one of it out", all(cannot(ledger))
    for name, row in (("february", rows[0]), ("may", rows[2])):
        yield name, m[name], month(row.end)
    yield "quarter", m["quarter"], f"Q{rows[1].end.month // 3} {rows[1].end.year}"
    yield "sets in all", m["every"], None


@rule("06", r"OpenAI's loss for (?P<year>\d{4}): anything from <low:USD> to <high:USD>")
def title_losses(ledger, m):
    found = losses(ledger)[int(m["year"])]
    yield "year", m["year"], str(max(losses(ledger), key=lambda year: (len(losses(ledger)[year]), year)))
    yield "low", m["low"], min(found)
    yield "high", m["high"], max(found)


@rule("06", r"A user brought more than serving cost; research made the loss")
def title_user(ledger, m):
    year = (date("2025-01-01"), date("2025-12-31"))
    revenue, cost, research = (ledger.observed(LAB, name)[year].value for name in ("revenue", "cost_of_revenue", "research_and_development"))
    yield "claim: above its cost, and research above the rest", m.string, revenue > cost and research > revenue - cost


@rule("06", r"From <now:USD> in (?P<base>\d{4}) to more than <goal:USD>, a plan for (?P<year>\d{4}), takes more than <pace:PERCENT> more every year\.")
def plan(ledger, m):
    last, wanted = max(years(ledger)), goal(ledger)
    yield "now", m["now"], years(ledger)[last].value
    yield "base", m["base"], str(last)
    yield "goal", m["goal"], wanted.value
    yield "claim: more than", "more than", wanted.relation == "≥"
    yield "year", m["year"], str(wanted.end.year)
    yield "pace", m["pace"], Fraction(float(wanted.value / years(ledger)[last].value) ** (1 / (wanted.end.year - last)) - 1)


def prices(ledger):
    """OpenAI's prices of output tokens after the first: model and price, oldest first."""
    rows = at_dates(ledger, "price_output_tokens")[1:]
    with_names = []
    for _, row in rows:
        with_names.append((ledger.locators[row.name].removeprefix("row "), row.value))
    return with_names


@rule("06", r"From (?P<old>.+) to (?P<new>.+) the price fell by <fell:PERCENT>")
def title_prices(ledger, m):
    (old, dear), *_, (new, cheap) = prices(ledger)
    yield "old", m["old"], old
    yield "new", m["new"], new
    yield "fell", m["fell"], 1 - cheap / dear


@rule("06", r"Use is not revenue\. Tokens of one market place are said to have become (?P<times>[\d.]+) times as many in a year \((?P<who>.+?)\), a doubling every (?P<months>[\d.]+) months; over a price that went "
            r"from (?P<dear>\$[\d.]+) \((?P<old>.+)\) to (?P<cheap>\$[\d.]+) \((?P<new>.+)\) that would be (?P<worth>[\d.]+x) the revenue\.")  # fmt: skip
def tokens(ledger, m):
    (old, dear), *_, (new, cheap) = prices(ledger)
    row = next(row for (_, metric), rows in ledger.rows.items() if metric == "token_use_growth" for row in rows)
    yield "times", m["times"], row.value
    yield "who", m["who"], ledger.sources[row.source]["publisher"]
    yield "months", m["months"], Fraction(12 / math.log2(row.value))
    yield "dear", m["dear"], dear
    yield "old", m["old"], old
    yield "cheap", m["cheap"], cheap
    yield "new", m["new"], new
    yield "worth", m["worth"], row.value * cheap / dear
    yield "phrase: a phrase", "one market place", True


@rule("06", r"The plan for (?P<year>\d{4}) is (?P<fold>[\d.]+ times) the revenue of (?P<base>\d{4})")
def title_plan(ledger, m):
    last, wanted = max(years(ledger)), goal(ledger)
    yield "year", m["year"], str(wanted.end.year)
    yield "fold", m["fold"], wanted.value / years(ledger)[last].value
    yield "base", m["base"], str(last)


@rule("06", r"Plans for <up:COUNT> of <count:COUNT> years were raised over time")
def title_vintages(ledger, m):
    """Years planned more than once before they ended, and those of which the last plan is above the first."""
    told = {}
    for row in sorted(ledger.printed(LAB, "revenue", "forward"), key=lambda row: row.published or date("1970-01-01")):
        if row.start and (row.start.month, row.start.day, row.end.month, row.end.day) == (1, 1, 12, 31) and not row.said_by and row.published and row.published <= row.end:
            told.setdefault((row.start, row.end), []).append(row.value)
    again = [values for values in told.values() if len(values) > 1]
    yield "up", m["up"], sum(values[-1] > values[0] for values in again)
    yield "count", m["count"], len(again)


def mix(ledger):
    """Shares of revenue by report: publisher and date, the quarter before and its next month being one report."""
    rows = [(ledger.sources[row.source]["publisher"], end, row.value) for metric in ("consumer_share_of_revenue", "enterprise_share_of_revenue", "api_share_of_revenue")
            for end, row in at_dates(ledger, metric)]  # fmt: skip
    out = []
    for who, end, value in sorted(rows, key=lambda one: one[:2]):
        if out and out[-1][0] == who and (end - out[-1][1]).days <= 40:
            out[-1] = (who, end, out[-1][2] + value)
        else:
            out.append((who, end, value))
    return out


@rule("06", r"Consumers' part of revenue was put at <first:PERCENT>, then at <last:PERCENT>")
def title_mix(ledger, m):
    before, after = [row.value for _, row in at_dates(ledger, "consumer_share_of_revenue")][-2:]
    yield "first", m["first"], before
    yield "last", m["last"], after


@rule("06", r"The report of <when:MONTH> \((?P<who>.+?)\) leaves <blank:PERCENT> of revenue unexplained, that of <then:MONTH> \((?P<other>.+?)\) (?P<rest>nothing)\.")
def unexplained(ledger, m):
    least, most = (choose(mix(ledger), key=lambda one: one[2]) for choose in (min, max))
    for name, by, one in (("when", "who", least), ("then", "other", most)):
        yield name, m[name], month(one[1])
        yield by, m[by], one[0]
    yield "blank", m["blank"], 1 - least[2]
    yield "claim: nothing is left", m["rest"], max(Fraction(0), 1 - most[2]) <= Fraction(1, 200)
    yield "rest", None, max(Fraction(0), 1 - most[2])


@rule("06", r"Between its own counts at both ends of <when:QUARTER> the panel's users rose <counted:PERCENT>, beside a printed rate of <rate:PERCENT>: (?P<verdict>the rate is the quarter's)\. "
            r"Kept up for a year, that pace would be <yearly:PERCENT>\.")  # fmt: skip
def counted(ledger, m):
    (start, end), late = max(ledger.observed(LAB, "monthly_users_growth_panel").items(), key=lambda item: item[0][1])
    held = at_dates(ledger, "monthly_users_panel")
    ends = [min(held, key=lambda one: abs((one[0] - edge).days))[1].value for edge in (start, end)]
    yield "when", m["when"], f"Q{end.month // 3} {end.year}"
    yield "counted", m["counted"], ends[1] / ends[0] - 1
    yield "rate", m["rate"], late.value
    yield "claim: within a tenth", m["verdict"], abs(ends[1] / ends[0] - 1 - late.value) < Fraction(1, 10) and (end - start).days < 100
    yield "yearly", m["yearly"], (1 + late.value) ** 4 - 1


@rule("06", r"- A revenue of <when:QUARTER> below <low:USD> or above <high:USD> would contradict one more report\. First seen in the press, or in a registration statement \((?P<form>S-\d)\)\.")
def contradicts(ledger, m):
    last = at_dates(ledger, "annualised_revenue")[-1][0]
    yield "when", m["when"], f"Q{(last.month + 2) // 3} {last.year}"
    yield "low bound", m["low"], None
    yield "high bound", m["high"], None
    yield "phrase: a form", m["form"], True
    yield "phrase: a phrase", "one more report", True


@rule("06", r"- (?P<count>[\d.]+bn) weekly users a year after <when:MONTH> lie between what the two curves say: .*")
def between(ledger, m):
    rows = at_dates(ledger, "weekly_users")
    times = [(day - rows[0][0]).days / 365.25 for day, _ in rows]
    values = [float(row.value) for _, row in rows]
    middle = math.sqrt(exponential(times, values)(times[-1] + 1) * s_curve(times, values)(times[-1] + 1))
    yield "count in bn", m["count"], Fraction(middle / 1000)
    yield "when", m["when"], month(rows[-1][0])
    yield "phrase: the two curves", "the two curves", True


@rule("06", r"- Less than <plan:USD> in (?P<year>\d{4}) would fall short of the plan drawn for it\. .*")
def short_of(ledger, m):
    ahead = {row.end.year for row in ledger.printed(LAB, "revenue", "forward") if row.start and 360 < (row.end - row.start).days < 370 and row.end > ledger.newest}
    yield "year", m["year"], str(min(ahead))
    yield "plan", m["plan"], goal(ledger, min(ahead)).value
