"""The tables of one task: performance of models and readers, and the differences between them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.people import Naming, Who, ordered, probability
from readerstudy.report.tables import Column, Footnotes, Row, Table, estimate_cell, p_cell
from readerstudy.results import Results

PERFORMANCE = ("auc", "sensitivity", "specificity", "accuracy", "ppv", "npv", "plr", "nlr")
PAIRED = ("accuracy_difference", "sensitivity_difference", "specificity_difference")

MANY = 1000
"""More degrees of freedom than this are as good as infinitely many."""
_AUC = ("AUC", "area under the receiver operating characteristic curve")
_PPV = ("PPV", "positive predictive value")
_NPV = ("NPV", "negative predictive value")
_PLR = ("PLR", "positive likelihood ratio")
_NLR = ("NLR", "negative likelihood ratio")
_ICC = ("ICC", "intraclass correlation coefficient")
_NRI = ("NRI", "net reclassification improvement")
ABBREVIATIONS = {
    "auc": _AUC,
    "auc_difference": _AUC,
    "ppv": _PPV,
    "npv": _NPV,
    "plr": _PLR,
    "nlr": _NLR,
    "ppv_difference": _PPV,
    "npv_difference": _NPV,
    "plr_ratio": _PLR,
    "nlr_ratio": _NLR,
    "ppv_at_prevalence": _PPV,
    "npv_at_prevalence": _NPV,
    "dor": ("DOR", "diagnostic odds ratio"),
    "mcc": ("MCC", "Matthews correlation coefficient"),
    "f1": ("F1", "harmonic mean of sensitivity and positive predictive value"),
    "icc": _ICC,
    "icc_average": _ICC,
    "ici": ("ICI", "integrated calibration index, the mean distance from the smooth calibration curve"),
    "e50": ("E50", "median of these distances"),
    "e90": ("E90", "their 90th percentile"),
    "ece": ("ECE", "expected calibration error"),
    "nri": _NRI,
    "nri_events": _NRI,
    "nri_non_events": _NRI,
}
"""What the letters in the labels of measures stand for."""


def alpha_of(results: Results) -> float:
    """The level below which the protocol calls a P-value significant."""
    return float(results.protocol["study"]["alpha"])


def performance(results: Results, task: str, target: str | None) -> Table | None:
    """What every model, reader and group of readers reached in a task, or for one class against the rest."""
    return _performance(results, task, target, _reached(results, task, target))


def performances(results: Results, task: str, target: str | None, most: int) -> list[Table]:
    """`performance`, in a table for each modality where one table would have more than `most` rows."""
    found = _reached(results, task, target)
    modalities = dict.fromkeys(e.modality for e in found)
    whole = _performance(results, task, target, found)
    if whole is None:
        return []
    if len(whole.rows) <= most or len(modalities) == 1:
        return [whole]
    parts = ([e for e in found if e.modality == modality] for modality in modalities)
    tables = (_performance(results, task, target, part, f", {part[0].modality or 'no modality'}") for part in parts)
    return [table for table in tables if table is not None]


def figures_of_merit(results: Results, task: str, measures: Sequence[str]) -> Table | None:
    """What every reader and group of readers reached in other measures than the usual ones."""
    found = results.select(task=task, target=None, subgroup=None, versus=None, versus_kind=None)
    found = [e for e in found if e.measure in measures]
    return _table("figures-of-merit", f"Figures of merit, {task}", found, measures, results, p_values=False)


def without_readers(table: Table) -> Table:
    """A table of performance with the rows of models, consensus and means only."""
    kept = tuple(row for row in table.rows if not _of_reader(row))
    marks = {cell.mark for row in kept for cell in row.cells}
    return dataclasses.replace(
        table,
        rows=kept,
        note=f"{table.note} The rows of the single readers are in a file: see “Not printed here”.".strip(),
        footnotes=tuple(line for line in table.footnotes if line[0] in marks),
    )


def _of_reader(row: Row) -> bool:
    records = [cell.record for cell in row.cells if cell.record is not None]
    return any(e.reader_kind == "human" and e.reader is not None for e in records)


def _reached(results: Results, task: str, target: str | None) -> list[Estimate]:
    found = results.select(task=task, target=target, subgroup=None, versus=None, versus_kind=None)
    return [e for e in found if e.measure in PERFORMANCE]


def _performance(
    results: Results, task: str, target: str | None, found: Sequence[Estimate], modality: str = ""
) -> Table | None:
    if target is None:
        caption = f"Performance of models and readers, {task}"
    else:
        caption = f"Performance of models and readers for {target} against the other classes, {task}"
    table = _table("performance", caption + modality, found, PERFORMANCE, results, p_values=False)
    return table and dataclasses.replace(table, scope=f"{table.scope}{modality}")


def auc_differences(results: Results, task: str, target: str | None) -> Table | None:
    """AUC of one model against another, or against a reader who gave ratings."""
    found = _pairs(results, task, target, ("auc_difference",))
    caption = f"Differences in AUC, {scope_of(task, target)}"
    return _table("auc-differences", caption, found, ("auc_difference",), results, p_values=True)


def paired_differences(results: Results, task: str, target: str | None) -> Table | None:
    """Calls of one model against another's or a reader's on the same cases."""
    found = _pairs(results, task, target, PAIRED)
    caption = f"Differences between calls on the same cases, {scope_of(task, target)}"
    return _table("paired-differences", caption, found, PAIRED, results, p_values=True)


def _pairs(results: Results, task: str, target: str | None, measures: Sequence[str]) -> list[Estimate]:
    found = results.select(task=task, target=target, subgroup=None, versus_kind="reader")
    return [e for e in found if e.measure in measures]


def scope_of(task: str, target: str | None) -> str:
    """A task, or one class of it, in a caption."""
    return task if target is None else f"{target} against the other classes, {task}"


def _table(
    name: str,
    caption: str,
    found: Sequence[Estimate],
    measures: Sequence[str],
    results: Results,
    *,
    p_values: bool,
) -> Table | None:
    """A row per reader or comparison and a column per measure that has a record; nothing without records."""
    if not found:
        return None
    by_who: dict[Who, dict[str, Estimate]] = {}
    for e in found:
        by_who.setdefault(Who.of(e), {})[e.measure] = e
    shown = [measure for measure in measures if any(measure in row for row in by_who.values())]
    has_p = {m: p_values and any(m in row and math.isfinite(row[m].p_value) for row in by_who.values()) for m in shown}
    footnotes = Footnotes()
    naming = Naming(results)
    columns = [Column(header="Comparison" if p_values else "Reader", kind="text")]
    for measure in shown:
        columns.append(Column(header=MEASURES[measure].label))
        if has_p[measure]:
            columns.append(Column(header="P value", kind="p"))
    rows = []
    whos = ordered(by_who)
    for who in whos:
        cells = [naming.heading(who, by_who[who], also=_called_by(who, whos))]
        for measure in shown:
            record = by_who[who].get(measure)
            cells.append(estimate_cell(record, footnotes))
            if has_p[measure]:
                cells.append(p_cell(record, alpha_of(results)))
        rows.append(Row(cells=tuple(cells), summary=who.reader is None))
    means = {naming.header(who): by_who[who] for who in whos if who.reader is None}
    return Table(
        name=name,
        scope=" ".join(part for part in (found[0].task, found[0].target) if part),
        caption=caption,
        columns=tuple(columns),
        rows=tuple(rows),
        note=_note(found, mean_note(means, shown), p_values=any(has_p.values())),
        footnotes=footnotes.lines,
        abbreviations=tuple(sorted({ABBREVIATIONS[m] for m in shown if m in ABBREVIATIONS})),
    )


def _called_by(who: Who, whos: Sequence[Who]) -> str:
    """How the class was called, where one observer has a row for the most probable class and one for a threshold."""
    if who.threshold is not None:
        return f"at probability ≥ {probability(who.threshold)}"
    beside = any(other.threshold is not None and other._replace(threshold=None) == who for other in whos)
    return "most probable class" if beside else ""


def _note(found: Sequence[Estimate], means: str, *, p_values: bool) -> str:
    """What holds for the whole table."""
    parts = [interval_note(found)]
    if any(e.versus_kind == "reader" for e in found):
        percent = any(MEASURES[e.measure].percent for e in found)
        unit = " Differences of percentages are in percentage points." if percent else ""
        parts.append(f"A difference is the first minus the second.{unit}")
    parts.append(means)
    if p_values:
        parts.append(p_note(found))
    return " ".join(part for part in parts if part)


def mean_note(means: Mapping[str, Mapping[str, Estimate]], measures: Sequence[str], *, freedom: bool = True) -> str:
    """What a mean over readers is, and what its interval takes as random; with the degrees of freedom of each."""
    records = [row[m] for row in means.values() for m in measures if m in row]
    if not records:
        return ""
    said = "A mean is over readers, each with the same weight"
    if not any(math.isfinite(e.conf_low) for e in records):
        return f"{said}; it has no interval."
    said = f"{said}; its interval takes readers and cases as random (Obuchowski–Rockette, Hillis's df)."
    if not freedom:
        return said
    listed = [f"{name}: {', '.join(_df(row[m]) for m in measures if m in row)}" for name, row in means.items()]
    return f"{said} Degrees of freedom (df), column by column: {'; '.join(listed)}."


def _df(e: Estimate) -> str:
    if not math.isfinite(e.conf_low):
        return text.UNDEFINED
    if not math.isfinite(e.df):
        return "∞"
    return text.fixed(e.df, 1) if e.df <= MANY else f">{MANY}"


def p_note(found: Sequence[Estimate]) -> str:
    """Sides of the tests, and that the P values printed are raw."""
    tested = [e for e in found if math.isfinite(e.p_value)]
    if not tested:
        return ""
    sided = {"one-sided" if e.alternative in ("greater", "less") else "two-sided" for e in tested}
    adjusted = ""
    if any(math.isfinite(e.p_adjusted) for e in tested if e.role not in (None, "exploratory")):
        adjusted = "; adjusted ones stand in the table of endpoints"
    elif any(math.isfinite(e.p_adjusted) for e in tested):
        adjusted = "; beneath those of means over readers the one adjusted for the pairs of modalities (Holm)"
    return f"P values are {' or '.join(sorted(sided))}, not adjusted for multiple comparisons{adjusted}."


def interval_note(found: Sequence[Estimate]) -> str:
    """What the second line of the cells is."""
    levels = sorted({e.conf_level for e in found if math.isfinite(e.conf_level)})
    if not levels:
        return ""
    stated = " or ".join(text.fixed(level * 100, 4).rstrip("0").rstrip(".") + "%" for level in levels)
    return f"Beneath each estimate: its {stated} confidence interval."
