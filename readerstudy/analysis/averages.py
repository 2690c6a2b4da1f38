"""One number for all classes of a task: averages over the classes, and scores of whole sets of probabilities."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.findings import Findings
from readerstudy.analysis.observers import Observer
from readerstudy.stats import indices, multiclass, multiclass_table, proper_scores
from readerstudy.task import Task


def averages(found: Findings, task: Task, one: Observer) -> None:
    """Balanced accuracy and macro F1 of the calls."""
    if task.positive is not None:
        return
    level, codes = found.plan.conf_level, list(range(len(task.classes)))
    called = (one.truth >= 0) & (one.calls >= 0)
    if called.any():
        truth, calls = one.truth[called], one.calls[called]
        patients = found.patients_of(called)
        balanced = indices.balanced_accuracy(truth, calls, conf_level=level, patients=patients)
        found.add(task, called, [balanced], **one.identity())
        if calls.max() < len(codes):  # a call outside the classes has no precision to be averaged
            table = multiclass_table.multiclass_table(truth, calls, classes=codes, average="macro", conf_level=level)
            f1 = [e for e in table if e.measure == "macro_f1"]
            found.add(task, called, f1, independent=True, **one.identity())


def of_probabilities(found: Findings, task: Task, one: Observer) -> None:
    """Macro and Hand and Till's AUC, Brier's score and the log loss of a model's probabilities of all classes."""
    if task.positive is not None or one.scores.ndim == 1:
        return
    level = found.plan.conf_level
    scored = (one.truth >= 0) & ~np.isnan(one.scores).any(axis=1)
    if not scored.any():
        return
    names = np.array(task.classes, dtype=object)
    truth, probs = names[one.truth[scored]], one.scores[scored]
    probs = probs / probs.sum(axis=1, keepdims=True)  # rounded in the file, they sum to 1 only nearly
    records = [
        multiclass.multiclass_auc(
            truth,
            probs,
            classes=task.classes,
            average=average,
            conf_level=level,
            n_boot=found.plan.bootstrap,
            rng=found.rng("multiclass", task.name, one.name, average),
        )
        for average in ("macro", "hand-till")
    ]
    records.append(proper_scores.multiclass_brier(truth, probs, classes=task.classes, conf_level=level))
    records.append(proper_scores.log_loss(truth, probs, classes=task.classes, conf_level=level))
    found.add(task, scored, records, independent=True, **one.identity())
