"""A network's softmax over seven liver diagnoses of 78 patients and nobody's reads: LLD-MMRI2023, validation set."""

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.peers

PROTOCOL = """
[study]
title = "LLD-MMRI2023 baseline"
[tasks.diagnosis]
classes = [
  "Hepatic_hemangioma", "Intrahepatic_cholangiocarcinoma", "Hepatic_abscess", "Hepatic_metastasis", "Hepatic_cyst",
  "FOCAL_NODULAR_HYPERPLASIA", "Hepatocellular_carcinoma",
]
[tasks.malignant]
from = "diagnosis"
positive = ["Intrahepatic_cholangiocarcinoma", "Hepatic_metastasis", "Hepatocellular_carcinoma"]
"""
MALIGNANT = ["Intrahepatic_cholangiocarcinoma", "Hepatic_metastasis", "Hepatocellular_carcinoma"]


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("lld_mmri_val", True, False, PROTOCOL)


@pytest.fixture(scope="module")
def data(shared):
    folder = shared / "data" / "lld_mmri_val"
    return pd.read_csv(folder / "preds.csv").merge(pd.read_csv(folder / "cases.csv"), on="case_id")


def test_accuracy_is_the_published_baseline(made, data):
    """The challenge's baseline calls 53 of 78 right, accuracy .679."""
    results, _ = made
    (accuracy,) = results.select(measure="accuracy", task="diagnosis", target=None)
    assert (accuracy.count, accuracy.total) == (53, 78)
    assert accuracy.count == (data.predicted_label == data.truth).sum()


def test_areas_one_against_the_rest(made, data):
    from sklearn.metrics import roc_auc_score

    results, _ = made
    areas = results.select(measure="auc", task="diagnosis")
    assert len(areas) == 7
    for area in areas:
        expected = roc_auc_score(data.truth == area.target, data[f"prob_{area.target}"])
        assert area.estimate == pytest.approx(expected, rel=1e-12)


def test_the_grouping_sums_probabilities(made, data):
    from sklearn.metrics import confusion_matrix, roc_auc_score

    results, _ = made
    score = data[[f"prob_{name}" for name in MALIGNANT]].sum(axis=1)
    (area,) = results.select(measure="auc", task="malignant")
    assert area.estimate == pytest.approx(roc_auc_score(data.malignant, score), rel=1e-12)
    (table,) = [c for c in results.confusion if c["task"] == "malignant"]
    assert table["classes"] == ["not malignant", "malignant"]
    assert table["counts"] == confusion_matrix(data.malignant, score >= 0.5).tolist()


def test_the_report_is_whole_without_readers(made):
    results, out = made
    assert results.flow["n_readers"] == 0
    assert not results.select(measure="kappa", versus_kind="reader")
    assert np.isfinite([e.estimate for e in results.select(measure="kappa")]).all()
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-1.7")
