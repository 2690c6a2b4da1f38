"""What the fillers ask of the results: who took part, what was planned, which numbers are the main ones."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from readerstudy.checklist.model import Line, label, line
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.measures import MEASURES
from readerstudy.report import overview, selection
from readerstudy.results import Results


class Facts:
    """One study as the checklists see it; no number is computed here."""

    def __init__(self, results: Results) -> None:
        self.results = selection.indexed(results)
        self.main = selection.main(self.results)

    @property
    def flow(self) -> Mapping[str, Any]:
        """How many cases came in, how many were left out."""
        return self.results.flow

    @functools.cached_property
    def tasks(self) -> list[str]:
        """The tasks in the order of the protocol."""
        return overview.tasks_of(self.results)

    @functools.cached_property
    def models(self) -> list[str]:
        """The models whose predictions or marks were analysed."""
        return self._of_kind("model")

    @functools.cached_property
    def readers(self) -> list[str]:
        """The human readers."""
        return self._of_kind("human")

    @functools.cached_property
    def modalities(self) -> list[str]:
        """The modalities in which they read."""
        return list(self.flow.get("modalities") or ())

    @functools.cached_property
    def groups(self) -> dict[str, list[str]]:
        """The groups of the readers."""
        found: dict[str, list[str]] = {}
        for entry in self.rows("readers"):
            if entry["reader_kind"] == "human" and entry.get("reader_group"):
                members = found.setdefault(entry["reader_group"], [])
                if entry["reader"] not in members:
                    members.append(entry["reader"])
        return found

    @property
    def marks(self) -> Mapping[str, Any] | None:
        """What the protocol asks of marks, where the study has any."""
        return self.plan("marks") if self.results.tables.get("marks") else None

    @property
    def lock(self) -> Mapping[str, Any] | None:
        """The lock of the protocol."""
        return self.results.protocol.get("lock")

    @property
    def alpha(self) -> float:
        """Level of significance."""
        return float(self.plan("study").get("alpha", 0.05))

    def plan(self, name: str) -> Mapping[str, Any]:
        """A section of the protocol; empty where it has none."""
        found = self.results.protocol.get(name)
        return found if isinstance(found, Mapping) else {}

    def rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        """A plain table of the results; empty where there is none."""
        return self.results.tables.get(name, [])

    def plans(self) -> dict[str, Mapping[str, Any]]:
        """The tasks of the protocol."""
        return dict(self.plan("tasks"))

    def whole(self, measures: Iterable[str]) -> list[Estimate]:
        """The main records of whole tasks that compare nothing, of these measures."""
        wanted = set(measures)
        found = []
        for task in self.tasks:
            same = self.main.select(task=task, target=None, versus=None, versus_kind=None, subgroup=None)
            found += [e for e in same if e.measure in wanted]
        return found

    def compared(self, kind: str, measures: Iterable[str]) -> list[Estimate]:
        """The main records of whole tasks that compare with something of one kind."""
        wanted = set(measures)
        found = []
        for task in self.tasks:
            same = self.main.select(task=task, target=None, versus_kind=kind, subgroup=None)
            found += [e for e in same if e.measure in wanted and e.method != "as-published"]
        return found

    def who(self, e: Estimate) -> Line:
        """Whose number a record is, in words."""
        several = len(self.modalities) > 1
        return line(self.whose(e), *((", ", label(e.modality)) if several and e.modality else ()))

    def whose(self, e: Estimate) -> Line:
        """The same without the modality."""
        if e.reader is not None:
            return (label(e.reader),)
        named = e.reader_group not in (None, ALL_READERS)
        return line("mean of ", label(e.reader_group or "") if named else "all readers")

    def endpoint_of(self, e: Estimate) -> str | None:
        """The endpoint that a record answers."""
        return next((row["name"] for row in self.rows("endpoints") if row.get("key") == e.key), None)

    def _of_kind(self, kind: str) -> list[str]:
        return list(dict.fromkeys(row["reader"] for row in self.rows("readers") if row["reader_kind"] == kind))


def defined(records: Iterable[Estimate]) -> list[Estimate]:
    """The records that have a value."""
    return [e for e in records if math.isfinite(e.estimate)]


def said(measure: str) -> str:
    """The label of a measure within a sentence: lower case, unless it begins with an abbreviation or a name."""
    name, comma, beside = MEASURES[measure].label.partition(", ")
    name += f" ({beside})" if comma else ""
    first = name.split()[0].split("'")[0]
    return name if not first[1:].islower() or "'" in name else name[:1].lower() + name[1:]
