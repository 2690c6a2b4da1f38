"""Where a network looks: for one answer, how much each pixel of the input and each sequence had to do with it.

Zhen 2020 (doi:10.3389/fonc.2020.00680) took the gradient of the loss at the input, its L1 norm over the channels
(Simonyan 2013, doi:10.48550/arXiv.1312.6034). Wang 2021 (doi:10.1186/s13244-021-01117-z) "displayed interesting slices
of 3D feature maps", the regions "more associated with the predicted class", and the importance of each sequence, and
says no more: here activations are weighted as in LayerCAM (Jiang 2021, doi:10.1109/TIP.2021.3089943), and a sequence
weighs what its features contribute. Grad-CAM (Selvaraju 2020, doi:10.1007/s11263-019-01228-7) and occlusion (Zeiler
2014, doi:10.1007/978-3-319-10590-1_53) are MONAI's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from readerstudy import _choice
from readerstudy.inference.card import Card, SliceInput
from readerstudy.inference.saliency_monai import grad_cam, occlusion
from readerstudy.saliency import METHODS

Floats = npt.NDArray[np.float32]

_STAGES = {"slices": ("repeat", "repeat_1", "conv2d_7b"), "volume": ("layer1", "layer2", "layer3", "layer4")}
"""Convolutional stages, the finest first."""
_LEAST_SIDE = 8
"""Cells of a side that a map of activations must have to tell the rim of a lesion from its middle."""


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """What had to do with an answer.

    Parameters
    ----------
    maps
        Not negative, with sum 1 for each input (0 where nothing had to do with the answer): shape (B, H, W) for slices,
        (B, S, D, H, W) for volumes.
    weights
        Of each sequence, with sum 1 for each input, shape (B, S).
    target
        Number of the class that is explained, shape (B,).
    """

    maps: Floats
    weights: Floats
    target: npt.NDArray[np.int64]


def default_method(card: Card) -> str:
    """The method of the card's paper."""
    return "gradient" if isinstance(card.input, SliceInput) else "activation"


def explain(
    card: Card,
    networks: nn.Module | Sequence[nn.Module],
    inputs: Floats,
    *,
    method: str,
    task: str,
    target: int | Sequence[int] | None = None,
    clinical: Sequence[float] = (),
) -> Explanation:
    """Which parts of the inputs had to do with the answer.

    Parameters
    ----------
    card
        The model.
    networks
        The network, or those of all folds: then their maps and weights, each with sum 1, are averaged.
    inputs
        As `readerstudy.inference.data.inputs` makes them: (B, S, H, W), or (B, S, 2, D, H, W).
    method
        ``"gradient"``: absolute gradient of the cross-entropy at the input, summed over the channels of slices; of
        volumes at the images, not at their masks. ``"activation"``: feature maps times their positive gradient, summed
        over the channels, of the deepest stage with at least 8 cells a side; for volumes in each stream.
        ``"grad-cam"``: of the last convolutional stage. ``"occlusion"``: fall of the probability; for volumes the same
        in all sequences, which are covered together.
    task
        Name of the task.
    target
        Number of the class, or one for each input; None for the most probable class (of the mean over the networks).
    clinical
        One-hot clinical vector; empty without.

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError
        If the card has no such task, the method is unknown or the target is no class.

    Notes
    -----
    The weight of a sequence is its share of the absolute products of value and gradient of the class's logit, summed
    where the sequences are still apart: over the features of the streams, or over the pixels of the channels. A
    gradient of the loss would vanish where a network is sure of its answer; its direction does not, and a map has sum 1
    whatever its size was.
    """
    _choice.check(method, METHODS, "method")
    nets = [networks] if isinstance(networks, nn.Module) else list(networks)
    names = [one.name for one in card.tasks]
    _choice.check(task, tuple(names), "task")
    device = next(nets[0].parameters()).device
    x = torch.from_numpy(np.ascontiguousarray(inputs, dtype=np.float32)).to(device)
    about = torch.tensor(clinical, dtype=torch.float32, device=device).expand(len(x), -1) if len(clinical) else None
    models = [_Model(card, net, task, about) for net in nets]
    # The choice of algorithm must not depend on a race between them.
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        code = _target(models, x, target, len(card.tasks[names.index(task)].classes))
        return Explanation(
            maps=_mean([_MAPS[method](model, x, code) for model in models]),
            weights=_mean([_weights(model, x, code) for model in models]),
            target=code.cpu().numpy(),
        )


class _Model(nn.Module):
    """A network in its usual state of prediction, with one task's logits as its answer."""

    def __init__(self, card: Card, network: nn.Module, task: str, clinical: Tensor | None) -> None:
        super().__init__()
        self.network, self.task, self.clinical = network, task, clinical
        self.eval()
        self.slices = isinstance(card.input, SliceInput)
        if not self.slices:
            network.run_streams("loop")  # type: ignore[operator]  # hooks see the streams one by one

    def forward(self, x: Tensor) -> Tensor:
        if not self.slices:
            volumes: Tensor = self.network(x)[self.task]
            return volumes
        about = None if self.clinical is None else self.clinical[:1].expand(len(x), -1)
        slices: Tensor = self.network(x, about)[self.task]
        return slices

    @property
    def streams(self) -> list[tuple[str, nn.Module]]:
        """Where activations are mapped, by their path from here: the network, or the backbone of each sequence."""
        if self.slices:
            return [("network", self.network)]
        backbones: Any = self.network.backbones
        return [(f"network.backbones.{name}", net) for name, net in backbones.items()]

    @property
    def stages(self) -> tuple[str, ...]:
        return _STAGES["slices" if self.slices else "volume"]


def _target(models: Sequence[_Model], x: Tensor, target: int | Sequence[int] | None, n: int) -> Tensor:
    if target is None:
        with torch.no_grad():
            return torch.stack([model(x).softmax(dim=1) for model in models]).mean(dim=0).argmax(dim=1)
    code = torch.as_tensor(target, device=x.device).expand(len(x)).long()
    if bool(((code < 0) | (code >= n)).any()):
        raise ValueError(f"target must be the number of a class, 0 to {n - 1}, not {target}")
    return code


def _gradient(model: _Model, x: Tensor, target: Tensor) -> Tensor:
    """Of the cross-entropy up to a positive factor of each input, which keeps it where the answer is all but sure."""
    x = x.detach().requires_grad_()
    logits = model(x)
    slope = logits.detach().double().softmax(dim=1)
    own = functional.one_hot(target, slope.shape[1]).bool()
    slope = slope.masked_fill(own, 0.0)
    slope = slope / slope.sum(dim=1, keepdim=True).clamp_min(torch.finfo(torch.float64).tiny)
    slope = torch.where(own, -1.0, slope).to(logits.dtype)
    (found,) = torch.autograd.grad((slope * logits).sum(), x)
    return found.abs().sum(dim=1) if model.slices else found[:, :, 0].abs()


def _activation(model: _Model, x: Tensor, target: Tensor) -> Tensor:
    """Positive gradient times activation, summed over the channels, in the size of the input."""
    kept: dict[tuple[int, str], Tensor] = {}

    def keep(stream: int, stage: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            kept[stream, stage] = output

        return hook

    hooks = [
        getattr(net, stage).register_forward_hook(keep(i, stage))
        for i, (_, net) in enumerate(model.streams)
        for stage in model.stages
    ]
    try:
        logits = model(x.detach().requires_grad_())
    finally:
        for hook in hooks:
            hook.remove()
    large = [stage for stage in model.stages if min(kept[0, stage].shape[2:]) >= _LEAST_SIDE]
    stage = large[-1] if large else model.stages[0]
    found = [kept[i, stage] for i in range(len(model.streams))]
    gradients = torch.autograd.grad(logits.gather(1, target[:, None]).sum(), found)
    maps = [
        (gradient.relu() * value).sum(dim=1, keepdim=True).relu()
        for value, gradient in zip(found, gradients, strict=True)
    ]
    return _resized(maps, x)


def _resized(maps: Sequence[Tensor], x: Tensor) -> Tensor:
    """Maps (B, 1, ...) of each stream in the size of the input: (B, H, W) of slices, (B, S, D, H, W) of volumes."""
    slices = x.ndim == 4
    size, mode = (x.shape[-2:], "bilinear") if slices else (x.shape[-3:], "trilinear")
    large = torch.cat([functional.interpolate(one.detach(), size=size, mode=mode) for one in maps], dim=1)
    return large[:, 0] if slices else large


def _grad_cam(model: _Model, x: Tensor, target: Tensor) -> Tensor:
    layers = [f"{path}.{model.stages[-1]}" for path, _ in model.streams]
    return _resized([grad_cam(model, layer, x, target) for layer in layers], x)


def _occlusion(model: _Model, x: Tensor, target: Tensor) -> Tensor:
    fall = torch.stack([occlusion(model, x[i], int(target[i]), slices=model.slices) for i in range(len(x))])
    return fall if model.slices else fall[:, None].expand(-1, x.shape[1], -1, -1, -1)


_MAPS = {"gradient": _gradient, "activation": _activation, "grad-cam": _grad_cam, "occlusion": _occlusion}


def _weights(model: _Model, x: Tensor, target: Tensor) -> Tensor:
    """Absolute products of value and gradient where the sequences are still apart, (B, S)."""
    x = x.detach().requires_grad_()
    if model.slices:
        logits, apart = model(x), [x]
    else:
        kept: list[Tensor] = []
        hooks = [
            net.register_forward_hook(lambda _module, _inputs, output: kept.append(output)) for _, net in model.streams
        ]
        try:
            logits, apart = model(x), kept
        finally:
            for hook in hooks:
                hook.remove()
    gradients = torch.autograd.grad(logits.gather(1, target[:, None]).sum(), apart)
    products = [(value * gradient).detach().abs() for value, gradient in zip(apart, gradients, strict=True)]
    if model.slices:
        return products[0].sum(dim=(2, 3))
    return torch.stack([product.sum(dim=1) for product in products], dim=1)


def _mean(of_networks: Sequence[Tensor]) -> Floats:
    """Mean of what the networks give, each with sum 1 for each input; a network that gives nothing has no say."""
    normal = [_normal(found.detach().double().cpu().numpy()) for found in of_networks]
    return _normal(np.sum(normal, axis=0)).astype(np.float32)


def _normal(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total = values.reshape(len(values), -1).sum(axis=1).reshape(-1, *[1] * (values.ndim - 1))
    shares: npt.NDArray[np.float64] = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    return shares
