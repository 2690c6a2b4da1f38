"""Tables of records laid out by hand: a line for each observer, comparison or rule, and up to three cells a record."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES
from readerstudy.report.performance import ABBREVIATIONS, MANY, alpha_of, interval_note, p_note
from readerstudy.report.tables import (
    Cell,
    Column,
    Footnotes,
    Row,
    Table,
    estimate_cell,
    p_cell,
    statistic_cell,
)
from readerstudy.results import Results

Shown = Literal["estimate", "statistic", "p"]
# What the notes of tests say, beside an estimate that is not printed.
_OF_TESTS = "no estimate of its own"


class Part(NamedTuple):
    """The cells of one record in every line: under which name it is found, its header, and what is shown of it."""

    name: str
    header: str
    shows: tuple[Shown, ...] = ("estimate",)

    @classmethod
    def of(cls, measure: str, *, tested: bool = False) -> Part:
        """The estimate of a measure, with its P value if `tested`."""
        return cls(measure, MEASURES[measure].label, ("estimate", "p") if tested else ("estimate",))


def parts_of(found: Iterable[Estimate], measures: Iterable[str], *, tested: bool = False) -> list[Part]:
    """A part for each of `measures` that a record has, in this order."""
    known = {e.measure for e in found}
    return [Part.of(measure, tested=tested) for measure in measures if measure in known]


class Line(NamedTuple):
    """One row: its heading and its records by the names of the parts."""

    heading: Cell
    records: Mapping[str, Estimate]
    summary: bool = False
    inner: bool = False


def grid(
    results: Results,
    table: Table,
    lines: Sequence[Line],
    parts: Iterable[Part],
    *,
    said: str = "",
) -> Table | None:
    """`table`, of which name, scope, caption and first column are set, with its lines; nothing without records.

    A part that no line has is left out, and so is a P value that is never defined. A note that every record has stands
    once below the table; other notes are marked at their numbers. `said` is put before what is said of P values.
    """
    found = [e for line in lines for e in line.records.values()]
    shown = [part for part in parts if any(part.name in line.records for line in lines)]
    if not shown:
        return None
    columns = list(table.columns)
    tested: list[Estimate] = []
    kept = []
    for part in shown:
        records = [line.records[part.name] for line in lines if part.name in line.records]
        with_p = any(math.isfinite(e.p_value) for e in records)
        shows = tuple(what for what in part.shows if what != "p" or with_p)
        tested += records if "p" in shows else []
        columns += [_column(part.header, what) for what in shows]
        kept.append((part.name, shows))
    everywhere = set.intersection(*(set(_clauses(e)) for e in found)) if len(found) > 1 else set()
    footnotes = Footnotes()
    alpha = alpha_of(results)
    rows = []
    for line in lines:
        cells = [line.heading]
        for name, shows in kept:
            e = line.records.get(name)
            cells += _cells(e, shows, "; ".join(c for c in _clauses(e) if c not in everywhere), footnotes, alpha)
        rows.append(Row(cells=tuple(cells), summary=line.summary, inner=line.inner))
    estimated = {name for name, shows in kept if "estimate" in shows}
    sentences = (
        interval_note([line.records[name] for line in lines for name in estimated & set(line.records)]),
        *(f"{clause[:1].upper()}{clause[1:]}." for clause in dict.fromkeys(_clauses(found[0])) if clause in everywhere),
        said,
        p_note(tested),
        table.note,
    )
    short = {ABBREVIATIONS[e.measure] for e in found if e.measure in ABBREVIATIONS}
    return dataclasses.replace(
        table,
        columns=tuple(columns),
        rows=tuple(rows),
        note=" ".join(sentence for sentence in sentences if sentence),
        footnotes=footnotes.lines,
        abbreviations=(*table.abbreviations, *sorted(short)),
    )


def _column(header: str, what: Shown) -> Column:
    if what == "p":
        return Column(header="P value", kind="p")
    return Column(header=header, kind="estimate" if what == "estimate" else "statistic")


def _clauses(e: Estimate | None) -> list[str]:
    """What the note of a record says, without what a test says of itself."""
    note = "" if e is None else e.note or ""
    return [clause for clause in note.split("; ") if clause and not clause.endswith(_OF_TESTS)]


def _cells(e: Estimate | None, shows: Sequence[Shown], note: str, footnotes: Footnotes, alpha: float) -> list[Cell]:
    cells = []
    for what in shows:
        if what == "estimate":
            cell = estimate_cell(e and e.replace(note=None), footnotes)
        elif what == "statistic":
            cell = dataclasses.replace(statistic_cell(e), detail=freedom(e))
        else:
            cell = p_cell(e, alpha)
            if e is not None and e.random is not None:
                # A test with random readers rests on few degrees of freedom: they go with its P value.
                cell = dataclasses.replace(cell, detail=freedom(e))
            if e is not None and e.role in (None, "exploratory") and math.isfinite(e.p_adjusted):
                adjusted = f"adjusted {text.p_value(e.p_adjusted, alpha)}"
                cell = dataclasses.replace(cell, detail=", ".join(filter(None, (cell.detail, adjusted))))
        cells.append(cell if e is None else dataclasses.replace(cell, record=e))
    if e is not None and cells:
        cells[0] = dataclasses.replace(cells[0], mark=footnotes.mark(note))
    return cells


def freedom(e: Estimate | None) -> str:
    """The degrees of freedom of a test, where it has them.

    Examples
    --------
    >>> freedom(Estimate(measure="auc", df_num=1, df=15.26)), freedom(Estimate(measure="auc"))
    ('df 1, 15.3', '')
    """
    known = [] if e is None else [df for df in (e.df_num, e.df) if math.isfinite(df)]
    return f"df {', '.join(map(_freedom, known))}" if known else ""


def _freedom(df: float) -> str:
    if df > MANY:
        return f">{MANY}"
    return text.fixed(df, 0 if df == round(df) else 1)
