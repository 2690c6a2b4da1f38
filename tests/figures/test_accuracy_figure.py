"""Dots, means and lines of the accuracy figure."""

from __future__ import annotations

from typing import Any

from figure_studies import GROUPS
from numpy.testing import assert_allclose

from readerstudy.figures import accuracy
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def labelled(display: accuracy.AccuracyDisplay, label: str) -> Any:
    (axes,) = display.axes
    (artist,) = [a for a in (*axes.lines, *axes.collections) if a.get_label() == label]
    return artist


def test_dots_bars_and_means(liver: Results) -> None:
    (display,) = accuracy.displays(Picked(liver), "seven-way")
    for group, readers in GROUPS.items():
        records = [liver.select(measure="accuracy", task="seven-way", target=None, reader=r)[0] for r in readers]
        dots = labelled(display, f"readers: {group}")
        assert_allclose(dots.get_ydata(), [e.estimate for e in records])
        bars = labelled(display, f"intervals: {group}").get_segments()
        assert_allclose([bar[:, 1] for bar in bars], [[e.conf_low, e.conf_high] for e in records])
        (mean,) = liver.select(measure="accuracy", task="seven-way", target=None, reader_group=group, reader=None)
        line = labelled(display, f"mean: {group}")
        assert_allclose(line.get_ydata(), [mean.estimate] * 2)
        assert line.get_xdata()[0] < min(dots.get_xdata())
        assert line.get_xdata()[1] > max(dots.get_xdata())


def test_each_model_is_a_line_of_its_own_style_across_the_figure(liver: Results) -> None:
    (display,) = accuracy.displays(Picked(liver), "malignant")
    lines = [labelled(display, f"model: {name}") for name in ("Net-6", "Net-3")]
    for name, line in zip(("Net-6", "Net-3"), lines, strict=True):
        (e,) = liver.select(measure="accuracy", task="malignant", reader=name)
        assert_allclose(line.get_ydata(), [e.estimate] * 2)
        assert_allclose(line.get_xdata(), display.axes[0].get_xlim())
    assert lines[0].get_linestyle() != lines[1].get_linestyle()


def test_a_reader_of_two_modalities_has_two_joined_dots(aided: Results) -> None:
    (display,) = accuracy.displays(Picked(aided), "lesion")
    assert len(labelled(display, "same reader").get_segments()) == 5
    before, after = display.positions[None, "unaided"], display.positions[None, "aided"]
    assert all(0 < b - a < 1 for a, b in zip(before, after, strict=True))


def test_no_figure_without_readers(alone: Results) -> None:
    assert accuracy.displays(Picked(alone), "seven-way") == []


def test_labels_of_close_models_are_kept_apart() -> None:
    assert_allclose(accuracy._apart([10.0, 11.0, 40.0], 6.0, 70.0), [10.0, 16.0, 40.0])
    assert_allclose(accuracy._apart([66.0, 67.0, 68.0], 6.0, 70.0), [58.0, 64.0, 70.0])
