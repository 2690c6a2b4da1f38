"""The mean of a number that every case has, with Student's interval or, for several cases a patient, by patients."""

from __future__ import annotations

import math

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, labels, scores, tails
from readerstudy.stats._degenerate import NO_WIDTH, WHOLE_RANGE, noted
from readerstudy.stats.linearised import t_limits


def mean(
    values: ArrayLike,
    measure: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
    """Mean of `values`, one a case.

    With independent cases the standard error is s / sqrt(n) with n - 1 degrees of freedom; with several cases a patient
    it comes from the patients' sums of deviations, with m - 1 degrees of freedom for m patients. Both are one formula:
    sqrt(m / (m - 1) * sum of squared sums) / n.

    Parameters
    ----------
    values
        Shape (n_cases,), none missing.
    measure
        What it is a mean of, a name in `readerstudy.measures.MEASURES`.
    low, high
        Ends of the measure's range, at which the interval is cut.
    conf_level
        Level of the interval.
    patients
        Patient of each case, shape (n_cases,); None where cases are independent.

    Returns
    -------
    Estimate
        With method ``"student-t"``, or ``"cluster-t"`` where a patient has several cases.

    Raises
    ------
    ValueError
        If a value is missing or the arrays differ in length.

    Notes
    -----
    Cases (or patients) must be independent. No case: undefined. One case or one patient, or no variation: no interval,
    or one without width, and a note says so.

    References
    ----------
    Student 1908, doi:10.1093/biomet/6.1.1. Liang and Zeger 1986, doi:10.1093/biomet/73.1.13.

    Examples
    --------
    Additional hours of sleep with a soporific in ten patients, Student 1908:

    >>> e = mean([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4], "mean_difference")
    >>> round(e.estimate, 2), round(e.conf_low, 2), round(e.conf_high, 2)
    (2.33, 0.9, 3.76)
    """
    outside = tails(conf_level, "two-sided")
    numbers = scores(values, "values")
    n = len(numbers)
    e = Estimate(measure=measure, method="student-t", conf_level=conf_level, n_cases=n)
    if n == 0:
        return noted(e, "no case")
    whose = np.arange(n) if patients is None else np.unique(labels(patients, "patients"), return_inverse=True)[1]
    if len(whose) != n:
        raise ValueError(f"not one length: values has {n}, patients has {len(whose)}")
    value = float(numbers.mean())
    e = e.replace(estimate=value)
    m = int(whose.max()) + 1
    e = e if m == n else e.replace(method="cluster-t")
    if m < 2:
        return noted(e, "one case: no interval" if patients is None else "one patient: no interval")
    sums = np.bincount(whose, weights=numbers - value)
    error = math.sqrt(m / (m - 1) * float(sums @ sums)) / n
    # Deviations of equal numbers leave rounding behind.
    error = 0.0 if error < 1e-12 * max(1.0, abs(value)) else error
    below, above = t_limits(value, error, m - 1, outside, low, high)
    e = e.replace(std_error=error, conf_low=min(below, value), conf_high=max(above, value), df=m - 1)
    if error == 0:
        return noted(e, f"no variation: {NO_WIDTH}")
    return noted(e, WHOLE_RANGE) if (below, above) == (low, high) else e
