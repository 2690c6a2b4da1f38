"""DICOM segmentations (SEG): segments of one bit a voxel, in frames of any order, as masks on a grid of their own.

The Segmentation IOD is described in DICOM PS3.3, section A.51; its frames' places stand in the Shared and the
Per-Frame Functional Groups.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy.imaging import headers
from readerstudy.imaging.geometry import Grid, to_image
from readerstudy.problems import DataError, Problem

if TYPE_CHECKING:
    import SimpleITK

_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
_ALIKE = 1e-3
"""Largest difference of the direction cosines of frames that lie in parallel planes."""
_OFF = 0.05
"""Largest distance of a frame from where its plane should be, as a share of the distance of planes or pixels."""
_SAME = 0.01
"""Frames no further apart than this many mm are in one plane."""


class _Frames(NamedTuple):
    """What the functional groups say of n frames."""

    segments: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    """(n, 3), centre of the first pixel."""
    cosines: npt.NDArray[np.float64]
    """(6,), along a row and along a column."""
    pixel: tuple[float, float]
    """Distance of the rows and of the columns, in mm."""
    spacing: float | None
    """Distance of the planes, in mm."""
    thickness: float | None


def read(path: str | os.PathLike[str], *, frame_of_reference: str | None = None) -> list[tuple[int, SimpleITK.Image]]:
    """The segments of a SEG, by number, each as a mask of 0 and 1; every segment is taken for a lesion.

    The grid runs from the first to the last plane that has a frame; planes between them without a frame are empty, as
    files leave out empty frames.

    Parameters
    ----------
    path
        The file.
    frame_of_reference
        UID that the file must have, None for any.

    Raises
    ------
    DataError
        If it is no SEG of type BINARY, its frames do not lie in even, parallel planes, it holds no lesion, or it is
        damaged.
    """
    try:
        with headers.quiet():
            return _read(path, frame_of_reference)
    except (DataError, OSError):
        raise
    except Exception:
        # pydicom raises all kinds on values against the standard, and what it says can quote them.
        raise _refused("RS841", "the segmentation's header is damaged", "export it again") from None


def _read(path: str | os.PathLike[str], frame_of_reference: str | None) -> list[tuple[int, SimpleITK.Image]]:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        data = pydicom.dcmread(path)
    except (InvalidDicomError, EOFError):
        help_ = "a region is a mask (.nii.gz, .nrrd), a DICOM SEG, or boxes (.json, .csv)"
        raise _refused("RS840", "this is no file of a region of interest", help_) from None
    if data.get("SOPClassUID") != _STORAGE:
        raise _refused("RS844", "this DICOM file is no segmentation", "export the region as DICOM SEG")
    if data.get("SegmentationType") != "BINARY":
        raise _refused("RS844", "the segmentation is not of type BINARY", "export it as a SEG of type BINARY")
    theirs = data.get("FrameOfReferenceUID")
    if frame_of_reference and theirs and theirs != frame_of_reference:
        message = "the segmentation has another frame of reference than the series"
        raise _refused("RS844", message, "export it from the study that it was drawn on")
    frames = _frames(data)
    try:
        pixels = np.asarray(data.pixel_array, dtype=bool).reshape(-1, int(data.Rows), int(data.Columns))
    except Exception:
        # Decoders raise what they please, and what they say can quote the header.
        raise _refused("RS841", "the segmentation's pixels cannot be read", "the file may be cut short") from None
    if len(pixels) != len(frames.segments):
        message = f"the segmentation has {len(pixels)} frames and places for {len(frames.segments)}"
        raise _refused("RS844", message, "the file may be cut short")
    grid, planes = _planes(frames, pixels.shape[1:])
    found = []
    for segment in np.unique(frames.segments):
        mask = np.zeros(grid.size[::-1], dtype=bool)
        for frame in np.flatnonzero(frames.segments == segment):
            mask[planes[frame]] |= pixels[frame]
        if mask.any():
            found.append((int(segment), to_image(mask, grid)))
    if not found:
        raise _refused("RS803", "the segmentation has no voxel of a lesion", "draw the lesion, or leave the file out")
    return found


def _refused(code: str, message: str, help_: str) -> DataError:
    return DataError([Problem(code=code, message=message, help=help_)])


def _frames(data: Any) -> _Frames:
    """The functional groups, those of the frame before those that all frames share."""
    shared = (data.get("SharedFunctionalGroupsSequence") or [{}])[0]
    groups = list(data.get("PerFrameFunctionalGroupsSequence") or [])

    def item(frame: Any, sequence: str) -> Any:
        for group in (frame, shared):
            if group.get(sequence):
                return group.get(sequence)[0]
        raise LookupError(sequence)

    try:
        if not groups:
            raise LookupError("PerFrameFunctionalGroupsSequence")
        segments = [item(frame, "SegmentIdentificationSequence").ReferencedSegmentNumber for frame in groups]
        positions = [item(frame, "PlanePositionSequence").ImagePositionPatient for frame in groups]
        cosines = np.array(
            [item(frame, "PlaneOrientationSequence").ImageOrientationPatient for frame in groups], dtype=np.float64
        )
        measures = item(groups[0], "PixelMeasuresSequence")
        rows, columns = (float(step) for step in measures.PixelSpacing)
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        lacking = str(error) if isinstance(error, LookupError) else "a part of a functional group"
        message = f"the segmentation does not say where its frames lie: {lacking} is missing"
        raise _refused("RS844", message, "export it again with places of all frames") from None
    places = np.array(positions, dtype=np.float64)
    if not (np.isfinite(places).all() and np.isfinite(cosines).all()):
        raise ValueError("a position is no number")
    if np.abs(cosines - cosines[0]).max() > _ALIKE:
        raise _refused("RS844", "the segmentation's frames are not parallel", "export it in the planes of one series")
    return _Frames(
        segments=np.array(segments, dtype=np.int64),
        positions=places,
        cosines=cosines[0],
        pixel=(rows, columns),
        spacing=measures.get("SpacingBetweenSlices"),
        thickness=measures.get("SliceThickness"),
    )


def _planes(frames: _Frames, shape: tuple[int, ...]) -> tuple[Grid, npt.NDArray[np.int64]]:
    """The grid that holds all frames, and the index of each one's plane."""
    along, down = frames.cosines[:3], frames.cosines[3:]
    normal = np.cross(along, down)
    heights = frames.positions @ normal
    first = int(heights.argmin())
    sideways = (frames.positions - frames.positions[first]) @ np.stack([along, down], axis=1)
    if np.abs(sideways).max() > _OFF * min(frames.pixel):
        message = "the segmentation's frames do not lie above one another"
        raise _refused("RS844", message, "export it in the planes of one series")
    steps = heights - heights[first]
    gaps = np.diff(np.unique(steps))
    # The file's word goes first, as empty planes may be missing; a thickness counts only where nothing else is known.
    said = (frames.spacing, gaps[gaps > _SAME].min(initial=np.inf), frames.thickness)
    for apart in (float(step) for step in said if step and np.isfinite(step)):
        planes = np.rint(steps / apart).astype(np.int64)
        if np.abs(steps - planes * apart).max() <= max(_OFF * apart, _SAME):
            break
    else:
        how = "at even distances" if gaps.max(initial=0) > _SAME else "at a known distance"
        message = f"the segmentation's frames do not lie {how}"
        raise _refused("RS844", message, "export it in the planes of one series, with the spacing between slices")
    x, y, z = (float(value) for value in frames.positions[first])
    size = (shape[1], shape[0], int(planes.max()) + 1)
    rows, columns = frames.pixel
    direction = tuple(float(value) for value in np.stack([along, down, normal], axis=1).ravel())
    grid = Grid(size=size, spacing=(columns, rows, apart), origin=(x, y, z), direction=direction)
    return grid, planes
