"""How far the readers of a group agree among themselves, and a reader with their own second read."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.comparisons import kappa_of_calls
from readerstudy.analysis.findings import Bools, Findings
from readerstudy.analysis.means import reader_groups
from readerstudy.analysis.observers import Observer
from readerstudy.estimate import Estimate
from readerstudy.stats import icc, krippendorff, multirater, observed_agreement
from readerstudy.task import Floats, Task

_METRICS = {"none": "nominal", "linear": "ordinal", "quadratic": "interval"}


def among_readers(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Agreement of more than two readings of a case, whatever the truth."""
    for modality in found.study.modalities:
        for group, names in reader_groups(found.study).items():
            members = [o for o in everyone if o.kind == "human" and o.name in names and o.modality == modality]
            if len(members) < 2:
                continue
            calls = np.array([one.calls for one in members])
            records = _of_calls(found, task, np.where(calls >= 0, calls, np.nan))
            scores = [one.scores for one in members if one.scores.ndim == 1 and not np.isnan(one.scores).all()]
            if len(scores) > 1:
                records.append(icc.icc(np.array(scores), conf_level=found.plan.conf_level))
            read: Bools = np.any([one.read for one in members], axis=0)
            identity = {"reader_kind": "human", "reader_group": group, "modality": modality}
            records = [e.replace(n_readers=len(members)) for e in records]
            found.add(task, read, records, independent=True, **identity)


def _of_calls(found: Findings, task: Task, ratings: Floats) -> list[Estimate]:
    if np.isnan(ratings).all():
        return []
    chosen, level = found.plan.methods["agreement_weights"], found.plan.conf_level
    beyond = bool((ratings == len(task.classes)).any())
    # A label outside the task has no distance from those in it.
    weights = None if chosen == "none" or beyond else chosen
    categories = list(range(len(task.classes) + beyond))
    weighted = (
        multirater.fleiss_kappa,
        multirater.conger_kappa,
        multirater.light_kappa,
        multirater.gwet_ac,
        observed_agreement.pairwise_agreement,
    )
    records = [one(ratings, weights=weights, categories=categories, conf_level=level) for one in weighted]
    metric = _METRICS["none" if weights is None else chosen]
    records.append(krippendorff.krippendorff_alpha(ratings, metric=metric, categories=categories, conf_level=level))
    records.append(
        observed_agreement.unanimous_agreement(ratings, method=found.plan.methods["proportion"], conf_level=level)
    )
    return records


def repeats(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Kappa of each reader's first read with the second, and the ICC of their ratings."""
    calls, scores = found.study.repeated_calls(task.name), found.study.repeated_scores(task.name)
    if not calls:
        return
    for one in everyone:
        if one.kind != "human":
            continue
        at = found.study.modalities.index(one.modality), found.study.readers.index(one.name)
        identity = one.identity() | {"versus": one.name, "versus_kind": "repeat"}
        again = calls[0][at]
        used = (one.calls >= 0) & (again >= 0)
        if used.any():
            found.add(
                task,
                used,
                [kappa_of_calls(found, task, one.calls[used], again[used], found.patients_of(used))],
                **identity,
            )
        rated = ~np.isnan(one.scores) & ~np.isnan(scores[0][at]) if one.scores.ndim == 1 else np.zeros(0, dtype=bool)
        if rated.any():
            both = np.array([one.scores[rated], scores[0][at][rated]])
            found.add(task, rated, [icc.icc(both, conf_level=found.plan.conf_level)], independent=True, **identity)
