import pytest

from outlay.models import labs


def test_required_growth_gives_the_published_rates():
    assert labs.required_growth(13, 200, 5) == pytest.approx(0.727, abs=0.0005)
    assert labs.required_growth(13, 100, 5) == pytest.approx(0.50, abs=0.005)


def test_growth_from_nothing_is_refused():
    with pytest.raises(ValueError, match="positive"):
        labs.required_growth(0, 100, 5)


def test_both_roads_to_a_month_of_openai_meet():
    by_users = [labs.revenue_of_users(users, 0.792) for users in (881, 900)]
    by_share = labs.whole_of_part(0.066, 0.093)
    assert by_users[0] < by_share < by_users[1]
    assert 6 * by_share == pytest.approx(4.3, rel=0.02)  # the half-year that was reported apart from it


def test_growth_over_unlike_spans_is_compared_on_one_base():
    assert labs.annualised(0.3561, 3) == pytest.approx(2.38, abs=0.005)
    assert labs.monthly(0.3561, 3) > labs.monthly(1.0388, 12)
    assert labs.annualised(labs.annualised(0.1, 3), 12) == pytest.approx(labs.annualised(0.1, 3))


def test_intensity_is_what_users_leave_unexplained():
    assert (1 + labs.intensity(2.517, 1.0388)) * 2.0388 == pytest.approx(3.517)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: labs.whole_of_part(1, 0),
        lambda: labs.intensity(1, -1),
        lambda: labs.monthly(-1, 3),
        lambda: labs.monthly(1, 0),
    ],
)
def test_impossible_inputs_are_refused(refused):
    with pytest.raises(ValueError, match="not|cannot"):
        refused()


def test_the_cost_of_a_user_as_the_documents_give_it():
    assert labs.per_user_month(3.4, 900, 6) == pytest.approx(0.63, abs=0.005)
    with pytest.raises(ValueError, match="positive"):
        labs.per_user_month(1, 0, 6)
