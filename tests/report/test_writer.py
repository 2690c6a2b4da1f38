"""Everything in a folder."""

from __future__ import annotations

import csv

import pytest

from readerstudy.report import writer
from readerstudy.results import Results


@pytest.fixture
def written(results, drawn, tmp_path, monkeypatch):
    monkeypatch.setattr("readerstudy.figures.draw", lambda _: drawn)
    return writer.write(results, tmp_path)


def test_what_is_named_is_written(written, tmp_path):
    on_disk = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(written) == on_disk
    assert len(written) == len(on_disk)
    assert {"results.json", "report.html", "report.pdf", "figures/roc-0.svg", "figures/roc-0.png"} <= on_disk
    assert "tables/04-performance-seven-way.csv" in on_disk


def test_results_come_back(written, results, tmp_path):
    assert [e.key for e in Results.read(tmp_path / "results.json").estimates] == [e.key for e in results.estimates]


def test_tables_open_in_a_spreadsheet(written, tmp_path):
    content = (tmp_path / "tables/04-performance-seven-way.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert rows[0]["column"] == "Accuracy"
