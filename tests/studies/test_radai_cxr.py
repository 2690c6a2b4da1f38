"""Chest radiographs with many findings at once: a task for each, down to one that a single patient has.

Data: github.com/iupui-soic/isbi23-rad-ai; 14 findings and No_Finding, 12 readers without and with a network's output.
The network's score is 0 where it drew nothing. The numbers held against ours come from scikit-learn and pandas.
"""

import math

import numpy as np
import pandas as pd
import pytest

from .panels import blocks_of, holds, left_out, mean_over_readers, share

pytestmark = pytest.mark.peers

FINDINGS = ["No_Finding", "Infiltration", "Atelectasis", "Effusion", "Pneumothorax", "Hernia"]
TASK = """
[tasks.{name}]
classes = ["absent", "present"]
map = {{"0" = "absent", "1" = "present"}}
positive = ["present"]
truth = "truth_{name}"
label = "{name}"
score = "prob_{name}"
threshold = 0.01
"""
PROTOCOL = """
[study]
title = "Findings on chest radiographs, without and with AI"
[readers]
reference = "unaided"
[[endpoints]]
name = "normal or not, with AI"
task = "No_Finding"
measure = "accuracy"
modality = "ai_aided"
versus = "unaided"
""" + "".join(TASK.format(name=name) for name in FINDINGS)


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("radai_cxr", True, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def network(shared):
    folder = shared / "data" / "radai_cxr"
    return pd.read_csv(folder / "preds.csv").merge(pd.read_csv(folder / "cases.csv"), on="case_id")


@pytest.fixture(scope="module")
def reads(shared):
    folder = shared / "data" / "radai_cxr"
    return pd.read_csv(folder / "reads.csv").merge(pd.read_csv(folder / "cases.csv"), on="case_id")


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def test_a_task_for_each_finding(results, reads):
    assert list(results.protocol["tasks"]) == FINDINGS
    truth = reads.drop_duplicates("case_id")
    for finding in FINDINGS:
        sizes = {row["class"]: row["n_cases"] for row in results.tables["classes"] if row["task"] == finding}
        assert sizes["present"] == truth[f"truth_{finding}"].sum()
        assert sum(sizes.values()) == 407


@pytest.mark.parametrize("finding", FINDINGS)
def test_the_network(results, network, finding):
    from sklearn.metrics import confusion_matrix, roc_auc_score

    truth, score = network[f"truth_{finding}"], network[f"prob_{finding}"]
    (table,) = [c for c in results.confusion if (c["reader"], c["task"]) == ("ai", finding)]
    assert table["counts"] == confusion_matrix(truth, score > 0, labels=[0, 1]).tolist()
    area = one(results, measure="auc", task=finding, reader="ai")
    assert area.n_cases == 176
    if truth.any():
        assert area.estimate == pytest.approx(roc_auc_score(truth, score), rel=1e-12)
    else:
        assert math.isnan(area.estimate)
        assert area.note


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_reader_in_both_ways(results, reads, finding):
    for (reader, modality), part in reads.groupby(["reader_id", "modality"]):
        ill, call = part[f"truth_{finding}"] == 1, part[finding] == 1
        for measure, rows, right in (("sensitivity", ill, call), ("specificity", ~ill, ~call)):
            e = one(results, measure=measure, task=finding, reader=reader, modality=modality)
            assert (e.count, e.total) == ((rows & right).sum(), rows.sum())
            if not e.total:
                assert math.isnan(e.estimate)
                assert e.note


@pytest.mark.parametrize("finding", FINDINGS)
def test_the_mean_is_over_readers_who_have_a_value(results, reads, finding):
    for modality in ("unaided", "ai_aided"):
        part = reads[(reads.modality == modality) & (reads[f"truth_{finding}"] == 1)]
        each = part.groupby("reader_id")[finding].mean()
        means = results.select(
            measure="sensitivity", task=finding, reader_group="all readers", reader=None, modality=modality
        )
        assert len(means) == 1
        assert means[0].n_readers == len(each)
        if len(each):
            assert means[0].estimate == pytest.approx(each.mean(), rel=1e-12)
        else:
            assert means[0].note == "undefined for every reader"


def test_the_only_hernia_is_no_trouble(results, network):
    """It was read unaided, once, and the network never saw it."""
    assert network.truth_Hernia.sum() == 0
    assert "Task Hernia: 1 case of class present." in results.warnings
    for e in results.select(task="Hernia"):
        assert math.isfinite(e.estimate) or e.note
        assert math.isnan(e.conf_low) or e.conf_low <= e.estimate <= e.conf_high


def test_the_report_names_every_task(made):
    report = (made[1] / "report.html").read_text(encoding="utf-8")
    assert all(f"Task: {finding}" in report for finding in FINDINGS)


def differences(reads, finding, of):
    """Aided - unaided of each reader who has a value in both, these left out case by case, and who shares cases."""
    cases = reads.drop_duplicates("case_id").set_index("case_id")[f"truth_{finding}"].sort_index()
    right = (reads[finding] == reads[f"truth_{finding}"]).astype(float)
    wide = reads.assign(right=right).pivot_table(index=["modality", "reader_id"], columns="case_id", values="right")
    sheets = [wide.loc[modality].to_numpy() for modality in ("ai_aided", "unaided")]
    columns = of(cases.to_numpy() == 1)
    cube = np.stack(sheets, axis=1)
    kept = (~np.isnan(cube[:, :, columns])).any(axis=2).all(axis=1)
    ids = np.arange(len(cases))
    everything = np.ones(columns.sum(), dtype=bool)
    (first, without), (second, without_second) = (
        left_out(share, everything, sheet[kept][:, columns], ids[columns]) for sheet in sheets
    )
    n_cases = (~np.isnan(cube[kept])).any(axis=(0, 1)).sum()
    return first - second, without - without_second, blocks_of(cube, ids)[kept], n_cases


@pytest.mark.parametrize(
    ("measure", "finding"),
    [*(("accuracy", finding) for finding in FINDINGS), ("specificity", "Infiltration"), ("specificity", "Effusion")],
)
def test_aided_against_unaided_through_the_panel(results, reads, measure, finding):
    def of(ill):
        return ~ill if measure == "specificity" else np.ones_like(ill)

    theta, without, blocks, n_cases = differences(reads, finding, of)
    (e,) = results.select(
        measure=f"{measure}_difference", task=finding, versus_kind="modality", reader=None, reader_group="all readers"
    )
    holds(e, mean_over_readers(theta, without, np.unique(blocks, return_inverse=True)[1]))
    assert (e.n_readers, e.n_cases, e.modality) == (12, n_cases, "ai_aided")


def test_few_readers_saw_an_ill_case_in_both_ways(results, reads):
    """Four had an effusion among their images with and without AI; the others are named, and not counted."""
    theta, _, _, n_cases = differences(reads, "Effusion", lambda ill: ill)
    (e,) = results.select(measure="sensitivity_difference", task="Effusion", versus_kind="modality", reader=None)
    assert e.estimate == pytest.approx(theta.mean(), abs=1e-12)
    assert (e.n_readers, e.n_cases) == (4, n_cases)
    assert n_cases < 407
    assert "left out, without a value in every modality: R02, R05" in e.note


def test_the_endpoint_belongs_to_its_task(results):
    (row,) = results.tables["endpoints"]
    e = results.by_key[row["key"]]
    assert (e.task, e.measure, e.verdict) == ("No_Finding", "accuracy_difference", "superiority not shown")
    assert {row["task"] for row in results.tables["mrmc_methods"]} >= {"No_Finding"}
