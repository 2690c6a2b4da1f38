"""What is compared: the endpoints with their verdicts, the modalities, and reader by reader."""

from __future__ import annotations

import math

from readerstudy.checklist.facts import Facts, defined, said
from readerstudy.checklist.fillers.plan import compared
from readerstudy.checklist.model import Answer, Line, Piece, count, label, line, number, p_value, section, table
from readerstudy.estimate import ALL_READERS
from readerstudy.report.conduct import plural

_MEASURES = ("auc", "sensitivity", "specificity", "accuracy", "wafroc", "wafroc1", "afroc", "alroc", "hr_auc")
_FIRST = ("auc", "wafroc", "wafroc1", "afroc", "alroc", "hr_auc", "accuracy")
_DIFFERENCES = tuple(f"{name}_difference" for name in _MEASURES)
_MOST = 24


def endpoint_lines(facts: Facts) -> list[Line]:
    """Each endpoint with its number, test and verdict."""
    lines = []
    for row in facts.rows("endpoints"):
        e = facts.results.by_key.get(row.get("key") or "")
        parts: list[str | Piece | Line] = [label(row["name"]), f" ({row['role']} endpoint): "]
        if e is None:
            lines.append(line(*parts, "no number answers it."))
            continue
        parts += [f"{said(e.measure)}, ", compared(facts, e), ", ", number(e)]
        if math.isfinite(e.p_value):
            parts += ["; ", p_value(e, facts.alpha)]
        lines.append(line(*parts, f": {e.verdict or 'no verdict'}."))
    return lines


def endpoint_results(facts: Facts) -> Answer:
    """The endpoints; why a margin matters the author knows."""
    lines = endpoint_lines(facts)
    if not lines:
        write = "The protocol names no endpoint. Name endpoints, hypotheses and margins, and why the margins matter."
        return Answer(status="author", write=write)
    places = (table("endpoints"), section("Main results"))
    return Answer(status="confirm", lines=tuple(lines), write="Say why each margin or goal matters.", places=places)


def means(facts: Facts) -> Answer:
    """The mean of the readers in each modality, and the difference of modalities or from the model."""
    found = [e for e in defined(facts.whole(_MEASURES)) if e.reader is None and e.reader_kind == "human"]
    over_all = [e for e in found if e.reader_group == ALL_READERS]
    found = over_all or found
    if not found or len(facts.readers) == 1:
        write = "No mean of several readers was computed. Give the readers' results and why there is no mean."
        return Answer(status="author", write=write)
    differences = [e for e in defined(facts.compared("modality", _DIFFERENCES)) if e.reader is None]
    differences += [e for e in defined(facts.compared("group", _DIFFERENCES)) if e.random == "readers and cases"]
    by_measure = [[e for e in (*found, *differences) if e.measure in (name, f"{name}_difference")] for name in _FIRST]
    shown = [e for task in facts.tasks for records in by_measure for e in records if e.task == task][:_MOST]
    lines = []
    for e in shown:
        whose = compared(facts, e) if e.versus is not None else facts.who(e)
        parts: list[str | Piece | Line] = [label(e.task or ""), ", ", whose, f": {said(e.measure)} ", number(e)]
        if e.versus is not None and math.isfinite(e.p_value):
            parts += ["; ", p_value(e, facts.alpha)]
        lines.append(line(*parts, "."))
    if any(e.measure == "sensitivity" for e in found):
        lines.append(line("Sensitivity and specificity stand beside them in the report."))
    places = (table("performance"), table("modalities"), table("model-groups"))
    return Answer(status="filled", lines=tuple(lines), places=places)


def each_reader(facts: Facts) -> Answer:
    """Each reader in each modality, by the first measure of each task."""
    found = [e for e in facts.whole(_MEASURES) if e.reader is not None and e.reader_kind == "human"]
    found = defined(found)
    told: list[Line] = []
    left, room = 0, _MOST
    for task in facts.tasks:
        of_task = [e for e in found if e.task == task]
        first = next((name for name in _FIRST if any(e.measure == name for e in of_task)), None)
        records = [e for e in of_task if e.measure == first]
        shown, left = records[:room], left + len(records[room:])
        room -= len(shown)
        parts: list[str | Piece | Line] = []
        for e in shown:
            opening: Line = line(label(task), f", {said(e.measure)}: ")
            parts += [opening if not parts else "; ", facts.who(e), ": ", number(e)]
        if parts:
            told.append(line(*parts, "."))
    if not told:
        return Answer(status="author")
    if left:
        told.append(line(f"{plural(left, 'further number')}: see the report."))
    if any(row["n_missing"] for row in facts.rows("readers")):
        told.append(line(_unread(facts)))
    return Answer(status="filled", lines=tuple(told), places=(table("performance"), table("reads")))


def _unread(facts: Facts) -> Line:
    parts: list[str | Piece] = []
    for i, row in enumerate(facts.rows("readers")):
        if row["n_missing"] and row["reader_kind"] == "human" and len(parts) < 4 * _MOST:
            parts += ["; " if parts else "Not read: ", label(row["reader"])]
            parts += [", ", label(row["modality"])] if row.get("modality") else []
            parts += [": ", count(row["n_missing"], "tables", "readers", i, "n_missing")]
    return line(*parts, "." if parts else "")
