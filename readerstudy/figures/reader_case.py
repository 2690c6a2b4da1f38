"""Who was right in which case: a row for every observer, a column for every case."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._brackets import Span, bracket_width, brackets
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Box, Canvas, Pixels, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten, width
from readerstudy.figures._palette import FAINT, FRAME, THIN_WIDTH
from readerstudy.figures._pick import Observer, Picked
from readerstudy.figures._sheet import TooNarrowError, page_height, sheet_width

Codes = npt.NDArray[np.int_]

_TOP, _GAP, _RIGHT = 2.0, 1.2, 26.0
_LABEL_MM = 26.0
_BAND_MM, _BAND_GAP = 1.6, 0.9
_ROW_MM, _NARROW_ROW_MM, _LEAST_ROW_MM, _PAGE_MM = 4.6, 5.9, 2.5, 190.0
_AROUND_MM = 40.0
"""Height of what stands above and below the rows."""
_WIDE_MM, _NARROW_RIGHT, _LEAST_MM = 120.0, 12.0, 25.0
"""A sheet with room for the fraction beside the accuracy, the right margin without it, and the narrowest matrix."""
_LEADER_MM = 3.2
_NAME_MM = 22.0
"""Most room for the name of a class."""
_RASTER, _RASTER_CELLS = 2000, 10_000
"""Most cases, and most cells, that are drawn as shapes; more become a picture, which stays small."""
_DPI = 300
_BANDS = ("#4d4d4d", "#b3b3b3")
_ROW_FILL = 0.86
"""Height of a row's cells as a share of the row."""

_COLOURS = {
    "right": "#c6dbef",
    "true positive": "#9ecae1",
    "true negative": "#deebf7",
    "wrong": "#D55E00",
    "false negative": "#D55E00",
    "false positive": "#E69F00",
    "other": "#7a3b69",
    "not read": "#ffffff",
}
_BEHIND = ("right", "true positive", "true negative")
_LEGEND_LINE_MM = 3.8
_OTHER_WORDS = "wrong, outside the classes"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReaderCaseDisplay(Display):
    """A matrix of observers by cases. Cases stand in the order of `Results`: by class, then by how many were right.

    Parameters
    ----------
    observers
        The rows from above.
    states
        What each cell shows, a name of `legend` by its place, shape (observer, case).
    legend
        ``"right"``, ``"wrong"`` and ``"not read"``, or in a binary task the four outcomes of a test.
    rasterised
        Whether the cells are a picture.
    """

    observers: tuple[Observer, ...]
    states: Codes
    legend: tuple[str, ...]
    rasterised: bool


def displays(picked: Picked, task: str) -> list[ReaderCaseDisplay]:
    """The matrix of a task, over as many figures as pages are needed; none where `Results` has no table of it."""
    found = []
    for entry in picked.results.tables.get("reader_case", ()):
        if entry["task"] == task and entry["truth"] and entry["observers"]:
            found += _pages(picked, task, entry)
    return found


def _pages(picked: Picked, task: str, entry: Mapping[str, Any]) -> list[ReaderCaseDisplay]:
    observers = [Observer.of(record) for record in entry["observers"]]
    order = sorted(range(len(observers)), key=lambda i: picked.place(observers[i]))
    truth, calls = np.array(entry["truth"]), np.array(entry["calls"])[order]
    binary = picked.is_binary(task) and len(entry["classes"]) == 2
    states, names = _states(truth, calls, len(entry["classes"]), binary=binary)
    size = int((page_height(_PAGE_MM + _AROUND_MM) - _AROUND_MM) / _LEAST_ROW_MM)
    pages = [order[i : i + size] for i in range(0, len(order), size)]
    drawn = []
    for i, page in enumerate(pages):
        rows = _Rows(picked, task, [observers[j] for j in page], states[i * size : i * size + len(page)], names)
        with house_style():
            canvas = _draw(rows, truth, entry["classes"])
        part = f", part {i + 1} of {len(pages)}" if len(pages) > 1 else ""
        drawn.append(
            ReaderCaseDisplay(
                figure=canvas.figure,
                axes=(),
                observers=tuple(rows.observers),
                states=rows.states,
                legend=names,
                rasterised=rows.rasterised,
                task=task,
                title=f"Readers by cases: {shorten(task, 70, TEXT_SIZE)}{part}",
                caption=_caption(task, rows, truth),
                alt=_alt(picked, task, rows, truth, entry["classes"]),
                keys=tuple(e.key for e in rows.accuracies if e),
                width_mm=canvas.width,
                height_mm=canvas.height,
            )
        )
    return drawn


def _states(truth: Codes, calls: Codes, n_classes: int, *, binary: bool) -> tuple[Codes, tuple[str, ...]]:
    """What every cell shows, and what that is called."""
    names: tuple[str, ...]
    if binary:
        names = ("true negative", "true positive", "false positive", "false negative", "other", "not read")
        states = np.where(calls == truth, truth, 2 + truth)
    else:
        names = ("right", "wrong", "other", "not read")
        states = np.where(calls == truth, 0, 1)
    states[calls >= n_classes] = names.index("other")
    states[calls < 0] = names.index("not read")
    return states, names


class _Rows:
    """The rows of one figure with what stands beside them."""

    def __init__(
        self, picked: Picked, task: str, observers: Sequence[Observer], states: Codes, names: tuple[str, ...]
    ) -> None:
        self.observers, self.states, self.names = list(observers), states, names
        self.several_modalities = picked.several_modalities
        accuracies = {
            (e.reader, e.modality): e
            for kind in ("model", "human", "consensus")
            for e in picked.records(task, None, "accuracy", kind)
        }
        self.accuracies: list[Estimate | None] = [accuracies.get((o.name, o.modality)) for o in observers]
        groups = itertools.groupby(range(len(self.observers)), lambda i: self._group(i))
        self.groups = [(label, list(rows)) for label, rows in groups]
        self.wide = sheet_width() >= _WIDE_MM
        page = page_height(_PAGE_MM + _AROUND_MM) - _AROUND_MM
        self.row_mm = max(
            _LEAST_ROW_MM,
            min(_ROW_MM if self.wide else _NARROW_ROW_MM, page / (len(self.observers) + len(self.groups))),
        )
        longest = max(width(plain(o.name), TEXT_SIZE) for o in observers)
        self.label_mm = min(_LABEL_MM if self.wide else sheet_width() / 4, longest + 1.0)
        self.left = 2.0 + self.label_mm + bracket_width(self.spans(0.0))
        self.right = _RIGHT if self.wide else _NARROW_RIGHT
        self.width = sheet_width() - self.left - self.right
        if self.width < _LEAST_MM:
            raise TooNarrowError(sheet_width() + (_LEAST_MM - self.width) / (1.0 if self.wide else 0.75))
        used = np.unique(states)
        self.rasterised = states.shape[1] > _RASTER or states.size > _RASTER_CELLS
        self.legend = [name for i, name in enumerate(names) if i in used]

    def _group(self, row: int) -> str:
        observer = self.observers[row]
        parts = [observer.group, observer.modality if self.several_modalities else None]
        return ", ".join(part for part in parts if part)

    @property
    def tops(self) -> list[float]:
        """The upper edge of every row, counted from the first; groups stand apart."""
        tops, y = [], 0.0
        for i, (_, rows) in enumerate(self.groups):
            y += _GAP if i else 0.0
            for _ in rows:
                tops.append(y)
                y += self.row_mm
        return tops

    def spans(self, top: float) -> list[Span]:
        """The rows of each group, the first row being at `top`."""
        tops, height = self.tops, self.row_mm * _ROW_FILL
        return [(label, top + tops[rows[0]], top + tops[rows[-1]] + height) for label, rows in self.groups]


def _draw(rows: _Rows, truth: Codes, classes: Sequence[str]) -> Canvas:
    bands = _bands(truth)
    scale = rows.width / len(truth)
    labels = [f"{shorten(classes[code], _NAME_MM, SMALL_SIZE)} ({end - start})" for code, start, end in bands]
    middles = [rows.left + (start + end) / 2 * scale for _, start, end in bands]
    sizes = [width(label, SMALL_SIZE) + 2.0 for label in labels]
    upright = sum(sizes) > rows.width + 8.0
    if upright:
        name_mm = max(sizes) - 2.0 + _LEADER_MM
        sizes = [LINE_MM - 0.4] * len(labels)
    places = _spread(middles, sizes, rows.left - 4.0, rows.left + rows.width + 4.0)
    if not upright:
        name_mm = LINE_MM if places == middles else LINE_MM - 0.8 + _LEADER_MM
    top = _TOP + name_mm + _BAND_MM + _BAND_GAP
    tops = [top + y for y in rows.tops]
    bottom = tops[-1] + rows.row_mm
    canvas = Canvas(sheet_width(), bottom + 7.5 + (len(_legend_lines(rows)) - 1) * _LEGEND_LINE_MM)
    _class_names(canvas, labels, places, middles, upright=upright)
    band_top = _TOP + name_mm
    for i, colour in enumerate(_BANDS):
        own = bands[i::2]
        if own:
            boxes = [(rows.left + a * scale, band_top, (b - a) * scale, _BAND_MM) for _, a, b in own]
            canvas.area(boxes, colour, label=f"bands {i + 1}")
    if rows.rasterised:
        _picture(canvas, rows, tops)
    else:
        _shapes(canvas, rows, tops, bands, scale)
    # A white line between the classes.
    edges = [rows.left + start * scale for _, start, _ in bands[1:]]
    gap = float("nan")
    xs, ys = [v for x in edges for v in (x, x, gap)], [v for _ in edges for v in (band_top, bottom, gap)]
    narrowest = min(end - start for _, start, end in bands) * scale
    canvas.line(xs, ys, color="white", linewidth=min(1.0, narrowest), label="between classes", zorder=2.5)
    _beside(canvas, rows, tops, band_top + _BAND_MM)
    _legend(canvas, rows, bottom + 4.5)
    return canvas


def _bands(truth: Codes) -> list[tuple[int, int, int]]:
    """Class, first case and the case after the last of every run of one class."""
    edges = [0, *(np.flatnonzero(np.diff(truth)) + 1).tolist(), len(truth)]
    return [(int(truth[a]), a, b) for a, b in itertools.pairwise(edges)]


def _class_names(
    canvas: Canvas, labels: Sequence[str], places: Sequence[float], middles: Sequence[float], *, upright: bool
) -> None:
    """The names above their bands, and a line to the band of a name that had to move."""
    longest = max(width(label, SMALL_SIZE) for label in labels)
    bottom = _TOP + (longest if upright else LINE_MM - 0.8)
    for label, x, middle in zip(labels, places, middles, strict=True):
        if upright:
            turned = {"rotation": 90, "rotation_mode": "anchor"}
            canvas.text(x + 0.75, bottom, label, size=SMALL_SIZE, **turned)
        else:
            canvas.text(x, bottom, label, size=SMALL_SIZE, ha="center")
        if upright or x != middle:
            canvas.line([x, middle], [bottom + 0.8, bottom + _LEADER_MM], color=FRAME, linewidth=THIN_WIDTH)


def _spread(middles: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """The ascending `middles` of things of these sizes, moved apart as little as needed between `low` and `high`."""
    moved: list[float] = []
    for middle, size in zip(middles, sizes, strict=True):
        moved.append(max(middle, low + size / 2))
        low = moved[-1] + size / 2
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], high - sizes[i] / 2)
        high = moved[i] - sizes[i] / 2
    return moved


def _shapes(
    canvas: Canvas, rows: _Rows, tops: Sequence[float], bands: Sequence[tuple[int, int, int]], scale: float
) -> None:
    """Every class of every row in the colour of right calls, then a rectangle for every run of other cells."""
    height = rows.row_mm * _ROW_FILL
    runs: dict[str, list[Box]] = {}
    for y, states in zip(tops, rows.states, strict=True):
        for _, first, last in bands:
            here = states[first:last]
            behind = [rows.names[i] for i in np.unique(here) if rows.names[i] in _BEHIND]
            for name in behind:
                runs.setdefault(name, []).append((rows.left + first * scale, y, (last - first) * scale, height))
        edges = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
        for a, b in itertools.pairwise(edges):
            name = rows.names[states[a]]
            if name not in _BEHIND:
                runs.setdefault(name, []).append((rows.left + a * scale, y, (b - a) * scale, height))
    for name in rows.legend:
        canvas.area(runs[name], _COLOURS[name], label=f"cells: {name}", zorder=1.0 if name in _BEHIND else 1.5)


def _picture(canvas: Canvas, rows: _Rows, tops: Sequence[float]) -> None:
    """One picture of all rows. A pixel is the mean colour of the cases that fall on it, as on paper."""
    high = tops[-1] + rows.row_mm - tops[0]
    across, down = round(rows.width / 25.4 * _DPI), round(high / 25.4 * _DPI)
    palette = np.array([[int(_COLOURS[name][i : i + 2], 16) for i in (1, 3, 5)] for name in rows.names])
    n = rows.states.shape[1]
    starts = np.arange(min(across, n)) * n // min(across, n)
    sums = np.add.reduceat(palette[rows.states], starts, axis=1)
    counts = np.diff([*starts.tolist(), n])
    lines = ((2 * sums + counts[:, None]) // (2 * counts[:, None])).astype(np.uint8)
    pixels: Pixels = np.full((down, lines.shape[1], 3), 255, dtype=np.uint8)
    for y, line in zip(tops, lines, strict=True):
        first = round((y - tops[0]) / high * down)
        last = round((y - tops[0] + rows.row_mm * _ROW_FILL) / high * down)
        pixels[first:last] = line
    canvas.image((rows.left, tops[0], rows.width, high), pixels, label="cells", zorder=1.0)


def _beside(canvas: Canvas, rows: _Rows, tops: Sequence[float], head: float) -> None:
    """Names and groups at the left, the share of right calls at the right."""
    size = TEXT_SIZE if rows.row_mm >= 2.9 else SMALL_SIZE
    right = sheet_width() - rows.right + 2.0
    if any(rows.accuracies):
        canvas.text(right, head - 0.2, "Accuracy", size=SMALL_SIZE, color=FAINT)
    for observer, e, y in zip(rows.observers, rows.accuracies, tops, strict=True):
        baseline = y + rows.row_mm * _ROW_FILL / 2 + 0.9
        canvas.text(rows.left - 1.2, baseline, shorten(observer.name, rows.label_mm, size), size=size, ha="right")
        if e:
            canvas.text(right, baseline, text.value(e), size=size)
            if rows.wide:
                fraction = shorten(text.fraction(e), _RIGHT - 12.0, SMALL_SIZE)
                canvas.text(right + 10.0, baseline, fraction, size=SMALL_SIZE, color=FAINT)
    brackets(canvas, rows.spans(tops[0]), 1.0)


def _legend_lines(rows: _Rows) -> list[list[tuple[float, str]]]:
    """The colours from the left, as many in a line as there is room for: where each begins, and its name."""
    left = rows.left if rows.wide else 1.0
    lines: list[list[tuple[float, str]]] = [[]]
    x = left
    for name in rows.legend:
        long = 5.0 + width(_said(name), TEXT_SIZE)
        if lines[-1] and x + long > sheet_width():
            lines.append([])
            x = left
        lines[-1].append((x, name))
        x += long + 5.0
    return lines


def _said(name: str) -> str:
    return _OTHER_WORDS if name == "other" else name


def _legend(canvas: Canvas, rows: _Rows, baseline: float) -> None:
    for i, line in enumerate(_legend_lines(rows)):
        y = baseline + i * _LEGEND_LINE_MM
        for x, name in line:
            canvas.boxes([(x, y - 2.2, 4.0, 2.6)], [_COLOURS[name]], label=f"legend: {name}")
            if name == "not read":
                canvas.frame(x, y - 2.2, 4.0, 2.6)
            canvas.text(x + 5.0, y, _said(name))


def _caption(task: str, rows: _Rows, truth: Codes) -> str:
    sentences = [
        f"Who was right in which case, for the task “{plain(task)}” ({words.counted(len(truth), 'case')}).",
        "Rows: observers. Columns: cases, by their true class (bands above, with the number of cases) and within it by "
        "how many observers were right.",
    ]
    if any(rows.accuracies):
        sentences.append("At the right: accuracy, the share of right calls among those made.")
    if rows.rasterised:
        sentences.append("Where several cases share a point of the picture, it has their mean colour.")
    whose = zip(rows.observers, rows.accuracies, strict=True)
    return words.join(*sentences, words.notes([(plain(o.name), e) for o, e in whose if e]))


def _alt(picked: Picked, task: str, rows: _Rows, truth: Codes, classes: Sequence[str]) -> str:
    sizes = [f"{plain(classes[code])} {end - start}" for code, start, end in _bands(truth)]
    parts = []
    for observer, e, states in zip(rows.observers, rows.accuracies, rows.states, strict=True):
        counts = np.bincount(states, minlength=len(rows.names))
        cells = [f"{int(n)} {name}" for name, n in zip(rows.names, counts, strict=True) if n]
        accuracy = f"accuracy {text.full(e)}; " if e else ""
        parts.append(f"{picked.observer_label(observer)}: {accuracy}{', '.join(cells)}")
    return plain(
        f"Matrix of observers by cases for the task “{task}”. Cases by class: {', '.join(sizes)}. {'; '.join(parts)}."
    )
