"""What a reading would be worth at another prevalence: accuracy, net benefit, and probabilities carried over."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, check_level, z_of
from readerstudy.stats._degenerate import bounded
from readerstudy.stats.diagnostic import Counts, table_of
from readerstudy.stats.proportion import METHODS as PROPORTIONS
from readerstudy.stats.proportion import limits


def square_and_add(
    parts: list[tuple[float, int, int]], constant: float, method: str, tail: float
) -> tuple[float, float, float]:
    """Sum of factor x count / total over independent parts, plus `constant`, and its limits; factors of 0 or more.

    The distance of each limit is the root of the sum of the squared distances of the parts' own limits.
    """
    value, below, above = constant, 0.0, 0.0
    for factor, count, total in parts:
        low, high = limits(count, total, method, tail, tail)
        value += factor * count / total
        below += (factor * (count / total - low)) ** 2
        above += (factor * (high - count / total)) ** 2
    return value, value - math.sqrt(below), value + math.sqrt(above)


def _carried_over(
    e: Estimate, table: Counts, factors: tuple[float, float], constant: float, prevalence: float, method: str
) -> Estimate:
    """`e` as factors of sensitivity and specificity plus a constant."""
    n, m = table.tp + table.fn, table.tn + table.fp
    said = f"at a prevalence of {prevalence * 100:g} %"
    e = e.replace(n_cases=n + m, note=said)
    if n == 0 or m == 0:
        return e.replace(note=f"{said}; undefined: no {'positive' if n == 0 else 'negative'} case")
    parts = [(factors[0], table.tp, n), (factors[1], table.tn, m)]
    sum_of_variances = sum(f * f * (x / t) * (1 - x / t) / t for f, x, t in parts)
    inner = "wilson" if method == "wald" else method
    value, low, high = square_and_add(parts, constant, inner, (1 - e.conf_level) / 2)
    error = math.sqrt(sum_of_variances)
    if method == "wald":
        reach = z_of((1 - e.conf_level) / 2) * error
        # The end of the range is a sum of its own: rounding can put it on the wrong side of the value.
        low = min(value, max(constant, value - reach))
        high = max(value, min(constant + sum(factors), value + reach))
        if error == 0:
            e = e.replace(note=f"{said}; no variation in either class: the interval has no width")
    e = e.replace(estimate=value, std_error=error, conf_low=low, conf_high=high)
    return bounded(e, min(constant, constant + sum(factors)), constant + sum(f for f in factors if f > 0))


def _checked(prevalence: float, method: str, conf_level: float) -> None:
    check_level(conf_level)
    _choice.check(method, ("wald", *PROPORTIONS), "method")
    if not 0 < prevalence < 1:
        raise ValueError(f"prevalence must lie strictly between 0 and 1, got {prevalence!r}")


def _name(method: str) -> str:
    return "wald" if method == "wald" else f"mover-{method}"


def accuracy_at(
    truth: ArrayLike, call: ArrayLike, prevalence: float, *, method: str = "wilson", conf_level: float = 0.95
) -> Estimate:
    """Accuracy that a reading would have where a share `prevalence` of the cases is positive.

    prevalence x sensitivity + (1 - prevalence) x specificity. Range [0, 1], best 1. Synonym: standardised accuracy.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    prevalence
        Share of positive cases where the reading is to be used, strictly between 0 and 1, taken as known.
    method
        Interval of sensitivity and of specificity from which that of the sum is made (square and add), a method of
        `proportion`; or ``"wald"``, from the sum of the variances.
    conf_level
        Level of the interval.

    Returns
    -------
    Estimate
        ``accuracy_at_prevalence``; the prevalence stands in the note.

    Raises
    ------
    ValueError
        If `prevalence` does not lie between 0 and 1, the arrays do not fit or a name is unknown.

    Notes
    -----
    Cases must be independent, and sensitivity and specificity must be those of the other place too. Without a
    positive or a negative case it is nan with a note. Where both are 0 or 1 Wald's interval has no width, with a note.

    References
    ----------
    Zou and Donner 2008 (interval), doi:10.1002/sim.3095. Newcombe 1998 (square and add),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    Sensitivity 40/50 and specificity 45/50 at a prevalence of 10 %: 0.1 x 0.8 + 0.9 x 0.9.

    >>> e = accuracy_at([1] * 50 + [0] * 50, [1] * 40 + [0] * 10 + [1] * 5 + [0] * 45, 0.1)
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3)
    (0.89, 0.787, 0.942)
    """
    _checked(prevalence, method, conf_level)
    e = Estimate(measure="accuracy_at_prevalence", method=_name(method), conf_level=conf_level)
    return _carried_over(e, table_of(truth, call), (prevalence, 1 - prevalence), 0.0, prevalence, method)


def net_benefit_at(
    truth: ArrayLike,
    call: ArrayLike,
    prevalence: float,
    threshold: float,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
) -> Estimate:
    """Net benefit of acting on a reading's calls where a share `prevalence` of the cases is positive.

    prevalence x sensitivity - (1 - prevalence) x (1 - specificity) x odds(threshold). Range (-inf, prevalence]; acting
    on nobody has 0. The closed form, for calls, of what `net_benefit` resamples.

    Parameters
    ----------
    truth, call, prevalence, method, conf_level
        As in `accuracy_at`.
    threshold
        Probability of disease at which acting and not acting are worth the same, strictly between 0 and 1.

    Returns
    -------
    Estimate
        ``net_benefit``; the prevalence stands in the note.

    Raises
    ------
    ValueError
        As `accuracy_at`, and if `threshold` does not lie between 0 and 1.

    Notes
    -----
    As `accuracy_at`.

    References
    ----------
    Vickers and Elkin 2006, doi:10.1177/0272989X06295361. Interval: as `accuracy_at`.

    Examples
    --------
    Sensitivity 0.8 and specificity 0.9 at a prevalence of 10 %; acting is worth while from a risk of 5 %:

    >>> e = net_benefit_at([1] * 50 + [0] * 50, [1] * 40 + [0] * 10 + [1] * 5 + [0] * 45, 0.1, 0.05)
    >>> round(e.estimate, 4)  # 0.1 x 0.8 - 0.9 x 0.1 / 19
    0.0753
    """
    _checked(prevalence, method, conf_level)
    if not 0 < threshold < 1:
        raise ValueError(f"threshold must lie strictly between 0 and 1, got {threshold!r}")
    harm = (1 - prevalence) * threshold / (1 - threshold)
    e = Estimate(measure="net_benefit", method=_name(method), threshold=threshold, conf_level=conf_level)
    return _carried_over(e, table_of(truth, call), (prevalence, harm), -harm, prevalence, method)


def recalibrate(prob: npt.ArrayLike, prevalence_from: npt.ArrayLike, prevalence_to: npt.ArrayLike) -> Floats:
    """Predicted probabilities carried over from one prevalence to another.

    The odds are multiplied by odds(prevalence_to) / odds(prevalence_from); of several classes each probability by the
    ratio of its prevalences, and then all are divided by their sum. Synonyms: prior correction, adjustment to new
    a priori probabilities.

    Parameters
    ----------
    prob
        Probabilities of a positive case, shape (n_cases,), with the prevalences as numbers; or of every class, shape
        (n_cases, n_classes), with the prevalences of the classes, shape (n_classes,). nan stays nan.
    prevalence_from
        Prevalence of the cases that the probabilities were fitted to (not of the test cases, if they differ).
    prevalence_to
        Prevalence of the cases that they are to hold for; above 0 and, as the other, with the sum 1 over classes.

    Returns
    -------
    ndarray
        Of the shape of `prob`.

    Raises
    ------
    ValueError
        If a number is no probability or the shapes do not fit.

    Notes
    -----
    Scores must be distributed within each class as where they come from: only the classes' shares may differ. The order
    of the cases, and so the AUC of one score, does not change; 0 and 1 stay what they are. A case whose probability
    is 1 for a class that the new place does not have would be 0 / 0: prevalences of 0 are refused.

    References
    ----------
    Saerens, Latinne and Decaestecker 2002, doi:10.1162/089976602753284446.

    Examples
    --------
    A model was trained on as many positive as negative cases; in the clinic one case in ten is positive:

    >>> recalibrate([0.5, 0.9, 0.99], 0.5, 0.1).round(3).tolist()
    [0.1, 0.5, 0.917]
    """
    values = np.asarray(prob, dtype=np.float64)
    old, new = (np.asarray(value, dtype=np.float64) for value in (prevalence_from, prevalence_to))
    if np.any((values < 0) | (values > 1)):
        raise ValueError("prob must be probabilities between 0 and 1")
    for name, given in (("prevalence_from", old), ("prevalence_to", new)):
        if not ((given > 0) & (given < 1)).all():
            raise ValueError(f"{name} must lie strictly between 0 and 1, got {given.tolist()!r}")
    if values.ndim == 1:
        if old.ndim or new.ndim:
            raise ValueError("prevalences must be numbers, not arrays, when prob has one dimension")
        positive, negative = values * float(new / old), (1 - values) * float((1 - new) / (1 - old))
        moved: Floats = positive / (positive + negative)
        return moved
    if values.ndim != 2 or old.shape != values.shape[1:] or new.shape != values.shape[1:]:
        raise ValueError(
            f"prob has shape {values.shape}, the prevalences {old.shape} and {new.shape}: "
            "they need (n_cases, n_classes) and (n_classes,)"
        )
    for name, given in (("prevalence_from", old), ("prevalence_to", new)):
        if abs(float(given.sum()) - 1) > 1e-6:
            raise ValueError(f"{name} must have the sum 1, got {float(given.sum()):g}")
    if np.any(np.abs(values.sum(axis=1) - 1) > 1e-6):
        raise ValueError("prob must have the sum 1 in every case")
    scaled = values * (new / old)
    shares: Floats = scaled / scaled.sum(axis=1, keepdims=True)
    return shares
