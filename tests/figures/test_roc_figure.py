"""What a ROC plot draws is what `Results` holds."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from figure_studies import CLASSES, GROUPS, person, several_classes
from matplotlib.collections import LineCollection
from numpy.testing import assert_allclose

from readerstudy.figures import roc
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def labelled(axes: Any, label: str) -> Any:
    (artist,) = [a for a in (*axes.lines, *axes.collections, *axes.patches) if a.get_label() == label]
    return artist


def only(results: Results, task: str) -> roc.RocDisplay:
    (display,) = roc.displays(Picked(results), task)
    return display


def test_a_panel_for_each_class_in_the_order_of_the_protocol(liver: Results) -> None:
    display = only(liver, "seven-way")
    assert display.targets == tuple(CLASSES)
    assert len(display.axes) == 7


def test_panels_are_square_with_one_minus_specificity_across(liver: Results) -> None:
    for task in ("seven-way", "malignant"):
        display = only(liver, task)
        for axes in display.axes:
            box = axes.get_position()
            assert_allclose(box.width * display.width_mm, box.height * display.height_mm, rtol=1e-6)
        shown = [t.get_text() for t in display.figure.texts]
        assert "1 − specificity" in shown
        assert "Sensitivity" in shown


def test_model_curves_are_the_curves_of_the_results(liver: Results) -> None:
    for task in ("seven-way", "malignant"):
        display = only(liver, task)
        for curve in liver.curves.values():
            if curve["task"] == task:
                axes = display.axes[display.targets.index(curve["target"])]
                line = labelled(axes, f"curve: {curve['reader']}")
                assert_allclose(line.get_xdata(), [1 - s for s in curve["specificity"]])
                assert_allclose(line.get_ydata(), curve["sensitivity"])


def test_arms_of_the_crosses_are_the_intervals(liver: Results) -> None:
    display = only(liver, "seven-way")
    for target, axes in zip(display.targets, display.axes, strict=True):
        for group, readers in GROUPS.items():
            arms: LineCollection = labelled(axes, f"arms: {group}")
            expected = []
            for reader in readers:
                (sensitivity,) = liver.select(measure="sensitivity", target=target, reader=reader)
                (specificity,) = liver.select(measure="specificity", target=target, reader=reader)
                x, y = 1 - specificity.estimate, sensitivity.estimate
                expected.append([[1 - specificity.conf_high, y], [1 - specificity.conf_low, y]])
                expected.append([[x, sensitivity.conf_low], [x, sensitivity.conf_high]])
            assert_allclose(arms.get_segments(), expected)


def test_mean_and_the_models_own_calls_stand_at_their_records(liver: Results) -> None:
    (axes,) = only(liver, "malignant").axes
    for label, identity in (
        *((f"mean: {group}", {"reader": None, "reader_group": group}) for group in GROUPS),
        *((f"calls: {model}", {"reader": model}) for model in ("Net-6", "Net-3")),
    ):
        (sensitivity,) = liver.select(measure="sensitivity", task="malignant", **identity)
        (specificity,) = liver.select(measure="specificity", task="malignant", **identity)
        marker = labelled(axes, label)
        assert_allclose(marker.get_xdata(), [1 - specificity.estimate])
        assert_allclose(marker.get_ydata(), [sensitivity.estimate])


def test_modalities_differ_in_more_than_colour(aided: Results) -> None:
    (axes,) = only(aided, "lesion").axes
    before, after = (labelled(axes, f"readers: Readers, {m}") for m in ("unaided", "aided"))
    assert before.get_marker() != after.get_marker()
    assert before.get_color() != after.get_color() or before.get_markerfacecolor() != after.get_markerfacecolor()
    curves = [line for line in axes.lines if line.get_label().startswith("curve: ")]
    assert len(curves) == 10
    assert len({line.get_linestyle() for line in curves}) == 2


def test_arrows_lead_from_the_first_modality_to_the_second(aided: Results) -> None:
    display = only(aided, "lesion")
    arrow = labelled(display.axes[0], "arrow: Reader 1")
    ends = []
    for modality in ("unaided", "aided"):
        (sensitivity,) = aided.select(measure="sensitivity", reader="Reader 1", modality=modality)
        (specificity,) = aided.select(measure="specificity", reader="Reader 1", modality=modality)
        ends.append((1 - specificity.estimate, sensitivity.estimate))
    assert_allclose(arrow._posA_posB, ends)
    assert "from unaided to aided" in display.caption


def test_without_readers_there_are_no_crosses(alone: Results) -> None:
    display = only(alone, "malignant")
    assert not display.axes[0].collections
    assert "crosses" not in display.caption


def test_without_scores_the_crosses_still_stand(liver: Results) -> None:
    estimates = tuple(e for e in liver.estimates if e.measure != "auc")
    display = only(dataclasses.replace(liver, estimates=estimates, curves={}), "malignant")
    assert len(display.axes[0].collections) == 3
    assert "ROC plane" in display.caption


def test_no_figure_without_data(liver: Results) -> None:
    empty = dataclasses.replace(liver, estimates=(), curves={}, confusion=())
    assert roc.displays(Picked(empty), "malignant") == []


def test_an_undefined_number_is_not_drawn_but_said(liver: Results) -> None:
    def spoil(e: Any) -> Any:
        if (e.reader, e.task, e.measure) == ("R1", "malignant", "sensitivity"):
            return e.replace(estimate=math.nan, conf_low=math.nan, conf_high=math.nan, note="R1 read no such case.")
        return e

    display = only(dataclasses.replace(liver, estimates=tuple(map(spoil, liver.estimates))), "malignant")
    assert len(labelled(display.axes[0], "readers: residents").get_xdata()) == 1
    assert "undefined: R1 (residents)" in display.caption
    assert "R1 (residents): R1 read no such case." in display.caption


def test_many_classes_take_several_figures() -> None:
    classes = [f"class {i}" for i in range(14)]
    results = several_classes(classes, {"Net": 0.8}, {}, positive=classes[:2])
    first, second = roc.displays(Picked(results), "seven-way")
    assert [*first.targets, *second.targets] == classes
    assert first.title.endswith("part 1 of 2")


def test_keys_and_numbers_of_the_alternative_text(liver: Results) -> None:
    display = only(liver, "malignant")
    assert set(display.keys) <= set(liver.by_key)
    for key in display.keys:
        e = liver.by_key[key]
        if e.count is not None:
            assert f"{e.count}/{e.total}" in display.alt


@pytest.mark.parametrize("name", ["R1", "R6"])
def test_the_alternative_text_names_the_readers(liver: Results, name: str) -> None:
    assert person(name)["reader"] in only(liver, "malignant").alt


def test_a_mean_with_intervals_stands_on_a_cross(rich: Results, liver: Results) -> None:
    display = only(rich, "seven-way")
    for target, axes in zip(display.targets, display.axes, strict=True):
        for group in GROUPS:
            (sens,) = rich.select(measure="sensitivity", target=target, reader=None, reader_group=group)
            (spec,) = rich.select(measure="specificity", target=target, reader=None, reader_group=group)
            across, up = labelled(axes, f"mean arms: {group}").get_segments()
            assert_allclose(across, [(1 - spec.conf_high, sens.estimate), (1 - spec.conf_low, sens.estimate)])
            assert_allclose(up, [(1 - spec.estimate, sens.conf_low), (1 - spec.estimate, sens.conf_high)])
    assert "on a thin cross of 95% CIs (Obuchowski–Rockette, jackknife)" in display.caption
    labels = [str(a.get_label()) for axes in only(liver, "seven-way").axes for a in axes.collections]
    assert not any(label.startswith("mean arms") for label in labels)


def test_a_consensus_is_a_star_with_arms(rich: Results) -> None:
    display = only(rich, "seven-way")
    for target, axes in zip(display.targets, display.axes, strict=True):
        (sens,) = rich.select(measure="sensitivity", target=target, reader="consensus")
        (spec,) = rich.select(measure="specificity", target=target, reader="consensus")
        mark = labelled(axes, "consensus: consensus")
        assert mark.get_marker() == "*"
        assert_allclose((*mark.get_xdata(), *mark.get_ydata()), (1 - spec.estimate, sens.estimate))
        assert len(labelled(axes, "consensus arms: consensus").get_segments()) == 2
        assert {sens.key, spec.key} <= set(display.keys)
    assert "Star: consensus" in display.caption


def test_calls_at_a_threshold_of_a_class_are_small_and_apart_from_the_others(rich: Results) -> None:
    display = only(rich, "seven-way")
    for target, axes in zip(display.targets, display.axes, strict=True):
        argmax, cut = sorted(
            rich.select(measure="sensitivity", target=target, reader="Net-6"), key=lambda e: math.isfinite(e.threshold)
        )
        calls, at = labelled(axes, "calls: Net-6"), labelled(axes, "threshold: Net-6")
        assert_allclose(calls.get_ydata(), [argmax.estimate])
        assert_allclose(at.get_ydata(), [cut.estimate])
        assert at.get_markersize() < calls.get_markersize()
        assert at.get_markerfacecolor() == "white"
        assert not any(line.get_label() == "threshold: Net-3" for line in axes.lines)
    assert "at a threshold (Net-6: cyst ≥ 0.1, " in display.caption
    assert "threshold chosen on the same cases: optimistic" in display.caption


def test_several_models_of_a_binary_task_share_one_plot(liver: Results) -> None:
    (axes,) = only(liver, "malignant").axes
    curves = [labelled(axes, f"curve: {name}") for name in ("Net-6", "Net-3")]
    assert len({line.get_color() for line in curves}) == len({str(line.get_linestyle()) for line in curves}) == 2
