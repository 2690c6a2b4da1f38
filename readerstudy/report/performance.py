"""The tables of one task: performance of models and readers, and the differences between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.tables import Cell, Column, Footnotes, Row, Table, estimate_cell, p_cell, text_cell
from readerstudy.results import Results

PERFORMANCE = ("auc", "sensitivity", "specificity", "accuracy", "ppv", "npv", "plr", "nlr", "kappa")
PAIRED = ("accuracy_difference", "sensitivity_difference", "specificity_difference")

_ABBREVIATIONS = {
    "auc": ("AUC", "area under the receiver operating characteristic curve"),
    "auc_difference": ("AUC", "area under the receiver operating characteristic curve"),
    "ppv": ("PPV", "positive predictive value"),
    "npv": ("NPV", "negative predictive value"),
    "plr": ("PLR", "positive likelihood ratio"),
    "nlr": ("NLR", "negative likelihood ratio"),
}
ALL_READERS = "all readers"


class Who(NamedTuple):
    """Whose number it is. A group mean has no reader; `versus` is set for a comparison."""

    reader: str | None
    kind: str | None
    group: str | None
    modality: str | None
    versus: str | None

    @classmethod
    def of(cls, e: Estimate) -> Who:
        """The identity of a record, without what was measured."""
        versus = e.versus if e.versus_kind == "reader" else None
        return cls(e.reader, e.reader_kind, e.reader_group, e.modality, versus)


def alpha_of(results: Results) -> float:
    """The level below which the protocol calls a P-value significant."""
    return float(results.protocol["study"]["alpha"])


def performance(results: Results, task: str, target: str | None) -> Table | None:
    """What every model, reader and group of readers reached in a task, or for one class against the rest."""
    found = [
        e
        for e in results.select(task=task, target=target)
        if e.measure in PERFORMANCE and (e.versus is None or e.versus_kind == "truth")
    ]
    if target is None:
        caption = f"Performance of models and readers, {task}"
    else:
        caption = f"Performance of models and readers for {target} against the other classes, {task}"
    return _table("performance", caption, found, PERFORMANCE, results, p_values=False)


def auc_differences(results: Results, task: str, target: str | None) -> Table | None:
    """AUC of one model against another, or against a reader who gave ratings."""
    found = [e for e in results.select(task=task, target=target, measure="auc_difference") if e.versus]
    caption = f"Differences in AUC, {scope_of(task, target)}"
    return _table("auc-differences", caption, found, ("auc_difference",), results, p_values=True)


def paired_differences(results: Results, task: str, target: str | None) -> Table | None:
    """Calls of one model against another's or a reader's on the same cases."""
    found = [e for e in results.select(task=task, target=target) if e.measure in PAIRED and e.versus]
    caption = f"Differences between calls on the same cases, {scope_of(task, target)}"
    return _table("paired-differences", caption, found, PAIRED, results, p_values=True)


def scope_of(task: str, target: str | None) -> str:
    """A task, or one class of it, in a caption."""
    return task if target is None else f"{target} against the other classes, {task}"


def _table(
    name: str,
    caption: str,
    found: Sequence[Estimate],
    measures: Sequence[str],
    results: Results,
    *,
    p_values: bool,
) -> Table | None:
    """A row per reader or comparison and a column per measure that has a record; nothing without records."""
    if not found:
        return None
    by_who: dict[Who, dict[str, Estimate]] = {}
    for e in found:
        by_who.setdefault(Who.of(e), {})[e.measure] = e
    shown = [measure for measure in measures if any(measure in row for row in by_who.values())]
    has_p = {m: p_values and any(m in row and math.isfinite(row[m].p_value) for row in by_who.values()) for m in shown}
    footnotes = Footnotes()
    heading = _heading(results)
    columns = [Column(header="Comparison" if p_values else "Reader", kind="text")]
    for measure in shown:
        columns.append(Column(header=MEASURES[measure].label))
        if has_p[measure]:
            columns.append(Column(header="P value", kind="p"))
    rows = []
    for who in _ordered(by_who):
        cells = [heading(who, by_who[who])]
        for measure in shown:
            record = by_who[who].get(measure)
            cells.append(estimate_cell(record, footnotes))
            if has_p[measure]:
                cells.append(p_cell(record, alpha_of(results)))
        rows.append(Row(cells=tuple(cells), summary=who.reader is None))
    return Table(
        name=name,
        scope=" ".join(part for part in (found[0].task, found[0].target) if part),
        caption=caption,
        columns=tuple(columns),
        rows=tuple(rows),
        note=_note(found, p_values=any(has_p.values())),
        footnotes=footnotes.lines,
        abbreviations=tuple(sorted({_ABBREVIATIONS[m] for m in shown if m in _ABBREVIATIONS})),
    )


def _ordered(whos: Iterable[Who]) -> list[Who]:
    """Models, then readers by group, then means; otherwise in the order of the analysis."""
    whos = list(whos)
    first: dict[tuple[str, str | None], int] = {}
    for position, who in enumerate(whos):
        for field in ("group", "reader", "versus"):
            first.setdefault((field, getattr(who, field)), position)

    def place(who: Who) -> tuple[bool, bool, bool, int, int, int]:
        return (
            who.reader is None,
            who.kind != "model",
            who.group == ALL_READERS,
            first["group", who.group],
            first["reader", who.reader],
            first["versus", who.versus],
        )

    return sorted(whos, key=place)


def _heading(results: Results) -> Callable[[Who, dict[str, Estimate]], Cell]:
    """How a row is headed: the name above, the group and the modality beneath where a study has them."""
    groups = {e.reader: e.reader_group for e in results.estimates}
    kinds = {e.reader: e.reader_kind for e in results.estimates}
    modalities = len({e.modality for e in results.estimates if e.modality is not None}) > 1

    def second(reader: str | None, modality: str | None) -> str:
        group = "model" if kinds.get(reader) == "model" else groups.get(reader)
        return ", ".join(part for part in (group, modality if modalities else None) if part and part != reader)

    def heading(who: Who, row: dict[str, Estimate]) -> Cell:
        if who.reader is None:
            n = max((e.n_readers or 0 for e in row.values()), default=0)
            of = "all readers" if who.group in (None, ALL_READERS) else who.group
            shown = [f"n = {n}"] if n else []
            if modalities and who.modality:
                shown.append(who.modality)
            return text_cell(f"Mean, {of}", ", ".join(shown))
        if who.versus is None:
            return text_cell(who.reader, second(who.reader, who.modality))
        return text_cell(f"{who.reader} − {who.versus}", second(who.versus, who.modality))

    return heading


def _note(found: Sequence[Estimate], *, p_values: bool) -> str:
    """What holds for the whole table."""
    parts = [interval_note(found)]
    if any(e.versus_kind == "reader" for e in found):
        percent = any(MEASURES[e.measure].percent for e in found)
        unit = " Differences of percentages are in percentage points." if percent else ""
        parts.append(f"A difference is the first minus the second.{unit}")
    if any(e.reader is None for e in found):
        parts.append("A mean is over readers, each with the same weight; it has no interval.")
    if p_values:
        sided = {e.alternative or "two-sided" for e in found if math.isfinite(e.p_value)}
        raw = all(not math.isfinite(e.p_adjusted) for e in found)
        adjusted = ", not adjusted for multiple comparisons" if raw else ""
        parts.append(f"P values are {' or '.join(sorted(sided))}{adjusted}.")
    return " ".join(part for part in parts if part)


def interval_note(found: Sequence[Estimate]) -> str:
    """What the second line of the cells is."""
    levels = sorted({e.conf_level for e in found if math.isfinite(e.conf_level)})
    if not levels:
        return ""
    stated = " or ".join(text.fixed(level * 100, 4).rstrip("0").rstrip(".") + "%" for level in levels)
    return f"Beneath each estimate: its {stated} confidence interval."
