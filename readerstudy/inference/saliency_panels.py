"""Pictures of where a network looked, laid out as in the papers' figures.

Slices as in Zhen 2020, figure 4: the first sequence, three plain and three enhanced sequences as red, green and blue of
one picture, and the map, darker where the network looked more. Volumes as in Wang 2021, figures 5 and 6: every sequence
on the slice of the lesion's largest area, beneath it the same with the map in red, and the weight of the sequence.
A thin line is the outline of the lesion's mask. No picture names a patient or a case.
"""

from __future__ import annotations

import dataclasses
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import _shipped
from readerstudy.inference.card import Card, SliceInput
from readerstudy.saliency import Tile

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]

_COMPOSITES = (("T2", "DWI", "T1"), ("LAP", "PVP", "DP"))
"""Plain and enhanced sequences, as red, green and blue."""
_MOST_SIDE, _GAP = 150, 4
_HEAD, _LABELS, _FOOT, _LINE = 22, 18, 8, 15
_DPI, _TEXT, _SMALL = 100, 8.5, 7.5
_RED, _OUTLINE, _EDGE = (0.9, 0.05, 0.0), (0, 170, 190), 190
_STRONG = 0.8
"""Share of red where the map is largest."""
_BRIGHTEST = 99.5
"""Percentile of a map that has the full colour: single pixels do not make the rest pale."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where everything of a panel stands, the same for all panels of a card.

    Parameters
    ----------
    columns
        Label of each column of tiles.
    rows
        Rows of tiles.
    side
        Of a tile, in pixels.
    weights
        Whether the weight of a sequence stands beneath its column.
    """

    columns: tuple[str, ...]
    rows: int
    side: int
    weights: bool

    @classmethod
    def of(cls, card: Card) -> Layout:
        """The layout of a card's panels."""
        names, size = card.input.sequences, card.input.size
        side = size // math.ceil(size / _MOST_SIDE) if size > _MOST_SIDE else size * (_MOST_SIDE // size)
        if not isinstance(card.input, SliceInput):
            return cls(columns=names, rows=2, side=side, weights=True)
        composites = [", ".join(three) for three in _COMPOSITES if set(three) <= set(names)]
        return cls(columns=(names[0], *composites, "saliency"), rows=1, side=side, weights=False)

    def tile(self, row: int, column: int) -> Tile:
        """Where one tile stands."""
        step = self.side + _GAP
        top = _HEAD + _LABELS + row * step
        return Tile(label=self.columns[column], left=_GAP + column * step, top=top, width=self.side, height=self.side)

    @property
    def shown(self) -> tuple[Tile, ...]:
        """The tiles that tell the most beside each other: the last row."""
        return tuple(self.tile(self.rows - 1, column) for column in range(len(self.columns)))

    def size(self, lines: int) -> tuple[int, int]:
        """Width and height of a panel with so many lines beneath."""
        last = self.tile(self.rows - 1, len(self.columns) - 1)
        beneath = (_LABELS if self.weights else 0) + lines * _LINE + _FOOT
        return last.left + last.width + _GAP, last.top + last.height + beneath


def panel(
    card: Card,
    images: Floats,
    saliency: Floats,
    mask: Bools,
    *,
    weights: Sequence[float],
    said: str,
    notice: str | None = None,
) -> bytes:
    """The panel of one slice as PNG, without metadata.

    Parameters
    ----------
    card
        The model.
    images
        Shape (S, H, W) in [0, 1], in the card's order of sequences.
    saliency
        Shape (H, W), or (S, H, W) for volumes.
    mask
        The lesion, of the same shape as `saliency`.
    weights
        Of the sequences.
    said
        The line above, such as the predicted class.
    notice
        What must stand beneath.
    """
    layout = Layout.of(card)
    largest = float(np.percentile(saliency[saliency > 0], _BRIGHTEST)) if (saliency > 0).any() else 1.0
    strength = np.clip(saliency / largest, 0, 1)
    if isinstance(card.input, SliceInput):
        rows = [_of_slices(card, images, strength, mask, layout)]
    else:
        plain = [_tile(_grey(image), layout.side) for image in images]
        red = [
            _outlined(_tile(_reddened(image, strong), layout.side), one)
            for image, strong, one in zip(images, strength, mask, strict=True)
        ]
        rows = [plain, red]
    return _png(layout, rows, weights, said, notice)


def _of_slices(card: Card, images: Floats, strength: Floats, mask: Bools, layout: Layout) -> list[Pixels]:
    place = {name: i for i, name in enumerate(card.input.sequences)}
    pictures = [_grey(images[0])]
    for three in _COMPOSITES:
        if set(three) <= set(place):
            pictures.append(np.stack([images[place[name]] for name in three], axis=-1))
    tiles = [_tile(picture, layout.side) for picture in pictures]
    drawn = _outlined(_tile(_grey(1 - strength), layout.side), mask)
    drawn[[0, -1]] = drawn[:, [0, -1]] = _EDGE  # a map that is white at its border has one all the same
    return [*tiles, drawn]


def _grey(image: Floats) -> Floats:
    return np.stack([image] * 3, axis=-1)


def _reddened(image: Floats, strength: Floats) -> Floats:
    share = _STRONG * strength[..., None]
    mixed: Floats = _grey(image) * (1 - share) + np.array(_RED, dtype=np.float32) * share
    return mixed


def _tile(picture: Floats, side: int) -> Pixels:
    """A picture (H, W, 3) in [0, 1] in a tile's size: blocks of pixels averaged, or every pixel repeated."""
    size = len(picture)
    if size > side:
        step = size // side
        cut = picture[: side * step, : side * step]
        picture = cut.reshape(side, step, side, step, 3).mean(axis=(1, 3))
    else:
        picture = picture.repeat(side // size, axis=0).repeat(side // size, axis=1)
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _outlined(tile: Pixels, mask: Bools) -> Pixels:
    """The tile with the outline of the mask."""
    inside = _tile(_grey(mask.astype(np.float32)), len(tile))[:, :, 0] > 127
    around = np.pad(inside, 1)
    whole = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    drawn = tile.copy()
    drawn[inside & ~whole] = _OUTLINE
    return drawn


def _png(
    layout: Layout, rows: Sequence[Sequence[Pixels]], weights: Sequence[float], said: str, notice: str | None
) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    def font(size: float) -> FontProperties:
        path = _shipped.path("reports", "templates", "fonts", "LiberationSans-Regular.ttf")
        return FontProperties(fname=str(path), size=size)

    width = layout.size(0)[0]
    lines = _wrapped(notice or "", width)
    height = layout.size(len(lines))[1]
    sheet = np.full((height, width, 3), 255, dtype=np.uint8)
    for i, tiles in enumerate(rows):
        for j, tile in enumerate(tiles):
            place = layout.tile(i, j)
            sheet[place.top : place.top + place.height, place.left : place.left + place.width] = tile
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    canvas: Any = FigureCanvasAgg(figure)
    figure.figimage(sheet, 0, 0, origin="upper")

    def write(x: float, y: float, text: str, size: float, **style: Any) -> None:
        figure.text(x / width, 1 - y / height, text, fontproperties=font(size), parse_math=False, **style)

    write(_GAP, _HEAD - 6, said, _TEXT)
    for j, label in enumerate(layout.columns):
        place = layout.tile(0, j)
        write(place.left + place.width / 2, place.top - 5, label, _SMALL, ha="center")
    bottom = layout.tile(layout.rows - 1, 0).top + layout.side
    if layout.weights:
        for j, weight in enumerate(weights):
            place = layout.tile(0, j)
            write(place.left + place.width / 2, bottom + 13, f"weight {100 * weight:.0f}%", _SMALL, ha="center")
        bottom += _LABELS
    for i, line in enumerate(lines):
        write(_GAP, bottom + (i + 1) * _LINE - 2, line, _SMALL)
    buffer = io.BytesIO()
    canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    # A letter is about half as wide as the type is high.
    return textwrap.wrap(text, max(20, int(width / (_SMALL * _DPI / 72 * 0.5))))
