"""Rows of estimates with their intervals around a line at 0: what forest plots are made of."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Canvas
from readerstudy.figures._label import plain, shorten, width
from readerstudy.figures._palette import ARM_WIDTH, FAINT, FRAME, INK, RULE, THIN_WIDTH, pale
from readerstudy.figures._sheet import columns_of, page_height, sheet_width
from readerstudy.measures import MEASURES

_LEFT, _RIGHT, _TOP = 1.0, 1.0, 2.0
_ROW_MM, _SMALL_ROW_MM, _FEW_ROWS = 4.2, 3.3, 30
_PAGE_MM = 212.0
"""A page of A4 with room for the caption."""
_FOOT_MM = 10.5
_LABEL_MM = {1: 62.0, 2: 46.0, 3: 33.0}
"""Most room for the labels of rows beside so many panels."""
_HEADING_MM = 26.0
"""Room that a heading takes before the panels give way to it."""
_INDENT_MM = 2.2
_ABOVE_MM = 3.0
"""From a label above a row to the row."""
_GAP_MM, _BETWEEN_MM = 2.0, 4.0
"""Before the numbers of a panel, and between panels."""
_PLOT_MM = 96.0
_TICK_MM = 0.9
_TICK_GAP_MM, _TICKS = 0.9, 9
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_REACH = 3.0
"""An interval that goes further from the outermost estimate than so many usual half-widths is cut."""
_MARGIN_COLOUR = "#D55E00"
_SHADE = pale(_MARGIN_COLOUR, 0.14)
_LEAST_PLOT_MM, _LEAST_PANEL_MM, _WIDE_MM = 24.0, 48.0, 150.0
"""On a narrow sheet, the narrowest plot beside its label and the least room for a panel; and what sheet is wide."""
_TOGETHER = 8
"""Most rows below a heading that are not parted by a page."""
CONTINUED = " (continued)"
"""Ends a heading that is repeated on a further page."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Look:
    """How the estimate of a row is drawn: the keywords of its marker, and the colour and width of its interval."""

    marker: Mapping[str, Any]
    colour: str
    linewidth: float = ARM_WIDTH


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the plot: a heading, or estimates.

    Parameters
    ----------
    label, depth, bold
        What stands at the left, how far it is set in, and whether it is set bold.
    estimates
        The record of each panel; empty in a heading.
    look
        How they are drawn.
    beside
        What stands in a column of its own before the panels, such as the number of cases.
    told
        What a heading says in each panel in place of numbers.
    margins
        For each panel the margins of an endpoint of the protocol: below one that is negative and above one that is
        positive lies what the endpoint is to rule out.
    """

    label: str
    depth: int = 0
    bold: bool = False
    estimates: tuple[Estimate | None, ...] = ()
    look: Look | None = None
    beside: str = ""
    told: tuple[str, ...] = ()
    margins: tuple[tuple[float, ...], ...] = ()

    @property
    def drawn(self) -> list[Estimate]:
        """The records that have a place on an axis."""
        return [e for e in self.estimates if e is not None and math.isfinite(e.estimate)]


def across() -> int:
    """Most panels that the sheet has room for beside each other."""
    return 3 if sheet_width() >= _WIDE_MM else columns_of(2, _LEAST_PANEL_MM)


def bare(shown: str) -> str:
    """A number of percentage points without its sign, which the head of the panel has."""
    return shown.replace("%", "")


class Chart:
    """The measures of a plot, the same on each of its pages.

    Parameters
    ----------
    heads, measures
        What stands above each panel, and what is measured in it.
    rows
        Every row of every page.
    beside
        The head of the column before the panels; empty where there is none.
    """

    def __init__(self, heads: Sequence[str], measures: Sequence[str], rows: Sequence[Row], beside: str = "") -> None:
        self.heads, self.measures, self.beside = list(heads), list(measures), beside
        n = len(self.heads)
        self.row_mm = _ROW_MM if len(rows) <= _FEW_ROWS else _SMALL_ROW_MM
        self.stacked = False
        longest = max(_length(row) for row in rows if row.estimates or any(row.told))
        # A heading may stand across the panels, but need not where a little room is enough.
        longest = max(longest, min(_HEADING_MM, max(map(_length, rows))))
        self.label_mm = min(longest + 1.5, _LABEL_MM[n])
        rooms = [width(row.beside, SMALL_SIZE) for row in rows] + [width(beside, SMALL_SIZE)]
        self.beside_mm = max(rooms) + 2.5 if beside else 0.0
        shown = [[e for row in rows if (e := _at(row.estimates, i))] for i in range(n)]
        self.value_mm = [max(width(bare(text.value(e)), SMALL_SIZE) for e in es) for es in shown]
        self.numbers_mm = [
            value + max(width(_inside(e), SMALL_SIZE) for e in es) + 1.0
            for value, es in zip(self.value_mm, shown, strict=True)
        ]
        pitch = self._plots(n)
        if min(self.plot_mm) < _LEAST_PLOT_MM and sheet_width() < _WIDE_MM:
            # Labels stand above their rows, so that the whole width is left for the panels.
            self.stacked, self.label_mm, self.beside_mm = True, sheet_width() - _LEFT - _RIGHT, 0.0
            pitch = self._plots(n)
        # What is not needed for one panel is left empty at the right.
        self.lefts = [self.start + i * pitch for i in range(n)]
        self.margins = [sorted({m for row in rows for m in _at(row.margins, i) or ()}) for i in range(n)]
        self.limits = [_limits(es, margins) for es, margins in zip(shown, self.margins, strict=True)]
        self.head_mm = 4.0 + (LINE_MM if any(self.margins) else 0.0)
        row_mm = self.row_mm + (_ABOVE_MM if self.stacked else 0.0)
        self.rows_of_page = int((page_height(_PAGE_MM) - _TOP - self.head_mm - _FOOT_MM) / row_mm)
        self.cut = any(
            e.conf_low < low or e.conf_high > high
            for es, (low, high) in zip(shown, self.limits, strict=True)
            for e in es
        )

    def _plots(self, n: int) -> float:
        """Set where the panels start and how wide their plots are; returns the width of a panel with its gap."""
        self.start = _LEFT + (1.5 if self.stacked else self.label_mm + self.beside_mm + 3.0)
        pitch = (sheet_width() - self.start - _RIGHT + _BETWEEN_MM) / n
        self.plot_mm = [min(_PLOT_MM, pitch - _BETWEEN_MM - numbers - _GAP_MM) for numbers in self.numbers_mm]
        return pitch

    def _tops(self, rows: Sequence[Row]) -> list[float]:
        """Where each row begins and the last one ends, counted in the height of a row without a label above it."""
        tops = [0.0]
        for row in rows:
            tops.append(tops[-1] + 1 + self._above(row))
        return tops

    def _above(self, row: Row) -> float:
        """Room for the label above a row, counted in the height of the row."""
        return _ABOVE_MM / self.row_mm if self.stacked and row.estimates else 0.0

    def _runs_on(self, row: Row) -> bool:
        """Whether a heading is so long, and has so little to say in the panels, that it stands across them."""
        room = self.label_mm + self.beside_mm - row.depth * _INDENT_MM
        return not (row.estimates or any(row.told)) and width(plain(row.label), TEXT_SIZE, bold=row.bold) > room

    def page(self, rows: Sequence[Row]) -> tuple[Canvas, list[Axes]]:
        """Draw some of the rows on a sheet of their own."""
        tops = self._tops(rows)
        body = tops[-1] * self.row_mm
        top = _TOP + self.head_mm
        canvas = Canvas(sheet_width(), top + body + _FOOT_MM)
        for i, row in enumerate(rows):
            baseline = top + (tops[i] + 0.5) * self.row_mm + (0.0 if self._above(row) else 0.9)
            left = _LEFT + row.depth * _INDENT_MM
            room = sheet_width() / 2 if self._runs_on(row) else self.label_mm - row.depth * _INDENT_MM
            if self.stacked:
                room -= max((width(told, SMALL_SIZE) + 2.0 for told in (row.beside, *row.told) if told), default=0.0)
            weight = "bold" if row.bold else "normal"
            colour = INK if row.estimates or row.bold else FAINT
            label = shorten(row.label, room, TEXT_SIZE, bold=row.bold)
            canvas.text(left, baseline, label, fontweight=weight, color=colour)
            if row.beside:
                at = _LEFT + self.label_mm + self.beside_mm
                said = f"{self.beside} = {row.beside}" if self.stacked else row.beside
                canvas.text(at, baseline, said, size=SMALL_SIZE, color=FAINT, ha="right")
        if self.beside and not self.stacked:
            at = _LEFT + self.label_mm + self.beside_mm
            canvas.text(at, _TOP + 2.4, self.beside, size=SMALL_SIZE, color=FAINT, ha="right")
        axes = [self._panel(canvas, i, rows, top, body) for i in range(len(self.heads))]
        return canvas, axes

    def _panel(self, canvas: Canvas, i: int, rows: Sequence[Row], top: float, body: float) -> Axes:
        left, plot, (low, high) = self.lefts[i], self.plot_mm[i], self.limits[i]
        room = plot + _GAP_MM + self.numbers_mm[i]
        canvas.text(left, _TOP + 2.4, shorten(self.heads[i], room, TEXT_SIZE, bold=True), fontweight="bold")
        tops = self._tops(rows)
        axes = canvas.panel(left, top, plot, body, (low, high), (tops[-1], 0))
        self._margins(canvas, axes, i, rows, left, room)
        # The line gives way to a heading that runs across it.
        at = left - low / (high - low) * plot
        crossed = [self._runs_on(row) and _LEFT + min(_length(row), sheet_width() / 2) > at - 1.0 for row in rows]
        starts = [float("nan") if gap else tops[place] for place, gap in enumerate(crossed)]
        if self.stacked:
            lines = [(tops[place] + self._above(row), row) for place, row in enumerate(rows)]
            ys = [y for start, row in lines if row.estimates for y in (start, start + 1, float("nan"))]
        else:
            ys = [y for start, end in zip(starts, tops[1:], strict=True) for y in (start, end)]
        axes.add_line(Line2D([0.0] * len(ys), ys, color=FRAME, linewidth=THIN_WIDTH, label="0", zorder=1.5))
        segments, colours, widths = [], [], []
        value_x = left + plot + _GAP_MM + self.value_mm[i]
        for place, row in enumerate(rows):
            y = tops[place] + self._above(row) + 0.5
            baseline = top + y * self.row_mm + 0.8
            if told := _at(row.told, i):
                canvas.text(left + room, baseline, told, size=SMALL_SIZE, ha="right")
            e = _at(row.estimates, i)
            if e is None:
                continue
            weight = "bold" if row.bold else "normal"
            canvas.text(value_x, baseline, bare(text.value(e)), size=SMALL_SIZE, ha="right", fontweight=weight)
            canvas.text(value_x + 1.0, baseline, _inside(e), size=SMALL_SIZE, color=FAINT)
            if not math.isfinite(e.estimate) or row.look is None:
                continue
            if math.isfinite(e.conf_low + e.conf_high):
                segments.append([(max(e.conf_low, low), y), (min(e.conf_high, high), y)])
                colours.append(row.look.colour)
                widths.append(row.look.linewidth)
                self._arrowheads(axes, e, y, low, high, row.look.colour)
            axes.add_line(Line2D([e.estimate], [y], label=e.key, clip_on=False, zorder=3, **row.look.marker))
        intervals = LineCollection(
            segments, colors=colours, linewidths=widths, label=f"intervals: {self.heads[i]}", clip_on=False, zorder=2
        )
        axes.add_collection(intervals, autolim=False)
        self._axis(canvas, i, left, top + body)
        return axes

    def rule_at(self, axes: Axes, value: float, rows: Sequence[Row]) -> None:
        """A thin dotted line down a panel: where the estimate over all cases lies."""
        look: dict[str, Any] = {"color": RULE, "linewidth": THIN_WIDTH, "linestyle": (0, (1, 1.6))}
        ys = [0, self._tops(rows)[-1]]
        if self.stacked:
            tops = [top + self._above(row) for row, top in zip(rows, self._tops(rows), strict=False) if row.estimates]
            ys = [y for top in tops for y in (top, top + 1, float("nan"))]
        axes.add_line(Line2D([value] * len(ys), ys, label="all cases", **look))

    def _arrowheads(self, axes: Axes, e: Estimate, y: float, low: float, high: float, colour: str) -> None:
        """Where an interval goes on beyond the axis."""
        for limit, beyond, marker in ((low, e.conf_low < low, "<"), (high, e.conf_high > high, ">")):
            if beyond:
                look: dict[str, Any] = {"marker": marker, "markersize": 2.6, "markeredgewidth": 0}
                axes.add_line(
                    Line2D([limit], [y], color=colour, linestyle="none", label="goes on", clip_on=False, **look)
                )

    def _margins(self, canvas: Canvas, axes: Axes, i: int, rows: Sequence[Row], left: float, room: float) -> None:
        """Shade what the endpoints are to rule out, in the rows that they concern."""
        low, high = self.limits[i]
        boxes, lines = [], []
        tops = self._tops(rows)
        for row, top in zip(rows, tops, strict=False):
            place = top + self._above(row)
            for margin in _at(row.margins, i) or ():
                boxes.append((low, margin, place) if margin < 0 else (margin, high, place))
                lines.append([(margin, place), (margin, place + 1)])
        if not boxes:
            return
        for start, end, place in boxes:
            axes.fill(
                [start, end, end, start], [place, place, place + 1, place + 1], color=_SHADE, linewidth=0, zorder=1
            )
        dashed: dict[str, Any] = {"colors": _MARGIN_COLOUR, "linestyles": [(0, (2.4, 1.4))], "linewidths": 0.9}
        axes.add_collection(LineCollection(lines, label="margins", zorder=1.8, **dashed), autolim=False)
        named = [bare(_number(self.measures[i], margin)) for margin in self.margins[i]]
        y = _TOP + 2.4 + LINE_MM
        canvas.boxes([(left, y - 1.9, 4.0, 2.1)], [_SHADE])
        canvas.line(
            [left + 4.0] * 2, [y - 1.9, y + 0.2], color=_MARGIN_COLOUR, linestyle=(0, (2.4, 1.4)), linewidth=0.9
        )
        label = f"margin{'s' if len(named) > 1 else ''} {', '.join(named)}"
        canvas.text(left + 5.4, y, shorten(label, room - 5.4, SMALL_SIZE), size=SMALL_SIZE, color=FAINT)

    def _axis(self, canvas: Canvas, i: int, left: float, bottom: float) -> None:
        (low, high), plot = self.limits[i], self.plot_mm[i]
        percent = MEASURES[self.measures[i]].percent
        xs, ys, gap = [left, left + plot], [bottom, bottom], float("nan")
        for tick, label in _ticks(low, high, plot, percent=percent).items():
            x = left + (tick - low) / (high - low) * plot
            xs += [gap, x, x]
            ys += [gap, bottom, bottom + _TICK_MM]
            canvas.text(x, bottom + _TICK_MM + 2.6, label, ha="center")
        canvas.line(xs, ys, color=FRAME, linewidth=0.6, solid_capstyle="butt")
        title = "Difference (percentage points)" if percent else "Difference"
        if width(title, TEXT_SIZE) > plot + 2 * _GAP_MM:
            title = "Percentage points" if percent else "Difference"
        canvas.text(left + plot / 2, bottom + 7.4, shorten(title, plot + 2 * _GAP_MM, TEXT_SIZE), ha="center")


def paged(rows: Sequence[Row], size: int) -> list[list[Row]]:
    """The rows in pages; a page that begins within a part repeats its headings, and none ends with a heading."""
    n_pages = math.ceil(len(rows) / size)
    if n_pages > 1:
        # As many rows on the last page as on the first, as far as the repeated headings allow.
        size = min(size, math.ceil(len(rows) / n_pages) + 3)
    pages: list[list[Row]] = [[]]
    open_heads: list[Row] = []
    waiting: list[Row] = []
    for i, row in enumerate(rows):
        if not row.estimates:
            open_heads = [head for head in open_heads if head.depth < row.depth]
            open_heads.append(row)
            waiting.append(row)
            continue
        open_heads = [head for head in open_heads if head.depth < row.depth]
        waiting = [head for head in waiting if head in open_heads]
        run = next((n for n, other in enumerate(rows[i:]) if not other.estimates), len(rows) - i)
        needed = run if waiting and run <= _TOGETHER else 1
        if pages[-1] and len(pages[-1]) + len(waiting) + needed > size:
            again = [
                head if head in waiting else dataclasses.replace(head, label=f"{head.label}{CONTINUED}")
                for head in open_heads
            ]
            pages.append([*again, row])
        else:
            pages[-1] += [*waiting, row]
        waiting = []
    return [page for page in pages if page]


def _length(row: Row) -> float:
    return width(plain(row.label), TEXT_SIZE, bold=row.bold) + row.depth * _INDENT_MM


def _at(values: Sequence[Any], i: int) -> Any:
    return values[i] if i < len(values) else None


def _inside(e: Estimate) -> str:
    return f"({bare(text.interval(e))})" if text.interval(e) else ""


def _number(measure: str, value: float) -> str:
    return text.value(Estimate(measure=measure, estimate=value))


def _limits(estimates: Iterable[Estimate], margins: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis: 0, all estimates and margins, and the intervals but for what is far out of any other."""
    known = [e for e in estimates if math.isfinite(e.estimate)]
    values = [0.0, *margins, *(e.estimate for e in known)]
    with_interval = [e for e in known if math.isfinite(e.conf_low + e.conf_high)]
    low, high = min(values), max(values)
    if with_interval:
        reach = _REACH * statistics.median((e.conf_high - e.conf_low) / 2 for e in with_interval)
        ends = [min(e.conf_low for e in with_interval), max(e.conf_high for e in with_interval)]
        low, high = min(low, max(ends[0], low - reach)), max(high, min(ends[1], high + reach))
    room = 0.04 * (high - low) or 0.01
    return low - room, high + room


def _ticks(low: float, high: float, plot_mm: float, *, percent: bool) -> dict[float, str]:
    """Where the ticks of an axis stand and what they say: as many as have room beside each other."""
    for step in (*_STEPS, 1.0):
        ticks = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
        named = [text.fixed(t * 100, 0) if percent else text.fixed(t, 2 if step < 0.1 else 1) for t in ticks]
        room = step / (high - low) * plot_mm
        if len(ticks) <= _TICKS and all(width(label, TEXT_SIZE) + _TICK_GAP_MM <= room for label in named):
            break
    return dict(zip(ticks, named, strict=True))
