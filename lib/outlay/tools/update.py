"""A new quarter: what the SEC's company facts hold and the ledger does not, proposed, tried, and written whole or not at all.

Rows that stand are never touched. What a filing gives under a key that the ledger holds with another value is told, not overwritten: one of the two
is wrong. A later filing that prints an old period anew is another row. What `omitted.csv` names as evidence by a fact's name is not proposed again.
"""

import calendar
import csv
import functools
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from outlay import ledger, lookup, periods, units
from outlay.tools import check, edgar, fetch, lines
from outlay.tools.build import BUILD

FIRST = "2015-01-01"  # where the history of a company begins that the ledger does not hold yet
LATE = 200  # days after its newest period at which a quarter's report is no longer its own
ANNUAL = ("10-K", "10-Q")
DISPUTED = ("capex_unpaid", "capex_unpaid_change", "capex_unpaid_as_acquired")  # one tag: a balance at some filers, a change at others
# what a line of capital spending or revenue is called, where no line of the tag map says so
ALIKE = re.compile(
    r"PaymentsTo(Acquire|Purchase)\w*(Property|Productive|Equipment|Machinery)\w*|PaymentsForProceedsFromProductiveAssets|PaymentsForCapitalImprovements"
    r"|\w*CapitalExpenditure\w*|Purchases?Of\w*(Property|Equipment)\w*|FinanceLeasePrincipalPayments|RightOfUseAssetObtainedInExchangeForFinanceLeaseLiability"
    r"|Revenues?|RevenuesNetOf\w+|SalesRevenue\w*Net|RevenueFromContractWithCustomer\w+"
)
BASES = [  # how a company is served whose capital spending is one gross line of its cash-flow statement
    ("as_stated", "capex_cash", "false", "no stated figure in the evidence: the line of the cash-flow statement"),
    ("cash", "capex_cash", "false", ""),
    ("net", "capex_cash", "true", "proceeds are not a line of its cash-flow statement that was mapped"),
    ("with_leases", "capex_with_leases", "false", ""),
]


def update(
    companies: Iterable[str] = (),
    origin: str = "",
    contact: str = "",
    dry: bool = False,
    *,
    cik: int | None = None,
    name: str = "",
    year_end: str = "",
    since: str = "",
    accept: Iterable[tuple[str, str, str]] = (),
    omit: Iterable[tuple[str, str]] = (),
    page: bool = True,
    say: Callable[[str], None] = print,
    data: Path | str | None = None,
    **how,
) -> int:
    """Bring in what company facts hold and the ledger does not; return 1 if a filing contradicts a figure that the ledger holds, else 0.

    `origin` is empty (the SEC itself, with the caller's `contact`), a folder or the address of a mirror. With `dry` the proposal is printed and
    nothing written. A company that is not in the ledger needs `cik`, `name` and `year_end` (MM-DD). `since` reaches further back than the ledger.
    `accept` lists exceptions of the audit (rule, fact, reason), `omit` facts that are wrong in the filing itself (fact, reason): they go to
    `exceptions.csv` and `omitted.csv` in the same step. After an update the review page is made, unless `page` is False. Raises ValueError, with
    nothing written, if anything is not as it must be.
    """
    folder = ledger.home(data)
    known = _companies(folder)
    if cik is not None or name or year_end:
        known = _introduced(known, list(companies), cik, name, year_end)
    tag_map = edgar.read_tag_map(folder / "tag_map.csv")
    chosen = _chosen(known, companies, {line["company"] for line in tag_map})
    keys = {int(known[company]["cik"]): company for company in chosen}
    tags = {line["tag"] for line in tag_map}
    say(f"reading company facts of {len(chosen)} {'company' if len(chosen) == 1 else 'companies'} from {origin or fetch.SEC}")
    facts = {keys[key]: found for key, found in fetch.facts(keys, origin, contact, tags=tags, **how).items()}
    facts = dict(sorted(facts.items()))
    if missing := [company for company in companies if company not in facts]:
        named = ", ".join(f"{company} (CIK {known[company]['cik']})" for company in missing)
        raise ValueError(f"{origin} holds no company facts of {named}")
    with ledger.held(folder):
        plan = propose(folder, facts, known, tag_map, since, omit)
        files = _files(folder, plan, accept)
        _tell(plan, chosen, facts, say, dry)
        found, needless = check.tried(folder, files) if files else ([], [])
        if found:
            raise ValueError(check.refusal(found, {_name(row) for row in plan["rows"]}))
        for finding in needless:
            say(f"afterwards: {ledger.line(finding)}")
        status = int(bool(plan["conflicts"]))
        if dry or not files:
            all_held = "nothing to write" + ("" if plan["conflicts"] else ": the ledger holds all of it")
            say("nothing was written: this was a dry run" if files else all_held)
        else:
            if page:
                _keep(folder)
            lines.commit(folder, files)
            say(f"wrote {', '.join(f'data/{file}' for file in sorted(files))}")
        if page and not dry:
            _review(folder, say)
    return status


def _kept(folder: Path) -> Path:
    """Name the copy of the tables as they were before an update that has no review page yet."""
    return BUILD / "reports" / f".before-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def _keep(folder: Path) -> None:
    """Keep the tables as they are until the page that compares with them is made; what an update without a page left behind stays."""
    kept = _kept(folder)
    if not kept.exists():
        aside = kept.with_name(f"{kept.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        with lines.aside(folder, {}) as copy:
            shutil.copytree(copy, aside)
        aside.rename(kept)


def _review(folder: Path, say: Callable[[str], None]) -> None:
    """Make the review page of what was brought in since the last one; the next update makes it if this one cannot."""
    from outlay.tools import diff

    kept = _kept(folder)
    if not kept.exists():
        return
    if not diff.same_rows(kept, folder):
        say("making the review page: every notebook that sees a difference is run")
        try:
            say(f"review {diff.report(kept, folder, BUILD / 'reports', say)}")
        except (ValueError, RuntimeError) as error:
            raise RuntimeError(f"the ledger is updated, but its review page could not be made: {error}. Mend that, then run this again") from None
    shutil.rmtree(kept)


def _companies(folder: Path) -> dict[str, dict]:
    with (folder / "companies.csv").open(encoding="utf-8", newline="") as file:
        return {row["company"]: row for row in csv.DictReader(file)}


def _introduced(known: dict[str, dict], companies: list[str], cik: int | None, name: str, year_end: str) -> dict[str, dict]:
    """Return the companies with one that the ledger does not know, or knows without its central index key."""
    if len(companies) != 1 or cik is None:
        raise ValueError(
            "a company is brought in alone: give one --company with its --cik (and --name and --year-end, if the ledger does not know it)"
        )
    company = companies[0]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", company):
        raise ValueError(f"the short name '{company}' is to be lower-case letters, digits and _: such as its ticker")
    if taken := [other for other, row in known.items() if row["cik"] == str(cik) and other != company]:
        raise ValueError(f"central index key {cik} is that of '{taken[0]}' in data/companies.csv")
    if company in known:
        row = known[company]
        for column, given in (("cik", str(cik)), ("name", name), ("fiscal_year_end", year_end)):
            if given and row[column] not in ("", given):
                raise ValueError(f"data/companies.csv has {column} '{row[column]}' for '{company}', not '{given}'; mend it there if it is wrong")
        return {**known, company: {**row, "cik": str(cik), "fiscal_year_end": row["fiscal_year_end"] or year_end}}
    if not name or not year_end:
        raise ValueError(f"'{company}' is not in the ledger: give its --name and its --year-end (MM-DD, such as 12-31) too")
    if not re.fullmatch(r"(01|03|05|07|08|10|12)-31|(04|06|09|11)-30|02-28", year_end):
        raise ValueError(f"the year end '{year_end}' is to be the last day of a month as MM-DD; a year of 52 or 53 weeks ends near it")
    row = dict.fromkeys(next(iter(known.values())), "") | {"company": company, "name": name, "kind": "company", "ticker": "", "cik": str(cik)}
    return {**known, company: row | {"fiscal_year_end": year_end}}


def _chosen(known: dict[str, dict], companies: Iterable[str], mapped: set[str]) -> list[str]:
    """Return the companies that are asked for; without any, those whose tags are mapped: another filer comes in only by name."""
    filers = [company for company, row in known.items() if row["cik"]]
    for company in companies:
        if company not in known:
            try:
                lookup.known("company", company, filers)
            except ValueError as error:
                raise ValueError(f"{error}. To bring it in, add --cik, --name and --year-end") from None
        elif company not in filers:
            raise ValueError(f"'{company}' has no central index key in data/companies.csv: give it with --cik")
    return sorted(set(companies)) or [company for company in filers if company in mapped]


def propose(
    folder: Path, facts: dict[str, list[dict]], known: dict[str, dict], tag_map: list[dict], since: str = "", omit: Iterable[tuple[str, str]] = ()
) -> dict:
    """Return what the facts of some companies hold and the ledger does not, as a dictionary of lists; raise ValueError for what cannot be.

    `rows` are rows of fact tables with their `table`; `sources`, `tag_map`, `bases` and `companies` are rows of these; `conflicts` are rows that
    the ledger holds with another value (`held`), `omitted` is what `omit` leaves out; `unknown`, `lacking` and `late` are lines to read. `known`
    counts, by company, the rows that the ledger holds.
    """
    every = ledger.tables(folder)
    if "facts" not in every:
        raise ledger.LedgerError("the ledger is to be mended first:\n" + "\n".join(ledger.line(finding) for finding in ledger.findings(folder)[:20]))
    stood, metrics = every["facts"], every["metrics"].set_index("metric")
    held = dict(zip(every["sources"].source, every["sources"].accession, strict=True))
    names = {int(row["cik"]): (company, row["name"]) for company, row in known.items() if row["cik"]}
    before = _companies(folder)
    plan = {part: [] for part in ("rows", "sources", "tag_map", "bases", "companies", "conflicts", "unknown", "lacking", "late")} | {
        "known": Counter()
    }
    wrong, reasons = [], dict(omit)
    plan["omitted"] = []
    if odd := [name for name in reasons if _key_of(name) is None]:
        raise ValueError(f"'{odd[0]}' is no fact's name: write it as company/metric/start..end@source")
    for company, found in facts.items():
        if known[company] != before.get(company):
            plan["companies"].append(known[company])
        own = [line for line in tag_map if line["company"] == company]
        begin = since or _begin(stood, company, {line["metric"] for line in own})
        if not own:
            own = _proposed_map(company, found, tag_map, begin)
            plan["tag_map"] += own
            plan["bases"] += _proposed_bases(company, own, every["bases"])
        left = {key for key in map(_key_of, [*every["omitted"].evidence, *reasons]) if key and key[0] == company}
        ids, ends = edgar.source_ids(found, names, held), edgar.period_ends(found)
        wrong += _impossible(company, found, own, metrics, begin, int(known[company]["fiscal_year_end"][:2] or 12), left, ids)
        made = edgar.rows(found, own, company, names, since=begin, stocks=set(metrics.index[metrics.kind == "stock"]), held=held)
        plan["omitted"] += [
            {"evidence": _name(row), "what": f"{row['value']} {row['unit']}: {row['locator']}", "reason": reasons[_name(row)]}
            for row in made
            if _name(row) in reasons
        ]
        made = [row for row in made if (company, *(row[name] for name in ("source", "metric", "period_start", "period_end"))) not in left]
        fresh, quarrels, count = _compared(made, stood)
        wrong += _doubled(fresh)
        late = _comparatives_only(found, {row["source"] for row in fresh} - set(held), ids, ends)
        plan["late"] += [
            f"{source} is left out: the file holds only older periods of it, so the document's own date cannot be told" for source in sorted(late)
        ]
        fresh = [row for row in fresh if row["source"] not in late]
        plan["known"][company] = count
        plan["conflicts"] += quarrels
        where = functools.cache(lambda metric, company=company: table_of(every, metric, company, filer=True))
        plan["rows"] += [row | {"table": where(row["metric"])} for row in fresh]
        used = {row["source"] for row in fresh} - set(held)
        plan["sources"] += edgar.sources(found, names, used, held)
        plan["unknown"] += _unknown(company, found, own, used, ids, ends)
        plan["lacking"] += _lacking(company, made, used, found, ids, ends)
    if idle := set(reasons) - {row["evidence"] for row in plan["omitted"]}:
        raise ValueError(f"nothing to omit: no such fact was read: {', '.join(sorted(idle))}")
    if wrong:
        raise ValueError("nothing was written:\n" + "\n".join(wrong))
    return plan


def _begin(stood: pd.DataFrame, company: str, metrics: set[str]) -> str:
    """Return the first period end that the ledger holds of a filer's mapped metrics: what is older was left out on purpose."""
    filed = stood[(stood.company == company) & (stood.grade == "filed") & stood.metric.isin(metrics) & stood.table.isin(["capex", "financials"])]
    return f"{filed.period_end.min():%Y-%m-%d}" if len(filed) else FIRST


def _key_of(name: str) -> tuple | None:
    """Read a fact's name: company, source, metric, start, end; nothing if it is none."""
    found = re.fullmatch(r"([^/]+)/([^/]+)/([\d-]*)\.\.([\d-]+)@([^#]+)", name)
    return (found[1], found[5], found[2], found[3], found[4]) if found else None


def _name(row: dict) -> str:
    return f"{row['company']}/{row['metric']}/{row['period_start']}..{row['period_end']}@{row['source']}" + (
        f"#{row['n']}" if row["n"] != "1" else ""
    )


def _impossible(
    company: str, facts: list[dict], tag_map: list[dict], metrics: pd.DataFrame, begin: str, month: int, left: set, ids: dict[str, str]
) -> list[str]:
    """Say, a line each, which mapped facts no filing can mean: dates, spans and signs that cannot be."""
    by_tag: dict[str, list[dict]] = {}
    for line in tag_map:
        by_tag.setdefault(line["tag"], []).append(line)
    mapped = [
        (fact, line)
        for fact in facts
        if fact["end"] >= begin and fact["accession"] in ids
        for line in by_tag.get(fact["tag"], ())
        if edgar.applies(line, fact)
    ]
    spans, found = _spans({(fact["start"], fact["end"]) for fact, _ in mapped if fact["start"]}, month), []
    for fact, line in mapped:
        metric, source = line["metric"], ids[fact["accession"]]
        kind, start = metrics.kind[metric], fact["start"]
        why = _why(fact, kind, metrics.family[metric], int(line["sign"]), spans.get((start, fact["end"]), (0, True)), month)
        if why and (company, source, metric, "" if kind == "stock" else start, fact["end"]) not in left:
            place = f"{fact['tag']} of {fact['accession']} ({fact['form']}), {start or 'at'}..{fact['end']}"
            name = f"{company}/{metric}/{'' if kind == 'stock' else start}..{fact['end']}@{source}"
            found.append(f"{'; '.join(fact['copies'])}: {place}: {why}. If the filing itself says so: --omit {name} 'why'; else take another copy")
    return found


def _why(fact: dict, kind: str, family: str, sign: int, span: tuple[int, bool], month: int) -> str:
    start, end = fact["start"], fact["end"]
    if start and start > end:
        return f"found a start after the end ({start} > {end})"
    if end > fact["filed"]:
        return f"found a period that ends after the filing ({fact['filed']})"
    if family == "capex" and fact["value"] * sign < 0:
        return f"found {fact['value']}; capital spending is not negative"
    if kind != "flow":
        return ""
    if not start:
        return "found a single date; the metric covers a period"
    if not span[0]:
        return f"found {(date.fromisoformat(end) - date.fromisoformat(start)).days + 1} days, expected one to four quarters"
    return "" if span[1] else f"found a period that ends between two quarters of a year that ends in {calendar.month_name[month]}"


def _spans(wanted: set[tuple[str, str]], month: int) -> dict[tuple[str, str], tuple[int, bool]]:
    """Return how many quarters each period covers, and whether it ends with one of a fiscal year that ends in a month."""
    listed = sorted(wanted)
    starts, ends = (pd.Series(pd.to_datetime([pair[place] for pair in listed])) for place in (0, 1))
    closes = (periods.nominal_end(ends).dt.month - month) % 3 == 0
    return {pair: (int(count), bool(close)) for pair, count, close in zip(listed, periods.length(starts, ends), closes, strict=True)}


def _compared(made: list[dict], stood: pd.DataFrame) -> tuple[list[dict], list[dict], int]:
    """Divide rows by what the ledger holds: new ones, those held with another value, and how many are held as they are."""
    if not made:
        return [], [], 0
    rows = pd.DataFrame(made)
    rows["number"], rows["plain"] = units.convert(rows.value.astype(float), rows.unit)
    mine = stood[stood.company == made[0]["company"]]
    prints: dict[tuple, list] = {}
    for metric, start, end, source, number, printed, unit in zip(
        mine.metric, mine.period_start, mine.period_end, mine.source, mine.number, mine.printed, mine.unit, strict=True
    ):
        key = (metric, "" if pd.isna(start) else f"{start:%Y-%m-%d}", f"{end:%Y-%m-%d}" if pd.notna(end) else "", source)
        prints.setdefault(key, []).append((number, f"{printed} {unit}"))
    fresh, quarrels, count = [], [], 0
    for row, number in zip(made, rows.number, strict=True):
        known = prints.get(tuple(row[name] for name in ("metric", "period_start", "period_end", "source")))
        if known is None:
            fresh.append(row)
        elif any(abs(value - number) < 1e-9 for value, _ in known):
            count += 1
        else:
            quarrels.append(row | {"held": " and ".join(text for _, text in known)})
    return fresh, quarrels, count


def _doubled(fresh: list[dict]) -> list[str]:
    """Say which new rows are two values of one metric and period in one filing."""
    return [
        f"{_name(row)}: one filing gives this metric two values by two tags ({row['value']} {row['unit']} by {row['locator']}); "
        "bound one of the lines in data/tag_map.csv by last_filed or first_filed"
        for row in fresh
        if row["n"] != "1"
    ]


def _comparatives_only(facts: list[dict], sources: set[str], ids: dict[str, str], ends: dict[str, str]) -> set[str]:
    """Return the new sources of which a cut-down file holds nothing of their own quarter: their names would be wrong."""
    filed = {ids[fact["accession"]]: (fact["filed"], ends[fact["accession"]], fact["form"]) for fact in facts if fact["accession"] in ids}
    late = {source for source, (day, end, _) in filed.items() if (date.fromisoformat(day) - date.fromisoformat(end)).days > LATE}
    return {source for source in sources & late if filed[source][2] in ANNUAL}


def _unknown(company: str, facts: list[dict], tag_map: list[dict], used: set[str], ids: dict[str, str], ends: dict[str, str]) -> list[str]:
    """Say which tags of the new filings look like capital spending or revenue and stand in no line of the map, or outside a line's dates."""
    tags, out = {line["tag"] for line in tag_map}, {}
    for fact in facts:
        source = ids.get(fact["accession"])
        if source not in used or fact["unit"] != "USD" or fact["end"] != ends[fact["accession"]]:
            continue
        if any(edgar.applies(line, fact) for line in tag_map):
            continue
        if fact["tag"] in tags or ALIKE.fullmatch(fact["tag"].partition(":")[2]):
            digits, unit = edgar.printed(fact["value"], "USD")
            why = "is mapped, but not for filings of this date" if fact["tag"] in tags else "is in no line of data/tag_map.csv"
            out.setdefault(fact["tag"], f"{company}: {fact['tag']} {why}: {digits} {unit} for {fact['start']}..{fact['end']} in {source}")
    return list(out.values())


def _lacking(company: str, made: list[dict], used: set[str], facts: list[dict], ids: dict[str, str], ends: dict[str, str]) -> list[str]:
    """Say which metrics a new report lacks that the report of the same form before it gave for its own period."""
    papers = sorted({(ends[fact["accession"]], fact["form"], ids[fact["accession"]]) for fact in facts if fact["accession"] in ids})
    own = {source: {row["metric"] for row in made if (row["source"], row["period_end"]) == (source, end)} for end, _, source in papers}
    out = []
    for end, form, source in papers:
        before = [other for last, kind, other in papers if kind == form and last < end]
        if source in used and form in ANNUAL and before and (gone := sorted(own[before[-1]] - own[source])):
            out.append(f"{company}: {source} gives no {', '.join(gone)}, which {before[-1]} gave: another tag, or a file that was cut down?")
    return out


def _proposed_map(company: str, facts: list[dict], tag_map: list[dict], begin: str) -> list[dict]:
    """Propose lines of the tag map from those of other companies: tags that still mean one metric at most of them.

    Of several tags for one metric those are left out that give another value for a period than a more usual one.
    """
    votes, notes = Counter(), {}
    for line in tag_map:
        if line["tag"].startswith("us-gaap:") and not (line["last_period"] or line["last_filed"]) and line["metric"] not in DISPUTED:
            votes[line["tag"], line["metric"]] += 1
            notes.setdefault((line["tag"], line["metric"]), line["note"].split(";")[0])
    meaning = {}
    for (tag, metric), count in votes.items():
        if count > 1 and count * 2 > sum(other for (each, _), other in votes.items() if each == tag):
            meaning.setdefault(metric, []).append((-count, tag))
    values: dict[str, dict] = {}
    for fact in facts:
        if fact["end"] >= begin and fact["form"].removesuffix("/A") in edgar.FORMS and fact["unit"] == "USD":
            values.setdefault(fact["tag"], {})[fact["accession"], fact["start"], fact["end"]] = fact["value"]
    made = []
    for metric, candidates in sorted(meaning.items()):
        taken: dict = {}
        for _, tag in sorted(candidates):
            mine = values.get(tag, {})
            if mine and all(taken.get(key, value) == value for key, value in mine.items()):
                taken |= mine
                note = f"{notes[tag, metric]}{_step(mine.values())}; proposed from the maps of other companies: check it against a filing"
                line = dict.fromkeys(tag_map[0], "") | {"company": company, "metric": metric, "tag": tag, "sign": "1", "note": note}
                made.append(line)
    if not any(line["metric"].startswith("capex") for line in made):
        raise ValueError(
            f"no common tag of capital spending was found in the facts of '{company}': enter its line in data/tag_map.csv by hand (and those "
            "of bases.csv), then run this again"
        )
    return made


def _step(values: Iterable[float]) -> str:
    """Say that a tag's amounts above a billion are printed in tenths or hundredths of one, where all of several are round."""
    large = [value for value in values if abs(value) >= 1_000_000_000]
    for step, unit in ((100_000_000, "0.1"), (10_000_000, "0.01")):
        if len(large) > 3 and all(value % step == 0 for value in large):
            return f"; printed in USD {unit}bn"
    return ""


def _proposed_bases(company: str, tag_map: list[dict], bases: pd.DataFrame) -> list[dict]:
    if company in set(bases.company) or "capex_cash" not in {line["metric"] for line in tag_map}:
        return []
    columns = ["basis", "company", "metric", "stand_in", "note"]
    return [dict(zip(columns, (basis, company, metric, stand_in, note), strict=True)) for basis, metric, stand_in, note in BASES]


def table_of(every: dict[str, pd.DataFrame], metric: str, company: str, stance: str = "actual", said: str = "", filer: bool | None = None) -> str:
    """Return the fact table in which a figure stands: where the company's, then similar companies', then anybody's figures of that metric stand.

    `filer` says whether the company files with the SEC, if its row does not yet. Raises ValueError if that leaves several tables.
    """
    facts, companies, metrics = every["facts"], every["companies"].set_index("company"), every["metrics"].set_index("metric")
    if said:
        return lookup.known("table", said, facts.table)
    files = companies.cik.notna()
    filer = bool(files.get(company, False)) if filer is None else filer
    alike = companies.index[files if filer else ~files & (companies.groups == companies.groups.get(company, ""))]
    family = metrics.index[metrics.family == metrics.at[metric, "family"]]
    same = facts[(facts.metric == metric) & (facts.stance == stance)]
    for rows in (same[same.company == company], same[same.company.isin(alike)], same, facts[facts.metric.isin(family) & (facts.stance == stance)]):
        if len(found := rows.table.unique()):
            if len(found) == 1:
                return found[0]
            raise ValueError(f"figures of {metric} stand in {' and '.join(sorted(found))}: say which with --table")
    raise ValueError(f"no figure of {metric} stands in a table yet: say which with --table")


def _files(folder: Path, plan: dict, accept: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Return the texts of the files that the plan changes, with its rows in their places."""
    added: dict[str, list[dict]] = {}
    for row in plan["rows"]:
        added.setdefault(row["table"], []).append({name: cell for name, cell in row.items() if name != "table"})
    for part in ("sources", "tag_map", "bases", "omitted"):
        added[part] = plan[part]
    added["exceptions"] = [{"rule": rule, "fact": fact, "reason": reason} for rule, fact, reason in accept] if plan["rows"] else []
    return texts(folder, added, plan["companies"], max((row["published"] for row in plan["sources"]), default=""))


def texts(folder: Path, added: dict[str, list[dict]], companies: Iterable[dict] = (), newest: str = "") -> dict[str, str]:
    """Return the texts of the files that rows go into, {file: text}; `companies` are new ones, or known ones with cells filled that were empty.

    `newest` is the date of the newest document that is added: an edition is never older.
    """
    keys, out = ledger.keys(folder), {}
    for name, rows in added.items():
        if rows:
            out[f"{name}.csv"] = lines.inserted((folder / f"{name}.csv").read_text(encoding="utf-8"), name, keys[name], rows)
    if companies := list(companies):
        known, text = _companies(folder), (folder / "companies.csv").read_text(encoding="utf-8")
        for row in companies:
            if row["company"] in known:
                columns = list(row)
                old, new = (next(line for line in lines.split(text) if lines.cells(line)[0] == row["company"]), lines.line(row, columns))
                text = text.replace(old, new, 1)
            else:
                text = lines.inserted(text, "companies", keys["companies"], [row])
        out["companies.csv"] = text
    if newest and pd.Timestamp(newest) > ledger.edition(folder):
        package = (folder / "datapackage.json").read_text(encoding="utf-8")
        out["datapackage.json"] = re.sub(r'("version": ")[^"]*', rf"\g<1>{newest}", package, count=1)
    return out


def _tell(plan: dict, chosen: list[str], facts: dict, say: Callable[[str], None], dry: bool) -> None:
    """Print the proposal: in short, or with every row."""
    for row in plan["companies"]:
        say(f"company: {row['company']} is {row['name']}, CIK {row['cik']}, year end {row['fiscal_year_end']}")
    for line in plan["tag_map"]:
        say(f"mapped: {line['company']} {line['metric']} <- {line['tag']} (as at other companies: check it against a filing)")
    published = {row["source"]: row["published"] for row in plan["sources"]}
    for company in chosen:
        mine = [row for row in plan["rows"] if row["company"] == company]
        if company not in facts:
            continue
        count = Counter(row["source"] for row in mine)
        names = [f"{source} ({published.get(source, 'held')}): {number}" for source, number in sorted(count.items())]
        shown = "; ".join(names if len(names) < 5 else [*names[:2], f"… {len(names) - 4} more …", *names[-2:]])
        say(f"{company}: {len(mine)} new figures, {plan['known'][company]} known" + (f"; {shown}" if names else ""))
    if dry and plan["rows"]:
        say("")
        columns = ["table", "company", "metric", "period_start", "period_end", "value", "unit", "source"]
        say(pd.DataFrame(plan["rows"])[columns].to_string(index=False))
        say("")
        for row in plan["sources"]:
            say(f"document: {row['source']}: {row['publisher']}, {row['title']}, {row['published']}, {row['url']}")
    for row in plan["omitted"]:
        say(f"omitted: {row['evidence']} ({row['what']}): {row['reason']}")
    for row in plan["conflicts"]:
        say(
            f"conflict: {_name(row)}: the ledger holds {row['held']}, the facts say {row['value']} {row['unit']} ({row['locator']}). "
            "The ledger was left as it is. Look the filing up; if our transcription is wrong, mend it in place and note it in data/corrections.csv"
        )
    for part in ("unknown", "lacking", "late"):
        for line in plan[part]:
            say(f"{'left out' if part == 'late' else 'look'}: {line}")
    counts = {"new figure": plan["rows"], "new document": plan["sources"], "conflict": plan["conflicts"]}
    say(", ".join(f"{len(rows)} {what}{'' if len(rows) == 1 else 's'}" for what, rows in counts.items()) + f", {sum(plan['known'].values())} known")
