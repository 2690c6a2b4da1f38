"""The variance of a mean over readers, and its degrees of freedom: the piece that every analysis here is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from readerstudy.stats._arrays import Bools, Floats, Ints

ROUNDING = 1e-24
"""A variance below this share of the squared values is rounding."""


class Random(NamedTuple):
    """What was taken as a sample."""

    readers: bool
    cases: bool

    @property
    def words(self) -> str:
        """As it stands in `Estimate.random`."""
        return {(True, True): "readers and cases", (True, False): "readers", (False, True): "cases"}[self]


def random_of(given: str | Sequence[str]) -> Random:
    """Which of readers and cases are random.

    Raises
    ------
    ValueError
        Unless it is readers, cases, or both.
    """
    names = {given} if isinstance(given, str) else set(given)
    if not names or not names <= {"readers", "cases"}:
        raise ValueError(f"random must be ('readers', 'cases'), 'readers' or 'cases', got {given!r}")
    return Random("readers" in names, "cases" in names)


class Spread(NamedTuple):
    """A variance with its degrees of freedom, which are infinite where no mean square is in it."""

    variance: float
    df: float
    notes: tuple[str, ...] = ()


NO_SPREAD = Spread(math.nan, math.nan)
NEGATIVE = "the covariance of the readers is negative and taken as 0"
ONE_READER = "one reader: nothing is known about readers in general, so there is no interval"
ONE_CASE = "undefined without some case, as with one case of a class: no covariance, so there is no interval"


def readers_a_block(blocks: Ints) -> float:
    """How many readers share their cases with a reader, himself included, on average over readers."""
    sizes = np.bincount(blocks)
    return float((sizes**2).sum() / sizes.sum())


def sharing(blocks: Ints) -> Bools:
    """Pairs of different readers of the same cases."""
    same: Bools = (blocks[:, None] == blocks) & ~np.eye(len(blocks), dtype=bool)
    return same


def mean_known(values: Floats) -> float:
    """Mean of what is known; 0 of no values at all, nan where all are unknown."""
    if values.size == 0:
        return 0.0
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def within_blocks(theta: Floats, blocks: Ints) -> tuple[float, int]:
    """Mean square of readers about the mean of their block, and its degrees of freedom."""
    sizes = np.bincount(blocks)
    means = np.bincount(blocks, theta) / np.maximum(sizes, 1)
    df = len(theta) - int(np.count_nonzero(sizes))
    return (float(((theta - means[blocks]) ** 2).sum()) / df if df else math.nan), df


def satterthwaite(mean_square: float, shared: float, df: int) -> float:
    """Hillis' degrees of freedom of mean square + covariance part; infinite where readers do not differ."""
    return math.inf if mean_square == 0 else (mean_square + shared) ** 2 / (mean_square**2 / df)


def averaged(theta: Floats, covariance: Floats | None, blocks: Ints, random: Random) -> Spread:
    """Spread of the mean of the readers' values.

    With MS the mean square of readers within blocks of readers of the same cases, C2 the mean covariance of two of a
    block and r the readers a block: (MS + r max(C2, 0)) / J for random readers and cases, MS / J for random readers,
    (V + (r - 1) C2) / J for random cases, with V the mean variance.

    Parameters
    ----------
    theta
        Shape (n_readers,).
    covariance
        Over samples of cases, shape (n_readers, n_readers); None when cases are fixed.
    blocks
        Who shares cases, coded from 0, shape (n_readers,).
    random
        What is a sample.
    """
    j = len(theta)
    mean_square, df = within_blocks(theta, blocks)
    floor = ROUNDING * max(float((theta**2).max()), 0.0)
    if random.readers and df == 0:
        return Spread(math.nan, math.nan, (ONE_READER,))
    mean_square = 0.0 if mean_square <= floor else mean_square
    if not random.cases:
        return Spread(mean_square / j, df)
    assert covariance is not None
    r = readers_a_block(blocks)
    shared = mean_known(covariance[sharing(blocks)])
    if not random.readers:
        variance = (mean_known(np.diag(covariance)) + (r - 1) * shared) / j
        return Spread(_positive(variance, floor), math.inf, (ONE_CASE,) if math.isnan(variance) else ())
    if math.isnan(shared):
        return Spread(math.nan, math.nan, (ONE_CASE,))
    notes = []
    alone = int(np.isnan(np.diag(covariance)).sum())
    if alone:
        notes.append(f"{alone} of {j} readers read one case of a class: the covariance is that of the others")
    if shared < -floor:
        notes.append(NEGATIVE)
    part = r * _positive(shared, floor)
    return Spread((mean_square + part) / j, satterthwaite(mean_square, part, df), tuple(notes))


def _positive(value: float, floor: float) -> float:
    return value if math.isnan(value) else 0.0 if value <= floor else value
