import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from readerstudy.stats.contingency import chi2_p, fisher_p
from readerstudy.stats.independent import METHODS, TESTS, miettinen_nurminen_z, proportion_difference
from readerstudy.stats.proportion import proportion

COUNTS = [(56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (5, 56, 0, 29), (90, 113, 75, 113), (13, 13, 87, 100)]


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("conf_level", [0.9, 0.95])
@pytest.mark.parametrize(
    ("method", "theirs"), [("newcombe", "newcomb"), ("wald", "wald"), ("agresti-caffo", "agresti-caffo")]
)
def test_limits_are_those_of_statsmodels(counts, conf_level, method, theirs):
    e = proportion_difference(*counts, method=method, conf_level=conf_level)
    expected = confint_proportions_2indep(*counts, method=theirs, compare="diff", alpha=1 - conf_level)
    assert (e.conf_low, e.conf_high) == pytest.approx(np.clip(expected, -1, 1), abs=1e-9)
    x, n, x2, n2 = counts
    assert e.std_error**2 == pytest.approx(x * (n - x) / n**3 + x2 * (n2 - x2) / n2**3)


def score_by_a_search(delta, x, n, x2, n2):
    """Miettinen and Nurminen's statistic with the second proportion found by a search, not by the cubic."""

    def minus_log_likelihood(p2):
        p = p2 + delta
        terms = ((x, p), (n - x, 1 - p), (x2, p2), (n2 - x2, 1 - p2))
        return -sum(count * math.log(max(q, 1e-300)) for count, q in terms if count)

    bounds = (max(0, -delta), min(1, 1 - delta))
    p2 = optimize.minimize_scalar(minus_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    variance = ((p2 + delta) * (1 - p2 - delta) / n + p2 * (1 - p2) / n2) * (n + n2) / (n + n2 - 1)
    return (x / n - x2 / n2 - delta) / math.sqrt(variance)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("delta", [-0.7, -0.2, 0.0, 0.05, 0.4, 0.9])
def test_score_statistic_by_a_search(counts, delta):
    assert miettinen_nurminen_z(delta, *counts) == pytest.approx(score_by_a_search(delta, *counts), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("counts", [*COUNTS, (0, 10, 0, 20), (10, 10, 0, 10), (0, 1, 1, 1)])
def test_score_limits_solve_their_equation(counts):
    e = proportion_difference(*counts, method="miettinen-nurminen", conf_level=0.9)
    z = stats.norm.ppf(0.95)
    for limit, side in ((e.conf_low, 1), (e.conf_high, -1)):
        if abs(limit) < 1:
            assert miettinen_nurminen_z(limit, *counts) == pytest.approx(side * z, abs=1e-7)


@pytest.mark.parametrize("counts", COUNTS)
def test_score_statistic_of_no_difference_is_pearsons(counts):
    total = counts[1] + counts[3]
    statistic = proportion_difference(*counts).statistic
    assert miettinen_nurminen_z(0.0, *counts) ** 2 == pytest.approx(statistic * (total - 1) / total)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize(
    ("alternative", "theirs"), [("two-sided", "two-sided"), ("greater", "larger"), ("less", "smaller")]
)
def test_chi_square_is_the_z_test(counts, alternative, theirs):
    z, p = proportions_ztest(counts[::2], counts[1::2], alternative=theirs)
    e = proportion_difference(*counts, alternative=alternative)
    assert (e.statistic, e.df, e.p_value) == pytest.approx((z * z, 1, p))


@pytest.mark.parametrize("counts", COUNTS)
def test_tests_are_those_of_the_table(counts):
    x, n, x2, n2 = counts
    table = [[x, n - x], [x2, n2 - x2]]
    for test, correction in (("chi2", False), ("chi2-cc", True)):
        e = proportion_difference(*counts, test=test)
        assert (e.statistic, e.df, e.p_value) == chi2_p(table, correction)
    e = proportion_difference(*counts, test="fisher", alternative="less")
    assert e.p_value == fisher_p(x, n - x, x2, n2 - x2, "less")
    assert math.isnan(e.statistic)


@pytest.mark.parametrize("method", METHODS)
def test_every_small_table(method):
    for x, y, x2, y2 in itertools.product(range(4), repeat=4):
        n, n2 = x + y, x2 + y2
        if n == 0 or n2 == 0:
            continue
        both = proportion_difference(x, n, x2, n2, method=method, conf_level=0.9)
        turned = proportion_difference(x2, n2, x, n, method=method, conf_level=0.9)
        if method == "hauck-anderson" and min(n, n2) == 1:
            assert math.isnan(both.conf_low)
            assert "one case in a group: this interval is undefined" in both.note
            continue
        assert (both.conf_low, both.conf_high) == pytest.approx((-turned.conf_high, -turned.conf_low), abs=1e-9)
        assert -1 <= both.conf_low <= both.conf_high <= 1
        assert both.conf_low <= both.estimate <= both.conf_high
        for alternative, limit in (("greater", "conf_low"), ("less", "conf_high")):
            one = proportion_difference(x, n, x2, n2, method=method, alternative=alternative)
            assert getattr(one, limit) == pytest.approx(getattr(both, limit), abs=1e-9)
            assert {one.conf_low, one.conf_high} & {-1.0, 1.0}


def test_newcombes_limits_by_hand():
    first, second = proportion(56, 70), proportion(48, 80)
    e = proportion_difference(56, 70, 48, 80)
    assert e.conf_low == pytest.approx(0.2 - math.hypot(0.8 - first.conf_low, second.conf_high - 0.6))
    assert e.conf_high == pytest.approx(0.2 + math.hypot(first.conf_high - 0.8, 0.6 - second.conf_low))


def test_what_the_record_says():
    e = proportion_difference(13, 13, 87, 100, test="chi2-cc")
    assert (e.measure, e.method, e.test_method, e.n_cases, e.null) == (
        "proportion_difference", "newcombe", "chi2-cc", 113, 0,
    )  # fmt: skip
    assert e.note is None


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(("x", "x2"), [(0, 0), (10, 12)])
def test_every_outcome_the_same(test, x, x2):
    e = proportion_difference(x, 10, x2, 12, test=test)
    assert (e.estimate, e.p_value) == (0, 1)
    assert e.conf_low < 0 < e.conf_high
    assert e.note == "every outcome is the same: P = 1"


def test_wald_without_width_says_so():
    e = proportion_difference(10, 10, 0, 10, method="wald")
    assert (e.conf_low, e.conf_high) == (1, 1)
    assert e.note == "no variation within the groups: the interval has no width"


def test_an_interval_that_disagrees_with_the_test_says_so():
    e = proportion_difference(9, 10, 4, 10, test="fisher")
    assert e.conf_low > 0
    assert e.p_value > 0.05
    assert e.note == "the interval excludes 0 although the P-value of the test is at or above the level"
    e = proportion_difference(10, 10, 7, 10, method="newcombe", conf_level=0.93)
    assert e.conf_low < 0
    assert e.p_value < 0.07
    assert e.note == "the interval includes 0 although the P-value of the test is below the level"


def test_an_empty_group():
    for counts, which in (((0, 0, 3, 5), "first"), ((3, 5, 0, 0), "second"), ((0, 0, 0, 0), "first")):
        e = proportion_difference(*counts)
        assert math.isnan(e.estimate)
        assert math.isnan(e.p_value)
        assert e.note == f"the {which} group is empty: undefined"


def test_many_cases():
    for method in METHODS:
        e = proportion_difference(400_300, 500_000, 400_000, 500_000, method=method, test="fisher")
        assert e.conf_high - e.conf_low == pytest.approx(2 * 1.96 * e.std_error, rel=1e-2)


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ((6, 5, 1, 5), {}, "count must lie between 0 and total, got 6 of 5"),
        ((1, 5, -1, 5), {}, "count2 must lie between 0 and total2, got -1 of 5"),
        ((1.5, 5, 1, 5), {}, "whole numbers"),
        ((math.nan, 5, 1, 5), {}, "whole numbers"),
        ((1, 5, 1, 5), {"method": "newcomb"}, "Did you mean 'newcombe'"),
        ((1, 5, 1, 5), {"test": "fischer"}, "Did you mean 'fisher'"),
        ((1, 5, 1, 5), {"conf_level": 95}, r"0\.95 for 95 %"),
        ((1, 5, 1, 5), {"alternative": "bigger"}, "alternative is 'bigger'"),
    ],
)
def test_wrong_input(counts, options, message):
    with pytest.raises(ValueError, match=message):
        proportion_difference(*counts, **options)


def test_limits_that_are_a_formula_by_hand():
    """41 of 45 against 35 of 45."""
    z, p, p2, n = stats.norm.ppf(0.975), 41 / 45, 35 / 45, 45
    d = p - p2
    wald = z * math.sqrt((p * (1 - p) + p2 * (1 - p2)) / n)
    unbiased = z * math.sqrt((p * (1 - p) + p2 * (1 - p2)) / (n - 1))
    q, q2 = 41.5 / 46, 35.5 / 46
    shrunken = z * math.sqrt((q * (1 - q) + q2 * (1 - q2)) / n)
    expected = {
        "wald-cc": (d, wald + 1 / n),
        "hauck-anderson": (d, unbiased + 1 / (2 * n)),
        "brown-li-jeffreys": (q - q2, shrunken),
    }
    for method, (centre, reach) in expected.items():
        e = proportion_difference(41, 45, 35, 45, method=method)
        assert (e.conf_low, e.conf_high) == pytest.approx((centre - reach, centre + reach))


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("method", ["haldane", "jeffreys-perks"])
def test_beals_limits_solve_their_quadratic(counts, method):
    """(d - delta)^2 = z^2 (variance of the two proportions whose sum is held and whose difference is delta)."""
    x, n, x2, n2 = counts
    half = 0 if method == "haldane" else 0.5
    total = (x + half) / (n + 2 * half) + (x2 + half) / (n2 + 2 * half)
    e = proportion_difference(*counts, method=method, conf_level=0.9)
    for limit in (e.conf_low, e.conf_high):
        if abs(limit) < 1:
            p, p2 = (total + limit) / 2, (total - limit) / 2
            variance = p * (1 - p) / n + p2 * (1 - p2) / n2
            assert (x / n - x2 / n2 - limit) ** 2 == pytest.approx(stats.norm.ppf(0.95) ** 2 * variance)


@pytest.mark.parametrize("counts", COUNTS)
def test_mees_limits_lie_within_miettinen_and_nurminens(counts):
    mee, wider = (proportion_difference(*counts, method=method) for method in ("mee", "miettinen-nurminen"))
    assert wider.conf_low <= mee.conf_low < mee.conf_high <= wider.conf_high
    total = counts[1] + counts[3]
    for limit in (mee.conf_low, mee.conf_high):
        if abs(limit) < 1:
            z = miettinen_nurminen_z(limit, *counts) * math.sqrt(total / (total - 1))
            assert abs(z) == pytest.approx(stats.norm.ppf(0.975))


def test_haldanes_interval_without_width_says_so():
    e = proportion_difference(0, 10, 0, 10, method="haldane")
    assert (e.conf_low, e.conf_high) == (0, 0)
    assert "the interval has no width" in e.note
