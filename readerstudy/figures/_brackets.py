"""Names of groups beside the rows of a matrix."""

from __future__ import annotations

from collections.abc import Sequence

from readerstudy.figures._canvas import SMALL_SIZE, Canvas
from readerstudy.figures._label import plain, shorten, width, wrap
from readerstudy.figures._palette import FAINT, FRAME, THIN_WIDTH
from readerstudy.figures._sheet import sheet_width

_UPRIGHT_MM, _MOST_MM = 4.0, 17.0
_SMALL_LINE_MM = 2.5
_WIDE_MM = 120.0
"""A sheet with room for names that lie."""

Span = tuple[str, float, float]
"""A group's name (empty: no bracket), and the upper and lower edge of its rows."""


def bracket_width(spans: Sequence[Span]) -> float:
    """Room that the brackets take, in mm: nothing without names, little where every name can stand upright."""
    named = [span for span in spans if span[0]]
    if not named or _upright(named):
        most = max((len(_upright_lines(*span)) for span in named), default=0)
        return _UPRIGHT_MM + (most - 1) * _SMALL_LINE_MM if named else 0.0
    lines = [line for name, *_ in named for line in wrap(name, _MOST_MM - 2.0, SMALL_SIZE)]
    return max(width(line, SMALL_SIZE) for line in lines) + 2.5


def brackets(canvas: Canvas, spans: Sequence[Span], left: float) -> None:
    """A line at the right of `bracket_width` from `left` beside each group's rows, and its name before it."""
    named = [span for span in spans if span[0]]
    upright, room = _upright(named), bracket_width(spans)
    x = left + room - 1.2
    for name, top, bottom in named:
        canvas.line([x, x], [top + 0.3, bottom - 0.3], color=FRAME, linewidth=THIN_WIDTH)
        middle = (top + bottom) / 2
        if upright:
            turned = {"ha": "center", "rotation": 90, "rotation_mode": "anchor"}
            for i, line in enumerate(reversed(_upright_lines(name, top, bottom))):
                canvas.text(x - 1.0 - i * _SMALL_LINE_MM, middle, line, size=SMALL_SIZE, color=FAINT, **turned)
            continue
        lines = wrap(name, room - 2.0, SMALL_SIZE)[: max(1, int((bottom - top + 0.6) / _SMALL_LINE_MM))]
        for i, line in enumerate(lines):
            y = middle + 0.75 + (i - (len(lines) - 1) / 2) * _SMALL_LINE_MM
            canvas.text(x - 1.0, y, line, size=SMALL_SIZE, color=FAINT, ha="right")


def _upright(named: Sequence[Span]) -> bool:
    """Whether every name stands upright: where it fits its rows, and on a narrow sheet in any case."""
    narrow = sheet_width() < _WIDE_MM
    return narrow or all(width(plain(name), SMALL_SIZE) <= bottom - top for name, top, bottom in named)


def _upright_lines(name: str, top: float, bottom: float) -> list[str]:
    """A name that stands upright: in one line, or where that is too long in two."""
    if width(plain(name), SMALL_SIZE) <= bottom - top:
        return [shorten(name, bottom - top, SMALL_SIZE)]
    return wrap(name, bottom - top, SMALL_SIZE)[:2]
