"""Analyses made as a paper printed them although they do not fit the design, each beside the one that does."""

from __future__ import annotations

from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.measures import METHOD_NAMES
from readerstudy.report.document import Block, paragraph
from readerstudy.report.people import groups_of
from readerstudy.report.performance import alpha_of, interval_note, p_note
from readerstudy.report.tables import Column, Footnotes, Row, Table, estimate_cell, p_cell, text_cell
from readerstudy.results import Results

_WARNING = (
    "The rows marked “as published” repeat a comparison as papers have printed it. The model and the readers judged "
    "the same cases, but the test takes their calls as independent samples; its P value answers no question about "
    "these data and must not be quoted as a result. Beneath each such row stands the test that fits: the model "
    "against each reader of the group, case by case. Means of a group with their intervals, which take readers and "
    "cases as random, are in the table of performance of the task."
)


def is_published(e: Estimate) -> bool:
    """Whether a record repeats a published analysis."""
    return e.method == "as-published"


def as_published(results: Results) -> list[Block]:
    """The warning, then a table for each task and class; nothing where no such analysis was asked for."""
    found = [e for e in results.estimates if is_published(e)]
    scopes = dict.fromkeys((e.task, e.target) for e in found)
    tables = [_table(results, [e for e in found if (e.task, e.target) == scope]) for scope in scopes]
    return [paragraph(_WARNING), *tables] if tables else []


def _table(results: Results, found: list[Estimate]) -> Table:
    footnotes = Footnotes()
    # Readers without a group are all readers.
    groups = {e.reader: ALL_READERS for e in results.estimates if e.reader_kind == "human"} | groups_of(results)
    rows = []
    shown = []
    for e in found:
        fitting = [
            other
            for other in results.select(
                task=e.task, target=e.target, measure=e.measure, versus_kind="reader", subgroup=None
            )
            if other.reader == e.reader
            and groups.get(other.versus or "") == e.versus
            and (e.modality is None or other.modality == e.modality)
        ]
        shown += [e, *fitting]
        below = "" if fitting else "; what fits stands with the readers, one by one"
        rows.append(
            Row(
                cells=(
                    text_cell(f"{e.reader} − {e.versus}", "as published"),
                    estimate_cell(e, footnotes),
                    p_cell(e, alpha_of(results)),
                    text_cell("NOT RECOMMENDED", f"{_test(e)}, as if the cases were not the same{below}"),
                )
            )
        )
        for other in fitting:
            rows.append(
                Row(
                    cells=(
                        text_cell(f"{other.reader} − {other.versus}"),
                        estimate_cell(other, footnotes),
                        p_cell(other, alpha_of(results)),
                        text_cell("Fits the design", f"{_test(other)}, same cases"),
                    ),
                    inner=True,
                )
            )
    task, target = found[0].task, found[0].target
    scope = " ".join(part for part in (task, target) if part)
    return Table(
        name="as-published",
        scope=scope,
        caption=f"As published, not recommended: a model against a group of readers, {scope}",
        columns=(
            Column(header="Comparison", kind="text"),
            Column(header="Accuracy difference"),
            Column(header="P value", kind="p"),
            Column(header="What to make of it", kind="text"),
        ),
        rows=tuple(rows),
        note=f"{interval_note(shown)} {p_note(shown)}".strip(),
        footnotes=footnotes.lines,
        fixed=True,
    )


def _test(e: Estimate) -> str:
    name = METHOD_NAMES.get(e.test_method or "")
    return f"{name} test" if name else "no test"
