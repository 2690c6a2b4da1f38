"""Pairing predictions, reads and truth by case id, with every contradiction found and counted.

`pair` is called once, by `Study.read`. It works on text cells (`tabular.Table`) and collects problems as it goes;
a step that cannot go on without an earlier one raises what has been found so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import _choice, tabular
from readerstudy.problems import DataError, Place, Problem
from readerstudy.protocol import ROLES, Protocol, TaskPlan
from readerstudy.study import Codes, Floats, Reads, Task
from readerstudy.tabular import Table

_DEFAULT_TASK = "diagnosis"
_AS_BINARY = {"true": "1", "false": "0", "1.0": "1", "0.0": "0"}
_SECOND = {"preds": "model", "reads": "reader_id"}


def pair(tables: dict[str, Table], protocol: Protocol) -> dict[str, Any]:
    """The fields of a `Study`.

    Raises
    ------
    DataError
        With every problem found.
    """
    problems: list[Problem] = []
    for role, table in tables.items():
        tabular.rename(table, dict(protocol.columns.get(role, {})), problems)
    for role in protocol.columns:
        if role not in tables:
            problems.append(
                Problem(
                    code="RS304",
                    message=f"the protocol renames columns of {role}, but no such file was given",
                    place=_protocol_place(protocol),
                    help=f"give the {role} file, or take [columns.{role}] out",
                )
            )
    _require_columns(tables, problems)
    _stop_if(problems)
    _check_ids(tables, problems)
    ids = np.unique(np.concatenate([table.cells("case_id") for table in tables.values()]).astype(str))
    plans = protocol.tasks or (TaskPlan(name=_DEFAULT_TASK),)
    sources = [plan for plan in plans if plan.source is None]
    truth_text = {plan.name: _agreed(tables, plan.truth, ids, problems, "RS205", "truth") for plan in sources}
    for plan in sources:
        if truth_text[plan.name] is None:
            problems.append(_no_truth(tables, plan))
    _stop_if(problems)
    tasks = _resolve(plans, tables, truth_text, problems)
    _stop_if(problems)
    truths = {plan.name: _truth_codes(plan, tables, tasks, truth_text[plan.name], problems) for plan in sources}
    _require_known_tasks(tables, tasks, problems)

    models = _names(tables.get("preds"), "model", "model")
    excluded = set(protocol.exclude)
    readers = tuple(n for n in _names(tables.get("reads"), "reader_id", "") if n not in excluded)
    modalities: tuple[str | None, ...] = _names(tables.get("reads"), "modality", "") or (None,)
    model_reads, human_reads = {}, {}
    for name, task in tasks.items():
        model_reads[name] = _model_reads(tables.get("preds"), task, tasks, ids, models, protocol, problems)
        human_reads[name] = _human_reads(tables.get("reads"), task, tasks, ids, readers, modalities, protocol, problems)
    _check_readers(tables, protocol, readers, human_reads, problems)
    _check_overlap(tables, problems)
    _stop_if(problems)

    has_truth = np.any([codes >= 0 for codes in truths.values()], axis=0)
    seen = np.zeros(len(ids), dtype=bool)
    for reads in (*model_reads.values(), *human_reads.values()):
        seen |= _said(reads).reshape(-1, len(ids)).any(axis=0)
    keep = has_truth & seen
    if not keep.any():
        raise DataError([_nothing_left(tables, has_truth)])
    patients = _patients(tables, ids, problems)
    _stop_if(problems)
    kept_patients = None if patients is None else np.unique(patients[keep], return_inverse=True)[1]
    groups = _groups(tables.get("reads"), protocol, readers, problems)
    _stop_if(problems)
    flow = {
        "cases": {role: _n_distinct(tables.get(role)) for role in ROLES},
        "steps": [
            {"label": "cases named in the files", "n": len(ids)},
            {"label": "cases with a truth", "n": int(has_truth.sum())},
            {"label": "cases analysed", "n": int(keep.sum())},
        ],
        "excluded": [
            {"reason": "no truth", "n": int((~has_truth).sum())},
            {"reason": "neither predicted nor read", "n": int((has_truth & ~seen).sum())},
        ],
        "rows": _row_counts(tables, excluded),
        "n_cases": int(keep.sum()),
        "n_patients": None if kept_patients is None else int(kept_patients.max()) + 1,
        "n_models": len(models),
        "n_readers": len(readers),
        "modalities": [modality for modality in modalities if modality is not None],
    }
    return {
        "protocol": protocol,
        "case_ids": tuple(ids[keep].tolist()),
        "patients": kept_patients,
        "tasks": tasks,
        "models": models,
        "readers": readers,
        "modalities": modalities,
        "groups": groups,
        "flow": flow,
        "warnings": tuple(_warnings(tasks, protocol, model_reads, human_reads, flow)),
        "inputs": tuple(
            {"role": role, "name": table.name.replace("\\", "/").rsplit("/", 1)[-1], "sha256": table.sha256,
             "rows": len(table.frame)}
            for role, table in tables.items()
        ),
        "truths": {name: codes[keep] for name, codes in truths.items()},
        "model_reads": {name: _only(reads, keep) for name, reads in model_reads.items()},
        "human_reads": {name: _only(reads, keep) for name, reads in human_reads.items()},
    }  # fmt: skip


def _stop_if(problems: list[Problem]) -> None:
    if problems:
        raise DataError(problems)


def _protocol_place(protocol: Protocol) -> Place | None:
    return None if protocol.file is None else Place(file=protocol.file)


def _only(reads: Reads, keep: npt.NDArray[np.bool_]) -> Reads:
    probs = None if reads.probs is None else reads.probs[:, keep]
    return Reads(labels=reads.labels[..., keep], scores=reads.scores[..., keep], probs=probs)


def _said(reads: Reads) -> npt.NDArray[np.bool_]:
    """Where a reader or model said anything, shape (..., case)."""
    said = (reads.labels >= 0) | ~np.isnan(reads.scores)
    return said if reads.probs is None else said | ~np.isnan(reads.probs).any(axis=-1)


# --- columns and ids ------------------------------------------------------------------------------------------------


def _require_columns(tables: Mapping[str, Table], problems: list[Problem]) -> None:
    for role, table in tables.items():
        if "case_id" not in table:
            problems.append(tabular.missing_column(table, "case_id", "which pairs the files"))
        if role == "reads" and "reader_id" not in table:
            problems.append(tabular.missing_column(table, "reader_id", "which says who read"))
        if role == "reads" and "label" not in table and "score" not in table:
            problems.append(tabular.missing_column(table, "label", "and no column 'score' either: nothing was read"))
        has_prob = any(name.startswith("prob_") for name in table.frame.columns)
        if role == "preds" and not has_prob and "label" not in table and "score" not in table:
            problems.append(
                tabular.missing_column(table, "score", "no 'label' and no 'prob_<class>' either: nothing is predicted")
            )


def _check_ids(tables: Mapping[str, Table], problems: list[Problem]) -> None:
    for role, table in tables.items():
        for column in ("case_id", _SECOND.get(role, "case_id")):
            if column in table:
                for row in np.flatnonzero(table.cells(column) == ""):
                    problems.append(
                        Problem(
                            code="RS208",
                            message=f"column {table.header_name(column)!r} is empty",
                            place=table.place(int(row), column),
                            help="give the id, or delete the row",
                        )
                    )
            if column == "case_id" and role == "cases":
                break
        _check_duplicates(table, problems)


def _check_duplicates(table: Table, problems: list[Problem]) -> None:
    keys = {
        "preds": ("case_id", "model", "task"),
        "reads": ("case_id", "reader_id", "modality", "task"),
        "cases": ("case_id",),
    }[table.role]
    present = [key for key in keys if key in table]
    again = table.frame.duplicated(present).to_numpy(dtype=bool)
    if not again.any():
        return
    first_rows: dict[tuple[str, ...], int] = {}
    for row, key in enumerate(zip(*(table.cells(name) for name in present), strict=True)):
        first = first_rows.setdefault(key, row)
        if again[row]:
            what = ", ".join(f"{name.removesuffix('_id')} {value!r}" for name, value in zip(present, key, strict=True))
            help_ = "keep one row"
            if "group_id" in table:
                help_ = "image groups of one case are not combined in this version: give one row a case"
            elif "session" in table:
                help_ = "repeated sessions are not analysed in this version: keep one, or give them a modality each"
            elif table.role == "reads" and "modality" not in table:
                help_ = "keep one row, or add a column 'modality' if the case was read under several"
            problems.append(
                Problem(
                    code="RS204",
                    message=f"{what} stands twice in {table.role}",
                    place=table.place(row),
                    found=f"first on line {table.place(first).line}",
                    help=help_,
                )
            )


def _names(table: Table | None, column: str, default: str) -> tuple[str, ...]:
    """Distinct names of a column in order of first appearance; `default` when the column is not there."""
    if table is None:
        return ()
    if column not in table:
        return (default,) if default else ()
    return tuple(dict.fromkeys(table.cells(column).tolist()))


def _n_distinct(table: Table | None) -> int | None:
    return None if table is None else int(table.frame["case_id"].nunique())


# --- truth and patients -----------------------------------------------------------------------------------------------


def _agreed(
    tables: Mapping[str, Table],
    column: str,
    ids: npt.NDArray[Any],
    problems: list[Problem],
    code: str,
    what: str,
) -> npt.NDArray[np.object_] | None:
    """The one value each case has in `column` over all files ("" = none); None when no file has the column."""
    holders = [table for table in tables.values() if column in table]
    if not holders:
        return None
    values = np.full(len(ids), "", dtype=object)
    origin: dict[int, tuple[Table, int]] = {}
    for table in holders:
        cells = table.cells(column)
        positions = np.searchsorted(ids, table.cells("case_id").astype(str))
        for row in np.flatnonzero(~table.is_missing(column)):
            position = int(positions[row])
            if not values[position]:
                values[position] = cells[row]
                origin[position] = (table, int(row))
            elif values[position] != cells[row]:
                first, first_row = origin[position]
                problems.append(
                    Problem(
                        code=code,
                        message=f"case {ids[position]!r} has two values of {table.header_name(column)!r} ({what})",
                        place=table.place(int(row), column),
                        found=f"{cells[row]!r} here, {values[position]!r} in {first.place(first_row)}",
                        help="make them equal, or keep the column in one file only",
                    )
                )
    return values


def _no_truth(tables: Mapping[str, Table], plan: TaskPlan) -> Problem:
    files = ", ".join(table.name for table in tables.values())
    names = [name for table in tables.values() for name in table.frame.columns]
    near = _choice.nearest(plan.truth, names)
    return Problem(
        code="RS209",
        message=f"no file has the column {plan.truth!r} with the truth of task {plan.name!r}: {files}",
        found=f"did you mean {near!r}?" if near else "",
        help='add it to any of the files, give a cases file (--cases), or name the column: truth = "..." in the task',
    )


def _truth_codes(
    plan: TaskPlan,
    tables: Mapping[str, Table],
    tasks: Mapping[str, Task],
    values: npt.NDArray[np.object_] | None,
    problems: list[Problem],
) -> Codes:
    assert values is not None
    task = tasks[plan.name]
    codes = _codes_of(values, plan, task.labels)
    if (codes == -2).any():
        for table in tables.values():
            if plan.truth in table:
                _label_codes(table, plan.truth, plan, task, np.ones(len(table.frame), dtype=bool), problems)
    return codes


def _patients(tables: Mapping[str, Table], ids: npt.NDArray[Any], problems: list[Problem]) -> Codes | None:
    values = _agreed(tables, "patient_id", ids, problems, "RS212", "patient")
    if values is None:
        return None
    # A case without a patient id is a patient of its own.
    named = [value or f"\0{position}" for position, value in enumerate(values)]
    return np.unique(np.array(named, dtype=str), return_inverse=True)[1].astype(np.int64)


# --- tasks and labels -------------------------------------------------------------------------------------------------


def _resolve(
    plans: Iterable[TaskPlan],
    tables: Mapping[str, Table],
    truth_text: Mapping[str, npt.NDArray[np.object_] | None],
    problems: list[Problem],
) -> dict[str, Task]:
    """The tasks with their classes: those of the protocol, else those that the data hold."""
    plans = list(plans)
    labels: dict[str, tuple[str, ...]] = {}
    positives: dict[str, tuple[str, ...] | None] = {}
    for plan in plans:
        if plan.source is None:
            truth = truth_text[plan.name]
            assert truth is not None
            labels[plan.name] = plan.classes or _classes_of_data(plan, truth, tables)
            positives[plan.name] = plan.positive
            if plan.positive is None and set(labels[plan.name]) == {"0", "1"}:
                positives[plan.name] = ("1",)
    tasks = {}
    for plan in plans:
        source = plan.source or plan.name
        positive = positives[plan.name] if plan.source is None else plan.positive
        for label in positive or ():
            if label not in labels[source]:
                problems.append(
                    Problem(
                        code="RS201",
                        message=f"positive class {label!r} of task {plan.name!r} is no class of {source!r}",
                        help=_choice.did_you_mean(label, labels[source]),
                    )
                )
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
            kind="group" if plan.source else "classes" if positive is None else "binary",
            source=source,
            labels=labels[source],
            positive=positive,
            threshold=plan.threshold,
        )
    return tasks


def _classes_of_data(plan: TaskPlan, truth: npt.NDArray[np.object_], tables: Mapping[str, Table]) -> tuple[str, ...]:
    """Classes when the protocol names none: those with a probability column, else those of truth and labels."""
    preds = tables.get("preds")
    if preds is not None:
        named = [str(name).removeprefix("prob_") for name in preds.frame.columns if str(name).startswith("prob_")]
        if named:
            return tuple(dict.fromkeys(plan.map.get(name, name) for name in named))
    found = {plan.map.get(value, value) for value in truth.tolist() if value.lower() not in tabular.MISSING}
    if {_AS_BINARY.get(value.lower(), value) for value in found} <= {"0", "1"}:
        return ("0", "1")
    for table in tables.values():
        if table.role != "cases" and "label" in table:
            cells = table.cells("label")[~table.is_missing("label")]
            found |= {plan.map.get(value, value) for value in cells.tolist()}
    return tuple(sorted(found))


def _codes_of(values: npt.NDArray[np.object_], plan: TaskPlan, labels: tuple[str, ...]) -> Codes:
    """Codes of text labels: -1 where empty, -2 where unknown."""
    codes = {label: code for code, label in enumerate(labels)}
    codes |= {theirs: codes[ours] for theirs, ours in plan.map.items() if ours in codes}
    if labels == ("0", "1"):
        codes |= {spelling: codes[label] for spelling, label in _AS_BINARY.items()}

    def code(value: str) -> int:
        if value in codes:
            return codes[value]
        if value.lower() in tabular.MISSING:
            return -1
        return codes.get(value.lower(), -2) if labels == ("0", "1") else -2

    by_value = {value: code(value) for value in set(values.tolist())}
    return np.array([by_value[value] for value in values.tolist()], dtype=np.int64)


def _label_codes(
    table: Table,
    column: str,
    plan: TaskPlan,
    task: Task,
    rows: npt.NDArray[np.bool_],
    problems: list[Problem],
) -> Codes:
    """Codes of a label column; an unknown label becomes a problem, once for each cell."""
    codes = _codes_of(table.cells(column), plan, task.labels)
    for row in np.flatnonzero((codes == -2) & rows):
        value = table.cells(column)[row]
        near = _choice.nearest(value, task.labels)
        problems.append(
            Problem(
                code="RS201",
                message=f"column {table.header_name(column)!r}: {value!r} is no class of task {task.name!r}",
                place=table.place(int(row), column),
                found=f"did you mean {near!r}?" if near else f"classes: {', '.join(task.labels)}",
                help=f'mend the cell, or add to [tasks.{task.name}]: map = {{"{value}" = "..."}}',
            )
        )
    return np.where(rows, np.maximum(codes, -1), -1)


def _require_known_tasks(tables: Mapping[str, Table], tasks: Mapping[str, Task], problems: list[Problem]) -> None:
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


def _rows_of(table: Table, task: Task) -> npt.NDArray[np.bool_]:
    """The rows that speak about a task: those that name it, and those that name none."""
    if "task" not in table:
        return np.ones(len(table.frame), dtype=bool)
    return np.isin(table.cells("task").astype(str), ["", task.name])


# --- predictions and reads --------------------------------------------------------------------------------------------


def _plan(protocol: Protocol, task: Task) -> TaskPlan:
    return next((p for p in protocol.tasks if p.name == task.source), TaskPlan(name=_DEFAULT_TASK))


def _model_reads(
    table: Table | None,
    task: Task,
    tasks: Mapping[str, Task],
    ids: npt.NDArray[Any],
    models: tuple[str, ...],
    protocol: Protocol,
    problems: list[Problem],
) -> Reads:
    shape = (len(models), len(ids))
    if table is None:
        return Reads(labels=np.full(shape, -1, dtype=np.int64), scores=np.full(shape, np.nan))
    # A grouping speaks from the rows of its source task; only its own score stands in rows of its own.
    rows = _rows_of(table, tasks[task.source])
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


def _human_reads(
    table: Table | None,
    task: Task,
    tasks: Mapping[str, Task],
    ids: npt.NDArray[Any],
    readers: tuple[str, ...],
    modalities: tuple[str | None, ...],
    protocol: Protocol,
    problems: list[Problem],
) -> Reads:
    shape = (len(modalities), len(readers), len(ids))
    if table is None:
        return Reads(labels=np.full(shape, -1, dtype=np.int64), scores=np.full(shape, np.nan))
    reader = _positions(table.cells("reader_id"), readers)
    rows = _rows_of(table, tasks[task.source]) & (reader >= 0)
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
        codes = _label_codes(table, "label", _plan(protocol, task), task, rows, report)
        labels[tuple(axis[rows] for axis in where)] = codes[rows]
    if "score" in table and task.positive is not None:
        _one_owner(table, "score", [t for t in tasks.values() if t.positive is not None], problems, task)
        own = _rows_of(table, task) & (where[-2] >= 0)
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
    before = len(report)
    values = np.stack([table.numbers(column, report) for column in columns], axis=1)
    if len(report) > before:
        return values
    _check_probabilities(table, columns, values, rows, report)
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
    # Each class may be off by half a unit of the last digit that the row is written with.
    decimals = np.array([_most_decimals(table, columns, row) for row in range(len(sums))])
    allowed = np.maximum(1e-3, len(columns) * 0.5 * 10.0**-decimals)
    for row in np.flatnonzero(rows & ~outside.any(axis=1) & (np.abs(sums - 1) > allowed * (1 + 1e-9))):
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


# --- readers ----------------------------------------------------------------------------------------------------------


def _groups(
    table: Table | None, protocol: Protocol, readers: tuple[str, ...], problems: list[Problem]
) -> dict[str, str]:
    groups = {reader: group for group, names in protocol.groups.items() for reader in names if reader in readers}
    if table is None or "reader_group" not in table or protocol.groups:
        return groups
    for row, (reader, group) in enumerate(zip(table.cells("reader_id"), table.cells("reader_group"), strict=True)):
        if group and reader in readers and groups.setdefault(reader, group) != group:
            problems.append(
                Problem(
                    code="RS215",
                    message=f"reader {reader!r} is in two groups: {groups[reader]!r} and {group!r}",
                    place=table.place(row, "reader_group"),
                    help="keep one group a reader",
                )
            )
            break
    return groups


def _check_readers(
    tables: Mapping[str, Table],
    protocol: Protocol,
    readers: tuple[str, ...],
    human_reads: Mapping[str, Reads],
    problems: list[Problem],
) -> None:
    table = tables.get("reads")
    known = _names(table, "reader_id", "")
    for where, names in (*protocol.groups.items(), ("exclude", protocol.exclude)):
        for name in names:
            if name not in known:
                problems.append(
                    Problem(
                        code="RS211",
                        message=f"reader {name!r} of the protocol ({where}) has no row in the reads",
                        place=_protocol_place(protocol),
                        help=_choice.did_you_mean(name, known) if known else "give a reads file",
                    )
                )
    if table is None:
        return
    read = np.any([_said(reads).any(axis=(0, 2)) for reads in human_reads.values()], axis=0)
    if any(problem.code in ("RS103", "RS201") for problem in problems):
        return  # their cells may only look empty because they could not be read
    for reader, anything in zip(readers, read, strict=True):
        if not anything:
            row = int(np.argmax(table.cells("reader_id") == reader))
            problems.append(
                Problem(
                    code="RS206",
                    message=f"reader {reader!r} read nothing: every label and score is empty",
                    place=table.place(row, "reader_id"),
                    help=f'give the reads, delete the rows, or leave the reader out: [readers] exclude = ["{reader}"]',
                )
            )


def _check_overlap(tables: Mapping[str, Table], problems: list[Problem]) -> None:
    roles = list(tables)
    for i, first in enumerate(roles):
        for second in roles[i + 1 :]:
            a, b = (set(tables[role].cells("case_id").tolist()) for role in (first, second))
            if not a & b:
                problems.append(
                    Problem(
                        code="RS207",
                        message=f"{tables[first].name} and {tables[second].name} have no case in common",
                        place=tables[second].place(0, "case_id"),
                        found=f"such as {min(b)!r} here, {min(a)!r} in {tables[first].place(0, 'case_id')}",
                        help="case ids are compared as text: leading zeros, prefixes and letter case count",
                    )
                )


def _nothing_left(tables: Mapping[str, Table], has_truth: npt.NDArray[np.bool_]) -> Problem:
    what = "no case has a truth" if not has_truth.any() else "no case with a truth was predicted or read"
    files = ", ".join(table.name for table in tables.values())
    return Problem(
        code="RS207", message=f"nothing is left to analyse: {what} ({files})", help="check the ids and truth"
    )


def _row_counts(tables: Mapping[str, Table], excluded: set[str]) -> list[dict[str, Any]]:
    """Rows of each file, and how many say nothing or belong to a reader left out."""
    counts = []
    for role, table in tables.items():
        if role == "cases":
            continue
        value_columns = [c for c in table.frame.columns if c in ("label", "score") or str(c).startswith("prob_")]
        empty = np.all([table.is_missing(str(column)) for column in value_columns], axis=0)
        left_out = np.zeros(len(empty), dtype=bool)
        if role == "reads" and excluded:
            left_out = np.isin(table.cells("reader_id").astype(str), list(excluded))
        counts.append(
            {
                "file": role,
                "rows": len(empty),
                "empty": int((empty & ~left_out).sum()),
                "excluded_readers": int(left_out.sum()),
            }
        )
    return counts


def _warnings(
    tasks: Mapping[str, Task],
    protocol: Protocol,
    model_reads: Mapping[str, Reads],
    human_reads: Mapping[str, Reads],
    flow: Mapping[str, Any],
) -> list[str]:
    found = []
    n_cases, n_patients = flow["n_cases"], flow["n_patients"]
    if n_patients is not None and n_patients < n_cases:
        found.append(
            f"{n_cases} cases come from {n_patients} patients. Every interval and test here takes cases as "
            "independent, which makes them too narrow and too sure when cases of one patient are alike."
        )
    for name, task in tasks.items():
        if task.positive is None:
            continue
        model, human = model_reads[name], human_reads[name]
        rated = ~np.isnan(human.scores)
        if (rated & (human.labels < 0)).any() and protocol.threshold is None:
            found.append(
                f"Task {name}: the readers' ratings have no threshold, so that they get no sensitivity, specificity "
                "or accuracy. Set threshold in [readers] of the protocol."
            )
        scored = ~np.isnan(model.scores) & (model.labels < 0)
        if scored.any() and model.probs is None and task.threshold is None:
            found.append(
                f"Task {name}: the models' scores have no threshold, so that they get no sensitivity, specificity or "
                f"accuracy. Set threshold in [tasks.{name}] of the protocol."
            )
    without_truth = next(e["n"] for e in flow["excluded"] if e["reason"] == "no truth")
    if without_truth:
        found.append(f"{without_truth} case{'s were' if without_truth > 1 else ' was'} left out for lack of a truth.")
    return found
