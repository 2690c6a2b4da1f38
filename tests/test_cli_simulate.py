"""``readerstudy simulate``: files that `evaluate` reads as they are, with the truth beside them."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app


def run(*arguments):
    return CliRunner().invoke(app, ["simulate", *(str(argument) for argument in arguments)])


def test_a_simulated_study_is_read_as_it_is(tmp_path):
    out = tmp_path / "sim"
    made = run("--out", out, "--readers", 4, "--auc", "0.9,0.8", "--levels", 5, "--model-auc", 0.85, "--seed", 3)
    assert made.exit_code == 0, made.stderr
    names = {path.name for path in out.iterdir()}
    assert names == {"preds.csv", "reads.csv", "cases.csv", "protocol.toml", "truth.json", "manifest.json"}
    study = rs.Study.read(out / "preds.csv", out / "reads.csv", out / "cases.csv", out / "protocol.toml")
    assert (len(study.readers), study.modalities, study.n_cases) == (4, ("M1", "M2"), 100)
    assert study.protocol.notice.startswith("SIMULATED DATA")
    results = rs.evaluate(study)
    assert results.select(measure="auc_difference", versus_kind="modality", reader=None)
    assert results.select(measure="auc_difference", versus="all readers", modality="M1")
    # In five categories a reader tells a little less than by the numbers behind them.
    areas = json.loads((out / "truth.json").read_text(encoding="utf-8"))["auc"]
    assert 0.88 < areas[0] < 0.9
    assert 0.78 < areas[1] < 0.8


def test_the_seed_says_it_all(tmp_path):
    for name in ("a", "b"):
        assert run("--out", tmp_path / name, "--seed", 7).exit_code == 0
    for file in ("reads.csv", "cases.csv", "protocol.toml", "truth.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert run("--out", tmp_path / "c", "--seed", 8).exit_code == 0
    assert (tmp_path / "a" / "reads.csv").read_bytes() != (tmp_path / "c" / "reads.csv").read_bytes()


def test_calls_patients_and_blocks(tmp_path):
    out = tmp_path / "sim"
    design = ("--design", "split-plot", "--blocks", 2, "--cases-per-patient", 2, "--missing", 0.05)
    made = run("--out", out, "--readers", 4, "--threshold", 1, *design, "--json")
    assert json.loads(made.stdout)["out"] == str(out)
    reads = pd.read_csv(out / "reads.csv")
    assert set(reads["label"]) == {0, 1}
    assert len(reads) < 4 * 2 * 50 + 1
    study = rs.Study.read(None, out / "reads.csv", out / "cases.csv", out / "protocol.toml")
    assert study.protocol.clusters == "patient_id"
    assert not any("independent" in warning for warning in study.warnings)


@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        (("--structure", "XX"), 1, "structure"),
        (("--missing", 2), 1, "missing"),
        (("--levels", 5, "--threshold", 1), 1, "threshold"),
        (("--auc", "high"), 2, "0.9,0.85"),
    ],
)
def test_what_is_impossible_is_refused_and_nothing_written(tmp_path, options, status, word):
    made = run("--out", tmp_path / "sim", *options)
    assert made.exit_code == status
    assert word in made.stderr
    assert not (tmp_path / "sim").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    assert run("--out", tmp_path / "full").exit_code == 2


def test_force_replaces_what_it_wrote_itself(tmp_path):
    assert run("--out", tmp_path / "sim").exit_code == 0
    assert run("--out", tmp_path / "sim").exit_code == 2
    assert run("--out", tmp_path / "sim", "--force", "--seed", 1).exit_code == 0
