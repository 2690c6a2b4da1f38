"""Readers against themselves in another modality, and models against means of readers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.report.grid import Line, Part, freedom, grid
from readerstudy.report.people import Naming, Who
from readerstudy.report.performance import PAIRED, alpha_of, scope_of
from readerstudy.report.tables import Cell, Column, Footnotes, Row, Table, plain_cell, pointer, text_cell
from readerstudy.results import Results

_MEASURES = ("auc_difference", *PAIRED)
_GLOBAL = ("auc", "sensitivity", "specificity", "accuracy")
_AT_ONCE = "all modalities: "
_MEANS = "A mean takes readers and cases as random; beneath its P value: degrees of freedom (df)."
_COMPONENTS = {
    "var_reader": "Readers",
    "var_modality_reader": "Modality × reader",
    "var_error": "Error",
    "cov1": "Cov1",
    "cov2": "Cov2",
    "cov3": "Cov3",
}
COMPONENTS_OF_MODELS = "variance-components-models"
"""Name of the table of models against readers."""


def between(results: Results, task: str, target: str | None) -> Table | None:
    """Each reader in one modality against another, then the means of readers; a test of all modalities last."""
    found = results.select(task=task, target=target, subgroup=None, versus_kind="modality")
    found = [e for e in found if e.measure in (*_MEASURES, *_GLOBAL)]
    return _table(results, "modalities", "Differences between modalities", found, task, target)


def against_groups(results: Results, task: str, target: str | None) -> Table | None:
    """Each model against the mean of a group of readers."""
    found = results.select(task=task, target=target, subgroup=None, versus_kind="group")
    found = [e for e in found if e.measure in _MEASURES and e.method != "as-published"]
    return _table(results, "model-groups", "Models against means of readers", found, task, target)


def _table(
    results: Results, name: str, caption: str, found: Sequence[Estimate], task: str, target: str | None
) -> Table | None:
    parts = [Part.of(measure, tested=True) for measure in _MEASURES]
    parts += [
        Part(_AT_ONCE + measure, f"{MEASURES[measure].label.removesuffix(' difference')}, all: F", ("statistic", "p"))
        for measure in (*_MEASURES, *_GLOBAL)
    ]
    random = any(e.random == "readers and cases" for e in found)
    begun = Table(
        name=name,
        scope=" ".join(part for part in (task, target) if part),
        caption=f"{caption}, {scope_of(task, target)}",
        columns=(Column(header="Reader" if name == "modalities" else "Comparison", kind="text"),),
        rows=(),
        note=_MEANS if random else "",
    )
    said = "A difference is the first minus the second; differences of percentages are in percentage points."
    return grid(results, begun, _lines(results, found), parts, said=said)


def _lines(results: Results, found: Iterable[Estimate]) -> list[Line]:
    """Single readers, then means, a line for each way they were taken, then one test of all modalities."""
    rows: dict[tuple[bool, str | None, str | None, str | None, str | None, str | None], dict[str, Estimate]] = {}
    at_once: dict[str, dict[str, Estimate]] = {}
    naming = Naming(results)
    for e in found:
        mean = e.reader is None
        if e.modality is None and mean and not math.isfinite(e.estimate):
            at_once.setdefault(naming.group(Who.of(e)), {})[_AT_ONCE + e.measure] = e
            continue
        who = (mean, e.reader, e.reader_group if mean else None, e.modality, e.versus, e.random)
        rows.setdefault(who, {})[e.measure] = e
    ways = {random for mean, *_, random in rows if mean}
    lines = []
    for who, row in sorted(rows.items(), key=lambda item: item[0][0]):
        first = next(iter(row.values()))
        also = f"{first.random} random" if who[0] and first.random and len(ways) > 1 else ""
        lines.append(Line(naming.of(first, also=also), row, summary=who[0]))
    lines += [Line(text_cell("All modalities", group), row, summary=True) for group, row in at_once.items()]
    return lines


def methods(results: Results, task: str, target: str | None) -> Table | None:
    """What each method of analysis makes of the same comparison, the one of the protocol first."""
    entries: Sequence[Mapping[str, Any]] = results.tables.get("mrmc_methods", [])
    whose: dict[tuple[object, ...], list[tuple[int, Mapping[str, Any]]]] = {}
    for position, entry in enumerate(entries):
        if (entry["task"], entry["target"]) == (task, target):
            who = tuple(entry[name] for name in ("measure", "reader", "reader_group", "modality", "versus"))
            whose.setdefault(who, []).append((position, entry))
    several = [of for of in whose.values() if len(of) > 1]
    if not several:
        return None
    footnotes, naming, alpha = Footnotes(), Naming(results), alpha_of(results)
    rows = [
        _method(entry, place, naming, footnotes, alpha, first=place == of[0][0])
        for of in several
        for place, entry in of
    ]
    return Table(
        name="methods",
        scope=" ".join(part for part in (task, target) if part),
        caption=f"Methods of analysis side by side, {scope_of(task, target)}",
        columns=(
            Column(header="Comparison", kind="text"),
            Column(header="Method", kind="text"),
            *(Column(header=header, kind="plain") for header in ("Difference", "df", "P value")),
        ),
        rows=tuple(rows),
        note="Beneath each difference: its confidence interval. Readers and cases are random in every method; P values "
        "are two-sided. The result is that of the protocol; the others show how far it depends on the choice.",
        footnotes=footnotes.lines,
        fixed=True,
    )


def _method(
    entry: Mapping[str, Any], position: int, naming: Naming, footnotes: Footnotes, alpha: float, *, first: bool
) -> Row:
    """One method's difference, with what its note says beyond that of the first."""
    names = ("reader", "reader_kind", "reader_group", "modality", "versus", "versus_kind", "method")
    numbers = ("estimate", "conf_low", "conf_high", "df", "p_value")
    measure = f"{entry['measure']}_difference"
    known: dict[str, Any] = {name: entry[name] for name in names}
    known |= {name: math.nan if entry[name] is None else entry[name] for name in numbers}
    e = Estimate(measure=measure, **known)
    place = pointer("tables", "mrmc_methods", position)
    heading = naming.of(e, also=MEASURES[measure].label) if first else text_cell("")
    return Row(
        cells=(
            heading,
            text_cell(METHOD_NAMES[entry["method"]], "as in the protocol" if entry["chosen"] else ""),
            plain_cell(
                text.value(e), place, entry, detail=text.interval(e), sort=entry["estimate"],
                mark=footnotes.mark(entry["note"]),
            ),
            plain_cell(freedom(e).removeprefix("df ") or text.UNDEFINED, place, entry, sort=entry["df"]),
            plain_cell(text.p_value(e.p_value, alpha), place, entry, sort=entry["p_value"]),
        ),
        inner=not first,
    )  # fmt: skip


def components(results: Results, task: str, target: str | None) -> list[Table]:
    """The variance components behind each mean of readers: between modalities, then of models against readers."""
    entries: Sequence[Mapping[str, Any]] = results.tables.get("variance_components", [])
    own = [(i, entry) for i, entry in enumerate(entries) if (entry["task"], entry.get("target")) == (task, target)]
    sorts = (
        (
            "variance-components",
            "Variance components of means of readers",
            "Cov1 is of one reader in two modalities, Cov2 of two readers in one, Cov3 of two readers in two.",
            [(i, entry) for i, entry in own if entry.get("reader") is None],
        ),
        (
            COMPONENTS_OF_MODELS,
            "Variance components of models against means of readers",
            "The components are of the differences of the model and each reader; Cov2 is of two readers.",
            [(i, entry) for i, entry in own if entry.get("reader") is not None],
        ),
    )
    return [
        _components(name, f"{caption}, {scope_of(task, target)}", note, of, task, target)
        for name, caption, note, of in sorts
        if of
    ]


def _components(
    name: str,
    caption: str,
    note: str,
    entries: Sequence[tuple[int, Mapping[str, Any]]],
    task: str,
    target: str | None,
) -> Table:
    shown = [part for part in _COMPONENTS if any(entry.get(part) is not None for _, entry in entries)]
    methods = dict.fromkeys(METHOD_NAMES.get(entry["method"], entry["method"]) for _, entry in entries)
    rows = []
    for position, entry in entries:
        group = entry.get("reader_group")
        whose = f"{entry['reader']} − mean, {group}" if entry.get("reader") else f"Mean, {group}"
        place = pointer("tables", "variance_components", position)
        cells: list[Cell] = [text_cell(whose, entry.get("modality") or ""), text_cell(MEASURES[entry["measure"]].label)]
        for part in shown:
            value = entry.get(part)
            printed = text.UNDEFINED if value is None else text.fixed(value, 6)
            cells.append(plain_cell(printed, place, entry, sort=value))
        rows.append(Row(cells=tuple(cells)))
    return Table(
        name=name,
        scope=" ".join(part for part in (task, target) if part),
        caption=caption,
        columns=(
            Column(header="Analysis", kind="text"),
            Column(header="Measure", kind="text"),
            *(Column(header=_COMPONENTS[part], kind="plain") for part in shown),
        ),
        rows=tuple(rows),
        note=f"{' and '.join(methods)}. {note} A negative estimate is taken as 0.",
    )
