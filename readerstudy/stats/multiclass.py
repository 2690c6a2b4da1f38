"""Areas under ROC curves for more than two classes: each against the rest, their means, and Hand and Till's M."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, Ints, labels, tails
from readerstudy.stats._degenerate import bounded
from readerstudy.stats.roc import auc
from readerstudy.stats.roc_bootstrap import Bootstrap, checked_replicates

AVERAGES = ("hand-till", "macro", "micro")
"""Names of the summaries of several classes."""

_BLOCK = 500_000


class _Weighted:
    """An AUC whose cases can be given weights: the comparisons are made once."""

    def __init__(self, positive: Floats, negative: Floats) -> None:
        self.order = np.argsort(negative, kind="stable")
        ordered = negative[self.order]
        self.left = ordered.searchsorted(positive, "left")
        self.right = ordered.searchsorted(positive, "right")

    def __call__(self, positive: Floats, negative: Floats) -> Floats:
        """AUC of each row of weights, shape (n_rows, n_positive) and (n_rows, n_negative)."""
        through = np.zeros((len(negative), negative.shape[1] + 1))
        np.cumsum(negative[:, self.order], axis=1, out=through[:, 1:])
        outscored = ((through[:, self.left] + through[:, self.right]) * positive).sum(axis=1)
        area: Floats = outscored / (2 * positive.sum(axis=1) * negative.sum(axis=1))
        return area


def _macro(codes: Ints, probs: Floats) -> Callable[[Floats], Floats]:
    """Mean of the classes' AUCs, each against the rest, as a function of case weights (n_rows, n_cases)."""
    own = [codes == k for k in range(probs.shape[1])]
    parts = [(is_own, _Weighted(probs[is_own, k], probs[~is_own, k])) for k, is_own in enumerate(own)]
    return lambda w: np.mean([area(w[:, is_own], w[:, ~is_own]) for is_own, area in parts], axis=0)


def _micro(codes: Ints, probs: Floats) -> Callable[[Floats], Floats]:
    """All pairs of case and class pooled; a pair is positive if the class is the case's own."""
    own = codes[:, None] == np.arange(probs.shape[1])
    area = _Weighted(probs[own], probs[~own])
    case = np.nonzero(~own)[0]
    return lambda w: area(w, w[:, case])


def _hand_till(codes: Ints, probs: Floats) -> Callable[[Floats], Floats]:
    """Mean over ordered pairs (i, j) of the AUC of class i's score between cases of i and of j."""
    groups = [np.flatnonzero(codes == k) for k in range(probs.shape[1])]
    parts = [
        (of_i, of_j, _Weighted(probs[of_i, i], probs[of_j, i]))
        for i, of_i in enumerate(groups)
        for j, of_j in enumerate(groups)
        if i != j
    ]
    return lambda w: np.mean([area(w[:, of_i], w[:, of_j]) for of_i, of_j, area in parts], axis=0)


_SUMMARIES = {"hand-till": _hand_till, "macro": _macro, "micro": _micro}


@overload
def multiclass_auc(
    truth: ArrayLike, probs: npt.ArrayLike, *, classes: Sequence[Any], average: None, method: str | None = ...,
    conf_level: float = ..., alternative: str = ..., n_boot: int = ..., rng: np.random.Generator | int | None = ...,
) -> list[Estimate]: ...  # fmt: skip
@overload
def multiclass_auc(
    truth: ArrayLike, probs: npt.ArrayLike, *, classes: Sequence[Any], average: str = ...,
    method: Literal["bootstrap"] | None = ..., conf_level: float = ..., alternative: str = ..., n_boot: int = ...,
    rng: np.random.Generator | int | None = ...,
) -> Estimate: ...  # fmt: skip
def multiclass_auc(
    truth: ArrayLike,
    probs: npt.ArrayLike,
    *,
    classes: Sequence[Any],
    average: str | None = "hand-till",
    method: str | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate | list[Estimate]:
    """AUC for several classes: one number, or one a class.

    Range [0, 1], best 1, 0.5 for useless scores. Synonyms: M measure, one-vs-one AUC (``"hand-till"``); one-vs-rest
    AUC (``"macro"``, ``"micro"``).

    Parameters
    ----------
    truth
        The class of each case, one of `classes`, shape (n_cases,).
    probs
        A score for each class, higher = more likely that class, shape (n_cases, n_classes); no nan. Rows need not
        sum to 1, but ``"micro"`` compares the scores of different classes with each other.
    classes
        The classes in the order of the columns of `probs`, two or more.
    average
        ``"hand-till"``: mean over ordered pairs of classes (i, j) of the AUC of i's score between cases of i and j;
        it does not depend on how many cases the classes have. ``"macro"``: mean of the AUCs of each class against
        the rest. ``"micro"``: AUC of all pairs of case and class. None: each class against the rest, not averaged.
    method
        ``"bootstrap"`` (percentile, cases of each class drawn apart) for a summary; for ``average=None`` a method of
        `auc`, by default ``"delong"``.
    conf_level, alternative
        As in `proportion`.
    n_boot, rng
        Replicates and NumPy Generator or seed; ``rng=None`` draws a new seed.

    Returns
    -------
    Estimate, or list of Estimate
        The list has one AUC a class, with `target` set.

    Raises
    ------
    ValueError
        If shapes do not fit, a class is unknown or named twice, or a score is missing.

    Notes
    -----
    Cases must be independent. A summary is nan when a class has no case, one class's own AUC when it has none or all.
    Where no resample changes a summary (perfect separation), or a class has a single case so that resampling does
    not vary it, `note` says so.

    References
    ----------
    Hand and Till 2001, doi:10.1023/A:1010920819831.

    Examples
    --------
    >>> probs = [[0.6, 0.3, 0.1], [0.5, 0.2, 0.3], [0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0.5, 0.3, 0.2]]
    >>> multiclass_auc(list("AABBCC"), probs, classes=list("ABC")).estimate
    0.875
    >>> [e.estimate for e in multiclass_auc(list("AABBCC"), probs, classes=list("ABC"), average=None)]
    [0.9375, 1.0, 0.6875]
    """
    if average is not None:
        _choice.check(average, AVERAGES, "average")
        _choice.check(method or "bootstrap", ("bootstrap",), "method")
    outside = tails(conf_level, alternative)
    checked_replicates(n_boot)
    codes, table = checked_scores(truth, probs, classes)
    if average is None:
        return [
            auc(
                codes == k, table[:, k], method=method or "delong", conf_level=conf_level, alternative=alternative,
                n_boot=n_boot, rng=rng,
            ).replace(target=str(name))
            for k, name in enumerate(classes)
        ]  # fmt: skip
    e = Estimate(
        measure={"hand-till": "auc_hand_till", "macro": "auc_macro", "micro": "auc_micro"}[average],
        method="bootstrap",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=len(codes),
    )
    sizes = np.bincount(codes, minlength=len(classes))
    if (sizes == 0).any():
        absent = ", ".join(str(name) for name, size in zip(classes, sizes, strict=True) if size == 0)
        return e.replace(note=f"undefined: no case of {absent}")
    value = _SUMMARIES[average](codes, table)
    e = e.replace(estimate=float(value(np.ones((1, len(codes))))[0]))
    drawn = Bootstrap(e.estimate, _replicates(codes, table, value, n_boot, np.random.default_rng(rng)))
    if drawn.std_error == 0:
        return e.replace(std_error=0.0, note="no resample of the cases changes it: no interval")
    low, high = drawn.limits("bootstrap", *outside, (0.0, 1.0))
    single = ", ".join(str(name) for name, size in zip(classes, sizes, strict=True) if size == 1)
    note = f"one case of {single}: resampling does not vary it, the interval is too short" if single else None
    return bounded(e.replace(std_error=drawn.std_error, conf_low=low, conf_high=high, note=note), 0.0, 1.0, outside)


def checked_scores(truth: ArrayLike, probs: npt.ArrayLike, classes: Sequence[Any]) -> tuple[Ints, Floats]:
    """The place of each case's class in `classes`, and the scores as an array (n_cases, n_classes); else an error."""
    known = list(classes)
    if len(known) < 2 or len(set(known)) < len(known):
        raise ValueError(f"classes must be two or more different names, got {known}")
    found = labels(truth, "truth")
    table = np.asarray(probs, dtype=np.float64)
    if table.shape != (len(found), len(known)):
        raise ValueError(f"probs must have shape ({len(found)}, {len(known)}), got {table.shape}")
    if np.isnan(table).any():
        raise ValueError("probs has missing values (nan): leave such cases out first")
    place = {name: k for k, name in enumerate(known)}
    unknown = next((label for label in found.tolist() if label not in place), None)
    if unknown is not None:
        raise ValueError(f"truth has {unknown!r}, which is none of the classes {known}")
    return np.array([place[label] for label in found.tolist()], dtype=np.int64), table


def _replicates(
    codes: Ints, table: Floats, value: Callable[[Floats], Floats], n_boot: int, rng: np.random.Generator
) -> Floats:
    """`value` of case weights: how often each case is drawn when its class is resampled."""
    # In an order of the cases that does not depend on the one they come in, so that a seed gives one answer.
    order = np.lexsort((*table.T, codes))
    groups = [order[codes[order] == k] for k in range(table.shape[1])]
    block = max(1, _BLOCK // table.size)
    found = []
    for start in range(0, n_boot, block):
        size = min(block, n_boot - start)
        weights = np.empty((size, len(codes)))
        for group in groups:
            n = len(group)
            drawn = rng.integers(0, n, (size, n)) + np.arange(size)[:, None] * n
            weights[:, group] = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        found.append(value(weights))
    return np.concatenate(found)
