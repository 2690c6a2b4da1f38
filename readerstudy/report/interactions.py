"""Whether a model's lead over the readers is the same in every subgroup of the cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Line, Part, grid
from readerstudy.report.performance import scope_of
from readerstudy.report.subgroups import split
from readerstudy.report.tables import Column, Table, text_cell
from readerstudy.results import Results

# At most so many readers stand beside each other in one table.
_ACROSS = 4
AGAINST_MEANS = "interactions"
AGAINST_READERS = "interactions-readers"
"""Names of the two sorts of tables."""
_NOTE = (
    "The P value of a column is that of its interaction: whether the differences of its levels are alike. One that is "
    "not significant does not show that they are."
)
_TEST = "interaction "


def interactions(results: Results, task: str, target: str | None) -> list[Table]:
    """Models against means of readers, then each model against the readers one by one; levels of subgroups down."""
    found = [e for e in results.select(task=task, target=target) if e.subgroup is not None]
    found = [e for e in found if e.versus_kind in ("reader", "group")]
    whose = dict.fromkeys(map(_column_of, found))
    models = dict.fromkeys((column.reader, column.modality) for column in whose)
    sets = [[column for column in whose if column.kind == "group"]]
    sets += [[c for c in whose if c.kind == "reader" and (c.reader, c.modality) == model] for model in models]
    tables = []
    for columns in sets:
        n_tables = math.ceil(len(columns) / _ACROSS)
        for i in range(n_tables):
            across = columns[i * len(columns) // n_tables : (i + 1) * len(columns) // n_tables]
            tables.append(_table(results, found, across, task, target))
    return [table for table in tables if table is not None]


class _Column(NamedTuple):
    """A model and what it is compared with."""

    reader: str | None
    modality: str | None
    kind: str | None
    versus: str | None


def _column_of(e: Estimate) -> _Column:
    return _Column(e.reader, e.modality, e.versus_kind, e.versus)


def _table(
    results: Results, found: Sequence[Estimate], columns: Sequence[_Column], task: str, target: str | None
) -> Table | None:
    parts = []
    tests: dict[str, dict[str, Estimate]] = {}
    levels: dict[str, dict[str, dict[str, Estimate]]] = {}
    several = len({column.modality for column in columns}) > 1
    means = columns[0].kind == "group"
    for position, column in enumerate(columns):
        name = str(position)
        header = f"{column.reader} − mean, {column.versus}" if means else f"− {column.versus}"
        parts.append(Part(name, f"{header}, {column.modality}" if several and column.modality else header))
        parts.append(Part(_TEST + name, header, ("p",)))
        for e in found:
            if _column_of(e) != column:
                continue
            if e.measure.endswith("interaction"):
                tests.setdefault(e.subgroup or "", {})[_TEST + name] = e
            else:
                of, level = split(results, e.subgroup)
                levels.setdefault(of, {}).setdefault(level, {})[name] = e
    lines = []
    for of in dict.fromkeys((*levels, *tests)):
        lines.append(Line(text_cell(of), tests.get(of, {})))
        lines += [Line(text_cell(level), row, inner=True) for level, row in levels.get(of, {}).items()]
    modality = "" if several or not columns[0].modality else f", {columns[0].modality}"
    whose = "models minus means of readers" if means else f"{columns[0].reader} minus single readers"
    begun = Table(
        name=AGAINST_MEANS if means else AGAINST_READERS,
        scope=" ".join(part for part in (task, target, "" if means else columns[0].reader) if part),
        caption=f"Accuracy of {whose} in subgroups of the cases{modality}, {scope_of(task, target)}",
        columns=(Column(header="Subgroup", kind="text"),),
        rows=(),
        note=_NOTE,
        fixed=True,
    )
    return grid(results, begun, lines, parts, said="Differences are in percentage points.")
