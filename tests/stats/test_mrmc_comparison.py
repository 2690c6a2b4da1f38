"""Modalities compared by many readers: the model by hand, margins, measures, degenerate input, error rates."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.stats.mrmc import measure as measures
from readerstudy.stats.mrmc import mrmc
from tests.stats.mrmc_studies import difference, equality, pick, readers_nested, split, study, without


def area(truth, score):
    """AUC by comparing all pairs."""
    read = ~np.isnan(score)
    gap = score[truth & read][:, None] - score[~truth & read]
    return (np.sign(gap) + 1).mean() / 2


def naive_jackknife(truth, rows):
    n = len(truth)
    left = np.array([[area(np.delete(truth, k), np.delete(row, k)) for k in range(n)] for row in rows])
    return (n - 1) ** 2 / n * np.cov(left)


def naive(truth, scores, level=0.95):
    """Obuchowski and Rockette's model of a crossed study with Hillis' df, by loops."""
    i, j, _ = scores.shape
    theta = np.array([[area(truth, row) for row in of] for of in scores])
    cov = naive_jackknife(truth, scores.reshape(i * j, -1)).reshape(i, j, i, j)
    cells = list(itertools.product(range(i), range(j)))
    pairs = [(a, b) for a in cells for b in cells]
    cov2 = np.mean([cov[*a, *b] for a, b in pairs if a[0] == b[0] and a[1] != b[1]])
    cov3 = np.mean([cov[*a, *b] for a, b in pairs if a[0] != b[0] and a[1] != b[1]])
    rest = theta - theta.mean(axis=0) - theta.mean(axis=1)[:, None] + theta.mean()
    ms_tr = (rest**2).sum() / ((i - 1) * (j - 1))
    below = ms_tr + j * max(cov2 - cov3, 0)
    df = below**2 / (ms_tr**2 / ((i - 1) * (j - 1)))
    d = theta[0].mean() - theta[1].mean()
    error = math.sqrt(2 / j * below)
    f = j * theta.mean(axis=1).var(ddof=1) / below
    return {
        "difference": (d, error, df, 2 * stats.t.sf(abs(d / error), df), d - stats.t.ppf((1 + level) / 2, df) * error),
        "equality": (f, df, stats.f.sf(f, i - 1, df)),
    }


@pytest.mark.parametrize("modalities", [2, 3])
def test_a_crossed_study_by_loops(modalities):
    truth, scores = study(np.random.default_rng(modalities), modalities=modalities, readers=4, cases=40)
    scores = np.round(scores, 1)
    found, expected = mrmc(truth, scores), naive(truth, scores)
    d, f = difference(found), equality(found)
    assert (d.estimate, d.std_error, d.df, d.p_value, d.conf_low) == pytest.approx(expected["difference"], rel=1e-9)
    assert (f.statistic, f.df, f.p_value) == pytest.approx(expected["equality"], rel=1e-9)
    assert f.df_num == modalities - 1
    assert "fully crossed" in d.note


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_unbiased_covariance_from_all_pairs_of_pairs(gaps):
    rng = np.random.default_rng(3)
    truth, scores = study(rng, readers=2, cases=12)
    scores = without(np.round(scores), rng.random(scores.shape) < gaps)
    rows = scores.reshape(4, -1)
    expected = np.empty((4, 4))
    for a, b in itertools.product(range(4), repeat=2):
        wins = [
            [(p, q, (np.sign(row[p] - row[q]) + 1) / 2) for p in np.flatnonzero(truth & ~np.isnan(row))
             for q in np.flatnonzero(~truth & ~np.isnan(row))]
            for row in (rows[a], rows[b])
        ]  # fmt: skip
        apart = [s * t for p, q, s in wins[0] for u, v, t in wins[1] if p != u and q != v]
        expected[a, b] = np.mean([s for *_, s in wins[0]]) * np.mean([s for *_, s in wins[1]]) - np.mean(apart)
    found = mrmc(truth, scores, covariance="unbiased", random="cases")
    own = [pick(found, reader=r, modality=m).std_error ** 2 for m in "12" for r in "12"]
    assert own == pytest.approx(np.maximum(np.diag(expected), 0), rel=1e-9)
    by_name = {e.measure: e.estimate for e in found}
    assert by_name["cov1"] == pytest.approx((expected[0, 2] + expected[1, 3]) / 2, rel=1e-9)
    assert by_name["cov2"] == pytest.approx((expected[0, 1] + expected[2, 3]) / 2, rel=1e-9)


def test_the_jackknife_of_proportions_is_unbiased():
    truth, scores = study(np.random.default_rng(1))
    for name in ("sensitivity", "specificity"):
        measure = getattr(measures, name)(threshold=0.6)
        one, other = (difference(mrmc(truth, scores, measure=measure, covariance=c)) for c in ("jackknife", "unbiased"))
        assert one.std_error == pytest.approx(other.std_error, rel=1e-12)


def test_the_bootstrap_comes_near_the_jackknife():
    truth, scores = study(np.random.default_rng(2), readers=3, cases=80)
    for measure in ("auc", measures.accuracy(threshold=0.6), measures.partial_auc(specificity=(0.5, 1))):
        found = [mrmc(truth, scores, measure=measure, covariance=c, random="cases") for c in ("jackknife", "bootstrap")]
        for one, other in zip(*found, strict=True):
            if one.std_error == one.std_error:
                assert other.std_error == pytest.approx(one.std_error, rel=0.25)


def test_blocks_of_readers_by_the_formula():
    """Three blocks of two readers and their own cases: mean squares within blocks, two readers share cases."""
    truth, scores = study(np.random.default_rng(4), readers=6, cases=120)
    reads = split(scores, 3)
    found = difference(mrmc(truth, reads))
    assert "cases nested in blocks of readers (split-plot)" in found.note
    d = np.array([area(truth, reads[0, j]) - area(truth, reads[1, j]) for j in range(6)])
    cov = naive_jackknife(truth, reads.reshape(12, -1)).reshape(2, 6, 2, 6)
    of_d = cov[0, :, 0] - cov[0, :, 1] - cov[1, :, 0] + cov[1, :, 1]
    within = sum(d[[j, j + 3]].var(ddof=1) for j in range(3)) / 3
    shared = max(np.mean([of_d[j, j + 3] for j in range(3)]), 0)
    variance = (within + 2 * shared) / 6
    assert found.std_error == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert found.df == pytest.approx((6 * variance) ** 2 / (within**2 / 3), rel=1e-9)


def test_readers_of_one_modality_each_by_the_formula():
    truth, scores = study(np.random.default_rng(5), readers=8, cases=60)
    reads = readers_nested(scores)
    found = mrmc(truth, reads)
    theta = [[area(truth, reads[i, j]) for j in range(i, 8, 2)] for i in (0, 1)]
    cov = naive_jackknife(truth, [reads[j % 2, j] for j in range(8)])
    same = np.arange(8)[:, None] % 2 == np.arange(8) % 2
    cov2, cov3 = cov[same & ~np.eye(8, dtype=bool)].mean(), cov[~same].mean()
    ms = np.mean([np.var(of, ddof=1) for of in theta])
    below = ms + 4 * max(cov2 - cov3, 0)
    d, f = difference(found), equality(found)
    assert d.std_error == pytest.approx(math.sqrt(2 / 4 * below), rel=1e-9)
    assert d.df == pytest.approx(below**2 / (ms**2 / 6), rel=1e-9)
    assert f.statistic == pytest.approx(d.statistic**2, rel=1e-9)
    assert "readers nested in modality" in d.note
    own = difference(mrmc(truth, reads, pooled=False))
    assert own.std_error == pytest.approx(d.std_error, rel=1e-9)  # as many readers: only the df differ
    assert own.df < d.df


@pytest.mark.parametrize("random", ["cases", "readers", ("readers", "cases")])
def test_two_modalities_need_no_pooling(random):
    truth, scores = study(np.random.default_rng(6))
    one, other = (difference(mrmc(truth, scores, random=random, pooled=pooled)) for pooled in (True, False))
    assert one.std_error == pytest.approx(other.std_error, rel=1e-9)
    assert one.df == pytest.approx(other.df, rel=1e-9, nan_ok=True)


def test_a_function_and_a_covariance_of_ones_own():
    truth, scores = study(np.random.default_rng(7), readers=3, cases=40)
    named, own = mrmc(truth, scores), mrmc(truth, scores, measure=area)
    assert difference(own).std_error == pytest.approx(difference(named).std_error, rel=1e-9)
    assert difference(own).measure == "user_measure_difference"
    assert "measure: area" in difference(own).note
    given = mrmc(truth, scores, covariance=lambda truth, scores: naive_jackknife(truth, scores.reshape(6, -1)))
    assert difference(given).p_value == pytest.approx(difference(named).p_value, rel=1e-9)
    assert difference(given).method == "or-function"


def test_curve_measures_are_what_leaving_cases_out_by_hand_gives():
    rng = np.random.default_rng(8)
    truth, scores = study(rng, readers=2, cases=30)
    scores = np.round(scores)
    for measure in (
        measures.partial_auc(sensitivity=(0.5, 1), corrected=True),
        measures.sensitivity_at(specificity=0.8),
    ):
        slow = measures.of(measure.value, low=measure.low, high=measure.high)
        for patients in (None, np.arange(30) // 3):
            one, other = (difference(mrmc(truth, scores, measure=m, patients=patients)) for m in (measure, slow))
            assert (one.estimate, one.std_error) == pytest.approx((other.estimate, other.std_error), rel=1e-9)


def test_patients_are_left_out_whole():
    rng = np.random.default_rng(9)
    truth, scores = study(rng, readers=3, cases=60)
    patients = rng.integers(0, 25, 60)
    found = mrmc(truth, scores, patients=patients)
    kept = [patients != p for p in np.unique(patients)]
    left = np.array([[area(truth[k], row[k]) for k in kept] for row in scores.reshape(6, -1)])
    n = len(kept)
    expected = (n - 1) ** 2 / n * np.cov(left)
    own = [pick(found, reader=r, modality=m).std_error ** 2 for m in "12" for r in "123"]
    assert own == pytest.approx(np.diag(expected), rel=1e-9)
    assert difference(found).n_patients == n
    alone = mrmc(truth, scores, patients=[f"p{k}" for k in range(60)])
    assert difference(alone).std_error == pytest.approx(difference(mrmc(truth, scores)).std_error, rel=1e-12)


def test_contrasts():
    truth, scores = study(np.random.default_rng(10), modalities=3)
    found = mrmc(truth, scores, contrasts=[[1, -0.5, -0.5]], modalities=["A", "B", "C"])
    d = pick(found, modality="+1 A -0.5 B -0.5 C")
    pairs = mrmc(truth, scores)
    assert d.estimate == pytest.approx((difference(pairs).estimate + difference(pairs, "1", "3").estimate) / 2)
    assert d.std_error == pytest.approx(difference(pairs).std_error * math.sqrt(1.5 / 2))
    reference = mrmc(truth, scores, contrasts="reference")
    assert difference(reference, "3", "1").estimate == -difference(pairs, "1", "3").estimate


def test_margins():
    truth, scores = study(np.random.default_rng(11), apart=0.1)
    plain = difference(mrmc(truth, scores))
    for margin in (0.02, 0.2):
        d = difference(mrmc(truth, scores, margin=margin))
        t = (plain.estimate + margin) / plain.std_error
        assert (d.statistic, d.df) == pytest.approx((t, plain.df))
        assert d.p_value == pytest.approx(stats.t.sf(t, plain.df))
        assert (d.conf_low, d.conf_high) == (plain.conf_low, plain.conf_high)
        assert d.verdict == ("non-inferior" if plain.conf_low > -margin else "non-inferiority not shown")
        e = difference(mrmc(truth, scores, margin=margin, hypothesis="equivalence"))
        sides = stats.t.sf(t, plain.df), stats.t.cdf((plain.estimate - margin) / plain.std_error, plain.df)
        assert e.p_value == pytest.approx(max(sides))
        assert abs(e.statistic) == pytest.approx(abs(stats.t.ppf(max(sides), plain.df)))
    greater = difference(mrmc(truth, scores, alternative="greater"))
    assert greater.conf_high == 1
    assert greater.p_value == pytest.approx(plain.p_value / 2)


def test_a_margin_where_lower_is_better():
    truth, scores = study(np.random.default_rng(12))
    loss = measures.of(lambda truth, score: 1 - area(truth, score), low=0, high=1, lower_is_better=True)
    gain = difference(mrmc(truth, scores, margin=0.05))
    d = difference(mrmc(truth, scores, measure=loss, margin=0.05))
    assert d.estimate == pytest.approx(-gain.estimate)
    assert (d.p_value, d.null, d.verdict) == (pytest.approx(gain.p_value), 0.05, gain.verdict)
    with pytest.raises(ValueError, match="a lower value is better"):
        mrmc(truth, scores, measure=loss, margin=0.05, alternative="greater")


def test_neither_the_order_of_cases_nor_a_monotone_scale_matters():
    rng = np.random.default_rng(13)
    truth, scores = study(rng)
    order = rng.permutation(len(truth))
    for covariance in ("jackknife", "delong", "unbiased"):
        one = mrmc(truth, scores, covariance=covariance)
        other = mrmc(truth[order], np.exp(scores[..., order]), covariance=covariance)
        for a, b in zip(one, other, strict=True):
            assert a.p_value == pytest.approx(b.p_value, rel=1e-9, nan_ok=True)
    swapped = difference(mrmc(truth, scores[::-1]))
    assert swapped.estimate == pytest.approx(-difference(mrmc(truth, scores)).estimate)


def test_a_modality_twice():
    truth, scores = study(np.random.default_rng(14))
    twice = np.stack((scores[0], scores[0]))
    for random in ("cases", "readers", ("readers", "cases")):
        found = mrmc(truth, twice, random=random)
        d = difference(found)
        assert (d.estimate, d.std_error, d.conf_low, d.conf_high, d.p_value) == (0, 0, 0, 0, 1)
        assert "P = 1" in d.note
        assert math.isnan(equality(found).p_value)
    assert "no test against the margin" in difference(mrmc(truth, twice, margin=0.05)).note


def test_readers_who_are_one():
    truth, scores = study(np.random.default_rng(15), readers=1)
    found = mrmc(truth, np.repeat(scores, 3, axis=1))
    d = difference(found)
    assert math.isnan(d.df)  # the readers do not differ: the normal distribution
    alone = difference(mrmc(truth, scores, random="cases"))
    assert (d.estimate, d.std_error, d.p_value) == pytest.approx((alone.estimate, alone.std_error, alone.p_value))


def test_one_reader_says_nothing_about_readers():
    truth, scores = study(np.random.default_rng(16), readers=1)
    for random in ("readers", ("readers", "cases")):
        found = mrmc(truth, scores, random=random)
        d = difference(found)
        assert math.isnan(d.p_value)
        assert "one reader" in d.note
        assert math.isnan(equality(found).p_value)
    assert difference(mrmc(truth, scores, random="cases")).p_value < 1


def test_a_perfect_reader_and_two_cases():
    truth, scores = study(np.random.default_rng(17), readers=3)
    scores[0, 0] = truth
    e = pick(mrmc(truth, scores), reader="1", modality="1")
    assert (e.estimate, e.method, e.conf_high) == (1, "newcombe", 1)
    assert 0 < e.conf_low < 1
    calls = (scores > 0.6).astype(float)
    e = pick(mrmc(truth, calls, measure="sensitivity"), reader="1", modality="1")
    assert (e.method, e.count, e.total) == ("wilson", 50, 50)
    found = mrmc([True, False], scores[:, :, :2])
    assert all(math.isnan(e.p_value) and e.note for e in found if e.versus and e.reader is None)
    for e in found:
        assert not math.isinf(e.conf_low)
        assert not math.isinf(e.df)


def test_a_reader_without_a_class_is_left_out_and_named():
    truth, scores = study(np.random.default_rng(18), readers=4)
    scores[0, 2, truth] = np.nan
    scores[:, 3] = np.nan
    found = mrmc(truth, scores, readers=["Ann", "Bob", "Cy", "Di"])
    d = difference(found)
    assert d.n_readers == 2
    assert "left out, without a value in every modality: Cy, Di" in d.note
    assert "undefined" in pick(found, reader="Cy", modality="1").note
    assert d.estimate == pytest.approx(difference(mrmc(truth, scores[:, :2])).estimate)
    nobody = mrmc(truth[truth], scores[:, :, truth])
    assert "undefined for every reader of a modality" in difference(nobody).note


def test_negative_components_are_said():
    truth, scores = study(np.random.default_rng(19), readers=3, cases=30)
    found = mrmc(truth, scores)
    negative = [e for e in found if e.measure.startswith("var") and e.estimate < 0]
    assert negative
    assert all("read it as 0" in e.note for e in negative)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"measure": "kappa"}, "'auc', 'sensitivity'"),
        ({"measure": "partial_auc"}, "rs.measure.partial_auc"),
        ({"measure": "sensitivity"}, "calls coded 0/1"),
        ({"measure": measures.accuracy(threshold=1), "covariance": "delong"}, "placements of an AUC"),
        ({"measure": area, "covariance": "unbiased"}, "mean over cases"),
        ({"covariance": "unbiased", "patients": list(range(100))}, "with patients= use 'jackknife'"),
        ({"covariance": lambda truth, scores: np.eye(3)}, "must return shape"),
        ({"method": "dbm", "covariance": "delong"}, "pseudovalues"),
        ({"method": "dbm", "patients": list(range(100))}, "use method 'or'"),
        ({"method": "u"}, "'or', 'dbm'"),
        ({"random": "modalities"}, "random must be"),
        ({"contrasts": [[1, 0]]}, "sum to 0"),
        ({"contrasts": [1, -1]}, "contrasts must be"),
        ({"modalities": ["a", "a"]}, "2 different names"),
        ({"margin": -0.1}, "margin must be greater than 0"),
        ({"margin": 0.1, "alternative": "less"}, "a higher value is better"),
        ({"n_boot": 1}, "n_boot"),
        ({"patients": [1]}, "not one length: patients has 1"),
    ],
)
def test_wrong_options(options, words):
    truth, scores = study(np.random.default_rng(20))
    with pytest.raises(ValueError, match=words):
        mrmc(truth, scores, **options)


def test_wrong_reads():
    truth, scores = study(np.random.default_rng(21), cases=20)
    with pytest.raises(ValueError, match="must have shape"):
        mrmc(truth, scores[0])
    with pytest.raises(ValueError, match="no read at all"):
        mrmc(truth, np.full(scores.shape, np.nan))
    with pytest.raises(ValueError, match="finite"):
        mrmc(truth, np.where(scores > 1, np.inf, scores))
    with pytest.raises(ValueError, match="must be numbers"):
        mrmc(truth, [*scores.astype(str).tolist()[:1], [["high"] * 20] * 5])
    empty = scores.copy()
    empty[1] = np.nan
    with pytest.raises(ValueError, match="read by nobody"):
        mrmc(truth, empty)
    chain = np.concatenate((scores, scores[:1]))
    chain[0, 3:], chain[1, :2], chain[2, :3] = np.nan, np.nan, np.nan
    with pytest.raises(ValueError, match="none in all of them"):
        mrmc(truth, chain)
    with pytest.raises(ValueError, match="fully crossed"):
        mrmc(truth, split(scores, 2), method="dbm")


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_level_is_kept(blocks):
    """Studies without a difference: about 5 in 100 reject, within four standard errors of the simulation."""
    rng = np.random.default_rng(22)
    n_studies = 200
    found = []
    for _ in range(n_studies):
        truth, scores = study(rng, readers=6, cases=60 * blocks)
        found.append(difference(mrmc(truth, split(scores, blocks) if blocks > 1 else scores)))
    rejected = np.mean([e.p_value < 0.05 for e in found])
    assert abs(rejected - 0.05) < 4 * math.sqrt(0.05 * 0.95 / n_studies)
    # The variance that is estimated is the variance that the differences have.
    ratio = np.mean([e.std_error**2 for e in found]) / np.var([e.estimate for e in found])
    assert 0.7 < ratio < 1.4
