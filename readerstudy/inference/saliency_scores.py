"""A saliency map held against the lesion's mask."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Scores:
    """How a map lies to a lesion.

    Parameters
    ----------
    share_inside
        Share of the map, summed, inside the mask: Score-CAM's energy-based pointing game (Wang H 2020,
        doi:10.1109/CVPRW50498.2020.00020). None for a map that is 0 everywhere.
    mask_share
        Share of the area that is mask: what a map without any preference has inside.
    pointing
        Whether the maximum lies on the mask: the pointing game of Zhang 2018 (doi:10.1007/s11263-017-1059-x). None for
        a map that is 0 everywhere.
    """

    share_inside: float | None
    mask_share: float
    pointing: bool | None


def scores(saliency: Floats, mask: Bools, *, tolerance: float = 0.0) -> Scores:
    """Hold a map against a mask of the same shape.

    Parameters
    ----------
    saliency
        Not negative; (H, W), or (S, D, H, W) for volumes, whose maximum is taken over all sequences.
    mask
        True in the lesion.
    tolerance
        How far from the mask a maximum still counts as on it, in pixels.

    Raises
    ------
    ValueError
        If the shapes differ, the map has negative values, or the mask is empty.

    Notes
    -----
    Of several equal maxima at least half must lie on the mask: a map that is the same everywhere points at nothing.
    """
    if saliency.shape != mask.shape:
        raise ValueError(f"the map has shape {saliency.shape} and the mask {mask.shape}")
    if not mask.any():
        raise ValueError("the mask is empty")
    values = saliency.astype(np.float64)
    if values.min() < 0:
        raise ValueError("a saliency map has no negative values")
    total = float(values.sum())
    share = float(mask.mean())
    if total == 0:
        return Scores(share_inside=None, mask_share=share, pointing=None)
    inside = min(1.0, float(values[mask].sum()) / total)
    near = _widened(mask, tolerance) if tolerance > 0 else mask
    return Scores(share_inside=inside, mask_share=share, pointing=bool(near[values == values.max()].mean() >= 0.5))


def _widened(mask: Bools, tolerance: float) -> Bools:
    """The mask with all that is within the tolerance of it, sequence by sequence."""
    from scipy.ndimage import distance_transform_edt

    if mask.ndim == 4:
        return np.stack([_widened(one, tolerance) if one.any() else one for one in mask])
    near: Bools = distance_transform_edt(~mask) <= tolerance
    return near


def largest_slice(mask: Bools) -> int:
    """Number of the slice (first axis of a mask (Z, Y, X)) in which the lesion is largest; of equal ones the first."""
    return int(mask.sum(axis=(1, 2)).argmax())
