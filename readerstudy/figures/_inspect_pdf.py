"""What a PDF holds: a walk through what it draws, with the state that each operator finds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from readerstudy.figures._pdf_objects import Operator, Pdf, Stream, Tokens
from readerstudy.figures._seen import POINT_MM, Colour, Face, Seen, UnreadableError

_SPACES = {"DeviceRGB": "RGB", "CalRGB": "RGB", "DeviceGray": "grey", "CalGray": "grey", "DeviceCMYK": "CMYK"}
_STROKE = {"S", "s", "B", "B*", "b", "b*"}
_FILL = {"f", "F", "f*", "B", "B*", "b", "b*"}
_SHOW = {"Tj", "TJ", "'", '"'}
_DEPTH = 8
"""Forms within forms that are followed."""
Matrix = tuple[float, float, float, float]


@dataclasses.dataclass
class _State:
    """What a graphics state holds of interest."""

    matrix: Matrix = (1.0, 0.0, 0.0, 1.0)
    width: float = 1.0
    stroke: Colour = (0.0, 0.0, 0.0)
    fill: Colour = (0.0, 0.0, 0.0)
    font: str = ""
    size: float = 0.0
    stroke_alpha: float = 1.0
    fill_alpha: float = 1.0


def inspect(data: bytes) -> Seen:
    """Read a PDF of one page.

    Raises
    ------
    UnreadableError
        If it is none, or damaged.
    """
    pdf = Pdf(data)
    pages = pdf.get(pdf.get(pdf.trailer["Root"])["Pages"])
    kids = pdf.get(pages["Kids"])
    page = pdf.get(kids[0])
    if len(kids) != 1 or page.get("Type") != "Page":
        raise UnreadableError("the PDF has not just one page")
    left, bottom, right, top = (pdf.get(v) for v in pdf.get(page.get("MediaBox") or pages["MediaBox"]))
    seen = Seen(form="pdf", width=(right - left) * POINT_MM, height=(top - bottom) * POINT_MM)
    contents = pdf.get(page["Contents"])
    parts = contents if isinstance(contents, list) else [contents]
    code = b"\n".join(pdf.get(part).data for part in parts)
    _Walk(pdf, seen).run(code, pdf.get(page.get("Resources") or pages.get("Resources")), _State(), 0)
    return seen


class _Walk:
    def __init__(self, pdf: Pdf, seen: Seen) -> None:
        self.pdf, self.seen = pdf, seen

    def run(self, code: bytes, resources: Mapping[str, Any], state: _State, depth: int) -> None:
        """Follow a content stream that begins in `state`."""
        stack: list[_State] = []
        operands: list[Any] = []
        text: Matrix = (1.0, 0.0, 0.0, 1.0)
        for value in Tokens(code).values():
            if not isinstance(value, Operator):
                operands.append(value)
                continue
            if value == "q":
                stack.append(dataclasses.replace(state))
            elif value == "Q" and stack:
                state = stack.pop()
            elif value == "BT":
                text = (1.0, 0.0, 0.0, 1.0)
            elif value == "Tm":
                text = _matrix(operands)
            elif value in _SHOW and state.font:
                self._text(state, text, resources)
            elif value == "Do":
                self._object(operands[0], resources, state, depth)
            else:
                self._set(value, operands, resources, state)
            operands = []

    def _set(self, operator: str, operands: list[Any], resources: Mapping[str, Any], state: _State) -> None:
        if operator == "cm":
            state.matrix = _times(_matrix(operands), state.matrix)
        elif operator == "w":
            state.width = operands[0]
        elif operator in ("RG", "rg", "G", "g", "K", "k", "SC", "sc", "SCN", "scn"):
            self._colour(operator, operands, state)
        elif operator in ("CS", "cs"):
            self._space(operands[0])
        elif operator == "Tf":
            state.font, state.size = operands
        elif operator == "gs":
            given = self._of(resources, "ExtGState", operands[0])
            state.stroke_alpha = self.pdf.get(given.get("CA", state.stroke_alpha))
            state.fill_alpha = self.pdf.get(given.get("ca", state.fill_alpha))
            self.seen.transparent |= self.pdf.get(given.get("SMask", "None")) != "None"
        else:
            self._paint(operator, state)

    def _paint(self, operator: str, state: _State) -> None:
        if operator in _STROKE:
            self.seen.lines.add(round(state.width * _scale(state.matrix), 3))
            self.seen.colours.add(state.stroke)
            self.seen.transparent |= state.stroke_alpha < 1
        if operator in _FILL:
            self.seen.colours.add(state.fill)
            self.seen.transparent |= state.fill_alpha < 1

    def _colour(self, operator: str, operands: list[Any], state: _State) -> None:
        numbers = [float(v) for v in operands if isinstance(v, float)]
        space = {1: "grey", 3: "RGB", 4: "CMYK"}.get(len(numbers), "pattern")
        self.seen.spaces.add(space)
        red, green, blue = numbers * 3 if space == "grey" else numbers if space == "RGB" else (0.0, 0.0, 0.0)
        colour = round(red, 3), round(green, 3), round(blue, 3)
        if operator.isupper():
            state.stroke = colour
        else:
            state.fill = colour

    def _space(self, space: Any) -> None:
        found = self.pdf.get(space)
        name = str(self.pdf.get(found[0]) if isinstance(found, list) else found)
        if name == "ICCBased":
            name = {1.0: "DeviceGray", 4.0: "DeviceCMYK"}.get(self.pdf.get(found[1]).dictionary["N"], "DeviceRGB")
        if name == "Indexed":
            self._space(found[1])
        else:
            self.seen.spaces.add(_SPACES.get(name, name))

    def _text(self, state: _State, text: Matrix, resources: Mapping[str, Any]) -> None:
        # Height of an upright letter: how far a step upwards goes.
        _, _, c, d = _times(text, state.matrix)
        self.seen.text.add(round(state.size * math.hypot(c, d), 2))
        self.seen.faces.add(self._face(self._of(resources, "Font", state.font)))
        self.seen.transparent |= state.fill_alpha < 1

    def _face(self, font: Mapping[str, Any]) -> Face:
        name = str(self.pdf.get(font.get("BaseFont") or font.get("Name") or "")).rpartition("+")[2]
        kind = str(self.pdf.get(font["Subtype"]))
        if kind == "Type0":
            font = self.pdf.get(self.pdf.get(font["DescendantFonts"])[0])
            kind = str(self.pdf.get(font["Subtype"]))
        if kind == "Type3":
            return Face(name, "Type 3", True)
        descriptor = self.pdf.get(font.get("FontDescriptor")) or {}
        embedded = any(self.pdf.get(descriptor.get(key)) is not None for key in ("FontFile", "FontFile2", "FontFile3"))
        return Face(name, "Type 42" if kind in ("TrueType", "CIDFontType2") else "Type 1", embedded)

    def _object(self, name: str, resources: Mapping[str, Any], state: _State, depth: int) -> None:
        found: Stream = self._of(resources, "XObject", name)
        kind = self.pdf.get(found.dictionary["Subtype"])
        if kind == "Form" and depth < _DEPTH:
            inner = dataclasses.replace(state)
            inner.matrix = _times(
                _matrix(self.pdf.get(found.dictionary.get("Matrix", [1.0, 0.0, 0.0, 1.0]))), inner.matrix
            )
            self.run(found.data, self.pdf.get(found.dictionary.get("Resources")) or resources, inner, depth + 1)
        elif kind == "Image":
            a, b, _, _ = state.matrix
            self.seen.pictures.append(self.pdf.get(found.dictionary["Width"]) / (math.hypot(a, b) / 72))
            if "ColorSpace" in found.dictionary:
                self._space(found.dictionary["ColorSpace"])
            self.seen.transparent |= "SMask" in found.dictionary or state.fill_alpha < 1

    def _of(self, resources: Mapping[str, Any], kind: str, name: str) -> Any:
        found = self.pdf.get((self.pdf.get(resources.get(kind)) or {}).get(name))
        if found is None:
            raise UnreadableError(f"the PDF lacks {kind} {name}")
        return found


def _matrix(operands: list[Any]) -> Matrix:
    a, b, c, d = (float(v) for v in operands[:4])
    return a, b, c, d


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d = one
    e, f, g, h = other
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _scale(matrix: Matrix) -> float:
    a, b, c, d = matrix
    return math.sqrt(abs(a * d - b * c))
