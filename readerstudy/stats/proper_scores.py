"""Proper scores of predicted probabilities: log loss, and Brier's for several classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, binary, check_level, probabilities, same_length, z_of
from readerstudy.stats._degenerate import NO_WIDTH, noted
from readerstudy.stats.multiclass import checked_scores


def log_loss(
    truth: ArrayLike, probs: npt.ArrayLike, *, classes: Sequence[Any] | None = None, conf_level: float = 0.95
) -> Estimate:
    """Mean of minus the logarithm of the probability that was given to what came true.

    Range [0, inf), best 0; log(number of classes) for equal probabilities throughout. Synonyms: cross-entropy,
    logarithmic score, negative log-likelihood.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,); with `classes` the class of each case, one of them.
    probs
        Predicted probability of a positive case, shape (n_cases,); with `classes` of each class, shape (n_cases,
        n_classes), rows that sum to 1.
    classes
        The classes in the order of the columns of `probs`, two or more; None for a binary truth.
    conf_level
        Level of the interval.

    Returns
    -------
    Estimate
        With the normal interval of a mean, cut at 0.

    Raises
    ------
    ValueError
        If shapes do not fit, a value is missing or no probability, or a class is unknown.

    Notes
    -----
    Cases must be independent: there is no `patients`. A case whose own class was given the probability 0 makes it
    unbounded: nan with a note; no probability is moved away from 0 silently. With one case there is no interval, with a
    note.

    References
    ----------
    Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x. Gneiting and Raftery 2007, doi:10.1198/016214506000001437.

    Examples
    --------
    >>> round(log_loss([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]).estimate, 4)
    0.1976
    """
    check_level(conf_level)
    codes, table = _checked(truth, probs, classes)
    own = table[np.arange(len(codes)), codes]
    e = Estimate(measure="log_loss", method="wald", conf_level=conf_level, n_cases=len(codes))
    impossible = int(np.count_nonzero(own == 0))
    if impossible:
        of = "1 case" if impossible == 1 else f"{impossible} cases"
        return e.replace(note=f"unbounded: what came true was given probability 0 in {of}")
    # Minus the log of 1 is 0, not -0.
    return _mean(e, -np.log(own) + 0.0, math.inf)


def multiclass_brier(
    truth: ArrayLike, probs: npt.ArrayLike, *, classes: Sequence[Any], conf_level: float = 0.95
) -> Estimate:
    """Mean over cases of the squared distances, summed over the classes, of probabilities from what came true.

    Range [0, 2], best 0. With two classes it is twice `brier`. Synonyms: multi-class Brier score, quadratic score.

    Parameters
    ----------
    truth, probs, classes, conf_level
        As in `log_loss`; `classes` is needed.

    Returns
    -------
    Estimate
        With the normal interval of a mean, cut at 0 and 2.

    Raises
    ------
    ValueError
        As in `log_loss`.

    Notes
    -----
    Cases must be independent: there is no `patients`. With one case there is no interval, and where all errors are
    equal it has no width, with a note. Some divide the sum by 2 or by the number of classes; Brier did not.

    References
    ----------
    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> probs = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]]
    >>> round(multiclass_brier(list("ABC"), probs, classes=list("ABC")).estimate, 4)
    0.26
    """
    check_level(conf_level)
    codes, table = _checked(truth, probs, classes)
    e = Estimate(measure="multiclass_brier", method="wald", conf_level=conf_level, n_cases=len(codes))
    return _mean(e, ((table - np.eye(table.shape[1])[codes]) ** 2).sum(axis=1), 2.0)


def _checked(truth: ArrayLike, probs: npt.ArrayLike, classes: Sequence[Any] | None) -> tuple[Ints, Floats]:
    """The place of each case's class, and the probabilities of all classes, shape (n_cases, n_classes)."""
    if classes is None:
        binary_truth, prob = binary(truth, "truth"), probabilities(probs, "probs")
        same_length(truth=binary_truth, probs=prob)
        return binary_truth.astype(np.int64), np.stack([1 - prob, prob], axis=1)
    codes, table = checked_scores(truth, probs, classes)
    probabilities(table.ravel(), "probs")
    off = np.abs(table.sum(axis=1) - 1)
    if (off > 1e-6).any():
        where = int(np.argmax(off))
        raise ValueError(f"probs must sum to 1 in every row, got {table[where].sum():g} in row {where}")
    return codes, table


def _mean(e: Estimate, errors: Floats, most: float) -> Estimate:
    n = len(errors)
    if n == 0:
        return e.replace(note="no case")
    mean = float(errors.mean())
    if n == 1:
        return e.replace(estimate=mean, note="one case: no interval")
    # Equal errors differ by rounding only: that is no spread.
    error = 0.0 if np.ptp(errors) < 1e-14 else float(errors.std(ddof=1)) / math.sqrt(n)
    reach = z_of((1 - e.conf_level) / 2) * error
    e = e.replace(estimate=mean, std_error=error, conf_low=max(0.0, mean - reach), conf_high=min(most, mean + reach))
    return noted(e, f"all errors are equal: {NO_WIDTH}") if error == 0 else e
