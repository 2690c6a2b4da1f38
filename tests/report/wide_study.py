"""A study that has everything: what the analysis adds when the protocol switches all of it on."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from readerstudy.estimate import Estimate
from readerstudy.results import Results

GROUPS = ("development", "test/2~3")
RESTRICTED = "malignancies"
SUBGROUPS = {"cirrhosis: grade": ("yes", "no"), "diameter": ("< 16", "16 to 32", ">= 32")}
POOLED = 0.7


def widen(results: Results, modality: str | None = None) -> Results:
    """`results` with a consensus, class thresholds, a restricted task, subgroups, and every plain table."""
    task = next(iter(results.protocol["tasks"]))
    classes = results.protocol["tasks"][task]["classes"]
    protocol = {**results.protocol, "tasks": dict(results.protocol["tasks"])}
    protocol["tasks"][task] = {**protocol["tasks"][task], "thresholds": {classes[0]: 0.3}}
    protocol["tasks"][RESTRICTED] = {
        "kind": "restricted", "from": task, "classes": classes, "positive": None, "restrict": classes[:2],
        "thresholds": "youden",
    }  # fmt: skip
    protocol["readers"] = {
        **protocol["readers"], "consensus": "majority", "ties": "higher-risk", "truth_from": ["R1", "R2"],
        "incorporation": "leave-one-out",
    }  # fmt: skip
    protocol["subgroups"] = {"columns": list(SUBGROUPS), "cut": {"diameter": [16.0, 32.0]}}
    protocol["as_published"] = {"model_versus_groups": "fisher"}
    estimates = [_with_interval(e) if e.reader is None else e for e in results.estimates]
    last = next(e.reader for e in reversed(estimates) if e.reader_kind == "human" and e.reader)
    estimates += _consensus(estimates, last)
    models = list(dict.fromkeys(e.reader for e in estimates if e.reader_kind == "model"))
    for model in models:
        estimates += _thresholds(estimates, model, task, classes)
    estimates += [
        e.replace(task=RESTRICTED)
        for e in estimates
        if e.task == task and (e.target is None or e.target in classes[:2]) and e.measure != "kappa"
    ]
    estimates += _subgroups(estimates, task)
    groups = list(dict.fromkeys(e.reader_group for e in estimates if e.reader_kind == "human" and e.reader))
    estimates += [_as_published(model, group, task) for model in models for group in groups]
    estimates.append(
        Estimate(
            measure="time_ratio",
            method="paired-t",
            estimate=0.8,
            conf_low=0.7,
            conf_high=0.9,
            conf_level=0.95,
            reader="R1",
            reader_kind="human",
            modality="aided",
            versus="unaided",
            versus_kind="modality",
            p_value=0.0123,
        )
    )
    return dataclasses.replace(
        results,
        estimates=tuple(estimates),
        tables={**_readers(results, last), **_tables(task, models, modality)},
        flow={
            **results.flow,
            "rows": [
                {"file": "preds", "rows": 1130, "empty": 0, "excluded_readers": 0, "duplicates": 0},
                {"file": "reads", "rows": 681, "empty": 4, "excluded_readers": 2, "duplicates": 1},
            ],
        },
        protocol=protocol,
    )


def _readers(results: Results, last: str | None) -> dict[str, list[dict[str, Any]]]:
    whose = {"reader": "consensus", "reader_kind": "consensus", "reader_group": None}
    own = [{**row, **whose} for row in results.tables["readers"] if row["reader"] == last]
    return {**results.tables, "readers": [*results.tables["readers"], *own]}


def _with_interval(e: Estimate) -> Estimate:
    """A mean as the analysis makes it now: the first group has one reader only in accuracy."""
    if e.measure == "auc":
        return e.replace(method="or-jackknife", random="readers and cases", n_readers=1, note="one reader: no interval")
    df = math.nan if e.measure == "specificity" else 12.34
    return e.replace(
        method="or-jackknife", random="readers and cases", conf_low=max(0.0, e.estimate - 0.1),
        conf_high=min(1.0, e.estimate + 0.05), conf_level=0.95, df=1006445.2 if e.measure == "accuracy" else df,
    )  # fmt: skip


def _consensus(estimates: list[Estimate], last: str | None) -> list[Estimate]:
    """The numbers of the last reader under another name: with the truth, and each model against it."""
    whose: dict[str, Any] = {"reader": "consensus", "reader_kind": "consensus", "reader_group": None}
    own = [e.replace(**whose) for e in estimates if e.reader == last and e.versus in (None, "truth")]
    against = [
        e.replace(versus="consensus")
        for e in estimates
        if e.versus == last and e.reader_kind == "model" and e.measure != "auc_difference"
    ]
    return [e for e in (*own, *against) if e.measure != "auc"]


def _thresholds(estimates: list[Estimate], model: str | None, task: str, classes: list[str]) -> list[Estimate]:
    return [
        e.replace(threshold=0.3 if e.target == classes[0] else 0.12345, note="chosen on these cases: optimistic")
        for e in estimates
        if e.reader == model and e.task == task and e.target in classes[:2] and e.versus is None and e.measure != "auc"
    ]


def _subgroups(estimates: list[Estimate], task: str) -> list[Estimate]:
    found = []
    for e in estimates:
        if e.task != task or e.target is not None or e.measure != "accuracy" or e.reader is None:
            continue
        for i, (column, levels) in enumerate(SUBGROUPS.items()):
            for j, level in enumerate(levels):
                total = 20 + 7 * i + j
                found.append(
                    e.replace(
                        subgroup=f"{column}: {level}",
                        estimate=15 / total,
                        count=15,
                        total=total,
                        conf_low=0.3,
                        conf_high=0.95,
                        n_cases=total,
                    )
                )
            if len(levels) == 2:
                found.append(
                    e.replace(
                        measure="accuracy_difference",
                        method="newcombe",
                        subgroup=f"{column}: {levels[0]}",
                        versus=f"{column}: {levels[1]}",
                        versus_kind="subgroup",
                        estimate=15 / 20 - 15 / 21,
                        conf_low=-0.2,
                        conf_high=0.3,
                        p_value=0.4567,
                        test_method="fisher",
                        count=None,
                        total=None,
                    )
                )
    return found


def _as_published(model: str | None, group: str | None, task: str) -> Estimate:
    return Estimate(
        measure="accuracy_difference", method="as-published", task=task, reader=model, reader_kind="model",
        versus=group, versus_kind="group", estimate=0.9 - POOLED, conf_low=0.02, conf_high=0.33, conf_level=0.95,
        p_value=0.0354, test_method="fisher", note="the calls are of the same cases",
    )  # fmt: skip


def _tables(task: str, models: list[str | None], modality: str | None) -> dict[str, list[dict[str, Any]]]:
    nothing = {"test": None, "statistic": None, "df": None, "p_value": None, "note": None}
    named = ("all", *GROUPS)
    characteristics = [
        {
            "variable": "age", "level": None, "kind": "mean-sd",
            "values": {g: {"n": 90, "missing": 0, "mean": 56.66 + i, "sd": 12.345} for i, g in enumerate(named)},
            "test": "t", "statistic": -0.5, "df": 443.0, "p_value": 0.6123, "note": None,
        },
        {
            "variable": "diameter", "level": None, "kind": "median-iqr",
            "values": {
                g: {"n": 90, "missing": 2 + i, "median": 26.85, "q1": 16.8, "q3": 41.5} for i, g in enumerate(named)
            },
            "test": "mann-whitney", "statistic": 312.0, "df": None, "p_value": 0.0004, "note": None,
        },
        *(
            {
                "variable": "sex", "level": level, "kind": "count",
                "values": {
                    g: {"n": 90 if i else 0, "missing": 0, "count": 30 if i else 0, "total": 90 if i else 0}
                    for i, g in enumerate(named)
                },
                **(nothing if j else {
                    "test": "chi2", "statistic": 3.2, "df": 1.0, "p_value": 0.0734, "note": "with Yates's correction",
                }),
            }
            for j, level in enumerate(("female", "male"))
        ),
    ]  # fmt: skip
    folds: list[dict[str, Any]] = []
    for model in models:
        for fold in ("1", "2"):
            folds.append({"task": task, "model": model, "fold": fold, "n": 113, "count": 85, "accuracy": 85 / 113})
        folds.append({"task": task, "model": model, "fold": None, "accuracy": 85 / 113, "sd": 0.0234})
    who = {"reader_kind": "human", "reader_group": "junior", "modality": modality}
    times = {"median": 41.25, "q1": 30.0, "q3": 55.5, "geometric_mean": 42.0}
    embedding = {
        "model": models[0] if models else "m", "task": task, "method": "t-SNE", "n": 113, "perplexity": 37.3,
        "n_iter": 10000, "kl": 0.7312, "seed": 0, "theta": 0.5, "note": None, "classes": ["a", "b"], "class": [0],
        "x": [0.0], "y": [0.0],
    }  # fmt: skip
    return {
        "characteristics": characteristics,
        "cross_validation": folds,
        "reading_times": [
            {"reader": "R1", **who, "n": 113, **times},
            {"reader": "R2", **who, "n": 0, **dict.fromkeys(times)},
        ],
        "embedding": [embedding],
    }
