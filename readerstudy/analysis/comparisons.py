"""Two observers of the same cases: areas, calls and agreement."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.findings import Bools, Findings, positive_code, targets
from readerstudy.analysis.observers import Observer
from readerstudy.estimate import Estimate
from readerstudy.measures import METHOD_NAMES
from readerstudy.stats import agreement, diagnostic, likelihood_ratios, paired, predictive, roc
from readerstudy.stats.paired_joint import compare_sensitivity_specificity
from readerstudy.task import Codes, Task

_VALUES = {"ppv": predictive.compare_ppv, "npv": predictive.compare_npv}


def compare(found: Findings, task: Task, one: Observer, other: Observer) -> None:
    """Everything about a pair; `one` is a model, or both are readers."""
    if one.kind == "model":
        differences(found, task, one, other)
    kappa(found, task, one, other.calls, other)


def differences(found: Findings, task: Task, one: Observer, other: Observer) -> None:
    """What one does better than the other: areas, calls, predictive values and likelihood ratios."""
    wanted: list[tuple[str, str | None]] = [("auc", target) for _, target in targets(task)]
    if task.positive is None:
        wanted.append(("accuracy", None))
    for _, target in targets(task):
        wanted += [(measure, target) for measure in ("sensitivity", "specificity", "accuracy")]
    if task.positive is not None:
        wanted += [("ppv", None), ("npv", None)]
    found.estimates += [
        e for measure, target in wanted if (e := difference(found, task, measure, target, one, other)) is not None
    ]
    if task.positive is not None:
        _ratios(found, task, one, other)


def shared_truth(one: Observer, other: Observer) -> Codes:
    """What two are held against: where one's own vote is part of the truth, both against the truth without it."""
    return one.truth if other.kind == "model" else other.truth


def difference(
    found: Findings,
    task: Task,
    measure: str,
    target: str | None,
    one: Observer,
    other: Observer,
    margin: float | None = None,
    hypothesis: str = "superiority",
) -> Estimate | None:
    """One measure of one less that of the other, tested for a difference or against a margin; None with no case."""
    truth, code = shared_truth(one, other), None if target is None else task.classes.index(target)
    against = {} if margin is None else {"margin": margin, "hypothesis": hypothesis}
    if measure == "auc":
        found_one = _area(found, truth, code, one, other, against)
    elif measure in _VALUES:
        found_one = _predictive_value(found, measure, truth, code, one, other, against)
    else:
        found_one = _proportion(found, task, measure, truth, code, one, other, against)
    if found_one is None:
        return None
    e, used = found_one
    (e,) = found.identified(task, used, [e], target=target, **one.versus(other))
    return e


_Against = dict[str, object]


def _area(
    found: Findings, truth: Codes, code: int | None, one: Observer, other: Observer, against: _Against
) -> tuple[Estimate, Bools] | None:
    first, second = one.score_of(code), other.score_of(code)
    if first is None or second is None:
        return None
    used = (truth >= 0) & ~np.isnan(first) & ~np.isnan(second)
    if not used.any():
        return None
    arrays = truth[used] == positive_code(code), first[used], second[used]
    options = {"conf_level": found.plan.conf_level, "patients": found.patients_of(used), **against}
    return roc.compare_auc(*arrays, **options), used  # type: ignore[arg-type]


def _called(truth: Codes, one: Observer, other: Observer) -> Bools:
    both: Bools = (truth >= 0) & (one.calls >= 0) & (other.calls >= 0)
    return both


def _predictive_value(
    found: Findings, measure: str, truth: Codes, code: int | None, one: Observer, other: Observer, against: _Against
) -> tuple[Estimate, Bools] | None:
    used, positive = _called(truth, one, other), positive_code(code)
    if not used.any():
        return None
    arrays = truth[used] == positive, one.called(positive)[used], other.called(positive)[used]
    e = _VALUES[measure](*arrays, conf_level=found.plan.conf_level, **against)  # type: ignore[arg-type]
    return (found.as_independent(used, [e])[0] if found.plan.clusters else e), used


def _proportion(
    found: Findings,
    task: Task,
    measure: str,
    truth: Codes,
    code: int | None,
    one: Observer,
    other: Observer,
    against: _Against,
) -> tuple[Estimate, Bools] | None:
    """Interval of a paired difference, and McNemar's test of it; where the two disagree about 0 a note says so."""
    both = _called(truth, one, other)
    if not both.any():
        return None
    if code is None and task.positive is None:
        used, first, second = both, one.calls == truth, other.calls == truth
    else:
        positive = positive_code(code)
        is_positive = truth == positive
        used = both & {"sensitivity": is_positive, "specificity": ~is_positive}.get(measure, both)
        first, second = (who.called(positive) for who in (one, other))
        first, second = first == is_positive, second == is_positive
    plan = found.plan
    interval = paired.paired_difference(
        first[used],
        second[used],
        method=plan.methods["paired_interval"],
        conf_level=plan.conf_level,
        patients=found.patients_of(used),
        **against,  # type: ignore[arg-type]
    ).replace(measure=f"{measure}_difference")
    if against:
        return interval, used
    name = plan.methods["paired" if found.patients_of(used) is None else "paired_clustered"]
    test = paired.mcnemar(
        first[used], second[used], method=name.removeprefix("mcnemar-"), patients=found.patients_of(used)
    )
    note = test.note if interval.note is None else interval.note
    excludes_0 = interval.conf_low > 0 or interval.conf_high < 0
    if np.isfinite(test.p_value) and excludes_0 != (test.p_value < 1 - plan.conf_level):
        which = f"the {METHOD_NAMES[interval.method or '']} interval"
        side = ("excludes 0 although", "at or above") if excludes_0 else ("includes 0 although", "below")
        note = f"{which} {side[0]} the P-value of the {METHOD_NAMES[name]} test is {side[1]} the level"
    tested = interval.replace(
        statistic=test.statistic, df=test.df, p_value=test.p_value, null=0.0, test_method=name, note=note
    )
    return tested, used


def _ratios(found: Findings, task: Task, one: Observer, other: Observer) -> None:
    """Likelihood ratios, and sensitivity and specificity together, of two binary readings."""
    truth = shared_truth(one, other)
    used = _called(truth, one, other)
    if not used.any():
        return
    arrays = truth[used] == 1, one.called(1)[used], other.called(1)[used]
    level = found.plan.conf_level
    records = [
        likelihood_ratios.compare_plr(*arrays, conf_level=level),
        likelihood_ratios.compare_nlr(*arrays, conf_level=level),
        compare_sensitivity_specificity(*arrays, conf_level=level)[-1],
    ]
    found.add(task, used, records, independent=True, **one.versus(other))


def kappa(found: Findings, task: Task, one: Observer, others: Codes, other: Observer | None) -> None:
    """Cohen's kappa with another observer, or with the truth when `other` is None."""
    used = (one.calls >= 0) & (others >= 0)
    if not used.any():
        return
    estimate = kappa_of_calls(found, task, one.calls[used], others[used], found.patients_of(used))
    identity = one.identity() | {"versus": "truth", "versus_kind": "truth"}
    found.add(task, used, [estimate], **(identity if other is None else one.versus(other)))


def kappa_of_calls(found: Findings, task: Task, calls: Codes, versus: Codes, patients: Codes | None) -> Estimate:
    """Cohen's kappa of two rows of calls, by the protocol's weights."""
    name = found.plan.methods["agreement_weights"]
    # A label that a restricted task left out, or a missing read that counts as wrong, is one more.
    beyond = task.restrict is not None or max(calls.max(), versus.max()) == len(task.classes)
    size = len(task.classes) + beyond
    table = diagnostic.cross_counts(calls, versus, size, size)
    weights, note = (None if name == "none" else name), None
    if weights is not None and beyond and (table[-1].any() or table[:, -1].any()):
        weights, note = None, "unweighted: a label outside the task has no distance from those in it"
    if patients is None:
        estimate = agreement.kappa_of_table(table, weights=weights, conf_level=found.plan.conf_level)
    else:
        categories = list(range(size))
        estimate = agreement.kappa(
            calls,
            versus,
            weights=weights,
            categories=categories,
            conf_level=found.plan.conf_level,
            patients=patients,
        )
    if note is not None:
        estimate = estimate.replace(note="; ".join(filter(None, (estimate.note, note))))
    return estimate
