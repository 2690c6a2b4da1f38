"""``readerstudy size``: tables, sentences, files and what it refuses."""

import csv
import io
import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy import sizing
from readerstudy.cli import app

VAN_DYKE = "0.000208,0.000803,0.000347,0.000344,0.000239,114"


def run(*arguments):
    return CliRunner().invoke(app, ["size", *(str(argument) for argument in arguments)])


def test_readers_and_cases(tmp_path):
    out = tmp_path / "plan"
    done = run("mrmc", "--effect", 0.05, "--readers", "5,10", "--cases", "114,163", "--components", VAN_DYKE,
               "--out", out)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    # RJafroc: 10 readers and 163 cases have a power of 0.8912.
    assert "     10    163  89.1%" in done.stdout
    assert (
        "With 10 readers and 163 cases, each reader reading every case in both modalities, the study has a power of "
        "89.1% to show a true difference in mean AUC of 0.05 (two-sided test at the 5% level)"
    ) in done.stdout
    names = {path.name for path in out.iterdir()}
    assert names == {
        "size.csv", "size.json", "protocol.txt", "power.svg", "power.png", "power.txt", "manifest.json",
    }  # fmt: skip
    rows = list(csv.DictReader(io.StringIO((out / "size.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["n_readers"], row["n_cases"]) for row in rows] == [
        ("5", "114"), ("5", "163"), ("10", "114"), ("10", "163"),
    ]  # fmt: skip
    assert float(rows[3]["power"]) == pytest.approx(0.8912401250, abs=1e-9)
    assert (out / "power.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((out / "size.json").read_text(encoding="utf-8"))["schema"] == "readerstudy-size/1"
    assert "With 10 readers and 163 cases" in (out / "protocol.txt").read_text(encoding="utf-8")


def test_the_same_plan_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        assert run("paired", "--effect", 0.1, "--discordant", "0.2,0.3", "--out", tmp_path / name).exit_code == 0
    for path in (tmp_path / "one").iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    assert run("paired", "--effect", 0.1, "--discordant", 0.2, "--out", tmp_path / "one").exit_code == 2
    assert run("paired", "--effect", 0.1, "--discordant", 0.2, "--out", tmp_path / "one", "--force").exit_code == 0


def test_a_pilot_study(tmp_path):
    rng = np.random.default_rng(1)
    truth = np.arange(60) % 2 == 0
    scores = truth * 1.2 + rng.normal(size=60) + rng.normal(size=(2, 4, 60))
    records = rs.mrmc(truth, scores)
    (tmp_path / "pilot.json").write_text(rs.to_json(records), encoding="utf-8")
    done = run("mrmc", "--effect", 0.1, "--readers", 6, "--pilot", tmp_path / "pilot.json", "--json")
    assert done.exit_code == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["rows"][0]["n_cases"] == rs.power.mrmc(records, effect=0.1, n_readers=6, power=0.8).n_cases
    assert "of a pilot study with 60 cases" in plan["sentences"][0]
    panel = rs.model_versus_readers(truth, scores[0, 0], scores[1])
    (tmp_path / "panel.json").write_text(rs.to_json(panel), encoding="utf-8")
    done = run("panel", "--margin", 0.2, "--readers", 6, "--pilot", tmp_path / "panel.json", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["rows"][0]["hypothesis"] == "non-inferiority"
    done = run("mrmc", "--effect", 0.1, "--pilot", tmp_path / "panel.json")
    assert done.exit_code == 2
    assert "no estimate of var_modality_reader" in done.stderr


def test_each_kind_of_plan():
    done = run("panel", "--margin", 0.05, "--auc", 0.9, "--versus", 0.88, "--reader-sd", 0.03, "--correlations",
               "0.4,0.4", "--readers", "3,8")  # fmt: skip
    assert "A power of 0.8 cannot be had with 3 readers" in done.stdout
    assert "to show non-inferiority with a margin of 0.05 if the true difference" in done.stdout
    done = run("mrmc", "--effect", 0.05, "--auc", 0.85, "--modality-reader-sd", 0.02, "--correlations", "0.45,0.4,0.35",
               "--readers", 8, "--blocks", 2, "--random", "both")  # fmt: skip
    assert "in 2 blocks, each reader reading every case of a block in both modalities" in done.stdout
    done = run("auc", "--auc", "0.9,0.88", "--versus", 0.85, "--correlation", "0.5,0.5", "--ratio", 2)
    assert "With 159 positive and 318 negative cases" in done.stdout
    done = run("proportion", "--p", "0.9,0.95", "--goal", 0.85, "--cases", 100, "--power", 0.9, "--measure", "accuracy")
    assert done.stdout.count("to show that accuracy is above 0.85") == 4
    assert "are the fewest with this power" in done.stderr
    done = run("precision", "--p", 0.9, "--measure", "specificity")
    assert "With 139 cases the 95% wilson interval of specificity is expected to reach 0.050" in done.stdout
    done = run("paired", "--margin", 0.05, "--discordant", 0.1, "--measure", "sensitivity", "--cases", 300)
    assert re.search(r"With 300 cases the study has a power of 7\d\.\d%", done.stdout)
    assert "by Tango's score test" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mrmc", "--effect", "0.05"], "--pilot, --components or --auc"),
        (["mrmc", "--components", VAN_DYKE], "effect is missing"),
        (["mrmc", "--effect", "0.05", "--components", "1,2"], "--components must be 6 numbers"),
        (["mrmc", "--effect", "0.05", "--components", VAN_DYKE, "--readers", "5;6"], "--readers must be numbers"),
        (["mrmc", "--effect", "0.05", "--components", VAN_DYKE, "--readers", "5.5"], "--readers must be whole"),
        (["mrmc", "--effect", "0.05", "--components", VAN_DYKE, "--random", "all"], "both, readers or cases"),
        (["mrmc", "--effect", "0.05", "--auc", "0.8"], "--modality-reader-sd and --correlations"),
        (["panel", "--effect", "0.05", "--auc", "0.8"], "--versus, --reader-sd and --correlations"),
        (["mrmc", "--effect", "0.05", "--pilot", "nowhere.json"], "nowhere.json"),
        (["paired", "--effect", "0.3", "--discordant", "0.1"], "discordant must lie between"),
        (["auc", "--auc", "0.9", "--versus", "0.9"], "no difference to be shown"),
        (["proportion", "--p", "90", "--goal", "0.8"], "p must lie strictly between 0 and 1"),
    ],
)
def test_what_is_refused(arguments, said):
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_no_pilot(tmp_path):
    for name, content, said in (
        ("a.json", "hello", "no results.json"),
        ("b.json", "[]", "no variance components"),
        ("c.json", rs.to_json([rs.Estimate(measure="cov1", estimate=1.0, n_cases=9)] * 2), "of several analyses"),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
        done = run("mrmc", "--effect", 0.05, "--pilot", tmp_path / name)
        assert done.exit_code == 1
        assert said in done.stderr


def test_the_curves_are_the_powers():
    components = rs.power.Components(
        var_modality_reader=0.000208, error=0.000803, cov1=0.000347, cov2=0.000344, cov3=0.000239, n_cases=114
    )
    plan = sizing.mrmc(components, effect=0.05, readers=[6], cases=[])
    (curve,) = plan.curves
    found = rs.power.mrmc(components, effect=0.05, n_readers=6, power=0.8)
    assert curve.reached == (found.n_cases, found.power)
    assert found.n_cases in curve.x
    for n, power in list(zip(curve.x, curve.y, strict=True))[::20]:
        assert power == rs.power.mrmc(components, effect=0.05, n_readers=6, n_cases=int(n)).power


def test_a_fault_of_few_cases_stays_on_the_axes():
    plan = sizing.precision([0.5], cases=[5], half_width=None)
    assert plan.wanted is None
    assert len(plan.rows) == 1
    assert min(plan.curves[0].x) == 5
