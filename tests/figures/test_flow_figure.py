"""Boxes and numbers of the flow diagram."""

from __future__ import annotations

import dataclasses

import pytest
from rich_studies import flow

from readerstudy.figures import flow as figure
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def only(results: Results) -> figure.FlowDisplay:
    (display,) = figure.displays(Picked(results))
    return display


def with_flow(results: Results, left_out: tuple[int, int]) -> Results:
    return dataclasses.replace(results, flow=flow(120, left_out))


def test_each_arrow_has_the_reasons_that_explain_its_difference(rich: Results) -> None:
    display = only(rich)
    assert display.steps == (("cases named in the files", 131), ("cases with a truth", 127), ("cases analysed", 120))
    assert display.left_out == ((("no truth", 4),), (("neither predicted nor read", 7),))
    assert display.task is None


@pytest.mark.parametrize(
    ("left_out", "steps", "reasons"),
    [
        ((0, 0), [120, 120], [()]),
        ((5, 0), [125, 120], [(("no truth", 5),)]),
        ((0, 6), [126, 120], [(("neither predicted nor read", 6),)]),
    ],
)
def test_a_step_that_left_out_nothing_has_no_box(
    rich: Results, left_out: tuple[int, int], steps: list[int], reasons: list[tuple[tuple[str, int], ...]]
) -> None:
    display = only(with_flow(rich, left_out))
    assert [n for _, n in display.steps] == steps
    assert display.steps[-1][0] == "cases analysed"
    assert list(display.left_out) == reasons


def test_no_exclusion_is_said(rich: Results) -> None:
    display = only(with_flow(rich, (0, 0)))
    assert "No case left out" in {t.get_text() for t in display.figure.texts}
    assert "No case was left out." in display.caption
    assert "No case was left out." not in only(rich).caption


def test_several_reasons_for_one_step_are_summed_above_them(rich: Results) -> None:
    steps = [{"label": "cases named in the files", "n": 131}, {"label": "cases analysed", "n": 120}]
    display = only(dataclasses.replace(rich, flow={**rich.flow, "steps": steps}))
    assert display.left_out == ((("no truth", 4), ("neither predicted nor read", 7)),)
    assert {"4", "7", "11"} <= {t.get_text() for t in display.figure.texts}


def test_files_classes_and_observers_are_printed(rich: Results) -> None:
    display = only(rich)
    printed = [t.get_text() for t in display.figure.texts]
    for row in rich.tables["classes"]:
        assert row["class"] in printed
        assert str(row["n_cases"]) in printed
    assert "of these empty: 3 rows" in printed
    assert "of readers left out: 2 rows" in printed
    assert {"2 models", "2 readers, residents", "consensus"} <= set(printed)
    assert "n = 120, from 89 patients" in printed


def test_readers_who_read_different_numbers_of_cases_give_a_range(rich: Results) -> None:
    readers = [{**row, "n_read": 90} if row["reader"] == "R2" else row for row in rich.tables["readers"]]
    display = only(dataclasses.replace(rich, tables={**rich.tables, "readers": readers}))
    assert "2 readers, residents: 90–120 cases" in display.alt


def test_many_tasks_take_several_rows(rich: Results) -> None:
    names = [f"task {i}" for i in range(6)]
    tables = {
        **rich.tables,
        "classes": [{**row, "task": name} for name in names for row in rich.tables["classes"]],
        "readers": [{**row, "task": name} for name in names for row in rich.tables["readers"]],
    }
    protocol = {**rich.protocol, "tasks": dict.fromkeys(names, rich.protocol["tasks"]["seven-way"])}
    display = only(dataclasses.replace(rich, estimates=(), tables=tables, protocol=protocol))
    assert set(names) <= {t.get_text() for t in display.figure.texts}
    assert display.height_mm > only(rich).height_mm


def test_no_diagram_without_counts(liver: Results) -> None:
    assert figure.displays(Picked(liver)) == []
