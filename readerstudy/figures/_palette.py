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
_BLUE, _VERMILLION, _PURPLE, _YELLOW = "#0072B2", "#D55E00", "#CC79A7", "#F0E442"

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

_CONSENSUS_COLOURS = (_YELLOW, "#ffffff", _SKY, _BLACK)
_CLASS_COLOURS = (_BLUE, _VERMILLION, _GREEN, _ORANGE, _PURPLE, _SKY, _BLACK, _YELLOW)
_CLASS_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "p")

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


MUTED_MODEL = Style(pale(_BLUE, 0.6), pale(_BLUE, 0.4), pale(_BLUE, 0.4), "o", "solid")
"""Every model, where there are too many to be told apart."""


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


def consensus_styles(consensus: Iterable[Series]) -> dict[Series, Style]:
    """One style for each consensus, by its name and modality: always a star."""
    return {
        who: Style(_CONSENSUS_COLOURS[i % len(_CONSENSUS_COLOURS)], FRAME, RULE, "*", "solid")
        for i, who in enumerate(consensus)
    }


def class_styles(n: int) -> list[Style]:
    """A colour and a marker for each of `n` classes; from the ninth on, colours meet other markers."""
    styles = []
    for i in range(n):
        colour = _CLASS_COLOURS[i % 8]
        marker = _CLASS_MARKERS[(i + i // 8) % 8]
        styles.append(Style(colour, pale(colour, 0.7), pale(colour, 0.4), marker, "solid"))
    return styles


def readable_on(background: Sequence[float]) -> str:
    """Black or white text, whichever has more contrast (WCAG 2): at least 4.5 on any colour."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]]
    luminance = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "black"


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


def threshold_marker(style: Style, size: float = 1.0) -> dict[str, Any]:
    """The calls of a model at a threshold of one class: hollow and small."""
    return {**call_marker(style, 0.6 * size), "markeredgewidth": 0.9 * size}


def consensus_marker(style: Style, size: float = 1.0) -> dict[str, Any]:
    """A consensus: an outlined star."""
    return {**mean_marker(style, size), "markersize": 8.4 * size, "markeredgewidth": 0.7 * size}


def class_marker(style: Style, size: float = 1.0) -> dict[str, Any]:
    """A case, by its class; yellow alone would be lost on white."""
    edge = FRAME if style.colour == _YELLOW else style.colour
    return {
        "linestyle": "none",
        "marker": style.marker,
        "markersize": 3.4 * size,
        "markerfacecolor": style.colour,
        "markeredgecolor": edge,
        "markeredgewidth": 0.3 * size,
    }
