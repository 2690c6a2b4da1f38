"""The contact sheet of wrongly called cases."""

from __future__ import annotations

import dataclasses
from typing import Any

from rich_studies import png

from readerstudy.figures import errors
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def row(i: int, kind: str = "false positive", thumbnail: str | None = None, **changes: Any) -> dict[str, Any]:
    said = {"truth": "cyst", "call": "HCC", "score": 0.625, "thumbnail": thumbnail or png(i % 3)}
    return {"task": "seven-way", "reader": "Net-6", "kind": kind, "target": "HCC", **said, **changes}


def drawn(results: Results, rows: list[dict[str, Any]]) -> list[errors.ErrorsDisplay]:
    return errors.displays(Picked(dataclasses.replace(results, tables={"errors": rows})), "seven-way")


def test_truth_and_call_stand_under_each_picture(rich: Results) -> None:
    rows = [row(0), row(1, "false negative", truth="HCC", call="ICC", score=None)]
    (display,) = drawn(rich, rows)
    printed = [t.get_text() for t in display.figure.texts]
    assert printed == [
        "Net-6: false positive, HCC (1)", "Truth: cyst", "Call: HCC", "Score: 0.63",
        "Net-6: false negative, HCC (1)", "Truth: HCC", "Call: ICC",
    ]  # fmt: skip
    assert len(display.figure.axes[0].images) == 2


def test_calls_without_a_picture_are_counted(rich: Results) -> None:
    (display,) = drawn(rich, [row(0), row(1), row(2, thumbnail=None) | {"thumbnail": None}])
    assert len(display.rows) == 2
    assert "1 wrong call of 3 without a picture not shown." in display.caption
    assert "Net-6: false positive, HCC (2 of 3)" in {t.get_text() for t in display.figure.texts}


def test_long_lists_are_cut_and_that_is_said(rich: Results) -> None:
    (display,) = drawn(rich, [row(i) for i in range(30)])
    assert len(display.rows) == 12
    assert "first 12 pictures" in display.caption


def test_sheets_are_no_longer_than_a_page(rich: Results) -> None:
    displays = drawn(rich, [row(i, reader=f"R{i // 7}") for i in range(70)])
    assert len(displays) > 1
    assert all(d.height_mm <= 216 for d in displays)
    assert sum(len(d.rows) for d in displays) == 70


def test_no_sheet_without_pictures(rich: Results, liver: Results) -> None:
    assert drawn(rich, [row(0) | {"thumbnail": None}]) == []
    assert errors.displays(Picked(liver), "seven-way") == []
