"""Studies with everything that a figure can draw, built without the analysis."""

from __future__ import annotations

import base64
import dataclasses
import io
import itertools
import math
import random
from typing import Any

import numpy as np
from figure_studies import CLASSES, GROUPS, Builder, machine, person, proportion
from PIL import Image

from readerstudy.estimate import Estimate
from readerstudy.results import Results

SIZES = {"cyst": 20, "haemangioma": 25, "FNH": 12, "abscess": 4, "HCC": 30, "ICC": 9, "metastasis": 20}


def png(seed: int, height: int = 24, width: int = 24) -> str:
    """A grey picture in base64."""
    shades = np.random.default_rng(seed).integers(0, 255, (height, width), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(shades).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def star(name: str = "consensus", modality: str | None = None) -> dict[str, Any]:
    return {"reader": name, "reader_kind": "consensus", "reader_group": None, "modality": modality}


def kappa(a: list[int], b: list[int], **identity: Any) -> Estimate:
    """Cohen's kappa with a made-up interval; undefined where chance agreement is 1."""
    n = len(a)
    observed = sum(x == y for x, y in zip(a, b, strict=True)) / n
    chance = sum(a.count(c) * b.count(c) for c in set(a)) / n**2
    if chance == 1:
        return Estimate(measure="kappa", method="cohen", note="one class only", n_cases=n, **identity)
    value = (observed - chance) / (1 - chance)
    limits = {"conf_low": value - 0.08, "conf_high": min(1.0, value + 0.08), "conf_level": 0.95}
    return Estimate(measure="kappa", method="cohen", estimate=value, n_cases=n, **limits, **identity)


class RichBuilder(Builder):
    """Everybody's calls of one task of several classes, and every table that can be made of them."""

    def __init__(self, classes: list[str], sizes: list[int], seed: int = 1) -> None:
        super().__init__({"seven-way": {"kind": "classes", "classes": classes}}, seed)
        self.classes = classes
        self.truth = [c for c, n in zip(classes, sizes, strict=True) for _ in range(n)]
        self.called: list[tuple[dict[str, Any], list[str]]] = []

    def read(self, who: dict[str, Any], skill: float) -> None:
        calls = self.calls(self.truth, skill, self.classes)
        self.matrix("seven-way", self.truth, calls, self.classes, who)
        self.called.append((who, calls))

    def add(self, *estimates: Estimate) -> None:
        self.estimates.extend(estimates)

    def mean_intervals(self) -> None:
        """Means as the model of Obuchowski and Rockette gives them."""
        self.group_means()
        for i, e in enumerate(self.estimates):
            if e.reader is None and not math.isnan(e.estimate):
                limits = {"conf_low": max(0.0, e.estimate - 0.09), "conf_high": min(1.0, e.estimate + 0.07)}
                self.estimates[i] = e.replace(
                    method="or-jackknife", random="readers and cases", conf_level=0.95, **limits
                )

    def differences(self) -> None:
        """Model against everybody else: P is small where the accuracies are far apart."""
        accuracy = {
            (e.reader, e.modality): e
            for e in self.estimates
            if e.measure == "accuracy" and e.target is None and e.reader
        }
        for (name, _), model in accuracy.items():
            if model.reader_kind != "model":
                continue
            for (versus, modality), other in accuracy.items():
                if versus != name:
                    d = model.estimate - other.estimate
                    shared = {"task": "seven-way", "versus": versus, "versus_kind": "reader", "n_cases": model.n_cases}
                    self.add(
                        Estimate(
                            measure="accuracy_difference",
                            method="tango",
                            estimate=d,
                            conf_low=d - 0.1,
                            conf_high=d + 0.1,
                            conf_level=0.95,
                            p_value=math.exp(-40 * abs(d)),
                            test_method="mcnemar-exact",
                            **shared,
                            **{**machine(str(name)), "modality": modality},
                        )
                    )

    def agreement(self) -> None:
        codes = [(who, [self.classes.index(c) for c in calls]) for who, calls in self.called]
        truth = [self.classes.index(c) for c in self.truth]
        for who, calls in codes:
            self.add(kappa(calls, truth, task="seven-way", versus="truth", versus_kind="truth", **who))
        for (one, a), (other, b) in itertools.combinations(codes, 2):
            if one["modality"] == other["modality"] or None in (one["modality"], other["modality"]):
                who = {**one, "modality": one["modality"] or other["modality"]}
                self.add(kappa(a, b, task="seven-way", versus=other["reader"], versus_kind="reader", **who))

    def thresholds(self, model: str) -> None:
        n = len(self.truth)
        for i, target in enumerate(self.classes):
            positive = self.truth.count(target)
            shared = {
                "task": "seven-way",
                "target": target,
                "n_cases": n,
                "threshold": 0.1 + 0.05 * i,
                **machine(model),
            }
            note = "threshold chosen on the same cases: optimistic"
            self.add(proportion("sensitivity", positive - 2, positive, **shared).replace(note=note))
            self.add(proportion("specificity", (n - positive) * 9 // 10, n - positive, **shared))

    def reader_case(self) -> dict[str, Any]:
        truth = [self.classes.index(c) for c in self.truth]
        rows = [[self.classes.index(c) for c in calls] for _, calls in self.called]
        rows[-1][3] = -1
        rows[-1][5] = len(self.classes)
        order = sorted(range(len(truth)), key=lambda i: (truth[i], -sum(row[i] == truth[i] for row in rows)))
        return {
            "task": "seven-way",
            "observers": [who for who, _ in self.called],
            "classes": self.classes,
            "truth": [truth[i] for i in order],
            "calls": [[row[i] for i in order] for row in rows],
        }

    def tables(self, model: str) -> dict[str, Any]:
        n = len(self.truth)
        errors = [
            {
                "task": "seven-way",
                "reader": model,
                "kind": kind,
                "target": "HCC",
                "truth": "HCC" if kind == "false negative" else "cyst",
                "call": "ICC" if kind == "false negative" else "HCC",
                "score": 0.625,
                "thumbnail": png(i, 24, 24 - 8 * (i % 2)) if i != 1 else None,
            }
            for kind in ("false positive", "false negative")
            for i in range(8)
        ]
        return {
            "readers": [{"task": "seven-way", **who, "n_read": n, "n_missing": 0} for who, _ in self.called],
            "classes": [
                {"task": "seven-way", "class": c, "n_cases": self.truth.count(c), "positive": None}
                for c in self.classes
            ],
            "reader_case": [self.reader_case()],
            "embedding": [embedding(self.classes, self.truth, model)],
            "errors": errors,
        }


def embedding(classes: list[str], truth: list[str], model: str, seed: int = 0) -> dict[str, Any]:
    pick = random.Random(seed)
    centres = [(pick.uniform(-30, 30), pick.uniform(-30, 30)) for _ in classes]
    codes = [classes.index(c) for c in truth]
    return {
        "model": model,
        "task": "seven-way",
        "method": "t-SNE",
        "n": len(codes),
        "perplexity": 30.0,
        "n_iter": 1000,
        "kl": 0.8342,
        "seed": 0,
        "theta": 0.5,
        "note": None,
        "classes": classes,
        "class": codes,
        "x": [centres[c][0] + pick.gauss(0, 4) for c in codes],
        "y": [centres[c][1] + pick.gauss(0, 4) for c in codes],
        "thumbnails": [{"index": 7 * i, "png_base64": png(i)} for i in range(4)],
    }


def flow(n: int, left_out: tuple[int, int] = (0, 0), patients: int | None = None) -> dict[str, Any]:
    truth, unread = left_out
    return {
        "cases": {"preds": n, "reads": n, "cases": None},
        "steps": [
            {"label": "cases named in the files", "n": n + truth + unread},
            {"label": "cases with a truth", "n": n + unread},
            {"label": "cases analysed", "n": n},
        ],
        "excluded": [{"reason": "no truth", "n": truth}, {"reason": "neither predicted nor read", "n": unread}],
        "rows": [
            {"file": "preds", "rows": n, "empty": 0, "excluded_readers": 0},
            {"file": "reads", "rows": 6 * n + 5, "empty": 3, "excluded_readers": 2},
        ],
        "n_cases": n,
        "n_patients": patients,
        "n_models": 2,
        "n_readers": 6,
        "modalities": [],
    }


def everything(
    classes: list[str] | None = None,
    sizes: list[int] | None = None,
    models: tuple[str, ...] = ("Net-6", "Net-3"),
    groups: dict[str, list[str]] | None = None,
    modalities: tuple[str | None, ...] = (None,),
    consensus: str = "consensus",
) -> Results:
    """Models, readers in groups, a consensus, and every record and table that a figure draws."""
    classes = list(SIZES) if classes is None else classes
    groups = GROUPS if groups is None else groups
    build = RichBuilder(classes, list(SIZES.values()) if sizes is None else sizes)
    for i, model in enumerate(models):
        build.read(machine(model), 0.85 - 0.12 * i)
        for target in classes:
            build.curve("seven-way", target, machine(model), [t == target for t in build.truth], 2.4 - 0.5 * i)
    for modality, gain in zip(modalities, (0.0, 0.1), strict=False):
        for i, (group, names) in enumerate(groups.items()):
            for j, name in enumerate(names):
                build.read(person(name, group, modality), 0.5 + 0.11 * i + 0.03 * (j % 3) + gain)
    for modality in modalities:
        build.read(star(consensus, modality), 0.88)
    build.mean_intervals()
    build.differences()
    build.agreement()
    build.thresholds(models[0])
    results = build.results(groups)
    n = len(build.truth)
    study = {"title": "Liver", "alpha": 0.05, "significant": "<"}
    return dataclasses.replace(
        results,
        flow={**flow(n, (4, 7), 89), "modalities": [m for m in modalities if m]},
        tables=build.tables(models[0]),
        protocol={**results.protocol, "study": study},
    )


assert list(SIZES) == CLASSES
