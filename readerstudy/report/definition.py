"""What is asked in a task, which cases it has, and how a call is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from readerstudy.report.document import Paragraph, Span, label, names, paragraph
from readerstudy.report.people import probability
from readerstudy.report.performance import PERFORMANCE
from readerstudy.results import Results


def definition(results: Results, task: str) -> Paragraph | None:
    """The question of a task in one paragraph."""
    plan: Mapping[str, Any] | None = results.protocol.get("tasks", {}).get(task)
    if plan is None:
        return None
    parts = _restricted(plan) if plan.get("restrict") else _sides(plan)
    parts += [*_thresholds(results, task), *_class_thresholds(plan)]
    return paragraph(*parts) if parts else None


def _sides(plan: Mapping[str, Any]) -> list[str | Span]:
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
    return parts


def _restricted(plan: Mapping[str, Any]) -> list[str | Span]:
    """Which classes and cases a restricted task keeps, and what becomes of a call of another class."""
    kept = plan["restrict"]
    left_out = [name for name in plan.get("classes") or () if name not in kept]
    parts: list[str | Span] = ["Classes: ", *names(kept), ". The task keeps only the cases whose true class is one"]
    parts += [" of these, out of the classes of ", label(plan["from"]), "."] if plan.get("from") else [" of these."]
    if left_out:
        parts += [
            " A call of another class (", *names(left_out), ") counts as “other”: it is wrong for every case here, and "
            "has a column of its own in the confusion matrix.",
        ]  # fmt: skip
    return [
        *parts,
        " Probabilities are those of the classes kept, divided by their sum; a model that gives probabilities calls "
        "the most probable of them.",
    ]


def _thresholds(results: Results, task: str) -> list[str | Span]:
    """From which score on a model or a reader is positive."""
    parts: list[str | Span] = []
    for kind, who in (("model", "a model"), ("human", "a reader")):
        found = results.select(task=task, target=None, reader_kind=kind, versus=None, subgroup=None)
        thresholds = {e.threshold for e in found if e.measure in PERFORMANCE and math.isfinite(e.threshold)}
        if thresholds:
            known = " or ".join(f"{threshold:g}" for threshold in sorted(thresholds))
            parts.append(f" The score of {who} is called positive from {known} upwards.")
    return parts


def _class_thresholds(plan: Mapping[str, Any]) -> list[str | Span]:
    """The thresholds that classes have beside the most probable class."""
    thresholds = plan.get("thresholds")
    if not thresholds:
        return []
    said = " Beside the call of the most probable class, a model is judged with a threshold for each class"
    if not isinstance(thresholds, Mapping):
        return [
            f"{said}, chosen by Youden's index on the cases analysed here: what it gives is optimistic. One case can "
            "be called several classes, or none, by these thresholds."
        ]
    parts: list[str | Span] = [f"{said} that the protocol names: "]
    for position, (name, threshold) in enumerate(thresholds.items()):
        parts += [", " if position else "", label(name), f" from probability {probability(threshold)}"]
    return [*parts, ". One case can be called several classes, or none, by these thresholds."]
