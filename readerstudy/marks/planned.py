"""Marks as a protocol wants them: read by its names of columns, and with its readers, modalities and patients."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from readerstudy import _choice
from readerstudy.marks import COLUMNS, ONE_MODALITY, Marks, Source
from readerstudy.problems import DataError, Place, Problem
from readerstudy.protocol import EndpointPlan, MarksPlan, Protocol
from readerstudy.protocol.marks import MARK_MEASURES

if TYPE_CHECKING:
    import pandas as pd

_ALL_READERS = "all readers"
_FILES = {"marks": "marks", "lesions": "lesions", "reads": "mark_reads"}
"""By the role of a file among the marks, its name in the protocol."""
_OF_MARKS = (
    "title", "notice", "registration", "conf_level", "alpha", "significant", "seed", "columns", "groups", "exclude",
    "methods", "bootstrap", "endpoints", "multiplicity", "reference", "clusters", "marks", "file", "sha256",
)  # fmt: skip
"""What a protocol may say of a study that has marks and neither predictions nor reads."""


class Planned(NamedTuple):
    """The marks that are analysed."""

    cases: pd.DataFrame
    marks: pd.DataFrame
    lesions: pd.DataFrame
    reads: pd.DataFrame
    """Columns `case_id`, `reader_id`, `modality`; modalities in the order in which each is held against the others."""
    readers: tuple[str, ...]
    model: str | None
    modalities: tuple[str, ...]
    groups: Mapping[str, str]
    patients: list[str] | None
    """Of each case, where patients are taken as what was sampled."""
    measures: tuple[str, ...]

    @property
    def diseased(self) -> frozenset[str]:
        """The cases with a lesion."""
        return frozenset(self.lesions.case_id)

    def label(self, modality: str | None) -> str | None:
        """A modality's name in the records; None where the files name none."""
        return None if self.modalities == (ONE_MODALITY,) else modality

    def read_by(self, reader: str) -> list[str]:
        """The modalities in which somebody read."""
        found = set(self.reads.modality[self.reads.reader_id == reader])
        return [modality for modality in self.modalities if modality in found]

    def only(self, readers: Iterable[str]) -> Planned:
        """The marks and the reads of some of the readers."""
        names = list(readers)
        marks, reads = (table[table.reader_id.isin(names)] for table in (self.marks, self.reads))
        kept = [modality for modality in self.modalities if (reads.modality == modality).any()]
        return self._replace(marks=marks, reads=reads, modalities=tuple(kept))


def read(protocol: Protocol, cases: Source, marks: Source, lesions: Source, reads: Source = None) -> Marks:
    """The files of a study of marks, with the protocol's names of columns and its radius.

    Parameters
    ----------
    protocol
        The plan.
    cases, marks, lesions, reads
        As in `Marks.read`.

    Raises
    ------
    DataError
        As `Marks.read`.
    """
    columns = {role: dict(protocol.columns.get(name, {})) for role, name in _FILES.items()}
    # What else the protocol renames of the cases is for the predictions and reads beside the marks.
    columns["cases"] = {k: v for k, v in protocol.columns.get("cases", {}).items() if k in COLUMNS["cases"]}
    if protocol.clusters not in (None, "patient_id"):
        columns["cases"].setdefault("patient_id", str(protocol.clusters))
    if reads is None and "mark_reads" in protocol.columns:
        _refuse(protocol, "the protocol renames columns of mark_reads, but no such file was given", "give --mark-reads")
    return Marks.read(cases, marks, lesions, reads, radius=protocol.marks.radius, columns=columns)


def check_asked(protocol: Protocol, marks: Marks | None, tasks: Collection[str] | None) -> None:
    """Raise if the protocol asks for what these files cannot give.

    `tasks` are those of the predictions and reads beside the marks, None where there are only marks.

    Raises
    ------
    DataError
        If it has [marks] and there are none; if there are only marks, and it has what needs predictions or reads.
    """
    if marks is None:
        named = [f"[columns.{name}]" for name in _FILES.values() if name in protocol.columns]
        named += ["[marks]"] if protocol.marks != MarksPlan() else []
        named += [f"endpoint {plan.name!r}" for plan in protocol.endpoints if plan.measure in MARK_MEASURES]
        if named:
            _refuse(protocol, f"the protocol has {' and '.join(named)}, and no file of marks was given", "give --marks")
        return
    default = Protocol()
    asked = [field.name for field in dataclasses.fields(Protocol) if field.name not in _OF_MARKS]
    asked = [name for name in asked if getattr(protocol, name) != getattr(default, name)]
    asked += [f"endpoint {plan.name!r}" for plan in protocol.endpoints if plan.measure not in MARK_MEASURES]
    if protocol.marks.task in (tasks or ()):
        _refuse(
            protocol,
            f"the marks and another task are both called {protocol.marks.task!r}",
            'name that of the marks: task = "..." in [marks]',
        )
    if tasks is None and asked:
        _refuse(
            protocol,
            f"the protocol sets {', '.join(asked)}, which is for predictions or reads, and there are only marks",
            "give PREDS or READS, or take it out of the protocol",
        )


def planned(marks: Marks, protocol: Protocol, groups: Mapping[str, str] | None) -> Planned:
    """The marks under a protocol; `groups` are those of the reads beside them, None where there are only marks.

    Raises
    ------
    DataError
        With every name of the protocol that is in no file, and if patients are asked for and not named.
    """
    import pandas as pd

    reads = marks.reads
    if reads is None:
        who = marks.marks[["reader_id", "modality"]].drop_duplicates()
        reads = who.merge(marks.cases[["case_id"]], how="cross")
    reads = reads.drop_duplicates(["case_id", "reader_id", "modality"])
    everybody = list(dict.fromkeys(reads.reader_id))
    problems = _unknown(protocol, everybody, list(dict.fromkeys(reads.modality)), alone=groups is None)
    if protocol.clusters is not None and "patient_id" not in marks.cases:
        problems.append((f"the file of cases has no column {protocol.clusters!r}, which names the patient", "add it"))
    left = [name for name in everybody if name not in protocol.exclude]
    if not left:
        problems.append(("nobody read a case", "give the marks, or with --mark-reads who read what"))
    if problems:
        raise DataError([_problem(protocol, message, help_) for message, help_ in problems])
    modalities = [name for name in dict.fromkeys(reads.modality) if name != protocol.reference]
    modalities += [protocol.reference] if protocol.reference in set(reads.modality) else []
    reads = reads[reads.reader_id.isin(left)]
    place = pd.Categorical(reads.modality, categories=modalities, ordered=True).codes
    model = protocol.marks.model
    if groups is None:
        groups = {reader: group for group, names in protocol.groups.items() for reader in names}
    found = Planned(
        cases=marks.cases,
        marks=marks.marks[marks.marks.reader_id.isin(left)],
        lesions=marks.lesions,
        reads=reads.iloc[place.argsort(kind="stable")],
        readers=tuple(name for name in left if name != model),
        model=model,
        modalities=tuple(name for name in modalities if (reads.modality == name).any()),
        groups={reader: groups[reader] for reader in left if reader in groups},
        patients=marks.cases.patient_id.tolist() if protocol.clusters is not None else None,
        measures=protocol.marks.measures,
    )
    tested = [plan for plan in protocol.endpoints if plan.measure in MARK_MEASURES]
    wrong = [_problem(protocol, *said) for plan in tested for said in _unfit(protocol, plan, found)]
    if wrong:
        raise DataError(wrong)
    measures = (*(found.measures or _defined(found)), *(plan.measure for plan in tested))
    return found._replace(measures=tuple(dict.fromkeys(measures)))


def _defined(found: Planned) -> tuple[str, ...]:
    """The usual figures of merit that these cases allow."""
    of_lesions, others = len(found.diseased), len(found.cases) - len(found.diseased)
    if of_lesions and others:
        return ("wAFROC", "HrAuc", "FROC")
    return ("wAFROC1", "FROC") if of_lesions else ("MaxNLF",)


_Said = list[tuple[str, str]]


def _unknown(protocol: Protocol, readers: list[str], modalities: list[str], *, alone: bool) -> _Said:
    """Names of the protocol that are in no file; where there are reads too, they may be there."""
    said: _Said = []
    model, names = protocol.marks.model, [(where, name) for where, of in protocol.groups.items() for name in of]
    names += [("exclude", name) for name in protocol.exclude]
    for where, name in names if alone else ():
        if name not in readers:
            known = _choice.did_you_mean(name, readers) if readers else "give the marks"
            said.append((f"reader {name!r} of the protocol ({where}) has no mark and no read", known))
    if alone and _ALL_READERS in protocol.groups:
        said.append((f"a group is called {_ALL_READERS!r}, the name of the mean over everybody", "rename the group"))
    if alone and protocol.reference is not None and protocol.reference not in modalities:
        known = _choice.did_you_mean(protocol.reference, modalities)
        said.append((f"the reference {protocol.reference!r} of the protocol is no modality", known))
    if model is not None and model not in readers:
        said.append((f"the model {model!r} of [marks] has no mark and no read", _choice.did_you_mean(model, readers)))
    if model is not None and (model in protocol.exclude or any(model in of for of in protocol.groups.values())):
        said.append((f"the model {model!r} of [marks] is left out, or in a group of readers", "name it once"))
    return said


def _unfit(protocol: Protocol, plan: EndpointPlan, found: Planned) -> _Said:
    """What is wrong with an endpoint of marks: it compares groups in two modalities, or the model with a group."""
    modalities = found.only(found.readers).modalities if found.readers else ()
    groups, models = {*found.groups.values(), _ALL_READERS}, [found.model] if found.model is not None else []
    across = plan.versus in modalities
    said: _Said = []
    if plan.task not in (None, protocol.marks.task):
        said.append((f"it is of task {plan.task!r}", f"marks are of task {protocol.marks.task!r}"))
    if plan.target is not None or plan.goal is not None:
        said.append(("an endpoint of marks has neither target nor goal", 'name versus = "..."'))
    for name in (plan.reader, None if across else plan.versus):
        if name is not None and name not in (*groups, *models):
            known = _choice.did_you_mean(name, [*groups, *models, *modalities])
            said.append((f"{name!r} is no group of readers, no model and no modality among the marks", known))
    if plan.modality is not None and plan.modality not in modalities:
        known = _choice.did_you_mean(plan.modality, modalities) if modalities else "take modality out"
        said.append((f"modality {plan.modality!r} is in no file", known))
    if not said and across and (plan.modality in (None, plan.versus) or plan.reader in models):
        said.append((f"the readers in {plan.versus!r} are compared with what?", "add modality = the other modality"))
    if not said and not across and len({plan.reader, plan.versus} & {*models}) != 1:
        said.append(("a group of readers is compared with neither a modality nor a model", "name one as versus"))
    if not said and not across and plan.modality is None and len(modalities) > 1:
        said.append(("in which modality?", f"add modality = one of {', '.join(map(repr, modalities))}"))
    return [(f"endpoint {plan.name!r}: {message}", help_) for message, help_ in said]


def _problem(protocol: Protocol, message: str, help_: str) -> Problem:
    place = None if protocol.file is None else Place(file=protocol.file)
    return Problem(code="RS305", message=message, place=place, help=help_)


def _refuse(protocol: Protocol, message: str, help_: str) -> None:
    raise DataError([_problem(protocol, message, help_)])
