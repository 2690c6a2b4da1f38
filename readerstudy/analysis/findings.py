"""What an analysis has found so far."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.estimate import Estimate
from readerstudy.protocol import Protocol
from readerstudy.protocol.choices import MISSING
from readerstudy.study import Study
from readerstudy.task import Codes, Task

_INDEPENDENT = "cases of one patient are taken as independent"
_OWN_VOTES = "the truth was made of the votes of readers of this consensus"

Bools = npt.NDArray[np.bool_]


class Findings:
    """Collects records; the rooms of the analysis fill it, `evaluate` makes Results of it.

    Parameters
    ----------
    study
        The predictions and reads; None in a study of marks alone.
    seed
        Of what is drawn at random.
    plan
        The protocol of a study of marks alone.
    """

    def __init__(self, study: Study | None, seed: int, plan: Protocol | None = None) -> None:
        self._study = study
        self.plan = plan or (Protocol() if study is None else study.protocol)
        self.seed = seed
        self.estimates: list[Estimate] = []
        self.curves: dict[str, dict[str, Any]] = {}
        self.confusion: list[dict[str, Any]] = []
        self.tables: dict[str, list[dict[str, Any]]] = {"readers": [], "classes": []}
        self.warnings: list[str] = []
        self.missing = None if self.plan.missing == MISSING[0] else self.plan.missing
        self.aside = False

    @property
    def study(self) -> Study:
        """The predictions and reads, which what is not of marks rests on."""
        assert self._study is not None
        return self._study

    def under(self, rule: str) -> Findings:
        """These findings, taking in records made by another rule for missing reads; the plain tables have none such."""
        other = copy.copy(self)
        other.missing, other.aside = rule, True
        return other

    def untouched(self) -> Findings:
        """These findings, taking in records of what no rule for missing reads is about."""
        other = copy.copy(self)
        other.missing = None
        return other

    def add(
        self, task: Task, used: Bools, estimates: Iterable[Estimate], *, independent: bool = False, **identity: Any
    ) -> list[Estimate]:
        """Keep `estimates` under their identity; `used` are the cases they rest on.

        `independent` says that they have no form for several cases a patient: where there are, a note says so.
        """
        if independent and self.plan.clusters is not None:
            estimates = self.as_independent(used, estimates)
        kept = self.identified(task, used, estimates, **identity)
        self.estimates += kept
        return kept

    def identified(self, task: Task, used: Bools, estimates: Iterable[Estimate], **identity: Any) -> list[Estimate]:
        """`estimates` under their identity, not kept."""
        patients = self.study.patients
        n_patients = None if patients is None else len(np.unique(patients[used]))
        together = self.study.consensus
        if (
            self.plan.truth_from
            and together is not None
            and together in (identity.get("reader"), identity.get("versus"))
        ):
            estimates = [e.replace(note="; ".join(filter(None, (e.note, _OWN_VOTES)))) for e in estimates]
        return [e.replace(task=task.name, n_patients=n_patients, missing=self.missing, **identity) for e in estimates]

    def as_independent(self, used: Bools, estimates: Iterable[Estimate]) -> list[Estimate]:
        """`estimates` with the note that they do not allow for several cases a patient, where there are several."""
        patients = self.study.patients
        if patients is None or len(np.unique(patients[used])) == np.count_nonzero(used):
            return list(estimates)
        return [e.replace(note="; ".join(filter(None, (e.note, _INDEPENDENT)))) for e in estimates]

    def in_order(self, modalities: Sequence[str | None]) -> list[int]:
        """Positions of modalities in the order in which they are compared: each with those behind it.

        That of the data, but what the protocol names as the reference comes last.
        """
        last = [i for i, modality in enumerate(modalities) if modality is not None and modality == self.study.reference]
        return [i for i in range(len(modalities)) if i not in last] + last

    def patients_of(self, used: Bools) -> Codes | None:
        """Patient of each of these cases, where the protocol takes patients as what was sampled."""
        patients = self.study.patients
        return patients[used] if self.plan.clusters and patients is not None else None

    @staticmethod
    def number(value: float) -> float | None:
        """A number as a plain table holds it."""
        return float(value) if np.isfinite(value) else None

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
