"""Two reading sessions in one order or the other: the effect of the modality apart from that of the session."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, check_level, labels, same_length, vector
from readerstudy.stats.linearised import noted, t_p

METHODS = ("student-t", "welch-t")
"""Names of the comparisons of the two orders."""


def two_groups(first: Floats, second: Floats, sign: float, method: str) -> tuple[float, float]:
    """Standard error of mean(first) + `sign` mean(second), and its degrees of freedom; nan without any."""
    n, m = len(first), len(second)
    squares = [float(((values - values.mean()) ** 2).sum()) for values in (first, second)]
    # What rounding leaves of equal numbers.
    largest = float(max(np.abs(first).max(), np.abs(second).max()))
    squares = [0.0 if s <= 1e-26 * (n + m) * largest * largest else s for s in squares]
    if method == "student-t":
        df = n + m - 2
        return (math.sqrt(sum(squares) / df * (1 / n + 1 / m)), df) if df else (math.nan, math.nan)
    if min(n, m) < 2:
        return math.nan, math.nan
    parts = squares[0] / (n - 1) / n, squares[1] / (m - 1) / m
    total = sum(parts)
    if total == 0:
        return 0.0, n + m - 2
    return math.sqrt(total), total**2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1))


def _measured(values: ArrayLike, name: str) -> Floats:
    array = np.array([np.nan if v is None else v for v in vector(values, name).tolist()], dtype=object)
    if any(isinstance(v, str) for v in array.tolist()):
        raise ValueError(f"{name} must be numbers, got text such as {array[0]!r}")
    found = array.astype(np.float64)
    if np.isinf(found).any():
        raise ValueError(f"{name} must be finite numbers")
    return found


def crossover(
    first: ArrayLike,
    second: ArrayLike,
    order: ArrayLike,
    *,
    modality: Any = None,
    method: str = "student-t",
    conf_level: float = 0.95,
) -> list[Estimate]:
    """Effect of a modality when half was read with it first and half with it second, apart from that of the session.

    A reader who saw every case unaided first and aided later has learnt, tired or remembered in between; when the
    order was alternated (AB / BA) modality and session can be told apart. Range: all numbers, in the unit of the
    readings. Synonyms: two-period cross-over or change-over design, order effect.

    Parameters
    ----------
    first, second
        What was measured of each unit in the first and in the second session, shape (n_units,). A unit is what was
        allotted an order: a case (with its score, time or 0/1 for right), or a reader (with the AUC or accuracy of
        the session). None or nan = not read: such units are left out, with a note.
    order
        The modality with which each unit was read first, one of two labels.
    modality
        The one of the two whose effect is wanted, against the other; by default the first of them, sorted.
    method
        ``"student-t"`` (pooled variance, as published) or ``"welch-t"``.
    conf_level
        Level of the intervals.

    Returns
    -------
    list of Estimate
        ``modality_effect`` (modality - versus), ``period_effect`` (second session - first), ``carry_over`` (what
        reading with the modality first leaves for the second session, less what the other leaves) and
        ``first_period_difference`` (modality - versus in the first session alone), each with t and P of 0.

    Raises
    ------
    ValueError
        If the arrays do not fit, are no numbers, or `order` does not hold two modalities.

    Notes
    -----
    Units must be independent: with several readers of the same cases take readers as units, or one reader at a time.
    The modality's effect is unbiased if neither modality leaves more behind than the other. The test of that has
    little power, being between units, and must not decide which analysis is reported: the first session alone is the
    remedy only if the protocol said so. Without a unit of each order nothing can be told apart: nan with a note.

    References
    ----------
    Grizzle 1965, Biometrics 21:467-480. Hills and Armitage 1979, British Journal of Clinical Pharmacology 8:7-20.
    Two-stage analysis: Freeman 1989, Statistics in Medicine 8:1421-1432. Jones and Kenward 2014, doi:10.1201/b17537.

    Examples
    --------
    Dry nights of 14 in 29 children, 17 with a drug first and 12 with placebo first (Hills and Armitage 1979):

    >>> first = [8, 14, 8, 9, 11, 3, 6, 0, 13, 10, 7, 13, 8, 7, 9, 10, 2, 12, 6, 13, 8, 8, 4, 8, 2, 8, 9, 7, 7]
    >>> second = [5, 10, 0, 7, 6, 5, 0, 0, 12, 2, 5, 13, 10, 7, 0, 6, 2, 11, 8, 9, 8, 9, 8, 14, 4, 13, 7, 10, 6]
    >>> effect, *others = crossover(first, second, ["drug"] * 17 + ["placebo"] * 12)
    >>> round(effect.estimate, 2), round(effect.conf_low, 2), round(effect.conf_high, 2), round(effect.statistic, 2)
    (2.04, 0.77, 3.31, 3.29)
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    one, two = _measured(first, "first"), _measured(second, "second")
    orders = labels(order, "order")
    same_length(first=one, second=two, order=orders)
    names = _two(orders, modality)
    read = ~(np.isnan(one) | np.isnan(two))
    missed = int((~read).sum())
    leading: Bools = np.array([label == names[0] for label in orders.tolist()], dtype=bool)
    blank = Estimate(
        measure="",
        method=method,
        conf_level=conf_level,
        alternative="two-sided",
        null=0.0,
        modality=str(names[0]),
        versus=str(names[1]),
        versus_kind="modality",
        total=int(read.sum()),
        note=f"left out, not read in both sessions: {missed} of {len(one)}" if missed else None,
    )
    gap, total = one - two, one + two
    ours, other = read & leading, read & ~leading
    wanted = (
        ("modality_effect", gap, -1.0, 0.5),
        ("period_effect", -gap, 1.0, 0.5),
        ("carry_over", total, -1.0, 1.0),
        ("first_period_difference", one, -1.0, 1.0),
    )
    return [
        _compared(blank.replace(measure=name), values[ours], values[other], sign, factor, method)
        for name, values, sign, factor in wanted
    ]


def _two(orders: npt.NDArray[Any], modality: Any) -> tuple[Any, Any]:
    """The modality that is asked for and the other."""
    distinct = sorted(set(orders.tolist()), key=lambda label: (str(type(label)), label))
    if modality is not None and len(distinct) == 1 and modality not in distinct:
        distinct.append(modality)
    if len(distinct) == 1:
        return distinct[0], "the other"
    if len(distinct) != 2:
        raise ValueError(f"order must name two modalities, got {distinct}")
    if modality is None:
        return distinct[0], distinct[1]
    if modality not in distinct:
        raise ValueError(f"modality must be one of {distinct}, got {modality!r}")
    return modality, distinct[1] if modality == distinct[0] else distinct[0]


def _compared(e: Estimate, first: Floats, second: Floats, sign: float, factor: float, method: str) -> Estimate:
    """`e` with factor x (mean(first) + sign mean(second)), its interval and its test of 0."""
    if min(len(first), len(second)) == 0:
        return e.replace(note=noted(e.note, "undefined: no unit of one of the two orders"))
    value = factor * float(first.mean() + sign * second.mean())
    e = e.replace(estimate=value)
    error, df = two_groups(first, second, sign, method)
    if math.isnan(error):
        return e.replace(note=noted(e.note, "too few units: no standard error"))
    error *= factor
    e = e.replace(std_error=error, df=df)
    if error == 0:
        note = noted(e.note, "no variation: the interval has no width")
        return e.replace(conf_low=value, conf_high=value, p_value=1.0 if value == 0 else None, note=note)
    reach = -float(special.stdtrit(df, (1 - e.conf_level) / 2)) * error
    t = value / error
    return e.replace(conf_low=value - reach, conf_high=value + reach, statistic=t, p_value=t_p(t, df, "two-sided"))
