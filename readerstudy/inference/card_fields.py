"""The keys of a card: what each must be, how that is said when it is not, and how they are written as TOML."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from readerstudy import _choice
from readerstudy.problems import DataError, Place, Problem

T = TypeVar("T")
Reader = Callable[[Any], Any]
"""Returns the value of a key in our type, or raises ValueError saying what it must be."""


def key(read: Reader, default: Any = dataclasses.MISSING) -> Any:
    """A field of a card's section that `read` checks; without `default` the file must have it."""
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=dict, metadata={"read": read})
    return dataclasses.field(default=default, metadata={"read": read})


def part(*kinds: type[Any], many: bool = False) -> dict[str, Any]:
    """Metadata of a field that is a section of its own, of one of `kinds`; with `many` any number of them."""
    return {"kinds": kinds, "many": many}


def text(value: Any) -> str:
    """Text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text in double quotes")
    return value


def file_name(value: Any) -> str:
    """The name of a file beside the card: no folder, so that a card reads nothing outside its own."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][\w.-]*", value, re.ASCII):
        raise ValueError("the name of a file beside the card, without a folder")
    return value


def sha256(value: Any) -> str:
    """A SHA-256 as 64 lower-case hexadecimal digits."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError("64 lower-case hexadecimal digits")
    return value


def truth_value(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def choice(*names: str) -> Reader:
    """One of `names`."""

    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(" or ".join(map(repr, names)))
        return str(value)

    return read


def number(low: float = -math.inf, high: float = math.inf, *, above: bool = False) -> Reader:
    """A number from `low` (or above it) to `high`."""
    what = "a number" + (f" above {low:g}" if above else f" from {low:g}" if low > -math.inf else "")
    what += f" to {high:g}" if high < math.inf else ""

    def read(value: Any) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not good or value > high or value < low or (above and value == low):
            raise ValueError(what)
        return float(value)

    return read


def whole(low: int, high: int | None = None) -> Reader:
    """A whole number from `low` to `high`."""
    what = f"a whole number from {low}" + ("" if high is None else f" to {high}")

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < low or (high is not None and value > high):
            raise ValueError(what)
        return value

    return read


def list_of(read_item: Reader, what: str, *, length: int | None = None, distinct: bool = False) -> Reader:
    """A list of `length` (or at least one) values, each of which `read_item` accepts; it becomes a tuple."""

    def read(value: Any) -> tuple[Any, ...]:
        try:
            items = tuple(map(read_item, value)) if isinstance(value, list | tuple) else ()
        except ValueError:
            items = ()
        if not items or (length is not None and len(items) != length) or (distinct and len(set(items)) < len(items)):
            raise ValueError(what)
        return items

    return read


def table_of(read_item: Reader, what: str) -> Reader:
    """A table whose values `read_item` accepts."""

    def read(value: Any) -> dict[str, Any]:
        try:
            if not isinstance(value, Mapping):
                raise ValueError
            return {str(name): read_item(item) for name, item in value.items()}
        except ValueError:
            raise ValueError(what) from None

    return read


def increasing(read_item: Reader, what: str, *, length: int | None = None, strictly: bool = False) -> Reader:
    """A list of `length` (or at least one) numbers in which none is below the one before, `strictly` none equal."""
    read_list = list_of(read_item, what, length=length, distinct=strictly)

    def read(value: Any) -> tuple[float, ...]:
        numbers: tuple[float, ...] = read_list(value)
        if list(numbers) != sorted(numbers):
            raise ValueError(what)
        return numbers

    return read


class Problems(list[Problem]):
    """What is wrong with a card, each with the line of the file where it stands."""

    def __init__(self, code: str, file: str, source: str = "") -> None:
        super().__init__()
        self.code, self.file, self.lines = code, file, source.splitlines()

    def add(self, section: str, name: str, message: str, help_: str, found: str = "") -> None:
        """Add a problem of the key `name` of ``[section]``."""
        line = self._line(section, name)
        place = Place(file=self.file, line=line, source=self.lines[line - 1].strip() if line else "")
        self.append(Problem(code=self.code, message=message, place=place, found=found, help=help_))

    def _line(self, section: str, name: str) -> int | None:
        inside = not section
        for at, line in enumerate(self.lines, 1):
            header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
            inside = header[1] == section if header else inside
            if inside and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line):
                return at
        return None


def section(kind: type[T], found: Any, where: str, problems: Problems) -> T | None:
    """The section ``[where]`` as a `kind`, a dataclass whose fields were made by `key` and `part`.

    None if it has a problem. `where` is empty for the card itself.
    """
    if not isinstance(found, Mapping):
        problems.add("", where, f"{where!r} must be a section", f"write [{where}] above its keys", f"found {found!r}")
        return None
    fields = {field.name: field for field in dataclasses.fields(kind) if field.metadata}  # type: ignore[arg-type]
    before, values = len(problems), {}
    place = f"[{where}]" if where else "the card"
    for name in found:
        if name not in fields:
            hint = _choice.did_you_mean(str(name), fields)
            problems.add(where, str(name), f"{place} has no key {str(name)!r}", hint)
    for name, field in fields.items():
        inner = f"{where}.{name}" if where else name
        if name not in found:
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                problems.add("", where or name, f"{place} lacks {name!r}", f"add {name!r} to {place}")
        elif "read" in field.metadata:
            try:
                values[name] = field.metadata["read"](found[name])
            except DataError as error:  # of a record that checks itself
                for problem in error.problems:
                    problems.add(inner, "", f"[{inner}]: {problem.message}", problem.help)
            except ValueError as error:
                message = f"{name} of {place} must be {error}"
                problems.add(where, name, message, f"change {name}", f"found {found[name]!r}")
        elif field.metadata["many"]:
            members = found[name] if isinstance(found[name], list) else [found[name]]
            values[name] = tuple(_one_of(field.metadata["kinds"], member, inner, problems) for member in members)
        else:
            values[name] = _one_of(field.metadata["kinds"], found[name], inner, problems)
    return kind(**values) if len(problems) == before else None


def _one_of(kinds: tuple[type[Any], ...], found: Any, where: str, problems: Problems) -> Any:
    """A section that may be of several kinds, told apart by its key `kind`."""
    if len(kinds) == 1 or not isinstance(found, Mapping):
        return section(kinds[0], found, where, problems)
    by_name = {kind.kind: kind for kind in kinds}
    if found.get("kind") not in by_name:
        what = " or ".join(map(repr, by_name))
        problems.add(where, "kind", f"kind of [{where}] must be {what}", "change kind", f"found {found.get('kind')!r}")
        return None
    rest = {name: value for name, value in found.items() if name != "kind"}
    return section(by_name[found["kind"]], rest, where, problems)


def plain(record: Any) -> dict[str, Any]:
    """A record made by `section` in the shape of the file, with every default written out; None is left out."""
    content: dict[str, Any] = {"kind": record.kind} if hasattr(record, "kind") else {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if field.metadata and value is not None:
            content[field.name] = _plain_value(value)
    return content


def _plain_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return value.to_dict() if hasattr(value, "to_dict") else plain(value)
    if isinstance(value, Mapping):
        return {name: _plain_value(item) for name, item in value.items()}
    return [_plain_value(item) for item in value] if isinstance(value, tuple) else value


def toml(content: Mapping[str, Any], path: str = "") -> Iterable[str]:
    """Lines of canonical TOML: the plain keys of a table, then its tables, in their order; None is left out."""
    tables = []
    for name, value in content.items():
        if isinstance(value, Mapping):
            tables.append((name, [value], "[{}]"))
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            tables.append((name, list(value), "[[{}]]"))
        elif value is not None:
            yield f"{_bare(name)} = {_value(value)}"
    for name, members, brackets in tables:
        full = f"{path}.{_bare(name)}" if path else _bare(name)
        for member in members:
            if member:
                yield ""
                yield brackets.format(full)
                yield from toml(member, full)


def _bare(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
