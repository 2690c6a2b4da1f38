"""Small pictures of cases, as the analysis hands them on: PNG in base64."""

from __future__ import annotations

import base64
import binascii
import io
import math

import numpy as np
from matplotlib.image import imread

from readerstudy.figures._canvas import Box, Canvas, Pixels

_MOST_PIXELS = 256
"""Most pixels of a side that go into a file; a larger picture keeps every second, third... one."""


def pixels_of(png_base64: str) -> Pixels:
    """The picture on white, as red, green and blue, thinned out where it is large; raises as `decoded`."""
    pixels = decoded(png_base64)
    step = math.ceil(max(pixels.shape[:2]) / _MOST_PIXELS)
    return pixels[::step, ::step]


def decoded(png_base64: str) -> Pixels:
    """The whole picture on white, as red, green and blue.

    Raises
    ------
    ValueError
        If it is not a PNG.
    """
    try:
        shades = imread(io.BytesIO(base64.b64decode(png_base64, validate=True)), format="png")
    except (binascii.Error, OSError, SyntaxError) as error:
        raise ValueError("a thumbnail is not a PNG in base64") from error
    if shades.ndim == 2:
        shades = np.stack([shades] * 3, axis=2)
    if shades.shape[2] == 4:
        alpha = shades[:, :, 3:]
        shades = shades[:, :, :3] * alpha + (1 - alpha)
    pixels: Pixels = np.round(shades * 255).astype(np.uint8)
    return pixels


def place(canvas: Canvas, png_base64: str, square: tuple[float, float, float], label: str, across: float = 0.0) -> Box:
    """Draw a picture as large as a square allows.

    Parameters
    ----------
    canvas, png_base64, label
        Where and what to draw, and the name of the artist.
    square
        Left, top and side in mm.
    across
        Where a narrow picture stands: 0 at the left of the square, 1 at its right.

    Returns
    -------
    Box
        Where the picture is.
    """
    left, top, side = square
    pixels = pixels_of(png_base64)
    rows, columns = pixels.shape[:2]
    width, height = side * min(1.0, columns / rows), side * min(1.0, rows / columns)
    box = (left + (side - width) * across, top + (side - height) / 2, width, height)
    canvas.image(box, pixels, label=label, zorder=4)
    return box
