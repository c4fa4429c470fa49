import pytest

from outlay.models import labs


def test_cost_of_a_half_year_is_revenue_plus_loss():
    assert labs.operating_cost(4.3, 7.8) == pytest.approx(12.1)


def test_required_growth_gives_the_published_rates():
    assert labs.required_growth(13, 200, 5) == pytest.approx(0.727, abs=0.0005)
    assert labs.required_growth(13, 100, 5) == pytest.approx(0.50, abs=0.005)


def test_growth_from_nothing_is_refused():
    with pytest.raises(ValueError, match="positive"):
        labs.required_growth(0, 100, 5)
