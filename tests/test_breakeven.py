import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import breakeven

shares = st.floats(0.05, 1)
amounts = st.floats(1, 10_000)
years = st.floats(1, 30)
rates = st.floats(0, 0.4).map(lambda rate: round(rate, 6))

# capital 1,000: annual revenue without interest and at 10%, by margin and years, as printed in a published table
TABLE = {
    0.3: [(1111, 1340), (833, 1052), (667, 879), (556, 765), (417, 625)],
    0.5: [(667, 804), (500, 631), (400, 528), (333, 459), (250, 375)],
    0.7: [(476, 574), (357, 451), (286, 377), (238, 328), (179, 268)],
}


@pytest.mark.parametrize("margin", TABLE)
def test_required_revenue_gives_the_published_table(margin):
    for horizon, (plain, with_interest) in zip((3, 4, 5, 6, 8), TABLE[margin], strict=True):
        assert round(breakeven.required_revenue(1000, margin, horizon)) == plain
        assert round(breakeven.required_revenue(1000, margin, horizon, rate=0.10)) == with_interest


def test_barclays_figures_give_barclays_readings():
    assert breakeven.multiple(167, 20) == 8.35
    assert [round(breakeven.payback(167, 20, margin)) for margin in (0.3, 0.4, 0.5)] == [28, 21, 17]


@given(amounts, rates, years)
def test_the_payments_of_an_annuity_are_worth_the_capital(capital, rate, horizon):
    count = round(horizon)
    payment = breakeven.annuity(capital, rate, count)
    assert sum(payment / (1 + rate) ** year for year in range(1, count + 1)) == pytest.approx(capital)


def test_ten_per_cent_on_jpmorgans_investment_by_life():
    # a published reading: for ever 500 a year, over fifteen years 657, over eight 937, over five 1,319
    payments = {years: round(breakeven.annuity(5000, 0.10, years)) for years in (math.inf, 15, 8, 5)}
    assert payments == {math.inf: 500, 15: 657, 8: 937, 5: 1319}


@given(amounts, rates, years)
def test_the_life_of_an_annuity_comes_back_from_its_payment(capital, rate, life):
    assert breakeven.lasting(capital, rate, breakeven.annuity(capital, rate, life)) == pytest.approx(life, rel=1e-6)


@given(amounts, rates, years, st.floats(0.01, 0.99))
def test_layers_of_one_life_are_one_annuity(capital, rate, life, share):
    layers = {"chips": (share, life), "building": (1 - share, life)}
    assert breakeven.layered(capital, rate, layers) == pytest.approx(breakeven.annuity(capital, rate, life))


@given(amounts, rates, years, years)
def test_layers_lie_between_their_lives(capital, rate, one, other):
    both = breakeven.layered(capital, rate, {"chips": (0.5, one), "building": (0.5, other)})
    edges = sorted(breakeven.annuity(capital, rate, life) for life in (one, other))
    assert edges[0] * (1 - 1e-9) <= both <= edges[1] * (1 + 1e-9)


@given(amounts, amounts, shares)
def test_return_is_the_inverse_of_payback(capital, revenue, margin):
    assert breakeven.incremental_return(capital, revenue, margin) * breakeven.payback(capital, revenue, margin) == pytest.approx(1)


@given(amounts, shares, years, rates)
def test_interest_never_lowers_what_is_required(capital, margin, horizon, rate):
    assert breakeven.required_revenue(capital, margin, horizon, rate) >= breakeven.required_revenue(capital, margin, horizon) * (1 - 1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: breakeven.multiple(1, 0),
        lambda: breakeven.payback(1, 1, 0),
        lambda: breakeven.payback(1, 1, 1.2),
        lambda: breakeven.annuity(1, 0.1, 0),
        lambda: breakeven.annuity(1, -1, 3),
        lambda: breakeven.layered(1, 0.1, {"chips": (0.5, 5)}),
        lambda: breakeven.layered(1, 0.1, {}),
        lambda: breakeven.lasting(100, 0.1, 9),
    ],
)
def test_what_has_no_answer_is_refused(call):
    with pytest.raises(ValueError, match="must be|is a share|never repays"):
        call()
