"""``readerstudy figures``: the figures of a study as a journal wants them, and the audit of the files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from readerstudy.cli_status import exit_status


def figures(
    results: Annotated[Path | None, typer.Argument(metavar="RESULTS", help="results.json of an earlier run.")] = None,
    journal: Annotated[
        str | None, typer.Option("--journal", metavar="NAME", help="A preset, or the path of a TOML file like it.")
    ] = None,
    width: Annotated[
        str, typer.Option("--width", metavar="NAME", help="single, onehalf or full, as the journal has them.")
    ] = "single",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NAME", help="A kind such as roc, or one figure such as roc-malignant. Repeatable."
        ),
    ] = None,
    compose: Annotated[
        str | None,
        typer.Option(
            "--compose", metavar="PANELS", help="One figure of several: a=NAME,b=NAME/c=NAME, a slash for a new row."
        ),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option("--formats", metavar="NAME,...", help="Of pdf, svg, eps, tiff and png. Default: the journal's."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")] = Path("figures"),
    journals: Annotated[bool, typer.Option("--journals", help="List the presets and end.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an output folder of an earlier run.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notes on stderr.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the audit as JSON on stdout.")] = False,
) -> None:
    """Draw figures for a journal and audit the files.

    Exit status 1 where a file breaks a rule of the journal.

    Example: readerstudy figures out/results.json --journal nature --width full --out figures
    """
    with exit_status():
        if journals:
            _list(as_json)
            return
        if results is None or journal is None:
            raise typer.BadParameter("RESULTS and --journal are needed (--journals lists the presets)")
        _draw(results, journal, width, only or [], compose, formats, out, force, quiet, as_json)


def _list(as_json: bool) -> None:
    """The presets: name, status, day, widths."""
    from readerstudy.figures.journal import Journal, shipped

    found = {name: Journal.read(name) for name in shipped()}
    if as_json:
        content = [
            {
                "name": name, "journal": rules.name, "status": rules.status, "checked": rules.checked.isoformat(),
                "source_url": rules.source_url, "widths": dict(rules.widths), "formats": list(rules.formats),
            }
            for name, rules in found.items()
        ]  # fmt: skip
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
        return
    for name, rules in found.items():
        widths = ", ".join(f"{width} {mm:g} mm" for width, mm in rules.widths.items())
        typer.echo(f"{name:<10}{rules.status} {rules.checked.isoformat()}  {widths}; {', '.join(rules.formats)}")


def _draw(
    results: Path,
    journal: str,
    width: str,
    only: list[str],
    compose: str | None,
    formats: str | None,
    out: Path,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    from readerstudy import _choice, folder
    from readerstudy.figures import audit
    from readerstudy.figures.compose import parsed
    from readerstudy.figures.journal import FORMATS, Journal
    from readerstudy.figures.submission import submit
    from readerstudy.results import Results

    def say(line: str) -> None:
        if not quiet:
            typer.echo(line, err=True)

    try:
        rules = Journal.read(journal)
        rules.width_of(width)
        panels = parsed(compose) if compose is not None else []
        asked = list(dict.fromkeys(part.strip() for part in (formats or "").split(",") if part.strip()))
        for form in asked:
            _choice.check(form, FORMATS, "a format")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if formats is not None and not asked:
        raise typer.BadParameter("--formats is empty")
    folder.refuse_unless_free(out, force=force, inputs=[results])
    try:
        found = Results.read(results)
    except (ValueError, KeyError, TypeError) as error:
        typer.echo(f"error: {results} is no results.json that this version reads: {error}", err=True)
        raise typer.Exit(1) from None
    if rules.status != "verified":
        say(f"warning: the rules of {rules.name} are unverified: {rules.note or rules.source_url}")
    with folder.whole(out, force=force, inputs=[results]) as work:
        try:
            made = submit(found, rules, work, width=width, only=only, compose=panels, formats=asked)
        except ValueError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from None
        folder.write_manifest(work, found.provenance, ["readerstudy", *sys.argv[1:]])
    for note in made.notes:
        say(f"note: {note}")
    if as_json:
        typer.echo((out / "audit.json").read_text(encoding="utf-8").rstrip())
    else:
        typer.echo(audit.table(made.findings))
    say(f"written: {out}")
    broken = audit.failures(made.findings)
    if broken or (made.refused and only):
        raise typer.Exit(1)
