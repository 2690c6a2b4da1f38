"""Forest plots: model minus readers, and one modality minus another, with their intervals around 0."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._canvas import house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._forest_rows import Sections
from readerstudy.figures._interval_rows import Chart, Row, across, paged
from readerstudy.figures._label import plain, shorten
from readerstudy.figures._pick import Picked

_OF_CALLS = {
    "accuracy_difference": "Accuracy",
    "sensitivity_difference": "Sensitivity",
    "specificity_difference": "Specificity",
    "auc_difference": "AUC",
}
_OF_MARKS = {
    "wafroc_difference": "wAFROC",
    "wafroc1_difference": "wAFROC1",
    "afroc_difference": "AFROC",
    "afroc1_difference": "AFROC1",
    "hr_auc_difference": "AUC, highest marks",
    "alroc_difference": "ALROC",
    "pcl_difference": "Cases localised",
}
_HEADS = {**_OF_CALLS, **_OF_MARKS}
_TOGETHER = 2
"""Most figures of merit of marks beside each other."""
_PAGES = 4
"""Most figures of one task; of more rows the means and the endpoints remain, or the first against readers."""
_SAID = 40
"""Most rows of which the alternative text gives every number."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ForestDisplay(Display):
    """A row for each comparison, a panel for each measure.

    A task of several classes has one panel, accuracy; a binary task has sensitivity, specificity and AUC. Small
    symbols are single readers, diamonds the means of groups of readers, a star a consensus, a hollow symbol another
    model. Where a record answers an endpoint of non-inferiority or equivalence, the part of its row that the endpoint
    is to rule out is shaded.

    Parameters
    ----------
    rows
        The rows from above, headings among them.
    measures
        What the panels show.
    """

    rows: tuple[Row, ...]
    measures: tuple[str, ...]


def displays(picked: Picked, task: str) -> list[ForestDisplay]:
    """The plots of a task: models against readers, then modality against modality; none without such a record."""
    found: list[ForestDisplay] = []
    for measures in _panels(picked, task):
        against = Sections(picked, task, _present(picked, task, measures, ("reader", "group")))
        against.models()
        found += _pages(against, _title(against))
    for measures in _panels(picked, task):
        between = Sections(picked, task, _present(picked, task, measures, ("modality",)))
        between.modalities()
        found += _pages(between, "Differences between modalities")
    return found


def _panels(picked: Picked, task: str) -> list[tuple[str, ...]]:
    """What stands side by side; the accuracy of a binary task only where an endpoint is about it."""
    of_marks = [m for m in _OF_MARKS if _present(picked, task, [m], ("reader", "group", "modality"))]
    if of_marks:
        return _apart(of_marks[:_TOGETHER])
    if not picked.is_binary(task):
        return [("accuracy_difference",)]
    shown = _apart(("sensitivity_difference", "specificity_difference", "auc_difference"))
    kinds = ("reader", "group", "modality")
    accuracies = [e for kind in kinds for e in picked.versus(task, "accuracy_difference", kind)]
    accuracies += picked.mean_versus(task, "accuracy_difference")
    return [*shown, ("accuracy_difference",)] if any(picked.endpoints(e) for e in accuracies) else shown


def _apart(measures: Sequence[str]) -> list[tuple[str, ...]]:
    """As many side by side as the sheet has room for."""
    n = across()
    return [tuple(measures[i : i + n]) for i in range(0, len(measures), n)]


def _present(picked: Picked, task: str, measures: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """The measures with an estimate that has a place on an axis."""
    present = []
    for measure in measures:
        found = [e for kind in kinds for e in picked.versus(task, measure, kind)]
        found = [e for e in found if e.versus_kind == "modality" or e.reader_kind == "model"]
        found += picked.mean_versus(task, measure) if "modality" in kinds else []
        if any(math.isfinite(e.estimate) for e in found):
            present.append(measure)
    return present


def _title(sections: Sections) -> str:
    picked = sections.picked
    models = all(e.versus in picked.models for e in sections.estimates if e.versus_kind == "reader")
    if models and not sections.means:
        return "Differences between models"
    return "Model minus readers" if len(picked.models) == 1 else "Models minus readers"


def _pages(sections: Sections, title: str) -> list[ForestDisplay]:
    if not sections.estimates:
        return []
    with house_style():
        rows = sections.rows
        chart = Chart([_HEADS[m] for m in sections.measures], sections.measures, rows)
        pages = paged(rows, chart.rows_of_page)
        if len(pages) > _PAGES:
            rows = _foremost(sections) or _against_readers(sections) or rows
            chart = Chart([_HEADS[m] for m in sections.measures], sections.measures, rows)
            pages = paged(rows, chart.rows_of_page)[:_PAGES]
        left_out = _comparisons(sections.rows) - sum(_comparisons(page) for page in pages)
        return [_display(sections, title, chart, page, (i + 1, len(pages)), left_out) for i, page in enumerate(pages)]


def _foremost(sections: Sections) -> list[Row]:
    """The rows of means and of endpoints, with their headings; a group's name is not said twice."""
    kept: list[Row] = []
    for row in sections.rows:
        if not row.estimates or row.bold or any(e and sections.picked.endpoints(e) for e in row.estimates):
            alone = row.bold and row.estimates and kept and not kept[-1].estimates and kept[-1].depth == row.depth - 1
            if alone and row.depth > 1 and not sections.picked.several_modalities:
                kept[-1] = dataclasses.replace(row, depth=row.depth - 1)
                continue
            kept.append(row)
    return kept if any(row.estimates for row in kept) else []


def _against_readers(sections: Sections) -> list[Row]:
    """The rows without those that compare models with each other."""
    models = set(sections.picked.models)
    kept = [row for row in sections.rows if not any(e and e.versus in models for e in row.estimates)]
    return kept if any(row.estimates for row in kept) else []


def _comparisons(rows: Sequence[Row]) -> int:
    return sum(bool(row.estimates) for row in rows)


def _display(
    sections: Sections, title: str, chart: Chart, rows: list[Row], page: tuple[int, int], left_out: int
) -> ForestDisplay:
    canvas, axes = chart.page(rows)
    task, (number, of) = sections.task, page
    part = f", part {number} of {of}" if of > 1 else ""
    estimates = [e for row in rows for e in row.estimates if e is not None]
    return ForestDisplay(
        figure=canvas.figure,
        axes=tuple(axes),
        rows=tuple(rows),
        measures=sections.measures,
        task=task,
        title=f"{title}: {shorten(task, 70, 7)}{part}",
        caption=_caption(sections, chart, estimates, left_out),
        alt=_alt(sections, rows, estimates),
        keys=tuple(e.key for e in estimates),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _caption(sections: Sections, chart: Chart, estimates: Sequence[Estimate], left_out: int) -> str:
    heads = (_HEADS[m] for m in sections.measures)
    measures = words.listed([head[:1].lower() + head[1:] if head[1:2].islower() else head for head in heads])
    number = words.cases(estimates)
    shown = {e.key for e in estimates}
    means = [e for e in estimates if e.key in sections.means]
    single = [e for e in estimates if e.key not in sections.means]
    between = estimates[0].versus_kind == "modality"
    sentences = [
        f"Differences in {measures} for the task “{plain(sections.task)}”{f' ({number})' if number else ''}, "
        f"{_order(between, single, sections)}."
    ]
    one = len({e.reader for e in estimates}) == 1
    better = "the first modality" if between else "the model" if one else "the model named first"
    sentences.append(f"Right of the line at 0 {better} is better.")
    if bars := words.intervals(single):
        sentences.append(f"Symbols with lines: {_who(single, sections)}, {bars}.")
    if means:
        bars = words.intervals(means)
        random = words.listed(list(dict.fromkeys(e.random for e in means if e.random)))
        taken = f"; {random} taken as random" if random else ""
        sentences.append(f"Diamonds: means over readers{f', {bars}' if bars else ''}{taken}.")
    sentences += [_endpoint_said(entry, e) for entry, e in sections.endpoints if e.key in shown]
    if chart.cut:
        sentences.append("Arrowhead: the interval goes on.")
    if sections.absent:
        sentences.append(f"Not drawn, being undefined: {_few(sections.absent)}.")
    if left_out:
        sentences.append(
            f"{words.counted(left_out, 'further comparison')} not drawn here: the tables have their numbers."
        )
    labelled = [(label, e) for label, e in sections.labelled if e.key in shown]
    return words.join(*sentences, words.notes(labelled))


def _few(names: Sequence[str]) -> str:
    more = f"; and {len(names) - 4} more" if len(names) > 5 else ""
    return "; ".join(names[:4] if more else names) + more


def _order(between: bool, single: Sequence[Estimate], sections: Sections) -> str:
    if between:
        return "one modality minus the other in the same reader"
    models = all(e.versus in sections.picked.models for e in single)
    return "the first minus the second" if models and single else "model minus reader on the same cases"


def _who(single: Sequence[Estimate], sections: Sections) -> str:
    models = all(e.versus in sections.picked.models for e in single)
    return "single comparisons" if models else "single readers"


def _endpoint_said(entry: Mapping[str, Any], e: Estimate) -> str:
    """``Primary endpoint “...” (non-inferiority, margin 5.0%): non-inferior``, as a sentence."""
    margin = ""
    if math.isfinite(e.margin):
        margin = f", margin {text.value(e.replace(estimate=abs(e.margin)))}, shaded beyond it"
    role = str(entry.get("role") or "").capitalize()
    name = f"{role} endpoint “{plain(str(entry['name']))}” ({entry['hypothesis']}{margin})"
    return f"{name}: {e.verdict}." if e.verdict else f"{name}."


def _alt(sections: Sections, rows: Sequence[Row], estimates: Sequence[Estimate]) -> str:
    measures = [_HEADS[m] for m in sections.measures]
    head = (
        f"Forest plot for the task “{sections.task}”: differences in {words.listed(measures)} with their intervals, "
        "around a line at 0."
    )
    shown = {e.key for e in estimates}
    labels: dict[str, list[str]] = {}
    means: dict[str, None] = {}
    for label, e in sections.labelled:
        if e.key in shown:
            labels.setdefault(label, []).append(f"{_HEADS[e.measure]} {text.full(e)}")
            means |= {label: None} if e.key in sections.means else {}
    if len(labels) <= _SAID:
        said = "; ".join(f"{label}: {', '.join(numbers)}" for label, numbers in labels.items())
    else:
        of = [[e for e in estimates if e.measure == measure] for measure in sections.measures]
        spread = [f"{_HEADS[es[0].measure]} {words.spread(es)}" for es in of if es]
        said = f"{words.counted(_comparisons(rows), 'comparison')}: {'; '.join(spread)}"
        named = [f"{label}: {', '.join(labels[label])}" for label in means]
        said += f". {'; '.join(named)}" if named else ""
    verdicts = [_endpoint_said(entry, e) for entry, e in sections.endpoints if e.key in shown]
    return plain(words.join(head, f"{said}.", *verdicts))
