"""Four readers, film and workstation, 100 neonatal examinations: so few readers that their covariance is negative.

Data: R's MRMCaov (Franken 1992), ratings 1 to 5. What is compared through the readers is held against MRMCaov, RJafroc
and loops.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from .panels import area, holds, left_out, mean_over_readers, share

pytestmark = pytest.mark.peers

PROTOCOL = """
[study]
title = "Neonatal examinations on film and on a workstation"
[columns.reads]
score = "rating"
[tasks.abnormal]
positive = ["1"]
[readers]
threshold = 3
[[endpoints]]
name = "film is not worse"
measure = "auc"
modality = "T1"
versus = "T2"
hypothesis = "non-inferiority"
margin = 0.05
[[endpoints]]
name = "no different"
role = "secondary"
measure = "auc"
modality = "T2"
versus = "T1"
hypothesis = "equivalence"
margin = 0.05
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("franken", False, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def ratings(shared):
    """Truth, and ratings with axes (modality, reader, case)."""
    folder = shared / "data" / "franken"
    reads = pd.read_csv(folder / "reads.csv").pivot_table(
        index=["modality", "reader_id"], columns="case_id", values="rating"
    )
    truth = pd.read_csv(folder / "cases.csv").set_index("case_id").truth
    return truth[reads.columns].to_numpy() == 1, reads.to_numpy(dtype=float).reshape(2, 4, 100)


def difference(results, measure, **identity):
    (e,) = results.select(measure=f"{measure}_difference", versus_kind="modality", reader=None, missing=None)
    return e


def test_areas_through_the_panel_as_mrmcaov_and_rjafroc_have_it(results, theirs):
    expected = theirs["mrmc/franken/empirical_auc/RRRC/jackknife"]
    again = theirs["StSignificanceTesting/OR/dataset03"]["RRRC"]["ciDiffTrt"]
    row = {e["key"]: e for e in results.tables["endpoints"]}
    assert len(row) == 2
    (mean,) = results.select(measure="auc", reader_group="all readers", reader=None, modality="T1")
    means = expected["test_means"]
    assert (mean.estimate, mean.std_error, mean.df) == pytest.approx(
        [means[name][0] for name in ("Estimate", "StdErr", "df")], rel=1e-8
    )
    (shown,) = [r for r in results.tables["mrmc_methods"] if r["method"] == "or-jackknife"]
    said = expected["test_diffs"]
    assert (shown["estimate"], shown["std_error"], shown["df"], shown["p_value"]) == pytest.approx(
        [said[name] for name in ("Estimate", "StdErr", "df", "p-value")], rel=1e-8
    )
    assert (shown["conf_low"], shown["conf_high"]) == pytest.approx((again["CILower"], again["CIUpper"]), rel=1e-8)
    assert shown["df"] == 3
    assert "the covariance of the readers is negative and taken as 0" in shown["note"]
    (components,) = [r for r in results.tables["variance_components"] if r["measure"] == "auc"]
    names = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")
    assert [components[name] for name in names] == pytest.approx(expected["vcov_comps"]["Estimate"], rel=1e-8)


@pytest.mark.parametrize(("measure", "metric"), [("sensitivity", "binary_sens"), ("specificity", "binary_spec")])
def test_calls_through_the_panel(results, theirs, ratings, measure, metric):
    truth, cube = ratings
    of = truth if measure == "sensitivity" else ~truth
    rights = ((cube >= 3) == truth)[:, :, of].astype(float)
    (first, without), (second, without_second) = (left_out(share, of[of], rows, np.arange(of.sum())) for rows in rights)
    e = difference(results, measure)
    assert (e.modality, e.versus) == ("T1", "T2")
    holds(e, mean_over_readers(first - second, without - without_second))
    expected = theirs[f"mrmc/franken/{metric}/RRRC/jackknife"]["test_diffs"]
    assert (e.estimate, e.std_error, e.df, e.p_value) == pytest.approx(
        [expected[name] for name in ("Estimate", "StdErr", "df", "p-value")], rel=1e-8
    )


def test_margins_are_tested_one_sided(results, ratings):
    truth, cube = ratings
    (first, without), (second, without_second) = (left_out(area, truth, rows, np.arange(100)) for rows in cube)
    mean = mean_over_readers(first - second, without - without_second)
    low, high = mean.interval
    better, alike = (results.by_key[row["key"]] for row in results.tables["endpoints"])
    assert (better.modality, better.versus, better.estimate) == ("T1", "T2", pytest.approx(mean.estimate))
    assert better.p_value == pytest.approx(mean.p_value(null=-0.05, two_sided=False), rel=1e-8)
    assert (better.conf_low, better.conf_high) == pytest.approx((low, high), rel=1e-8)
    assert better.verdict == "non-inferior"
    assert (alike.modality, alike.versus, alike.estimate) == ("T2", "T1", pytest.approx(-mean.estimate))
    above, below = (stats.t.sf((0.05 + sign * mean.estimate) / mean.std_error, mean.df) for sign in (-1, 1))
    assert alike.p_value == pytest.approx(max(above, below), rel=1e-8)
    assert alike.verdict == "equivalent"


def test_the_report_says_what_was_random_and_how_sure_it_is(made):
    report = (made[1] / "report.html").read_text(encoding="utf-8")
    assert "df 3, readers and cases random" in report
    assert "Variance components of means of readers" in report
    assert "design: fully crossed" in report.casefold()
