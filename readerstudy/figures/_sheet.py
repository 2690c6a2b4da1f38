"""The sheet that figures are laid out on.

Layouts know one text size and measure everything in mm beside it. A journal that wants larger or smaller text gets a
narrower or wider sheet, which is scaled as a whole when it is written: so that a layout need only know how wide its
sheet is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from contextvars import ContextVar

FULL_WIDTH = 180.0
"""Width in mm of a sheet of the report."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet before it is scaled.

    Parameters
    ----------
    width, height
        In mm; no figure is higher than `height` if it can be parted.
    least, most
        Smallest and largest text in points.
    """

    width: float = FULL_WIDTH
    height: float = math.inf
    least: float = 0.0
    most: float = math.inf


class TooNarrowError(ValueError):
    """A figure that cannot be laid out on its sheet.

    Parameters
    ----------
    least
        The width in mm, before scaling, from which on it can.
    """

    def __init__(self, least: float) -> None:
        super().__init__(f"needs a sheet of at least {least:.0f} mm")
        self.least = least


_current: ContextVar[Sheet] = ContextVar("sheet", default=Sheet())  # noqa: B039  (a Sheet is frozen)


def sheet() -> Sheet:
    """The sheet that is laid out now."""
    return _current.get()


@contextlib.contextmanager
def laid_out_on(given: Sheet) -> Iterator[None]:
    """Figures made in the block are laid out on this sheet."""
    token = _current.set(given)
    try:
        yield
    finally:
        _current.reset(token)


def sheet_width() -> float:
    """Width in mm of the sheet that is laid out now."""
    return sheet().width


def page_height(most: float) -> float:
    """Greatest height in mm of a figure that can be parted: `most`, or what the sheet has."""
    return min(most, sheet().height)


def columns_of(most: int, least: float, *, gap: float = 0.0, taken: float = 0.0) -> int:
    """How many things of at least `least` mm, `gap` mm apart, stand beside each other: at most `most`, at least one.

    `taken` is what else needs room beside them.
    """
    return max(1, min(most, int((sheet_width() - taken + gap) / (least + gap) + 1e-9)))
