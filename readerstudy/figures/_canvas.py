"""House style, and a sheet of paper measured in millimetres.

Margins are fixed and axes are drawn with a few plain artists: matplotlib's own layout engine and tick machinery
would take most of the time of a report, and their result depends on the text that users wrote.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from readerstudy import _shipped
from readerstudy.figures._palette import FRAME, INK
from readerstudy.figures._sheet import sheet

FONT = "Liberation Sans"
TEXT_SIZE = 7.0
SMALL_SIZE = 6.0
LINE_MM = 3.0
"""From one line of text to the next."""
_TICK_MM = 0.9
_FRAME_WIDTH = 0.6
_HEAD_MM, _HEAD_WIDTH_MM = 2.0, 1.5
"""Length and width of an arrow's head."""

Box = tuple[float, float, float, float]
"""Left, top, width and height in mm."""
Pixels = npt.NDArray[np.uint8]
"""A picture: rows from above, columns, and red, green, blue (and alpha)."""


@functools.cache
def _register_fonts() -> None:
    for face in ("Regular", "Bold", "Italic"):
        path = _shipped.path("reports", "templates", "fonts", f"LiberationSans-{face}.ttf")
        font_manager.fontManager.addfont(str(path))


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """The settings under which figures are made and written; the user's own are neither read nor changed."""
    _register_fonts()
    settings: dict[Any, Any] = {
        **{name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")},
        "font.family": [FONT],
        "font.size": TEXT_SIZE,
        "text.parse_math": False,  # a "$" in a label is a dollar
        "image.composite_image": False,  # each picture keeps its own pixels
        "svg.fonttype": "none",
        "svg.hashsalt": "readerstudy",
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
    }
    with matplotlib.rc_context(settings):
        yield


class _Label(Text):
    """A line of text set from its baseline: an SVG places it by its anchor, so that nothing need be measured."""

    def draw(self, renderer: Any) -> None:
        if not isinstance(getattr(renderer, "_renderer", renderer), RendererSVG):
            super().draw(renderer)
            return
        x, y = self.get_transform().transform(self.get_unitless_position())
        gc = renderer.new_gc()
        gc.set_foreground(self.get_color())
        at = x, renderer.get_canvas_width_height()[1] - y
        renderer.draw_text(gc, *at, self.get_text(), self.get_fontproperties(), self.get_rotation(), mtext=self)
        gc.restore()


class SheetFigure(Figure):
    """A figure that knows where on it the millimetres of its sheet lie.

    Parameters
    ----------
    width, height
        Size of the sheet in mm.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width / 25.4, height / 25.4), dpi=72, facecolor="white")
        self.inches = Affine2D().scale(1 / 25.4, -1 / 25.4).translate(0, height / 25.4)
        """From mm, counted from the upper left corner of the sheet, to inches from the lower left of the figure."""


class Canvas:
    """A white sheet; positions are in mm from its upper left corner.

    Parameters
    ----------
    width, height
        Size of the sheet in mm.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height = round(height, 2)
        self.figure = SheetFigure(width, height)
        self._sheet: Axes | None = None
        self._mm = self.figure.inches + self.figure.dpi_scale_trans

    def panel(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        x_limits: tuple[float, float],
        y_limits: tuple[float, float],
    ) -> Axes:
        """Bare axes in data coordinates: no frame, no ticks."""
        axes = self.figure.add_axes(
            (
                left / self.width,
                1 - (top + height) / self.height,
                width / self.width,
                height / self.height,
            )
        )
        axes.set_axis_off()
        axes.set_autoscale_on(False)
        axes.set_xlim(*x_limits)
        axes.set_ylim(*y_limits)
        return axes

    def text(self, x: float, y: float, text: str, *, size: float = TEXT_SIZE, **style: Any) -> Text:
        """Text whose anchor is at (x, y), as large as the sheet allows; `style` as for `matplotlib.text.Text`."""
        style.setdefault("color", INK)
        size = min(max(size, sheet().least), sheet().most)
        label = _Label(x, y, text, transform=self._mm, fontsize=size, **style)
        label.set_figure(self.figure)
        self.figure.texts.append(label)
        return label

    def line(self, x: Sequence[float], y: Sequence[float], **style: Any) -> Line2D:
        """A line through positions on the sheet; nan lifts the pen."""
        line = Line2D(x, y, transform=self._mm, **style)
        self.figure.add_artist(line)
        return line

    def arrow(self, x: Sequence[float], y: Sequence[float], **style: Any) -> None:
        """A line with corners and, at its end, a filled head."""
        dx, dy = x[-1] - x[-2], y[-1] - y[-2]
        length = math.hypot(dx, dy)
        along, across = (dx / length, dy / length), (-dy / length, dx / length)
        tip = np.array([x[-1], y[-1]])
        base = tip - _HEAD_MM * np.array(along)
        side = _HEAD_WIDTH_MM / 2 * np.array(across)
        style = {"color": FRAME, "linewidth": _FRAME_WIDTH, **style}
        self.line([*x[:-1], base[0]], [*y[:-1], base[1]], **style)
        head = PolyCollection([[tip, base + side, base - side]], facecolors=style["color"], transform=self._mm)
        self.figure.add_artist(head)

    def boxes(self, boxes: Sequence[Box], colours: Any, **style: Any) -> PolyCollection:
        """Filled rectangles, each with a colour of its own."""
        corners = [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in boxes]
        collection = PolyCollection(corners, facecolors=colours, transform=self._mm, **style)
        self.figure.add_artist(collection)
        return collection

    def area(self, boxes: Sequence[Box], colour: str, **style: Any) -> PathPatch:
        """Filled rectangles of one colour as one shape, a few bytes each."""
        left, top, width, height = (np.array(side) for side in zip(*boxes, strict=True))
        right, bottom = left + width, top + height
        corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1).reshape(-1, 4, 2)
        shape = Path.make_compound_path_from_polys(corners)
        patch = PathPatch(shape, facecolor=colour, edgecolor="none", transform=self._mm, **style)
        self.figure.add_artist(patch)
        return patch

    def image(self, box: Box, pixels: Pixels, **style: Any) -> AxesImage:
        """A picture stretched over a rectangle; its pixels go into the file as they are."""
        if self._sheet is None:
            self._sheet = self.panel(0, 0, self.width, self.height, (0, self.width), (self.height, 0))
        left, top, width, height = box
        extent = (left, left + width, top + height, top)
        image = AxesImage(self._sheet, extent=extent, origin="upper", interpolation="none", **style)
        image.set_data(pixels)
        self._sheet.add_artist(image)
        image.set_clip_path(None)
        return image

    def frame(self, left: float, top: float, width: float, height: float) -> None:
        """A thin line around a rectangle."""
        right, bottom = left + width, top + height
        xs, ys = [left, right, right, left, left], [top, top, bottom, bottom, top]
        self.line(xs, ys, color=FRAME, linewidth=_FRAME_WIDTH)

    def scales(
        self,
        axes: Axes,
        *,
        x_ticks: Sequence[float] = (),
        y_ticks: Sequence[float] = (),
        x_labels: Sequence[str] = (),
        y_labels: Sequence[str] = (),
        x_title: str = "",
        y_title: str = "",
        y_title_mm: float = 7.5,
    ) -> None:
        """Left and lower axis line of a panel with ticks outside; without labels the ticks stand bare."""
        box = axes.get_position()
        left, right = box.x0 * self.width, box.x1 * self.width
        top, bottom = (1 - box.y1) * self.height, (1 - box.y0) * self.height
        (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
        gap = float("nan")
        xs, ys = [left, left, right], [top, bottom, bottom]
        for i, tick in enumerate(x_ticks):
            x = left + (tick - x0) / (x1 - x0) * (right - left)
            xs += [gap, x, x]
            ys += [gap, bottom, bottom + _TICK_MM]
            if i < len(x_labels) and x_labels[i]:
                self.text(x, bottom + _TICK_MM + 2.6, x_labels[i], ha="center")
        for i, tick in enumerate(y_ticks):
            y = bottom - (tick - y0) / (y1 - y0) * (bottom - top)
            xs += [gap, left, left - _TICK_MM]
            ys += [gap, y, y]
            if i < len(y_labels) and y_labels[i]:
                self.text(left - _TICK_MM - 0.6, y + 0.9, y_labels[i], ha="right")
        self.line(xs, ys, color=FRAME, linewidth=_FRAME_WIDTH, solid_capstyle="butt")
        if x_title:
            self.text((left + right) / 2, bottom + 7.2, x_title, ha="center")
        if y_title:
            self.text(
                left - y_title_mm,
                (top + bottom) / 2,
                y_title,
                ha="center",
                rotation=90,
                rotation_mode="anchor",
            )
