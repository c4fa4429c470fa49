import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import adoption


def test_one_winner_in_twenty_must_gain_nineteen_times_its_outlay():
    assert adoption.break_even_multiple(0.05) == pytest.approx(19)


def test_a_roulette_that_pays_35_to_1_takes_the_published_share_of_a_bet():
    # single zero: the house keeps 1/37, 2.70 per cent
    assert adoption.expected_value(1 / 37, 35) == pytest.approx(-0.0270, abs=0.00005)


@given(st.floats(0.001, 1))
def test_at_the_break_even_multiple_nothing_is_expected(chance):
    assert adoption.expected_value(chance, adoption.break_even_multiple(chance)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("chance", [0, -0.1, 1.1])
def test_an_impossible_chance_is_refused(chance):
    with pytest.raises(ValueError, match="a chance lies above 0"):
        adoption.break_even_multiple(chance)
