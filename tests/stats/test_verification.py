import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats import diagnostic
from readerstudy.stats.roc import auc
from readerstudy.stats.verification import CORRECTED, METHODS, verification_corrected
from readerstudy.stats.verification_auc import verification_corrected_auc


def arrays(table):
    """Call: (positive, negative, unverified)."""
    truth, call = [], []
    for c, (positive, negative, unverified) in table.items():
        truth += [1] * positive + [0] * negative + [None] * unverified
        call += [c] * (positive + negative + unverified)
    return truth, call


SCANS = {1: (231, 32, 166), 0: (27, 54, 140)}


@pytest.mark.parametrize("table", [SCANS, {1: (30, 20, 10), 0: (4, 40, 200)}])
def test_published_closed_form(table):
    """Begg and Greenes 1983: the variance of the logit, whose parts are those of two risks and of the calls."""
    (s1, f1, u1), (s0, f0, u0) = table[1], table[0]
    n1, n0, p1, p0 = s1 + f1 + u1, s0 + f0 + u0, s1 / (s1 + f1), s0 / (s0 + f0)
    z = stats.norm.ppf(0.975)
    by_calls = 1 / n1 + 1 / n0
    expected = {
        "sensitivity": (n1 * p1 / (n1 * p1 + n0 * p0), (1 - p1) / s1 + (1 - p0) / s0 + by_calls),
        "specificity": (n0 * (1 - p0) / (n1 * (1 - p1) + n0 * (1 - p0)), p1 / f1 + p0 / f0 + by_calls),
        "ppv": (p1, 1 / s1 + 1 / f1),
        "npv": (1 - p0, 1 / s0 + 1 / f0),
    }
    found = {e.measure: e for e in verification_corrected(*arrays(table))}
    assert tuple(found) == CORRECTED
    for name, (value, variance) in expected.items():
        e, odds = found[name], value / (1 - value)
        assert e.estimate == pytest.approx(value, rel=1e-12)
        assert e.std_error == pytest.approx(value * (1 - value) * math.sqrt(variance), rel=1e-10)
        limits = [odds * math.exp(sign * z * math.sqrt(variance)) for sign in (-1, 1)]
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(x / (1 + x) for x in limits), rel=1e-10)
    n = n1 + n0
    assert found["prevalence"].estimate == pytest.approx((n1 * p1 + n0 * p0) / n)
    assert found["accuracy"].estimate == pytest.approx((n1 * p1 + n0 * (1 - p0)) / n)
    for e in found.values():
        assert e.measure in MEASURES
        assert e.method in METHOD_NAMES
        assert "missing at random" in e.note


@pytest.mark.parametrize("method", METHODS)
def test_all_verified_is_the_plain_table(method):
    rng = np.random.default_rng(2)
    truth = rng.random(80) < 0.5
    call = np.where(rng.random(80) < 0.8, truth, ~truth)
    plain = {e.measure: e.estimate for e in diagnostic.diagnostic_table(truth, call)}
    strata = rng.integers(0, 2, 80)
    for options in ({}, {"strata": strata}, {"patients": np.arange(80)}):
        for e in verification_corrected(truth, call, method=method, **options):
            assert e.estimate == pytest.approx(truth.mean() if e.measure == "prevalence" else plain[e.measure])
    score = np.round(rng.normal(size=80) + truth, 1)
    ours, delong = verification_corrected_auc(truth, score, method="wald"), auc(truth, score)
    assert ours.estimate == pytest.approx(delong.estimate)
    assert ours.std_error == pytest.approx(delong.std_error, rel=0.02)


def test_strata_by_hand():
    """In each stratum the expected table; summed."""
    tables = {"a": {1: (20, 5, 5), 0: (4, 16, 60)}, "b": {1: (10, 10, 20), 0: (3, 27, 30)}}
    truth, call, strata, mass = [], [], [], np.zeros((2, 2))
    for name, table in tables.items():
        t, c = arrays(table)
        truth, call, strata = truth + t, call + c, strata + [name] * len(t)
        for k, (positive, negative, unverified) in table.items():
            n, risk = positive + negative + unverified, positive / (positive + negative)
            mass[k] += n * (1 - risk), n * risk
    found = {e.measure: e.estimate for e in verification_corrected(truth, call, strata=strata)}
    assert found["sensitivity"] == pytest.approx(mass[1, 1] / mass[:, 1].sum())
    assert found["specificity"] == pytest.approx(mass[0, 0] / mass[:, 0].sum())
    assert found["ppv"] == pytest.approx(mass[1, 1] / mass[1].sum())
    assert found["npv"] == pytest.approx(mass[0, 0] / mass[0].sum())


def screened(rng, n=600):
    """Sensitivity 0.75, specificity 0.85; who is verified depends on the call and on an informative symptom."""
    truth = rng.random(n) < 0.2
    symptom = rng.random(n) < np.where(truth, 0.6, 0.2)
    call = rng.random(n) < np.where(truth, 0.75, 0.15)
    known = rng.random(n) < np.select([call & symptom, call, symptom], [0.95, 0.7, 0.6], 0.25)
    return truth, symptom, call, known


def test_coverage_by_simulation():
    rng = np.random.default_rng(4)
    true = {"sensitivity": 0.75, "specificity": 0.85, "prevalence": 0.2, "accuracy": 0.2 * 0.75 + 0.8 * 0.85}
    true["ppv"], true["npv"] = 0.15 / (0.15 + 0.12), 0.68 / (0.68 + 0.05)
    covered, found, ignoring = dict.fromkeys(true, 0), {name: [] for name in true}, []
    for _ in range(500):
        truth, symptom, call, known = screened(rng)
        for e in verification_corrected(truth, call, verified=known, strata=symptom):
            covered[e.measure] += e.conf_low <= true[e.measure] <= e.conf_high
            found[e.measure].append((e.estimate, e.std_error))
        ignoring.append(truth[known & call].sum() / truth[known].sum())
    assert np.mean(ignoring) > 0.82
    for name, pairs in found.items():
        estimates, errors = np.transpose(pairs)
        assert estimates.mean() == pytest.approx(true[name], abs=0.012)
        assert errors.mean() == pytest.approx(estimates.std(), rel=0.12)
        assert covered[name] / 500 == pytest.approx(0.95, abs=0.035)


def test_bootstrap_agrees_with_the_delta_method():
    truth, call = arrays(SCANS)
    plain, wald = verification_corrected(truth, call), verification_corrected(truth, call, method="wald")
    drawn = verification_corrected(truth, call, method="bootstrap", n_boot=4000, rng=1)
    for e, w, b in zip(plain, wald, drawn, strict=True):
        assert e.estimate == w.estimate == b.estimate
        assert b.conf_high - b.conf_low == pytest.approx(w.conf_high - w.conf_low, rel=0.06)
        assert b.to_dict() == next(
            f for f in verification_corrected(truth, call, method="bootstrap", n_boot=4000, rng=1)
            if f.measure == b.measure
        ).to_dict()  # fmt: skip


def test_patients():
    truth, call = arrays({1: (40, 10, 20), 0: (10, 60, 60)})
    twice = [*truth, *truth], [*call, *call]
    patients = [*range(200), *range(200)]
    once, ignoring = verification_corrected(truth, call), verification_corrected(*twice)
    for method in ("logit", "bootstrap"):
        found = verification_corrected(*twice, patients=patients, method=method)
        for e, one, plain in zip(found, once, ignoring, strict=True):
            assert e.std_error == pytest.approx(one.std_error, rel=0.02)
            assert plain.std_error == pytest.approx(one.std_error / math.sqrt(2), rel=0.02)
            assert e.conf_high - e.conf_low == pytest.approx(one.conf_high - one.conf_low, rel=0.12)
            assert e.n_patients == 200


def test_few_false_negatives():
    """None of those called negative had the disease: not sure that the sensitivity is 1."""
    truth, call = arrays({1: (20, 20, 0), 0: (0, 30, 170)})
    for method in ("logit", "wald"):
        e = verification_corrected(truth, call, method=method)[0]
        assert (e.estimate, e.conf_high) == (1, 1)
        assert e.conf_low < 0.85
        assert "all alike" in e.note
    one = {e.measure: e for e in verification_corrected(*arrays({1: (10, 0, 5), 0: (0, 10, 5)}))}
    for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy"):
        assert (one[name].estimate, one[name].conf_high) == (1, 1)
        assert 0.3 < one[name].conf_low < 1


@pytest.mark.parametrize(
    ("table", "notes"),
    [
        ({1: (5, 5, 5), 0: (0, 0, 9)}, {"sensitivity": "negative has no verified", "npv": "negative has no verified"}),
        ({1: (0, 0, 9), 0: (2, 5, 9)}, {"specificity": "positive has no verified", "ppv": "positive has no verified"}),
        ({1: (5, 5, 5)}, {"npv": "nothing was called negative"}),
        ({1: (0, 5, 5), 0: (0, 9, 1)}, {"sensitivity": "no positive case among the verified"}),
        ({1: (5, 0, 5), 0: (9, 0, 1)}, {"specificity": "no negative case among the verified"}),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_undefined(table, notes, method):
    truth, call = arrays(table)
    for e in verification_corrected(truth, call, method=method, n_boot=50):
        if e.measure in notes:
            assert math.isnan(e.estimate)
            assert math.isnan(e.conf_low)
            assert notes[e.measure] in e.note
        if not math.isnan(e.estimate):
            assert 0 <= e.conf_low <= e.estimate <= e.conf_high <= 1
    if 0 in table and table[0] == (0, 0, 9):
        assert verification_corrected(truth, call)[2].estimate == 0.5


def test_no_case_and_one_patient():
    assert {e.note for e in verification_corrected([], [])} == {"no case"}
    for e in verification_corrected([1, 0, 1, 0], [1, 1, 0, 0], patients=["a"] * 4):
        assert e.estimate == 0.5
        assert "one patient" in e.note


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([1, 0], [1]), {}, "not one length"),
        (([1, None], [1, 0]), {"verified": [1, 1]}, "truth is missing at position 1"),
        (([1, 2], [1, 0]), {}, "truth must be boolean"),
        (([1, 0], [1, None]), {}, "call"),
        (([1, 0], [1, 0]), {"strata": ["a"]}, "strata has 1"),
        (([1, 0], [1, 0]), {"method": "wilson"}, "method"),
        (([1, 0], [1, 0]), {"method": "bootstrap", "n_boot": 1}, "n_boot"),
    ],
)
def test_wrong_input(arguments, options, said):
    with pytest.raises(ValueError, match=said):
        verification_corrected(*arguments, **options)


def test_auc_pair_by_pair():
    rng = np.random.default_rng(1)
    score = rng.integers(1, 6, 150)
    truth = [
        bool(t) if v else None for t, v in zip(rng.random(150) < score / 8, rng.random(150) < score / 6, strict=True)
    ]
    weight = {}
    for rating in range(1, 6):
        of = [t for t, s in zip(truth, score, strict=True) if s == rating]
        weight[rating] = len(of) / sum(t is not None for t in of)
    total = above = 0.0
    for t, s in zip(truth, score, strict=True):
        for u, r in zip(truth, score, strict=True):
            if t is True and u is False:
                w = weight[s] * weight[r]
                total += w
                above += w * (1.0 if s > r else 0.5 if s == r else 0.0)
    e = verification_corrected_auc(truth, score)
    assert e.estimate == pytest.approx(above / total)
    assert e.conf_low < e.estimate < e.conf_high
    given = verification_corrected_auc(truth, score, probability=[1 / weight[s] for s in score.tolist()])
    assert given.estimate == pytest.approx(e.estimate)


@pytest.mark.parametrize("how", ["ratings", "strata", "probability"])
def test_auc_coverage_by_simulation(how):
    rng = np.random.default_rng(8)
    found = []
    for _ in range(400):
        truth = rng.random(500) < 0.3
        score = rng.normal(size=500) + 1.2 * truth
        if how == "ratings":
            score = np.digitize(score, [-0.5, 0.3, 1.0, 1.8])
            chance = np.array([0.2, 0.3, 0.5, 0.7, 0.9])[score]
        else:
            chance = np.where(score > 1, 0.8, 0.3)
        known = rng.random(500) < chance
        options = {"strata": {"strata": score > 1}, "probability": {"probability": chance}}.get(how, {})
        e = verification_corrected_auc(truth, score, verified=known, **options)
        found.append((e.estimate, e.std_error, e.conf_low, e.conf_high))
    estimates, errors, low, high = np.transpose(found)
    cuts = stats.norm.cdf([-0.5, 0.3, 1.0, 1.8])
    moved = stats.norm.cdf(np.array([-0.5, 0.3, 1.0, 1.8]) - 1.2)
    shares, others = np.diff([0, *cuts, 1]), np.diff([0, *moved, 1])
    binned = sum(o * (shares[:k].sum() + shares[k] / 2) for k, o in enumerate(others))
    true = binned if how == "ratings" else stats.norm.cdf(1.2 / math.sqrt(2))
    assert estimates.mean() == pytest.approx(true, abs=0.006)
    assert errors.mean() == pytest.approx(estimates.std(), rel=0.1)
    assert np.mean((low <= true) & (true <= high)) == pytest.approx(0.95, abs=0.035)


def test_auc_edges():
    assert verification_corrected_auc([], []).note.endswith("no case")
    assert "no verified negative case" in verification_corrected_auc([1, None, 1], [1, 2, 3]).note
    bare = verification_corrected_auc([1, 0, None], [1, 2, 3])
    assert "1 group has no verified case: give coarser strata" in bare.note
    assert math.isnan(bare.estimate)
    best = verification_corrected_auc([1, 1, 0, 0, None], [4, 3, 2, 1, 4])
    assert (best.estimate, best.conf_high) == (1, 1)
    assert 0 < best.conf_low < 1
    alone = verification_corrected_auc([1, 0, 0, 0], [2, 1, 2, 3])
    assert math.isnan(alone.std_error)
    assert "no standard error" in alone.note
    with pytest.raises(ValueError, match="not both"):
        verification_corrected_auc([1, 0], [1, 2], strata=[1, 1], probability=[1, 1])
    with pytest.raises(ValueError, match="above 0"):
        verification_corrected_auc([1, 0], [1, 2], probability=[0, 1])
    with pytest.raises(ValueError, match="not one length"):
        verification_corrected_auc([1, 0], [1, 2], strata=[1])


def test_interval_of_few_patients_is_students():
    truth = [1, 1, 0, 0, None, 1, 0, 0]
    call = [1, 1, 1, 0, 0, 0, 0, 1]
    patients = [1, 1, 2, 2, 3, 3, 4, 4]
    found = verification_corrected(truth, call, patients=patients)
    for e in found:
        if e.measure in ("ppv", "npv"):  # of those with such a call
            assert e.df == len({p for p, c in zip(patients, call, strict=True) if c == (e.measure == "ppv")}) - 1
        else:
            assert e.df == 3
    # Accuracy moves with both cells, neither of which has verified cases that are all alike.
    e = next(e for e in found if e.measure == "accuracy")
    value, reach = e.estimate, stats.t.ppf(0.975, e.df) * e.std_error / (e.estimate * (1 - e.estimate))
    logit = math.log(value / (1 - value))
    assert [e.conf_low, e.conf_high] == pytest.approx([1 / (1 + math.exp(-logit + s)) for s in (reach, -reach)])
    assert all(math.isnan(e.df) for e in verification_corrected(truth, call))
    wald = next(e for e in verification_corrected(truth, call, patients=patients, method="wald") if e.measure == "ppv")
    assert wald.conf_low == pytest.approx(max(0, wald.estimate - stats.t.ppf(0.975, wald.df) * wald.std_error))


def test_truth_of_pandas_that_is_not_available_was_not_verified():
    truth, call = [1, 0, None, 1, 0, None], [1, 0, 0, 0, 1, 1]
    for given in (pd.array([None if t is None else bool(t) for t in truth], dtype="boolean"), pd.array(truth, "Int64")):
        assert verification_corrected(given, call) == verification_corrected(truth, call)
        assert verification_corrected_auc(given, call) == verification_corrected_auc(truth, call)
