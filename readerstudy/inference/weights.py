"""Weights of networks: safetensors with a SHA-256, never pickle; ImageNet weights as a start for any sequences.

A pickle (.pt, .pth, .ckpt) can run any program when it is read, and is refused. A file of ours names in its metadata
the card that it belongs to.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from readerstudy.imaging.atomic import write_bytes
from readerstudy.inference.card import Card
from readerstudy.inference.clinical import Clinical
from readerstudy.inference.networks import build
from readerstudy.inference.networks.inception_resnet_v2 import InceptionResNetV2
from readerstudy.inference.networks.resnet3d import SevenStreamResNet
from readerstudy.problems import DataError, Place, Problem

PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl")
_HOW_TO_CONVERT = (
    "convert it where you trust it: safetensors.torch.save_file(torch.load(file, weights_only=True), 'w.safetensors')"
)
_METADATA = "readerstudy"
_STEM, _STEM_MEAN = "conv2d_1a.conv.weight", "conv2d_1a.bn.running_mean"
_CLASSES = ("classif.weight", "classif.bias")
_SOME = 3


def save(network: nn.Module, path: str | os.PathLike[str], card: Card) -> str:
    """Write a network's weights whole or not at all, and return the file's SHA-256.

    The same weights make the same bytes. The metadata hold the card's name.
    """
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    # One entry only: safetensors writes several in no fixed order.
    data = to_bytes(state, {_METADATA: json.dumps({"card": card.name}, sort_keys=True)})
    write_bytes(Path(path), data)
    return hashlib.sha256(data).hexdigest()


def load(card: Card, path: str | os.PathLike[str], sha256: str | None = None) -> InceptionResNetV2 | SevenStreamResNet:
    """The card's network with the weights of a file; see `load_into`."""
    clinical = Clinical.of(card)
    network = build(card, 0 if clinical is None else len(clinical.names))
    load_into(network, path, card=card, sha256=sha256)
    return network


def load_into(network: nn.Module, path: str | os.PathLike[str], *, card: Card, sha256: str | None = None) -> None:
    """Fill a network of a card with the weights of a file.

    Parameters
    ----------
    network
        As `networks.build` makes it of `card`.
    path
        A safetensors file.
    card
        The card, whose name the file must have.
    sha256
        Of the file, as the card or the user says; None to take it as it is.

    Raises
    ------
    DataError
        RS904 for a file that is no safetensors file, RS905 for another SHA-256, RS906 for weights of another card:
        which of them, and what differs.
    """
    state, owner = _read(path, sha256)
    if owner is not None and owner != card.name:
        help_ = f"give weights that were trained with the card {card.name}, or the card {owner}"
        raise _problem("RS906", path, f"the weights belong to the card {owner}, not to {card.name}", help_)
    differences = _differences(network.state_dict(), state)
    if differences:
        help_ = "give the weights of this card, with the width and the hidden layer that it has now"
        message = f"the weights do not fit the card {card.name}: {'; '.join(differences)}"
        raise _problem("RS906", path, message, help_)
    network.load_state_dict(state)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Start:
    """What of a file of ImageNet weights a network begins with.

    Parameters
    ----------
    used
        Entries taken as they are.
    adapted
        Entries changed to fit, with what was done.
    random
        Entries of the network that keep their random values.
    unused
        Entries of the file that the network has no place for.
    sha256
        Of the file.
    """

    used: tuple[str, ...]
    adapted: Mapping[str, str]
    random: tuple[str, ...]
    unused: tuple[str, ...]
    sha256: str


def start_from_imagenet(
    network: InceptionResNetV2, path: str | os.PathLike[str], *, sha256: str | None = None
) -> Start:
    """Begin with public ImageNet weights of Inception-ResNet-V2 under timm's names.

    The kernels of the three colours are repeated over the sequences and scaled by 3/n, so that the first activations
    keep their size. The public weights expect intensities from -1 to 1 and ours are from 0 to 1: x = 2 v - 1 is put
    into the first convolution and the mean of its batch normalisation, so that the features are unchanged. The classes
    and the hidden layer stay random.

    Parameters
    ----------
    network
        Of width 1; on return it has the weights.
    path
        A local safetensors file, such as model.safetensors of ``timm/inception_resnet_v2.tf_in1k`` on Hugging Face.
    sha256
        As in `load_into`.

    Raises
    ------
    DataError
        RS904, RS905 as in `load_into`; RS906 if the file holds another network.
    """
    state, _ = _read(path, sha256)
    target = network.state_dict()
    kept = [name for name in target if not name.startswith(("classif.", "hidden."))]
    stem = target[_STEM]
    expected = {name: target[name] for name in kept if name != _STEM} | {_STEM: stem[:, :1].expand(-1, 3, -1, -1)}
    differences = _differences(expected, {name: tensor for name, tensor in state.items() if name not in _CLASSES})
    if differences:
        help_ = "the weights of timm's inception_resnet_v2 (3 channels) and a card with network.width = 1 go together"
        message = f"this is no start for Inception-ResNet-V2: {'; '.join(differences)}"
        raise _problem("RS906", path, message, help_)
    colours = state[_STEM]
    n = stem.shape[1]
    values = {name: state[name] for name in kept}
    values[_STEM] = 2 * colours[:, torch.arange(n) % 3] * (3 / n)
    # What the -1 of every pixel adds up to. With n no multiple of 3 the repeated colours weigh unequally.
    values[_STEM_MEAN] = state[_STEM_MEAN] + values[_STEM].sum(dim=(1, 2, 3)) / 2
    network.load_state_dict({**target, **values})
    return Start(
        used=tuple(name for name in kept if name not in (_STEM, _STEM_MEAN)),
        adapted={
            _STEM: f"3 colours repeated over {n} sequences and scaled by 3/{n}; intensities from 0 to 1",
            _STEM_MEAN: "intensities from 0 to 1",
        },
        random=tuple(name for name in target if name not in kept),
        unused=tuple(name for name in _CLASSES if name in state),
        sha256=sha256_of(path),
    )


def _read(path: str | os.PathLike[str], sha256: str | None) -> tuple[dict[str, Tensor], str | None]:
    """The tensors of a safetensors file, and the card that its metadata name."""
    if Path(path).suffix.lower() in PICKLES:
        message = "this is a pickle, which can run any program when it is read"
        raise _problem("RS904", path, message, _HOW_TO_CONVERT)
    if sha256 is not None:
        found = sha256_of(path)
        if found != sha256:
            help_ = "the file was changed or is another one: take the file that the card was trained to, or train again"
            raise _problem("RS905", path, f"the weights have the SHA-256 {found}, not {sha256}", help_)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except SafetensorError as error:
        message = f"this is no whole safetensors file: {error}"
        raise _problem("RS904", path, message, f"copy it again; if it is a pickle, {_HOW_TO_CONVERT}") from None
    return state, _owner(metadata)


def _owner(metadata: Mapping[str, str]) -> str | None:
    try:
        return str(json.loads(metadata[_METADATA])["card"])
    except (KeyError, TypeError, ValueError):
        return None


def _differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """How two state dicts differ in names, shapes and types, in a few words."""
    missing = [name for name in expected if name not in found]
    foreign = [name for name in found if name not in expected]
    shapes = [
        f"{name} is {_kind(found[name])} instead of {_kind(tensor)}"
        for name, tensor in expected.items()
        if name in found and _kind(found[name]) != _kind(tensor)
    ]
    said = [f"{_some(missing)} missing"] if missing else []
    said += [f"{_some(foreign)} unknown"] if foreign else []
    return said + ([_some(shapes)] if shapes else [])


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SOME]) + (f" and {len(names) - _SOME} more" if len(names) > _SOME else "")


def sha256_of(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problem(code: str, path: str | os.PathLike[str], message: str, help_: str) -> DataError:
    # The name is enough: a folder may be named after a person.
    return DataError([Problem(code=code, message=message, place=Place(file=Path(path).name), help=help_)])
