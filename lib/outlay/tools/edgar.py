"""Turn the SEC's company facts into rows of the ledger.

The input is company-facts JSON (``data.sec.gov/api/xbrl/companyfacts/CIK....json``), whole or cut down, plain or gzipped; several
snapshots of one company may be read at once. The output are rows of a fact table and of ``sources.csv``: plain dictionaries whose
keys are the columns. Which tag means which metric, and when, is decided by ``tag_map.csv`` and by nothing else. Nothing is added,
subtracted or filled in.

    facts     = read_facts("companyfacts/")
    companies = read_companies("data/companies.csv")
    ledger    = rows(facts, read_tag_map("data/tag_map.csv"), "msft", companies, stocks={"property_and_equipment"})
    papers    = sources(facts, companies, used={row["source"] for row in ledger})

A fact is a dictionary with the keys ``cik, tag, unit, start, end, value, accession, form, filed`` (``start`` is empty for an instant)
and ``label, copies, by_hand``: the printed label where the copy gives one, the copies it was read from, and whether all of these were
written down by hand.
"""

import csv
import functools
import gzip
import itertools
import json
import math
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

ROW_COLUMNS = [
    "company",
    "metric",
    "period_start",
    "period_end",
    "relation",
    "value",
    "low",
    "high",
    "unit",
    "stance",
    "grade",
    "source",
    "n",
    "locator",
    "note",
]
SOURCE_COLUMNS = [
    "source",
    "publisher",
    "kind",
    "title",
    "url",
    "published",
    "published_precision",
    "via",
    "accession",
    "form",
    "licence",
    "tier",
    "note",
]
FORMS = ("10-K", "10-Q", "8-K")  # with accounts of their own; prospectuses and proxy statements only quote these
QUARTER_DAYS = 80  # no fiscal quarter is shorter


def read_facts(path, copy="", tags=None):
    """Return the facts of a company-facts file, or of all such files of a folder, each fact once.

    `copy` names the copy that is read and goes to `via`; ``{accession}`` in it is filled in. Without it the file's own ``src`` and
    ``_provenance`` entries are used, else the file's name. A tag without a prefix gets the name of its taxonomy. Values are in the
    unit of the file, so dollars. Raises ValueError where an entry is no fact, or two files of a folder disagree about one filing (see `merge`;
    about other tags than `tags`, if these are given, they may).

    >>> import tempfile
    >>> entry = {"start": "2023-07-01", "end": "2024-06-30", "val": 44477000000, "accn": "0000950170-24-087843", "form": "10-K",
    ...          "filed": "2024-07-30"}
    >>> tags = {"PaymentsToAcquirePropertyPlantAndEquipment": {"units": {"USD": [entry]}}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "CIK0000789019.json").write_text(json.dumps({"cik": 789019, "facts": {"us-gaap": tags}}))
    ...     [(fact["tag"], fact["value"], fact["copies"]) for fact in read_facts(folder)]
    [('us-gaap:PaymentsToAcquirePropertyPlantAndEquipment', 44477000000, ['CIK0000789019.json'])]
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.endswith((".json", ".json.gz")))
        return merge(*(read_facts(file, copy, tags) for file in files), tags=tags)
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            content = json.load(file)
        int(content["cik"])
        entries = [
            (f"{taxonomy}:{name}" if ":" not in name else name, unit, entry)
            for taxonomy, names in content["facts"].items()
            for name, tag in names.items()
            for unit, every in tag["units"].items()
            for entry in every
        ]
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError) as error:
        shape = isinstance(error, LookupError | TypeError | AttributeError)  # Python's words for these say nothing to a reader
        why = "expected cik and facts, by taxonomy, tag and unit" if shape else error
        raise ValueError(f"{path} is no company-facts JSON ({why}); give a file of the SEC's company facts, plain or gzipped") from None
    provenance = content.get("_provenance", "")
    by_hand = "by hand" in json.dumps(provenance)
    facts = []
    for tag, unit, entry in entries:
        if why := _unsound(entry):
            said = " ".join(str(entry[name]) for name in ("accn", "start", "end") if name in entry) if isinstance(entry, dict) else ""
            raise ValueError(f"{path}: {tag} {said}: {why}. The file is damaged or no copy of the SEC's: take another one")
        origin = copy or entry.get("src") or _origin(provenance) or path.name
        facts.append(
            {
                "cik": int(content["cik"]),
                "tag": tag,
                "unit": unit,
                "start": entry.get("start") or "",
                "end": entry["end"],
                "value": entry["val"],
                "accession": entry["accn"],
                "form": entry["form"],
                "filed": entry["filed"],
                "label": entry.get("label", ""),
                "copies": [origin.replace("{accession}", entry["accn"])],
                "by_hand": by_hand,
            }
        )
    return merge(facts, tags=tags)


def _unsound(entry):
    """Say why an entry is no fact: a cell that is missing, a date that is none, a value that is no number; else nothing."""
    if not isinstance(entry, dict):
        return f"found {str(entry)[:40]!r}, expected an entry with end, val, accn, form and filed"
    for name in ("end", "val", "accn", "form", "filed"):
        if entry.get(name) in (None, ""):
            return f"found no {name}"
    for name in ("start", "end", "filed"):
        if entry.get(name) and not _is_date(entry[name]):
            return f"found {name} {entry[name]!r}, expected a date such as 2025-03-31"
    if isinstance(entry["val"], bool) or not isinstance(entry["val"], int | float) or not math.isfinite(entry["val"]):
        return f"found the value {entry['val']!r}, expected a number"
    return "" if isinstance(entry["accn"], str) and isinstance(entry["form"], str) else "found an accession or form that is no text"


@functools.cache
def _is_date(text):
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _origin(provenance):
    """Name the copy from a file's ``_provenance``: a dictionary with repository, path and commit, or a sentence."""
    if isinstance(provenance, dict) and "repository" in provenance:
        return f"github: {provenance['repository']} {provenance.get('path', '')}@{provenance.get('commit', '')}"
    return provenance if isinstance(provenance, str) else ""


def merge(*snapshots, tags=None):
    """Return the union of several lists of facts, one fact per company, tag, unit, period and filing.

    The first copy gives the label; all copies are remembered. Two copies of one filing that disagree about a value are an error of
    copying, not a restatement (that has a filing of its own): they raise ValueError and are to be settled by hand. With `tags`, only those are
    looked at; of another tag the first copy stands.

    >>> fact = {"cik": 1, "tag": "us-gaap:Revenues", "unit": "USD", "start": "2024-01-01", "end": "2024-03-31", "accession": "a",
    ...         "value": 5, "copies": ["x"], "by_hand": True}
    >>> [(fact["copies"], fact["by_hand"]) for fact in merge([fact], [{**fact, "copies": ["y"], "by_hand": False}])]
    [(['x', 'y'], False)]
    >>> merge([fact], [{**fact, "value": 6}])
    Traceback (most recent call last):
    ValueError: one filing has two values for a fact; look it up, and leave out the copy that is wrong:
    us-gaap:Revenues of a, 2024-01-01..2024-03-31: 5 USD (x) and 6 USD (x)
    """
    union, quarrels = {}, []
    for fact in (fact for snapshot in snapshots for fact in snapshot):
        key = tuple(fact[name] for name in ("cik", "tag", "unit", "start", "end", "accession"))
        known = union.setdefault(key, {**fact, "copies": []})
        if known["value"] != fact["value"] and (tags is None or fact["tag"] in tags):
            place = f"{fact['tag']} of {fact['accession']}, {fact['start'] or 'at'}..{fact['end']}"
            said = (f"{each['value']} {fact['unit']} ({', '.join(each['copies'])})" for each in (known, fact))
            quarrels.append(f"{place}: {' and '.join(said)}")
        known["copies"] += [copy for copy in fact["copies"] if copy not in known["copies"]]
        known["by_hand"] = known["by_hand"] and fact["by_hand"]
    if quarrels:
        raise ValueError("one filing has two values for a fact; look it up, and leave out the copy that is wrong:\n" + "\n".join(quarrels))
    return list(union.values())


def read_tag_map(path):
    """Return the rows of ``tag_map.csv`` as dictionaries: company, metric, tag, first_period, ..., last_filed, sign, note.

    Empty bounds are open. The note up to its first semicolon says where in the filing the figure stands.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "tag_map.csv")
    ...     _ = file.write_text("company,metric,tag,sign\\nmsft,net_income,us-gaap:NetIncomeLoss,1\\n")
    ...     read_tag_map(file)
    [{'company': 'msft', 'metric': 'net_income', 'tag': 'us-gaap:NetIncomeLoss', 'sign': '1'}]
    """
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_companies(path):
    """Return {central index key: (company, name)} from ``companies.csv``; companies without a key are left out.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "companies.csv")
    ...     _ = file.write_text("company,name,cik\\nmsft,Microsoft,789019\\nopenai,OpenAI,\\n")
    ...     read_companies(file)
    {789019: ('msft', 'Microsoft')}
    """
    with open(path, encoding="utf-8", newline="") as file:
        return {int(row["cik"]): (row["company"], row["name"]) for row in csv.DictReader(file) if row["cik"]}


def period_ends(facts):
    """Return {accession: the filing's own period end}, for filings with accounts.

    It is the newest end among the periods of a quarter or longer that do not reach beyond the day of filing: comparatives are
    older, and shorter or later periods belong to events after the balance sheet. A filing without such a period has no entry.

    >>> fact = {"accession": "a", "form": "10-Q", "start": "2024-01-01", "end": "2024-03-31", "filed": "2024-05-02"}
    >>> period_ends([fact, {**fact, "start": "2023-01-01", "end": "2023-03-31"}, {**fact, "start": "2024-04-01", "end": "2024-05-01"}])
    {'a': '2024-03-31'}
    """
    ends = {}
    for fact in facts:
        long = fact["start"] and _days(fact["start"], fact["end"]) >= QUARTER_DAYS
        if long and fact["end"] <= fact["filed"] and fact["form"].removesuffix("/A") in FORMS:
            ends[fact["accession"]] = max(ends.get(fact["accession"], ""), fact["end"])
    return ends


def source_ids(facts, companies, held=None):
    """Return {accession: source id}, such as ``msft-10-q-2024-09-30``.

    Amendments end in ``-a``, further filings of one form and period in ``-2``. `held` gives the sources that the ledger has, with their accessions
    (empty: no filing): these keep their ids, and nobody else gets one of them. `facts` should be all facts of a filing, or at least
    those of its newest period: fed with comparatives only it would name the filing too early.

    >>> fact = {"cik": 789019, "accession": "a", "form": "10-Q", "start": "2024-07-01", "end": "2024-09-30", "filed": "2024-10-30"}
    >>> source_ids([fact, {**fact, "accession": "b", "form": "10-Q/A", "filed": "2024-11-30"}], {789019: ("msft", "Microsoft")})
    {'a': 'msft-10-q-2024-09-30', 'b': 'msft-10-q-2024-09-30-a'}
    """
    ends, ids = period_ends(facts), {accession: source for source, accession in (held or {}).items() if accession}
    taken = set(held or ())
    filings = {(fact["filed"], fact["accession"], fact["form"], fact["cik"]) for fact in facts if fact["accession"] in ends}
    for _, accession, form, cik in sorted(filings):
        name = f"{companies[cik][0]}-{form.removesuffix('/A').lower()}-{ends[accession]}{'-a' if form.endswith('/A') else ''}"
        if accession not in ids:
            ids[accession] = next(each for each in itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2))) if each not in taken)
            taken.add(ids[accession])
    return {accession: source for accession, source in ids.items() if accession in ends}


def sources(facts, companies, used=None, held=None):
    """Return one row of ``sources.csv`` per filing, sorted; with `used`, only the sources named there. For `held` see `source_ids`.

    >>> fact = {"cik": 789019, "accession": "0000950170-24-118967", "form": "10-Q", "start": "2024-07-01", "end": "2024-09-30",
    ...         "filed": "2024-10-30", "copies": ["github: owner/repository"]}
    >>> [(row["source"], row["title"], row["url"]) for row in sources([fact], {789019: ("msft", "Microsoft")})]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('msft-10-q-2024-09-30', '10-Q for the quarter ended 30 September 2024',
      'https://www.sec.gov/Archives/edgar/data/789019/000095017024118967/')]
    """
    ends, ids = period_ends(facts), source_ids(facts, companies, held)
    papers = {}
    for fact in facts:
        source = ids.get(fact["accession"])
        if source is not None and (used is None or source in used):
            paper = papers.setdefault(source, {**fact, "copies": set()})
            paper["copies"].update(fact["copies"])
    return [_source(source, paper, ends[paper["accession"]], companies) for source, paper in sorted(papers.items())]


def _source(source, paper, end, companies):
    return {
        "source": source,
        "publisher": companies[paper["cik"]][1],
        "kind": "filing",
        "title": title(paper["form"], end, paper["filed"]),
        "url": f"https://www.sec.gov/Archives/edgar/data/{paper['cik']}/{paper['accession'].replace('-', '')}/",
        "published": paper["filed"],
        "published_precision": "day",
        "via": "; ".join(sorted(paper["copies"])),
        "accession": paper["accession"],
        "form": paper["form"],
        "licence": "public",
        "tier": "primary",
        "note": "",
    }


def title(form, end, filed):
    """Say what a filing is; dates are ISO dates.

    >>> title("10-Q", "2024-09-30", "2024-10-30")
    '10-Q for the quarter ended 30 September 2024'
    >>> title("8-K", "2024-06-30", "2024-12-03")
    '8-K of 3 December 2024 with statements to 30 June 2024'
    """
    if form.startswith("10-Q"):
        return f"{form} for the quarter ended {_long(end)}"
    if form.startswith("10-K"):
        return f"{form} for the year ended {_long(end)}"
    return f"{form} of {_long(filed)} with statements to {_long(end)}"


def rows(facts, tag_map, company, companies, *, since="", stocks=(), leave_out=(), held=None):
    """Return the ledger rows of one company, sorted: every mapped fact of every filing, as filed.

    `facts` should be all facts of the company, mapped or not: the period of a filing and the unit in which it prints are read from
    them. Only periods that end at `since` or later are kept. Metrics named in `stocks` are balances: the row has no
    ``period_start``, also where the filer tagged the balance with the period of the cash-flow statement. If two tags give one
    metric for one period in one filing, equal values are one row (the first line of the map wins) and different ones are
    numbered in ``n``. `leave_out` holds what a filer tagged wrongly, as (source, metric, period_start, period_end). For `held` see
    `source_ids`.

    >>> fact = {"cik": 1326801, "tag": "us-gaap:PaymentsToAcquirePropertyPlantAndEquipment", "unit": "USD", "start": "2022-01-01",
    ...         "end": "2022-12-31", "value": 31431000000, "accession": "0001326801-23-000013", "form": "10-K",
    ...         "filed": "2023-02-02", "label": "", "copies": ["x"], "by_hand": False}
    >>> line = {"company": "meta", "metric": "capex_cash", "tag": fact["tag"], "first_period": "", "last_period": "",
    ...         "first_filed": "2022-04-28", "last_filed": "2024-02-02", "sign": "1", "note": "cash flow statement; gross here"}
    >>> [row] = rows([fact], [line], "meta", {1326801: ("meta", "Meta")})
    >>> row["value"], row["unit"], row["source"], row["locator"]  # doctest: +NORMALIZE_WHITESPACE
    ('31431', 'USD m', 'meta-10-k-2022-12-31',
     'cash flow statement, us-gaap:PaymentsToAcquirePropertyPlantAndEquipment')
    """
    ids, fine = source_ids(facts, companies, held), in_thousands(facts)
    by_tag = {}
    for fact in facts:
        if companies[fact["cik"]][0] == company and fact["end"] >= since and fact["accession"] in ids:
            by_tag.setdefault(fact["tag"], []).append(fact)
    found = {}
    for line in (line for line in tag_map if line["company"] == company):
        for fact in (fact for fact in by_tag.get(line["tag"], ()) if applies(line, fact)):
            row = _row(fact, line, ids[fact["accession"]], line["metric"] in stocks, fact["accession"] in fine)
            key = tuple(row[name] for name in ("source", "metric", "period_start", "period_end"))
            if key in leave_out:
                continue
            rivals = found.setdefault(key, [])
            if all((row["value"], row["unit"]) != (rival["value"], rival["unit"]) for rival in rivals):
                rivals.append({**row, "n": str(len(rivals) + 1)})
    return sorted((row for rivals in found.values() for row in rivals), key=row_key)


def applies(line, fact):
    """Say whether a line of the tag map covers a fact: same tag, period end and filing date within the bounds (empty: open).

    >>> line = {"tag": "us-gaap:Revenues", "first_period": "", "last_period": "", "first_filed": "", "last_filed": "2018-06-30"}
    >>> applies(line, {"tag": "us-gaap:Revenues", "end": "2018-05-31", "filed": "2018-06-22"})
    True
    >>> applies(line, {"tag": "us-gaap:Revenues", "end": "2018-05-31", "filed": "2020-06-22"})
    False
    """
    return (
        line["tag"] == fact["tag"]
        and (line["first_period"] or "0") <= fact["end"] <= (line["last_period"] or "9")
        and (line["first_filed"] or "0") <= fact["filed"] <= (line["last_filed"] or "9")
    )


def row_key(row):
    """Return the key by which fact tables are sorted.

    >>> row_key({"company": "msft", "metric": "revenue", "period_start": "", "period_end": "2024-06-30", "source": "x", "n": "2"})
    ('msft', 'revenue', '', '2024-06-30', 'x', 2)
    """
    return (*tuple(row[name] for name in ("company", "metric", "period_start", "period_end", "source")), int(row["n"]))


def _row(fact, line, source, stock, fine):
    digits, unit = printed(fact["value"] * int(line["sign"] or 1), fact["unit"], fine, _step(line["note"]))
    place = line["note"].split(";")[0]
    return {
        "company": line["company"],
        "metric": line["metric"],
        "period_start": "" if stock else fact["start"],
        "period_end": fact["end"],
        "relation": "=",
        "value": digits,
        "low": "",
        "high": "",
        "unit": unit,
        "stance": "actual",
        "grade": "filed",
        "source": source,
        "n": "1",
        "locator": f"{place}: {fact['label']}" if fact["label"] else f"{place}, {fact['tag']}",
        "note": "copied by hand from a stored company-facts file or filing" if fact["by_hand"] else "",
    }


def _step(note):
    """Return the step in which a note says that amounts above a billion are printed ("printed in USD 0.1bn"), else an empty text."""
    found = re.search(r"printed in USD (0\.0*1)bn", note)
    return found[1] if found else ""


def in_thousands(facts):
    """Return the accessions of the filings that print in thousands of dollars: most of their amounts are not whole millions.

    >>> fact = {"accession": "a", "unit": "USD", "value": 3198356000}
    >>> in_thousands([fact, {**fact, "accession": "b", "value": 24578000000}])
    {'a'}
    """
    every, broken = Counter(), Counter()
    for fact in facts:
        if fact["unit"] == "USD" and fact["value"]:
            every[fact["accession"]] += 1
            broken[fact["accession"]] += fact["value"] % 1000000 != 0
    return {accession for accession, count in every.items() if broken[accession] * 2 > count}


def printed(value, unit, fine=False, step=""):
    """Return digits and unit as filings in millions print them; `fine`: as filings in thousands do, with three decimals.

    What is not in whole thousands stays exact. A note's "$143.1 million" in a filing in thousands keeps its one decimal: two
    closing zeros are taken for digits that were not printed. `step` ("0.1" or "0.01") is for texts that print billions:
    amounts above a billion that are whole multiples of it come back as such.

    >>> printed(13873000000, "USD"), printed(-1600000000, "USD"), printed(0.29, "USD/shares")
    (('13873', 'USD m'), ('-1600', 'USD m'), ('0.29', 'USD/shares'))
    >>> printed(220120000, "USD", fine=True), printed(143100000, "USD", fine=True), printed(0, "USD", fine=True)
    (('220.120', 'USD m'), ('143.1', 'USD m'), ('0', 'USD m'))
    >>> printed(8200000000, "USD", step="0.1"), printed(894000000, "USD", step="0.1")
    (('8.2', 'USD bn'), ('894', 'USD m'))
    """
    number = Decimal(str(value))
    if unit != "USD":
        return f"{number:f}", unit
    if step and abs(number) >= 1000000000 and number % (Decimal(step) * 1000000000) == 0:
        return f"{(number / 1000000000).quantize(Decimal(step)):f}", "USD bn"
    millions = number / 1000000
    if fine and number % 100000:
        return f"{millions:.3f}" if number % 1000 == 0 else f"{millions:f}", "USD m"
    digits = f"{millions:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits), "USD m"


@functools.cache
def _days(start, end):
    return (date.fromisoformat(end) - date.fromisoformat(start)).days + 1


def _long(day):
    day = date.fromisoformat(day)
    return f"{day.day} {day:%B %Y}"
