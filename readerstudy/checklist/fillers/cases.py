"""Which cases came in, which were left out, and what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readerstudy.checklist.facts import Facts
from readerstudy.checklist.model import (
    Answer,
    Line,
    Piece,
    Place,
    count,
    counted,
    figure,
    label,
    labels,
    line,
    section,
    table,
)

_CASES = section("Cases and reads")
_FLOW = (table("flow"), figure("Flow"), _CASES)
_FILES = {"preds": "predictions", "mark_reads": "reads of the marks"}
# Classes of more tasks, and more classes, are in the report only.
_TASKS, _CLASSES = 4, 20


def flow(facts: Facts) -> Answer:
    """How many cases came in, were left out and were analysed."""
    return Answer(status="filled", lines=(_came(facts), _left_out(facts), _analysed(facts)), places=_FLOW)


def flow_and_outcome(facts: Facts) -> Answer:
    """The same, with how many have the outcome."""
    lines = (_came(facts), _left_out(facts), _analysed(facts), *_classes(facts))
    return Answer(status="filled", lines=lines, places=(*_FLOW, table("classes")))


def numbers(facts: Facts) -> Answer:
    """Cases and positive cases of each task, and how many each observer read."""
    lines = [_analysed(facts), *_classes(facts)]
    return Answer(status="filled", lines=tuple(lines), places=(table("classes"), table("reads"), _CASES))


def _came(facts: Facts) -> Line:
    parts: list[str | Piece | Line] = []
    for role, n in facts.flow.get("cases", {}).items():
        if n is not None:
            parts += ["; " if parts else "", counted(n, "case", "cases", "flow", "cases", role)]
            parts.append(f" in the file of {_FILES.get(role, role)}")
    return line(*parts, ".")


def _left_out(facts: Facts) -> Line:
    parts: list[str | Piece] = []
    for i, step in enumerate(facts.flow.get("excluded", ())):
        parts += ["; " if parts else "Left out: "]
        parts += [count(step["n"], "flow", "excluded", i, "n"), " (", label(step["reason"]), ")"]
    return line(*parts, ".") if parts else line("No case was left out.")


def _analysed(facts: Facts) -> Line:
    flow = facts.flow
    parts: list[str | Line] = ["Analysed: ", counted(flow["n_cases"], "case", "cases", "flow", "n_cases")]
    if flow.get("n_patients") is not None:
        parts += [" of ", counted(flow["n_patients"], "patient", "patients", "flow", "n_patients")]
    return line(*parts, ".")


def _classes(facts: Facts) -> list[Line]:
    """The classes of each task with their numbers, the positive ones told apart."""
    lines = []
    for task in facts.tasks[:_TASKS]:
        entries = [(i, row) for i, row in enumerate(facts.rows("classes")) if row["task"] == task]
        sides = {row.get("positive") for _, row in entries} - {None}
        parts: list[str | Piece | Line] = [label(task), ", "]
        if sides:
            positive = [entry for entry in entries if entry[1]["positive"]]
            negative = [entry for entry in entries if not entry[1]["positive"]]
            parts += ["positive: ", _listed(positive), "; negative: ", _listed(negative)]
        else:
            parts += ["classes: ", _listed(entries)]
        if entries:
            lines.append(line(*parts, "."))
    return lines


def _listed(entries: list[tuple[int, Mapping[str, Any]]]) -> Line:
    parts: list[str | Piece] = []
    for i, row in entries[:_CLASSES]:
        n = count(row["n_cases"], "tables", "classes", i, "n_cases")
        parts += [", " if parts else "", label(row["class"]), " (", n, ")"]
    more = len(entries) - _CLASSES
    return line(*parts, f" and {more} further classes" if more > 0 else "")


def eligibility(facts: Facts) -> Answer:
    """What the analysis itself left out; by which criteria cases were chosen the author knows."""
    return Answer(status="confirm", lines=(_left_out(facts), _analysed(facts)), places=_FLOW)


def validated(facts: Facts) -> Answer:
    """What was checked in the files."""
    entries = facts.flow.get("rows") or []
    if not entries:
        return Answer(status="author")
    parts: list[str | Piece] = []
    for i, row in enumerate(entries):
        parts += ["; " if parts else "Rows of the files, checked for labels, ids and repeats: "]
        parts += [f"{_FILES.get(row['file'], row['file'])} ", count(row["rows"], "flow", "rows", i, "rows")]
        for name, what in (("empty", "empty"), ("duplicates", "repeated")):
            if row.get(name):
                parts += [", ", count(row[name], "flow", "rows", i, name), f" {what}"]
    return Answer(status="confirm", lines=(line(*parts, "."),), places=(table("rows"), _CASES))


def characteristics(facts: Facts) -> Answer:
    """Which characteristics the report has a table of."""
    told = _described(facts)
    if told is None:
        return Answer(status="author")
    return Answer(status="confirm", lines=(told,), places=(table("characteristics"), _CASES))


def _described(facts: Facts) -> Line | None:
    names = list(dict.fromkeys(str(row["variable"]) for row in facts.rows("characteristics")))
    if not names:
        return None
    by = facts.plan("characteristics").get("by")
    parts: list[str | Piece | Line] = ["Described are ", labels(names)]
    if by:
        parts += [", by ", label(str(by))]
    return line(*parts, ".")


def case_mix(facts: Facts) -> Answer:
    """Classes, characteristics and the level of prevalence that the protocol names."""
    lines = _classes(facts)
    told = _described(facts)
    if told is not None:
        lines.append(told)
    for task, plan in facts.plans().items():
        if plan.get("prevalence") is not None:
            prevalence = count(plan["prevalence"], "protocol", "tasks", task, "prevalence")
            lines.append(
                line("Predictive values of ", label(task), " are also given at a prevalence of ", prevalence, ".")
            )
    places: tuple[Place, ...] = (table("classes"), table("characteristics"), _CASES)
    return Answer(status="confirm" if lines else "author", lines=tuple(lines), places=places)


def class_imbalance(facts: Facts) -> Answer:
    """How many cases each class has; what was done about it in training the author knows."""
    lines = _classes(facts)
    return Answer(status="confirm" if lines else "author", lines=tuple(lines), places=(table("classes"),))


def severity(facts: Facts) -> Answer:
    """The kinds of disease on the positive side, which are no grades of severity."""
    lines = _of_side(facts, positive=True)
    write = "These are kinds of the condition. Give its stage, size or grade, too."
    return Answer(
        status="confirm" if lines else "author", lines=lines, write=write if lines else None, places=_mix(lines)
    )


def alternatives(facts: Facts) -> Answer:
    """The diagnoses on the negative side."""
    lines = _of_side(facts, positive=False)
    return Answer(status="filled" if lines else "author", lines=lines, places=_mix(lines))


def _mix(lines: tuple[Line, ...]) -> tuple[Place, ...]:
    return (table("classes"),) if lines else ()


def _of_side(facts: Facts, *, positive: bool) -> tuple[Line, ...]:
    """The classes of one side of each binary task, where it has several: its own, or those that it groups."""
    lines = []
    for task in facts.tasks[:_TASKS]:
        plan = facts.plans().get(task, {})
        grouped = plan.get("from") if plan.get("positive") else None
        rows = [
            (i, row)
            for i, row in enumerate(facts.rows("classes"))
            if row["task"] == (grouped or task)
            and (((row["class"] in plan["positive"]) if grouped else row.get("positive")) is positive)
        ]
        if len(rows) > 1:
            lines.append(line(label(task), ": ", _listed(rows), "."))
    return tuple(lines)
