"""`Marks`: the marks of a free-response study, read from its files and held against its lesions, checked once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from readerstudy import _choice, tabular
from readerstudy.marks.check import check_cases, check_lesions, check_marks, check_truth
from readerstudy.marks.position import lesion_of
from readerstudy.problems import DataError, Problem
from readerstudy.tabular import Table

if TYPE_CHECKING:
    import pandas as pd

Source = Any
"""A path, a pandas DataFrame, or None."""

COLUMNS = {
    "cases": ("case_id", "truth", "n_lesions", "patient_id"),
    "marks": ("case_id", "reader_id", "modality", "score", "lesion_id", "x", "y", "z"),
    "lesions": ("case_id", "lesion_id", "weight", "x", "y", "z", "radius"),
    "reads": ("case_id", "reader_id", "modality"),
}
"""Columns of each file; the order of the files is that in which they are read."""
_NEEDED = {
    "cases": {"case_id": "which lists every case that was shown"},
    "marks": {
        "case_id": "which says where the mark is",
        "reader_id": "which says who made it",
        "score": "which rates the mark",
    },
    "lesions": {"case_id": "which says where the lesion is", "lesion_id": "which names it within its case"},
    "reads": {"case_id": "which says what was read", "reader_id": "which says who read"},
}
ONE_MODALITY = "1"
"""The modality of marks and reads whose files name none."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Marks:
    """Cases, marks, lesions and reads, as `readerstudy.froc` takes them. Make one with `Marks.read`.

    Parameters
    ----------
    cases
        Column `case_id`; `patient_id` if the file has it.
    marks
        Columns `case_id`, `reader_id`, `modality`, `lesion_id` (None = on no lesion), `score`.
    lesions
        Columns `case_id`, `lesion_id`; `weight` if the file has it.
    reads
        Columns `case_id`, `reader_id`, `modality`; None where no file lists them.
    warnings, inputs
        Sentences; role, name, SHA-256 and rows of each file.
    """

    cases: pd.DataFrame
    marks: pd.DataFrame
    lesions: pd.DataFrame
    reads: pd.DataFrame | None
    warnings: tuple[str, ...]
    inputs: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(
        cls,
        cases: Source,
        marks: Source = None,
        lesions: Source = None,
        reads: Source = None,
        *,
        radius: float | None = None,
        columns: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Marks:
        """Read and check the files of a free-response study.

        Parameters
        ----------
        cases
            Path or DataFrame with `case_id`, one row for every case that was shown; optional `patient_id`, and `truth`
            (0/1) and `n_lesions`, which must then agree with the lesions.
        marks
            Path or DataFrame with `case_id`, `reader_id`, `score`, and either `lesion_id` (empty = on no lesion) or the
            position `x`, `y` (and `z`); optional `modality`. None: nobody made a mark.
        lesions
            Path or DataFrame with `case_id` and `lesion_id`; optional `weight` (all or none of a case's, sum 1), the
            position `x`, `y` (and `z`) and `radius`. None: no case has a lesion.
        reads
            Path or DataFrame with `case_id`, `reader_id`, optional `modality`: who read what. Needed where somebody
            made no mark at all, or did not read every case.
        radius
            How far from a lesion's position a mark may be, in the unit of the positions; a lesion's own `radius` goes
            before it.
        columns
            By file, our names of columns and the file's, such as ``{"marks": {"score": "rating"}}``.

        Returns
        -------
        Marks

        Raises
        ------
        DataError
            With every problem found, each with file, line and column.
        OSError
            If a file cannot be opened.
        ValueError
            If `radius` is not positive, or `columns` names an unknown file.

        Notes
        -----
        Where marks have positions and no `lesion_id`, a mark belongs to the nearest lesion of its case in whose
        acceptance radius it lies (at the radius is inside), and to none if there is no such lesion. Each lesion is
        found once: of a reader's marks on it the highest counts, and the others are neither found lesions nor false
        marks. The same holds of marks that name their lesion.
        """
        import pandas as pd

        if radius is not None and not (radius > 0 and np.isfinite(radius)):
            raise ValueError(f"radius must be a positive number, in the unit of the positions; got {radius!r}")
        for role in columns or ():
            _choice.check(role, COLUMNS, "a file in columns")
        problems: list[Problem] = []
        tables: dict[str, Table] = {}
        for role, source in zip(COLUMNS, (cases, marks, lesions, reads), strict=True):
            table = None if source is None else _table(role, source, dict((columns or {}).get(role, {})), problems)
            if table is not None:
                tables[role] = table
        if cases is None:
            problems.append(
                Problem(
                    code="RS501",
                    message="no file of cases was given",
                    help="give one with case_id of every case that was shown, with lesions or without, marked or not",
                )
            )
        if problems:
            raise DataError(problems)
        check_cases(tables, problems)
        frames = {
            "cases": _kept(tables.get("cases"), ("case_id", "patient_id")),
            "marks": _kept(tables.get("marks"), ("case_id", "reader_id", "modality")),
            "lesions": _kept(tables.get("lesions"), ("case_id", "lesion_id")),
            "reads": _kept(tables.get("reads"), ("case_id", "reader_id", "modality")),
        }
        if "lesions" in tables:
            check_lesions(tables["lesions"], frames["lesions"], problems)
        if "cases" in tables:
            check_truth(tables["cases"], frames["lesions"], problems)
        on, score = [], np.zeros(0)
        if "marks" in tables:
            on, score = lesion_of(tables, radius, problems), tables["marks"].numbers("score", problems)
        frames["marks"] = frames["marks"].assign(lesion_id=pd.Series(on, dtype=object), score=score)
        if "marks" in tables:
            check_marks(tables, frames, problems)
        if problems:
            raise DataError(problems)
        return cls(
            cases=frames["cases"],
            marks=frames["marks"],
            lesions=frames["lesions"],
            reads=frames["reads"] if "reads" in tables else None,
            warnings=tuple(_warnings(frames["marks"], "reads" in tables)),
            inputs=tuple(
                {"role": role, "name": table.name, "sha256": table.sha256, "rows": len(table.frame)}
                for role, table in tables.items()
            ),
        )


def _table(role: str, source: Source, columns: dict[str, str], problems: list[Problem]) -> Table | None:
    """One file with its columns under our names, and nothing empty that must not be."""
    import pandas as pd

    is_frame = isinstance(source, pd.DataFrame)
    table = tabular.of_frame(role, source, problems) if is_frame else tabular.read(role, source, problems)
    if table is None:
        return None
    tabular.rename(table, columns, COLUMNS[role], problems)
    for column, why in _NEEDED[role].items():
        if column not in table:
            problems.append(tabular.missing_column(table, column, why))
    for column in ("case_id", "reader_id", "modality", "score", *(("lesion_id",) if role == "lesions" else ())):
        empty = table.is_missing(column) if column in table else np.zeros(0, dtype=bool)
        if empty.any():
            problems.append(
                Problem(
                    code="RS208",
                    message=f"column {table.header_name(column)!r} is empty",
                    place=table.place(int(np.argmax(empty)), column),
                    help="fill it in every row, or delete the row",
                    n=int(empty.sum()),
                )
            )
    return table


def _kept(table: Table | None, columns: tuple[str, ...]) -> pd.DataFrame:
    """The columns that are there, as text; every mark and read has a modality."""
    import pandas as pd

    if table is None:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns if column != "patient_id"})
    frame = table.frame[[column for column in columns if column in table]].copy()
    if "modality" in columns and "modality" not in frame:
        frame["modality"] = ONE_MODALITY
    return frame


def _warnings(marks: pd.DataFrame, listed: bool) -> list[str]:
    said = []
    on_lesion = marks[marks.lesion_id.notna()]
    n = int(on_lesion.duplicated(["case_id", "reader_id", "modality", "lesion_id"]).sum())
    if n:
        what = "mark lies" if n == 1 else "marks lie"
        said.append(f"{n} {what} on a lesion that the reader has marked as high or higher: not counted")
    if not listed:
        said.append("no file lists the reads: whoever made a mark in a modality is taken to have read every case in it")
    return said
