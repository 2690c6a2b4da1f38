"""Agreement of any number of readers on categories, beyond chance: Fleiss, Conger, Light and Gwet."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats import linearised
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, normal_p, tails
from readerstudy.stats._reads import Reads, coded
from readerstudy.stats.agreement import WEIGHTS as TWO_READERS_WEIGHTS
from readerstudy.stats.agreement import agreement_weights
from readerstudy.stats.linearised import Coefficient, noted

WEIGHTS = (*TWO_READERS_WEIGHTS, "ordinal")
"""Names of the agreement weights, beside none."""
NO_PAIR = "no case was read by two readers"
ONE_CATEGORY = "one category was used only: undefined"


def _named(method: str, weights: str | None) -> str:
    return method if weights is None else f"{method}-{weights}"


def begun(
    measure: str,
    method: str,
    ratings: ArrayLike,
    weights: str | None,
    categories: list[Any] | None,
    conf_level: float,
    alternative: str,
) -> tuple[Estimate, Reads, Floats]:
    """The record with what is known before anything is computed, the coded reads and the weights."""
    if weights is not None:
        _choice.check(weights, WEIGHTS, "weights")
    tails(conf_level, alternative)
    reads = coded(ratings, categories)
    reads = reads._replace(codes=reads.codes[:, (reads.codes >= 0).any(axis=0)])
    e = Estimate(
        measure=measure,
        method=_named(method, weights),
        conf_level=conf_level,
        alternative=alternative,
        n_cases=reads.codes.shape[1],
        n_readers=len(reads.codes),
        note=reads.note,
    )
    return e, reads, agreement_weights(len(reads.categories), weights)


def finished(e: Estimate, found: Coefficient, codes: Ints, *, low: float = -1.0, tested: bool = True) -> Estimate:
    """The record with the coefficient found, or with the reason why there is none."""
    assert e.alternative is not None
    if math.isnan(found.value):
        twice = ((codes >= 0).sum(axis=0) >= 2).any()
        return e.replace(note=noted(e.note, ONE_CATEGORY if twice else NO_PAIR))
    return linearised.with_interval(e, found, tails(e.conf_level, e.alternative), low=low, tested=tested)


def fleiss_null_error(codes: Ints, n_categories: int) -> float:
    """Standard error of Fleiss' kappa were all calls made by chance; every reader must have read every case."""
    r, n = codes.shape
    p = np.bincount(codes.ravel(), minlength=n_categories) / codes.size
    q = 1 - p
    spread = float((p @ q) ** 2 - (p * q) @ (q - p))
    return math.sqrt(2 * max(spread, 0.0) / (n * r * (r - 1))) / float(p @ q)


def fleiss_kappa(
    ratings: ArrayLike,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Fleiss' kappa: agreement of several readers beyond chance, where chance is the same for every reader.

    (observed - expected) / (1 - expected agreement), over all pairs of readers of a case; the expected agreement is
    that of readers who call at random with the pooled frequencies of the categories. Range [-1, 1], best 1, 0 at
    chance. Synonyms: generalised Scott's pi, multi-rater kappa. For the kappa of one category give
    ``ratings == category``.

    Parameters
    ----------
    ratings
        Categories, shape (n_readers, n_cases); nan or None = not read. The readers of a case need not be the same
        people throughout.
    weights
        None, or for ordered categories ``"linear"`` or ``"quadratic"`` as in `kappa`, or ``"ordinal"`` (Gwet's: by
        how many pairs can be drawn from the categories between the two).
    categories
        All categories in order; by default those that occur, sorted. They matter with weights.
    conf_level, alternative
        As in `proportion`.

    Returns
    -------
    Estimate
        `std_error` over cases with the interval by Student's t, `df` = n_cases - 1 (method ``"gwet"``, cut at -1
        and 1). The test of 0: with every case read by every reader and no weights, z by the standard error under
        chance (``"fleiss-null-variance"``, which is not that of the interval); otherwise t by `std_error`.

    Raises
    ------
    ValueError
        If `ratings` has not two dimensions, a rating is not among `categories` or a name is unknown.

    Notes
    -----
    Cases must be independent; readers are taken as they are. A case that one reader alone read counts for the
    frequencies of the categories, not for the observed agreement; where there are many such cases Gwet's standard
    error is rather too large. With one category used kappa is nan with a note.

    References
    ----------
    Fleiss 1971, doi:10.1037/h0031619. Variance under chance: Fleiss, Nee and Landis 1979,
    doi:10.1037/0033-2909.86.5.974. Interval: Gwet 2008, doi:10.1348/000711006X126600, and 2021,
    doi:10.1177/0013164420973080.

    Examples
    --------
    Ten subjects in five categories by 14 raters; so many in each category:

    >>> table = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    ...          [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
    >>> ratings = np.array([np.repeat(range(5), row) for row in table]).T
    >>> round(fleiss_kappa(ratings).estimate, 3)
    0.21
    """
    e, reads, w = begun("fleiss_kappa", "gwet", ratings, weights, categories, conf_level, alternative)
    by_chance = reads.codes.size > 0 and bool((reads.codes >= 0).all()) and np.array_equal(w, np.eye(len(w)))
    found = linearised.coefficient(reads.codes, w, linearised.by_common_margin)
    e = finished(e, found, reads.codes, tested=not by_chance)
    if math.isnan(e.estimate) or not by_chance:
        return e
    z = e.estimate / fleiss_null_error(reads.codes, len(w))
    return e.replace(statistic=z, p_value=normal_p(z, alternative), null=0.0, test_method="fleiss-null-variance")


def conger_kappa(
    ratings: ArrayLike,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Conger's kappa: agreement of several readers beyond chance, where every reader has frequencies of their own.

    With two readers who read the same cases this is Cohen's kappa. Range [-1, 1], best 1, 0 at chance. Synonym:
    exact Fleiss kappa.

    Parameters
    ----------
    ratings, weights, categories, conf_level, alternative
        As in `fleiss_kappa`; a row is one reader throughout.

    Returns
    -------
    Estimate
        `std_error` over cases, interval and test of 0 by Student's t, `df` = n_cases - 1.

    Raises
    ------
    ValueError
        As in `fleiss_kappa`.

    Notes
    -----
    Cases must be independent; readers are taken as they are. A reader's frequencies are those of the cases they
    read. With one category used kappa is nan with a note.

    References
    ----------
    Conger 1980, doi:10.1037/0033-2909.88.2.322. Interval: Gwet, Handbook of Inter-Rater Reliability, 4th edition
    2014, ISBN 978-0-9708062-8-4.

    Examples
    --------
    >>> round(conger_kappa([[0, 0, 1, 1], [0, 0, 1, 0]]).estimate, 12)  # two readers: Cohen's kappa
    0.5
    """
    e, reads, w = begun("conger_kappa", "gwet", ratings, weights, categories, conf_level, alternative)
    if len(reads.codes) < 2:
        return e.replace(note=noted(e.note, NO_PAIR))
    return finished(e, linearised.coefficient(reads.codes, w, linearised.by_own_margins), reads.codes)


def light_kappa(
    ratings: ArrayLike,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Light's kappa: the mean of Cohen's kappa over all pairs of readers.

    Range [-1, 1], best 1, 0 at chance. Synonym: mean pairwise kappa.

    Parameters
    ----------
    ratings, weights, categories, conf_level, alternative
        As in `fleiss_kappa`; a row is one reader throughout.

    Returns
    -------
    Estimate
        `std_error` over cases by the delta method, which takes up that the pairs share cases and readers; interval
        and test of 0 by Student's t, `df` = n_cases - 1.

    Raises
    ------
    ValueError
        As in `fleiss_kappa`.

    Notes
    -----
    Cases must be independent; readers are taken as they are. A pair's kappa is of the cases that both read; pairs
    that share no case are left out, with a note. Where a pair used one category only, its kappa and so the mean are
    nan, with a note.

    References
    ----------
    Light 1971, doi:10.1037/h0031643. Conger 1980, doi:10.1037/0033-2909.88.2.322.

    Examples
    --------
    >>> round(light_kappa([[0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 1, 0]]).estimate, 6)  # (0.5 + 0.5 + 1) / 3
    0.666667
    """
    e, reads, w = begun("light_kappa", "delta", ratings, weights, categories, conf_level, alternative)
    codes = reads.codes[:, ((reads.codes >= 0).sum(axis=0) >= 2)]
    n = codes.shape[1]
    e = e.replace(n_cases=n)
    values: list[float] = []
    parts = np.zeros(n)
    apart = 0
    for first, second in combinations(range(len(codes)), 2):
        both = (codes[first] >= 0) & (codes[second] >= 0)
        if not both.any():
            apart += 1
            continue
        found = linearised.cohen(codes[first][both], codes[second][both], w)
        if math.isnan(found.value):
            pair = f"kappa of readers {first + 1} and {second + 1} is undefined: both used one category only"
            return e.replace(note=noted(e.note, pair))
        values.append(found.value)
        parts += found.value
        parts[both] += (found.parts - found.value) * (n / both.sum())
    if not values:
        return e.replace(note=noted(e.note, NO_PAIR))
    if apart:
        e = e.replace(note=noted(e.note, f"left out, having read no case in common: {apart} pairs of readers"))
    return finished(e, Coefficient(float(np.mean(values)), parts / len(values)), codes)


def gwet_ac(
    ratings: ArrayLike,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Gwet's AC1, or AC2 with weights: agreement beyond chance that does not collapse when one category is rare.

    (observed - expected) / (1 - expected agreement), where only hard cases are called at random: with frequencies p
    of k categories the expected agreement is sum(p (1 - p)) / (k - 1), times the mean weight. Range [-1, 1], best 1.
    Synonym: first- and second-order agreement coefficient.

    Parameters
    ----------
    ratings, weights, conf_level, alternative
        As in `fleiss_kappa`.
    categories
        All categories in order; by default those that occur, sorted. Their number matters, also of those nobody
        used.

    Returns
    -------
    Estimate
        Measure ``"gwet_ac1"`` or ``"gwet_ac2"``; `std_error` over cases, interval and test of 0 by Student's t with
        `df` = n_cases - 1, the interval cut at -1 and 1.

    Raises
    ------
    ValueError
        As in `fleiss_kappa`.

    Notes
    -----
    Cases must be independent; readers are taken as they are. When all calls are of one category and `categories`
    names others too, AC1 is 1; when it names no other, nan with a note.

    References
    ----------
    Gwet 2008, doi:10.1348/000711006X126600. With missing reads and weights: Gwet, Handbook of Inter-Rater
    Reliability, 4th edition 2014, ISBN 978-0-9708062-8-4.

    Examples
    --------
    Ninety-five cases of 100 called alike, but one category rare: kappa is near 0, AC1 is not.

    >>> first, second = [0] * 95 + [1, 1, 1, 0, 0], [0] * 95 + [0, 0, 0, 1, 1]
    >>> round(gwet_ac([first, second]).estimate, 3), round(conger_kappa([first, second]).estimate, 3)
    (0.947, -0.025)
    """
    measure = "gwet_ac1" if weights is None else "gwet_ac2"
    e, reads, w = begun(measure, "gwet", ratings, weights, categories, conf_level, alternative)
    if len(w) < 2:
        return e.replace(note=noted(e.note, ONE_CATEGORY if len(w) else NO_PAIR))
    return finished(e, linearised.coefficient(reads.codes, w, linearised.by_difficulty), reads.codes)
