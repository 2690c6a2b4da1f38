import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from readerstudy.stats.limits_of_agreement import METHODS, limits_of_agreement


def draw(seed, n=40):
    rng = np.random.default_rng(seed)
    size = 20 + 5 * rng.normal(size=n)
    return size + rng.normal(size=n), size - 0.5 + rng.normal(size=n)


@pytest.mark.parametrize("method", METHODS)
def test_by_hand(method):
    first, second = draw(1)
    d = first - second
    bias, lower, upper = limits_of_agreement(first, second, method=method)
    test = stats.ttest_rel(first, second)
    assert (bias.estimate, bias.statistic, bias.p_value, bias.df) == pytest.approx(
        (d.mean(), test.statistic, test.pvalue, 39)
    )
    assert (bias.conf_low, bias.conf_high) == pytest.approx(tuple(test.confidence_interval()))
    z, sd = stats.norm.isf(0.025), d.std(ddof=1)
    assert (lower.estimate, upper.estimate) == pytest.approx((d.mean() - z * sd, d.mean() + z * sd))
    assert lower.std_error == pytest.approx(sd * math.sqrt(1 / 40 + z**2 / 78))
    if method == "bland-altman":
        reach = stats.t.isf(0.025, 39) * lower.std_error
        assert (lower.conf_low, lower.conf_high) == pytest.approx((lower.estimate - reach, lower.estimate + reach))
        assert (upper.conf_low, upper.conf_high) == pytest.approx((upper.estimate - reach, upper.estimate + reach))


@pytest.mark.parametrize("n", [2, 5, 30, 1000])
def test_exact_limits_are_tolerance_factors(n):
    """One-sided: with the upper end of a 95 % interval, 97.5 % of all differences lie below it 97.5 times of 100."""
    rng = np.random.default_rng(n)
    mean, sd = rng.normal(size=20000) / math.sqrt(n), np.sqrt(rng.chisquare(n - 1, size=20000) / (n - 1))
    _, _, upper = limits_of_agreement([1.0] * (n - 1) + [0.0], [0.0] * n)
    d_mean, d_sd = np.mean([1.0] * (n - 1) + [0.0]), np.std([1.0] * (n - 1) + [0.0], ddof=1)
    near, far = ((limit - d_mean) / d_sd for limit in (upper.conf_low, upper.conf_high))
    truth = stats.norm.isf(0.025)
    assert np.mean(mean + near * sd > truth) == pytest.approx(0.025, abs=0.005)
    assert np.mean(mean + far * sd < truth) == pytest.approx(0.025, abs=0.005)


def test_the_approximation_is_near_with_many_cases():
    first, second = draw(3, n=5000)
    found = [limits_of_agreement(first, second, method=method) for method in METHODS]
    for exact, near in zip(*found, strict=True):
        assert (near.conf_low, near.conf_high) == pytest.approx((exact.conf_low, exact.conf_high), abs=0.003)


def test_sign_swap_and_faces():
    first, second = draw(5)
    bias, lower, upper = limits_of_agreement(first, second, coverage=0.9)
    other = limits_of_agreement(second, first, coverage=0.9)
    assert (other[0].estimate, other[0].p_value) == pytest.approx((-bias.estimate, bias.p_value))
    assert (other[1].conf_low, other[1].conf_high) == pytest.approx((-upper.conf_high, -upper.conf_low))
    for convert in (list, pd.Series):
        assert [e.to_dict() for e in limits_of_agreement(convert(first), convert(second), coverage=0.9)] == [
            e.to_dict() for e in (bias, lower, upper)
        ]


def test_missing_reads():
    first, second = draw(6)
    gaps = [*first, None, 3.0], [*second, 2.0, math.nan]
    assert [e.to_dict() for e in limits_of_agreement(*gaps)] == [
        e.to_dict() for e in limits_of_agreement(first, second)
    ]


@pytest.mark.parametrize("method", METHODS)
def test_degenerate(method):
    for e in limits_of_agreement([], [], method=method):
        assert math.isnan(e.estimate)
        assert e.note == "no case was read by both"
    bias, lower, _ = limits_of_agreement([3.0], [1.0], method=method)
    assert bias.estimate == 2
    assert math.isnan(lower.estimate)
    assert "one case" in lower.note
    for shift, p in ((0.0, 1.0), (0.3, math.nan)):
        found = limits_of_agreement([0.1, 0.2, 0.7], np.array([0.1, 0.2, 0.7]) - shift, method=method)
        assert found[0].p_value == pytest.approx(p, nan_ok=True)
        for e in found:
            assert e.estimate == e.conf_low == e.conf_high == pytest.approx(shift)
            assert "no width" in e.note


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1.0], [1.0, 2.0]), {}, "not one length: ratings has 1, versus has 2"),
        ((["a", "b"], ["a", "b"]), {}, "must be numbers"),
        (([1.0, 2.0], [1.0, 2.0]), {"coverage": 95}, "coverage must lie between 0 and 1"),
        (([1.0, 2.0], [1.0, 2.0]), {"method": "carkeat"}, "Did you mean 'carkeet'"),
        (([1.0, 2.0], [1.0, 2.0]), {"conf_level": 1.0}, "conf_level must lie"),
    ],
)
def test_wrong_input(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        limits_of_agreement(*arguments, **options)
