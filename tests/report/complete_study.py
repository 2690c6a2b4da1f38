"""What the analysis adds around the main numbers: endpoints, other rules and corrections, tests and probabilities.

Every record is made up but whole, and of the shape that the analysis gives it.
"""

from __future__ import annotations

import dataclasses
import random
from itertools import product
from typing import Any

from readerstudy.estimate import Estimate
from readerstudy.results import Results

SUBGROUPS = {"cirrhosis: grade": ("yes", "no"), "diameter": ("< 16", "16 to 32", ">= 32")}
THRESHOLDS = (0.1, 0.25, 0.5)
PREVALENCE = 0.1
RATES = ("accuracy", "sensitivity", "specificity")
_LEVEL = 0.95


class Adder:
    """Adds records to those that a study has."""

    def __init__(self, results: Results, task: str) -> None:
        self.results, self.task = results, task
        self.random = random.Random(7)
        self.added: list[Estimate] = []
        main = results.select(task=task, target=None, measure="accuracy", subgroup=None, versus=None)
        self.observers = [
            {name: getattr(e, name) for name in ("reader", "reader_kind", "reader_group", "modality")}
            for e in main
            if e.reader is not None
        ]
        self.models = [who for who in self.observers if who["reader_kind"] == "model"]
        self.humans = [who for who in self.observers if who["reader_kind"] == "human"]
        self.pairs = [
            {**model, "modality": other["modality"], "versus": other["reader"], "versus_kind": "reader"}
            for i, model in enumerate(self.models)
            for other in (*self.models[i + 1 :], *self.humans)
        ]

    def add(self, measure: str, method: str | None, *, low: float = 0.6, high: float = 0.95, **fields: Any) -> None:
        half = (high - low) / 5
        value = self.random.uniform(low + half, high - half)
        whole = {
            "estimate": value, "conf_low": value - half, "conf_high": value + half, "conf_level": _LEVEL,
            "n_cases": 113,
        }  # fmt: skip
        self.added.append(Estimate(measure=measure, method=method, **{"task": self.task, **whole, **fields}))

    def test(self, **fields: Any) -> dict[str, Any]:
        return {"p_value": self.random.random() ** 2, "alternative": "two-sided", "null": 0.0, **fields}

    def bare(self) -> dict[str, Any]:
        """An estimate without an interval."""
        return {"conf_low": None, "conf_high": None, "conf_level": None}

    def done(self, **changes: Any) -> Results:
        estimates = (*self.results.estimates, *self.added)
        return dataclasses.replace(self.results, estimates=estimates, **changes)


def complete(results: Results, task: str) -> Results:
    """`results` with all that belongs to a study of one reading a case; some reads are missing."""
    adder = Adder(results, task)
    _indices(adder)
    _missing(adder)
    _corrected(adder)
    _predictive(adder)
    _groups(adder)
    _agreement(adder)
    _calibration(adder)
    _decision(adder)
    _subgroups(adder)
    endpoints = _endpoints(adder)
    protocol = {
        **results.protocol,
        "tasks": {**results.protocol["tasks"], task: {**results.protocol["tasks"][task], "prevalence": PREVALENCE}},
        "missing": {"reads": "complete-case", "also": ["worst", "best"]},
        "multiplicity": {"method": "holm"},
        "endpoints": [{k: v for k, v in entry.items() if k != "key"} for entry in endpoints],
        "decision": {"thresholds": list(THRESHOLDS)},
        "subgroups": {"columns": list(SUBGROUPS)},
    }
    done = adder.done(protocol=protocol, tables={**results.tables, "endpoints": endpoints})
    return dataclasses.replace(done, estimates=_with_verdicts(done.estimates, endpoints))


def _indices(adder: Adder) -> None:
    for who in adder.observers:
        for measure, method in (("balanced_accuracy", "newcombe"), ("youden", "newcombe"), ("f1", "wilson")):
            adder.add(measure, method, **who)
        adder.add("mcc", "fisher-z", **who)
        adder.add("dor", "log", low=5, high=60, **who)
        said = f"at a prevalence of {PREVALENCE * 100:g} %"
        for measure in ("ppv_at_prevalence", "npv_at_prevalence"):
            adder.add(measure, "mercaldo", note=said, **who)
        adder.add("accuracy_at_prevalence", "mover-wilson", note=said, **who)


def _missing(adder: Adder) -> None:
    for who, rule, measure in product(adder.observers, ("worst", "best"), RATES):
        adder.add(measure, "wilson", missing=rule, count=90, total=113, **{"estimate": 90 / 113, **who})
    for pair, rule, measure in product(adder.pairs, ("worst", "best"), RATES):
        adder.add(
            f"{measure}_difference", "tango", low=-0.1, high=0.2, missing=rule, test_method="mcnemar-exact",
            **adder.test(), **pair,
        )  # fmt: skip


def _corrected(adder: Adder) -> None:
    for who in adder.observers:
        for measure in ("sensitivity", "specificity", "ppv", "npv"):
            adder.add(measure, "begg-greenes", **who)
            adder.add(measure, "weighted", **who)


def _predictive(adder: Adder) -> None:
    for pair in adder.pairs:
        for measure in ("ppv_difference", "npv_difference"):
            adder.add(measure, "wald", low=-0.1, high=0.2, test_method="weighted-score", **adder.test(), **pair)
        for measure in ("plr_ratio", "nlr_ratio"):
            adder.add(measure, "log", low=0.5, high=2.5, test_method="gu-pepe", **adder.test(null=1.0), **pair)
        adder.add(
            "sensitivity_and_specificity", None, test_method="lachenbruch-lynch", estimate=None, statistic=5.12, df=2,
            p_value=0.0773, note="a test of two numbers: no estimate of its own", **adder.bare(), **pair,
        )  # fmt: skip


def _groups(adder: Adder) -> None:
    for model in adder.models:
        for group in ("junior", "all readers"):
            for measure in ("auc_difference", "sensitivity_difference", "specificity_difference"):
                adder.add(
                    measure, "or-jackknife", low=-0.1, high=0.2, versus=group, versus_kind="group",
                    random="readers and cases", df=15.26, n_readers=6, **adder.test(), **model,
                )  # fmt: skip


def _agreement(adder: Adder) -> None:
    for group in ("junior", "senior", "all readers"):
        who = {"reader_kind": "human", "reader_group": group, "n_readers": 6 if group == "all readers" else 2}
        adder.add("fleiss_kappa", "gwet", test_method="fleiss-null-variance", **adder.test(), **who)
        for measure in ("conger_kappa", "gwet_ac1"):
            adder.add(measure, "gwet", **adder.test(), **who)
        adder.add("light_kappa", None, **who)
        adder.add("krippendorff_alpha", "krippendorff-nominal", **who)
        adder.add("icc", "icc2-single", **who)
        adder.add("pairwise_agreement", "gwet", **who)
        adder.add("unanimous_agreement", "wilson", **{**who, "estimate": 80 / 113, "count": 80, "total": 113})
    for who in adder.humans[:3]:
        adder.add("kappa", "cohen", versus=who["reader"], versus_kind="repeat", **who)


def _calibration(adder: Adder) -> None:
    for who in adder.models:
        adder.add("calibration_in_the_large", "wald", low=-0.5, high=0.5, test_method="wald", **adder.test(), **who)
        adder.add("calibration_slope", "wald", low=0.5, high=1.5, test_method="wald", **adder.test(), **who)
        adder.add("observed_expected", "log", low=0.5, high=1.5, **who)
        for measure in ("ici", "e50", "e90"):
            adder.add(measure, "restricted-cubic-spline", low=0.01, high=0.09, **adder.bare(), **who)
        for method in ("equal-width", "equal-mass"):
            adder.add("ece", method, low=0.01, high=0.09, **adder.bare(), **who)
        adder.add("brier", "wald", low=0.1, high=0.2, **who)
        adder.add("brier_scaled", None, **adder.bare(), **who)
        for part in ("miscalibration", "discrimination", "uncertainty"):
            adder.add(f"brier_{part}", "isotonic", low=0.01, high=0.2, **adder.bare(), **who)
        only = "a test: no estimate of its own"
        adder.add(
            "hosmer_lemeshow", None, test_method="hosmer-lemeshow", estimate=None, statistic=11.2, df=10,
            p_value=0.341, note=f"{only}; 2 groups are one", **adder.bare(), **who,
        )  # fmt: skip
        adder.add(
            "spiegelhalter", None, test_method="spiegelhalter", estimate=None, statistic=-0.4, p_value=0.689,
            note=only, **adder.bare(), **who,
        )  # fmt: skip


def _decision(adder: Adder) -> None:
    for threshold in THRESHOLDS:
        for who in adder.observers:
            adder.add("net_benefit", "bootstrap", low=0.1, high=0.3, threshold=threshold, **who)
        adder.add("net_benefit_treat_all", "bootstrap", low=-0.2, high=0.3, threshold=threshold)
        for pair in adder.pairs:
            if pair["versus"] in {who["reader"] for who in adder.humans}:
                adder.add(
                    "net_benefit_difference", "bootstrap", low=-0.1, high=0.1, threshold=threshold,
                    test_method="wald", **adder.test(), **pair,
                )  # fmt: skip


def _subgroups(adder: Adder) -> None:
    readers = [("reader", who["reader"], "tango") for who in adder.humans]
    for model, (kind, versus, method) in product(adder.models, [("group", "all readers", "cluster-t"), *readers]):
        shared = {**model, "versus": versus, "versus_kind": kind}
        for column, levels in SUBGROUPS.items():
            for level in levels:
                adder.add(
                    "accuracy_difference", method, low=-0.2, high=0.3, subgroup=f"{column}: {level}",
                    **adder.test(), **shared,
                )  # fmt: skip
            adder.add(
                "interaction", None, subgroup=column, test_method="hotelling-wald", estimate=None, statistic=1.2,
                df_num=len(levels) - 1, df=108, p_value=adder.random.random(),
                note="a test: no estimate of its own", **adder.bare(), **shared,
            )  # fmt: skip


def _endpoints(adder: Adder) -> list[dict[str, Any]]:
    """A superiority, a non-inferiority and a goal; the records are those of the comparisons."""
    found = [*adder.results.estimates, *adder.added]
    task = adder.task
    first = adder.models[0]["reader"]

    def key(measure: str, **fields: Any) -> str:
        return next(
            e.key
            for e in found
            if e.measure == measure and e.task == task and e.target is None and e.reader == first
            and all(getattr(e, name) == value for name, value in {"missing": None, "subgroup": None, **fields}.items())
        )  # fmt: skip

    versus = adder.humans[0]["reader"]
    entries = (
        ("AUC against the readers", "primary", "superiority", key("auc_difference", versus_kind="group")),
        ("Sensitivity not worse", "primary", "non-inferiority", key("sensitivity_difference", versus=versus)),
        ("Specificity goal", "secondary", "goal", key("specificity", versus=None, method="wilson")),
    )
    return [
        {"name": name, "role": role, "task": task, "hypothesis": hypothesis, "key": of}
        for name, role, hypothesis, of in entries
    ]


def _with_verdicts(estimates: tuple[Estimate, ...], endpoints: list[dict[str, Any]]) -> tuple[Estimate, ...]:
    facts = {
        "superiority": {"verdict": "superior", "p_value": 0.0212, "p_adjusted": 0.0424},
        "non-inferiority": {
            "verdict": "non-inferior", "margin": 0.05, "alternative": "greater", "p_value": 0.0009,
            "p_adjusted": 0.0018,
        },
        "goal": {"verdict": "goal not met", "null": 0.9, "alternative": "greater", "p_value": 0.1234},
    }  # fmt: skip
    roles = {entry["key"]: {"role": entry["role"], **facts[entry["hypothesis"]]} for entry in endpoints}
    return tuple(e.replace(**roles[e.key]) if e.key in roles else e for e in estimates)


def aid(results: Results, task: str) -> Results:
    """A study of two modalities with what compares them: each reader, the mean, and the calls that changed."""
    adder = Adder(results, task)
    first, second = results.flow["modalities"]
    humans = {who["reader"]: who for who in adder.humans}
    tables = []
    for who in humans.values():
        pair = {**who, "modality": second, "versus": first, "versus_kind": "modality"}
        for measure, method, test in (
            ("auc_difference", "delong", "delong"),
            *((f"{rate}_difference", "tango", "mcnemar-exact") for rate in RATES),
            ("nri", "wald", "wald"), ("nri_events", "tango", "mcnemar-exact"), ("nri_non_events", "tango", None),
        ):  # fmt: skip
            adder.add(measure, method, low=-0.1, high=0.3, test_method=test, **adder.test(), **pair)
        tables.append(
            {
                "task": task, **who, "modality": second, "versus": first, "classes": ["benign", "malignant"],
                "events": [[3, 10], [1, 27]], "non_events": [[60, 4], [6, 2]],
            }
        )  # fmt: skip
    for measure in ("auc_difference", "sensitivity_difference"):
        adder.add(
            measure, "or-jackknife", low=-0.1, high=0.2, reader_kind="human", reader_group="all readers",
            modality=second, versus=first, versus_kind="modality", random="readers and cases", df=15.26,
            n_readers=len(humans), **adder.test(),
        )  # fmt: skip
    return adder.done(tables={**results.tables, "reclassification": tables})
