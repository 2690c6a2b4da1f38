"""Confusion matrices of models and readers, side by side on one scale."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten, width
from readerstudy.figures._palette import FAINT, Series, readable_on
from readerstudy.figures._pick import Observer, Picked
from readerstudy.figures._sheet import page_height, sheet_width

_MAX_HEIGHT = 215.0
"""A page of A4 with room for the caption."""
_TOP, _GAP, _ROW_GAP, _BAR_MM = 3.0, 5.0, 2.5, 15.0
_DARKEST = 0.9
"""Where on the colour map 100% stands: the map's own end is nearly black."""
_HEAD = 3 * LINE_MM + 1.2
_LABEL_MM = 24.0
"""Most room for the name of a class."""
_CELLS = {3: 16.0, 9: 8.5}
"""Largest cell in mm of a matrix of up to so many classes."""
_SIDES = {3: 24.0, 5: 33.0, 9: 43.0}
"""Least side in mm of a matrix of up to so many classes; a larger one takes half the width."""
_NARROW_SIDES = {3: 17.0, 5: 28.0, 9: 38.0}
_WIDE_MM, _SCALE_MM, _LONGEST_SCALE_MM = 120.0, 9.0, 50.0
"""A sheet with room for the colour bar beside the matrices; height and greatest length of that below them."""
_COUNT_MM, _PERCENT_MM = 3.4, 5.4
"""Smallest cells that have room for the count, and for the count with the percentage."""
_SINGLE_READERS = 8
"""Most readers who each have a matrix of their own where groups have one."""
_GROUP = "group"
_ZEROS = 9
"""Most classes of a matrix that still prints its zeros: in a larger one they hide the counts."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConfusionDisplay(Display):
    """Confusion matrices: rows are the truth, columns are the calls, colour is the share of the row.

    Parameters
    ----------
    entries
        What the panels show, in their order: entries of `Results.confusion`, and among them sums over the readers of
        a group, of the same form with `reader_kind` ``"group"``, `n_readers`, and `alone` where the readers are not
        shown beside it.
    """

    entries: tuple[Mapping[str, Any], ...]


def displays(picked: Picked, task: str) -> list[ConfusionDisplay]:
    """The matrices of a task, over as many figures as pages are needed; none where there are no calls."""
    entries = _with_groups(picked, picked.confusion(task))
    if not entries:
        return []
    with house_style():
        layout = _Layout(entries)
    # As many rows on the last page as on the first, as far as they go.
    rows = math.ceil(len(entries) / layout.columns)
    size = layout.columns * math.ceil(rows / math.ceil(rows / layout.rows))
    pages = [entries[i : i + size] for i in range(0, len(entries), size)]
    return [_display(picked, task, layout, page, i + 1, len(pages)) for i, page in enumerate(pages)]


def _with_groups(picked: Picked, entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Adds the sum of each group's matrices after its readers, or instead of them where there are many readers."""
    readers = {(e["reader_group"], e["reader"]) for e in entries if e["reader_kind"] == "human"}
    shown: list[Mapping[str, Any]] = []
    for (kind, series), members in itertools.groupby(entries, key=_series):
        group = list(members)
        summed = _sum(picked, series, group) if kind == "human" and len(group) > 1 else None
        alone = summed is not None and len(readers) > _SINGLE_READERS
        shown += [] if alone else group
        shown += [{**summed, "alone": alone}] if summed is not None else []
    return shown


def _series(entry: Mapping[str, Any]) -> tuple[str, Series]:
    return entry["reader_kind"], (entry["reader_group"], entry["modality"])


def _sum(picked: Picked, series: Series, group: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The entry of a group; None where its readers' matrices do not have the same rows and columns."""
    first = group[0]
    columns = max((entry["columns"] for entry in group), key=len)
    alike = (e["classes"] == first["classes"] and e["columns"] == columns[: len(e["columns"])] for e in group)
    if not all(alike):
        return None
    counts = [[0] * len(columns) for _ in first["classes"]]
    for entry in group:
        for row, own in zip(counts, entry["counts"], strict=True):
            for i, n in enumerate(own):
                row[i] += n
    who = {"reader": picked.series_label(series), "reader_kind": _GROUP, "reader_group": series[0]}
    shape = {"classes": first["classes"], "columns": columns, "counts": counts, "n_readers": len(group)}
    return {**first, **who, **shape, "modality": series[1]}


class _Layout:
    """How large the panels are and how many there are on a page: the same on every page of a task."""

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self.n_columns = max(len(entry["columns"]) for entry in entries)
        self.n_rows = max(len(entry["classes"]) for entry in entries)
        longest = max(width(plain(name), SMALL_SIZE) for entry in entries for name in entry["columns"])
        self.wide = sheet_width() >= _WIDE_MM
        self.label_mm = min(_LABEL_MM if self.wide else sheet_width() / 4, longest + 1.0)
        self.left = self.label_mm + 6.5
        body = sheet_width() - self.left - (_BAR_MM if self.wide else 1.0)
        sides = _SIDES if self.wide else _NARROW_SIDES
        least = next((side for most, side in sides.items() if self.n_columns <= most), (body - _GAP) / 2)
        columns = max(1, int((body + _GAP) / (least + _GAP)))
        # Eight panels where five fit beside each other are four above four.
        self.columns = math.ceil(len(entries) / math.ceil(len(entries) / columns))
        side = (body + _GAP) / self.columns - _GAP
        largest = next((cell for most, cell in _CELLS.items() if self.n_columns <= most), side)
        self.cell = min(largest, side / self.n_columns)
        # Names of classes stand upright under the panels unless every one of them fits its cell.
        self.upright = self.label_mm > self.cell
        self.foot = (self.label_mm if self.upright else LINE_MM) + 6.0
        self.pitch = _HEAD + self.n_rows * self.cell + _ROW_GAP
        self.with_counts = self.cell >= _COUNT_MM
        self.with_percents = self.cell >= _PERCENT_MM
        self.with_zeros = self.n_columns <= _ZEROS
        below = self.foot + (0.0 if self.wide else _SCALE_MM)
        self.rows = max(1, int((page_height(_MAX_HEIGHT) - _TOP - below) / self.pitch))


def _display(
    picked: Picked,
    task: str,
    layout: _Layout,
    entries: Sequence[Mapping[str, Any]],
    page: int,
    pages: int,
) -> ConfusionDisplay:
    accuracies = _accuracies(picked, task)
    with house_style():
        canvas = _draw(layout, entries, accuracies)
    shown = [e for entry in entries if (e := _accuracy_of(entry, accuracies))]
    part = f", part {page} of {pages}" if pages > 1 else ""
    return ConfusionDisplay(
        figure=canvas.figure,
        axes=(),
        entries=tuple(entries),
        task=task,
        title=f"Confusion matrices: {shorten(task, 70, 7)}{part}",
        caption=_caption(picked, task, layout, entries, shown),
        alt=_alt(picked, task, entries, accuracies),
        keys=tuple(e.key for e in shown),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _accuracy_of(entry: Mapping[str, Any], accuracies: Mapping[tuple[str, str | None], Estimate]) -> Estimate | None:
    """The accuracy of a single observer; a sum has none of its own."""
    return None if entry["reader_kind"] == _GROUP else accuracies.get((entry["reader"], entry["modality"]))


def _accuracies(picked: Picked, task: str) -> dict[tuple[str, str | None], Estimate]:
    found = [e for kind in ("model", "human", "consensus") for e in picked.records(task, None, "accuracy", kind)]
    return {(str(e.reader), e.modality): e for e in found}


def _draw(
    layout: _Layout,
    entries: Sequence[Mapping[str, Any]],
    accuracies: Mapping[tuple[str, str | None], Estimate],
) -> Canvas:
    rows = math.ceil(len(entries) / layout.columns)
    bottom = _TOP + rows * layout.pitch - _ROW_GAP + layout.foot
    canvas = Canvas(sheet_width(), bottom + (0.0 if layout.wide else _SCALE_MM))
    panel_width, panel_height = layout.n_columns * layout.cell, layout.n_rows * layout.cell
    for i, entry in enumerate(entries):
        row, column = divmod(i, layout.columns)
        left = layout.left + column * (panel_width + _GAP)
        top = _TOP + row * layout.pitch
        _head(canvas, entry, _accuracy_of(entry, accuracies), left, top, panel_width)
        _matrix(canvas, layout, entry, left, top + _HEAD)
        if column == 0:
            _truth_names(canvas, layout, entry, left, top + _HEAD)
        if i + layout.columns >= len(entries):
            _call_names(canvas, layout, entry, left, top + _HEAD + panel_height)
    across = min(layout.columns, len(entries)) * (panel_width + _GAP) - _GAP
    if layout.wide:
        _colour_bar(canvas, layout.left + across + 4.0, _TOP + _HEAD, min(panel_height, 40.0))
    else:
        left = max(layout.left, width("% of row", SMALL_SIZE) + 2.5)
        _colour_scale(canvas, left, bottom + 2.0, min(across, _LONGEST_SCALE_MM, sheet_width() - left - 4.0))
    return canvas


def _head(
    canvas: Canvas,
    entry: Mapping[str, Any],
    accuracy: Estimate | None,
    left: float,
    top: float,
    room: float,
) -> None:
    """The reader's name, and in small print the group and modality, and the accuracy."""
    canvas.text(left, top + 2.5, shorten(entry["reader"], room, TEXT_SIZE, bold=True), fontweight="bold")
    kind = "reader" if entry["reader_kind"] == "human" else entry["reader_kind"]
    lines = [", ".join(part for part in (entry["reader_group"] or kind, entry["modality"]) if part)]
    if entry["reader_kind"] == _GROUP:
        lines = [f"sum of {words.counted(entry['n_readers'], 'reader')}"]
    elif accuracy:
        lines.append(f"{text.value(accuracy)} ({text.fraction(accuracy)})")
    for i, line in enumerate(lines):
        short = shorten(line, room, SMALL_SIZE)
        canvas.text(left, top + 2.5 + (i + 1) * LINE_MM, short, size=SMALL_SIZE, color=FAINT)


def _matrix(canvas: Canvas, layout: _Layout, entry: Mapping[str, Any], left: float, top: float) -> None:
    counts = np.asarray(entry["counts"], dtype=float)
    totals = counts.sum(axis=1, keepdims=True)
    # A class without a case has no shares: its row stays white.
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    cells = [(row, column) for row in range(counts.shape[0]) for column in range(counts.shape[1])]
    side = layout.cell
    colours = colormaps["Blues"](shares.ravel() * _DARKEST)
    boxes = [(left + column * side, top + row * side, side, side) for row, column in cells]
    canvas.boxes(boxes, colours, edgecolors="white", linewidths=0.5, label=f"cells: {entry['reader']}")
    canvas.frame(left, top, counts.shape[1] * side, counts.shape[0] * side)
    if not layout.with_counts:
        return
    size = TEXT_SIZE if side > 4.4 else SMALL_SIZE
    for (row, column), share, background in zip(cells, shares.ravel(), colours, strict=True):
        count = int(counts[row, column])
        if not count and not layout.with_zeros:
            continue
        with_percent = count > 0 and layout.with_percents
        x, middle = left + (column + 0.5) * side, top + (row + 0.5) * side
        colour = readable_on(background) if count else FAINT
        canvas.text(x, middle + (-0.25 if with_percent else 0.9), str(count), size=size, ha="center", color=colour)
        if with_percent:
            percent = text.percent(share, 0)
            canvas.text(x, middle + 2.1, percent, size=SMALL_SIZE - 0.5, ha="center", color=colour)


def _truth_names(canvas: Canvas, layout: _Layout, entry: Mapping[str, Any], left: float, top: float) -> None:
    for i, name in enumerate(entry["classes"]):
        short = shorten(name, layout.label_mm, SMALL_SIZE)
        canvas.text(left - 1.2, top + (i + 0.5) * layout.cell + 0.75, short, size=SMALL_SIZE, ha="right")
    middle = top + len(entry["classes"]) * layout.cell / 2
    canvas.text(left - layout.label_mm - 3.4, middle, "Truth", ha="center", rotation=90, rotation_mode="anchor")


def _call_names(canvas: Canvas, layout: _Layout, entry: Mapping[str, Any], left: float, bottom: float) -> None:
    for i, name in enumerate(entry["columns"]):
        x = left + (i + 0.5) * layout.cell
        short = shorten(name, layout.label_mm, SMALL_SIZE)
        if layout.upright:
            turned = {"ha": "right", "rotation": 90, "rotation_mode": "anchor"}
            canvas.text(x + 0.75, bottom + 1.2, short, size=SMALL_SIZE, **turned)
        else:
            canvas.text(x, bottom + 2.9, short, size=SMALL_SIZE, ha="center")
    middle = left + len(entry["columns"]) * layout.cell / 2
    canvas.text(middle, bottom + layout.foot - 2.0, "Call", ha="center")


def _colour_bar(canvas: Canvas, left: float, top: float, height: float) -> None:
    steps = 50
    step = height / steps
    boxes = [(left, top + i * step, 3.0, step) for i in range(steps)]
    colours = colormaps["Blues"](np.linspace(_DARKEST, 0, steps))
    # An edge of the same colour closes the hairlines that viewers leave between neighbours.
    canvas.boxes(boxes, colours, edgecolors=colours, linewidths=0.3, label="colour bar")
    canvas.frame(left, top, 3.0, height)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = top + (1 - share) * height + 0.75
        canvas.text(left + 3.8, y, text.percent(share, 0), size=SMALL_SIZE)
    canvas.text(left, top - 2.4, "% of row", size=SMALL_SIZE)


def _colour_scale(canvas: Canvas, left: float, top: float, length: float) -> None:
    """The colour bar lying down, for a sheet too narrow to have it at the side."""
    steps = 50
    step = length / steps
    boxes = [(left + i * step, top, step, 3.0) for i in range(steps)]
    colours = colormaps["Blues"](np.linspace(0, _DARKEST, steps))
    canvas.boxes(boxes, colours, edgecolors=colours, linewidths=0.3, label="colour bar")
    canvas.frame(left, top, length, 3.0)
    for share in (0.0, 0.5, 1.0):
        canvas.text(left + share * length, top + 5.8, text.percent(share, 0), size=SMALL_SIZE, ha="center")
    canvas.text(left - 1.2, top + 2.3, "% of row", size=SMALL_SIZE, ha="right")


def _caption(
    picked: Picked,
    task: str,
    layout: _Layout,
    entries: Sequence[Mapping[str, Any]],
    shown: Sequence[Estimate],
) -> str:
    models = len({entry["reader"] for entry in entries if entry["reader_kind"] == "model"})
    readers = len({(e["reader_group"], e["reader"]) for e in entries if e["reader_kind"] == "human"})
    groups = [e for e in entries if e["reader_kind"] == _GROUP]
    whose = [words.counted(n, noun) for n, noun in ((models, "model"), (readers, "reader")) if n]
    whose += ["a consensus"] if any(e["reader_kind"] == "consensus" for e in entries) else []
    whose += [words.counted(len(groups), "group") + " of readers"] if groups else []
    number = words.cases(shown)
    sentences = [
        f"Confusion matrices of {words.listed(whose)} for the task “{plain(task)}”{f' ({number})' if number else ''}.",
        "Rows are the truth, columns the calls; the colour is the share of the row, on one scale.",
    ]
    if layout.with_percents:
        sentences.append("Each cell gives the number of cases and its percentage of the row.")
    elif layout.with_counts:
        sentences.append("Each cell gives the number of cases.")
    if layout.with_counts and not layout.with_zeros:
        sentences.append("A cell without a number has no case.")
    if shown:
        sentences.append(f"Above each {'single ' if groups else ''}matrix: accuracy.")
    if groups:
        sentences.append("A group's matrix is the sum over its readers.")
    if any(e["alone"] for e in groups):
        sentences.append(f"More than {_SINGLE_READERS} readers: those of a group are not shown singly.")
    if any("other" in entry["columns"] and "other" not in entry["classes"] for entry in entries):
        sentences.append("“other”: a call outside the classes of the task.")
    return words.join(*sentences, words.notes([(plain(picked.reader_label(e)), e) for e in shown]))


def _alt(
    picked: Picked,
    task: str,
    entries: Sequence[Mapping[str, Any]],
    accuracies: Mapping[tuple[str, str | None], Estimate],
) -> str:
    parts = []
    for entry in entries:
        accuracy = _accuracy_of(entry, accuracies)
        who = picked.observer_label(Observer.of(entry))
        if entry["reader_kind"] == _GROUP:
            who = f"{entry['reader']}, sum of {words.counted(entry['n_readers'], 'reader')}"
        rows = []
        for i, name in enumerate(entry["classes"]):
            calls = [f"{n} {call}" for n, call in zip(entry["counts"][i], entry["columns"], strict=True) if n]
            rows.append(f"{name} called {', '.join(calls) or 'nothing'}")
        parts.append(f"{who}: {f'accuracy {text.full(accuracy)}; ' if accuracy else ''}{'; '.join(rows)}.")
    return plain(f"Confusion matrices for the task “{task}”. " + " ".join(parts))
