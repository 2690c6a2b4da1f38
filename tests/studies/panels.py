"""Obuchowski and Rockette's mean over readers, slowly: every unit left out in turn, every two cases compared."""

import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats


class Mean(NamedTuple):
    """A mean over readers with what it is known by."""

    estimate: float
    std_error: float
    df: float

    @property
    def interval(self):
        half = stats.t.ppf(0.975, self.df) * self.std_error
        return self.estimate - half, self.estimate + half

    def p_value(self, null=0.0, two_sided=True):
        t = (self.estimate - null) / self.std_error
        return 2 * stats.t.sf(abs(t), self.df) if two_sided else stats.t.sf(t, self.df)


def area(truth, score):
    """Share of the pairs of an ill and a well case that are in order; a tie is half of one."""
    ill, well = score[truth], score[~truth]
    return ((ill[:, None] > well).mean() + (ill[:, None] >= well).mean()) / 2


def share(truth, right):
    """Share of right calls; nan of none."""
    return right.mean() if len(right) else math.nan


def left_out(value, truth, rows, units):
    """Each row's value, and its values when each unit is left out; nan in `rows` = not read."""

    def known(row, keep):
        keep = keep & ~np.isnan(row)
        return value(truth[keep], row[keep])

    everything = np.ones(len(truth), dtype=bool)
    theta = np.array([known(row, everything) for row in rows])
    without = np.repeat(theta[:, None], len(np.unique(units)), axis=1)
    for k, unit in enumerate(np.unique(units)):
        for i, row in enumerate(rows):
            if not np.isnan(row[units == unit]).all():
                without[i, k] = known(row, units != unit)
    return theta, without


def blocks_of(rows, units):
    """Readers who share a unit, directly or through others, have one code; `rows` are all reads of each reader."""
    read = [set(units[~np.isnan(row).all(axis=0)]) for row in rows]
    code = list(range(len(read)))
    for a, b in itertools.combinations(range(len(read)), 2):
        if read[a] & read[b]:
            code = [code[a] if c == code[b] else c for c in code]
    codes = np.unique(code, return_inverse=True)[1]
    # With fewer than two readers a block, or none who shares a case with another, there is no block to keep apart.
    return np.zeros_like(codes) if len(codes) / len(set(codes)) < 2 else codes


def units_of(rows, units):
    """Which units each row has a read of."""
    return np.array([[(~np.isnan(row[units == unit])).any() for unit in np.unique(units)] for row in rows])


def mean_over_readers(theta, without, blocks=None, read=None):
    """The mean of the readers' values; readers of different blocks share no case.

    With `read`, the units that each of them has read, two who share none are as independent as their samples are.
    """
    j, n = without.shape
    blocks = np.zeros(j, dtype=int) if blocks is None else np.asarray(blocks)
    covariance = np.cov(without, ddof=0) * (n - 1)
    if read is not None:
        covariance = np.where(read.astype(int) @ read.T.astype(int) > 0, covariance, 0)
    together = [covariance[a, b] for a, b in itertools.combinations(range(j), 2) if blocks[a] == blocks[b]]
    apart = [((theta[blocks == block] - theta[blocks == block].mean()) ** 2).sum() for block in np.unique(blocks)]
    df = j - len(apart)
    square = sum(apart) / df
    in_block = np.mean([(blocks == block).sum() for block in blocks])
    shared = in_block * max(np.mean(together), 0)
    return Mean(theta.mean(), math.sqrt((square + shared) / j), (square + shared) ** 2 / (square**2 / df))


def holds(e, mean, rel=1e-8):
    """Assert that a record is this mean, its interval cut to what is possible."""
    assert e.estimate == pytest.approx(mean.estimate, rel=1e-8, abs=1e-12)
    assert (e.std_error, e.df) == pytest.approx((mean.std_error, mean.df), rel=rel)
    low, high = mean.interval
    least = -1 if e.versus else 0
    assert (e.conf_low, e.conf_high) == pytest.approx((max(low, least), min(high, 1)), rel=rel, abs=1e-12)
