"""Aided against unaided: which calls changed, and whether for the better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Line, grid, parts_of
from readerstudy.report.people import Naming
from readerstudy.report.performance import scope_of
from readerstudy.report.tables import Cell, Column, Row, Table, plain_cell, pointer, text_cell
from readerstudy.results import Results

_MEASURES = ("nri", "nri_events", "nri_non_events", "beneficial_change", "harmful_change", "net_change")
_SIDES = {"events": "positive cases", "non_events": "negative cases"}


def reclassified(results: Results, task: str) -> list[Table]:
    """For each pair of modalities the calls in one against those in the other, reader by reader."""
    entries = [
        (position, entry)
        for position, entry in enumerate(results.tables.get("reclassification", []))
        if entry["task"] == task
    ]
    pairs = dict.fromkeys((entry["modality"], entry["versus"], tuple(entry["classes"])) for _, entry in entries)
    return [
        _table(results, task, [(i, e) for i, e in entries if (e["modality"], e["versus"], tuple(e["classes"])) == pair])
        for pair in pairs
    ]


def _table(results: Results, task: str, entries: Sequence[tuple[int, Mapping[str, Any]]]) -> Table:
    """Two classes have a column for each change and a row for positive and for negative cases; more, a square each."""
    first = entries[0][1]
    classes = first["classes"]
    naming = Naming(results)
    rows = []
    for position, entry in entries:
        beneath = naming.beneath(entry["reader"], None)
        if len(classes) > 2:
            blank = (Cell(text="") for _ in classes)
            rows.append(Row(cells=(text_cell(entry["reader"], beneath), *blank)))
        for side, cases in _SIDES.items():
            if len(classes) > 2:
                rows += [
                    _row(text_cell(f"{cases} called {name} {entry['versus']}"), position, side, entry, [i], inner=True)
                    for i, name in enumerate(classes)
                ]
                continue
            inner = side != "events"
            also = ", ".join(part for part in (beneath, cases) if part)
            heading = text_cell(cases) if inner else text_cell(entry["reader"], also)
            rows.append(_row(heading, position, side, entry, range(len(classes)), inner=inner))
    if len(classes) > 2:
        headers = [f"{name} {first['modality']}" for name in classes]
    else:
        headers = [f"{before} → {after}" for before in classes for after in classes]
    return Table(
        name="reclassification",
        scope=f"{task} {first['modality']} {first['versus']}",
        caption=f"Calls {first['versus']} → {first['modality']} of the same cases, {task}",
        columns=(Column(header="Reader", kind="text"), *(Column(header=header, kind="plain") for header in headers)),
        rows=tuple(rows),
        fixed=True,
    )


def _row(
    heading: Cell, position: int, side: str, entry: Mapping[str, Any], calls: Iterable[int], *, inner: bool
) -> Row:
    cells = (_count(position, side, entry, i, j) for i in calls for j in range(len(entry["classes"])))
    return Row(cells=(heading, *cells), inner=inner)


def _count(position: int, side: str, entry: Mapping[str, Any], i: int, j: int) -> Cell:
    place = pointer("tables", "reclassification", position, side, i, j)
    n = entry[side][i][j]
    fields = {"reader": entry["reader"], "cases": side, "versus_call": entry["classes"][i]}
    return plain_cell(str(n), place, {**fields, "call": entry["classes"][j], "n": n}, sort=n)


def improvements(results: Results, task: str, target: str | None) -> Table | None:
    """Net reclassification improvement of each reader."""
    found = results.select(task=task, target=target, subgroup=None, versus_kind="modality")
    rows: dict[tuple[object, ...], dict[str, Estimate]] = {}
    for e in found:
        if e.measure in _MEASURES:
            who = (e.reader is None, e.reader, e.reader_group, e.modality, e.versus)
            rows.setdefault(who, {})[e.measure] = e
    naming = Naming(results)
    begun = Table(
        name="nri",
        scope=" ".join(part for part in (task, target) if part),
        caption=f"Net reclassification improvement, {scope_of(task, target)}",
        columns=(Column(header="Reader", kind="text"),),
        rows=(),
        note="NRI adds the net share of positive cases moved up and that of negative cases moved down; it is no share "
        "of cases itself.",
    )
    lines = [Line(naming.of(next(iter(row.values()))), row, summary=bool(who[0])) for who, row in rows.items()]
    return grid(results, begun, lines, parts_of(found, _MEASURES, tested=True))
