"""The first page: what was studied, what came out, who was left out, what to beware of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.conduct import UNNAMED, plural
from readerstudy.report.document import Listing, Paragraph, Span, label, number, paragraph
from readerstudy.report.people import Naming
from readerstudy.report.tables import Cell, Column, Row, Table, count_cell, text_cell
from readerstudy.results import Results

_FIRST = ("auc", "accuracy", "wafroc", "wafroc1", "afroc", "alroc")
_Lines = dict[tuple[str | None, str | None], list[Estimate]]
# Of more models than this, the least and the greatest are named.
_NAMED_MODELS = 4
# Up to so many modalities of the readers share an item.
_TOGETHER = 2
# So many tasks stand beside each other in one table.
_ACROSS = 8


def tasks_of(results: Results) -> list[str]:
    """The tasks in the order of the protocol, then any other that has a number."""
    names = [*results.protocol.get("tasks", {}), *(e.task for e in results.estimates if e.task is not None)]
    return list(dict.fromkeys(names))


def findings(results: Results) -> Listing | None:
    """For each task what the models reached, and beside it the consensus and the mean of the readers."""
    items = []
    for task in tasks_of(results):
        found = results.select(task=task, target=None, versus=None, versus_kind=None, subgroup=None)
        found = [e for e in found if e.measure in _FIRST]
        lines: _Lines = {}
        for kind in ("model", "consensus"):
            for e in found:
                if e.reader_kind == kind:
                    lines.setdefault((e.reader, e.modality), []).append(e)
        for e in found:
            if e.reader is None and e.reader_group == _widest_group(found):
                lines.setdefault((None, e.modality), []).append(e)
        order = list(results.flow.get("modalities") or ())
        parts = sorted(_apart(lines), key=lambda part: order.index(part[0]) if part[0] in order else len(order))
        items += [_finding(task, modality, part) for modality, part in parts]
    return Listing(items=tuple(items), kind="findings") if items else None


def _apart(lines: _Lines) -> list[tuple[str | None, _Lines]]:
    """What each item tells: all of a task, or one modality of it where there are too many for one item."""
    if not lines:
        return []
    of_models = {modality for (_, modality), found in lines.items() if found[0].reader_kind == "model"}
    everything = {modality for _, modality in lines}
    if len(of_models - {None}) < 2 and len(everything - {None}) <= _TOGETHER:
        return [(None, lines)]
    parts: dict[str | None, _Lines] = {}
    for (reader, modality), found in lines.items():
        parts.setdefault(modality, {})[reader, modality] = found
    return list(parts.items())


def _finding(task: str, modality: str | None, lines: _Lines) -> Paragraph:
    spans: list[str | Span] = [Span(text=task, kind="strong")]
    spans += [", ", label(modality)] if modality is not None else []
    models = {who: found for who, found in lines.items() if found[0].reader_kind == "model"}
    if len(models) > _NAMED_MODELS:
        spans += [f". {len(models)} models: ", *_ranges([e for found in models.values() for e in found])]
        lines = {who: found for who, found in lines.items() if who not in models}
    for (reader, own), estimates in lines.items():
        spans += [". ", *_subject(reader, None if own == modality else own, estimates), *_values(estimates)]
    return paragraph(*spans, ".")


def _ranges(found: Sequence[Estimate]) -> list[str | Span]:
    """The least and the greatest of each measure, with whose they are."""
    parts: list[str | Span] = []
    for measure in _FIRST:
        known = [e for e in found if e.measure == measure and math.isfinite(e.estimate)]
        if known:
            least, most = (pick(known, key=lambda e: e.estimate) for pick in (min, max))
            parts += ["; " if parts else "", _said(measure)]
            if least.estimate == most.estimate:
                parts += [" ", number(least), " each"]
            else:
                parts += [" from ", number(least), " by ", label(least.reader or "")]
                parts += [" to ", number(most), " by ", label(most.reader or "")]
    return parts or ["no number is defined"]


def _widest_group(found: Sequence[Estimate]) -> str | None:
    groups = [e.reader_group for e in found if e.reader is None]
    return ALL_READERS if ALL_READERS in groups or not groups else groups[0]


def _subject(reader: str | None, modality: str | None, estimates: Sequence[Estimate]) -> list[str | Span]:
    if reader is None:
        n = max(e.n_readers or 0 for e in estimates)
        whose: list[str | Span] = [f"Mean of {plural(n, 'reader')}" if n else "Mean of the readers"]
    elif estimates[0].reader_kind == "consensus":
        whose = ["Consensus of the readers"]
    else:
        whose = ["Model"] if reader == UNNAMED else ["Model ", label(reader)]
    if modality is not None:
        whose += [", ", label(modality)]
    return [*whose, ": "]


def _values(estimates: Sequence[Estimate]) -> list[str | Span]:
    parts: list[str | Span] = []
    for e in sorted(estimates, key=lambda e: _FIRST.index(e.measure)):
        parts += ["; " if parts else "", _said(e.measure) + " ", number(e)]
    return parts


def _said(measure: str) -> str:
    name = MEASURES[measure].label
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def flow(results: Results) -> Table:
    """How many cases came in, how many were left out, and why."""
    content = results.flow
    rows = [
        _counted(f"Cases in the file of {_FILES.get(role, role)}", n)
        for role, n in content.get("cases", {}).items()
        if n is not None
    ]
    steps = [(step["label"], step["n"]) for step in content.get("steps", ())]
    # The last step is the number analysed itself where the analysis counts it as one.
    if steps and steps[-1][1] == content["n_cases"] and "analysed" in steps[-1][0].lower():
        steps.pop()
    rows += [_counted(name[:1].upper() + name[1:], n) for name, n in steps]
    rows += [_counted(f"Left out: {step['reason']}", step["n"]) for step in content.get("excluded", ())]
    rows.append(Row(cells=(text_cell("Cases analysed"), count_cell(content["n_cases"])), summary=True))
    columns = (Column(header="Step", kind="text"), Column(header="Cases", kind="count"))
    return Table(name="flow", caption="Flow of cases", columns=columns, rows=tuple(rows))


_FILES = {
    "preds": "predictions",
    "reads": "reads",
    "cases": "cases",
    "marks": "marks",
    "lesions": "lesions",
    "mark_reads": "reads of the marks",
}


def file_rows(results: Results) -> Table | None:
    """How many rows each file has, and how many of them say nothing or do not count."""
    entries: list[Mapping[str, Any]] = results.flow.get("rows") or []
    if not entries:
        return None
    headers = {
        "rows": "Rows",
        "empty": "Empty",
        "excluded_readers": "Of readers left out",
        "duplicates": "Repeated reads left out",
    }
    return Table(
        name="rows",
        caption="Rows of the files",
        columns=(
            Column(header="File", kind="text"),
            *(Column(header=header, kind="count") for header in headers.values()),
        ),
        rows=tuple(
            Row(
                cells=(
                    text_cell(f"File of {_FILES.get(entry['file'], entry['file'])}"),
                    *(count_cell(entry.get(name)) for name in headers),
                )
            )
            for entry in entries
        ),
        note="An empty row has neither a label nor a score, or a label that the protocol takes as not read.",
    )


def reads(results: Results) -> list[Table]:
    """How many cases each model and reader read in each task; one column where no task differs from another."""
    entries: Sequence[Mapping[str, Any]] = results.tables.get("readers", [])
    tasks = list(dict.fromkeys(entry["task"] for entry in entries))
    by_reader: dict[tuple[str, str | None], dict[str, Mapping[str, Any]]] = {}
    for entry in entries:
        by_reader.setdefault((entry["reader"], entry["modality"]), {})[entry["task"]] = entry
    counts = [
        {(entry["n_read"], entry.get("n_missing") or 0) for entry in row.values()} if len(row) == len(tasks) else set()
        for row in by_reader.values()
    ]
    if len(tasks) > 1 and all(len(found) == 1 for found in counts):
        return [_reads(results, by_reader, tasks[:1], "Each task")]
    return [_reads(results, by_reader, tasks[i : i + _ACROSS]) for i in range(0, len(tasks), _ACROSS)]


def _reads(
    results: Results,
    by_reader: Mapping[tuple[str, str | None], Mapping[str, Mapping[str, Any]]],
    tasks: Sequence[str],
    header: str | None = None,
) -> Table:
    naming = Naming(results)
    rows = []
    missing = False
    for (reader, modality), per_task in by_reader.items():
        who = next(iter(per_task.values()))
        missing |= any(entry.get("n_missing") for entry in per_task.values())
        group = {"model": "model", "consensus": naming.consensus}.get(who["reader_kind"], who["reader_group"])
        beneath = ", ".join(part for part in (group, modality) if part and part != reader)
        rows.append(Row(cells=(text_cell(reader, beneath), *(_read(per_task.get(task)) for task in tasks))))
    return Table(
        name="reads",
        caption="Cases read by each model and reader",
        columns=(
            Column(header="Reader", kind="text"),
            *(Column(header=header or task, kind="count") for task in tasks),
        ),
        rows=tuple(rows),
        note="Beneath a count: how many cases were not read." if missing else "",
    )


def _read(entry: Mapping[str, Any] | None) -> Cell:
    if entry is None:
        return Cell(text="")
    missing = entry.get("n_missing") or 0
    return count_cell(entry["n_read"], f"{missing} not read" if missing else "")


_SIDES = {True: "positive", False: "negative", None: text.UNDEFINED}


def classes(results: Results, task: str) -> Table | None:
    """How many cases each class has."""
    entries = [entry for entry in results.tables.get("classes", []) if entry["task"] == task]
    if not entries:
        return None
    total = sum(entry["n_cases"] for entry in entries)
    sided = any(entry.get("positive") is not None for entry in entries)
    columns = [Column(header="Class", kind="text"), Column(header="Cases", kind="count")]
    if sided:
        columns.insert(1, Column(header="Counts as", kind="text"))
    rows = []
    for entry in entries:
        side = _SIDES[entry.get("positive")]
        middle = [text_cell(side)] if sided else []
        rows.append(Row(cells=(text_cell(entry["class"]), *middle, count_cell(entry["n_cases"]))))
    blank = [Cell(text="")] if sided else []
    rows.append(Row(cells=(text_cell("All"), *blank, count_cell(total)), summary=True))
    return Table(
        name="classes",
        scope=task,
        caption=f"Cases by class, {task}",
        columns=tuple(columns),
        rows=tuple(rows),
    )


def _counted(step: str, n: int) -> Row:
    return Row(cells=(text_cell(step), count_cell(n)))
