"""A checklist as JSON, for programs, and as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from typing import Any

from readerstudy.checklist.model import STATUSES, Checklist, Entry

SCHEMA = "readerstudy-checklist/1"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_json(checklist: Checklist) -> str:
    """Every item with its answer in pieces, the keys of the records it prints and the pointers of other numbers."""
    guideline = dataclasses.asdict(checklist.guideline)
    del guideline["items"]
    content = {
        "schema": SCHEMA,
        "readerstudy": checklist.version,
        "title": checklist.title,
        "notice": checklist.notice,
        "caution": checklist.caution,
        "guideline": guideline,
        "statuses": STATUSES,
        "counts": checklist.counts,
        "items": [_item(entry) for entry in checklist.entries],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _item(entry: Entry) -> dict[str, Any]:
    item = entry.item
    return {
        "id": item.id,
        "section": item.section,
        "title": item.title,
        "asks": item.asks,
        "status": entry.answer.status,
        "text": list(entry.texts),
        "write": entry.write or None,
        "pieces": [[dataclasses.asdict(piece) for piece in line] for line in entry.answer.lines],
        "records": list(entry.keys),
        "pointers": list(entry.pointers),
        "links": [dataclasses.asdict(link) for link in entry.links],
    }


def to_csv(checklist: Checklist) -> str:
    """One row an item. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["item", "section", "title", "asks", "status", "answer", "to write", "in the report", "records"])
    for entry in checklist.entries:
        item = entry.item
        row = [item.id, item.section, item.title, item.asks, entry.answer.status, "\n".join(entry.texts), entry.write]
        row += ["; ".join(link.text for link in entry.links), "\n".join(entry.keys)]
        writer.writerow([harmless(value) for value in row])
    return stream.getvalue()


def harmless(value: str) -> str:
    """A text that no program takes for a formula."""
    return "'" + value if value.startswith(_FORMULA) else value
