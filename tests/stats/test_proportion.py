import math

import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint

from readerstudy.stats.diagnostic import sensitivity
from readerstudy.stats.proportion import METHODS, proportion

COUNTS = [(0, 1), (1, 1), (1, 2), (0, 9), (3, 9), (9, 9), (17, 40), (39, 40), (250, 1000), (1, 100_000)]


@pytest.mark.parametrize(("count", "total"), COUNTS)
@pytest.mark.parametrize("conf_level", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize(
    ("method", "theirs"), [("wilson", "wilson"), ("clopper-pearson", "beta"), ("agresti-coull", "agresti_coull")]
)
def test_limits_are_those_of_statsmodels(count, total, conf_level, method, theirs):
    e = proportion(count, total, method=method, conf_level=conf_level)
    expected = proportion_confint(count, total, alpha=1 - conf_level, method=theirs)
    assert (e.conf_low, e.conf_high) == pytest.approx(expected, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(("count", "total"), COUNTS)
@pytest.mark.parametrize("conf_level", [0.9, 0.95])
def test_exact_limits_invert_the_binomial_test(count, total, conf_level):
    e = proportion(count, total, method="clopper-pearson", conf_level=conf_level)
    tail = (1 - conf_level) / 2
    if count > 0:
        low = optimize.brentq(lambda p: stats.binom.sf(count - 1, total, p) - tail, 0, 1, xtol=1e-15)
        assert e.conf_low == pytest.approx(low, rel=1e-8)
    if count < total:
        high = optimize.brentq(lambda p: stats.binom.cdf(count, total, p) - tail, 0, 1, xtol=1e-15)
        assert e.conf_high == pytest.approx(high, rel=1e-8)


@pytest.mark.parametrize(("count", "total"), COUNTS)
def test_wilson_limits_solve_the_score_equation(count, total):
    e = proportion(count, total)
    z = stats.norm.ppf(0.975)
    for limit in (e.conf_low, e.conf_high):
        if 0 < limit < 1:
            assert abs(count / total - limit) == pytest.approx(z * math.sqrt(limit * (1 - limit) / total), rel=1e-9)


@pytest.mark.parametrize("total", [5, 50, 51, 200])
def test_modified_wilson_is_poisson_for_rare_events_only(total):
    rare = 2 if total <= 50 else 3
    for count in range(5):
        modified = proportion(count, total, method="modified-wilson")
        plain = proportion(count, total)
        if 1 <= count <= rare:
            assert modified.conf_low == pytest.approx(stats.chi2.ppf(0.05, 2 * count) / (2 * total), rel=1e-10)
        else:
            assert modified.conf_low == plain.conf_low
        mirrored = proportion(total - count, total, method="modified-wilson")
        assert mirrored.conf_high == pytest.approx(1 - modified.conf_low, abs=1e-15)


def test_a_one_sided_exact_limit_uses_the_whole_tail():
    """45 of 50, lower 95 % limit: 0.8012, not 0.7819."""
    e = proportion(45, 50, method="clopper-pearson", alternative="greater")
    assert e.conf_low == pytest.approx(0.8012, abs=0.00005)
    assert e.conf_high == 1
    assert proportion(45, 50, method="clopper-pearson").conf_low == pytest.approx(0.7819, abs=0.00005)
    mirrored = proportion(5, 50, method="clopper-pearson", alternative="less")
    assert (mirrored.conf_low, mirrored.conf_high) == pytest.approx((0, 1 - e.conf_low))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_a_test_of_a_performance_goal(method, alternative):
    e = proportion(41, 45, method=method, alternative=alternative, null=0.8)
    assert e.null == 0.8
    if method in ("mid-p", "blaker") and (method, alternative) != ("blaker", "greater"):
        assert e.test_method in ("mid-p-binomial", "blaker", "exact-binomial")
    elif method in ("clopper-pearson", "blaker"):
        assert e.p_value == stats.binomtest(41, 45, 0.8, alternative=alternative).pvalue
        assert e.test_method == "exact-binomial"
        assert math.isnan(e.statistic)
    else:
        z = (41 / 45 - 0.8) / math.sqrt(0.8 * 0.2 / 45)
        p = {"two-sided": 2 * stats.norm.sf(abs(z)), "greater": stats.norm.sf(z), "less": stats.norm.cdf(z)}
        assert e.statistic == pytest.approx(z)
        assert e.p_value == pytest.approx(p[alternative])
        assert e.test_method == "score"


def test_score_test_and_wilson_interval_agree():
    """P = 1 - conf_level exactly where the goal is a limit of Wilson's interval."""
    e = proportion(41, 45, method="wilson")
    for limit in (e.conf_low, e.conf_high):
        assert proportion(41, 45, null=limit).p_value == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_none_of_none(method):
    e = proportion(0, 0, method=method, null=0.5)
    assert all(math.isnan(value) for value in (e.estimate, e.conf_low, e.conf_high, e.p_value))
    assert (e.count, e.total, e.note) == (0, 0, "0 of 0: undefined")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("total", [1, 2, 50, 51, 1_000_000])
def test_none_and_all(method, total):
    none, every = proportion(0, total, method=method), proportion(total, total, method=method)
    assert none.conf_low == 0 < none.conf_high < 1
    assert 0 < every.conf_low < 1 == every.conf_high
    assert every.conf_low == pytest.approx(1 - none.conf_high, abs=1e-15)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((5, 3), {}, "count must be a whole number between 0 and total, got 5 of 3"),
        ((-1, 3), {}, "got -1 of 3"),
        ((1.5, 3), {}, "whole number"),
        ((math.nan, 3), {}, "whole number"),
        ((1, math.inf), {}, "whole number"),
        ((1, 3), {"method": "wilsn"}, "method is 'wilsn'.*Did you mean 'wilson'"),
        ((1, 3), {"method": "bayes"}, "must be one of 'clopper-pearson', 'wilson'"),
        ((1, 3), {"conf_level": 95}, "such as 0.95 for 95 %; got 95"),
        ((1, 3), {"conf_level": math.nan}, "conf_level"),
        ((1, 3), {"alternative": "two.sided"}, "alternative is 'two.sided'.*Did you mean 'two-sided'"),
        ((1, 3), {"null": 0}, "null must lie strictly between 0 and 1"),
        ((1, 3), {"null": 80}, "null must lie strictly between 0 and 1"),
    ],
)
def test_wrong_input(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        proportion(*arguments, **options)


def tails_of(x, n, p):
    """P(X >= x) and P(X <= x)."""
    return stats.binom.sf(x - 1, n, p), stats.binom.cdf(x, n, p)


def mid_p_value(x, n, p):
    upper, lower = tails_of(x, n, p)
    half = stats.binom.pmf(x, n, p) / 2
    return min(1, 2 * min(upper - half, lower - half))


def blaker_p_value(x, n, p):
    """All outcomes whose smaller tail is not larger than that of the one seen."""
    seen = min(tails_of(x, n, p))
    return min(1, sum(stats.binom.pmf(k, n, p) for k in range(n + 1) if min(tails_of(k, n, p)) <= seen * (1 + 1e-9)))


@pytest.mark.parametrize(("x", "n"), [(0, 1), (1, 1), (1, 2), (3, 9), (9, 9), (17, 40), (39, 40), (2, 11)])
@pytest.mark.parametrize("null", [0.05, 0.3, 0.5, 0.71, 0.99])
def test_mid_p_and_blakers_test_by_counting_all_outcomes(x, n, null):
    assert proportion(x, n, method="mid-p", null=null).p_value == pytest.approx(mid_p_value(x, n, null))
    assert proportion(x, n, method="blaker", null=null).p_value == pytest.approx(blaker_p_value(x, n, null))
    upper, lower = tails_of(x, n, null)
    half = stats.binom.pmf(x, n, null) / 2
    for alternative, tail in (("greater", upper), ("less", lower)):
        mid = proportion(x, n, method="mid-p", null=null, alternative=alternative)
        assert mid.p_value == pytest.approx(tail - half)
        blaker = proportion(x, n, method="blaker", null=null, alternative=alternative)
        assert blaker.p_value == pytest.approx(tail)
        assert blaker.note == "Blaker's interval is two-sided: this limit is Clopper and Pearson's"


@pytest.mark.parametrize(("x", "n"), [(1, 2), (3, 9), (17, 40), (39, 40), (2, 11), (5, 113)])
@pytest.mark.parametrize("conf_level", [0.3, 0.9, 0.95, 0.999])
def test_mid_p_and_blakers_limits_are_where_their_tests_reject(x, n, conf_level):
    alpha = 1 - conf_level
    e = proportion(x, n, method="mid-p", conf_level=conf_level)
    for limit in {e.conf_low, e.conf_high} - {0, 1}:
        assert mid_p_value(x, n, limit) == pytest.approx(alpha, rel=1e-9)
    e = proportion(x, n, method="blaker", conf_level=conf_level)
    for limit, outwards in ((e.conf_low, -1), (e.conf_high, 1)):
        # The P-value jumps, so a limit is told by what lies on its two sides: all that is outside is rejected.
        assert blaker_p_value(x, n, limit - outwards * 1e-9) >= alpha - 1e-6
        outside = [limit + outwards * step for step in (1e-9, 1e-4, 1e-3, 1e-2, 0.1)]
        assert all(blaker_p_value(x, n, p) <= alpha + 1e-6 for p in outside if 0 < p < 1)


@pytest.mark.parametrize("total", [1, 2, 9, 113])
@pytest.mark.parametrize("conf_level", [0.9, 0.95, 0.99])
def test_blakers_interval_is_inside_clopper_and_pearsons(total, conf_level):
    for count in range(total + 1):
        inner, outer = (
            proportion(count, total, method=m, conf_level=conf_level) for m in ("blaker", "clopper-pearson")
        )
        assert outer.conf_low <= inner.conf_low <= inner.estimate <= inner.conf_high <= outer.conf_high


@pytest.mark.parametrize("null", [0.1, 0.4])
def test_exact_coverage_of_the_new_intervals(null):
    """Over all outcomes: Blaker's never below its level, mid-P near it, the others near it on this average."""
    n = 30
    mass = stats.binom.pmf(range(n + 1), n, null)

    def coverage(method):
        found = [proportion(x, n, method=method) for x in range(n + 1)]
        return sum(m for m, e in zip(mass, found, strict=True) if e.conf_low <= null <= e.conf_high)

    assert coverage("blaker") >= 0.95
    assert coverage("wilson-cc") >= 0.95
    for method in ("mid-p", "jeffreys", "agresti-coull"):
        assert coverage(method) == pytest.approx(0.95, abs=0.035), method


@pytest.mark.parametrize(("count", "total"), COUNTS)
def test_jeffreys_limits_are_quantiles_of_the_posterior(count, total):
    e = proportion(count, total, method="jeffreys")
    posterior = stats.beta(count + 0.5, total - count + 0.5)
    assert e.conf_low == (0 if count == 0 else pytest.approx(posterior.ppf(0.025)))
    assert e.conf_high == (1 if count == total else pytest.approx(posterior.ppf(0.975)))


SIDES = ("greater", "less")


@pytest.mark.parametrize("n", [5, 8, 10, 31])
@pytest.mark.parametrize("null", [0.5, 0.7, 0.8, 0.9])
def test_exact_test_and_limits_that_disagree_say_so(n, null):
    """Twice the smaller tail never disagrees with Clopper and Pearson's limits; the test of R and SciPy may."""
    for x in range(n + 1):
        e = proportion(x, n, method="clopper-pearson", null=null)
        one_sided = min(proportion(x, n, method="clopper-pearson", null=null, alternative=a).p_value for a in SIDES)
        excludes = e.conf_low > null or e.conf_high < null
        assert excludes == (2 * one_sided < 0.05)
        if excludes == (e.p_value < 0.05):
            assert e.note is None
        else:
            assert e.note == (
                "interval and test are of different methods and disagree: the interval includes the goal, the test is "
                "significant; twice the one-sided P goes with these limits"
            )


def test_a_disagreement_is_noted_whatever_the_method():
    # R: binom.test(10, 10, 0.7) has P = .03883 and the interval .692-1.
    e = proportion(10, 10, method="clopper-pearson", null=0.7)
    assert (e.p_value, e.conf_low) == pytest.approx((0.0388, 0.6915), abs=5e-5)
    assert e.note is not None
    wilson = proportion(41, 45, method="wilson")
    for method in METHODS:
        for null in (wilson.conf_low, wilson.conf_high, 0.8, 0.85):
            found = proportion(41, 45, method=method, null=null)
            excludes = found.conf_low > null or found.conf_high < null
            assert (found.note is None) == (
                method == "wilson" or excludes == (found.p_value < 0.05) or abs(found.p_value - 0.05) < 1e-10
            )


def test_a_sensitivity_keeps_the_note():
    e = sensitivity([1] * 10, [1] * 10, method="clopper-pearson", null=0.7)
    assert e.note == proportion(10, 10, method="clopper-pearson", null=0.7).note
