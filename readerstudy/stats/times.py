"""Reading times: skewed to the right, so described by median and geometric mean and compared by ratios."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, labels, same_length, tails, vector
from readerstudy.stats.mrmc import jackknife_covariance


def _positive(values: npt.ArrayLike, name: str) -> Floats:
    """`values` as floats; nan = not timed, and what is not a positive time is an error."""
    array = np.asarray(values, dtype=np.float64)
    wrong = ~np.isnan(array) & ~((array > 0) & np.isfinite(array))
    if wrong.any():
        where = np.unravel_index(int(np.argmax(wrong)), array.shape)
        place = ", ".join(str(int(i)) for i in where)
        raise ValueError(f"{name} must be positive, got {array[where]:g} at position {place}")
    return array


def reading_times(times: ArrayLike, readers: ArrayLike, modalities: ArrayLike | None = None) -> list[dict[str, Any]]:
    """How long each reader took in each modality.

    Parameters
    ----------
    times
        Seconds (or another unit) of each read, shape (n_reads,); nan = not timed, counted as missing.
    readers, modalities
        Who read, and in which modality, shape (n_reads,).

    Returns
    -------
    list of dict
        In the order in which reader and modality first occur: `reader`, `modality`, `n`, `missing`, `median`, `q1`,
        `q3` (type 7, as in `readerstudy.stats.descriptive`) and `geometric_mean`; None where no read was timed.

    Raises
    ------
    ValueError
        If a time is zero, negative or infinite, or the arrays differ in length.

    Notes
    -----
    Reads of one reader must be independent for the numbers to describe him; nothing is tested here.

    References
    ----------
    Bland and Altman 1996, doi:10.1136/bmj.312.7038.1079.

    Examples
    --------
    >>> row, = reading_times([10, 20, 40], ["R1", "R1", "R1"])
    >>> row["median"], round(row["geometric_mean"], 6)
    (20.0, 20.0)
    """
    seconds = _positive(vector(times, "times"), "times")
    reader = labels(readers, "readers").tolist()
    modality = [None] * len(reader) if modalities is None else vector(modalities, "modalities").tolist()
    same_length(times=seconds, readers=np.empty(len(reader)), modalities=np.empty(len(modality)))
    reads: dict[tuple[Any, Any], list[float]] = {}
    for who, what, time in zip(reader, modality, seconds.tolist(), strict=True):
        reads.setdefault((who, what), []).append(time)
    rows = []
    for (who, what), all_times in reads.items():
        timed = np.array([time for time in all_times if not math.isnan(time)])
        row = {"reader": who, "modality": what, "n": len(timed), "missing": len(all_times) - len(timed)}
        rows.append(row | _summary(timed))
    return rows


def _summary(timed: Floats) -> dict[str, float | None]:
    if not len(timed):
        return {"median": None, "q1": None, "q3": None, "geometric_mean": None}
    q1, median, q3 = (float(value) for value in np.quantile(timed, (0.25, 0.5, 0.75)))
    return {"median": median, "q1": q1, "q3": q3, "geometric_mean": float(np.exp(np.log(timed).mean()))}


def _mean_of_readers(d: Floats) -> tuple[float, float, float, bool]:
    """Mean of the readers' means of `d` (n_readers, n_cases), its variance and df, and whether Cov2 was negative.

    Obuchowski and Rockette's model of one modality, Hillis's df: the readers' means vary by MS, and share the cases by
    Cov2, the mean jackknife covariance of two readers.
    """
    n_readers = len(d)
    read = ~np.isnan(d)
    n = read.sum(axis=1, keepdims=True)
    total = np.nansum(d, axis=1, keepdims=True)
    theta = total / n
    left_out = np.where(read, (total - np.where(read, d, 0)) / (n - 1), theta)
    shared = float(jackknife_covariance(left_out)[~np.eye(n_readers, dtype=bool)].mean())
    between = float(theta.var(ddof=1))
    variance = between + n_readers * max(shared, 0)
    df = math.inf if between == 0 else variance**2 / (between**2 / (n_readers - 1))
    return float(theta.mean()), variance / n_readers, df, shared < 0


def _t_p(t: float, df: float, alternative: str) -> float:
    def below(value: float) -> float:
        return float(special.ndtr(value) if math.isinf(df) else special.stdtr(df, value))

    return {"two-sided": 2 * below(-abs(t)), "greater": below(-t), "less": below(t)}[alternative]


def _t_of(tail: float, df: float) -> float:
    """The deviate with `tail` probability above it."""
    return -float(special.ndtri(tail) if math.isinf(df) else special.stdtrit(df, tail))


def time_ratio(
    times: ArrayLike, versus: ArrayLike, *, conf_level: float = 0.95, alternative: str = "two-sided"
) -> Estimate:
    """Ratio of the geometric means of two modalities' reading times, paired by reader and case.

    Range (0, inf); below 1 the first is faster.

    Parameters
    ----------
    times, versus
        Times of the same reads in the two modalities, shape (n_cases,) for one reader or (n_readers, n_cases);
        nan = not timed. A pair with one time is left out.
    conf_level, alternative
        As in `proportion`.

    Returns
    -------
    Estimate
        Interval and test of ratio 1 are made with the logarithms of the ratios: for one reader Student's paired t
        (``"paired-t"``), for several Obuchowski and Rockette's model of the mean over readers (``"or-jackknife"``).

    Raises
    ------
    ValueError
        If a time is zero, negative or infinite, or the shapes differ.

    Notes
    -----
    Cases must be independent. With several readers every reader counts alike, and both readers and cases are random:
    a plain t test of all pairs takes the pairs of one reader, or of one case, as independent and is too sure.
    Fewer than two pairs have no interval; where all ratios are equal the interval has no width, and a note says so.

    References
    ----------
    Bland and Altman 1996, doi:10.1136/bmj.312.7039.1153. Obuchowski and Rockette 1995,
    doi:10.1080/03610919508813243. Hillis 2007, doi:10.1002/sim.2532.

    Examples
    --------
    >>> e = time_ratio([30, 44, 25, 61], [40, 52, 36, 70])
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3)
    (0.787, 0.665, 0.932)
    """
    outside = tails(conf_level, alternative)
    first, second = _positive(times, "times"), _positive(versus, "versus")
    if first.shape != second.shape or first.ndim not in (1, 2):
        raise ValueError(f"times and versus must have one shape, of 1 or 2 axes; got {first.shape} and {second.shape}")
    log_ratio = np.atleast_2d(np.log(first) - np.log(second))
    pairs = np.count_nonzero(~np.isnan(log_ratio), axis=1)
    enough = pairs >= 2
    notes = []
    if not enough.any():
        enough = pairs >= 1
    elif not enough.all():
        notes.append(f"{np.count_nonzero(~enough)} of {len(pairs)} readers left out: fewer than 2 pairs of times")
    d = log_ratio[enough]
    d = d[:, ~np.isnan(d).all(axis=0)]
    several = len(d) > 1
    e = Estimate(
        measure="time_ratio",
        method="or-jackknife" if several else "paired-t",
        conf_level=conf_level,
        alternative=alternative,
        null=1.0,
        random="readers and cases" if several else "cases",
        n_cases=d.shape[1],
        n_readers=len(d),
    )
    if d.size == 0:
        return e.replace(note="no pair of times")
    if pairs.max() < 2:
        mean = float(np.nanmean(d, axis=1).mean())
        return e.replace(estimate=math.exp(mean), note="fewer than 2 pairs of times of a reader: no interval")
    if several:
        mean, variance, df, negative = _mean_of_readers(d)
        if negative:
            notes.append("the covariance of the readers is negative and taken as 0")
    else:
        mean, variance, df = float(d.mean()), float(d.var(ddof=1) / d.size), float(d.size - 1)
    error = math.sqrt(variance)
    e = e.replace(estimate=math.exp(mean), df=math.nan if math.isinf(df) else df)
    # Differences of logarithms that ought to be equal differ by rounding.
    if error <= 1e-12 * max(1.0, float(np.nanmax(np.abs(d)))):
        notes.append("all ratios are equal: the interval has no width")
        same = {"p_value": 1.0} if abs(mean) <= 1e-12 else {}
        return e.replace(conf_low=e.estimate, conf_high=e.estimate, note="; ".join(notes), **same)
    low = 0.0 if outside.low == 0 else math.exp(mean - _t_of(outside.low, df) * error)
    high = math.inf if outside.high == 0 else math.exp(mean + _t_of(outside.high, df) * error)
    return e.replace(
        conf_low=low,
        conf_high=high,
        statistic=mean / error,
        p_value=_t_p(mean / error, df, alternative),
        note="; ".join(notes) or None,
    )
