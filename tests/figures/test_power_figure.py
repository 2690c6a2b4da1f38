"""Power curves."""

from __future__ import annotations

import numpy as np
import pytest
from sheets import assert_neat

from readerstudy.figures.power import Curve, draw


@pytest.mark.parametrize("n", [1, 6, 40])
def test_curves_of_any_number_are_neat(n: int) -> None:
    curves = [
        Curve(f"{i} readers {'<x>' * (i % 3) * 20}", [10.0, 100.0, 1000.0], [0.1, 0.5 + i / 100, float("nan")],
              (100.0, 0.5) if i % 2 else None, f"{i} cases")
        for i in range(n)
    ]  # fmt: skip
    for share in (True, False):
        drawn = draw(
            curves, name="power", title="Power", caption="A plan.", x_title="Cases", y_title="Power", wanted=0.5,
            share=share,
        )  # fmt: skip
        assert_neat(drawn)
        assert drawn.kind == "power"
        assert "Dotted line: 0.5" in drawn.caption
        assert "0 readers: 0.1" in drawn.alt.replace(" : ", ": ")
        assert drawn.height_mm <= 216


def test_the_same_curves_give_the_same_bytes() -> None:
    x = np.arange(2.0, 50.0)
    curves = [Curve("5 readers", x.tolist(), (1 - 1 / x).tolist(), (10.0, 0.9), "10 cases")]

    def one(wanted: float | None) -> str:
        return draw(
            curves, name="power", title="Power", caption="", x_title="Cases", y_title="Power", wanted=wanted
        ).svg  # fmt: skip

    assert one(0.8) == one(0.8)
    assert "wanted: 0.8" in one(0.8)
    assert "wanted" not in one(None)


def test_a_single_size_and_an_undefined_curve() -> None:
    curves = [Curve("one", [10.0], [0.5]), Curve("none", [10.0], [float("nan")])]
    drawn = draw(curves, name="power", title="Power", caption="A plan.", x_title="Cases", y_title="Power")
    assert_neat(drawn)
    assert "none: undefined." in drawn.alt
    assert "Dotted" not in drawn.caption
