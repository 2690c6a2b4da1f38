"""Resampled cases for everything that an ROC curve gives: positive and negative cases are drawn apart.

Scores are sorted once. A replicate is counts of each distinct score, so that ties are exploited and no score is
sorted or compared again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from readerstudy.stats._arrays import Bools, Floats, Ints
from readerstudy.stats.roc_curve import Paths, paths

INTERVALS = ("bootstrap", "bca")
"""Names of the intervals from resampled cases: percentile, and bias-corrected and accelerated."""

_BLOCK = 500_000
"""Counts held at once: about as much as stays in a processor's cache."""

Counts = tuple[Ints, Ints]
"""Positive and negative cases of each distinct score, shape (n_replicates, n_levels)."""


def checked_replicates(n_boot: int) -> None:
    """Raise unless `n_boot` replicates have a spread."""
    if n_boot < 2:
        raise ValueError(f"n_boot must be 2 or more, got {n_boot!r}")


def levels(score: Floats) -> Ints:
    """The rank of every case's score among the distinct scores, from 0."""
    return np.unique(score, return_inverse=True)[1].astype(np.int64)


def resamples(
    truth: Bools, rows: Sequence[Ints], n_boot: int, rng: np.random.Generator
) -> Iterator[tuple[Counts, ...]]:
    """Blocks of replicates: for each row of levels (one score of the same cases), the counts of resampled cases.

    The order of the cases does not matter, only which levels go together.
    """
    order = np.lexsort(rows)
    sorted_truth = truth[order]
    sizes = [int(row.max()) + 1 for row in rows]
    classes = [[row[order][of_class] for row in rows] for of_class in (sorted_truth, ~sorted_truth)]
    block = max(1, _BLOCK // max(len(truth), *sizes))
    for start in range(0, n_boot, block):
        size = min(block, n_boot - start)
        drawn = [_drawn(of_class, sizes, size, rng) for of_class in classes]
        yield tuple(zip(*drawn, strict=True))


def _drawn(rows: list[Ints], sizes: list[int], size: int, rng: np.random.Generator) -> list[Ints]:
    """Counts of each row's levels when as many cases as there are are drawn from one class, `size` times."""
    n = len(rows[0])
    if len(rows) == 1 and sizes[0] * 8 < n:  # far fewer distinct scores than cases
        counts = np.bincount(rows[0], minlength=sizes[0])
        return [rng.multinomial(n, counts / n, size=size)]
    case = rng.integers(0, n, (size, n))
    replicate = np.arange(size)[:, None]
    return [
        np.bincount((row[case] + replicate * levels_of_row).ravel(), minlength=size * levels_of_row).reshape(size, -1)
        for row, levels_of_row in zip(rows, sizes, strict=True)
    ]


def areas(positive: Ints, negative: Ints) -> Floats:
    """AUC of each row of counts."""
    outscored = 2 * np.cumsum(negative, axis=1) - negative
    area: Floats = (positive * outscored).sum(axis=1) / (2 * positive[0].sum() * negative[0].sum())
    return area


def resampled_areas(truth: Bools, score: Floats, n_boot: int, rng: np.random.Generator) -> Floats:
    """AUC of every replicate."""
    row = levels(score)
    positive, negative = np.sort(row[truth]), np.sort(row[~truth])
    m, n = len(positive), len(negative)
    if (int(row.max()) + 1) * 8 < max(m, n):
        return np.concatenate([areas(*counts) for (counts,) in resamples(truth, [row], n_boot, rng)])
    # One replicate at a time: its counts fit a processor's cache, and positive cases need not be counted at all.
    left, right = negative.searchsorted(positive, "left"), negative.searchsorted(positive, "right")
    tied = bool((left != right).any())
    through = np.zeros(n + 1, dtype=np.int64)
    found = np.empty(n_boot)
    for replicate in range(n_boot):
        np.cumsum(np.bincount(rng.integers(0, n, n), minlength=n), out=through[1:])
        case = rng.integers(0, m, m)
        below = through[left[case]].sum()
        found[replicate] = below + (through[right[case]].sum() if tied else below)
    return found / (2 * m * n)


def of_curves(
    truth: Bools, rows: Sequence[Ints], n_boot: int, rng: np.random.Generator, value: Callable[[Paths], Floats]
) -> Floats:
    """`value` of the curves of every replicate, shape (n_scores, n_boot)."""
    drawn = [[value(paths(*counts)) for counts in block] for block in resamples(truth, rows, n_boot, rng)]
    return np.concatenate([np.stack(block) for block in drawn], axis=1)


class Bootstrap(NamedTuple):
    """A number and its replicates."""

    estimate: float
    replicates: Floats
    acceleration: float = math.nan
    """For the interval ``"bca"``."""

    @property
    def std_error(self) -> float:
        """Standard deviation of the replicates; exactly 0 when they are all the same."""
        return 0.0 if np.ptp(self.replicates) < 1e-13 else float(np.std(self.replicates, ddof=1))

    def limits(self, method: str, low_tail: float, high_tail: float, ends: tuple[float, float]) -> tuple[float, float]:
        """Percentile or BCa limits; a tail of 0 puts its limit at the end of the range."""
        low_share, high_share = low_tail, 1 - high_tail
        if method == "bca":
            low_share, high_share = self._bca_share(low_tail), self._bca_share(1 - high_tail)
        low, high = np.quantile(self.replicates, [low_share, high_share])
        return (
            ends[0] if low_tail == 0 else max(ends[0], float(low)),
            ends[1] if high_tail == 0 else min(ends[1], float(high)),
        )

    def _bca_share(self, share: float) -> float:
        """Which quantile of the replicates stands for the quantile `share` of the sampling distribution."""
        if share in (0, 1):
            return share
        size = len(self.replicates)
        near = np.abs(self.replicates - self.estimate) < 1e-13
        smaller = np.count_nonzero((self.replicates < self.estimate) & ~near) + np.count_nonzero(near) / 2
        bias = special.ndtri(min(max(smaller / size, 0.5 / size), 1 - 0.5 / size))
        shifted = bias + special.ndtri(share)
        slope = 1 - self.acceleration * shifted
        # Where the correction runs away there is no replicate that far out: the last one is the limit.
        return float(special.ndtr(bias + shifted / slope)) if slope > 0 else float(shifted > 0)


def acceleration(influences: Sequence[Floats]) -> float:
    """Acceleration of BCa limits from the influence of each case on the estimate, one array a class.

    Each is the case's effect on the estimate: for a mean, (value - mean) / size of the class. Source: Efron and
    Tibshirani 1993, An introduction to the bootstrap, sections 14.3 and 22.5, doi:10.1201/9780429246593.
    """
    squares = sum(float((u**2).sum()) for u in influences)
    cubes = sum(float((u**3).sum()) for u in influences)
    return 0.0 if squares <= 0 else cubes / (6 * squares**1.5)


def jackknife_acceleration(truth: Bools, row: Ints, value: Callable[[Paths], Floats]) -> float:
    """Acceleration of a number that a curve gives, by leaving out one case of each class and level at a time."""
    size = int(row.max()) + 1
    counts = [np.bincount(row[of_class], minlength=size) for of_class in (truth, ~truth)]
    influences = []
    for index in (0, 1):
        present = np.flatnonzero(counts[index])
        n = int(counts[index].sum())
        if n < 2:
            continue
        values = []
        block = max(1, _BLOCK // size)
        for start in range(0, len(present), block):
            part = present[start : start + block]
            both = [np.repeat(of_class[None], len(part), axis=0) for of_class in counts]
            both[index][np.arange(len(part)), part] -= 1
            values.append(value(paths(*both)))
        left_out = np.repeat(np.concatenate(values), counts[index][present])
        influences.append((left_out.mean() - left_out) * (n - 1) / n)
    return acceleration(influences)
