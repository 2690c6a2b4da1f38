"""Five readers, two modalities, 114 cases, ratings 1 to 5, no model: Van Dyke 1993, the field's worked example.

Every AUC is held against SciPy's Mann-Whitney U, what is compared through the five readers against R (MRMCaov, iMRMC)
and against loops.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from .panels import area, holds, left_out, mean_over_readers, share

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
reference = "T1"
[[endpoints]]
name = "area"
measure = "auc"
reader = "all readers"
modality = "T2"
versus = "T1"
[[endpoints]]
name = "sensitivity is not worse"
role = "secondary"
measure = "sensitivity"
modality = "T2"
versus = "T1"
hypothesis = "non-inferiority"
margin = 0.05
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


def test_modalities_through_the_panel_as_mrmcaov_has_it(made, theirs):
    """Our sign is T2 - T1, theirs 1 - 2."""
    expected = theirs["mrmc/vandyke/empirical_auc/RRRC/jackknife"]
    results, _ = made
    (d,) = results.select(measure="auc_difference", reader=None, versus_kind="modality")
    difference = expected["test_diffs"]
    ((low, high),) = difference["CI"]["matrix"]
    assert (d.modality, d.versus, d.random, d.note) == ("T2", "T1", "readers and cases", "design: fully crossed")
    assert (d.n_readers, d.n_cases) == (5, 114)
    assert (-d.estimate, d.std_error, d.df, d.p_value) == pytest.approx(
        [difference[name] for name in ("Estimate", "StdErr", "df", "p-value")], rel=1e-8
    )
    assert (-d.conf_high, -d.conf_low) == pytest.approx((low, high), rel=1e-8)
    (row,) = [row for row in results.tables["variance_components"] if row["measure"] == "auc"]
    names = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")
    assert [row[name] for name in names] == pytest.approx(expected["vcov_comps"]["Estimate"], rel=1e-8)
    for i, modality in enumerate(("T1", "T2")):
        (mean,) = results.select(measure="auc", reader_group="all readers", reader=None, modality=modality)
        means = expected["test_means"]
        assert (mean.estimate, mean.std_error, mean.df) == pytest.approx(
            [means[name][i] for name in ("Estimate", "StdErr", "df")], rel=1e-8
        )


def test_methods_stand_side_by_side(made, theirs):
    """P = .052, .051 and .056: what the choice of a method does, with the protocol's marked."""
    results, out = made
    rows = {row["method"]: row for row in results.tables["mrmc_methods"] if row["measure"] == "auc"}
    assert [name for name, row in rows.items() if row["chosen"]] == ["or-jackknife"]
    unbiased = theirs["mrmc/vandyke/empirical_auc/RRRC/unbiased"]["test_diffs"]
    one_shot = theirs["doIMRMC/vandyke"]["Ustat"]
    expected = {
        "or-jackknife": (15.25967458914, 0.051665685819),
        "or-delong": (15.0661079388731, 0.05123303082),
        "or-unbiased": (unbiased["df"], unbiased["p-value"]),
        "dbm": (15.25967458914, 0.051665685819),
        "u-statistic": (one_shot["dfBDG"][2], one_shot["pValueBDG"][2]),
    }
    assert list(rows) == list(expected)
    for method, numbers in expected.items():
        assert (rows[method]["df"], rows[method]["p_value"]) == pytest.approx(numbers, rel=1e-8)
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "Methods of analysis side by side" in report
    assert "as in the protocol" in report


def cube(reads):
    """Truth, and ratings with axes (modality, reader, case)."""
    wide = reads.pivot_table(index=["modality", "reader_id"], columns="case_id", values="rating")
    truth = reads.drop_duplicates("case_id").set_index("case_id").truth[wide.columns].to_numpy() == 1
    return truth, wide.to_numpy(dtype=float).reshape(2, 5, -1)


@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity", "accuracy"])
def test_modalities_through_the_panel_by_loops(made, reads, measure):
    truth, ratings = cube(reads)
    value, of, rows = area, np.ones_like(truth), ratings
    if measure != "auc":
        value, rows = share, ((ratings >= 3) == truth).astype(float)
        of = {"sensitivity": truth, "specificity": ~truth, "accuracy": of}[measure]
    made_of = [left_out(value, truth[of], one[:, of], np.arange(of.sum())) for one in rows]
    expected = mean_over_readers(made_of[1][0] - made_of[0][0], made_of[1][1] - made_of[0][1])
    results, _ = made
    (d,) = results.select(measure=f"{measure}_difference", reader=None, versus_kind="modality")
    holds(d, expected)


def test_endpoints_are_about_the_panel(made, reads):
    results, _ = made
    first, second = (results.by_key[row["key"]] for row in results.tables["endpoints"])
    (d,) = results.select(measure="auc_difference", reader=None, versus_kind="modality")
    assert first == d
    assert (first.role, first.verdict, first.p_adjusted) == ("primary", "superiority not shown", first.p_value)
    assert second.margin == 0.05
    one_sided = stats.t.sf((second.estimate + 0.05) / second.std_error, second.df)
    assert second.p_value == pytest.approx(one_sided)
    # The primary endpoint failed, and what follows cannot be shown, whatever its own P-value.
    assert second.p_value < 0.001
    assert second.verdict == "non-inferiority not shown"


def test_each_reader_with_himself(made, reads):
    """DeLong's variance of a difference is that of the differences of the placements; calls by McNemar's exact test."""
    results, _ = made
    truth, ratings = cube(reads)
    for j, reader in enumerate(results.tables["readers"][k]["reader"] for k in range(5)):
        pairs = [((x[truth][:, None] > x[~truth]) + 0.5 * (x[truth][:, None] == x[~truth])) for x in ratings[:, j]]
        apart = pairs[1] - pairs[0]
        variance = sum(apart.mean(axis=axis).var(ddof=1) / apart.shape[1 - axis] for axis in (0, 1))
        (d,) = results.select(measure="auc_difference", reader=reader, versus_kind="modality")
        assert (d.modality, d.versus) == ("T2", "T1")
        assert (d.estimate, d.std_error) == pytest.approx((apart.mean(), np.sqrt(variance)), rel=1e-10)
        calls = ratings[:, j] >= 3
        gained, lost = ((calls[1] & ~calls[0])[truth].sum(), (calls[0] & ~calls[1])[truth].sum())
        (s,) = results.select(measure="sensitivity_difference", reader=reader, versus_kind="modality")
        assert s.estimate == pytest.approx((gained - lost) / 45)
        assert s.p_value == pytest.approx(stats.binomtest(int(gained), int(gained + lost)).pvalue, rel=1e-9)
        (table,) = [row for row in results.tables["reclassification"] if row["reader"] == reader]
        moved = [
            [[(of & (calls[0] == a) & (calls[1] == b)).sum() for b in (0, 1)] for a in (0, 1)] for of in (truth, ~truth)
        ]
        assert [table["events"], table["non_events"]] == moved
        (nri,) = results.select(measure="nri", reader=reader)
        assert nri.estimate == pytest.approx(
            (calls[1][truth].mean() - calls[0][truth].mean()) - (calls[1][~truth].mean() - calls[0][~truth].mean())
        )
