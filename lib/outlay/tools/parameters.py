"""The switches of the notebooks: one place that says each one's name, type, choices, range and meaning."""

import ast
import datetime
from collections.abc import Callable
from typing import NamedTuple

from outlay import lookup


class Parameter(NamedTuple):
    """What a parameter may be: its type, what it means, and a check that raises ValueError in words."""

    type: type
    meaning: str
    check: Callable[[object], None] = lambda value: None


def _date(value: str) -> None:
    try:
        if value and datetime.date.fromisoformat(value).isoformat() != value:  # 20240805 is one to Python, and none to the ledger
            raise ValueError
    except ValueError:
        raise ValueError(f"'{value}' is no date: write it as 2024-08-05, or leave it empty") from None


def _basis(value: str) -> None:
    lookup.known("basis", value, ("cash", "net", "with_leases", "as_stated"))


def _calendar(value: str) -> None:
    from outlay import periods  # here, so that a build with nothing to do never pays for pandas

    lookup.known("calendar rule", value, periods.CALENDARS)


def _companies(value: list) -> None:
    from outlay import ledger

    if not value:
        raise ValueError("expected at least one company")
    for name in value:
        lookup.known("company", name, ledger.tables(private=None)["companies"].company)


def _between(low: float, high: float) -> Callable[[object], None]:
    def check(value: object) -> None:
        if value == [] or (isinstance(value, list) and len(set(value)) < len(value)):
            raise ValueError("expected at least one number, each once")
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
                raise ValueError(f"{number!r} is no number from {low} to {high}")

    return check


PARAMETERS = {
    "as_of": Parameter(str, "what was public on that date, as 2024-08-05; empty: everything", _date),
    "basis": Parameter(str, "which definition of capital spending: cash, net, with_leases, as_stated", _basis),
    "calendar": Parameter(str, "how fiscal quarters become calendar quarters: overlap, end_month, day_weighted, fiscal", _calendar),
    "since": Parameter(str, "quarters that end on or after that date", _date),
    "companies": Parameter(list, "which firms, as a list of their short names", _companies),
    "start": Parameter(str, "first day of the capital that has to be earned back", _date),
    "launch": Parameter(str, "first day of the quarters that are set against those before it (an assumption)", _date),
    "margin": Parameter(float, "share of added revenue left to pay for capital, before depreciation (an assumption)", _between(0.01, 1)),
    "margins": Parameter(list, "the margins of the heat map, as shares (assumptions)", _between(0.01, 1)),
    "horizons": Parameter(list, "the years of the heat map (assumptions)", _between(1, 40)),
    "life": Parameter(float, "years in which the capital must be earned back (an assumption)", _between(1, 40)),
    "fall": Parameter(float, "share by which a month's revenue may lie below the month before (an assumption)", _between(0, 1)),
    "lasts": Parameter(float, "years that servers last in truth (an assumption)", _between(0.5, 8)),
    "weights": Parameter(list, "shares of chips, building and power in the cost of a data centre (assumptions)", _between(0, 1)),
    "others": Parameter(list, "years that buildings and power last (assumptions)", _between(1, 60)),
    "infrastructure_life": Parameter(float, "years that power and cooling last (an assumption)", _between(1, 40)),
    "term": Parameter(float, "years over which a promise without a printed term is spread (an assumption)", _between(0.5, 20)),
    "default": Parameter(float, "chance a year that the customer stops paying (an assumption)", _between(0, 1)),
    "volatility": Parameter(float, "yearly volatility of the share, as a share (an assumption)", _between(0.05, 3)),
    "recovery": Parameter(float, "share of a debt that lenders get back after a default (an assumption)", _between(0, 0.95)),
    "falls": Parameter(list, "falls of share prices, as shares (assumptions)", _between(0.01, 1)),
    "propensities": Parameter(list, "spending forgone for each dollar of wealth lost, in dollars (assumptions)", _between(0.001, 1)),
    "rate": Parameter(float, "yearly return that capital must earn (an assumption)", _between(0, 0.5)),
}


def parse(name: str, text: str, declared: dict[str, object]) -> object:
    """Return the value of a parameter given as text, or raise a ValueError that names the parameter and what it takes.

    `declared` are the parameters of the notebook with their defaults.

    >>> parse("margin", "0.5", {"margin": 0.3})
    0.5
    >>> parse("margn", "0.5", {"margin": 0.3})
    Traceback (most recent call last):
    ValueError: unknown parameter 'margn': did you mean 'margin'? Known: margin
    >>> parse("margin", "high", {"margin": 0.3})
    Traceback (most recent call last):
    ValueError: parameter 'margin' takes a number, not 'high' (share of added revenue left to pay for capital, before depreciation (an assumption))
    """
    lookup.known("parameter", name, declared)
    wanted = PARAMETERS[name]
    value: object = text
    if wanted.type is not str:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = text.split(",") if wanted.type is list and text else text
        value = list(value) if isinstance(value, tuple) else value
        value = float(value) if wanted.type is float and isinstance(value, int) and not isinstance(value, bool) else value
        value = [value] if wanted.type is list and isinstance(value, int | float) else value
    if not isinstance(value, wanted.type):
        kinds = {float: "a number", list: "a list such as msft,amzn", str: "text"}
        raise ValueError(f"parameter '{name}' takes {kinds[wanted.type]}, not '{text}' ({wanted.meaning})")
    try:
        wanted.check(value)
    except ValueError as error:
        raise ValueError(f"parameter '{name}': {error}") from None
    return value
