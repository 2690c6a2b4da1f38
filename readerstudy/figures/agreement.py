"""Agreement of everybody with the truth and with each other: Cohen's kappa as a heat map."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgba

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._brackets import Span, bracket_width, brackets
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Box, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten, width
from readerstudy.figures._palette import readable_on
from readerstudy.figures._pick import Observer, Picked
from readerstudy.figures._sheet import TooNarrowError, page_height, sheet_width

_TOP, _RIGHT = 7.0, 20.0
_LABEL_MM = 30.0
_TRUTH_GAP = 3.0
"""Between the column of the truth and the others."""
_MAX_CELL, _MAX_SIDE = 15.0, 172.0
_WIDE_MM, _SCALE_MM, _LONGEST_SCALE_MM = 120.0, 12.5, 50.0
"""A sheet with room for the colour bar at the side; height and greatest length of that below the map."""
_VALUE_MM, _INTERVAL_MM = 6.0, 14.0
"""Smallest cells that have room for the value, and for the value with its interval."""
_LINE_MM = 0.15
"""Between two cells."""
_NAME_MM = 2.3
"""Smallest cell beside which a name can stand."""
_LIGHTEST, _DARKEST = 0.07, 0.9
"""Where on the colour map 0 and 1 stand: its own ends are white and nearly black."""
_NEGATIVE, _UNDEFINED = "#E69F00", "#d9d9d9"


@dataclasses.dataclass(frozen=True, kw_only=True)
class AgreementDisplay(Display):
    """Kappa of every observer with the truth, in a column of its own, and of every two, in a lower triangle.

    The colour is on a scale from 0 to 1; what is below 0 has a colour of another kind.

    Parameters
    ----------
    observers
        The rows from above.
    truth
        Kappa with the truth of every row; None where there is none.
    pairs
        Kappa of every two: (row, column) to its record, row > column.
    """

    observers: tuple[Observer, ...]
    truth: tuple[Estimate | None, ...]
    pairs: dict[tuple[int, int], Estimate]


def displays(picked: Picked, task: str) -> list[AgreementDisplay]:
    """A figure for each modality of a task; none where nobody was compared with anybody."""
    modalities = picked.modalities
    found = [_Kappas(picked, task, modality) for modality in modalities]
    return [_display(picked, task, kappas, several=len(modalities) > 1) for kappas in found if kappas.pairs]


class _Kappas:
    """The records of one task and modality, by row and column."""

    def __init__(self, picked: Picked, task: str, modality: str | None) -> None:
        self.modality = modality
        everybody = [o for o in picked.observers(task) if o.modality in (modality, None)]
        truth = {o: e for e in picked.versus(task, "kappa", "truth") if (o := _who(e)) in everybody}
        records = [e for e in picked.versus(task, "kappa", "reader") if e.modality in (modality, None)]
        named = {str(name) for e in records for name in (e.reader, e.versus)}
        self.observers = [o for o in everybody if o.name in named or o in truth]
        self.truth = [truth.get(o) for o in self.observers]
        rows = {o.name: i for i, o in enumerate(self.observers)}
        self.pairs: dict[tuple[int, int], Estimate] = {}
        for e in records:
            one, other = rows.get(str(e.reader)), rows.get(str(e.versus))
            if one is not None and other is not None and one != other:
                self.pairs.setdefault((max(one, other), min(one, other)), e)

    @property
    def cells(self) -> list[tuple[int, int, Estimate]]:
        """Row, column and record of everything drawn; the truth is column -1."""
        truth = [(row, -1, e) for row, e in enumerate(self.truth) if e]
        return truth + [(row, column, e) for (row, column), e in sorted(self.pairs.items())]


def _who(e: Estimate) -> Observer:
    return Observer(str(e.reader), str(e.reader_kind), e.reader_group, e.modality)


def _display(picked: Picked, task: str, kappas: _Kappas, *, several: bool) -> AgreementDisplay:
    with house_style():
        canvas, cell = _draw(picked, kappas)
    where = f", {plain(kappas.modality or 'no modality')}" if several else ""
    return AgreementDisplay(
        figure=canvas.figure,
        axes=(),
        observers=tuple(kappas.observers),
        truth=tuple(kappas.truth),
        pairs=kappas.pairs,
        task=task,
        title=f"Agreement: {shorten(task, 70, TEXT_SIZE)}{where}",
        caption=_caption(task, kappas, where, cell),
        alt=_alt(task, kappas, where),
        keys=tuple(dict.fromkeys(e.key for _, _, e in kappas.cells)),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _draw(picked: Picked, kappas: _Kappas) -> tuple[Canvas, float]:
    """The sheet, and how large its cells are."""
    n = len(kappas.observers)
    with_truth = any(kappas.truth)
    longest = max(width(plain(o.name), TEXT_SIZE) for o in kappas.observers)
    wide = sheet_width() >= _WIDE_MM
    label_mm = min(_LABEL_MM if wide else sheet_width() / 4, longest + 1.0)
    right = _RIGHT if wide else 1.0
    # The last observer has no column of its own, the first no cell in its row but that of the truth.
    columns = n - 1 + with_truth
    gap = _TRUTH_GAP if with_truth else 0.0
    cell, spans = _MAX_CELL, _spans(kappas, _MAX_CELL)
    # The names of the groups take room by the height of the cells, which are as large as the names allow.
    for _ in range(3):
        left = 2.0 + bracket_width(spans) + label_mm
        cell = min(cell, (sheet_width() - left - right - gap) / columns, (page_height(_MAX_SIDE) - _TOP - label_mm) / n)
        spans = _spans(kappas, cell)
    if not wide and cell < _NAME_MM:
        raise TooNarrowError(sheet_width() + (_NAME_MM - cell) * columns)
    named = cell >= _NAME_MM
    upright = label_mm > cell or (with_truth and width("Truth", TEXT_SIZE) > cell)
    foot = (label_mm if upright else LINE_MM) + 3.0 if named else 1.0
    bar = 34.0
    body = _TOP + n * cell + foot
    canvas = Canvas(sheet_width(), max(body, _TOP + bar + 18.0) if wide else body + _SCALE_MM)

    def x_of(column: int) -> float:
        return left + (0.0 if column < 0 else (cell + gap if with_truth else 0.0) + column * cell)

    colours = _colours([e.estimate for _, _, e in kappas.cells])
    boxes = [(x_of(column), _TOP + row * cell, cell, cell) for row, column, _ in kappas.cells]
    # One shape for each colour: the map has 256, and many readers have more pairs than that.
    by_colour: dict[str, list[Box]] = {}
    for (x, y, *_), colour in zip(boxes, colours, strict=True):
        by_colour.setdefault(to_hex(colour), []).append((x, y, cell - _LINE_MM, cell - _LINE_MM))
    for name, own in by_colour.items():
        canvas.area(own, name, label=f"cells: {name}")
    if cell >= _VALUE_MM:
        for (_, _, e), (x, y, *_), colour in zip(kappas.cells, boxes, colours, strict=True):
            _numbers(canvas, e, x + cell / 2, y + cell / 2, cell, readable_on(colour))
    for i, observer in enumerate(kappas.observers if named else ()):
        y = _TOP + (i + 0.5) * cell + 0.9
        size = TEXT_SIZE if cell > 2.8 else SMALL_SIZE
        canvas.text(left - 1.2, y, shorten(observer.name, label_mm, size), size=size, ha="right")
    names = [(-1, "Truth")] if with_truth else []
    names += list(enumerate(o.name for o in kappas.observers[:-1]))
    for column, name in names if named else ():
        x, bottom = x_of(column) + cell / 2, _TOP + n * cell
        size = TEXT_SIZE if cell > 2.8 else SMALL_SIZE
        weight = "bold" if column < 0 else "normal"
        short = shorten(name, label_mm if upright else cell, size, bold=column < 0)
        turned = {"ha": "right", "rotation": 90, "rotation_mode": "anchor"} if upright else {"ha": "center"}
        at = (x + 0.9, bottom + 1.2) if upright else (x, bottom + 3.0)
        canvas.text(*at, short, size=size, fontweight=weight, **turned)
    brackets(canvas, spans, 1.0)
    shown = [e.estimate for _, _, e in kappas.cells]
    if wide:
        _colour_bar(canvas, x_of(columns - with_truth) + 6.0, _TOP, bar, shown)
    else:
        _colour_scale(canvas, 1.0, body + 1.0, shown)
    return canvas, cell


def _spans(kappas: _Kappas, cell: float) -> list[Span]:
    """The rows of each group."""
    spans = []
    for label, rows in itertools.groupby(enumerate(kappas.observers), lambda row: row[1].group or ""):
        places = [place for place, _ in rows]
        spans.append((label, _TOP + places[0] * cell, _TOP + (places[-1] + 1) * cell))
    return spans


def _colours(values: Sequence[float]) -> list[tuple[float, float, float, float]]:
    """The colour of each value."""
    shades = np.clip(np.nan_to_num(np.array(values, dtype=float)), 0, 1)
    colours = []
    for value, (red, green, blue, _) in zip(
        values, colormaps["Blues"](_LIGHTEST + shades * (_DARKEST - _LIGHTEST)).tolist(), strict=True
    ):
        shade = red, green, blue, 1.0
        colours.append(to_rgba(_UNDEFINED) if math.isnan(value) else to_rgba(_NEGATIVE) if value < 0 else shade)
    return colours


def _numbers(canvas: Canvas, e: Estimate, x: float, middle: float, cell: float, colour: str) -> None:
    with_interval = cell >= _INTERVAL_MM and text.interval(e) != ""
    value = text.fixed(e.estimate, 2)
    if with_interval:
        canvas.text(x, middle, value, ha="center", color=colour)
        limits = f"{text.fixed(e.conf_low, 2)}, {text.fixed(e.conf_high, 2)}"
        canvas.text(x, middle + 2.8, limits, size=SMALL_SIZE, ha="center", color=colour)
    else:
        size = TEXT_SIZE if cell > 7.0 else SMALL_SIZE
        canvas.text(x, middle + 0.9, value, size=size, ha="center", color=colour)


def _colour_bar(canvas: Canvas, left: float, top: float, height: float, shown: Sequence[float]) -> None:
    steps = 50
    step = height / steps
    boxes = [(left, top + i * step, 3.0, step) for i in range(steps)]
    colours = colormaps["Blues"](np.linspace(_DARKEST, _LIGHTEST, steps))
    # An edge of the same colour closes the hairlines that viewers leave between neighbours.
    canvas.boxes(boxes, colours, edgecolors=colours, linewidths=0.3, label="colour bar")
    canvas.frame(left, top, 3.0, height)
    canvas.text(left, top - 1.6, "Kappa", size=SMALL_SIZE)
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        canvas.text(left + 3.8, top + (1 - share) * height + 0.75, f"{share:g}", size=SMALL_SIZE)
    for i, (colour, name) in enumerate(_beside(shown)):
        y = top + height + 2.5 + 4.0 * i
        canvas.boxes([(left, y, 3.0, 3.0)], [colour])
        canvas.frame(left, y, 3.0, 3.0)
        canvas.text(left + 3.8, y + 2.25, name, size=SMALL_SIZE)


def _colour_scale(canvas: Canvas, left: float, top: float, shown: Sequence[float]) -> None:
    """The colour bar lying down below the map, for a sheet too narrow to have it at the side."""
    canvas.text(left, top + 2.4, "Kappa", size=SMALL_SIZE)
    start, steps = left + width("Kappa", SMALL_SIZE) + 3.0, 50
    length = min(_LONGEST_SCALE_MM, sheet_width() - start - 4.0)
    boxes = [(start + i * length / steps, top, length / steps, 3.0) for i in range(steps)]
    colours = colormaps["Blues"](np.linspace(_LIGHTEST, _DARKEST, steps))
    canvas.boxes(boxes, colours, edgecolors=colours, linewidths=0.3, label="colour bar")
    canvas.frame(start, top, length, 3.0)
    for share in (0.0, 0.5, 1.0):
        canvas.text(start + share * length, top + 5.8, f"{share:g}", size=SMALL_SIZE, ha="center")
    x = start
    for colour, name in _beside(shown):
        canvas.boxes([(x, top + 7.5, 3.0, 3.0)], [colour])
        canvas.frame(x, top + 7.5, 3.0, 3.0)
        canvas.text(x + 3.8, top + 9.75, name, size=SMALL_SIZE)
        x += 22.0


def _beside(shown: Sequence[float]) -> list[tuple[str, str]]:
    """Colours outside the scale and what they mean."""
    found = [(_NEGATIVE, "below 0")] if any(value < 0 for value in shown) else []
    return found + ([(_UNDEFINED, "undefined")] if any(math.isnan(value) for value in shown) else [])


def _caption(task: str, kappas: _Kappas, where: str, cell: float) -> str:
    estimates = [e for _, _, e in kappas.cells]
    weights = {"cohen": "Cohen's kappa", "cohen-linear": "Cohen's kappa with linear weights"}
    weights["cohen-quadratic"] = "Cohen's kappa with quadratic weights"
    methods = [weights.get(m, m) for m in dict.fromkeys(e.method or "kappa" for e in estimates)]
    number = words.cases(estimates)
    with_truth = " with the truth (first column) and" if any(kappas.truth) else ""
    sentences = [
        f"{words.listed(methods)}{with_truth} between every two observers for the task “{plain(task)}”{where}"
        f"{f' ({number})' if number else ''}.",
        "Colour: kappa, on a fixed scale from 0 to 1; a value below 0 is orange.",
    ]
    levels = dict.fromkeys(words.level(e) for e in estimates if math.isfinite(e.conf_low))
    if levels and cell >= _INTERVAL_MM:
        sentences.append(f"Below each value: {words.listed(list(levels))} CI.")
    elif levels:
        sentences.append("The confidence intervals stand in the table.")
    labelled = [(_pair(kappas, row, column), e) for row, column, e in kappas.cells if e.note]
    return words.join(*sentences, words.notes(labelled))


def _pair(kappas: _Kappas, row: int, column: int) -> str:
    other = kappas.observers[column].name if column >= 0 else "the truth"
    return plain(f"{kappas.observers[row].name} and {other}")


def _alt(task: str, kappas: _Kappas, where: str) -> str:
    truth = [f"{_pair(kappas, row, column)} {text.full(e)}" for row, column, e in kappas.cells if column < 0]
    pairs = [e for e in kappas.pairs.values() if math.isfinite(e.estimate)]
    sentences = [f"Heat map of Cohen's kappa for the task “{plain(task)}”{where}."]
    sentences += [f"{'; '.join(truth)}."] if truth else []
    if len(kappas.pairs) <= 45:
        shown = [f"{_pair(kappas, row, column)} {text.value(e)}" for (row, column), e in sorted(kappas.pairs.items())]
        sentences.append(f"{'; '.join(shown)}.")
    elif pairs:
        number = words.counted(len(kappas.pairs), "pair")
        sentences.append(f"Between observers ({number}): {words.spread(pairs)}.")
    return plain(" ".join(sentences))
