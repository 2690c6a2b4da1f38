"""ROC curves against R's pROC."""

import math

import goldens
import numpy as np
import pytest

from readerstudy.stats.diagnostic import diagnostic_counts
from readerstudy.stats.roc import auc, auc_covariance, compare_auc, roc_points


def truth_and_scores(case, *names):
    """pROC's direction ">" calls the low scores positive: negated, they are our "higher = more suspicious"."""
    truth, *found = goldens.columns(case, "truth", *names)
    return truth, [-score if case.args.get("direction") == ">" else score for score in found]


@goldens.each("auc_delong")
def test_auc_and_delong_limits(case):
    truth, (score,) = truth_and_scores(case, "score")
    with goldens.against(case) as same:
        e = auc(truth, score)
        same("auc", e.estimate, case.result["auc"])
        same("variance", e.std_error**2, case.result["var_delong"])
        same("error", e.std_error, case.result["se_delong"])
        same("n", e.n_cases, case.result["n_pos"] + case.result["n_neg"])
        for level in (90, 95, 99):
            e, theirs = auc(truth, score, conf_level=level / 100), case.result[f"ci{level}_delong"]
            same(f"ci{level} auc", e.estimate, theirs["auc"])
            if case.result["var_delong"] == 0:  # pROC's interval then has no width
                assert e.method == "newcombe"
                assert "Newcombe 2006" in e.note
                assert 0 <= e.conf_low < e.conf_high <= 1
            else:
                assert e.note is None
                same(f"ci{level}", [e.conf_low, e.conf_high], [theirs["lower"], theirs["upper"]])


@goldens.each("one_vs_rest")
def test_one_class_against_the_rest(case):
    frame = goldens.table(case)
    with goldens.against(case) as same:
        for name, theirs in goldens.matrix(case.result).iterrows():
            e = auc(frame.truth == name, frame[f"p_{name}"])
            same(name, [e.estimate, e.conf_low, e.conf_high], theirs[["auc", "lower", "upper"]])


@goldens.each("roc_test_paired")
def test_paired_difference(case):
    truth, (score, versus) = truth_and_scores(case, "score1", "score2")
    alternative = case.args.get("alternative", "two.sided").replace(".", "-")
    e = compare_auc(truth, score, versus, alternative=alternative)
    # pROC gives the two-sided interval beside a one-sided P.
    both = compare_auc(truth, score, versus)
    with goldens.against(case) as same:
        same("p_value", e.p_value, case.result["p_value"])
        same("statistic", e.statistic, case.result["statistic"])
        same("estimate", e.estimate, case.result["estimate"][0] - case.result["estimate"][1])
        same("conf_int", [both.conf_low, both.conf_high], case.result["conf_int"])


@goldens.each("cov")
def test_covariance_of_two_aucs(case):
    truth, scores = truth_and_scores(case, "score1", "score2")
    with goldens.against(case) as same:
        same("cov_delong", auc_covariance(truth, scores)[1][0, 1], case.result["cov_delong"])


@goldens.each("curve")
def test_curve(case):
    truth, (score,) = truth_and_scores(case, "score")
    points = roc_points(truth, score)[::-1]  # pROC goes from -Inf up
    theirs = np.array(case.result["threshold"])
    theirs = -theirs if case.args["direction"] == ">" else theirs
    with goldens.against(case) as same:
        same("sensitivity", points.sensitivity, case.result["sensitivity"])
        same("specificity", points.specificity, case.result["specificity"])
        n_positive, n_negative = np.count_nonzero(truth), np.count_nonzero(1 - truth)
        hits, passes = points.sensitivity * n_positive, points.specificity * n_negative
        rows = zip(hits, n_negative - passes, n_positive - hits, passes, strict=True)
        tables = [[e.estimate for e in diagnostic_counts(*np.rint(row))[2:5]] for row in rows]
        for part, ours in zip(("ppv", "npv", "accuracy"), np.transpose(tables), strict=True):
            same(part, ours, case.result[part])
        for part, ours in (("tp", hits), ("tn", passes), ("fp", n_negative - passes), ("fn", n_positive - hits)):
            same(part, ours, case.result[part], absolute=1e-9)
        same("youden", points.sensitivity + points.specificity, case.result["youden"])
        corner = (1 - points.sensitivity) ** 2 + (1 - points.specificity) ** 2
        same("closest.topleft", corner, case.result["closest.topleft"])
    # Their thresholds lie half-way between scores, ours on scores: both call the same cases positive.
    for our_threshold, their_threshold in zip(points.threshold, theirs, strict=True):
        assert ((score >= our_threshold) == (score >= their_threshold)).all()


@goldens.each("ci_auc_bootstrap")
def test_bootstrap_limits(case):
    """Two Monte-Carlo answers of 10,000 replicates: a tail quantile errs by about 1.3 / 100 of the standard error."""
    (score,) = goldens.columns(case, "score")
    e = auc(goldens.table(case).outcome == "Poor", score, method="bootstrap", n_boot=10_000, rng=1)
    allowed = 4 * math.sqrt(2) * math.sqrt(0.025 * 0.975 / 10_000) / 0.0584 * e.std_error
    assert e.conf_low == pytest.approx(case.result["ci95"]["lower.2.5%"], abs=allowed)
    assert e.conf_high == pytest.approx(case.result["ci95"]["upper.97.5%"], abs=allowed)
