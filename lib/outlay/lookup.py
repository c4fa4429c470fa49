"""Names that must be known: a wrong one is answered with the known ones and the nearest match."""

from collections.abc import Iterable
from difflib import get_close_matches


def known(kind: str, name: str, names: Iterable[str]) -> str:
    """Return `name` if it is one of `names`, or raise a ValueError that says what is known.

    `kind` is the word for what is looked up ("company", "basis"), used in the message.

    >>> known("basis", "cash", ["cash", "as_stated"])
    'cash'
    >>> known("basis", "as_statd", ["cash", "as_stated"])
    Traceback (most recent call last):
    ValueError: unknown basis 'as_statd': did you mean 'as_stated'? Known: as_stated, cash
    """
    names = sorted(set(names))
    if name in names:
        return name
    close = [other for other in names if name and other.startswith(str(name))] or get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    near = sorted(get_close_matches(str(name), names, n=12, cutoff=0)) if len(names) > 20 else names
    rest = f" and {len(names) - len(near)} others" if len(near) < len(names) else ""
    raise ValueError(f"unknown {kind} '{name}': {hint}Known: {', '.join(near)}{rest}")
