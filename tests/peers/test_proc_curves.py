"""Parts of curves, operating points, thresholds and tests against R's pROC."""

import math

import goldens
import numpy as np
import pytest

from readerstudy.stats.binormal import binormal
from readerstudy.stats.multiclass import multiclass_auc
from readerstudy.stats.operating_points import (
    compare_sensitivity_at,
    compare_specificity_at,
    sensitivity_at,
    specificity_at,
)
from readerstudy.stats.partial_auc import partial_auc
from readerstudy.stats.roc import auc, compare_auc
from readerstudy.stats.roc_bootstrap import levels, of_curves, resamples
from readerstudy.stats.roc_curve import heights
from readerstudy.stats.roc_tests import compare_roc
from readerstudy.stats.thresholds import choose_threshold

N_BOOT = 10_000
FEW = {"n_boot": 2}
"""For estimates alone."""


def asah(case, *names):
    frame = goldens.table(case)
    return frame.outcome.to_numpy() == "Poor", *(frame[case.args[name]].to_numpy(dtype=float) for name in names)


def agrees(replicates, share, theirs):
    """Is `theirs` the quantile `share` of the replicates, as far as two times 10,000 of them can tell?

    Counts of a few cases make steps: it is asked how many replicates lie below and at it, not how far away it is.
    """
    allowed = 4 * math.sqrt(share * (1 - share) * (1 / len(replicates) + 1 / N_BOOT))
    below, through = np.mean(replicates < theirs - 1e-9), np.mean(replicates <= theirs + 1e-9)
    return float(below - allowed <= share <= through + allowed)


@goldens.each("pauc")
def test_partial_areas(case):
    truth, score = goldens.columns(case, "truth", "score")
    part = {case.args["focus"]: tuple(sorted(case.args["partial_auc"]))}
    with goldens.against(case) as same:
        same("pauc", partial_auc(truth, score, **part, **FEW).estimate, case.result["pauc"])
        corrected = partial_auc(truth, score, **part, corrected=True, **FEW)
        same("pauc_corrected_mcclish", corrected.estimate, case.result["pauc_corrected_mcclish"])


@goldens.each("at_fixed")
def test_values_at_fixed_specificity_and_sensitivity(case):
    truth, score = goldens.columns(case, "truth", "score")
    with goldens.against(case) as same:
        for fixed, theirs in case.result["sensitivity_at_specificity"]["matrix"]:
            same(f"at sp {fixed}", sensitivity_at(truth, score, specificity=fixed, **FEW).estimate, theirs)
        for fixed, theirs in case.result["specificity_at_sensitivity"]["matrix"]:
            same(f"at se {fixed}", specificity_at(truth, score, sensitivity=fixed, **FEW).estimate, theirs)


@goldens.each("best_youden", "best_closest.topleft", "best_youden_weighted")
def test_thresholds(case):
    """Of several best thresholds theirs are all, ours is the highest that is a score."""
    truth, score = goldens.columns(case, "truth", "score")
    rule = {"rule": "closest" if "closest" in case.id else "youden"}
    if case.family == "best_youden_weighted":  # best.weights = c(5, 0.1): of the cost and the prevalence
        rule |= {"cost": 5, "prevalence": 0.1}
    threshold, sensitivity, specificity = choose_threshold(truth, score, **rule, **FEW)
    theirs = {name: np.atleast_1d(values) for name, values in case.result.items()}
    finite = theirs["threshold"] <= score.max()
    k = int(np.argmax(np.where(finite, theirs["threshold"], -math.inf)))
    with goldens.against(case) as same:
        same("sensitivity", sensitivity.estimate, theirs["sensitivity"][k])
        same("specificity", specificity.estimate, theirs["specificity"][k])
        # Theirs lies half-way between two scores, ours is one of them: the calls are the same.
        same("calls", score >= threshold.estimate, score >= theirs["threshold"][k])


@goldens.each("roc_test_unpaired", "roc_test_forced_unpaired")
def test_unpaired_difference(case):
    if case.family == "roc_test_unpaired":
        truth, score = goldens.columns(case, "truth", "score")
        first, second = (goldens.rows(goldens.table(case), case.args[g]) for g in ("group1", "group2"))
        arrays, other = (truth[first], score[first], score[second]), truth[second]
    else:
        arrays, other = asah(case, "score1", "score2"), None
    alternative = case.args.get("alternative", "two.sided").replace(".", "-")
    e = compare_auc(*arrays, versus_truth=other, paired=False, alternative=alternative)
    with goldens.against(case) as same:
        same("statistic", e.statistic, case.result["statistic"])
        same("df", e.df, case.result["parameter"])
        same("p_value", e.p_value, case.result["p_value"])
        same("estimate", e.estimate, case.result["estimate"][0] - case.result["estimate"][1])


@goldens.each("auto_direction")
def test_direction_where_theirs_need_not_be_flipped(case):
    truth, score = asah(case, "score")
    with goldens.against(case) as same:
        assert case.result["direction"] == "<"
        same("auc", auc(truth, score).estimate, case.result["auc"])


@goldens.each("ci_se", "ci_sp")
def test_pointwise_limits(case):
    truth, score = asah(case, "score")
    fixed = np.array(case.args["specificities" if case.family == "ci_se" else "sensitivities"])

    def at_each(drawn):
        return np.stack([heights(drawn if case.family == "ci_se" else drawn.mirrored(), 1 - x) for x in fixed])

    found = of_curves(truth, [levels(score)], N_BOOT, np.random.default_rng(1), lambda drawn: at_each(drawn).T)
    with goldens.against(case) as same:
        for k, row in enumerate(case.result["matrix"]):
            for share, theirs in zip((0.025, 0.5, 0.975), row, strict=True):
                same(f"{fixed[k]} {share}", agrees(found[0][:, k], share, theirs), 1)


@goldens.each("ci_thresholds")
def test_limits_at_fixed_thresholds(case):
    truth, score = asah(case, "score")
    row, values = levels(score), np.unique(score)
    blocks = [counts for (counts,) in resamples(truth, [row], N_BOOT, np.random.default_rng(2))]
    drawn = [np.concatenate(of_class) for of_class in zip(*blocks, strict=True)]
    with goldens.against(case) as same:
        for k, threshold in enumerate(case.args["thresholds"]):
            positive = values >= threshold
            shares = {
                "sensitivity": drawn[0][:, positive].sum(axis=1) / truth.sum(),
                "specificity": drawn[1][:, ~positive].sum(axis=1) / (~truth).sum(),
            }
            for name, replicates in shares.items():
                for share, theirs in zip((0.025, 0.5, 0.975), case.result[name]["matrix"][k], strict=True):
                    same(f"{name} {threshold} {share}", agrees(replicates, share, theirs), 1)


@goldens.each("ci_pauc_bootstrap")
def test_limits_of_a_partial_area(case):
    truth, score = asah(case, "score")
    e = partial_auc(truth, score, specificity=(0.8, 1), n_boot=N_BOOT, rng=3)
    # The density at a 2.5 % quantile is about .0584 / standard deviation.
    allowed = 4 * math.sqrt(2) * math.sqrt(0.025 * 0.975 / N_BOOT) / 0.0584 * e.std_error
    with goldens.against(case) as same:
        same("lower", e.conf_low, case.result["lower.2.5%"], absolute=allowed)
        same("upper", e.conf_high, case.result["upper.97.5%"], absolute=allowed)


@goldens.each("roc_test_bootstrap", "roc_test_sensitivities_at_specificity", "roc_test_specificities_at_sensitivity")
def test_bootstrapped_differences(case):
    arrays = asah(case, "score1", "score2")
    if case.family == "roc_test_bootstrap":
        e = compare_auc(*arrays, method="bootstrap", n_boot=N_BOOT, rng=4)
    elif "specificity" in case.args:
        e = compare_sensitivity_at(*arrays, specificity=case.args["specificity"], n_boot=N_BOOT, rng=4)
    else:
        e = compare_specificity_at(*arrays, sensitivity=case.args["sensitivity"], n_boot=N_BOOT, rng=4)
    # A standard deviation of B replicates errs by 1 / sqrt(2 B) of itself, or a little more with heavy tails.
    allowed = 4 * math.sqrt(2) / math.sqrt(2 * N_BOOT) * abs(case.result["statistic"])
    with goldens.against(case) as same:
        same("statistic", e.statistic, case.result["statistic"], absolute=allowed)
        same("p_value", e.p_value, case.result["p_value"], absolute=0.8 * allowed)


@goldens.each("roc_test_venkatraman")
def test_whole_curves(case):
    arrays = asah(case, "score1", "score2")
    e = compare_roc(*arrays, ties="ordinal", n_permutations=4000)
    allowed = 4 * math.sqrt(0.2 * 0.8 * (1 / 4000 + 1 / 2000))
    with goldens.against(case) as same:
        same("statistic", e.statistic, case.result["statistic"])
        same("p_value", e.p_value, case.result["p_value"], absolute=allowed)


@goldens.each("smooth_binormal")
def test_binormal_curve(case):
    """Both area estimates lie within a third of a standard error."""
    truth, score = asah(case, "score")
    area, a, b = binormal(truth, score)
    slope, intercept = case.result["intercept_slope"]
    with goldens.against(case) as same:
        same("auc", area.estimate, case.result["auc"])
        same("a", a.estimate, -intercept)
        same("b", b.estimate, slope)
    assert abs(area.estimate - case.result["auc"]) < area.std_error / 3


@goldens.each("one_vs_rest")
def test_one_class_against_the_rest(case):
    frame = goldens.table(case)
    names = case.result["rows"]
    found = multiclass_auc(frame.truth, frame[[f"p_{name}" for name in names]], classes=names, average=None)
    with goldens.against(case) as same:
        for e, (name, theirs) in zip(found, goldens.matrix(case.result).iterrows(), strict=True):
            assert e.target == name
            same(name, [e.estimate, e.conf_low, e.conf_high], theirs[["auc", "lower", "upper"]])


def test_a_wrong_limit_is_seen():
    replicates = np.random.default_rng(0).binomial(40, 0.7, N_BOOT) / 40
    assert agrees(replicates, 0.025, np.quantile(replicates, 0.025)) == 1
    assert agrees(replicates, 0.025, np.quantile(replicates, 0.025) + 2 / 40) == 0
    assert pytest.approx(1) == agrees(np.ones(N_BOOT), 0.5, 1)
