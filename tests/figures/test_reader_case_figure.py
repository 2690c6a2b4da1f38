"""Cells of the matrix of readers by cases."""

from __future__ import annotations

import dataclasses
import itertools
import random
from typing import Any

import numpy as np
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch

from readerstudy import text
from readerstudy.figures import reader_case
from readerstudy.figures._pick import Picked
from readerstudy.figures._svg import to_svg
from readerstudy.results import Results


def only(results: Results, task: str = "seven-way") -> reader_case.ReaderCaseDisplay:
    (display,) = reader_case.displays(Picked(results), task)
    return display


def binary(results: Results, n: int, rows: int) -> Results:
    """The study with a binary task and a matrix of `rows` readers by 2 n cases, the first half negative."""
    pick = random.Random(4)
    who = {"reader_kind": "human", "reader_group": None, "modality": None}
    entry = {
        "task": "malignant",
        "observers": [{"reader": f"R{i}", **who} for i in range(rows)],
        "classes": ["benign", "malignant"],
        "truth": [0] * n + [1] * n,
        "calls": [[pick.choice((0, 0, 1, 1, 1, -1)) for _ in range(2 * n)] for _ in range(rows)],
    }
    tasks = {**results.protocol["tasks"], "malignant": {"kind": "group", "classes": ["benign", "malignant"]}}
    return dataclasses.replace(results, tables={"reader_case": [entry]}, protocol={**results.protocol, "tasks": tasks})


def cells(display: reader_case.ReaderCaseDisplay, name: str) -> list[Any]:
    """The rectangles of a colour, as left, right and top in mm."""
    found = [a for a in display.figure.get_children() if a.get_label() == f"cells: {name}"]
    if not found:
        return []
    (patch,) = found
    assert isinstance(patch, PathPatch)
    corners = patch.get_path().vertices.reshape(-1, 5, 2)
    return [(c[0, 0], c[1, 0], c[0, 1]) for c in corners]


def test_rows_and_cells_are_those_of_the_table(rich: Results) -> None:
    display = only(rich)
    (entry,) = rich.tables["reader_case"]
    assert [o.name for o in display.observers] == [o["reader"] for o in entry["observers"]]
    names = np.array(display.legend)[display.states]
    calls, truth = np.array(entry["calls"]), np.array(entry["truth"])
    assert np.array_equal(names == "right", calls == truth)
    assert np.array_equal(names == "not read", calls < 0)
    assert np.array_equal(names == "other", calls == len(entry["classes"]))


def test_each_run_of_wrong_calls_is_one_rectangle(rich: Results) -> None:
    display = only(rich)
    wrong = display.states == display.legend.index("wrong")
    runs = sum(key for row in wrong for key, _ in itertools.groupby(row))
    drawn = cells(display, "wrong")
    assert len(drawn) == runs
    case_mm = min(right - left for left, right, _ in drawn)
    assert round(sum(right - left for left, right, _ in drawn) / case_mm) == wrong.sum()


def test_the_four_outcomes_of_a_binary_task_are_told_apart(rich: Results) -> None:
    display = only(binary(rich, 40, 3), "malignant")
    names = np.array(display.legend)[display.states]
    calls = np.array(binary(rich, 40, 3).tables["reader_case"][0]["calls"])
    for name, truth, call in (
        ("true negative", 0, 0),
        ("false positive", 0, 1),
        ("false negative", 1, 0),
        ("true positive", 1, 1),
    ):
        half = np.s_[:, 40 * truth : 40 * truth + 40]
        assert (names[half] == name).sum() == (calls[half] == call).sum()
        assert cells(display, name)
    printed = {t.get_text() for t in display.figure.texts}
    assert {"true negative", "false positive", "false negative", "true positive", "not read"} <= printed


def test_accuracies_stand_at_the_right(rich: Results) -> None:
    display = only(rich)
    printed = [t.get_text() for t in display.figure.texts]
    for observer in display.observers:
        (e,) = rich.select(measure="accuracy", target=None, reader=observer.name)
        assert text.value(e) in printed
        assert text.fraction(e) in printed
        assert e.key in display.keys


def test_names_of_narrow_classes_are_moved_apart() -> None:
    middles, sizes = [10.0, 11.0, 12.0, 60.0], [8.0, 8.0, 8.0, 8.0]
    moved = reader_case._spread(middles, sizes, 5.0, 62.0)
    assert moved == [10.0, 18.0, 26.0, 58.0]


def test_many_cases_are_a_small_picture_of_mean_colours(rich: Results) -> None:
    display = only(binary(rich, 6000, 8), "malignant")
    assert display.rasterised
    assert not only(binary(rich, 500, 8), "malignant").rasterised
    svg = to_svg(display.figure, "x")
    assert len(svg) < 150_000
    assert svg == to_svg(only(binary(rich, 6000, 8), "malignant").figure, "x")
    (image,) = [a for axes in display.figure.axes for a in axes.get_children() if isinstance(a, AxesImage)]
    pixels = image.get_array()
    assert pixels is not None
    shades = {name: [int(c[i : i + 2], 16) for i in (1, 3, 5)] for name, c in reader_case._COLOURS.items()}
    palette = np.array([shades[name] for name in display.legend])
    mean = palette[display.states[0]].mean(axis=0)
    assert np.abs(np.asarray(pixels)[2].mean(axis=0) - mean).max() < 1.0


def test_readers_beyond_a_page_go_to_the_next(rich: Results) -> None:
    displays = reader_case.displays(Picked(binary(rich, 10, 100)), "malignant")
    assert len(displays) > 1
    assert [o.name for d in displays for o in d.observers] == [f"R{i}" for i in range(100)]
    assert all(d.height_mm <= 230 for d in displays)


def test_no_figure_without_the_table(liver: Results) -> None:
    assert reader_case.displays(Picked(liver), "seven-way") == []
