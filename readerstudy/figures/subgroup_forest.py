"""Forest plot of subgroups: model minus readers within the levels of each column, with the P of the interaction."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from readerstudy import text
from readerstudy.estimate import ALL_READERS, Estimate
from readerstudy.figures import _words as words
from readerstudy.figures._canvas import house_style
from readerstudy.figures._drawn import Display
from readerstudy.figures._interval_rows import CONTINUED, Chart, Look, Row, across, paged
from readerstudy.figures._label import plain, shorten
from readerstudy.figures._palette import CURVE_WIDTH, FRAME, RULE, Style, mean_marker, pale, reader_marker
from readerstudy.figures._pick import MANY_MODELS, Picked

_MEASURE = "accuracy_difference"
_ACROSS = 3
"""Comparisons side by side."""
_SETS = {"group": 4, "reader": 2}
"""Most times that the subgroups are drawn for one task, each time for other groups or other readers."""
_SEVERAL = Style(FRAME, pale(FRAME, 0.7), RULE, "s", "solid")
"""How all cases are drawn, and the levels where the panels are of different models."""
_SAID = 60
"""Most numbers that the alternative text gives one by one."""
Pair = tuple[str, str, str | None]
"""A model, whom it is compared with, and the modality in which they read."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SubgroupForestDisplay(Display):
    """A panel for each comparison of a model with a group of readers, a row for each level of each column.

    Where no group of readers has such records, the panels are single readers. A dotted line marks the difference over
    all cases; the row of a column has the P-value of the interaction.

    Parameters
    ----------
    rows
        The rows from above, the columns themselves among them.
    pairs
        The comparison of each panel: model, versus and modality.
    """

    rows: tuple[Row, ...]
    pairs: tuple[Pair, ...]


def displays(picked: Picked, task: str) -> list[SubgroupForestDisplay]:
    """The plots of a task, three comparisons on each; none where nobody was compared within subgroups."""
    found = _Levels(picked, task)
    beside = min(_ACROSS, across())
    n = math.ceil(len(found.pairs) / beside)
    drawn: list[SubgroupForestDisplay] = []
    sets = [found.pairs[i * len(found.pairs) // n : (i + 1) * len(found.pairs) // n] for i in range(n)]
    most = _SETS[found.kind] * _ACROSS // beside
    parts = [(pairs, chart, page) for pairs in sets[:most] for chart, page in _charts(picked, found, pairs)]
    left_out = [pair for pairs in sets[most:] for pair in pairs]
    for i, (pairs, chart, page) in enumerate(parts):
        drawn.append(_display(found, pairs, chart, page, (i + 1, len(parts)), left_out))
    return drawn


class _Levels:
    """The records of a task by comparison and subgroup."""

    def __init__(self, picked: Picked, task: str) -> None:
        self.picked, self.task = picked, task
        self.kind = "group"
        known = [e for e in picked.by_level(task, _MEASURE, "group") if math.isfinite(e.estimate)]
        if not known:
            self.kind = "reader"
            known = [e for e in picked.by_level(task, _MEASURE, "reader") if math.isfinite(e.estimate)]
        found = picked.by_level(task, _MEASURE, self.kind)
        self.records = {(_pair(e), str(e.subgroup)): e for e in reversed(found)}
        tests = picked.by_level(task, "interaction", self.kind)
        self.interactions = {(_pair(e), str(e.subgroup)): e for e in tests if math.isfinite(e.p_value)}
        whole = picked.versus(task, _MEASURE, self.kind)
        self.overall = {_pair(e): e for e in reversed(whole) if math.isfinite(e.estimate)}
        self.pairs = self._ordered({_pair(e): None for e in known})
        self.columns: dict[str, dict[str, str]] = {}
        """Column to its levels, and each level to the subgroup's whole name."""
        for e in found:
            column, level = _split(picked, str(e.subgroup))
            self.columns.setdefault(column, {})[level] = str(e.subgroup)

    def _ordered(self, pairs: Mapping[Pair, None]) -> list[Pair]:
        """By model; within it the groups as the figures show them, all readers last."""
        order = [group for group, _ in self.picked.series]
        people = [name for name, _ in self.picked.humans]
        models = self.picked.models

        def place(pair: Pair) -> tuple[int, int]:
            model, versus, _ = pair
            if self.kind == "group":
                last = versus == ALL_READERS
                within = len(order) + last if last or versus not in order else order.index(versus)
            else:
                within = people.index(versus) if versus in people else len(people)
            return models.index(model) if model in models else len(models), within

        return sorted(pairs, key=place)

    def name(self, pair: Pair) -> str:
        """``Net − residents, aided``."""
        model, versus, modality = pair
        of = f"mean of {versus}" if self.kind == "group" else versus
        where = f", {modality}" if self.picked.several_modalities and modality else ""
        return plain(f"{model} − {of}{where}")


def _pair(e: Estimate) -> Pair:
    return str(e.reader), str(e.versus), e.modality


def _split(picked: Picked, subgroup: str) -> tuple[str, str]:
    """Column and level; the protocol knows the columns, whose names may hold a colon."""
    for column in picked.results.protocol.get("subgroups", {}).get("columns", ()):
        if subgroup.startswith(f"{column}: "):
            return column, subgroup[len(column) + 2 :]
    column, _, level = subgroup.partition(": ")
    return column, level


def _charts(picked: Picked, found: _Levels, pairs: Sequence[Pair]) -> list[tuple[Chart, list[Row]]]:
    with house_style():
        rows = _rows(picked, found, pairs)
        chart = Chart([found.name(pair) for pair in pairs], [_MEASURE] * len(pairs), rows, beside="n")
        return [(chart, page) for page in paged(rows, chart.rows_of_page)]


def _rows(picked: Picked, found: _Levels, pairs: Sequence[Pair]) -> list[Row]:
    rows = []
    overall = tuple(found.overall.get(pair) for pair in pairs)
    if any(overall):
        whole = Look(marker={**mean_marker(_SEVERAL, 0.7), "marker": "D"}, colour=_SEVERAL.colour)
        look = dataclasses.replace(whole, linewidth=CURVE_WIDTH)
        rows.append(Row(label="All cases", bold=True, estimates=overall, look=look, beside=_n(overall)))
    style = _style(picked, pairs)
    for column, levels in found.columns.items():
        tests = [found.interactions.get((pair, column)) for pair in pairs]
        told = tuple(f"interaction {text.p_phrase(e.p_value, picked.alpha)}" if e is not None else "" for e in tests)
        within = []
        for level, subgroup in levels.items():
            estimates = tuple(found.records.get((pair, subgroup)) for pair in pairs)
            look = Look(marker=reader_marker(style, 1.1), colour=style.pale)
            row = Row(label=plain(level), depth=1, estimates=estimates, look=look, beside=_n(estimates))
            within += [row] if row.drawn else []
        if within:
            rows.append(Row(label=plain(column), told=told))
            rows += within
    return rows


def _style(picked: Picked, pairs: Sequence[Pair]) -> Style:
    """That of the model, where it is one and has its own."""
    models = {model for model, *_ in pairs}
    if len(models) == 1 and len(picked.models) <= MANY_MODELS:
        return picked.model_styles.get(models.pop(), _SEVERAL)
    return _SEVERAL


def _n(estimates: Sequence[Estimate | None]) -> str:
    """``40``, or the range where not every comparison has the same cases."""
    found = sorted({e.n_cases for e in estimates if e is not None and e.n_cases is not None})
    if not found:
        return ""
    return str(found[0]) if len(found) == 1 else f"{found[0]}–{found[-1]}"


def _display(
    found: _Levels,
    pairs: Sequence[Pair],
    chart: Chart,
    rows: list[Row],
    page: tuple[int, int],
    left_out: Sequence[Pair],
) -> SubgroupForestDisplay:
    with house_style():
        canvas, axes = chart.page(rows)
        for panel, pair in zip(axes, pairs, strict=True):
            if pair in found.overall:
                chart.rule_at(panel, found.overall[pair].estimate, rows)
    number, of = page
    part = f", part {number} of {of}" if of > 1 else ""
    estimates = [e for row in rows for e in row.estimates if e is not None]
    columns = [row.label.removesuffix(CONTINUED) for row in rows if row.told]
    tests = [e for (pair, column), e in found.interactions.items() if pair in pairs and plain(column) in columns]
    return SubgroupForestDisplay(
        figure=canvas.figure,
        axes=tuple(axes),
        rows=tuple(rows),
        pairs=tuple(pairs),
        task=found.task,
        title=f"Model minus readers in subgroups: {shorten(found.task, 70, 7)}{part}",
        caption=_caption(found, pairs, chart, estimates, tests, left_out),
        alt=_alt(found, pairs, rows, tests),
        keys=tuple(e.key for e in (*estimates, *tests)),
        width_mm=canvas.width,
        height_mm=canvas.height,
    )


def _caption(
    found: _Levels,
    pairs: Sequence[Pair],
    chart: Chart,
    estimates: Sequence[Estimate],
    tests: Sequence[Estimate],
    left_out: Sequence[Pair],
) -> str:
    whom = "the mean of a group of readers" if found.kind == "group" else "a reader"
    sentences = [
        f"Difference in accuracy between a model and {whom} in subgroups of the cases, for the task "
        f"“{plain(found.task)}”: {words.listed([found.name(pair) for pair in pairs])}.",
        "Right of the line at 0 the model is better; n: cases.",
    ]
    levels = [e for e in estimates if e.subgroup is not None]
    if bars := words.intervals(levels):
        sentences.append(f"Lines: {bars}.")
    overall = [e for e in estimates if e.subgroup is None]
    if overall:
        bars = words.intervals(overall)
        sentences.append(f"Diamond and dotted line: all cases{f', {bars}' if bars else ''}.")
    if tests:
        sentences.append(
            "P of the interaction: whether the difference is the same in every level; not adjusted for the number of "
            "columns."
        )
        sentences.append("A P that is not significant does not show that the subgroups are alike.")
    if chart.cut:
        sentences.append("Arrowhead: the interval goes on.")
    if left_out:
        sentences.append(f"{words.counted(len(left_out), 'further comparison')} not drawn: the tables have them.")
    labelled = [(f"{found.name(_pair(e))}, {plain(e.subgroup or 'all cases')}", e) for e in estimates]
    return words.join(*sentences, words.notes(labelled))


def _alt(found: _Levels, pairs: Sequence[Pair], rows: Sequence[Row], tests: Sequence[Estimate]) -> str:
    sentences = [f"Forest plot of differences in accuracy in subgroups for the task “{found.task}”."]
    drawn = sum(len(row.drawn) for row in rows)
    for i, pair in enumerate(pairs):
        parts = []
        column = ""
        for row in rows:
            if not row.estimates:
                column = f"{row.label.removesuffix(CONTINUED)} "
                parts += [f"{column.strip()}: {row.told[i]}"] if i < len(row.told) and row.told[i] else []
            elif (e := row.estimates[i]) is not None and (drawn <= _SAID or e.subgroup is None):
                parts.append(f"{column}{row.label} {text.full(e)}")
        of_pair = [e for row in rows for e in row.drawn if _pair(e) == pair and e.subgroup is not None]
        if drawn > _SAID:
            parts.append(f"{words.counted(len(of_pair), 'subgroup')}: {words.spread(of_pair)}")
        sentences.append(f"{found.name(pair)}: {'; '.join(parts)}.")
    return plain(" ".join(sentences))
