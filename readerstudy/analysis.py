"""`evaluate`: a Study to Results. Which statistic is computed for whom is decided here and nowhere else."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy._version import __version__
from readerstudy.estimate import Estimate
from readerstudy.measures import METHOD_NAMES
from readerstudy.results import Results
from readerstudy.stats import agreement, diagnostic, paired, roc
from readerstudy.study import Codes, Floats, Study, Task

ALL_READERS = "all readers"
_MEANS = ("accuracy", "sensitivity", "specificity", "auc")
_PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "typst")
Bools = npt.NDArray[np.bool_]


def evaluate(study: Study, *, rng: np.random.Generator | int | None = None) -> Results:
    """Every number of the protocol: each model and reader against the truth, and against each other.

    For each task and each model and reader: AUC, sensitivity, specificity, PPV, NPV, accuracy and likelihood ratios
    (each class against the rest in a task of several classes), overall accuracy, Cohen's kappa with the truth, the
    confusion matrix and the ROC curve. Between models, and between models and readers: paired differences of AUC
    (DeLong) and of sensitivity, specificity and accuracy (McNemar). Between all pairs: kappa. For groups of readers:
    means, without an interval, because an average of readers is not a call.

    Parameters
    ----------
    study
        From `Study.read`.
    rng
        NumPy Generator or seed for resampling; None takes the protocol's seed.

    Returns
    -------
    Results

    Notes
    -----
    Each number uses the cases that its reader (or both readers of a pair) read and whose truth is known. Cases are
    taken as independent, also when several come from one patient; a warning says so.
    """
    generator = np.random.default_rng(study.protocol.seed if rng is None else rng)
    found = _Findings(study, generator)
    for task in study.tasks.values():
        found.analyse(task)
    return Results(
        estimates=tuple(found.estimates),
        curves=found.curves,
        confusion=tuple(found.confusion),
        tables={"readers": found.readers, "classes": found.classes},
        flow=study.flow,
        warnings=(*study.warnings, *found.warnings),
        protocol=_protocol(study),
        provenance=_provenance(study),
    )


@dataclasses.dataclass(frozen=True)
class _Observer:
    """A model, or a reader in one modality, before one task."""

    name: str
    kind: str
    group: str | None
    modality: str | None
    calls: Codes
    scores: Floats
    threshold: float | None

    def identity(self) -> dict[str, Any]:
        return {
            "reader": self.name,
            "reader_kind": self.kind,
            "reader_group": self.group,
            "modality": self.modality,
        }

    @property
    def read(self) -> Bools:
        """The cases it gave a call or a score."""
        scored = ~np.isnan(self.scores)
        return (self.calls >= 0) | (scored if scored.ndim == 1 else scored.all(axis=1))

    def score_of(self, target: int | None) -> Floats:
        """Score of a binary task, or the probability of one class."""
        return self.scores if target is None else self.scores[:, target]


class _Findings:
    """What has been found so far; one method a family of statistics."""

    def __init__(self, study: Study, rng: np.random.Generator) -> None:
        self.study = study
        self.plan = study.protocol
        self.rng = rng
        self.estimates: list[Estimate] = []
        self.curves: dict[str, dict[str, Any]] = {}
        self.confusion: list[dict[str, Any]] = []
        self.readers: list[dict[str, Any]] = []
        self.classes: list[dict[str, Any]] = []
        self.warnings: list[str] = []

    def analyse(self, task: Task) -> None:
        truth = self.study.truth(task.name)
        observers = list(self._observers(task))
        self._count_classes(task, truth)
        first = len(self.estimates)
        for one in observers:
            self._count_reads(task, truth, one)
            self._performance(task, truth, one)
            self._areas(task, truth, one)
            self._agreement(task, one, truth, None)
            self._confusion(task, truth, one)
        self._means(task, self.estimates[first:])
        for one, other in self._pairs(observers):
            if one.kind == "model":
                self._area_differences(task, truth, one, other)
                self._call_differences(task, truth, one, other)
            self._agreement(task, one, other.calls, other)

    # --- who --------------------------------------------------------------------------------------------------------

    def _observers(self, task: Task) -> Iterator[_Observer]:
        """Models first, then readers by modality."""
        study = self.study
        calls, scores = study.model_calls(task.name), study.model_scores(task.name)
        for i, name in enumerate(study.models):
            one = _Observer(name, "model", None, None, calls[i], scores[i], task.threshold)
            if one.read.any():
                yield one
        calls, scores = study.human_calls(task.name), study.human_scores(task.name)
        labels = study.human_reads[task.name].labels
        for m, modality in enumerate(study.modalities if study.readers else ()):
            for j, name in enumerate(study.readers):
                by_threshold = task.positive is not None and not (labels[m, j] >= 0).any()
                one = _Observer(
                    name,
                    "human",
                    study.groups.get(name),
                    modality,
                    calls[m, j],
                    scores[m, j],
                    self.plan.threshold if by_threshold else None,
                )
                if one.read.any():
                    yield one

    @staticmethod
    def _pairs(observers: list[_Observer]) -> Iterator[tuple[_Observer, _Observer]]:
        """Every two of them that can be compared: a model with all that follow, readers within a modality."""
        for i, one in enumerate(observers):
            for other in observers[i + 1 :]:
                if one.kind == "model" or one.modality == other.modality:
                    yield one, other

    # --- numbers ------------------------------------------------------------------------------------------------------

    def _add(self, task: Task, used: Bools, estimates: Iterator[Estimate] | list[Estimate], **identity: Any) -> None:
        patients = self.study.patients
        n_patients = None if patients is None else len(np.unique(patients[used]))
        for e in estimates:
            self.estimates.append(e.replace(task=task.name, n_patients=n_patients, **identity))

    @staticmethod
    def _targets(task: Task) -> list[tuple[int | None, str | None]]:
        """The one-vs-rest targets of a task, or the one target of a binary task."""
        if task.positive is not None:
            return [(None, None)]
        return list(enumerate(task.classes))

    def _performance(self, task: Task, truth: Codes, one: _Observer) -> None:
        used = (truth >= 0) & (one.calls >= 0)
        if not used.any():
            return
        options: dict[str, Any] = {"method": self.plan.methods["proportion"], "conf_level": self.plan.conf_level}
        if task.positive is None:
            overall = diagnostic.accuracy(truth[used], one.calls[used], **options)
            self._add(task, used, [overall], **one.identity())
        for code, target in self._targets(task):
            positive = 1 if code is None else code
            table = diagnostic.counts(truth[used] == positive, one.calls[used] == positive)
            threshold = one.threshold if code is None else None
            self._add(
                task,
                used,
                diagnostic.diagnostic_counts(*table, **options),
                target=target,
                threshold=threshold,
                **one.identity(),
            )

    def _areas(self, task: Task, truth: Codes, one: _Observer) -> None:
        for code, target in self._targets(task):
            if code is not None and one.scores.ndim == 1:
                return  # a reader's label of several classes has no score
            score = one.score_of(code)
            used = (truth >= 0) & ~np.isnan(score)
            if not used.any():
                continue
            positive = truth[used] == (1 if code is None else code)
            area = roc.auc(
                positive,
                score[used],
                method=self.plan.methods["auc"],
                conf_level=self.plan.conf_level,
                n_boot=self.plan.bootstrap,
                rng=self.rng,
            )
            self._add(task, used, [area], target=target, **one.identity())
            area = self.estimates[-1]
            if area.estimate < 0.5:
                whose = " ".join(filter(None, (one.name, one.modality, target and f"for {target}")))
                self.warnings.append(
                    f"Task {task.name}: the AUC of {whose} is below 0.5. Scores are never flipped: higher must mean "
                    "more suspicious."
                )
            if positive.any() and not positive.all():
                self._curve(task, target, one, area.key, roc.thin(roc.curve(positive, score[used])))

    def _curve(self, task: Task, target: str | None, one: _Observer, key: str, points: roc.Curve) -> None:
        thresholds: list[float | None] = points.threshold.tolist()
        self.curves[key] = {
            "task": task.name,
            "target": target,
            **one.identity(),
            "threshold": [t if t is not None and np.isfinite(t) else None for t in thresholds],
            "sensitivity": points.sensitivity.tolist(),
            "specificity": points.specificity.tolist(),
        }

    def _area_differences(self, task: Task, truth: Codes, one: _Observer, other: _Observer) -> None:
        for code, target in self._targets(task):
            if code is not None and (one.scores.ndim == 1 or other.scores.ndim == 1):
                return
            first, second = one.score_of(code), other.score_of(code)
            used = (truth >= 0) & ~np.isnan(first) & ~np.isnan(second)
            if not used.any():
                continue
            difference = roc.compare_auc(
                truth[used] == (1 if code is None else code),
                first[used],
                second[used],
                conf_level=self.plan.conf_level,
            )
            self._add(task, used, [difference], target=target, **self._versus(one, other))

    def _call_differences(self, task: Task, truth: Codes, one: _Observer, other: _Observer) -> None:
        both = (truth >= 0) & (one.calls >= 0) & (other.calls >= 0)
        if not both.any():
            return
        if task.positive is None:
            self._paired(task, "accuracy", None, both, one.calls == truth, other.calls == truth, one, other)
        for code, target in self._targets(task):
            positive = 1 if code is None else code
            is_positive = truth == positive
            first, second = one.calls == positive, other.calls == positive
            self._paired(task, "sensitivity", target, both & is_positive, first, second, one, other)
            self._paired(task, "specificity", target, both & ~is_positive, ~first, ~second, one, other)
            self._paired(task, "accuracy", target, both, first == is_positive, second == is_positive, one, other)

    def _paired(
        self,
        task: Task,
        measure: str,
        target: str | None,
        used: Bools,
        first: Bools,
        second: Bools,
        one: _Observer,
        other: _Observer,
    ) -> None:
        """Interval of a paired difference, and McNemar's test of it; where the two disagree about 0 a note says so."""
        interval = paired.paired_difference(
            first[used], second[used], method=self.plan.methods["paired_interval"], conf_level=self.plan.conf_level
        )
        name = self.plan.methods["paired"]
        test = paired.mcnemar(first[used], second[used], method=name.removeprefix("mcnemar-"))
        note = test.note if interval.note is None else interval.note
        excludes_0 = interval.conf_low > 0 or interval.conf_high < 0
        if np.isfinite(test.p_value) and excludes_0 != (test.p_value < 1 - self.plan.conf_level):
            which = f"the {METHOD_NAMES[interval.method or '']} interval"
            side = ("excludes 0 although", "at or above") if excludes_0 else ("includes 0 although", "below")
            note = f"{which} {side[0]} the P-value of the {METHOD_NAMES[name]} test is {side[1]} the level"
        difference = interval.replace(
            measure=f"{measure}_difference",
            statistic=test.statistic,
            df=test.df,
            p_value=test.p_value,
            null=0.0,
            test_method=name,
            note=note,
        )
        self._add(task, used, [difference], target=target, **self._versus(one, other))

    def _agreement(self, task: Task, one: _Observer, others: Codes, other: _Observer | None) -> None:
        """Kappa with another reader, or with the truth when `other` is None."""
        used = (one.calls >= 0) & (others >= 0)
        if not used.any():
            return
        name = self.plan.methods["agreement_weights"]
        size = len(task.classes)
        kappa = agreement.kappa_of_table(
            diagnostic.cross_counts(one.calls[used], others[used], size, size),
            weights=None if name == "none" else name,
            conf_level=self.plan.conf_level,
        )
        identity = one.identity() | {"versus": "truth", "versus_kind": "truth"}
        self._add(task, used, [kappa], **(identity if other is None else self._versus(one, other)))

    @staticmethod
    def _versus(one: _Observer, other: _Observer) -> dict[str, Any]:
        return {
            **one.identity(),
            "modality": one.modality or other.modality,
            "versus": other.name,
            "versus_kind": "reader",
        }

    def _means(self, task: Task, estimates: list[Estimate]) -> None:
        """Means over the readers of each group, in each modality."""
        study = self.study
        groups = {group: [r for r in study.readers if study.groups.get(r) == group] for group in study.groups.values()}
        if ALL_READERS not in groups and list(groups.values()) != [list(study.readers)]:
            groups[ALL_READERS] = list(study.readers)
        wanted = [e for e in estimates if e.reader_kind == "human" and e.measure in _MEANS]
        targets: list[str | None] = [None, *(target for _, target in self._targets(task) if target is not None)]
        for modality in study.modalities:
            for group, members in groups.items():
                for target in targets:
                    for measure in _MEANS:
                        parts = [
                            e
                            for e in wanted
                            if (e.measure, e.target, e.modality) == (measure, target, modality)
                            and e.reader in members
                            and np.isfinite(e.estimate)
                        ]
                        if parts:
                            self.estimates.append(_mean(parts, group))

    # --- counts -------------------------------------------------------------------------------------------------------

    def _confusion(self, task: Task, truth: Codes, one: _Observer) -> None:
        used = (truth >= 0) & (one.calls >= 0)
        if used.any():
            size = len(task.classes)
            table = diagnostic.cross_counts(truth[used], one.calls[used], size, size)
            self.confusion.append(
                {
                    "task": task.name,
                    "target": None,
                    **one.identity(),
                    "classes": list(task.classes),
                    "columns": list(task.classes),
                    "counts": table.tolist(),
                }
            )

    def _count_classes(self, task: Task, truth: Codes) -> None:
        for code, name in enumerate(task.classes):
            positive = None if task.positive is None else code == 1
            n = int((truth == code).sum())
            self.classes.append({"task": task.name, "class": name, "n_cases": n, "positive": positive})
            if n < 2:
                self.warnings.append(f"Task {task.name}: {n or 'no'} case{'' if n == 1 else 's'} of class {name}.")

    def _count_reads(self, task: Task, truth: Codes, one: _Observer) -> None:
        n_read = int((one.read & (truth >= 0)).sum())
        self.readers.append(
            {
                "task": task.name,
                **one.identity(),
                "n_read": n_read,
                "n_missing": int((truth >= 0).sum()) - n_read,
            }
        )


def _mean(parts: list[Estimate], group: str) -> Estimate:
    first = parts[0]
    return Estimate(
        measure=first.measure,
        method="mean",
        task=first.task,
        target=first.target,
        reader_kind="human",
        reader_group=group,
        modality=first.modality,
        threshold=first.threshold,
        estimate=float(np.mean([e.estimate for e in parts])),
        n_readers=len(parts),
        n_cases=max(e.n_cases or 0 for e in parts),
    )


def _protocol(study: Study) -> dict[str, Any]:
    plan = study.protocol.to_dict()
    maps = {task.name: task.map for task in study.protocol.tasks}
    truths = {task.name: task.truth for task in study.protocol.tasks}
    plan["tasks"] = {
        name: {
            "kind": task.kind,
            "from": task.source if task.kind == "group" else None,
            "classes": list(task.labels),
            "positive": None if task.positive is None else list(task.positive),
            "threshold": task.threshold,
            "map": dict(maps.get(name, {})),
            "truth": truths.get(task.source, "truth"),
        }
        for name, task in study.tasks.items()
    }
    groups: dict[str, list[str]] = {}
    for reader in study.readers:
        if reader in study.groups:
            groups.setdefault(study.groups[reader], []).append(reader)
    plan["readers"]["groups"] = groups
    return plan


def _provenance(study: Study) -> dict[str, Any]:
    inputs = [dict(entry) for entry in study.inputs]
    if study.protocol.sha256 is not None and study.protocol.file is not None:
        name = study.protocol.file.replace("\\", "/").rsplit("/", 1)[-1]
        inputs.append({"role": "protocol", "name": name, "sha256": study.protocol.sha256, "rows": None})
    return {
        "readerstudy": __version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "packages": {name: version(name) for name in _PACKAGES},
        "seed": study.protocol.seed,
        "inputs": inputs,
    }
