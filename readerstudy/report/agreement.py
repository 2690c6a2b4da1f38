"""The tables of agreement: kappa of every pair of readers, as a triangle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from readerstudy.estimate import Estimate
from readerstudy.report.performance import interval_note, scope_of
from readerstudy.report.tables import Cell, Column, Footnotes, Row, Table, estimate_cell, text_cell
from readerstudy.results import Results

# A triangle wider than this is cut into several tables by columns.
_MOST = 10


def agreement(results: Results, task: str, target: str | None) -> list[Table]:
    """One triangle per modality; pairs of models, which have no modality, stand in each."""
    found = results.select(task=task, target=target, measure="kappa", versus_kind="reader")
    modalities: list[str | None] = list(dict.fromkeys(e.modality for e in found if e.modality is not None))
    tables = []
    for modality in modalities or [None]:
        pairs = {(e.reader or "", e.versus or ""): e for e in found if e.modality in (None, modality)}
        names = list(dict.fromkeys(name for pair in pairs for name in pair))
        for start in range(0, max(len(names) - 1, 0), _MOST):
            tables.append(_triangle(pairs, names, start, scope_of(task, target), modality))
    return tables


def _triangle(
    pairs: Mapping[tuple[str, str], Estimate],
    names: Sequence[str],
    start: int,
    scope: str,
    modality: str | None,
) -> Table:
    """The pairs of the readers from `start` on with all who come after them."""
    across = names[start : start + _MOST]
    if start + _MOST >= len(names):
        across = across[:-1]
    footnotes = Footnotes()
    rows = []
    shown: list[Estimate] = []
    for position, name in enumerate(names[start + 1 :], start + 1):
        cells: list[Cell] = [text_cell(name)]
        for other in across:
            e = pairs.get((other, name), pairs.get((name, other))) if names.index(other) < position else None
            shown += [] if e is None else [e]
            cells.append(estimate_cell(e, footnotes))
        rows.append(Row(cells=tuple(cells)))
    return Table(
        name="agreement",
        scope=scope if modality is None else f"{scope} {modality}",
        caption=f"Agreement between pairs of readers, Cohen's kappa, {scope}{f', {modality}' if modality else ''}",
        columns=(Column(header="Reader", kind="text"), *(Column(header=name) for name in across)),
        rows=tuple(rows),
        note=interval_note(shown),
        footnotes=footnotes.lines,
    )
