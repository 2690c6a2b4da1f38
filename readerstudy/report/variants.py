"""The same numbers taken in several ways, way below way: the rules for missing reads, and corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from readerstudy.estimate import Estimate
from readerstudy.report.grid import Line
from readerstudy.report.people import Naming
from readerstudy.report.selection import number_of
from readerstudy.report.tables import text_cell
from readerstudy.results import Results


def lines(
    results: Results,
    found: Iterable[Estimate],
    way_of: Callable[[Estimate], str],
    ways: Sequence[str],
    called: Callable[[str], str],
) -> list[Line]:
    """A line for each way of each observer or comparison that was taken in more ways than one; `called` names them."""
    whose: dict[tuple[object, ...], dict[str, dict[str, Estimate]]] = {}
    for e in found:
        whose.setdefault(number_of(e, "measure"), {}).setdefault(way_of(e), {})[e.measure] = e
    naming = Naming(results)
    made = []
    for by_way in whose.values():
        if len(by_way) < 2:
            continue
        order = sorted(by_way, key=ways.index)
        for position, way in enumerate(order):
            records = by_way[way]
            if position:
                made.append(Line(text_cell(called(way)), records, inner=True))
            else:
                made.append(Line(naming.of(next(iter(records.values())), also=called(way)), records))
    return made
