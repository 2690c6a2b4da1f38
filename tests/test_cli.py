"""The command line as a new user meets it."""

import csv
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import readerstudy as rs
from readerstudy.cli import app
from readerstudy.starter import protocol_text

LIVER = Path(__file__).resolve().parents[1] / "examples" / "liver"
PREDS, READS = str(LIVER / "preds.csv"), str(LIVER / "reads.csv")


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The output folder of the shipped example, made once by a process of its own."""
    folder = tmp_path_factory.mktemp("cli") / "deep" / "out"
    command = [sys.executable, "-m", "readerstudy", "evaluate", PREDS, READS, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    return folder, done


def test_the_example_gives_everything(out):
    folder, done = out
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"report.html", "report.pdf", "results.json", "manifest.json"} <= names
    assert any(name.startswith("tables/") and name.endswith(".csv") for name in names)
    assert {"figures/roc-malignant.svg", "figures/roc-malignant.png"} <= names
    assert sorted(done.stdout.splitlines()) == sorted(str(folder / name) for name in names)
    assert "found beside preds.csv" in done.stderr
    assert "113 cases come from 89 patients" in done.stderr
    assert list(folder.parent.iterdir()) == [folder]


def test_the_manifest_names_every_file_with_its_hash(out):
    import hashlib

    folder, _ = out
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"manifest.json"}
    assert set(manifest["outputs"]) == written
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    roles = {entry["role"]: entry["sha256"] for entry in manifest["inputs"]}
    assert roles["preds"] == hashlib.sha256((LIVER / "preds.csv").read_bytes()).hexdigest()
    assert set(roles) == {"preds", "reads", "protocol"}


def test_a_second_run_gives_the_same_bytes(out, tmp_path):
    folder, _ = out
    assert run("evaluate", PREDS, READS, "--out", tmp_path / "again").exit_code == 0
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(folder)).read_bytes(), path.name


def test_results_are_read_back_and_drawn_again_without_the_data(out, tmp_path):
    from readerstudy.report.writer import write

    folder, _ = out
    write(rs.Results.read(folder / "results.json"), tmp_path)
    for name in ("results.json", "report.html", "report.pdf"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_results_json_has_no_path_and_no_clock(out):
    folder, _ = out
    text = (folder / "results.json").read_text(encoding="utf-8")
    assert str(LIVER) not in text
    assert str(folder) not in text
    assert "NaN" not in text
    assert json.loads(text)["schema"] == "readerstudy-results/1"


def test_an_output_folder_is_replaced_only_by_force(tmp_path):
    out = tmp_path / "out"
    small = ["evaluate", PREDS, "-", "--no-protocol", "--out", out, "--quiet"]
    assert run(*small).exit_code == 0
    again = run(*small)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run(*small, "--force").exit_code == 0
    (out / "thesis.docx").write_text("mine")
    refused = run(*small, "--force")
    assert refused.exit_code == 2
    assert "did not write (thesis.docx)" in refused.stderr
    assert (out / "thesis.docx").exists()
    (out / "thesis.docx").unlink()
    before = (out / "report.html").read_bytes()
    (out / "report.html").write_bytes(before + b"my remark")
    refused = run(*small, "--force")
    assert refused.exit_code == 2
    assert "were changed since they were written (report.html)" in refused.stderr
    (out / "report.html").write_bytes(before)
    (out / "manifest.json").write_text('{"name": "my web app", "outputs": {}}')
    refused = run(*small, "--force")
    assert refused.exit_code == 2
    assert "did not write it" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_data_are_never_replaced_by_the_results(tmp_path):
    out = tmp_path / "out"
    assert run("evaluate", PREDS, "-", "--no-protocol", "--out", out, "-q").exit_code == 0
    inside = out / "results.json"
    refused = run("report", inside, "--out", out, "--force")
    assert refused.exit_code == 2
    assert "which --force would replace" in refused.stderr
    assert inside.exists()


def test_an_output_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert run("evaluate", PREDS, "-", "--no-protocol", "--out", tmp_path / "link", "-q").exit_code == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "report.html").exists()


def test_check_writes_nothing_and_says_what_there_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run("check", PREDS, READS).stdout
    assert "113 of 89 patients" in said
    assert "6 (R1, R2, G1, G2, A1, A2)" in said
    content = json.loads(run("check", PREDS, READS, "--json").stdout)
    assert content["cases"] == 113
    assert content["tasks"]["malignant"] == {"kind": "group", "classes": ["not malignant", "malignant"]}
    assert not list(tmp_path.iterdir())


def test_a_column_can_be_renamed_on_the_command_line(tmp_path):
    text = (LIVER / "reads.csv").read_text(encoding="utf-8").replace("label", "diagnosis", 1)
    (tmp_path / "reads.csv").write_text(text, encoding="utf-8")
    assert run("check", PREDS, tmp_path / "reads.csv").exit_code == 1
    assert run("check", PREDS, tmp_path / "reads.csv", "--column", "reads.label=diagnosis").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate"], "Missing argument"),
        (["check", "-", "-"], "give at least one file"),
        (["check", PREDS, READS, "--column", "label=x"], "is not of the form"),
        (["check", PREDS, READS, "--protocol", "p.toml", "--no-protocol"], "exclude each other"),
        (["check", "no-such-file.csv", "-"], "no-such-file.csv: No such file"),
        (["check", PREDS, READS, "--cases", "."], "Is a directory"),
        (["analyse"], "No such command"),
    ],
)
def test_wrong_usage_is_status_2(arguments, words):
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_an_interrupt_leaves_nothing(tmp_path, monkeypatch):
    import readerstudy.report.writer as writer

    def interrupted(results, folder):
        (folder / "half").write_text("written")
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "write", interrupted)
    result = run("evaluate", PREDS, "-", "--no-protocol", "--out", tmp_path / "out")
    assert result.exit_code == 130
    assert not list(tmp_path.iterdir())


def test_report_draws_again_from_the_results_alone(out, tmp_path):
    folder, _ = out
    assert run("report", folder / "results.json", "--out", tmp_path / "again", "--quiet").exit_code == 0
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(folder)).read_bytes(), path.name
    (tmp_path / "other.json").write_text('{"schema": 1}')
    refused = run("report", tmp_path / "other.json", "--out", tmp_path / "no")
    assert refused.exit_code == 1
    assert "is no results.json that this version reads" in refused.stderr
    assert not (tmp_path / "no").exists()


def test_init_writes_a_plan_that_reads_the_files(tmp_path):
    plan = tmp_path / "protocol.toml"
    assert run("init", PREDS, READS, "--protocol", plan).stdout == f"{plan}\n"
    assert run("check", PREDS, READS, "--protocol", plan).exit_code == 0
    text = plan.read_text(encoding="utf-8")
    assert 'classes = ["cyst", "FNH",' in text
    assert '"residents" = ["R1", "R2"]' in text
    assert run("init", PREDS, READS, "--protocol", plan).exit_code == 2


def test_every_suggestion_of_init_is_a_known_key(tmp_path):
    (tmp_path / "cases.csv").write_text("case_id,truth,size,site\n1,0,12,a\n2,1,30,b\n")
    (tmp_path / "reads.csv").write_text("case_id,reader_id,score\n1,R1,1\n2,R1,2\n1,R2,1\n2,R2,2\n")
    text = protocol_text(None, tmp_path / "reads.csv", tmp_path / "cases.csv")
    plain = re.sub(r"(?m)^# (?=\[|\w+ = )", "", text).replace("our_name", "score").replace("their name", "score")
    content = tomllib.loads(plain.replace("diameter_mm", "size"))
    assert set(content) == {
        "study", "columns", "tasks", "readers", "methods", "endpoints", "multiplicity", "missing", "subgroups",
        "characteristics",
    }  # fmt: skip
    rs.Protocol.of(content)


def test_doctor_tries_every_part():
    result = run("doctor", "--json")
    assert result.exit_code == 0
    found = {entry["name"]: entry["works"] for entry in json.loads(result.stdout)}
    assert all(found[name] for name in ("templates and fonts", "figures", "PDF", "numpy"))
    assert "ok     PDF" in run("doctor").stdout


def test_features_become_an_embedding(tmp_path):
    with open(PREDS, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(0)
    values = rng.normal(size=(len(rows), 8)) + np.array([len(row["truth"]) for row in rows])[:, None]
    ids = np.array([row["case_id"] for row in rows])
    np.savez(tmp_path / "f.npz", case_id=ids, group_id=ids, features=values)
    plan = (LIVER / "protocol.toml").read_text(encoding="utf-8") + "[embedding]\niterations = 300\nperplexity = 10\n"
    (tmp_path / "p.toml").write_text(plan, encoding="utf-8")
    names = ["evaluate", PREDS, "-", "--protocol", tmp_path / "p.toml", "-q"]
    made = run(*names, "--features", tmp_path / "f.npz", "--out", tmp_path / "out")
    assert made.exit_code == 0, made.stderr
    results = rs.Results.read(tmp_path / "out" / "results.json")
    (table,) = results.tables["embedding"]
    assert table["n"] == len(table["x"]) == 113
    assert table["n_iter"] == 300
    assert set(table) >= {"perplexity", "kl", "seed", "theta", "class", "classes"}
    assert not {"case_id", "group_id"} & set(table)
    assert "features" in {entry["role"] for entry in results.provenance["inputs"]}
    np.savez(tmp_path / "bad.npz", case_id=ids)
    refused = run(*names, "--features", tmp_path / "bad.npz", "--out", tmp_path / "no")
    assert refused.exit_code == 1
    assert "no array 'features'" in refused.stderr


def test_version_and_help():
    assert run("--version").stdout == f"readerstudy {rs.__version__}\n"
    for command in ("evaluate", "check", "init"):
        assert command in run("--help").stdout
        assert "PREDS" in run(command, "--help").stdout


def test_quiet_and_json(tmp_path):
    result = run("evaluate", PREDS, "-", "--no-protocol", "--out", tmp_path / "out", "--quiet", "--json")
    assert result.stderr == ""
    content = json.loads(result.stdout)
    assert "report.html" in content["files"]
    assert content["warnings"]


def test_the_quickstart_runs(capsys):
    import runpy

    results = runpy.run_path(str(LIVER.parent / "quickstart.py"))["main"]()
    assert "accuracy 0.796 (0.713, 0.860)" in capsys.readouterr().out
    assert len(results.select(measure="kappa", versus_kind="truth", task="seven-way")) == 7
