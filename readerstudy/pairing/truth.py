"""The truth and the patient of each case, one value over all files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.pairing.tasks import codes_of, label_codes
from readerstudy.problems import Problem
from readerstudy.protocol import TaskPlan
from readerstudy.tabular import Table
from readerstudy.task import Codes, Task


def agreed(
    tables: Mapping[str, Table],
    column: str,
    ids: npt.NDArray[Any],
    problems: list[Problem],
    code: str,
    what: str,
    meaning: Callable[[str], str] = str,
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
            elif values[position] != cells[row] and meaning(values[position]) != meaning(cells[row]):
                first, first_row = origin[position]
                problems.append(
                    Problem(
                        code=code,
                        message=f"case {str(ids[position])!r} has two values of {table.header_name(column)!r} ({what})",
                        place=table.place(int(row), column),
                        found=f"{cells[row]!r} here, {values[position]!r} in {first.place(first_row, column)}",
                        help="make them equal, or keep the column in one file only",
                    )
                )
    return values


def no_truth(tables: Mapping[str, Table], plan: TaskPlan) -> Problem:
    """The problem of a task whose truth is in no file."""
    files = ", ".join(table.name for table in tables.values())
    names = [name for table in tables.values() for name in table.frame.columns]
    near = _choice.nearest(plan.truth, names)
    return Problem(
        code="RS209",
        message=f"no file has the column {plan.truth!r} with the truth of task {plan.name!r}: {files}",
        found=f"did you mean {near!r}?" if near else "",
        help='add it to any of the files, give a cases file (--cases), or name the column: truth = "..." in the task',
    )


def truth_codes(
    plan: TaskPlan,
    tables: Mapping[str, Table],
    tasks: Mapping[str, Task],
    values: npt.NDArray[np.object_],
    problems: list[Problem],
) -> Codes:
    """Class code of each case; -1 = no truth. A label that is no class becomes a problem at each of its cells."""
    task = tasks[plan.name]
    codes = codes_of(values, plan, task.labels)
    if (codes == -2).any():
        for table in tables.values():
            if plan.truth in table:
                label_codes(table, plan.truth, plan, task, np.ones(len(table.frame), dtype=bool), problems)
    return codes


def patients_of(tables: Mapping[str, Table], ids: npt.NDArray[Any], problems: list[Problem]) -> Codes | None:
    """Code of each case's patient; None when no file names patients."""
    values = agreed(tables, "patient_id", ids, problems, "RS212", "patient")
    if values is None:
        return None
    # A case without a patient id is a patient of its own.
    named = [value or f"\0{position}" for position, value in enumerate(values)]
    return np.unique(np.array(named, dtype=str), return_inverse=True)[1].astype(np.int64)
