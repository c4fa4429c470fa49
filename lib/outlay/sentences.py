"""Sentences: numbers in prose, computed from frames and carrying the facts they rest on.

`say` fills a template with words made by the other verbs; the notebook's output keeps, for every number, the names
of its facts, so that a figure in a sentence walks back to its documents like a mark on a chart does.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
from IPython.display import display

from outlay import ledger, periods, units


class Words(NamedTuple):
    """A piece of prose, the ids of the facts behind it, and the plain number that it says, if it is one."""

    text: str
    facts: tuple[int, ...] = ()
    value: float | None = None

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)


def number(row: pd.Series, words: Callable[[float], str]) -> Words:
    """Write a row's value with one of the verbs of `units`, carrying its facts.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> str(number(book.quarters("capex", companies=["msft"]).iloc[-1], units.money))
    '$19bn'
    """
    return Words(words(row.value), tuple(row.facts), float(row.value))


def money(row: pd.Series) -> Words:
    """Write a row's amount.

    >>> str(money(pd.Series({"value": 8.47, "facts": ()})))
    '$8.5bn'
    """
    return number(row, units.money)


def said(row: pd.Series, words: Callable[[float], str] = units.money) -> Words:
    """Write a row's value as it was said: exactly, about, at least, at most or from one figure to another.

    >>> str(said(pd.Series({"value": 50.0, "facts": (), "relation": "≈"})))
    'about $50bn'
    >>> str(said(pd.Series({"value": 37.5, "low": 35.0, "high": 40.0, "facts": (), "relation": "=", "bounds": "printed", "how": "derived"})))
    '$35bn–$40bn'
    """
    if getattr(row, "bounds", "") == "printed" and row.how == "derived" and pd.notna(row.low) and pd.notna(row.high):
        return Words(f"{words(row.low)}–{words(row.high)}", tuple(row.facts))
    how = {"≈": "about ", "≥": "more than ", "≤": "at most "}.get(row.relation, "")
    return Words(how + words(row.value), tuple(row.facts), float(row.value))


def dollars(row: pd.Series) -> Words:
    """Write a row's ratio as dollars and cents.

    >>> str(dollars(pd.Series({"value": 1.143, "facts": ()})))
    '$1.14'
    """
    return number(row, units.dollars)


def percent(row: pd.Series) -> Words:
    """Write a row's share in per cent.

    >>> str(percent(pd.Series({"value": 0.557, "facts": ()})))
    '56%'
    """
    return number(row, units.percent)


def times(row: pd.Series) -> Words:
    """Write a row's multiple.

    >>> str(times(pd.Series({"value": 2.37, "facts": ()})))
    '2.4x'
    """
    return number(row, units.times)


def computed(value: float, words: Callable[[float], str], *rows: pd.Series) -> Words:
    """Write a number that a model made from rows, carrying the facts of all of them.

    >>> str(computed(459.1, units.money, pd.Series({"facts": (1, 2)})))
    '$459bn'
    """
    return Words(words(value), tuple(sorted(set().union(*(row.facts for row in rows)))), float(value))


def companies(frame: pd.DataFrame) -> str:
    """Write the names of a frame's companies, the largest latest value first.

    >>> companies(ledger.open(as_of="2025-11-15").quarters("capex", companies=["msft"]))
    'Microsoft'
    """
    known = ledger.tables(private=None)["companies"].set_index("company").name
    order = frame.sort_values("period_end").groupby("company").value.last().sort_values(ascending=False).index
    return units.spell([known.get(company, company) for company in order])


def period(row: pd.Series) -> str:
    """Write a row's period as prose does.

    >>> period(pd.Series({"period": "2026Q2"}))
    'Q2 2026'
    """
    return periods.words(row.period)


def month(date: pd.Timestamp) -> str:
    """Write the month of a date.

    >>> month(pd.Timestamp("2023-01-01"))
    'January 2023'
    """
    return f"{date:%B %Y}"


def day(row: pd.Series) -> str:
    """Write the month in which a row's period ends.

    >>> day(pd.Series({"period_end": pd.Timestamp("2026-06-30")}))
    'June 2026'
    """
    return row.period_end.strftime("%B %Y")


def newest(documents: pd.DataFrame) -> str:
    """Write the date of the newest of some documents, as exactly as it is known: the edition that a notebook was made from.

    >>> newest(ledger.open(as_of="2024-08-05").sources)
    '5 August 2024'
    """
    if documents.published.isna().all():
        return "none"
    row = documents.loc[documents.published.idxmax()]
    return row.published.strftime({"day": "%-d %B %Y", "month": "%B %Y", "year": "%Y"}[row.published_precision])


def table(frame: pd.DataFrame, decimals: int = 2) -> pd.DataFrame:
    """Round a table for reading and leave its holes empty.

    >>> table(pd.DataFrame({"value": [1.234, None]})).value.tolist()
    [1.23, '']
    """
    rounded = frame.round(decimals)
    return rounded.astype(object).where(rounded.notna(), "")


def trend(frame: pd.DataFrame, what: str, words: Callable[[float], str] = units.money) -> str:
    """Describe lines for those who do not see them: each company's first and last value. Plain text, for `alt`.

    >>> book = ledger.open(as_of="2025-11-15")
    >>> trend(book.quarters("capex", companies=["msft"], since="2025-04-01"), "Line chart of capital spending")
    'Line chart of capital spending. Microsoft: $17bn in Q2 2025, $19bn in Q3 2025.'
    """
    known = ledger.tables(private=None)["companies"].set_index("company").name
    parts = []
    for company, rows in frame.sort_values("period_end").groupby("company", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        parts.append(f"{known.get(company, company)}: {words(first.value)} in {period(first)}, {words(last.value)} in {period(last)}")
    return f"{what}. {'; '.join(parts)}."


def say(template: str, **parts: Words | str) -> None:
    r"""Show a paragraph in the notebook, `{name}` replaced by its words; the output's metadata holds each number plainly and names its facts.

    >>> say("Microsoft spent {amount}.", amount=Words("$19bn"))
    {'text/markdown': 'Microsoft spent \\$19bn.', 'text/plain': 'Microsoft spent $19bn.'}
    """
    text = template.format(**parts)
    numbers = {name: part for name, part in parts.items() if isinstance(part, Words)}
    facts = {name: ledger.names(part.facts) for name, part in numbers.items() if part.facts}
    # for tables of many runs; ten digits are the same on every machine
    values = {name: float(f"{part.value:.10g}") for name, part in numbers.items() if part.value is not None and math.isfinite(part.value)}
    about = {name: found for name, found in (("facts", facts), ("values", values)) if found}
    # one dollar sign is money; two would be read as mathematics between them
    display({"text/markdown": text.replace("$", r"\$"), "text/plain": text}, raw=True, metadata={"outlay": about} if about else {})
