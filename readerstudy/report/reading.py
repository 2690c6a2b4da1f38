"""Tables about single reads and single models: reading times, folds of a cross-validation, wrongly called cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.report.people import Naming
from readerstudy.report.performance import alpha_of, interval_note, p_note
from readerstudy.report.tables import (
    Cell,
    Column,
    Footnotes,
    Row,
    Table,
    count_cell,
    estimate_cell,
    p_cell,
    plain_cell,
    pointer,
    text_cell,
)
from readerstudy.results import Results


def reading_times(results: Results) -> Table | None:
    """How long each reader took, in each modality."""
    entries: Sequence[Mapping[str, Any]] = results.tables.get("reading_times", [])
    if not entries:
        return None
    naming = Naming(results)
    rows = []
    for position, entry in enumerate(entries):
        place = pointer("tables", "reading_times", position)
        quartiles = "" if entry["q1"] is None else f"{text.fixed(entry['q1'], 1)}, {text.fixed(entry['q3'], 1)}"
        rows.append(
            Row(
                cells=(
                    text_cell(entry["reader"], naming.beneath(entry["reader"], entry["modality"])),
                    count_cell(entry["n"]),
                    plain_cell(_seconds(entry["median"]), place, entry, detail=quartiles, sort=entry["median"]),
                    plain_cell(_seconds(entry["geometric_mean"]), place, entry, sort=entry["geometric_mean"]),
                )
            )
        )
    return Table(
        name="reading-times",
        caption="Reading times in seconds",
        columns=(
            Column(header="Reader", kind="text"),
            Column(header="Reads timed", kind="count"),
            Column(header="Median", kind="plain"),
            Column(header="Geometric mean", kind="plain"),
        ),
        rows=tuple(rows),
        note="Beneath each median: the quartiles.",
    )


def time_ratios(results: Results) -> Table | None:
    """Reading time in one modality against another."""
    found = [e for e in results.estimates if e.measure == "time_ratio"]
    if not found:
        return None
    footnotes = Footnotes()
    rows = []
    for e in found:
        whose = e.reader or (f"mean of {e.n_readers} readers" if e.n_readers else "")
        heading = text_cell(f"{e.modality} / {e.versus}", whose)
        rows.append(Row(cells=(heading, estimate_cell(e, footnotes), p_cell(e, alpha_of(results)))))
    random = any(e.random == "readers and cases" for e in found)
    return Table(
        name="time-ratios",
        caption="Ratios of reading times",
        columns=(
            Column(header="Comparison", kind="text"),
            Column(header="Ratio of geometric means"),
            Column(header="P value", kind="p"),
        ),
        rows=tuple(rows),
        note=" ".join(
            part
            for part in (
                interval_note(found),
                "A ratio below 1 says that the first is faster.",
                "The interval takes readers and cases as random (Obuchowski–Rockette, Hillis's df)." if random else "",
                p_note(found),
            )
            if part
        ),
        footnotes=footnotes.lines,
    )


def _seconds(value: float | None) -> str:
    return text.UNDEFINED if value is None else text.fixed(value, 1)


def folds(results: Results, task: str) -> Table | None:
    """Accuracy of each fold of the models by itself, and their mean ± SD."""
    entries = [
        (position, entry)
        for position, entry in enumerate(results.tables.get("cross_validation", []))
        if entry["task"] == task
    ]
    if not entries:
        return None
    models = list(dict.fromkeys(entry["model"] for _, entry in entries))
    names = list(dict.fromkeys(entry["fold"] for _, entry in entries))
    cells = {(entry["fold"], entry["model"]): _fold(position, entry) for position, entry in entries}
    rows = [
        Row(
            cells=(
                text_cell("Mean ± SD of the folds" if name is None else name),
                *(cells.get((name, model), Cell(text="")) for model in models),
            ),
            summary=name is None,
        )
        for name in sorted(names, key=lambda name: name is None)
    ]
    return Table(
        name="cross-validation",
        scope=task,
        caption=f"Accuracy of each fold of the models, {task}",
        columns=(Column(header="Fold", kind="text"), *(Column(header=model, kind="plain") for model in models)),
        rows=tuple(rows),
        note=(
            "Each fold is held against the truth by itself. Where folds were judged on the same cases they are not "
            "independent, so that their SD is no standard error."
        ),
    )


def _fold(position: int, entry: Mapping[str, Any]) -> Cell:
    place = pointer("tables", "cross_validation", position)
    printed = text.percent(entry["accuracy"])
    if entry["fold"] is None:
        return plain_cell(f"{printed} ± {text.percent(entry['sd'])}", place, entry, sort=entry["accuracy"])
    fraction = f"{entry['count']}/{entry['n']}"
    return plain_cell(printed, place, entry, fraction=fraction, sort=entry["accuracy"])


def errors(results: Results, task: str) -> Table | None:
    """Which cases the models called wrongly, where the protocol asks for it."""
    entries = [
        (position, entry) for position, entry in enumerate(results.tables.get("errors", [])) if entry["task"] == task
    ]
    if not entries:
        return None
    naming = Naming(results)
    rows = []
    for position, entry in entries:
        place = pointer("tables", "errors", position)
        fields = {name: value for name, value in entry.items() if name != "thumbnail"}
        kind = entry["kind"] if entry["target"] is None else f"{entry['kind']}, {entry['target']}"
        rows.append(
            Row(
                cells=(
                    text_cell(entry["reader"], naming.beneath(entry["reader"], entry["modality"])),
                    text_cell(kind),
                    text_cell(entry["case_id"]),
                    text_cell(entry["truth"]),
                    text_cell(entry["call"]),
                    plain_cell(_score(entry["score"]), place, fields, sort=entry["score"]),
                )
            )
        )
    return Table(
        name="errors",
        scope=task,
        caption=f"Wrongly called cases, {task}",
        columns=(
            Column(header="Reader", kind="text"),
            Column(header="Error", kind="text"),
            Column(header="Case", kind="text"),
            Column(header="Truth", kind="text"),
            Column(header="Call", kind="text"),
            Column(header="Score", kind="plain"),
        ),
        rows=tuple(rows),
        note="The surest errors of each kind come first; the protocol says how many are listed.",
    )


def _score(value: float | None) -> str:
    return text.UNDEFINED if value is None else text.fixed(value, 3)
