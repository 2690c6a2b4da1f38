"""What there is to draw in a `Results`, found once and handed to every display."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.figures._palette import Series, Style, consensus_styles, model_styles, series_styles
from readerstudy.results import Results

MANY_MODELS = 8
"""More models than this in one figure are drawn alike, and their numbers are given as a range."""
_BESIDE = ("as-published", "begg-greenes", "inverse-probability", "weighted")
"""Methods whose records stand beside the plain ones, and are shown by tables of their own."""


def main_records(results: Results) -> list[Estimate]:
    """What figures may show: every number once, uncorrected, by the protocol's rule for missing reads.

    A number on which the rule has no bearing (of ratings, of a model) has no rule on its record. Where another rule
    than complete cases is the protocol's, the complete cases stand beside it without a rule: they give way.
    """
    # A method may name its interval after a hyphen.
    found = [e for e in results.estimates if not any(f"{e.method}-".startswith(f"{name}-") for name in _BESIDE)]
    if all(e.missing is None for e in found):
        return found
    rule = (results.protocol.get("missing") or {}).get("reads")
    by_rule = {_without_rule(e) for e in found if e.missing == rule}
    return [e for e in found if e.missing == rule or (e.missing is None and _without_rule(e) not in by_rule)]


def _without_rule(e: Estimate) -> str:
    """What a record is a number of; over all classes the calls of an observer have one threshold, or none."""
    of_calls = e.target is None and not e.measure.startswith("net_benefit")
    return e.replace(missing=None, method=None, threshold=math.nan if of_calls else e.threshold).key


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


class Observer(NamedTuple):
    """Somebody who calls cases: a model, a reader in one modality, or a consensus."""

    name: str
    kind: str
    group: str | None
    modality: str | None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Observer:
        """Who an entry of a table is about."""
        return cls(record["reader"], record["reader_kind"], record["reader_group"], record["modality"])


class Picked:
    """The records of a `Results` by what the displays ask for.

    Parameters
    ----------
    results
        The analysis.
    modality
        The modality that `results` was narrowed to, if it was.
    """

    def __init__(self, results: Results, modality: str | None = None) -> None:
        self.results = results
        self.modality = modality
        self._records: dict[tuple[str, str | None, str, str], list[Estimate]] = defaultdict(list)
        self._means: dict[tuple[str, str | None, str], list[Estimate]] = defaultdict(list)
        self._thresholds: dict[tuple[str, str | None, str], list[Estimate]] = defaultdict(list)
        self._versus: dict[tuple[str, str], list[Estimate]] = defaultdict(list)
        self._by_level: dict[tuple[str, str], list[Estimate]] = defaultdict(list)
        self._people: dict[tuple[str | None, str | None], Observer] = {}
        tasks: dict[str, dict[str, None]] = {name: {} for name in results.protocol["tasks"]}
        models: dict[str, None] = {}
        series: dict[Series, None] = {}
        consensus: dict[Series, None] = {}
        for e in main_records(results):
            if e.task is None or e.reader_kind is None:
                continue
            if e.subgroup is not None or e.versus is not None:
                if e.target is None:
                    (self._versus if e.subgroup is None else self._by_level)[e.task, e.measure].append(e)
                continue
            targets = tasks.setdefault(e.task, {})
            if e.target is not None:
                targets[e.target] = None
            if e.reader is None:
                self._means[e.task, e.target, e.measure].append(e)
                continue
            if e.target is not None and math.isfinite(e.threshold):
                # Beside the calls of all classes, one class held against a threshold of its own.
                self._thresholds[e.task, e.target, e.measure].append(e)
                continue
            self._records[e.task, e.target, e.measure, e.reader_kind].append(e)
            self._people.setdefault(
                (e.reader, e.modality), Observer(e.reader, e.reader_kind, e.reader_group, e.modality)
            )
            if e.reader_kind == "model":
                models[e.reader] = None
            elif e.reader_kind == "human":
                series[e.reader_group, e.modality] = None
            else:
                consensus[e.reader, e.modality] = None
        self._targets = {task: list(found) for task, found in tasks.items()}
        self.models = list(models)
        self.series = self._in_protocol_order(series)
        self.consensus = list(consensus)
        self.model_styles: dict[str, Style] = model_styles(self.models)
        self.series_styles: dict[Series, Style] = series_styles(self.series)
        self.consensus_styles: dict[Series, Style] = consensus_styles(self.consensus)

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

    @property
    def within(self) -> str:
        """``, blur 4``: what follows the name of a task where only one modality is shown."""
        return "" if self.modality is None else f", {self.modality}"

    def by_modality(self, task: str) -> list[Picked]:
        """What is shown apart: each modality where the models of a task have several, else everything together.

        Records and curves without a modality stand in each.
        """
        found = {e.modality: None for key, es in self._records.items() if key[0] == task for e in es}
        of_models = {e.modality for key, es in self._records.items() if (key[0], key[3]) == (task, "model") for e in es}
        if len(of_models - {None}) < 2:
            return [self]
        order = list(self.results.flow.get("modalities") or ())
        names = sorted(
            (name for name in found if name is not None),
            key=lambda name: order.index(name) if name in order else len(order),
        )
        return [self._narrowed(name) for name in names]

    def _narrowed(self, modality: str) -> Picked:
        kept = (None, modality)
        narrowed = dataclasses.replace(
            self.results,
            estimates=tuple(e for e in self.results.estimates if e.modality in kept),
            curves={key: curve for key, curve in self.results.curves.items() if curve["modality"] in kept},
        )
        return Picked(narrowed, modality)

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
        if kind != "human":
            return list(found.values())
        place = {series: i for i, series in enumerate(self.series)}
        return sorted(found.values(), key=lambda e: place[series_of(e)])

    def means(self, task: str, target: str | None, measure: str) -> dict[Series, Estimate]:
        """The means of the groups; the mean over all readers only where there are no groups."""
        means: dict[Series, Estimate] = {}
        for mean in self._means[task, target, measure]:
            means.setdefault((mean.reader_group, mean.modality), mean)
        return {series: e for series in self.series if (e := means.get((series[0] or ALL_READERS, series[1])))}

    def points(self, task: str, target: str | None, kind: str) -> list[Point]:
        """Sensitivity with specificity of every reader of a kind who has both."""
        other = {(e.reader, e.modality): e for e in self.records(task, target, "specificity", kind)}
        return [
            Point(e, other[e.reader, e.modality])
            for e in self.records(task, target, "sensitivity", kind)
            if (e.reader, e.modality) in other
        ]

    def mean_curves(self, task: str, target: str | None) -> dict[Series, tuple[list[float], list[float]]]:
        """False positive rate and mean sensitivity along the average ROC curve of each group of readers."""
        found: dict[Series, tuple[list[float], list[float]]] = {}
        for row in self.results.tables.get("mean_curves", []):
            if (row["task"], row["target"]) == (task, target):
                rates = [1 - specificity for specificity in row["specificity"]]
                found[row["reader_group"], row["modality"]] = (rates, row["sensitivity"])
        return {series: found[of] for series in self.series if (of := (series[0] or ALL_READERS, series[1])) in found}

    def mean_points(self, task: str, target: str | None) -> dict[Series, Point]:
        """Mean sensitivity with mean specificity by series; a mean of one reader would hide that reader."""
        other = self.means(task, target, "specificity")
        means = self.means(task, target, "sensitivity")
        return {series: Point(e, other[series]) for series, e in means.items() if series in other and e.n_readers != 1}

    def thresholds(self, task: str, target: str | None) -> list[Point]:
        """Sensitivity with specificity of the calls that a threshold of this one class makes."""
        other = {(e.reader, e.modality, e.threshold): e for e in self._thresholds[task, target, "specificity"]}
        return [
            Point(e, other[e.reader, e.modality, e.threshold])
            for e in self._thresholds[task, target, "sensitivity"]
            if (e.reader, e.modality, e.threshold) in other
        ]

    def every(self, task: str, measure: str, kind: str) -> list[Estimate]:
        """As `records` over all classes, but with the record of each threshold and method."""
        return list(self._records[task, None, measure, kind])

    def versus(self, task: str, measure: str, kind: str) -> list[Estimate]:
        """What compares single observers over all classes and all cases.

        `kind` is what with: ``"reader"``, ``"truth"``, ``"modality"`` (each with itself) or ``"group"`` (the mean of
        its readers).
        """
        return [e for e in self._versus[task, measure] if e.versus_kind == kind and e.reader is not None]

    def mean_versus(self, task: str, measure: str) -> list[Estimate]:
        """What compares the mean of a group of readers in one modality with that in another."""
        return [e for e in self._versus[task, measure] if e.versus_kind == "modality" and e.reader is None]

    def by_level(self, task: str, measure: str, kind: str) -> list[Estimate]:
        """What compares single observers with others of a `kind`, as `versus` does, within the levels of a column.

        The comparison of two levels with each other is another matter, and is not among them.
        """
        return [e for e in self._by_level[task, measure] if e.versus_kind == kind and e.reader is not None]

    def person(self, name: str | None, modality: str | None) -> Observer | None:
        """Whoever of that name has a number in that modality, or has one in none."""
        return self._people.get((name, modality)) or self._people.get((name, None))

    @property
    def humans(self) -> list[tuple[str | None, str | None]]:
        """The readers by name and modality, series after series."""
        people = [(key, who) for key, who in self._people.items() if who.kind == "human"]
        return [key for key, who in sorted(people, key=lambda found: self.place(found[1]))]

    def endpoints(self, e: Estimate) -> list[Mapping[str, Any]]:
        """The endpoints of the protocol that a record answers."""
        return [entry for entry in self.results.tables.get("endpoints", ()) if entry.get("key") == e.key]

    def observers(self, task: str) -> list[Observer]:
        """Everybody whose accuracy in a task is on record: models, readers by series, consensus."""
        found = [e for kind in ("model", "human", "consensus") for e in self.records(task, None, "accuracy", kind)]
        return [Observer(str(e.reader), str(e.reader_kind), e.reader_group, e.modality) for e in found]

    def is_binary(self, task: str) -> bool:
        """Whether a task asks for positive or negative; its classes then stand negative first."""
        return self.results.protocol["tasks"].get(task, {}).get("kind") in ("binary", "group")

    @property
    def alpha(self) -> float:
        """Significance level of the protocol."""
        return float(self.results.protocol.get("study", {}).get("alpha", 0.05))

    @property
    def significant_sign(self) -> str:
        """``<``, or ``≤`` where the protocol counts P = alpha as significant."""
        return "≤" if self.results.protocol.get("study", {}).get("significant") == "<=" else "<"

    def significant(self, e: Estimate) -> bool:
        """Whether the P-value of a record is significant by the protocol."""
        return e.p_value < self.alpha or (e.p_value == self.alpha and self.significant_sign == "≤")

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
        """The confusion matrices of a task: models, readers by series, consensus."""
        entries = [c for c in self.results.confusion if c["task"] == task]
        return sorted(entries, key=lambda c: self.place(Observer.of(c)))

    def place(self, observer: Observer) -> tuple[int, int]:
        """Sorts observers: models, readers by series, consensus."""
        kinds = {"model": 0, "human": 1}
        series = observer.group, observer.modality
        within = self.series.index(series) if series in self.series else len(self.series)
        return kinds.get(observer.kind, 2), within if observer.kind == "human" else 0

    def series_label(self, series: Series) -> str:
        """``Residents, aided``: the modality only where there are several."""
        group, modality = series
        name = "Readers" if group is None else group
        return f"{name}, {modality or 'no modality'}" if self.several_modalities else name

    def reader_label(self, e: Estimate) -> str:
        """``R1 (residents, aided)``: a reader by name, with what sets the name apart."""
        return self.observer_label(Observer(str(e.reader), str(e.reader_kind), e.reader_group, e.modality))

    def observer_label(self, observer: Observer) -> str:
        """As `reader_label`."""
        if observer.kind == "model" or self.series == [(None, None)]:
            return observer.name
        parts = [observer.group or "", (observer.modality or "") if self.several_modalities else ""]
        inside = ", ".join(part for part in parts if part)
        return f"{observer.name} ({inside})" if inside else observer.name

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
