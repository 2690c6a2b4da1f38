"""The figure: for each question the rates by design and method, one mark for each size."""

import io
import math
from collections.abc import Iterable

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.mrmc_dossier.cell import FAR, QUESTIONS, Cell, Pooled
from benchmarks.mrmc_dossier.studies import DESIGNS, MEASURES, SIZES
from benchmarks.mrmc_dossier.words import NEAR, TITLES, by_size, lines_of

SHADES = ("#a9c9e3", "#74a6d0", "#4a86b9", "#22649c", "#062a4f")
ALARM, INK, RULE, BAND = "#c0392b", "#1a1a1a", "#b3b3b3", "#e8efe4"
TOP = 0.125
SHORT = {
    "jackknife": "jack-\nknife",
    "delong": "De-\nLong",
    "unbiased": "un-\nbiased",
    "dbm": "DBM",
    "u-statistic": "U",
}
CAPTION = (
    "Each mark is one size, from left (pale) to right (dark): {sizes} (readers x cases).\n"
    "Line: nominal. Band: within {far:g} Monte-Carlo standard errors of it. Red ring: beyond the band, errors too many."
)


def figure(cells: Iterable[Cell]) -> str:
    """The figure as SVG, the same bytes each time."""
    cells = [cell for cell in cells if cell.level < NEAR]
    style = {**matplotlib.rcParamsDefault, "svg.hashsalt": "mrmc", "svg.fonttype": "path", "font.size": 8}
    with matplotlib.rc_context({k: v for k, v in style.items() if not k.startswith("backend")}):
        drawing = Figure(figsize=(12, 15), facecolor="white")
        axes = drawing.subplots(len(QUESTIONS), len(MEASURES), squeeze=False)
        drawing.subplots_adjust(left=0.05, right=0.985, top=0.97, bottom=0.065, hspace=0.5, wspace=0.12)
        for row, (name, question) in zip(axes, QUESTIONS.items(), strict=True):
            for panel, measure in zip(row, MEASURES, strict=True):
                found = [cell for cell in cells if (cell.question, cell.measure) == (name, measure)]
                _panel(panel, f"{question.title}: {TITLES[measure]}", found)
        drawing.text(0.05, 0.008, _caption(cells), fontsize=8, va="bottom")
        text = io.StringIO()
        drawing.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _caption(cells: list[Cell]) -> str:
    sizes = by_size(cell for cell in cells if cell.question == "difference")
    return CAPTION.format(sizes=", ".join(f"{readers} x {cases}" for readers, cases in sizes), far=FAR)


def _error(one: Pooled) -> float:
    """Share of errors: of true things rejected, or of intervals that miss."""
    return one.share if one.nominal < 0.5 else 1 - one.share


def _panel(panel: Axes, title: str, cells: list[Cell]) -> None:
    question = QUESTIONS[cells[0].question]
    lines = lines_of(cells)
    places: list[float] = []
    x, last = 0.0, ""
    for (_, design), found in lines.items():
        x += 0.0 if not last else 1.0 if design == last else 1.6
        last = design
        places.append(x)
        _marks(panel, x, by_size(found), question.nominal)
    panel.axhline(question.nominal, color=INK, linewidth=0.8, zorder=1)
    for design in DESIGNS:
        of = [place for place, (_, own) in zip(places, lines, strict=True) if own == design]
        if of:
            panel.text(sum(of) / len(of), 1.01, design, transform=panel.get_xaxis_transform(), ha="center", va="bottom")
    panel.set_title(title, loc="left", fontsize=9, fontweight="bold", pad=15)
    panel.set_ylim(0, TOP)
    panel.set_xlim(-0.6, x + 0.6)
    ticks = (0, 0.025, 0.05, 0.075, 0.1, 0.125)
    panel.set_yticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
    panel.set_ylabel("tests that reject" if question.tested else "intervals that miss")
    panel.set_xticks(places, [SHORT[method] for method, _ in lines], fontsize=7)
    panel.tick_params(length=0)
    panel.grid(axis="y", color=RULE, linewidth=0.3)
    panel.set_axisbelow(True)
    for side in ("top", "right", "bottom"):
        panel.spines[side].set_visible(False)


def _marks(panel: Axes, x: float, sizes: dict[tuple[int, int], Pooled], nominal: float) -> None:
    errors = [one.error for one in sizes.values() if not math.isnan(one.error)]
    if errors:
        reach = FAR * errors[0]
        panel.fill_between([x - 0.45, x + 0.45], nominal - reach, nominal + reach, color=BAND, linewidth=0, zorder=0)
    for size, one in sizes.items():
        if math.isnan(one.share):
            continue
        at = x + 0.16 * (SIZES.index(size) - (len(SIZES) - 1) / 2)
        edge = ALARM if one.beyond > FAR else INK
        width = 1.4 if one.beyond > FAR else 0.5
        shade = SHADES[SIZES.index(size)]
        height = min(_error(one), TOP)
        panel.plot(at, height, "o", color=shade, markeredgecolor=edge, markersize=5.5, markeredgewidth=width,
                   clip_on=False, zorder=3)  # fmt: skip
        if _error(one) > TOP:
            panel.text(at, TOP * 0.97, f"{100 * _error(one):.0f}", color=ALARM, fontsize=6, ha="center", va="top")
