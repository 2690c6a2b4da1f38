"""The dossier of analyses of many readers runs, twice to the same bytes, and its committed table is what it says."""

import csv
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from readerstudy.simulate import published

ROOT = Path(__file__).parents[1]


def dossier(folder, processes):
    command = [sys.executable, "-m", "benchmarks.mrmc_dossier", "--quick", "--processes", processes, "--out", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_one_process_and_two_write_the_same_three_files(tmp_path):
    written = dossier(tmp_path / "one", "1")
    assert list(written) == ["mrmc_coverage.csv", "mrmc_coverage.md", "mrmc_coverage.svg"]
    assert written == dossier(tmp_path / "two", "2")


def test_a_quick_run_does_not_replace_the_committed_files():
    command = [sys.executable, "-m", "benchmarks.mrmc_dossier", "--quick"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "--quick needs --out" in refused.stderr


def test_text_and_figure_come_from_the_committed_table(tmp_path):
    docs = ROOT / "docs"
    (tmp_path / "mrmc_coverage.csv").write_bytes((docs / "mrmc_coverage.csv").read_bytes())
    command = [sys.executable, "-m", "benchmarks.mrmc_dossier", "--redraw", "--out", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for name in ("mrmc_coverage.csv", "mrmc_coverage.md"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (docs / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def committed():
    with (ROOT / "docs" / "mrmc_coverage.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_entry_has_two_thousand_studies(committed):
    entries = Counter()
    for row in committed:
        kind = tuple(row[name] for name in ("question", "measure", "method", "design", "readers", "cases", "level"))
        entries[kind] += int(row["replicates"])
    assert set(entries.values()) == {2000}


def test_a_difference_of_0_is_rejected_where_its_interval_leaves_0_out(committed):
    rows = [row for row in committed if row["question"] in ("difference", "model") and row["rejected"]]
    assert len(rows) > 400
    for row in rows:
        assert float(row["rejected"]) == pytest.approx(1 - float(row["coverage"]), abs=1.5e-5)


def test_non_inferiority_is_shown_where_the_interval_lies_above_the_margin(committed):
    rows = [row for row in committed if row["question"].endswith("non-inferiority") and row["rejected"]]
    assert {float(row["true_value"]) for row in rows} == {-0.05}
    for row in rows:  # without width an interval has no test against the margin
        assert float(row["rejected"]) == pytest.approx(float(row["too_high"]), abs=1.5e-5 + float(row["no_spread"]))


def test_dbm_rejects_with_the_jackknife(committed):
    numbers = {}
    for row in committed:
        if row["method"] in ("dbm", "jackknife") and row["design"] == "crossed" and row["question"] != "mean":
            kind = tuple(row[name] for name in ("question", "measure", "readers", "cases", "structure", "level"))
            numbers.setdefault(kind, []).append(row["rejected"])
    both = [found for found in numbers.values() if len(found) == 2]
    assert len(both) == 72
    assert all(first == second for first, second in both)


def analysed(truth, scores):
    """Obuchowski and Rockette's test of two modalities with DeLong's covariance, written out: P."""
    positive, negative = scores[..., truth], scores[..., ~truth]
    won = (positive[..., :, None] > negative[..., None, :]).astype(float)
    of_positive, of_negative, theta = won.mean(axis=-1), won.mean(axis=-2), won.mean(axis=(-2, -1))
    j = scores.shape[1]
    by_case = [part.reshape(2 * j, -1) for part in (of_positive, of_negative)]
    covariance = sum(np.cov(part) / part.shape[1] for part in by_case).reshape(2, j, 2, j)
    others = ~np.eye(j, dtype=bool)
    cov2 = np.mean([covariance[0, :, 0][others], covariance[1, :, 1][others]])
    cov3 = covariance[0, :, 1][others].mean()
    d = theta[0] - theta[1]
    mean_square, shared = d.var(ddof=1) / 2, j * max(cov2 - cov3, 0.0)
    df = (mean_square + shared) ** 2 / (mean_square**2 / (j - 1))
    return 2 * stats.t.sf(abs(d.mean()) / math.sqrt(2 * (mean_square + shared) / j), df)


def test_rejections_of_a_model_drawn_and_analysed_by_other_code(committed):
    """Scores from one normal draw with the covariance that the variances imply, and the analysis written out."""
    model, j, n, studies = published("HL"), 3, 50, 1000
    rng = np.random.default_rng(7)
    deviation = {
        name: math.sqrt(float(np.ravel(getattr(model, name))[0]))
        for name in ("reader", "case", "reader_case", "modality_reader", "modality_case", "modality_reader_case")
    }
    separation = float(stats.norm.ppf(0.85) * np.sqrt(model.variance[0].sum()))
    truth = np.arange(n) < n // 2
    rejected = 0
    for _ in range(studies):
        draw = rng.standard_normal
        scores = separation * truth + deviation["case"] * draw(n) + deviation["reader_case"] * draw((j, n))
        scores = scores + deviation["modality_case"] * draw((2, 1, n))
        scores = scores + deviation["modality_reader_case"] * draw((2, j, n))
        scores = scores + (deviation["reader"] * draw((j, 2)))[:, truth.astype(int)]
        scores = scores + (deviation["modality_reader"] * draw((2, j, 2)))[..., truth.astype(int)]
        rejected += analysed(truth, scores) < 0.05
    (row,) = (
        row for row in committed
        if [row[name] for name in ("question", "measure", "method", "design", "readers", "cases", "structure", "level")]
        == ["difference", "auc", "delong", "crossed", "3", "50", "HL", "0.85"]
    )  # fmt: skip
    error = math.sqrt(0.05 * 0.95 * (1 / studies + 1 / int(row["replicates"])))
    assert rejected / studies == pytest.approx(float(row["rejected"]), abs=4 * error)
