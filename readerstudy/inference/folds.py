"""Folds of the cross-validation: all lesions of a patient in one fold, every class in every fold, by the seed alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from readerstudy.imaging.csv_text import csv_text
from readerstudy.inference.card import Task
from readerstudy.inference.data import Unit
from readerstudy.problems import DataError, Problem


def assign(units: Sequence[Unit], tasks: Sequence[Task], *, n_folds: int, seed: int) -> dict[str, int]:
    """The fold of each patient.

    Patients come in random order, those with most lesions first, and each goes where its classes are fewest.

    Parameters
    ----------
    units
        With their labels.
    tasks
        The classes of the one with most are spread evenly, and with them those of the others.
    n_folds
        How many folds.
    seed
        Of the order of the patients.

    Raises
    ------
    DataError
        RS923 if there are fewer patients than folds, or a class has fewer, so that a fold would lack it.
    """
    task = finest(tasks)
    counts: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = defaultdict(
        lambda: np.zeros(len(task.classes), dtype=np.int64)
    )
    for unit in units:
        counts[unit.patient_id][unit.labels[task.name]] += 1
    refuse_unless_enough(counts, tasks, units, n_folds)
    total = np.sum(list(counts.values()), axis=0)
    order = sorted(counts)
    np.random.default_rng([seed, 1]).shuffle(order)
    order.sort(key=lambda patient: -int(counts[patient].sum()))
    filled = np.zeros((n_folds, len(task.classes)), dtype=np.int64)
    folds = {}
    for patient in order:
        own = counts[patient]
        # How full a fold is of the patient's classes, as a share of all cases of the class; then of any class.
        share = (filled * own / np.maximum(total, 1)).sum(axis=1)
        fold = min(range(n_folds), key=lambda k: (share[k], filled[k].sum(), k))
        folds[patient] = fold
        filled[fold] += own
    lacking = [(k, name) for k in range(n_folds) for name, n in zip(task.classes, filled[k], strict=True) if n == 0]
    if lacking:
        fold, name = lacking[0]
        raise _too_few(f"fold {fold} would have no case of the class {name!r}")
    return folds


def finest(tasks: Sequence[Task]) -> Task:
    """The task with most classes, the first of several."""
    return max(tasks, key=lambda task: len(task.classes))


def refuse_unless_enough(
    patients: Mapping[str, object], tasks: Sequence[Task], units: Sequence[Unit], n_folds: int
) -> None:
    """Raise unless every class has a patient for each fold."""
    if len(patients) < n_folds:
        raise _too_few(f"{len(patients)} patients can be trained on, fewer than {n_folds} folds")
    found = []
    for task in tasks:
        of_class: dict[int, set[str]] = defaultdict(set)
        for unit in units:
            of_class[unit.labels[task.name]].add(unit.patient_id)
        if len(of_class) == 1:
            name = task.classes[next(iter(of_class))]
            message = f"task {task.name}: every case is of the class {name!r}, so that there is nothing to learn"
            found.append(Problem(code="RS923", message=message, help="check the column truth"))
            continue
        for k, name in enumerate(task.classes):
            if (n := len(of_class[k])) < n_folds:
                message = f"task {task.name}: the class {name!r} has {n} patients, fewer than {n_folds} folds"
                found.append(Problem(code="RS923", message=message, help=_HELP))
    if found:
        raise DataError(found)


_HELP = "add cases of the class, or take fewer folds with --set training.folds=N"


def _too_few(message: str) -> DataError:
    return DataError([Problem(code="RS923", message=message, help=_HELP)])


def table(units: Sequence[Unit], tasks: Sequence[Task], folds: Mapping[str, int]) -> str:
    """folds.csv: the fold and the classes of each stored case."""
    rows = [
        [case, unit.patient_id, folds[unit.patient_id], *(task.classes[unit.labels[task.name]] for task in tasks)]
        for unit in units
        for case in unit.cases
    ]
    return csv_text(["case_id", "patient_id", "fold", *(task.name for task in tasks)], rows)
