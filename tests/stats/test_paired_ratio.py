import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from readerstudy.stats.paired import mcnemar
from readerstudy.stats.paired_joint import compare_sensitivity_specificity
from readerstudy.stats.paired_ratio import METHODS, paired_ratio, tang_z

TABLES = [(30, 12, 5, 53), (10, 9, 1, 40), (15, 1, 0, 14), (3, 4, 4, 2), (1, 7, 1, 12), (200, 3, 20, 500)]


def calls(a, b, c, d):
    return np.repeat([1, 1, 0, 0], [a, b, c, d]), np.repeat([1, 0, 1, 0], [a, b, c, d])


def naive_z(ratio, a, b, c, d):
    """The statistic with the likeliest cell probabilities of the given ratio found by a search over all cells."""
    n = a + b + c + d
    # Free are P(both) and P(second only); P(first only) follows from the ratio.

    def cells(v):
        both, second = v
        first = ratio * (both + second) - both
        return np.array([both, first, second, 1 - both - first - second])

    def minus_log_likelihood(v):
        p = cells(v)
        return 1e9 if (p <= 0).any() else -float(np.sum(np.array([a, b, c, d]) * np.log(p)))

    start = min(1.0, 1 / ratio) * np.array([0.3, 0.3])
    found = optimize.minimize(
        minus_log_likelihood, start, method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-12, "maxiter": 20_000}
    )
    both, first, second, _ = cells(found.x)
    variance = both * (1 - ratio) ** 2 + first + ratio**2 * second
    return ((a + b) / n - ratio * (a + c) / n) / math.sqrt(variance / n)


@pytest.mark.parametrize("table", [t for t in TABLES if min(t)])
@pytest.mark.parametrize("ratio", [0.5, 0.9, 1.2])
def test_tangs_statistic_by_a_search_for_the_maximum(table, ratio):
    assert tang_z(math.log(ratio), *table[:3]) == pytest.approx(naive_z(ratio, *table), rel=1e-3)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("conf_level", [0.9, 0.99])
def test_limits_solve_the_score_equation(table, conf_level):
    e = paired_ratio(*calls(*table), conf_level=conf_level)
    z = stats.norm.ppf((1 + conf_level) / 2)
    assert tang_z(math.log(e.conf_low), *table[:3]) == pytest.approx(z)
    assert tang_z(math.log(e.conf_high), *table[:3]) == pytest.approx(-z)


@pytest.mark.parametrize("table", TABLES)
def test_the_test_is_mcnemars_and_does_not_see_the_cases_of_neither(table):
    e = paired_ratio(*calls(*table))
    theirs = statsmodels_mcnemar([[table[0], table[1]], [table[2], table[3]]], exact=False, correction=False)
    assert (e.statistic**2, e.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))
    without = paired_ratio(*calls(*table[:3], 0))
    assert (without.estimate, without.conf_low, without.conf_high) == (e.estimate, e.conf_low, e.conf_high)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("table", TABLES)
def test_exchanged_readings(method, table):
    call, versus = calls(*table)
    e, other = paired_ratio(call, versus, method=method), paired_ratio(versus, call, method=method)
    assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == pytest.approx(
        (1 / other.estimate, 1 / other.conf_high, 1 / other.conf_low, other.p_value)
    )
    one_sided = paired_ratio(call, versus, method=method, alternative="greater", conf_level=0.975)
    assert one_sided.conf_low == pytest.approx(e.conf_low)
    assert (math.isnan(one_sided.conf_high), one_sided.note) == (True, "one-sided: no upper limit")
    assert paired_ratio(call, versus, method=method, alternative="less").conf_low == 0


def test_coverage_of_tangs_interval():
    rng = np.random.default_rng(1)
    cells = np.array([0.6, 0.15, 0.05, 0.2])
    covered, reps = 0, 1500
    for a, b, c, d in rng.multinomial(60, cells, size=reps):
        e = paired_ratio(*calls(a, b, c, d))
        covered += e.conf_low <= 0.75 / 0.65 <= e.conf_high
    assert covered / reps == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_degenerate_tables(method):
    assert paired_ratio([], [], method=method).note == "no case"
    assert paired_ratio([0, 0], [0, 0], method=method).note == "undefined (0/0): no positive call"
    e = paired_ratio([1, 1, 0], [0, 0, 0], method=method)
    assert math.isnan(e.estimate)
    assert "unbounded: versus has no positive call" in e.note
    zero = paired_ratio([0, 0, 0], [1, 1, 0], method=method)
    assert (zero.estimate, zero.conf_low) == (0, 0)
    assert (zero.conf_high < 2) if method == "tang" else "no upper limit" in zero.note
    equal = paired_ratio([1, 1, 1, 0], [1, 1, 1, 0], method=method)
    assert (equal.estimate, equal.p_value) == (1, 1)
    assert (equal.conf_low < 1 < equal.conf_high) if method == "tang" else "no width" in equal.note


@pytest.mark.parametrize("method", METHODS)
def test_every_small_table(method):
    for table in itertools.product(range(4), repeat=3):
        e = paired_ratio(*calls(*table, 1), method=method)
        assert not np.isinf([e.estimate, e.conf_low, e.conf_high, e.statistic, e.p_value]).any()
        assert e.note or 0 <= e.conf_low <= e.estimate <= e.conf_high


@pytest.mark.parametrize("method", METHODS)
def test_margins(method):
    call, versus = calls(30, 12, 9, 53)
    plain = paired_ratio(call, versus, method=method)
    e = paired_ratio(call, versus, method=method, margin=1 - plain.conf_low)
    assert (e.p_value, e.null) == pytest.approx((0.025, plain.conf_low))
    assert paired_ratio(call, versus, method=method, margin=0.5).verdict == "non-inferior"
    assert paired_ratio(call, versus, method=method, margin=0.5, hypothesis="equivalence").verdict == "equivalent"
    assert paired_ratio(call, versus, method=method, margin=0.01).verdict == "non-inferiority not shown"


def test_both_together():
    truth = [1] * 60 + [0] * 50
    call, versus = (
        np.r_[calls(40, 9, 2, 9)[0], calls(5, 1, 6, 38)[0]],
        np.r_[calls(40, 9, 2, 9)[1], calls(5, 1, 6, 38)[1]],
    )
    sensitivity, specificity, joint = compare_sensitivity_specificity(truth, call, versus)
    assert (sensitivity.measure, specificity.measure) == ("sensitivity_difference", "specificity_difference")
    assert (sensitivity.estimate, specificity.estimate) == pytest.approx((7 / 60, 5 / 50))
    chi2 = 49 / 11 + 25 / 7
    assert (joint.statistic, joint.df, joint.p_value) == pytest.approx((chi2, 2, stats.chi2.sf(chi2, 2)))
    assert sensitivity.p_value == mcnemar(call[:60], versus[:60], method="chi2").p_value
    assert joint.note == "a test of two numbers: no estimate of its own"


def test_level_of_the_joint_test_by_simulation():
    rng = np.random.default_rng(3)
    diseased = rng.multinomial(80, [0.6, 0.1, 0.1, 0.2], size=3000)
    healthy = rng.multinomial(80, [0.1, 0.1, 0.1, 0.7], size=3000)
    chi2 = sum((t[:, 1] - t[:, 2]) ** 2 / (t[:, 1] + t[:, 2]) for t in (diseased, healthy))
    truth = [1] * 80 + [0] * 80
    pair = [np.r_[x, y] for x, y in zip(calls(*diseased[0]), calls(*healthy[0]), strict=True)]
    assert compare_sensitivity_specificity(truth, *pair)[2].statistic == pytest.approx(chi2[0])
    assert np.mean(stats.chi2.sf(chi2, 2) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_nothing_discordant_or_no_case_of_a_class():
    truth, call, versus = [1, 1, 1, 0, 0], [1, 1, 0, 0, 1], [0, 1, 0, 0, 1]
    joint = compare_sensitivity_specificity(truth, call, versus)[2]
    assert (joint.df, joint.statistic) == (1, 1)
    assert joint.note.endswith("no discordant pair among the negative cases")
    equal = compare_sensitivity_specificity(truth, call, call)
    assert [e.p_value for e in equal] == [1, 1, 1]
    assert equal[2].note.endswith("no discordant pair among the positive nor the negative cases")
    one_class = compare_sensitivity_specificity([1, 1], [1, 0], [0, 1])
    assert one_class[1].note == "no negative case"
    assert math.isnan(one_class[1].p_value)
    assert all(math.isnan(e.p_value) for e in compare_sensitivity_specificity([], [], []))
