"""Columns that must be there, ids that must not be empty, rows that must not stand twice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from readerstudy import tabular
from readerstudy.problems import Problem
from readerstudy.tabular import Table

_IDS = {"preds": ("case_id", "model"), "reads": ("case_id", "reader_id"), "cases": ("case_id",)}


def require_columns(role: str, table: Table, problems: list[Problem]) -> None:
    """What a file of this role cannot be without."""
    if "case_id" not in table:
        problems.append(tabular.missing_column(table, "case_id", "which pairs the files"))
    if role == "reads" and "reader_id" not in table:
        problems.append(tabular.missing_column(table, "reader_id", "which says who read"))
    if role == "reads" and "label" not in table and "score" not in table:
        problems.append(tabular.missing_column(table, "label", "and no column 'score' either: nothing was read"))
    has_prob = any(str(name).startswith("prob_") for name in table.frame.columns)
    if role == "preds" and not has_prob and "label" not in table and "score" not in table:
        problems.append(
            tabular.missing_column(table, "score", "no 'label' and no 'prob_<class>' either: nothing is predicted")
        )


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


def distinct(table: Table | None, column: str) -> tuple[str, ...]:
    """Distinct names of a column in order of first appearance; none without the table or the column."""
    if table is None or column not in table:
        return ()
    return tuple(dict.fromkeys(table.cells(column).tolist()))


def n_distinct(table: Table | None) -> int | None:
    """How many cases a file names."""
    return None if table is None else int(table.frame["case_id"].nunique())
