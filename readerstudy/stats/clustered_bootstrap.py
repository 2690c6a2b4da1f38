"""The interval of any measure of calls from patients drawn with all their cases."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, binary, same_length, tails
from readerstudy.stats._degenerate import noted
from readerstudy.stats._patients import ONE_PATIENT, Patients, patients_of
from readerstudy.stats.clustered_auc import drawn_patients, strata_of
from readerstudy.stats.roc_bootstrap import INTERVALS, Bootstrap, acceleration, checked_replicates
from readerstudy.stats.roc_inference import with_limits


def _kappa(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    n = tp + fp + fn + tn
    by_chance = (tp + fn) * (tp + fp) + (fp + tn) * (fn + tn)
    kappa: Floats = (n * (tp + tn) - by_chance) / (n * n - by_chance)
    return kappa


def _mcc(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    coefficient: Floats = (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return coefficient


_OF_COUNTS: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "sensitivity": lambda tp, fp, fn, tn: tp / (tp + fn),
    "specificity": lambda tp, fp, fn, tn: tn / (tn + fp),
    "ppv": lambda tp, fp, fn, tn: tp / (tp + fp),
    "npv": lambda tp, fp, fn, tn: tn / (tn + fn),
    "accuracy": lambda tp, fp, fn, tn: (tp + tn) / (tp + fp + fn + tn),
    "balanced_accuracy": lambda tp, fp, fn, tn: (tp / (tp + fn) + tn / (tn + fp)) / 2,
    "youden": lambda tp, fp, fn, tn: tp / (tp + fn) + tn / (tn + fp) - 1,
    "f1": lambda tp, fp, fn, tn: 2 * tp / (2 * tp + fp + fn),
    "mcc": _mcc,
    "kappa": _kappa,
}
MEASURES = tuple(_OF_COUNTS)
"""Measures that can be resampled: of true and false positives and negatives, and bounded."""
_GIVEN_TRUTH = ("sensitivity", "specificity", "balanced_accuracy", "youden")
"""Those that do not depend on how many cases are positive."""
_SIGNED = ("youden", "mcc", "kappa")
"""Those that go down to -1, not to 0."""


def _values(measure: str, cells: Floats) -> Floats:
    """The measure of each row of counts; nan for 0 / 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return _OF_COUNTS[measure](*cells.T)


def cluster_bootstrap(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    measure: str = "sensitivity",
    method: str = "bootstrap",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """A measure of calls with its interval from patients drawn at random with all their cases.

    Range and best value are those of the measure. For AUCs see the ``"bootstrap"`` of `auc` and `compare_auc`.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    measure
        ``"sensitivity"``, ``"specificity"``, ``"ppv"``, ``"npv"``, ``"accuracy"``, ``"balanced_accuracy"``,
        ``"youden"``, ``"f1"``, ``"mcc"`` or ``"kappa"`` (of call and truth).
    method
        ``"bootstrap"`` (percentile) or ``"bca"`` (bias-corrected and accelerated).
    conf_level, alternative
        As in `proportion`.
    patients
        Labels of the patients, shape (n_cases,). For sensitivity, specificity, their mean and Youden's index patients
        with positive cases, with negative ones and with both are drawn apart; the other measures depend on how many
        cases are positive, and patients are drawn from all. Without `patients` each case is drawn by itself.
    n_boot, rng
        Replicates and NumPy Generator or seed; ``rng=None`` draws a new seed.

    Returns
    -------
    Estimate
        `std_error` is the standard deviation of the replicates.

    Raises
    ------
    ValueError
        If the arrays do not fit or a name is unknown.

    Notes
    -----
    Patients must be independent. Replicates in which the measure is 0 / 0 are left out, with a note; where the measure
    itself is, it is nan with a note. Where no replicate differs (all calls right), or there is one patient, there is no
    interval, with a note: the functions of the measures' names have one for that.

    References
    ----------
    Rutter 2000, doi:10.1016/S1076-6332(00)80381-5. Field and Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x. Efron
    1987 (BCa), doi:10.1080/01621459.1987.10478410.

    Examples
    --------
    >>> truth, call = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 1, 1, 0, 1, 0, 0, 0]
    >>> e = cluster_bootstrap(truth, call, measure="f1", patients=[1, 1, 2, 2, 3, 4, 4, 5, 6, 6])
    >>> e.method, round(e.estimate, 3), e.n_patients
    ('cluster-bootstrap', 0.8, 6)
    """
    _choice.check(measure, MEASURES, "measure")
    _choice.check(method, INTERVALS, "method")
    outside = tails(conf_level, alternative)
    checked_replicates(n_boot)
    truth, call = binary(truth, "truth"), binary(call, "call")
    n = same_length(truth=truth, call=call)
    whose = Patients(np.arange(n), n) if patients is None else patients_of(patients, n)
    e = Estimate(
        measure=measure,
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=n,
        n_patients=None if patients is None else whose.number,
    )
    cells = np.stack(
        [whose.sums(cell) for cell in (truth & call, ~truth & call, truth & ~call, ~truth & ~call)], axis=1
    )
    value = float(_values(measure, cells.sum(axis=0, keepdims=True))[0])
    if math.isnan(value):
        e = noted(e, "undefined: 0 / 0")
    elif whose.number == 1:
        e = noted(e.replace(estimate=value), "one case: no interval" if patients is None else ONE_PATIENT)
    else:
        strata = strata_of(truth, whose) if measure in _GIVEN_TRUTH else [np.arange(whose.number)]
        blocks = drawn_patients(strata, whose, n_boot, np.random.default_rng(rng))
        drawn = _drawn(measure, value, cells, blocks)
        undefined = n_boot - len(drawn.replicates)
        if undefined:
            e = noted(e, f"{undefined} of {n_boot} resamples leave it undefined and are left out")
        if len(drawn.replicates) < 2:
            e = noted(e.replace(estimate=value), "no interval")
        else:
            e = with_limits(e.replace(estimate=value), drawn, outside, (-1.0 if measure in _SIGNED else 0.0, 1.0))
    return e if patients is None else e.replace(method=f"cluster-{method}")


def _drawn(measure: str, value: float, cells: Floats, blocks: Iterator[Ints]) -> Bootstrap:
    replicates = np.concatenate([_values(measure, times @ cells) for times in blocks])
    left_out = _values(measure, cells.sum(axis=0) - cells)
    left_out = left_out[~np.isnan(left_out)]
    # What each patient adds, by leaving him out.
    pull = acceleration([left_out.mean() - left_out]) if len(left_out) else 0.0
    return Bootstrap(value, replicates[~np.isnan(replicates)], pull)
