"""What an analysis has found so far."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.estimate import Estimate
from readerstudy.study import Study
from readerstudy.task import Task

_OWN_VOTES = "the truth was made of the votes of readers of this consensus"

Bools = npt.NDArray[np.bool_]


class Findings:
    """Collects records; the rooms of the analysis fill it, `evaluate` makes Results of it."""

    def __init__(self, study: Study, seed: int) -> None:
        self.study = study
        self.plan = study.protocol
        self.seed = seed
        self.estimates: list[Estimate] = []
        self.curves: dict[str, dict[str, Any]] = {}
        self.confusion: list[dict[str, Any]] = []
        self.tables: dict[str, list[dict[str, Any]]] = {"readers": [], "classes": []}
        self.warnings: list[str] = []

    def add(self, task: Task, used: Bools, estimates: Iterable[Estimate], **identity: Any) -> list[Estimate]:
        """Keep `estimates` under their identity; `used` are the cases they rest on."""
        patients = self.study.patients
        n_patients = None if patients is None else len(np.unique(patients[used]))
        together = self.study.consensus
        if (
            self.plan.truth_from
            and together is not None
            and together in (identity.get("reader"), identity.get("versus"))
        ):
            estimates = [e.replace(note="; ".join(filter(None, (e.note, _OWN_VOTES)))) for e in estimates]
        kept = [e.replace(task=task.name, n_patients=n_patients, **identity) for e in estimates]
        self.estimates += kept
        return kept

    def rng(self, *identity: str | None) -> np.random.Generator:
        """A generator of one record's own, so that no record depends on which others were computed before it."""
        return np.random.default_rng([self.seed, zlib.crc32(repr(identity).encode())])

    def row(self, table: str, **fields: Any) -> None:
        """Append a row to a plain table."""
        self.tables.setdefault(table, []).append(fields)

    def warn(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def targets(task: Task) -> list[tuple[int | None, str | None]]:
    """The one-vs-rest targets of a task by code and name, or the one target of a binary task."""
    if task.positive is not None:
        return [(None, None)]
    return list(enumerate(task.classes))


def positive_code(code: int | None) -> int:
    """The code that counts as positive: the target's, or 1 in a binary task."""
    return 1 if code is None else code
