import math

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import SquareTable, cochrans_q

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats.paired import mcnemar
from readerstudy.stats.symmetry import bowker, cochran_q, stuart_maxwell

VISION = np.array([[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]])


def reads(table):
    rows, columns = np.indices(np.shape(table))
    return np.repeat(rows.ravel(), np.ravel(table)), np.repeat(columns.ravel(), np.ravel(table))


@pytest.mark.parametrize("seed", range(5))
def test_tables_as_statsmodels_has_them(seed):
    table = np.random.default_rng(seed).integers(1, 12, (4, 4))
    theirs = SquareTable(table, shift_zeros=False)
    for function, test in ((bowker, theirs.symmetry()), (stuart_maxwell, theirs.homogeneity())):
        e = function(*reads(table))
        assert (e.statistic, e.df, e.p_value) == pytest.approx((test.statistic, test.df, test.pvalue))
        assert e.n_cases == table.sum()
        turned = function(*reads(table.T))
        assert (turned.statistic, turned.df) == pytest.approx((e.statistic, e.df))


@pytest.mark.parametrize("seed", range(5))
def test_q_as_statsmodels_has_it_and_as_a_sum_over_cases(seed):
    calls = np.random.default_rng(seed).random((4, 30)) < 0.6
    e, theirs = cochran_q(calls), cochrans_q(calls.T.astype(float))
    assert (e.statistic, e.df, e.p_value) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue))
    # The spread of the readers' totals over the mean variance that a case gives to a reader drawn at random.
    share = calls.mean(axis=0)
    variance = (share * (1 - share)).sum() * 4 / 3
    assert e.statistic == pytest.approx(((calls.sum(axis=1) - calls.sum() / 4) ** 2).sum() / variance)


def test_two_categories_and_two_readers_are_mcnemars():
    first, second = reads([[10, 8], [2, 5]])
    plain = mcnemar(first, second, method="chi2")
    for e in (bowker(first, second), stuart_maxwell(first, second), cochran_q([first, second])):
        assert (e.statistic, e.df, e.p_value) == pytest.approx((plain.statistic, 1, plain.p_value))


def test_categories_that_were_never_confused_take_no_degree_of_freedom():
    """Two blocks that nobody mixed up: the statistics add, and so do the degrees of freedom."""
    block, other = np.array([[5, 9, 1], [2, 4, 3], [2, 6, 7]]), np.array([[8, 5], [1, 9]])
    table = np.zeros((7, 7), dtype=int)
    table[:3, :3], table[3:5, 3:5], table[5, 5] = block, other, 11
    for function in (bowker, stuart_maxwell):
        parts = [function(*reads(part)) for part in (block, other)]
        whole = function(*reads(table), categories=list(range(7)))
        assert whole.statistic == pytest.approx(sum(e.statistic for e in parts))
        assert whole.df == sum(e.df for e in parts)


def test_order_of_cases_and_names_do_not_matter():
    first, second = reads([[5, 9, 1], [2, 4, 3], [2, 6, 7]])
    order = np.random.default_rng(0).permutation(len(first))
    names = np.array(["b", "c", "a"])
    for function in (bowker, stuart_maxwell):
        e, other = function(first, second), function(names[first][order].tolist(), names[second][order].tolist())
        assert (e.statistic, e.df) == pytest.approx((other.statistic, other.df))


def test_nobody_differs():
    for e in (bowker([0, 1, 2], [0, 1, 2]), stuart_maxwell([1, 1], [1, 1]), cochran_q([[0, 1], [0, 1], [0, 1]])):
        assert (e.p_value, e.note.rpartition("; ")[2]) == (1, "no case was called differently: P = 1")
        assert math.isnan(e.statistic)
    for e in (bowker([], []), stuart_maxwell([None], [1]), cochran_q([[1, math.nan], [math.nan, 0]])):
        assert math.isnan(e.p_value)
        assert e.note.endswith("no case was read by all")


def test_cases_that_were_not_read_are_left_out():
    first, second = reads([[5, 9, 1], [2, 4, 3], [2, 6, 7]])
    gaps = [*first.tolist(), None, 2], [*second.tolist(), 1, math.nan]
    for function in (bowker, stuart_maxwell):
        assert function(*gaps) == function(first, second)
    calls = np.array([[1, 0, 1, 1, 0], [0, 0, 1, 0, 0], [1, 0, 0, 1, 1.0]])
    wide = np.column_stack([calls, [math.nan, 1, 0]])
    e, plain = cochran_q(wide), cochran_q(calls)
    assert (e.statistic, e.n_cases, e.n_readers) == (plain.statistic, 5, 3)
    assert e.note.endswith("1 case not read by all left out")
    idle = cochran_q([*calls, [math.nan] * 5])
    assert (idle.statistic, idle.n_readers) == (plain.statistic, 3)
    assert "left out, having read no case: reader 4" in idle.note


def test_wrong_input():
    with pytest.raises(ValueError, match="ratings has 2, versus has 1"):
        bowker([1, 2], [1])
    with pytest.raises(ValueError, match="versus holds 'c', which is not among the categories"):
        stuart_maxwell(["a"], ["c"], categories=["a", "b"])
    with pytest.raises(ValueError, match="ratings must be 0 or 1, got 2"):
        cochran_q([[0, 1], [2, 1]])
    with pytest.raises(ValueError, match="two readers or more, got 1"):
        cochran_q([[0, 1]])


def test_level_under_the_hypothesis():
    """Of 3 readers with one share of positive calls each, correlated through the case: P is about uniform."""
    rng = np.random.default_rng(3)
    found = [cochran_q(rng.random((3, 80)) < rng.choice([0.3, 0.8], 80)).p_value for _ in range(600)]
    assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 600))


def test_facts():
    for e in (bowker([0, 1], [1, 0]), stuart_maxwell([0, 1], [1, 0]), cochran_q([[0, 1], [1, 0]])):
        assert e.measure in MEASURES
        assert e.method in METHOD_NAMES
