"""The lock of a protocol: what was planned before stays told apart from what came later."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app
from readerstudy.problems import DataError

LIVER = Path(__file__).parents[1] / "examples" / "liver"
PLAN = """
[tasks.malignant]
classes = ["cyst", "FNH", "haemangioma", "abscess", "HCC", "ICC", "metastasis"]
positive = ["HCC", "ICC", "metastasis"]

[[endpoints]]
name = "first"
measure = "sensitivity"
reader = "model"
goal = 0.7

[[endpoints]]
name = "second"
role = "secondary"
measure = "specificity"
reader = "model"
goal = 0.7
"""


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text(PLAN, encoding="utf-8")
    assert run("lock", path, "--date", "2026-01-31").exit_code == 0
    return path


def evaluated(plan):
    return rs.evaluate(rs.Study.read(LIVER / "preds.csv", LIVER / "reads.csv", protocol=plan))


def roles(results):
    return {entry["name"]: entry["role"] for entry in results.tables["endpoints"]}


def test_a_lock_names_the_file_the_plan_and_the_day(plan):
    lock = json.loads(plan.with_name("protocol.lock.json").read_text(encoding="utf-8"))
    assert lock["locked"] == "2026-01-31"
    assert [one["name"] for one in lock["plan"]["endpoints"]] == ["first", "second"]
    assert rs.Protocol.read(plan).lock.changed == ()


def test_words_and_comments_break_no_lock(plan):
    plan.write_text('# looked at again\n[study]\ntitle = "Another title"\n' + PLAN, encoding="utf-8")
    assert rs.Protocol.read(plan).lock.changed == ()


def test_an_endpoint_that_came_later_is_exploratory_and_adjusts_nothing(plan):
    before = evaluated(plan)
    later = '[[endpoints]]\nname = "later"\nmeasure = "accuracy"\nreader = "model"\ngoal = 0.7\n'
    plan.write_text(PLAN + later, encoding="utf-8")
    after = evaluated(plan)
    assert roles(after) == {"first": "primary", "second": "secondary", "later": "exploratory"}
    assert after.protocol["lock"]["demoted"] == ["later"]
    assert any("locked on 2026-01-31" in warning for warning in after.warnings)
    adjusted = {e.key: e.p_adjusted for e in before.estimates if e.role != "exploratory"}
    assert len(adjusted) == 2
    assert {key: after.by_key[key].p_adjusted for key in adjusted} == adjusted


@pytest.mark.parametrize(
    ("extra", "section"),
    [('[methods]\nproportion = "clopper-pearson"\n', "methods"), ("[study]\nalpha = 0.1\n", "study")],
)
def test_another_analysis_leaves_no_endpoint_planned(plan, extra, section):
    plan.write_text(extra + PLAN, encoding="utf-8")
    found = rs.Protocol.read(plan)
    assert found.lock.changed == (section,)
    assert {one.role for one in found.endpoints} == {"exploratory"}


def test_more_subgroups_are_a_change_that_leaves_the_endpoints(plan):
    plan.write_text(PLAN + '[subgroups]\ncolumns = ["scanner"]\n', encoding="utf-8")
    found = rs.Protocol.read(plan)
    assert found.lock.changed == ("subgroups",)
    assert found.lock.demoted == ()


def test_what_an_older_version_did_not_know_had_its_default(plan):
    path = plan.with_name("protocol.lock.json")
    lock = json.loads(path.read_text(encoding="utf-8"))
    from readerstudy.protocol.lock import _digest

    del lock["plan"]["weight"]
    path.write_text(json.dumps({**lock, "plan_sha256": _digest(lock["plan"])}), encoding="utf-8")
    assert rs.Protocol.read(plan).lock.changed == ()


@pytest.mark.parametrize("text", ["{}", "[]", "not json", None])
def test_a_lock_changed_by_hand_is_refused(plan, text):
    path = plan.with_name("protocol.lock.json")
    if text is None:
        text = path.read_text(encoding="utf-8").replace('"goal": 0.7', '"goal": 0.6')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="RS306"):
        rs.Protocol.read(plan)
    assert run("check", LIVER / "preds.csv", LIVER / "reads.csv", "--protocol", plan).exit_code == 1


def test_a_lock_is_replaced_only_when_asked(plan):
    again = run("lock", plan)
    assert again.exit_code == 2
    assert "the plan is locked" in again.stderr
    assert run("lock", plan, "--force", "--date", "2026-02-01").exit_code == 0
    assert rs.Protocol.read(plan).lock.date == "2026-02-01"
    assert run("lock", plan, "--force", "--date", "yesterday").exit_code == 2


def test_the_report_says_what_the_lock_says(plan, tmp_path):
    arguments = ("evaluate", LIVER / "preds.csv", LIVER / "reads.csv", "--protocol", plan, "--quiet")
    assert run(*arguments, "--out", tmp_path / "a").exit_code == 0
    said = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert "locked on 2026-01-31" in said
    assert "has not changed since" in said
    plan.write_text(PLAN.replace("goal = 0.7", "goal = 0.71", 1), encoding="utf-8")
    assert run(*arguments, "--out", tmp_path / "b").exit_code == 0
    said = (tmp_path / "b" / "report.html").read_text(encoding="utf-8")
    assert "changed since in [endpoints]" in said
    assert "No endpoint is in the locked plan as analysed and adjusted here" in said
    first, second = PLAN.rsplit("goal = 0.7", 1)
    plan.write_text(f"{first}goal = 0.71{second}", encoding="utf-8")
    assert run(*arguments, "--out", tmp_path / "c").exit_code == 0
    assert "“second” is not in the locked plan" in (tmp_path / "c" / "report.html").read_text(encoding="utf-8")


def without_the_first(text):
    head, _, rest = text.partition("[[endpoints]]")
    return head + rest[rest.index("[[endpoints]]") :]


@pytest.mark.parametrize("method", ["holm", "gatekeeping", "bh"])
def test_an_endpoint_left_out_takes_along_what_it_gates(plan, method):
    text = PLAN + f'\n[multiplicity]\nmethod = "{method}"\n'
    plan.write_text(text, encoding="utf-8")
    assert run("lock", plan, "--force").exit_code == 0
    plan.write_text(without_the_first(text), encoding="utf-8")
    assert rs.Protocol.read(plan).lock.demoted == ("second",)


def test_the_turn_of_a_gate_is_part_of_the_lock(plan):
    text = PLAN.replace('role = "secondary"\n', "")
    gated = '[multiplicity]\nmethod = "gatekeeping"\n'
    plan.write_text(text + gated, encoding="utf-8")
    assert run("lock", plan, "--force").exit_code == 0
    head, first, second = text.split("[[endpoints]]")
    plan.write_text("[[endpoints]]".join([head, second, first]) + gated, encoding="utf-8")
    assert set(rs.Protocol.read(plan).lock.demoted) == {"first", "second"}


def test_where_nothing_is_adjusted_an_endpoint_left_out_takes_none_along(plan):
    text = PLAN + '\n[multiplicity]\nmethod = "none"\n'
    plan.write_text(text, encoding="utf-8")
    assert run("lock", plan, "--force").exit_code == 0
    plan.write_text(without_the_first(text), encoding="utf-8")
    assert rs.Protocol.read(plan).lock.demoted == ()


def test_other_columns_are_reported_and_leave_the_endpoints(plan):
    plan.write_text(PLAN + '\n[columns.preds]\ntruth = "other_truth"\n', encoding="utf-8")
    found = rs.Protocol.read(plan)
    assert found.lock.changed == ("columns",)
    assert found.lock.demoted == ()


def test_from_the_command_line_the_lock_says_the_same(plan, tmp_path):
    later = '[[endpoints]]\nname = "later"\nmeasure = "accuracy"\nreader = "model"\ngoal = 0.7\n'
    plan.write_text(PLAN + later, encoding="utf-8")
    arguments = ("evaluate", LIVER / "preds.csv", LIVER / "reads.csv", "--protocol", plan, "--quiet")
    assert run(*arguments, "--out", tmp_path / "a").exit_code == 0
    found = rs.Results.read(tmp_path / "a" / "results.json")
    assert roles(found) == roles(evaluated(plan))
    assert found.protocol["lock"] == evaluated(plan).protocol["lock"]


def test_columns_of_the_command_line_are_a_change(plan, tmp_path):
    arguments = ("evaluate", LIVER / "preds.csv", LIVER / "reads.csv", "--protocol", plan, "--quiet")
    assert run(*arguments, "--out", tmp_path / "a", "--column", "reads.reader_group=reader_group").exit_code == 0
    found = json.loads((tmp_path / "a" / "results.json").read_text(encoding="utf-8"))
    assert found["protocol"]["lock"]["changed"] == ["columns"]
