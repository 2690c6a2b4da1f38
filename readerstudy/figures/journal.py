"""What a journal asks of figures: dated data, one file a journal."""

from __future__ import annotations

import dataclasses
import datetime
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from readerstudy import _choice, _shipped
from readerstudy.figures._sheet import FULL_WIDTH, Sheet

FORMATS = ("pdf", "svg", "eps", "tiff", "png")
WIDTHS = ("single", "onehalf", "full")
SORTS = ("line", "combination", "halftone")
"""Sorts of artwork by which journals set resolutions."""
STATUS = ("verified", "unverified")
_TEXT, _SMALL = 7.0, 6.0
"""Sizes of text on a sheet before it is scaled."""
_KEYS = {
    "name", "source_url", "checked", "status", "note", "widths", "height", "text", "line", "fonts", "letters", "colour",
    "formats", "dpi", "charts",
}  # fmt: skip
_TABLES = {"text": ("least", "most"), "line": ("least",), "letters": ("style", "bold", "size"), "dpi": SORTS}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Letters:
    """How the panels of a composite figure are named: ``"a"``, ``"A"``, ``"(a)"`` or ``"(A)"``; size in points."""

    style: str
    bold: bool
    size: float

    def of(self, letter: str) -> str:
        """`letter` in the journal's style."""
        cased = letter.upper() if "A" in self.style else letter.lower()
        return f"({cased})" if self.style.startswith("(") else cased


@dataclasses.dataclass(frozen=True, kw_only=True)
class Journal:
    """The rules of a journal or publisher.

    Parameters
    ----------
    name, source_url, checked, status, note
        Whose rules, where they were read and when, whether they were (``"verified"``), and what there is to say.
    widths
        Of ``"single"``, ``"onehalf"`` and ``"full"``, those that there are, in mm.
    height
        Greatest height in mm.
    text
        Smallest and largest text in points; the largest is inf where there is no rule.
    line
        Thinnest line in points.
    fonts
        Typefaces that are accepted. Liberation Sans has the widths of Arial and Helvetica and passes for them.
    letters
        The letters of panels.
    colour
        ``"RGB"``.
    formats
        The files to write unless asked otherwise.
    dpi
        Resolution by sort of artwork (`SORTS`).
    charts
        The sort of artwork that coloured charts are for the journal.
    """

    name: str
    source_url: str
    checked: datetime.date
    status: str
    note: str
    widths: Mapping[str, float]
    height: float
    text: tuple[float, float]
    line: float
    fonts: tuple[str, ...]
    letters: Letters
    colour: str
    formats: tuple[str, ...]
    dpi: Mapping[str, int]
    charts: str

    @classmethod
    def read(cls, name: str) -> Journal:
        """A shipped preset by its name, or a TOML file of the same form by its path.

        Raises
        ------
        ValueError
            If there is no such preset, or the file has a key or a value that is none.
        FileNotFoundError
            If there is no such file.
        """
        if name.endswith(".toml"):
            path = Path(name)
        else:
            path = _shipped.path("reports", "journals") / f"{_choice.check(name, shipped(), 'the journal')}.toml"
        try:
            return _parsed(tomllib.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{path}: {what}") from None

    def width_of(self, name: str) -> float:
        """Width in mm by its name.

        Raises
        ------
        ValueError
            If the journal has no such width.
        """
        return self.widths[_choice.check(name, self.widths, f"the width for {self.name}")]

    def wider(self, name: str) -> str | None:
        """The next wider of the journal's widths."""
        above = [other for other in WIDTHS if self.widths.get(other, 0.0) > self.widths[name]]
        return min(above, key=lambda other: self.widths[other]) if above else None

    def scale(self, width: float) -> float:
        """By how much a sheet is scaled to a width in mm, so that its text has a size that the journal accepts."""
        low, high = self.text[0] / _SMALL, self.text[1] / _TEXT
        return max(low, min(width / FULL_WIDTH, high))

    def sheet(self, width: float) -> Sheet:
        """The sheet to lay out a figure of a width in mm on, before it is scaled."""
        scale = self.scale(width)
        return Sheet(
            width=width / scale, height=self.height / scale, least=self.text[0] / scale, most=self.text[1] / scale
        )


def shipped() -> tuple[str, ...]:
    """The names of the presets that come with readerstudy."""
    return tuple(sorted(path.stem for path in _shipped.path("reports", "journals").glob("*.toml")))


def _parsed(content: Mapping[str, Any]) -> Journal:
    for key in content:
        _choice.check(key, _KEYS, "a key")
    for table, known in _TABLES.items():
        for key in content[table]:
            _choice.check(key, known, f"a key of {table}")
    widths = {_choice.check(name, WIDTHS, "a width"): _positive(mm, name) for name, mm in content["widths"].items()}
    if not widths:
        raise ValueError("no width is given")
    dpi = {sort: math.ceil(_positive(content["dpi"][sort], f"dpi.{sort}")) for sort in SORTS}
    least = _positive(content["text"]["least"], "text.least")
    most = _positive(content["text"]["most"], "text.most") if "most" in content["text"] else math.inf
    if least > most:
        raise ValueError(f"text.least is {least:g} and text.most {most:g}")
    letters = content["letters"]
    if not isinstance(letters["bold"], bool):
        raise ValueError(f"letters.bold is {letters['bold']!r}; it must be true or false")
    if not isinstance(content["checked"], datetime.date):
        raise ValueError(f"checked is {content['checked']!r}; it must be a date such as 2026-01-31")
    return Journal(
        name=str(content["name"]),
        source_url=str(content["source_url"]),
        checked=content["checked"],
        status=_choice.check(content["status"], STATUS, "the status"),
        note=str(content.get("note", "")),
        widths=widths,
        height=_positive(content["height"], "height"),
        text=(least, most),
        line=_positive(content["line"]["least"], "line.least"),
        fonts=_several(content["fonts"], "fonts"),
        letters=Letters(
            style=_choice.check(letters["style"], ("a", "A", "(a)", "(A)"), "letters.style"),
            bold=letters["bold"],
            size=_positive(letters["size"], "letters.size"),
        ),
        colour=_choice.check(content["colour"], ("RGB",), "the colour space"),
        formats=tuple(_choice.check(name, FORMATS, "a format") for name in _several(content["formats"], "formats")),
        dpi=dpi,
        charts=_choice.check(content["charts"], SORTS, "charts"),
    )


def _positive(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}; it must be a number above 0")
    return float(value)


def _several(value: Any, name: str) -> tuple[str, ...]:
    """Texts of a list, each once."""
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is {value!r}; it must be a list of one text or more")
    return tuple(dict.fromkeys(value))
