"""The patients, the reading times and the washout: tables that say who was studied and how it was read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.analysis.findings import Findings
from readerstudy.stats import descriptive, times

Words = npt.NDArray[np.object_]
_FOUR_WEEKS = 28


def characteristics(found: Findings) -> None:
    """The protocol's columns over all cases, and over patients once each, split by its column `by`."""
    study, plan = found.study, found.plan
    by = None if plan.by is None else study.described[plan.by]
    every = np.arange(len(next(iter(study.described.values()), ())))
    once = every
    if study.described_patients is not None:
        once = np.sort(np.unique(study.described_patients, return_index=True)[1])
    for names, chosen, unit in ((plan.patient_characteristics, once, "patient"), (plan.characteristics, every, "case")):
        columns = {name: _values(study.described[name][chosen]) for name in names}
        if not columns:
            continue
        groups = None
        if by is not None:
            known = by[chosen] != ""
            columns = {name: values[known] for name, values in columns.items()}
            groups = by[chosen][known]
        rows = descriptive.characteristics(
            columns,
            groups,
            alpha=plan.alpha,
            equal_variance=plan.methods["t_test"] == "student",
            rank_test=plan.methods["rank_test"],
            kinds={name: "count" for name in plan.categorical if name in columns},
        )
        for row in rows:
            found.row("characteristics", **row, unit=unit)


def _values(cells: Words) -> npt.NDArray[Any]:
    """Numbers where every cell is one, else words; an empty cell is missing."""
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells.tolist()])
    except ValueError:
        return np.array([cell or None for cell in cells.tolist()], dtype=object)


def reading_times(found: Findings) -> None:
    """Seconds a read by reader and modality, and the ratio of every two modalities that share reads."""
    study = found.study
    if study.times is None or np.isnan(study.times).all():
        return
    for m, modality in enumerate(study.modalities):
        for j, reader in enumerate(study.readers):
            read = study.times[m, j]
            (row,) = times.reading_times(read, [reader] * len(read))
            if row["n"]:
                row |= {"modality": modality, "reader_kind": "human", "reader_group": study.groups.get(reader)}
                # What was not timed cannot be told from what was not read.
                found.row("reading_times", **{key: value for key, value in row.items() if key != "missing"})
    for m, modality in enumerate(study.modalities):
        for other in range(m):
            both = ~np.isnan(study.times[m]) & ~np.isnan(study.times[other])
            if both.any():
                readers = both.any(axis=1)
                ratio = times.time_ratio(
                    study.times[m][readers], study.times[other][readers], conf_level=found.plan.conf_level
                )
                found.estimates.append(
                    ratio.replace(
                        modality=modality,
                        versus=study.modalities[other],
                        versus_kind="modality",
                        reader_kind="human",
                        n_readers=int(readers.sum()),
                    )
                )


def washout(found: Findings) -> None:
    """Days between the readings of a case in two modalities, by reader: the least, and how many under four weeks."""
    study = found.study
    if study.dates is None:
        return
    for m, modality in enumerate(study.modalities):
        for other in range(m):
            apart = np.abs(study.dates[m] - study.dates[other])
            for j, reader in enumerate(study.readers):
                days = apart[j][~np.isnan(apart[j])]
                if len(days):
                    found.row(
                        "washout",
                        reader=reader,
                        reader_group=study.groups.get(reader),
                        modality=modality,
                        versus=study.modalities[other],
                        n=len(days),
                        least_days=int(days.min()),
                        n_under_four_weeks=int((days < _FOUR_WEEKS).sum()),
                    )
