"""The mean of one modality over readers, by Obuchowski and Rockette's model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, binary, check_level
from readerstudy.stats._patients import patients_of
from readerstudy.stats.mrmc.left_out import jackknife_covariance, left_out_of, values_of
from readerstudy.stats.mrmc.measure import measure_of
from readerstudy.stats.mrmc.spread import Random, averaged

AVERAGED = ("auc", "sensitivity", "specificity", "accuracy")
"""Measures that can be averaged over readers."""


def average_of_readers(
    truth: ArrayLike,
    values: npt.ArrayLike,
    *,
    measure: str = "auc",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
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
    patients
        Label of each case's patient, shape (n_cases,): patients are then what is sampled.

    Returns
    -------
    Estimate
        `df` is Hillis', `n_readers` counts the readers whose value is defined.

    Notes
    -----
    With MS the variance of the readers' values and C2 the mean jackknife covariance of two readers, the variance of
    the mean of J readers is (MS + J max(C2, 0)) / J and its degrees of freedom (MS + J max(C2, 0))^2 / (MS^2 / (J -
    1)). Limits are cut at the ends of the measure's range. Cases must be independent (with `patients`: patients).
    With one reader there is no interval; `note` says so, and when C2 was negative and taken as 0.

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
    chosen, unit = measure_of(measure), None if patients is None else patients_of(patients, len(truth)).codes
    theta = values_of(chosen, truth, rows)
    left_out = left_out_of(chosen, truth, rows, theta, unit)
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
    j = int(known.sum())
    covariance = jackknife_covariance(left_out[known])
    spread = averaged(theta[known], covariance, np.zeros(j, dtype=np.int64), Random(readers=True, cases=True))
    note = "; ".join(spread.notes) or None
    if math.isnan(spread.variance):
        return e.replace(note=note)
    if spread.variance == 0:
        return e.replace(std_error=0.0, note="all readers have the same value and no case changes it: no interval")
    tail = (1 - conf_level) / 2
    t = -float(special.ndtri(tail)) if math.isinf(spread.df) else -float(special.stdtrit(spread.df, tail))
    error = math.sqrt(spread.variance)
    low, high = 0.0, 1.0  # of every measure that is averaged
    return e.replace(
        std_error=error,
        conf_low=max(low, e.estimate - t * error),
        conf_high=min(high, e.estimate + t * error),
        df=math.nan if math.isinf(spread.df) else spread.df,
        note=note,
    )
