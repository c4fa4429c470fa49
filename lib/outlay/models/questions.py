"""Questions: four that were asked in August 2024 about AI spending, each answered every quarter by a rule that was written down first.

Each has one series and two thresholds; below the first it is calm, from the second on alarming, between them strained. A quarter is judged by what
was public when its reports were due, not by what was learned later; what was not known then is out, never calm.
"""

import functools
import textwrap
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from outlay import ledger, lookup, measures, units
from outlay.models import breakeven, guidance

DUE = 60  # days after its end in which the SEC wants a year's report of a large firm; a quarter's is due in 40
STALE = 183  # days before the end of a quarter beyond which a price says nothing about it
MARGIN = 0.5  # of revenue, to pay for capital: the only margin published before 2024 (Sequoia, September 2023)
STATES = ("calm", "strained", "alarming")


SHORT = {"accounts": "the accounts", "payback": "the payback", "prices": "the bubble", "resolve": "the determination"}


class Question(NamedTuple):
    """A question, the measure that answers it, its two thresholds, and why these."""

    asked: str
    measure: str
    strained: float
    alarming: float
    why: str


QUESTIONS = {
    "accounts": Question(
        "Do the accounts get ugly?",
        "capital spending, share of operating cash flow",
        0.5,
        0.75,
        "half and three quarters of what business brings in: what is left must pay for buybacks, dividends, debt and purchases",
    ),
    "payback": Question(
        "When is it paid back?",
        "years of added cloud revenue, at a margin of half",
        6.0,
        10.0,
        "servers were written off over at most 6 years when 2024 began, heavy equipment over 10; later than that nothing but a shell is left",
    ),
    "prices": Question(
        "Does the bubble grow?",
        "S&P 500 price over expected profit, share of its high of 1999 to 2000",
        0.75,
        1.0,
        "the high of the last boom in technology, and three quarters of it; profit is what analysts expect of the next twelve months",
    ),
    "resolve": Question(
        "How determined are they?",
        "share of raises among changes of guidance, four quarters",
        0.5,
        1.0,
        "more raised than cut, and nothing cut at all; why they are determined no series says",
    ),
}


def light(question: str, value: float) -> str:
    """Return whether a value leaves a question calm, strained or alarming; of what is not known, that its light is out.

    >>> [light("accounts", share) for share in (0.49, 0.5, 0.75, float("nan"))]
    ['calm', 'strained', 'alarming', 'out']
    """
    about = QUESTIONS[lookup.known("question", question, QUESTIONS)]
    return "out" if pd.isna(value) else STATES[(value >= about.strained) + (value >= about.alarming)]


def words(question: str, value: float) -> str:
    """Write a value of a question's series with as few decimals as leave it on its own side of the thresholds.

    >>> words("accounts", 0.498), words("accounts", 0.401), words("payback", 9.96), words("payback", 6)
    ('49.8%', '40%', '9.96', '6')
    """
    for decimals in range(4):
        rounded = round(value, decimals + 2) if question != "payback" else round(value, decimals)
        text = f"{value:.{decimals}f}" if question == "payback" else units.percent(value, decimals)
        if light(question, rounded) == light(question, value) and (question != "payback" or decimals or value == rounded):
            return text
    return text


def captions(wide: int = 46) -> dict[str, tuple[str, str]]:
    """Return what a chart writes beside each question: the question, and its measure with both thresholds, in lines of `wide` letters.

    >>> captions()["accounts"][1].splitlines()[1]
    'flow; strained from 50%, alarming from 75%'
    """
    ends = {name: [words(name, bound) for bound in (about.strained, about.alarming)] for name, about in QUESTIONS.items()}
    lines = {name: f"{about.measure}; strained from {ends[name][0]}, alarming from {ends[name][1]}" for name, about in QUESTIONS.items()}
    return {name: (about.asked, textwrap.fill(lines[name], wide)) for name, about in QUESTIONS.items()}


def writers() -> dict[str, Callable[[float], str]]:
    """Return for each question what writes a value of its series: see `words`.

    >>> writers()["payback"](7.52)
    '7.5'
    """
    return {name: functools.partial(words, name) for name in QUESTIONS}


def due(end: pd.Timestamp, as_of: pd.Timestamp | None = None) -> str:
    """Return the day on which the reports for a quarter that ended on `end` were all due, or `as_of` if that is earlier, as `ledger.open` takes it.

    >>> due(pd.Timestamp("2024-06-30")), due(pd.Timestamp("2024-06-30"), pd.Timestamp("2024-08-05"))
    ('2024-08-29', '2024-08-05')
    """
    day = end + pd.Timedelta(days=DUE)
    return f"{min(day, as_of) if as_of is not None else day:%Y-%m-%d}"


def judged(book: ledger.Book, *, companies: list[str], first: str = "2024Q1", calendar: str = "overlap") -> pd.DataFrame:
    """Return the four questions quarter by quarter, from `first` to the newest that all of `companies` have reported, in `COLUMNS` and `MARKS`.

    Added are `question`, `light` and `known`, the day whose knowledge it rests on. Each quarter is asked of the ledger as it stood when its
    reports were due (or at the book's own date, if that was earlier). A light that is out has no value and no facts.

    >>> book = ledger.open(as_of="2024-11-29")
    >>> found = judged(book, companies=["amzn", "googl", "meta", "msft"])
    >>> found[found.question == "accounts"][["period", "light"]].values.tolist()
    [['2024Q1', 'calm'], ['2024Q2', 'calm'], ['2024Q3', 'calm']]
    """
    capex = book.quarters("capex", calendar=calendar, companies=companies)
    reported = capex.groupby("period").filter(lambda rows: rows.company.nunique() == len(set(companies)))
    quarters = reported[reported.period >= first].groupby("period").period_end.max()
    out = []
    for quarter, end in quarters.items():
        day = due(end.to_period("Q").end_time.normalize(), book.as_of)
        then = asked(ledger.open(as_of=day), quarter, companies=companies, calendar=calendar)
        out.append(then.assign(known=pd.Timestamp(day)))
    columns = [*ledger.COLUMNS, *ledger.MARKS, "question", "light", "known"]
    return pd.concat(out, ignore_index=True)[columns] if out else pd.DataFrame(columns=columns)


def asked(book: ledger.Book, quarter: str, *, companies: list[str], calendar: str = "overlap") -> pd.DataFrame:
    """Return the four questions for one quarter as a book answers them, a row each, in `COLUMNS` and `MARKS`, with `question` and `light`.

    >>> found = asked(ledger.open(as_of="2024-08-29"), "2024Q2", companies=["meta"])
    >>> found[["question", "light"]].values.tolist()[:2]
    [['accounts', 'calm'], ['payback', 'out']]
    """
    recent = f"{pd.Period(quarter, 'Q').end_time - pd.DateOffset(years=3):%Y-%m-%d}"  # what is older is in no sum here
    capex, cash = (book.quarters(name, calendar=calendar, companies=companies, since=recent) for name in ("capex", "operating_cash_flow"))
    spent, brought = (_whole(frame, companies) for frame in (capex, cash))
    found = {"accounts": measures.ratio(spent, brought), "payback": _payback(book, capex, quarter, calendar, recent)}
    found |= {"prices": _prices(book, quarter), "resolve": _resolve(book, quarter, companies)}
    rows = []
    for question, frame in found.items():
        row = frame[frame.period == quarter].tail(1)
        if row.empty:
            row = capex.tail(1).assign(period=quarter, value=float("nan"), low=float("nan"), high=float("nan"), facts=[()], how="derived", unit="")
        rows.append(row.assign(company=question, question=question, light=[light(question, value) for value in row.value]))
    return pd.concat(rows, ignore_index=True)


def _whole(frame: pd.DataFrame, companies: list[str]) -> pd.DataFrame:
    """Return four quarters' sum over all of some firms; nothing if one of them has no figures at all."""
    return measures.trailing(measures.total(frame)) if set(companies) == set(frame.company) else frame.head(0)


def _payback(book: ledger.Book, capex: pd.DataFrame, quarter: str, calendar: str, recent: str) -> pd.DataFrame:
    """Return the years in which the cloud revenue added in a year pays for the year's spending by those that sell a cloud."""
    for basis in ("current_segments", "original_segments"):  # a firm that has redrawn its cloud may know the year before on the old lines only
        cloud = book.quarters("cloud_revenue", basis=basis, calendar=calendar, companies=sorted(set(capex.company)), since=recent)
        sellers = sorted(set(cloud.company))
        added = measures.change(_whole(cloud, sellers)) if sellers else cloud
        added = added[(added.period == quarter) & (added.value > 0)]
        spent = _whole(capex[capex.company.isin(sellers)], sellers) if len(added) else capex.head(0)
        spent = spent[spent.period == quarter]
        if len(spent):
            return measures.computed(
                lambda out, back: breakeven.payback(out, back, MARGIN), spent.iloc[0], added.iloc[0], label="payback", unit="years"
            )
    return capex.head(0)


def _prices(book: ledger.Book, quarter: str) -> pd.DataFrame:
    """Return the newest price over expected profit known, no older than `STALE` days before the quarter's end, as a share of its high before 2001."""
    known = book.observations("forward_price_earnings", companies=["sp500"])
    end = pd.Period(quarter, "Q").end_time.normalize()
    high, fresh = known[known.period_end < "2001-01-01"], known[known.period_end > end - pd.Timedelta(days=STALE)]
    if high.empty or fresh.empty:
        return known.head(0)
    peak, last = high.loc[high.value.idxmax()], fresh.iloc[-1]
    return measures.computed(lambda now, then: now / then, last, peak, label="prices", unit="share").assign(period=quarter)


def _resolve(book: ledger.Book, quarter: str, companies: list[str]) -> pd.DataFrame:
    """Return which share of the changes of guidance in the year before the reports were due were raises; at least two of them."""
    said = guidance.revisions(book.guidance("capex", companies=companies))
    until = pd.Timestamp(due(pd.Period(quarter, "Q").end_time.normalize(), book.as_of))
    moved = said[said.step.isin(["raised", "cut"]) & (said.published > until - pd.DateOffset(years=1)) & (said.published <= until)]
    if len(moved) < 2:
        return said.head(0)
    rows = [row for _, row in moved.assign(low=float("nan"), high=float("nan"), relation="=").iterrows()]
    share = float((moved.step == "raised").mean())
    return measures.computed(lambda *_: share, *rows, label="resolve", unit="share").assign(period=quarter, stance="actual")
