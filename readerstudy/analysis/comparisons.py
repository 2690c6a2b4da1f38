"""Two observers of the same cases: areas, calls and agreement."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.findings import Bools, Findings, positive_code, targets
from readerstudy.analysis.observers import Observer
from readerstudy.measures import METHOD_NAMES
from readerstudy.stats import agreement, diagnostic, paired, roc
from readerstudy.task import Codes, Task


def compare(found: Findings, task: Task, one: Observer, other: Observer) -> None:
    """Everything about a pair; `one` is a model, or both are readers."""
    if one.kind == "model":
        # Where the other's own vote is part of the truth, both are held against the truth without it.
        _areas(found, task, other.truth, one, other)
        _calls(found, task, other.truth, one, other)
    kappa(found, task, one, other.calls, other)


def _areas(found: Findings, task: Task, truth: Codes, one: Observer, other: Observer) -> None:
    for code, target in targets(task):
        first, second = one.score_of(code), other.score_of(code)
        if first is None or second is None:
            return
        used = (truth >= 0) & ~np.isnan(first) & ~np.isnan(second)
        if used.any():
            positive = truth[used] == positive_code(code)
            difference = roc.compare_auc(positive, first[used], second[used], conf_level=found.plan.conf_level)
            found.add(task, used, [difference], target=target, **one.versus(other))


def _calls(found: Findings, task: Task, truth: Codes, one: Observer, other: Observer) -> None:
    both = (truth >= 0) & (one.calls >= 0) & (other.calls >= 0)
    if not both.any():
        return
    if task.positive is None:
        _paired(found, task, "accuracy", None, both, one.calls == truth, other.calls == truth, one, other)
    for code, target in targets(task):
        positive = positive_code(code)
        is_positive = truth == positive
        first, second = one.calls == positive, other.calls == positive
        _paired(found, task, "sensitivity", target, both & is_positive, first, second, one, other)
        _paired(found, task, "specificity", target, both & ~is_positive, ~first, ~second, one, other)
        _paired(found, task, "accuracy", target, both, first == is_positive, second == is_positive, one, other)


def _paired(
    found: Findings,
    task: Task,
    measure: str,
    target: str | None,
    used: Bools,
    first: Bools,
    second: Bools,
    one: Observer,
    other: Observer,
) -> None:
    """Interval of a paired difference, and McNemar's test of it; where the two disagree about 0 a note says so."""
    plan = found.plan
    interval = paired.paired_difference(
        first[used], second[used], method=plan.methods["paired_interval"], conf_level=plan.conf_level
    )
    name = plan.methods["paired"]
    test = paired.mcnemar(first[used], second[used], method=name.removeprefix("mcnemar-"))
    note = test.note if interval.note is None else interval.note
    excludes_0 = interval.conf_low > 0 or interval.conf_high < 0
    if np.isfinite(test.p_value) and excludes_0 != (test.p_value < 1 - plan.conf_level):
        which = f"the {METHOD_NAMES[interval.method or '']} interval"
        side = ("excludes 0 although", "at or above") if excludes_0 else ("includes 0 although", "below")
        note = f"{which} {side[0]} the P-value of the {METHOD_NAMES[name]} test is {side[1]} the level"
    difference = interval.replace(
        measure=f"{measure}_difference",
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        null=0.0,
        test_method=name,
        note=note,
    )
    found.add(task, used, [difference], target=target, **one.versus(other))


def kappa(found: Findings, task: Task, one: Observer, others: Codes, other: Observer | None) -> None:
    """Cohen's kappa with another observer, or with the truth when `other` is None."""
    used = (one.calls >= 0) & (others >= 0)
    if not used.any():
        return
    name = found.plan.methods["agreement_weights"]
    size = len(task.classes) + (task.restrict is not None)  # a label that a restricted task left out is one more
    table = diagnostic.cross_counts(one.calls[used], others[used], size, size)
    weights, note = (None if name == "none" else name), None
    if weights is not None and task.restrict is not None and (table[-1].any() or table[:, -1].any()):
        weights, note = None, "unweighted: a label outside the task has no distance from those in it"
    estimate = agreement.kappa_of_table(table, weights=weights, conf_level=found.plan.conf_level)
    if note is not None:
        estimate = estimate.replace(note="; ".join(filter(None, (estimate.note, note))))
    identity = one.identity() | {"versus": "truth", "versus_kind": "truth"}
    found.add(task, used, [estimate], **(identity if other is None else one.versus(other)))
