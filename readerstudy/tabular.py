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
import re
from collections.abc import Collection
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
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


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
    used
        By column, the rows that some task has made use of.
    """

    role: str
    name: str
    frame: pd.DataFrame
    separator: str
    lines: list[str] | None
    numbers_of_lines: npt.NDArray[np.int64]
    sha256: str
    theirs: dict[str, str] = dataclasses.field(default_factory=dict)
    used: dict[str, npt.NDArray[np.bool_]] = dataclasses.field(default_factory=dict)

    def use(self, column: str, rows: npt.NDArray[np.bool_]) -> None:
        """Remember that a task has made use of a column in these rows."""
        self.used[column] = self.used.get(column, np.zeros(len(self.frame), dtype=bool)) | rows

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
        written = cells.to_numpy(dtype=object)
        missing = self.is_missing(column)
        good = np.array([_NUMBER.fullmatch(cell) is not None for cell in written.tolist()], dtype=bool) & ~missing
        values = np.full(len(written), np.nan)
        values[good] = written[good].astype(str).astype(np.float64)
        wrong = ~missing & ~(good & np.isfinite(values))
        values[wrong] = np.nan
        rows_of: dict[str, list[int]] = {}
        for row in np.flatnonzero(wrong):
            rows_of.setdefault(self.cells(column)[row], []).append(int(row))
        for raw, rows in rows_of.items():
            problems.append(
                Problem(
                    code="RS103",
                    message=f"column {self.header_name(column)!r} must hold numbers",
                    place=self.place(rows[0], column),
                    found=f"expected a number, found {raw!r}{_number_hint(raw, self.separator)}",
                    help="mend the cell, or leave it empty if there is no value",
                    n=len(rows),
                )
            )
        return values


def _clip(source: str) -> str:
    source = "".join(
        letter if letter.isprintable() or letter == "\t" else "\N{REPLACEMENT CHARACTER}" for letter in source
    )
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
    text, separator = _separator(text)
    records = _records(name, text, separator, problems)
    if records is None:
        return None
    rows, numbers = records
    _drop_unnamed(rows)
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


def _records(name: str, text: str, separator: str, problems: list[Problem]) -> tuple[list[list[str]], list[int]] | None:
    """The records, header first, and the line each begins on; blank lines are no records."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    numbers, end = [], 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                if rows and _swallows_rows(row, len(rows[0]), separator):
                    raise csv.Error("a quoted cell goes on over lines that look like rows")
                rows.append(row)
                numbers.append(end + 1)
            end = reader.line_num
    except csv.Error as error:
        if "field larger" in str(error):
            message = f"a cell has more than {csv.field_size_limit():,} characters"
            help_ = "is a quotation mark or a separator missing? Shorten the cell if it is meant"
            problems.append(Problem(code="RS108", message=message, place=Place(file=name, line=end + 1), help=help_))
            return None
        lines = text.split("\n")
        source = lines[end] if end < len(lines) else ""
        quote = source.find('"')
        problems.append(
            Problem(
                code="RS108",
                message=f"a record cannot be read: {error}",
                place=Place(
                    file=name,
                    line=end + 1,
                    column=quote + 1 if 0 <= quote < _SHOWN - 1 else None,
                    source=_clip(source),
                ),
                found="a quotation mark that opens a cell must be closed in it" if quote >= 0 else "",
                help='close the quotation mark, or double one that is part of the text: "a ""big"" one"',
            )
        )
        return None
    return rows, numbers


def _swallows_rows(row: list[str], n_columns: int, separator: str) -> bool:
    """Whether a cell holds whole lines of as many cells as the header has."""
    if n_columns < 2:
        return False
    return any(
        inner.count(separator) == n_columns - 1 for cell in row if "\n" in cell for inner in cell.split("\n")[1:-1]
    )


def _drop_unnamed(rows: list[list[str]]) -> None:
    """Take out columns at the end that have neither a name nor a value: trailing separators."""
    while len(rows[0]) > 1 and not rows[0][-1].strip():
        width = len(rows[0])
        if any(len(row) >= width and row[width - 1].strip() for row in rows[1:]):
            return
        for row in rows:
            del row[width - 1 :]


def of_frame(role: str, frame: pd.DataFrame, problems: list[Problem]) -> Table | None:
    """A DataFrame as a table of text cells, missing values as empty ones; None when two columns have one name."""
    import pandas as pd

    names = [str(column) for column in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        problems.append(
            Problem(
                code="RS107",
                message=f"two columns are called {repeated[0]!r}",
                place=Place(file=f"{role} (DataFrame)"),
                help="rename or delete one of them",
            )
        )
        return None
    cells = {}
    for name, column in zip(names, frame.columns, strict=True):
        values = frame[column]
        if pd.api.types.is_bool_dtype(values):
            values = values.astype("Int64")
        cells[name] = values.astype(object).map(_cell)
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
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) or (
        b"\0" in data[:1000] and data[:1] not in b"\xff\xfe"
    ):
        problems.append(
            Problem(
                code="RS105",
                message="the file is not UTF-8: it holds zero bytes, as UTF-16 without a mark, UTF-32 or no text has",
                place=Place(file=name),
                help="save it as UTF-8 (in Excel: CSV UTF-8)",
            )
        )
        return None
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


def _separator(text: str) -> tuple[str, str]:
    """The text and its separator, which a first line ``sep=;`` names; that line becomes a blank one."""
    first, _, rest = text.partition("\n")
    if first.strip().lower() in ("sep=,", "sep=;", "sep=\t"):
        return "\n" + rest, first.strip()[-1] if first.strip()[-1] in ",;" else "\t"
    first = next(line for line in text.split("\n") if line.strip())
    outside_quotes = "".join(first.split('"')[::2])
    return text, max(",;\t", key=outside_quotes.count)


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


def rename(table: Table, columns: dict[str, str], known: Collection[str], problems: list[Problem]) -> None:
    """Give columns our names: `columns` maps our name, one of `known` or prob_<class>, to the file's."""
    for ours, theirs in columns.items():
        if ours not in known and not ours.startswith("prob_"):
            problems.append(
                Problem(
                    code="RS302",
                    message=f"{ours!r} is no column of a {table.role} file, so that {theirs!r} cannot be read as it",
                    place=table.place(),
                    help=_choice.did_you_mean(ours, known),
                )
            )
        elif theirs not in table.frame.columns:
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
    used = {"case_id", "reader_id", "model", "truth", "label", "score", *table.theirs.values()}
    near = _choice.nearest(column, [name for name in names if name not in used])
    return Problem(
        code="RS104",
        message=f"no column {column!r}, {why}",
        place=table.place(),
        found=f"did you mean {near!r}?" if near else "",
        help=f"add it, or say which column it is: --column {table.role}.{column}=NAME"
        + (f", such as --column {table.role}.{column}={near}" if near else ""),
    )
