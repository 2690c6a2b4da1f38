"""``readerstudy phantom``: liver MRI of a digital phantom as DICOM, with masks, clinical data and the truth."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from readerstudy.cli_status import exit_status


def phantom(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")] = Path("phantom"),
    cases: Annotated[int, typer.Option("--cases", metavar="N", min=1, help="Number of patients.")] = 16,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the random numbers.")] = 0,
    classes: Annotated[
        str | None,
        typer.Option("--classes", metavar="NAME,...", help="Diagnoses that occur, with commas; all eight without it."),
    ] = None,
    matrix: Annotated[
        int,
        typer.Option("--matrix", metavar="N", help="Columns of the T1 series: 64 for a trial, 320 as on a scanner."),
    ] = 160,
    lesions: Annotated[
        int, typer.Option("--lesions-per-patient", metavar="N", help="Most lesions of a patient, of one diagnosis.")
    ] = 1,
    atypical: Annotated[
        float, typer.Option("--atypical", metavar="X", help="Share of lesions that lack their leading sign.")
    ] = 0.12,
    breathing: Annotated[
        float, typer.Option("--breathing", metavar="MM", help="How far the body moves between series (SD in mm).")
    ] = 1.5,
    force: Annotated[bool, typer.Option("--force", help="Replace an output folder of an earlier run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Write MRI studies of a digital liver phantom: DICOM, masks, cases.csv. A test bench, never clinical evidence.

    Example: readerstudy phantom --cases 16 --matrix 64 --out phantom
    """
    from readerstudy import folder
    from readerstudy.imaging.phantom import CLASSES, Settings, write
    from readerstudy.problems import DataError, Problem

    named = CLASSES if classes is None else tuple(name.strip() for name in classes.split(","))
    with exit_status():
        folder.refuse_unless_free(out, force=force)
        try:
            settings = Settings(
                seed=seed, classes=named, matrix=matrix, lesions=lesions, atypical=atypical, breathing=breathing
            )
        except ValueError as error:
            message = f"no such phantom: {error}"
            raise DataError([Problem(code="RS890", message=message, help="readerstudy phantom --help")]) from None
        with folder.whole(out, force=force) as work:
            with typer.progressbar(length=cases, label="patients", file=sys.stderr) as bar:
                write(work, cases, settings, lambda: bar.update(1))
            provenance = {"phantom": dataclasses.asdict(settings) | {"cases": cases}}
            folder.write_manifest(work, provenance, ["readerstudy", *sys.argv[1:]])
        if as_json:
            typer.echo(json.dumps({"out": str(out), "cases": cases}, indent=1))
        else:
            typer.echo(f"{out}: {cases} patients of a digital phantom; no evidence of clinical performance")
