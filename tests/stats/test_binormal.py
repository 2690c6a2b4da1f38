import math

import numpy as np
import pytest
from scipy import optimize, stats

from readerstudy.stats import binormal as rooms
from readerstudy.stats.binormal import binormal, fit, runs
from readerstudy.stats.roc import auc

NORMAL, ABNORMAL = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]


def hanley():
    ratings = np.concatenate((np.repeat(range(5), NORMAL), np.repeat(range(5), ABNORMAL)))
    return np.arange(109) >= 58, ratings


def minus_log_likelihood(parameters, counts):
    """From the definition, with scipy's normal: a, b and the cuts."""
    a, b, cuts = parameters[0], parameters[1], np.cumsum([parameters[2], *np.exp(parameters[3:])])
    p = [np.diff([0, *stats.norm.cdf(c), 1]) for c in (cuts, b * cuts - a)]
    return -sum(float(n @ np.log(np.maximum(q, 1e-300))) for n, q in zip(counts.T, p, strict=True))


def test_maximum_by_a_general_optimiser():
    """Stata's rocfit on the same ratings: intercept 1.656782, slope 0.713002, area 0.911331."""
    counts = np.array([NORMAL, ABNORMAL]).T
    start = np.array([1, 1, 0, -1, -1, -1.0])
    found = optimize.minimize(minus_log_likelihood, start, args=(counts,), method="BFGS", options={"gtol": 1e-7})
    area, a, b = binormal(*hanley())
    assert (a.estimate, b.estimate) == pytest.approx(tuple(found.x[:2]), rel=1e-4)
    assert (a.estimate, b.estimate, area.estimate) == pytest.approx((1.656782, 0.713002, 0.911331), rel=2e-6)
    assert fit(counts).log_likelihood == pytest.approx(-found.fun, rel=1e-10)


def test_pooling_runs_leaves_the_fit():
    truth, score = np.array([0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1], dtype=bool), np.arange(12.0)
    each = np.stack([~truth, truth], axis=1).astype(np.int64)
    pooled = runs(truth, score)
    assert pooled.tolist() == [[2, 0], [0, 1], [1, 0], [0, 2], [1, 0], [0, 1], [1, 0], [0, 3]]
    by_runs = binormal(truth, score)[0].estimate
    best = min(
        (optimize.minimize(minus_log_likelihood, np.concatenate(([1, 1, -1.5], np.full(10, s))), args=(each,))
         for s in (-1.0, -1.5)), key=lambda r: r.fun,
    )  # fmt: skip
    assert by_runs == pytest.approx(stats.norm.cdf(best.x[0] / math.hypot(1, best.x[1])), abs=2e-3)


def test_only_the_order_counts_and_the_truth_is_found():
    rng = np.random.default_rng(0)
    truth = np.repeat([True, False], [300, 400])
    score = np.where(truth, rng.normal(1.2, 1.5, 700), rng.normal(size=700))
    area, a, b = binormal(truth, score)
    assert binormal(truth, np.exp(score)) == [area, a, b]
    assert abs(a.estimate - 0.8) < 3 * a.std_error
    assert abs(b.estimate - 2 / 3) < 3 * b.std_error
    assert area.estimate == pytest.approx(auc(truth, score).estimate, abs=0.01)
    assert area.std_error == pytest.approx(auc(truth, score).std_error, rel=0.15)


def test_coverage_and_standard_error():
    """Ratings on five levels, true area .76: 95 % limits in 300 studies miss at most 9 %, SE within a tenth."""
    cuts, found = [-0.5, 0.3, 1.0, 1.6], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        truth = np.repeat([True, False], 50)
        found.append(binormal(truth, np.digitize(rng.normal(size=100) + truth, cuts))[0])
    fitted = [e for e in found if not e.note]
    assert len(fitted) >= 297
    true = stats.norm.cdf(1 / math.sqrt(2))
    assert np.mean([e.conf_low <= true <= e.conf_high for e in fitted]) >= 0.91
    assert np.mean([e.std_error for e in fitted]) == pytest.approx(np.std([e.estimate for e in fitted]), rel=0.12)


def test_many_runs_are_pooled(monkeypatch):
    rng = np.random.default_rng(1)
    truth = rng.random(400) < 0.5
    score = rng.normal(size=400) + truth
    whole = binormal(truth, score)[0]
    monkeypatch.setattr(rooms, "MOST_CATEGORIES", 60)
    pooled = binormal(truth, score)[0]
    assert "pooled into 60 categories" in pooled.note
    assert pooled.estimate == pytest.approx(whole.estimate, abs=0.1 * whole.std_error)


@pytest.mark.parametrize(
    ("truth", "score"),
    [
        ([], []),
        ([0, 0], [1, 2]),
        ([1, 1], [1, 2]),
        ([0, 1], [1, 2]),
        ([0, 0, 1, 1], [1, 2, 3, 4]),
        ([0, 0, 1, 1], [4, 3, 2, 1]),
        ([0, 0, 1, 1], [5, 5, 5, 5]),
        ([0, 1, 0, 1], [0, 0, 1, 1]),
        ([0, 0, 1, 1, 1], [1, 3, 2, 2, 2]),
    ],
)
@pytest.mark.parametrize("alternative", ["two-sided", "less"])
def test_no_fit(truth, score, alternative):
    for e in binormal(truth, score, alternative=alternative):
        assert e.note
        assert math.isnan(e.estimate)
        assert math.isnan(e.conf_low)
