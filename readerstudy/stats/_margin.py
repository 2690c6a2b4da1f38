"""Tests against a margin: non-inferiority and equivalence of a difference, call - versus."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import normal_p

HYPOTHESES = ("non-inferiority", "equivalence")
"""What a margin is for."""

ZBetween = Callable[[float], float]
"""Standard normal statistic of the hypothesis that the difference is the argument; it falls as that grows."""


def check_margin(margin: float | None, hypothesis: str, below: float = math.inf) -> None:
    """Raise unless `margin` is None or a number above 0 and under `below`, and `hypothesis` is known."""
    _choice.check(hypothesis, HYPOTHESES, "hypothesis")
    if isinstance(margin, (bool, np.bool_)):
        raise ValueError(f"margin must be a number such as 0.05, got {margin!r}")
    if margin is not None and not 0 < margin < below:
        most = "" if math.isinf(below) else f" and less than {below:g}"
        raise ValueError(f"margin must be greater than 0{most}, got {margin!r}")


def against_margin(
    e: Estimate,
    z_between: ZBetween,
    hypothesis: str,
    margin: float,
    ends: tuple[float, float],
    alternative: str,
) -> Estimate:
    """`e` with the one-sided P-value of a margin, and the verdict that its two-sided interval gives.

    `ends` are the differences at which the margin is reached below and above: (-margin, margin), or their logarithms'
    likes. With the alternative ``"less"`` lower is better, and non-inferiority is of the upper end.
    """
    low, high = ends
    from_low, from_high = (z_between(low), "greater"), (z_between(high), "less")
    if hypothesis == "equivalence":
        # Two one-sided tests: the P-value is the larger of the two.
        z, side = max(from_low, from_high, key=lambda found: _p(*found))
        shown, null = low < e.conf_low and e.conf_high < high, math.nan
        verdict = "equivalent" if shown else "equivalence not shown"
    else:
        z, side = from_high if alternative == "less" else from_low
        null = high if alternative == "less" else low
        shown = e.conf_high < high if alternative == "less" else low < e.conf_low
        verdict = "non-inferior" if shown else "non-inferiority not shown"
    p = _p(z, side)
    unknown = math.isnan(p) or math.isnan(e.conf_low) or math.isnan(e.conf_high)
    found = e.replace(
        statistic=z if math.isfinite(z) else None,
        df=None,
        p_value=p,
        null=null,
        margin=margin,
        alternative=side if hypothesis == "non-inferiority" else "two-sided",
        verdict=None if unknown else verdict,
    )
    if unknown or shown == (p < (1 - e.conf_level) / 2):
        return found
    said = "the interval lies within the margin although the P-value does not fall below half the level's rest"
    other = "the interval does not lie within the margin although the P-value falls below half the level's rest"
    return found.replace(note="; ".join(filter(None, (e.note, said if shown else other))))


def _p(z: float, side: str) -> float:
    return math.nan if math.isnan(z) else normal_p(z, side)


def wald_z(estimate: float, std_error: float) -> ZBetween:
    """The statistic (estimate - null) / std_error; nan where there is no variance."""
    return lambda null: math.nan if std_error == 0 else (estimate - null) / std_error
