"""``readerstudy models``: the model cards, what they say, and a card as a MONAI bundle."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from readerstudy.cli_status import exit_status

if TYPE_CHECKING:
    from readerstudy.inference.card import Card

models_app = typer.Typer(name="models", help="The model cards of the two papers.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
_CardName = Annotated[
    str, typer.Argument(metavar="CARD", help="Name of a shipped card, or a folder with a model.toml.")
]
_Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Another value, such as network.width=0.125; may be repeated."),
]


@models_app.command("list")
def list_(as_json: _Json = False) -> None:
    """List the shipped cards.

    Example: readerstudy models list
    """
    with exit_status():
        from readerstudy.inference.card import Card, shipped

        rows = [_summary(Card.read(name)) for name in shipped()]
        if as_json:
            typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
            return
        _table(
            [
                ["card", "row", "sequences", "clinical", "answers"],
                *(
                    [
                        row["name"], row["unit"], " ".join(row["sequences"]), "yes" if row["clinical"] else "no",
                        "; ".join(", ".join(classes) for classes in row["tasks"].values()),
                    ]
                    for row in rows
                ),
            ]
        )  # fmt: skip


@models_app.command()
def show(card: _CardName, settings: _Settings = None, as_json: _Json = False) -> None:
    """Show all that a card says, as TOML.

    Example: readerstudy models show zhen2020-a --set network.width=0.125
    """
    with exit_status():
        from readerstudy.inference.card import Card
        from readerstudy.inference.clinical import Clinical

        found = Card.read(card).with_settings(settings or [])
        clinical = Clinical.of(found)
        if as_json:
            content = found.to_dict() | {"clinical_inputs": list(clinical.names) if clinical else []}
            typer.echo(json.dumps(content, indent=1, ensure_ascii=False))
            return
        typer.echo(found.to_toml(), nl=False)
        if clinical is not None:
            typer.echo(f"\n# {len(clinical.names)} clinical inputs, by {clinical.source}:")
            for name in clinical.names:
                typer.echo(f"#   {name}")


@models_app.command("export-bundle")
def export_bundle(
    card: _CardName,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the bundle goes.")],
    weights: Annotated[
        list[Path] | None,
        typer.Option("--weights", metavar="W", help="Weights instead of the card's own; one file, or one a fold."),
    ] = None,
    settings: _Settings = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle of an earlier run.")] = False,
    as_json: _Json = False,
) -> None:
    """Write a card as a MONAI bundle.

    Example: readerstudy models export-bundle zhen2020-a --out zhen2020-a-bundle
    """
    from readerstudy import folder

    with exit_status():
        from readerstudy.inference import bundle
        from readerstudy.inference.card import Card

        found = Card.read(card).with_settings(settings or [])
        with folder.whole(out, force=force, inputs=weights or ()) as work:
            bundle.export(found, work, weights or ())
            folder.write_manifest(work, {}, ["readerstudy", *sys.argv[1:]])
            files = sorted(path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file())
        if as_json:
            typer.echo(json.dumps({"out": str(out), "files": files}, indent=1))
            return
        for name in files:
            typer.echo(str(out / name))


def _summary(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "doi": card.doi,
        "unit": card.unit,
        "sequences": list(card.input.sequences),
        "clinical": card.clinical is not None,
        "tasks": {task.name: list(task.classes) for task in card.tasks},
        "weights": len(card.weights),
    }


def _table(rows: list[list[str]]) -> None:
    """Columns side by side, the last one as long as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
