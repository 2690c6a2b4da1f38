"""Wrongly called cases: a sheet of their pictures."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.figures import _words as words
from readerstudy.figures._canvas import SMALL_SIZE, TEXT_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten
from readerstudy.figures._palette import FAINT
from readerstudy.figures._pick import Picked
from readerstudy.figures._sheet import columns_of, page_height, sheet_width
from readerstudy.figures._thumbnail import place

_LEFT, _TOP = 1.0, 1.0
_COLUMNS, _GAP = 6, 3.6
_LEAST_SIDE = 15.0
_LINE_MM = 2.7
_HEAD_MM, _FOOT_MM = 6.0, 3 * _LINE_MM + 2.5
_PAGE_MM = 215.0
_MOST = 12
"""Most pictures of one list; the tables name the others."""

Row = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ErrorsDisplay(Display):
    """A contact sheet of wrongly called cases, one list for each observer, class and kind of error.

    Parameters
    ----------
    rows
        The rows of the table of errors whose pictures are shown, in their order.
    """

    rows: tuple[Row, ...]


@dataclasses.dataclass(frozen=True)
class _Strip:
    """A row of pictures; the first of a list has its heading."""

    heading: str
    rows: tuple[Row, ...]
    side: float

    @property
    def height(self) -> float:
        return (_HEAD_MM if self.heading else 0.0) + self.side + _FOOT_MM


def displays(picked: Picked, task: str) -> list[ErrorsDisplay]:
    """The sheets of a task, as many as pages are needed; none where no error has a picture."""
    everything = [row for row in picked.results.tables.get("errors", ()) if row["task"] == task]
    strips: list[_Strip] = []
    columns = columns_of(_COLUMNS, _LEAST_SIDE, gap=_GAP, taken=2 * _LEFT)
    side = (sheet_width() - 2 * _LEFT + _GAP) / columns - _GAP
    for key, group in itertools.groupby(everything, key=lambda row: (row["reader"], row["kind"], row["target"])):
        rows = list(group)
        shown = [row for row in rows if row.get("thumbnail")][:_MOST]
        heading = _heading(*key, len(rows), len(shown))
        for i in range(0, len(shown), columns):
            strips.append(_Strip("" if i else heading, tuple(shown[i : i + columns]), side))
    pages = _pages(strips)
    return [_display(task, strips, everything, i + 1, len(pages)) for i, strips in enumerate(pages)]


def _heading(reader: str, kind: str, target: str | None, n: int, shown: int) -> str:
    what = f"{kind}, {plain(target)}" if target is not None else kind
    number = str(n) if shown == n else f"{shown} of {n}"
    return f"{plain(reader)}: {what} ({number})"


def _pages(strips: Sequence[_Strip]) -> list[list[_Strip]]:
    pages: list[list[_Strip]] = []
    room = 0.0
    for strip in strips:
        if strip.height > room:
            pages.append([])
            room = page_height(_PAGE_MM) - _TOP
        pages[-1].append(strip)
        room -= strip.height
    return pages


def _display(task: str, strips: Sequence[_Strip], everything: Sequence[Row], page: int, pages: int) -> ErrorsDisplay:
    rows = tuple(row for strip in strips for row in strip.rows)
    with house_style():
        canvas = _draw(strips)
    part = f", part {page} of {pages}" if pages > 1 else ""
    return ErrorsDisplay(
        figure=canvas.figure,
        axes=(),
        rows=rows,
        task=task,
        title=f"Wrongly called cases: {shorten(task, 70, TEXT_SIZE)}{part}",
        caption=_caption(task, rows, everything),
        alt=_alt(task, rows),
        keys=(),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _draw(strips: Sequence[_Strip]) -> Canvas:
    canvas = Canvas(sheet_width(), _TOP + sum(strip.height for strip in strips))
    top = _TOP
    number = 0
    for strip in strips:
        if strip.heading:
            heading = shorten(strip.heading, sheet_width() - 2 * _LEFT, TEXT_SIZE, bold=True)
            canvas.text(_LEFT, top + 3.2, heading, fontweight="bold")
            top += _HEAD_MM
        for i, row in enumerate(strip.rows):
            left = _LEFT + i * (strip.side + _GAP)
            canvas.frame(*place(canvas, row["thumbnail"], (left, top, strip.side), f"thumbnail: {number}"))
            number += 1
            lines = [("Truth: " + str(row["truth"]), True), ("Call: " + str(row["call"]), True)]
            if row.get("score") is not None:
                lines.append((f"Score: {text.fixed(row['score'], 2)}", False))
            for j, (line, strong) in enumerate(lines):
                y = top + strip.side + 2.6 + j * _LINE_MM
                style: dict[str, Any] = {} if strong else {"color": FAINT}
                canvas.text(left, y, shorten(line, strip.side + _GAP - 1.0, SMALL_SIZE), size=SMALL_SIZE, **style)
        top += strip.side + _FOOT_MM
    return canvas


def _caption(task: str, rows: Sequence[Row], everything: Sequence[Row]) -> str:
    sentences = [f"Wrongly called cases of the task “{plain(task)}”, with their true class and the call."]
    if any(row.get("score") is not None for row in rows):
        sentences.append("Score: what the observer gave the class.")
    without = sum(not row.get("thumbnail") for row in everything)
    if without:
        sentences.append(f"{words.counted(without, 'wrong call')} of {len(everything)} without a picture not shown.")
    if any(shown < n for shown, n in _lengths(everything)):
        sentences.append(f"Of each list the first {_MOST} pictures are shown.")
    return words.join(*sentences)


def _lengths(everything: Sequence[Row]) -> list[tuple[int, int]]:
    """For each list, how many pictures are shown and how many there are."""
    counts: dict[tuple[Any, ...], int] = {}
    for row in everything:
        if row.get("thumbnail"):
            key = row["reader"], row["kind"], row["target"]
            counts[key] = counts.get(key, 0) + 1
    return [(min(n, _MOST), n) for n in counts.values()]


def _alt(task: str, rows: Sequence[Row]) -> str:
    def said(row: Row) -> str:
        target = f", {row['target']}" if row["target"] is not None else ""
        return f"{row['reader']}, {row['kind']}{target}: truth {row['truth']}, call {row['call']}"

    return plain(f"Pictures of wrongly called cases of the task “{task}”. {'; '.join(said(row) for row in rows)}.")
