"""Whose number it is: how models, readers, their consensus and means of readers are named and ordered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.report.tables import Cell, text_cell
from readerstudy.results import Results

_ORDER = {"model": 0, "human": 1, "consensus": 2}


class Who(NamedTuple):
    """The identity of a row. A group mean has no reader; `versus` is set for a comparison.

    `threshold` is set where a class was called by a threshold of its own, beside the call of the most probable class.
    """

    reader: str | None
    kind: str | None
    group: str | None
    modality: str | None
    versus: str | None = None
    threshold: float | None = None

    @classmethod
    def of(cls, e: Estimate) -> Who:
        """The identity of a record, without what was measured."""
        versus = e.versus if e.versus_kind == "reader" else None
        own = e.target is not None and e.threshold == e.threshold
        return cls(e.reader, e.reader_kind, e.reader_group, e.modality, versus, e.threshold if own else None)


def ordered(whos: Iterable[Who]) -> list[Who]:
    """Models, then readers by group, their consensus, then means; otherwise in the order of the analysis."""
    whos = list(whos)
    first: dict[tuple[str, str | None], int] = {}
    for position, who in enumerate(whos):
        for field in ("group", "reader", "versus"):
            first.setdefault((field, getattr(who, field)), position)

    def place(who: Who) -> tuple[bool, int, bool, int, int, int]:
        return (
            who.reader is None,
            _ORDER.get(who.kind or "", len(_ORDER)),
            who.group == ALL_READERS,
            first["group", who.group],
            first["reader", who.reader],
            first["versus", who.versus],
        )

    return sorted(whos, key=place)


class Naming:
    """Names of rows: the name above, the kind, the group and the modality beneath where a study has them."""

    def __init__(self, results: Results) -> None:
        self._groups = groups_of(results)
        self._kinds = {e.reader: e.reader_kind for e in results.estimates}
        self._several = len({e.modality for e in results.estimates if e.modality is not None}) > 1
        self.consensus = consensus_name(results)

    def beneath(self, reader: str | None, modality: str | None, *also: str) -> str:
        """The second line under the name of a model, a reader or a consensus."""
        kind = self._kinds.get(reader)
        group = {"model": "model", "consensus": self.consensus}.get(kind or "", self._groups.get(reader or ""))
        parts = (group, modality if self._several else None, *also)
        return ", ".join(part for part in parts if part and part != reader)

    def heading(self, who: Who, row: Mapping[str, Estimate], *, also: str = "") -> Cell:
        """The first cell of a row."""
        if who.reader is None and who.versus is not None:
            return text_cell(f"Mean, {self.group(who)} − {who.versus}", self.beneath(who.versus, who.modality, also))
        if who.reader is None:
            n = max((e.n_readers or 0 for e in row.values()), default=0)
            shown = [f"n = {n}"] if n else []
            if self._several and who.modality:
                shown.append(who.modality)
            return text_cell(f"Mean, {self.group(who)}", ", ".join([*shown, *([also] if also else [])]))
        if who.versus is not None:
            return text_cell(f"{who.reader} − {who.versus}", self.beneath(who.versus, who.modality, also))
        return text_cell(who.reader, self.beneath(who.reader, who.modality, also))

    def of(self, e: Estimate, *, also: str = "") -> Cell:
        """The heading of a row that begins with this record: whose it is, and what it is compared with."""
        if e.versus_kind == "group":
            return text_cell(f"{e.reader} − mean, {e.versus}", self.beneath(e.reader, e.modality, also))
        if e.versus_kind == "modality":
            pair = f"{e.modality} − {e.versus}" if e.versus is not None else ""
            if e.reader is not None:
                return text_cell(e.reader, ", ".join(part for part in (self._group_of(e.reader), pair, also) if part))
            n = f"n = {e.n_readers}" if e.n_readers else ""
            return text_cell(f"Mean, {self.group(Who.of(e))}", ", ".join(part for part in (n, pair, also) if part))
        return self.heading(Who.of(e), {e.measure: e}, also=also)

    def _group_of(self, reader: str) -> str:
        return self._groups.get(reader, "")

    def group(self, who: Who) -> str:
        """The group of a mean, in words."""
        return ALL_READERS if who.group in (None, ALL_READERS) else who.group or ""

    def header(self, who: Who) -> str:
        """The name as the header of a column."""
        name = f"Mean, {self.group(who)}" if who.reader is None else who.reader
        return f"{name}, {who.modality}" if self._several and who.modality else name


def groups_of(results: Results) -> dict[str, str]:
    """The group of each reader who has one."""
    return {e.reader: e.reader_group for e in results.estimates if e.reader and e.reader_group}


def consensus_name(results: Results) -> str:
    """What sort of consensus the readers have."""
    return "majority of the readers" if readers_plan(results).get("consensus") == "majority" else "supplied consensus"


def readers_plan(results: Results) -> Mapping[str, object]:
    """What the protocol says about the readers."""
    plan: Mapping[str, object] = results.protocol.get("readers", {})
    return plan


def probability(threshold: float) -> str:
    """A threshold with three digits that count.

    Examples
    --------
    >>> probability(0.3), probability(0.28617)
    ('0.3', '0.286')
    """
    return f"{threshold:.3g}"
