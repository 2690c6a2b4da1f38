"""The figure: for each interval and size the range of its coverage over the cells, and the mean."""

import io
from collections.abc import Iterable

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.coverage.cell import Cell
from benchmarks.coverage.families import FAMILIES
from benchmarks.coverage.words import LEVEL, SHORT, grouped

FLOOR = 0.80
SHADES = ("#b9d3e8", "#8fb9d9", "#649dc8", "#3b80b4", "#1f639a", "#0f4678", "#062a4f")
CAPTION = (
    "Coverage of two-sided 95 % intervals. Bar: from the lowest to the highest cell of that n; circle: their mean;"
    " tinted: below 94 %.\nA bar that ends at 80 % goes on: the red number is its lowest cell, in percent. A circle at"
    " 80 % stands for a lower mean."
)
ALARM, INK, RULE = "#c0392b", "#1a1a1a", "#b3b3b3"


def figure(cells: Iterable[Cell]) -> str:
    """The figure as SVG, the same bytes each time."""
    cells = list(cells)
    style = {**matplotlib.rcParamsDefault, "svg.hashsalt": "coverage", "svg.fonttype": "path", "font.size": 8}
    with matplotlib.rc_context({k: v for k, v in style.items() if not k.startswith("backend")}):
        drawing = Figure(figsize=(10, 14), facecolor="white")
        axes = drawing.subplots(len(FAMILIES), 1)
        drawing.subplots_adjust(left=0.06, right=0.985, top=0.965, bottom=0.062, hspace=0.42)
        for family, panel in zip(FAMILIES, axes, strict=True):
            _panel(panel, family.title, grouped(cell for cell in cells if cell.family == family.name))
        drawing.text(0.06, 0.008, CAPTION, fontsize=8, va="bottom")
        text = io.StringIO()
        drawing.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _panel(panel: Axes, title: str, groups: dict[str, list[Cell]]) -> None:
    sizes = sorted({cell.n for found in groups.values() for cell in found})
    room = len(sizes) + 2
    panel.axhspan(FLOOR - 0.02, SHORT, color="#f7ece9", linewidth=0)
    panel.axhline(LEVEL, color=INK, linewidth=0.8)
    for place, found in enumerate(groups.values()):
        for i, n in enumerate(sizes):
            shares = [cell.coverage for cell in found if cell.n == n]
            if not shares:
                continue
            x, low, mean = place * room + i, min(shares), float(np.mean(shares))
            colour = SHADES[i + len(SHADES) - len(sizes)]
            panel.plot([x, x], [max(low, FLOOR), max(shares)], color=colour, linewidth=3, solid_capstyle="butt")
            panel.plot(x, max(mean, FLOOR), "o", color="white", markeredgecolor=INK, markersize=3, markeredgewidth=0.7)
            if low < FLOOR:
                panel.text(x, FLOOR - 0.004, f"{int(100 * low)}", color=ALARM, fontsize=5.5, ha="center", va="top")
    panel.set_title(title, loc="left", fontsize=9, fontweight="bold", pad=4)
    panel.set_ylim(FLOOR - 0.02, 1.003)
    panel.set_xlim(-1.5, len(groups) * room - 1)
    panel.set_yticks([0.80, 0.85, 0.90, 0.95, 1.0], ["80 %", "85 %", "90 %", "95 %", "100 %"])
    middles = [place * room + (len(sizes) - 1) / 2 for place in range(len(groups))]
    panel.set_xticks(middles, [name.replace(", ", "\n") for name in groups])
    panel.tick_params(length=0)
    panel.grid(axis="y", color=RULE, linewidth=0.3)
    panel.set_axisbelow(True)
    for side in ("top", "right", "bottom"):
        panel.spines[side].set_visible(False)
    said = "n = " + ", ".join(map(str, sizes)) + " from left (pale) to right (dark)"
    panel.text(1, 1.02, said, transform=panel.transAxes, fontsize=7, ha="right", va="bottom")
