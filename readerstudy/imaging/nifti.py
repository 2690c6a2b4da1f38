"""Studies as NIfTI files: a folder a patient, a file a sequence, and masks beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from readerstudy.imaging import regions
from readerstudy.imaging.inputs import Found, read_nifti, words_of
from readerstudy.imaging.recipe import SEQUENCES
from readerstudy.imaging.store import Decision

if TYPE_CHECKING:
    import SimpleITK

_ENDINGS = (".nii.gz", ".nii")
_ROI = "roi"


@dataclasses.dataclass(frozen=True)
class NiftiStudy:
    """One folder of a patient.

    Parameters
    ----------
    patient
        The folder's name.
    images
        Sequence -> file.
    rois
        Sequence -> masks that were drawn on it.
    root
        The input, above all patients.
    """

    patient: str
    images: Mapping[str, Path]
    rois: Mapping[str, tuple[Path, ...]]
    root: Path

    @property
    def words(self) -> frozenset[str]:
        """Names of files and folders."""
        return words_of(self.files, self.root)

    @property
    def files(self) -> tuple[Path, ...]:
        """Images and masks."""
        return (*self.images.values(), *(path for paths in self.rois.values() for path in paths))

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The files' names say what they are."""
        return tuple(Decision(sequence, "", "the file has its name") for sequence in self.images)

    @property
    def sequences(self) -> tuple[str, ...]:
        """By the names of the files."""
        return tuple(self.images)

    def image(self, sequence: str, lesion: int) -> SimpleITK.Image:
        """A sequence as the file has it; all lesions share it."""
        return read_nifti(self.images[sequence], f"{sequence} image")

    @property
    def settings(self) -> str:
        """Nothing but the files."""
        return ""

    @property
    def placed(self) -> bool:
        """The headers say where the patient lay."""
        return True

    def masks(self, sequence: str, image: SimpleITK.Image) -> dict[int, SimpleITK.Image]:
        """The labels of the sequence's mask."""
        return regions.read(self.rois.get(sequence, ()), sequence, image)


def find(folder: Path, reference: str) -> Found:
    """The patients' folders below a folder; `reference` is the sequence of a mask that names none.

    Each file is named by its sequence (`T2.nii.gz`, in any case), a mask `roi.nii.gz` or, drawn on a sequence of its
    own, `DWI_roi.nii.gz`.
    """
    studies, refusals, others = [], {}, 0
    for patient in sorted(path for path in folder.iterdir() if path.is_dir()):
        images: dict[str, Path] = {}
        rois: dict[str, tuple[Path, ...]] = {}
        for path in sorted(patient.iterdir()):
            stem = _stem(path)
            if stem is None:
                continue
            sequence = sequence_of(path)
            if stem == _ROI:
                rois[reference] = (*rois.get(reference, ()), path)
            elif sequence and stem.endswith(f"_{_ROI}"):
                rois[sequence] = (*rois.get(sequence, ()), path)
            elif sequence:
                images[sequence] = path
            else:
                others += 1
        if images:
            order = {name: images[name] for name in SEQUENCES if name in images}
            studies.append(NiftiStudy(patient.name, order, rois, folder))
        else:
            refusals[patient.name] = f"no file is named as a sequence ({', '.join(SEQUENCES)})"
    notes = (f"{others} NIfTI files are not named as a sequence and were left out",) if others else ()
    return Found(studies=tuple(studies), refused=refusals, notes=notes)


def sequence_of(path: Path) -> str | None:
    """The sequence that a file, or the sequence of its mask, is named by."""
    known = {name.lower(): name for name in SEQUENCES}
    return known.get((_stem(path) or "").removesuffix(f"_{_ROI}"))


def _stem(path: Path) -> str | None:
    """A NIfTI file's name without its ending, in small letters; None for other files."""
    ending = next((ending for ending in _ENDINGS if path.name.lower().endswith(ending)), None)
    return None if ending is None else path.name[: -len(ending)].lower()
