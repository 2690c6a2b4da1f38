"""What must hold where cases are of patients, or stand for several cases: the estimate, names and units."""

import math

import numpy as np
import pytest
from draws import known, numbers, records, same, studies
from hypothesis import given, settings
from hypothesis import strategies as st

import readerstudy as rs

OF_CALLS = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "plr", "nlr", "dor", "youden", "f1", "mcc")
CLUSTERED = {
    **{name: lambda s, name=name, **o: getattr(rs, name)(s.truth, s.calls[0], **o) for name in OF_CALLS},
    "auc": lambda s, **o: rs.auc(s.truth, s.scores[0], **o),
    "compare_auc": lambda s, **o: rs.compare_auc(s.truth, *s.scores, **o),
    "paired_difference": lambda s, **o: rs.paired_difference(*s.calls, **o),
    "mcnemar": lambda s, **o: rs.mcnemar(*s.calls, **o),
    "kappa": lambda s, **o: rs.kappa(*s.calls, **o),
}
WEIGHTED = {
    "auc": lambda s, w, **o: rs.weighted_auc(s.truth, s.scores[0], w, **o),
    "accuracy": lambda s, w, **o: rs.weighted_proportion(s.truth == s.calls[0], w, **o),
}
PLAIN = {"auc": CLUSTERED["auc"], "accuracy": CLUSTERED["accuracy"]}

some = settings(max_examples=15)
labels = st.lists(st.integers(0, 4), min_size=20, max_size=20)


def of_cases(labels, study):
    return np.array(labels[: len(study.truth)])


@pytest.mark.parametrize("name", CLUSTERED)
@some
@given(study=studies(), labels=labels)
def test_patients_do_not_move_the_estimate(name, study, labels):
    patients = of_cases(labels, study)
    plain, e = CLUSTERED[name](study), CLUSTERED[name](study, patients=patients)
    assert e.estimate == pytest.approx(plain.estimate, nan_ok=True)
    assert e.n_cases == plain.n_cases
    assert not e.conf_low > e.estimate + 1e-9
    assert not e.conf_high < e.estimate - 1e-9
    renamed = CLUSTERED[name](study, patients=[f"patient {9 - label}" for label in patients])
    assert same(e, renamed)
    assert e.note == renamed.note


@pytest.mark.parametrize("name", WEIGHTED)
@some
@given(study=studies(), labels=labels, unit=st.sampled_from([0.01, 250.0]))
def test_weights_have_no_unit(name, study, labels, unit):
    weights = 1.0 + of_cases(labels, study)
    e, other = WEIGHTED[name](study, weights), WEIGHTED[name](study, weights * unit)
    assert numbers(e) == pytest.approx(numbers(other), nan_ok=True)
    equal = WEIGHTED[name](study, np.full(len(weights), unit))
    assert equal.estimate == pytest.approx(PLAIN[name](study).estimate, nan_ok=True)


@some
@given(study=studies(least=2), labels=labels)
def test_a_weight_of_two_is_two_cases(study, labels):
    times = 1 + of_cases(labels, study) % 3
    many = study.map(lambda a: np.repeat(a, times))
    for name, weighted in WEIGHTED.items():
        assert weighted(study, times).estimate == pytest.approx(PLAIN[name](many).estimate, nan_ok=True)


@some
@given(study=studies(), tenth=st.integers(1, 9))
def test_values_at_a_prevalence(study, tenth):
    share = tenth / 10
    accuracy = rs.accuracy_at(study.truth, study.calls[0], share)
    turned = study.turned()
    other = rs.accuracy_at(turned.truth, turned.calls[0], 1 - share)
    assert numbers(accuracy) == pytest.approx(numbers(other), nan_ok=True)
    if study.both_classes:
        own = rs.accuracy_at(study.truth, study.calls[0], study.truth.mean())
        assert own.estimate == pytest.approx(rs.accuracy(study.truth, study.calls[0]).estimate)
    benefit = rs.net_benefit_at(study.truth, study.calls[0], share, 0.3)
    resampled = rs.net_benefit(study.truth, study.calls[0], 0.3, prevalence=share, n_boot=20)[0]
    assert benefit.estimate == pytest.approx(resampled.estimate, abs=1e-12, nan_ok=True)


@settings(max_examples=40)
@given(prob=st.lists(st.floats(0, 1), max_size=5), ends=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)))
def test_recalibration_there_and_back(prob, ends):
    there = rs.recalibrate(prob, *ends)
    assert rs.recalibrate(there, *ends[::-1]) == pytest.approx(prob, abs=1e-9)
    assert (np.diff(rs.recalibrate(sorted(prob), *ends)) >= -1e-15).all()
    assert rs.recalibrate(prob, ends[0], ends[0]) == pytest.approx(prob)


@some
@given(study=studies(least=2), labels=labels)
def test_interaction_with_readers_exchanged(study, labels):
    strata = of_cases(labels, study) % 2
    right = [call == study.truth for call in study.calls]
    ours, theirs = (records(rs.interaction(a, b, strata)) for a, b in (right, right[::-1]))
    for e, other in zip(ours[:-1], theirs[:-1], strict=True):
        expected = (-other.estimate, -other.conf_high, -other.conf_low, other.p_value)
        assert numbers(e) == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert ours[-1].p_value == pytest.approx(theirs[-1].p_value, nan_ok=True)
    same_reader = rs.interaction(right[0], right[0], strata)
    assert all(math.isnan(e.estimate) or e.estimate == 0 for e in same_reader)
    if known(same_reader[-1].p_value):
        assert same_reader[-1].p_value == 1
