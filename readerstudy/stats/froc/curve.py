"""Empirical curves of free-response reads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from readerstudy import _choice
from readerstudy.stats._arrays import Floats
from readerstudy.stats.froc.marked import UNMARKED, Marked, Table, marked_of
from readerstudy.stats.froc.measure import located

if TYPE_CHECKING:
    import pandas as pd


class _Axes(NamedTuple):
    """What a curve counts: marks or cases at or above a threshold, by weight, out of a total."""

    x: Floats
    n_x: float
    y: Floats
    weight: Floats
    n_y: float


CURVES = {
    "wAFROC": ("fpf", "wllf"),
    "wAFROC1": ("fpf", "wllf"),
    "AFROC": ("fpf", "llf"),
    "AFROC1": ("fpf", "llf"),
    "FROC": ("nlf", "llf"),
    "ROC": ("fpf", "tpf"),
    "LROC": ("fpf", "pcl"),
}
"""Curves and the columns of their two axes."""


def froc_curve(
    cases: Table, marks: Table, lesions: Table, *, reads: Table | None = None, curve: str = "wAFROC"
) -> pd.DataFrame:
    """The empirical curve of each reader in each modality, from marks on lesions.

    Parameters
    ----------
    cases, marks, lesions, reads
        As in `froc`.
    curve
        ``"FROC"``: share of the lesions found (llf) against false marks a case (nlf). ``"AFROC"``, ``"wAFROC"``: the
        same, or its weighted form (wllf), against the share of the cases without lesions that have a false mark (fpf);
        ``"AFROC1"``, ``"wAFROC1"``: of all cases. ``"ROC"``: share of the diseased cases with a mark (tpf) against fpf,
        of the highest mark of each case. ``"LROC"``: share of the diseased cases that the highest mark localises (pcl).

    Returns
    -------
    pandas.DataFrame
        Columns `reader`, `modality`, `threshold` and the two axes; for each reader and modality from threshold inf
        downwards, one row for each distinct score. A mark counts if and only if its score >= threshold. Threshold -inf
        counts also what nobody marked: AFROC and ROC curves end in (1, 1), an LROC curve at fpf 1; a FROC curve ends
        with the last mark. The area by trapezoids is the figure of merit of `froc`. Without lesions, or without cases
        that have none, the axis that needs them is nan.

    Raises
    ------
    ValueError
        As `froc`.

    References
    ----------
    Chakraborty and Zhai 2016, doi:10.1118/1.4947125. Chakraborty 2013, doi:10.1016/j.acra.2013.03.001.

    Examples
    --------
    >>> lesions = {"case_id": ["B", "C", "C"], "lesion_id": [1, 1, 2]}
    >>> marks = {"case_id": ["A", "B", "C"], "reader_id": ["R"] * 3, "lesion_id": [None, 1, 1], "score": [1, 3, 2]}
    >>> froc_curve({"case_id": ["A", "B", "C"]}, marks, lesions).wllf.tolist()
    [0.0, 0.5, 0.75, 0.75, 1.0]
    """
    import pandas as pd

    _choice.check(curve, CURVES, "curve")
    marked = marked_of(cases, marks, lesions, reads)
    names = CURVES[curve]
    parts = []
    for i, j in zip(*np.nonzero(marked.read.any(axis=2)), strict=True):
        drawn = _points(_axes(curve, marked, int(i), int(j)))
        named: dict[str, Any] = {"reader": marked.readers[j], "modality": marked.modalities[i]}
        parts.append(pd.DataFrame(named | dict(zip(("threshold", *names), drawn, strict=True))))
    return pd.concat(parts, ignore_index=True)


def _axes(curve: str, marked: Marked, i: int, j: int) -> _Axes:
    read, diseased = marked.read[i, j], marked.diseased
    false, on_lesion = marked.highest_false[i, j], marked.highest_on_lesions[i, j]
    there = read[marked.lesion_case]
    y, weight = marked.lesion_score[i, j, there], marked.weight[there]
    if curve in ("ROC", "LROC"):
        y = np.maximum(false, on_lesion)[read & diseased]
        n_y = len(y)
        if curve == "LROC":
            y = on_lesion[read & diseased & located(marked)[i, j]]
        x = false[read & ~diseased]
        return _Axes(x, len(x), y, np.ones(len(y)), n_y)
    if not curve.startswith("w"):
        weight = np.ones(len(y))
    if curve == "FROC":
        cell = np.ravel_multi_index((i, j), marked.read.shape[:2]) * len(read)
        x = marked.false_score[slice(*np.searchsorted(marked.false_read, [cell, cell + len(read)]))]
        found = y > UNMARKED
        return _Axes(x, int(read.sum()), y[found], weight[found], len(y))
    x = false[read if curve.endswith("1") else read & ~diseased]
    return _Axes(x, len(x), y, weight, float(weight.sum()))


def _points(axes: _Axes) -> tuple[Floats, Floats, Floats]:
    """Threshold, x and y of every vertex."""
    values, level = np.unique(np.concatenate((axes.x, axes.y)), return_inverse=True)
    of_x, of_y = level[: len(axes.x)], level[len(axes.x) :]
    x = np.bincount(of_x, minlength=len(values))[::-1].cumsum()
    y = np.bincount(of_y, axes.weight, len(values))[::-1].cumsum()
    return (
        np.concatenate(([math.inf], values[::-1])),
        np.concatenate(([0.0], x)) / (axes.n_x or math.nan),
        np.concatenate(([0.0], y)) / (axes.n_y or math.nan),
    )
