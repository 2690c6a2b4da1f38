import itertools
import math

import pytest
from scipy import optimize, stats
from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats.diagnostic import diagnostic_counts, plr
from readerstudy.stats.independent import TESTS, proportion_difference
from readerstudy.stats.independent_ratio import METHODS, proportion_ratio

COUNTS = [(56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (90, 113, 75, 113), (13, 13, 87, 100), (3, 400, 9, 350)]


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("conf_level", [0.9, 0.95])
def test_limits_are_those_of_scipy_and_statsmodels(counts, conf_level):
    e = proportion_ratio(*counts, method="log", conf_level=conf_level)
    theirs = relative_risk(*counts)
    assert e.estimate == pytest.approx(theirs.relative_risk)
    assert (e.conf_low, e.conf_high) == pytest.approx(tuple(theirs.confidence_interval(conf_level)))
    for method, name, rel in (("adjusted-log", "log-adjusted", 1e-9), ("koopman", "score", 1e-4)):
        e = proportion_ratio(*counts, method=method, conf_level=conf_level)
        options = {"correction": False} if name == "score" else {}
        if name == "score" and counts[0] == counts[1]:
            continue  # statsmodels' search gives back the estimate; the equation is solved below
        theirs = confint_proportions_2indep(*counts, compare="ratio", method=name, alpha=1 - conf_level, **options)
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(theirs), rel=rel)


def score_by_a_search(ratio, x, n, x2, n2):
    """Koopman's statistic squared, as Pearson's of both samples at the likeliest pair with this ratio."""

    def minus_log_likelihood(p2):
        terms = ((x, ratio * p2), (n - x, 1 - ratio * p2), (x2, p2), (n2 - x2, 1 - p2))
        return -sum(count * math.log(max(p, 1e-300)) for count, p in terms if count)

    bounds = (0, min(1, 1 / ratio))
    p2 = optimize.minimize_scalar(minus_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x
    p = ratio * p2
    return (x - n * p) ** 2 / (n * p * (1 - p)) + (x2 - n2 * p2) ** 2 / (n2 * p2 * (1 - p2))


@pytest.mark.parametrize("counts", [*COUNTS, (0, 10, 4, 12), (4, 10, 0, 12), (10, 10, 7, 10)])
@pytest.mark.parametrize("method", ["koopman", "miettinen-nurminen"])
def test_score_limits_solve_their_equation(counts, method):
    e = proportion_ratio(*counts, method=method, conf_level=0.9)
    total = counts[1] + counts[3]
    chi2 = stats.chi2.ppf(0.9, 1) * (1 if method == "koopman" else total / (total - 1))
    for limit in (e.conf_low, e.conf_high):
        if limit > 0:
            assert score_by_a_search(limit, *counts) == pytest.approx(chi2, rel=1e-4)


@pytest.mark.parametrize("counts", COUNTS)
def test_a_likelihood_ratio_is_such_a_ratio(counts):
    x, n, x2, n2 = counts
    truth, call = [1] * n + [0] * n2, [1] * x + [0] * (n - x) + [1] * x2 + [0] * (n2 - x2)
    for method in ("log", "koopman"):
        e, ratio = plr(truth, call, method=method), proportion_ratio(*counts, method=method)
        assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx((ratio.estimate, ratio.conf_low, ratio.conf_high))
    table = {e.measure: e for e in diagnostic_counts(tp=x, fn=n - x, fp=x2, tn=n2 - x2)}
    assert table["plr"].conf_low == pytest.approx(proportion_ratio(*counts, method="log").conf_low)


@pytest.mark.parametrize("counts", [*COUNTS, (0, 10, 0, 12), (10, 10, 12, 12), (0, 10, 3, 12)])
@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_a_ratio_of_1_is_a_difference_of_0(counts, test, alternative):
    ours, theirs = (
        function(*counts, test=test, alternative=alternative) for function in (proportion_ratio, proportion_difference)
    )
    assert (ours.p_value, ours.test_method, ours.null) == (theirs.p_value, test, 1)


@pytest.mark.parametrize("method", METHODS)
def test_every_small_table(method):
    for x, y, x2, y2 in itertools.product(range(4), repeat=4):
        n, n2 = x + y, x2 + y2
        if n == 0 or n2 == 0:
            continue
        both = proportion_ratio(x, n, x2, n2, method=method, conf_level=0.9)
        limits = [value for value in (both.conf_low, both.estimate, both.conf_high) if not math.isnan(value)]
        assert limits == sorted(limits)
        assert all(0 <= value < math.inf for value in limits)
        assert len(limits) == 3 or both.note
        for alternative, limit in (("greater", "conf_low"), ("less", "conf_high")):
            one = proportion_ratio(x, n, x2, n2, method=method, alternative=alternative)
            assert getattr(one, limit) == pytest.approx(getattr(both, limit), nan_ok=True)
        turned = proportion_ratio(x2, n2, x, n, method=method, conf_level=0.9)
        if method not in ("bailey", "noether") and x and x2:
            assert (both.conf_low, both.conf_high) == pytest.approx((1 / turned.conf_high, 1 / turned.conf_low))


def test_limits_by_hand():
    """41 of 45 against 35 of 45, the formulas written out."""
    z, p, p2 = stats.norm.ppf(0.975), 41 / 45, 35 / 45
    ratio = p / p2
    error = math.sqrt((1 - p) / 41 + (1 - p2) / 35)
    e = proportion_ratio(41, 45, 35, 45, method="noether")
    assert (e.conf_low, e.conf_high) == pytest.approx((ratio - z * ratio * error, ratio + z * ratio * error))
    e = proportion_ratio(41, 45, 35, 45, method="inverse-sinh")
    reach = 2 * math.asinh(z / 2 * error)
    assert (e.conf_low, e.conf_high) == pytest.approx((ratio * math.exp(-reach), ratio * math.exp(reach)))
    root = math.sqrt((1 - p) / 41 + (1 - p2) / 35 - z * z * (1 - p) * (1 - p2) / (9 * 41 * 35)) * z / 3
    below = 1 - z * z * (1 - p2) / (9 * 35)
    e = proportion_ratio(41, 45, 35, 45, method="bailey")
    expected = (ratio * ((1 - root) / below) ** 3, ratio * ((1 + root) / below) ** 3)
    assert (e.conf_low, e.conf_high) == pytest.approx(expected)


def test_groups_without_a_success():
    e = proportion_ratio(0, 10, 0, 12)
    assert (e.p_value, math.isnan(e.estimate), math.isnan(e.conf_low)) == (1, True, True)
    assert e.note == "undefined (0/0): no success in either group; every outcome is the same: P = 1"
    e = proportion_ratio(0, 20, 5, 20)
    assert (e.estimate, e.conf_low) == (0, 0)
    assert 0 < e.conf_high < 1
    e = proportion_ratio(5, 20, 0, 20)
    assert e.conf_low > 1
    assert math.isnan(e.conf_high)
    assert e.note == "unbounded: no success in the second group"
    e = proportion_ratio(0, 20, 5, 20, method="log")
    assert e.note == "without a success this interval has no upper limit"
    e = proportion_ratio(5, 20, 0, 20, method="bailey")
    assert e.note == "unbounded: no success in the second group; without a success this interval has no limit"
    assert proportion_ratio(0, 0, 3, 4).note == "the first group is empty: undefined"


def test_notes():
    e = proportion_ratio(1, 400, 1, 300, method="bailey", conf_level=0.99999)
    assert "too few successes for a limit at this level" in e.note
    e = proportion_ratio(10, 10, 12, 12, method="log")
    assert (e.conf_low, e.conf_high) == (1, 1)
    assert e.note == "no variation within the groups: the interval has no width; every outcome is the same: P = 1"
    assert proportion_ratio(5, 10, 4, 12, alternative="greater").note == "one-sided: no upper limit"
    e = proportion_ratio(9, 10, 4, 10, method="log", test="fisher")
    assert e.note == "the interval excludes 1 although the P-value of the test is at or above the level"


def test_wrong_input():
    with pytest.raises(ValueError, match="Did you mean 'koopman'"):
        proportion_ratio(1, 2, 1, 2, method="koopmans")
    with pytest.raises(ValueError, match="count2 must lie between 0 and total2, got 3 of 2"):
        proportion_ratio(1, 2, 3, 2)


def test_facts():
    assert "proportion_ratio" in MEASURES
    assert set(METHODS) <= set(METHOD_NAMES)
