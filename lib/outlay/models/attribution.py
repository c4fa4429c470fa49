"""Attribution: what each of several causes has to do with a difference, when they work together.

The value of Shapley: a cause's share is its effect averaged over every order in which the causes can be let in.
"""

import itertools
import math
from collections.abc import Callable, Hashable, Iterable

MOST = 12  # causes: every one more doubles the work


def shapley(worth: Callable[[frozenset], float], causes: Iterable[Hashable]) -> dict[Hashable, float]:
    """Return each cause's share of what all of them together are worth beyond what none is worth.

    `worth` takes a frozenset of causes and returns a number; it is asked once for every subset. The shares add up to the worth of all less that of
    none; causes that do the same get the same; a cause that never changes anything gets nothing. Refuses causes that repeat, and more than `MOST`.
    L. S. Shapley, "A Value for n-Person Games", in *Contributions to the Theory of Games II*, Princeton 1953; as a rule for decomposing differences
    A. F. Shorrocks, *Journal of Economic Inequality* 11, 2013. The game of gloves, one left and two right, a pair being worth one:

    >>> gloves = lambda hands: float("left" in hands and len(hands) > 1)
    >>> {name: round(share, 3) for name, share in shapley(gloves, ["left", "right", "other right"]).items()}
    {'left': 0.667, 'right': 0.167, 'other right': 0.167}
    """
    causes = list(causes)
    if len(set(causes)) < len(causes):
        raise ValueError(f"a cause stands twice among {causes}: name each once")
    if len(causes) > MOST:
        raise ValueError(f"{len(causes)} causes make {2 ** len(causes):,} cases; at most {MOST}. Put some together")
    known = {frozenset(some): worth(frozenset(some)) for size in range(len(causes) + 1) for some in itertools.combinations(causes, size)}
    count = len(causes)
    weight = [math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count) for size in range(count)]
    return {
        cause: math.fsum(weight[len(others)] * (known[others | {cause}] - known[others]) for others in known if cause not in others)
        for cause in causes
    }


def between(work: Callable[..., float], before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return what each named input of a formula adds on the way from one set of inputs to another: the shares add up to the difference.

    `work` takes the inputs by name. Both sets must name the same inputs; one that stays as it is adds nothing. For a product of two factors the
    shares are a change of one times the mean of the other:

    >>> between(lambda price, amount: price * amount, {"price": 2, "amount": 10}, {"price": 3, "amount": 20})
    {'price': 15.0, 'amount': 25.0}
    """
    if before.keys() != after.keys():
        raise ValueError(f"the two sides name different inputs: {sorted(before)} and {sorted(after)}. Bring both onto one form first")
    return shapley(lambda swapped: work(**{name: (after if name in swapped else before)[name] for name in before}), before)
