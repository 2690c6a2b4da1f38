"""Agreement of all readers of a group at once, and of readers with themselves on a second read."""

from __future__ import annotations

from collections.abc import Sequence

from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.report.conduct import plural
from readerstudy.report.grid import Line, Part, grid, parts_of
from readerstudy.report.people import Naming, Who, ordered
from readerstudy.report.performance import scope_of
from readerstudy.report.tables import Column, Table, text_cell
from readerstudy.results import Results

AMONG = (
    "fleiss_kappa", "conger_kappa", "light_kappa", "brennan_prediger", "gwet_ac1", "gwet_ac2", "krippendorff_alpha",
    "icc", "icc_average", "pairwise_agreement", "unanimous_agreement",
)  # fmt: skip
REPEATED = ("kappa", "icc")
# At most so many groups stand beside each other in one table.
_ACROSS = 5
_NOTE = "Observed agreement is not freed of chance; the coefficients are, each by its own idea of chance."


def among(results: Results, task: str, target: str | None) -> list[Table]:
    """A row for each coefficient and a column for each group of readers, modality by modality."""
    found = results.select(task=task, target=target, subgroup=None, versus=None, versus_kind=None, reader=None)
    found = [e for e in found if e.measure in AMONG]
    whos = ordered(dict.fromkeys(map(Who.of, found)))
    tables = []
    for start in range(0, len(whos), _ACROSS):
        tables.append(_among(results, found, whos[start : start + _ACROSS], task, target))
    return [table for table in tables if table is not None]


def _among(
    results: Results, found: Sequence[Estimate], whos: Sequence[Who], task: str, target: str | None
) -> Table | None:
    names = {who: f"{position}" for position, who in enumerate(whos)}
    parts = []
    for who, name in names.items():
        n = max((e.n_readers or 0 for e in found if Who.of(e) == who), default=0)
        beside = f" ({plural(n, 'reader')})" if n else ""
        parts.append(Part(name, _group(results, who) + beside))
    rows: dict[tuple[str, str | None], dict[str, Estimate]] = {}
    for e in sorted(found, key=lambda e: AMONG.index(e.measure)):
        if Who.of(e) in names:
            rows.setdefault((e.measure, e.method), {})[names[Who.of(e)]] = e
    several = [measure for measure, _ in rows]
    lines = [
        Line(text_cell(MEASURES[measure].label, _way(measure, method, several.count(measure) > 1)), records)
        for (measure, method), records in rows.items()
    ]
    begun = Table(
        name="agreement-among",
        scope=" ".join(part for part in (task, target) if part),
        caption=f"Agreement among readers, {scope_of(task, target)}",
        columns=(Column(header="Coefficient", kind="text"),),
        rows=(),
        note=_NOTE if any("observed" in line.heading.detail for line in lines) else "",
    )
    return grid(results, begun, lines, parts)


def _group(results: Results, who: Who) -> str:
    several = len({e.modality for e in results.estimates if e.modality is not None}) > 1
    name = Naming(results).group(who)
    return f"{name}, {who.modality}" if several and who.modality else name


def _way(measure: str, method: str | None, several: bool) -> str:
    """What a label does not say: which ICC it is, and that agreement was observed only."""
    if measure.endswith("_agreement"):
        return "observed"
    if measure.startswith("icc") or several:
        return METHOD_NAMES.get(method or "", method or "")
    family, _, last = (method or "").rpartition("-")
    if not family:
        return ""
    return f"{last} {'metric' if family == 'krippendorff' else 'weights'}"


def repeats(results: Results, task: str, target: str | None) -> Table | None:
    """Each reader's first read against the second of the same cases."""
    found = results.select(task=task, target=target, subgroup=None, versus_kind="repeat")
    rows: dict[Who, dict[str, Estimate]] = {}
    for e in found:
        rows.setdefault(Who.of(e), {})[e.measure] = e
    naming = Naming(results)
    begun = Table(
        name="repeats",
        scope=" ".join(part for part in (task, target) if part),
        caption=f"Repeated reads: agreement of each reader with themselves, {scope_of(task, target)}",
        columns=(Column(header="Reader", kind="text"),),
        rows=(),
    )
    measures = dict.fromkeys((*REPEATED, *(e.measure for e in found)))
    lines = [Line(naming.heading(who, rows[who]), rows[who], summary=who.reader is None) for who in ordered(rows)]
    return grid(results, begun, lines, parts_of(found, measures))
