"""Unbiased covariance of means over cases, or over pairs of a positive and a negative case, read by several readers.

The product of two means estimates the product of the true ones plus their covariance. Its part from different cases
alone estimates the product without the covariance, so that their difference is the covariance without bias (Gallas
2006, doi:10.1016/j.acra.2005.11.030), whoever read which cases.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from readerstudy.stats._arrays import Bools, Floats
from readerstudy.stats.mrmc.measure import Measure
from readerstudy.stats.roc_bootstrap import levels

_BLOCK = 2**21

EXACT = ("auc", "sensitivity", "specificity", "accuracy")
"""Measures that are a mean over cases, or over pairs of a positive and a negative case."""


class Sums(NamedTuple):
    """Products of two rows' successes, summed by what the two successes have in common.

    A success is of a pair of cases for areas, of a case for proportions. There is one leading axis for each sample of
    cases - positive, negative for areas; the cases for proportions - with the sum over the same case at 0 and that over
    any two cases at 1; the last two axes are the rows.
    """

    product: Floats
    """Shape (2, 2, n_rows, n_rows) or (2, n_rows, n_rows)."""
    number: Floats
    """How many products were summed, the same shape."""

    def covariance(self) -> Floats:
        """Covariance of the rows' means over samples of cases, shape (n_rows, n_rows); nan where there is none."""
        n_samples = self.product.ndim - 2
        everything = (1,) * n_samples
        product, number = apart(self.product, n_samples)[everything], apart(self.number, n_samples)[everything]
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = self.product[everything] / self.number[everything] - product / number
        return np.where(number > 0, found, math.nan)


def apart(sums: Floats, n_axes: int) -> Floats:
    """Sums over the same one and over any two, at 0 and 1 of the first axes, with any two made two different ones."""
    found = sums.copy()
    for axis in range(n_axes):
        moved = np.moveaxis(found, axis, 0)
        moved[1] -= moved[0]
    return found


def sums_of(measure: Measure, truth: Bools, rows: Floats) -> Sums:
    """The sums of an exact measure's successes, of reads of shape (n_rows, n_cases), nan = not read."""
    return _area_sums(truth, rows) if measure.name == "auc" else _share_sums(measure, truth, rows)


def unbiased_covariance(measure: Measure, truth: Bools, rows: Floats) -> Floats:
    """Covariance of an exact measure over samples of cases; nan where two rows have no different cases."""
    return sums_of(measure, truth, rows).covariance()


def _share_sums(measure: Measure, truth: Bools, rows: Floats) -> Sums:
    relevant = measure.relevant(truth)
    truth, rows = truth[relevant], rows[:, relevant]
    read = (~np.isnan(rows)).astype(np.float64)
    right = np.zeros(rows.shape)
    for one, row, of_row in zip(right, rows, read > 0, strict=True):
        if of_row.any():
            one[of_row] = measure.right(truth[of_row], row[of_row])
    total, n = right.sum(axis=1), read.sum(axis=1)
    return Sums(np.stack((right @ right.T, np.outer(total, total))), np.stack((read @ read.T, np.outer(n, n))))


def _area_sums(truth: Bools, rows: Floats) -> Sums:
    """Works with twice the success of each pair: 0, 1 or 2.

    Only the sum over pairs that two rows have in common needs the pairs themselves, and takes them in blocks.
    """
    ranks = np.full(rows.shape, np.nan, dtype=np.float32)
    for rank, row in zip(ranks, rows, strict=True):
        there = ~np.isnan(row)
        if there.any():
            rank[there] = levels(row[there])
    positive, negative = ranks[:, truth], ranks[:, ~truth]
    r, m, n = len(rows), positive.shape[1], negative.shape[1]
    of_negative, of_positive, both = np.zeros((r, n)), np.zeros((r, m)), np.zeros((r, r))
    block = max(1, _BLOCK // max(1, r * m))
    for start in range(0, n, block):
        first, second = positive[:, None, :], negative[:, start : start + block, None]
        # Neither holds for a case that was not read.
        twice = ((first > second).view(np.int8) + (first >= second).view(np.int8)).astype(np.float32)
        of_negative[:, start : start + block] = twice.sum(axis=2)
        of_positive += twice.sum(axis=1)
        flat = twice.reshape(r, -1)
        both += flat @ flat.T  # whole numbers below 2^24 in each block: single precision is exact
    has_positive, has_negative = ((~np.isnan(part)).astype(np.float64) for part in (positive, negative))
    n_positive, n_negative = has_positive @ has_positive.T, has_negative @ has_negative.T
    total, m_of, n_of = of_positive.sum(axis=1), np.diag(n_positive), np.diag(n_negative)
    any_positive, any_negative = np.outer(m_of, m_of), np.outer(n_of, n_of)
    product = ((both, of_positive @ of_positive.T), (of_negative @ of_negative.T, np.outer(total, total)))
    number = (
        (n_positive * n_negative, n_positive * any_negative), (any_positive * n_negative, any_positive * any_negative)
    )  # fmt: skip
    return Sums(np.array(product) / 4, np.array(number))
