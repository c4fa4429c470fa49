"""Adoption: what a few who gain must gain for all who pay to come out even. Pure functions of plain numbers."""


def expected_value(chance: float, gain: float, cost: float = 1.0) -> float:
    """Return what a firm may expect of an outlay that is lost unless it wins: p gain - (1 - p) cost.

    The textbook expected value of a bet; `gain` is net of the outlay. A fair bet on a number of the French roulette would pay 36 to 1.

    >>> round(expected_value(1 / 37, 36), 9)
    0.0
    """
    _chance(chance)
    return chance * gain - (1 - chance) * cost


def break_even_multiple(chance: float) -> float:
    """Return how many times its outlay a winner must gain for all to come out even: (1 - p) / p.

    At one winner in twenty, as MIT NANDA put it in August 2025 ("95 per cent"), nineteen times.

    >>> [round(break_even_multiple(share), 2) for share in (0.05, 0.25, 0.5)]
    [19.0, 3.0, 1.0]
    """
    _chance(chance)
    return (1 - chance) / chance


def _chance(chance: float) -> None:
    if not 0 < chance <= 1:
        raise ValueError(f"a chance lies above 0 and up to 1, not at {chance}")
