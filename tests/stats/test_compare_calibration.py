import math

import numpy as np
import pytest
from scipy import special, stats

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats.calibration import brier, calibration
from readerstudy.stats.compare_calibration import compare_brier, compare_ici


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(2)
    score = rng.normal(-0.3, 1.2, 300)
    truth = rng.random(300) < special.expit(score)
    return truth, special.expit(score), special.expit(0.4 + 1.8 * score)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_brier_is_a_paired_t_test(data, alternative):
    truth, prob, versus = data
    test = stats.ttest_rel((prob - truth) ** 2, (versus - truth) ** 2, alternative=alternative)
    e = compare_brier(truth, prob, versus, alternative=alternative)
    assert e.estimate == pytest.approx(brier(truth, prob).estimate - brier(truth, versus).estimate)
    assert (e.statistic, e.df, e.p_value) == pytest.approx((test.statistic, test.df, test.pvalue))
    interval = test.confidence_interval(0.95)
    assert (e.conf_low, e.conf_high) == pytest.approx((max(-1, interval.low), min(1, interval.high)))
    assert e.measure in MEASURES
    assert e.method in METHOD_NAMES
    other = compare_brier(truth, versus, prob)
    assert (other.estimate, other.conf_low) == pytest.approx(
        (-e.estimate, -compare_brier(truth, prob, versus).conf_high)
    )


def test_brier_by_patients(data):
    truth, prob, versus = (np.repeat(values, 2) for values in data)
    twice = compare_brier(truth, prob, versus, patients=np.repeat(np.arange(300), 2))
    once = compare_brier(*data)
    assert (twice.estimate, twice.std_error, twice.p_value, twice.n_patients) == pytest.approx(
        (once.estimate, once.std_error, once.p_value, 300)
    )


def test_calibration_with_replicates(data):
    truth, prob, _ = data
    plain = {(e.measure, e.method): e for e in calibration(truth, prob)}
    for e in calibration(truth, prob, n_boot=200, conf_level=0.9):
        other = plain[e.measure, e.method]
        assert e.estimate == other.estimate or math.isnan(e.estimate)
        if e.measure in ("ici", "e50", "e90", "ece"):
            assert math.isnan(other.conf_low)
            assert 0 <= e.conf_low <= e.estimate <= e.conf_high
            assert e.conf_level == 0.9
            assert "percentile bootstrap" in e.note
    again = calibration(truth, prob, n_boot=50, rng=4)
    assert [e.to_dict() for e in again] == [e.to_dict() for e in calibration(truth, prob, n_boot=50, rng=4)]
    for e in calibration([], [], n_boot=10):
        assert math.isnan(e.estimate)
    calls = {(e.measure, e.method): e for e in calibration([1, 0, 1, 0], [1, 0, 0, 0], n_boot=20)}
    assert math.isnan(calls["ici", "restricted-cubic-spline"].conf_low)
    assert calls["ece", "equal-width"].conf_high > 0
    with pytest.raises(ValueError, match="n_boot"):
        calibration(truth, prob, n_boot=1)


def test_coverage_of_a_miscalibrated_ici():
    """Predictions that are off; the true index is a mean over very many cases."""
    rng = np.random.default_rng(5)
    everyone = rng.normal(size=200_000)
    true = np.abs(special.expit(everyone) - special.expit(0.5 + 1.5 * everyone)).mean()
    covered = 0
    for _ in range(40):
        score = rng.normal(size=300)
        truth = rng.random(300) < special.expit(score)
        e = next(e for e in calibration(truth, special.expit(0.5 + 1.5 * score), n_boot=60) if e.measure == "ici")
        covered += e.conf_low <= true <= e.conf_high
    assert covered >= 33


def test_ici(data):
    truth, prob, versus = data
    values = [next(e.estimate for e in calibration(truth, p) if e.measure == "ici") for p in (prob, versus)]
    e = compare_ici(truth, prob, versus, n_boot=200)
    assert e.estimate == pytest.approx(values[0] - values[1])
    assert e.conf_low < e.estimate < e.conf_high < 0
    assert e.p_value < 0.01
    assert e.measure in MEASURES
    assert e.method in METHOD_NAMES
    assert e.test_method in METHOD_NAMES


def test_degenerate(data):
    truth, prob, _ = data
    same = compare_brier(truth, prob, prob)
    assert (same.estimate, same.p_value, same.conf_low) == (0, 1, 0)
    assert "no width" in same.note
    same = compare_ici(truth, prob, prob, n_boot=10)
    assert (same.estimate, same.p_value, same.conf_high) == (0, 1, 0)
    assert compare_brier([], [], []).note == compare_ici([], [], []).note == "no case"
    assert compare_brier([1], [0.5], [0.4]).note == "one case: no interval"
    assert compare_brier([1, 0], [0.5, 1], [0.4, 1], patients=[1, 1]).note == "one patient: no interval"
    assert compare_ici([1, 1], [0.2, 0.3], [0.3, 0.1]).note.startswith("undefined")
    with pytest.raises(ValueError, match="versus must be probabilities"):
        compare_brier([1], [0.5], [1.4])
    with pytest.raises(ValueError, match="not one length"):
        compare_ici([1, 0], [0.5, 0.1], [0.4])
