"""From images to a report in one command, at a tiny size: that the parts fit together, not that anything is learnt."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "examples" / "phantom" / "run.py"
SMALLEST = ["training.epochs=1", "training.folds=2", "input.size=24"]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    out = tmp_path_factory.mktemp("phantom") / "out"
    settings = [part for setting in SMALLEST for part in ("--set", setting)]
    command = [sys.executable, RUN, "--cases", "21", "--matrix", "48", "--out", out, *settings]
    one = {**os.environ, "OMP_NUM_THREADS": "1"}  # so small that threads would only wait for each other
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=one)
    assert done.returncode == 0, done.stderr
    return out


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_case_is_prepared_and_each_class_is_tested(out):
    assert len(rows_of(out / "store" / "cases.csv")) == 21
    tested = rows_of(out / "cases.csv")
    assert len({row["truth_seven-way"] for row in tested}) == len(tested) == 7
    developed = {row["patient_id"] for row in rows_of(out / "development.csv")}
    assert developed.isdisjoint(row["patient_id"] for row in tested)


def test_the_report_is_of_the_model_the_readers_and_the_maps(out):
    results = json.loads((out / "report" / "results.json").read_text(encoding="utf-8"))
    found = results["estimates"]
    assert {e["reader"] for e in found if e["reader_kind"] == "model"} == {"wang2021 (phantom)"}
    assert {e["modality"] for e in found if e["reader"] == "R1"} >= {"unaided", "aided"}
    assert {"auc", "saliency_inside", "pointing_game", "sequence_weight"} <= {e["measure"] for e in found}
    assert results["tables"]["embedding"]
    for name in ("report.html", "report.pdf"):
        assert (out / "report" / name).stat().st_size > 10_000


def test_the_first_page_says_phantom(out):
    page = (out / "report" / "report.html").read_text(encoding="utf-8")
    assert "DIGITAL PHANTOM" in page[: page.index("<h2")]


def test_no_original_id_is_left_behind_the_store(out):
    for folder in ("store", "model", "saliency", "report"):
        for path in (out / folder).rglob("*"):
            if path.is_file():
                assert b"PHANTOM-0" not in path.read_bytes(), path
    for name in ("preds.csv", "cases.csv", "reads.csv", "protocol.toml"):
        assert "PHANTOM-0" not in (out / name).read_text(encoding="utf-8")
