"""Contracts against tables that everybody has, and against closed forms."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import breakeven, contracts


@pytest.mark.parametrize(("years", "rate", "factor"), [(5, 0.10, 3.7908), (5, 0.05, 4.3295), (10, 0.08, 6.7101), (15, 0.10, 7.6061), (20, 0.12, 7.4694)])
def test_equal_payments_are_worth_what_annuity_tables_say(years, rate, factor):
    assert contracts.present_value([0] + [1] * years, rate) == pytest.approx(factor, abs=0.00005)


def test_the_internal_return_is_that_of_the_spreadsheet_makers_own_examples():
    # Microsoft's help on IRR: -2.1% after four years, 8.7% after five, -44.4% after two
    flows = [-70, 12, 15, 18, 21, 26]
    assert contracts.internal_return(flows[:5]) == pytest.approx(-0.021, abs=0.0005)
    assert contracts.internal_return(flows) == pytest.approx(0.087, abs=0.0005)
    assert contracts.internal_return(flows[:3]) == pytest.approx(-0.444, abs=0.0005)


@pytest.mark.parametrize(
    ("investment", "margin", "published"),
    # five payments of 60, as the notes on the contract reckoned them
    [(100, 0.4, 0.06), (100, 0.7, 0.31), (157.5, 0.7, 0.10)],
)
def test_oracles_three_sizes_return_what_was_reckoned(investment, margin, published):
    assert contracts.internal_return([-investment] + [60 * margin] * 5) == pytest.approx(published, abs=0.006)


def test_the_largest_size_never_comes_back_at_seventy_per_cent():
    assert contracts.internal_return([-225] + [42] * 5) < 0
    assert contracts.cash_curve(225, 60, 0.7, 5)[-1] == pytest.approx(-15)
    assert [round(contracts.breakeven_margin(size, 60, 5), 2) for size in (100, 157.5, 225, 270)] == [0.33, 0.53, 0.75, 0.9]


@given(st.floats(10, 500), st.floats(5, 100), st.floats(0.05, 1), st.integers(1, 20))
def test_at_its_internal_return_an_investment_is_worth_nothing(investment, payment, margin, years):
    flows = [-investment] + [payment * margin] * years
    rate = contracts.internal_return(flows)
    if rate > -0.9:
        assert contracts.present_value(flows, rate) == pytest.approx(0, abs=1e-6 * investment)


@given(st.floats(0.0, 0.5), st.floats(0.0, 0.4))
def test_a_chance_of_default_is_a_higher_rate(rate, default):
    doubtful = contracts.expected_value(100, 60, 0.5, 5, rate, default)
    sure = contracts.expected_value(100, 60, 0.5, 5, (1 + rate) / (1 - default) - 1, 0.0)
    assert doubtful == pytest.approx(sure, abs=1e-9)


@given(st.floats(0, 1), st.floats(0, 1))
def test_reletting_at_the_old_price_makes_default_harmless(default, lower):
    args = (100, 60, 0.5, 5, 0.1)
    assert contracts.expected_value(*args, default, relet=1.0) == pytest.approx(contracts.expected_value(*args, 0.0))
    assert contracts.expected_value(*args, default, relet=lower) <= contracts.expected_value(*args, 0.0) + 1e-9


def test_without_interest_the_curve_ends_where_payments_less_investment_do():
    assert contracts.cash_curve(100, 60, 0.4, 5)[-1] == pytest.approx(0.4 * 300 - 100)
    margin = contracts.breakeven_margin(100, 60, 5)
    assert contracts.cash_curve(100, 60, margin, 5)[-1] == pytest.approx(0)
    assert contracts.breakeven_margin(100, 60, 5, rate=0.1) == pytest.approx(breakeven.annuity(100, 0.1, 5) / 60)


def test_the_stake_after_ten_tranches_is_what_was_reckoned():
    # 16.7, 11.9 and 9.1 per cent at no, a tenth's and a fifth's rise from one tranche to the next
    found = [contracts.stake(10, 10, 500, growth) for growth in (0.0, 0.1, 0.2)]
    assert found == pytest.approx([1 / 6, 0.119, 0.091], abs=0.003)


def test_a_path_has_its_ends_and_even_growth():
    road = contracts.path(13, 200, 5)
    assert (road[0], road[-1]) == (13, pytest.approx(200))
    assert len({round(after / now, 9) for now, after in itertools.pairwise(road)}) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: contracts.internal_return([10, 20]),
        lambda: contracts.internal_return([-10, 20, -5]),
        lambda: contracts.breakeven_margin(10, 0, 5),
        lambda: contracts.expected_value(1, 1, 0.5, 2, 0.1, 1.5),
        lambda: contracts.payment_share(1, 0),
        lambda: contracts.path(0, 10, 2),
        lambda: contracts.vendor_share(1, 0),
        lambda: contracts.stake(1, 1, 0),
        lambda: contracts.present_value([1], -1),
        lambda: contracts.cash_curve(1, 1, 1.4, 2),
    ],
)
def test_what_makes_no_sense_is_refused(call):
    with pytest.raises(ValueError, match=r"\w+"):
        call()


def test_what_never_comes_back_has_no_return():
    assert math.isnan(contracts.internal_return([-10, 0, 0]))
