"""What missing reads can do: complete cases, worst case and best case, below each other."""

from __future__ import annotations

import math

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Part, grid, parts_of
from readerstudy.report.performance import PAIRED, scope_of
from readerstudy.report.selection import COMPLETE, correction_of, number_of, plan_of_missing, rule_of
from readerstudy.report.tables import Column, Table
from readerstudy.report.variants import lines
from readerstudy.results import Results

_MEASURES = ("auc", "accuracy", "sensitivity", "specificity")
_COMPARED = ("auc_difference", *PAIRED)
# At most so many of the other measures stand beside each other.
_ACROSS = 6
_CALLED = {COMPLETE: "complete cases", "worst": "worst case", "best": "best case"}
_NOTE = "Complete cases leave out what a reader did not read; the worst case counts a missing read as wrong, the best "
_NOTE += "case as right."


def observers(results: Results, task: str, target: str | None) -> list[Table]:
    """Each observer by each rule for missing reads: the main measures, then in a table of their own the others."""
    found = [e for e in _ruled(results, task, target) if e.versus_kind is None]
    caption = f"Missing reads: what each rule gives, {scope_of(task, target)}"
    return _tables(results, "missing", caption, "Reader", found, _MEASURES)


def comparisons(results: Results, task: str, target: str | None) -> list[Table]:
    """The differences by each rule for missing reads: of AUCs and paired calls, then the others."""
    found = [e for e in _ruled(results, task, target) if e.versus_kind is not None]
    caption = f"Missing reads: what each rule gives in comparisons, {scope_of(task, target)}"
    return _tables(results, "missing-comparisons", caption, "Comparison", found, _COMPARED)


def _ruled(results: Results, task: str, target: str | None) -> list[Estimate]:
    """Every record that some rule changes, and the same record by the other rules."""
    found = [e for e in results.select(task=task, target=target, subgroup=None) if correction_of(e) is None]
    ruled = {number_of(e) for e in found if e.missing is not None}
    return [e for e in found if number_of(e) in ruled]


def _tables(
    results: Results, name: str, caption: str, header: str, found: list[Estimate], measures: tuple[str, ...]
) -> list[Table]:
    others = tuple(dict.fromkeys(e.measure for e in found if e.measure not in measures))
    tables = (
        _table(results, name, caption, header, [e for e in found if e.measure in measures], measures),
        *(
            _table(results, f"{name}-others", caption, header, [e for e in found if e.measure in some], some)
            for some in (others[start : start + _ACROSS] for start in range(0, len(others), _ACROSS))
        ),
    )
    return [table for table in tables if table is not None]


def _table(
    results: Results, name: str, caption: str, header: str, found: list[Estimate], measures: tuple[str, ...]
) -> Table | None:
    rules = list(dict.fromkeys([plan_of_missing(results), COMPLETE, *_CALLED, *map(rule_of, found)]))
    compared = header == "Comparison"
    begun = Table(
        name=name,
        scope=" ".join(part for part in (found[0].task, found[0].target) if part) if found else "",
        caption=caption,
        columns=(Column(header=header, kind="text"),),
        rows=(),
        note=f"{_NOTE} The main results take the first.",
        fixed=True,
    )
    made = lines(results, found, rule_of, rules, lambda rule: _CALLED.get(rule, rule))
    said = "A difference is the first minus the second, in percentage points." if compared else ""
    tests = {e.measure for e in found if math.isnan(e.estimate) and math.isfinite(e.statistic)}
    parts = [
        Part(part.name, part.header, ("statistic", "p")) if part.name in tests else part
        for part in parts_of(found, measures, tested=compared)
    ]
    return grid(results, begun, made, parts, said=said)
