"""What a training leaves: the card with its weights, how it was trained in words, and the tables of its folds."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from readerstudy._version import __version__
from readerstudy.imaging.atomic import write_bytes, write_text
from readerstudy.imaging.store import Skipped, Store
from readerstudy.inference import curves, metrics, outputs
from readerstudy.inference.aggregate import Scored
from readerstudy.inference.card import FILE, Card, SliceInput, Trained, Weights
from readerstudy.inference.data import Unit
from readerstudy.inference.ledger import FINAL, Ledger

_BEFORE = "\n\n---\n\nThe card as it was before it was trained:\n\n"
"""Divides the README of a trained card."""
Records = Sequence[tuple[str, Mapping[str, Any]]]
"""Name of each finished run and its record."""


def notice(card: Card, store: Store, *, shuffled: bool) -> str | None:
    """What must stand with everything that the trained card makes."""
    said = [card.notice or ""]
    if store.phantom:
        said.append(
            f"DIGITAL PHANTOM. {card.name} was trained on simulated images: "
            "what it says of a patient's images means nothing."
        )
    elif store.notice:
        said.append(store.notice)
    if shuffled:
        said.append(f"SHUFFLED LABELS. {card.name} was trained on wrong answers on purpose and knows nothing.")
    return " ".join(dict.fromkeys(text for text in said if text)) or None


def versions(card: Card) -> dict[str, str]:
    """Of the packages that the weights depend on."""
    names = ("numpy", "torch", "lightning-fabric", *(() if isinstance(card.input, SliceInput) else ("monai",)))
    return {"readerstudy": __version__, **{name: version(name) for name in names}}


def write(
    ledger: Ledger,
    card: Card,
    store: Store,
    units: Sequence[Unit],
    skipped: Sequence[Skipped],
    records: Records,
    about: Mapping[str, Any],
) -> Card:
    """Write all that is not weights, of the runs that are finished; returns the trained card.

    Parameters
    ----------
    ledger
        The folder.
    card, store, units, skipped
        What was trained, on what.
    records
        The finished runs, those of the folds first.
    about
        The settings of the training.
    """
    out = ledger.out
    trained = dataclasses.replace(
        card,
        notice=notice(card, store, shuffled=about["shuffled"]),
        weights=tuple(
            Weights(file=ledger.weights(name).name, sha256=record["sha256"], fold=None if name == FINAL else int(name))
            for name, record in records
        ),
        trained=Trained(
            store=store.digest,
            data=about["data"],
            cases=sum(len(unit.cases) for unit in units),
            patients=len({unit.patient_id for unit in units}),
            seed=about["seed"],
            phantom=store.phantom,
            epochs=tuple(record["kept"] for _, record in records),
            versions=dict(about["versions"]),
        ),
    )
    histories = [(name, record["history"]) for name, record in records]
    write_text(out / "metrics.csv", metrics.table(histories))
    curves.write(out, histories, card, trained.notice or f"{card.name}: early measures, without intervals")
    _write_predictions(out, trained, store, units, records)
    if card.clinical is not None:
        write_bytes(out / card.clinical.table, card.path(card.clinical.table).read_bytes())
    write_text(out / "README.md", _readme(trained, records, skipped, about))
    write_text(out / FILE, trained.to_toml())
    return dataclasses.replace(trained, folder=out)


def _write_predictions(out: Path, card: Card, store: Store, units: Sequence[Unit], records: Records) -> None:
    """What each fold's network says of the units that it was not trained on, as `evaluate` reads it."""
    of_unit = {unit.unit_id: unit for unit in units}
    folds = [record for name, record in records if name != FINAL]
    held_out = [of_unit[unit] for record in folds for unit in record["units"]]
    if not held_out:
        return
    scored = Scored(
        case_id=np.array([unit.cases[0] for unit in held_out]),
        group_id=np.array([unit.unit_id for unit in held_out]),
        probabilities={
            task.name: np.concatenate([np.array(record["predictions"][task.name]) for record in folds])
            for task in card.tasks
        },
        features=None,
        skipped=(),
    )
    write_bytes(out / "cv_predictions.csv", outputs.predictions(card, store, scored, groups=False))
    truths = [outputs.truth_column(card, task) for task in card.tasks]
    rows = [
        (unit.unit_id, unit.patient_id, *(task.classes[unit.labels[task.name]] for task in card.tasks))
        for unit in sorted(held_out, key=lambda unit: unit.unit_id)
    ]
    write_bytes(out / "cv_cases.csv", outputs.table(("case_id", "patient_id", *truths), rows))
    write_bytes(out / "cv_protocol.toml", outputs.protocol(card, store))


def _readme(card: Card, records: Records, skipped: Sequence[Skipped], about: Mapping[str, Any]) -> str:
    """How the card was trained, and its own text."""
    try:
        own = card.path("README.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        own = f"# {card.title}\n\n{card.paper} doi:{card.doi}\n"
    # The text stands in another folder now; what it links to beside that one does not.
    own = re.sub(r"\[([^\]]+)\]\(\.\./[^)]*\)", r"\1", own.split(_BEFORE)[-1])
    training, trained = card.training, card.trained
    assert trained is not None
    optimiser = f"SGD with momentum {training.momentum:g}" if training.optimiser == "sgd" else "AdamW"
    start = "random weights" if about["start"] is None else f"ImageNet weights (SHA-256 {about['start']})"
    lines = [
        f"> **{card.notice}**\n" if card.notice else "",
        f"# {card.name}, trained",
        "",
        f"{card.title}. The folder is a card: `readerstudy predict` takes it by its path.",
        "",
        f"- {trained.cases} lesions of {trained.patients} patients; {len(skipped)} cases left out (skipped.csv).",
        f"- {optimiser}, learning rate {training.learning_rate:g}, times {training.step_factor:g} every "
        f"{training.step_epochs} epochs, batches of {training.batch}; beginning with {start}; seed {trained.seed}; "
        f"precision {about['precision']}.",
        f"- Cross-validation in {training.folds} folds by patient, stratified by class (folds.csv). "
        + (
            "The epoch with the highest mean accuracy over the folds was chosen, and one network was trained to it on "
            "all cases (final.safetensors)."
            if any(name == FINAL for name, _ in records)
            else "Of each fold the network of the best epoch on the held-out cases was kept; their mean is the model."
        ),
        "- The measures below are on the cases by which the epoch was chosen, and so a little too good.",
        "",
        "| run | epoch | task | accuracy | macro AUC |",
        "|---|---|---|---|---|",
    ]
    for name, record in records:
        measured = record["history"][record["kept"] - 1]
        for task, values in measured["tasks"].items():
            numbers = ("" if value is None else f"{value:.3f}" for value in (values["accuracy"], values["macro_auc"]))
            lines.append(f"| {name if name == FINAL else f'fold {name}'} | {record['kept']} | {task} | "
                         f"{' | '.join(numbers)} |")  # fmt: skip
    packages = ", ".join(f"{name} {number}" for name, number in trained.versions.items())
    lines += ["", f"Written with {packages}."]
    return "\n".join(lines).lstrip("\n") + _BEFORE + own.rstrip() + "\n"
