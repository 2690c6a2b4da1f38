"""Counts and plain tables: who read what, the classes, the confusion matrices, folds and times."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.findings import Findings
from readerstudy.analysis.observers import Observer
from readerstudy.stats import diagnostic
from readerstudy.task import Task


def confusion(found: Findings, task: Task, one: Observer) -> None:
    """The confusion matrix; a restricted task has one more column for labels that it left out."""
    used = (one.truth >= 0) & (one.calls >= 0)
    if not used.any():
        return
    size = len(task.classes)
    table = diagnostic.cross_counts(one.truth[used], one.calls[used], size, size + 1)
    columns = list(task.classes)
    if table[:, size].any():
        columns.append("other")
    found.confusion.append(
        {
            "task": task.name,
            "target": None,
            **one.identity(),
            "classes": list(task.classes),
            "columns": columns,
            "counts": table[:, : len(columns)].tolist(),
        }
    )


def class_counts(found: Findings, task: Task) -> None:
    """How many cases each class has."""
    truth = found.study.truth(task.name)
    for code, name in enumerate(task.classes):
        positive = None if task.positive is None else code == 1
        n = int((truth == code).sum())
        found.row("classes", task=task.name, **{"class": name}, n_cases=n, positive=positive)


def read_counts(found: Findings, task: Task, one: Observer) -> None:
    """How many cases of the task an observer read, and how many not."""
    in_task = found.study.truth(task.name) >= 0
    n_read = int((one.read & in_task).sum())
    found.row("readers", task=task.name, **one.identity(), n_read=n_read, n_missing=int(in_task.sum()) - n_read)


def reader_case(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Every observer's call of every case, cases by true class and then by how many got them right; no case ids."""
    truth = found.study.truth(task.name)
    rows = np.array([np.where(one.truth >= 0, one.calls, -1) for one in everyone])
    shown = (truth >= 0) & (rows >= 0).any(axis=0)
    if not shown.any():
        return
    rows, truth = rows[:, shown], truth[shown]
    right = ((rows == truth) & (rows >= 0)).sum(axis=0) / (rows >= 0).sum(axis=0)
    order = np.lexsort((-right, truth))
    found.row(
        "reader_case",
        task=task.name,
        observers=[one.identity() for one in everyone],
        classes=list(task.classes),
        truth=truth[order].tolist(),
        calls=rows[:, order].tolist(),
    )


def folds(found: Findings, task: Task) -> None:
    """Accuracy of each fold of a model by itself, and their mean and SD."""
    if task.name not in found.study.folds:
        return
    given, truth = found.study.folds[task.name], found.study.truth(task.name)
    for i, model in enumerate(found.study.models):
        shares = []
        for f, fold in enumerate(given.names):
            calls = task.as_classes(given.labels[f, i])
            used = (calls >= 0) & (truth >= 0)
            n, count = int(used.sum()), int((calls == truth)[used].sum())
            if n:
                shares.append(count / n)
                found.row(
                    "cross_validation", task=task.name, model=model, fold=fold, n=n, count=count, accuracy=count / n
                )
        if len(shares) > 1:
            mean, sd = float(np.mean(shares)), float(np.std(shares, ddof=1))
            found.row("cross_validation", task=task.name, model=model, fold=None, accuracy=mean, sd=sd)
