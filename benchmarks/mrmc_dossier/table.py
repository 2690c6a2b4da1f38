"""The dossier as a table of every cell."""

import csv
from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks.mrmc_dossier.cell import Cell

_WORDS = ("question", "measure", "method", "design", "structure")
_WHOLE = ("readers", "cases", "replicates")


def rounded(cell: Cell) -> Cell:
    """The cell with the decimals that the table has, so that text and figure can be made from the table alone."""
    values: list[Any] = [round(float(value), 5) + 0.0 if isinstance(value, float) else value for value in cell]
    return Cell(*values)


def table(cells: Iterable[Cell]) -> str:
    """Every cell, as CSV; empty where there is no number."""
    lines = [",".join(Cell._fields)]
    lines += (",".join(map(_field, cell)) for cell in cells)
    return "\n".join(lines) + "\n"


def _field(value: Any) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.5f}".rstrip("0").rstrip(".")
    return str(value)


def read(text: str) -> list[Cell]:
    """The cells of a table."""
    return [Cell(*(_value(*item) for item in row.items())) for row in csv.DictReader(text.splitlines())]


def _value(name: str, text: str) -> Any:
    if name in _WORDS:
        return text
    return int(text) if name in _WHOLE else float(text or "nan")
