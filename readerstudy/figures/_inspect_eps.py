"""What an EPS holds: its words read one after the other, without running the program."""

from __future__ import annotations

import dataclasses
import math
import re

from readerstudy.figures._seen import POINT_MM, Colour, Face, Seen, UnreadableError

_BOX = re.compile(r"^%%HiResBoundingBox:\s*(\S+) (\S+) (\S+) (\S+)\s*$", re.MULTILINE)
_FONT_TYPE, _FONT_NAME = re.compile(r"/FontType (\d+) def"), re.compile(r"/FontName /(\S+) def")
_TYPES = {"42": "Type 42", "3": "Type 3"}
_TRANSPARENT = {
    ".setopacityalpha",
    ".setfillconstantalpha",
    ".setstrokeconstantalpha",
    ".setalphaisshape",
    "/ca",
    "/CA",
}
_PARTS = {"setgray": 1, "setrgbcolor": 3, "setcmykcolor": 4}
_SPACE = {1: "grey", 3: "RGB", 4: "CMYK"}
_NAMES = {"/DeviceRGB": "RGB", "/DeviceGray": "grey", "/DeviceCMYK": "CMYK"}


def inspect(data: bytes) -> Seen:
    """Read an EPS as drawing programs write it, in which nothing but pictures is scaled.

    Raises
    ------
    UnreadableError
        If it is none.
    """
    source = data.decode("latin-1")
    box = _BOX.search(source)
    if not source.startswith("%!PS-Adobe") or box is None:
        raise UnreadableError("this is no EPS with a HiResBoundingBox")
    left, bottom, right, top = map(float, box.groups())
    seen = Seen(form="eps", width=(right - left) * POINT_MM, height=(top - bottom) * POINT_MM)
    fonts: dict[str, str] = {}
    for defined in source.split("definefont")[:-1]:
        kinds, names = _FONT_TYPE.findall(defined), _FONT_NAME.findall(defined)
        if kinds and names:
            fonts[names[-1]] = _TYPES.get(kinds[-1], f"Type {kinds[-1]}")
    _read(seen, source[source.find("%%EndProlog") :], fonts)
    return seen


@dataclasses.dataclass
class _State:
    """What a graphics state holds of interest."""

    across: float = 1.0
    """Points that a unit to the right is."""
    up: float = 1.0
    width: float = 1.0
    colour: Colour = (0.0, 0.0, 0.0)
    face: str = ""
    size: float = 0.0


def _read(seen: Seen, program: str, fonts: dict[str, str]) -> None:
    state, saved = _State(), []
    words = program.split()
    for i, word in enumerate(words):
        if word == "gsave":
            saved.append(dataclasses.replace(state))
        elif word == "grestore" and saved:
            state = saved.pop()
        elif word == "scale":
            state.across, state.up = state.across * abs(float(words[i - 2])), state.up * abs(float(words[i - 1]))
        elif word == "concat":
            a, b, c, d = (float(v.strip("[")) for v in words[i - 6 : i - 2])
            state.across, state.up = state.across * math.hypot(a, b), state.up * math.hypot(c, d)
        elif word == "setlinewidth":
            state.width = float(words[i - 1])
        elif word in _PARTS:
            n = _PARTS[word]
            seen.spaces.add(_SPACE[n])
            numbers = [float(v) for v in words[i - n : i]]
            red, green, blue = numbers * 3 if n == 1 else numbers if n == 3 else (0.0, 0.0, 0.0)
            state.colour = round(red, 3), round(green, 3), round(blue, 3)
        elif word == "selectfont":
            state.face, state.size = words[i - 2][1:], float(words[i - 1])
        elif word in ("image", "colorimage"):
            seen.pictures.append(_columns(words, i) / (state.across / 72))
            seen.spaces.add("grey" if word == "image" else "RGB")
        else:
            _paint(seen, word, state, fonts)


def _paint(seen: Seen, word: str, state: _State, fonts: dict[str, str]) -> None:
    if word in ("glyphshow", "show"):
        seen.text.add(round(state.size * state.up, 2))
        face = state.face
        seen.faces.add(Face(re.sub(r"-\d+$", "", face), fonts.get(face, "Type 1"), face in fonts))
    elif word == "stroke":
        seen.lines.add(round(state.width * math.sqrt(state.across * state.up), 3))
        seen.colours.add(state.colour)
    elif word in ("fill", "eofill"):
        seen.colours.add(state.colour)
    elif word in _TRANSPARENT:
        seen.transparent = True
    elif word in _NAMES:
        seen.spaces.add(_NAMES[word])


def _columns(words: list[str], at: int) -> float:
    """Columns of a picture: the first of the numbers before it, ``columns rows bits [matrix]``."""
    start = max(i for i in range(at) if words[i].startswith("["))
    return float(words[start - 3])
