"""The loop against closed forms and the directions in which it must move."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import loop

BASE = {"capacity": 2.0, "revenue": 10.0, "rent": 13.3, "other": 5.0, "cash": 40.0, "multiple": 0.0, "sold": 0.0, "growth": 0.0}


@given(st.floats(0.1, 50), st.floats(1, 400))
def test_without_growth_and_new_shares_it_lasts_cash_over_loss(capacity, cash):
    loss = 3.3 * capacity + 5
    if abs(cash / loss - round(cash / loss)) > 1e-6:
        assert len(loop.run(**BASE | {"capacity": capacity, "cash": cash}, years=10_000)) == math.floor(cash / loss)


def test_it_stops_before_the_year_that_cannot_be_paid():
    years = loop.run(**BASE | {"growth": 0.4})
    assert all(year.cash >= 0 for year in years)
    following = 2.0 * 1.4 ** (len(years) + 1)
    assert years[-1].cash < (13.3 - 10) * following + 5


def test_a_shock_without_new_shares_ends_a_loop_that_would_have_run():
    fed = BASE | {"growth": 0.4, "multiple": 30.0, "sold": 0.1}
    assert len(loop.run(**fed, years=12)) == 12
    assert len(loop.run(**fed | {"sold": 0.0}, years=12)) < 12


@given(st.floats(0, 0.3), st.floats(-0.3, 0))
def test_more_revenue_or_less_rent_never_stops_it_sooner(better, cheaper):
    plain = len(loop.run(**BASE | {"growth": 0.3}))
    assert len(loop.run(**BASE | {"growth": 0.3}, revenue_growth=better)) >= plain
    assert len(loop.run(**BASE | {"growth": 0.3}, rent_growth=cheaper)) >= plain


def test_revenue_of_a_gigawatt_meets_its_rent_when_the_logarithms_say():
    years = loop.crossing(10, 13.3, 0.10, -0.15)
    assert 10 * 1.1**years == pytest.approx(13.3 * 0.85**years)
    assert loop.crossing(14, 13.3) == 0
    assert loop.crossing(10, 13.3, -0.05) == math.inf


def test_oracles_rent_was_above_what_openai_took_in_a_gigawatt():
    # OpenAI's chief financial officer, January 2026: 2, 6 and 20 bn a year on 0.2, 0.6 and 1.9 GW; Oracle's contract: 60 a year for 4.5 GW
    rent = 60 / 4.5
    assert rent == pytest.approx(13.3, abs=0.05)
    assert all(loop.crossing(revenue / power, rent, 0.10) > 0 for power, revenue in ((0.2, 2), (0.6, 6), (1.9, 20)))


@pytest.mark.parametrize("values", [{"capacity": 0}, {"revenue": 0}, {"rent": -1}, {"growth": -1}])
def test_what_makes_no_sense_is_refused(values):
    with pytest.raises(ValueError, match="positive"):
        loop.run(**BASE | values)
    with pytest.raises(ValueError, match="positive"):
        loop.crossing(0, 1)
