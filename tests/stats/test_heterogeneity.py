import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.measures import MEASURES
from readerstudy.stats.heterogeneity import heterogeneity, i2_limits


def test_naively():
    values, errors = [0.10, 0.30, 0.35, 0.65, 0.45, 0.15], [0.1, 0.12, 0.08, 0.2, 0.15, 0.05]
    weight = [1 / e**2 for e in errors]
    mean = sum(w * v for w, v in zip(weight, values, strict=True)) / sum(weight)
    chi2 = sum(w * (v - mean) ** 2 for w, v in zip(weight, values, strict=True))
    q, i2, between = heterogeneity(values, errors)
    assert (q.statistic, q.df, q.p_value) == pytest.approx((chi2, 5, stats.chi2.sf(chi2, 5)))
    assert i2.estimate == pytest.approx((chi2 - 5) / chi2)
    scale = sum(weight) - sum(w * w for w in weight) / sum(weight)
    assert between.estimate == pytest.approx((chi2 - 5) / scale)
    assert {e.measure for e in (q, i2, between)} <= set(MEASURES)


def test_level_by_simulation():
    rng = np.random.default_rng(1)
    errors = rng.uniform(0.02, 0.1, 7)
    p = [heterogeneity(rng.normal(0.1, errors), errors)[0].p_value for _ in range(2000)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.02)


def test_between_site_variance_by_simulation():
    """Truncated at 0 it is a little high on the average."""
    rng = np.random.default_rng(2)
    errors = rng.uniform(0.02, 0.05, 12)
    found = [heterogeneity(rng.normal(0.1, np.sqrt(errors**2 + 0.05**2)), errors)[2].estimate for _ in range(1500)]
    assert np.mean(found) == pytest.approx(0.0025, rel=0.08)


def test_homogeneous_and_degenerate():
    q, i2, between = heterogeneity([0.1, 0.1, 0.1], [0.02, 0.02, 0.03])
    assert (q.statistic, q.p_value, i2.estimate, i2.conf_low, between.estimate) == (0, 1, 0, 0, 0)
    assert 0 < i2.conf_high < 1
    assert "less variation than by chance" in between.note
    for e in heterogeneity([0.1], [0.2]):
        assert "fewer than two sites" in e.note
        assert math.isnan(e.estimate)
    _, two, _ = heterogeneity([0.1, 0.11], [0.1, 0.1])
    assert two.note == "two sites: no interval"
    assert math.isnan(two.conf_high)
    low, high = i2_limits(8.0, 2, 1.96)
    assert 0 <= low < 1 - 1 / 8 < high < 1


@pytest.mark.parametrize(
    ("values", "errors", "said"),
    [
        ([0.1, 0.2], [0.1, 0], "std_errors positive"),
        ([0.1, 0.2], [0.1, -1], "std_errors positive"),
        ([0.1, math.inf], [0.1, 1], "finite"),
        ([0.1, 0.2], [0.1, math.nan], "std_errors is missing"),
        ([0.1], [0.1, 0.1], "not one length"),
    ],
)
def test_wrong_input(values, errors, said):
    with pytest.raises(ValueError, match=said):
        heterogeneity(values, errors)


def test_a_tiny_standard_error_does_not_overflow():
    q, i2, between = heterogeneity([1, 1, 1], [1e-200, 1, 1])
    assert (q.statistic, q.p_value, i2.estimate, between.estimate) == (0, 1, 0, 0)
    # The first site is as good as known: the others are held against it.
    q, i2, between = heterogeneity([1, 1, 4], [1e-200, 1, 1])
    assert q.statistic == pytest.approx(9)
    assert i2.estimate == pytest.approx(1 - 2 / 9)
    assert between.estimate == pytest.approx((9 - 2) / 4)  # sum of w - sum of w^2 / sum of w
    found = heterogeneity([1, 2, 3], [1e-200, 1e-200, 1])
    assert all("too small beside the differences" in e.note for e in found)
    assert all(math.isnan(value) for e in found for value in (e.estimate, e.statistic, e.p_value, e.conf_low))


def test_scale_of_the_estimates_does_not_matter():
    values, errors = np.array([0.02, 0.10, 0.15]), np.array([0.02, 0.02, 0.04])
    q, i2, between = heterogeneity(values, errors)
    for scale in (1e-140, 1e-9, 1e9, 1e140):
        found = heterogeneity(values * scale, errors * scale)
        assert found[0].statistic == pytest.approx(q.statistic)
        assert found[1].conf_high == pytest.approx(i2.conf_high)
        assert found[2].estimate == pytest.approx(between.estimate * scale**2)
