"""Tables as CSV: one row per record at full precision, with what the report prints of it in front."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterator

from readerstudy.estimate import Estimate
from readerstudy.report.tables import Row, Table

_FIELDS = [field.name for field in dataclasses.fields(Estimate)]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(table: Table) -> str:
    """The table as CSV.

    A table of records has the columns ``row``, ``column``, ``printed``, ``fraction`` and ``interval`` as the report
    shows them, the record's ``key``, and then every field of the record; an undefined number is an empty cell. A
    table made from a plain table of `Results` has the same first columns, the ``pointer`` of what is printed, and the
    fields found there. Any other table (counts, settings) is written as it is printed. A text that a spreadsheet would
    take for a formula gets an apostrophe before it.
    """
    cells = [cell for row in table.rows for cell in row.cells]
    if any(cell.record is not None for cell in cells):
        lines = _records(table)
    elif any(cell.pointer is not None for cell in cells):
        lines = _fields_of(table)
    else:
        lines = _printed(table)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([_field(value) for value in line] for line in lines)
    return stream.getvalue()


def _headed(table: Table) -> Iterator[tuple[str, Row]]:
    """Every row with its heading; an inner row is headed by the row it belongs to as well."""
    outer = ""
    for row in table.rows:
        if not row.inner:
            outer = row.cells[0].text
        yield (f"{outer}: {row.cells[0].text}" if row.inner else outer), row


def _records(table: Table) -> Iterator[list[object]]:
    yield ["row", "column", "printed", "fraction", "interval", "key", *_FIELDS]
    for heading, row in _headed(table):
        written: set[str] = set()
        for column, cell in zip(table.columns, row.cells, strict=True):
            record = cell.record
            # The cells of statistic and P-value print other fields of the record of the cell before them.
            if record is None or record.key in written:
                continue
            written.add(record.key)
            printed = [heading, column.header, cell.text, cell.fraction, cell.detail, record.key]
            yield [*printed, *(getattr(record, name) for name in _FIELDS)]


def _fields_of(table: Table) -> Iterator[list[object]]:
    names = dict.fromkeys(name for row in table.rows for cell in row.cells for name in cell.fields)
    yield ["row", "column", "printed", "fraction", "interval", "pointer", *names]
    for heading, row in _headed(table):
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell.pointer is not None:
                printed = [heading, column.header, cell.text, cell.fraction, cell.detail, cell.pointer]
                yield [*printed, *(cell.fields.get(name) for name in names)]


def _printed(table: Table) -> Iterator[list[object]]:
    detailed = [any(row.cells[i].detail for row in table.rows) for i in range(len(table.columns))]
    header: list[object] = []
    for column, has_detail in zip(table.columns, detailed, strict=True):
        header += [column.header, f"{column.header} (detail)"] if has_detail else [column.header]
    yield header
    for row in table.rows:
        values: list[object] = []
        for cell, has_detail in zip(row.cells, detailed, strict=True):
            values += [cell.text, cell.detail] if has_detail else [cell.text]
        yield values


def _field(value: object) -> str:
    """A number in full, a text made harmless, nothing for what is undefined."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    return repr(value)
