"""The command `outlay`: series, check, build."""

import json
import sys

import click

# what needs pandas is imported inside the commands, so that a build with nothing to do takes no second


class _Clear(click.Group):
    """A group whose refusals are one line and no traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except ValueError as error:
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
    frame = publish.series(book.quarters(family, basis=basis, calendar=calendar, companies=companies or None, since=since))
    if form == "csv":
        click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    elif form == "json":
        click.echo(frame.to_json(orient="records", indent=1, double_precision=15, force_ascii=False))
    else:
        shown = frame.assign(facts=frame.facts.str.replace(";", " "))
        click.echo(shown.drop(columns="facts").to_string(index=False) if len(shown) else "no rows")
        for note in ledger.stand_ins(book.quarters(family, basis=basis, calendar=calendar, companies=companies or None, since=since)):
            click.echo(f"stand-in: {note}")


@main.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--sort", is_flag=True, help="First sort every table by its key.")
def check(form: str, sort: bool) -> None:
    """Check the ledger; exit status 1 if there is an error."""
    from outlay import ledger
    from outlay.tools import check as checks

    if sort:
        for name in checks.sort():
            click.echo(f"sorted data/{name}", err=True)
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
@click.argument("notebook", nargs=-1)
@click.option("-p", "--parameter", "given", nargs=2, multiple=True, metavar="NAME VALUE", help="Run apart, with another value of a parameter.")
@click.option("--check", "only_check", is_flag=True, help="Name the committed notebooks that are out of date, and why; run nothing.")
@click.option("--force", is_flag=True, help="Run notebooks that are up to date too.")
@click.option("--output", type=click.Path(file_okay=False), help="Folder to run into, apart from the committed notebooks.")
def build(notebook: tuple[str, ...], given: tuple[tuple[str, str], ...], only_check: bool, force: bool, output: str | None) -> None:
    """Execute the notebooks that are out of date, write their figures, make the pages."""
    from pathlib import Path

    from outlay.tools import build as builder

    if only_check:
        found = builder.check(notebook)
        for name, reasons in found.items():
            click.echo(f"{name}: stale: {'; '.join(reasons)}")
        click.echo(f"{len(found)} of {len(notebook) or len(builder.notebooks())} notebooks are stale")
        sys.exit(bool(found))
    failed = builder.build(notebook, dict(given), force, Path(output) if output else None, say=click.echo)
    if not failed and not (given or output or notebook):
        click.echo(f"read   {builder.BUILD / 'site' / 'index.html'}\ncharts {builder.BUILD / 'figures'}\ndata   {builder.BUILD / 'data' / 'quarters.csv'}")
    sys.exit(bool(failed))
