"""What a plot of decision curves shows, and how that is said in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._label import plain
from readerstudy.figures._palette import MUTED_MODEL, Series, Style
from readerstudy.figures._pick import MANY_MODELS, Observer, Picked

FILLED, _EDGED = 1, 3
"""Most models whose bands are filled, and whose bands are thin lines; filled, several would hide one another."""
NUMBERED = 4
"""Most thresholds whose numbers stand in the legend."""
_LINED = 12
"""Most readers who have a line each; of more the symbols are drawn alone, those of a group beside one another's."""
_BELOW = 0.3
"""How far below 0 the axis goes, as a share of what it goes above."""
_SAID = 60
"""Most numbers that the alternative text gives one by one."""


class Shown:
    """The curves and records of a task."""

    def __init__(self, picked: Picked, task: str) -> None:
        self.picked, self.task = picked, task
        found = [e for e in picked.results.tables.get("decision", ()) if e["task"] == task]
        self.strategies = {e["strategy"]: e for e in found if e.get("strategy")}
        curves = [e for e in found if not e.get("strategy") and any(known(v) for v in e["net_benefit"])]
        by_kind: dict[str, list[Estimate]] = {}
        for kind in ("model", "human", "consensus"):
            every = picked.every(task, "net_benefit", kind)
            by_kind[kind] = [e for e in every if math.isfinite(e.estimate) and math.isfinite(e.threshold)]
        self.models, self.readers, self.consensus = by_kind["model"], by_kind["human"], by_kind["consensus"]
        self.many = len({(e.reader, e.modality) for e in self.readers}) > _LINED
        lines = [e for e in curves if not (self.many and e["reader_kind"] == "human")]
        self.curves = sorted(lines, key=lambda e: self._place(Observer.of(e)))

    def _place(self, observer: Observer) -> tuple[int, int, int]:
        models = self.picked.models
        return (*self.picked.place(observer), models.index(observer.name) if observer.name in models else 0)

    @property
    def points(self) -> list[Estimate]:
        """Every record that has a symbol."""
        return [*self.models, *self.readers, *self.consensus]

    @property
    def worth_drawing(self) -> bool:
        """Whether there is anybody beside the two strategies."""
        return bool(self.curves or self.points)

    @property
    def model_names(self) -> list[str]:
        """The models that have a curve or symbols."""
        curves = [str(e["reader"]) for e in self.curves if e["reader_kind"] == "model"]
        return list(dict.fromkeys([*curves, *(str(e.reader) for e in self.models)]))

    @property
    def crowded(self) -> bool:
        """Whether there are too many models to be told apart."""
        return len(self.model_names) > MANY_MODELS

    @property
    def banded(self) -> list[Mapping[str, Any]]:
        """The curves of models that have a band, where there are few enough."""
        of_models = [e for e in self.curves if e["reader_kind"] == "model"]
        if len(of_models) > _EDGED:
            return []
        return [e for e in of_models if any(map(known, e["low"] or ())) and any(map(known, e["high"] or ()))]

    def style(self, model: str) -> Style:
        """How a model is drawn."""
        return MUTED_MODEL if self.crowded else self.picked.model_styles.get(model, MUTED_MODEL)

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest threshold."""
        found = [t for e in (*self.curves, *self.strategies.values()) for t in e["threshold"]]
        found += [e.threshold for e in self.points]
        return min(found), max(found)

    @property
    def y_limits(self) -> tuple[float, float]:
        """As high as anything goes, and not far below 0: treating all falls without end."""
        heights = [v for e in self.curves for v in e["net_benefit"] if known(v)]
        heights += [v for e in self.banded for v in e["high"] if known(v)]
        heights += [v for e in self.strategies.values() for v in e["net_benefit"] if known(v)]
        heights += [e.estimate for e in self.points]
        high = max(*heights, 0.01)
        lowest = min(*heights, 0.0)
        return max(lowest, -_BELOW * high) - 0.03 * high, high * 1.04

    @property
    def thresholds(self) -> list[float]:
        """Those of the records, which are the protocol's."""
        return sorted({e.threshold for e in self.points})

    @property
    def series(self) -> list[Series]:
        """The series of readers that have symbols."""
        return [s for s in self.picked.series if any((e.reader_group, e.modality) == s for e in self.readers)]


def known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def at(threshold: float) -> str:
    """A threshold as it is printed."""
    return f"{threshold:.4g}"


def caption(shown: Shown) -> str:
    number = words.cases(shown.points)
    sentences = [
        f"Decision curves for the task “{plain(shown.task)}”{f' ({number})' if number else ''}: net benefit of acting "
        "on a positive call, by the threshold probability from which on acting is worth its harm."
    ]
    if shown.banded:
        kind = "Pale band" if len(shown.banded) <= FILLED else "Thin lines beside a model's"
        sentences.append(f"{kind}: its pointwise confidence band.")
    elif any(e["low"] for e in shown.curves if e["reader_kind"] == "model"):
        sentences.append("The confidence bands of so many models are not drawn.")
    if shown.crowded:
        count = words.counted(len(shown.model_names), "model")
        sentences.append(f"Pale lines: {count}, drawn alike; the tables have their numbers.")
    if shown.points:
        listed = words.listed([at(t) for t in shown.thresholds])
        intervals = words.intervals(shown.points)
        whose = f"; in brackets: {intervals}" if intervals and len(shown.thresholds) <= NUMBERED else ""
        sentences.append(f"Symbols: net benefit at the threshold{'s' if ' and ' in listed else ''} {listed}{whose}.")
    if any(e["reader_kind"] == "human" for e in shown.curves):
        sentences.append("Thin lines of readers: by their calls, which no threshold changes.")
    elif shown.many and len(shown.series) > 1:
        sentences.append("The readers of different groups stand side by side at each threshold.")
    if "treat all" in shown.strategies:
        sentences.append("Dashed grey line: acting on every case. Line at 0: acting on none.")
    else:
        sentences.append("Line at 0: acting on none.")
    low = shown.y_limits[0]
    below = {plain(shown.picked.reader_label(e)): None for e in shown.points if e.estimate < low}
    if below:
        sentences.append(f"Below the axis, and not drawn: {'; '.join(below)}.")
    labelled = [(plain(f"{shown.picked.reader_label(e)} at {at(e.threshold)}"), e) for e in shown.points]
    return words.join(*sentences, words.notes(labelled))


def alt(shown: Shown) -> str:
    first, last = shown.range
    sentences = [
        f"Decision curves for the task “{shown.task}”: threshold probability from {at(first)} to {at(last)} to "
        "the right, net benefit upwards."
    ]
    parts = []
    if len(shown.points) <= _SAID:
        of_whom: dict[str, list[str]] = {}
        for e in shown.points:
            of_whom.setdefault(shown.picked.reader_label(e), []).append(f"{text.full(e)} at {at(e.threshold)}")
        parts += [f"{who}: {', '.join(numbers)}" for who, numbers in of_whom.items()]
    else:
        for noun, found in (("model", shown.models), ("reader", shown.readers), ("consensus", shown.consensus)):
            for t in shown.thresholds:
                here = [e for e in found if e.threshold == t]
                count = words.counted(len(here), noun)
                parts += [f"{count} at {at(t)}: {words.spread(here)}"] if here else []
    treat_all = shown.strategies.get("treat all")
    if treat_all is not None:
        values = zip(treat_all["threshold"], treat_all["net_benefit"], strict=True)
        defined = [(t, v) for t, v in values if known(v)]
        ends = [f"{text.fixed(v, 3)} at {at(t)}" for t, v in (*defined[:1], *defined[-1:])]
        parts.append(f"treating all: from {' to '.join(ends)}")
    parts.append("treating none: 0")
    return plain(" ".join([*sentences, f"{'; '.join(parts)}."]))
