"""The readers as a sample of readers: modalities compared through all of them, and a model against their mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from readerstudy.analysis.findings import Bools, Findings, positive_code, targets
from readerstudy.analysis.means import reader_groups
from readerstudy.analysis.observers import Observer, one_view
from readerstudy.estimate import Estimate
from readerstudy.stats.mrmc import model_versus_readers, mrmc
from readerstudy.stats.multiplicity import adjust
from readerstudy.task import Floats, Task

_CALLED = ("sensitivity", "specificity", "accuracy")
_COMPONENTS = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")
_FEW = 4
ONE_SHOT = ("u-statistic", "v-statistic")
"""Methods that have no covariance to be chosen."""
_BESIDE = (
    ("or", "jackknife"),
    ("or", "delong"),
    ("or", "unbiased"),
    ("dbm", "jackknife"),
    ("u-statistic", "jackknife"),
)
"""Methods that stand beside that of the protocol where they hold."""


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
                    if len(view) > 1 and one_view(model.modality, view[0].modality):
                        _model(found, task, measure, target, group, model, view)


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
    return np.where(one.calls >= 0, one.called(positive_code(code)), np.nan)


def _truth(task: Task, target: str | None, one: Observer) -> Bools:
    if target is None and task.positive is None:
        return np.ones(len(one.truth), dtype=bool)  # a right call of several classes is one of the case itself
    positive: Bools = one.truth == positive_code(None if target is None else task.classes.index(target))
    return positive


def _covariance(found: Findings, measure: str) -> tuple[str, str]:
    """Method and covariance of the protocol; DeLong's is of areas, so that calls take the jackknife."""
    if found.plan.methods["mrmc"] in ONE_SHOT:
        return found.plan.methods["mrmc"], "jackknife"
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
    unordered = [view[0].modality for view in views]
    order = found.in_order(unordered)
    labels, cube = [unordered[i] for i in order], cube[order]

    def analysed(method: str, covariance: str) -> list[Estimate]:
        return mrmc(
            _truth(task, target, views[0][0])[known],
            cube,
            measure=measure,
            covariance=covariance,
            method=method,
            modalities=labels,
            readers=names,
            patients=found.patients_of(known),
            conf_level=found.plan.conf_level,
            n_boot=found.plan.bootstrap,
            rng=found.rng("mrmc", task.name, target, measure, group),
        )

    chosen = _covariance(found, measure)
    try:
        records = analysed(*chosen)
    except ValueError as error:
        found.warn(f"Task {task.name}: no MRMC comparison of modalities for {group}: {error}.")
        return
    _warn_of_few(found, task, group, records)
    identity: dict[str, Any] = {"reader_kind": "human", "reader_group": group, "target": target}
    of_means = [e for e in records if e.reader is None]
    if len(labels) > 2:  # several pairs of modalities are several tests of one hypothesis
        pairs = [e for e in of_means if e.versus is not None]
        held = dict(zip(pairs, adjust([e.p_value for e in pairs], "holm"), strict=True))
        of_means = [e.replace(p_adjusted=held[e]) if e in held else e for e in of_means]
    kept = _in_means(records, names, labels)
    read = ~np.isnan(cube)
    for e in of_means:
        of = [label in (e.modality, e.versus) or e.versus is None for label in labels]
        used = np.zeros_like(known)
        used[known] = np.any(read[of][:, kept], axis=(0, 1))
        e = e.replace(n_cases=int(used.sum()))
        if e.versus is not None:
            found.add(task, used, [e], **identity, modality=e.modality, versus=e.versus, versus_kind="modality")
        elif e.measure.endswith("_difference") and len(views) > 2:
            found.add(task, used, [e], **identity, versus="modalities", versus_kind="modality")
    _components(found, task, measure, of_means, {**identity, "reader": None, "modality": None})
    for way in _ways(found, task, measure, target, chosen):
        records_of_way = records if way == chosen else _if_it_holds(analysed, way)
        for e in records_of_way:
            if e.reader is not None or e.versus is None or not e.measure.endswith("_difference"):
                continue
            sides = {"reader": None, "modality": e.modality, "versus": e.versus, "versus_kind": "modality"}
            _beside(found, task, measure, e, way == chosen, {**identity, **sides})


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
    rows = rows[read]
    names = [one.name for one, some in zip(view, read, strict=True) if some]

    def analysed(method: str, covariance: str) -> list[Estimate]:
        return model_versus_readers(
            _truth(task, target, view[0])[known],
            score[known],
            rows,
            measure=measure,
            covariance=covariance,
            method=method,
            readers=names,
            model=model.name,
            patients=found.patients_of(known),
            conf_level=found.plan.conf_level,
            n_boot=found.plan.bootstrap,
            rng=found.rng("model versus readers", task.name, target, measure, group, model.name),
        )

    method, covariance = _covariance(found, measure)
    chosen = (method if method in ONE_SHOT else "or", covariance)
    try:
        records = analysed(*chosen)
    except ValueError as error:
        found.warn(f"Task {task.name}: {model.name} is not compared with the mean of {group}: {error}.")
        return
    _warn_of_few(found, task, group, records)
    modality = model.modality or view[0].modality
    sides = model.identity() | {"modality": modality, "versus": group, "versus_kind": "group"}
    compared = {e.versus for e in records if e.versus_kind == "reader"}
    used: Bools = np.zeros_like(known)
    used[known] = ~np.isnan(rows[[name in compared for name in names]]).all(axis=0)
    of_group = [e for e in records if e.versus_kind == "group"]
    found.add(task, used, [e.replace(n_cases=int(used.sum())) for e in of_group], target=target, **sides)
    identity = {"reader": model.name, "reader_kind": "model", "reader_group": group, "modality": modality}
    _components(found, task, measure, [e for e in records if e.reader is None], {**identity, "target": target})
    for way in _ways(found, task, measure, target, chosen):
        for e in records if way == chosen else _if_it_holds(analysed, way):
            if e.versus_kind == "group" and e.measure.endswith("_difference"):
                _beside(found, task, measure, e, way == chosen, {**sides, "target": target})


def _warn_of_few(found: Findings, task: Task, group: str, records: list[Estimate]) -> None:
    """What simulated studies of three readers say of their tests (docs/mrmc_coverage.md)."""
    numbers = {e.n_readers for e in records if e.n_readers is not None and math.isfinite(e.p_value)}
    if numbers and max(numbers) < _FEW:
        found.warn(
            f"Task {task.name}: {group} are {max(numbers)} readers. In simulated studies of three readers, tests "
            "through the mean of the readers rejected a true null hypothesis at .05 in .04 to .08 of the studies."
        )


def _in_means(records: list[Estimate], names: Sequence[str], labels: Sequence[str | None]) -> Bools:
    """The readers whose values are in the means: with one in every modality, or in some where nobody has all."""
    defined = {(e.reader, e.modality) for e in records if e.reader and e.versus is None and math.isfinite(e.estimate)}
    values = np.array([[(name, label) in defined for name in names] for label in labels])
    everywhere: Bools = np.all(values, axis=0)
    somewhere: Bools = np.any(values, axis=0)
    return everywhere if everywhere.any() else somewhere


def _ways(
    found: Findings, task: Task, measure: str, target: str | None, chosen: tuple[str, str]
) -> list[tuple[str, str]]:
    """Methods and covariances shown side by side: for what an endpoint is about, else for the areas of two classes."""
    if found.aside:
        return []
    first = next(iter(found.study.tasks))
    asked = [(plan.measure, plan.target) for plan in found.plan.endpoints if (plan.task or first) == task.name]
    if (measure, target) not in (asked or [("auc", None)]):
        return []
    # The differences of a model are no pseudovalues of modalities: they have no form of Dorfman, Berbaum and Metz.
    return list(dict.fromkeys((chosen, *_BESIDE)))


def _if_it_holds(analysed: Callable[[str, str], list[Estimate]], way: tuple[str, str]) -> list[Estimate]:
    """The records of an analysis; none where the method does not hold for the measure or the design."""
    try:
        return analysed(*way)
    except ValueError:
        return []


def _beside(found: Findings, task: Task, measure: str, e: Estimate, chosen: bool, identity: dict[str, Any]) -> None:
    """One method's answer as a row of a table: the record of the comparison is that of the protocol's method."""
    numbers = ("estimate", "conf_low", "conf_high", "std_error", "statistic", "df", "p_value")
    values = {name: found.number(getattr(e, name)) for name in numbers}
    row = {"task": task.name, **identity, "measure": measure, "method": e.method, "chosen": chosen, **values}
    found.row("mrmc_methods", **row, note=e.note)


def _components(found: Findings, task: Task, measure: str, records: list[Estimate], identity: dict[str, Any]) -> None:
    """The variance components as a row of a table: they belong to one analysis, and have no interval."""
    values = {e.measure: e.estimate for e in records if e.measure in _COMPONENTS}
    if values and not found.aside:
        method = next(e.method for e in records if e.measure in values)
        row = {name: found.number(values.get(name, np.nan)) for name in _COMPONENTS}
        found.row("variance_components", task=task.name, **identity, measure=measure, method=method, **row)
