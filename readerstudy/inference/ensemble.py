"""A trained network made ready to be asked many times: batch normalisation folded, the last layer in full precision."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from readerstudy.inference.card import FILE, Card
from readerstudy.inference.networks.inception_resnet_v2 import InceptionResNetV2
from readerstudy.inference.networks.resnet3d import SevenStreamResNet
from readerstudy.problems import DataError, Problem

_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)
_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)

Network = InceptionResNetV2 | SevenStreamResNet


def fold_batch_norm(module: nn.Module) -> None:
    """Give every convolution the batch normalisation that follows it, in place; the numbers agree to rounding.

    A normalisation follows a convolution when it is the next submodule of the same module, which holds for the
    networks of this package.
    """
    before: tuple[str, nn.Module] | None = None
    for name, child in list(module.named_children()):
        if before is not None and isinstance(child, _NORMS) and isinstance(before[1], _CONVOLUTIONS):
            setattr(module, before[0], fuse_conv_bn_eval(before[1], child))
            setattr(module, name, nn.Identity())
        else:
            fold_batch_norm(child)
        before = (name, child)


class Scorer(nn.Module):
    """A network that gives its features and its logits from one pass.

    Parameters
    ----------
    network
        As `networks.build` makes it, with its weights; batch normalisation is folded into it.
    mixed
        Type of the convolutions, None for single precision. The last layer always works in single precision: its
        outputs in fewer bits would be equal for cases that differ.
    """

    def __init__(self, network: Network, mixed: torch.dtype | None) -> None:
        super().__init__()
        network.eval().requires_grad_(False)
        fold_batch_norm(network)
        self.network = network
        self.mixed = mixed

    def forward(self, images: Tensor, clinical: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        """Features (B, d) and for each task the logits (B, classes)."""
        network = self.network
        with torch.autocast(images.device.type, self.mixed, enabled=self.mixed is not None):
            if isinstance(network, InceptionResNetV2):
                features = network.features(images, clinical)
            else:
                features = network.features(images)
        features = features.float()
        if isinstance(network, InceptionResNetV2):
            return features, {network.task: network.classif(features)}
        streams = features.reshape(len(features), len(network.sequences), network.n_features)
        return features, {task: head(network.head_input(streams, task)) for task, head in network.heads.items()}


def files_of(card: Card, given: Sequence[Path] = ()) -> tuple[tuple[Path, str], ...]:
    """Files of the networks whose probabilities are averaged, with their SHA-256.

    Parameters
    ----------
    card
        Its own weights are taken where none are given: the network that was trained on all cases, else those of the
        folds in their order.
    given
        Files, or folders that hold them: a trained card's (as `train` writes it), or any with files of safetensors.

    Raises
    ------
    DataError
        RS933 if there are none.
    FileNotFoundError
        If a file is not there.
    """
    if given:
        return tuple(entry for path in given for entry in (_folder(path) if path.is_dir() else _file(path)))
    final = [weights for weights in card.weights if weights.fold is None]
    chosen = final or sorted(card.weights, key=lambda weights: weights.fold or 0)
    if not chosen:
        help_ = f"give them with --weights, or name a folder that `readerstudy train {card.name}` wrote"
        raise DataError([Problem(code="RS933", message=f"the card {card.name} has no weights", help=help_)])
    return tuple((card.path(weights.file), weights.sha256) for weights in chosen)


def _folder(path: Path) -> tuple[tuple[Path, str], ...]:
    if (path / FILE).is_file():
        return files_of(Card.read(path))
    found = sorted(path.glob("*.safetensors"))
    if not found:
        help_ = "name the files, or a folder that has them"
        raise DataError([Problem(code="RS933", message=f"no weights (*.safetensors) in {path}", help=help_)])
    return tuple(entry for file in found for entry in _file(file))


def _file(path: Path) -> tuple[tuple[Path, str], ...]:
    with path.open("rb") as file:
        return ((path, hashlib.file_digest(file, "sha256").hexdigest()),)
