"""Intraclass correlation of numbers read by several readers, with intervals and tests by F."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Tails, tails
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._reads import measured
from readerstudy.stats.linearised import noted

MODELS = ("icc1", "icc2", "icc3")
"""Names of the models, as Shrout and Fleiss number them."""
UNITS = ("single", "average")
"""What is repeated: one reader's number, or the mean of all readers."""


class MeanSquares(NamedTuple):
    """Mean squares of a table of readers x cases without repeats."""

    cases: float
    readers: float
    residual: float
    within: float
    """Within cases: readers and residual together."""
    n_cases: int
    n_readers: int


def mean_squares(values: Floats) -> MeanSquares:
    """Of `values` with shape (n_readers, n_cases), both at least 2 and none missing."""
    k, n = values.shape
    centred = values - values.mean()
    by_case, by_reader = centred.mean(axis=0), centred.mean(axis=1)
    residual = centred - by_case - by_reader[:, None]
    sums = (k * float(by_case @ by_case), n * float(by_reader @ by_reader), float((residual**2).sum()))
    # What rounding leaves of an exact 0.
    noise = 1e-26 * values.size * float(np.abs(values).max()) ** 2
    cases, readers, rest = (0.0 if s <= noise else s for s in sums)
    df = (n - 1) * (k - 1)
    return MeanSquares(cases / (n - 1), readers / (k - 1), rest / df, (readers + rest) / (n * (k - 1)), n, k)


def _one_error(cases: float, error: float, k: int) -> float:
    """ICC(1) and ICC(3) of a single reader: one mean square stands for all error."""
    return (cases - error) / (cases + (k - 1) * error)


def _two_errors(ms: MeanSquares) -> float:
    """ICC(2) of a single reader: readers and residual are both error."""
    n, k = ms.n_cases, ms.n_readers
    scale = ms.cases + (k - 1) * ms.residual + k * (ms.readers - ms.residual) / n
    return (ms.cases - ms.residual) / scale if scale > 0 else -math.inf


def _mixture(ms: MeanSquares, icc: float) -> tuple[float, float]:
    """Mean square against which the cases are tested if ICC(2) is `icc`, and Satterthwaite's df of it."""
    n, k = ms.n_cases, ms.n_readers
    a = k * icc / (n * (1 - icc))
    readers, residual = a * ms.readers, (1 + a * (n - 1)) * ms.residual
    spread = readers**2 / (k - 1) + residual**2 / ((n - 1) * (k - 1))
    df = (readers + residual) ** 2 / spread if spread > 0 else (n - 1) * (k - 1)
    return readers + residual, df


def _one_error_limit(cases: float, error: float, k: int, quantile: float) -> float:
    """Limit of ICC(1) or ICC(3) from the quantile of error / cases."""
    return (cases * quantile - error) / (cases * quantile + (k - 1) * error)


def _limits(ms: MeanSquares, model: str, icc: float, outside: Tails) -> tuple[float, float]:
    """Limits of a single reader's ICC; the end of the range where a side is left open."""
    n, k = ms.n_cases, ms.n_readers
    floor = -1 / (k - 1)

    def two_errors(numerator: float, denominator: float) -> float:
        return n * numerator / denominator if denominator > 0 else floor

    def limit(tail: float, upper: bool) -> float:
        if tail == 0:
            return 1.0 if upper else floor
        if ms.cases == 0:  # whatever the quantile
            return icc
        if model == "icc2":
            # Quantiles of ratios that stay finite however few df the mixture has.
            df = _mixture(ms, icc)[1]
            rest = k * ms.readers + (k * n - k - n) * ms.residual
            if upper:
                q = float(special.fdtri(n - 1, df, tail))
                return two_errors(ms.cases - q * ms.residual, q * rest + n * ms.cases)
            q = float(special.fdtri(df, n - 1, tail))
            return two_errors(ms.cases * q - ms.residual, rest + n * ms.cases * q)
        error, df = (ms.within, n * (k - 1)) if model == "icc1" else (ms.residual, (n - 1) * (k - 1))
        q = 1 / float(special.fdtri(n - 1, df, tail)) if upper else float(special.fdtri(df, n - 1, tail))
        return _one_error_limit(ms.cases, error, k, q)

    return max(floor, limit(outside.low, upper=False)), min(1.0, max(floor, limit(outside.high, upper=True)))


def _average(single: float, k: int) -> float:
    """Spearman and Brown: of the mean of k readers; nan for the least value of one, where it has no bound."""
    scale = 1 + (k - 1) * single
    return k * single / scale if scale > 1e-12 else math.nan


def _tested(e: Estimate, ms: MeanSquares, model: str, null: float) -> Estimate:
    """The F test that a single reader's ICC is `null`."""
    n, k = ms.n_cases, ms.n_readers
    if model == "icc2":
        error, df = _mixture(ms, null)
    else:
        error, df = (ms.within, n * (k - 1)) if model == "icc1" else (ms.residual, (n - 1) * (k - 1))
        error *= (1 + (k - 1) * null) / (1 - null)
    if error <= 0:
        return e.replace(note=noted(e.note, "no residual variation: no test"))
    f = ms.cases / error
    tail = special.fdtr if e.alternative == "less" else special.fdtrc
    name = "f-lower" if e.alternative == "less" else "f-upper"
    return e.replace(statistic=f, df_num=n - 1, df=df, p_value=float(tail(n - 1, df, f)), test_method=name)


def icc(
    ratings: ArrayLike,
    *,
    model: str = "icc2",
    unit: str = "single",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    null: float = 0.0,
) -> Estimate:
    """Intraclass correlation: the share of the variance of readers' numbers that is between cases.

    Range (-1 / (n_readers - 1), 1] for a single reader, (-inf, 1] for the average; best 1, 0 when readers agree no
    more within a case than between cases. Synonyms: ICC(1,1), ICC(A,1) and ICC(C,1) are models 1, 2 and 3.

    Parameters
    ----------
    ratings
        Numbers, shape (n_readers, n_cases); nan or None = not read. Cases that some reader did not read are left
        out, with a note.
    model
        ``"icc1"``: every case has readers of its own (one-way). ``"icc2"``: the same readers throughout, a sample of
        many; a shift between readers is disagreement (two-way random, absolute agreement). ``"icc3"``: these readers
        and no others; shifts do not count (two-way mixed, consistency).
    unit
        ``"single"``: reliability of one reader; ``"average"``: of the mean of all readers.
    conf_level, alternative
        As in `proportion`.
    null
        The ICC that is tested.

    Returns
    -------
    Estimate
        Measure ``"icc"`` or ``"icc_average"``, interval and test by F (`df_num`, `df`). P is of an ICC above `null`,
        as published, also with the two-sided interval (``"f-upper"``); below it for ``alternative="less"``.

    Raises
    ------
    ValueError
        If `ratings` has not two dimensions or is no number, `null` is not below 1 or a name is unknown.

    Notes
    -----
    Cases must be independent, and their numbers about normal. ICC(2)'s interval and test use Satterthwaite's df; its
    variance components are not truncated. All numbers equal, or fewer than two readers or cases: nan with a note.

    References
    ----------
    Shrout and Fleiss 1979, doi:10.1037/0033-2909.86.2.420. McGraw and Wong 1996, doi:10.1037/1082-989X.1.1.30.

    Examples
    --------
    Shrout and Fleiss 1979, Table 2: four judges of six targets; their Table 4 prints .17, .29, .71, .44, .62, .91.

    >>> ratings = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
    >>> [round(icc(ratings, model=model, unit=unit).estimate, 2) for unit in UNITS for model in MODELS]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    _choice.check(model, MODELS, "model")
    _choice.check(unit, UNITS, "unit")
    outside = tails(conf_level, alternative)
    values, note = measured(ratings)
    whole = ~np.isnan(values).any(axis=0)
    missed = int((~whole & ~np.isnan(values).all(axis=0)).sum()) if len(values) else 0
    values = values[:, whole]
    k, n = values.shape
    average = unit == "average"
    e = Estimate(
        measure="icc_average" if average else "icc",
        method=f"{model}-{unit}",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=n if k else 0,
        n_readers=k,
        null=null,
        note=noted(note, f"left out, not read by every reader: {missed} of {missed + n} cases" if missed else None),
    )
    single_null = null / (k - (k - 1) * null) if average and null < 1 and k else null
    if not -1 / max(k - 1, 1) < single_null < 1:
        raise ValueError(f"null must lie below 1 and in the range of the {unit} ICC, got {null!r}")
    if k < 2 or n < 2:
        return e.replace(note=noted(e.note, "fewer than two readers or two cases: undefined"))
    ms = mean_squares(values)
    if ms.cases == 0 and ms.within == 0:
        return e.replace(note=noted(e.note, "all numbers are equal: undefined"))
    if model == "icc3" and ms.cases == 0 and ms.residual == 0:
        return e.replace(note=noted(e.note, "neither cases nor residual vary: undefined"))
    if model == "icc2":
        value = _two_errors(ms)
    else:
        value = _one_error(ms.cases, ms.within if model == "icc1" else ms.residual, k)
    if value < -1 / (k - 1) - 1e-9:
        return e.replace(note=noted(e.note, "the variance components are negative beyond the range: undefined"))
    if value > 1 - 1e-15:
        e = e.replace(note=noted(e.note, "no variation but that of the cases: the interval has no width"))
        return e.replace(estimate=1.0, conf_low=1.0, conf_high=1.0)
    value = max(value, -1 / (k - 1))
    low, high = _limits(ms, model, value, outside)
    if high < low < high + 1e-9:  # rounding, of limits that coincide
        low = high = value
    # Satterthwaite's df of ICC(2) can leave an estimate below 0 out.
    e = bounded(e.replace(estimate=value, conf_low=low, conf_high=high), -1 / (k - 1), 1.0, outside)
    if e.conf_low == e.conf_high:
        e = e.replace(note=noted(e.note, "the cases do not vary beyond their readers: the interval has no width"))
    if average:
        value, low, high = (_average(single, k) for single in (e.estimate, e.conf_low, e.conf_high))
        e = e.replace(estimate=value, conf_low=low, conf_high=high)
        if math.isnan(value) or math.isnan(low):
            e = e.replace(note=noted(e.note, "the ICC of an average has no least value: undefined where it would be"))
    return _tested(e, ms, model, single_null)
