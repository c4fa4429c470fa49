import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay import ledger, measures
from outlay.models import required
from test_data import arithmetic

sizes = st.floats(1, 10_000)
shares = st.floats(0.05, 1)
form = st.fixed_dictionaries({"capital": sizes, "other costs": st.floats(1, 4), "return asked for": st.floats(1, 5), "margin": shares})


@pytest.mark.parametrize(
    ("model", "inputs", "answer"),
    [
        ("sequoia_2023", (50, 1, 0.5), 200),
        ("sequoia_2024", (150, 2, 0.5), 600),
        ("barclays_2024", (167, 20), 8.35),
        ("morgan_stanley_2025", (1600, 1300, 1400), 1500),
        ("kupperman_2025_08", (400, 10, 0.25), 160),
        ("kupperman_2025_08_return", (400, 10, 0.25, 0.20), 480),
        ("kupperman_2025_10", (400, 5, 0.25), 320),
        ("document_004", (1000, 0.5), 2000),
        ("jpmorgan_2025", (5000, 0.10), 500),
    ],
)
def test_published_inputs_give_the_published_answer(model, inputs, answer):
    assert required.answer(model, dict(zip(required.MODELS[model].inputs, inputs, strict=True))) == pytest.approx(answer)


def test_what_stands_as_text_in_the_ledger_is_what_the_functions_work(book):
    compared = 0
    for model, about in required.MODELS.items():
        rows = book.models[(book.models.model == about.record) & (book.models.n == 1)].drop_duplicates("name").set_index("name")
        if about.result and rows.formula[about.result]:
            inputs = rows.number[list(about.inputs)].to_dict()
            assert required.answer(model, inputs) == pytest.approx(arithmetic(rows.formula[about.result], rows.number.to_dict())), model
            compared += 1
    assert compared == 6


def test_every_model_with_its_inputs_printed_meets_its_answer_and_the_others_say_why(book):
    found = required.published(book).set_index("model")
    assert set(found.index) == set(required.MODELS)
    assert found.meets[found.meets.eq(True)].index.tolist() == [
        "sequoia_2023",
        "sequoia_2024",
        "kupperman_2025_08",
        "kupperman_2025_08_return",
        "kupperman_2025_10",
        "document_004",
        "morgan_stanley_2025",
    ]
    assert (found.lacking[~found.meets.eq(True)].str.len() > 10).all()
    assert found.loc["kupperman_2025_10", ["from_low", "from_high"]].tolist() == [pytest.approx(320), pytest.approx(1600 / 3)]


@pytest.mark.parametrize(("day", "known"), [("2013-01-01", 0), ("2023-12-31", 1), ("2024-08-05", 3), ("2025-10-13", 7), ("2025-11-15", 9)])
def test_a_model_is_known_from_the_day_it_was_published(day, known):
    book = ledger.open(as_of=day)
    found = required.published(book)
    assert len(found) == known
    assert (found.published <= pd.Timestamp(day)).all()
    for frame in (required.today(book, required.measured(book, start="2023-01-01")), required.like(book)):
        names = ledger.names(fact for facts in frame.get("facts", []) for fact in facts)
        assert all(book.sources.published.get(name.rpartition("@")[2].partition("#")[0]) <= pd.Timestamp(day) for name in names)


def test_the_ledgers_figures_are_what_the_documents_print(book):
    found = required.measured(book, start="2023-01-01")
    assert found["pace of chip sales"].value == pytest.approx(4 * 89.023)  # Nvidia's 10-Q for the quarter to 26 July 2026
    by_hand = book.quarters("capex", companies=list(required.BUILDERS), since="2023-01-01").value.sum()
    assert found["spending so far"].value == pytest.approx(by_hand)
    base = book.quarters("capex", companies=list(required.BUILDERS))
    base = base[base.period.str.startswith("2022")].value.sum()
    quarters = book.quarters("capex", companies=["meta"], since="2023-01-01").period.nunique()
    assert found["spending above the pace of 2022"].value == pytest.approx(by_hand - base * quarters / 4)


def test_newer_figures_enter_the_formula_and_all_else_stays_as_printed(book):
    found = required.measured(book, start="2023-01-01")
    now = required.today(book, found).set_index("model")
    assert now.value["sequoia_2024"] == pytest.approx(found["pace of chip sales"].value * 2 / 0.5)
    assert now.value["kupperman_2025_08"] == pytest.approx(found["spending of a year"].value / 10 / 0.25)
    assert now.value["document_004"] == pytest.approx(found["spending so far"].value / 0.5)
    assert now.value["barclays_2024"] == pytest.approx(found["spending above the pace of 2022"].value / found["cloud revenue added in a year"].value)
    assert set(found["pace of chip sales"].facts) < set(now.facts["sequoia_2024"])
    assert not {"jpmorgan_2025", "bain_2025"} & set(now.index)
    swapped = required.swaps(book, found)
    assert (swapped.now > swapped.printed).all()
    assert swapped.model.nunique() == len({required.MODELS[model].author for model in now.index})


@given(form, form)
def test_the_steps_between_any_two_answers_on_one_form_add_up(one, other):
    steps = required.attribution.between(required.over_life, one, other)
    difference = required.over_life(**other) - required.over_life(**one)
    assert math.fsum(steps.values()) == pytest.approx(difference, rel=1e-9, abs=1e-6 * (1 + abs(difference)))


def test_every_pair_of_models_is_attributed_and_adds_up(book):
    known = required.like(book).dropna(subset=["over the life"])
    assert set(known.model) == {model for model, about in required.MODELS.items() if about.common}
    for one in known.itertuples():
        for other in known.itertuples():
            steps = required.attributed(book, one.model, other.model)
            assert steps.value.iloc[0] + steps.value.iloc[1:-1].sum() == pytest.approx(steps.value.iloc[-1])
            backwards = required.attributed(book, other.model, one.model)
            assert steps.value.iloc[1:-1].tolist() == pytest.approx((-backwards.value.iloc[1:-1]).tolist())


def test_one_form_gives_each_models_answer_over_the_life(book):
    whole = required.like(book).set_index("model")["over the life"]
    printed = required.published(book).set_index("model").value
    assert whole["sequoia_2024"] == printed["sequoia_2024"]
    assert whole["document_004"] == printed["document_004"]
    for model, life in (("kupperman_2025_08", 10), ("kupperman_2025_08_return", 10)):  # a year's revenue for each year of the blended life
        assert whole[model] == pytest.approx(printed[model] * life)
    assert whole[["barclays_2024", "bain_2025", "jpmorgan_2025", "morgan_stanley_2025"]].isna().all()


def test_a_rise_of_chips_alone_is_all_capital(book):
    steps = required.attributed(book, "sequoia_2023", "sequoia_2024").set_index("metric").value
    assert steps["capital"] == 400
    assert (steps[list(required.FORM[1:])] == 0).all()


def test_jpmorgans_return_by_the_life_of_chips(book):
    bank, layers = required.printed(book, "jpmorgan_2025"), required.recorded(book, "kupperman_2025_08", required.LAYERS)
    table = required.by_life(bank, layers, [5, 8, 15], 10)
    assert table["All of one life"].round().tolist() == [1319, 937, 657]
    assert table["In layers"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: required.answer("sequoia", {}), "unknown published model"),
        (lambda: required.answer("sequoia_2023", {"gpu_run_rate_revenue": 50}), "missing or too many"),
        (lambda: required.answer("bain_2025", {"annual_capital_spending": 500}), "was not printed"),
        (lambda: required.factors("jpmorgan_2025", {}), "one form"),
        (lambda: required.attributed(ledger.open(as_of="2024-08-05"), "sequoia_2023", "document_004"), "not published"),
        (lambda: required.whole(1, 0), "above zero"),
    ],
)
def test_what_was_not_printed_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_what_a_cloud_gained_is_the_difference_of_two_printed_years(book):
    """AWS: 107,556 million in 2024 and 128,725 in 2025, as Amazon's releases print them."""
    cloud = measures.trailing(book.quarters("aws_revenue"))
    assert required.gained(cloud, "2025-01-01", pd.Timestamp("2025-12-31")).value.item() == pytest.approx(128.725 - 107.556)
    assert required.gained(cloud, "2026-01-01", pd.Timestamp("2025-12-31")).empty  # nothing lies between
    assert required.gained(cloud, "1990-01-01", pd.Timestamp("2025-12-31")).empty


def test_no_figure_of_an_earlier_year_stands_for_the_year_that_an_author_spoke_of():
    """Barclays spoke of 2026: what had been spent by 2024 or 2025 is no hindsight on it."""
    for day, known in (("2024-08-05", False), ("2025-10-13", False), ("2026-09-20", True)):
        book = ledger.open(as_of=day)
        found = required.measured(book, start="2023-01-01")
        assert ("barclays_2024" in set(required.today(book, found).model)) is known
        assert ("Barclays" in set(required.swaps(book, found).model)) is known
