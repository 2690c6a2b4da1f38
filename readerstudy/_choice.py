"""A misspelt name gets the nearest known one back."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(value: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `value`, or None when none does."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(value.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """A sentence to append to a message: the nearest name if there is one, else all of them."""
    names = list(known)
    near = nearest(value, names)
    return f"did you mean {near!r}?" if near else f"known: {', '.join(map(repr, names))}"


def check(value: str, known: Iterable[str], what: str) -> str:
    """`value` when it is known.

    Raises
    ------
    ValueError
        Naming `what`, with the nearest known name and all of them.
    """
    names = list(known)
    if value in names:
        return value
    near = nearest(str(value), names)
    hint = f" Did you mean {near!r}?" if near else ""
    raise ValueError(f"{what} is {value!r}; it must be one of {', '.join(map(repr, names))}.{hint}")
