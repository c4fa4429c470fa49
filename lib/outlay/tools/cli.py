"""The command `outlay`: series, revisions, guidance, deals, bridge, edgar, update, add, check, diff, due, edition, build, sweep."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

# what needs pandas is imported inside the commands, so that a build with nothing to do takes no second


class _Clear(click.Group):
    """A group whose refusals are one line and no traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (ValueError, RuntimeError) as error:
            click.echo(f"outlay: {error}", err=True)
            raise SystemExit(2) from None


@click.group(cls=_Clear, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="outlay")
def main() -> None:
    """Does the money spent on AI come back as revenue? Figures, checks and pages."""


@main.command()
@click.argument("family")
@click.option("--company", "companies", multiple=True, help="A firm's short name; may be given several times.")
@click.option("--basis", help="Which definition serves: cash, as_stated, …")
@click.option("--calendar", default="overlap", show_default=True, help="How fiscal quarters are named: overlap, fiscal.")
@click.option("--as-of", help="What was public on that date.")
@click.option("--since", help="Quarters that end on or after that date.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def series(family: str, companies: tuple[str, ...], basis: str | None, calendar: str, as_of: str | None, since: str | None, form: str) -> None:
    """Print the quarters of FAMILY (capex, cloud_revenue) or of one metric."""
    from outlay import ledger
    from outlay.tools import publish

    book = ledger.open(as_of=as_of)
    quarters = book.quarters(family, basis=basis, calendar=calendar, companies=companies or None, since=since)
    frame = publish.series(quarters)
    _show(frame.drop(columns="facts") if form == "table" else frame, form)
    if form == "table":
        for note in ledger.stand_ins(quarters):
            click.echo(note)
        if any(map(ledger.is_private, quarters.facts)):
            click.echo("Some of it is private: not for publication.")


@main.command()
@click.argument("path", type=click.Path(exists=True))
@click.argument("company")
@click.option("--since", default="", help="Only periods that end on or after that date.")
@click.option("--documents", is_flag=True, help="The rows of sources.csv instead.")
def edgar(path: str, company: str, since: str, documents: bool) -> None:
    """Turn the SEC's company facts (a JSON file, plain or gzipped, or a folder of them) into COMPANY's rows of the ledger, as CSV."""
    import csv

    from outlay import ledger
    from outlay.tools import edgar as facts_of

    home, tables = ledger.home(), ledger.tables()
    companies = facts_of.read_companies(home / "companies.csv")
    if company not in {name for name, _ in companies.values()}:
        raise ValueError(f"company '{company}' has no central index key in data/companies.csv; enter it there first")
    facts = facts_of.read_facts(path)
    metrics = tables["metrics"]
    found = facts_of.rows(
        facts, facts_of.read_tag_map(home / "tag_map.csv"), company, companies, since=since, stocks=set(metrics.metric[metrics.kind == "stock"])
    )
    columns = facts_of.SOURCE_COLUMNS if documents else facts_of.ROW_COLUMNS
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(facts_of.sources(facts, companies, used={row["source"] for row in found}) if documents else found)


@main.command()
@click.argument("company")
@click.argument("metric")
@click.argument("period", required=False)
@click.option("--as-of", help="What was public on that date.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def revisions(company: str, metric: str, period: str | None, as_of: str | None, form: str) -> None:
    """Print every version of COMPANY's METRIC, of one PERIOD (2024, 2025Q3, start..end) or of all that were printed differently."""
    from outlay import ledger
    from outlay.tools import review

    _show(review.revisions(ledger.open(as_of=as_of), company, metric, period), form)


@main.command()
@click.argument("company")
@click.argument("family", default="capex")
@click.option("--as-of", help="What was public on that date.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def guidance(company: str, family: str, as_of: str | None, form: str) -> None:
    """Print every statement of COMPANY on what FAMILY (capex, revenue) would come to, with what came and the verdict."""
    from outlay import ledger
    from outlay.models import guidance as model

    book = ledger.open(as_of=as_of)
    said = book.guidance(family, companies=[company])
    judged = model.delivered(said, model.came(book, said))
    key = ["metric", "period", "scope", "source", "n"]
    said = said.merge(judged[[*key, "step", "outcome", "verdict"]], on=key, how="left").fillna({"step": "", "verdict": ""})
    said["step"] = said.step.mask(said.n > 1, "quoted")  # what the document says had been said before
    columns = ["period", "published", "metric", "relation", "value", "low", "high", "scope", "step", "outcome", "verdict"]
    if form != "table":
        _show(said[[*columns, "source", "note"]], form)
        return
    _show(said.loc[said.relation != "words", columns].drop(columns="metric"), form)
    for row in said[said.relation == "words"].itertuples():
        click.echo(f"in words, {row.published:%Y-%m-%d}, on {row.period}: {row.note}")


@main.command()
@click.option("--company", "companies", multiple=True, help="A side of the deal; may be given several times.")
@click.option("--firmness", help="Only these: firm, conditional, letter_of_intent, talks, cancelled.")
@click.option("--as-of", help="As it stood on that date.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def deals(companies: tuple[str, ...], firmness: str | None, as_of: str | None, form: str) -> None:
    """Print who promised what to whom, a line a deal as it stood: its newest event, how firm it is and which deal contains it."""
    from outlay import ledger

    frame = ledger.open(as_of=as_of).deals(firmness=firmness, companies=companies or None)
    frame = frame.assign(facts=frame.facts.map(lambda ids: ";".join(ledger.names(ids))), event=frame.period_end)
    columns = [
        "deal",
        "event",
        "from",
        "to",
        "instrument",
        "relation",
        "value",
        "low",
        "high",
        "unit",
        "capacity_gw",
        "status",
        "firmness",
        "part_of",
    ]
    _show(frame[columns if form == "table" else [*columns, "term_years", "grade", "note", "facts"]], form)


@main.command()
@click.argument("company")
@click.argument("period")
@click.option("--from", "start", default="cash", show_default=True, help="Basis to start from.")
@click.option("--to", "end", default="as_stated", show_default=True, help="Basis to arrive at.")
@click.option("--calendar", default="overlap", show_default=True, help="How PERIOD names quarters.")
@click.option("--as-of", help="What was public on that date.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def bridge(company: str, period: str, start: str, end: str, calendar: str, as_of: str | None, form: str) -> None:
    """Lead from COMPANY's capital spending in PERIOD (2025Q3) on one basis to that on another, line by line."""
    from outlay import ledger, measures
    from outlay.tools import publish

    frame = measures.bridge(ledger.open(as_of=as_of), company, period, start=start, end=end, calendar=calendar)
    _show(publish.series(frame).drop(columns="facts") if form == "table" else publish.series(frame), form)
    for metric in frame.metric[frame.value.isna()]:
        click.echo(f"missing: {company} printed no {metric} for {period}; the rest holds it", err=True)


def _show(frame: "pd.DataFrame", form: str) -> None:
    """Print a frame as a table, CSV or JSON."""
    for name in frame.columns[frame.dtypes.astype(str).str.startswith("datetime")]:
        frame = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d")})
    if form == "csv":
        click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    elif form == "json":
        click.echo(frame.to_json(orient="records", indent=1, double_precision=15, force_ascii=False))
    else:
        click.echo(frame.to_string(index=False, na_rep="") if len(frame) else "no rows")


@main.command()
@click.option("--company", "companies", multiple=True, help="A firm's short name; may be given several times.  [default: all of tag_map.csv]")
@click.option("--from", "origin", default="", metavar="DIR|URL", help="Company facts in a folder, or a mirror of them.  [default: the SEC]")
@click.option("--contact", envvar="OUTLAY_CONTACT", default="", help="Your mail address, for which the SEC asks; or set OUTLAY_CONTACT.")
@click.option("--dry-run", "dry", is_flag=True, help="Print the proposal, write nothing.")
@click.option("--cik", type=click.IntRange(1), help="Bring in a company: the SEC's central index key.")
@click.option("--name", default="", help="Bring in a company: its name, as charts and prose write it.")
@click.option("--year-end", default="", metavar="MM-DD", help="Bring in a company: the last day of its fiscal year.")
@click.option("--since", default="", metavar="DATE", help="Periods that end on or after that date.  [default: as far back as the ledger goes]")
@click.option("--omit", nargs=2, multiple=True, metavar="FACT REASON", help="Leave out a fact that the filing itself has wrong.")
@click.option("--accept", nargs=3, multiple=True, metavar="RULE FACT REASON", help="List an exception of the audit in the same step.")
@click.option("--page/--no-page", default=True, help="Make the review page afterwards.  [default: page]")
def update(companies: tuple[str, ...], origin: str, dry: bool, since: str, page: bool, **more) -> None:
    """Bring in what the SEC's company facts hold and the ledger does not: all or nothing, and nothing that stands is touched.

    Exit status 1 if a filing contradicts a figure of the ledger.
    """
    from outlay.tools import update as updates

    sys.exit(updates.update(companies, origin, dry=dry, since=since, page=page, say=click.echo, **more))


@main.command(context_settings={"ignore_unknown_options": True})  # a negative figure is no option
@click.argument("company")
@click.argument("metric")
@click.argument("period")
@click.argument("value")
@click.argument("unit")
@click.option("--source", required=True, help="The document's id in sources.csv; a new one with --title, --published and --kind.")
@click.option("--locator", required=True, help="Where in the document.")
@click.option("--relation", default="=", show_default=True, help="How it was said: =, ≈, ≥, ≤, words.")
@click.option("--low", default="", help="Only where a range was printed.")
@click.option("--high", default="", help="Only where a range was printed.")
@click.option("--grade", default="", help="filed, stated, press, estimate.  [default: by the kind of the document]")
@click.option("--stance", default="", help="actual, forward.  [default: forward where the period ends after the document]")
@click.option("--said-by", default="", help="Who said it of the company, in guidance and forecasts.")
@click.option("--scope", default="", help="What is counted, if not all that the metric defines, in guidance and forecasts.")
@click.option("--note", default="", help="Anything a reader should know.")
@click.option("--n", type=click.IntRange(1), default=1, show_default=True, help="2 and more: one document prints several.")
@click.option("--table", default="", help="Where it goes, if that cannot be told.")
@click.option("--publisher", default="", help="New document: who published it.  [default: the company, for its own filings]")
@click.option("--title", default="", help="New document: its title.")
@click.option("--url", default="", help="New document: where it can be read.")
@click.option("--published", default="", metavar="DATE", help="New document: its date, if evidenced; 2026-07 or 2026 if no more is known.")
@click.option("--kind", default="", help="New document: filing, release, call, workbook, press, page, dataset, document.")
@click.option("--via", default="", help="New document: the copy that was read, where it was not the original.")
@click.option("--accession", default="", help="New document: the SEC's number of the filing.")
@click.option("--form", default="", help="New document: the form filed, such as 10-Q.")
@click.option("--licence", default="", help="New document: public, cite, restricted.  [default: by its kind]")
@click.option("--tier", default="", help="New document: primary, secondary, unlocated, vendor.  [default: by its kind]")
@click.option("--document-note", default="", help="New document: anything a reader should know.")
@click.option("--accept", nargs=3, multiple=True, metavar="RULE FACT REASON", help="List an exception of the audit in the same step.")
@click.option("--dry-run", "dry", is_flag=True, help="Show the row, write nothing.")
def add(company: str, metric: str, period: str, value: str, unit: str, **more) -> None:
    """Enter a figure by hand: METRIC of COMPANY for PERIOD is VALUE (digits as printed, or - for words or a range alone) in UNIT.

    PERIOD is 2025Q3, 2025, FY2026 Q1, FY2026 H1, FY2026 9M, FY2026, 2025-08, 2025-09-30 or START..END.
    """
    from outlay.tools import add as adding

    adding.add(company, metric, period, value, unit, say=click.echo, **more)


@main.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--fix", is_flag=True, help="First sort every table by its key and make the codebook anew.")
@click.option("--fix-order", is_flag=True, help="First put rows where their key belongs, each line as it is.")
def check(form: str, fix: bool, fix_order: bool) -> None:
    """Check the ledger; exit status 1 if there is an error."""
    from outlay import ledger
    from outlay.tools import check as checks

    if fix_order:
        for moved in checks.fix_order():
            click.echo(moved, err=True)
    if fix:
        for name in checks.fix():
            click.echo(f"mended data/{name}", err=True)
    found = checks.findings()
    if form == "json":
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        for finding in found:
            click.echo(f"{finding['severity']}: {ledger.line(finding)}")
        errors = sum(finding["severity"] == "error" for finding in found)
        click.echo(f"{errors} errors, {len(found) - errors} warnings")
    sys.exit(any(finding["severity"] == "error" for finding in found))


@main.command()
@click.argument("old")
@click.argument("new", default="")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "md"]), default="table", show_default=True)
@click.option(
    "--rows", "only_rows", is_flag=True, help="Compare the rows alone and run no notebook: no headline numbers, charts or titles. CSV always does."
)
@click.option("--report", type=click.Path(file_okay=False), help="Write the review page (update.html, update.md, changelog.md) into that folder too.")
@click.option("--changelog", is_flag=True, help="Print a draft for CHANGELOG.md instead.")
def diff(old: str, new: str, form: str, only_rows: bool, report: str | None, changelog: bool) -> None:
    """Say what differs between OLD and NEW, and why: removed, changed, new, the largest first. Exit status 0: nothing; 1: something; 2: trouble.

    Each is a git revision, a folder with a ledger, or a date (the present ledger as known then). Without NEW: the present ledger.
    """
    import tempfile
    from pathlib import Path

    from outlay import ledger
    from outlay.tools import diff as diffs
    from outlay.tools import reports

    if only_rows and (report or changelog):
        raise ValueError("--rows runs no notebook, and the review page and the changelog need them; leave it out")
    with tempfile.TemporaryDirectory() as work:
        both = diffs.sides(old, new or str(ledger.home()), Path(work))
        quick = only_rows or (form == "csv" and not report and not changelog)
        found = diffs.differences(*both, Path(work), lambda line: click.echo(line, err=True), figures=not quick)
        rows = found["rows"]
        if report:
            click.echo(f"review {reports.write(found, Path(report))}", err=True)
        if changelog:
            click.echo(reports.changelog(found), nl=False)
        elif form == "json":
            click.echo(reports.plainly(found))
        elif form == "md":
            click.echo(reports.markdown(found), nl=False)
        elif form == "csv":
            _show(rows[diffs.COLUMNS], "csv")
        else:
            click.echo(reports.text(found), nl=False)
    sys.exit(int(len(rows) > 0))


@main.command()
@click.option("--today", metavar="DATE", help="The day to count from.  [default: today]")
@click.option("--company", "companies", multiple=True, help="A firm's short name; may be given several times.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def due(today: str | None, companies: tuple[str, ...], form: str) -> None:
    """Print which filings are held, due and overdue, from each firm's own habits, and how many firms have reported the quarter in progress."""
    import pandas as pd

    from outlay import ledger, lookup
    from outlay.tools import fresh

    if today and pd.isna(pd.to_datetime(today, format="%Y-%m-%d", errors="coerce")):
        raise ValueError(f"--today '{today}' is no date: write it as 2026-11-20")
    day = pd.Timestamp(today) if today else pd.Timestamp.now().normalize()
    book = ledger.open(as_of=f"{day:%Y-%m-%d}")
    for name in companies:
        lookup.known("company", name, book.companies.index)
    frame = fresh.calendar(book, day)
    _show(frame[frame.company.isin(companies)] if companies else frame, form)
    if form == "table":
        click.echo(fresh.progress(book, day))


@main.command()
@click.argument("date")
@click.option("--label", default="", help="The number of the edition.  [default: the next one: 0.2.0 leads to 0.3.0]")
def edition(date: str, label: str) -> None:
    """Make DATE the date of the edition: in data/datapackage.json, CITATION.cff and pyproject.toml together, or nowhere."""
    from outlay.tools import editions

    click.echo(editions.move(date, label))


@main.command()
@click.argument("notebook", nargs=-1)
@click.option("-p", "--parameter", "given", nargs=2, multiple=True, metavar="NAME VALUE", help="Run apart, with another value of a parameter.")
@click.option("--check", "only_check", is_flag=True, help="Name the committed notebooks that are out of date, and why; run nothing.")
@click.option("--force", is_flag=True, help="Run notebooks that are up to date too.")
@click.option("--output", type=click.Path(file_okay=False), help="Folder to run into, apart from the committed notebooks.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="How many notebooks run at a time.  [default: as many as there are cores]")
@click.option("--pdf", is_flag=True, help="Keep every chart as PDF too.")
@click.option("--as-of", default="", metavar="DATE", help="Make the whole site as it was known on that date, as an edition beside the newest.")
@click.option("--private", is_flag=True, help="Read data/private too: runs and watermarked charts in build/private, nothing published.")
def build(
    notebook: tuple[str, ...],
    given: tuple[tuple[str, str], ...],
    only_check: bool,
    force: bool,
    output: str | None,
    jobs: int | None,
    pdf: bool,
    as_of: str,
    private: bool,
) -> None:
    """Execute the notebooks that are out of date, write their figures, make the pages."""
    from pathlib import Path

    from outlay.tools import build as builder

    if only_check and (given or output or force or pdf or as_of or private):
        raise ValueError("--check looks at the committed notebooks and runs nothing; leave out -p, --output, --force, --pdf, --as-of and --private")
    if as_of and (notebook or given or output):
        raise ValueError("--as-of makes the whole site of a date; for some notebooks alone say -p as_of DATE")
    if only_check:
        found = builder.check(notebook)
        for name, reasons in found.items():
            click.echo(f"{name}: {'; '.join(reasons)}")
        click.echo(f"{len(found)} of {len(notebook) or len(builder.notebooks())} notebooks are out of date")
        sys.exit(bool(found))
    failed = builder.build(
        notebook, dict(given), force, Path(output) if output else None, say=click.echo, jobs=jobs, pdf=pdf, as_of=as_of, private=private
    )
    if private and not failed and not output:
        click.echo(f"not for publication: {builder.BUILD / 'private'}")
    elif not failed and not (given or output or notebook):
        page = builder.BUILD / "site" / ("editions" if as_of else "") / as_of / "index.html"
        click.echo(f"read   {page}\ncharts {builder.BUILD / 'figures'}\ndata   {builder.BUILD / 'data'}")
    sys.exit(bool(failed))


@main.command()
@click.argument("notebook")
@click.option("--grid", multiple=True, required=True, metavar="NAME=VALUE,…", help="A parameter and its values; may be given several times.")
@click.option("--result", default="", help="Which number the chart shows, as the table's columns name them.  [default: the first that differs]")
@click.option("--figures", is_flag=True, help="Keep the charts of every cell too.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="How many cells run at a time.  [default: as many as there are cores]")
@click.option("--cluster", default="", metavar="ADDRESS", help="Send the cells to the Dask scheduler at that address.")
def sweep(notebook: str, grid: tuple[str, ...], result: str, figures: bool, jobs: int | None, cluster: str) -> None:
    """Run NOTEBOOK for every cell of a grid of parameters; write one table and one chart to build/sweeps."""
    from outlay.tools import sweep as sweeps

    _, failed = sweeps.sweep(notebook, grid, click.echo, jobs, cluster, result, figures)
    sys.exit(bool(failed))
