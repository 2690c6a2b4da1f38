"""Where a model places the cases: an embedding in two dimensions, by true class."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from readerstudy import text
from readerstudy.figures import _words as words
from readerstudy.figures._canvas import TEXT_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten
from readerstudy.figures._legend import Entry, legend, legend_height
from readerstudy.figures._palette import FRAME, THIN_WIDTH, class_marker, class_styles
from readerstudy.figures._pick import Picked
from readerstudy.figures._sheet import columns_of, sheet_width
from readerstudy.figures._thumbnail import place

Floats = npt.NDArray[np.float64]

_TOP, _SIDE, _NARROW_SIDE = 2.0, 104.0, 94.0
_MARGIN = 0.04
"""Free space around the points, as a share of their extent."""
_RASTER, _DPI = 2000, 300
"""Most points that are drawn as shapes; more become a picture of so many dots per inch."""
_SIZES = {500: 1.0, 2000: 0.7}
"""Size of the symbols of up to so many points; more are drawn smaller still."""
_LEAST_SIZE = 0.5
_COLUMN = 6
_THUMB_MM, _LEADER_MM = 14.6, 5.0
_LEGEND_ROWS = 22
_WIDE_MM, _PICTURES_MM, _LEGEND_MM = 130.0, 90.0, 28.0
"""A sheet with room for the legend beside the plot, one with room for pictures, and the least width of a legend."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EmbeddingDisplay(Display):
    """Scatter plot of an embedding: a point for each case, coloured and marked by its true class.

    Parameters
    ----------
    classes
        The classes in the order of the legend.
    rasterised
        Whether the points are a picture.
    thumbnails
        The cases whose pictures stand beside the plot, by their place in the table.
    """

    classes: tuple[str, ...]
    rasterised: bool
    thumbnails: tuple[int, ...]


def displays(picked: Picked, task: str) -> list[EmbeddingDisplay]:
    """A figure for each embedding of a task; none where `Results` holds none."""
    entries = [e for e in picked.results.tables.get("embedding", ()) if e["task"] == task and e["x"]]
    return [_display(task, entry) for entry in entries]


def _display(task: str, entry: Mapping[str, Any]) -> EmbeddingDisplay:
    most = 2 * _COLUMN if sheet_width() >= _WIDE_MM else _COLUMN if sheet_width() >= _PICTURES_MM else 0
    thumbnails = [t for t in entry.get("thumbnails") or () if t.get("png_base64")][:most]
    with house_style():
        canvas, axes = _draw(entry, thumbnails)
    return EmbeddingDisplay(
        figure=canvas.figure,
        axes=(axes,),
        classes=tuple(entry["classes"]),
        rasterised=len(entry["x"]) > _RASTER,
        thumbnails=tuple(t["index"] for t in thumbnails),
        task=task,
        title=f"{plain(entry['method'])} of {_whose(entry, short=True)}: {shorten(task, 70, TEXT_SIZE)}",
        caption=_caption(task, entry, thumbnails),
        alt=_alt(task, entry),
        keys=(),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _draw(entry: Mapping[str, Any], thumbnails: Sequence[Mapping[str, Any]]) -> tuple[Canvas, Axes]:
    column_mm = _THUMB_MM + _LEADER_MM + 1.0
    both = len(thumbnails) > _COLUMN
    wide = sheet_width() >= _WIDE_MM
    side = _NARROW_SIDE if both else _SIDE
    left = 1.0 + (column_mm if both else 0.0)
    beside = _LEGEND_MM + 5.0 if wide else 1.0
    side = min(side, sheet_width() - left - (column_mm if thumbnails else 0.0) - beside)
    counts = np.bincount(entry["class"], minlength=len(entry["classes"]))
    styles = class_styles(len(entry["classes"]))
    entries = [
        Entry(style, frozenset({"case"}), f"{plain(name)} ({n})")
        for style, name, n in zip(styles, entry["classes"], counts, strict=True)
    ]
    columns = (1 if len(entries) <= _LEGEND_ROWS else 2) if wide else columns_of(3, _LEGEND_MM, gap=4.0, taken=2.0)
    canvas = Canvas(sheet_width(), _TOP + side + (1.0 if wide else 3.0 + legend_height(entries, columns)))
    if len(entry["x"]) > _RASTER:
        canvas.figure.set_dpi(_DPI)
    points = np.column_stack([entry["x"], entry["y"]]).astype(float)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    # One scale for both axes: what is near is near in every direction.
    reach = max(float(np.ptp(points, axis=0).max()) / 2, 1e-9) * (1 + 2 * _MARGIN)
    limits = [(float(m - reach), float(m + reach)) for m in middle]
    axes = canvas.panel(left, _TOP, side, side, *limits)
    canvas.frame(left, _TOP, side, side)
    _points(axes, entry, points)
    right = left + side
    if thumbnails:
        place_on_sheet = (points - [x for x, _ in limits]) / (2 * reach) * [side, -side] + [left, _TOP + side]
        _insets(canvas, thumbnails, place_on_sheet, left, right, side, both=both)
        right += column_mm
    if wide:
        legend(canvas, entries, right + 4.0, _TOP, sheet_width() - right - 5.0, columns=columns)
    else:
        legend(canvas, entries, 1.0, _TOP + side + 2.0, sheet_width() - 2.0, columns=columns)
    return canvas, axes


def _points(axes: Axes, entry: Mapping[str, Any], points: Floats) -> None:
    size = next((size for most, size in _SIZES.items() if len(points) <= most), _LEAST_SIZE)
    codes = np.array(entry["class"])
    for i, (name, style) in enumerate(zip(entry["classes"], class_styles(len(entry["classes"])), strict=True)):
        x, y = points[codes == i].T
        axes.add_line(Line2D(x, y, label=f"cases: {name}", clip_on=False, **class_marker(style, size)))
    if len(points) > _RASTER:
        axes.set_rasterization_zorder(10)


def _insets(
    canvas: Canvas,
    thumbnails: Sequence[Mapping[str, Any]],
    points: Floats,
    left: float,
    right: float,
    side: float,
    *,
    both: bool,
) -> None:
    """Pictures beside the plot, each with a line to its point; in the order of the points, so that no lines cross."""
    by_x = sorted(thumbnails, key=lambda t: (points[t["index"], 0], t["index"]))
    half = len(by_x) // 2 if both else 0
    for columns, x in ((by_x[:half], left - _LEADER_MM - _THUMB_MM), (by_x[half:], right + _LEADER_MM)):
        pitch = (side - _THUMB_MM) / max(len(columns) - 1, 1)
        for i, thumbnail in enumerate(sorted(columns, key=lambda t: (points[t["index"], 1], t["index"]))):
            px, py = points[thumbnail["index"]]
            y = _TOP + i * pitch
            # The lines lie under the pictures and over the points.
            near = x + _THUMB_MM if x < left else x
            canvas.line([px, near], [py, y + _THUMB_MM / 2], color=FRAME, linewidth=THIN_WIDTH, zorder=2.5)
            label = f"thumbnail: {thumbnail['index']}"
            box = place(canvas, thumbnail["png_base64"], (x, y, _THUMB_MM), label, 1.0 if x < left else 0.0)
            canvas.frame(*box)


def _caption(task: str, entry: Mapping[str, Any], thumbnails: Sequence[Mapping[str, Any]]) -> str:
    method = plain(entry["method"])
    settings = [
        f"{name} {_number(entry[key])}"
        for key, name in (("perplexity", "perplexity"), ("n_iter", "iterations"), ("theta", "theta"), ("seed", "seed"))
        if entry.get(key) is not None
    ]
    if entry.get("kl") is not None:
        settings.append(f"Kullback–Leibler divergence {text.fixed(entry['kl'], 3)}")
    how = f" ({', '.join(settings)})" if settings else ""
    sentences = [
        f"{method} of {words.counted(entry['n'], 'row')} of {_whose(entry)}, for the task “{plain(task)}”{how}.",
        "A row is a case, or an image group of one. Colour and symbol: true class, with the number of rows.",
        f"The axes of {method} have no units: what lies together is alike to the model, but the distances between "
        "clusters, their sizes and their orientation mean nothing.",
    ]
    if len(entry["x"]) != entry["n"]:
        sentences.append(f"Drawn: {len(entry['x'])}.")
    if thumbnails:
        sentences.append(f"Pictures: {words.counted(len(thumbnails), 'case')}, each with a line to its point.")
    note = plain(entry.get("note") or "").rstrip(".")
    return words.join(*sentences, f"{note}." if note else "")


def _whose(entry: Mapping[str, Any], *, short: bool = False) -> str:
    """Whose features they are; a file of features need not say which model made them."""
    model = entry.get("model")
    if model is None:
        return "a model's features"
    return f"the features of model “{shorten(model, 40, TEXT_SIZE) if short else plain(model)}”"


def _number(value: float) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _alt(task: str, entry: Mapping[str, Any]) -> str:
    counts = np.bincount(entry["class"], minlength=len(entry["classes"]))
    classes = [f"{name} {n}" for name, n in zip(entry["classes"], counts, strict=True)]
    return plain(
        f"Scatter plot of the {entry['method']} embedding of {_whose(entry)} for the task “{task}”: "
        f"{words.counted(len(entry['x']), 'point')} without units. Rows by true class: {', '.join(classes)}."
    )
