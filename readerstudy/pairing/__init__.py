"""Pairing predictions, reads and truth by case id, with every contradiction found and counted.

`pair` is called once, by `Study.read`. It works on text cells (`tabular.Table`) and collects problems as it goes;
a step that cannot go on without an earlier one raises what has been found so far.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import _choice, tabular
from readerstudy.pairing.about import about_cases, described, pictures, weights_of
from readerstudy.pairing.dates import dates_of
from readerstudy.pairing.endpoints import check_endpoints
from readerstudy.pairing.ids import (
    check_ids,
    distinct,
    drop_duplicate_reads,
    n_distinct,
    require_columns,
    split_repeats,
)
from readerstudy.pairing.readers import Who, check_overlap, check_readers, check_use, groups_of
from readerstudy.pairing.tasks import DEFAULT_TASK, meaning, require_known_tasks, resolve
from readerstudy.pairing.truth import agreed, no_truth, patients_of, truth_codes
from readerstudy.pairing.values import (
    human_rows,
    model_rows,
    nothing,
    predictions_of,
    reads_of,
    said,
    times_of,
)
from readerstudy.pairing.warn import n_taking_part, warnings_of
from readerstudy.problems import DataError, Place, Problem
from readerstudy.protocol import ROLES, Protocol, TaskPlan
from readerstudy.tabular import Table
from readerstudy.task import Folds, Reads, Task


def pair(tables: dict[str, Table], protocol: Protocol, problems: list[Problem]) -> dict[str, Any]:
    """The fields of a `Study`.

    Parameters
    ----------
    tables
        The files that could be read, by role.
    protocol
        The plan.
    problems
        Those met while reading the files; a file with one is missing from `tables`, and the others are still
        checked, so that everything is reported at once.

    Raises
    ------
    DataError
        With every problem found.
    """
    tables = _with_our_columns(tables, protocol, problems)
    unread = bool(problems)
    if not tables:
        raise DataError(problems)
    dropped = 0
    if protocol.duplicates in ("first", "last") and "reads" in tables:
        dropped = drop_duplicate_reads(tables["reads"], protocol.duplicates)
    check_ids(tables, problems, repeated=protocol.duplicates == "repeat")
    ids = np.unique(np.concatenate([table.cells("case_id") for table in tables.values()]).astype(str))
    truth_text = _truth_text(tables, protocol, ids, problems, unread)
    patients = patients_of(tables, ids, problems)
    named = protocol.clusters in (None, "patient_id") or any(
        table.header_name("patient_id") == protocol.clusters for table in tables.values()
    )
    if protocol.clusters is not None and not unread and (patients is None or not named):
        problems.append(tabular.missing_column(list(tables.values())[-1], protocol.clusters, "which names the patient"))
    facts = about_cases(tables, protocol, ids, problems, unread)
    if not unread:
        check_overlap(tables, problems)
    # Split only now: what second reads say of the truth and of the patient has been held against the first.
    repeats = []
    if protocol.duplicates == "repeat" and "reads" in tables:
        repeats = split_repeats(tables["reads"])
        dropped = sum(len(table.frame) for table in repeats)

    plans = protocol.tasks or (TaskPlan(name=DEFAULT_TASK),)
    plans = tuple(plan for plan in plans if (plan.source or plan.name) in truth_text)
    tasks = resolve(plans, tables, truth_text, problems)
    truths = {
        plan.name: truth_codes(plan, tables, tasks, truth_text[plan.name], problems)
        for plan in plans
        if plan.name in tasks and plan.source is None
    }
    require_known_tasks(tables, tasks, problems)
    _require_label_columns(tables, protocol, problems, unread)
    who = _who(tables, protocol, problems)
    said_by = _values(tables, tasks, who, ids, protocol, problems)
    again = _repeated(repeats, tasks, who, ids, protocol, problems)
    check_readers(tables, protocol, who.readers, problems)
    if not problems:  # else a cell may be idle only because of them
        check_use(tables, protocol, who.readers, tasks, problems)
    groups = groups_of(tables.get("reads"), protocol, who.readers, problems)
    check_endpoints(protocol, tasks, who, groups, problems)
    if problems:
        raise DataError(problems)

    has_truth = np.any([codes >= 0 for codes in truths.values()], axis=0)
    everyone = (*said_by.models.values(), *said_by.humans.values(), *said_by.consensus.values())
    seen = np.any([said(reads).reshape(-1, len(ids)).any(axis=0) for reads in everyone], axis=0)
    judged = has_truth & seen
    if not judged.any():
        raise DataError([_nothing_left(tables, has_truth)])
    # A correction for verification bias also needs what was called of the cases without a truth.
    keep = seen if protocol.verification is not None else judged
    weights = None
    if protocol.weight is not None:
        weights = weights_of(tables, protocol.weight, facts[protocol.weight], keep, problems)
        if problems:
            raise DataError(problems)
    kept_patients = None if patients is None else np.unique(patients[keep], return_inverse=True)[1]
    covered = _covered(said_by, len(ids))
    flow = {
        **_flow(tables, protocol, has_truth, seen, dropped),
        "n_cases": int(judged.sum()),
        "n_patients": None if patients is None else len(np.unique(patients[judged])),
        "n_models": len({name for name, _ in who.entries}),
        "n_readers": n_taking_part(said_by.humans, keep),
        "modalities": [modality for modality in who.modalities if modality is not None],
    }
    # The table of characteristics also describes cases that were not read, such as a development set.
    shown = has_truth if protocol.by is not None else judged
    return {
        "protocol": protocol,
        "case_ids": tuple(ids[keep].tolist()),
        "patients": kept_patients,
        "tasks": tasks,
        "models": who.models,
        "model_modalities": who.model_modalities,
        "readers": who.readers,
        "modalities": who.modalities,
        "consensus": who.consensus,
        "groups": groups,
        "flow": flow,
        "warnings": tuple(
            warnings_of(tasks, protocol, said_by.models, said_by.humans, truths, keep, covered, who, flow, repeats)
        ),
        "inputs": tuple(_input(role, table) for role, table in tables.items()),
        "truths": {name: codes[keep] for name, codes in truths.items()},
        "model_reads": {name: _only(reads, keep) for name, reads in said_by.models.items()},
        "human_reads": {name: _only(reads, keep) for name, reads in said_by.humans.items()},
        "consensus_reads": {name: _only(reads, keep) for name, reads in said_by.consensus.items()},
        "folds": {
            name: Folds(names=folds.names, labels=folds.labels[..., keep]) for name, folds in said_by.folds.items()
        },
        "repeats": {name: tuple(_only(reads, keep) for reads in again[name]) for name in again},
        "weights": None if weights is None else weights[keep],
        "times": None if said_by.times is None else said_by.times[..., keep],
        "dates": None if said_by.dates is None else said_by.dates[..., keep],
        "covariates": {name: facts[name][keep] for name in protocol.subgroups},
        "pictures": {column: pictures(tables, column, facts[column], ids, keep) for column in protocol.images},
        "described": {name: facts[name][shown] for name in described(protocol)},
        "described_patients": None if patients is None else patients[shown],
    }


def _with_our_columns(tables: dict[str, Table], protocol: Protocol, problems: list[Problem]) -> dict[str, Table]:
    """The tables that have the columns they need, under our names."""
    unread = bool(problems)
    values = {"label", "score"} | {name for plan in protocol.tasks for name in (plan.label, plan.score)}
    good = {}
    for role, table in tables.items():
        before = len(problems)
        theirs = dict(protocol.columns.get(role, {}))
        if protocol.clusters is not None and protocol.clusters in table and "patient_id" not in table:
            theirs["patient_id"] = protocol.clusters
        tabular.rename(table, theirs, _known_columns(role, protocol), problems)
        if len(problems) == before:
            require_columns(role, table, values, problems)
        if len(problems) == before:
            good[role] = table
    for role in protocol.columns:
        if role in ROLES and role not in tables and not unread:
            problems.append(
                Problem(
                    code="RS304",
                    message=f"the protocol renames columns of {role}, but no such file was given",
                    place=None if protocol.file is None else Place(file=protocol.file),
                    help=f"give the {role} file, or take [columns.{role}] out",
                )
            )
    return good


def _known_columns(role: str, protocol: Protocol) -> list[str]:
    """Our names of the columns of a file, with those that the protocol makes up."""
    usual = {
        "preds": ("case_id", "model", "score", "label", "task", "modality", "group_id", "fold"),
        "reads": (
            "case_id", "reader_id", "label", "score", "modality", "task", "reader_group", "session", "time_s",
            "read_date",
        ),
        "cases": ("case_id",),
    }[role]  # fmt: skip
    named = [name for plan in protocol.tasks for name in (plan.truth, plan.label, plan.score)]
    about = (*protocol.subgroups, *described(protocol), *((protocol.weight,) if protocol.weight else ()))
    return list(dict.fromkeys((*usual, "truth", "patient_id", *named, *about)))


def _truth_text(
    tables: Mapping[str, Table], protocol: Protocol, ids: npt.NDArray[Any], problems: list[Problem], unread: bool
) -> dict[str, npt.NDArray[np.object_]]:
    """Each case's truth as text, by task; without the tasks whose truth is in no file, which are problems."""
    found = {}
    for plan in protocol.tasks or (TaskPlan(name=DEFAULT_TASK),):
        if plan.source is not None:
            continue
        text = agreed(tables, plan.truth, ids, problems, "RS205", "truth", functools.partial(meaning, plan=plan))
        if text is not None:
            found[plan.name] = text
        elif not unread:  # else it may stand in the file that could not be read
            problems.append(no_truth(tables, plan))
    return found


def _require_label_columns(
    tables: Mapping[str, Table], protocol: Protocol, problems: list[Problem], unread: bool
) -> None:
    """A column of labels or scores that a task names must stand somewhere."""
    files = [table for role, table in tables.items() if role != "cases"]
    for plan in protocol.tasks:
        for name, usual in ((plan.label, "label"), (plan.score, "score")):
            if name != usual and files and not unread and not any(name in table for table in files):
                problems.append(tabular.missing_column(files[0], name, f"named by task {plan.name!r}"))


def _who(tables: Mapping[str, Table], protocol: Protocol, problems: list[Problem]) -> Who:
    """Names of the models, the readers, the modalities and the consensus."""
    preds = tables.get("preds")
    models = distinct(preds, "model") or (("model",) if preds is not None else ())
    entries: list[tuple[str, str | None]] = [(name, None) for name in models]
    if preds is not None and "modality" in preds:
        names = preds.cells("model").tolist() if "model" in preds else ["model"] * len(preds.frame)
        entries = list(dict.fromkeys(zip(names, preds.cells("modality").tolist(), strict=True)))
    several = len({modality for _, modality in entries}) > 1
    everyone = distinct(tables.get("reads"), "reader_id")
    problems += [
        Problem(
            code="RS216",
            message=f"{name!r} is a model and a reader",
            place=tables["reads"].place(int(np.argmax(tables["reads"].cells("reader_id") == name)), "reader_id"),
            help="give one of them another name: a model is listed among the readers",
        )
        for name in everyone
        if name in models
    ]
    consensus = protocol.consensus
    if consensus == "majority":
        consensus = "consensus"
        if consensus in (*everyone, *models):
            problems.append(
                Problem(
                    code="RS216",
                    message="somebody is called 'consensus', and the protocol asks for a majority under that name",
                    help='rename the reader, or set consensus = "consensus" to take those rows as the consensus',
                )
            )
    elif consensus is not None and consensus not in everyone:
        problems.append(
            Problem(
                code="RS211",
                message=f"the consensus {consensus!r} of the protocol has no row in the reads",
                help=f'{_choice.did_you_mean(consensus, everyone)}; or consensus = "majority"',
            )
        )
    readers = tuple(name for name in everyone if name not in protocol.exclude and name != consensus)
    return Who(
        entries,
        # A model in several modalities is several readers, which nobody may confuse.
        tuple(f"{name} ({modality})" if several else name for name, modality in entries),
        tuple(modality for _, modality in entries),
        readers,
        distinct(tables.get("reads"), "modality") or (None,),
        consensus if tables.get("reads") is not None else None,
    )


@dataclasses.dataclass
class _Values:
    """What everybody said, by task."""

    models: dict[str, Reads] = dataclasses.field(default_factory=dict)
    humans: dict[str, Reads] = dataclasses.field(default_factory=dict)
    consensus: dict[str, Reads] = dataclasses.field(default_factory=dict)
    folds: dict[str, Folds] = dataclasses.field(default_factory=dict)
    times: npt.NDArray[np.float64] | None = None
    dates: npt.NDArray[np.float64] | None = None


def _values(
    tables: Mapping[str, Table],
    tasks: Mapping[str, Task],
    who: Who,
    ids: npt.NDArray[Any],
    protocol: Protocol,
    problems: list[Problem],
) -> _Values:
    found = _Values()
    preds, reads = tables.get("preds"), tables.get("reads")
    for name, task in tasks.items():
        found.models[name] = nothing((len(who.models), len(ids)))
        found.humans[name] = nothing((len(who.modalities), len(who.readers), len(ids)))
        if preds is not None:
            rows = model_rows(preds, ids, who.entries)
            found.models[name], folds = predictions_of(rows, task, tasks, protocol, problems)
            if folds is not None:
                found.folds[name] = folds
        if reads is not None:
            rows = human_rows(reads, ids, who.readers, who.modalities)
            found.humans[name] = reads_of(rows, task, tasks, protocol, problems)
            if who.consensus is not None and protocol.consensus != "majority":
                rows = human_rows(reads, ids, (who.consensus,), who.modalities)
                found.consensus[name] = reads_of(rows, task, tasks, protocol, [])
    if reads is not None:
        rows = human_rows(reads, ids, who.readers, who.modalities)
        found.times, found.dates = times_of(rows, problems), dates_of(rows, problems)
    return found


def _repeated(
    repeats: list[Table],
    tasks: Mapping[str, Task],
    who: Who,
    ids: npt.NDArray[Any],
    protocol: Protocol,
    problems: list[Problem],
) -> dict[str, list[Reads]]:
    """What readers said when they read a case again, by task."""
    rows = [human_rows(table, ids, who.readers, who.modalities) for table in repeats]
    return {name: [reads_of(of, task, tasks, protocol, problems) for of in rows] for name, task in tasks.items()}


def _covered(said_by: _Values, n: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
    """Which cases a model predicted and which a reader read; None unless there are both."""
    predicted = np.any([said(reads).reshape(-1, n).any(axis=0) for reads in said_by.models.values()], axis=0)
    read = np.any([said(reads).reshape(-1, n).any(axis=0) for reads in said_by.humans.values()], axis=0)
    return (predicted, read) if predicted.any() and read.any() else None


def _flow(
    tables: Mapping[str, Table],
    protocol: Protocol,
    has_truth: npt.NDArray[np.bool_],
    seen: npt.NDArray[np.bool_],
    dropped: int,
) -> dict[str, Any]:
    """How many cases came in and how many were left out, and why."""
    return {
        "cases": {role: n_distinct(tables.get(role)) for role in ROLES},
        "steps": [
            {"label": "cases named in the files", "n": len(has_truth)},
            {"label": "cases with a truth", "n": int(has_truth.sum())},
            {"label": "cases analysed", "n": int((has_truth & seen).sum())},
        ],
        "excluded": [
            {"reason": "no truth", "n": int((~has_truth).sum())},
            {"reason": "neither predicted nor read", "n": int((has_truth & ~seen).sum())},
        ],
        "rows": _row_counts(tables, protocol, dropped),
    }


def _input(role: str, table: Table) -> dict[str, Any]:
    """A file by its name without the folder: results.json holds no path."""
    name = table.name.replace("\\", "/").rsplit("/", 1)[-1]
    return {"role": role, "name": name, "sha256": table.sha256, "rows": len(table.frame)}


def _only(reads: Reads, keep: npt.NDArray[np.bool_]) -> Reads:
    probs = None if reads.probs is None else reads.probs[:, keep]
    return Reads(labels=reads.labels[..., keep], scores=reads.scores[..., keep], probs=probs)


def _nothing_left(tables: Mapping[str, Table], has_truth: npt.NDArray[np.bool_]) -> Problem:
    what = "no case has a truth" if not has_truth.any() else "no case with a truth was predicted or read"
    files = ", ".join(table.name for table in tables.values())
    return Problem(
        code="RS207", message=f"nothing is left to analyse: {what} ({files})", help="check the ids and truth"
    )


def _row_counts(tables: Mapping[str, Table], protocol: Protocol, dropped: int) -> list[dict[str, Any]]:
    """Rows of each file, and how many say nothing, belong to a reader left out or repeat another."""
    values = {"label", "score"} | {name for plan in protocol.tasks for name in (plan.label, plan.score)}
    not_read = {label for plan in protocol.tasks for label in plan.missing}
    counts = []
    for role, table in tables.items():
        if role == "cases":
            continue
        columns = [str(c) for c in table.frame.columns if c in values or (role == "preds" and str(c)[:5] == "prob_")]
        empty = np.all(
            [table.is_missing(c) | np.isin(table.cells(c).astype(str), list(not_read)) for c in columns], axis=0
        )
        left_out = np.zeros(len(empty), dtype=bool)
        if role == "reads" and protocol.exclude:
            left_out = np.isin(table.cells("reader_id").astype(str), list(protocol.exclude))
        counts.append(
            {
                "file": role,
                "rows": len(empty) + (dropped if role == "reads" else 0),
                "empty": int((empty & ~left_out).sum()),
                "excluded_readers": int(left_out.sum()),
                "duplicates": dropped if role == "reads" else 0,
            }
        )
    return counts
