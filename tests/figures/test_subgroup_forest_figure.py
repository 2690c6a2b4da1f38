"""Forest plots of subgroups: levels, numbers of cases and the P of the interaction."""

from __future__ import annotations

import pytest
from difference_studies import GROUPS, SUBGROUPS, Differences, readers_named
from sheets import assert_neat

from readerstudy.estimate import Estimate
from readerstudy.figures import draw, subgroup_forest
from readerstudy.figures._pick import Picked
from readerstudy.results import Results


def displays(study: Differences) -> list[subgroup_forest.SubgroupForestDisplay]:
    return subgroup_forest.displays(Picked(study.study()), study.task)


@pytest.fixture(scope="module")
def study() -> Differences:
    study = Differences()
    study.against()
    study.subgroups(SUBGROUPS)
    return study


def test_a_panel_for_each_group_and_a_row_for_each_level(study: Differences) -> None:
    (display,) = displays(study)
    assert [pair[1] for pair in display.pairs] == [*GROUPS, "all readers"]
    levels = [part for column, names in SUBGROUPS.items() for part in (column, *names)]
    assert [row.label for row in display.rows] == ["All cases", *levels]
    assert [row.beside for row in display.rows if row.estimates] == ["60", "40", "33", "40", "33", "26", "40", "33"]
    for i, (axes, (model, versus, _)) in enumerate(zip(display.axes, display.pairs, strict=True)):
        records = [row.estimates[i] for row in display.rows if row.estimates]
        marks = [line for line in axes.lines if str(line.get_label()).startswith("measure=")]
        assert [line.get_xdata()[0] for line in marks] == [e.estimate for e in records if e]
        assert {(e.reader, e.versus) for e in records if e} == {(model, versus)}


def test_each_column_has_the_p_of_its_interaction(study: Differences) -> None:
    results = study.study()
    (display,) = subgroup_forest.displays(Picked(results), "malignant")
    told = {row.label: row.told for row in display.rows if row.told}
    assert told["sex"] == ("interaction P = .03",) * 3
    assert told["size"] == ("interaction P < .001",) * 3
    tests = [e.key for e in results.select(measure="interaction", versus_kind="group")]
    assert set(tests) <= set(display.keys)
    assert "sex: interaction P = .03; sex female" in display.alt
    assert "not adjusted for the number of columns" in display.caption


def test_all_cases_are_a_diamond_and_a_line(study: Differences) -> None:
    (display,) = displays(study)
    (line,) = [a for a in display.axes[0].lines if a.get_label() == "all cases"]
    whole = display.rows[0].estimates[0]
    assert whole is not None
    assert whole.subgroup is None
    assert set(line.get_xdata()) == {whole.estimate}
    assert "Diamond and dotted line: all cases, 95% CIs (Obuchowski–Rockette, jackknife)." in display.caption


def test_single_readers_where_there_is_no_group() -> None:
    study = Differences(groups={"": ["R1", "R2"]})
    study.against(means=False)
    study.subgroups(SUBGROUPS, groups=False)
    (display,) = displays(study)
    assert [pair[1] for pair in display.pairs] == ["R1", "R2"]
    assert "between a model and a reader" in display.caption


def test_levels_against_each_other_are_not_these(study: Differences) -> None:
    other = Differences()
    for column, (first, second, *_) in SUBGROUPS.items():
        fields = {"subgroup": f"{column}: {second}", "versus": f"{column}: {first}", "versus_kind": "subgroup"}
        other.difference("accuracy_difference", 0.1, reader="R1", reader_kind="human", **fields)
    assert displays(other) == []


def test_a_column_with_a_colon_is_known_by_the_protocol() -> None:
    study = Differences()
    study.against()
    study.subgroups({"site: city": ["A: 1", "B"]})
    (display,) = displays(study)
    assert [row.label for row in display.rows] == ["All cases", "site: city", "A: 1", "B"]


def test_a_level_nobody_has_a_number_in_has_no_row(study: Differences) -> None:
    other = Differences()
    other.against()
    other.subgroups(SUBGROUPS)
    gone = {"estimate": float("nan"), "conf_low": float("nan"), "conf_high": float("nan")}
    other.estimates = [e.replace(**gone) if e.subgroup == "size: ≥ 5" else e for e in other.estimates]
    (display,) = displays(other)
    assert "≥ 5" not in [row.label for row in display.rows]


def test_ranges_of_cases_and_unknown_tests() -> None:
    study = Differences()
    study.against()
    study.subgroups(SUBGROUPS)

    def change(e: Estimate) -> Estimate:
        if e.measure == "interaction":
            return e.replace(p_value=float("nan"))
        fewer = e.subgroup == "sex: male" and e.versus == "residents"
        return e.replace(n_cases=30) if fewer else e

    study.estimates = [change(e) for e in study.estimates]
    (display,) = displays(study)
    assert [row.beside for row in display.rows if row.label == "male"] == ["30–33"]
    assert not any(row.told and any(row.told) for row in display.rows)
    assert "interaction" not in display.caption


def test_nothing_without_subgroups(liver: Results, rich: Results) -> None:
    for results in (liver, rich):
        assert subgroup_forest.displays(Picked(results), "seven-way") == []


@pytest.mark.parametrize(("n_readers", "groups"), [(1, True), (30, True), (30, False)])
def test_many_columns_and_long_names_stay_neat(n_readers: int, groups: bool) -> None:
    study = Differences(("A " * 60, "<b>"), readers_named(n_readers, min(3, n_readers)))
    study.against()
    columns = {
        f"column {i} {'of a long name ' * 5 * (i == 3)}": [f"{j} {'شلال' * 20}" for j in range(5)] for i in range(12)
    }
    study.subgroups(columns, groups=groups)
    figures = [d for d in draw(study.study()) if d.kind == "subgroup-forest"]
    assert 1 <= len(figures) <= 8
    for drawn in figures:
        assert_neat(drawn)
        assert drawn.height_mm <= 216
    if not groups:
        assert "further comparisons not drawn" in figures[0].caption
