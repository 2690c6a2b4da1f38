"""Forest plots of differences: which records, where, and what is said of them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from difference_studies import GROUPS, Differences, readers_named
from figure_studies import machine
from numpy.testing import assert_allclose
from sheets import assert_neat

from readerstudy.figures import draw, forest
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def displays(study: Differences) -> list[forest.ForestDisplay]:
    return forest.displays(Picked(study.study()), study.task)


def drawn_x(display: forest.ForestDisplay) -> dict[str, float]:
    return {
        str(line.get_label()): float(line.get_xdata()[0])
        for axes in display.axes
        for line in axes.lines
        if str(line.get_label()).startswith("measure=")
    }


@pytest.fixture(scope="module")
def binary() -> Differences:
    study = Differences(("Net", "Old"), consensus="majority")
    study.against()
    return study


def test_every_comparison_stands_at_its_estimate(binary: Differences) -> None:
    results = binary.study()
    (display,) = forest.displays(Picked(results), "malignant")
    assert display.measures == ("sensitivity_difference", "specificity_difference", "auc_difference")
    wanted = {e.key: e.estimate for e in results.estimates if e.measure in display.measures}
    assert drawn_x(display) == wanted
    assert set(display.keys) == set(wanted)
    for axes, measure in zip(display.axes, display.measures, strict=True):
        (lines,) = [c for c in axes.collections if str(c.get_label()).startswith("intervals")]
        records = [e for row in display.rows for e in row.estimates if e and e.measure == measure]
        low, high = axes.get_xlim()
        ends = [[max(e.conf_low, low), min(e.conf_high, high)] for e in records]
        assert_allclose([segment[:, 0] for segment in lines.get_segments()], ends)


def test_rows_are_readers_by_group_then_means_models_and_consensus(binary: Differences) -> None:
    (display,) = displays(binary)
    labels = [row.label for row in display.rows]
    groups = [part for group, names in GROUPS.items() for part in (group, *names, f"Mean of {group}")]
    assert labels == [
        "Net minus", *groups, "Mean of all readers", "Old", "majority",
        "Old minus", *groups, "Mean of all readers", "majority",
    ]  # fmt: skip
    markers = {row.label: row.look.marker["marker"] for row in display.rows if row.look}
    assert {markers[f"Mean of {group}"] for group in GROUPS} == {"D"}
    assert markers["majority"] == "*"
    assert markers["R1"] != markers["R4"]


def test_a_task_of_classes_has_one_panel() -> None:
    study = Differences(classes=("a", "b", "c"))
    study.against()
    (display,) = displays(study)
    assert display.measures == ("accuracy_difference",)
    assert len(display.axes) == 1


def test_accuracy_of_a_binary_task_only_for_an_endpoint(binary: Differences) -> None:
    assert [d.measures[0] for d in displays(binary)] == ["sensitivity_difference"]
    study = Differences()
    study.against()
    study.endpoint("superiority", math.nan, "superior", measure="accuracy_difference", versus="all readers")
    assert [d.measures for d in displays(study)][1] == ("accuracy_difference",)
    assert "Primary endpoint “accuracy_difference 0” (superiority): superior." in displays(study)[1].caption


def shaded(axes: Any) -> list[tuple[float, float, float]]:
    """Left, right and row of every shaded part."""
    found = []
    for patch in axes.patches:
        xs, ys = patch.get_xy()[:, 0], patch.get_xy()[:, 1]
        found.append((min(xs), max(xs), min(ys)))
    return found


@pytest.mark.parametrize("margin", [0.05, -0.05])
def test_the_margin_is_shaded_in_the_row_of_its_endpoint(margin: float) -> None:
    study = Differences()
    study.against()
    study.endpoint("non-inferiority", margin, "non-inferior", measure="sensitivity_difference", versus="all readers")
    (display,) = displays(study)
    row = [r.label for r in display.rows].index("Mean of all readers")
    assert shaded(display.axes[0]) == [(display.axes[0].get_xlim()[0], -0.05, row)]
    assert not display.axes[1].patches
    assert "margin −5.0" in [t.get_text() for t in display.figure.texts]
    said = "Primary endpoint “sensitivity_difference 0” (non-inferiority, margin 5.0%, shaded beyond it): non-inferior."
    assert said in display.caption
    assert said in display.alt


def test_an_equivalence_has_two_margins() -> None:
    study = Differences()
    study.against()
    study.endpoint("equivalence", 0.03, "not shown equivalent", measure="auc_difference", versus="R2")
    (display,) = displays(study)
    low, high = display.axes[2].get_xlim()
    assert [(left, right) for left, right, _ in shaded(display.axes[2])] == [(low, -0.03), (0.03, high)]


def test_one_modality_minus_the_other() -> None:
    study = Differences((), modalities=("unaided", "aided"))
    study.between()
    (display,) = displays(study)
    assert display.title == "Differences between modalities: malignant"
    groups = [part for group, names in GROUPS.items() for part in (group, *names, f"Mean of {group}")]
    assert [row.label for row in display.rows] == ["aided minus unaided", *groups, "Mean of all readers"]
    assert "R1: aided minus unaided: Sensitivity" in display.alt
    assert "readers and cases taken as random" in display.caption
    both = Differences(modalities=("unaided", "aided"))
    both.against()
    both.between()
    assert [d.title.split(":")[0] for d in displays(both)] == ["Model minus readers", "Differences between modalities"]
    first = displays(both)[0]
    assert "residents, aided" in [row.label for row in first.rows]
    assert "Net minus R1 (aided): Sensitivity" in first.alt


def test_models_alone_are_compared_with_each_other() -> None:
    study = Differences(("A", "B", "C"), groups={})
    study.against(means=False)
    (display,) = displays(study)
    assert display.title == "Differences between models: malignant"
    assert [row.label for row in display.rows] == ["A minus", "B", "C", "B minus", "C"]


def test_what_is_undefined_is_named_and_not_drawn() -> None:
    study = Differences(classes=("a", "b", "c"))
    study.against(means=False)
    for i, e in enumerate(study.estimates):
        if e.versus == "R2":
            gone = {"estimate": math.nan, "conf_low": math.nan, "conf_high": math.nan}
            study.estimates[i] = e.replace(note="nobody read", **gone)
        elif e.versus == "R3":
            study.estimates[i] = e.replace(conf_low=math.nan, conf_high=math.nan, note="no interval")
    (display,) = displays(study)
    assert "R2" not in [row.label for row in display.rows]
    assert "Not drawn, being undefined: Net minus R2." in display.caption
    assert "Net minus R3: no interval." in display.caption
    assert len(drawn_x(display)) == 5


def test_an_interval_far_out_is_cut_and_said() -> None:
    study = Differences(classes=("a", "b", "c"))
    study.against(means=False)
    for i, e in enumerate(study.estimates):
        if e.versus == "R2":
            study.estimates[i] = e.replace(conf_low=-1.0, conf_high=1.0)
    (display,) = displays(study)
    low, high = display.axes[0].get_xlim()
    assert -0.6 < low < high < 0.6
    assert [line.get_marker() for line in display.axes[0].lines if line.get_label() == "goes on"] == ["<", ">"]
    assert "Arrowhead: the interval goes on." in display.caption


def test_nothing_without_differences(aided: Results, alone: Results) -> None:
    assert forest.displays(Picked(aided), "lesion") == []
    assert forest.displays(Picked(alone), "malignant") == []


@pytest.mark.parametrize("models", [1, 2, 10])
@pytest.mark.parametrize("readers", [1, 30])
def test_crowds_stay_neat(models: int, readers: int) -> None:
    study = Differences([f"Net {i}" for i in range(models)], readers_named(readers, min(3, readers)))
    study.against()
    figures = [d for d in draw(study.study()) if d.kind == "forest"]
    assert 1 <= len(figures) <= 4
    for drawn in figures:
        assert_neat(drawn)
        assert drawn.height_mm <= 216
    if models * readers == 300:
        assert "further comparisons not drawn here" in figures[0].caption


def test_many_models_without_means_are_held_against_readers_first() -> None:
    study = Differences([f"Net {i}" for i in range(12)], readers_named(30, 1))
    study.against(means=False)
    pages = displays(study)
    assert len(pages) == 4
    assert {e.versus for page in pages for row in page.rows for e in row.drawn} == {
        name for names in study.groups.values() for name in names
    }


def test_a_further_page_repeats_its_headings() -> None:
    study = Differences(("A", "B"), readers_named(30, 2))
    study.against()
    pages = displays(study)
    assert len(pages) > 1
    assert pages[1].rows[0].label == "B minus (continued)"
    assert pages[0].title.endswith("part 1 of 2")
    comparisons = [row.label for page in pages for row in page.rows if row.estimates]
    # Against 30 readers, 2 groups, all readers; and A against B.
    assert len(comparisons) == 2 * 33 + 1


def test_long_and_hostile_labels_stay_neat() -> None:
    groups = {"residents of the hospital " * 5: ["x" * 200, "שלום", "<b>$\\frac{"], "]]>": ["R&D"]}
    study = Differences(
        ("Net of a long name " * 9, "\u202eB"), groups, ("un\x00aided", "aided " * 30), consensus='"><script>'
    )
    study.against()
    study.between()
    study.endpoint(
        "non-inferiority",
        0.1,
        "non-inferior",
        versus="all readers",
        **machine("Net of a long name " * 9) | {"modality": "un\x00aided"},
    )
    for drawn in draw(study.study()):
        if drawn.kind == "forest":
            assert_neat(drawn)
            assert not set("\x00\u202e") & set(drawn.caption + drawn.alt)
