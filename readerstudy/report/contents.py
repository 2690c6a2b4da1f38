"""What a report says, in order: the one place that decides it for HTML, PDF and the CSV tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

from readerstudy._version import __version__
from readerstudy.report import (
    agreement,
    appendix,
    cautions,
    characteristics,
    conduct,
    extent,
    further,
    matrix,
    methods,
    overview,
    performance,
    published,
    reading,
    subgroups,
)
from readerstudy.report.definition import definition
from readerstudy.report.document import Block, Document, Drawn, Figure, Section, numbered, paragraph
from readerstudy.report.extent import Extent
from readerstudy.report.tables import Table
from readerstudy.results import Results

# Beside the table of the cases, then in a task before its comparisons, with its agreement, and after everything.
_OF_CASES = ("flow",)
_FIRST = ("roc", "accuracy", "confusion")
_OF_AGREEMENT = ("agreement", "reader-case")
_LAST = ("embedding", "errors")


def build(results: Results, drawn: Sequence[Drawn]) -> Document:
    """The whole report, its tables and figures numbered.

    Parameters
    ----------
    results
        What the analysis found.
    drawn
        The figures, as `readerstudy.figures.draw` returns them.

    Returns
    -------
    Document
        The same content for every format.
    """
    study = results.protocol["study"]
    tasks = overview.tasks_of(results)
    classes = {task: _classes(results, task) for task in tasks}
    kept = Extent.of(
        tasks, (table for by_target in classes.values() for tables in by_target.values() for table in tables)
    )
    of_cases = [d for d in drawn if d.kind in _OF_CASES]
    rest = [d for d in drawn if d not in of_cases and d.task not in tasks]
    sections = [
        _section("Study", *conduct.design(results)),
        _section("Main results", *_main(results, tasks, kept)),
        _section("Warnings", cautions.cautions(results)),
        _section(
            "Cases and reads",
            overview.flow(results),
            overview.file_rows(results),
            *_figures(of_cases),
            *kept.printed([characteristics.characteristics(results)]),
            *kept.printed(overview.reads(results)),
            *kept.printed([reading.reading_times(results), reading.time_ratios(results)]),
        ),
    ]
    for task in tasks:
        of_task = [d for d in drawn if d.task == task and d not in of_cases]
        sections += _task(results, task, of_task, classes[task], kept)
    sections += [
        _section("As published, not recommended", *published.as_published(results)),
        _section("Further figures", *_figures(rest)),
    ]
    sections.append(
        _section("Further numbers", *kept.printed([further.numbers(results, _tables(sections, kept.annex))]))
    )
    kept.annex[:] = [dataclasses.replace(table, number=i) for i, table in enumerate(kept.annex, start=1)]
    shown = sum(isinstance(block, Figure) for section in sections for block in section.blocks)
    sections += [
        _section("Not printed here", *kept.account(len(drawn) - shown)),
        _section("Statistical methods", *methods.account(results), opens=True),
        _section("Protocol", appendix.protocol(results)),
        _section("Provenance", appendix.inputs(results)),
    ]
    return numbered(
        Document(
            title=study["title"],
            notice=study.get("notice"),
            sections=tuple(section for section in sections if section.blocks),
            version=__version__,
            annex=tuple(kept.annex),
        )
    )


def _section(title: str, *blocks: Block | None, level: Literal[2, 3] = 2, opens: bool = False) -> Section:
    return Section(title=title, blocks=tuple(block for block in blocks if block is not None), level=level, opens=opens)


def _tables(sections: Iterable[Section], annex: Iterable[Table]) -> list[Table]:
    return [*(b for section in sections for b in section.blocks if isinstance(b, Table)), *annex]


def _main(results: Results, tasks: Sequence[str], kept: Extent) -> list[Block | None]:
    """A sentence for each task, or for many tasks one table for each measure."""
    if kept.whole:
        return [overview.findings(results)]
    return list(kept.printed(matrix.by_task(results, tasks)))


def _classes(results: Results, task: str) -> dict[str, list[Table]]:
    """The tables of each class of a task that has numbers."""
    targets = dict.fromkeys(e.target for e in results.select(task=task) if e.target is not None)
    return {
        target: [
            table
            for table in (
                *performance.performances(results, task, target, extent.TABLE_ROWS),
                *_comparisons(results, task, target),
            )
            if table is not None
        ]
        for target in targets
    }


def _comparisons(results: Results, task: str, target: str | None) -> list[Table | None]:
    return [
        performance.auc_differences(results, task, target),
        performance.paired_differences(results, task, target),
        *subgroups.subgroups(results, task, target),
    ]


def _task(
    results: Results, task: str, drawn: Sequence[Drawn], classes: dict[str, list[Table]], kept: Extent
) -> list[Section]:
    """One task: its definition, its tables and figures, then a section for every class that has numbers."""
    figures = kept.figures(drawn)
    placed = (*_FIRST, *_OF_AGREEMENT, *_LAST)
    by_class = [] if kept.classes else matrix.by_class(results, task, list(classes))
    elsewhere = (
        paragraph("The tables of single classes are files: see “Not printed here”.")
        if classes and not kept.classes
        else None
    )
    sections = [
        _section(
            f"Task: {task}",
            definition(results, task),
            overview.classes(results, task),
            *kept.printed(performance.performances(results, task, None, extent.TABLE_ROWS)),
            *kept.printed([reading.folds(results, task)]),
            elsewhere,
            *kept.printed(by_class),
            *_figures([d for d in figures if d.kind in _FIRST], _FIRST),
            *_whole(results, task, kept),
            *_figures([d for d in figures if d.kind in _OF_AGREEMENT], _OF_AGREEMENT),
            *kept.printed([reading.errors(results, task)], when=kept.whole),
            *_figures([d for d in figures if d.kind in _LAST], _LAST),
            *_figures([d for d in figures if d.kind not in placed]),
            opens=kept.whole,
        )
    ]
    for target, tables in classes.items():
        sections.append(_section(f"{task}: {target}", *kept.printed(tables, when=kept.classes), level=3))
    return sections


def _whole(results: Results, task: str, kept: Extent) -> list[Table]:
    """Comparisons, subgroups and agreement of a task as a whole."""
    compared = _comparisons(results, task, None)
    kappas = agreement.pairs(results, task, None)
    readers = {name for table in kappas for name in (*table.headers, *(row.cells[0].text for row in table.rows))}
    return [
        *kept.printed(compared[: 2 + extent.SUBGROUP_TABLES], when=kept.whole),
        *kept.printed(compared[2 + extent.SUBGROUP_TABLES :], when=False),
        *kept.printed([agreement.with_truth(results, task, None)], when=kept.whole),
        *kept.printed([agreement.within_groups(results, task, None)], when=kept.whole),
        *kept.printed(kappas, when=kept.whole and len(readers) <= extent.TRIANGLE),
    ]


def _figures(drawn: Iterable[Drawn], order: Sequence[str] = ()) -> list[Figure]:
    """Figures in the order of their kinds."""
    kinds = list(order)
    return [Figure(drawn=d) for d in sorted(drawn, key=lambda d: kinds.index(d.kind) if kinds else 0)]
