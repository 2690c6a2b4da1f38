"""One proportion: a count of a total, its interval and its test against a fixed value."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import normal_p, tails, z_of


def _clopper_pearson(x: int, n: int, tail: float) -> float:
    return 0.0 if x == 0 else float(special.betaincinv(x, n - x + 1, tail))


def _wilson(x: int, n: int, tail: float) -> float:
    if x == 0:
        return 0.0
    z = z_of(tail)
    p = x / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n)


def _poisson(x: int, n: int, tail: float) -> float:
    """Limit that replaces Wilson's for rare events: half a chi-square quantile at 2 `tail`, not `tail`, over n."""
    return float(special.gammaincinv(x, 2 * tail)) / n


def _modified_wilson(x: int, n: int, tail: float) -> float:
    rare = 2 if n <= 50 else 3
    return _poisson(x, n, tail) if 1 <= x <= rare else _wilson(x, n, tail)


def _wilson_hmisc(x: int, n: int, tail: float) -> float:
    return _poisson(x, n, tail) if x == 1 else _wilson(x, n, tail)


_LOWER: dict[str, Callable[[int, int, float], float]] = {
    "clopper-pearson": _clopper_pearson,
    "wilson": _wilson,
    "modified-wilson": _modified_wilson,
    "wilson-hmisc": _wilson_hmisc,
}
METHODS = tuple(_LOWER)
"""Names of the interval methods."""


def limits(count: int, total: int, method: str, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Confidence limits of ``count / total``; a tail of 0 puts its limit at the end of the range.

    The upper limit of x of n is 1 minus the lower limit of n - x of n: every method here is equivariant.
    """
    lower = _LOWER[method]
    low = 0.0 if low_tail == 0 else lower(count, total, low_tail)
    high = 1.0 if high_tail == 0 else 1 - lower(total - count, total, high_tail)
    return max(0.0, low), min(1.0, high)


def proportion(
    count: int,
    total: int,
    *,
    method: str = "wilson",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    null: float | None = None,
) -> Estimate:
    """A proportion with its confidence interval: 90 of 113 lesions called right.

    Range [0, 1]. Sensitivity, specificity, predictive values and accuracy are proportions of different totals.

    Parameters
    ----------
    count
        Number of successes, 0 <= count <= total.
    total
        Number of independent trials.
    method
        ``"wilson"`` (score interval, 1927), ``"clopper-pearson"`` (exact, never below its level),
        ``"modified-wilson"`` (Brown, Cai and DasGupta 2001: Wilson, with a Poisson limit when 1 to 3 events are
        on that side), or ``"wilson-hmisc"`` (that limit at 1 event only, as R's Hmisc::binconf computes "wilson").
    conf_level
        Level of the interval.
    alternative
        ``"two-sided"``; ``"greater"`` for a lower limit alone at `conf_level`, ``"less"`` for an upper one.
    null
        A fixed performance goal. Adds the test of it: exact binomial for ``"clopper-pearson"``, score otherwise.

    Returns
    -------
    Estimate
        `count`, `total`, `std_error` = sqrt(p (1 - p) / n).

    Raises
    ------
    ValueError
        If the counts are impossible or a name is unknown.

    Notes
    -----
    The trials must be independent: several lesions of one patient are not. 0 of 0 is nan with a note.

    References
    ----------
    Wilson 1927, doi:10.1080/01621459.1927.10502953. Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.
    Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286.

    Examples
    --------
    Model A's sensitivity for other primary malignancies in Zhen 2020, doi:10.3389/fonc.2020.00680, printed as
    53.3% (26.6-78.7%):

    >>> e = proportion(8, 15, method="clopper-pearson")
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3)
    (0.533, 0.266, 0.787)
    """
    _choice.check(method, METHODS, "method")
    outside = tails(conf_level, alternative)
    if count % 1 != 0 or total % 1 != 0 or not 0 <= count <= total:
        raise ValueError(f"count must be a whole number between 0 and total, got {count} of {total}")
    count, total = int(count), int(total)
    empty = Estimate(
        measure="proportion",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        count=count,
        total=total,
        n_cases=total,
        null=math.nan if null is None else null,
    )
    if total == 0:
        return empty.replace(note="0 of 0: undefined")
    p = count / total
    low, high = limits(count, total, method, outside.low, outside.high)
    found = empty.replace(estimate=p, conf_low=low, conf_high=high, std_error=math.sqrt(p * (1 - p) / total))
    return found if null is None else _test(found, null)


def _test(e: Estimate, null: float) -> Estimate:
    assert e.count is not None
    assert e.total is not None
    assert e.alternative is not None
    if not 0 < null < 1:
        raise ValueError(f"null must lie strictly between 0 and 1, got {null!r}")
    if e.method == "clopper-pearson":
        from scipy.stats import binomtest

        test = binomtest(e.count, e.total, null, alternative=e.alternative)  # type: ignore[arg-type]
        return e.replace(p_value=float(test.pvalue), test_method="exact-binomial")
    z = (e.estimate - null) / math.sqrt(null * (1 - null) / e.total)
    return e.replace(statistic=z, p_value=normal_p(z, e.alternative), test_method="score")
