"""Curves of marks on lesions: wAFROC, AFROC, FROC, LROC, and the ROC curve of the highest marks."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from readerstudy.figures import _words as words
from readerstudy.figures._canvas import LINE_MM, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._froc_words import AXES, Shown, alt, caption, lines
from readerstudy.figures._label import shorten
from readerstudy.figures._legend import Entry, fitted, legend, legend_height, place_of, wrapped
from readerstudy.figures._palette import CURVE_WIDTH, MUTED_MODEL, RULE, THIN_WIDTH
from readerstudy.figures._pick import Picked
from readerstudy.figures._sheet import columns_of, sheet_width

_LEFT, _TOP, _FOOT, _GAP = 13.0, 3.0, 10.0, 3.0
_COLUMNS = 3
_LEAST_STEP = 46.0
"""Least width of a panel with its labels, and of a column of the legend."""
_LARGEST = 92.0
"""Side of the one panel of a task."""
_LEGEND_COLUMNS = 3
_LEAST_STEP = 46.0
"""Least width of a panel with its labels, and of a column of the legend."""
_LEGEND_MM, _LOWER_LEGEND_MM = 150.0, 70.0
_ROOM = 0.015
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_MEAN_WIDTH = 1.5 * CURVE_WIDTH


@dataclasses.dataclass(frozen=True, kw_only=True)
class FrocDisplay(Display):
    """A panel for each sort of curve: bold lines of means and models, thin lines of single readers.

    Parameters
    ----------
    curves
        The sorts of curves, in the order of the panels.
    """

    curves: tuple[str, ...]


def displays(picked: Picked, task: str) -> list[FrocDisplay]:
    """The plot of a task, on a narrow sheet one for each sort of curves; none where there are no curves of marks."""
    shown = Shown(picked, task)
    if len(shown.curves) > 1 and columns_of(_COLUMNS, _LEAST_STEP) == 1:
        parts = [shown.only(curve) for curve in shown.curves]
        return [_display(part, f", {part.curves[0]}") for part in parts]
    return [_display(shown, "")] if shown.curves else []


def _display(shown: Shown, part: str) -> FrocDisplay:
    with house_style():
        canvas, axes = _sheet(shown)
    return FrocDisplay(
        figure=canvas.figure,
        axes=tuple(axes),
        curves=tuple(shown.curves),
        task=shown.task,
        title=f"Curves of marks: {shorten(shown.task, 70, 7)}{part}",
        caption=caption(shown),
        alt=alt(shown),
        keys=tuple(dict.fromkeys(e.key for e in shown.estimates)),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _sheet(shown: Shown) -> tuple[Canvas, list[Axes]]:
    n = len(shown.curves)
    if n == 1:
        place = place_of(_LEFT, _LARGEST, 7.0)
        plot = _TOP + LINE_MM + place.width + _FOOT
        entries = place.fitted(_entries(shown), plot, _LEGEND_MM)
        canvas = Canvas(sheet_width(), place.height(entries, plot, _TOP))
        axes = [_panel(canvas, shown, shown.curves[0], _LEFT, _TOP, place.width)]
        place.legend(canvas, entries, plot, _TOP + LINE_MM)
        return canvas, axes
    columns = columns_of(min(n, _COLUMNS), _LEAST_STEP)
    step = sheet_width() / columns
    side = step - _LEFT - 2.0
    pitch = LINE_MM + 1.0 + side + _FOOT + _GAP
    legend_columns = columns_of(_LEGEND_COLUMNS, _LEAST_STEP)
    legend_left = _LEFT if legend_columns == _LEGEND_COLUMNS else 1.0
    legend_mm = sheet_width() - legend_left - 1.0
    entries = fitted(wrapped(_entries(shown), legend_mm, legend_columns), _LOWER_LEGEND_MM, legend_columns)
    body = _TOP + math.ceil(n / columns) * pitch
    canvas = Canvas(sheet_width(), body + legend_height(entries, legend_columns) + 1.0)
    axes = []
    for i, curve in enumerate(shown.curves):
        row, column = divmod(i, columns)
        axes.append(_panel(canvas, shown, curve, column * step + _LEFT, _TOP + row * pitch, side))
    legend(canvas, entries, legend_left, body, legend_mm, columns=legend_columns)
    return canvas, axes


def _panel(canvas: Canvas, shown: Shown, curve: str, left: float, top: float, side: float) -> Axes:
    canvas.text(left, top + 2.2, curve, fontweight="bold")
    reach = _reach(shown, curve)
    limits = (-_ROOM, 1 + _ROOM)
    axes = canvas.panel(left, top + LINE_MM + 1.0, side, side, (-_ROOM * reach, (1 + _ROOM) * reach), limits)
    x_ticks = _TICKS if curve != "FROC" else _ticks(reach)
    x_title, y_title = AXES[curve]
    canvas.scales(
        axes,
        x_ticks=x_ticks,
        y_ticks=_TICKS,
        x_labels=[f"{tick:g}" for tick in x_ticks],
        y_labels=[f"{tick:g}" for tick in _TICKS],
        x_title=x_title,
        y_title=y_title,
    )
    if curve == "ROC":
        look: dict[str, Any] = {"color": RULE, "linestyle": (0, (3, 3)), "linewidth": THIN_WIDTH}
        axes.add_line(Line2D([0, 1], [0, 1], label="chance", **look))
    _draw(shown, curve, axes)
    return axes


def _reach(shown: Shown, curve: str) -> float:
    """How far the axis of false marks goes: to a tick beyond every curve."""
    if curve != "FROC":
        return 1.0
    most = max((float(e["x"][-1]) for e in shown.entries[curve] if e["x"]), default=0.0) or 1.0
    step = _step(most)
    return math.ceil(most / step - 1e-9) * step


def _step(most: float) -> float:
    return next((step for step in _STEPS if most / step <= 6), most / 5)


def _ticks(reach: float) -> list[float]:
    step = _step(reach)
    return [round(i * step, 10) for i in range(math.floor(reach / step + 1e-9) + 1)]


def _draw(shown: Shown, curve: str, axes: Axes) -> None:
    def line(entry: Mapping[str, Any], label: str, **look: Any) -> None:
        axes.add_line(Line2D(entry["x"], entry["y"], label=label, clip_on=False, **look))

    picked = shown.picked
    for one in shown.series:
        style, mean = picked.series_styles[one], shown.mean(curve, one)
        colour, width = (style.faint, THIN_WIDTH) if mean is not None else (style.colour, CURVE_WIDTH)
        for entry in shown.readers(curve, one):
            line(entry, f"curve: {entry['reader']}", color=colour, linestyle=style.dash, linewidth=width, zorder=2)
    for one in shown.series:
        style, mean = picked.series_styles[one], shown.mean(curve, one)
        if mean is not None:
            look = {"color": style.colour, "linestyle": style.dash, "linewidth": _MEAN_WIDTH, "zorder": 3}
            line(mean, f"mean: {picked.series_label(one)}", **look)
    for entry in shown.entries[curve]:
        if entry["reader_kind"] == "model":
            style = shown.model_styles[str(entry["reader"]), entry["modality"]]
            width = THIN_WIDTH if shown.crowded else CURVE_WIDTH
            look = {"color": style.colour, "linestyle": style.dash, "linewidth": width, "zorder": 3.5}
            line(entry, f"model: {entry['reader']}", **look)


def _entries(shown: Shown) -> Sequence[Entry]:
    entries = []
    if shown.crowded:
        count = words.counted(len(shown.models), "model")
        entries.append(Entry(MUTED_MODEL, frozenset({"thin curve"}), count))
    for name, modality in [] if shown.crowded else shown.models:
        label = name if modality is None or not shown.picked.several_modalities else f"{name}, {modality}"
        areas = shown.areas_of(name, modality, "model")
        entries.append(Entry(shown.model_styles[name, modality], frozenset({"curve"}), label, lines(areas)))
    for one in shown.series:
        names = shown.names(one)
        told = (words.counted(len(names), "reader"), *lines(shown.areas(one)))
        style = shown.picked.series_styles[one]
        entries.append(Entry(style, frozenset({"curve"}), shown.picked.series_label(one), told))
    return entries
