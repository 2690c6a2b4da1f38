"""Numbers that no other table of the report has room for, so that none is lost."""

from __future__ import annotations

import math
from collections.abc import Iterable

from readerstudy.estimate import IDENTITY, Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.performance import alpha_of, interval_note, p_note
from readerstudy.report.tables import Column, Footnotes, Row, Table, estimate_cell, p_cell, text_cell
from readerstudy.results import Results

_NAMED = ("measure", "method", "reader_kind", "versus_kind", "random")


def numbers(results: Results, tables: Iterable[Table]) -> Table | None:
    """A row for every record that none of `tables` prints."""
    printed = {cell.key for table in tables for row in table.rows for cell in row.cells}
    found = [e for e in results.estimates if e.key not in printed]
    if not found:
        return None
    footnotes = Footnotes()
    tested = any(math.isfinite(e.p_value) for e in found)
    columns = [Column(header="Number", kind="text"), Column(header="Estimate")]
    if tested:
        columns.append(Column(header="P value", kind="p"))
    rows = []
    for e in found:
        last = [p_cell(e, alpha_of(results))] if tested else []
        heading = text_cell(MEASURES[e.measure].label, _whose(e))
        rows.append(Row(cells=(heading, estimate_cell(e, footnotes), *last)))
    return Table(
        name="further",
        caption="Numbers that stand in no other table",
        columns=tuple(columns),
        rows=tuple(rows),
        note=f"{interval_note(found)} {p_note(found)}".strip(),
        footnotes=footnotes.lines,
    )


def _whose(e: Estimate) -> str:
    """What sets the record apart from others of its measure."""
    parts = []
    for name in IDENTITY:
        value = getattr(e, name)
        if name in _NAMED or value is None or value != value:
            continue
        parts.append(f"versus {value}" if name == "versus" else str(value))
    return ", ".join(parts)
