"""Ten radiologists and ten networks on 1440 breasts through nine low-pass filters; a reader sees a breast once.

Data: github.com/nyukat/perception_comparison (Makino 2020): severities of filtering as modalities, two networks of five
seeds each at three of them, yes-or-no reads. The numbers held against ours come from scikit-learn, statsmodels and
placements counted one by one.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import readerstudy as rs

from .panels import area, holds, left_out, mean_over_readers, share, units_of

pytestmark = pytest.mark.peers

READERS = [f"R{i:02d}" for i in range(1, 11)]
NETWORKS = [f"{name}_seed{i}" for name in ("dmv", "gmic") for i in range(1, 6)]
FILTERED = ["blur0", "blur4", "blur8"]
PROTOCOL = """
[study]
title = "Radiologists and networks on blurred mammograms"
[columns.reads]
score = "rating"
[tasks.malignancy]
classes = ["not_malignant", "malignant"]
map = {"0" = "not_malignant", "1" = "malignant"}
positive = ["malignant"]
threshold = 0.1
[readers]
threshold = 1
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("nyu_mammo_perception", True, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def truth(shared):
    return pd.read_csv(shared / "data" / "nyu_mammo_perception" / "cases.csv").set_index("case_id").truth


@pytest.fixture(scope="module")
def scores(shared):
    """Probability of each network at each severity, a row a breast."""
    preds = pd.read_csv(shared / "data" / "nyu_mammo_perception" / "preds.csv")
    return preds.pivot_table(index="case_id", columns=["model", "modality"], values="prob_malignant")


@pytest.fixture(scope="module")
def reads(shared, truth):
    table = pd.read_csv(shared / "data" / "nyu_mammo_perception" / "reads.csv")
    return table.assign(truth=truth.loc[table.case_id].to_numpy())


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def test_who_and_how_many(results, reads):
    flow = results.flow
    assert (flow["n_cases"], flow["n_patients"], flow["n_models"], flow["n_readers"]) == (1440, 720, 10, 10)
    assert sorted(flow["modalities"]) == [f"blur{i}" for i in range(9)]
    rows = {
        (row["reader"], row["modality"]): row["n_read"]
        for row in results.tables["readers"]
        if row["reader_kind"] == "human"
    }
    assert rows == reads.groupby(["reader_id", "modality"]).size().to_dict()
    assert "1440 cases come from 720 patients" in results.warnings[0]
    found = {(e.reader, e.modality) for e in results.select(measure="auc", reader_kind="model")}
    assert found == {(f"{network} ({blur})", blur) for network, blur in itertools.product(NETWORKS, FILTERED)}


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_at_each_severity(results, truth, scores, network):
    from sklearn.metrics import confusion_matrix, roc_auc_score

    for blur in FILTERED:
        score = scores[network, blur].loc[truth.index]
        area = one(results, measure="auc", reader=f"{network} ({blur})", modality=blur)
        assert area.estimate == pytest.approx(roc_auc_score(truth, score), rel=1e-12)
        (table,) = [c for c in results.confusion if (c["reader"], c["modality"]) == (f"{network} ({blur})", blur)]
        assert table["counts"] == confusion_matrix(truth, score >= 0.1).tolist()


@pytest.mark.parametrize("reader", READERS)
def test_readers_have_one_operating_point_a_severity(results, reads, reader):
    for blur, part in reads[reads.reader_id == reader].groupby("modality"):
        for measure, rows, right in (
            ("sensitivity", part.truth == 1, part.rating == 1),
            ("specificity", part.truth == 0, part.rating == 0),
        ):
            e = one(results, measure=measure, reader=reader, modality=blur)
            assert (e.count, e.total) == ((rows & right).sum(), rows.sum())
            assert e.threshold == 1


def pairs_of(truth, score):
    """For every ill and every well breast, whether the ill one scores higher; a tie is a half."""
    ill, well = score[truth == 1], score[truth == 0]
    return (ill[:, None] > well) + 0.5 * (ill[:, None] == well)


@pytest.mark.parametrize("blur", FILTERED)
@pytest.mark.parametrize("versus", ["gmic_seed2", "R02", "R01"])
def test_areas_compared_where_both_have_the_breast(results, truth, scores, reads, blur, versus):
    score = scores["dmv_seed1", blur]
    if versus in READERS:
        part = reads[(reads.reader_id == versus) & (reads.modality == blur)].set_index("case_id")
        other = part.rating
    else:
        other = scores[versus, blur]
    both = other.index
    pairs = pairs_of(truth[both].to_numpy(), score[both].to_numpy())
    pairs = pairs - pairs_of(truth[both].to_numpy(), other.to_numpy())
    other_name = versus if versus in READERS else f"{versus} ({blur})"
    d = one(results, measure="auc_difference", reader=f"dmv_seed1 ({blur})", versus=other_name, modality=blur)
    assert d.n_cases == len(both)
    assert d.estimate == pytest.approx(pairs.mean(), abs=1e-12)
    if len(pairs) > 1:
        variance = sum(pairs.mean(axis=axis).var(ddof=1) / pairs.shape[1 - axis] for axis in (0, 1))
        assert d.p_value == pytest.approx(2 * stats.norm.sf(abs(pairs.mean()) / np.sqrt(variance)), rel=1e-8)
    else:
        assert d.note


@pytest.mark.parametrize("blur", FILTERED)
def test_calls_compared_where_both_have_the_breast(results, scores, reads, blur):
    from statsmodels.stats.contingency_tables import mcnemar

    for reader in READERS:
        part = reads[(reads.reader_id == reader) & (reads.modality == blur) & (reads.truth == 0)]
        right = [scores["gmic_seed1", blur][part.case_id].to_numpy() < 0.1, part.rating.to_numpy() == 0]
        table = [[(a & b).sum() for b in (right[1], ~right[1])] for a in (right[0], ~right[0])]
        d = one(results, measure="specificity_difference", reader=f"gmic_seed1 ({blur})", versus=reader, modality=blur)
        assert d.estimate == pytest.approx(right[0].mean() - right[1].mean(), abs=1e-12)
        assert d.p_value == pytest.approx(mcnemar(np.array(table), exact=True).pvalue, rel=1e-9)


def test_severities_are_never_mixed(results, reads):
    """Two readers meet where they saw the same breast through the same filter, and nowhere else."""
    shared = {}
    for blur, part in reads.groupby("modality"):
        breasts = part.groupby("reader_id").case_id.agg(set)
        for pair in itertools.combinations(breasts.index, 2):
            both = breasts[pair[0]] & breasts[pair[1]]
            if both:
                shared[blur, frozenset(pair)] = len(both)
    pairs = results.select(measure="kappa", reader_kind="human", versus_kind="reader")
    assert {(e.modality, frozenset((e.reader, e.versus))): e.n_cases for e in pairs} == shared
    within = [e for e in results.select(measure="auc_difference") if e.versus_kind != "modality"]
    assert {e.modality for e in within} == set(FILTERED)


def test_mean_of_the_readers_at_each_severity(results, reads):
    for blur, part in reads[reads.truth == 1].groupby("modality"):
        each = part.groupby("reader_id").rating.mean()
        mean = one(results, measure="sensitivity", reader_group="all readers", modality=blur)
        assert mean.n_readers == len(each)
        assert mean.estimate == pytest.approx(each.mean(), rel=1e-12)


PANEL = """
[clusters]
patient = "patient_id"
[[endpoints]]
name = "the strongest filter"
measure = "sensitivity"
modality = "blur8"
versus = "blur0"
[[endpoints]]
name = "the network"
role = "secondary"
measure = "auc"
reader = "gmic_seed1 (blur0)"
modality = "blur0"
versus = "all readers"
"""


@pytest.fixture(scope="module")
def by_examination(shared, tmp_path_factory):
    """The same study with examinations, two breasts each, as what was sampled; one seed of each network."""
    plan = tmp_path_factory.mktemp("nyu") / "protocol.toml"
    plan.write_text(PROTOCOL.replace("[readers]", '[readers]\nreference = "blur0"') + PANEL, encoding="utf-8")
    folder = shared / "data" / "nyu_mammo_perception"
    preds = pd.read_csv(folder / "preds.csv", dtype=str)
    preds = preds[preds.model.str.endswith("seed1")]
    return rs.evaluate(rs.Study.read(preds, folder / "reads.csv", folder / "cases.csv", plan))


@pytest.fixture(scope="module")
def sheets(reads, truth):
    """For each severity the readers' calls, a row a reader and a column a breast; nan = not read."""
    wide = reads.pivot_table(index=["modality", "reader_id"], columns="case_id", values="rating")
    wide = wide.reindex(columns=truth.index)
    return {blur: wide.loc[blur].reindex(READERS).to_numpy() for blur in wide.index.levels[0]}


@pytest.mark.parametrize("blur", FILTERED)
@pytest.mark.parametrize("measure", ["auc", "sensitivity"])
def test_a_network_against_the_mean_of_the_readers(by_examination, sheets, truth, scores, blur, measure):
    """It is measured on each reader's own breasts, and an examination is left out with both."""
    ill = truth.to_numpy() == 1
    network, readers = scores["gmic_seed1", blur].loc[truth.index].to_numpy(), sheets[blur]
    of, value = ~np.isnan(readers).all(axis=0), area
    if measure == "sensitivity":
        of, value, network = of & ill, share, (network >= 0.1).astype(float)
    examinations = truth.index.str[:-1].to_numpy()[of]
    beside = np.where(np.isnan(readers), np.nan, network)
    made_of = [left_out(value, ill[of], rows[:, of], examinations) for rows in (beside, readers)]
    e = one(by_examination, measure=f"{measure}_difference", reader=f"gmic_seed1 ({blur})", versus="all readers")
    read = units_of(readers[:, of], examinations)
    expected = mean_over_readers(made_of[0][0] - made_of[1][0], made_of[0][1] - made_of[1][1], read=read)
    holds(e, expected)
    n_read = (~np.isnan(readers)).any(axis=0).sum()
    assert (e.n_cases, e.n_patients, e.n_readers) == (n_read, n_read // 2, 10)


def test_filters_through_the_panel(by_examination, sheets, truth):
    """R01 has no area in every severity, and is left out by name."""
    ill = truth.to_numpy() == 1
    each = {
        blur: np.array([np.nanmean(row[ill]) if (~np.isnan(row[ill])).any() else np.nan for row in rows])
        for blur, rows in sheets.items()
    }
    everywhere = ~np.isnan(np.array(list(each.values()))).any(axis=0)
    assert [name for name, there in zip(READERS, everywhere, strict=True) if not there] == ["R01"]
    for blur in [f"blur{i}" for i in range(1, 9)]:
        found = by_examination.select(
            measure="sensitivity_difference", modality=blur, versus="blur0", reader=None, versus_kind="modality"
        )
        (e,) = found
        assert e.estimate == pytest.approx((each[blur] - each["blur0"])[everywhere].mean(), abs=1e-12)
        assert (e.n_readers, e.n_cases, e.n_patients) == (9, *_read_in(sheets, ("blur0", blur), everywhere))
        assert "left out, without a value in every modality: R01" in e.note
    first, second = (by_examination.by_key[row["key"]] for row in by_examination.tables["endpoints"])
    assert (first.modality, first.verdict) == ("blur8", "inferior")
    # Secondary endpoints are tested only if the primary one is met: that the filter is not harmless is no success.
    assert second.p_value < 0.05
    assert second.versus_kind == "group"


def _read_in(sheets, blurs, who):
    """Breasts and examinations that any of these readers saw through one of these filters."""
    breasts = np.any([~np.isnan(sheets[blur][who]) for blur in blurs], axis=(0, 1))
    return breasts.sum(), breasts.sum() // 2


def test_nobody_saw_a_breast_twice(by_examination):
    """So no reader is compared with himself, and all that is known of filters comes through the mean of the readers."""
    alone = [e for e in by_examination.select(versus_kind="modality") if e.reader in READERS]
    assert not [e for e in alone if np.isfinite(e.estimate)]
    assert "reclassification" not in by_examination.tables
