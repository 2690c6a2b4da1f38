"""Where a model looked: what a map is, how much of it lies on the lesion, and the weights of the sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from readerstudy.estimate import Estimate
from readerstudy.report.document import Paragraph, paragraph
from readerstudy.report.grid import Line, Part, grid, parts_of
from readerstudy.report.tables import Column, Table, text_cell
from readerstudy.results import Results

INSIDE = ("saliency_inside", "lesion_area", "pointing_game")
WEIGHT = "sequence_weight"
MEASURED = (*INSIDE, WEIGHT)
"""Measures whose target is the true class of the cases, in a task of any kind."""

_ALL = "All cases"
MADE: dict[str, tuple[str, tuple[str, ...]]] = {
    "gradient": (
        "the gradient of the cross-entropy of the predicted class at the input, its absolute values summed over the "
        "channels",
        ("simonyan", "zhen"),
    ),
    "activation": (
        "the activation of a convolutional stage weighted element by element by the positive gradient of the predicted "
        "class (LayerCAM), for each sequence where sequences have streams of their own",
        ("wang", "jiang"),
    ),
    "grad-cam": (
        "the activation of the last convolutional stage, each channel weighted by the mean gradient of the predicted "
        "class (Grad-CAM)",
        ("selvaraju",),
    ),
    "occlusion": (
        "how far the score of the predicted class falls when a part of the input is covered (occlusion)",
        ("zeiler",),
    ),
}
"""What a map is by its method, and the keys of its references."""


def entries(results: Results, task: str | None = None) -> list[Mapping[str, Any]]:
    """What is known of the maps of a task, or of all tasks."""
    found: list[Mapping[str, Any]] = list(results.tables.get("saliency", []))
    return [entry for entry in found if task in (None, entry["task"])]


def notice(results: Results) -> str | None:
    """What the report must say first: what the protocol says, then what the maps say beside it."""
    said = [results.protocol["study"].get("notice"), *(entry["notice"] for entry in entries(results))]
    return " ".join(dict.fromkeys(filter(None, said))) or None


def told(results: Results, task: str) -> Paragraph | None:
    """What the numbers are, and what they are not."""
    of_task = entries(results, task)
    if not of_task:
        return None
    said = [
        f"Where the model looked: maps of {entry['n']} cases by the model {entry['model']}, of which "
        f"{entry['n_masked']} have a mask of the lesion."
        + (f" A maximum within {entry['tolerance']:g} pixels of it counts as on it." if entry["tolerance"] else "")
        for entry in of_task
    ]
    said.append(
        "A map shows which parts of the images changed the model's answer. It is no proof that the model uses what a "
        "radiologist sees there, nor that it is right."
    )
    return paragraph(" ".join(said))


def tables(results: Results, task: str) -> list[Table | None]:
    """What lies on the lesion, then the weights of the sequences; a row for all cases and one for each true class."""
    found = [e for e in results.select(task=task) if e.measure in MEASURED]
    return [_inside(results, task, found), _weights(results, task, found)]


def _inside(results: Results, task: str, found: Iterable[Estimate]) -> Table | None:
    begun = Table(
        name="saliency",
        scope=task,
        caption=f"Saliency and the lesion by true class, {task}",
        columns=(Column(header="Cases", kind="text"),),
        rows=(),
        note="The lesion's share of the area is what a map without any preference would have inside.",
    )
    of_lesion = [e for e in found if e.measure in INSIDE]
    lines = _lines(of_lesion, lambda e: e.measure)
    return grid(results, begun, lines, parts_of(of_lesion, INSIDE))


def _weights(results: Results, task: str, found: Iterable[Estimate]) -> Table | None:
    weights = [e for e in found if e.measure == WEIGHT]
    begun = Table(
        name="sequence-weights",
        scope=task,
        caption=f"Mean weight of each sequence by true class, {task}",
        columns=(Column(header="Cases", kind="text"),),
        rows=(),
        note="The weights of a case sum to 100%; alike, each would be "
        f"{100 / max(1, len({e.subgroup for e in weights})):.1f}%.",
    )
    parts = [Part(name, name) for name in dict.fromkeys(map(sequence_of, weights))]
    return grid(results, begun, _lines(weights, sequence_of), parts)


def sequence_of(e: Estimate) -> str:
    """The sequence that a weight is of."""
    return (e.subgroup or "").removeprefix("sequence: ")


def _lines(found: Iterable[Estimate], name: Callable[[Estimate], str]) -> list[Line]:
    rows: dict[tuple[str | None, str | None], dict[str, Estimate]] = {}
    for e in found:
        rows.setdefault((e.reader, e.target), {})[name(e)] = e
    several = len({reader for reader, _ in rows}) > 1
    lines = []
    for (reader, target), records in rows.items():
        n = max((e.n_cases or 0 for e in records.values()), default=0)
        beneath = ", ".join(filter(None, (reader if several else None, f"n = {n}")))
        lines.append(Line(text_cell(target or _ALL, beneath), records))
    return lines


def made(results: Results, cite: Callable[[Iterable[str]], str]) -> list[str]:
    """How the maps were made; `cite` numbers references by their keys."""
    methods = dict.fromkeys((entry["model"], entry["method"]) for entry in entries(results))
    return [
        f"The saliency of the model {model} is {MADE[method][0]}{cite(MADE[method][1])}." for model, method in methods
    ]
