"""Columns that must be there, ids that must not be empty, rows that must not stand twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from readerstudy import tabular
from readerstudy.problems import Problem
from readerstudy.tabular import Table

_IDS = {
    "preds": ("case_id", "model", "modality", "fold", "group_id"),
    "reads": ("case_id", "reader_id", "modality"),
    "cases": ("case_id",),
}
_LONGEST = 200
_SHOWN = 5


def require_columns(role: str, table: Table, values: set[str], problems: list[Problem]) -> None:
    """What a file of this role cannot be without; `values` are the columns that may hold labels or scores."""
    if "case_id" not in table:
        problems.append(tabular.missing_column(table, "case_id", "which pairs the files"))
    if role == "reads" and "reader_id" not in table:
        problems.append(tabular.missing_column(table, "reader_id", "which says who read"))
    has_prob = role == "preds" and any(str(name).startswith("prob_") for name in table.frame.columns)
    usual = values == {"label", "score"}  # columns that a task names are looked for in all files together
    if role != "cases" and usual and not has_prob and not any(name in table for name in values):
        wanted, what = ("score", "no 'label' and no 'prob_<class>'") if role == "preds" else ("label", "no 'score'")
        verb = "predicted" if role == "preds" else "read"
        problems.append(tabular.missing_column(table, wanted, f"and {what} either: nothing is {verb}"))


def check_ids(tables: Mapping[str, Table], problems: list[Problem], *, repeated: bool = False) -> None:
    """Empty and overlong ids and names, and rows that stand twice; second reads may, where they are `repeated`."""
    for role, table in tables.items():
        for column in _IDS[role]:
            if column in table:
                _check_names(table, column, problems)
        if not (repeated and role == "reads"):
            _check_duplicates(table, problems)


def _check_names(table: Table, column: str, problems: list[Problem]) -> None:
    empty = table.is_missing(column)
    if empty.any():
        problems.append(
            Problem(
                code="RS208",
                message=f"column {table.header_name(column)!r} is empty",
                place=table.place(int(np.argmax(empty)), column),
                help="give the name in every row, or delete the row",
                n=int(empty.sum()),
            )
        )
    long = np.flatnonzero(table.frame[column].str.len().to_numpy() > _LONGEST)
    if len(long):
        problems.append(
            Problem(
                code="RS208",
                message=f"column {table.header_name(column)!r} holds a name of more than {_LONGEST} characters",
                place=table.place(int(long[0]), column),
                help="is a quotation mark or a separator missing? Shorten the name if it is meant",
                n=len(long),
            )
        )


def _check_duplicates(table: Table, problems: list[Problem]) -> None:
    keys = {
        "preds": ("case_id", "model", "modality", "task", "fold", "group_id"),
        "reads": ("case_id", "reader_id", "modality", "task"),
        "cases": ("case_id",),
    }[table.role]
    present = [key for key in keys if key in table]
    again = table.frame.duplicated(present).to_numpy(dtype=bool)
    if not again.any():
        return
    keys_of = list(zip(*(table.cells(name) for name in present), strict=True))
    first_rows: dict[tuple[str, ...], int] = {}
    for row, key in enumerate(keys_of):
        first_rows.setdefault(key, row)
    if table.role == "preds":
        help_ = "keep one row, or tell the rows apart by 'group_id' (image groups) or 'fold' (models of folds)"
    elif table.role == "reads":
        help_ = "keep one row, add a column 'modality' if the case was read under several, or set "
        help_ += 'duplicates = "first", or "repeat" to compare them, in [readers] of the protocol'
    else:
        help_ = "keep one row"
    rows = np.flatnonzero(again)
    for i, row in enumerate(rows[:_SHOWN].tolist()):
        what = ", ".join(
            f"{name.removesuffix('_id')} {value!r}" for name, value in zip(present, keys_of[row], strict=True)
        )
        problems.append(
            Problem(
                code="RS204",
                message=f"{what} stands twice in {table.role}",
                place=table.place(row),
                found=f"first on line {table.place(first_rows[keys_of[row]]).line}",
                help=help_,
                n=1 if i + 1 < _SHOWN else len(rows) - i,
            )
        )


_READ = ("case_id", "reader_id", "modality", "task")


def drop_duplicate_reads(table: Table, keep: str) -> int:
    """Leave one of several reads of a case by a reader, and say how many rows that took out."""
    keys = [key for key in _READ if key in table]
    again = table.frame.duplicated(keys, keep="first" if keep == "first" else "last").to_numpy(dtype=bool)
    table.keep(~again)
    return int(again.sum())


def split_repeats(table: Table) -> list[Table]:
    """Leave the first read of a case by a reader, and give the second ones, the third ones ... as tables.

    The order is that of the column `session` where the file has it, numbers by size and anything else as text, and that
    of the rows otherwise.
    """
    keys = [key for key in _READ if key in table]
    ordered = table.frame
    if "session" in table:
        no_numbers: list[Problem] = []
        numbers = table.numbers("session", no_numbers)
        by_size = table.frame if no_numbers else table.frame.assign(session=numbers)
        ordered = by_size.sort_values("session", kind="stable")
    turn = ordered.groupby(keys, sort=False).cumcount().sort_index().to_numpy()
    further = []
    for n in range(1, int(turn.max(initial=0)) + 1):
        repeat = dataclasses.replace(table, used={})
        repeat.keep(turn == n)
        further.append(repeat)
    table.keep(turn == 0)
    return further


def distinct(table: Table | None, column: str) -> tuple[str, ...]:
    """Distinct names of a column in order of first appearance; none without the table or the column."""
    if table is None or column not in table:
        return ()
    return tuple(dict.fromkeys(table.cells(column).tolist()))


def n_distinct(table: Table | None) -> int | None:
    """How many cases a file names."""
    return None if table is None else int(table.frame["case_id"].nunique())
