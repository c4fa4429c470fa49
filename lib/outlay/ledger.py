"""The ledger: what was said, when, and by whom. The only module that reads `data/`.

A *fact* is one figure as one document printed it. `open` reads and checks every table and gives a book, which answers
with frames: one row a company and period, the best version known at `as_of`, with the ids of the facts behind it.
Every frame has the columns of `COLUMNS`; `facts` holds short integers into the whole ledger, the same at every `as_of`.
"""

import contextlib
import csv
import dataclasses
import functools
import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from outlay import lookup, periods, units

COLUMNS = ["company", "metric", "period", "period_start", "period_end", "value", "low", "high", "unit", "stance", "grade", "how", "facts"]
# what a measure must know to refuse a wrong sum, and prose to say a figure as it was said
MARKS = ["relation", "kind", "basis", "stand_in", "recast", "bounds", "said_by", "scope"]
TERMS = ["deal", "from", "to", "instrument", "status", "firmness", "part_of", "capacity_gw", "term_years", "starts", "ends"]
FACT_KEY = ["company", "metric", "period_start", "period_end", "source", "n"]
GRADES = ("filed", "stated", "press", "estimate", "assumed")  # from strong to weak
RELATIONS = ("=", "≈", "≥", "≤", "words")
TIERS = ("primary", "secondary", "unlocated", "vendor")
KINDS = ("filing", "release", "workbook", "call", "document", "press", "page", "dataset")  # of documents of one day, the first is named
WEAK = ("press", "estimate")  # grades of figures that nobody signed for: their uncertainty is computed and shown
DEFAULT_BASIS = {"capex": "cash", "cloud_revenue": "current_segments", "cloud_operating_income": "current_segments"}
UNLIKE = ("as_stated",)  # bases under which each firm's figure means something else: compare a firm with itself only
_HOME = (Path(__file__).resolve().parents[2] / "data").resolve()


class LedgerError(ValueError):
    """The tables are not fit to be used; the message has one line a finding."""


_USUAL = {("calendar", "overlap"), ("stance", "actual")}  # what a question means that does not say it


def _recalled(book: "Book", verb: Callable, family: tuple, arguments: dict) -> dict:
    """Return what a book's memory holds of a question, after asking it if nobody has: `frame`, `question` in full, and a place for its `digest`."""
    arguments = {name: value if value is None or isinstance(value, str) else list(value) for name, value in arguments.items()}
    if "basis" in verb.__kwdefaults__ and family:
        arguments["basis"] = book._metrics_of(*family, arguments.get("basis"))[1]
    said = sorted((name, repr(value)) for name, value in arguments.items() if value is not None and (name, str(value)) not in _USUAL)
    key = (verb.__name__, repr(family), *said)
    if key not in book.memory:
        frame, question = verb(book, *family, **arguments)
        book.memory[key] = {"frame": frame, "question": question, "digest": ""}
    return book.memory[key]


def _digested(known: dict) -> str:
    known["digest"] = known["digest"] or digest(known["frame"])
    return known["digest"]


def _remembered(verb: Callable) -> Callable:
    """Answer a question that a book has answered before from memory, and note every question in the file that OUTLAY_TRACE names.

    What is given out is a copy: pandas copies on write, so nobody's changes reach another.
    """

    @functools.wraps(verb)
    def asked(self: "Book", *family: object, **arguments: object) -> pd.DataFrame:
        known = _recalled(self, verb, family, arguments)
        if path := os.environ.get("OUTLAY_TRACE"):
            with Path(path).open("a", encoding="utf-8") as file:
                marked = {"private": True} if self.overlaid else {}
                file.write(json.dumps({**known["question"], **marked, "digest": _digested(known)}, sort_keys=True) + "\n")
        return known["frame"].copy(deep=False)

    return asked


@dataclass(frozen=True)
class Book:
    """The ledger as it was known on a date; ask it for frames. Made by `open`."""

    as_of: pd.Timestamp | None
    facts: pd.DataFrame
    sources: pd.DataFrame
    companies: pd.DataFrame
    metrics: pd.DataFrame
    bases: pd.DataFrame
    events: pd.DataFrame
    models: pd.DataFrame
    overlaid: bool = False  # whether what is private is among it
    memory: dict = dataclasses.field(init=False, repr=False, compare=False, default_factory=dict)  # what was asked, and the answer

    @_remembered
    def quarters(
        self,
        family: str | list[str],
        *,
        basis: str | None = None,
        calendar: str = "overlap",
        companies: Iterable[str] | None = None,
        since: str | None = None,
    ) -> pd.DataFrame:
        """Return single quarters of a family (or of one metric, or of a list of them), a row a company and quarter, in the columns of `COLUMNS`.

        `basis` picks one metric a company and period through `bases.csv` (default: the family's usual one); where only a stand-in
        exists the row says so in `stand_in`; a quarter that was later printed differently, while its year was not yet, says so in
        `recast`. `since` drops quarters that end before that date. Actual figures only.
        Refuses unknown names and families that are no flows.

        >>> book = open(as_of="2025-11-15")
        >>> frame = book.quarters("capex", companies=["msft"], since="2025-07-01")
        >>> frame[["period", "value", "how"]].values.tolist()
        [['2025Q3', 19.394, 'printed']]
        """
        chosen, basis = self._metrics_of(family, basis)
        lookup.known("calendar rule", calendar, periods.CALENDARS)
        if len(kinds := set(self.metrics.loc[chosen.metric.unique(), "kind"]) - {"flow"}):
            raise ValueError(f"'{family}' is a {kinds.pop()}, not a flow: it has no quarters. Use observations('{family}').")
        frame = self._single(chosen.metric.unique(), companies)
        if calendar == "day_weighted":
            frame = periods.day_weighted(frame)
            frame = frame[frame.whole]
        else:
            frame["period"] = periods.label(frame.period_start, frame.period_end, frame.company.map(self.last_month()), calendar)
        frame["grade"] = frame.strength.map(dict(enumerate(GRADES)))
        frame = _uncertain(frame, self._rows(chosen.metric.unique(), companies, "actual"), ["company", "metric", "period_start", "period_end"])
        frame = self._dress(_pick(frame, chosen), basis, "actual")
        frame = frame[frame.period_end >= _day("since", since)] if since else frame
        frame = frame.sort_values(["company", *(["metric"] if isinstance(family, list) else []), "period_end"], ignore_index=True)
        return self._traced(frame, "quarters", family, basis=basis, calendar=calendar, companies=_listed(companies), since=since)

    @_remembered
    def observations(
        self,
        family: str | list[str],
        *,
        basis: str | None = None,
        companies: Iterable[str] | None = None,
        since: str | None = None,
        stance: str = "actual",
    ) -> pd.DataFrame:
        """Return figures for the periods that documents printed (years, halves, dates), the best version of each.

        The better version is of the stronger grade, then the better tier, then the later presentation, then said more exactly and printed
        more precisely, then published later. Rows in words only are left out.

        >>> open(as_of="2025-11-15").observations("net_loss", companies=["openai"]).kind.unique().tolist()
        ['flow']
        """
        return self._printed("observations", family, basis, companies, since, stance, all_versions=False)

    @_remembered
    def versions(
        self,
        family: str | list[str],
        *,
        basis: str | None = None,
        companies: Iterable[str] | None = None,
        since: str | None = None,
        stance: str = "actual",
    ) -> pd.DataFrame:
        """Return every version of every figure, as `observations` does but with all rivals, and `source`, `published`, `presentation` (how
        many years after its period it was printed), `half` (half a printed unit), `n` and `lost_by` (why another print was selected: grade, tier,
        presentation, relation, precision, date or, all being equal, name) added.

        >>> {"source", "published"} <= set(open().versions("net_loss", companies=["openai"]).columns)
        True
        """
        return self._printed("versions", family, basis, companies, since, stance, all_versions=True)

    @_remembered
    def guidance(self, family: str, *, companies: Iterable[str] | None = None, since: str | None = None) -> pd.DataFrame:
        """Return every statement by which firms said what a family would come to, oldest first, in whatever definition they chose.

        Beside `COLUMNS` and `MARKS` stand `source`, `published`, `half`, `n` (2 and more: what the document quotes as said before) and `note`.
        A statement in words only has no value. Periods are named as the firm's own: `2026`, `FY2026`, `FY2026 Q3`.

        >>> open(as_of="2025-11-15").guidance("capex").stance.unique().tolist()
        ['forward']
        """
        wanted = [family] if family in self.metrics.index else self.metrics.index[self.metrics.family == family]
        lookup.known("family or metric", family, [*self.metrics.family, *self.metrics.index])
        self._known(companies)
        rows = self.facts[(self.facts.table == "guidance") & self.facts.metric.isin(wanted)]
        rows = rows[rows.company.isin(companies)] if companies is not None else rows
        frame = rows.assign(
            value=rows.number,
            low=rows.lowest,
            high=rows.highest,
            how=np.where((rows.printed == "") & rows.number.notna(), "derived", "printed"),
            facts=[(fact,) for fact in rows.index],
            published=self.sources.published.reindex(rows.source).to_numpy(),
            period=_own(rows, self.last_month()),
        )
        frame = self._dress(frame.assign(stand_in=False), "as_guided", "forward", ["source", "published", "half", "n", "note"])
        frame["basis"] = [self._basis_of(metric) or "as_guided" for metric in frame.metric]
        frame = frame[frame.period_end >= _day("since", since)] if since else frame
        frame = frame.sort_values(["company", "metric", "period_end", "period_start", "published", "source", "n"], ignore_index=True)
        return self._traced(frame, "guidance", family, companies=_listed(companies), since=since)

    @_remembered
    def deals(self, *, firmness: str | None = None, companies: Iterable[str] | None = None) -> pd.DataFrame:
        """Return every deal as it stood: a row a deal, its newest event, in `COLUMNS` and `MARKS`, with the `TERMS` and `note`.

        An event that says nothing of an amount, a capacity or a term leaves what was said before. The value is the whole deal, not a
        year of it; `stance` is actual once the money has flowed. `companies` keeps the deals that one of them is a side of, `firmness` those that
        are firm, conditional, letter_of_intent, talks or cancelled. Never add rows of which one is `part_of` another: see `measures.commitments`.

        >>> set(open(as_of="2025-11-15").deals().kind) <= {"commitment"}
        True
        """
        self._known(companies)
        events = self.events.assign(
            id=self.events.index, value=self.events.number, how="printed", stance="actual", low=self.events.lowest, high=self.events.highest
        )
        rank = events.assign(tier=events.source.map(self.sources.tier).map(TIERS.index), grade=events.grade.map(GRADES.index))
        # of rival reports of one event the better one stands last and counts
        order = rank.sort_values(["deal", "event_date", "grade", "tier", "half", "source", "n"], ascending=[True, True, *[False] * 5]).index
        events = _uncertain(events.loc[order], events, ["deal", "event_date"])
        kept = ["capacity_gw", "term_years", "starts", "ends"]
        events[kept] = events.groupby("deal")[kept].ffill()
        state = events.drop_duplicates("deal", keep="last").set_index("deal", drop=False)
        priced = events[events.value.notna()].drop_duplicates("deal", keep="last").set_index("deal", drop=False).reindex(state.index)
        state["facts"] = [tuple({at, *({int(other)} if pd.notna(other) else ())}) for at, other in zip(state.id, priced.id, strict=True)]
        frame = state.assign(
            company=state["to"],
            metric="deal",
            period=state.deal,
            period_start=pd.NaT,
            period_end=state.event_date,
            value=priced.value,
            low=priced.low,
            high=priced.high,
            bounds=priced.bounds.fillna(""),
            relation=priced.relation.fillna("words"),
            grade=[max(said, key=GRADES.index) for said in zip(state.grade, priced.grade.fillna(state.grade), strict=True)],
            unit=priced.plain.fillna("USD bn"),
            stance=np.where(state.status.isin(["funded", "completed"]), "actual", "forward"),
            kind="commitment",
            basis=state.instrument,
            stand_in=False,
            recast=False,
            said_by="",
            scope="",
        )
        frame["part_of"] = frame.part_of.where(frame.part_of.isin(events.deal), "")  # what nobody had told of yet contains nothing
        frame = frame[[*COLUMNS, *MARKS, *TERMS, "note"]].reset_index(drop=True)
        if firmness is not None:
            frame = frame[frame.firmness == lookup.known("firmness", firmness, ("firm", "conditional", "letter_of_intent", "talks", "cancelled"))]
        if companies is not None:
            frame = frame[frame["from"].isin(companies) | frame["to"].isin(companies)]
        frame = frame.sort_values("deal", ignore_index=True)
        return self._traced(frame, "deals", "", firmness=firmness, companies=_listed(companies))

    def documents(self, facts: Iterable[int]) -> pd.DataFrame:
        """Return the documents behind facts, newest first: the rows of `sources.csv`.

        >>> book = open(as_of="2025-11-15")
        >>> book.documents(book.quarters("capex", companies=["msft"]).facts.iloc[-1]).publisher.tolist()
        ['Microsoft']
        """
        ids = _opened(home())["cited"].loc[sorted(set(facts)), "source"].unique()
        return _by_date(self.sources.loc[ids])

    def made_of(self, metric: str, basis: str, company: str) -> list[tuple[int, str]]:
        """Return what a firm adds up to its figure on a basis, as signs and metrics; a figure that is made of nothing is itself.

        >>> open().made_of("capex_as_stated", "as_stated", "meta")
        [(1, 'capex_net'), (1, 'finance_lease_principal')]
        """
        row = self.bases[(self.bases.basis == basis) & (self.bases.company == company) & (self.bases.metric == metric)]
        parts = row.made_of.iloc[0] if len(row) and row.made_of.iloc[0] else self.metrics.at[metric, "parts"]
        return signed(parts) if parts else [(1, metric)]

    def half(self, facts: Iterable[int]) -> float:
        """Return how far a sum of facts may lie from the truth by rounding alone: half a printed unit of each, in the unit of frames.

        >>> book = open()
        >>> book.half(book.quarters("capex", companies=["orcl"]).facts.iloc[-1])
        0.0005
        """
        return float(self.facts.loc[sorted(set(facts)), "half"].sum())

    def _metrics_of(self, family: str | list[str], basis: str | None) -> tuple[pd.DataFrame, str]:
        """Return which metric serves which company and span of period ends, and the basis that says so."""
        if isinstance(family, list) or family in self.metrics.index:
            metrics = [lookup.known("metric", name, self.metrics.index) for name in family] if isinstance(family, list) else [family]
            own = self._basis_of(metrics[0]) if len(metrics) == 1 else ""
            return pd.DataFrame(
                {"company": None, "metric": metrics, "stand_in": False, "first": pd.NaT, "last": pd.NaT}
            ), basis or own or "as_defined"
        lookup.known("family or metric", family, [*self.metrics.family, *self.metrics.index])
        bases = self.bases[self.bases.metric.map(self.metrics.family) == family]
        if bases.empty and basis in (None, "as_defined"):
            every = self.metrics.index[self.metrics.family == family]
            return pd.DataFrame({"company": None, "metric": every, "stand_in": False, "first": pd.NaT, "last": pd.NaT}), "as_defined"
        if bases.empty:
            raise ValueError(
                f"family '{family}' has no basis in data/bases.csv: ask for one of its metrics: "
                f"{', '.join(self.metrics.index[self.metrics.family == family])}"
            )
        basis = lookup.known(f"basis of {family}", basis or DEFAULT_BASIS.get(family) or bases.basis.iloc[0], bases.basis)
        chosen = bases[bases.basis == basis]
        # before the wanted definition was ever published, what stood there was no stand-in
        wanted = chosen[~chosen.stand_in]
        unborn = set(wanted.company) - set(wanted.company[wanted.metric.isin(self.facts.metric)])
        chosen = chosen.assign(stand_in=chosen.stand_in & ~chosen.company.isin(unborn))
        return chosen.rename(columns={"first_period": "first", "last_period": "last"}), basis

    def _known(self, companies: Iterable[str] | None) -> None:
        """Refuse companies that the ledger does not know, and a name where a list of names is wanted."""
        if isinstance(companies, str):
            raise ValueError(f"companies is a list of short names: write ['{companies}']")
        for name in companies or ():
            lookup.known("company", name, self.companies.index)

    def _basis_of(self, metric: str) -> str:
        """Return the basis under which each firm means something else, if a metric serves that one alone."""
        bases = set(self.bases.basis[self.bases.metric == metric])
        return next(iter(bases)) if len(bases) == 1 and bases <= set(UNLIKE) else ""

    def _single(self, metrics: Iterable[str], companies: Iterable[str] | None) -> pd.DataFrame:
        """Return single quarters of metrics; one defined by `parts` is also made from these, where it was not printed as precisely."""
        made = self._made_of(metrics)
        rows = self._rows({*metrics, *made, *(part for parts in made.values() for _, part in parts)}, companies, "actual")
        # a range alone, and a floor or ceiling of a longer period, are nobody's quarter
        bound = rows.relation.isin(["≥", "≤"]) & (periods.length(rows.period_start, rows.period_end) != 1)
        rows = rows[rows.period_end.notna() & rows.printed.ne("") & ~bound]
        frame = periods.quarters(rows.assign(fact=rows.index, strength=rows.grade.map(GRADES.index)))
        for metric, parts in made.items():
            both = pd.concat([frame, _sum_of_parts(frame, metric, parts)], ignore_index=True)
            frame = both.sort_values(["strength", "half"], kind="stable").drop_duplicates(
                ["company", "period_start", "period_end", "metric"], ignore_index=True
            )
        return frame[frame.metric.isin(metrics)].reset_index(drop=True)

    def _made_of(self, metrics: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
        """Return what metrics are made of, with signs, the innermost first."""
        made = {}
        for metric in metrics:
            if parts := self.metrics.at[metric, "parts"]:
                made |= self._made_of(part for _, part in signed(parts)) | {metric: signed(parts)}
        return made

    def last_month(self) -> pd.Series:
        """Return the month in which each company's fiscal year ends, 1 to 12.

        >>> int(open().last_month()["msft"])
        6
        """
        return self.companies.fiscal_year_end.str.slice(0, 2).replace("", "12").astype(int)

    def _rows(self, metrics: Iterable[str], companies: Iterable[str] | None, stance: str) -> pd.DataFrame:
        """Return the facts with a number, of these metrics and companies, best version of a period first; a range alone counts as its middle."""
        self._known(companies)
        rows = self.facts[self.facts.metric.isin(metrics) & (self.facts.stance == stance) & self.facts.number.notna()]
        rows = rows[rows.company.isin(companies)] if companies is not None else rows
        published, tier = (self.sources[name].reindex(rows.source).to_numpy() for name in ("published", "tier"))
        rows = rows.assign(value=rows.number, published=published, tier=tier)
        rows["last_month"] = rows.company.map(self.last_month())
        return rows.loc[_merit(rows, stance).sort_values([*_MERIT[stance], "source", "n"], kind="stable").index]

    def _printed(
        self,
        verb: str,
        family: str | list[str],
        basis: str | None,
        companies: Iterable[str] | None,
        since: str | None,
        stance: str,
        all_versions: bool,
    ) -> pd.DataFrame:
        lookup.known("stance", stance, ("actual", "forward"))
        chosen, basis = self._metrics_of(family, basis)
        rows = self._rows(chosen.metric.unique(), companies, stance)
        extra = ["source", "published", "presentation", "half", "n", "lost_by"] if all_versions else []
        how = np.where(rows.printed == "", "derived", "printed")
        frame = rows.assign(how=how, facts=[(fact,) for fact in rows.index], low=rows.lowest, high=rows.highest)
        running = frame.metric.map(self.metrics.kind) == "run_rate"
        frame["period"] = _spans(frame.period_start, frame.period_end).mask(running, frame.period_end.dt.strftime("%Y-%m"))
        same = ["company", "metric", "period", "said_by", "scope"]
        if not all_versions:
            every, frame = frame, frame.drop_duplicates(same)
            frame = _uncertain(frame, every, same) if stance == "actual" else frame
        else:
            frame["lost_by"] = _lost_by(frame, stance, same)
        frame = self._dress(_pick(frame, chosen, rivals=all_versions), basis, stance, extra)
        frame = frame[frame.period_end >= _day("since", since)] if since else frame
        order = ["company", "metric", "period_end", "period_start", *(["published", "source", "value"] if all_versions else [])]
        frame = frame.sort_values(order, ignore_index=True)
        return self._traced(frame, verb, family, basis=basis, companies=_listed(companies), since=since, stance=stance)

    def _traced(self, frame: pd.DataFrame, verb: str, family: str | list[str], **arguments) -> tuple[pd.DataFrame, dict]:
        """Return an answer with what was asked, in full: see `_remembered`."""
        return frame, {"as_of": f"{self.as_of:%Y-%m-%d}" if self.as_of is not None else "", "verb": verb, "family": family, "arguments": arguments}

    def _dress(self, frame: pd.DataFrame, basis: str, stance: str, extra: Iterable[str] = ()) -> pd.DataFrame:
        """Give a frame the columns of `COLUMNS` and `MARKS`."""
        unit = frame.metric.map(self.metrics.unit)
        frame = frame.assign(unit=unit, stance=stance, kind=frame.metric.map(self.metrics.kind), basis=basis)
        for bound in ("low", "high"):
            frame[bound] = frame[bound] if bound in frame else float("nan")
        for mark, usual in (("relation", "="), ("recast", False), ("said_by", ""), ("scope", "")):
            frame[mark] = frame.get(mark, usual)
        if "bounds" not in frame:
            frame["bounds"] = np.where(frame.low.notna() | frame.high.notna(), "printed", "")
        return frame[[*COLUMNS, *MARKS, *extra]]


def open(as_of: str | None = None, private: bool | None = None) -> Book:
    """Read the ledger as it was known on `as_of` (a date; empty or None: everything).

    A document counts from the day it was published, a partly known date from its last day, an undated document only in
    the newest view. Another folder than the project's own is read if OUTLAY_DATA names it. With `private`, or where OUTLAY_PRIVATE says 1,
    the tables of its folder `private` are laid over it: see `is_private`. Raises LedgerError, a line a finding, if a table breaks its schema.

    >>> open(as_of="2024-08-05").sources.published.max() <= pd.Timestamp("2024-08-05")
    True
    """
    tables = _tables(home(), private)
    if found := tables["findings"]:
        raise LedgerError("\n".join(line(finding) for finding in found[:20]) + (f"\n… and {len(found) - 20} more" if len(found) > 20 else ""))
    if _books.get("tables") is not tables or len(_books) > 40:  # a sweep over dates need not keep them all
        _books.clear()
        _books["tables"] = tables
    key = ("book", as_of or "")
    if key not in _books:
        _books[key] = book(tables, as_of)
    return _books[key]


_books: dict = {}  # the tables that were opened last, and their books: who opens the same one again finds its answers


def book(tables: dict[str, pd.DataFrame], as_of: str | None = None) -> Book:
    """Return the book of tables that were read already, as it was known on `as_of`; see `open`.

    >>> book(tables(), "2024-08-05").as_of
    Timestamp('2024-08-05 00:00:00')
    """
    day = _day("as_of", as_of) if as_of else None
    sources = tables["sources"].set_index("source", drop=False).rename_axis(None)
    facts = tables["facts"]
    if day is not None:
        sources = sources[sources.published <= day]
        facts = facts[facts.source.isin(sources.index)]
    companies, metrics = (
        tables[name].set_index(key, drop=False).rename_axis(None) for name, key in (("companies", "company"), ("metrics", "metric"))
    )
    events, models = (tables[name][tables[name].source.isin(sources.index)] for name in ("deals", "models"))
    return Book(day, facts, sources, companies, metrics, tables["bases"], events, models, overlaid="private" in tables)


def signed(parts: str) -> list[tuple[int, str]]:
    """Read what a metric is made of: the signs and names in its column `parts`.

    >>> signed("capex_cash - capex_proceeds")
    [(1, 'capex_cash'), (-1, 'capex_proceeds')]
    """
    return [(-1 if sign == "-" else 1, part) for sign, part in re.findall(r"([+-]?) ?([a-z]\w*)", parts)]


def _day(name: str, text: str) -> pd.Timestamp:
    if not _DATE.fullmatch(text) or pd.isna(day := pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")):
        raise ValueError(f"{name} '{text}' is no date: write it as 2024-08-05")
    return day


def home(data: Path | str | None = None) -> Path:
    """Return the folder of the tables: `data`, or what OUTLAY_DATA names, or the project's own."""
    chosen = data or os.environ.get("OUTLAY_DATA")
    return Path(chosen).resolve() if chosen else _HOME


def names(facts: Iterable[int]) -> list[str]:
    """Return the names of facts, `company/metric/start..end@source`, in order of their ids.

    >>> book = open(as_of="2025-11-15")
    >>> names(book.quarters("capex", companies=["msft"], since="2025-07-01").facts.iloc[0])
    ['msft/capex_cash/2025-07-01..2025-09-30@msft-10-q-2025-09-30']
    """
    every = _opened(home())["named"]
    return sorted(every[fact] for fact in set(facts))


def is_private(facts: Iterable[int]) -> bool:
    """Return whether any of these facts comes from the folder `private` of the ledger: it may be used and shown, and is not to be published.

    >>> is_private(open(private=False).facts.index)
    False
    """
    return not _opened(home()).get("private", frozenset()).isdisjoint(facts)


def cite(facts: Iterable[int], most: int = 4) -> str:
    """Return the source line of facts: publisher, kind and date of the newest document of each publisher, at most `most`.

    >>> book = open(as_of="2025-11-15")
    >>> cite(book.quarters("capex", companies=["msft"]).facts.iloc[-1])
    'Microsoft 10-Q (29 Oct 2025)'
    """
    tables = _opened(home())
    ids = tables["cited"].loc[list(set(facts)), "source"].unique()
    documents = _by_date(tables["sources"].set_index("source", drop=False).rename_axis(None).loc[ids])
    newest = documents.drop_duplicates("publisher")
    newest = documents.head(2) if len(newest) == 1 else newest  # a lone publisher is worth a second document
    named = [f"{row.publisher}{_form(row)} ({_when(row)})" for row in newest.head(most).itertuples()]
    return "; ".join(named) + (" and others" if len(newest) > most else "")


_RECORDS = {"deals": ["deal", "event_date"], "models": ["model", "role", "name"]}


def _records(tables: dict, name: str, key: list[str]) -> pd.DataFrame:
    """Return deals or models with their figures converted and a name each, `table/key@source`."""
    frame = tables[name].reset_index(drop=True)
    plain = [frame[part].dt.strftime("%Y-%m-%d") if frame[part].dtype.kind == "M" else frame[part] for part in key]
    label = functools.reduce(lambda left, right: left + "/" + right, plain) if len(frame) else pd.Series(dtype=object)
    frame["fact"] = f"{name}/" + label + "@" + frame.source + ("#" + frame.n.astype(int).astype(str)).where(frame.n > 1, "")
    frame["number"], frame["plain"] = units.convert(frame.value, frame.unit)
    frame["lowest"], frame["highest"] = (units.convert(frame[bound], frame.unit)[0] for bound in ("low", "high"))
    frame["half"] = units.half_unit(frame.printed, frame.unit)
    _middles(frame)
    if name == "deals":  # a contract prints whole dollars
        whole = frame.plain == "USD"
        for column in ("number", "lowest", "highest", "half"):
            frame[column] = frame[column].mask(whole, frame[column] / 1e9)
        frame["plain"] = frame.plain.mask(whole, "USD bn")
    return frame


def _by_date(documents: pd.DataFrame) -> pd.DataFrame:
    """Sort documents, newest first; of one day's, filings before releases, calls and reports."""
    strength = documents.kind.map(KINDS.index)
    order = documents.assign(strength=strength).sort_values(
        ["published", "publisher", "strength", "source"], ascending=[False, True, True, True], na_position="last"
    )
    return order.drop(columns="strength")


def _form(row) -> str:
    """Return what kind of document it is, where the publisher's name does not say it."""
    return "" if row.kind in ("press", "page") else f" {row.form or row.kind}"


def _when(row) -> str:
    if pd.isna(row.published):
        return "undated"
    return row.published.strftime({"day": "%-d %b %Y", "month": "%b %Y", "year": "%Y"}[row.published_precision])


def _spans(start: pd.Series, end: pd.Series) -> pd.Series:
    """Name printed periods: `2025`, `H1 2025`, `2025Q3`, `2025-08` or, for anything else, its dates."""
    months = (end.dt.year - start.dt.year) * 12 + end.dt.month - start.dt.month + 1
    whole = (start.dt.day == 1) & ((end + pd.Timedelta(days=1)).dt.day == 1)
    year, month = end.dt.year.astype("Int64").astype(str), end.dt.month
    named = start.dt.strftime("%Y-%m-%d").fillna("") + ".." + end.dt.strftime("%Y-%m-%d").fillna("")
    named = named.mask(start.isna() & end.notna(), end.dt.strftime("%Y-%m-%d"))
    named = named.mask(whole & (months == 1), end.dt.strftime("%Y-%m"))
    named = named.mask(whole & (months == 3) & (month % 3 == 0), year + "Q" + (month // 3).astype("Int64").astype(str))
    named = named.mask(whole & (months == 6) & (month % 6 == 0), "H" + (month // 6).astype("Int64").astype(str) + " " + year)
    return named.mask(whole & (months == 12) & (month == 12), year)


def _own(rows: pd.DataFrame, last_month: pd.Series) -> pd.Series:
    """Name periods as the firm does: `_spans`, but fiscal years and quarters by their number where the calendar has no name for them."""
    names = _spans(rows.period_start, rows.period_end)
    year, quarter = periods.fiscal(rows.period_end, rows.company.map(last_month))
    whole = periods.length(rows.period_start, rows.period_end)
    fiscal = "FY" + year.astype("Int64").astype(str)
    single = rows.company.map(last_month) != 12
    names = names.mask(names.str.contains("..", regex=False) & (whole == 4) & (quarter == 4), fiscal)
    return names.mask(single & (whole == 1), fiscal + " Q" + quarter.astype("Int64").astype(str))


# what makes one print better than another of the same figure, the first difference deciding
_MERIT = {
    "actual": ["grade", "tier", "presentation", "relation", "precision", "date"],
    "forward": ["grade", "tier", "date", "relation", "precision"],  # the newest plan is the plan
}


def _merit(rows: pd.DataFrame, stance: str) -> pd.DataFrame:
    """Return prints ranked on every ground, the smaller the better; of plans, a firm's newest word about itself counts wherever it was read."""
    own = (rows.grade == "stated") & (stance == "forward")
    return rows.assign(
        grade=rows.grade.map(GRADES.index),
        tier=rows.tier.map(TIERS.index).mask(own, 0),
        presentation=-rows.presentation,
        relation=rows.relation.map(RELATIONS.index),
        precision=rows.half,
        date=-(rows.published - pd.Timestamp(0)).dt.days.fillna(0),
    )


def _lost_by(rows: pd.DataFrame, stance: str, same: list[str]) -> np.ndarray:
    """Return on which ground each print was passed over for the first of its like; nothing for that one itself. Takes them best first."""
    merit = _merit(rows, stance)
    best = merit.groupby(same, dropna=False)[_MERIT[stance]].transform("first")
    unlike = (merit[_MERIT[stance]] != best).to_numpy()
    ground = np.array([*_MERIT[stance], "name"])[np.where(unlike.any(axis=1), unlike.argmax(axis=1), len(_MERIT[stance]))]
    return np.where(rows.duplicated(same), ground, "")


def _uncertain(frame: pd.DataFrame, every: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Give weak figures that no range was printed for a computed one: half a printed unit, widened to rival reports that disagree beyond it.

    `every` holds all versions, `key` says what makes two of them rivals. Of a figure said to be "about" at least two digits are taken as meant,
    so that "about 900" is 895 to 905. What was said to be more, or less, than a figure has no range but for its rivals: it is open on one side, which
    its relation says.
    """
    frame = frame.assign(low=frame.get("low", float("nan")), high=frame.get("high", float("nan")), bounds="")
    printed = frame.low.notna() | frame.high.notna()
    frame["bounds"] = np.where(printed, "printed", "")
    wanting = frame.grade.isin(WEAK) & ~printed & frame.value.notna()
    if not wanting.any():
        return frame
    weak = every[every.grade.isin(WEAK) & (every.n == 1) & every.value.notna()]  # what is quoted as said before is no rival
    own, reach = frame[wanting], frame.half.where(frame.get("relation", pd.Series("=", index=frame.index)) != "≈", _about(frame))[wanting]
    open_ended = own.get("relation", pd.Series("=", index=own.index)).isin(["≥", "≤"])
    reach = reach.mask(open_ended, 0)
    rivals = own[key].assign(at=own.index, mine=own.value, reach=reach).merge(weak[[*key, "value", "half", "relation"]], on=key)
    slack = rivals.half.mask(rivals.relation.isin(["≥", "≤"]), 0)
    rivals = rivals[(rivals.value - rivals.mine).abs() > rivals.reach + slack + 1e-9]
    ends = rivals.assign(low=rivals.value - slack, high=rivals.value + slack).groupby("at")
    low, high = np.fmin(own.value - reach, ends.low.min().reindex(own.index)), np.fmax(own.value + reach, ends.high.max().reindex(own.index))
    told = low < high
    for bound, edge in (("low", low), ("high", high)):
        frame.loc[own.index[told], bound] = units.settle(edge[told])
    frame.loc[own.index[told], "bounds"] = "computed"
    return frame


def _about(frame: pd.DataFrame) -> pd.Series:
    """Return half a unit of the second significant digit, or of the last printed one where that is coarser."""
    size = frame.value.abs().where(frame.value != 0)
    return np.fmax(frame.half, 0.5 * 10.0 ** (np.floor(np.log10(size)) - 1))


def _sum_of_parts(frame: pd.DataFrame, metric: str, parts: list[tuple[int, str]]) -> pd.DataFrame:
    """Return single quarters of a metric made from those of its parts, where all of them are known."""
    key = ["company", "period_start", "period_end"]
    pieces = [frame[frame.metric == part].set_index(key) for _, part in parts]
    both = functools.reduce(lambda left, right: left.intersection(right), (piece.index for piece in pieces))
    pieces = [piece.loc[both] for piece in pieces]
    value = units.settle(sum(sign * piece.value for (sign, _), piece in zip(parts, pieces, strict=True)))
    return (
        pieces[0]
        .assign(
            metric=metric,
            value=value,
            how="derived",
            half=sum(piece.half for piece in pieces),
            strength=functools.reduce(np.maximum, (piece.strength for piece in pieces)),
            facts=[sum(facts, ()) for facts in zip(*(piece.facts for piece in pieces), strict=True)],
            recast=pd.concat([piece.recast for piece in pieces], axis=1).any(axis=1),
        )
        .reset_index()
    )


def _pick(frame: pd.DataFrame, chosen: pd.DataFrame, rivals: bool = False) -> pd.DataFrame:
    """Keep, for each company and period, the metric that the basis wants, or its stand-in where that has no figure."""
    keys = ["metric"] if chosen.company.isna().all() else ["company", "metric"]
    frame = frame.merge(chosen[[*keys, "first", "last", "stand_in"]], on=keys)
    inside = ~(frame.period_end < frame["first"]) & ~(frame.period_end > frame["last"])
    frame = frame[inside].sort_values("stand_in", kind="stable")
    if rivals:
        return frame
    return frame.drop_duplicates(["company", "period_start", "period_end", *([] if "company" in keys else ["metric"])])


def _listed(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else list(names)


# What a notebook asked, and a digest of the answer, so that a build can tell later whether the answer has changed.


def digest(frame: pd.DataFrame) -> str:
    """Return a short digest of a frame and of all that is said with it: names and documents of its facts, companies, metrics.

    Facts count by name, so that it holds across ledgers with other ids.

    >>> book = open(as_of="2025-11-15")
    >>> digest(book.quarters("capex")) == digest(open(as_of="2025-11-16").quarters("capex"))
    True
    """
    every = _opened(home())
    used = every["cited"].loc[sorted(set().union(*frame.facts))] if len(frame) else every["cited"].head(0)
    facts = every["facts"].loc[used.index.intersection(every["facts"].index)]
    people = {*facts.company, *(firm for side in ("from", "to") if side in frame for firm in frame[side])}
    behind = [
        every["sources"][every["sources"].source.isin(used.source)],
        every["companies"][every["companies"].company.isin(people)],
        every["metrics"][every["metrics"].metric.isin(facts.metric)],
    ]
    flat = frame.assign(facts=frame.facts.map(lambda ids: ";".join(names(ids))))
    parts = [flat, used[["fact", "printed", "unit"]].sort_values("fact"), *(part.drop(columns="row") for part in behind)]
    return hashlib.sha256("".join(part.to_csv(index=False) for part in parts).encode()).hexdigest()[:16]


def answers(selection: dict) -> bool:
    """Return whether a noted selection (see OUTLAY_TRACE) still has the result that it had.

    >>> answers({"as_of": "2025-11-15", "verb": "quarters", "family": "capex", "arguments": {}, "digest": "another"})
    False
    """
    family = (selection["family"],) if selection["family"] else ()
    verb = getattr(Book, selection["verb"]).__wrapped__
    return _digested(_recalled(open(selection["as_of"]), verb, family, selection["arguments"])) == selection["digest"]


# Reading and checking the tables against datapackage.json, the only schema there is.

_DATE, _NUMBER, _WHOLE = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"-?\d{1,15}(\.\d{1,9})?"), re.compile(r"-?\d{1,15}")


@functools.lru_cache(maxsize=4)
def _cached(folder: Path, _stamp: tuple) -> dict:
    return _load(folder)


_latest: dict[Path, dict] = {}  # what was read last of a folder: ids in frames are ids of this


def _opened(folder: Path) -> dict:
    """Return the tables as they were read last, without looking at the files again."""
    return _latest.get(folder) or _tables(folder)


def _tables(folder: Path, private: bool | None = None) -> dict:
    """Read the tables of a folder; with what is private laid over them if that is asked for, or if OUTLAY_PRIVATE asks and nobody says no.

    Every table is of one moment: what was changed while it was read is read again.
    """
    while True:
        finish(folder)
        stamp = _stamp(folder)
        tables = _cached(folder, stamp)
        if _stamp(folder) == stamp:
            break
    over = folder / "private"
    if (os.environ.get("OUTLAY_PRIVATE") == "1" if private is None else private) and over.is_dir() and not tables["findings"]:
        tables = _overlaid(folder, stamp, _stamp(over))
    elif _latest.get(folder, {}).get("beneath") is tables:
        return tables  # ids of what was laid over it stay known
    _latest[folder] = tables
    return tables


def _stamp(folder: Path) -> tuple:
    return tuple(sorted((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in folder.glob("*.*")))


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the tables of a folder for this process alone, finished (see `finish`); another that wants to write them waits. Whoever dies lets go.

    >>> with held(home()):
    ...     pass
    """
    try:
        import fcntl
    except ImportError:  # Windows: there are no such locks
        finish(folder, alone=True)
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        finish(folder, alone=True)
        yield
    finally:
        os.close(handle)


def finish(folder: Path, alone: bool = False) -> None:
    """Put into place what a change of several tables had decided to write when it was cut short. `alone` says that the tables are held already.

    Such a change writes all its files aside, beside the folder, and gives their place the name `.data.ready` in one step: from then on it has
    happened, whoever finishes it. What lies there under another name has not. Raises LedgerError if somebody changed a file in between.

    >>> finish(home())
    """
    ready = folder.parent / f".{folder.name}.ready"
    if not ready.exists():
        return
    if not alone:
        with held(folder):
            return
    journal = json.loads((ready / "journal.json").read_text(encoding="utf-8")) if (ready / "journal.json").exists() else {}
    for name, (old, new) in journal.items():
        aside, path = ready / name, folder / name
        if not aside.exists():  # it was put into place before
            continue
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() not in (old, new):
            raise LedgerError(
                f"{path} was changed by hand while an update of it waited to be put into place. What the update wrote is {aside}: "
                f"keep what you want of both in {path}, then delete {aside}."
            )
        os.replace(aside, path)
    (ready / "journal.json").unlink(missing_ok=True)
    ready.rmdir()


@functools.lru_cache(maxsize=2)
def _overlaid(folder: Path, stamp: tuple, _over: tuple) -> dict:
    """Lay the tables in the folder `private` over those of a ledger: any of them, of the same schema; ids of public facts stay what they are."""
    public, found, raws = _cached(folder, stamp), [], {}
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    resources = [resource for resource in package["resources"] if (folder / "private" / resource["path"]).exists()]
    there = {resource["name"]: {**resource, "path": f"private/{resource['path']}"} for resource in resources}
    own = {name: _read(folder / resource["path"], resource, found) for name, resource in there.items()}
    for resource in package["resources"]:  # what rows may refer to stands in either
        name, columns = resource["name"], [field["name"] for field in resource["schema"]["fields"] if field["type"] == "string"]
        raws[name] = pd.concat([public[name][columns], own[name][columns]]) if own.get(name) is not None else public[name]
    out, parts, next_id = dict(public), [], len(public["cited"])
    typed = {name: _typed(raw, there[name], raws, found) for name, raw in own.items() if raw is not None}
    metrics = pd.concat([public["metrics"], typed.get("metrics", public["metrics"].head(0))]).set_index("metric")
    for name, frame in typed.items():
        schema = there[name]["schema"]
        if schema["primaryKey"] == FACT_KEY:
            ends = next(field for field in schema["fields"] if field["name"] == "period_end")
            _coherent(frame, f"data/private/{name}.csv", metrics, ends.get("constraints", {}).get("required", False), found)
            parts.append(frame.assign(table=name))
        else:
            key = schema["primaryKey"]
            for row in frame.index[frame.set_index(key).index.isin(public[name].set_index(key).index)]:
                place, text = ", ".join(key), ", ".join(str(cell) for cell in frame.loc[row, key])
                message = f"found the key ({text}), which stands in data/{name}.csv already. Give it another, or take it out."
                found.append(_finding(f"data/private/{name}.csv", int(row), place, text, "key", message))
            if name not in ("deals", "models"):
                out[name] = pd.concat([public[name], frame])
    out |= {"findings": sorted(found, key=lambda f: (f["file"], f["row"] or 0, f["column"])), "beneath": public, "private": frozenset()}
    if found:
        return out
    laid = {"facts": _whole(parts)} if parts else {}
    laid |= {name: _records(typed, name, key) for name, key in _RECORDS.items() if name in typed}
    for name, frame in laid.items():
        frame.index = range(next_id, next_id := next_id + len(frame))
        column = "name" if name == "facts" else "fact"
        frame[column] = "private:" + frame[column]
        if name == "facts":
            published = frame.source.map(out["sources"].set_index("source").published)
            known = out["presentations"].set_index("fact").presentation
            plain = frame.name.str.removeprefix("private:").map(known)
            frame["presentation"] = plain.fillna(periods.presentation(frame.period_end, published)).astype(int)
        out[name] = pd.concat([public[name], frame])
        out[name] = out[name].fillna({"said_by": "", "scope": ""}) if name == "facts" else out[name]
    columns = ["fact", "source", "printed", "unit"]
    out["cited"] = pd.concat(
        [public["cited"], *(frame.rename(columns={"name": "fact"} if name == "facts" else {})[columns] for name, frame in laid.items())]
    )
    out["named"] = out["cited"].fact.to_dict()
    out["private"] = frozenset(fact for frame in laid.values() for fact in frame.index)
    return out


def line(finding: dict) -> str:
    """Write a finding as one line: file, row, column, what was found, what was expected and what to do."""
    place = ", ".join(
        part
        for part in (finding["file"], f"row {finding['row']}" if finding["row"] else "", f"column {finding['column']}" if finding["column"] else "")
        if part
    )
    return f"{place}: {finding['message']}"


def findings(data: Path | str | None = None) -> list[dict]:
    """Return what breaks the schema: dictionaries of file, row (the header is row 1), column, value, rule, severity, message."""
    return list(_tables(home(data), False)["findings"])


def tables(data: Path | str | None = None, private: bool | None = False) -> dict[str, pd.DataFrame]:
    """Return every table of the package as typed frames, with `row`, the line of its file; facts also whole as `facts`.

    With `private` None, what is private stands among them where it was opened last.
    """
    folder = home(data)
    found = _tables(folder, private)
    found = _latest[folder] if private is None else found
    return {name: frame for name, frame in found.items() if isinstance(frame, pd.DataFrame)}


def keys(data: Path | str | None = None) -> dict[str, list[str]]:
    """Return the primary key of every table.

    >>> keys()["sources"]
    ['source']
    """
    package = json.loads((home(data) / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["name"]: resource["schema"]["primaryKey"] for resource in package["resources"]}


def edition(data: Path | str | None = None) -> pd.Timestamp:
    """Return the date of the edition: no document of the ledger is newer.

    >>> edition() >= open().sources.published.max()
    True
    """
    return pd.Timestamp(json.loads((home(data) / "datapackage.json").read_text(encoding="utf-8"))["version"])


def _finding(file: str, row: int | None, column: str, value: str, rule: str, message: str) -> dict:
    return {"file": file, "row": row, "column": column, "value": value, "rule": rule, "severity": "error", "message": message}


def _load(folder: Path) -> dict:
    path = folder / "datapackage.json"
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        package["resources"][0]["schema"]["fields"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise LedgerError(f"{path}: cannot be read as a data package ({error}). Point OUTLAY_DATA at a folder that holds datapackage.json.") from None
    found, out, raws = [], {}, {}
    for resource in package["resources"]:
        raws[resource["name"]] = _read(folder / resource["path"], resource, found)
    for resource in package["resources"]:
        raw = raws[resource["name"]]
        if raw is not None:
            out[resource["name"]] = _typed(raw, resource, raws, found)
    is_fact = {resource["name"] for resource in package["resources"] if resource["schema"].get("primaryKey") == FACT_KEY}
    if "metrics" in out:
        known = set(out["metrics"].metric)
        for row in out["metrics"].itertuples():
            for part in [part for _, part in signed(row.parts) if part not in known]:
                found.append(
                    _finding(
                        "data/metrics.csv",
                        row.row,
                        "parts",
                        row.parts,
                        "reference",
                        f"found '{part}'; expected a metric of this table{_near(part, known)}. Correct it or add the metric.",
                    )
                )
    for resource in package["resources"]:
        if resource["name"] in is_fact and resource["name"] in out and "metrics" in out:
            ends = next(field for field in resource["schema"]["fields"] if field["name"] == "period_end")
            closed = ends.get("constraints", {}).get("required", False)
            _coherent(out[resource["name"]], f"data/{resource['path']}", out["metrics"].set_index("metric"), closed, found)
    out["findings"] = sorted(found, key=lambda f: (f["file"], f["row"] or 0, f["column"]))
    if not found:
        out["facts"] = _whole([out[name].assign(table=name) for name in sorted(is_fact)])
        published = out["facts"].source.map(out["sources"].set_index("source").published)
        known = out["presentations"].set_index("fact").presentation
        out["deals"], out["models"] = (_records(out, name, key) for name, key in _RECORDS.items())
        first = len(out["facts"])
        for name in ("deals", "models"):  # ids run on, so that a figure of any table walks back to its document
            out[name].index = range(first, first := first + len(out[name]))
        columns = ["fact", "source", "printed", "unit"]
        out["cited"] = pd.concat([out["facts"].rename(columns={"name": "fact"})[columns], out["deals"][columns], out["models"][columns]])
        out["named"] = out["cited"].fact.to_dict()
        # a figure may have been recast earlier, or later, than the date of its document says
        out["facts"]["presentation"] = out["facts"].name.map(known).fillna(periods.presentation(out["facts"].period_end, published)).astype(int)
    return out


def _read(path: Path, resource: dict, found: list) -> pd.DataFrame | None:
    """Read one table as text; tell of a file that is missing, not UTF-8, or of other columns than the schema's."""
    file = f"data/{resource['path']}"
    columns = [field["name"] for field in resource["schema"]["fields"]]
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError:
        found.append(
            _finding(file, None, "", "", "file", "the file is missing or cannot be read; datapackage.json names it. Restore it or take it out there.")
        )
        return None
    except UnicodeDecodeError as error:
        found.append(_finding(file, None, "", "", "file", f"is no UTF-8 text ({error.reason} at byte {error.start}). Save it as UTF-8."))
        return None
    if text.startswith("\ufeff") or "\r" in text:
        found.append(_finding(file, None, "", "", "file", "has a byte order mark or carriage returns; expected UTF-8 and line feeds. Save it so."))
        return None
    if not text.endswith("\n"):
        found.append(_finding(file, None, "", "", "file", "is empty or its last line has no end; expected a header and whole lines. Restore it."))
        return None
    rows, wrong = [], []
    reader = csv.reader(io.StringIO(text, newline=""))
    for number, row in enumerate(reader, 1):
        rows.append(row)
        if len(row) != len(columns) or reader.line_num != number:
            wrong.append((number, len(row)))
            if reader.line_num != number:  # a line break inside a cell: what follows cannot be counted by lines
                break
    for number, count in wrong[:20]:
        what = f"{count} cells; expected {len(columns)}" if count != len(columns) else "a line break inside a cell"
        found.append(_finding(file, number, "", "", "cells", f"found {what}. Quote a cell that holds a comma; keep a row on one line."))
    if wrong:
        return None
    if rows[0] != columns:
        message = f"found the columns {','.join(rows[0])}; expected {','.join(columns)}. Mend the header."
        found.append(_finding(file, 1, "", ",".join(rows[0]), "columns", message))
        return None
    cells = np.array(rows[1:], dtype=object).reshape(len(rows) - 1, len(columns))
    return pd.DataFrame(cells, columns=columns, index=pd.RangeIndex(2, len(rows) + 1), dtype=object)


def _typed(raw: pd.DataFrame, resource: dict, raws: dict, found: list) -> pd.DataFrame:
    """Type one table by its schema; add a finding for every cell, key and reference that breaks it."""
    file, schema = f"data/{resource['path']}", resource["schema"]

    def report(rows: Iterable[int], column: str, rule: str, expected: str, remedy: str) -> None:
        for row in rows:
            value = raw.at[row, column]
            what = f"'{value}'" if value else "an empty cell"
            found.append(_finding(file, int(row), column, value, rule, f"found {what}; expected {expected}. {remedy}"))

    out = {}
    for field in schema["fields"]:
        name, rules, cells = field["name"], field.get("constraints", {}), raw[field["name"]]
        codes, kinds = pd.factorize(cells)  # most cells repeat: each spelling is checked and converted once
        kinds = pd.Series(np.asarray(kinds, dtype=object))

        def rows(wrong: Iterable[bool], codes: np.ndarray = codes) -> pd.Index:
            return raw.index[np.asarray(list(wrong), dtype=bool)[codes]] if len(codes) else raw.index[:0]

        if rules.get("required"):
            report(rows(kinds == ""), name, "required", "a value", "Fill it in from the document, or leave the row out.")
        report(rows(kind != kind.strip() for kind in kinds), name, "spaces", "no spaces at either end", "Take them out.")
        out[name] = cells
        if field["type"] == "date":
            dates = pd.to_datetime(kinds.where(kinds != ""), format="%Y-%m-%d", errors="coerce")
            wrong = [kind != "" and (pd.isna(date) or not _DATE.fullmatch(kind)) for kind, date in zip(kinds, dates, strict=True)]
            report(rows(wrong), name, "type", "a date such as 2025-03-31", "Correct the date.")
            out[name] = pd.Series(dates.astype("datetime64[ns]").to_numpy()[codes], index=raw.index, name=name)
        elif field["type"] in ("number", "integer"):
            form = _WHOLE if field["type"] == "integer" else _NUMBER
            wrong = np.array([kind != "" and not form.fullmatch(kind) for kind in kinds], dtype=bool)
            report(
                rows(wrong),
                name,
                "type",
                "a plain number, digits as printed, no separators" if field["type"] == "number" else "a whole number",
                "Correct the number; words go into note.",
            )
            numbers = pd.to_numeric(kinds.where((kinds != "") & ~wrong), errors="coerce").astype(float)
            out[name] = pd.Series(numbers.to_numpy()[codes], index=raw.index, name=name)
            if "minimum" in rules:
                report(rows(numbers < rules["minimum"]), name, "minimum", f"at least {rules['minimum']}", "Correct the number.")
        elif field["type"] == "boolean":
            report(rows(~kinds.isin(["", "true", "false"])), name, "type", "true or false", "Correct the cell.")
            out[name] = cells == "true"
        if "enum" in rules:
            report(rows(~kinds.isin(["", *rules["enum"]])), name, "enum", f"one of {', '.join(rules['enum'])}", "Correct the cell.")
        if "pattern" in rules:
            form = re.compile(rules["pattern"])
            report(
                rows(kind != "" and not form.fullmatch(kind) for kind in kinds),
                name,
                "pattern",
                f"text of the form {rules['pattern']}",
                "Correct the cell.",
            )
    out = pd.DataFrame(out)
    key = schema.get("primaryKey", [])
    if (again := raw.duplicated(key, keep="first")).any():
        first = raw.reset_index().groupby(key)["index"].transform("first")
        first.index = raw.index
        for row in raw.index[again]:
            text = ", ".join(raw.loc[row, key])
            found.append(
                _finding(
                    file,
                    int(row),
                    ", ".join(key),
                    text,
                    "key",
                    f"found the key ({text}) again; it stands in row {first[row]} already. Keep one row, or number them in n.",
                )
            )
    for reference in schema.get("foreignKeys", []):
        target, column = reference["reference"]["resource"] or resource["name"], reference["fields"][0]
        if (other := raws.get(target)) is not None:
            wanted = other[reference["reference"]["fields"][0]]
            missing = ~raw[column].isin([*wanted, ""])
            for row in raw.index[missing]:
                close = _near(raw.at[row, column], wanted)
                found.append(
                    _finding(
                        file,
                        int(row),
                        column,
                        raw.at[row, column],
                        "reference",
                        f"found '{raw.at[row, column]}'; expected a name that stands in data/{target}.csv{close}. Correct it or add the row there.",
                    )
                )
    return out.assign(row=raw.index, **({"printed": raw["value"]} if "value" in raw else {}))


def _near(name: str, names: Iterable[str]) -> str:
    try:
        lookup.known("name", name, names)
    except ValueError as error:
        hint = str(error).partition("did you mean ")[2].partition("?")[0]
        return f" (nearest: {hint})" if hint else ""
    return ""


def _coherent(table: pd.DataFrame, file: str, metrics: pd.DataFrame, closed: bool, found: list) -> None:
    """Find facts whose cells do not go together: kind and dates, relation and value, range and value, unit and metric."""
    wrong = {finding["row"] for finding in found if finding["file"] == file}  # one fault, one line
    known = table[table.metric.isin(metrics.index) & ~table.row.isin(wrong)]
    kind, unit = known.metric.map(metrics.kind), known.metric.map(metrics.unit)
    flow = kind.isin(["flow", "rate"])
    converted = known.unit.map(lambda name: units.CONVERSIONS.get(name, (name,))[0])
    for rows, column, rule, message in [
        (
            (kind == "flow") & known.period_start.isna() & closed,
            "period_start",
            "kind",
            "found an empty cell; a flow covers a period. Enter the day it starts.",
        ),
        (
            ~flow & known.period_start.notna(),
            "period_start",
            "kind",
            "found a date; a stock or run-rate holds at one date. Leave period_start empty.",
        ),
        (known.period_start > known.period_end, "period_start", "order", "found a start after the end. Correct one of them."),
        (
            (known.relation == "words") != (known.value.isna() & known.low.isna() & known.high.isna()),
            "value",
            "relation",
            "found a value with relation 'words', or neither value nor range with another. Enter what was printed, or set relation to words and "
            "say in note what was said.",
        ),
        (known.low > known.high, "low", "range", "found a low above the high. Correct them."),
        (converted != unit, "unit", "unit", "found a unit that does not convert into the metric's. Use the printed unit, or mend metrics.csv."),
    ]:
        for row in known.index[rows]:
            value = known.loc[row, column]
            found.append(_finding(file, int(row), column, "" if pd.isna(value) else str(value), rule, message))


def _whole(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the fact tables together, number their rows, name them, and convert what was printed."""
    facts = pd.concat(parts, ignore_index=True).fillna({"said_by": "", "scope": ""})
    start, end = (np.char.replace(np.datetime_as_string(facts[name].to_numpy("datetime64[D]")), "NaT", "") for name in ("period_start", "period_end"))
    cells = zip(*(column.tolist() for column in (facts.company, facts.metric, start, end, facts.source, facts.n)), strict=True)
    facts["name"] = [
        f"{company}/{metric}/{first}..{last}@{source}" + (f"#{n:.0f}" if n > 1 else "") for company, metric, first, last, source, n in cells
    ]
    facts["number"], facts["plain"] = units.convert(facts.value, facts.unit)
    facts["lowest"], facts["highest"] = (units.convert(facts[bound], facts.unit)[0] for bound in ("low", "high"))
    facts["half"] = units.half_unit(facts.printed, facts.unit)
    _middles(facts)
    return facts


def _middles(frame: pd.DataFrame) -> None:
    """Give what was printed as a range without a figure in it its middle, and half its width as its uncertainty; in place."""
    alone = frame.printed.eq("") & frame.lowest.notna() & frame.highest.notna()
    frame.loc[alone, "number"] = units.settle((frame.lowest + frame.highest) / 2)[alone]
    frame.loc[alone, "half"] = units.settle((frame.highest - frame.lowest) / 2)[alone]


def coloured() -> list[str]:
    """Return the companies that have a colour of their own in every chart.

    >>> "msft" in coloured()
    True
    """
    companies = _opened(home())["companies"]
    return companies.company[companies.colour != ""].tolist()


def stand_ins(frame: pd.DataFrame) -> list[str]:
    """Return, in words, which companies of a frame are served by a stand-in for the basis that was asked for.

    >>> stand_ins(open(as_of="2025-11-15").quarters("capex", companies=["meta"]))
    ['Stand-in for Meta: net of proceeds']
    """
    marked = frame[frame.stand_in.astype(bool)]
    if marked.empty:
        return []
    every = _opened(home())
    behind = every["facts"].index.intersection(sorted(set().union(*marked.facts)))  # a record of a deal or a model stands in for nothing
    used = every["facts"].loc[behind, ["company", "metric"]].drop_duplicates()
    table = every["bases"]
    table = table[table.stand_in & table.basis.isin(set(re.split(r" / |, | and ", " / ".join(marked.basis.unique()))))]
    used = used.merge(table[["company", "metric"]], on=["company", "metric"]).drop_duplicates()
    name, label = (every[key].set_index(column)[what] for key, column, what in (("companies", "company", "name"), ("metrics", "metric", "label")))
    firms = used.groupby("metric", sort=True).company.agg(lambda cells: units.spell(sorted(name[cells]))).rename("firms").reset_index()
    return [
        f"Stand-in for {names}: {units.spell([label[metric] for metric in metrics])}" for names, metrics in firms.groupby("firms", sort=False).metric
    ]
