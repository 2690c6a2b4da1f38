"""Performance in those whom the cases stand for: with sampling weights, and corrected for unverified cases."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.findings import Bools, Findings
from readerstudy.analysis.observers import Observer
from readerstudy.stats import verification, weighted
from readerstudy.task import Task

_PERFORMANCE = ("sensitivity", "specificity", "ppv", "npv", "accuracy")


def corrected(found: Findings, task: Task, one: Observer) -> None:
    """Beside the plain numbers of a binary task: weighted ones, and Begg and Greenes's."""
    if task.positive is None or not np.array_equal(one.truth, found.study.truth(task.name)):
        return  # held against a truth without their own vote, whose gaps are ties and not unverified cases
    called = one.calls >= 0
    threshold = one.threshold
    level = found.plan.conf_level
    used: Bools = called & (one.truth >= 0)
    if found.study.weights is not None and used.any():
        records = weighted.weighted_diagnostic(
            one.truth[used] == 1,
            one.calls[used] == 1,
            found.study.weights[used],
            patients=found.patients_of(used),
            conf_level=level,
        )
        records = [e for e in records if e.measure in _PERFORMANCE]
        found.add(task, used, records, threshold=threshold, **one.identity())
        scored: Bools = (one.truth >= 0) & ~np.isnan(one.scores)
        if scored.any():
            area = weighted.weighted_auc(
                one.truth[scored] == 1,
                one.scores[scored],
                found.study.weights[scored],
                patients=found.patients_of(scored),
                conf_level=level,
            )
            found.add(task, scored, [area], **one.identity())
    if found.plan.verification is not None and called.any():
        records = verification.verification_corrected(
            np.where(one.truth >= 0, one.truth, np.nan)[called],
            one.calls[called] == 1,
            patients=found.patients_of(called),
            conf_level=level,
        )
        records = [e for e in records if e.measure in _PERFORMANCE]
        found.add(task, called, records, threshold=threshold, **one.identity())
