"""Four readers of bedside chest radiographs: film of some patients, two sorts of computed radiographs of others.

Data: R's MRMCaov (Kundel 1997), ratings 1 to 5. Film is read on patients of its own, so that it is compared with the
others as with another sample, and they with each other case by case. MRMCaov gives every comparison one pooled
variance, which holds for none of them here; its means and components are the same as ours, and the differences are
held against loops.
"""

import itertools

import numpy as np
import pandas as pd
import pytest

from .panels import area, holds, left_out, mean_over_readers

pytestmark = pytest.mark.peers

MODALITIES = ["screen_film", "soft_copy_CR", "hard_copy_CR"]
PROTOCOL = """
[study]
title = "Bedside chest radiographs on film, screen and paper"
[columns.reads]
score = "rating"
[tasks.disease]
positive = ["1"]
[readers]
threshold = 3
reference = "screen_film"
[[endpoints]]
name = "soft copy and film"
measure = "auc"
modality = "soft_copy_CR"
versus = "screen_film"
[[endpoints]]
name = "soft copy and hard copy"
measure = "auc"
modality = "soft_copy_CR"
versus = "hard_copy_CR"
"""


@pytest.fixture(scope="module")
def made(evaluated):
    return evaluated("kundel", False, True, PROTOCOL)


@pytest.fixture(scope="module")
def results(made):
    return made[0]


@pytest.fixture(scope="module")
def loops(shared):
    """Each modality's areas, one a reader, and these with every patient left out in turn."""
    folder = shared / "data" / "kundel"
    reads = pd.read_csv(folder / "reads.csv").pivot_table(
        index=["modality", "reader_id"], columns="case_id", values="rating"
    )
    truth = pd.read_csv(folder / "cases.csv").set_index("case_id").truth[reads.columns].to_numpy() == 1
    return {name: left_out(area, truth, reads.loc[name].to_numpy(), np.arange(190)) for name in MODALITIES}


def test_film_was_read_on_other_patients(results):
    rows = {(row["reader"], row["modality"]): row["n_read"] for row in results.tables["readers"]}
    assert len(rows) == 12
    assert set(rows.values()) == {95}
    assert results.flow["n_cases"] == 190


@pytest.mark.parametrize(
    ("modality", "versus", "n"),
    [
        ("soft_copy_CR", "screen_film", 190),
        ("hard_copy_CR", "screen_film", 190),
        ("soft_copy_CR", "hard_copy_CR", 95),
    ],
)
def test_each_difference_has_its_own_variance(results, loops, modality, versus, n):
    (e,) = results.select(measure="auc_difference", modality=modality, versus=versus, reader=None)
    (first, without), (second, without_second) = loops[modality], loops[versus]
    holds(e, mean_over_readers(first - second, without - without_second))
    assert e.n_cases == n
    assert "design: cases partly shared by the modalities" in e.note


def test_means_components_and_one_test_of_all_as_mrmcaov_has_them(results, theirs):
    expected = theirs["mrmc/kundel/empirical_auc/RRRC/jackknife"]
    for i, modality in enumerate(MODALITIES):
        (mean,) = results.select(measure="auc", reader_group="all readers", reader=None, modality=modality)
        assert mean.estimate == pytest.approx(expected["test_means"]["Estimate"][i], rel=1e-12)
    (row,) = [row for row in results.tables["variance_components"] if row["measure"] == "auc"]
    names = ("var_reader", "var_modality_reader", "var_error", "cov1", "cov2", "cov3")
    assert [row[name] for name in names] == pytest.approx(expected["vcov_comps"]["Estimate"], rel=1e-8)
    (whole,) = results.select(measure="auc_difference", versus="modalities", reader=None)
    said = expected["test_equality"]
    assert (whole.statistic, whole.df_num, whole.df, whole.p_value) == pytest.approx(
        [said[name] for name in ("F", "df1", "df2", "p-value")], rel=1e-8
    )
    assert np.isnan(whole.estimate)


def test_a_mean_uses_its_own_modality(results, loops):
    """The 95 patients who were read in it are its sample, not the 190 of the study."""
    film = np.arange(190) < 95
    for modality in MODALITIES:
        theta, without = loops[modality]
        (mean,) = results.select(measure="auc", reader_group="all readers", reader=None, modality=modality)
        holds(mean, mean_over_readers(theta, without[:, film if modality == "screen_film" else ~film]))
        assert mean.n_cases == 95


def test_no_reader_is_paired_over_different_patients(results):
    """Film and a copy have no case in common, so that a reader alone has nothing to compare there."""
    found = {
        tuple(sorted((e.modality, e.versus)))
        for e in results.select(measure="auc_difference", versus_kind="modality")
        if e.reader and np.isfinite(e.estimate)
    }
    assert found == {("hard_copy_CR", "soft_copy_CR")}
    moved = {tuple(sorted((row["modality"], row["versus"]))) for row in results.tables["reclassification"]}
    assert moved == {("hard_copy_CR", "soft_copy_CR")}


def test_endpoints_in_the_order_of_the_protocol(results):
    names = [row["name"] for row in results.tables["endpoints"]]
    assert names == ["soft copy and film", "soft copy and hard copy"]
    both = [results.by_key[row["key"]] for row in results.tables["endpoints"]]
    # Holm: the smaller P-value twice, the other at least as large.
    smaller, larger = sorted(both, key=lambda e: e.p_value)
    assert smaller.p_adjusted == pytest.approx(2 * smaller.p_value)
    assert larger.p_adjusted == pytest.approx(max(larger.p_value, smaller.p_adjusted))
    assert {e.verdict for e in both} == {"superiority not shown"}


def test_methods_that_do_not_hold_are_not_shown(results):
    """Dorfman, Berbaum and Metz's needs everybody to read everything."""
    by_pair = {}
    for row in results.tables["mrmc_methods"]:
        by_pair.setdefault((row["modality"], row["versus"]), []).append(row["method"])
    assert len(by_pair) == len(list(itertools.combinations(MODALITIES, 2)))
    assert {tuple(methods) for methods in by_pair.values()} == {
        ("or-jackknife", "or-delong", "or-unbiased", "u-statistic")
    }
