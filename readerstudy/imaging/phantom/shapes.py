"""Shapes at physical points: how much of each voxel an ellipsoid, a vessel or a texture covers."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.geometry import Grid

Array = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]
Box = tuple[slice, slice, slice]


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """The voxels of a series as the body sees them.

    Parameters
    ----------
    size
        Voxels along x, y, z of the image.
    steps
        Shape (3, 3): column a is the step in LPS mm from one voxel to the next along the image's axis a.
    origin
        Centre of voxel 0 in LPS mm, in the body at rest: a body that has moved by d is drawn with ``origin - d``.
    """

    size: tuple[int, int, int]
    steps: Vector
    origin: Vector

    @classmethod
    def of(cls, grid: Grid, moved: Vector) -> Frame:
        """The frame of a series during which the body lay `moved` (LPS mm) from where it is at rest."""
        return cls(grid.size, grid.affine[:3, :3], np.asarray(grid.origin) - moved)

    def index(self, point: npt.ArrayLike) -> Vector:
        """The continuous voxel index (x, y, z) of a point."""
        return np.asarray(self._inverse @ (np.asarray(point, dtype=np.float64) - self.origin))

    @functools.cached_property
    def _inverse(self) -> Vector:
        return np.asarray(np.linalg.inv(self.steps), dtype=np.float64)

    def box(self, low: Vector, high: Vector) -> Box | None:
        """The voxels between two indices, as slices of an array (z, y, x); None when the image has none of them."""
        first = np.maximum(np.floor(low), 0).astype(int)
        last = np.minimum(np.ceil(high) + 1, self.size).astype(int)
        if (last <= first).any():
            return None
        return (slice(first[2], last[2]), slice(first[1], last[1]), slice(first[0], last[0]))

    def affine(self, matrix: npt.ArrayLike, centre: npt.ArrayLike, box: Box) -> list[Array]:
        """The rows of ``matrix (point - centre)`` at the voxels of a box, each of shape (z, y, x)."""
        rows = np.asarray(matrix, dtype=np.float64) @ self.steps
        middle = self.index(centre)
        x, y, z = (np.arange(part.start, part.stop) - middle[a] for a, part in enumerate(reversed(box)))
        made = []
        for row in rows:
            plane = (row[1] * y[:, None] + row[0] * x[None, :]).astype(np.float32)
            made.append(plane[None] + (row[2] * z).astype(np.float32)[:, None, None])
        return made


@dataclasses.dataclass(frozen=True, eq=False)
class Local:
    """A shape's own coordinates at the voxels of a box.

    Parameters
    ----------
    box
        The voxels near the shape.
    rho
        0 in the middle, 1 on the surface.
    width
        How much `rho` changes across a voxel.
    direction
        Three arrays: the unit vector from the middle, in the shape's own frame.
    """

    box: Box
    rho: Array
    width: Array
    direction: list[Array]

    def inside(self, edge: float | Array = 1.0) -> Array:
        """The share of each voxel where `rho` is less than `edge`: partial volume at the surface."""
        share = np.subtract(np.float32(edge) if isinstance(edge, float) else edge, self.rho)
        share /= self.width
        share += np.float32(0.5)
        return np.clip(share, 0, 1, out=share)


@dataclasses.dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid, rotated and dented.

    Parameters
    ----------
    centre
        LPS mm.
    axes
        Half axes in mm.
    turn
        Rotation (3, 3) from the axes' frame to LPS; None for none.
    dents
        Radius as a function of the unit vector, around 1; None for a smooth ellipsoid.
    """

    centre: tuple[float, float, float]
    axes: tuple[float, float, float]
    turn: Vector | None = None
    dents: Callable[[list[Array]], Array] | None = None

    @property
    def matrix(self) -> Vector:
        """From LPS mm about the centre to the unit sphere, shape (3, 3)."""
        scale = np.diag(1.0 / np.asarray(self.axes, dtype=np.float64))
        return scale if self.turn is None else scale @ self.turn.T

    def scaled(self, factor: float, more: float = 0.0) -> Ellipsoid:
        """The same ellipsoid with its half axes multiplied and then `more` mm longer."""
        a, b, c = (factor * axis + more for axis in self.axes)
        return dataclasses.replace(self, axes=(a, b, c))

    def local(self, frame: Frame, reach: float = 1.0) -> Local | None:
        """The coordinates at the voxels within `reach` radii (and a voxel more); None when the image has none."""
        matrix = self.matrix
        steps = matrix @ frame.steps
        most = reach * (1.35 if self.dents is not None else 1.0)
        half = most * np.sqrt(np.diag(np.linalg.inv(steps.T @ steps))) + 1.0
        middle = frame.index(self.centre)
        box = frame.box(middle - half, middle + half)
        if box is None:
            return None
        # In place, since most of the time goes into fresh memory.
        y = frame.affine(matrix, self.centre, box)
        rho, square = y[0] * y[0], y[1] * y[1]
        rho += square
        rho += np.multiply(y[2], y[2], out=square)
        np.sqrt(rho, out=rho)
        away = np.maximum(rho, np.float32(1e-3))
        np.reciprocal(away, out=away)
        slopes = frame.affine(steps.T @ matrix, self.centre, box)  # rho times its slope along each axis of the image
        for slope in slopes:
            np.abs(slope, out=slope)
        width = slopes[0]
        width += slopes[1]
        width += slopes[2]
        width *= away
        np.maximum(width, np.float32(1e-3), out=width)
        if self.dents is None:
            return Local(box, rho, width, [])
        direction = [part * away for part in y]
        radius = self.dents(direction)
        return Local(box, rho / radius, width / radius, direction)


def rotation(rng: np.random.Generator, degrees: float | None = None) -> Vector:
    """A rotation (3, 3) about a random axis, by up to so many degrees; by any angle when None."""
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    angle = np.radians(rng.uniform(0, 360 if degrees is None else degrees))
    cross = np.cross(np.eye(3), axis)
    return np.asarray(np.eye(3) + np.sin(angle) * cross.T + (1 - np.cos(angle)) * cross @ cross)


def harmonics(rng: np.random.Generator, strength: float) -> Callable[[list[Array]], Array]:
    """A radius that varies with direction by harmonics of the second and third degree.

    `strength` is about the standard deviation of the radius over directions; the radius stays within 0.7 to 1.3.
    """
    second = rng.normal(size=(3, 3))
    second = (second + second.T) / 2
    second -= np.eye(3) * np.trace(second) / 3
    third = rng.normal(size=(3, 3))
    a, b, c = (third / np.linalg.norm(third, axis=1, keepdims=True)).astype(np.float32)
    m = (second * strength).astype(np.float32)

    def radius(n: list[Array]) -> Array:
        x, y, z = n
        form = m[0, 0] * x * x + m[1, 1] * y * y + m[2, 2] * z * z
        form += 2 * (m[0, 1] * x * y + m[0, 2] * x * z + m[1, 2] * y * z)
        cubic = (a[0] * x + a[1] * y + a[2] * z) * (b[0] * x + b[1] * y + b[2] * z) * (c[0] * x + c[1] * y + c[2] * z)
        return np.asarray(np.clip(1 + form + np.float32(4 * strength) * cubic, 0.7, 1.3), dtype=np.float32)

    return radius


@dataclasses.dataclass(frozen=True, eq=False)
class Texture:
    """A smooth random field of mean 0 and variance about 1 at physical points: a sum of plane waves.

    Parameters
    ----------
    waves
        Shape (n, 3), radians per mm.
    phases
        Shape (n,).
    """

    waves: Vector
    phases: Vector

    @classmethod
    def drawn(cls, rng: np.random.Generator, shortest: float, longest: float, n: int = 16) -> Texture:
        """Waves in random directions with wavelengths in mm between two."""
        directions = rng.normal(size=(n, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        lengths = rng.uniform(shortest, longest, size=(n, 1))
        return cls(2 * np.pi * directions / lengths, rng.uniform(0, 2 * np.pi, size=n))

    def at(self, frame: Frame, box: Box) -> Array:
        """The field at the voxels of a box, as a product of two small matrices since waves are separable."""
        k = self.waves @ frame.steps
        start = self.waves @ frame.origin + self.phases
        x, y, z = (np.arange(part.start, part.stop) for part in reversed(box))
        plane = k[:, 1, None, None] * y[None, :, None] + k[:, 0, None, None] * x[None, None, :]
        plane = plane.reshape(len(k), -1)
        column = k[:, 2, None] * z[None, :] + start[:, None]
        left = np.concatenate([np.cos(column), np.sin(column)]).astype(np.float32)
        right = np.concatenate([np.cos(plane), -np.sin(plane)]).astype(np.float32)
        made = (left.T @ right) * np.float32(np.sqrt(2 / len(k)))
        return np.asarray(made.reshape(len(z), len(y), len(x)), dtype=np.float32)


@dataclasses.dataclass(frozen=True, eq=False)
class Tube:
    """A straight piece of a vessel that narrows.

    Parameters
    ----------
    start, end
        LPS mm.
    radius
        At the start and at the end, in mm.
    """

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: tuple[float, float]

    def cover(self, frame: Frame) -> tuple[Box, Array] | None:
        """The voxels near the tube and the share of each that it fills; None when the image has none of them."""
        start, end = np.asarray(self.start), np.asarray(self.end)
        reach = max(self.radius) / np.linalg.norm(frame.steps, axis=0) + 1.5
        ends = np.stack([frame.index(start), frame.index(end)])
        box = frame.box(ends.min(axis=0) - reach, ends.max(axis=0) + reach)
        if box is None:
            return None
        along = end - start
        length = float(np.linalg.norm(along))
        along = along / length
        x, y, z, t = frame.affine(np.vstack([np.eye(3), along]), start, box)
        s = np.clip(t, 0, np.float32(length))
        distance = np.sqrt(np.maximum(x * x + y * y + z * z - 2 * s * t + s * s, 0))
        radius = np.float32(self.radius[0]) + s * np.float32((self.radius[1] - self.radius[0]) / length)
        width = np.float32(np.linalg.norm(frame.steps, axis=0)[:2].mean())
        return box, np.clip((radius - distance) / width + 0.5, 0, 1).astype(np.float32, copy=False)
