"""The mean of several curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from readerstudy.stats._arrays import Floats


def mean_curve(curves: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """The mean height of several curves, as far to the right as each of them goes.

    Parameters
    ----------
    curves
        x and y of the vertices of each, both ascending.

    Returns
    -------
    x, y : ndarray
        Its vertices: at each x of a vertex the mean of the lowest heights there, then, where it differs, of the
        highest. Where all curves end at one x, its area by trapezoids is the mean of their areas.

    Examples
    --------
    >>> x, y = mean_curve([(np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.6, 1.0])), (np.array([0.0, 1.0]),) * 2])
    >>> x.tolist(), y.tolist()
    ([0.0, 0.0, 1.0], [0.0, 0.3, 1.0])
    """
    last = min(float(x[-1]) for x, _ in curves)
    at = np.unique(np.concatenate([x for x, _ in curves] + [[last]]))
    at = at[at <= last]
    low = np.mean([_heights(x, y, at, "left") for x, y in curves], axis=0)
    high = np.mean([_heights(x, y, at, "right") for x, y in curves], axis=0)
    height = np.stack([low, high], axis=1).ravel()
    kept = np.stack([np.ones(len(at), dtype=bool), high > low], axis=1).ravel()
    return np.repeat(at, 2)[kept], height[kept]


def _heights(x: Floats, y: Floats, at: Floats, side: str) -> Floats:
    """Height of one curve: where it rises upright, the foot (``"left"``) or the top (``"right"``)."""
    where = np.searchsorted(x, at, side="left") if side == "left" else np.searchsorted(x, at, side="right") - 1
    where = np.clip(where, 0, len(x) - 1)
    found: Floats = np.where(x[where] == at, y[where], np.interp(at, x, y))
    return found
