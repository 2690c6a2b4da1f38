"""The average ROC curve of several readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from readerstudy.stats._arrays import ArrayLike, Bools, Floats, binary
from readerstudy.stats.roc import curve

if TYPE_CHECKING:
    import pandas as pd


def average_roc(truth: ArrayLike, scores: npt.ArrayLike) -> pd.DataFrame:
    """Mean sensitivity of several readers at each false positive rate: the vertical average of their ROC curves.

    The area under it is the mean of the readers' AUCs. It is no reader's curve: no threshold belongs to its points.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    scores
        Higher = more suspicious, shape (n_readers, n_cases); nan = not read. Readers need not share a scale.

    Returns
    -------
    pandas.DataFrame
        `sensitivity` and `specificity` at every vertex, from (0, 1) to (1, 0); no rows when no reader has read cases
        of both classes.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Each reader's empirical curve, with straight lines between its points, is averaged at the false positive rates at
    which some reader's curve bends; where curves rise vertically, both ends are averaged. Readers who did not read
    both classes are left out.

    References
    ----------
    Fawcett 2006 (vertical averaging), doi:10.1016/j.patrec.2005.10.010. Chen and Samuelson 2014, British Journal of
    Radiology 87:20140016.

    Examples
    --------
    >>> average_roc([0, 0, 1, 1], [[1, 2, 3, 4], [1, 3, 2, 4]]).round(2).values.tolist()
    [[0.0, 1.0], [0.75, 1.0], [0.75, 0.5], [1.0, 0.5], [1.0, 0.0]]
    """
    import pandas as pd

    truth, rows = binary(truth, "truth"), np.asarray(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(truth):
        raise ValueError(f"scores must have shape (n_readers, {len(truth)}), got {rows.shape}")
    x, y = mean_curve(truth, rows)
    return pd.DataFrame({"sensitivity": y, "specificity": 1 - x})


def mean_curve(truth: Bools, rows: Floats) -> tuple[Floats, Floats]:
    """False positive rate and mean sensitivity at every vertex; empty where no reader has a curve."""
    curves = []
    for row in rows:
        read = ~np.isnan(row)
        positive = truth[read]
        if positive.any() and not positive.all():
            points = curve(positive, row[read])
            curves.append((1 - points.specificity, points.sensitivity))
    if not curves:
        return np.empty(0), np.empty(0)
    # Rates of different readers that are one fraction may differ in the last digit.
    grid = np.unique(np.concatenate([x for x, _ in curves]).round(12))
    ends = np.array([_ends(x.round(12), y, grid) for x, y in curves]).mean(axis=0)
    at, values = np.repeat(grid, 2), ends.T.ravel()
    kept = np.concatenate(([True], (np.diff(at) > 0) | (np.diff(values) > 0)))
    return at[kept], values[kept]


def _ends(x: Floats, y: Floats, grid: Floats) -> Floats:
    """Lowest and highest sensitivity of one curve at each rate of the grid: they differ where it rises vertically."""
    first = np.concatenate(([True], np.diff(x) > 0))
    last = np.concatenate((np.diff(x) > 0, [True]))
    low = np.interp(grid, x[first], y[first])
    high = np.interp(grid, x[last], y[last])
    # Between two of its points a curve runs from the upper end of one to the lower end of the next.
    place = np.searchsorted(x[last], grid, side="right") - 1
    exact = x[last][np.clip(place, 0, None)] == grid
    after = np.clip(place + 1, None, len(x[last]) - 1)
    left, right = x[last][place], x[first][after]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(right > left, (grid - left) / (right - left), 0.0)
    between = y[last][place] + share * (y[first][after] - y[last][place])
    return np.array([np.where(exact, low, between), np.where(exact, high, between)])
