import itertools
import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from readerstudy.measures import MEASURES as FACTS
from readerstudy.measures import METHOD_NAMES
from readerstudy.stats.diagnostic import accuracy, diagnostic_table
from readerstudy.stats.indices import balanced_accuracy, f1
from readerstudy.stats.multiclass_table import AVERAGES, MEASURES, averages_of_table, multiclass_table

TABLE = np.array([[20, 3, 1, 0], [4, 11, 2, 1], [0, 2, 30, 5], [1, 0, 2, 6]])
NAMES = np.array(["cyst", "HCC", "FNH", "abscess"])


def labels(table, names=NAMES):
    rows, columns = np.indices(table.shape)
    return names[np.repeat(rows.ravel(), table.ravel())], names[np.repeat(columns.ravel(), table.ravel())]


def by_name(records):
    return {e.measure: e for e in records}


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("seed", range(3))
def test_recall_precision_and_f1_are_those_of_sklearn(average, seed):
    rng = np.random.default_rng(seed)
    truth, call = rng.integers(0, 4, (2, 60))
    call = np.where(rng.random(60) < 0.5, truth, call)
    found = by_name(multiclass_table(truth, call, average=average))
    precision, recall, score, _ = metrics.precision_recall_fscore_support(truth, call, average=average)
    assert found[f"{average}_sensitivity"].estimate == pytest.approx(recall)
    assert found[f"{average}_ppv"].estimate == pytest.approx(precision)
    assert found[f"{average}_f1"].estimate == pytest.approx(score)


@pytest.mark.parametrize("undefined", ["zero", "omit"])
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_a_class_that_was_never_called(average, undefined):
    truth, call = list("AAABBBCC"), list("AABBBBAB")
    found = by_name(multiclass_table(truth, call, average=average, undefined=undefined))
    zero = {"zero": 0, "omit": np.nan}[undefined]
    precision, recall, _, _ = metrics.precision_recall_fscore_support(truth, call, average=average, zero_division=zero)
    assert found[f"{average}_ppv"].estimate == pytest.approx(precision)
    assert found[f"{average}_sensitivity"].estimate == pytest.approx(recall)
    # C has cases and no call: its F1 is 0, not 0/0.
    assert found[f"{average}_f1"].estimate == pytest.approx(
        metrics.f1_score(truth, call, average=average, zero_division=0)
    )
    said = {"zero": "counted as 0", "omit": "left out"}[undefined]
    assert found[f"{average}_ppv"].note == f"0/0 for C: {said}"
    assert found[f"{average}_f1"].note is None
    plain = by_name(multiclass_table(truth, call, average=average))[f"{average}_ppv"]
    assert math.isnan(plain.estimate)
    assert plain.note == "0/0 for C: undefined"


def naive(table, measure, average):
    """From the counts of each class, one after the other."""
    found, weights = [], []
    for k in range(len(table)):
        tp, n = table[k, k], table.sum()
        fn, fp = table[k].sum() - tp, table[:, k].sum() - tp
        tn = n - tp - fn - fp
        found.append(
            {
                "sensitivity": tp / (tp + fn),
                "specificity": tn / (tn + fp),
                "ppv": tp / (tp + fp),
                "npv": tn / (tn + fn),
                "f1": 2 * tp / (2 * tp + fp + fn),
            }[measure]
        )
        weights.append(tp + fn)
    return np.average(found, weights=weights if average == "weighted" else None)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_value_and_error_by_small_steps_in_every_cell(measure, average):
    value, error = averages_of_table(TABLE, measure, average, "nan")
    assert value == pytest.approx(naive(TABLE, measure, average))
    step, n = 1e-6, TABLE.sum()
    slope = np.zeros(TABLE.shape)
    for i, j in itertools.product(range(4), repeat=2):
        moved = np.zeros(TABLE.shape)
        moved[i, j] = step
        slope[i, j] = (naive(TABLE + moved, measure, average) - naive(TABLE - moved, measure, average)) / (2 * step) * n
    p = TABLE / n
    variance = ((p * slope**2).sum() - (p * slope).sum() ** 2) / n
    assert error == pytest.approx(math.sqrt(variance), rel=1e-6)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_error_is_the_spread_of_resampled_tables(average):
    rng = np.random.default_rng(1)
    big = TABLE * 5
    drawn = rng.multinomial(big.sum(), (big / big.sum()).ravel(), size=3000).reshape(-1, 4, 4)
    for measure in ("ppv", "f1"):
        spread = np.std([naive(table, measure, average) for table in drawn])
        error = averages_of_table(big, measure, average, "nan")[1]
        assert error == pytest.approx(spread, rel=4 / math.sqrt(2 * 3000))


def test_weighted_sensitivity_and_micro_are_the_accuracy():
    truth, call = labels(TABLE)
    right = accuracy(truth, call)
    weighted = by_name(multiclass_table(truth, call, average="weighted", method="delta"))["weighted_sensitivity"]
    assert weighted.estimate == pytest.approx(right.estimate)
    assert weighted.std_error == pytest.approx(right.std_error)
    micro = by_name(multiclass_table(truth, call, average="micro"))
    for measure in ("sensitivity", "ppv", "f1"):
        e = micro[f"micro_{measure}"]
        assert (e.estimate, e.conf_low, e.conf_high) == (right.estimate, right.conf_low, right.conf_high)
        assert (e.count, e.total) == (right.count, right.total)
    # 3 negative classes a case; each wrong call is one false positive.
    assert micro["micro_specificity"].estimate == pytest.approx(1 - (1 - right.estimate) / 3)
    assert micro["micro_npv"].conf_low == pytest.approx(1 - (1 - right.conf_low) / 3)


def test_macro_sensitivity_is_the_balanced_accuracy():
    truth, call = labels(TABLE)
    macro = by_name(multiclass_table(truth, call, method="delta"))["macro_sensitivity"]
    assert macro.estimate == pytest.approx(balanced_accuracy(truth, call).estimate)
    wald = balanced_accuracy(truth, call, method="wald")
    assert (macro.conf_low, macro.conf_high) == pytest.approx((wald.conf_low, wald.conf_high))


def test_one_class_after_the_other():
    truth, call = labels(TABLE)
    records = multiclass_table(truth, call, classes=NAMES.tolist(), average=None, conf_level=0.9)
    assert [(e.target, e.measure) for e in records] == [(name, m) for name in NAMES for m in MEASURES]
    for name in NAMES:
        of_class = {e.measure: e for e in records if e.target == name}
        plain = by_name(diagnostic_table(truth == name, call == name, conf_level=0.9))
        for measure in MEASURES[:4]:
            assert of_class[measure] == plain[measure].replace(target=name)
        assert of_class["f1"] == f1(truth == name, call == name, conf_level=0.9).replace(target=name)


def test_intervals_lie_in_the_range_and_tell_nothing_moved():
    for method in ("delta", "delta-logit"):
        for e in multiclass_table(*labels(np.diag([3, 4, 5, 2])), method=method):
            assert (e.estimate, e.conf_low, e.conf_high) == (1, 1, 1)
            assert e.note == "no variation that would move it: the interval has no width"
        few = np.array([[3, 0, 0, 0], [0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]])
        for average in AVERAGES:
            for e in multiclass_table(*labels(few), average=average, method=method):
                assert 0 <= e.conf_low <= e.estimate <= e.conf_high <= 1


def test_order_of_cases_and_classes_do_not_matter():
    truth, call = labels(TABLE)
    order = np.random.default_rng(0).permutation(len(truth))
    for average in AVERAGES:
        plain = multiclass_table(truth, call, average=average)
        other = multiclass_table(truth[order], call[order], classes=NAMES[::-1].tolist(), average=average)
        for e, same in zip(plain, other, strict=True):
            assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx(
                (same.estimate, same.conf_low, same.conf_high)
            )


def test_few_classes_and_no_cases():
    for e in multiclass_table([], [], classes=["a", "b"]):
        assert (math.isnan(e.estimate), e.note) == (True, "undefined: no case")
    for e in multiclass_table(["a", "a"], ["a", "a"]):
        assert e.note == "undefined: one class only, a: name the others in classes"
    # A class that nobody has and nobody called counts when it is named.
    wide = by_name(multiclass_table(["a", "b"], ["a", "b"], classes=["a", "b", "c"], undefined="zero"))
    assert wide["macro_f1"].estimate == pytest.approx(2 / 3)
    assert wide["macro_f1"].note.startswith("0/0 for c: counted as 0")
    weighted = by_name(multiclass_table(["a", "b"], ["a", "b"], classes=["a", "b", "c"], average="weighted"))
    assert weighted["weighted_f1"].estimate == 1


def test_wrong_input():
    with pytest.raises(ValueError, match="two or more different names, got"):
        multiclass_table(["a"], ["a"], classes=["a"])
    with pytest.raises(ValueError, match="call holds 'c', which is not among the classes"):
        multiclass_table(["a", "b"], ["a", "c"], classes=["a", "b"])
    with pytest.raises(ValueError, match="Did you mean 'macro'"):
        multiclass_table(["a"], ["b"], average="makro")
    with pytest.raises(ValueError, match="Did you mean 'omit'"):
        multiclass_table(["a"], ["b"], undefined="omits")


def test_facts():
    assert {f"{average}_{measure}" for average in AVERAGES for measure in MEASURES} <= set(FACTS)
    assert {"delta", "delta-logit"} <= set(METHOD_NAMES)


def by_loops(table, measure, average, undefined):
    """Average and standard error from numeric derivatives in the probability of every cell."""
    n, k = int(table.sum()), len(table)

    def value(p):
        numbers, weights = [], []
        for c in range(k):
            hit, row, column, whole = p[c, c], p[c].sum(), p[:, c].sum(), p.sum()
            above, below, count = {
                "sensitivity": (hit, row, table[c].sum()),
                "ppv": (hit, column, table[:, c].sum()),
                "specificity": (whole - row - column + hit, whole - row, n - table[c].sum()),
                "npv": (whole - row - column + hit, whole - column, n - table[:, c].sum()),
                "f1": (2 * hit, row + column, table[c].sum() + table[:, c].sum()),
            }[measure]
            if count == 0 and undefined == "omit":
                continue
            numbers.append(above / below if count else 0.0)
            weights.append(row if average == "weighted" else 1.0)
        return float(np.dot(numbers, weights) / np.sum(weights))

    p, step = table / n, 1e-6
    gradient = np.zeros_like(p)
    for cell in np.ndindex(p.shape):
        moved = p.copy()
        moved[cell] += step
        gradient[cell] = (value(moved) - value(p)) / step
    return value(p), math.sqrt(((p * gradient**2).sum() - (p * gradient).sum() ** 2) / n)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("average", ["macro", "weighted"])
@pytest.mark.parametrize("undefined", ["zero", "omit"])
def test_closed_forms_are_the_numeric_derivatives(measure, average, undefined):
    never_called = TABLE.copy()
    never_called[:, 1] = 0
    for table in (TABLE, never_called):
        found = averages_of_table(table, measure, average, undefined)
        assert found == pytest.approx(by_loops(table, measure, average, undefined), rel=1e-4)


def test_many_classes_take_little_memory_and_time():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 300, 5000)
    call = np.where(rng.random(5000) < 0.7, truth, rng.integers(0, 300, 5000))
    tracemalloc.start()
    found = multiclass_table(truth, call, classes=range(300), undefined="omit")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
    assert found[0].estimate == pytest.approx(metrics.recall_score(truth, call, average="macro"))


def test_missing_and_mixed_labels_are_said():
    with pytest.raises(ValueError, match="truth is missing at position 2"):
        multiclass_table(pd.Series(["a", "b", pd.NA], dtype=object), ["a", "b", "a"])
    with pytest.raises(ValueError, match="more than one kind, such as '1' and 1"):
        multiclass_table([1, "1"], [1, 1])
