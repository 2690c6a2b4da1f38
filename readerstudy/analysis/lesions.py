"""Marks on lesions: each figure of merit for every reader, through the readers, and of a model against them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from readerstudy.analysis.findings import Findings
from readerstudy.analysis.means import grouped
from readerstudy.estimate import Estimate
from readerstudy.marks.planned import Planned
from readerstudy.stats.froc import froc, froc_model_versus_readers
from readerstudy.stats.froc.comparison import COVARIANCES
from readerstudy.stats.froc.measure import NAMES, WITH_FPF

_COMPONENTS = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")


def lesions(found: Findings, asked: Planned) -> None:
    """Every number that marks give."""
    for measure in asked.measures:
        of_everybody = _by_cases(found, asked.only(asked.readers), measure) if asked.readers else []
        _singles(found, asked, of_everybody, kind="human")
        for group, names in grouped(asked.readers, asked.groups).items() if asked.readers else ():
            _means(found, asked, measure, group, names)
        if asked.model is not None:
            own = _by_cases(found, asked.only([asked.model]), measure)
            _singles(found, asked, [e for e in own if e.versus is None], kind="model")
            _model(found, asked, measure, asked.model)


def _options(found: Findings, asked: Planned, measure: str, *whose: str | None) -> dict[str, Any]:
    """What every analysis of a figure of merit is given."""
    covariance = found.plan.methods["mrmc"].partition("-")[2]
    return {
        "measure": measure,
        "fpf": found.plan.marks.fpf if measure in WITH_FPF else 1.0,
        # DeLong's and the unbiased covariances are of areas of one score a case.
        "covariance": covariance if covariance in COVARIANCES else COVARIANCES[0],
        "patients": asked.patients,
        "conf_level": found.plan.conf_level,
        "n_boot": found.plan.bootstrap,
        "rng": found.rng("marks", measure, *whose),
    }


def _by_cases(found: Findings, of: Planned, measure: str) -> list[Estimate]:
    """Values and differences of single readers, which speak for other cases and for these readers only."""
    options = _options(found, of, measure)
    records = froc(of.cases, of.marks, of.lesions, reads=of.reads, random="cases", **options)
    return [e.replace(random=None) for e in records if e.reader is not None]


def _keep(found: Findings, e: Estimate, **identity: Any) -> None:
    found.estimates.append(e.replace(task=found.plan.marks.task, **identity))


def _singles(found: Findings, asked: Planned, records: list[Estimate], *, kind: str) -> None:
    for e in records:
        group = asked.groups.get(e.reader or "") if kind == "human" else None
        modality = asked.label(e.modality) if kind == "human" else _modality_of_model(asked, e.modality)
        _keep(found, e, reader_kind=kind, reader_group=group, modality=modality)


def _modality_of_model(asked: Planned, modality: str | None) -> str | None:
    """A model that gave its marks once has no modality, unless it is one of the readers'."""
    of_readers = {name for reader in asked.readers for name in asked.read_by(reader)}
    assert asked.model is not None
    if modality not in of_readers and len(asked.read_by(asked.model)) == 1:
        return None
    return asked.label(modality)


def _means(found: Findings, asked: Planned, measure: str, group: str, names: list[str]) -> None:
    """Means of a group in each modality, their differences, and one test of all modalities."""
    task, of = found.plan.marks.task, asked.only(names)
    method = found.plan.methods["mrmc"].partition("-")[0]
    options = _options(found, asked, measure, group)
    try:
        records = froc(of.cases, of.marks, of.lesions, reads=of.reads, method=method, **options)
    except ValueError as error:
        found.warn(f"Task {task}: no comparison of {measure} through {group}: {error}.")
        return
    identity: dict[str, Any] = {"reader_kind": "human", "reader_group": group}
    name = NAMES[measure]
    for e in records:
        if e.reader is not None or e.measure in _COMPONENTS:
            continue
        if e.modality is not None:
            _keep(found, e, **identity, modality=asked.label(e.modality))
        elif e.measure == f"{name}_difference" and len(of.modalities) > 2:
            _keep(found, e, **identity, versus="modalities", versus_kind="modality")
    _components(found, name, records, {**identity, "reader": None, "modality": None})


def _model(found: Findings, asked: Planned, measure: str, model: str) -> None:
    """The model against each reader and against the mean of each group, in each modality of the readers."""
    own = asked.read_by(model)
    read_by = {name: asked.read_by(name) for name in asked.readers}
    for modality in asked.modalities:
        there = [name for name, modalities in read_by.items() if modality in modalities]
        if not there or (modality not in own and len(own) > 1):
            continue
        sides: dict[str, Any] = {"reader": model, "reader_kind": "model", "modality": asked.label(modality)}
        for e in _against(found, asked, measure, model, modality, there):
            if e.versus_kind == "reader":
                _keep(found, e.replace(random=None), **sides)
        for group, names in grouped(asked.readers, asked.groups).items():
            members = [name for name in names if name in there]
            if len(members) < 2:
                continue
            records = _against(found, asked, measure, model, modality, members)
            for e in records:
                if e.versus_kind == "group":
                    _keep(found, e, **sides, versus=group)
            _components(found, NAMES[measure], records, {**sides, "reader_group": group})


def _against(
    found: Findings, asked: Planned, measure: str, model: str, modality: str, readers: list[str]
) -> list[Estimate]:
    of = asked.only([model, *readers])
    options = _options(found, asked, measure, model, modality, *readers)
    try:
        return froc_model_versus_readers(
            of.cases, of.marks, of.lesions, reads=of.reads, model=model, modality=modality, **options
        )
    except ValueError as error:
        task, whom = found.plan.marks.task, ", ".join(readers)
        found.warn(f"Task {task}: {measure} of {model} is not compared with that of {whom}: {error}.")
        return []


def _components(found: Findings, measure: str, records: list[Estimate], identity: dict[str, Any]) -> None:
    """The variance components as a row of a table, as those of other panels."""
    values = {e.measure: e.estimate for e in records if e.measure in _COMPONENTS}
    if any(map(math.isfinite, values.values())):
        method = next(e.method for e in records if e.measure in values)
        row = {name: found.number(values.get(name, np.nan)) for name in _COMPONENTS}
        task = found.plan.marks.task
        found.row("variance_components", task=task, **identity, target=None, measure=measure, method=method, **row)
