"""Which cases a model got wrong, by case id: only when the protocol asks for it."""

from __future__ import annotations

import numpy as np

from readerstudy.analysis.findings import Findings, positive_code, targets
from readerstudy.analysis.observers import Observer
from readerstudy.task import Task


def errors(found: Findings, task: Task, one: Observer) -> None:
    """False positives and false negatives of each target, the surest first, with their pictures."""
    if found.plan.errors is None or one.kind != "model":
        return
    most = int(found.plan.errors.get("most", 24))
    names = [*task.classes, "other"]
    known = (one.truth >= 0) & (one.calls >= 0)
    for code, target in targets(task):
        positive = positive_code(code)
        score = one.score_of(code)
        is_positive, called = one.truth == positive, one.calls == positive
        for kind, wrong, surest_first in (
            ("false positive", known & ~is_positive & called, -1),
            ("false negative", known & is_positive & ~called, 1),
        ):
            cases = np.flatnonzero(wrong)
            if score is not None:
                cases = cases[np.argsort(surest_first * np.nan_to_num(score[cases]), kind="stable")]
            for case in cases[:most].tolist():
                value = None if score is None or np.isnan(score[case]) else float(score[case])
                found.row(
                    "errors",
                    task=task.name,
                    **one.identity(),
                    kind=kind,
                    target=target,
                    case_id=found.study.case_ids[case],
                    truth=names[one.truth[case]],
                    call=names[one.calls[case]],
                    score=value,
                    n=len(cases),
                    thumbnail=found.study.picture(found.plan.errors.get("images"), found.study.case_ids[case]),
                )
