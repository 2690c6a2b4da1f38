"""One proportion: a count of a total, its interval and its test against a fixed value."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import normal_p, tails, z_of


def _clopper_pearson(x: float, n: float, tail: float) -> float:
    return 0.0 if x == 0 else float(special.betaincinv(x, n - x + 1, tail))


def _wilson(x: float, n: float, tail: float) -> float:
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


def _wilson_cc(x: int, n: int, tail: float) -> float:
    if x == 0:
        return 0.0
    z, p = z_of(tail), x / n
    inside = z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)
    return (2 * x + z * z - 1 - z * math.sqrt(max(inside, 0))) / (2 * (n + z * z))


def _agresti_coull(x: float, n: float, tail: float) -> float:
    z = z_of(tail)
    total = n + z * z
    p = (x + z * z / 2) / total
    return p - z * math.sqrt(p * (1 - p) / total)


def _jeffreys(x: float, n: float, tail: float) -> float:
    return 0.0 if x == 0 else float(special.betaincinv(x + 0.5, n - x + 0.5, tail))


def _at_least(x: int, n: int, p: float) -> float:
    """P(X >= x) of a binomial."""
    return 1.0 if x <= 0 else float(special.bdtrc(x - 1, n, p))


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that is negative at `low` and positive at `high` crosses 0, to the last bit."""
    while low < (middle := (low + high) / 2) < high:
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return middle


def _mid_p(x: int, n: int, tail: float) -> float:
    """Clopper and Pearson's limit, but half the probability of what was seen counts."""
    if x == 0:
        return 0.0
    above = 1.0 if x == n else float(special.betaincinv(x + 1, n - x, tail))
    return _root(
        lambda p: (_at_least(x, n, p) + _at_least(x + 1, n, p)) / 2 - tail, _clopper_pearson(x, n, tail), above
    )


def _blaker(x: int, n: int, tail: float) -> float:
    """Least proportion that Blaker's test at level 2 `tail` accepts, without a search along a grid.

    From Clopper and Pearson's limit upwards the P-value is P(X >= x) and the largest P(X <= q) that is not above it.
    While q stays it falls, then rises; where q steps up it jumps to 2 P(X >= x), which is above the level. So the
    limit is where it rises through the level before the first such step, or else that step.
    """
    if x == 0:
        return 0.0
    start = _clopper_pearson(x, n, tail)
    q, beyond = -1, x
    while beyond - q > 1:
        middle = (q + beyond) // 2
        if special.bdtr(middle, n, start) <= tail:
            q = middle
        else:
            beyond = middle
    step = _root(lambda p: _at_least(x, n, p) - float(special.bdtr(q + 1, n, p)), start, 1.0)

    def excess(p: float) -> float:
        return _at_least(x, n, p) + (float(special.bdtr(q, n, p)) if q >= 0 else 0.0) - 2 * tail

    return _root(excess, start, step) if excess(step) > 0 else step


CONTINUOUS: dict[str, Callable[[float, float, float], float]] = {
    "wilson": _wilson,
    "clopper-pearson": _clopper_pearson,
    "agresti-coull": _agresti_coull,
    "jeffreys": _jeffreys,
}
"""Lower limits that are also there between whole counts, such as those of an effective number of cases."""
_LOWER: dict[str, Callable[[int, int, float], float]] = {
    "clopper-pearson": _clopper_pearson,
    "wilson": _wilson,
    "modified-wilson": _modified_wilson,
    "wilson-hmisc": _wilson_hmisc,
    "wilson-cc": _wilson_cc,
    "agresti-coull": _agresti_coull,
    "jeffreys": _jeffreys,
    "mid-p": _mid_p,
    "blaker": _blaker,
}
METHODS = tuple(_LOWER)
"""Names of the interval methods."""


def limits(count: int, total: int, method: str, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Confidence limits of ``count / total``; a tail of 0 puts its limit at the end of the range.

    The upper limit of x of n is 1 minus the lower limit of n - x of n: every method here is equivariant. Blaker's
    interval is two-sided by its nature: a limit alone is that of the one-sided exact test, Clopper and Pearson's.
    """
    lower = _LOWER["clopper-pearson" if method == "blaker" and low_tail != high_tail else method]
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
        on that side), ``"wilson-hmisc"`` (that limit at 1 event only, as R's Hmisc::binconf computes "wilson"),
        ``"wilson-cc"`` (with continuity correction), ``"agresti-coull"``, ``"jeffreys"`` (quantiles of the posterior
        with the prior Beta(1/2, 1/2), but 0 at 0 of n and 1 at n of n), ``"mid-p"`` (exact, less half the probability
        of what was seen: shorter, its level held on average) or ``"blaker"`` (exact, inside Clopper and Pearson's).
    conf_level
        Level of the interval.
    alternative
        ``"two-sided"``; ``"greater"`` for a lower limit alone at `conf_level`, ``"less"`` for an upper one.
    null
        A fixed performance goal. Adds the test of it: exact binomial for ``"clopper-pearson"``, the mid-P and Blaker's
        test for ``"mid-p"`` and ``"blaker"``, score otherwise. The two-sided exact test counts the outcomes that are no
        likelier than this one, as R and SciPy do; Clopper and Pearson's limits belong to twice the smaller tail.

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
    The trials must be independent: several lesions of one patient are not. 0 of 0 is nan with a note. One-sided,
    ``"blaker"`` gives Clopper and Pearson's limit and the exact binomial test, with a note. Where the interval holds
    the goal and the test is significant, or the other way round, a note says so. Coverage of 95 % swings with the
    proportion (docs/coverage.md): ``"clopper-pearson"``, ``"blaker"`` and ``"wilson-cc"`` kept it in every cell there,
    the others fall below 94 % at some proportions, ``"wilson"`` to 86 % near 0 and 1.

    References
    ----------
    Wilson 1927, doi:10.1080/01621459.1927.10502953. Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.
    Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286. Agresti and Coull 1998,
    doi:10.1080/00031305.1998.10480550. Newcombe 1998 (continuity correction, mid-P),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E. Blaker 2000, doi:10.2307/3315916.
    Exact tests and the limits that match them: Fay 2010, doi:10.1093/biostatistics/kxp050.

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
    found = empty.replace(
        estimate=p,
        conf_low=low,
        conf_high=high,
        std_error=math.sqrt(p * (1 - p) / total),
        note=_ONE_SIDED_BLAKER if method == "blaker" and alternative != "two-sided" else None,
    )
    return found if null is None else _with_disagreement(_test(found, null))


_ONE_SIDED_BLAKER = "Blaker's interval is two-sided: this limit is Clopper and Pearson's"


def _mid_p_test(x: int, n: int, null: float, alternative: str) -> float:
    above = (_at_least(x, n, null) + _at_least(x + 1, n, null)) / 2
    below = 1 - above
    return {"greater": above, "less": below, "two-sided": min(1.0, 2 * min(above, below))}[alternative]


def _blaker_test(x: int, n: int, null: float) -> float:
    """P(as far out in the tail that was seen) and of the other tail as much as is not likelier."""
    if _at_least(x, n, null) > float(special.bdtr(x, n, null)):
        x, null = n - x, 1 - null
    tail = _at_least(x, n, null)
    masses = special.bdtr(np.arange(x), n, null)
    # Equal tails, as at 1/2, must not be told apart by their last bit.
    return min(1.0, tail + float(max(masses[masses <= tail * (1 + 1e-12)], default=0.0)))


def _test(e: Estimate, null: float) -> Estimate:
    assert e.count is not None
    assert e.total is not None
    assert e.alternative is not None
    if not 0 < null < 1:
        raise ValueError(f"null must lie strictly between 0 and 1, got {null!r}")
    if e.method == "mid-p":
        return e.replace(p_value=_mid_p_test(e.count, e.total, null, e.alternative), test_method="mid-p-binomial")
    if e.method == "blaker" and e.alternative == "two-sided":
        return e.replace(p_value=_blaker_test(e.count, e.total, null), test_method="blaker")
    if e.method in ("clopper-pearson", "blaker"):
        from scipy.stats import binomtest

        test = binomtest(e.count, e.total, null, alternative=e.alternative)  # type: ignore[arg-type]
        return e.replace(p_value=float(test.pvalue), test_method="exact-binomial")
    z = (e.estimate - null) / math.sqrt(null * (1 - null) / e.total)
    return e.replace(statistic=z, p_value=normal_p(z, e.alternative), test_method="score")


def _with_disagreement(e: Estimate) -> Estimate:
    """`e` with a note where its interval and its test, which are not of one method, say different things."""
    excludes = e.conf_low > e.null or e.conf_high < e.null
    level = 1 - e.conf_level
    # Wilson's limits are those of the score test; P at the level itself is neither.
    if e.method == "wilson" or excludes == (e.p_value < level) or math.isclose(e.p_value, level, rel_tol=1e-9):
        return e
    found = (
        "excludes the goal, the test is not significant" if excludes else "includes the goal, the test is significant"
    )
    note = f"interval and test are of different methods and disagree: the interval {found}"
    if e.method == "clopper-pearson":
        note += "; twice the one-sided P goes with these limits"
    return e.replace(note="; ".join(filter(None, (e.note, note))))
