"""What a plot of curves of marks shows, and how that is said in words."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._label import plain
from readerstudy.figures._palette import MUTED_MODEL, Series, Style, model_styles
from readerstudy.figures._pick import MANY_MODELS, Picked

Entry = Mapping[str, Any]
"""A row of the table ``froc_curve`` of `Results`."""

AXES = {
    "wAFROC": ("False-positive fraction", "Lesions localised, weighted"),
    "wAFROC1": ("False marks, share of all cases", "Lesions localised, weighted"),
    "AFROC": ("False-positive fraction", "Lesions localised"),
    "AFROC1": ("False marks, share of all cases", "Lesions localised"),
    "FROC": ("False marks a case", "Lesions localised"),
    "ROC": ("False-positive fraction", "Cases with lesions, marked"),
    "LROC": ("False-positive fraction", "Cases with lesions, localised"),
}
"""What stands at the two axes of each curve."""
_AREAS = {
    "wAFROC": "wafroc",
    "wAFROC1": "wafroc1",
    "AFROC": "afroc",
    "AFROC1": "afroc1",
    "FROC": "froc_area",
    "ROC": "hr_auc",
    "LROC": "alroc",
}
_SAID = {
    "wAFROC": "wAFROC: lesions localised, by weight, against cases without lesions that have a false mark",
    "wAFROC1": "wAFROC1: lesions localised, by weight, against cases that have a false mark",
    "AFROC": "AFROC: lesions localised against cases without lesions that have a false mark",
    "AFROC1": "AFROC1: lesions localised against cases that have a false mark",
    "FROC": "FROC: lesions localised against false marks a case, up to the last mark",
    "ROC": "ROC: cases by their highest mark",
    "LROC": "LROC: cases with lesions that their highest mark localises, against cases without lesions called diseased",
}


class Shown:
    """The curves of a task and the areas that belong to them."""

    def __init__(self, picked: Picked, task: str) -> None:
        self.picked, self.task = picked, task
        self._grouped = any(group is not None for group, _ in picked.series)
        found = [e for e in picked.results.tables.get("froc_curve", ()) if e["task"] == task]
        self.entries: dict[str, list[Entry]] = {}
        for entry in found:
            if entry["reader"] is not None or self._is_mean(entry):
                self.entries.setdefault(entry["curve"], []).append(entry)

    def only(self, curve: str) -> Shown:
        """One sort of curves, for a figure of its own."""
        part = copy.copy(self)
        part.entries = {curve: self.entries[curve]}
        return part

    def _is_mean(self, entry: Entry) -> bool:
        """The mean over all readers is drawn only where readers are in no groups."""
        return any(self._group(series) == entry["reader_group"] for series in self.picked.series)

    def _group(self, series: Series) -> str | None:
        """The group of the mean of a series; readers in no group beside others who are have none."""
        return series[0] if self._grouped else ALL_READERS

    @property
    def curves(self) -> list[str]:
        """The sorts of curves, a panel each."""
        return list(self.entries)

    @property
    def series(self) -> list[Series]:
        """The series of readers that have a curve."""
        found = {
            (e["reader_group"], e["modality"])
            for es in self.entries.values()
            for e in es
            if e["reader"] is not None and e["reader_kind"] == "human"
        }
        return [one for one in self.picked.series if one in found]

    @property
    def models(self) -> list[tuple[str, str | None]]:
        """The models that have a curve, by name and modality."""
        every = [e for es in self.entries.values() for e in es if e["reader_kind"] == "model"]
        return list(dict.fromkeys((str(e["reader"]), e["modality"]) for e in every))

    @property
    def model_styles(self) -> dict[tuple[str, str | None], Style]:
        """How each model is drawn, in each modality another way where it has several."""
        if self.crowded:
            return dict.fromkeys(self.models, MUTED_MODEL)
        if len(dict(self.models)) == len(self.models):
            return {who: self.picked.model_styles.get(who[0], MUTED_MODEL) for who in self.models}
        styles = model_styles([f"{place}" for place in range(len(self.models))])
        return dict(zip(self.models, styles.values(), strict=True))

    @property
    def crowded(self) -> bool:
        """Whether there are too many models to be told apart."""
        return len(self.models) > MANY_MODELS

    def readers(self, curve: str, series: Series) -> list[Entry]:
        """The curves of the single readers of a series."""
        return [
            e
            for e in self.entries[curve]
            if e["reader_kind"] == "human" and e["reader"] is not None and (e["reader_group"], e["modality"]) == series
        ]

    def mean(self, curve: str, series: Series) -> Entry | None:
        """The curve of the mean of a series."""
        wanted = (self._group(series), series[1])
        if wanted[0] is None:
            return None
        return next(
            (e for e in self.entries[curve] if e["reader"] is None and (e["reader_group"], e["modality"]) == wanted),
            None,
        )

    def names(self, series: Series) -> list[str]:
        """The readers of a series."""
        return list(dict.fromkeys(str(e["reader"]) for curve in self.entries for e in self.readers(curve, series)))

    def areas(self, series: Series) -> dict[str, Estimate]:
        """By curve the mean area of a series."""
        if self._group(series) is None:
            return {}
        found = {curve: self.picked.means(self.task, None, _AREAS[curve]).get(series) for curve in self.entries}
        return {curve: e for curve, e in found.items() if e is not None}

    def areas_of(self, reader: str, modality: str | None, kind: str) -> dict[str, Estimate]:
        """By curve the area of one reader, or of a model."""
        found = {}
        for curve in self.entries:
            for e in self.picked.records(self.task, None, _AREAS[curve], kind):
                if (e.reader, e.modality) == (reader, modality):
                    found[curve] = e
        return found

    @property
    def estimates(self) -> list[Estimate]:
        """Every area that the figure or its text says."""
        of_models = [e for name, modality in self.models for e in self.areas_of(name, modality, "model").values()]
        return [*of_models, *(e for one in self.series for e in self.areas(one).values())]


def lines(areas: Mapping[str, Estimate]) -> tuple[str, ...]:
    """``wAFROC 0.753 (0.684, 0.822)``: a line for each curve, for the small print of a legend."""
    found = []
    for curve, e in areas.items():
        inside = f" ({text.interval(e)})" if text.interval(e) else ""
        found.append(f"{curve} {text.value(e)}{inside}")
    return tuple(found)


def caption(shown: Shown) -> str:
    """What is drawn, in sentences."""
    number = words.cases(shown.estimates)
    sentences = [f"Curves of marks for the task “{plain(shown.task)}”{f' ({number})' if number else ''}."]
    sentences.append(f"{'; '.join(_SAID[curve] for curve in shown.curves)}.")
    bold = any(shown.mean(curve, one) for curve in shown.curves for one in shown.series)
    if bold:
        sentences.append("Bold lines: mean height of the readers' curves; thin lines: single readers.")
        if "FROC" in shown.curves:
            sentences.append("The mean FROC curve ends where the first reader's does.")
    if any(curve != "FROC" for curve in shown.curves):
        sentences.append(
            "A curve's last stretch, to the right edge, is a straight line: beyond the lowest mark nobody says more."
        )
    intervals = words.intervals(shown.estimates)
    if intervals:
        sentences.append(f"Areas under the curves with {intervals}.")
    if shown.crowded:
        sentences.append(f"Pale lines: {words.counted(len(shown.models), 'model')}, drawn alike.")
    return words.join(*sentences)


def alt(shown: Shown) -> str:
    """The area under every curve that has one."""
    named = "; ".join(
        f"{curve}: {AXES[curve][0][:1].lower()}{AXES[curve][0][1:]} to the right, "
        f"{AXES[curve][1][:1].lower()}{AXES[curve][1][1:]}, upwards"
        for curve in shown.curves
    )
    sentences = [f"Curves of marks for the task “{shown.task}”. {named}."]
    parts = []
    if not shown.crowded:
        for name, modality in shown.models:
            parts += _parts(
                name if modality is None else f"{name}, {modality}", shown.areas_of(name, modality, "model")
            )
    for one in shown.series:
        of_mean = shown.areas(one)
        count = words.counted(len(shown.names(one)), "reader")
        parts += _parts(f"{shown.picked.series_label(one)}, mean of {count}", of_mean)
    return plain(" ".join([*sentences, *([f"{'; '.join(parts)}."] if parts else [])]))


def _parts(whose: str, areas: Mapping[str, Estimate]) -> list[str]:
    said: Sequence[str] = [f"{curve} {text.full(e)}" for curve, e in areas.items()]
    return [f"{whose}: {', '.join(said)}"] if said else []
