"""Random changes of training images: one affine map for all sequences and the mask of a sample, then light and noise.

Every draw is made by a generator seeded with the sample's own key (seed, run, epoch, sample), so that a sample is
changed alike in whatever batch, process or order it comes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from readerstudy.inference.card import Augmentation

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """What is done to one sample.

    Parameters
    ----------
    affine
        Shape (d, d + 1): from a place in the changed image to the place it comes from, both in shares of half the side
        from the centre, in the order x, y (, z); None for no change.
    contrast, brightness, noise
        For each sequence: factor around its mean, what is added, standard deviation of the noise.
    seed
        Of the noise.
    """

    affine: Floats | None
    contrast: Floats
    brightness: Floats
    noise: Floats
    seed: int


def draw(augmentation: Augmentation, key: Sequence[int], *, n_sequences: int, dims: int) -> Change:
    """Draw the change of the sample with this key; `dims` is 2 for image groups and 3 for volumes."""
    rng = np.random.default_rng(list(key))
    moved = (augmentation.rotation, augmentation.flip, augmentation.scale, augmentation.shift, augmentation.shear)
    affine = _affine(augmentation, rng, dims) if any(moved) else None
    return Change(
        affine=affine,
        contrast=1 + rng.uniform(-augmentation.light, augmentation.light, n_sequences),
        brightness=rng.uniform(-augmentation.light, augmentation.light, n_sequences),
        noise=rng.uniform(0, augmentation.noise, n_sequences),
        seed=int(rng.integers(2**62)),
    )


def _affine(augmentation: Augmentation, rng: np.random.Generator, dims: int) -> Floats:
    """Flips, scale, shear, rotation and shift in one matrix."""
    made = np.diag(np.where(rng.random(dims) < augmentation.flip, -1.0, 1.0))
    made /= 1 + rng.uniform(-augmentation.scale, augmentation.scale)
    shear = np.eye(dims)
    above = np.triu_indices(dims, 1)
    shear[above] = np.tan(np.deg2rad(rng.uniform(-augmentation.shear, augmentation.shear, len(above[0]))))
    made = shear @ made
    for first, second in zip(*above, strict=True):
        angle = np.deg2rad(rng.uniform(-augmentation.rotation, augmentation.rotation))
        turn = np.eye(dims)
        turn[[first, second], [first, second]] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        made = turn @ made
    # The side is 2 long in these units.
    shift = 2 * rng.uniform(-augmentation.shift, augmentation.shift, dims)
    return np.concatenate([made, shift[:, None]], axis=1)


def apply(images: Tensor, changes: Sequence[Change]) -> Tensor:
    """Change a batch.

    Parameters
    ----------
    images
        Image groups (B, S, H, W), or volumes (B, S, 2, D, H, W) of image and mask; from 0 to 1.
    changes
        One for each sample.

    Returns
    -------
    The batch in the same shape. What comes from beyond the edge is 0; light and noise are of the images alone, never of
    the masks, and leave them between 0 and 1.
    """
    moved = _moved(images, changes)
    contrast, brightness, noise = (
        np.stack([getattr(change, name) for change in changes]) for name in ("contrast", "brightness", "noise")
    )
    if not brightness.any() and not noise.any() and (contrast == 1).all():
        return moved
    volumes = images.dim() == 6
    pixels = moved[:, :, 0] if volumes else moved
    space = tuple(range(2, pixels.dim()))
    ones = (1,) * len(space)

    def per_sequence(numbers: Floats) -> Tensor:
        return torch.as_tensor(numbers, dtype=pixels.dtype, device=pixels.device).reshape(*numbers.shape, *ones)

    mean = pixels.mean(dim=space, keepdim=True)
    changed = (pixels - mean) * per_sequence(contrast) + mean + per_sequence(brightness)
    if noise.any():
        changed = changed + per_sequence(noise) * _noise(pixels, changes)
    changed = changed.clamp(0, 1)
    return torch.stack([changed, moved[:, :, 1]], dim=2) if volumes else changed


def _moved(images: Tensor, changes: Sequence[Change]) -> Tensor:
    maps = [change.affine for change in changes if change.affine is not None]
    if not maps:
        return images
    theta = torch.as_tensor(np.stack(maps), dtype=images.dtype, device=images.device)
    channels = images.flatten(1, 2) if images.dim() == 6 else images
    grid = torch.nn.functional.affine_grid(theta, list(channels.shape), align_corners=False)
    sampled = torch.nn.functional.grid_sample(channels, grid, mode="bilinear", align_corners=False)
    return sampled.reshape(images.shape)


def _noise(pixels: Tensor, changes: Sequence[Change]) -> Tensor:
    """Standard normal numbers, each sample's from its own generator."""
    made = torch.empty_like(pixels)
    for sample, change in zip(made, changes, strict=True):
        generator = torch.Generator(device=pixels.device).manual_seed(change.seed)
        sample.normal_(generator=generator)
    return made
