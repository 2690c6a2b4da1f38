"""Means over the readers of a group, with the interval that readers and cases like these give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from readerstudy.analysis.findings import Bools, Findings, positive_code, targets
from readerstudy.analysis.observers import Observer
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.stats import mrmc
from readerstudy.stats.roc_average import average_roc
from readerstudy.study import Study
from readerstudy.task import Floats, Task

_OWN_TRUTHS = "each reader is held against a truth of their own: no interval"


def reader_groups(study: Study) -> dict[str, list[str]]:
    """Readers by group, and all of them where a group does not say the same."""
    return grouped(study.readers, study.groups)


def grouped(readers: Sequence[str], group_of: Mapping[str, str]) -> dict[str, list[str]]:
    """The same for any readers, with the group of each that has one."""
    groups: dict[str, list[str]] = {}
    for reader in readers:
        if reader in group_of:
            groups.setdefault(group_of[reader], []).append(reader)
    if ALL_READERS not in groups and list(groups.values()) != [list(readers)]:
        groups[ALL_READERS] = list(readers)
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
    truth = np.array([one.truth for one in members])
    calls = np.array([one.calls for one in members])
    read = (truth >= 0) & (calls >= 0)
    # Every share is a mean of right calls over the cases that it is a share of, each reader's own where truths differ.
    wanted: list[tuple[str, str | None, Floats]] = []
    if task.positive is None:
        wanted.append(("accuracy", None, np.where(read, calls == truth, np.nan)))
    for code, target in targets(task):
        positive = positive_code(code)
        is_positive = truth == positive
        right = np.array([one.called(positive) for one in members]) == is_positive
        wanted += [
            ("accuracy", target, np.where(read, right, np.nan)),
            ("sensitivity", target, np.where(read & is_positive, right, np.nan)),
            ("specificity", target, np.where(read & ~is_positive, right, np.nan)),
        ]
    identity: dict[str, Any] = {"reader_kind": "human", "reader_group": group, "modality": modality}
    threshold = members[0].threshold if task.positive is not None else None
    for measure, target, rights in wanted:
        if not read.any():
            continue
        # What is in nobody's share is no unit of the jackknife; with nothing in it the mean is undefined, and says so.
        some = np.any(read if np.isnan(rights).all() else ~np.isnan(rights), axis=0)
        everything = np.ones(int(some.sum()), dtype=bool)
        mean = mrmc.average_of_readers(
            everything,
            rights[:, some],
            measure="accuracy",
            conf_level=found.plan.conf_level,
            patients=found.patients_of(some),
        )
        used: Bools = np.any(read, axis=0)
        mean = mean.replace(measure=measure, n_cases=int(used.sum()))
        found.add(task, used, [mean], target=target, threshold=threshold, **identity)
    _areas(found, task, members, identity)


def _areas(found: Findings, task: Task, members: list[Observer], identity: dict[str, Any]) -> None:
    truth = np.array([one.truth for one in members])
    for code, target in targets(task):
        rows = [one.score_of(code) for one in members]
        scores = np.array([np.full(truth.shape[1], np.nan) if row is None else row for row in rows])
        scores = np.where(truth >= 0, scores, np.nan)
        if np.isnan(scores).all():
            continue
        used: Bools = np.any(~np.isnan(scores), axis=0)
        positive = truth == positive_code(code)
        if (positive == positive[0]).all():
            _curve(found, task, target, positive[0, used], scores[:, used], identity)
            mean = mrmc.average_of_readers(
                positive[0, used],
                scores[:, used],
                conf_level=found.plan.conf_level,
                patients=found.patients_of(used),
            )
        else:
            areas = [
                mrmc.leave_one_out("auc", row, score[None])[0][0] for row, score in zip(positive, scores, strict=True)
            ]
            defined = [area for area in areas if np.isfinite(area)]
            mean = Estimate(
                measure="auc",
                method="mean",
                estimate=float(np.mean(defined)) if defined else np.nan,
                n_readers=len(defined),
                n_cases=int(used.sum()),
                note=_OWN_TRUTHS,
            )
        found.add(task, used, [mean], target=target, **identity)


def _curve(
    found: Findings, task: Task, target: str | None, truth: Bools, scores: Floats, identity: dict[str, Any]
) -> None:
    """The average ROC curve of two readers or more, whose area is the mean of theirs."""
    points = average_roc(truth, scores)
    with_curve = sum(bool(t.any() and not t.all()) for t in (truth[~np.isnan(row)] for row in scores))
    if found.aside or with_curve < 2:
        return
    row = {"task": task.name, "target": target, "reader": None, **identity}
    lists = {name: points[name].tolist() for name in ("sensitivity", "specificity")}
    found.row("mean_curves", **row, n_readers=with_curve, **lists)
