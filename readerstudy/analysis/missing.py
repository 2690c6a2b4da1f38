"""What would have been found if the cases that somebody did not read had been called wrongly, or rightly."""

from __future__ import annotations

from readerstudy.analysis import comparisons, performance
from readerstudy.analysis.findings import Findings
from readerstudy.analysis.means import means
from readerstudy.analysis.observers import Observer, between_modalities, pairs
from readerstudy.analysis.panel import panel
from readerstudy.task import Task


def completed(found: Findings, task: Task, everyone: list[Observer], rule: str) -> list[Observer]:
    """Everyone with their missing reads filled by a rule; a warning where missing reads are too many to be missing."""
    for one in everyone:
        in_task = one.truth >= 0 if one.given is None else (one.truth >= 0) & one.given
        n, n_unread = int(in_task.sum()), int((in_task & ~one.read).sum())
        if one.kind != "consensus" and rule != "complete-case" and n_unread and not one.unread().any():
            found.warn(
                f"Task {task.name}: {one.name} read {n - n_unread} of {n} cases. The others are taken as not assigned, "
                "and the rules for missing reads leave them out."
            )
    return [one.completed(rule, len(task.classes)) for one in everyone]


def other_rules(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Performance, means and comparisons by the other rules of the protocol, of those who missed cases."""
    n_missing = sum(int(one.unread().sum()) for one in everyone)
    if n_missing and not found.plan.also:
        left_out = "left out" if found.missing is None else f"taken by the rule “{found.missing}”"
        found.warn(
            f"Task {task.name}: {n_missing} reads or predictions are missing and {left_out}. "
            'also = ["worst", "best"] in [missing] of the protocol shows what they could change.'
        )
    partial = {(one.name, one.kind, one.modality) for one in everyone if one.unread().any()}
    if not partial:
        return
    for rule in found.plan.also:
        view = found.under(rule)
        filled = [one.completed(rule, len(task.classes)) for one in everyone]
        changed = [one for one in filled if (one.name, one.kind, one.modality) in partial]
        for one in changed:
            performance.performance(view, task, one)
            performance.areas(view, task, one, curves=False)
        if any(one.kind == "human" for one in changed):
            means(view, task, filled)
        for one, other in [*pairs(filled), *between_modalities(filled, found.study.reference)]:
            touched = any(who in changed for who in (one, other))
            if touched and (one.kind == "model" or one.name == other.name):
                comparisons.differences(view, task, one, other)
        panel(view, task, filled)
