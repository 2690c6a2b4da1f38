import itertools
import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.stats.predictive import METHODS, compare_npv, compare_ppv

CASS = (786, 29, 183, 25, 69, 46, 176, 151)
"""Weiner 1979: diseased then healthy, exercise test and history both positive, the first, the second, neither."""
TABLES = [CASS, (20, 5, 3, 8, 4, 6, 9, 45), (5, 0, 2, 1, 1, 0, 3, 7), (9, 3, 0, 2, 0, 1, 4, 6)]
FORMS = list(itertools.product([1, 0], [1, 0], [1, 0]))


def arrays(table):
    """Truth, call and versus behind eight counts in the order of `CASS`."""
    return tuple(np.repeat([form[k] for form in FORMS], table) for k in range(3))


def kosinski(table):
    """As printed in the paper, from counts: pooled PPV and the covariance term of the cases both call positive."""
    s11, s10, s01, _, r11, r10, r01, _ = table
    n, m = s11 + s10 + r11 + r10, s11 + s01 + r11 + r01
    p, q = (s11 + s10) / n, (s11 + s01) / m
    pooled = (2 * s11 + s10 + s01) / (n + m)
    shared = (s11 * (1 - pooled) ** 2 + r11 * pooled**2) / (n + m)
    return (p - q) ** 2 / ((pooled * (1 - pooled) - 2 * shared) * (1 / n + 1 / m))


def leisenring(table):
    """Score test of the logistic regression of truth on the reading, cases as clusters, one case after the other."""
    rows = [(d, reading, k) for k, (d, *calls) in enumerate(zip(*arrays(table), strict=True))
            for reading, call in enumerate(calls) if call]  # fmt: skip
    truth_mean, reading_mean = (sum(row[c] for row in rows) / len(rows) for c in (0, 1))
    scores = {}
    for d, reading, k in rows:
        scores[k] = scores.get(k, 0) + (d - truth_mean) * (reading - reading_mean)
    return sum(scores.values()) ** 2 / sum(score**2 for score in scores.values())


def numeric_error(function, table):
    """Standard error of a function of multinomial counts, its gradient by differences."""
    table = np.array(table, dtype=float)
    n = table.sum()
    p = table / n
    gradient = np.zeros(len(p))
    for k in range(len(p)):
        step = np.zeros(len(p))
        step[k] = 1e-6
        gradient[k] = (function(p + step) - function(p - step)) / 2e-6
    return math.sqrt(gradient @ (np.diag(p) - np.outer(p, p)) @ gradient / n)


def ppvs(t):
    return (t[0] + t[1]) / (t[0] + t[1] + t[4] + t[5]), (t[0] + t[2]) / (t[0] + t[2] + t[4] + t[6])


def mirrored(table):
    """The table whose PPV is this one's NPV."""
    s11, s10, s01, s00, r11, r10, r01, r00 = table
    return r00, r01, r10, r11, s00, s01, s10, s11


@pytest.mark.parametrize("table", TABLES)
def test_score_tests_are_the_naive_ones(table):
    for compare, counts in ((compare_ppv, table), (compare_npv, mirrored(table))):
        for method, naive in (("weighted-score", kosinski), ("score", leisenring)):
            e = compare(*arrays(table), method=method)
            assert e.statistic == pytest.approx(naive(counts), rel=1e-10)
            assert e.p_value == pytest.approx(stats.chi2.sf(naive(counts), 1))
            assert (e.df, e.test_method, e.method) == (1, "leisenring-score" if method == "score" else method, "wald")


@pytest.mark.parametrize("table", TABLES)
def test_intervals_by_differentiating_numerically(table):
    z = stats.norm.ppf(0.95)
    for compare, counts in ((compare_ppv, table), (compare_npv, mirrored(table))):
        p, q = ppvs(counts)
        error = numeric_error(lambda t: ppvs(t)[0] - ppvs(t)[1], counts)
        e = compare(*arrays(table), conf_level=0.9)
        assert (e.estimate, e.std_error) == pytest.approx((p - q, error), rel=1e-6)
        assert (e.conf_low, e.conf_high) == pytest.approx((p - q - z * error, p - q + z * error), rel=1e-6)
        error = numeric_error(lambda t: math.log(ppvs(t)[0] / ppvs(t)[1]), counts)
        e = compare(*arrays(table), method="ratio", conf_level=0.9)
        factor = math.exp(z * error)
        assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx((p / q, p / q / factor, p / q * factor), rel=1e-6)
        assert e.p_value == pytest.approx(2 * stats.norm.sf(abs(math.log(p / q)) / error), rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_exchanged_readings_and_sides(method):
    truth, call, versus = arrays(TABLES[1])
    for compare in (compare_ppv, compare_npv):
        e, other = compare(truth, call, versus, method=method), compare(truth, versus, call, method=method)
        assert e.p_value == pytest.approx(other.p_value)
        turned = 1 / other.estimate if method == "ratio" else -other.estimate
        assert e.estimate == pytest.approx(turned)
        greater = compare(truth, call, versus, method=method, alternative="greater")
        less = compare(truth, call, versus, method=method, alternative="less")
        assert greater.p_value + less.p_value == pytest.approx(1)
        assert min(greater.p_value, less.p_value) == pytest.approx(e.p_value / 2)
        narrow = compare(truth, call, versus, method=method, conf_level=0.9)
        assert (greater.conf_low, less.conf_high) == pytest.approx((narrow.conf_low, narrow.conf_high))


@pytest.mark.parametrize("method", METHODS)
def test_margins(method):
    truth, call, versus = arrays(CASS)
    plain = compare_npv(truth, call, versus, method=method)
    ratio = method == "ratio"
    lost = 1 - plain.conf_low if ratio else -plain.conf_low
    for margin, verdict in ((lost * 1.001, "non-inferior"), (lost * 0.999, "non-inferiority not shown")):
        e = compare_npv(truth, call, versus, method=method, margin=margin)
        assert (e.verdict, e.margin, e.alternative) == (verdict, margin, "greater")
        assert (e.conf_low, e.conf_high) == (plain.conf_low, plain.conf_high)
        assert e.p_value == pytest.approx(0.025, rel=0.03)
        assert e.null == pytest.approx(1 - margin if ratio else -margin)
        equal = compare_npv(truth, call, versus, method=method, margin=margin, hypothesis="equivalence")
        assert equal.verdict == ("equivalent" if verdict == "non-inferior" else "equivalence not shown")
        assert equal.p_value == pytest.approx(e.p_value)
        assert math.isnan(equal.null)
    better = compare_npv(truth, call, versus, method=method, margin=0.05, alternative="less")
    assert (better.verdict, better.alternative) == ("non-inferior", "less")


def test_level_of_the_score_tests_by_simulation():
    """Two readings of equal PPV: about 5 % of 2,000 samples are rejected at .05."""
    rng = np.random.default_rng(5)
    probabilities = np.array([0.24, 0.06, 0.06, 0.04, 0.08, 0.02, 0.02, 0.48])
    rejected = dict.fromkeys(METHODS, 0)
    for table in rng.multinomial(150, probabilities, size=2000):
        for method in METHODS:
            rejected[method] += compare_ppv(*arrays(table), method=method).p_value < 0.05
    for method, count in rejected.items():
        assert 0.03 < count / 2000 < 0.065, method


@pytest.mark.parametrize("method", METHODS)
def test_degenerate_readings(method):
    truth, some, none = [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]
    e = compare_ppv(truth, none, some, method=method)
    assert math.isnan(e.estimate)
    assert e.note == "0 of 0: call has no positive call"
    assert compare_npv(truth, some, [1, 1, 1, 1], method=method).note == "0 of 0: versus has no negative call"
    assert math.isnan(compare_ppv([], [], [], method=method).estimate)
    same = compare_ppv(truth, some, some, method=method)
    assert (same.estimate, same.p_value) == (1 if method == "ratio" else 0, 1)
    assert "the interval has no width" in same.note
    both_right = compare_ppv(truth, [1, 0, 0, 0], [0, 1, 0, 0], method=method)
    assert (both_right.p_value, both_right.conf_low) == (1, both_right.conf_high)
    unproven = compare_ppv(truth, some, some, method=method, margin=0.1)
    assert math.isnan(unproven.p_value)
    assert unproven.verdict is None


def test_ratios_with_a_zero():
    truth, right, wrong = [1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]
    e = compare_ppv(truth, wrong, right, method="ratio")
    assert (e.estimate, e.conf_low) == (0, 0)
    assert math.isnan(e.conf_high)
    assert "no upper limit" in e.note
    assert compare_ppv(truth, right, wrong, method="ratio").note == "undefined (unbounded): PPV of versus is 0"
    assert compare_ppv(truth, wrong, wrong, method="ratio").note == "undefined (0/0): PPV of versus is 0"


def test_every_small_table():
    for table in itertools.product(range(2), repeat=8):
        for compare in (compare_ppv, compare_npv):
            for method in METHODS:
                e = compare(*arrays(table), method=method)
                assert not any(map(math.isinf, (e.estimate, e.conf_low, e.conf_high, e.statistic, e.p_value)))
                assert e.note or (e.conf_low < e.conf_high and 0 <= e.p_value <= 1)


def test_wrong_input():
    with pytest.raises(ValueError, match="Did you mean 'weighted-score'"):
        compare_ppv([1], [1], [1], method="weighted")
    with pytest.raises(ValueError, match="not one length: truth has 2, call has 1, versus has 2"):
        compare_npv([1, 0], [1], [0, 1])
    with pytest.raises(ValueError, match="margin must be greater than 0 and less than 1, got 5"):
        compare_ppv([1], [1], [1], margin=5)
    with pytest.raises(ValueError, match="hypothesis is 'superiority'"):
        compare_ppv([1], [1], [1], margin=0.1, hypothesis="superiority")
    with pytest.raises(ValueError, match=r"0\.95 for 95 %"):
        compare_ppv([1], [1], [1], conf_level=95)
