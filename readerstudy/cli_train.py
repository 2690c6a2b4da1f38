"""``readerstudy train``: a card and a case store to weights and a trained card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from readerstudy.cli_status import exit_status, one_of


def _say(line: str) -> None:
    """A line of progress, on stderr."""
    typer.echo(line, err=True)


def _silent(line: str) -> None:
    """No line of progress."""


def _folds(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"numbers with commas, such as 0,1,2, not {text!r}", param_hint="--folds") from None


def train(
    card: Annotated[str, typer.Argument(metavar="CARD", help="A shipped card's name, or a folder with a model.toml.")],
    store: Annotated[Path, typer.Option("--store", metavar="STORE", help="The case store that `prepare` wrote.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the trained card goes.")] = Path(
        "readerstudy-out"
    ),
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="FILE", help="case_id, truth and clinical columns; cases.csv of the store."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="FILE", help="ImageNet weights to begin with (safetensors).")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the card, such as training.epochs=20; repeatable."),
    ] = None,
    folds: Annotated[
        str | None, typer.Option("--folds", metavar="N,N", help="Folds to train now, from 0; all without it.")
    ] = None,
    final: Annotated[
        bool | None,
        typer.Option("--final/--no-final", help="Then train one network on all cases; as the card says without it."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the random numbers.")] = 0,
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[
        str, typer.Option("--precision", metavar="NAME", help="32, or mixed precision with bf16 or 16.")
    ] = "32",
    devices: Annotated[int, typer.Option("--devices", metavar="N", min=1, help="How many devices share a batch.")] = 1,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=0, help="Processes that read cases, for each device.")
    ] = 2,
    shuffle_labels: Annotated[
        bool, typer.Option("--shuffle-labels", help="Train on classes dealt out at random, as a check.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Begin anew where a training with other settings stands.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No lines of progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Train a card by its paper's recipe; run it again after an interruption and it goes on.

    Example: readerstudy train zhen2020-c --store store --weights imagenet.safetensors --out trained
    """
    from readerstudy.inference.card import Card

    numbers = _folds(folds)
    one_of(device, ("auto", "cpu", "cuda"), "--device")
    one_of(precision, ("32", "bf16", "16"), "--precision")
    with exit_status(interrupted="the same command goes on from the last whole epoch", refused=""):
        chosen = Card.read(card).with_settings(settings or [])
        from readerstudy.inference.train import Machine
        from readerstudy.inference.train import train as run

        outcome = run(
            chosen, store, out,
            cases=cases, weights=weights, only=numbers, final=final, seed=seed, shuffle_labels=shuffle_labels,
            machine=Machine(device=device, precision=precision, devices=devices, workers=workers),
            force=force, log=_silent if quiet else _say,
        )  # fmt: skip
        runs = [_summary(name, record) for name, record in outcome.records]
        if as_json:
            skipped = [{"case": entry.case, "reason": entry.reason} for entry in outcome.skipped]
            made = {"out": str(out), "card": chosen.name, "runs": runs, "skipped": skipped}
            typer.echo(json.dumps({**made, "notice": outcome.card.notice}, indent=1))
            return
        for weights_of in outcome.card.weights:
            typer.echo(str(out / weights_of.file))
        typer.echo(str(out / "model.toml"))


def _summary(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    return {"run": name, "epoch": record["kept"], "tasks": record["history"][record["kept"] - 1]["tasks"]}
