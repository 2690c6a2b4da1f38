"""Twelve readers of mammograms without and with a network's output; hardly anybody reads an image in both ways.

Data: github.com/iupui-soic/isbi23-rad-ai. Readers choose among five labels (`rating` 1 to 5), the truth has three, and
the network saw the images of the aided phase only. The numbers held against ours come from scikit-learn, SciPy, pandas
and loops.
"""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import readerstudy as rs

from .panels import area, blocks_of, holds, left_out, mean_over_readers, share, units_of

pytestmark = pytest.mark.peers

MODALITIES = ["unaided", "ai_aided"]
READERS = [f"R{i:02d}" for i in range(1, 13)]
PROTOCOL = """
[study]
title = "Calcifications on mammograms, without and with AI"
[columns.reads]
score = "rating"
[tasks.malignancy]
classes = ["not_malignant", "malignant"]
positive = ["malignant"]
threshold = 0.5
[tasks.malignancy.map]
BENIGN = "not_malignant"
BENIGN_WITHOUT_CALLBACK = "not_malignant"
MALIGNANT = "malignant"
Normal = "not_malignant"
Benign = "not_malignant"
"Probably Benign" = "not_malignant"
"Probably Malignant" = "malignant"
Malignant = "malignant"
[readers]
reference = "unaided"
[[endpoints]]
name = "with AI"
measure = "auc"
modality = "ai_aided"
versus = "unaided"
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("radai_mammography", True, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def network(shared):
    folder = shared / "data" / "radai_mammography"
    wide = pd.read_csv(folder / "preds.csv").merge(pd.read_csv(folder / "cases.csv"), on="case_id")
    return wide.assign(ill=wide.truth == "MALIGNANT", call=wide.prob_malignant >= 0.5).set_index("case_id")


@pytest.fixture(scope="module")
def reads(shared):
    folder = shared / "data" / "radai_mammography"
    long = pd.read_csv(folder / "reads.csv").merge(pd.read_csv(folder / "cases.csv"), on="case_id")
    return long.assign(ill=long.truth == "MALIGNANT", call=long.rating >= 4)


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def test_who_and_how_many(results, reads):
    assert (results.flow["n_cases"], results.flow["n_patients"]) == (197, 131)
    assert results.flow["modalities"] == MODALITIES
    rows = {(row["reader"], row["modality"]): row["n_read"] for row in results.tables["readers"]}
    assert rows.pop(("ai", None)) == 121
    assert rows == reads.groupby(["reader_id", "modality"]).size().to_dict()
    sizes = {row["class"]: row["n_cases"] for row in results.tables["classes"]}
    assert sizes == {"not_malignant": 116, "malignant": 81}


def test_labels_mean_what_the_ratings_do(results, reads):
    """A label is mapped to a side; Probably Malignant is rating 4, so both say the same."""
    from sklearn.metrics import confusion_matrix

    for (reader, modality), part in reads.groupby(["reader_id", "modality"]):
        (table,) = [c for c in results.confusion if (c["reader"], c["modality"]) == (reader, modality)]
        assert table["counts"] == confusion_matrix(part.ill, part.call).tolist()
        for measure, rows, right in (("sensitivity", part.ill, part.call), ("specificity", ~part.ill, ~part.call)):
            e = one(results, measure=measure, reader=reader, modality=modality)
            assert (e.count, e.total) == ((rows & right).sum(), rows.sum())
            assert math.isnan(e.threshold)


def test_areas_of_the_ratings(results, reads, network):
    from sklearn.metrics import roc_auc_score

    low = set()
    for (reader, modality), part in reads.groupby(["reader_id", "modality"]):
        area = one(results, measure="auc", reader=reader, modality=modality)
        assert area.estimate == pytest.approx(roc_auc_score(part.ill, part.rating), rel=1e-12)
        if area.estimate < 0.5:
            low.add(f"{reader} {modality}")
    said = [sentence for sentence in results.warnings if "below 0.5" in sentence]
    assert len(said) == len(low) > 0
    assert all(any(f"the AUC of {who} is below 0.5" in sentence for sentence in said) for who in low)
    area = one(results, measure="auc", reader="ai")
    assert area.n_cases == 121
    assert area.estimate == pytest.approx(roc_auc_score(network.ill, network.prob_malignant), rel=1e-12)


def test_the_network_meets_a_reader_on_the_images_that_both_have(results, reads, network):
    from statsmodels.stats.contingency_tables import mcnemar

    n_pairs = 0
    for (reader, modality), part in reads.groupby(["reader_id", "modality"]):
        both = part[part.case_id.isin(network.index)]
        found = results.select(measure="accuracy_difference", reader="ai", versus=reader, modality=modality)
        assert len(found) == (len(both) > 0)
        if not found:
            continue
        n_pairs += 1
        right = [network.call[both.case_id].to_numpy() == both.ill, both.call == both.ill]
        table = [[(a & b).sum() for b in (right[1], ~right[1])] for a in (right[0], ~right[0])]
        assert found[0].n_cases == len(both)
        assert found[0].estimate == pytest.approx(right[0].mean() - right[1].mean(), abs=1e-12)
        assert found[0].p_value == pytest.approx(mcnemar(np.array(table), exact=True).pvalue, rel=1e-9)
    assert n_pairs == 24


def test_means_of_readers_who_share_few_images(results, reads):
    for modality in MODALITIES:
        part = reads[reads.modality == modality]
        each = part[part.ill].groupby("reader_id").call.mean()
        mean = one(results, measure="sensitivity", reader_group="all readers", modality=modality)
        assert mean.estimate == pytest.approx(each.mean(), rel=1e-12)
        assert mean.n_readers == 12
        assert mean.std_error >= np.sqrt(each.var(ddof=1) / 12) - 1e-12


def test_reading_times(results, reads):
    rows = results.tables["reading_times"]
    assert len(rows) == 24
    timed = reads.dropna(subset=["time_s"]).groupby(["reader_id", "modality"]).time_s
    for row in rows:
        seconds = timed.get_group((row["reader"], row["modality"]))
        assert row["n"] == len(seconds)
        assert row["median"] == pytest.approx(seconds.median())
        assert (row["q1"], row["q3"]) == pytest.approx((seconds.quantile(0.25), seconds.quantile(0.75)))
        assert row["geometric_mean"] == pytest.approx(stats.gmean(seconds))


def test_aided_against_unaided_time_of_the_same_reads(results, reads):
    """Three readers timed two images or more in both ways; the rest has nothing to compare."""
    wide = reads.pivot_table(index="case_id", columns=["modality", "reader_id"], values="time_s")
    apart = np.log(wide.ai_aided / wide.unaided)
    enough = apart.loc[:, apart.notna().sum() >= 2].dropna(how="all")
    ratio = one(results, measure="time_ratio")
    assert (ratio.modality, ratio.versus) == ("ai_aided", "unaided")
    assert ratio.estimate == pytest.approx(math.exp(enough.mean().mean()), rel=1e-12)
    assert ratio.note.startswith("6 of 9 readers left out")
    n = len(enough)
    left_out = np.array([enough.drop(index=case).mean() for case in enough.index]).T
    covariance = np.cov(left_out, ddof=0) * (n - 1)
    shared = np.mean([covariance[a, b] for a, b in itertools.combinations(range(3), 2)])
    between = enough.mean().var(ddof=1)
    total = between + 3 * max(shared, 0)
    half = stats.t.ppf(0.975, total**2 / (between**2 / 2)) * math.sqrt(total / 3)
    middle = enough.mean().mean()
    limits = math.exp(middle - half), math.exp(middle + half)
    assert (ratio.conf_low, ratio.conf_high) == pytest.approx(limits, rel=1e-9)


def test_nobody_is_compared_across_the_two_ways(results):
    pairs = results.select(measure="kappa", reader_kind="human", versus_kind="reader")
    assert pairs
    assert all(pair.reader != pair.versus and pair.modality in MODALITIES for pair in pairs)


def sheets(reads, column):
    """Cases, and for each modality a row a reader and a column a case; nan = not read."""
    wide = reads.assign(value=reads[column].astype(float)).pivot_table(
        index=["modality", "reader_id"], columns="case_id", values="value"
    )
    cases = reads.drop_duplicates("case_id").set_index("case_id").loc[wide.columns]
    return cases, {modality: wide.loc[modality].to_numpy() for modality in MODALITIES}


@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity"])
def test_aided_against_unaided_through_the_panel(results, reads, measure):
    """Images are taken as independent here: the protocol names no patients."""
    cases, rows = sheets(reads, "rating" if measure == "auc" else "call")
    ill = cases.ill.to_numpy()
    of, value = np.ones_like(ill), area
    if measure != "auc":
        of, value = (ill if measure == "sensitivity" else ~ill), share
        rows = {modality: np.where(np.isnan(sheet), np.nan, sheet == ill) for modality, sheet in rows.items()}
    images = np.arange(len(ill))[of]
    (first, without), (second, without_second) = (
        left_out(value, ill[of], rows[modality][:, of], images) for modality in MODALITIES[::-1]
    )
    blocks = blocks_of(np.stack(list(rows.values()), axis=1), np.arange(len(ill)))
    (e,) = results.select(measure=f"{measure}_difference", versus_kind="modality", reader=None)
    # Covariances of two ways of reading that share no image are 0, where the loops leave a little.
    holds(e, mean_over_readers(first - second, without - without_second, blocks), rel=1e-4)
    assert (e.modality, e.versus, e.n_readers, e.n_cases) == ("ai_aided", "unaided", 12, 197)
    assert e.note.startswith("design: crossed with missing reads")


def test_the_network_against_the_readers_by_patient(shared, reads, network, tmp_path):
    """With [clusters] a patient is left out with all views, and the network measured on each reader's own images."""
    plan = tmp_path / "protocol.toml"
    plan.write_text(PROTOCOL + '[clusters]\npatient = "patient_id"\n', encoding="utf-8")
    folder = shared / "data" / "radai_mammography"
    by_patient = rs.evaluate(rs.Study.read(*(folder / f"{name}.csv" for name in ("preds", "reads", "cases")), plan))
    cases, rows = sheets(reads, "rating")
    score = network.prob_malignant.reindex(cases.index).to_numpy()
    sheet = np.where(np.isnan(score), np.nan, rows["ai_aided"])
    known = ~np.isnan(sheet).all(axis=0)
    ill, patients, sheet = cases.ill.to_numpy()[known], cases.patient_id.to_numpy()[known], sheet[:, known]
    beside = np.where(np.isnan(sheet), np.nan, score[known])
    (theta, without), (own, own_without) = (left_out(area, ill, values, patients) for values in (beside, sheet))
    blocks, read = blocks_of(sheet[:, None], patients), units_of(sheet, patients)
    (e,) = by_patient.select(measure="auc_difference", reader="ai", versus="all readers", modality="ai_aided")
    holds(e, mean_over_readers(theta - own, without - own_without, blocks, read))
    assert (e.n_cases, e.n_patients) == (known.sum(), len(set(patients)))


def test_the_endpoint_and_what_moved(results, reads):
    (row,) = results.tables["endpoints"]
    e = results.by_key[row["key"]]
    assert (e.measure, e.role, e.verdict) == ("auc_difference", "primary", "superiority not shown")
    wide = reads.pivot_table(index=["reader_id", "case_id"], columns="modality", values="call", aggfunc="first")
    both = wide.dropna().astype(bool)
    ill = reads.drop_duplicates("case_id").set_index("case_id").ill[both.index.get_level_values("case_id")].to_numpy()
    tables = {row["reader"]: row for row in results.tables["reclassification"]}
    assert set(tables) == set(both.index.get_level_values("reader_id"))
    for reader, row in tables.items():
        own = both.index.get_level_values("reader_id") == reader
        for name, of in (("events", ill), ("non_events", ~ill)):
            part = both[own & of]
            counts = [[((part.unaided == a) & (part.ai_aided == b)).sum() for b in (0, 1)] for a in (0, 1)]
            assert row[name] == counts
