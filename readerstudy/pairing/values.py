"""Labels, scores and probabilities as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import tabular
from readerstudy.pairing.tasks import DEFAULT_TASK, label_codes, rows_of
from readerstudy.problems import Problem
from readerstudy.protocol import Protocol, TaskPlan
from readerstudy.study import Codes, Floats, Reads, Task
from readerstudy.tabular import Table

_MOST_ROUNDING = 0.05
"""How far the probabilities of a row may miss 1, however coarsely they are written."""


def model_reads(
    table: Table | None,
    task: Task,
    tasks: Mapping[str, Task],
    ids: npt.NDArray[Any],
    models: tuple[str, ...],
    protocol: Protocol,
    problems: list[Problem],
) -> Reads:
    """What the models said about a task, axes (model, case)."""
    shape = (len(models), len(ids))
    if table is None:
        return Reads(labels=np.full(shape, -1, dtype=np.int64), scores=np.full(shape, np.nan))
    # A grouping speaks from the rows of its source task; only its own score stands in rows of its own.
    rows = rows_of(table, tasks[task.source])
    reader = np.zeros(len(table.frame), dtype=np.int64)
    if "model" in table:
        reader = _positions(table.cells("model"), models)
    where = (reader, np.searchsorted(ids, table.cells("case_id").astype(str)))
    labels, scores = _labels_and_scores(table, task, tasks, rows, where, shape, protocol, problems)
    probs = _probabilities(table, task, rows, protocol, problems)
    if probs is None:
        return Reads(labels=labels, scores=scores)
    cube = np.full((*shape, len(task.labels)), np.nan)
    cube[where[0][rows], where[1][rows]] = probs[rows]
    return Reads(labels=labels, scores=scores, probs=cube)


def human_reads(
    table: Table | None,
    task: Task,
    tasks: Mapping[str, Task],
    ids: npt.NDArray[Any],
    readers: tuple[str, ...],
    modalities: tuple[str | None, ...],
    protocol: Protocol,
    problems: list[Problem],
) -> Reads:
    """What the readers said about a task, axes (modality, reader, case)."""
    shape = (len(modalities), len(readers), len(ids))
    if table is None:
        return Reads(labels=np.full(shape, -1, dtype=np.int64), scores=np.full(shape, np.nan))
    reader = _positions(table.cells("reader_id"), readers)
    rows = rows_of(table, tasks[task.source]) & (reader >= 0)
    modality = np.zeros(len(rows), dtype=np.int64)
    if "modality" in table:
        modality = _positions(table.cells("modality"), modalities)
    where = (modality, reader, np.searchsorted(ids, table.cells("case_id").astype(str)))
    labels, scores = _labels_and_scores(table, task, tasks, rows, where, shape, protocol, problems)
    return Reads(labels=labels, scores=scores)


def _positions(cells: npt.NDArray[np.object_], names: tuple[str | None, ...]) -> Codes:
    codes = {name: code for code, name in enumerate(names)}
    return np.array([codes.get(cell, -1) for cell in cells.tolist()], dtype=np.int64)


def _labels_and_scores(
    table: Table,
    task: Task,
    tasks: Mapping[str, Task],
    rows: npt.NDArray[np.bool_],
    where: tuple[Codes, ...],
    shape: tuple[int, ...],
    protocol: Protocol,
    problems: list[Problem],
) -> tuple[Codes, Floats]:
    """The labels of the task's source, and the scores that belong to the task itself."""
    labels = np.full(shape, -1, dtype=np.int64)
    scores = np.full(shape, np.nan)
    if "label" in table:
        _one_owner(table, "label", [t for t in tasks.values() if t.source == t.name], problems, task)
        # Reported once, for the source task; its groupings read the same cells.
        report = problems if task.source == task.name else []
        codes = label_codes(table, "label", _plan(protocol, task), task, rows, report)
        labels[tuple(axis[rows] for axis in where)] = codes[rows]
    if "score" in table and task.positive is not None:
        _one_owner(table, "score", [t for t in tasks.values() if t.positive is not None], problems, task)
        own = rows_of(table, task) & (where[-2] >= 0)
        values = table.numbers("score", problems)
        scores[tuple(axis[own] for axis in where)] = values[own]
    return labels, scores


def _one_owner(table: Table, column: str, owners: list[Task], problems: list[Problem], asking: Task) -> None:
    """A label or score without a task belongs to the only task that can have one."""
    if len(owners) < 2 or asking is not owners[0]:
        return
    if "task" not in table or (table.cells("task") == "").any():
        names = ", ".join(repr(owner.name) for owner in owners)
        problems.append(
            Problem(
                code="RS214",
                message=f"column {table.header_name(column)!r} could belong to several tasks: {names}",
                place=table.place(),
                help="add a column 'task' that names one in every row",
            )
        )


def _probabilities(
    table: Table, task: Task, rows: npt.NDArray[np.bool_], protocol: Protocol, problems: list[Problem]
) -> Floats | None:
    """Probabilities, shape (row, class); None when the file has none of the classes."""
    plan = _plan(protocol, task)
    named = {str(name) for name in table.frame.columns if str(name).startswith("prob_")}
    theirs: dict[str, str] = {ours: label for label, ours in plan.map.items() if f"prob_{label}" in named}
    columns = [f"prob_{c}" if f"prob_{c}" in named else f"prob_{theirs.get(c, c)}" for c in task.labels]
    absent = [column for column in columns if column not in named]
    if len(absent) == len(columns):
        return None
    report = problems if task.source == task.name else []
    if absent:
        report += [tabular.missing_column(table, column, f"a class of task {task.name!r}") for column in absent]
        return None
    values = np.stack([table.numbers(column, report) for column in columns], axis=1)
    no_number = np.stack([~table.is_missing(column) for column in columns], axis=1) & np.isnan(values)
    _check_probabilities(table, columns, values, rows & ~no_number.any(axis=1), report)
    return values


def _check_probabilities(
    table: Table, columns: list[str], values: Floats, rows: npt.NDArray[np.bool_], problems: list[Problem]
) -> None:
    missing = np.isnan(values)
    for row in np.flatnonzero(rows & missing.any(axis=1) & ~missing.all(axis=1)):
        column = columns[int(np.argmax(missing[row]))]
        problems.append(
            Problem(
                code="RS202",
                message=f"column {table.header_name(column)!r} is empty where other classes have a probability",
                place=table.place(int(row), column),
                help="give every class, or leave the whole row empty",
            )
        )
    outside = rows[:, None] & ~missing & ((values < 0) | (values > 1))
    sums = values.sum(axis=1)
    percents = np.abs(np.nan_to_num(sums) - 100) < 1
    for row, k in zip(*np.nonzero(outside), strict=True):
        problems.append(
            Problem(
                code="RS202",
                message=f"column {table.header_name(columns[k])!r}: a probability must lie between 0 and 1",
                place=table.place(int(row), columns[k]),
                found=f"found {table.cells(columns[k])[row]}",
                help="divide by 100: this row looks like percentages" if percents[row] else "mend the cell",
            )
        )
    for row in np.flatnonzero(rows & ~outside.any(axis=1) & (np.abs(sums - 1) > 1e-3)):
        # Each class may be off by half a unit of the last digit that the row is written with.
        rounding = len(columns) * 0.5 * 10.0 ** -_most_decimals(table, columns, int(row))
        if abs(sums[row] - 1) <= min(rounding, _MOST_ROUNDING) + 1e-9:
            continue
        problems.append(
            Problem(
                code="RS203",
                message=f"the probabilities of the row sum to {sums[row]:.6g}, not to 1",
                place=table.place(int(row)),
                found=f"columns {', '.join(table.header_name(column) for column in columns)}",
                help="give the softmax over all classes of the task",
            )
        )


def _most_decimals(table: Table, columns: list[str], row: int) -> int:
    point = "," if table.separator == ";" else "."
    cells = (table.cells(column)[row] for column in columns)
    return max(len(cell.replace(point, ".").partition(".")[2]) for cell in cells)


def _plan(protocol: Protocol, task: Task) -> TaskPlan:
    return next((p for p in protocol.tasks if p.name == task.source), TaskPlan(name=DEFAULT_TASK))


def said(reads: Reads) -> npt.NDArray[np.bool_]:
    """Where a reader or model said anything, shape (..., case)."""
    said = (reads.labels >= 0) | ~np.isnan(reads.scores)
    return said if reads.probs is None else said | ~np.isnan(reads.probs).any(axis=-1)
