"""The two-by-two diagnostic table: sensitivity to likelihood ratios, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, labels, same_kind, same_length
from readerstudy.stats._patients import patients_of
from readerstudy.stats.clustered import EMPTY, clustered_share
from readerstudy.stats.counts import Counts, checked, confusion_matrix, counts, cross_counts, table_of
from readerstudy.stats.diagnostic_ratios import RATIO_METHODS, clustered_ratio, likelihood_ratio, nlr, plr
from readerstudy.stats.proportion import proportion

__all__ = [
    "RATIO_METHODS",
    "Counts",
    "accuracy",
    "checked",
    "confusion_matrix",
    "counts",
    "cross_counts",
    "diagnostic_counts",
    "diagnostic_table",
    "nlr",
    "npv",
    "plr",
    "ppv",
    "sensitivity",
    "specificity",
    "table_of",
]

_FRACTIONS: dict[str, Callable[[Counts], tuple[int, int]]] = {
    "sensitivity": lambda c: (c.tp, c.tp + c.fn),
    "specificity": lambda c: (c.tn, c.tn + c.fp),
    "ppv": lambda c: (c.tp, c.tp + c.fp),
    "npv": lambda c: (c.tn, c.tn + c.fn),
    "accuracy": lambda c: (c.tp + c.tn, sum(c)),
}


def _fraction(
    measure: str,
    table: Counts,
    method: str,
    conf_level: float,
    null: float | None = None,
    alternative: str = "two-sided",
) -> Estimate:
    count, total = _FRACTIONS[measure](table)
    e = proportion(count, total, method=method, conf_level=conf_level, null=null, alternative=alternative)
    note = f"0 of 0: {EMPTY[measure]}" if total == 0 else e.note
    return e.replace(measure=measure, n_cases=sum(table), note=note)


def diagnostic_counts(
    tp: int, fp: int, fn: int, tn: int, *, method: str = "wilson", conf_level: float = 0.95
) -> list[Estimate]:
    """Sensitivity, specificity, PPV, NPV, accuracy, PLR and NLR of a printed two-by-two table.

    Parameters
    ----------
    tp, fp, fn, tn
        True positives, false positives, false negatives, true negatives.
    method
        Interval of the five proportions, see `proportion`. The likelihood ratios have the log interval.
    conf_level
        Level of every interval.

    Returns
    -------
    list of Estimate
        In the order above.

    Notes
    -----
    Cases must be independent. A measure with denominator 0 is nan with a note. NLR with no false negative is 0
    with conf_low 0 and no upper limit; PLR with no false positive is unbounded and given as nan.

    References
    ----------
    Simel, Samsa and Matchar 1991, doi:10.1016/0895-4356(91)90128-V.

    Examples
    --------
    Two-way classification in Table 3 of Wang 2021, doi:10.1186/s13244-021-01117-z, prints sensitivity 0.930
    (0.814, 0.976) and PLR 8.140 (4.218, 15.706):

    >>> table = {e.measure: e for e in diagnostic_counts(tp=40, fp=8, fn=3, tn=62, method="wilson-hmisc")}
    >>> round(table["sensitivity"].conf_low, 3), round(table["sensitivity"].conf_high, 3)
    (0.814, 0.976)
    >>> round(table["plr"].estimate, 2)
    8.14
    """
    if min(tp, fp, fn, tn) < 0 or any(count % 1 != 0 for count in (tp, fp, fn, tn)):
        raise ValueError(f"counts must be whole numbers, 0 or more, got tp={tp}, fp={fp}, fn={fn}, tn={tn}")
    table = Counts(int(tp), int(fp), int(fn), int(tn))
    fractions = [_fraction(measure, table, method, conf_level) for measure in _FRACTIONS]
    return fractions + [likelihood_ratio(measure, table, conf_level) for measure in ("plr", "nlr")]


def diagnostic_table(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> list[Estimate]:
    """Sensitivity, specificity, PPV, NPV, accuracy, PLR and NLR of one reader's binary calls.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level
        As in `diagnostic_counts`, which see for the undefined cases.
    patients
        As in `sensitivity`.

    Returns
    -------
    list of Estimate
    """
    truth, call = checked(truth, call)
    if patients is None:
        return diagnostic_counts(*counts(truth, call), method=method, conf_level=conf_level)
    whose = patients_of(patients, len(truth))
    fractions = [clustered_share(measure, truth, call, whose, method, conf_level) for measure in _FRACTIONS]
    return fractions + [clustered_ratio(measure, truth, call, whose, conf_level) for measure in ("plr", "nlr")]


def _share(
    measure: str,
    truth: ArrayLike,
    call: ArrayLike,
    method: str,
    conf_level: float,
    null: float | None,
    alternative: str,
    patients: ArrayLike | None,
) -> Estimate:
    truth, call = checked(truth, call)
    if patients is None:
        return _fraction(measure, counts(truth, call), method, conf_level, null, alternative)
    whose = patients_of(patients, len(truth))
    return clustered_share(measure, truth, call, whose, method, conf_level, null, alternative)


def sensitivity(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
) -> Estimate:
    """Share of the positive cases that were called positive: TP / (TP + FN).

    Range [0, 1], best 1. Synonyms: recall, true positive rate.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null, alternative
        As in `proportion`; with `patients` as said there.
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases. The standard error is then the ratio
        estimator's, and the interval, by `method`, is one of ``"wilson"``, ``"clopper-pearson"``, ``"agresti-coull"``,
        ``"jeffreys"`` (of the effective number of cases), ``"ratio-estimator"`` (plain), ``"logit"``, ``"arcsine"``,
        ``"korn-graubard"`` (as in surveys), ``"saha"`` (score, with the intraclass correlation) or
        ``"saha-skewness"``. The test of `null` is Rao and Scott's score test.

    Returns
    -------
    Estimate
        With `patients`, `n_patients` counts all of them, and `df` is 1 less than those who have such a case.

    Raises
    ------
    ValueError
        If the arrays do not fit or `method` is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. With no positive case it is nan with a note. With one case a
    patient the first four intervals are those without `patients`, the others nearly so. In simulated studies of 15 to
    100 patients (beta-binomial calls, correlation 0.3 to 0.4) 95 % intervals held the truth in 93 to 94 % by Wilson, 95
    to 96 % by Clopper and Pearson, 91 to 92 % plain, and in 79 to 84 % when patients were ignored. Where the patients
    leave no variance (all cases right) the cases of a patient are taken as copies of one, with a note; with one patient
    there is no interval.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.308.6943.1552. Rao and Scott 1992, doi:10.2307/2532311. Saha, Miller and
    Wang 2016, doi:10.1515/ijb-2015-0024.

    Examples
    --------
    Survival of 158 rats of 16 litters, table 1 of Rao and Scott 1992:

    >>> alive = [13, 12, 9, 9, 8, 8, 12, 11, 9, 9, 8, 11, 4, 5, 7, 7]
    >>> born = [13, 12, 9, 9, 8, 8, 13, 12, 10, 10, 9, 13, 5, 7, 10, 10]
    >>> call = [place < a for a, n in zip(alive, born) for place in range(n)]
    >>> litter = [number for number, n in enumerate(born) for _ in range(n)]
    >>> e = sensitivity([1] * 158, call, patients=litter)
    >>> e.count, round(e.estimate, 3), round(e.std_error, 4), e.n_patients
    (142, 0.899, 0.0266, 16)
    """
    return _share("sensitivity", truth, call, method, conf_level, null, alternative, patients)


def specificity(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
) -> Estimate:
    """Share of the negative cases that were called negative: TN / (TN + FP).

    Range [0, 1], best 1. Synonym: true negative rate.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null, alternative
        As in `proportion`.
    patients
        As in `sensitivity`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases (with `patients`: patients) must be independent. With no negative case it is nan with a note.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.308.6943.1552.
    """
    return _share("specificity", truth, call, method, conf_level, null, alternative, patients)


def ppv(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
) -> Estimate:
    """Share of the positive calls that were right: TP / (TP + FP), the positive predictive value.

    Range [0, 1], best 1. Synonym: precision. It holds for the prevalence of this sample only.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null, alternative
        As in `proportion`.
    patients
        As in `sensitivity`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases (with `patients`: patients) must be independent. When nothing was called positive it is nan with a note.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.309.6947.102.
    """
    return _share("ppv", truth, call, method, conf_level, null, alternative, patients)


def npv(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
) -> Estimate:
    """Share of the negative calls that were right: TN / (TN + FN), the negative predictive value.

    Range [0, 1], best 1. It holds for the prevalence of this sample only.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null, alternative
        As in `proportion`.
    patients
        As in `sensitivity`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases (with `patients`: patients) must be independent. When nothing was called negative it is nan with a note.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.309.6947.102.
    """
    return _share("npv", truth, call, method, conf_level, null, alternative, patients)


def accuracy(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
) -> Estimate:
    """Share of the cases that were called right.

    Range [0, 1], best 1. Synonym: proportion correct.

    Parameters
    ----------
    truth, call
        Labels of any number of classes, shape (n_cases,), paired by position; right where they are equal.
    method, conf_level, null, alternative
        As in `proportion`.
    patients
        As in `sensitivity`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases (with `patients`: patients) must be independent. With no case it is nan with a note.
    """
    truth, call = labels(truth, "truth"), labels(call, "call")
    total = same_length(truth=truth, call=call)
    same_kind(truth, call, "call")
    if patients is not None:
        right = np.asarray(truth == call, dtype=bool)
        whose = patients_of(patients, total)
        everywhere = np.ones(total, dtype=bool)
        return clustered_share("accuracy", everywhere, right, whose, method, conf_level, null, alternative)
    count = int(np.count_nonzero(truth == call))
    return _fraction("accuracy", Counts(count, total - count, 0, 0), method, conf_level, null, alternative)
