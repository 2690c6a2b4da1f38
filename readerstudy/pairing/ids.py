"""Columns that must be there, ids that must not be empty, rows that must not stand twice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from readerstudy import tabular
from readerstudy.problems import Problem
from readerstudy.tabular import Table

_IDS = {"preds": ("case_id", "model"), "reads": ("case_id", "reader_id"), "cases": ("case_id",)}


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


def check_ids(tables: Mapping[str, Table], problems: list[Problem]) -> None:
    """Empty ids and rows that stand twice."""
    for role, table in tables.items():
        for column in _IDS[role]:
            if column in table:
                problems += [
                    Problem(
                        code="RS208",
                        message=f"column {table.header_name(column)!r} is empty",
                        place=table.place(int(row), column),
                        help="give the id, or delete the row",
                    )
                    for row in np.flatnonzero(table.cells(column) == "")
                ]
        _check_duplicates(table, problems)


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
    first_rows: dict[tuple[str, ...], int] = {}
    for row, key in enumerate(zip(*(table.cells(name) for name in present), strict=True)):
        first = first_rows.setdefault(key, row)
        if again[row]:
            what = ", ".join(f"{name.removesuffix('_id')} {value!r}" for name, value in zip(present, key, strict=True))
            help_ = "keep one row"
            if table.role == "preds":
                help_ = "keep one row, or tell the rows apart by 'group_id' (image groups) or 'fold' (models of folds)"
            elif table.role == "reads":
                help_ = "keep one row, add a column 'modality' if the case was read under several, or set "
                help_ += 'duplicates = "first" in [readers] of the protocol'
            problems.append(
                Problem(
                    code="RS204",
                    message=f"{what} stands twice in {table.role}",
                    place=table.place(row),
                    found=f"first on line {table.place(first).line}",
                    help=help_,
                )
            )


def drop_duplicate_reads(table: Table, keep: str) -> int:
    """Leave one of several reads of a case by a reader, and say how many rows that took out."""
    keys = [key for key in ("case_id", "reader_id", "modality", "task") if key in table]
    again = table.frame.duplicated(keys, keep="first" if keep == "first" else "last").to_numpy(dtype=bool)
    table.keep(~again)
    return int(again.sum())


def distinct(table: Table | None, column: str) -> tuple[str, ...]:
    """Distinct names of a column in order of first appearance; none without the table or the column."""
    if table is None or column not in table:
        return ()
    return tuple(dict.fromkeys(table.cells(column).tolist()))


def n_distinct(table: Table | None) -> int | None:
    """How many cases a file names."""
    return None if table is None else int(table.frame["case_id"].nunique())
