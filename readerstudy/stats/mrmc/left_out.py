"""Each reader's value with every case, or every patient, left out in turn; no curve is drawn again."""

from __future__ import annotations

import math

import numpy as np

from readerstudy.stats._arrays import Bools, Floats, Ints
from readerstudy.stats.mrmc.measure import Measure, measure_of


def values_of(measure: Measure, truth: Bools, rows: Floats) -> Floats:
    """Each row's value; nan where its reads leave it undefined."""
    relevant = measure.relevant(truth)
    read = ~np.isnan(rows) & relevant
    return np.array([measure.value(truth[one], row[one]) for row, one in zip(rows, read, strict=True)], dtype=float)


def left_out_of(measure: Measure, truth: Bools, rows: Floats, theta: Floats, unit: Ints | None = None) -> Floats:
    """What each row's value becomes when each unit is left out, shape (n_rows, n_units).

    A unit has a case whose removal can change the measure. Where a row has none of its cases the value stays as it is.

    Parameters
    ----------
    measure, truth
        What is measured, and the cases' truth, shape (n_cases,).
    rows
        Reads of one reader in one modality each, shape (n_rows, n_cases); nan = not read.
    theta
        The rows' values, shape (n_rows,).
    unit
        The patient of each case, coded from 0, shape (n_cases,); by default each case is its own.
    """
    relevant = measure.relevant(truth)
    truth, rows = truth[relevant], rows[:, relevant]
    codes: Ints = np.arange(len(truth))
    if unit is not None:
        codes = np.unique(unit[relevant], return_inverse=True)[1].astype(np.int64)
    n_units = int(codes.max(initial=-1)) + 1
    left_out = np.repeat(theta[:, None], n_units, axis=1)
    for k, row in enumerate(rows):
        if not math.isnan(theta[k]):
            read = ~np.isnan(row)
            there, group = (np.flatnonzero(read), np.arange(int(read.sum())))
            if unit is not None:
                there, group = np.unique(codes[read], return_inverse=True)
            left_out[k, there] = measure.without(truth[read], row[read], group, len(there))
    return left_out


def leave_one_out(measure: str, truth: Bools, values: Floats) -> tuple[Floats, Floats]:
    """Each reader's value, and what it becomes when each case is left out.

    Parameters
    ----------
    measure
        ``"auc"``, ``"sensitivity"``, ``"specificity"`` or ``"accuracy"``.
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
    chosen, rows = measure_of(measure), np.asarray(values, dtype=np.float64)
    theta = values_of(chosen, truth, rows)
    return theta, left_out_of(chosen, truth, rows, theta)


def jackknife_covariance(left_out: Floats) -> Floats:
    """Covariance of the readers' values over samples of cases, shape (n_readers, n_readers); nan without a case.

    All units count, also for a reader who has a case of some of them alone.
    """
    n = left_out.shape[1]
    if n == 0:
        return np.full((len(left_out), len(left_out)), np.nan)
    centred = left_out - left_out.mean(axis=1, keepdims=True)
    covariance: Floats = (n - 1) / n * centred @ centred.T
    return covariance
