import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from readerstudy.stats.icc import MODELS, UNITS, icc

every = pytest.mark.parametrize(("model", "unit"), [(model, unit) for model in MODELS for unit in UNITS])


def draw(seed, readers=4, cases=30, case=1.0, reader=0.5, residual=0.8):
    """Numbers with these standard deviations of cases, readers and residuals."""
    rng = np.random.default_rng(seed)
    cases_part, readers_part = case * rng.normal(size=cases), reader * rng.normal(size=(readers, 1))
    return 10 + cases_part + readers_part + residual * rng.normal(size=(readers, cases))


def by_regression(values):
    """Mean squares of cases, readers, residual and within cases, from nested least squares fits."""
    k, n = values.shape
    frame = pd.DataFrame({"y": values.ravel(), "reader": np.repeat(range(k), n), "case": np.tile(range(n), k)})

    def left(*factors):
        design = np.hstack([np.ones((k * n, 1)), *(pd.get_dummies(frame[f]).to_numpy(float) for f in factors)])
        fit = design @ np.linalg.lstsq(design, frame["y"].to_numpy(), rcond=None)[0]
        return ((frame["y"] - fit) ** 2).sum()

    rest = left("case", "reader")
    within, by_case = left("case"), left("reader")
    return (
        (by_case - rest) / (n - 1),
        (within - rest) / (k - 1),
        rest / ((n - 1) * (k - 1)),
        within / (n * (k - 1)),
    )


@every
@pytest.mark.parametrize("seed", range(3))
def test_the_formulas_of_shrout_and_fleiss(model, unit, seed):
    values = draw(seed, readers=3, cases=9)
    k, n = values.shape
    bms, jms, ems, wms = by_regression(values)
    expected = {
        ("icc1", "single"): (bms - wms) / (bms + (k - 1) * wms),
        ("icc2", "single"): (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n),
        ("icc3", "single"): (bms - ems) / (bms + (k - 1) * ems),
        ("icc1", "average"): (bms - wms) / bms,
        ("icc2", "average"): (bms - ems) / (bms + (jms - ems) / n),
        ("icc3", "average"): (bms - ems) / bms,
    }
    assert icc(values, model=model, unit=unit).estimate == pytest.approx(expected[model, unit], rel=1e-9)


def test_average_of_model_3_is_cronbachs_alpha():
    values = draw(4)
    alpha = 4 / 3 * (1 - values.var(axis=1, ddof=1).sum() / values.sum(axis=0).var(ddof=1))
    assert icc(values, model="icc3", unit="average").estimate == pytest.approx(alpha)


@every
def test_the_test_says_what_the_interval_says(model, unit):
    """At a limit as the null, the one-sided P is what the interval leaves out on that side."""
    values = draw(7, cases=12)
    e = icc(values, model=model, unit=unit)
    low = icc(values, model=model, unit=unit, null=e.conf_low)
    high = icc(values, model=model, unit=unit, null=e.conf_high)
    if model == "icc2":  # Satterthwaite's df are of the estimate in the interval, of the null in the test
        assert low.p_value == pytest.approx(0.025, abs=0.02)
        assert high.p_value == pytest.approx(0.975, abs=0.02)
    else:
        assert low.p_value == pytest.approx(0.025)
        assert high.p_value == pytest.approx(0.975)
    less = icc(values, model=model, unit=unit, null=0.5, alternative="less")
    assert less.p_value == pytest.approx(1 - icc(values, model=model, unit=unit, null=0.5).p_value)


def test_test_of_0_is_that_of_analysis_of_variance():
    values = draw(8)
    e = icc(values, model="icc1")
    expected = stats.f_oneway(*values.T)
    assert (e.statistic, e.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert (e.df_num, e.df) == (29, 90)


@pytest.mark.parametrize(
    ("model", "reader", "truth"), [("icc1", 0.0, 1 / 1.64), ("icc2", 0.5, 1 / 1.89), ("icc3", 0.5, 1 / 1.64)]
)
def test_coverage(model, reader, truth):
    readers = 12 if model == "icc2" else 4
    samples = [icc(draw(seed, readers=readers, cases=15, reader=reader), model=model) for seed in range(800)]
    assert np.mean([e.conf_low <= truth <= e.conf_high for e in samples]) == pytest.approx(0.95, abs=0.025)
    assert np.mean([e.estimate for e in samples]) == pytest.approx(truth, abs=0.03)


@every
def test_invariance(model, unit):
    values = draw(9)
    rng = np.random.default_rng(0)
    e = icc(values, model=model, unit=unit)
    for other in (
        values[rng.permutation(4)][:, rng.permutation(30)],
        5 - 3 * values,
        pd.DataFrame(values),
        values.tolist(),
        np.hstack([values, np.full((4, 2), np.nan)]),
    ):
        found = icc(other, model=model, unit=unit)
        assert (found.estimate, found.conf_low, found.p_value) == pytest.approx((e.estimate, e.conf_low, e.p_value))


def test_shifts_of_a_reader_count_in_models_1_and_2_alone():
    values = draw(2, reader=0)
    shifted = values + np.array([[0], [1], [2], [3]])
    assert icc(shifted, model="icc3").estimate == pytest.approx(icc(values, model="icc3").estimate)
    for model in ("icc1", "icc2"):
        assert icc(shifted, model=model).estimate < icc(values, model=model).estimate - 0.1


@every
def test_one_sided(model, unit):
    values = draw(3)
    both = icc(values, model=model, unit=unit, conf_level=0.9)
    lower = icc(values, model=model, unit=unit, alternative="greater")
    upper = icc(values, model=model, unit=unit, alternative="less")
    assert (lower.conf_low, lower.conf_high) == pytest.approx((both.conf_low, 1))
    assert upper.conf_high == pytest.approx(both.conf_high)
    assert upper.conf_low == pytest.approx(-1 / 3 if unit == "single" else math.nan, nan_ok=True)
    assert bool(upper.note) == (unit == "average")


def test_cases_not_read_by_all_are_left_out():
    values = draw(1)
    gaps = values.copy()
    gaps[0, 3] = gaps[2, 5] = np.nan
    e = icc(gaps)
    assert e.estimate == pytest.approx(icc(np.delete(values, [3, 5], axis=1)).estimate)
    assert e.n_cases == 28
    assert e.note == "left out, not read by every reader: 2 of 30 cases"


@every
@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([[], []], "fewer than two readers or two cases"),
        ([[1.0, 2.0, 3.0]], "fewer than two readers or two cases"),
        ([[1.0], [2.0]], "fewer than two readers or two cases"),
        (np.full((3, 4), np.nan), "fewer than two readers or two cases"),
        ([[0.1, 0.1], [0.1, 0.1]], "all numbers are equal"),
        ([[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]], "no variation but that of the cases: the interval has no width"),
    ],
)
def test_degenerate(model, unit, values, note):
    e = icc(values, model=model, unit=unit)
    assert note in e.note
    assert math.isnan(e.estimate) or (e.estimate, e.conf_low, e.conf_high) == (1, 1, 1)
    assert math.isnan(e.p_value)


@every
@pytest.mark.parametrize(
    "values",
    [
        [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]],  # a constant shift
        [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]],  # only readers vary
        [[0.0, 1.0], [1.0, 0.0]],  # cases and readers have equal means
        [[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]],
        [[0.0, 1.0, 2.0, 0.0], [2.0, 0.0, 0.0, 2.0], [0.0, 1.0, 0.0, 1.0]],
    ],
)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_nearly_degenerate(model, unit, values, alternative):
    e = icc(values, model=model, unit=unit, alternative=alternative)
    floor = -1 / (len(values) - 1) if unit == "single" else -math.inf
    for value in (e.estimate, e.conf_low, e.conf_high):
        assert math.isnan(value) or floor - 1e-9 <= value <= 1
        assert not math.isinf(value)
    assert not math.isinf(e.statistic)
    if math.isnan(e.estimate) or math.isnan(e.conf_low) or math.isnan(e.p_value):
        assert e.note


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1.0, 2.0], {}, "two dimensions"),
        ([["a", "b"], ["a", "c"]], {}, "ratings must be numbers"),
        ([[1.0, 2.0], [1.0, 3.0]], {"model": "icc4"}, "model is 'icc4'"),
        ([[1.0, 2.0], [1.0, 3.0]], {"unit": "mean"}, "unit is 'mean'"),
        ([[1.0, 2.0], [1.0, 3.0]], {"null": 1.0}, "null must lie below 1"),
    ],
)
def test_wrong_input(values, options, message):
    with pytest.raises(ValueError, match=message):
        icc(values, **options)
