"""`Study`: the cases, the models' predictions and the readers' reads of them, paired and checked once."""

from __future__ import annotations

import base64
import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import pairing, tabular
from readerstudy.consensus import majority
from readerstudy.problems import DataError, Problem
from readerstudy.protocol import ROLES, Protocol
from readerstudy.task import Codes, Floats, Folds, Reads, Task

Source = Any
"""A path, a pandas DataFrame, or None."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Study:
    """Paired data of a reader study. Make one with `Study.read`; it is valid once it exists.

    Axes of arrays are (modality, reader, case) for humans and (model, case) for models, in the order of the
    attributes below. Cases are sorted by id; the order of rows in the files decides the order in which models and
    readers are listed, and no number.

    Parameters
    ----------
    case_ids
        The cases analysed: those with a truth that somebody predicted or read; with a correction for verification bias
        also those that somebody called and that have none.
    patients
        Code of each case's patient, shape (n_cases,); None when no file names patients.
    tasks
        The tasks by name.
    models, model_modalities
        Names, in order of first appearance. Where the predictions have several modalities a model stands once for
        each, as ``model (modality)``.
    readers
        Names, in order of first appearance.
    modalities
        Names, in order of first appearance; ``(None,)`` when the reads have no modality.
    consensus
        Name of the readers' consensus; None when there is none.
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
    model_modalities: tuple[str | None, ...]
    readers: tuple[str, ...]
    modalities: tuple[str | None, ...]
    consensus: str | None
    groups: Mapping[str, str]
    flow: Mapping[str, Any]
    warnings: tuple[str, ...]
    inputs: tuple[Mapping[str, Any], ...]
    truths: Mapping[str, Codes] = dataclasses.field(repr=False)
    """Class code of each case by source task; -1 = unknown."""
    model_reads: Mapping[str, Reads] = dataclasses.field(repr=False)
    human_reads: Mapping[str, Reads] = dataclasses.field(repr=False)
    consensus_reads: Mapping[str, Reads] = dataclasses.field(repr=False)
    """Of a supplied consensus, axes (modality, 1, case); empty for a majority or none."""
    folds: Mapping[str, Folds] = dataclasses.field(repr=False)
    """What each fold of the models called, by task; empty when the predictions have no folds."""
    repeats: Mapping[str, tuple[Reads, ...]] = dataclasses.field(repr=False)
    """What readers said on reading cases again, by task: the second reads, the third ...; empty unless asked for."""
    weights: Floats | None = dataclasses.field(repr=False)
    """Sampling weight of each case; None when every case had the same chance of being in the sample."""
    times: Floats | None = dataclasses.field(repr=False)
    """Seconds of each read, axes (modality, reader, case); None when the reads have no times."""
    dates: Floats | None = dataclasses.field(repr=False)
    """Day of each read, counted from a fixed one, on the same axes; None when the reads have no dates."""
    covariates: Mapping[str, npt.NDArray[np.object_]] = dataclasses.field(repr=False)
    """Columns of the protocol's subgroups, as text, by case."""
    pictures: Mapping[str, Mapping[str, Path]] = dataclasses.field(repr=False)
    """By column of the protocol, the file of the picture of each case that has one."""
    described: Mapping[str, npt.NDArray[np.object_]] = dataclasses.field(repr=False)
    """Columns of the protocol's characteristics and `by`, as text, for every case that has a truth."""
    described_patients: Codes | None = dataclasses.field(repr=False)
    """Patient of each of those cases."""

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
            `task`, `reader_group`, `session`, `time_s`, `read_date`, `patient_id`, `truth`.
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

    def picture(self, column: str | None, case_id: str) -> str | None:
        """The PNG picture of a case as base64 text; None when it has none."""
        path = self.pictures.get(column or "", {}).get(case_id)
        return None if path is None else base64.b64encode(path.read_bytes()).decode("ascii")

    @property
    def reference(self) -> str | None:
        """The modality that others are compared with: the protocol's, or the one that all its endpoints name."""
        across = {plan.versus for plan in self.protocol.endpoints if plan.versus in self.modalities}
        return self.protocol.reference or (across.pop() if len(across) == 1 else None)

    @property
    def n_cases(self) -> int:
        """How many cases are held; with a correction for verification bias also those without a truth."""
        return len(self.case_ids)

    def truth(self, task: str) -> Codes:
        """True class of each case as a code of `Task.classes`, shape (n_cases,); -1 = unknown or not in the task."""
        plan = self.tasks[task]
        codes = plan.as_classes(self.truths[plan.source])
        return np.where(codes == len(plan.classes), -1, codes)

    def model_calls(self, task: str) -> Codes:
        """What each model called each case, shape (model, case), as codes of `Task.classes`; -1 = no call.

        Score >= threshold if the task has one; else the model's own label if it gives one; else the most probable
        class, or the side with the larger sum of probabilities (the positive one at a tie).
        """
        plan, reads = self.tasks[task], self.model_reads[task]
        calls = plan.as_classes(reads.labels)
        scores = self.model_scores(task)
        if plan.positive is None:
            return calls if reads.probs is None else np.where(calls >= 0, calls, _most_probable(scores, reads.probs))
        if plan.threshold is not None:
            return np.where(np.isnan(scores), calls, scores >= plan.threshold)
        if reads.probs is None:
            return calls
        negative = reads.probs[:, :, ~plan.is_positive()].sum(axis=2)
        return np.where((calls >= 0) | np.isnan(negative), calls, scores >= negative)

    def model_scores(self, task: str) -> Floats:
        """Scores of each model: (model, case) of a binary task, (model, case, class) otherwise; nan = none.

        A grouping's score is the sum of the probabilities of its positive classes; a restricted task's probabilities
        are divided by their sum.
        """
        plan, reads = self.tasks[task], self.model_reads[task]
        if plan.positive is None:
            if reads.probs is None:
                return np.full((*reads.labels.shape, len(plan.classes)), np.nan)
            if plan.restrict is None:
                return reads.probs
            kept = reads.probs[:, :, [plan.labels.index(label) for label in plan.restrict]]
            total = kept.sum(axis=2, keepdims=True)
            shares: Floats = np.divide(kept, total, out=np.full_like(kept, np.nan), where=total > 0)
            return shares
        if reads.probs is None:
            return reads.scores
        return np.where(np.isnan(reads.scores), reads.probs[:, :, plan.is_positive()].sum(axis=2), reads.scores)

    def human_calls(self, task: str) -> Codes:
        """What each reader called each case, shape (modality, reader, case); -1 = not read or no call.

        The reader's label if there is one; else, in a binary task, rating >= threshold of the protocol's readers.
        """
        return self._calls(task, self.human_reads[task])

    def repeated_calls(self, task: str) -> tuple[Codes, ...]:
        """What each reader called each case when reading it again, as `human_calls`; a member for each further time."""
        return tuple(self._calls(task, reads) for reads in self.repeats.get(task, ()))

    def repeated_scores(self, task: str) -> tuple[Floats, ...]:
        """Ratings of each reader when reading again, as `human_scores`; a member for each further time."""
        return tuple(reads.scores for reads in self.repeats.get(task, ()))

    def human_scores(self, task: str) -> Floats:
        """Ratings of each reader, shape (modality, reader, case); nan = not read, or no ratings in this task."""
        return self.human_reads[task].scores

    def consensus_calls(self, task: str) -> Codes:
        """What the readers' consensus called each case, shape (modality, case); -1 = no call.

        The supplied consensus, or the majority of the readers with the protocol's rule for ties. Where readers chose
        labels, the majority is of the labels of the task's source, so that a case has one consensus in all its tasks.
        The first reader of a tie is the first in the protocol's groups, or else the first by name.
        """
        if task in self.consensus_reads:
            return self._calls(task, self.consensus_reads[task])[:, 0]
        ties = self.protocol.ties
        assert ties is not None
        listed = [name for names in self.protocol.groups.values() for name in names if name in self.readers]
        order = [self.readers.index(name) for name in (*listed, *sorted(set(self.readers) - set(listed)))]
        return np.stack([self._majority(task, m, order, ties) for m in range(len(self.modalities))])

    def reference_without(self, task: str, reader: str) -> Codes | None:
        """The truth without a reader's own vote, when the protocol asks for it; None for any other reader.

        The majority of the other readers whose votes made the truth, in the first modality; -1 at a tie, or where it is
        a class that a restricted task has left out.
        """
        plan = self.protocol
        if plan.incorporation != "leave-one-out" or reader not in plan.truth_from:
            return None
        others = [self.readers.index(name) for name in plan.truth_from if name != reader]
        without = self._majority(task, 0, others, "exclude")
        without = np.where(without == len(self.tasks[task].classes), -1, without)
        return np.where(self.truth(task) < 0, -1, without)

    def _majority(self, task: str, modality: int, voters: list[int], ties: str) -> Codes:
        """Majority of some readers' labels, or of their calls in a task of ratings, as codes of the task's classes."""
        plan = self.tasks[task]
        labels = self.human_reads[task].labels[modality, voters]
        if (labels >= 0).any():
            return plan.as_classes(majority(labels, len(plan.labels), ties))
        return majority(self.human_calls(task)[modality, voters], len(plan.classes), ties)

    def _calls(self, task: str, reads: Reads) -> Codes:
        plan, threshold = self.tasks[task], self.protocol.threshold
        calls = plan.as_classes(reads.labels)
        if plan.positive is None or threshold is None:
            return calls
        return np.where((calls >= 0) | np.isnan(reads.scores), calls, reads.scores >= threshold)


def _most_probable(scores: Floats, probs: Floats) -> Codes:
    """Class with the largest score; where a restricted task has left nothing, the class beyond; -1 = no prediction."""
    best = np.nan_to_num(scores, nan=-1).argmax(axis=2)
    best = np.where(np.isnan(scores).any(axis=2), scores.shape[2], best)
    return np.where(np.isnan(probs).any(axis=2), -1, best)


def _table(role: str, source: Source, problems: list[Problem]) -> tabular.Table | None:
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return tabular.of_frame(role, source, problems)
    return tabular.read(role, source, problems)
