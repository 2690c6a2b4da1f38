"""Counts and shares of the confusion matrices."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
from figure_studies import GROUPS, several_classes
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from readerstudy import text
from readerstudy.figures import confusion
from readerstudy.figures._palette import readable_on
from readerstudy.figures._pick import Picked
from readerstudy.figures._sheet import FULL_WIDTH
from readerstudy.results import Results


def luminance(colour: str) -> float:
    channels = [int(to_hex(colour)[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_models_stand_before_readers_and_each_group_after_its_own(liver: Results) -> None:
    (display,) = confusion.displays(Picked(liver), "malignant")
    shown = [entry["reader"] for entry in display.entries]
    assert shown == ["Net-6", "Net-3", "R1", "R2", "residents", "R3", "R4", "general", "R5", "R6", "academic"]


def test_a_group_is_the_sum_of_its_readers(liver: Results) -> None:
    displays = confusion.displays(Picked(liver), "seven-way")
    entries = {entry["reader"]: entry for display in displays for entry in display.entries}
    for group, readers in GROUPS.items():
        total = sum(np.array(entries[reader]["counts"]) for reader in readers)
        assert np.array_equal(entries[group]["counts"], total)
        assert entries[group]["n_readers"] == 2
    printed = [t.get_text() for display in displays for t in display.figure.texts]
    assert printed.count("sum of 2 readers") == 3
    assert "A group's matrix is the sum over its readers." in displays[-1].caption


def test_a_group_of_one_has_no_sum() -> None:
    results = several_classes(["a", "b", "c"], {}, {"residents": ["R1"], "general": ["R2"]}, positive=["a"])
    (display,) = confusion.displays(Picked(results), "seven-way")
    assert [entry["reader"] for entry in display.entries] == ["R1", "R2"]


def test_a_call_outside_the_classes_of_one_reader_widens_the_sum(liver: Results) -> None:
    entries = list(liver.confusion)
    i = next(i for i, e in enumerate(entries) if e["reader"] == "R2" and e["task"] == "malignant")
    counts = [[*row, 1] for row in entries[i]["counts"]]
    entries[i] = {**entries[i], "columns": [*entries[i]["columns"], "other"], "counts": counts}
    (display,) = confusion.displays(Picked(dataclasses.replace(liver, confusion=tuple(entries))), "malignant")
    (residents,) = [entry for entry in display.entries if entry["reader"] == "residents"]
    assert residents["columns"] == ["benign", "malignant", "other"]
    assert [row[2] for row in residents["counts"]] == [1, 1]


def test_a_consensus_has_a_matrix(rich: Results) -> None:
    displays = confusion.displays(Picked(rich), "seven-way")
    assert displays[-1].entries[-1]["reader"] == "consensus"
    assert "a consensus" in displays[-1].caption
    (e,) = rich.select(measure="accuracy", target=None, reader="consensus")
    assert e.key in displays[-1].keys


def test_every_count_and_its_percentage_is_printed(liver: Results) -> None:
    displays = confusion.displays(Picked(liver), "seven-way")
    printed = Counter(t.get_text() for display in displays for t in display.figure.texts)
    expected: Counter[str] = Counter()
    for entry in (entry for display in displays for entry in display.entries):
        for row in entry["counts"]:
            expected.update(str(n) for n in row)
            expected.update(text.percent(n / sum(row), 0) for n in row if n)
    ticks = Counter(["0%", "25%", "50%", "75%", "100%"] * len(displays))
    numbers = Counter({word: n for word, n in printed.items() if word.removesuffix("%").isdigit()})
    assert numbers == expected + ticks


def test_equal_shares_have_equal_colours_in_every_panel(liver: Results) -> None:
    (display,) = confusion.displays(Picked(liver), "malignant")
    colours: dict[float, set[str]] = {}
    panels = [a for a in display.figure.get_children() if str(a.get_label()).startswith("cells: ")]
    for panel, entry in zip(panels, display.entries, strict=True):
        assert isinstance(panel, PolyCollection)
        counts = np.array(entry["counts"])
        for share, colour in zip((counts / counts.sum(1, keepdims=True)).ravel(), panel.get_facecolors(), strict=True):
            colours.setdefault(round(share, 9), set()).add(to_hex(colour))
    assert all(len(found) == 1 for found in colours.values())


def test_text_is_readable_on_every_shade() -> None:
    for share in np.linspace(0, 1, 101):
        background = colormaps["Blues"](share)
        low, high = sorted((luminance(to_hex(background)), luminance(readable_on(background))))
        assert (high + 0.05) / (low + 0.05) > 4.5


def test_many_readers_are_shown_as_groups_alone() -> None:
    groups = {"residents": [f"R{i}" for i in range(30)], "academic": [f"A{i}" for i in range(13)]}
    results = several_classes(["a", "b", "c", "d", "e"], {"Net": 0.9}, groups, positive=["a"])
    for task in ("seven-way", "malignant"):
        (display,) = confusion.displays(Picked(results), task)
        assert [entry["reader"] for entry in display.entries] == ["Net", "residents", "academic"]
        assert "More than 8 readers" in display.caption


def test_many_matrices_take_several_figures_of_a_page_each() -> None:
    groups = {f"group {i}": [f"R{i}"] for i in range(43)}
    results = several_classes(["a", "b", "c", "d", "e"], {"Net": 0.9}, groups, positive=["a"])
    for task in ("seven-way", "malignant"):
        displays = confusion.displays(Picked(results), task)
        assert len(displays) > 1
        shown = [entry["reader"] for d in displays for entry in d.entries]
        assert shown == ["Net", *(name for names in groups.values() for name in names)]
        assert all(d.height_mm <= 230 and d.width_mm == FULL_WIDTH for d in displays)


def test_zeros_are_left_out_of_a_large_matrix_and_that_is_said() -> None:
    classes = [f"c{i}" for i in range(12)]
    results = several_classes(classes, {"Net": 0.9}, {}, positive=classes[:3])
    (display,) = confusion.displays(Picked(results), "seven-way")
    assert "0" not in {t.get_text() for t in display.figure.texts}
    assert "A cell without a number has no case." in display.caption


def test_a_call_outside_the_classes_has_its_column(alone: Results) -> None:
    entry = {
        **alone.confusion[1],
        "columns": [*alone.confusion[1]["classes"], "other"],
        "counts": [[40, 20, 4], [3, 45, 0]],
    }
    (display,) = confusion.displays(Picked(dataclasses.replace(alone, confusion=(entry,))), "malignant")
    assert "other" in {t.get_text() for t in display.figure.texts}
    assert "“other”" in display.caption
    assert "benign called 40 benign, 20 malignant, 4 other" in display.alt


def test_a_class_without_cases_has_no_percentages(alone: Results) -> None:
    entry = {**alone.confusion[1], "counts": [[0, 0], [3, 45]]}
    (display,) = confusion.displays(Picked(dataclasses.replace(alone, confusion=(entry,))), "malignant")
    printed = {t.get_text() for t in display.figure.texts}
    assert {"0", "3", "45", "6%", "94%"} <= printed
    assert not {"nan", "nan%", text.UNDEFINED} & printed
