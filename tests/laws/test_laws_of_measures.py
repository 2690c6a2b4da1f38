"""What must hold for every measure, whatever the data."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readerstudy.measures import MEASURES as FACTS
from readerstudy.stats import diagnostic, indices
from readerstudy.stats.agreement import kappa
from readerstudy.stats.calibration import brier
from readerstudy.stats.decision import compare_net_benefit, net_benefit
from readerstudy.stats.likelihood_ratios import compare_nlr, compare_plr
from readerstudy.stats.paired import INTERVALS, TESTS, mcnemar, paired_difference
from readerstudy.stats.paired_ratio import paired_ratio
from readerstudy.stats.predictive import METHODS as PREDICTIVE
from readerstudy.stats.predictive import compare_npv, compare_ppv
from readerstudy.stats.prevalence import ppv_npv_at
from readerstudy.stats.proportion import METHODS, proportion
from readerstudy.stats.roc import auc, compare_auc, roc_points

ALTERNATIVES = ("two-sided", "greater", "less")


@dataclasses.dataclass(frozen=True)
class Cases:
    """One truth and two readers of the same cases: scores, calls and labels, an array each."""

    truth: np.ndarray
    scores: tuple[np.ndarray, np.ndarray]
    calls: tuple[np.ndarray, np.ndarray]
    labels: tuple[np.ndarray, np.ndarray]

    def map(self, change):
        """The same with every array changed in the same way."""
        pairs = (tuple(map(change, pair)) for pair in (self.scores, self.calls, self.labels))
        return Cases(change(self.truth), *pairs)

    def swapped(self):
        return Cases(self.truth, self.scores[::-1], self.calls[::-1], self.labels[::-1])

    def duplicated(self):
        """The second reader is the first again."""
        return Cases(self.truth, *((pair[0], pair[0]) for pair in (self.scores, self.calls, self.labels)))


SCORES = {
    "two levels": lambda bits: bits % 2.0,
    "four levels": lambda bits: bits % 4.0,
    "any size": lambda bits: np.sinh(bits - 7.5),
    "infinite": lambda bits: np.select([bits < 5, bits > 10], [-math.inf, math.inf], bits),
}


@st.composite
def many_cases(draw):
    """Of few cases most are degenerate, and few levels make ties. A case is one number, for the sake of speed."""
    codes = np.array(draw(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=24)))
    truth, call, versus = (codes >> k & 1 == 1 for k in range(3))
    score = SCORES[draw(st.sampled_from(sorted(SCORES)))]
    labels = tuple(np.array(["a", "b", "c", "a"])[codes >> k & 3] for k in (3, 5))
    return Cases(truth, (score(codes >> 7 & 15), score(codes >> 11 & 15)), (call, versus), labels)


LEVELS = {
    **{
        f"auc {m}": lambda c, m=m, **o: auc(c.truth, c.scores[0], method=m, n_boot=40, **o)
        for m in ("delong", "logit", "bootstrap")
    },
    "compare_auc": lambda c, **o: compare_auc(c.truth, *c.scores, **o),
    **{
        f"proportion {m}": lambda c, m=m, **o: proportion(int(c.truth.sum()), len(c.truth), method=m, **o)
        for m in METHODS
    },
    **{f"paired {m}": lambda c, m=m, **o: paired_difference(*c.calls, method=m, **o) for m in INTERVALS},
    **{
        f"kappa {w}": lambda c, w=w, **o: kappa(*c.labels, weights=w, categories=list("abc"), **o)
        for w in (None, "linear", "quadratic")
    },
}
"""Measures with an interval at a level, one-sided if wanted: of cases and options."""

MEASURES = {
    **LEVELS,
    **{
        m: lambda c, m=m: getattr(diagnostic, m)(c.truth, c.calls[0])
        for m in ("sensitivity", "specificity", "ppv", "npv", "accuracy", "plr", "nlr")
    },
    **{f"mcnemar {m}": lambda c, m=m: mcnemar(*c.calls, method=m) for m in TESTS},
    **{
        m: lambda c, m=m: getattr(indices, m)(c.truth, c.calls[0])
        for m in ("balanced_accuracy", "youden", "dor", "f1", "mcc")
    },
    **{
        f"{m} koopman": lambda c, m=m: getattr(diagnostic, m)(c.truth, c.calls[0], method="koopman")
        for m in ("plr", "nlr")
    },
    **{f"ppv {m}": lambda c, m=m: compare_ppv(c.truth, *c.calls, method=m) for m in PREDICTIVE},
    **{f"npv {m}": lambda c, m=m: compare_npv(c.truth, *c.calls, method=m) for m in PREDICTIVE},
    "plr ratio": lambda c: compare_plr(c.truth, *c.calls),
    "nlr ratio": lambda c: compare_nlr(c.truth, *c.calls),
    "ratio tang": lambda c: paired_ratio(*c.calls),
    "ratio wald": lambda c: paired_ratio(*c.calls, method="wald"),
    "margin": lambda c: paired_difference(*c.calls, margin=0.1),
    "ppv at prevalence": lambda c: ppv_npv_at(c.truth, c.calls[0], prevalence=0.1)[0],
    "npv at prevalence": lambda c: ppv_npv_at(c.truth, c.calls[0], prevalence=0.1)[1],
    "brier": lambda c: brier(c.truth, c.calls[0]),
    "net benefit": lambda c: net_benefit(c.truth, c.calls[0], 0.2, n_boot=20)[0],
    "net benefit difference": lambda c: compare_net_benefit(c.truth, *c.calls, 0.2, n_boot=20)[0],
    "proportion null": lambda c: proportion(int(c.truth.sum()), len(c.truth), null=0.7),
    "auc null": lambda c: auc(c.truth, c.scores[0], null=0.7),
}
"""Every measure, as a function of cases."""

DIFFERENCES = [name for name in MEASURES if name.startswith(("compare", "paired", "mcnemar"))]

each_measure = pytest.mark.parametrize("measure", MEASURES)
each_level = pytest.mark.parametrize("measure", LEVELS)
each_difference = pytest.mark.parametrize("measure", DIFFERENCES)


def floats(e):
    return {f.name: v for f in dataclasses.fields(e) if isinstance(v := getattr(e, f.name), float)}


def same(e, other, rel=1e-9):
    """Are two estimates the same, their floats but for rounding?"""
    plain = dict.fromkeys(floats(e))
    close = all(
        math.isclose(v, w, rel_tol=rel, abs_tol=rel) or (math.isnan(v) and math.isnan(w))
        for v, w in zip(floats(e).values(), floats(other).values(), strict=True)
    )
    return close and e.to_dict() | plain == other.to_dict() | plain


@each_measure
@given(cases=many_cases(), data=st.data())
def test_the_order_of_the_cases_does_not_matter(measure, cases, data):
    order = data.draw(st.permutations(range(len(cases.truth))))
    assert same(MEASURES[measure](cases), MEASURES[measure](cases.map(lambda a: a[list(order)])))


@each_measure
@given(cases=many_cases())
def test_the_kind_of_array_does_not_matter(measure, cases):
    e = MEASURES[measure](cases)
    if not measure.startswith("proportion"):
        assert same(e, MEASURES[measure](cases.map(pd.Series)), rel=0)
        assert same(e, MEASURES[measure](cases.map(lambda a: a.tolist())), rel=0)


@each_measure
@given(cases=many_cases())
def test_no_infinity_and_nothing_outside_the_range(measure, cases):
    e = MEASURES[measure](cases)
    facts = FACTS[e.measure]
    assert not any(math.isinf(value) for value in floats(e).values())
    for value in (e.estimate, e.conf_low, e.conf_high):
        assert math.isnan(value) or facts.low <= value <= facts.high
    if math.isnan(e.estimate):
        assert e.note
    if not math.isnan(e.conf_low) and not math.isnan(e.conf_high):
        assert e.conf_low <= e.estimate <= e.conf_high
        assert e.conf_low < e.conf_high or e.note, "an interval without width says so"


@each_level
@given(cases=many_cases(), alternative=st.sampled_from(ALTERNATIVES))
def test_a_higher_level_is_wider(measure, cases, alternative):
    narrow, wide = (LEVELS[measure](cases, conf_level=level, alternative=alternative) for level in (0.9, 0.99))
    assert wide.estimate == narrow.estimate or math.isnan(wide.estimate)
    if not math.isnan(narrow.conf_low):
        assert wide.conf_low <= narrow.conf_low + 1e-12
        assert wide.conf_high >= narrow.conf_high - 1e-12


@each_level
@given(cases=many_cases())
def test_one_sided_limits_are_those_of_the_two_sided_interval_at_twice_the_tail(measure, cases):
    both = LEVELS[measure](cases, conf_level=0.9)
    low, high = (LEVELS[measure](cases, conf_level=0.95, alternative=side) for side in ("greater", "less"))
    if "blaker" in measure:
        assert low.note == high.note == "Blaker's interval is two-sided: this limit is Clopper and Pearson's"
    elif not math.isnan(both.conf_low) and not (both.note and both.conf_low == both.conf_high):
        assert (low.conf_low, high.conf_high) == pytest.approx((both.conf_low, both.conf_high), abs=1e-9)
        facts = FACTS[both.measure]
        assert (low.conf_high, high.conf_low) == (facts.high, facts.low)


TRANSFORMS = {
    "ranks": lambda rank: rank.astype(float),
    "stretched": lambda rank: np.exp(rank / 2.0) - 1e3,
    "squeezed": lambda rank: -1 / (1.0 + rank),
    "to infinity": lambda rank: np.where(rank == rank.max(), math.inf, rank),
}
"""Strictly increasing functions of the rank among the distinct scores: none of them can make a tie."""


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("measure", [name for name in MEASURES if "auc" in name])
@given(cases=many_cases())
def test_areas_see_the_order_of_the_scores_only(measure, transform, cases):
    def changed(score):
        return TRANSFORMS[transform](np.unique(score, return_inverse=True)[1])

    other = dataclasses.replace(cases, scores=tuple(map(changed, cases.scores)))
    assert same(MEASURES[measure](cases), MEASURES[measure](other), rel=0)
    if 0 < cases.truth.sum() < len(cases.truth):
        points, changed_points = (roc_points(c.truth, c.scores[0]) for c in (cases, other))
        for column in ("sensitivity", "specificity"):
            assert (points[column] == changed_points[column]).all()


@pytest.mark.parametrize("measure", ["auc delong", "auc logit"])
@given(cases=many_cases())
def test_negated_scores_turn_the_area_round(measure, cases):
    e = MEASURES[measure](cases)
    turned = MEASURES[measure](dataclasses.replace(cases, scores=tuple(-s for s in cases.scores)))
    expected = (1 - e.estimate, 1 - e.conf_high, 1 - e.conf_low, e.std_error)
    found = (turned.estimate, turned.conf_low, turned.conf_high, turned.std_error)
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


@given(cases=many_cases())
def test_truth_and_scores_turned_round_together_leave_the_area(cases):
    e = auc(cases.truth, cases.scores[0])
    other = auc(~cases.truth, -cases.scores[0])
    assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx(
        (other.estimate, other.conf_low, other.conf_high), abs=1e-12, nan_ok=True
    )


@each_difference
@given(cases=many_cases())
def test_exchanged_readers_change_the_sign(measure, cases):
    e, other = MEASURES[measure](cases), MEASURES[measure](cases.swapped())
    expected = (-e.estimate, -e.conf_high, -e.conf_low, e.p_value)
    found = (other.estimate, other.conf_low, other.conf_high, other.p_value)
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("measure", [name for name in DIFFERENCES if name in LEVELS])
@given(cases=many_cases())
def test_exchanged_readers_exchange_the_sides(measure, cases):
    e, other = LEVELS[measure](cases, alternative="greater"), LEVELS[measure](cases.swapped(), alternative="less")
    assert (e.conf_low, e.p_value) == pytest.approx((-other.conf_high, other.p_value), abs=1e-12, nan_ok=True)


@each_difference
@given(cases=many_cases())
def test_a_reader_equals_himself(measure, cases):
    e = MEASURES[measure](cases.duplicated())
    if not math.isnan(e.estimate):
        assert e.estimate == 0
        assert e.p_value == 1 or "paired" in measure
        if "tango" in measure:
            assert e.p_value == 1


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@given(cases=many_cases())
def test_kappa_does_not_know_which_reader_is_which(weights, cases):
    options = {"weights": weights, "categories": list("abc")}
    assert same(kappa(*cases.labels, **options), kappa(*cases.labels[::-1], **options))
    backwards = {"weights": weights, "categories": list("cba")}
    assert same(kappa(*cases.labels, **options), kappa(*cases.labels, **backwards))


@given(cases=many_cases())
def test_the_table_turned_round(cases):
    """What is sensitivity for one class is specificity for the other."""
    ours = {e.measure: e for e in diagnostic.diagnostic_table(cases.truth, cases.calls[0])}
    other = {e.measure: e for e in diagnostic.diagnostic_table(~cases.truth, ~cases.calls[0])}
    for measure, mirrored in {"sensitivity": "specificity", "ppv": "npv", "accuracy": "accuracy"}.items():
        assert ours[measure].estimate == pytest.approx(other[mirrored].estimate, nan_ok=True)
        assert ours[measure].conf_low == pytest.approx(other[mirrored].conf_low, nan_ok=True)


@pytest.mark.parametrize("method", METHODS)
@given(total=st.integers(1, 200), data=st.data())
def test_successes_and_failures_are_mirrored(method, total, data):
    count = data.draw(st.integers(0, total))
    e, other = proportion(count, total, method=method), proportion(total - count, total, method=method)
    assert (e.conf_low, e.conf_high) == pytest.approx((1 - other.conf_high, 1 - other.conf_low), abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
@given(total=st.integers(1, 200), level=st.floats(0.5, 0.999), data=st.data())
def test_limits_rise_with_the_count(method, total, level, data):
    count = data.draw(st.integers(1, total))
    fewer, more = (proportion(x, total, method=method, conf_level=level) for x in (count - 1, count))
    assert fewer.conf_low <= more.conf_low + 1e-12
    assert fewer.conf_high <= more.conf_high + 1e-12


@given(cases=many_cases(), tenth=st.integers(1, 9))
def test_exact_limits_hold_wilson_s_or_nearly(cases, tenth):
    """Clopper and Pearson's interval is never inside Wilson's on both sides."""
    count, total = int(cases.truth.sum()), len(cases.truth)
    exact = proportion(count, total, method="clopper-pearson", conf_level=tenth / 10)
    wilson = proportion(count, total, conf_level=tenth / 10)
    assert exact.conf_low <= wilson.conf_low or exact.conf_high >= wilson.conf_high
