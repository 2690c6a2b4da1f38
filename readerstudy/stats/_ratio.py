"""A ratio of two quantities above 0: its log interval, its Wald test of 1 and its margin."""

from __future__ import annotations

import math
from collections.abc import Callable

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import normal_p, tails, z_of
from readerstudy.stats._degenerate import NO_UPPER
from readerstudy.stats._margin import against_margin


def score_limits(z_at: Callable[[float], float], z: float, estimate: float) -> tuple[float, float]:
    """Limits of a ratio whose score statistic `z_at`, of the logarithm of the ratio and falling in it, reaches +-`z`.

    `estimate` is the ratio where the statistic is 0: at 0 the lower limit is 0, and where it is infinite the upper is
    nan.
    """

    def limit(sign: float) -> float:
        """Search on the log scale from a ratio that lies within the limit to one beyond it."""
        inner = math.log(estimate) if 0 < estimate < math.inf else 0.0
        step = -sign
        while sign * z_at(inner) > z:  # with an estimate of 0 or infinity the search starts at a ratio of 1
            inner -= step
        outer = inner + step
        while sign * z_at(outer) < z:
            inner, outer = outer, outer + 2 * (outer - inner)
        for _ in range(200):
            middle = (inner + outer) / 2
            if sign * z_at(middle) > z:
                outer = middle
            else:
                inner = middle
        return math.exp((inner + outer) / 2)

    return 0.0 if estimate == 0 else limit(1.0), math.nan if math.isinf(estimate) else limit(-1.0)


def log_ratio(
    e: Estimate, ratio: float, error: float, alternative: str, margin: float | None, hypothesis: str
) -> Estimate:
    """`e` with `ratio`, whose logarithm has the standard error `error`.

    A `margin` is the part of the ratio that may be lost: the ends are 1 - margin and 1 / (1 - margin).
    """
    if error == 0:
        e = e.replace(estimate=ratio, conf_low=ratio, conf_high=ratio)
        note = "the two readings do not differ: the interval has no width"
        return e.replace(p_value=None if margin else 1.0, null=None if margin else 1.0, margin=margin, note=note)
    outside = tails(e.conf_level, alternative if margin is None else "two-sided")
    e = e.replace(
        estimate=ratio,
        conf_low=0.0 if outside.low == 0 else ratio * math.exp(-z_of(outside.low) * error),
        conf_high=None if outside.high == 0 else ratio * math.exp(z_of(outside.high) * error),
        note=NO_UPPER if outside.high == 0 else None,
    )

    def z_between(null: float) -> float:
        return math.log(ratio / null) / error

    if margin is not None:
        ends = (1 - margin, 1 / (1 - margin))
        return against_margin(e, z_between, hypothesis, margin, ends, alternative)
    z = z_between(1.0)
    return e.replace(statistic=z, p_value=normal_p(z, alternative), null=1.0)
