"""The AUC when a patient may have several cases."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import readerstudy as rs
from readerstudy.measures import METHOD_NAMES
from readerstudy.stats._patients import patients_of
from readerstudy.stats.clustered_auc import METHODS, obuchowski_covariance


def study(seed=1, patients=50, alike=1.0, ties=False, gain=(1.2, 0.8)):
    """Truth and two scores; cases of a patient are alike in truth and in score."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), rng.integers(1, 6, patients))
    n = len(patient)
    truth = rng.random(n) < rng.beta(0.6, 0.6, patients)[patient]
    mood = rng.normal(size=(2, patients))[:, patient] + rng.normal(size=patients)[patient]
    scores = rng.normal(size=(2, n)) + alike * mood + np.array(gain)[:, None] * truth
    return truth, np.round(scores) if ties else scores, patient


def naive(truth, scores, patient):
    """Obuchowski's formulas with a loop over pairs and patients."""
    cases = [np.flatnonzero(truth), np.flatnonzero(~truth)]
    sizes = [len(found) for found in cases]
    psi = [
        np.array([[(row[i] > row[j]) + (row[i] == row[j]) / 2 for j in cases[1]] for i in cases[0]]) for row in scores
    ]
    areas = [table.mean() for table in psi]
    numbers = sorted(set(patient.tolist()))
    sums = np.zeros((2, 2, len(numbers)))
    has = np.zeros((2, len(numbers)), dtype=bool)
    for place, number in enumerate(numbers):
        for of_class in (0, 1):
            own = patient[cases[of_class]] == number
            has[of_class, place] = own.any()
            for reader in (0, 1):
                values = psi[reader].mean(axis=1 - of_class)[own]
                sums[reader, of_class, place] = (values - areas[reader]).sum()
    m = len(numbers)
    covariance = np.zeros((2, 2))
    for r in (0, 1):
        for s in (0, 1):
            for of_class in (0, 1):
                k = has[of_class].sum()
                component = k / ((k - 1) * sizes[of_class]) * sums[r, of_class] @ sums[s, of_class]
                covariance[r, s] += component / sizes[of_class]
            cross = m / (m - 1) * (sums[r, 0] @ sums[s, 1] + sums[s, 0] @ sums[r, 1])
            covariance[r, s] += cross / (sizes[0] * sizes[1])
    return np.array(areas), covariance


@pytest.mark.parametrize("ties", [False, True])
def test_covariance_by_all_pairs(ties):
    truth, scores, patient = study(patients=20, ties=ties)
    areas, covariance = rs.auc_covariance(truth, scores, patients=patient)
    ours = naive(truth, scores, patient)
    assert areas == pytest.approx(ours[0], rel=1e-12)
    assert covariance == pytest.approx(ours[1], rel=1e-10)


def test_near_the_jackknife_of_patients():
    truth, scores, patient = study(patients=150)
    covariance = rs.auc_covariance(truth, scores, patients=patient)[1]
    left_out = np.array([
        rs.auc_covariance(truth[patient != k], scores[:, patient != k])[0] for k in range(150)
    ])  # fmt: skip
    jackknife = (left_out - left_out.mean(axis=0)).T @ (left_out - left_out.mean(axis=0)) * 149 / 150
    assert covariance == pytest.approx(jackknife, rel=0.05, abs=1e-5)


@pytest.mark.parametrize("method", ["delong", "logit"])
def test_one_case_a_patient_is_no_patients(method):
    truth, scores, _ = study(ties=True)
    alone = np.arange(len(truth))
    plain, e = (rs.auc(truth, scores[0], method=method, null=0.6, **o) for o in ({}, {"patients": alone}))
    for name in ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value"):
        assert getattr(e, name) == pytest.approx(getattr(plain, name), rel=1e-10)
    assert e.method == METHODS[method]
    plain, e = (rs.compare_auc(truth, *scores, margin=0.1, **o) for o in ({}, {"patients": alone}))
    for name in ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value"):
        assert getattr(e, name) == pytest.approx(getattr(plain, name), rel=1e-9)
    assert rs.auc_covariance(truth, scores, patients=alone)[1] == pytest.approx(rs.auc_covariance(truth, scores)[1])


@pytest.mark.parametrize("method", ["bootstrap", "bca"])
def test_bootstrap_of_patients(method):
    truth, scores, patient = study(patients=80, ties=True)
    normal = rs.auc(truth, scores[0], patients=patient)
    e = rs.auc(truth, scores[0], method=method, patients=patient, n_boot=3000)
    assert e.conf_high - e.conf_low == pytest.approx(normal.conf_high - normal.conf_low, rel=0.12)
    assert e.method in METHOD_NAMES
    plain = rs.auc(truth, scores[0], method=method)
    alone = rs.auc(truth, scores[0], method=method, patients=np.arange(len(truth)))
    # Two Monte-Carlo answers of the same distribution.
    assert (alone.conf_low, alone.conf_high) == pytest.approx((plain.conf_low, plain.conf_high), abs=0.008)


def test_replicates_are_the_aucs_of_patients_drawn():
    """A replicate by hand: patients are drawn with all their cases, in the three groups apart."""
    from readerstudy.stats.clustered_auc import _replicates, strata_of

    truth, scores, patient = study(patients=12, ties=True)
    whose = patients_of(patient, len(patient))
    drawn = np.concatenate([b[0] for b in _replicates(truth, [scores[0]], whose, 5, np.random.default_rng(7))])
    rng = np.random.default_rng(7)
    picked = [group[rng.integers(0, len(group), (5, len(group)))] for group in strata_of(truth, whose)]
    for replicate in range(5):
        cases = np.concatenate([np.flatnonzero(patient == k) for group in picked for k in group[replicate]])
        assert drawn[replicate] == pytest.approx(rs.auc(truth[cases], scores[0, cases]).estimate, abs=1e-12)


def test_bootstrap_of_a_difference():
    truth, scores, patient = study(patients=80)
    normal = rs.compare_auc(truth, *scores, patients=patient)
    e = rs.compare_auc(truth, *scores, method="bootstrap", patients=patient)
    assert e.std_error == pytest.approx(normal.std_error, rel=0.12)
    assert (e.method, e.test_method) == ("cluster-bootstrap", "cluster-bootstrap-z")
    assert e.method in METHOD_NAMES
    assert e.test_method in METHOD_NAMES


def test_swapping_and_relabelling():
    truth, scores, patient = study(ties=True)
    one = rs.compare_auc(truth, scores[0], scores[1], patients=patient)
    other = rs.compare_auc(truth, scores[1], scores[0], patients=[f"p{-k}" for k in patient])
    assert (one.estimate, one.conf_low) == pytest.approx((-other.estimate, -other.conf_high))
    assert one.p_value == pytest.approx(other.p_value)


def test_identical_scores():
    truth, scores, patient = study()
    e = rs.compare_auc(truth, scores[0], np.exp(scores[0]), patients=patient)
    assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == (0, 0, 0, 1)
    assert "paired variance 0" in e.note
    assert math.isnan(rs.compare_auc(truth, scores[0], scores[0], margin=0.1, patients=patient).p_value)


def test_perfect_reader():
    truth = np.array([1, 1, 1, 0, 0, 0, 0, 1])
    patient = [1, 1, 1, 2, 2, 3, 4, 4]
    for method in METHODS:
        e = rs.auc(truth, truth, method=method, null=0.5, patients=patient)
        plain = rs.auc(truth, truth)
        assert e.method == "newcombe"
        assert e.estimate == e.conf_high == 1
        assert 0 < e.conf_low < plain.conf_low  # two patients with positive cases are fewer than four cases
        assert "AUC = 1" in e.note
        assert "no test" in e.note


def test_few_patients():
    truth, score = [1, 1, 0, 0], [4, 2, 3, 1]
    e = rs.auc(truth, score, patients=[1, 1, 1, 1])
    assert e.estimate == 0.75
    assert math.isnan(e.conf_low)
    assert "one patient" in e.note
    e = rs.auc(truth, score, patients=[1, 1, 2, 3])
    assert "all cases of a class are of one patient" in e.note
    assert 0 <= e.conf_low < e.conf_high <= 1
    e = rs.compare_auc(truth, score, score[::-1], patients=[1, 1, 2, 3])
    assert "all cases of a class are of one patient" in e.note
    assert "one patient" in rs.compare_auc(truth, score, score[::-1], patients=[1, 1, 1, 1]).note
    # Every patient has a case of both classes.
    e = rs.auc(truth, score, patients=[1, 2, 1, 2])
    assert e.n_patients == 2
    assert e.conf_low <= e.estimate <= e.conf_high
    for empty in ([1, 1], [0, 0]):
        assert "undefined" in rs.auc(empty, [1, 2], patients=[1, 2]).note
        assert "undefined" in rs.compare_auc(empty, [1, 2], [2, 1], patients=[1, 2]).note


def test_wrong_input():
    with pytest.raises(ValueError, match="needs paired=True"):
        rs.compare_auc([1, 0], [1, 2], [2, 1], paired=False, patients=[1, 2])
    with pytest.raises(ValueError, match="patients has 3, the other arrays have 2"):
        rs.auc([1, 0], [1, 2], patients=[1, 2, 3])
    with pytest.raises(ValueError, match="must be one of 'delong'"):
        rs.auc([1, 0], [1, 2], method="obuchowski", patients=[1, 2])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=14)
)
def test_whatever_the_cases(cases):
    truth, score, versus, patient = (np.array(column) for column in zip(*cases, strict=True))
    for method in METHODS:
        e = rs.auc(truth, score, method=method, n_boot=30, patients=patient)
        assert e.n_patients == len(set(patient.tolist()))
        if math.isnan(e.conf_low):
            assert e.note
        else:
            assert 0 <= e.conf_low <= e.estimate <= e.conf_high <= 1
    for method in ("delong", "bootstrap"):
        e = rs.compare_auc(truth, score, versus, method=method, n_boot=30, patients=patient)
        if math.isnan(e.conf_low) or math.isnan(e.p_value):
            assert e.note
        else:
            assert -1 <= e.conf_low <= e.conf_high <= 1


def test_many_cases_take_no_square_of_memory():
    rng = np.random.default_rng(3)
    patient = rng.integers(0, 60_000, 200_000)
    truth = rng.random(200_000) < 0.3
    scores = rng.normal(size=(2, 200_000)) + truth
    start = time.process_time()
    _, covariance = obuchowski_covariance(truth, scores, patients_of(patient, 200_000))
    assert time.process_time() - start < 3
    # Cases of a patient are independent here.
    assert covariance == pytest.approx(rs.auc_covariance(truth, scores)[1], rel=0.05, abs=2e-8)


def test_coverage_and_type_one_error_and_what_ignoring_the_patients_costs():
    """500 studies of 60 patients whose cases are mostly of one class: an error of about 1 %."""
    rng = np.random.default_rng(11)
    truth, scores, patient = study(seed=99, patients=6000, gain=(1.2, 1.2))
    area = rs.auc_covariance(truth, scores)[0].mean()
    held = {"obuchowski": 0, "ignored": 0, "rejected": 0, "rejected when ignored": 0}
    for _ in range(500):
        truth, scores, patient = study(seed=int(rng.integers(2**32)), patients=60, gain=(1.2, 1.2))
        e, plain = rs.auc(truth, scores[0], patients=patient), rs.auc(truth, scores[0])
        held["obuchowski"] += e.conf_low <= area <= e.conf_high
        held["ignored"] += plain.conf_low <= area <= plain.conf_high
        held["rejected"] += rs.compare_auc(truth, *scores, patients=patient).p_value < 0.05
        held["rejected when ignored"] += rs.compare_auc(truth, *scores).p_value < 0.05
    shares = {name: count / 500 for name, count in held.items()}
    assert 0.90 < shares["obuchowski"] < 0.98
    assert shares["rejected"] < 0.09
    assert shares["ignored"] < shares["obuchowski"] - 0.05
    assert shares["rejected when ignored"] > shares["rejected"] + 0.05
