"""Writes checklists into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from readerstudy.checklist.docx import docx
from readerstudy.checklist.html import html
from readerstudy.checklist.model import Checklist
from readerstudy.checklist.table import to_csv, to_json

# The mark at the start of the CSV is what makes a spreadsheet read the file as UTF-8.
_WRITERS: dict[str, Callable[[Checklist], bytes]] = {
    "html": lambda checklist: html(checklist).encode("utf-8"),
    "docx": docx,
    "json": lambda checklist: to_json(checklist).encode("utf-8"),
    "csv": lambda checklist: to_csv(checklist).encode("utf-8-sig"),
}
FORMATS = tuple(_WRITERS)
"""The formats in which a checklist is written."""


def write(checklists: Iterable[Checklist], folder: Path, formats: Iterable[str] = FORMATS) -> list[str]:
    """Write each checklist in each format.

    Parameters
    ----------
    checklists
        As `readerstudy.checklist.build.build` makes them.
    folder
        An existing folder. Files of the same names are replaced.
    formats
        Some of `FORMATS`.

    Returns
    -------
    list of str
        The names of the files, such as ``"stard-ai.html"``.
    """
    formats = tuple(formats)
    written = []
    for checklist in checklists:
        for name in formats:
            target = f"{checklist.guideline.name}.{name}"
            (folder / target).write_bytes(_WRITERS[name](checklist))
            written.append(target)
    return written
