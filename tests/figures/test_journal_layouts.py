"""Every figure on narrow and wide sheets: every word on the sheet and on no other, no sheet too high."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest
from rich_studies import everything
from sheets import boxes

from readerstudy.figures import draw
from readerstudy.figures._gallery import makers
from readerstudy.figures._pick import Picked
from readerstudy.figures._sheet import Sheet, TooNarrowError, laid_out_on
from readerstudy.figures.power import Curve
from readerstudy.figures.power import draw as draw_power
from readerstudy.results import Results

SHEETS = [
    Sheet(width=60.0, height=220.0, least=6.0, most=9.0),
    Sheet(width=106.8, height=204.0, least=6.0, most=8.4),
    Sheet(width=130.5, height=204.0, least=6.0, most=9.0),
    Sheet(width=190.0, height=170.0, least=5.0, most=7.0),
]


def neat(svg: str) -> None:
    """No word leaves its sheet or lies on another."""
    root = ET.fromstring(svg)
    full_width, full_height = (float(v) for v in root.attrib["viewBox"].split()[2:])
    placed = boxes(svg)
    for text, left, right, top, bottom in placed:
        assert -0.1 <= left <= right <= full_width + 0.1, text
        assert -0.1 <= top <= bottom <= full_height, text
    for (one, l1, r1, t1, b1), (other, l2, r2, t2, b2) in itertools.combinations(placed, 2):
        assert min(r1, r2) - max(l1, l2) < 0.3 or min(b1, b2) - max(t1, t2) < 0.3, (one, other)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: f"{sheet.width:g} mm")
@pytest.mark.parametrize("study", ["liver", "compared"])
def test_figures_are_neat_at_any_width(study: str, sheet: Sheet, request: pytest.FixtureRequest) -> None:
    with laid_out_on(sheet):
        figures = draw(request.getfixturevalue(study))
    assert figures
    for drawn in figures:
        assert drawn.width_mm == sheet.width
        assert drawn.height_mm <= sheet.height, drawn.name
        neat(drawn.svg)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: f"{sheet.width:g} mm")
def test_figures_with_pictures_too(sheet: Sheet) -> None:
    results = everything()
    with laid_out_on(sheet):
        for maker in makers(Picked(results)):
            if maker.kind not in ("flow", "accuracy", "agreement", "reader-case", "embedding", "errors"):
                continue
            for display in maker.displays():
                assert display.width_mm == sheet.width


@pytest.mark.parametrize("width", [60.0, 100.0, 180.0])
def test_a_power_curve_is_neat_at_any_width(width: float) -> None:
    curves = [Curve("5 readers", [50, 100, 2000], [0.2, 0.6, 0.95], (2000, 0.95), "at 2,000 cases 0.95")]
    with laid_out_on(Sheet(width=width)):
        drawn = draw_power(
            curves, name="power", title="Power", caption="Power.", x_title="Cases", y_title="Power", wanted=0.8
        )
    assert drawn.width_mm == width
    neat(drawn.svg)


def test_a_narrow_forest_has_a_measure_a_figure_and_labels_above(compared: Results) -> None:
    def heads(width: float) -> list[int]:
        with laid_out_on(Sheet(width=width)):
            return [len(m.measures) for m in _displays(compared, "forest")]  # type: ignore[attr-defined]

    assert set(heads(180.0)) == {3}
    assert set(heads(106.8)) == {2, 1}
    assert set(heads(63.0)) == {1}


def test_a_matrix_without_room_says_how_much_it_needs(rich_aided: Results) -> None:
    with laid_out_on(Sheet(width=45.0)), pytest.raises(TooNarrowError, match=r"at least \d+ mm") as caught:
        _displays(rich_aided, "reader-case")
    with laid_out_on(Sheet(width=caught.value.least + 0.5)):
        assert _displays(rich_aided, "reader-case")


def _displays(results: Results, kind: str) -> list[object]:
    return [display for maker in makers(Picked(results)) if maker.kind == kind for display in maker.displays()]
