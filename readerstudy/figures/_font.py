"""The letters of a figure's text as a typeface that stands in its SVG."""

from __future__ import annotations

import base64
import io
import re
import unicodedata
import xml.etree.ElementTree as ET

from fontTools import subset
from fontTools.ttLib import TTFont

from readerstudy import _shipped
from readerstudy.figures._canvas import FONT

_SVG = "{http://www.w3.org/2000/svg}"
_BOLD = 600


def font_face(svg: str) -> tuple[str, frozenset[str]]:
    """CSS with Liberation Sans cut down to the characters of `svg`, and the characters that it has no shape for.

    A face for each weight of the text.
    """
    used: dict[bool, set[str]] = {}
    for element in ET.fromstring(svg).iter(f"{_SVG}text"):
        weight = element.get("font-weight", "400")
        bold = weight == "bold" or (re.fullmatch(r"\d+", weight) is not None and int(weight) >= _BOLD)
        used.setdefault(bold, set()).update("".join(element.itertext()))
    faces = [_face(characters, bold=bold) for bold, characters in sorted(used.items())]
    return "".join(css for css, _ in faces), frozenset().union(*(lacking for _, lacking in faces))


def _face(characters: set[str], *, bold: bool) -> tuple[str, set[str]]:
    name = f"LiberationSans-{'Bold' if bold else 'Regular'}.ttf"
    options = subset.Options(hinting=False, desubroutinize=True, notdef_outline=True, recalc_timestamp=False)
    font = TTFont(_shipped.path("reports", "templates", "fonts", name), recalcTimestamp=False)
    options.drop_tables = [*options.drop_tables, "FFTM"]
    known = font.getBestCmap()
    lacking = {c for c in characters if ord(c) not in known and unicodedata.category(c) not in ("Cf", "Mn", "Me")}
    cut = subset.Subsetter(options)
    cut.populate(unicodes=sorted(map(ord, characters)))
    cut.subset(font)
    font.flavor = "woff"
    buffer = io.BytesIO()
    font.save(buffer)
    data = base64.b64encode(buffer.getvalue()).decode()
    css = (
        f"@font-face{{font-family:'{FONT}';font-weight:{700 if bold else 400};"
        f"src:url(data:font/woff;base64,{data}) format('woff')}}"
    )
    return css, lacking
