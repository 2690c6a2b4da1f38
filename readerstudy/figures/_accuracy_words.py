"""What the accuracy figure shows, and how that is said in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._label import plain
from readerstudy.figures._palette import Series
from readerstudy.figures._pick import MANY_MODELS, Picked

_STARRED_MODELS = 4
"""Most models for which a row of stars stands above the readers."""


class Shown:
    """The records of one figure; what is undefined is left out and named."""

    def __init__(self, picked: Picked, task: str) -> None:
        kinds = {kind: picked.records(task, None, "accuracy", kind) for kind in ("human", "consensus", "model")}
        known = {kind: [e for e in found if math.isfinite(e.estimate)] for kind, found in kinds.items()}
        self.readers, self.consensus, self.models = known["human"], known["consensus"], known["model"]
        self.absent = [e for kind in ("human", "consensus") for e in kinds[kind] if not math.isfinite(e.estimate)]
        means = picked.means(task, None, "accuracy").items()
        self.means: dict[Series, Estimate] = {s: e for s, e in means if math.isfinite(e.estimate)}
        self.differences: dict[str, dict[tuple[str, str | None], Estimate]] = {}
        """Model against each reader, by the reader's name and modality."""
        models = {str(e.reader) for e in self.models}
        for e in picked.versus(task, "accuracy_difference", "reader"):
            if e.reader in models and e.versus not in models and math.isfinite(e.p_value):
                self.differences.setdefault(str(e.reader), {})[str(e.versus), e.modality] = e
        if len(self.differences) > _STARRED_MODELS:
            self.differences = {}

    @property
    def crowded(self) -> bool:
        """Whether there are too many models to be told apart."""
        return len(self.models) > MANY_MODELS

    @property
    def everyone(self) -> list[Estimate]:
        """Everybody who has a dot."""
        return [*self.readers, *self.consensus, *self.models]

    @property
    def estimates(self) -> list[Estimate]:
        """Every record that is drawn."""
        tests = [e for tests in self.differences.values() for e in tests.values()]
        return [*self.everyone, *self.means.values(), *tests]


def caption(picked: Picked, task: str, shown: Shown) -> str:
    """What is shown, of how many cases, and what the symbols mean."""
    number = words.cases(shown.everyone)
    count = words.counted(len({(e.reader_group, e.reader) for e in shown.readers}), "reader")
    sentences = [
        f"Accuracy of {count} for the task “{plain(task)}”{plain(picked.within)}{f' ({number})' if number else ''}."
    ]
    bars = words.intervals(shown.everyone)
    sentences.append(f"Dots: single readers{f'; bars are {bars}' if bars else ''}.")
    if picked.several_modalities:
        sentences.append("A thin line joins the dots of one reader.")
    if shown.means:
        ends = words.intervals(shown.means.values())
        bar = f", with {ends} at their ends" if ends else ""
        sentences.append(f"Short lines: mean of the readers of a group{bar}.")
    if shown.consensus:
        names = dict.fromkeys(plain(str(e.reader)) for e in shown.consensus)
        sentences.append(f"{'Stars' if len(shown.consensus) > 1 else 'Star'}: {words.listed(list(names))}.")
    if shown.crowded:
        count_models = words.counted(len(shown.models), "model")
        sentences.append(f"Dots side by side at the right: {count_models}; the tables have their numbers.")
    elif shown.models:
        several = len(shown.models) > 1
        sentences.append("Lines across the figure: models." if several else "Line across the figure: the model.")
    sentences.append(_significance(picked, shown))
    if shown.absent:
        names_absent = "; ".join(plain(picked.reader_label(e)) for e in shown.absent)
        sentences.append(f"Not drawn, the accuracy being undefined: {names_absent}.")
    labelled = [(plain(picked.reader_label(e)), e) for e in (*shown.everyone, *shown.absent)]
    labelled += [(plain(f"{picked.series_label(series)}, mean"), e) for series, e in shown.means.items()]
    return words.join(*sentences, words.notes(labelled))


def _significance(picked: Picked, shown: Shown) -> str:
    """What an asterisk means; said too where no reader has one."""
    tests = [e for tests in shown.differences.values() for e in tests.values()]
    if not tests:
        return ""
    alpha = text.p_value(picked.alpha, picked.alpha)
    below = f"P {picked.significant_sign} {alpha}, {words.tests(tests)}, not adjusted for the number of comparisons"
    several = len(shown.differences) > 1
    if not any(picked.significant(e) for e in tests):
        return f"No accuracy differs significantly from that of {'a' if several else 'the'} model ({below})."
    which = "of the model named beside the row" if several else "of the model"
    return f"Asterisk: the accuracy differs significantly from that {which} ({below})."


def alt(picked: Picked, task: str, shown: Shown) -> str:
    """The numbers, and who differs significantly from a model."""
    parts = [f"{e.reader}: {text.full(e)}" for e in shown.models]
    if shown.crowded:
        parts = [f"{words.counted(len(shown.models), 'model')}: {words.spread(shown.models)}"]
    parts += [f"{picked.series_label(series)}, mean: {text.full(e)}" for series, e in shown.means.items()]
    for e in (*shown.readers, *shown.consensus):
        found = [tests.get((str(e.reader), e.modality)) for tests in shown.differences.values()]
        stars = [test for test in found if test and picked.significant(test)]
        versus = "".join(f", versus {test.reader} {text.p_phrase(test.p_value, picked.alpha)}" for test in stars)
        parts.append(f"{picked.reader_label(e)}: {text.full(e)}{versus}")
    return plain(f"Dot plot of accuracy for the task “{task}”{picked.within}. " + "; ".join(parts) + ".")


def with_interval(e: Estimate) -> str:
    """``86.1% (80.3%–90.6%)``."""
    inside = f" ({text.interval(e)})" if text.interval(e) else ""
    return f"{text.value(e)}{inside}"


def apart(at: Sequence[float], least: float, bottom: float) -> list[float]:
    """The ascending positions `at`, moved down until they are `least` apart, then up until they end above `bottom`."""
    moved: list[float] = []
    for y in at:
        moved.append(max(y, moved[-1] + least) if moved else y)
    limit = bottom
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], limit)
        limit = moved[i] - least
    return moved
