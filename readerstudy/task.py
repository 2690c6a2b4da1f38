"""A task as it was resolved with the data, and what was said about it as arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One question as it was resolved with the data.

    Parameters
    ----------
    name
        Its name in the tables.
    kind
        ``"classes"`` (several classes, each against the rest), ``"binary"``, ``"group"`` (a binary grouping of
        another task's classes) or ``"restricted"`` (some of another task's classes, and their cases only).
    source
        The task that holds the labels: itself, or the one it groups or restricts.
    labels
        The classes of `source`.
    positive
        The classes that make a case positive; None for a task of several classes.
    restrict
        The classes kept; None unless restricted.
    names
        What the two sides of a binary task are called, if the protocol says.
    threshold
        A model is positive if and only if its score >= threshold; None for the more probable side.
    thresholds
        Thresholds of classes beside the most probable one, or ``"youden"``, or None.
    prevalence
        Share of positive cases where the task is to be used; None if the protocol does not say.
    probabilities
        Whether a column of scores holds probabilities.
    """

    name: str
    kind: str
    source: str
    labels: tuple[str, ...]
    positive: tuple[str, ...] | None
    restrict: tuple[str, ...] | None = None
    names: tuple[str, str] | None = None
    threshold: float | None = None
    thresholds: Mapping[str, float] | str | None = None
    prevalence: float | None = None
    probabilities: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """What truth and calls are coded as: the classes, or the negative and the positive side by name.

        In a restricted task a call may also be ``len(classes)``: a class that the task has left out.
        """
        if self.positive is None:
            return self.restrict or self.labels
        if self.names is not None:
            return self.names
        negative = tuple(label for label in self.labels if label not in self.positive)
        return (
            negative[0] if len(negative) == 1 else f"not {self.name}",
            self.positive[0] if len(self.positive) == 1 else self.name,
        )

    def is_positive(self) -> npt.NDArray[np.bool_]:
        """For each label, whether it makes a case positive (binary tasks)."""
        return np.array([label in (self.positive or ()) for label in self.labels])

    def as_classes(self, labels: Codes) -> Codes:
        """Codes of the source's labels as codes of this task's classes; -1 stays."""
        if self.positive is not None:
            codes = self.is_positive().astype(np.int64)
        else:
            codes = np.array([self.classes.index(x) if x in self.classes else len(self.classes) for x in self.labels])
        return np.where(labels < 0, -1, codes[labels])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reads:
    """What one kind of reader said about one task, by position: (..., case) and, for probabilities, class."""

    labels: Codes
    """Chosen class of the source task; -1 = none."""
    scores: Floats
    """Score of a binary task, higher = more suspicious; nan = none."""
    probs: Floats | None = None
    """Probability of each class of the source task; nan = none. None when the file has no probabilities."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Folds:
    """Calls of a model's folds, each held against the truth by itself."""

    names: tuple[str, ...]
    labels: Codes
    """Chosen class of the source task, shape (fold, model, case); -1 = the fold did not predict the case."""
