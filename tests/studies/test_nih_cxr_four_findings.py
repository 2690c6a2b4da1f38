"""Twenty-two radiologists, about three an image, four findings on 4376 chest radiographs, and no model.

Data: github.com/iachas/nih-chest-xray-labels (Majkowska 2019). The truth is adjudicated among the same readers; a read
of nodule or mass and of pneumothorax may be HEDGE. The numbers held against ours come from pandas, scikit-learn and a
jackknife by loops.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

pytestmark = pytest.mark.peers

FINDINGS = ["fracture", "pneumothorax", "airspace_opacity", "nodule_mass"]
READERS = [f"R{i:02d}" for i in range(1, 23)]
TASK = """
[tasks.{name}]
classes = ["NO", "YES"]
positive = ["YES"]
truth = "truth_{name}"
label = "{name}"
missing = ["HEDGE"]
"""
PROTOCOL = f"""
[study]
title = "Four findings on chest radiographs"
[readers]
duplicates = "first"
truth_from = {READERS}
""" + "".join(TASK.format(name=name) for name in FINDINGS)


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("nih_cxr_four_findings", False, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def data(shared):
    """One row a read, the first of two by one reader."""
    folder = shared / "data" / "nih_cxr_four_findings"
    reads, cases = pd.read_csv(folder / "reads.csv"), pd.read_csv(folder / "cases.csv")
    return reads.drop_duplicates(["case_id", "reader_id"]).merge(cases, on="case_id")


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def test_who_and_how_many(results, data):
    assert (results.flow["n_cases"], results.flow["n_patients"]) == (4376, data.patient_id.nunique())
    (rows,) = results.flow["rows"]
    assert (rows["rows"], rows["duplicates"]) == (13081, 4)
    assert results.flow["n_readers"] == data.reader_id.nunique() == 22
    assert "4376 cases come from 1695 patients" in results.warnings[0]
    assert any("incorporation bias" in sentence for sentence in results.warnings)


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_hedge_is_no_read(results, data, finding):
    read = data[data[finding] != "HEDGE"].groupby("reader_id").size()
    rows = [row for row in results.tables["readers"] if row["task"] == finding]
    assert {row["reader"]: row["n_read"] for row in rows} == read.to_dict()
    assert {row["n_read"] + row["n_missing"] for row in rows} == {4376}
    assert (data[finding] == "HEDGE").sum() == {"pneumothorax": 164, "nodule_mass": 261}.get(finding, 0)


@pytest.mark.parametrize("finding", FINDINGS)
def test_sensitivity_and_specificity_of_every_reader(results, data, finding):
    from statsmodels.stats.proportion import proportion_confint

    part = data[data[finding] != "HEDGE"].assign(
        yes=lambda d: d[finding] == "YES", ill=lambda d: d[f"truth_{finding}"] == "YES"
    )
    for measure, ill in (("sensitivity", True), ("specificity", False)):
        table = part[part.ill == ill].groupby("reader_id").yes.agg(["sum", "size"])
        for reader in READERS:
            e = one(results, measure=measure, task=finding, reader=reader)
            if reader not in table.index:
                assert (e.total, np.isnan(e.estimate)) == (0, True)
                assert e.note
                continue
            yes, total = (int(table.loc[reader, name]) for name in ("sum", "size"))
            count = yes if ill else total - yes
            assert (e.count, e.total) == (count, total)
            limits = proportion_confint(count, total, method="wilson")
            assert (e.conf_low, e.conf_high) == pytest.approx(limits, rel=1e-9, abs=1e-12)


def test_agreement_of_those_who_share_images(results, data):
    from sklearn.metrics import cohen_kappa_score

    part = data[data.nodule_mass != "HEDGE"].pivot_table(
        index="case_id", columns="reader_id", values="nodule_mass", aggfunc="first"
    )
    n_pairs = 0
    for a, b in itertools.combinations(READERS, 2):
        both = part[[a, b]].dropna()
        # Which of two names stands first follows from the rows of the file.
        found = results.select(measure="kappa", task="nodule_mass", reader=a, versus=b)
        found += results.select(measure="kappa", task="nodule_mass", reader=b, versus=a)
        assert len(found) == (1 if len(both) else 0)
        if not found:
            continue
        n_pairs += 1
        assert found[0].n_cases == len(both)
        if len(np.unique(both)) == 2:
            expected = cohen_kappa_score(both[a], both[b])
            assert found[0].estimate == pytest.approx(expected, rel=1e-9, abs=1e-12)
        else:
            assert found[0].note == "both used one category only: kappa is undefined"
    assert n_pairs == len(results.select(measure="kappa", task="nodule_mass", versus_kind="reader"))


def test_mean_specificity_by_a_jackknife_of_loops(results, data):
    """Each image is left out in turn, and what that does to every reader's specificity recomputed."""
    part = data[data.truth_fracture == "NO"]
    right = part.assign(right=part.fracture == "NO").pivot_table(
        index="reader_id", columns="case_id", values="right", aggfunc="first"
    )
    values = right.to_numpy(dtype=float)
    n_readers, n_images = values.shape
    each = np.nanmean(values, axis=1)
    left_out = np.empty_like(values)
    for i in range(n_images):
        left_out[:, i] = np.nanmean(np.delete(values, i, axis=1), axis=1)
    deviation = left_out - left_out.mean(axis=1, keepdims=True)
    covariance = (n_images - 1) / n_images * deviation @ deviation.T
    shared = np.mean([covariance[a, b] for a, b in itertools.permutations(range(n_readers), 2)])
    between = each.var(ddof=1)
    total = between + n_readers * max(shared, 0)
    df = total**2 / (between**2 / (n_readers - 1))
    half = stats.t.ppf(0.975, df) * np.sqrt(total / n_readers)
    mean = one(results, measure="specificity", task="fracture", reader_group="all readers")
    assert mean.estimate == pytest.approx(each.mean(), rel=1e-12)
    assert mean.df == pytest.approx(df, rel=1e-6)
    expected = (each.mean() - half, min(1, each.mean() + half))
    assert (mean.conf_low, mean.conf_high) == pytest.approx(expected, rel=1e-9)


def test_a_study_of_four_tasks_has_its_report(made):
    results, out = made
    assert {row["task"] for row in results.tables["classes"]} == set(FINDINGS)
    report = (out / "report.html").read_text(encoding="utf-8")
    assert all(f"Task: {name}" in report for name in FINDINGS)
    assert not results.select(reader_kind="model")
