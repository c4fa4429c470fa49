import pytest

from outlay import lookup


def test_a_wrong_name_is_answered_with_the_nearest_and_the_known():
    with pytest.raises(ValueError, match=r"unknown company 'mfst': did you mean 'msft'\? Known: amzn, msft"):
        lookup.known("company", "mfst", ["msft", "amzn"])


def test_a_name_like_nothing_has_no_nearest():
    with pytest.raises(ValueError, match=r"unknown company 'zzzzzz': Known: amzn"):
        lookup.known("company", "zzzzzz", ["amzn"])


def test_the_start_of_a_name_is_near_enough():
    with pytest.raises(ValueError, match="did you mean '04_spending_against_revenue'"):
        lookup.known("notebook", "04", ["04_spending_against_revenue", "06_openai"])


def test_of_many_known_names_the_near_ones_are_listed():
    with pytest.raises(ValueError, match=r"did you mean 'name_7'\?.* and 28 others"):
        lookup.known("name", "nam_7", [f"name_{number}" for number in range(40)])
