"""How far apart colours are, also for those who see red and green alike."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import NamedTuple

from readerstudy.figures._seen import Colour

_MATRICES: dict[str, tuple[Colour, Colour, Colour]] = {
    "normal vision": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
"""Machado GM, Oliveira MM, Fernandes LAF. IEEE Trans Vis Comput Graph 2009;15:1291-1298 (doi:10.1109/TVCG.2009.113),
table of severity 1, for linear RGB."""
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)
_CHROMA = 12.0
"""A colour with less chroma in CIELAB is a grey: frames, text, rules."""
_MIXED = 0.025
"""How far in each channel a colour may lie from one that is mixed with white."""
_HUE_DEGREES, _HUES = 15.0, 6
"""As many colours of one hue are shades of a scale, such as the cells of a table that have numbers on them; a series
has its own colour and three paler ones."""
_STEP, _STEPS = 4.0, 10
"""As many colours as this, each so near to another of them, are a scale from one end to another and no series."""


class Nearest(NamedTuple):
    """The two colours that are hardest to tell apart."""

    distance: float
    """CIEDE2000."""
    one: Colour
    other: Colour
    vision: str
    """Whose eyes: ``"normal vision"``, ``"deuteranopia"`` or ``"protanopia"``."""


def nearest(colours: Iterable[Colour]) -> Nearest | None:
    """The least distance between colours of series in any kind of vision; None where there are not two of them.

    Greys are not series, nor are the steps of a scale, nor is a colour that is another one of them mixed with white,
    such as that of an interval.
    """
    series = series_of(colours)
    if len(series) < 2:
        return None
    pairs = itertools.product(itertools.combinations(series, 2), _MATRICES)
    return min(Nearest(_between(one, other, vision), one, other, vision) for (one, other), vision in pairs)


def series_of(colours: Iterable[Colour]) -> list[Colour]:
    """The colours that stand for something: neither grey, nor a step of a scale, nor a paler form of another."""
    strong = _without_scales(sorted({colour for colour in colours if math.hypot(*_lab(colour)[1:]) >= _CHROMA}))
    strong = [one for one in strong if sum(_like_hue(one, other) for other in strong) < _HUES]
    return [one for one in strong if not any(_paler(one, other) for other in strong if other != one)]


def _like_hue(one: Colour, other: Colour) -> bool:
    """Whether two colours differ in lightness and chroma rather than in hue."""
    (_, a1, b1), (_, a2, b2) = _lab(one), _lab(other)
    turn = math.degrees(math.atan2(b1, a1) - math.atan2(b2, a2))
    return abs((turn + 180) % 360 - 180) < _HUE_DEGREES


def _without_scales(colours: list[Colour]) -> list[Colour]:
    labs = {colour: _lab(colour) for colour in colours}
    left: set[Colour] = set(colours)
    kept: list[Colour] = []
    while left:
        chain, waiting = set(), [left.pop()]
        while waiting:
            here = waiting.pop()
            chain.add(here)
            near = {other for other in left if distance(labs[here], labs[other]) < _STEP}
            left -= near
            waiting += near
        kept += chain if len(chain) < _STEPS else ()
    return sorted(kept)


def _paler(one: Colour, other: Colour) -> bool:
    """Whether `one` is `other` mixed with white."""
    depth = max(1 - c for c in other)
    share = max(1 - c for c in one) / depth
    return share < 1 and all(abs(1 - share * (1 - b) - a) <= _MIXED for a, b in zip(one, other, strict=True))


def _between(one: Colour, other: Colour, vision: str) -> float:
    return distance(_lab(one, vision), _lab(other, vision))


def _lab(colour: Colour, vision: str = "normal vision") -> Colour:
    """CIELAB under D65."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    seen = [
        min(max(sum(m * c for m, c in zip(row, linear, strict=True)), 0.0), 1.0) for row in _MATRICES[vision]
    ]  # outside the gamut of the screen there is nothing
    ratios = [sum(m * c for m, c in zip(row, seen, strict=True)) / w for row, w in zip(_TO_XYZ, _WHITE, strict=True)]
    x, y, z = (t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: Colour, other: Colour) -> float:
    """CIEDE2000 of two colours in CIELAB.

    Sharma G, Wu W, Dalal EN. Color Res Appl 2005;30:21-30 (doi:10.1002/col.20070).

    Examples
    --------
    >>> round(distance((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485)), 4)
    2.0425
    """
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1)) % 360, math.degrees(math.atan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue_difference = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.20 * math.cos(math.radians(4 * hue - 63))
    )
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / math.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    r_c = 2 * math.sqrt(chroma**7 / (chroma**7 + 25**7))
    r_t = -r_c * math.sin(math.radians(60 * math.exp(-(((hue - 275) / 25) ** 2))))
    l_part, c_part, h_part = (l2 - l1) / s_l, (c2 - c1) / s_c, hue_difference / s_h
    return math.sqrt(l_part**2 + c_part**2 + h_part**2 + r_t * c_part * h_part)
