"""What must hold between two readers, between the two classes, and between a test and the interval turned round."""

import itertools
import math

import numpy as np
import pytest
from draws import known, numbers, records, same, studies
from hypothesis import given, settings
from hypothesis import strategies as st

import readerstudy as rs
from readerstudy.stats import indices, paired, predictive
from readerstudy.stats.independent import METHODS as INDEPENDENT
from readerstudy.stats.multiplicity import METHODS as ADJUSTMENTS
from readerstudy.stats.proportion import METHODS as PROPORTION

FEW = {"n_boot": 40}
DIFFERENCES = {
    "compare_auc unpaired": lambda s, **o: rs.compare_auc(s.truth, *s.scores, paired=False, **o),
    **{
        f"{name} {m}": lambda s, name=name, m=m, **o: getattr(rs, name)(s.truth, *s.calls, method=m, **o)
        for name in ("compare_ppv", "compare_npv")
        for m in predictive.METHODS[:2]
    },
    **{
        f"paired_difference {m}": lambda s, m=m, **o: rs.paired_difference(*s.calls, method=m, **o)
        for m in paired.INTERVALS
    },
    "compare_kappa": lambda s, **o: rs.compare_kappa(s.calls[0], s.truth, s.calls[1], **o),
}
RESAMPLED = {
    "compare_partial_auc": lambda s, **o: rs.compare_partial_auc(s.truth, *s.scores, specificity=(0.5, 1), **FEW, **o),
    "compare_sensitivity_at": lambda s, **o: rs.compare_sensitivity_at(s.truth, *s.scores, specificity=0.7, **FEW, **o),
    "compare_specificity_at": lambda s, **o: rs.compare_specificity_at(s.truth, *s.scores, sensitivity=0.7, **FEW, **o),
    "compare_net_benefit": lambda s: rs.compare_net_benefit(s.truth, *s.probs, [0.3, 0.6], **FEW),
}
"""Differences whose limits are of resampled cases: other cases are drawn when the readers are exchanged."""
RATIOS = {
    "compare_ppv ratio": lambda s, **o: rs.compare_ppv(s.truth, *s.calls, method="ratio", **o),
    "compare_npv ratio": lambda s, **o: rs.compare_npv(s.truth, *s.calls, method="ratio", **o),
    "compare_plr": lambda s, **o: rs.compare_plr(s.truth, *s.calls, **o),
    "compare_nlr": lambda s, **o: rs.compare_nlr(s.truth, *s.calls, **o),
    "paired_ratio tang": lambda s, **o: rs.paired_ratio(*s.calls, **o),
    "paired_ratio wald": lambda s, **o: rs.paired_ratio(*s.calls, method="wald", **o),
}
LISTS = {
    **{
        f"compare_sensitivity_specificity {m}": lambda s, m=m: rs.compare_sensitivity_specificity(
            s.truth, *s.calls, method=m
        )[:2]
        for m in paired.INTERVALS
    },
    "limits_of_agreement": lambda s: rs.limits_of_agreement(*s.scores)[:1],
}

some = settings(max_examples=25)


@pytest.mark.parametrize("name", [*DIFFERENCES, *LISTS, *RESAMPLED])
@some
@given(study=studies())
def test_exchanged_readers_change_the_sign(name, study):
    function = (DIFFERENCES | LISTS | RESAMPLED)[name]
    for e, other in zip(records(function(study)), records(function(study.swapped())), strict=True):
        assert other.estimate == pytest.approx(-e.estimate, abs=1e-12, nan_ok=True)
        if name in RESAMPLED:
            continue
        assert (other.conf_low, other.conf_high) == pytest.approx((-e.conf_high, -e.conf_low), abs=1e-9, nan_ok=True)
        assert other.p_value == pytest.approx(e.p_value, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", RATIOS)
@some
@given(study=studies())
def test_exchanged_readers_turn_the_ratio_over(name, study):
    e, other = RATIOS[name](study), RATIOS[name](study.swapped())
    for ours, theirs in ((e.estimate, other.estimate), (e.conf_low, other.conf_high), (e.conf_high, other.conf_low)):
        # What is 0 for the one is unbounded, nan, for the other.
        if known(ours) and ours > 0:
            assert theirs == pytest.approx(1 / ours, rel=1e-9)
        elif known(theirs):
            assert theirs > 0 or e.note
    if known(e.p_value, other.p_value):
        assert other.p_value == pytest.approx(e.p_value, abs=1e-9)


@pytest.mark.parametrize("name", [*DIFFERENCES, *RATIOS])
@some
@given(study=studies())
def test_exchanged_readers_exchange_the_sides(name, study):
    function = (DIFFERENCES | RATIOS)[name]
    e, other = function(study, alternative="greater"), function(study.swapped(), alternative="less")
    if known(e.p_value, other.p_value):
        assert e.p_value == pytest.approx(other.p_value, abs=1e-9)


@pytest.mark.parametrize("name", [*DIFFERENCES, *RATIOS, *LISTS, *RESAMPLED])
@some
@given(study=studies())
def test_a_reader_does_not_differ_from_himself(name, study):
    twice = type(study)(study.truth, *(pair[:1] * 2 for pair in (study.calls, study.scores, study.probs)))
    for e in records((DIFFERENCES | RATIOS | LISTS | RESAMPLED)[name](twice)):
        if known(e.estimate) and name != "compare_auc unpaired":
            assert e.estimate == (1 if name in RATIOS else 0)
            assert e.note
            assert math.isnan(e.p_value) or e.p_value == 1


@pytest.mark.parametrize("method", INDEPENDENT)
@some
@given(a=st.integers(0, 9), b=st.integers(0, 9), c=st.integers(0, 9), d=st.integers(0, 9))
def test_independent_groups_exchanged_and_turned(method, a, b, c, d):
    e = rs.proportion_difference(a, a + b, c, c + d, method=method)
    exchanged = rs.proportion_difference(c, c + d, a, a + b, method=method)
    failures = rs.proportion_difference(b, a + b, d, c + d, method=method)
    expected = (-e.estimate, -e.conf_high, -e.conf_low, e.p_value)
    assert numbers(exchanged) == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert numbers(failures) == pytest.approx(expected, abs=1e-9, nan_ok=True)


MIRRORED = {"sensitivity": "specificity", "specificity": "sensitivity", "ppv": "npv", "npv": "ppv"}


@pytest.mark.parametrize("measure", MIRRORED)
@some
@given(study=studies(), method=st.sampled_from(PROPORTION))
def test_classes_exchanged(measure, study, method):
    turned = study.turned()
    e = getattr(rs, measure)(study.truth, study.calls[0], method=method)
    other = getattr(rs, MIRRORED[measure])(turned.truth, turned.calls[0], method=method)
    assert same(e, other)
    assert (e.count, e.total) == (other.count, other.total)


@some
@given(study=studies())
def test_indices_with_classes_or_calls_exchanged(study):
    turned, (call, _) = study.turned(), study.calls
    for name in ("dor", "youden", "balanced_accuracy", "mcc"):
        function = getattr(rs, name)
        assert same(function(study.truth, call), function(turned.truth, ~call))
    for name, method in (("plr", "log"), ("plr", "koopman")):
        e = getattr(rs, name)(study.truth, call, method=method)
        other = rs.nlr(turned.truth, ~call, method=method)
        if known(e.estimate, other.estimate) and e.estimate > 0:
            ends = (e.estimate, e.conf_low, e.conf_high)
            expected = [1 / v if v > 0 else math.nan for v in (other.estimate, other.conf_high, other.conf_low)]
            assert ends == pytest.approx(expected, nan_ok=True)
    for method in indices.METHODS:
        e, other = (rs.youden(study.truth, c, method=method) for c in (call, ~call))
        expected = (-other.estimate, -other.conf_high, -other.conf_low)
        assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx(expected, abs=1e-9, nan_ok=True)
        balanced = rs.balanced_accuracy(study.truth, call, method=method)
        assert balanced.estimate == pytest.approx((1 + e.estimate) / 2, nan_ok=True)
    e, other = (rs.mcc(study.truth, c) for c in (call, ~call))
    assert (e.estimate, e.conf_low) == pytest.approx((-other.estimate, -other.conf_high), abs=1e-9, nan_ok=True)


@some
@given(study=studies(), tenth=st.integers(1, 9))
def test_predictive_values_at_a_prevalence(study, tenth):
    turned = study.turned()
    ppv, npv = rs.ppv_npv_at(study.truth, study.calls[0], prevalence=tenth / 10)
    other_npv, other_ppv = rs.ppv_npv_at(turned.truth, turned.calls[0], prevalence=1 - tenth / 10)
    assert numbers(ppv) == pytest.approx(numbers(other_ppv), nan_ok=True)
    assert numbers(npv) == pytest.approx(numbers(other_npv), nan_ok=True)
    if study.both_classes:
        own = rs.ppv_npv_at(study.truth, study.calls[0], prevalence=study.truth.mean())
        plain = rs.ppv(study.truth, study.calls[0]), rs.npv(study.truth, study.calls[0])
        assert [e.estimate for e in own] == pytest.approx([e.estimate for e in plain], nan_ok=True)


ONE_METHOD = {
    **{name: f for name, f in (DIFFERENCES | RATIOS).items() if name.endswith((" tango", " tang", " ratio"))},
    **{name: RATIOS[name] for name in ("compare_plr", "compare_nlr", "paired_ratio wald")},
    "compare_auc": lambda s, **o: rs.compare_auc(s.truth, *s.scores, **o),
    "compare_auc unpaired": DIFFERENCES["compare_auc unpaired"],
    "compare_kappa": DIFFERENCES["compare_kappa"],
    "compare_aucs": lambda s, **o: rs.compare_aucs(s.truth, s.scores, **o)[1],
    "limits_of_agreement": lambda s, **o: rs.limits_of_agreement(*s.scores, **o)[0],
    "conger_kappa": lambda s, **o: rs.conger_kappa(s.scores, **o),
    "krippendorff_alpha": lambda s, **o: rs.krippendorff_alpha(s.scores, **o),
}
"""Statistics whose interval is their own test turned round."""


@pytest.mark.parametrize("name", ONE_METHOD)
@settings(max_examples=60)
@given(study=studies(), level=st.sampled_from([0.5, 0.8, 0.95]))
def test_an_interval_is_its_test_turned_round(name, study, level):
    e = ONE_METHOD[name](study, conf_level=level)
    if not known(e.p_value) or abs(e.p_value - (1 - level)) < 1e-6 or not known(e.conf_low):
        return
    assert known(e.null)
    high = e.conf_high if known(e.conf_high) else math.inf  # an unbounded ratio
    assert (e.p_value < 1 - level) == (not e.conf_low <= e.null <= high)


@pytest.mark.parametrize("name", [name for name in ONE_METHOD if name.endswith((" tango", " tang", "wald", "plr"))])
@settings(max_examples=60)
@given(study=studies(), margin=st.sampled_from([0.1, 0.3]), what=st.sampled_from(["non-inferiority", "equivalence"]))
def test_a_verdict_is_that_of_its_test(name, study, margin, what):
    e = ONE_METHOD[name](study, margin=margin, hypothesis=what)
    if e.verdict is not None and abs(e.p_value - 0.025) > 1e-6:
        assert (e.p_value < 0.025) == (e.verdict in ("non-inferior", "equivalent"))


@settings(max_examples=100)
@given(total=st.integers(1, 40), share=st.floats(0, 1), null=st.floats(0.02, 0.98), level=st.floats(0.5, 0.99))
def test_intervals_of_a_proportion_are_tests_turned_round(total, share, null, level):
    count = round(share * total)

    def check(method, alternative):
        e = rs.proportion(count, total, method=method, conf_level=level, alternative=alternative, null=null)
        excluded = not e.conf_low <= null <= e.conf_high
        near = min(abs(null - e.conf_low), abs(null - e.conf_high)) < 1e-9 or abs(e.p_value - (1 - level)) < 1e-9
        return near or (e.p_value < 1 - level) == excluded

    assert check("wilson", "two-sided")
    assert check("mid-p", "two-sided")
    for alternative in ("greater", "less"):
        for method in ("wilson", "clopper-pearson", "mid-p"):
            assert check(method, alternative)
    blaker = rs.proportion(count, total, method="blaker", conf_level=level, null=null)
    if not blaker.conf_low - 1e-9 <= null <= blaker.conf_high + 1e-9:  # within, single points may be rejected too
        assert blaker.p_value < 1 - level + 1e-9


P_VALUES = st.lists(st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.03, 0.04, 0.2, 0.7, 1.0, math.nan]), max_size=7)


@given(p=P_VALUES, data=st.data())
def test_adjusted_p_values(p, data):
    raw = np.array(p, dtype=float)
    order = data.draw(st.permutations(range(len(raw))))
    found = {method: rs.adjust(raw, method) for method in ADJUSTMENTS}
    for method, adjusted in found.items():
        assert (np.isnan(adjusted) == np.isnan(raw)).all()
        there = ~np.isnan(raw)
        assert ((adjusted[there] >= raw[there]) & (adjusted[there] <= 1)).all()
        ranked = adjusted[there][np.argsort(raw[there], kind="stable")]
        assert (np.diff(ranked) >= -1e-15).all()
        assert rs.adjust(raw[order], method) == pytest.approx(adjusted[order], nan_ok=True)
        assert rs.adjust(raw[there], method) == pytest.approx(adjusted[there])
        if there.sum() == 1:
            assert adjusted[there] == raw[there]
    least = [found[m][~np.isnan(raw)] for m in ("none", "bh", "hochberg", "holm", "bonferroni")]
    for milder, harder in itertools.pairwise(least):
        assert (milder <= harder + 1e-15).all()


@given(p=st.lists(st.floats(0, 1), max_size=6))
def test_a_fixed_sequence_is_a_running_maximum(p):
    found = rs.adjust(p, families=range(len(p)))
    assert found == pytest.approx(np.maximum.accumulate(p) if p else [])
    assert rs.adjust(p, families=["all"] * len(p)) == pytest.approx(rs.adjust(p))


TIMES = 4
SHRINKING = {
    **{f"{name} {m}": lambda s, name=name, m=m: getattr(rs, name)(s.truth, s.calls[0], method=m)
       for name, methods in {
           "sensitivity": [m for m in PROPORTION if m not in ("modified-wilson", "wilson-hmisc")],
           "plr": ("log", "koopman"), "dor": ("log",), "youden": indices.METHODS, "mcc": indices.MCC_METHODS,
       }.items() for m in methods},
    **{name: f for name, f in DIFFERENCES.items() if name.startswith("paired") or name == "compare_kappa"},
    "paired_ratio": RATIOS["paired_ratio tang"],
    "brier": lambda s: rs.brier(s.truth, s.probs[0]),
    "auc": lambda s: rs.auc(s.truth, s.scores[0]),
    "auc logit": lambda s: rs.auc(s.truth, s.scores[0], method="logit"),
    "kappa": lambda s: rs.kappa(*s.scores),
    "gwet_ac": lambda s: rs.gwet_ac(s.scores),
    "fleiss_kappa": lambda s: rs.fleiss_kappa(s.scores),
    "f1": lambda s: rs.f1(s.truth, s.calls[0]),
    "observed_expected": lambda s: rs.calibration(s.truth, s.probs[0])[2],
}  # fmt: skip


@pytest.mark.parametrize("name", SHRINKING)
@some
@given(study=studies(least=4))
def test_more_of_the_same_cases_shrink_the_interval(name, study):
    e, more = SHRINKING[name](study), SHRINKING[name](study.map(lambda a: np.tile(a, TIMES)))
    assert more.estimate == pytest.approx(e.estimate, abs=1e-9, nan_ok=True)
    if known(e.conf_low, e.conf_high, more.conf_low, more.conf_high):
        assert more.conf_high - more.conf_low <= e.conf_high - e.conf_low + 1e-9
