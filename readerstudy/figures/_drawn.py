"""What a finished figure is, before and after it has become a file."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from readerstudy.figures._canvas import SheetFigure


@dataclasses.dataclass(frozen=True, kw_only=True)
class Display:
    """A figure that can still be looked into: the base of every display.

    Parameters
    ----------
    figure, axes
        The matplotlib figure and its panels, in reading order; empty where panels have no axes (confusion matrices).
    task
        The task of the protocol that is shown; None in a figure of the whole study.
    title, caption, alt
        Short title; full caption; what the figure shows with its numbers, for those who do not see it.
    keys
        Keys of the records of `Results` that are drawn or printed in it.
    width_mm, height_mm
        Size on paper.
    modality
        The modality that the figure is of, where a task has a figure for each.
    """

    figure: SheetFigure
    axes: tuple[Axes, ...]
    task: str | None
    title: str
    caption: str
    alt: str
    keys: tuple[str, ...]
    width_mm: float
    height_mm: float
    modality: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawn:
    """A finished figure.

    Parameters
    ----------
    name
        Unique among the figures of one `Results`, and safe as a file name and as an XML id.
    kind
        ``"flow"``, ``"roc"``, ``"froc"``, ``"accuracy"``, ``"confusion"``, ``"forest"``, ``"subgroup-forest"``,
        ``"calibration"``, ``"decision"``, ``"agreement"``, ``"reader-case"``, ``"saliency"``, ``"embedding"``,
        ``"errors"`` or ``"power"``.
    task, title, caption, alt, keys, width_mm, height_mm
        As in `Display`.
    svg
        The picture, an ``<svg>`` element that can stand in an HTML page beside others: its ids begin with `name`,
        it has neither XML prolog nor ``<style>``, and its colours and fonts are presentation attributes, so that a
        content security policy without ``unsafe-inline`` leaves it as it is.
    """

    name: str
    kind: str
    task: str | None
    title: str
    caption: str
    alt: str
    keys: tuple[str, ...]
    svg: str
    width_mm: float
    height_mm: float
