"""Studies of many models, and of models in several modalities: every figure stays on its sheet."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from figure_studies import Builder, machine, person, several_classes
from matplotlib.colors import to_hex

from readerstudy.figures import accuracy, draw, roc
from readerstudy.figures._legend import Entry, fitted, legend_height
from readerstudy.figures._palette import MUTED_MODEL
from readerstudy.figures._pick import Picked
from readerstudy.results import Results

BLURS = ("sharp", "blur 4", "blur 8")


def blurred(n_models: int, modalities: tuple[str, ...] = BLURS, of_models: tuple[str, ...] = BLURS[:2]) -> Results:
    """Five readers in every modality, and models in some."""
    build = Builder({"lesion": {"kind": "binary", "classes": ["absent", "present"]}}, seed=5)
    truth = [i % 5 < 2 for i in range(60)]
    named = ["present" if t else "absent" for t in truth]

    def add(who: dict[str, Any], skill: float) -> None:
        build.matrix("lesion", named, build.calls(named, skill, ["absent", "present"]), ["absent", "present"], who)
        build.curve("lesion", None, who, truth, 3 * skill)

    for modality in of_models:
        for i in range(n_models):
            add({**machine(f"Net {i} ({modality})"), "modality": modality}, 0.5 + 0.02 * i)
    for modality in modalities:
        for i in range(5):
            add(person(f"Reader {i + 1}", None, modality), 0.5 + 0.05 * i)
    build.group_means()
    return build.results(modalities=modalities)


@pytest.fixture(scope="module")
def many() -> Results:
    return blurred(10)


def words_of(display: Any) -> list[str]:
    return [t.get_text() for t in display.figure.texts]


def assert_on_sheet(display: Any) -> None:
    for label in display.figure.texts:
        x, y = label.get_position()
        assert 0 <= x <= display.width_mm, label.get_text()
        assert 0 <= y <= display.height_mm, label.get_text()
    for axes in display.axes:
        (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
        for line in axes.lines:
            assert all(x0 <= x <= x1 for x in line.get_xdata() if x == x), line.get_label()
            assert all(y0 <= y <= y1 for y in line.get_ydata() if y == y), line.get_label()


def test_each_modality_of_the_models_has_its_figure(many: Results) -> None:
    displays = roc.displays(Picked(many), "lesion")
    assert [d.modality for d in displays] == list(BLURS)
    assert [d.title for d in displays] == [f"ROC curves: lesion, {name}" for name in BLURS]
    for display in displays:
        assert f"“lesion”, {display.modality} (60 cases)" in display.caption
        records = [many.by_key[key] for key in display.keys]
        assert {e.modality for e in records} == {display.modality}
        assert len({e.reader for e in records if e.reader_kind == "human" and e.reader}) == 5
        models = {e.reader for e in records if e.reader_kind == "model"}
        assert len(models) == (0 if display.modality == "blur 8" else 10)
    names = [d.name for d in draw(many) if d.kind in ("roc", "accuracy")]
    assert names == [f"{kind}-lesion-{slug}" for kind in ("roc", "accuracy") for slug in ("sharp", "blur-4", "blur-8")]


def test_models_in_one_modality_stay_in_one_figure() -> None:
    picked = Picked(blurred(2, of_models=("sharp",)))
    assert picked.by_modality("lesion") == [picked]
    assert [d.modality for d in roc.displays(picked, "lesion")] == [None]


def test_many_models_are_thin_and_alike_and_told_as_a_range(many: Results) -> None:
    display = roc.displays(Picked(many), "lesion")[0]
    curves = [line for line in display.axes[0].lines if line.get_label().startswith("curve: Net")]
    assert len(curves) == 10
    assert {to_hex(line.get_color()) for line in curves} == {MUTED_MODEL.colour}
    assert max(line.get_linewidth() for line in curves) < 1
    aucs = [e.estimate for e in many.select(measure="auc", reader_kind="model", modality="sharp")]
    assert f"10 models: AUC {min(aucs):.3f} to {max(aucs):.3f}" in words_of(display)
    assert not [t for t in words_of(display) if t.startswith("Net ")]
    assert "Net 3" not in display.alt
    assert "10 models, drawn alike" in display.caption


def test_up_to_eight_models_keep_their_styles_and_names() -> None:
    display = roc.displays(Picked(blurred(8)), "lesion")[0]
    assert len([t for t in words_of(display) if t.startswith("Net ")]) == 8
    assert "drawn alike" not in display.caption


def test_panels_of_classes_give_the_range_above_each() -> None:
    results = several_classes(["a", "b", "c"], {f"Net {i}": 0.6 + 0.02 * i for i in range(9)}, {}, positive=[])
    (display,) = roc.displays(Picked(results), "seven-way")
    assert len([t for t in words_of(display) if t.startswith("AUC ") and " to " in t]) == 3
    assert "9 models" in words_of(display)


def test_accuracy_of_many_models_is_one_column_of_dots(many: Results) -> None:
    display = accuracy.displays(Picked(many), "lesion")[0]
    (dots,) = [line for line in display.axes[0].lines if line.get_label() == "models"]
    records = many.select(measure="accuracy", reader_kind="model", modality="sharp")
    assert list(dots.get_ydata()) == [e.estimate for e in records]
    assert max(dots.get_xdata()) - min(dots.get_xdata()) < 1
    values = [100 * e.estimate for e in records]
    assert f"{min(values):.1f}% to {max(values):.1f}%" in words_of(display)
    assert not [line for line in display.axes[0].lines if line.get_label().startswith("model: ")]


@pytest.mark.parametrize("n_models", [1, 8, 9, 30])
def test_nothing_leaves_the_sheet(n_models: int) -> None:
    results = blurred(n_models)
    together = dataclasses.replace(
        results,
        estimates=tuple(e if e.reader_kind == "human" else e.replace(modality=None) for e in results.estimates),
        curves={},
    )
    for study in (results, together):
        for display in (*roc.displays(Picked(study), "lesion"), *accuracy.displays(Picked(study), "lesion")):
            assert_on_sheet(display)


def test_nine_modalities_of_readers_stay_on_the_sheet() -> None:
    results = blurred(0, modalities=tuple(f"blur {i}" for i in range(9)), of_models=())
    (display,) = accuracy.displays(Picked(results), "lesion")
    assert_on_sheet(display)
    assert {f"blur {i}" for i in range(9)} <= set(words_of(display))


def test_a_legend_ends_where_its_room_ends() -> None:
    entries = [Entry(MUTED_MODEL, frozenset({"curve"}), f"entry {i}", ("a line",)) for i in range(40)]
    assert fitted(entries, 1000) == entries
    for columns in (1, 4):
        cut = fitted(entries, 60, columns)
        assert legend_height(cut, columns) <= 60
        assert cut[-1].label == f"and {40 - len(cut) + 1} more, see table"
        assert cut[:-1] == entries[: len(cut) - 1]
