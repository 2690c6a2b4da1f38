"""Two readers' numbers of the same cases: bias and limits of agreement, each with its interval."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, check_level, missing, same_length, tails, vector, z_of
from readerstudy.stats._reads import measured
from readerstudy.stats.linearised import t_limits, t_p

METHODS = ("carkeet", "bland-altman")
"""Names of the intervals of the limits."""


def limit_reach(n: int, coverage: float, conf_level: float, method: str) -> tuple[float, float]:
    """How many standard deviations above the mean the interval of the upper limit of agreement begins and ends."""
    z, tail = z_of((1 - coverage) / 2), (1 - conf_level) / 2
    if method == "carkeet":
        from scipy.stats import nct

        # (true upper limit - mean) / (sd / sqrt(n)) turned round is noncentral t.
        low, high = (float(nct.ppf(p, n - 1, z * math.sqrt(n))) / math.sqrt(n) for p in (tail, 1 - tail))
        return low, high
    reach = -float(special.stdtrit(n - 1, tail)) * math.sqrt(1 / n + z * z / (2 * (n - 1)))
    return z - reach, z + reach


def limits_of_agreement(
    ratings: ArrayLike,
    versus: ArrayLike,
    *,
    coverage: float = 0.95,
    method: str = "carkeet",
    conf_level: float = 0.95,
) -> list[Estimate]:
    """Bland and Altman's limits of agreement: between which two readers' numbers of a case mostly differ.

    Mean of the differences ratings - versus (the bias), and mean -+ z standard deviations, z = 1.96 for 95 % of the
    differences. Range: all numbers, in the unit of the reads; best 0. Synonym: Bland-Altman analysis.

    Parameters
    ----------
    ratings, versus
        Numbers read by two readers (or by one twice) of the same cases, paired by position, shape (n_cases,). None
        or nan = not read: such cases are left out and not counted in `n_cases`.
    coverage
        Proportion of the differences between the limits.
    method
        Interval of the limits: ``"carkeet"`` (exact, by the noncentral t distribution) or ``"bland-altman"`` (their
        approximation, which is narrow with few cases).
    conf_level
        Level of the intervals.

    Returns
    -------
    list[Estimate]
        ``"mean_difference"`` with Student's interval and paired t test of 0, ``"lower_limit_of_agreement"`` and
        ``"upper_limit_of_agreement"``; the interval of each limit holds for that limit alone.

    Raises
    ------
    ValueError
        If the arrays are no numbers or not of one length, or a level or name is unknown.

    Notes
    -----
    Cases must be independent, and the differences about normal and as wide for small numbers as for large ones. One
    case: no limits, with a note. When all differences are equal the intervals have no width, with a note.

    References
    ----------
    Bland and Altman 1986, doi:10.1016/S0140-6736(86)90837-8, and 1999, doi:10.1177/096228029900800204. Exact
    interval: Carkeet 2015, doi:10.1097/OPX.0000000000000513.

    Examples
    --------
    Peak flow of 17 people by a large and a mini meter, Bland and Altman 1986: bias -2.1 (-22.0 to 17.8), standard
    deviation 38.8. (They printed mean -+ 2 standard deviations, -79.7 and 75.5.)

    >>> large = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    >>> mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    >>> bias, lower, upper = limits_of_agreement(large, mini)
    >>> round(bias.estimate, 1), round(bias.conf_low, 1), round(bias.conf_high, 1)
    (-2.1, -22.0, 17.8)
    >>> round(lower.estimate, 1), round(upper.estimate, 1)
    (-78.1, 73.9)
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    if not 0 < coverage < 1:
        raise ValueError(f"coverage must lie between 0 and 1, such as 0.95 for 95 %; got {coverage!r}")
    first, second = vector(ratings, "ratings"), vector(versus, "versus")
    same_length(ratings=first, versus=second)
    read = ~(missing(first) | missing(second))
    n = int(read.sum())
    shared = Estimate(measure="mean_difference", conf_level=conf_level, alternative="two-sided", n_cases=n)
    names = ("lower_limit_of_agreement", "upper_limit_of_agreement")
    bias = shared.replace(method="student-t")
    lower, upper = (shared.replace(measure=name, method=method) for name in names)
    if n == 0:
        return [e.replace(note="no case was read by both") for e in (bias, lower, upper)]
    pairs, _ = measured(np.array([first[read].tolist(), second[read].tolist()]))
    differences = pairs[0] - pairs[1]
    mean = float(differences.mean())
    bias = bias.replace(estimate=mean)
    if n == 1:
        return [e.replace(note="one case: the spread of the differences is unknown") for e in (bias, lower, upper)]
    sd = float(differences.std(ddof=1))
    # Rounding of the reads themselves is no spread.
    sd = 0.0 if sd <= 1e-14 * float(np.abs(pairs).max()) else sd
    error = sd / math.sqrt(n)
    low, high = t_limits(mean, error, n - 1, tails(conf_level, "two-sided"), -math.inf, math.inf)
    bias = bias.replace(std_error=error, conf_low=low, conf_high=high, df=n - 1)
    z = z_of((1 - coverage) / 2)
    near, far = limit_reach(n, coverage, conf_level, method)
    error_of_limit = sd * math.sqrt(1 / n + z * z / (2 * (n - 1)))
    lower = lower.replace(estimate=mean - z * sd, conf_low=mean - far * sd, conf_high=mean - near * sd)
    upper = upper.replace(estimate=mean + z * sd, conf_low=mean + near * sd, conf_high=mean + far * sd)
    lower, upper = lower.replace(std_error=error_of_limit), upper.replace(std_error=error_of_limit)
    if sd == 0:
        note = "all differences are equal: the interval has no width"
        p = 1.0 if mean == 0 else math.nan
        return [bias.replace(p_value=p, null=0.0, note=note), lower.replace(note=note), upper.replace(note=note)]
    t = mean / error
    return [bias.replace(statistic=t, p_value=t_p(t, n - 1, "two-sided"), null=0.0), lower, upper]
