"""Power curves: what a study can show with how many cases, or how wide its interval will be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from readerstudy import text
from readerstudy.figures._canvas import Canvas, house_style
from readerstudy.figures._drawn import Drawn
from readerstudy.figures._legend import Entry, place_of
from readerstudy.figures._palette import CURVE_WIDTH, FAINT, THIN_WIDTH, Style, model_styles
from readerstudy.figures._sheet import sheet_width
from readerstudy.figures._svg import to_svg

_LEFT, _TOP, _FOOT = 14.0, 3.0, 10.0
_WIDTH, _HEIGHT = 110.0, 74.0
_LEGEND_MM = 110.0
_NARROW_SHARE = 0.85
"""Height of the plot on a narrow sheet, as a share of its width."""
_STEPS = (1, 2, 2.5, 5)
_TICKS, _FEW_TICKS, _NARROW_MM = 8, 5, 80.0
"""At most so many, about, and on a plot narrower than so many mm."""
_WANTED = Style(FAINT, FAINT, FAINT, "o", (0.0, (1.0, 1.6)))


class Curve(NamedTuple):
    """One line of the figure."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    """nan lifts the pen."""
    reached: tuple[float, float] | None = None
    """Where what is wanted is first had for good: a symbol."""
    told: str = ""
    """Small print under the label."""


def draw(
    curves: Sequence[Curve],
    *,
    name: str,
    title: str,
    caption: str,
    x_title: str,
    y_title: str,
    wanted: float | None = None,
    share: bool = True,
) -> Drawn:
    """The figure of a plan: a curve for each number of readers or each assumption.

    Parameters
    ----------
    curves
        At least one, with labels that differ.
    name, title, caption
        As in `Drawn`; the caption is extended by what lines and symbols mean.
    x_title, y_title
        Of the axes.
    wanted
        What is wanted, drawn as a dotted line across.
    share
        Whether y is a share from 0 to 1; otherwise the axis starts at 0 and ends above the curves.
    """
    with house_style():
        canvas = _draw(curves, x_title, y_title, wanted, share)
    return Drawn(
        name=name,
        kind="power",
        task=None,
        title=title,
        caption=_caption(caption, curves, wanted, share),
        alt=_alt(title, curves, x_title, y_title, share),
        keys=(),
        svg=to_svg(canvas.figure, name),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _draw(curves: Sequence[Curve], x_title: str, y_title: str, wanted: float | None, share: bool) -> Canvas:
    styles = model_styles([curve.label for curve in curves])
    entries = [
        Entry(styles[curve.label], frozenset({"curve"}), curve.label, (curve.told,) if curve.told else ())
        for curve in curves
    ]
    if wanted is not None:
        entries.insert(0, Entry(_WANTED, frozenset({"thin curve"}), f"wanted: {wanted:g}"))
    place = place_of(_LEFT, _WIDTH, 6.0)
    high_mm = min(_HEIGHT, place.width * _NARROW_SHARE) if place.below else _HEIGHT
    plot = _TOP + high_mm + _FOOT
    entries = place.fitted(entries, plot, _LEGEND_MM)
    canvas = Canvas(sheet_width(), place.height(entries, plot, _TOP))
    x0, x1 = min(min(curve.x) for curve in curves), max(max(curve.x) for curve in curves)
    x0 = 0.0 if x0 < 0.3 * x1 else x0
    x1 = x1 if x1 > x0 else x0 + 1
    known = [y for curve in curves for y in curve.y if math.isfinite(y)]
    most = max([*known, wanted or 0.0])
    y1 = 1.0 if share else _round_up(most)
    axes = canvas.panel(_LEFT, _TOP, place.width, high_mm, (x0, x1), (0.0, y1))
    x_ticks = _ticks(x0, x1, _TICKS if place.width >= _NARROW_MM else _FEW_TICKS)
    y_ticks = _ticks(0.0, y1)
    decimals = _decimals(y_ticks)
    canvas.scales(
        axes,
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        x_labels=[f"{tick:,.0f}" if tick == round(tick) else f"{tick:g}" for tick in x_ticks],
        y_labels=[text.fixed(tick, decimals) for tick in y_ticks],
        x_title=x_title,
        y_title=y_title,
        y_title_mm=9.5,
    )
    if wanted is not None:
        look: dict[str, Any] = {
            "color": _WANTED.colour,
            "linestyle": _WANTED.dash,
            "linewidth": THIN_WIDTH,
            "zorder": 1,
        }
        axes.add_line(Line2D(axes.get_xlim(), [wanted] * 2, label="wanted", **look))
    for curve in reversed(curves):
        _line(axes, curve, styles[curve.label])
    place.legend(canvas, entries, plot, _TOP)
    return canvas


def _line(axes: Axes, curve: Curve, style: Style) -> None:
    look: dict[str, Any] = {"color": style.colour, "linestyle": style.dash, "linewidth": CURVE_WIDTH, "zorder": 2}
    line = Line2D(curve.x, curve.y, label=f"curve: {curve.label}", **look)
    axes.add_line(line)
    if curve.reached is not None:
        point = Line2D(
            [curve.reached[0]], [curve.reached[1]], linestyle="none", marker=style.marker, markersize=4.2,
            markerfacecolor="white", markeredgecolor=style.colour, markeredgewidth=1.0, clip_on=False, zorder=3,
            label=f"reached: {curve.label}",
        )  # fmt: skip
        axes.add_line(point)


def _step(reach: float, most: int = _TICKS) -> float:
    unit = 10.0 ** math.floor(math.log10(reach / most))
    return next(step * unit for step in (*_STEPS, 10) if reach / (step * unit) <= most)


def _ticks(low: float, high: float, most: int = _TICKS) -> list[float]:
    step = _step(high - low, most)
    return [round(i * step, 10) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _round_up(most: float) -> float:
    step = _step(most or 1.0)
    return math.ceil((most or 1.0) / step - 1e-9) * step


def _decimals(ticks: Sequence[float]) -> int:
    return max(len(f"{tick:.10f}".rstrip("0").partition(".")[2]) for tick in ticks)


def _caption(caption: str, curves: Sequence[Curve], wanted: float | None, share: bool) -> str:
    said = [caption]
    if wanted is not None:
        said.append(f"Dotted line: {wanted:g}, which is wanted.")
    if any(curve.reached is not None for curve in curves):
        said.append(
            f"Symbols: the fewest cases from which on the curve stays {'at or above' if share else 'at or below'} it."
        )
    return " ".join(said)


def _alt(title: str, curves: Sequence[Curve], x_title: str, y_title: str, share: bool) -> str:
    said = [f"{title}. {y_title} against {x_title[:1].lower()}{x_title[1:]}."]
    for curve in curves:
        known = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(y)]
        if not known:
            said.append(f"{curve.label}: undefined.")
            continue
        (first, start), (last, end) = known[0], known[-1]
        digits = 2 if share else 3
        sentence = f"{curve.label}: {text.fixed(start, digits)} at {first:g}, {text.fixed(end, digits)} at {last:g}"
        if curve.reached is not None:
            sentence += f"; {text.fixed(curve.reached[1], digits)} at {curve.reached[0]:g}"
        said.append(sentence + ".")
    return " ".join(said)
