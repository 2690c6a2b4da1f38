"""The guidelines as data: their items in order, with numbering and sections of the publication."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from readerstudy import _shipped

NAMES = ("stard-2015", "stard-ai", "claim-2024", "tripod-ai", "fda-cad")
"""The guidelines that are shipped."""

Applies = Literal["ai", "predictions", "readers", "marks"]
APPLIES: tuple[Applies, ...] = ("ai", "predictions", "readers", "marks")
"""What an item may be of alone: an AI, predictions that were analysed, human readers, marks on lesions."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a guideline.

    Parameters
    ----------
    id
        Its number in the publication, such as ``"12a"``.
    section, title
        Where it stands, and a few words.
    asks
        What it asks, in our own words.
    write
        What the author writes where the results do not say it.
    fill
        Name of what composes the answer from the results (`readerstudy.checklist.fillers.FILLERS`).
    applies
        What a study must have for the item to apply, one of `APPLIES`.
    """

    id: str
    section: str
    title: str
    asks: str
    write: str
    fill: str | None = None
    applies: Applies | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Guideline:
    """A guideline; `count` is the number of its items, of which some have parts, and `rows` that of the parts.

    `status` is ``"verified"`` where numbering, sections and subjects were compared with the complete list, and `seen`
    says with what.
    """

    name: str
    title: str
    version: str
    subject: str
    citation: str
    licence: str
    status: Literal["verified", "unverified"]
    checked: str
    seen: str
    count: int
    rows: int
    items: tuple[Item, ...]
    doi: str | None = None
    url: str | None = None

    @property
    def link(self) -> str | None:
        """Where the guideline is."""
        return self.url if self.doi is None else "https://doi.org/" + quote(self.doi, safe="/")

    @property
    def said_of_source(self) -> str:
        """Whether the file was held against the publication, when, and what was seen of it."""
        return f"Numbering {self.status} ({self.checked}): {self.seen[:1].lower()}{self.seen[1:]}"

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections in order."""
        return tuple(dict.fromkeys(item.section for item in self.items))


def read(name: str) -> Guideline:
    """A shipped guideline.

    Parameters
    ----------
    name
        One of `NAMES`.
    """
    path = _shipped.path("reports", "checklists", f"{name}.toml")
    content: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    items = tuple(Item(**item) for item in content["items"])
    return Guideline(**{**content, "items": items})
