"""The user's cases.csv on its way into the store: rows are found by the original names, which stay behind."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from readerstudy.imaging.utf8 import text_of
from readerstudy.problems import DataError, Place, Problem

KEYS = ("case_id", "patient_id", "lesion")
"""Columns by which rows are found; none of them is carried over."""
TRUTH = "truth"
_CLASSES = frozenset(("truth", "class", "classes", "diagnosis", "label"))
"""Columns of classes have one of these words in their names. In a small table each case may be of another class."""
_LONGEST = 40
"""Characters of the longest cell that is no free text."""
_MOST_WORDS = 5
_IDENTIFYING = frozenset(
    (
        "id", "ids", "name", "names", "surname", "forename", "initials", "mrn", "uid", "accession", "no", "nr", "date",
        "dates", "dob", "birth", "birthday", "datetime", "address", "street", "city", "zip", "postcode", "phone",
        "tel", "fax", "email", "mail", "insurance", "ssn", "hospital", "institution", "site", "sites", "center",
        "centre", "ward", "physician", "doctor", "radiologist", "surgeon", "operator", "reader", "file", "files",
        "folder", "path", "url", "comment", "comments", "note", "notes", "report", "text", "remark", "remarks",
        "description",
    )
)  # fmt: skip
_DATE = re.compile(
    r"\b(19|20)\d\d[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01])\b|\b\d{1,2}[./-]\d{1,2}[./-](\d\d|\d{4})\b|\b\d\d:\d\d\b"
)
_NUMBER = re.compile(r"[<>]?=?\s*[-+]?\d*[.,]?\d+([eE][-+]?\d+)?")
_NAME = re.compile(r"[@^\\]|/.*/|^[^\W\d]{2,}, *[^\W\d]+$")
"""Addresses, paths, names as DICOM has them, and "Doe, Jane"."""
_TELLING = 5
"""Digits from which on a number is one that may name a patient."""
_MANY = 8
"""Rows from which on a column with a different word or a long whole number in every row is taken to name them."""


@dataclasses.dataclass(frozen=True)
class CaseTable:
    """What cases.csv says of each case, without what could name a patient.

    Parameters
    ----------
    columns
        Columns carried over, in the order of the file.
    left_out
        Column -> why it was not carried over.
    """

    columns: tuple[str, ...] = ()
    left_out: Mapping[str, str] = dataclasses.field(default_factory=dict)
    _by_case: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict, repr=False)
    _by_patient: Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]] = dataclasses.field(
        default_factory=dict, repr=False
    )

    @property
    def patients(self) -> tuple[str, ...]:
        """Names of the patients, where the table has them."""
        return tuple(self._by_patient)

    def row(self, patient: str, lesion: int) -> dict[str, str] | None:
        """The columns of a lesion of a patient (original name); None when the table does not say.

        A row with the case's own name, ``patient-1`` or ``patient_1``, is taken first, then one of the patient with
        this `lesion`; then the patient's only row, which holds for all lesions.
        """
        for case in (f"{patient}-{lesion}", f"{patient}_{lesion}"):
            if case in self._by_case:
                return dict(self._by_case[case])
        rows = self._by_patient.get(patient, ())
        for number, row in rows:
            if number == str(lesion):
                return dict(row)
        if len(rows) == 1 and rows[0][0] == "":
            return dict(rows[0][1])
        return dict(self._by_case[patient]) if patient in self._by_case else None


def read(path: Path, keep: Collection[str] = ()) -> CaseTable:
    """Read cases.csv.

    Parameters
    ----------
    path
        With a column ``patient_id`` or ``case_id``, or both, and perhaps ``lesion`` (the number in the mask).
    keep
        Columns to carry over; without it all whose names and cells do not look as if they named someone. ``truth`` is
        carried over in any case.

    Raises
    ------
    DataError
        If the file has neither column, lacks one that is to be kept, says two things of one case, or if a column that
        is to be kept holds dates, names or free text.
    """
    header, rows = _cells(path)
    place = Place(file=path.name)
    if not {"case_id", "patient_id"} & set(header):
        message = f"{path.name} has neither a column case_id nor patient_id"
        raise DataError([Problem(code="RS861", message=message, place=place, help="name the patients in one")])
    missing = [name for name in keep if name not in header]
    if missing:
        message = f"{path.name} has no column {', '.join(missing)}, which --keep names"
        raise DataError([Problem(code="RS862", message=message, place=place, found=f"it has {', '.join(header)}")])
    names = {row[key] for row in rows for key in ("case_id", "patient_id") if row.get(key)}
    wanted, left_out, found = [], {}, []
    for column in header:
        if column in KEYS or not column:
            continue
        named = column in keep or column == TRUTH
        cells = [row[column] for row in rows]
        why = _why_not(cells, names) or ("" if _words(column) & _CLASSES else _all_differ(cells))
        why = why or ("" if named else _name_says(column))
        if not why and keep and not named:
            why = "not among --keep"
        if why and named:
            message = f"the column {column} of {path.name} cannot be carried over: {why}"
            found.append(Problem(code="RS863", message=message, place=place, help="code it, or leave it out"))
        elif why:
            left_out[column] = why
        else:
            wanted.append(column)
    if found:
        raise DataError(found)
    return CaseTable(tuple(wanted), left_out, *_index(rows, wanted, path.name))


def of_rows(rows: Iterable[tuple[str, int, Mapping[str, str]]]) -> CaseTable:
    """A table that an input brings with it: patient, lesion and columns of each case."""
    by_patient: dict[str, tuple[tuple[str, Mapping[str, str]], ...]] = {}
    columns: dict[str, None] = {}
    for patient, lesion, row in rows:
        by_patient[patient] = (*by_patient.get(patient, ()), (str(lesion), row))
        columns.update(dict.fromkeys(row))
    return CaseTable(tuple(columns), {}, {}, by_patient)


def _cells(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    text = text_of(path)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=separator)
    header = [name.strip() for name in next(reader, [])]
    rows = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * len(header)][: len(header)]
            rows.append({name: cell.strip() for name, cell in zip(header, padded, strict=True)})
    return header, rows


def _index(
    rows: Sequence[Mapping[str, str]], columns: Sequence[str], name: str
) -> tuple[dict[str, Mapping[str, str]], dict[str, tuple[tuple[str, Mapping[str, str]], ...]]]:
    """The rows by case and by patient; refuses two rows of one case."""
    by_case: dict[str, Mapping[str, str]] = {}
    by_patient: dict[str, tuple[tuple[str, Mapping[str, str]], ...]] = {}
    twice = 0
    for row in rows:
        kept = {column: row[column] for column in columns}
        case, patient, lesion = (row.get(key, "") for key in KEYS)
        if case:
            twice += case in by_case
            by_case[case] = kept
        if patient:
            earlier = by_patient.get(patient, ())
            twice += not case and any(lesion == number for number, _ in earlier)
            by_patient[patient] = (*earlier, (lesion, kept))
    if twice:
        message = f"{name} has more than one row for a case"
        help_ = "one row a patient, or one a lesion with case_id or lesion"
        raise DataError([Problem(code="RS864", message=message, place=Place(file=name), help=help_, n=twice)])
    return by_case, by_patient


def _name_says(column: str) -> str:
    """Why a column's name forbids to carry it over; empty when it does not."""
    return "its name says that it may identify someone" if _words(column) & _IDENTIFYING else ""


def _words(column: str) -> set[str]:
    """The words of a column's name, in small letters."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", column)
    return {word.lower() for word in re.split(r"[^A-Za-z]+", spaced) if word}


def _why_not(cells: Sequence[str], names: Collection[str]) -> str:
    """Why a column's cells forbid to carry it over; empty when they do not."""
    filled = [cell for cell in cells if cell]
    telling = {name for name in names if len(name) >= _TELLING or not _NUMBER.fullmatch(name)}
    if any(cell in telling or not telling.isdisjoint(re.split(r"[^\w-]+", cell)) for cell in filled):
        return "it holds names of cases or patients"
    if any(_DATE.search(cell) for cell in filled):
        return "it holds dates or times"
    if any(_NAME.search(cell) for cell in filled):
        return "it holds names, addresses or paths"
    if any(len(cell) > _LONGEST or len(cell.split()) > _MOST_WORDS for cell in filled):
        return "it holds free text"
    return ""


def _all_differ(cells: Sequence[str]) -> str:
    """Why a column in which every row is different may not be carried over; empty when it may."""
    filled = [cell for cell in cells if cell]
    if len(filled) < _MANY or len(set(filled)) < len(filled):
        return ""
    if not all(_NUMBER.fullmatch(cell) for cell in filled):
        return "every row has another word"
    if all(len(cell) >= _TELLING and cell.isdigit() for cell in filled):
        return "every row has another long number"
    return ""
