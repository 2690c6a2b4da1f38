"""The binormal ROC curve, fitted by maximum likelihood."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, binary, same_length, scores, tails, z_of
from readerstudy.stats._degenerate import one_sided
from readerstudy.stats.roc_bootstrap import levels
from readerstudy.stats.roc_inference import undefined

MOST_CATEGORIES = 200
"""Truth-state runs beyond this many are pooled: the fit hardly changes, and its work grows with their cube."""

_STEPS = 200


class Fit(NamedTuple):
    """The curve sensitivity = Phi(a + b Phi^-1(1 - specificity)) and the covariance of a and b."""

    a: float
    b: float
    covariance: Floats
    log_likelihood: float


def runs(truth: Bools, score: Floats) -> Ints:
    """Ordered categories with all that the scores say about a binormal curve: counts (n_categories, 2).

    Neighbouring scores that only positive or only negative cases have are pooled, which leaves the likelihood's
    maximum where it is (Metz, Herman and Shen 1998). Columns: negative, positive.
    """
    row = levels(score)
    counts = np.stack([np.bincount(row[of], minlength=int(row.max()) + 1) for of in (~truth, truth)], axis=1)
    kind = np.where(counts[:, 1] == 0, 0, np.where(counts[:, 0] == 0, 1, 2))
    first = np.concatenate(([True], (kind[1:] != kind[:-1]) | (kind[1:] == 2)))
    pooled: Ints = np.add.reduceat(counts, np.flatnonzero(first), axis=0)
    return pooled


def _fewer(counts: Ints) -> Ints:
    """At most `MOST_CATEGORIES` categories of about as many cases each."""
    passed = np.cumsum(counts.sum(axis=1))
    group = (passed - 1) * MOST_CATEGORIES // passed[-1]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(group) > 0)))
    pooled: Ints = np.add.reduceat(counts, starts, axis=0)
    return pooled


class _Model(NamedTuple):
    """Probabilities of the categories of both classes, and their derivatives by a, b and the cuts."""

    probability: Floats
    slope: Floats

    @classmethod
    def at(cls, parameters: Floats) -> _Model:
        a, b, cuts = parameters[0], parameters[1], parameters[2:]
        deviates = np.stack([cuts, b * cuts - a])
        through = np.concatenate((np.zeros((2, 1)), special.ndtr(deviates), np.ones((2, 1))), axis=1)
        density = np.exp(-(deviates**2) / 2) / math.sqrt(2 * math.pi)
        size = len(cuts)
        slopes = np.zeros((2, size + 2, size + 2))  # class, edge between categories, parameter
        inner = np.arange(1, size + 1)
        slopes[0, inner, inner + 1] = density[0]
        slopes[1, inner, inner + 1] = b * density[1]
        slopes[1, inner, 0] = -density[1]
        slopes[1, inner, 1] = cuts * density[1]
        return cls(np.diff(through, axis=1), np.diff(slopes, axis=1))

    def log_likelihood(self, counts: Ints) -> float:
        probability = np.maximum(self.probability.T, 1e-300)
        return float(np.where(counts > 0, counts * np.log(probability), 0).sum())


def fit(counts: Ints) -> Fit | None:
    """Fisher's scoring from the least-squares line through the normal deviates; None where it does not settle."""
    totals = counts.sum(axis=0)
    passed = (np.cumsum(counts, axis=0)[:-1] + 0.5) / (totals + 1)
    from_negative, from_positive = special.ndtri(passed).T
    level = float((from_positive - from_negative).mean())
    b, minus_a = np.polyfit(from_negative, from_positive, 1) if np.ptp(from_negative) > 0 else (1.0, level)
    b = max(b, 0.1)
    # A run moves the deviates of one class at least, so the mean of both places the cuts in strict order.
    parameters = np.concatenate(([-minus_a, b], (from_negative + (from_positive - minus_a) / b) / 2))
    model = _Model.at(parameters)
    likelihood = model.log_likelihood(counts)
    for _ in range(_STEPS):
        probability = np.maximum(model.probability, 1e-300)
        gradient = np.einsum("ck,ckp->p", counts.T / probability, model.slope)
        information = np.einsum(
            "ckp,ckq->pq", model.slope / probability[..., None] * totals[:, None, None], model.slope
        )
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all():
            return None
        if float(gradient @ step) < 1e-16 * max(1.0, abs(likelihood)):
            covariance = np.linalg.inv(information)[:2, :2]
            if not (np.linalg.eigvalsh(covariance) > 0).all():  # flat but for rounding: the top is not a point
                return None
            return Fit(float(parameters[0]), float(parameters[1]), covariance, likelihood)
        for halving in range(40):
            trial = parameters + step * 0.5**halving
            if trial[1] > 0 and (np.diff(trial[2:]) > 0).all():
                model = _Model.at(trial)
                found = model.log_likelihood(counts)
                if found >= likelihood - 1e-12 * abs(likelihood):
                    break
        else:
            return None
        parameters, likelihood = trial, found
        if not 1e-3 < parameters[1] < 1e3:
            return None
    return None


def binormal(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> list[Estimate]:
    """A smooth ROC curve and its area: sensitivity = Phi(a + b Phi^-1(1 - specificity)), AUC = Phi(a / sqrt(1 + b^2)).

    Maximum likelihood for ordered categories (Dorfman and Alf); continuous scores are first made categories by their
    truth-state runs (Metz), so that only the order of the scores counts. Range of the AUC [0, 1], best 1. Synonyms:
    Az, ROCFIT, LABROC.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score
        Ratings or continuous, higher = more suspicious, shape (n_cases,); no nan.
    conf_level, alternative
        As in `proportion`.

    Returns
    -------
    list of Estimate
        `auc` (interval on the scale of a / sqrt(1 + b^2), so never outside [0, 1]), `binormal_a` and `binormal_b`.
        Standard errors are from Fisher's expected information.

    Raises
    ------
    ValueError
        If lengths do not fit or a score is missing.

    Notes
    -----
    Cases must be independent. There is no fit, and `note` says so, where the likelihood has no maximum: with no case
    of a class, with fewer than three categories, or with data such as a perfect separation whose curve has a corner.

    References
    ----------
    Dorfman and Alf 1969, doi:10.1016/0022-2496(69)90019-4. Metz, Herman and Shen 1998,
    doi:10.1002/(SICI)1097-0258(19980515)17:9<1033::AID-SIM784>3.0.CO;2-Z.

    Examples
    --------
    Ratings of 58 normal and 51 abnormal computed tomograms in Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747,
    whose area Stata's rocfit fits as .911 too:

    >>> import numpy as np
    >>> normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    >>> ratings = np.concatenate((np.repeat(range(5), normal), np.repeat(range(5), abnormal)))
    >>> area, a, b = binormal(np.arange(109) >= 58, ratings)
    >>> round(area.estimate, 3), round(area.std_error, 3), round(a.estimate, 2), round(b.estimate, 2)
    (0.911, 0.03, 1.66, 0.71)
    """  # noqa: E501
    outside = tails(conf_level, alternative)
    truth, score = binary(truth, "truth"), scores(score, "score")
    e = Estimate(
        measure="auc",
        method="binormal",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=same_length(truth=truth, score=score),
    )
    records = [e, e.replace(measure="binormal_a"), e.replace(measure="binormal_b")]
    if (reason := undefined(truth)) is not None:
        return [one.replace(note=reason) for one in records]
    counts = runs(truth, score)
    note = None
    if len(counts) > MOST_CATEGORIES:
        note = f"{len(counts)} truth-state runs pooled into {MOST_CATEGORIES} categories"
        counts = _fewer(counts)
    found = fit(counts) if len(counts) > 2 else None
    if found is None:
        return [one.replace(note="no binormal fit: the likelihood has no maximum") for one in records]
    a, b = found.a, found.b
    deviate, scale = a / math.sqrt(1 + b * b), 1 + b * b
    slope = np.array([1 / math.sqrt(scale), -a * b / scale**1.5])
    spread = math.sqrt(float(slope @ found.covariance @ slope))
    density = math.exp(-deviate * deviate / 2) / math.sqrt(2 * math.pi)
    low, high = (float(special.ndtr(deviate + z)) for z in (-z_of(outside.low) * spread, z_of(outside.high) * spread))
    area = e.replace(
        estimate=float(special.ndtr(deviate)), std_error=density * spread, conf_low=low, conf_high=high, note=note
    )
    return [
        area,
        *(
            one_sided(one.replace(note=note), outside).replace(
                estimate=value,
                std_error=math.sqrt(variance),
                conf_low=None if outside.low == 0 else max(least, value - z_of(outside.low) * math.sqrt(variance)),
                conf_high=None if outside.high == 0 else value + z_of(outside.high) * math.sqrt(variance),
            )
            for one, value, variance, least in zip(
                records[1:], (a, b), np.diag(found.covariance), (-math.inf, 0.0), strict=True
            )
        ),
    ]
