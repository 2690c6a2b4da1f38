"""Points, settings and pictures of the embedding."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from numpy.testing import assert_allclose
from rich_studies import embedding as table
from rich_studies import png

from readerstudy.figures import embedding
from readerstudy.figures._palette import class_styles
from readerstudy.figures._pick import Picked
from readerstudy.figures._svg import to_svg
from readerstudy.figures._thumbnail import pixels_of
from readerstudy.results import Results

CLASSES = [f"class {i}" for i in range(9)]


def only(results: Results, entry: dict[str, Any]) -> embedding.EmbeddingDisplay:
    results = dataclasses.replace(results, tables={"embedding": [entry]})
    (display,) = embedding.displays(Picked(results), "seven-way")
    return display


def test_points_by_class_are_those_of_the_table(rich: Results) -> None:
    (entry,) = rich.tables["embedding"]
    display = only(rich, entry)
    (axes,) = display.axes
    for i, name in enumerate(entry["classes"]):
        (line,) = [line for line in axes.lines if line.get_label() == f"cases: {name}"]
        assert_allclose(line.get_xdata(), [x for x, c in zip(entry["x"], entry["class"], strict=True) if c == i])
        assert_allclose(line.get_ydata(), [y for y, c in zip(entry["y"], entry["class"], strict=True) if c == i])


def test_both_axes_have_one_scale_and_no_ticks(rich: Results) -> None:
    display = only(rich, rich.tables["embedding"][0])
    (axes,) = display.axes
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    box = axes.get_position()
    assert_allclose(x1 - x0, y1 - y0)
    assert_allclose(box.width * display.width_mm, box.height * display.height_mm)
    assert not axes.axison


def test_no_two_classes_share_colour_and_marker() -> None:
    styles = class_styles(64)
    assert len({(s.colour, s.marker) for s in styles}) == 64
    assert len({s.colour for s in styles[:8]}) == len({s.marker for s in styles[:8]}) == 8


def test_the_caption_tells_the_settings_and_that_there_are_no_units(rich: Results) -> None:
    display = only(rich, rich.tables["embedding"][0])
    for words in ("120 rows", "perplexity 30", "iterations 1000", "theta 0.5", "seed 0", "divergence 0.834"):
        assert words in display.caption
    assert "no units" in display.caption
    exact = only(rich, {**rich.tables["embedding"][0], "theta": None, "kl": None, "note": "Stopped early"})
    assert "theta" not in exact.caption
    assert exact.caption.endswith("Stopped early.")


def test_many_points_are_one_picture(rich: Results) -> None:
    entry = {**table(CLASSES, [CLASSES[i % 9] for i in range(2700)], "Net-6"), "thumbnails": []}
    display = only(rich, entry)
    svg = to_svg(display.figure, "x")
    assert display.rasterised
    assert svg.count("<image") == 1
    assert len(svg) < 200_000
    assert svg == to_svg(only(rich, entry).figure, "x")
    assert not only(rich, rich.tables["embedding"][0]).rasterised


@pytest.mark.parametrize("n", [0, 1, 6, 10])
def test_pictures_stand_beside_the_plot_joined_to_their_points(rich: Results, n: int) -> None:
    thumbnails = [{"index": 11 * i, "png_base64": png(i, 20, 12 + i)} for i in range(n)]
    display = only(rich, {**rich.tables["embedding"][0], "thumbnails": thumbnails})
    assert display.thumbnails == tuple(11 * i for i in range(n))
    images = [a for axes in display.figure.axes for a in axes.images]
    places = [image.get_extent() for image in images]
    assert len(places) == n
    for i, (left, right, bottom, top) in enumerate(places):
        assert left >= 0
        assert right <= display.width_mm
        assert 0 <= top < bottom <= display.height_mm
        for other_left, other_right, other_bottom, other_top in places[:i]:
            assert right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top


def test_what_is_no_picture_is_an_error() -> None:
    for wrong in ("", "not base64!", "bm8gcG5n"):
        with pytest.raises(ValueError, match="not a PNG"):
            pixels_of(wrong)


def test_a_large_picture_is_thinned_out() -> None:
    assert pixels_of(png(0, 600, 300)).shape == (200, 100, 3)
    assert pixels_of(png(0, 24, 24)).shape == (24, 24, 3)


def test_no_figure_without_the_table(liver: Results) -> None:
    assert embedding.displays(Picked(liver), "seven-way") == []
