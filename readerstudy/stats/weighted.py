"""Enriched samples: proportions and AUC in which every case counts for the cases that it stands for."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, binary, check_level, labels, same_length, scores
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._influence import Spread, codes_of, patient_codes, spread_of, with_limits
from readerstudy.stats.linearised import noted
from readerstudy.stats.roc_placements import newcombe_limits, normal_limits

METHODS = ("logit", "wald", "asin", "beta")
"""Names of the intervals of a weighted proportion."""


def weighted_share(right: Bools, weight: Floats) -> tuple[float, Floats]:
    """Weighted share of `right`, and what each case adds to its error; the weights must not sum to 0."""
    total = float(weight.sum())
    share = float(weight @ right) / total
    influence: Floats = weight * (right - share) / total
    return share, influence


def weighted_area(truth: Bools, score: Floats, weight: Floats) -> tuple[float, Floats]:
    """Weighted AUC (ties half) in O(n log n), and what each case adds to its error; needs both classes."""
    level = np.unique(score, return_inverse=True)[1]
    size = int(level.max()) + 1
    positive, negative = (np.bincount(level[k], weights=weight[k], minlength=size) for k in (truth, ~truth))
    below = (np.cumsum(negative) - negative / 2) / negative.sum()
    above = 1 - (np.cumsum(positive) - positive / 2) / positive.sum()
    area = float(positive @ below / positive.sum())
    placed = np.where(truth, below[level], above[level]) - area
    influence: Floats = placed * weight / np.where(truth, positive.sum(), negative.sum())
    return area, influence


def area_spread(influence: Floats, truth: Bools, patient: Ints, stratum: Ints | None) -> Spread:
    """Variance of a weighted AUC; with equal weights DeLong's, and Obuchowski's for several cases a patient.

    Each class has a factor n / (n - 1) of its own patients, the patients with both that of all.
    """
    if stratum is not None:
        return spread_of(influence, patient, stratum)
    parts = [spread_of(influence[of_class], patient[of_class]) for of_class in (truth, ~truth)]
    place = np.unique(patient, return_inverse=True)[1]
    sums = [np.bincount(place, weights=np.where(of_class, influence, 0.0)) for of_class in (truth, ~truth)]
    n = len(sums[0])
    shared = 2 * n / max(n - 1, 1) * float(sums[0] @ sums[1])
    variance = parts[0].variance + parts[1].variance + shared
    return Spread(0.0 if variance < 0 else variance, n - 1, n)


def effective_size(weight: Floats, patient: Ints) -> float:
    """Kish's number of patients of equal weight that would be as informative."""
    sums = np.bincount(np.unique(patient, return_inverse=True)[1], weights=weight)
    return float(sums.sum() ** 2 / (sums**2).sum())


def checked_weights(weights: ArrayLike) -> Floats:
    """`weights` as floats above 0."""
    found = scores(weights, "weights")
    wrong = ~((found > 0) & np.isfinite(found))
    if wrong.any():
        where = int(np.argmax(wrong))
        raise ValueError(
            f"weights must be above 0 and finite, got {found[where]:g} at position {where}: leave such cases out"
        )
    return found


class Sample:
    """Weights, patients and sampling strata of the same cases."""

    def __init__(self, weights: ArrayLike, patients: ArrayLike | None, strata: ArrayLike | None, n: int) -> None:
        self.weight = checked_weights(weights)
        if len(self.weight) != n:
            raise ValueError(f"not one length: weights has {len(self.weight)}, the other arrays have {n}")
        self.clustered = patients is not None
        self.patient = patient_codes(patients, n)
        self.stratum: Ints | None = None
        if strata is not None:
            self.stratum = codes_of(labels(strata, "strata"))
            if len(self.stratum) != n:
                raise ValueError(f"not one length: strata has {len(self.stratum)}, the other arrays have {n}")
            if len(np.unique(self.patient)) != len({*zip(self.patient.tolist(), self.stratum.tolist(), strict=True)}):
                raise ValueError("strata: a patient has cases in two strata, so that patients were not drawn from each")

    def spread(self, influence: Floats, domain: Bools) -> Spread:
        """Variance of an estimate from the cases of `domain`; the others count in what their stratum holds."""
        if self.stratum is None:
            return spread_of(influence, self.patient[domain])
        whole = np.zeros(len(domain))
        whole[domain] = influence
        variance = spread_of(whole, self.patient, self.stratum).variance
        n, strata = len(np.unique(self.patient[domain])), len(np.unique(self.stratum[domain]))
        return Spread(variance if n > strata else math.nan, n - strata, n)

    def share(self, e: Estimate, right: Bools, domain: Bools, method: str, empty: str) -> Estimate:
        """`e` with the weighted share of `right` among the cases of `domain`."""
        n = int(np.count_nonzero(domain))
        patients = len(np.unique(self.patient)) if self.clustered else None
        e = e.replace(method=f"weighted-{method}", n_cases=len(domain), n_patients=patients, total=n)
        if n == 0:
            return e.replace(note=noted(e.note, empty))
        value, influence = weighted_share(right[domain], self.weight[domain])
        spread = self.spread(influence, domain)
        if right[domain].all() or not right[domain].any():
            return self._one_sided(e, float(right[domain].all()), domain)
        if method in ("logit", "wald") or math.isnan(spread.variance) or spread.variance == 0:
            return with_limits(e, value, spread, logit=method == "logit")
        limits = _asin(value, spread, e.conf_level) if method == "asin" else _beta(value, spread, n, e.conf_level)
        error = math.sqrt(spread.variance)
        e = e.replace(estimate=value, std_error=error, df=spread.df, conf_low=limits[0], conf_high=limits[1])
        return bounded(e, 0.0, 1.0)

    def _one_sided(self, e: Estimate, value: float, domain: Bools) -> Estimate:
        size = effective_size(self.weight[domain], self.patient[domain])
        reach = -math.expm1(math.log((1 - e.conf_level) / 2) / size)
        note = f"all are alike: Clopper-Pearson limits of the effective number of patients, {size:.1f}"
        limits = (1 - reach, 1.0) if value else (0.0, reach)
        return e.replace(estimate=value, conf_low=limits[0], conf_high=limits[1], note=noted(e.note, note))


def _t(df: float, conf_level: float) -> float:
    return -float(special.stdtrit(df, (1 - conf_level) / 2))


def _asin(value: float, spread: Spread, conf_level: float) -> tuple[float, float]:
    centre = math.asin(math.sqrt(value))
    reach = _t(spread.df, conf_level) * math.sqrt(spread.variance / (value * (1 - value))) / 2
    low, high = max(0.0, centre - reach), min(math.pi / 2, centre + reach)
    return math.sin(low) ** 2, math.sin(high) ** 2


def _beta(value: float, spread: Spread, n: int, conf_level: float) -> tuple[float, float]:
    """Clopper and Pearson's limits of the effective number of cases, with Korn and Graubard's factor for the df."""
    size = value * (1 - value) / spread.variance
    if n > 1:
        size *= (_t(n - 1, conf_level) / _t(spread.df, conf_level)) ** 2
    tail, count = (1 - conf_level) / 2, size * value
    low = float(special.betaincinv(count, size - count + 1, tail))
    return low, float(special.betaincinv(count + 1, size - count, 1 - tail))


def weighted_proportion(
    right: ArrayLike,
    weights: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    method: str = "logit",
    conf_level: float = 0.95,
) -> Estimate:
    """A proportion in which every case counts for the cases that it was drawn to stand for.

    sum of weight x right / sum of weight. Range [0, 1]. Synonyms: ratio (Hajek) estimator, survey-weighted mean.

    Parameters
    ----------
    right
        Boolean or 0/1, shape (n_cases,).
    weights
        Sampling weights, above 0: the inverse of the probability with which each case was drawn, or any multiple.
    patients
        Whose case it is, when patients with several cases were drawn; by default each case was drawn alone.
    strata
        From which stratum each case was drawn, when a fixed number came from each (such as the truth in a sample
        enriched with positive cases); by default the weights alone tell the sampling.
    method
        Interval: ``"logit"``, ``"wald"``, ``"asin"`` (arcsine) or ``"beta"`` (Korn and Graubard), with Student's t.
    conf_level
        Level of the interval.

    Returns
    -------
    Estimate
        `df` is patients less strata.

    Raises
    ------
    ValueError
        If the arrays do not fit, a weight is not above 0, a patient is in two strata or a name is unknown.

    Notes
    -----
    Patients must be independent, and drawn with known probabilities from where the result is to hold; the variance is
    linearised, as for draws with replacement, which is a little wide when much of a stratum was drawn. If all cases
    are alike the limits are Clopper and Pearson's with Kish's effective number of patients, with a note; one patient
    has no standard error.

    References
    ----------
    Rao and Scott 1992 (variance), doi:10.2307/2532311. Korn and Graubard 1999, Analysis of Health Surveys (interval),
    doi:10.1002/9781118032619. Kish 1965, Survey Sampling, Wiley (effective number).

    Examples
    --------
    Every fourth negative case was read and every positive one; of the negative ones 30 of 40, of the positive ones
    45 of 50 were right:

    >>> right, weights = [1] * 30 + [0] * 10 + [1] * 45 + [0] * 5, [4] * 40 + [1] * 50
    >>> e = weighted_proportion(right, weights)
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3)  # (4 x 30 + 45) / (4 x 40 + 50)
    (0.786, 0.66, 0.874)
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    right = binary(right, "right")
    sample = Sample(weights, patients, strata, len(right))
    e = Estimate(measure="proportion", conf_level=conf_level)
    return sample.share(e, right, np.ones(len(right), dtype=bool), method, "no case")


def weighted_diagnostic(
    truth: ArrayLike,
    call: ArrayLike,
    weights: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    method: str = "logit",
    conf_level: float = 0.95,
) -> list[Estimate]:
    """Sensitivity, specificity, PPV, NPV and accuracy where the cases were drawn with unequal probabilities.

    Range [0, 1], best 1. In a sample enriched with positive or with hard cases the plain numbers are those of the
    sample.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    weights, patients, strata, method, conf_level
        As in `weighted_proportion`.

    Returns
    -------
    list of Estimate
        ``sensitivity``, ``specificity``, ``ppv``, ``npv``, ``accuracy`` and ``prevalence``, the weighted share of
        positive cases; each `total` counts the cases of its denominator.

    Raises
    ------
    ValueError
        As `weighted_proportion`.

    Notes
    -----
    As `weighted_proportion`. Without a case in the denominator a number is nan with a note.

    References
    ----------
    As `weighted_proportion`.

    Examples
    --------
    Ten positive cases with weight 1 and ten negative cases with weight 9:

    >>> truth, call = [1] * 10 + [0] * 10, [1] * 8 + [0] * 2 + [1] * 3 + [0] * 7
    >>> found = {e.measure: e for e in weighted_diagnostic(truth, call, [1] * 10 + [9] * 10)}
    >>> round(found["ppv"].estimate, 3), round(found["prevalence"].estimate, 3)  # 8 / (8 + 27), 10 / 100
    (0.229, 0.1)
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    truth, call = binary(truth, "truth"), binary(call, "call")
    n = same_length(truth=truth, call=call)
    sample = Sample(weights, patients, strata, n)
    shares = {
        "sensitivity": (call, truth, "undefined: no positive case"),
        "specificity": (~call, ~truth, "undefined: no negative case"),
        "ppv": (truth, call, "undefined: nothing was called positive"),
        "npv": (~truth, ~call, "undefined: nothing was called negative"),
        "accuracy": (truth == call, np.ones(n, dtype=bool), "no case"),
        "prevalence": (truth, np.ones(n, dtype=bool), "no case"),
    }
    return [
        sample.share(Estimate(measure=name, conf_level=conf_level), right, domain, method, empty)
        for name, (right, domain, empty) in shares.items()
    ]


def weighted_auc(
    truth: ArrayLike,
    score: ArrayLike,
    weights: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    method: str = "logit",
    conf_level: float = 0.95,
) -> Estimate:
    """AUC where the cases were drawn with unequal probabilities.

    The probability that a positive case scores above a negative one where the cases come from (ties half): every
    pair counts with the product of its weights. Range [0, 1], best 1.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score
        Higher = more suspicious, of the same shape.
    weights, patients, strata, conf_level
        As in `weighted_proportion`.
    method
        Interval: ``"logit"`` or ``"wald"``, with the normal distribution.

    Returns
    -------
    Estimate
        With equal weights the standard error is DeLong's, with `patients` Obuchowski's.

    Raises
    ------
    ValueError
        As `weighted_proportion`.

    Notes
    -----
    As `weighted_proportion`, but that the limits are normal, as those of `auc` with patients are. Weights that are the
    same within each class change nothing: only cases that were chosen
    by more than their class make a weighted AUC another one. At 0 and 1 the limits are Newcombe's with Kish's
    effective numbers of patients, with a note; a class of one case has no standard error.

    References
    ----------
    Yao, Li and Graubard 2015, doi:10.1002/sim.6405. DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595.
    Obuchowski 1997, doi:10.2307/2533958. Newcombe 2006, doi:10.1002/sim.2324.

    Examples
    --------
    >>> e = weighted_auc([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 4, 5], [3, 1, 1, 1, 1, 1])
    >>> round(e.estimate, 3)  # (4 + 4.5 + 5) / 15
    0.9
    """
    _choice.check(method, ("logit", "wald"), "method")
    check_level(conf_level)
    truth, score = binary(truth, "truth"), scores(score, "score")
    n = same_length(truth=truth, score=score)
    sample = Sample(weights, patients, strata, n)
    e = Estimate(
        measure="auc",
        method=f"weighted-{method}",
        conf_level=conf_level,
        n_cases=n,
        n_patients=len(np.unique(sample.patient)) if sample.clustered else None,
    )
    if truth.all() or not truth.any():
        why = "no case" if n == 0 else f"undefined: no {'negative' if truth.any() else 'positive'} case"
        return e.replace(note=why)
    area, influence = weighted_area(truth, score, sample.weight)
    spread = area_spread(influence, truth, sample.patient, sample.stratum)
    sizes = [effective_size(sample.weight[k], sample.patient[k]) for k in (truth, ~truth)]
    return area_limits(e, area, spread, (sizes[0], sizes[1]), logit=method == "logit")


def area_limits(e: Estimate, area: float, spread: Spread, sizes: tuple[float, float], *, logit: bool) -> Estimate:
    """`e` with a weighted AUC and its limits; Newcombe's at 0 and 1, with the effective `sizes` of the classes."""
    # Sums of weights in another order are a hair apart.
    area = min(1.0, max(0.0, area))
    area = round(area) if min(area, 1 - area) < 1e-13 else area
    e, tail = e.replace(estimate=area), (1 - e.conf_level) / 2
    if area in (0, 1):
        m, n = (max(1, round(size)) for size in sizes)
        low, high = newcombe_limits(area, m, n, tail, tail)
        note = f"AUC = {area:g}: interval by Newcombe 2006, method 5, for the effective {m} and {n} patients"
        return e.replace(conf_low=low, conf_high=high, note=noted(e.note, note))
    if math.isnan(spread.variance):
        return e.replace(note=noted(e.note, "one patient of a class: no standard error"))
    error = math.sqrt(spread.variance)
    if error == 0:
        note = "no variation: the interval has no width"
        return e.replace(std_error=0.0, conf_low=area, conf_high=area, note=noted(e.note, note))
    low, high = normal_limits(area, error, tail, tail, logit=logit)
    return bounded(e.replace(std_error=error, conf_low=low, conf_high=high), 0.0, 1.0)
