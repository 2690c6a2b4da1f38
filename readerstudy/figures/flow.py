"""Flow of cases through the study: from the files to what every kind of observer read (STARD 2015, item 19)."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy.figures import _words as words
from readerstudy.figures._canvas import LINE_MM, TEXT_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten, width, wrap
from readerstudy.figures._palette import FRAME, THIN_WIDTH
from readerstudy.figures._pick import Observer, Picked
from readerstudy.figures._sheet import columns_of, sheet_width

_FILES = {
    "preds": "Predictions of the models",
    "reads": "Reads",
    "cases": "List of cases",
    "marks": "Marks",
    "lesions": "Lesions",
}
_MAIN_MM, _FILE_MM, _SIDE_MM = 66.0, 52.0, 46.0
_LEAST_FILE_MM = 36.0
_WIDE_MM = 164.0
"""A sheet on whose middle the main line stands, with room for what was left out at its right."""
_NARROW_SHARES = (0.5, 0.38)
"""Boxes of the main line and at its right on another sheet, as shares of it."""
_ARROW_MM = 6.0
_GAP = 4.0
_INSET_X, _INSET_Y = 2.0, 1.7
_COLUMNS = 4
"""Most tasks beside each other."""
_TASK_MM, _LEAST_TASK_MM = 62.0, 39.0
_CLASSES = 12
"""Most classes of a task that are listed one by one."""

Tasks = Sequence[tuple[str, list[tuple[str, int]], list[tuple[str, str]]]]
"""Each task with its classes and its observers."""
Line = tuple[str, str, bool]
"""Text from the left (or in the middle, where nothing stands at the right), number at the right, bold."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FlowDisplay(Display):
    """Flow diagram: files, steps with what was left out and why, and for every task its classes and its observers.

    Parameters
    ----------
    steps
        The boxes of the main line with their numbers. A step that left out nothing has no box of its own.
    left_out
        For every arrow between two steps, the reasons with their numbers.
    """

    steps: tuple[tuple[str, int], ...]
    left_out: tuple[tuple[tuple[str, int], ...], ...]


def displays(picked: Picked) -> list[FlowDisplay]:
    """The diagram of the study; none where `Results` does not count the cases."""
    flow = picked.results.flow
    if not flow.get("steps"):
        return []
    steps, left_out = _main_line(flow)
    files = _files(flow)
    tasks = [(task, _classes(picked, task), _observers(picked, task)) for task in picked.tasks]
    tasks = [entry for entry in tasks if entry[1]]
    with house_style():
        canvas = _draw(flow, files, steps, left_out, tasks)
    return [
        FlowDisplay(
            figure=canvas.figure,
            axes=(),
            steps=tuple(steps),
            left_out=tuple(tuple(reasons) for reasons in left_out),
            task=None,
            title="Flow of cases through the study",
            caption=_caption(flow, left_out),
            alt=_alt(flow, files, steps, left_out, tasks),
            keys=(),
            width_mm=canvas.width,
            height_mm=canvas.height,
        )
    ]


def _main_line(flow: Mapping[str, Any]) -> tuple[list[tuple[str, int]], list[list[tuple[str, int]]]]:
    """The steps worth a box, and between each two of them what was left out.

    Steps and reasons come in the same order: each arrow takes reasons until they explain the difference.
    """
    steps = [(step["label"], step["n"]) for step in flow["steps"]]
    reasons = [(entry["reason"], entry["n"]) for entry in flow.get("excluded") or () if entry["n"]]
    kept, left_out = [steps[0]], []
    for (_, before), (label, after) in itertools.pairwise(steps):
        here: list[tuple[str, int]] = []
        while reasons and sum(n for _, n in here) < before - after:
            here.append(reasons.pop(0))
        if here:
            kept.append((label, after))
            left_out.append(here)
        elif len(kept) > 1:
            # Nothing happened on the way: the box takes the later name.
            kept[-1] = label, after
    if len(kept) == 1 and len(steps) > 1:
        kept.append(steps[-1])
        left_out.append([])
    if reasons and left_out:
        left_out[-1] += reasons
    return kept, left_out


def _files(flow: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A box for each file: its name, its cases and rows, and which of the rows say nothing."""
    rows = {entry["file"]: entry for entry in flow.get("rows") or ()}
    boxes = []
    for role, name in _FILES.items():
        n = (flow.get("cases") or {}).get(role)
        if n is None:
            continue
        found = rows.get(role, {})
        size = words.counted(n, "case")
        lines = [name, f"{size} in {words.counted(found['rows'], 'row')}" if "rows" in found else size]
        if found.get("empty"):
            lines.append(f"of these empty: {words.counted(found['empty'], 'row')}")
        if found.get("excluded_readers"):
            lines.append(f"of readers left out: {words.counted(found['excluded_readers'], 'row')}")
        boxes.append(tuple(lines))
    return boxes


def _classes(picked: Picked, task: str) -> list[tuple[str, int]]:
    """The classes of a task with their cases; a binary task says which is positive."""
    rows = [row for row in picked.results.tables.get("classes", ()) if row["task"] == task]
    said = {True: " (positive)", False: " (negative)", None: ""}
    classes = [(plain(row["class"]) + said[row["positive"]], row["n_cases"]) for row in rows]
    if len(classes) > _CLASSES:
        rest = classes[_CLASSES - 1 :]
        classes[_CLASSES - 1 :] = [(f"{len(rest)} further classes", sum(n for _, n in rest))]
    return classes


def _observers(picked: Picked, task: str) -> list[tuple[str, str]]:
    """Each kind of observer, how many there are, and how many cases each of them read."""
    kinds: dict[tuple[str, str], list[tuple[str, int]]] = {}
    rows = [row for row in picked.results.tables.get("readers", ()) if row["task"] == task and row["n_read"]]
    for row in sorted(rows, key=lambda row: picked.place(Observer.of(row))):
        observer = Observer.of(row)
        if observer.kind == "model":
            kind = "", "model"
        elif observer.kind != "human":
            kind = plain(picked.observer_label(observer)), ""
        elif picked.series == [(None, None)]:
            kind = "", "reader"
        else:
            kind = plain(picked.series_label((observer.group, observer.modality))), "reader"
        kinds.setdefault(kind, []).append((observer.name, row["n_read"]))
    lines = []
    for (label, noun), of_kind in kinds.items():
        names, read = {name for name, _ in of_kind}, [n for _, n in of_kind]
        number = words.counted(len(names), noun) if noun else ""
        low, high = min(read), max(read)
        who = ", ".join(part for part in (number, label) if part)
        lines.append((who, str(low) if low == high else f"{low}–{high}"))
    return lines


def _draw(
    flow: Mapping[str, Any],
    files: Sequence[tuple[str, ...]],
    steps: Sequence[tuple[str, int]],
    left_out: Sequence[Sequence[tuple[str, int]]],
    tasks: Tasks,
) -> Canvas:
    # Drawn twice, since only drawing tells how high the sheet must be; the first time on a sheet thrown away.
    height = 100.0
    for _ in range(2):
        canvas = Canvas(sheet_width(), height)
        bottom = _draw_files(canvas, files, 1.0)
        bottom = _draw_steps(canvas, flow, steps, left_out, bottom)
        height = _draw_tasks(canvas, tasks, bottom) + 1.0
    return canvas


def _sizes() -> tuple[float, float]:
    """Width of the boxes of the main line and of those at its right."""
    if sheet_width() >= _WIDE_MM:
        return _MAIN_MM, _SIDE_MM
    main, side = (share * sheet_width() for share in _NARROW_SHARES)
    return min(_MAIN_MM, main), min(_SIDE_MM, side)


def _middle() -> float:
    """Where the main line runs: in the middle, or where the sheet is narrow at the left."""
    return sheet_width() / 2 if sheet_width() >= _WIDE_MM else 1.0 + _sizes()[0] / 2


def _box(canvas: Canvas, left: float, top: float, size: float, lines: Sequence[Line], height: float = 0.0) -> float:
    """A box with its lines; the bottom of it."""
    height = height or _height(len(lines))
    canvas.boxes([(left, top, size, height)], "white", edgecolors=FRAME, linewidths=THIN_WIDTH)
    room = size - 2 * _INSET_X
    y = top + _INSET_Y + 2.3
    for text, number, bold in lines:
        weight = "bold" if bold else "normal"
        taken = width(number, TEXT_SIZE, bold=bold) + 2.0 if number else 0.0
        short = shorten(text, room - taken, TEXT_SIZE, bold=bold)
        if number:
            canvas.text(left + _INSET_X, y, short, fontweight=weight)
            canvas.text(left + size - _INSET_X, y, number, ha="right", fontweight=weight)
        else:
            canvas.text(left + size / 2, y, short, ha="center", fontweight=weight)
        y += LINE_MM
    return top + height


def _height(lines: int) -> float:
    return 2 * _INSET_Y + lines * LINE_MM + 0.2


def _draw_files(canvas: Canvas, files: Sequence[tuple[str, ...]], top: float) -> float:
    """The files beside each other, their lines meeting below; where the arrow to the first step begins."""
    if not files:
        return top
    size = _FILE_MM
    if sheet_width() < _WIDE_MM:
        size = min(size, (sheet_width() - 2.0 + _GAP) / len(files) - _GAP)
    if size < _LEAST_FILE_MM:
        lines: list[Line] = [(line, "", j == 0) for box in files for j, line in enumerate(box)]
        return _box(canvas, 1.0, top, min(_MAIN_MM, sheet_width() - 2.0), lines)
    height = _height(max(len(lines) for lines in files))
    left = max(1.0, _middle() - (len(files) * (size + _GAP) - _GAP) / 2)
    bottom = top + height
    meeting = bottom + (3.0 if len(files) > 1 else 0.0)
    for i, box in enumerate(files):
        x = left + i * (size + _GAP)
        _box(canvas, x, top, size, [(text, "", j == 0) for j, text in enumerate(box)], height)
        if len(files) > 1:
            middle = x + size / 2
            canvas.line([middle, middle, _middle()], [bottom, meeting, meeting], color=FRAME, linewidth=THIN_WIDTH)
    return meeting


def _draw_steps(
    canvas: Canvas,
    flow: Mapping[str, Any],
    steps: Sequence[tuple[str, int]],
    left_out: Sequence[Sequence[tuple[str, int]]],
    top: float,
) -> float:
    """The main line, with a box at the right of each arrow for what was left out."""
    bottom = top
    main_mm, side_mm = _sizes()
    for i, (label, n) in enumerate(steps):
        if i > 0:
            side = _left_out_lines(left_out[i - 1], side_mm)
            next_top = bottom + _height(len(side)) + 4.0
            middle = (bottom + next_top) / 2
            left = sheet_width() - side_mm - 1.0
            _box(canvas, left, middle - _height(len(side)) / 2, side_mm, side)
            canvas.arrow([_middle(), left], [middle, middle])
            canvas.arrow([_middle(), _middle()], [bottom, next_top])
        elif top > 1.0:
            next_top = bottom + _ARROW_MM
            canvas.arrow([_middle(), _middle()], [bottom, next_top])
        else:
            next_top = top
        lines: list[Line] = [(line, "", True) for line in wrap(_sentence(label), main_mm - 4.0, TEXT_SIZE, bold=True)]
        number = f"n = {n}"
        if i == len(steps) - 1 and flow.get("n_patients") is not None:
            number += f", from {words.counted(flow['n_patients'], 'patient')}"
        lines += [(line, "", False) for line in wrap(number, main_mm - 2 * _INSET_X, TEXT_SIZE)]
        bottom = _box(canvas, _middle() - main_mm / 2, next_top, main_mm, lines)
    return bottom


def _left_out_lines(reasons: Sequence[tuple[str, int]], size: float) -> list[Line]:
    if not reasons:
        return [("No case left out", "", False)]
    total = str(sum(n for _, n in reasons)) if len(reasons) > 1 else " "
    lines: list[Line] = [("Left out", total, True)]
    for reason, n in reasons:
        first, *rest = wrap(_sentence(reason), size - 2 * _INSET_X - 9.0, TEXT_SIZE)
        lines += [(first, str(n), False), *((line, " ", False) for line in rest)]
    return lines


def _draw_tasks(canvas: Canvas, tasks: Tasks, top: float) -> float:
    """Rows of tasks below the last step; the bottom of all."""
    most = columns_of(_COLUMNS, _LEAST_TASK_MM, gap=_GAP, taken=7.0)
    rows = [tasks[i : i + most] for i in range(0, len(tasks), most)]
    # With several rows a line runs down at the left from one to the next.
    margin = 6.0 if len(rows) > 1 else 1.0
    columns = max((len(row) for row in rows), default=1)
    size = min(_TASK_MM, (sheet_width() - margin - 1.0 + _GAP) / columns - _GAP)
    bottom, first_bus = top, 0.0
    for r, row in enumerate(rows):
        bus = bottom + 4.0
        left = margin if len(rows) > 1 else max(margin, _middle() - (len(row) * (size + _GAP) - _GAP) / 2)
        centres = [left + i * (size + _GAP) + size / 2 for i in range(len(row))]
        ends = [*centres, _middle()] if r == 0 else centres
        if len(rows) > 1:
            ends = [*ends, 2.0]
        if min(ends) < max(ends):
            canvas.line([min(ends), max(ends)], [bus, bus], color=FRAME, linewidth=THIN_WIDTH)
        if r == 0:
            first_bus = bus
            canvas.line([_middle(), _middle()], [bottom, bus], color=FRAME, linewidth=THIN_WIDTH)
        elif r == len(rows) - 1:
            canvas.line([2.0, 2.0], [first_bus, bus], color=FRAME, linewidth=THIN_WIDTH)
        bottom = _draw_task_row(canvas, row, centres, bus, size)
    return bottom


def _draw_task_row(
    canvas: Canvas,
    row: Tasks,
    centres: Sequence[float],
    bus: float,
    size: float,
) -> float:
    room = size - 2 * _INSET_X
    truths: list[list[Line]] = []
    reads: list[list[Line]] = []
    for task, classes, observers in row:
        total = str(sum(n for _, n in classes))
        truths.append([(plain(task), total, True), *((name, str(n), False) for name, n in classes)])
        reads.append(_read_lines(observers, room) if observers else [])
    truth_height = _height(max(len(lines) for lines in truths))
    read_height = _height(max(len(lines) for lines in reads))
    top = bus + _ARROW_MM - 1.0
    bottom = top + truth_height
    for x, truth, read in zip(centres, truths, reads, strict=True):
        canvas.arrow([x, x], [bus, top])
        _box(canvas, x - size / 2, top, size, truth, truth_height)
        if read:
            canvas.arrow([x, x], [bottom, bottom + _ARROW_MM - 1.0])
            _box(canvas, x - size / 2, bottom + _ARROW_MM - 1.0, size, read, read_height)
    return bottom + (_ARROW_MM - 1.0 + read_height if any(reads) else 0.0)


def _read_lines(observers: Sequence[tuple[str, str]], room: float) -> list[Line]:
    lines: list[Line] = [("Read by", "cases each", True)]
    for who, number in observers:
        first, *rest = wrap(who, room - width(number, TEXT_SIZE) - 2.0, TEXT_SIZE)
        lines += [(first, number, False), *((line, " ", False) for line in rest)]
    return lines


def _sentence(label: str) -> str:
    """``Cases analysed``: a label with a capital at its start."""
    label = plain(label)
    return label[:1].upper() + label[1:]


def _caption(flow: Mapping[str, Any], left_out: Sequence[Sequence[tuple[str, int]]]) -> str:
    patients = flow.get("n_patients")
    whose = f" of {words.counted(patients, 'patient')}" if patients is not None else ""
    sentences = [f"Flow of cases through the study. {words.counted(flow['n_cases'], 'case')}{whose} analysed."]
    if not any(left_out):
        sentences.append("No case was left out.")
    if any(entry.get("empty") for entry in flow.get("rows") or ()):
        sentences.append("An empty row has neither label nor score.")
    return words.join(*sentences)


def _alt(
    flow: Mapping[str, Any],
    files: Sequence[tuple[str, ...]],
    steps: Sequence[tuple[str, int]],
    left_out: Sequence[Sequence[tuple[str, int]]],
    tasks: Tasks,
) -> str:
    sentences = ["Flow diagram."]
    sentences += [f"{name}: {', '.join(lines)}." for name, *lines in files]
    for i, (label, n) in enumerate(steps):
        if i > 0:
            reasons = "; ".join(f"{reason}, {number}" for reason, number in left_out[i - 1])
            sentences.append(f"Left out: {reasons or 'none'}.")
        sentences.append(f"{_sentence(label)}: {n}.")
    if flow.get("n_patients") is not None:
        sentences.append(f"Patients: {flow['n_patients']}.")
    for task, classes, observers in tasks:
        sentences.append(f"Task “{task}”: {', '.join(f'{name} {n}' for name, n in classes)}.")
        read = "; ".join(f"{who}: {number} cases" for who, number in observers)
        sentences += [f"Read by {read}."] if read else []
    return plain(" ".join(sentences))
