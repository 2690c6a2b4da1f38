"""``readerstudy predict``: a card's networks over a case store, as the files that `evaluate` reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from readerstudy.cli_status import exit_status, one_of
from readerstudy.saliency import METHODS

_DEVICES = ("auto", "cpu", "cuda")
_PRECISIONS = ("32", "bf16", "16")
_ENGINES = ("local", "ray")


def predict(
    card: Annotated[str, typer.Argument(metavar="CARD", help="A trained card's folder, or a shipped card's name.")],
    store: Annotated[Path, typer.Option("--store", metavar="STORE", help="The prepared cases.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the predictions go.")] = Path("preds.csv"),
    weights: Annotated[
        list[Path] | None,
        typer.Option("--weights", metavar="W", help="Weights (.safetensors, or a folder) instead of the card's own."),
    ] = None,
    features: Annotated[
        Path | None, typer.Option("--features", metavar="FILE", help="Write the last hidden layer (.npz), for t-SNE.")
    ] = None,
    saliency: Annotated[
        Path | None, typer.Option("--saliency", metavar="FOLDER", help="Write maps of what the answers depended on.")
    ] = None,
    saliency_method: Annotated[
        str | None,
        typer.Option(
            "--saliency-method", metavar="NAME", help=f"{', '.join(METHODS)}. Default: the way of the card's paper."
        ),
    ] = None,
    protocol: Annotated[
        Path | None, typer.Option("--protocol", metavar="FILE", help="Write a plan (.toml) with the card's tasks.")
    ] = None,
    cases: Annotated[
        Path | None, typer.Option("--cases", metavar="FILE", help="Write the cases' truth and columns (.csv).")
    ] = None,
    groups: Annotated[bool, typer.Option("--groups", help="A row for each image group (slice).")] = False,
    only: Annotated[
        Path | None, typer.Option("--only", metavar="FILE", help="CSV with the case_id (or patient_id) to predict.")
    ] = None,
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[
        str | None,
        typer.Option("--precision", metavar="NAME", help="32, bf16 or 16. Default: bf16 on CUDA, 32 on a CPU."),
    ] = None,
    batch: Annotated[
        str, typer.Option("--batch", metavar="N", help="Image groups or volumes at once; auto fills the device.")
    ] = "auto",
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the networks first (torch.compile).")] = False,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="local, or ray: many devices and machines.")
    ] = "local",
    devices: Annotated[
        int | None,
        typer.Option("--devices", metavar="N", min=1, help="With ray: how many devices. Default: every GPU, or 1 CPU."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, help="Threads that read cases ahead, for each device."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files of an earlier run.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings on stderr.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Predict every case of a store; write preds.csv.

    A run that was interrupted goes on where it stopped when the command is given again.

    Example: readerstudy predict trained --store store --out preds.csv --cases cases.csv --protocol protocol.toml
    """
    one_of(device, _DEVICES, "--device")
    one_of(engine, _ENGINES, "--engine")
    if precision is not None:
        one_of(precision, _PRECISIONS, "--precision")
    if saliency_method is not None:
        one_of(saliency_method, METHODS, "--saliency-method")
        if saliency is None:
            raise typer.BadParameter("there are no maps without --saliency", param_hint="--saliency-method")
    if devices is not None and engine != "ray":
        raise typer.BadParameter("several devices need --engine ray", param_hint="--devices")
    if batch != "auto" and (not batch.isdecimal() or int(batch) < 1):
        raise typer.BadParameter(f"auto or a whole number from 1, not {batch!r}", param_hint="--batch")
    say: Callable[[str], None] = (lambda line: None) if quiet else (lambda line: typer.echo(line, err=True))
    with exit_status(interrupted="what is finished stays, give the same command again to go on", refused=""):
        from readerstudy.imaging.store import Store
        from readerstudy.inference.card import Card
        from readerstudy.inference.outputs import Files
        from readerstudy.inference.predict import Settings
        from readerstudy.inference.predict import predict as work

        chosen = Card.read(card)
        if groups and chosen.input.kind == "volume":
            raise typer.BadParameter(f"{chosen.name} takes one volume a lesion, no image groups", param_hint="--groups")
        found = work(
            chosen,
            Store.open(store),
            Files(
                preds=out,
                groups=groups,
                features=features,
                protocol=protocol,
                cases=cases,
                saliency=saliency,
                method=saliency_method,
            ),
            weights=weights or (),
            only=only,
            settings=Settings(
                device=device,
                precision=precision,
                batch=None if batch == "auto" else int(batch),
                compiled=compiled,
                engine=engine,
                devices=devices,
                workers=workers,
            ),
            force=force,
            say=say,
        )
        _report(found, say, as_json=as_json)


def _report(found: dict[str, Any], say: Callable[[str], None], *, as_json: bool) -> None:
    for entry in found["skipped"]:
        say(f"skipped: {entry['case']}: {entry['reason']}")
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    for name in found["files"]:
        typer.echo(name)
