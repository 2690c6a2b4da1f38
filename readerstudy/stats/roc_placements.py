"""Kernels of the empirical AUC: placements of cases, DeLong's variance and covariance, Newcombe's limits."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from readerstudy.stats._arrays import Bools, Floats, Ints, z_of


class Placements(NamedTuple):
    """DeLong's structural components of one score, and their means' exact common value."""

    auc: float
    positive: Floats
    """For each positive case, the share of negative cases it outscores (ties half)."""
    negative: Floats
    """For each negative case, the share of positive cases that outscore it (ties half)."""


def placements(truth: Bools, score: Floats) -> Placements:
    """Placements of every case in O(n log n) and O(n) memory; needs at least one case of each class."""
    order = np.argsort(score)
    positive, ordered = truth[order], score[order]
    n_positive = np.cumsum(positive, dtype=np.int64)
    m, n = int(n_positive[-1]), len(score) - int(n_positive[-1])
    n_negative = np.arange(1, len(score) + 1) - n_positive
    # Twice the cases of the other class below, ties counted once: whole numbers, so the AUC has no rounding error.
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    if len(last) == len(score):
        below, under = 2 * n_negative, 2 * n_positive  # of the other class: a case's own count does not matter
    else:
        below, under = _midway(n_negative, last), _midway(n_positive, last)
    shares = np.empty(len(score))
    shares[order] = np.where(positive, below / (2 * n), 1 - under / (2 * m))
    return Placements(int(below[positive].sum()) / (2 * m * n), shares[truth], shares[~truth])


def _midway(passed: Ints, last: Ints) -> Ints:
    """Cases passed before each group of ties plus those passed with it; `last` is where the groups end."""
    through = passed[last]
    return np.repeat(through + np.concatenate(([0], through[:-1])), np.diff(last, prepend=-1))


def auc_and_variance(truth: Bools, score: Floats) -> tuple[float, float]:
    """AUC and DeLong's variance, nan when a class has one case.

    Each class is sorted and the smaller one is looked up in the other. No placement of a single case is needed, only
    sums of whole numbers, so that this is faster than `placements` and nothing is rounded before the end.
    """
    positive, negative = score.take(np.flatnonzero(truth)), score.take(np.flatnonzero(~truth))
    m, n = len(positive), len(negative)
    few, many = (np.sort(values) for values in ((positive, negative) if m <= n else (negative, positive)))
    left = many.searchsorted(few, "left")
    tied = bool((many.take(np.minimum(left, len(many) - 1)) == few).any())
    right = many.searchsorted(few, "right") if tied else left
    below = left + right  # twice the cases of the other class under each of the few, ties counted once
    total = int(below.sum())
    # One of the many, at position j, has the few with right <= j under it and those with left <= j at or under it.
    if tied:
        above = np.cumsum(np.bincount(left, minlength=len(many) + 1))[:-1]
        above += np.cumsum(np.bincount(right, minlength=len(many) + 1))[:-1]
        squares = _total(above * above, (2 * len(few)) ** 2)
    else:
        # The square of a count of few is the number of their pairs, and pair (i, k <= i) lies under the same as i.
        pairs = np.arange(1, 2 * len(few), 2) * (len(many) - left)
        squares = 4 * _total(pairs, 2 * m * n)
    of_few = _variance_of_sums(total, _total(below * below, (2 * len(many)) ** 2), len(few)) / (2 * len(many)) ** 2
    of_many = _variance_of_sums(2 * m * n - total, squares, len(many)) / (2 * len(few)) ** 2
    area = total / (2 * m * n) if m <= n else (2 * m * n - total) / (2 * m * n)
    return area, of_few + of_many


def _total(values: Ints, largest: int) -> int:
    """Sum of whole numbers up to `largest`, in parts that cannot overflow."""
    part = max(1, 2**62 // max(1, largest))
    return sum(int(values[start : start + part].sum()) for start in range(0, len(values), part))


def _variance_of_sums(total: int, squares: int, size: int) -> float:
    """Variance of the mean of `size` whole numbers from their sum and their sum of squares; nan for a single one."""
    return (size * squares - total * total) / (size * size * (size - 1)) if size > 1 else math.nan


def _variance(values: Floats | Ints) -> float:
    """Variance of the mean of `values`; nan for a single one."""
    return float(np.var(values, ddof=1)) / len(values) if len(values) > 1 else math.nan


def delong_variance(p: Placements) -> float:
    """DeLong's variance of the AUC; nan when a class has one case."""
    return _variance(p.positive) + _variance(p.negative)


def delong_covariance(truth: Bools, score_rows: Floats) -> tuple[Floats, Floats]:
    """AUCs of several scores of the same cases (n_readers, n_cases) and their DeLong covariance matrix."""
    found = [placements(truth, row) for row in score_rows]
    positive = np.stack([p.positive for p in found])
    negative = np.stack([p.negative for p in found])
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = _covariance(positive) / positive.shape[1] + _covariance(negative) / negative.shape[1]
    return np.array([p.auc for p in found]), covariance


def _covariance(rows: Floats) -> Floats:
    if rows.shape[1] < 2:
        return np.full((len(rows), len(rows)), math.nan)
    centred = rows - rows.mean(axis=1, keepdims=True)
    product: Floats = centred @ centred.T / (rows.shape[1] - 1)
    return product


def newcombe_limits(auc: float, m: int, n: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Newcombe's method 5: score limits with a variance that depends on the AUC alone.

    They have width also where DeLong's variance is 0, as at AUC = 1. Source: Newcombe 2006, Statistics in
    Medicine 25:559-573, doi:10.1002/sim.2324.
    """
    mean_size = (m + n) / 2 - 1

    def excess(theta: float, z: float) -> float:
        spread = 1 + mean_size * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (theta - auc) ** 2 - z * z * theta * (1 - theta) * spread / (m * n)

    def limit(end: float, tail: float) -> float:
        """Root between `end` of the range and the estimate, by bisection: excess falls from end to estimate."""
        if tail == 0 or auc == end:
            return end
        z, outer, inner = z_of(tail), end, auc
        for _ in range(200):
            middle = (outer + inner) / 2
            if excess(middle, z) > 0:
                outer = middle
            else:
                inner = middle
        return inner

    return limit(0.0, low_tail), limit(1.0, high_tail)


def normal_limits(value: float, error: float, low_tail: float, high_tail: float, *, logit: bool) -> tuple[float, float]:
    """Limits of a number in [0, 1]: plain, cut at 0 and 1, or on the logit scale."""
    if not logit:
        return max(0.0, value - z_of(low_tail) * error), min(1.0, value + z_of(high_tail) * error)
    centre, spread = math.log(value / (1 - value)), error / (value * (1 - value))
    low, high = (1 / (1 + np.exp(-(centre + s))) for s in (-z_of(low_tail) * spread, z_of(high_tail) * spread))
    return float(low), float(high)
