"""One model against a panel: the formula, what is shared, who reads what, degenerate input, error rate."""

import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.stats.mrmc import leave_one_out, model_versus_readers
from readerstudy.stats.mrmc import measure as measures
from readerstudy.stats.roc import auc, compare_auc
from tests.stats.mrmc_studies import split, study


def panel(rng, readers=5, cases=100):
    truth, scores = study(rng, readers=readers, cases=cases)
    return truth, truth * 1.2 + rng.normal(size=cases), scores[0]


def whole(found):
    return next(e for e in found if e.versus == "all readers")


@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity", "accuracy"])
def test_the_formula_written_out(measure):
    truth, model, scores = panel(np.random.default_rng(1))
    if measure != "auc":
        model, scores = (model > 0.6).astype(float), (scores > 0.6).astype(float)
    d = whole(model_versus_readers(truth, model, scores, measure=measure))
    theta, left = leave_one_out(measure, truth, np.vstack((model, scores)))
    differences, left = theta[0] - theta[1:], left[0] - left[1:]
    n, j = left.shape[1], len(scores)
    covariance = (n - 1) ** 2 / n * np.cov(left)
    shared = max(covariance[~np.eye(j, dtype=bool)].mean(), 0)
    ms = differences.var(ddof=1)
    t = differences.mean() / math.sqrt(ms / j + shared)
    df = (ms + j * shared) ** 2 / (ms**2 / (j - 1))
    assert (d.estimate, d.statistic, d.df) == pytest.approx((differences.mean(), t, df), rel=1e-9)
    assert d.p_value == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)
    assert (d.reader, d.reader_kind, d.versus_kind, d.n_readers) == ("model", "model", "group", 5)


def test_one_fixed_reader_is_the_paired_comparison():
    truth, model, scores = panel(np.random.default_rng(2), readers=1)
    found = model_versus_readers(truth, model, scores, covariance="delong", random="cases", readers=["Ann"])
    expected = compare_auc(truth, model, scores[0])
    for versus in ("all readers", "Ann"):
        d = next(e for e in found if e.versus == versus)
        for name in ("estimate", "std_error", "conf_low", "conf_high", "p_value"):
            assert getattr(d, name) == pytest.approx(getattr(expected, name), rel=1e-9)
    own = next(e for e in found if e.reader == "model" and e.versus is None)
    assert own.std_error == pytest.approx(auc(truth, model).std_error, rel=1e-9)
    d = whole(model_versus_readers(truth, model, scores))
    assert math.isnan(d.p_value)
    assert "one reader" in d.note


def test_the_model_is_measured_on_each_readers_cases():
    truth, model, scores = panel(np.random.default_rng(3), readers=6, cases=120)
    reads = split(scores[None], 2)[0]
    found = model_versus_readers(truth, model, reads)
    d = whole(found)
    assert "design: cases nested in blocks of readers (split-plot)" in d.note
    assert "on each reader's own cases" in d.note
    for j, row in enumerate(reads):
        there = ~np.isnan(row)
        e = next(e for e in found if e.versus == str(j + 1))
        assert e.estimate == pytest.approx(
            auc(truth[there], model[there]).estimate - auc(truth[there], row[there]).estimate
        )
        assert e.n_cases == 60
    blocks = [[0, 2, 4], [1, 3, 5]]
    each = np.array([next(e for e in found if e.versus == str(j + 1)).estimate for j in range(6)])
    within = np.mean([each[of].var(ddof=1) for of in blocks])
    _, left = leave_one_out("auc", truth, np.vstack((np.where(np.isnan(reads), np.nan, model), reads)))
    left = left[:6] - left[6:]
    n = left.shape[1]
    covariance = (n - 1) ** 2 / n * np.cov(left)
    shared = np.mean([covariance[a, b] for of in blocks for a in of for b in of if a != b])
    variance = (within + 3 * max(shared, 0)) / 6
    assert d.std_error == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert d.df == pytest.approx((6 * variance) ** 2 / (within**2 / 4), rel=1e-9)


def test_a_case_without_a_prediction_is_no_readers_either():
    truth, model, scores = panel(np.random.default_rng(4))
    model[::7] = np.nan
    there = ~np.isnan(model)
    one, other = (
        whole(model_versus_readers(*arguments))
        for arguments in ((truth, model, scores), (truth[there], model[there], scores[:, there]))
    )
    assert (one.estimate, one.std_error, one.n_cases) == (other.estimate, other.std_error, other.n_cases)


def test_margins_and_patients():
    truth, model, scores = panel(np.random.default_rng(5))
    plain = whole(model_versus_readers(truth, model, scores))
    d = whole(model_versus_readers(truth, model, scores, margin=0.05))
    assert d.p_value == pytest.approx(stats.t.sf((plain.estimate + 0.05) / plain.std_error, plain.df))
    assert d.verdict == ("non-inferior" if plain.conf_low > -0.05 else "non-inferiority not shown")
    clustered = whole(model_versus_readers(truth, model, scores, patients=np.arange(100) // 2))
    assert clustered.n_patients == 50
    assert clustered.std_error != plain.std_error
    fixed = whole(model_versus_readers(truth, model, scores, random="readers"))
    assert fixed.df == 4
    assert fixed.std_error == pytest.approx(np.std([auc(truth, row).estimate for row in scores], ddof=1) / math.sqrt(5))


def test_degenerate_panels():
    truth, model, scores = panel(np.random.default_rng(6))
    same = whole(model_versus_readers(truth, model, np.stack((model, model))))
    assert (same.estimate, same.p_value, same.conf_low, same.conf_high) == (0, 1, 0, 0)
    alike = whole(model_versus_readers(truth, model, np.stack((scores[0], scores[0]))))
    assert math.isnan(alike.df)
    assert 0 < alike.p_value < 1
    perfect = model_versus_readers(truth, truth * 1.0, scores)
    assert next(e for e in perfect if e.reader == "model" and e.versus is None).method == "newcombe"
    gone = scores.copy()
    gone[1], gone[2, truth] = np.nan, np.nan
    found = model_versus_readers(truth, model, gone)
    assert "left out, where the measure is undefined: 2, 3" in whole(found).note
    assert whole(found).std_error == pytest.approx(
        whole(model_versus_readers(truth, model, scores[[0, 3, 4]])).std_error, rel=0.05
    )
    nothing = whole(model_versus_readers(truth[truth], model[truth], scores[:, truth]))
    assert "undefined for every reader" in nothing.note
    two = whole(model_versus_readers(truth[:2], model[:2], scores[:, :2]))
    assert math.isnan(two.p_value)
    assert two.note


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_score": [1.0]}, "model_score must have shape"),
        ({"scores": [1.0]}, "scores must have shape"),
        ({"model": "1"}, "name of a reader"),
        ({"covariance": np.cov}, "must be a name"),
        ({"measure": "sensitivity"}, "calls coded 0/1"),
        ({"n_boot": 0}, "n_boot"),
    ],
)
def test_wrong_input(change, words):
    truth, model, scores = panel(np.random.default_rng(7))
    arguments = {"truth": truth, "model_score": model, "scores": scores, **change}
    with pytest.raises(ValueError, match=words):
        model_versus_readers(arguments.pop("truth"), arguments.pop("model_score"), arguments.pop("scores"), **arguments)


def test_the_level_is_kept():
    """A model as good as the mean reader: about 5 in 100 reject, within four standard errors of the simulation.

    The mean reader's area is known: scores with shift N(1.2, 0.04) and unit variance in each class.
    """
    rng = np.random.default_rng(8)
    n_studies, level = 200, 1.2 / math.sqrt(2 + 0.04)
    p = []
    for _ in range(n_studies):
        truth, scores = study(rng, readers=5, cases=100)
        model = truth * level * math.sqrt(2) + rng.normal(size=100)
        p.append(whole(model_versus_readers(truth, model, scores[0])).p_value)
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 4 * math.sqrt(0.05 * 0.95 / n_studies)


def test_a_threshold_is_of_model_and_readers():
    truth, model, scores = panel(np.random.default_rng(9))
    found = model_versus_readers(truth, model, scores, measure=measures.accuracy(threshold=0.6))
    called = model_versus_readers(truth, (model >= 0.6) * 1.0, (scores >= 0.6) * 1.0, measure="accuracy")
    assert whole(found).p_value == whole(called).p_value
    assert whole(found).threshold == 0.6
