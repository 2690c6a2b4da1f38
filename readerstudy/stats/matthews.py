"""Matthews' correlation coefficient of any number of classes."""

from __future__ import annotations

import math

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, check_level, labels, same_length, z_of
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._patients import Patients, patients_of
from readerstudy.stats.clustered_indices import of_patients
from readerstudy.stats.counts import cross_counts

MCC_METHODS = ("fisher-z", "wald")
"""Names of the intervals of Matthews' coefficient."""


def mcc_of_table(table: Ints) -> tuple[float, float]:
    """Matthews' coefficient of a confusion matrix (rows = truth), and its standard error; nan for 0 / 0."""
    n = int(table.sum())
    value, pull = mcc_and_pull(table)
    if math.isnan(value):
        return value, math.nan
    shares = table / n
    variance = float((shares * pull**2).sum() - (shares * pull).sum() ** 2) / n
    return value, math.sqrt(max(variance, 0))


def mcc_and_pull(table: Ints) -> tuple[float, Floats]:
    """Matthews' coefficient and its gradient in the probability of each cell; nan for 0 / 0."""
    n = int(table.sum())
    shares: Floats = table / max(n, 1)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    spread = float(1 - rows @ rows), float(1 - columns @ columns)
    if n == 0 or np.count_nonzero(rows) < 2 or np.count_nonzero(columns) < 2:
        return math.nan, np.full(table.shape, math.nan)
    scale = math.sqrt(spread[0] * spread[1])
    value = float(np.trace(shares) - rows @ columns) / scale
    product = np.eye(len(rows)) - columns[:, None] - rows[None, :]
    pull = product / scale + value * (rows[:, None] / spread[0] + columns[None, :] / spread[1])
    return min(1.0, max(-1.0, value)), pull


def mcc(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    method: str = "fisher-z",
    conf_level: float = 0.95,
    patients: ArrayLike | None = None,
) -> Estimate:
    """Correlation of truth and call, as variables that name a class.

    Range [-1, 1], best 1; 0 by chance. Synonyms: Matthews correlation coefficient; phi (two classes); R_K (several).

    Parameters
    ----------
    truth, call
        Labels of any number of classes, shape (n_cases,), paired by position.
    method
        ``"fisher-z"`` (on the scale of Fisher's z) or ``"wald"``, both with the multinomial standard error.
    conf_level
        Level of the interval.
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases; the standard error is then made
        wider by the design effect, which is 1 with one case a patient.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the arrays do not fit or `method` is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. Where all cases have one true class, or were called the same,
    it is nan with a note; at -1 and 1 the interval has no width, with a note.

    References
    ----------
    Matthews 1975, doi:10.1016/0005-2795(75)90109-9. Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    _choice.check(method, MCC_METHODS, "method")
    check_level(conf_level)
    truth, call = labels(truth, "truth"), labels(call, "call")
    same_length(truth=truth, call=call)
    codes = {label: code for code, label in enumerate(dict.fromkeys([*truth.tolist(), *call.tolist()]))}
    rows, columns = (np.array([codes[label] for label in array.tolist()], dtype=np.int64) for array in (truth, call))
    table = cross_counts(rows, columns, len(codes), len(codes))
    if patients is None:
        return mcc_of_counts(table, method, conf_level)
    whose = patients_of(patients, len(rows))
    return of_patients(mcc_of_counts(table, method, conf_level, whose, mcc_and_pull(table)[1][rows, columns]), whose)


def mcc_of_counts(
    table: Ints, method: str, conf_level: float, patients: Patients | None = None, terms: Floats | None = None
) -> Estimate:
    """The coefficient of a table; with the `terms` that its cases add, of patients."""
    value, error = mcc_of_table(table)
    e = Estimate(measure="mcc", method=method, conf_level=conf_level, n_cases=int(table.sum()))
    if math.isnan(value):
        return e.replace(note="undefined: one true class only, or every case was called the same")
    if abs(value) > 1 - 1e-12:
        value, said = round(value), "every case was called right" if value > 0 else "every case was called wrong"
        return e.replace(
            estimate=value, conf_low=value, conf_high=value, std_error=0.0, note=f"{said}: the interval has no width"
        )
    tail = (1 - conf_level) / 2
    reach, uneven = z_of(tail), None
    if patients is not None and terms is not None and patients.number > 1:
        design = patients.design(terms)
        error, reach, uneven = error * design.factor, design.reach(tail), design.note
    reach *= error
    if method == "wald":
        low, high = max(-1.0, value - reach), min(1.0, value + reach)
    else:
        low, high = (math.tanh(math.atanh(value) + sign * reach / (1 - value * value)) for sign in (-1, 1))
    e = e.replace(
        estimate=value,
        std_error=error,
        conf_low=low,
        conf_high=high,
        note="no variation that would move it: the interval has no width" if error == 0 else uneven,
    )
    return bounded(e, -1.0, 1.0)
