"""Many readers, many cases: what a sample of readers says about readers, by Obuchowski and Rockette's model.

So far the mean of one modality; two modalities and the other designs build on the same two quantities, the readers'
values with each case left out, and the covariance that follows from them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, binary, check_level
from readerstudy.stats.roc import placements

AVERAGED = ("auc", "sensitivity", "specificity", "accuracy")
"""Measures that can be averaged over readers."""


def leave_one_out(measure: str, truth: Bools, values: Floats) -> tuple[Floats, Floats]:
    """Each reader's value, and what it becomes when each case is left out.

    Parameters
    ----------
    measure
        One of `AVERAGED`.
    truth
        Shape (n_cases,).
    values
        Scores for ``"auc"``, calls coded 0/1 otherwise, shape (n_readers, n_cases); nan = not read.

    Returns
    -------
    theta : ndarray, shape (n_readers,)
        nan where the reader's reads leave the measure undefined.
    left_out : ndarray, shape (n_readers, n_units)
        A unit is a case whose removal can change the measure: for sensitivity the positive cases alone. Where a
        reader did not read the case the value stays as it is.
    """
    if measure == "auc":
        rows = [_auc_left_out(truth, row) for row in values]
        return np.array([theta for theta, _ in rows]), np.stack([row for _, row in rows])
    if measure == "sensitivity":
        right = values[:, truth]
    elif measure == "specificity":
        right = 1 - values[:, ~truth]
    else:
        right = np.where(np.isnan(values), np.nan, values == truth)
    read = ~np.isnan(right)
    n = read.sum(axis=1, keepdims=True)
    total = np.nansum(right, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        theta = total / n
        left_out = np.where(read, (total - right) / (n - 1), theta)
    return theta[:, 0], left_out


def _auc_left_out(truth: Bools, score: Floats) -> tuple[float, Floats]:
    """AUC without each case in turn, from the placements: no curve is drawn again."""
    read = ~np.isnan(score)
    positive = truth & read
    negative = ~truth & read
    m, n = int(positive.sum()), int(negative.sum())
    if m == 0 or n == 0:
        return math.nan, np.full(len(score), math.nan)
    found = placements(truth[read], score[read])
    left_out = np.full(len(score), found.auc)
    with np.errstate(invalid="ignore", divide="ignore"):
        left_out[positive] = (m * found.auc - found.positive) / (m - 1)
        left_out[negative] = (n * found.auc - found.negative) / (n - 1)
    return found.auc, left_out


def jackknife_covariance(left_out: Floats) -> Floats:
    """Covariance of the readers' values over samples of cases, shape (n_readers, n_readers)."""
    n = left_out.shape[1]
    centred = left_out - left_out.mean(axis=1, keepdims=True)
    covariance: Floats = (n - 1) / n * centred @ centred.T
    return covariance


def average_of_readers(
    truth: ArrayLike, values: npt.ArrayLike, *, measure: str = "auc", conf_level: float = 0.95
) -> Estimate:
    """Mean of a measure over readers, with an interval for readers and cases like these.

    The readers and the cases are both taken as samples: the interval answers for another reader on other cases. An
    average of readers is not a call, so that no binomial interval fits it.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    values
        Scores for ``measure="auc"``, calls coded 0/1 otherwise, shape (n_readers, n_cases); nan = not read.
    measure
        ``"auc"``, ``"sensitivity"``, ``"specificity"`` or ``"accuracy"``.
    conf_level
        Level of the interval.

    Returns
    -------
    Estimate
        `df` is Hillis', `n_readers` counts the readers whose value is defined.

    Notes
    -----
    With MS the variance of the readers' values and C2 the mean jackknife covariance of two readers, the variance of
    the mean of J readers is (MS + J max(C2, 0)) / J and its degrees of freedom
    (MS + J max(C2, 0))^2 / (MS^2 / (J - 1)). Limits are cut at the ends of the measure's range. Cases must be
    independent. With one reader there is no interval; `note` says so, and when C2 was negative and taken as 0.

    References
    ----------
    Obuchowski and Rockette 1995, doi:10.1080/03610919508813243. Hillis 2007, doi:10.1002/sim.2532. Hillis, Obuchowski
    and Berbaum 2011, doi:10.1016/j.acra.2010.09.007.

    Examples
    --------
    >>> e = average_of_readers([1, 1, 1, 0], [[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]], measure="sensitivity")
    >>> round(e.estimate, 3), e.n_readers
    (0.667, 3)
    """
    _choice.check(measure, AVERAGED, "measure")
    check_level(conf_level)
    truth = binary(truth, "truth")
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(truth):
        raise ValueError(f"values must have shape (n_readers, {len(truth)}), got {rows.shape}")
    theta, left_out = leave_one_out(measure, truth, rows)
    known = ~np.isnan(theta)
    n_read = int((~np.isnan(rows[known])).any(axis=0).sum())
    identity: dict[str, Any] = {
        "measure": measure,
        "method": "or-jackknife",
        "random": "readers and cases",
        "conf_level": conf_level,
        "alternative": "two-sided",
        "n_readers": int(known.sum()),
        "n_cases": n_read,
    }
    if not known.any():
        return Estimate(**identity, note="undefined for every reader")
    e = Estimate(**identity, estimate=float(theta[known].mean()))
    if e.n_readers == 1:
        return e.replace(note="one reader: nothing is known about readers in general, so there is no interval")
    covariance = jackknife_covariance(left_out[known])
    j = int(known.sum())
    between = float(theta[known].var(ddof=1))
    pairs = covariance[~np.eye(j, dtype=bool)]
    if np.isnan(pairs).all():
        return e.replace(note="a reader read one case of a class: no covariance, so there is no interval")
    shared = float(np.nanmean(pairs))
    notes = []
    if np.isnan(pairs).any():
        alone = int(np.isnan(np.diag(covariance)).sum())
        notes.append(f"{alone} of {j} readers read one case of a class: the covariance is that of the others")
    if shared < 0:
        notes.append("the covariance of the readers is negative and taken as 0")
    note = "; ".join(notes) or None
    numerator = between + j * max(shared, 0.0)
    if numerator <= 0:
        return e.replace(std_error=0.0, note="all readers have the same value and no case changes it: no interval")
    df = math.inf if between == 0 else numerator**2 / (between**2 / (j - 1))
    tail = (1 - conf_level) / 2
    t = -float(special.ndtri(tail)) if math.isinf(df) else -float(special.stdtrit(df, tail))
    error = math.sqrt(numerator / j)
    low, high = 0.0, 1.0  # of every measure that is averaged
    return e.replace(
        std_error=error,
        conf_low=max(low, e.estimate - t * error),
        conf_high=min(high, e.estimate + t * error),
        df=math.nan if math.isinf(df) else df,
        note=note,
    )
