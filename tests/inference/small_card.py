"""Cards with random weights and a small store, as `predict` takes them: a helper of the tests of prediction."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from tiny import CLINICAL

from readerstudy.inference.card import FILE, Card, Weights
from readerstudy.inference.clinical import Clinical
from readerstudy.inference.networks import build
from readerstudy.inference.weights import save

SMALL = {
    "slices": ["network.width=0.03", "network.hidden_dim=8", "input.size=75"],
    "volume": ["network.width=0.05", "input.size=16", "network.stem_stride=2"],
}


def random_card(folder: Path, name: str, *, folds: int = 2, final: bool = False) -> Card:
    """Write a small card of a shipped one's kind, with networks of random weights, and read it."""
    card = Card.read(name)
    card = card.with_settings(SMALL[card.input.kind])
    folder.mkdir()
    if card.clinical is not None:  # the columns that the tiny store has
        head, *columns = card.path(card.clinical.table).read_text(encoding="utf-8").split("[[columns]]")
        kept = [text for text in columns if any(f'name = "{name}"' in text for name in CLINICAL)]
        (folder / card.clinical.table).write_text("[[columns]]".join([head, *kept]), encoding="utf-8")
    card = dataclasses.replace(card, folder=folder)
    clinical = Clinical.of(card)
    entries = []
    for fold in [*range(folds), *([None] if final else [])]:
        torch.manual_seed(99 if fold is None else fold)
        network = build(card, 0 if clinical is None else len(clinical.names))
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.5, 1.5)
        file = "final.safetensors" if fold is None else f"fold{fold}.safetensors"
        entries.append(Weights(file=file, sha256=save(network, folder / file, card), fold=fold))
    card = dataclasses.replace(card, weights=tuple(entries))
    (folder / FILE).write_text(card.to_toml(), encoding="utf-8")
    return Card.read(folder)
