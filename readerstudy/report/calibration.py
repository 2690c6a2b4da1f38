"""How far the probabilities of models can be taken at their word."""

from __future__ import annotations

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Line, Part, grid
from readerstudy.report.indices import observed
from readerstudy.report.people import Naming, Who, ordered
from readerstudy.report.performance import scope_of
from readerstudy.report.tables import Column, Table
from readerstudy.results import Results

_ECE = {
    "equal-width": "ECE, equal width",
    "equal-mass": "ECE, equal size",
    "equal-width-debiased": "ECE, equal width, debiased",
    "equal-mass-debiased": "ECE, equal size, debiased",
}
_FIRST = ("calibration_in_the_large", "calibration_slope", "observed_expected", "ici", "e50", "e90")
_BRIER = ("brier", "brier_scaled", "brier_miscalibration", "brier_discrimination", "brier_uncertainty")
_TESTS = {"hosmer_lemeshow": "Hosmer–Lemeshow χ²", "spiegelhalter": "Spiegelhalter z"}
MEASURED = (*_FIRST, "ece", *_BRIER, *_TESTS)


def calibration(results: Results, task: str, target: str | None) -> list[Table]:
    """A row per model: how the calibration curve lies, then the Brier score with its parts and the tests."""
    found = observed(results, task, target, MEASURED)
    errors = [Part(name, header) for name, header in _ECE.items()]
    tests = [Part(measure, header, ("statistic", "p")) for measure, header in _TESTS.items()]
    curve = (
        "Perfect calibration has 0 in the large, a slope of 1, as many observed as expected and no calibration error."
    )
    parts = "Brier score = miscalibration − discrimination + uncertainty. A test that finds nothing proves nothing."
    freedom = "Beneath χ²: its degrees of freedom (df)."
    tables = (
        _table(results, "calibration", "Calibration", found, [*map(Part.of, _FIRST), *errors], curve, task, target),
        _table(
            results, "brier", "Brier score and tests of calibration", found, [*map(Part.of, _BRIER), *tests],
            f"{parts} {freedom}" if any(e.measure == "hosmer_lemeshow" for e in found) else parts, task, target,
        ),
    )  # fmt: skip
    return [table for table in tables if table is not None]


def _table(
    results: Results,
    name: str,
    caption: str,
    found: list[Estimate],
    parts: list[Part],
    note: str,
    task: str,
    target: str | None,
) -> Table | None:
    names = {part.name for part in parts}
    rows: dict[Who, dict[str, Estimate]] = {}
    for e in found:
        key = e.method or "" if e.measure == "ece" else e.measure
        if key in names:
            rows.setdefault(Who.of(e), {})[key] = e
    naming = Naming(results)
    begun = Table(
        name=name,
        scope=" ".join(part for part in (task, target) if part),
        caption=f"{caption}, {scope_of(task, target)}",
        columns=(Column(header="Model", kind="text"),),
        rows=(),
        note=note,
    )
    lines = [Line(naming.heading(who, rows[who]), rows[who]) for who in ordered(rows)]
    return grid(results, begun, lines, parts)
