"""Where spread comes from, case by case: sparse blocks, bootstrap samples, who went in, margins, extreme P-values."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.estimate import Estimate
from readerstudy.stats.mrmc import measure as measures
from readerstudy.stats.mrmc import model_versus_readers, mrmc
from readerstudy.stats.mrmc.design import grouped, sparse_note
from readerstudy.stats.mrmc.records import terms_of, with_difference
from readerstudy.stats.mrmc.spread import Random, Spread, averaged
from tests.stats.mrmc_studies import difference, equality, pick, readers_nested, split, study


def of_blocks(scores, sizes):
    """Each block of readers has as many cases of its own as any other."""
    block = np.repeat(np.arange(len(sizes)), sizes)
    return np.where(block[:, None] == np.arange(scores.shape[-1]) // 2 % len(sizes), scores, np.nan)


def whole(found):
    return next(e for e in found if e.versus == "all readers")


@pytest.mark.parametrize(
    ("sizes", "together"),
    [([2, 1, 1, 1], True), ([2, 1], True), ([1, 1, 1], True), ([2, 2], False), ([3, 1, 1], True), ([3, 1], False)],
)
def test_blocks_of_fewer_than_two_readers_are_one(sizes, together):
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    assert len(np.unique(grouped(blocks))) == (1 if together else len(sizes))
    assert (sparse_note(blocks) is not None) == (together and max(sizes) > 1)


def test_a_sparse_panel_by_loops():
    """Ten readers, two of whom share their cases: the mean square of all, and one pair's covariance among 45."""
    truth, scores = study(np.random.default_rng(1), readers=10, cases=360)
    reads = of_blocks(scores[0], [2] + [1] * 8)
    model = truth + np.random.default_rng(2).normal(size=360)
    found = model_versus_readers(truth, (model > 0.6) * 1.0, np.where(np.isnan(reads), np.nan, reads > 0.6),
                                 measure="accuracy", covariance="unbiased")  # fmt: skip
    d = whole(found)
    right = (model > 0.6) == truth
    gain = np.where(np.isnan(reads), np.nan, right - ((reads > 0.6) == truth).astype(float))
    each = np.nanmean(gain, axis=1)
    pair = np.cov(gain[:2, ~np.isnan(gain[0])])[0, 1] / (~np.isnan(gain[0])).sum()
    shared = max(2 * pair / 90, 0)
    variance = each.var(ddof=1) + 10 * shared
    assert d.estimate == pytest.approx(each.mean(), rel=1e-12)
    assert d.std_error == pytest.approx(math.sqrt(variance / 10), rel=1e-9)
    assert d.df == pytest.approx(variance**2 / (each.var(ddof=1) ** 2 / 9), rel=1e-9)
    assert "fewer than two readers a block" in d.note
    both = difference(mrmc(truth, of_blocks(scores, [2] + [1] * 8)))
    assert both.df >= 9
    assert "fewer than two readers a block" in both.note


def test_the_variance_of_a_sparse_mean_is_without_bias_and_its_interval_holds():
    """Twelve readers of correlated values in blocks of 2, 3 and seven times 1: variance and level over 4,000 draws."""
    rng, sizes, rho = np.random.default_rng(3), [2, 3, *[1] * 7], 0.3
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    covariance = np.where(blocks[:, None] == blocks, rho, 0.0) + (1 - rho) * np.eye(12)
    draws = rng.multivariate_normal(np.zeros(12), covariance, 4000)
    spreads = [averaged(row, covariance, grouped(blocks), Random(readers=True, cases=True)) for row in draws]
    variance = np.array([spread.variance for spread in spreads])
    true = covariance.sum() / 144
    assert abs(variance.mean() - true) < 4 * variance.std() / math.sqrt(4000)
    t = stats.t.ppf(0.975, [spread.df for spread in spreads])
    rejected = (np.abs(draws.mean(axis=1)) > t * np.sqrt(variance)).mean()
    assert abs(rejected - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 4000)


def test_a_modality_of_readers_of_their_own_cases_beside_one_whole_block():
    """Nested readers: a modality all of whose readers have their own cases keeps its interval."""
    truth, scores = study(np.random.default_rng(4), readers=12, cases=240)
    reads = readers_nested(scores)
    reads[1] = np.where(np.arange(12)[:, None] // 2 == np.arange(240) // 2 % 6, reads[1], np.nan)
    found = mrmc(truth, reads)
    second = pick(found, modality="2")
    own = [pick(found, reader=str(j), modality="2").estimate for j in range(2, 13, 2)]
    assert second.std_error == pytest.approx(np.std(own, ddof=1) / math.sqrt(6), rel=1e-9)
    assert second.df == 5
    d = difference(mrmc(truth, reads, pooled=False))
    assert 0 < d.p_value < 1


def test_the_bootstrap_keeps_the_number_of_cases_of_who_read_apart():
    """Six positive cases a reader in every sample: the variance of a share is p (1 - p) / 6, not that of 5 to 7."""
    truth, scores = study(np.random.default_rng(5), readers=6, cases=72)
    calls = np.where(np.isnan(split(scores, 6)), np.nan, split(scores, 6) > 0.6)
    found = mrmc(truth, calls, measure="sensitivity", covariance="bootstrap", n_boot=4000)
    for j in range(6):
        e = pick(found, reader=str(j + 1), modality="1")
        expected = e.estimate * (1 - e.estimate) / 6
        # Four Monte-Carlo errors of a variance whose kurtosis is at most 3.
        assert e.std_error**2 == pytest.approx(expected, rel=4 * math.sqrt(2 / 4000), abs=1e-12)
    assert "bootstrap samples" not in difference(found).note
    patients = mrmc(truth, calls, measure="sensitivity", covariance="bootstrap", patients=np.arange(72), n_boot=4000)
    assert pick(patients, reader="1", modality="1").std_error > 0


def test_a_sample_that_leaves_one_reader_undefined_serves_the_others():
    truth, scores = study(np.random.default_rng(6), readers=4, cases=40)
    few = scores.copy()
    few[:, 3, 4:] = np.nan
    found = mrmc(truth, few, covariance="bootstrap", n_boot=500)
    others = mrmc(truth, scores[:, :3], covariance="bootstrap", n_boot=500)
    for i, j in itertools.product("12", "123"):
        one, other = pick(found, reader=j, modality=i), pick(others, reader=j, modality=i)
        assert one.std_error == pytest.approx(other.std_error, rel=1e-9)
    for e in (difference(found), pick(found, modality="1")):
        assert "of 500 bootstrap samples leave a reader's value undefined" in e.note
    assert "bootstrap samples" not in difference(others).note
    panel = model_versus_readers(truth, scores[0, 0], few[1], covariance="bootstrap", n_boot=500)
    assert "of 500 bootstrap samples" in whole(panel).note
    # A reader without a value at all takes nothing from anybody.
    blind = scores.copy()
    blind[:, 3, truth] = np.nan
    gone = mrmc(truth, blind, covariance="bootstrap", n_boot=500)
    assert difference(gone).std_error == pytest.approx(difference(others).std_error, rel=1e-9)


@pytest.mark.parametrize("method", ["or", "u-statistic"])
def test_cases_of_readers_who_were_left_out_are_not_counted(method):
    """Reader 4 read twenty cases that nobody else did, and has no value."""
    truth, scores = study(np.random.default_rng(7), readers=4, cases=60)
    truth[40:] = True
    scores[:, :3, 40:] = np.nan
    scores[:, 3, :40] = np.nan
    found = mrmc(truth, scores, method=method)
    d = pick(found, modality="1", versus="2", measure="auc_difference")
    assert (d.n_readers, d.n_cases) == (3, 40)
    assert pick(found, modality="1", measure="auc").n_cases == 40
    if method == "or":
        assert equality(found).n_cases == 40
        assert next(e for e in found if e.measure == "cov2").n_cases == 40
    else:
        assert {e.n_cases for e in found if e.measure.startswith("bdg")} == {40}


def test_how_many_cases_the_jackknife_counts():
    """All of the study, as MRMCaov does: N - 1 over N, where a reader alone has n - 1 over n."""
    truth, scores = study(np.random.default_rng(8), readers=2, cases=100)
    some = scores.copy()
    some[0, :, 20:] = np.nan
    for covariance, factor in (("jackknife", (1 - 1 / 100) / (1 - 1 / 20)), ("delong", 1.0), ("unbiased", 1.0)):
        of_study, alone = mrmc(truth, some, covariance=covariance), mrmc(truth[:20], some[:, :, :20],
                                                                         covariance=covariance)  # fmt: skip
        one, other = (pick(found, reader="1", modality="1").std_error for found in (of_study, alone))
        assert one**2 == pytest.approx(factor * other**2, rel=1e-9)


@pytest.mark.parametrize("margin", [1, 5, True, math.nan, -0.1, 0])
def test_a_margin_that_the_measure_cannot_reach(margin):
    truth, scores = study(np.random.default_rng(9))
    with pytest.raises(ValueError, match="margin must be"):
        mrmc(truth, scores, margin=margin)
    with pytest.raises(ValueError, match="margin must be"):
        model_versus_readers(truth, scores[0, 0], scores[1], margin=margin)


def test_a_margin_is_below_the_range_of_a_partial_area_and_free_without_a_range():
    truth, scores = study(np.random.default_rng(10))
    part = measures.partial_auc(specificity=(0.8, 1))
    with pytest.raises(ValueError, match=r"less than 0\.2"):
        mrmc(truth, scores, measure=part, margin=0.3)
    gap = measures.of(lambda t, s: s[t].mean() - s[~t].mean() if t.any() and not t.all() else math.nan)
    assert difference(mrmc(truth, scores, measure=gap, margin=3.0)).verdict == "non-inferior"
    one = difference(mrmc(truth, scores, measure=gap, alternative="greater"))
    assert math.isnan(one.conf_high)
    assert "one-sided: no upper limit" in one.note
    other = difference(mrmc(truth, scores, measure=gap, alternative="less"))
    assert "one-sided: no lower limit" in other.note
    assert "one-sided" not in difference(mrmc(truth, scores, alternative="greater")).note


def test_contrasts_against_a_margin_are_means_less_means():
    truth, scores = study(np.random.default_rng(11), modalities=3)
    for row in ([2, -2, 0], [0.5, -0.5, 0], [1, 1, -2]):
        with pytest.raises(ValueError, match="must sum to 1"):
            mrmc(truth, scores, contrasts=[row], margin=0.1)
        assert mrmc(truth, scores, contrasts=[row])
    for contrasts in ("pairwise", "reference", [[1, -0.5, -0.5], [0.5, 0.5, -1]]):
        assert mrmc(truth, scores, contrasts=contrasts, margin=0.1)


@pytest.mark.parametrize(("t", "df"), [(37.4, math.inf), (50.0, math.inf), (1e40, 9.0), (12.0, 40.0)])
@pytest.mark.parametrize("hypothesis", ["non-inferiority", "equivalence"])
def test_an_extreme_p_value_is_what_it_is(t, df, hypothesis):
    measure = measures.of(lambda truth, score: 0.0)
    terms = terms_of(0.95, "two-sided", 1e-3, hypothesis, measure)
    e = Estimate(measure="user_measure_difference", method="or-jackknife", conf_level=0.95, alternative="two-sided")
    shift = 0.0 if hypothesis == "equivalence" else 1e-3
    error = 1e-3 / t
    value = t * error - 1e-3 if shift else 0.0
    found = with_difference(e, value, Spread(error**2, df), measure, terms, 1.0)
    expected = stats.norm.sf(t) if math.isinf(df) else stats.t.sf(t, df)
    assert found.p_value == pytest.approx(expected, rel=1e-9, abs=0)
    assert abs(found.statistic) == pytest.approx(t, rel=1e-9)


def test_patients_left_out_of_an_area_are_left_out():
    """Patients of one case and of many, of one class and of both, with ties within and between them."""
    rng = np.random.default_rng(12)
    truth, score = rng.random(90) < 0.4, np.round(rng.normal(size=90), 1)
    patient = np.unique(rng.integers(0, 25, 90), return_inverse=True)[1]
    area = measures.auc()
    found = area.without(truth, score, patient, patient.max() + 1)
    for one, value in enumerate(found):
        gap = score[truth & (patient != one)][:, None] - score[~truth & (patient != one)]
        assert value == pytest.approx((np.sign(gap) + 1).mean() / 2, rel=1e-12)
