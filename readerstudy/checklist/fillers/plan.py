"""What the protocol says of aims, endpoints, size and registration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from readerstudy import text
from readerstudy.checklist.facts import Facts, said
from readerstudy.checklist.model import Answer, Line, Piece, count, counted, label, labels, line, section, table
from readerstudy.estimate import Estimate
from readerstudy.report import endpoints as reported
from readerstudy.report.techniques import MULTIPLICITY

_MAIN = section("Main results")
_PROTOCOL = section("Protocol")


def objectives(facts: Facts) -> Answer:
    """The endpoints of the protocol, as hypotheses."""
    named = facts.rows("endpoints")
    if not named:
        return Answer(status="author")
    lines = [_hypothesis(facts, position) for position in range(len(named))]
    return Answer(status="confirm", lines=tuple(lines), places=(table("endpoints"), _MAIN))


def goal(facts: Facts) -> Answer:
    """Which kinds of hypotheses the endpoints have."""
    kinds = list(dict.fromkeys(row["hypothesis"] for row in facts.rows("endpoints")))
    if not kinds:
        return Answer(status="author")
    return Answer(
        status="confirm", lines=(line("The endpoints of the protocol ask for ", labels(kinds), "."),), places=(_MAIN,)
    )


def _hypothesis(facts: Facts, position: int) -> Line:
    row = facts.rows("endpoints")[position]
    e = facts.results.by_key.get(row.get("key") or "")
    parts: list[str | Piece] = [label(row["name"]), f" ({row['role']}): {row['hypothesis']}"]
    if e is not None:
        parts.append(f" of {said(e.measure)}")
        if math.isfinite(e.margin):
            margin = text.value(e.replace(estimate=e.margin))
            parts += [", margin ", Piece(text=margin, kind="number", key=e.key)]
        elif row["hypothesis"] == "goal":
            parts += [", goal ", Piece(text=text.value(e.replace(estimate=e.null)), kind="number", key=e.key)]
    return line(*parts, ".")


def compared(facts: Facts, e: Estimate) -> Line:
    """Whose number it is and what it is compared with."""
    whose: list[str | Piece | Line] = [facts.whose(e)]
    if e.versus_kind == "modality":
        whose += [", ", label(e.modality or ""), " − ", label(e.versus or "")]
    elif e.versus is not None:
        whose += [" − ", "mean of " if e.versus_kind == "group" else "", label(e.versus)]
        whose += [", ", label(e.modality)] if e.modality and len(facts.modalities) > 1 else []
    return line(*whose)


def prespecified(facts: Facts) -> Answer:
    """What was planned beforehand, and whether the plan was locked."""
    told = reported.standing(facts.results)
    if told is None:
        write = (
            "The protocol has no primary or secondary endpoint and no lock, so that every number of this analysis is "
            "exploratory. Give the protocol and the statistical analysis plan with their dates, if there are any."
        )
        return Answer(status="author", write=write)
    lines = (line("".join(span.text for span in told.spans)),)
    return Answer(status="confirm", lines=lines, places=(_MAIN, _PROTOCOL))


def protocol_access(facts: Facts) -> Answer:
    """The plan that was carried out: its file, its checksum and its lock."""
    inputs: list[Mapping[str, Any]] = list(facts.results.provenance.get("inputs", []))
    files = [(i, entry) for i, entry in enumerate(inputs) if entry["role"] == "protocol"]
    lines: list[Line] = []
    for i, entry in files:
        digest = count(entry["sha256"], "provenance", "inputs", i, "sha256")
        lines.append(line("The analysis followed the plan ", label(entry["name"]), " (SHA-256 ", digest, ")."))
    if facts.lock is not None:
        lines.append(line("It was locked on ", count(facts.lock["date"], "protocol", "lock", "date"), "."))
        changed = list(facts.lock["changed"])
        if changed:
            lines.append(line("It has changed since in ", labels(f"[{name}]" for name in changed), "."))
    if not lines:
        return Answer(status="author")
    return Answer(status="confirm", lines=tuple(lines), places=(_PROTOCOL, section("Provenance")))


def registration(facts: Facts) -> Answer:
    """The number of the registered study."""
    number = facts.plan("study").get("registration")
    if not number:
        return Answer(status="author")
    return Answer(
        status="confirm",
        lines=(line("Registration: ", label(str(number)), "."),),
        write="Add the name of the registry and the date of registration.",
        places=(section("Study"),),
    )


def sample_size(facts: Facts) -> Answer:
    """How many were analysed; how many were intended the author knows."""
    flow = facts.flow
    parts: list[str | Piece | Line] = [
        "Analysed were ", counted(flow["n_cases"], "case", "cases", "flow", "n_cases"),
    ]  # fmt: skip
    if flow.get("n_patients") is not None:
        parts += [" of ", counted(flow["n_patients"], "patient", "patients", "flow", "n_patients")]
    if flow.get("n_readers"):
        parts += [", read by ", counted(flow["n_readers"], "reader", "readers", "flow", "n_readers")]
    if flow.get("n_models"):
        parts += [", and ", counted(flow["n_models"], "model", "models", "flow", "n_models")]
    return Answer(status="confirm", lines=(line(*parts, "."),), places=(table("flow"), section("Study")))


def sampling(facts: Facts) -> Answer:
    """Whether the protocol weighs an enriched sample."""
    weight = facts.plan("sampling").get("weight")
    if not weight:
        return Answer(status="author")
    said_of_it = line(
        "Cases were drawn with unequal chances; the column ", label(str(weight)), " holds the inverse of each chance, "
        "and measures are also given for the population that was sampled.",
    )  # fmt: skip
    return Answer(status="confirm", lines=(said_of_it,), places=(_PROTOCOL,))


def multiplicity(facts: Facts) -> Answer:
    """What was done about several endpoints."""
    n = len(facts.rows("endpoints"))
    if n == 0:
        write = "The protocol names no endpoint, and no P value is adjusted. Say how the error rate was kept."
        return Answer(status="author", write=write)
    method = reported.method_of(facts.results)
    told = [said for said, _ in reported.adjustment(facts.results)]
    if n == 1:
        told = ["There is one endpoint, and nothing to adjust it for"]
    elif not told:
        told = [MULTIPLICITY.get(method, (f"Endpoints are adjusted by {method}", ()))[0]]
    lines = tuple(line(f"{sentence}.") for sentence in told)
    return Answer(status="filled", lines=lines, places=(table("endpoints"), section("Statistical methods")))
