"""Net benefit at the thresholds of the protocol, of models, readers and of treating all; and the differences."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Line, Part, grid
from readerstudy.report.people import Naming, Who, ordered, probability
from readerstudy.report.performance import scope_of
from readerstudy.report.tables import Cell, Column, Table, text_cell
from readerstudy.results import Results

TREAT_ALL = "net_benefit_treat_all"
# At most so many thresholds stand beside each other in one table.
_ACROSS = 6
_NOTE = (
    "Net benefit counts a true positive as 1 and a false positive as the odds of the threshold probability lost; "
    "treating nobody has 0."
)


def net_benefits(results: Results, task: str, target: str | None) -> list[Table]:
    """A row per observer and for treating all, a column per threshold probability."""
    found = results.select(task=task, target=target, subgroup=None, versus=None, versus_kind=None)
    found = [e for e in found if e.measure in ("net_benefit", TREAT_ALL)]
    naming = Naming(results)

    def heading(e: Estimate) -> Cell:
        return text_cell("Treat all") if e.measure == TREAT_ALL else naming.heading(_who(e), {})

    order = {who: position for position, who in enumerate(ordered(dict.fromkeys(map(_who, found))))}
    found.sort(key=lambda e: (e.measure == TREAT_ALL, order[_who(e)]))
    return _tables(
        results, "net-benefit", "Net benefit", "Reader", found, lambda e: (e.measure, _who(e)), heading, task, target
    )


def differences(results: Results, task: str, target: str | None) -> list[Table]:
    """A row per comparison, a column per threshold probability, each with its P value."""
    found = results.select(task=task, target=target, subgroup=None, measure="net_benefit_difference")
    naming = Naming(results)
    return _tables(
        results, "net-benefit-differences", "Differences in net benefit", "Comparison", found,
        lambda e: (_who(e), e.versus), naming.of, task, target,
    )  # fmt: skip


def _who(e: Estimate) -> Who:
    """Whose record it is; its threshold is that of the decision."""
    return Who.of(e)._replace(threshold=None)


def _tables(
    results: Results,
    name: str,
    caption: str,
    first: str,
    found: Iterable[Estimate],
    whose: Callable[[Estimate], Hashable],
    heading: Callable[[Estimate], Cell],
    task: str,
    target: str | None,
) -> list[Table]:
    rows: dict[Hashable, dict[str, Estimate]] = {}
    for e in found:
        rows.setdefault(whose(e), {})[repr(e.threshold)] = e
    thresholds = sorted({float(name) for row in rows.values() for name in row})
    lines = [
        Line(heading(next(iter(row.values()))), row, summary=next(iter(row.values())).measure == TREAT_ALL)
        for row in rows.values()
    ]
    compared = name != "net-benefit"
    tables = []
    for start in range(0, len(thresholds), _ACROSS):
        across = thresholds[start : start + _ACROSS]
        parts = [
            Part(repr(t), f"At {probability(t)}", ("estimate", "p") if compared else ("estimate",)) for t in across
        ]
        begun = Table(
            name=name,
            scope=" ".join(part for part in (task, target) if part),
            caption=f"{caption} at threshold probabilities, {scope_of(task, target)}",
            columns=(Column(header=first, kind="text"),),
            rows=(),
            note="" if compared else _NOTE,
        )
        said = "A difference is the first minus the second." if compared else ""
        kept = {repr(t) for t in across}
        cut = [line._replace(records={n: e for n, e in line.records.items() if n in kept}) for line in lines]
        table = grid(results, begun, [line for line in cut if line.records], parts, said=said)
        tables += [table] if table is not None else []
    return tables
