"""Two readings of the same cases: McNemar's test and the difference of paired proportions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Tails, binary, check_level, normal_p, same_length, tails, z_of
from readerstudy.stats._degenerate import NO_WIDTH, bounded, noted
from readerstudy.stats._margin import against_margin, check_margin
from readerstudy.stats._patients import ONE_PATIENT, Patients, patients_of
from readerstudy.stats.clustered import named
from readerstudy.stats.clustered_mcnemar import TESTS as OF_PATIENTS
from readerstudy.stats.clustered_mcnemar import clustered_mcnemar
from readerstudy.stats.proportion import CONTINUOUS

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


def mcnemar(
    call: ArrayLike, versus: ArrayLike, *, method: str | None = None, patients: ArrayLike | None = None
) -> Estimate:
    """Test whether two readings of the same cases differ in how often they are positive (or right).

    Parameters
    ----------
    call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,). To compare sensitivities pass the
        calls of the positive cases; for accuracies, whether each call was right.
    method
        ``"exact"`` (binomial, the default), ``"mid-p"``, ``"chi2"`` (1 df) or ``"chi2-cc"`` (with continuity
        correction). With `patients`, all chi2 with 1 df: ``"obuchowski"`` (the default), ``"yang"`` (the same without
        its small-sample factor), ``"durkalski"`` (each patient weighs the same) or ``"eliasziw-donner"`` (McNemar's
        chi2 over an inflation by the correlation in a patient, which is taken as 1 where that is negative).
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases.

    Returns
    -------
    Estimate
        The difference of the proportions, call - versus, with two-sided P; no interval, see `paired_difference`.

    Notes
    -----
    Cases (with `patients`: patients) must be independent, and the two readings of one reader each: the average of
    several readers is not a call. With no discordant pair P = 1. With one case a patient ``"yang"``, ``"durkalski"``
    and ``"eliasziw-donner"`` are ``"chi2"``, and ``"obuchowski"`` is nearly so; one patient gives no test.

    In simulated studies of 15, 40 and 100 patients (one to six cases each, which reader is better differing from
    patient to patient) at a level of 5 % ``"obuchowski"`` rejected in 3, 5 and 5 %, ``"yang"`` in 4, 5 and 5 %,
    ``"durkalski"`` in 4, 6 and 4 %, ``"eliasziw-donner"`` in 9 % (it takes all kinds of pairs for alike), McNemar's
    chi2 without patients in 20 %.

    References
    ----------
    McNemar 1947, doi:10.1007/BF02295996. Fagerland, Lydersen and Laake 2013 (mid-p), doi:10.1186/1471-2288-13-91.
    Obuchowski 1998, doi:10.1002/(SICI)1097-0258(19980715)17:13<1495::AID-SIM863>3.0.CO;2-I. Durkalski et al. 2003,
    doi:10.1002/sim.1438. Yang, Sun and Hardin 2010, doi:10.1002/bimj.201000035. Eliasziw and Donner 1991,
    doi:10.1002/sim.4780101211.

    Examples
    --------
    >>> only_first, only_second = [1] * 9 + [0], [0] * 9 + [1]
    >>> mcnemar(only_first, only_second).p_value  # 9 against 1: 22 / 1024
    0.021484375
    """
    default, known = ("exact", TESTS) if patients is None else ("obuchowski", OF_PATIENTS)
    method = _choice.check(method or default, known, "method")
    call, versus = binary(call, "call"), binary(versus, "versus")
    n = same_length(call=call, versus=versus)
    e = Estimate(
        measure="proportion_difference",
        n_cases=n,
        null=0.0,
        alternative="two-sided",
        test_method=f"mcnemar-{method}",
    )
    if patients is not None:
        return clustered_mcnemar(e, call, versus, patients_of(patients, n), method)
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


def tango_z(delta: float, b: float, c: float, n: float) -> float:
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


def _tango(b: float, c: float, n: float, low_tail: float, high_tail: float) -> tuple[float, float]:
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


def _wald(b: float, c: float, n: float, low_tail: float, high_tail: float) -> tuple[float, float]:
    d = (b - c) / n
    return _around(d, ((b + c) / n - d * d) / n, low_tail, high_tail)


def _wald_cc(b: float, c: float, n: float, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Wald's, and one case more on each side."""
    low, high = _wald(b, c, n, low_tail, high_tail)
    return max(-1.0, low - 1 / n), min(1.0, high + 1 / n)


def _agresti_min(b: float, c: float, n: float, low_tail: float, high_tail: float) -> tuple[float, float]:
    """Half a pair is added to each of the four cells."""
    d = (b - c) / (n + 2)
    return _around(d, ((b + c + 1) / (n + 2) - d * d) / (n + 2), low_tail, high_tail)


def _bonett_price(b: float, c: float, n: float, low_tail: float, high_tail: float) -> tuple[float, float]:
    """One pair is added to each of the two discordant cells."""
    d = (b - c) / (n + 2)
    return _around(d, ((b + c + 2) / (n + 2) - d * d) / (n + 2), low_tail, high_tail)


_INTERVALS: dict[str, Callable[[float, float, float, float, float], tuple[float, float]]] = {
    "tango": _tango,
    "bonett-price": _bonett_price,
    "agresti-min": _agresti_min,
    "wald": _wald,
    "wald-cc": _wald_cc,
}
INTERVALS = ("tango", "newcombe", "bonett-price", "agresti-min", "wald", "wald-cc")
"""Names of the intervals of a paired difference."""


def _newcombe(
    first: float, second: float, both: float, n: float, low_tail: float, high_tail: float
) -> tuple[float, float]:
    """Method 10: Wilson limits of the two proportions, squared and added with their correlation."""
    p, q = first / n, second / n
    wilson, below, above = CONTINUOUS["wilson"], low_tail or high_tail, high_tail or low_tail
    p_low, p_high = wilson(first, n, below), 1 - wilson(n - first, n, above)
    q_low, q_high = wilson(second, n, below), 1 - wilson(n - second, n, above)
    neither = n - first - second + both
    margins = first * (n - first) * second * (n - second)
    product = both * neither - (first - both) * (second - both)
    if product > 0:  # a continuity correction, for a positive correlation only
        product = max(product - n / 2, 0)
    correlation = product / math.sqrt(margins) if margins > 0 else 0.0

    def reach(u: float, v: float) -> float:
        return math.sqrt(max(u * u - 2 * correlation * u * v + v * v, 0))

    low = -1.0 if low_tail == 0 else p - q - reach(p - p_low, q_high - q)
    high = 1.0 if high_tail == 0 else p - q + reach(p_high - p, q - q_low)
    return low, high


def difference_limits(
    call: Bools, versus: Bools, method: str, low_tail: float, high_tail: float, size: float = 1.0
) -> tuple[float, float]:
    """Confidence limits of the paired difference of proportions, call - versus; needs at least one case.

    `size` is how many independent cases each case is worth.
    """
    n = len(call) * size
    if method == "newcombe":
        both = int(np.count_nonzero(call & versus)) * size
        first, second = int(np.count_nonzero(call)) * size, int(np.count_nonzero(versus)) * size
        return _newcombe(first, second, both, n, low_tail, high_tail)
    b, c = discordant(call, versus)
    return _INTERVALS[method](b * size, c * size, n, low_tail, high_tail)


def paired_difference(
    call: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "tango",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    patients: ArrayLike | None = None,
) -> Estimate:
    """Difference of two proportions of the same cases, call - versus, with its interval.

    Range [-1, 1].

    Parameters
    ----------
    call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,).
    method
        ``"tango"`` (score), ``"newcombe"`` (his method 10, from Wilson limits), ``"bonett-price"``,
        ``"agresti-min"``, ``"wald"`` or ``"wald-cc"`` (with a continuity correction of 1 / n).
    conf_level, alternative
        As in `proportion`.
    margin
        Adds Tango's score test of the loss that is allowed, such as 0.05: that the difference is -margin or less.
    hypothesis
        What `margin` is for: ``"non-inferiority"`` (with the alternative ``"less"`` lower is better, and the test is
        of +margin) or ``"equivalence"``. P is one-sided, for equivalence the larger of the two, to be held against
        (1 - conf_level) / 2; the interval stays two-sided and gives the `verdict`.
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases. Interval and test are then those of
        the effective number of cases: fewer by the design effect of the difference, and by Student's distribution of
        the patients over that of the cases. With one case a patient they are those without `patients`.

    Returns
    -------
    Estimate
        Difference and interval; for ``"tango"`` also the score test of difference 0, which is McNemar's chi2. With
        `patients` also the ratio estimator's `std_error`, and `df`.

    Raises
    ------
    ValueError
        If the arrays do not fit, `margin` does not lie between 0 and 1 or a name is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. With no discordant pair the difference is 0 and P is 1. Then,
    and where every pair is discordant in the same way, Wald's interval has no width; Bonett and Price's or Agresti and
    Min's that leaves the estimate out is drawn out to it. Each case says so in `note`. For a level of 95 % ``"wald"``
    under-covers up to 100 cases (47 % at worst, with 10), ``"agresti-min"`` and ``"wald-cc"`` at times up to 50,
    ``"tango"`` and ``"bonett-price"`` never fell below 94 % (docs/coverage.md).

    References
    ----------
    Tango 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B. Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C. Bonett and Price 2012,
    doi:10.3102/1076998611411915. Agresti and Min 2005, doi:10.1002/sim.1781. Patients: Rao and Scott 1992,
    doi:10.2307/2532311; Yang, Sun and Hardin 2012, doi:10.1002/pst.1523.

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
    e = e.replace(estimate=(b - c) / n)
    if b + c == 0:
        e = noted(e, "no discordant pair")
    if patients is None:
        return _tested(_limited(e, call, versus, outside), call, versus, margin, hypothesis)
    return _clustered(e, call, versus, patients_of(patients, n), outside, margin, hypothesis)


def _limited(e: Estimate, call: Bools, versus: Bools, outside: Tails, sizes: tuple[float, float] = (1, 1)) -> Estimate:
    """`e` with its interval; `sizes` is what a case is worth for the lower and for the upper limit."""
    assert e.method is not None
    low = difference_limits(call, versus, e.method, *outside, sizes[0])[0]
    high = difference_limits(call, versus, e.method, *outside, sizes[1])[1]
    if e.method == "wald" and low == high:
        e = e.replace(note=f"{e.note or 'every pair is discordant in the same way'}: {NO_WIDTH}")
    return bounded(e.replace(conf_low=low, conf_high=high), -1.0, 1.0, outside)


def _tested(
    e: Estimate,
    call: Bools,
    versus: Bools,
    margin: float | None,
    hypothesis: str,
    size: float = 1.0,
    normal: Callable[[float], float] = float,
) -> Estimate:
    """`e` with Tango's test of no difference or of a margin; `normal` makes a normal deviate of its statistic."""
    alternative = e.alternative or "two-sided"
    b, c = discordant(call, versus)

    def z_between(null: float) -> float:
        return normal(tango_z(null, b * size, c * size, len(call) * size))

    if margin is not None:
        e = e.replace(test_method="tango-score")
        return against_margin(e, z_between, hypothesis, margin, (-margin, margin), alternative)
    if e.method != "tango":
        return e
    z = z_between(0.0)
    p = normal_p(z, alternative) if b + c else 1.0
    return e.replace(statistic=z, p_value=p, null=0.0, test_method="tango-score")


def _clustered(
    e: Estimate,
    call: Bools,
    versus: Bools,
    patients: Patients,
    outside: Tails,
    margin: float | None,
    hypothesis: str,
) -> Estimate:
    """`e` with the interval and test of patients."""
    assert e.method is not None
    name = named("ratio-estimator" if e.method == "wald" else e.method)
    if patients.number == 1:
        return noted(e.replace(method=name, n_patients=1), ONE_PATIENT)
    gaps = call.astype(np.float64) - versus - e.estimate
    design = patients.design(gaps)
    size = 1 / design.factor**2
    shrunk = [size / design.widening(tail) ** 2 if tail else size for tail in outside]
    e = noted(_limited(e, call, versus, outside, (shrunk[0], shrunk[1])), design.note)
    e = _tested(e, call, versus, margin, hypothesis, size, design.normal)
    return e.replace(
        method=name,
        test_method=e.test_method and f"ratio-estimator-{e.test_method}",
        n_patients=patients.number,
        df=patients.number - 1,
        std_error=math.sqrt(patients.spread(gaps)) / len(call),
    )
