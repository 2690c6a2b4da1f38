"""A region of interest as one mask for each lesion: from a NIfTI or NRRD mask, a DICOM SEG, or a list of boxes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from readerstudy.imaging import boxes, dicom_seg
from readerstudy.imaging.geometry import Grid, to_image
from readerstudy.problems import DataError, Place, Problem

if TYPE_CHECKING:
    import SimpleITK

IMAGES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
_MOST_LESIONS = 100
_AGAIN = "write it again as .nii.gz or .nrrd"


def read(
    path: str | os.PathLike[str], series: SimpleITK.Image, *, frame_of_reference: str | None = None
) -> list[tuple[int, SimpleITK.Image]]:
    """The lesions of a region of interest, by number, each as a mask of 0 and 1 on the grid of the file.

    What the file is follows from its name: ``.nii``, ``.nii.gz``, ``.nrrd``, ``.nhdr``, ``.mha``, ``.mhd`` are masks
    whose labels 1, 2, ... are the lesions; ``.json`` and ``.csv`` are boxes (see `boxes`); everything else must be a
    DICOM SEG, whose segments are the lesions.

    Parameters
    ----------
    path
        The file.
    series
        The series on which the region was drawn: the grid of boxes, and of masks that have no geometry of their own.
    frame_of_reference
        UID of the series' frame of reference; a SEG of another one is refused.

    Raises
    ------
    DataError
        If the file is none of these, cannot be read, holds no lesion, or has no geometry. Neither message nor help
        holds the file's name, which may be a patient's; the place does.
    """
    name = Path(path).name
    try:
        if not Path(path).is_file():
            raise _refused("RS840", "there is no such file", "check the path of the region of interest")
        if name.casefold().endswith(IMAGES):
            return _read_image(path, series)
        if name.casefold().endswith((".json", ".csv")):
            grid = Grid.of(series)
            return [(box.lesion, boxes.to_mask(box, grid)) for box in boxes.read(path)]
        return dicom_seg.read(path, frame_of_reference=frame_of_reference)
    except DataError as error:
        place = Place(file=os.fspath(path))
        placed = (problem if problem.place else replace(problem, place=place) for problem in error.problems)
        raise DataError(placed) from None


def _read_image(path: str | os.PathLike[str], series: SimpleITK.Image) -> list[tuple[int, SimpleITK.Image]]:
    """The lesions of an image of labels."""
    import SimpleITK

    try:
        image = SimpleITK.ReadImage(os.fspath(path))
    except RuntimeError as error:
        # Of ITK's message only the reason is told: it begins with paths.
        oblique = "orthonormal" in str(error)
        reason = "its axes are not at right angles" if oblique else "it is damaged, or not what its name says"
        raise _refused("RS841", f"the mask cannot be read: {reason}", _AGAIN) from None
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[:, :, :, 0]
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        message = f"a mask is one volume of three dimensions, not of size {image.GetSize()}"
        raise _refused("RS842", message, "write one volume with the labels 1, 2, ... of the lesions")
    values = np.asarray(SimpleITK.GetArrayViewFromImage(image))
    labels = np.unique(values)
    if not np.array_equal(labels, np.rint(labels)) or labels[0] < 0 or len(labels) > _MOST_LESIONS + 1:
        message = f"{len(labels)} values from {labels[0]:g} to {labels[-1]:g} are no labels of lesions"
        raise _refused("RS842", message, f"a mask holds 0 and the lesions' numbers 1, 2, ..., at most {_MOST_LESIONS}")
    lesions = [int(label) for label in labels if label > 0]
    if not lesions:
        raise _refused("RS803", "the mask has no voxel of a lesion", "draw the lesion, or leave the mask out")
    try:
        grid = Grid.of(image)
    except ValueError:
        raise _refused("RS841", "the mask cannot be read: its axes are not at right angles", _AGAIN) from None
    drawn_on = Grid.of(series)
    placeless = not any(grid.origin) and np.allclose(np.abs(grid.axes), np.eye(3))
    if placeless and grid.size == drawn_on.size and not grid.agrees(drawn_on):
        message = "the mask has no geometry: its matrix is the series', but its origin is 0 and its axes are plain"
        raise _refused("RS843", message, "save it with the geometry of the series on which it was drawn")
    return [(lesion, to_image(values == lesion, grid)) for lesion in lesions]


def _refused(code: str, message: str, help_: str) -> DataError:
    return DataError([Problem(code=code, message=message, help=help_)])
