"""What must hold for the limits and the test of every statistic, whatever the data."""

import math

import numpy as np
import pytest
from draws import grids, known, records, same, studies
from hypothesis import given, settings
from hypothesis import strategies as st

import readerstudy as rs
from readerstudy.measures import MEASURES
from readerstudy.stats import independent, indices, krippendorff, limits_of_agreement, paired, predictive
from readerstudy.stats.icc import MODELS, UNITS

LETTERS = np.array(list("ABC"))


def classes_of(study):
    """Three classes and a score for each, of a study of two."""
    truth = LETTERS[study.truth.astype(int) + study.calls[1]]
    return truth, np.column_stack([study.scores[0], study.scores[1], study.probs[0]])


def groups_of(study):
    """Positive calls of two independent groups: the positive and the negative cases."""
    truth, call = study.truth, study.calls[0]
    return int(call[truth].sum()), int(truth.sum()), int(call[~truth].sum()), int((~truth).sum())


FEW = {"n_boot": 40}
OF_STUDIES = {
    "auc bca": lambda s, **o: rs.auc(s.truth, s.scores[0], method="bca", **FEW, **o),
    "compare_auc bootstrap": lambda s, **o: rs.compare_auc(s.truth, *s.scores, method="bootstrap", **FEW, **o),
    "compare_auc unpaired": lambda s, **o: rs.compare_auc(s.truth, *s.scores, paired=False, **o),
    "compare_aucs": lambda s, **o: rs.compare_aucs(s.truth, [*s.scores, s.calls[0]], **o)[1:],
    "partial_auc": lambda s, **o: rs.partial_auc(s.truth, s.scores[0], specificity=(0.5, 1), **FEW, **o),
    "partial_auc bca": lambda s, **o: rs.partial_auc(
        s.truth, s.scores[0], sensitivity=(0.5, 1), corrected=True, method="bca", **FEW, **o
    ),
    "compare_partial_auc": lambda s, **o: rs.compare_partial_auc(s.truth, *s.scores, specificity=(0.5, 1), **FEW, **o),
    "sensitivity_at": lambda s, **o: rs.sensitivity_at(s.truth, s.scores[0], specificity=0.7, **FEW, **o),
    "specificity_at": lambda s, **o: rs.specificity_at(s.truth, s.scores[0], sensitivity=0.7, method="bca", **FEW, **o),
    "compare_sensitivity_at": lambda s, **o: rs.compare_sensitivity_at(s.truth, *s.scores, specificity=0.7, **FEW, **o),
    "compare_specificity_at": lambda s, **o: rs.compare_specificity_at(s.truth, *s.scores, sensitivity=0.7, **FEW, **o),
    "choose_threshold": lambda s, **o: rs.choose_threshold(s.truth, s.scores[0], **FEW, **o),
    "multiclass_auc": lambda s, **o: rs.multiclass_auc(*classes_of(s), classes=LETTERS.tolist(), **FEW, **o),
    "binormal": lambda s, **o: rs.binormal(s.truth, s.scores[0], **o),
    **{
        f"{name} {m}": lambda s, name=name, m=m, **o: getattr(rs, name)(s.truth, *s.calls, method=m, **o)
        for name in ("compare_ppv", "compare_npv")
        for m in predictive.METHODS
    },
    "compare_plr": lambda s, **o: rs.compare_plr(s.truth, *s.calls, **o),
    "compare_nlr": lambda s, **o: rs.compare_nlr(s.truth, *s.calls, **o),
    "paired_ratio tang": lambda s, **o: rs.paired_ratio(*s.calls, **o),
    "paired_ratio wald": lambda s, **o: rs.paired_ratio(*s.calls, method="wald", **o),
    **{
        f"proportion_difference {m}": lambda s, m=m, **o: rs.proportion_difference(*groups_of(s), method=m, **o)
        for m in independent.METHODS
    },
    **{
        f"pabak {m}": lambda s, m=m, **o: rs.pabak(*s.calls, categories=[False, True], method=m, **o)
        for m in ("wilson", "clopper-pearson")
    },
    "specific_agreement": lambda s, **o: rs.specific_agreement(*s.calls, categories=[False, True], **o),
    "compare_kappa": lambda s, **o: rs.compare_kappa(s.calls[0], s.truth, s.calls[1], **o),
}
"""Statistics of a study, with a level and a side."""

OF_GRIDS = {
    **{
        f"{name} {w}": lambda g, name=name, w=w, **o: getattr(rs, name)(g, weights=w, categories=[0, 1, 2], **o)
        for name in ("fleiss_kappa", "conger_kappa", "light_kappa", "gwet_ac", "brennan_prediger", "pairwise_agreement")
        for w in (None, "quadratic")
    },
    "unanimous_agreement": lambda g, **o: rs.unanimous_agreement(g, **o),
    **{
        f"krippendorff_alpha {m}": lambda g, m=m, **o: rs.krippendorff_alpha(g, metric=m, **o)
        for m in krippendorff.METRICS
    },
    **{
        f"icc {model} {unit}": lambda g, model=model, unit=unit, **o: rs.icc(g, model=model, unit=unit, **o)
        for model in MODELS
        for unit in UNITS
    },
}
"""Statistics of reads (n_readers, n_cases), with a level and a side."""

TWO_SIDED = {
    **{
        f"{name} {m}": lambda s, name=name, m=m, **o: getattr(rs, name)(s.truth, s.calls[0], method=m, **o)
        for name, methods in {
            "plr": ("log", "koopman"),
            "nlr": ("log", "koopman"),
            "youden": indices.METHODS,
            "balanced_accuracy": indices.METHODS,
            "dor": indices.DOR_METHODS,
            "f1": ("wilson", "clopper-pearson", "jeffreys"),
            "mcc": indices.MCC_METHODS,
        }.items()
        for m in methods
    },
    "ppv_npv_at": lambda s, **o: rs.ppv_npv_at(s.truth, s.calls[0], prevalence=0.2, **o),
    "brier": lambda s, **o: rs.brier(s.truth, s.probs[0], **o),
    "calibration": lambda s, **o: rs.calibration(s.truth, s.probs[0], groups=3, **o),
    "net_benefit": lambda s, **o: rs.net_benefit(s.truth, s.probs[0], [0.2, 0.6], **FEW, **o),
    "net_benefit prevalence": lambda s, **o: rs.net_benefit(s.truth, s.probs[0], 0.2, prevalence=0.1, **FEW, **o),
    "compare_net_benefit": lambda s, **o: rs.compare_net_benefit(s.truth, *s.probs, [0.2, 0.6], **FEW, **o),
    **{
        f"limits_of_agreement {m}": lambda s, m=m, **o: rs.limits_of_agreement(*s.scores, method=m, **o)
        for m in limits_of_agreement.METHODS
    },
    **{
        f"compare_sensitivity_specificity {m}": lambda s, m=m, **o: rs.compare_sensitivity_specificity(
            s.truth, *s.calls, method=m, **o
        )
        for m in paired.INTERVALS
    },
}
"""Statistics of a study with a level alone."""

some = settings(max_examples=12)
each_of_studies = pytest.mark.parametrize("name", OF_STUDIES)
each_of_grids = pytest.mark.parametrize("name", OF_GRIDS)
each_two_sided = pytest.mark.parametrize("name", TWO_SIDED)
permuted = st.permutations(range(20))


def check_limits(narrow, wide):
    """In the range, around the estimate, and wider at the higher level."""
    for e, other in zip(narrow, wide, strict=True):
        facts = MEASURES[e.measure]
        for value in (e.estimate, e.conf_low, e.conf_high):
            assert not math.isinf(value)
            assert math.isnan(value) or facts.low - 1e-12 <= value <= facts.high + 1e-12
        assert not e.conf_low > e.estimate + 1e-9
        assert not e.conf_high < e.estimate - 1e-9
        assert not other.conf_low > e.conf_low + 1e-9
        assert not other.conf_high < e.conf_high - 1e-9
        if not known(e.estimate, e.conf_low, e.conf_high) and known(e.conf_level):
            assert e.note


def check_sides(both, lower, upper):
    """`both` at .8 has the limits of `lower` and `upper` at .9."""
    for e, low, high in zip(both, lower, upper, strict=True):
        if known(e.conf_low, low.conf_low):
            assert low.conf_low == pytest.approx(e.conf_low, rel=1e-9, abs=1e-9)
        if known(e.conf_high, high.conf_high):
            assert high.conf_high == pytest.approx(e.conf_high, rel=1e-9, abs=1e-9)
        # An open side ends where the range does, or is nan and said to be open.
        facts = MEASURES[e.measure]
        if not known(low.conf_high):
            assert low.note
        elif math.isinf(facts.high):
            assert low.conf_high == low.estimate
        if known(low.p_value, high.p_value) and low.p_value < 1 and high.p_value < 1:
            assert low.p_value + high.p_value == pytest.approx(1, abs=1e-9) or "exact" in (low.test_method or "")


def check_all(function, data):
    sided = {side: records(function(data, conf_level=0.9, alternative=side)) for side in ("greater", "less")}
    both = records(function(data, conf_level=0.8))
    check_limits(both, records(function(data, conf_level=0.95)))
    check_sides(both, sided["greater"], sided["less"])


@each_of_studies
@some
@given(study=studies())
def test_limits(name, study):
    check_all(OF_STUDIES[name], study)


@each_of_grids
@some
@given(grid=grids())
def test_limits_of_agreement(name, grid):
    check_all(OF_GRIDS[name], grid)


@each_two_sided
@some
@given(study=studies())
def test_two_sided_limits(name, study):
    check_limits(*(records(TWO_SIDED[name](study, conf_level=level)) for level in (0.8, 0.95)))


@pytest.mark.parametrize("name", [*OF_STUDIES, *TWO_SIDED])
@some
@given(study=studies(), order=permuted)
def test_the_order_of_the_cases_does_not_matter(name, study, order):
    order = [k for k in order if k < len(study.truth)]
    function = (OF_STUDIES | TWO_SIDED)[name]
    shuffled = records(function(study.map(lambda a: a[order])))
    for e, other in zip(records(function(study)), shuffled, strict=True):
        assert same(e, other)
        assert e.note == other.note


@each_of_grids
@some
@given(grid=grids(), cases=permuted, readers=st.permutations(range(4)))
def test_the_order_of_cases_and_readers_does_not_matter(name, grid, cases, readers):
    shuffled = grid[[r for r in readers if r < len(grid)]][:, [k for k in cases if k < grid.shape[1]]]
    e, other = OF_GRIDS[name](grid), OF_GRIDS[name](shuffled)
    assert same(e, other)


CLOSED = {name: function for name, function in (OF_STUDIES | TWO_SIDED).items() if "net_benefit" not in name} | OF_GRIDS
