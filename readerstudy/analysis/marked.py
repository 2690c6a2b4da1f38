"""What marks are counted and drawn from: who marked what, and the curves of each reader and of their mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from readerstudy.analysis.findings import Findings
from readerstudy.analysis.means import grouped
from readerstudy.marks import Marks
from readerstudy.marks.planned import Planned
from readerstudy.stats.froc import froc_curve
from readerstudy.stats.froc.average import mean_curve
from readerstudy.stats.froc.curve import CURVES
from readerstudy.stats.roc_curve import Curve, thin
from readerstudy.task import Floats

_CURVE_OF = {
    "wAFROC": "wAFROC", "wAFROC1": "wAFROC1", "AFROC": "AFROC", "AFROC1": "AFROC1", "FROC": "FROC", "HrAuc": "ROC",
    "HrSe": "ROC", "HrSp": "ROC", "MaxLLF": "FROC", "MaxNLF": "FROC", "MaxNLFAllCases": "FROC", "ExpTrnsfmSp": "FROC",
    "PCL": "LROC", "ALROC": "LROC",
}  # fmt: skip
"""The curve that each figure of merit is of."""
_ROLES = {"reads": "mark_reads"}


def inputs_of(marks: Marks) -> list[dict[str, Any]]:
    """The files of marks, by the name of their role in the protocol and without their folder."""
    return [
        {**entry, "role": _ROLES.get(entry["role"], entry["role"]), "name": _base(entry["name"])}
        for entry in marks.inputs
    ]


def _base(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def flow_of(marks: Marks, asked: Planned, beside: Mapping[str, Any]) -> dict[str, Any]:
    """How many cases, files and readers there are; that of a study with predictions or reads stays its own."""
    if beside:
        named = dict.fromkeys([*beside["modalities"], *modalities_of(asked)])
        return {**beside, "modalities": list(named)}
    read = set(asked.reads.case_id)
    rows = {entry["role"]: entry["rows"] for entry in inputs_of(marks)}
    n, n_read = len(marks.cases), len(read)
    named = {"cases": marks.cases, "marks": marks.marks, "lesions": marks.lesions, "mark_reads": marks.reads}
    left_out = marks.marks[~marks.marks.reader_id.isin([*asked.readers, asked.model])]
    patients = marks.cases[marks.cases.case_id.isin(read)].get("patient_id")
    return {
        "cases": {role: None if of is None else int(of.case_id.nunique()) for role, of in named.items()},
        "steps": [{"label": "cases named in the files", "n": n}, {"label": "cases analysed", "n": n_read}],
        "excluded": [{"reason": "not read", "n": n - n_read}],
        "rows": [
            {
                "file": role,
                "rows": rows[role],
                "empty": 0,
                "excluded_readers": len(left_out) if role == "marks" else 0,
                "duplicates": 0,
            }
            for role in ("marks", "mark_reads")
            if role in rows
        ],
        "n_cases": n_read,
        "n_patients": None if patients is None else int(patients.nunique()),
        "n_models": int(asked.model is not None),
        "n_readers": len(asked.readers),
        "modalities": modalities_of(asked),
    }


def modalities_of(asked: Planned) -> list[str]:
    """The modalities in which readers marked, where the files name any."""
    named = map(asked.label, asked.only(asked.readers).modalities)
    return [name for name in named if name is not None]


def counted(found: Findings, asked: Planned) -> None:
    """How many cases have lesions, and what each reader read and marked."""
    task, diseased = found.plan.marks.task, asked.diseased
    patients = asked.cases.get("patient_id")
    if patients is not None and asked.patients is None and patients.nunique() < len(patients):
        found.warn(
            f"Task {task}: {len(patients)} cases come from {patients.nunique()} patients and are taken as independent; "
            'patient = "patient_id" in [clusters] of the protocol allows for it.'
        )
    of_cases = {"with lesions": len(diseased), "without lesions": len(asked.cases) - len(diseased)}
    for positive, (name, n) in zip((True, False), of_cases.items(), strict=True):
        found.row("classes", task=task, **{"class": name}, n_cases=n, positive=positive)
    n_lesions = asked.lesions.case_id.value_counts()
    for who in _everybody(asked):
        marks, reads = (
            table[(table.reader_id == who["reader"]) & (table.modality == who["as_read"])]
            for table in (asked.marks, asked.reads)
        )
        on_lesion = marks.lesion_id.notna()
        identity = {key: value for key, value in who.items() if key != "as_read"}
        n_read = len(reads)
        found.row("readers", task=task, **identity, n_read=n_read, n_missing=len(asked.cases) - n_read)
        found.row(
            "marks",
            task=task,
            **identity,
            n_read=n_read,
            n_diseased=int(reads.case_id.isin(diseased).sum()),
            n_lesions=int(n_lesions.reindex(reads.case_id).fillna(0).sum()),
            n_found=len(marks[on_lesion].drop_duplicates(["case_id", "lesion_id"])),
            n_marks=len(marks),
            n_false=int((~on_lesion).sum()),
            n_false_others=int((~on_lesion & ~marks.case_id.isin(diseased)).sum()),
        )


def _everybody(asked: Planned) -> list[dict[str, Any]]:
    """Everybody in each modality, the model first; `as_read` is the modality as the files have it."""
    found = []
    of_readers = {modality for reader in asked.readers for modality in asked.read_by(reader)}
    for name in (*([asked.model] if asked.model is not None else []), *asked.readers):
        own = asked.read_by(name)
        for modality in own:
            alone = name == asked.model and len(own) == 1 and modality not in of_readers
            found.append(
                {
                    "reader": name,
                    "reader_kind": "model" if name == asked.model else "human",
                    "reader_group": asked.groups.get(name),
                    "modality": None if alone else asked.label(modality),
                    "as_read": modality,
                }
            )
    return found


def curves(found: Findings, asked: Planned) -> None:
    """The curve of each reader in each modality, then of the mean of each group; beyond all marks no threshold."""
    task = found.plan.marks.task
    for curve in dict.fromkeys(_CURVE_OF[measure] for measure in asked.measures):
        drawn = froc_curve(asked.cases, asked.marks, asked.lesions, reads=asked.reads, curve=curve)
        by_who = dict(list(drawn.groupby(["reader", "modality"], sort=False)))
        of: dict[tuple[str, str], tuple[Floats, Floats]] = {}
        for who in _everybody(asked):
            key = (who["reader"], who.pop("as_read"))
            columns = [by_who[key][name].to_numpy(dtype=np.float64) for name in ("threshold", *CURVES[curve])]
            if np.isnan(columns).any():
                continue
            threshold, x, y = _thinned(*columns)
            of[key] = x, y
            thresholds = [found.number(t) for t in threshold.tolist()]
            found.row("froc_curve", task=task, curve=curve, **who, threshold=thresholds, x=x.tolist(), y=y.tolist())
        for group, names in grouped(asked.readers, asked.groups).items() if asked.readers else ():
            for modality in asked.modalities:
                members = [of[name, modality] for name in names if (name, modality) in of]
                if len(members) < 2:
                    continue
                x, y = mean_curve(members)
                identity = {"reader": None, "reader_kind": "human", "reader_group": group}
                label = asked.label(modality)
                found.row(
                    "froc_curve", task=task, curve=curve, **identity, modality=label, threshold=None, x=x.tolist(),
                    y=y.tolist(),
                )  # fmt: skip


def _thinned(threshold: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """As many vertices as a figure shows; x may go beyond 1."""
    reach = max(1.0, float(x[-1]))
    kept = thin(Curve(threshold, y, 1 - x / reach))
    places = np.flatnonzero(np.isin(threshold, kept.threshold))
    return threshold[places], x[places], y[places]
