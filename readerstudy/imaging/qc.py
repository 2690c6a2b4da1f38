"""A picture of each prepared case to look at: every sequence with the lesion's outline, and nobody's name."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from readerstudy.imaging.store import CaseArrays

_PANEL = 1.6
_GAP = 0.03
_HEAD = 0.3
"""In inches."""
_DPI = 100


def picture(case_id: str, sequences: Sequence[str], arrays: Mapping[str, CaseArrays]) -> bytes:
    """A PNG of a case: one column a sequence, one row a recipe.

    Shown is the slice on which the lesion of the first sequence is largest, dark to light as the images are stored
    (0 to 1), with each sequence's own outline of the lesion. The file has no time and no author in it, and the same
    bytes for the same case.

    Parameters
    ----------
    case_id
        Pseudonym, printed above.
    sequences
        Names in the order of the arrays' first axis.
    arrays
        Recipe's name -> the prepared case.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = len(arrays), len(sequences)
    figure = Figure(figsize=(_PANEL * columns, _PANEL * rows + _HEAD), dpi=_DPI, facecolor="black")
    FigureCanvasAgg(figure)
    # One pair of axes in inches for all panels: drawing one for each panel takes several times as long.
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, _PANEL * columns), ylim=(_PANEL * rows + _HEAD, 0))
    axes.set_axis_off()
    axes.text(0.05, _HEAD / 2, case_id, color="white", fontsize=8, va="center")
    for row, (recipe, made) in enumerate(sorted(arrays.items())):
        at = largest_slice(made.masks[0])
        size = np.array(made.masks.shape[2:]) * made.spacing[1:]
        height, width = (_PANEL - _GAP) * size / size.max()
        for column, sequence in enumerate(sequences):
            left, top = column * _PANEL, row * _PANEL + _HEAD
            place = (left, left + float(width), top + float(height), top)
            axes.imshow(
                made.images[column, at], cmap="gray", vmin=0, vmax=1, extent=place, aspect="auto",
                interpolation="nearest",
            )  # fmt: skip
            for xs, ys in _outline(made.masks[column, at], place):
                axes.plot(xs, ys, color="#ffd400", linewidth=0.8, solid_capstyle="projecting")
            label = f"{sequence}  {recipe}" if column == 0 else sequence
            axes.text(left + 0.04, top + 0.04, label, color="white", fontsize=7, va="top")
    axes.set(xlim=(0, _PANEL * columns), ylim=(_PANEL * rows + _HEAD, 0))
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="black", metadata={"Software": None})
    return out.getvalue()


def _outline(
    mask: npt.NDArray[np.bool_], place: tuple[float, float, float, float]
) -> list[tuple[list[float], list[float]]]:
    """The edges of a mask's pixels as two lines with gaps, the horizontal and the vertical ones."""
    left, right, bottom, top = place
    step_y, step_x = (bottom - top) / mask.shape[0], (right - left) / mask.shape[1]
    framed = np.pad(mask, 1)
    across = np.argwhere(framed[1:, 1:-1] != framed[:-1, 1:-1])
    down = np.argwhere(framed[1:-1, 1:] != framed[1:-1, :-1])
    lines: list[tuple[list[float], list[float]]] = []
    for edges, (dy, dx) in ((across, (0, 1)), (down, (1, 0))):
        xs: list[float] = []
        ys: list[float] = []
        for y, x in edges:
            xs += [left + x * step_x, left + (x + dx) * step_x, np.nan]
            ys += [top + y * step_y, top + (y + dy) * step_y, np.nan]
        lines.append((xs, ys))
    return lines


def largest_slice(mask: npt.NDArray[np.bool_]) -> int:
    """The slice (axis z) on which a mask (z, y, x) is largest, the middle one of several."""
    area = mask.sum(axis=(1, 2))
    largest = np.flatnonzero(area == area.max())
    return int(largest[len(largest) // 2])
