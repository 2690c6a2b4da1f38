"""Decision curves: what acting on a model, on a reader, on everybody or on nobody is worth."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._canvas import Canvas, house_style
from readerstudy.figures._decision_words import FILLED, NUMBERED, Shown, alt, at, caption, known
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import shorten
from readerstudy.figures._legend import Entry, legend_height, place_of
from readerstudy.figures._palette import (
    CURVE_WIDTH,
    FRAME,
    MUTED_MODEL,
    RULE,
    THIN_WIDTH,
    Style,
    call_marker,
    consensus_marker,
    pale,
    reader_marker,
)
from readerstudy.figures._pick import Observer, Picked
from readerstudy.figures._sheet import sheet_width

_LEFT, _TOP, _FOOT = 14.0, 3.0, 10.0
_WIDTH, _HEIGHT = 100.0, 74.0
_LEGEND_MM = 120.0
_NARROW_SHARE = 0.85
"""Height of the plot on a narrow sheet, as a share of its width."""
_BAND = 0.2
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
_ALL = Style(FRAME, FRAME, FRAME, "o", (0.0, (5.0, 1.6)))
_NONE = Style("#000000", "#000000", "#000000", "o", "solid")
_DODGE = 0.011
"""From the symbols of one group to those of the next, as a share of the axis."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecisionDisplay(Display):
    """Threshold probability to the right, net benefit upwards.

    Lines of the models with their bands, thin lines of the readers, a dashed line for treating all and a line at 0 for
    treating none; at the thresholds of the protocol, symbols for what the readers' and the models' records say.

    Parameters
    ----------
    entries
        The curves: entries of the table ``decision`` of `Results`.
    points
        The records whose symbols are drawn.
    """

    entries: tuple[Mapping[str, Any], ...]
    points: tuple[Estimate, ...]


def displays(picked: Picked, task: str) -> list[DecisionDisplay]:
    """The plot of a task; none where nobody's net benefit is known but that of treating all or none."""
    shown = Shown(picked, task)
    return [_display(shown)] if shown.worth_drawing else []


def _display(shown: Shown) -> DecisionDisplay:
    with house_style():
        canvas, axes = _draw(shown)
    return DecisionDisplay(
        figure=canvas.figure,
        axes=(axes,),
        entries=(*shown.curves, *shown.strategies.values()),
        points=tuple(shown.points),
        task=shown.task,
        title=f"Net benefit: {shorten(shown.task, 70, 7)}",
        caption=caption(shown),
        alt=alt(shown),
        keys=tuple(e.key for e in shown.points),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _draw(shown: Shown) -> tuple[Canvas, Axes]:
    place = place_of(_LEFT, _WIDTH, 6.0)
    high_mm = min(_HEIGHT, place.width * _NARROW_SHARE) if place.below else _HEIGHT
    plot = _TOP + high_mm + _FOOT
    entries = _entries(shown, shown.thresholds)
    if legend_height(place.wrapped(entries), place.columns) > place.most(plot, _LEGEND_MM):
        entries = _entries(shown, [])
    entries = place.fitted(entries, plot, _LEGEND_MM)
    canvas = Canvas(sheet_width(), place.height(entries, plot, _TOP))
    (low, high), (first, last) = shown.y_limits, shown.range
    # A study with one threshold and no curve is a column of symbols.
    room = 0.02 * (last - first) or 0.05
    x0, x1 = 0.0 if first < 0.1 * last else first - room, min(1.0, last + room)
    axes = canvas.panel(_LEFT, _TOP, place.width, high_mm, (x0, x1), (low, high))
    x_ticks, y_ticks = _ticks(x0, x1), _ticks(low, high)
    canvas.scales(
        axes,
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        x_labels=[text.fixed(tick, 2) for tick in x_ticks],
        y_labels=[text.fixed(tick, 2) for tick in y_ticks],
        x_title="Threshold probability",
        y_title="Net benefit",
        y_title_mm=9.0,
    )
    _strategies(shown, axes, low)
    _curves(shown, axes, low)
    _points(shown, axes, low)
    place.legend(canvas, entries, plot, _TOP)
    return canvas, axes


def _ticks(low: float, high: float) -> list[float]:
    step = next((s for s in _STEPS if (high - low) / s <= 8), 0.5)
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _cut(x: Sequence[float], y: Sequence[float | None], low: float) -> tuple[list[float], list[float]]:
    """A line without what lies below `low`: it ends where it crosses."""
    xs: list[float] = []
    ys: list[float] = []
    before: tuple[float, float] | None = None
    for here, value in zip(x, y, strict=True):
        if value is None or not math.isfinite(value):
            xs, ys, before = [*xs, here], [*ys, math.nan], None
            continue
        if before is not None and (before[1] < low) != (value < low):
            share = (low - before[1]) / (value - before[1])
            xs.append(before[0] + share * (here - before[0]))
            ys.append(low)
        if value >= low:
            xs, ys = [*xs, here], [*ys, value]
        elif ys and not math.isnan(ys[-1]):
            xs, ys = [*xs, here], [*ys, math.nan]
        before = here, value
    return xs, ys


def _strategies(shown: Shown, axes: Axes, low: float) -> None:
    (x0, x1) = axes.get_xlim()
    axes.add_line(Line2D([x0, x1], [0, 0], color=_NONE.colour, linewidth=0.8, label="treat none", zorder=1.5))
    treat_all = shown.strategies.get("treat all")
    if treat_all is not None:
        xs, ys = _cut(treat_all["threshold"], treat_all["net_benefit"], low)
        look: dict[str, Any] = {"color": _ALL.colour, "linestyle": _ALL.dash, "linewidth": 0.9}
        axes.add_line(Line2D(xs, ys, label="treat all", clip_on=False, zorder=1.6, **look))
    for threshold in shown.thresholds:
        look = {"color": RULE, "linestyle": (0, (1, 1.6)), "linewidth": THIN_WIDTH, "zorder": 1}
        axes.add_line(Line2D([threshold] * 2, axes.get_ylim(), label="threshold", **look))


def _curves(shown: Shown, axes: Axes, low: float) -> None:
    filled = len(shown.banded) <= FILLED
    for entry in shown.banded:
        style = shown.style(str(entry["reader"]))
        if filled:
            for corners in _bands(entry, low):
                look: dict[str, Any] = {"facecolors": pale(style.colour, _BAND), "zorder": 1.2}
                axes.add_collection(PolyCollection([corners], label=f"band: {entry['reader']}", **look), autolim=False)
            continue
        for side in ("low", "high"):
            xs, ys = _cut(entry["threshold"], entry[side], low)
            look = {"color": style.faint, "linestyle": style.dash, "linewidth": THIN_WIDTH, "zorder": 1.3}
            axes.add_line(Line2D(xs, ys, label=f"{side}: {entry['reader']}", clip_on=False, **look))
    for entry in reversed(shown.curves):
        xs, ys = _cut(entry["threshold"], entry["net_benefit"], low)
        look = {**_line(shown, Observer.of(entry)), "clip_on": False}
        axes.add_line(Line2D(xs, ys, label=f"curve: {entry['reader']}", **look))


def _line(shown: Shown, who: Observer) -> dict[str, Any]:
    if who.kind == "model":
        style = shown.style(who.name)
        width = THIN_WIDTH if shown.crowded else CURVE_WIDTH
        return {"color": style.colour, "linestyle": style.dash, "linewidth": width, "zorder": 2.5}
    if who.kind == "human":
        style = _series_style(shown.picked, who)
        return {"color": style.faint, "linestyle": style.dash, "linewidth": THIN_WIDTH, "zorder": 1.8}
    return {"color": FRAME, "linestyle": (0, (1.2, 1.2)), "linewidth": THIN_WIDTH, "zorder": 2}


def _series_style(picked: Picked, who: Observer) -> Style:
    return picked.series_styles.get((who.group, who.modality), _ALL)


def _bands(entry: Mapping[str, Any], low: float) -> list[list[tuple[float, float]]]:
    """The corners of the band, in as many pieces as it is defined in; nothing of it lies below the axis."""
    pieces: list[list[tuple[float, float, float]]] = [[]]
    for x, below, above in zip(entry["threshold"], entry["low"], entry["high"], strict=True):
        if known(below) and known(above) and above >= low:
            pieces[-1].append((x, max(below, low), above))
        elif pieces[-1]:
            pieces.append([])
    return [
        [*((x, below) for x, below, _ in piece), *((x, above) for x, _, above in reversed(piece))]
        for piece in pieces
        if len(piece) > 1
    ]


def _points(shown: Shown, axes: Axes, low: float) -> None:
    def draw(
        estimates: Iterable[Estimate], label: str, zorder: float, marker: Mapping[str, Any], aside: float = 0.0
    ) -> None:
        inside = [e for e in estimates if e.estimate >= low]
        x, y = [e.threshold + aside for e in inside], [e.estimate for e in inside]
        axes.add_line(Line2D(x, y, label=label, clip_on=False, zorder=zorder, **marker))

    start, end = axes.get_xlim()
    of_series = {
        series: [e for e in shown.readers if (e.reader_group, e.modality) == series] for series in shown.series
    }
    for i, (series, own) in enumerate(of_series.items()):
        aside = (i - (len(of_series) - 1) / 2) * _DODGE * (end - start) if shown.many else 0.0
        marker = reader_marker(shown.picked.series_styles[series], 0.8 if shown.many else 1.0)
        draw(own, f"readers: {shown.picked.series_label(series)}", 3, marker, aside)
    for model in reversed(shown.model_names):
        own = [e for e in shown.models if e.reader == model and not (shown.crowded and shown.curves)]
        draw(own, f"model: {model}", 3.5, call_marker(shown.style(model), 0.5 if shown.crowded else 0.8))
    for e in shown.consensus:
        style = shown.picked.consensus_styles[e.reader, e.modality]
        draw([e], f"consensus: {shown.picked.reader_label(e)}", 4, consensus_marker(style, 0.8))


def _entries(shown: Shown, thresholds: Sequence[float]) -> list[Entry]:
    """The legend, with the numbers at `thresholds` if they are few."""
    picked = shown.picked
    said = thresholds if len(thresholds) <= NUMBERED else []
    entries = []
    curves = {str(e["reader"]) for e in shown.curves if e["reader_kind"] == "model"}
    calls = {str(e.reader) for e in shown.models}
    if shown.crowded:
        parts = frozenset({"thin curve"} if curves else {"call"})
        count = words.counted(len(shown.model_names), "model")
        lines = tuple(f"at {at(t)}: {words.value_range([e for e in shown.models if e.threshold == t])}" for t in said)
        entries.append(Entry(MUTED_MODEL, parts, count, lines))
    for model in [] if shown.crowded else shown.model_names:
        parts = frozenset(({"curve"} if model in curves else set()) | ({"call"} if model in calls else set()))
        own = {e.threshold: e for e in shown.models if e.reader == model}
        lines = tuple(f"at {at(t)}: {_number(own[t])}" for t in said if t in own)
        entries.append(Entry(shown.style(model), parts, model, lines))
    if "treat all" in shown.strategies:
        entries.append(Entry(_ALL, frozenset({"curve"}), "treat all"))
    entries.append(Entry(_NONE, frozenset({"thin curve"}), "treat none"))
    for series in picked.series:
        own_readers = [e for e in shown.readers if (e.reader_group, e.modality) == series]
        lined = [e for e in shown.curves if e["reader_kind"] == "human" and Observer.of(e)[2:] == series]
        if own_readers or lined:
            style = picked.series_styles[series]
            names = {e.reader for e in own_readers} | {e["reader"] for e in lined}
            parts = frozenset(({"dot"} if own_readers else set()) | ({"thin curve"} if lined else set()))
            lines = (words.counted(len(names), "reader"),)
            for t in said:
                here = [e for e in own_readers if e.threshold == t]
                if here:
                    lines += (f"at {at(t)}: {words.value_range(here) if len(here) > 1 else _number(here[0])}",)
            entries.append(Entry(style, parts, picked.series_label(series), lines))
    stars = {(e.reader, e.modality): e for e in reversed(shown.consensus)}
    for e in reversed(list(stars.values())):
        own = {c.threshold: c for c in shown.consensus if (c.reader, c.modality) == (e.reader, e.modality)}
        lines = tuple(f"at {at(t)}: {_number(own[t])}" for t in said if t in own)
        style = picked.consensus_styles[e.reader, e.modality]
        entries.append(Entry(style, frozenset({"star"}), picked.reader_label(e), lines))
    return entries


def _number(e: Estimate) -> str:
    inside = f" ({text.interval(e)})" if text.interval(e) else ""
    return f"{text.value(e)}{inside}"
