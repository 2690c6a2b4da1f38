"""The empirical area under the ROC curve, with its interval; its kernels and neighbours by their first names.

The kernels live in `roc_placements` and `roc_bootstrap`, the curve in `roc_curve`, differences in `roc_compare`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, binary, normal_p, same_length, scores, tails
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._patients import patients_of
from readerstudy.stats.clustered_auc import clustered_auc, obuchowski_covariance
from readerstudy.stats.roc_bootstrap import Bootstrap, acceleration, resampled_areas
from readerstudy.stats.roc_compare import compare_auc
from readerstudy.stats.roc_curve import Curve, curve, roc_points, thin
from readerstudy.stats.roc_placements import (
    Placements,
    auc_and_variance,
    delong_covariance,
    newcombe_limits,
    normal_limits,
    placements,
)

__all__ = [
    "METHODS",
    "Curve",
    "Placements",
    "auc",
    "auc_covariance",
    "compare_auc",
    "curve",
    "newcombe_limits",
    "placements",
    "roc_points",
    "thin",
]

METHODS = ("delong", "logit", "bootstrap", "bca")
"""Names of the interval methods of the AUC."""

_NEWCOMBE = "interval by Newcombe 2006, method 5"
_NO_TEST = "without a variance there is no test of the null value: hold it against the interval"


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
    patients: ArrayLike | None = None,
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
        scale), ``"bootstrap"`` (percentile, positive and negative cases drawn apart) or ``"bca"`` (the same,
        bias-corrected and accelerated).
    conf_level, alternative
        As in `proportion`.
    null
        Adds the z-test of AUC = `null` with DeLong's variance.
    n_boot, rng
        Replicates and NumPy Generator or seed, for ``"bootstrap"`` and ``"bca"``; ``rng=None`` draws a new seed.
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases, also of both classes. Obuchowski's
        variance then takes the place of DeLong's, which it is with one case a patient; the bootstrap draws patients
        with all their cases, those of one class and those of both apart. `method` in the record says so.

    Returns
    -------
    Estimate
        `std_error` is DeLong's, with `patients` Obuchowski's.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. With no case of a class the AUC is nan. Where DeLong's
    variance is 0 (AUC 0 or 1, constant scores) or undefined (one case of a class) the interval is Newcombe's method 5,
    and there is no test of `null`; `note` says so. ``"delong"`` and ``"bootstrap"`` under-cover where a class has few
    cases or the AUC is high: with 10 positive cases of 100 and an AUC of 0.95, ``"delong"`` covers in 81 % for 95 %,
    ``"logit"`` in 91 % (docs/coverage.md).

    With `patients`, in simulated studies of 20, 40, 80 and 200 of them (one to five cases each, alike in truth and
    score; AUC 0.69), 95 % intervals held the AUC in 90, 92, 93 and 95 %, on the logit scale in 93, 94, 94 and 95 %;
    DeLong's without patients in 83 to 86 %.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595. Newcombe 2006, doi:10.1002/sim.2324. Efron
    1987 (BCa), doi:10.1080/01621459.1987.10478410. Obuchowski 1997 (patients), doi:10.2307/2533958. Rutter 2000
    (bootstrap of patients), doi:10.1016/S1076-6332(00)80381-5.

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
    if patients is not None:
        whose = patients_of(patients, n_cases)
        return clustered_auc(e, truth, score, whose, outside=outside, null=null, n_boot=n_boot, rng=rng)
    if m == 0 or n == 0:
        return e.replace(note=f"undefined: no {'positive' if m == 0 else 'negative'} case")
    area, variance = auc_and_variance(truth, score)
    e = e.replace(estimate=area, std_error=math.sqrt(variance))
    if not variance > 0:
        low, high = newcombe_limits(area, m, n, *outside)
        if math.isnan(variance):
            reason = "one case of a class leaves DeLong's variance undefined"
        elif area in (0, 1):
            reason = f"AUC = {area:.0f}"
        else:
            reason = "the scores leave no variance"
        note = f"{reason}: {_NEWCOMBE}" + ("" if null is None else f"; {_NO_TEST}")
        return e.replace(method="newcombe", conf_low=low, conf_high=high, note=note)
    if method in ("bootstrap", "bca"):
        pull = math.nan
        if method == "bca":
            found = placements(truth, score)
            pull = acceleration([(found.positive - area) / m, (found.negative - area) / n])
        drawn = Bootstrap(area, resampled_areas(truth, score, n_boot, np.random.default_rng(rng)), pull)
        low, high = drawn.limits(method, *outside, (0.0, 1.0))
    else:
        low, high = normal_limits(area, math.sqrt(variance), *outside, logit=method == "logit")
    e = bounded(e.replace(conf_low=low, conf_high=high), 0.0, 1.0, outside)
    if null is not None:
        z = (area - null) / math.sqrt(variance)
        e = e.replace(statistic=z, p_value=normal_p(z, alternative), test_method="delong")
    return e


def auc_covariance(
    truth: ArrayLike, scores: npt.ArrayLike, *, patients: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """AUCs of several readers of the same cases and their covariance.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    scores
        Shape (n_readers, n_cases); no nan.
    patients
        As in `auc`.

    Returns
    -------
    auc : ndarray, shape (n_readers,)
    covariance : ndarray, shape (n_readers, n_readers)
        DeLong's; nan when a class has one case. With `patients` Obuchowski's; nan when one has all cases of a class.

    Raises
    ------
    ValueError
        If a class has no case, or a score is missing.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595. Obuchowski 1997, doi:10.2307/2533958.
    """
    truth = binary(truth, "truth")
    rows = np.asarray(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(truth):
        raise ValueError(f"scores must have shape (n_readers, {len(truth)}), got {rows.shape}")
    if np.isnan(rows).any():
        raise ValueError("scores has missing values (nan): leave such cases out first")
    if truth.all() or not truth.any():
        raise ValueError("truth has one class only: the AUC is undefined")
    if patients is not None:
        return obuchowski_covariance(truth, rows, patients_of(patients, len(truth)))
    return delong_covariance(truth, rows)
