"""Who is held against the truth: models, readers and their consensus, each before one task."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.study import Study
from readerstudy.task import Codes, Floats, Task

Bools = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Observer:
    """A model, a reader in one modality, or the readers' consensus in one modality."""

    name: str
    kind: str
    group: str | None
    modality: str | None
    calls: Codes
    scores: Floats
    threshold: float | None
    truth: Codes
    """What it is held against: the truth, or for a reader whose vote is part of it the truth without that vote."""
    given: Bools | None = None
    """Cases that somebody read in its modality; None where it is the only one, or no reader."""
    wrong: Bools | None = None
    """Cases that it did not read and that count as called wrongly; None where the rule for missing reads is another."""

    def identity(self) -> dict[str, Any]:
        """The identity fields of its records."""
        return {
            "reader": self.name,
            "reader_kind": self.kind,
            "reader_group": self.group,
            "modality": self.modality,
        }

    def versus(self, other: Observer) -> dict[str, Any]:
        """The identity fields of a comparison with another, or with oneself in another modality."""
        if (other.name, other.kind) == (self.name, self.kind):
            return {**self.identity(), "versus": other.modality, "versus_kind": "modality"}
        return {
            **self.identity(),
            "modality": self.modality or other.modality,
            "versus": other.name,
            "versus_kind": "reader",
        }

    @property
    def read(self) -> Bools:
        """The cases it gave a call or a score."""
        scored = ~np.isnan(self.scores)
        return (self.calls >= 0) | (scored if scored.ndim == 1 else scored.all(axis=1))

    def unread(self) -> Bools:
        """The cases of the task that it did not read, which a rule for missing reads is about.

        A case that nobody read in a modality was not given in it, and who read no more than half of the cases was not
        given the others. A consensus has read what its readers have: where
        they are at odds nothing is missing.
        """
        in_task = self.truth >= 0 if self.given is None else (self.truth >= 0) & self.given
        if self.kind == "consensus":
            return np.zeros_like(in_task)
        missing = in_task & ~self.read
        given: Bools = missing if 2 * missing.sum() < in_task.sum() else np.zeros_like(missing)
        return given

    def completed(self, rule: str, n_classes: int) -> Observer:
        """The same with the cases that it did not read called wrongly (``"worst"``) or rightly (``"best"``).

        A wrong call among two classes is the other one, among several a class beyond them all, which `called` takes for
        wrong of every class. The wrong score of a class lies below all others in a case of it and above them elsewhere.
        """
        unread = self.unread()
        if rule == "complete-case" or not unread.any():
            return self
        calls, scores, best = self.calls, self.scores, rule == "best"
        if (calls >= 0).any():
            wrong = 1 - self.truth if n_classes == 2 else np.full_like(calls, n_classes)
            calls = np.where(unread, self.truth if best else wrong, calls)
        if not np.isnan(scores).all():
            of_class = self.truth == 1 if scores.ndim == 1 else self.truth[:, None] == np.arange(scores.shape[1])
            extremes = np.where(of_class == best, np.nanmax(scores) + 1, np.nanmin(scores) - 1)
            scores = np.where(unread if scores.ndim == 1 else unread[:, None], extremes, scores)
        return dataclasses.replace(self, calls=calls, scores=scores, wrong=None if best else unread)

    def called(self, code: int) -> Bools:
        """Which cases it called a class; a missing read that counts as wrong is wrong of every class."""
        call: Bools = self.calls == code
        return call if self.wrong is None else np.where(self.wrong, self.truth != code, call)

    def score_of(self, target: int | None) -> Floats | None:
        """Score of a binary task, or the probability of one class; None when it gives labels only."""
        if target is None:
            return self.scores
        return None if self.scores.ndim == 1 else self.scores[:, target]


def observers(study: Study, task: Task) -> list[Observer]:
    """Models first, then readers by modality, each followed by its consensus; those who said nothing are left out."""
    everyone = [*_models(study, task), *(_humans(study, task) if study.readers or study.consensus else ())]
    return [one for one in everyone if one.read.any()]


def _models(study: Study, task: Task) -> Iterator[Observer]:
    truth = study.truth(task.name)
    calls, scores = study.model_calls(task.name), study.model_scores(task.name)
    for i, (name, modality) in enumerate(zip(study.models, study.model_modalities, strict=True)):
        yield Observer(name, "model", None, modality, calls[i], scores[i], task.threshold, truth)


def _humans(study: Study, task: Task) -> Iterator[Observer]:
    truth = study.truth(task.name)
    calls, scores = study.human_calls(task.name), study.human_scores(task.name)
    labels = study.human_reads[task.name].labels
    together = None if study.consensus is None else study.consensus_calls(task.name)
    without = {name: study.reference_without(task.name, name) for name in study.readers}
    for m, modality in enumerate(study.modalities):
        by_reader = (calls[m] >= 0) | ~np.isnan(scores[m])
        given = by_reader.any(axis=0) if by_reader.any(axis=1).sum() > 1 else None
        for j, name in enumerate(study.readers):
            rated = task.positive is not None and not (labels[m, j] >= 0).any()
            threshold = study.protocol.threshold if rated else None
            reference = without[name]
            held_against = truth if reference is None else reference
            group = study.groups.get(name)
            yield Observer(name, "human", group, modality, calls[m, j], scores[m, j], threshold, held_against, given)
        if together is not None and study.consensus is not None:
            no_scores = np.full(len(truth), np.nan)
            yield Observer(study.consensus, "consensus", None, modality, together[m], no_scores, None, truth)


def one_view(modality: str | None, other: str | None) -> bool:
    """Whether a model of one modality can be held against a reader in another; a model of none fits every one."""
    return None in (modality, other) or modality == other


def between_modalities(everyone: list[Observer], reference: str | None) -> Iterator[tuple[Observer, Observer]]:
    """Every reader, and every consensus, in one modality and in a later one; the reference stands behind all."""
    for i, one in enumerate(everyone):
        for other in everyone[i + 1 :]:
            if one.kind != "model" and (one.name, one.kind) == (other.name, other.kind):
                yield (other, one) if one.modality is not None and one.modality == reference else (one, other)


def pairs(everyone: list[Observer]) -> Iterator[tuple[Observer, Observer]]:
    """Every two that can be compared: a model with all that follow, readers with each other, in one modality.

    A consensus holds its readers' own calls, so that it is compared with models only.
    """
    for i, one in enumerate(everyone):
        for other in everyone[i + 1 :]:
            with_model = "model" in (one.kind, other.kind)
            same_view = one_view(one.modality, other.modality) if with_model else one.modality == other.modality
            if same_view and (one.kind == "model" or "consensus" not in (one.kind, other.kind)):
                yield one, other
