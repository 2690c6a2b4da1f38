"""Readers' accuracy by group, with the model's accuracy as a line."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._accuracy_words import Shown, alt, apart, caption, with_interval
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten, width, wrap
from readerstudy.figures._legend import Entry, fitted, legend, legend_height
from readerstudy.figures._palette import (
    ARM_WIDTH,
    CURVE_WIDTH,
    FAINT,
    INK,
    MUTED_MODEL,
    RULE,
    THIN_WIDTH,
    Series,
    call_marker,
    consensus_marker,
    reader_marker,
)
from readerstudy.figures._pick import Picked, series_of
from readerstudy.figures._sheet import columns_of, sheet_width

_LEFT, _RIGHT, _PLOT_HEIGHT = 13.0, 36.0, 62.0
_NAME_MM = 3.4
"""Narrowest place of a reader under which a name can stand upright."""
_NAME_LENGTH = 16.0
_SPREAD = 0.26
"""Distance of the outermost modality from the middle of a reader's place, as a share of it."""
_LEGEND_COLUMNS, _LEGEND_MM = 5, 24.0
_WIDE_MM, _LEGEND_COLUMN_MM, _GROUP_LINES = 150.0, 46.0, 3
"""A sheet with room for the models beside their lines, and what another has for its legend and groups' names."""
_LABEL_MM = 2 * LINE_MM + 0.8
_STAR_MM = 2.8
_CAP_MM = 0.9
"""Half of the width of the caps of a mean's interval."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccuracyDisplay(Display):
    """Accuracy of every reader: a dot with its confidence interval, readers of a group side by side.

    A short line across a group is the mean of the group, with its confidence interval at the end; a line across the
    figure is a model; a star is a consensus. Where readers read in several modalities, each has a dot for each,
    joined by a thin line. An asterisk above a reader says that the accuracy differs significantly from the model's.

    Parameters
    ----------
    positions
        Where on axis x each series of readers stands: (group, modality) to the positions of its dots.
    significant
        The tests that are drawn as an asterisk.
    """

    positions: dict[Series, tuple[float, ...]]
    significant: tuple[Estimate, ...]


def displays(picked: Picked, task: str) -> list[AccuracyDisplay]:
    """The figure of a task, or of each modality where its models have several; none without a reader's accuracy."""
    parts = [(part, Shown(part, task)) for part in picked.by_modality(task)]
    return [_display(part, task, shown) for part, shown in parts if shown.readers]


def _display(picked: Picked, task: str, shown: Shown) -> AccuracyDisplay:
    with house_style():
        plot = _Plot(picked, shown)
    return AccuracyDisplay(
        figure=plot.canvas.figure,
        axes=(plot.axes,),
        positions={series: tuple(x for x, _ in dots) for series, dots in plot.dots.items()},
        significant=tuple(plot.significant),
        task=task,
        title=f"Accuracy of the readers: {shorten(task + picked.within, 70, 7)}",
        caption=caption(picked, task, shown),
        alt=alt(picked, task, shown),
        keys=tuple(e.key for e in shown.estimates),
        width_mm=plot.canvas.width,
        height_mm=plot.canvas.height,
        modality=picked.modality,
    )


class _Plot:
    """Lays the readers out and draws them. Axis x counts places: one a reader, one between groups."""

    def __init__(self, picked: Picked, shown: Shown) -> None:
        self.picked, self.shown = picked, shown
        self.readers, self.models, self.means = shown.readers, shown.models, shown.means
        self.significant: list[Estimate] = []
        self.modalities = picked.modalities
        self.groups: dict[str | None, dict[str, int]] = {}
        for e in self.readers:
            self.groups.setdefault(e.reader_group, {}).setdefault(str(e.reader), 0)
        at = 1
        for names in self.groups.values():
            for name in names:
                names[name] = at
                at += 1
            at += 1
        self.consensus_places: dict[str, int] = {}
        for e in shown.consensus:
            self.consensus_places.setdefault(str(e.reader), at + len(self.consensus_places))
        at += len(self.consensus_places) + 1 if self.consensus_places else 0
        columns = 1 if shown.crowded else len(self.models)
        self.model_places = {str(e.reader): at + i % columns for i, e in enumerate(self.models)}
        self.end = at + columns if self.models else at - 1
        # On a narrow sheet the models stand in the legend, not beside their lines.
        self.wide = sheet_width() >= _WIDE_MM
        self.right = _RIGHT if self.models and self.wide else 4.0
        self.place_mm = (sheet_width() - _LEFT - self.right) / self.end
        self.dots: dict[Series, list[tuple[float, Estimate]]] = {}
        for e in self.readers:
            self.dots.setdefault(series_of(e), []).append((self._x(e), e))

        columns = max(1, min(len(self._entries()), _LEGEND_COLUMNS))
        legend_mm = min(sheet_width() - _LEFT, 40.0 * columns)
        if not self.wide:
            columns, legend_mm = columns_of(2, _LEGEND_COLUMN_MM), sheet_width() - 2.0
        entries = fitted(self._entries(), _LEGEND_MM if self.wide else 2 * _LEGEND_MM, columns)
        starred = [tests for tests in shown.differences.values() if any(map(picked.significant, tests.values()))]
        top = 3.0 + (legend_height(entries, columns) if entries else 0.0) + _STAR_MM * len(starred)
        named = self.place_mm >= _NAME_MM
        longest = max(width(plain(str(e.reader)), SMALL_SIZE) for e in self.readers)
        upright = named and longest + 1.0 > self.place_mm
        name_mm = (min(longest + 2.0, _NAME_LENGTH) if upright else 3.4) if named else 0.0
        lines = max(len(self._group_lines(group, names)) for group, names in self.groups.items())
        foot = 1.0 + name_mm + (lines + 1 + len(self.modalities)) * LINE_MM
        self.canvas = Canvas(sheet_width(), top + _PLOT_HEIGHT + foot)
        drawn = [*shown.everyone, *self.means.values()]
        lowest = min(e.conf_low if math.isfinite(e.conf_low) else e.estimate for e in drawn)
        self.axes: Axes = self.canvas.panel(
            _LEFT,
            top,
            sheet_width() - _LEFT - self.right,
            _PLOT_HEIGHT,
            (0, self.end),
            (max(0.0, math.floor(lowest * 10) / 10 - 0.005), 1.005),
        )
        self._top = top
        if entries:
            legend(self.canvas, entries, _LEFT if self.wide else 1.0, 2.0, legend_mm, columns=columns)
        self._scale()
        self._draw_models()
        self._draw_readers()
        self._draw_consensus()
        for i, tests in enumerate(starred):
            self._draw_stars(tests, top - 0.8 - _STAR_MM * (len(starred) - 1 - i), named=len(shown.differences) > 1)
        self._name(upright=upright, named=named, name_mm=name_mm)

    def _x(self, e: Estimate) -> float:
        human = e.reader_kind == "human"
        place = self.groups[e.reader_group][str(e.reader)] if human else self.consensus_places[str(e.reader)]
        if len(self.modalities) == 1 or e.modality not in self.modalities:
            return float(place)
        share = self.modalities.index(e.modality) / (len(self.modalities) - 1)
        return place + _SPREAD * (2 * share - 1)

    def _entries(self) -> list[Entry]:
        """Only modalities need a legend, and a consensus whose place is too narrow for its name."""
        first: dict[str | None, Entry] = {}
        for series in self.picked.series if len(self.modalities) > 1 else ():
            style = self.picked.series_styles[series]
            first.setdefault(series[1], Entry(style, frozenset({"bar", "dot"}), series[1] or "no modality"))
        stars = []
        if self.shown.consensus and not self._named_consensus():
            for e in self.shown.consensus:
                style = self.picked.consensus_styles[e.reader, e.modality]
                stars.append(Entry(style, frozenset({"star"}), self.picked.reader_label(e)))
        return [*self._model_entries(), *first.values(), *stars]

    def _model_entries(self) -> list[Entry]:
        """The models, on a sheet that has no room for them beside their lines."""
        if self.wide or not self.models:
            return []
        if self.shown.crowded:
            count = words.counted(len(self.models), "model")
            return [Entry(MUTED_MODEL, frozenset({"dot"}), count, (words.value_range(self.models),))]
        parts, styles = frozenset({"curve", "call"}), self.picked.model_styles
        return [Entry(styles[str(e.reader)], parts, str(e.reader), (with_interval(e),)) for e in self.models]

    def _named_consensus(self) -> bool:
        """Whether every consensus has room for its name under the axis."""
        rooms = [width(plain(name), TEXT_SIZE, bold=True) for name in self.consensus_places]
        room = (1.9 if len(rooms) == 1 else 1.0) * self.place_mm
        return all(needed <= room for needed in rooms)

    def _line(self, x: Sequence[float], y: Sequence[float], label: str, **style: Any) -> None:
        self.axes.add_line(Line2D(x, y, label=label, clip_on=False, **style))

    def _bars(self, estimates: Sequence[tuple[float, Estimate]], colour: str, label: str) -> None:
        bars = [[(x, e.conf_low), (x, e.conf_high)] for x, e in estimates if math.isfinite(e.conf_low + e.conf_high)]
        self.axes.add_collection(
            LineCollection(bars, colors=colour, linewidths=ARM_WIDTH, label=label, clip_on=False), autolim=False
        )

    def _scale(self) -> None:
        low = self.axes.get_ylim()[0]
        step = 1 if low >= 0.4 else 2
        ticks = [tenth / 10 for tenth in range(10, -1, -step) if tenth / 10 >= low]
        self.canvas.scales(
            self.axes, y_ticks=ticks, y_labels=[text.fixed(tick * 100, 0) for tick in ticks], y_title="Accuracy (%)"
        )

    def _draw_crowd(self) -> None:
        """Many models: dots side by side in one place, and beside them their number and range."""
        (place,) = set(self.model_places.values())
        last = len(self.models) - 1
        xs = [place + _SPREAD * (2 * i / last - 1) for i in range(last + 1)]
        values = [e.estimate for e in self.models]
        self._line(xs, values, "models", zorder=4, **reader_marker(MUTED_MODEL))
        if not self.wide:
            return
        low, high = self.axes.get_ylim()
        middle = self._top + (high - (min(values) + max(values)) / 2) / (high - low) * _PLOT_HEIGHT
        left = sheet_width() - _RIGHT + 3.2
        y = min(max(middle, self._top + LINE_MM), self._top + _PLOT_HEIGHT - LINE_MM)
        self.canvas.text(left, y - 0.3, words.counted(len(self.models), "model"), fontweight="bold")
        self.canvas.text(left, y - 0.3 + LINE_MM, words.value_range(self.models), size=SMALL_SIZE)

    def _draw_models(self) -> None:
        if self.shown.crowded:
            self._draw_crowd()
            return
        low, high = self.axes.get_ylim()
        for e in self.models:
            style = self.picked.model_styles[str(e.reader)]
            place = self.model_places[str(e.reader)]
            self._line(
                [0, self.end],
                [e.estimate, e.estimate],
                f"model: {e.reader}",
                color=style.colour,
                linestyle=style.dash,
                linewidth=1.0,
            )
            self._bars([(place, e)], style.colour, f"interval: {e.reader}")
            self._line([place], [e.estimate], f"model dot: {e.reader}", zorder=4, **call_marker(style))
        if not self.wide:
            return
        # Labels beside the lines, moved apart where two lines lie close.
        order = sorted(self.models, key=lambda e: -e.estimate)
        at = [self._top + (high - e.estimate) / (high - low) * _PLOT_HEIGHT for e in order]
        left = sheet_width() - _RIGHT
        for e, line, y in zip(order, at, apart(at, _LABEL_MM, self._top + _PLOT_HEIGHT), strict=True):
            colour = self.picked.model_styles[str(e.reader)].colour
            self.canvas.line([left, left + 2.6], [line, y], color=colour, linewidth=THIN_WIDTH)
            name = shorten(str(e.reader), _RIGHT - 4.5, TEXT_SIZE, bold=True)
            self.canvas.text(left + 3.2, y - 0.3, name, fontweight="bold")
            self.canvas.text(left + 3.2, y - 0.3 + LINE_MM, with_interval(e), size=SMALL_SIZE)

    def _draw_readers(self) -> None:
        if len(self.modalities) > 1:
            pairs: dict[tuple[str | None, str | None], list[tuple[float, float]]] = {}
            for dots in self.dots.values():
                for x, e in dots:
                    pairs.setdefault((e.reader_group, e.reader), []).append((x, e.estimate))
            joined = [sorted(ends) for ends in pairs.values() if len(ends) > 1]
            self.axes.add_collection(
                LineCollection(joined, colors=RULE, linewidths=THIN_WIDTH, label="same reader", clip_on=False),
                autolim=False,
            )
        for series, dots in self.dots.items():
            style = self.picked.series_styles[series]
            label = self.picked.series_label(series)
            self._bars(dots, style.pale, f"intervals: {label}")
            xs, ys = [x for x, _ in dots], [e.estimate for _, e in dots]
            self._line(xs, ys, f"readers: {label}", zorder=3, **reader_marker(style))
            if series in self.means:
                places = self.groups[series[0]].values()
                y = self.means[series].estimate
                self._line(
                    [min(places) - 0.5, max(places) + 0.5],
                    [y, y],
                    f"mean: {label}",
                    color=style.colour,
                    linestyle=style.dash if len(self.modalities) > 1 else "solid",
                    linewidth=CURVE_WIDTH,
                    zorder=2.2,
                )
                self._draw_mean_interval(series, max(places) + 0.5)

    def _draw_mean_interval(self, series: Series, end: float) -> None:
        """A bar with caps at the end of the mean's line; beside each other where there are several modalities."""
        e = self.means[series]
        if not math.isfinite(e.conf_low + e.conf_high):
            return
        cap = min(_CAP_MM / self.place_mm, 0.2)
        # Many modalities share half a place, so that no bar stands beyond the axis.
        step = min(2.5 * cap, 0.5 / max(1, len(self.modalities) - 1))
        x = end + self.modalities.index(series[1]) * step
        gap = float("nan")
        xs = [x, x, gap, x - cap, x + cap, gap, x - cap, x + cap]
        ys = [e.conf_low, e.conf_high, gap, e.conf_low, e.conf_low, gap, e.conf_high, e.conf_high]
        colour = self.picked.series_styles[series].colour
        self._line(xs, ys, f"mean interval: {self.picked.series_label(series)}", color=colour, linewidth=ARM_WIDTH)

    def _draw_consensus(self) -> None:
        for e in self.shown.consensus:
            style, x = self.picked.consensus_styles[e.reader, e.modality], self._x(e)
            label = self.picked.reader_label(e)
            self._bars([(x, e)], style.pale, f"interval: {label}")
            self._line([x], [e.estimate], f"consensus: {label}", zorder=3.5, **consensus_marker(style))

    def _draw_stars(self, tests: dict[tuple[str, str | None], Estimate], baseline: float, *, named: bool) -> None:
        """An asterisk above everybody who differs significantly from a model."""
        model = ""
        for e in (*self.readers, *self.shown.consensus):
            test = tests.get((str(e.reader), e.modality))
            if test and self.picked.significant(test):
                model = str(test.reader)
                self.significant.append(test)
                colour = self.picked.model_styles[model].colour if named else INK
                x = _LEFT + self._x(e) * self.place_mm
                self.canvas.text(x, baseline + 1.0, "*", size=10.0, ha="center", color=colour, fontweight="bold")
        if named:
            at, room = (sheet_width() - _RIGHT + 3.2, _RIGHT - 4.5) if self.wide else (1.0, _LEFT)
            label = shorten(f"* versus {model}" if self.wide else model, room, SMALL_SIZE)
            colour = self.picked.model_styles[model].colour
            self.canvas.text(at, baseline, label, size=SMALL_SIZE, color=colour)

    def _group_lines(self, group: str | None, names: Mapping[str, int]) -> list[str]:
        """The name of a group under its readers, on a narrow sheet in several lines."""
        room = (max(names.values()) - min(names.values()) + 1.9) * self.place_mm
        if self.wide:
            return [shorten(group or "Readers", room, TEXT_SIZE, bold=True)]
        return wrap(group or "Readers", room, SMALL_SIZE, bold=True)[:_GROUP_LINES]

    def _name(self, *, upright: bool, named: bool, name_mm: float) -> None:
        """Readers' names, and the groups' names with their means, under the axis."""
        base = self._top + _PLOT_HEIGHT + 1.0

        def sheet(place: float) -> float:
            return _LEFT + place * self.place_mm

        for group, names in self.groups.items():
            for name, place in names.items():
                if upright:
                    short = shorten(name, _NAME_LENGTH - 2.0, SMALL_SIZE)
                    turned = {"ha": "right", "rotation": 90, "rotation_mode": "anchor"}
                    self.canvas.text(sheet(place) + 0.7, base + 0.6, short, size=SMALL_SIZE, color=FAINT, **turned)
                elif named:
                    short = shorten(name, self.place_mm, SMALL_SIZE)
                    self.canvas.text(sheet(place), base + 2.6, short, size=SMALL_SIZE, color=FAINT, ha="center")
            first, last = min(names.values()), max(names.values())
            middle, room = sheet((first + last) / 2), (last - first + 1.9) * self.place_mm
            y = base + name_mm
            for label in self._group_lines(group, names):
                y += LINE_MM
                size = TEXT_SIZE if self.wide else SMALL_SIZE
                self.canvas.text(middle, y, label, size=size, ha="center", fontweight="bold")
            for modality in self.modalities:
                if (group, modality) in self.means:
                    y += LINE_MM
                    beside = f"{modality} " if len(self.modalities) > 1 else ""
                    e = self.means[group, modality]
                    mean = f"{beside}mean {text.value(e)}"
                    inside = f" ({text.interval(e)})" if text.interval(e) else ""
                    mean += inside if width(mean + inside, SMALL_SIZE) <= room - 2.0 else ""
                    if not self.wide and width(plain(mean), SMALL_SIZE) > room:
                        mean = text.value(e)
                    self.canvas.text(middle, y, shorten(mean, room, SMALL_SIZE), ha="center", size=SMALL_SIZE)
        if self._named_consensus():
            room = (1.9 if len(self.consensus_places) == 1 else 1.0) * self.place_mm
            for name, place in self.consensus_places.items():
                y = base + name_mm + LINE_MM
                label = shorten(name, room, TEXT_SIZE, bold=True)
                self.canvas.text(sheet(place), y, label, ha="center", fontweight="bold")
                for e in self.shown.consensus:
                    if e.reader == name:
                        y += LINE_MM
                        beside = f"{e.modality} " if len(self.modalities) > 1 and e.modality else ""
                        value = shorten(f"{beside}{text.value(e)}", room, SMALL_SIZE)
                        self.canvas.text(sheet(place), y, value, ha="center", size=SMALL_SIZE)
        if self.models:
            places = self.model_places.values()
            middle = sheet((min(places) + max(places)) / 2)
            room = (len(set(places)) + 0.9) * self.place_mm
            label = "Model" if len(self.models) == 1 else "Models"
            if width(label, TEXT_SIZE, bold=True) <= room:
                self.canvas.text(middle, base + name_mm + LINE_MM, label, ha="center", fontweight="bold")
