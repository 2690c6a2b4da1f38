"""What kappa hides: prevalence and bias of two readers, PABAK, the greatest kappa, agreement on one category."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Ints, check_level, missing, same_length, tails, vector
from readerstudy.stats._reads import coded
from readerstudy.stats.diagnostic import cross_counts
from readerstudy.stats.proportion import METHODS, limits, proportion


def _table(ratings: ArrayLike, versus: ArrayLike, categories: list[Any] | None) -> tuple[Ints, list[Any]]:
    """Counts of the cases that both read, rows = `ratings`, and the categories."""
    first, second = vector(ratings, "ratings"), vector(versus, "versus")
    same_length(ratings=first, versus=second)
    absent = missing(first) | missing(second)
    lines = [[None if gone else value for value, gone in zip(a.tolist(), absent, strict=True)] for a in (first, second)]
    reads = coded(lines, categories)
    k = len(reads.categories)
    if not len(reads.codes):
        return np.zeros((k, k), dtype=np.int64), reads.categories
    both = reads.codes[0] >= 0
    return cross_counts(reads.codes[0][both], reads.codes[1][both], k, k), reads.categories


def pabak(
    ratings: ArrayLike,
    versus: ArrayLike,
    *,
    categories: list[Any] | None = None,
    method: str = "wilson",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Prevalence- and bias-adjusted kappa: kappa as it were with all categories equally frequent.

    (k p - 1) / (k - 1) with k categories and the proportion p of cases called alike; 2 p - 1 with two. Range [-1, 1]
    for two categories, [-1 / (k - 1), 1] in general; best 1, 0 when agreement is 1 / k. Synonym: Bennett's S.

    Parameters
    ----------
    ratings, versus
        Categories given by two readers to the same cases, paired by position, shape (n_cases,). None or nan = not
        read: such cases are left out and not counted in `n_cases`.
    categories
        All categories; by default those that occur. Their number matters.
    method, conf_level, alternative
        Interval of p, as in `proportion`; that of PABAK is the same, rescaled.

    Returns
    -------
    Estimate
        With the test of p = 1 / k; `count` of `total` cases were called alike.

    Raises
    ------
    ValueError
        If a rating is not among `categories` or a name is unknown.

    Notes
    -----
    Cases must be independent. With one category known, nan with a note: name the others in `categories`.

    References
    ----------
    Byrt, Bishop and Carlin 1993, doi:10.1016/0895-4356(93)90018-V. Several categories: Brennan and Prediger 1981,
    doi:10.1177/001316448104100307.

    Examples
    --------
    Two clinicians' judgements of lateral shift in 39 people, Sim and Wright 2005, doi:10.1093/ptj/85.3.257, Table 1:
    22 relevant by both, 11 by neither, 2 by the first and 4 by the second alone; kappa .67.

    >>> first = [1] * 22 + [1] * 2 + [0] * 4 + [0] * 11
    >>> second = [1] * 22 + [0] * 2 + [1] * 4 + [0] * 11
    >>> e = pabak(first, second)
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3)  # 2 x 33 / 39 - 1
    (0.692, 0.405, 0.855)
    """
    table, known = _table(ratings, versus, categories)
    k, n, alike = len(known), int(table.sum()), int(np.trace(table))
    e = proportion(alike, n, method=method, conf_level=conf_level, alternative=alternative)
    e = e.replace(measure="pabak", null=0.0)
    if n == 0:
        return e.replace(note="no case was read by both")
    if k < 2:
        blank = {"estimate": math.nan, "conf_low": math.nan, "conf_high": math.nan, "std_error": math.nan}
        return e.replace(**blank, note="one category is known only: undefined")

    def rescaled(p: float) -> float:
        return (k * p - 1) / (k - 1)

    test = proportion(alike, n, method=method, conf_level=conf_level, alternative=alternative, null=1 / k)
    return e.replace(
        estimate=rescaled(e.estimate),
        conf_low=rescaled(e.conf_low),
        conf_high=rescaled(e.conf_high),
        std_error=e.std_error * k / (k - 1),
        statistic=test.statistic,
        p_value=test.p_value,
        test_method=test.test_method,
    )


def kappa_maximum(ratings: ArrayLike, versus: ArrayLike, *, categories: list[Any] | None = None) -> Estimate:
    """The greatest Cohen's kappa that two readers could have reached, given how often each used each category.

    Range [0, 1]; 1 when both used every category equally often.

    Parameters
    ----------
    ratings, versus, categories
        As in `pabak`.

    Returns
    -------
    Estimate
        No interval: it describes these frequencies.

    Raises
    ------
    ValueError
        If a rating is not among `categories`.

    Notes
    -----
    Cases must be independent for the kappa that it stands beside. When both used one category only, nan with a note.

    References
    ----------
    Cohen 1960, doi:10.1177/001316446002000104. Sim and Wright 2005, doi:10.1093/ptj/85.3.257.

    Examples
    --------
    The judgements of the example in `pabak`: 37 of 39 could have been alike, (.949 - .538) / (1 - .538).

    >>> first = [1] * 22 + [1] * 2 + [0] * 4 + [0] * 11
    >>> second = [1] * 22 + [0] * 2 + [1] * 4 + [0] * 11
    >>> round(kappa_maximum(first, second).estimate, 2)
    0.89
    """
    table, _ = _table(ratings, versus, categories)
    n = int(table.sum())
    e = Estimate(measure="kappa_maximum", method="cohen", n_cases=n)
    if n == 0:
        return e.replace(note="no case was read by both")
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if np.count_nonzero(rows + columns) == 1:
        return e.replace(note="both used one category only: undefined")
    expected = float(rows @ columns) / n**2
    return e.replace(estimate=(float(np.minimum(rows, columns).sum()) / n - expected) / (1 - expected))


def prevalence_and_bias(
    ratings: ArrayLike, versus: ArrayLike, *, categories: list[Any] | None = None
) -> list[Estimate]:
    """Prevalence index and bias index of two readers on two categories: why their kappa is low, or high.

    Prevalence index |both first - both second category| / n, bias index |only one reader - only the other| / n.
    Range [0, 1]; with both 0, kappa and PABAK are equal.

    Parameters
    ----------
    ratings, versus, categories
        As in `pabak`, with two categories.

    Returns
    -------
    list[Estimate]
        ``"prevalence_index"`` and ``"bias_index"``, without interval.

    Raises
    ------
    ValueError
        If there are more than two categories.

    Notes
    -----
    Cases must be independent for the kappa that they stand beside. No case: nan with a note.

    References
    ----------
    Byrt, Bishop and Carlin 1993, doi:10.1016/0895-4356(93)90018-V.

    Examples
    --------
    >>> first = [1] * 22 + [1] * 2 + [0] * 4 + [0] * 11
    >>> second = [1] * 22 + [0] * 2 + [1] * 4 + [0] * 11
    >>> [round(e.estimate, 3) for e in prevalence_and_bias(first, second)]  # 11 / 39 and 2 / 39
    [0.282, 0.051]
    """
    table, known = _table(ratings, versus, categories)
    if len(known) > 2:
        raise ValueError(f"prevalence and bias indices are of two categories, got {known}")
    n = int(table.sum())
    found = [Estimate(measure=name, method="byrt", n_cases=n) for name in ("prevalence_index", "bias_index")]
    if n == 0:
        return [e.replace(note="no case was read by both") for e in found]
    both = np.zeros((2, 2))
    both[: len(table), : len(table)] = table
    values = (abs(both[0, 0] - both[1, 1]) / n, abs(both[0, 1] - both[1, 0]) / n)
    return [e.replace(estimate=value) for e, value in zip(found, values, strict=True)]


def specific_agreement(
    ratings: ArrayLike,
    versus: ArrayLike,
    *,
    categories: list[Any] | None = None,
    method: str = "wilson",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> list[Estimate]:
    """Agreement on each category: given that one reader called it, how often the other did.

    2 a / (2 a + d), with a cases called so by both and d by one alone. Range [0, 1], best 1. Synonyms: positive and
    negative agreement, Dice coefficient.

    Parameters
    ----------
    ratings, versus, categories
        As in `pabak`.
    method, conf_level, alternative
        Interval of a / (a + d), as in `proportion`; that of the agreement is the same, carried over.

    Returns
    -------
    list[Estimate]
        One a category, which is its `target`.

    Raises
    ------
    ValueError
        If a rating is not among `categories` or a name is unknown.

    Notes
    -----
    Cases must be independent. The interval is given the number of cases that anyone called so. A category that nobody
    used: nan with a note.

    References
    ----------
    Cicchetti and Feinstein 1990, doi:10.1016/0895-4356(90)90159-M. Standard error: Graham and Bull 1998,
    doi:10.1016/S0895-4356(98)00048-1.

    Examples
    --------
    >>> first = [1] * 22 + [1] * 2 + [0] * 4 + [0] * 11
    >>> second = [1] * 22 + [0] * 2 + [1] * 4 + [0] * 11
    >>> [(e.target, round(e.estimate, 3)) for e in specific_agreement(first, second)]  # 22 / 28 and 44 / 50
    [('0', 0.786), ('1', 0.88)]
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    outside = tails(conf_level, alternative)
    table, known = _table(ratings, versus, categories)
    found = []
    for place, category in enumerate(known):
        both = int(table[place, place])
        either = int(table[place].sum() + table[:, place].sum()) - both
        e = Estimate(
            measure="specific_agreement",
            method=method,
            target=str(category),
            conf_level=conf_level,
            alternative=alternative,
            n_cases=int(table.sum()),
            count=2 * both,
            total=both + either,
        )
        if either == 0:
            found.append(e.replace(note="nobody used this category: undefined"))
            continue
        share = both / either
        low, high = (2 * limit / (1 + limit) for limit in limits(both, either, method, outside.low, outside.high))
        error = 2 * math.sqrt(share * (1 - share) / either) / (1 + share) ** 2
        found.append(e.replace(estimate=2 * share / (1 + share), conf_low=low, conf_high=high, std_error=error))
    return found
