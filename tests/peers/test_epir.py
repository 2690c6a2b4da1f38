"""The two-by-two diagnostic table against R's epiR, caret and DTComPair."""

import math

import goldens
import numpy as np
from scipy import special

from readerstudy.stats.agreement import kappa
from readerstudy.stats.diagnostic import accuracy, confusion_matrix, diagnostic_counts, diagnostic_table
from readerstudy.stats.proportion import proportion

EPIR = {
    "se": "sensitivity",
    "sp": "specificity",
    "pv.pos": "ppv",
    "pv.neg": "npv",
    "diag.ac": "accuracy",
    "lr.pos": "plr",
    "lr.neg": "nlr",
}
FIELDS = {"est": "estimate", "lower": "conf_low", "upper": "conf_high"}
INTERVALS = {
    "exact": "clopper-pearson",
    "clopper-pearson": "clopper-pearson",
    "wilson": "wilson",
    "jeffreys": "jeffreys",
}
CARET = {
    "Sensitivity": "sensitivity",
    "Specificity": "specificity",
    "Pos Pred Value": "ppv",
    "Neg Pred Value": "npv",
}
DTCOMPAIR = {name: name for name in ("sensitivity", "specificity", "ppv", "npv")} | {"pdlr": "plr", "ndlr": "nlr"}


@goldens.each("epi.tests", where=lambda case: case.args["method"] != "agresti")
def test_table_of_counts(case):
    """With Agresti's intervals epiR moves the estimates too."""
    counts = {name: case.args[name] for name in ("tp", "fp", "fn", "tn")}
    method = INTERVALS.get(case.args["method"])
    table = diagnostic_counts(**counts, method=method or "wilson", conf_level=case.args["conf_level"])
    ours = {e.measure: e for e in table}
    theirs = {
        name: [case.result[column][row] for column in ("est", "lower", "upper")]
        for row, name in enumerate(case.result["statistic"])
    }
    with goldens.against(case) as same:
        for name, measure in EPIR.items():
            e = ours[measure]
            if method or name.startswith("lr."):
                for part, value in zip(("est", "lower", "upper"), theirs[name], strict=True):
                    same(f"{name} {part}", getattr(e, FIELDS[part]), value, absolute=1e-12)


def shares(case):
    """Count and total behind each proportion of epiR, by its name there."""
    tp, fp, fn, tn = (case.args[name] for name in ("tp", "fp", "fn", "tn"))
    n = tp + fp + fn + tn
    return {
        "se": (tp, tp + fn),
        "sp": (tn, tn + fp),
        "pv.pos": (tp, tp + fp),
        "pv.neg": (tn, tn + fn),
        "diag.ac": (tp + tn, n),
        "ap": (tp + fp, n),
        "tp": (tp + fn, n),
        "p.rout": (tn + fn, n),
        "p.rin": (tp + fp, n),
        "p.tpdn": (fp, fp + tn),
        "p.tndp": (fn, tp + fn),
        "p.dntp": (fp, tp + fp),
        "p.dptn": (fn, tn + fn),
    }


@goldens.each("epi.tests", where=lambda case: case.args["method"] in INTERVALS)
def test_every_proportion_of_a_table(case):
    """Prevalence, calls and complements, where no cell of theirs is empty."""
    theirs = {name: k for k, name in enumerate(case.result["statistic"])}
    for name, (count, total) in shares(case).items():
        if 0 < count < total:
            method, level = INTERVALS[case.args["method"]], case.args["conf_level"]
            e = proportion(count, total, method=method, conf_level=level)
            found = [case.result[column][theirs[name]] for column in FIELDS]
            assert goldens.close([e.estimate, e.conf_low, e.conf_high], found, absolute=1e-12)


@goldens.each("epi.tests", where=lambda case: case.args["method"] == "agresti")
def test_agresti_and_coulls_limits(case):
    """They move the estimate to the middle of the interval, which they let leave the range.

    The ratios' limits are made of the moved sensitivity and specificity, around the ratio of the others.
    """
    z = -special.ndtri((1 - case.args["conf_level"]) / 2)
    theirs = {name: k for k, name in enumerate(case.result["statistic"])}
    ours, moved = [], []
    with goldens.against(case) as same:
        for name, (count, total) in shares(case).items():
            e = proportion(count, total, method="agresti-coull", conf_level=case.args["conf_level"])
            limits = [case.result[column][theirs[name]] for column in ("lower", "upper")]
            same(f"{name} limits", [e.conf_low, e.conf_high], np.clip(limits, 0, 1), absolute=1e-12)
            ours.append(e.estimate)
            moved.append((count + z * z / 2) / (total + z * z))
        estimates = [case.result["est"][theirs[name]] for name in shares(case)]
        same("estimates", ours, estimates)
        same("estimates moved", moved, estimates)
        cells = {name: case.args[name] for name in ("tp", "fp", "fn", "tn")}
        if min(cells.values()) > 0:
            table = {e.measure: e for e in diagnostic_counts(**cells, conf_level=case.args["conf_level"])}
            se, sp = moved[0], moved[1]
            positive, negative = cells["tp"] + cells["fn"], cells["tn"] + cells["fp"]
            errors = {
                "plr": math.sqrt((1 - se) / (positive * se) + sp / (negative * (1 - sp))),
                "nlr": math.sqrt(se / (positive * (1 - se)) + (1 - sp) / (negative * sp)),
            }
            for name, short in (("plr", "lr.pos"), ("nlr", "lr.neg")):
                ratio, low, high = (case.result[column][theirs[short]] for column in FIELDS)
                same(f"{short} est", table[name].estimate, ratio)
                same(f"{short} limits", [table[name].conf_low, table[name].conf_high], [low, high])
                same(f"{short} limits moved", ratio * np.exp([-z * errors[name], z * errors[name]]), [low, high])


@goldens.each("caret_confusion")
def test_confusion_matrix_and_its_columns(case):
    levels = case.args["levels"]
    truth, call = goldens.columns(case, "reference", "prediction")
    # caret: calls in rows, truth in columns.
    theirs = goldens.matrix(case.result["table"]).loc[levels, levels]
    assert (confusion_matrix(truth, call, classes=levels).to_numpy() == theirs.to_numpy().T).all()
    by_class = goldens.matrix(case.result["by_class"])
    overall = case.result["overall"]
    e = accuracy(truth, call, method="clopper-pearson")
    with goldens.against(case) as same:
        same("Accuracy", e.estimate, overall["Accuracy"])
        same("AccuracyLower", e.conf_low, overall["AccuracyLower"])
        same("AccuracyUpper", e.conf_high, overall["AccuracyUpper"])
        most = theirs.sum(axis=0).max()
        best = proportion(e.count, e.total, method="clopper-pearson", alternative="greater", null=most / e.total)
        same("AccuracyNull", best.null, overall["AccuracyNull"])
        same("AccuracyPValue", best.p_value, overall["AccuracyPValue"])
        same("Kappa", kappa(truth, call, categories=levels).estimate, overall["Kappa"])
        for level in levels:
            ours = {e.measure: e.estimate for e in diagnostic_table(truth == level, call == level)}
            for name, measure in CARET.items():
                same(f"{level} {name}", ours[measure], by_class.loc[f"Class: {level}", name])


@goldens.each("acc_paired", where=lambda case: case.error is None)
def test_table_of_calls(case):
    truth, *calls = goldens.columns(case, "d", "y1", "y2")
    with goldens.against(case) as same:
        for test, call in zip(("Test1", "Test2"), calls, strict=True):
            ours = {e.measure: e for e in diagnostic_table(truth, call)}
            for name, measure in DTCOMPAIR.items():
                e, theirs = ours[measure], case.result[test][name]
                same(f"{test} {name} est", e.estimate, theirs["est"])
                if "se" in theirs:
                    same(f"{test} {name} se", e.std_error, theirs["se"])
                else:
                    same(f"{test} {name} limits", [e.conf_low, e.conf_high], [theirs["lcl"], theirs["ucl"]])


@goldens.each("acc_paired", where=lambda case: case.error is not None)
def test_readers_of_one_class_that_dtcompair_refuses(case):
    truth, *calls = goldens.columns(case, "d", "y1", "y2")
    for call in calls:
        for e in diagnostic_table(truth, call):
            assert e.note or e.conf_low <= e.estimate <= e.conf_high


@goldens.each("tab")
def test_joint_calls(case):
    """DTComPair: test 2 in rows, test 1 in columns, positive first."""
    truth, first, second = goldens.columns(case, "d", "y1", "y2")
    for block, rows in (("diseased", truth == 1), ("non_diseased", truth == 0)):
        theirs = np.array(case.result[block]["matrix"])[:2, :2]
        assert (confusion_matrix(second[rows], first[rows], classes=[1, 0]).to_numpy() == theirs).all()
