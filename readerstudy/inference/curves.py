"""How a training went, to look at: loss, accuracy and macro AUC by epoch, a line for each run."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readerstudy.imaging.atomic import write_bytes
from readerstudy.inference.card import Card

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCH = 25.4
_COLOURS = ("#1b6ca8", "#c8553d", "#2e8b57", "#8e6bbf", "#b8860b")
"""Of the folds, in turn; the final run is black."""


def draw(runs: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], card: Card, note: str) -> Figure:
    """The figure.

    Parameters
    ----------
    runs
        Name of a run (number of the fold, or ``"final"``) and what was measured after each of its epochs.
    card
        What was trained.
    note
        A sentence below the panels.
    """
    from matplotlib.figure import Figure

    n = 1 + 2 * len(card.tasks)
    figure = Figure(figsize=(60 * n / _INCH, 62 / _INCH))
    panels = figure.subplots(1, n, squeeze=False)[0]
    figure.subplots_adjust(left=0.18 / n + 0.02, right=0.985, top=0.86, bottom=0.3, wspace=0.35)
    for number, (name, history) in enumerate(runs):
        colour = "black" if name == "final" else _COLOURS[number % len(_COLOURS)]
        epochs = [measured["epoch"] for measured in history]
        label = "final" if name == "final" else f"fold {name}"
        _line(panels[0], epochs, [measured["train_loss"] for measured in history], colour, label, "--")
        _line(panels[0], epochs, [measured["val_loss"] for measured in history], colour, None, "-")
        for column, task in enumerate(card.tasks):
            for row, measure in enumerate(("accuracy", "macro_auc")):
                values = [measured["tasks"][task.name][measure] for measured in history]
                _line(panels[1 + 2 * column + row], epochs, values, colour, None, "-")
    _dress(panels[0], "Loss (dashed: training)")
    for column, task in enumerate(card.tasks):
        for row, title in enumerate(("accuracy", "macro AUC")):
            panel = panels[1 + 2 * column + row]
            _dress(panel, f"{task.name}: {title}")
            panel.set_ylim(0, 1.02)
    panels[0].legend(fontsize=5, frameon=False, handlelength=1.2)
    figure.text(0.01, 0.03, note, fontsize=5.5)
    return figure


def _line(
    panel: Axes, epochs: Sequence[int], values: Sequence[float | None], colour: str, label: str | None, style: str
) -> None:
    known = [(epoch, value) for epoch, value in zip(epochs, values, strict=True) if value is not None]
    if known:
        panel.plot(*zip(*known, strict=True), style, color=colour, label=label, linewidth=0.8, marker=".", markersize=2)


def _dress(panel: Axes, title: str) -> None:
    from matplotlib.ticker import MaxNLocator

    panel.set_title(title, fontsize=7, loc="left")
    panel.set_xlabel("epoch", fontsize=6)
    panel.tick_params(labelsize=6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))


def write(folder: Path, runs: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], card: Card, note: str) -> None:
    """Write curves.svg and curves.png, the same bytes for the same numbers."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "readerstudy", "svg.fonttype": "path", "font.family": "DejaVu Sans"}):
        figure = draw(runs, card, note)
        for kind, about in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
            content = io.BytesIO()
            figure.savefig(content, format=kind, dpi=200, metadata=about)
            write_bytes(folder / f"curves.{kind}", content.getvalue())
