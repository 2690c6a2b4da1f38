"""Pairing predictions, reads and truth by case id, with every contradiction found and counted.

`pair` is called once, by `Study.read`. It works on text cells (`tabular.Table`) and collects problems as it goes;
a step that cannot go on without an earlier one raises what has been found so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import tabular
from readerstudy.pairing.ids import check_ids, distinct, n_distinct, require_columns
from readerstudy.pairing.readers import check_overlap, check_readers, groups_of
from readerstudy.pairing.tasks import DEFAULT_TASK, require_known_tasks, resolve
from readerstudy.pairing.truth import agreed, no_truth, patients_of, truth_codes
from readerstudy.pairing.values import human_reads, model_reads, said
from readerstudy.problems import DataError, Place, Problem
from readerstudy.protocol import ROLES, Protocol, TaskPlan
from readerstudy.study import Reads, Task
from readerstudy.tabular import Table


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
    check_ids(tables, problems)
    ids = np.unique(np.concatenate([table.cells("case_id") for table in tables.values()]).astype(str))
    truth_text = _truth_text(tables, protocol, ids, problems, unread)
    patients = patients_of(tables, ids, problems)
    if not unread:
        check_overlap(tables, problems)

    plans = protocol.tasks or (TaskPlan(name=DEFAULT_TASK),)
    plans = tuple(plan for plan in plans if (plan.source or plan.name) in truth_text)
    tasks = resolve(plans, tables, truth_text, problems)
    truths = {
        plan.name: truth_codes(plan, tables, tasks, truth_text[plan.name], problems)
        for plan in plans
        if plan.name in tasks and plan.source is None
    }
    require_known_tasks(tables, tasks, problems)
    models, readers, modalities = _who(tables, protocol, problems)
    predicted, read = {}, {}
    for name, task in tasks.items():
        predicted[name] = model_reads(tables.get("preds"), task, tasks, ids, models, protocol, problems)
        read[name] = human_reads(tables.get("reads"), task, tasks, ids, readers, modalities, protocol, problems)
    check_readers(tables, protocol, readers, problems)
    groups = groups_of(tables.get("reads"), protocol, readers, problems)
    if problems:
        raise DataError(problems)

    has_truth = np.any([codes >= 0 for codes in truths.values()], axis=0)
    seen = np.any([said(reads).reshape(-1, len(ids)).any(axis=0) for reads in (*predicted.values(), *read.values())], 0)
    keep = has_truth & seen
    if not keep.any():
        raise DataError([_nothing_left(tables, has_truth)])
    if patients is not None:
        patients = np.unique(patients[keep], return_inverse=True)[1]
    flow = {
        **_flow(tables, protocol, has_truth, seen),
        "n_cases": int(keep.sum()),
        "n_patients": None if patients is None else int(patients.max()) + 1,
        "n_models": len(models),
        "n_readers": len(readers),
        "modalities": [modality for modality in modalities if modality is not None],
    }
    return {
        "protocol": protocol,
        "case_ids": tuple(ids[keep].tolist()),
        "patients": patients,
        "tasks": tasks,
        "models": models,
        "readers": readers,
        "modalities": modalities,
        "groups": groups,
        "flow": flow,
        "warnings": tuple(_warnings(tasks, protocol, predicted, read, flow)),
        "inputs": tuple(_input(role, table) for role, table in tables.items()),
        "truths": {name: codes[keep] for name, codes in truths.items()},
        "model_reads": {name: _only(reads, keep) for name, reads in predicted.items()},
        "human_reads": {name: _only(reads, keep) for name, reads in read.items()},
    }


def _with_our_columns(tables: dict[str, Table], protocol: Protocol, problems: list[Problem]) -> dict[str, Table]:
    """The tables that have the columns they need, under our names."""
    unread = bool(problems)
    good = {}
    for role, table in tables.items():
        before = len(problems)
        tabular.rename(table, dict(protocol.columns.get(role, {})), problems)
        if len(problems) == before:
            require_columns(role, table, problems)
        if len(problems) == before:
            good[role] = table
    for role in protocol.columns:
        if role not in tables and not unread:
            problems.append(
                Problem(
                    code="RS304",
                    message=f"the protocol renames columns of {role}, but no such file was given",
                    place=None if protocol.file is None else Place(file=protocol.file),
                    help=f"give the {role} file, or take [columns.{role}] out",
                )
            )
    return good


def _truth_text(
    tables: Mapping[str, Table], protocol: Protocol, ids: npt.NDArray[Any], problems: list[Problem], unread: bool
) -> dict[str, npt.NDArray[np.object_]]:
    """Each case's truth as text, by task; without the tasks whose truth is in no file, which are problems."""
    found = {}
    columns: dict[str, npt.NDArray[np.object_] | None] = {}
    for plan in protocol.tasks or (TaskPlan(name=DEFAULT_TASK),):
        if plan.source is not None:
            continue
        if plan.truth not in columns:
            columns[plan.truth] = agreed(tables, plan.truth, ids, problems, "RS205", "truth")
        text = columns[plan.truth]
        if text is not None:
            found[plan.name] = text
        elif not unread:  # else it may stand in the file that could not be read
            problems.append(no_truth(tables, plan))
    return found


def _who(
    tables: Mapping[str, Table], protocol: Protocol, problems: list[Problem]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str | None, ...]]:
    """Names of the models, the readers and the modalities."""
    models = distinct(tables.get("preds"), "model") or (("model",) if "preds" in tables else ())
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
    readers = tuple(name for name in everyone if name not in protocol.exclude)
    return models, readers, distinct(tables.get("reads"), "modality") or (None,)


def _flow(
    tables: Mapping[str, Table], protocol: Protocol, has_truth: npt.NDArray[np.bool_], seen: npt.NDArray[np.bool_]
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
        "rows": _row_counts(tables, set(protocol.exclude)),
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


def _row_counts(tables: Mapping[str, Table], excluded: set[str]) -> list[dict[str, Any]]:
    """Rows of each file, and how many say nothing or belong to a reader left out."""
    counts = []
    for role, table in tables.items():
        if role == "cases":
            continue
        value_columns = [c for c in table.frame.columns if c in ("label", "score") or str(c).startswith("prob_")]
        empty = np.all([table.is_missing(str(column)) for column in value_columns], axis=0)
        left_out = np.zeros(len(empty), dtype=bool)
        if role == "reads" and excluded:
            left_out = np.isin(table.cells("reader_id").astype(str), list(excluded))
        counts.append(
            {
                "file": role,
                "rows": len(empty),
                "empty": int((empty & ~left_out).sum()),
                "excluded_readers": int(left_out.sum()),
            }
        )
    return counts


def _warnings(
    tasks: Mapping[str, Task],
    protocol: Protocol,
    model_reads: Mapping[str, Reads],
    human_reads: Mapping[str, Reads],
    flow: Mapping[str, Any],
) -> list[str]:
    found = []
    n_cases, n_patients = flow["n_cases"], flow["n_patients"]
    if n_patients is not None and n_patients < n_cases:
        found.append(
            f"{n_cases} cases come from {n_patients} patients. Every interval and test here takes cases as "
            "independent, which makes them too narrow and too sure when cases of one patient are alike."
        )
    for name, task in tasks.items():
        if task.positive is None:
            continue
        model, human = model_reads[name], human_reads[name]
        rated = ~np.isnan(human.scores)
        if (rated & (human.labels < 0)).any() and protocol.threshold is None:
            found.append(
                f"Task {name}: the readers' ratings have no threshold, so that they get no sensitivity, specificity "
                "or accuracy. Set threshold in [readers] of the protocol."
            )
        scored = ~np.isnan(model.scores) & (model.labels < 0)
        if scored.any() and model.probs is None and task.threshold is None:
            found.append(
                f"Task {name}: the models' scores have no threshold, so that they get no sensitivity, specificity or "
                f"accuracy. Set threshold in [tasks.{name}] of the protocol."
            )
    without_truth = next(e["n"] for e in flow["excluded"] if e["reason"] == "no truth")
    if without_truth:
        found.append(f"{without_truth} case{'s were' if without_truth > 1 else ' was'} left out for lack of a truth.")
    return found
