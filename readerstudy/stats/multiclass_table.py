"""Calls of several classes: each class against the rest, and the micro, macro and weighted averages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, check_level, labels, z_of
from readerstudy.stats._degenerate import NO_WIDTH, bounded, noted
from readerstudy.stats.diagnostic import confusion_matrix, diagnostic_table
from readerstudy.stats.indices import f1
from readerstudy.stats.proportion import limits as one_proportion

MEASURES = ("sensitivity", "specificity", "ppv", "npv", "f1")
"""What is averaged over the classes."""
AVERAGES = ("macro", "weighted", "micro")
"""Names of the averages."""
METHODS = ("delta-logit", "delta")
"""Names of the intervals of a macro or weighted average."""
UNDEFINED = ("nan", "zero", "omit")
"""What to do with a class whose own number is 0 / 0."""


class _Sum(NamedTuple):
    """What is summed for a class over the cells of the confusion matrix: how often each kind of cell counts."""

    cells: int
    """Every cell."""
    row: int
    """Those of cases that truly are of the class."""
    column: int
    """Those of cases that were called the class."""
    hit: int
    """Those of cases that truly are of it and were called it."""

    def of(self, table: Floats | Ints) -> npt.NDArray[Any]:
        """The sum for each class; of whole numbers it is one."""
        rows, columns, hits = table.sum(axis=1), table.sum(axis=0), np.diag(table)
        found: npt.NDArray[Any] = self.cells * table.sum() + self.row * rows + self.column * columns + self.hit * hits
        return found

    def gradient(self, factor: Floats) -> Floats:
        """Derivative in each cell of the sum over the classes of `factor` times `of`."""
        k = len(factor)
        moved = np.full((k, k), self.cells * factor.sum())
        moved += self.row * factor[:, None] + self.column * factor[None, :]
        moved[np.diag_indices(k)] += self.hit * factor
        return moved


_SHARES = {
    "sensitivity": (_Sum(0, 0, 0, 1), _Sum(0, 1, 0, 0)),
    "ppv": (_Sum(0, 0, 0, 1), _Sum(0, 0, 1, 0)),
    "specificity": (_Sum(1, -1, -1, 1), _Sum(1, -1, 0, 0)),
    "npv": (_Sum(1, -1, -1, 1), _Sum(1, 0, -1, 0)),
    "f1": (_Sum(0, 0, 0, 2), _Sum(0, 1, 1, 0)),
}
"""Numerator and denominator of each measure."""


def averages_of_table(table: Ints, measure: str, average: str, undefined: str) -> tuple[float, float]:
    """Macro or weighted average of a confusion matrix (rows = truth), and its multinomial standard error.

    nan where a class that counts has 0 / 0 and `undefined` is ``"nan"``, or where no class is left.
    """
    n = int(table.sum())
    p: Floats = table / n
    k = len(p)
    above, below = _SHARES[measure]
    # Counted in whole numbers: rounding must not make a share of 0.
    known = below.of(table) > 0
    divisor = np.where(known, below.of(table), 1)
    value = np.where(known, above.of(table) / divisor, 0.0)
    weight = p.sum(axis=1) if average == "weighted" else np.full(k, 1 / k)
    counted = weight > 0
    if undefined == "nan" and (counted & ~known).any():
        return math.nan, math.nan
    if undefined == "omit":
        counted &= known
    if not counted.any():
        return math.nan, math.nan
    share, total = float(weight[counted] @ value[counted]), float(weight[counted].sum())
    mean = share / total
    factor = np.where(counted & known, weight * n / divisor, 0.0)
    gradient = above.gradient(factor) - below.gradient(factor * value)
    if average == "weighted":
        gradient += np.where(counted, value - mean, 0.0)[:, None]
    gradient /= total
    variance = float((p * gradient**2).sum() - (p * gradient).sum() ** 2) / n
    return mean, math.sqrt(variance) if variance > 1e-15 / n else 0.0


def multiclass_table(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    average: str | None = "macro",
    undefined: str = "nan",
    method: str = "delta-logit",
    conf_level: float = 0.95,
) -> list[Estimate]:
    """Sensitivity, specificity, PPV, NPV and F1 of calls of several classes, averaged over the classes or one a class.

    Each range [0, 1], best 1. Synonyms: macro-, micro- and weighted-averaged recall, precision and F1.

    Parameters
    ----------
    truth, call
        Labels of any number of classes, shape (n_cases,), paired by position; no missing values.
    classes
        The classes, two or more; by default those that occur in either array, sorted. A class that nobody has and
        nobody called counts in an average where it is named here.
    average
        ``"macro"``: the mean of the classes' own numbers, each class alike. ``"weighted"``: their mean weighted by
        how many cases truly are of the class. ``"micro"``: all classes' counts pooled; sensitivity, PPV and F1 are
        then all the accuracy. None: each class against the rest, with `target` set.
    undefined
        What a class with 0 / 0 (never called: no PPV) does to a macro or weighted average: ``"nan"`` leaves it
        undefined, ``"zero"`` counts the class as 0, ``"omit"`` averages the others. Each but the first says so in
        `note` where it happens.
    method
        Interval of macro and weighted averages, from the multinomial standard error: ``"delta-logit"`` (on the logit
        scale) or ``"delta"`` (cut at 0 and 1). Those of micro averages and of single classes are Wilson's.
    conf_level
        Level of the intervals.

    Returns
    -------
    list of Estimate
        Sensitivity, specificity, PPV, NPV, F1, in this order; for ``average=None`` for one class after the other.

    Raises
    ------
    ValueError
        If the arrays do not fit, a label is not among `classes` or a name is unknown.

    Notes
    -----
    Cases must be independent: there is no `patients`. A class without a case, or that was never called, has its note.
    Macro sensitivity is `balanced_accuracy`, which has a further interval. The macro F1 is the mean of the classes' F1,
    not the F1 of the mean precision and recall.

    References
    ----------
    Sokolova and Lapalme 2009, doi:10.1016/j.ipm.2009.03.002. Standard errors: Takahashi et al. 2022,
    doi:10.1007/s10489-021-02635-5.

    Examples
    --------
    >>> truth, call = list("AAABBC"), list("AABBBC")
    >>> [round(e.estimate, 3) for e in multiclass_table(truth, call)]
    [0.889, 0.917, 0.889, 0.917, 0.867]
    >>> [round(e.estimate, 3) for e in multiclass_table(truth, call, average="micro")]
    [0.833, 0.917, 0.833, 0.917, 0.833]
    """
    if average is not None:
        _choice.check(average, AVERAGES, "average")
    _choice.check(undefined, UNDEFINED, "undefined")
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    frame = confusion_matrix(truth, call, classes=None if classes is None else list(classes))
    known, table = frame.index.tolist(), frame.to_numpy()
    if classes is not None and (len(known) < 2 or len(set(known)) < len(known)):
        raise ValueError(f"classes must be two or more different names, got {known}")
    if average is None:
        truth, call = labels(truth, "truth"), labels(call, "call")
        return [e for name in known for e in _of_class(truth == name, call == name, str(name), conf_level)]
    e = Estimate(measure="", method=method, conf_level=conf_level, n_cases=int(table.sum()))
    if len(known) < 2 or not e.n_cases:
        said = "no case" if not e.n_cases else f"one class only, {known[0]}: name the others in classes"
        return [e.replace(measure=f"{average}_{measure}", note=f"undefined: {said}") for measure in MEASURES]
    if average == "micro":
        return [_micro(e.replace(measure=f"micro_{measure}", method="wilson"), table, measure) for measure in MEASURES]
    return [
        _average(e.replace(measure=f"{average}_{measure}"), table, known, measure, average, undefined)
        for measure in MEASURES
    ]


def _of_class(truth: ArrayLike, call: ArrayLike, name: str, conf_level: float) -> list[Estimate]:
    found = {e.measure: e for e in diagnostic_table(truth, call, conf_level=conf_level)}
    found["f1"] = f1(truth, call, conf_level=conf_level)
    return [found[measure].replace(target=name) for measure in MEASURES]


def _micro(e: Estimate, table: Ints, measure: str) -> Estimate:
    right, n = int(np.trace(table)), int(table.sum())
    tail = (1 - e.conf_level) / 2
    values = [right / n, *one_proportion(right, n, "wilson", tail, tail)]
    if measure in ("specificity", "npv"):
        # Every wrong call is one false positive and one false negative among n (k - 1) negative pairs.
        values = [1 - (1 - value) / (len(table) - 1) for value in values]
        return e.replace(estimate=values[0], conf_low=values[1], conf_high=values[2])
    return e.replace(estimate=values[0], conf_low=values[1], conf_high=values[2], count=right, total=n)


def _average(e: Estimate, table: Ints, known: list[Any], measure: str, average: str, undefined: str) -> Estimate:
    empty = _SHARES[measure][1].of(table) == 0
    if average == "weighted":
        empty &= table.sum(axis=1) > 0
    names = ", ".join(str(name) for name, gone in zip(known, empty, strict=True) if gone)
    value, error = averages_of_table(table, measure, average, undefined)
    if names:
        said = {"nan": "undefined", "zero": "counted as 0", "omit": "left out"}[undefined]
        e = noted(e, f"0/0 for {names}: {said}")
    if math.isnan(value):
        return e
    e = e.replace(estimate=value, std_error=error)
    if error == 0:
        return noted(e.replace(conf_low=value, conf_high=value), f"no variation that would move it: {NO_WIDTH}")
    reach = z_of((1 - e.conf_level) / 2) * error
    if e.method == "delta":
        low, high = max(0.0, value - reach), min(1.0, value + reach)
    else:
        scaled = reach / (value * (1 - value))
        low, high = (float(special.expit(special.logit(value) + sign * scaled)) for sign in (-1, 1))
    return bounded(e.replace(conf_low=low, conf_high=high), 0.0, 1.0)
