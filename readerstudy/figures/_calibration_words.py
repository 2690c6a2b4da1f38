"""What a calibration plot shows, and how that is said in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._label import plain
from readerstudy.figures._pick import Picked
from readerstudy.measures import MEASURES, METHOD_NAMES

NUMBERS = {
    "calibration_in_the_large": "Intercept",
    "calibration_slope": "Slope",
    "ici": "ICI",
}


def worth_drawing(entry: Mapping[str, Any]) -> bool:
    """Whether there is a curve or a group to be drawn."""
    return any(known(y) for y in entry["observed"]) or any(known(g["observed"]) for g in entry["groups"])


def known(value: float | None) -> bool:
    """Whether a value of a table is a number."""
    return value is not None and math.isfinite(value)


def numbers_of(picked: Picked, task: str, entry: Mapping[str, Any]) -> list[Estimate]:
    """Intercept, slope and integrated calibration index of one model."""
    found = []
    for measure in NUMBERS:
        own = [
            e
            for e in picked.every(task, measure, entry["reader_kind"])
            if (e.reader, e.modality) == (entry["reader"], entry["modality"]) and math.isfinite(e.estimate)
        ]
        found += own[:1]
    return found


def name_of(entry: Mapping[str, Any]) -> str:
    """The model, and its modality where it has one."""
    return ", ".join(part for part in (entry["reader"], entry["modality"]) if part)


def classes_of(picked: Picked, task: str) -> tuple[str, str]:
    """What cases without and with the finding are called."""
    names: Sequence[str] = picked.results.protocol["tasks"].get(task, {}).get("classes") or ()
    return (names[0], names[1]) if len(names) == 2 else ("negative", "positive")


def caption(
    picked: Picked,
    task: str,
    entries: Sequence[Mapping[str, Any]],
    numbers: Sequence[Sequence[Estimate]],
    left_out: int,
) -> str:
    negative, positive = (plain(name) for name in classes_of(picked, task))
    flat = [e for found in numbers for e in found]
    number = words.cases(flat)
    sentences = [
        f"Calibration of {words.counted(len(entries), 'model')} for the task “{plain(task)}”"
        f"{f' ({number})' if number else ''}: the probability that a model gave, and the share of cases with it that "
        f"were {positive}."
    ]
    smoothers = dict.fromkeys(METHOD_NAMES.get(e["smoother"], plain(str(e["smoother"]))) for e in entries if e["prob"])
    if smoothers:
        band = " with its confidence band" if any(runs_of(e) for e in entries) else ""
        sentences.append(f"Line: smooth curve{band} ({words.listed(list(smoothers))}).")
    if any(e["groups"] for e in entries):
        sentences.append("Hollow symbols: groups of cases of like probability, with their intervals.")
    sentences.append(
        f"Dashed diagonal: perfect calibration. Below: cases that were {positive} (up) and {negative} (down)."
    )
    if any(e.measure in ("calibration_in_the_large", "calibration_slope") for e in flat):
        sentences.append("Intercept 0 and slope 1 are best.")
    if any(e.measure == "ici" for e in flat):
        sentences.append("ICI, the integrated calibration index: mean distance of the curve from the diagonal.")
    if bars := words.intervals(flat):
        sentences.append(f"In brackets: {bars}.")
    if left_out:
        sentences.append(f"{words.counted(left_out, 'further model')} not drawn: the tables have their numbers.")
    labelled = [
        (plain(f"{name_of(entry)}, {MEASURES[e.measure].label}"), e)
        for entry, found in zip(entries, numbers, strict=True)
        for e in found
    ]
    return words.join(*sentences, words.notes(labelled))


def alt(picked: Picked, task: str, entries: Sequence[Mapping[str, Any]], numbers: Sequence[Sequence[Estimate]]) -> str:
    negative, positive = classes_of(picked, task)
    sentences = [
        f"Calibration plot for the task “{task}”: probability given by the model from 0 to 1 to the right, share of "
        f"cases that were {positive} from 0 to 1 upwards."
    ]
    for entry, found in zip(entries, numbers, strict=True):
        parts = [f"{NUMBERS[e.measure]} {text.full(e)}" for e in found]
        groups = [
            f"{text.fixed(g['prob'], 2)} given, {text.fixed(g['observed'], 2)} observed ({g['count']} of {g['total']})"
            for g in entry["groups"]
            if known(g["observed"]) and known(g["prob"])
        ]
        parts += [f"groups: {', '.join(groups)}"] if groups else []
        parts.append(f"{sum(entry['positive'])} cases {positive}, {sum(entry['negative'])} {negative}")
        sentences.append(f"{name_of(entry)}: {'; '.join(parts)}.")
    return plain(" ".join(sentences))


def runs_of(entry: Mapping[str, Any]) -> list[tuple[list[float], list[float], list[float]]]:
    """The stretches over which the band is defined, kept within 0 and 1."""
    runs: list[tuple[list[float], list[float], list[float]]] = [([], [], [])]
    lows, highs = entry.get("low") or (), entry.get("high") or ()
    for x, low, high in zip(entry["prob"], lows, highs, strict=False):
        if known(low) and known(high):
            for values, value in zip(runs[-1], (x, max(0.0, low), min(1.0, high)), strict=True):
                values.append(value)
        elif runs[-1][0]:
            runs.append(([], [], []))
    return [run for run in runs if len(run[0]) > 1]
