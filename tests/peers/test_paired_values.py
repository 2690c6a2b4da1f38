"""Predictive values, likelihood ratios and ratios of two readings against R's DTComPair."""

import math

import goldens
import numpy as np

from readerstudy.stats.likelihood_ratios import compare_nlr, compare_plr
from readerstudy.stats.paired_joint import compare_sensitivity_specificity
from readerstudy.stats.paired_ratio import paired_ratio
from readerstudy.stats.predictive import compare_npv, compare_ppv
from readerstudy.stats.prevalence import ppv_npv_at


def without_error(case):
    return case.error is None


def refused(case):
    return case.error is not None


def readings(case):
    """Truth, second and first reading: DTComPair has test 2 - test 1, and test 2 / test 1."""
    truth, first, second = goldens.columns(case, "d", "y1", "y2")
    return truth, second, first


PREDICTIVE = {"ppv": compare_ppv, "npv": compare_npv}
SCORES = {"pv_wgs": "weighted-score", "pv_gs": "score"}


@goldens.each("pv_wgs", "pv_gs", where=without_error)
def test_score_tests_of_predictive_values(case):
    with goldens.against(case) as same:
        for name, compare in PREDICTIVE.items():
            e, theirs = compare(*readings(case), method=SCORES[case.family]), case.result[name]
            same(f"{name} diff", e.estimate, theirs["diff"])
            same(f"{name} test.statistic", e.statistic, theirs["test.statistic"])
            same(f"{name} p.value", e.p_value, theirs["p.value"])


@goldens.each("pv_rpv", where=without_error)
def test_relative_predictive_values(case):
    with goldens.against(case) as same:
        for name, compare in PREDICTIVE.items():
            e, theirs = compare(*readings(case), method="ratio"), case.result[name]
            same(f"{name} ratio", e.estimate, theirs[f"r{name}"])
            same(f"{name} limits", [e.conf_low, e.conf_high], [theirs[f"lcl.r{name}"], theirs[f"ucl.r{name}"]])
            same(f"{name} test.statistic", e.statistic, theirs["test.statistic"])
            same(f"{name} p.value", e.p_value, theirs["p.value"])


@goldens.each("dlr_regtest", where=without_error)
def test_regression_of_likelihood_ratios(case):
    """Here test 1 / test 2, fitted by an iteration."""
    truth, second, first = readings(case)
    with goldens.against(case) as same:
        for name, compare in (("pdlr", compare_plr), ("ndlr", compare_nlr)):
            e, theirs = compare(truth, first, second), case.result[name]
            same(f"{name} ratio", e.estimate, theirs["ratio"], rel=1e-6)
            same(f"{name} limits", [e.conf_low, e.conf_high], [theirs["lcl"], theirs["ucl"]], rel=1e-6)
            same(f"{name} test.statistic", e.statistic, theirs["test.statistic"], rel=1e-6)
            same(f"{name} p.value", e.p_value, theirs["p.value"], rel=1e-6)


@goldens.each("pv_wgs", "pv_gs", "pv_rpv", "dlr_regtest", where=refused)
def test_readings_that_dtcompair_refuses(case):
    """Readers of one class, and the small tables on which its regression diverges."""
    for compare in (compare_ppv, compare_npv, compare_plr, compare_nlr):
        e = compare(*readings(case))
        assert (math.isnan(e.estimate) and e.note) or 0 <= e.p_value <= 1
        assert not np.isinf([e.estimate, e.conf_low, e.conf_high, e.statistic]).any()


@goldens.each("sesp_rel", "tpffpf_rel", where=without_error)
def test_ratios_of_sensitivities_specificities_and_false_positive_fractions(case):
    truth, second, first = (np.asarray(a).astype(bool) for a in readings(case))
    pairs = {
        "sesp_rel": (("sensitivity", "sens", truth, False), ("specificity", "spec", ~truth, True)),
        "tpffpf_rel": (("tpf", "tpf", truth, False), ("fpf", "fpf", ~truth, False)),
    }[case.family]
    with goldens.against(case) as same:
        for name, short, cases, turned in pairs:
            e, theirs = (
                paired_ratio((second ^ turned)[cases], (first ^ turned)[cases], method="wald"),
                case.result[name],
            )
            limits = [theirs[f"lcl.rel.{short}"], theirs[f"ucl.rel.{short}"]]
            same(f"{name} ratio", e.estimate, theirs[f"rel.{short}"])
            same(f"{name} limits", [e.conf_low, e.conf_high], limits)
            same(f"{name} p", e.p_value, theirs[f"pval.rel.{short}"])


@goldens.each("sesp_mcnemar", where=without_error)
def test_joint_test_is_the_sum_of_mcnemars(case):
    records = compare_sensitivity_specificity(*readings(case))
    with goldens.against(case) as same:
        for e, name in zip(records, ("sensitivity", "specificity"), strict=False):
            same(f"{name} p.value", e.p_value, case.result[name]["p.value"])
    parts = [case.result[name]["test.statistic"] for name in ("sensitivity", "specificity")]
    assert goldens.close(records[2].statistic, sum(parts))


@goldens.each("sesp_rel", "sesp_gen_mcnemar", "sesp_mcnemar", where=refused)
def test_one_class_readers_in_ratios_and_together(case):
    truth, second, first = (np.asarray(a).astype(bool) for a in readings(case))
    joint = compare_sensitivity_specificity(truth, second, first)[2]
    assert 0 <= joint.p_value <= 1
    for cases, turned in ((truth, False), (~truth, True)):
        for method in ("tang", "wald"):
            e = paired_ratio((second ^ turned)[cases], (first ^ turned)[cases], method=method)
            assert e.note or 0 <= e.conf_low <= e.estimate <= e.conf_high


@goldens.each("pv_prev_0.01", "pv_prev_0.1", "pv_prev_0.3", where=without_error)
def test_predictive_values_at_another_prevalence(case):
    """Its "NPV" is the share of positive cases among the negative calls, 1 - NPV, at 1 - prevalence."""
    prevalence = float(case.family.removeprefix("pv_prev_"))
    truth, second, first = readings(case)
    with goldens.against(case) as same:
        for name, call in (("test1", first), ("test2", second)):
            theirs = case.result[name]
            ppv, npv = ppv_npv_at(truth, call, prevalence=prevalence)
            same(f"{name} ppv", [ppv.estimate, ppv.conf_low, ppv.conf_high], [
                theirs["ppv_est"], theirs["ppv_lcl"], theirs["ppv_ucl"]])  # fmt: skip
            numbers = [theirs["npv_est"], theirs["npv_lcl"], theirs["npv_ucl"]]
            same(f"{name} npv", [npv.estimate, npv.conf_low, npv.conf_high], numbers)
            turned = ppv_npv_at(truth, call, prevalence=1 - prevalence)[1]
            same(f"{name} npv as theirs", [1 - turned.estimate, 1 - turned.conf_high, 1 - turned.conf_low], numbers)


@goldens.each("pv_prev_0.01", "pv_prev_0.1", "pv_prev_0.3", where=refused)
def test_readers_of_one_class_at_another_prevalence(case):
    truth, second, first = readings(case)
    for call in (second, first):
        for e in ppv_npv_at(truth, call, prevalence=0.1):
            assert "undefined" in e.note or 0 <= e.conf_low <= e.estimate <= e.conf_high <= 1
