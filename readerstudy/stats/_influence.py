"""What each case adds to the error of an estimate, summed by patient: a variance for several cases a patient."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, Tails
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._patients import patients_of
from readerstudy.stats.linearised import noted, t_limits


def codes_of(values: npt.NDArray[Any]) -> Ints:
    """The place of every label among the distinct labels, from 0, in the order in which they first occur."""
    places: dict[Any, int] = {}
    return np.array([places.setdefault(value, len(places)) for value in values.tolist()], dtype=np.int64)


def patient_codes(patients: ArrayLike | None, n: int) -> Ints:
    """Which patient every case belongs to; without `patients` each case is its own."""
    return np.arange(n) if patients is None else patients_of(patients, n).codes


class Spread(NamedTuple):
    """Variance of an estimate and its degrees of freedom."""

    variance: float
    """nan without a degree of freedom."""
    df: int
    """Patients less the strata that they were drawn from."""
    n_patients: int


def spread_of(influence: Floats, patient: Ints, stratum: Ints | None = None) -> Spread:
    """Variance of an estimate from `influence`, what each case adds to its error.

    Patients are independent, and were drawn from each `stratum` apart. One patient of a stratum does not show how
    those of it differ: he is held against the mean of all, which tends to widen the interval.
    """
    first, place = np.unique(patient, return_index=True, return_inverse=True)[1:]
    n = len(first)
    strata = np.zeros(n, dtype=np.int64)
    if stratum is not None:
        strata = np.unique(stratum[first], return_inverse=True)[1]
    size = np.bincount(strata)
    df = n - len(size)
    if df < 1:
        return Spread(math.nan, df, n)
    sums = np.bincount(place, weights=influence)
    alone = size == 1
    centre = np.where(alone, sums.mean(), np.bincount(strata, weights=sums) / size)
    factor = np.where(alone, 1.0, size / np.maximum(size - 1, 1))
    variance = float((factor[strata] * (sums - centre[strata]) ** 2).sum())
    # What rounding leaves of an exact 0.
    return Spread(0.0 if variance <= 1e-27 * float((sums**2).sum()) or variance < 1e-30 else variance, df, n)


def with_limits(
    e: Estimate, value: float, spread: Spread, ends: tuple[float, float] = (0.0, 1.0), *, logit: bool = False
) -> Estimate:
    """`e` with `value`, its standard error and Student's interval, cut at `ends` or on the logit scale."""
    e = e.replace(estimate=value)
    if math.isnan(spread.variance):
        few = "one patient" if spread.n_patients == 1 else "as many strata as patients"
        return e.replace(note=noted(e.note, f"{few}: no standard error"))
    error = math.sqrt(spread.variance)
    e = e.replace(std_error=error, df=spread.df)
    if error == 0:
        return e.replace(conf_low=value, conf_high=value, note=noted(e.note, "no variation: the interval has no width"))
    tail = (1 - e.conf_level) / 2
    if logit and 0 < value < 1:
        reach = -float(special.stdtrit(spread.df, tail)) * error / (value * (1 - value))
        low, high = (float(special.expit(special.logit(value) + sign * reach)) for sign in (-1, 1))
    else:
        low, high = t_limits(value, error, spread.df, Tails(tail, tail), *ends)
    return bounded(e.replace(conf_low=low, conf_high=high), *ends)
