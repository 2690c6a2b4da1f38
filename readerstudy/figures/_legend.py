"""Legends: measured in mm, so that their place is known before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Canvas
from readerstudy.figures._label import shorten
from readerstudy.figures._palette import (
    ARM_WIDTH,
    CURVE_WIDTH,
    FAINT,
    THIN_WIDTH,
    Style,
    call_marker,
    class_marker,
    consensus_marker,
    mean_marker,
    reader_marker,
    threshold_marker,
)

_SAMPLE_MM = 11.0
_THIN_MM = 5.6
_CASE_MM = 4.0
_GAP_MM = 1.4
_COLUMN_GAP_MM = 4.0


class Entry(NamedTuple):
    """A line of a legend: what stands for it, its label and what is told about it in small print."""

    style: Style
    parts: frozenset[str]
    """Of ``"curve"``, ``"thin curve"``, ``"bar"``, ``"call"``, ``"threshold"``, ``"cross"``, ``"dot"``, ``"mean"``,
    ``"star"`` and ``"case"``."""
    label: str
    lines: tuple[str, ...] = ()

    @property
    def height(self) -> float:
        """In mm, with the gap to the next."""
        return LINE_MM * (1 + len(self.lines)) + _GAP_MM


def legend_height(entries: Sequence[Entry], columns: int = 1) -> float:
    """Height in mm of `entries` set in rows of `columns`."""
    return sum(max(e.height for e in entries[i : i + columns]) for i in range(0, len(entries), columns))


def fitted(entries: Sequence[Entry], room: float, columns: int = 1) -> list[Entry]:
    """As many of `entries` as `room` mm of height have place for, and then how many more there are."""
    if legend_height(entries, columns) <= room:
        return list(entries)
    n = len(entries)
    while n:
        n -= 1
        shown = [*entries[:n], Entry(entries[0].style, frozenset(), f"and {len(entries) - n} more, see table")]
        if legend_height(shown, columns) <= room:
            break
    return shown


def legend(
    canvas: Canvas, entries: Sequence[Entry], left: float, top: float, width: float, *, columns: int = 1
) -> None:
    """Set `entries` from (`left`, `top`) in rows of `columns`, cut to `width` mm."""
    step = (width + _COLUMN_GAP_MM) / columns
    # A cross, a thin curve and a mean need room beside each other; labels stay aligned.
    inset = _SAMPLE_MM + (_THIN_MM if any({"thin curve", "cross"} <= e.parts for e in entries) else 0.0)
    if all(e.parts == {"case"} for e in entries):
        inset = _CASE_MM
    y = top
    for i in range(0, len(entries), columns):
        row = entries[i : i + columns]
        for j, entry in enumerate(row):
            _entry(canvas, entry, left + j * step, y, step - _COLUMN_GAP_MM, inset)
        y += max(entry.height for entry in row)


def _entry(canvas: Canvas, entry: Entry, left: float, top: float, width: float, inset: float) -> None:
    baseline = top + 2.4
    sample(canvas, entry.style, entry.parts, left, baseline - 0.9)
    x = left + inset
    room = width - inset
    canvas.text(x, baseline, shorten(entry.label, room, TEXT_SIZE))
    for i, line in enumerate(entry.lines):
        canvas.text(x, baseline + (i + 1) * LINE_MM, shorten(line, room, SMALL_SIZE), size=SMALL_SIZE, color=FAINT)


def sample(canvas: Canvas, style: Style, parts: frozenset[str], left: float, y: float) -> None:
    """What stands for an entry: 9 mm, and the thin curve beyond it where there is a cross."""
    right = left + 9.0
    if "curve" in parts or "bar" in parts:
        canvas.line([left, right], [y, y], color=style.colour, linestyle=style.dash, linewidth=CURVE_WIDTH)
    if "thin curve" in parts:
        x = left if "cross" not in parts else right + 0.6
        canvas.line([x, x + _THIN_MM - 0.6], [y, y], color=style.faint, linestyle=style.dash, linewidth=THIN_WIDTH)
    if "call" in parts:
        canvas.line([left + 4.5], [y], **call_marker(style))
    if "threshold" in parts:
        canvas.line([left + 7.8], [y], **threshold_marker(style))
    if "cross" in parts:
        x = left + 2.2
        gap = float("nan")
        arms = ([x - 2, x + 2, gap, x, x], [y, y, gap, y - 1.4, y + 1.4])
        canvas.line(*arms, color=style.pale, linewidth=ARM_WIDTH)
        canvas.line([x], [y], **reader_marker(style))
    if "dot" in parts:
        canvas.line([left + 4.5], [y], **reader_marker(style))
    if "star" in parts:
        x, gap = left + 4.5, float("nan")
        arms = ([x - 3.2, x + 3.2, gap, x, x], [y, y, gap, y - 1.7, y + 1.7])
        canvas.line(*arms, color=style.pale, linewidth=ARM_WIDTH)
        canvas.line([x], [y], **consensus_marker(style, 0.85))
    if "case" in parts:
        canvas.line([left + 1.5], [y], **class_marker(style))
    if "mean" in parts:
        canvas.line([left + 7.0], [y], **mean_marker(style))
