"""Several figures on one sheet, each laid out anew for its place, with a letter above it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from matplotlib.artist import Artist

from readerstudy.figures._canvas import Canvas, SheetFigure, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._resize import resize
from readerstudy.figures._sheet import TooNarrowError, laid_out_on
from readerstudy.figures.journal import Journal

_GAP_MM, _LETTER_MM = 5.0, 4.6
_LEAST_MM = 56.0
"""Narrowest place, before scaling: the least width that every sort of figure knows."""
_PANEL = re.compile(r"\s*([A-Za-z])\s*=\s*([a-z0-9][a-z0-9-]*)\s*")


class Panel(NamedTuple):
    """A letter and the name of a figure."""

    letter: str
    name: str


def parsed(text: str) -> list[list[Panel]]:
    """``a=roc-malignant,b=calibration-malignant/c=flow``: panels beside each other, rows below each other.

    Raises
    ------
    ValueError
        If it is not of that form, or a letter stands twice.
    """
    rows = []
    for row in text.split("/"):
        found = [_PANEL.fullmatch(item) for item in row.split(",")]
        if not all(found):
            raise ValueError(
                f"{text!r} is not of the form a=NAME,b=NAME/c=NAME: a letter and a figure each, with a slash where "
                "a new row begins"
            )
        rows.append([Panel(match[1].lower(), match[2]) for match in found if match])
    letters = [panel.letter for row in rows for panel in row]
    if len(set(letters)) < len(letters):
        raise ValueError(f"{text!r} has a letter twice")
    return rows


class _Child(Artist):
    """A finished figure as a part of another."""

    def __init__(self, figure: SheetFigure) -> None:
        super().__init__()
        self.figure_within = figure

    def draw(self, renderer: Any) -> None:
        parent = self.get_figure()
        assert parent is not None
        self.figure_within.set_dpi(parent.dpi)
        self.figure_within.draw(renderer)


def composed(
    rows: Sequence[Sequence[Panel]], journal: Journal, width: float, draw: Callable[[str], Display]
) -> tuple[SheetFigure, list[tuple[Panel, Display]]]:
    """The sheet in its final size, and the display of every panel.

    Parameters
    ----------
    rows
        The panels.
    journal, width
        The rules, and the width of the whole in mm.
    draw
        Draws the figure of a name on the sheet that is current.

    Raises
    ------
    TooNarrowError
        If a row has too many panels for its width.
    """
    sheet, scale = journal.sheet(width), journal.scale(width)
    placed: list[tuple[Panel, Display, float, float]] = []
    top = 0.0
    for row in rows:
        place = (sheet.width - _GAP_MM * (len(row) - 1)) / len(row)
        if place < min(_LEAST_MM, sheet.width) - 1e-9:
            raise TooNarrowError(len(row) * (_LEAST_MM + _GAP_MM) - _GAP_MM)
        own = dataclasses.replace(
            sheet, width=place, height=(sheet.height + _GAP_MM) / len(rows) - _GAP_MM - _LETTER_MM
        )
        with laid_out_on(own):
            displays = [draw(panel.name) for panel in row]
        for i, (panel, display) in enumerate(zip(row, displays, strict=True)):
            placed.append((panel, display, i * (place + _GAP_MM), top))
        top += _LETTER_MM + max(display.height_mm for display in displays) + _GAP_MM
    height = top - _GAP_MM
    with laid_out_on(sheet), house_style():
        canvas = Canvas(sheet.width, height)
        letters = [
            canvas.text(x + 0.5, y + 3.4, journal.letters.of(panel.letter), fontweight=_weight(journal))
            for panel, _, x, y in placed
        ]
        resize(canvas.figure, scale, least_line=journal.line)
        for letter in letters:
            letter.set_fontsize(journal.letters.size)
        for _, display, x, y in placed:
            _put(canvas.figure, display, scale, journal.line, x, height - y - _LETTER_MM - display.height_mm)
    return canvas.figure, [(panel, display) for panel, display, _, _ in placed]


def _weight(journal: Journal) -> str:
    return "bold" if journal.letters.bold else "normal"


def _put(parent: SheetFigure, display: Display, scale: float, least_line: float, x: float, y: float) -> None:
    """Make a figure part of `parent`, its lower left corner at (x, y) in mm before scaling, counted upwards."""
    figure = display.figure
    resize(figure, scale, least_line=least_line)
    right, up = x * scale / 25.4, y * scale / 25.4
    figure.inches.translate(right, up)
    width, height = figure.get_size_inches()
    figure.bbox_inches.p0, figure.bbox_inches.p1 = (right, up), (right + width, up + height)
    for axes in figure.axes:
        axes.set_rasterization_zorder(None)  # pixels would be drawn by the parent, which has no such panel
    parent.add_artist(_Child(figure))
