"""Figures of merit of marks, as measures of the analysis of many readers and many cases.

What a read holds is more than one score. The analysis is given the place of each read among all reads instead of a
score, and the measure looks up its marks; a figure of one number a case is given as that number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Bools, Floats, Ints
from readerstudy.stats.froc.marked import UNMARKED, Marked
from readerstudy.stats.mrmc.measure import Measure, OfCurve, auc
from readerstudy.stats.mrmc.records import joined
from readerstudy.stats.roc_curve import Paths, areas_between, heights

NAMES = {
    "wAFROC": "wafroc",
    "wAFROC1": "wafroc1",
    "AFROC": "afroc",
    "AFROC1": "afroc1",
    "FROC": "froc_area",
    "HrAuc": "hr_auc",
    "HrSe": "hr_sensitivity",
    "HrSp": "hr_specificity",
    "MaxLLF": "max_llf",
    "MaxNLF": "max_nlf",
    "MaxNLFAllCases": "max_nlf_all_cases",
    "ExpTrnsfmSp": "exp_nlf",
    "PCL": "pcl",
    "ALROC": "alroc",
}
"""Figures of merit as the literature writes them, and as `Estimate.measure` has them."""
WITH_FPF = ("PCL", "ALROC")


class Pairs(NamedTuple):
    """False marks, or cases by their highest false mark, against lesions or cases that were found.

    The figure is the sum over pairs of the weight where y is above x, half of it where they are equal, over n_x times
    the sum of the weights; `x_at`, `y_at` say whose case each is among those that were read.
    """

    x: Floats
    x_at: Ints
    n_x: Ints
    """How many x each case stands for, also where it has none, shape (n_cases,)."""
    y: Floats
    y_at: Ints
    weight: Floats


class _OfMarks(Measure):
    """A measure that is given places of reads: those of one reader in one modality, of some cases."""

    def __init__(self, name: str, marked: Marked, high: float = 1.0, *, lower_is_better: bool = False) -> None:
        super().__init__(name, 0.0, high, lower_is_better=lower_is_better)
        self._marked = marked

    def _lesions(self, place: Floats) -> tuple[Ints, Floats, Floats]:
        """Of the lesions of these cases: which of the cases has each, its score and its weight."""
        marked = self._marked
        position, cell = self._positions(place)
        there = position[marked.lesion_case] >= 0
        score = marked.lesion_score[*np.unravel_index(cell, marked.read.shape[:2])][there]
        return position[marked.lesion_case[there]], score, marked.weight[there]

    def _false(self, place: Floats) -> tuple[Ints, Floats]:
        """Of the false marks in these reads: which of the reads has each, and its score."""
        marked = self._marked
        position, cell = self._positions(place)
        n = len(marked.cases)
        of_cell = slice(*np.searchsorted(marked.false_read, [cell * n, (cell + 1) * n]))
        at = position[marked.false_read[of_cell] - cell * n]
        return at[at >= 0], marked.false_score[of_cell][at >= 0]

    def _positions(self, place: Floats) -> tuple[Ints, int]:
        """Where each case of the study stands among the reads, -1 if not there; and which reader and modality."""
        n = len(self._marked.cases)
        position = np.full(n, -1, dtype=np.int64)
        position[place.astype(np.int64) % n] = np.arange(len(place))
        return position, int(place[0]) // n


class _OfPairs(_OfMarks):
    """wAFROC, wAFROC1, AFROC, AFROC1 and FROC."""

    def pairs(self, truth: Bools, place: Floats) -> Pairs:
        """The pairs of one reader in one modality; there is at least one read."""
        y_at, y, weight = self._lesions(place)
        at, false = self._false(place)
        if self.name == "froc_area":
            return Pairs(false, at, np.ones(len(place), dtype=np.int64), y, y_at, np.ones(len(y)))
        counted = np.ones(len(place), dtype=bool) if self.name.endswith("1") else ~truth
        highest = np.full(len(place), UNMARKED)
        np.maximum.at(highest, at, false)
        return Pairs(
            highest[counted], np.flatnonzero(counted), counted.astype(np.int64), y, y_at,
            weight if self.name.startswith("w") else np.ones(len(y)),
        )  # fmt: skip

    def value(self, truth: Bools, place: Floats) -> float:
        if not len(place):
            return math.nan
        p = self.pairs(truth, place)
        if not p.n_x.any() or not len(p.y):
            return math.nan
        return float(p.weight @ _passed(p.x, p.y) / (p.n_x.sum() * p.weight.sum()))

    def without(self, truth: Bools, place: Floats, group: Ints, n_groups: int) -> Floats:
        p = self.pairs(truth, place)
        passed, above = p.weight * _passed(p.x, p.y), _weight_above(p)
        # What a group adds to the sum; a pair within a group has been added twice.
        of_y, of_x = np.bincount(group[p.y_at], passed, n_groups), np.bincount(group[p.x_at], above, n_groups)
        of_group = of_y + of_x - _within(p, group, n_groups)
        n_x = p.n_x.sum() - np.bincount(group, p.n_x, n_groups)
        n_y = len(p.y) - np.bincount(group[p.y_at], minlength=n_groups)
        weight = p.weight.sum() - np.bincount(group[p.y_at], p.weight, n_groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            left: Floats = (passed.sum() - of_group) / (n_x * weight)
        return np.where((n_x > 0) & (n_y > 0), left, math.nan)

    def resampled(self, truth: Bools, place: Floats, weight: Floats) -> Floats:
        p = self.pairs(truth, place)
        values, level = np.unique(np.concatenate((p.x, p.y)), return_inverse=True)
        of_x, of_y = np.zeros((len(weight), len(values))), np.zeros((len(weight), len(values)))
        np.add.at(of_x.T, level[: len(p.x)], weight[:, p.x_at].T)
        np.add.at(of_y.T, level[len(p.x) :], (weight[:, p.y_at] * p.weight).T)
        won = (of_y * (np.cumsum(of_x, axis=1) - of_x / 2)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = won / ((weight @ p.n_x) * of_y.sum(axis=1))
        return found


def _passed(x: Floats, y: Floats) -> Floats:
    """For each y, how many x are below it, equal ones counted half."""
    ordered = np.sort(x)
    found: Floats = (np.searchsorted(ordered, y, "left") + np.searchsorted(ordered, y, "right")) / 2
    return found


def _weight_above(p: Pairs) -> Floats:
    """For each x, the weight of the y above it, equal ones counted half."""
    order = np.argsort(p.y)
    ordered, below = p.y[order], np.concatenate(([0.0], np.cumsum(p.weight[order])))
    left, right = (np.searchsorted(ordered, p.x, side) for side in ("left", "right"))
    found: Floats = below[-1] - (below[left] + below[right]) / 2
    return found


def _within(p: Pairs, group: Ints, n_groups: int) -> Floats:
    """The sum over pairs whose two cases are left out together, of each group."""
    of_x, of_y = group[p.x_at], group[p.y_at]
    order = np.argsort(of_x, kind="stable")
    start, stop = (np.searchsorted(of_x[order], of_y, side) for side in ("left", "right"))
    pair = np.repeat(np.arange(len(of_y)), stop - start)
    first = np.repeat(start - np.concatenate(([0], np.cumsum(stop - start)[:-1])), stop - start)
    x, y = p.x[order[first + np.arange(len(pair))]], p.y[pair]
    won: Floats = (y > x) + (y == x) / 2
    return np.asarray(np.bincount(of_y[pair], p.weight[pair] * won, n_groups), dtype=np.float64)


class _OfShares(_OfMarks):
    """MaxLLF, MaxNLF, MaxNLFAllCases: marks for each lesion, or for each case; ExpTrnsfmSp: exp(-MaxNLF)."""

    def relevant(self, truth: Bools) -> Bools:
        if self.name == "max_nlf_all_cases":
            return np.ones(len(truth), dtype=bool)
        return truth if self.name == "max_llf" else ~truth

    def _counts(self, place: Floats) -> tuple[Floats, Floats]:
        """What is counted in each case, and out of what."""
        n = len(place)
        if self.name != "max_llf":
            false: Floats = np.bincount(self._false(place)[0], minlength=n).astype(np.float64)
            return false, np.ones(n)
        at, score, _ = self._lesions(place)
        found: Floats = np.bincount(at[score > UNMARKED], minlength=n).astype(np.float64)
        return found, np.bincount(at, minlength=n).astype(np.float64)

    def value(self, truth: Bools, place: Floats) -> float:
        if not len(place):
            return math.nan
        count, total = self._counts(place)
        return float(self._reported(count.sum() / total.sum()))

    def without(self, truth: Bools, place: Floats, group: Ints, n_groups: int) -> Floats:
        count, total = self._counts(place)
        rest = total.sum() - np.bincount(group, total, n_groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            left = (count.sum() - np.bincount(group, count, n_groups)) / rest
        return np.where(rest > 0, self._reported(left), math.nan)

    def resampled(self, truth: Bools, place: Floats, weight: Floats) -> Floats:
        count, total = self._counts(place)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (weight @ count) / (weight @ total)
        return self._reported(found)

    def _reported(self, share: Floats) -> Floats:
        return np.exp(-share) if self.name == "exp_nlf" else share


class Question(NamedTuple):
    """A figure of merit as the analysis of many readers takes it."""

    measure: str | Measure
    scores: Floats
    """Shape (n_modalities, n_readers, n_cases); nan = not read."""
    analysed: str
    """What the analysis calls it."""
    name: str
    note: str | None = None

    def named(self, found: list[Estimate]) -> list[Estimate]:
        """The records with the name of the figure."""
        old = (self.analysed, f"{self.analysed}_difference")
        return [
            e.replace(measure=e.measure.replace(self.analysed, self.name, 1), note=joined(self.note, e.note))
            if e.measure in old
            else e
            for e in found
        ]


AREA_NOTE = "the area ends at the reader's own last point: it grows with false marks, and has no upper bound"
_HIGHEST = "a case is rated by its highest mark"


def question_of(name: str, marked: Marked, fpf: float) -> Question:
    """The question that a figure of merit, one of `NAMES`, puts to the marks.

    Raises
    ------
    ValueError
        If `fpf` is no fraction, or is given for a figure that has none.
    """
    if not 0 < fpf <= 1:
        raise ValueError(f"fpf must lie above 0 and not above 1, got {fpf!r}")
    if fpf != 1 and name not in WITH_FPF:
        raise ValueError(f"fpf is for {' and '.join(WITH_FPF)}: {name} is of the whole curve")
    own = NAMES[name]
    shares, pairs = (
        ("MaxLLF", "MaxNLF", "MaxNLFAllCases", "ExpTrnsfmSp"),
        ("wAFROC", "wAFROC1", "AFROC", "AFROC1", "FROC"),
    )
    if name in (*shares, *pairs):
        places = np.where(marked.read, np.arange(marked.read.size, dtype=np.float64).reshape(marked.read.shape), np.nan)
        if name in shares:
            unbounded = name.startswith("MaxNLF")
            measure: Measure = _OfShares(own, marked, math.inf if unbounded else 1.0, lower_is_better=unbounded)
        else:
            measure = _OfPairs(own, marked, math.inf if name == "FROC" else 1.0)
        return Question(measure, places, own, own, AREA_NOTE if name == "FROC" else None)
    if name in WITH_FPF:
        return _localised(name, marked, fpf)
    highest = np.maximum(marked.highest_false, marked.highest_on_lesions)
    if name == "HrAuc":
        return Question("auc", _read(marked, _levels(highest)), "auc", own, _HIGHEST)
    analysed = {"HrSe": "sensitivity", "HrSp": "specificity"}[name]
    return Question(analysed, _read(marked, (highest > UNMARKED).astype(np.float64)), analysed, own)


def located(marked: Marked) -> Bools:
    """Reads whose highest mark is on a lesion, and no false mark beside it as high."""
    on_lesion = marked.highest_on_lesions
    found: Bools = (on_lesion > marked.highest_false) & (on_lesion > UNMARKED)
    return found


def _localised(name: str, marked: Marked, fpf: float) -> Question:
    """The LROC curve: the highest mark of a case rates it, and is where the reader would look."""
    own, found = NAMES[name], located(marked)
    if name == "PCL" and fpf == 1:
        return Question("sensitivity", _read(marked, found.astype(np.float64)), "sensitivity", own)
    level = _levels(np.maximum(marked.highest_false, marked.highest_on_lesions))
    level[~found & marked.diseased] = -1.0  # below every threshold: a case that is never localised
    if name == "ALROC" and fpf == 1:
        area = auc()  # of pairs that only a localised case can win
        area.name = own
        return Question(area, _read(marked, level), own, own)
    of_paths: Callable[[Paths], Floats] = (
        (lambda drawn: heights(drawn, fpf)) if name == "PCL" else (lambda drawn: areas_between(drawn, 0.0, fpf))
    )
    note = None if fpf == 1 else f"at FPF {fpf:g}" if name == "PCL" else f"over FPF 0 to {fpf:g}"
    measure = OfCurve(own, of_paths, high=1.0 if name == "PCL" else fpf, note=note)
    return Question(measure, _read(marked, level), own, own)


def _levels(values: Floats) -> Floats:
    """Ranks of the values, which are finite also for what is unmarked."""
    found: Floats = np.unique(values, return_inverse=True)[1].reshape(values.shape).astype(np.float64)
    return found


def _read(marked: Marked, values: Floats) -> Floats:
    found: Floats = np.where(marked.read, values, np.nan)
    return found
