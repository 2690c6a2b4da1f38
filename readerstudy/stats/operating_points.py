"""Sensitivity at a fixed specificity and the reverse, the difference of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, binary, same_length, scores, tails
from readerstudy.stats._difference import tails_of
from readerstudy.stats.roc_bootstrap import INTERVALS, checked_replicates
from readerstudy.stats.roc_curve import Paths, heights
from readerstudy.stats.roc_inference import compared, estimated


def _sensitivity_at(specificity: float, drawn: Paths) -> Floats:
    return heights(drawn, 1 - specificity)


def _specificity_at(sensitivity: float, drawn: Paths) -> Floats:
    return heights(drawn.mirrored(), 1 - sensitivity)


_VALUES = {"sensitivity": _sensitivity_at, "specificity": _specificity_at}
_OTHER = {"sensitivity": "specificity", "specificity": "sensitivity"}


def _checked(fixed: float, measure: str) -> str:
    """A note that names the fixed value, once it is possible."""
    if not 0 <= fixed <= 1:
        raise ValueError(f"{_OTHER[measure]} must lie between 0 and 1, got {fixed!r}")
    return f"at {_OTHER[measure]} {fixed:g}"


def _one(
    measure: str, fixed: float, truth: ArrayLike, score: ArrayLike, method: str, conf_level: float,
    alternative: str, n_boot: int, rng: np.random.Generator | int | None,
) -> Estimate:  # fmt: skip
    note = _checked(fixed, measure)
    _choice.check(method, INTERVALS, "method")
    outside = tails(conf_level, alternative)
    checked_replicates(n_boot)
    truth, score = binary(truth, "truth"), scores(score, "score")
    e = Estimate(
        measure=f"{measure}_at_{_OTHER[measure]}",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=same_length(truth=truth, score=score),
        note=note,
    )
    return estimated(
        e, truth, score, lambda drawn: _VALUES[measure](fixed, drawn), outside=outside, ends=(0.0, 1.0),
        n_boot=n_boot, rng=rng,
    )  # fmt: skip


def _two(measure: str, fixed: float, *arrays: ArrayLike, **options: Any) -> Estimate:
    note = _checked(fixed, measure)
    conf_level, alternative = options.pop("conf_level"), options.pop("alternative")
    outside = tails_of(conf_level, alternative, options["hypothesis"], options["margin"], most=1.0)
    checked_replicates(options["n_boot"])
    truth, score, versus = binary(arrays[0], "truth"), scores(arrays[1], "score"), scores(arrays[2], "versus")
    e = Estimate(
        measure=f"{measure}_at_{_OTHER[measure]}_difference",
        method="bootstrap",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=same_length(truth=truth, score=score, versus=versus),
        note=note,
    )
    return compared(
        e, truth, score, versus, lambda drawn: _VALUES[measure](fixed, drawn), outside=outside, ends=(-1.0, 1.0),
        **options,
    )  # fmt: skip


def sensitivity_at(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    specificity: float,
    method: str = "bootstrap",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Sensitivity on the ROC curve where specificity has a fixed value.

    Range [0, 1], best 1. Straight lines join the curve's vertices; on a vertical edge it is the upper end. Synonyms:
    ROC(t), true positive rate at a given false positive rate.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score
        Higher = more suspicious, any scale, shape (n_cases,); no nan.
    specificity
        The fixed value, between 0 and 1.
    method
        ``"bootstrap"`` (percentile) or ``"bca"``; positive and negative cases are drawn apart, so that the interval
        knows that the threshold with this specificity is itself estimated.
    conf_level, alternative
        As in `proportion`.
    n_boot, rng
        Replicates and NumPy Generator or seed; ``rng=None`` draws a new seed.

    Returns
    -------
    Estimate
        `std_error` is the replicates' standard deviation; `note` names the fixed value.

    Raises
    ------
    ValueError
        If `specificity` is outside [0, 1] or a name is unknown.

    Notes
    -----
    Cases must be independent. With no case of a class it is nan; where no resample changes it, or a class has one
    case, there is no interval, and `note` says so.

    References
    ----------
    Pepe 2003, The statistical evaluation of medical tests for classification and prediction, section 5.2,
    doi:10.1093/oso/9780198509844.001.0001. Platt, Hanley and Yang 2000 (BCa),
    doi:10.1002/(SICI)1097-0258(20000215)19:3<313::AID-SIM370>3.0.CO;2-K.

    Examples
    --------
    >>> sensitivity_at([0, 0, 0, 0, 1, 1, 1, 1], [1, 2, 3, 5, 2, 4, 6, 7], specificity=0.75).estimate
    0.75
    """
    return _one("sensitivity", specificity, truth, score, method, conf_level, alternative, n_boot, rng)


def specificity_at(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    sensitivity: float,
    method: str = "bootstrap",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Specificity on the ROC curve where sensitivity has a fixed value.

    Range [0, 1], best 1. As `sensitivity_at` with the classes exchanged; parameters, undefined cases and references
    are the same.

    Parameters
    ----------
    truth, score, method, conf_level, alternative, n_boot, rng
        As in `sensitivity_at`.
    sensitivity
        The fixed value, between 0 and 1.

    Returns
    -------
    Estimate
        `std_error` is the replicates' standard deviation; `note` names the fixed value.

    Notes
    -----
    Cases must be independent. With no case of a class it is nan with a note.

    Examples
    --------
    >>> specificity_at([0, 0, 0, 0, 1, 1, 1, 1], [1, 2, 3, 5, 2, 4, 6, 7], sensitivity=0.75).estimate
    0.75
    """
    return _one("specificity", sensitivity, truth, score, method, conf_level, alternative, n_boot, rng)


def compare_sensitivity_at(
    truth: ArrayLike,
    score: ArrayLike,
    versus: ArrayLike,
    *,
    specificity: float,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Difference of two sensitivities at one specificity, of the same cases: score - versus.

    Range [-1, 1]. Each score has a threshold of its own.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score, versus
        Two scores of the same cases, paired by position, shape (n_cases,); no nan.
    specificity
        The fixed value, between 0 and 1.
    conf_level, alternative, margin, hypothesis
        As in `compare_auc`.
    n_boot, rng
        Replicates and NumPy Generator or seed; both scores see the same resampled cases.

    Returns
    -------
    Estimate
        Difference, percentile interval, and z = difference / standard deviation of the replicates, with P.

    Notes
    -----
    Cases must be independent. Scores that order the cases alike give difference 0 and P = 1. Where no resample
    changes the difference there is no interval and no test. Each case says so in `note`.

    References
    ----------
    Pepe 2003, section 5.2, doi:10.1093/oso/9780198509844.001.0001. Robin and others 2011, doi:10.1186/1471-2105-12-77.

    Examples
    --------
    >>> compare_sensitivity_at([0, 0, 1, 1], [1, 3, 2, 4], [1, 2, 3, 4], specificity=1).estimate
    -0.5
    """
    return _two(
        "sensitivity", specificity, truth, score, versus, conf_level=conf_level, alternative=alternative,
        margin=margin, hypothesis=hypothesis, n_boot=n_boot, rng=rng,
    )  # fmt: skip


def compare_specificity_at(
    truth: ArrayLike,
    score: ArrayLike,
    versus: ArrayLike,
    *,
    sensitivity: float,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Difference of two specificities at one sensitivity, of the same cases: score - versus.

    Range [-1, 1]. As `compare_sensitivity_at` with the classes exchanged.

    Parameters
    ----------
    truth, score, versus, conf_level, alternative, margin, hypothesis, n_boot, rng
        As in `compare_sensitivity_at`.
    sensitivity
        The fixed value, between 0 and 1.

    Returns
    -------
    Estimate
        Difference, percentile interval, z and P.

    Notes
    -----
    Cases must be independent. Degenerate cases are those of `compare_sensitivity_at`.

    Examples
    --------
    >>> compare_specificity_at([0, 0, 1, 1], [1, 3, 2, 4], [1, 2, 3, 4], sensitivity=1).estimate
    -0.5
    """
    return _two(
        "specificity", sensitivity, truth, score, versus, conf_level=conf_level, alternative=alternative,
        margin=margin, hypothesis=hypothesis, n_boot=n_boot, rng=rng,
    )  # fmt: skip
