"""What a reader is measured by: a value of one reader's reads, and what leaving cases out or drawing them anew does.

The functions here make the measures that `mrmc` and `model_versus_readers` take, where a name alone does not say
enough: ``partial_auc(specificity=(0.8, 1))``, ``sensitivity(threshold=3)``, ``of(function)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from readerstudy import _choice
from readerstudy.stats._arrays import Bools, Floats, Ints
from readerstudy.stats.roc_bootstrap import levels
from readerstudy.stats.roc_curve import Paths, areas_between, heights, paths
from readerstudy.stats.roc_placements import placements

_BLOCK = 2**20


class Measure:
    """A measure of one reader's reads; made by the functions of this module.

    Attributes
    ----------
    name
        A key of `readerstudy.measures.MEASURES`.
    low, high
        Least and greatest possible value.
    lower_is_better
        Which way a margin points.
    note
        What the name does not say, such as the range of a partial AUC.
    threshold
        Calls are made from scores by it; nan when not.
    """

    def __init__(
        self,
        name: str,
        low: float = 0.0,
        high: float = 1.0,
        *,
        lower_is_better: bool = False,
        note: str | None = None,
        threshold: float = math.nan,
    ) -> None:
        self.name, self.low, self.high = name, low, high
        self.lower_is_better, self.note, self.threshold = lower_is_better, note, threshold

    def relevant(self, truth: Bools) -> Bools:
        """Cases whose removal can change the value."""
        return np.ones(len(truth), dtype=bool)

    def check(self, scores: Floats) -> None:
        """Raise unless the scores, nan where not read, are of the kind that is measured."""

    def value(self, truth: Bools, score: Floats) -> float:
        """The value of the relevant reads, none missing; nan where it is undefined."""
        raise NotImplementedError

    def without(self, truth: Bools, score: Floats, group: Ints, n_groups: int) -> Floats:
        """The value with each group of cases, coded from 0, left out; nan where that leaves it undefined."""
        raise NotImplementedError

    def resampled(self, truth: Bools, score: Floats, weight: Floats) -> Floats:
        """The value with each case counted `weight` times, shape (n_replicates, n_cases)."""
        raise NotImplementedError

    def right(self, truth: Bools, score: Floats) -> Floats | None:
        """Of a proportion, 1 for each relevant read that counts and 0 for the others."""
        return None


class _Area(Measure):
    def value(self, truth: Bools, score: Floats) -> float:
        if truth.all() or not truth.any():
            return math.nan
        return placements(truth, score).auc

    def without(self, truth: Bools, score: Floats, group: Ints, n_groups: int) -> Floats:
        found = placements(truth, score)
        m, n = int(truth.sum()), int((~truth).sum())
        # What a group adds to the number of pairs won; a pair within a group has been added twice.
        of_positive = np.bincount(group[truth], found.positive, n_groups)
        won: Floats = np.asarray(n * of_positive, dtype=np.float64)
        won += m * np.bincount(group[~truth], found.negative, n_groups)
        positives = np.bincount(group[truth], minlength=n_groups)
        negatives = np.bincount(group[~truth], minlength=n_groups)
        if ((positives > 0) & (negatives > 0)).any():
            won -= _won_inside(truth, score, group, n_groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            left: Floats = (m * n * found.auc - won) / ((m - positives) * (n - negatives))
        return np.where((positives == m) | (negatives == n), math.nan, left)

    def resampled(self, truth: Bools, score: Floats, weight: Floats) -> Floats:
        positive, negative = _counted(truth, score, weight)
        won = (positive * (2 * np.cumsum(negative, axis=1) - negative)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            area: Floats = won / (2 * positive.sum(axis=1) * negative.sum(axis=1))
        return area


def _won_inside(truth: Bools, score: Floats, group: Ints, n_groups: int) -> Floats:
    """Pairs of a positive and a negative case of one group that the positive wins, a tie half, shape (n_groups,)."""
    order = np.lexsort((score, group))
    positive, ordered, of = truth[order], score[order], group[order]
    last = np.flatnonzero(np.append((np.diff(ordered) != 0) | (np.diff(of) != 0), True))
    through = np.cumsum(~positive)[last]
    before = np.concatenate(([0], through[:-1]))
    in_group = np.bincount(of, ~positive, n_groups)
    # Twice the negative cases of all groups so far that are below, ties counted once, less those of earlier groups.
    twice = np.repeat(before + through, np.diff(last, prepend=-1)) - 2 * (np.cumsum(in_group) - in_group)[of]
    return np.bincount(of, positive * twice, n_groups) / 2


def _counted(truth: Bools, score: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weights of the positive and the negative cases of each distinct score, shape (n_replicates, n_levels)."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-math.inf) > 0)
    positive, ordered = truth[order], weight[:, order]
    return np.add.reduceat(ordered * positive, starts, axis=1), np.add.reduceat(ordered * ~positive, starts, axis=1)


class _Share(Measure):
    """Of the cases of one class, or of all, the share that was called rightly."""

    def relevant(self, truth: Bools) -> Bools:
        if self.name == "accuracy":
            return np.ones(len(truth), dtype=bool)
        return truth if self.name == "sensitivity" else ~truth

    def check(self, scores: Floats) -> None:
        if not math.isnan(self.threshold):
            return
        wrong = ~np.isnan(scores) & (scores != 0) & (scores != 1)
        if wrong.any():
            raise ValueError(
                f"scores must be calls coded 0/1 for the {self.name}, got {scores[wrong][0]:g}: give calls, or a "
                f"threshold: measure=rs.measure.{self.name}(threshold=...)"
            )

    def right(self, truth: Bools, score: Floats) -> Floats:
        call = score == 1 if math.isnan(self.threshold) else score >= self.threshold
        found: Floats = (call == truth).astype(np.float64)
        return found

    def value(self, truth: Bools, score: Floats) -> float:
        return float(self.right(truth, score).mean()) if len(truth) else math.nan

    def without(self, truth: Bools, score: Floats, group: Ints, n_groups: int) -> Floats:
        right = self.right(truth, score)
        rest = len(truth) - np.bincount(group, minlength=n_groups)
        left = right.sum() - np.bincount(group, right, n_groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            share: Floats = np.where(rest > 0, left / rest, math.nan)
        return share

    def resampled(self, truth: Bools, score: Floats, weight: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            share: Floats = weight @ self.right(truth, score) / weight.sum(axis=1)
        return share


class OfCurve(Measure):
    """Any number that an empirical ROC curve gives."""

    def __init__(self, name: str, of_paths: Callable[[Paths], Floats], **facts: Any) -> None:
        super().__init__(name, **facts)
        self._of_paths = of_paths

    def value(self, truth: Bools, score: Floats) -> float:
        """The measure of one curve; nan with one class."""
        if truth.all() or not truth.any():
            return math.nan
        return float(self._of_counts(*_counted(truth, score, np.ones((1, len(truth)))))[0])

    def _of_counts(self, positive: Floats, negative: Floats) -> Floats:
        known = (positive.sum(axis=1) > 0) & (negative.sum(axis=1) > 0)
        found = np.full(len(known), math.nan)
        if known.any():
            found[known] = self._of_paths(paths(positive[known], negative[known]))
        return found

    def without(self, truth: Bools, score: Floats, group: Ints, n_groups: int) -> Floats:
        """The same with each group of cases left out."""
        row = levels(score)
        size = int(row.max()) + 1
        if n_groups == len(truth):  # cases of one class with one score are alike: one of them is enough
            _, first, alike = np.unique(2 * row + truth, return_index=True, return_inverse=True)
            represented = np.full(len(truth), -1)
            represented[first] = np.arange(len(first))
            place: Ints = np.empty(n_groups, dtype=np.int64)
            place[group] = alike
            return self._without(truth, row, represented, len(first), size)[place]
        return self._without(truth, row, group, n_groups, size)

    def _without(self, truth: Bools, row: Ints, group: Ints, n_groups: int, size: int) -> Floats:
        """`group` is -1 for a case that is always kept."""
        found = np.empty(n_groups)
        block = max(1, _BLOCK // size)
        for start in range(0, n_groups, block):
            stop = min(start + block, n_groups)
            both = []
            for of_class in (truth, ~truth):
                counts = np.repeat(np.bincount(row[of_class], minlength=size)[None].astype(float), stop - start, axis=0)
                taken = of_class & (group >= start) & (group < stop)
                np.subtract.at(counts, (group[taken] - start, row[taken]), 1)
                both.append(counts)
            found[start:stop] = self._of_counts(*both)
        return found

    def resampled(self, truth: Bools, score: Floats, weight: Floats) -> Floats:
        """The same of the cases as often as each row of `weight` has them."""
        positive, negative = _counted(truth, score, weight)
        return self._of_counts(positive, negative)


class _OfFunction(Measure):
    def __init__(self, function: Callable[[Bools, Floats], float], **facts: Any) -> None:
        super().__init__("user_measure", **facts)
        self._function = function

    def value(self, truth: Bools, score: Floats) -> float:
        return float(self._function(truth, score)) if len(truth) else math.nan

    def without(self, truth: Bools, score: Floats, group: Ints, n_groups: int) -> Floats:
        kept = (group != k for k in range(n_groups))
        return np.array([self.value(truth[keep], score[keep]) for keep in kept])

    def resampled(self, truth: Bools, score: Floats, weight: Floats) -> Floats:
        drawn = (np.repeat(np.arange(len(truth)), counts.astype(np.int64)) for counts in weight)
        return np.array([self.value(truth[cases], score[cases]) for cases in drawn])


def auc() -> Measure:
    """The area under the empirical ROC curve, ties counted half."""
    return _Area("auc")


def sensitivity(threshold: float = math.nan) -> Measure:
    """Share of the positive cases that are called positive: calls coded 0/1, or scores >= `threshold`."""
    return _Share("sensitivity", threshold=threshold)


def specificity(threshold: float = math.nan) -> Measure:
    """Share of the negative cases that are called negative: calls coded 0/1, or scores < `threshold`."""
    return _Share("specificity", threshold=threshold)


def accuracy(threshold: float = math.nan) -> Measure:
    """Share of the cases that are called rightly: calls coded 0/1, or positive where scores >= `threshold`."""
    return _Share("accuracy", threshold=threshold)


def partial_auc(
    *,
    specificity: tuple[float, float] | None = None,
    sensitivity: tuple[float, float] | None = None,
    corrected: bool = False,
) -> Measure:
    """Area under a part of the ROC curve, as in `readerstudy.partial_auc`.

    Parameters
    ----------
    specificity, sensitivity
        The part, (lo, hi) with 0 <= lo < hi <= 1; one of the two.
    corrected
        McClish's correction.

    Raises
    ------
    ValueError
        If the part is not one range within [0, 1].

    References
    ----------
    McClish 1989, doi:10.1177/0272989X8900900307.
    """
    given = sensitivity if specificity is None else specificity
    if given is None or (specificity is not None and sensitivity is not None):
        raise ValueError("give one range: specificity=(lo, hi) or sensitivity=(lo, hi)")
    axis = "sensitivity" if specificity is None else "specificity"
    low, high = (float(end) for end in given)
    if not 0 <= low < high <= 1:
        raise ValueError(f"{axis} must be (lo, hi) with 0 <= lo < hi <= 1, got {given!r}")
    least, most = ((1 - low) ** 2 - (1 - high) ** 2) / 2, high - low

    def reported(area: Floats) -> Floats:
        return (1 + (area - least) / (most - least)) / 2 if corrected else area

    def of_paths(drawn: Paths) -> Floats:
        along = drawn if axis == "specificity" else drawn.mirrored()
        return reported(areas_between(along, 1 - high, 1 - low))

    ends = reported(np.array([0.0, most]))
    return OfCurve(
        "partial_auc_corrected" if corrected else "partial_auc",
        of_paths,
        low=float(ends[0]),
        high=float(ends[1]),
        note=f"over {axis} {low:g} to {high:g}",
    )


def sensitivity_at(*, specificity: float) -> Measure:
    """Sensitivity on the ROC curve where specificity has a fixed value, as in `readerstudy.sensitivity_at`."""
    if not 0 <= specificity <= 1:
        raise ValueError(f"specificity must lie between 0 and 1, got {specificity!r}")
    return OfCurve(
        "sensitivity_at_specificity",
        lambda drawn: heights(drawn, 1 - specificity),
        note=f"at specificity {specificity:g}",
    )


def specificity_at(*, sensitivity: float) -> Measure:
    """Specificity on the ROC curve where sensitivity has a fixed value, as in `readerstudy.specificity_at`."""
    if not 0 <= sensitivity <= 1:
        raise ValueError(f"sensitivity must lie between 0 and 1, got {sensitivity!r}")
    return OfCurve(
        "specificity_at_sensitivity",
        lambda drawn: heights(drawn.mirrored(), 1 - sensitivity),
        note=f"at sensitivity {sensitivity:g}",
    )


def of(
    function: Callable[[Bools, Floats], float],
    *,
    name: str | None = None,
    low: float = -math.inf,
    high: float = math.inf,
    lower_is_better: bool = False,
) -> Measure:
    """A measure of one's own.

    Parameters
    ----------
    function
        From truth (boolean) and scores, shape (n_cases,), none missing, to a number; nan where it is undefined, which
        it must also say of cases of one class, or of none. It is called once for every reader and case left out.
    name
        What to call it in `note`; by default the function's own name.
    low, high
        The ends of its range: intervals are cut there.
    lower_is_better
        Turns a margin round.

    Raises
    ------
    ValueError
        If `low` is not below `high`.
    """
    if not low < high:
        raise ValueError(f"low must be below high, got {low!r} and {high!r}")
    said = name or getattr(function, "__name__", "a function")
    return _OfFunction(function, low=low, high=high, lower_is_better=lower_is_better, note=f"measure: {said}")


_BY_NAME: dict[str, Callable[[], Measure]] = {
    "auc": auc,
    "sensitivity": sensitivity,
    "specificity": specificity,
    "accuracy": accuracy,
}
_WITH_OPTIONS = {
    "partial_auc": "partial_auc(specificity=(0.8, 1))",
    "sensitivity_at_specificity": "sensitivity_at(specificity=0.9)",
    "specificity_at_sensitivity": "specificity_at(sensitivity=0.9)",
}


def measure_of(given: str | Measure | Callable[[Bools, Floats], float]) -> Measure:
    """The measure that a name, a `Measure` or a function stands for.

    Raises
    ------
    ValueError
        If the name is unknown, or needs more than a name.
    """
    if isinstance(given, Measure):
        return given
    if callable(given):
        return of(given)
    if given in _WITH_OPTIONS:
        raise ValueError(f"measure {given!r} needs more than a name: give rs.measure.{_WITH_OPTIONS[given]}")
    return _BY_NAME[_choice.check(given, _BY_NAME, "measure")]()
