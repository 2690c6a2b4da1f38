"""Two groups of different cases: the difference of two proportions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import normal_p, tails, z_of
from readerstudy.stats._degenerate import NO_WIDTH, bounded, noted
from readerstudy.stats.contingency import chi2_p, fisher_p
from readerstudy.stats.proportion import limits as one_proportion


def _around(
    centre: float, error: float, low_tail: float, high_tail: float, correction: float = 0.0
) -> tuple[float, float]:
    low = -1.0 if low_tail == 0 else centre - z_of(low_tail) * error - correction
    high = 1.0 if high_tail == 0 else centre + z_of(high_tail) * error + correction
    return max(-1.0, low), min(1.0, high)


def _error(p: float, n: float, p2: float, n2: float) -> float:
    return math.sqrt(p * (1 - p) / n + p2 * (1 - p2) / n2)


def _wald(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    return _around(x / n - x2 / n2, _error(x / n, n, x2 / n2, n2), low_tail, high_tail)


def _wald_cc(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Yates's correction: half a case in each group."""
    return _around(x / n - x2 / n2, _error(x / n, n, x2 / n2, n2), low_tail, high_tail, (1 / n + 1 / n2) / 2)


def _hauck_anderson(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Unbiased variances, and a correction of half a case in the smaller group; nan with one case in a group."""
    if min(n, n2) == 1:
        return math.nan, math.nan
    error = math.sqrt(x * (n - x) / (n * n * (n - 1)) + x2 * (n2 - x2) / (n2 * n2 * (n2 - 1)))
    return _around(x / n - x2 / n2, error, low_tail, high_tail, 0.5 / min(n, n2))


def _brown_li_jeffreys(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Wald's, with the means of Jeffreys' posteriors for the proportions."""
    p, p2 = (x + 0.5) / (n + 1), (x2 + 0.5) / (n2 + 1)
    return _around(p - p2, _error(p, n, p2, n2), low_tail, high_tail)


def _beal(mean: float, x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Beal's family: the two proportions' sum is held at 2 `mean`, and a quadratic is solved for the difference."""
    d, u, v = x / n - x2 / n2, (1 / n + 1 / n2) / 4, (1 / n - 1 / n2) / 4
    skew = v * (1 - 2 * mean)

    def limit(z: float) -> float:
        spread = u * (4 * mean * (1 - mean) - d * d) + 2 * skew * d
        spread += z * z * (4 * u * u * mean * (1 - mean) + skew * skew)
        return (d + z * z * skew + z * math.sqrt(max(spread, 0))) / (1 + z * z * u)

    low = -1.0 if low_tail == 0 else limit(-z_of(low_tail))
    high = 1.0 if high_tail == 0 else limit(z_of(high_tail))
    return max(-1.0, low), min(1.0, high)


def _haldane(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    return _beal((x / n + x2 / n2) / 2, x, n, x2, n2, low_tail, high_tail)


def _jeffreys_perks(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    return _beal(((x + 0.5) / (n + 1) + (x2 + 0.5) / (n2 + 1)) / 2, x, n, x2, n2, low_tail, high_tail)


def _agresti_caffo(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """One success and one failure are added to each group."""
    p, p2 = (x + 1) / (n + 2), (x2 + 1) / (n2 + 2)
    return _around(p - p2, _error(p, n + 2, p2, n2 + 2), low_tail, high_tail)


def _newcombe(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    def single(count: int, total: int, tail: float) -> tuple[float, float]:
        return one_proportion(count, total, "wilson", tail, tail)

    return _square_and_add(single, x, n, x2, n2, low_tail, high_tail)


def _newcombe_cc(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    def single(count: int, total: int, tail: float) -> tuple[float, float]:
        return one_proportion(count, total, "wilson-cc", tail, tail)

    return _square_and_add(single, x, n, x2, n2, low_tail, high_tail)


def _square_and_add(
    single: Callable[[int, int, float], tuple[float, float]],
    x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float,
) -> tuple[float, float]:  # fmt: skip
    """Newcombe's methods 10 and 11: the two proportions' own limits, their distances squared and added."""
    p, p2 = x / n, x2 / n2
    low, high = -1.0, 1.0
    if low_tail:
        (lower, _), (_, upper2) = single(x, n, low_tail), single(x2, n2, low_tail)
        low = p - p2 - math.hypot(p - lower, upper2 - p2)
    if high_tail:
        (_, upper), (lower2, _) = single(x, n, high_tail), single(x2, n2, high_tail)
        high = p - p2 + math.hypot(upper - p, p2 - lower2)
    return max(-1.0, low), min(1.0, high)


def miettinen_nurminen_z(delta: float, x: int, n: int, x2: int, n2: int) -> float:
    """Score statistic of the hypothesis that first - second = `delta`; it falls as `delta` grows."""
    total = n + n2
    # The likeliest second proportion under the hypothesis: a root of a cubic, in closed form.
    square = (n + 2 * n2) * delta - total - x - x2
    linear = (n2 * delta - total - 2 * x2) * delta + x + x2
    constant = x2 * delta * (1 - delta)
    q = (square / (3 * total)) ** 3 - square * linear / (6 * total**2) + constant / (2 * total)
    radius = math.copysign(math.sqrt(max(square**2 / (9 * total**2) - linear / (3 * total), 0)), q)
    cosine = 1.0 if radius == 0 else min(1.0, max(-1.0, q / radius**3))
    p2 = 2 * radius * math.cos((math.pi + math.acos(cosine)) / 3) - square / (3 * total)
    p2 = min(max(p2, 0.0, -delta), 1.0, 1 - delta)
    p = p2 + delta
    variance = (p * (1 - p) / n + p2 * (1 - p2) / n2) * total / (total - 1)
    gap = x / n - x2 / n2 - delta
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _miettinen_nurminen(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    return _score(1.0, x, n, x2, n2, low_tail, high_tail)


def _mee(x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """The same statistic without the factor N / (N - 1) of its variance."""
    return _score(math.sqrt((n + n2 - 1) / (n + n2)), x, n, x2, n2, low_tail, high_tail)


def _score(scale: float, x: int, n: int, x2: int, n2: int, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Where Miettinen and Nurminen's statistic reaches `scale` times the normal deviate."""
    d = x / n - x2 / n2

    def limit(end: float, tail: float) -> float:
        if tail == 0 or d == end:
            return end
        z, outer, inner = scale * z_of(tail), end, d
        for _ in range(100):
            middle = (outer + inner) / 2
            if abs(miettinen_nurminen_z(middle, x, n, x2, n2)) > z:
                outer = middle
            else:
                inner = middle
        return (outer + inner) / 2

    return limit(-1.0, low_tail), limit(1.0, high_tail)


_INTERVALS: dict[str, Callable[[int, int, int, int, float, float], tuple[float, float]]] = {
    "newcombe": _newcombe,
    "newcombe-cc": _newcombe_cc,
    "miettinen-nurminen": _miettinen_nurminen,
    "mee": _mee,
    "agresti-caffo": _agresti_caffo,
    "brown-li-jeffreys": _brown_li_jeffreys,
    "haldane": _haldane,
    "jeffreys-perks": _jeffreys_perks,
    "hauck-anderson": _hauck_anderson,
    "wald": _wald,
    "wald-cc": _wald_cc,
}
METHODS = tuple(_INTERVALS)
"""Names of the intervals of a difference of independent proportions."""
TESTS = ("chi2", "chi2-cc", "fisher")
"""Names of the tests of a difference of independent proportions."""


ALL_THE_SAME = "every outcome is the same: P = 1"
NO_VARIATION = "no variation within the groups"


def limits(x: int, n: int, x2: int, n2: int, method: str, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Confidence limits of x / n - x2 / n2; a tail of 0 puts its limit at the end of the range. No group is empty."""
    return _INTERVALS[method](x, n, x2, n2, low_tail, high_tail)


def checked_counts(**given: Any) -> list[int]:
    """`count` of `total` and `count2` of `total2` as whole numbers, or an error that names them."""
    if any(value % 1 != 0 for value in given.values()):
        raise ValueError("counts must be whole numbers, got " + ", ".join(f"{k} = {v!r}" for k, v in given.items()))
    for count, total in (("count", "total"), ("count2", "total2")):
        if not 0 <= given[count] <= given[total]:
            raise ValueError(f"{count} must lie between 0 and {total}, got {given[count]} of {given[total]}")
    return [int(value) for value in given.values()]


def proportion_difference(
    count: int,
    total: int,
    count2: int,
    total2: int,
    *,
    method: str = "newcombe",
    test: str = "chi2",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Difference of two proportions of different cases, first - second: accuracy with and without cirrhosis.

    Range [-1, 1].

    Parameters
    ----------
    count, total, count2, total2
        Successes and number of independent trials of the first and of the second group.
    method
        Interval: ``"newcombe"`` (his method 10, from Wilson limits), ``"newcombe-cc"`` (his method 11, with
        continuity correction), ``"miettinen-nurminen"`` (score), ``"mee"`` (score, without the factor N / (N - 1) of
        the variance), ``"agresti-caffo"``, ``"brown-li-jeffreys"``, ``"haldane"`` and ``"jeffreys-perks"`` (Beal's
        two), ``"hauck-anderson"``, ``"wald"`` or ``"wald-cc"`` (with Yates's continuity correction). Choose one of
        the first three, or ``"agresti-caffo"``; the others are there because papers report them.
    test
        ``"chi2"`` (Pearson's), ``"chi2-cc"`` (with Yates's correction) or ``"fisher"`` (exact).
    conf_level, alternative
        As in `proportion`.

    Returns
    -------
    Estimate
        Difference, interval, Wald's `std_error`, and the test of difference 0, named by `test_method`.

    Raises
    ------
    ValueError
        If the counts are impossible or a name is unknown.

    Notes
    -----
    The groups must be independent and so must the trials within them; there is no margin. Two readings of the same
    cases are not: see `paired_difference` and `mcnemar`. 0 of 0 is nan with a note; where nobody or everybody
    succeeded, P = 1. With one case in a group ``"hauck-anderson"`` has no interval. Where interval and test disagree
    about 0, and where the interval has no width, a note says so.

    References
    ----------
    Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Miettinen and Nurminen 1985,
    doi:10.1002/sim.4780040211. Mee 1984, Biometrics 40, 1175-1176. Agresti and Caffo 2000,
    doi:10.1080/00031305.2000.10474560. Brown and Li 2005, doi:10.1016/j.jspi.2003.09.039. Beal 1987,
    doi:10.2307/2531547. Hauck and Anderson 1986, doi:10.1080/00031305.1986.10475426. Yates 1934,
    doi:10.2307/2983604.

    Examples
    --------
    Wang 2021, doi:10.1186/s13244-021-01117-z, held the model's 90 of 113 right against the residents' 75 of 113 as
    if the lesions were not the same, printed p = 0.035:

    >>> e = proportion_difference(90, 113, 75, 113, test="fisher")
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3), round(e.p_value, 4)
    (0.133, 0.017, 0.244, 0.0354)
    """
    _choice.check(method, METHODS, "method")
    _choice.check(test, TESTS, "test")
    outside = tails(conf_level, alternative)
    count, total, count2, total2 = checked_counts(count=count, total=total, count2=count2, total2=total2)
    e = Estimate(
        measure="proportion_difference",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=total + total2,
        null=0.0,
        test_method=test,
    )
    if total == 0 or total2 == 0:
        return e.replace(note=f"the {'first' if total == 0 else 'second'} group is empty: undefined")
    low, high = limits(count, total, count2, total2, method, *outside)
    e = e.replace(
        estimate=count / total - count2 / total2,
        conf_low=low,
        conf_high=high,
        std_error=_error(count / total, total, count2 / total2, total2),
    )
    e = with_equality_test(bounded(e, -1.0, 1.0, outside), count, total, count2, total2)
    return noted(e, *_notes(e, count + count2 in (0, total + total2)))


def with_equality_test(e: Estimate, count: int, total: int, count2: int, total2: int) -> Estimate:
    """`e` with the test that it names of equal proportions in the two groups, neither of them empty."""
    assert e.alternative is not None
    table = (count, total - count, count2, total2 - count2)
    if e.test_method == "fisher":
        return e.replace(p_value=fisher_p(*table, e.alternative))
    statistic, df, p = chi2_p((table[:2], table[2:]), correction=e.test_method == "chi2-cc")
    if df == 0:
        return e.replace(p_value=p)
    if e.alternative != "two-sided":
        gap = count * total2 - count2 * total
        p = normal_p(math.copysign(math.sqrt(statistic), gap), e.alternative)
    return e.replace(statistic=statistic, df=df, p_value=p)


def _notes(e: Estimate, all_the_same: bool) -> list[str]:
    notes = []
    if all_the_same:
        notes.append(ALL_THE_SAME)
    if math.isnan(e.conf_low):
        notes.append("one case in a group: this interval is undefined")
    elif e.conf_low == e.conf_high or (e.method == "wald" and e.std_error == 0):
        notes.append(f"{NO_VARIATION}: {NO_WIDTH}")
    return notes + disagreement(e, 0)


def disagreement(e: Estimate, null: int) -> list[str]:
    """What to say where the interval leaves `null` out and P is not below its level, or the other way round."""
    excludes = e.conf_low > null or e.conf_high < null
    if math.isnan(e.conf_low) or excludes == (e.p_value < 1 - e.conf_level):
        return []
    side = (f"excludes {null} although", "at or above") if excludes else (f"includes {null} although", "below")
    return [f"the interval {side[0]} the P-value of the test is {side[1]} the level"]
