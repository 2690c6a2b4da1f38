"""Calibration: how often a finding was there where a model gave it so much probability."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures._calibration_words import (
    NUMBERS,
    alt,
    caption,
    classes_of,
    known,
    name_of,
    numbers_of,
    runs_of,
    worth_drawing,
)
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import shorten
from readerstudy.figures._palette import (
    ARM_WIDTH,
    CURVE_WIDTH,
    FRAME,
    MUTED_MODEL,
    RULE,
    THIN_WIDTH,
    Style,
    call_marker,
    pale,
)
from readerstudy.figures._pick import MANY_MODELS, Picked
from readerstudy.figures._sheet import columns_of, page_height, sheet_width

_ACROSS, _DOWN, _PAGES = 3, 2, 3
_SIDES = {(1, 1): 78.0, (2, 1): 66.0, (2, 2): 58.0}
"""Side of the panels where there are so few columns and rows."""
_LEFT, _TOP, _FOOT = 13.0, 2.5, 10.0
_HISTOGRAM_MM, _APART_MM = 16.0, 2.5
_PANEL_GAP, _LEAST_SIDE, _SHARE = 11.0, 38.0, 0.5
"""Between panels; least side of one; its greatest as a share of the height that there is."""
_WIDE_MM, _KEY_MM, _KEYS = 150.0, 46.0, 5
"""A sheet with room for the key beside a panel, the least width of a column of the key below, and its length."""
_PAGE_MM = 215.0
"""Height of a sheet with room for `_DOWN` rows."""
_LIMITS = (-0.015, 1.015)
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_TICK_LABELS = ("0", "0.2", "0.4", "0.6", "0.8", "1")
_POSITIVE, _NEGATIVE = "#D55E00", "#56B4E9"
_BAND = 0.22
"""How much of its colour the band around a curve keeps."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CalibrationDisplay(Display):
    """A panel for each model: probability given to the right, share of cases that had the finding upwards.

    A smooth curve on its band, hollow symbols with intervals for groups of cases of like probability, the diagonal of
    perfect calibration. Below, on the same axis, the probabilities of the cases that had the finding (upwards) and of
    those that had not (downwards).

    Parameters
    ----------
    entries
        What the panels show, in their order: entries of the table ``calibration`` of `Results`.
    histograms
        The axes below the panels.
    """

    entries: tuple[Mapping[str, Any], ...]
    histograms: tuple[Axes, ...]


def displays(picked: Picked, task: str) -> list[CalibrationDisplay]:
    """The plots of a task, up to six models on each; none where no model gave probabilities."""
    entries = [e for e in picked.results.tables.get("calibration", ()) if e["task"] == task and worth_drawing(e)]
    entries.sort(key=lambda e: picked.models.index(e["reader"]) if e["reader"] in picked.models else len(picked.models))
    most = _across() * (_DOWN if sheet_width() >= _WIDE_MM and page_height(_PAGE_MM) >= _PAGE_MM else 1)
    # Seven panels where six fit are four and three.
    size = math.ceil(len(entries) / max(1, math.ceil(len(entries) / most)))
    pages = [entries[i : i + size] for i in range(0, len(entries), size or 1)]
    left_out = sum(len(page) for page in pages[_PAGES:])
    pages = pages[:_PAGES]
    return [_display(picked, task, page, (i + 1, len(pages)), left_out) for i, page in enumerate(pages)]


def _display(
    picked: Picked, task: str, entries: Sequence[Mapping[str, Any]], page: tuple[int, int], left_out: int
) -> CalibrationDisplay:
    numbers = [numbers_of(picked, task, entry) for entry in entries]
    with house_style():
        canvas, axes, histograms = _draw(picked, task, entries, numbers)
    number, of = page
    part = f", part {number} of {of}" if of > 1 else ""
    return CalibrationDisplay(
        figure=canvas.figure,
        axes=tuple(axes),
        histograms=tuple(histograms),
        entries=tuple(entries),
        task=task,
        title=f"Calibration: {shorten(task, 70, 7)}{part}",
        caption=caption(picked, task, entries, numbers, left_out),
        alt=alt(picked, task, entries, numbers),
        keys=tuple(e.key for found in numbers for e in found),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _draw(
    picked: Picked, task: str, entries: Sequence[Mapping[str, Any]], numbers: Sequence[Sequence[Estimate]]
) -> tuple[Canvas, list[Axes], list[Axes]]:
    n = len(entries)
    columns = min(_across(), n if n < _ACROSS else 2 if n == 4 else _ACROSS)
    rows = math.ceil(n / columns)
    # One panel has its numbers and its key at the right, several have them above and below, as on a narrow sheet.
    alone = n == 1 and sheet_width() >= _WIDE_MM
    across = max(columns, _ACROSS if sheet_width() >= _WIDE_MM else 1)
    fits = (sheet_width() - _LEFT - 2.0 - (columns - 1) * _PANEL_GAP) / columns
    side = _SIDES.get((columns, rows), (sheet_width() - _LEFT - 2.0 - (across - 1) * _PANEL_GAP) / across)
    side = min(side, fits, max(_LEAST_SIDE, _SHARE * page_height(math.inf)))
    head = 0.0 if alone else 3.6 + LINE_MM * max(len(found) for found in numbers)
    body = head + side + _APART_MM + _HISTOGRAM_MM
    pitch = body + 4.0
    key_columns, key_left = (3, _LEFT) if sheet_width() >= _WIDE_MM else (columns_of(3, _KEY_MM), 1.0)
    below = 0.0 if alone else (LINE_MM + 1.0) * math.ceil(_KEYS / key_columns) + 1.0
    canvas = Canvas(sheet_width(), _TOP + rows * pitch - 4.0 + _FOOT + below)
    axes, histograms = [], []
    most = max((max([*e["positive"], *e["negative"]], default=0) for e in entries), default=0) or 1
    for i, (entry, found) in enumerate(zip(entries, numbers, strict=True)):
        row, column = divmod(i, columns)
        left, top = _LEFT + column * (side + _PANEL_GAP), _TOP + row * pitch
        style = _style(picked, entry)
        if not alone:
            _head(canvas, entry, found, left, top, side)
        panel = canvas.panel(left, top + head, side, side, _LIMITS, _LIMITS)
        canvas.scales(
            panel,
            x_ticks=_TICKS,
            y_ticks=_TICKS,
            y_labels=_TICK_LABELS if column == 0 else (),
            y_title="Observed share" if column == 0 else "",
        )
        _panel(panel, entry, style)
        lower = canvas.panel(
            left, top + head + side + _APART_MM, side, _HISTOGRAM_MM, _LIMITS, (-most * 1.04, most * 1.04)
        )
        last = i + columns >= n
        _histogram(canvas, lower, entry, most, last=last, first=column == 0)
        axes.append(panel)
        histograms.append(lower)
    if alone:
        left = _LEFT + side + 9.0
        _key(canvas, picked, task, entries, left, _legend_numbers(canvas, entries[0], numbers[0], left), columns=1)
    else:
        _key(canvas, picked, task, entries, key_left, _TOP + rows * pitch - 4.0 + _FOOT, columns=key_columns)
    return canvas, axes, histograms


def _across() -> int:
    """Most panels beside each other."""
    return columns_of(_ACROSS, _LEAST_SIDE, gap=_PANEL_GAP, taken=_LEFT + 2.0)


def _style(picked: Picked, entry: Mapping[str, Any]) -> Style:
    return MUTED_MODEL if len(picked.models) > MANY_MODELS else picked.model_styles.get(entry["reader"], MUTED_MODEL)


def _head(
    canvas: Canvas, entry: Mapping[str, Any], numbers: Sequence[Estimate], left: float, top: float, room: float
) -> None:
    canvas.text(left, top + 2.5, shorten(name_of(entry), room, TEXT_SIZE, bold=True), fontweight="bold")
    for i, e in enumerate(numbers):
        canvas.text(left, top + 2.5 + (i + 1) * LINE_MM, shorten(_said(e), room, SMALL_SIZE), size=SMALL_SIZE)


def _legend_numbers(canvas: Canvas, entry: Mapping[str, Any], numbers: Sequence[Estimate], left: float) -> float:
    """The model's name and numbers beside its panel; returns where they end."""
    room = sheet_width() - left - 1.0
    canvas.text(left, _TOP + 2.5, shorten(name_of(entry), room, TEXT_SIZE, bold=True), fontweight="bold")
    y = _TOP + 2.5
    for e in numbers:
        y += LINE_MM + 0.4
        canvas.text(left, y, shorten(_said(e), room, TEXT_SIZE))
    return y + 4.0


def _said(e: Estimate) -> str:
    inside = f" ({text.interval(e)})" if text.interval(e) else ""
    return f"{NUMBERS[e.measure]} {text.value(e)}{inside}"


def _panel(axes: Axes, entry: Mapping[str, Any], style: Style) -> None:
    """From back to front: band, diagonal, curve, groups."""
    name = name_of(entry)
    for x, low, high in runs_of(entry):
        corners = [*zip(x, low, strict=True), *reversed(list(zip(x, high, strict=True)))]
        band = PolyCollection([corners], facecolors=pale(style.colour, _BAND), label=f"band: {name}", zorder=1)
        axes.add_collection(band, autolim=False)
    diagonal: dict[str, Any] = {"color": RULE, "linestyle": (0, (3, 3)), "linewidth": THIN_WIDTH}
    axes.add_line(Line2D([0, 1], [0, 1], label="perfect", clip_on=False, zorder=1.5, **diagonal))
    points = [(p, y) for p, y in zip(entry["prob"], entry["observed"], strict=True) if known(y)]
    if points:
        look: dict[str, Any] = {"color": style.colour, "linestyle": style.dash, "linewidth": CURVE_WIDTH}
        xs, ys = [p for p, _ in points], [y for _, y in points]
        axes.add_line(Line2D(xs, ys, label=f"curve: {name}", clip_on=False, zorder=2, **look))
    groups = [g for g in entry["groups"] if known(g["observed"]) and known(g["prob"])]
    arms = [[(g["prob"], g["low"]), (g["prob"], g["high"])] for g in groups if known(g["low"]) and known(g["high"])]
    axes.add_collection(
        LineCollection(arms, colors=style.colour, linewidths=ARM_WIDTH, label=f"intervals: {name}", zorder=2.5),
        autolim=False,
    )
    xs, ys = [g["prob"] for g in groups], [g["observed"] for g in groups]
    axes.add_line(Line2D(xs, ys, label=f"groups: {name}", clip_on=False, zorder=3, **call_marker(style, 0.75)))


def _histogram(canvas: Canvas, axes: Axes, entry: Mapping[str, Any], most: int, *, last: bool, first: bool) -> None:
    """Bars upwards for the cases with the finding, downwards for those without."""
    edges = entry["edges"]
    for counts, sign, colour, label in (
        (entry["positive"], 1, _POSITIVE, "with"),
        (entry["negative"], -1, _NEGATIVE, "without"),
    ):
        bars = [
            [(a, 0.0), (a, sign * n), (b, sign * n), (b, 0.0)]
            for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
            if n
        ]
        look: dict[str, Any] = {"facecolors": colour, "edgecolors": "white", "linewidths": 0.3}
        axes.add_collection(PolyCollection(bars, label=f"{label}: {name_of(entry)}", **look), autolim=False)
    axes.add_line(Line2D([0, 1], [0, 0], color=FRAME, linewidth=THIN_WIDTH, clip_on=False))
    canvas.scales(
        axes,
        x_ticks=_TICKS,
        y_ticks=(-most, 0, most),
        x_labels=_TICK_LABELS if last else (),
        y_labels=(str(most), "0", str(most)) if first else (),
        x_title="Probability given by the model" if last else "",
        y_title="Cases" if first else "",
    )


def _key(
    canvas: Canvas,
    picked: Picked,
    task: str,
    entries: Sequence[Mapping[str, Any]],
    left: float,
    top: float,
    *,
    columns: int,
) -> None:
    """What the symbols mean: the same in every panel, so that it stands once and without the colour of a model."""
    style = _style(picked, entries[0]) if len(entries) == 1 else MUTED_MODEL._replace(colour=FRAME)
    negative, positive = classes_of(picked, task)
    items = ["curve"] if any(known(y) for e in entries for y in e["observed"]) else []
    items += ["groups"] if any(e["groups"] for e in entries) else []
    items += ["perfect", "positive", "negative"]
    labels = {
        "curve": "smooth curve" + (" with its band" if any(runs_of(e) for e in entries) else ""),
        "groups": "groups of cases",
        "perfect": "perfect calibration",
        "positive": f"cases: {positive}",
        "negative": f"cases: {negative}",
    }
    step = (sheet_width() - left - 1.0) / columns
    for i, item in enumerate(items):
        x, y = left + (i % columns) * step, top + (i // columns) * (LINE_MM + 1.0)
        _sample(canvas, item, style, x, y + 1.5, banded=any(runs_of(e) for e in entries))
        canvas.text(x + 9.5, y + 2.4, shorten(labels[item], step - 11.0, TEXT_SIZE))


def _sample(canvas: Canvas, item: str, style: Style, x: float, y: float, *, banded: bool) -> None:
    if item == "curve":
        if banded:
            canvas.boxes([(x, y - 1.1, 8.0, 2.2)], [pale(style.colour, _BAND)])
        canvas.line([x, x + 8.0], [y, y], color=style.colour, linestyle=style.dash, linewidth=CURVE_WIDTH)
    elif item == "groups":
        canvas.line([x + 4.0, x + 4.0], [y - 1.4, y + 1.4], color=style.colour, linewidth=ARM_WIDTH)
        canvas.line([x + 4.0], [y], **call_marker(style, 0.75))
    elif item == "perfect":
        canvas.line([x, x + 8.0], [y, y], color=RULE, linestyle=(0, (3, 3)), linewidth=THIN_WIDTH)
    else:
        top = y - 1.3 if item == "positive" else y
        colour = _POSITIVE if item == "positive" else _NEGATIVE
        canvas.boxes([(x + 2.6, top, 1.3, 1.3), (x + 4.1, top, 1.3, 1.3)], [colour, colour])
        canvas.line([x + 1.2, x + 6.8], [y, y], color=FRAME, linewidth=THIN_WIDTH)
