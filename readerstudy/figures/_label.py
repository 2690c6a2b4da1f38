"""Labels that users wrote, made fit to be drawn: any characters, any length."""

from __future__ import annotations

import functools
import unicodedata

from matplotlib.ft2font import FT2Font, LoadFlags

from readerstudy import _shipped

ELLIPSIS = "\u2026"
_POINT_MM = 25.4 / 72
# Joiners without which emoji and Persian words fall apart; every other format character can only do harm.
_JOINERS = "\u200c\u200d"
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def plain(label: str) -> str:
    r"""`label` on one line, without characters that XML forbids or that reorder the text around them.

    Examples
    --------
    >>> plain("HCC\t(small)\n\x00")
    'HCC (small)'
    """
    kept = (
        " " if c.isspace() else c
        for c in label
        if c.isspace() or c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn", "Co")
    )
    return " ".join("".join(kept).split())


def shorten(label: str, width_mm: float, size: float, *, bold: bool = False) -> str:
    """`label` made plain and, where it is wider than `width_mm` at `size` points, ended with an ellipsis.

    A label with right-to-left letters is wrapped in an isolate, so that it cannot turn round what stands beside it.
    """
    text = plain(label)
    if width(text, size, bold=bold) > width_mm:
        room = width_mm - width(ELLIPSIS, size, bold=bold)
        cut = 0
        for c in text:
            room -= width(c, size, bold=bold)
            if room < 0:
                break
            cut += 1
        text = text[:cut].rstrip(" " + _JOINERS) + ELLIPSIS
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        text = _ISOLATE + text + _END_ISOLATE
    return text


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of `text` in mm at `size` points: the sum of the advances, without kerning."""
    return sum(_advance(c, bold) for c in text) * size * _POINT_MM


@functools.cache
def _font(bold: bool) -> FT2Font:
    name = "LiberationSans-Bold.ttf" if bold else "LiberationSans-Regular.ttf"
    font = FT2Font(str(_shipped.path("reports", "templates", "fonts", name)))
    font.set_size(100, 72)
    return font


@functools.cache
def _advance(c: str, bold: bool) -> float:
    """Advance of one character in em; a character that the font lacks is guessed as its script is usually set."""
    if unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0.0
    font = _font(bold)
    if font.get_char_index(ord(c)) == 0:
        return 1.0 if unicodedata.east_asian_width(c) in "WF" else 0.65
    return font.load_char(ord(c), LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100


def wrap(label: str, width_mm: float, size: float, *, bold: bool = False) -> list[str]:
    """`label` made plain and broken at its spaces into lines of at most `width_mm`; a longer word is shortened."""
    lines: list[str] = []
    for word in plain(label).split(" "):
        if lines and width(f"{lines[-1]} {word}", size, bold=bold) <= width_mm:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [shorten(line, width_mm, size, bold=bold) for line in lines]
