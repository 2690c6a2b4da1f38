"""Marks on lesions on the command line: the options that name their files, and what `check` says of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from readerstudy.marks import Marks
    from readerstudy.protocol import Protocol
    from readerstudy.study import Study

MarksOption = Annotated[
    Path | None,
    typer.Option("--marks", metavar="FILE", help="CSV of the readers' marks on lesions (FROC, LROC); see --lesions."),
]
LesionsOption = Annotated[
    Path | None, typer.Option("--lesions", metavar="FILE", help="CSV of every lesion, found or not, or - for none.")
]
MarkReadsOption = Annotated[
    Path | None,
    typer.Option("--mark-reads", metavar="FILE", help="CSV of who read which case for marks, marked or not."),
]


def read(
    plan: Protocol, cases: Path | None, marks: Path | None, lesions: Path | None, reads: Path | None
) -> Marks | None:
    """The files of marks; None where there are none.

    Raises
    ------
    typer.BadParameter
        If a file is named that is of no use without another.
    """
    from readerstudy.marks import planned

    if marks is None:
        for option, path in (("--lesions", lesions), ("--mark-reads", reads)):
            if path is not None:
                raise typer.BadParameter(f"{option} goes with --marks: give the readers' marks too")
        return None
    if cases is None:
        raise typer.BadParameter("--marks needs --cases: a file with case_id of every case that was shown")
    if lesions is None:
        raise typer.BadParameter(
            "--marks needs --lesions: case_id and lesion_id of every lesion, or - if there is none"
        )
    return planned.read(plan, cases, marks, None if str(lesions) == "-" else lesions, reads)


def said_of(marks: Marks | None, plan: Protocol, study: Study | None) -> tuple[dict[str, Any], list[str], list[str]]:
    """What `check` says of marks: as JSON values, as lines, and its warnings.

    Raises
    ------
    DataError
        If the protocol asks of the marks what they cannot give.
    """
    from readerstudy.marks.planned import check_asked, planned

    check_asked(plan, marks, None if study is None else tuple(study.tasks))
    if marks is None:
        return {}, [], []
    asked = planned(marks, plan, None if study is None else study.groups)
    modalities = [label for label in map(asked.label, asked.modalities) if label is not None]
    content = {
        "cases": len(asked.cases),
        "with_lesions": len(asked.diseased),
        "lesions": len(asked.lesions),
        "marks": len(asked.marks),
        "model": asked.model,
        "readers": list(asked.readers),
        "modalities": modalities,
        "measures": list(asked.measures),
    }
    lines = [
        f"marks:      {len(asked.marks)} on {len(asked.cases)} cases, {len(asked.diseased)} of them with "
        f"{len(asked.lesions)} lesions",
        *([f"model:      {asked.model}"] if asked.model is not None else []),
        f"markers:    {len(asked.readers)} ({', '.join(asked.readers)})",
        *([f"modalities: {len(modalities)} ({', '.join(modalities)})"] if modalities else []),
        f"measures:   {', '.join(asked.measures)}",
    ]
    return {"marks": content}, lines, list(marks.warnings)
