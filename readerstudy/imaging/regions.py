"""Which file is whose region of interest: by the patient's name in a folder of its own, or by a SEG in the study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from readerstudy.imaging import masks
from readerstudy.imaging.inputs import refused, require_whole
from readerstudy.imaging.recipe import SEQUENCES
from readerstudy.problems import DataError, Place, Problem

if TYPE_CHECKING:
    import SimpleITK

_ENDINGS = (*sorted(masks.IMAGES, key=len, reverse=True), ".json", ".csv", ".dcm")


def of_patients(folder: Path, patients: Iterable[str], reference: str) -> dict[str, dict[str, Path]]:
    """The regions below a folder: patient -> the sequence it was drawn on -> file.

    A file is named by the patient, ``MR17.nii.gz``, or by patient and sequence, ``MR17_DWI.nii.gz``; one without a
    sequence was drawn on the reference. A folder of the patient's name may hold ``roi.nii.gz`` and ``DWI_roi.nii.gz``.
    DICOM SEG files end in ``.dcm``, boxes in ``.json`` or ``.csv``.

    Raises
    ------
    DataError
        If two files are the region of one patient on one sequence.
    """
    known = {name.lower(): name for name in SEQUENCES}
    found: dict[str, dict[str, Path]] = {}
    twice = 0
    files = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    for patient in patients:
        names = {patient.lower(): reference}
        names |= {f"{patient}_{key}".lower(): name for key, name in known.items()}
        mine = [(stem, files[stem + ending]) for stem in names for ending in _ENDINGS if stem + ending in files]
        own = folder / patient
        if own.is_dir() and own.parent == folder:
            names |= {"roi": reference} | {f"{key}_roi": name for key, name in known.items()}
            mine += [(_stem(path), path) for path in sorted(own.iterdir()) if _stem(path) in names]
        for stem, path in mine:
            twice += names[stem] in found.setdefault(patient, {})
            found[patient][names[stem]] = path
    if twice:
        message = "two files are the region of one patient on one sequence"
        place = Place(file=folder.name)
        help_ = "leave one of them, such as the .nii.gz"
        raise DataError([Problem(code="RS866", message=message, place=place, help=help_, n=twice)])
    return found


def _stem(path: Path) -> str:
    name = path.name.lower()
    return next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), "")


def of_segmentations(files: Iterable[Path]) -> dict[tuple[str, str], list[Path]]:
    """DICOM SEG files by (StudyInstanceUID, SeriesInstanceUID of the series they refer to, empty for none)."""
    from pydicom import dcmread

    from readerstudy.imaging import headers

    found: dict[tuple[str, str], list[Path]] = {}
    for path in files:
        with headers.quiet():
            dataset = dcmread(path, stop_before_pixels=True)
            try:
                referenced = list(dataset.get("ReferencedSeriesSequence") or [])
            except Exception:  # as in headers.read; `masks.read` says that the file is damaged
                referenced = []
        series = headers.text(referenced[0], "SeriesInstanceUID") if len(referenced) == 1 else ""
        found.setdefault((headers.text(dataset, "StudyInstanceUID"), series), []).append(path)
    return found


def by_sequence(
    segmentations: Mapping[tuple[str, str], list[Path]], study: str, series: Mapping[str, str], reference: str
) -> dict[str, tuple[Path, ...]]:
    """A study's SEG files by sequence; `series` is sequence -> SeriesInstanceUID.

    One that refers to no series that was chosen lies on the reference: its frames say where in the patient they are.
    """
    sequences = {uid: name for name, uid in series.items()}
    found: dict[str, tuple[Path, ...]] = {}
    for (its_study, its_series), paths in segmentations.items():
        if its_study == study:
            name = sequences.get(its_series, reference)
            found[name] = (*found.get(name, ()), *paths)
    return found


def read(
    files: Iterable[Path], sequence: str, image: SimpleITK.Image, frame_of_reference: str | None = None
) -> dict[int, SimpleITK.Image]:
    """The lesions of the regions drawn on a sequence; `DataError` if two files have the same lesion."""
    found: dict[int, SimpleITK.Image] = {}
    for path in files:
        require_whole(path, f"mask on {sequence}")
        for lesion, mask in masks.read(path, image, frame_of_reference=frame_of_reference):
            if lesion in found:
                message = f"two regions on {sequence} are both lesion {lesion}"
                raise refused("RS867", message, "number the lesions through, or leave one file out")
            found[lesion] = mask
    return found
