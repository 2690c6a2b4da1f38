"""What a training run needs to go on after a kill, in one file that is there whole or not at all.

Tensors are stored as safetensors, everything else as JSON in the same file's header; nothing is pickled. States of
random number generators are not stored: every epoch draws from seeds made of (seed, run, epoch).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from readerstudy.imaging.atomic import write_bytes
from readerstudy.inference import weights
from readerstudy.inference.card import Card
from readerstudy.problems import DataError, Place, Problem

FILE = "checkpoint.safetensors"
_ABOUT = "readerstudy"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    epochs
        Epochs that are finished.
    history
        What was measured after each.
    kept
        The epoch whose weights are kept, from 1; 0 before the first.
    predictions
        Task -> probabilities (unit, class) of the held-out units at that epoch.
    scaler
        State of the loss scaling of half precision; empty in other precisions.
    """

    epochs: int = 0
    history: tuple[Mapping[str, Any], ...] = ()
    kept: int = 0
    predictions: Mapping[str, list[list[float]]] = dataclasses.field(default_factory=dict)
    scaler: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def save(folder: Path, network: nn.Module, optimiser: Optimizer, progress: Progress) -> None:
    """Replace the checkpoint of a run; until the new one is whole the old one stays."""
    tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    numbers: dict[str, dict[str, Any]] = {}
    for parameter, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"optimiser/{parameter}/{name}"] = value
            else:
                numbers.setdefault(str(parameter), {})[name] = value
    about = {"progress": dataclasses.asdict(progress), "optimiser": numbers}
    write_bytes(folder / FILE, _bytes(tensors, {_ABOUT: json.dumps(about, sort_keys=True)}))


def load(folder: Path, network: nn.Module, optimiser: Optimizer) -> Progress:
    """Fill network and optimiser from the checkpoint of a run; without one they stay as they are, at epoch 0.

    Raises
    ------
    DataError
        RS924 if the file is damaged or of another network.
    """
    path = folder / FILE
    if not path.exists():
        return Progress()
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()[_ABOUT])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
        network.load_state_dict(_below(tensors, "network/"))
    except (safetensors.SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        message = f"the checkpoint cannot be used: {str(error).splitlines()[0]}"
        place, help_ = Place(file=str(path)), "remove it, and this run begins again"
        raise DataError([Problem(code="RS924", message=message, place=place, help=help_)]) from None
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in _below(tensors, "optimiser/").items():
        parameter, _, what = name.partition("/")
        state.setdefault(int(parameter), {})[what] = tensor
    for key, values in about["optimiser"].items():
        state.setdefault(int(key), {}).update(values)
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return _progress(about)


def read_progress(folder: Path) -> Progress:
    """How far a run is, without its tensors."""
    with safetensors.safe_open(folder / FILE, framework="pt") as file:
        return _progress(json.loads(file.metadata()[_ABOUT]))


def _progress(about: Mapping[str, Any]) -> Progress:
    progress = about["progress"]
    return Progress(**{**progress, "history": tuple(progress["history"])})


def kept_file(folder: Path, epoch: int) -> Path:
    """Where the weights of an epoch are kept until the run is finished."""
    return folder / f"kept-{epoch:04d}.safetensors"


def keep(folder: Path, network: nn.Module, epoch: int, card: Card) -> None:
    """Keep the weights of an epoch beside those of the one before, which the checkpoint still names."""
    weights.save(network, kept_file(folder, epoch), card)


def drop_others(folder: Path, epoch: int) -> None:
    """Remove the weights of all other epochs, once the checkpoint names this one."""
    for path in folder.glob("kept-*.safetensors"):
        if path != kept_file(folder, epoch):
            path.unlink()


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _bytes(tensors: Mapping[str, Tensor], about: dict[str, str]) -> bytes:
    # One key alone stands in the header: the order of several would change from run to run.
    plain = {
        name: tensor.detach().to("cpu", memory_format=torch.contiguous_format).contiguous()
        for name, tensor in tensors.items()
    }
    return safetensors.torch.save(plain, metadata=about)
