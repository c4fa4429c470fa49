"""A figure by hand: a row made from what was said, with all that the ledger knows already filled in, tried, and written or refused."""

import calendar
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from outlay import ledger, lookup, periods
from outlay.tools import check, lines, update

GRADES = {"filing": "filed", "release": "stated", "call": "stated", "workbook": "stated", "press": "press"}  # by kind of document
TIERS = {"filing": "primary", "release": "primary", "call": "primary", "workbook": "primary", "press": "secondary"}
PERIODS = "2025Q3, 2025, FY2026 Q1, FY2026 H1, FY2026 9M, FY2026, 2025-08, 2025-09-30, 2025-07-01..2025-09-30"


def add(
    company: str,
    metric: str,
    period: str,
    value: str,
    unit: str,
    source: str,
    locator: str,
    *,
    relation: str = "=",
    low: str = "",
    high: str = "",
    grade: str = "",
    stance: str = "",
    said_by: str = "",
    scope: str = "",
    note: str = "",
    n: int = 1,
    table: str = "",
    accept: Iterable[tuple[str, str, str]] = (),
    dry: bool = False,
    say: Callable[[str], None] = print,
    data: Path | str | None = None,
    **document: str,
) -> dict:
    """Enter one figure, and its document if that is new; return the row. Raises ValueError for what `check` would refuse, with nothing written.

    `value` are the digits as printed, or ``-`` where words or a range alone were. `document` holds publisher, title, url, published, kind, via,
    accession, form, licence, tier and document_note of a document that is not in `sources.csv` yet.
    """
    folder = ledger.home(data)
    with ledger.held(folder):
        every = ledger.tables(folder)
        if "facts" not in every:
            raise ledger.LedgerError("the ledger is to be mended first:\n" + "\n".join(ledger.line(one) for one in ledger.findings(folder)[:20]))
        lookup.known("company", company, every["companies"].company)
        lookup.known("metric", metric, every["metrics"].metric)
        kind = every["metrics"].set_index("metric").kind[metric]
        paper, new = _document(every, source, company, {name: text for name, text in document.items() if text})
        start, end = dates(period, company, kind, every)
        stance = stance or ("forward" if paper["published"] and end > paper["published"] else "actual")
        row = {
            "company": company,
            "metric": metric,
            "said_by": said_by,
            "scope": scope,
            "period_start": start,
            "period_end": end,
            "relation": relation,
            "value": "" if value == "-" else value,
            "low": low,
            "high": high,
            "unit": unit,
            "stance": stance,
            "grade": grade or _grade(paper),
            "source": source,
            "n": str(n),
            "locator": locator,
            "note": note,
        }
        name = _table(every, row, table)
        columns = _columns(folder)[name]
        if lost := [column for column in ("said_by", "scope") if row[column] and column not in columns]:
            raise ValueError(
                f"data/{name}.csv has no column {' or '.join(lost)}: that goes with guidance and forecasts; say it in --note, or give --table"
            )
        _fresh(every, name, row)
        row = {column: row[column] for column in columns}
        exceptions = [{"rule": rule, "fact": fact, "reason": reason} for rule, fact, reason in accept]
        added = {name: [row], "sources": [paper] if new else [], "exceptions": exceptions}
        files = update.texts(folder, added, newest=paper["published"] if new else "")
        refused, needless = check.tried(folder, files)
        if refused:
            raise ValueError(check.refusal(refused))
        if new:
            say(f"data/sources.csv, row {_row_of(files['sources.csv'], paper)}: {lines.line(paper, _columns(folder)['sources']).strip()}")
        say(f"data/{name}.csv, row {_row_of(files[f'{name}.csv'], row)}: {lines.line(row, columns).strip()}")
        for finding in needless:
            say(f"afterwards: {ledger.line(finding)}")
        if dry:
            say("nothing was written: this was a dry run")
        else:
            lines.commit(folder, files)
    return row


def _columns(folder: Path) -> dict[str, list[str]]:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["name"]: [field["name"] for field in resource["schema"]["fields"]] for resource in package["resources"]}


def _row_of(text: str, row: dict) -> int:
    return lines.split(text).index(lines.line(row, lines.cells(lines.split(text)[0]))) + 1


def _document(every: dict, source: str, company: str, given: dict[str, str]) -> tuple[dict, bool]:
    """Return a document as a row of text, and whether it is new; what a new one does not say is filled in by its kind."""
    sources = every["sources"].set_index("source", drop=False)
    given = {("note" if name == "document_note" else name): text for name, text in given.items()}
    if "published" in given:
        given["published"], given["published_precision"] = _day(given["published"])
    if source in sources.index:
        row = sources.loc[source].drop("row")
        known = {name: "" if pd.isna(cell) else f"{cell:%Y-%m-%d}" if name == "published" else str(cell) for name, cell in row.items()}
        if unlike := [name for name, text in given.items() if known[name] != text]:
            first = unlike[0]
            raise ValueError(f"data/sources.csv has {first} '{known[first]}' for '{source}', not '{given[first]}'; mend it there if it is wrong")
        return known, False
    if not {"title", "kind"} <= set(given):
        try:
            lookup.known("source", source, sources.index)
        except ValueError as error:
            raise ValueError(f"{error}. To enter the document in the same step, give --title, --kind, --published and --publisher") from None
    kind = lookup.known("kind of document", given["kind"], ledger.KINDS)
    firm = every["companies"].set_index("company").loc[company]
    if kind == "filing" and given.get("accession") and pd.notna(firm.cik):
        number = given["accession"].replace("-", "")
        given = {"url": f"https://www.sec.gov/Archives/edgar/data/{int(firm.cik)}/{number}/"} | given
    if kind in ("filing", "release", "call", "workbook"):
        given = {"publisher": firm["name"]} | given
    tier = given.get("tier") or ("secondary" if given.get("via") else TIERS.get(kind, ""))
    for name, text, ways in (("publisher", given.get("publisher"), "who published it"), ("tier", tier, ", ".join(ledger.TIERS))):
        if not text:
            raise ValueError(f"a new document of the kind '{kind}' needs --{name}: {ways}")
    usual = {"licence": "public" if kind == "filing" else "cite", "tier": tier, "published": "", "published_precision": ""}
    return {column: ({"source": source} | usual | given).get(column, "") for column in sources.columns if column != "row"}, True


def _day(text: str) -> tuple[str, str]:
    """Return a date and how exactly it is known: a partly known one stands as its last day."""
    if found := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text):
        return f"{text}-{calendar.monthrange(int(found[1]), int(found[2]))[1]}", "month"
    if re.fullmatch(r"\d{4}", text):
        return f"{text}-12-31", "year"
    return _date(text), "day"


def _date(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) or pd.isna(pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")):
        raise ValueError(f"'{text}' is no date: write it as 2025-09-30")
    return text


def _grade(paper: dict) -> str:
    if paper["kind"] not in GRADES:
        raise ValueError(f"how strong a figure of a {paper['kind']} is cannot be told: give --grade filed, stated, press or estimate")
    return GRADES[paper["kind"]]


def _table(every: dict, row: dict, said: str) -> str:
    """Return where a figure goes; what a firm says of its own future is guidance, what others say a forecast."""
    if not said and row["stance"] == "forward" and (row["said_by"] or row["scope"] or row["grade"] in ("filed", "stated", "estimate")):
        said = "guidance" if row["grade"] in ("filed", "stated") and not row["said_by"] else "forecasts"
    return update.table_of(every, row["metric"], row["company"], row["stance"], said)


def _fresh(every: dict, table: str, row: dict) -> None:
    """Refuse what stands already, and another value of what stands."""
    facts = every["facts"]
    same = facts[facts.source.eq(row["source"]) & facts.company.eq(row["company"]) & facts.metric.eq(row["metric"])]
    start, end = (same[name].dt.strftime("%Y-%m-%d").fillna("") for name in ("period_start", "period_end"))
    for one in same[(start == row["period_start"]) & (end == row["period_end"])].itertuples():
        place = f"data/{one.table}.csv, row {one.row}"
        if one.printed == row["value"] and one.unit == row["unit"] and one.relation == row["relation"]:
            raise ValueError(f"{place} says it already: {one.printed} {one.unit}")
        if one.n == int(row["n"]) and one.table == table:
            raise ValueError(
                f"{place} holds {one.printed} {one.unit} of this document for the same metric and period. If the document prints both, add --n "
                f"{int(same.n.max()) + 1}; if our transcription is wrong, mend it in place and note it in data/corrections.csv"
            )


def dates(text: str, company: str, kind: str, every: dict) -> tuple[str, str]:
    """Return the first and the last day of a period as the company's calendar has it; what holds at a date has no first day.

    Of a company whose years have 52 or 53 weeks the days are those that the ledger holds, and refused where it holds none.
    """
    at = kind not in ("flow", "rate")
    if found := re.fullmatch(r"(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})", text):
        start, end = found[1] and _date(found[1]), _date(found[2])
        if start and at:
            raise ValueError(f"a {kind} holds at one date: write {end}")
        return start or "", end
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        if kind == "flow":
            raise ValueError("a flow covers a period: write it as START..END, a quarter, a month or a year")
        return "", _date(text)
    month = int((every["companies"].set_index("company").fiscal_year_end[company] or "12-31")[:2])
    first, last = _months(text.replace(" ", ""), month)
    if (last.month - month) % 3 and not re.fullmatch(r"\d{4}-\d{2}", text):
        closes = f"its year ends in {calendar.month_name[month]}"
        raise ValueError(f"{company} has no quarter or year that ends in {last:%B} ({closes}): write FY2026 Q1 or START..END")
    start, end = _actual(first, last, company, every)
    return "" if at else start, end


def _months(text: str, month: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the nominal first and last day that a name means, for a fiscal year that ends in a month."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        return pd.Timestamp(f"{text}-01"), pd.Timestamp(f"{text}-01") + pd.offsets.MonthEnd(0)
    found = re.fullmatch(r"(FY)?(\d{4})(Q[1-4]|H[12]|9M)?", text) or re.fullmatch(r"()(H[12])(\d{4})", text)
    if not found:
        raise ValueError(f"'{text}' is no period: write it as one of {PERIODS}")
    fiscal, year, part = (found[1], found[3], found[2]) if found[2].startswith("H") else found.groups()
    if not fiscal and month != 12 and not (part or "").startswith("Q"):
        raise ValueError(
            f"'{text}' could be a calendar or a fiscal {'year' if not part else 'half'}: write FY{year} {part or ''}".rstrip() + ", or START..END"
        )
    close = pd.Timestamp(int(year), month if fiscal else 12, 1)
    opening = close - pd.DateOffset(months=11)
    skip, count = {None: (0, 12), "9M": (0, 9), "H1": (0, 6), "H2": (6, 6)}.get(part) or ((int(part[1]) - 1) * 3, 3)
    first = opening + pd.DateOffset(months=skip)
    return first, first + pd.DateOffset(months=count - 1) + pd.offsets.MonthEnd(0)


def _actual(first: pd.Timestamp, last: pd.Timestamp, company: str, every: dict) -> tuple[str, str]:
    """Return the days of a nominal period: of a firm with years in weeks, those that a filing printed for it."""
    facts = every["facts"]
    filed = facts[(facts.company == company) & (facts.grade == "filed") & (facts.stance == "actual") & facts.period_start.notna()]
    if (periods.nominal_end(filed.period_end) == filed.period_end).mean() > 0.5 or filed.empty:
        return f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
    ends = filed.period_end.drop_duplicates()
    ends = ends.set_axis(periods.nominal_end(ends))
    begins = ends.drop_duplicates().add(pd.Timedelta(days=1))
    found = []
    for nominal, known in ((first - pd.Timedelta(days=1), begins), (last, ends)):
        if nominal not in known.index:
            raise ValueError(
                f"{company} has years of 52 or 53 weeks, and the ledger holds no period that ends near {nominal:%d %B %Y}: write START..END"
            )
        day = known[nominal]
        found.append(day.iloc[0] if isinstance(day, pd.Series) else day)
    return tuple(f"{day:%Y-%m-%d}" for day in found)
