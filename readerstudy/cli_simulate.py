"""``readerstudy simulate``: a study of Roe and Metz's model as the files that `evaluate` reads."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from readerstudy.cli_status import exit_status


def _numbers(text: str | None, option: str) -> list[float] | None:
    """Numbers with commas between them."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"numbers with commas, such as 0.9,0.85, not {text!r}", param_hint=option) from None


def simulate(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")] = Path("simulated"),
    readers: Annotated[int, typer.Option("--readers", metavar="N", help="Number of readers.")] = 5,
    positive: Annotated[int, typer.Option("--positive", metavar="N", help="Number of positive cases.")] = 50,
    negative: Annotated[int, typer.Option("--negative", metavar="N", help="Number of negative cases.")] = 50,
    structure: Annotated[
        str, typer.Option("--structure", metavar="NAME", help="Roe and Metz's variances: HL, LL, HH or LH.")
    ] = "HL",
    auc: Annotated[
        str | None, typer.Option("--auc", metavar="X,X", help="AUC, one or one for each of two modalities.")
    ] = None,
    design: Annotated[
        str, typer.Option("--design", metavar="NAME", help="crossed, split-plot, readers-nested or cases-nested.")
    ] = "crossed",
    blocks: Annotated[int, typer.Option("--blocks", metavar="N", help="Blocks of a split-plot design.")] = 2,
    missing: Annotated[float, typer.Option("--missing", metavar="X", help="Share of the reads that are lost.")] = 0.0,
    cases_per_patient: Annotated[
        int, typer.Option("--cases-per-patient", metavar="N", help="Cases that belong to one patient.")
    ] = 1,
    levels: Annotated[
        int | None, typer.Option("--levels", metavar="N", help="Ratings from 1 to N instead of real numbers.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", metavar="X", help="Calls instead of scores: 1 from here upwards.")
    ] = None,
    model_auc: Annotated[
        float | None, typer.Option("--model-auc", metavar="X", help="AUC of a standalone model; none without it.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the random numbers.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace an output folder of an earlier run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Write preds.csv, reads.csv, cases.csv and protocol.toml of a simulated study.

    Example: readerstudy simulate --readers 6 --auc 0.9,0.85 --levels 5 --model-auc 0.88 --out simulated
    """
    from readerstudy import folder
    from readerstudy.problems import DataError, Problem
    from readerstudy.simulate import frames, published, roe_metz

    areas = _numbers(auc, "--auc")
    with exit_status():
        folder.refuse_unless_free(out, force=force)
        try:
            made = roe_metz(
                readers, positive, negative,
                parameters=published(structure), auc=areas, design=design, n_blocks=blocks, missing=missing,
                cases_per_patient=cases_per_patient, levels=levels, threshold=threshold, model_auc=model_auc, rng=seed,
            )  # fmt: skip
        except ValueError as error:
            message = f"no such study: {error}"
            raise DataError([Problem(code="RS601", message=message, help="readerstudy simulate --help")]) from None
        truths: dict[str, Any] = {
            "auc": made.auc.tolist(),
            "sensitivity": _plain(made.sensitivity),
            "specificity": _plain(made.specificity),
            "model_auc": model_auc,
            "structure": structure,
            "design": design,
            "seed": seed,
        }
        with folder.whole(out, force=force) as work:
            for name, table in frames(made)._asdict().items():
                if table is not None:
                    table.to_csv(work / f"{name}.csv", index=False, lineterminator="\n")
            (work / "protocol.toml").write_text(_protocol(levels, threshold, cases_per_patient), encoding="utf-8")
            (work / "truth.json").write_text(json.dumps(truths, indent=1) + "\n", encoding="utf-8")
            folder.write_manifest(work, {"seed": seed}, ["readerstudy", *sys.argv[1:]])
            names = sorted(path.name for path in work.iterdir())
        if as_json:
            typer.echo(json.dumps({"out": str(out), "files": names}, indent=1))
            return
        for name in names:
            typer.echo(str(out / name))


def _plain(values: Any) -> list[float | None]:
    return [None if value != value else float(value) for value in values.tolist()]


def _protocol(levels: int | None, threshold: float | None, cases_per_patient: int) -> str:
    """A plan that reads the files and says on the first page what they are."""
    lines = [
        "[study]",
        'title = "A simulated reader study"',
        'notice = "SIMULATED DATA. Written by readerstudy simulate; no patient, reader or trained model stands behind '
        'these numbers."',
        "",
        "[tasks.disease]",
        'positive = ["1"]',
    ]
    if levels is not None:
        lines += ["", "[readers]", f"threshold = {levels // 2 + 1}"]
    elif threshold is None:
        lines += ["", "[readers]", "threshold = 1.0"]
    if cases_per_patient > 1:
        lines += ["", "[clusters]", 'patient = "patient_id"']
    return "\n".join(lines) + "\n"
