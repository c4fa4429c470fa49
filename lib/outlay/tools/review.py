"""What changed between documents: revisions of a figure, restated periods, and years that were recast without their quarters."""

import pandas as pd

from outlay import ledger, lookup, periods

_PERIOD = ["company", "metric", "period_start", "period_end"]


def revisions(book: ledger.Book, company: str, metric: str, period: str | None = None) -> pd.DataFrame:
    """Return every print of a firm's metric, oldest first: period, value, unit, relation, grade, presentation, published, source.

    Without `period` (as `2024`, `H1 2025`, `2025Q3` or two dates `start..end`) only periods that were printed differently are returned. Refuses
    unknown names and periods.

    >>> revisions(ledger.open(), "meta", "capex_net", "2023").value.unique().tolist()
    [27.045]
    """
    lookup.known("company", company, book.companies.index)
    lookup.known("metric", metric, book.metrics.index)
    frame = pd.concat([book.versions(metric, companies=[company], stance=stance) for stance in ("actual", "forward")], ignore_index=True)
    if period:
        dates = frame.period_start.dt.strftime("%Y-%m-%d").fillna("") + ".." + frame.period_end.dt.strftime("%Y-%m-%d")
        lookup.known("period", period, [*frame.period, *dates])
        frame = frame[(frame.period == period) | (dates == period)]
    else:
        frame = frame[periods.disagree(frame, [*_PERIOD, "stance"])]
    frame = frame.sort_values(["period_end", "period_start", "published", "source"], ignore_index=True)
    return frame[["period", "value", "unit", "relation", "grade", "presentation", "published", "source"]]


def restatements(book: ledger.Book) -> pd.DataFrame:
    """Return every filed period that a later filing printed differently: first and last value, their difference, dates and documents.

    >>> bool((restatements(ledger.open()).difference != 0).all())
    True
    """
    frame = _filed(book)
    frame = frame[periods.disagree(frame, [*_PERIOD, "stance"])].sort_values([*_PERIOD, "published", "source"])
    by = frame.groupby(_PERIOD, dropna=False, sort=True)
    out = by.agg(
        period=("period", "first"),
        first=("value", "first"),
        last=("value", "last"),
        unit=("unit", "first"),
        first_published=("published", "first"),
        last_published=("published", "last"),
        first_source=("source", "first"),
        last_source=("source", "last"),
    ).reset_index()
    out["difference"] = (out["last"] - out["first"]).round(9)
    out = out[out.difference != 0]
    return out[
        ["company", "metric", "period", "first", "last", "difference", "unit", "first_published", "last_published", "first_source", "last_source"]
    ].reset_index(drop=True)


def recast_years(book: ledger.Book) -> pd.DataFrame:
    """Return every fiscal year that a later filing printed differently without printing its quarters anew: they keep their first print.

    >>> recast_years(ledger.open()).columns.tolist()
    ['company', 'metric', 'fiscal_year', 'quarters_add_up_to', 'year_printed_later', 'unit', 'source']
    """
    frame = _filed(book)
    frame = frame[(frame.kind == "flow") & (periods.length(frame.period_start, frame.period_end) == 4)]
    frame["fiscal_year"], quarter = periods.fiscal(frame.period_end, frame.company.map(book.last_month()))
    latest = frame[quarter == 4].sort_values(["published", "source"]).drop_duplicates(["company", "metric", "fiscal_year"], keep="last")
    rows = []
    for metric, years in latest.groupby("metric"):
        quarters = book.quarters(metric, calendar="fiscal")
        made = (
            quarters.groupby(["company", quarters.period.str.slice(2, 6).astype(int)]).value.agg(["sum", "size"]) if len(quarters) else pd.DataFrame()
        )
        for row in years.itertuples():
            key = (row.company, row.fiscal_year)
            if key in made.index and made["size"][key] == 4 and abs(made["sum"][key] - row.value) > 4 * row.half + 1e-9:
                rows.append((row.company, metric, row.fiscal_year, round(made["sum"][key], 9), row.value, row.unit, row.source))
    return pd.DataFrame(rows, columns=["company", "metric", "fiscal_year", "quarters_add_up_to", "year_printed_later", "unit", "source"])


def _filed(book: ledger.Book) -> pd.DataFrame:
    parts = [book.versions(metric) for metric in sorted(book.facts.metric[book.facts.grade == "filed"].unique())]
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame.grade == "filed"].reset_index(drop=True)
