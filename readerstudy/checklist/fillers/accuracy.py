"""The estimates of accuracy: of models, of the mean of the readers, and of the endpoints."""

from __future__ import annotations

from collections.abc import Sequence

from readerstudy.checklist.facts import Facts, defined, said
from readerstudy.checklist.fillers.comparisons import endpoint_lines
from readerstudy.checklist.fillers.variability import subgroup_lines
from readerstudy.checklist.model import (
    Answer,
    Line,
    Piece,
    figure,
    label,
    labels,
    line,
    number,
    of_paragraph,
    section,
    table,
)
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.report import cautions, overview
from readerstudy.report.conduct import plural

MEASURES = (
    "auc", "sensitivity", "specificity", "accuracy", "wafroc", "wafroc1", "afroc", "afroc1", "alroc", "hr_auc",
    "froc_area",
)  # fmt: skip
# So many tasks, and models of a task, are written out; more are in the report.
_TASKS, _MODELS, _WARNINGS = 4, 3, 6
_MAIN = section("Main results")


def estimates(facts: Facts) -> Answer:
    """The endpoints, then for each task the models and the mean of the readers."""
    lines = [*endpoint_lines(facts), *_by_task(facts)]
    if not lines:
        return Answer(status="author", write="No estimate of a whole task is defined; see the notes in the report.")
    return Answer(status="filled", lines=tuple(lines), places=(_MAIN, table("performance"), figure("ROC curves")))


def performance(facts: Facts) -> Answer:
    """The same, with the accuracy in subgroups."""
    found = estimates(facts)
    if found.status != "filled":
        return found
    subgroups = subgroup_lines(facts)
    asked = bool(facts.plan("subgroups").get("columns"))
    none = line("No accuracy by subgroup is defined." if asked else "The protocol names no subgroups.")
    return Answer(
        status="confirm" if asked and not subgroups else "filled",
        lines=(*found.lines, *(subgroups or [none])),
        places=(*found.places, table("subgroups")),
    )


def standalone(facts: Facts) -> Answer:
    """The models alone."""
    lines = tuple(_by_task(facts, models_only=True))
    return Answer(status="filled" if lines else "author", lines=lines, places=(table("performance"),))


def _by_task(facts: Facts, *, models_only: bool = False) -> list[Line]:
    found = defined(facts.whole(MEASURES))
    lines = []
    for task in facts.tasks[:_TASKS]:
        of_task = [e for e in found if e.task == task]
        observers: dict[tuple[str | None, str | None, str | None], list[Estimate]] = {}
        for e in of_task:
            if e.reader_kind == "model" or (not models_only and _is_panel(facts, e, of_task)):
                observers.setdefault((e.reader, e.reader_group, e.modality), []).append(e)
        models = [who for who, records in observers.items() if records[0].reader_kind == "model"]
        shown = [*models[:_MODELS], *(who for who in observers if who not in models)]
        lines += [_observer(facts, task, observers[who]) for who in shown]
        if len(models) > _MODELS:
            lines.append(line(label(task), f": {plural(len(models) - _MODELS, 'further model')}: see the report."))
    if lines and len(facts.tasks) > _TASKS:
        lines.append(line(f"{plural(len(facts.tasks) - _TASKS, 'further task')}: see the report."))
    return lines


def _is_panel(facts: Facts, e: Estimate, of_task: Sequence[Estimate]) -> bool:
    """A mean of readers; of a single reader their own number, as the mean of one has no interval."""
    return e.reader_kind == "human" and e.reader is not None if len(facts.readers) == 1 else _is_mean(e, of_task)


def _is_mean(e: Estimate, of_task: Sequence[Estimate]) -> bool:
    """A mean over all readers, or of every group where there is none over all."""
    over_all = any(other.reader is None and other.reader_group == ALL_READERS for other in of_task)
    return e.reader is None and (not over_all or e.reader_group == ALL_READERS)


def _observer(facts: Facts, task: str, records: Sequence[Estimate]) -> Line:
    parts: list[str | Piece | Line] = [label(task), ", ", facts.who(records[0]), ": "]
    for position, e in enumerate(sorted(records, key=lambda e: MEASURES.index(e.measure))):
        parts += ["; " if position else "", f"{said(e.measure)} ", number(e)]
    return line(*parts, ".")


def abstract(facts: Facts) -> Answer:
    """The findings of the first page, which an abstract takes its numbers from."""
    found = overview.findings(facts.main)
    lines = endpoint_lines(facts)
    if not lines and found is not None:
        lines = [of_paragraph(item) for item in found.items[:_TASKS]]
    return Answer(status="confirm" if lines else "author", lines=tuple(lines), places=(_MAIN,))


def measures_named(facts: Facts) -> Answer:
    """The measures of accuracy that title or abstract can name."""
    names = list(dict.fromkeys(said(e.measure) for e in defined(facts.whole(MEASURES))))
    if not names:
        return Answer(status="author")
    return Answer(status="confirm", lines=(line("Measures of accuracy of this study: ", ", ".join(names), "."),))


def limitations(facts: Facts) -> Answer:
    """The warnings of the analysis."""
    found = cautions.cautions(facts.results)
    items = () if found is None else found.items
    lines = [of_paragraph(item) for item in items[:_WARNINGS]]
    if len(items) > _WARNINGS:
        lines.append(line(f"{plural(len(items) - _WARNINGS, 'further warning')}: see the report."))
    voters = facts.plan("readers").get("truth_from") or ()
    if voters:
        lines.append(line("The truth rests on the votes of ", labels(voters), "."))
    if not lines:
        return Answer(status="author")
    return Answer(status="confirm", lines=tuple(lines), places=(section("Warnings"),))
