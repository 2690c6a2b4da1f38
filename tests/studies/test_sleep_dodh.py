"""Five scorers and three networks on the sleep stages of 12,036 epochs: labels only, and a truth made by the scorers.

Data: github.com/Dreem-Organization/dreem-learning-evaluation (Guillot 2020). `truth` is the plurality of the five
scorers, empty where two stages share it. The numbers held against ours come from scikit-learn, statsmodels and loops.
"""

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest

import readerstudy as rs

pytestmark = pytest.mark.peers

STAGES = ["Wake", "N1", "N2", "N3", "REM"]
SCORERS = ["S1", "S2", "S3", "S4", "S5"]
NETWORKS = ["SimpleNet", "DeepSleepNet", "Chambon_et_Al"]
PROTOCOL = """
[study]
title = "Sleep stages of healthy sleepers"
[tasks.stage]
classes = ["Wake", "N1", "N2", "N3", "REM"]
missing = ["not_scored"]
[readers]
truth_from = ["S1", "S2", "S3", "S4", "S5"]
incorporation = "leave-one-out"
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("sleep_dodh", True, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def warned(shared, made):
    """The same study, each scorer held against the truth that the scorer's own vote is part of."""
    folder = shared / "data" / "sleep_dodh"
    protocol = made[1].parent / "warn.toml"
    protocol.write_text(PROTOCOL.replace("leave-one-out", "warn"), encoding="utf-8")
    return rs.evaluate(rs.Study.read(*(folder / f"{name}.csv" for name in ("preds", "reads", "cases")), protocol))


@pytest.fixture(scope="module")
def data(shared):
    """One row an epoch that has a truth, one column an observer; None = not scored."""
    folder = shared / "data" / "sleep_dodh"
    cases, preds, reads = (pd.read_csv(folder / f"{name}.csv", dtype=object) for name in ("cases", "preds", "reads"))
    wide = cases.set_index("case_id")
    for table, column in ((preds, "model"), (reads, "reader_id")):
        wide = wide.join(table.pivot_table(index="case_id", columns=column, values="label", aggfunc="first"))
    return wide.replace({"not_scored": None}).dropna(subset=["truth"])


@pytest.fixture(scope="module")
def others(data):
    """For each scorer, the stage that most of the other four chose; None at a tie."""

    def most(votes):
        ranked = Counter(vote for vote in votes if isinstance(vote, str)).most_common(2)
        tied = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
        return None if tied else ranked[0][0]

    rows = data[SCORERS].to_numpy().tolist()
    return {
        name: np.array([most(row[:j] + row[j + 1 :]) for row in rows], dtype=object) for j, name in enumerate(SCORERS)
    }


def one(results, **identity):
    found = results.select(**identity)
    assert len(found) == 1, found
    return found[0]


def test_who_and_how_many(results, data):
    flow = results.flow
    assert [step["n"] for step in flow["steps"]] == [12036, 11747, 11747]
    assert flow["excluded"][0] == {"reason": "no truth", "n": 289}
    assert (flow["n_cases"], flow["n_patients"], flow["n_models"], flow["n_readers"]) == (11747, 12, 3, 5)
    assert {row["file"]: row["empty"] for row in flow["rows"]} == {"preds": 0, "reads": 14}
    missing = {row["reader"]: row["n_missing"] for row in results.tables["readers"]}
    assert missing == {name: int(data[name].isna().sum()) for name in (*NETWORKS, *SCORERS)}
    sizes = {row["class"]: row["n_cases"] for row in results.tables["classes"]}
    assert sizes == data.truth.value_counts().to_dict()


def test_clustering_and_incorporation_are_said(results, warned):
    assert results.warnings[0].startswith("11747 cases come from 12 patients")
    assert not any("incorporation" in sentence for sentence in results.warnings)
    assert any("incorporation bias" in sentence for sentence in warned.warnings)


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_against_the_truth(results, data, network):
    from sklearn.metrics import confusion_matrix
    from statsmodels.stats.inter_rater import cohens_kappa
    from statsmodels.stats.proportion import proportion_confint

    matrix = confusion_matrix(data.truth, data[network], labels=STAGES)
    (table,) = [c for c in results.confusion if c["reader"] == network]
    assert table["classes"] == table["columns"] == STAGES
    assert table["counts"] == matrix.tolist()
    for target, measure, count, total in (
        (None, "accuracy", matrix.trace(), matrix.sum()),
        *((s, "sensitivity", matrix[k, k], matrix[k].sum()) for k, s in enumerate(STAGES)),
        *((s, "ppv", matrix[k, k], matrix[:, k].sum()) for k, s in enumerate(STAGES)),
    ):
        e = one(results, measure=measure, reader=network, target=target)
        assert (e.count, e.total) == (count, total)
        assert (e.conf_low, e.conf_high) == pytest.approx(proportion_confint(count, total, method="wilson"), rel=1e-9)
    ours, theirs = one(results, measure="kappa", reader=network, versus="truth"), cohens_kappa(matrix)
    assert ours.estimate == pytest.approx(theirs.kappa, rel=1e-12)
    assert (ours.conf_low, ours.conf_high) == pytest.approx((theirs.kappa_low, theirs.kappa_upp), rel=1e-9)
    assert ours.statistic == pytest.approx(theirs.z_value, rel=1e-9)


def test_networks_against_each_other(results, data):
    from statsmodels.stats.contingency_tables import mcnemar

    for first, second in itertools.combinations(NETWORKS, 2):
        right = [data[name] == data.truth for name in (first, second)]
        d = one(results, measure="accuracy_difference", reader=first, versus=second, target=None)
        assert d.estimate == pytest.approx(right[0].mean() - right[1].mean(), abs=1e-12)
        assert d.p_value == pytest.approx(mcnemar(pd.crosstab(*right).to_numpy(), exact=True).pvalue, rel=1e-7)
        assert d.conf_low < d.estimate < d.conf_high


@pytest.mark.parametrize("scorer", SCORERS)
def test_a_scorer_is_held_against_the_other_four(results, warned, data, others, scorer):
    from sklearn.metrics import cohen_kappa_score, confusion_matrix

    used = data[scorer].notna().to_numpy() & (others[scorer] != None)  # noqa: E711 (an array of objects)
    calls, reference = data.loc[used, scorer], others[scorer][used]
    e = one(results, measure="accuracy", reader=scorer, target=None)
    assert (e.count, e.total) == ((calls == reference).sum(), used.sum())
    kappa = one(results, measure="kappa", reader=scorer, versus="truth")
    assert kappa.estimate == pytest.approx(cohen_kappa_score(calls, reference), rel=1e-12)
    (table,) = [c for c in results.confusion if c["reader"] == scorer]
    assert table["counts"] == confusion_matrix(reference, calls, labels=STAGES).tolist()
    with_own_vote = one(warned, measure="accuracy", reader=scorer, target=None)
    read = data[scorer].notna()
    assert (with_own_vote.count, with_own_vote.total) == ((data[scorer] == data.truth)[read].sum(), read.sum())
    assert with_own_vote.estimate > e.estimate


@pytest.mark.parametrize("scorer", SCORERS)
def test_a_network_and_a_scorer_face_one_reference(results, data, others, scorer):
    from statsmodels.stats.contingency_tables import mcnemar

    used = data[scorer].notna().to_numpy() & (others[scorer] != None)  # noqa: E711
    reference = others[scorer][used]
    calls = [data.loc[used, name].to_numpy() for name in ("SimpleNet", scorer)]
    d = one(results, measure="accuracy_difference", reader="SimpleNet", versus=scorer, target=None)
    table = pd.crosstab(calls[0] == reference, calls[1] == reference).to_numpy()
    assert d.n_cases == used.sum()
    assert d.estimate == pytest.approx((table[1].sum() - table[:, 1].sum()) / table.sum(), abs=1e-12)
    assert d.p_value == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-7, abs=1e-300)
    n1 = reference == "N1"
    d = one(results, measure="sensitivity_difference", reader="SimpleNet", versus=scorer, target="N1")
    assert d.n_cases == n1.sum()
    assert d.estimate == pytest.approx(np.mean(calls[0][n1] == "N1") - np.mean(calls[1][n1] == "N1"), abs=1e-12)


def test_agreement_of_scorers_needs_no_truth_but_uses_the_same_epochs(results, data):
    from sklearn.metrics import cohen_kappa_score

    for a, b in itertools.combinations(SCORERS, 2):
        part = data.dropna(subset=[a, b])
        e = one(results, measure="kappa", reader=a, versus=b)
        assert e.n_cases == len(part)
        assert e.estimate == pytest.approx(cohen_kappa_score(part[a], part[b]), rel=1e-12)


def test_mean_of_the_scorers(results, warned):
    for found in (results, warned):
        parts = [one(found, measure="sensitivity", reader=name, target="N1").estimate for name in SCORERS]
        mean = one(found, measure="sensitivity", reader_group="all readers", target="N1")
        assert mean.estimate == pytest.approx(np.mean(parts), rel=1e-12)
        assert mean.n_readers == 5
    assert mean.conf_low < mean.estimate < mean.conf_high


def test_labels_alone_give_no_area(results):
    assert not results.select(measure="auc")
    assert not results.curves
