"""Does what a model does better than readers depend on the kind of case: differences by level, and their equality."""

from __future__ import annotations

from typing import Any

import numpy as np

from readerstudy.analysis.findings import Findings
from readerstudy.analysis.means import reader_groups
from readerstudy.analysis.observers import Observer, one_view
from readerstudy.analysis.subgroups import levels_of
from readerstudy.stats.interaction import interaction
from readerstudy.task import Task

_UNEVEN = "not every reader read every case: the mean is over cases, of the mean of their readers"


def interactions(found: Findings, task: Task, everyone: list[Observer]) -> None:
    """Model less reader, and model less the mean of the readers of a group, by level of the protocol's columns."""
    models = [one for one in everyone if one.kind == "model"]
    for column, values in found.study.covariates.items():
        levels, codes = levels_of(values, found.plan.cut.get(column))
        if len(levels) < 2:
            continue
        kinds = np.array([f"{column}: {levels[code]}" if code >= 0 else None for code in codes.tolist()], dtype=object)
        for model in models:
            for one in everyone:
                if one.kind != "model" and one_view(model.modality, one.modality):
                    _test(found, task, column, kinds, model, [one], model.versus(one))
            for modality in found.study.modalities:
                for group, names in reader_groups(found.study).items():
                    members = [o for o in everyone if o.kind == "human" and o.name in names and o.modality == modality]
                    one_truth = len({o.truth.tobytes() for o in members}) == 1
                    if len(members) > 1 and one_truth and one_view(model.modality, modality):
                        identity = model.identity() | {"modality": model.modality or modality}
                        versus = {"versus": group, "versus_kind": "group"}
                        _test(found, task, column, kinds, model, members, identity | versus)


def _test(
    found: Findings,
    task: Task,
    column: str,
    kinds: Any,
    model: Observer,
    readers: list[Observer],
    identity: dict[str, Any],
) -> None:
    """One comparison in every level of a column; readers held against a truth without their vote take it along."""
    truth = readers[0].truth if len(readers) == 1 else model.truth
    right = np.where((truth >= 0) & (model.calls >= 0), model.calls == truth, np.nan)
    others = np.array([np.where((o.truth >= 0) & (o.calls >= 0), o.calls == o.truth, np.nan) for o in readers])
    used = ~np.isnan(right) & ~np.isnan(others).all(axis=0)
    used &= np.array([kind is not None for kind in kinds.tolist()])
    if not used.any():
        return
    patients = found.study.patients
    # These differences always allow for several cases a patient: no published analysis is to be reproduced here.
    several = patients is not None and len(np.unique(patients[used])) < used.sum()
    records = interaction(
        right[used],
        others[0, used] if len(readers) == 1 else others[:, used],
        kinds[used],
        patients=patients[used] if patients is not None and several else None,
        conf_level=found.plan.conf_level,
    )
    uneven = len(readers) > 1 and bool(np.isnan(others[:, used]).any())
    for e in records:
        level = e.subgroup or column
        if uneven:
            e = e.replace(note="; ".join(filter(None, (e.note, _UNEVEN))))
        found.add(task, used & (kinds == e.subgroup) if e.subgroup else used, [e], subgroup=level, **identity)
