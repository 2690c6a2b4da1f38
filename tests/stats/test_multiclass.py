import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from readerstudy.stats.multiclass import AVERAGES, multiclass_auc
from readerstudy.stats.roc import auc


def draw(seed=0, sizes=(9, 14, 6, 11), digits=2):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(range(len(sizes)), sizes))
    raw = np.exp(rng.normal(size=(len(codes), len(sizes))) + np.eye(len(sizes))[codes])
    return codes, np.round(raw / raw.sum(axis=1, keepdims=True), digits)


def naive_hand_till(codes, probs):
    """Hand and Till's equation 7, pair by pair."""
    k = probs.shape[1]
    total = 0.0
    for i in range(k):
        for j in range(i):
            pair = np.isin(codes, (i, j))
            both = [roc_auc_score(codes[pair] == c, probs[pair, c]) for c in (i, j)]
            total += sum(both) / 2
    return 2 * total / (k * (k - 1))


@pytest.mark.parametrize("seed", range(3))
def test_summaries_are_the_naive_ones_and_sklearn_s(seed):
    codes, probs = draw(seed)
    exact = draw(seed, digits=15)[1]
    exact = exact / exact.sum(axis=1, keepdims=True)

    def of(p, average):
        return multiclass_auc(codes, p, classes=range(4), average=average, n_boot=2).estimate

    assert of(probs, "hand-till") == pytest.approx(naive_hand_till(codes, probs), rel=1e-12)
    assert of(exact, "hand-till") == pytest.approx(roc_auc_score(codes, exact, multi_class="ovo"), rel=1e-12)
    assert of(exact, "macro") == pytest.approx(roc_auc_score(codes, exact, multi_class="ovr"), rel=1e-12)
    micro = roc_auc_score(codes, exact, multi_class="ovr", average="micro")
    assert of(exact, "micro") == pytest.approx(micro, rel=1e-12)


def test_two_classes_are_one_curve():
    codes, probs = draw(4, (12, 15))
    probs = np.stack([1 - probs[:, 1], probs[:, 1]], axis=1)
    for average in ("hand-till", "macro"):
        e = multiclass_auc(codes, probs, classes=[0, 1], average=average, n_boot=2)
        assert e.estimate == pytest.approx(auc(codes == 1, probs[:, 1]).estimate)


def test_bootstrap_against_a_naive_loop():
    codes, probs = draw(5)
    e = multiclass_auc(codes, probs, classes=range(4), n_boot=3000)
    rng, drawn = np.random.default_rng(1), []
    for _ in range(500):
        case = np.concatenate([rng.choice(np.flatnonzero(codes == k), (codes == k).sum()) for k in range(4)])
        drawn.append(multiclass_auc(codes[case], probs[case], classes=range(4), n_boot=2).estimate)
    assert e.std_error == pytest.approx(np.std(drawn), rel=4 / math.sqrt(2 * 500))
    assert e.conf_low == pytest.approx(np.quantile(drawn, 0.025), abs=0.5 * e.std_error)
    assert e.conf_low < e.estimate < e.conf_high


@pytest.mark.parametrize("average", AVERAGES)
def test_laws(average):
    codes, probs = draw(6)
    e = multiclass_auc(codes, probs, classes=range(4), average=average, n_boot=100)
    order = np.random.default_rng(0).permutation(len(codes))
    again = multiclass_auc(codes[order], probs[order], classes=range(4), average=average, n_boot=100)
    assert (again.conf_low, again.estimate) == pytest.approx((e.conf_low, e.estimate), rel=1e-12)
    names = np.array(list("dcba"))
    renamed = multiclass_auc(names[codes], probs[:, ::-1], classes=list("abcd"), average=average, n_boot=100)
    assert renamed.estimate == pytest.approx(e.estimate)
    if average != "micro":  # ranks within a class's own column only
        other = multiclass_auc(codes, np.exp(3 * probs), classes=range(4), average=average, n_boot=2)
        assert other.estimate == pytest.approx(e.estimate)


@pytest.mark.parametrize("average", AVERAGES)
def test_degenerate(average):
    codes, probs = draw(7)
    absent = multiclass_auc(codes[codes != 2], probs[codes != 2], classes=range(4), average=average)
    assert math.isnan(absent.estimate)
    assert absent.note == "undefined: no case of 2"
    perfect = multiclass_auc(codes, np.eye(4)[codes], classes=range(4), average=average, n_boot=20)
    assert (perfect.estimate, perfect.std_error) == (1, 0)
    assert math.isnan(perfect.conf_low)
    assert "no interval" in perfect.note
    few = np.concatenate(([0], codes[codes != 0]))
    rows = np.concatenate((probs[:1], probs[codes != 0]))
    assert "one case of 0" in multiclass_auc(few, rows, classes=range(4), average=average, n_boot=20).note
    assert math.isnan(multiclass_auc([], np.empty((0, 2)), classes=[0, 1], average=average).estimate)


def test_each_class_has_its_own_note():
    found = multiclass_auc([0, 0, 1], [[0.9, 0.1, 0], [0.6, 0.4, 0], [0.2, 0.8, 0]], classes=[0, 1, 2], average=None)
    assert [e.target for e in found] == ["0", "1", "2"]
    assert "no positive case" in found[2].note


@pytest.mark.parametrize(
    ("truth", "probs", "options", "message"),
    [
        (["a"], [[1, 0]], {"classes": ["a", "a"]}, "two or more different names"),
        (["a"], [[1, 0, 0]], {"classes": ["a", "b"]}, r"shape \(1, 2\)"),
        (["c"], [[1, 0]], {"classes": ["a", "b"]}, "'c', which is none of"),
        (["a"], [[1, math.nan]], {"classes": ["a", "b"]}, "missing values"),
        (["a"], [[1, 0]], {"classes": ["a", "b"], "average": "mean"}, "average is 'mean'"),
        (["a"], [[1, 0]], {"classes": ["a", "b"], "method": "delong"}, "method is 'delong'"),
    ],
)
def test_wrong_input(truth, probs, options, message):
    with pytest.raises(ValueError, match=message):
        multiclass_auc(truth, probs, **options)
