"""What a card takes from a case store: which cases it can use, why not the others, and the arrays of each.

Training and prediction both go through here, so that a network is asked what it was taught.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.case_table import TRUTH
from readerstudy.imaging.crops import Spacing, slice_groups, wang_patch
from readerstudy.imaging.store import CaseArrays, Skipped, Store, StoredCase
from readerstudy.imaging.utf8 import text_of
from readerstudy.inference.card import Card, SliceInput, Task, VolumeInput
from readerstudy.inference.clinical import Clinical
from readerstudy.problems import DataError, Place, Problem

Rows = Mapping[str, Mapping[str, str]]
"""Store's case id -> column -> text, as `Store.table` has it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unit:
    """What becomes one row of preds.csv: a patient with all lesions that can be used, or one lesion.

    Parameters
    ----------
    unit_id
        Pseudonym of the patient, or the store's case id of the lesion.
    patient_id
        Pseudonym of the patient.
    cases
        Case ids in the store, sorted.
    labels
        Task -> number of the class; empty where no truth was asked for.
    clinical
        The one-hot vector of the card's coding table; empty for a card without clinical data.
    """

    unit_id: str
    patient_id: str
    cases: tuple[str, ...]
    labels: Mapping[str, int]
    clinical: tuple[float, ...] = ()


def read_rows(path: str | os.PathLike[str]) -> dict[str, dict[str, str]]:
    """A table of cases by the store's `case_id`, with `truth` and the clinical columns.

    Raises
    ------
    DataError
        If it has no column `case_id`, or a case twice.
    """
    name = os.fspath(path)
    rows: dict[str, dict[str, str]] = {}
    found = []
    with io.StringIO(text_of(Path(path)), newline="") as file:
        reader = csv.DictReader(file)
        if "case_id" not in (reader.fieldnames or ()):
            there = f"the first line is {','.join(reader.fieldnames)[:80]}" if reader.fieldnames else "it is empty"
            help_ = "columns with commas between them, as in the store's cases.csv"
            place = Place(file=name)
            raise DataError([Problem(code="RS921", message="no column case_id", place=place, found=there, help=help_)])
        for row in reader:
            case = row.pop("case_id") or ""
            if case in rows:
                place = Place(file=name, line=reader.line_num)
                found.append(Problem(code="RS921", message=f"case {case} stands twice", place=place))
            rows[case] = {key: value or "" for key, value in row.items() if key is not None}
    if found:
        raise DataError(found)
    return rows


def usable(
    card: Card, store: Store, rows: Rows, *, labelled: bool = True
) -> tuple[tuple[Unit, ...], tuple[Skipped, ...]]:
    """The units that the card can use, sorted by their id, and the cases that it cannot, with reasons.

    Parameters
    ----------
    card
        The model.
    store
        The prepared cases.
    rows
        Truth and clinical columns of the cases.
    labelled
        Whether a truth in the card's classes is needed, as in training.

    Raises
    ------
    DataError
        If the card's coding table of the clinical data is wrong.
    """
    clinical = Clinical.of(card)
    skipped: list[Skipped] = []
    members: dict[str, list[StoredCase]] = defaultdict(list)
    for case in sorted(store.cases, key=lambda case: case.case_id):
        reason = _unusable(card, case, rows, labelled=labelled)
        if reason:
            skipped.append(Skipped(case.case_id, reason))
        else:
            members[case.patient_id if card.unit == "patient" else case.case_id].append(case)
    units = []
    for unit_id, cases in sorted(members.items()):
        try:
            units.append(_unit(card, unit_id, cases, rows if labelled else {}, rows, clinical))
        except ValueError as error:
            skipped += [Skipped(case.case_id, _one_line(error)) for case in cases]
    return tuple(units), tuple(sorted(skipped))


def _unusable(card: Card, case: StoredCase, rows: Rows, *, labelled: bool) -> str:
    """Why a case cannot be used; empty when it can."""
    recipe = card.prepare
    missing = [name for name in card.input.sequences if name not in case.sequences]
    if missing:
        return f"the sequence {missing[0]} is missing" if len(missing) == 1 else f"missing: {', '.join(missing)}"
    if recipe.name not in case.recipes:
        return f"not prepared by the recipe {recipe.name}: prepare again with --card {card.name}"
    if case.recipes[recipe.name] != recipe.digest:
        return f"prepared by another version of the recipe {recipe.name}: prepare again with --card {card.name}"
    row = rows.get(case.case_id)
    if row is None and (labelled or card.clinical is not None):
        return "no row in the table of cases"
    truth = (row or {}).get(TRUTH, "").strip()
    if labelled and not truth:
        return "no truth"
    strange = [task.name for task in card.tasks if task.class_of(truth) is None]
    if labelled and strange:
        return f"the truth {truth!r} is no class of the task {strange[0]}"
    return ""


def _unit(
    card: Card, unit_id: str, cases: Sequence[StoredCase], truths: Rows, rows: Rows, clinical: Clinical | None
) -> Unit:
    """One unit of its cases; ValueError where they contradict each other."""
    labels = {tuple(_labels(card, truths.get(case.case_id, {}).get(TRUTH, "").strip()).items()) for case in cases}
    if len(labels) > 1:
        raise ValueError("the lesions of this patient have different truths, and the card knows one for each patient")
    vectors: set[tuple[float, ...]] = {()}
    if clinical is not None:
        vectors = {clinical.vector(rows[case.case_id]) for case in cases}
    if len(vectors) > 1:
        raise ValueError("the lesions of this patient have different clinical data")
    return Unit(
        unit_id=unit_id,
        patient_id=cases[0].patient_id,
        cases=tuple(case.case_id for case in cases),
        labels=dict(labels.pop()),
        clinical=vectors.pop(),
    )


def truth_of(task: Task, lesions: Iterable[Mapping[str, str]]) -> str | None:
    """The class that the rows of a unit's lesions agree on; None where they do not, or it is none of the task's."""
    found = {task.class_of(lesion.get(TRUTH, "").strip()) for lesion in lesions}
    code = found.pop() if len(found) == 1 else None
    return None if code is None else task.classes[code]


def _labels(card: Card, truth: str) -> dict[str, int]:
    """Task -> class of a truth, of the tasks that know it."""
    classes = {task.name: task.class_of(truth) for task in card.tasks}
    return {name: number for name, number in classes.items() if number is not None}


def _one_line(error: ValueError) -> str:
    if isinstance(error, DataError):
        return "; ".join(problem.message for problem in error.problems)
    return str(error)


def inputs(
    card: Card, store: Store, case_id: str, *, rng: np.random.Generator | None = None
) -> npt.NDArray[np.float32]:
    """A case as the card's network takes it.

    Parameters
    ----------
    card, store
        The model and the prepared cases.
    case_id
        The case in the store.
    rng
        Draws how far the box of a large lesion is widened, in training (volumes only).

    Returns
    -------
    Image groups (G, S, size, size), one a slice, or one patch (1, S, 2, size, size, size), S in the card's order.

    Raises
    ------
    DataError
        If the case's file is damaged or its mask empty.
    """
    return cut(card.input, taken(card, store, case_id), rng)


def taken(card: Card, store: Store, case_id: str) -> CaseArrays:
    """A case's images and masks in the card's order; errors as of `inputs`."""
    arrays = store.load(case_id, card.prepare.name, card.input.sequences)
    require_lesion(case_id, arrays)
    return arrays


def require_lesion(case_id: str, arrays: CaseArrays) -> None:
    """Refuse a case whose mask is empty."""
    if not arrays.masks[0].any():
        message = f"case {case_id}: the lesion's mask is empty"
        raise DataError([Problem(code="RS922", message=message, help="draw the lesion and prepare the case again")])


def cut(
    what: SliceInput | VolumeInput, arrays: CaseArrays, rng: np.random.Generator | None = None
) -> npt.NDArray[np.float32]:
    """What `inputs` returns, of a case that is in memory."""
    if isinstance(what, SliceInput):
        return slice_groups(arrays.images, arrays.masks, arrays.spacing, size=what.size, margin_mm=what.margin_mm)[0]
    return patch(what, arrays.images, arrays.masks, arrays.spacing, rng)[None]


def patch(
    what: VolumeInput,
    images: npt.NDArray[np.floating],
    masks: npt.NDArray[np.bool_],
    spacing: Spacing,
    rng: np.random.Generator | None,
    *,
    diameter_mm: float | None = None,
) -> npt.NDArray[np.float32]:
    """The volume (S, 2, size, size, size) of images and masks (S, Z, Y, X); `rng` as in `inputs`."""
    return wang_patch(
        images, masks, spacing,
        size=what.size, rng=rng, dilation_mm=what.dilation_mm, blur_sigma=what.blur_sigma, diameter_mm=diameter_mm,
    )  # fmt: skip


def data_digest(store: Store, units: Iterable[Unit]) -> str:
    """SHA-256 of all that a network is taught: the cases' files, their classes and clinical vectors."""
    content = [
        [unit.unit_id, [[case, store.case(case).sha256] for case in unit.cases], dict(unit.labels), unit.clinical]
        for unit in units
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
