"""What must be so of cases, lesions, marks and reads together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from readerstudy import _choice
from readerstudy.problems import Problem
from readerstudy.tabular import Table

if TYPE_CHECKING:
    import pandas as pd

_ROUNDED = 1e-3
"""By how much the weights of a case's lesions may miss 1."""


def check_cases(tables: Mapping[str, Table], problems: list[Problem]) -> None:
    """Cases, reads and lesions that stand twice, and cases that are not among the cases."""
    for role in ("cases", "lesions"):
        if role not in tables:
            continue
        table = tables[role]
        keys = ["case_id", "lesion_id"] if role == "lesions" else ["case_id"]
        again = table.frame.duplicated(keys).to_numpy(dtype=bool)
        if again.any():
            row = int(np.argmax(again))
            name = repr(table.cells("case_id")[row])
            what = f"case {name}" if role == "cases" else f"lesion {table.cells('lesion_id')[row]!r} of case {name}"
            problems.append(
                Problem(
                    code="RS204",
                    message=f"{what} stands twice in {role}",
                    place=table.place(row, keys[-1]),
                    help="keep one row",
                    n=int(again.sum()),
                )
            )
    known = set(tables["cases"].cells("case_id").tolist())
    for role in ("marks", "lesions", "reads"):
        if role not in tables:
            continue
        table = tables[role]
        rows: dict[str, list[int]] = {}
        for row, case in enumerate(table.cells("case_id").tolist()):
            if case not in known:
                rows.setdefault(case, []).append(row)
        for case, at in rows.items():
            near = _choice.nearest(case, known)
            problems.append(
                Problem(
                    code="RS501",
                    message=f"case {case!r} is not among the cases of {tables['cases'].name}",
                    place=table.place(at[0], "case_id"),
                    found=f"did you mean {near!r}?" if near else "",
                    help="list every case that was shown there; ids are compared as text, letter by letter",
                    n=len(at),
                )
            )


def check_lesions(table: Table, frame: pd.DataFrame, problems: list[Problem]) -> None:
    """Weights: all or none of a case's, positive, of sum 1; they are added to `frame`."""
    if "weight" not in table:
        return
    before = len(problems)
    weight = table.numbers("weight", problems)
    frame["weight"] = weight
    if len(problems) > before:
        return
    case = table.cells("case_id")
    for name, rows in frame.groupby("case_id", sort=False).indices.items():
        given = weight[rows]
        message = ""
        if np.isnan(given).all():
            continue
        if np.isnan(given).any():
            message = f"only some lesions of case {name!r} have a weight"
        elif (given <= 0).any():
            message = f"a lesion of case {name!r} has a weight that is not positive"
        elif abs(given.sum() - 1) > _ROUNDED + 1e-9:
            message = f"the weights of case {name!r} sum to {given.sum():g}, not to 1"
        if message:
            problems.append(
                Problem(
                    code="RS503",
                    message=message,
                    place=table.place(int(rows[0]), "weight"),
                    found=f"{len(rows)} lesions of {case[rows[0]]!r}: {', '.join(f'{w:g}' for w in given)}",
                    help="the weights are shares of a whole, such as 0.7 and 0.3; leave the cells empty for equal ones",
                )
            )


def check_truth(table: Table, lesions: pd.DataFrame, problems: list[Problem]) -> None:
    """What the cases say of themselves must agree with the lesions."""
    counted = lesions.case_id.value_counts()
    n = np.array([int(counted.get(case, 0)) for case in table.cells("case_id")], dtype=np.int64)
    for column in ("truth", "n_lesions"):
        if column not in table:
            continue
        if column == "truth" and not set(table.cells(column)) <= {"0", "1"}:
            continue  # classes of some kind: not for us to read
        said = table.numbers(column, problems)
        wrong = ~np.isnan(said) & (said != (n > 0 if column == "truth" else n))
        if wrong.any():
            row = int(np.argmax(wrong))
            problems.append(
                Problem(
                    code="RS502",
                    message=f"case {table.cells('case_id')[row]!r} does not agree with its lesions",
                    place=table.place(row, column),
                    found=f"{n[row]} lesions are listed",
                    help="list every lesion of every diseased case, found or not; or mend the case",
                    n=int(wrong.sum()),
                )
            )


def check_marks(tables: Mapping[str, Table], frames: Mapping[str, pd.DataFrame], problems: list[Problem]) -> None:
    """Marks on lesions that do not exist, and marks in reads that are not listed."""
    table, marks = tables["marks"], frames["marks"]
    known = set(frames["cases"].case_id)
    lesions = set(zip(frames["lesions"].case_id, frames["lesions"].lesion_id, strict=True))
    listed = {reader: set(rows) for reader, rows in _reads_of(frames["reads"])} if "reads" in tables else None
    for row, (case, reader, modality, lesion) in enumerate(
        zip(marks.case_id, marks.reader_id, marks.modality, marks.lesion_id, strict=True)
    ):
        if case not in known:
            continue  # said already
        if lesion is not None and (case, lesion) not in lesions:
            problems.append(
                Problem(
                    code="RS502",
                    message=f"case {case!r} has no lesion {lesion!r}",
                    place=table.place(row, "lesion_id"),
                    help="list it among the lesions, or leave the cell empty for a mark on no lesion",
                )
            )
        if listed is not None and (case, modality) not in listed.get(reader, set()):
            problems.append(
                Problem(
                    code="RS505",
                    message=f"reader {reader!r} marked case {case!r}, but {tables['reads'].name} has no such read",
                    place=table.place(row, "case_id"),
                    found=f"modality {modality!r}" if "modality" in table else "",
                    help="list every read, with a mark or without; modalities must have the same names in both files",
                )
            )


def _reads_of(reads: pd.DataFrame) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each reader's cases with their modality."""
    return [
        (str(reader), list(zip(rows.case_id, rows.modality, strict=True)))
        for reader, rows in reads.groupby("reader_id", sort=False)
    ]
