"""What a file of a figure was found to hold."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

Colour = tuple[float, float, float]
"""Red, green and blue from 0 to 1."""
POINT_MM = 25.4 / 72


class Face(NamedTuple):
    """A typeface that text is set in."""

    name: str
    kind: str
    """``"Type 42"`` (TrueType), ``"Type 3"``, ``"Type 1"`` or ``"WOFF"``."""
    embedded: bool


@dataclasses.dataclass(kw_only=True)
class Seen:
    """The facts of one file.

    Parameters
    ----------
    form
        Its format.
    width, height
        In mm.
    text, lines
        Sizes of text and widths of lines in points, as printed.
    faces
        The typefaces that are used.
    spaces
        Colour spaces of paint and of pictures: ``"RGB"``, ``"grey"``, ``"CMYK"`` or the name of another.
    colours
        Colours of lines and areas.
    transparent
        Whether anything lets what is behind it through.
    pictures
        Resolution of every picture in dpi.
    pixels, compression
        Columns and rows of a file that is a picture, and how it is compressed.
    """

    form: str
    width: float = 0.0
    height: float = 0.0
    text: set[float] = dataclasses.field(default_factory=set)
    lines: set[float] = dataclasses.field(default_factory=set)
    faces: set[Face] = dataclasses.field(default_factory=set)
    spaces: set[str] = dataclasses.field(default_factory=set)
    colours: set[Colour] = dataclasses.field(default_factory=set)
    transparent: bool = False
    pictures: list[float] = dataclasses.field(default_factory=list)
    pixels: tuple[int, int] | None = None
    compression: str = ""


class UnreadableError(ValueError):
    """A file that is not what its name says, or of a kind that the audit does not know."""
