"""Calls: when a result is positive, what is missing or indeterminate, and the tables against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readerstudy.checklist.facts import Facts
from readerstudy.checklist.model import (
    Answer,
    Line,
    Piece,
    count,
    figure,
    label,
    labels,
    line,
    of_paragraph,
    section,
    table,
)
from readerstudy.report import lesions
from readerstudy.report.conduct import plural
from readerstudy.report.definition import definition
from readerstudy.report.selection import COMPLETE, plan_of_missing

_RULES = {
    COMPLETE: "A case that an observer did not read or predict is left out for that observer (complete cases).",
    "worst": "A missing read counts as a wrong call.",
    "best": "A missing read counts as a right call.",
}
# So many tables against the truth are written out, of so many classes; more are in the figures.
_TABLES, _CLASSES, _NAMED = 4, 10, 12


def cutoffs(facts: Facts) -> Answer:
    """How a call is made in each task, and whether that was planned."""
    lines = []
    for task in facts.tasks:
        told = definition(facts.main, task) or lesions.definition(facts.main, task)
        if told is not None:
            lines.append(line(label(task), ": ", of_paragraph(told)))
    if not lines:
        return Answer(status="author")
    optimistic = [task for task, plan in facts.plans().items() if plan.get("thresholds") == "youden"]
    if optimistic:
        lines.append(line("Thresholds of ", labels(optimistic), " were chosen on the cases analysed: exploratory."))
    lines.append(_locked(facts))
    return Answer(
        status="confirm", lines=tuple(lines), places=tuple(section(f"Task: {name}") for name in facts.tasks[:3])
    )


def _locked(facts: Facts) -> Line:
    if facts.lock is None:
        return line("The protocol was not locked, so that what was fixed beforehand is the author's word.")
    changed = "tasks" in facts.lock["changed"] or "readers" in facts.lock["changed"]
    how = "have changed since" if changed else "have not changed since"
    day = count(facts.lock["date"], "protocol", "lock", "date")
    return line("The protocol was locked on ", day, f"; tasks and thresholds {how}.")


def indeterminate(facts: Facts) -> Answer:
    """Labels that count as not read, calls outside the classes, and cases without a truth."""
    lines: list[Line] = []
    for task, plan in facts.plans().items():
        if plan.get("missing"):
            lines.append(line(label(task), ": the labels ", labels(plan["missing"]), " count as not read."))
    if not lines:
        lines.append(line("The protocol names no label that counts as indeterminate; every call counts."))
    outside = [i for i, found in enumerate(facts.results.confusion) if "other" in found["columns"]]
    if outside:
        lines.append(line("A call outside the classes of a task counts as wrong, in a column “other”."))
    no_truth = [i for i, step in enumerate(facts.flow.get("excluded", ())) if step["reason"] == "no truth"]
    for i in no_truth:
        n = facts.flow["excluded"][i]["n"]
        lines.append(line("Cases without a truth, left out: ", count(n, "flow", "excluded", i, "n"), "."))
    ties = facts.plan("readers").get("ties")
    if ties and any(row["reader_kind"] == "consensus" for row in facts.rows("readers")):
        lines.append(line("Ties of the consensus are settled by the rule ", label(str(ties)), "."))
    return Answer(status="filled", lines=tuple(lines), places=(section("Study"), section("Statistical methods")))


def missing(facts: Facts) -> Answer:
    """The rule for missing reads, and how many there are."""
    rule = plan_of_missing(facts.results)
    lines = [line(_RULES.get(rule, f"Missing reads follow the rule {rule}."))]
    also = facts.plan("missing").get("also") or []
    if also:
        lines.append(line("Other rules stand beside it: ", labels(also), "."))
    lacking = [(i, row) for i, row in enumerate(facts.rows("readers")) if row["n_missing"]]
    if not lacking:
        lines.append(line("No read or prediction is missing."))
    else:
        parts: list[str | Piece] = []
        for i, row in lacking[:_NAMED]:
            parts += ["; " if parts else "Missing: ", label(row["reader"])]
            parts += [", ", label(row["modality"])] if row.get("modality") else []
            parts += [", ", label(row["task"])] if len(facts.tasks) > 1 else []
            parts += [": ", count(row["n_missing"], "tables", "readers", i, "n_missing")]
        more = len(lacking) - _NAMED
        lines.append(line(*parts, f"; and {more} more in the report" if more > 0 else "", "."))
    for i, step in enumerate(facts.flow.get("excluded", ())):
        n = count(step["n"], "flow", "excluded", i, "n")
        lines.append(line("Left out: ", n, " cases (", label(step["reason"]), ")."))
    if facts.plan("verification").get("correct"):
        lines.append(line("Accuracy is also corrected for cases whose truth was not verified (Begg and Greenes)."))
    return Answer(status="filled", lines=tuple(lines), places=(table("reads"), table("flow"), table("missing")))


def cross_tabulation(facts: Facts) -> Answer:
    """Calls against the truth: the models written out, the readers in figures and tables."""
    found = list(enumerate(facts.results.confusion))
    if not found:
        write = "There are scores and no calls. Show the scores by the truth: the ROC curves are made of them."
        return Answer(status="author", write=write)
    first = [(i, c) for i, c in found if c["reader_kind"] == "model"] or found
    first = [(i, c) for i, c in first if len(c["classes"]) <= _CLASSES and c.get("target") is None]
    lines = [_tabulated(facts, i, c) for i, c in first[:_TABLES]]
    left = len(found) - len(lines)
    if left:
        lines.append(line(f"{plural(left, 'further table')}: see the figures of confusion matrices."))
    return Answer(status="filled", lines=tuple(lines), places=(figure("Confusion matrices"),))


def _tabulated(facts: Facts, i: int, found: Mapping[str, Any]) -> Line:
    """One table: of each true class how the cases were called."""
    parts: list[str | Piece] = [label(found["task"]), ", ", label(found["reader"])]
    parts += [", ", label(found["modality"])] if found.get("modality") else []
    parts.append(". Truth and calls: ")
    for r, (name, row) in enumerate(zip(found["classes"], found["counts"], strict=True)):
        parts += ["; " if r else "", label(name), " called "]
        cells = [(c, column) for c, column in enumerate(found["columns"]) if row[c]]
        for position, (c, column) in enumerate(cells):
            parts += [", " if position else "", label(column), " (", count(row[c], "confusion", i, "counts", r, c), ")"]
        if not cells:
            parts.append("never, as there is none")
    return line(*parts, ".")


def failures(facts: Facts) -> Answer:
    """Where the calls of the models are wrong: their tables, and the list of errors where there is one."""
    listed = facts.rows("errors")
    models = [c for c in facts.results.confusion if c["reader_kind"] == "model"]
    if not models and not listed:
        return Answer(status="author")
    lines = list(cross_tabulation(facts).lines[:_TABLES]) if models else []
    if listed:
        lines.append(line(f"{plural(len(listed), 'wrong call')} listed in the report."))
    places = (figure("Confusion matrices"), table("errors"))
    if listed:
        return Answer(status="filled", lines=tuple(lines), places=places)
    write = "Describe typical errors with images, and what they would mean for patients."
    return Answer(status="confirm", lines=tuple(lines), write=write, places=places)
