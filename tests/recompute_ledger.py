"""The ledger read a second time, without the library: data/*.csv and exact fractions only.

Written from data/README.md, so that a fault of the library's arithmetic shows as a difference. Amounts are USD bn, shares are
shares (0.61), counts are millions, all as Fraction.
"""

import ast
import csv
import datetime
import functools
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TABLES = ["capex", "financials", "cloud", "ai_labs", "advertising", "ai_revenue", "guidance", "forecasts", "asset_lives", "market"]
GRADES = ["filed", "stated", "press", "estimate"]
TIERS = ["primary", "secondary", "unlocated", "vendor"]
RELATIONS = ["=", "≈", "≥", "≤", "words"]
SCALE = {"USD m": Fraction(1, 1000), "USD tn": 1000, "%": Fraction(1, 100), "count": Fraction(1, 10**6), "k": Fraction(1, 1000)}
SCALE |= {"bn": 1000, "tn": 10**6, "MW": Fraction(1, 1000), "months": Fraction(1, 12)}
UNDATED = datetime.date(1970, 1, 1)
DAY = datetime.timedelta(days=1)


class Row(NamedTuple):
    """A printed figure, in the units of the prose."""

    name: str
    table: str
    company: str
    metric: str
    start: datetime.date | None
    end: datetime.date | None
    value: Fraction | None
    low: Fraction | None
    high: Fraction | None
    half: Fraction
    relation: str
    unit: str
    stance: str
    grade: str
    tier: str
    source: str
    n: int
    published: datetime.date | None
    presentation: int
    said_by: str
    scope: str


class Quarter(NamedTuple):
    """A single quarter, printed or a difference of printed figures."""

    start: datetime.date
    end: datetime.date
    value: Fraction
    half: Fraction
    strength: int
    metric: str
    facts: frozenset


def date(text):
    return datetime.date.fromisoformat(text) if text else None


def month_end(year, month):
    return datetime.date(year + month // 12, month % 12 + 1, 1) - DAY


def nearest_month(day):
    """The year and month whose last day lies nearest: a year of 52 or 53 weeks ends near it."""
    before = day.replace(day=1) - DAY
    own = month_end(day.year, day.month)
    near = own if own - day <= day - before else before
    return near.year, near.month


def label(start, end):
    """The calendar quarter in which the middle of a period lies."""
    middle = start + (end - start) / 2
    return f"{middle.year}Q{(middle.month + 2) // 3}"


def step(name, quarters):
    """The quarter so many after a named one."""
    place = int(name[:4]) * 4 + int(name[5]) - 1 + quarters
    return f"{place // 4}Q{place % 4 + 1}"


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class Ledger:
    """All tables of a folder."""

    def __init__(self, folder=ROOT / "data", as_of=None):
        self.folder, self.parameters, self._then = folder, {}, {}
        folder = Path(folder)

        def table(name):
            with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))

        self.companies = {row["company"]: row for row in table("companies")}
        self.names = {row["company"]: row["name"] for row in table("companies")}
        self.ids = {row["name"]: row["company"] for row in table("companies")}
        self.metrics = {row["metric"]: row for row in table("metrics")}
        self.bases = table("bases")
        self.sources = {row["source"]: row for row in table("sources")}
        dated = {name: row for name, row in self.sources.items() if not as_of or (row["published"] and date(row["published"]) <= as_of)}
        self.newest = max(date(row["published"]) for row in dated.values() if row["published"])
        self.deals, self.models = ([raw for raw in table(name) if raw["source"] in dated] for name in ("deals", "models"))
        recast = {row["fact"]: int(row["presentation"]) for row in table("presentations")}
        self.rows, self.every, self.locators = {}, {}, {}
        for name in TABLES:
            for raw in table(name):
                row = self._row(name, raw, recast)
                if as_of and not (row.published and row.published <= as_of):
                    continue
                self.every[row.name], self.locators[row.name] = row, raw["locator"]
                self.rows.setdefault((row.company, row.metric), []).append(row)
        for name, key in (("deals", ("deal", "event_date")), ("models", ("model", "role", "name"))):
            for raw in getattr(self, name):
                full = f"{name}/" + "/".join(raw[part] for part in key) + "@" + raw["source"] + (f"#{raw['n']}" if raw["n"] != "1" else "")
                self.every[full] = raw
        self.quarters = functools.cache(self._quarters)

    def _row(self, table, raw, recast):
        name = f"{raw['company']}/{raw['metric']}/{raw['period_start']}..{raw['period_end']}@{raw['source']}" + (f"#{raw['n']}" if raw["n"] != "1" else "")
        scale = SCALE.get(raw["unit"], 1)
        low, high = (Fraction(raw[bound]) * scale if raw[bound] else None for bound in ("low", "high"))
        value = Fraction(raw["value"]) * scale if raw["value"] else None
        half = Fraction(1, 2) / 10 ** len(raw["value"].partition(".")[2]) * scale
        if value is None and low is not None and high is not None:
            value, half = (low + high) / 2, (high - low) / 2
        source = self.sources[raw["source"]]
        published, end = date(source["published"]), date(raw["period_end"])
        late = max(int((published - end).days // 365.25), 0) if published and end else 0
        return Row(name, table, raw["company"], raw["metric"], date(raw["period_start"]), end, value, low, high, half, raw["relation"], raw["unit"],
                   raw["stance"], raw["grade"], source["tier"], raw["source"], int(raw["n"]), published, recast.get(name, late), raw.get("said_by", ""),
                   raw.get("scope", ""))  # fmt: skip

    def best(self, rows):
        """The better print: stronger grade, better tier, later presentation, said and printed more exactly, newer."""
        return min(rows, key=lambda row: (GRADES.index(row.grade), TIERS.index(row.tier), -row.presentation, RELATIONS.index(row.relation), row.half,
                                          -(row.published or UNDATED).toordinal(), row.source, row.n))  # fmt: skip

    def printed(self, company, metric, stance="actual"):
        return [row for row in self.rows.get((company, metric), []) if row.stance == stance and row.value is not None]

    def observed(self, company, metric):
        """The best print of every period, by its dates."""
        periods = {}
        for row in self.printed(company, metric):
            periods.setdefault((row.start, row.end), []).append(row)
        return {period: self.best(rows) for period, rows in periods.items()}

    def at(self, company, metric, end):
        """The best print of a stock at a date."""
        return self.observed(company, metric)[None, end]

    def then(self, day):
        """The ledger as it was known on a day."""
        if day not in self._then:
            self._then[day] = Ledger(self.folder, day)
        return self._then[day]

    def model(self, model, name, what="value"):
        """What was printed of a published model; the middle where a range was, or an end of it."""
        raw = next(row for row in self.models if (row["model"], row["name"], row["n"]) == (model, name, "1"))
        scale = SCALE.get(raw["unit"], 1)
        scale = {"USD tn": 1000, "USD m": Fraction(1, 1000), "%": Fraction(1, 100)}.get(raw["unit"], scale)
        if what != "value":
            return Fraction(raw[what]) * scale
        return Fraction(raw["value"]) * scale if raw["value"] else (Fraction(raw["low"]) + Fraction(raw["high"])) / 2 * scale

    def last_month(self, company):
        return int(self.companies[company]["fiscal_year_end"][:2] or 12)

    def fiscal(self, company, day):
        """The fiscal year and its quarter in which a day lies."""
        year, month = nearest_month(day)
        last = self.last_month(company)
        return year + (month > last), ((month - last - 1) % 12) // 3 + 1

    def _quarters(self, company, metric):
        """Single quarters of a metric by calendar quarter, from prints of three, six, nine and twelve months."""
        years = {}
        for row in self.printed(company, metric):
            if row.start is None or (row.value is not None and self._ranged(row)):
                continue
            days = (row.end - row.start).days + 1
            span = round(days / 91.3125)
            if not 1 <= span <= 4 or abs(days - span * 91.3125) > 12 or (span > 1 and row.relation in "≥≤"):
                continue
            year, place = self.fiscal(company, row.end)
            if span in (1, place):
                years.setdefault(year, {}).setdefault(row.presentation, {}).setdefault((place - span, place), []).append(row)
        out = {}
        for presentations in years.values():
            solved = {p: self._solve({span: self.best(rows) for span, rows in prints.items()}) for p, prints in presentations.items()}
            first = max(solved, key=lambda p: (len(solved[p]), p))
            chosen = dict(solved[first])
            spans = {}
            for prints in presentations.values():
                for span, rows in prints.items():
                    spans.setdefault(span, []).extend(rows)
            agreed = all(max(r.value - r.half for r in rows) <= min(r.value + r.half for r in rows) for rows in spans.values())
            for p in sorted(solved, reverse=True):
                for place, found in solved[p].items():
                    if place not in chosen and agreed:
                        chosen[place] = found
            for start, end, value, half, strength, facts in chosen.values():
                out[label(start, end)] = Quarter(start, end, value, half, strength, metric, frozenset(facts))
        for name, made in self._made(company, metric).items():
            if name not in out or (made.strength, made.half) < (out[name].strength, out[name].half):
                out[name] = made
        return out

    def _ranged(self, row):
        return row.low is not None and row.value == (row.low + row.high) / 2 and row.half == (row.high - row.low) / 2

    def _made(self, company, metric):
        """Quarters of what metrics.csv defines as a sum of other metrics, where all of these are known."""
        parts = re.findall(r"([+-]?) ?([a-z]\w*)", self.metrics[metric]["parts"])
        if not parts:
            return {}
        pieces = [(-1 if sign == "-" else 1, self.quarters(company, part)) for sign, part in parts]
        out = {}
        for name in set.intersection(*(set(piece) for _, piece in pieces)):
            rows = [piece[name] for _, piece in pieces]
            if len({(row.start, row.end) for row in rows}) > 1:
                continue
            value = sum(sign * piece[name].value for sign, piece in pieces)
            facts = frozenset().union(*(row.facts for row in rows))
            out[name] = Quarter(rows[0].start, rows[0].end, value, sum(row.half for row in rows), max(row.strength for row in rows), metric, facts)
        return out

    @staticmethod
    def _solve(prints):
        """Quarters of a year out of what one presentation prints of it: differences of what is cumulative, and back."""
        cell = {span: (row.start, row.end, row.value, row.half, GRADES.index(row.grade), {row.name}) for span, row in prints.items()}
        for place in (2, 3, 4):  # two filings' difference before a weaker print that says the same
            whole, part, own = cell.get((0, place)), cell.get((0, place - 1)), cell.get((place - 1, place))
            if whole and part and own and max(whole[4], part[4]) < own[4] and abs(whole[2] - part[2] - own[2]) <= whole[3] + part[3] + own[3]:
                del cell[place - 1, place]
        while True:
            size = len(cell)
            for place in (4, 3, 2):
                whole, own = cell.get((0, place)), cell.get((place - 1, place))
                if whole and own and (0, place - 1) not in cell:
                    cell[0, place - 1] = (whole[0], own[0] - DAY, whole[2] - own[2], whole[3] + own[3], max(whole[4], own[4]), whole[5] | own[5])
            for place in (2, 3, 4):
                whole, part, own = cell.get((0, place)), cell.get((0, place - 1)), cell.get((place - 1, place))
                if whole and part and not own:
                    cell[place - 1, place] = (part[1] + DAY, whole[1], whole[2] - part[2], whole[3] + part[3], max(whole[4], part[4]), whole[5] | part[5])
                if part and own and not whole:
                    cell[0, place] = (part[0], own[1], part[2] + own[2], part[3] + own[3], max(part[4], own[4]), part[5] | own[5])
            if len(cell) == size:
                return {end: found for (start, end), found in cell.items() if end - start == 1}

    def on_basis(self, company, family, basis):
        """Quarters on a basis of bases.csv: the metric that it wants, or a stand-in where that has no figure."""
        out = {}
        chosen = [row for row in self.bases if (row["basis"], row["company"]) == (basis, company) and self.metrics[row["metric"]]["family"] == family]
        for row in sorted(chosen, key=lambda row: row["stand_in"] == "true"):
            for name, quarter in self.quarters(company, row["metric"]).items():
                if (date(row["first_period"]) or datetime.date.min) <= quarter.end <= (date(row["last_period"]) or datetime.date.max):
                    out.setdefault(name, quarter)
        return out

    def capex(self, company, basis="cash"):
        return self.on_basis(company, "capex", basis)

    def cloud(self, company, basis="current_segments"):
        return self.on_basis(company, "cloud_revenue", basis)

    def profit(self, company):
        return self.on_basis(company, "cloud_operating_income", "current_segments")

    def years(self, series, quarters=4):
        """Sums of so many quarters in a row on one definition."""
        out = {}
        for name, quarter in series.items():
            window = [series.get(step(name, -back)) for back in range(quarters)]
            if all(window) and len({one.metric for one in window}) == 1:
                facts = frozenset().union(*(one.facts for one in window))
                out[name] = Quarter(window[-1].start, quarter.end, sum(one.value for one in window), sum(one.half for one in window),
                                    max(one.strength for one in window), quarter.metric, facts)  # fmt: skip
        return out

    def change(self, series, quarters=4):
        """What each quarter is more than the one so many before, on one definition."""
        return {
            name: one.value - series[step(name, -quarters)].value
            for name, one in series.items()
            if step(name, -quarters) in series and series[step(name, -quarters)].metric == one.metric
        }

    def growth(self, series, quarters=4):
        return {name: change / series[step(name, -quarters)].value for name, change in self.change(series, quarters).items()
                if series[step(name, -quarters)].value > 0}  # fmt: skip

    def fiscal_years(self, company, metric):
        """Printed figures of whole fiscal years, by the year in which they end."""
        out = {}
        for (start, end), row in sorted(self.observed(company, metric).items(), key=lambda item: item[0][1]):
            if start and 350 <= (end - start).days <= 375 and self.fiscal(company, end)[1] == 4:
                out[(end - 15 * DAY).year] = row
        return out


def executed(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def parameters(notebook):
    """The literals of a notebook's parameters cell."""
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            return {one.targets[0].id: ast.literal_eval(one.value) for one in ast.parse("".join(cell["source"])).body if isinstance(one, ast.Assign)}
    return {}
