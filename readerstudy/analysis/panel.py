"""The readers as a sample of readers: modalities compared through all of them, and a model against their mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from readerstudy.analysis.findings import Bools, Findings, positive_code, targets
from readerstudy.analysis.means import reader_groups
from readerstudy.analysis.observers import Observer
from readerstudy.estimate import Estimate
from readerstudy.stats.mrmc import model_versus_readers, mrmc
from readerstudy.task import Floats, Task

_CALLED = ("sensitivity", "specificity", "accuracy")
_COMPONENTS = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")


def panel(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """MRMC comparisons of the modalities of each group of readers, and of each model with the mean of each group."""
    readers = [one for one in everyone if one.kind == "human"]
    for group, names in reader_groups(found.study).items():
        members = [one for one in readers if one.name in names]
        views = [[one for one in members if one.modality == modality] for modality in found.study.modalities]
        views = [view for view in views if view]
        if len({one.truth.tobytes() for one in members}) > 1:
            continue  # each is held against a truth of their own, so that no two differences are of one thing
        for measure, target in _wanted(task):
            if len(views) > 1:
                _modalities(found, task, measure, target, group, views)
            for view in views:
                for model in (one for one in everyone if one.kind == "model"):
                    if len(view) > 1 and None in (model.modality, view[0].modality, *_same(model, view[0])):
                        _model(found, task, measure, target, group, model, view)


def _same(model: Observer, one: Observer) -> tuple[None, ...]:
    return (None,) if model.modality == one.modality else ()


def _wanted(task: Task) -> list[tuple[str, str | None]]:
    whole: list[tuple[str, str | None]] = [("accuracy", None)] if task.positive is None else []
    return whole + [(measure, target) for _, target in targets(task) for measure in ("auc", *_CALLED)]


def _values(task: Task, measure: str, target: str | None, one: Observer) -> Floats:
    """Scores for the AUC, else whether the call was right or positive, as `mrmc` wants it; nan = not read."""
    code = None if target is None else task.classes.index(target)
    if measure == "auc":
        score = one.score_of(code)
        return np.full(len(one.truth), np.nan) if score is None else score
    if target is None and task.positive is None:
        return np.where(one.calls >= 0, one.calls == one.truth, np.nan)
    return np.where(one.calls >= 0, one.calls == positive_code(code), np.nan)


def _truth(task: Task, target: str | None, one: Observer) -> Bools:
    if target is None and task.positive is None:
        return np.ones(len(one.truth), dtype=bool)  # a right call of several classes is one of the case itself
    positive: Bools = one.truth == positive_code(None if target is None else task.classes.index(target))
    return positive


def _covariance(found: Findings, measure: str) -> tuple[str, str]:
    """Method and covariance of the protocol; DeLong's is of areas, so that calls take the jackknife."""
    method, _, covariance = found.plan.methods["mrmc"].partition("-")
    if covariance == "delong" and measure != "auc":
        covariance = "jackknife"
    return method, covariance or "jackknife"


def _modalities(
    found: Findings, task: Task, measure: str, target: str | None, group: str, views: list[list[Observer]]
) -> None:
    names = list(dict.fromkeys(one.name for view in views for one in view))
    known = views[0][0].truth >= 0
    nothing = np.full(len(known), np.nan)
    by_name = [{one.name: _values(task, measure, target, one) for one in view} for view in views]
    cube = np.array([[of.get(name, nothing) for name in names] for of in by_name])[:, :, known]
    if np.isnan(cube).all(axis=(1, 2)).any():
        return
    labels = [view[0].modality for view in views]
    order = found.in_order(labels)
    method, covariance = _covariance(found, measure)
    try:
        records = mrmc(
            _truth(task, target, views[0][0])[known],
            cube[order],
            measure=measure,
            covariance=covariance,
            method=method,
            modalities=[labels[i] for i in order],
            readers=names,
            patients=found.patients_of(known),
            conf_level=found.plan.conf_level,
            n_boot=found.plan.bootstrap,
            rng=found.rng("mrmc", task.name, target, measure, group),
        )
    except ValueError as error:
        found.warn(f"Task {task.name}: no MRMC comparison of modalities for {group}: {error}.")
        return
    used: Bools = known & ~np.isnan(np.array([[of.get(n, nothing) for n in names] for of in by_name])).all(axis=(0, 1))
    identity: dict[str, Any] = {"reader_kind": "human", "reader_group": group, "target": target}
    of_means = [e for e in records if e.reader is None]
    for e in of_means:
        if e.versus is not None:
            found.add(task, used, [e], **identity, modality=e.modality, versus=e.versus, versus_kind="modality")
        elif e.measure.endswith("_difference") and len(views) > 2:
            found.add(task, used, [e], **identity, versus="modalities", versus_kind="modality")
    _components(found, task, measure, of_means, {**identity, "reader": None, "modality": None})


def _model(
    found: Findings, task: Task, measure: str, target: str | None, group: str, model: Observer, view: list[Observer]
) -> None:
    truth = view[0].truth
    score = _values(task, measure, target, model)
    rows = np.array([_values(task, measure, target, one) for one in view])
    known = (truth >= 0) & ~np.isnan(score) & ~np.isnan(rows).all(axis=0)
    rows = rows[:, known]
    read = ~np.isnan(rows).all(axis=1)
    if not known.any() or read.sum() < 2:
        return
    _, covariance = _covariance(found, measure)
    try:
        records = model_versus_readers(
            _truth(task, target, view[0])[known],
            score[known],
            rows[read],
            measure=measure,
            covariance=covariance,
            patients=found.patients_of(known),
            conf_level=found.plan.conf_level,
            n_boot=found.plan.bootstrap,
            rng=found.rng("model versus readers", task.name, target, measure, group, model.name),
        )
    except ValueError as error:
        found.warn(f"Task {task.name}: {model.name} is not compared with the mean of {group}: {error}.")
        return
    modality = model.modality or view[0].modality
    for e in records:
        if e.versus_kind == "group":
            identity = model.identity() | {"modality": modality, "versus": group, "versus_kind": "group"}
            found.add(task, known, [e], target=target, **identity)
    identity = {"reader": model.name, "reader_kind": "model", "reader_group": group, "modality": modality}
    _components(found, task, measure, [e for e in records if e.reader is None], {**identity, "target": target})


def _components(found: Findings, task: Task, measure: str, records: list[Estimate], identity: dict[str, Any]) -> None:
    """The variance components as a row of a table: they belong to one analysis, and have no interval."""
    values = {e.measure: e.estimate for e in records if e.measure in _COMPONENTS}
    if values:
        method = next(e.method for e in records if e.measure in values)
        row = {name: found.number(values.get(name, np.nan)) for name in _COMPONENTS}
        found.row("variance_components", task=task.name, **identity, measure=measure, method=method, **row)
