"""The tables of agreement: kappa with the truth, within each group of readers, and of every pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from readerstudy.estimate import Estimate
from readerstudy.report.people import Naming, Who, groups_of, ordered
from readerstudy.report.performance import alpha_of, interval_note, p_note, scope_of
from readerstudy.report.tables import (
    Cell,
    Column,
    Footnotes,
    Row,
    Table,
    estimate_cell,
    p_cell,
    statistic_cell,
    text_cell,
)
from readerstudy.results import Results

# A triangle wider than this is cut into several tables by columns.
_MOST = 10
_TEST = "z and P test that the agreement is no better than chance."


def with_truth(results: Results, task: str, target: str | None) -> Table | None:
    """Kappa of each model, reader and consensus with the truth, with its test."""
    found = results.select(task=task, target=target, measure="kappa", versus_kind="truth", subgroup=None)
    naming = Naming(results)
    by_who = {Who.of(e): e for e in found}
    rows = [(naming.heading(who, {}), by_who[who]) for who in ordered(by_who)]
    caption = f"Agreement with the truth, {scope_of(task, target)}"
    return _listed("agreement-truth", caption, "Reader", rows, task, target, results)


def within_groups(results: Results, task: str, target: str | None) -> Table | None:
    """Kappa of the pairs of readers of one group, group by group; nothing where no reader has a group."""
    found = results.select(task=task, target=target, measure="kappa", versus_kind="reader", subgroup=None)
    groups = groups_of(results)
    naming = Naming(results)
    pairs: dict[str, list[Estimate]] = {}
    for e in found:
        group = groups.get(e.reader or "")
        if group is not None and group == groups.get(e.versus or ""):
            pairs.setdefault(group, []).append(e)
    rows = [
        (text_cell(f"{e.reader}, {e.versus}", naming.beneath(e.reader, e.modality)), e)
        for members in pairs.values()
        for e in members
    ]
    caption = f"Agreement between readers of the same group, {scope_of(task, target)}"
    return _listed("agreement-groups", caption, "Pair", rows, task, target, results)


def _listed(
    name: str,
    caption: str,
    header: str,
    rows: Sequence[tuple[Cell, Estimate]],
    task: str,
    target: str | None,
    results: Results,
) -> Table | None:
    """A row per kappa, with z and P."""
    if not rows:
        return None
    footnotes = Footnotes()
    found = [e for _, e in rows]
    return Table(
        name=name,
        scope=" ".join(part for part in (task, target) if part),
        caption=caption,
        columns=(
            Column(header=header, kind="text"),
            Column(header="Cohen's kappa"),
            Column(header="z", kind="statistic"),
            Column(header="P value", kind="p"),
        ),
        rows=tuple(
            Row(cells=(cell, estimate_cell(e, footnotes), statistic_cell(e), p_cell(e, alpha_of(results))))
            for cell, e in rows
        ),
        note=" ".join(part for part in (interval_note(found), _TEST, p_note(found)) if part),
        footnotes=footnotes.lines,
    )


def pairs(results: Results, task: str, target: str | None) -> list[Table]:
    """One triangle per modality; pairs of models, which have no modality, stand in each."""
    found = results.select(task=task, target=target, measure="kappa", versus_kind="reader", subgroup=None)
    modalities: list[str | None] = list(dict.fromkeys(e.modality for e in found if e.modality is not None))
    tables = []
    for modality in modalities or [None]:
        kappas = {(e.reader or "", e.versus or ""): e for e in found if e.modality in (None, modality)}
        names = list(dict.fromkeys(name for pair in kappas for name in pair))
        for start in range(0, max(len(names) - 1, 0), _MOST):
            table = _triangle(kappas, names, start, scope_of(task, target), modality)
            tables += [table] if table.rows else []
    return tables


def _triangle(
    kappas: Mapping[tuple[str, str], Estimate],
    names: Sequence[str],
    start: int,
    scope: str,
    modality: str | None,
) -> Table:
    """The pairs of the readers from `start` on with all who come after them."""
    # A consensus is not held against its readers, nor the last name against anybody.
    across = [
        (column, name)
        for column, name in enumerate(names[start : start + _MOST], start)
        if any((name, other) in kappas or (other, name) in kappas for other in names[column + 1 :])
    ]
    footnotes = Footnotes()
    rows = []
    shown: list[Estimate] = []
    for position, name in enumerate(names[start + 1 :], start + 1):
        cells: list[Cell] = [text_cell(name)]
        n_before = len(shown)
        for column, other in across:
            e = kappas.get((other, name), kappas.get((name, other))) if column < position else None
            shown += [] if e is None else [e]
            cells.append(estimate_cell(e, footnotes))
        if len(shown) > n_before:
            rows.append(Row(cells=tuple(cells)))
    return Table(
        name="agreement",
        scope=scope if modality is None else f"{scope} {modality}",
        caption=f"Agreement between pairs of readers, Cohen's kappa, {scope}{f', {modality}' if modality else ''}",
        columns=(Column(header="Reader", kind="text"), *(Column(header=name) for _, name in across)),
        rows=tuple(rows),
        note=interval_note(shown),
        footnotes=footnotes.lines,
    )
