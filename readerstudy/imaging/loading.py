"""A volume's pixels as an image with its place in the patient; what is no regular grid is refused by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from readerstudy.imaging import headers
from readerstudy.imaging.volume import Frame, Volume
from readerstudy.problems import DataError, Problem

if TYPE_CHECKING:
    import SimpleITK
    from pydicom.dataset import Dataset

_STEP_MM, _STEP_SHARE = 0.05, 0.02
"""Steps between slices may differ from their median by this much, in mm or as a share, whichever is more: positions are
written with few digits."""
_DRIFT_MM = 0.1
"""The line through the slices' positions may leave the normal by this much from the first slice to the last."""
_SKEW = 1e-3
"""The row and column direction may be off unit length and the right angle by this much; orientations of the slices may
differ by this much."""
_SAME_MM = 0.01


def load(volume: Volume, label: str = "") -> SimpleITK.Image:
    """Load a volume as a float32 image in LPS mm.

    Parameters
    ----------
    volume
        As `find` gives it.
    label
        What messages call the case: its pseudonym.

    Returns
    -------
    SimpleITK.Image
        RescaleSlope and RescaleIntercept are applied. The third axis is row direction x column direction, and its
        spacing is the mean step between the slices' positions: SliceThickness leaves out gaps.

    Raises
    ------
    DataError
        If the images are no regular grid (RS812: duplicates, gaps, several orientations, matrices or pixel spacings,
        sheared; steps may differ by 0.05 mm or 2 %), or cannot be read (RS811: cut short, RS813: compressed in a way
        that pydicom reads only with a plug-in).
    """
    if volume.damaged:
        raise _error("RS811", volume, label, volume.damaged[0], "send the series again from the archive")
    spacing, direction, step = _grid(volume, label)
    pixels = _pixels(volume, label)
    import SimpleITK

    image: Any = SimpleITK.GetImageFromArray(pixels)
    image.SetSpacing((spacing[1], spacing[0], step))
    image.SetOrigin(volume.frames[0].position)
    image.SetDirection(direction.ravel().tolist())
    loaded: SimpleITK.Image = image
    return loaded


def _error(code: str, volume: Volume, label: str, message: str, help_: str) -> DataError:
    where = f"{label}, {volume.name}" if label else volume.name
    return DataError([Problem(code=code, message=f"{where}: {message}", help=help_)])


def _grid(volume: Volume, label: str) -> tuple[tuple[float, ...], npt.NDArray[np.float64], float]:
    """Pixel spacing (rows, columns), direction (its columns are the axes) and step between slices."""

    def refuse(message: str, help_: str) -> DataError:
        return _error("RS812", volume, label, message, help_)

    frames = volume.frames
    if any(len(f.position) != 3 or len(f.orientation) != 6 or len(f.spacing) != 2 for f in frames):
        raise refuse("an image has no position, orientation or pixel spacing", "export the original images")
    if len(frames) < 2:
        raise refuse("a single image is no volume", "send the whole series from the archive")
    for what, values in (
        ("matrices", [(f.rows, f.columns) for f in frames]),
        ("pixel spacings", [f.spacing for f in frames]),
        ("orientations", [f.orientation for f in frames]),
    ):
        array = np.array(values, dtype=np.float64)
        if np.abs(array - array[0]).max() > _SKEW:
            n = len({tuple(row) for row in array.round(3)})
            raise refuse(f"its images have {max(n, 2)} {what}", "choose another series, or send it again")
    if min(frames[0].spacing) <= 0:
        raise refuse("its pixel spacing is not above 0", "export the original images")
    x, y = np.array(frames[0].orientation[:3]), np.array(frames[0].orientation[3:])
    if max(abs(x @ x - 1), abs(y @ y - 1), abs(x @ y)) > _SKEW:
        raise refuse("its row and column direction are no right angle", "export the original images")
    x = x / np.linalg.norm(x)
    y = y - (y @ x) * x
    y = y / np.linalg.norm(y)
    normal = np.cross(x, y)
    positions = np.array([frame.position for frame in frames])
    steps = np.diff(positions @ normal)
    if steps.min() < _SAME_MM:
        k = int(steps.argmin())
        raise refuse(
            f"two images stand at one position (the {_nth(k + 1)} of {len(frames)} along the normal)",
            "the series may hold volumes that its tags do not tell apart, or images that were sent twice: remove the "
            "files that do not belong",
        )
    middle = float(np.median(steps))
    uneven = np.abs(steps - middle) > max(_STEP_MM, _STEP_SHARE * middle)
    if uneven.any():
        k = int(uneven.argmax())
        raise refuse(
            f"the step after the {_nth(k + 1)} of {len(frames)} images is {steps[k]:.2f} mm, the others are "
            f"{middle:.2f} mm",
            "images are missing: send the series again from the archive"
            if steps[k] > middle
            else "images of another position are among them: remove the files that do not belong",
        )
    span = positions[-1] - positions[0]
    if np.linalg.norm(span - (span @ normal) * normal) > _DRIFT_MM:
        raise refuse("its images are shifted against each other (sheared)", "choose another series")
    return frames[0].spacing, np.column_stack([x, y, normal]), float(span @ normal) / (len(frames) - 1)


def _nth(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _pixels(volume: Volume, label: str) -> npt.NDArray[np.float32]:
    """Shape (z, y, x), in the unit that RescaleSlope and RescaleIntercept give."""
    pixels = np.empty((len(volume.frames), volume.frames[0].rows, volume.frames[0].columns), dtype=np.float32)
    files: dict[Path, list[tuple[int, Frame]]] = {}
    for k, frame in enumerate(volume.frames):
        files.setdefault(frame.path, []).append((k, frame))
    for path, frames in files.items():
        dataset, stored = _stored(path, volume, label)
        for k, frame in frames:
            plane = stored if frame.number is None else stored[frame.number]
            if plane.shape != pixels.shape[1:]:
                raise _error("RS811", volume, label, "an image is not one grey value a pixel", "choose another series")
            slope, intercept = _rescale(dataset, frame.number)
            pixels[k] = plane.astype(np.float64) * slope + intercept
    if not np.isfinite(pixels).all():
        raise _error("RS811", volume, label, "a pixel is no finite number", "send the series again from the archive")
    return pixels


def _stored(path: Path, volume: Volume, label: str) -> tuple[Dataset, npt.NDArray[Any]]:
    """The file and its pixels as stored, one plane or (frame, y, x)."""
    from pydicom import dcmread
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    again = "send the series again from the archive"
    try:
        with headers.quiet():
            dataset = dcmread(path, force=True)
            syntax = UID(headers.text(getattr(dataset, "file_meta", None), "TransferSyntaxUID"))
    except Exception:  # as in headers.read
        raise _error("RS811", volume, label, "a file cannot be read", again) from None
    if syntax.is_transfer_syntax and syntax.is_compressed:
        try:
            available = get_decoder(syntax).is_available
        except NotImplementedError:
            available = False
        if not available:
            message = f"its images are compressed as {syntax.name}, which pydicom reads only with a plug-in"
            help_ = "pip install 'pylibjpeg[all]', or decompress: gdcmconv --raw IN OUT; dcmdjpeg IN OUT for JPEG"
            raise _error("RS813", volume, label, message, help_)
    elif not syntax:
        from pydicom.uid import ImplicitVRLittleEndian

        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian  # what a file without a preamble means
    try:
        with headers.quiet():
            stored: npt.NDArray[Any] = dataset.pixel_array
    except Exception:
        raise _error("RS811", volume, label, "the pixel data of a file are cut short or damaged", again) from None
    if stored.ndim == 2 and any(frame.number is not None for frame in volume.frames):
        stored = stored[np.newaxis]
    return dataset, stored


def _rescale(dataset: Dataset, number: int | None) -> tuple[float, float]:
    """Slope and intercept of an image, 1 and 0 where the file has none."""
    where = [dataset]
    if number is not None:
        shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])
        where = [*headers.macros([dataset.PerFrameFunctionalGroupsSequence[number]]), *headers.macros(shared), dataset]
    slope = headers.first(where, "RescaleSlope", headers.number)
    intercept = headers.first(where, "RescaleIntercept", headers.number)
    return 1.0 if slope is None else slope, 0.0 if intercept is None else intercept
