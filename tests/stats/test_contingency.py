import itertools
import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.stats.contingency import chi2_p, expected, fisher_p, fisher_table_p

TABLES = [(3, 1, 1, 3), (10, 0, 7, 3), (0, 5, 0, 7), (56, 14, 48, 32), (90, 23, 75, 38), (0, 20, 5, 15), (1, 0, 0, 1)]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_fisher_is_that_of_scipy(table, alternative):
    a, b, c, d = table
    theirs = stats.fisher_exact([[a, b], [c, d]], alternative=alternative).pvalue
    assert fisher_p(*table, alternative) == pytest.approx(theirs, rel=1e-9)


def test_fisher_on_every_small_table():
    for a, b, c, d in itertools.product(range(5), repeat=4):
        if min(a + b, c + d, a + c, b + d) > 0:
            assert fisher_p(a, b, c, d) == pytest.approx(stats.fisher_exact([[a, b], [c, d]]).pvalue, rel=1e-10)
        else:
            assert fisher_p(a, b, c, d) == 1
        for alternative in ("greater", "less"):
            mirrored = {"greater": "less", "less": "greater"}[alternative]
            assert fisher_p(a, b, c, d, alternative) == pytest.approx(fisher_p(c, d, a, b, mirrored), rel=1e-12)


def test_fisher_of_many_cases():
    table = (400_300, 99_700, 400_000, 100_000)
    assert fisher_p(*table) == pytest.approx(chi2_p([table[:2], table[2:]], correction=True)[2], rel=1e-3)


@pytest.mark.parametrize("correction", [False, True])
@pytest.mark.parametrize(
    "table", [[[41, 4], [35, 10]], [[3, 3], [3, 3]], [[5, 5], [5, 6]], [[1, 2, 3], [7, 5, 3]], [[9, 2], [3, 8], [4, 4]]]
)
def test_chi_square_is_that_of_scipy(table, correction):
    theirs = stats.chi2_contingency(table, correction=correction)
    assert chi2_p(table, correction) == pytest.approx((theirs.statistic, theirs.dof, theirs.pvalue), rel=1e-12)
    assert expected(table) == pytest.approx(theirs.expected_freq)


def test_empty_rows_and_columns_are_left_out():
    full = [[4, 6, 1], [7, 2, 3]]
    with_empty = [[4, 0, 6, 1], [0, 0, 0, 0], [7, 0, 2, 3]]
    assert chi2_p(with_empty) == chi2_p(full)
    assert fisher_table_p(with_empty) == fisher_table_p(full)


@pytest.mark.parametrize("table", [[[0, 10], [0, 12]], [[5, 3]], [[0, 0], [0, 0]], [[4, 6, 1], [0, 0, 0]]])
def test_nothing_to_compare(table):
    statistic, df, p = chi2_p(table)
    assert math.isnan(statistic)
    assert (df, p) == (0, 1)
    assert fisher_table_p(table) == 1


def every_table(rows, columns):
    """All tables with these totals."""
    if len(rows) == 1:
        yield (tuple(columns),)
        return
    for first in itertools.product(*(range(total + 1) for total in columns)):
        if sum(first) == rows[0]:
            left = [total - cell for total, cell in zip(columns, first, strict=True)]
            yield from ((first, *rest) for rest in every_table(rows[1:], left))


def exact_by_listing(table):
    table = np.asarray(table)

    def weight(cells):
        return 1 / math.prod(math.factorial(int(cell)) for cell in np.ravel(cells))

    weights = np.array([weight(cells) for cells in every_table(table.sum(axis=1).tolist(), table.sum(axis=0).tolist())])
    return weights[weights <= weight(table) * (1 + 1e-7)].sum() / weights.sum()


@pytest.mark.parametrize(
    "table",
    [
        [[3, 1], [2, 4], [5, 2]],
        [[1, 2, 3], [4, 0, 1], [2, 2, 0]],
        [[2, 0, 1, 4], [1, 3, 1, 0]],
        [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
        [[6, 0, 0], [0, 1, 2]],
        [[0, 1], [1, 0], [3, 0], [0, 3], [2, 2]],
        [[3, 1], [1, 3]],
    ],
)
def test_exact_test_of_larger_tables_by_listing_them_all(table):
    p = fisher_table_p(table)
    assert p == pytest.approx(exact_by_listing(table), rel=1e-9)
    assert fisher_table_p(np.transpose(table)) == pytest.approx(p, rel=1e-12)
    assert fisher_table_p(np.asarray(table)[::-1]) == pytest.approx(p, rel=1e-12)


def test_exact_test_of_a_column_beside_a_two_by_two_table():
    """A row that is filled in one way only adds nothing."""
    assert fisher_table_p([[8, 2, 0], [1, 5, 0]]) == pytest.approx(fisher_p(8, 2, 1, 5))


def test_a_table_too_large_for_the_exact_test():
    large = [[300, 100, 3], [200, 120, 4], [250, 150, 5], [20, 10, 0]]
    assert math.isnan(fisher_table_p(large))
    assert math.isnan(fisher_table_p([[30, 10, 3], [20, 12, 4], [25, 15, 5]], most=1000))
