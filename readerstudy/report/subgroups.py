"""Accuracy in subgroups of the cases, and the differences between them: all cases first, then level by level."""

from __future__ import annotations

import math
from collections.abc import Sequence

from readerstudy.estimate import Estimate
from readerstudy.measures import METHOD_NAMES
from readerstudy.report.people import Naming, Who, ordered
from readerstudy.report.performance import alpha_of, interval_note, p_note, scope_of
from readerstudy.report.tables import Cell, Column, Footnotes, Row, Table, estimate_cell, p_cell, text_cell
from readerstudy.results import Results

# At most so many observers stand beside each other in one table.
_ACROSS = 4


def subgroups(results: Results, task: str, target: str | None) -> list[Table]:
    """A row for every level of every column, and for every difference of two levels; models first."""
    found = [e for e in results.select(task=task, target=target) if e.subgroup is not None]
    found = [e for e in found if e.measure == "accuracy" or e.versus_kind == "subgroup"]
    whos = ordered(dict.fromkeys(Who.of(e) for e in found))
    whole = results.select(task=task, target=target, measure="accuracy", subgroup=None, versus=None)
    everybody = {Who.of(e): e for e in whole}
    tables = []
    n_tables = math.ceil(len(whos) / _ACROSS)
    for i in range(n_tables):
        across = whos[i * len(whos) // n_tables : (i + 1) * len(whos) // n_tables]
        tables.append(_table(results, found, across, everybody, task, target))
    return tables


def _table(
    results: Results,
    found: Sequence[Estimate],
    whos: Sequence[Who],
    everybody: dict[Who, Estimate],
    task: str,
    target: str | None,
) -> Table:
    footnotes = Footnotes()
    records = {(Who.of(e), e.subgroup, e.versus): e for e in found}
    with_p = any(math.isfinite(e.p_value) for e in found)
    shown: list[Estimate] = []

    def row(heading: str, cells: Sequence[Estimate | None], *, inner: bool) -> Row:
        shown.extend(e for e in cells if e is not None)
        printed: list[Cell] = [text_cell(heading)]
        for e in cells:
            printed.append(estimate_cell(e, footnotes))
            if with_p:
                tested = e is not None and e.versus is not None
                printed.append(p_cell(e if tested else None, alpha_of(results)))
        return Row(cells=tuple(printed), inner=inner)

    rows = [row("All cases", [everybody.get(who) for who in whos], inner=False)]
    by_column: dict[str, list[tuple[str, str | None]]] = {}
    for e in found:
        entry = (e.subgroup or "", e.versus)
        members = by_column.setdefault(split(results, e.subgroup)[0], [])
        if entry not in members:
            members.append(entry)
    blank = tuple(Cell(text="") for _ in range(len(whos) * (2 if with_p else 1)))
    for column, members in by_column.items():
        rows.append(Row(cells=(text_cell(column), *blank)))
        for subgroup, versus in sorted(members, key=lambda entry: entry[1] is not None):
            level = split(results, subgroup)[1]
            heading = level if versus is None else f"{level} − {split(results, versus)[1]}"
            rows.append(row(heading, [records.get((who, subgroup, versus)) for who in whos], inner=True))
    naming = Naming(results)
    columns = [Column(header="Subgroup", kind="text")]
    for who in whos:
        columns.append(Column(header=naming.header(who)))
        if with_p:
            columns.append(Column(header="P value", kind="p"))
    return Table(
        name="subgroups",
        scope=" ".join(part for part in (task, target) if part),
        caption=f"Accuracy in subgroups of the cases, {scope_of(task, target)}",
        columns=tuple(columns),
        rows=tuple(rows),
        note=_note(shown),
        footnotes=footnotes.lines,
        fixed=True,
    )


def split(results: Results, subgroup: str | None) -> tuple[str, str]:
    """Column and level; the protocol knows the columns, whose names may hold a colon."""
    whole = subgroup or ""
    for column in results.protocol.get("subgroups", {}).get("columns", ()):
        if whole.startswith(f"{column}: "):
            return column, whole[len(column) + 2 :]
    column, _, level = whole.partition(": ")
    return column, level


def _note(shown: Sequence[Estimate]) -> str:
    parts = [interval_note(shown)]
    tests = dict.fromkeys(METHOD_NAMES.get(e.test_method or "", "") for e in shown if e.versus is not None)
    if tests:
        parts.append("A difference is the first minus the second, in percentage points.")
        named = " or ".join(name for name in tests if name)
        parts.append(f"P values compare different cases{f' ({named} test)' if named else ''}.")
        parts.append(p_note(shown))
    parts.append("A difference that is not significant does not show that the subgroups are alike.")
    return " ".join(part for part in parts if part)
