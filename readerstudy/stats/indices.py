"""One number for a whole table of calls: balanced accuracy, Youden's index, odds ratio, F1, MCC."""

from __future__ import annotations

import math

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, check_level, labels, same_length, z_of
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._patients import patients_of
from readerstudy.stats.clustered import fraction
from readerstudy.stats.clustered_indices import log_interval, mean_of_shares, odds_ratio_terms, of_patients
from readerstudy.stats.counts import Counts, checked, counts, table_of
from readerstudy.stats.matthews import MCC_METHODS, mcc, mcc_of_counts, mcc_of_table
from readerstudy.stats.proportion import limits as one_proportion
from readerstudy.stats.proportion import proportion

__all__ = [
    "DOR_METHODS",
    "MCC_METHODS",
    "METHODS",
    "balanced_accuracy",
    "diagnostic_indices",
    "dor",
    "f1",
    "mcc",
    "mcc_of_table",
    "mean_of_proportions",
    "youden",
]

METHODS = ("newcombe", "wald")
"""Names of the intervals of balanced accuracy and Youden's index."""
DOR_METHODS = ("log", "haldane")
"""Names of the intervals of the diagnostic odds ratio."""


def mean_of_proportions(parts: list[tuple[int, int]], method: str, tail: float) -> tuple[float, float, float]:
    """Mean of independent proportions, each a count of a total above 0, and its limits.

    Newcombe's squares and adds the distances of the Wilson limits, as his method 10 does for a difference.
    """
    values = [count / total for count, total in parts]
    mean = math.fsum(values) / len(parts)
    if method == "wald":
        error = math.sqrt(sum(p * (1 - p) / total for p, (_, total) in zip(values, parts, strict=True)))
        below = above = z_of(tail) * error
    else:
        ends = [one_proportion(count, total, "wilson", tail, tail) for count, total in parts]
        below = math.hypot(*(p - low for p, (low, _) in zip(values, ends, strict=True)))
        above = math.hypot(*(high - p for p, (_, high) in zip(values, ends, strict=True)))
    return mean, max(0.0, mean - below / len(parts)), min(1.0, mean + above / len(parts))


def balanced_accuracy(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "newcombe",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
    """Mean over the true classes of the share of their cases that were called right.

    Range [0, 1], best 1; 1 / (number of classes) by chance. With two classes (sensitivity + specificity) / 2.
    Synonyms: macro-averaged sensitivity, macro-averaged recall.

    Parameters
    ----------
    truth, call
        Labels of any number of classes, shape (n_cases,), paired by position.
    method
        ``"newcombe"`` (from Wilson limits of each class, squared and added) or ``"wald"``.
    conf_level
        Level of the interval.
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases; the Wilson limits are then
        those of the effective numbers of cases, added with the correlations that the patients give the classes (Zou
        and Donner). With one case a patient it is the interval without `patients`.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the arrays do not fit or `method` is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. The mean is over the classes that occur in `truth`; with
    fewer than two of them it is nan with a note.

    References
    ----------
    Brodersen et al. 2010, doi:10.1109/ICPR.2010.764. Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Zou and Donner 2008, doi:10.1002/sim.3095.

    Examples
    --------
    Two-way classification in Table 3 of Wang 2021, doi:10.1186/s13244-021-01117-z, sensitivity 40 / 43, specificity
    62 / 70:

    >>> e = balanced_accuracy([1] * 43 + [0] * 70, [1] * 40 + [0] * 3 + [0] * 62 + [1] * 8)
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3)
    (0.908, 0.833, 0.944)
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    truth, call = labels(truth, "truth"), labels(call, "call")
    n = same_length(truth=truth, call=call)
    e = Estimate(measure="balanced_accuracy", method=method, conf_level=conf_level, n_cases=n)
    classes = sorted(set(truth.tolist()), key=str)
    if len(classes) < 2:
        e = e.replace(note="undefined: fewer than two true classes")
        return e if patients is None else of_patients(e, patients_of(patients, n))
    right = truth == call
    if patients is not None:
        return mean_of_shares(e, truth, right, patients_of(patients, n), classes)
    parts = [(int(np.count_nonzero(right & (truth == label))), int((truth == label).sum())) for label in classes]
    return _of_parts(e, parts)


def _of_parts(e: Estimate, parts: list[tuple[int, int]]) -> Estimate:
    assert e.method is not None
    mean, low, high = mean_of_proportions(parts, e.method, (1 - e.conf_level) / 2)
    note = "no variation in any class: the interval has no width" if low == high else None
    return bounded(e.replace(estimate=mean, conf_low=low, conf_high=high, note=note), 0.0, 1.0)


def youden(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "newcombe",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
    """Sensitivity + specificity - 1.

    Range [-1, 1], best 1; 0 by chance. Synonyms: Youden's J, informedness.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, patients
        As in `balanced_accuracy`.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the arrays do not fit or `method` is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. Without a positive or a negative case it is nan with a
    note. The index is the difference
    of the true and false positive fractions, and ``"newcombe"`` is his method 10 for it.

    References
    ----------
    Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    if patients is None:
        return _youden(table_of(truth, call), method, conf_level)
    truth, call = checked(truth, call)
    whose = patients_of(patients, len(truth))
    e = _youden(counts(truth, call), method, conf_level)
    if math.isnan(e.estimate):
        return of_patients(e, whose)
    plain = Estimate(measure="youden", method=method, conf_level=conf_level, n_cases=len(truth))
    return _twice(mean_of_shares(plain, truth, truth == call, whose, [True, False]))


def _twice(half: Estimate) -> Estimate:
    """Youden's index from balanced accuracy."""
    moved = {name: 2 * getattr(half, name) - 1 for name in ("estimate", "conf_low", "conf_high")}
    return half.replace(std_error=2 * half.std_error, **moved)


def _youden(table: Counts, method: str, conf_level: float) -> Estimate:
    e = Estimate(measure="youden", method=method, conf_level=conf_level, n_cases=sum(table))
    parts = [(table.tp, table.tp + table.fn), (table.tn, table.tn + table.fp)]
    if parts[0][1] == 0 or parts[1][1] == 0:
        return e.replace(note=f"undefined: no {'positive' if parts[0][1] == 0 else 'negative'} case")
    return _twice(_of_parts(e, parts))


def dor(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "log",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
    """How many times higher the odds of a positive call are in a positive case: (TP TN) / (FP FN).

    Range [0, inf), best large; 1 by chance. Synonym: diagnostic odds ratio.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method
        ``"log"`` (Woolf) or ``"haldane"``: half a case is added to each cell, in the ratio too, so that it is always
        there; a note says so.
    conf_level
        Level of the interval.
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases; the interval is then made wider
        by the design effect, which is 1 with one case a patient.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the arrays do not fit or `method` is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. Without a positive or a negative case it is nan with a
    note. By ``"log"``, with no false
    positive or no false negative it is unbounded: nan with a note; with no true positive or no true negative it is 0
    without an upper limit.

    References
    ----------
    Glas et al. 2003, doi:10.1016/S0895-4356(03)00177-X. Woolf 1955, doi:10.1111/j.1469-1809.1955.tb01348.x. Haldane
    1956, doi:10.1111/j.1469-1809.1955.tb01285.x.
    """
    _choice.check(method, DOR_METHODS, "method")
    check_level(conf_level)
    if patients is None:
        return _dor(table_of(truth, call), method, conf_level)
    truth, call = checked(truth, call)
    whose = patients_of(patients, len(truth))
    e = _dor(counts(truth, call), method, conf_level)
    if not e.estimate > 0:
        return of_patients(e, whose)
    return log_interval(e, odds_ratio_terms(truth, call, 0.5 if method == "haldane" else 0.0), whose)


def _dor(table: Counts, method: str, conf_level: float) -> Estimate:
    e = Estimate(measure="dor", method=method, conf_level=conf_level, n_cases=sum(table))
    if table.tp + table.fn == 0 or table.tn + table.fp == 0:
        return e.replace(note=f"undefined: no {'positive' if table.tp + table.fn == 0 else 'negative'} case")
    if method == "haldane":
        tp, fp, fn, tn = (count + 0.5 for count in table)
        return _woolf(e.replace(note="half a case is added to each cell"), tp, fp, fn, tn)
    above, below = table.tp * table.tn, table.fp * table.fn
    if below == 0:
        cell = "false positive" if table.fp == 0 else "false negative"
        return e.replace(note=f"undefined ({'0/0' if above == 0 else 'unbounded'}): no {cell}")
    if above == 0:
        cell = "true positive" if table.tp == 0 else "true negative"
        return e.replace(estimate=0.0, conf_low=0.0, note=f"no {cell}: 0, and the log interval has no upper limit")
    return _woolf(e, *table)


def _woolf(e: Estimate, tp: float, fp: float, fn: float, tn: float) -> Estimate:
    ratio = tp * tn / (fp * fn)
    factor = math.exp(z_of((1 - e.conf_level) / 2) * math.sqrt(1 / tp + 1 / fp + 1 / fn + 1 / tn))
    return e.replace(estimate=ratio, conf_low=ratio / factor, conf_high=ratio * factor)


def f1(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
    """Harmonic mean of sensitivity and PPV: 2 TP / (2 TP + FP + FN).

    Range [0, 1], best 1. Synonyms: F-score, Dice coefficient.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method
        Interval of the share TP / (TP + FP + FN), as in `proportion`; F1 = 2 share / (1 + share) carries it over.
    conf_level
        Level of the interval.
    patients
        As in `sensitivity`, with its methods.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the arrays do not fit or `method` is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent; true negatives do not count. With no positive case and no
    positive call it is nan with a note.

    References
    ----------
    Van Rijsbergen 1979, Information Retrieval, chapter 7. Wilson 1927 (interval),
    doi:10.1080/01621459.1927.10502953.
    """
    if patients is None:
        return _f1(table_of(truth, call), method, conf_level)
    truth, call = checked(truth, call)
    whose = patients_of(patients, len(truth))
    share = fraction("f1", truth & call, truth | call, whose, method=method, conf_level=conf_level, empty=_NO_POSITIVE)
    slope = 2 / (1 + share.estimate) ** 2
    return _harmonic(share).replace(std_error=slope * share.std_error, count=None, total=None, alternative=None)


_NO_POSITIVE = "no positive case and no positive call"


def _harmonic(share: Estimate) -> Estimate:
    """F1 from the share TP / (TP + FP + FN)."""
    moved = {name: 2 * (p := getattr(share, name)) / (1 + p) for name in ("estimate", "conf_low", "conf_high")}
    return share.replace(**moved)


def _f1(table: Counts, method: str, conf_level: float) -> Estimate:
    share = proportion(table.tp, table.tp + table.fp + table.fn, method=method, conf_level=conf_level)
    e = _harmonic(share)
    return Estimate(
        measure="f1",
        method=method,
        conf_level=conf_level,
        n_cases=sum(table),
        note=None if share.total else f"0 of 0: {_NO_POSITIVE}",
        estimate=e.estimate,
        conf_low=e.conf_low,
        conf_high=e.conf_high,
    )


def diagnostic_indices(truth: ArrayLike, call: ArrayLike) -> list[Estimate]:
    """Balanced accuracy, Youden's index, odds ratio, F1 and MCC of one reader's binary calls, with 95 % intervals.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.

    Returns
    -------
    list of Estimate
        In the order above.

    Raises
    ------
    ValueError
        If the arrays do not fit.

    Notes
    -----
    Cases must be independent. Each is nan with a note where it is undefined, see the functions of these names.

    Examples
    --------
    Two-way classification in Table 3 of Wang 2021, doi:10.1186/s13244-021-01117-z:

    >>> records = diagnostic_indices([1] * 43 + [0] * 70, [1] * 40 + [0] * 3 + [0] * 62 + [1] * 8)
    >>> [(e.measure, round(e.estimate, 3)) for e in records]  # doctest: +NORMALIZE_WHITESPACE
    [('balanced_accuracy', 0.908), ('youden', 0.816), ('dor', 103.333), ('f1', 0.879), ('mcc', 0.801)]
    """
    table = table_of(truth, call)
    index = _youden(table, "newcombe", 0.95)
    half = {name: (1 + getattr(index, name)) / 2 for name in ("estimate", "conf_low", "conf_high")}
    square = np.array([[table.tn, table.fp], [table.fn, table.tp]])
    return [
        index.replace(measure="balanced_accuracy", **half),
        index,
        _dor(table, "log", 0.95),
        _f1(table, "wilson", 0.95),
        mcc_of_counts(square, "fisher-z", 0.95),
    ]
