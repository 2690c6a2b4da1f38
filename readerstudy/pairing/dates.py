"""Days on which reads were made."""

from __future__ import annotations

import datetime

import numpy as np

from readerstudy.pairing.values import Rows
from readerstudy.problems import Problem
from readerstudy.task import Floats

COLUMN = "read_date"


def dates_of(rows: Rows, problems: list[Problem]) -> Floats | None:
    """The day of each read, counted from a fixed one, nan where it is not known; None without the column `read_date`.

    A cell is a day as ISO 8601 writes it, ``2024-01-09``; a time of day after it counts for nothing.
    """
    if COLUMN not in rows.table:
        return None
    table = rows.table
    days = np.full(len(table.frame), np.nan)
    wrong: dict[str, list[int]] = {}
    for row in np.flatnonzero(~table.is_missing(COLUMN)).tolist():
        cell = str(table.cells(COLUMN)[row])
        try:
            days[row] = datetime.datetime.fromisoformat(cell.strip()).toordinal()
        except ValueError:
            wrong.setdefault(cell, []).append(row)
    problems += [
        Problem(
            code="RS225",
            message=f"column {table.header_name(COLUMN)!r} must hold days as 2024-01-09",
            place=table.place(at[0], COLUMN),
            found=f"expected a day, found {cell!r}",
            help="mend the cell, or leave it empty if the day is not known",
            n=len(at),
        )
        for cell, at in wrong.items()
    ]
    found = np.full(rows.shape, np.nan)
    found[rows.at(rows.known)] = days[rows.known]
    return found
