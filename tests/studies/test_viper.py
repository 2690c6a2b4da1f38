"""VIPER: 43 readers of 715 mammograms on film and digital, in five sub-studies whose readers are split over the cases.

Data: github.com/DIDSR/viperData (Gallas 2019, doi:10.1117/1.JMI.6.1.015501). A sub-study is a study of its own: a file
of its reads. Its two truths, cancer within 455 and within 365 days, are two tasks with a column of truth each. The
numbers held against ours come from loops here, in which readers of different blocks share no case.
"""

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs

from .panels import area, holds, left_out, mean_over_readers, share

pytestmark = pytest.mark.peers

WINDOWS = ["455", "365"]
SPLIT = ["screeningHighP", "screeningMedP", "challengeHighP", "challengeMedP"]
TASK = """
[tasks.cancer_{days}]
positive = ["1"]
truth = "cancerStatus{days}"
score = "rating_{days}"
"""
ENDPOINT = """
[[endpoints]]
name = "digital is not worse, {days} days"
role = "{role}"
measure = "auc"
task = "cancer_{days}"
modality = "FFDM"
versus = "SFM"
hypothesis = "non-inferiority"
margin = 0.05
"""
PROTOCOL = (
    """
[study]
title = "Film and digital mammography"
[readers]
threshold = 101
reference = "SFM"
"""
    + "".join(TASK.format(days=days) for days in WINDOWS)
    + ENDPOINT.format(days="455", role="primary")
    + ENDPOINT.format(days="365", role="secondary")
)


@pytest.fixture(scope="module")
def parts(shared, tmp_path_factory):
    """Reads and cases of each sub-study as frames; one rating answers to both truths."""
    folder = shared / "data" / "viper"
    reads = pd.read_csv(folder / "reads.csv", dtype={"case_id": str})
    cases = pd.read_csv(folder / "cases.csv", dtype={"case_id": str})
    reads = reads.assign(rating_455=reads.rating, rating_365=reads.rating)
    return {name: (part, cases[cases.case_id.isin(part.case_id)]) for name, part in reads.groupby("sub_study")}


@pytest.fixture(scope="module")
def results(parts, tmp_path_factory):
    """Results of every sub-study, analysed without a report."""
    plan = tmp_path_factory.mktemp("viper") / "protocol.toml"
    plan.write_text(PROTOCOL, encoding="utf-8")
    return {name: rs.evaluate(rs.Study.read(None, *frames, plan)) for name, frames in parts.items()}


@pytest.fixture(scope="module")
def reported(parts, evaluated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("challenge")
    for frame, name in zip(parts["challengeHighP"], ("reads", "cases"), strict=True):
        frame.to_csv(folder / f"{name}.csv", index=False)
    return evaluated("viper", False, True, PROTOCOL, data=folder)


def test_sub_studies_are_what_they_were(results):
    sizes = {name: (found.flow["n_cases"], found.flow["n_readers"]) for name, found in results.items()}
    assert sizes == {
        "challengeHighP": (239, 20),
        "challengeMedP": (439, 20),
        "screeningHighP": (239, 20),
        "screeningLowP": (419, 20),
        "screeningMedP": (435, 20),
    }
    assert all(not found.warnings for found in results.values())


def loops(parts, name, days, measure):
    """Each reader's values in both modalities, left out case by case, and the block of cases that each reader read."""
    reads, cases = parts[name]
    wide = reads.pivot_table(index=["modality", "reader_id"], columns="case_id", values="rating")
    truth = cases.set_index("case_id")[f"cancerStatus{days}"][wide.columns].to_numpy() == 1
    rows, of, value = wide.to_numpy(dtype=float), np.ones_like(truth), area
    if measure != "auc":
        of, value = {"sensitivity": truth, "specificity": ~truth}[measure], share
        rows = np.where(np.isnan(rows), np.nan, (rows >= 101) == truth)
    theta, without = left_out(value, truth[of], rows[:, of], np.arange(of.sum()))
    n = len(rows) // 2
    assert wide.index[0][0] == "FFDM"
    blocks = reads.groupby("reader_id").case_group.first().to_numpy()
    return theta[:n] - theta[n:], without[:n] - without[n:], np.unique(blocks, return_inverse=True)[1]


@pytest.mark.parametrize("days", WINDOWS)
@pytest.mark.parametrize("name", SPLIT)
@pytest.mark.parametrize("measure", ["auc", "specificity"])
def test_split_plot(results, parts, name, days, measure):
    """Every block of five readers read its own quarter of the cases."""
    (e,) = results[name].select(
        measure=f"{measure}_difference", task=f"cancer_{days}", versus_kind="modality", reader=None
    )
    theta, without, blocks = loops(parts, name, days, measure)
    if name == "challengeHighP":
        blocks = _linked(parts[name][0])
    holds(e, mean_over_readers(theta, without, blocks))
    assert "design: cases nested in blocks of readers (split-plot)" in e.note
    assert (e.n_readers, e.modality, e.versus) == (20, "FFDM", "SFM")


def _linked(reads):
    """Blocks as the reads have them: one case was read in two of the four, so that their readers are not apart."""
    groups = reads.groupby("case_id").case_group.unique()
    (two,) = [set(found) for found in groups if len(found) > 1]
    block = reads.groupby("reader_id").case_group.first()
    merged = block.where(~block.isin(two), min(two))
    return np.unique(merged.to_numpy(), return_inverse=True)[1]


@pytest.mark.parametrize("days", WINDOWS)
def test_blocks_that_overlap_are_one(results, parts, days):
    """At low prevalence each reader read two quarters of four in a ring, so that every block is linked to the next."""
    (e,) = results["screeningLowP"].select(
        measure="auc_difference", task=f"cancer_{days}", versus_kind="modality", reader=None
    )
    theta, without, _ = loops(parts, "screeningLowP", days, "auc")
    holds(e, mean_over_readers(theta, without))
    assert e.note == "design: crossed with missing reads"


def test_two_truths_differ_in_cases_and_not_in_reads(results, parts):
    found = results["screeningMedP"]
    cases = parts["screeningMedP"][1]
    for days in WINDOWS:
        sizes = {row["class"]: row["n_cases"] for row in found.tables["classes"] if row["task"] == f"cancer_{days}"}
        assert sizes["1"] == cases[f"cancerStatus{days}"].sum()
    by_task = {}
    for row in found.tables["readers"]:
        by_task.setdefault(row["task"], {})[row["reader"], row["modality"]] = row["n_read"]
    assert by_task["cancer_455"] == by_task["cancer_365"]


def test_recall_is_a_score_above_a_hundred(results, parts):
    reads, cases = parts["challengeMedP"]
    merged = reads.merge(cases, on="case_id")
    for (reader, modality), part in merged[merged.cancerStatus365 == 1].groupby(["reader_id", "modality"]):
        (e,) = results["challengeMedP"].select(
            measure="sensitivity", task="cancer_365", reader=reader, modality=modality
        )
        assert (e.count, e.total) == ((part.recall == 1).sum(), len(part))


@pytest.mark.parametrize("name", [*SPLIT, "screeningLowP"])
def test_the_second_endpoint_waits_for_the_first(results, name):
    first, second = (results[name].by_key[row["key"]] for row in results[name].tables["endpoints"])
    assert (first.task, first.role, second.task, second.role) == ("cancer_455", "primary", "cancer_365", "secondary")
    for e in (first, second):
        assert e.p_value < 0.025 or e.verdict == "non-inferiority not shown"
    if first.verdict != "non-inferior":
        assert second.verdict != "non-inferior"


def test_methods_side_by_side_agree_roughly(results):
    """The one-shot variance, which asks nothing of blocks, is near that of the analysis of variance."""
    for found in results.values():
        rows = [row for row in found.tables["mrmc_methods"] if row["task"] == "cancer_455"]
        assert [row["method"] for row in rows] == ["or-jackknife", "or-delong", "or-unbiased", "u-statistic"]
        assert [row["std_error"] for row in rows] == pytest.approx([rows[0]["std_error"]] * 4, rel=0.25)


def test_the_report_names_the_design(reported):
    results, out = reported
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "cases nested in blocks of readers (split-plot)" in report
    assert "Task: cancer_455" in report
    assert "Task: cancer_365" in report
    assert len(results.tables["endpoints"]) == 2
