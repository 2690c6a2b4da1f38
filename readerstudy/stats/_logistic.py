"""Logistic regression by Newton's method, and the columns of a restricted cubic spline."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from readerstudy.stats._arrays import Bools, Floats


class Fit(NamedTuple):
    """Maximum-likelihood coefficients, their covariance and the fitted probabilities."""

    coefficients: Floats
    covariance: Floats
    fitted: Floats


def logistic_fit(design: Floats, truth: Bools, offset: Floats | float = 0.0) -> Fit | None:
    """Regress `truth` on the columns of `design`; None where the likelihood has no maximum or the columns are tied."""
    coefficients = np.zeros(design.shape[1])

    def likelihood(values: Floats) -> float:
        linear = design @ values + offset
        return float(special.log_expit(np.where(truth, linear, -linear)).sum())

    best = likelihood(coefficients)
    for _ in range(60):
        fitted: Floats = special.expit(design @ coefficients + offset)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        if not np.linalg.cond(information) < 1e14:
            return None
        step = np.linalg.solve(information, design.T @ (truth - fitted))
        for _ in range(30):  # a step too far is halved
            tried = likelihood(coefficients + step)
            if tried >= best - 1e-12 * abs(best):
                break
            step /= 2
        coefficients, best = coefficients + step, tried
        if np.max(np.abs(step)) < 1e-10 * (1 + np.max(np.abs(coefficients))):
            # Where the classes are separated the likelihood rises for ever; it has then all but reached 1.
            covariance: Floats = np.linalg.inv(information).astype(np.float64)
            return Fit(coefficients, covariance, fitted) if best < -1e-6 else None
    return None


def spline_columns(x: Floats, knots_of: int | None = None) -> Floats:
    """Intercept, x, and the two terms of a restricted cubic spline with knots at Harrell's four quantiles.

    The quantiles are those of the first `knots_of` values, or of all. Where ties leave fewer than three knots the
    spline is a straight line.
    """
    knots = np.unique(np.quantile(x[:knots_of], [0.05, 0.35, 0.65, 0.95]))
    columns = [np.ones_like(x), x]
    if len(knots) >= 3:
        last, before = knots[-1], knots[-2]
        for knot in knots[:-2]:
            cubes = [np.maximum(x - k, 0) ** 3 for k in (knot, before, last)]
            ahead = (last - knot) / (last - before)
            behind = (before - knot) / (last - before)
            columns.append((cubes[0] - ahead * cubes[1] + behind * cubes[2]) / (last - knots[0]) ** 2)
    return np.column_stack(columns)
