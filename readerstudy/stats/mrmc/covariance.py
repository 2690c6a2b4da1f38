"""How readers' values vary together over samples of cases: by jackknife, DeLong, U-statistics, bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from readerstudy import _choice
from readerstudy.stats._arrays import Bools, Floats, Ints
from readerstudy.stats.mrmc.left_out import jackknife_covariance, left_out_of
from readerstudy.stats.mrmc.measure import Measure
from readerstudy.stats.mrmc.unbiased import EXACT, unbiased_covariance
from readerstudy.stats.roc_placements import placements

METHODS = ("jackknife", "delong", "unbiased", "bootstrap")
"""Names of the covariances."""
_BLOCK = 2**21


def check_covariance(method: object, measure: Measure, patients: bool) -> str:
    """The name of a covariance, ``"function"`` for one of the caller's own.

    Raises
    ------
    ValueError
        If it is unknown, or does not hold for the measure or for clustered cases.
    """
    if callable(method):
        return "function"
    name = _choice.check(str(method), METHODS, "covariance")
    if name == "delong" and measure.name != "auc":
        raise ValueError("covariance 'delong' is made of the placements of an AUC: use 'jackknife' for other measures")
    if name == "unbiased" and measure.name not in EXACT:
        raise ValueError(
            "covariance 'unbiased' needs a measure that is a mean over cases or pairs of cases (AUC, sensitivity, "
            "specificity, accuracy): use 'jackknife'"
        )
    if name == "unbiased" and patients:
        raise ValueError("covariance 'unbiased' takes cases as independent: with patients= use 'jackknife'")
    return name


def covariance_of(
    name: str,
    measure: Measure,
    truth: Bools,
    rows: Floats,
    theta: Floats,
    unit: Ints | None,
    n_boot: int,
    rng: np.random.Generator,
) -> Floats:
    """Covariance of the rows' values, shape (n_rows, n_rows); nan where a row's reads leave it undefined.

    Parameters
    ----------
    name
        One of `METHODS`.
    measure, truth, rows, theta, unit
        As in `left_out_of`.
    n_boot, rng
        For the bootstrap.
    """
    if name == "jackknife":
        found = jackknife_covariance(left_out_of(measure, truth, rows, theta, unit))
    elif name == "delong":
        found = _delong(truth, rows, unit)
    elif name == "unbiased":
        found = unbiased_covariance(measure, truth, rows)
    else:
        found = _bootstrap(measure, truth, rows, unit, n_boot, rng)
    # Samples of different cases are independent whatever the arithmetic leaves behind.
    found[~together(rows, unit)] = 0.0
    return found


def together(rows: Floats, unit: Ints | None) -> Bools:
    """Pairs of rows with a case, or a patient, in common."""
    read = ~np.isnan(rows)
    if unit is not None:
        by_unit = np.zeros((len(rows), int(unit.max(initial=-1)) + 1))
        row, case = np.nonzero(read)
        by_unit[row, unit[case]] = 1
    else:
        by_unit = read.astype(np.float64)
    common: Bools = by_unit @ by_unit.T > 0
    return common


def _delong(truth: Bools, rows: Floats, unit: Ints | None) -> Floats:
    """DeLong's covariance; with patients Obuchowski's, who sums the placements of a patient first.

    Each row's deviations are scaled by its own numbers of cases, so that rows of different cases share what they
    have in common.
    """
    codes = np.arange(len(truth)) if unit is None else unit
    n_units = int(codes.max(initial=-1)) + 1
    of_positive, of_negative = np.full((len(rows), n_units), math.nan), np.full((len(rows), n_units), math.nan)
    factor = np.ones((3, len(rows)))
    for k, row in enumerate(rows):
        read = ~np.isnan(row)
        positive, negative = codes[read & truth], codes[read & ~truth]
        groups = [len(positive), len(negative), 2]
        if unit is not None:
            groups = [len(np.unique(part)) for part in (positive, negative, codes[read])]
        if min(groups[:2]) < 2:
            continue
        found = placements(truth[read], row[read])
        of_positive[k] = np.bincount(positive, found.positive - found.auc, n_units) / len(positive)
        of_negative[k] = np.bincount(negative, found.negative - found.auc, n_units) / len(negative)
        factor[:, k] = [math.sqrt(size / (size - 1)) for size in groups]
    p, n = factor[0][:, None] * of_positive, factor[1][:, None] * of_negative
    found_covariance: Floats = p @ p.T + n @ n.T
    if unit is not None:  # a patient's positive and negative cases go together
        p, n = factor[2][:, None] * of_positive, factor[2][:, None] * of_negative
        found_covariance += p @ n.T + n @ p.T
    return found_covariance


def _bootstrap(
    measure: Measure, truth: Bools, rows: Floats, unit: Ints | None, n_boot: int, rng: np.random.Generator
) -> Floats:
    """Covariance of the values of resampled cases, of each class apart, or of resampled patients.

    A replicate in which a row is undefined is left out.
    """
    relevant = measure.relevant(truth)
    truth, rows = truth[relevant], rows[:, relevant]
    n = len(truth)
    read = ~np.isnan(rows)
    replicates = []
    block = max(1, _BLOCK // max(n, 1))
    for start in range(0, n_boot, block):
        size = min(block, n_boot - start)
        weight = np.zeros((size, n))
        if unit is None:
            for of_class in (truth, ~truth):
                cases = np.flatnonzero(of_class)
                if len(cases):
                    weight[:, cases] = _drawn(len(cases), size, rng)
        else:
            codes = np.unique(unit[relevant], return_inverse=True)[1]
            weight = _drawn(int(codes.max(initial=-1)) + 1, size, rng)[:, codes]
        replicates.append(
            np.stack(
                [measure.resampled(truth[one], row[one], weight[:, one]) for row, one in zip(rows, read, strict=True)]
            )
        )
    values = np.concatenate(replicates, axis=1)
    values = values[:, ~np.isnan(values).any(axis=0)]
    if values.shape[1] < 2:
        return np.full((len(rows), len(rows)), math.nan)
    return np.atleast_2d(np.cov(values))


def _drawn(n: int, size: int, rng: np.random.Generator) -> Floats:
    """How often each of n is drawn in n draws, shape (size, n)."""
    case = rng.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
    return np.bincount(case.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


Function = Callable[[Bools, Floats], Floats]


def covariance_by(function: Function, truth: Bools, scores: Floats, cells: Ints) -> Floats:
    """The caller's own covariance of the cells, positions among modalities x readers.

    Raises
    ------
    ValueError
        If it does not return one number for every pair of values.
    """
    n = scores.shape[0] * scores.shape[1]
    found = np.asarray(function(truth, scores), dtype=np.float64)
    if found.size != n * n:
        raise ValueError(f"covariance must return shape ({n}, {n}), modality by modality; got {found.shape}")
    return found.reshape(n, n)[np.ix_(cells, cells)]
