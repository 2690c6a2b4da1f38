"""The empirical ROC curve: its vertices, what lies between them, and bands around it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from readerstudy import _choice
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, binary, check_level, same_length, scores

if TYPE_CHECKING:
    import pandas as pd

BANDS = ("pointwise", "simultaneous")
"""Names of the bands of a curve."""


class Curve(NamedTuple):
    """Vertices of an empirical ROC curve, from (1, 0) specificity and sensitivity to (0, 1)."""

    threshold: Floats
    """Positive if and only if score >= threshold; the first is inf."""
    sensitivity: Floats
    specificity: Floats


def curve(truth: Bools, score: Floats) -> Curve:
    """Every vertex of the empirical ROC curve; needs at least one case of each class."""
    values, position = np.unique(score, return_inverse=True)
    positive = np.bincount(position[truth], minlength=len(values))[::-1].cumsum()
    negative = np.bincount(position[~truth], minlength=len(values))[::-1].cumsum()
    return Curve(
        np.concatenate(([math.inf], values[::-1])),
        np.concatenate(([0.0], positive / positive[-1])),
        np.concatenate(([1.0], 1 - negative / negative[-1])),
    )


def thin(points: Curve, n_most: int = 2000) -> Curve:
    """At most `n_most` (4 or more) vertices of a curve, both ends kept.

    The curve, whose length in the city-block metric is 2, is cut into n_most / 2 equal steps, and the first and the
    last vertex of each is kept. So a long edge stays, and no dropped vertex lies farther than 1.5 / (n_most - 3)
    from the chord that replaces it.
    """
    if len(points.threshold) <= n_most:
        return points
    travelled = points.sensitivity + 1 - points.specificity
    step = np.floor(travelled * (n_most // 2 - 1) / 2)
    new = np.diff(step) > 0
    keep = np.concatenate(([True], new)) | np.concatenate((new, [True]))
    return Curve(points.threshold[keep], points.sensitivity[keep], points.specificity[keep])


class Paths(NamedTuple):
    """Many curves of the same scores, such as those of resampled cases: shape (n_curves, n_levels + 1)."""

    false: Floats
    """1 - specificity, ascending from 0 to 1."""
    true: Floats
    """Sensitivity, ascending from 0 to 1."""

    def mirrored(self) -> Paths:
        """The same with the classes exchanged: what was 1 - sensitivity is now on the first axis."""
        return Paths(1 - self.true[:, ::-1], 1 - self.false[:, ::-1])


def paths(positive: Ints, negative: Ints) -> Paths:
    """The curves that counts of each distinct score draw, of shape (n_curves, n_levels), scores ascending."""

    def shares(counts: Ints) -> Floats:
        passed = np.cumsum(counts[:, ::-1], axis=1)
        return np.concatenate((np.zeros((len(counts), 1)), passed / passed[:, -1:]), axis=1)

    return Paths(shares(negative), shares(positive))


def heights(drawn: Paths, false: float) -> Floats:
    """The largest sensitivity of each curve at 1 - specificity = `false`, by linear interpolation."""
    # Shares are quotients of whole numbers: what differs by rounding only is the same.
    last = np.count_nonzero(drawn.false <= false + 1e-12, axis=1) - 1
    after = np.minimum(last + 1, drawn.false.shape[1] - 1)
    row = np.arange(len(last))
    x, y = drawn.false[row, last], drawn.true[row, last]
    width, rise = drawn.false[row, after] - x, drawn.true[row, after] - y
    found: Floats = y + rise * np.maximum(false - x, 0) / np.where(width > 0, width, 1)
    return found


def areas_between(drawn: Paths, low: float, high: float) -> Floats:
    """The area under each curve between two values of 1 - specificity."""
    x, y = drawn.false, drawn.true
    width, rise = np.diff(x, axis=1), np.diff(y, axis=1)
    start, stop = np.clip(x[:, :-1], low, high), np.clip(x[:, 1:], low, high)
    middle = (start + stop) / 2 - x[:, :-1]
    height = y[:, :-1] + rise * middle / np.where(width > 0, width, 1)
    area: Floats = ((stop - start) * height).sum(axis=1)
    return area


def roc_points(truth: ArrayLike, score: ArrayLike) -> pd.DataFrame:
    """Sensitivity and specificity at every threshold.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,), with at least one case of each class.
    score
        Higher = more suspicious, shape (n_cases,); no nan.

    Returns
    -------
    pandas.DataFrame
        Columns `threshold`, `sensitivity`, `specificity`; from threshold inf (nothing is positive) downwards, one
        row for each distinct score. A case is positive if and only if score >= threshold.

    Raises
    ------
    ValueError
        If a class has no case.

    Examples
    --------
    >>> roc_points([0, 1, 0, 1], [1, 2, 2, 3]).sensitivity.tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    import pandas as pd

    return pd.DataFrame(curve(*_both_classes(truth, score))._asdict())


def _both_classes(truth: ArrayLike, score: ArrayLike) -> tuple[Bools, Floats]:
    truth, score = binary(truth, "truth"), scores(score, "score")
    same_length(truth=truth, score=score)
    if truth.all() or not truth.any():
        raise ValueError("truth has one class only: there is no ROC curve")
    return truth, score


def roc_band(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    method: str = "simultaneous",
    conf_level: float = 0.95,
    n_points: int = 101,
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> pd.DataFrame:
    """A band around the ROC curve: limits of the sensitivity at every specificity.

    Parameters
    ----------
    truth, score
        As in `roc_points`.
    method
        ``"simultaneous"``: the whole true curve lies in the band with probability `conf_level` or more. From
        Kolmogorov's exact limits of the two score distributions, each at the level sqrt(`conf_level`); no
        assumption about the scores. ``"pointwise"``: percentile limits of the sensitivity at one specificity, from
        `n_boot` resamples with positive and negative cases drawn apart; the curve as a whole leaves it more often.
    conf_level
        Level of the band.
    n_points
        How many equally spaced specificities, from 1 down to 0.
    n_boot, rng
        Replicates and NumPy Generator or seed, for ``"pointwise"``.

    Returns
    -------
    pandas.DataFrame
        Columns `specificity`, `sensitivity` (interpolated), `conf_low`, `conf_high`.

    Raises
    ------
    ValueError
        If a class has no case.

    Notes
    -----
    Cases must be independent. Near the ends of a curve of few cases a pointwise band has no width, because no
    resample leaves the curve there: use the simultaneous one.

    References
    ----------
    Campbell 1994, Advances in statistical methodology for the evaluation of diagnostic and laboratory tests,
    doi:10.1002/sim.4780130513.

    Examples
    --------
    >>> roc_band([0, 0, 0, 1, 1, 1], [1, 2, 3, 2, 3, 4], n_points=3).conf_high.tolist()
    [1.0, 1.0, 1.0]
    """
    import pandas as pd

    _choice.check(method, BANDS, "method")
    check_level(conf_level)
    truth, score = _both_classes(truth, score)
    if n_points < 2:
        raise ValueError(f"n_points must be 2 or more, got {n_points!r}")
    false = np.linspace(0, 1, n_points)
    points = curve(truth, score)
    whole = Paths(1 - points.specificity[None], points.sensitivity[None])
    if method == "simultaneous":
        low, high = _campbell(points, false, int(truth.sum()), int((~truth).sum()), conf_level)
    else:
        from readerstudy.stats.roc_bootstrap import levels, resamples

        rng = np.random.default_rng(rng)
        drawn = [
            np.stack([heights(paths(*counts), x) for x in false])
            for (counts,) in resamples(truth, [levels(score)], n_boot, rng)
        ]
        tail = (1 - conf_level) / 2
        low, high = np.quantile(np.concatenate(drawn, axis=1), [tail, 1 - tail], axis=1)
    middle = np.array([heights(whole, x)[0] for x in false])
    return pd.DataFrame({"specificity": 1 - false, "sensitivity": middle, "conf_low": low, "conf_high": high})


def _campbell(points: Curve, false: Floats, m: int, n: int, conf_level: float) -> tuple[Floats, Floats]:
    """Where the true curve can pass if each empirical distribution is off by no more than Kolmogorov's limit."""
    from scipy.stats import kstwo

    level = math.sqrt(conf_level)
    up, along = (float(kstwo.ppf(level, size)) for size in (m, n))
    reached = 1 - points.specificity
    first = np.searchsorted(reached, false - along - 1e-12, "left")
    last = np.searchsorted(reached, false + along + 1e-12, "right") - 1
    low, high = points.sensitivity[first] - up, points.sensitivity[last] + up
    return np.maximum(low, 0), np.minimum(high, 1)
