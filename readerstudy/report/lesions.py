"""Marks on lesions: who marked what, figures of merit, modalities and models compared by them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.document import Paragraph, paragraph
from readerstudy.report.grid import Line, Part, grid
from readerstudy.report.people import Naming, Who
from readerstudy.report.performance import figures_of_merit
from readerstudy.report.tables import Column, Row, Table, plain_cell, pointer, text_cell
from readerstudy.results import Results

MEASURED = (
    "wafroc", "wafroc1", "afroc", "afroc1", "hr_auc", "hr_sensitivity", "hr_specificity", "alroc", "pcl", "froc_area",
    "max_llf", "max_nlf", "max_nlf_all_cases", "exp_nlf",
)  # fmt: skip
"""Figures of merit of marks, in the order of columns."""
DIFFERENCES = tuple(f"{measure}_difference" for measure in MEASURED)
_TOGETHER = 4
"""Most figures of merit beside each other in a table of differences."""
_COUNTS = {
    "n_read": "Cases",
    "n_diseased": "Of these with lesions",
    "n_lesions": "Lesions",
    "n_found": "Lesions marked",
    "n_marks": "Marks",
    "n_false": "On no lesion",
    "n_false_others": "Of these in cases without lesions",
}


def definition(results: Results, task: str) -> Paragraph | None:
    """How marks are taken, where the task is that of marks."""
    plan = plan_of(results, task)
    if plan is None:
        return None
    said = [
        "Readers marked places of a case that looked suspicious, and rated each mark. A case with a lesion is "
        "diseased; each lesion is found once, by the highest mark on it."
    ]
    if plan.get("radius") is not None:
        said.append(
            f"A mark is on a lesion that is at most {plan['radius']:g} away from it (in the unit of the files)."
        )
    if plan.get("fpf", 1) != 1:
        said.append(f"PCL and ALROC are taken at, and up to, {plan['fpf']:g} of the cases without lesions.")
    return paragraph(" ".join(said))


def plan_of(results: Results, task: str) -> Mapping[str, Any] | None:
    """What the protocol says of the marks; None where the task is another."""
    plan: Mapping[str, Any] | None = results.protocol.get("marks")
    return plan if plan is not None and plan.get("task") == task else None


def marked(results: Results, task: str) -> Table | None:
    """How many cases and lesions each reader was shown, and where their marks are."""
    entries: Sequence[Mapping[str, Any]] = results.tables.get("marks", [])
    own = [(position, entry) for position, entry in enumerate(entries) if entry["task"] == task]
    if not own:
        return None
    naming = Naming(results)
    rows = []
    for position, entry in own:
        place = pointer("tables", "marks", position)
        cells = [text_cell(entry["reader"], naming.beneath(entry["reader"], entry["modality"]))]
        for name in _COUNTS:
            share = _share(entry) if name == "n_found" else ""
            cells.append(plain_cell(str(entry[name]), place, entry, detail=share, sort=entry[name]))
        rows.append(Row(cells=tuple(cells)))
    return Table(
        name="marks",
        scope=task,
        caption=f"Cases, lesions and marks of each reader, {task}",
        columns=(Column(header="Reader", kind="text"), *(Column(header=h, kind="plain") for h in _COUNTS.values())),
        rows=tuple(rows),
        note="Beneath lesions marked: their share. Every mark is counted, also a second one on a lesion.",
    )


def _share(entry: Mapping[str, Any]) -> str:
    return text.percent(entry["n_found"] / entry["n_lesions"]) if entry["n_lesions"] else ""


def performance(results: Results, task: str) -> Table | None:
    """The figures of merit of every reader in every modality, then of their means."""
    return figures_of_merit(results, task, MEASURED)


def comparisons(results: Results, task: str) -> list[Table]:
    """Modalities against each other, then models against readers and their means."""
    found = [e for e in results.select(task=task, target=None, subgroup=None) if e.measure in DIFFERENCES]
    across = [e for e in found if e.versus_kind == "modality"]
    models = [e for e in found if e.versus_kind in ("reader", "group")]
    said = "A difference is the first minus the second; differences of percentages are in percentage points."
    tables = []
    for name, caption, of in (
        ("marks-modalities", "Differences between modalities", across),
        ("marks-models", "Models against readers", models),
    ):
        shown = [measure for measure in DIFFERENCES if any(e.measure == measure for e in of)]
        for i in range(0, len(shown), _TOGETHER):
            here = shown[i : i + _TOGETHER]
            tables.append(_differences(results, name, f"{caption}, {task}", of, here, said))
    tables.append(_at_once(results, task, across))
    return [table for table in tables if table is not None]


def _differences(
    results: Results, name: str, caption: str, found: Iterable[Estimate], measures: Sequence[str], said: str
) -> Table | None:
    """Single readers, then means of readers."""
    of = [e for e in found if e.measure in measures and not _of_all(e)]
    parts = [Part.of(measure, tested=True) for measure in measures]
    random = any(e.random is not None for e in of)
    begun = Table(
        name=name,
        scope=of[0].task or "",
        caption=caption,
        columns=(Column(header="Reader" if name == "marks-modalities" else "Comparison", kind="text"),),
        rows=(),
        note="A mean takes readers and cases as random; beneath its P value: degrees of freedom (df)."
        if random
        else "",
    )
    return grid(results, begun, _lines(results, of), parts, said=said)


def _of_all(e: Estimate) -> bool:
    """Whether a record is one test of all modalities."""
    return e.reader is None and e.modality is None and not math.isfinite(e.estimate)


def _lines(results: Results, found: Iterable[Estimate]) -> list[Line]:
    naming = Naming(results)
    rows: dict[tuple[object, ...], dict[str, Estimate]] = {}
    for e in found:
        who = (e.random is not None, e.reader, e.reader_group, e.modality, e.versus, e.versus_kind)
        rows.setdefault(who, {})[e.measure] = e
    return [
        Line(naming.of(next(iter(row.values()))), row, summary=bool(who[0]))
        for who, row in sorted(rows.items(), key=lambda item: bool(item[0][0]))
    ]


def _at_once(results: Results, task: str, found: Iterable[Estimate]) -> Table | None:
    """One test of all modalities for each figure of merit and each group of readers."""
    naming = Naming(results)
    lines = [
        Line(text_cell(MEASURES[e.measure.removesuffix("_difference")].label, naming.group(Who.of(e))), {"test": e})
        for e in found
        if _of_all(e)
    ]
    begun = Table(
        name="marks-all-modalities",
        scope=task,
        caption=f"All modalities at once, {task}",
        columns=(Column(header="Figure of merit", kind="text"),),
        rows=(),
        note="Readers and cases are random; beneath the statistic: its degrees of freedom (df).",
    )
    return grid(results, begun, lines, [Part("test", "F", ("statistic", "p"))])
