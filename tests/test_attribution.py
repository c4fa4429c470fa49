import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.models import attribution

numbers = st.floats(-1000, 1000).map(lambda value: round(value, 3))


@st.composite
def games(draw, least=1, most=5):
    """A game of a few causes: a number for every subset of them."""
    causes = list("abcde"[: draw(st.integers(least, most))])
    subsets = [frozenset(some) for size in range(len(causes) + 1) for some in itertools.combinations(causes, size)]
    return causes, {some: draw(numbers) for some in subsets}


def by_every_order(worth, causes):
    """The definition itself: what a cause adds when it comes in, averaged over every order."""
    total = dict.fromkeys(causes, 0.0)
    for order in itertools.permutations(causes):
        for place, cause in enumerate(order):
            total[cause] += worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
    return {cause: value / math.factorial(len(causes)) for cause, value in total.items()}


@given(games())
def test_the_shares_are_those_of_every_order_tried_out(game):
    causes, worth = game
    assert attribution.shapley(worth.get, causes) == pytest.approx(by_every_order(worth.get, causes), abs=1e-9)


@given(games())
def test_the_shares_add_up_to_the_difference(game):
    causes, worth = game
    shares = attribution.shapley(worth.get, causes)
    assert math.fsum(shares.values()) == pytest.approx(worth[frozenset(causes)] - worth[frozenset()], abs=1e-9)


@given(games(least=2))
def test_causes_that_do_the_same_get_the_same(game):
    causes, worth = game
    swap = {"a": "b", "b": "a"}
    even = {some: (worth[some] + worth[frozenset(swap.get(cause, cause) for cause in some)]) / 2 for some in worth}
    shares = attribution.shapley(even.get, causes)
    assert shares["a"] == pytest.approx(shares["b"], abs=1e-9)


@given(games())
def test_a_cause_that_changes_nothing_gets_nothing(game):
    causes, worth = game
    shares = attribution.shapley(lambda some: worth[some - {"idle"}], [*causes, "idle"])
    assert shares["idle"] == 0
    assert {cause: shares[cause] for cause in causes} == pytest.approx(attribution.shapley(worth.get, causes), abs=1e-9)


@given(games(), numbers)
def test_the_shares_of_a_sum_of_games_are_the_sums_of_the_shares(game, factor):
    causes, worth = game
    both = attribution.shapley(lambda some: worth[some] + factor * len(some), causes)
    assert both == pytest.approx({cause: share + factor for cause, share in attribution.shapley(worth.get, causes).items()}, abs=1e-6)


def test_the_airport_problem_gives_its_published_shares():
    # four aircraft need runways of these costs; the encyclopedia's table of the airport problem gives 2, 3, 4 and 9 to pay
    cost = {"A": 8.0, "B": 11.0, "C": 13.0, "D": 18.0}
    shares = attribution.shapley(lambda planes: max((cost[plane] for plane in planes), default=0.0), cost)
    assert shares == pytest.approx({"A": 2.0, "B": 3.0, "C": 4.0, "D": 9.0})


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), min_size=1, max_size=5))
def test_the_steps_between_two_products_add_up(pairs):
    before, after = ({f"factor {place}": pair[side] for place, pair in enumerate(pairs)} for side in (0, 1))
    steps = attribution.between(lambda **factors: math.prod(factors.values()), before, after)
    assert math.fsum(steps.values()) == pytest.approx(math.prod(after.values()) - math.prod(before.values()), rel=1e-9, abs=1e-6)
    assert all((step > 0) == (after[name] > before[name]) for name, step in steps.items() if abs(after[name] - before[name]) > 1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: attribution.shapley(len, ["a", "a"]), "stands twice"),
        (lambda: attribution.shapley(len, range(13)), "at most 12"),
        (lambda: attribution.between(max, {"a": 1}, {"b": 1}), "different inputs"),
    ],
)
def test_what_cannot_be_attributed_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
