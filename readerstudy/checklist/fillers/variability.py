"""How accuracy differs: by subgroup, by reader, and how readers agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from readerstudy import text
from readerstudy.checklist.facts import Facts, defined, said
from readerstudy.checklist.model import (
    Answer,
    Line,
    Piece,
    count,
    figure,
    label,
    labels,
    line,
    number,
    p_value,
    section,
    table,
)
from readerstudy.report import selection
from readerstudy.report.conduct import plural

_AGREEMENT = ("fleiss_kappa", "gwet_ac2", "krippendorff_alpha", "icc", "light_kappa")
_COMPONENTS = {
    "var_reader": "readers", "var_modality_reader": "modality by reader", "var_error": "error", "cov1": "Cov1",
    "cov2": "Cov2", "cov3": "Cov3",
}  # fmt: skip
# So many numbers of one kind are written out; more are in the report.
_MOST, _TESTS = 12, 4


def variability(facts: Facts) -> Answer:
    """Which analyses of variability there are, and that they are exploratory unless they are endpoints."""
    lines = _analyses(facts)
    if not lines:
        write = "No analysis of variability was done but the interval of each estimate. Say so, or name what was done."
        return Answer(status="author", write=write)
    lines.append(line(_standing(facts)))
    places = (
        table("subgroups"),
        table("agreement-among"),
        table("variance-components"),
        section("Statistical methods"),
    )
    return Answer(status="filled", lines=tuple(lines), places=places)


def robustness(facts: Facts) -> Answer:
    """The same, as analyses of robustness: subgroups and other rules for missing reads."""
    lines = _analyses(facts)
    return Answer(
        status="confirm" if lines else "author", lines=tuple(lines), places=(table("subgroups"), table("missing"))
    )


def heterogeneity_methods(facts: Facts) -> Answer:
    """How heterogeneity between readers and groups of cases was measured."""
    lines = _analyses(facts)
    return Answer(status="filled" if lines else "author", lines=tuple(lines), places=(section("Statistical methods"),))


def _analyses(facts: Facts) -> list[Line]:
    lines: list[Line] = []
    columns = list(facts.plan("subgroups").get("columns") or ())
    if columns:
        tested = any(e.measure == "interaction" for e in facts.results.estimates)
        also = ", with a test of interaction against each comparator" if tested else ""
        lines.append(line("Accuracy by subgroups of ", labels(columns), f"{also}."))
    if facts.rows("variance_components"):
        lines.append(line("Components of variance of readers and cases."))
    if any(e.measure in _AGREEMENT for e in facts.results.estimates):
        lines.append(line("Agreement among the readers."))
    rules = list(dict.fromkeys(map(selection.rule_of, facts.results.estimates)))
    if len(rules) > 1:
        lines.append(line("Missing reads by several rules: ", labels(rules), "."))
    if facts.rows("cross_validation"):
        lines.append(line("Accuracy in each fold of the cross-validation."))
    return lines


def _standing(facts: Facts) -> str:
    if any(row["role"] != "exploratory" for row in facts.rows("endpoints")):
        return "What is no endpoint of the protocol is exploratory, these analyses included."
    return "The protocol has no primary or secondary endpoint, so that all of these analyses are exploratory."


def subgroup_lines(facts: Facts) -> list[Line]:
    """Accuracy by subgroup, of the models or else of single readers, with the tests of interaction."""
    found = [e for e in facts.main.estimates if e.subgroup is not None and e.target is None]
    observed = defined(e for e in found if e.measure == "accuracy" and e.versus is None)
    models = [e for e in observed if e.reader_kind == "model"]
    means = [e for e in observed if e.reader is None]
    chosen = models or means or observed
    lines = []
    for e in chosen[:_MOST]:
        subgroup = label(e.subgroup or "")
        lines.append(line(label(e.task or ""), ", ", facts.who(e), ", ", subgroup, ": accuracy ", number(e), "."))
    if len(observed) > len(lines) and lines:
        lines.append(line(f"{plural(len(observed) - len(lines), 'further number')} by subgroup: see the report."))
    tests = [e for e in found if e.measure == "interaction" and math.isfinite(e.p_value)]
    for e in tests[:_TESTS]:
        parts: list[str | Piece] = ["Interaction of ", label(e.subgroup or ""), " with the difference "]
        parts += [label(e.reader or ""), " − ", label(e.versus or ""), ": "]
        lines.append(line(*parts, p_value(e, facts.alpha), "."))
    if len(tests) > _TESTS:
        lines.append(
            line(f"{plural(len(tests) - _TESTS, 'further test')} of interaction, none adjusted: see the report.")
        )
    return lines


def subgroup_results(facts: Facts) -> Answer:
    """Accuracy by subgroup; without subgroups the author says why there are none."""
    lines = subgroup_lines(facts)
    if not lines:
        return Answer(status="author")
    return Answer(status="filled", lines=tuple(lines), places=(table("subgroups"), table("interactions")))


def fairness(facts: Facts) -> Answer:
    """The subgroups in which accuracy is told apart; which of them are about fairness the author knows."""
    columns = list(facts.plan("subgroups").get("columns") or ())
    if not columns:
        return Answer(status="author")
    told = line("Accuracy is given by ", labels(columns), ".")
    return Answer(status="confirm", lines=(told,), places=(table("subgroups"), table("interactions")))


def errors_and_fairness(facts: Facts) -> Answer:
    """The errors that are listed and the subgroups that are compared."""
    lines: list[Line] = []
    n = len(facts.rows("errors"))
    if n:
        lines.append(line(f"{plural(n, 'wrong call')} of the models listed."))
    if facts.results.confusion:
        lines.append(line("Calls are tabulated against the truth for each observer."))
    lines += fairness(facts).lines
    places = (figure("Confusion matrices"), table("errors"), table("subgroups"))
    return Answer(status="confirm" if lines else "author", lines=tuple(lines), places=places)


def heterogeneity(facts: Facts) -> Answer:
    """Numbers of heterogeneity: tests of interaction and components of variance."""
    lines = [*subgroup_lines(facts), *_component_lines(facts)]
    if not lines:
        return Answer(status="author")
    return Answer(status="filled", lines=tuple(lines), places=(table("subgroups"), table("variance-components")))


def components(facts: Facts) -> Answer:
    """Components of variance of what is compared through the mean of the readers."""
    lines = _component_lines(facts)
    if not lines:
        write = "No components of variance were computed: that takes the mean of two or more readers."
        return Answer(status="author", write=write)
    places = (table("variance-components"), table("variance-components-models"))
    return Answer(status="filled", lines=tuple(lines), places=places)


def _component_lines(facts: Facts) -> list[Line]:
    entries = [(i, row) for i, row in enumerate(facts.rows("variance_components")) if row.get("target") is None]
    lines = [_component(i, row) for i, row in entries[:_MOST]]
    if len(entries) > _MOST:
        lines.append(line(f"{plural(len(entries) - _MOST, 'further row')}: see the report."))
    return lines


def _component(i: int, row: Mapping[str, Any]) -> Line:
    parts: list[str | Piece] = [label(row["task"]), ", "]
    parts += [label(row["reader"]), " against "] if row.get("reader") else []
    parts.append(label(row.get("reader_group") or "readers"))
    parts += [", ", label(row["modality"])] if row.get("modality") else []
    parts.append(f", {said(row['measure'])}: ")
    first = True
    for name, what in _COMPONENTS.items():
        if row.get(name) is not None:
            value = text.fixed(row[name], 6)
            parts += ["" if first else "; ", f"{what} "]
            pointer = count(None, "tables", "variance_components", i, name).pointer
            parts.append(Piece(text=value, kind="number", pointer=pointer))
            first = False
    return line(*parts, ".")


def rater_variability(facts: Facts) -> Answer:
    """Agreement among readers and with themselves, which is that of annotators where readers made the truth."""
    found = []
    for task in facts.tasks:
        same = facts.main.select(task=task, target=None, versus=None, subgroup=None)
        found += [e for e in same if e.measure in _AGREEMENT and e.reader is None]
    found = defined(found)
    repeats = [e for e in facts.main.estimates if e.versus_kind == "repeat" and e.target is None]
    lines = []
    for e in found[:_MOST]:
        whose = _readers(facts, e.reader_group, e.modality)
        lines.append(line(label(e.task or ""), ", ", whose, f": {said(e.measure)} ", number(e), "."))
    for e in defined(repeats)[:_MOST]:
        whose = line(facts.who(e), " with themselves")
        lines.append(line(label(e.task or ""), ", ", whose, f": {said(e.measure)} ", number(e), "."))
    if not lines:
        return Answer(status="author")
    places = (table("agreement-among"), table("agreement"), table("repeats"))
    if set(facts.plan("readers").get("truth_from") or ()) == set(facts.readers):
        return Answer(status="filled", lines=tuple(lines), places=places)
    write = "This is the agreement of the readers of the study. Give that of the annotators, if they are others."
    return Answer(status="confirm", lines=tuple(lines), write=write, places=places)


def _readers(facts: Facts, group: str | None, modality: str | None) -> Line:
    several = len(facts.modalities) > 1
    return line(label(group or "all readers"), *((", ", label(modality)) if several and modality else ()))
