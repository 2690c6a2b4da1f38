"""Cells of the heat map of kappa."""

from __future__ import annotations

import dataclasses
import math

from matplotlib import colormaps
from matplotlib.colors import to_hex
from rich_studies import everything

from readerstudy import text
from readerstudy.estimate import Estimate
from readerstudy.figures import agreement
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def only(results: Results) -> agreement.AgreementDisplay:
    (display,) = agreement.displays(Picked(results), "seven-way")
    return display


def with_kappa(results: Results, value: float, **changes: object) -> Results:
    """The study with the first kappa between two observers replaced."""
    estimates = list(results.estimates)
    i = next(i for i, e in enumerate(estimates) if e.measure == "kappa" and e.versus_kind == "reader")
    limits = {"conf_low": math.nan, "conf_high": math.nan}
    estimates[i] = estimates[i].replace(estimate=value, **limits, **changes)
    return dataclasses.replace(results, estimates=tuple(estimates))


def test_rows_and_the_column_of_the_truth(rich: Results) -> None:
    display = only(rich)
    names = [o.name for o in display.observers]
    assert names == ["Net-6", "Net-3", "R1", "R2", "R3", "R4", "R5", "R6", "consensus"]
    for name, e in zip(names, display.truth, strict=True):
        assert e == rich.select(measure="kappa", reader=name, versus_kind="truth")[0]


def test_every_two_observers_meet_once_below_the_diagonal(rich: Results) -> None:
    display = only(rich)
    names = [o.name for o in display.observers]
    assert len(display.pairs) == len(names) * (len(names) - 1) // 2
    for (row, column), e in display.pairs.items():
        assert row > column
        assert {names[row], names[column]} == {e.reader, e.versus}


def test_values_and_intervals_are_printed(rich: Results) -> None:
    display = only(rich)
    printed = [t.get_text() for t in display.figure.texts]
    for e in (*display.truth, *display.pairs.values()):
        assert isinstance(e, Estimate)
        assert text.fixed(e.estimate, 2) in printed
        assert f"{text.fixed(e.conf_low, 2)}, {text.fixed(e.conf_high, 2)}" in printed
    assert set(display.keys) == {e.key for e in rich.select(measure="kappa")}


def colours(display: agreement.AgreementDisplay) -> set[str]:
    labels = (str(a.get_label()) for a in display.figure.get_children())
    return {label.removeprefix("cells: ") for label in labels if label.startswith("cells: ")}


def test_the_scale_is_the_same_in_every_study() -> None:
    assert to_hex(agreement._colours([0.0, 0.5])[0]) == to_hex(colormaps["Blues"](agreement._LIGHTEST))
    assert to_hex(agreement._colours([1.0])[0]) == to_hex(colormaps["Blues"](agreement._DARKEST))


def test_a_negative_and_an_undefined_kappa_have_colours_of_their_own(rich: Results) -> None:
    assert not {"#e69f00", "#d9d9d9"} & colours(only(rich))
    negative = only(with_kappa(rich, -0.12))
    assert "#e69f00" in colours(negative)
    printed = {t.get_text() for t in negative.figure.texts}
    assert {"−0.12", "below 0"} <= printed
    undefined = only(with_kappa(rich, math.nan, note="one class only"))
    assert "#d9d9d9" in colours(undefined)
    assert "one class only" in undefined.caption
    assert {text.UNDEFINED, "undefined"} <= {t.get_text() for t in undefined.figure.texts}


def test_a_figure_for_each_modality_with_the_models_in_both(rich_aided: Results) -> None:
    displays = agreement.displays(Picked(rich_aided), "seven-way")
    assert [d.title.rpartition(", ")[2] for d in displays] == ["unaided", "aided"]
    for display, modality in zip(displays, ("unaided", "aided"), strict=True):
        assert {o.modality for o in display.observers} == {None, modality}
        assert display.observers[0].name == "Net-6"


def test_cells_of_many_readers_have_colours_alone() -> None:
    results = everything(groups={"readers": [f"R{i}" for i in range(43)]}, models=("Net",))
    display = only(results)
    assert len(display.pairs) == 45 * 44 // 2
    assert display.height_mm <= 230
    assert "The confidence intervals stand in the table." in display.caption
    printed = {t.get_text() for t in display.figure.texts}
    assert {"R0", "R42"} <= printed
    assert not any(text.fixed(e.estimate, 2) in printed for e in display.pairs.values() if 0.21 < e.estimate < 0.39)


def test_no_figure_without_pairs(liver: Results) -> None:
    assert agreement.displays(Picked(liver), "seven-way") == []
