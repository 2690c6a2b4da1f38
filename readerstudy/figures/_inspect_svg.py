"""What an SVG holds: its elements with what they inherit."""

from __future__ import annotations

import base64
import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from PIL import Image

from readerstudy.figures._seen import POINT_MM, Colour, Face, Seen, UnreadableError

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_INHERITED = ("fill", "stroke", "stroke-width", "font-family", "font-size", "font-weight")
_SHAPES = {"path", "line", "rect", "circle", "ellipse", "polyline", "polygon", "use"}
_FACE = re.compile(r"@font-face\s*{[^}]*font-family:\s*'([^']+)'[^}]*url\(data:font/")


def inspect(data: bytes) -> Seen:
    """Read an SVG whose size is in mm.

    Raises
    ------
    UnreadableError
        If it is none.
    """
    try:
        root = ET.fromstring(data)
        width, height = (float(root.attrib[key].removesuffix("mm")) for key in ("width", "height"))
        _, _, across, _ = (float(v) for v in root.attrib["viewBox"].split())
    except (ET.ParseError, KeyError, ValueError) as error:
        raise UnreadableError(f"this is no SVG with a size in mm ({error})") from None
    seen = Seen(form="svg", width=width, height=height, spaces={"RGB"})
    known = {element.attrib["id"]: element for element in root.iter() if "id" in element.attrib}
    faces = set(_FACE.findall("".join(style.text or "" for style in root.iter(f"{_SVG}style"))))
    _Walk(seen, known, faces).run(root, {}, width / across / POINT_MM)
    return seen


class _Walk:
    def __init__(self, seen: Seen, known: Mapping[str, ET.Element], faces: set[str]) -> None:
        self.seen, self.known, self.faces = seen, known, faces

    def run(self, element: ET.Element, above: Mapping[str, str], points: float) -> None:
        """Follow an element, `points` being how many points a unit of it is."""
        style = {**above, **{key: element.attrib[key] for key in _INHERITED if key in element.attrib}}
        style |= dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", element.get("style", "")))
        for key in ("opacity", "fill-opacity", "stroke-opacity"):
            self.seen.transparent |= float(element.get(key, style.get(key, "1"))) < 1
        points *= _scale(element.get("transform", ""))
        tag = element.tag.removeprefix(_SVG)
        if tag in ("defs", "clipPath", "style"):
            return
        if tag == "text":
            self.seen.text.add(round(_length(style["font-size"]) * points, 2))
            name = style.get("font-family", "").split(",")[0].strip("'\" ")
            self.seen.faces.add(Face(name, "WOFF" if name in self.faces else "none", name in self.faces))
        elif tag == "image":
            self._image(element, points)
        elif tag == "use":
            self.run(self.known[element.attrib[_LINK].removeprefix("#")], style, points)
        elif tag in _SHAPES:
            self._shape(style, points)
        for child in element:
            self.run(child, style, points)

    def _shape(self, style: Mapping[str, str], points: float) -> None:
        stroke, fill = _colour(style.get("stroke", "none")), _colour(style.get("fill", "#000000"))
        if stroke is not None:
            self.seen.lines.add(round(_length(style.get("stroke-width", "1")) * points, 3))
        self.seen.colours |= {colour for colour in (stroke, fill) if colour is not None}

    def _image(self, element: ET.Element, points: float) -> None:
        with Image.open(io.BytesIO(base64.b64decode(element.attrib[_LINK].partition(",")[2]))) as picture:
            self.seen.pictures.append(picture.width / (_length(element.attrib["width"]) * points / 72))
            self.seen.transparent |= "A" in picture.getbands() and min(picture.getchannel("A").tobytes()) < 255
            self.seen.spaces.add("CMYK" if picture.mode == "CMYK" else "RGB")


def _length(text: str) -> float:
    return float(text.removesuffix("px"))


def _scale(transform: str) -> float:
    """By how much a list of transforms enlarges."""
    factor = 1.0
    for kind, given in re.findall(r"(matrix|scale)\(([^)]*)\)", transform):
        numbers = [float(v) for v in re.split(r"[\s,]+", given.strip())]
        a, b, c, d = numbers[:4] if kind == "matrix" else (numbers[0], 0.0, 0.0, numbers[-1])
        factor *= math.sqrt(abs(a * d - b * c))
    return factor


def _colour(text: str) -> Colour | None:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        return None
    red, green, blue = (round(int(text[i : i + 2], 16) / 255, 3) for i in (1, 3, 5))
    return red, green, blue
