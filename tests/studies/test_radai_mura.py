"""Twelve readers of musculoskeletal radiographs, without and with a network's output; labels, several images a patient.

Data: github.com/iupui-soic/isbi23-rad-ai. Readers had lists of their own, so that most images were read once; a
patient may have several. The network saw the images of the aided phase. One read stands in the file twice. The numbers
held against ours come from loops here, scikit-learn and SciPy.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from .panels import blocks_of, holds, left_out, mean_over_readers, share, units_of

pytestmark = pytest.mark.peers

MODALITIES = ["unaided", "ai_aided"]
ROUGHLY = 1e-5
"""The covariance of two ways of reading that share no patient is 0, where the loops leave a little."""
PROTOCOL = """
[study]
title = "Musculoskeletal radiographs, without and with AI"
[tasks.abnormality]
classes = ["Normal", "Abnormal"]
positive = ["Abnormal"]
threshold = 0.5
[readers]
reference = "unaided"
duplicates = "first"
[clusters]
patient = "patient_id"
[[endpoints]]
name = "with AI"
measure = "accuracy"
modality = "ai_aided"
versus = "unaided"
[[endpoints]]
name = "AI alone"
role = "secondary"
measure = "accuracy"
reader = "ai"
modality = "ai_aided"
versus = "all readers"
hypothesis = "non-inferiority"
margin = 0.1
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("radai_mura", True, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def cases(shared):
    return pd.read_csv(shared / "data" / "radai_mura" / "cases.csv").set_index("case_id").sort_index()


@pytest.fixture(scope="module")
def reads(shared):
    table = pd.read_csv(shared / "data" / "radai_mura" / "reads.csv")
    return table.drop_duplicates(["case_id", "reader_id", "modality"])


@pytest.fixture(scope="module")
def network(shared, cases):
    """1 or 0 for each image, nan where the network has not seen it."""
    preds = pd.read_csv(shared / "data" / "radai_mura" / "preds.csv").set_index("case_id")
    return (preds.prob_Abnormal >= 0.5).astype(float).reindex(cases.index).to_numpy()


@pytest.fixture(scope="module")
def sheets(cases, reads):
    """For each modality the readers' calls, a row a reader and a column an image; nan = not read."""
    calls = reads.assign(call=(reads.label == "Abnormal").astype(float))
    wide = calls.pivot_table(index=["modality", "reader_id"], columns="case_id", values="call")
    wide = wide.reindex(columns=cases.index)
    return {modality: wide.loc[modality].to_numpy() for modality in MODALITIES}


def of_measure(measure, cases, rows):
    """Columns that the measure is about, and whether each call is right there."""
    ill = (cases.truth == "Abnormal").to_numpy()
    of = {"sensitivity": ill, "specificity": ~ill, "accuracy": np.ones_like(ill)}[measure]
    return of, np.where(np.isnan(rows), np.nan, rows == ill)[:, of]


def test_who_and_how_many(results, reads):
    assert (results.flow["n_cases"], results.flow["n_readers"], results.flow["n_models"]) == (372, 12, 1)
    (row,) = [row for row in results.flow["rows"] if row["file"] == "reads"]
    assert (row["rows"], row["duplicates"]) == (422, 1)
    rows = {(r["reader"], r["modality"]): r["n_read"] for r in results.tables["readers"] if r["reader"] != "ai"}
    assert rows == reads.groupby(["reader_id", "modality"]).size().to_dict()


@pytest.mark.parametrize("measure", ["sensitivity", "specificity", "accuracy"])
def test_aided_against_unaided_through_the_panel(results, cases, sheets, measure):
    """Every patient is left out with all images, in both ways of reading at once."""
    values = {}
    for modality, rows in sheets.items():
        of, right = of_measure(measure, cases, rows)
        values[modality] = left_out(share, np.ones(of.sum(), dtype=bool), right, cases.patient_id.to_numpy()[of])
    (aided, aided_without), (unaided, unaided_without) = values["ai_aided"], values["unaided"]
    both = np.stack(list(sheets.values()), axis=1)
    blocks = blocks_of(both, cases.patient_id.to_numpy())
    (e,) = results.select(measure=f"{measure}_difference", versus_kind="modality", reader=None)
    holds(e, mean_over_readers(aided - unaided, aided_without - unaided_without, blocks), rel=ROUGHLY)
    assert (e.modality, e.versus, e.n_readers) == ("ai_aided", "unaided", 12)
    assert (e.n_cases, e.n_patients) == (372, cases.patient_id.nunique())


def test_the_network_against_the_readers_it_helped(results, cases, sheets, network):
    rows = np.where(np.isnan(network), np.nan, sheets["ai_aided"])
    known = ~np.isnan(rows).all(axis=0)
    rows, seen = rows[:, known], cases[known]
    beside = np.where(np.isnan(rows), np.nan, network[known])
    values = []
    for made_of in (beside, rows):
        of, right = of_measure("accuracy", seen, made_of)
        values.append(left_out(share, np.ones(of.sum(), dtype=bool), right, seen.patient_id.to_numpy()))
    (theta, without), (own, own_without) = values
    patients = seen.patient_id.to_numpy()
    blocks, read = blocks_of(rows[:, None], patients), units_of(rows, patients)
    expected = mean_over_readers(theta - own, without - own_without, blocks, read)
    second = results.by_key[results.tables["endpoints"][1]["key"]]
    assert (second.reader, second.versus, second.modality) == ("ai", "all readers", "ai_aided")
    assert second.estimate == pytest.approx(expected.estimate, rel=1e-8)
    assert second.std_error == pytest.approx(expected.std_error, rel=1e-8)
    p = stats.t.sf((expected.estimate + 0.1) / expected.std_error, expected.df)
    assert second.p_value == pytest.approx(p, rel=1e-8)


def test_readers_without_a_value_are_named(results):
    """Few images of the unaided phase were predicted: readers without an ill one among them have no sensitivity."""
    (e,) = results.select(measure="sensitivity_difference", reader="ai", versus="all readers", modality="unaided")
    left = e.note.split("measure is undefined: ")[1].split(";")[0].split(", ")
    assert all(name.startswith("R") for name in left)
    assert e.n_readers == 10 - len(left)
    assert e.n_patients <= e.n_cases


def test_reclassification_of_the_images_that_were_read_both_ways(results, reads, cases):
    both = reads.pivot_table(index=["reader_id", "case_id"], columns="modality", values="label", aggfunc="first")
    wide = both.dropna()
    ill = cases.truth[wide.index.get_level_values("case_id")].to_numpy() == "Abnormal"
    names = ["Normal", "Abnormal"]
    tables = {row["reader"]: row for row in results.tables["reclassification"]}
    assert set(tables) == set(wide.index.get_level_values("reader_id"))
    for reader, row in tables.items():
        own = wide.index.get_level_values("reader_id") == reader
        for name, of in (("events", ill), ("non_events", ~ill)):
            part = wide[own & of]
            counts = [[((part.unaided == a) & (part.ai_aided == b)).sum() for b in names] for a in names]
            assert row[name] == counts
        assert (row["modality"], row["versus"]) == ("ai_aided", "unaided")


def test_networks_confusion(results, cases, network):
    from sklearn.metrics import confusion_matrix

    seen = ~np.isnan(network)
    (table,) = [c for c in results.confusion if c["reader"] == "ai"]
    assert table["counts"] == confusion_matrix(cases.truth[seen] == "Abnormal", network[seen] == 1).tolist()


def test_the_report_says_how_the_ways_were_compared(made):
    report = (made[1] / "report.html").read_text(encoding="utf-8")
    assert "mean of all readers, ai_aided − unaided" in report
    assert "take readers and patients as random samples" in report
    assert "readers and patients random" in report
    assert "Models against means of readers" in report
