"""What a report says of one task, in order, and of its classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from readerstudy.report import (
    agreement,
    calibration,
    corrected,
    decision,
    extent,
    indices,
    interactions,
    lesions,
    matrix,
    missing,
    modalities,
    overview,
    panels,
    performance,
    predictive,
    reading,
    reclassification,
    saliency,
    subgroups,
)
from readerstudy.report.definition import definition
from readerstudy.report.document import Block, Drawn, Figure, Section, paragraph
from readerstudy.report.extent import Extent
from readerstudy.report.tables import Table
from readerstudy.results import Results

# Where the figures stand: before the comparisons, with what they show, and after everything.
_FIRST = ("roc", "froc", "accuracy", "confusion")
_OF_COMPARISONS = ("forest",)
_OF_SUBGROUPS = ("subgroup-forest",)
_OF_CALIBRATION = ("calibration",)
_OF_DECISION = ("decision",)
_OF_AGREEMENT = ("agreement", "reader-case")
_OF_SALIENCY = ("saliency",)
_LAST = ("embedding", "errors")
_PLACED = (
    *_FIRST, *_OF_COMPARISONS, *_OF_SUBGROUPS, *_OF_CALIBRATION, *_OF_DECISION, *_OF_AGREEMENT, *_OF_SALIENCY, *_LAST,
)  # fmt: skip

Tables = list[Table | None]


def section(title: str, *blocks: Block | None, level: Literal[2, 3] = 2, opens: bool = False) -> Section:
    """A section of the blocks that are there."""
    return Section(title=title, blocks=tuple(block for block in blocks if block is not None), level=level, opens=opens)


def figures(drawn: Iterable[Drawn], order: Sequence[str] = ()) -> list[Figure]:
    """Figures in the order of their kinds."""
    kinds = list(order)
    return [Figure(drawn=d) for d in sorted(drawn, key=lambda d: kinds.index(d.kind) if kinds else 0)]


def classes(main: Results, task: str) -> dict[str, list[Table]]:
    """The tables of each class of a task that has numbers."""
    of_task = (e for e in main.select(task=task) if e.measure not in saliency.MEASURED)
    targets = dict.fromkeys(e.target for e in of_task if e.target is not None)
    return {
        target: [
            table
            for table in (
                *performance.performances(main, task, target, extent.TABLE_ROWS),
                performance.auc_differences(main, task, target),
                performance.paired_differences(main, task, target),
                modalities.against_groups(main, task, target),
                modalities.between(main, task, target),
                *subgroups.subgroups(main, task, target),
            )
            if table is not None
        ]
        for target in targets
    }


def sections(
    results: Results,
    main: Results,
    task: str,
    drawn: Sequence[Drawn],
    by_target: Mapping[str, list[Table]],
    kept: Extent,
) -> list[Section]:
    """One task: its definition, its tables and figures, then a section for every class that has numbers."""
    shown = kept.figures(drawn)

    def of(*kinds: str) -> list[Figure]:
        return figures([d for d in shown if d.kind in kinds], kinds)

    def printed(tables: Tables) -> list[Table]:
        return kept.printed(tables, when=kept.whole)

    elsewhere = (
        paragraph("The tables of single classes are files: see “Not printed here”.")
        if by_target and not kept.classes
        else None
    )
    found = [
        section(
            f"Task: {task}",
            definition(main, task) or lesions.definition(main, task),
            overview.classes(main, task),
            *kept.printed(performance.performances(main, task, None, extent.TABLE_ROWS)),
            *kept.printed([lesions.marked(main, task), lesions.performance(main, task)]),
            *printed(_observed(results, main, task, None)),
            *kept.printed([reading.folds(main, task)]),
            elsewhere,
            *kept.printed([] if kept.classes else matrix.by_class(main, task, list(by_target))),
            *of(*_FIRST),
            *printed([performance.auc_differences(main, task, None), performance.paired_differences(main, task, None)]),
            *printed([*lesions.comparisons(main, task)]),
            *of(*_OF_COMPARISONS),
            *printed(_compared(results, main, task, None)),
            *_in_subgroups(main, task, kept),
            *of(*_OF_SUBGROUPS),
            *printed([*calibration.calibration(main, task, None)]),
            *of(*_OF_CALIBRATION),
            *printed(_decided(main, task, None)),
            *of(*_OF_DECISION),
            *_agreed(main, task, kept),
            *of(*_OF_AGREEMENT),
            saliency.told(main, task),
            *printed(saliency.tables(main, task)),
            *of(*_OF_SALIENCY),
            *printed([reading.errors(main, task)]),
            *of(*_LAST),
            *figures([d for d in shown if d.kind not in _PLACED]),
            opens=kept.whole,
        )
    ]
    for target, tables in by_target.items():
        found.append(section(f"{task}: {target}", *kept.printed(tables, when=kept.classes), level=3))
        kept.printed(_of_class(results, main, task, target), when=False)
    return found


def _observed(results: Results, main: Results, task: str, target: str | None) -> Tables:
    """What else is known of each observer."""
    return [
        indices.indices(main, task, target),
        indices.at_prevalence(main, task, target),
        corrected.corrected(results, task, target),
        *missing.observers(results, task, target),
    ]


def _compared(results: Results, main: Results, task: str, target: str | None) -> Tables:
    """Comparisons beside those of AUCs and of paired calls."""
    # Those of a class stand with its other differences.
    changed: Tables = [*reclassification.reclassified(main, task)] if target is None else []
    means = [modalities.against_groups(main, task, target)] if target is None else []
    between = [modalities.between(main, task, target)] if target is None else []
    return [
        *means,
        predictive.comparisons(main, task, target),
        *missing.comparisons(results, task, target),
        *between,
        predictive.between_modalities(main, task, target),
        modalities.methods(main, task, target),
        *modalities.components(main, task, target),
        *changed,
        reclassification.improvements(main, task, target),
    ]


def _in_subgroups(main: Results, task: str, kept: Extent) -> list[Table]:
    """Subgroups of the cases: of the two sorts of tables the first few each."""
    against = interactions.interactions(main, task, None)
    means = [table for table in against if table.name == interactions.AGAINST_MEANS]
    singles = [table for table in against if table.name == interactions.AGAINST_READERS]
    tables = []
    for made, when in ((subgroups.subgroups(main, task, None), True), (means, True), (singles, not means)):
        tables += kept.printed(made[: extent.SUBGROUP_TABLES], when=when and kept.whole)
        tables += kept.printed(made[extent.SUBGROUP_TABLES :], when=False)
    return tables


def _decided(main: Results, task: str, target: str | None) -> Tables:
    return [*decision.net_benefits(main, task, target), *decision.differences(main, task, target)]


def _agreed(main: Results, task: str, kept: Extent) -> list[Table]:
    """Agreement with the truth, of readers with each other, and with themselves."""
    kappas = agreement.pairs(main, task, None)
    readers = {name for table in kappas for name in (*table.headers, *(row.cells[0].text for row in table.rows))}
    return [
        *kept.printed([agreement.with_truth(main, task, None), *panels.among(main, task, None)], when=kept.whole),
        *kept.printed([agreement.within_groups(main, task, None)], when=kept.whole),
        *kept.printed(kappas, when=kept.whole and len(readers) <= extent.TRIANGLE),
        *kept.printed([panels.repeats(main, task, None)], when=kept.whole),
    ]


def _of_class(results: Results, main: Results, task: str, target: str) -> Tables:
    """What only a file tells of a single class."""
    return [
        *_observed(results, main, task, target),
        *_compared(results, main, task, target),
        *interactions.interactions(main, task, target),
        *calibration.calibration(main, task, target),
        *_decided(main, task, target),
        *panels.among(main, task, target),
        panels.repeats(main, task, target),
    ]
