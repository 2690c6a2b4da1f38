"""Means over the readers of a group, with the interval that readers and cases like these give."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.findings import Bools, Findings, positive_code, targets
from readerstudy.analysis.observers import Observer
from readerstudy.estimate import Estimate
from readerstudy.stats import mrmc
from readerstudy.study import Study
from readerstudy.task import Floats, Task

ALL_READERS = "all readers"
_OWN_TRUTHS = "each reader is held against a truth of their own: no interval"


def reader_groups(study: Study) -> dict[str, list[str]]:
    """Readers by group, and all of them where a group does not say the same."""
    groups: dict[str, list[str]] = {}
    for reader in study.readers:
        if reader in study.groups:
            groups.setdefault(study.groups[reader], []).append(reader)
    if ALL_READERS not in groups and list(groups.values()) != [list(study.readers)]:
        groups[ALL_READERS] = list(study.readers)
    return groups


def means(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Mean accuracy, sensitivity, specificity and AUC of each group in each modality."""
    readers = [one for one in everyone if one.kind == "human"]
    for modality in found.study.modalities:
        for group, names in reader_groups(found.study).items():
            members = [one for one in readers if one.name in names and one.modality == modality]
            if members:
                _group(found, task, group, modality, members)


def _group(found: Findings, task: Task, group: str, modality: str | None, members: list[Observer]) -> None:
    known = np.array([one.truth >= 0 for one in members])
    calls = np.where(known, np.array([one.calls for one in members]), -1)
    truth = np.array([one.truth for one in members])
    wanted: list[tuple[str, str | None, Floats, Floats]] = []
    if task.positive is None:
        right = np.where(calls >= 0, calls == truth, np.nan)
        wanted.append(("accuracy", None, np.ones_like(right), right))
    for code, target in targets(task):
        positive = positive_code(code)
        is_positive = (truth == positive).astype(np.float64)
        called = np.where(calls >= 0, calls == positive, np.nan)
        wanted += [(measure, target, is_positive, called) for measure in ("accuracy", "sensitivity", "specificity")]
        scores = [one.score_of(code) for one in members]
        rows = [np.full(truth.shape[1], np.nan) if row is None else row for row in scores]
        wanted.append(("auc", target, is_positive, np.where(known, np.array(rows), np.nan)))
    threshold = members[0].threshold if task.positive is not None else None
    for measure, target, against, values in wanted:
        if np.isnan(values).all():
            continue
        used: Bools = np.any(~np.isnan(values), axis=0)
        estimate = _mean(found, measure, against, values)
        found.add(
            task,
            used,
            [estimate],
            target=target,
            reader_kind="human",
            reader_group=group,
            modality=modality,
            threshold=None if measure == "auc" else threshold,
        )


def _mean(found: Findings, measure: str, truth: Floats, values: Floats) -> Estimate:
    """The mean with its interval; without one where the readers' truths differ."""
    one_truth = (truth == truth[0]).all()
    if one_truth:
        used = ~np.isnan(values).all(axis=0)
        return mrmc.average_of_readers(
            truth[0, used], values[:, used], measure=measure, conf_level=found.plan.conf_level
        )
    each = [mrmc.leave_one_out(measure, row == 1, value[None])[0][0] for row, value in zip(truth, values, strict=True)]
    defined = [value for value in each if np.isfinite(value)]
    return Estimate(
        measure=measure,
        method="mean",
        estimate=float(np.mean(defined)) if defined else np.nan,
        n_readers=len(defined),
        n_cases=int((~np.isnan(values)).any(axis=0).sum()),
        note=_OWN_TRUTHS,
    )
