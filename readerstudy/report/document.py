"""What a report is made of: sections of paragraphs, lists, tables and figures, the same for HTML and PDF."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal, Protocol
from urllib.parse import quote

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.report.tables import Table


class Drawn(Protocol):
    """A figure as `readerstudy.figures.draw` returns it."""

    @property
    def name(self) -> str:
        """Slug: the name of its files."""

    @property
    def kind(self) -> str:
        """What sort of figure it is, such as ``"roc"``."""

    @property
    def task(self) -> str | None:
        """The task it belongs to, or None."""

    @property
    def title(self) -> str:
        """A few words."""

    @property
    def caption(self) -> str:
        """What is drawn, in sentences."""

    @property
    def alt(self) -> str:
        """What the figure shows, for a reader who does not see it."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the records that are drawn."""

    @property
    def svg(self) -> str:
        """The figure, without XML prolog, its ids prefixed."""

    @property
    def width_mm(self) -> float:
        """Width in print."""

    @property
    def height_mm(self) -> float:
        """Height in print."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a sentence: words, a label from the data, or a number with the key of its record."""

    text: str
    kind: Literal["words", "strong", "label", "number", "doi"] = "words"
    key: str | None = None

    @property
    def url(self) -> str:
        """Where a DOI leads."""
        return "https://doi.org/" + quote(self.text, safe="/") if self.kind == "doi" else ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Paragraph:
    """Running text."""

    spans: tuple[Span, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listing:
    """A list of paragraphs; `kind` says how it is set."""

    items: tuple[Paragraph, ...]
    kind: Literal["findings", "warnings", "references"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing with its number."""

    drawn: Drawn
    number: int = 0

    @property
    def id(self) -> str:
        """The figure's address within a report."""
        return f"figure-{self.number}"


Block = Paragraph | Listing | Table | Figure


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands below it, up to the next heading; `opens` a new page in print, or does not."""

    title: str
    blocks: tuple[Block, ...] = ()
    level: Literal[2, 3] = 2
    opens: bool = False
    id: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Document:
    """A whole report in reading order; the tables of the `annex` are written as files and not printed."""

    title: str
    notice: str | None
    sections: tuple[Section, ...]
    version: str
    annex: tuple[Table, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table: those printed, in order, then those of the annex."""
        printed = (block for section in self.sections for block in section.blocks if isinstance(block, Table))
        return (*printed, *self.annex)


def paragraph(*parts: str | Span) -> Paragraph:
    """Words and spans as one paragraph."""
    return Paragraph(spans=tuple(Span(text=part) if isinstance(part, str) else part for part in parts if part != ""))


def label(name: str) -> Span:
    """A name from the user's data: kept apart from the words around it, whatever its script."""
    return Span(text=name, kind="label")


def names(labels: Iterable[str]) -> list[str | Span]:
    """Names from the data with commas between them."""
    parts: list[str | Span] = []
    for name in labels:
        parts += [", " if parts else "", label(name)]
    return parts


def number(e: Estimate) -> Span:
    """Estimate, fraction and interval of a record within a sentence."""
    return Span(text=text.full(e), kind="number", key=e.key)


def numbered(document: Document) -> Document:
    """The document with its sections, tables and figures numbered in reading order."""
    n_tables = n_figures = 0
    sections = []
    for position, section in enumerate(document.sections, start=1):
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Table):
                n_tables += 1
                blocks.append(dataclasses.replace(block, number=n_tables))
            elif isinstance(block, Figure):
                n_figures += 1
                blocks.append(dataclasses.replace(block, number=n_figures))
            else:
                blocks.append(block)
        sections.append(dataclasses.replace(section, id=f"section-{position}", blocks=tuple(blocks)))
    return dataclasses.replace(document, sections=tuple(sections))
