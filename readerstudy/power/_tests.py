"""The power of tests of an estimate that is normal about the true effect, with a known or an estimated variance."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from scipy import special

from readerstudy.stats._arrays import Floats

_NODES = 200
_MOST = 10_000_000
"""Sizes are not searched for beyond this."""
_LARGE = 1000
"""From this size on saw teeth are looked for nearby only."""


@functools.cache
def _gauss() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights


def _over_spread(power: Callable[[Floats], Floats], df: float, most: float = math.inf) -> float:
    """Mean of `power` over s, the estimated standard error as a share of the true one: s^2 df is chi-squared."""
    if math.isinf(df):
        return float(power(np.ones(1))[0]) if most >= 1 else 0.0
    low = math.sqrt(2 * float(special.gammaincinv(df / 2, 1e-17)) / df)
    high = min(most, math.sqrt(2 * float(special.gammainccinv(df / 2, 1e-17)) / df))
    if high <= low:
        return 0.0
    nodes, weights = _gauss()
    s = low + (high - low) * (nodes + 1) / 2
    log_density = (
        math.log(2) + df / 2 * math.log(df / 2) - special.gammaln(df / 2) + (df - 1) * np.log(s) - df * s**2 / 2
    )
    return float((weights * np.exp(log_density) * power(s)).sum() * (high - low) / 2)


def critical_t(df: float, tail: float) -> float:
    """Student's deviate with `tail` above it; normal where `df` is infinite."""
    return float(-special.ndtri(tail)) if math.isinf(df) else float(special.stdtrit(df, 1 - tail))


def power_of(
    effect: float, std_error: float, df: float, alpha: float, alternative: str, margin: float | None, hypothesis: str
) -> float:
    """Power of a test of estimate / standard error, with Student's distribution of `df` degrees of freedom.

    Parameters
    ----------
    effect, std_error
        True difference, and true standard error of its estimate, greater than 0.
    df
        May be infinite.
    alpha, alternative, margin, hypothesis
        As in `readerstudy.power.mrmc`; `hypothesis` may be ``"superiority"``.
    """
    d = effect / std_error
    if hypothesis == "equivalence":
        assert margin is not None
        t, m = critical_t(df, alpha / 2), margin / std_error
        return _over_spread(lambda s: special.ndtr(m - d - t * s) - special.ndtr(t * s - m - d), df, m / t)
    if hypothesis == "non-inferiority":
        assert margin is not None
        t = critical_t(df, alpha / 2)
        away = margin / std_error + (-d if alternative == "less" else d)
        return _over_spread(lambda s: special.ndtr(away - t * s), df)
    if alternative == "two-sided":
        t = critical_t(df, alpha / 2)
        return _over_spread(lambda s: special.ndtr(d - t * s) + special.ndtr(-d - t * s), df)
    t, towards = critical_t(df, alpha), -d if alternative == "less" else d
    return _over_spread(lambda s: special.ndtr(towards - t * s), df)


def smallest(power: Callable[[int], float], wanted: float, start: int, most: int = _MOST) -> int | None:
    """The least whole number from `start` on whose power, which rises, is `wanted` or more; None beyond `most`."""
    if power(start) >= wanted:
        return start
    low, high = start, start
    while power(high) < wanted:
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        if power(middle) >= wanted:
            high = middle
        else:
            low = middle
    return high


def settled(
    power: Callable[[int], float],
    wanted: float,
    guess: float,
    least: int,
    most: int,
    *,
    before: float | None = None,
    beyond: float | None = None,
) -> tuple[int, int] | None:
    """Of a power that rises in saw teeth: the first size that has what is wanted, and the first from which it stays.

    The search begins at `before` times the guess, from a formula, and goes on to `beyond` times the first size that was
    found and 50 more, and on beyond the last tooth. None where nothing up to `most` has the power. The teeth are the
    smaller the larger the sizes are.
    """
    before = before or (0.5 if guess < _LARGE else 0.9)
    beyond = beyond or (1.5 if guess < _LARGE else 1.1)
    n = max(least, int(before * guess))
    while n > least and power(n) >= wanted:
        n = max(least, n // 2)
    while power(n) < wanted:
        n += 1
        if n > most:
            return None
    first = stays = n
    end = min(most, int(beyond * n) + 50)
    while n < end:
        n += 1
        if power(n) < wanted:
            stays = n + 1
            end = min(most, max(end, int((1 + (beyond - 1) / 2) * n) + 20))
    return first, stays
