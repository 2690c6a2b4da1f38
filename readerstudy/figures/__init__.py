"""Figures drawn from `Results` alone: nothing here computes a statistic."""

from __future__ import annotations

import re
import unicodedata

from readerstudy.figures._drawn import Display, Drawn
from readerstudy.results import Results

__all__ = ["Display", "Drawn", "draw"]

_NAME_LENGTH = 60


def draw(results: Results) -> list[Drawn]:
    """Every figure that `results` has the data for, task by task: ROC plots, accuracy, confusion matrices.

    Parameters
    ----------
    results
        What `readerstudy.evaluate` returned or `Results.read` read.

    Returns
    -------
    list of Drawn
        The same bytes for the same results. A task whose readers made no calls and gave no ratings has no figure.
    """
    # matplotlib is loaded only when something is drawn.
    from readerstudy.figures import accuracy, confusion, roc
    from readerstudy.figures._pick import Picked
    from readerstudy.figures._svg import to_svg

    picked = Picked(results)
    drawn: list[Drawn] = []
    names: set[str] = set()
    for task in picked.tasks:
        displays: list[tuple[str, Display]] = [
            *(("roc", display) for display in roc.displays(picked, task)),
            *(("accuracy", display) for display in accuracy.displays(picked, task)),
            *(("confusion", display) for display in confusion.displays(picked, task)),
        ]
        for kind, display in displays:
            name = _name(kind, task, names)
            names.add(name)
            drawn.append(
                Drawn(
                    name=name,
                    kind=kind,
                    task=task,
                    title=display.title,
                    caption=display.caption,
                    alt=display.alt,
                    keys=display.keys,
                    svg=to_svg(display.figure, name),
                    width_mm=display.width_mm,
                    height_mm=display.height_mm,
                )
            )
    return drawn


def _name(kind: str, task: str, taken: set[str]) -> str:
    """``roc-seven-way``: lower-case ASCII letters, digits and hyphens, with a number where it is taken."""
    ascii_task = unicodedata.normalize("NFKD", task).encode("ascii", "ignore").decode().lower()
    stem = re.sub("[^a-z0-9]+", "-", f"{kind} {ascii_task}")[:_NAME_LENGTH].strip("-")
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name
