"""Chance-corrected agreement as a mean over cases: what each case adds to a coefficient.

A coefficient (observed - expected) / (1 - expected) is not a mean, but to first order it is the mean of one number a
case (Gwet 2008, doi:10.1348/000711006X126600). The spread of these numbers gives the standard error, for any number
of readers and with missing reads; of two coefficients of the same cases, their differences give that of the difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Floats, Ints, Tails
from readerstudy.stats._degenerate import WHOLE_RANGE
from readerstudy.stats.diagnostic import cross_counts


class Coefficient(NamedTuple):
    """A coefficient and what each case adds to it."""

    value: float
    parts: Floats
    """Shape (n_cases,), with the mean `value` but for small-sample factors."""


Chance = Callable[[Ints, Floats, Floats], tuple[float, Floats]]
"""From codes (n_readers, n_cases), counts (n_cases, n_categories) and weights: the agreement expected by chance, and
half of what each case adds to it, with mean 0."""

UNDEFINED = Coefficient(math.nan, np.empty(0))


def counts_of(codes: Ints, n_categories: int) -> Floats:
    """How many readers put each case in each category, shape (n_cases, n_categories)."""
    n = codes.shape[1]
    place = (np.arange(n) * n_categories + codes)[codes >= 0]
    return np.bincount(place, minlength=n * n_categories).reshape(n, n_categories).astype(np.float64)


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def by_common_margin(codes: Ints, counts: Floats, weights: Floats) -> tuple[float, Floats]:
    """Chance of Scott and Fleiss: every reader calls at random with the same probabilities."""
    shares = _shares(counts)
    margin = shares.mean(axis=0)
    expected = float(margin @ weights @ margin)
    return expected, shares @ (weights @ margin) - expected


def by_own_margins(codes: Ints, counts: Floats, weights: Floats) -> tuple[float, Floats]:
    """Chance of Cohen and Conger: every reader calls at random with probabilities of their own."""
    r, n = codes.shape
    reads = [line >= 0 for line in codes]
    margins = np.array(
        [np.bincount(line[read], minlength=len(weights)) / read.sum() for line, read in zip(codes, reads, strict=True)]
    )
    total = margins.sum(axis=0)
    pairs = r * (r - 1)
    expected = float(total @ weights @ total - np.einsum("gk,kl,gl->", margins, weights, margins)) / pairs
    adds = np.zeros(n)
    for line, read, margin in zip(codes, reads, margins, strict=True):
        others = weights @ (total - margin)
        adds[read] += (others[line[read]] - margin @ others) * (n / read.sum())
    return expected, adds / pairs


def by_difficulty(codes: Ints, counts: Floats, weights: Floats) -> tuple[float, Floats]:
    """Chance of Gwet: only cases that are hard are called at random, and then each category alike."""
    k = len(weights)
    shares = _shares(counts)
    margin = shares.mean(axis=0)
    factor = float(weights.sum()) / (k * (k - 1))
    return factor * float(margin @ (1 - margin)), -factor * ((shares - margin) @ margin)


def by_equal_calls(codes: Ints, counts: Floats, weights: Floats) -> tuple[float, Floats]:
    """Chance of Bennett, and Brennan and Prediger: each category alike."""
    return float(weights.mean()), np.zeros(len(counts))


def by_no_chance(codes: Ints, counts: Floats, weights: Floats) -> tuple[float, Floats]:
    """No chance agreement taken off."""
    return 0.0, np.zeros(len(counts))


def coefficient(codes: Ints, weights: Floats, chance: Chance) -> Coefficient:
    """Agreement of all pairs of readers beyond `chance`; undefined where no case was read twice or chance is 1.

    Every case of `codes` must have been read.
    """
    counts = counts_of(codes, len(weights))
    reads = counts.sum(axis=1)
    twice = reads >= 2
    if not twice.any():
        return UNDEFINED
    agreed = np.einsum("ik,ik->i", counts, counts @ weights - 1)
    agreement = np.zeros(len(counts))
    agreement[twice] = agreed[twice] / (reads[twice] * (reads[twice] - 1))
    observed = float(agreement[twice].mean())
    expected, adds = chance(codes, counts, weights)
    if expected > 1 - 1e-12:
        return UNDEFINED
    value = (observed - expected) / (1 - expected)
    beyond = np.where(twice, agreement - expected, 0.0) * (len(counts) / twice.sum())
    return Coefficient(value, (beyond - 2 * (1 - value) * adds) / (1 - expected))


def cohen(first: Ints, second: Ints, weights: Floats) -> Coefficient:
    """Cohen's kappa of two readers of the same cases, shape (n_cases,), none missing."""
    n, k = len(first), len(weights)
    p = cross_counts(first, second, k, k) / max(n, 1)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    expected = float(rows @ weights @ columns)
    if n == 0 or expected > 1 - 1e-12:
        return UNDEFINED
    observed = float((weights * p).sum())
    value = (observed - expected) / (1 - expected)
    adds = (weights @ columns)[first] + (rows @ weights)[second] - 2 * expected
    return Coefficient(value, value + (weights[first, second] - observed - (1 - value) * adds) / (1 - expected))


def t_limits(value: float, error: float, df: float, outside: Tails, low: float, high: float) -> tuple[float, float]:
    """Student's interval, cut at `low` and `high`, which also stand for the side that is left open."""
    below = low if outside.low == 0 else value + float(special.stdtrit(df, outside.low)) * error
    above = high if outside.high == 0 else value - float(special.stdtrit(df, outside.high)) * error
    # Rounding can put even the farther limit beyond an end.
    return min(high, max(low, below)), max(low, min(high, above))


def t_p(t: float, df: float, alternative: str) -> float:
    """P-value of Student's statistic."""
    if alternative == "greater":
        return float(special.stdtr(df, -t))
    if alternative == "less":
        return float(special.stdtr(df, t))
    return float(2 * special.stdtr(df, -abs(t)))


def noted(*notes: str | None) -> str | None:
    """The notes that were made, in one."""
    return "; ".join(note for note in notes if note) or None


def with_interval(
    e: Estimate, found: Coefficient, outside: Tails, *, low: float = -1.0, high: float = 1.0, tested: bool = True
) -> Estimate:
    """`e` with the coefficient, its standard error over cases, Student's interval and, if `tested`, the test of 0."""
    n = len(found.parts)
    if found.value < low - 1e-9:
        why = "agreement expected by chance, to which cases of one read count too, leaves no room: undefined"
        return e.replace(note=noted(e.note, why))
    found = found._replace(value=min(high, max(low, found.value)))  # of what rounding puts beyond an end
    e = e.replace(estimate=found.value)
    if n < 2:
        return e.replace(note=noted(e.note, "one case: no standard error"))
    df = n - 1
    error = float(found.parts.std(ddof=1)) / math.sqrt(n)
    # A difference of equal numbers leaves rounding behind.
    error = 0.0 if error < 1e-12 else error
    below, above = t_limits(found.value, error, df, outside, low, high)
    e = e.replace(std_error=error, conf_low=below, conf_high=above, df=df)
    if below == low and above == high and 0 not in outside:
        e = e.replace(note=noted(e.note, WHOLE_RANGE))
    if error == 0:
        e = e.replace(note=noted(e.note, "the standard error is 0: the interval has no width"))
        return e.replace(note=noted(e.note, "no test")) if tested else e
    if tested:
        t = found.value / error
        e = e.replace(statistic=t, p_value=t_p(t, df, e.alternative or "two-sided"), null=0.0)
    return e
