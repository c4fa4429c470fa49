"""Reports as constraints: what the revenue of each month can have been if all that was reported is true, and which reports cannot all be.

A report says that the revenue of some whole months lies between two amounts: a half-year of 4.3 rounded to a tenth, a run-rate of 12 as a month of
one. Together with the assumption that no month brings much less than the one before, the reports are a linear programme (solved by HiGHS). What it
leaves open is the feasible interval of each quarter. If it has no solution, some reports contradict each other; the smallest sets that do are found
completely, by Reiter's hitting-set tree (A theory of diagnosis from first principles, 1987) and the duality of conflicts and corrections.

A table of reports has a row a report: `report` (its name), `first` and `last` (months as period ordinals, both inside), `low` and `high` (USD bn over
all of these months; infinite where nothing is said).
"""

import math
from collections.abc import Iterable

import highspy
import pandas as pd

MONTH_END = 24  # a run-rate given for a later day of a month is of that month, for an earlier one of the month before


def constraints(frame: pd.DataFrame, *, about: float = 0.1) -> pd.DataFrame:
    """Return revenue and run-rates, as `Book.versions` has them, as a table of reports, with the `facts`, `source`, `grade` and `words` of each.

    A figure printed exactly may lie half a printed unit to either side; one said as about, by the share `about` (assumed) or by half a unit,
    whichever is more; a floor has no upper end. A run-rate is twelve times a month: the last one that was over. Figures of one document, months and
    value count once.

    >>> from outlay import ledger
    >>> book = ledger.open()
    >>> table = constraints(book.versions("revenue", companies=["openai"]))
    >>> table[table.words == "H1 2025"][["low", "high"]].round(2).values.tolist()
    [[4.25, 4.35]]
    """
    rows = []
    for row in frame.itertuples():
        if pd.isna(row.period_start):
            month = row.period_end.to_period("M") - int(row.period_end.day < MONTH_END)
            first, last, scale = month.ordinal, month.ordinal, 1 / 12
        else:
            first, last, scale = row.period_start.to_period("M").ordinal, row.period_end.to_period("M").ordinal, 1
        half = max(row.half, about * row.value) if row.relation == "≈" else row.half
        low = row.low if pd.notna(row.low) else row.value - (0 if row.relation == "≥" else half)
        high = row.high if pd.notna(row.high) else row.value + (0 if row.relation == "≤" else half)
        low, high = -math.inf if row.relation == "≤" else low * scale, math.inf if row.relation == "≥" else high * scale
        name = f"{row.source}: {row.period}" + (f" ({row.metric})" if scale < 1 else "")
        rows.append((name, first, last, low, high, row.period, row.source, row.grade, row.facts))
    out = pd.DataFrame(rows, columns=["report", "first", "last", "low", "high", "words", "source", "grade", "facts"])
    return out.drop_duplicates(["first", "last", "low", "high", "source"]).sort_values(["first", "last", "report"], ignore_index=True)


def consistent(reports: pd.DataFrame, *, fall: float = 0.0) -> bool:
    """Return whether all reports can be true, if no month brings less than the one before by more than the share `fall`.

    >>> whole = {"report": ["half", "year"], "first": [0, 0], "last": [5, 11], "low": [4.25, 5.0], "high": [4.35, 6.0]}
    >>> consistent(pd.DataFrame(whole))
    False
    """
    return _solvable(_programme(reports, fall), range(len(reports)))


def conflicts(reports: pd.DataFrame, *, fall: float = 0.0) -> list[tuple[str, ...]]:
    """Return every minimal set of reports that cannot all be true, the smallest first: take one out of it, and the rest of it can be.

    >>> whole = {"report": ["half", "year", "month"], "first": [0, 0, 0], "last": [5, 11, 0], "low": [4.25, 5.0, 0.1], "high": [4.35, 6.0, 0.2]}
    >>> conflicts(pd.DataFrame(whole))
    [('half', 'year')]
    """
    return _named(reports, _hitting(_corrections(reports, fall)))


def corrections(reports: pd.DataFrame, *, fall: float = 0.0) -> list[tuple[str, ...]]:
    """Return every minimal set of reports without which the rest can all be true, the smallest first; one empty set if all can.

    >>> whole = {"report": ["half", "year"], "first": [0, 0], "last": [5, 11], "low": [4.25, 5.0], "high": [4.35, 6.0]}
    >>> corrections(pd.DataFrame(whole))
    [('half',), ('year',)]
    """
    return _named(reports, _corrections(reports, fall))


def intervals(reports: pd.DataFrame, spans: Iterable[tuple[int, int]], *, fall: float = 0.0) -> pd.DataFrame:
    """Return between which amounts the revenue of spans of months must lie: `first`, `last`, `low`, `high` a row a span.

    Where the reports contradict each other, every smallest correction is tried and the widest ends are given: whichever reports are wrong, as few of
    them as possible, the truth lies inside. An end that nothing bounds is infinite.

    >>> whole = {"report": ["half", "year"], "first": [0, 0], "last": [5, 11], "low": [4.0, 10.0], "high": [4.0, 10.0]}
    >>> intervals(pd.DataFrame(whole), [(6, 11)])[["low", "high"]].values.tolist()
    [[6.0, 6.0]]
    """
    ways = _corrections(reports, fall)
    ways = [way for way in ways if len(way) == min(len(each) for each in ways)]
    spans, model = list(spans), _programme(reports, fall)
    ends = dict.fromkeys(spans, (math.inf, -math.inf))
    for way in ways:
        _activate(model, set(range(len(reports))) - way)
        for span in spans:
            low, high = (_extreme(model, span, sense) for sense in (1, -1))
            ends[span] = (min(ends[span][0], low), max(ends[span][1], high))
    return pd.DataFrame([(*span, *ends[span]) for span in spans], columns=["first", "last", "low", "high"])


def quarterly(said: pd.DataFrame, *, fall: float = 0.0, since: str = "") -> pd.DataFrame:
    """Return between which amounts each calendar quarter of revenue must lie, in the columns of every frame: one row a quarter
    that lies between the first and the last month of which anything was said.

    `said` is what `Book.versions` gives of revenue and run-rates of one firm. `value` is the middle, or the floor where nothing bounds the quarter
    from above; then `relation` is at least. Every row rests on all reports.

    >>> from outlay import ledger
    >>> said = ledger.open().versions("revenue", companies=["openai"])
    >>> bool((quarterly(said, since="2025-01-01").low <= quarterly(said, since="2025-01-01").high).all())
    True
    """
    table = constraints(said)
    first, last = table["first"].min(), table["last"].max()
    every = pd.period_range(pd.Period(ordinal=int(first), freq="M").asfreq("Q"), pd.Period(ordinal=int(last), freq="M").asfreq("Q"), freq="Q")
    months = [(quarter, quarter.asfreq("M", "start").ordinal) for quarter in every]
    months = [(quarter, month) for quarter, month in months if first <= month and month + 2 <= last]
    months = [(quarter, month) for quarter, month in months if not since or quarter.end_time >= pd.Timestamp(since)]
    found = intervals(table, [(month, month + 2) for _, month in months], fall=fall)
    facts = tuple(sorted(set().union(*table.facts)))
    opened = found.high == math.inf
    rows = said.iloc[[-1] * len(found)].reset_index(drop=True)
    return rows.assign(
        metric="revenue",
        period=[str(quarter) for quarter, _ in months],
        period_start=[quarter.start_time for quarter, _ in months],
        period_end=[quarter.end_time.normalize() for quarter, _ in months],
        value=found.low.where(opened, (found.low + found.high) / 2),
        low=found.low,
        high=found.high,
        grade="estimate",
        how="derived",
        bounds="computed",
        kind="flow",
        relation=["≥" if unbounded else "=" for unbounded in opened],
        facts=[facts] * len(found),
    )


def _programme(reports: pd.DataFrame, fall: float) -> dict:
    """Build the linear programme: a column a month, a row a report, a row a pair of neighbouring months."""
    start, end = int(reports["first"].min()), int(reports["last"].max())
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    for _ in range(start, end + 1):
        solver.addVar(0.0, highspy.kHighsInf)
    bounds = []
    for row in reports.itertuples():
        months = range(int(row.first) - start, int(row.last) - start + 1)
        bounds.append((max(row.low, -highspy.kHighsInf), min(row.high, highspy.kHighsInf)))
        solver.addRow(*bounds[-1], len(months), list(months), [1.0] * len(months))
    for month in range(end - start):
        solver.addRow(0.0, highspy.kHighsInf, 2, [month, month + 1], [fall - 1.0, 1.0])
    return {"solver": solver, "bounds": bounds, "start": start, "months": end - start + 1}


def _activate(model: dict, active: Iterable[int]) -> None:
    active = set(active)
    for row, bounds in enumerate(model["bounds"]):
        model["solver"].changeRowBounds(row, *(bounds if row in active else (-highspy.kHighsInf, highspy.kHighsInf)))


def _solvable(model: dict, active: Iterable[int]) -> bool:
    _activate(model, active)
    model["solver"].run()
    return model["solver"].getModelStatus() != highspy.HighsModelStatus.kInfeasible


def _extreme(model: dict, span: tuple[int, int], sense: int) -> float:
    """Return the least (sense 1) or the most (-1) that the active reports leave for a span of months."""
    solver, inside = model["solver"], range(span[0] - model["start"], span[1] - model["start"] + 1)
    if inside.start < 0 or inside.stop > model["months"]:
        return 0.0 if sense > 0 else math.inf
    for month in range(model["months"]):
        solver.changeColCost(month, float(sense) if month in inside else 0.0)
    solver.run()
    status, value = solver.getModelStatus(), solver.getInfo().objective_function_value
    for month in inside:
        solver.changeColCost(month, 0.0)
    return sense * value if status == highspy.HighsModelStatus.kOptimal else sense * -math.inf


def _conflict(model: dict, among: list[int]) -> list[int]:
    """Return one minimal conflict among reports that cannot all be true: drop each that is not needed for it."""
    needed = list(among)
    for report in among:
        if not _solvable(model, [other for other in needed if other != report]):
            needed.remove(report)
    return needed


def _corrections(reports: pd.DataFrame, fall: float) -> list[frozenset[int]]:
    """Walk Reiter's tree: a node is a set of reports left out; where the rest still conflicts, each report of one conflict is a branch."""
    model, found = _programme(reports, fall), []
    waiting, seen, known = [frozenset()], set(), []
    while waiting:
        out = waiting.pop(0)  # breadth first, so that the smallest come first
        if out in seen or any(smaller <= out for smaller in found):
            continue
        seen.add(out)
        conflict = next((each for each in known if not out & each), None)
        if conflict is None:
            rest = [report for report in range(len(reports)) if report not in out]
            if _solvable(model, rest):
                found.append(out)
                continue
            conflict = frozenset(_conflict(model, rest))
            known.append(conflict)
        waiting += [out | {report} for report in sorted(conflict)]
    return found


def _hitting(sets: list[frozenset[int]]) -> list[frozenset[int]]:
    """Return every minimal set that meets all the given ones (Berge's algorithm)."""
    found = [frozenset()]
    for each in sets:
        met = [old for old in found if old & each]
        made = {old | {one} for old in found if not old & each for one in each}
        found = met + [new for new in made if not any(old <= new for old in met)]
        found = [one for one in found if not any(other < one for other in found)]
    return [] if sets == [frozenset()] else found


def _named(reports: pd.DataFrame, sets: Iterable[frozenset[int]]) -> list[tuple[str, ...]]:
    return sorted((tuple(reports.report.iloc[number] for number in sorted(each)) for each in sets), key=lambda names: (len(names), names))
