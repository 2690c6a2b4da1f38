"""Who read what, in which arms, and how the truth was made."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from readerstudy import text
from readerstudy.checklist.facts import Facts
from readerstudy.checklist.model import (
    Answer,
    Line,
    Piece,
    count,
    counted,
    label,
    labels,
    line,
    of_paragraph,
    section,
    table,
)
from readerstudy.report import conduct
from readerstudy.report.conduct import plural
from readerstudy.report.people import readers_plan

_STUDY = section("Study")
# Of more readers than this the report's table tells.
_NAMED = 12


def index_tests(facts: Facts) -> Answer:
    """Readers, models and modalities by name."""
    told = conduct.design(facts.results)
    return Answer(status="confirm", lines=tuple(map(of_paragraph, told[:1])), places=(_STUDY,))


def arms(facts: Facts) -> Answer:
    """The modalities that are compared, and with which."""
    if len(facts.modalities) < 2:
        write = (
            "The readers read in one modality, so that results.json holds no second arm. Say what it is compared with."
        )
        return Answer(status="author", write=write)
    parts: list[str | Piece | Line] = ["Readings were made in ", labels(facts.modalities)]
    reference = readers_plan(facts.results).get("reference")
    if reference:
        parts += ["; the others are compared with ", label(str(reference))]
    return Answer(status="confirm", lines=(line(*parts, "."),), places=(_STUDY,))


def crossing(facts: Facts) -> Answer:
    """Whether every reader read every case in every modality, from the table of reads."""
    human = [(i, row) for i, row in enumerate(facts.rows("readers")) if row["reader_kind"] == "human"]
    if not human:
        return Answer(status="author")
    arms_of: dict[tuple[str, str], set[str | None]] = {}
    for _, row in human:
        arms_of.setdefault((row["task"], row["reader"]), set()).add(row.get("modality"))
    everywhere = len({frozenset(found) for found in arms_of.values()}) == 1
    partly = [(i, row) for i, row in human if row["n_missing"]]
    if everywhere and not partly:
        told = line("Every reader read every case", " in every modality." if len(facts.modalities) > 1 else ".")
        return Answer(status="filled", lines=(told,), places=(table("reads"),))
    lines: list[Line] = [] if everywhere else [line("Not every reader read in every modality.")]
    for i, row in partly[:_NAMED]:
        lines.append(_read(facts, i, row))
    if len(partly) > _NAMED:
        lines.append(line(f"{plural(len(partly) - _NAMED, 'further row')}: see the report."))
    return Answer(status="confirm", lines=tuple(lines), places=(table("reads"),))


def _read(facts: Facts, i: int, row: Mapping[str, Any]) -> Line:
    """How many cases one reader read and did not read."""
    place = ("tables", "readers", i)
    parts: list[str | Piece] = [label(row["reader"])]
    if row.get("reader_group"):
        parts += [" (", label(row["reader_group"]), ")"]
    if len(facts.modalities) > 1 and row.get("modality"):
        parts += [", ", label(row["modality"])]
    if len(facts.tasks) > 1:
        parts += [", ", label(row["task"])]
    parts += [": ", count(row["n_read"], *place, "n_read"), " read"]
    if row["n_missing"]:
        parts += [", ", count(row["n_missing"], *place, "n_missing"), " not read"]
    return line(*parts, ".")


def washout(facts: Facts) -> Answer:
    """The days between two readings of a case, where the reads have dates."""
    duplicates = readers_plan(facts.results).get("duplicates")
    dropped = any(row.get("duplicates") for row in facts.flow.get("rows") or ())
    if len(facts.modalities) < 2 and duplicates != "repeat" and not dropped:
        return Answer(status="not applicable", lines=(line("No reader read a case twice."),))
    rows = facts.rows("washout")
    if not rows:
        told = line("No days between two readings are known (column read_date), so that the washout is not checked.")
        return Answer(status="author", lines=(told,))
    lines = [_apart(i, row) for i, row in enumerate(rows[:_NAMED])]
    if len(rows) > _NAMED:
        lines.append(line(f"{plural(len(rows) - _NAMED, 'further row')}: see results.json."))
    within = dropped or duplicates == "repeat"
    if within:
        lines.append(line("Two readings of a case in one modality are not checked."))
    short = any(row["n_under_four_weeks"] for row in rows)
    lines.append(
        line("Not all readings were four weeks apart." if short else "All of these are four weeks apart or more.")
    )
    dated = {row["reader"] for row in rows}
    left = [reader for reader in facts.readers if reader not in dated]
    if left:
        lines.append(line("No dates of two readings are known of ", labels(left), "."))
    partly = [reader for reader in facts.readers if reader in dated and not _all_dated(facts, reader)]
    if partly:
        lines.append(line("Dates of two readings are not known of every case that was read by ", labels(partly), "."))
    write = "Say why some readings were closer, and what it may have done." if short else None
    open_ = short or left or partly or within
    return Answer(status="confirm" if open_ else "filled", lines=tuple(lines), write=write)


def _all_dated(facts: Facts, reader: str) -> bool:
    """Whether a reader's dates cover all cases that were read in every two of the modalities they read in."""
    read: dict[str | None, int] = {}
    for row in facts.rows("readers"):
        if row["reader"] == reader and row["reader_kind"] == "human":
            read[row["modality"]] = max(read.get(row["modality"], 0), row["n_read"])
    dated = {
        frozenset((row["modality"], row["versus"])): row["n"]
        for row in facts.rows("washout")
        if row["reader"] == reader
    }
    return all(
        dated.get(frozenset(two), 0) >= min(read[name] for name in two) for two in itertools.combinations(read, 2)
    )


def _apart(i: int, row: Mapping[str, Any]) -> Line:
    """The least number of days between two readings of a case by one reader."""
    place = ("tables", "washout", i)
    parts: list[str | Piece] = [label(row["reader"]), ", ", label(row["modality"]), " and ", label(row["versus"])]
    parts += [": least ", count(row["least_days"], *place, "least_days"), " days, over ", count(row["n"], *place, "n")]
    parts += [" cases; under 28 days: ", count(row["n_under_four_weeks"], *place, "n_under_four_weeks")]
    return line(*parts, ".")


def reading_times(facts: Facts) -> Answer:
    """How long the readers took, where it was measured."""
    lines = []
    for i, row in enumerate(facts.rows("reading_times")[:_NAMED]):
        if row["median"] is not None:
            place = ("tables", "reading_times", i)
            shown = text.fixed(row["median"], 1)
            parts: list[str | Piece] = [label(row["reader"])]
            parts += [", ", label(row["modality"])] if row.get("modality") else []
            median = Piece(text=shown, kind="number", pointer=count(None, *place, "median").pointer)
            lines.append(line(*parts, ": median time ", median, "."))
    return Answer(status="confirm" if lines else "author", lines=tuple(lines), places=(table("reading-times"),))


def reader_table(facts: Facts) -> Answer:
    """The readers with their groups and how much each read; their experience the author knows."""
    n = counted(len(facts.readers), "reader", "readers", "flow", "n_readers")
    lines = [line(n, ": ", labels(facts.readers), ".")]
    for group, members in facts.groups.items():
        lines.append(line(label(group), ": ", labels(members), "."))
    return Answer(status="confirm", lines=tuple(lines), places=(table("reads"), _STUDY))


def reference_standard(facts: Facts) -> Answer:
    """Who made the truth, where it was readers' votes."""
    told = _truth(facts)
    if not told:
        return Answer(status="author")
    return Answer(status="confirm", lines=told, places=(_STUDY,))


def known_to_assessors(facts: Facts) -> Answer:
    """That those who made the truth are readers of the study, where they are."""
    told = _truth(facts)
    if not told:
        return Answer(status="author")
    warning = line("Those who made the truth are readers of this study, and knew their own reading of the index test.")
    return Answer(status="confirm", lines=(*told, warning), places=(_STUDY,))


def _truth(facts: Facts) -> tuple[Line, ...]:
    voters: Any = readers_plan(facts.results).get("truth_from") or ()
    if not voters:
        return ()
    told = [of_paragraph(paragraph) for paragraph in conduct.design(facts.results)[1:]]
    return tuple(one for one in told if any(piece.text.startswith("The truth was made") for piece in one))


def reference_categories(facts: Facts) -> Answer:
    """The classes of the truth and how they are grouped."""
    lines = []
    for task, plan in facts.plans().items():
        kept = plan.get("restrict") or plan.get("classes") or ()
        positive = plan.get("positive") or ()
        if positive:
            rest = [name for name in kept if name not in positive]
            sides = line("positive ", labels(positive), ", negative " if rest else "", labels(rest))
        else:
            sides = line("classes ", labels(kept))
        lines.append(line(label(task), ": ", sides, "."))
        if plan.get("map"):
            renamed = [f"{theirs} = {ours}" for theirs, ours in plan["map"].items()]
            lines.append(line("Labels of the files and what they are taken for: ", labels(renamed), "."))
    if facts.marks is not None:
        lines.append(line(label(str(facts.marks.get("task"))), ": cases with and without lesions."))
    places = tuple(table("classes", task) for task in facts.tasks[:2])
    return Answer(status="confirm" if lines else "author", lines=tuple(lines), places=places)


def scoring(facts: Facts) -> Answer:
    """How marks are held against lesions."""
    plan = facts.marks or {}
    radius = plan.get("radius")
    if radius is None:
        told = line("A mark hits the lesion that the file names, or whose own radius it falls into.")
    else:
        shown = count(radius, "protocol", "marks", "radius")
        told = line("A mark hits a lesion when it is no further than ", shown, " from its position.")
    return Answer(status="confirm", lines=(told,), places=(section(f"Task: {plan.get('task')}"),))
