"""Where a report shows what: its sections, tables and figures with their addresses, read from the page itself."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from readerstudy.checklist.model import Link, Place
from readerstudy.problems import DataError, Problem
from readerstudy.problems import Place as FilePlace
from readerstudy.results import Results

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)


@dataclasses.dataclass
class Part:
    """A section, table or figure: its address, what it is, the section it stands in, and the records it prints."""

    kind: str
    id: str
    name: str = ""
    section: str = ""
    text: str = ""
    keys: set[str] = dataclasses.field(default_factory=set)


@dataclasses.dataclass
class Report:
    """The addresses of a report; `href` leads to it, and is None where none was given."""

    href: str | None = None
    parts: list[Part] = dataclasses.field(default_factory=list)

    @classmethod
    def read(cls, path: Path, results: Results, folder: Path) -> Report:
        """The places of a report.

        Parameters
        ----------
        path
            report.html.
        results
            What it must be the report of.
        folder
            Where the checklist goes: the links lead from there.

        Raises
        ------
        DataError
            If the page prints a record that the results do not hold: it is the report of others.
        """
        page = _Page(path.read_text(encoding="utf-8", errors="replace"))
        keys = page.keys
        if not keys <= set(results.by_key) or (results.by_key and not keys):
            problem = "is no report of readerstudy" if not keys else "is the report of other results"
            raise DataError(
                [
                    Problem(
                        code="RS711",
                        message=f"{path.name} {problem}: links into it would lead astray",
                        place=FilePlace(file=str(path)),
                        help="name the report of the same run with --report, or write it again: readerstudy report",
                    )
                ]
            )
        return cls(href=_relative(path, folder), parts=page.parts)

    def links(self, places: Iterable[Place], keys: Iterable[str]) -> tuple[Link, ...]:
        """Links to places, then to the tables that print records, each once; without a report the sections by name."""
        places = tuple(places)
        if self.href is None:
            named = (place.name if place.kind == "section" else place.section for place in places)
            return tuple(Link(text=f"Section “{name}”", href=None) for name in dict.fromkeys(named) if name)
        found = [part for place in places for part in self._parts(place)]
        for key in keys:
            found += [part for part in self.parts if key in part.keys][:1]
        unique = {part.id: part for part in found}
        return tuple(Link(text=part.text, href=f"{self.href}#{quote(part.id)}") for part in unique.values())

    def _parts(self, place: Place) -> list[Part]:
        same = [part for part in self.parts if part.kind == place.kind]
        if place.kind == "figure":
            return [part for part in same if part.name.startswith(place.name)]
        same = [part for part in same if part.name == place.name and place.section in (None, part.section)]
        return same[:1]


def _relative(path: Path, folder: Path) -> str | None:
    """The address of a file as seen from a folder; None where there is none, as between two Windows drives."""
    try:
        return quote(Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix())
    except ValueError:
        return None


class _Page(HTMLParser):
    """Reads headings, tables and figures of a report."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.parts: list[Part] = []
        self.keys: set[str] = set()
        self._open: list[tuple[str, Part | None]] = []
        self._section = ""
        self._heading: Part | None = None
        self._title: list[str] | None = None
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        key = values.get("data-key")
        if key:
            self.keys.add(key)
            holder = next((part for _, part in reversed(self._open) if part is not None), None)
            if holder is not None:
                holder.keys.add(key)
        part: Part | None = None
        if tag in ("h2", "h3") and "id" in values:
            self._heading = part = Part("section", values["id"])
            self._title = []
        elif tag == "div" and values.get("class") == "table":
            part = Part("table", values.get("id", ""), section=self._section)
            part.text = part.id.replace("table-", "Table ")
        elif tag == "figure" and "id" in values:
            part = Part("figure", values["id"], section=self._section)
            part.text = part.id.replace("figure-", "Figure ")
        elif tag == "table" and self._holder("table") is not None:
            self._named("table", values.get("class", ""))
        elif tag == "figcaption" and self._holder("figure") is not None:
            self._title = []
        if part is not None:
            self.parts.append(part)
        if tag not in _VOID:
            self._open.append((tag, part))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "h3") and self._heading is not None:
            title = "".join(self._title or ())
            self._heading.name = title
            self._heading.text = f"Section “{title}”"
            if tag == "h2":
                self._section = title
            self._heading = self._title = None
        elif tag == "figcaption" and self._title is not None:
            self._named("figure", "".join(self._title).partition(". ")[2])
            self._title = None
        while self._open:
            name, _ = self._open.pop()
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)

    def _holder(self, kind: str) -> Part | None:
        return next((part for _, part in reversed(self._open) if part is not None and part.kind == kind), None)

    def _named(self, kind: str, name: str) -> None:
        holder = self._holder(kind)
        if holder is not None:
            holder.name = name
