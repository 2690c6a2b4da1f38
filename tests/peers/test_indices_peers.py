"""Indices of a table of calls against R's epiR and caret, and against closed forms."""

import goldens

from readerstudy.stats.indices import balanced_accuracy, dor, f1, mcc, youden
from readerstudy.stats.multiclass_table import MEASURES, multiclass_table
from readerstudy.stats.prevalence import predictive_values

CARET = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "Pos Pred Value",
    "npv": "Neg Pred Value",
    "f1": "F1",
}


def calls(case):
    tp, fp, fn, tn = (case.args[name] for name in ("tp", "fp", "fn", "tn"))
    return [1] * (tp + fn) + [0] * (fp + tn), [1] * tp + [0] * fn + [1] * fp + [0] * tn


def filled(case):
    """No empty cell; with Agresti's method epiR moves the estimates too."""
    return min(case.args[name] for name in ("tp", "fp", "fn", "tn")) > 0 and case.args["method"] != "agresti"


@goldens.each("epi.tests", where=filled)
def test_youden_and_odds_ratio(case):
    """epiR adds the limits of sensitivity and specificity for Youden's, which is no interval at the level."""
    theirs = {
        name: [case.result[column][row] for column in ("est", "lower", "upper")]
        for row, name in enumerate(case.result["statistic"])
    }
    e = dor(*calls(case), conf_level=case.args["conf_level"])
    with goldens.against(case) as same:
        same("youden est", youden(*calls(case)).estimate, theirs["youden"][0])
        same("diag.or", [e.estimate, e.conf_low, e.conf_high], theirs["diag.or"])


@goldens.each("bayes_ppv_npv")
def test_bayes(case):
    with goldens.against(case) as same:
        ours = predictive_values(*(case.args[name] for name in ("se", "sp", "prev")))
        for name, value in zip(("ppv", "npv"), ours, strict=True):
            same(name, value, case.result[name])


@goldens.each("caret_confusion")
def test_one_class_against_the_rest(case):
    truth, call = goldens.columns(case, "reference", "prediction")
    by_class = goldens.matrix(case.result["by_class"])
    with goldens.against(case) as same:
        for level in case.args["levels"]:
            theirs = by_class.loc[f"Class: {level}"]
            same(f"{level} F1", f1(truth == level, call == level).estimate, theirs["F1"])
            ours = balanced_accuracy(truth == level, call == level).estimate
            same(f"{level} Balanced Accuracy", ours, theirs["Balanced Accuracy"])
        records = multiclass_table(truth, call, classes=case.args["levels"], average=None)
        for e in records:
            theirs = by_class.loc[f"Class: {e.target}", CARET[e.measure]]
            same(f"{e.target} {e.measure} of the table", e.estimate, theirs)
        assert len(records) == len(MEASURES) * len(by_class)


@goldens.each("mcc_micro_macro")
def test_coefficients_of_several_classes(case):
    frame = goldens.table(case)
    truth, call = frame.truth.to_numpy(), frame[case.id.rpartition("/")[2]].to_numpy()
    with goldens.against(case) as same:
        same("mcc", mcc(truth, call).estimate, case.result["mcc"])
        balanced = balanced_accuracy(truth, call).estimate
        same("macro_sensitivity", balanced, case.result["macro_sensitivity"])
        same("balanced_accuracy_multiclass", balanced, case.result["balanced_accuracy_multiclass"])
        for average in ("macro", "weighted"):
            found = {e.measure: e.estimate for e in multiclass_table(truth, call, average=average, undefined="zero")}
            same(f"{average} f1", found[f"{average}_f1"], case.result[f"{average}_f1_na_as_zero"])
            if average == "macro":
                same("macro table", found["macro_sensitivity"], case.result["macro_sensitivity"])
