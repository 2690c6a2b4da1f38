"""Numbers corrected for how cases came into the study, below those that were observed."""

from __future__ import annotations

from readerstudy.estimate import Estimate
from readerstudy.report.grid import grid, parts_of
from readerstudy.report.performance import PERFORMANCE, scope_of
from readerstudy.report.selection import correction_of, main, number_of
from readerstudy.report.tables import Column, Table
from readerstudy.report.variants import lines
from readerstudy.results import Results

_OBSERVED = "observed"
_CALLED = {
    _OBSERVED: "as observed",
    "verification": "corrected for verification bias",
    "sampling": "weighted by sampling",
}
_NOTES = {
    "verification": "The correction for verification bias brings in the cases that were called and have no truth; it "
    "holds if, given the call, whether a case was verified has nothing to do with its truth.",
    "sampling": "Weights undo unequal chances of being sampled: the numbers speak for the population sampled from.",
}


def corrected(results: Results, task: str, target: str | None) -> Table | None:
    """The observed and the corrected numbers of each observer."""
    found = results.select(task=task, target=target, subgroup=None, versus=None)
    later = [e for e in found if correction_of(e) is not None]
    if not later:
        return None
    numbers = {number_of(e) for e in later}
    observed = [e for e in main(results).select(task=task, target=target) if number_of(e) in numbers]
    ways = [way for way in _NOTES if any(correction_of(e) == way for e in later)]
    measures = dict.fromkeys((*PERFORMANCE, *(e.measure for e in later)))
    begun = Table(
        name="corrected",
        scope=" ".join(part for part in (task, target) if part),
        caption=f"Numbers {' and '.join(_CALLED[way] for way in ways)}, beside those observed, "
        f"{scope_of(task, target)}",
        columns=(Column(header="Reader", kind="text"),),
        rows=(),
        note=" ".join(_NOTES[way] for way in ways),
        fixed=True,
    )
    made = lines(results, [*observed, *later], _way, list(_CALLED), lambda way: _CALLED[way])
    return grid(results, begun, made, parts_of(later, measures))


def _way(e: Estimate) -> str:
    return correction_of(e) or _OBSERVED
