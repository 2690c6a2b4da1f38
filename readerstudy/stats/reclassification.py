"""A second reading of the same cases, such as one with aid: which cases moved, and whether to their side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Ints,
    binary,
    check_level,
    labels,
    normal_p,
    same_length,
    sorted_labels,
)
from readerstudy.stats._degenerate import NO_WIDTH, bounded
from readerstudy.stats.linearised import noted
from readerstudy.stats.paired import INTERVALS, difference_limits, mcnemar_p
from readerstudy.stats.proportion import limits

if TYPE_CHECKING:
    import pandas as pd


def _ordered(call: ArrayLike, versus: ArrayLike, categories: list[Any] | None) -> tuple[Ints, Ints, list[Any]]:
    """Both readings by the place of each category, least suspicious first."""
    first, second = labels(call, "call").tolist(), labels(versus, "versus").tolist()
    given = {*first, *second}
    if categories is None:
        if any(isinstance(value, str) for value in given):
            raise ValueError("categories must say the order of readings that are words, least suspicious first")
        known = sorted_labels(given, "call and versus")
    else:
        known = list(categories)
        unknown = [value for value in given if value not in known]
        if unknown:
            raise ValueError(f"call or versus holds {unknown[0]!r}, which is not among the categories {known}")
    place = {category: code for code, category in enumerate(known)}
    codes = [np.array([place[value] for value in values], dtype=np.int64) for values in (first, second)]
    return codes[0], codes[1], known


def reclassification_table(
    truth: ArrayLike, call: ArrayLike, versus: ArrayLike, *, categories: list[Any] | None = None
) -> pd.DataFrame:
    """How often each category of one reading became which of the other, positive and negative cases apart.

    Parameters
    ----------
    truth, call, versus, categories
        As in `reclassification`.

    Returns
    -------
    pandas.DataFrame
        Counts; rows are (truth, versus), columns the categories of call.

    Raises
    ------
    ValueError
        As `reclassification`.

    Notes
    -----
    Cases of no truth or reading must be left out first.

    References
    ----------
    Cook 2007, doi:10.1161/CIRCULATIONAHA.106.672402.

    Examples
    --------
    >>> table = reclassification_table([1, 1, 1, 0, 0], [1, 1, 0, 0, 1], [0, 1, 0, 1, 1])
    >>> table.loc[True].to_numpy().tolist(), table.loc[False].to_numpy().tolist()
    ([[1, 1], [0, 1]], [[0, 0], [1, 1]])
    """
    import pandas as pd

    true = binary(truth, "truth")
    now, before, known = _ordered(call, versus, categories)
    same_length(truth=true, call=now, versus=before)
    k = len(known)
    counts = np.bincount((true * k + before) * k + now, minlength=2 * k * k).reshape(2 * k, k)
    rows = pd.MultiIndex.from_product([[False, True], known], names=["truth", "versus"])
    return pd.DataFrame(counts, index=rows, columns=pd.Index(known, name="call"))


def reclassification(
    truth: ArrayLike,
    call: ArrayLike,
    versus: ArrayLike,
    *,
    categories: list[Any] | None = None,
    method: str = "tango",
    conf_level: float = 0.95,
) -> list[Estimate]:
    """Net reclassification improvement of one reading over another, and the changes for better and for worse.

    Of positive cases (up - down) / n, of negative cases (down - up) / n, where up is to a more suspicious category;
    their sum is the NRI, range [-2, 2], best 2 less what was already right. Synonyms: NRI, event and non-event NRI.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    call, versus
        The new reading (aided) and the old one (unaided) of the same cases, paired by position: booleans, numbers
        (higher = more suspicious) or, with `categories`, words.
    categories
        All categories, least suspicious first; by default those that occur, sorted.
    method
        Interval of the differences of the two kinds of change, as in `paired_difference`; those of the NRI are made
        from the limits of its two parts (square and add).
    conf_level
        Level of the intervals.

    Returns
    -------
    list of Estimate
        ``nri`` with z and P under the hypothesis of no change; ``nri_events`` and ``nri_non_events`` with the exact
        McNemar (sign) test; ``beneficial_change`` and ``harmful_change``, the shares of all cases that moved to their
        own side and away from it, with exact limits; ``net_change``, their difference, with the exact test (of two
        categories it is the difference in accuracy, and the test McNemar's).

    Raises
    ------
    ValueError
        If the arrays do not fit, words have no `categories` or a name is unknown.

    Notes
    -----
    Cases must be independent: there is no `patients`, and no margin. The NRI adds shares of different cases: it is no
    share of cases itself, gives positive and negative cases the same weight whatever the prevalence and the harm, and
    counts a small step like a large one; with three or more categories it can reward a reading that is of no use.
    Report its two parts, which for two categories are the differences in sensitivity and in specificity, and net
    benefit. Without a positive or a negative case it is nan with a note; where nothing moved it is 0 and P = 1.

    References
    ----------
    Pencina et al. 2008, doi:10.1002/sim.2929. Criticism: Kerr et al. 2014, doi:10.1097/EDE.0000000000000018.

    Examples
    --------
    With aid 12 of 50 positive cases were called in addition and 3 no longer; of 100 negative cases 6 and 4:

    >>> truth = [1] * 50 + [0] * 100
    >>> aided = [1] * 12 + [0] * 3 + [1] * 35 + [1] * 6 + [0] * 4 + [0] * 90
    >>> unaided = [0] * 12 + [1] * 3 + [1] * 35 + [0] * 6 + [1] * 4 + [0] * 90
    >>> [(e.measure, round(e.estimate, 3), round(e.p_value, 3)) for e in reclassification(truth, aided, unaided)[:3]]
    [('nri', 0.16, 0.056), ('nri_events', 0.18, 0.035), ('nri_non_events', -0.02, 0.754)]
    """
    _choice.check(method, INTERVALS, "method")
    check_level(conf_level)
    true = binary(truth, "truth")
    now, before, _ = _ordered(call, versus, categories)
    n = same_length(truth=true, call=now, versus=before)
    up, down = now > before, now < before
    better, worse = np.where(true, up, down), np.where(true, down, up)
    blank = Estimate(measure="", method=method, conf_level=conf_level, n_cases=n, null=0.0, alternative="two-sided")
    parts = [
        _difference(blank.replace(measure=name), better[of_class], worse[of_class], empty)
        for name, of_class, empty in (
            ("nri_events", true, "undefined: no positive case"),
            ("nri_non_events", ~true, "undefined: no negative case"),
        )
    ]
    shares = [
        _share(blank.replace(measure=name, method="clopper-pearson", null=None, alternative=None), moved)
        for name, moved in (("beneficial_change", better), ("harmful_change", worse))
    ]
    net = _difference(blank.replace(measure="net_change"), better, worse, "no case")
    whole = blank.replace(measure="nri", method=f"mover-{method}", test_method="pencina")
    return [_summed(whole, parts, better | worse, true), *parts, *shares, net]


def _difference(e: Estimate, better: Bools, worse: Bools, empty: str) -> Estimate:
    """`e` with (better - worse) / n, its interval and the exact sign test of the cases that moved."""
    n = len(better)
    e = e.replace(total=n)
    if n == 0:
        return e.replace(note=empty)
    b, c = int(better.sum()), int(worse.sum())
    tail, value = (1 - e.conf_level) / 2, (b - c) / n
    low, high = difference_limits(better, worse, e.method or "tango", tail, tail)
    e = e.replace(
        estimate=value,
        conf_low=low,
        conf_high=high,
        std_error=math.sqrt(max(0.0, (b + c) / n - value * value) / n),
        p_value=mcnemar_p(b, c, "exact")[1],
        test_method="mcnemar-exact",
        note=noted("no case moved" if b + c == 0 else None, NO_WIDTH if low == high else None),
    )
    return bounded(e, -1.0, 1.0)


def _share(e: Estimate, moved: Bools) -> Estimate:
    count, total = int(moved.sum()), len(moved)
    e = e.replace(count=count, total=total)
    if total == 0:
        return e.replace(note="no case")
    tail = (1 - e.conf_level) / 2
    low, high = limits(count, total, "clopper-pearson", tail, tail)
    return bounded(e.replace(estimate=count / total, conf_low=low, conf_high=high), 0.0, 1.0)


def _summed(e: Estimate, parts: list[Estimate], moved: Bools, truth: Bools) -> Estimate:
    """`e` as the sum of its two independent parts."""
    bare = [part.note for part in parts if math.isnan(part.estimate)]
    if bare:
        return e.replace(note=noted(*bare))
    value = sum(part.estimate for part in parts)
    below = math.hypot(*(part.estimate - part.conf_low for part in parts))
    above = math.hypot(*(part.conf_high - part.estimate for part in parts))
    e = e.replace(
        estimate=value,
        std_error=math.hypot(*(part.std_error for part in parts)),
        conf_low=max(-2.0, value - below),
        conf_high=min(2.0, value + above),
    )
    e = bounded(e.replace(note=NO_WIDTH if e.conf_low == e.conf_high else None), -2.0, 2.0)
    if not moved.any():
        return e.replace(p_value=1.0, note=noted(e.note, "no case moved: no statistic"))
    # Without net change the variance of a part is its share of moved cases over its cases.
    z = value / math.sqrt(sum(float(moved[k].mean()) / int(k.sum()) for k in (truth, ~truth)))
    return e.replace(statistic=z, p_value=normal_p(z, "two-sided"))
