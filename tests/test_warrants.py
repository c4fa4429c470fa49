"""The warrant's formulas against Haug's table, Hull's example and limits that need no formula."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import warrants

# Haug, The Complete Guide to Option Pricing Formulas, table of standard barrier options: up-and-in calls, price 100, barrier 105, rebate 3,
# half a year, rate 8%, carry 4%
HAUG = [(90, 0.25, 14.1112), (100, 0.25, 8.4482), (110, 0.25, 4.5910), (90, 0.30, 15.2098), (100, 0.30, 9.7278), (110, 0.30, 5.8350)]


@pytest.mark.parametrize(("exercise", "volatility", "value"), HAUG)
def test_an_up_and_in_call_is_worth_what_haugs_table_says(exercise, volatility, value):
    found = warrants.up_and_in_call(100, exercise, 105, 0.5, 0.08, volatility, dividend=0.04, rebate=3)
    assert found == pytest.approx(value, abs=0.00006)


def test_a_plain_call_is_worth_what_hulls_example_says():
    assert warrants.call(42, 40, 0.5, 0.10, 0.20) == pytest.approx(4.76, abs=0.005)


prices = st.floats(50, 500)


@given(prices, st.floats(0.2, 5), st.floats(0.1, 1.2))
def test_a_barrier_already_reached_changes_nothing(price, years, volatility):
    plain = warrants.call(price, 0.01, years, 0.04, volatility)
    assert warrants.up_and_in_call(price, 0.01, price, years, 0.04, volatility) == pytest.approx(plain)
    assert warrants.up_and_in_call(price, 0.01, price * 1.0000001, years, 0.04, volatility) == pytest.approx(plain, rel=1e-4)


@given(prices, st.floats(1.05, 3), st.floats(0.2, 5), st.floats(0.1, 1.2))
def test_a_higher_target_is_never_worth_more_and_none_more_than_the_share(price, times, years, volatility):
    near, far = (warrants.up_and_in_call(price, 0.01, price * part, years, 0.0, volatility) for part in (times, times * 1.2))
    assert far >= -1e-9
    assert far <= near + 1e-9
    assert near <= price + 1e-9


def test_with_all_the_time_in_the_world_a_share_at_no_cost_is_worth_the_share():
    # under the share's own measure its drift is upward, so that any target is reached in the end
    assert warrants.up_and_in_call(200, 0.01, 600, 2000, 0.0, 0.65) == pytest.approx(200, rel=0.001)


def test_without_interest_a_right_to_the_share_at_the_target_is_worth_price_times_the_chance_to_get_there():
    # one touch under the share measure: N(d) + (H / S) N(d'), drift sigma^2 / 2, by the reflection principle
    price, target, years, volatility = 200.0, 600.0, 5.0, 0.65
    spread = volatility * math.sqrt(years)
    far = math.log(target / price)
    chance = warrants._N((-far + volatility**2 / 2 * years) / spread) + (target / price) * warrants._N((-far - volatility**2 / 2 * years) / spread)
    assert warrants.up_and_in_call(price, 1e-9, target, years, 0.0, volatility) == pytest.approx(price * chance, rel=1e-6)


@pytest.mark.parametrize(("price", "face"), [(215, 34.4), (300, 48), (400, 64), (600, 96)])
def test_the_face_value_is_that_of_the_notes(price, face):
    assert warrants.payoff(160, price, 0.01) == pytest.approx(face, abs=0.005)


def test_the_whole_pays_no_less_than_any_part_and_nothing_below_the_exercise_price():
    assert warrants.payoff(160, 600, 0.01, vested=0.5) == pytest.approx(warrants.payoff(160, 600, 0.01) / 2)
    assert warrants.payoff(160, 0.005, 0.01) == 0


def test_the_last_step_waits_for_the_price_and_no_other_does():
    assert [warrants.vested(step, 6, False) for step in range(7)] == [warrants.vested(min(step, 5), 6, True) for step in range(7)]
    assert warrants.vested(6, 6, True) == 1


@given(st.floats(100, 5000), st.floats(1, 1000))
def test_the_rise_that_repays_is_the_inverse_of_the_dilution(outstanding, issued):
    assert (1 + warrants.breakeven_rise(outstanding, issued)) * (1 - warrants.dilution(outstanding, issued)) == pytest.approx(1)


def test_a_warrant_in_tranches_lies_between_all_targets_low_and_all_high():
    low, mixed, high = (warrants.warrant_value(160, 200, 0.01, targets, 5, 0.0, 0.65) for targets in ([600] * 3, [200, 400, 600], [200] * 3))
    assert low < mixed < high <= warrants.payoff(160, 200, 0) + 1e-9


@pytest.mark.parametrize(
    "call",
    [
        lambda: warrants.payoff(160, 1, 0.01, vested=1.2),
        lambda: warrants.vested(7, 6, True),
        lambda: warrants.dilution(0, 1),
        lambda: warrants.call(0, 1, 1, 0, 0.2),
        lambda: warrants.up_and_in_call(1, 1, 2, 0, 0, 0.2),
        lambda: warrants.warrant_value(1, 1, 1, [], 1, 0, 0.2),
        lambda: warrants.share_price(1, 0),
    ],
)
def test_what_makes_no_sense_is_refused(call):
    with pytest.raises(ValueError, match=r"\w+"):
        call()
