"""What was asked and what was given: the resolved protocol and the provenance."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from readerstudy._version import __version__
from readerstudy.features import Features
from readerstudy.marks.planned import Planned
from readerstudy.protocol import Protocol, TaskPlan
from readerstudy.saliency import Saliency
from readerstudy.study import Study

_PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "typst")


def protocol_of(study: Study | None, protocol: Protocol, marks: Planned | None = None) -> dict[str, Any]:
    """The plan as it was carried out: what was asked, and the default where nothing was."""
    plan = protocol.to_dict()
    words = {task.name: task for task in protocol.tasks}
    plan["tasks"] = {}
    if marks is not None:
        plan["marks"] = {**protocol.marks.to_dict(), "measures": list(marks.measures)}
    if study is None:
        return plan
    for name, task in study.tasks.items():
        said, source = words.get(name, TaskPlan(name=name)), words.get(task.source, TaskPlan(name=task.source))
        thresholds = task.thresholds
        plan["tasks"][name] = {
            "kind": task.kind,
            "from": task.source if task.source != name else None,
            "classes": list(task.labels),
            "positive": None if task.positive is None else list(task.positive),
            "restrict": None if task.restrict is None else list(task.restrict),
            "names": list(task.classes) if task.positive is not None else None,
            "threshold": task.threshold,
            "thresholds": dict(thresholds) if isinstance(thresholds, Mapping) else thresholds,
            "prevalence": task.prevalence,
            "probabilities": task.probabilities,
            "map": dict(source.map),
            "missing": list(source.missing),
            "truth": source.truth,
            "label": source.label,
            "score": said.score,
        }
    groups: dict[str, list[str]] = {}
    for reader in study.readers:
        if reader in study.groups:
            groups.setdefault(study.groups[reader], []).append(reader)
    plan["readers"]["groups"] = groups
    plan["readers"]["reference"] = study.reference
    return plan


def provenance_of(
    files: Iterable[Mapping[str, Any]],
    protocol: Protocol,
    seed: int,
    features: Features | None = None,
    saliency: Saliency | None = None,
) -> dict[str, Any]:
    """Version, seed, and the input files by name, SHA-256 and rows; one that is read twice stands there once."""
    inputs: list[dict[str, Any]] = []
    for entry in files:
        if dict(entry) not in inputs:
            inputs.append(dict(entry))
    if protocol.sha256 is not None and protocol.file is not None:
        name = protocol.file.replace("\\", "/").rsplit("/", 1)[-1]
        inputs.append({"role": "protocol", "name": name, "sha256": protocol.sha256, "rows": None})
    if features is not None:
        rows = len(features.values)
        inputs.append({"role": "features", "name": features.name, "sha256": features.sha256, "rows": rows})
    if saliency is not None:
        rows = len(saliency.cases)
        inputs.append({"role": "saliency", "name": saliency.name, "sha256": saliency.sha256, "rows": rows})
    return {
        "readerstudy": __version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "packages": {name: version(name) for name in _PACKAGES},
        "seed": seed,
        "inputs": inputs,
    }
