"""The command line. Results go to stdout, everything else to stderr; heavy imports wait for their command.

Exit status: 0 done, 1 the data have problems, 2 wrong usage or a file that cannot be opened, 70 a fault of ours,
130 interrupted.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from readerstudy.cli_checklist import checklist
from readerstudy.cli_figures import figures
from readerstudy.cli_lock import lock
from readerstudy.cli_marks import LesionsOption, MarkReadsOption, MarksOption, said_of
from readerstudy.cli_marks import read as read_marks
from readerstudy.cli_models import models_app
from readerstudy.cli_phantom import phantom
from readerstudy.cli_predict import predict
from readerstudy.cli_prepare import prepare
from readerstudy.cli_simulate import simulate
from readerstudy.cli_size import app as size_app
from readerstudy.cli_status import exit_status
from readerstudy.cli_train import train

if TYPE_CHECKING:
    from readerstudy.protocol import Protocol
    from readerstudy.results import Results
    from readerstudy.study import Study

app = typer.Typer(
    name="readerstudy",
    help="Diagnostic reader studies: AI-model predictions and radiologist reads to statistics, figures and reports.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PredsArgument = Annotated[str, typer.Argument(metavar="PREDS", help="CSV of model predictions, or - for none.")]
ReadsArgument = Annotated[str, typer.Argument(metavar="READS", help="CSV of the readers' reads, or - for none.")]
CasesOption = Annotated[Path | None, typer.Option("--cases", metavar="FILE", help="CSV with the truth of each case.")]
ProtocolOption = Annotated[
    Path | None,
    typer.Option(
        "--protocol", metavar="FILE", help="Analysis plan. Default: protocol.toml beside PREDS (or READS), if there."
    ),
]
NoProtocolOption = Annotated[
    bool, typer.Option("--no-protocol", help="Use the default plan, whatever files there are.")
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="FILE.NAME=THEIRS", help="What a column is called, such as reads.score=rating. Repeatable."
    ),
]
OutOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the results go.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an output folder of an earlier run.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings on stderr.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def _version(wanted: bool) -> None:
    if wanted:
        from readerstudy._version import __version__

        typer.echo(f"readerstudy {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def evaluate(
    preds: PredsArgument,
    reads: ReadsArgument,
    cases: CasesOption = None,
    protocol: ProtocolOption = None,
    no_protocol: NoProtocolOption = False,
    column: ColumnOption = None,
    out: OutOption = Path("readerstudy-out"),
    marks: MarksOption = None,
    lesions: LesionsOption = None,
    mark_reads: MarkReadsOption = None,
    features: Annotated[
        Path | None, typer.Option("--features", metavar="FILE", help="A network's features (.npz), for t-SNE.")
    ] = None,
    saliency: Annotated[
        Path | None, typer.Option("--saliency", metavar="FOLDER", help="Saliency maps that predict --saliency wrote.")
    ] = None,
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Analyse a study; write report, figures and tables.

    Example: readerstudy evaluate preds.csv reads.csv --out out
    """
    progress = _Progress(quiet)
    with exit_status():
        from readerstudy import folder

        of_marks = (marks, lesions, mark_reads)
        given = (preds, reads, cases, protocol, features, saliency, *of_marks)
        inputs = [Path(name) for name in given if name is not None and str(name) != "-"]
        folder.refuse_unless_free(out, force=force, inputs=inputs)
        progress("reading")
        plan = _plan(preds, reads, protocol, no_protocol, column, progress, marks)
        marked = read_marks(plan, cases, *of_marks)
        study = _study(preds, reads, cases, plan)
        for option, file in (("--features", features), ("--saliency", saliency)):
            if study is None and file is not None:
                raise typer.BadParameter(f"{option} is of the cases of PREDS or READS, which are both -")
        progress("computing")
        from readerstudy.analysis import evaluate as analyse
        from readerstudy.features import read
        from readerstudy.saliency import read as read_saliency

        known = None if features is None else read(features)
        maps = None if saliency is None else read_saliency(saliency)
        results = analyse(study, features=known, saliency=maps, marks=marked, protocol=None if study else plan)
        _write(results, out, force, progress, as_json, inputs)


@app.command()
def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="results.json of an earlier run.")],
    out: OutOption = Path("readerstudy-out"),
    force: ForceOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw the report again from results.json alone.

    Example: readerstudy report out/results.json --out again
    """
    progress = _Progress(quiet)
    with exit_status():
        from readerstudy import folder
        from readerstudy.results import Results

        folder.refuse_unless_free(out, force=force, inputs=[results])
        progress("reading")
        try:
            found = Results.read(results)
        except (ValueError, KeyError, TypeError) as error:
            typer.echo(f"error: {results} is no results.json that this version reads: {error}", err=True)
            raise typer.Exit(1) from None
        _write(found, out, force, progress, as_json, [results])


def _write(results: Results, out: Path, force: bool, progress: _Progress, as_json: bool, inputs: list[Path]) -> None:
    """Everything into the output folder, whole or not at all; its files on stdout."""
    from readerstudy import folder
    from readerstudy.report.writer import write

    with folder.whole(out, force=force, inputs=inputs) as work:
        progress("drawing and writing")
        files = write(results, work)
        folder.write_manifest(work, results.provenance, ["readerstudy", *sys.argv[1:]])
    progress("done")
    for warning in results.warnings:
        progress.say(f"warning: {warning}")
    names = sorted([*files, folder.MANIFEST])
    if as_json:
        content = {"out": str(out), "files": names, "warnings": list(results.warnings)}
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        for name in names:
            typer.echo(str(out / name))


@app.command()
def check(
    preds: PredsArgument,
    reads: ReadsArgument,
    cases: CasesOption = None,
    protocol: ProtocolOption = None,
    no_protocol: NoProtocolOption = False,
    column: ColumnOption = None,
    marks: MarksOption = None,
    lesions: LesionsOption = None,
    mark_reads: MarkReadsOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Validate the files of a study; write nothing."""
    progress = _Progress(quiet)
    with exit_status():
        plan = _plan(preds, reads, protocol, no_protocol, column, progress, marks)
        marked = read_marks(plan, cases, marks, lesions, mark_reads)
        study = _study(preds, reads, cases, plan)
        content, lines, warnings = said_of(marked, plan, study)
        if study is not None:
            content, lines = {**_content(study), **content}, [*_summary(study), *lines]
            warnings = [*study.warnings, *warnings]
        if as_json:
            typer.echo(json.dumps({**content, "warnings": warnings}, ensure_ascii=False, indent=1))
            return
        for line in [*lines, "no problem found"]:
            typer.echo(line)
        for warning in dict.fromkeys(warnings):
            progress.say(f"warning: {warning}")


@app.command()
def init(
    preds: PredsArgument,
    reads: ReadsArgument,
    cases: CasesOption = None,
    protocol: Annotated[Path, typer.Option("--protocol", metavar="FILE", help="Where the plan goes.")] = Path(
        "protocol.toml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that stands there.")] = False,
) -> None:
    """Write a commented protocol.toml for the files.

    Example: readerstudy init preds.csv reads.csv --cases cases.csv
    """
    with exit_status():
        from readerstudy.starter import protocol_text

        if protocol.exists() and not force:
            raise FileExistsError(f"{protocol} exists; name another file with --protocol, or replace it with --force")
        text = protocol_text(None if preds == "-" else preds, None if reads == "-" else reads, cases)
        protocol.write_text(text, encoding="utf-8", newline="\n")
        typer.echo(str(protocol))


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Try every part of this installation."""
    from readerstudy.doctor import examine

    found = examine()
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in found], indent=1))
    else:
        for finding in found:
            mark = "ok" if finding.works else "FAILS" if finding.needed else "absent"
            typer.echo(f"{mark:<7}{finding.name}: {finding.detail}")
    if any(finding.needed and not finding.works for finding in found):
        raise typer.Exit(1)


app.command()(lock)
app.command()(checklist)
app.command()(figures)
app.command()(simulate)
app.command()(phantom)
app.command()(prepare)
app.add_typer(models_app)
app.command()(train)
app.command()(predict)
app.add_typer(size_app)


class _Progress:
    """Stage by stage on stderr, with the seconds since the start."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.start = time.monotonic()

    def __call__(self, stage: str) -> None:
        self.say(f"[{time.monotonic() - self.start:4.1f} s] {stage}")

    def say(self, line: str) -> None:
        if not self.quiet:
            typer.echo(line, err=True)


def _plan(
    preds: str,
    reads: str,
    protocol: Path | None,
    no_protocol: bool,
    column: list[str] | None,
    progress: _Progress,
    marks: Path | None = None,
) -> Protocol:
    """The protocol asked for, or found beside the data, with the columns of the command line over its own."""
    import dataclasses

    from readerstudy.protocol import Protocol
    from readerstudy.protocol.lock import beside as beside_of

    if protocol is not None and no_protocol:
        raise typer.BadParameter("--protocol and --no-protocol exclude each other")
    given = [Path(name) for name in (preds, reads, marks) if name not in (None, "-")]
    if not given:
        raise typer.BadParameter("PREDS and READS are both -: give at least one file, or --marks")
    if protocol is None and not no_protocol:
        beside = given[0].parent / "protocol.toml"
        if beside.is_file():
            progress.say(f"protocol: {beside} (found beside {given[0].name}; --no-protocol leaves it out)")
            protocol = beside
    plan = Protocol() if protocol is None else Protocol.read(protocol, locked=False)
    columns = {role: dict(names) for role, names in plan.columns.items()}
    for item in column or []:
        role, name, theirs = _column(item)
        columns.setdefault(role, {})[name] = theirs
    plan = dataclasses.replace(plan, columns=columns)
    # Only now: the command line's columns are a change of the plan like any other.
    return plan if protocol is None else plan.held_against(beside_of(protocol))


def _column(item: str) -> tuple[str, str, str]:
    from readerstudy.protocol import MARK_FILES, ROLES

    ours, equals, theirs = item.partition("=")
    role, point, name = ours.partition(".")
    files = (*ROLES, *MARK_FILES)
    if not (equals and point and name and theirs) or role not in files:
        raise typer.BadParameter(
            f"--column {item!r} is not of the form FILE.NAME=THEIRS with FILE one of {', '.join(files)}, "
            "such as reads.score=rating"
        )
    return role, name, theirs


def _study(preds: str, reads: str, cases: Path | None, plan: Protocol) -> Study | None:
    """The predictions and reads; None where there are only marks."""
    from readerstudy.study import Study

    if preds == reads == "-":
        return None
    return Study.read(None if preds == "-" else preds, None if reads == "-" else reads, cases, plan)


def _content(study: Study) -> dict[str, Any]:
    return {
        "cases": study.n_cases,
        "patients": study.flow["n_patients"],
        "models": list(study.models),
        "readers": list(study.readers),
        "groups": dict(study.groups),
        "modalities": [modality for modality in study.modalities if modality is not None],
        "tasks": {name: {"kind": task.kind, "classes": list(task.classes)} for name, task in study.tasks.items()},
        "flow": dict(study.flow),
        "warnings": list(study.warnings),
    }


def _summary(study: Study) -> list[str]:
    content = _content(study)
    patients = content["patients"]
    lines = [f"cases:      {content['cases']}" + (f" of {patients} patients" if patients is not None else "")]
    for name in ("models", "readers", "modalities"):
        if content[name]:
            lines.append(f"{name + ':':<11} {len(content[name])} ({', '.join(content[name])})")
    for name, task in content["tasks"].items():
        lines.append(f"task:       {name} ({task['kind']}: {', '.join(task['classes'])})")
    lines += [f"left out:   {entry['n']} ({entry['reason']})" for entry in content["flow"]["excluded"] if entry["n"]]
    return lines


def main() -> None:
    """Entry point of the ``readerstudy`` command."""
    # Being told to stop is being interrupted: what is half written goes away.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()
