import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.measures import MEASURES
from readerstudy.stats.times import reading_times, time_ratio

RNG = np.random.default_rng(7)
READERS, CASES = 4, 12
SECONDS = np.exp(RNG.normal(4, 0.3, CASES) + RNG.normal(0, 0.3, (READERS, 1)) + RNG.normal(0, 0.2, (READERS, CASES)))
AIDED = SECONDS * np.exp(-0.15 + RNG.normal(0, 0.1, (READERS, 1)) + RNG.normal(0, 0.1, CASES))
AIDED *= np.exp(RNG.normal(0, 0.15, AIDED.shape))


def test_by_reader_and_modality():
    rows = reading_times([30, 40, 50, 20, math.nan], ["R2", "R2", "R1", "R2", "R1"], ["MRI", "MRI", "MRI", "CT", "CT"])
    assert [(row["reader"], row["modality"], row["n"], row["missing"]) for row in rows] == [
        ("R2", "MRI", 2, 0), ("R1", "MRI", 1, 0), ("R2", "CT", 1, 0), ("R1", "CT", 0, 1),
    ]  # fmt: skip
    assert rows[0] == {
        "reader": "R2", "modality": "MRI", "n": 2, "missing": 0, "median": 35, "q1": 32.5, "q3": 37.5,
        "geometric_mean": pytest.approx(math.sqrt(1200)),
    }  # fmt: skip
    assert rows[3]["median"] is None


def test_without_modalities():
    (row,) = reading_times(SECONDS[0], ["R1"] * CASES)
    assert row["modality"] is None
    assert row["geometric_mean"] == pytest.approx(stats.gmean(SECONDS[0]))
    assert (row["q1"], row["median"], row["q3"]) == pytest.approx(tuple(np.percentile(SECONDS[0], (25, 50, 75))))


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_one_reader_is_a_paired_t_test_of_logarithms(alternative):
    theirs = stats.ttest_rel(np.log(AIDED[0]), np.log(SECONDS[0]), alternative=alternative)
    limits = theirs.confidence_interval(0.9)
    e = time_ratio(AIDED[0], SECONDS[0], conf_level=0.9, alternative=alternative)
    assert e.estimate == pytest.approx(stats.gmean(AIDED[0]) / stats.gmean(SECONDS[0]))
    assert (e.conf_low, e.conf_high) == pytest.approx((math.exp(limits.low), math.exp(limits.high)))
    assert (e.statistic, e.df, e.p_value) == pytest.approx((theirs.statistic, CASES - 1, theirs.pvalue))
    assert (e.method, e.random, e.n_cases, e.n_readers, e.null) == ("paired-t", "cases", CASES, 1, 1)
    assert e.measure in MEASURES


def naive(d):
    """Obuchowski and Rockette's mean over readers, every case left out in turn."""
    n_readers, n_cases = d.shape
    theta = np.nanmean(d, axis=1)
    left_out = np.array([np.nanmean(np.delete(d, k, axis=1), axis=1) for k in range(n_cases)])
    covariance = np.cov(left_out.T) * (n_cases - 1) ** 2 / n_cases
    shared = np.mean([covariance[j, i] for j in range(n_readers) for i in range(n_readers) if i != j])
    between = np.var(theta, ddof=1)
    variance = between / n_readers + max(shared, 0)
    df = (between + n_readers * max(shared, 0)) ** 2 / (between**2 / (n_readers - 1))
    return theta.mean(), math.sqrt(variance), df


@pytest.mark.parametrize("some_missing", [False, True])
def test_several_readers(some_missing):
    aided = AIDED.copy()
    if some_missing:
        aided[0, 2] = aided[2, 5] = aided[2, 6] = math.nan
    e = time_ratio(aided, SECONDS)
    mean, error, df = naive(np.log(aided / SECONDS))
    t = stats.t(df)
    assert e.estimate == pytest.approx(math.exp(mean))
    assert (e.conf_low, e.conf_high) == pytest.approx(
        tuple(np.exp([mean - t.ppf(0.975) * error, mean + t.ppf(0.975) * error]))
    )
    assert (e.statistic, e.df, e.p_value) == pytest.approx((mean / error, df, 2 * t.sf(abs(mean / error))))
    assert (e.method, e.random, e.n_cases, e.n_readers) == ("or-jackknife", "readers and cases", CASES, READERS)


def test_turned_round():
    e, turned = time_ratio(AIDED, SECONDS), time_ratio(SECONDS, AIDED)
    assert e.p_value == pytest.approx(turned.p_value)
    assert (1 / e.estimate, 1 / e.conf_high, 1 / e.conf_low) == pytest.approx(
        (turned.estimate, turned.conf_low, turned.conf_high)
    )
    assert time_ratio(60 * AIDED, 60 * SECONDS).conf_low == pytest.approx(e.conf_low)


def test_readers_who_agree_exactly():
    d = np.exp(RNG.normal(0, 0.2, CASES))
    e = time_ratio(np.stack([d, d]) * SECONDS[:2], SECONDS[:2])
    one = time_ratio(d, np.ones(CASES))
    assert e.estimate == pytest.approx(one.estimate)
    assert e.conf_low < e.estimate < e.conf_high
    assert 0 < e.p_value <= 1


def test_negative_covariance_is_taken_as_0():
    d = np.exp(np.stack([np.linspace(-0.3, 0.5, CASES), np.linspace(0.3, -0.3, CASES)]))
    assert time_ratio(d, np.ones_like(d)).note == "the covariance of the readers is negative and taken as 0"


def test_too_few_pairs():
    nan = math.nan
    e = time_ratio([nan, 3.0], [2.0, nan])
    assert math.isnan(e.estimate)
    assert e.note == "no pair of times"
    for times, versus in (([4.0, 3.0], [2.0, nan]), ([[4.0, nan], [nan, 8.0]], [[2.0, 1.0], [1.0, 4.0]])):
        e = time_ratio(times, versus)
        assert e.estimate == pytest.approx(2)
        assert math.isnan(e.conf_low)
        assert e.note == "fewer than 2 pairs of times of a reader: no interval"
    aided = AIDED.copy()
    aided[3, 1:] = nan
    e = time_ratio(aided, SECONDS)
    assert e.n_readers == 3
    assert e.note == "1 of 4 readers left out: fewer than 2 pairs of times"
    assert e.replace(note=None) == time_ratio(AIDED[:3], SECONDS[:3])
    aided[1:3, 1:] = nan
    assert time_ratio(aided, SECONDS).conf_low == time_ratio(AIDED[0], SECONDS[0]).conf_low


@pytest.mark.parametrize("rows", [0, slice(0, 3)])
def test_equal_ratios_have_no_width(rows):
    e = time_ratio(SECONDS[rows], SECONDS[rows])
    assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == (1, 1, 1, 1)
    assert e.note == "all ratios are equal: the interval has no width"
    e = time_ratio(1.3 * SECONDS[rows], SECONDS[rows])
    assert e.conf_low == e.conf_high == e.estimate == pytest.approx(1.3)
    assert math.isnan(e.p_value)


@pytest.mark.parametrize("wrong", [0, -3, math.inf])
def test_times_that_are_not_positive(wrong):
    with pytest.raises(ValueError, match=r"times must be positive, got .* at position 1"):
        reading_times([5, wrong], ["a", "a"])
    with pytest.raises(ValueError, match=r"versus must be positive, got .* at position 0, 1"):
        time_ratio([[5, 4]], [[5, wrong]])


def test_wrong_input():
    with pytest.raises(ValueError, match="not one length"):
        reading_times([5, 4], ["a"])
    with pytest.raises(ValueError, match="not one length"):
        reading_times([5, 4], ["a", "b"], ["m"])
    with pytest.raises(ValueError, match="readers is missing at position 1"):
        reading_times([5, 4], ["a", None])
    with pytest.raises(ValueError, match="must have one shape"):
        time_ratio([5, 4], [5])
    with pytest.raises(ValueError, match=r"0\.95 for 95 %"):
        time_ratio([5, 4], [5, 3], conf_level=95)
