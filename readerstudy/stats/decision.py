"""Is acting on a prediction worth it: net benefit at the thresholds of a decision curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Floats,
    binary,
    check_level,
    normal_p,
    probabilities,
    same_length,
    z_of,
)

if TYPE_CHECKING:
    import pandas as pd


def gains(threshold: float, prevalence: float | None, n_positive: int, n_negative: int) -> tuple[float, float]:
    """What one positive call adds to the net benefit: in a positive case, and (less) in a negative one.

    With a `prevalence` of its own the classes are weighted to it; otherwise every case counts 1 / n.
    """
    harm = threshold / (1 - threshold)
    if prevalence is None:
        n = n_positive + n_negative
        return 1 / n, -harm / n
    return prevalence / n_positive, -harm * (1 - prevalence) / n_negative


def resampled(counts: Sequence[int], total: int, n_boot: int, rng: np.random.Generator) -> Floats:
    """Counts of disjoint kinds among `total` cases drawn with replacement, shape (n_boot, kinds).

    Net benefit depends on the cases through these counts alone, so that they are drawn instead of the cases.
    """
    rest = total - sum(counts)
    drawn = rng.multinomial(total, np.array([*counts, rest]) / total, size=n_boot)
    return drawn[:, :-1].astype(np.float64)


def _kinds(truth: Bools, plus: Bools, minus: Bools) -> tuple[list[int], list[int]]:
    """Positive, then negative cases that count once for and once against."""
    positive = [int(np.count_nonzero(kind & truth)) for kind in (plus, minus)]
    negative = [int(np.count_nonzero(kind & ~truth)) for kind in (plus, minus)]
    return positive, negative


def _replicates(
    truth: Bools, plus: Bools, minus: Bools, gain: tuple[float, float], fixed: bool, n_boot: int,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Bootstrap of sum(gain of `plus`) - sum(gain of `minus`); with `fixed` classes each class on its own."""
    positive, negative = _kinds(truth, plus, minus)
    n_positive = int(np.count_nonzero(truth))
    if fixed:
        of_positive = resampled(positive, n_positive, n_boot, rng)
        of_negative = resampled(negative, len(truth) - n_positive, n_boot, rng)
    else:
        drawn = resampled([*positive, *negative], len(truth), n_boot, rng)
        of_positive, of_negative = drawn[:, :2], drawn[:, 2:]
    signs = np.array([1.0, -1.0])
    found: Floats = gain[0] * (of_positive @ signs) + gain[1] * (of_negative @ signs)
    return found


def _error(truth: Bools, plus: Bools, minus: Bools, gain: tuple[float, float], fixed: bool) -> float:
    """Standard error of the same, in closed form."""
    case = (plus.astype(np.float64) - minus) * np.where(truth, *gain)
    parts = (case[truth], case[~truth]) if fixed else (case,)
    return math.sqrt(sum(len(part) * float(part.var()) for part in parts))


def _checked(
    truth: ArrayLike, thresholds: ArrayLike, prevalence: float | None, conf_level: float, n_boot: int,
    **readings: ArrayLike,
) -> tuple[Bools, list[float], list[Floats]]:  # fmt: skip
    check_level(conf_level)
    truth = binary(truth, "truth")
    arrays = {name: probabilities(values, name) for name, values in readings.items()}
    same_length(truth=truth, **arrays)
    levels = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    if levels.ndim != 1 or not ((levels > 0) & (levels < 1)).all():
        raise ValueError(f"thresholds must lie strictly between 0 and 1, got {thresholds!r}")
    if prevalence is not None and not 0 < prevalence < 1:
        raise ValueError(f"prevalence must lie strictly between 0 and 1, got {prevalence!r}")
    if n_boot < 1 or n_boot % 1:
        raise ValueError(f"n_boot must be a whole number, 1 or more, got {n_boot!r}")
    return truth, levels.tolist(), list(arrays.values())


def _undefined(truth: Bools, prevalence: float | None) -> str | None:
    if len(truth) == 0:
        return "no case"
    if prevalence is not None and (truth.all() or not truth.any()):
        return f"undefined at another prevalence: no {'negative' if truth.any() else 'positive'} case"
    return None


def _estimate(
    measure: str, truth: Bools, plus: Bools, minus: Bools, threshold: float, prevalence: float | None,
    conf_level: float, n_boot: int, rng: np.random.Generator,
) -> Estimate:  # fmt: skip
    e = Estimate(measure=measure, method="bootstrap", threshold=threshold, conf_level=conf_level, n_cases=len(truth))
    why = _undefined(truth, prevalence)
    if why:
        return e.replace(note=why)
    n_positive = int(np.count_nonzero(truth))
    gain, fixed = gains(threshold, prevalence, n_positive, len(truth) - n_positive), prevalence is not None
    positive, negative = _kinds(truth, plus, minus)
    value = gain[0] * (positive[0] - positive[1]) + gain[1] * (negative[0] - negative[1])
    tail = (1 - conf_level) / 2
    low, high = np.quantile(_replicates(truth, plus, minus, gain, fixed, n_boot, rng), [tail, 1 - tail])
    error = _error(truth, plus, minus, gain, fixed)
    notes = [] if prevalence is None else [f"at a prevalence of {prevalence * 100:g} %"]
    if low == high:
        notes.append("no variation among the replicates: the interval has no width")
    # A skew distribution of few values can leave the estimate at an end, and rounding then beyond it.
    return e.replace(
        estimate=value,
        std_error=error,
        conf_low=min(float(low), value),
        conf_high=max(float(high), value),
        note="; ".join(notes) or None,
    )


def net_benefit(
    truth: ArrayLike,
    prob: ArrayLike,
    thresholds: ArrayLike,
    *,
    prevalence: float | None = None,
    conf_level: float = 0.95,
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """Net benefit of acting where the predicted probability reaches a threshold: TP / n - FP / n x odds(threshold).

    Range (-inf, 1]; at most the prevalence. Acting on nobody has net benefit 0. The threshold is the probability at
    which acting and not acting are worth the same, and so says how many false positives one true positive is worth.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    prob
        Predicted probability of a positive case, of the same shape; or a reader's calls, which are the same at every
        threshold.
    thresholds
        One or several probabilities, strictly between 0 and 1.
    prevalence
        That of the place where the prediction is to be used, when the cases were enriched; by default theirs.
    conf_level
        Level of the intervals.
    n_boot, rng
        Replicates and NumPy Generator or seed; ``rng=None`` draws a new seed.

    Returns
    -------
    list of Estimate
        For each threshold ``net_benefit`` and ``net_benefit_treat_all``, with percentile bootstrap interval and
        `std_error`.

    Raises
    ------
    ValueError
        If a prediction is missing or no probability, a threshold or `prevalence` does not lie between 0 and 1, or the
        arrays do not fit.

    Notes
    -----
    Cases must be independent: there is no `patients`. The intervals are pointwise: one for each threshold, not for the
    curve. With no case it is nan with a note; with a `prevalence` of its own both classes are needed, and each is
    resampled on its own.

    References
    ----------
    Vickers and Elkin 2006, doi:10.1177/0272989X06295361. Vickers et al. 2008 (interval),
    doi:10.1186/1472-6947-8-53.

    Examples
    --------
    Of 10 cases 4 are positive; at a threshold of 0.25 a false positive costs a third of what a true positive gains:

    >>> truth = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    >>> prob = [0.9, 0.6, 0.3, 0.2, 0.7, 0.3, 0.1, 0.1, 0.1, 0.0]
    >>> [round(e.estimate, 3) for e in net_benefit(truth, prob, 0.25)]  # 3/10 - 2/10/3, and 4/10 - 6/10/3
    [0.233, 0.2]
    """
    truth, levels, (prob,) = _checked(truth, thresholds, prevalence, conf_level, n_boot, prob=prob)
    generator, none = np.random.default_rng(rng), np.zeros(len(truth), dtype=bool)
    found = []
    for level in levels:
        for measure, plus in (("net_benefit", prob >= level), ("net_benefit_treat_all", ~none)):
            found.append(_estimate(measure, truth, plus, none, level, prevalence, conf_level, n_boot, generator))
    return found


def decision_curve(
    truth: ArrayLike,
    prob: ArrayLike,
    thresholds: ArrayLike | None = None,
    *,
    prevalence: float | None = None,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Net benefit over many thresholds with a pointwise band, for a figure.

    Parameters
    ----------
    truth, prob, prevalence, conf_level
        As in `net_benefit`.
    thresholds
        Probabilities, strictly between 0 and 1; by default 0.01, 0.02, ..., 0.99.

    Returns
    -------
    pandas.DataFrame
        A row a threshold: `threshold`, `net_benefit`, `conf_low`, `conf_high`, `treat_all`; nan where `net_benefit` is.

    Raises
    ------
    ValueError
        As in `net_benefit`.

    Notes
    -----
    Cases must be independent: there is no `patients`. The band is Wald's, from the standard error in closed form, where
    `net_benefit` draws a bootstrap: over a hundred thresholds the two cannot be told apart by eye.

    References
    ----------
    Vickers and Elkin 2006, doi:10.1177/0272989X06295361.

    Examples
    --------
    >>> truth = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    >>> prob = [0.9, 0.6, 0.3, 0.2, 0.7, 0.3, 0.1, 0.1, 0.1, 0.0]
    >>> decision_curve(truth, prob, [0.25, 0.5])[["net_benefit", "treat_all"]].round(3).values.tolist()
    [[0.233, 0.2], [0.1, -0.2]]
    """
    import pandas as pd

    grid = np.arange(1, 100) / 100 if thresholds is None else thresholds
    truth, levels, (prob,) = _checked(truth, grid, prevalence, conf_level, 1, prob=prob)
    undefined, z, rows = _undefined(truth, prevalence), z_of((1 - conf_level) / 2), []
    n_positive, none = int(np.count_nonzero(truth)), np.zeros(len(truth), dtype=bool)
    for level in levels:
        if undefined:
            rows.append([level, *[math.nan] * 4])
            continue
        gain, acted = gains(level, prevalence, n_positive, len(truth) - n_positive), prob >= level
        value = float(np.where(truth, *gain) @ acted)
        reach = z * _error(truth, acted, none, gain, prevalence is not None)
        rows.append([level, value, value - reach, value + reach, float(np.where(truth, *gain).sum())])
    return pd.DataFrame(rows, columns=["threshold", "net_benefit", "conf_low", "conf_high", "treat_all"])


def compare_net_benefit(
    truth: ArrayLike,
    prob: ArrayLike,
    versus: ArrayLike,
    thresholds: ArrayLike,
    *,
    prevalence: float | None = None,
    conf_level: float = 0.95,
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """Difference in net benefit of two predictions, or of a model and a reader, of the same cases: prob - versus.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    prob, versus
        Predicted probabilities of a positive case, or calls, of the same shape.
    thresholds, prevalence, conf_level, n_boot, rng
        As in `net_benefit`.

    Returns
    -------
    list of Estimate
        One for each threshold, with percentile bootstrap interval, `std_error` and Wald's test of difference 0.

    Raises
    ------
    ValueError
        As in `net_benefit`.

    Notes
    -----
    Cases must be independent: there is no `patients`, and no margin. The pairing is allowed for. Where both act on the
    same cases the difference is 0 and P = 1, with a note.

    References
    ----------
    As `net_benefit`.
    """
    truth, levels, (prob, versus) = _checked(
        truth, thresholds, prevalence, conf_level, n_boot, prob=prob, versus=versus
    )
    generator = np.random.default_rng(rng)
    found = []
    for level in levels:
        plus, minus = prob >= level, versus >= level
        e = _estimate(
            "net_benefit_difference", truth, plus & ~minus, minus & ~plus,
            level, prevalence, conf_level, n_boot, generator,
        )  # fmt: skip
        if not math.isnan(e.estimate):
            z = e.estimate / e.std_error if e.std_error > 0 else math.nan
            p = 1.0 if e.estimate == 0 and e.std_error == 0 else normal_p(z, "two-sided")
            e = e.replace(statistic=z, p_value=p, null=0.0, alternative="two-sided", test_method="wald")
        found.append(e)
    return found
