"""The one table model that every writer prints: HTML, typst and CSV."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Literal

from readerstudy import text
from readerstudy.estimate import Estimate

Kind = Literal["text", "estimate", "statistic", "p", "p-adjusted", "count", "plain"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SLUG_LENGTH = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its header and what stands in it."""

    header: str
    kind: Kind = "estimate"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell: up to three printed parts, and the record or the row of a plain table they come from.

    Parameters
    ----------
    text
        The label or the number.
    fraction
        ``90/113`` beside a percentage.
    detail
        The second line: the interval of a number, the group of a reader.
    record
        The estimate that the cell prints; its key is the cell's address in results.json.
    sort
        What the row sorts by on this column: a number, a text, or None (undefined, always last).
    mark
        The letter of the footnote that belongs to the number, or nothing.
    code
        Printed in a fixed-width face (a checksum, a key).
    pointer, fields
        Where in results.json (RFC 6901) what the cell prints stands when that is no record, and what stands there.
    """

    text: str
    fraction: str = ""
    detail: str = ""
    record: Estimate | None = None
    sort: float | str | None = None
    mark: str = ""
    code: bool = False
    pointer: str | None = None
    fields: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def key(self) -> str | None:
        """The key of the record, or None for a cell that has none."""
        return None if self.record is None else self.record.key


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """The cells of one row, the first of them its heading.

    A summary row stays below the others when sorted; an inner row belongs to the last row before it that is not one.
    """

    cells: tuple[Cell, ...]
    summary: bool = False
    inner: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """A table as it is printed.

    `name` says what sort of table it is and `scope` of what (task and class); `number` is set when the table has its
    place in a document. The rows of a `fixed` table hang together, so that it cannot be sorted; a table of the `annex`
    is written as a file and not printed.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    footnotes: tuple[tuple[str, str], ...] = ()
    abbreviations: tuple[tuple[str, str], ...] = ()
    scope: str = ""
    number: int = 0
    fixed: bool = False
    annex: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"table {self.name}: {len(row.cells)} cells in a row of {len(self.columns)} columns")

    @property
    def id(self) -> str:
        """The table's address within a report."""
        return f"table-{self.number}"

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the columns after the first."""
        return tuple(column.header for column in self.columns[1:])

    @property
    def file_name(self) -> str:
        """``07-performance-malignant.csv``: the number keeps the names different whatever the labels are."""
        scope = re.sub(r"[^a-z0-9]+", "-", self.scope.lower()).strip("-")
        number = f"s{self.number:03d}" if self.annex else f"{self.number:02d}"
        return f"{number}-{self.name}{'-' + scope if scope else ''}"[:_SLUG_LENGTH].rstrip("-") + ".csv"


class Footnotes:
    """Gives every different note of one table a letter, in the order in which the notes are met."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def mark(self, note: str | None) -> str:
        """The letter of `note`; nothing where there is no note."""
        if not note:
            return ""
        if note not in self._letters:
            self._letters[note] = _letter(len(self._letters))
        return self._letters[note]

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Letter and text of every note."""
        return tuple((letter, note) for note, letter in self._letters.items())


def _letter(position: int) -> str:
    """A to z, then aa, ab, ..."""
    name = _LETTERS[position % 26]
    while position >= 26:
        position = position // 26 - 1
        name = _LETTERS[position % 26] + name
    return name


def text_cell(label: str, detail: str = "", *, code: bool = False, mark: str = "") -> Cell:
    """A label."""
    return Cell(text=label, detail=detail, sort=label, code=code, mark=mark)


def count_cell(n: int | None, detail: str = "") -> Cell:
    """A plain count; an unknown one is an en dash."""
    return Cell(text=text.UNDEFINED if n is None else str(n), detail=detail, sort=n)


def estimate_cell(e: Estimate | None, footnotes: Footnotes) -> Cell:
    """A number with its fraction, its interval and the mark of its note; an empty cell where there is no record."""
    if e is None:
        return Cell(text="")
    return Cell(
        text=text.value(e),
        fraction=text.fraction(e),
        detail=text.interval(e),
        record=e,
        sort=_sortable(e.estimate),
        mark=footnotes.mark(e.note),
    )


def statistic_cell(e: Estimate | None) -> Cell:
    """The test statistic of a record."""
    if e is None:
        return Cell(text="")
    return Cell(text=text.fixed(e.statistic, 2), record=e, sort=_sortable(e.statistic))


def p_cell(e: Estimate | None, alpha: float) -> Cell:
    """The P-value of a record. Its note is marked at the estimate, which stands beside it."""
    if e is None:
        return Cell(text="")
    return Cell(text=text.p_value(e.p_value, alpha), record=e, sort=_sortable(e.p_value))


def adjusted_cell(e: Estimate | None, alpha: float) -> Cell:
    """The P-value of a record, adjusted for the other endpoints; nothing where it was not."""
    if e is None or not math.isfinite(e.p_adjusted):
        return Cell(text="")
    return Cell(text=text.p_value(e.p_adjusted, alpha), record=e, sort=_sortable(e.p_adjusted))


def plain_cell(
    printed: str,
    pointer: str,
    fields: Mapping[str, object],
    *,
    fraction: str = "",
    detail: str = "",
    sort: float | None = None,
    mark: str = "",
) -> Cell:
    """What is printed of a row of a plain table of `Results`, with its place in results.json."""
    return Cell(
        text=printed, fraction=fraction, detail=detail, sort=sort, mark=mark, pointer=pointer, fields=dict(fields)
    )


def pointer(*parts: str | int) -> str:
    """A place in results.json as RFC 6901 writes it.

    Examples
    --------
    >>> pointer("tables", "characteristics", 3, "values", "a/b")
    '/tables/characteristics/3/values/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _sortable(value: float) -> float | None:
    return value if math.isfinite(value) else None
