"""What must hold for curves, calibration and net benefit: identities, and what a change of scale cannot touch."""

import dataclasses
import math

import numpy as np
import pytest
from draws import known, numbers, records, same, studies
from hypothesis import given, settings
from hypothesis import strategies as st

import readerstudy as rs

FEW = {"n_boot": 20}
some = settings(max_examples=20)
PART = st.tuples(st.integers(0, 9), st.integers(1, 10)).filter(lambda ends: ends[0] < ends[1])

BY_ORDER = {
    "auc bca": lambda s: rs.auc(s.truth, s.scores[0], method="bca", **FEW),
    "partial_auc": lambda s: rs.partial_auc(s.truth, s.scores[0], specificity=(0.4, 1), method="bca", **FEW),
    "compare_partial_auc": lambda s: rs.compare_partial_auc(s.truth, *s.scores, sensitivity=(0.4, 1), **FEW),
    "sensitivity_at": lambda s: rs.sensitivity_at(s.truth, s.scores[0], specificity=0.7, **FEW),
    "compare_sensitivity_at": lambda s: rs.compare_sensitivity_at(s.truth, *s.scores, specificity=0.7, **FEW),
    "compare_specificity_at": lambda s: rs.compare_specificity_at(s.truth, *s.scores, sensitivity=0.7, **FEW),
    "choose_threshold": lambda s: rs.choose_threshold(s.truth, s.scores[0], **FEW)[1:],
    "compare_aucs": lambda s: rs.compare_aucs(s.truth, s.scores),
    "compare_roc": lambda s: rs.compare_roc(s.truth, *s.scores, n_permutations=20),
    "binormal": lambda s: rs.binormal(s.truth, s.scores[0]),
}
"""Statistics that see the order of the scores only."""


@pytest.mark.parametrize("name", BY_ORDER)
@some
@given(study=studies())
def test_a_rising_change_of_the_scores_changes_nothing(name, study):
    changed = dataclasses.replace(study, scores=tuple(np.exp(s) - 3 for s in study.scores))
    for e, other in zip(*(records(BY_ORDER[name](s)) for s in (study, changed)), strict=True):
        assert same(e, other, rel=0, but=("threshold",))


@some
@given(study=studies(), ends=PART)
def test_parts_of_the_area(study, ends):
    low, high = (end / 10 for end in ends)
    truth, score = study.truth, study.scores[0]

    def part(**ranges):
        return rs.partial_auc(truth, score, **ranges, **FEW).estimate

    whole = rs.auc(truth, score).estimate
    for axis in ("specificity", "sensitivity"):
        assert part(**{axis: (0, 1)}) == pytest.approx(whole, nan_ok=True)
        below = part(**{axis: (0, low)}) if low > 0 else 0
        above = part(**{axis: (high, 1)}) if high < 1 else 0
        middle = part(**{axis: (low, high)})
        if known(whole):
            assert below + middle + above == pytest.approx(whole)
            assert -1e-12 <= middle <= high - low + 1e-12
    turned = study.turned()
    mirrored = rs.partial_auc(turned.truth, turned.scores[0], sensitivity=(low, high), **FEW).estimate
    assert part(specificity=(low, high)) == pytest.approx(mirrored, nan_ok=True)


@some
@given(study=studies(), tenth=st.integers(0, 10))
def test_operating_points_with_classes_exchanged(study, tenth):
    turned = study.turned()
    e = rs.sensitivity_at(study.truth, study.scores[0], specificity=tenth / 10, **FEW)
    other = rs.specificity_at(turned.truth, turned.scores[0], sensitivity=tenth / 10, **FEW)
    assert e.estimate == pytest.approx(other.estimate, nan_ok=True)
    lower = rs.sensitivity_at(study.truth, study.scores[0], specificity=max(0, tenth - 1) / 10, **FEW)
    assert not lower.estimate < e.estimate - 1e-12


@some
@given(study=studies())
def test_the_threshold_of_youden_is_best(study):
    threshold, sensitivity, specificity = rs.choose_threshold(study.truth, study.scores[0], **FEW)
    if not study.both_classes:
        assert math.isnan(threshold.estimate)
        return
    points = rs.roc_points(study.truth, study.scores[0])[1:]
    best = sensitivity.estimate + specificity.estimate
    assert best == pytest.approx((points.sensitivity + points.specificity).max())
    called = study.scores[0] >= threshold.estimate
    assert sensitivity.estimate == rs.sensitivity(study.truth, called).estimate
    assert specificity.estimate == pytest.approx(rs.specificity(study.truth, called).estimate)
    assert best - 1 == pytest.approx(rs.youden(study.truth, called).estimate)


@some
@given(study=studies())
def test_two_classes_are_several(study):
    names = np.array(["no", "yes"])[study.truth.astype(int)]
    score = study.scores[0]
    area = rs.auc(study.truth, score).estimate
    for average in ("hand-till", "macro", "micro"):
        e = rs.multiclass_auc(names, np.column_stack([-score, score]), classes=["no", "yes"], average=average, **FEW)
        if average != "micro":
            assert e.estimate == pytest.approx(area, nan_ok=True)
    each = rs.multiclass_auc(names, np.column_stack([-score, score]), classes=["no", "yes"], average=None)
    assert [e.estimate for e in each] == pytest.approx([area, area], nan_ok=True)


@some
@given(study=studies())
def test_two_areas_are_several(study):
    everything, difference = rs.compare_aucs(study.truth, study.scores)
    e = rs.compare_auc(study.truth, *study.scores)
    if known(e.std_error) and e.std_error > 0:
        assert numbers(difference) == pytest.approx(numbers(e), nan_ok=True)
        assert everything.p_value == pytest.approx(e.p_value)
        assert everything.statistic == pytest.approx(e.statistic**2)


@pytest.mark.parametrize("method", ["simultaneous", "pointwise"])
@some
@given(study=studies(least=4))
def test_bands_are_around_their_curve(method, study):
    if not study.both_classes:
        return
    narrow, wide = (
        rs.roc_band(study.truth, study.scores[0], method=method, conf_level=level, n_points=7, n_boot=50)
        for level in (0.8, 0.95)
    )
    assert (wide.conf_low <= narrow.conf_low + 1e-12).all()
    assert (wide.conf_high >= narrow.conf_high - 1e-12).all()
    assert (wide.conf_low >= 0).all()
    assert (wide.conf_high <= 1).all()
    if method == "simultaneous":
        assert (narrow.conf_low <= narrow.sensitivity + 1e-12).all()
        assert (narrow.conf_high >= narrow.sensitivity - 1e-12).all()


def by_name(estimates):
    return {(e.measure, e.method): e for e in estimates}


@settings(max_examples=40)
@given(study=studies(least=2), groups=st.integers(2, 12))
def test_parts_of_the_brier_score(study, groups):
    found = {e.measure: e.estimate for e in rs.calibration(study.truth, study.probs[0], groups=groups)}
    parts = found["brier_miscalibration"] - found["brier_discrimination"] + found["brier_uncertainty"]
    assert found["brier"] == pytest.approx(parts)
    assert found["brier"] == pytest.approx(rs.brier(study.truth, study.probs[0]).estimate)
    assert found["brier_uncertainty"] == pytest.approx(study.truth.mean() * (1 - study.truth.mean()))
    if known(found["brier_scaled"]):
        assert found["brier_scaled"] == pytest.approx(1 - found["brier"] / found["brier_uncertainty"])
    if known(found["ici"]):
        assert found["e50"] <= found["e90"] + 1e-12


@some
@given(study=studies())
def test_the_brier_score_of_calls_is_their_error(study):
    wrong = 1 - rs.accuracy(study.truth, study.calls[0]).estimate
    assert rs.brier(study.truth, study.calls[0]).estimate == pytest.approx(wrong)


@settings(max_examples=40)
@given(study=studies(least=2))
def test_calibration_with_classes_exchanged(study):
    turned = study.turned()
    ours, theirs = (by_name(rs.calibration(s.truth, s.probs[0])) for s in (study, turned))
    for key, e in ours.items():
        other = theirs[key]
        if key[0] == "calibration_in_the_large":
            expected = (-other.estimate, -other.conf_high, -other.conf_low, other.p_value)
            assert numbers(e) == pytest.approx(expected, rel=1e-6, abs=1e-6, nan_ok=True)
        elif key[0] in ("calibration_slope", "brier", "brier_scaled", "brier_uncertainty", "brier_discrimination"):
            assert numbers(e) == pytest.approx(numbers(other), rel=1e-6, abs=1e-6, nan_ok=True)
        elif key[0] == "spiegelhalter":
            assert (e.statistic, e.p_value) == pytest.approx((other.statistic, other.p_value), nan_ok=True)


THRESHOLDS = [0.1, 0.5, 0.8]


@some
@given(study=studies(), prevalence=st.sampled_from([None, 0.2]))
def test_net_benefit_of_everybody_and_of_nobody(study, prevalence):
    options = {"prevalence": prevalence, **FEW}
    everybody, nobody = (np.full(len(study.truth), value) for value in (1.0, 0.0))
    found = rs.net_benefit(study.truth, everybody, THRESHOLDS, **options)
    for threshold, acted, all_treated in zip(THRESHOLDS, found[::2], found[1::2], strict=True):
        share = study.truth.mean() if prevalence is None else prevalence
        assert acted.estimate == pytest.approx(all_treated.estimate, nan_ok=True)
        if known(acted.estimate):
            assert acted.estimate == pytest.approx(share - (1 - share) * threshold / (1 - threshold))
    for e in rs.net_benefit(study.truth, nobody, THRESHOLDS, **options)[::2]:
        assert math.isnan(e.estimate) or e.estimate == 0


@some
@given(study=studies(), prevalence=st.sampled_from([None, 0.2]))
def test_differences_of_net_benefit(study, prevalence):
    options = {"prevalence": prevalence, **FEW}
    first, second = (rs.net_benefit(study.truth, prob, THRESHOLDS, **options)[::2] for prob in study.probs)
    differences = rs.compare_net_benefit(study.truth, *study.probs, THRESHOLDS, **options)
    for one, two, gap in zip(first, second, differences, strict=True):
        assert gap.estimate == pytest.approx(one.estimate - two.estimate, abs=1e-12, nan_ok=True)


@some
@given(study=studies(), tenth=st.integers(1, 9))
def test_net_benefit_is_of_sensitivity_and_specificity(study, tenth):
    if not study.both_classes:
        return
    threshold, share = tenth / 10, 0.3
    e = rs.net_benefit(study.truth, study.calls[0], threshold, prevalence=share, **FEW)[0]
    hits = rs.sensitivity(study.truth, study.calls[0]).estimate
    alarms = 1 - rs.specificity(study.truth, study.calls[0]).estimate
    assert e.estimate == pytest.approx(share * hits - (1 - share) * alarms * threshold / (1 - threshold))
    own, plain = (
        rs.net_benefit(study.truth, study.probs[0], threshold, prevalence=at, **FEW)[0].estimate
        for at in (study.truth.mean(), None)
    )
    assert own == pytest.approx(plain)
