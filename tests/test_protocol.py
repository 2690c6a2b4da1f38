"""protocol.toml: every key checked, every default printed."""

import pytest

import readerstudy as rs
from readerstudy.protocol import METHODS, Protocol
from readerstudy.protocol.choices import CLUSTERED
from readerstudy.stats import agreement, clustered, clustered_mcnemar, paired, proportion, roc


def codes(content):
    with pytest.raises(rs.DataError) as error:
        Protocol.of(content)
    return [problem.code for problem in error.value.problems]


def test_the_default_plan_is_complete():
    plan = Protocol().to_dict()
    assert plan["methods"] == {
        "proportion": "wilson",
        "auc": "delong",
        "paired": "mcnemar-exact",
        "paired_clustered": "mcnemar-obuchowski",
        "paired_interval": "tango",
        "agreement_weights": "none",
        "mrmc": "or-jackknife",
        "subgroups": "fisher",
        "rank_test": "mann-whitney",
        "t_test": "student",
        "bootstrap": 2000,
    }
    assert plan["study"]["conf_level"] == 0.95


def test_the_choices_are_those_of_the_statistics():
    assert set(METHODS["proportion"]) == set(proportion.METHODS)
    assert set(METHODS["auc"]) == set(roc.METHODS)
    assert set(METHODS["paired"]) == {f"mcnemar-{test}" for test in paired.TESTS}
    assert set(METHODS["paired_clustered"]) == {f"mcnemar-{test}" for test in clustered_mcnemar.TESTS}
    assert set(CLUSTERED) <= set(clustered.METHODS)
    assert set(METHODS["paired_interval"]) == set(paired.INTERVALS)
    assert set(METHODS["agreement_weights"]) == {"none", *agreement.WEIGHTS}


def test_a_full_file(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text(
        """
        [study]
        title = "A study"
        notice = "Simulated."
        registration = "NCT0"
        conf_level = 0.9
        alpha = 0.1
        significant = "<="
        seed = 7
        [columns.reads]
        score = "rating"
        [tasks.kind]
        classes = ["a", "b", "c"]
        map = {"A" = "a"}
        truth = "histology"
        [tasks.bad]
        from = "kind"
        positive = ["b", "c"]
        threshold = 0.4
        [readers]
        groups = {juniors = ["R1"], seniors = ["R2", "R3"]}
        threshold = 3
        exclude = ["R4"]
        [methods]
        proportion = "clopper-pearson"
        bootstrap = 500
        """,
        encoding="utf-8",
    )
    plan = Protocol.read(path)
    assert (plan.title, plan.conf_level, plan.significant, plan.seed) == ("A study", 0.9, "<=", 7)
    assert plan.tasks[1].positive == ("b", "c")
    assert plan.tasks[0].truth == "histology"
    assert plan.groups == {"juniors": ("R1",), "seniors": ("R2", "R3")}
    assert plan.methods["proportion"] == "clopper-pearson"
    assert plan.methods["auc"] == "delong"
    assert plan.bootstrap == 500
    assert len(plan.sha256) == 64


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"studdy": {}}, "RS302"),
        ({"study": {"conf_level": 95}}, "RS303"),
        ({"study": {"conf_level": True}}, "RS303"),
        ({"study": 3}, "RS303"),
        ({"columns": {"pred": {}}}, "RS302"),
        ({"columns": {"preds": {"score": 3}}}, "RS303"),
        ({"readers": {"groups": {"a": "R1"}}}, "RS303"),
        ({"readers": {"groups": {"a": ["R1"], "b": ["R1"]}}}, "RS304"),
        ({"tasks": {"t": {"classes": ["a"]}}}, "RS304"),
        ({"tasks": {"t": {"classes": ["a", "a"]}}}, "RS304"),
        ({"tasks": {"t": {"classes": ["a", "b"], "positive": ["c"]}}}, "RS304"),
        ({"tasks": {"t": {"classes": ["a", "b"], "positive": ["a", "b"]}}}, "RS304"),
        ({"tasks": {"t": {"classes": ["a", "b", "c"], "threshold": 0.5}}}, "RS304"),
        ({"tasks": {"t": {"from": "u", "positive": ["a"]}}}, "RS304"),
        ({"tasks": {"t": {"classes": ["a", "b"]}, "u": {"from": "t"}}}, "RS304"),
        ({"tasks": {"t": 3}}, "RS303"),
        ({"methods": {"bootstrap": 10}}, "RS303"),
    ],
)
def test_what_is_refused(content, expected):
    assert codes(content) == [expected]


def test_all_problems_at_once():
    assert codes({"a": {}, "study": {"b": 1, "seed": -1}, "methods": {"auc": "x"}}) == [
        "RS302",
        "RS302",
        "RS303",
        "RS303",
    ]


def test_the_resolved_plan_stands_in_the_results():
    import pandas as pd

    preds = pd.DataFrame({"case_id": [1, 2], "truth": ["x", "y"], "label": ["x", "x"], "model": "m"})
    results = rs.evaluate(rs.Study.read(preds))
    assert results.protocol["tasks"]["diagnosis"]["classes"] == ["x", "y"]
    assert results.protocol["methods"]["auc"] == "delong"


def test_the_reference_lists_every_key():
    from pathlib import Path

    from readerstudy.protocol import rules
    from readerstudy.protocol.marks import MARKS

    text = (Path(__file__).resolve().parents[1] / "docs" / "protocol.md").read_text(encoding="utf-8")
    sections = [rule for name, rule in vars(rules).items() if name.endswith("_RULES")]
    assert len(sections) > 10
    for key in (key for section in (*sections, MARKS) for key in section):
        assert f"`{key}`" in text, key
    for choices in METHODS.values():
        assert ", ".join(choices) in text, choices
