"""Who reads what: every design is recognised, named in the result, and analysed as what it is."""

import numpy as np
import pytest

from readerstudy.stats.mrmc import measure as measures
from readerstudy.stats.mrmc import mrmc
from tests.stats.mrmc_studies import cases_nested, difference, equality, pick, readers_nested, split, study, without

GAPS = np.random.default_rng(1).random((2, 6, 120)) < 0.1


def aided_or_not(scores):
    """Each reader reads each case in one modality alone, dealt out at random."""
    first = np.random.default_rng(2).random(scores.shape[1:]) < 0.5
    return without(scores, np.stack((first, ~first)))


DESIGNS = {
    "fully crossed": lambda scores: scores,
    "crossed with missing reads": lambda scores: without(scores, GAPS),
    "cases nested in blocks of readers (split-plot)": lambda scores: split(scores, 2),
    "cases nested in blocks of readers (split-plot), missing reads": lambda scores: without(split(scores, 2), GAPS),
    "cases nested in readers": lambda scores: split(scores, 6),
    "readers nested in modality": readers_nested,
    "cases nested in modality": cases_nested,
    "readers and cases nested in modality": lambda scores: cases_nested(readers_nested(scores)),
    "cases nested in modality, cases nested in blocks of readers (split-plot)": lambda scores: cases_nested(
        split(scores, 3)
    ),
}


@pytest.mark.parametrize("words", DESIGNS)
@pytest.mark.parametrize("covariance", ["jackknife", "delong", "unbiased"])
def test_a_design_is_named_and_analysed(words, covariance):
    truth, scores = study(np.random.default_rng(3), readers=6, cases=120, apart=0.5)
    found = mrmc(truth, DESIGNS[words](scores), covariance=covariance)
    d, f = difference(found), equality(found)
    assert f"design: {words}" in d.note.replace("; the covariance", "\n").splitlines()[0]
    assert d.statistic**2 == pytest.approx(f.statistic, rel=1e-9)
    assert 0 < d.p_value < 1
    assert d.df >= 1 or np.isnan(d.df)
    assert d.conf_low < d.estimate < d.conf_high


def test_covariances_that_a_design_makes_zero():
    truth, scores = study(np.random.default_rng(4), readers=6, cases=120)

    def zero(words):
        by_name = {e.measure: e.estimate for e in mrmc(truth, DESIGNS[words](scores))}
        return {name for name in ("cov1", "cov2", "cov3") if by_name.get(name) == 0}

    assert zero("fully crossed") == set()
    assert zero("cases nested in readers") == {"cov2", "cov3"}
    assert zero("cases nested in modality") == {"cov1", "cov3"}
    assert zero("readers and cases nested in modality") == {"cov3"}


def test_a_reader_who_read_one_modality_is_left_out_of_a_crossed_study():
    truth, scores = study(np.random.default_rng(5), readers=5)
    dropped = scores.copy()
    dropped[1, 4] = np.nan
    d = difference(mrmc(truth, dropped))
    assert "left out, without a value in every modality: 5" in d.note
    assert d.std_error == pytest.approx(difference(mrmc(truth, scores[:, :4])).std_error, rel=1e-12)


def test_modalities_that_share_cases_with_some_alone_have_a_variance_each():
    """Modality 1 on patients of its own: its difference to 3 is wider than that of 2 and 3, which are paired."""
    truth, scores = study(np.random.default_rng(6), modalities=3, readers=8, cases=160)
    scores[0, :, 80:], scores[1:, :, :80] = np.nan, np.nan
    found, pooled = mrmc(truth, scores), mrmc(truth, scores, pooled=True)
    paired, apart = difference(found, "2", "3"), difference(found, "1", "3")
    assert "cases partly shared by the modalities" in apart.note
    assert paired.std_error < apart.std_error
    assert difference(pooled, "2", "3").std_error == difference(pooled, "1", "3").std_error
    for records in (found, pooled):
        alone = mrmc(truth[80:], scores[1:, :, 80:])
        # The jackknife counts every case of the study: N - 1 over N of 160 instead of 80.
        assert pick(records, modality="3").std_error == pytest.approx(pick(alone, modality="2").std_error, rel=0.01)


def test_patients_join_the_blocks_of_their_cases():
    """Two blocks of cases of the same patients share these: they are no blocks."""
    truth, scores = study(np.random.default_rng(7), readers=6, cases=120)
    reads = split(scores, 2)
    patients = np.arange(120) // 4
    assert "split-plot" not in difference(mrmc(truth, reads, patients=patients)).note
    assert "split-plot" in difference(mrmc(truth, reads, patients=np.arange(120) // 2)).note


def test_what_is_random_changes_the_variance_alone():
    truth, scores = study(np.random.default_rng(8), readers=6, cases=120)
    for reads in (make(scores) for make in DESIGNS.values()):
        both, readers, cases = (
            difference(mrmc(truth, reads, random=random)) for random in (("readers", "cases"), "readers", "cases")
        )
        assert both.estimate == readers.estimate == cases.estimate
        assert both.std_error >= readers.std_error
        assert "readers fixed" in cases.note
        assert np.isnan(cases.df)


def test_proportions_in_designs_of_their_own_class():
    """The negative cases are of no matter to the sensitivity, whoever read them."""
    truth, scores = study(np.random.default_rng(9), readers=6, cases=120)
    reads = split(scores, 2)
    blind = reads.copy()
    blind[:, :, ~truth] = np.nan
    measure = measures.sensitivity(threshold=0.6)
    one, other = (difference(mrmc(truth, r, measure=measure)) for r in (reads, blind))
    assert one.std_error == pytest.approx(other.std_error, rel=1e-12)


def test_blocks_of_which_one_reader_each_is_left():
    """Two readers a block, one of them without a positive case: those who are left share no case."""
    truth, scores = study(np.random.default_rng(10), readers=6, cases=120)
    reads = split(scores, 3)
    reads[:, 3:, truth] = np.nan
    found, alone = mrmc(truth, reads), mrmc(truth, split(scores, 3)[:, :3])
    assert difference(found).n_readers == 3
    assert difference(found).df == difference(alone).df == 2
    assert difference(found).std_error == pytest.approx(difference(alone).std_error, rel=1e-9)
