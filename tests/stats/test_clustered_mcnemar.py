"""Two readings of the same cases when a patient may have several."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import readerstudy as rs
from readerstudy.measures import METHOD_NAMES
from readerstudy.stats.clustered_mcnemar import TESTS
from readerstudy.stats.paired import INTERVALS


def study(seed=1, patients=40, alike=1.0, gain=0.3):
    """Two readings; each patient is easier for one of them than for the other."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), rng.integers(1, 7, patients))
    mood = alike * rng.normal(size=(2, patients))[:, patient] + rng.normal(size=len(patient))
    calls = rng.normal(size=(2, len(patient))) + mood + np.array([[gain], [0.0]]) > -0.5
    return calls[0], calls[1], patient


def tables(call, versus, patient):
    """Cases of each patient: both, the first only, the second only, neither."""
    cells = (call & versus, call & ~versus, ~call & versus, ~call & ~versus)
    return [[int(np.sum(cell[patient == k])) for cell in cells] for k in sorted(set(patient.tolist()))]


def eliasziw_donner(rows):
    """The formulas of 1991 term by term."""
    k, total = len(rows), sum(map(sum, rows))
    share = [sum(row[j] for row in rows) / total for j in range(4)]
    between = sum((row[j] - sum(row) * share[j]) ** 2 / sum(row) for row in rows for j in range(4)) / k
    mean = total / k
    within = sum(row[j] * (sum(row) - row[j]) / sum(row) for row in rows for j in range(4)) / (k * (mean - 1))
    n0 = mean - sum((sum(row) - mean) ** 2 for row in rows) / (k * (k - 1) * mean)
    star = (between - within) / (between + (n0 - 1) * within)
    rho = 1 / (1 + (share[1] + share[2]) * (1 - star) / star)
    split = [row[1] + row[2] for row in rows if row[1] + row[2]]
    kd, s_bar = len(split), sum(split) / len(split)
    s0 = s_bar - sum((s - s_bar) ** 2 for s in split) / (kd * (kd - 1) * s_bar)
    nc = s0 + kd * (s_bar - s0)
    gap = sum(row[1] - row[2] for row in rows)
    return star, gap**2 / sum(split) / (1 + (nc - 1) * rho)


def by_formula(method, rows):
    gaps, k = [row[1] - row[2] for row in rows], len(rows)
    if method == "obuchowski":
        # With both proportions at their mean: Var(p) + Var(q) - 2 Cov(p, q), as in 1998.
        total = sum(map(sum, rows))
        first, second = ([row[0] + row[j] for row in rows] for j in (1, 2))
        mean = (sum(first) + sum(second)) / (2 * total)
        x, y = (np.array([u - sum(row) * mean for u, row in zip(one, rows, strict=True)]) for one in (first, second))
        variance = k / (k - 1) * (x @ x + y @ y - 2 * x @ y) / total**2
        return ((sum(first) - sum(second)) / total) ** 2 / variance
    if method == "yang":
        return sum(gaps) ** 2 / sum(g * g for g in gaps)
    if method == "durkalski":
        shares = [g / sum(row) for g, row in zip(gaps, rows, strict=True)]
        return sum(shares) ** 2 / sum(v * v for v in shares)
    return eliasziw_donner(rows)[1]


@pytest.mark.parametrize("method", TESTS)
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_statistics_by_their_formulas(method, seed):
    call, versus, patient = study(seed)
    rows = tables(call, versus, patient)
    e = rs.mcnemar(call, versus, method=method, patients=patient)
    assert eliasziw_donner(rows)[0] > 0
    assert e.statistic == pytest.approx(by_formula(method, rows), rel=1e-10)
    assert e.p_value == pytest.approx(stats.chi2.sf(e.statistic, 1), rel=1e-10)
    assert e.estimate == pytest.approx(np.mean(call) - np.mean(versus))
    assert (e.df, e.n_cases, e.n_patients) == (1, len(call), 40)
    assert e.test_method in METHOD_NAMES


def test_one_case_a_patient_is_mcnemar():
    call, versus, _ = study()
    plain = rs.mcnemar(call, versus, method="chi2")
    m = len(call)
    for method in TESTS:
        e = rs.mcnemar(call, versus, method=method, patients=np.arange(m))
        factor = (m - 1) / m if method == "obuchowski" else 1
        assert e.statistic == pytest.approx(plain.statistic * factor, rel=1e-12)
    assert rs.mcnemar(call, versus, patients=np.arange(m)).test_method == "mcnemar-obuchowski"
    assert rs.mcnemar(call, versus).test_method == "mcnemar-exact"


def test_cases_of_a_patient_that_are_not_alike_leave_mcnemar_as_it_is():
    """A negative correlation is taken as none."""
    call, versus = np.tile([True, False], 20), np.tile([False, True], 20)
    call[:4] = True
    patient = np.repeat(np.arange(20), 2)
    e = rs.mcnemar(call, versus, method="eliasziw-donner", patients=patient)
    assert e.statistic == pytest.approx(rs.mcnemar(call, versus, method="chi2").statistic)


@pytest.mark.parametrize("method", TESTS)
def test_degenerate(method):
    def test(call, versus, patient):
        return rs.mcnemar(call, versus, method=method, patients=patient)

    same = test([1, 0, 1], [1, 0, 1], [1, 1, 2])
    assert (same.p_value, same.note) == (1, "no discordant pair")
    one = test([1, 0, 1], [0, 0, 0], [1, 1, 1])
    assert math.isnan(one.p_value)
    assert "one patient" in one.note
    assert one.estimate == pytest.approx(2 / 3)
    balanced = test([1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 2, 2])
    assert balanced.p_value == 1
    assert test([], [], []).note == "no case"


def test_wrong_input():
    with pytest.raises(ValueError, match="method is 'exact'; it must be one of 'obuchowski'"):
        rs.mcnemar([1, 0], [0, 1], method="exact", patients=[1, 2])
    with pytest.raises(ValueError, match="it must be one of 'exact'"):
        rs.mcnemar([1, 0], [0, 1], method="durkalski")
    with pytest.raises(ValueError, match="patients has 1, the other arrays have 2"):
        rs.paired_difference([1, 0], [0, 1], patients=[1])


@pytest.mark.parametrize("method", INTERVALS)
@pytest.mark.parametrize("options", [{}, {"margin": 0.1}, {"margin": 0.1, "hypothesis": "equivalence"}])
def test_difference_with_one_case_a_patient(method, options):
    call, versus, _ = study()
    plain = rs.paired_difference(call, versus, method=method, **options)
    e = rs.paired_difference(call, versus, method=method, patients=np.arange(len(call)), **options)
    for name in ("estimate", "conf_low", "conf_high", "statistic", "p_value"):
        assert getattr(e, name) == pytest.approx(getattr(plain, name), rel=1e-9, nan_ok=True)
    assert e.verdict == plain.verdict
    assert e.method in METHOD_NAMES
    assert e.test_method is None or e.test_method in METHOD_NAMES


def test_wald_by_a_loop_over_patients():
    call, versus, patient = study()
    e = rs.paired_difference(call, versus, method="wald", patients=patient)
    rows = tables(call, versus, patient)
    m, n = len(rows), len(call)
    squares = sum((row[1] - row[2] - sum(row) * e.estimate) ** 2 for row in rows)
    error = math.sqrt(m / (m - 1) * squares) / n
    assert e.std_error == pytest.approx(error, rel=1e-12)
    student = stats.t.isf(0.025, m - 1) * stats.norm.isf(0.025) / stats.t.isf(0.025, n - 1)
    half = student * error * math.sqrt((n - 1) / n)
    assert (e.conf_low, e.conf_high) == pytest.approx((e.estimate - half, e.estimate + half), rel=1e-10)
    assert (e.method, e.df) == ("ratio-estimator", m - 1)


def test_tango_limit_and_test_are_one():
    call, versus, patient = study(gain=0.8)
    e = rs.paired_difference(call, versus, patients=patient)
    limit = rs.paired_difference(call, versus, conf_level=1 - e.p_value, patients=patient).conf_low
    assert limit == pytest.approx(0, abs=1e-9)
    margin = rs.paired_difference(call, versus, margin=0.05, patients=patient)
    limit = rs.paired_difference(call, versus, conf_level=1 - 2 * margin.p_value, patients=patient).conf_low
    assert limit == pytest.approx(-0.05, abs=1e-9)


def test_one_sided_and_swapped():
    call, versus, patient = study()
    both = rs.paired_difference(call, versus, conf_level=0.9, patients=patient)
    low = rs.paired_difference(call, versus, alternative="greater", patients=patient)
    assert (low.conf_low, low.conf_high) == (pytest.approx(both.conf_low), 1)
    swapped = rs.paired_difference(versus, call, conf_level=0.9, patients=patient)
    assert (swapped.conf_low, swapped.conf_high) == pytest.approx((-both.conf_high, -both.conf_low))


def test_no_variance():
    patient = [1, 1, 2, 2, 3, 3]
    same = rs.paired_difference([1, 0] * 3, [1, 0] * 3, patients=patient)
    assert (same.estimate, same.p_value) == (0, 1)
    assert "no discordant pair" in same.note
    assert "3 independent cases" in same.note
    assert same.conf_high == pytest.approx(rs.paired_difference([1, 0, 1], [1, 0, 1]).conf_high)
    balanced = rs.paired_difference([1, 0] * 3, [0, 1] * 3, patients=patient)
    assert "the patients leave no variance" in balanced.note
    assert balanced.conf_low < 0 < balanced.conf_high
    one = rs.paired_difference([1, 0, 1], [0, 0, 0], patients=[1, 1, 1], margin=0.1)
    assert math.isnan(one.conf_low)
    assert "one patient" in one.note


@settings(max_examples=80)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 4)), min_size=1, max_size=14))
def test_whatever_the_cases(cases):
    call, versus, patient = (np.array(column) for column in zip(*cases, strict=True))
    for method in TESTS:
        e = rs.mcnemar(call, versus, method=method, patients=patient)
        assert 0 <= e.p_value <= 1 or e.note
    for method in INTERVALS:
        e = rs.paired_difference(call, versus, method=method, patients=patient)
        assert e.n_patients == len(set(patient.tolist()))
        if math.isnan(e.conf_low):
            assert e.note
        else:
            assert -1 <= e.conf_low <= e.estimate <= e.conf_high <= 1


def test_type_one_error_and_coverage_and_what_ignoring_the_patients_costs():
    """500 studies of 40 patients with equally good readers: an error of about 1 %."""
    rng = np.random.default_rng(8)
    held = dict.fromkeys((*TESTS, "ignored", "tango", "tango ignored"), 0)
    for _ in range(500):
        call, versus, patient = study(seed=int(rng.integers(2**32)), alike=1.5, gain=0.0)
        for method in TESTS:
            held[method] += rs.mcnemar(call, versus, method=method, patients=patient).p_value < 0.05
        held["ignored"] += rs.mcnemar(call, versus, method="chi2").p_value < 0.05
        for name, options in (("tango", {"patients": patient}), ("tango ignored", {})):
            e = rs.paired_difference(call, versus, **options)
            held[name] += e.conf_low <= 0 <= e.conf_high
    shares = {name: count / 500 for name, count in held.items()}
    for method in TESTS:
        assert shares[method] < 0.08
    assert 0.92 < shares["tango"] < 0.985
    assert shares["ignored"] > 0.12
    assert shares["tango ignored"] < 0.88
