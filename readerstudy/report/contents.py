"""What a report says, in order: the one place that decides it for HTML, PDF and the CSV tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from readerstudy._version import __version__
from readerstudy.report import (
    appendix,
    cautions,
    characteristics,
    conduct,
    endpoints,
    further,
    matrix,
    methods,
    of_task,
    overview,
    published,
    reading,
    saliency,
    selection,
)
from readerstudy.report.document import Block, Document, Drawn, Figure, Listing, Section, numbered
from readerstudy.report.extent import Extent
from readerstudy.report.of_task import figures, section
from readerstudy.report.tables import Table
from readerstudy.results import Results

# Beside the table of the cases, and with the main results where it belongs to no task.
_OF_CASES = ("flow",)
_OF_MAIN = ("forest",)


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
    # The usual tables print one number of each kind; those of their own show the others beside it.
    results = selection.indexed(results)
    main = selection.main(results)
    classes = {task: of_task.classes(main, task) for task in tasks}
    kept = Extent.of(
        tasks, (table for by_target in classes.values() for tables in by_target.values() for table in tables)
    )
    of_cases = [d for d in drawn if d.kind in _OF_CASES]
    rest = [d for d in drawn if d not in of_cases and d.task not in tasks]
    of_main = [d for d in rest if d.kind in _OF_MAIN]
    rest = [d for d in rest if d not in of_main]
    sections = [
        section("Study", *conduct.design(results)),
        section("Main results", *_main(results, main, tasks, kept), *figures(of_main)),
        section("Warnings", cautions.cautions(results)),
        section(
            "Cases and reads",
            overview.flow(results),
            overview.file_rows(results),
            *figures(of_cases),
            *kept.printed([characteristics.characteristics(results)]),
            *kept.printed(overview.reads(results)),
            *kept.printed([reading.reading_times(results), reading.time_ratios(main)]),
        ),
    ]
    for task in tasks:
        own = [d for d in drawn if d.task == task and d not in of_cases]
        sections += of_task.sections(results, main, task, own, classes[task], kept)
    sections += [
        section("As published, not recommended", *published.as_published(main)),
        section("Further figures", *figures(rest)),
    ]
    sections.append(
        section("Further numbers", *kept.printed([further.numbers(results, _tables(sections, kept.annex))]))
    )
    kept.annex[:] = [dataclasses.replace(table, number=i) for i, table in enumerate(kept.annex, start=1)]
    shown = sum(isinstance(block, Figure) for one in sections for block in one.blocks)
    sections += [
        section("Not printed here", *kept.account(len(drawn) - shown)),
        section("Statistical methods", *methods.account(results), opens=True),
        section("Protocol", appendix.protocol(results)),
        section("Provenance", appendix.inputs(results)),
    ]
    return numbered(
        Document(
            title=study["title"],
            notice=saliency.notice(results),
            sections=tuple(one for one in sections if one.blocks),
            version=__version__,
            annex=tuple(kept.annex),
        )
    )


def _tables(sections: Iterable[Section], annex: Iterable[Table]) -> list[Table]:
    return [*(b for one in sections for b in one.blocks if isinstance(b, Table)), *annex]


def _main(results: Results, main: Results, tasks: Sequence[str], kept: Extent) -> list[Block | None]:
    """The primary endpoints, a sentence for each task or for many tasks tables, and all endpoints."""
    first = tuple(endpoints.sentences(results))
    found = overview.findings(main) if kept.whole else None
    items = (*first, *(found.items if found else ()))
    return [
        Listing(items=items, kind="findings") if items else None,
        *([] if kept.whole else kept.printed(matrix.by_task(main, tasks))),
        *kept.printed([endpoints.table(results)]),
        endpoints.standing(results),
    ]
