"""MONAI's Grad-CAM and occlusion, for comparison with the papers' own maps."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

_PARTS = {True: 8, False: 4}
"""How many covers fit along a side, of slices and of volumes."""
_AT_ONCE = 16
_ROUNDING = 1e-6
"""Probabilities that are averaged over windows differ by so much although nothing has changed."""


def grad_cam(model: nn.Module, layer: str, x: Tensor, target: Tensor) -> Tensor:
    """Grad-CAM at a layer, in the layer's own size, (B, 1, ...).

    Parameters
    ----------
    model
        Gives logits (B, classes).
    layer
        Path of the layer within `model`.
    x, target
        The inputs, and the class of each.
    """
    from monai.visualize.class_activation_maps import GradCAM

    with _as_it_was(model.get_submodule(layer)):
        cam: Any = GradCAM(nn_module=model, target_layers=layer)
        maps = [
            cam.compute_map(x[i : i + 1].detach().requires_grad_(), class_idx=int(target[i])).detach()
            for i in range(len(x))
        ]
    return torch.cat(maps)


@contextmanager
def _as_it_was(layer: nn.Module) -> Iterator[None]:
    """Take off again the hooks that MONAI leaves on a layer."""
    before = [(hooks, dict(hooks)) for hooks in (layer._forward_hooks, layer._backward_hooks)]
    try:
        yield
    finally:
        for hooks, own in before:
            hooks.clear()
            hooks.update(own)


def occlusion(model: nn.Module, x: Tensor, target: int, *, slices: bool) -> Tensor:
    """How far the probability of a class falls when a part is covered by the images' mean; where it rises, 0.

    Parameters
    ----------
    model
        Gives logits (B, classes).
    x
        One image group (S, H, W), or one patch (S, 2, D, H, W), of which only the images are covered, not the masks.
    target
        The class.
    slices
        Which of the two.

    Returns
    -------
    Shape (H, W) or (D, H, W).
    """
    from monai.visualize.occlusion_sensitivity import OcclusionSensitivity

    covered = model if slices else _ImagesOnly(model, x[:, 1])
    images = x[None] if slices else x[None, :, 0]
    size = max(2, min(images.shape[2:]) // _PARTS[slices])
    sensitivity = OcclusionSensitivity(
        covered, mask_size=size, n_batch=_AT_ONCE, mode="mean_img", overlap=0.5, verbose=False
    )
    with torch.no_grad(), warnings.catch_warnings():
        # MONAI 1.6 indexes by a list of slices; a test holds the map against one made window by window.
        warnings.filterwarnings("ignore", message="Using a non-tuple sequence", category=UserWarning)
        whole = covered(images).softmax(dim=1)[0, target]
        found, _ = sensitivity(images)
    fall = (whole - found[0, target]).as_subclass(Tensor)
    return torch.where(fall > _ROUNDING, fall, 0.0)


class _ImagesOnly(nn.Module):
    """A network of volumes as one of their images, the masks being as they are."""

    def __init__(self, model: nn.Module, masks: Tensor) -> None:
        super().__init__()
        self.model, self.masks = model, masks
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        volumes = torch.stack((images, self.masks.expand_as(images)), dim=2)
        logits: Tensor = self.model(volumes)
        return logits
