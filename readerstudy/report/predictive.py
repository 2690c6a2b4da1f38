"""Comparisons of what a call is worth: predictive values, likelihood ratios, and both rates in one test."""

from __future__ import annotations

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Line, Part, grid
from readerstudy.report.people import Naming, Who, ordered
from readerstudy.report.performance import scope_of
from readerstudy.report.tables import Column, Table
from readerstudy.results import Results

JOINT = "sensitivity_and_specificity"
DIFFERENCES = ("ppv_difference", "npv_difference")
RATIOS = ("plr_ratio", "nlr_ratio")


def comparisons(results: Results, task: str, target: str | None) -> Table | None:
    """A row per comparison of one model with another, or with a reader."""
    caption = "Predictive values and likelihood ratios compared on the same cases"
    return _table(results, "predictive", caption, "reader", task, target)


def between_modalities(results: Results, task: str, target: str | None) -> Table | None:
    """A row per reader in one modality against another."""
    caption = "Predictive values and likelihood ratios between modalities"
    return _table(results, "predictive-modalities", caption, "modality", task, target)


def _table(results: Results, name: str, caption: str, versus_kind: str, task: str, target: str | None) -> Table | None:
    measures = (*DIFFERENCES, *RATIOS, JOINT)
    rows: dict[tuple[Who, str | None], dict[str, Estimate]] = {}
    for e in results.select(task=task, target=target, subgroup=None, versus_kind=versus_kind):
        if e.measure in measures:
            rows.setdefault((Who.of(e), e.versus), {})[e.measure] = e
    naming = Naming(results)
    joint = any(JOINT in row for row in rows.values())
    begun = Table(
        name=name,
        scope=" ".join(part for part in (task, target) if part),
        caption=f"{caption}, {scope_of(task, target)}",
        columns=(Column(header="Comparison" if versus_kind == "reader" else "Reader", kind="text"),),
        rows=(),
        note="χ² tests sensitivity and specificity together; beneath it its degrees of freedom (df)." if joint else "",
    )
    parts = [*(Part.of(m, tested=True) for m in (*DIFFERENCES, *RATIOS)), Part(JOINT, "χ²", ("statistic", "p"))]
    said = "A difference is the first minus the second, in percentage points; a ratio is the first over the second."
    order = {who: position for position, who in enumerate(ordered(who for who, _ in rows))}
    made = [
        Line(naming.of(next(iter(row.values()))), row)
        for _, row in sorted(rows.items(), key=lambda item: order[item[0][0]])
    ]
    return grid(results, begun, made, parts, said=said)
