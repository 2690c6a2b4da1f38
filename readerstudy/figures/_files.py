"""A figure as a file: PDF, SVG, EPS, TIFF or PNG, the same bytes for the same figure."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_ps import FigureCanvasPS
from matplotlib.figure import Figure
from PIL import Image

from readerstudy.figures._canvas import house_style
from readerstudy.figures._font import font_face
from readerstudy.figures._svg import to_svg

_NO_DATES = {"CreationDate": None, "ModDate": None}
_CREATED = re.compile(rb"^%%(CreationDate|Title):.*\n", re.MULTILINE)
_LACKING = re.compile(r"Glyph (\d+)")


class Written:
    """A file that is not on disk yet.

    Parameters
    ----------
    content
        Its bytes.
    lacking
        The characters of its text for which the typeface has no shape.
    """

    def __init__(self, content: bytes, lacking: frozenset[str]) -> None:
        self.content = content
        self.lacking = lacking


def written(figure: Figure, form: str, *, name: str, dpi: int) -> Written:
    """Draw a figure once, for one format.

    Parameters
    ----------
    figure
        Of its final size. Its own resolution is that of what is drawn as pixels within the vector formats.
    form
        ``"pdf"`` and ``"eps"`` with TrueType fonts embedded (Type 42), ``"svg"`` with its letters embedded as WOFF,
        ``"tiff"`` (RGB, LZW) or ``"png"`` (RGB).
    name
        What the figure is called.
    dpi
        Resolution of pictures, and of pixels within the vector formats.
    """
    with house_style(), _lacking() as lacking:
        figure.set_dpi(dpi)
        if form == "svg":
            content, without = _svg(figure, name)
            return Written(content, without)
        content = _WRITERS[form](figure, name, dpi)
    return Written(content, frozenset(lacking))


@contextmanager
def _lacking() -> Iterator[set[str]]:
    """Collects the characters that the typeface lacks, of which matplotlib warns."""
    found: set[str] = set()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield found
    for warning in caught:
        match = _LACKING.search(str(warning.message))
        if match:
            found.add(chr(int(match[1])))
        elif "Matplotlib currently does not support" not in str(warning.message):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _pdf(figure: Figure, name: str, dpi: int) -> bytes:
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasPdf(figure)
    canvas.print_pdf(buffer, metadata={**_NO_DATES, "Title": name})
    return buffer.getvalue()


def _eps(figure: Figure, name: str, dpi: int) -> bytes:
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasPS(figure)
    canvas.print_eps(buffer)
    return _CREATED.sub(b"", buffer.getvalue())


def _svg(figure: Figure, name: str) -> tuple[bytes, frozenset[str]]:
    svg = to_svg(figure, name)
    # An editor that lacks the face would set the text in another, whose letters need not fit.
    head = svg.index(">") + 1
    css, lacking = font_face(svg)
    return (svg[:head] + f"\n<defs><style>{css}</style></defs>" + svg[head:]).encode(), lacking


def _pixels(figure: Figure, dpi: int) -> Image.Image:
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())


def _tiff(figure: Figure, name: str, dpi: int) -> bytes:
    buffer = io.BytesIO()
    _pixels(figure, dpi).save(buffer, "TIFF", compression="tiff_lzw", dpi=(dpi, dpi))
    return buffer.getvalue()


def _png(figure: Figure, name: str, dpi: int) -> bytes:
    buffer = io.BytesIO()
    _pixels(figure, dpi).save(buffer, "PNG", dpi=(dpi, dpi), optimize=False)
    return buffer.getvalue()


_WRITERS = {"pdf": _pdf, "eps": _eps, "tiff": _tiff, "png": _png}
