"""A finished figure made larger or smaller as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Text

from readerstudy.figures._canvas import SheetFigure


def resize(figure: SheetFigure, factor: float, *, least_line: float = 0.0) -> None:
    """Scale the sheet and everything on it: places, text, lines and symbols.

    Parameters
    ----------
    figure
        A figure of a display; to be called once, within `house_style`, and before the figure is written.
    factor
        How many times as large.
    least_line
        No line becomes thinner than so many points.
    """
    width, height = figure.get_size_inches()
    figure.set_size_inches(width * factor, height * factor)
    figure.inches.scale(factor)

    def line(points: float) -> float:
        return max(points * factor, least_line) if points > 0 else points

    for artist in _drawn(figure):
        if isinstance(artist, Text):
            artist.set_fontsize(float(artist.get_fontsize()) * factor)
        elif isinstance(artist, Line2D):
            artist.set_linewidth(line(artist.get_linewidth()))
            artist.set_markersize(artist.get_markersize() * factor)
            # An EPS has the edges of symbols in tenths of a point, which must not round them below the least.
            artist.set_markeredgewidth(math.ceil(line(artist.get_markeredgewidth()) * 10 - 1e-6) / 10)
        elif isinstance(artist, Collection):
            artist.set_linewidth([line(float(points)) for points in np.atleast_1d(artist.get_linewidth())])
        elif isinstance(artist, Patch):
            artist.set_linewidth(line(artist.get_linewidth()))
            if isinstance(artist, FancyArrowPatch):
                artist.set_mutation_scale(artist.get_mutation_scale() * factor)
                artist.shrinkA *= factor
                artist.shrinkB *= factor


def _drawn(figure: SheetFigure) -> Iterator[Artist]:
    """What was put on the sheet and into its panels; a panel has neither axes nor title of its own."""
    yield from _flat(figure.texts, figure.lines, figure.patches, figure.artists)
    for axes in figure.axes:
        yield from _flat(axes.texts, axes.lines, axes.patches, axes.collections, axes.artists)


def _flat(*lists: Iterable[Artist]) -> Iterator[Artist]:
    for artists in lists:
        yield from artists
