"""The objects of a PDF file: as much of its syntax (ISO 32000-1, 7.2 to 7.5) as drawing programs write."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from readerstudy.figures._seen import UnreadableError

_TOKEN = re.compile(
    rb"\s*(?:%[^\r\n]*\s*)*"
    rb"(?P<token><<|>>|\[|\]|/[^\s()<>\[\]{}/%]*|<[0-9A-Fa-f\s]*>|\(|[^\s()<>\[\]{}/%]+|[{}])",
)
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)$")
_REFERENCE = re.compile(rb"\s+(\d+)\s+R\b")


class Name(str):
    """A name without its slash."""


class Operator(str):
    """An operator of a content stream."""


class Ref(NamedTuple):
    """An object that stands elsewhere in the file."""

    number: int


class Stream(NamedTuple):
    """A dictionary and the bytes after it, decompressed."""

    dictionary: dict[str, Any]
    data: bytes


class Tokens:
    """Values one after the other, from a place in some bytes."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def _next(self) -> bytes | None:
        match = _TOKEN.match(self.data, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match["token"]

    def values(self) -> Iterator[Any]:
        """Every value and operator up to the end."""
        while (token := self._next()) is not None:
            yield self._value(token)

    def value(self) -> Any:
        """The next value; an `Operator` where it is a word."""
        token = self._next()
        if token is None:
            raise UnreadableError("the PDF ends within an object")
        return self._value(token)

    def _value(self, token: bytes) -> Any:
        if token == b"<<":
            found: dict[str, Any] = {}
            while (key := self._next()) != b">>":
                if key is None or not key.startswith(b"/"):
                    raise UnreadableError("the PDF has a dictionary without a key")
                found[key[1:].decode("latin-1")] = self.value()
            return found
        if token == b"[":
            items: list[Any] = []
            while (item := self._next()) != b"]":
                if item is None:
                    raise UnreadableError("the PDF has an array without an end")
                items.append(self._value(item))
            return items
        if token.startswith(b"/"):
            return Name(token[1:].decode("latin-1"))
        if token == b"(":
            return self._string()
        if token.startswith(b"<"):
            return bytes.fromhex(re.sub(rb"\s", b"", token[1:-1]).decode() + "0" * (len(token) % 2))
        if _NUMBER.match(token):
            reference = _REFERENCE.match(self.data, self.at) if token.isdigit() else None
            if reference:
                self.at = reference.end()
                return Ref(int(token))
            return float(token)
        return Operator(token.decode("latin-1"))

    def _string(self) -> bytes:
        start, depth = self.at, 1
        while depth:
            c = self.data[self.at : self.at + 1]
            if not c:
                raise UnreadableError("the PDF has a string without an end")
            if c == b"\\":
                self.at += 1
            depth += (c == b"(") - (c == b")")
            self.at += 1
        return self.data[start : self.at - 1]


class Pdf:
    """A PDF file with a cross-reference table.

    Raises
    ------
    UnreadableError
        If it is no PDF, or one with a cross-reference stream.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        end = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", data)
        if not data.startswith(b"%PDF-") or end is None:
            raise UnreadableError("this is no PDF")
        self.places: dict[int, int] = {}
        self.trailer = self._table(int(end[1]))

    def _table(self, at: int) -> dict[str, Any]:
        if not self.data.startswith(b"xref", at):
            raise UnreadableError("the PDF has no cross-reference table")
        at += 4
        while match := re.compile(rb"\s*(\d+)\s+(\d+)\s*[\r\n]+").match(self.data, at):
            first, n = int(match[1]), int(match[2])
            for i in range(n):
                entry = self.data[match.end() + 20 * i : match.end() + 20 * (i + 1)]
                if entry[17:18] == b"n":
                    self.places.setdefault(first + i, int(entry[:10]))
            at = match.end() + 20 * n
        tokens = Tokens(self.data, at)
        if tokens.value() != Operator("trailer"):
            raise UnreadableError("the PDF has no trailer")
        trailer: dict[str, Any] = tokens.value()
        return trailer

    def get(self, value: Any) -> Any:
        """The object that a reference leads to; anything else as it is."""
        while isinstance(value, Ref):
            value = self._object(value.number)
        return value

    def _object(self, number: int) -> Any:
        if number not in self.places:
            return None
        tokens = Tokens(self.data, self.places[number])
        for _ in range(3):
            tokens.value()  # number, generation, obj
        value = tokens.value()
        start = re.compile(rb"\s*stream\r?\n").match(self.data, tokens.at)
        if not isinstance(value, dict) or start is None:
            return value
        raw = self.data[start.end() : start.end() + int(self.get(value["Length"]))]
        filters = self.get(value.get("Filter"))
        packed = filters in (Name("FlateDecode"), [Name("FlateDecode")])
        return Stream(value, zlib.decompress(raw) if packed and "DecodeParms" not in value else raw)
