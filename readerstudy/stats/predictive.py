"""Two readings of the same cases: predictive values, which are shares of different cases for each reading."""

from __future__ import annotations

import math

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, binary, normal_p, same_length, tails, z_of
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._margin import against_margin, check_margin, wald_z
from readerstudy.stats._ratio import log_ratio

METHODS = ("weighted-score", "score", "ratio")
"""Names of the comparisons of two predictive values."""
_TEST_NAMES = {"weighted-score": "weighted-score", "score": "leisenring-score", "ratio": "moskowitz-pepe"}


def predictive_influence(right: Bools, chosen: Bools) -> Floats:
    """What each case adds to the error of the share of `right` among the `chosen`; its squares sum to the variance."""
    total = int(np.count_nonzero(chosen))
    share = np.count_nonzero(right & chosen) / total
    influence: Floats = np.where(chosen, right - share, 0.0) / total
    return influence


def score_chi2(right: Bools, chosen: Bools, versus: Bools, *, weighted: bool) -> float:
    """Score statistic (1 df) of equal shares of `right` among `chosen` and among `versus`; nan for 0 / 0.

    Both are Leisenring's generalised score test; Kosinski's weighted statistic takes the error at the pooled share.
    """
    n, m = int(np.count_nonzero(chosen)), int(np.count_nonzero(versus))
    pooled = (np.count_nonzero(right & chosen) + np.count_nonzero(right & versus)) / (n + m)
    residual = right - pooled
    if weighted:
        gap = residual[chosen].sum() / n - residual[versus].sum() / m
        # Each case that one reading alone has chosen counts once; those that both have cancel.
        apart = float((residual[chosen ^ versus] ** 2).sum()) / (n + m)
        squared, variance = float(gap) ** 2, apart * (1 / n + 1 / m)
    else:
        share = n / (n + m)
        scores = residual * (chosen * (1 - share) - versus * share)
        squared, variance = float(scores.sum()) ** 2, float((scores**2).sum())
    return squared / variance if variance > 0 else math.nan


def compare_ppv(
    truth: ArrayLike,
    call: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "weighted-score",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Estimate:
    """Compare the positive predictive values of two readings of the same cases.

    The difference PPV(call) - PPV(versus), range [-1, 1], or the ratio PPV(call) / PPV(versus), range [0, inf).
    Synonyms: relative predictive value (the ratio); precision.

    Parameters
    ----------
    truth, call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,); no missing values.
    method
        ``"weighted-score"`` (Kosinski 2013) or ``"score"`` (Leisenring 2000), tests of the difference; or
        ``"ratio"`` (Moskowitz and Pepe 2006), Wald's test and the interval of the log ratio.
    conf_level, alternative
        As in `proportion`.
    margin
        Adds non-inferiority or equivalence, by Wald's test. Of the difference, the loss that is allowed; of the
        ratio, the part of it: 0.1 allows a ratio of 0.9, and 1 / 0.9 for equivalence.
    hypothesis
        What `margin` is for: ``"non-inferiority"`` (with the alternative ``"less"`` lower is better) or
        ``"equivalence"``. P is one-sided, for equivalence the larger of the two, to be held against
        (1 - conf_level) / 2; the interval stays two-sided and gives the `verdict`.

    Returns
    -------
    Estimate
        The difference with Wald's interval, whose variance is that of the multinomial counts, and the score test
        (`statistic` is chi-squared with 1 df); or the ratio.

    Raises
    ------
    ValueError
        If the arrays do not fit or a name is unknown.

    Notes
    -----
    Cases must be independent, there is no `patients`; the pairing is allowed for. A reading without a positive call has
    no PPV: nan with a note. Where the two readings call the same cases positive the difference is 0 and P = 1.
    McNemar's test is no test of predictive values, for their totals differ.

    References
    ----------
    Leisenring, Alonzo and Pepe 2000, doi:10.1111/j.0006-341X.2000.00345.x. Kosinski 2013, doi:10.1002/sim.5587.
    Moskowitz and Pepe 2006, doi:10.1191/1740774506cn147oa.

    Examples
    --------
    Exercise test against history of chest pain in 1465 men, Weiner 1979, doi:10.1056/NEJM197908023010502: PPV
    815 / 930 against 969 / 1214:

    >>> diseased = [1] * 1023 + [0] * 442
    >>> exercise = [1] * 815 + [0] * 208 + [1] * 115 + [0] * 327
    >>> history = [1] * 786 + [0] * 29 + [1] * 183 + [0] * 25 + [1] * 69 + [0] * 46 + [1] * 176 + [0] * 151
    >>> e = compare_ppv(diseased, exercise, history)
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3), e.df
    (0.078, 0.056, 0.1, 1.0)
    """
    arrays = _checked(truth, call, versus)
    return _compare("ppv", *arrays, method, conf_level, alternative, margin, hypothesis)


def compare_npv(
    truth: ArrayLike,
    call: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "weighted-score",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Estimate:
    """Compare the negative predictive values of two readings of the same cases.

    The difference NPV(call) - NPV(versus), range [-1, 1], or the ratio NPV(call) / NPV(versus), range [0, inf).

    Parameters
    ----------
    truth, call, versus
        Boolean or 0/1 of the same cases, paired by position, shape (n_cases,); no missing values.
    method, conf_level, alternative, margin, hypothesis
        As in `compare_ppv`.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the arrays do not fit or a name is unknown.

    Notes
    -----
    Cases must be independent, there is no `patients`; the pairing is allowed for. A reading without a negative call has
    no NPV: nan with a note.

    References
    ----------
    As `compare_ppv`.
    """
    truth, call, versus = _checked(truth, call, versus)
    return _compare("npv", ~truth, ~call, ~versus, method, conf_level, alternative, margin, hypothesis)


def _checked(truth: ArrayLike, call: ArrayLike, versus: ArrayLike) -> tuple[Bools, Bools, Bools]:
    truth, call, versus = binary(truth, "truth"), binary(call, "call"), binary(versus, "versus")
    same_length(truth=truth, call=call, versus=versus)
    return truth, call, versus


def _compare(
    measure: str, right: Bools, chosen: Bools, versus: Bools,
    method: str, conf_level: float, alternative: str, margin: float | None, hypothesis: str,
) -> Estimate:  # fmt: skip
    _choice.check(method, METHODS, "method")
    check_margin(margin, hypothesis, below=1.0)
    outside = tails(conf_level, alternative if margin is None else "two-sided")
    ratio = method == "ratio"
    e = Estimate(
        measure=f"{measure}_{'ratio' if ratio else 'difference'}",
        method="log" if ratio else "wald",
        test_method=_TEST_NAMES[method] if ratio or margin is None else "wald",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=len(right),
    )
    word = "positive" if measure == "ppv" else "negative"
    for reading, name in ((chosen, "call"), (versus, "versus")):
        if not reading.any():
            return e.replace(note=f"0 of 0: {name} has no {word} call")
    p, q = float(right[chosen].mean()), float(right[versus].mean())
    influence, influence2 = predictive_influence(right, chosen), predictive_influence(right, versus)
    if ratio:
        if q == 0 or p == 0:
            return _ratio_of_zero(e, p, q, measure.upper())
        error = float(np.linalg.norm(influence / p - influence2 / q))
        return log_ratio(e, p / q, error, alternative, margin, hypothesis)
    error = float(np.linalg.norm(influence - influence2))
    e = e.replace(
        estimate=p - q,
        std_error=error,
        conf_low=-1.0 if outside.low == 0 else max(-1.0, p - q - z_of(outside.low) * error),
        conf_high=1.0 if outside.high == 0 else min(1.0, p - q + z_of(outside.high) * error),
        note="no variation among the cases that decide: the interval has no width" if error == 0 else None,
    )
    e = bounded(e, -1.0, 1.0, outside)
    if margin is not None:
        return against_margin(e, wald_z(p - q, error), hypothesis, margin, (-margin, margin), alternative)
    return _tested(e, score_chi2(right, chosen, versus, weighted=method == "weighted-score"), alternative)


def _ratio_of_zero(e: Estimate, p: float, q: float, name: str) -> Estimate:
    if q > 0:
        return e.replace(estimate=0.0, conf_low=0.0, note=f"{name} of call is 0: the log interval has no upper limit")
    return e.replace(note=f"undefined ({'0/0' if p == 0 else 'unbounded'}): {name} of versus is 0")


def _tested(e: Estimate, chi2: float, alternative: str) -> Estimate:
    if math.isnan(chi2):
        return e.replace(p_value=1.0, null=0.0)
    p = normal_p(math.copysign(math.sqrt(chi2), e.estimate), alternative)
    e = e.replace(statistic=chi2, df=1, p_value=p, null=0.0)
    excludes_0 = e.conf_low > 0 or e.conf_high < 0
    if excludes_0 == (p < 1 - e.conf_level):
        return e
    side = ("excludes 0 although", "at or above") if excludes_0 else ("includes 0 although", "below")
    said = f"the interval {side[0]} the P-value of the test is {side[1]} the level"
    return e.replace(note="; ".join(filter(None, (e.note, said))))
