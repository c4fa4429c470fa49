"""Required revenue: the published models of what AI must earn, each by its own formula, on one interface.

What each of them printed stands in `data/models.csv`; here stand the formulas, which printed input each takes, which figure of the ledger has taken
that input's place since, and the one form onto which those can be brought that printed all they assume. Money is in USD bn.
"""

import itertools
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pandas as pd

from outlay import ledger, lookup, measures, units
from outlay.models import attribution, breakeven


def chips(spending: float, costs: float, share: float) -> float:
    """Return the revenue that spending on chips must bring over their life: all costs for each dollar of chips, over the share of revenue that pays.

    D. Cahn, Sequoia Capital: September 2023 with 50 of chips, as much again for energy and a margin of one half; June 2024 with 150.

    >>> chips(50, 2, 0.5), chips(150, 2, 0.5)
    (200.0, 600.0)
    """
    return spending * costs / _positive(share)


def depreciated(capital: float, life: float, margin: float, rate: float = 0.0) -> float:
    """Return the yearly revenue whose gross margin pays depreciation in equal parts, and a return on all of the capital.

    H. Kupperman, "Global Crossing Reborn", August 2025: 400 over ten years at a margin of a quarter asks for 160, and at a return of 20% for 480.

    >>> depreciated(400, 10, 0.25), depreciated(400, 10, 0.25, 0.20)
    (160.0, 480.0)
    """
    return (capital / _positive(life) + rate * capital) / _positive(margin)


def whole(capital: float, margin: float) -> float:
    """Return the revenue whose margin pays the capital once, whenever it comes, without interest: document 004 (Wenxuecity, October 2025).

    >>> whole(1000, 0.5)
    2000.0
    """
    return capital / _positive(margin)


def perpetual(capital: float, rate: float) -> float:
    """Return what a yearly return on capital comes to, for ever and before any cost: the printed part of JPMorgan's model (November 2025).

    >>> perpetual(5000, 0.10)
    500.0
    """
    return breakeven.annuity(capital, rate, float("inf"))


def gap(hardware: float, construction: float, own_cash: float) -> float:
    """Return what is left of planned spending once the firms' own cash is used up: Morgan Stanley (July 2025).

    >>> gap(1600, 1300, 1400)
    1500
    """
    return hardware + construction - own_cash


class Model(NamedTuple):
    """A published model: whose it is, what it answers, which printed inputs it takes, and its formula."""

    author: str
    record: str  # its name in models.csv
    result: str  # the printed answer there; nothing if none was printed
    asks: str  # what the answer is
    inputs: tuple[str, ...]
    work: Callable | None  # takes the inputs in order; none where an input was not printed
    now: tuple[tuple[str, str], ...] = ()  # printed input -> the measure of the ledger (see `measured`) that stands for it now
    lacking: str = ""  # why the printed inputs do not give the printed answer
    common: Callable | None = None  # the inputs, in order, as the factors of `FORM`


BUILDERS = ("amzn", "googl", "meta", "msft")  # whose spending stands for that of all that the models speak of
OVER_LIFE, A_YEAR = "over the life of what is bought", "a year"
LAYERS = ("share_of_chips", "share_of_infrastructure", "share_of_building", "life_of_building")  # of Kupperman, August 2025
FORM = ("capital", "other costs", "return asked for", "margin")  # see `over_life`


def over_life(**factors: float) -> float:
    """Return the revenue over the life of what was bought, in the one form of all models that printed what they assume.

    Capital, times all costs for each dollar of it, times what must come back for each (1 without a return), over the share of revenue that pays.

    >>> over_life(**dict(zip(FORM, (400, 1, 3, 0.25))))
    4800.0
    """
    return factors["capital"] * factors["other costs"] * factors["return asked for"] / _positive(factors["margin"])


MODELS = {
    "sequoia_2023": Model(
        "Sequoia",
        "sequoia_2023",
        "required_lifetime_revenue",
        OVER_LIFE,
        ("gpu_run_rate_revenue", "energy_cost_per_gpu_dollar", "end_user_margin"),
        lambda gpus, energy, margin: chips(gpus, 1 + energy, 1 - margin),
        (("gpu_run_rate_revenue", "pace of chip sales"),),
        common=lambda gpus, energy, margin: (gpus, 1 + energy, 1.0, 1 - margin),
    ),
    "sequoia_2024": Model(
        "Sequoia",
        "sequoia_2024",
        "required_lifetime_revenue",
        OVER_LIFE,
        ("nvidia_run_rate_revenue", "total_cost_multiple", "gross_margin"),
        lambda gpus, costs, margin: chips(gpus, costs, 1 - margin),
        (("nvidia_run_rate_revenue", "pace of chip sales"),),
        common=lambda gpus, costs, margin: (gpus, costs, 1.0, 1 - margin),
    ),
    "barclays_2024": Model(
        "Barclays",
        "barclays_2024",
        "",
        "years of added revenue",
        ("cumulative_capital_spending", "incremental_cloud_revenue"),
        breakeven.multiple,
        (("cumulative_capital_spending", "spending above the pace of 2022"), ("incremental_cloud_revenue", "cloud revenue added in a year")),
        "its ratio was told on, not printed",
    ),
    "morgan_stanley_2025": Model(
        "Morgan Stanley",
        "morgan_stanley_2025",
        "funding_gap",
        "a gap, not revenue",
        ("hardware_spending", "construction_spending", "own_cash"),
        gap,
    ),
    "kupperman_2025_08": Model(
        "Kupperman",
        "kupperman_2025_08",
        "required_revenue",
        A_YEAR,
        ("capital_spending", "blended_life", "gross_margin"),
        depreciated,
        (("capital_spending", "spending of a year"),),
        common=lambda capital, life, margin: (capital, 1.0, 1.0, margin),
    ),
    "kupperman_2025_08_return": Model(
        "Kupperman (return)",
        "kupperman_2025_08",
        "required_revenue_with_return",
        A_YEAR,
        ("capital_spending", "blended_life", "gross_margin", "return_on_capital"),
        depreciated,
        (("capital_spending", "spending of a year"),),
        common=lambda capital, life, margin, rate: (capital, 1.0, 1 + rate * life, margin),
    ),
    "bain_2025": Model(
        "Bain",
        "bain_2025",
        "required_revenue",
        A_YEAR,
        ("annual_capital_spending",),
        None,
        lacking="its ratio of spending to revenue was not printed",
    ),
    "kupperman_2025_10": Model(
        "Kupperman (short lives)",
        "kupperman_2025_10",
        "required_revenue",
        A_YEAR,
        ("capital_spending", "blended_life", "gross_margin"),
        depreciated,
        (("capital_spending", "spending of a year"),),
        common=lambda capital, life, margin: (capital, 1.0, 1.0, margin),
    ),
    "document_004": Model(
        "Wenxuecity blog",
        "document_004",
        "required_revenue",
        OVER_LIFE,
        ("cumulative_capital_spending", "profit_margin"),
        whole,
        (("cumulative_capital_spending", "spending so far"),),
        common=lambda capital, margin: (capital, 1.0, 1.0, margin),
    ),
    "jpmorgan_2025": Model(
        "JPMorgan",
        "jpmorgan_2025",
        "required_revenue",
        A_YEAR,
        ("investment", "return_on_investment"),
        perpetual,
        lacking="the running costs behind it were not printed",
    ),
}


def answer(model: str, inputs: dict[str, float]) -> float:
    """Return what a published model answers to inputs, by its own formula.

    `inputs` are named as in `data/models.csv`. Refuses models that are not known, inputs that are missing or too many, and a model
    of which an input was never printed.

    >>> answer("sequoia_2023", {"gpu_run_rate_revenue": 50, "energy_cost_per_gpu_dollar": 1, "end_user_margin": 0.5})
    200.0
    """
    about = MODELS[lookup.known("published model", model, MODELS)]
    if about.work is None:
        raise ValueError(f"{model} has no formula: {about.lacking}")
    if wrong := set(about.inputs) ^ set(inputs):
        raise ValueError(f"{model} takes {units.spell(about.inputs)}; missing or too many: {units.spell(sorted(wrong))}")
    return about.work(*(inputs[name] for name in about.inputs))


def factors(model: str, inputs: dict[str, float]) -> dict[str, float]:
    """Return a model's inputs as the factors of `over_life`; refuses a model that cannot be brought onto that form.

    >>> factors("document_004", {"cumulative_capital_spending": 1000, "profit_margin": 0.5})
    {'capital': 1000, 'other costs': 1.0, 'return asked for': 1.0, 'margin': 0.5}
    """
    about = MODELS[lookup.known("published model", model, MODELS)]
    if about.common is None:
        raise ValueError(f"{model} cannot be brought onto one form with the others: {about.lacking or about.asks}")
    return dict(zip(FORM, about.common(*(inputs[name] for name in about.inputs)), strict=True))


def recorded(book: ledger.Book, record: str, names: Iterable[str], author: str = "", asks: str = "") -> pd.DataFrame:
    """Return rows of models.csv as a frame, one a name and in their order: `COLUMNS`, `MARKS`, `half` (half a printed unit) and `published`.

    `metric` is the name there. Empty if one of them was not known yet at the book's date.

    >>> recorded(ledger.open(), "morgan_stanley_2025", ["own_cash", "private_credit"]).value.tolist()
    [1400.0, 800.0]
    """
    rows = book.models[(book.models.model == record) & (book.models.n == 1)].drop_duplicates("name").set_index("name")
    number = dict(zip(book.models.fact, book.models.index, strict=True))
    rows = rows.loc[list(names)] if set(names) <= set(rows.index) else rows.head(0)
    frame = pd.DataFrame(
        {
            "company": author or record,
            "metric": rows.index,
            "period": rows.period_end.dt.strftime("%Y").fillna(""),
            "period_start": pd.NaT,
            "period_end": rows.period_end,
            "value": rows.number,
            "low": rows.lowest,
            "high": rows.highest,
            "unit": rows.plain,
            "stance": "forward",
            "grade": rows.grade,
            "how": ["printed" if text else "derived" for text in rows.printed],
            "facts": [(number[fact],) for fact in rows.fact],
            "relation": rows.relation,
            "kind": "rate",
            "basis": "as_published",
            "stand_in": False,
            "recast": False,
            "bounds": ["printed" if pd.notna(low) else "" for low in rows.lowest],
            "said_by": author,
            "scope": asks,
        }
    )
    return frame.assign(half=rows.half, published=rows.source.map(book.sources.published)).reset_index(drop=True)


def printed(book: ledger.Book, model: str) -> pd.DataFrame:
    """Return what was printed of a model (see `recorded`): a row an input and one, the last, for its answer, if one was printed.

    >>> printed(ledger.open(), "document_004")[["metric", "value"]].values.tolist()
    [['cumulative_capital_spending', 1000.0], ['profit_margin', 0.5], ['required_revenue', 2000.0]]
    """
    about = MODELS[lookup.known("published model", model, MODELS)]
    return recorded(book, about.record, [*about.inputs, *([about.result] if about.result else [])], about.author, about.asks)


def published(book: ledger.Book) -> pd.DataFrame:
    """Return the models known at the book's date, oldest first: what each printed, and what its formula makes of its printed inputs.

    A row a model, in `COLUMNS` and `MARKS` (`value` is the printed answer, a hole where none was printed), with `model`, `published`, `asks`,
    `recomputed` (and `from_low`, `from_high` where an input is a range), `meets` (whether the two agree within the rounding of all that
    was printed; empty where there is nothing to compare) and `lacking`, why they do not.

    >>> published(ledger.open(as_of="2024-08-05"))[["model", "value", "recomputed", "meets"]].values.tolist()[:2]
    [['sequoia_2023', 200.0, 200.0, True], ['sequoia_2024', 600.0, 600.0, True]]
    """
    found = []
    for model, about in MODELS.items():
        rows = printed(book, model)
        if rows.empty:
            continue
        inputs = rows[rows.metric.isin(about.inputs)]
        said = rows.iloc[-1] if about.result else rows.iloc[-1].copy()
        row = {
            **said[[*ledger.COLUMNS, *ledger.MARKS]],
            "model": model,
            "published": rows.published.max(),
            "asks": about.asks,
            "lacking": about.lacking,
        }
        row |= {"facts": tuple(sorted({fact for facts in rows.facts for fact in facts}))}
        row |= {} if about.result else {"metric": "ratio", "value": float("nan"), "low": float("nan"), "high": float("nan"), "unit": "years"}
        if about.work:
            made = [
                about.work(*corner)
                for corner in itertools.product(*((value - half, value + half) for value, half in inputs[["value", "half"]].values))
            ]
            ends = [about.work(*corner) for corner in itertools.product(*_ends(inputs))]
            row |= {"recomputed": about.work(*inputs.value), "from_low": min(ends), "from_high": max(ends)}
            meets = min(made) <= said.value + said.half + 1e-9 and max(made) >= said.value - said.half - 1e-9
            row["meets"] = bool(meets) if about.result else None
        else:
            row |= {"recomputed": float("nan"), "from_low": float("nan"), "from_high": float("nan"), "meets": None}
        found.append(row)
    columns = [*ledger.COLUMNS, *ledger.MARKS, "model", "published", "asks", "recomputed", "from_low", "from_high", "meets", "lacking"]
    return _dated(pd.DataFrame(found, columns=columns)).sort_values("published", kind="stable", ignore_index=True)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose days are days even if it has no rows."""
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("published", "period_end", "to") if name in frame})


def _ends(inputs: pd.DataFrame) -> list[tuple[float, ...]]:
    """Return each input as it was printed: a range from end to end if nothing else was, or else the figure."""
    return [(row.low, row.high) if row.how == "derived" and pd.notna(row.low) and pd.notna(row.high) else (row.value,) for row in inputs.itertuples()]


def measured(book: ledger.Book, *, start: str, companies: Iterable[str] = BUILDERS, calendar: str = "overlap") -> dict[str, pd.Series]:
    """Return the ledger's figures that have taken the place of published inputs, each a row that carries its facts; what is not known is left out.

    `pace of chip sales` is four times the newest quarter of Nvidia's data-centre revenue: a pace, not a year. `spending of a year` and `spending so
    far` (from `start` on) are all capital spending of `companies` in cash, for AI or not; `spending above the pace of 2022` is that from January 2023
    on less what the same time would have cost at the pace of 2022. `cloud revenue added in a year` is that of those of them that sell a cloud.

    >>> found = measured(ledger.open(as_of="2025-11-15"), start="2023-01-01", companies=["msft"])
    >>> bool(found["spending so far"].value > found["spending of a year"].value)
    True
    """
    found, companies = {}, list(companies)
    sold = book.quarters("nvidia_data_center_revenue", companies=["nvda"], calendar="fiscal")
    if len(sold):
        found["pace of chip sales"] = _row(lambda quarter: 4 * quarter, sold.iloc[-1], label="pace of chip sales", kind="run_rate")
    quarters = book.quarters("capex", basis="cash", calendar=calendar, companies=companies)
    spent = measures.total(quarters) if quarters.company.nunique() == len(companies) else quarters.head(0)
    year = measures.trailing(spent)
    if len(year):
        found["spending of a year"] = year.iloc[-1]
    for name, day in (("spending so far", start), ("2023", "2023-01-01")):
        since = measures.cumulate(measures.since(spent, day))
        if len(since) and since.period_start.iloc[0] < pd.Timestamp(day) + pd.Timedelta(days=95):
            found[name] = since.iloc[-1]
    base, sofar = year[year.period == "2022Q4"], found.pop("2023", None)
    if len(base) and sofar is not None:
        count = round((sofar.period_end - sofar.period_start).days / 91.31)
        found["spending above the pace of 2022"] = _row(
            lambda pace, every: every - pace * count / 4, base.iloc[-1], sofar, label="spending above the pace of 2022"
        )
    added = []
    for basis in ("original_segments", "current_segments"):  # whichever reaches further; of two that reach as far, the present one
        cloud = book.quarters("cloud_revenue", basis=basis, calendar=calendar, companies=companies)
        change = measures.change(measures.trailing(measures.total(cloud)))
        added += [change.iloc[-1]] if len(change) else []
    if added:
        found["cloud revenue added in a year"] = sorted(added, key=lambda row: row.period_end)[-1]
    return found


def _row(work: Callable, *rows: pd.Series, label: str, kind: str = "flow") -> pd.Series:
    return measures.computed(work, *rows, label=label, unit="USD bn", kind=kind).iloc[0]


def today(book: ledger.Book, found: dict[str, pd.Series]) -> pd.DataFrame:
    """Return what the models known at the book's date answer once the ledger's figures (see `measured`) have taken the place of published inputs.

    A row a model that has such an input and all of whose stand-ins are known, in `COLUMNS` and `MARKS`, with `model` and `replaced`, which says
    what stands for what; all other inputs stay as printed. A figure of an earlier year than the one that the author spoke of stands for nothing.

    >>> book = ledger.open()
    >>> found = measured(book, start="2023-01-01", companies=["msft"])
    >>> today(book, found).model.tolist()[:2]
    ['sequoia_2023', 'sequoia_2024']
    """
    out = []
    for model, about in MODELS.items():
        rows = printed(book, model)
        now = dict(about.now)
        if rows.empty or not now or not set(now.values()) <= set(found) or not _reached(rows, now, found):
            continue
        inputs = [found[now[row.metric]] if row.metric in now else row for _, row in rows.iterrows() if row.metric in about.inputs]
        unit = "years" if about.work is breakeven.multiple else "USD bn"
        made = measures.computed(about.work, *inputs, label=about.author, unit=unit)
        last = max(found[name].period_end for name in now.values())
        said = "; ".join(f"{name}: {measure}" for name, measure in now.items())
        out.append(made.assign(model=model, replaced=said, period_end=last))
    columns = [*ledger.COLUMNS, *ledger.MARKS, "model", "replaced"]
    return pd.concat(out, ignore_index=True)[columns] if out else _dated(pd.DataFrame(columns=columns))


def _reached(rows: pd.DataFrame, now: dict[str, str], found: dict[str, pd.Series]) -> bool:
    """Return whether the figures that are to stand for printed inputs reach the year of each."""
    years = rows.set_index("metric").period_end.dt.year
    return all(not found[measure].period_end.year < years.get(name, float("nan")) for name, measure in now.items())


def gained(taken: pd.DataFrame, start: str, end: pd.Timestamp) -> pd.DataFrame:
    """Return by how much a sum of four quarters grew from the last that ended before a day to the one that ends on a later one.

    One row, in the columns of every frame; none where one of the two is not known, or where they are the same.

    >>> cloud = measures.trailing(ledger.open().quarters("aws_revenue"))
    >>> gained(cloud, "2025-01-01", pd.Timestamp("2025-12-31")).value.round(2).tolist()
    [21.17]
    """
    first, last = taken[taken.period_end < start].tail(1), taken[taken.period_end == end]
    if first.empty or last.empty or not first.period_end.item() < end:
        return taken.head(0)
    return measures.computed(lambda now, before: now - before, last.iloc[0], first.iloc[0], label="added", unit="USD bn", kind="flow")


def swaps(book: ledger.Book, found: dict[str, pd.Series]) -> pd.DataFrame:
    """Return which printed input each figure of the ledger (see `measured`) stands for: a row a model and input, with both values, USD bn.

    >>> book = ledger.open()
    >>> found = measured(book, start="2023-01-01", companies=["msft"])
    >>> swaps(book, found)[["input", "printed", "by"]].values.tolist()[0]
    ['gpu run rate revenue', 50.0, 'pace of chip sales']
    """
    out = []
    for model, about in MODELS.items():
        rows = printed(book, model).set_index("metric")
        swapped = dict(about.now) if len(rows) and {measure for _, measure in about.now} <= set(found) else {}
        for name, measure in swapped.items() if _reached(rows.reset_index(), swapped, found) else ():
            now = found[measure]
            out.append(
                {
                    "model": about.author,
                    "published": rows.published.iloc[0],
                    "input": name.replace("_", " "),
                    "printed": rows.value[name],
                    "by": measure,
                    "now": now.value,
                    "to": now.period_end,
                }
            )
    return _dated(pd.DataFrame(out, columns=["model", "published", "input", "printed", "by", "now", "to"]))


def by_life(bank: pd.DataFrame, layers: pd.DataFrame, ages: Iterable[float], infrastructure: float) -> pd.DataFrame:
    """Return what a printed return on a printed investment takes each year, by the life of chips: a row an age, USD bn.

    `bank` is JPMorgan's model as `printed`, `layers` the rows `LAYERS` as `recorded`. `All of one life` is the annuity of the whole, `In layers` that
    of chips beside power and cooling of `infrastructure` years and a building of the printed life; see `breakeven.layered`.

    >>> book = ledger.open()
    >>> by_life(printed(book, "jpmorgan_2025"), recorded(book, "kupperman_2025_08", LAYERS), [5, 15], 10).round(0).values.tolist()
    [[1319.0, 1049.0], [657.0, 685.0]]
    """
    capital, rate = bank.set_index("metric").value[["investment", "return_on_investment"]]
    chips, power, building, life = layers.set_index("metric").value[list(LAYERS)]
    ages = list(ages)
    table = {
        "All of one life": [breakeven.annuity(capital, rate, age) for age in ages],
        "In layers": [
            breakeven.layered(capital, rate, {"chips": (chips, age), "power": (power, infrastructure), "building": (building, life)}) for age in ages
        ],
    }
    return pd.DataFrame(table, index=ages)


def like(book: ledger.Book) -> pd.DataFrame:
    """Return the models known at the book's date on one form, the factors of `over_life` and its answer, `over the life`; oldest first.

    Models that cannot be brought onto it stand with holes, and `lacking` says why.

    >>> like(ledger.open()).set_index("model").loc["kupperman_2025_08_return", [*FORM, "over the life"]].tolist()
    [400.0, 1.0, 3.0, 0.25, 4800.0]
    """
    out = []
    for row in published(book).itertuples():
        about = MODELS[row.model]
        rows = printed(book, row.model).set_index("metric").value
        form = factors(row.model, rows[list(about.inputs)].to_dict()) if about.common else dict.fromkeys(FORM, float("nan"))
        made = over_life(**form) if about.common else float("nan")
        why = "" if about.common else about.lacking if about.asks == A_YEAR else f"another question: {about.asks}"
        out.append({"model": row.model, "author": about.author, "published": row.published, **form, "over the life": made, "lacking": why})
    return _dated(pd.DataFrame(out, columns=["model", "author", "published", *FORM, "over the life", "lacking"]))


def attributed(book: ledger.Book, one: str, other: str) -> pd.DataFrame:
    """Return what leads from one model's answer to another's: the first answer, a row a factor of `FORM`, the second answer.

    Both on the form of `over_life`. What a factor adds is its share by Shapley's value (`attribution.between`), so that the steps add up to the
    difference and none depends on the order in which they are taken. In `COLUMNS` and `MARKS`; every row carries the facts of both models.

    >>> attributed(ledger.open(), "sequoia_2023", "sequoia_2024")[["metric", "value"]].values.tolist()[:2]
    [['sequoia_2023', 200.0], ['capital', 400.0]]
    """
    sides = []
    for model in (one, other):
        rows = printed(book, model)
        if rows.empty:
            raise ValueError(f"{model} was not published at this date")
        sides.append((factors(model, rows.set_index("metric").value[list(MODELS[model].inputs)].to_dict()), rows))
    (before, first), (after, second) = sides
    steps = attribution.between(over_life, before, after)
    values = [(one, over_life(**before)), *steps.items(), (other, over_life(**after))]
    behind = tuple(sorted({fact for rows in (first, second) for facts in rows.facts for fact in facts}))
    row = pd.concat([first, second]).sort_values("grade", key=lambda grades: grades.map(ledger.GRADES.index)).iloc[-1]
    alike = {"company": "computed", "low": float("nan"), "high": float("nan"), "unit": "USD bn", "how": "derived", "bounds": "", "relation": "≈"}
    frame = pd.DataFrame([{**row[[*ledger.COLUMNS, *ledger.MARKS]], **alike, "metric": name, "value": value} for name, value in values])
    return frame.assign(facts=[behind] * len(frame), value=units.settle(frame.value), said_by="", scope=OVER_LIFE)


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError(f"a life or a share that pays must be above zero, not {value}")
    return value
