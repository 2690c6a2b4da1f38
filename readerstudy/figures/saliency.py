"""Where a model looked: a typical panel of each class, and the weight of each sequence in each class."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import colormaps

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._canvas import LINE_MM, SMALL_SIZE, TEXT_SIZE, Canvas, house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._label import plain, shorten, width, wrap
from readerstudy.figures._palette import FAINT, readable_on
from readerstudy.figures._pick import Picked
from readerstudy.figures._sheet import TooNarrowError, page_height, sheet_width
from readerstudy.figures._thumbnail import decoded

_LEFT, _NAMES, _GAP, _ROW_GAP = 1.0, 26.0, 1.2, 2.0
_HEAD = 5.0
_NARROWEST_SIDE, _LEAST_SIDE, _MOST_SIDE = 7.0, 20.0, 32.0
"""Smallest side in mm of a picture, smallest for the sake of one page, and largest."""
_PAGE_MM = 215.0
_CELL_MM, _NARROWEST_CELL = (7.0, 16.0), 6.0
"""Height and greatest width of a cell of weights, and its least width."""
_DARKEST = 0.9
_ALL = "All cases"
_PREFIX = "sequence: "

_SHOWN = {
    "gradient": "gradient of the loss at the input",
    "activation": "activation that speaks for the predicted class",
    "grad-cam": "activation that speaks for the predicted class (Grad-CAM)",
    "occlusion": "loss of probability where a part is covered (occlusion)",
}
"""What is large where a map is dark or red."""

Row = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SaliencyDisplay(Display):
    """Panels of typical cases, or a heat map of weights.

    Parameters
    ----------
    classes
        The classes that have a row.
    columns
        The pictures of a panel, or the sequences.
    """

    classes: tuple[str, ...]
    columns: tuple[str, ...]


def displays(picked: Picked, task: str) -> list[SaliencyDisplay]:
    """The panels and the weights of a task; none where `Results` holds none."""
    drawn: list[SaliencyDisplay] = []
    for entry in picked.results.tables.get("saliency", ()):
        if entry["task"] == task:
            drawn += _panels(picked, entry)
            drawn += _weights(picked, entry)
    return drawn


def _panels(picked: Picked, entry: Row) -> list[SaliencyDisplay]:
    """A row for each class, over as many figures as pages are needed."""
    every = picked.results.tables.get("saliency_panels", ())
    rows = [row for row in every if row["task"] == entry["task"] and row["model"] == entry["model"]]
    if not rows:
        return []
    side = _side(rows)
    most = max(1, int((page_height(_PAGE_MM) - _HEAD) / (side + _ROW_GAP) + 1e-6))
    pages = [rows[i : i + most] for i in range(0, len(rows), most)]
    drawn = []
    for i, page in enumerate(pages):
        with house_style():
            canvas = _draw(page, side)
        part = f", part {i + 1} of {len(pages)}" if len(pages) > 1 else ""
        labels = tuple(plain(tile["label"]) for tile in page[0]["tiles"])
        drawn.append(
            SaliencyDisplay(
                figure=canvas.figure,
                axes=(),
                classes=tuple(row["class"] for row in page),
                columns=labels,
                task=entry["task"],
                title=f"Saliency of typical cases: {shorten(entry['task'], 70, TEXT_SIZE)}{part}",
                caption=_caption(entry, rows),
                alt=_panels_alt(entry, page, labels),
                keys=(),
                width_mm=canvas.width,
                height_mm=canvas.height,
            )
        )
    return drawn


def _side(rows: Sequence[Row]) -> float:
    """Side of a picture in mm: those of a panel fit beside each other, and where they can all panels on a page."""
    n = max(len(row["tiles"]) for row in rows)
    taken = 2 * _LEFT + _NAMES
    across = (sheet_width() - taken + _GAP) / max(n, 1) - _GAP
    if across < _NARROWEST_SIDE:
        raise TooNarrowError(taken + n * (_NARROWEST_SIDE + _GAP) - _GAP)
    down = (page_height(_PAGE_MM) - _HEAD) / len(rows) - _ROW_GAP
    return min(_MOST_SIDE, across, max(_LEAST_SIDE, down))


def _draw(rows: Sequence[Row], side: float) -> Canvas:
    canvas = Canvas(sheet_width(), _HEAD + len(rows) * (side + _ROW_GAP))
    for i, tile in enumerate(rows[0]["tiles"]):
        x = _LEFT + _NAMES + i * (side + _GAP) + side / 2
        canvas.text(x, _HEAD - 1.4, shorten(tile["label"], side, SMALL_SIZE), size=SMALL_SIZE, ha="center")
    for i, row in enumerate(rows):
        top = _HEAD + i * (side + _ROW_GAP)
        lines = wrap(row["class"], _NAMES - 2.0, TEXT_SIZE, bold=True)
        for j, line in enumerate(lines):
            canvas.text(_LEFT, top + 2.6 + j * LINE_MM, line, fontweight="bold")
        if row["share_inside"] is not None:
            said = f"{text.percent(row['share_inside'], 0)} inside"
            canvas.text(_LEFT, top + 2.6 + len(lines) * LINE_MM, said, size=SMALL_SIZE, color=FAINT)
        pixels = decoded(row["png_base64"])
        for j, tile in enumerate(row["tiles"]):
            x, y = tile["left"], tile["top"]
            picture = pixels[y : y + tile["height"], x : x + tile["width"]]
            box = (_LEFT + _NAMES + j * (side + _GAP), top, side, side)
            canvas.image(box, picture, label=f"panel: {row['class']}: {tile['label']}", zorder=4)
            canvas.frame(*box)
    return canvas


def _caption(entry: Row, rows: Sequence[Row]) -> str:
    masked = any(row["share_inside"] is not None for row in rows)
    typical = "the one of the median share of saliency inside the lesion" if masked else "the first"
    missing = [name for name in entry["classes"] if name not in {row["class"] for row in rows}]
    sentences = [
        f"Saliency of the model “{plain(entry['model'])}” for the task “{plain(entry['task'])}”: of each class one "
        f"case that the model called right, {typical}, on the slice of the lesion's largest area.",
        f"{'Dark' if entry['dark'] else 'Red'}: much {_SHOWN[entry['method']]}. Line: outline of the lesion's mask.",
        "Beneath each class: the share of the map inside the lesion." if masked else "",
        f"No picture: {words.listed([plain(name) for name in missing])}." if missing else "",
        "A map shows what changed the model's answer, and proves no reason.",
        plain(entry["notice"] or ""),
    ]
    return words.join(*sentences)


def _panels_alt(entry: Row, rows: Sequence[Row], labels: Sequence[str]) -> str:
    def said(row: Row) -> str:
        share = row["share_inside"]
        return row["class"] if share is None else f"{row['class']} ({text.percent(share, 0)} inside the lesion)"

    return plain(
        f"Pictures of one case of each class for the task “{entry['task']}”: {words.listed(labels)}. "
        f"Classes: {', '.join(map(said, rows))}."
    )


def _weights(picked: Picked, entry: Row) -> list[SaliencyDisplay]:
    """A row for each class and one for all cases, a column for each sequence."""
    found = [
        e
        for e in picked.results.select(task=entry["task"], reader=entry["model"], measure="sequence_weight")
        if math.isfinite(e.estimate)
    ]
    if not found:
        return []
    cells = {(e.target or _ALL, (e.subgroup or "").removeprefix(_PREFIX)): e for e in found}
    rows = [name for name in (*entry["classes"], _ALL) if any(row == name for row, _ in cells)]
    columns = list(dict.fromkeys(column for _, column in cells))
    with house_style():
        canvas = _heat_map(cells, rows, columns)
    levels = words.intervals(found)
    sentences = [
        f"Weight of each sequence in the model “{plain(entry['model'])}” for the task “{plain(entry['task'])}”: mean "
        f"over the cases of each true class ({words.cases(e for e in found if e.target is None)} in all).",
        f"The weights of a case sum to 100%; alike, each would be {text.percent(1 / len(columns))}.",
        f"The table gives {levels}." if levels else "",
        plain(entry["notice"] or ""),
    ]
    return [
        SaliencyDisplay(
            figure=canvas.figure,
            axes=(),
            classes=tuple(name for name in rows if name != _ALL),
            columns=tuple(columns),
            task=entry["task"],
            title=f"Weights of the sequences: {shorten(entry['task'], 70, TEXT_SIZE)}",
            caption=words.join(*sentences),
            alt=_weights_alt(entry, cells, rows, columns),
            keys=tuple(e.key for e in found),
            width_mm=canvas.width,
            height_mm=canvas.height,
        )
    ]


def _heat_map(cells: Mapping[tuple[str, str], Estimate], rows: Sequence[str], columns: Sequence[str]) -> Canvas:
    names = min(45.0, max(width(plain(name), TEXT_SIZE) for name in rows) + 2.0)
    across = min(_CELL_MM[1], (sheet_width() - 2 * _LEFT - names) / len(columns))
    if across < _NARROWEST_CELL:
        raise TooNarrowError(2 * _LEFT + names + _NARROWEST_CELL * len(columns))
    canvas = Canvas(sheet_width(), _HEAD + len(rows) * _CELL_MM[0] + 1.0)
    # A sequence that weighs as much as the others has half the colour, unless one weighs more than twice that.
    most = max(2 / len(columns), *(e.estimate for e in cells.values()))
    left = _LEFT + names
    boxes, values = [], []
    for i, row in enumerate(rows):
        # The row of all cases stands a little apart.
        top = _HEAD + i * _CELL_MM[0] + (0.8 if row == _ALL else 0.0)
        middle = top + _CELL_MM[0] / 2 + 0.9
        bold = row == _ALL
        name = shorten(row, names - 2.0, TEXT_SIZE, bold=bold)
        canvas.text(left - 1.5, middle, name, ha="right", fontweight="bold" if bold else "normal")
        for j, column in enumerate(columns):
            e = cells.get((row, column))
            if e is None:
                continue
            boxes.append((left + j * across, top, across, _CELL_MM[0]))
            values.append(e.estimate / most)
            colour = readable_on(colormaps["Reds"](values[-1] * _DARKEST))
            x = left + (j + 0.5) * across
            canvas.text(x, middle, text.percent(e.estimate, 0 if across < 12 else 1), ha="center", color=colour)
    colours = colormaps["Reds"]([value * _DARKEST for value in values])
    canvas.boxes(boxes, colours, edgecolors="white", linewidths=0.5, label="weights")
    for j, column in enumerate(columns):
        x = left + (j + 0.5) * across
        canvas.text(x, _HEAD - 1.4, shorten(column, across, SMALL_SIZE), size=SMALL_SIZE, ha="center")
    return canvas


def _weights_alt(
    entry: Row, cells: Mapping[tuple[str, str], Estimate], rows: Sequence[str], columns: Sequence[str]
) -> str:
    def said(row: str) -> str:
        weights = [(cells[row, column], column) for column in columns if (row, column) in cells]
        return f"{row}: {', '.join(f'{column} {text.value(e)}' for e, column in weights)}"

    return plain(
        f"Table coloured by the weight of each sequence for the task “{entry['task']}”. {'; '.join(map(said, rows))}."
    )
