"""Models that give probabilities: do they come true, and is acting on them worth it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from readerstudy.analysis.findings import Bools, Findings
from readerstudy.analysis.observers import Observer, one_view
from readerstudy.stats import calibration, calibration_curve, decision
from readerstudy.task import Floats, Task

_BINS = 20


def _probable(found: Findings, task: Task, everyone: list[Observer]) -> list[Observer]:
    """The models whose scores in a binary task are probabilities."""
    if task.positive is None:
        return []
    probs = found.study.model_reads[task.name].probs
    given = dict.fromkeys(found.study.models, task.probabilities)
    if probs is not None:
        given |= {name: not np.isnan(of_model).all() for name, of_model in zip(found.study.models, probs, strict=True)}
    return [one for one in everyone if one.kind == "model" and given[one.name] and not np.isnan(one.scores).all()]


def _used(one: Observer) -> Bools:
    used: Bools = (one.truth >= 0) & ~np.isnan(one.scores)
    return used


def calibrations(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Every measure of calibration, and what a calibration plot shows."""
    level = found.plan.conf_level
    for one in _probable(found, task, everyone):
        used = _used(one)
        if not used.any():
            continue
        truth, prob = one.truth[used] == 1, one.scores[used]
        found.add(
            task, used, calibration.calibration(truth, prob, conf_level=level), independent=True, **one.identity()
        )
        curve = calibration_curve.calibration_curve(truth, prob, conf_level=level)
        groups = calibration_curve.calibration_groups(
            truth, prob, method=found.plan.methods["proportion"], conf_level=level
        )
        edges = np.linspace(0, 1, _BINS + 1)
        found.row(
            "calibration",
            task=task.name,
            **one.identity(),
            prob=curve["prob"].tolist(),
            observed=curve["observed"].tolist(),
            low=curve["conf_low"].tolist(),
            high=curve["conf_high"].tolist(),
            smoother=calibration_curve.SMOOTHER,
            groups=[
                {"prob": p, "observed": share, "low": low, "high": high, "count": int(count), "total": int(total)}
                for p, share, low, high, count, total in groups.itertuples(index=False)
            ],
            edges=edges.tolist(),
            positive=np.histogram(prob[truth], edges)[0].tolist(),
            negative=np.histogram(prob[~truth], edges)[0].tolist(),
        )


def net_benefits(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Net benefit at the protocol's thresholds of models, of readers' calls and of treating all, and the curves."""
    models = _probable(found, task, everyone)
    if not models:
        return
    everybody = np.any([one.read for one in everyone], axis=0)
    truth = found.study.truth(task.name)
    used: Bools = (truth >= 0) & everybody
    thresholds = list(found.plan.thresholds)
    everyone_treated = _benefit(found, task, truth[used] == 1, np.ones(int(used.sum())), thresholds, "treat all")
    treated = [e for e in everyone_treated if e.measure == "net_benefit_treat_all"]
    found.add(task, used, treated, independent=True)
    _curve(found, task, truth[used] == 1, np.ones(int(used.sum())), {"strategy": "treat all"})
    for one, acted in _actions(models, everyone):
        used = (one.truth >= 0) & ~np.isnan(acted)
        if not used.any():
            continue
        positive = one.truth[used] == 1
        records = _benefit(found, task, positive, acted[used], thresholds, one.name, one.kind, one.modality)
        acting = [e for e in records if e.measure == "net_benefit"]
        found.add(task, used, acting, independent=True, **one.identity())
        _curve(found, task, positive, acted[used], {**one.identity(), "strategy": None})
    for model in models:
        for one, acted in _actions((), everyone):
            if one_view(model.modality, one.modality):
                _compare(found, task, model, one, acted)


def _actions(models: list[Observer] | tuple[()], everyone: list[Observer]) -> Iterator[tuple[Observer, Floats]]:
    """The probability on which a model acts, and a reader's call, which is the same at every threshold."""
    yield from ((one, one.scores) for one in models)
    for one in everyone:
        if one.kind != "model" and (one.calls >= 0).any():
            yield one, np.where(one.calls >= 0, one.calls, np.nan)


def _benefit(
    found: Findings, task: Task, truth: Bools, acted: Floats, thresholds: list[float], *who: str | None
) -> Any:
    return decision.net_benefit(
        truth,
        acted,
        thresholds,
        prevalence=task.prevalence,
        conf_level=found.plan.conf_level,
        n_boot=found.plan.bootstrap,
        rng=found.rng("net benefit", task.name, *who),
    )


def _curve(found: Findings, task: Task, truth: Bools, acted: Floats, identity: dict[str, Any]) -> None:
    """Net benefit over all thresholds, with the pointwise interval."""
    points = decision.decision_curve(truth, acted, prevalence=task.prevalence, conf_level=found.plan.conf_level)
    row = {"reader": None, "reader_kind": None, "reader_group": None, "modality": None, **identity}
    columns = {"threshold": "threshold", "net_benefit": "net_benefit", "low": "conf_low", "high": "conf_high"}
    lists = {name: [found.number(v) for v in points[column].tolist()] for name, column in columns.items()}
    found.row("decision", task=task.name, **row, **lists)


def _compare(found: Findings, task: Task, model: Observer, one: Observer, acted: Floats) -> None:
    used = (one.truth >= 0) & ~np.isnan(model.scores) & ~np.isnan(acted)
    if not used.any():
        return
    differences = decision.compare_net_benefit(
        one.truth[used] == 1,
        model.scores[used],
        acted[used],
        list(found.plan.thresholds),
        prevalence=task.prevalence,
        conf_level=found.plan.conf_level,
        n_boot=found.plan.bootstrap,
        rng=found.rng("net benefit difference", task.name, model.name, one.name, one.kind, one.modality),
    )
    found.add(task, used, differences, independent=True, **model.versus(one))
