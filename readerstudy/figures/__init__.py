"""Figures drawn from `Results` alone: nothing here computes a statistic."""

from __future__ import annotations

from readerstudy.figures._drawn import Display, Drawn
from readerstudy.results import Results

__all__ = ["Display", "Drawn", "draw"]


def draw(results: Results) -> list[Drawn]:
    """Every figure that `results` has the data for.

    First the flow of cases through the study. Then task by task: ROC plots, curves of marks, accuracy, confusion
    matrices, forest plots of differences and of subgroups, calibration, decision curves, agreement, readers by cases,
    saliency, embeddings and wrongly called cases.

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
    from readerstudy.figures._gallery import Names, makers
    from readerstudy.figures._pick import Picked
    from readerstudy.figures._svg import to_svg

    displays = [(maker.kind, display) for maker in makers(Picked(results)) for display in maker.displays()]
    drawn: list[Drawn] = []
    names = Names()
    for kind, display in displays:
        name = names.of(kind, display)
        drawn.append(
            Drawn(
                name=name,
                kind=kind,
                task=display.task,
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
