"""Tables as CSV: one row per record at full precision, with what the report prints of it in front."""

from __future__ import annotations

import csv
import dataclasses
import io
import math

from readerstudy.estimate import Estimate
from readerstudy.report.tables import Table

_FIELDS = [field.name for field in dataclasses.fields(Estimate)]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(table: Table) -> str:
    """The table as CSV.

    A table of records has the columns ``row``, ``column``, ``printed``, ``fraction`` and ``interval`` as the report
    shows them, the record's ``key``, and then every field of the record; an undefined number is an empty cell. A
    table without records (counts, settings) is written as it is printed. A text that a spreadsheet would take for a
    formula gets an apostrophe before it.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if any(cell.record is not None for row in table.rows for cell in row.cells):
        writer.writerow(["row", "column", "printed", "fraction", "interval", "key", *_FIELDS])
        for row in table.rows:
            written: set[str] = set()
            for column, cell in zip(table.columns, row.cells, strict=True):
                record = cell.record
                # The P-value's cell prints another field of the record of the cell before it.
                if record is None or record.key in written:
                    continue
                written.add(record.key)
                printed = [row.cells[0].text, column.header, cell.text, cell.fraction, cell.detail, record.key]
                fields = [getattr(record, name) for name in _FIELDS]
                writer.writerow([_field(value) for value in [*printed, *fields]])
    else:
        detailed = [any(row.cells[i].detail for row in table.rows) for i in range(len(table.columns))]
        header: list[str] = []
        for column, has_detail in zip(table.columns, detailed, strict=True):
            header += [column.header, f"{column.header} (detail)"] if has_detail else [column.header]
        writer.writerow([_field(name) for name in header])
        for row in table.rows:
            values: list[str] = []
            for cell, has_detail in zip(row.cells, detailed, strict=True):
                values += [cell.text, cell.detail] if has_detail else [cell.text]
            writer.writerow([_field(value) for value in values])
    return stream.getvalue()


def _field(value: object) -> str:
    """A number in full, a text made harmless, nothing for what is undefined."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    return repr(value)
