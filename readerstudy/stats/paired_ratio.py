"""Two readings of the same cases: the ratio of their proportions."""

from __future__ import annotations

import math

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, binary, check_level, normal_p, same_length, tails, z_of
from readerstudy.stats._degenerate import NO_UPPER
from readerstudy.stats._margin import against_margin, check_margin
from readerstudy.stats._ratio import log_ratio, score_limits
from readerstudy.stats.paired import discordant

METHODS = ("tang", "wald")
"""Names of the intervals of a ratio of paired proportions."""


def tang_z(log_ratio: float, a: int, b: int, c: int) -> float:
    """Tang's score statistic of the hypothesis that the ratio is exp(`log_ratio`); it falls as that grows.

    `a` cases are positive for both, `b` for the first only, `c` for the second only; those of neither say nothing.
    """
    ratio, some = math.exp(log_ratio), a + b + c
    # The likeliest share of "second only" under the hypothesis, among these cases: the larger root of a quadratic.
    linear = (ratio * ratio - 1) * (a + c) - (b + c)
    square, constant = (1 + ratio) * some, -c * (ratio - 1)
    root = math.sqrt(max(linear * linear - 4 * square * constant, 0))
    second_only = (root - linear) / (2 * square) if linear <= 0 else -2 * constant / (root + linear)
    variance = some * ((1 + ratio) * second_only + ratio - 1)
    gap = a + b - ratio * (a + c)
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def paired_ratio(
    call: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "tang",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Estimate:
    """Ratio of two proportions of the same cases, call / versus, with its interval: the relative sensitivity.

    Range [0, inf). Synonyms: relative true positive fraction (calls of the positive cases), relative false positive
    fraction (calls of the negative cases).

    Parameters
    ----------
    call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,).
    method
        ``"tang"`` (score) or ``"wald"`` (of the log ratio).
    conf_level, alternative
        As in `proportion`.
    margin
        The part of the ratio that may be lost: 0.1 allows a ratio of 0.9, and 1 / 0.9 for equivalence. Adds
        non-inferiority or equivalence.
    hypothesis
        What `margin` is for, as in `paired_difference`.

    Returns
    -------
    Estimate
        Ratio, interval and the test of ratio 1; that of ``"tang"`` is McNemar's chi2.

    Raises
    ------
    ValueError
        If the arrays do not fit or a name is unknown.

    Notes
    -----
    Cases must be independent; there is no `patients`, see `paired_difference`. The cases that neither reading calls
    positive do not enter: the ratio is known where only the positive calls were followed up. Where `versus` has no
    positive call it is unbounded: nan with a note, and the score interval has a lower limit only. With no discordant
    pair the ratio and P are 1, with a note.

    References
    ----------
    Tang, Tang and Chan 2003, doi:10.1002/sim.1213. Nam and Blackwelder 2002, doi:10.1002/sim.1017. Cheng and
    Macaluso 1997 (Wald), Epidemiology 8, 104-106.

    Examples
    --------
    Sensitivity of an exercise test, 815 of 1023, and of a history of chest pain, 969, in Weiner 1979,
    doi:10.1056/NEJM197908023010502:

    >>> exercise = [1] * 815 + [0] * 208
    >>> history = [1] * 786 + [0] * 29 + [1] * 183 + [0] * 25
    >>> e = paired_ratio(exercise, history)
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3)
    (0.841, 0.813, 0.867)
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    check_margin(margin, hypothesis, below=1.0)
    outside = tails(conf_level, alternative if margin is None else "two-sided")
    call, versus = binary(call, "call"), binary(versus, "versus")
    n = same_length(call=call, versus=versus)
    e = Estimate(
        measure="proportion_ratio",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=n,
        test_method="tang-score" if method == "tang" else "wald",
    )
    a = int(np.count_nonzero(call & versus))
    b, c = discordant(call, versus)
    if a + b + c == 0:
        return e.replace(note="undefined (0/0): no positive call" if n else "no case")
    estimate = (a + b) / (a + c) if a + c else math.inf
    if method == "wald":
        return _wald(e, a, b, c, alternative, margin, hypothesis)

    def z_at(log_ratio: float) -> float:
        return tang_z(log_ratio, a, b, c)

    low = 0.0 if outside.low == 0 else score_limits(z_at, z_of(outside.low), estimate)[0]
    high = math.nan if outside.high == 0 else score_limits(z_at, z_of(outside.high), estimate)[1]
    notes = ["unbounded: versus has no positive call"] if a + c == 0 else []
    if b + c == 0:
        notes.append("no discordant pair")
    if outside.high == 0:
        notes.append(NO_UPPER)
    e = e.replace(estimate=estimate if a + c else None, conf_low=low, conf_high=high, note="; ".join(notes) or None)
    if margin is not None:
        ends = (1 - margin, 1 / (1 - margin))
        return against_margin(e, lambda ratio: z_at(math.log(ratio)), hypothesis, margin, ends, alternative)
    z = z_at(0.0)
    return e.replace(statistic=z, p_value=normal_p(z, alternative) if b + c else 1.0, null=1.0)


def _wald(e: Estimate, a: int, b: int, c: int, alternative: str, margin: float | None, hypothesis: str) -> Estimate:
    if a + c == 0:
        return e.replace(note="unbounded: versus has no positive call")
    if a + b == 0:
        return e.replace(estimate=0.0, conf_low=0.0, note="call has no positive call: no upper limit on the log scale")
    error = math.sqrt((b + c) / ((a + b) * (a + c)))
    return log_ratio(e, (a + b) / (a + c), error, alternative, margin, hypothesis)
