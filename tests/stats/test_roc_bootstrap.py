import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.stats.roc import METHODS, auc
from readerstudy.stats.roc_bootstrap import (
    Bootstrap,
    acceleration,
    areas,
    jackknife_acceleration,
    levels,
    resampled_areas,
    resamples,
)
from readerstudy.stats.roc_curve import areas_between, paths
from readerstudy.stats.roc_placements import auc_and_variance, delong_variance, placements


def draw(seed, m=30, n=50, digits=None):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat([True, False], [m, n]))
    score = rng.normal(size=m + n) + truth
    return truth, score if digits is None else np.round(score, digits)


@pytest.mark.parametrize("digits", [None, 1, 0])
@pytest.mark.parametrize(("m", "n"), [(30, 50), (50, 3), (2, 40)])
def test_merged_classes_give_the_variance_of_the_placements(m, n, digits):
    truth, score = draw(1, m, n, digits)
    area, variance = auc_and_variance(truth, score)
    found = placements(truth, score)
    assert area == found.auc
    assert variance == pytest.approx(delong_variance(found), rel=1e-12)


SMALLEST, NEXT = 5e-324, float(np.nextafter(1, 2))
NEIGHBOURS = {
    "neighbours among floats": [1.0, NEXT, float(np.nextafter(NEXT, 2)), -1.0, -NEXT],
    "about zero": [-0.0, 0.0, SMALLEST, -SMALLEST, 2 * SMALLEST, -2 * SMALLEST],
    "the ends": [-math.inf, math.inf, 1.7e308, -1.7e308, 0.0],
    "single precision": [float(np.float32(x)) for x in (-0.1, 0.1, 0.2, -0.2, -0.3)],
}


@pytest.mark.parametrize("values", NEIGHBOURS.values(), ids=NEIGHBOURS)
@pytest.mark.parametrize("share", [0.2, 0.8])
def test_scores_that_differ_in_their_last_bit_are_told_apart_and_equal_ones_are_not(values, share):
    rng = np.random.default_rng(5)
    for size in (4, 7, 40):
        truth = np.arange(size) < max(2, round(share * (size - 2)))
        score = rng.choice(values, size)
        gap = (score[truth][:, None] > score[~truth]) + (score[truth][:, None] == score[~truth]) / 2
        area, variance = auc_and_variance(truth, score)
        assert area == pytest.approx(gap.mean(), rel=1e-14)
        naive = sum(np.var(gap.mean(axis=axis), ddof=1) / gap.shape[1 - axis] for axis in (0, 1))
        assert variance == pytest.approx(naive, rel=1e-12, abs=1e-16)


def test_more_scores_than_are_handled_at_once():
    truth, score = draw(6, 20_000, 30_000)
    for values in (score, np.round(score, 3), -score.astype(np.float32).astype(np.float64)):
        found = placements(truth, values)
        assert auc_and_variance(truth, values) == (found.auc, pytest.approx(delong_variance(found), rel=1e-12))


def test_areas_of_counts():
    truth, score = draw(2, digits=1)
    row = levels(score)
    counts = [np.bincount(row[of], minlength=row.max() + 1)[None] for of in (truth, ~truth)]
    assert areas(*counts)[0] == auc(truth, score).estimate
    assert areas_between(paths(*counts), 0, 1)[0] == pytest.approx(auc(truth, score).estimate, rel=1e-12)


@pytest.mark.parametrize("digits", [None, 1, -1])
def test_each_class_is_drawn_in_full(digits):
    truth, score = draw(3, 40, 60, digits)
    blocks = list(resamples(truth, [levels(score), levels(-score)], 7, np.random.default_rng(0)))
    for first, second in blocks:
        for (positive, negative), mirrored in ((first, second), (second, first)):
            assert (positive.sum(axis=1) == 40).all()
            assert (negative.sum(axis=1) == 60).all()
            assert (positive == mirrored[0][:, ::-1]).all(), "the same cases, seen by two scores"


@pytest.mark.parametrize("digits", [None, 1, 0, -1])
def test_replicates_have_the_moments_of_sampling_with_replacement(digits):
    """The mean is the AUC, the variance is known exactly for each kernel: few levels, ties, none."""
    truth, score = draw(4, 60, 80, digits)
    drawn = resampled_areas(truth, score, 20_000, np.random.default_rng(0))
    positive, negative = score[truth], score[~truth]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    area, m, n = wins.mean(), *wins.shape
    rows, columns = wins.mean(axis=1).var(), wins.mean(axis=0).var()
    rest = wins.var() - rows - columns
    variance = rows / m + columns / n + rest / (m * n)
    assert drawn.mean() == pytest.approx(area, abs=4 * math.sqrt(variance / 20_000))
    assert drawn.var() == pytest.approx(variance, rel=4 * math.sqrt(2.5 / 20_000))


def naive_bca(replicates, estimate, pull, conf_level):
    """Efron 1987, equation by equation, with scipy's normal."""
    bias = stats.norm.ppf(((replicates < estimate) + 0.5 * (replicates == estimate)).mean())
    limits = []
    for share in ((1 - conf_level) / 2, (1 + conf_level) / 2):
        z = bias + stats.norm.ppf(share)
        limits.append(np.quantile(replicates, stats.norm.cdf(bias + z / (1 - pull * z))))
    return limits


def test_bca_is_the_naive_one():
    truth, score = draw(5)
    e = auc(truth, score, method="bca", n_boot=3000, rng=9)
    positive, negative = score[truth], score[~truth]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    influence = np.concatenate(((wins.mean(axis=1) - wins.mean()) / 30, (wins.mean(axis=0) - wins.mean()) / 50))
    pull = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    drawn = resampled_areas(truth, score, 3000, np.random.default_rng(9))
    assert (e.conf_low, e.conf_high) == pytest.approx(naive_bca(drawn, e.estimate, pull, 0.95), rel=1e-10)
    assert e.method == "bca"


def test_bca_of_a_curve_s_area_is_that_of_the_area():
    truth, score = draw(6, digits=1)
    found = placements(truth, score)
    by_influence = acceleration([(found.positive - found.auc) / 30, (found.negative - found.auc) / 50])
    by_jackknife = jackknife_acceleration(truth, levels(score), lambda drawn: areas_between(drawn, 0, 1))
    assert by_jackknife == pytest.approx(by_influence, rel=1e-8)


def test_bca_limits_shift_towards_the_skew_and_stay_inside():
    truth, score = np.repeat([True, False], [10, 10]), np.concatenate((np.arange(10) + 8.5, np.arange(10.0)))
    plain, corrected = (auc(truth, score, method=m, rng=0) for m in ("bootstrap", "bca"))
    assert corrected.conf_low < plain.conf_low
    assert corrected.conf_high <= 1
    runaway = Bootstrap(0.9, np.linspace(0, 1, 101), acceleration=0.9)
    assert 0 <= runaway.limits("bca", 0.025, 0.025, (0.0, 1.0))[1] <= 1
    assert runaway.limits("bca", 0.05, 0.0, (0.0, 1.0))[1] == 1


@pytest.mark.parametrize("method", METHODS)
def test_interval_covers_the_true_area(method):
    """200 studies, 95 %: fewer than 181 or none missed would be a chance of one in a thousand."""
    true = stats.norm.cdf(1 / math.sqrt(2))
    hits = 0
    for seed in range(200):
        e = auc(*draw(seed, 40, 40), method=method, n_boot=400, rng=seed)
        hits += e.conf_low <= true <= e.conf_high
    assert 178 <= hits <= 199
