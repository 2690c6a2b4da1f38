"""Where voxels are in the patient: grids in LPS millimetres, resampling onto them, and masks carried between series.

The axes of LPS point to the patient's left, back (posterior) and head (superior), as in DICOM and SimpleITK. Sizes,
spacings and indices are along a grid's x, y and z; arrays are (z, y, x). SimpleITK is the only resampler.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy.problems import DataError, Problem

if TYPE_CHECKING:
    import SimpleITK

Vector = npt.NDArray[np.float64]
_DISPLAYED = (1.0, 1.0, -1.0)
"""Signs of left, back and head along the rows and columns of a displayed picture: it runs to the left, back or feet."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grid:
    """A grid of voxels in the patient.

    Parameters
    ----------
    size
        Voxels along x, y and z.
    spacing
        Distance of the voxels' centres along x, y and z, in mm.
    origin
        Centre of the first voxel, LPS in mm.
    direction
        Nine cosines by row; the columns are the directions of x, y and z in LPS.

    Raises
    ------
    ValueError
        If a size or spacing is not positive, or the directions are not at right angles.
    """

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]

    def __post_init__(self) -> None:
        if min(self.size) < 1 or not min(self.spacing) > 0:
            raise ValueError(f"a grid needs positive sizes and spacings, not {self.size} and {self.spacing}")
        if not np.allclose(self.axes.T @ self.axes, np.eye(3), atol=1e-3):
            raise ValueError(f"the axes of a grid are at right angles and of length 1, not {self.direction}")

    @classmethod
    def of(cls, image: SimpleITK.Image) -> Grid:
        """The grid of an image of three dimensions."""
        size, spacing, origin = image.GetSize(), image.GetSpacing(), image.GetOrigin()
        return cls(size=size, spacing=spacing, origin=origin, direction=image.GetDirection())

    @property
    def axes(self) -> Vector:
        """Shape (3, 3); the columns are the directions of x, y and z."""
        return np.array(self.direction, dtype=np.float64).reshape(3, 3)

    @property
    def affine(self) -> Vector:
        """Shape (4, 4); takes the index (x, y, z, 1) of a voxel to its centre in LPS mm."""
        made = np.eye(4)
        made[:3, :3] = self.axes * self.spacing
        made[:3, 3] = self.origin
        return made

    def points(self, indices: npt.ArrayLike) -> Vector:
        """LPS mm of indices of shape (n, 3), each x, y, z."""
        return np.asarray(indices, dtype=np.float64) @ self.affine[:3, :3].T + self.origin

    def indices(self, points: npt.ArrayLike) -> Vector:
        """Indices x, y, z (not rounded) of points (n, 3) in LPS mm."""
        return (np.asarray(points, dtype=np.float64) - self.origin) @ np.linalg.inv(self.affine[:3, :3]).T

    def holds(self, points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each of the points (n, 3) lies within a voxel, up to a thousandth of its size."""
        indices = self.indices(points)
        return np.asarray(((indices >= -0.501) & (indices <= np.array(self.size) - 0.499)).all(axis=-1))

    def agrees(self, other: Grid) -> bool:
        """Whether two grids are one, up to a hundredth of a voxel in every corner."""
        if self.size != other.size:
            return False
        corners = np.stack(np.meshgrid(*[(0, n - 1) for n in self.size]), axis=-1).reshape(-1, 3)
        return bool(np.abs(other.indices(self.points(corners)) - corners).max() < 0.01)


class Box(NamedTuple):
    """The smallest box along given axes that holds a lesion, its voxels whole."""

    low: Vector
    """Coordinates along the axes x, y and z, in mm."""
    high: Vector
    axes: Vector
    """Shape (3, 3); the columns are the directions of x, y and z in LPS."""


def to_array(image: SimpleITK.Image) -> npt.NDArray[np.float32]:
    """The voxels of an image as (z, y, x) of 32-bit floats."""
    import SimpleITK

    return np.array(SimpleITK.GetArrayViewFromImage(image), dtype=np.float32)


def to_image(array: npt.NDArray[np.generic], grid: Grid) -> SimpleITK.Image:
    """An image of an array (z, y, x), truth values as 0 and 1 of eight bits."""
    import SimpleITK

    if array.shape != grid.size[::-1]:
        raise ValueError(f"the array (z, y, x) has shape {array.shape}, the grid (x, y, z) size {grid.size}")
    image = SimpleITK.GetImageFromArray(array.astype(np.uint8) if array.dtype == bool else array)
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(grid.direction)
    return image


def resample(
    image: SimpleITK.Image, grid: Grid, interpolation: str = "linear", outside: float = 0.0
) -> SimpleITK.Image:
    """An image on another grid, as 32-bit floats.

    Parameters
    ----------
    image
        Of three dimensions; integers become floats before anything is interpolated.
    grid
        Where the values are wanted.
    interpolation
        ``"linear"`` or ``"nearest"``.
    outside
        Value of what lies beyond the image's voxels. Between the centre of the last voxel and its edge, the value of
        the last voxel is taken.
    """
    import SimpleITK

    how = {"linear": SimpleITK.sitkLinear, "nearest": SimpleITK.sitkNearestNeighbor}[interpolation]
    floats = SimpleITK.Cast(image, SimpleITK.sitkFloat32)
    stay = SimpleITK.Transform(3, SimpleITK.sitkIdentity)
    return SimpleITK.Resample(
        floats, grid.size, stay, how, grid.origin, grid.spacing, grid.direction, outside, SimpleITK.sitkFloat32
    )


def carry(mask: SimpleITK.Image, grid: Grid, interpolation: str = "nearest") -> SimpleITK.Image:
    """A lesion's mask on another grid, by physical position, as 0 and 1 of eight bits.

    A lesion thinner than the grid's voxels can lie between their centres; it is then given the voxels in which the
    centres of its own voxels lie.

    Parameters
    ----------
    mask
        0 and 1.
    grid
        Where the mask is wanted, such as ``Grid.of(image)``.
    interpolation
        ``"nearest"``, or ``"linear"``: what is at least one half is the lesion.
    """
    made = to_array(resample(mask, grid, interpolation)) >= 0.5
    if not made.any():
        points = _points(mask)
        x, y, z = np.rint(grid.indices(points[grid.holds(points)])).astype(int).T
        last = np.array(grid.size) - 1
        made[z.clip(0, last[2]), y.clip(0, last[1]), x.clip(0, last[0])] = True
    return to_image(made, grid)


def require_inside(mask: SimpleITK.Image, grid: Grid, name: str) -> None:
    """Refuse a mask that lies outside an image, wholly or in part.

    Parameters
    ----------
    mask
        0 and 1.
    grid
        Of the image.
    name
        Of the image, for the message, such as ``"DWI"``.

    Raises
    ------
    DataError
        Saying how much of the lesion lies outside and how far, or that the mask is empty.
    """
    points = _points(mask)
    if not len(points):
        help_ = "draw the lesion, or leave the mask out"
        raise DataError([Problem(code="RS803", message="the mask has no voxel of the lesion", help=help_)])
    outside = points[~grid.holds(points)]
    if not len(outside):
        return
    indices, last = grid.indices(outside), np.array(grid.size) - 1
    beyond = np.maximum(-indices, indices - last).clip(0.5, None) - 0.5
    far = float(np.linalg.norm(beyond * grid.spacing, axis=1).max())
    how = "" if len(outside) == len(points) else " in part"
    raise DataError(
        [
            Problem(
                code="RS804",
                message=f"the lesion lies{how} outside the {name} image",
                found=f"{len(outside)} of its {len(points)} voxels, by up to {far:.1f} mm",
                help="check that mask and series are of the same study and position, or leave the series out",
            )
        ]
    )


def axes_of(grid: Grid, orientation: str) -> Vector:
    """The axes (columns) that a recipe's orientation asks for.

    Parameters
    ----------
    grid
        Of the series on which the region of interest was drawn.
    orientation
        ``"patient"``: left, back, head. ``"reference"``: the planes of that series as they are displayed, rows to the
        patient's left (sagittal planes: back), columns to the back (coronal and sagittal planes: feet), slices along
        their cross product. A DICOM series has these axes; a NIfTI file of it often runs the other way along some, and
        the network must not see it upside down.
    """
    if orientation == "patient":
        return np.eye(3)
    along, down, _ = grid.axes.T
    shown = []
    for axis in (along, down):
        main = int(np.abs(axis).round(6).argmax())
        shown.append(axis * np.sign(axis[main]) * _DISPLAYED[main])
    return np.stack([*shown, np.cross(shown[0], shown[1])], axis=1)


def bounding_box(mask: SimpleITK.Image, axes: Vector) -> Box:
    """The smallest box with these axes (columns) around the lesion's voxels, their full extent included."""
    grid, points = Grid.of(mask), _points(mask)
    if not len(points):
        raise ValueError("an empty mask has no bounding box")
    along = points @ axes
    half = np.abs(axes.T @ grid.affine[:3, :3]).sum(axis=1) / 2
    return Box(along.min(axis=0) - half, along.max(axis=0) + half, axes)


def grid_over(box: Box, spacing: tuple[float, float, float], margin_mm: tuple[float, float, float]) -> Grid:
    """A grid of this spacing that covers a box and a margin on each side.

    The margin is rounded up to whole voxels and the grid centred on the box, so that a lesion drawn on a series of the
    same spacing and axes keeps the very voxels of that series.
    """
    sizes = [
        math.ceil(extent / step - 1e-6) + 2 * math.ceil(margin / step - 1e-6)
        for extent, step, margin in zip(box.high - box.low, spacing, margin_mm, strict=True)
    ]
    first = (box.low + box.high) / 2 - (np.array(sizes) - 1) / 2 * spacing
    x, y, z = (float(value) for value in box.axes @ first)
    direction = tuple(float(value) for value in box.axes.ravel())
    return Grid(size=(sizes[0], sizes[1], sizes[2]), spacing=spacing, origin=(x, y, z), direction=direction)


def swap_lps_ras(affine: npt.ArrayLike) -> Vector:
    """A (4, 4) affine from voxel indices to LPS mm as one to RAS mm (NIfTI, MONAI), or back: it is its own inverse."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(affine, dtype=np.float64)


def _points(mask: SimpleITK.Image) -> Vector:
    """Centres of the voxels in the lesion, (n, 3), LPS in mm."""
    import SimpleITK

    return Grid.of(mask).points(np.argwhere(SimpleITK.GetArrayViewFromImage(mask))[:, ::-1])
