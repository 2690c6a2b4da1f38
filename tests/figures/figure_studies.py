"""Three small studies as `Results`, built without the analysis: what is drawn is known here to the last count."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

from readerstudy.estimate import Estimate
from readerstudy.results import Results

CLASSES = ["cyst", "haemangioma", "FNH", "abscess", "HCC", "ICC", "metastasis"]
MALIGNANT = ["HCC", "ICC", "metastasis"]
GROUPS = {"residents": ["R1", "R2"], "general": ["R3", "R4"], "academic": ["R5", "R6"]}


def proportion(measure: str, count: int, total: int, **identity: Any) -> Estimate:
    """A proportion with Wilson's interval."""
    if not total:
        return Estimate(measure=measure, method="wilson", count=0, total=0, note="no case of this kind", **identity)
    p, z = count / total, 1.959964
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return Estimate(
        measure=measure,
        method="wilson",
        estimate=p,
        conf_low=max(0.0, middle - half),
        conf_high=min(1.0, middle + half),
        conf_level=0.95,
        count=count,
        total=total,
        **identity,
    )


class Builder:
    """Collects the parts of a `Results`."""

    def __init__(self, tasks: dict[str, Any], seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.tasks = tasks
        self.estimates: list[Estimate] = []
        self.curves: dict[str, Any] = {}
        self.confusion: list[dict[str, Any]] = []

    def calls(self, truth: list[str], skill: float, classes: list[str]) -> list[str]:
        return [t if self.random.random() < skill else self.random.choice(classes) for t in truth]

    def matrix(self, task: str, truth: list[str], calls: list[str], classes: list[str], who: dict[str, Any]) -> None:
        """Confusion matrix and accuracy of the whole task, and sensitivity with specificity of each class."""
        pairs = list(zip(truth, calls, strict=True))
        counts = [[pairs.count((t, c)) for c in classes] for t in classes]
        self.confusion.append(
            {"task": task, "target": None, **who, "classes": classes, "columns": classes, "counts": counts}
        )
        n = len(truth)
        right = sum(t == c for t, c in pairs)
        self.estimates.append(proportion("accuracy", right, n, task=task, n_cases=n, **who))
        targets = [(None, classes[1])] if len(classes) == 2 else [(name, name) for name in classes]
        for target, positive in targets:
            of = [c == positive for t, c in pairs if t == positive]
            others = [c != positive for t, c in pairs if t != positive]
            shared = {"task": task, "target": target, "n_cases": n, **who}
            self.estimates.append(proportion("sensitivity", sum(of), len(of), **shared))
            self.estimates.append(proportion("specificity", sum(others), len(others), **shared))

    def curve(self, task: str, target: str | None, who: dict[str, Any], truth: list[bool], skill: float) -> None:
        """A ROC curve from normal scores, with its AUC and a made-up interval."""
        scores = [self.random.gauss(skill if positive else 0.0, 1.0) for positive in truth]
        n1 = sum(truth)
        n0 = len(truth) - n1
        points = [(0.0, 1.0, None)]
        for threshold in sorted(set(scores), reverse=True):
            called = [score >= threshold for score in scores]
            hit = sum(c and t for c, t in zip(called, truth, strict=True))
            false = sum(called) - hit
            points.append((hit / n1, 1 - false / n0, threshold))
        steps = itertools.pairwise(points)
        area = sum((a[1] - b[1]) * (a[0] + b[0]) / 2 for a, b in steps)
        auc = Estimate(
            measure="auc",
            method="delong",
            task=task,
            target=target,
            estimate=area,
            conf_low=max(0.0, area - 0.04),
            conf_high=min(1.0, area + 0.03),
            conf_level=0.95,
            n_cases=len(truth),
            **who,
        )
        self.estimates.append(auc)
        self.curves[auc.key] = {
            "task": task,
            "target": target,
            **who,
            "threshold": [p[2] for p in points],
            "sensitivity": [p[0] for p in points],
            "specificity": [p[1] for p in points],
        }

    def group_means(self) -> None:
        """The mean of every measure over the readers of a group, and over all of them."""
        found: dict[tuple[Any, ...], list[Estimate]] = {}
        for e in self.estimates:
            if e.reader_kind == "human" and e.measure in ("sensitivity", "specificity", "accuracy", "auc"):
                for group in dict.fromkeys((e.reader_group, "all readers")):
                    if group is not None:
                        found.setdefault((e.measure, e.task, e.target, group, e.modality), []).append(e)
        for (measure, task, target, group, modality), members in found.items():
            known = [e.estimate for e in members if not math.isnan(e.estimate)]
            self.estimates.append(
                Estimate(
                    measure=measure,
                    method="mean",
                    task=task,
                    target=target,
                    reader_kind="human",
                    reader_group=group,
                    modality=modality,
                    estimate=sum(known) / len(known) if known else math.nan,
                    n_readers=len(members),
                )
            )

    def results(self, groups: dict[str, list[str]] | None = None, modalities: tuple[str, ...] = ()) -> Results:
        return Results(
            estimates=tuple(self.estimates),
            curves=self.curves,
            confusion=tuple(self.confusion),
            tables={"readers": [], "classes": []},
            flow={"modalities": list(modalities)},
            warnings=(),
            protocol={"tasks": self.tasks, "readers": {"groups": groups or {}}},
            provenance={},
        )


def person(name: str, group: str | None = None, modality: str | None = None) -> dict[str, Any]:
    return {"reader": name, "reader_kind": "human", "reader_group": group, "modality": modality}


def machine(name: str) -> dict[str, Any]:
    return {"reader": name, "reader_kind": "model", "reader_group": None, "modality": None}


def several_classes(
    classes: list[str],
    models: dict[str, float],
    groups: dict[str, list[str]],
    *,
    task: str = "seven-way",
    binary: str = "malignant",
    positive: list[str] | None = None,
) -> Results:
    """A task of several classes and, of the same calls, a binary one: `models` by skill, readers by group."""
    positive = MALIGNANT if positive is None else positive
    tasks: dict[str, Any] = {task: {"kind": "classes", "classes": classes}}
    if positive:
        tasks[binary] = {"kind": "group", "classes": ["benign", "malignant"], "positive": positive}
    build = Builder(tasks)
    truth = [classes[i % len(classes)] for i in range(16 * len(classes))]
    malignant = [t in positive for t in truth]

    def two(names: list[str]) -> list[str]:
        return ["malignant" if name in positive else "benign" for name in names]

    def read(who: dict[str, Any], skill: float) -> None:
        calls = build.calls(truth, skill, classes)
        build.matrix(task, truth, calls, classes, who)
        if positive:
            build.matrix(binary, two(truth), two(calls), ["benign", "malignant"], who)

    for name, skill in models.items():
        who = machine(name)
        read(who, skill)
        for target in classes:
            build.curve(task, target, who, [t == target for t in truth], 3 * skill)
        if positive:
            build.curve(binary, None, who, malignant, 3 * skill)
    for i, (group, names) in enumerate(groups.items()):
        for j, name in enumerate(names):
            read(person(name, group), 0.55 + 0.1 * i + 0.04 * j)
    build.group_means()
    return build.results(groups)


def two_modalities() -> Results:
    """Five readers who rated every case twice, without and with the model; one task, no model."""
    build = Builder({"lesion": {"kind": "binary", "classes": ["absent", "present"]}}, seed=3)
    truth = [i % 5 < 2 for i in range(100)]
    named = ["present" if t else "absent" for t in truth]
    for modality, gain in (("unaided", 0.0), ("aided", 0.12)):
        for i in range(5):
            who = person(f"Reader {i + 1}", None, modality)
            calls = build.calls(named, 0.55 + 0.06 * i + gain, ["absent", "present"])
            build.matrix("lesion", named, calls, ["absent", "present"], who)
            build.curve("lesion", None, who, truth, 1.2 + 0.2 * i + 4 * gain)
    build.group_means()
    return build.results(modalities=("unaided", "aided"))
