"""Twelve readers look for pneumothorax, without and with a network's output, and hardly anybody sees another's image.

Data: github.com/iupui-soic/isbi23-rad-ai. Each reader had a list of images of their own: readers who share none
are independent of each other, and twelve in seven blocks are compared as one panel. The network's score rises with
"no pneumothorax", which the tool says and does not mend. The numbers held against ours come from
loops here and pandas.
"""

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs

from .panels import blocks_of, holds, left_out, mean_over_readers, share

pytestmark = pytest.mark.peers

MODALITIES = ["unaided", "ai_aided"]
PROTOCOL = """
[study]
title = "Pneumothorax, without and with AI"
[tasks.pneumothorax]
classes = ["No Pneumothorax", "Pneumothorax"]
positive = ["Pneumothorax"]
threshold = 0.5
[readers]
reference = "unaided"
[[endpoints]]
name = "with AI"
measure = "accuracy"
modality = "ai_aided"
versus = "unaided"
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("radai_pneumothorax", True, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def cases(shared):
    table = pd.read_csv(shared / "data" / "radai_pneumothorax" / "cases.csv").set_index("case_id").sort_index()
    return table.dropna()


@pytest.fixture(scope="module")
def sheets(shared, cases):
    """For each modality whether a call was right, a row a reader and a column an image; nan = not read."""
    reads = pd.read_csv(shared / "data" / "radai_pneumothorax" / "reads.csv")
    reads = reads[reads.case_id.isin(cases.index)]
    right = (reads.label == cases.truth[reads.case_id].to_numpy()).astype(float)
    wide = reads.assign(right=right).pivot_table(index=["modality", "reader_id"], columns="case_id", values="right")
    wide = wide.reindex(columns=cases.index)
    return {modality: wide.loc[modality].to_numpy() for modality in MODALITIES}


@pytest.mark.parametrize("measure", ["sensitivity", "specificity", "accuracy"])
def test_aided_against_unaided_through_the_panel(results, cases, sheets, measure):
    ill = (cases.truth == "Pneumothorax").to_numpy()
    of = {"sensitivity": ill, "specificity": ~ill, "accuracy": np.ones_like(ill)}[measure]
    ids = np.arange(len(cases))
    everything = np.ones(of.sum(), dtype=bool)
    (first, without), (second, without_second) = (
        left_out(share, everything, sheets[modality][:, of], ids[of]) for modality in MODALITIES[::-1]
    )
    blocks = blocks_of(np.stack(list(sheets.values()), axis=1), ids)
    assert set(blocks) == {0}  # seven blocks of twelve readers, most of whom share no case
    (e,) = results.select(measure=f"{measure}_difference", versus_kind="modality", reader=None)
    holds(e, mean_over_readers(first - second, without - without_second, blocks))
    assert "design: cases nested in blocks of readers (split-plot)" in e.note
    assert "fewer than two readers a block" in e.note
    assert (e.modality, e.versus, e.n_cases) == ("ai_aided", "unaided", 409)


def test_the_endpoint_is_that_record(results):
    (row,) = results.tables["endpoints"]
    e = results.by_key[row["key"]]
    assert (e.measure, e.reader_group, e.role) == ("accuracy_difference", "all readers", "primary")
    assert e.verdict == "superiority not shown"


def test_what_cannot_be_compared_is_not(results):
    """One image was read both ways, by different readers: no reader has changed a call."""
    alone = [e for e in results.select(versus_kind="modality") if e.reader is not None]
    assert not [e for e in alone if np.isfinite(e.estimate)]
    assert "reclassification" not in results.tables


def test_cases_without_truth_are_left_out_and_said(results):
    assert "2 cases were left out for lack of a truth." in results.warnings
    assert results.flow["n_cases"] == 409


def test_a_score_of_the_opposite_is_told_and_never_turned(results, shared):
    from sklearn.metrics import roc_auc_score

    (area,) = results.select(measure="auc", reader="ai")
    folder = shared / "data" / "radai_pneumothorax"
    preds = pd.read_csv(folder / "preds.csv")
    known = preds.merge(pd.read_csv(folder / "cases.csv"), on="case_id").dropna(subset=["truth"])
    truth = known.truth == "Pneumothorax"
    assert area.estimate == pytest.approx(roc_auc_score(truth, known.score), rel=1e-12)
    assert area.estimate < 0.5
    assert [w for w in results.warnings if "the AUC of ai is below 0.5" in w]
    turned = preds.assign(score=1 - preds.score)
    plan = {"tasks": {"pneumothorax": {"positive": ["Pneumothorax"], "threshold": 0.5}}}
    again = rs.evaluate(rs.Study.read(turned, folder / "reads.csv", folder / "cases.csv", plan))
    (other,) = again.select(measure="auc", reader="ai")
    assert other.estimate == pytest.approx(1 - area.estimate, rel=1e-12)


def test_reading_times(results):
    rows = results.tables["reading_times"]
    assert {row["modality"] for row in rows} == set(MODALITIES)
    assert len(rows) == 24
