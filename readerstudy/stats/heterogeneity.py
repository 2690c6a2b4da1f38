"""Do independent estimates of one quantity, such as those of several sites, differ more than by chance."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, check_level, same_length, scores, z_of
from readerstudy.stats.linearised import noted

A_TEST = "a test: no estimate of its own"


def heterogeneity(estimates: ArrayLike, std_errors: ArrayLike, *, conf_level: float = 0.95) -> list[Estimate]:
    """Do independent estimates of one quantity, such as those of several sites, differ more than by chance.

    Cochran's Q = sum of w (estimate - weighted mean)^2 with w = 1 / std_error^2, chi-squared with one df less than
    there are sites if they are equal; I2 = (Q - df) / Q, the share of the variation between the estimates that is
    not chance; and the variance between the sites. I2 has range [0, 1], best 0. Synonyms: inconsistency; tau-squared.

    Parameters
    ----------
    estimates, std_errors
        One of each for every site, shape (n_sites,); on a scale on which they are about normal (a difference, the
        logarithm of a ratio, a logit).
    conf_level
        Level of the interval of I2.

    Returns
    -------
    list of Estimate
        ``"heterogeneity"`` (Q, a test), ``"i2"`` with the interval of Higgins and Thompson from that of ln H,
        H^2 = Q / df, and ``"between_site_variance"`` by DerSimonian and Laird.

    Raises
    ------
    ValueError
        If the arrays do not fit, or a standard error is not a positive number.

    Notes
    -----
    Sites must be independent, with no patient in two. Before pooling: with few sites Q misses heterogeneity, and a
    high P does not show that there is none; the interval of I2 says how much there might be. One site: undefined.
    With two sites and Q of at most 2 the interval of I2 is undefined too; where standard errors are so small that Q
    overflows all is nan, with a note.

    References
    ----------
    Cochran 1954, doi:10.2307/3001666. Higgins and Thompson 2002, doi:10.1002/sim.1186. Higgins et al. 2003,
    doi:10.1136/bmj.327.7414.557. DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2.

    Examples
    --------
    >>> q, i2, between = heterogeneity([0.02, 0.10, 0.15], [0.02, 0.02, 0.04])
    >>> round(q.statistic, 2), q.df, round(i2.estimate, 3), round(between.estimate, 5)
    (12.5, 2.0, 0.84, 0.00315)
    """
    check_level(conf_level)
    values, errors = scores(estimates, "estimates"), scores(std_errors, "std_errors")
    n = same_length(estimates=values, std_errors=errors)
    if not (np.isfinite(values).all() and np.isfinite(errors).all() and (errors > 0).all()):
        raise ValueError("estimates must be finite and std_errors positive: leave out sites without a standard error")
    q = Estimate(measure="heterogeneity", test_method="cochran-q", total=n, note=A_TEST)
    i2 = Estimate(measure="i2", method="higgins-thompson", conf_level=conf_level, total=n)
    between = Estimate(measure="between_site_variance", method="dersimonian-laird", total=n)
    if n < 2:
        note = "fewer than two sites: undefined"
        return [q.replace(note=noted(A_TEST, note)), i2.replace(note=note), between.replace(note=note)]
    chi2, scale, df = *_weighed(values, errors), n - 1
    if not math.isfinite(chi2):
        note = "the standard errors are too small beside the differences for Q to be computed"
        return [q.replace(df=df, note=noted(A_TEST, note)), i2.replace(note=note), between.replace(note=note)]
    low, high = i2_limits(chi2, n, z_of((1 - conf_level) / 2))
    value = max(0.0, 1 - df / chi2) if chi2 > 0 else 0.0
    return [
        q.replace(statistic=chi2, df=df, p_value=float(special.chdtrc(df, chi2))),
        i2.replace(
            estimate=value, conf_low=low, conf_high=high, note="two sites: no interval" if math.isnan(low) else None
        ),
        between.replace(
            estimate=max(0.0, (chi2 - df) / scale),
            note="less variation than by chance: the variance is taken as 0" if chi2 < df else None,
        ),
    ]


def _weighed(values: Floats, errors: Floats) -> tuple[float, float]:
    """Q, and by how much it grows with the variance between the sites; both infinite where they overflow."""
    # Shares of the weight instead of weights, of which that of a tiny error overflows.
    relative = (errors.min() / errors) ** 2
    share = relative / relative.sum()
    mean = float(share @ values)
    gap = values - mean
    gap[np.abs(gap) <= 1e-14 * (np.abs(values) + float(share @ np.abs(values)))] = 0.0  # what rounding leaves
    largest = int(np.argmin(errors))
    with np.errstate(over="ignore"):
        chi2 = float(((gap / errors) ** 2).sum())
        weight = np.delete(errors, largest) ** -2.0
        # Sum of w (1 - share); 1 less the largest share is the sum of the others.
        scale = float(share[largest] * weight.sum() + weight @ (1 - np.delete(share, largest)))
    return chi2, scale


def i2_limits(chi2: float, n: int, z: float) -> tuple[float, float]:
    """Limits of I2 = 1 - 1 / H^2 from the test-based interval of ln H, H^2 = Q / (n - 1); nan where it has none."""
    df = n - 1
    if chi2 > n:
        error = (math.log(chi2) - math.log(df)) / (2 * (math.sqrt(2 * chi2) - math.sqrt(2 * n - 3)))
    elif n > 2:
        error = math.sqrt(1 / (2 * (n - 2)) * (1 - 1 / (3 * (n - 2) ** 2)))
    else:
        return math.nan, math.nan
    centre = math.log(max(1.0, chi2 / df)) / 2  # H is taken as 1 where it is below
    low, high = (max(0.0, 1 - math.exp(-2 * (centre + sign * z * error))) for sign in (-1, 1))
    return low, high
