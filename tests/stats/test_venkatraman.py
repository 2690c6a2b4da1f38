"""Venkatraman's test of curves of different cases; that of the same cases is in `test_roc_parts`."""

import math

import numpy as np
import pytest

from readerstudy.stats.roc_tests import compare_roc, errors_apart


def sample(rng, m, n, shift, scale=1.0):
    truth = np.repeat([1, 0], [m, n])
    return truth, np.where(truth == 1, rng.normal(shift, scale, m + n), rng.normal(size=m + n))


def naive(first, second, prevalence, steps=200_000):
    """Both shares of wrong calls at each share of negative calls, on a fine grid."""
    grid = (np.arange(steps) + 0.5) / steps
    heights = []
    for positive, negative in (first, second):
        points = [(0.0, 1 - prevalence)]
        for level in sorted({*positive, *negative}):
            missed, right = np.mean(np.array(positive) <= level), np.mean(np.array(negative) <= level)
            called = prevalence * missed + (1 - prevalence) * right
            points.append((called, prevalence * missed + (1 - prevalence) * (1 - right)))
        heights.append(np.interp(grid, *zip(*points, strict=True)))
    return np.mean(np.abs(heights[0] - heights[1]))


@pytest.mark.parametrize("digits", [0, 1, 6])
def test_statistic_on_a_grid(digits):
    rng = np.random.default_rng(digits)
    first = (rng.normal(1, 1, 7).round(digits), rng.normal(0, 1, 9).round(digits))
    second = (rng.normal(1, 3, 12).round(digits), rng.normal(0, 1, 5).round(digits))
    assert errors_apart(first, second, 0.4) == pytest.approx(naive(first, second, 0.4), abs=1e-6)
    assert errors_apart(second, first, 0.4) == pytest.approx(errors_apart(first, second, 0.4))


def test_two_crossing_curves_by_hand():
    """Prevalence 1/2: all wrong calls go from 1/2 down and up again for one curve, the other way for its mirror."""
    perfect, reversed_ = (np.array([1.0]), np.array([0.0])), (np.array([0.0]), np.array([1.0]))
    # A diamond: from 1/2 down to 0 and from 1/2 up to 1, and back to 1/2.
    assert errors_apart(perfect, reversed_, 0.5) == pytest.approx(0.5)


def test_the_scale_of_a_score_and_the_order_of_cases_do_not_matter():
    rng = np.random.default_rng(5)
    truth, score = sample(rng, 12, 15, 1)
    other, versus = sample(rng, 20, 10, 1)
    e = compare_roc(truth, score, versus, paired=False, versus_truth=other, n_permutations=50)
    order = rng.permutation(len(truth))
    again = compare_roc(
        truth[order], np.exp(score[order]), 3 * versus - 1, paired=False, versus_truth=other, n_permutations=50
    )
    assert (e.statistic, e.p_value) == pytest.approx((again.statistic, again.p_value))
    assert e.n_cases == 57
    assert e.note == "a test of the whole curves: no single difference"


def test_the_same_curve_twice():
    truth, score = sample(np.random.default_rng(0), 10, 10, 1)
    e = compare_roc(truth, score, score, paired=False, versus_truth=truth, n_permutations=20)
    assert (e.statistic, e.p_value) == (0, 1)


def test_level_and_power():
    """Two samples of one curve, of different sizes; and two curves of one area that cross."""
    rng = np.random.default_rng(11)

    def p_value(first, second, seed):
        options = {"paired": False, "versus_truth": second[0], "n_permutations": 99, "rng": seed}
        return compare_roc(*first, second[1], **options).p_value

    null = [p_value(sample(rng, 25, 30, 1), sample(rng, 40, 20, 1), seed) for seed in range(200)]
    assert np.mean(np.array(null) <= 0.1) == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 200))
    # Equal areas: 1 / sqrt(2) = shift / sqrt(1 + 3^2).
    crossing = [p_value(sample(rng, 60, 60, 1), sample(rng, 60, 60, math.sqrt(5), 3.0), seed) for seed in range(40)]
    assert np.mean(np.array(crossing) <= 0.1) > 0.4


def test_degenerate_and_wrong_input():
    e = compare_roc([1, 1], [1, 2], [1, 2, 3], paired=False, versus_truth=[0, 1, 1])
    assert (math.isnan(e.p_value), e.note) == (True, "undefined: no negative case")
    constant = compare_roc([1, 0], [1, 1], [2, 2, 2], paired=False, versus_truth=[0, 1, 1], n_permutations=20)
    assert (constant.statistic, constant.p_value) == (0, 1)
    for options in ({"paired": False}, {"versus_truth": [0, 1]}):
        with pytest.raises(ValueError, match="versus_truth is of other cases"):
            compare_roc([0, 1], [1, 2], [1, 2], **options)
    with pytest.raises(ValueError, match="versus_truth has 2, versus has 3"):
        compare_roc([0, 1], [1, 2], [1, 2, 3], paired=False, versus_truth=[0, 1])
