"""What the papers cut out of a stored case: Wang's patch of 64 x 64 x 64 voxels, Zhen's groups of slices.

The sequences of a stored case share a grid, so that one region serves them all. It is set by the mask of the first
sequence that is given, which is the one the region of interest was drawn on (T2).

Zhen SH et al. Deep learning for accurate diagnosis of liver tumor based on magnetic resonance imaging and clinical
data. Front Oncol 2020;10:680. doi:10.3389/fonc.2020.00680
Wang SH et al. Saliency-based 3D convolutional neural network for categorising common focal liver lesions on
multisequence MRI. Insights Imaging 2021. doi:10.1186/s13244-021-01117-z
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Spacing = tuple[float, float, float] | npt.NDArray[np.float64]


class Region(NamedTuple):
    """A box in mm from the centre of the volume's first voxel, along its axes z, y and x."""

    centre: npt.NDArray[np.float64]
    edges: npt.NDArray[np.float64]


def lesion_diameter_mm(mask: Bools, spacing: Spacing) -> float:
    """Longest diameter of a lesion in the plane of its slices, in mm.

    In each slice, the longest distance between two points of the lesion's outline; of all slices, the largest. The
    outline runs half-way between the centres of a pixel inside and its neighbour outside, so that a lesion of one
    pixel has the diameter of that pixel's longer side.

    Parameters
    ----------
    mask
        Shape (Z, Y, X); true in the lesion.
    spacing
        Along z, y and x, in mm.

    Raises
    ------
    ValueError
        If the mask is empty.
    """
    inside = _lesion(mask)
    _, dy, dx = (float(step) for step in spacing)
    outlines = [_outline(plane) * (dy, dx) for plane in inside[inside.any(axis=(1, 2))]]
    # A diameter is seen under at most 1/32 of a half-turn from one of 16 directions: that bounds each slice's, and few
    # slices are measured.
    angles = np.pi * np.arange(16) / 16
    directions = np.array([np.cos(angles), np.sin(angles)])
    bounds = [np.ptp(points @ directions, axis=0).max() / np.cos(np.pi / 32) for points in outlines]
    longest = 0.0
    for k in np.argsort(bounds)[::-1]:
        if bounds[k] < longest:
            break
        apart = outlines[k][:, None] - outlines[k]
        longest = max(longest, float(np.sqrt((apart**2).sum(axis=-1).max())))
    return longest


def wang_crop_mm(diameter_mm: float) -> float | None:
    """Edge of the cube that Wang cuts around a lesion, in mm; None where the lesion's dilated box is cut instead.

    "Lesions smaller than 16 mm" get 32 mm and those "larger than 16 mm but smaller than 32 mm" 64 mm; the paper does
    not say where a lesion of exactly 16 mm belongs, here to the larger cube.
    """
    if diameter_mm < 16:
        return 32.0
    return 64.0 if diameter_mm < 32 else None


def wang_region(mask: Bools, spacing: Spacing, *, dilation_mm: float, diameter_mm: float | None = None) -> Region:
    """The region that `wang_patch` cuts: a cube by `wang_crop_mm` or the lesion's box dilated by `dilation_mm`.

    A cube begins between two voxels, so that its centre can be half a voxel from the lesion's: 64 voxels of 1 mm
    become a patch of 64 as they are, without interpolation.

    Parameters
    ----------
    mask, spacing
        As in `lesion_diameter_mm`.
    dilation_mm
        Added on each side of the box of a lesion of 32 mm or more.
    diameter_mm
        The lesion's diameter where it is known already; None to measure it.
    """
    box = _box(mask, spacing)
    edge = wang_crop_mm(lesion_diameter_mm(mask, spacing) if diameter_mm is None else diameter_mm)
    if edge is None:
        return Region(box.centre, box.edges + 2 * dilation_mm)
    steps = np.asarray(spacing, dtype=np.float64)
    first = np.floor((box.centre - edge / 2) / steps + 1)
    return Region((first - 0.5) * steps + edge / 2, np.full(3, edge))


def wang_patch(
    images: npt.NDArray[np.floating],
    masks: npt.NDArray[np.generic],
    spacing: Spacing,
    *,
    size: int = 64,
    rng: np.random.Generator | None = None,
    dilation_mm: tuple[float, float] = (4.0, 16.0),
    blur_sigma: float = 2.0,
    diameter_mm: float | None = None,
) -> Floats:
    """The lesion as Wang's network sees it: for each sequence the image and the blurred mask, cut out and resized.

    Images are resized linearly, masks by the nearest voxel, then blurred with a Gaussian and scaled so that the
    largest value is 1. What lies outside the volume is 0.

    Parameters
    ----------
    images, masks
        Shape (S, Z, Y, X). The first mask sets the region.
    spacing
        Along z, y and x, in mm.
    size
        Voxels along each edge of the patch.
    rng
        Draws the dilation in training; None for the middle of its range, in prediction.
    dilation_mm
        Smallest and largest dilation of the box of a lesion of 32 mm or more, on each side. The paper says that it
        was changed at random in training, but neither by how much nor what it was in prediction: the range is ours.
    blur_sigma
        Standard deviation of the Gaussian in voxels of the patch, 0 for none; not stated in the paper, ours.
    diameter_mm
        As in `wang_region`.

    Returns
    -------
    Shape (S, 2, size, size, size): image and mask of each sequence.
    """
    low, high = dilation_mm
    dilation = (low + high) / 2 if rng is None else float(rng.uniform(low, high))
    region = wang_region(masks[0].astype(bool), spacing, dilation_mm=dilation, diameter_mm=diameter_mm)
    at = _samples(region, spacing, size)
    patch = np.empty((len(images), 2, size, size, size), dtype=np.float32)
    patch[:, 0] = _linear(images, at)
    patch[:, 1] = _nearest(masks.astype(bool), at)
    if blur_sigma > 0:
        blur = _gaussian(size, blur_sigma)
        for mask in patch[:, 1]:
            mask[...] = _along(mask, (blur, blur, blur))
            mask /= max(float(mask.max()), np.finfo(np.float32).tiny)
    return patch


def slice_groups(
    images: npt.NDArray[np.floating],
    masks: npt.NDArray[np.generic],
    spacing: Spacing,
    *,
    size: int = 299,
    margin_mm: float = 10.0,
) -> tuple[Floats, Bools]:
    """The lesion as Zhen's network sees it: one group a slice that the lesion crosses, one image a sequence.

    The same square is cut from all slices of a case: its edge is the longer edge of the lesion's box in the plane and
    the margin on both sides. It is resized linearly, the mask by the nearest pixel. What lies outside the volume is 0.

    Parameters
    ----------
    images, masks
        Shape (S, Z, Y, X). The first mask sets the region and the slices.
    spacing
        Along z, y and x, in mm.
    size
        Pixels along each edge of an image.
    margin_mm
        Around the lesion. The paper does not say how much of the slice around the lesion its network saw: it is ours.

    Returns
    -------
    Groups of shape (G, S, size, size), and their masks, (G, size, size), by ascending z.
    """
    lesion = masks[0].astype(bool)
    box = _box(lesion, spacing)
    edge = float(box.edges[1:].max()) + 2 * margin_mm
    _, rows, columns = _samples(Region(box.centre, np.array([box.edges[0], edge, edge])), spacing, size)
    slices = np.flatnonzero(lesion.any(axis=(1, 2)))
    at = (slices.astype(np.float64), rows, columns)
    return _linear(images, at).swapaxes(0, 1).copy(), _nearest(lesion[None], at)[0]


def _lesion(mask: Bools) -> Bools:
    inside = np.asarray(mask, dtype=bool)
    if inside.ndim != 3 or not inside.any():
        raise ValueError(f"the mask must be (Z, Y, X) with at least one voxel in the lesion; its shape is {mask.shape}")
    return inside


def _outline(plane: Bools) -> npt.NDArray[np.float64]:
    """Points (row, column) half-way between pixels in and out, those that can lie on the convex hull."""
    ends = []
    for axis, pixels in ((0, plane), (1, plane.T)):
        lines = np.flatnonzero(pixels.any(axis=1))
        first = pixels[lines].argmax(axis=1) - 0.5
        last = pixels.shape[1] - 1 - pixels[lines, ::-1].argmax(axis=1) + 0.5
        for end in (first, last):
            ends.append(np.stack([lines, end] if axis == 0 else [end, lines], axis=1))
    return np.concatenate(ends)


def _box(mask: Bools, spacing: Spacing) -> Region:
    """The box of a lesion's voxels with their full size."""
    inside, steps = _lesion(mask), np.asarray(spacing, dtype=np.float64)
    ranges = [np.flatnonzero(inside.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))]
    low, high = (np.array([voxels[end] for voxels in ranges]) for end in (0, -1))
    return Region((low + high) / 2 * steps, (high - low + 1) * steps)


def _samples(region: Region, spacing: Spacing, size: int) -> tuple[npt.NDArray[np.float64], ...]:
    """Along z, y and x, the voxel coordinates of the centres of `size` equal cells of the region."""
    cells = (np.arange(size) + 0.5) / size - 0.5
    steps = np.asarray(spacing, dtype=np.float64)
    return tuple((c + cells * edge) / step for c, edge, step in zip(region.centre, region.edges, steps, strict=True))


def _linear(volumes: npt.NDArray[np.floating], at: tuple[npt.NDArray[np.float64], ...]) -> Floats:
    """Trilinear samples (S, z, y, x) of volumes (S, Z, Y, X) that are 0 outside."""
    parts, weights = [], []
    for length, positions in zip(volumes.shape[1:], at, strict=True):
        # Only the voxels between the first and the last sample are read: a region is a small part of its volume.
        first = min(max(int(np.floor(positions[0])), 0), length)
        last = max(min(int(np.floor(positions[-1])) + 2, length), first)
        parts.append(slice(first, last))
        distance = np.abs(positions[:, None] - np.arange(first, last))
        weights.append(np.clip(1 - distance, 0, None).astype(np.float32))
    return _along(volumes[:, *parts].astype(np.float32), (weights[0], weights[1], weights[2]))


def _nearest(volumes: Bools, at: tuple[npt.NDArray[np.float64], ...]) -> Bools:
    """Samples of the nearest voxel, (S, z, y, x), of volumes (S, Z, Y, X) that are 0 outside."""
    nearest = [np.floor(positions + 0.5).astype(int) for positions in at]
    within = [(voxels >= 0) & (voxels < n) for voxels, n in zip(nearest, volumes.shape[1:], strict=True)]
    z, y, x = (np.where(good, voxels, 0) for voxels, good in zip(nearest, within, strict=True))
    known = within[0][:, None, None] & within[1][:, None] & within[2]
    taken: Bools = volumes[:, z[:, None, None], y[:, None], x] & known
    return taken


def _along(volumes: Floats, matrices: tuple[Floats, Floats, Floats]) -> Floats:
    """The product of a matrix with each of the last three axes."""
    z, y, x = matrices
    made = y @ (volumes @ x.T)
    planes = made.reshape(*made.shape[:-2], -1)
    return (z @ planes).reshape(*planes.shape[:-2], len(z), len(y), len(x))


def _gaussian(n: int, sigma: float) -> Floats:
    """Matrix that blurs n samples, with nothing beyond the ends; the kernel ends after four standard deviations."""
    radius = int(4 * sigma + 0.5)
    steps = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (steps / sigma) ** 2)
    kernel /= kernel.sum()
    offset = np.arange(n)[None] - np.arange(n)[:, None]
    return np.where(np.abs(offset) <= radius, kernel[np.clip(offset + radius, 0, 2 * radius)], 0).astype(np.float32)
