"""Do two readers, or several, use the categories alike? Symmetry, marginal homogeneity, and Cochran's Q."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Ints
from readerstudy.stats._reads import measured
from readerstudy.stats.agreement import table_of_ratings

_WHOLE = "a test of the whole table: no single difference"
_ALIKE = "no case was called differently: P = 1"


def bowker_of_table(table: Ints) -> tuple[float, int]:
    """Bowker's statistic of a square table and its df: the pairs of categories that were confused at all."""
    above = np.triu_indices(len(table), 1)
    one, other = table[above], table.T[above]
    used = one + other > 0
    gap = (one - other)[used].astype(float)
    return float((gap**2 / (one + other)[used]).sum()), int(np.count_nonzero(used))


def stuart_maxwell_of_table(table: Ints) -> tuple[float, int]:
    """Stuart and Maxwell's statistic of a square table and its df, the rank of the covariance of the margins' gaps."""
    gap = (table.sum(axis=1) - table.sum(axis=0)).astype(float)
    covariance = -(table + table.T).astype(float)
    np.fill_diagonal(covariance, 0)
    np.fill_diagonal(covariance, -covariance.sum(axis=1))
    # Its null space is the sum over each set of categories that confusions link: there the gaps cancel too.
    roots, axes = np.linalg.eigh(covariance)
    used = roots > 1e-10 * max(float(roots.max(initial=0.0)), 1.0)
    along = axes[:, used].T @ gap
    return float((along**2 / roots[used]).sum()), int(np.count_nonzero(used))


def cochran_of_calls(calls: Ints) -> tuple[float, int]:
    """Cochran's Q of 0/1 calls (n_readers, n_cases) and its df; nan and 0 where no case was called differently."""
    k = len(calls)
    by_reader, by_case = calls.sum(axis=1), calls.sum(axis=0)
    total = int(by_case.sum())
    spread = k * total - int((by_case**2).sum())
    if spread == 0:
        return math.nan, 0
    return (k - 1) * (k * int((by_reader**2).sum()) - total**2) / spread, k - 1


def _tested(e: Estimate, statistic: float, df: int, said: str) -> Estimate:
    if not e.n_cases:
        return e.replace(note=f"{said}; no case was read by all")
    if df == 0:
        return e.replace(p_value=1.0, note=f"{said}; {_ALIKE}")
    return e.replace(statistic=statistic, df=df, p_value=float(special.chdtrc(df, statistic)), note=said)


def bowker(ratings: ArrayLike, versus: ArrayLike, *, categories: list[Any] | None = None) -> Estimate:
    """Bowker's test of symmetry: whether one reader calls A what the other calls B as often as the other way round.

    The sum over pairs of categories of (n_ij - n_ji)^2 / (n_ij + n_ji), chi-squared. Synonyms: McNemar-Bowker test;
    with two categories McNemar's chi2.

    Parameters
    ----------
    ratings, versus
        Categories given by the two readers (or a reader and the truth) to the same cases, paired by position, shape
        (n_cases,). None or nan = not read: such cases are left out and not counted in `n_cases`.
    categories
        All categories; by default those that occur. They only serve to find a misspelt one.

    Returns
    -------
    Estimate
        `statistic`, `df` and `p_value`; there is no estimate, for a whole table is tested.

    Raises
    ------
    ValueError
        If the arrays do not fit or a rating is not among `categories`.

    Notes
    -----
    Cases must be independent. A pair of categories that was never confused adds nothing, and no degree of freedom;
    with no case called differently P = 1, with a note. The test is of the cells: `stuart_maxwell` is of the readers'
    totals. Chi-squared needs a handful of cases in each pair.

    References
    ----------
    Bowker 1948, doi:10.1080/01621459.1948.10483284.

    Examples
    --------
    Unaided vision of the right and the left eye of 7,477 women, from Stuart 1955, doi:10.1093/biomet/42.3-4.412:

    >>> table = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
    >>> right = [i for i in range(4) for j in range(4) for _ in range(table[i][j])]
    >>> left = [j for i in range(4) for j in range(4) for _ in range(table[i][j])]
    >>> e = bowker(right, left)
    >>> round(e.statistic, 2), e.df, round(e.p_value, 4)
    (19.11, 6.0, 0.004)
    """
    table = table_of_ratings(ratings, versus, categories)
    e = Estimate(
        measure="symmetry", method="bowker", test_method="bowker", alternative="two-sided", n_cases=int(table.sum())
    )
    return _tested(e, *bowker_of_table(table), _WHOLE)


def stuart_maxwell(ratings: ArrayLike, versus: ArrayLike, *, categories: list[Any] | None = None) -> Estimate:
    """Stuart and Maxwell's test of marginal homogeneity: whether two readers call each category equally often.

    A quadratic form of the differences of the readers' totals, chi-squared. Synonym: generalised McNemar test; with
    two categories McNemar's chi2.

    Parameters
    ----------
    ratings, versus, categories
        As in `bowker`.

    Returns
    -------
    Estimate
        `statistic`, `df` and `p_value`; there is no estimate, for several totals are compared.

    Raises
    ------
    ValueError
        If the arrays do not fit or a rating is not among `categories`.

    Notes
    -----
    Cases must be independent. `df` is the number of categories less one, or less where some of them were never
    confused with the others: nobody's use of them can differ then. With no case called differently P = 1, with a note.

    References
    ----------
    Stuart 1955, doi:10.1093/biomet/42.3-4.412. Maxwell 1970, doi:10.1192/bjp.116.535.651.

    Examples
    --------
    Unaided vision of the right and the left eye of 7,477 women, from Stuart's paper:

    >>> table = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
    >>> right = [i for i in range(4) for j in range(4) for _ in range(table[i][j])]
    >>> left = [j for i in range(4) for j in range(4) for _ in range(table[i][j])]
    >>> e = stuart_maxwell(right, left)
    >>> round(e.statistic, 2), e.df, round(e.p_value, 4)
    (11.96, 3.0, 0.0075)
    """
    table = table_of_ratings(ratings, versus, categories)
    e = Estimate(
        measure="marginal_homogeneity",
        method="stuart-maxwell",
        test_method="stuart-maxwell",
        alternative="two-sided",
        n_cases=int(table.sum()),
    )
    return _tested(e, *stuart_maxwell_of_table(table), "a test of all totals at once: no single difference")


def cochran_q(ratings: ArrayLike) -> Estimate:
    """Cochran's Q: whether several readers of the same cases are positive (or right) equally often.

    Chi-squared with n_readers - 1 degrees of freedom; with two readers it is McNemar's chi2.

    Parameters
    ----------
    ratings
        0/1 or boolean, shape (n_readers, n_cases), two readers or more; 1 = positive, or right. nan or None = not
        read: the case is then left out for all readers, and `note` says how many were.

    Returns
    -------
    Estimate
        `statistic`, `df`, `p_value` and `n_readers`; there is no estimate, for several proportions are compared. Two
        readers at a time: `mcnemar`, with `adjust` for their number.

    Raises
    ------
    ValueError
        If the shape is wrong, a call is neither 0 nor 1, or there are fewer than two readers.

    Notes
    -----
    Cases must be independent; the readers are taken as these ones, not as a sample of others. A case that all called
    alike adds nothing. With no case called differently P = 1, with a note.

    References
    ----------
    Cochran 1950, doi:10.1093/biomet/37.3-4.256.

    Examples
    --------
    Growth of 69 specimens on four media from Cochran's paper, who has Q = 8.05 with 3 df:

    >>> patterns = [([1, 1, 1, 1], 4), ([1, 1, 0, 1], 2), ([0, 1, 1, 1], 3), ([0, 1, 0, 1], 1), ([0, 0, 0, 0], 59)]
    >>> media = [[pattern[k] for pattern, n in patterns for _ in range(n)] for k in range(4)]
    >>> e = cochran_q(media)
    >>> round(e.statistic, 2), e.df, round(e.p_value, 3)
    (8.05, 3.0, 0.045)
    """
    array, idle = measured(ratings)
    if len(array) < 2:
        raise ValueError(f"ratings must be of two readers or more, got {len(array)} who read a case")
    read = ~np.isnan(array).any(axis=0)
    wrong = ~np.isnan(array) & (array != 0) & (array != 1)
    if wrong.any():
        raise ValueError(
            f"ratings must be 0 or 1, got {array[wrong][0]:g}: pass whether each call was positive, or right"
        )
    left_out = int(np.count_nonzero(~read))
    notes = ["a test of all readers at once: no single difference", idle]
    if left_out:
        notes.append(f"{left_out} {'case' if left_out == 1 else 'cases'} not read by all left out")
    e = Estimate(
        measure="homogeneity_of_readers",
        method="cochran-q",
        test_method="cochran-q",
        alternative="two-sided",
        n_cases=int(np.count_nonzero(read)),
        n_readers=len(array),
    )
    statistic, df = cochran_of_calls(array[:, read].astype(np.int64))
    return _tested(e, statistic, df, "; ".join(filter(None, notes)))
