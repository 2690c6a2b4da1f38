"""Colours, markers and line styles: Okabe and Ito's palette, never colour alone.

Okabe M, Ito K. Color universal design (2008). Solid colours only: a pale line is mixed with white beforehand,
since transparency is lost or rasterised in some of the formats that journals take.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

INK = "#1a1a1a"
FRAME = "#4d4d4d"
FAINT = "#6b6b6b"
RULE = "#b3b3b3"
ARM_WIDTH = 0.7
CURVE_WIDTH = 1.3
THIN_WIDTH = 0.6

_BLACK, _ORANGE, _SKY, _GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
_BLUE, _VERMILLION, _PURPLE = "#0072B2", "#D55E00", "#CC79A7"

Dash = str | tuple[float, tuple[float, ...]]
_DASHES: tuple[Dash, ...] = (
    "solid",
    (0.0, (4.0, 1.6)),
    (0.0, (4.0, 1.4, 1.0, 1.4)),
    (0.0, (1.2, 1.2)),
)
_MODEL_COLOURS = (_BLUE, _BLACK, _ORANGE, _SKY)
_MODEL_MARKERS = ("o", "s", "D", "^")
_READER_COLOURS = (_VERMILLION, _GREEN, _PURPLE, _ORANGE, _SKY, _BLACK)
_READER_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "p")

Series = tuple[str | None, str | None]
"""Readers that are drawn alike: their group and the modality in which they read."""


class Style(NamedTuple):
    """How one model or one series of readers is drawn."""

    colour: str
    pale: str
    """For intervals."""
    faint: str
    """For curves behind everything else."""
    marker: str
    dash: Dash


def pale(colour: str, share: float) -> str:
    """`colour` mixed with white; `share` of it stays.

    Examples
    --------
    >>> pale("#0072B2", 0.5)
    '#80b9d9'
    """
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{int(c * share + 255 * (1 - share) + 0.5):02x}" for c in channels)


def model_styles(models: Iterable[str]) -> dict[str, Style]:
    """One style for each model; the colour and the line style change together, then against each other."""
    styles = {}
    for i, model in enumerate(models):
        colour = _MODEL_COLOURS[i % 4]
        turn = (i + i // 4) % 4
        styles[model] = Style(colour, pale(colour, 0.7), pale(colour, 0.4), _MODEL_MARKERS[turn], _DASHES[turn])
    return styles


def series_styles(series: Sequence[Series]) -> dict[Series, Style]:
    """One style for each series: colour by modality where there are several, else by group; a marker each."""
    modalities = list(dict.fromkeys(modality for _, modality in series))
    groups = list(dict.fromkeys(group for group, _ in series))
    styles = {}
    for i, (group, modality) in enumerate(series):
        place = modalities.index(modality) if len(modalities) > 1 else groups.index(group)
        colour = _READER_COLOURS[place % len(_READER_COLOURS)]
        marker = _READER_MARKERS[i % len(_READER_MARKERS)]
        styles[group, modality] = Style(
            colour, pale(colour, 0.7), pale(colour, 0.4), marker, _DASHES[place % len(_DASHES)]
        )
    return styles


def reader_marker(style: Style, size: float = 1.0) -> dict[str, Any]:
    """A reader: small and filled."""
    return {
        "linestyle": "none",
        "marker": style.marker,
        "markersize": 3.2 * size,
        "markerfacecolor": style.colour,
        "markeredgecolor": style.colour,
        "markeredgewidth": 0.3,
    }


def mean_marker(style: Style, size: float = 1.0) -> dict[str, Any]:
    """A mean of readers: large, filled and outlined."""
    return {
        "linestyle": "none",
        "marker": style.marker,
        "markersize": 6.6 * size,
        "markerfacecolor": style.colour,
        "markeredgecolor": INK,
        "markeredgewidth": 0.8 * size,
    }


def call_marker(style: Style, size: float = 1.0) -> dict[str, Any]:
    """The calls of a model: hollow."""
    return {
        "linestyle": "none",
        "marker": style.marker,
        "markersize": 5.4 * size,
        "markerfacecolor": "white",
        "markeredgecolor": style.colour,
        "markeredgewidth": 1.3 * size,
    }
