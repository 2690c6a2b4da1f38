import math

import numpy as np
import pytest

import readerstudy as rs
from readerstudy.measures import METHOD_NAMES
from readerstudy.stats._patients import patients_of
from readerstudy.stats.clustered_auc import drawn_patients, strata_of
from readerstudy.stats.clustered_bootstrap import MEASURES


def study(seed=4, patients=80):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), rng.integers(1, 6, patients))
    mood = rng.normal(size=patients)[patient]
    truth = rng.random(len(patient)) < 0.5
    return truth, rng.normal(size=len(patient)) + mood + 1.5 * truth > 0.7, patient


@pytest.mark.parametrize("measure", MEASURES)
def test_near_the_ratio_estimator(measure):
    truth, call, patient = study()
    e = rs.cluster_bootstrap(truth, call, measure=measure, patients=patient, n_boot=4000)
    other = getattr(rs, measure)(truth, call, patients=patient)
    assert e.estimate == pytest.approx(other.estimate)
    assert e.std_error == pytest.approx(other.std_error, rel=0.12)
    assert (e.conf_low, e.conf_high) == pytest.approx((other.conf_low, other.conf_high), abs=0.035)
    assert e.method in METHOD_NAMES
    bca = rs.cluster_bootstrap(truth, call, measure=measure, method="bca", patients=patient)
    assert (bca.conf_low, bca.conf_high) == pytest.approx((e.conf_low, e.conf_high), abs=0.04)
    assert bca.method == "cluster-bca"


@pytest.mark.parametrize("measure", MEASURES)
def test_replicates_by_hand(measure):
    truth, call, patient = study(patients=15)
    whose = patients_of(patient, len(patient))
    apart = measure in ("sensitivity", "specificity", "balanced_accuracy", "youden")
    strata = strata_of(truth, whose) if apart else [np.arange(15)]
    times = next(drawn_patients(strata, whose, 200, np.random.default_rng(3)))
    replicates = []
    for row in times:
        cases = np.repeat(np.arange(len(patient)), row[patient])
        replicates.append(getattr(rs, measure)(truth[cases], call[cases]).estimate)
    e = rs.cluster_bootstrap(truth, call, measure=measure, patients=patient, n_boot=200, rng=3)
    assert e.std_error == pytest.approx(np.std(replicates, ddof=1), rel=1e-9)
    assert (e.conf_low, e.conf_high) == pytest.approx(np.quantile(replicates, [0.025, 0.975]), rel=1e-9)


def test_cases_drawn_one_by_one():
    truth, call, patient = study()
    e = rs.cluster_bootstrap(truth, call)
    plain = rs.sensitivity(truth, call)
    assert (e.conf_low, e.conf_high) == pytest.approx((plain.conf_low, plain.conf_high), abs=0.02)
    assert (e.method, e.n_patients) == ("bootstrap", None)
    wide = rs.cluster_bootstrap(truth, call, patients=patient)
    assert wide.conf_high - wide.conf_low > 1.1 * (e.conf_high - e.conf_low)
    low = rs.cluster_bootstrap(truth, call, patients=patient, alternative="greater")
    assert low.conf_high == 1
    assert low.conf_low > wide.conf_low


def test_degenerate():
    assert "undefined" in rs.cluster_bootstrap([0, 0], [0, 1], patients=[1, 2]).note
    assert "one patient" in rs.cluster_bootstrap([1, 1], [0, 1], patients=[1, 1]).note
    right = rs.cluster_bootstrap([1, 1, 0, 0], [1, 1, 0, 0], patients=[1, 2, 3, 4])
    assert right.estimate == 1
    assert math.isnan(right.conf_low)
    assert "no resample of the cases changes it" in right.note
    few = rs.cluster_bootstrap([1, 1, 1, 0, 0], [1, 0, 0, 0, 0], measure="ppv", patients=[1, 2, 3, 4, 5])
    assert "resamples leave it undefined and are left out" in few.note
    with pytest.raises(ValueError, match="measure is 'senstivity'; it must be one of"):
        rs.cluster_bootstrap([1, 0], [1, 0], measure="senstivity", patients=[1, 2])
    with pytest.raises(ValueError, match="n_boot must be 2 or more"):
        rs.cluster_bootstrap([1, 0], [1, 0], patients=[1, 2], n_boot=1)


def test_limits_do_not_depend_on_how_patients_are_called():
    rng = np.random.default_rng(3)
    codes = np.repeat(rng.permutation(15), 4)
    truth = rng.integers(0, 2, 60)
    call = np.where(rng.random(60) < 0.75, truth, 1 - truth)
    names = [f"p{code}" for code in codes]
    called = [codes, codes.tolist(), -codes, np.array(names), names, np.array(names, dtype=object)]
    limits = {
        (e.conf_low, e.conf_high, e.std_error)
        for e in (rs.cluster_bootstrap(truth, call, measure="f1", patients=p, n_boot=300) for p in called)
    }
    assert len(limits) == 1
    assert patients_of(np.array([7, 3, 7, 1]), 4).codes.tolist() == [0, 1, 0, 2]
