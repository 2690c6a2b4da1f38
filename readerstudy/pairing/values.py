"""Labels, scores, probabilities and times as arrays.

A task of labels of its own reads the rows that name it or name no task. A grouping or a restricted task reads those of
its source, and over them the rows that name itself: a model trained for that task alone has only such rows. Labels and
probabilities are kept as those of the source's classes; `Study` makes the task's out of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.pairing.probabilities import probabilities
from readerstudy.pairing.tasks import DEFAULT_TASK, codes_of, label_codes, own_rows, rows_of
from readerstudy.problems import Problem
from readerstudy.protocol import Protocol, TaskPlan
from readerstudy.tabular import Table
from readerstudy.task import Codes, Floats, Folds, Reads, Task

Bools = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Rows:
    """Where each row of a file goes: a position on every axis but the last, which is the case."""

    table: Table
    axes: tuple[Codes, ...]
    shape: tuple[int, ...]

    @property
    def known(self) -> Bools:
        """The rows of models and readers that take part."""
        known: Bools = np.all([axis >= 0 for axis in self.axes], axis=0)
        return known

    def at(self, rows: Bools) -> tuple[Codes, ...]:
        """Index of the cells that `rows` go to."""
        return tuple(axis[rows] for axis in self.axes)


def plan_of(protocol: Protocol, name: str) -> TaskPlan:
    """The protocol's words on a task."""
    return next((plan for plan in protocol.tasks if plan.name == name), TaskPlan(name=DEFAULT_TASK))


def model_rows(table: Table, ids: npt.NDArray[Any], models: list[tuple[str, str | None]]) -> Rows:
    """Rows of the predictions, axes (model, case)."""
    names = table.cells("model") if "model" in table else np.full(len(table.frame), "model", dtype=object)
    views = table.cells("modality").tolist() if "modality" in table else [None] * len(table.frame)
    codes = {entry: code for code, entry in enumerate(models)}
    model = np.array([codes[entry] for entry in zip(names.tolist(), views, strict=True)], dtype=np.int64)
    return Rows(table, (model, _cases(table, ids)), (len(models), len(ids)))


def human_rows(
    table: Table, ids: npt.NDArray[Any], readers: tuple[str, ...], modalities: tuple[str | None, ...]
) -> Rows:
    """Rows of the reads, axes (modality, reader, case); readers who are not listed are left out."""
    modality = np.zeros(len(table.frame), dtype=np.int64)
    if "modality" in table:
        modality = _positions(table.cells("modality"), modalities)
    axes = (modality, _positions(table.cells("reader_id"), readers), _cases(table, ids))
    return Rows(table, axes, (len(modalities), len(readers), len(ids)))


def _cases(table: Table, ids: npt.NDArray[Any]) -> Codes:
    return np.searchsorted(ids, table.cells("case_id").astype(str))


def _positions(cells: npt.NDArray[np.object_], names: tuple[str | None, ...]) -> Codes:
    codes = {name: code for code, name in enumerate(names)}
    return np.array([codes.get(cell, -1) for cell in cells.tolist()], dtype=np.int64)


def nothing(shape: tuple[int, ...]) -> Reads:
    """Nobody said anything."""
    return Reads(labels=np.full(shape, -1, dtype=np.int64), scores=np.full(shape, np.nan))


def reads_of(rows: Rows, task: Task, tasks: Mapping[str, Task], protocol: Protocol, problems: list[Problem]) -> Reads:
    """What readers said about a task."""
    found = nothing(rows.shape)
    for chosen, codes in _labels(rows, task, protocol, problems):
        found.labels[rows.at(chosen)] = codes[chosen]
    score = _scores(rows, task, tasks, protocol, problems)
    if score is not None:
        chosen, values = score
        found.scores[rows.at(chosen)] = values[chosen]
    return found


def predictions_of(
    rows: Rows, task: Task, tasks: Mapping[str, Task], protocol: Protocol, problems: list[Problem]
) -> tuple[Reads, Folds | None]:
    """What models said about a task: sums over the image groups of a case, then means over folds."""
    folds = np.zeros(len(rows.table.frame), dtype=np.int64)
    names: tuple[str, ...] = ("",)
    if "fold" in rows.table:
        names = tuple(sorted(set(rows.table.cells("fold").tolist())))
        folds = _positions(rows.table.cells("fold"), names)
    found = nothing(rows.shape)
    labelled = np.zeros(rows.shape, dtype=np.int64)
    for chosen, codes in _labels(rows, task, protocol, problems):
        given = chosen & (codes >= 0)
        np.add.at(labelled, rows.at(given), 1)
        found.labels[rows.at(given)] = codes[given]
    if (labelled > 1).any() and task.source == task.name:
        problems.append(
            Problem(
                code="RS217",
                message="several rows of a case give a label: labels of image groups or folds cannot be averaged",
                place=rows.table.place(),
                help="give probabilities or scores, or one label a case",
            )
        )
    score = _scores(rows, task, tasks, protocol, problems)
    if score is not None:
        chosen, values = score
        given = chosen & ~np.isnan(values)
        _check_probabilities(rows, task, protocol, given & ((values < 0) | (values > 1)), problems)
        total, n = np.zeros((len(names), *rows.shape)), np.zeros((len(names), *rows.shape))
        np.add.at(total, (folds[given], *rows.at(given)), values[given])
        np.add.at(n, (folds[given], *rows.at(given)), 1)
        found = dataclasses.replace(found, scores=_mean_over_folds(_divide(total, n)))
    cube = _cube(rows, task, folds, len(names), protocol, problems)
    if cube is None:
        return found, None
    probs = _mean_over_folds(cube)
    both = ~np.isnan(found.scores) & ~np.isnan(probs).any(axis=-1)
    if both.any():
        problems.append(
            Problem(
                code="RS221",
                message=f"task {task.name!r} has both a score and probabilities of the same cases",
                place=rows.table.place(),
                help="give one of them, or name the other file column: score = ... in the task",
                n=int(both.sum()),
            )
        )
    found = dataclasses.replace(found, probs=probs)
    if len(names) == 1:
        return found, None
    best = np.where(np.isnan(cube).any(axis=-1), -1, np.nan_to_num(cube, nan=-1).argmax(axis=-1))
    return found, Folds(names=names, labels=best)


def _check_probabilities(rows: Rows, task: Task, protocol: Protocol, outside: Bools, problems: list[Problem]) -> None:
    """A score that the plan calls a probability must be one."""
    if not task.probabilities or not outside.any():
        return
    column = plan_of(protocol, task.name).score
    problems.append(
        Problem(
            code="RS224",
            message=f"column {rows.table.header_name(column)!r} holds no probabilities, as task {task.name!r} says",
            place=rows.table.place(int(np.argmax(outside)), column),
            help="give fractions between 0 and 1, or take probabilities = true out of the task",
            n=int(outside.sum()),
        )
    )


def _cube(
    rows: Rows, task: Task, folds: Codes, n_folds: int, protocol: Protocol, problems: list[Problem]
) -> Floats | None:
    """Probabilities of the source's classes, axes (fold, model, case, class); nan = no prediction."""
    total = np.zeros((n_folds, *rows.shape, len(task.labels)))
    n = np.zeros((n_folds, *rows.shape, 1))
    any_found = False
    plan = plan_of(protocol, task.source)
    # The source's rows are checked and reported when the source itself is read.
    report = problems if task.source == task.name else []
    layers = [(rows_of(rows.table, task.source), task.labels, report)]
    if task.restrict is not None:
        layers.append((own_rows(rows.table, task), task.restrict, problems))
    found = [
        (chosen, labels, probabilities(rows.table, task.name, labels, plan, chosen, said))
        for chosen, labels, said in layers
    ]
    found.append(_sides_probabilities(rows.table, task, problems))
    for layer, (chosen, labels, values) in enumerate(found):
        if values is None:
            continue
        any_found = True
        given = chosen & ~np.isnan(values).any(axis=1)
        at = (folds[given], *rows.at(given))
        if layer > 0:  # rows of its own replace what the source's rows say
            total[at], n[at] = 0, 0
        wide = np.zeros((int(given.sum()), len(task.labels)))
        wide[:, [task.labels.index(label) for label in labels]] = values[given]
        np.add.at(total, at, wide)
        np.add.at(n, at, 1)
    if not any_found:
        return None
    if "group_id" in rows.table:  # a case is the sum of its groups, made probabilities again
        return _divide(total, np.where(n > 0, total.sum(axis=-1, keepdims=True), 0))
    return _divide(total, n)


def _sides_probabilities(
    table: Table, task: Task, problems: list[Problem]
) -> tuple[Bools, tuple[str, ...], Floats | None]:
    """For rows of a grouping itself: the probability of each side, given to one label of the source on that side."""
    own = own_rows(table, task)
    if task.positive is None or not own.any():
        return own, (), None
    named = [name for name in task.classes if f"prob_{name}" in table]
    if task.classes[1] not in named:
        return own, (), None
    values = probabilities(table, task.name, tuple(named), TaskPlan(name=task.name), own, problems)
    assert values is not None
    positive = values[:, named.index(task.classes[1])]
    negative = next(label for label in task.labels if label not in task.positive)
    return own, (negative, task.positive[0]), np.stack([1 - positive, positive], axis=1)


def _divide(total: Floats, n: Floats) -> Floats:
    return np.divide(total, n, out=np.full_like(total, np.nan), where=n > 0)


def _mean_over_folds(values: Floats) -> Floats:
    """Mean over the folds that predicted a case; nan where none did."""
    return _divide(np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0).astype(np.float64))


def _labels(rows: Rows, task: Task, protocol: Protocol, problems: list[Problem]) -> list[tuple[Bools, Codes]]:
    """Rows and codes of the source's labels; rows of a derived task itself come last and may name its sides."""
    plan = plan_of(protocol, task.source)
    if plan.label not in rows.table:
        return []
    report = problems if task.source == task.name else []
    chosen = rows_of(rows.table, task.source) & rows.known
    rows.table.use(plan.label, chosen)
    found = [(chosen, label_codes(rows.table, plan.label, plan, task, chosen, report))]
    own = own_rows(rows.table, task) & rows.known
    if not own.any():
        return found
    rows.table.use(plan.label, own)
    sides = _sides(task)
    cells = np.array([sides.get(cell, cell) for cell in rows.table.cells(plan.label).tolist()], dtype=object)
    codes = codes_of(cells, plan, task.labels)
    label_codes(rows.table, plan.label, plan, task, own & (codes == -2), problems)
    return [*found, (own & (codes >= 0), codes)]


def _sides(task: Task) -> dict[str, str]:
    """For a grouping, a label of the source that stands for each side, by the side's name and by 0 and 1."""
    if task.positive is None:
        return {}
    negative = next(label for label in task.labels if label not in task.positive)
    sides = {"0": negative, "1": task.positive[0]} | dict(zip(task.classes, (negative, task.positive[0]), strict=True))
    return {name: label for name, label in sides.items() if name not in task.labels}


def _scores(
    rows: Rows, task: Task, tasks: Mapping[str, Task], protocol: Protocol, problems: list[Problem]
) -> tuple[Bools, Floats] | None:
    """Rows and values of a binary task's score column."""
    if task.positive is None:
        return None
    plan = plan_of(protocol, task.name)
    if plan.score not in rows.table:
        return None
    _one_owner(rows.table, plan.score, task, tasks, protocol, problems)
    own = own_rows(rows.table, task) & rows.known
    chosen = own | (rows_of(rows.table, task.name) & rows.known)
    rows.table.use(plan.score, chosen)
    return chosen, rows.table.numbers(plan.score, problems)


def _one_owner(
    table: Table, column: str, asking: Task, tasks: Mapping[str, Task], protocol: Protocol, problems: list[Problem]
) -> None:
    """A score without a task belongs to the only binary task that has that column.

    Tasks that name another column than the usual one have chosen it: one rating may be held against several truths.
    """
    owners = [t for t in tasks.values() if t.positive is not None and plan_of(protocol, t.name).score == column]
    if (
        column != "score"
        or len(owners) < 2
        or asking is not owners[0]
        or ("task" in table and not (table.cells("task") == "").any())
    ):
        return
    names = ", ".join(repr(owner.name) for owner in owners)
    problems.append(
        Problem(
            code="RS214",
            message=f"column {table.header_name(column)!r} could belong to several tasks: {names}",
            place=table.place(),
            help="add a column 'task' that names one in every row, or name each task's column: score = ...",
        )
    )


def times_of(rows: Rows, problems: list[Problem]) -> Floats | None:
    """Seconds of each read; None without the column `time_s`."""
    if "time_s" not in rows.table:
        return None
    seconds = rows.table.numbers("time_s", problems)
    problems += [
        Problem(
            code="RS218",
            message=f"column {rows.table.header_name('time_s')!r}: a reading time must be above 0",
            place=rows.table.place(int(row), "time_s"),
            help="mend the cell, or leave it empty if the time is not known",
        )
        for row in np.flatnonzero(seconds <= 0)
    ]
    times = np.full(rows.shape, np.nan)
    times[rows.at(rows.known)] = seconds[rows.known]
    return times


def said(reads: Reads) -> Bools:
    """Where a reader or model said anything, shape (..., case)."""
    spoke: Bools = (reads.labels >= 0) | ~np.isnan(reads.scores)
    return spoke if reads.probs is None else spoke | ~np.isnan(reads.probs).any(axis=-1)
