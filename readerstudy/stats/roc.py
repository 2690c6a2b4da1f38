"""The empirical ROC curve and the area under it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, binary, normal_p, same_length, scores, tails, z_of

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("delong", "logit", "bootstrap")
"""Names of the interval methods of the AUC."""

_NEWCOMBE = "interval by Newcombe 2006, method 5"


class Placements(NamedTuple):
    """DeLong's structural components of one score, and their means' exact common value."""

    auc: float
    positive: Floats
    """For each positive case, the share of negative cases it outscores (ties half)."""
    negative: Floats
    """For each negative case, the share of positive cases that outscore it (ties half)."""


def placements(truth: Bools, score: Floats) -> Placements:
    """Placements of every case in O(n log n) and O(n) memory; needs at least one case of each class."""
    positive, negative = score[truth], score[~truth]
    m, n = len(positive), len(negative)
    sorted_negative, sorted_positive = np.sort(negative), np.sort(positive)
    # Twice the count of negatives outscored, ties counted once: whole numbers, so the AUC has no rounding error.
    below = np.searchsorted(sorted_negative, positive, "left") + np.searchsorted(sorted_negative, positive, "right")
    under = np.searchsorted(sorted_positive, negative, "left") + np.searchsorted(sorted_positive, negative, "right")
    return Placements(int(below.sum()) / (2 * m * n), below / (2 * n), 1 - under / (2 * m))


def _variance(values: Floats) -> float:
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


def _bootstrap_limits(
    truth: Bools, score: Floats, low_tail: float, high_tail: float, n_boot: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Percentile limits; positive and negative cases are drawn apart, as counts of each distinct score."""
    values, position = np.unique(score, return_inverse=True)
    positive = np.bincount(position[truth], minlength=len(values))
    negative = np.bincount(position[~truth], minlength=len(values))
    m, n = int(positive.sum()), int(negative.sum())
    aucs = []
    block = max(1, 2_000_000 // len(values))
    for start in range(0, n_boot, block):
        size = min(block, n_boot - start)
        drawn_positive = rng.multinomial(m, positive / m, size=size)
        drawn_negative = rng.multinomial(n, negative / n, size=size)
        outscored = 2 * np.cumsum(drawn_negative, axis=1) - drawn_negative
        aucs.append((drawn_positive * outscored).sum(axis=1) / (2 * m * n))
    low, high = np.quantile(np.concatenate(aucs), [low_tail, 1 - high_tail])
    return (0.0 if low_tail == 0 else float(low)), (1.0 if high_tail == 0 else float(high))


def auc(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    method: str = "delong",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    null: float | None = None,
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Probability that a positive case scores above a negative one, ties counted half.

    The area under the empirical ROC curve. Range [0, 1], best 1, 0.5 for a useless score. Synonyms: c-statistic,
    Mann-Whitney U / (m n). The score's direction is never flipped.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score
        Higher = more suspicious, any scale, shape (n_cases,); no nan.
    method
        ``"delong"`` (normal interval with DeLong's variance, cut at 0 and 1), ``"logit"`` (the same on the logit
        scale) or ``"bootstrap"`` (percentile, positive and negative cases drawn apart).
    conf_level, alternative
        As in `proportion`.
    null
        Adds the z-test of AUC = `null` with DeLong's variance.
    n_boot, rng
        Replicates and NumPy Generator or seed, for ``"bootstrap"``; ``rng=None`` draws a new seed.

    Returns
    -------
    Estimate
        `std_error` is DeLong's.

    Notes
    -----
    Cases must be independent. With no case of a class the AUC is nan. Where DeLong's variance is 0 (AUC 0 or 1,
    constant scores) or undefined (one case of a class) the interval is Newcombe's method 5, and `note` says so.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595. Newcombe 2006, doi:10.1002/sim.2324.

    Examples
    --------
    >>> e = auc([0, 0, 0, 1, 1], [1, 2, 3, 3, 4])
    >>> e.estimate  # 5.5 of 6 pairs
    0.9166666666666666
    """
    _choice.check(method, METHODS, "method")
    outside = tails(conf_level, alternative)
    if null is not None and not 0 <= null <= 1:
        raise ValueError(f"null must lie between 0 and 1, got {null!r}")
    if n_boot < 1:
        raise ValueError(f"n_boot must be 1 or more, got {n_boot!r}")
    truth, score = binary(truth, "truth"), scores(score, "score")
    n_cases = same_length(truth=truth, score=score)
    m = int(np.count_nonzero(truth))
    n = n_cases - m
    e = Estimate(
        measure="auc",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=n_cases,
        null=math.nan if null is None else null,
    )
    if m == 0 or n == 0:
        return e.replace(note=f"undefined: no {'positive' if m == 0 else 'negative'} case")
    found = placements(truth, score)
    variance = delong_variance(found)
    e = e.replace(estimate=found.auc, std_error=math.sqrt(variance))
    if not variance > 0:
        low, high = newcombe_limits(found.auc, m, n, *outside)
        if math.isnan(variance):
            reason = "one case of a class leaves DeLong's variance undefined"
        elif found.auc in (0, 1):
            reason = f"AUC = {found.auc:.0f}"
        else:
            reason = "the scores leave no variance"
        return e.replace(method="newcombe", conf_low=low, conf_high=high, note=f"{reason}: {_NEWCOMBE}")
    if method == "bootstrap":
        low, high = _bootstrap_limits(truth, score, *outside, n_boot, np.random.default_rng(rng))
    else:
        low, high = _normal_limits(found.auc, math.sqrt(variance), *outside, logit=method == "logit")
    e = e.replace(conf_low=low, conf_high=high)
    if null is not None:
        z = (found.auc - null) / math.sqrt(variance)
        e = e.replace(statistic=z, p_value=normal_p(z, alternative), test_method="delong")
    return e


def _normal_limits(
    value: float, error: float, low_tail: float, high_tail: float, *, logit: bool
) -> tuple[float, float]:
    if not logit:
        return max(0.0, value - z_of(low_tail) * error), min(1.0, value + z_of(high_tail) * error)
    centre, spread = math.log(value / (1 - value)), error / (value * (1 - value))
    low, high = (1 / (1 + np.exp(-(centre + s))) for s in (-z_of(low_tail) * spread, z_of(high_tail) * spread))
    return float(low), float(high)


def auc_covariance(truth: ArrayLike, scores: npt.ArrayLike) -> tuple[Floats, Floats]:
    """AUCs of several readers of the same cases and their covariance.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    scores
        Shape (n_readers, n_cases); no nan.

    Returns
    -------
    auc : ndarray, shape (n_readers,)
    covariance : ndarray, shape (n_readers, n_readers)
        DeLong's; nan when a class has one case.

    Raises
    ------
    ValueError
        If a class has no case, or a score is missing.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595.
    """
    truth = binary(truth, "truth")
    rows = np.asarray(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(truth):
        raise ValueError(f"scores must have shape (n_readers, {len(truth)}), got {rows.shape}")
    if np.isnan(rows).any():
        raise ValueError("scores has missing values (nan): leave such cases out first")
    if truth.all() or not truth.any():
        raise ValueError("truth has one class only: the AUC is undefined")
    return delong_covariance(truth, rows)


def compare_auc(
    truth: ArrayLike,
    score: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "delong",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Difference of two AUCs on the same cases: score - versus.

    Range [-1, 1].

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score, versus
        Two scores of the same cases, paired by position, shape (n_cases,); no nan.
    method
        ``"delong"``.
    conf_level, alternative
        As in `proportion`; ``"greater"`` tests whether `score` is better.

    Returns
    -------
    Estimate
        Difference, interval (cut at -1 and 1), z and P.

    Notes
    -----
    Cases must be independent. Identical scores give difference 0 and P = 1. Where the paired variance is 0 but
    the difference is not, interval and test are nan. Each case says so in `note`.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595.
    """
    _choice.check(method, ("delong",), "method")
    outside = tails(conf_level, alternative)
    truth = binary(truth, "truth")
    score, versus = scores(score, "score"), scores(versus, "versus")
    n_cases = same_length(truth=truth, score=score, versus=versus)
    e = Estimate(
        measure="auc_difference",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        null=0.0,
        n_cases=n_cases,
        test_method="delong",
    )
    if truth.all() or not truth.any():
        return e.replace(note=f"undefined: no {'negative' if truth.any() else 'positive'} case")
    first, second = placements(truth, score), placements(truth, versus)
    d = first.auc - second.auc
    contrast_positive = first.positive - second.positive
    contrast_negative = first.negative - second.negative
    if not contrast_positive.any() and not contrast_negative.any():
        return e.replace(
            estimate=0.0, conf_low=0.0, conf_high=0.0, std_error=0.0, p_value=1.0,
            note="both have the same placements: difference 0, paired variance 0, P = 1",
        )  # fmt: skip
    variance = _variance(contrast_positive) + _variance(contrast_negative)
    e = e.replace(estimate=d, std_error=math.sqrt(variance))
    # The contrasts of a constant shift differ by rounding only: that is no variance.
    if not variance > 1e-30:
        return e.replace(note="the paired variance is 0 or undefined: no interval, no test")
    error = math.sqrt(variance)
    return e.replace(
        conf_low=max(-1.0, d - z_of(outside.low) * error),
        conf_high=min(1.0, d + z_of(outside.high) * error),
        statistic=d / error,
        p_value=normal_p(d / error, alternative),
    )


class Curve(NamedTuple):
    """Vertices of an empirical ROC curve, from (1, 0) specificity and sensitivity to (0, 1)."""

    threshold: Floats
    """Positive if and only if score >= threshold; the first is inf."""
    sensitivity: Floats
    specificity: Floats


def curve(truth: Bools, score: Floats) -> Curve:
    """Every vertex of the empirical ROC curve; needs at least one case of each class."""
    values, position = np.unique(score, return_inverse=True)
    positive = np.bincount(position[truth], minlength=len(values))[::-1].cumsum()
    negative = np.bincount(position[~truth], minlength=len(values))[::-1].cumsum()
    return Curve(
        np.concatenate(([math.inf], values[::-1])),
        np.concatenate(([0.0], positive / positive[-1])),
        np.concatenate(([1.0], 1 - negative / negative[-1])),
    )


def thin(points: Curve, n_most: int = 2000) -> Curve:
    """At most `n_most` (4 or more) vertices of a curve, both ends kept.

    The curve, whose length in the city-block metric is 2, is cut into n_most / 2 equal steps, and the first and the
    last vertex of each is kept. So a long edge stays, and no dropped vertex lies farther than 1.5 / (n_most - 3)
    from the chord that replaces it.
    """
    if len(points.threshold) <= n_most:
        return points
    travelled = points.sensitivity + 1 - points.specificity
    step = np.floor(travelled * (n_most // 2 - 1) / 2)
    new = np.diff(step) > 0
    keep = np.concatenate(([True], new)) | np.concatenate((new, [True]))
    return Curve(points.threshold[keep], points.sensitivity[keep], points.specificity[keep])


def roc_points(truth: ArrayLike, score: ArrayLike) -> pd.DataFrame:
    """Sensitivity and specificity at every threshold.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,), with at least one case of each class.
    score
        Higher = more suspicious, shape (n_cases,); no nan.

    Returns
    -------
    pandas.DataFrame
        Columns `threshold`, `sensitivity`, `specificity`; from threshold inf (nothing is positive) downwards, one
        row for each distinct score. A case is positive if and only if score >= threshold.

    Raises
    ------
    ValueError
        If a class has no case.

    Examples
    --------
    >>> roc_points([0, 1, 0, 1], [1, 2, 2, 3]).sensitivity.tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    import pandas as pd

    truth, score = binary(truth, "truth"), scores(score, "score")
    same_length(truth=truth, score=score)
    if truth.all() or not truth.any():
        raise ValueError("truth has one class only: there is no ROC curve")
    return pd.DataFrame(curve(truth, score)._asdict())
