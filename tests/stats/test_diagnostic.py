import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from statsmodels.stats.proportion import confint_proportions_2indep

from readerstudy.stats import diagnostic
from readerstudy.stats.proportion import proportion
from readerstudy.stats.roc import auc

MEASURES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "plr", "nlr")


def naive(truth, call):
    """Every measure by looking at one case after the other."""
    tp = fp = fn = tn = 0
    for t, c in zip(truth, call, strict=True):
        tp, fp, fn, tn = tp + (t and c), fp + (c and not t), fn + (t and not c), tn + (not t and not c)
    return tp, fp, fn, tn


@pytest.fixture
def calls():
    rng = np.random.default_rng(3)
    truth = rng.random(80) < 0.4
    return truth, np.where(rng.random(80) < 0.8, truth, ~truth)


def test_table_is_the_naive_one_and_sklearns(calls):
    truth, call = calls
    tp, fp, fn, tn = naive(truth, call)
    ours = {e.measure: e for e in diagnostic.diagnostic_table(truth, call)}
    assert tuple(ours) == MEASURES
    assert ours["sensitivity"].estimate == tp / (tp + fn) == metrics.recall_score(truth, call)
    assert ours["specificity"].estimate == tn / (tn + fp) == metrics.recall_score(~truth, ~call)
    assert ours["ppv"].estimate == tp / (tp + fp) == metrics.precision_score(truth, call)
    assert ours["npv"].estimate == tn / (tn + fn) == metrics.precision_score(~truth, ~call)
    assert ours["accuracy"].estimate == (tp + tn) / 80 == metrics.accuracy_score(truth, call)
    plr, nlr = metrics.class_likelihood_ratios(truth, call)
    assert ours["plr"].estimate == pytest.approx(plr)
    assert ours["nlr"].estimate == pytest.approx(nlr)
    assert all(e.n_cases == 80 for e in ours.values())


def test_likelihood_ratio_limits_are_those_of_a_ratio_of_proportions(calls):
    tp, fp, fn, tn = naive(*calls)
    for measure, above, below in (("plr", tp, fp), ("nlr", fn, tn)):
        e = getattr(diagnostic, measure)(*calls, conf_level=0.9)
        low, high = confint_proportions_2indep(
            above, tp + fn, below, fp + tn, compare="ratio", method="log", alpha=0.1, correction=False
        )
        assert (e.conf_low, e.conf_high) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
def test_one_measure_alone_is_its_row_of_the_table(calls, measure):
    options = {} if measure in ("plr", "nlr") else {"method": "clopper-pearson"}
    alone = getattr(diagnostic, measure)(*calls, conf_level=0.8, **options)
    table = diagnostic.diagnostic_table(*calls, method="clopper-pearson", conf_level=0.8)
    assert {e.measure: e.to_dict() for e in table}[measure] == alone.to_dict()


def test_proportions_are_proportions(calls):
    tp, _, fn, _ = naive(*calls)
    e = diagnostic.sensitivity(*calls, null=0.6)
    expected = proportion(tp, tp + fn, null=0.6).replace(measure="sensitivity", n_cases=80)
    assert e.to_dict() == expected.to_dict()


def test_accuracy_of_several_classes():
    e = diagnostic.accuracy(["a", "b", "c", "c"], ["a", "b", "c", "a"])
    assert (e.estimate, e.count, e.total) == (0.75, 3, 4)


@pytest.mark.parametrize(
    ("counts", "undefined"),
    [
        ((0, 3, 0, 5), {"sensitivity", "plr", "nlr"}),
        ((3, 0, 5, 0), {"specificity", "plr", "nlr"}),
        ((0, 0, 4, 5), {"ppv", "plr"}),
        ((4, 5, 0, 0), {"npv", "nlr"}),
        ((2, 0, 3, 6), {"plr"}),
        ((0, 0, 0, 0), set(MEASURES)),
    ],
)
def test_undefined_is_nan_with_a_note(counts, undefined):
    for e in diagnostic.diagnostic_counts(*counts):
        assert math.isnan(e.estimate) == (e.measure in undefined), e.measure
        assert not math.isinf(e.estimate)
        if e.measure in undefined:
            assert e.note
            assert math.isnan(e.conf_low)
            assert math.isnan(e.conf_high)


def test_no_false_negative():
    e = {e.measure: e for e in diagnostic.diagnostic_counts(tp=16, fp=1, fn=0, tn=96)}["nlr"]
    assert (e.estimate, e.conf_low) == (0, 0)
    assert math.isnan(e.conf_high)
    assert "no false negative" in e.note


def test_a_single_case():
    ours = {e.measure: e for e in diagnostic.diagnostic_table([1], [1])}
    assert (ours["sensitivity"].estimate, ours["sensitivity"].conf_high) == (1, 1)
    assert ours["specificity"].note == "0 of 0: no negative case"
    assert ours["accuracy"].estimate == 1


def test_confusion_matrix_is_sklearns():
    rng = np.random.default_rng(1)
    truth, call = rng.choice(list("abc"), 50), rng.choice(list("abcd"), 50)
    ours = diagnostic.confusion_matrix(truth, call)
    assert (ours.to_numpy() == metrics.confusion_matrix(truth, call)).all()
    assert (list(ours.index), ours.index.name, ours.columns.name) == (list("abcd"), "truth", "call")
    again = diagnostic.confusion_matrix(pd.Series(truth), list(call), classes=list("dcba"))
    assert again.loc["a", "d"] == ours.loc["a", "d"]
    with pytest.raises(ValueError, match="call holds 'd', which is not among the classes"):
        diagnostic.confusion_matrix(truth, call, classes=list("abc"))


@pytest.mark.parametrize("measure", MEASURES)
def test_one_length(measure):
    with pytest.raises(ValueError, match="not one length: truth has 3, call has 2"):
        getattr(diagnostic, measure)([0, 1, 1], [0, 1])


@pytest.mark.parametrize(
    ("truth", "call", "message"),
    [
        ([[0, 1]], [0, 1], r"truth must have one dimension, got shape \(1, 2\)"),
        ([0, 2], [0, 1], "truth must be boolean or 0/1, got .*2.* at position 1"),
        ([0, 1], [0, math.nan], "call is missing .nan. at position 1: leave such cases out"),
        ([0, 1], ["no", "yes"], "call must be boolean or 0/1, got values such as"),
        ([0, 1], [0, None], "call is missing .nan. at position 1"),
    ],
)
def test_wrong_input(truth, call, message):
    with pytest.raises(ValueError, match=message):
        diagnostic.sensitivity(truth, call)


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_missing_label_is_neither_right_nor_wrong(missing):
    for function in (diagnostic.accuracy, diagnostic.confusion_matrix):
        for labels in (["a", missing], np.array(["a", missing], dtype=object)):
            with pytest.raises(ValueError, match="call is missing at position 1"):
                function(["a", "b"], labels)
            with pytest.raises(ValueError, match="truth is missing at position 1"):
                function(labels, labels)


def test_counts_must_be_counts():
    for wrong in (-1, 1.5, math.nan):
        with pytest.raises(ValueError, match=f"counts must be whole numbers, 0 or more, got tp=1, fp={wrong}"):
            diagnostic.diagnostic_counts(tp=1, fp=wrong, fn=0, tn=0)


@pytest.mark.parametrize(("measure", "counts"), [("plr", (3, 5, 0, 0)), ("nlr", (0, 0, 3, 5))])
def test_a_likelihood_ratio_of_one_call_only(measure, counts):
    e = {e.measure: e for e in diagnostic.diagnostic_counts(*counts)}[measure]
    assert (e.estimate, e.conf_low, e.conf_high) == (1, 1, 1)
    assert e.note == "every case was called the same: the log interval has no width"


def test_why_a_likelihood_ratio_is_undefined():
    def note(**counts):
        return {e.measure: e for e in diagnostic.diagnostic_counts(**counts)}["plr"].note

    assert note(tp=2, fp=0, fn=3, tn=6) == "undefined (unbounded): no false positive"
    assert note(tp=0, fp=0, fn=3, tn=6) == "undefined (0/0): no false positive"
    assert note(tp=0, fp=2, fn=0, tn=6) == "undefined: no positive case"
    assert note(tp=2, fp=0, fn=3, tn=0) == "undefined: no negative case"


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "Float64", object])
def test_not_available_is_said_to_be_missing(dtype):
    truth = pd.array([1, 0, pd.NA], dtype=dtype)
    for of in (diagnostic.sensitivity, diagnostic.accuracy, diagnostic.confusion_matrix):
        with pytest.raises(ValueError, match=r"truth is missing( \(nan\))? at position 2"):
            of(truth, [1, 0, 1])
    with pytest.raises(ValueError, match=r"score is missing \(nan\) at position 2"):
        auc([1, 0, 1], truth)


def test_masked_calls_are_refused():
    with pytest.raises(ValueError, match="call has masked entries"):
        diagnostic.sensitivity([1, 0, 1], np.ma.masked_array([1, 0, 1], [0, 0, 1]))


def test_labels_of_another_kind_than_truth_are_refused():
    with pytest.raises(ValueError, match="call holds '0' where truth has labels such as 0"):
        diagnostic.accuracy([0, 1], ["0", "1"])
    with pytest.raises(ValueError, match="more than one kind, such as '1' and 1"):
        diagnostic.confusion_matrix([1, "1"], [1, 1])
    assert diagnostic.accuracy([0, 1], [False, 1.0]).estimate == 1
