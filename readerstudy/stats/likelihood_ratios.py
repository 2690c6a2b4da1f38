"""Likelihood ratios: the score interval of one, and two readings of the same cases compared."""

from __future__ import annotations

import math

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, binary, check_level, same_length, tails, z_of
from readerstudy.stats._margin import check_margin
from readerstudy.stats._ratio import log_ratio, score_limits


def koopman_z(log_ratio: float, x: int, n: int, x2: int, n2: int) -> float:
    """Score statistic of the hypothesis that (x / n) / (x2 / n2) is exp(`log_ratio`); it falls as that grows."""
    ratio = math.exp(log_ratio)
    # The likeliest second proportion under the hypothesis: the smaller root of a quadratic, written so that nothing
    # cancels.
    square, linear, constant = (n + n2) * ratio, -((n + x2) * ratio + x + n2), x + x2
    root = math.sqrt(max(linear * linear - 4 * square * constant, 0))
    second = 2 * constant / (root - linear)
    first = ratio * second
    variance = first * max(1 - first, 0) / n + ratio * first * max(1 - second, 0) / n2
    gap = x / n - ratio * x2 / n2
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def koopman_limits(x: int, n: int, x2: int, n2: int, tail: float) -> tuple[float, float]:
    """Limits of (x / n) / (x2 / n2) with `tail` left out on each side; the upper one is nan where there is none.

    0 successes in one group are welcome: the ratio is then 0 or unbounded, and one limit is still there. At least
    one group has a success.
    """
    estimate = math.inf if x2 == 0 else (x / n) / (x2 / n2)
    return score_limits(lambda log_ratio: koopman_z(log_ratio, x, n, x2, n2), z_of(tail), estimate)


def koopman_estimate(e: Estimate, x: int, n: int, x2: int, n2: int, below: str) -> Estimate:
    """`e` with the ratio (x / n) / (x2 / n2) and its score interval; `below` says what x2 counts. No group is empty."""
    check_level(e.conf_level)
    if x == x2 == 0:
        return e.replace(note=f"undefined (0/0): no {below}")
    low, high = koopman_limits(x, n, x2, n2, (1 - e.conf_level) / 2)
    if x2 == 0:
        return e.replace(conf_low=low, note=f"unbounded: no {below}; the score interval has a lower limit only")
    return e.replace(estimate=(x / n) / (x2 / n2), conf_low=low, conf_high=high)


def ratio_influence(truth: Bools, called: Bools) -> Floats:
    """What each case adds to the error of the log of P(called | positive case) / P(called | negative case)."""
    above, below = called[truth].mean(), called[~truth].mean()
    influence: Floats = np.where(
        truth,
        (called - above) / (np.count_nonzero(truth) * above),
        -(called - below) / (np.count_nonzero(~truth) * below),
    )
    return influence


def compare_plr(
    truth: ArrayLike,
    call: ArrayLike,
    versus: ArrayLike,
    *,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Estimate:
    """Compare the positive likelihood ratios of two readings of the same cases: PLR(call) / PLR(versus).

    Range [0, inf); above 1 `call` is the better. Synonym: relative DLR+.

    Parameters
    ----------
    truth, call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,); no missing values.
    conf_level, alternative
        As in `proportion`.
    margin
        The part of the ratio that may be lost: 0.1 allows a ratio of 0.9, and 1 / 0.9 for equivalence. Adds
        non-inferiority or equivalence.
    hypothesis
        What `margin` is for, as in `compare_ppv`.

    Returns
    -------
    Estimate
        The ratio with Gu and Pepe's log interval and Wald test. The regression on the reading, with independent
        working correlation, has the ratio of the two ratios for its estimate and the sum of the squared influences
        of the cases for its variance, so nothing is iterated.

    Raises
    ------
    ValueError
        If the arrays do not fit or a name is unknown.

    Notes
    -----
    Cases must be independent, there is no `patients`; the pairing is allowed for. Where a likelihood ratio is undefined
    or 0 (no false, or no true positive) the comparison is nan with a note. Two readings that agree in every case have
    ratio 1 and P = 1.

    References
    ----------
    Gu and Pepe 2009, doi:10.1093/biostatistics/kxn025.

    Examples
    --------
    Exercise test against history of chest pain in 1465 men, Weiner 1979, doi:10.1056/NEJM197908023010502: PLR
    (815 / 1023) / (115 / 442) = 3.06 against (969 / 1023) / (245 / 442) = 1.71:

    >>> diseased = [1] * 1023 + [0] * 442
    >>> exercise = [1] * 815 + [0] * 208 + [1] * 115 + [0] * 327
    >>> history = [1] * 786 + [0] * 29 + [1] * 183 + [0] * 25 + [1] * 69 + [0] * 46 + [1] * 176 + [0] * 151
    >>> e = compare_plr(diseased, exercise, history)
    >>> round(e.estimate, 2), round(e.conf_low, 2), round(e.conf_high, 2)
    (1.79, 1.5, 2.14)
    """
    arrays = _checked(truth, call, versus)
    return _compare("plr", *arrays, conf_level, alternative, margin, hypothesis)


def compare_nlr(
    truth: ArrayLike,
    call: ArrayLike,
    versus: ArrayLike,
    *,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Estimate:
    """Compare the negative likelihood ratios of two readings of the same cases: NLR(call) / NLR(versus).

    Range [0, inf); below 1 `call` is the better. Synonym: relative DLR-.

    Parameters
    ----------
    truth, call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,); no missing values.
    conf_level, alternative, margin, hypothesis
        As in `compare_plr`. Lower is better: non-inferiority is wanted with the alternative ``"less"``.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the arrays do not fit or a name is unknown.

    Notes
    -----
    Cases must be independent, there is no `patients`; the pairing is allowed for. Where a likelihood ratio is undefined
    or 0 (no false, or no true negative) the comparison is nan with a note.

    References
    ----------
    As `compare_plr`.
    """
    truth, call, versus = _checked(truth, call, versus)
    return _compare("nlr", truth, ~call, ~versus, conf_level, alternative, margin, hypothesis)


def _checked(truth: ArrayLike, call: ArrayLike, versus: ArrayLike) -> tuple[Bools, Bools, Bools]:
    truth, call, versus = binary(truth, "truth"), binary(call, "call"), binary(versus, "versus")
    same_length(truth=truth, call=call, versus=versus)
    return truth, call, versus


def _compare(
    measure: str, truth: Bools, called: Bools, versus: Bools,
    conf_level: float, alternative: str, margin: float | None, hypothesis: str,
) -> Estimate:  # fmt: skip
    tails(conf_level, alternative)
    check_margin(margin, hypothesis, below=1.0)
    e = Estimate(
        measure=f"{measure}_ratio",
        method="log",
        test_method="gu-pepe",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=len(truth),
    )
    if truth.all() or not truth.any():
        return e.replace(note=f"undefined: no {'negative' if truth.any() else 'positive'} case")
    word = "positive" if measure == "plr" else "negative"
    for name, reading in (("call", called), ("versus", versus)):
        for cases, kind in ((truth, "positive"), (~truth, "negative")):
            if not reading[cases].any():
                kind = f"{'true' if kind == word else 'false'} {word}"
                return e.replace(note=f"undefined: {name} has no {kind}, its {measure.upper()} is 0 or unbounded")
    influence, influence2 = ratio_influence(truth, called), ratio_influence(truth, versus)
    ratios = [reading[truth].mean() / reading[~truth].mean() for reading in (called, versus)]
    error = float(np.linalg.norm(influence - influence2))
    return log_ratio(e, float(ratios[0] / ratios[1]), error, alternative, margin, hypothesis)
