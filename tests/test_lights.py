import matplotlib as mpl
import pytest

from figures import ALT, sound
from outlay import charts, style
from outlay.charts import canvas
from outlay.charts.lights import SHADES
from outlay.models import questions

FIRMS = ["amzn", "googl", "meta", "msft"]


def drawn(frame):
    return charts.lights(frame, "Four questions", "Pale: calm", alt=ALT, words=questions.captions(), value_words=questions.writers())


@pytest.fixture(scope="module")
def judged(book):
    return questions.judged(book, companies=FIRMS)


def test_a_strip_keeps_the_house_rules(judged, book):
    sound(drawn(judged), book)
    sound(drawn(judged[judged.period <= "2024Q2"]), book)


def test_a_light_has_the_shade_of_its_state_and_one_that_is_out_is_an_empty_ring_without_a_number(judged):
    axes = drawn(judged).axes[0]
    quarters, order = sorted(judged.period.unique()), list(questions.QUESTIONS)
    values = {(round(text.get_position()[0]), int(text.get_position()[1])) for text in axes.texts if text.get_text()[0].isdigit()}
    assert len(axes.collections) == len(judged)
    for ring, row in zip(axes.collections, judged.itertuples(), strict=True):
        place = quarters.index(row.period), order.index(row.question)
        assert ring.get_offsets()[0].tolist() == pytest.approx([place[0], place[1] - 0.08])
        face = mpl.colors.to_hex(ring.get_facecolor()[0])
        assert face == ("#ffffff" if row.light == "out" else mpl.colors.to_hex(SHADES[row.light]))
        assert (place in values) == (row.light != "out")


def test_the_three_states_can_be_told_apart_in_grey():
    shades = [sum(mpl.colors.to_rgb(SHADES[state])) for state in questions.STATES]
    assert shades == sorted(shades, reverse=True)
    assert canvas.contrast(style.INK, SHADES["strained"]) > 3
    assert canvas.contrast(SHADES["strained"], SHADES["calm"]) > 2


def test_rows_without_a_document_are_not_among_the_rows_drawn(judged):
    rows = charts.rows_drawn(drawn(judged))
    assert len(rows) == judged.value.notna().sum()
    assert rows.facts.ne("").all()
