"""Krippendorff's alpha: agreement of any number of readers on any scale, with missing reads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, tails
from readerstudy.stats._reads import coded, measured
from readerstudy.stats.linearised import UNDEFINED, Coefficient, noted, with_interval

METRICS = ("nominal", "ordinal", "interval", "ratio")
"""Names of the ways to measure how far apart two values are."""

Distance = Callable[[Ints, Ints], Floats]
"""Disagreement of two values, 0 where they are equal, from their places among the values."""

_AT_ONCE = 1_000_000


def _squared(scores: Floats) -> Distance:
    def distance(a: Ints, b: Ints) -> Floats:
        gap: Floats = (scores[a] - scores[b]) ** 2
        return gap

    return distance


def _nominal(a: Ints, b: Ints) -> Floats:
    differ: Floats = (a != b).astype(np.float64)
    return differ


def _ratio(values: Floats) -> Distance:
    def distance(a: Ints, b: Ints) -> Floats:
        total = values[a] + values[b]
        gap: Floats = ((values[a] - values[b]) / np.where(total == 0, 1.0, total)) ** 2
        return gap

    return distance


def pairable(codes: Ints) -> Ints:
    """The cases that two readers or more read."""
    cases: Ints = codes[:, (codes >= 0).sum(axis=0) >= 2]
    return cases


def margin_of(codes: Ints, n_values: int) -> Floats:
    """How often each value occurs, as a proportion of all reads."""
    counts = np.bincount(codes[codes >= 0], minlength=n_values)
    margin: Floats = counts / counts.sum()
    return margin


def ranks_of(margin: Floats) -> Floats:
    """Mean rank of each value as a proportion: the scale on which Krippendorff's ordinal metric is a square."""
    return np.cumsum(margin) - margin / 2


def _over_reads(numbers: Floats, codes: Ints) -> Floats:
    """Sum over the reads of each case of the number that belongs to the value read."""
    sums: Floats = np.where(codes >= 0, numbers[codes], 0.0).sum(axis=0)
    return sums


def alpha(codes: Ints, margin: Floats, distance: Distance, ranks: Floats | None = None) -> Coefficient:
    """Krippendorff's alpha of pairable cases, with what each case adds; `ranks` where `distance` is by ranks."""
    k, read = len(margin), codes >= 0
    reads = read.sum(axis=0)
    mean_reads = float(reads.mean())
    within = np.zeros(codes.shape[1])
    for first, second in combinations(range(len(codes)), 2):
        both = read[first] & read[second]
        within[both] += 2 * distance(codes[first][both], codes[second][both])
    within /= mean_reads * (reads - 1)
    step = max(1, _AT_ONCE // k)
    every = np.arange(k)
    apart = np.concatenate([
        distance(every[start : start + step, None], every[None, :]) @ margin for start in range(0, k, step)
    ])  # fmt: skip
    expected = float(margin @ apart)
    if expected < 1e-14:
        return UNDEFINED
    observed = float(within.mean())
    total = int(reads.sum())
    ratio = observed / expected
    adds = (_over_reads(apart, codes) - reads * expected) / mean_reads
    # What a case owes to its number of reads is taken off with the small-sample factor of alpha, as Gwet does.
    size = (1 - 1 / total) * observed * (reads - mean_reads) / mean_reads
    parts = 1 - (within - size) / expected + 2 * ratio * adds / expected
    if ranks is not None:
        parts += _through_ranks(codes, margin, ranks, ratio) / expected
    return Coefficient(1 - (1 - 1 / total) * ratio, parts)


def _through_ranks(codes: Ints, margin: Floats, ranks: Floats, ratio: float) -> Floats:
    """What a case adds by moving the ranks themselves, in units of the expected disagreement."""
    read = codes >= 0
    reads = read.sum(axis=0)
    score = np.where(read, ranks[codes], 0.0)
    others = (score.sum(axis=0) - score) / (reads - 1)
    paired = np.bincount(codes[read], weights=others[read], minlength=len(margin)) / reads.sum()
    pull = ranks * margin - paired - ratio * margin * (ranks - float(margin @ ranks))
    # A read moves the rank of every higher value by one, of its own by a half.
    moved = np.cumsum(pull[::-1])[::-1] - pull / 2
    gained: Floats = -4 * (_over_reads(moved, codes) - reads * float(margin @ moved)) / reads.mean()
    return gained


def krippendorff_alpha(
    ratings: ArrayLike,
    *,
    metric: str = "nominal",
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Krippendorff's alpha: 1 - observed / expected disagreement of the reads.

    The expected disagreement is that of any two reads, whoever made them and of whichever case. Range [-1, 1],
    best 1, 0 at chance.

    Parameters
    ----------
    ratings
        Shape (n_readers, n_cases); nan or None = not read. Cases read once are left out.
    metric
        How disagreement of two values is measured: ``"nominal"`` (equal or not), ``"ordinal"`` (by the reads that
        lie between), ``"interval"`` (squared difference) or ``"ratio"`` (squared difference over sum).
    categories
        For ``"nominal"`` and ``"ordinal"``: all categories in order; by default those that occur, sorted.
        ``"interval"`` and ``"ratio"`` need numbers.
    conf_level, alternative
        As in `proportion`.

    Returns
    -------
    Estimate
        `std_error` over cases by linearisation , interval and test of 0 by Student's t with `df`
        = n_cases - 1, the interval cut at -1 and 1. `n_cases` counts the cases read at least twice.

    Raises
    ------
    ValueError
        If `ratings` has not two dimensions, is not among `categories`, is no number where numbers are needed, or is
        negative with ``"ratio"``; or a name is unknown.

    Notes
    -----
    Cases must be independent; readers are taken as they are. The standard error is Gwet's; for the ordinal metric it
    also takes up that the ranks are estimated. When all reads are equal, alpha is nan with a note.

    References
    ----------
    Hayes and Krippendorff 2007, doi:10.1080/19312450709336664. Krippendorff 2004,
    doi:10.1111/j.1468-2958.2004.tb00738.x. Standard error: Gwet, Handbook of Inter-Rater Reliability, 4th edition
    2014, ISBN 978-0-9708062-8-4.

    Examples
    --------
    Krippendorff's example of four observers and twelve units:

    >>> nan = float("nan")
    >>> ratings = [[1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
    ...            [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan]]
    >>> [round(krippendorff_alpha(ratings, metric=metric).estimate, 3) for metric in METRICS]
    [0.743, 0.815, 0.849, 0.797]
    """
    _choice.check(metric, METRICS, "metric")
    outside = tails(conf_level, alternative)
    values = np.empty(0)
    codes: Ints
    if metric in ("interval", "ratio"):
        numbers, note = measured(ratings)
        read = ~np.isnan(numbers)
        values, places = np.unique(numbers[read], return_inverse=True)
        if metric == "ratio" and (values < 0).any():
            raise ValueError(f"ratings must not be negative for metric='ratio', got {values[0]}")
        n_values = len(values)
        codes = np.full(numbers.shape, -1, dtype=np.int64)
        codes[read] = places
    else:
        reads = coded(ratings, categories)
        codes, n_values, note = reads.codes, len(reads.categories), reads.note
    codes = pairable(codes)
    k, n = codes.shape
    e = Estimate(
        measure="krippendorff_alpha",
        method=f"krippendorff-{metric}",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=n,
        n_readers=k,
        note=note,
    )
    if n == 0:
        return e.replace(note=noted(note, "no case was read by two readers"))
    margin = margin_of(codes, n_values)
    ranks = ranks_of(margin) if metric == "ordinal" else None
    if ranks is not None:
        distance = _squared(ranks)
    else:
        distance = {"nominal": _nominal, "interval": _squared(values), "ratio": _ratio(values)}[metric]
    if np.count_nonzero(margin) < 2:
        return e.replace(note=noted(note, "all reads are equal: undefined"))
    return with_interval(e, alpha(codes, margin, distance, ranks), outside)
