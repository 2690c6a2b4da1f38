"""The endpoints of the protocol: each one tested as it was worded, their P-values adjusted, and a verdict."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from readerstudy.analysis import comparisons, missing
from readerstudy.analysis.findings import Findings, positive_code
from readerstudy.analysis.means import reader_groups
from readerstudy.analysis.observers import Observer, observers
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.protocol import EndpointPlan
from readerstudy.stats.multiplicity import adjusted, gatekept
from readerstudy.stats.proportion import proportion
from readerstudy.stats.roc import auc
from readerstudy.task import Task


def endpoints(found: Findings) -> None:
    """Put every endpoint's record in the place of the one with its identity, or at the end, and list them."""
    plans = found.plan.endpoints
    if not plans:
        return
    records = [_tested(found, plan) for plan in plans]
    records = [
        e.replace(role=plan.role, p_adjusted=p, verdict=_verdict(found, plan, e, p))
        for plan, e, p in zip(plans, records, _adjusted(found, plans, records), strict=True)
    ]
    places = {e.key: place for place, e in enumerate(found.estimates)}
    found.estimates = [e.replace(role="exploratory") for e in found.estimates]
    for plan, e in zip(plans, records, strict=True):
        if e.key in places:
            found.estimates[places[e.key]] = e
        else:
            places[e.key] = len(found.estimates)
            found.estimates.append(e)
        hypothesis = plan.hypothesis if plan.goal is None else "goal"
        found.row("endpoints", name=plan.name, role=plan.role, task=e.task, hypothesis=hypothesis, key=e.key)


def _task(found: Findings, plan: EndpointPlan) -> Task:
    tasks = found.study.tasks
    return next(iter(tasks.values())) if plan.task is None else tasks[plan.task]


def _named(everyone: list[Observer], name: str | None, modality: str | None) -> Observer | None:
    """An observer by name; a reader of several modalities in the one named, or in the first."""
    for one in everyone:
        if one.name == name and (modality is None or one.kind == "model" or one.modality == modality):
            return one
    return None


def _tested(found: Findings, plan: EndpointPlan) -> Estimate:
    task = _task(found, plan)
    everyone = missing.completed(found, task, observers(found.study, task), found.plan.missing)
    one = _named(everyone, plan.reader, plan.modality)
    if plan.goal is not None:
        return _against_goal(found, task, plan, one)
    other = _named(everyone, plan.versus, plan.modality)
    if one is not None and other is None and plan.versus in found.study.modalities:
        other = _named(everyone, plan.reader, plan.versus)
    if one is not None and other is not None:
        return _of_two(found, task, plan, one, other)
    return _of_groups(found, task, plan)


def _against_goal(found: Findings, task: Task, plan: EndpointPlan, one: Observer | None) -> Estimate:
    """The value that stands in the tables, with the one-sided test that it exceeds the goal."""
    identity: dict[str, Any] = {"reader_group": plan.reader, "reader": None, "modality": plan.modality}
    if one is not None:
        identity = one.identity()
    e = _standing(found, measure=plan.measure, task=task.name, target=plan.target, versus=None, **identity)
    assert plan.goal is not None
    if one is None:
        return _beyond(e, plan.goal).replace(null=plan.goal)
    if plan.measure == "auc":
        code = None if plan.target is None else task.classes.index(plan.target)
        score = one.score_of(code)
        assert score is not None
        used = (one.truth >= 0) & ~np.isnan(score)
        test = auc(
            one.truth[used] == positive_code(code),
            score[used],
            method="delong" if e.method in ("bootstrap", "bca") else e.method or "delong",
            conf_level=found.plan.conf_level,
            alternative="greater",
            null=plan.goal,
        )
    else:
        if e.count is None or e.total is None:
            return e.replace(null=plan.goal)
        test = proportion(
            e.count, e.total, method=found.plan.methods["proportion"], conf_level=found.plan.conf_level,
            alternative="greater", null=plan.goal,
        )  # fmt: skip
    return e.replace(
        null=plan.goal,
        statistic=test.statistic,
        p_value=test.p_value,
        alternative="greater",
        test_method=test.test_method,
        note="; ".join(dict.fromkeys(filter(None, (e.note, test.note)))) or None,
    )


def _standing(found: Findings, **identity: Any) -> Estimate:
    """The record that the analysis has already made; where a class has several thresholds, that of the call."""
    for e in found.estimates:
        beside = (e.method or "").startswith(("begg-greenes", "weighted-logit", "as-published"))
        main = e.subgroup is None and e.missing == found.missing and not beside
        if main and all(getattr(e, name) == value for name, value in identity.items()):
            return e
    return Estimate(**identity, note="undefined: nothing was read")


def _of_two(found: Findings, task: Task, plan: EndpointPlan, one: Observer, other: Observer) -> Estimate:
    e = comparisons.difference(found, task, plan.measure, plan.target, one, other, plan.margin, plan.hypothesis)
    if e is not None:
        return e
    note = "undefined: no case was read by both"
    blank = Estimate(measure=f"{plan.measure}_difference", task=task.name, target=plan.target, note=note)
    return blank.replace(missing=found.missing, **one.versus(other))


def _of_groups(found: Findings, task: Task, plan: EndpointPlan) -> Estimate:
    """A model against the mean of a group, or a group in two modalities, as the analysis of the panel has it."""
    shared: dict[str, Any] = {"measure": f"{plan.measure}_difference", "task": task.name, "target": plan.target}
    if plan.versus in found.study.modalities:
        whose = {"reader": None, "reader_group": plan.reader or _everybody(found)}
        sides = ({"modality": plan.modality, "versus": plan.versus}, {"modality": plan.versus, "versus": plan.modality})
        identities = [{**whose, **side} for side in sides]
    else:
        view = {} if plan.modality is None else {"modality": plan.modality}
        identities = [{"reader": plan.reader, "versus": plan.versus, **view}]
        identities += [{"reader": plan.versus, "versus": plan.reader, **view}]
    straight, turned = (_standing(found, **shared, **identity) for identity in identities)
    e = straight
    if straight.method is None and turned.method is not None:
        e = _turned(turned, identities[0])
    return e if plan.margin is None else _against_margin(e, plan.margin, plan.hypothesis)


def _everybody(found: Findings) -> str:
    """The group that holds all readers."""
    groups = reader_groups(found.study)
    return ALL_READERS if ALL_READERS in groups else next(iter(groups))


def _turned(e: Estimate, identity: dict[str, Any]) -> Estimate:
    """The same difference with its sign changed, under the identity of the other side."""
    if e.versus_kind == "group":  # of a model: now the group's mean, compared with the model
        identity = {"reader": None, "reader_kind": "human", "reader_group": e.versus, "versus": e.reader}
        identity["versus_kind"] = "reader"
    return e.replace(
        **identity, estimate=-e.estimate, conf_low=-e.conf_high, conf_high=-e.conf_low, statistic=-e.statistic
    )


def _against_margin(e: Estimate, margin: float, hypothesis: str) -> Estimate:
    """`e` with the one-sided P-value of the margin; of equivalence the larger of the two."""
    above = _beyond(e, -margin).replace(margin=margin)
    if hypothesis != "equivalence" or not e.std_error > 0:
        return above
    t = (e.estimate - margin) / e.std_error
    p = float(special.stdtr(e.df, t)) if math.isfinite(e.df) else float(special.ndtr(t))
    worst = above if above.p_value >= p else above.replace(statistic=t, p_value=p)
    return worst.replace(null=math.nan, alternative="two-sided")


def _beyond(e: Estimate, null: float) -> Estimate:
    """`e` with the one-sided test, by its own standard error and degrees of freedom, that it exceeds `null`."""
    if not e.std_error > 0:
        return e.replace(null=null, statistic=math.nan, p_value=math.nan)
    t = (e.estimate - null) / e.std_error
    p = float(special.stdtr(e.df, -t)) if math.isfinite(e.df) else float(special.ndtr(-t))
    return e.replace(null=null, statistic=t, p_value=p, alternative="greater")


def _adjusted(found: Findings, plans: tuple[EndpointPlan, ...], records: list[Estimate]) -> list[float]:
    """P-values of primary and secondary endpoints, adjusted; one-sided ones on the two-sided scale and back."""
    method = found.plan.multiplicity
    tested = [i for i, plan in enumerate(plans) if plan.role != "exploratory"]
    p = [math.nan] * len(plans)
    if method == "none" or len(tested) < 2:
        return p
    sides = np.array([2.0 if _one_sided(plans[i]) else 1.0 for i in tested])
    raw = np.array([records[i].p_value for i in tested])
    both = np.minimum(1.0, raw * sides)
    if method == "bh":
        values = adjusted(both, method)
    elif method == "gatekeeping":
        values = gatekept(both, tested, "none")
    else:
        values = gatekept(both, [plans[i].role for i in tested], method)
    for i, value, side in zip(tested, values, sides, strict=True):
        p[i] = float(value / side)
    return p


def _one_sided(plan: EndpointPlan) -> bool:
    return plan.goal is not None or plan.margin is not None


def _verdict(found: Findings, plan: EndpointPlan, e: Estimate, p_adjusted: float) -> str:
    p = e.p_value if math.isnan(p_adjusted) else p_adjusted
    if math.isnan(p) or math.isnan(e.conf_low):
        return "not tested"
    level = found.plan.alpha / 2 if _one_sided(plan) else found.plan.alpha
    rejected = p < level or (found.plan.significant == "<=" and p == level)
    if plan.goal is not None:
        return "goal met" if rejected and e.conf_low > plan.goal else "goal not met"
    if plan.margin is None:
        if rejected and e.conf_high < 0:
            return "inferior"
        return "superior" if rejected and e.conf_low > 0 else "superiority not shown"
    if plan.hypothesis == "equivalence":
        inside = -plan.margin < e.conf_low and e.conf_high < plan.margin
        return "equivalent" if rejected and inside else "equivalence not shown"
    return "non-inferior" if rejected and e.conf_low > -plan.margin else "non-inferiority not shown"
