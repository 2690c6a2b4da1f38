"""`Study`: the cases, the models' predictions and the readers' reads of them, paired and checked once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import tabular
from readerstudy.problems import DataError, Problem
from readerstudy.protocol import ROLES, Protocol

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Source = Any
"""A path, a pandas DataFrame, or None."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One question as it was resolved with the data.

    Parameters
    ----------
    name
        Its name in the tables.
    kind
        ``"classes"`` (several classes, each against the rest), ``"binary"``, or ``"group"`` (a binary grouping of
        another task's classes).
    source
        The task that holds the labels: itself, or the one it groups.
    labels
        The classes of `source`.
    positive
        The classes that make a case positive; None for a task of several classes.
    threshold
        A model is positive if and only if its score >= threshold; None for the more probable side.
    """

    name: str
    kind: str
    source: str
    labels: tuple[str, ...]
    positive: tuple[str, ...] | None
    threshold: float | None

    @property
    def classes(self) -> tuple[str, ...]:
        """What truth and calls are coded as: the classes, or the negative and the positive side by name."""
        if self.positive is None:
            return self.labels
        negative = tuple(label for label in self.labels if label not in self.positive)
        return (
            negative[0] if len(negative) == 1 else f"not {self.name}",
            self.positive[0] if len(self.positive) == 1 else self.name,
        )

    def is_positive(self) -> npt.NDArray[np.bool_]:
        """For each label, whether it makes a case positive (binary tasks)."""
        return np.array([label in (self.positive or ()) for label in self.labels])


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
class Study:
    """Paired data of a reader study. Make one with `Study.read`; it is valid once it exists.

    Axes of arrays are (modality, reader, case) for humans and (model, case) for models, in the order of the
    attributes below. Cases are sorted by id, so that the order of rows in the files changes nothing.

    Parameters
    ----------
    case_ids
        The cases analysed: those with a truth that somebody predicted or read.
    patients
        Code of each case's patient, shape (n_cases,); None when no file names patients.
    tasks
        The tasks by name.
    models, readers
        Names, in order of first appearance.
    modalities
        Names, in order of first appearance; ``(None,)`` when the reads have no modality.
    groups
        Each reader's group, for readers that have one.
    flow, warnings, inputs
        Counts of what came in and was left out; sentences; name, SHA-256 and rows of each file.
    """

    protocol: Protocol
    case_ids: tuple[str, ...]
    patients: Codes | None
    tasks: Mapping[str, Task]
    models: tuple[str, ...]
    readers: tuple[str, ...]
    modalities: tuple[str | None, ...]
    groups: Mapping[str, str]
    flow: Mapping[str, Any]
    warnings: tuple[str, ...]
    inputs: tuple[Mapping[str, Any], ...]
    truths: Mapping[str, Codes] = dataclasses.field(repr=False)
    """Class code of each case by source task; -1 = unknown."""
    model_reads: Mapping[str, Reads] = dataclasses.field(repr=False)
    human_reads: Mapping[str, Reads] = dataclasses.field(repr=False)

    @classmethod
    def read(
        cls,
        preds: Source = None,
        reads: Source = None,
        cases: Source = None,
        protocol: Protocol | Mapping[str, Any] | str | os.PathLike[str] | None = None,
    ) -> Study:
        """Read, pair and check the files of a study.

        Parameters
        ----------
        preds
            Path or DataFrame with `case_id`, `model` (optional if there is one), and `prob_<class>` for every class,
            or `score`, or `label`; optional `task`, `patient_id`, `truth`.
        reads
            Path or DataFrame with `case_id`, `reader_id`, and `label` or `score` or both; optional `modality`,
            `task`, `reader_group`, `patient_id`, `truth`.
        cases
            Path or DataFrame with `case_id`, `truth`, optional `patient_id`.
        protocol
            Path of protocol.toml, a mapping of the same shape, or a `Protocol`; None for the default plan.

        Returns
        -------
        Study

        Raises
        ------
        DataError
            With every problem found, each with file, line and column.
        OSError
            If a file cannot be opened.

        Notes
        -----
        `truth` may stand in any of the files; where it stands twice it must agree. A case without truth is left out
        and counted. Reads that are missing stay missing.
        """
        from readerstudy import pairing

        if protocol is None:
            plan = Protocol()
        elif isinstance(protocol, Protocol):
            plan = protocol
        elif isinstance(protocol, Mapping):
            plan = Protocol.of(protocol)
        else:
            plan = Protocol.read(protocol)
        problems: list[Problem] = []
        tables = {}
        for role, source in zip(ROLES, (preds, reads, cases), strict=True):
            if source is not None:
                table = _table(role, source, problems)
                if table is not None:
                    tables[role] = table
        if preds is None and reads is None:
            problems.append(
                Problem(code="RS101", message="neither predictions nor reads were given", help="give at least one")
            )
            raise DataError(problems)
        return cls(**pairing.pair(tables, plan, problems))

    @property
    def n_cases(self) -> int:
        """How many cases are analysed."""
        return len(self.case_ids)

    def truth(self, task: str) -> Codes:
        """True class of each case as a code of `Task.classes`, shape (n_cases,); -1 = unknown."""
        return self._as_classes(task, self.truths[self.tasks[task].source])

    def model_calls(self, task: str) -> Codes:
        """What each model called each case, shape (model, case), as codes of `Task.classes`; -1 = no call.

        Score >= threshold if the task has one; else the model's own label if it gives one; else the most probable
        class, or the side with the larger sum of probabilities (the positive one at a tie).
        """
        plan, reads = self.tasks[task], self.model_reads[task]
        calls = self._as_classes(task, reads.labels)
        scores = self.model_scores(task)
        if plan.positive is None:
            if reads.probs is None:
                return calls
            best = np.where(np.isnan(reads.probs).any(axis=2), -1, np.nan_to_num(reads.probs, nan=-1).argmax(axis=2))
            return np.where(calls >= 0, calls, best)
        if plan.threshold is not None:
            return np.where(np.isnan(scores), calls, scores >= plan.threshold)
        if reads.probs is not None:
            negative = reads.probs[:, :, ~plan.is_positive()].sum(axis=2)
            return np.where((calls >= 0) | np.isnan(scores), calls, scores >= negative)
        return calls

    def model_scores(self, task: str) -> Floats:
        """Scores of each model: (model, case) of a binary task, (model, case, class) otherwise; nan = none.

        A grouping's score is the sum of the probabilities of its positive classes.
        """
        plan, reads = self.tasks[task], self.model_reads[task]
        if plan.positive is None:
            shape = (*reads.labels.shape, len(plan.labels))
            return np.full(shape, np.nan) if reads.probs is None else reads.probs
        if reads.probs is None:
            return reads.scores
        return np.where(np.isnan(reads.scores), reads.probs[:, :, plan.is_positive()].sum(axis=2), reads.scores)

    def human_calls(self, task: str) -> Codes:
        """What each reader called each case, shape (modality, reader, case); -1 = not read or no call.

        The reader's label if there is one; else, in a binary task, rating >= threshold of the protocol's readers.
        """
        calls = self._as_classes(task, self.human_reads[task].labels)
        scores, threshold = self.human_scores(task), self.protocol.threshold
        if self.tasks[task].positive is None or threshold is None:
            return calls
        return np.where((calls >= 0) | np.isnan(scores), calls, scores >= threshold)

    def human_scores(self, task: str) -> Floats:
        """Ratings of each reader, shape (modality, reader, case); nan = not read, or no ratings in this task."""
        return self.human_reads[task].scores

    def _as_classes(self, task: str, labels: Codes) -> Codes:
        plan = self.tasks[task]
        if plan.positive is None:
            return labels
        return np.where(labels < 0, -1, plan.is_positive()[labels].astype(np.int64))


def _table(role: str, source: Source, problems: list[Problem]) -> tabular.Table | None:
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return tabular.of_frame(role, source)
    return tabular.read(role, source, problems)
