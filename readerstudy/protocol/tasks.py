"""A task as the protocol words it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """One question put to the same cases.

    Parameters
    ----------
    name
        Its name in the tables.
    source
        The task whose classes this one groups or restricts (`from` in the file); None for a task with labels of its
        own.
    classes
        The classes in the order wanted; None to take those that the data hold.
    positive
        The classes that make a case positive: then the task is binary.
    restrict
        The classes of `source` that this task is about; the other cases are left out of it.
    names
        What the negative and the positive side of a binary task are called.
    threshold
        A model is positive if and only if its score >= threshold; None for the more probable side.
    thresholds
        In a task of several classes, beside the most probable class: for a class, the probability from which a case
        counts as called it. ``"youden"`` chooses each on the cases analysed, which is optimistic and said so.
    prevalence
        Share of positive cases where the task is to be used, for predictive values there; None to give none.
    probabilities
        Whether the models' column of scores holds probabilities, so that their calibration may be judged.
    map
        Labels as they stand in the files, and the class that each means.
    missing
        Labels that mean "not read".
    truth, label, score
        Names of the columns that hold them, in any of the files.
    """

    name: str
    source: str | None = None
    classes: tuple[str, ...] | None = None
    positive: tuple[str, ...] | None = None
    restrict: tuple[str, ...] | None = None
    names: tuple[str, str] | None = None
    threshold: float | None = None
    thresholds: Mapping[str, float] | str | None = None
    prevalence: float | None = None
    probabilities: bool = False
    map: Mapping[str, str] = dataclasses.field(default_factory=dict)
    missing: tuple[str, ...] = ()
    truth: str = "truth"
    label: str = "label"
    score: str = "score"
