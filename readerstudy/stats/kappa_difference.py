"""Difference of two dependent kappas: the same cases, two pairs of readers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, missing, same_length, tails, vector
from readerstudy.stats._reads import coded
from readerstudy.stats.agreement import WEIGHTS, agreement_weights
from readerstudy.stats.linearised import Coefficient, cohen, noted, with_interval


def compare_kappa(
    ratings: ArrayLike,
    truth: ArrayLike,
    versus: ArrayLike,
    versus_truth: ArrayLike | None = None,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Difference of two kappas of the same cases: whether one reader agrees better with the truth than another does.

    Cohen's kappa(ratings, truth) - kappa(versus, versus_truth). Range [-2, 2], 0 for equal agreement.

    Parameters
    ----------
    ratings, truth
        Categories of the first pair, paired by position, shape (n_cases,): a reader and the truth, or two readers.
        None or nan = not read: cases that any of the four did not read are left out and not counted in `n_cases`.
    versus, versus_truth
        The second pair of the same cases, such as another reader and the same truth (the default), two other
        readers, or the same two at a second session.
    weights, categories
        As in `kappa`; the categories are common to all four.
    conf_level, alternative
        As in `proportion`.

    Returns
    -------
    Estimate
        `std_error` over cases by the delta method, interval and test of 0 by Student's t with `df` = n_cases - 1.

    Raises
    ------
    ValueError
        If the arrays are not of one length, a rating is not among `categories` or a name is unknown.

    Notes
    -----
    Cases must be independent; the pairs need not be, for what a case adds to each kappa is subtracted case by case.
    The variance is that of Barnhart and Williamson's weighted least squares, with n - 1 for n, as in Gwet 2016. Equal
    pairs: difference 0, P = 1, with a note. Where a kappa is undefined (one category used only), nan with a note.

    References
    ----------
    Barnhart and Williamson 2002, doi:10.1111/j.0006-341X.2002.01012.x. Gwet 2016, doi:10.1177/0013164415596420.

    Examples
    --------
    >>> truth = [0, 0, 0, 1, 1, 1, 1, 0]
    >>> e = compare_kappa([0, 0, 0, 1, 1, 1, 1, 1], truth, [0, 1, 0, 1, 0, 1, 1, 1])
    >>> e.estimate, round(e.p_value, 3)  # 0.75 - 0.25
    (0.5, 0.174)
    """
    if weights is not None:
        _choice.check(weights, WEIGHTS, "weights")
    outside = tails(conf_level, alternative)
    given = {"ratings": ratings, "truth": truth, "versus": versus}
    given["versus_truth"] = truth if versus_truth is None else versus_truth
    arrays = {name: vector(values, name) for name, values in given.items()}
    same_length(**arrays)
    absent = np.any([missing(array) for array in arrays.values()], axis=0)
    lines = [[None if gone else value for value, gone in zip(a.tolist(), absent, strict=True)] for a in arrays.values()]
    reads = coded(lines, categories)
    codes = reads.codes[:, (reads.codes >= 0).all(axis=0)] if len(reads.codes) else reads.codes
    e = Estimate(
        measure="kappa_difference",
        method="delta" if weights is None else f"delta-{weights}",
        conf_level=conf_level,
        alternative=alternative,
        null=0.0,
        n_cases=codes.shape[1] if len(codes) else 0,
    )
    if not e.n_cases:
        return e.replace(note="no case was read by all")
    w = agreement_weights(len(reads.categories), weights)
    first, second = cohen(codes[0], codes[1], w), cohen(codes[2], codes[3], w)
    for name, found in (("the first", first), ("the second", second)):
        if math.isnan(found.value):
            return e.replace(note=f"both of {name} pair used one category only: undefined")
    gap = Coefficient(first.value - second.value, first.parts - second.parts)
    e = with_interval(e, gap, outside, low=-2.0, high=2.0)
    if e.std_error == 0 and gap.value == 0:
        return e.replace(p_value=1.0, note=noted("both kappas are equal case by case: the interval has no width"))
    if e.n_cases == 1 and gap.value == 0:
        return e.replace(p_value=1.0)
    return e
