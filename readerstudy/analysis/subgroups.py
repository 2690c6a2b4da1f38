"""Accuracy within levels of what is known about the cases, and between two levels."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt

from readerstudy.analysis.findings import Bools, Findings
from readerstudy.analysis.observers import Observer, one_view
from readerstudy.measures import METHOD_NAMES
from readerstudy.stats import diagnostic, independent
from readerstudy.task import Task

Words = npt.NDArray[np.object_]


def levels_of(values: Words, cut: tuple[float, ...] | None) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Levels in order and each case's level; -1 where nothing is known. Numbers are cut at `cut` (from ... to below).

    Raises
    ------
    ValueError
        If a value to be cut is no number.
    """
    known = values != ""
    if cut is None:
        levels = sorted(set(values[known].tolist()))
        codes = {level: code for code, level in enumerate(levels)}
        return levels, np.array([codes.get(value, -1) for value in values.tolist()], dtype=np.int64)
    numbers = np.full(len(values), np.nan)
    numbers[known] = [float(value) for value in values[known]]
    written = [repr(limit).removesuffix(".0") for limit in cut]
    levels = [f"< {written[0]}"]
    levels += [f"{low} to < {high}" for low, high in itertools.pairwise(written)]
    levels.append(f"≥ {written[-1]}")
    return levels, np.where(known, np.searchsorted(np.array(cut), numbers, side="right"), -1)


def subgroups(found: Findings, task: Task, one: Observer) -> None:
    """Accuracy of an observer in every level of the protocol's columns; with two levels, their difference."""
    right = one.calls == one.truth
    used = (one.truth >= 0) & (one.calls >= 0)
    for column, values in found.study.covariates.items():
        levels, codes = levels_of(values, found.plan.cut.get(column))
        groups = [(level, used & (codes == code)) for code, level in enumerate(levels)]
        groups = [(level, chosen) for level, chosen in groups if chosen.any()]
        for level, chosen in groups:
            _accuracy(found, task, one, f"{column}: {level}", chosen, right)
        # Two levels of the column, not two that this observer happens to have read.
        if len(levels) == len(groups) == 2:
            _difference(found, task, one, column, groups, right)


def _accuracy(found: Findings, task: Task, one: Observer, name: str, chosen: Bools, right: Bools) -> None:
    accuracy = diagnostic.accuracy(
        np.ones(int(chosen.sum()), dtype=bool),
        right[chosen],
        method=found.plan.methods["proportion"],
        conf_level=found.plan.conf_level,
        patients=found.patients_of(chosen),
    )
    threshold = one.threshold if task.positive is not None else None
    found.add(task, chosen, [accuracy], subgroup=name, threshold=threshold, **one.identity())


def _difference(
    found: Findings, task: Task, one: Observer, column: str, groups: list[tuple[str, Bools]], right: Bools
) -> None:
    """Second level against the first: different cases, so that the two are independent."""
    (first, without), (second, with_) = groups
    difference = independent.proportion_difference(
        int(right[with_].sum()),
        int(with_.sum()),
        int(right[without].sum()),
        int(without.sum()),
        test=found.plan.methods["subgroups"],
        conf_level=found.plan.conf_level,
    )
    found.add(
        task,
        without | with_,
        [difference.replace(measure="accuracy_difference")],
        independent=True,
        subgroup=f"{column}: {second}",
        versus=f"{column}: {first}",
        versus_kind="subgroup",
        **one.identity(),
    )


def as_published(found: Findings, task: Task, everyone: list[Observer], groups: dict[str, list[str]]) -> None:
    """A model against the mean of a group by a test that takes their cases as different ones, as papers have done."""
    test = found.plan.as_published.get("model_versus_groups")
    if test is None:
        return
    for model in (one for one in everyone if one.kind == "model"):
        for modality in found.study.modalities:
            if not one_view(model.modality, modality):
                continue
            for group, names in groups.items():
                members = [o for o in everyone if o.kind == "human" and o.name in names and o.modality == modality]
                used = (model.truth >= 0) & (model.calls >= 0)
                for one in members:
                    used &= (one.truth >= 0) & (one.calls >= 0)
                if not members or not used.any():
                    continue
                counts = [int((one.calls == one.truth)[used].sum()) for one in members]
                mean = math.floor(sum(counts) / len(counts) + 0.5)  # a test of counts needs a whole number
                n, correct = int(used.sum()), int((model.calls == model.truth)[used].sum())
                difference = independent.proportion_difference(
                    correct, n, mean, n, test=test, conf_level=found.plan.conf_level
                )
                note = (
                    f"as published, not recommended: {correct} of {n} against the mean of {group}, {mean} of {n}, as "
                    "if model and readers had seen different cases and the mean of readers were one reader's calls; "
                    "see McNemar's test with each reader"
                )
                found.add(
                    task,
                    used,
                    [difference.replace(measure="accuracy_difference", method="as-published", note=note)],
                    versus=group,
                    versus_kind="group",
                    **(model.identity() | {"modality": model.modality or modality}),
                )
                found.warn(
                    f"Task {task.name}: the {METHOD_NAMES[test]} test of the model against groups of readers is done "
                    "because the protocol asks for it as published. It takes readings of the same cases as readings of "
                    "different ones."
                )
