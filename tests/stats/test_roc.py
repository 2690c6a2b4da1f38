import math
import tracemalloc

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.metrics import roc_auc_score

from readerstudy.stats import roc
from readerstudy.stats.roc import auc, auc_covariance, compare_auc, roc_points


def naive_placements(truth, score):
    """DeLong's components by comparing every positive with every negative case."""
    positive, negative = score[truth], score[~truth]
    wins = np.array([[1.0 if x > y else 0.5 if x == y else 0.0 for y in negative] for x in positive])
    return wins.mean(), wins.mean(axis=1), wins.mean(axis=0)


def naive_delong(truth, score):
    """The area and its variance, by loops."""
    area, by_positive, by_negative = naive_placements(truth, score)
    m, n = len(by_positive), len(by_negative)
    s10 = sum((v - area) ** 2 for v in by_positive) / (m - 1)
    s01 = sum((v - area) ** 2 for v in by_negative) / (n - 1)
    return area, s10 / m + s01 / n


def draw(seed, m=12, n=17, levels=None):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat([True, False], [m, n]))
    score = rng.normal(size=(2, m + n)) + truth
    return truth, np.round(score * levels) if levels else score


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("levels", [None, 1, 3])
def test_area_and_variance_are_the_naive_ones(seed, levels):
    truth, (score, _) = draw(seed, levels=levels)
    area, variance = naive_delong(truth, score)
    e = auc(truth, score)
    assert e.estimate == pytest.approx(area, rel=1e-14)
    assert e.estimate == pytest.approx(roc_auc_score(truth, score), rel=1e-12)
    assert e.std_error**2 == pytest.approx(variance, rel=1e-12)
    z = stats.norm.ppf(0.975)
    assert e.conf_low == pytest.approx(max(0, area - z * math.sqrt(variance)), rel=1e-12)
    assert e.conf_high == pytest.approx(min(1, area + z * math.sqrt(variance)), rel=1e-12)


@pytest.mark.parametrize("levels", [None, 2])
def test_covariance_is_the_naive_one(levels):
    truth, rows = draw(7, levels=levels)
    areas, covariance = auc_covariance(truth, rows)
    parts = [naive_placements(truth, row) for row in rows]
    naive = np.cov([p[1] for p in parts]) / truth.sum() + np.cov([p[2] for p in parts]) / (~truth).sum()
    assert areas == pytest.approx([p[0] for p in parts])
    assert covariance == pytest.approx(naive, rel=1e-12)


@pytest.mark.parametrize("levels", [None, 2])
def test_covariance_is_the_jackknife_over_the_cases_of_each_class(levels):
    """Leaving out one positive case at a time, and one negative: (k - 1)^2 / k times the variance of the areas."""
    truth, (score, versus) = draw(11, levels=levels)

    def left_out(of_class):
        return [
            [auc(np.delete(truth, k), np.delete(row, k)).estimate for k in np.flatnonzero(truth == of_class)]
            for row in (score, versus)
        ]

    jackknife = sum(
        np.cov(values) * (len(values[0]) - 1) ** 2 / len(values[0]) for values in map(left_out, (True, False))
    )
    assert auc_covariance(truth, np.stack([score, versus]))[1] == pytest.approx(jackknife, rel=1e-10)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_paired_difference_is_the_naive_one(alternative):
    truth, (score, versus) = draw(5)
    parts = [naive_placements(truth, row) for row in (score, versus)]
    covariance = np.cov([p[1] for p in parts]) / 12 + np.cov([p[2] for p in parts]) / 17
    d = parts[0][0] - parts[1][0]
    error = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    e = compare_auc(truth, score, versus, conf_level=0.9, alternative=alternative)
    assert (e.estimate, e.std_error, e.statistic) == pytest.approx((d, error, d / error), rel=1e-10)
    upper = stats.norm.sf(d / error)
    p = {"two-sided": 2 * min(upper, 1 - upper), "greater": upper, "less": 1 - upper}[alternative]
    assert e.p_value == pytest.approx(p, rel=1e-9)
    z = stats.norm.ppf(0.95 if alternative == "two-sided" else 0.9)
    low = -1 if alternative == "less" else d - z * error
    high = 1 if alternative == "greater" else d + z * error
    assert (e.conf_low, e.conf_high) == pytest.approx((low, high), rel=1e-10)


def test_test_of_a_fixed_area():
    truth, (score, _) = draw(2)
    e = auc(truth, score, null=0.5, alternative="greater")
    assert e.statistic == pytest.approx((e.estimate - 0.5) / e.std_error)
    assert e.p_value == pytest.approx(stats.norm.sf(e.statistic))


def test_logit_interval():
    truth, (score, _) = draw(2)
    e = auc(truth, score, method="logit")
    spread = e.std_error / (e.estimate * (1 - e.estimate)) * stats.norm.ppf(0.975)
    limits = [
        np.log(limit / (1 - limit)) - np.log(e.estimate / (1 - e.estimate)) for limit in (e.conf_low, e.conf_high)
    ]
    assert limits == pytest.approx([-spread, spread], rel=1e-9)


def test_logit_interval_of_an_area_next_to_0():
    """Two positive cases among many: one ties with one negative, below all others."""
    n = 200_000
    truth, score = np.repeat([True, False], [2, n]), np.concatenate(([0, 1], 1 + np.arange(n))).astype(float)
    e = auc(truth, score, method="logit")
    assert 0 <= e.conf_low <= e.estimate <= e.conf_high <= 1


def naive_newcombe(area, m, n, conf_level):
    """Hanley and McNeil's variance with both sample sizes less 1 replaced by their mean, solved for its limits."""
    z, size, step = stats.norm.ppf((1 + conf_level) / 2), (m + n) / 2 - 1, 1e-12

    def excess(theta):
        q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
        variance = (theta * (1 - theta) + size * (q1 - theta**2) + size * (q2 - theta**2)) / (m * n)
        return (theta - area) ** 2 - z**2 * variance

    low = 0.0 if area == 0 else optimize.brentq(excess, 0, area - step, xtol=1e-15)
    high = 1.0 if area == 1 else optimize.brentq(excess, area + step, 1, xtol=1e-15)
    return low, high


@pytest.mark.parametrize(("m", "n"), [(11, 15), (1, 30), (30, 1), (1, 1), (500, 3)])
@pytest.mark.parametrize("area", [0, 1])
@pytest.mark.parametrize("conf_level", [0.9, 0.99])
def test_perfect_separation_has_newcombes_interval(m, n, area, conf_level):
    truth = np.repeat([True, False], [m, n])
    e = auc(truth, truth == area, conf_level=conf_level)
    assert e.estimate == area
    assert (e.conf_low, e.conf_high) == pytest.approx(naive_newcombe(area, m, n, conf_level), rel=1e-8)
    assert e.method == "newcombe"
    reason = "one case of a class leaves DeLong's variance undefined" if 1 in (m, n) else f"AUC = {area}"
    assert e.note == f"{reason}: interval by Newcombe 2006, method 5"


@pytest.mark.parametrize("area", [0.2, 0.5, 0.91])
def test_newcombe_limits(area):
    ours = roc.newcombe_limits(area, 8, 21, 0.025, 0.025)
    assert ours == pytest.approx(naive_newcombe(area, 8, 21, 0.95), rel=1e-8)
    assert roc.newcombe_limits(area, 8, 21, 0.025, 0)[1] == 1


def test_bootstrap_against_a_naive_loop():
    truth, (score, _) = draw(3, m=20, n=25, levels=2)
    e = auc(truth, score, method="bootstrap", n_boot=4000, rng=5)
    rng = np.random.default_rng(99)
    positive, negative = score[truth], score[~truth]
    areas = []
    for _ in range(3000):
        x, y = rng.choice(positive, 20), rng.choice(negative, 25)
        areas.append(((x[:, None] > y).mean() + (x[:, None] >= y).mean()) / 2)
    # A 2.5 % quantile of B replicates errs by sqrt(p (1 - p) / B) / density; both differ by chance.
    error = math.sqrt(0.025 * 0.975) / (0.0584 / np.std(areas)) * math.sqrt(1 / 4000 + 1 / 3000)
    low, high = np.quantile(areas, [0.025, 0.975])
    assert e.conf_low == pytest.approx(low, abs=4 * error)
    assert e.conf_high == pytest.approx(high, abs=4 * error)


def test_bootstrap_is_repeated_by_its_seed():
    truth, (score, _) = draw(3)
    first = auc(truth, score, method="bootstrap", n_boot=200, rng=1)
    assert auc(truth, score, method="bootstrap", n_boot=200, rng=1) == first
    assert auc(truth, score, method="bootstrap", n_boot=200, rng=np.random.default_rng(1)) == first
    assert auc(truth, score, method="bootstrap", n_boot=200, rng=2) != first


def test_one_positive_case():
    e = auc([1, 0, 0, 0], [3, 1, 4, 2])
    assert e.estimate == pytest.approx(2 / 3)
    assert e.method == "newcombe"
    assert 0 < e.conf_low < e.estimate < e.conf_high < 1
    assert "one case of a class" in e.note
    assert math.isnan(e.std_error)


def test_constant_scores():
    e = auc([0, 1, 0, 1], [5, 5, 5, 5])
    assert (e.estimate, e.std_error) == (0.5, 0)
    assert 0 < e.conf_low < 0.5 < e.conf_high < 1
    assert "the scores leave no variance" in e.note


@pytest.mark.parametrize("truth", [[0, 0], [1, 1], []])
def test_one_class_only(truth):
    for e in (auc(truth, truth), compare_auc(truth, truth, truth)):
        assert math.isnan(e.estimate)
        assert math.isnan(e.p_value)
        assert "undefined: no" in e.note
    with pytest.raises(ValueError, match="one class only"):
        roc_points(truth, truth)
    with pytest.raises(ValueError, match="one class only"):
        auc_covariance(truth, [truth])


def test_identical_scores():
    truth, (score, _) = draw(1)
    e = compare_auc(truth, score, score)
    assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == (0, 0, 0, 1)
    assert "P = 1" in e.note


def test_a_difference_without_variance():
    e = compare_auc([0, 0, 1, 1], [1, 2, 3, 4], [1, 1, 1, 1])
    assert e.estimate == 0.5
    assert math.isnan(e.p_value)
    assert math.isnan(e.conf_low)
    assert "no interval, no test" in e.note


def test_near_ties_are_not_ties():
    """0.3 and 0.1 + 0.2 differ in the last bit, and so do 1 and its neighbour."""
    assert auc([0, 1], [0.3, 0.1 + 0.2]).estimate == 1
    assert auc([0, 1], [1.0, np.nextafter(1, 2)]).estimate == 1
    assert auc([0, 1], [1.0, 1.0 + 1e-16]).estimate == 0.5  # one and the same number
    assert len(roc_points([0, 1, 0], [0.3, 0.1 + 0.2, 0.5])) == 4


def test_infinite_scores():
    e = auc([0, 0, 1, 1], [-math.inf, 0, 0, math.inf])
    assert e.estimate == 3.5 / 4
    assert roc_points([0, 1], [0, math.inf]).threshold.tolist() == [math.inf, math.inf, 0]


def test_a_million_cases():
    rng = np.random.default_rng(0)
    truth = rng.random(1_000_000) < 0.3
    score = rng.normal(size=1_000_000) + truth
    tracemalloc.start()
    e = auc(truth, score)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert e.estimate == pytest.approx(stats.norm.cdf(math.sqrt(0.5)), abs=0.005)
    assert peak < 300e6, f"{peak / 1e6:.0f} MB"


def test_points_by_counting():
    truth, (score, _) = draw(4, levels=2)
    points = roc_points(truth, score)
    for row in points.itertuples():
        called = score >= row.threshold
        assert row.sensitivity == (called & truth).sum() / truth.sum()
        assert row.specificity == pytest.approx((~called & ~truth).sum() / (~truth).sum(), abs=1e-15)
    area = np.trapezoid(points.sensitivity, 1 - points.specificity)
    assert area == pytest.approx(auc(truth, score).estimate, rel=1e-12)


@pytest.mark.parametrize(
    ("truth", "score", "options", "message"),
    [
        ([0, 1], [[1, 2]], {}, r"score must have one dimension, got shape \(1, 2\)"),
        ([0, 1], [1, math.nan], {}, r"score is missing \(nan\) at position 1"),
        ([0, 1, 1], [1, 2], {}, "not one length: truth has 3, score has 2"),
        ([0, 3], [1, 2], {}, "truth must be boolean or 0/1"),
        ([0, 1], [1, 2], {"method": "de-long"}, "Did you mean 'delong'"),
        ([0, 1], [1, 2], {"conf_level": 95}, "0.95 for 95 %"),
        ([0, 1], [1, 2], {"alternative": "larger"}, "alternative is 'larger'"),
    ],
)
def test_wrong_input(truth, score, options, message):
    with pytest.raises(ValueError, match=message):
        auc(truth, score, **options)
    with pytest.raises(ValueError, match=message.replace("score", "(score|versus)").replace("has 2", "has 2.*")):
        compare_auc(truth, score, score, **options)


def test_wrong_matrix():
    with pytest.raises(ValueError, match=r"scores must have shape \(n_readers, 2\), got \(2,\)"):
        auc_covariance([0, 1], [1, 2])
    with pytest.raises(ValueError, match="scores has missing values"):
        auc_covariance([0, 1], [[1, math.nan]])


@pytest.mark.parametrize("score", [[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 1, 1]])
def test_without_a_variance_the_test_is_missing_with_a_note(score):
    e = auc([0, 0, 1, 1], score, null=0.6)
    assert math.isnan(e.p_value)
    assert e.null == 0.6
    assert e.note.endswith("without a variance there is no test of the null value: hold it against the interval")
    assert "no test" not in auc([0, 0, 1, 1], score).note
    assert "no test" in auc([0, 1, 1], score[1:], null=0.6).note
