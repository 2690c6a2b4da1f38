"""ROC curves of models and readers, with the readers' calls as crosses."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import shorten, width
from readerstudy.figures._legend import fitted, legend, legend_height, place_of, wrapped
from readerstudy.figures._palette import (
    ARM_WIDTH,
    CURVE_WIDTH,
    FRAME,
    MUTED_MODEL,
    RULE,
    THIN_WIDTH,
    Series,
    Style,
    call_marker,
    consensus_marker,
    mean_marker,
    reader_marker,
    threshold_marker,
)
from readerstudy.figures._pick import Picked, Point, series_of
from readerstudy.figures._roc_legend import auc_range, entries_of, styles_of
from readerstudy.figures._roc_words import Panel, alt, caption, crowded
from readerstudy.figures._sheet import columns_of, page_height, sheet_width

_COLUMNS = 4
_PANELS = 12
"""Most classes in one figure: three rows, a page."""
_SINGLE_SIDE, _MODALITY_SIDE, _PANEL_SIDE = 96.0, 80.0, 37.0
"""Side of the one panel of a task, of one modality of it (two of these stand on a page), and of one of many panels."""
_LEFT, _TOP, _BOTTOM = 13.0, 3.0, 10.0
_PANEL_SYMBOLS = 0.75
"""Size of the symbols in small panels, as a share of that in a large one."""
_WIDE_PANEL_SIDE = 46.0
"""Greatest side of a panel where fewer than `_COLUMNS` stand beside each other."""
_LEAST_SIDE, _LEAST_GAP, _RIGHT = 32.0, 3.0, 1.5
"""Least side of one of many panels, least gap between two, and margin."""
_TICK_SIDE = 30.0
"""Least side of a panel with a label at every tick."""
_LIMITS = (-0.015, 1.015)
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_TICK_LABELS = ("0", "0.2", "0.4", "0.6", "0.8", "1")
_NAMED_MODELS = 4
"""Up to so many models a panel's head prints every AUC."""
_LEGEND_MM, _LOWER_LEGEND_MM = 150.0, 60.0
"""Greatest height of a legend beside one panel, and below many."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class RocDisplay(Display):
    """ROC plot of one task: a panel for a binary task, a panel for each class of a task of several classes.

    Axis x is 1 - specificity and axis y is sensitivity, on square axes. It draws what `Results` holds: the curves
    of models and of readers who gave ratings; a cross for each reader, whose arms are the confidence intervals of
    both; a filled symbol for the mean of a group of readers, on a thin cross where the mean has intervals; a star
    for a consensus; a hollow symbol for the calls of a model, and a small one for its calls at a threshold of a class.

    Parameters
    ----------
    targets
        The class of each panel; None in a binary task.
    """

    targets: tuple[str | None, ...]


def displays(picked: Picked, task: str) -> list[RocDisplay]:
    """The ROC plots of a task: none where nobody has a curve or both sensitivity and specificity.

    Where the models have several modalities, each modality has plots of its own.
    """
    return [display for part in picked.by_modality(task) for display in _pages(part, task)]


def _pages(picked: Picked, task: str) -> list[RocDisplay]:
    panels = [panel for target in picked.targets(task) if (panel := Panel(picked, task, target)).worth_drawing]
    size = _PANELS if len(panels) < 2 else _Grid.of(panels).most
    # As many panels on the last page as on the first, as far as they go.
    size = math.ceil(len(panels) / max(1, math.ceil(len(panels) / size))) if size < _PANELS else size
    pages = [panels[i : i + size] for i in range(0, len(panels), size)]
    return [_display(picked, task, page, i + 1, len(pages)) for i, page in enumerate(pages)]


def _display(picked: Picked, task: str, panels: Sequence[Panel], page: int, pages: int) -> RocDisplay:
    with house_style():
        single = panels[0].target is None
        canvas, axes = _single(picked, panels[0]) if single else _grid(picked, panels)
    part = f", part {page} of {pages}" if pages > 1 else ""
    estimates = [e for panel in panels for e in panel.estimates]
    return RocDisplay(
        figure=canvas.figure,
        axes=tuple(axes),
        targets=tuple(panel.target for panel in panels),
        task=task,
        title=f"ROC curves: {shorten(task + picked.within, 70, 7)}{part}",
        caption=caption(picked, task, panels),
        alt=alt(picked, task, panels),
        keys=tuple(dict.fromkeys(e.key for e in estimates)),
        width_mm=canvas.width,
        height_mm=canvas.height,
        modality=picked.modality,
    )


def _single(picked: Picked, panel: Panel) -> tuple[Canvas, list[Axes]]:
    place = place_of(_LEFT, _SINGLE_SIDE if picked.modality is None else _MODALITY_SIDE, 7.0)
    side = place.width
    plot = _TOP + side + _BOTTOM
    entries = place.fitted(entries_of(picked, [panel], numbers=True), plot, _LEGEND_MM)
    canvas = Canvas(sheet_width(), place.height(entries, plot, _TOP))
    axes = canvas.panel(_LEFT, _TOP, side, side, _LIMITS, _LIMITS)
    _scales(canvas, axes, left=True, lower=True)
    _draw(picked, panel, axes, 1.0, styles_of(picked, [panel]))
    _arrows(picked, panel, axes)
    place.legend(canvas, entries, plot, _TOP)
    return canvas, [axes]


class _Grid(NamedTuple):
    """How many panels stand beside each other, how large, and what is above each of them."""

    columns: int
    side: float
    gap: float
    lines: int
    """Lines of AUCs above a panel."""
    apart: bool
    """Whether an interval has a line of its own."""

    @classmethod
    def of(cls, panels: Sequence[Panel]) -> _Grid:
        """What the sheet has room for."""
        taken = _LEFT + _RIGHT
        columns = columns_of(_COLUMNS, _LEAST_SIDE, gap=_LEAST_GAP, taken=taken)
        columns = max(columns, min(2, len(panels)))
        room = sheet_width() - taken
        most = _PANEL_SIDE if columns == _COLUMNS else _WIDE_PANEL_SIDE
        side = min(most, (room + _LEAST_GAP) / columns - _LEAST_GAP)
        gap = (room - columns * side) / max(1, columns - 1)
        lines = _auc_lines(panels)
        longest = max((width(line, SMALL_SIZE + 0.5) for panel in panels for line in _auc_texts(panel)), default=0.0)
        return cls(columns, side, gap, lines, lines > 0 and not crowded(panels) and 6.2 + longest > side)

    @property
    def head(self) -> float:
        """Height in mm of what is above a panel."""
        return 3.6 + self.lines * (2 if self.apart else 1) * LINE_MM

    @property
    def pitch(self) -> float:
        """From one row to the next."""
        return self.head + self.side + 3.5

    @property
    def most(self) -> int:
        """Most panels of one figure."""
        rows = int((page_height(math.inf) - _TOP - _BOTTOM - _LOWER_LEGEND_MM / 2) / self.pitch) if self._paged else 3
        return min(_PANELS, max(1, min(rows, 3 if self.columns > 2 else 4)) * self.columns)

    @property
    def _paged(self) -> bool:
        return math.isfinite(page_height(math.inf))


def _grid(picked: Picked, panels: Sequence[Panel]) -> tuple[Canvas, list[Axes]]:
    grid = _Grid.of(panels)
    columns, side = grid.columns, grid.side
    rows = math.ceil(len(panels) / columns)
    body = _TOP + rows * grid.pitch - 3.5 + _BOTTOM
    legend_columns, legend_left = (columns, _LEFT) if columns > 2 else (1, 1.0)
    legend_mm = sheet_width() - legend_left
    entries = wrapped(entries_of(picked, panels, numbers=False), legend_mm, legend_columns)
    entries = fitted(entries, _LOWER_LEGEND_MM, legend_columns)
    styles = styles_of(picked, panels)
    # The legend stands in the cells that the last row leaves empty, or below all rows.
    free = rows * columns - len(panels) if columns > 2 else 0
    inside = free > 0 and legend_height(entries, free) <= side + 6.0
    canvas = Canvas(sheet_width(), body + (0.0 if inside else legend_height(entries, legend_columns) + 3.0))
    step = side + grid.gap
    drawn = []
    for i, panel in enumerate(panels):
        row, column = divmod(i, columns)
        left, top = _LEFT + column * step, _TOP + row * grid.pitch
        axes = canvas.panel(left, top + grid.head, side, side, _LIMITS, _LIMITS)
        _head(canvas, styles, panel, left, top, grid)
        _scales(canvas, axes, left=column == 0, lower=i + columns >= len(panels), few=side < _TICK_SIDE)
        _draw(picked, panel, axes, _PANEL_SYMBOLS, styles)
        drawn.append(axes)
    if inside:
        left = _LEFT + (columns - free) * step
        # The panel above has its axis title here.
        top = _TOP + (rows - 1) * grid.pitch + (max(grid.head, 6.0) if rows > 1 else 0.0) + 1.0
        legend(canvas, entries, left, top, sheet_width() - left, columns=free)
    else:
        legend(canvas, entries, legend_left, body + 1.5, legend_mm, columns=legend_columns)
    return canvas, drawn


def _auc_lines(panels: Sequence[Panel]) -> int:
    """Lines of AUCs in a panel's head: the same in every panel, so that panels align."""
    most = max(sum(curve.auc is not None for curve in panel.model_curves) for panel in panels)
    if crowded(panels):
        return 1 if most else 0
    return most if most <= _NAMED_MODELS else 0


def _auc_texts(panel: Panel) -> list[str]:
    """``AUC 0.87 (0.80–0.93)`` of each model."""
    return [_auc_text(curve.auc) for curve in panel.model_curves if curve.auc]


def _auc_text(auc: Estimate) -> str:
    inside = f" ({text.interval(auc)})" if text.interval(auc) else ""
    return f"AUC {text.value(auc)}{inside}"


def _head(canvas: Canvas, styles: Mapping[str, Style], panel: Panel, left: float, top: float, grid: _Grid) -> None:
    """The class, and the AUC of every model beside the line that its curve is drawn with; of many, their range."""
    canvas.text(left, top + 2.5, shorten(panel.target or "", grid.side, 7.0, bold=True), fontweight="bold")
    curves = [curve for curve in panel.model_curves if curve.auc]
    if len(curves) > grid.lines > 0:
        canvas.text(left, top + 2.5 + LINE_MM, auc_range(panel), size=SMALL_SIZE + 0.5)
        return
    for i, curve in enumerate(curves[: grid.lines]):
        assert curve.auc is not None
        baseline = top + 2.5 + (i * (2 if grid.apart else 1) + 1) * LINE_MM
        style = styles[curve.reader]
        y = baseline - 0.8
        canvas.line([left, left + 5.0], [y, y], color=style.colour, linestyle=style.dash, linewidth=CURVE_WIDTH)
        said = _auc_text(curve.auc)
        if grid.apart:
            said, _, inside = said.partition(" (")
            if inside:
                canvas.text(left + 6.2, baseline + LINE_MM, f"({inside}", size=SMALL_SIZE + 0.5)
        canvas.text(left + 6.2, baseline, said, size=SMALL_SIZE + 0.5)


def _scales(canvas: Canvas, axes: Axes, *, left: bool, lower: bool, few: bool = False) -> None:
    labels = tuple("" if few and i % 5 else label for i, label in enumerate(_TICK_LABELS))
    canvas.scales(
        axes,
        x_ticks=_TICKS,
        y_ticks=_TICKS,
        x_labels=labels if lower else (),
        y_labels=labels if left else (),
        x_title="1 − specificity" if lower else "",
        y_title="Sensitivity" if left else "",
    )


def _draw(picked: Picked, panel: Panel, axes: Axes, size: float, styles: Mapping[str, Style]) -> None:
    """Draw one panel from back to front; `size` scales its symbols, `styles` are those of the models."""
    many = MUTED_MODEL in styles.values()
    width, call_size = (THIN_WIDTH, 0.5 * size) if many else (CURVE_WIDTH * (1 + size) / 2, size)

    def line(x: Sequence[float], y: Sequence[float], label: str, **style: Any) -> None:
        axes.add_line(Line2D(x, y, label=label, clip_on=False, **style))

    line([0, 1], [0, 1], "chance", color=RULE, linestyle=(0, (3, 3)), linewidth=THIN_WIDTH)
    by_series: dict[Series, list[Point]] = {}
    for point in panel.human_points:
        if point.drawn:
            by_series.setdefault(series_of(point.sensitivity), []).append(point)
    for curve in panel.human_curves:
        style = picked.series_styles[curve.series]
        dash = style.dash if picked.several_modalities else "solid"
        look: dict[str, Any] = {"color": style.faint, "linestyle": dash, "linewidth": THIN_WIDTH}
        line(curve.false_positive, curve.sensitivity, f"curve: {curve.reader}", **look)
    for series, (rates, sensitivity) in panel.mean_curves.items():
        style = picked.series_styles[series]
        dash = style.dash if picked.several_modalities else "solid"
        look = {"color": style.colour, "linestyle": dash, "linewidth": CURVE_WIDTH, "zorder": 2.1}
        line(rates, sensitivity, f"mean curve: {picked.series_label(series)}", **look)
    for series, points in by_series.items():
        arms = LineCollection(
            [arm for point in points for arm in _arms(point)],
            colors=picked.series_styles[series].pale,
            linewidths=ARM_WIDTH,
            label=f"arms: {picked.series_label(series)}",
            clip_on=False,
            zorder=2.2,
        )
        axes.add_collection(arms, autolim=False)
    for curve in panel.model_curves:
        style = styles[curve.reader]
        look = {"color": style.colour, "linestyle": style.dash, "linewidth": width}
        line(curve.false_positive, curve.sensitivity, f"curve: {curve.reader}", zorder=2.5, **look)
    for series, points in by_series.items():
        marker = reader_marker(picked.series_styles[series], size)
        line(*_places(points), f"readers: {picked.series_label(series)}", zorder=3, **marker)
    for series, mean in panel.means.items():
        if mean.drawn:
            marker = mean_marker(picked.series_styles[series], size)
            if _arms(mean):
                look = {"colors": marker["markerfacecolor"], "linewidths": THIN_WIDTH, "clip_on": False, "zorder": 3.5}
                cross = LineCollection(_arms(mean), label=f"mean arms: {picked.series_label(series)}", **look)
                axes.add_collection(cross, autolim=False)
            line(*_places([mean]), f"mean: {picked.series_label(series)}", zorder=4, **marker)
    for point in panel.consensus_points:
        if point.drawn:
            e = point.sensitivity
            style = picked.consensus_styles[e.reader, e.modality]
            look = {"colors": style.pale, "linewidths": ARM_WIDTH, "clip_on": False, "zorder": 4.4}
            arms = LineCollection(_arms(point), label=f"consensus arms: {picked.reader_label(e)}", **look)
            axes.add_collection(arms, autolim=False)
            line(*_places([point]), f"consensus: {picked.reader_label(e)}", zorder=4.5, **consensus_marker(style, size))
    for point in panel.thresholds:
        if point.drawn:
            model = str(point.sensitivity.reader)
            marker = threshold_marker(styles[model], call_size)
            line(*_places([point]), f"threshold: {model}", zorder=4.8, **marker)
    for point in panel.model_points:
        if point.drawn:
            model = str(point.sensitivity.reader)
            marker = call_marker(styles[model], call_size)
            line(*_places([point]), f"calls: {model}", zorder=5, **marker)


def _arrows(picked: Picked, panel: Panel, axes: Axes) -> None:
    """An arrow for each reader from the first modality to the second."""
    for start, end in panel.pairs(picked):
        (x0,), (y0,) = _places([start])
        (x1,), (y1,) = _places([end])
        arrow = FancyArrowPatch(
            (x0, y0),
            (x1, y1),
            arrowstyle="-|>,head_length=2.6,head_width=1.1",
            mutation_scale=1,
            shrinkA=2,
            shrinkB=2,
            color=FRAME,
            linewidth=THIN_WIDTH,
            label=f"arrow: {start.sensitivity.reader}",
            zorder=2.8,
        )
        axes.add_patch(arrow)


def _arms(point: Point) -> list[list[tuple[float, float]]]:
    """The cross of a reader: an arm along each axis, left out where the interval is undefined."""
    sensitivity, specificity = point
    arms = []
    if math.isfinite(specificity.conf_low) and math.isfinite(specificity.conf_high):
        y = sensitivity.estimate
        arms.append([(1 - specificity.conf_high, y), (1 - specificity.conf_low, y)])
    if math.isfinite(sensitivity.conf_low) and math.isfinite(sensitivity.conf_high):
        x = 1 - specificity.estimate
        arms.append([(x, sensitivity.conf_low), (x, sensitivity.conf_high)])
    return arms


def _places(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [1 - point.specificity.estimate for point in points], [point.sensitivity.estimate for point in points]
