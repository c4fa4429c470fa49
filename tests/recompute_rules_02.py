"""What each number of 02_promised_and_delivered is meant to be."""

import math
import re
from fractions import Fraction
from typing import NamedTuple

from recompute_ledger import Row, date, mean, median, step
from recompute_rules import FIVE, FOUR, long_date, month, rule, spelled

SIX = ["amzn", "googl", "meta", "msft", "orcl", "tsla"]
MONTH_DAYS = Fraction(487, 16)  # 30.4375
NVIDIA = "nvidia_data_center_revenue"


class Statement(NamedTuple):
    """A figure given for a whole year, what it did to the one before, and what came."""

    row: Row
    step: str
    before: Fraction | None
    ahead: Fraction
    came: Fraction | None


def guided(ledger, firms, family="capex"):
    wanted = {name for name, metric in ledger.metrics.items() if metric["family"] == family or name == family}
    return [row for (firm, metric), rows in ledger.rows.items() for row in rows
            if row.table == "guidance" and firm in firms and metric in wanted and row.end >= date("2021-01-01")]  # fmt: skip


def covering(ledger, series, start, end):
    """The sum of the quarters that fill a period without a gap, and its rounding, each print once."""
    inside = [one for one in series.values() if one.start >= start and one.end <= end]
    days = sum((one.end - one.start).days + 1 for one in inside)
    if not inside or len({one.metric for one in inside}) > 1 or days != (end - start).days + 1:
        return None
    return sum(one.value for one in inside), sum(ledger.every[name].half for name in frozenset().union(*(one.facts for one in inside)))


def outcome(ledger, row):
    """What came, on the definition that was guided: printed, or the sum of quarters; of ways that agree the one with least rounding."""
    ways = []
    if found := ledger.observed(row.company, row.metric).get((row.start, row.end)):
        ways.append((found.value, found.half))
    series = [ledger.quarters(row.company, row.metric)]
    if row.metric == "capex_as_stated":
        series.append(ledger.capex(row.company, "as_stated"))
    ways += [covering(ledger, one, row.start, row.end) for one in series]
    if row.metric == "capex_as_stated" and any(ways):
        first = next(way for way in ways if way)
        made = [base["made_of"] for base in ledger.bases if (base["basis"], base["company"], base["metric"]) == ("as_stated", row.company, row.metric)]
        parts = re.findall(r"([+-]?) ?([a-z]\w*)", made[0]) if made else []
        sums = [(sign, covering(ledger, ledger.quarters(row.company, metric), row.start, row.end)) for sign, metric in parts]
        if sums and all(one for _, one in sums):
            value, half = sum(-one[0] if sign == "-" else one[0] for sign, one in sums), sum(one[1] for _, one in sums)
            if abs(value - first[0]) <= half + first[1]:
                ways.append((value, half))
    ways = [way for way in ways if way]
    return min(ways, key=lambda way: way[1])[0] if ways else None


def statements(ledger, firms=SIX):
    """Figures for whole years of a whole firm, oldest first, without what was repeated within a fortnight."""
    rows = [row for row in guided(ledger, firms) if row.value is not None and row.n == 1 and not row.scope and row.start and (row.end - row.start).days > 360]
    groups, out = {}, []
    for row in sorted(rows, key=lambda row: (row.company, row.end, row.start, row.published, row.source)):
        groups.setdefault((row.company, row.start, row.end), []).append(row)
    for group in groups.values():
        last, shown = {}, []
        for row in group:
            earlier = last.get(row.metric)
            last[row.metric] = row
            if earlier and earlier.value == row.value and (row.published - earlier.published).days <= 14:
                continue
            if earlier:
                what = "raised" if row.value > earlier.value else "cut" if row.value < earlier.value else "kept"
            elif row.metric == group[0].metric:
                what = "first"
            else:
                what = "beside" if max(one.published for one in group if one.metric == group[0].metric) >= row.published else "reclassified"
            shown.append(Statement(row, what, earlier.value if earlier else None, (row.end - row.published).days / MONTH_DAYS, outcome(ledger, row)))
        out += shown
    return out


def over(ledger):
    return [one for one in statements(ledger) if one.came is not None]


def firsts(found):
    out = {}
    for one in found:
        out.setdefault((one.row.company, one.row.end), one)
    return list(out.values())


def moves(ledger):
    return [(one, (one.row.value - one.before) / one.before) for one in statements(ledger) if one.step in ("raised", "cut", "kept")]


def year_ahead(ledger):
    return [one for one in over(ledger) if 9 <= one.ahead < 12]


def forecasts(ledger):
    family = {name for name, metric in ledger.metrics.items() if metric["family"] == "capital_spending_forecast"}
    return [row for (_, metric), rows in ledger.rows.items() if metric in family for row in rows if row.stance == "forward" and row.value is not None]


def quoted(row, rows):
    """Whether a document only quotes a figure as said before: a second one for the same, or one that its scope dates."""
    same = [one for one in rows if one[5:7] and (one.source, one.said_by, one.company, one.metric, one.start, one.end, one.scope)
            == (row.source, row.said_by, row.company, row.metric, row.start, row.end, row.scope)]  # fmt: skip
    return row.n > min(one.n for one in same) or bool(re.search(r"\bas of\b|\bearlier\b", row.scope))


def again(ledger):
    """First and last figure of forecasts of one author for the same years that were said again."""
    rows, groups, out = forecasts(ledger), {}, []
    for row in sorted((row for row in rows if row.published), key=lambda row: (row.published, row.source, row.n)):
        groups.setdefault((row.said_by, row.company, row.metric, row.start, row.end), {}).setdefault(row.source, []).append(row)
    for documents in groups.values():
        steps = []
        for document in documents.values():
            own = [row for row in document if not quoted(row, rows)][:1]
            if own and (not steps or steps[-1].scope in own[0].scope or own[0].scope in steps[-1].scope):
                steps += [row for row in document if quoted(row, rows)] + own
        if len({row.value for row in steps}) > 1:
            out.append((steps[0], steps[-1], steps[-1].value / steps[0].value - 1))
    return out


def five_firms(ledger, firms=FIVE):
    """Capital spending of firms together by quarter."""
    series = [ledger.capex(firm) for firm in firms]
    return {name: sum(one[name].value for one in series) for name in set.intersection(*(set(one) for one in series))}


def five_years(ledger):
    total = five_firms(ledger)
    return {name: sum(total[step(name, -back)] for back in range(4)) for name in total if all(step(name, -back) in total for back in range(4))}


def yearly(ledger):
    """Forecasts of levels with a printed start and end, of large cloud firms or the world, a year."""
    rows, out = forecasts(ledger), []
    for row in rows:
        whose = row.company.startswith("hyperscalers") or row.company == "world"
        counted = row.metric in ("ai_capital_spending", "ai_infrastructure_spending", "hyperscaler_capital_spending", "data_center_investment")
        if row.start and row.end and row.published and whose and counted and "incremental" not in row.scope and not quoted(row, rows):
            months = (row.end.year - row.start.year) * 12 + row.end.month - row.start.month + 1
            out.append((row, row.value * 12 / months))
    return out


def nvidia(ledger, known=True):
    out = []
    for row in guided(ledger, ["nvda"], "revenue"):
        if row.value is not None and row.n == 1 and row.start:
            came = outcome(ledger, row)
            if (came is not None) is known:
                out.append((row, came))
    return out


def correlation(one, other):
    a, b = mean(one), mean(other)
    return sum((x - a) * (y - b) for x, y in zip(one, other, strict=True)) / math.sqrt(sum((x - a) ** 2 for x in one) * sum((y - b) ** 2 for y in other))


def leads(ledger, quarters=1):
    """By lead: pairs of growth of Nvidia's sales and of its customers' spending later, what they are worth, and their correlation."""
    total = five_firms(ledger, FOUR)
    spent = {name: float(total[name] / total[step(name, -quarters)] - 1) for name in total if step(name, -quarters) in total}
    sales = {name: float(value) for name, value in ledger.growth(ledger.quarters("nvda", NVIDIA), quarters).items()}
    out = {}
    for lead in range(5):
        names = sorted(name for name in sales if step(name, lead) in spent)
        one, other = [sales[name] for name in names], [spent[step(name, lead)] for name in names]
        both = correlation(one[1:], one[:-1]) * correlation(other[1:], other[:-1])
        out[lead] = (len(names), min(len(names), len(names) * (1 - both) / (1 + both)), correlation(one, other))
    return out


def bar(worth):
    return math.tanh(1.959964 / math.sqrt(worth - 3))


@rule("02", r"(?P<said>\d+) statements by firms, (?P<words>\d+) of them in words only; (?P<others>\d+) figures in forecasts by others\.")
def statements_known(ledger, m):
    rows = guided(ledger, SIX)
    yield "statements", m["said"], len(rows)
    yield "in words", m["words"], sum(row.relation == "words" for row in rows)
    yield "forecasts", m["others"], len(forecasts(ledger))


@rule("02", r"Newest document: (?P<day>.+)\. Newest quarter of all five: (?P<quarter>\d{4}Q\d)\.")
def newest_known(ledger, m):
    rows = [*guided(ledger, SIX), *forecasts(ledger), *guided(ledger, ["nvda", "amd"], "revenue")]
    yield "newest document", m["day"], long_date(max(row.published for row in rows if row.published))
    yield "newest quarter", m["quarter"], max(five_firms(ledger))
    yield "five", "five", len(FIVE)


@rule("02", r"Of <count:COUNT> firm-years guided as a whole and over, <short:COUNT> ended above the first figure given\. In the middle they came in at <share:PERCENT> of it\.")
def guided_and_over(ledger, m):
    first = firsts(over(ledger))
    yield "count", m["count"], len(first)
    yield "short", m["short"], sum(one.came > one.row.value for one in first)
    yield "share", m["share"], median(one.came / one.row.value for one in first)


@rule("02", r"Of these, <floors:COUNT> had been given as a floor, which is kept by being passed\.")
def floors(ledger, m):
    yield "floors", m["floors"], sum(one.row.relation == "≥" for one in firsts(over(ledger)))


@rule("02", r"Not every revision went up: of <count:COUNT> further statements, <ups:COUNT> raised the figure before, <downs:COUNT> cut it and <kept:COUNT> left it\. "
            r"The mean was <mean:PERCENT> of the figure before, the middle one <middle:PERCENT>\.")  # fmt: skip
def revisions(ledger, m):
    moved = moves(ledger)
    yield "count", m["count"], len(moved)
    for name, what in (("ups", "raised"), ("downs", "cut"), ("kept", "kept")):
        yield name, m[name], sum(one.step == what for one, _ in moved)
    yield "mean", m["mean"], mean(share for _, share in moved)
    yield "middle", m["middle"], median(share for _, share in moved)
    yield "one", "one", 1


@rule("02", r"Without (?P<who>\w+) the mean would be <mean:PERCENT>\.")
def without(ledger, m):
    by = {}
    for one, share in moves(ledger):
        by.setdefault(one.row.company, []).append(share)
    most = max(by, key=lambda firm: mean(by[firm]))
    yield "who", m["who"], ledger.names[most]
    yield "mean", m["mean"], mean(share for firm, shares in by.items() if firm != most for share in shares)


@rule("02", r"Against what was said nine to twelve months before the end of a year, <middle:PERCENT> of it came in the middle, <mean:PERCENT> on average, <rest:PERCENT> without the largest miss \(<count:COUNT> statements of <firms:COUNT> firms\)\.")
def nine_months(ledger, m):
    found = year_ahead(ledger)
    yield "mean", m["mean"], mean(one.came / one.row.value for one in found)
    yield "middle", m["middle"], median(one.came / one.row.value for one in found)
    yield "rest", m["rest"], mean(sorted(one.came / one.row.value for one in found)[:-1])
    yield "count", m["count"], len(found)
    yield "firms", m["firms"], len({one.row.company for one in found})


@rule("02", r"Forecasters moved too: of <count:COUNT> forecasts said again, all went up, in the middle by <middle:PERCENT>\.")
def forecasters(ledger, m):
    found = again(ledger)
    yield "count", m["count"], len(found)
    yield "raised", "all", sum(change > 0 for _, _, change in found)
    yield "claim: all", "all went up", all(change > 0 for _, _, change in found)
    yield "middle", m["middle"], median(change for _, _, change in found)


def told(ledger, row):
    """A statement as it was said: about, more than, at most, or from one figure to another."""
    if row.low is not None and row.value == (row.low + row.high) / 2 and row.half == (row.high - row.low) / 2:
        return None, (row.low, row.high)
    return {"≈": "about ", "≥": "more than ", "≤": "at most "}.get(row.relation, ""), (row.value,)


def said_as(ledger, name, text, row):
    """The parts of a statement in a sentence against its row."""
    how, values = told(ledger, row)
    figures = re.findall(r"\$[\d,.]+bn", text)
    yield f"claim: {name} said so", text.split("$")[0], text.split("$")[0] == (how or "")
    for figure, value in zip(figures, values, strict=True):
        yield name, figure, value


@rule("02", r"Another definition, not a cut by itself: (?P<who>\w+) went from (?P<old>(?:about )?\$.*) to (?P<new>(?:about )?\$.*) for (?P<period>.+), the latter as .*\. The two are kept apart here\.")
def redefined(ledger, m):
    firm, year = ledger.ids[m["who"]], int(m["period"][-4:])
    of_year = [one for one in statements(ledger) if one.row.company == firm and one.row.end.year == year]
    new = next(one for one in of_year if one.step == "reclassified")
    old = [one for one in of_year if one.row.published < new.row.published][-1]
    yield from said_as(ledger, "old", m["old"], old.row)
    yield from said_as(ledger, "new", m["new"], new.row)
    calendar_year = (new.row.end.month, new.row.end.day) == (12, 31)
    yield "period", m["period"], f"{new.row.end.year}" if calendar_year else f"fiscal {new.row.end.year}"
    label = ledger.metrics[new.row.metric]["label"]
    yield "claim: what it is called", label, label in m.string


@rule("02", r"The doubt: <count:COUNT> firm-years of <firms:COUNT> firms that ended from <early:MONTH> to <late:MONTH> are few, <hasty:COUNT> of them guided less than three months before the end, .*")
def few(ledger, m):
    first = firsts(over(ledger))
    yield "count", m["count"], len(first)
    yield "firms", m["firms"], len({one.row.company for one in first})
    yield "early", m["early"], month(min(one.row.end for one in first))
    yield "late", m["late"], month(max(one.row.end for one in first))
    yield "hasty", m["hasty"], sum(one.ahead < 3 for one in first)


@rule("02", r"By (?P<year>\d{4}) guidance had been raised <up:COUNT> times and cut <down:COUNT> times")
def title_guidance(ledger, m):
    yield "up", m["up"], sum(one.step == "raised" for one, _ in moves(ledger))
    yield "down", m["down"], sum(one.step == "cut" for one, _ in moves(ledger))
    yield "year", m["year"], str(max(one.row.published for one in statements(ledger)).year)


@rule("02", r"In <short:COUNT> of <count:COUNT> firm-years spending passed the first figure")
def title_misses(ledger, m):
    first = firsts(over(ledger))
    yield "short", m["short"], sum(one.came > one.row.value for one in first)
    yield "count", m["count"], len(first)


@rule("02", r"Guidance was revised up by <mean:PERCENT> on average, <middle:PERCENT> in the middle")
def title_revisions(ledger, m):
    yield "mean", m["mean"], mean(share for _, share in moves(ledger))
    yield "middle", m["middle"], median(share for _, share in moves(ledger))


@rule("02", r"Nine to twelve months ahead, guidance was passed by <middle:PERCENT>")
def title_bias(ledger, m):
    yield "middle", m["middle"], median(one.came / one.row.value - 1 for one in year_ahead(ledger))


@rule("02", r"By <when:MONTH> spending had passed <passed:COUNT> of <count:COUNT> open forecasts")
def title_forecasts(ledger, m):
    years = five_years(ledger)
    last = max(years)
    end = max(ledger.capex(firm)[last].end for firm in FIVE if firm != "orcl")
    open_years = [value for row, value in yearly(ledger) if row.metric == "hyperscaler_capital_spending" and row.end > end]
    yield "when", m["when"], month(end)
    yield "passed", m["passed"], sum(value < years[last] for value in open_years)
    yield "count", m["count"], len(open_years)


@rule("02", r"On one day, (?P<who>.+) is quoted with <part:USD> for “(?P<whose>.+)” and with <whole:USD> for “(?P<all>.+)”: they cannot count the same thing\.")
def clash(ledger, m):
    rows = [row for row in forecasts(ledger) if row.said_by == m["who"]]
    part, whole = (next(row for row in rows if row.scope == m[name]) for name in ("whose", "all"))
    yield "part", m["part"], part.value
    yield "whole", m["whole"], whole.value
    yield "claim: one day", "one day", part.published == whole.published
    yield "phrase: quoted so", m["whose"], True


@rule("02", r"All <count:COUNT> forecasts that were said again had been raised")
def title_again(ledger, m):
    yield "count", m["count"], len(again(ledger))
    yield "claim: all raised", "All", all(change > 0 for _, _, change in again(ledger))


@rule("02", r"In all <count:COUNT> quarters to <when:MONTH> Nvidia passed its outlook")
def title_suppliers(ledger, m):
    yield "count", m["count"], len(nvidia(ledger))
    yield "when", m["when"], month(max(row.end for row, _ in nvidia(ledger)))
    yield "claim: all passed", "all", all(came > row.value for row, came in nvidia(ledger))


@rule("02", r"CoreWeave, which rents chips out, (?P<step>raised|cut) what it would spend in (?P<year>\d{4}) from (?P<old>\$.*) to (?P<new>\$.*)\.")
def coreweave(ledger, m):
    of_year = [one for one in statements(ledger, ["coreweave"]) if one.row.end.year == int(m["year"])]
    new = next(one for one in of_year if one.step == m["step"])
    old = [one for one in of_year if one.row.published < new.row.published][-1]
    yield from said_as(ledger, "old", m["old"], old.row)
    yield from said_as(ledger, "new", m["new"], new.row)
    yield "year", m["year"], str(new.row.end.year)


@rule("02", r"No lead of Nvidia's sales over its customers' capex shows")
def title_leads(ledger, m):
    yield "claim: no range leaves zero out", m.string, all(abs(value) < bar(worth) for _, worth, value in leads(ledger).values() if worth >= 8)


@rule("02", r"Growth on the year before is not used: <n:COUNT> quarters of it repeat each other so much that they are worth <worth:COUNT> independent ones\.")
def repeated(ledger, m):
    n, worth, _ = leads(ledger, 4)[0]
    yield "n", m["n"], n
    yield "worth", m["worth"], Fraction(worth)


@rule("02", r"- What was last said and is still to come: (?P<listed>.+)\. Less than that would first be seen in the reports for these years\.")
def to_come(ledger, m):
    every = statements(ledger)
    newest = max(one.row.published for one in every)
    found = {}
    for one in every:
        if one.came is None and one.row.end > newest:
            found.setdefault((one.row.end, ledger.names[one.row.company]), []).append(one)
    items = re.findall(r"(\w+) ((?:about |more than |at most )?\$[\d,.]+bn(?:–\$[\d,.]+bn)?) for ((?:fiscal )?\d{4})", m["listed"])
    yield "who", spelled(f"{name} {period}" for name, _, period in items), spelled(
        f"{name} {'' if (end.month, end.day) == (12, 31) else 'fiscal '}{end.year}" for end, name in sorted(found, key=lambda key: (key[0], ledger.ids[key[1]])))  # fmt: skip
    for name, text, period in items:
        of_year = next(some for (end, who), some in found.items() if who == name and str(end.year) == period[-4:])
        main = [one for one in of_year if one.step in ("first", "reclassified")][-1].row.metric
        yield from said_as(ledger, name, text, [one for one in of_year if one.row.metric == main][-1].row)
        yield f"period {name}", period, period


@rule("02", r"- Were <open:COUNT> firm-years still open to end below the first figure given, <below:COUNT> of <all:COUNT> would have, against <now:COUNT> of <judged:COUNT> so far\. .*")
def still_open(ledger, m):
    every = statements(ledger)
    first, waiting = firsts(over(ledger)), firsts([one for one in every if one.came is None])
    below = sum(one.came < one.row.value for one in first)
    yield "open", m["open"], len(waiting)
    yield "below", m["below"], below + len(waiting)
    yield "all", m["all"], len(first) + len(waiting)
    yield "now", m["now"], below
    yield "judged", m["judged"], len(first)


@rule("02", r"- Revenue of Nvidia below (?P<value>\$[\d.]+bn) in (?P<when>Q\d of fiscal \d{4}) would be below its outlook\. .*")
def outlook(ledger, m):
    row = max((row for row, _ in nvidia(ledger, known=False)), key=lambda row: row.end)
    year, place = ledger.fiscal("nvda", row.end)
    yield "value", m["value"], row.value
    yield "when", m["when"], f"Q{place} of fiscal {year}"


@rule("02", r"- With the <n:COUNT> quarters known, a correlation above (?P<bar>[\d.]+) would leave zero out; the highest is (?P<now>[\d.]+), at <lead:COUNT> quarters' distance\. .*")
def highest(ledger, m):
    lead, (n, worth, value) = max(leads(ledger).items(), key=lambda item: item[1][2])
    yield "n", m["n"], n
    yield "bar", m["bar"], Fraction(bar(worth))
    yield "now", m["now"], Fraction(value)
    yield "lead", m["lead"], lead
