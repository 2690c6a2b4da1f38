import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from readerstudy.estimate import ALL_READERS
from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats.agreement import kappa
from readerstudy.stats.icc import icc
from readerstudy.stats.multirater import conger_kappa
from readerstudy.stats.repeatability import MEASURED, icc_left_out, intra_reader, mean_of_readers


@pytest.fixture(scope="module")
def ratings():
    """Four readers, two repeats of 60 cases, categories 1-4."""
    rng = np.random.default_rng(6)
    case = rng.integers(1, 5, 60)
    moved = rng.choice([-1, 0, 0, 0, 1], (4, 2, 60))
    return np.clip(case + moved, 1, 4)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_each_reader_is_cohens_kappa(ratings, weights):
    *records, mean = intra_reader(ratings, weights=weights, readers=list("ABCD"))
    for e, reads in zip(records, ratings, strict=True):
        cohen = kappa(*reads, weights=weights, categories=[1, 2, 3, 4])
        assert e.estimate == pytest.approx(cohen.estimate)
        assert e.std_error == pytest.approx(cohen.std_error, rel=0.03)
    assert [e.reader for e in records] == list("ABCD")
    assert mean.estimate == pytest.approx(np.mean([e.estimate for e in records]))
    assert (mean.reader_group, mean.n_readers, mean.n_cases) == (ALL_READERS, 4, 60)
    for e in (*records, mean):
        assert e.measure in MEASURES
        assert e.method in METHOD_NAMES


def test_more_repeats_are_congers_kappa():
    rng = np.random.default_rng(2)
    reads = np.clip(rng.integers(1, 4, 50) + rng.choice([0, 0, 1], (3, 50)), 1, 3)
    e, other = intra_reader([reads])[0], conger_kappa(reads)
    assert (e.estimate, e.std_error, e.conf_low) == pytest.approx((other.estimate, other.std_error, other.conf_low))


def test_mean_by_a_naive_jackknife(ratings):
    """Obuchowski and Rockette with the jackknife of every case."""
    mean = intra_reader(ratings)[-1]
    keep = ~np.eye(60, dtype=bool)
    left = np.array([[kappa(*reads[:, k]).estimate for k in keep] for reads in ratings])
    centred = left - left.mean(axis=1, keepdims=True)
    covariance = 59 / 60 * centred @ centred.T
    theta = np.array([kappa(*reads).estimate for reads in ratings])
    shared = max(0, covariance[~np.eye(4, dtype=bool)].mean())
    variance = theta.var(ddof=1) + 4 * shared
    assert mean.std_error == pytest.approx(math.sqrt(variance / 4), rel=0.03)
    if not math.isnan(mean.df):
        assert mean.df == pytest.approx(variance**2 / (theta.var(ddof=1) ** 2 / 3), rel=0.12)


def test_icc():
    rng = np.random.default_rng(3)
    numbers = rng.normal(size=(1, 1, 25)) * 2 + rng.normal(size=(3, 2, 25))
    *records, mean = intra_reader(numbers, measure="icc")
    for e, reads in zip(records, numbers, strict=True):
        one = icc(reads, model="icc1")
        assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == pytest.approx(
            (one.estimate, one.conf_low, one.conf_high, one.p_value)
        )
    naive = [icc(np.delete(numbers[0], k, axis=1), model="icc1").estimate for k in range(25)]
    assert icc_left_out(numbers[0]) == pytest.approx(np.array(naive))
    assert mean.conf_low < mean.estimate < mean.conf_high <= 1


def test_within_reader_sd():
    rng = np.random.default_rng(4)
    numbers = rng.normal(size=(1, 1, 40)) * 5 + rng.normal(size=(2, 3, 40)) * 2
    found = intra_reader(numbers, measure="within_reader_sd")
    sds, coefficients = found[:3], found[3:]
    for e, reads in zip(sds, numbers, strict=False):
        variance = reads.var(axis=0, ddof=1).mean()
        limits = [math.sqrt(variance * 80 / q) for q in stats.chi2.ppf([0.975, 0.025], 80)]
        assert e.estimate == pytest.approx(math.sqrt(variance))
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(limits))
    for e, c in zip(sds, coefficients, strict=True):
        assert c.measure == "repeatability_coefficient"
        assert c.estimate == pytest.approx(1.959964 * math.sqrt(2) * e.estimate)
        assert c.conf_high == pytest.approx(1.959964 * math.sqrt(2) * e.conf_high)
        assert {e.measure, c.measure} <= set(MEASURES)
        assert e.method in METHOD_NAMES


def test_coverage_of_the_mean_by_simulation():
    """Readers differ in their error, and cases in how hard they are."""
    rng = np.random.default_rng(7)
    covered, single = 0, 0
    for _ in range(400):
        error = np.sqrt(rng.uniform(0.5, 1.5, (5, 1, 1)))
        numbers = rng.normal(size=(5, 2, 50)) * error
        found = intra_reader(numbers, measure="within_reader_sd")
        covered += found[5].conf_low <= np.mean(np.sqrt(np.linspace(0.5, 1.5, 4001))) <= found[5].conf_high
        single += found[0].conf_low <= float(error[0, 0, 0]) <= found[0].conf_high
    assert covered / 400 == pytest.approx(0.95, abs=0.045)
    assert single / 400 == pytest.approx(0.95, abs=0.04)


def test_shared_cases_widen_the_mean():
    values = np.array([0.5, 0.6, 0.55])
    alike = np.tile(np.linspace(-1, 1, 30) / 30, (3, 1))
    apart = np.eye(3, 30)
    assert mean_of_readers(values, alike)[0] > mean_of_readers(values, apart * 0.01)[0]
    assert mean_of_readers(values, np.array([alike[0], -alike[0], alike[0] * 0]))[2]


@pytest.mark.parametrize("measure", MEASURED)
def test_missing_and_degenerate(measure):
    rng = np.random.default_rng(8)
    numbers = rng.integers(1, 4, (3, 2, 12)).astype(float)
    numbers[0, 1, 3] = np.nan
    numbers[1, 1] = np.nan
    numbers[2] = 2
    found = intra_reader(numbers, measure=measure)
    first, second, third, mean = found[:4]
    assert not math.isnan(first.estimate)
    assert first.n_cases == 11
    assert math.isnan(second.estimate)
    assert second.note
    assert third.note
    if measure == "within_reader_sd":
        assert third.estimate == 0
        assert "no width" in third.note
    else:
        assert math.isnan(third.estimate)
        assert "one reader" in mean.note
    assert "undefined for" in mean.note
    empty = intra_reader(np.full((2, 2, 3), np.nan), measure=measure)
    for e in empty:
        assert math.isnan(e.estimate)
        assert e.note
    same = intra_reader(np.tile([1, 2, 3, 1], (2, 2, 1)), measure=measure)
    perfect = 0 if measure == "within_reader_sd" else 1
    assert [e.estimate for e in same[:3]] == pytest.approx([perfect] * 3)
    for e in same[:3]:
        assert (e.conf_low, e.conf_high) == pytest.approx((perfect, perfect))
        assert "no width" in e.note


@pytest.mark.parametrize(
    ("ratings", "options", "said"),
    [
        ([[1, 2], [1, 2]], {}, "shape"),
        ([[[1, 2]]], {}, "two repeats"),
        ([[[1, 2], [1]]], {}, "shape"),
        ([[["a", "b"], ["a", "b"]]], {"measure": "icc"}, "numbers"),
        ([[[1, 2], [1, 5]]], {"categories": [1, 2]}, "5, which is not among"),
        ([[[1, 2], [1, 2]]], {"readers": ["A", "B"]}, "readers names 2"),
        ([[[1, 2], [1, 2]]], {"measure": "auc"}, "measure"),
        ([[[1, 2], [1, 2]]], {"weights": "square"}, "weights"),
    ],
)
def test_wrong_input(ratings, options, said):
    with pytest.raises(ValueError, match=said):
        intra_reader(ratings, **options)


def test_kappa_of_two_repeats_has_a_test_of_its_own_name():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, 40)
    again = np.where(rng.random(40) < 0.7, first, rng.integers(0, 3, 40))
    own, cohen = intra_reader([[first, again]])[0], kappa(first, again)
    assert own.estimate == pytest.approx(cohen.estimate)
    assert own.std_error == pytest.approx(cohen.std_error * math.sqrt(40 / 39))
    assert own.statistic == pytest.approx(own.estimate / own.std_error)
    assert (own.test_method, cohen.test_method) == ("linearised-t", "cohen-null-variance")
    assert own.test_method in METHOD_NAMES


def test_not_available_and_masked_reads():
    first, again = ["a", "b", "a", "b", "a"], ["a", None, "a", "a", "a"]
    gone = [first, ["a", pd.NA, "a", "a", "a"]]
    assert intra_reader([gone]) == intra_reader([[first, again]])
    with pytest.raises(ValueError, match="ratings has masked entries"):
        intra_reader([[np.ma.masked_array([1, 2, 3], [0, 1, 0]), [1, 2, 3]]])
    with pytest.raises(ValueError, match="more than one kind"):
        intra_reader([[[1, 2], ["1", "2"]]])
