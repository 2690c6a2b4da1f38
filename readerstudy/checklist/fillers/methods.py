"""How the numbers were made: measures, intervals, tests, and what is random in them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from readerstudy import text
from readerstudy.checklist.facts import Facts, said
from readerstudy.checklist.fillers.plan import multiplicity
from readerstudy.checklist.model import Answer, Line, Piece, count, figure, label, labels, line, section, table
from readerstudy.estimate import Estimate
from readerstudy.measures import METHOD_NAMES

_METHODS = section("Statistical methods")
# What the lists tell of in full; everything else is in the section on statistical methods.
_MEASURES = (
    "auc", "sensitivity", "specificity", "accuracy", "ppv", "npv", "plr", "nlr", "wafroc", "wafroc1", "afroc", "afroc1",
    "alroc", "hr_auc", "froc_area", "kappa", "fleiss_kappa", "krippendorff_alpha", "icc",
)  # fmt: skip
_DIFFERENCES = (
    "auc_difference", "sensitivity_difference", "specificity_difference", "accuracy_difference", "ppv_difference",
    "npv_difference", "wafroc_difference", "wafroc1_difference", "afroc_difference", "afroc1_difference",
    "alroc_difference", "hr_auc_difference", "froc_area_difference",
)  # fmt: skip
_CALIBRATION = ("calibration_in_the_large", "calibration_slope", "observed_expected", "ici", "ece", "brier")
_UTILITY = ("net_benefit",)
# Methods that are named after their measure, or in a word that tells little by itself.
_NAMES = {"cohen": "large-sample standard error", "log": "log scale"}


def statistics(facts: Facts) -> Answer:
    """Intervals, tests, means of readers and adjustment, in short; the report has the sentences to paste."""
    lines = [*_intervals(facts), *_compared(facts), *_random(facts), *_level(facts)]
    adjusted = multiplicity(facts)
    if adjusted.status == "filled":
        lines += adjusted.lines
    return Answer(status="filled" if lines else "author", lines=tuple(lines), places=(_METHODS,))


def metrics(facts: Facts) -> Answer:
    """The measures by name."""
    lines = tuple(_named(facts))
    return Answer(status="filled" if lines else "author", lines=lines, places=(_METHODS,))


def performance_measures(facts: Facts) -> Answer:
    """The measures and plots by name, and how several models or readers are compared."""
    lines = [*_named(facts), *_compared(facts)]
    places = (_METHODS, figure("ROC curves"), figure("Calibration"), figure("Net benefit"))
    return Answer(status="filled" if lines else "author", lines=tuple(lines), places=places)


def uncertainty(facts: Facts) -> Answer:
    """Intervals, tests, and what is random in them."""
    lines = [*_intervals(facts), *_compared(facts), *_random(facts), *_level(facts)]
    return Answer(status="filled" if lines else "author", lines=tuple(lines), places=(_METHODS,))


def _named(facts: Facts) -> list[Line]:
    measured = {e.measure for e in facts.results.estimates}
    lines = []
    for what, names in (
        ("Accuracy", _MEASURES),
        ("Calibration of probabilities", _CALIBRATION),
        ("Use in practice", _UTILITY),
    ):
        found = [said(name) for name in names if name in measured]
        if found:
            lines.append(line(f"{what}: {', '.join(found)}."))
    return lines


def _intervals(facts: Facts) -> list[Line]:
    """Which method the interval of each measure has: of single observers."""
    single = [e for e in facts.main.estimates if e.versus_kind in (None, "truth") and e.random is None]
    told = _by_method(e for e in single if e.measure in _MEASURES and math.isfinite(e.conf_low))
    return [line(f"Intervals: {told}.")] if told else []


def _compared(facts: Facts) -> list[Line]:
    """Which methods compare two observers or modalities on the same cases."""
    paired = [e for e in facts.main.estimates if e.measure in _DIFFERENCES and e.random is None and e.subgroup is None]
    paired = [e for e in paired if e.versus_kind in ("reader", "modality") and e.method != "as-published"]
    told = _by_method(paired)
    tests = dict.fromkeys(e.test_method for e in paired if e.test_method is not None and math.isfinite(e.p_value))
    lines = [line(f"Differences on the same cases: {told}.")] if told else []
    if tests:
        lines.append(line(f"Tests of them: {', '.join(METHOD_NAMES.get(name, name) for name in tests)}."))
    return lines


def _random(facts: Facts) -> list[Line]:
    """Which methods take readers and cases as samples."""
    found = [e for e in facts.main.estimates if e.random == "readers and cases" and e.subgroup is None]
    told = list(dict.fromkeys(METHOD_NAMES.get(e.method or "", e.method or "") for e in found))
    if not told:
        return []
    return [line(f"Means of readers, with readers and cases as random: {', '.join(told)}.")]


def _by_method(records: Iterable[Estimate]) -> str:
    """``DeLong for AUC; Wilson score for sensitivity, specificity``."""
    found: dict[str, dict[str, None]] = {}
    for e in records:
        if e.method is not None:
            found.setdefault(_NAMES.get(e.method) or METHOD_NAMES.get(e.method, e.method), {})[said(e.measure)] = None
    return "; ".join(f"{method} for {', '.join(measures)}" for method, measures in found.items())


def _level(facts: Facts) -> list[Line]:
    study = facts.plan("study")
    level = text.fixed(study["conf_level"] * 100, 4).rstrip("0").rstrip(".") + "%"
    shown = Piece(text=level, kind="number", pointer=count(None, "protocol", "study", "conf_level").pointer)
    parts: list[str | Piece] = ["Level of the intervals: ", shown]
    parts += [f"; significant: P {study['significant']} ", count(study["alpha"], "protocol", "study", "alpha")]
    return [line(*parts, ".")]


def both_variances(facts: Facts) -> Answer:
    """Whether a comparison takes readers and cases as random."""
    lines = _random(facts)
    compared = [e for e in facts.results.estimates if e.random == "readers and cases" and e.versus is not None]
    if not lines:
        write = (
            "No number of this analysis takes both readers and cases as random, so that its intervals speak for these "
            "readers only. A mean of two or more readers is needed."
        )
        return Answer(status="author", write=write)
    if compared:
        measures = ", ".join(dict.fromkeys(said(e.measure) for e in compared))
        lines.append(line(f"So compared: {measures}."))
    else:
        lines.append(line("Only means are so given; no difference is."))
    places = (table("variance-components"), table("variance-components-models"), _METHODS)
    return Answer(status="filled" if compared else "confirm", lines=tuple(lines), places=places)


def clusters(facts: Facts) -> Answer:
    """Whether several cases of one patient are allowed for."""
    column = facts.plan("clusters").get("patient")
    flow = facts.flow
    patients, n = flow.get("n_patients"), flow["n_cases"]
    sizes: Line = ()
    if patients is not None:
        sizes = line(
            count(n, "flow", "n_cases"), " cases are of ", count(patients, "flow", "n_patients"), " patients. "
        )
    if column:
        told = line(sizes, "Patients, named by ", label(str(column)), ", are what was sampled; intervals allow for it")
        single = [e.measure for e in facts.results.estimates if "taken as independent" in (e.note or "")]
        if not single:
            return Answer(status="filled", lines=(line(told, "."),), places=(_METHODS,))
        names = ", ".join(dict.fromkeys(map(said, single)))
        but = line(told, f", save where a note says that cases of one patient are taken as independent: {names}.")
        write = "Say what was done about several cases of a patient where the numbers do not allow for them."
        return Answer(status="confirm", lines=(but,), write=write, places=(_METHODS,))
    if patients is None:
        write = "The files name no patients. Say whether any patient has several cases."
        return Answer(status="author", write=write)
    if patients == n:
        return Answer(status="filled", lines=(line(sizes, "Each patient has one case."),), places=(_METHODS,))
    warning = line(sizes, "Intervals take cases as independent, which makes them too narrow; ", labels(["[clusters]"]))
    told = line(warning, " of the protocol allows for patients.")
    return Answer(status="confirm", lines=(told,), write="Say what was done about several cases of a patient.")
