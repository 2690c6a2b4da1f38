"""Legends: measured in mm, so that their place is known before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Canvas
from readerstudy.figures._label import plain, shorten, wrap
from readerstudy.figures._label import width as width_of
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
from readerstudy.figures._sheet import columns_of, page_height, sheet_width

_SAMPLE_MM = 11.0
_THIN_MM = 5.6
_CASE_MM = 4.0
_GAP_MM = 1.4
_COLUMN_GAP_MM = 4.0
_WIDE_MM, _LEAST_MM, _BELOW_MM = 150.0, 49.0, 58.0
"""A sheet with room for a legend beside a plot, the least room for it there, and of a column of it below."""
_LEAST_PLOT_MM, _SHARE = 42.0, 0.55
"""Least width of a plot above its legend, and its greatest as a share of the height that there is."""
_EDGE_MM, _TICK_MM = 1.0, 3.2
"""Margin of a legend, and room for half of the last tick's label."""


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


def wrapped(entries: Sequence[Entry], width: float, columns: int = 1) -> list[Entry]:
    """`entries` with their small print broken into lines as long as `legend` has room for."""
    room = (width + _COLUMN_GAP_MM) / columns - _COLUMN_GAP_MM - _inset(entries)

    def broken(line: str) -> list[str]:
        return [line] if width_of(plain(line), SMALL_SIZE) <= room else wrap(line, room, SMALL_SIZE)

    return [entry._replace(lines=tuple(part for line in entry.lines for part in broken(line))) for entry in entries]


class Place(NamedTuple):
    """Where a plot and its legend stand, in mm."""

    width: float
    """Greatest width of the plot."""
    left: float
    """Left edge of the legend."""
    room: float
    """Width of the legend."""
    columns: int
    below: bool
    """Whether the legend stands below the plot rather than at its right."""

    def most(self, plot: float, beside: float) -> float:
        """Most height for the legend: `beside` at the right of the plot, or what `plot` mm leave of a page."""
        return max(page_height(beside + plot) - plot, _LEAST_PLOT_MM) if self.below else beside

    def wrapped(self, entries: Sequence[Entry]) -> list[Entry]:
        """`entries` with their small print in lines as long as there is room."""
        return wrapped(entries, self.room, self.columns) if entries else []

    def fitted(self, entries: Sequence[Entry], plot: float, beside: float) -> list[Entry]:
        """As many of `entries` as `most` has room for."""
        return fitted(self.wrapped(entries), self.most(plot, beside), self.columns)

    def height(self, entries: Sequence[Entry], plot: float, top: float) -> float:
        """Height of a sheet with a plot of `plot` mm, its margins among them, and the legend."""
        legend_mm = legend_height(entries, self.columns)
        return plot + legend_mm + _EDGE_MM if self.below else max(plot, legend_mm + 2 * top)

    def legend(self, canvas: Canvas, entries: Sequence[Entry], plot: float, top: float) -> None:
        """Set the legend below a plot of `plot` mm, or from `top` beside it."""
        legend(canvas, entries, self.left, plot if self.below else top, self.room, columns=self.columns)


def place_of(left: float, most: float, gap: float) -> Place:
    """Beside a plot from `left` mm, at most `most` mm wide, or on a narrow sheet below it.

    Parameters
    ----------
    left, most
        Left edge and greatest width of the plot in mm.
    gap
        Between the plot and a legend beside it.
    """
    sheet = sheet_width()
    if sheet < _WIDE_MM:
        columns = columns_of(3, _BELOW_MM, gap=_COLUMN_GAP_MM, taken=2 * _EDGE_MM)
        width = min(most, sheet - left - _TICK_MM, max(_LEAST_PLOT_MM, _SHARE * page_height(math.inf)))
        return Place(width, _EDGE_MM, sheet - 2 * _EDGE_MM, columns, below=True)
    width = min(most, sheet - left - gap - _EDGE_MM - _LEAST_MM)
    start = left + width + gap
    return Place(width, start, sheet - start - _EDGE_MM, 1, below=False)


def _inset(entries: Sequence[Entry]) -> float:
    """From the left of the samples to the labels."""
    if all(e.parts == {"case"} for e in entries):
        return _CASE_MM
    # A cross, a thin curve and a mean need room beside each other; labels stay aligned.
    return _SAMPLE_MM + (_THIN_MM if any({"thin curve", "cross"} <= e.parts for e in entries) else 0.0)


def legend(
    canvas: Canvas, entries: Sequence[Entry], left: float, top: float, width: float, *, columns: int = 1
) -> None:
    """Set `entries` from (`left`, `top`) in rows of `columns`, cut to `width` mm."""
    step = (width + _COLUMN_GAP_MM) / columns
    inset = _inset(entries)
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
