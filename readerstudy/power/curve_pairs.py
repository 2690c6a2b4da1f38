"""The power to compare two AUCs, of the same cases or of different ones."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.power._result import (
    Power,
    check_count,
    check_hypothesis,
    check_share,
    joined,
    one_unknown,
)
from readerstudy.power._tests import power_of, smallest
from readerstudy.power.curves import negatives
from readerstudy.stats._arrays import ArrayLike, binary, same_length, scores
from readerstudy.stats._bivariate import both_below
from readerstudy.stats.roc_placements import placements

NULLS = ("difference", "first", "second")
"""Names of the variances that the test is thought to have under the null hypothesis."""

_MOST = 10_000_000
VARIANCES = ("empirical", "obuchowski")
"""Names of the variances of binormal areas."""

Curve = tuple[float, float]
"""a and b of a binormal curve."""
Part = tuple[float, float, float]
"""Of one class: variance of the first AUC a case, of the second, and their covariance."""


def _terms(a: float, b: float, upto: tuple[float, float] | None) -> tuple[float, float]:
    """Derivatives of a binormal area, or of a part of it between two false-positive rates, by a and b."""
    spread = 1 + b * b
    at = math.exp(-a * a / (2 * spread))
    whole = at / math.sqrt(2 * math.pi * spread)
    turned = -a * b * at / math.sqrt(2 * math.pi * spread**3)
    if upto is None:
        return whole, turned
    low, high = ((float(special.ndtri(rate)) + a * b / spread) * math.sqrt(spread) for rate in upto)
    share = float(special.ndtr(high) - special.ndtr(low))
    corner = at / (2 * math.pi * spread) * (math.exp(-low * low / 2) - math.exp(-high * high / 2))
    return whole * share, corner + turned * share


def _printed(
    one: Curve, two: Curve, correlation: tuple[float, float] | None, *, upto: tuple[float, float] | None
) -> tuple[float, float]:
    """Covariance for one positive and one negative case, as Obuchowski and McClish print it; variance without one."""
    (a, b), (c, d) = one, two
    (f, g), (p, q) = _terms(a, b, upto), _terms(c, d, upto)
    ra, rn = correlation or (1.0, 1.0)
    mixed = (f * q * a * d + p * g * c * b) * ra * ra / 2 if correlation is not None else 0.0
    of_positive = f * p * (ra + ra * ra * a * c / 2) + g * q * b * d * ra * ra / 2 + mixed
    return of_positive, f * p * b * d * rn + g * q * b * d * rn * rn / 2


def _empirical(one: Curve, two: Curve, correlation: tuple[float, float] | None) -> tuple[float, float]:
    """The same of empirical areas of normal scores; pairs that share a case are correlated through it."""
    (a, b), (c, d) = one, two
    ra, rn = correlation or (1.0, 1.0)
    scale, other = math.sqrt(1 + b * b), math.sqrt(1 + d * d)
    h, k = a / scale, c / other
    apart = float(special.ndtr(h) * special.ndtr(k))
    of_positive = both_below(h, k, ra / (scale * other)) - apart
    return of_positive, both_below(h, k, rn * b * d / (scale * other)) - apart


def _area(a: float, b: float, upto: tuple[float, float] | None) -> float:
    if upto is None:
        return float(special.ndtr(a / math.sqrt(1 + b * b)))
    nodes, weights = np.polynomial.legendre.leggauss(100)
    # Over the normal deviates of the rates, where the curve is smooth.
    low, high = (max(-9.0, min(9.0, float(special.ndtri(rate)))) for rate in upto)
    x = low + (high - low) * (nodes + 1) / 2
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return float((weights * density * special.ndtr(a + b * x)).sum() * (high - low) / 2)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class AucPair:
    """Two AUCs and how they vary over samples of cases: what `compare_auc` plans with.

    Parameters
    ----------
    auc, versus
        The two true AUCs.
    positive, negative
        Variances of the two and their covariance for one positive and for one negative case: with m and n cases the
        variance of the first is positive[0] / m + negative[0] / n.
    paired
        Whether both are of the same cases; otherwise the covariances are 0 and each has cases of its own.
    ratio
        Negative cases for each positive one, as far as it is known.
    """

    auc: float
    versus: float
    positive: Part
    negative: Part
    paired: bool = True
    ratio: float = 1.0

    @classmethod
    def of(cls, truth: ArrayLike, score: ArrayLike, versus: ArrayLike) -> AucPair:
        """Of a pilot study in which both scores are of the same cases: DeLong's variances.

        Parameters
        ----------
        truth
            Boolean or 0/1, shape (n_cases,), with two cases of each class at least.
        score, versus
            Higher = more suspicious, shape (n_cases,); no nan.
        """
        calls = binary(truth, "truth")
        first, second = scores(score, "score"), scores(versus, "versus")
        same_length(truth=calls, score=first, versus=second)
        m = int(calls.sum())
        n = len(calls) - m
        if min(m, n) < 2:
            raise ValueError(f"a pilot needs two cases of each class, got {m} positive and {n} negative")
        one, two = placements(calls, first), placements(calls, second)
        parts = []
        for a, b in ((one.positive, two.positive), (one.negative, two.negative)):
            covariance = np.cov(a, b)
            parts.append((float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])))
        return cls(auc=one.auc, versus=two.auc, positive=parts[0], negative=parts[1], ratio=n / m)

    @classmethod
    def binormal(
        cls,
        first: Sequence[float],
        second: Sequence[float],
        *,
        correlation: Sequence[float] = (0.0, 0.0),
        specificity: Sequence[float] | None = None,
        method: str | None = None,
        paired: bool = True,
    ) -> AucPair:
        """Of two binormal curves, sensitivity = Phi(a + b Phi^-1(1 - specificity)).

        Parameters
        ----------
        first, second
            (a, b) of the two curves.
        correlation
            Of the two scores, among the positive and among the negative cases.
        specificity
            (low, high): the area between these specificities instead of the whole one, not rescaled.
        method
            ``"empirical"`` (the default for whole areas): what DeLong's variances estimate if the scores are normal.
            ``"obuchowski"`` (for areas of a fitted curve, and for parts): the formulas of Obuchowski and McClish 1997
            as printed, which leave out that a and b of one curve vary together: too large, the more so the larger the
            area (for an AUC of 0.9 by about two thirds).
        paired
            Whether both are of the same cases.
        """
        (a1, b1), (a2, b2) = first, second
        for name, value in (("b of the first curve", b1), ("b of the second curve", b2)):
            if not value > 0:
                raise ValueError(f"{name} must be greater than 0, got {value!r}")
        ra, rn = correlation
        if not (-1 <= ra <= 1 and -1 <= rn <= 1):
            raise ValueError(f"correlation must be two numbers between -1 and 1, got {tuple(correlation)!r}")
        if not paired and (ra or rn):
            raise ValueError("scores of different cases are not correlated: leave correlation out")
        upto: tuple[float, float] | None = None
        if specificity is not None:
            low, high = specificity
            if not 0 <= low < high <= 1:
                raise ValueError(f"specificity must be (low, high) with 0 <= low < high <= 1, got {(low, high)!r}")
            upto = (1 - high, 1 - low)
        how = _choice.check(method or ("empirical" if upto is None else "obuchowski"), VARIANCES, "method")
        if how == "empirical" and upto is not None:
            raise ValueError("method 'empirical' is for whole areas: with specificity= use 'obuchowski'")
        of = _empirical if how == "empirical" else functools.partial(_printed, upto=upto)
        one, two = (float(a1), float(b1)), (float(a2), float(b2))
        own, other, shared = of(one, one, None), of(two, two, None), of(one, two, (ra, rn))
        return cls(
            auc=_area(*one, upto),
            versus=_area(*two, upto),
            positive=(own[0], other[0], shared[0]),
            negative=(own[1], other[1], shared[1]),
            paired=paired,
        )

    @classmethod
    def conjectured(
        cls, auc: float, versus: float, *, correlation: Sequence[float] = (0.0, 0.0), paired: bool = True
    ) -> AucPair:
        """Of two AUCs whose scores are normal with one spread in both classes (b = 1); see `binormal`."""
        check_share(auc, "auc")
        check_share(versus, "versus")
        first, second = (math.sqrt(2) * float(special.ndtri(value)) for value in (auc, versus))
        return cls.binormal((first, 1.0), (second, 1.0), correlation=correlation, paired=paired)

    def variances(self, n_positive: float, n_negative: float) -> Part:
        """Variance of the first AUC, of the second, and their covariance."""
        one, two, both = (p / n_positive + n / n_negative for p, n in zip(self.positive, self.negative, strict=True))
        return one, two, both


def compare_auc(
    pair: AucPair,
    *,
    effect: float | None = None,
    n_positive: int | None = None,
    n_negative: int | None = None,
    ratio: float | None = None,
    power: float | None = None,
    null_variance: str = "difference",
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Power:
    """Power to compare two AUCs, or the cases that it takes: two models, or a model and a reader.

    Parameters
    ----------
    pair
        How the AUCs vary: from a pilot study (`AucPair.of`) or conjectured (`AucPair.conjectured`, `AucPair.binormal`).
    effect
        True difference, auc - versus; by default that of `pair`.
    n_positive, power
        One of the two; the other is found. With different cases `n_positive` is of each group, and `n_cases` of both.
    n_negative, ratio
        Negative cases, or how many there are for each positive one; by default the pilot's ratio, or 1.
    null_variance
        Variance of the test under the null hypothesis: ``"difference"`` (that of the true difference, as DeLong's test
        estimates it), or of two AUCs that both vary like the ``"first"`` or the ``"second"`` (``"first"`` is R's pROC).
    alpha, alternative, margin, hypothesis
        As in `readerstudy.power.mrmc`.

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        If a number is impossible, or no difference is to be shown.

    Notes
    -----
    Cases must be independent. Normal approximation; with a `null_variance` other than ``"difference"`` a test that is
    significant on the wrong side does not count, and margins are not offered. ``"first"`` says too little where the
    first AUC is the larger, because larger AUCs vary less, and too much otherwise.

    References
    ----------
    Obuchowski and McClish 1997, doi:10.1002/(SICI)1097-0258(19970715)16:13<1529::AID-SIM565>3.0.CO;2-H. DeLong, DeLong
    and Clarke-Pearson 1988, doi:10.2307/2531595.

    Examples
    --------
    >>> found = compare_auc(AucPair.conjectured(0.9, 0.85, correlation=(0.5, 0.5)), power=0.8, ratio=2)
    >>> found.n_positive, found.n_negative, round(found.power, 3)
    (159, 318, 0.801)
    """
    check_share(alpha, "alpha")
    _choice.check(null_variance, NULLS, "null_variance")
    asked = check_hypothesis(margin, hypothesis, alternative)
    true = pair.auc - pair.versus if effect is None else effect
    if not math.isfinite(true):
        raise ValueError(f"effect must be a finite number, got {effect!r}")
    plain = null_variance == "difference"
    if asked == "superiority" and true == 0 and power is not None:
        raise ValueError("the two AUCs are the same: there is no difference to be shown")
    if asked != "superiority" and not plain:
        raise ValueError("with a margin null_variance must be 'difference'")
    share = negatives(n_positive, n_negative, ratio, pair.ratio)
    unknown = one_unknown(n_positive=n_positive, power=power)

    def sizes(n: int) -> tuple[int, int]:
        return n, n_negative if n_negative is not None else max(2, math.ceil(n * share - 1e-9))

    def variance(m: float, n: float) -> float:
        one, two, both = pair.variances(m, n)
        return one + two - 2 * both

    def variance_under(m: float, n: float) -> float:
        one, two, both = pair.variances(m, n)
        return {"difference": one + two, "first": 2 * one, "second": 2 * two}[null_variance] - 2 * both

    if not (variance(1, share) > 0 and variance_under(1, share) >= 0):
        raise ValueError("the two AUCs do not vary apart from each other: there is no variance to plan with")
    z = -float(special.ndtri(alpha / 2 if alternative == "two-sided" else alpha))
    towards = -true if alternative == "less" else abs(true) if alternative == "two-sided" else true

    def power_at(m: float, n: float) -> float:
        error = math.sqrt(variance(m, n))
        if plain:
            return power_of(true, error, math.inf, alpha, alternative, margin, asked)
        return float(special.ndtr((towards - z * math.sqrt(variance_under(m, n))) / error))

    unrounded = math.nan
    found = Power(
        method="auc" if pair.paired else "auc-unpaired",
        hypothesis=asked, effect=true, margin=math.nan if margin is None else margin, alpha=alpha,
        alternative=alternative, wanted=math.nan if unknown == "power" else float(power or 0),
    )  # fmt: skip
    if unknown == "power":
        assert n_positive is not None
        m = check_count(n_positive, "n_positive", 2)
    else:
        assert power is not None
        check_share(power, "power")
        reached = smallest(lambda n: power_at(*sizes(n)), power, 2, _MOST)
        if reached is None:
            most = power_at(*sizes(_MOST))
            why = f"a power of {power:g} cannot be had: {most:.3f} with {_MOST} positive cases"
            return dataclasses.replace(found, note=why)
        m = reached
        if asked == "superiority":
            needed = z * math.sqrt(variance_under(1, share)) - float(special.ndtri(1 - power)) * math.sqrt(
                variance(1, share)
            )
            unrounded = (needed / true) ** 2 if true else math.nan
    n_positive, n_negative_found = sizes(m)
    few = min(n_positive, n_negative_found) < 10
    return dataclasses.replace(
        found,
        power=power_at(n_positive, n_negative_found),
        n_positive=n_positive,
        n_negative=n_negative_found,
        n_cases=(n_positive + n_negative_found) * (1 if pair.paired else 2),
        unrounded=unrounded,
        std_error=math.sqrt(variance(n_positive, n_negative_found)),
        note=joined(
            "fewer than 10 cases of a class: the normal approximation is poor" if few else None,
            None if pair.paired else "sizes of a class are of each of the two groups",
        ),
    )
