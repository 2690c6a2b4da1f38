"""What the protocol asked first: its endpoints, each with its hypothesis, its number and its verdict."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.report.document import Paragraph, Span, label, number, paragraph
from readerstudy.report.grid import freedom
from readerstudy.report.people import Naming, Who
from readerstudy.report.performance import alpha_of, interval_note
from readerstudy.report.selection import sampled
from readerstudy.report.tables import (
    Cell,
    Column,
    Footnotes,
    Row,
    Table,
    adjusted_cell,
    estimate_cell,
    p_cell,
    text_cell,
)
from readerstudy.report.techniques import MULTIPLICITY
from readerstudy.results import Results

_STEPWISE = ("holm", "hochberg", "bonferroni")


class Endpoint(NamedTuple):
    """An endpoint of the protocol and the record that answers it, which may be missing."""

    name: str
    role: str
    task: str | None
    hypothesis: str
    record: Estimate | None


def endpoints(results: Results) -> list[Endpoint]:
    """The endpoints in the order of the protocol."""
    entries: Sequence[Mapping[str, Any]] = results.tables.get("endpoints", [])
    return [
        Endpoint(
            entry["name"], entry["role"], entry.get("task"), entry["hypothesis"], results.by_key.get(entry["key"] or "")
        )
        for entry in entries
    ]


def method_of(results: Results) -> str:
    """How P values are adjusted for several endpoints."""
    plan: Mapping[str, Any] = results.protocol.get("multiplicity") or {}
    return str(plan.get("method") or "none")


def sentences(results: Results) -> list[Paragraph]:
    """One sentence for each primary endpoint, with its verdict."""
    return [_sentence(results, endpoint) for endpoint in endpoints(results) if endpoint.role == "primary"]


def _sentence(results: Results, endpoint: Endpoint) -> Paragraph:
    e = endpoint.record
    opening: list[str | Span] = [Span(text=endpoint.name, kind="strong"), ", primary endpoint ("]
    opening.append(f"{_hypothesis(endpoint)}): ")
    if e is None:
        return paragraph(*opening, "no number answers it.")
    parts = [*opening, f"{_said(e.measure)}, ", label(_compared(results, e)), ", ", number(e)]
    alpha = alpha_of(results)
    if math.isfinite(e.p_value):
        parts.append(f"; {_phrase(e.p_value, alpha)}{_taken(results, e)}")
        if math.isfinite(e.p_adjusted):
            parts.append(f", adjusted {_phrase(e.p_adjusted, alpha)}")
    return paragraph(*parts, ": ", Span(text=e.verdict or "no verdict", kind="strong"), ".")


def _taken(results: Results, e: Estimate) -> str:
    """Of a mean of readers: the method, its degrees of freedom, and what it takes as random."""
    if e.random is None:
        return ""
    method = METHOD_NAMES.get(e.method or "", e.method or "")
    random = f"{e.random.replace('cases', sampled(results))} random"
    return f" ({', '.join(part for part in (method, freedom(e), random) if part)})"


def _phrase(p: float, alpha: float) -> str:
    """``P = .03``, which no line is to break."""
    return text.p_phrase(p, alpha).replace(" ", "\u00a0")


def _compared(results: Results, e: Estimate) -> str:
    """Whose number it is and what it is compared with, in one line."""
    naming = Naming(results)
    whose = e.reader or f"mean of {naming.group(Who.of(e))}"
    if e.versus_kind == "modality":
        return f"{whose}, {e.modality} − {e.versus}"
    if e.versus_kind == "group":
        whose = f"{whose} − mean of {e.versus}"
    elif e.versus_kind == "reader":
        whose = f"{whose} − {e.versus}"
    several = len({other.modality for other in results.estimates if other.modality is not None}) > 1
    return f"{whose}, {e.modality}" if several and e.modality else whose


def _said(measure: str) -> str:
    """The label within a sentence: lower case, unless it begins with an abbreviation or a name."""
    name = MEASURES[measure].label
    first = name.split()[0].split("'")[0]
    return name if not first[1:].islower() or "'" in name else name[:1].lower() + name[1:]


def _hypothesis(endpoint: Endpoint) -> str:
    """Superiority, or what the margin or the goal is."""
    e = endpoint.record
    if e is None:
        return endpoint.hypothesis
    if endpoint.hypothesis == "goal":
        bound = {"less": "at most ", "greater": "at least "}.get(e.alternative or "", "")
        return f"goal {bound}{text.value(e.replace(estimate=e.null))}"
    sided = ", one-sided" if e.alternative in ("greater", "less") and endpoint.hypothesis == "superiority" else ""
    if not math.isfinite(e.margin):
        return f"{endpoint.hypothesis}{sided}"
    sign = "±" if endpoint.hypothesis == "equivalence" else ""
    return f"{endpoint.hypothesis}, margin {sign}{text.value(e.replace(estimate=e.margin))}"


def table(results: Results) -> Table | None:
    """A row for each endpoint; nothing where the protocol has none."""
    found = endpoints(results)
    if not found:
        return None
    adjusted = any(one.record is not None and math.isfinite(one.record.p_adjusted) for one in found)
    columns = [
        Column(header="Endpoint", kind="text"),
        Column(header="What is compared", kind="text"),
        Column(header="Hypothesis", kind="text"),
        Column(header="Estimate"),
        Column(header="P value", kind="p"),
    ]
    if adjusted:
        columns.append(Column(header="Adjusted P", kind="p-adjusted"))
    footnotes = Footnotes()
    rows = [Row(cells=_cells(results, one, footnotes, adjusted=adjusted)) for one in found]
    records = [one.record for one in found if one.record is not None]
    return Table(
        name="endpoints",
        caption="Endpoints of the protocol",
        columns=(*columns, Column(header="Verdict", kind="text")),
        rows=tuple(rows),
        note=f"{interval_note(records)} {_note(results, records)}".strip(),
        footnotes=footnotes.lines,
    )


def _cells(results: Results, one: Endpoint, footnotes: Footnotes, *, adjusted: bool) -> tuple[Cell, ...]:
    e = one.record
    alpha = alpha_of(results)
    several = len(results.protocol.get("tasks", {})) > 1
    measured = [MEASURES[e.measure].label] if e is not None else []
    measured += [part for part in (one.task if several else None, e and e.target, e and e.subgroup) if part]
    return (
        text_cell(one.name, one.role),
        text_cell(_compared(results, e) if e is not None else text.UNDEFINED, ", ".join(measured)),
        text_cell(_hypothesis(one)),
        estimate_cell(e, footnotes),
        _tested(e, alpha),
        *([adjusted_cell(e, alpha)] if adjusted else []),
        text_cell((e.verdict if e is not None else None) or text.UNDEFINED),
    )


def _tested(e: Estimate | None, alpha: float) -> Cell:
    """The P value, with the degrees of freedom of a test that takes readers as random beneath it."""
    cell = p_cell(e, alpha)
    shown = e is not None and e.random is not None and math.isfinite(e.p_value)
    return dataclasses.replace(cell, detail=freedom(e)) if shown else cell


def _note(results: Results, records: Sequence[Estimate]) -> str:
    sided = {"one-sided" if e.alternative in ("greater", "less") else "two-sided" for e in records}
    parts = [f"P values are {' or '.join(sorted(sided))}."] if records else []
    if any(e.random == "readers and cases" and math.isfinite(e.p_value) for e in records):
        parts.append(
            f"A mean of readers takes readers and {sampled(results)} as random; beneath its P value: "
            "degrees of freedom (df)."
        )
    parts += [f"{said}." for said, _ in adjustment(results)]
    if any(e.versus is not None for e in records):
        parts.insert(0, "A difference is the first minus the second.")
    return " ".join(parts)


def adjustment(results: Results) -> list[tuple[str, tuple[str, ...]]]:
    """What was done about several endpoints, in sentences without their full stop, each with its references."""
    found = endpoints(results)
    if len(found) < 2:
        return []
    method = method_of(results)
    said = [MULTIPLICITY.get(method, (f"Endpoints are adjusted by {method}", ()))]
    if method in _STEPWISE and {"primary", "secondary"} <= {one.role for one in found}:
        said.append(("Secondary endpoints are tested only when every primary one is met", ()))
    return said


def standing(results: Results) -> Paragraph | None:
    """What was planned and what was not, and whether the plan was locked before."""
    found, lock = endpoints(results), results.protocol.get("lock")
    said = []
    roles = [one.role for one in found if one.role != "exploratory"]
    if roles:
        named = " and ".join(role for role in ("primary", "secondary") if role in roles)
        said.append(
            f"The protocol set the {named} endpoint{'' if len(roles) == 1 else 's'} beforehand; every other number, "
            "comparison and P value of this report is exploratory."
        )
    if lock is not None:
        said += _locked(lock, len(found))
    elif roles:
        said.append("It was not locked (readerstudy lock), so that “beforehand” is the authors' word.")
    return paragraph(" ".join(said)) if said else None


def _locked(lock: Mapping[str, Any], n: int) -> list[str]:
    """Since when the plan is locked, and what has changed since."""
    since = f"The protocol was locked on {lock['date']} (SHA-256 {lock['sha256'][:12]}…)"
    if not lock["changed"]:
        return [f"{since} and has not changed since."]
    said = [f"{since}; it has changed since in {', '.join(f'[{name}]' for name in lock['changed'])}."]
    if len(lock["demoted"]) == n > 0:
        said.append("No endpoint is in the locked plan as analysed and adjusted here: all are exploratory.")
    elif lock["demoted"]:
        which = ", ".join(f"“{name}”" for name in lock["demoted"])
        are = "are" if len(lock["demoted"]) > 1 else "is"
        said.append(f"{which} {are} not in the locked plan as analysed and adjusted here, and therefore exploratory.")
    return said
