"""Pilot studies in, plans out: table, sentences, figure."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readerstudy import text
from readerstudy.problems import DataError, Place, Problem
from readerstudy.sizing.plan import Plan, percent

if TYPE_CHECKING:
    from readerstudy.estimate import Estimate


def pilot(path: Path) -> list[Estimate]:
    """The variance components of a pilot study: from its results.json, or from a file that `to_json` wrote.

    Raises
    ------
    DataError
        If the file is neither, or has no components or those of several analyses.
    """
    from readerstudy.estimate import from_json
    from readerstudy.results import Results

    content = path.read_text(encoding="utf-8")
    try:
        estimates = from_json(content) if content.lstrip().startswith("[") else list(Results.read(path).estimates)
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(path, f"no results.json that this version reads: {error}") from None
    names = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")
    components = [e for e in estimates if e.measure in names]
    if not components:
        raise _unusable(path, "no variance components in it", "give a pilot with several readers, or --components")
    twice = {e.measure for e in components if sum(e.measure == other.measure for other in components) > 1}
    if twice:
        said = f"variance components of several analyses ({', '.join(sorted(twice))} stand there more than once)"
        raise _unusable(path, said, "pass the records of one analysis, as rs.to_json(rs.mrmc(...)) writes them")
    return components


def _unusable(path: Path, message: str, mend: str = "") -> DataError:
    return DataError([Problem(code="RS701", message=message, place=Place(file=str(path)), help=mend)])


def table_text(plan: Plan) -> str:
    """The table as it is printed: aligned columns."""
    headings = list(plan.headings.values())
    lines = [[_cell(name, row.get(name)) for name in plan.headings] for row in plan.rows]
    widths = [max(len(line[i]) for line in [headings, *lines]) for i in range(len(headings))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [headings, *lines]
    )


def _cell(name: str, value: Any) -> str:
    if value is None:
        return text.UNDEFINED
    if isinstance(value, float):
        if name == "power":
            return percent(value)
        return text.fixed(value, 1 if name == "df" else 4)
    return str(value)


def csv_text(plan: Plan) -> str:
    """The table with all that is known of each row."""
    columns = [name for name in plan.rows[0] if any(row[name] is not None for row in plan.rows)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if row[name] is None else row[name] for name in columns] for row in plan.rows])
    return buffer.getvalue()


def write(plan: Plan, folder: Path) -> list[str]:
    """Write size.csv, size.json, protocol.txt and the figure (SVG, PNG) into `folder`; their names."""
    from readerstudy.figures.power import draw
    from readerstudy.report.pdf import png

    drawn = draw(
        plan.curves,
        name="power",
        title="Width of the interval" if plan.kind == "precision" else "Power",
        caption=plan.caption,
        x_title="Positive cases" if plan.kind == "auc" else "Cases",
        y_title=plan.y_title,
        wanted=plan.wanted,
        share=plan.kind != "precision",
    )
    content = {
        # The mark at the start is what makes a spreadsheet read the file as UTF-8.
        "size.csv": csv_text(plan).encode("utf-8-sig"),
        "size.json": (json.dumps(plan.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(),
        "protocol.txt": ("\n".join([*plan.sentences, *(f"Note: {note}." for note in plan.notes)]) + "\n").encode(),
        "power.svg": drawn.svg.encode(),
        "power.png": png(drawn),
        "power.txt": f"{drawn.title}. {drawn.caption}\n\n{drawn.alt}\n".encode(),
    }
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return sorted(content)
