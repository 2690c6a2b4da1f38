import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats

from readerstudy.stats import diagnostic
from readerstudy.stats.likelihood_ratios import compare_nlr, compare_plr, koopman_limits, koopman_z

from .test_predictive import CASS, TABLES, arrays

PAIRS = [
    (41, 45, 35, 45),
    (10, 10, 7, 10),
    (0, 20, 5, 20),
    (5, 20, 0, 20),
    (1, 3, 2, 2),
    (20, 20, 20, 20),
    (1, 1, 1, 1),
]


def likelihood(p2, ratio, x, n, x2, n2):
    return -float(stats.binom.logpmf(x, n, ratio * p2) + stats.binom.logpmf(x2, n2, p2))


def naive_z(ratio, x, n, x2, n2):
    """The score statistic with the constrained maximum found by a search."""
    most = min(1, 1 / ratio)
    found = optimize.minimize_scalar(
        likelihood, args=(ratio, x, n, x2, n2), bounds=(0, most), method="bounded", options={"xatol": 1e-13}
    )
    p2 = found.x
    p = ratio * p2
    return (x / n - ratio * x2 / n2) / math.sqrt(p * (1 - p) / n + ratio**2 * p2 * (1 - p2) / n2)


@pytest.mark.parametrize("counts", PAIRS)
@pytest.mark.parametrize("conf_level", [0.8, 0.95, 0.999])
def test_koopmans_limits_solve_the_score_equation(counts, conf_level):
    tail = (1 - conf_level) / 2
    z = stats.norm.isf(tail)
    low, high = koopman_limits(*counts, tail)
    assert koopman_z(math.log(low), *counts) == pytest.approx(z, rel=1e-9) if counts[0] else low == 0
    assert koopman_z(math.log(high), *counts) == pytest.approx(-z, rel=1e-9) if counts[2] else math.isnan(high)
    for ratio in (0.2, 0.7, 1.0, 1.6, 4.0):
        x, n, x2, n2 = counts
        if 0 < x < n and 0 < x2 < n2:
            assert koopman_z(math.log(ratio), *counts) == pytest.approx(naive_z(ratio, *counts), rel=1e-5)


@pytest.mark.parametrize("counts", PAIRS)
def test_koopman_of_the_turned_ratio(counts):
    x, n, x2, n2 = counts
    low, high = koopman_limits(x, n, x2, n2, 0.025)
    other_low, other_high = koopman_limits(x2, n2, x, n, 0.025)
    if x and x2:
        assert (low, high) == pytest.approx((1 / other_high, 1 / other_low))


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_koopman_at_1_is_pearsons_chi2(ratio):
    table = [[12, 8], [5, 15]]
    z = koopman_z(0.0, 12, 20, 5, 20)
    assert z**2 == pytest.approx(stats.chi2_contingency(table, correction=False).statistic)
    assert koopman_z(math.log(ratio), 10, 20, round(10 / ratio), 20) == pytest.approx(0, abs=1e-12)


def test_coverage_of_koopmans_interval():
    """All outcomes of 25 positive and 40 negative cases, weighted by their probability: near the level."""
    n, n2, p, p2 = 25, 40, 0.8, 0.15
    covered = 0.0
    for x, x2 in itertools.product(range(n + 1), range(n2 + 1)):
        weight = stats.binom.pmf(x, n, p) * stats.binom.pmf(x2, n2, p2)
        if weight > 1e-5 and x + x2:
            low, high = koopman_limits(x, n, x2, n2, 0.025)
            covered += weight * (low <= p / p2 and not high < p / p2)
    assert covered == pytest.approx(0.95, abs=0.012)


def test_empty_cells():
    truth = [1] * 20 + [0] * 20
    plr = diagnostic.plr(truth, [1] * 15 + [0] * 25, method="koopman")
    assert math.isnan(plr.estimate)
    assert plr.conf_low > 1
    assert math.isnan(plr.conf_high)
    assert plr.note == "unbounded: no false positive; the score interval has a lower limit only"
    nlr = diagnostic.nlr(truth, [1] * 22 + [0] * 18, method="koopman")
    assert (nlr.estimate, nlr.conf_low, nlr.note, nlr.method) == (0, 0, None, "koopman")
    assert 0 < nlr.conf_high < 1
    one_call = diagnostic.nlr(truth, [1] * 40, method="koopman")
    assert (one_call.note, math.isnan(one_call.conf_low)) == ("undefined (0/0): no true negative", True)
    assert diagnostic.plr([1, 1], [1, 0], method="koopman").note == "undefined: no negative case"
    all_positive = diagnostic.plr(truth, [1] * 40, method="koopman")
    assert all_positive.conf_low < all_positive.estimate == 1 < all_positive.conf_high
    with pytest.raises(ValueError, match="Did you mean 'koopman'"):
        diagnostic.plr(truth, truth, method="koopmann")


def ratios(truth, call, versus, rows):
    t, c, v = truth[rows] == 1, call[rows], versus[rows]
    return (c[t].mean() / c[~t].mean()) / (v[t].mean() / v[~t].mean())


@pytest.mark.parametrize("table", [CASS, TABLES[1]])
def test_error_of_compared_ratios_by_bootstrap(table):
    """The standard deviation of the log ratio over resampled cases, each class of truth on its own."""
    truth, call, versus = arrays(table)
    rng = np.random.default_rng(8)
    positive, negative = np.flatnonzero(truth), np.flatnonzero(1 - truth)
    logs = []
    for _ in range(1500):
        rows = np.concatenate([rng.choice(positive, len(positive)), rng.choice(negative, len(negative))])
        logs.append(math.log(ratios(truth, call, versus, rows)))
    e = compare_plr(truth, call, versus)
    error = math.log(e.conf_high / e.conf_low) / (2 * 1.959963984540054)
    assert e.estimate == pytest.approx(ratios(truth, call, versus, slice(None)))
    assert error == pytest.approx(np.std(logs), rel=0.12)
    assert e.p_value == pytest.approx(2 * stats.norm.sf(abs(math.log(e.estimate)) / error))


def test_ratio_is_that_of_the_two_likelihood_ratios():
    truth, call, versus = arrays(CASS)
    for compare, single in ((compare_plr, diagnostic.plr), (compare_nlr, diagnostic.nlr)):
        e, other = compare(truth, call, versus), compare(truth, versus, call)
        assert e.estimate == pytest.approx(single(truth, call).estimate / single(truth, versus).estimate)
        assert (e.conf_low, e.conf_high, e.p_value) == pytest.approx(
            (1 / other.conf_high, 1 / other.conf_low, other.p_value)
        )


def test_margin_of_a_ratio():
    truth, call, versus = arrays(CASS)
    e = compare_plr(truth, call, versus, margin=0.1)
    assert (e.verdict, e.null) == ("non-inferior", 0.9)
    lower = compare_nlr(truth, versus, call, margin=0.1, alternative="less")
    assert (lower.verdict, lower.null) == ("non-inferior", 1 / 0.9)
    assert compare_nlr(truth, call, versus, margin=0.1, alternative="less").verdict == "non-inferiority not shown"


@pytest.mark.parametrize(
    ("truth", "call", "note"),
    [
        ([1, 1, 1, 1], [1, 0, 1, 0], "undefined: no negative case"),
        ([0, 0, 0, 0], [1, 0, 1, 0], "undefined: no positive case"),
        ([1, 1, 0, 0], [1, 1, 0, 0], "undefined: call has no false positive, its PLR is 0 or unbounded"),
        ([1, 1, 0, 0], [0, 0, 1, 0], "undefined: call has no true positive, its PLR is 0 or unbounded"),
        ([], [], "undefined: no positive case"),
    ],
)
def test_undefined_comparisons(truth, call, note):
    e = compare_plr(truth, call, [1, 0, 1, 0][: len(truth)])
    assert e.note == note
    assert math.isnan(e.estimate)
    assert math.isnan(e.p_value)


def test_why_an_nlr_is_undefined():
    e = compare_nlr([1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0])
    assert e.note == "undefined: versus has no false negative, its NLR is 0 or unbounded"


def test_equal_readings():
    truth, call, _ = arrays(CASS)
    e = compare_plr(truth, call, call)
    assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == (1, 1, 1, 1)
    assert "no width" in e.note
