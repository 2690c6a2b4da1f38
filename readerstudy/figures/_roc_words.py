"""What a panel of a ROC plot shows, and how that is said in words."""

from __future__ import annotations

from collections.abc import Sequence

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._label import plain
from readerstudy.figures._palette import Series
from readerstudy.figures._pick import MANY_MODELS, Picked, Point, series_of

_ARROWS = 15
"""Most arrows from one modality to the other that can still be told apart."""
_APART = 0.03
"""Distance below which an arrow would be hidden by its ends."""
_NAMED_READERS = 24
"""Up to so many crosses the alternative text names every reader."""


class Panel:
    """What one panel of a ROC plot shows."""

    def __init__(self, picked: Picked, task: str, target: str | None) -> None:
        self.target = target
        self.model_curves = picked.curves(task, target, "model")
        self.human_curves = picked.curves(task, target, "human")
        self.model_points = picked.points(task, target, "model")
        self.human_points = picked.points(task, target, "human")
        self.consensus_points = picked.points(task, target, "consensus")
        self.thresholds = picked.thresholds(task, target)
        self.means = picked.mean_points(task, target)
        self.mean_aucs = picked.means(task, target, "auc")
        self.mean_curves = picked.mean_curves(task, target)

    @property
    def worth_drawing(self) -> bool:
        """Whether it would show more than the diagonal."""
        points = [*self.model_points, *self.human_points, *self.consensus_points, *self.thresholds]
        return bool(self.model_curves or self.human_curves or any(point.drawn for point in points))

    @property
    def points(self) -> list[Point]:
        """Every pair of sensitivity and specificity."""
        calls = [*self.model_points, *self.human_points, *self.consensus_points]
        return [*calls, *self.thresholds, *self.means.values()]

    def pairs(self, picked: Picked) -> list[tuple[Point, Point]]:
        """The readers who read in the first and in the second of two modalities, where arrows can join the two."""
        modalities = picked.modalities
        if self.target is not None or len(modalities) != 2:
            return []
        by_reader: dict[tuple[str | None, str | None], dict[str | None, Point]] = {}
        for point in self.human_points:
            if point.drawn:
                e = point.sensitivity
                by_reader.setdefault((e.reader_group, e.reader), {})[e.modality] = point
        pairs = [(p[modalities[0]], p[modalities[1]]) for p in by_reader.values() if len(p) == 2]
        apart = [(a, b) for a, b in pairs if a.distance(b) > _APART]
        return apart if len(pairs) <= _ARROWS else []

    @property
    def estimates(self) -> list[Estimate]:
        """Every record that the panel shows."""
        curves = [*self.model_curves, *self.human_curves]
        return [
            *(curve.auc for curve in curves if curve.auc),
            *(e for point in self.points for e in point),
            *self.mean_aucs.values(),
        ]


def models_of(panels: Sequence[Panel]) -> list[str]:
    """Everybody among the models who has a curve or calls."""
    curves = (curve.reader for panel in panels for curve in panel.model_curves)
    calls = (str(p.sensitivity.reader) for panel in panels for p in (*panel.model_points, *panel.thresholds))
    return list(dict.fromkeys([*curves, *calls]))


def crowded(panels: Sequence[Panel]) -> bool:
    """Whether there are too many models to be told apart."""
    return len(models_of(panels)) > MANY_MODELS


def caption(picked: Picked, task: str, panels: Sequence[Panel]) -> str:
    """What is shown, of how many cases, and what the symbols mean."""
    estimates = [e for panel in panels for e in panel.estimates]
    humans = [e for panel in panels for point in panel.human_points for e in point]
    aucs = [curve.auc for panel in panels for curve in (*panel.model_curves, *panel.human_curves) if curve.auc]
    number = words.cases(e for e in estimates if e.reader is not None)
    sentences = [
        f"{_what(panels)} for the task “{plain(task)}”{plain(picked.within)}{f' ({number})' if number else ''}"
        f"{', each class against all others' if panels[0].target is not None else ''}."
    ]
    if words.intervals(aucs):
        sentences.append(f"AUC is given with {words.intervals(aucs)}.")
    if crowded(panels):
        count = words.counted(len(models_of(panels)), "model")
        sentences.append(f"Pale lines and small hollow symbols: {count}, drawn alike; the tables have their numbers.")
    if any(panel.human_curves for panel in panels):
        sentences.append("Thin lines: empirical curves of the readers' ratings.")
    if any(panel.mean_curves for panel in panels):
        sentences.append("Thick lines of readers: their average curve, whose area is the mean of theirs.")
    if any(point.drawn for panel in panels for point in panel.model_points) and not crowded(panels):
        several = panels[0].target is not None
        sentences.append(f"Hollow symbols: the calls of a model{', its most probable class' if several else ''}.")
    if any(point.drawn for panel in panels for point in panel.thresholds) and not crowded(panels):
        sentences.append(f"Small hollow symbols: its calls of the class at a threshold ({_thresholds(panels)}).")
    if any(point.drawn for panel in panels for point in panel.human_points):
        arms = words.intervals(humans)
        sentences.append(f"Small symbols: the readers{f'; the arms of the crosses are {arms}' if arms else ''}.")
    if any(panel.pairs(picked) for panel in panels):
        before, after = (plain(modality or "no modality") for modality in picked.modalities)
        sentences.append(f"Arrows: from {before} to {after}, one reader each.")
    means = [e for panel in panels for point in panel.means.values() for e in point]
    if means:
        arms = words.intervals(means)
        cross = f", on a thin cross of {arms}" if arms else ""
        sentences.append(f"Large outlined symbols: mean of the readers of a group{cross}.")
    if any(point.drawn for panel in panels for point in panel.consensus_points):
        names = dict.fromkeys(plain(str(p.sensitivity.reader)) for panel in panels for p in panel.consensus_points)
        arms = words.intervals(e for panel in panels for point in panel.consensus_points for e in point)
        cross = f"; its arms are {arms}" if arms else ""
        sentences.append(f"Star: {words.listed(list(names))}{cross}.")
    sentences.append("Dashed diagonal: chance.")
    return words.join(*sentences, _missing(picked, panels), words.notes(_labelled(picked, panels)))


def _thresholds(panels: Sequence[Panel]) -> str:
    """``Net: cyst ≥ 0.35; HCC ≥ 0.2``: from which score on a class is called."""
    by_model: dict[str, list[str]] = {}
    for panel in panels:
        for point in panel.thresholds:
            e = point.sensitivity
            by_model.setdefault(plain(str(e.reader)), []).append(f"{plain(panel.target or '')} ≥ {e.threshold:.3g}")
    return "; ".join(f"{model}: {', '.join(known)}" for model, known in by_model.items())


def _what(panels: Sequence[Panel]) -> str:
    curves = any(panel.model_curves or panel.human_curves for panel in panels)
    return (
        "Receiver operating characteristic (ROC) curves" if curves else "Sensitivity and specificity in the ROC plane"
    )


def _missing(picked: Picked, panels: Sequence[Panel]) -> str:
    """Who has calls but no symbol, because one of the two numbers is undefined."""
    absent: dict[str, None] = {}
    for panel in panels:
        for point in (*panel.model_points, *panel.human_points, *panel.consensus_points, *panel.thresholds):
            if not point.drawn:
                where = f" for {plain(panel.target)}" if panel.target is not None else ""
                absent[f"{plain(picked.reader_label(point.sensitivity))}{where}"] = None
    return f"Not drawn, sensitivity or specificity being undefined: {'; '.join(absent)}." if absent else ""


def _labelled(picked: Picked, panels: Sequence[Panel]) -> list[tuple[str, Estimate]]:
    labelled = []
    for panel in panels:
        where = f", {panel.target}" if panel.target is not None else ""
        labelled += [(plain(f"{picked.reader_label(e)}{where}"), e) for e in panel.estimates if e.reader is not None]
    return labelled


def alt(picked: Picked, task: str, panels: Sequence[Panel]) -> str:
    """The numbers of every panel."""
    crosses = sum(len(panel.human_points) for panel in panels)
    sentences = [
        f"{_what(panels)} for the task “{plain(task)}”{plain(picked.within)}: "
        "1 − specificity from 0 to 1 to the right, sensitivity from 0 to 1 upwards."
    ]
    for panel in panels:
        parts = []
        calls = {point.sensitivity.reader: point for point in panel.model_points}
        aucs = {curve.reader: curve.auc for curve in panel.model_curves if curve.auc}
        models = dict.fromkeys([*aucs, *calls])
        if len(models) > MANY_MODELS:
            parts.append(_crowd_said(panel, len(models)))
            models = {}
        for model in models:
            numbers = [f"AUC {text.full(aucs[model])}"] if model in aucs else []
            numbers += [_said(calls[model])] if model in calls else []
            at = [point for point in panel.thresholds if point.sensitivity.reader == model]
            numbers += [f"at the threshold {point.sensitivity.threshold:.3g} {_said(point)}" for point in at]
            parts.append(f"{model}: {', '.join(numbers)}")
        for series in picked.series:
            parts += _series_parts(picked, panel, series, named=crosses <= _NAMED_READERS)
        parts += [f"{picked.reader_label(p.sensitivity)}: {_said(p)}" for p in panel.consensus_points]
        head = f"{panel.target}. " if panel.target is not None else ""
        sentences.append(plain(head + "; ".join(parts)) + ".")
    return words.join(*sentences)


def _crowd_said(panel: Panel, n: int) -> str:
    """Many models in one phrase: least and greatest of each number."""
    aucs = [curve.auc for curve in panel.model_curves if curve.auc]
    numbers = [f"AUC {words.spread(aucs)}"] if aucs else []
    if panel.model_points:
        numbers.append(f"sensitivity {words.spread([point.sensitivity for point in panel.model_points])}")
        numbers.append(f"specificity {words.spread([point.specificity for point in panel.model_points])}")
    return f"{words.counted(n, 'model')}: {', '.join(numbers)}"


def _series_parts(picked: Picked, panel: Panel, series: Series, *, named: bool) -> list[str]:
    parts = []
    label = picked.series_label(series)
    means = [f"AUC {text.full(panel.mean_aucs[series])}"] if series in panel.mean_aucs else []
    means += [_said(panel.means[series])] if series in panel.means else []
    if means:
        parts.append(f"{label}, mean: {', '.join(means)}")
    points = [point for point in panel.human_points if series_of(point.sensitivity) == series]
    if named:
        parts += [f"{picked.reader_label(point.sensitivity)}: {_said(point)}" for point in points]
    elif points:
        sensitivity = words.spread([point.sensitivity for point in points])
        specificity = words.spread([point.specificity for point in points])
        number = words.counted(len(points), "reader")
        parts.append(f"{label}, {number}: sensitivity {sensitivity}, specificity {specificity}")
    return parts


def _said(point: Point) -> str:
    return f"sensitivity {text.full(point.sensitivity)}, specificity {text.full(point.specificity)}"
