"""Studies for forest plots, calibration and net benefit: records and tables made by hand around the small studies."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence
from typing import Any

from figure_studies import Builder, machine, person
from rich_studies import star

from readerstudy.estimate import Estimate
from readerstudy.results import Results

GROUPS = {"residents": ["R1", "R2", "R3"], "academic": ["R4", "R5", "R6"]}
SUBGROUPS = {"sex": ["female", "male"], "size": ["< 2", "2 to < 5", "≥ 5"], "site": ["A", "B"]}
Names = Sequence[str | None]


def readers_named(n: int, groups: int) -> dict[str, list[str]]:
    """`n` readers in so many groups."""
    return {f"group {g + 1}": [f"Reader {i + 1:02d}" for i in range(n) if i % groups == g] for g in range(groups)}


class Differences(Builder):
    """Observers of one task and every comparison of them that an analysis makes."""

    def __init__(
        self,
        models: Sequence[str] = ("Net",),
        groups: dict[str, list[str]] | None = None,
        modalities: Names = (None,),
        *,
        task: str = "malignant",
        classes: Sequence[str] = ("benign", "malignant"),
        consensus: str | None = None,
        seed: int = 11,
    ) -> None:
        self.binary = len(classes) == 2
        kind = "binary" if self.binary else "classes"
        super().__init__({task: {"kind": kind, "classes": list(classes)}}, seed)
        self.task, self.models, self.modalities = task, list(models), list(modalities)
        self.groups = GROUPS if groups is None else groups
        self.tables: dict[str, Any] = {}
        self.columns: list[str] = []
        self.protocol: dict[str, Any] = {}
        truth = [classes[i % len(classes)] for i in range(60)]
        for i, model in enumerate(self.models):
            self.matrix(task, truth, self.calls(truth, 0.85 - 0.02 * i, list(classes)), list(classes), machine(model))
        for modality in self.modalities:
            for group, names in self.groups.items():
                for name in names:
                    calls = self.calls(truth, 0.7, list(classes))
                    self.matrix(task, truth, calls, list(classes), person(name, group or None, modality))
            if consensus is not None:
                who = star(consensus, modality)
                self.matrix(task, truth, self.calls(truth, 0.9, list(classes)), list(classes), who)
        self.consensus = consensus

    def difference(self, measure: str, centre: float, half: float = 0.09, **fields: Any) -> Estimate:
        d = max(-1.0, min(1.0, self.random.gauss(centre, 0.05)))
        fields = {"method": "delong" if measure.startswith("auc") else "tango", "n_cases": 60, **fields}
        e = Estimate(
            measure=measure,
            task=self.task,
            estimate=d,
            conf_low=max(-1.0, d - half),
            conf_high=min(1.0, d + half),
            conf_level=0.95,
            p_value=math.exp(-40 * abs(d)),
            **fields,
        )
        self.estimates.append(e)
        return e

    @property
    def measures(self) -> list[str]:
        both = ["sensitivity_difference", "specificity_difference", "auc_difference"]
        return [*both, "accuracy_difference"] if self.binary else ["accuracy_difference"]

    def against(self, *, means: bool = True) -> None:
        """Every model minus every reader, the consensus, the models after it, and the means of the groups."""
        for i, model in enumerate(self.models):
            for measure in self.measures:
                for other in self.models[i + 1 :]:
                    self.difference(measure, 0.02, versus=other, versus_kind="reader", **machine(model))
                for modality in self.modalities:
                    who = {**machine(model), "modality": modality}
                    for group, names in self.groups.items():
                        for name in names:
                            self.difference(measure, 0.04, versus=name, versus_kind="reader", **who)
                        if means and group:
                            self.mean(measure, versus=group, versus_kind="group", **who)
                    if means:
                        self.mean(measure, versus="all readers", versus_kind="group", **who)
                    if self.consensus:
                        self.difference(measure, -0.03, versus=self.consensus, versus_kind="reader", **who)

    def mean(self, measure: str, **identity: Any) -> None:
        self.difference(measure, 0.04, 0.07, method="or-jackknife", random="readers and cases", **identity)

    def between(self) -> None:
        """Every reader in the second modality minus the first, and the means."""
        first, second = self.modalities[:2]
        versus = {"versus": first, "versus_kind": "modality"}
        for measure in self.measures:
            for group, names in self.groups.items():
                for name in names:
                    self.difference(measure, 0.05, **{**person(name, group or None, second), **versus})
            for group in (*filter(None, self.groups), "all readers"):
                who = {"reader": None, "reader_kind": "human", "reader_group": group, "modality": second}
                self.mean(measure, **who, **versus)

    def endpoint(self, hypothesis: str, margin: float, verdict: str, **identity: Any) -> None:
        """Make the one record with that identity an endpoint."""
        for i, e in enumerate(self.estimates):
            if all(getattr(e, name) == value for name, value in identity.items()):
                self.estimates[i] = e.replace(role="primary", margin=margin, verdict=verdict)
                entry = {"name": f"{e.measure} {len(self.tables.get('endpoints', []))}", "role": "primary"}
                entry |= {"task": self.task, "hypothesis": hypothesis, "key": e.key}
                self.tables.setdefault("endpoints", []).append(entry)
                return
        raise ValueError(identity)

    def subgroups(self, columns: dict[str, list[str]], *, groups: bool = True) -> None:
        """Model minus readers by the levels of each column, and the interactions."""
        self.columns = list(columns)
        rows = [("group", g) for g in (*filter(None, self.groups), "all readers")] if groups else []
        rows += [("reader", name) for names in self.groups.values() for name in names]
        for model in self.models:
            for kind, versus in rows:
                shared = {**machine(model), "versus": versus, "versus_kind": kind}
                method = "cluster-t" if kind == "group" else "tango"
                for i, (column, levels) in enumerate(columns.items()):
                    for j, level in enumerate(levels):
                        n = 40 - 7 * j
                        half = 0.9 / math.sqrt(n)
                        fields = {**shared, "subgroup": f"{column}: {level}", "n_cases": n, "method": method}
                        self.difference("accuracy_difference", 0.03 * (j - i % 3), half, **fields)
                    self.estimates.append(
                        Estimate(
                            measure="interaction",
                            method="wald",
                            task=self.task,
                            subgroup=column,
                            statistic=1.5,
                            df=len(levels) - 1.0,
                            p_value=(0.03, 0.0004, 0.71)[i % 3],
                            **shared,
                        )
                    )

    def calibration(self, *, band: bool = True, shape: float = 1.0) -> None:
        """A curve, groups and a histogram for every model, with the numbers that belong to them."""
        entries = []
        for i, model in enumerate(self.models):
            probs = [0.02 + 0.96 * k / 60 for k in range(61)]
            observed = [p ** (1.4 + 0.2 * i) for p in probs]
            pick = random.Random(i)
            groups = []
            for k in range(8):
                p = (k + 0.5) / 8
                share = min(1.0, max(0.0, p ** (1.4 + 0.2 * i) + pick.gauss(0, 0.05)))
                limits = {"low": max(0.0, share - 0.12), "high": min(1.0, share + 0.12)}
                groups.append({"prob": p, "observed": share, **limits, "count": round(20 * share), "total": 20})
            entries.append(
                {
                    "task": self.task,
                    **machine(model),
                    "prob": probs,
                    "observed": observed,
                    "low": [max(0.0, p - 0.05 - 0.1 * p * (1 - p)) for p in observed] if band else [None] * 61,
                    "high": [min(1.0, p + 0.05 + 0.1 * p * (1 - p)) for p in observed] if band else [None] * 61,
                    "smoother": "restricted-cubic-spline",
                    "groups": groups,
                    "edges": [k / 20 for k in range(21)],
                    "positive": [int(shape * 30 * (k / 19) ** 2) for k in range(20)],
                    "negative": [int(shape * 40 * (1 - k / 19) ** 2) for k in range(20)],
                }
            )
            for measure, value, half, method in (
                ("calibration_in_the_large", -0.21 - 0.1 * i, 0.2, "delta"),
                ("calibration_slope", 0.83 - 0.1 * i, 0.15, "delta"),
                ("ici", 0.042 + 0.01 * i, 0.02, "bootstrap"),
            ):
                limits = {"conf_low": value - half, "conf_high": value + half, "conf_level": 0.95}
                e = Estimate(measure=measure, method=method, task=self.task, estimate=value, **limits, **machine(model))
                self.estimates.append(e.replace(n_cases=60))
        self.tables["calibration"] = entries

    def decision(self, thresholds: Sequence[float] = (0.1, 0.2, 0.3), *, curves_of_readers: bool = True) -> None:
        """Net benefit of everybody at the thresholds, and curves of models, readers and the two strategies."""
        prevalence, grid = 0.4, [k / 100 for k in range(1, 61)]
        entries: list[dict[str, Any]] = []

        def benefit(hit: float, false: float, t: float) -> float:
            return hit * prevalence - false * (1 - prevalence) * t / (1 - t)

        def add(who: dict[str, Any], values: list[float], strategy: str | None, band: float | None) -> None:
            entries.append(
                {
                    "task": self.task, **who, "strategy": strategy, "threshold": grid, "net_benefit": values,
                    "low": None if band is None else [v - band for v in values],
                    "high": None if band is None else [v + band for v in values],
                }
            )  # fmt: skip

        def at(who: dict[str, Any], values: dict[float, float]) -> None:
            for t, value in values.items():
                limits = {"conf_low": value - 0.05, "conf_high": value + 0.05, "conf_level": 0.95}
                shared = {"task": self.task, "threshold": t, "estimate": value, "n_cases": 60}
                self.estimates.append(Estimate(measure="net_benefit", method="delta", **shared, **limits, **who))

        for i, model in enumerate(self.models):
            add(machine(model), [benefit(1 - t**2, (1 - t) ** (3 - 0.2 * i), t) for t in grid], None, 0.04)
            at(machine(model), {t: benefit(1 - t**2, (1 - t) ** (3 - 0.2 * i), t) for t in thresholds})
        people = [person(n, g or None, m) for m in self.modalities for g, names in self.groups.items() for n in names]
        people += [star(self.consensus, m) for m in self.modalities] if self.consensus else []
        for who in people:
            hit, false = self.random.uniform(0.6, 0.9), self.random.uniform(0.1, 0.35)
            if curves_of_readers:
                add(who, [benefit(hit, false, t) for t in grid], None, None)
            at(who, {t: benefit(hit, false, t) for t in thresholds})
        nobody = {"reader": None, "reader_kind": None, "reader_group": None, "modality": None}
        add(nobody, [benefit(1, 1, t) for t in grid], "treat all", None)
        add(nobody, [0.0 for _ in grid], "treat none", None)
        for t in thresholds:
            e = Estimate(measure="net_benefit_treat_all", method="delta", task=self.task, threshold=t)
            self.estimates.append(e.replace(estimate=benefit(1, 1, t)))
        self.tables["decision"] = entries
        self.protocol["decision"] = {"thresholds": list(thresholds)}

    def study(self) -> Results:
        results = self.results(self.groups, tuple(m for m in self.modalities if m))
        extra = {"subgroups": {"columns": self.columns}, **self.protocol}
        return dataclasses.replace(
            results, tables={**results.tables, **self.tables}, protocol={**results.protocol, **extra}
        )
