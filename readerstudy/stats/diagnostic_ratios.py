"""The likelihood ratios of one reader's calls."""

from __future__ import annotations

import math

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, check_level, z_of
from readerstudy.stats._patients import Patients, patients_of
from readerstudy.stats.clustered_indices import likelihood_ratio_terms, log_interval, of_patients
from readerstudy.stats.counts import Counts, checked, counts
from readerstudy.stats.likelihood_ratios import koopman_estimate

RATIO_METHODS = ("log", "koopman")
"""Names of the intervals of a likelihood ratio."""


def likelihood_ratio(measure: str, table: Counts, conf_level: float, method: str = "log") -> Estimate:
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


def _ratio_of(
    measure: str, truth: ArrayLike, call: ArrayLike, conf_level: float, method: str, patients: ArrayLike | None
) -> Estimate:
    truth, call = checked(truth, call)
    if patients is None:
        return likelihood_ratio(measure, counts(truth, call), conf_level, method)
    return clustered_ratio(measure, truth, call, patients_of(patients, len(truth)), conf_level, method)


def clustered_ratio(
    measure: str, truth: Bools, call: Bools, patients: Patients, conf_level: float, method: str = "log"
) -> Estimate:
    """A likelihood ratio with its log interval made wider by the design effect."""
    if method != "log":
        _choice.check(method, RATIO_METHODS, "method")
        raise ValueError(f"method is {method!r}, which is for independent cases; with patients it must be 'log'")
    e = likelihood_ratio(measure, counts(truth, call), conf_level)
    if not e.estimate > 0:
        return of_patients(e, patients)
    return log_interval(e, likelihood_ratio_terms(truth, call if measure == "plr" else ~call), patients)


def plr(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "log",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
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
    patients
        As in `sensitivity`: the log interval made wider by the design effect, which is 1 with one case a patient.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases (with `patients`: patients) must be independent. With no false positive it is unbounded: nan with a note;
    ``"koopman"`` still gives a lower limit. Both intervals under-cover at times with up to 15 positive cases: 91.7 % at
    worst for 95 % (docs/coverage.md).

    References
    ----------
    Simel, Samsa and Matchar 1991, doi:10.1016/0895-4356(91)90128-V. Koopman 1984, doi:10.2307/2531405.
    """
    return _ratio_of("plr", truth, call, conf_level, method, patients)


def nlr(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "log",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
    """How many times likelier a negative call is in a positive case: (1 - sensitivity) / specificity.

    Range [0, inf), best 0. Synonyms: negative likelihood ratio, LR-.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    method, conf_level, patients
        As in `plr`.

    Returns
    -------
    Estimate

    Notes
    -----
    Cases (with `patients`: patients) must be independent. With no false negative it is 0, conf_low is 0 and conf_high
    nan, with a note; ``"koopman"`` gives an upper limit there. Both intervals under-cover at times with up to 30
    positive cases: 91 % at worst for 95 % (docs/coverage.md).

    References
    ----------
    Simel, Samsa and Matchar 1991, doi:10.1016/0895-4356(91)90128-V. Koopman 1984, doi:10.2307/2531405.
    """
    return _ratio_of("nlr", truth, call, conf_level, method, patients)
