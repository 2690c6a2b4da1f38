"""[marks]: what is asked of marks on lesions, as the protocol words it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

MARK_MEASURES = (
    "wAFROC", "wAFROC1", "AFROC", "AFROC1", "FROC", "HrAuc", "HrSe", "HrSp", "MaxLLF", "MaxNLF", "MaxNLFAllCases",
    "ExpTrnsfmSp", "PCL", "ALROC",
)  # fmt: skip
"""Figures of merit of marks, as the literature writes them."""

MARK_ENDPOINTS = tuple(name for name in MARK_MEASURES if name != "FROC" and not name.startswith("MaxNLF"))
"""Those of them that an endpoint may be of: more is better, and false marks do not raise them."""

OVER_FPF = ("PCL", "ALROC")
"""Those of them that are taken at, or up to, a share of cases called diseased."""

LESIONS = "lesions"
"""What the task of the marks is called by default."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MarksPlan:
    """What is asked of the marks.

    Parameters
    ----------
    task
        What the question is called in the tables.
    measures
        Names of `MARK_MEASURES`; none: wAFROC, HrAuc and FROC, or where every case has a lesion wAFROC1 and FROC.
    radius
        How far from a lesion's position a mark may be; None where marks name their lesion, or lesions their radius.
    fpf
        Of PCL and ALROC: the share of cases without lesions that is called diseased.
    model
        The reader among the marks that is a model; None if all are readers.
    """

    task: str = LESIONS
    measures: tuple[str, ...] = ()
    radius: float | None = None
    fpf: float = 1.0
    model: str | None = None

    def problem(self) -> tuple[str, str, str] | None:
        """The key, the message and the help of what does not fit together, or None."""
        if len(set(self.measures)) < len(self.measures):
            return "measures", "measures names one figure of merit twice", "name each once"
        if self.fpf != 1 and not set(self.measures) & set(OVER_FPF):
            return "fpf", "fpf is for PCL and ALROC, and neither is asked for", 'add one: measures = ["ALROC"]'
        return None

    def to_dict(self) -> dict[str, Any]:
        """The section as plain JSON values."""
        return {**dataclasses.asdict(self), "measures": list(self.measures)}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


MARKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "task": (_is_text, "text in double quotes"),
    "measures": (
        lambda v: isinstance(v, list) and bool(v) and all(item in MARK_MEASURES for item in v),
        f"a list of {', '.join(map(repr, MARK_MEASURES))}",
    ),
    "radius": (_is_positive, "a positive number, in the unit of the positions"),
    "fpf": (lambda v: _is_positive(v) and v <= 1, "a number above 0 and not above 1"),
    "model": (_is_text, "text in double quotes"),
}
"""The rule of each key."""
