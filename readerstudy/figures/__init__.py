"""Figures drawn from `Results` alone: nothing here computes a statistic."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from readerstudy.figures._drawn import Display, Drawn
from readerstudy.results import Results

__all__ = ["Display", "Drawn", "draw"]

_NAME_LENGTH = 60


def draw(results: Results) -> list[Drawn]:
    """Every figure that `results` has the data for.

    First the flow of cases through the study. Then task by task: ROC plots, curves of marks, accuracy, confusion
    matrices, forest plots of differences and of subgroups, calibration, decision curves, agreement, readers by cases,
    embeddings and wrongly called cases.

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
    from readerstudy.figures import (
        accuracy,
        agreement,
        calibration,
        confusion,
        decision,
        embedding,
        errors,
        flow,
        forest,
        froc,
        reader_case,
        roc,
        subgroup_forest,
    )
    from readerstudy.figures._pick import Picked
    from readerstudy.figures._svg import to_svg

    picked = Picked(results)
    displays: list[tuple[str, Display]] = [("flow", display) for display in flow.displays(picked)]
    for task in picked.tasks:
        displays += (("roc", display) for display in roc.displays(picked, task))
        displays += (("froc", display) for display in froc.displays(picked, task))
        displays += (("accuracy", display) for display in accuracy.displays(picked, task))
        displays += (("confusion", display) for display in confusion.displays(picked, task))
        displays += (("forest", display) for display in forest.displays(picked, task))
        displays += (("subgroup-forest", display) for display in subgroup_forest.displays(picked, task))
        displays += (("calibration", display) for display in calibration.displays(picked, task))
        displays += (("decision", display) for display in decision.displays(picked, task))
        displays += (("agreement", display) for display in agreement.displays(picked, task))
        displays += (("reader-case", display) for display in reader_case.displays(picked, task))
        displays += (("embedding", display) for display in embedding.displays(picked, task))
        displays += (("errors", display) for display in errors.displays(picked, task))
    drawn: list[Drawn] = []
    names: set[str] = set()
    for kind, display in displays:
        name = _name(kind, (display.task, display.modality), names)
        names.add(name)
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


def _name(kind: str, of: Iterable[str | None], taken: set[str]) -> str:
    """``roc-seven-way``: lower-case ASCII letters, digits and hyphens, with a number where it is taken."""
    label = " ".join(part or "" for part in of)
    ascii_label = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = re.sub("[^a-z0-9]+", "-", f"{kind} {ascii_label}")[:_NAME_LENGTH].strip("-")
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name
