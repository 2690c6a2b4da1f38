"""Who the patients were: the table of characteristics, as papers print it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.report.performance import alpha_of
from readerstudy.report.tables import Cell, Column, Footnotes, Row, Table, plain_cell, pointer, text_cell
from readerstudy.results import Results

ALL = "all"
TESTS = {
    "t": "Student's t test",
    "mann-whitney": "Mann–Whitney test",
    "kruskal-wallis": "Kruskal–Wallis test",
    "anova": "analysis of variance",
    "chi2": "Pearson's chi-squared test",
    "fisher": "Fisher's exact test",
}
_FORMS = {"mean-sd": "mean ± SD", "median-iqr": "median (IQR)", "count": "n (%)"}
_ABBREVIATIONS = {"mean-sd": ("SD", "standard deviation"), "median-iqr": ("IQR", "interquartile range")}
_BLANK = Cell(text="")

Entry = Mapping[str, Any]


def characteristics(results: Results) -> Table | None:
    """A row for each number and each level of a variable; columns for all cases and for each group."""
    entries: Sequence[Entry] = results.tables.get("characteristics", [])
    if not entries:
        return None
    groups = list(dict.fromkeys(name for entry in entries for name in entry["values"]))
    tested = any(entry["test"] is not None or entry["p_value"] is not None for entry in entries)
    columns = [Column(header="Characteristic", kind="text")]
    columns += [Column(header="Total" if name == ALL else name, kind="plain") for name in groups]
    footnotes = Footnotes()
    rows: list[Row] = []
    units = list(dict.fromkeys(entry.get("unit", "case") for entry in entries))
    alpha = alpha_of(results) if tested else None
    for (unit, _), members in itertools.groupby(
        enumerate(entries), key=lambda pair: (pair[1].get("unit", "case"), pair[1]["variable"])
    ):
        rows += _variable(list(members), groups, footnotes, alpha, f"per {unit}" if len(units) > 1 else "")
    if tested:
        columns.append(Column(header="P value", kind="p"))
    kinds = {entry["kind"] for entry in entries}
    return Table(
        name="characteristics",
        caption="Characteristics" + (" by group" if len(groups) > 1 else ""),
        columns=tuple(columns),
        rows=tuple(rows),
        note=_note(entries, units, groups, tested=tested),
        footnotes=footnotes.lines,
        abbreviations=tuple(_ABBREVIATIONS[kind] for kind in sorted(kinds & set(_ABBREVIATIONS))),
        fixed=True,
    )


def _variable(
    members: Sequence[tuple[int, Entry]], groups: Sequence[str], footnotes: Footnotes, alpha: float | None, per: str
) -> Iterator[Row]:
    """One row of numbers, or the name of the variable and a row for each level."""
    position, first = members[0]
    mark = footnotes.mark(_missing(first, groups))
    title = text_cell(f"{first['variable']}, {_FORMS[first['kind']]}", per, mark=mark)
    p = [] if alpha is None else [_p(position, first, footnotes, alpha)]
    if first["level"] is None:
        yield Row(cells=(title, *(_value(position, first, name) for name in groups), *p))
        return
    yield Row(cells=(title, *(_BLANK for _ in groups), *p))
    for place, entry in members:
        values = (_value(place, entry, name) for name in groups)
        yield Row(cells=(text_cell(str(entry["level"])), *values, *(_BLANK for _ in p)), inner=True)


def _value(position: int, entry: Entry, group: str) -> Cell:
    """Mean ± SD, median with quartiles, or count with its share."""
    fields = entry["values"].get(group)
    if fields is None:
        return _BLANK
    place = pointer("tables", "characteristics", position, "values", group)
    if entry["kind"] == "count":
        share = fields["count"] / fields["total"] if fields["total"] else math.nan
        return plain_cell(f"{fields['count']} ({text.percent(share)})", place, fields, sort=fields["count"])
    decimals = _decimals(entry)
    if entry["kind"] == "mean-sd":
        printed = f"{_fixed(fields['mean'], decimals)} ± {_fixed(fields['sd'], decimals)}"
        return plain_cell(printed, place, fields, sort=fields["mean"])
    quartiles = f"({_fixed(fields['q1'], decimals)}, {_fixed(fields['q3'], decimals)})"
    return plain_cell(f"{_fixed(fields['median'], decimals)} {quartiles}", place, fields, sort=fields["median"])


def _decimals(entry: Entry) -> int:
    """So many that the spread of all cases shows three digits; the same in every column."""
    fields = entry["values"].get(ALL) or next(iter(entry["values"].values()))
    spread = fields["sd"] if entry["kind"] == "mean-sd" else _difference(fields["q3"], fields["q1"])
    if not spread or not math.isfinite(spread):
        return 1
    return min(max(2 - math.floor(math.log10(spread)), 0), 6)


def _difference(high: float | None, low: float | None) -> float | None:
    return None if high is None or low is None else high - low


def _fixed(value: float | None, decimals: int) -> str:
    return text.UNDEFINED if value is None else text.fixed(value, decimals)


def _p(position: int, entry: Entry, footnotes: Footnotes, alpha: float) -> Cell:
    """The P-value with the name of its test, and what is to be said about it, as a footnote."""
    known = TESTS.get(entry["test"] or "")
    said = "; ".join(part for part in (known, entry["note"]) if part)
    p = entry["p_value"]
    fields = {name: entry[name] for name in ("test", "statistic", "df", "p_value", "note")}
    printed = text.UNDEFINED if p is None else text.p_value(p, alpha)
    place = pointer("tables", "characteristics", position)
    return plain_cell(printed, place, fields, sort=p, mark=footnotes.mark(said[:1].upper() + said[1:]))


def _missing(entry: Entry, groups: Sequence[str]) -> str:
    """How many values are not known, in all and by group."""
    counts = {name: entry["values"][name]["missing"] for name in groups if name in entry["values"]}
    if not any(counts.values()):
        return ""
    split = [f"{name} {n}" for name, n in counts.items() if name != ALL]
    total = counts.get(ALL, sum(counts.values()))
    by_group = f" ({', '.join(split)})" if split else ""
    return f"{entry['variable']}: {total} missing{by_group}."


def _note(entries: Sequence[Entry], units: Sequence[str], groups: Sequence[str], *, tested: bool) -> str:
    """How many were described, and how to read the numbers."""
    kinds = {entry["kind"] for entry in entries}
    parts = []
    for unit in units:
        first = next(entry for entry in entries if entry.get("unit", "case") == unit)
        n = {name: values["n"] + values["missing"] for name, values in first["values"].items()}
        split = ", ".join(f"{name} {n[name]}" for name in groups if name in n and name != ALL)
        parts.append(f"{unit.capitalize()}s: {n.get(ALL, sum(n.values()))}{f' ({split})' if split else ''}.")
    if "median-iqr" in kinds:
        parts.append("In brackets after a median: the quartiles.")
    if "count" in kinds:
        parts.append("Percentages are of the values known in each column.")
    if tested:
        parts.append("P values are two-sided, not adjusted for multiple comparisons.")
    elif len(groups) > 1:
        parts.append("The groups were not compared by a test.")
    return " ".join(parts)
