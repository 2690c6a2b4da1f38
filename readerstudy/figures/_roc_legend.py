"""The legend of a ROC plot: models, readers by series, consensus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from readerstudy import text
from readerstudy.figures import _words as words
from readerstudy.figures._legend import Entry
from readerstudy.figures._palette import MUTED_MODEL, Series, Style
from readerstudy.figures._pick import Curve, Picked, Point, series_of
from readerstudy.figures._roc_words import Panel, crowded, models_of


def styles_of(picked: Picked, panels: Sequence[Panel]) -> Mapping[str, Style]:
    """How each model is drawn: in its own style, or all alike where there are too many."""
    return dict.fromkeys(picked.models, MUTED_MODEL) if crowded(panels) else picked.model_styles


def auc_range(panel: Panel) -> str:
    """``AUC 0.84 to 0.90``; nothing where no model has an AUC."""
    aucs = [curve.auc for curve in panel.model_curves if curve.auc]
    return f"AUC {words.value_range(aucs)}" if aucs else ""


def entries_of(picked: Picked, panels: Sequence[Panel], *, numbers: bool) -> list[Entry]:
    """The legend: models, readers by series, consensus. With `numbers`, those of the one panel in small print."""
    models = [_crowd(panels, numbers=numbers)] if crowded(panels) else _models(picked, panels, numbers=numbers)
    return [*models, *_readers(picked, panels, numbers=numbers), *_consensus(picked, panels, numbers=numbers)]


def _crowd(panels: Sequence[Panel], *, numbers: bool) -> Entry:
    """Many models in one entry: their number and the range of their AUCs."""
    parts = {"thin curve"} if any(panel.model_curves for panel in panels) else set()
    parts |= {"call"} if any(p.drawn for panel in panels for p in panel.model_points) else set()
    count = words.counted(len(models_of(panels)), "model")
    found = auc_range(panels[0]) if numbers else ""
    return Entry(MUTED_MODEL, frozenset(parts), f"{count}: {found}" if found else count)


def _models(picked: Picked, panels: Sequence[Panel], *, numbers: bool) -> list[Entry]:
    entries = []
    curves = {curve.reader: curve for panel in panels for curve in panel.model_curves}
    calls = {str(p.sensitivity.reader): p for panel in panels for p in panel.model_points if p.drawn}
    with_thresholds = {str(p.sensitivity.reader) for panel in panels for p in panel.thresholds if p.drawn}
    for model in picked.models:
        parts = {"curve"} if model in curves else set()
        parts |= {"call"} if model in calls else set()
        parts |= {"threshold"} if model in with_thresholds else set()
        if parts:
            lines = _model_lines(curves.get(model), calls.get(model)) if numbers else ()
            entries.append(Entry(picked.model_styles[model], frozenset(parts), model, lines))
    return entries


def _readers(picked: Picked, panels: Sequence[Panel], *, numbers: bool) -> list[Entry]:
    entries = []
    crosses: dict[Series, set[str | None]] = {}
    for panel in panels:
        for point in panel.human_points:
            if point.drawn:
                crosses.setdefault(series_of(point.sensitivity), set()).add(point.sensitivity.reader)
    with_curves = {curve.series for panel in panels for curve in panel.human_curves}
    for series in picked.series:
        parts = {"cross"} if series in crosses else set()
        parts |= {"mean"} if any(series in panel.means for panel in panels) else set()
        parts |= {"thin curve"} if series in with_curves else set()
        if parts:
            number = len(crosses.get(series, {c.reader for p in panels for c in p.human_curves if c.series == series}))
            lines = (words.counted(number, "reader"), *(_mean_lines(panels[0], series) if numbers else ()))
            entries.append(Entry(picked.series_styles[series], frozenset(parts), picked.series_label(series), lines))
    return entries


def _consensus(picked: Picked, panels: Sequence[Panel], *, numbers: bool) -> list[Entry]:
    entries = []
    stars = {_consensus_of(p): p for panel in panels for p in panel.consensus_points if p.drawn}
    for who, point in stars.items():
        lines = (_pair_line("Sensitivity", point),) if numbers else ()
        label = picked.reader_label(point.sensitivity)
        entries.append(Entry(picked.consensus_styles[who], frozenset({"star"}), label, lines))
    return entries


def _consensus_of(point: Point) -> Series:
    return point.sensitivity.reader, point.sensitivity.modality


def _pair_line(head: str, point: Point) -> str:
    return f"{head} {text.value(point.sensitivity)}, specificity {text.value(point.specificity)}"


def _model_lines(curve: Curve | None, calls: Point | None) -> tuple[str, ...]:
    lines = []
    if curve and curve.auc:
        lines.append(f"AUC {text.full(curve.auc)}")
    if calls:
        lines.append(_pair_line("Sensitivity", calls))
    return tuple(lines)


def _mean_lines(panel: Panel, series: Series) -> tuple[str, ...]:
    lines = []
    if series in panel.mean_aucs:
        mean_auc = panel.mean_aucs[series]
        inside = f" ({text.interval(mean_auc)})" if text.interval(mean_auc) else ""
        lines.append(f"Mean AUC {text.value(mean_auc)}{inside}")
    if series in panel.means:
        lines.append(_pair_line("Mean sensitivity", panel.means[series]))
    return tuple(lines)
