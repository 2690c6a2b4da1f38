"""How readers' values vary together over samples of cases: by jackknife, DeLong, U-statistics, bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from readerstudy import _choice
from readerstudy.stats._arrays import Bools, Floats, Ints
from readerstudy.stats.mrmc.design import linked
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
) -> tuple[Floats, str | None]:
    """Covariance of the rows' values, shape (n_rows, n_rows), and what must be said of it.

    It is nan where a row's reads leave it undefined.

    Parameters
    ----------
    name
        One of `METHODS`.
    measure, truth, rows, theta, unit
        As in `left_out_of`.
    n_boot, rng
        For the bootstrap.
    """
    note = None
    if name == "jackknife":
        found = jackknife_covariance(left_out_of(measure, truth, rows, theta, unit))
    elif name == "delong":
        found = _delong(truth, rows, unit)
    elif name == "unbiased":
        found = unbiased_covariance(measure, truth, rows)
    else:
        found, undefined = _bootstrap(measure, truth, rows, unit, n_boot, rng)
        if undefined:
            note = f"{undefined} of {n_boot} bootstrap samples leave a reader's value undefined and are not used for it"
    # Samples of different cases are independent whatever the arithmetic leaves behind.
    found[~together(rows, unit)] = 0.0
    return found, note


def together(rows: Floats, unit: Ints | None) -> Bools:
    """Pairs of rows with a case, or a patient, in common."""
    by_unit = _by_unit(~np.isnan(rows), unit).astype(np.float64)
    common: Bools = by_unit @ by_unit.T > 0
    return common


def _by_unit(read: Bools, unit: Ints | None) -> Bools:
    """Which rows have a read of which unit, shape (n_rows, n_units)."""
    if unit is None:
        return read
    found = np.zeros((len(read), int(unit.max(initial=-1)) + 1), dtype=bool)
    row, case = np.nonzero(read)
    found[row, unit[case]] = True
    return found


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
) -> tuple[Floats, int]:
    """Covariance of the values of resampled cases, of each class apart, or of resampled patients.

    Cases that no chain of rows joins are drawn apart, so that rows of their own cases keep their number. A sample in
    which a row is undefined is left out of that row's covariances; how many there are is counted.
    """
    relevant = measure.relevant(truth)
    truth, rows = truth[relevant], rows[:, relevant]
    codes: Ints = np.arange(len(truth))
    if unit is not None:
        codes = np.unique(unit[relevant], return_inverse=True)[1].astype(np.int64)
    read = ~np.isnan(rows)
    strata = list(_strata(truth, read, codes, classes=unit is None))
    replicates = []
    block = max(1, _BLOCK // max(len(truth), 1))
    for start in range(0, n_boot, block):
        size = min(block, n_boot - start)
        weight = np.zeros((size, len(truth)))
        for cases in strata:
            members, place = np.unique(codes[cases], return_inverse=True)
            weight[:, cases] = _drawn(len(members), size, rng)[:, place]
        replicates.append(
            np.stack(
                [measure.resampled(truth[one], row[one], weight[:, one]) for row, one in zip(rows, read, strict=True)]
            )
        )
    values = np.concatenate(replicates, axis=1)
    known = ~np.isnan(values)
    undefined = int((~known[known.any(axis=1)]).any(axis=0).sum())
    return _of_pairs(values, known), undefined


def _strata(truth: Bools, read: Bools, codes: Ints, *, classes: bool) -> Iterator[Ints]:
    """The cases, in groups that rows of reads join; with `classes` positive and negative apart."""
    by_unit = _by_unit(read, codes)
    group = linked(by_unit)[by_unit.argmax(axis=0)][codes] if len(codes) else codes
    for one in np.unique(group):
        for of_class in (truth, ~truth) if classes else (np.ones(len(truth), dtype=bool),):
            cases = np.flatnonzero(of_class & (group == one))
            if len(cases):
                yield cases


def _of_pairs(values: Floats, known: Bools) -> Floats:
    """Covariance of every two rows over the columns where both are known; nan where those are fewer than two."""
    number = known.sum(axis=1, keepdims=True)
    mean = np.where(known, values, 0.0).sum(axis=1, keepdims=True) / np.maximum(number, 1)
    centred, both = np.where(known, values - mean, 0.0), known.astype(np.float64)
    n, total = both @ both.T, centred @ both.T
    product = centred @ centred.T - total * total.T / np.maximum(n, 1)
    return np.where(n < 2, math.nan, product / np.maximum(n - 1, 1))


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
