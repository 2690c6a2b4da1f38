"""What is wrong with the user's files: all of it at once, each with its place and how to mend it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable

_MOST_OF_A_KIND = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """A cell, a line or a whole file, and the line's text to show under the message."""

    file: str
    line: int | None = None
    """Line in the file, from 1."""
    column: int | None = None
    """Character in the line, from 1."""
    width: int = 1
    source: str = ""
    """The text of the line."""

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to mend.

    Parameters
    ----------
    code
        Stable name of the kind of problem, such as ``"RS103"``.
    message
        What is wrong, with the column's name.
    place
        Where.
    found
        What stands there against what was expected; shown at the place.
    help
        What to do.
    n
        How many cells or rows have it; the place is that of the first.
    """

    code: str
    message: str
    place: Place | None = None
    found: str = ""
    help: str = ""
    n: int = 1

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.message}"]
        gutter = " " * len(str(self.place.line or "")) if self.place else ""
        if self.place:
            lines.append(f"{gutter} --> {self.place}")
            if self.place.line is not None and self.place.source:
                lines += [f"{gutter}  |", f"{self.place.line}  | {self.place.source}"]
                if self.place.column is not None:
                    marker = " " * (self.place.column - 1) + "^" * self.place.width
                    lines.append(f"{gutter}  | {marker} {self.found}".rstrip())
                elif self.found:
                    lines.append(f"{gutter}  | {self.found}")
            elif self.found:
                lines.append(f"{gutter}  = {self.found}")
        elif self.found:
            lines.append(f"  = {self.found}")
        if self.n > 1:
            lines.append(f"{gutter}  = and {self.n - 1} more like it")
        if self.help:
            lines.append(f"{gutter}  = help: {self.help}")
        return "\n".join(lines)


class DataError(ValueError):
    """The files cannot be analysed as they are; `problems` says why, all of it.

    Printing it shows at most five problems of a kind and counts the rest.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return self.told("nothing was written")

    def told(self, left: str) -> str:
        """What is wrong, with last words on what is `left` by the command that it stopped; none where that is empty."""
        shown: Counter[tuple[str, str]] = Counter()
        blocks = []
        for problem in self.problems:
            kind = (problem.code, problem.place.file if problem.place else "")
            shown[kind] += 1
            if shown[kind] <= _MOST_OF_A_KIND:
                blocks.append(str(problem))
        for (code, file), n in shown.items():
            if n > _MOST_OF_A_KIND:
                where = f" in {file}" if file else ""
                blocks.append(f"error[{code}]: and {n - _MOST_OF_A_KIND} more of this kind{where}")
        n = sum(problem.n for problem in self.problems)
        return "\n\n".join([*blocks, f"{n} problem{'' if n == 1 else 's'}" + (f"; {left}" if left else "")])
