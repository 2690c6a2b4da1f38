"""Reading one CSV file as text cells, and finding the place of a cell again when it must be shown.

Every cell stays text until its meaning is known, so that ``007`` is not 7.
"""

from __future__ import annotations

import codecs
import csv
import dataclasses
import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.problems import Place, Problem

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset(("", "na", "n/a", "<na>", "nan", "null"))
"""Spellings of an empty cell, in lower case."""

_SHOWN = 160


@dataclasses.dataclass
class Table:
    """One input file: its cells as text under our column names.

    Parameters
    ----------
    role
        ``"preds"``, ``"reads"`` or ``"cases"``.
    name
        The file as the user named it, for messages.
    frame
        Text cells without surrounding blanks; one row a record.
    separator
        ``","``, ``";"`` or a tab. With ``";"`` a decimal comma is read.
    lines
        The file's lines; None for a table that came as a DataFrame.
    numbers_of_lines
        The line, from 1, on which the header and then each row begins.
    sha256
        Of the bytes; of the cells for a DataFrame.
    theirs
        The file's own name of each column that was renamed.
    """

    role: str
    name: str
    frame: pd.DataFrame
    separator: str
    lines: list[str] | None
    numbers_of_lines: npt.NDArray[np.int64]
    sha256: str
    theirs: dict[str, str] = dataclasses.field(default_factory=dict)

    def __contains__(self, column: str) -> bool:
        return column in self.frame.columns

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Leave out the other rows."""
        self.frame = self.frame[rows].reset_index(drop=True)
        self.numbers_of_lines = self.numbers_of_lines[np.concatenate(([True], rows))]

    def cells(self, column: str) -> npt.NDArray[np.object_]:
        """The text cells of a column."""
        return self.frame[column].to_numpy(dtype=object)

    def is_missing(self, column: str) -> npt.NDArray[np.bool_]:
        """Which cells of a column are empty, under any spelling."""
        return self.frame[column].str.lower().isin(MISSING).to_numpy(dtype=bool)

    def header_name(self, column: str) -> str:
        """What the file calls our `column`."""
        return self.theirs.get(column, column)

    def place(self, row: int | None = None, column: str | None = None) -> Place:
        """Where a cell, a row or (without `row`) the header stands in the file."""
        if self.lines is None:
            return Place(file=self.name, line=None if row is None else row + 1)
        line = int(self.numbers_of_lines[0 if row is None else row + 1])
        source = self.lines[line - 1]
        place = Place(file=self.name, line=line, source=_clip(source))
        header = [self.header_name(name) for name in self.frame.columns]
        cells = spans(source, self.separator)
        if column is None or self.header_name(column) not in header or len(cells) != len(header):
            return place
        start, width = cells[header.index(self.header_name(column))]
        if start + width > _SHOWN:
            return place
        return dataclasses.replace(place, column=start + 1, width=max(1, width))

    def numbers(self, column: str, problems: list[Problem]) -> npt.NDArray[np.float64]:
        """A column as floats, nan where the cell is empty; a cell that is no number becomes a problem."""
        cells = self.frame[column]
        if self.separator == ";":
            cells = cells.str.replace(",", ".", regex=False)
        text = np.where(self.is_missing(column), "nan", cells.to_numpy(dtype=object))
        try:
            return text.astype(str).astype(np.float64)
        except ValueError:
            pass
        values = np.full(len(text), np.nan)
        for row, cell in enumerate(text):
            try:
                values[row] = float(cell)
            except ValueError:
                raw = self.cells(column)[row]
                problems.append(
                    Problem(
                        code="RS103",
                        message=f"column {self.header_name(column)!r} must hold numbers",
                        place=self.place(row, column),
                        found=f"expected a number, found {raw!r}{_number_hint(raw, self.separator)}",
                        help="mend the cell, or leave it empty if there is no value",
                    )
                )
        return values


def _clip(source: str) -> str:
    return source if len(source) <= _SHOWN else source[: _SHOWN - 1] + "…"


def _number_hint(cell: str, separator: str) -> str:
    if separator != ";" and cell.replace(",", "", 1).replace("-", "", 1).isdigit():
        return " (a decimal comma? use a point, or separate the columns with semicolons)"
    if cell.endswith("%"):
        return " (write a fraction, not a percentage)"
    if any(letter in cell for letter in "OolI") and any(digit in cell for digit in "0123456789"):
        return " (a letter for a digit?)"
    return ""


def spans(line: str, separator: str) -> list[tuple[int, int]]:
    """Start and width of each cell of a record that stands on one line (RFC 4180 quoting).

    Examples
    --------
    >>> spans('C2,"R,1",0.93O', ",")
    [(0, 2), (3, 5), (9, 5)]
    """
    found, start, quoted = [], 0, False
    for at, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        elif letter == separator and not quoted:
            found.append((start, at - start))
            start = at + 1
    return [*found, (start, len(line) - start)]


def read(role: str, path: str | os.PathLike[str], problems: list[Problem]) -> Table | None:
    """Read a CSV file; None when it cannot be read, with the reason among the problems."""
    import pandas as pd

    name = os.fspath(path)
    data = Path(path).read_bytes()
    text = _decode(name, data, problems)
    if text is None:
        return None
    if not text.strip():
        problems.append(
            Problem(
                code="RS102",
                message=f"{role} file is empty",
                place=Place(file=name),
                help="give a CSV file with a header line and one row a record, or - to leave the file out",
            )
        )
        return None
    separator = _separator(text)
    rows, numbers = _records(text, separator)
    names, header_line = [cell.strip() for cell in rows[0]], numbers[0]
    header = Place(file=name, line=header_line, source=_clip(text.split("\n")[header_line - 1]))
    before = len(problems)
    for column in sorted({column for column in names if names.count(column) > 1}):
        problems.append(
            Problem(
                code="RS107",
                message=f"two columns are called {column!r}",
                place=header,
                help="rename or delete one of them",
            )
        )
    if len(rows) == 1:
        problems.append(
            Problem(
                code="RS102",
                message=f"{role} file has a header but no row",
                place=header,
                help="add rows, or give - to leave the file out",
            )
        )
    problems += _ragged(name, text, rows, numbers)
    if len(problems) > before:
        return None
    columns = zip(*rows[1:], strict=True)
    frame = pd.DataFrame({n: [cell.strip() for cell in column] for n, column in zip(names, columns, strict=True)})
    lines = np.array(numbers, dtype=np.int64)
    return Table(role, name, frame, separator, text.split("\n"), lines, hashlib.sha256(data).hexdigest())


def _records(text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    """The records, header first, and the line each begins on; blank lines are no records."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows, numbers, end = [], [], 0
    for row in reader:
        if row and any(cell.strip() for cell in row):
            rows.append(row)
            numbers.append(end + 1)
        end = reader.line_num
    return rows, numbers


def of_frame(role: str, frame: pd.DataFrame) -> Table:
    """A DataFrame as a table of text cells; missing values become empty cells."""
    import pandas as pd

    cells = {}
    for column in frame.columns:
        values = frame[column]
        if pd.api.types.is_bool_dtype(values):
            values = values.astype("Int64")
        cells[str(column)] = values.astype(object).map(_cell)
    text = pd.DataFrame(cells, dtype=str).reset_index(drop=True)
    digest = hashlib.sha256(text.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
    return Table(role, f"{role} (DataFrame)", text, ",", None, np.arange(len(text) + 1), digest)


def _cell(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return ""
    # A column of whole numbers with gaps arrives as floats: 1.0 is the class "1".
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _decode(name: str, data: bytes, problems: list[Problem]) -> str | None:
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        in_line = error.start - (data.rfind(b"\n", 0, error.start) + 1)
        shown = data.split(b"\n")[line - 1].decode("cp1252", errors="replace").rstrip("\r")
        problems.append(
            Problem(
                code="RS105",
                message=f"the file is not {encoding.removesuffix('-sig').upper()}",
                place=Place(file=name, line=line, column=in_line + 1, source=_clip(shown)),
                found=f"byte 0x{data[error.start]:02X}",
                help="save it as UTF-8 (in Excel: CSV UTF-8), or convert it: iconv -f CP1252 -t UTF-8 FILE",
            )
        )
        return None


def _separator(text: str) -> str:
    first = next(line for line in text.splitlines() if line.strip())
    outside_quotes = "".join(first.split('"')[::2])
    return max(",;\t", key=outside_quotes.count)


def _ragged(name: str, text: str, rows: list[list[str]], numbers: list[int]) -> list[Problem]:
    lines = text.split("\n")
    return [
        Problem(
            code="RS106",
            message=f"the row has {len(row)} cells, the header {len(rows[0])}",
            place=Place(file=name, line=number, source=_clip(lines[number - 1])),
            help="add or remove separators; put a cell that contains one in double quotes",
        )
        for row, number in zip(rows, numbers, strict=True)
        if len(row) != len(rows[0])
    ]


def rename(table: Table, columns: dict[str, str], problems: list[Problem]) -> None:
    """Give columns our names: `columns` maps our name to the file's."""
    for ours, theirs in columns.items():
        if theirs not in table.frame.columns:
            problems.append(missing_column(table, theirs, f"named in the protocol as {ours!r}"))
        elif ours != theirs and ours in table.frame.columns:
            problems.append(
                Problem(
                    code="RS107",
                    message=f"column {theirs!r} is to be read as {ours!r}, but the file has a column {ours!r} too",
                    place=table.place(),
                    help=f"rename the file's own {ours!r}, or take the mapping out of the protocol",
                )
            )
        else:
            table.frame = table.frame.rename(columns={theirs: ours})
            table.theirs[ours] = theirs


def missing_column(table: Table, column: str, why: str) -> Problem:
    """The problem of a column that is not there."""
    names = [table.header_name(name) for name in table.frame.columns]
    near = _choice.nearest(column, names)
    return Problem(
        code="RS104",
        message=f"no column {column!r}, {why}",
        place=table.place(),
        found=f"did you mean {near!r}?" if near else "",
        help=f"add it, or say which column it is: --column {table.role}.{column}=NAME"
        + (f", such as --column {table.role}.{column}={near}" if near else ""),
    )
