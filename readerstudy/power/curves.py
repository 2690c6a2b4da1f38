"""The power to show that one AUC is more than a fixed value."""

from __future__ import annotations

import dataclasses
import math

from scipy import special

from readerstudy import _choice
from readerstudy.power._areas import area_covariance
from readerstudy.power._result import (
    ALTERNATIVES,
    Power,
    check_count,
    check_positive,
    check_share,
    one_unknown,
)
from readerstudy.power._tests import smallest
from readerstudy.power.components import hanley_mcneil

METHODS = ("obuchowski", "hanley-mcneil", "binormal")
"""Names of the variances of a planned AUC."""

_MOST = 10_000_000


def _obuchowski(auc: float, ratio: float) -> float:
    """Times the number of positive cases; the constants as they were printed."""
    a = float(special.ndtri(auc)) * 1.414
    return 0.0099 * math.exp(-a * a / 2) * ((5 * a * a + 8) + (a * a + 8) / ratio)


def auc_variance(auc: float, n_positive: int, n_negative: int, method: str) -> float:
    """Variance of an empirical AUC that is planned."""
    if method == "obuchowski":
        return _obuchowski(auc, n_negative / n_positive) / n_positive
    if method == "hanley-mcneil":
        return hanley_mcneil(auc, n_positive, n_negative)
    h = float(special.ndtri(auc))
    return area_covariance(h, h, (0.0, 0.5, 0.5, 1.0), n_positive, n_negative)


def negatives(n_positive: int | None, n_negative: int | None, ratio: float | None, default: float = 1.0) -> float:
    """Negative cases a positive case, of which either the number or the ratio may be said."""
    if n_negative is not None:
        if ratio is not None:
            raise ValueError("n_negative and ratio say the same: give one of them")
        if n_positive is None:
            raise ValueError("n_negative without n_positive: give both, or ratio and power")
        return check_count(n_negative, "n_negative", 2) / check_count(n_positive, "n_positive", 2)
    return default if ratio is None else check_positive(ratio, "ratio")


def auc(
    auc: float,
    *,
    null: float = 0.5,
    n_positive: int | None = None,
    n_negative: int | None = None,
    ratio: float | None = None,
    power: float | None = None,
    method: str = "obuchowski",
    alpha: float = 0.05,
    alternative: str = "two-sided",
) -> Power:
    """Power to show that the AUC of one reader or model is not `null`, or the cases that it takes.

    Parameters
    ----------
    auc
        The true AUC.
    null
        What is tested against: 0.5, or a goal (for non-inferiority to a known AUC: that AUC less the margin).
    n_positive, power
        One of the two; the other is found.
    n_negative, ratio
        Negative cases, or how many there are for each positive one (1 where nothing is said).
    method
        Variance of the AUC: ``"obuchowski"`` (for the area of a fitted binormal curve, its constants rounded as printed
        and as in R's pROC; it asks for many cases where the area is large), ``"hanley-mcneil"`` (exponential) or
        ``"binormal"`` (the empirical area, exact if the scores are normal with one spread).
    alpha, alternative
        Level of the test and its direction: ``"two-sided"``, ``"greater"`` or ``"less"`` (one-sided at `alpha`).

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        If a number is impossible, or `auc` is not on the side of `null` that `alternative` says.

    Notes
    -----
    Cases must be independent. Normal approximation, with the variances at `null` and at `auc`; a two-sided test that
    is significant on the wrong side does not count. Below about 10 cases of a class the approximation is poor, and
    `note` says so.

    References
    ----------
    Obuchowski, Lieber and Wians 2004, doi:10.1373/clinchem.2004.031823. Hanley and McNeil 1982,
    doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> found = auc(0.7, power=0.9)
    >>> found.n_positive, found.n_negative, round(found.unrounded, 2)
    (41, 41, 40.21)
    """
    check_share(auc, "auc")
    check_share(null, "null")
    check_share(alpha, "alpha")
    _choice.check(method, METHODS, "method")
    _choice.check(alternative, ALTERNATIVES, "alternative")
    gap = auc - null
    if gap == 0 or (alternative == "greater" and gap < 0) or (alternative == "less" and gap > 0):
        side = {"greater": "above", "less": "below", "two-sided": "apart from"}[alternative]
        raise ValueError(f"auc {auc:g} must lie {side} null {null:g} to be shown to")
    share = negatives(n_positive, n_negative, ratio)
    unknown = one_unknown(n_positive=n_positive, power=power)
    z = -float(special.ndtri(alpha / 2 if alternative == "two-sided" else alpha))

    def sizes(n: int) -> tuple[int, int]:
        return n, n_negative if n_negative is not None else max(2, math.ceil(n * share - 1e-9))

    def power_at(n: int) -> float:
        under, true = (auc_variance(value, *sizes(n), method) for value in (null, auc))
        return float(special.ndtr((abs(gap) - z * math.sqrt(under)) / math.sqrt(true)))

    unrounded = math.nan
    found = Power(
        method=method, effect=auc, null=null, alpha=alpha, alternative=alternative,
        wanted=math.nan if unknown == "power" else float(power or 0),
    )  # fmt: skip
    if unknown == "power":
        assert n_positive is not None
        n = check_count(n_positive, "n_positive", 2)
    else:
        assert power is not None
        check_share(power, "power")
        if method == "obuchowski":
            needed = z * math.sqrt(_obuchowski(null, share)) - float(special.ndtri(1 - power)) * math.sqrt(
                _obuchowski(auc, share)
            )
            unrounded = (needed / gap) ** 2 if needed > 0 else 0.0
            n = max(2, math.ceil(unrounded - 1e-9))
        else:
            reached = smallest(power_at, power, 2, _MOST)
            if reached is None:
                return dataclasses.replace(found, note=f"not with {_MOST} positive cases")
            n = reached
    n_positive, n_negative_found = sizes(n)
    few = min(n_positive, n_negative_found) < 10
    return dataclasses.replace(
        found,
        power=power_at(n),
        n_positive=n_positive,
        n_negative=n_negative_found,
        n_cases=n_positive + n_negative_found,
        unrounded=unrounded,
        std_error=math.sqrt(auc_variance(auc, n_positive, n_negative_found, method)),
        note="fewer than 10 cases of a class: the normal approximation is poor" if few else None,
    )
