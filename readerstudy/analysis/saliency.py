"""Where a model looked: its saliency held against the lesions, the weights of its sequences, and typical panels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from readerstudy.analysis.findings import Bools, Findings
from readerstudy.saliency import Explained, Saliency
from readerstudy.stats.diagnostic import accuracy
from readerstudy.stats.mean import mean
from readerstudy.study import Study
from readerstudy.task import Codes, Task


def saliency(found: Findings, maps: Saliency) -> None:
    """Shares inside the lesion, the pointing game and weights of sequences in each task, overall and by true class."""
    study = found.study
    if maps.model not in study.models:
        models = ", ".join(study.models) or "none"
        found.warn(f"{maps.name} is of the model {maps.model}, and the predictions are of others ({models}): left out.")
        return
    taken: set[str] = set()
    for name, classes in maps.tasks.items():
        task = _task(study, name, classes)
        if task is None or task.name in taken:
            found.warn(f"{maps.name}: no task of the study has the classes of {name} ({', '.join(classes)}): left out.")
            continue
        taken.add(task.name)
        of_task = [case for case in maps.cases if case.task == name]
        positions = {case_id: position for position, case_id in enumerate(study.case_ids)}
        cases = np.array([positions.get(case.case_id, -1) for case in of_task], dtype=np.int64)
        truth = np.where(cases < 0, -1, study.truth(task.name)[cases])
        known = truth >= 0
        if not known.any():
            found.warn(f"{maps.name}: no case of {name} is one that is analysed: left out.")
            continue
        _Maps(found, maps, task, [of_task[i] for i in np.flatnonzero(known)], cases[known], truth[known]).record()


def _task(study: Study, name: str, classes: Sequence[str]) -> Task | None:
    """The task of the study that a card's task is: by its name, else the first with labels and the same classes."""
    by_name = study.tasks.get(name)
    if by_name is not None:
        return by_name
    tasks = [task for task in study.tasks.values() if task.source == task.name]
    return next((task for task in tasks if set(task.labels) == set(classes)), None)


@dataclasses.dataclass(frozen=True, kw_only=False)
class _Maps:
    """The maps of one task whose case is analysed."""

    found: Findings
    maps: Saliency
    task: Task
    explained: list[Explained]
    cases: Codes
    truth: Codes

    def record(self) -> None:
        """Everything about them."""
        self.found.row(
            "saliency",
            task=self.task.name,
            model=self.maps.model,
            method=self.maps.method,
            notice=self.maps.notice,
            tolerance=self.maps.tolerance,
            dark=self.maps.dark,
            sequences=list(self.maps.sequences),
            classes=list(self.task.classes),
            n=len(self.explained),
            n_masked=int(np.count_nonzero(~np.isnan(self._of("share_inside")))),
        )
        for code, target in [(None, None), *enumerate(self.task.classes)]:
            chosen = np.ones(len(self.truth), dtype=bool) if code is None else self.truth == code
            if chosen.any():
                self._shares(chosen, target)
                self._pointing(chosen, target)
                self._weights(chosen, target)
            if code is not None:
                self._panel(code)

    def _of(self, name: str) -> Any:
        return np.array([getattr(case, name) for case in self.explained], dtype=np.float64)

    def _shares(self, chosen: Bools, target: str | None) -> None:
        for measure, name in (("saliency_inside", "share_inside"), ("lesion_area", "mask_share")):
            values = self._of(name)
            self._mean(measure, values, chosen & ~np.isnan(values), target)

    def _weights(self, chosen: Bools, target: str | None) -> None:
        weighed = chosen & np.array([case.weights is not None for case in self.explained])
        for i, sequence in enumerate(self.maps.sequences):
            values = np.array([case.weights[i] if case.weights else np.nan for case in self.explained])
            self._mean("sequence_weight", values, weighed, target, f"sequence: {sequence}")

    def _mean(self, measure: str, values: Any, chosen: Bools, target: str | None, part: str | None = None) -> None:
        if not chosen.any():
            return
        used = self._used(chosen)
        level = self.found.plan.conf_level
        patients = self._patients(chosen)
        e = mean(values[chosen], measure, low=0.0, high=1.0, conf_level=level, patients=patients)
        who = {"reader": self.maps.model, "reader_kind": "model"}
        self.found.add(self.task, used, [e.replace(target=target, subgroup=part, **who)])

    def _pointing(self, chosen: Bools, target: str | None) -> None:
        chosen = chosen & np.array([case.pointing is not None for case in self.explained])
        if not chosen.any():
            return
        hits = np.array([bool(case.pointing) for case in self.explained])[chosen]
        level = self.found.plan.conf_level
        e = accuracy(np.ones(len(hits), dtype=bool), hits, conf_level=level, patients=self._patients(chosen))
        e = e.replace(measure="pointing_game")
        used = self._used(chosen)
        who = {"reader": self.maps.model, "reader_kind": "model"}
        self.found.add(self.task, used, [e.replace(target=target, **who)])

    def _used(self, chosen: Bools) -> Bools:
        used = np.zeros(self.found.study.n_cases, dtype=bool)
        used[self.cases[chosen]] = True
        return used

    def _patients(self, chosen: Bools) -> Codes | None:
        """Patient of each chosen case, in the order of the maps, where the protocol takes patients as the sample."""
        patients = self.found.study.patients
        clustered = self.found.plan.clusters is not None and patients is not None
        return patients[self.cases[chosen]] if clustered and patients is not None else None

    def _panel(self, code: int) -> None:
        """The panel of a typical case of a class that the model called right: the one of the median share inside.

        Of equal shares, and where no lesion has a mask, the case that comes first in the study.
        """
        study = self.found.study
        calls = study.model_calls(self.task.name)[study.models.index(self.maps.model)]
        right = np.flatnonzero((self.truth == code) & (calls[self.cases] == code))
        pictured = [i for i in right.tolist() if self.explained[i].panel is not None]
        if not pictured:
            return
        by_case = sorted(pictured, key=lambda i: int(self.cases[i]))
        by_share = sorted(by_case, key=lambda i: self.explained[i].share_inside)
        masked = [i for i in by_share if not np.isnan(self.explained[i].share_inside)]
        typical = self.explained[masked[(len(masked) - 1) // 2] if masked else by_case[0]]
        picture = self.maps.picture(typical)
        if picture is None:
            self.found.warn(f"{self.maps.name}: the panel of {self.task.classes[code]} is too large for a report.")
            return
        self.found.row(
            "saliency_panels",
            task=self.task.name,
            model=self.maps.model,
            **{"class": self.task.classes[code]},
            n=len(right),
            share_inside=self.found.number(typical.share_inside),
            tiles=[dataclasses.asdict(tile) for tile in self.maps.tiles],
            png_base64=picture,
        )
