"""What a checklist is made of: an answer to every item, in pieces of which each number says where it comes from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Literal

from readerstudy import text
from readerstudy.checklist.guideline import Guideline, Item
from readerstudy.estimate import Estimate
from readerstudy.report.document import Paragraph, Span
from readerstudy.report.tables import pointer

Status = Literal["filled", "confirm", "author", "not applicable"]
STATUSES: dict[Status, str] = {
    "filled": "composed from results.json alone",
    "confirm": "something is known, and the author confirms and completes it",
    "author": "the author writes it",
    "not applicable": "the study has nothing that the item is about",
}
"""The statuses and what they mean. None says that a paper complies: that is for its readers to judge."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of an answer: words, a label from the data, or a number.

    A number has the `key` of the record that it prints, or else the `pointer` (RFC 6901) to its place in results.json.
    """

    text: str
    kind: Literal["words", "label", "number"] = "words"
    key: str | None = None
    pointer: str | None = None


Line = tuple[Piece, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """A place of the report: a section by its title, or a table or the figures of a kind within a section."""

    kind: Literal["section", "table", "figure"]
    name: str
    section: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said of an item.

    Parameters
    ----------
    status
        One of `STATUSES`.
    lines
        What the results say, a paragraph each; of an item that is not applicable the reason.
    write
        What is left to the author, where it is not what the item says.
    places
        Where the report shows it, beside the places of the records that are printed.
    """

    status: Status
    lines: tuple[Line, ...] = ()
    write: str | None = None
    places: tuple[Place, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Link:
    """A place of the report as it is printed, with its address where a report was given."""

    text: str
    href: str | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """An item with its answer, and links to what it rests on."""

    item: Item
    answer: Answer
    links: tuple[Link, ...]

    @property
    def write(self) -> str:
        """What is left to the author; nothing for an item that is filled or not applicable."""
        if self.answer.status in ("filled", "not applicable"):
            return ""
        return self.item.write if self.answer.write is None else self.answer.write

    @property
    def texts(self) -> tuple[str, ...]:
        """The paragraphs of the answer as plain text."""
        return tuple("".join(piece.text for piece in line) for line in self.answer.lines)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the records that are printed."""
        return tuple(dict.fromkeys(p.key for line in self.answer.lines for p in line if p.key is not None))

    @property
    def pointers(self) -> tuple[str, ...]:
        """Where in results.json the other numbers are."""
        return tuple(dict.fromkeys(p.pointer for line in self.answer.lines for p in line if p.pointer is not None))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checklist:
    """A guideline answered for one study."""

    guideline: Guideline
    title: str
    notice: str | None
    caution: str | None
    entries: tuple[Entry, ...]
    version: str

    @property
    def sections(self) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        """Sections in order, each with its entries."""
        return tuple(
            (name, tuple(entry for entry in self.entries if entry.item.section == name))
            for name in self.guideline.sections
        )

    @property
    def counts(self) -> dict[Status, int]:
        """How many items have each status."""
        return {status: sum(entry.answer.status == status for entry in self.entries) for status in STATUSES}


def line(*parts: str | Piece | Iterable[Piece]) -> Line:
    """Words and pieces as one paragraph."""
    pieces: list[Piece] = []
    for part in parts:
        if isinstance(part, str):
            pieces += [Piece(text=part)] if part else []
        elif isinstance(part, Piece):
            pieces.append(part)
        else:
            pieces += part
    return tuple(pieces)


def label(name: str) -> Piece:
    """A name from the user's data."""
    return Piece(text=name, kind="label")


def labels(names: Iterable[str], most: int = 12) -> Line:
    """Names with commas between them; of many the first, and how many more there are."""
    known = list(names)
    pieces: list[Piece] = []
    for name in known[:most]:
        pieces += [Piece(text=", ")] if pieces else []
        pieces.append(label(name))
    if len(known) > most:
        pieces.append(Piece(text=f" and {len(known) - most} more"))
    return tuple(pieces)


def number(e: Estimate) -> Piece:
    """Estimate, fraction and interval of a record."""
    return Piece(text=text.full(e), kind="number", key=e.key)


def p_value(e: Estimate, alpha: float) -> Piece:
    """The P value of a record, which no line is to break."""
    return Piece(text=text.p_phrase(e.p_value, alpha).replace(" ", "\u00a0"), kind="number", key=e.key)


def count(value: Any, *place: str | int) -> Piece:
    """A number as it stands at a place of results.json."""
    return Piece(text=text.UNDEFINED if value is None else str(value), kind="number", pointer=pointer(*place))


def counted(n: int, one: str, many: str, *place: str | int) -> Line:
    """``113 cases``: a count of results.json with what is counted."""
    return (count(n, *place), Piece(text=f" {one if n == 1 else many}"))


def of_paragraph(paragraph: Paragraph) -> Line:
    """A paragraph of the report as a paragraph of an answer."""
    return tuple(map(_of_span, paragraph.spans))


def _of_span(span: Span) -> Piece:
    if span.kind == "number":
        return Piece(text=span.text, kind="number", key=span.key)
    return Piece(text=span.text, kind="label" if span.kind in ("label", "strong") else "words")


def section(title: str) -> Place:
    """A section of the report."""
    return Place(kind="section", name=title)


def table(name: str, task: str | None = None) -> Place:
    """A table of the report, of a task or of none."""
    return Place(kind="table", name=name, section=None if task is None else f"Task: {task}")


def figure(title: str) -> Place:
    """The figures of the report whose title begins so."""
    return Place(kind="figure", name=title)
