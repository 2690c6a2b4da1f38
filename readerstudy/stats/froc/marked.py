"""The marks of a free-response study as arrays, once they are possible."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from readerstudy.stats._arrays import Bools, Floats, Ints, vector

Table = Any
"""A DataFrame, or a mapping from the names of columns to their values."""

UNMARKED = -math.inf
"""Score of what nobody marked: below every mark."""
ROUNDED = 1e-3
"""By how much the weights of a case's lesions may miss 1."""
ONE_MODALITY = "1"


class Marked(NamedTuple):
    """Who marked what; (modality, reader) pairs have places of their own among the reads."""

    cases: list[str]
    modalities: list[str]
    readers: list[str]
    read: Bools
    """Which reads there are, shape (n_modalities, n_readers, n_cases)."""
    lesion_case: Ints
    """The case of each lesion, shape (n_lesions,)."""
    weight: Floats
    """Of each lesion; those of a case sum to 1."""
    lesion_score: Floats
    """The highest mark on each lesion, shape (n_modalities, n_readers, n_lesions)."""
    false_read: Ints
    """The read of each false mark: its place in `read`, flattened; ascending."""
    false_score: Floats

    @property
    def diseased(self) -> Bools:
        """Which cases have a lesion."""
        found = np.zeros(len(self.cases), dtype=bool)
        found[self.lesion_case] = True
        return found

    @property
    def highest_false(self) -> Floats:
        """The highest false mark of each read, in the shape of `read`."""
        found = np.full(self.read.size, UNMARKED)
        np.maximum.at(found, self.false_read, self.false_score)
        return found.reshape(self.read.shape)

    @property
    def highest_on_lesions(self) -> Floats:
        """The highest mark on a lesion of each read, in the shape of `read`."""
        found = np.full(self.read.shape[::-1], UNMARKED)
        np.maximum.at(found, self.lesion_case, self.lesion_score.T)
        return found.T


def marked_of(cases: Table, marks: Table, lesions: Table, reads: Table | None) -> Marked:
    """Checked marks.

    Parameters
    ----------
    cases, marks, lesions, reads
        As in `froc`.

    Raises
    ------
    ValueError
        If a column or a value is missing, a name is not known where it should be, or weights do not sum to 1.
    """
    case_ids = _ids(cases, "case_id", "cases")
    if not case_ids:
        raise ValueError("cases has no case: list every case that was shown, with a lesion or without, marked or not")
    case_at = {case: k for k, case in enumerate(case_ids)}
    if len(case_at) < len(case_ids):
        twice = next(case for k, case in enumerate(case_ids) if case_at[case] != k)
        raise ValueError(f"cases has case_id {twice!r} twice: keep one row a case")
    lesion_at, lesion_case, weight = _lesions(lesions, case_at)
    rows = _rows(marks, "marks", case_at)
    score = _numbers(marks, "score", "marks", len(rows.case))
    infinite = ~np.isfinite(score)
    if infinite.any():
        where = int(np.argmax(infinite))
        raise ValueError(f"marks: score must be a finite number, got {score[where]:g} at position {where}")
    listed = rows if reads is None else _rows(reads, "reads", case_at)
    if not listed.case:
        raise ValueError(
            "marks has no mark, and there are no reads: give reads= with case_id, reader_id and modality of each read"
        )
    modality_at, reader_at = (
        {name: k for k, name in enumerate(dict.fromkeys(names))} for names in (listed.modality, listed.reader)
    )
    read = np.zeros((len(modality_at), len(reader_at), len(case_ids)), dtype=bool)
    cell = (_codes(listed.modality, modality_at), _codes(listed.reader, reader_at))
    if reads is None:
        read[cell] = True
    else:
        read[(*cell, _codes(listed.case, case_at))] = True
    modality, reader, case = (
        _codes(names, at) for names, at in zip(reversed(rows), (modality_at, reader_at, case_at), strict=True)
    )
    absent = (modality < 0) | (reader < 0) | ~read[modality, reader, case]
    if absent.any():
        k = int(np.argmax(absent))
        raise ValueError(
            f"marks: reader {rows.reader[k]!r} marked case {rows.case[k]!r} in modality {rows.modality[k]!r} at "
            f"position {k}, but reads has no such read: add it there"
        )
    names = _optional(marks, "lesion_id", "marks", len(rows.case))
    false = np.array([name is None for name in names], dtype=bool)
    lesion = np.array(
        [-1 if name is None else lesion_at.get((of, name), -1) for of, name in zip(rows.case, names, strict=True)],
        dtype=np.int64,
    )
    unknown = ~false & (lesion < 0)
    if unknown.any():
        k = int(np.argmax(unknown))
        raise ValueError(
            f"marks: case {rows.case[k]!r} has no lesion {names[k]!r}, marked at position {k}: add it to lesions, or "
            "leave lesion_id empty for a false mark"
        )
    lesion_score = np.full((len(lesion_case), *read.shape[:2]), UNMARKED)
    np.maximum.at(lesion_score, (lesion[~false], modality[~false], reader[~false]), score[~false])
    place: Ints = np.ravel_multi_index((modality[false], reader[false], case[false]), read.shape)
    order = np.argsort(place, kind="stable")
    return Marked(
        case_ids, list(modality_at), list(reader_at), read, lesion_case, weight, lesion_score.transpose(1, 2, 0),
        place[order], score[false][order],
    )  # fmt: skip


class _Rows(NamedTuple):
    case: list[str]
    reader: list[str]
    modality: list[str]


def _rows(table: Table, what: str, known: Mapping[str, int]) -> _Rows:
    """Case, reader and modality of each row; without the column there is one modality."""
    of_case, reader = (_ids(table, column, what) for column in ("case_id", "reader_id"))
    modality = _ids(table, "modality", what) if "modality" in table else [ONE_MODALITY] * len(of_case)
    if not len(of_case) == len(reader) == len(modality):
        raise ValueError(f"{what}: case_id, reader_id and modality must have one length")
    _check_known(of_case, known, what)
    return _Rows(of_case, reader, modality)


def _codes(names: list[str], at: Mapping[str, int]) -> Ints:
    """The place of each name, -1 for one that is not known."""
    return np.array([at.get(name, -1) for name in names], dtype=np.int64)


def _lesions(lesions: Table, case_at: Mapping[str, int]) -> tuple[dict[tuple[str, str], int], Ints, Floats]:
    """Where each lesion stands, its case and its weight."""
    of_case, name = (_ids(lesions, column, "lesions") for column in ("case_id", "lesion_id"))
    if len(of_case) != len(name):
        raise ValueError("lesions: case_id and lesion_id must have one length")
    _check_known(of_case, case_at, "lesions")
    at = {lesion: k for k, lesion in enumerate(zip(of_case, name, strict=True))}
    if len(at) < len(name):
        twice = next(pair for k, pair in enumerate(zip(of_case, name, strict=True)) if at[pair] != k)
        raise ValueError(f"lesions: lesion {twice[1]!r} of case {twice[0]!r} stands there twice: keep one row a lesion")
    case: Ints = np.array([case_at[one] for one in of_case], dtype=np.int64)
    n_of = np.bincount(case, minlength=len(case_at))
    given = np.full(len(name), math.nan)
    if "weight" in lesions:
        given = _numbers(lesions, "weight", "lesions", len(name))
    without = np.isnan(given)
    n_without = np.bincount(case[without], minlength=len(case_at))
    some = np.flatnonzero((n_without > 0) & (n_without < n_of))
    ids = list(case_at)
    if len(some):
        raise ValueError(f"lesions: only some lesions of case {ids[some[0]]!r} have a weight: give all, or none")
    wrong = ~without & ~((given > 0) & np.isfinite(given))
    if wrong.any():
        where = int(np.argmax(wrong))
        raise ValueError(f"lesions: weight must be a positive number, got {given[where]:g} at position {where}")
    weight = np.where(without, 1 / n_of[case], given)
    total = np.bincount(case, weight, minlength=len(case_at))
    off = np.flatnonzero((n_of > 0) & (np.abs(total - 1) > ROUNDED + 1e-9))
    if len(off):
        raise ValueError(
            f"lesions: the weights of case {ids[off[0]]!r} sum to {total[off[0]]:g}, not to 1: they are the shares of "
            "its lesions in what finding all of them is worth; leave the column out for equal ones"
        )
    return at, case, weight / total[case]


def _check_known(of_case: list[str], known: Mapping[str, int], what: str) -> None:
    for k, case in enumerate(of_case):
        if case not in known:
            raise ValueError(f"{what}: case_id {case!r} at position {k} is not in cases: add it there")


def _values(table: Table, column: str, what: str) -> list[Any]:
    if not hasattr(table, "keys"):
        raise ValueError(f"{what} must be a DataFrame or a mapping of columns, got {type(table).__name__}")
    if column not in table:
        raise ValueError(f"{what} has no column {column!r}, only {', '.join(repr(str(name)) for name in table)}")
    given = table[column]
    if hasattr(given, "notna"):  # pandas has a missing value of its own, which compares with nothing
        given = given.astype(object).where(given.notna(), None)
    found: list[Any] = vector(given, f"{what}: {column}").tolist()
    return found


def _text(value: Any) -> str | None:
    """An id as text, None for an empty one; of a column of whole numbers with gaps 1.0 is 1."""
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def _ids(table: Table, column: str, what: str) -> list[str]:
    found = []
    for k, value in enumerate(_values(table, column, what)):
        name = _text(value)
        if name is None:
            raise ValueError(f"{what}: {column} is missing at position {k}")
        found.append(name)
    return found


def _optional(table: Table, column: str, what: str, n: int) -> list[str | None]:
    found = [_text(value) for value in _values(table, column, what)]
    if len(found) != n:
        raise ValueError(f"{what}: {column} must have {n} values, as the other columns; got {len(found)}")
    return found


def _numbers(table: Table, column: str, what: str, n: int) -> Floats:
    values = _values(table, column, what)
    try:
        found: Floats = np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{what}: {column} must hold numbers, got values such as {values[:3]}") from None
    if len(found) != n:
        raise ValueError(f"{what}: {column} must have {n} values, as the other columns; got {len(found)}")
    return found
