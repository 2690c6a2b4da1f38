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


_PART = 2**15
"""Scores handled at once: as many as stay in a processor's cache."""
_BELOW_SIGN = 2**63 - 1
"""All bits of a float but its sign."""


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

    No placement of a single case is needed, only sums of whole numbers, so that this is faster than `placements` and
    nothing is rounded before the end.
    """
    positives = int(np.count_nonzero(truth))
    m, n = positives, len(truth) - positives
    n_few, n_many = min(m, n), max(m, n)
    left, right = _ranks(truth if m <= n else ~truth, score)
    tied = left is not right
    below = left + right  # twice the cases of the other class under each of the few, ties counted once
    total = int(below.sum())
    # One of the many, at position j, has the few with right <= j under it and those with left <= j at or under it.
    if tied:
        above = np.cumsum(np.bincount(left, minlength=n_many + 1))[:-1]
        above += np.cumsum(np.bincount(right, minlength=n_many + 1))[:-1]
        squares = _total(above * above, (2 * n_few) ** 2)
    else:
        # The square of a count of few is the number of their pairs, and pair (i, k <= i) lies under the same as i.
        pairs = np.arange(1, 2 * n_few, 2) * (n_many - left)
        squares = 4 * _total(pairs, 2 * m * n)
    of_few = _variance_of_sums(total, _total(below * below, (2 * n_many) ** 2), n_few) / (2 * n_many) ** 2
    of_many = _variance_of_sums(2 * m * n - total, squares, n_many) / (2 * n_few) ** 2
    area = total / (2 * m * n) if m <= n else (2 * m * n - total) / (2 * m * n)
    return area, of_few + of_many


def _ranks(few: Bools, score: Floats) -> tuple[Ints, Ints]:
    """How many of the other cases lie under each of the few, and under or level with it, the few in ascending order.

    Where none of them is level the two are one array. Scores are sorted once, with their class: the bits of a float
    below its sign are a whole number that, with the sign, orders as the float does, and the last bit of it makes room
    for the class.
    """
    bits = score.astype(np.float64).view(np.int64)
    crowded = False
    for start in range(0, len(bits), _PART):
        part = bits[start : start + _PART]
        sign = part >> 63  # 0 or -1
        part &= _BELOW_SIGN
        part ^= sign
        part -= sign
        crowded = crowded or bool(np.bitwise_or.reduce(part) & 1)
        part &= -2
        part |= few[start : start + _PART]
    bits.sort()
    is_few = (bits.astype(np.int8) & 1).view(np.bool_)
    at = np.flatnonzero(is_few)
    right = at - np.arange(len(at))
    if not ((bits[1:] ^ bits[:-1]) == 1).any():
        return right, right
    if not crowded:  # every last bit was free, so that these are all ties
        return bits[~is_few].searchsorted(bits.take(at) - 1), right
    # Level, or neighbours among all floats: only the scores themselves can tell.
    ranked, others = np.sort(score[few]), np.sort(score[~few])
    left, right = others.searchsorted(ranked, "left"), others.searchsorted(ranked, "right")
    return left, right if (left != right).any() else left


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


def newcombe_limits(auc: float, m: float, n: float, low_tail: float, high_tail: float) -> tuple[float, float]:
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
