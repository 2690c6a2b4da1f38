"""How a network becomes narrower: one factor for all its channel counts."""

from __future__ import annotations


def channels(n: int, width: float) -> int:
    """The count that stands for `n` channels: times `width`, as a multiple of four and at least four.

    Examples
    --------
    >>> channels(80, 1), channels(80, 0.25), channels(32, 0.05)
    (80, 20, 4)
    """
    return n if width == 1 else max(4, 4 * round(n * width / 4))
