"""Text files that a user gives beside the images."""

from __future__ import annotations

from pathlib import Path

from readerstudy.problems import DataError, Place, Problem


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, with the line ends it has.

    Raises
    ------
    DataError
        RS878 if it is in another encoding.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(file=path.name, line=data[: error.start].count(b"\n") + 1)
        help_ = "save it as UTF-8 (in Excel: CSV UTF-8), or convert it: iconv -f CP1252 -t UTF-8 FILE"
        raise DataError([Problem(code="RS878", message="the file is not UTF-8", place=place, help=help_)]) from None
