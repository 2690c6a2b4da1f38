"""Does the difference between two readings depend on the kind of case: heterogeneity over strata of one study."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Floats,
    Ints,
    Tails,
    binary,
    check_level,
    labels,
    missing,
    same_kind,
    same_length,
    vector,
)
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._influence import patient_codes
from readerstudy.stats.linearised import noted, t_limits, t_p

TEST_OF = {
    "accuracy_difference": "interaction",
    "sensitivity_difference": "sensitivity_interaction",
    "specificity_difference": "specificity_interaction",
}
"""Differences whose heterogeneity can be tested, and what the test is called."""
A_TEST = "a test: no estimate of its own"


class StratumMeans(NamedTuple):
    """Mean of each stratum and what the patients say about their joint error."""

    mean: Floats
    covariance: Floats
    """Cluster-robust, shape (n_strata, n_strata); nan in the rows of a stratum with one patient."""
    cases: Floats
    """Cases of each patient in each stratum, shape (n_patients, n_strata)."""


def stratum_means(values: Floats, stratum: Ints, patient: Ints) -> StratumMeans:
    """Means of `values` by `stratum`, both coded from 0, with their covariance over independent patients.

    The error of a mean is the sum of its residuals by patient; the factor n_patients / (n_patients - 1) of each
    stratum's own patients makes it the ordinary variance of a mean where every patient has one case.
    """
    place = np.unique(patient, return_inverse=True)[1]
    n_strata, n_patients = int(stratum.max()) + 1, int(place.max()) + 1
    cell = place * n_strata + stratum
    cases = np.bincount(cell, minlength=n_patients * n_strata).reshape(n_patients, n_strata).astype(np.float64)
    total = np.bincount(cell, weights=values, minlength=n_patients * n_strata).reshape(n_patients, n_strata)
    size = cases.sum(axis=0)
    mean = total.sum(axis=0) / size
    error = (total - cases * mean) / size
    error[np.abs(error) < 1e-14] = 0.0
    present = (cases > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.sqrt(np.where(present > 1, present / (present - 1), np.nan))
    return StratumMeans(mean, np.outer(factor, factor) * (error.T @ error), cases)


def wishart_df(found: StratumMeans, contrasts: Floats) -> float:
    """Degrees of freedom of a cluster-robust covariance matrix of `contrasts`, matched to a Wishart distribution.

    The variances of its entries are those that they have when cases of one patient are independent (the working
    model). With one contrast of two strata of different patients this is Welch's df, and where every patient has
    cases in every stratum it is n_patients - 1, as for Hotelling's test.
    """
    a, size = found.cases, found.cases.sum(axis=0)
    squares = a**2
    cross = a.T @ squares / size
    shared = a.T @ a
    # Trace of the product of the residual-making matrices of two strata.
    traces = shared - cross - cross.T + shared**2 / np.outer(size, size)
    own = np.diag(found.covariance)
    scale = own / (size - (squares.sum(axis=0) / size))
    spread = np.outer(scale, scale) * traces
    working = contrasts @ np.diag(own) @ contrasts.T
    weight = contrasts.T @ np.linalg.solve(working, contrasts)
    q = len(contrasts)
    diagonal = np.diag(weight)
    return q * (q + 1) / float((spread * (np.outer(diagonal, diagonal) + weight**2)).sum())


def equality_test(found: StratumMeans) -> tuple[float, float]:
    """F statistic of equal means and its denominator df; the numerator has one less than there are strata.

    nan where the covariance is singular or leaves no degree of freedom.
    """
    q = len(found.mean) - 1
    contrasts = np.hstack([-np.ones((q, 1)), np.eye(q)])
    gap, covariance = contrasts @ found.mean, contrasts @ found.covariance @ contrasts.T
    eigenvalues = np.linalg.eigvalsh(covariance)
    if eigenvalues[0] <= 1e-12 * eigenvalues[-1]:
        return math.nan, math.nan
    eta = wishart_df(found, contrasts)
    df = eta - q + 1
    if df <= 0:
        return math.nan, df
    return float(gap @ np.linalg.solve(covariance, gap)) * df / (eta * q), df


def _right(truth: npt.NDArray[Any] | None, values: ArrayLike, name: str) -> Floats:
    """Right (1) or wrong (0) of one reader; nan = not read."""
    array = vector(values, name)
    read = ~missing(array)
    right = np.full(len(array), np.nan)
    if truth is None:
        right[read] = binary(array[read], name)
    elif len(array) != len(truth):
        raise ValueError(f"not one length: {name} has {len(array)}, truth has {len(truth)}")
    else:
        same_kind(truth, array[read], name)
        right[read] = [given == true for given, true in zip(array[read].tolist(), truth[read].tolist(), strict=True)]
    return right


class _Gaps(NamedTuple):
    """Right(call) - right(versus) of every case."""

    values: Floats
    """nan where one of the two is not read."""
    n_readers: int | None
    """How many readers `versus` has, where it has several."""
    notes: list[str]


def _differences(call: ArrayLike, versus: ArrayLike, truth: npt.NDArray[Any] | None) -> _Gaps:
    """Right(call) - right(versus) of every case.

    Of several readers `versus` is the mean of those who read the case.
    """
    ours = _right(truth, call, "call")
    rows = list(versus.to_numpy() if hasattr(versus, "to_numpy") else versus)  # a DataFrame would list its columns
    several = len(rows) > 0 and np.ndim(rows[0]) == 1
    lines = [_right(truth, row, "versus") for row in (rows if several else [rows])]
    for line in lines:
        same_length(call=ours, versus=line)
    theirs = np.array(lines)
    reads = (~np.isnan(theirs)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = np.nansum(theirs, axis=0) / np.where(reads, reads, np.nan)
    never = [
        name for name, found in (("call", ours), ("versus", theirs)) if truth is not None and not (found > 0).any()
    ]
    doubts = [f"{name} was never right: are its labels those of truth?" for name in never if reads.any()]
    return _Gaps(ours - mean, len(lines) if several else None, doubts)


def _levels(values: list[Any]) -> list[Any]:
    """The distinct labels, sorted where they can be."""
    distinct = list(dict.fromkeys(values))
    try:
        return sorted(distinct)
    except TypeError:
        return sorted(distinct, key=str)


def _kept(measure: str, truth: npt.NDArray[Any] | None) -> Bools | None:
    """Cases of the class that a measure is about; None for all."""
    if measure == "accuracy_difference":
        return None
    if truth is None:
        raise ValueError(f"{measure} needs truth, boolean or 0/1, to know which cases it is about")
    positive = binary(truth, "truth")
    return positive if measure == "sensitivity_difference" else ~positive


def interaction(
    call: ArrayLike,
    versus: ArrayLike,
    strata: ArrayLike,
    *,
    truth: ArrayLike | None = None,
    patients: ArrayLike | None = None,
    measure: str = "accuracy_difference",
    conf_level: float = 0.95,
) -> list[Estimate]:
    """Does the difference between two readings, call - versus, depend on the kind of case.

    In each stratum the mean over its cases of right(call) - right(versus), range [-1, 1], and one test that these
    differences are equal. A significant difference in one stratum and none in another is no such test. Synonyms:
    subgroup analysis, test of interaction, effect modification.

    Parameters
    ----------
    call
        The reading of each case, shape (n_cases,): labels when `truth` is given, else whether it was right (boolean
        or 0/1). None or nan = not read.
    versus
        What it is compared with, coded alike: one reader, shape (n_cases,), or several, shape (n_readers, n_cases),
        whose mean over the readers of a case is taken.
    strata
        The kind of each case (scanner, cirrhosis, site), shape (n_cases,); None or nan = not known.
    truth
        True labels; boolean or 0/1 for sensitivity and specificity.
    patients
        Whose case it is, shape (n_cases,), when patients have several cases; by default each case is a patient.
    measure
        ``"accuracy_difference"`` (all cases), ``"sensitivity_difference"`` (positive cases) or
        ``"specificity_difference"`` (negative cases).
    conf_level
        Level of the intervals.

    Returns
    -------
    list of Estimate
        One of `measure` for each stratum (`subgroup`), with Student's interval and test of 0 on its number of
        patients less 1 df, where `n_cases` counts all cases of the stratum that were read by both and `total` those
        that the measure is about; then ``"interaction"`` (``"sensitivity_interaction"``, ``"specificity_interaction"``)
        with F (`statistic`), `df_num`, `df` and P.

    Raises
    ------
    ValueError
        If the arrays do not fit or a name is unknown.

    Notes
    -----
    Patients must be independent; cases of one patient need not be, within a stratum or across strata, which share one
    cluster-robust covariance matrix. Readers are these readers: the interval is for other cases, not for other
    readers. The test is Hotelling's approximation with df matched to the design, F = W (eta - q + 1) / (eta q) for
    Wald's W of q + 1 strata: Welch's test for two strata of different patients. A stratum with one patient, or in
    which every difference is the same, has no error to compare with and is left out of the test, with a note. Where
    call and versus are always right or wrong together all is 0 and P = 1, with a note.

    References
    ----------
    Altman and Bland 2003 (interaction), doi:10.1136/bmj.326.7382.219. Liang and Zeger 1986 (covariance),
    doi:10.1093/biomet/73.1.13. Pustejovsky and Tipton 2018 (df), doi:10.1080/07350015.2016.1247004.

    Examples
    --------
    Two strata of one case a patient: the test is Welch's t squared.

    >>> right, reader = [1, 1, 1, 0, 1, 0, 1, 1], [0, 1, 0, 0, 1, 1, 1, 0]
    >>> *differences, test = interaction(right, reader, list("aaaabbbb"))
    >>> [(e.subgroup, e.estimate, e.n_cases) for e in differences]
    [('a', 0.5, 4), ('b', 0.0, 4)]
    >>> round(test.statistic, 3), test.df_num, round(test.df, 2), round(test.p_value, 3)
    (1.0, 1.0, 5.4, 0.36)
    """
    _choice.check(measure, tuple(TEST_OF), "measure")
    check_level(conf_level)
    known = None if truth is None else labels(truth, "truth")
    chosen = _kept(measure, known)
    gaps, n_readers, doubts = _differences(call, versus, known)
    kinds = vector(strata, "strata")
    same_length(call=gaps, strata=kinds)
    patient = patient_codes(patients, len(gaps))
    stratified = ~missing(kinds)
    wanted = np.ones(len(gaps), dtype=bool) if chosen is None else chosen
    whole = stratified & ~np.isnan(gaps)
    kept = wanted & whole
    notes = doubts + [
        f"left out, {count} case{'s' if count > 1 else ''} {why}"
        for count, why in (
            (int((wanted & ~stratified).sum()), "of unknown stratum"),
            (int((wanted & stratified & np.isnan(gaps)).sum()), "not read by both"),
        )
        if count
    ]
    shared = Estimate(
        measure=measure,
        conf_level=conf_level,
        alternative="two-sided",
        method="student-t" if patients is None else "cluster-robust",
        n_readers=n_readers,
        random=None if n_readers is None else "cases",
    )
    blank = Estimate(
        measure=TEST_OF[measure],
        test_method="hotelling-wald",
        n_cases=int(whole.sum()),
        n_patients=len(np.unique(patient[whole])) if patients is not None else None,
        n_readers=n_readers,
        total=int(kept.sum()),
        random=shared.random,
        note=noted(A_TEST, *notes),
    )
    if not kept.any():
        return [blank.replace(note=noted(A_TEST, *notes, "no case"))]
    levels = _levels(kinds[kept].tolist())
    if len({str(level) for level in levels}) < len(levels):
        raise ValueError(f"strata has labels that read alike, such as 1 and '1': write them alike, got {levels}")
    place = {level: code for code, level in enumerate(levels)}
    stratum = np.full(len(gaps), -1)
    stratum[whole] = [place.get(level, -1) for level in kinds[whole].tolist()]
    found = stratum_means(gaps[kept], stratum[kept], patient[kept])
    records = [
        _of_stratum(
            shared.replace(
                subgroup=str(level),
                n_cases=int((stratum == code).sum()),
                n_patients=len(np.unique(patient[stratum == code])) if patients is not None else None,
            ),
            found,
            code,
        )
        for code, level in enumerate(levels)
    ]
    return [*records, _tested(blank, found, levels)]


def _of_stratum(e: Estimate, found: StratumMeans, code: int) -> Estimate:
    n_patients = int((found.cases[:, code] > 0).sum())
    mean, variance = float(found.mean[code]), float(found.covariance[code, code])
    e = e.replace(estimate=mean, total=int(found.cases[:, code].sum()))
    if n_patients == 1:
        return e.replace(note=f"one {'case' if e.n_patients is None else 'patient'}: no standard error")
    df, error = n_patients - 1, math.sqrt(variance)
    if error == 0:
        note = "every difference is the same: the interval has no width"
        p = 1.0 if mean == 0 else None
        return e.replace(std_error=0.0, conf_low=mean, conf_high=mean, df=df, null=0.0, p_value=p, note=note)
    tail, t = (1 - e.conf_level) / 2, mean / error
    low, high = t_limits(mean, error, df, Tails(tail, tail), -1.0, 1.0)
    e = e.replace(
        std_error=error, conf_low=low, conf_high=high, df=df, null=0.0, statistic=t, p_value=t_p(t, df, "two-sided")
    )
    return bounded(e, -1.0, 1.0)


def _tested(e: Estimate, found: StratumMeans, levels: list[Any]) -> Estimate:
    own = np.diag(found.covariance)
    use = own > 0
    if len(levels) > 1 and (np.nan_to_num(own) == 0).all() and np.ptp(found.mean) == 0:
        same = "every difference is the same"
        return e.replace(p_value=1.0 if found.mean[0] == 0 else None, note=noted(e.note, same))
    left_out = [str(level) for level, used in zip(levels, use, strict=True) if not used]
    if left_out:
        e = e.replace(note=noted(e.note, f"left out of the test, having no variation: {', '.join(left_out)}"))
    if int(use.sum()) < 2:
        return e.replace(note=noted(e.note, "fewer than two strata with variation: no test"))
    part = StratumMeans(found.mean[use], found.covariance[np.ix_(use, use)], found.cases[:, use])
    q, (f, df) = int(use.sum()) - 1, equality_test(part)
    if math.isnan(f):
        return e.replace(df_num=q, note=noted(e.note, "too few patients for as many strata: no test"))
    return e.replace(statistic=f, df_num=q, df=df, p_value=float(special.fdtrc(q, df, f)))
