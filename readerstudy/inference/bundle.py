"""A card as a MONAI bundle: a folder that MONAI's tools read, with our card and its weights inside.

    configs/metadata.json    what goes in and comes out, versions, citation
    configs/schema.json      what metadata.json must be, so that MONAI verifies it without a network
    configs/inference.json   how the bundle is run
    models/                  the card (model.toml), its coding table and its weights
    docs/README.md, LICENSE

Weights stay safetensors: a bundle's usual model.pt is a pickle.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readerstudy._version import __version__
from readerstudy.inference.card import FILE, Card, SliceInput, Weights
from readerstudy.inference.clinical import Clinical
from readerstudy.problems import DataError, Problem

if TYPE_CHECKING:
    from torch import nn

SCHEMA_URL = "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
_SCHEMA = Path(__file__).with_name("bundle_schema.json")
_NEEDED = ("monai", "torch", "numpy", "safetensors")
_INTENDED_USE = "Research only. This is no medical device, and no decision about a patient may rest on it."


def export(card: Card, out: Path, weights: Sequence[Path] = ()) -> None:
    """Write a card as a MONAI bundle into a folder that is there.

    The same card makes the same bytes, with the same versions of the packages.

    Parameters
    ----------
    card
        Shipped or trained; its own weights go with it.
    out
        The bundle's folder.
    weights
        Files instead of the card's own: one network, or those of the folds in order.

    Raises
    ------
    DataError
        RS909 where the packages of ``readerstudy[models]`` are lacking; as `weights.load_into` if the weights do not
        fit.
    """
    versions = _versions()
    models = out / "models"
    models.mkdir(parents=True)
    for name, path in _files(card, weights).items():
        shutil.copyfile(path, models / name)
    card = dataclasses.replace(card, weights=_checked(card, models, weights))
    if card.clinical is not None:
        shutil.copyfile(card.path(card.clinical.table), models / card.clinical.table)
    _write(models / FILE, card.to_toml())
    _write(out / "configs" / "metadata.json", _json(metadata(card, versions)))
    _write(out / "configs" / "inference.json", _json(_inference()))
    _write(out / "configs" / "schema.json", _SCHEMA.read_text(encoding="utf-8"))
    _write(out / "docs" / "README.md", _readme(card))
    _write(out / "LICENSE", _licence())


def network(card: Card) -> nn.Module:
    """The network of a bundle's card, with its first weights if it has any: what inference.json names."""
    from readerstudy.inference.networks import build
    from readerstudy.inference.weights import load

    if card.weights:
        first = card.weights[0]
        return load(card, card.path(first.file), first.sha256)
    clinical = Clinical.of(card)
    return build(card, 0 if clinical is None else len(clinical.names))


def metadata(card: Card, versions: dict[str, str]) -> dict[str, Any]:
    """The content of metadata.json; `versions` of monai, torch, numpy and safetensors."""
    answers = "; ".join(f"{task.name}: {', '.join(task.classes)}" for task in card.tasks)
    weights = f"{len(card.weights)} file(s) of weights" if card.weights else "no weights"
    return {
        "schema": SCHEMA_URL,
        "version": __version__,
        "changelog": {__version__: "exported by readerstudy"},
        "monai_version": versions["monai"],
        "pytorch_version": versions["torch"].partition("+")[0],
        "numpy_version": versions["numpy"],
        "required_packages_version": {"readerstudy": __version__, "safetensors": versions["safetensors"]},
        "optional_packages_version": {},
        "name": card.name,
        "task": card.title,
        "description": " ".join(filter(None, [card.notice, f"{card.title}. The bundle has {weights}."])),
        "authors": "The readerstudy developers, after the paper in the references",
        "copyright": "Apache-2.0; weights belong to those who trained them",
        "data_type": "a case store of readerstudy (readerstudy prepare)",
        "image_classes": f"MRI sequences {' '.join(card.input.sequences)}",
        "pred_classes": answers,
        "intended_use": _INTENDED_USE,
        "references": [f"{card.paper} doi:{card.doi}"],
        "network_data_format": {"inputs": _inputs(card), "outputs": _outputs(card)},
    }


def _inputs(card: Card) -> dict[str, Any]:
    names, size = card.input.sequences, card.input.size
    if isinstance(card.input, SliceInput):
        channels, shape, kind = list(names), [size, size], "one image group: B, S, H, W"
    else:
        channels = [f"{name} {what}" for name in names for what in ("image", "blurred mask")]
        shape, kind = [size] * 3, "a patch in each sequence: B, S, 2, D, H, W"
    found = {"images": _tensor(kind, channels, shape, [0, 1], is_patch_data=True)}
    clinical = Clinical.of(card)
    if clinical is not None:
        found["clinical"] = _tensor("one-hot clinical data: B, K", list(clinical.names), [], [0, 1])
    return found


def _outputs(card: Card) -> dict[str, Any]:
    return {task.name: _tensor("logits: B, classes", list(task.classes), [], []) for task in card.tasks}


def _tensor(format_: str, channels: list[str], shape: list[int], limits: list[int], **more: bool) -> dict[str, Any]:
    return {
        "type": "image" if shape else "vector",
        "format": format_,
        "num_channels": len(channels),
        "spatial_shape": shape,
        "dtype": "float32",
        "value_range": limits,
        **more,
        "channel_def": {str(number): name for number, name in enumerate(channels)},
    }


def _inference() -> dict[str, Any]:
    """Configuration for ``python -m monai.bundle run``: keys without a leading underscore can be given there."""
    return {
        "imports": ["$from pathlib import Path"],
        "bundle_root": ".",
        "store_dir": "store",
        "output": "preds.csv",
        "device": "auto",
        "card": {"_target_": "readerstudy.inference.card.Card.read", "name_or_path": "$@bundle_root + '/models'"},
        "network_def": {"_target_": "readerstudy.inference.bundle.network", "card": "@card"},
        "prediction": {
            "_target_": "readerstudy.inference.predict.predict",
            "card": "@card",
            "store": {"_target_": "readerstudy.imaging.store.Store.open", "path": "$Path(@store_dir)"},
            "files": {"_target_": "readerstudy.inference.predict.Files", "preds": "$Path(@output)"},
            "settings": {"_target_": "readerstudy.inference.predict.Settings", "device": "@device"},
        },
        "run": ["$@prediction"],
    }


def _readme(card: Card) -> str:
    try:
        own = card.path("README.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        own = f"# {card.name}\n\n{card.title}\n\n{card.paper} https://doi.org/{card.doi}\n"
    notice = f"> **{card.notice}**\n\n" if card.notice else ""
    return (
        f"{notice}{own}\n## As a MONAI bundle\n\n{_INTENDED_USE}\n\n"
        'With `pip install "readerstudy[models]" fire jsonschema` (MONAI needs the last two), from this folder:\n\n'
        "    python -m monai.bundle verify_metadata --meta_file configs/metadata.json --filepath configs/schema.json\n"
        "    python -m monai.bundle run --config_file configs/inference.json --store_dir STORE --output preds.csv\n\n"
        "STORE is what `readerstudy prepare` writes. Without weights in `models/` the second ends with a message.\n"
    )


def _files(card: Card, weights: Sequence[Path]) -> dict[str, Path]:
    """Name in the bundle and place of each file of weights."""
    if not weights:
        return {entry.file: card.path(entry.file) for entry in card.weights}
    if len(weights) == 1:
        return {"final.safetensors": weights[0]}
    return {f"fold{number}.safetensors": path for number, path in enumerate(weights)}


def _checked(card: Card, models: Path, weights: Sequence[Path]) -> tuple[Weights, ...]:
    """The bundle's weights, after each was held against the card."""
    entries = card.weights
    if weights or entries:
        from readerstudy.inference.weights import load_into, sha256_of

        if weights:
            entries = tuple(
                Weights(file=name, sha256=sha256_of(models / name), fold=None if len(weights) == 1 else number)
                for number, name in enumerate(_files(card, weights))
            )
        empty = network(dataclasses.replace(card, weights=()))
        for entry in entries:
            load_into(empty, models / entry.file, card=card, sha256=entry.sha256)
    return entries


def _versions() -> dict[str, str]:
    try:
        return {name: importlib.metadata.version(name) for name in _NEEDED}
    except importlib.metadata.PackageNotFoundError as error:
        help_ = 'pip install "readerstudy[models]"'
        message = f"a bundle names the versions of packages, and {error.name} is not installed"
        raise DataError([Problem(code="RS909", message=message, help=help_)]) from None


def _licence() -> str:
    for path in importlib.metadata.files("readerstudy") or ():
        if path.name == "LICENSE" and Path(path.locate()).is_file():
            return path.read_text(encoding="utf-8")
    return "Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0\n"


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
