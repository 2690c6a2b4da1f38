"""Overviews of a large study: classes or tasks down, models and means of readers across, a table for each measure."""

from __future__ import annotations

from collections.abc import Sequence

from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.people import Naming, Who, ordered
from readerstudy.report.performance import interval_note, mean_note
from readerstudy.report.tables import Column, Footnotes, Row, Table, estimate_cell, text_cell
from readerstudy.results import Results

_MEASURES = ("auc", "sensitivity", "specificity", "accuracy")


def by_class(results: Results, task: str, targets: Sequence[str]) -> list[Table]:
    """Each class of a task against the rest."""
    rows = [(target, _of(results, task, target)) for target in targets]
    return _tables(results, "by-class", task, f"by class, {task}", "Class", rows, _MEASURES[:3])


def by_task(results: Results, tasks: Sequence[str]) -> list[Table]:
    """Each task as a whole."""
    rows = [(task, _of(results, task, None)) for task in tasks]
    return _tables(results, "by-task", "", "by task", "Task", rows, _MEASURES)


def _of(results: Results, task: str, target: str | None) -> dict[tuple[str, Who], Estimate]:
    """Models, consensus and means; of a class the calls of the most probable class."""
    found = results.select(task=task, target=target, versus=None, versus_kind=None, subgroup=None)
    whos = [(e, Who.of(e)) for e in found if e.measure in _MEASURES and (e.reader is None or e.reader_kind != "human")]
    return {(e.measure, who): e for e, who in whos if who.threshold is None}


def _tables(
    results: Results,
    name: str,
    scope: str,
    of: str,
    header: str,
    lines: Sequence[tuple[str, dict[tuple[str, Who], Estimate]]],
    measures: Sequence[str],
) -> list[Table]:
    naming = Naming(results)
    tables = []
    for measure in measures:
        found = {who: e for _, records in lines for (m, who), e in records.items() if m == measure}
        if not found:
            continue
        whos = ordered(found)
        footnotes = Footnotes()
        shown = [e for _, records in lines for (m, _), e in records.items() if m == measure]
        rows = [
            Row(
                cells=(
                    text_cell(label),
                    *(estimate_cell(records.get((measure, who)), footnotes) for who in whos),
                )
            )
            for label, records in lines
        ]
        means = {e.key: {measure: e} for e in shown if e.reader is None}
        label = MEASURES[measure].label
        tables.append(
            Table(
                name=f"{name}-{measure}",
                scope=scope,
                caption=f"{label} {of}",
                columns=(Column(header=header, kind="text"), *(Column(header=naming.header(who)) for who in whos)),
                rows=tuple(rows),
                note=" ".join(
                    part for part in (interval_note(shown), mean_note(means, (measure,), freedom=False)) if part
                ),
                footnotes=footnotes.lines,
            )
        )
    return tables
