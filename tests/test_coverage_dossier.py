"""The coverage dossier runs, twice to the same bytes, and its committed table holds what a naive enumeration gives."""

import csv
import math
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from scipy.stats import binom, binomtest, multinomial

ROOT = Path(__file__).parents[1]


def dossier(folder, processes):
    command = [sys.executable, "-m", "benchmarks.coverage", "--quick", "--processes", processes, "--out", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_one_process_and_two_write_the_same_three_files(tmp_path):
    written = dossier(tmp_path / "one", "1")
    assert list(written) == ["coverage.csv", "coverage.md", "coverage.svg"]
    assert written == dossier(tmp_path / "two", "2")


def test_a_quick_run_does_not_replace_the_committed_files():
    command = [sys.executable, "-m", "benchmarks.coverage", "--quick"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "--quick needs --out" in refused.stderr


@pytest.fixture(scope="module")
def committed():
    with (ROOT / "docs" / "coverage.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_simulated_cell_has_ten_thousand_replicates(committed):
    assert {row["replicates"] for row in committed} == {"exact", "10000"}
    assert {row["family"] for row in committed} == {
        "proportion", "paired difference", "auc", "kappa", "likelihood ratio",
    }  # fmt: skip


def test_the_exact_intervals_never_fall_below_their_level(committed):
    exact = [row for row in committed if row["interval"] in ("clopper-pearson", "blaker")]
    assert len(exact) > 100
    assert min(float(row["coverage"]) for row in exact) >= 0.95


@pytest.mark.parametrize(("interval", "theirs"), [("wilson", "wilson"), ("clopper-pearson", "exact")])
def test_coverage_of_a_proportion_by_scipys_interval(committed, interval, theirs):
    rows = [row for row in committed if row["interval"] == interval and row["n"] in ("10", "30")]
    limits = {n: [binomtest(x, n).proportion_ci(method=theirs) for x in range(n + 1)] for n in (10, 30)}
    for row in rows:
        n, p = int(row["n"]), float(row["true_value"])
        held = [x for x, (low, high) in enumerate(limits[n]) if low <= p <= high]
        assert float(row["coverage"]) == pytest.approx(sum(binom.pmf(x, n, p) for x in held), abs=1e-5)


def test_coverage_of_walds_paired_difference_by_its_formula(committed):
    rows = [row for row in committed if row["family"] == "paired difference" and row["interval"] == "wald"]
    for row in (row for row in rows if row["n"] == "10"):
        second, difference, r = (float(row[name]) for name in ("versus", "true_value", "correlation"))
        first = second + difference
        both = first * second + r * math.sqrt(first * (1 - first) * second * (1 - second))
        p = (first - both, second - both, 1 - first - second + 2 * both)
        held = 0.0
        for b, c in product(range(11), repeat=2):
            if b + c > 10:
                continue
            d = (b - c) / 10
            half = 1.959963984540054 * math.sqrt((b + c - 10 * d * d) / 100)
            if d - half <= difference + 1e-12 and difference - 1e-12 <= d + half:
                held += multinomial.pmf((b, c, 10 - b - c), 10, p)
        assert float(row["coverage"]) == pytest.approx(held, abs=1e-5)
