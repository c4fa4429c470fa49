import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import growth

CENSUS = [3.929, 5.308, 7.240, 9.638, 12.866, 17.069, 23.192, 31.443, 38.558, 50.156, 62.948, 75.995, 91.972]


@given(st.floats(0.1, 1000), st.floats(-0.5, 1.5))
def test_an_exponential_is_found_again(level, rate):
    times = [0, 0.4, 1.1, 2.0, 3.0]
    fit = growth.exponential(times, [level * math.exp(rate * time) for time in times])
    assert (fit.level, fit.rate) == pytest.approx((level, rate), rel=1e-6, abs=1e-6)


@given(st.floats(50, 5000), st.floats(0.4, 3), st.floats(0.5, 3))
def test_an_s_curve_is_found_again(capacity, rate, middle):
    times = [step / 2 for step in range(10)]
    true = growth.Logistic(capacity, rate, middle)
    fit = growth.logistic(times, [true.at(time) for time in times])
    assert fit.at(6) == pytest.approx(true.at(6), rel=0.02)


def test_the_curve_of_pearl_and_reed_is_reproduced():
    assert growth.logistic([1790, 1850, 1910], [CENSUS[0], CENSUS[6], CENSUS[12]]).capacity == pytest.approx(197.27, abs=0.05)


def test_the_population_of_the_united_states_was_told_better_by_an_s_curve():
    table = growth.contest(list(range(1790, 1920, 10)), CENSUS, least=8)
    assert (table.logistic < table.exponential).all()


def test_a_contest_knows_nothing_of_what_came_later():
    times, values = list(range(9)), [1.0, 2.1, 3.9, 8.2, 15.9, 33.0, 63.0, 129.0, 250.0]
    changed = [*values[:7], 1000.0, 3.0]
    one, other = (growth.contest(times, each, reach=1) for each in (values, changed))
    assert one.exponential.tolist()[:2] == other.exponential.tolist()[:2]
    assert one.exponential.tolist()[2] != other.exponential.tolist()[2]


def test_a_time_with_nothing_after_it_has_no_error():
    table = growth.contest([0, 1, 2, 3, 4, 9], [1.0, 2, 4, 8, 16, 500], reach=2)
    assert table.ahead.tolist() == [0] and math.isnan(table.exponential.iloc[0])


def test_two_curves_that_miss_alike_have_no_winner():
    # far from its capacity an S-curve is an exponential: equal errors must not be told as a win
    times = [step / 4 for step in range(10)]
    alike = growth.contest(times, [math.exp(time) for time in times], least=5).assign(exponential=0.187, logistic=0.1869)
    assert growth.verdicts(alike) == {"exponential": 0, "logistic": 0, "neither": len(alike)}
    bent = growth.contest(list(range(1790, 1920, 10)), CENSUS, least=8)
    assert growth.verdicts(bent) == {"exponential": 0, "logistic": 4, "neither": 1}  # of 1860 both miss by a fifth
    swapped = bent.rename(columns={"exponential": "logistic", "logistic": "exponential"})
    assert growth.verdicts(swapped) == {"exponential": 4, "logistic": 0, "neither": 1}


@pytest.mark.parametrize(("fit", "times", "values"), [(growth.exponential, [1], [2.0]), (growth.logistic, [1, 2], [2.0, 3.0]), (growth.exponential, [1, 2], [0.0, 1.0])])
def test_too_little_to_fit_is_refused(fit, times, values):
    with pytest.raises(ValueError, match="a fit needs"):
        fit(times, values)


def test_published_doubling_and_the_worth_of_cheaper_tokens():
    assert growth.doubling(14.5, 12) == pytest.approx(3.1, abs=0.05)
    assert growth.value_multiple(14.5, 1 / 10) == pytest.approx(1.45)
    with pytest.raises(ValueError, match="does not double"):
        growth.doubling(0.9, 12)
