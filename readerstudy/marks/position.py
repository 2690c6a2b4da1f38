"""On which lesion a mark lies that has a position and names none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from readerstudy import tabular
from readerstudy.problems import Problem
from readerstudy.tabular import Table

Floats = npt.NDArray[np.float64]
_AXES = ("x", "y", "z")


def lesion_of(tables: Mapping[str, Table], radius: float | None, problems: list[Problem]) -> list[str | None]:
    """The lesion of each mark: the one that it names, or the one that it lies on."""
    marks, lesions = tables["marks"], tables.get("lesions")
    if "lesion_id" in marks:
        empty = marks.is_missing("lesion_id")
        return [None if none else name for name, none in zip(marks.cells("lesion_id"), empty, strict=True)]
    if not {"x", "y"} <= set(marks.frame.columns):
        problems.append(tabular.missing_column(marks, "lesion_id", "and no 'x' and 'y' either: no lesion can be found"))
        return [None] * len(marks.frame)
    if lesions is None:
        return [None] * len(marks.frame)
    axes = [axis for axis in _AXES if axis in marks or axis in lesions]
    for table in (marks, lesions):
        for axis in axes:
            if axis not in table:
                problems.append(tabular.missing_column(table, axis, "which is needed to hold marks against lesions"))
    before = len(problems)
    if "radius" not in lesions and radius is None:
        problems.append(tabular.missing_column(lesions, "radius", "and no radius was given: how near is on a lesion?"))
    if len(problems) > before or any(axis not in table for table in (marks, lesions) for axis in axes):
        return [None] * len(marks.frame)
    mark_at, lesion_at = (_positions(table, axes, problems) for table in (marks, lesions))
    own = lesions.numbers("radius", problems) if "radius" in lesions else np.full(len(lesions.frame), np.nan)
    reach = np.where(np.isnan(own), np.nan if radius is None else radius, own)
    wrong = ~(reach > 0)
    if wrong.any():
        problems.append(
            Problem(
                code="RS504",
                message="a lesion has no acceptance radius, or one that is not positive",
                place=lesions.place(int(np.argmax(wrong)), "radius"),
                help="give a positive radius in the unit of the positions, or one for all: radius=",
                n=int(wrong.sum()),
            )
        )
    names, found = lesions.cells("lesion_id"), np.full(len(marks.frame), None, dtype=object)
    of_case = lesions.frame.groupby("case_id", sort=False).indices
    for case, rows in marks.frame.groupby("case_id", sort=False).indices.items():
        there = of_case.get(case)
        if there is not None:
            nearest = nearest_lesion(mark_at[rows], lesion_at[there], reach[there])
            hit = nearest >= 0
            found[rows[hit]] = names[there[nearest[hit]]]
    return list(found)


def _positions(table: Table, axes: list[str], problems: list[Problem]) -> Floats:
    """Shape (n_rows, n_axes); an empty cell becomes a problem."""
    for axis in axes:
        empty = table.is_missing(axis)
        if empty.any():
            problems.append(
                Problem(
                    code="RS504",
                    message=f"column {table.header_name(axis)!r} is empty: a position is not known",
                    place=table.place(int(np.argmax(empty)), axis),
                    help="give the position, or name the lesion of each mark in a column lesion_id",
                    n=int(empty.sum()),
                )
            )
    return np.stack([table.numbers(axis, problems) for axis in axes], axis=1)


def nearest_lesion(mark: Floats, lesion: Floats, radius: Floats) -> npt.NDArray[np.int64]:
    """Of each mark, the nearest lesion in whose radius it lies, -1 where there is none.

    Parameters
    ----------
    mark, lesion
        Positions, shape (n_marks, n_axes) and (n_lesions, n_axes); of equally near ones the first counts.
    radius
        Of each lesion, shape (n_lesions,).

    Examples
    --------
    >>> nearest_lesion(np.array([[0.0, 1.0], [9.0, 9.0]]), np.array([[0.0, 0.0], [0.0, 3.0]]), np.array([5.0, 5.0]))
    array([ 0, -1])
    """
    distance = np.sqrt(((mark[:, None] - lesion[None]) ** 2).sum(axis=2))
    distance = np.where(distance <= radius, distance, np.inf)
    nearest = distance.argmin(axis=1)
    return np.where(np.isfinite(distance[np.arange(len(mark)), nearest]), nearest, -1)
