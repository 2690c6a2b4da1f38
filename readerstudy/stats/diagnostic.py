"""The two-by-two diagnostic table: sensitivity to likelihood ratios, and the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Ints, binary, check_level, labels, same_length, z_of
from readerstudy.stats.likelihood_ratios import koopman_estimate
from readerstudy.stats.proportion import proportion

if TYPE_CHECKING:
    import pandas as pd


class Counts(NamedTuple):
    """True and false positives and negatives."""

    tp: int
    fp: int
    fn: int
    tn: int


def counts(truth: Bools, call: Bools) -> Counts:
    """Cross-tabulate two boolean arrays of one length."""
    tp = int(np.count_nonzero(truth & call))
    fp = int(np.count_nonzero(call)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return Counts(tp, fp, fn, len(truth) - tp - fp - fn)


_FRACTIONS: dict[str, Callable[[Counts], tuple[int, int]]] = {
    "sensitivity": lambda c: (c.tp, c.tp + c.fn),
    "specificity": lambda c: (c.tn, c.tn + c.fp),
    "ppv": lambda c: (c.tp, c.tp + c.fp),
    "npv": lambda c: (c.tn, c.tn + c.fn),
    "accuracy": lambda c: (c.tp + c.tn, sum(c)),
}
RATIO_METHODS = ("log", "koopman")
"""Names of the intervals of a likelihood ratio."""
_UNDEFINED = {
    "sensitivity": "no positive case",
    "specificity": "no negative case",
    "ppv": "nothing was called positive",
    "npv": "nothing was called negative",
    "accuracy": "no case",
}


def _fraction(measure: str, table: Counts, method: str, conf_level: float, null: float | None = None) -> Estimate:
    count, total = _FRACTIONS[measure](table)
    e = proportion(count, total, method=method, conf_level=conf_level, null=null)
    note = f"0 of 0: {_UNDEFINED[measure]}" if total == 0 else None
    return e.replace(measure=measure, n_cases=sum(table), note=note)


def _likelihood_ratio(measure: str, table: Counts, conf_level: float, method: str = "log") -> Estimate:
    """Ratio of two independent proportions with the log interval of Simel, Samsa and Matchar 1991, or Koopman's."""
    check_level(conf_level)
    _choice.check(method, RATIO_METHODS, "method")
    diseased, healthy = table.tp + table.fn, table.tn + table.fp
    above, below = (table.tp, table.fp) if measure == "plr" else (table.fn, table.tn)
    names = ("true positive", "false positive") if measure == "plr" else ("false negative", "true negative")
    e = Estimate(measure=measure, method=method, conf_level=conf_level, alternative="two-sided", n_cases=sum(table))
    if diseased == 0 or healthy == 0:
        return e.replace(note=f"undefined: no {'positive' if diseased == 0 else 'negative'} case")
    if method == "koopman":
        return koopman_estimate(e, above, diseased, below, healthy, names[1])
    if below == 0:
        what = "0/0" if above == 0 else "unbounded"
        return e.replace(note=f"undefined ({what}): no {names[1]}")
    if above == 0:
        return e.replace(estimate=0.0, conf_low=0.0, note=f"no {names[0]}: 0, and the log interval has no upper limit")
    ratio = (above / diseased) / (below / healthy)
    error = math.sqrt(1 / above - 1 / diseased + 1 / below - 1 / healthy)
    factor = math.exp(z_of((1 - conf_level) / 2) * error)
    return e.replace(
        estimate=ratio,
        conf_low=ratio / factor,
        conf_high=ratio * factor,
        note="every case was called the same: the log interval has no width" if error == 0 else None,
    )


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
    return fractions + [_likelihood_ratio(measure, table, conf_level) for measure in ("plr", "nlr")]


def diagnostic_table(
    truth: ArrayLike, call: ArrayLike, *, method: str = "wilson", conf_level: float = 0.95
) -> list[Estimate]:
    """Sensitivity, specificity, PPV, NPV, accuracy, PLR and NLR of one reader's binary calls.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level
        As in `diagnostic_counts`, which see for the undefined cases.

    Returns
    -------
    list of Estimate
    """
    return diagnostic_counts(*table_of(truth, call), method=method, conf_level=conf_level)


def table_of(truth: ArrayLike, call: ArrayLike) -> Counts:
    """`counts` of arrays that are checked first."""
    truth, call = binary(truth, "truth"), binary(call, "call")
    same_length(truth=truth, call=call)
    return counts(truth, call)


def sensitivity(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
) -> Estimate:
    """Share of the positive cases that were called positive: TP / (TP + FN).

    Range [0, 1], best 1. Synonyms: recall, true positive rate.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null
        As in `proportion`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases must be independent. With no positive case it is nan with a note.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.308.6943.1552.
    """
    return _fraction("sensitivity", table_of(truth, call), method, conf_level, null)


def specificity(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
) -> Estimate:
    """Share of the negative cases that were called negative: TN / (TN + FP).

    Range [0, 1], best 1. Synonym: true negative rate.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null
        As in `proportion`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases must be independent. With no negative case it is nan with a note.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.308.6943.1552.
    """
    return _fraction("specificity", table_of(truth, call), method, conf_level, null)


def ppv(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
) -> Estimate:
    """Share of the positive calls that were right: TP / (TP + FP), the positive predictive value.

    Range [0, 1], best 1. Synonym: precision. It holds for the prevalence of this sample only.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null
        As in `proportion`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases must be independent. When nothing was called positive it is nan with a note.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.309.6947.102.
    """
    return _fraction("ppv", table_of(truth, call), method, conf_level, null)


def npv(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
) -> Estimate:
    """Share of the negative calls that were right: TN / (TN + FN), the negative predictive value.

    Range [0, 1], best 1. It holds for the prevalence of this sample only.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, null
        As in `proportion`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases must be independent. When nothing was called negative it is nan with a note.

    References
    ----------
    Altman and Bland 1994, doi:10.1136/bmj.309.6947.102.
    """
    return _fraction("npv", table_of(truth, call), method, conf_level, null)


def accuracy(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    null: float | None = None,
) -> Estimate:
    """Share of the cases that were called right.

    Range [0, 1], best 1. Synonym: proportion correct.

    Parameters
    ----------
    truth, call
        Labels of any number of classes, shape (n_cases,), paired by position; right where they are equal.
    method, conf_level, null
        As in `proportion`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases must be independent. With no case it is nan with a note.
    """
    truth, call = labels(truth, "truth"), labels(call, "call")
    total = same_length(truth=truth, call=call)
    right = int(np.count_nonzero(truth == call))
    return _fraction("accuracy", Counts(right, total - right, 0, 0), method, conf_level, null)


def plr(truth: ArrayLike, call: ArrayLike, *, method: str = "log", conf_level: float = 0.95) -> Estimate:
    """How many times likelier a positive call is in a positive case: sensitivity / (1 - specificity).

    Range [0, inf), best large. Synonyms: positive likelihood ratio, LR+.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method
        ``"log"`` (Simel), or ``"koopman"`` (score), which has limits where a cell is empty.
    conf_level
        Level of the interval.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases must be independent. With no false positive it is unbounded: nan with a note; ``"koopman"`` still gives a
    lower limit.

    References
    ----------
    Simel, Samsa and Matchar 1991, doi:10.1016/0895-4356(91)90128-V. Koopman 1984, doi:10.2307/2531405.
    """
    return _likelihood_ratio("plr", table_of(truth, call), conf_level, method)


def nlr(truth: ArrayLike, call: ArrayLike, *, method: str = "log", conf_level: float = 0.95) -> Estimate:
    """How many times likelier a negative call is in a positive case: (1 - sensitivity) / specificity.

    Range [0, inf), best 0. Synonyms: negative likelihood ratio, LR-.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level
        As in `plr`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases must be independent. With no false negative it is 0, conf_low is 0 and conf_high nan,
    with a note; ``"koopman"`` gives an upper limit there.

    References
    ----------
    Simel, Samsa and Matchar 1991, doi:10.1016/0895-4356(91)90128-V. Koopman 1984, doi:10.2307/2531405.
    """
    return _likelihood_ratio("nlr", table_of(truth, call), conf_level, method)


def cross_counts(rows: Ints, columns: Ints, n_rows: int, n_columns: int) -> Ints:
    """Cross-tabulate two arrays of codes (0, 1, ...) into shape (n_rows, n_columns)."""
    return np.bincount(rows * n_columns + columns, minlength=n_rows * n_columns).reshape(n_rows, n_columns)


def confusion_matrix(truth: ArrayLike, call: ArrayLike, *, classes: list[Any] | None = None) -> pd.DataFrame:
    """How often each true class was called each class.

    Parameters
    ----------
    truth, call
        Labels, shape (n_cases,), paired by position.
    classes
        The classes in the order wanted; by default all that occur, sorted.

    Returns
    -------
    pandas.DataFrame
        Counts; rows are the truth, columns the calls.

    Raises
    ------
    ValueError
        If a label is not among `classes`.
    """
    import pandas as pd

    truth, call = labels(truth, "truth"), labels(call, "call")
    same_length(truth=truth, call=call)
    if classes is None:
        classes = sorted(set(truth.tolist()) | set(call.tolist()))
    codes = {label: code for code, label in enumerate(classes)}
    for name, array in (("truth", truth), ("call", call)):
        unknown = [label for label in array.tolist() if label not in codes]
        if unknown:
            raise ValueError(f"{name} holds {unknown[0]!r}, which is not among the classes {classes}")
    rows = np.array([codes[label] for label in truth.tolist()], dtype=np.int64)
    columns = np.array([codes[label] for label in call.tolist()], dtype=np.int64)
    table = cross_counts(rows, columns, len(classes), len(classes))
    return pd.DataFrame(table, index=pd.Index(classes, name="truth"), columns=pd.Index(classes, name="call"))
