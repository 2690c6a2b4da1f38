"""The two-by-two diagnostic table against R's epiR, caret and DTComPair."""

import goldens
import numpy as np

from readerstudy.stats.agreement import kappa
from readerstudy.stats.diagnostic import accuracy, confusion_matrix, diagnostic_counts, diagnostic_table

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


@goldens.each("tab")
def test_joint_calls(case):
    """DTComPair: test 2 in rows, test 1 in columns, positive first."""
    truth, first, second = goldens.columns(case, "d", "y1", "y2")
    for block, rows in (("diseased", truth == 1), ("non_diseased", truth == 0)):
        theirs = np.array(case.result[block]["matrix"])[:2, :2]
        assert (confusion_matrix(second[rows], first[rows], classes=[1, 0]).to_numpy() == theirs).all()
