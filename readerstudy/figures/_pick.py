"""What there is to draw in a `Results`, found once and handed to every display."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from readerstudy.estimate import Estimate
from readerstudy.figures._palette import Series, Style, model_styles, series_styles
from readerstudy.results import Results

ALL_READERS = "all readers"
"""Name of the group of a mean over all human readers."""


class Point(NamedTuple):
    """A sensitivity and a specificity of the same calls."""

    sensitivity: Estimate
    specificity: Estimate

    @property
    def drawn(self) -> bool:
        """False where one of the two is undefined."""
        return math.isfinite(self.sensitivity.estimate) and math.isfinite(self.specificity.estimate)

    def distance(self, other: Point) -> float:
        """Distance on the ROC plane."""
        return math.hypot(
            self.sensitivity.estimate - other.sensitivity.estimate,
            self.specificity.estimate - other.specificity.estimate,
        )


class Curve(NamedTuple):
    """A ROC curve and the AUC that belongs to it, where `Results` holds one."""

    reader: str
    series: Series
    false_positive: list[float]
    sensitivity: list[float]
    auc: Estimate | None


class Picked:
    """The records of a `Results` by what the displays ask for.

    Parameters
    ----------
    results
        The analysis.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self._records: dict[tuple[str, str | None, str, str], list[Estimate]] = defaultdict(list)
        self._means: dict[tuple[str, str | None, str], list[Estimate]] = defaultdict(list)
        tasks: dict[str, dict[str, None]] = {name: {} for name in results.protocol["tasks"]}
        models: dict[str, None] = {}
        series: dict[Series, None] = {}
        for e in results.estimates:
            if e.task is None or e.reader_kind is None or e.subgroup is not None or e.versus is not None:
                continue
            targets = tasks.setdefault(e.task, {})
            if e.target is not None:
                targets[e.target] = None
            if e.reader is None:
                if e.method == "mean":
                    self._means[e.task, e.target, e.measure].append(e)
                continue
            self._records[e.task, e.target, e.measure, e.reader_kind].append(e)
            if e.reader_kind == "model":
                models[e.reader] = None
            elif e.reader_kind == "human":
                series[e.reader_group, e.modality] = None
        self._targets = {task: list(found) for task, found in tasks.items()}
        self.models = list(models)
        self.series = self._in_protocol_order(series)
        self.model_styles: dict[str, Style] = model_styles(self.models)
        self.series_styles: dict[Series, Style] = series_styles(self.series)

    @property
    def tasks(self) -> list[str]:
        """The tasks in the order of the protocol."""
        return list(self._targets)

    @property
    def modalities(self) -> list[str | None]:
        """The modalities in which readers read, in the order of the analysis; ``[None]`` where it names none."""
        order = list(self.results.flow.get("modalities") or ())
        found = dict.fromkeys(modality for _, modality in self.series)
        return sorted(found, key=lambda name: order.index(name) if name in order else len(order))

    @property
    def several_modalities(self) -> bool:
        """Whether readers read in more than one modality."""
        return len(self.modalities) > 1

    def targets(self, task: str) -> list[str | None]:
        """The classes of a task of several classes in the order of the protocol; ``[None]`` for a binary task."""
        found = self._targets.get(task, [])
        order = {name: i for i, name in enumerate(self.results.protocol["tasks"].get(task, {}).get("classes") or ())}
        return [*sorted(found, key=lambda name: order.get(name, len(order)))] or [None]

    def records(self, task: str, target: str | None, measure: str, kind: str) -> list[Estimate]:
        """One measure of every reader of a kind, one record for each reader and modality."""
        found: dict[tuple[str | None, str | None], Estimate] = {}
        for e in self._records[task, target, measure, kind]:
            found.setdefault((e.reader, e.modality), e)
        if kind == "model":
            return list(found.values())
        place = {series: i for i, series in enumerate(self.series)}
        return sorted(found.values(), key=lambda e: place[series_of(e)])

    def means(self, task: str, target: str | None, measure: str) -> dict[Series, Estimate]:
        """The means of the groups; the mean over all readers only where there are no groups."""
        means = {(e.reader_group, e.modality): e for e in self._means[task, target, measure]}
        return {series: e for series in self.series if (e := means.get((series[0] or ALL_READERS, series[1])))}

    def points(self, task: str, target: str | None, kind: str) -> list[Point]:
        """Sensitivity with specificity of every reader of a kind who has both."""
        other = {(e.reader, e.modality): e for e in self.records(task, target, "specificity", kind)}
        return [
            Point(e, other[e.reader, e.modality])
            for e in self.records(task, target, "sensitivity", kind)
            if (e.reader, e.modality) in other
        ]

    def mean_points(self, task: str, target: str | None) -> dict[Series, Point]:
        """Mean sensitivity with mean specificity by series; a mean of one reader would hide that reader."""
        other = self.means(task, target, "specificity")
        means = self.means(task, target, "sensitivity")
        return {series: Point(e, other[series]) for series, e in means.items() if series in other and e.n_readers != 1}

    def curves(self, task: str, target: str | None, kind: str) -> list[Curve]:
        """The ROC curves of every reader of a kind."""
        found = []
        for key, curve in self.results.curves.items():
            if (curve["task"], curve["target"], curve["reader_kind"]) == (task, target, kind):
                found.append(
                    Curve(
                        curve["reader"],
                        (curve["reader_group"], curve["modality"]),
                        [1 - value for value in curve["specificity"]],
                        list(curve["sensitivity"]),
                        self.results.by_key.get(key),
                    )
                )
        return found

    def confusion(self, task: str) -> list[Mapping[str, Any]]:
        """The confusion matrices of a task: models first, then readers by series."""
        place = {series: i for i, series in enumerate(self.series)}
        entries = [c for c in self.results.confusion if c["task"] == task]
        return sorted(
            entries,
            key=lambda c: (c["reader_kind"] != "model", place.get((c["reader_group"], c["modality"]), len(place))),
        )

    def series_label(self, series: Series) -> str:
        """``Residents, aided``: the modality only where there are several."""
        group, modality = series
        name = "Readers" if group is None else group
        return f"{name}, {modality or 'no modality'}" if self.several_modalities else name

    def reader_label(self, e: Estimate) -> str:
        """``R1 (residents, aided)``: a reader by name, with what sets the name apart."""
        name = str(e.reader)
        if e.reader_kind != "human" or self.series == [(None, None)]:
            return name
        parts = [e.reader_group or "", (e.modality or "") if self.several_modalities else ""]
        inside = ", ".join(part for part in parts if part)
        return f"{name} ({inside})" if inside else name

    def _in_protocol_order(self, series: Iterable[Series]) -> list[Series]:
        groups = list(self.results.protocol.get("readers", {}).get("groups") or ())
        modalities = list(self.results.flow.get("modalities") or ())

        def place(one: Series) -> tuple[int, int]:
            group, modality = one
            return (
                groups.index(group) if group in groups else len(groups),
                modalities.index(modality) if modality in modalities else len(modalities),
            )

        return sorted(series, key=place)


def series_of(e: Estimate) -> Series:
    """The series that a human reader's record belongs to."""
    return e.reader_group, e.modality
