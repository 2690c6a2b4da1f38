"""What a calibration plot shows: the smooth curve with its band, and the observed share of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from readerstudy.stats._arrays import ArrayLike, binary, check_level, probabilities, same_length, z_of
from readerstudy.stats._logistic import logistic_fit, spline_columns
from readerstudy.stats.calibration import equal_mass_groups
from readerstudy.stats.proportion import limits

if TYPE_CHECKING:
    import pandas as pd

SMOOTHER = "restricted cubic spline, four knots"
"""How the curve is made."""


def calibration_curve(
    truth: ArrayLike, prob: ArrayLike, *, points: int = 101, conf_level: float = 0.95
) -> pd.DataFrame:
    """Observed share of positive cases as a smooth function of the predicted probability, with a pointwise band.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    prob
        Predicted probability of a positive case, of the same shape.
    points
        Number of predictions, from the least to the greatest, at which the curve is given; 2 or more.
    conf_level
        Level of the band.

    Returns
    -------
    pandas.DataFrame
        `prob`, `observed`, `conf_low`, `conf_high`, all in [0, 1]; no rows where the curve is undefined: with one class
        only, with a prediction of 0 or 1, with four different predictions or fewer, or where the predictions separate
        the classes.

    Raises
    ------
    ValueError
        If a prediction is missing or no probability, `points` is less than 2, or the arrays do not fit.

    Notes
    -----
    A logistic regression of the truth on a restricted cubic spline of logit(prob) with four knots, the smoother of the
    ICI in `calibration`; the band is Wald's on the logit scale. Cases must be independent.

    References
    ----------
    Austin and Steyerberg 2019, doi:10.1002/sim.8281. Harrell, Regression Modeling Strategies, 2nd ed. 2015,
    doi:10.1007/978-3-319-19425-7.

    Examples
    --------
    >>> truth = [0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1]
    >>> prob = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.8, 0.9]
    >>> calibration_curve(truth, prob, points=3).round(2)["prob"].tolist()
    [0.1, 0.5, 0.9]
    """
    import pandas as pd

    check_level(conf_level)
    if points < 2 or points % 1:
        raise ValueError(f"points must be a whole number, 2 or more, got {points!r}")
    truth, prob = binary(truth, "truth"), probabilities(prob, "prob")
    same_length(truth=truth, prob=prob)
    columns = ["prob", "observed", "conf_low", "conf_high"]
    two_classes = bool(truth.any()) and not truth.all()
    inside = bool(((prob > 0) & (prob < 1)).all())
    if not (two_classes and inside and len(np.unique(prob)) > 4):
        return pd.DataFrame(columns=columns, dtype=np.float64)
    # The knots are quantiles of the predictions: they must be those of the cases, not of the points of the curve.
    at = np.linspace(prob.min(), prob.max(), points)
    design = spline_columns(special.logit(np.concatenate([prob, at])), knots_of=len(prob))
    fit = logistic_fit(design[: len(prob)], truth)
    if fit is None:
        return pd.DataFrame(columns=columns, dtype=np.float64)
    wanted = design[len(prob) :]
    linear = wanted @ fit.coefficients
    reach = z_of((1 - conf_level) / 2) * np.sqrt(np.einsum("ij,jk,ik->i", wanted, fit.covariance, wanted))
    rows = np.column_stack([at, special.expit(linear), special.expit(linear - reach), special.expit(linear + reach)])
    return pd.DataFrame(rows, columns=columns)


def calibration_groups(
    truth: ArrayLike, prob: ArrayLike, *, groups: int = 10, method: str = "wilson", conf_level: float = 0.95
) -> pd.DataFrame:
    """Observed share of positive cases in groups of equal size by predicted probability, with its interval.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    prob
        Predicted probability of a positive case, of the same shape.
    groups
        Number of groups; equal predictions stay together, so that there may be fewer.
    method, conf_level
        Interval of the shares, as in `proportion`.

    Returns
    -------
    pandas.DataFrame
        A row a group: `prob` (mean prediction), `observed`, `conf_low`, `conf_high`, `count`, `total`; no rows without
        a case.

    Raises
    ------
    ValueError
        If a prediction is missing or no probability, `groups` is less than 1, a name is unknown, or the arrays do not
        fit.

    Notes
    -----
    Cases must be independent. How the groups are cut decides what is seen; the smooth curve does not depend on it.

    References
    ----------
    Van Calster et al. 2019, doi:10.1186/s12916-019-1466-7.

    Examples
    --------
    >>> found = calibration_groups([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.7, 0.8], groups=2)
    >>> found["count"].tolist(), found["total"].tolist()
    ([1, 2], [3, 3])
    """
    import pandas as pd

    from readerstudy import _choice
    from readerstudy.stats.proportion import METHODS

    check_level(conf_level)
    _choice.check(method, METHODS, "method")
    if groups < 1 or groups % 1:
        raise ValueError(f"groups must be a whole number, 1 or more, got {groups!r}")
    truth, prob = binary(truth, "truth"), probabilities(prob, "prob")
    n = same_length(truth=truth, prob=prob)
    names = ["prob", "observed", "conf_low", "conf_high", "count", "total"]
    if n == 0:
        return pd.DataFrame(columns=names)
    group = equal_mass_groups(prob, int(groups))
    tail, rows = (1 - conf_level) / 2, []
    for code in np.unique(group):
        chosen = group == code
        count, total = int(truth[chosen].sum()), int(chosen.sum())
        low, high = limits(count, total, method, tail, tail)
        rows.append([float(prob[chosen].mean()), count / total, low, high, count, total])
    return pd.DataFrame(rows, columns=names)
