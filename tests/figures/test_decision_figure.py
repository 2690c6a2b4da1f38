"""Curves, bands and symbols of net benefit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from difference_studies import Differences, readers_named
from numpy.testing import assert_allclose
from sheets import assert_neat

from readerstudy import text
from readerstudy.figures import decision, draw
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def study_of(*models: str, groups: dict[str, list[str]] | None = None, **how: Any) -> Differences:
    study = Differences(models or ("Net",), groups, consensus="majority")
    study.decision(**how)
    return study


def display_of(study: Differences) -> decision.DecisionDisplay:
    (display,) = decision.displays(Picked(study.study()), study.task)
    return display


def lines(display: decision.DecisionDisplay, start: str) -> dict[str, Any]:
    return {str(a.get_label()): a for a in display.axes[0].lines if str(a.get_label()).startswith(start)}


def test_curves_of_models_and_readers_are_those_of_the_table() -> None:
    study = study_of()
    display = display_of(study)
    curves = lines(display, "curve: ")
    assert len(curves) == 8
    (low, _) = display.axes[0].get_ylim()
    for entry in study.tables["decision"]:
        if not entry["strategy"]:
            curve = curves[f"curve: {entry['reader']}"]
            above = [v for v in entry["net_benefit"] if v >= low]
            assert_allclose([v for v in curve.get_ydata() if v > low][: len(above)], above)
    widths = {name: line.get_linewidth() for name, line in curves.items()}
    assert widths["curve: Net"] > widths["curve: R1"]


def test_treating_all_ends_where_the_axis_ends() -> None:
    display = display_of(study_of())
    (line,) = lines(display, "treat all").values()
    low, high = display.axes[0].get_ylim()
    ys = np.array(line.get_ydata(), dtype=float)
    assert_allclose(np.nanmin(ys), low)
    assert low > -0.35 * high
    # Where it crosses, on the line between its two neighbours: 0.4 - 0.6 t / (1 - t) within the grid's error.
    x = float(np.array(line.get_xdata())[np.nanargmin(ys)])
    assert_allclose(0.4 - 0.6 * x / (1 - x), low, atol=1e-3)
    (none,) = lines(display, "treat none").values()
    assert_allclose(none.get_ydata(), [0, 0])


def test_symbols_are_the_records_at_the_thresholds() -> None:
    study = study_of()
    results = study.study()
    display = display_of(study)
    records = results.select(measure="net_benefit")
    assert set(display.keys) == {e.key for e in records}
    (model,) = lines(display, "model: ").values()
    own = [e for e in records if e.reader == "Net"]
    assert_allclose(model.get_xdata(), [0.1, 0.2, 0.3])
    assert_allclose(model.get_ydata(), [e.estimate for e in own])
    residents = lines(display, "readers: residents")["readers: residents"]
    assert len(residents.get_xdata()) == 9
    assert len([a for a in display.axes[0].lines if a.get_label() == "consensus: majority"]) == 3
    said = [t.get_text() for t in display.figure.texts]
    for e in own:
        assert f"at {e.threshold:g}: {text.value(e)} ({text.interval(e)})" in said
    assert f"Net: {text.full(own[0])} at 0.1" in display.alt


def test_one_model_has_a_filled_band_and_few_have_lines() -> None:
    display = display_of(study_of())
    (band,) = [c for c in display.axes[0].collections if c.get_label() == "band: Net"]
    low = display.axes[0].get_ylim()[0]
    assert min(path.vertices[:, 1].min() for path in band.get_paths()) >= low - 1e-12
    assert "Pale band" in display.caption
    few = display_of(study_of("A", "B"))
    assert len(lines(few, "low: ")) == len(lines(few, "high: ")) == 2
    assert not few.axes[0].collections
    many = display_of(study_of("A", "B", "C", "D"))
    assert not lines(many, "low: ")
    assert "bands of so many models are not drawn" in many.caption


def test_readers_without_curves_are_symbols() -> None:
    display = display_of(study_of(thresholds=(0.2,), curves_of_readers=False))
    assert list(lines(display, "curve: ")) == ["curve: Net"]
    assert "Symbols: net benefit at the threshold 0.2;" in display.caption


def test_without_a_model_and_at_one_threshold() -> None:
    study = Differences((), {"": ["R1"]})
    study.decision((0.1,), curves_of_readers=False)
    display = display_of(study)
    low, high = display.axes[0].get_xlim()
    assert low <= 0.01 < 0.6 <= high
    study.tables["decision"] = []
    low, high = display_of(study).axes[0].get_xlim()
    assert low < 0.1 < high


def test_nothing_but_strategies_is_nothing(liver: Results) -> None:
    study = Differences((), {})
    study.decision()
    assert decision.displays(Picked(study.study()), "malignant") == []
    assert decision.displays(Picked(liver), "malignant") == []


def test_many_readers_are_symbols_side_by_side() -> None:
    display = display_of(study_of(groups=readers_named(30, 3)))
    assert len(lines(display, "curve: ")) == 2  # the model and the consensus
    places = [np.mean(line.get_xdata()) for line in lines(display, "readers: ").values()]
    assert places[0] < places[1] < places[2]
    assert_allclose(places[1], 0.2)
    assert "side by side" in display.caption


def test_a_null_lifts_the_pen() -> None:
    study = study_of()
    study.tables["decision"][0]["net_benefit"][30] = None
    study.tables["decision"][0]["low"][30] = None
    display = display_of(study)
    assert np.isnan(np.array(lines(display, "curve: Net")["curve: Net"].get_ydata(), dtype=float)).sum() == 1
    assert len([c for c in display.axes[0].collections if c.get_label() == "band: Net"]) == 2


@pytest.mark.parametrize("models", [1, 4, 12])
@pytest.mark.parametrize("readers", [1, 30])
def test_crowds_and_long_names_stay_neat(models: int, readers: int) -> None:
    names = [f"Net {i} {'<x>' * 60}" for i in range(models)]
    study = study_of(
        *names, groups={f"{g} שלום {'y' * 90}": n for g, n in readers_named(readers, min(3, readers)).items()}
    )
    (drawn,) = [d for d in draw(study.study()) if d.kind == "decision"]
    assert_neat(drawn)
    assert drawn.height_mm <= 216
