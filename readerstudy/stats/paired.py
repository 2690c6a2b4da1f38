"""Two readings of the same cases: McNemar's test and the difference of paired proportions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, binary, check_level, normal_p, same_length, tails, z_of
from readerstudy.stats._margin import against_margin, check_margin
from readerstudy.stats.proportion import limits as one_proportion

TESTS = ("exact", "mid-p", "chi2", "chi2-cc")
"""Names of McNemar's tests."""


def discordant(call: Bools, versus: Bools) -> tuple[int, int]:
    """How many cases only `call` has, and how many only `versus` has."""
    return int(np.count_nonzero(call & ~versus)), int(np.count_nonzero(versus & ~call))


def mcnemar_p(b: int, c: int, method: str) -> tuple[float, float]:
    """Statistic (nan for the exact tests) and two-sided P of b against c discordant pairs."""
    if b + c == 0:
        return math.nan, 1.0
    if method in ("chi2", "chi2-cc"):
        gap = abs(b - c) - (1 if method == "chi2-cc" and b != c else 0)
        chi2 = gap * gap / (b + c)
        return chi2, float(special.chdtrc(1, chi2))
    less = min(b, c)
    exact = min(1.0, 2 * float(special.bdtr(less, b + c, 0.5)))
    if method == "exact":
        return math.nan, exact
    # P(X = less) of a binomial with b + c trials and probability 1/2.
    log_mass = special.gammaln(b + c + 1) - special.gammaln(b + 1) - special.gammaln(c + 1) - (b + c) * math.log(2)
    mass = math.exp(float(log_mass))
    return math.nan, 1 - mass / 2 if b == c else exact - mass


def mcnemar(call: ArrayLike, versus: ArrayLike, *, method: str = "exact") -> Estimate:
    """Test whether two readings of the same cases differ in how often they are positive (or right).

    Parameters
    ----------
    call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,). To compare sensitivities pass the
        calls of the positive cases; for accuracies, whether each call was right.
    method
        ``"exact"`` (binomial), ``"mid-p"``, ``"chi2"`` (1 df) or ``"chi2-cc"`` (with continuity correction).

    Returns
    -------
    Estimate
        The difference of the proportions, call - versus, with two-sided P; no interval, see `paired_difference`.

    Notes
    -----
    Cases must be independent, and the two readings of one reader each: the average of several readers is not a
    call. With no discordant pair P = 1.

    References
    ----------
    McNemar 1947, doi:10.1007/BF02295996. Fagerland, Lydersen and Laake 2013 (mid-p),
    doi:10.1186/1471-2288-13-91.

    Examples
    --------
    >>> only_first, only_second = [1] * 9 + [0], [0] * 9 + [1]
    >>> mcnemar(only_first, only_second).p_value  # 9 against 1: 22 / 1024
    0.021484375
    """
    _choice.check(method, TESTS, "method")
    call, versus = binary(call, "call"), binary(versus, "versus")
    n = same_length(call=call, versus=versus)
    e = Estimate(
        measure="proportion_difference",
        n_cases=n,
        null=0.0,
        alternative="two-sided",
        test_method=f"mcnemar-{method}",
    )
    if n == 0:
        return e.replace(note="no case")
    b, c = discordant(call, versus)
    statistic, p = mcnemar_p(b, c, method)
    return e.replace(
        estimate=(b - c) / n,
        statistic=statistic,
        df=1 if method.startswith("chi2") else None,
        p_value=p,
        note="no discordant pair" if b + c == 0 else None,
    )


def tango_z(delta: float, b: int, c: int, n: int) -> float:
    """Tango's score statistic of the hypothesis that call - versus = `delta`; it falls as `delta` grows."""
    # The probability of "only versus" that is likeliest under the hypothesis: the root of a quadratic.
    linear = -b - c + (2 * n - b + c) * delta
    constant = -c * delta * (1 - delta)
    only_versus = (math.sqrt(max(linear * linear - 8 * n * constant, 0)) - linear) / (4 * n)
    variance = n * (2 * only_versus + delta * (1 - delta))
    gap = b - c - n * delta
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _tango(b: int, c: int, n: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    def limit(end: float, tail: float) -> float:
        d = (b - c) / n
        if tail == 0 or d == end:
            return end
        z, outer, inner = z_of(tail), end, d
        for _ in range(100):
            middle = (outer + inner) / 2
            if abs(tango_z(middle, b, c, n)) > z:
                outer = middle
            else:
                inner = middle
        return (outer + inner) / 2

    return limit(-1.0, low_tail), limit(1.0, high_tail)


def _around(centre: float, variance: float, low_tail: float, high_tail: float) -> tuple[float, float]:
    error = math.sqrt(max(variance, 0))
    low = -1.0 if low_tail == 0 else centre - z_of(low_tail) * error
    high = 1.0 if high_tail == 0 else centre + z_of(high_tail) * error
    return max(-1.0, low), min(1.0, high)


def _wald(b: int, c: int, n: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    d = (b - c) / n
    return _around(d, ((b + c) / n - d * d) / n, low_tail, high_tail)


def _agresti_min(b: int, c: int, n: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Half a pair is added to each of the four cells."""
    d = (b - c) / (n + 2)
    return _around(d, ((b + c + 1) / (n + 2) - d * d) / (n + 2), low_tail, high_tail)


def _bonett_price(b: int, c: int, n: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """One pair is added to each of the two discordant cells."""
    d = (b - c) / (n + 2)
    return _around(d, ((b + c + 2) / (n + 2) - d * d) / (n + 2), low_tail, high_tail)


_INTERVALS: dict[str, Callable[[int, int, int, float, float], tuple[float, float]]] = {
    "tango": _tango,
    "bonett-price": _bonett_price,
    "agresti-min": _agresti_min,
    "wald": _wald,
}
INTERVALS = ("tango", "newcombe", "bonett-price", "agresti-min", "wald")
"""Names of the intervals of a paired difference."""


def _newcombe(first: int, second: int, both: int, n: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Method 10: Wilson limits of the two proportions, squared and added with their correlation."""
    p, q = first / n, second / n
    p_low, p_high = one_proportion(first, n, "wilson", low_tail or high_tail, high_tail or low_tail)
    q_low, q_high = one_proportion(second, n, "wilson", low_tail or high_tail, high_tail or low_tail)
    neither = n - first - second + both
    margins = first * (n - first) * second * (n - second)
    product = float(both * neither - (first - both) * (second - both))
    if product > 0:  # a continuity correction, for a positive correlation only
        product = max(product - n / 2, 0)
    correlation = product / math.sqrt(margins) if margins > 0 else 0.0

    def reach(u: float, v: float) -> float:
        return math.sqrt(max(u * u - 2 * correlation * u * v + v * v, 0))

    low = -1.0 if low_tail == 0 else p - q - reach(p - p_low, q_high - q)
    high = 1.0 if high_tail == 0 else p - q + reach(p_high - p, q - q_low)
    return low, high


def difference_limits(
    call: Bools, versus: Bools, method: str, low_tail: float, high_tail: float
) -> tuple[float, float]:
    """Confidence limits of the paired difference of proportions, call - versus; needs at least one case."""
    n = len(call)
    if method == "newcombe":
        both = int(np.count_nonzero(call & versus))
        first, second = int(np.count_nonzero(call)), int(np.count_nonzero(versus))
        return _newcombe(first, second, both, n, low_tail, high_tail)
    return _INTERVALS[method](*discordant(call, versus), n, low_tail, high_tail)


def paired_difference(
    call: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "tango",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Estimate:
    """Difference of two proportions of the same cases, call - versus, with its interval.

    Range [-1, 1].

    Parameters
    ----------
    call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,).
    method
        ``"tango"`` (score), ``"newcombe"`` (his method 10, from Wilson limits), ``"bonett-price"``,
        ``"agresti-min"`` or ``"wald"``.
    conf_level, alternative
        As in `proportion`.
    margin
        Adds Tango's score test of the loss that is allowed, such as 0.05: that the difference is -margin or less.
    hypothesis
        What `margin` is for: ``"non-inferiority"`` (with the alternative ``"less"`` lower is better, and the test is
        of +margin) or ``"equivalence"``. P is one-sided, for equivalence the larger of the two, to be held against
        (1 - conf_level) / 2; the interval stays two-sided and gives the `verdict`.

    Returns
    -------
    Estimate
        Difference and interval; for ``"tango"`` also the score test of difference 0, which is McNemar's chi2.

    Raises
    ------
    ValueError
        If the arrays do not fit, `margin` does not lie between 0 and 1 or a name is unknown.

    Notes
    -----
    Cases must be independent. With no discordant pair the difference is 0. Then, and where every pair is discordant
    in the same way, Wald's interval has no width, and `note` says so.

    References
    ----------
    Tango 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B. Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C. Bonett and Price 2012,
    doi:10.3102/1076998611411915. Agresti and Min 2005, doi:10.1002/sim.1781.

    Examples
    --------
    Two ways to disinfect soft contact lenses in 44 pairs, of which one was cleaned by the second alone, and a margin of
    10 %. Tango 1998 prints Z = 1.709, one-sided P = 0.044, lower 90 % limit -0.096:

    >>> e = paired_difference([1] * 43 + [0], [1] * 44, margin=0.1, conf_level=0.9)
    >>> round(e.statistic, 3), round(e.p_value, 3), round(e.conf_low, 3), e.verdict
    (1.709, 0.044, -0.096, 'non-inferior')
    """
    _choice.check(method, INTERVALS, "method")
    check_level(conf_level)
    _choice.check(alternative, ("two-sided", "greater", "less"), "alternative")
    check_margin(margin, hypothesis, below=1.0)
    outside = tails(conf_level, alternative if margin is None else "two-sided")
    call, versus = binary(call, "call"), binary(versus, "versus")
    n = same_length(call=call, versus=versus)
    e = Estimate(
        measure="proportion_difference",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=n,
    )
    if n == 0:
        return e.replace(note="no case")
    b, c = discordant(call, versus)
    low, high = difference_limits(call, versus, method, *outside)
    e = e.replace(estimate=(b - c) / n, conf_low=low, conf_high=high)
    if method == "wald" and (b + c == 0 or n in (b, c)):
        pairs = "no discordant pair" if b + c == 0 else "every pair is discordant in the same way"
        e = e.replace(note=f"{pairs}: the interval has no width")
    if margin is not None:
        e = e.replace(test_method="tango-score")
        return against_margin(
            e, lambda null: tango_z(null, b, c, n), hypothesis, margin, (-margin, margin), alternative
        )
    if method == "tango":
        z = tango_z(0.0, b, c, n)
        e = e.replace(statistic=z, p_value=normal_p(z, alternative), null=0.0, test_method="tango-score")
    return e
