"""Freshness: how old the newest figure of each series is, and which document is due next, from each firm's own habits."""

from collections.abc import Iterator

import pandas as pd

from outlay import ledger, periods, units

_FORMS = {1: "10-Q", 2: "10-Q", 3: "10-Q", 4: "10-K"}


def newest(book: ledger.Book, today: pd.Timestamp) -> pd.DataFrame:
    """Return the newest outcome of every company and family: `period_end`, `age` in days at `today`, `usual` and `late`.

    `usual` is the median of the days between neighbouring periods of the series (a hole with fewer than three); a series is late once its newest
    period is older than twice that and a quarter, unless it was told of in a burst, more often than once in
    four weeks. One row a company and family, the oldest first.

    >>> frame = newest(ledger.open(), pd.Timestamp("2026-11-20"))
    >>> bool((frame.age >= 0).all())
    True
    """
    facts = book.facts[(book.facts.stance == "actual") & book.facts.number.notna() & (book.facts.period_end <= today)]
    facts = facts.assign(family=facts.metric.map(book.metrics.family), published=facts.source.map(book.sources.published))
    ends = facts.drop_duplicates(["company", "family", "period_end"]).sort_values("period_end")
    usual = ends.groupby(["company", "family"]).period_end.agg(lambda days: days.diff().dt.days.median() if len(days) > 3 else float("nan"))
    last = facts.sort_values(["period_end", "published", "source"]).drop_duplicates(["company", "family"], keep="last")
    last = last.set_index(["company", "family"]).join(usual.rename("usual")).reset_index()
    last["age"] = (today - last.period_end).dt.days
    last["late"] = (last.age > 2 * last.usual + 91) & (last.usual >= 28)
    return last[["company", "family", "period_end", "age", "usual", "late", "grade", "published", "source"]].sort_values(
        ["age", "company", "family"], ascending=[False, True, True], ignore_index=True
    )


def due(book: ledger.Book, today: pd.Timestamp) -> pd.DataFrame:
    """Return the filing that each firm owes the ledger next: `quarter`, `form`, `period_end`, `expected` and whether it is `overdue` at `today`.

    The quarter is the one after the newest that a filing of the firm covers in the ledger. It is expected as many days after its end as the
    firm's filings of that form came in the median of the last five that are held.

    >>> due(ledger.open(), pd.Timestamp("2026-11-20")).columns.tolist()
    ['company', 'quarter', 'form', 'period_end', 'expected', 'overdue', 'held_to', 'held_by']
    """
    rows = []
    for company, filed in _filed(book).groupby("company"):
        last = filed.sort_values("period_end").iloc[-1]
        name, form, end, expected = next(_owed(filed))
        rows.append((company, name, form, end, expected, bool(expected < today), last.period_end, last.source))
    return pd.DataFrame(rows, columns=["company", "quarter", "form", "period_end", "expected", "overdue", "held_to", "held_by"])


def calendar(book: ledger.Book, today: pd.Timestamp) -> pd.DataFrame:
    """Return the filings around a day, in the order in which they are expected: of each firm the newest `held`, and all it owes since.

    `status` is held, overdue (it should have come before `today`) or due. Quarters that are not over at `today` are left out, but for the first
    that a firm owes.

    >>> sorted(set(calendar(ledger.open(), pd.Timestamp("2026-11-20")).status))
    ['due', 'held', 'overdue']
    """
    rows = []
    for company, filed in _filed(book).groupby("company"):
        last = filed.sort_values("period_end").iloc[-1]
        name = f"FY{int(last.year)} Q{int(last.quarter)}"
        rows.append((company, name, _FORMS[int(last.quarter)], last.period_end, last.published, "held", last.source))
        for number, (name, form, end, expected) in enumerate(_owed(filed)):
            if end >= today and number:
                break
            rows.append((company, name, form, end, expected, "overdue" if expected < today else "due", ""))
    frame = pd.DataFrame(rows, columns=["company", "quarter", "form", "period_end", "expected", "status", "source"])
    return frame.sort_values(["expected", "company", "period_end"], ignore_index=True)


def reported(book: ledger.Book, today: pd.Timestamp) -> pd.DataFrame:
    """Return, of the calendar quarter that ended last, which firms have `reported` it, in a filing or a release: a row a firm.

    A firm's quarter belongs to the calendar quarter that it overlaps most, as everywhere.

    >>> frame = reported(ledger.open(), pd.Timestamp("2026-08-20"))
    >>> frame.period.unique().tolist(), int(frame.reported.sum())
    (['2026Q2'], 7)
    """
    period = str(today.to_period("Q") - (0 if today == today.to_period("Q").end_time.normalize() else 1))
    facts = book.facts[book.facts.grade.isin(["filed", "stated"]) & (book.facts.stance == "actual") & book.facts.period_start.notna()]
    facts = facts[(periods.length(facts.period_start, facts.period_end) > 0) & (facts.source.map(book.sources.published) <= today)]
    ends = facts[["company", "period_end"]].drop_duplicates()
    ends["period"] = periods.label(ends.period_end - pd.Timedelta(days=90), ends.period_end, ends.company.map(book.last_month()), "overlap")
    firms = sorted(_filed(book).company.unique())
    return pd.DataFrame({"company": firms, "period": period, "reported": [firm in set(ends.company[ends.period == period]) for firm in firms]})


def progress(book: ledger.Book, today: pd.Timestamp) -> str:
    """Say how many firms have reported the calendar quarter that ended last.

    >>> progress(ledger.open(), pd.Timestamp("2026-08-20"))
    '7 of 8 firms have reported Q2 2026; not yet: Nvidia.'
    """
    frame = reported(book, today)
    if frame.empty:
        return "No firm that the ledger follows files with the SEC."
    missing = sorted(book.companies.name[frame.company[~frame.reported]])
    rest = "." if not missing else "." if len(missing) == len(frame) else f"; not yet: {units.spell(missing)}."
    count = int(frame.reported.sum())
    return f"{count} of {len(frame)} firms {'has' if count == 1 else 'have'} reported {periods.words(frame.period.iloc[0])}{rest}"


def _filed(book: ledger.Book) -> pd.DataFrame:
    """Return the first filing of each fiscal quarter of the firms that are followed by the quarter, with its `lag` in days.

    Of others the ledger holds a year here and there, for one comparison; nothing of theirs is waited for.
    """
    facts = book.facts[(book.facts.grade == "filed") & (book.facts.stance == "actual") & book.facts.period_start.notna()]
    facts = facts.assign(published=facts.source.map(book.sources.published))
    facts["year"], facts["quarter"] = periods.fiscal(facts.period_end, facts.company.map(book.last_month()))
    first = facts.sort_values("published").drop_duplicates(["company", "year", "quarter"])
    first = first.assign(lag=(first.published - first.period_end).dt.days)
    followed = first.company[first.quarter < 4]
    return first[first.company.isin(followed) & first.company.isin(book.companies.index[book.companies.cik.notna()])]


def _owed(filed: pd.DataFrame) -> Iterator[tuple[str, str, pd.Timestamp, pd.Timestamp]]:
    """Yield the quarters after a firm's newest filing, without end: name, form, last day, and the day on which its filing is expected."""
    last = filed.sort_values("period_end").iloc[-1]
    year, quarter, end = int(last.year), int(last.quarter), last.period_end
    while True:
        year, quarter, end = (year, quarter + 1, _next_end(end)) if quarter < 4 else (year + 1, 1, _next_end(end))
        like = filed[filed.quarter.eq(4) == (quarter == 4)].sort_values("period_end").tail(5)
        expected = end + pd.Timedelta(days=int(like.lag.median())) if like.lag.notna().any() else pd.NaT
        yield f"FY{year} Q{quarter}", _FORMS[quarter], end, expected


def _next_end(end: pd.Timestamp) -> pd.Timestamp:
    """Return when the quarter after one that ended on `end` ends; a firm with 52- and 53-week years counts in weeks."""
    if (end + pd.Timedelta(days=1)).day == 1:
        return end + pd.offsets.MonthEnd(3)
    return end + pd.Timedelta(weeks=13)
