"""Every sort of figure: what draws it, in which order, and how the figures are named."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

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
    saliency,
    subgroup_forest,
)
from readerstudy.figures._drawn import Display
from readerstudy.figures._pick import Picked

_NAME_LENGTH = 60
_OF_TASK: dict[str, Callable[[Picked, str], Sequence[Display]]] = {
    "roc": roc.displays,
    "froc": froc.displays,
    "accuracy": accuracy.displays,
    "confusion": confusion.displays,
    "forest": forest.displays,
    "subgroup-forest": subgroup_forest.displays,
    "calibration": calibration.displays,
    "decision": decision.displays,
    "agreement": agreement.displays,
    "reader-case": reader_case.displays,
    "saliency": saliency.displays,
    "embedding": embedding.displays,
    "errors": errors.displays,
}
KINDS = ("flow", *_OF_TASK)


class Maker(NamedTuple):
    """What draws the figures of one kind for one task."""

    kind: str
    task: str | None
    displays: Callable[[], Sequence[Display]]


def makers(picked: Picked) -> list[Maker]:
    """What there is to draw, in reading order; nothing is drawn before a maker is asked."""
    found = [Maker("flow", None, functools.partial(flow.displays, picked))]
    for task in picked.tasks:
        found += [Maker(kind, task, functools.partial(make, picked, task)) for kind, make in _OF_TASK.items()]
    return found


class Names:
    """Names of figures: unique, and safe as file names and as XML ids."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def of(self, kind: str, display: Display) -> str:
        """The name of the next figure."""
        name = _name(kind, (display.task, display.modality), self.taken)
        self.taken.add(name)
        return name


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
