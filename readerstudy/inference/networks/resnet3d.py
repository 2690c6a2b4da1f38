"""Seven streams: a 3D ResNet-18 for each sequence, fused for two tasks, as in Wang 2021.

Wang SH et al. Saliency-based 3D convolutional neural network for categorising common focal liver lesions on
multisequence MRI. Insights Imaging 2021;12:173. doi:10.1186/s13244-021-01117-z. The backbones are MONAI's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _IncompatibleKeys

from readerstudy.inference.networks.width import channels

STREAMS = ("loop", "vmap")
_PLANES = (64, 128, 256, 512)


def backbone(*, n_channels: int = 2, width: float = 1.0, stem_stride: int = 1) -> nn.Module:
    """MONAI's 3D ResNet-18 without its last layer: (B, n_channels, D, H, W) to (B, 512) at width 1.

    Shortcuts between stages are 1 x 1 x 1 convolutions (type B): those without weights (type A) pass no gradient in
    MONAI 1.6.
    """
    from monai.networks.nets.resnet import ResNet, ResNetBlock

    net: nn.Module = ResNet(
        ResNetBlock,
        [2, 2, 2, 2],
        [channels(planes, width) for planes in _PLANES],
        spatial_dims=3,
        n_input_channels=n_channels,
        conv1_t_stride=stem_stride,
        feed_forward=False,
        shortcut_type="B",
    )
    return net


class SevenStreamResNet(nn.Module):
    """One backbone a sequence; each task's layer receives the fused features of all and again those of its sequences.

    Parameters
    ----------
    sequences
        Names of the streams, in the order of the input.
    classes
        For each task, the number of its classes.
    heads
        For each task, the sequences whose features come before the fused ones.
    width
        Factor of the channel counts, in multiples of four and at least four.
    stem_stride
        Stride of the first convolution, which the paper does not state. The weights are the same for all strides.
    dropout
        Share of each head's input that is dropped in training.
    """

    def __init__(
        self,
        *,
        sequences: Sequence[str],
        classes: Mapping[str, int],
        heads: Mapping[str, Sequence[str]],
        width: float = 1.0,
        stem_stride: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.sequences, self.stem_stride = tuple(sequences), stem_stride
        self.backbones = nn.ModuleDict(
            {name: backbone(width=width, stem_stride=stem_stride) for name in self.sequences}
        )
        self.groups = {task: tuple(self.sequences.index(name) for name in heads[task]) for task in classes}
        self.n_features = channels(_PLANES[-1], width)
        self.drop = nn.Dropout(dropout)
        self.heads = nn.ModuleDict(
            {
                task: nn.Linear((len(self.groups[task]) + len(self.sequences)) * self.n_features, n)
                for task, n in classes.items()
            }
        )
        self._streams = "loop"
        self._stacked: tuple[dict[str, Tensor], dict[str, Tensor], nn.Module] | None = None
        self.register_load_state_dict_post_hook(_forget_stacked)  # type: ignore[no-untyped-call]

    def train(self, mode: bool = True) -> Self:
        """As every module; weights that were stacked for prediction are stacked anew after training."""
        self._stacked = None if mode else self._stacked
        return super().train(mode)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        self._stacked = None  # the weights go to another device or type
        return super()._apply(fn, recurse)  # type: ignore[no-any-return, no-untyped-call]

    def run_streams(self, how: str) -> SevenStreamResNet:
        """Choose how the backbones run, and return the network.

        ``"loop"``: one after the other. ``"vmap"``: all at once, with the numbers equal to rounding and as much memory
        again for the weights. It is for prediction: in training they run one after the other, and gradients reach the
        images but not the backbones' weights.

        Raises
        ------
        ValueError
            For another word.
        """
        if how not in STREAMS:
            raise ValueError(f"streams run by {' or '.join(map(repr, STREAMS))}, not {how!r}")
        self._streams = how
        return self

    def stream_features(self, volumes: Tensor) -> Tensor:
        """Features of each stream, (B, S, n_features).

        Parameters
        ----------
        volumes
            Shape (B, S, 2, D, H, W): of each sequence the image in [0, 1] and the blurred mask.

        Raises
        ------
        ValueError
            If there is not one volume for each stream.
        """
        if volumes.shape[1] != len(self.backbones):
            raise ValueError(f"the network takes {len(self.backbones)} sequences, not {volumes.shape[1]}")
        if self._streams == "vmap" and not self.training:
            return self._at_once(volumes)
        return torch.stack([net(volumes[:, s]) for s, net in enumerate(self.backbones.values())], dim=1)

    def _at_once(self, volumes: Tensor) -> Tensor:
        """All streams as one call: their weights stacked along a first axis over which `torch.vmap` runs."""
        if self._stacked is None:
            nets = list(self.backbones.values())
            with torch.no_grad():
                parameters, buffers = torch.func.stack_module_state(nets)
            self._stacked = parameters, buffers, copy.deepcopy(nets[0]).to("meta")
        parameters, buffers, shell = self._stacked

        def one(weights: dict[str, Tensor], states: dict[str, Tensor], volume: Tensor) -> Tensor:
            out: Tensor = torch.func.functional_call(shell, (weights, states), (volume,))
            return out

        out: Tensor = torch.vmap(one, in_dims=(0, 0, 1), out_dims=1)(parameters, buffers, volumes)
        return out

    def head_input(self, features: Tensor, task: str) -> Tensor:
        """What the layer of a task receives: the features of its own sequences, then the fused ones of all.

        Parameters
        ----------
        features
            As `stream_features` gives them.
        """
        return torch.cat((features[:, self.groups[task]].flatten(1), features.flatten(1)), dim=1)

    def features(self, volumes: Tensor) -> Tensor:
        """The fused feature: those of all streams one after the other, (B, S * n_features)."""
        return self.stream_features(volumes).flatten(1)

    def forward(self, volumes: Tensor) -> dict[str, Tensor]:
        """Logits of each task, (B, classes); parameters as in `stream_features`."""
        features = self.stream_features(volumes)
        return {task: head(self.drop(self.head_input(features, task))) for task, head in self.heads.items()}


def _forget_stacked(module: nn.Module, keys: _IncompatibleKeys) -> None:
    """After weights were loaded, those stacked before are old."""
    module._stacked = None  # type: ignore[assignment]
