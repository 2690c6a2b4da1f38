"""Several cases a patient against R's survey, geepack and ratesci.

The shared files also hold Rao and Scott's ratio, Obuchowski's McNemar and Obuchowski's AUC by a script, not a package:
they are compared, but the evidence for these is in tests/published and in the second implementations of tests/stats.
"""

import math

import goldens
import numpy as np

from readerstudy.stats.diagnostic import sensitivity, specificity
from readerstudy.stats.paired import mcnemar, paired_difference
from readerstudy.stats.roc import auc, auc_covariance, compare_auc

MEASURES = {"sensitivity": sensitivity, "specificity": specificity}
LIMITS = {
    "ci_logit": "logit",
    "ci_xlogit": "logit",  # by an optimiser
    "ci_asin": "arcsine",
    "ci_beta": "korn-graubard",
    "ci_mean": "ratio-estimator",
}
"""survey's names of intervals; its "likelihood" is interpolated between points of a profile and not offered here."""


def proportion(case, method):
    frame = goldens.table(case)
    measure = MEASURES[case.args["measure"]]
    return measure(frame.truth, frame[case.args["call"]], method=method, patients=frame.patient)


def kind(name):
    return lambda case: case.id.split("/")[1] == name


@goldens.each("cluster_prop", where=kind("survey"))
def test_survey(case):
    with goldens.against(case) as same:
        for part, method in LIMITS.items():
            e = proportion(case, method)
            same(part, [e.conf_low, e.conf_high], case.result[part], rel=1e-6 if part == "ci_xlogit" else 1e-8)
        same("estimate", e.estimate, case.result["estimate"])
        same("se_linearised", e.std_error, case.result["se_linearised"])
        same("df", e.df, case.result["df"])


@goldens.each("cluster_prop", where=kind("gee"))
def test_gee_with_working_independence(case):
    """Its robust variance is the ratio estimator's on the logit scale, without the factor m / (m - 1)."""
    e = proportion(case, "logit")
    theirs = case.result["independence"]
    m = e.df + 1
    error = e.std_error / (e.estimate * (1 - e.estimate)) * math.sqrt((m - 1) / m)
    with goldens.against(case) as same:
        same("logit", math.log(e.estimate / (1 - e.estimate)), theirs["logit"], rel=1e-6)
        same("robust_se", error, theirs["robust_se"], rel=1e-6)


@goldens.each("cluster_prop", where=kind("ratesci"))
def test_ratesci(case):
    """Its estimate is where the skewness-corrected score is 0, ours the proportion itself."""
    theirs = goldens.matrix(case.result["estimates"]).iloc[0]
    e = proportion(case, "saha-skewness")
    with goldens.against(case) as same:
        same("limits", [e.conf_low, e.conf_high], theirs[["lower", "upper"]])
        same("counts", [e.count, e.total], theirs[["totx", "totn"]])


@goldens.each("cluster_prop", where=kind("ratio_estimator_rao_scott"))
def test_ratio_estimator(case):
    e = proportion(case, "wilson")
    with goldens.against(case) as same:
        same("p", e.estimate, case.result["p"])
        same("se", e.std_error, case.result["se"])
        same("n_clusters", e.df + 1, case.result["n_clusters"])


@goldens.each("cluster_mcnemar_obuchowski")
def test_mcnemar(case):
    frame = goldens.table(case)
    right = frame[frame.truth == (1 if case.args["measure"] == "sensitivity" else 0)]
    calls = [(right[name] == right.truth).to_numpy() for name in ("call1", "call2")]
    test = mcnemar(*calls, patients=right.patient)
    difference = paired_difference(*calls, patients=right.patient)
    with goldens.against(case) as same:
        same("diff", test.estimate, case.result["diff"])
        same("x2_null", test.statistic, case.result["x2_null"])
        same("p_null", test.p_value, case.result["p_null"])
        same("var_ratio", difference.std_error**2, case.result["var_ratio"])


@goldens.each("cluster_auc_obuchowski")
def test_auc(case):
    frame = goldens.table(case)
    rows = frame[["score1", "score2"]].to_numpy().T
    patients = np.arange(len(frame)) if case.id.endswith("singletons") else frame.patient
    areas, covariance = auc_covariance(frame.truth, rows, patients=patients)
    e = auc(frame.truth, rows[0], patients=patients)
    with goldens.against(case) as same:
        same("auc", areas, case.result["auc"])
        same("cov", covariance, case.result["cov"]["matrix"])
        same("n_clusters", e.n_patients, case.result["n_clusters"])
        if "proc_var1" in case.result:
            theirs = [case.result[name] for name in ("proc_var1", "proc_var2", "proc_cov")]
            same("pROC", [covariance[0, 0], covariance[1, 1], covariance[0, 1]], theirs)
        else:
            e = compare_auc(frame.truth, *rows, patients=patients)
            same("z", [e.estimate, e.std_error**2, e.statistic, e.p_value],
                 [case.result[name] for name in ("diff", "var_diff", "z", "p")])  # fmt: skip
