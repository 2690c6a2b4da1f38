"""Probability columns of a task: which they are, and what a row of probabilities must be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from readerstudy import tabular
from readerstudy.problems import Problem
from readerstudy.protocol import TaskPlan
from readerstudy.tabular import Table
from readerstudy.task import Floats

_MOST_ROUNDING = 0.05
"""How far the probabilities of a row may miss 1, however coarsely they are written."""


def probability_column(table: Table, name: str, plan: TaskPlan) -> str:
    """The column with the probability of a class, by our name of it or by the file's."""
    if f"prob_{name}" in table:
        return f"prob_{name}"
    theirs = (label for label, ours in plan.map.items() if ours == name and f"prob_{label}" in table)
    return f"prob_{next(theirs, name)}"


def probabilities(
    table: Table,
    task: str,
    classes: tuple[str, ...],
    plan: TaskPlan,
    rows: npt.NDArray[np.bool_],
    problems: list[Problem],
) -> Floats | None:
    """Probabilities of `classes`, shape (row, class), nan = none; None when the file has a column for none of them."""
    named = {str(name) for name in table.frame.columns if str(name).startswith("prob_")}
    columns = [probability_column(table, name, plan) for name in classes]
    absent = [column for column in columns if column not in named]
    if len(absent) == len(columns):
        return None
    if absent:
        problems += [tabular.missing_column(table, column, f"a class of task {task!r}") for column in absent]
        return None
    values = np.stack([table.numbers(column, problems) for column in columns], axis=1)
    no_number = np.stack([~table.is_missing(column) for column in columns], axis=1) & np.isnan(values)
    _check_probabilities(table, columns, values, rows & ~no_number.any(axis=1), problems)
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
    for row in np.flatnonzero(rows & ~outside.any(axis=1) & (np.abs(sums - 1) > 1e-3) & (len(columns) > 1)):
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
