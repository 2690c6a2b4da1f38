"""Each observer against the truth: the diagnostic table, the ROC curve and the area under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from readerstudy.analysis.findings import Bools, Findings, positive_code, targets
from readerstudy.analysis.observers import Observer
from readerstudy.estimate import Estimate
from readerstudy.stats import diagnostic, indices, prevalence, roc, target_prevalence
from readerstudy.stats.thresholds import youden
from readerstudy.task import Task

_INDICES = (indices.balanced_accuracy, indices.youden, indices.dor, indices.f1, indices.mcc)
_OPTIMISTIC = "threshold chosen on these cases by Youden's index: optimistic"


def performance(found: Findings, task: Task, one: Observer) -> None:
    """Accuracy of the task, and the diagnostic table of each target."""
    used = (one.truth >= 0) & (one.calls >= 0)
    if not used.any():
        return
    truth, calls = one.truth[used], one.calls[used]
    options: dict[str, Any] = {"method": found.plan.methods["proportion"], "conf_level": found.plan.conf_level}
    options["patients"] = found.patients_of(used)
    if task.positive is None:
        found.add(task, used, [diagnostic.accuracy(truth, calls, **options)], **one.identity())
    for code, target in targets(task):
        positive = positive_code(code)
        threshold, call = one.threshold if code is None else None, one.called(positive)[used]
        found.add(
            task,
            used,
            diagnostic.diagnostic_table(truth == positive, call, **options),
            target=target,
            threshold=threshold,
            **one.identity(),
        )
        if task.positive is not None:
            _further(found, task, one, used, truth == positive, call, threshold)


def _further(
    found: Findings, task: Task, one: Observer, used: Bools, truth: Bools, call: Bools, threshold: float | None
) -> None:
    """One number for a whole table of calls, and what it would be at the prevalence of the place of use."""
    level = found.plan.conf_level
    records = [index(truth, call, conf_level=level, patients=found.patients_of(used)) for index in _INDICES]
    found.add(task, used, records, threshold=threshold, **one.identity())
    if task.prevalence is not None:
        records = prevalence.ppv_npv_at(truth, call, prevalence=task.prevalence, conf_level=level)
        interval = found.plan.methods["proportion"]
        records.append(target_prevalence.accuracy_at(truth, call, task.prevalence, method=interval, conf_level=level))
        found.add(task, used, records, independent=True, threshold=threshold, **one.identity())


def thresholds(found: Findings, task: Task, one: Observer) -> None:
    """The diagnostic table of classes that have a threshold of their own, beside the most probable class."""
    if task.thresholds is None or one.kind != "model":
        return
    for code, target in targets(task):
        score = one.score_of(code)
        if score is None or target is None:
            return
        used = (one.truth >= 0) & ~np.isnan(score)
        positive = one.truth[used] == positive_code(code)
        if not used.any():
            continue
        if isinstance(task.thresholds, Mapping):
            if target not in task.thresholds:
                continue
            threshold, note = float(task.thresholds[target]), None
        else:
            if positive.all() or not positive.any():
                continue
            threshold, note = youden(positive, score[used]), _OPTIMISTIC
            found.warn(
                f"Task {task.name}: thresholds of the classes were chosen on the cases they are judged on. What they "
                "give is optimistic; fix them in the protocol before the test."
            )
        records = diagnostic.diagnostic_table(
            positive,
            score[used] >= threshold,
            method=found.plan.methods["proportion"],
            conf_level=found.plan.conf_level,
            patients=found.patients_of(used),
        )
        if note is not None:
            records = [e.replace(note=f"{e.note}; {note}" if e.note else note) for e in records]
        found.add(task, used, records, target=target, threshold=threshold, **one.identity())


def areas(found: Findings, task: Task, one: Observer, *, curves: bool = True) -> None:
    """The area under the curve of each target, and the curve."""
    for code, target in targets(task):
        score = one.score_of(code)
        if score is None:
            return
        used = (one.truth >= 0) & ~np.isnan(score)
        if not used.any():
            continue
        positive = one.truth[used] == positive_code(code)
        area = roc.auc(
            positive,
            score[used],
            method=found.plan.methods["auc"],
            conf_level=found.plan.conf_level,
            n_boot=found.plan.bootstrap,
            rng=found.rng(task.name, target, one.name, one.kind, one.modality),
            patients=found.patients_of(used),
        )
        (area,) = found.add(task, used, [area], target=target, **one.identity())
        if area.estimate < 0.5:
            found.warn(_below_half(task, target, one))
        if curves and positive.any() and not positive.all():
            _curve(found, area, one, roc.thin(roc.curve(positive, score[used])))


def _below_half(task: Task, target: str | None, one: Observer) -> str:
    view = None if one.kind == "model" else one.modality  # a model's name has it
    whose = " ".join(filter(None, (one.name, view, target and f"for {target}")))
    say = "Scores are never flipped: higher must mean more suspicious."
    return f"Task {task.name}: the AUC of {whose} is below 0.5. {say}"


def _curve(found: Findings, area: Estimate, one: Observer, points: roc.Curve) -> None:
    found.curves[area.key] = {
        "task": area.task,
        "target": area.target,
        **one.identity(),
        "threshold": [t if np.isfinite(t) else None for t in points.threshold.tolist()],
        "sensitivity": points.sensitivity.tolist(),
        "specificity": points.specificity.tolist(),
    }
