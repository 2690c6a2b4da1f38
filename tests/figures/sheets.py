"""Where the words of a drawn figure stand."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

from readerstudy.figures import Drawn
from readerstudy.figures._label import width

_PX_OF_MM = 72 / 25.4
Box = tuple[str, float, float, float, float]


def boxes(svg: str) -> list[Box]:
    """Each level line of text with its left, right, top and bottom in pixels of the picture."""
    found = []
    for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if "rotate" in element.get("transform", ""):
            continue
        size = float(element.attrib["font-size"].removesuffix("px"))
        long = width(element.text or "", size, bold=element.get("font-weight") == "700") * _PX_OF_MM
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")] * long
        found.append((element.text or "", left, left + long, y - 0.72 * size, y))
    return found


def assert_neat(drawn: Drawn) -> None:
    """Every word is on the sheet, large enough, and on no other."""
    root = ET.fromstring(drawn.svg)
    full_width, full_height = (float(v) for v in root.attrib["viewBox"].split()[2:])
    placed = boxes(drawn.svg)
    for text, left, right, top, bottom in placed:
        assert 0 <= left <= right <= full_width + 0.1, text
        assert 0 <= top <= bottom <= full_height, text
    for (one, l1, r1, t1, b1), (other, l2, r2, t2, b2) in itertools.combinations(placed, 2):
        assert min(r1, r2) - max(l1, l2) < 0.3 or min(b1, b2) - max(t1, t2) < 0.3, (one, other)
    for element in root.iter():
        assert float(element.get("font-size", "7px").removesuffix("px")) >= 5.5
