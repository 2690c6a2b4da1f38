"""Dots, means and lines of the accuracy figure."""

from __future__ import annotations

import dataclasses
from typing import Any

from figure_studies import GROUPS
from numpy.testing import assert_allclose

from readerstudy.figures import _accuracy_words, accuracy
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
    assert_allclose(_accuracy_words.apart([10.0, 11.0, 40.0], 6.0, 70.0), [10.0, 16.0, 40.0])
    assert_allclose(_accuracy_words.apart([66.0, 67.0, 68.0], 6.0, 70.0), [58.0, 64.0, 70.0])


def test_asterisks_are_the_significant_tests_of_the_protocol(rich: Results) -> None:
    (display,) = accuracy.displays(Picked(rich), "seven-way")
    tests = [e for e in rich.select(measure="accuracy_difference") if e.versus not in ("Net-6", "Net-3")]
    expected = {e.key for e in tests if e.p_value < 0.05}
    assert 0 < len(expected) < len(tests)
    assert {e.key for e in display.significant} == expected
    assert [t.get_text() for t in display.figure.texts].count("*") == len(expected)
    assert "P < .05, exact McNemar test, not adjusted" in display.caption
    assert {e.key for e in tests} <= set(display.keys)


def test_an_asterisk_stands_above_its_reader(rich: Results) -> None:
    (display,) = accuracy.displays(Picked(rich), "seven-way")
    (axes,) = display.axes
    stars = {round(t.get_position()[0], 6) for t in display.figure.texts if t.get_text() == "*"}
    box, (x0, x1) = axes.get_position(), axes.get_xlim()
    places = {e.versus: e for e in display.significant}
    readers = [x for (group, _), xs in display.positions.items() for x in xs]
    on_sheet = [round((box.x0 + (x - x0) / (x1 - x0) * box.width) * display.width_mm, 6) for x in readers]
    names = [name for names in GROUPS.values() for name in names]
    assert {x for x, name in zip(on_sheet, names, strict=True) if name in places} <= stars


def test_the_sign_of_the_protocol_decides_at_alpha(rich: Results) -> None:
    changed = [e.replace(p_value=0.05) if e.measure == "accuracy_difference" else e for e in rich.estimates]
    results = dataclasses.replace(rich, estimates=tuple(changed))
    (display,) = accuracy.displays(Picked(results), "seven-way")
    assert display.significant == ()
    assert "No accuracy differs significantly from that of a model (P < .05" in display.caption
    study = {**rich.protocol["study"], "significant": "<="}
    (display,) = accuracy.displays(
        Picked(dataclasses.replace(results, protocol={**rich.protocol, "study": study})), "seven-way"
    )
    assert len(display.significant) == 14
    assert "P ≤ .05" in display.caption


def test_a_mean_has_its_interval_and_a_consensus_its_star(rich: Results) -> None:
    (display,) = accuracy.displays(Picked(rich), "seven-way")
    for group in GROUPS:
        (mean,) = rich.select(measure="accuracy", target=None, reader=None, reader_group=group)
        bar = labelled(display, f"mean interval: {group}")
        assert_allclose(bar.get_ydata()[:2], [mean.conf_low, mean.conf_high])
        assert bar.get_xdata()[0] > max(display.positions[group, None])
        assert mean.key in display.keys
    (e,) = rich.select(measure="accuracy", target=None, reader="consensus")
    mark = labelled(display, "consensus: consensus")
    assert_allclose(mark.get_ydata(), [e.estimate])
    assert mark.get_marker() == "*"
    assert "Star: consensus." in display.caption
    assert "Obuchowski–Rockette" in display.caption


def test_the_consensus_of_each_modality_has_a_star(rich_aided: Results) -> None:
    (display,) = accuracy.displays(Picked(rich_aided), "seven-way")
    stars = [labelled(display, f"consensus: consensus ({m})") for m in ("unaided", "aided")]
    assert stars[0].get_xdata()[0] < stars[1].get_xdata()[0]
    assert stars[0].get_markerfacecolor() != stars[1].get_markerfacecolor()
