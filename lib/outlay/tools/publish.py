"""Publishing: the quarters as one table, and the notebooks as pages that open from disk and ask nothing of any server."""

import ctypes
import hashlib
import html
import io
import json
import os
import pickle
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from outlay import ledger, periods, units
from outlay.charts import write
from outlay.tools import fresh, review

SERIES = ["company", "metric", "period", "period_start", "period_end", "value", "unit", "stance", "grade", "how", "facts"]
_ROOT = Path(__file__).resolve().parents[3]


def series(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as it is written out: `SERIES`, dates as text, facts as names joined by `;`.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> series(book.quarters("capex", companies=["msft"])).value.iloc[-1].item()
    19.394
    """
    out = frame.assign(facts=frame.facts.map(lambda ids: ";".join(ledger.names(ids))))
    for name in ("period_start", "period_end"):
        out[name] = out[name].dt.strftime("%Y-%m-%d")
    return out[SERIES]


def quarters(path: Path, as_of: str = "") -> None:
    """Write every flow of the ledger as single calendar quarters, each definition apart, with its facts.

    Rows that rest on a source whose licence forbids redistribution in bulk are left out.
    """
    book = ledger.open(as_of=as_of, private=False)
    closed = set(book.sources.index[book.sources.licence == "restricted"])
    frame = book.quarters(sorted(book.metrics.index[book.metrics.kind == "flow"]))
    frame = frame[~frame.facts.map(lambda ids: bool(closed & set(book.facts.loc[list(ids), "source"])))]
    out = series(frame.sort_values(["company", "metric", "period_end"]))
    write(path, out.to_csv(index=False, lineterminator="\n").encode())


def tables(folder: Path, as_of: str = "") -> dict[str, pd.DataFrame]:
    """Write what is published beside the pages: `quarters.csv`, and as CSV every generated table that a page shows. Returns the latter."""
    book, today = ledger.open(as_of=as_of, private=False), _today(as_of)
    quarters(folder / "quarters.csv", as_of)
    held = coverage(book)
    generated = {
        "coverage": held,
        "contents": contents(book, held),
        "restatements": review.restatements(book),
        "recast_years": review.recast_years(book),
        "disputed": review.disputed(book),
        "disputed_deals": review.disputed_deals(book),
        "due": fresh.due(book, today),
        "newest": fresh.newest(book, today),
    }
    for name, frame in generated.items():
        write(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n").encode())
    return generated


def contents(book: ledger.Book, held: pd.DataFrame) -> pd.DataFrame:
    """Return what each table of figures holds: `rows`, `first` and `last` day, shares by grade and by how exactly its documents are dated, `holes`.

    `held` is what `coverage` returns; holes are the quarters missing from the middle of series that are known in most quarters, in the table that
    holds most of the series.

    >>> book = ledger.open()
    >>> float(contents(book, coverage(book)).set_index("table").filed["capex"]) > 0.5
    True
    """
    parts = dict(iter(book.facts.groupby("table"))) | {"deals": book.events, "models": book.models}
    home = book.facts.groupby("metric").table.agg(lambda names: names.mode().iloc[0])
    holes = held[held.grade == "hole"].metric.map(home).value_counts()
    out = []
    for name, rows in parts.items():
        precision = rows.source.map(book.sources.published_precision.where(book.sources.published.notna(), "undated"))
        days = rows["event_date" if name == "deals" else "period_end"].dropna()
        graded = {grade: round((rows.grade == grade).mean(), 3) for grade in ledger.GRADES[:4]}
        dated = {f"dated_{kind}": round((precision == kind).mean(), 3) for kind in ("day", "month", "year", "undated")}
        first, last = (f"{day:%Y-%m-%d}" if len(days) else "" for day in (days.min(), days.max()))
        out.append({"table": name, "rows": len(rows), "first": first, "last": last, **graded, **dated, "holes": int(holes.get(name, 0))})
    return pd.DataFrame(out)


def coverage(book: ledger.Book) -> pd.DataFrame:
    """Return what the ledger holds: a row a company, metric and calendar quarter, with `grade`, `how` and `age`.

    The age is the days from the quarter's end to the newest document behind it. A quarter missing from a series that is known in most quarters
    between two known ones has the grade `hole`; what is told now and then has none.

    >>> set(coverage(ledger.open()).grade) <= {*ledger.GRADES, "hole"}
    True
    """
    is_flow = book.metrics.kind == "flow"
    dated = book.observations(sorted(book.metrics.index[~is_flow]))
    dated = dated[dated.period_end.notna()]  # what holds at a date belongs to the quarter that ends there
    dated["period"] = periods.label(dated.period_end, dated.period_end, dated.period_end.dt.month, "end_month")
    dated = dated.drop_duplicates(["company", "metric", "period"], keep="last")
    frame = pd.concat([book.quarters(sorted(book.metrics.index[is_flow])), dated], ignore_index=True)
    published = book.sources.published.reindex(book.facts.source).set_axis(book.facts.index)
    newest = published.loc[[fact for ids in frame.facts for fact in ids]].groupby(frame.index.repeat(frame.facts.map(len)).to_numpy()).max()
    frame = frame.assign(age=(newest - frame.period_end).dt.days.astype("Int64"), place=periods.position(frame.period))
    frame = frame.sort_values(["metric", "company", "place"], ignore_index=True)[["company", "metric", "period", "grade", "how", "age", "place"]]
    step = frame.groupby(["metric", "company"]).place.diff()
    steady = step.groupby([frame.metric, frame.company]).transform("median") <= 1
    missing = [
        {"company": row.company, "metric": row.metric, "period": f"{place // 4}Q{place % 4 + 1}", "grade": "hole", "how": "", "place": place}
        for row, gap in zip(frame[steady & (step > 1)].itertuples(), step[steady & (step > 1)].astype(int), strict=True)
        for place in range(row.place - gap + 1, row.place)
    ]
    out = pd.concat([frame, pd.DataFrame(missing, columns=frame.columns)], ignore_index=True) if missing else frame
    return out.sort_values(["metric", "company", "period"], ignore_index=True).drop(columns="place")


def _coverage(frame: pd.DataFrame, progress: str) -> str:
    """Write the coverage as a page: a table a metric, a row a company, a cell a quarter."""
    marks = {"filed": "f", "stated": "s", "press": "p", "estimate": "e", "hole": "–"}
    out = [
        "# Coverage",
        "",
        "What is held, by quarter: **f** filed, **s** stated by the firm, **p** press, **e** estimate, **–** a hole between two known quarters. "
        "A light letter is derived from longer periods. Hover for the days between the quarter's end and the document. "
        f'<a href="data/coverage.csv">As CSV</a>. {progress}',
    ]
    for metric, rows in frame.groupby("metric"):
        quarters = sorted(rows.period.unique(), reverse=True)  # the newest stand where they are seen without scrolling
        out += ["", f"## {metric.replace('_', ' ')}", "", '<div class="coverage"><table><thead><tr><th></th>']
        out.append("".join(f"<th>{name[2:4]}<br>{name[4:]}</th>" for name in quarters) + "</tr></thead><tbody>")
        cells = {(row.company, row.period): row for row in rows.itertuples()}
        for company in sorted(rows.company.unique()):
            line = []
            for quarter in quarters:
                if (company, quarter) not in cells:
                    line.append("<td></td>")
                    continue
                cell = cells[company, quarter]
                age = f' title="{cell.age} days"' if pd.notna(cell.age) else ""
                line.append(f'<td class="{cell.grade} {cell.how}"{age}>{marks[cell.grade]}</td>')
            out.append(f"<tr><th>{company}</th>{''.join(line)}</tr>")
        out.append("</tbody></table></div>")
    return "\n".join(out) + "\n"


def _table(frame: pd.DataFrame) -> str:
    """Write a generated table as HTML that scrolls on its own, sources linked to the page of documents."""
    for name in frame.columns[frame.dtypes.astype(str).str.startswith("datetime")]:
        frame = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d")})
    words = frame.columns[frame.dtypes.astype(str).isin(["object", "str", "string"])]
    frame = frame.assign(**{name: [html.escape(str(cell)) if pd.notna(cell) else "" for cell in frame[name]] for name in words})
    for name in frame.columns[frame.columns.str.endswith("source") | (frame.columns == "held_by")]:
        frame = frame.assign(**{name: [f'<a href="documents.html#{source}">{source}</a>' for source in frame[name]]})
    frame = frame.rename(columns=lambda name: name.replace("_", " "))
    body = frame.to_html(index=False, escape=False, float_format=lambda value: f"{value:.10g}", border=0, na_rep="")
    return f'<div class="coverage words">{body}</div>'


def _versions(restated: pd.DataFrame, recast: pd.DataFrame) -> str:
    """Write the page of restatements and of years recast without their quarters."""
    return f"""# Versions

Nothing that a document said is overwritten. Here is what later filings printed differently, also as CSV:
<a href="data/restatements.csv">restatements</a>, <a href="data/recast_years.csv">recast years</a>.
What press and analysts report differently stands under [disputed figures](disputed.md).

## Restatements

{len(restated)} filed figures were printed differently by a later filing.

{_table(restated)}

## Years recast without their quarters

{len(recast)} years were printed differently later, without their quarters: the quarters keep their own year's print.

{_table(recast)}
"""


def _said(frame: pd.DataFrame) -> list[str]:
    """Write figures as they were said, with their unit."""
    return [
        "in words" if pd.isna(row.value) else f"{row.relation.replace('=', '')} {row.value:,.10g} {row.unit}".strip() for row in frame.itertuples()
    ]


def _disputed(figures: pd.DataFrame, deals: pd.DataFrame, labels: dict[str, str]) -> str:
    """Write the page of figures on which reports disagree, and of deals that are dated or counted differently."""
    group = figures[["company", "family", "period", "said_by", "scope"]].apply(tuple, axis=1)
    named = pd.Series([f"{row.company}, {row.family.replace('_', ' ')}, {periods.words(row.period)}" for row in figures.itertuples()])
    shown = pd.DataFrame({"what": named.mask(group.duplicated(), ""), "said": _said(figures), "taken": figures.why})
    shown = shown.assign(definition=figures.metric.map(labels), grade=figures.grade, **{"holds at": figures.period_end})
    shown = shown.assign(published=figures.published, source=figures.source)
    again = deals.deal.duplicated()
    deal = pd.DataFrame({"deal": deals.deal.mask(again, ""), "on": deals.what.mask(again, ""), "said": _said(deals), "day": deals.event_date})
    deal = deal.assign(event=deals.status, firmness=deals.firmness, published=deals.published, source=deals.source)
    return f"""# Disputed figures

Where press, analysts and firms say different things, both stay. Here they are side by side, with the one that the notebooks take and why.
Rival definitions of one thing (a net and an operating loss) stand together, because they are often quoted for each other; each is taken within
its own definition only.
As CSV: <a href="data/disputed.csv">figures</a>, <a href="data/disputed_deals.csv">deals</a>.

## Figures

{group.nunique()} periods, {len(figures)} prints.

{_table(shown)}

## Deals

{deals.deal.nunique()} deals that documents date or count differently. Of one day the event of the stronger document counts.

{_table(deal)}
"""


def _today(as_of: str) -> pd.Timestamp:
    """Return the day to which ages are counted: that of the edition."""
    return pd.Timestamp(as_of) if as_of else ledger.edition()


def _owed(book: ledger.Book, due: pd.DataFrame) -> str:
    """Return the filings that are expected next, for the line by which a page tells its reader, on whatever day, what should have come since."""
    known = due[due.expected.notna()]
    return json.dumps([[book.companies.name[row.company], row.form, f"{row.expected:%Y-%m-%d}"] for row in known.itertuples()], ensure_ascii=False)


def _freshness(held: pd.DataFrame, due: pd.DataFrame, newest: pd.DataFrame, today: pd.Timestamp, progress: str) -> str:
    """Write the page of what the ledger holds, how old it is, and which filing is due."""
    late = newest[newest.late]
    overdue = int(due.overdue.sum())
    shares = [name for name in held.columns if held[name].dtype.kind == "f"]
    tables = held.assign(**{name: held[name].map("{:.0%}".format) for name in shares}).rename(columns=lambda name: name.replace("dated_", "dated: "))
    return f"""# What is held, and how old it is

The edition is of {today:%-d %B %Y}; ages are counted to that day.
As CSV: <a href="data/contents.csv">tables</a>, <a href="data/due.csv">filings due</a>,
<a href="data/newest.csv">newest figures</a>.

## Tables

Shares are of rows: by grade of the figure, and by how exactly the document is dated. Holes are quarters missing from the middle of series that are
known in most quarters; see [coverage](coverage.md).

{_table(tables)}

## Filings due

Expected as many days after the quarter's end as the firm's filings of that form usually come. {units.cardinal(overdue).capitalize()} of the
{units.cardinal(len(due))} should have been published by the day of the edition and {"is" if overdue == 1 else "are"} not in the ledger.
{progress}

{_table(due.assign(overdue=due.overdue.map({True: "yes", False: ""})))}

## Old figures

{len(late)} of {len(newest)} series have a newest period that is older than twice their usual step and a quarter.

{_table(late.drop(columns="late"))}
"""


def pictures(figures: Path, kept: Path) -> None:
    """Keep the charts that README.md shows in `kept`, renewed when their rows or the library changed."""
    from PIL import Image

    def stamp(path: Path) -> str:
        with Image.open(path) as picture:
            return picture.info["Comment"]

    for name in re.findall(r"notebooks/pictures/([\w-]+\.png)", (_ROOT / "README.md").read_text(encoding="utf-8")):
        if not (kept / name).exists() or stamp(kept / name) != stamp(figures / name):
            write(kept / name, (figures / name).read_bytes())


def known(as_of: str) -> str:
    """Return a digest of all that the ledger says as it was known on a date: what pages of that date rest on beside the notebooks.

    Raises ValueError if nothing of the ledger was public by then.
    """
    book = ledger.open(as_of=as_of, private=False)
    if book.facts.empty:
        raise ValueError(f"nothing in the ledger was public on {as_of}: an edition of that date would be empty")
    parts = [part for _, part in sorted(vars(book).items()) if isinstance(part, pd.DataFrame)]
    lines = (part.drop(columns="row", errors="ignore").to_csv(index=part.index.name is not None).splitlines() for part in parts)
    return hashlib.sha256("\n".join("\n".join(sorted(text)) for text in lines).encode()).hexdigest()[:16]


def prepare(build: str, as_of: str = "") -> None:
    """Write the tables of the ledger to `build/data`, and keep what `pages` needs of them beside."""
    generated = tables(Path(build) / "data", as_of)
    write(Path(build) / ".tables", pickle.dumps(generated))


def pages(build: str, notebooks: list[str], kept: str = "", as_of: str = "", editions: Iterable[str] = ()) -> None:
    """Make the pages in `build/site` from notebooks and what `prepare` left; keep the charts that README.md shows in the folder `kept`, if named."""
    site(Path(build), [Path(path) for path in notebooks], pickle.loads((Path(build) / ".tables").read_bytes()), as_of, editions)
    if kept:
        pictures(Path(build) / "figures", Path(kept))


def site(build: Path, notebooks: list[Path], generated: dict[str, pd.DataFrame], as_of: str = "", editions: Iterable[str] = ()) -> None:
    """Make the pages in `build/site` from executed notebooks and what `tables` returns; the old pages stay until the new ones are whole.

    With `as_of` they are those of an edition: all as it was known on that date, with links to the pages two folders above. `editions` are the
    dates whose pages stand in `build/.editions`: they are taken into `site/editions`, and its index leads from every page to the same page in each.
    Raises RuntimeError with what sphinx said if a page cannot be made without a warning.
    """
    notebooks = [path for path in notebooks if not path.stem.startswith("00")]  # the one to copy is no page
    source, made = build / ".pages", build / ".site"
    for folder in (source, made):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_ROOT / "site", source)
    (source / "notebooks").mkdir()
    cards, answer = [], ""
    for path in notebooks:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        shown = _dress(notebook)
        cards += shown
        if path.stem.startswith("04"):
            answer = _answer(notebook)
        (source / "notebooks" / path.name).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
        shutil.copy(path, source / "extra" / path.name)
    shutil.copytree(build / "figures", source / "extra" / "figures")
    shutil.copytree(build / "data", source / "extra" / "data")
    toc = "\n".join(f"notebooks/{path.stem}" for path in notebooks)
    others = "" if as_of else "editions/index\n"
    index = (source / "index.md").read_text(encoding="utf-8")
    index = index.replace(
        "<!-- contents -->", f"```{{toctree}}\n:hidden:\n:maxdepth: 1\n{toc}\nfreshness\ncoverage\nversions\ndisputed\ndocuments\n{others}```"
    ).replace("<!-- gallery -->", _gallery(cards))
    book = ledger.open(as_of=as_of, private=False)
    progress = fresh.progress(book, _today(as_of))
    index = index.replace("<!-- answer -->", answer).replace("<!-- progress -->", f"{progress} [What is held, and what is due](freshness.md).")
    (source / "index.md").write_text(index, encoding="utf-8")
    (source / "due.json").write_text(_owed(book, generated["due"]), encoding="utf-8")
    pages = {
        "documents": _documents(book),
        "coverage": _coverage(generated["coverage"], progress),
        "versions": _versions(generated["restatements"], generated["recast_years"]),
        "disputed": _disputed(generated["disputed"], generated["disputed_deals"], book.metrics.label.to_dict()),
        "freshness": _freshness(generated["contents"], generated["due"], generated["newest"], _today(as_of), progress),
    }
    if not as_of:
        pages["editions/index"] = _editions(build, notebooks, [*pages], editions)
        (source / "editions").mkdir()
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    _sphinx(source, made, as_of)
    for date in editions:  # the same files, not copies
        shutil.copytree(build / ".editions" / date / "site", made / "editions" / date, copy_function=os.link)
    _swap(made, build / "site")
    for folder in (made, source):
        shutil.rmtree(folder, ignore_errors=True)


def _editions(build: Path, notebooks: list[Path], others: Iterable[str], dates: Iterable[str]) -> str:
    """List every page in every edition, newest first, for readers who want to switch."""
    titles = {"index": "Front page"}
    for path in notebooks:
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        titles[f"notebooks/{path.stem}"] = first.splitlines()[0].lstrip("# ")
    titles |= {name: name.capitalize() for name in sorted(others)}
    dates = sorted(dates, reverse=True)
    out = [
        "# Editions",
        "",
        "Each edition shows what was public on its date, and nothing that came later. `outlay build --as-of 2024-08-05` makes one.",
        "",
        '<div class="coverage"><table><thead><tr><th>Page</th><th>newest</th>'
        + "".join(f"<th>{date}</th>" for date in dates)
        + "</tr></thead><tbody>",
    ]
    for page, title in titles.items():
        there = [date for date in dates if (build / ".editions" / date / "site" / f"{page}.html").exists()]
        cells = [f'<a href="{date}/{page}.html">{date}</a>' if date in there else "" for date in dates]
        linked = "".join(f"<td>{cell}</td>" for cell in [f'<a href="../{page}.html">newest</a>', *cells])
        out.append(f'<tr id="{page.rpartition("/")[2]}"><th>{html.escape(title)}</th>{linked}</tr>')
    return "\n".join([*out, "</tbody></table></div>", ""])


def _swap(new: Path, place: Path) -> None:
    """Put a folder into a place where another may be, which goes to where the new one was: on Linux in one step, so that no moment is without."""
    if not place.exists():
        new.rename(place)
        return
    try:
        exchanged = ctypes.CDLL(None, use_errno=True).renameat2(-100, os.fsencode(new), -100, os.fsencode(place), 2)  # AT_FDCWD, RENAME_EXCHANGE
    except (AttributeError, TypeError, OSError):  # not Linux
        exchanged = -1
    if exchanged:
        old = place.with_name(f".{place.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)
        new.rename(place)
        shutil.rmtree(old, ignore_errors=True)


def _sphinx(source: Path, made: Path, as_of: str = "") -> None:
    from sphinx.cmd.build import build_main

    told, kept = io.StringIO(), (sys.stdout, sys.stderr)
    sys.stdout = sys.stderr = told
    try:
        status = build_main(
            ["-b", "html", "-W", "--keep-going", "-q", "-d", str(source / ".doctrees"), "-D", f"edition={as_of}", str(source), str(made)]
        )
    finally:
        sys.stdout, sys.stderr = kept
    if status:
        raise RuntimeError(f"the pages could not be made:\n{told.getvalue().strip()}")


def _dress(notebook: dict) -> list[dict]:
    """Make a notebook fit for a page: charts as drawings with downloads, code folded, the facts of sentences in a fold. Returns its charts."""
    cards, heading = [], ""
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            found = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
            heading = found[-1] if found else heading
            continue
        tags = cell["metadata"].setdefault("tags", [])
        if "parameters" not in tags:
            tags.append("hide-input")
        for output in cell["outputs"]:
            about = output.get("metadata", {}).pop("outlay", {})
            if about.get("private") or any(name.startswith("private:") for names in about.get("facts", {}).values() for name in names):
                raise RuntimeError("a notebook holds what rests on data/private, which is never published: build it again without --private")
            if name := about.get("figure"):
                alt = "".join(output["data"]["text/plain"])
                cards.append({"name": name, "alt": alt, "title": heading})
                output["data"] = {"text/html": _figure(name, alt)}
                output["metadata"] = {}
            elif facts := about.get("facts"):
                prose = "".join(output["data"]["text/markdown"])
                output["data"] = {"text/markdown": f"{prose}\n\n{_walk(facts)}"}
    return cards


def _answer(notebook: dict) -> str:
    """Return the paragraphs of a notebook's short answer, for the front page."""
    inside, said = False, []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            inside = text.startswith("## The short answer")
        elif inside:
            said += ["".join(output["data"]["text/markdown"]) for output in cell["outputs"] if "text/markdown" in output.get("data", {})]
    return "\n\n".join(said).replace("../documents.html", "documents.html")


def _figure(name: str, alt: str) -> str:
    links = " · ".join(f'<a href="../figures/{name}.{form}" download>{form.upper()}</a>' for form in ("svg", "png", "csv"))
    return (
        f'<figure class="chart" id="{name}"><a href="../figures/outlined/{name}.svg" title="open the drawing alone">'
        f'<img src="../figures/outlined/{name}.svg" alt="{html.escape(alt, quote=True)}"></a>'
        f"<figcaption>Take it along: {links}</figcaption></figure>"
    )


def _walk(facts: dict[str, list[str]]) -> str:
    """List the facts behind the figures of a sentence, each linked to its document."""
    rows = []
    for number, names in facts.items():
        links = ", ".join(f'<a href="../documents.html#{re.sub("#.*", "", name).rpartition("@")[2]}">{html.escape(name)}</a>' for name in names)
        rows.append(f"<dt>{html.escape(number.replace('_', ' '))}</dt><dd>{links}</dd>")
    return f'<details class="facts"><summary>Where these figures come from</summary><dl>{"".join(rows)}</dl></details>'


def _gallery(cards: list[dict]) -> str:
    """Show every chart of the collection, each leading to the place where it is read."""
    items = []
    for card in cards:
        page = next(path.stem for path in sorted((_ROOT / "notebooks").glob(f"{card['name'].partition('_')[0]}_*.ipynb")))
        items.append(
            f'<a class="card" href="notebooks/{page}.html#{card["name"]}"><img src="figures/outlined/{card["name"]}.svg" '
            f'alt="{html.escape(card["alt"], quote=True)}" loading="lazy"><span>{html.escape(card["title"])}</span></a>'
        )
    return f'<div class="gallery">{"".join(items)}</div>'


def _documents(book: ledger.Book) -> str:
    """List every document of the ledger that a figure cites, for the links from figures to end on."""
    count = pd.concat([book.facts.source, book.events.source, book.models.source]).value_counts()
    used = book.sources[book.sources.index.isin(count.index)].sort_values(["publisher", "published", "source"])
    out = [
        "# Documents",
        "",
        f"Every figure in these pages comes from one of {len(used)} documents. The copy that was read is named where it was not the original.",
    ]
    for publisher, documents in used.groupby("publisher", sort=True):
        out += ["", f"## {publisher}", "", '<dl class="documents">']
        for row in documents.itertuples():
            when = (
                "undated"
                if pd.isna(row.published)
                else {"day": f"{row.published:%-d %B %Y}", "month": f"{row.published:%B %Y}", "year": f"{row.published:%Y}"}[row.published_precision]
            )
            title = html.escape(row.title)
            link = f'<a href="{html.escape(row.url, quote=True)}">{title}</a>' if row.url else title
            marks = [when, row.tier, f"{count[row.source]} figures" if count[row.source] > 1 else "one figure"]
            marks += [f"accession {row.accession}"] if row.accession else []
            marks += [f"read through {html.escape(row.via)}"] if row.via else []
            out.append(f'<dt id="{row.source}">{link}</dt><dd>{"; ".join(marks)}.{" " + html.escape(row.note) if row.note else ""}</dd>')
        out.append("</dl>")
    return "\n".join(out) + "\n"
