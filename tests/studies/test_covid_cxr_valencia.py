"""Five radiologists and a network on 476 chest radiographs: binary, three-level ratings, three reads missing.

Data: github.com/alalbiol/Covid-19-early-detection. The numbers held against ours come from scikit-learn, SciPy,
statsmodels and loops here.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import readerstudy as rs

from .panels import area, holds, left_out, mean_over_readers, share

pytestmark = pytest.mark.peers

PROTOCOL = """
[study]
title = "Early COVID-19 on chest radiographs"
[columns.reads]
score = "rating"
[tasks.covid]
classes = ["neg", "pos"]
map = {"0" = "neg", "1" = "pos"}
positive = ["pos"]
threshold = 0.5
[readers]
threshold = 1
[methods]
proportion = "clopper-pearson"
"""


@pytest.fixture(scope="module")
def results(evaluated):
    return evaluated("covid_cxr_valencia", True, True, PROTOCOL)[0]


@pytest.fixture(scope="module")
def data(shared):
    """One row a case: truth, the network's score, each reader's rating (nan = not read)."""
    folder = shared / "data" / "covid_cxr_valencia"
    cases, preds, reads = (pd.read_csv(folder / f"{name}.csv") for name in ("cases", "preds", "reads"))
    wide = reads.pivot_table(index="case_id", columns="reader_id", values="rating")
    return cases.set_index("case_id").join(preds.set_index("case_id")).join(wide)


READERS = [f"reader{i}" for i in range(1, 6)]


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def test_who_and_how_many(results, data):
    assert (results.flow["n_cases"], results.flow["n_patients"]) == (476, 473)
    assert results.flow["n_readers"] == 5
    missing = {row["reader"]: row["n_missing"] for row in results.tables["readers"] if row["reader_kind"] == "human"}
    assert missing == {reader: int(data[reader].isna().sum()) for reader in READERS}
    assert sum(missing.values()) == 3
    assert "476 cases come from 473 patients" in results.warnings[0]


def naive_delong(truth, score):
    """AUC and its variance by all pairs."""
    positive, negative = score[truth == 1], score[truth == 0]
    wins = [[(x > y) + 0.5 * (x == y) for y in negative] for x in positive]
    wins = np.array(wins)
    rows, columns = wins.mean(axis=1), wins.mean(axis=0)
    return wins.mean(), rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns)


@pytest.mark.parametrize("who", ["cnn_ensemble", *READERS])
def test_areas(results, data, who):
    from sklearn.metrics import roc_auc_score

    part = data.dropna(subset=[who]) if who in READERS else data
    score = (part[who] if who in READERS else part.prob_pos).to_numpy(dtype=float)
    truth = part.truth.to_numpy()
    area = one(results, measure="auc", reader=who)
    expected, variance = naive_delong(truth, score)
    assert area.n_cases == len(part)
    assert area.estimate == pytest.approx(roc_auc_score(truth, score), rel=1e-12)
    assert area.estimate == pytest.approx(expected, rel=1e-12)
    assert area.std_error == pytest.approx(np.sqrt(variance), rel=1e-10)
    low, high = stats.norm.interval(0.95, expected, np.sqrt(variance))
    assert (area.conf_low, area.conf_high) == pytest.approx((low, high), rel=1e-10)


@pytest.mark.parametrize("who", ["cnn_ensemble", *READERS])
def test_sensitivity_and_specificity(results, data, who):
    part = data.dropna(subset=[who]) if who in READERS else data
    call = part[who] >= 1 if who in READERS else part.prob_pos >= 0.5
    for measure, chosen, right in (
        ("sensitivity", part.truth == 1, call),
        ("specificity", part.truth == 0, ~call),
        ("ppv", call, part.truth == 1),
        ("npv", ~call, part.truth == 0),
    ):
        e = one(results, measure=measure, reader=who)
        assert (e.count, e.total) == ((chosen & right).sum(), chosen.sum())
        exact = stats.binomtest(int(e.count), int(e.total)).proportion_ci(method="exact")
        assert (e.conf_low, e.conf_high) == pytest.approx((exact.low, exact.high), rel=1e-9)
        assert e.threshold == (1 if who in READERS else 0.5)


@pytest.mark.parametrize("who", READERS)
def test_the_network_against_each_reader(results, data, who):
    from statsmodels.stats.contingency_tables import mcnemar

    part = data.dropna(subset=[who])
    network, reader = part.prob_pos >= 0.5, part[who] >= 1
    for measure, rows, first, second in (
        ("sensitivity_difference", part.truth == 1, network, reader),
        ("specificity_difference", part.truth == 0, ~network, ~reader),
        ("accuracy_difference", part.truth >= 0, network == part.truth, reader == part.truth),
    ):
        table = pd.crosstab(first[rows], second[rows]).reindex([True, False], axis=0).reindex([True, False], axis=1)
        d = one(results, measure=measure, versus=who)
        assert d.estimate == pytest.approx(first[rows].mean() - second[rows].mean(), abs=1e-12)
        assert d.p_value == pytest.approx(mcnemar(table.to_numpy(), exact=True).pvalue, rel=1e-9)
        assert d.test_method == "mcnemar-exact"
        assert d.conf_low < d.estimate < d.conf_high


@pytest.mark.parametrize("who", READERS)
def test_areas_compared_by_a_naive_jackknife_of_nothing_but_pairs(results, data, who):
    """DeLong's variance of a difference is that of the differences of the placements."""
    part = data.dropna(subset=[who])
    truth = part.truth.to_numpy()
    contrast = []
    for score in (part.prob_pos.to_numpy(), part[who].to_numpy()):
        positive, negative = score[truth == 1], score[truth == 0]
        contrast.append((positive[:, None] > negative) + 0.5 * (positive[:, None] == negative))
    pairs = contrast[0] - contrast[1]
    variance = sum(pairs.mean(axis=axis).var(ddof=1) / pairs.shape[1 - axis] for axis in (0, 1))
    d = one(results, measure="auc_difference", versus=who)
    z = pairs.mean() / np.sqrt(variance)
    assert d.estimate == pytest.approx(pairs.mean(), abs=1e-12)
    assert d.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-8)


def test_agreement_of_every_pair(results, data):
    from sklearn.metrics import cohen_kappa_score

    for a, b in itertools.combinations(READERS, 2):
        part = data.dropna(subset=[a, b])
        expected = cohen_kappa_score(part[a] >= 1, part[b] >= 1)
        e = one(results, measure="kappa", reader=a, versus=b)
        assert e.estimate == pytest.approx(expected, rel=1e-12)
        assert e.n_cases == len(part)


def test_the_mean_of_the_readers(results):
    parts = [one(results, measure="sensitivity", reader=reader).estimate for reader in READERS]
    mean = one(results, measure="sensitivity", reader_group="all readers")
    assert mean.estimate == pytest.approx(np.mean(parts))
    assert mean.n_readers == 5
    assert mean.conf_low < mean.estimate < mean.conf_high


PANEL = """
[clusters]
patient = "patient_id"
[[endpoints]]
name = "area"
measure = "auc"
reader = "cnn_ensemble"
versus = "all readers"
[[endpoints]]
name = "specificity is not worse by more than a third"
measure = "specificity"
role = "secondary"
reader = "cnn_ensemble"
versus = "all readers"
hypothesis = "non-inferiority"
margin = 0.33
"""


@pytest.fixture(scope="module")
def by_patient(shared, tmp_path_factory):
    """The same study with patients as what was sampled."""
    plan = tmp_path_factory.mktemp("covid") / "protocol.toml"
    plan.write_text(PROTOCOL + PANEL, encoding="utf-8")
    folder = shared / "data" / "covid_cxr_valencia"
    return rs.evaluate(rs.Study.read(*(folder / f"{name}.csv" for name in ("preds", "reads", "cases")), plan))


@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity", "accuracy"])
def test_the_network_against_the_mean_of_the_readers(by_patient, data, measure):
    """Each patient is left out in turn; a reader who missed a case meets the network on the others."""
    truth = data.truth.to_numpy() == 1
    network, readers = data.prob_pos.to_numpy(), data[READERS].to_numpy().T
    value, of = area, np.ones_like(truth)
    if measure != "auc":
        value, of = share, {"sensitivity": truth, "specificity": ~truth, "accuracy": of}[measure]
        network = ((network >= 0.5) == truth).astype(float)
        readers = np.where(np.isnan(readers), np.nan, (readers >= 1) == truth)
    beside = np.where(np.isnan(readers), np.nan, network)
    patients = data.patient_id.to_numpy()[of]
    (theta, without), (own, own_without) = (
        left_out(value, truth[of], rows[:, of], patients) for rows in (beside, readers)
    )
    (e,) = by_patient.select(measure=f"{measure}_difference", versus_kind="group")
    holds(e, mean_over_readers(theta - own, without - own_without))
    assert (e.n_cases, e.n_patients, e.n_readers) == (476, 473, 5)
    assert e.note.startswith("design: crossed with missing reads")


def test_endpoints_against_the_readers(by_patient):
    first, second = (by_patient.by_key[row["key"]] for row in by_patient.tables["endpoints"])
    assert (first.verdict, first.versus_kind, first.versus) == ("superior", "group", "all readers")
    p = stats.t.sf((second.estimate + 0.33) / second.std_error, second.df)
    assert second.p_value == pytest.approx(p, rel=1e-8)
    assert (second.verdict == "non-inferior") == (second.conf_low > -0.33)


def test_methods_that_allow_for_patients_stand_side_by_side(by_patient):
    rows = [row for row in by_patient.tables["mrmc_methods"] if row["measure"] == "auc"]
    assert [(row["method"], row["chosen"]) for row in rows] == [("or-jackknife", True), ("or-delong", False)]
    assert {(row["reader"], row["versus"]) for row in rows} == {("cnn_ensemble", "all readers")}
