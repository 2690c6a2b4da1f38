"""The last pages: the protocol as it was resolved, and what the numbers were made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from readerstudy.report.tables import Column, Row, Table, count_cell, text_cell
from readerstudy.results import Results


def protocol(results: Results) -> Table:
    """Every setting of the analysis plan, those that nobody set included."""
    rows = [Row(cells=(text_cell(path, code=True), text_cell(value))) for path, value in _flat(results.protocol)]
    return Table(
        name="protocol",
        caption="The protocol as it was resolved",
        columns=(Column(header="Setting", kind="text"), Column(header="Value", kind="text")),
        rows=tuple(rows),
    )


def _flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, _printed(value)


def _printed(value: object) -> str:
    if value is None or value in ({}, [], ()):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_printed(item) for item in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_printed(inner)}" for name, inner in value.items())
    return str(value)


def inputs(results: Results) -> Table | None:
    """The files that were read, each with its checksum."""
    entries: list[Mapping[str, Any]] = list(results.provenance.get("inputs", []))
    if not entries:
        return None
    rows = [
        Row(
            cells=(
                text_cell(entry["role"]),
                text_cell(entry["name"]),
                count_cell(entry.get("rows")),
                text_cell(entry["sha256"], code=True),
            )
        )
        for entry in entries
    ]
    return Table(
        name="inputs",
        caption="Input files",
        columns=(
            Column(header="Role", kind="text"),
            Column(header="File", kind="text"),
            Column(header="Rows", kind="count"),
            Column(header="SHA-256", kind="text"),
        ),
        rows=tuple(rows),
    )
