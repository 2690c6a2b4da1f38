"""Proportions of cases of which a patient may have several: sensitivity to accuracy by the ratio estimator.

The proportion stays that of all cases. Its variance comes from the patients' sums, without a model of how alike the
cases of a patient are; over the variance of independent cases it is the design effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Bools, Ints, Tails, normal_p, tails, z_of
from readerstudy.stats._degenerate import bounded, noted
from readerstudy.stats._patients import ONE_PATIENT, Patients, no_variance
from readerstudy.stats.proportion import CONTINUOUS
from readerstudy.stats.proportion import METHODS as OF_INDEPENDENT_CASES

_SCALES = ("ratio-estimator", "logit", "arcsine", "korn-graubard", "saha", "saha-skewness")
_OWN_NAMES = ("ratio-estimator", "korn-graubard", "saha", "saha-skewness")
METHODS = (*CONTINUOUS, *_SCALES)
"""Names of the intervals of a proportion of clustered cases."""


EMPTY = {
    "sensitivity": "no positive case",
    "specificity": "no negative case",
    "ppv": "nothing was called positive",
    "npv": "nothing was called negative",
    "accuracy": "no case",
}
"""What it means that a fraction is of no case."""
_CASES: dict[str, Callable[[Bools, Bools], Bools]] = {
    "sensitivity": lambda truth, call: truth,
    "specificity": lambda truth, call: ~truth,
    "ppv": lambda truth, call: call,
    "npv": lambda truth, call: ~call,
    "accuracy": lambda truth, call: np.ones(len(truth), dtype=bool),
}
"""Which cases a fraction is of; each is the share of them that was called right."""


class Ratio(NamedTuple):
    """A proportion of cases and how it varies from patient to patient."""

    hits: int
    total: int
    patients: Patients
    """Those with a case among the `total`."""
    right: Ints
    """How many of the `hits` each patient has."""
    variance: float
    """Nan for one patient."""

    @property
    def value(self) -> float:
        """The proportion."""
        return self.hits / self.total

    @property
    def varies(self) -> bool:
        """Whether the design effect can be told."""
        return self.variance > 0 and 0 < self.hits < self.total

    @property
    def effective(self) -> float:
        """How many independent cases would have this variance; those of one a patient are as many as there are.

        Where the patients leave no variance, all cases of a patient are taken as copies of one.
        """
        if not self.varies:
            return self.patients.effective
        p = self.value
        return p * (1 - p) / self.variance * self.total / (self.total - 1)

    def shrunk(self, tail: float) -> float:
        """`effective`, fewer still where few patients give the variance; see `Patients.reach`."""
        if not self.varies:
            return self.effective
        return self.effective / self.patients.widening(tail) ** 2


def ratio(right: Bools, counted: Bools, patients: Patients) -> Ratio:
    """Share of the `counted` cases that are `right`, with the ratio estimator's variance."""
    some = patients.of(counted)
    count, total = int(np.count_nonzero(right & counted)), int(np.count_nonzero(counted))
    by_patient = some.sums(right[counted]).astype(np.int64)
    if some.number < 2:
        return Ratio(count, total, some, by_patient, math.nan)
    # Whole numbers: where every patient has the same share the variance is exactly 0.
    beyond = (total * by_patient - count * some.sizes).astype(np.float64)
    variance = some.number / (some.number - 1) * float((beyond**2).sum()) / float(total) ** 4
    return Ratio(count, total, some, by_patient, variance)


def _share(r: Ratio, method: str, tail: float) -> float:
    """Lower limit, from the effective number of cases."""
    if tail == 0:
        return 0.0
    size = r.shrunk(tail)
    return max(0.0, CONTINUOUS[method](size * r.value, size, tail))


def ratio_limits(r: Ratio, method: str, outside: Tails) -> tuple[float, float]:
    """Limits of a proportion of two patients or more by the effective number of cases."""
    return _share(r, method, outside.low), 1 - _share(_others(r), method, outside.high)


def _others(r: Ratio) -> Ratio:
    """The proportion of the cases that are not right."""
    return r._replace(hits=r.total - r.hits, right=r.patients.sizes - r.right)


def _scale(r: Ratio, method: str, outside: Tails) -> tuple[float, float]:
    """Limits by the standard error itself, on a scale of their own, and Student's distribution."""
    p, error, df = r.value, math.sqrt(r.variance), r.patients.number - 1
    reach = [math.inf if tail == 0 else -float(special.stdtrit(df, tail)) for tail in outside]
    if method == "ratio-estimator":
        return max(0.0, p - reach[0] * error), min(1.0, p + reach[1] * error)
    if method == "logit":
        centre, spread = math.log(p / (1 - p)), error / (p * (1 - p))
        return float(special.expit(centre - reach[0] * spread)), float(special.expit(centre + reach[1] * spread))
    if method == "arcsine":
        centre, spread = math.asin(math.sqrt(p)), error / math.sqrt(4 * p * (1 - p))
        low, high = max(0.0, centre - reach[0] * spread), min(math.pi / 2, centre + reach[1] * spread)
        return math.sin(low) ** 2, math.sin(high) ** 2
    if method in ("saha", "saha-skewness"):
        return _saha(r, method, outside.low), 1 - _saha(_others(r), method, outside.high)
    return _korn_graubard(r, outside.low), 1 - _korn_graubard(_others(r), outside.high)


def _inflation(r: Ratio) -> float:
    """Variance over that of independent cases by the intraclass correlation from the analysis of variance."""
    sizes, right = r.patients.sizes, r.right
    n, m = r.total, r.patients.number
    if m == n:
        return 1.0
    within_all = float((right * right / sizes).sum())
    between = (within_all - r.hits**2 / n) / (m - 1)
    within = (r.hits - within_all) / (n - m)
    mean_size = (n - float((sizes * sizes).sum()) / n) / (m - 1)
    correlation = (between - within) / (between + (mean_size - 1) * within)
    # Cases less alike than chance would have them can take all variance away, and more.
    return max(1 / n, 1 + (float((sizes * sizes).sum()) / n - 1) * correlation)


def _saha(r: Ratio, method: str, tail: float) -> float:
    """Lower limit of a score interval whose variance is inflated; skewness is corrected as Laud does."""
    if tail == 0:
        return 0.0
    inflation, z = _inflation(r), z_of(tail)

    def beyond(p: float) -> float:
        plain = (r.value - p) / math.sqrt(inflation * p * (1 - p) / r.total)
        skew = (1 - 2 * p) / (6 * math.sqrt(r.total * p * (1 - p)) * inflation * math.sqrt(inflation))
        inside = 1 + 4 * skew * (plain + skew)
        if method == "saha" or skew == 0 or inside < 0:
            return plain - z
        return 2 * (plain + skew) / (1 + math.sqrt(inside)) - z

    # With skewness corrected the score need not reach z: the limit is then 0, which halving draws near.
    low, high = 0.0, r.value
    for _ in range(100):
        middle = (low + high) / 2
        if beyond(middle) > 0:
            low = middle
        else:
            high = middle
    return high if high > 1e-15 else 0.0


def _korn_graubard(r: Ratio, tail: float) -> float:
    """Clopper and Pearson's limit of p (1 - p) / variance cases, fewer by Student's of patients over that of cases."""
    if tail == 0:
        return 0.0
    size = r.value * (1 - r.value) / r.variance / r.patients.widening(tail) ** 2
    return float(special.betaincinv(size * r.value, size * (1 - r.value) + 1, tail))


def checked_method(method: str) -> str:
    """`method` if it is one for several cases a patient.

    Raises
    ------
    ValueError
        Otherwise.
    """
    if method in OF_INDEPENDENT_CASES and method not in METHODS:
        raise ValueError(
            f"method is {method!r}, which is for independent cases; with patients it must be one of "
            + ", ".join(map(repr, METHODS))
        )
    return _choice.check(method, METHODS, "method")


def named(method: str) -> str:
    """The name that the record of clustered cases has."""
    return method if method in _OWN_NAMES else f"ratio-estimator-{method}"


def fraction(
    measure: str,
    right: Bools,
    counted: Bools,
    patients: Patients,
    *,
    method: str,
    conf_level: float,
    alternative: str = "two-sided",
    null: float | None = None,
    empty: str,
) -> Estimate:
    """Share of the `counted` cases that are `right`, cases of one patient alike or not.

    The standard error is the ratio estimator's. ``"wilson"``, ``"clopper-pearson"``, ``"agresti-coull"`` and
    ``"jeffreys"`` are those of as many independent cases as would have it, fewer by Student's distribution of the
    patients: with one case a patient they are those without patients. The others are survey statisticians': the
    standard error on a scale, with Student's distribution. A test of `null` is Rao and Scott's score test.
    """
    checked_method(method)
    outside = tails(conf_level, alternative)
    if null is not None and not 0 < null < 1:
        raise ValueError(f"null must lie strictly between 0 and 1, got {null!r}")
    r = ratio(right, counted, patients)
    e = Estimate(
        measure=measure,
        method=named(method),
        conf_level=conf_level,
        alternative=alternative,
        count=r.hits,
        total=r.total,
        n_cases=len(patients.codes),
        n_patients=patients.number,
        null=math.nan if null is None else null,
    )
    if r.total == 0:
        return e.replace(note=f"0 of 0: {empty}")
    e = e.replace(estimate=r.value)
    if r.patients.number == 1:
        return e.replace(note=ONE_PATIENT)
    e = e.replace(std_error=math.sqrt(r.variance), df=r.patients.number - 1)
    if r.varies:
        low, high = ratio_limits(r, method, outside) if method in CONTINUOUS else _scale(r, method, outside)
    else:
        method = method if method in CONTINUOUS else "wilson"
        low, high = ratio_limits(r, method, outside)
        if not r.patients.alone:
            e = noted(e, no_variance(r.effective))
        e = e.replace(method=named(method))
    e = bounded(e.replace(conf_low=low, conf_high=high), 0.0, 1.0, outside)
    if null is None:
        return e
    statistic = (r.value - null) / math.sqrt(null * (1 - null) / r.effective)
    z = r.patients.normal(statistic) if r.varies else statistic
    return e.replace(statistic=z, p_value=normal_p(z, alternative), test_method="rao-scott-score")


def clustered_share(
    measure: str,
    truth: Bools,
    call: Bools,
    patients: Patients,
    method: str,
    conf_level: float,
    null: float | None = None,
    alternative: str = "two-sided",
) -> Estimate:
    """Sensitivity, specificity, a predictive value or accuracy by `fraction`."""
    return fraction(
        measure,
        truth == call,
        _CASES[measure](truth, call),
        patients,
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        null=null,
        empty=EMPTY[measure],
    )
