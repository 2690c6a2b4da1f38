import math
from itertools import permutations

import numpy as np
import pytest

from readerstudy.stats.krippendorff import METRICS, krippendorff_alpha
from stats.readers import draw_reads, jackknife

each_metric = pytest.mark.parametrize("metric", METRICS)


def naive(reads, metric):
    """1 - Do / De, pair by pair of reads; the ordinal metric as Krippendorff writes it, with counts."""
    units = [[x for x in column if x == x] for column in reads.T]
    units = [unit for unit in units if len(unit) > 1]
    pooled = [x for unit in units for x in unit]
    count = {c: pooled.count(c) for c in pooled}

    def apart(a, b):
        if metric == "nominal":
            return float(a != b)
        if metric == "interval":
            return (a - b) ** 2
        if metric == "ratio":
            return ((a - b) / (a + b)) ** 2 if a + b else 0.0
        between = [count[c] for c in count if min(a, b) <= c <= max(a, b)]
        return (sum(between) - (count[a] + count[b]) / 2) ** 2

    observed = sum(sum(apart(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    expected = sum(apart(a, b) for a, b in permutations(pooled, 2)) / (len(pooled) - 1)
    return 1 - observed / expected


@each_metric
@pytest.mark.parametrize("missing", [0, 0.3])
def test_alpha_is_the_naive_one(metric, missing):
    reads = draw_reads(2, cases=25, missing=missing)
    assert krippendorff_alpha(reads, metric=metric).estimate == pytest.approx(naive(reads, metric), rel=1e-12)


@each_metric
@pytest.mark.parametrize("missing", [0, 0.2])
def test_standard_error_is_near_the_jackknife(metric, missing):
    """For the ordinal metric this holds only because the ranks count as estimated."""
    reads = draw_reads(5, cases=200, missing=missing)
    expected = jackknife(lambda part: krippendorff_alpha(part, metric=metric).estimate, reads)
    assert krippendorff_alpha(reads, metric=metric).std_error == pytest.approx(expected, rel=0.02)


@each_metric
def test_coverage(metric):
    population = draw_reads(7, readers=3, cases=3000, agree=0.6)
    truth = krippendorff_alpha(population, metric=metric).estimate
    rng = np.random.default_rng(1)
    samples = [krippendorff_alpha(population[:, rng.integers(3000, size=60)], metric=metric) for _ in range(300)]
    assert np.mean([e.conf_low <= truth <= e.conf_high for e in samples]) == pytest.approx(0.95, abs=0.04)


def test_numbers_that_hardly_repeat():
    rng = np.random.default_rng(0)
    reads = rng.normal(size=700) + 0.3 * rng.normal(size=(3, 700))
    # One-way analysis of variance: 1 - within / total mean square.
    within = reads.var(axis=0, ddof=1).mean()
    assert krippendorff_alpha(reads, metric="interval").estimate == pytest.approx(1 - within / reads.var(ddof=1))
    ranks = np.searchsorted(np.sort(reads.ravel()), reads)
    ordinal = krippendorff_alpha(reads, metric="ordinal").estimate
    assert ordinal == pytest.approx(krippendorff_alpha(ranks, metric="interval").estimate)


def test_scales():
    reads = draw_reads(3)
    same = pytest.approx
    assert krippendorff_alpha(3 * reads + 7, metric="interval").estimate == same(
        krippendorff_alpha(reads, metric="interval").estimate
    )
    assert krippendorff_alpha(3 * reads, metric="ratio").estimate == same(
        krippendorff_alpha(reads, metric="ratio").estimate
    )
    assert krippendorff_alpha(np.exp(reads), metric="ordinal").estimate == same(
        krippendorff_alpha(reads, metric="ordinal").estimate
    )


def test_order_of_words():
    words = [["low", "mid", "high", "mid"], ["low", "high", "high", "mid"]]
    numbers = [[0, 1, 2, 1], [0, 2, 2, 1]]
    e = krippendorff_alpha(words, metric="ordinal", categories=["low", "mid", "high"])
    assert e.estimate == pytest.approx(krippendorff_alpha(numbers, metric="ordinal").estimate)


@each_metric
@pytest.mark.parametrize(
    ("reads", "note"),
    [
        ([[2.0, 2.0], [2.0, 2.0]], "all reads are equal: undefined"),
        ([[1.0, math.nan], [math.nan, 2.0]], "no case was read by two readers"),
        ([[], []], "no case was read by two readers"),
        ([[1.0], [2.0]], "one case: no standard error"),
        ([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], "the standard error is 0: the interval has no width; no test"),
    ],
)
def test_degenerate(metric, reads, note):
    e = krippendorff_alpha(reads, metric=metric)
    assert e.note == note
    assert math.isnan(e.p_value)


def test_wrong_input():
    with pytest.raises(ValueError, match=r"metric is 'intervall'.*Did you mean 'interval'"):
        krippendorff_alpha([[1, 2], [1, 2]], metric="intervall")
    with pytest.raises(ValueError, match="ratings must be numbers, got text such as 'a'"):
        krippendorff_alpha([["a", "b"], ["a", "b"]], metric="interval")
    with pytest.raises(ValueError, match="must not be negative for metric='ratio', got -1"):
        krippendorff_alpha([[-1, 2], [1, 2]], metric="ratio")
    with pytest.raises(ValueError, match="finite"):
        krippendorff_alpha([[math.inf, 2], [1, 2]], metric="interval")
