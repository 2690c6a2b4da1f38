"""Power by simulation: draw studies, analyse them, count."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.power._result import Power, check_count, check_share
from readerstudy.stats.proportion import limits

_Study = TypeVar("_Study")
_SHOWN = ("superior", "non-inferior", "equivalent", "goal met")
"""Verdicts that say that what was to be shown was shown."""


def _shown(answer: Estimate | bool | float, alpha: float) -> bool | None:
    """Whether an analysis was significant; None where it came to nothing."""
    if isinstance(answer, (bool, np.bool_)):
        return bool(answer)
    if isinstance(answer, Estimate):
        if not math.isnan(answer.margin):
            return None if answer.verdict is None else answer.verdict in _SHOWN
        answer = answer.p_value
    p = float(answer)
    if math.isnan(p):
        return None
    if not 0 <= p <= 1:
        raise ValueError(f"analyse must return an Estimate, a boolean or a P-value between 0 and 1, got {p!r}")
    return p < alpha


def simulate(
    draw: Callable[[np.random.Generator], _Study],
    analyse: Callable[[_Study], Estimate | bool | float],
    *,
    n_studies: int = 1000,
    alpha: float = 0.05,
    rng: np.random.Generator | int | None = 0,
) -> Power:
    """Power of any analysis of any study, by simulation: the share of drawn studies that come out significant.

    Parameters
    ----------
    draw
        Called with a NumPy Generator, returns one study in any form; the studies have Generators of their own, so that
        each can be drawn again.
    analyse
        Called with that study; returns the `Estimate` of the comparison, a P-value, or whether it was significant.
    n_studies
        How many studies to draw.
    alpha
        Level: P < alpha is significant. An `Estimate` with a margin counts by its `verdict`, whose level is that of its
        interval.
    rng
        NumPy Generator or seed; None draws a new seed.

    Returns
    -------
    Power
        With `low` and `high`, the 95 % Monte-Carlo limits (Wilson).

    Raises
    ------
    ValueError
        If `analyse` returns something else.

    Notes
    -----
    A study whose analysis is undefined (nan) counts as not significant, and `note` says how many there were. With no
    true difference the power is the test's type I error. An error in `draw` or `analyse` is passed on.

    References
    ----------
    Morris, White and Crowther 2019, doi:10.1002/sim.8086.

    Examples
    --------
    >>> import readerstudy as rs
    >>> def draw(rng):
    ...     both = rng.random(100) < 0.6
    ...     return both | (rng.random(100) < 0.4), both | (rng.random(100) < 0.15)
    >>> found = simulate(draw, lambda study: rs.mcnemar(*study), n_studies=200)
    >>> found.power, round(found.low, 2), round(found.high, 2)
    (0.675, 0.61, 0.74)
    """
    check_count(n_studies, "n_studies")
    check_share(alpha, "alpha")
    shown = undefined = 0
    for child in _children(rng, n_studies):
        answer = _shown(analyse(draw(child)), alpha)
        shown += answer is True
        undefined += answer is None
    low, high = limits(shown, n_studies, "wilson", 0.025, 0.025)
    return Power(
        method="simulation",
        hypothesis="superiority",
        power=shown / n_studies,
        alpha=alpha,
        low=low,
        high=high,
        note=f"{undefined} of {n_studies} studies had no result: counted as not significant" if undefined else None,
    )


def _children(rng: np.random.Generator | int | None, n: int) -> Iterable[np.random.Generator]:
    return np.random.default_rng(rng).spawn(n)
