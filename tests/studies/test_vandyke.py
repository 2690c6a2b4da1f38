"""Five readers, two modalities, 114 cases, ratings 1 to 5, no model: Van Dyke 1993, the field's worked example.

Empirical AUCs as R's MRMCaov prints them for this data set are among the numbers of ../shared; here every AUC is held
against SciPy's Mann-Whitney U.
"""

import pandas as pd
import pytest
from scipy import stats

pytestmark = pytest.mark.peers

PROTOCOL = """
[study]
title = "Aortic dissection: two ways of MRI"
[columns.reads]
score = "rating"
[tasks.dissection]
positive = ["1"]
[readers]
threshold = 3
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("vandyke", False, True, PROTOCOL)


@pytest.fixture(scope="module")
def reads(shared):
    folder = shared / "data" / "vandyke"
    return pd.read_csv(folder / "reads.csv").merge(pd.read_csv(folder / "cases.csv"), on="case_id")


def test_every_reader_in_every_modality(made, reads):
    results, _ = made
    assert results.flow["modalities"] == ["T1", "T2"]
    assert len(results.select(measure="auc", reader_group=None)) == 10
    for (reader, modality), part in reads.groupby(["reader_id", "modality"]):
        positive, negative = part.rating[part.truth == 1], part.rating[part.truth == 0]
        u = stats.mannwhitneyu(positive, negative).statistic / (len(positive) * len(negative))
        (area,) = results.select(measure="auc", reader=reader, modality=modality)
        assert area.estimate == pytest.approx(u, rel=1e-12)
        (sensitivity,) = results.select(measure="sensitivity", reader=reader, modality=modality)
        assert (sensitivity.count, sensitivity.total) == ((positive >= 3).sum(), 45)
        assert sensitivity.threshold == 3


def test_mean_sensitivity_of_the_second_modality(made, reads):
    """The mean over readers is the pooled share here, since all read all. Its interval is not the pooled binomial one
    (.877, .952), but that of readers and cases as samples (.833, 1.000).
    """
    results, _ = made
    part = reads[(reads.modality == "T2") & (reads.truth == 1)]
    (mean,) = results.select(measure="sensitivity", reader_group="all readers", modality="T2")
    assert mean.estimate == pytest.approx((part.rating >= 3).mean())
    assert mean.n_readers == 5
    assert (round(mean.conf_low, 3), mean.conf_high) == (0.833, 1)


def test_agreement_stays_within_a_modality(made):
    results, _ = made
    pairs = results.select(measure="kappa", versus_kind="reader")
    assert len(pairs) == 2 * 10
    assert {pair.modality for pair in pairs} == {"T1", "T2"}


def test_a_study_without_a_model_has_its_report(made):
    results, out = made
    assert not results.select(reader_kind="model")
    assert {path.name for path in (out / "figures").glob("*.svg")} >= {"roc-dissection.svg"}
    assert "Aortic dissection" in (out / "report.html").read_text(encoding="utf-8")
