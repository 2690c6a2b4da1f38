"""One patient's study as cases of the store: images loaded, lesions carried, everything brought to one grid."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from readerstudy._version import __version__
from readerstudy.imaging import geometry, qc
from readerstudy.imaging.case_file import CaseArrays, Decision, FinishedCase, StoredCase, read_case, write_case
from readerstudy.imaging.crops import lesion_diameter_mm
from readerstudy.imaging.inputs import Study, refused
from readerstudy.imaging.pseudonyms import Pseudonyms
from readerstudy.imaging.recipe import SEQUENCES, Recipe
from readerstudy.problems import DataError

if TYPE_CHECKING:
    import SimpleITK

    from readerstudy.imaging.dicom_study import DicomStudy


TOOLKITS = ("SimpleITK", "pydicom", "matplotlib.backends.backend_agg", "matplotlib.figure")
"""What each process needs, and what takes longest to import."""


@dataclasses.dataclass(frozen=True)
class Use:
    """What a card asks of a case."""

    card: str
    recipe: str
    sequences: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What holds for all cases of a run.

    Parameters
    ----------
    store
        Folder of the store.
    recipes
        By name.
    uses
        What the cards ask for; a case is kept when at least one card can use it.
    key
        Keys the fingerprints.
    phantom
        Whether the images are a phantom's.
    """

    store: Path
    recipes: Mapping[str, Recipe]
    uses: tuple[Use, ...]
    key: bytes = dataclasses.field(repr=False)
    phantom: bool = False

    @property
    def digests(self) -> dict[str, str]:
        """Recipe's name -> digest."""
        return {name: recipe.digest for name, recipe in self.recipes.items()}

    @property
    def reference(self) -> str:
        """The sequence on which regions of interest were drawn."""
        return next(iter(self.recipes.values())).reference


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a patient.

    Parameters
    ----------
    written, kept
        Lesion -> its case, made now or by an earlier run from the same input.
    skipped
        Pseudonym of the patient or of a lesion -> why it is not in the store.
    decisions
        By case, or by patient when there is no case.
    notes
        What else the user should know.
    """

    patient_id: str
    written: Mapping[int, StoredCase]
    kept: Mapping[int, StoredCase]
    skipped: Mapping[str, str]
    decisions: Mapping[str, tuple[Decision, ...]]
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Copies:
    """Where de-identified copies of the images go, and by which pseudonyms."""

    out: Path
    pseudonyms: Pseudonyms

    def write(self, study: DicomStudy, patient_id: str, *, anew: bool) -> None:
        """Write a patient's folder, whole or not at all; one of an earlier run stays, unless `anew`."""
        place = self.out / patient_id
        if place.exists() and not anew:
            return
        self.out.mkdir(parents=True, exist_ok=True)
        work = self.out / f".part-{patient_id}"
        shutil.rmtree(work, ignore_errors=True)
        study.copy(work, self.pseudonyms)
        shutil.rmtree(place, ignore_errors=True)
        os.replace(work / patient_id, place)
        work.rmdir()


class SkipError(Exception):
    """Why a case cannot be prepared; its argument may be written."""


_ALL_KINDS = (DataError, SkipError, OSError, RuntimeError, ValueError, ArithmeticError, LookupError, MemoryError)
"""What reading one patient's files can raise; DataError and SkipError say why in words that may be written."""


def start_worker() -> None:
    """Make this process one of several: one thread, and no life after the one that started it."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    import SimpleITK

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it is told, and ends it
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def prepare_study(study: Study, patient_id: str, settings: Settings, copies: Copies | None = None) -> Outcome:
    """Prepare all lesions of a study that an earlier run did not, and copy its images if copies are wanted.

    Nothing that is wrong with the study is raised: the outcome says why a lesion or the patient was skipped.
    """
    work = _Work(study, settings)
    try:
        fingerprint = _fingerprint(study, settings)
        done = _finished(settings.store, patient_id, fingerprint)
        lesions = done[0].lesions if done else work.lesions()
    except _ALL_KINDS as error:
        return Outcome(patient_id, {}, {}, {patient_id: said(error, study)}, {patient_id: study.decisions})
    kept = {int(case.case.case_id.rpartition("-")[2]): case.case for case in done}
    decisions = {case.case.case_id: case.decisions for case in done}
    written: dict[int, StoredCase] = {}
    skipped: dict[str, str] = {}
    for lesion in lesions:
        case_id = f"{patient_id}-{lesion}"
        if lesion in kept:
            continue
        try:
            arrays, sequences, diameter = work.case(lesion)
            picture = qc.picture(case_id, sequences, arrays)
        except _ALL_KINDS as error:
            skipped[case_id] = said(error, study)
            decisions[case_id] = work.decisions
            continue
        # A store that cannot be written concerns all cases: that is raised.
        written[lesion] = write_case(
            settings.store, settings.digests, case_id, patient_id, arrays,
            sequences=sequences, diameter_mm=diameter, decisions=work.decisions, fingerprint=fingerprint,
            lesions=lesions, phantom=settings.phantom, picture=picture,
        )  # fmt: skip
        decisions[case_id] = work.decisions
    notes = _copied(study, patient_id, copies, anew=bool(written)) if copies and (written or kept) else ()
    return Outcome(patient_id, written, kept, skipped, decisions, notes)


def _copied(study: Study, patient_id: str, copies: Copies, *, anew: bool) -> tuple[str, ...]:
    """Copy the images; what could not be copied, as a note."""
    try:
        copies.write(study, patient_id, anew=anew)  # type: ignore[arg-type]  # --dicom-out is refused for other layouts
    except DataError as error:
        return (f"{patient_id}: the images were not copied: {said(error, study)}",)
    return ()


class _Work:
    """The images of one study on their way, loaded when they are needed."""

    def __init__(self, study: Study, settings: Settings) -> None:
        self.study, self.settings = study, settings
        self.decisions = study.decisions
        wanted = {name for use in settings.uses for name in use.sequences} & set(study.sequences)
        self.sequences = tuple(name for name in SEQUENCES if name in wanted)
        self._images: dict[tuple[str, int], SimpleITK.Image | DataError] = {}
        self._ranges: dict[tuple[str, tuple[float, float]], tuple[float, float]] = {}
        self._masks: dict[str, Mapping[int, SimpleITK.Image]] = {}

    def lesions(self) -> tuple[int, ...]:
        """Numbers of the lesions drawn on any sequence."""
        self._recipes(self.sequences, {})
        lost: dict[str, str] = {}
        for sequence in sorted(self.sequences, key=lambda name: name != self.settings.reference):
            image = self._image(sequence, 0)
            if isinstance(image, DataError):
                lost[sequence] = said(image, self.study)
            elif found := self.study.masks(sequence, image):
                self._masks[sequence] = found
        lesions = sorted({lesion for found in self._masks.values() for lesion in found})
        if not lesions:
            self._recipes(tuple(name for name in self.sequences if name not in lost), lost)
            raise refused("RS873", "it has no region of interest", "add one to the study, or give --roi")
        return tuple(lesions)

    def case(self, lesion: int) -> tuple[dict[str, CaseArrays], tuple[str, ...], float]:
        """A lesion by every recipe that a card can use: arrays, sequences, and the lesion's diameter in mm."""
        self.decisions = self.study.decisions
        if not self._masks:
            self.lesions()
        masks = {name: found[lesion] for name, found in self._masks.items() if lesion in found}
        if not masks:
            raise SkipError(f"lesion {lesion} has no region of interest")
        images, lost = self._together(lesion, masks)
        left_out = (Decision(name, "", f"left out: {why}") for name, why in lost.items())
        self.decisions = (*self.study.decisions, *left_out)
        sequences = tuple(name for name in self.sequences if name in images)
        recipes = self._recipes(sequences, lost)
        masks = {name: mask for name, mask in masks.items() if name in images}
        own = masks[next(iter(masks))]
        x, y, z = geometry.Grid.of(own).spacing
        diameter = lesion_diameter_mm(geometry.to_array(own) > 0, (z, y, x))
        arrays = {name: self._on_grid(self.settings.recipes[name], images, masks, sequences) for name in recipes}
        return arrays, sequences, diameter

    def _together(
        self, lesion: int, masks: Mapping[str, SimpleITK.Image]
    ) -> tuple[dict[str, SimpleITK.Image], dict[str, str]]:
        """The sequences that hold the lesion, and why others do not.

        The first of `masks` is the reference's if there is one; it holds for sequences that have none of their own.
        """
        drawn = next(iter(masks))
        images: dict[str, SimpleITK.Image] = {}
        lost: dict[str, str] = {}
        for sequence in self.sequences:
            image = self._image(sequence, lesion)
            try:
                if isinstance(image, DataError):
                    raise image
                geometry.require_inside(masks.get(sequence, masks[drawn]), geometry.Grid.of(image), sequence)
                images[sequence] = image
            except DataError as error:
                if sequence == drawn:
                    raise
                lost[sequence] = said(error, self.study)
        return images, lost

    def _on_grid(
        self,
        recipe: Recipe,
        images: Mapping[str, SimpleITK.Image],
        masks: Mapping[str, SimpleITK.Image],
        sequences: Sequence[str],
    ) -> CaseArrays:
        """All sequences on the grid around the lesion that a recipe asks for."""
        drawn = next(iter(masks))
        axes = geometry.axes_of(geometry.Grid.of(images[drawn]), recipe.orientation)
        found = [geometry.bounding_box(mask, axes) for mask in masks.values()]
        low_corner, high_corner = (np.stack([getattr(box, end) for box in found]) for end in ("low", "high"))
        box = geometry.Box(low_corner.min(axis=0), high_corner.max(axis=0), axes)
        grid = geometry.grid_over(box, recipe.spacing, recipe.margin_mm)
        planes, inside = [], []
        for sequence in sequences:
            low, high = self._range(sequence, images[sequence], recipe.percentiles)
            moved = geometry.resample(images[sequence], grid, recipe.image_interpolation, low)
            planes.append(np.clip((geometry.to_array(moved) - low) / (high - low), 0, 1).astype(np.float32))
            mask = geometry.carry(masks.get(sequence, masks[drawn]), grid, recipe.mask_interpolation)
            inside.append(geometry.to_array(mask) > 0)
        x, y, z = grid.spacing
        return CaseArrays(np.stack(planes), np.stack(inside), (z, y, x), grid.origin, grid.direction)

    def _recipes(self, sequences: Sequence[str], lost: Mapping[str, str]) -> tuple[str, ...]:
        """The recipes of the cards that can use these sequences; refuses when there is none."""
        uses = self.settings.uses
        names = [use.recipe for use in uses if set(use.sequences) <= set(sequences)]
        if names:
            return tuple(dict.fromkeys(names))
        lacks = [[name for name in use.sequences if name not in sequences] for use in uses]
        fewest = min(lacks, key=len)
        reasons = [lost[name] for name in fewest if name in lost]
        absent = set(fewest) - set(self.study.sequences)
        reasons += [made.why for made in self.study.decisions if made.sequence in absent]
        because = f": {'; '.join(dict.fromkeys(reasons))}" if reasons else ""
        raise SkipError(f"no {', '.join(fewest)}, which {uses[lacks.index(fewest)].card} needs{because}")

    def _image(self, sequence: str, lesion: int) -> SimpleITK.Image | DataError:
        """An image, loaded once, or why it cannot be used."""
        at = (sequence, 0 if self.study.placed else lesion)
        if at not in self._images:
            try:
                image = self.study.image(sequence, lesion)
                for recipe in self.settings.recipes.values():
                    self._range(sequence, image, recipe.percentiles)
                self._images[at] = image
            except DataError as error:
                self._images[at] = error
        return self._images[at]

    def _range(self, sequence: str, image: SimpleITK.Image, percentiles: tuple[float, float]) -> tuple[float, float]:
        """The values of the whole series that become 0 and 1."""
        if (sequence, percentiles) not in self._ranges:
            values = geometry.to_array(image)
            if not np.isfinite(values).all():
                raise refused("RS879", f"the {sequence} image has voxels without a number", "export it again")
            low, high = (float(value) for value in np.percentile(values, percentiles))
            if not high > low:
                raise refused("RS879", f"the {sequence} image has hardly more than one value", "export it again")
            self._ranges[sequence, percentiles] = low, high
        return self._ranges[sequence, percentiles]


def _finished(store: Path, patient_id: str, fingerprint: str) -> list[FinishedCase]:
    """The cases of a patient that an earlier run finished from the same input."""
    found = (read_case(store, path.stem) for path in sorted((store / "cases").glob(f"{patient_id}-*.npz")))
    return [case for case in found if case is not None and case.fingerprint == fingerprint]


def _fingerprint(study: Study, settings: Settings) -> str:
    """A keyed hash of all that the cases are made from: contents of files, decisions, recipes, version."""
    parts = [
        __version__,
        study.settings,
        [hashlib.sha256(path.read_bytes()).hexdigest() for path in study.files],
        [(made.sequence, made.series, made.why) for made in study.decisions],
        sorted(settings.digests.items()),
        [dataclasses.astuple(use) for use in settings.uses],
    ]
    return hmac.new(settings.key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()


def said(error: Exception, study: Study) -> str:
    """What an error says, without the places of files and without any word that names the patient."""
    if isinstance(error, DataError):
        parts = [p.message + (f" ({p.found})" if p.found else "") for p in error.problems]
        text = "; ".join(dict.fromkeys(parts))
    elif isinstance(error, SkipError):
        text = str(error)
    else:
        # What toolkits and systems say may quote files and headers; its kind says enough to look for it.
        return f"it cannot be prepared ({type(error).__name__})"
    return struck_out(text, {study.patient, *study.words})


def struck_out(text: str, words: Iterable[str]) -> str:
    """A text with these words, where they stand for themselves, as three dots."""
    for word in sorted(words, key=len, reverse=True):
        if word:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "...", text)
    return text
