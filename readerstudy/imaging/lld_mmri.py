"""The LLD-MMRI2023 data set: its layout and labels in, the challenge's JSON out.

498 patients with eight sequences and boxes around the lesions, in ``images/<patient>/<study>/<series>.nii.gz`` (or
``images/<patient>/<phase>.nii.gz``) with ``labels/Annotation.json``. What has to be known to read it:

- the images carry neither spacing nor position: the spacing stands in Annotation.json only, where the thickness of a
  slice is not always the distance of slices (later editions have both, and the distance is taken);
- there are boxes, one a lesion and sequence, and no masks; the ellipsoid in the box stands for the lesion;
- how the sequences lie to each other is not known: they are laid over one another at the centres of the boxes;
- some volumes are upside down against the others of the case, or their boxes are: a list names them (`read_flips`);
- there is no ADC.

The pre-cropped patches (``classification_dataset``) were cut by a script that pads x by the height of the image and y
by its width, which is right for square images only, and at one end. The full volumes are read where they are there;
of patches the box is found from the end that is right.

Lou M et al. SDR-Former: a Siamese dual-resolution transformer for liver lesion classification using 3D multi-phase
imaging. 2024. doi:10.48550/arXiv.2402.17246
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from readerstudy.imaging import boxes, case_table
from readerstudy.imaging.atomic import write_text
from readerstudy.imaging.geometry import Grid
from readerstudy.imaging.inputs import Found, read_nifti, refused, words_of
from readerstudy.imaging.store import Decision
from readerstudy.imaging.utf8 import text_of
from readerstudy.problems import DataError, Place, Problem

if TYPE_CHECKING:
    import SimpleITK

PHASES = {
    "T2WI": "T2", "DWI": "DWI", "C-pre": "T1", "C+A": "LAP", "C+V": "PVP", "C+Delay": "DP",
    "In Phase": "IP", "Out Phase": "OP",
}  # fmt: skip
"""The data set's phases and our names of them."""
CLASSES = ("haemangioma", "ICC", "abscess", "metastasis", "cyst", "FNH", "HCC")
"""Our names of the diagnoses, in the order of the data set's numbers 0 to 6."""
_EXTENSION = (16, 16, 2)
"""Voxels that the patches have around the box, along x, y and z."""
_AXES = "xyz"


class Box(NamedTuple):
    """A lesion's box in voxels along x, y and z: from `low` up to but not including `high`."""

    low: tuple[int, int, int]
    high: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Phase:
    """One sequence of a patient."""

    path: Path
    spacing: tuple[float, float, float]
    """Along x, y and z in mm."""
    boxes: Mapping[int, Box]
    """By lesion, from 1."""
    patch: bool = False


class Flip(NamedTuple):
    """What is upside down: an axis of a phase's volume with its boxes, or of the boxes alone."""

    axis: str
    boxes_only: bool


@dataclasses.dataclass(frozen=True)
class LldStudy:
    """One patient; `flips` are those of its sequences."""

    patient: str
    phases: Mapping[str, Phase]
    flips: Mapping[str, tuple[Flip, ...]]
    root: Path

    @property
    def words(self) -> frozenset[str]:
        """Names of files and folders."""
        return words_of(self.files, self.root)

    @property
    def files(self) -> tuple[Path, ...]:
        """The images; boxes and spacing are part of `settings`."""
        return tuple(phase.path for phase in self.phases.values())

    @property
    def settings(self) -> str:
        """What besides the files the cases are made from."""
        parts = [(name, phase.spacing, sorted(phase.boxes.items()), phase.patch) for name, phase in self.phases.items()]
        return json.dumps([parts, sorted(self.flips.items())])

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The annotation says what each volume is."""
        made = []
        for name, phase in self.phases.items():
            why = "the annotation names it"
            if phase.patch:
                why += "; a pre-cropped patch, so that 0 and 1 are percentiles of the patch"
            for flip in self.flips.get(name, ()):
                why += f"; {'its boxes are' if flip.boxes_only else 'it is'} turned along {flip.axis} by the list"
            made.append(Decision(name, "", why))
        return tuple(made)

    @property
    def sequences(self) -> tuple[str, ...]:
        """Of the eight, those whose file is there."""
        return tuple(self.phases)

    def image(self, sequence: str, lesion: int) -> SimpleITK.Image:
        """A sequence with its true spacing; the centre of the lesion's box (of any for 0) lies at 0, 0, 0."""
        import SimpleITK

        phase = self.phases[sequence]
        box = phase.boxes.get(lesion) if lesion else next(iter(phase.boxes.values()), None)
        if box is None:
            raise refused("RS874", f"the lesion has no box on {sequence}", "add it to Annotation.json")
        image = read_nifti(phase.path, f"{sequence} image")
        array = SimpleITK.GetArrayFromImage(image)
        box = self._box(sequence, box, image.GetSize())
        for flip in self.flips.get(sequence, ()):
            if not flip.boxes_only:
                array = np.flip(array, axis=2 - _AXES.index(flip.axis))
        made = SimpleITK.GetImageFromArray(np.ascontiguousarray(array))
        made.SetSpacing(phase.spacing)
        made.SetOrigin(self._origin(sequence, box))
        return made

    @property
    def placed(self) -> bool:
        """Only the boxes say how the sequences lie to each other."""
        return False

    def masks(self, sequence: str, image: SimpleITK.Image) -> dict[int, SimpleITK.Image]:
        """The ellipsoids that fill the sequence's boxes, each placed for its own lesion."""
        import SimpleITK

        made = {}
        for lesion, box in self.phases[sequence].boxes.items():
            low, high = self._box(sequence, box, image.GetSize())
            last = (high[0] - 1, high[1] - 1, high[2] - 1)
            whole = boxes.LesionBox(lesion=lesion, unit="voxel", low=low, high=last)
            mask = boxes.to_mask(whole, Grid.of(image))
            mask.SetOrigin(self._origin(sequence, Box(low, high)))
            made[lesion] = SimpleITK.Cast(mask, SimpleITK.sitkUInt8)
        return made

    def _origin(self, sequence: str, box: Box) -> list[float]:
        """Of the volume whose box is centred at 0, 0, 0."""
        centre = (np.array(box.low) + np.array(box.high) - 1) / 2
        return [float(value) for value in -centre * self.phases[sequence].spacing]

    def _box(self, sequence: str, box: Box, size: Sequence[int]) -> Box:
        """The box in a volume of this size (x, y, z), turned as the list says."""
        low, high = list(box.low), list(box.high)
        if self.phases[sequence].patch:
            high = [min(end, n) for end, n in zip(high, size, strict=True)]
        if min(low) < 0 or any(end > n for end, n in zip(high, size, strict=True)):
            raise refused("RS875", f"the box on {sequence} lies outside the image", "correct Annotation.json")
        for flip in self.flips.get(sequence, ()):
            k = _AXES.index(flip.axis)
            low[k], high[k] = size[k] - high[k], size[k] - low[k]
        return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def find(folder: Path, flips: Path | None = None) -> Found:
    """The patients of the data set below a folder.

    Parameters
    ----------
    folder
        Holds ``images`` (or ``classification_dataset/images``) and ``labels`` with the annotation.
    flips
        The list of what is upside down, see `read_flips`.

    Raises
    ------
    DataError
        If there is no annotation, or it cannot be understood.
    """
    annotations = sorted(folder.glob("labels/*nnotation*.json"))
    if not annotations:
        message = "no labels/Annotation.json, which alone has the spacing and the boxes"
        raise refused("RS876", message, "give the folder that holds images and labels")
    turned = read_flips(flips) if flips else {}
    known = _labels_below(folder)
    studies, refusals, rows = [], {}, []
    for patient, items in sorted(_annotated(annotations).items()):
        try:
            phases, categories = _phases(folder, patient, items)
        except (KeyError, TypeError, ValueError, AttributeError):
            refusals[patient] = "its part of the annotation cannot be understood"
            continue
        if not phases:
            refusals[patient] = "none of its images is there"
            continue
        order = {name: phases[name] for name in PHASES.values() if name in phases}
        own = {name: tuple(turned.get((patient, name), ())) for name in order if (patient, name) in turned}
        studies.append(LldStudy(patient, order, own, folder))
        for lesion, category in sorted(categories.items()):
            number = category if category >= 0 else known.get(_image_id(patient, lesion), -1)
            rows.append((patient, lesion, {"truth": CLASSES[number] if number >= 0 else ""}))
    return Found(studies=tuple(studies), refused=refusals, table=case_table.of_rows(rows))


def read_labels(path: Path) -> dict[str, int]:
    """A label file of the data set: image -> number of the diagnosis (-1: not given), one ``MR123 6`` a line."""
    made = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, number = line.strip().rpartition(" ")
        if name:
            made[name.strip()] = int(number)
    return made


def read_flips(path: Path) -> dict[tuple[str, str], list[Flip]]:
    """The list of what is upside down, a CSV with case_id, phase (of the data set), axis and, if wanted, boxes_only.

    Raises
    ------
    DataError
        If a column is missing, or a phase or an axis is none.
    """
    names = {_squeezed(phase): name for phase, name in PHASES.items()}
    made: dict[tuple[str, str], list[Flip]] = {}
    with io.StringIO(text_of(path), newline="") as file:
        for row in csv.DictReader(file):
            name, axis = names.get(_squeezed(row.get("phase") or "")), (row.get("axis") or "").strip().lower()
            if not row.get("case_id") or name is None or axis not in (*_AXES,):
                message = f"{path.name} names no case, phase or axis"
                help_ = f"columns case_id, phase ({', '.join(PHASES)}), axis (x, y or z), boxes_only (yes or empty)"
                raise DataError([Problem(code="RS877", message=message, place=Place(file=path.name), help=help_)])
            only = (row.get("boxes_only") or "").strip().lower() in ("1", "yes", "true")
            made.setdefault((row["case_id"].strip(), name), []).append(Flip(axis, only))
    return made


def write_submission(scores: Mapping[str, Sequence[float]], path: Path) -> None:
    """Write the challenge's JSON.

    Parameters
    ----------
    scores
        Image (``MR123``) -> seven probabilities in the order of `CLASSES`.
    path
        Named after the team, such as ``Team.json``.
    """
    entries = []
    for image, values in scores.items():
        row = [float(value) for value in values]
        if len(row) != len(CLASSES) or not np.isfinite(row).all():
            raise ValueError(f"{image} needs {len(CLASSES)} finite scores, not {row}")
        entries.append({"image_id": image, "prediction": int(np.argmax(row)), "score": row})
    write_text(path, json.dumps(entries, indent=4))


def read_scores(preds: Path, link: Path, task: str | None = None) -> dict[str, list[float]]:
    """The scores for `write_submission` from a preds.csv of lesions and the table that `prepare --link` wrote."""
    with link.open(encoding="utf-8", newline="") as file:
        patients = {row["pseudonym"]: row["patient_id"] for row in csv.DictReader(file)}
    made: dict[str, list[float]] = {}
    with preds.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if task is None or row.get("task", task) == task:
                pseudonym, _, lesion = row["case_id"].rpartition("-")
                image = _image_id(patients[pseudonym], int(lesion))
                made[image] = [float(row[f"prob_{name}"]) for name in CLASSES]
    return made


def _image_id(patient: str, lesion: int) -> str:
    """The challenge's name of a lesion: the patient, with the number after the first."""
    return patient if lesion == 1 else f"{patient}_{lesion - 1}"


def _annotated(paths: Sequence[Path]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in paths:
        try:
            found.update(json.loads(path.read_text(encoding="utf-8"))["Annotation_info"])
        except (ValueError, KeyError, TypeError):
            message = f"{path.name} is no annotation of LLD-MMRI2023"
            raise refused("RS876", message, "it has Annotation_info at its top") from None
    return found


def _labels_below(folder: Path) -> dict[str, int]:
    """The numbers in all label files; -1 nowhere hides one that is given elsewhere."""
    made: dict[str, int] = {}
    for path in sorted([*folder.glob("labels/*.txt"), *folder.glob("classification_dataset/labels/labels*.txt")]):
        made.update({name: number for name, number in read_labels(path).items() if number >= 0})
    return made


def _phases(folder: Path, patient: str, items: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Phase], dict[int, int]]:
    """A patient's sequences that are there, and the diagnosis of each lesion."""
    names = {_squeezed(phase): name for phase, name in PHASES.items()}
    phases: dict[str, Phase] = {}
    categories: dict[int, int] = {}
    for item in items:
        name = names.get(_squeezed(str(item["phase"])))
        if name is None:
            continue
        between = item.get("slice_spacing")
        across = item["slice_thickness"] if between in (None, "") else between
        # The annotation has DICOM's PixelSpacing: between rows (y), then between columns (x).
        spacing = (float(item["pixel_spacing"][1]), float(item["pixel_spacing"][0]), float(across))
        places = {}
        for number, lesion in item["annotation"]["lesion"].items():
            places[int(number) + 1] = _box_of(lesion["bbox"]["3D_box"])
            categories[int(number) + 1] = int(lesion["category"])
        full = _full_volume(folder / "images" / patient, item)
        if full:
            phases[name] = Phase(full, spacing, places)
            continue
        for lesion, box in places.items():
            patch = folder / "classification_dataset" / "images" / _image_id(patient, lesion)
            path = _named_as(patch, str(item["phase"]))
            if path and len(places) == 1:
                phases[name] = Phase(path, spacing, {lesion: _in_patch(box)}, patch=True)
    return phases, categories


def _full_volume(folder: Path, item: Mapping[str, Any]) -> Path | None:
    path = folder / str(item.get("studyUID")) / f"{item.get('seriesUID')}.nii.gz"
    return path if path.is_file() else _named_as(folder, str(item["phase"]))


def _named_as(folder: Path, phase: str) -> Path | None:
    """The file of a phase: ``In Phase.nii.gz`` as well as ``InPhase.nii.gz``."""
    if folder.is_dir():
        for path in sorted(folder.glob("*.nii*")):
            if _squeezed(path.name.partition(".nii")[0]) == _squeezed(phase):
                return path
    return None


def _squeezed(phase: str) -> str:
    return "".join(phase.split()).replace("_", "").lower()


def _box_of(corners: Mapping[str, Any]) -> Box:
    """A box as slices: the annotation's x_max and y_max lie beyond the lesion, its z_max is the last slice."""
    low = [int(float(corners[f"{axis}_min"])) for axis in _AXES]
    high = [int(float(corners[f"{axis}_max"])) for axis in _AXES]
    high[2] += 1
    x, y, z = (max(end, start + 1) for start, end in zip(low, high, strict=True))
    return Box((low[0], low[1], low[2]), (x, y, z))


def _in_patch(box: Box) -> Box:
    """Where the box lies in its patch: below it, x and y are padded to the extension, z is cut at the first slice."""
    x, y = _EXTENSION[:2]
    z = min(_EXTENSION[2], box.low[2])
    width, height, depth = (end - start for start, end in zip(box.low, box.high, strict=True))
    return Box((x, y, z), (x + width, y + height, z + depth))
