"""Figures show every number once: by the main rule for missing reads, uncorrected, of all cases."""

from __future__ import annotations

import dataclasses

import pytest
from difference_studies import Differences
from figure_studies import person

from readerstudy.estimate import Estimate
from readerstudy.figures import draw
from readerstudy.figures._pick import Picked, main_records
from readerstudy.results import Results

OTHERS = ("accuracy", "sensitivity", "specificity")


def pictures(results: Results) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(d.name, d.svg, d.caption + d.alt, d.keys) for d in draw(results)]


def shifted(e: Estimate, **identity: str | float) -> Estimate:
    """The same thing measured in another way: another number."""
    return e.replace(
        **{"estimate": e.estimate / 2, "conf_low": 0.0, "conf_high": 1.0, "note": "another way", **identity}
    )


def beside(results: Results) -> list[Estimate]:
    """What an analysis adds beside the numbers of a task, for tables of their own."""
    found: list[Estimate] = []
    for e in results.estimates:
        of_all = e.subgroup is None and e.reader is not None
        if of_all and e.measure in OTHERS:
            found += [shifted(e, missing=rule) for rule in ("worst", "best")]
            found += [
                shifted(e, method=method) for method in ("begg-greenes", "inverse-probability", "weighted-wilson")
            ]
            found.append(shifted(e, subgroup="site: A"))
        if of_all and e.measure.endswith("_difference"):
            found += [shifted(e, missing=rule, conf_low=-1.0) for rule in ("worst", "best")]
    return found


def with_more(results: Results, more: list[Estimate]) -> Results:
    # Before the plain ones, where the first record of a kind would be taken.
    return dataclasses.replace(results, estimates=(*more, *results.estimates))


@pytest.mark.parametrize("study", ["liver", "rich", "rich_aided"])
def test_other_rules_and_corrections_change_no_figure(study: str, request: pytest.FixtureRequest) -> None:
    results: Results = request.getfixturevalue(study)
    more = beside(results)
    assert len(more) > 50
    assert pictures(with_more(results, more)) == pictures(results)


def test_other_comparisons_change_no_figure(rich: Results) -> None:
    task = "seven-way"
    r1 = person("R1", "residents")
    versus = {"task": task, "estimate": 0.5, "conf_low": 0.1, "conf_high": 0.9, "p_value": 0.001}
    more = [
        Estimate(measure="kappa", method="cohen", versus="R1", versus_kind="repeat", **versus, **r1),
        Estimate(
            measure="accuracy_difference", versus="site: A", versus_kind="subgroup", subgroup="site: B", **versus, **r1
        ),
        Estimate(
            measure="accuracy_difference", method="as-published", versus="residents", versus_kind="group",
            **versus, reader="Net-6", reader_kind="model",
        ),
        Estimate(measure="fleiss_kappa", task=task, reader_kind="human", reader_group="residents", estimate=0.4),
        Estimate(
            measure="sensitivity_and_specificity", versus="R1", versus_kind="reader", **versus,
            reader="Net-6", reader_kind="model",
        ),
        Estimate(measure="accuracy_at_prevalence", task=task, estimate=0.3, **r1),
    ]  # fmt: skip
    assert pictures(with_more(rich, more)) == pictures(rich)


def test_the_figures_of_comparisons_show_each_number_once(compared: Results) -> None:
    figures = draw(compared)
    kinds = list(dict.fromkeys(d.kind for d in figures))
    assert kinds == ["roc", "accuracy", "confusion", "forest", "subgroup-forest", "calibration", "decision"]
    for drawn in figures:
        assert len(drawn.keys) == len(set(drawn.keys))
    assert pictures(with_more(compared, beside(compared))) == pictures(compared)


def test_another_rule_of_the_protocol_is_the_main_one() -> None:
    study = Differences()
    study.against()
    plain = study.study()
    worst = [shifted(e, missing="worst") for e in plain.select(measure="sensitivity") if e.reader_kind == "human"]
    protocol = {**plain.protocol, "missing": {"reads": "worst", "also": ["best", "complete-case"]}}
    results = dataclasses.replace(plain, estimates=(*plain.estimates, *worst), protocol=protocol)
    main = main_records(results)
    kept = [e for e in main if e.measure == "sensitivity"]
    assert {e.missing for e in kept if e.reader_kind == "human"} == {"worst"}
    # What the rule has no bearing on stays.
    assert {e.missing for e in kept if e.reader_kind == "model"} == {None}
    assert [e for e in main if e.measure == "accuracy"] == plain.select(measure="accuracy")
    found = Picked(results).records("malignant", None, "sensitivity", "human")
    assert {e.missing for e in found} == {"worst"}
    back = dataclasses.replace(results, protocol={**protocol, "missing": {"reads": "complete-case", "also": ["worst"]}})
    assert main_records(back) == list(plain.estimates)
