"""Eight readers at three dose levels, 90 cases, fully crossed: more than two modalities at once.

Data: R's RJafroc (Ruschin 2007), ratings 0 to 5. With three modalities the variance of a difference is pooled over
them; the numbers held against ours come from loops here and from SciPy.
"""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from .panels import area, left_out

pytestmark = pytest.mark.peers

DOSES = ["M1", "M2", "M3"]
PROTOCOL = """
[study]
title = "Masses and microcalcifications at three doses"
[columns.reads]
score = "rating"
[tasks.lesion]
positive = ["1"]
[readers]
threshold = 1
groups = {{first = ["R1", "R2", "R3", "R4"], second = ["R5", "R6", "R7", "R8"]}}
[methods]
mrmc = "{method}"
[[endpoints]]
name = "half the dose"
measure = "auc"
reader = "all readers"
modality = "M2"
versus = "M1"
hypothesis = "equivalence"
margin = 0.1
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("ruschin", False, True, PROTOCOL.format(method="or-jackknife"))


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def loops(shared):
    """Areas with axes (dose, reader), and these with every case left out, axes (dose, reader, case)."""
    folder = shared / "data" / "ruschin"
    reads = pd.read_csv(folder / "reads.csv").pivot_table(
        index=["modality", "reader_id"], columns="case_id", values="rating"
    )
    truth = pd.read_csv(folder / "cases.csv").set_index("case_id").truth[reads.columns].to_numpy() == 1
    theta, without = left_out(area, truth, reads.to_numpy(dtype=float), np.arange(90))
    return theta.reshape(3, 8), without.reshape(3, 8, 90)


def pooled(theta, without):
    """Mean square of modality x reader, its degrees of freedom, and what two readers share, over all modalities."""
    i, j, n = without.shape
    rest = theta - theta.mean(axis=0) - theta.mean(axis=1, keepdims=True) + theta.mean()
    df = (i - 1) * (j - 1)
    flat = without.reshape(i * j, n)
    covariance = (np.cov(flat, ddof=0) * (n - 1)).reshape(i, j, i, j)
    two, three = [], []
    for a, b in itertools.product(range(j), repeat=2):
        if a != b:
            two += [covariance[m, a, m, b] for m in range(i)]
            three += [covariance[m, a, k, b] for m in range(i) for k in range(i) if m != k]
    return (rest**2).sum() / df, df, max(np.mean(two) - np.mean(three), 0) * j


@pytest.mark.parametrize(
    ("group", "members"), [("all readers", range(8)), ("first", range(4)), ("second", range(4, 8))]
)
def test_doses_through_each_group_of_readers(results, loops, group, members):
    theta, without = (values[:, list(members)] for values in loops)
    square, df, shared = pooled(theta, without)
    df = (square + shared) ** 2 / (square**2 / df)
    error = math.sqrt(2 / theta.shape[1] * (square + shared))
    means = theta.mean(axis=1)
    for a, b in itertools.combinations(range(3), 2):
        found = results.select(measure="auc_difference", reader_group=group, reader=None, versus_kind="modality")
        found = [e for e in found if {e.modality, e.versus} == {DOSES[a], DOSES[b]}]
        assert len(found) == 1  # the endpoint's reference, M1, is that of all
        for e in found:
            sign = 1 if e.modality == DOSES[a] else -1
            assert e.estimate == pytest.approx(sign * (means[a] - means[b]), rel=1e-10)
            assert (e.std_error, e.df) == pytest.approx((error, df), rel=1e-8)
            half = stats.t.ppf(0.975, df) * error
            assert (e.conf_low, e.conf_high) == pytest.approx((e.estimate - half, e.estimate + half), rel=1e-8)
            assert e.n_readers == theta.shape[1]
    (whole,) = results.select(measure="auc_difference", reader_group=group, versus="modalities")
    f = theta.shape[1] * means.var(ddof=1) / (square + shared)
    assert (whole.statistic, whole.df_num, whole.df) == pytest.approx((f, 2, df), rel=1e-8)
    assert whole.p_value == pytest.approx(stats.f.sf(f, 2, df), rel=1e-8)


def test_equivalence_within_a_tenth(results):
    (row,) = results.tables["endpoints"]
    e = results.by_key[row["key"]]
    assert (e.modality, e.versus, e.margin, e.reader_group) == ("M2", "M1", 0.1, "all readers")
    p = max(stats.t.sf((0.1 + sign * e.estimate) / e.std_error, e.df) for sign in (-1, 1))
    assert e.p_value == pytest.approx(p, rel=1e-8)
    assert (e.verdict == "equivalent") == (-0.1 < e.conf_low < e.conf_high < 0.1)


def test_every_reader_at_every_two_doses(results):
    for measure in ("auc_difference", "sensitivity_difference", "specificity_difference"):
        found = [e for e in results.select(measure=measure, versus_kind="modality") if e.reader is not None]
        assert len(found) == 8 * 3
    assert len(results.tables["reclassification"]) == 8 * 3


def test_the_test_of_all_doses_is_printed(made):
    report = (made[1] / "report.html").read_text(encoding="utf-8")
    assert "AUC, all: F" in report
    assert "All modalities" in report


def test_pseudovalues_give_the_same_tests(shared, results):
    """Dorfman, Berbaum and Metz's analysis, with Hillis' degrees of freedom, is the one above in another form."""
    import tomllib

    import readerstudy as rs

    plan = tomllib.loads(PROTOCOL.format(method="dbm"))
    folder = shared / "data" / "ruschin"
    again = rs.evaluate(rs.Study.read(None, folder / "reads.csv", folder / "cases.csv", plan))
    (ours,) = results.select(measure="auc_difference", reader_group="all readers", versus="modalities")
    (theirs,) = again.select(measure="auc_difference", reader_group="all readers", versus="modalities")
    assert theirs.method == "dbm"
    assert (theirs.statistic, theirs.df, theirs.p_value) == pytest.approx(
        (ours.statistic, ours.df, ours.p_value), rel=1e-8
    )
    names = {name for row in again.tables["variance_components"] for name in row if name.startswith(("var_", "cov"))}
    assert "var_modality_reader" in names
