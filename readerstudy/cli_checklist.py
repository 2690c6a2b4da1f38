"""``readerstudy checklist``: a reporting guideline, answered from results.json as far as it goes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from readerstudy.cli_status import exit_status

if TYPE_CHECKING:
    from readerstudy.checklist.model import Checklist
    from readerstudy.results import Results

_GUIDELINES = "stard-2015, stard-ai, claim-2024, tripod-ai, fda-cad"


def checklist(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="results.json of an earlier run.")],
    guideline: Annotated[
        list[str], typer.Option("--guideline", metavar="NAME", help=f"{_GUIDELINES}, or all. Repeatable.")
    ],
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="report.html to link to. Default: beside RESULTS, if there."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")] = Path(
        "readerstudy-checklist"
    ),
    formats: Annotated[
        str, typer.Option("--formats", metavar="NAME,...", help="Some of html, docx, json and csv.")
    ] = "html,docx,json,csv",
    force: Annotated[bool, typer.Option("--force", help="Replace an output folder of an earlier run.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No counts on stderr.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Answer a reporting guideline from results.json, item by item.

    Each item is filled from the results, for the author to confirm or to write, or not applicable; none is called met.

    Example: readerstudy checklist out/results.json --guideline stard-ai --out checklist
    """
    with exit_status():
        from readerstudy import folder
        from readerstudy.checklist import guideline as guidelines
        from readerstudy.checklist.build import build
        from readerstudy.checklist.places import Report
        from readerstudy.checklist.writer import FORMATS, write

        names = _chosen(guideline, guidelines.NAMES, "--guideline")
        wanted = _chosen([part.strip() for part in formats.split(",")], FORMATS, "--formats")
        if "docx" in wanted:
            _docx_is_there(formats)
        beside = results.parent / "report.html"
        page = report if report is not None or not beside.is_file() else beside
        inputs = [results] if page is None else [results, page]
        folder.refuse_unless_free(out, force=force, inputs=inputs)
        found = _read(results)
        known = None if page is None else Report.read(page, found, out)
        made = [build(guidelines.read(name), found, known) for name in names]
        with folder.whole(out, force=force, inputs=inputs) as work:
            files = write(made, work, wanted)
            folder.write_manifest(work, found.provenance, ["readerstudy", *sys.argv[1:]])
    _tell(made, [*files, folder.MANIFEST], out, quiet=quiet, as_json=as_json)


def _chosen(given: list[str], known: tuple[str, ...], option: str) -> list[str]:
    """Names out of a list, each once and in its order; ``all`` is every one."""
    unknown = [name for name in given if name not in (*known, "all")]
    if unknown:
        raise typer.BadParameter(f"{option} must be of {', '.join(known)} or all, got {unknown[0]!r}")
    return [name for name in known if name in given or "all" in given]


def _docx_is_there(formats: str) -> None:
    """Say before any work that python-docx is missing, and what goes without it."""
    from importlib.util import find_spec

    if find_spec("docx") is None:
        others = ",".join(part.strip() for part in formats.split(",") if part.strip() not in ("docx", "all"))
        raise typer.BadParameter(
            "docx needs python-docx, which is not installed: pip install 'readerstudy[docx]', "
            f"or leave it out with --formats {others or 'html,json,csv'}"
        )


def _read(path: Path) -> Results:
    from readerstudy.results import Results

    try:
        return Results.read(path)
    except (ValueError, KeyError, TypeError) as error:
        typer.echo(f"error: {path} is no results.json that this version reads: {error}", err=True)
        raise typer.Exit(1) from None


def _tell(made: list[Checklist], files: list[str], out: Path, *, quiet: bool, as_json: bool) -> None:
    """The files on stdout, how many items have which status on stderr."""
    if as_json:
        counts = {checklist.guideline.name: checklist.counts for checklist in made}
        typer.echo(
            json.dumps({"out": str(out), "files": sorted(files), "counts": counts}, ensure_ascii=False, indent=1)
        )
    else:
        for name in sorted(files):
            typer.echo(str(out / name))
    for checklist in made if not quiet else []:
        told = ", ".join(f"{n} {status}" for status, n in checklist.counts.items() if n)
        typer.echo(f"{checklist.guideline.title}: {told}", err=True)
