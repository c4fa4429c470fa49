import pandas as pd
import pytest

from outlay import ledger
from outlay.models import questions

FIRMS = ["amzn", "googl", "meta", "msft"]


@pytest.fixture(scope="module")
def judged(book):
    return questions.judged(book, companies=FIRMS)


def test_the_rule_has_two_thresholds_in_order_and_a_reason():
    for about in questions.QUESTIONS.values():
        assert 0 < about.strained < about.alarming
        assert len(about.why) > 40


@pytest.mark.parametrize("name", questions.QUESTIONS)
def test_a_light_changes_at_its_thresholds_and_is_out_without_a_value(name):
    about = questions.QUESTIONS[name]
    just = 1e-9
    assert [questions.light(name, value) for value in (about.strained - just, about.strained, about.alarming - just, about.alarming)] == [
        "calm",
        "strained",
        "strained",
        "alarming",
    ]
    assert questions.light(name, float("nan")) == "out"


def test_a_value_is_never_written_across_a_threshold():
    assert questions.words("accounts", 0.4984) == "49.8%"
    assert questions.words("accounts", 0.7499) == "74.99%"
    assert questions.words("payback", 9.96) == "9.96"
    assert questions.words("resolve", 1.0) == "100%"


def test_the_lives_behind_the_thresholds_of_the_payback_were_in_the_books_when_2024_began(book):
    lives = ledger.open(as_of="2024-02-29").observations("useful_life_servers", companies=FIRMS)
    assert lives.value.max() == questions.QUESTIONS["payback"].strained
    old = book.versions("useful_life_heavy_equipment", companies=["amzn"])
    assert questions.QUESTIONS["payback"].alarming in old.value.tolist()


def test_the_margin_was_published_before_2024():
    models = ledger.open(as_of="2023-12-31").models.set_index(["model", "name"]).number
    assert models["sequoia_2023", "end_user_margin"] == questions.MARGIN


def test_a_quarter_is_judged_by_what_was_public_when_its_reports_were_due(judged, book):
    assert (judged.known == judged.period.map(lambda period: pd.Period(period, "Q").end_time.normalize() + pd.Timedelta(days=60))).all()
    for row in judged.itertuples():
        for name in ledger.names(row.facts):
            assert book.sources.published[name.rpartition("@")[2].partition("#")[0]] <= row.known, name


def test_what_came_later_changes_no_light(judged):
    then = questions.judged(ledger.open(as_of="2024-11-29"), companies=FIRMS)
    both = then.merge(judged, on=["period", "question"], suffixes=("", "_now"))
    assert len(both) == len(then) == 12
    assert (both.light == both.light_now).all()
    assert both.value.fillna(-1).tolist() == both.value_now.fillna(-1).tolist()


def test_the_series_are_what_the_filings_say(judged, book):
    cells = judged.set_index(["period", "question"]).value
    spent, brought = (
        book.quarters(name, companies=FIRMS).query("'2023Q3' <= period <= '2024Q2'").value.sum() for name in ("capex", "operating_cash_flow")
    )
    assert cells["2024Q2", "accounts"] == pytest.approx(spent / brought, rel=0.01)  # later presentations may move it a little
    assert cells["2024Q1", "prices"] == pytest.approx(20.3 / 24.4)  # FactSet, February 2024
    assert cells["2024Q1", "resolve"] == 0.5  # Meta: two cuts in 2023, two raises in 2024


def test_where_a_series_is_not_known_the_light_is_out_and_nothing_stands_behind_it(judged):
    out = judged[judged.light == "out"]
    assert len(out) and out.value.isna().all()
    assert out.facts.map(len).eq(0).all()
    alone = questions.judged(ledger.open(as_of="2024-08-29"), companies=["meta"])
    assert alone.light[alone.question == "payback"].eq("out").all()  # it sells no cloud


def test_before_the_first_quarter_there_is_no_light():
    assert questions.judged(ledger.open(as_of="2022-02-10"), companies=FIRMS).empty
    assert questions.judged(ledger.open(as_of="2013-01-01"), companies=FIRMS).empty
