"""Lesions as boxes, in a JSON or CSV file.

CSV: a header ``lesion,unit,x1,y1,z1,x2,y2,z2`` and a line a lesion. JSON: the same names,
``{"unit": "voxel", "boxes": [{"lesion": 1, "x1": 101, "y1": 80, "z1": 12, "x2": 131, "y2": 107, "z2": 15}]}``; `unit`
may stand in each box instead. Lesions are numbered from 1.

With the unit ``voxel``, the corners are the first and the last voxel of the series that belong to the lesion, counted
from 0: x the column, y the row, z the slice in the order of the loaded series. With ``mm``, they are two opposite
corners in the patient, LPS.

A box says how far a lesion reaches and not what it fills: the ellipsoid that touches its six sides stands for the
lesion. A whole box would count its diagonal as the lesion's diameter, which is too long by up to 41 %. In each slice,
what the ellipsoid fills anywhere in the thickness of the slice is the lesion, as one would draw it.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from readerstudy._choice import did_you_mean
from readerstudy.imaging.geometry import Grid, to_image
from readerstudy.problems import DataError, Place, Problem

if TYPE_CHECKING:
    import SimpleITK

UNITS = ("voxel", "mm")
_CORNERS = ("x1", "y1", "z1", "x2", "y2", "z2")
_COLUMNS = ("lesion", "unit", *_CORNERS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LesionBox:
    """A box around a lesion.

    Parameters
    ----------
    lesion
        Its number, from 1.
    unit
        ``"voxel"`` of the series, or ``"mm"`` in LPS.
    low, high
        The corners with the smallest and the largest x, y and z; first and last voxel, both of the lesion.
    """

    lesion: int
    unit: str
    low: tuple[float, float, float]
    high: tuple[float, float, float]


def read(path: str | os.PathLike[str]) -> list[LesionBox]:
    """The boxes of a file, by number of the lesion.

    Raises
    ------
    DataError
        With every line or box that cannot be used.
    """
    name = os.fspath(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        rows = _json_rows(text, name) if name.casefold().endswith(".json") else _csv_rows(text, name)
    except UnicodeDecodeError:
        raise DataError([_problem("the file is not UTF-8", Place(file=name), "save it as CSV UTF-8")]) from None
    problems: list[Problem] = []
    found: dict[int, LesionBox] = {}
    for row, place in rows:
        box = _box(row, place, problems)
        if box and box.lesion in found:
            problems.append(_problem(f"lesion {box.lesion} has two boxes", place, "give each lesion its own number"))
        elif box:
            found[box.lesion] = box
    if not rows:
        problems.append(_problem("the file has no box", Place(file=name), "give each lesion a box"))
    if problems:
        raise DataError(problems)
    return [found[lesion] for lesion in sorted(found)]


def to_mask(box: LesionBox, grid: Grid) -> SimpleITK.Image:
    """The ellipsoid that touches the six sides of a box, as 0 and 1 on the grid of a series.

    Raises
    ------
    DataError
        If the box reaches beyond the grid, or holds no voxel.
    """
    in_voxels = box.unit == "voxel"
    low, high = np.array(box.low), np.array(box.high)
    if in_voxels:
        low, high = low - 0.5, high + 0.5
    centre, half = (low + high) / 2, (high - low) / 2
    tips = np.concatenate([centre + np.diag(half), centre - np.diag(half)])
    at = tips if in_voxels else grid.indices(tips)
    if (at < -0.51).any() or (at > np.array(grid.size) - 0.49).any():
        message = (
            f"the box of lesion {box.lesion} reaches beyond the series of {' x '.join(map(str, grid.size))} voxels"
        )
        raise DataError([dataclasses.replace(_problem(message, None, _HELP), code="RS804")])
    # An oblique ellipsoid can reach beyond its tips, but not beyond the box's corners.
    corners = np.stack(np.meshgrid(*np.stack([low, high], axis=1)), axis=-1).reshape(-1, 3)
    near = corners if in_voxels else grid.indices(corners)
    first = np.floor(near.min(axis=0)).astype(int).clip(0, None)
    last = np.ceil(near.max(axis=0)).astype(int).clip(None, np.array(grid.size) - 1)
    x, y, z = (np.arange(a, b + 1) for a, b in zip(first, last, strict=True))
    voxels = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1).reshape(-1, 3)
    lesion = voxels[:0]
    if half.all():
        # In units of the half axes: the voxels' centres, one slice's thickness, and the point of it that is innermost.
        places = ((voxels if in_voxels else grid.points(voxels)) - centre) / half
        thickness = (np.array([0, 0, 1]) if in_voxels else grid.affine[:3, 2]) / half
        inward = (-(places @ thickness) / (thickness @ thickness)).clip(-0.5, 0.5)
        # Slices that only touch the box are not of the lesion, also after rounding.
        lesion = voxels[((places + inward[:, None] * thickness) ** 2).sum(axis=1) < 1 - 1e-9]
    if not len(lesion):
        message = f"the box of lesion {box.lesion} holds no voxel of the series"
        raise DataError([_problem(message, None, _HELP)])
    mask = np.zeros(grid.size[::-1], dtype=bool)
    mask[tuple(lesion.T[::-1])] = True
    return to_image(mask, grid)


_HELP = "voxels of the series are counted from 0, x by column, y by row, z by slice; mm are LPS"


def _problem(message: str, place: Place | None, help_: str) -> Problem:
    return Problem(code="RS845", message=message, place=place, help=help_)


def _csv_rows(text: str, name: str) -> list[tuple[dict[str, Any], Place]]:
    """Each line as a mapping, with its place."""
    lines = text.splitlines()
    separator = ";" if lines and ";" in lines[0] else ","
    reader = csv.DictReader(lines, delimiter=separator, skipinitialspace=True)
    header = list(reader.fieldnames or [])
    if sorted(header) != sorted(_COLUMNS):
        missing = [column for column in _COLUMNS if column not in header]
        unknown = [column for column in header if column not in _COLUMNS]
        what = f"no column {missing[0]!r}" if missing else f"column {(unknown or header)[0]!r} is not expected"
        place = Place(file=name, line=1, source=lines[0] if lines else "")
        raise DataError([_problem(what, place, f"the header is {','.join(_COLUMNS)}")])
    rows = []
    for row in reader:
        line = reader.line_num
        rows.append((dict(row), Place(file=name, line=line, source=lines[line - 1])))
    return rows


def _json_rows(text: str, name: str) -> list[tuple[dict[str, Any], Place]]:
    """Each box as a mapping."""
    shape = 'the file is {"unit": "voxel", "boxes": [{"lesion": 1, "x1": 0, ...}]}'
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        source = "".join(text.splitlines()[error.lineno - 1 : error.lineno])
        place = Place(file=name, line=error.lineno, column=error.colno, source=source)
        raise DataError([_problem(f"this is no JSON: {error.msg}", place, shape)]) from None
    boxes = content.get("boxes") if isinstance(content, dict) else None
    if not isinstance(boxes, list) or not all(isinstance(box, dict) for box in boxes):
        raise DataError([_problem('there is no list "boxes"', Place(file=name), shape)])
    common = {"unit": content["unit"]} if "unit" in content else {}
    return [({**common, **box}, Place(file=name)) for box in boxes]


def _box(row: dict[str, Any], place: Place, problems: list[Problem]) -> LesionBox | None:
    """The box of a row; None, and the problems, if it has any."""
    before = len(problems)
    label = f"lesion {row['lesion']}" if row.get("lesion") not in (None, "") else "a box"
    for key in row:
        if key not in _COLUMNS:
            problems.append(_problem(f"{label} has {key!r}", place, did_you_mean(str(key), _COLUMNS)))
    unit = row.get("unit")
    if unit not in UNITS:
        problems.append(_problem(f"{label} has the unit {unit!r}", place, "give 'voxel' or 'mm'"))
    numbers = {key: _number(row.get(key)) for key in ("lesion", *_CORNERS)}
    for key, value in numbers.items():
        whole = key == "lesion" or unit == "voxel"
        if value is None or (whole and value != int(value)) or (key == "lesion" and value < 1):
            kind = "a whole number from 1" if key == "lesion" else "a whole number" if whole else "a number"
            problems.append(_problem(f"{label} has {key} = {row.get(key)!r}", place, f"give {kind}"))
    if len(problems) > before:
        return None
    values = {key: value for key, value in numbers.items() if value is not None}
    ends = [sorted((values[f"{axis}1"], values[f"{axis}2"])) for axis in "xyz"]
    low, high = ((ends[0][end], ends[1][end], ends[2][end]) for end in (0, 1))
    return LesionBox(lesion=int(values["lesion"]), unit=str(unit), low=low, high=high)


def _number(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
