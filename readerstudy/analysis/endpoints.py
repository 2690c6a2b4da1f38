"""The endpoints of the protocol: each one tested as it was worded, their P-values adjusted, and a verdict."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from readerstudy.analysis import comparisons, missing
from readerstudy.analysis.findings import Findings, positive_code
from readerstudy.analysis.means import grouped, reader_groups
from readerstudy.analysis.observers import Observer, observers
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.marks.planned import Planned
from readerstudy.protocol import EndpointPlan
from readerstudy.protocol.choices import MISSING
from readerstudy.protocol.marks import MARK_MEASURES
from readerstudy.stats import diagnostic
from readerstudy.stats.froc.measure import NAMES
from readerstudy.stats.multiplicity import adjusted
from readerstudy.stats.roc import auc
from readerstudy.task import Task

_COMPLETE = MISSING[0]


class _Names(NamedTuple):
    """Who and what a comparison through a group may name."""

    modalities: Sequence[str | None]
    models: Sequence[str]
    groups: Collection[str]


def endpoints(found: Findings, marks: Planned | None = None) -> None:
    """Put every endpoint's record in the place of the one with its identity, or at the end, and list them.

    By the other rules for missing reads each is tested again, so that its verdict can be held against them.
    """
    plans, lock = found.plan.endpoints, found.plan.lock
    if lock is not None and lock.changed:
        found.warn(
            f"The protocol was locked on {lock.date} and has changed since in "
            f"{', '.join(f'[{name}]' for name in lock.changed)}"
            + (f"; exploratory for that: {', '.join(lock.demoted)}." if lock.demoted else ".")
        )
    if not plans:
        return
    found.estimates = [e.replace(role="exploratory") for e in found.estimates]
    keys = _judged(found, plans, marks)
    for rule in found.plan.also:
        if any(e.missing == rule for e in found.estimates):
            _judged(found.under(rule), plans, marks)
    for plan, key in zip(plans, keys, strict=True):
        hypothesis = plan.hypothesis if plan.goal is None else "goal"
        task = found.plan.marks.task if plan.measure in MARK_MEASURES else _task(found, plan).name
        found.row("endpoints", name=plan.name, role=plan.role, task=task, hypothesis=hypothesis, key=key)


def _judged(found: Findings, plans: tuple[EndpointPlan, ...], marks: Planned | None) -> list[str]:
    """Keep the records of all endpoints by one rule for missing reads; their keys."""
    records = [
        _of_marks(found, plan, marks) if marks is not None and plan.measure in MARK_MEASURES else _tested(found, plan)
        for plan in plans
    ]
    p_adjusted = _adjusted(found, plans, records)
    places = {e.key: place for place, e in enumerate(found.estimates)}
    keys: list[str] = []
    for plan, e, p in zip(plans, records, p_adjusted, strict=True):
        e = e.replace(role=plan.role, p_adjusted=p, verdict=_verdict(found, plan, e, p))
        if e.key in keys:  # the same number tested for something else
            e = e.replace(endpoint=plan.name)
        keys.append(e.key)
        if e.key in places:
            found.estimates[places[e.key]] = e
        else:
            found.estimates.append(e)
    return keys


def _task(found: Findings, plan: EndpointPlan) -> Task:
    tasks = found.study.tasks
    return next(iter(tasks.values())) if plan.task is None else tasks[plan.task]


def _named(everyone: list[Observer], name: str | None, modality: str | None) -> Observer | None:
    """An observer by name, a reader also by modality."""
    for one in everyone:
        if one.name == name and (one.kind == "model" or one.modality == modality):
            return one
    return None


def _tested(found: Findings, plan: EndpointPlan) -> Estimate:
    task = _task(found, plan)
    everyone = missing.completed(found, task, observers(found.study, task), found.missing or _COMPLETE)
    one = _named(everyone, plan.reader, plan.modality)
    if plan.goal is not None:
        return _against_goal(found, task, plan, one)
    across = plan.versus in found.study.modalities
    other = _named(everyone, plan.reader if across else plan.versus, plan.versus if across else plan.modality)
    if one is not None and other is not None:
        return _of_two(found, task, plan, one, other)
    names = _Names(found.study.modalities, found.study.models, reader_groups(found.study))
    return _of_groups(found, task.name, plan, plan.measure, names)


def _of_marks(found: Findings, plan: EndpointPlan, marks: Planned) -> Estimate:
    """The comparison that the analysis of marks has made."""
    model = () if marks.model is None else (marks.model,)
    modalities = tuple(map(marks.label, marks.only(marks.readers).modalities))
    names = _Names(modalities, model, grouped(marks.readers, marks.groups))
    return _of_groups(found, found.plan.marks.task, plan, NAMES[plan.measure], names)


def _against_goal(found: Findings, task: Task, plan: EndpointPlan, one: Observer | None) -> Estimate:
    """The value that stands in the tables, with the one-sided test that it exceeds the goal."""
    assert plan.goal is not None
    shared: dict[str, Any] = {"measure": plan.measure, "task": task.name, "target": plan.target, "versus": None}
    if one is None:
        group = _group(reader_groups(found.study), plan.reader)
        e = _standing(found, **shared, reader=None, reader_group=group, modality=plan.modality)
        return _beyond(e, plan.goal)
    e = _standing(found, **shared, **one.identity())
    test = _goal_test(found, task, plan, plan.goal, one)
    if test is None:
        return e.replace(null=plan.goal)
    return e.replace(
        null=plan.goal,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        alternative="greater",
        test_method=test.test_method or test.method,
        note="; ".join(dict.fromkeys(filter(None, (e.note, test.note)))) or None,
    )


def _goal_test(found: Findings, task: Task, plan: EndpointPlan, goal: float, one: Observer) -> Estimate | None:
    """The one-sided test of a goal from the reads themselves; None where there are none."""
    code = None if plan.target is None else task.classes.index(plan.target)
    level, positive = found.plan.conf_level, positive_code(code)
    if plan.measure == "auc":
        score = one.score_of(code)
        used = (one.truth >= 0) & (np.isfinite(score) if score is not None else False)
        if score is None or not used.any():
            return None
        method = found.plan.methods["auc"]
        return auc(
            one.truth[used] == positive,
            score[used],
            method="delong" if method in ("bootstrap", "bca") else method,
            conf_level=level,
            alternative="greater",
            null=goal,
            patients=found.patients_of(used),
        )
    used = (one.truth >= 0) & (one.calls >= 0)
    if not used.any():
        return None
    interval = found.plan.methods["proportion"]
    of = functools.partial(
        getattr(diagnostic, plan.measure),
        method=interval,
        conf_level=level,
        null=goal,
        alternative="greater",
        patients=found.patients_of(used),
    )
    if plan.target is None and task.positive is None:
        whole: Estimate = of(one.truth[used], one.calls[used])
        return whole
    test: Estimate = of(one.truth[used] == positive, one.called(positive)[used])
    return test


def _standing(found: Findings, **identity: Any) -> Estimate:
    """The record that the analysis has already made; where a class has several thresholds, that of the call."""
    for rule in dict.fromkeys((found.missing, None)):  # what no rule for missing reads is about has none
        for e in found.estimates:
            beside = (e.method or "").startswith(("begg-greenes", "weighted-logit", "as-published"))
            plain = e.subgroup is None and e.missing == rule and e.endpoint is None and not beside
            if plain and all(getattr(e, name) == value for name, value in identity.items()):
                return e
    return Estimate(**identity, missing=found.missing, note="undefined: no such number could be computed")


def _of_two(found: Findings, task: Task, plan: EndpointPlan, one: Observer, other: Observer) -> Estimate:
    e = comparisons.difference(found, task, plan.measure, plan.target, one, other, plan.margin, plan.hypothesis)
    if e is not None:
        return e
    note = "undefined: no case was read by both"
    blank = Estimate(measure=f"{plan.measure}_difference", task=task.name, target=plan.target, note=note)
    return blank.replace(missing=found.missing, **one.versus(other))


def _of_groups(found: Findings, task: str, plan: EndpointPlan, measure: str, names: _Names) -> Estimate:
    """A model against the mean of a group, or a group in two modalities, as the analysis of the panel has it."""
    shared: dict[str, Any] = {"measure": f"{measure}_difference", "task": task, "target": plan.target}
    if plan.versus in names.modalities:
        whose = {"reader": None, "reader_group": _group(names.groups, plan.reader)}
        sides = ({"modality": plan.modality, "versus": plan.versus}, {"modality": plan.versus, "versus": plan.modality})
        identities = [{**whose, **side} for side in sides]
    else:
        view = {} if plan.modality is None else {"modality": plan.modality}
        first, second = (
            name if name in names.models else _group(names.groups, name) for name in (plan.reader, plan.versus)
        )
        identities = [{"reader": first, "versus": second, **view}, {"reader": second, "versus": first, **view}]
    straight, turned = (_standing(found, **shared, **identity) for identity in identities)
    e = straight
    if straight.method is None and turned.method is not None:
        e = _turned(turned, identities[0])
    return e if plan.margin is None else _against_margin(e, plan.margin, plan.hypothesis)


def _group(groups: Collection[str], name: str | None) -> str:
    """A group by the name that its records have; all readers may be those of the only group."""
    if name is not None and name in groups:
        return name
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
    """P-values of primary and secondary endpoints, adjusted; one-sided ones on the two-sided scale and back.

    Primary endpoints come before secondary ones. A gate opens only when all before it are met: significant, in the
    right direction, and with an interval that agrees.
    """
    method, p_adjusted = found.plan.multiplicity, [math.nan] * len(plans)
    tested = [i for i, plan in enumerate(plans) if plan.role != "exploratory"]
    if method == "none" or len(tested) < 2:
        return p_adjusted
    sides = {i: 2.0 if _one_sided(plans[i]) else 1.0 for i in tested}
    both = {i: min(1.0, records[i].p_value * sides[i]) for i in tested}
    if method == "bh":
        families = [tested]
    elif method == "gatekeeping":
        families = [[i] for i in tested]
    else:
        families = [[i for i in tested if plans[i].role == role] for role in ("primary", "secondary")]
    gate = 0.0
    for family in families:
        raw = np.array([both[i] for i in family], dtype=np.float64)
        within = np.maximum(adjusted(raw, "none" if method == "gatekeeping" else method), gate)
        for i, p in zip(family, within.tolist(), strict=True):
            # Twice a one-sided P above one half is cut at 1: half of that must not look smaller than P itself.
            p_adjusted[i] = max(p / sides[i], records[i].p_value) if not math.isnan(p) else math.nan
        met = [p if _agrees(plans[i], records[i]) else 1.0 for i, p in zip(family, within.tolist(), strict=True)]
        gate = 0.0 if method == "bh" else max([gate, *(1.0 if math.isnan(p) else p for p in met)])
    return p_adjusted


def _agrees(plan: EndpointPlan, e: Estimate) -> bool:
    """Whether the interval shows what the endpoint is to show."""
    if plan.goal is not None:
        return e.conf_low > plan.goal
    if plan.margin is None:
        return e.conf_low > 0
    return e.conf_low > -plan.margin and (plan.hypothesis != "equivalence" or e.conf_high < plan.margin)


def _one_sided(plan: EndpointPlan) -> bool:
    return plan.goal is not None or plan.margin is not None


def _verdict(found: Findings, plan: EndpointPlan, e: Estimate, p_adjusted: float) -> str:
    p = e.p_value if math.isnan(p_adjusted) else p_adjusted
    if math.isnan(p) or math.isnan(e.conf_low):
        return "not tested"
    level = found.plan.alpha / 2 if _one_sided(plan) else found.plan.alpha
    rejected = p < level or (found.plan.significant == "<=" and p == level)
    met = rejected and _agrees(plan, e)
    if plan.goal is not None:
        return "goal met" if met else "goal not met"
    if plan.margin is None:
        return "superior" if met else "inferior" if rejected and e.conf_high < 0 else "superiority not shown"
    if plan.hypothesis == "equivalence":
        return "equivalent" if met else "equivalence not shown"
    return "non-inferior" if met else "non-inferiority not shown"
