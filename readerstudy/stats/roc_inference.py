"""Interval and test of any number that an ROC curve gives, from resampled cases."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Bools, Floats, Ints, Tails
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._difference import NO_VARIANCE, with_test
from readerstudy.stats.roc_bootstrap import Bootstrap, jackknife_acceleration, levels, of_curves
from readerstudy.stats.roc_curve import Paths, paths

Value = Callable[[Paths], Floats]
"""A number of each of many curves."""


def joined(*notes: str | None) -> str | None:
    """Several notes as one."""
    return "; ".join(filter(None, notes)) or None


def of_one(truth: Bools, row: Ints, value: Value) -> float:
    """`value` of the curve of the cases themselves; `row` holds their levels."""
    size = int(row.max()) + 1
    counts = [np.bincount(row[of_class], minlength=size)[None] for of_class in (truth, ~truth)]
    return float(value(paths(counts[0], counts[1]))[0])


def undefined(truth: Bools) -> str | None:
    """Why there is no curve, or None."""
    if truth.all() or not truth.any():
        return f"undefined: no {'negative' if truth.any() else 'positive'} case"
    return None


def one_of_a_class(truth: Bools) -> str | None:
    """Why resampling has nothing to say, or None; there is at least one case of each class."""
    n = int(np.count_nonzero(truth))
    if min(n, len(truth) - n) > 1:
        return None
    return "one case of a class: resampling does not vary it, so there is no interval"


def estimated(
    e: Estimate,
    truth: Bools,
    score: Floats,
    value: Value,
    *,
    outside: Tails,
    ends: tuple[float, float],
    n_boot: int,
    rng: np.random.Generator | int | None,
) -> Estimate:
    """`e` with estimate, standard error and the limits of its method, cut at `ends`."""
    if (reason := undefined(truth)) is not None:
        return e.replace(note=joined(e.note, reason))
    row = levels(score)
    e = e.replace(estimate=of_one(truth, row, value))
    if (reason := one_of_a_class(truth)) is not None:
        return e.replace(note=joined(e.note, reason))
    pull = jackknife_acceleration(truth, row, value) if e.method == "bca" else math.nan
    (replicates,) = of_curves(truth, [row], n_boot, np.random.default_rng(rng), value)
    drawn = Bootstrap(e.estimate, replicates, pull)
    return with_limits(e, drawn, outside, ends)


def with_limits(e: Estimate, drawn: Bootstrap, outside: Tails, ends: tuple[float, float]) -> Estimate:
    """`e` with the limits of its method; where they have no width there is a note instead."""
    if drawn.std_error == 0:
        return e.replace(std_error=0.0, note=joined(e.note, "no resample of the cases changes it: no interval"))
    assert e.method is not None
    low, high = drawn.limits(e.method, *outside, ends)
    if low == high:
        note = "too few resamples of the cases change it: no interval"
        return e.replace(std_error=drawn.std_error, note=joined(e.note, note))
    return bounded(e.replace(std_error=drawn.std_error, conf_low=low, conf_high=high), *ends, outside)


def compared(
    e: Estimate,
    truth: Bools,
    score: Floats,
    versus: Floats,
    value: Value,
    *,
    outside: Tails,
    ends: tuple[float, float],
    hypothesis: str,
    margin: float | None,
    n_boot: int,
    rng: np.random.Generator | int | None,
) -> Estimate:
    """`e` with the difference score - versus of the same cases, percentile limits and z by the replicates' spread."""
    e = e.replace(null=0.0, margin=margin, test_method="bootstrap-z")
    if (reason := undefined(truth)) is not None:
        return e.replace(note=joined(e.note, reason))
    rows = [levels(score), levels(versus)]
    difference = of_one(truth, rows[0], value) - of_one(truth, rows[1], value)
    e = e.replace(estimate=difference)
    if np.array_equal(rows[0], rows[1]):
        said = "both order the cases in the same way: difference 0, paired variance 0, "
        e = e.replace(estimate=0.0, conf_low=0.0, conf_high=0.0, std_error=0.0)
        if margin is None:
            return e.replace(p_value=1.0, note=joined(e.note, said + "P = 1"))
        return e.replace(note=joined(e.note, said + "no test against the margin"))
    if (reason := one_of_a_class(truth)) is not None:
        return e.replace(note=joined(e.note, reason))
    first, second = of_curves(truth, rows, n_boot, np.random.default_rng(rng), value)
    drawn = Bootstrap(difference, first - second)
    if drawn.std_error == 0:
        return e.replace(std_error=0.0, note=joined(e.note, NO_VARIANCE))
    e = with_limits(e, drawn, outside, ends)
    return e if math.isnan(e.conf_low) else with_test(e, hypothesis, margin)
