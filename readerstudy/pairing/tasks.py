"""The tasks with their classes, and text labels as codes of those classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from readerstudy import _choice, tabular
from readerstudy.problems import Problem
from readerstudy.protocol import TaskPlan
from readerstudy.tabular import Table
from readerstudy.task import Codes, Task

DEFAULT_TASK = "diagnosis"
"""Name of the one task of a study without a protocol."""

_AS_BINARY = {"true": "1", "false": "0"}
_DECIMALS = re.compile(r"(?<=^\d)\.0+$|(?<=\d\d)\.0+$")


def resolve(
    plans: Iterable[TaskPlan],
    tables: Mapping[str, Table],
    truth_text: Mapping[str, npt.NDArray[np.object_]],
    problems: list[Problem],
) -> dict[str, Task]:
    """The tasks with their classes: those of the protocol, else those that the data hold."""
    plans = list(plans)
    labels: dict[str, tuple[str, ...]] = {}
    positives: dict[str, tuple[str, ...] | None] = {}
    for plan in plans:
        if plan.source is None:
            truth = truth_text[plan.name]
            labels[plan.name] = plan.classes or _classes_of_data(plan, truth, tables)
            positives[plan.name] = plan.positive
            if plan.positive is None and set(labels[plan.name]) == {"0", "1"}:
                positives[plan.name] = ("1",)
    tasks = {}
    for plan in plans:
        source = plan.source or plan.name
        positive = positives[plan.name] if plan.source is None else plan.positive
        named = plan.thresholds if isinstance(plan.thresholds, Mapping) else ()
        problems += [
            Problem(
                code="RS201",
                message=f"{label!r} in the protocol of task {plan.name!r} is no class of {source!r}",
                help=_choice.did_you_mean(label, labels[source]),
            )
            for label in (*(positive or ()), *(plan.restrict or ()), *named)
            if label not in labels[source]
        ]
        if len(labels[source]) < 2:
            problems.append(
                Problem(
                    code="RS213",
                    message=f"task {plan.name!r} has one class only: {', '.join(labels[source]) or 'none'}",
                    help="check the truth, or list the classes in the protocol",
                )
            )
        tasks[plan.name] = Task(
            name=plan.name,
            kind=_kind(plan, positive),
            source=source,
            labels=labels[source],
            positive=positive,
            restrict=plan.restrict,
            names=plan.names,
            threshold=plan.threshold,
            thresholds=plan.thresholds,
            prevalence=plan.prevalence,
            probabilities=plan.probabilities,
        )
    return tasks


def _kind(plan: TaskPlan, positive: tuple[str, ...] | None) -> str:
    if plan.restrict is not None:
        return "restricted"
    if plan.source is not None:
        return "group"
    return "classes" if positive is None else "binary"


def _classes_of_data(plan: TaskPlan, truth: npt.NDArray[np.object_], tables: Mapping[str, Table]) -> tuple[str, ...]:
    """Classes when the protocol names none: those with a probability column and those of the truth.

    A reader's label is no source of classes: one that the truth does not know is more likely misspelt.
    """
    found = {canonical(value, plan) for value in truth.tolist() if value.lower() not in tabular.MISSING}
    found -= set(plan.missing)
    preds = tables.get("preds")
    if preds is not None and plan.score not in preds:
        named = [str(name).removeprefix("prob_") for name in preds.frame.columns if str(name).startswith("prob_")]
        named = list(dict.fromkeys(plan.map.get(name, name) for name in named))
        if named:
            # A true class without a column: misspelt if it looks like another, else the column is what is missing.
            return (*named, *sorted(value for value in found - set(named) if not _choice.nearest(value, named)))
    if {_AS_BINARY.get(value.lower(), value) for value in found} <= {"0", "1"}:
        return ("0", "1")
    return tuple(sorted(found))


def canonical(value: str, plan: TaskPlan) -> str:
    """A label as the protocol's map has it; whole numbers without their decimals."""
    value = plan.map.get(value, value)
    return _DECIMALS.sub("", value)


def meaning(value: str, plan: TaskPlan) -> str:
    """What a cell of truth says, whatever its spelling: for telling whether two cells contradict each other."""
    value = canonical(value, plan)
    return _AS_BINARY.get(value.lower(), value)


def codes_of(values: npt.NDArray[np.object_], plan: TaskPlan, labels: tuple[str, ...]) -> Codes:
    """Codes of text labels: -1 where empty, -2 where unknown."""
    codes = {label: code for code, label in enumerate(labels)}
    codes |= {theirs: codes[ours] for theirs, ours in plan.map.items() if ours in codes}
    if labels == ("0", "1"):
        codes |= {spelling: codes[label] for spelling, label in _AS_BINARY.items()}

    def code(value: str) -> int:
        if value in plan.missing:
            return -1
        if value in codes:
            return codes[value]
        if canonical(value, plan) in codes:
            return codes[canonical(value, plan)]
        if value.lower() in tabular.MISSING:
            return -1
        return codes.get(value.lower(), -2) if labels == ("0", "1") else -2

    by_value = {value: code(value) for value in set(values.tolist())}
    return np.array([by_value[value] for value in values.tolist()], dtype=np.int64)


def label_codes(
    table: Table,
    column: str,
    plan: TaskPlan,
    task: Task,
    rows: npt.NDArray[np.bool_],
    problems: list[Problem],
) -> Codes:
    """Codes of a label column; an unknown label becomes a problem, once for each that is unknown."""
    codes = codes_of(table.cells(column), plan, task.labels)
    rows_by_value: dict[str, list[int]] = {}
    for row in np.flatnonzero((codes == -2) & rows):
        rows_by_value.setdefault(table.cells(column)[row], []).append(int(row))
    for value, where in rows_by_value.items():
        near = _choice.nearest(value, task.labels)
        problems.append(
            Problem(
                code="RS201",
                message=f"column {table.header_name(column)!r}: {value!r} is no class of task {task.name!r}",
                place=table.place(where[0], column),
                found=f"did you mean {near!r}?" if near else f"classes: {', '.join(task.labels)}",
                help=f'mend the cell, or add to [tasks.{task.name}]: map = {{"{value}" = "..."}}',
                n=len(where),
            )
        )
    return np.where(rows, np.maximum(codes, -1), -1)


def require_known_tasks(tables: Mapping[str, Table], tasks: Mapping[str, Task], problems: list[Problem]) -> None:
    """A column `task` must name tasks."""
    for table in tables.values():
        if table.role != "cases" and "task" in table:
            cells = table.cells("task")
            for row in np.flatnonzero(~np.isin(cells.astype(str), ["", *tasks])):
                problems.append(
                    Problem(
                        code="RS210",
                        message=f"column {table.header_name('task')!r}: {cells[row]!r} is no task",
                        place=table.place(int(row), "task"),
                        help=_choice.did_you_mean(cells[row], tasks),
                    )
                )


def rows_of(table: Table, name: str) -> npt.NDArray[np.bool_]:
    """The rows that speak about a task of labels of its own: those that name it, and those that name none."""
    if "task" not in table:
        return np.ones(len(table.frame), dtype=bool)
    return np.isin(table.cells("task").astype(str), ["", name])


def own_rows(table: Table, task: Task) -> npt.NDArray[np.bool_]:
    """The rows that name a grouping or a restricted task itself."""
    if "task" not in table or task.source == task.name:
        return np.zeros(len(table.frame), dtype=bool)
    return np.isin(table.cells("task").astype(str), [task.name])
