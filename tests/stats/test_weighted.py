import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats import diagnostic
from readerstudy.stats.roc import auc
from readerstudy.stats.weighted import METHODS, weighted_auc, weighted_diagnostic, weighted_proportion


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(3)
    truth = rng.random(120) < 0.5
    score = np.round(rng.normal(size=120) + truth, 1)
    return truth, score, score > 0.5, rng.uniform(1, 9, 120), np.sort(rng.integers(0, 45, 120))


def naive_error(right, weights, patients):
    """Every patient left out in turn, linearised: sum of weighted residuals a patient."""
    share = sum(w * r for w, r in zip(weights, right, strict=True)) / sum(weights)
    sums = {}
    for r, w, p in zip(right, weights, patients, strict=True):
        sums[p] = sums.get(p, 0) + w * (r - share) / sum(weights)
    n = len(sums)
    return math.sqrt(n / (n - 1) * sum(s * s for s in sums.values())), n


@pytest.mark.parametrize("clustered", [False, True])
def test_ratio_estimator_naively(sample, clustered):
    truth, _, call, weights, patients = sample
    right = truth == call
    error, n = naive_error(right, weights, patients if clustered else range(120))
    for method in METHODS:
        e = weighted_proportion(right, weights, patients=patients if clustered else None, method=method)
        assert e.estimate == pytest.approx(np.average(right, weights=weights))
        assert (e.std_error, e.df) == pytest.approx((error, n - 1))
        assert e.conf_low < e.estimate < e.conf_high
        assert e.method in METHOD_NAMES
    wald = weighted_proportion(right, weights, patients=patients if clustered else None, method="wald", conf_level=0.9)
    assert wald.conf_high - wald.estimate == pytest.approx(stats.t.ppf(0.95, n - 1) * error)


def test_weights_may_be_multiplied_and_equal_ones_are_none(sample):
    truth, score, call, weights, _ = sample
    ours = [*weighted_diagnostic(truth, call, weights), weighted_auc(truth, score, weights)]
    other = [*weighted_diagnostic(truth, call, 7 * weights), weighted_auc(truth, score, 7 * weights)]
    for e, f in zip(ours, other, strict=True):
        assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx((f.estimate, f.conf_low, f.conf_high))
        assert e.measure in MEASURES
    plain = {e.measure: e.estimate for e in diagnostic.diagnostic_table(truth, call)}
    for e in weighted_diagnostic(truth, call, np.ones(120)):
        assert e.estimate == pytest.approx(truth.mean() if e.measure == "prevalence" else plain[e.measure])
    delong, e = auc(truth, score), weighted_auc(truth, score, np.full(120, 3.0), method="wald")
    assert (e.estimate, e.std_error) == pytest.approx((delong.estimate, delong.std_error))
    assert (e.conf_low, e.conf_high) == pytest.approx((delong.conf_low, delong.conf_high))


def test_a_weight_of_two_is_a_case_twice(sample):
    truth, score, call, _, _ = sample
    rng = np.random.default_rng(1)
    weights = rng.integers(1, 4, 120)
    twice = np.repeat(np.arange(120), weights)
    ours = [*weighted_diagnostic(truth, call, weights), weighted_auc(truth, score, weights)]
    whole = [*weighted_diagnostic(truth[twice], call[twice], np.ones(len(twice))), auc(truth[twice], score[twice])]
    assert [e.estimate for e in ours] == pytest.approx([e.estimate for e in whole])


def test_auc_pair_by_pair(sample):
    truth, score, _, weights, _ = sample
    total = above = 0.0
    for s, w in zip(score[truth], weights[truth], strict=True):
        for t, v in zip(score[~truth], weights[~truth], strict=True):
            total += w * v
            above += w * v * (1.0 if s > t else 0.5 if s == t else 0.0)
    assert weighted_auc(truth, score, weights).estimate == pytest.approx(above / total)


def drawn(rng, n=4000):
    """A clinic with a tenth of positive cases; positive and difficult cases are read more often."""
    truth = rng.random(n) < 0.1
    score = rng.normal(size=n) + 1.5 * truth
    chance = np.where(truth, 0.5, 0.03) * np.where(np.abs(score - 1) < 0.7, 1.0, 0.5)
    read = rng.random(n) < chance
    return truth[read], score[read], 1 / chance[read]


def test_coverage_of_the_truth_by_simulation():
    rng = np.random.default_rng(6)
    true_values = {
        "sensitivity": stats.norm.sf(0.8, 1.5),
        "specificity": stats.norm.cdf(0.8),
        "auc": stats.norm.cdf(1.5 / math.sqrt(2)),
        "prevalence": 0.1,
    }
    hits = 0.1 * true_values["sensitivity"]
    alarms = 0.9 * (1 - true_values["specificity"])
    true_values["ppv"] = hits / (hits + alarms)
    true_values["accuracy"] = hits + 0.9 * true_values["specificity"]
    covered, errors = dict.fromkeys(true_values, 0), {name: [] for name in true_values}
    for _ in range(600):
        truth, score, weights = drawn(rng)
        records = [*weighted_diagnostic(truth, score > 0.8, weights), weighted_auc(truth, score, weights)]
        for e in records:
            if e.measure in true_values:
                covered[e.measure] += e.conf_low <= true_values[e.measure] <= e.conf_high
                errors[e.measure].append((e.estimate, e.std_error))
    for name, found in errors.items():
        estimates, std_errors = np.transpose(found)
        assert estimates.mean() == pytest.approx(true_values[name], abs=0.01)
        assert std_errors.mean() == pytest.approx(estimates.std(), rel=0.1)
        assert covered[name] / 600 == pytest.approx(0.95, abs=0.03)


def test_strata_make_it_narrower():
    """A fixed number of positive and negative cases: their share is known, so that PPV and accuracy are surer."""
    rng = np.random.default_rng(7)
    truth = np.repeat([True, False], [60, 60])
    weights = np.where(truth, 1.0, 9.0)
    found = []
    for _ in range(400):
        call = np.where(rng.random(120) < 0.8, truth, ~truth)
        for strata in (None, truth):
            records = {e.measure: e for e in weighted_diagnostic(truth, call, weights, strata=strata)}
            found.append([records["accuracy"].estimate, records["accuracy"].std_error, records["ppv"].estimate,
                          records["ppv"].std_error])  # fmt: skip
    loose, strict = np.reshape(found, (-1, 2, 4)).transpose(1, 0, 2)
    assert strict[:, 1].mean() == pytest.approx(strict[:, 0].std(), rel=0.1)
    assert strict[:, 3].mean() == pytest.approx(strict[:, 2].std(), rel=0.1)
    assert loose[:, 3].mean() > 1.05 * strict[:, 3].mean()
    records = weighted_diagnostic(truth, truth, weights, strata=truth)
    assert records[-1].std_error == 0
    assert "no variation" in records[-1].note


def test_patients_with_correlated_cases():
    rng = np.random.default_rng(9)
    patients = np.repeat(np.arange(60), 4)
    found, plain = [], []
    for _ in range(300):
        right = rng.random(60).repeat(4) < 0.7
        weights = rng.uniform(1, 3, 60).repeat(4)
        found.append(weighted_proportion(right, weights, patients=patients, method="wald"))
        plain.append(weighted_proportion(right, weights, method="wald"))
    spread = np.std([e.estimate for e in found])
    assert np.mean([e.std_error for e in found]) == pytest.approx(spread, rel=0.1)
    assert np.mean([e.std_error for e in plain]) < 0.6 * spread
    assert found[0].n_patients == 60


@pytest.mark.parametrize("method", METHODS)
def test_all_alike(method):
    """Clopper and Pearson's limits, of the effective number of cases."""
    e = weighted_proportion([1] * 20, np.ones(20), method=method)
    assert (e.estimate, e.conf_high) == (1, 1)
    assert e.conf_low == pytest.approx(0.025 ** (1 / 20))
    assert "20.0" in e.note
    few = weighted_proportion([0] * 20, [10] + [1] * 19, method=method)
    assert few.conf_low == 0
    assert few.conf_high > 1 - 0.025 ** (1 / 20)


def test_degenerate():
    assert weighted_proportion([], []).note == "no case"
    one = weighted_proportion([1, 0], [1, 2], patients=["a", "a"])
    assert one.estimate == pytest.approx(1 / 3)
    assert one.note == "one patient: no standard error"
    assert math.isnan(one.conf_low)
    strata = weighted_proportion([1, 0], [1, 2], strata=["a", "b"])
    assert "as many strata as patients" in strata.note
    lonely = weighted_proportion([1, 0, 1, 0, 1], [1, 2, 1, 1, 1], strata=["a", "a", "b", "b", "c"])
    assert lonely.conf_low < lonely.estimate < lonely.conf_high
    notes = {e.measure: e.note for e in weighted_diagnostic([0, 0, 0], [0, 0, 0], [1, 2, 3])}
    assert notes["sensitivity"] == "undefined: no positive case"
    assert notes["ppv"] == "undefined: nothing was called positive"
    assert weighted_auc([1, 1], [1, 2], [1, 1]).note == "undefined: no negative case"
    assert weighted_auc([], [], []).note == "no case"
    best = weighted_auc([0, 0, 1, 1], [1, 2, 3, 4], [1, 2, 3, 4])
    assert (best.estimate, best.conf_high) == (1, 1)
    assert 0 < best.conf_low < 1
    assert "effective 2 and 2" in best.note
    flat = weighted_auc([0, 0, 1, 1], [1, 1, 1, 1], [1, 2, 3, 4])
    assert (flat.conf_low, flat.conf_high, flat.std_error) == (0.5, 0.5, 0)
    alone = weighted_auc([1, 0, 0], [2, 1, 3], [1, 1, 2])
    assert "one patient of a class" in alone.note
    assert math.isnan(alone.std_error)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([1, 0], [1, 0]), {}, "weights must be above 0"),
        (([1, 0], [1, math.inf]), {}, "weights must be above 0"),
        (([1, 0], [1, math.nan]), {}, "weights is missing"),
        (([1, 0], [1]), {}, "weights has 1"),
        (([1, 2], [1, 1]), {}, "right must be boolean"),
        (([1, 0], [1, 1]), {"strata": ["a"]}, "strata has 1"),
        (([1, 0], [1, 1]), {"strata": ["a", "b"], "patients": [1, 1]}, "a patient has cases in two strata"),
        (([1, 0], [1, 1]), {"method": "wilson"}, "method"),
        (([1, 0], [1, 1]), {"conf_level": 95}, "conf_level"),
    ],
)
def test_wrong_input(arguments, options, said):
    with pytest.raises(ValueError, match=said):
        weighted_proportion(*arguments, **options)


def test_all_cases_went_in_and_some_are_the_denominator():
    truth, call, patients = [1, 1, 0, 0, 0, 1], [1, 0, 0, 1, 0, 1], [1, 1, 2, 2, 3, 4]
    found = {e.measure: e for e in weighted_diagnostic(truth, call, [1, 2, 1, 3, 1, 1], patients=patients)}
    assert {(e.n_cases, e.n_patients) for e in found.values()} == {(6, 4)}
    assert [found[name].total for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy")] == [3, 3, 3, 3, 6]
    plain = diagnostic.sensitivity(truth, call, patients=patients)
    assert (plain.n_cases, plain.n_patients, plain.total) == (6, 4, 3)
