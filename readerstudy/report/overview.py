"""The first page: what was studied, what came out, who was left out, what to beware of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.document import Listing, Paragraph, Span, label, names, number, paragraph
from readerstudy.report.performance import ALL_READERS
from readerstudy.report.tables import Cell, Column, Row, Table, count_cell, text_cell
from readerstudy.results import Results

_FIRST = ("auc", "accuracy")
# What a model is called whose file does not name it.
_UNNAMED = "model"


def tasks_of(results: Results) -> list[str]:
    """The tasks in the order of the protocol, then any other that has a number."""
    names = [*results.protocol.get("tasks", {}), *(e.task for e in results.estimates if e.task is not None)]
    return list(dict.fromkeys(names))


def design(results: Results) -> Paragraph:
    """The study in one paragraph."""
    flow = results.flow
    parts: list[str | Span] = [f"The study has {_plural(flow['n_cases'], 'case')}"]
    if flow.get("n_patients") is not None:
        parts.append(f" from {_plural(flow['n_patients'], 'patient')}")
    parts.append(".")
    people = _readers(results, "human")
    if people:
        groups: dict[str | None, list[str]] = {}
        for name, group in people.items():
            groups.setdefault(group, []).append(name)
        parts.append(f" They were read by {_plural(len(people), 'reader')}")
        if set(groups) == {None}:
            parts += [" (", *names(people), ")"]
        else:
            parts.append(f" in {_plural(len(groups), 'group')}: ")
            for position, (group, members) in enumerate(groups.items()):
                parts += ["; " if position else "", label(group or "no group"), " (", *names(members), ")"]
        parts.append(".")
    models = _readers(results, "model")
    if models:
        parts.append(f" {_plural(len(models), 'model')} {'was' if len(models) == 1 else 'were'} evaluated on them")
        parts += ["."] if list(models) == [_UNNAMED] else [": ", *names(models), "."]
    modalities = flow.get("modalities") or []
    if modalities:
        parts += [
            f" Reads were made in {_plural(len(modalities), 'modality', 'modalities')}: ",
            *names(modalities),
            ".",
        ]
    registration = results.protocol["study"].get("registration")
    if registration:
        parts += [" Registration: ", label(registration), "."]
    return paragraph(*parts)


def findings(results: Results) -> Listing | None:
    """For each task what the models reached, and the mean of the readers beside it."""
    items = []
    for task in tasks_of(results):
        found = [e for e in results.select(task=task, target=None, versus=None) if e.measure in _FIRST]
        lines: dict[tuple[str | None, str | None], list[Estimate]] = {}
        for e in found:
            if e.reader_kind == "model":
                lines.setdefault((e.reader, None), []).append(e)
        for e in found:
            if e.reader is None and e.reader_group == _widest_group(found):
                lines.setdefault((None, e.modality), []).append(e)
        if lines:
            spans: list[str | Span] = [Span(text=task, kind="strong")]
            for (model, modality), estimates in lines.items():
                spans += [". ", *_subject(model, modality, estimates), *_values(estimates)]
            items.append(paragraph(*spans, "."))
    return Listing(items=tuple(items), kind="findings") if items else None


def _widest_group(found: Sequence[Estimate]) -> str | None:
    groups = [e.reader_group for e in found if e.reader is None]
    return ALL_READERS if ALL_READERS in groups or not groups else groups[0]


def _subject(model: str | None, modality: str | None, estimates: Sequence[Estimate]) -> list[str | Span]:
    if model is not None:
        return ["Model: "] if model == _UNNAMED else ["Model ", label(model), ": "]
    n = max(e.n_readers or 0 for e in estimates)
    whose: list[str | Span] = [f"Mean of {_plural(n, 'reader')}" if n else "Mean of the readers"]
    if modality is not None:
        whose += [", ", label(modality)]
    return [*whose, ": "]


def _values(estimates: Sequence[Estimate]) -> list[str | Span]:
    parts: list[str | Span] = []
    for e in sorted(estimates, key=lambda e: _FIRST.index(e.measure)):
        name = MEASURES[e.measure].label
        parts += ["; " if parts else "", (name if name.isupper() else name.lower()) + " ", number(e)]
    return parts


def cautions(results: Results) -> Listing | None:
    """The warnings of the analysis."""
    items = tuple(paragraph(warning) for warning in results.warnings)
    return Listing(items=items, kind="warnings") if items else None


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


_FILES = {"preds": "predictions", "reads": "reads", "cases": "cases"}


def reads(results: Results) -> Table | None:
    """How many cases each model and reader read in each task."""
    entries = results.tables.get("readers", [])
    tasks = list(dict.fromkeys(entry["task"] for entry in entries))
    by_reader: dict[tuple[str, str | None], dict[str, Mapping[str, Any]]] = {}
    for entry in entries:
        by_reader.setdefault((entry["reader"], entry["modality"]), {})[entry["task"]] = entry
    if not by_reader:
        return None
    rows = []
    for (reader, modality), per_task in by_reader.items():
        who = next(iter(per_task.values()))
        group = "model" if who["reader_kind"] == "model" else who["reader_group"]
        beneath = ", ".join(part for part in (group, modality) if part and part != reader)
        rows.append(Row(cells=(text_cell(reader, beneath), *(_read(per_task.get(task)) for task in tasks))))
    return Table(
        name="reads",
        caption="Cases read by each model and reader",
        columns=(Column(header="Reader", kind="text"), *(Column(header=task, kind="count") for task in tasks)),
        rows=tuple(rows),
        note="Beneath a count: how many cases were not read." if any(e.get("n_missing") for e in entries) else "",
    )


def _read(entry: Mapping[str, Any] | None) -> Cell:
    if entry is None:
        return Cell(text="")
    missing = entry.get("n_missing") or 0
    return count_cell(entry["n_read"], f"{missing} missing" if missing else "")


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


def _readers(results: Results, kind: str) -> dict[str, str | None]:
    """The names of the models or of the readers, each with its group."""
    return {
        entry["reader"]: entry.get("reader_group")
        for entry in results.tables.get("readers", [])
        if entry["reader_kind"] == kind
    }


def _counted(step: str, n: int) -> Row:
    return Row(cells=(text_cell(step), count_cell(n)))


def _plural(n: int, one: str, many: str | None = None) -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
