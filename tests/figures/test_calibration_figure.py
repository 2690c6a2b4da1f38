"""Curves, bands, groups and histograms of the calibration figure."""

from __future__ import annotations

from typing import Any

import pytest
from difference_studies import Differences
from numpy.testing import assert_allclose
from sheets import assert_neat

from readerstudy import text
from readerstudy.figures import calibration, draw
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def study_of(models: int, **how: Any) -> Differences:
    study = Differences([f"Net {i}" for i in range(models)])
    study.calibration(**how)
    return study


def displays(study: Differences) -> list[calibration.CalibrationDisplay]:
    return calibration.displays(Picked(study.study()), study.task)


def artist(axes: Any, label: str) -> Any:
    (found,) = [a for a in (*axes.lines, *axes.collections) if a.get_label() == label]
    return found


def test_the_panel_holds_the_table() -> None:
    study = study_of(2)
    (display,) = displays(study)
    for axes, entry in zip(display.axes, study.tables["calibration"], strict=True):
        name = entry["reader"]
        curve = artist(axes, f"curve: {name}")
        assert_allclose(curve.get_xdata(), entry["prob"])
        assert_allclose(curve.get_ydata(), entry["observed"])
        groups = artist(axes, f"groups: {name}")
        assert_allclose(groups.get_ydata(), [g["observed"] for g in entry["groups"]])
        arms = artist(axes, f"intervals: {name}").get_segments()
        assert_allclose([arm[:, 1] for arm in arms], [[g["low"], g["high"]] for g in entry["groups"]])
        (corners,) = [path.vertices for path in artist(axes, f"band: {name}").get_paths()]
        assert_allclose(corners[: len(entry["low"]), 1], entry["low"])
        assert_allclose(artist(axes, "perfect").get_ydata(), [0, 1])
    styles = [artist(axes, f"curve: Net {i}").get_linestyle() for i, axes in enumerate(display.axes)]
    assert styles[0] != styles[1]


def test_cases_with_the_finding_stand_up_and_the_others_down() -> None:
    study = study_of(1)
    (display,) = displays(study)
    (entry,) = study.tables["calibration"]
    up = artist(display.histograms[0], "with: Net 0").get_paths()
    down = artist(display.histograms[0], "without: Net 0").get_paths()
    assert [path.vertices[:, 1].max() for path in up] == [n for n in entry["positive"] if n]
    assert [path.vertices[:, 1].min() for path in down] == [-n for n in entry["negative"] if n]
    words = [t.get_text() for t in display.figure.texts]
    assert {"cases: malignant", "cases: benign"} <= set(words)


@pytest.mark.parametrize("models", [1, 3])
def test_the_numbers_stand_in_the_figure(models: int) -> None:
    study = study_of(models)
    results = study.study()
    (display,) = displays(study)
    said = [t.get_text() for t in display.figure.texts]
    names = {"calibration_in_the_large": "Intercept", "calibration_slope": "Slope", "ici": "ICI"}
    for measure, name in names.items():
        for e in results.select(measure=measure):
            assert f"{name} {text.value(e)} ({text.interval(e)})" in said
            assert e.key in display.keys
            assert f"{name} {text.full(e)}" in display.alt
    assert "restricted cubic spline" in display.caption


def test_a_curve_without_a_band_and_a_band_with_a_gap() -> None:
    (display,) = displays(study_of(1, band=False))
    assert not [c for c in display.axes[0].collections if str(c.get_label()).startswith("band")]
    assert "band" not in display.caption
    study = study_of(1)
    for side in ("low", "high"):
        study.tables["calibration"][0][side][20] = None
    (display,) = displays(study)
    assert len([c for c in display.axes[0].collections if c.get_label() == "band: Net 0"]) == 2


def test_curve_or_groups_alone() -> None:
    study = study_of(1)
    entry = study.tables["calibration"][0]
    empty: dict[str, Any] = {"prob": [], "observed": [], "low": None, "high": None}
    study.tables["calibration"] = [entry | empty]
    (display,) = displays(study)
    assert "smooth curve" not in display.caption
    study.tables["calibration"] = [entry | {"groups": []}]
    (display,) = displays(study)
    assert "groups" not in display.caption
    study.tables["calibration"] = [entry | empty | {"groups": []}]
    assert displays(study) == []


def test_nothing_without_probabilities(liver: Results) -> None:
    assert calibration.displays(Picked(liver), "malignant") == []


@pytest.mark.parametrize("models", [1, 2, 3, 4, 5, 7, 40])
def test_many_models_stay_neat(models: int) -> None:
    figures = [d for d in draw(study_of(models).study()) if d.kind == "calibration"]
    assert len(figures) == min(3, -(-models // 6))
    for drawn in figures:
        assert_neat(drawn)
        assert drawn.height_mm <= 216
    assert ("further models not drawn" in figures[0].caption) == (models > 18)


def test_long_names_and_no_cases() -> None:
    study = Differences(("<b>" + "x" * 300, "שלום"), classes=("n" * 200, "p" * 200))
    study.calibration(shape=0.0)
    (drawn,) = [d for d in draw(study.study()) if d.kind == "calibration"]
    assert_neat(drawn)
