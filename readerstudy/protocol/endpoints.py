"""[[endpoints]]: what the study is to show, as the protocol words it."""

from __future__ import annotations

import dataclasses
from typing import Any

HYPOTHESES = ("superiority", "non-inferiority", "equivalence")
"""What an endpoint may be to show."""

ENDPOINT_MEASURES = ("auc", "sensitivity", "specificity", "accuracy", "ppv", "npv")
"""Measures that an endpoint may be of."""

ENDPOINT_ROLES = ("primary", "secondary", "exploratory")
"""The standing of an endpoint; the first is the default."""

MULTIPLICITY = ("holm", "hochberg", "bonferroni", "bh", "gatekeeping", "none")
"""How the P-values of several endpoints are adjusted; the first is the default."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EndpointPlan:
    """One endpoint: a measure of somebody, held against somebody else or against a goal.

    Parameters
    ----------
    name
        What it is called in the report.
    role
        ``"primary"``, ``"secondary"`` or ``"exploratory"``.
    measure
        One of `ENDPOINT_MEASURES`, or of marks on lesions one of `MARK_ENDPOINTS`.
    task, target
        The task, and in a task of several classes the class that is held against the rest; None for the only task, and
        for the task as a whole.
    reader
        A model, a reader, the consensus, or a group of readers, whose mean is taken.
    modality
        Of the reads; with `versus` another modality, what is compared is the modalities.
    versus
        A model, a reader, the consensus, a group or a modality; None with `goal`.
    goal
        A fixed value that the measure is to exceed.
    hypothesis, margin
        What is to be shown, and the margin of non-inferiority or equivalence.
    """

    name: str
    measure: str
    role: str = "primary"
    task: str | None = None
    target: str | None = None
    reader: str | None = None
    modality: str | None = None
    versus: str | None = None
    goal: float | None = None
    hypothesis: str = "superiority"
    margin: float | None = None

    def problem(self) -> tuple[str, str, str] | None:
        """The key, the message and the help of what does not fit together, or None."""
        where = f"endpoint {self.name!r}"
        if (self.versus is None) == (self.goal is None):
            return (
                "versus",
                f"{where} is compared with nothing, or with two things",
                'add versus = "..." (a reader, model, group or modality) or goal = 0.8, not both',
            )
        if self.reader is None and self.modality is None:
            return "reader", f"{where} is nobody's", 'add reader = "..." (a model, a reader or a group), or modality'
        if (self.hypothesis == "superiority") != (self.margin is None):
            word = "has no margin" if self.margin is None else "needs no margin"
            return "margin", f"{where}: {self.hypothesis} {word}", "set hypothesis and margin to fit"
        if self.goal is not None and self.margin is not None:
            return "goal", f"{where} has both a goal and a margin", "put the margin into the goal"
        if self.goal is not None and not 0 < self.goal < 1:
            return "goal", f"{where}: a goal must lie between 0 and 1", "write a fraction, such as 0.8"
        if self.margin is not None and not 0 < self.margin < 1:
            return "margin", f"{where}: a margin must lie between 0 and 1", "write a fraction, such as 0.05"
        return None

    def to_dict(self) -> dict[str, Any]:
        """The endpoint as plain JSON values."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
