"""What a reader's calls became in another modality: the reclassification table and the net reclassification."""

from __future__ import annotations

from readerstudy.analysis.findings import Findings
from readerstudy.analysis.observers import Observer
from readerstudy.stats.diagnostic import cross_counts
from readerstudy.stats.reclassification import reclassification
from readerstudy.task import Task


def changes(found: Findings, task: Task, one: Observer, other: Observer) -> None:
    """A reader in one modality (the columns) and in another (the rows), positive and negative cases apart."""
    used = (one.truth >= 0) & (one.calls >= 0) & (other.calls >= 0)
    if task.positive is None or not used.any():
        return
    positive = one.truth == 1
    tables = [cross_counts(other.calls[of], one.calls[of], 2, 2).tolist() for of in (used & positive, used & ~positive)]
    found.row(
        "reclassification",
        task=task.name,
        **one.identity(),
        versus=other.modality,
        classes=list(task.classes),
        events=tables[0],
        non_events=tables[1],
    )
    records = reclassification(
        positive[used],
        one.calls[used] == 1,
        other.calls[used] == 1,
        method=found.plan.methods["paired_interval"],
        conf_level=found.plan.conf_level,
    )
    found.add(task, used, records, independent=True, **one.versus(other))
