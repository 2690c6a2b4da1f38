"""Repeat reads of one reader: how far readers agree with themselves, each and on the average."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.stats._arrays import Floats, check_level, missing, sorted_labels, tails, unmasked, z_of
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._reads import coded, measured
from readerstudy.stats.agreement import WEIGHTS, agreement_weights
from readerstudy.stats.icc import icc
from readerstudy.stats.linearised import by_own_margins, coefficient, noted, t_limits, with_interval

MEASURED = ("kappa", "icc", "within_reader_sd")
"""What can be measured."""
_RANGES = {"kappa": (-1.0, 1.0), "icc": (-1.0, 1.0), "within_reader_sd": (0.0, math.inf)}
REPEATABILITY = z_of(0.025) * math.sqrt(2)
"""Within-reader standard deviations between which two reads of a case mostly differ: 2.77."""


class Own(NamedTuple):
    """One reader's agreement with himself."""

    estimate: Estimate
    influence: Floats
    """What each case adds to its error, shape (n_cases,); 0 for a case that does not count."""


def mean_of_readers(values: Floats, influences: Floats) -> tuple[float, float, bool]:
    """Variance of the mean of the readers' `values`, its df, and whether the covariance of readers was negative.

    Obuchowski and Rockette's model of one modality with Hillis' df: the readers' values vary by MS, and share the cases
    by the mean covariance of two readers, here from the `influences` of the cases.
    """
    n_readers, n_cases = influences.shape
    factor = n_cases / (n_cases - 1) if n_cases > 1 else 1.0
    products = influences @ influences.T * factor
    shared = float(products[~np.eye(n_readers, dtype=bool)].mean())
    between = float(values.var(ddof=1))
    noise = 1e-26 * float(np.abs(values).max()) ** 2  # what rounding leaves of equal values
    between, shared = (0.0 if abs(part) <= noise else part for part in (between, shared))
    total = between + n_readers * max(shared, 0.0)
    df = math.inf if between == 0 else total**2 / (between**2 / (n_readers - 1))
    return total / n_readers, df, shared < 0


def icc_left_out(values: Floats) -> Floats:
    """One-way ICC of `values` (n_repeats, n_cases) without each case in turn; needs three cases."""
    k, n = values.shape
    centred = values - values.mean()
    mean = centred.mean(axis=0)
    within = ((centred - mean) ** 2).sum(axis=0)
    left, squares = mean.sum() - mean, (mean**2).sum() - mean**2
    cases = k * (squares - left**2 / (n - 1)) / (n - 2)
    error = (within.sum() - within) / ((n - 1) * (k - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (cases - error) / (cases + (k - 1) * error)
    return found


def _kappa(e: Estimate, reads: npt.NDArray[Any], weights: str | None, categories: list[Any]) -> Own:
    codes = coded(reads, categories).codes
    read = (codes >= 0).any(axis=0) if len(codes) else np.zeros(reads.shape[1], dtype=bool)
    influence = np.zeros(reads.shape[1])
    twice = (codes >= 0).sum(axis=0) >= 2 if len(codes) else read
    e = e.replace(n_cases=int(twice.sum()))
    if not twice.any():
        return Own(e.replace(note="no case was read twice"), influence)
    used = len(np.unique(codes[codes >= 0]))
    found = coefficient(codes[:, read], agreement_weights(len(categories), weights), by_own_margins)
    if used == 1 or math.isnan(found.value):
        return Own(e.replace(note="one category used only: kappa is undefined"), influence)
    influence[read] = (found.parts - found.value) / len(found.parts)
    e = with_interval(e, found, tails(e.conf_level, "two-sided"))
    return Own(e if math.isnan(e.p_value) else e.replace(test_method="linearised-t"), influence)


def _complete(e: Estimate, reads: npt.NDArray[Any]) -> tuple[Estimate, Floats, npt.NDArray[np.int64]]:
    """The numbers of the cases with every repeat, and which cases those are."""
    whole = np.flatnonzero(~missing(reads.ravel()).reshape(reads.shape).any(axis=0))
    some = int((~missing(reads.ravel()).reshape(reads.shape)).any(axis=0).sum())
    left = some - len(whole)
    note = f"left out, not read every time: {left} of {some} cases" if left else None
    values = measured(reads[:, whole])[0] if len(whole) else np.empty((len(reads), 0))
    return e.replace(n_cases=len(whole), note=note), values, whole


def _icc(e: Estimate, reads: npt.NDArray[Any]) -> Own:
    e, values, whole = _complete(e, reads)
    influence = np.zeros(reads.shape[1])
    if len(whole) < 2:
        return Own(e.replace(note=noted(e.note, "fewer than two cases with every repeat: undefined")), influence)
    found = icc(values, model="icc1", conf_level=e.conf_level)
    e = e.replace(
        estimate=found.estimate, conf_low=found.conf_low, conf_high=found.conf_high, statistic=found.statistic,
        df_num=found.df_num, df=found.df, p_value=found.p_value, null=found.null, test_method=found.test_method,
        note=noted(e.note, found.note),
    )  # fmt: skip
    if len(whole) > 2 and not math.isnan(found.estimate):
        left_out = icc_left_out(values)
        if np.isfinite(left_out).all():
            influence[whole] = (left_out.mean() - left_out) * (len(whole) - 1) / len(whole)
    return Own(e, influence)


def _within(e: Estimate, reads: npt.NDArray[Any]) -> Own:
    e, values, whole = _complete(e, reads)
    influence = np.zeros(reads.shape[1])
    if not len(whole):
        return Own(e.replace(note=noted(e.note, "no case with every repeat: undefined")), influence)
    spread = values.var(axis=0, ddof=1)
    spread[spread <= 1e-28 * float(np.abs(values).max()) ** 2] = 0.0
    sd, df, tail = math.sqrt(float(spread.mean())), len(whole) * (len(values) - 1), (1 - e.conf_level) / 2
    e = e.replace(estimate=sd, std_error=sd / math.sqrt(2 * df), df=df)
    if sd == 0:
        note = noted(e.note, "every repeat is the same: the interval has no width")
        return Own(e.replace(conf_low=0.0, conf_high=0.0, note=note), influence)
    influence[whole] = (spread - sd * sd) / (2 * sd * len(whole))
    low, high = (sd * math.sqrt(df / float(special.chdtri(df, t))) for t in (tail, 1 - tail))
    return Own(e.replace(conf_low=low, conf_high=high), influence)


def _averaged(e: Estimate, own: list[Own]) -> Estimate:
    """`e` as the mean over the readers for whom the value is defined."""
    known = [one for one in own if not math.isnan(one.estimate.estimate)]
    e = e.replace(n_readers=len(known))
    if not known:
        return e.replace(note="undefined for every reader")
    values = np.array([one.estimate.estimate for one in known])
    e = e.replace(estimate=float(values.mean()))
    if len(known) < len(own):
        e = e.replace(note=f"undefined for {len(own) - len(known)} of {len(own)} readers, left out")
    if len(known) == 1:
        return e.replace(note=noted(e.note, "one reader: nothing is known about readers in general"))
    variance, df, negative = mean_of_readers(values, np.array([one.influence for one in known]))
    if negative:
        e = e.replace(note=noted(e.note, "the covariance of the readers is negative and taken as 0"))
    if variance < 1e-24:  # of equal influences rounding is left
        note = noted(e.note, "readers and cases do not vary: the interval has no width")
        return e.replace(std_error=0.0, conf_low=e.estimate, conf_high=e.estimate, note=note)
    error, ends = math.sqrt(variance), _RANGES[e.measure]
    # Beyond a million degrees of freedom Student's t is the normal distribution.
    low, high = t_limits(e.estimate, error, min(df, 1e6), tails(e.conf_level, "two-sided"), *ends)
    e = e.replace(std_error=error, conf_low=low, conf_high=high, df=None if math.isinf(df) else df)
    return bounded(e, *ends)


def _grid(ratings: npt.ArrayLike) -> npt.NDArray[Any]:
    for rows in ratings if isinstance(ratings, (list, tuple)) else [ratings]:
        unmasked(rows, "ratings")
    try:
        array = np.asarray(ratings, dtype=object)
    except ValueError:
        array = np.empty(0)
    if array.ndim != 3 or array.shape[1] < 2:
        raise ValueError(
            "ratings must have shape (n_readers, n_repeats, n_cases) with two repeats or more, nan or None where not "
            f"read; got {array.shape}"
        )
    return array


def intra_reader(
    ratings: npt.ArrayLike,
    *,
    measure: str = "kappa",
    weights: str | None = None,
    categories: list[Any] | None = None,
    readers: Sequence[str] | None = None,
    conf_level: float = 0.95,
) -> list[Estimate]:
    """How far each reader agrees with himself when he reads the same cases again, and readers on the average.

    Synonyms: intra-observer agreement, test-retest reliability, repeatability.

    Parameters
    ----------
    ratings
        Shape (n_readers, n_repeats, n_cases), two repeats or more; nan or None = not read.
    measure
        ``"kappa"`` (categories; range [-1, 1], best 1): the value is Cohen's of two repeats, Conger's of more, interval
        and test are linearised (see Notes). ``"icc"`` (numbers; best 1): one-way, of a single read.
        ``"within_reader_sd"`` (numbers; range [0, inf), best 0): the standard deviation of repeat reads of a case.
    weights, categories
        As in `kappa`, for that measure only.
    readers
        Names of the readers; by default 1, 2, ...
    conf_level
        Level of the intervals.

    Returns
    -------
    list of Estimate
        One for each reader, then their mean (`reader_group`) with an interval for readers and cases like these. With
        the standard deviation also ``"repeatability_coefficient"`` = 1.96 x sqrt(2) x it, within which two reads of a
        case by one reader differ in 95 of 100 cases.

    Raises
    ------
    ValueError
        If `ratings` has not three dimensions, has words where numbers are needed, or a name is unknown.

    Notes
    -----
    Cases must be independent, and a repeat must be made without memory of the first read. A reader's interval is for
    other cases (kappa: linearised variance; ICC: F; standard deviation: chi-squared, for normal errors as wide for
    small numbers as for large ones). That variance of kappa, with n - 1 instead of n and Student's distribution, is for
    any number of repeats and for missing ones; its test divides by the same standard error. So for two repeats interval
    and P are not those of `kappa`, whose test has the standard error under chance agreement. The mean has Obuchowski
    and Rockette's with Hillis' degrees of freedom. Numbers count for cases with every repeat. Where a reader used one
    category, or has no repeat, it is nan with a note.

    References
    ----------
    Cohen 1960, doi:10.1177/001316446002000104. Conger 1980, doi:10.1037/0033-2909.88.2.322. Bland and Altman 1996
    (within-subject standard deviation), doi:10.1136/bmj.313.7059.744. Shrout and Fleiss 1979,
    doi:10.1037/0033-2909.86.2.420. Hillis 2007 (mean), doi:10.1002/sim.2532.

    Examples
    --------
    Two readers, each of six cases twice:

    >>> first, second = [[1, 1, 0, 0, 1, 0], [1, 1, 0, 0, 1, 1]], [[1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]]
    >>> [(e.reader or e.reader_group, round(e.estimate, 3)) for e in intra_reader([first, second])]
    [('1', 0.667), ('2', 1.0), ('all readers', 0.833)]
    """
    _choice.check(measure, MEASURED, "measure")
    if weights is not None:
        _choice.check(weights, WEIGHTS, "weights")
    check_level(conf_level)
    array = _grid(ratings)
    names = [str(k + 1) for k in range(len(array))] if readers is None else [str(name) for name in readers]
    if len(names) != len(array):
        raise ValueError(f"readers names {len(names)}, ratings has {len(array)}")
    methods = {"kappa": "delta" if weights is None else f"delta-{weights}", "icc": "icc1-single"}
    blank = Estimate(measure=measure, method=methods.get(measure, "chi2-sd"), conf_level=conf_level)
    own_of: dict[str, Callable[[Estimate, npt.NDArray[Any]], Own]] = {"icc": _icc, "within_reader_sd": _within}
    if measure == "kappa":
        known = _categories(array, categories)
        own_of["kappa"] = lambda e, reads: _kappa(e.replace(alternative="two-sided"), reads, weights, known)
    own = [
        own_of[measure](blank.replace(reader=name, reader_kind="human"), reads)
        for name, reads in zip(names, array, strict=True)
    ]
    mean = blank.replace(method="or-influence", reader_group=ALL_READERS, random="readers and cases")
    read = ~missing(array.ravel()).reshape(array.shape)
    mean = mean.replace(n_cases=int((read.sum(axis=1) >= 2).any(axis=0).sum()))
    found = [*(one.estimate for one in own), _averaged(mean, own)]
    if measure != "within_reader_sd":
        return found
    return [*found, *(_coefficient(e) for e in found)]


def _coefficient(e: Estimate) -> Estimate:
    """The repeatability coefficient that belongs to a within-reader standard deviation."""
    scaled = {name: getattr(e, name) * REPEATABILITY for name in ("estimate", "conf_low", "conf_high", "std_error")}
    return e.replace(measure="repeatability_coefficient", **scaled)


def _categories(array: npt.NDArray[Any], categories: list[Any] | None) -> list[Any]:
    given = array.ravel()[~missing(array.ravel())].tolist()
    if categories is None:
        return sorted_labels(given, "ratings")
    unknown = [label for label in given if label not in categories]
    if unknown:
        raise ValueError(f"ratings hold {unknown[0]!r}, which is not among the categories {list(categories)}")
    return list(categories)
