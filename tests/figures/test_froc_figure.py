"""Curves of marks: what is drawn, what is told of it, and that any names fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sheets import assert_neat

import readerstudy as rs
from readerstudy.figures import draw
from readerstudy.figures._pick import Picked
from readerstudy.figures.froc import FrocDisplay, displays
from readerstudy.results import Results

HOSTILE = ["<script>alert(1)</script>", '$x^2$ & "q"', "שלום עולם", "x" * 300]


def study(readers: list[str], modalities: list[str], plan: dict[str, object], groups: dict[str, list[str]]) -> Results:
    rng = np.random.default_rng(1)
    ids = [f"{k:02d}" for k in range(20)]
    lesions = pd.DataFrame([(case, "1") for case in ids[:10]], columns=["case_id", "lesion_id"])
    marks = [
        (case, reader, modality, int(rng.integers(1, 6)), "1" if hit else None)
        for reader in readers
        for modality in modalities
        for case in ids
        for hit in ((True, False) if case < "10" else (False,))
        if rng.random() < (0.8 if hit else 0.4)
    ]
    frame = pd.DataFrame(marks, columns=["case_id", "reader_id", "modality", "score", "lesion_id"])
    protocol = rs.Protocol.of({"marks": plan, "readers": {"groups": groups}})
    return rs.evaluate(marks=rs.Marks.read(pd.DataFrame({"case_id": ids}), frame, lesions), protocol=protocol)


def shown(results: Results) -> FrocDisplay:
    (display,) = displays(Picked(results), "lesions")
    return display


def labels(display: FrocDisplay, panel: int = 0) -> list[str]:
    return [str(line.get_label()) for line in display.axes[panel].get_lines()]


def test_bold_means_and_thin_readers() -> None:
    results = study(["R1", "R2", "CAD"], ["aided", "unaided"], {"model": "CAD"}, {})
    display = shown(results)
    assert display.curves == ("wAFROC", "ROC", "FROC")
    assert labels(display) == [
        *["curve: R1", "curve: R2"] * 2, "mean: Readers, aided", "mean: Readers, unaided", "model: CAD", "model: CAD",
    ]  # fmt: skip
    lines = display.axes[0].get_lines()
    assert lines[4].get_linewidth() > 2 * lines[0].get_linewidth()
    assert lines[6].get_color() != lines[7].get_color()
    assert labels(display, 1)[0] == "chance"
    (row,) = (
        row
        for row in results.tables["froc_curve"]
        if (row["curve"], row["reader"], row["modality"]) == ("wAFROC", None, "aided")
    )
    assert np.array_equal(np.asarray(lines[4].get_xdata()), row["x"])
    (mean,) = results.select(measure="wafroc", reader=None, modality="aided", versus=None)
    assert mean.key in display.keys
    assert f"{mean.estimate:.3f}" in display.alt
    assert "Bold lines" in display.caption
    assert set(display.keys) <= set(results.by_key)


def test_readers_in_no_group_have_no_mean_of_everybody() -> None:
    display = shown(study(["R1", "R2", "R3"], ["film"], {"measures": ["wAFROC"]}, {"old": ["R1", "R2"]}))
    assert labels(display) == ["curve: R1", "curve: R2", "curve: R3", "mean: old"]
    assert len(display.axes) == 1


@pytest.mark.parametrize("measures", [["wAFROC"], ["PCL", "FROC"], ["wAFROC", "wAFROC1", "AFROC", "HrAuc", "FROC"]])
def test_neat_whatever_the_names(measures: list[str]) -> None:
    results = study([*HOSTILE, "CAD"], HOSTILE[:3], {"model": "CAD", "measures": measures}, {"$": HOSTILE[:2]})
    (drawn,) = (d for d in draw(results) if d.kind == "froc")
    assert_neat(drawn)
    assert drawn.svg == next(d for d in draw(results) if d.kind == "froc").svg
    assert "<script>" not in drawn.svg


def test_no_curve_no_figure() -> None:
    results = study(["R1"], ["film"], {"measures": ["wAFROC"]}, {})
    assert displays(Picked(results), "another") == []
