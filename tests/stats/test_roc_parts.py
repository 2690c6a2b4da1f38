"""Partial areas, values at fixed specificity or sensitivity, thresholds and bands."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from readerstudy.measures import MEASURES
from readerstudy.stats.operating_points import (
    compare_sensitivity_at,
    compare_specificity_at,
    sensitivity_at,
    specificity_at,
)
from readerstudy.stats.partial_auc import compare_partial_auc, partial_auc
from readerstudy.stats.roc import auc, roc_points
from readerstudy.stats.roc_curve import roc_band
from readerstudy.stats.thresholds import RULES, choose_threshold


def draw(seed=0, m=20, n=30, digits=1):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat([True, False], [m, n]))
    return truth, np.round(rng.normal(size=(2, m + n)) + truth, digits)


def naive_height(truth, score, specificity):
    """The sensitivity at a specificity, by walking along the vertices."""
    points = roc_points(truth, score)
    last = points[points.specificity >= specificity - 1e-12].iloc[-1]
    rest = points[points.specificity < specificity - 1e-12]
    if rest.empty or last.specificity <= specificity + 1e-12:
        return last.sensitivity
    after = rest.iloc[0]
    share = (last.specificity - specificity) / (last.specificity - after.specificity)
    return last.sensitivity + share * (after.sensitivity - last.sensitivity)


@pytest.mark.parametrize("specificity", [0, 0.13, 0.5, 0.8, 29 / 30, 1])
@pytest.mark.parametrize("seed", range(3))
def test_height_by_walking(seed, specificity):
    truth, (score, _) = draw(seed)
    e = sensitivity_at(truth, score, specificity=specificity, n_boot=2)
    assert e.estimate == pytest.approx(naive_height(truth, score, specificity), abs=1e-12)
    turned = specificity_at(~truth, -score, sensitivity=specificity, n_boot=2)
    assert turned.estimate == pytest.approx(e.estimate, abs=1e-12), "the classes exchanged"


@pytest.mark.parametrize("seed", range(3))
def test_partial_areas_by_integration_and_by_sklearn(seed):
    truth, (score, _) = draw(seed)
    e = partial_auc(truth, score, specificity=(0.7, 0.95), n_boot=2)
    grid = np.linspace(0.7, 0.95, 20_001)
    heights = [naive_height(truth, score, x) for x in grid[::40]]
    assert e.estimate == pytest.approx(np.trapezoid(heights, grid[::40]), abs=2e-4)
    theirs = roc_auc_score(truth, score, max_fpr=0.2)
    ours = partial_auc(truth, score, specificity=(0.8, 1), corrected=True, n_boot=2)
    assert ours.estimate == pytest.approx(theirs, rel=1e-12)


def test_parts_add_up():
    truth, (score, versus) = draw(3)
    parts = [partial_auc(truth, score, specificity=p, n_boot=2).estimate for p in ((0, 0.3), (0.3, 0.85), (0.85, 1))]
    assert sum(parts) == pytest.approx(auc(truth, score).estimate)
    for axis in ("specificity", "sensitivity"):
        assert partial_auc(truth, score, **{axis: (0, 1)}, n_boot=2).estimate == pytest.approx(sum(parts))
    d = compare_partial_auc(truth, score, versus, specificity=(0, 1), n_boot=400)
    assert d.estimate == pytest.approx(auc(truth, score).estimate - auc(truth, versus).estimate)


@pytest.mark.parametrize("method", ["bootstrap", "bca"])
def test_bootstrap_against_a_naive_loop(method):
    truth, (score, _) = draw(4)
    e = partial_auc(truth, score, specificity=(0.6, 1), n_boot=4000, method=method)
    rng, drawn = np.random.default_rng(1), []
    groups = np.flatnonzero(truth), np.flatnonzero(~truth)
    for _ in range(800):
        case = np.concatenate([rng.choice(group, len(group)) for group in groups])
        drawn.append(partial_auc(truth[case], score[case], specificity=(0.6, 1), n_boot=2).estimate)
    assert e.std_error == pytest.approx(np.std(drawn), rel=4 / math.sqrt(2 * 800) + 0.02)
    if method == "bootstrap":
        error = math.sqrt(0.025 * 0.975 / 800) / 0.0584 * e.std_error * 1.1
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=4 * error)
    assert e.conf_low < e.estimate < e.conf_high


def test_paired_difference_of_sensitivities_against_a_naive_loop():
    truth, (score, versus) = draw(5)
    e = compare_sensitivity_at(truth, score, versus, specificity=0.8, n_boot=4000)
    rng, drawn = np.random.default_rng(1), []
    groups = np.flatnonzero(truth), np.flatnonzero(~truth)
    for _ in range(500):
        case = np.concatenate([rng.choice(group, len(group)) for group in groups])
        drawn.append(naive_height(truth[case], score[case], 0.8) - naive_height(truth[case], versus[case], 0.8))
    assert e.std_error == pytest.approx(np.std(drawn), rel=4 / math.sqrt(2 * 500) + 0.02)
    assert e.statistic == pytest.approx(e.estimate / e.std_error)
    assert e.p_value == pytest.approx(2 * stats.norm.sf(abs(e.statistic)))


def test_a_margin_gives_a_verdict():
    truth, (score, versus) = draw(6, 60, 60)
    e = compare_specificity_at(truth, score, versus, sensitivity=0.9, margin=0.9)
    assert e.verdict == "non-inferior"
    e = compare_partial_auc(truth, score, versus, specificity=(0.8, 1), margin=1e-6, hypothesis="equivalence")
    assert e.verdict == "equivalence not shown"


VALUES = {
    "partial": lambda t, s, **o: partial_auc(t, s, specificity=(0.8, 1), **o),
    "corrected": lambda t, s, **o: partial_auc(t, s, sensitivity=(0.8, 1), corrected=True, **o),
    "bca": lambda t, s, **o: partial_auc(t, s, specificity=(0.5, 1), method="bca", **o),
    "sensitivity": lambda t, s, **o: sensitivity_at(t, s, specificity=0.9, **o),
    "specificity": lambda t, s, **o: specificity_at(t, s, sensitivity=0.9, method="bca", **o),
    **{
        f"threshold {rule}": lambda t, s, rule=rule, **o: choose_threshold(
            t, s, rule=rule, target=0.8 if rule in ("sensitivity", "specificity") else None, **o
        )[0]
        for rule in RULES
    },
}
DIFFERENCES = {
    "partial": lambda t, s, v, **o: compare_partial_auc(t, s, v, specificity=(0.8, 1), **o),
    "sensitivity": lambda t, s, v, **o: compare_sensitivity_at(t, s, v, specificity=0.9, **o),
    "specificity": lambda t, s, v, **o: compare_specificity_at(t, s, v, sensitivity=0.9, **o),
}
DEGENERATE = {
    "no case": ([], []),
    "no positive case": ([0, 0], [1, 2]),
    "no negative case": ([1, 1], [1, 2]),
    "one case each": ([0, 1], [1, 2]),
    "one positive case": ([0, 0, 0, 1], [1, 2, 3, 2]),
    "constant": ([0, 0, 1, 1], [5, 5, 5, 5]),
    "perfect": ([0, 0, 1, 1], [1, 1, 2, 2]),
    "reversed": ([0, 0, 1, 1], [2, 2, 1, 1]),
    "infinite": ([0, 0, 1, 1], [-math.inf, 0, 0, math.inf]),
}


@pytest.mark.parametrize("data", DEGENERATE)
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_degenerate_values(value, data, alternative):
    e = VALUES[value](*DEGENERATE[data], n_boot=50, alternative=alternative)
    facts = MEASURES[e.measure]
    assert not any(math.isinf(x) for x in (e.conf_low, e.conf_high, e.std_error))
    assert not math.isinf(e.estimate) or data == "infinite"
    assert e.note
    if math.isnan(e.estimate):
        assert math.isnan(e.conf_low)
    for x in (e.estimate, e.conf_low, e.conf_high):
        assert math.isnan(x) or facts.low <= x <= facts.high
    assert math.isnan(e.conf_low) or math.isnan(e.conf_high) or e.conf_low < e.conf_high or "coincide" in e.note
    if data in ("no case", "no positive case", "no negative case"):
        assert math.isnan(e.estimate)
        assert "undefined" in e.note


@pytest.mark.parametrize("data", DEGENERATE)
@pytest.mark.parametrize("value", DIFFERENCES)
def test_degenerate_differences(value, data):
    truth, score = DEGENERATE[data]
    e = DIFFERENCES[value](truth, score, score, n_boot=20)
    if data in ("no case", "no positive case", "no negative case"):
        assert "undefined" in e.note
        return
    assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == (0, 0, 0, 1)
    assert "P = 1" in e.note
    other = DIFFERENCES[value](truth, score, np.arange(len(score)), n_boot=20)
    assert other.note
    assert DIFFERENCES[value](truth, score, score, n_boot=20, margin=0.1).verdict is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t, s: partial_auc(t, s), "give one range"),
        (lambda t, s: partial_auc(t, s, specificity=(0.8, 1), sensitivity=(0.8, 1)), "give one range"),
        (lambda t, s: partial_auc(t, s, specificity=(1, 0.8)), "0 <= lo < hi <= 1"),
        (lambda t, s: partial_auc(t, s, specificity=(0, 1), method="delong"), "method is 'delong'"),
        (lambda t, s: sensitivity_at(t, s, specificity=90), "specificity must lie between 0 and 1"),
        (lambda t, s: specificity_at(t, s, sensitivity=0.9, n_boot=1), "n_boot must be 2 or more"),
        (lambda t, s: choose_threshold(t, s, rule="yoden"), "Did you mean 'youden'"),
        (lambda t, s: choose_threshold(t, s, rule="sensitivity"), "target must lie between 0 and 1"),
        (lambda t, s: choose_threshold(t, s, target=0.9), "has no target"),
        (lambda t, s: choose_threshold(t, s, cost=0), "cost must be a positive number"),
        (lambda t, s: choose_threshold(t, s, prevalence=1), "prevalence must lie strictly"),
        (lambda t, s: roc_band(t, s, method="both"), "method is 'both'"),
        (lambda t, s: roc_band(t, s, n_points=1), "n_points must be 2 or more"),
        (lambda t, s: roc_band([1, 1], s), "one class only"),
    ],
)
def test_wrong_input(call, message):
    with pytest.raises(ValueError, match=message):
        call([0, 1], [1.0, 2.0])


@pytest.mark.parametrize("seed", range(4))
def test_thresholds_by_trying_them_all(seed):
    truth, (score, _) = draw(seed)

    def at(t):
        return (score >= t)[truth].mean(), (score < t)[~truth].mean()

    tried = sorted(set(score), reverse=True)
    youden = max(tried, key=lambda t: round(sum(at(t)), 10))
    closest = min(tried, key=lambda t: round((1 - at(t)[0]) ** 2 + (1 - at(t)[1]) ** 2, 10))
    reach = next(t for t in tried if at(t)[0] >= 0.85)
    keep = [t for t in tried if at(t)[1] >= 0.85][-1]
    weighted = max(tried, key=lambda t: round(at(t)[0] + 0.8 / (5 * 0.2) * at(t)[1], 10))
    for expected, options in (
        (youden, {}),
        (closest, {"rule": "closest"}),
        (reach, {"rule": "sensitivity", "target": 0.85}),
        (keep, {"rule": "specificity", "target": 0.85}),
        (weighted, {"cost": 5, "prevalence": 0.2}),
    ):
        found = choose_threshold(truth, score, **options, n_boot=50)
        assert found[0].estimate == expected
        assert (found[1].estimate, found[2].estimate) == pytest.approx(at(expected))
        assert (found[1].count, found[2].count) == tuple(
            round(x * n) for x, n in zip(at(expected), (20, 30), strict=True)
        )
        assert all("optimistic" in e.note and e.threshold == expected for e in found)
        assert found[0].conf_low in score
        assert found[0].conf_high in score


def test_threshold_interval_holds_the_truth():
    """Two normals one and a half apart: the best threshold is half-way. 85 % or more of 80 studies find it."""
    hits = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        truth = np.repeat([True, False], 80)
        e = choose_threshold(truth, rng.normal(size=160) + 1.5 * truth, n_boot=200, rng=seed)[0]
        hits += e.conf_low <= 0.75 <= e.conf_high
    assert hits >= 68


def test_a_target_that_no_threshold_reaches():
    found = choose_threshold([0, 1, 1], [3, 1, 2], rule="specificity", target=0.5)
    assert all(math.isnan(e.estimate) and "only way to this target" in e.note for e in found)
    beaten = choose_threshold([0, 0, 1], [1, 3, 2], cost=0.1, n_boot=10)
    assert "calling nothing positive would be better" in beaten[0].note


def test_simultaneous_band_holds_the_whole_curve():
    """Of 100 true curves at 90 %, at least 84 lie in the band; the pointwise band loses more."""
    inside = {"simultaneous": 0, "pointwise": 0}
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = np.repeat([True, False], 40)
        score = rng.normal(size=80) + truth
        for method in inside:
            band = roc_band(truth, score, method=method, conf_level=0.9, n_points=21, n_boot=100, rng=seed)
            true = stats.norm.sf(stats.norm.isf(1 - band.specificity) - 1)
            inside[method] += bool(((band.conf_low <= true + 1e-12) & (true <= band.conf_high + 1e-12)).all())
    assert inside["simultaneous"] >= 84
    assert inside["pointwise"] < inside["simultaneous"]


def test_band_by_hand():
    """Kolmogorov's limit for each class at sqrt(.95), as scipy's two-sided test has it."""
    truth, (score, _) = draw(7)
    band = roc_band(truth, score, n_points=11)
    up, along = (stats.kstwo.ppf(math.sqrt(0.95), n) for n in (20, 30))
    points = roc_points(truth, score)
    for row in band.itertuples():
        near = points[(1 - points.specificity >= 1 - row.specificity - along - 1e-12)]
        far = points[(1 - points.specificity <= 1 - row.specificity + along + 1e-12)]
        assert row.conf_low == pytest.approx(max(0, near.sensitivity.min() - up))
        assert row.conf_high == pytest.approx(min(1, far.sensitivity.max() + up))
        assert row.sensitivity == pytest.approx(naive_height(truth, score, row.specificity), abs=1e-9)
