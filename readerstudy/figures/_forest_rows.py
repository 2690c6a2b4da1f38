"""The rows of a forest plot of differences: whose, in which order, and how they are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.figures._interval_rows import Look, Row
from readerstudy.figures._label import plain
from readerstudy.figures._palette import (
    CURVE_WIDTH,
    FRAME,
    INK,
    Series,
    Style,
    call_marker,
    consensus_marker,
    mean_marker,
    reader_marker,
)
from readerstudy.figures._pick import Observer, Picked

_EVERYBODY = Style(INK, FRAME, FRAME, "D", "solid")
"""The mean over all readers, where they stand in groups."""
Pair = tuple[str | None, str | None, str | None]
"""What names a comparison within its part of a plot: a reader or a group, and the modalities."""


class Sections:
    """The rows of some measures, part by part.

    Parameters
    ----------
    picked, task, measures
        Where to look and for what: the measures of the panels.
    """

    def __init__(self, picked: Picked, task: str, measures: Sequence[str]) -> None:
        self.picked, self.task, self.measures = picked, task, tuple(measures)
        self.rows: list[Row] = []
        self.absent: list[str] = []
        """What is undefined in every panel."""
        self.labelled: list[tuple[str, Estimate]] = []
        """Every record that is shown, with the whole name of its comparison."""
        self.means: set[str] = set()
        """The keys of those that are means over readers."""

    @property
    def estimates(self) -> list[Estimate]:
        """Every record that is shown."""
        return [e for _, e in self.labelled]

    @property
    def endpoints(self) -> list[tuple[Mapping[str, Any], Estimate]]:
        """The endpoints of the protocol that records of the plot answer, in its order."""
        by_key = {e.key: e for e in self.estimates}
        entries = self.picked.results.tables.get("endpoints", ())
        return [(entry, by_key[entry["key"]]) for entry in entries if entry.get("key") in by_key]

    def models(self) -> None:
        """Each model minus each reader, the means of the groups, the consensus and the models after it."""
        for model in self.picked.models:
            singles = self._by(lambda e: (e.versus, e.modality, None), self._versus("reader", model))
            means = self._by(lambda e: (e.versus, e.modality, None), self._versus("group", model))
            if not singles and not means:
                continue
            self.rows.append(Row(label=f"{plain(model)} minus", bold=True))
            people = {pair: self.picked.person(pair[0], pair[1]) for pair in singles}
            for series in self.picked.series:
                own = [pair for pair, who in people.items() if who and _series(who) == series]
                mean = means.pop((series[0] or ALL_READERS, series[1], None), None)
                self._series(series, [(str(pair[0]), singles.pop(pair)) for pair in own], mean, model)
            for (group, modality, _), found in means.items():
                where = f", {modality}" if self.picked.several_modalities and modality else ""
                self._row(f"Mean of {group}{where}", 1, found, _mean_look(_EVERYBODY), f"{model} minus", mean=True)
            for pair, found in singles.items():
                who = people[pair]
                self._row(self._name(pair, who), 1, found, self._look(who), f"{model} minus")

    def modalities(self) -> None:
        """Each reader in one modality minus the same reader in another, and the means of the groups."""
        singles = [self.picked.versus(self.task, measure, "modality") for measure in self.measures]
        means = [self.picked.mean_versus(self.task, measure) for measure in self.measures]
        pairs = dict.fromkeys((e.modality, e.versus) for found in (*singles, *means) for e in found)
        for modality, versus in pairs:
            head = f"{modality or 'no modality'} minus {versus}"
            of_pair = self._by(
                lambda e: (e.reader, e.modality, e.versus), [_of(found, modality, versus) for found in singles]
            )
            of_groups = self._by(
                lambda e: (e.reader_group, e.modality, e.versus), [_of(found, modality, versus) for found in means]
            )
            self.rows.append(Row(label=plain(head), bold=True))
            for group in dict.fromkeys(group for group, _ in self.picked.series):
                own = [
                    pair
                    for pair in of_pair
                    if (who := self.picked.person(pair[0], pair[1])) and (who.kind, who.group) == ("human", group)
                ]
                mean = of_groups.pop((group or ALL_READERS, modality, versus), None)
                series = (group, modality)
                rows = [(str(pair[0]), of_pair.pop(pair)) for pair in own]
                self._series(series, rows, mean, head, within=group or "")
            for (group, *_), found in of_groups.items():
                self._row(f"Mean of {group}", 1, found, _mean_look(_EVERYBODY), head, mean=True)
            for pair, found in of_pair.items():
                who = self.picked.person(pair[0], pair[1])
                self._row(str(pair[0]), 1, found, self._look(who), head)

    def _versus(self, kind: str, model: str) -> list[list[Estimate]]:
        found = [self.picked.versus(self.task, measure, kind) for measure in self.measures]
        return [[e for e in of if e.reader == model and e.reader_kind == "model"] for of in found]

    def _by(
        self, name: Callable[[Estimate], Pair], found: Sequence[Iterable[Estimate]]
    ) -> dict[Pair, list[Estimate | None]]:
        """The records of each panel by what they compare; of several of one thing, that which generalises furthest."""
        rows: dict[Pair, list[Estimate | None]] = {}
        for i, of_measure in enumerate(found):
            for e in of_measure:
                row = rows.setdefault(name(e), [None] * len(self.measures))
                before = row[i]
                if before is None or (e.random == "readers and cases" and before.random != e.random):
                    row[i] = e
        return rows

    def _series(
        self,
        series: Series,
        readers: Sequence[tuple[str, list[Estimate | None]]],
        mean: list[Estimate | None] | None,
        head: str,
        within: str | None = None,
    ) -> None:
        """The readers of a group in one modality under its name, and then their mean."""
        style = self.picked.series_styles.get(series, _EVERYBODY)
        label = self.picked.series_label(series) if within is None else within
        named = bool(label) and self.picked.series != [(None, None)]
        first = f"{head} minus" if within is None else head
        if readers and named:
            self.rows.append(Row(label=plain(label), depth=1))
        for name, found in readers:
            self._row(name, 1 + named, found, _reader_look(style), first)
        if mean is not None:
            # Under the name of the group, or alone.
            of = series[0] or ALL_READERS
            where = f", {series[1]}" if within is None and series[1] and self.picked.several_modalities else ""
            shown = f"Mean of {of}" if readers else f"Mean of {of}{where}"
            self._row(shown, 1 + (named and bool(readers)), mean, _mean_look(style), first, mean=True)

    def _row(
        self,
        label: str,
        depth: int,
        found: list[Estimate | None],
        look: Look,
        head: str,
        *,
        mean: bool = False,
    ) -> None:
        e = next(e for e in found if e is not None)
        modality = e.modality if self.picked.several_modalities and e.versus_kind != "modality" else None
        whole = plain(f"{head} {label}" if e.versus_kind != "modality" else f"{label}: {head}")
        if modality and modality not in whole:
            whole = plain(f"{whole} ({modality})")
        row = Row(label=plain(label), depth=depth, bold=mean, estimates=tuple(found), look=look)
        if not row.drawn:
            self.absent.append(whole)
            return
        margins = tuple(self._margins(e) for e in found)
        self.rows.append(Row(**{**vars(row), "margins": margins if any(margins) else ()}))
        self.labelled += [(whole, e) for e in found if e is not None]
        self.means |= {e.key for e in found if mean and e is not None}

    def _margins(self, e: Estimate | None) -> tuple[float, ...]:
        """Below a negative margin the endpoint is lost; an equivalence has one on either side."""
        if e is None or not math.isfinite(e.margin):
            return ()
        found: dict[float, None] = {}
        for entry in self.picked.endpoints(e):
            if entry["hypothesis"] in ("non-inferiority", "equivalence"):
                found[-abs(e.margin)] = None
            if entry["hypothesis"] == "equivalence":
                found[abs(e.margin)] = None
        return tuple(found)

    def _name(self, pair: Pair, who: Observer | None) -> str:
        several = self.picked.several_modalities and pair[1] and (who is None or who.kind == "consensus")
        return f"{pair[0]} ({pair[1]})" if several else str(pair[0])

    def _look(self, who: Observer | None) -> Look:
        """A consensus, another model, or somebody who has no number of their own."""
        if who is not None and who.kind == "consensus":
            style = self.picked.consensus_styles[who.name, who.modality]
            return Look(marker=consensus_marker(style, 0.75), colour=FRAME)
        if who is not None and who.kind == "model":
            style = self.picked.model_styles[who.name]
            return Look(marker=call_marker(style, 0.75), colour=style.pale)
        return _reader_look(_EVERYBODY)


def _series(who: Observer) -> Series | None:
    return (who.group, who.modality) if who.kind == "human" else None


def _of(found: Iterable[Estimate], modality: str | None, versus: str | None) -> list[Estimate]:
    return [e for e in found if (e.modality, e.versus) == (modality, versus)]


def _reader_look(style: Style) -> Look:
    return Look(marker=reader_marker(style), colour=style.pale)


def _mean_look(style: Style) -> Look:
    marker = {**mean_marker(style, 0.7), "marker": "D"}
    return Look(marker=marker, colour=style.colour, linewidth=CURVE_WIDTH)
