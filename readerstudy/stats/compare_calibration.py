"""Two predictions of the same cases: whose errors are smaller."""

from __future__ import annotations

import math

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Floats,
    Ints,
    binary,
    check_level,
    normal_p,
    probabilities,
    same_length,
    tails,
)
from readerstudy.stats._case_bootstrap import case_replicates, percentile
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._influence import patient_codes, spread_of
from readerstudy.stats.calibration import errors_of
from readerstudy.stats.linearised import noted, t_limits, t_p
from readerstudy.stats.roc_bootstrap import checked_replicates


def _checked(truth: ArrayLike, prob: ArrayLike, versus: ArrayLike) -> tuple[Bools, Floats, Floats]:
    true, first, second = binary(truth, "truth"), probabilities(prob, "prob"), probabilities(versus, "versus")
    same_length(truth=true, prob=first, versus=second)
    return true, first, second


def _identical(e: Estimate) -> Estimate:
    note = "the predictions are identical: the interval has no width"
    return e.replace(estimate=0.0, std_error=0.0, conf_low=0.0, conf_high=0.0, p_value=1.0, note=note)


def compare_brier(
    truth: ArrayLike,
    prob: ArrayLike,
    versus: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Difference of the Brier scores of two predictions of the same cases, prob - versus.

    Range [-1, 1]; below 0 `prob` is the better one.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    prob, versus
        Predicted probabilities of a positive case, or calls, of the same shape.
    patients
        Whose case it is, when patients have several cases.
    conf_level, alternative
        As in `proportion`; ``"less"`` is that `prob` has the smaller error.

    Returns
    -------
    Estimate
        With Student's paired interval and test of 0, of the differences of the squared errors by case (or summed by
        patient).

    Raises
    ------
    ValueError
        If a prediction is missing or no probability, or the arrays do not fit.

    Notes
    -----
    Patients must be independent; there is no margin. One patient: no interval. Where the two have the same errors
    throughout the difference is 0 and P = 1, with a note.

    References
    ----------
    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2. Paired by case: Diebold and Mariano 1995,
    doi:10.1080/07350015.1995.10524599.

    Examples
    --------
    >>> e = compare_brier([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3], [0.2, 0.6, 0.5, 0.3])
    >>> round(e.estimate, 4), round(e.p_value, 3)
    (-0.0975, 0.144)
    """
    outside = tails(conf_level, alternative)
    true, first, second = _checked(truth, prob, versus)
    n = len(true)
    patient = patient_codes(patients, n)
    e = Estimate(
        measure="brier_difference",
        method="paired-t" if patients is None else "cluster-robust",
        conf_level=conf_level,
        alternative=alternative,
        null=0.0,
        n_cases=n,
        n_patients=len(np.unique(patient)) if patients is not None else None,
    )
    if n == 0:
        return e.replace(note="no case")
    if np.array_equal(first, second):
        return _identical(e)
    gap = (first - true) ** 2 - (second - true) ** 2
    mean = float(gap.mean())
    spread = spread_of((gap - mean) / n, patient)
    e = e.replace(estimate=mean)
    if math.isnan(spread.variance):
        return e.replace(note="one patient: no interval" if patients is not None else "one case: no interval")
    error = math.sqrt(spread.variance)
    e = e.replace(std_error=error, df=spread.df)
    if error == 0:
        note = "all differences of errors are equal: the interval has no width"
        return e.replace(conf_low=mean, conf_high=mean, p_value=1.0 if mean == 0 else None, note=note)
    low, high = t_limits(mean, error, spread.df, outside, -1.0, 1.0)
    t = mean / error
    e = e.replace(conf_low=low, conf_high=high, statistic=t, p_value=t_p(t, spread.df, alternative))
    return bounded(e, -1.0, 1.0, outside)


def compare_ici(
    truth: ArrayLike,
    prob: ArrayLike,
    versus: ArrayLike,
    *,
    conf_level: float = 0.95,
    n_boot: int = 1000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Difference of the integrated calibration indices of two predictions of the same cases, prob - versus.

    Range [-1, 1]; below 0 `prob` is the better calibrated.

    Parameters
    ----------
    truth, prob, versus
        As in `compare_brier`.
    conf_level
        Level of the interval.
    n_boot, rng
        Replicates, and NumPy Generator or seed.

    Returns
    -------
    Estimate
        With percentile bootstrap interval over cases, and z = difference / standard deviation of the replicates.

    Raises
    ------
    ValueError
        As `compare_brier`, or if there are fewer than two replicates.

    Notes
    -----
    Cases must be independent: there is no `patients`, and no margin. Both predictions are judged in the same resampled
    cases. Chance raises both indices, and by about as much; where one of them cannot be had (see `calibration`) the
    difference is nan with a note. Equal predictions have the difference 0 and P = 1.

    References
    ----------
    Austin and Steyerberg 2019, doi:10.1002/sim.8281.

    Examples
    --------
    >>> truth = [1] * 3 + [0] * 7 + [1] * 6 + [0] * 4
    >>> e = compare_ici(truth, [0.3] * 10 + [0.6] * 10, [0.2] * 10 + [0.7] * 10, n_boot=50)
    >>> round(e.estimate, 3)
    -0.1
    """
    check_level(conf_level)
    checked_replicates(n_boot)
    true, first, second = _checked(truth, prob, versus)
    n = len(true)
    e = Estimate(
        measure="ici_difference",
        method="bootstrap",
        conf_level=conf_level,
        alternative="two-sided",
        null=0.0,
        n_cases=n,
    )
    if n == 0:
        return e.replace(note="no case")

    def difference(cases: Ints) -> Floats:
        found = [errors_of(true[cases], scored[cases], 2)[:1] for scored in (first, second)]
        gap: Floats = found[0] - found[1]
        return gap

    value = float(difference(np.arange(n))[0])
    if math.isnan(value):
        return e.replace(note="undefined: an index cannot be had, see `calibration`")
    if np.array_equal(first, second):
        return _identical(e)
    replicates = case_replicates(n, difference, n_boot, np.random.default_rng(rng))[:, 0]
    e = percentile(e.replace(estimate=value), replicates, conf_level)
    if not e.std_error > 0:
        return e.replace(note=noted(e.note, "no test"))
    z = value / e.std_error
    return e.replace(statistic=z, p_value=normal_p(z, "two-sided"), test_method="bootstrap-z")
