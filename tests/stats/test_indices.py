import itertools
import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import Table2x2

from readerstudy.measures import MEASURES
from readerstudy.stats import indices
from readerstudy.stats.independent import proportion_difference
from readerstudy.stats.proportion import proportion

NAMES = ("balanced_accuracy", "youden", "dor", "f1", "mcc")
TABLES = [(40, 8, 3, 62), (9, 4, 5, 7), (1, 1, 2, 3), (200, 40, 100, 660)]


def arrays(tp, fp, fn, tn):
    return np.repeat([1, 0, 1, 0], [tp, fp, fn, tn]), np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])


@pytest.mark.parametrize("table", TABLES)
def test_estimates_are_those_of_sklearn_and_statsmodels(table):
    truth, call = arrays(*table)
    tp, fp, fn, tn = table
    assert indices.balanced_accuracy(truth, call).estimate == pytest.approx(
        metrics.balanced_accuracy_score(truth, call)
    )
    assert indices.f1(truth, call).estimate == pytest.approx(metrics.f1_score(truth, call))
    assert indices.mcc(truth, call).estimate == pytest.approx(metrics.matthews_corrcoef(truth, call))
    assert indices.youden(truth, call).estimate == pytest.approx(tp / (tp + fn) - fp / (fp + tn))
    theirs = Table2x2(np.array([[tp, fp], [fn, tn]]))
    e = indices.dor(truth, call, conf_level=0.9)
    assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx(
        (theirs.oddsratio, *theirs.oddsratio_confint(alpha=0.1))
    )


@pytest.mark.parametrize("table", TABLES)
def test_youden_is_a_difference_of_two_proportions(table):
    tp, fp, fn, tn = table
    for method in indices.METHODS:
        e = indices.youden(*arrays(*table), method=method, conf_level=0.9)
        theirs = proportion_difference(tp, tp + fn, fp, fp + tn, method=method, conf_level=0.9)
        assert (e.conf_low, e.conf_high) == pytest.approx((theirs.conf_low, theirs.conf_high))
        half = indices.balanced_accuracy(*arrays(*table), method=method, conf_level=0.9)
        assert (2 * half.conf_low - 1, 2 * half.conf_high - 1) == pytest.approx((e.conf_low, e.conf_high))


@pytest.mark.parametrize("table", TABLES)
def test_f1_is_a_transformed_share(table):
    tp, fp, fn, _ = table
    e, share = (
        indices.f1(*arrays(*table), method="clopper-pearson"),
        proportion(tp, tp + fp + fn, method="clopper-pearson"),
    )
    for ours, theirs in zip((e.conf_low, e.conf_high), (share.conf_low, share.conf_high), strict=True):
        assert ours == pytest.approx(2 * theirs / (1 + theirs))


def numeric_error(table):
    """Standard error of Matthews' coefficient by numerical derivatives in the multinomial probabilities."""
    p = table.ravel() / table.sum()

    def value(q):
        q = q.reshape(table.shape)
        rows, columns = q.sum(1), q.sum(0)
        s = q.sum()
        return (np.trace(q) * s - rows @ columns) / math.sqrt((s * s - rows @ rows) * (s * s - columns @ columns))

    steps = np.eye(len(p)) * 1e-6
    gradient = np.array([(value(p + h) - value(p - h)) / 2e-6 for h in steps])
    return value(p), math.sqrt(gradient @ (np.diag(p) - np.outer(p, p)) @ gradient / table.sum())


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_standard_error_of_mcc_by_numerical_derivatives(classes):
    rng = np.random.default_rng(classes)
    table = rng.integers(1, 30, (classes, classes)) + 40 * np.eye(classes, dtype=int)
    value, error = numeric_error(table)
    assert indices.mcc_of_table(table) == pytest.approx((value, error), rel=1e-6)
    truth = np.repeat(np.repeat(range(classes), classes), table.ravel())
    call = np.repeat(np.tile(range(classes), classes), table.ravel())
    e, z = indices.mcc(truth, call), 1.959963984540054
    reach = z * error / (1 - value**2)
    assert (e.conf_low, e.conf_high) == pytest.approx(
        (math.tanh(math.atanh(value) - reach), math.tanh(math.atanh(value) + reach)), rel=1e-6
    )
    wald = indices.mcc(truth, call, method="wald")
    assert (wald.conf_low, wald.conf_high) == pytest.approx((value - z * error, value + z * error), rel=1e-6)


def test_coverage():
    rng = np.random.default_rng(4)
    cells, reps = np.array([0.3, 0.15, 0.1, 0.45]), 800
    truth = {"balanced_accuracy": (0.3 / 0.4 + 0.45 / 0.6) / 2, "youden": 0.5, "dor": 9.0, "f1": 0.6 / 0.85}
    truth["mcc"] = (0.3 * 0.45 - 0.15 * 0.1) / math.sqrt(0.4 * 0.6 * 0.45 * 0.55)
    covered = dict.fromkeys(NAMES, 0)
    for table in rng.multinomial(120, cells, size=reps):
        for e in indices.diagnostic_indices(*arrays(*table)):
            covered[e.measure] += e.conf_low <= truth[e.measure] <= e.conf_high
    for name, count in covered.items():
        assert count / reps == pytest.approx(0.95, abs=0.027), name


def test_all_at_once_are_the_single_ones():
    truth, call = arrays(*TABLES[0])
    for e, name in zip(indices.diagnostic_indices(truth, call), NAMES, strict=True):
        alone = getattr(indices, name)(truth, call)
        assert e.measure == name
        assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx((alone.estimate, alone.conf_low, alone.conf_high))
        assert (e.method, e.n_cases) == (alone.method, 113)


def test_several_classes():
    truth = list("aaabbbcccc")
    call = list("aabbbbcacb")
    e = indices.balanced_accuracy(truth, call)
    assert e.estimate == pytest.approx((2 / 3 + 1 + 1 / 2) / 3) == metrics.balanced_accuracy_score(truth, call)
    ends = [proportion(x, n) for x, n in ((2, 3), (3, 3), (2, 4))]
    below = math.sqrt(sum((p.estimate - p.conf_low) ** 2 for p in ends)) / 3
    assert e.conf_low == pytest.approx(e.estimate - below)
    assert indices.mcc(truth, call).estimate == pytest.approx(metrics.matthews_corrcoef(truth, call))
    assert indices.mcc(truth, ["d", *call[1:]]).estimate == pytest.approx(
        metrics.matthews_corrcoef(truth, ["d", *call[1:]])
    )


def test_every_small_table_is_defined_or_says_why_not():
    for table in itertools.product(range(3), repeat=4):
        found = indices.diagnostic_indices(*arrays(*table))
        found.append(indices.dor(*arrays(*table), method="haldane"))
        found.append(indices.mcc(*arrays(*table), method="wald"))
        for e in found:
            facts = MEASURES[e.measure]
            values = [e.estimate, e.conf_low, e.conf_high]
            assert not np.isinf(values).any()
            assert all(math.isnan(v) or facts.low <= v <= facts.high for v in values)
            assert e.note or e.conf_low < e.conf_high, e
            assert math.isnan(e.conf_low) or math.isnan(e.estimate) or e.conf_low <= e.estimate
            assert math.isnan(e.conf_high) or e.estimate <= e.conf_high + 1e-15


@pytest.mark.parametrize(
    ("table", "measure", "note"),
    [
        ((3, 0, 1, 4), "dor", "undefined (unbounded): no false positive"),
        ((3, 1, 0, 4), "dor", "undefined (unbounded): no false negative"),
        ((0, 0, 3, 4), "dor", "undefined (0/0): no false positive"),
        ((0, 1, 3, 4), "dor", "no true positive: 0, and the log interval has no upper limit"),
        ((0, 3, 0, 4), "dor", "undefined: no positive case"),
        ((0, 0, 0, 4), "f1", "0 of 0: no positive case and no positive call"),
        ((3, 0, 0, 4), "mcc", "every case was called right: the interval has no width"),
        ((0, 3, 3, 0), "mcc", "every case was called wrong: the interval has no width"),
        ((3, 4, 0, 0), "mcc", "undefined: one true class only, or every case was called the same"),
        ((3, 0, 2, 0), "youden", "undefined: no negative case"),
    ],
)
def test_notes(table, measure, note):
    assert getattr(indices, measure)(*arrays(*table)).note == note


def test_haldane_and_one_class():
    e = indices.dor(*arrays(3, 0, 1, 4), method="haldane")
    assert e.estimate == pytest.approx(3.5 * 4.5 / (0.5 * 1.5))
    assert e.conf_high == pytest.approx(e.estimate * math.exp(stats.norm.ppf(0.975) * math.sqrt(
        1 / 3.5 + 1 / 4.5 + 2 + 1 / 1.5)))  # fmt: skip
    assert indices.balanced_accuracy(["a", "a"], ["a", "b"]).note == "undefined: fewer than two true classes"


@pytest.mark.parametrize("name", NAMES)
def test_wrong_options(name):
    function = getattr(indices, name)
    with pytest.raises(ValueError, match="method is 'nonsense'"):
        function([0, 1], [0, 1], method="nonsense")
    with pytest.raises(ValueError, match=r"0\.95 for 95 %"):
        function([0, 1], [0, 1], conf_level=95)
    with pytest.raises(ValueError, match="not one length"):
        function([0, 1], [0])
