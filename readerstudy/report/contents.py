"""What a report says, in order: the one place that decides it for HTML, PDF and the CSV tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from readerstudy._version import __version__
from readerstudy.report import agreement, appendix, methods, overview, performance
from readerstudy.report.document import (
    Block,
    Document,
    Drawn,
    Figure,
    Paragraph,
    Section,
    Span,
    label,
    names,
    numbered,
    paragraph,
)
from readerstudy.results import Results


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
    sections = [
        _section("Study", overview.design(results)),
        _section("Main results", overview.findings(results)),
        _section("Warnings", overview.cautions(results)),
        _section("Cases and reads", overview.flow(results), overview.reads(results)),
    ]
    for task in tasks:
        sections += _task(results, task, [d for d in drawn if d.task == task])
    sections.append(_section("Further figures", *(Figure(drawn=d) for d in drawn if d.task not in tasks)))
    sections.append(_section("Statistical methods", *methods.account(results), opens=True))
    sections.append(_section("Protocol", appendix.protocol(results)))
    sections.append(_section("Provenance", appendix.inputs(results)))
    return numbered(
        Document(
            title=study["title"],
            notice=study.get("notice"),
            sections=tuple(section for section in sections if section.blocks),
            version=__version__,
        )
    )


def _section(title: str, *blocks: Block | None, level: Literal[2, 3] = 2, opens: bool = False) -> Section:
    return Section(title=title, blocks=tuple(block for block in blocks if block is not None), level=level, opens=opens)


def _task(results: Results, task: str, drawn: Sequence[Drawn]) -> list[Section]:
    """One task: its definition, its tables and figures, then a section for every class that has numbers."""
    sections = [
        _section(
            f"Task: {task}",
            _definition(results, task),
            overview.classes(results, task),
            performance.performance(results, task, None),
            *(Figure(drawn=d) for d in drawn),
            *_comparisons(results, task, None),
            opens=True,
        )
    ]
    targets = dict.fromkeys(e.target for e in results.select(task=task) if e.target is not None)
    for target in targets:
        sections.append(
            _section(
                f"{task}: {target}",
                performance.performance(results, task, target),
                *_comparisons(results, task, target),
                level=3,
            )
        )
    return sections


def _comparisons(results: Results, task: str, target: str | None) -> list[Block | None]:
    return [
        performance.auc_differences(results, task, target),
        performance.paired_differences(results, task, target),
        *agreement.agreement(results, task, target),
    ]


def _definition(results: Results, task: str) -> Paragraph | None:
    """What is asked in a task, and how a call is made from a score."""
    plan = results.protocol.get("tasks", {}).get(task)
    if plan is None:
        return None
    parts: list[str | Span] = []
    if plan.get("positive"):
        parts += ["Positive: ", *names(plan["positive"]), "."]
        rest = [name for name in plan.get("classes") or () if name not in plan["positive"]]
        if rest:
            parts += [" Negative: ", *names(rest), "."]
    elif plan.get("classes"):
        parts += ["Classes: ", *names(plan["classes"]), "."]
    if plan.get("from"):
        parts += [" The task groups the classes of ", label(plan["from"]), "."]
    for kind, who in (("model", "a model"), ("human", "a reader")):
        thresholds = {e.threshold for e in results.select(task=task, reader_kind=kind) if math.isfinite(e.threshold)}
        if thresholds:
            known = " or ".join(f"{threshold:g}" for threshold in sorted(thresholds))
            parts.append(f" The score of {who} is called positive from {known} upwards.")
    return paragraph(*parts) if parts else None
