import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.stats.operating_points import compare_sensitivity_at
from readerstudy.stats.partial_auc import compare_partial_auc
from readerstudy.stats.roc import auc, auc_covariance, compare_auc
from readerstudy.stats.roc_tests import compare_aucs, compare_roc


def draw(seed=0, m=40, n=50, readers=2, shift=1.0):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat([True, False], [m, n]))
    return truth, rng.normal(size=(readers, m + n)) + shift * truth + rng.normal(size=m + n)


def test_unpaired_by_hand():
    truth, (score, _) = draw(1)
    other, (versus, _) = draw(2, 20, 35)
    e = compare_auc(truth, score, versus, versus_truth=other, paired=False, conf_level=0.9)
    one, two = auc(truth, score), auc(other, versus)
    v, w = one.std_error**2, two.std_error**2
    df = (v + w) ** 2 / (v**2 / 89 + w**2 / 54)
    assert (e.estimate, e.std_error, e.df) == pytest.approx((one.estimate - two.estimate, math.sqrt(v + w), df))
    t = stats.t(df)
    assert e.p_value == pytest.approx(2 * t.sf(abs(e.estimate) / e.std_error))
    assert e.conf_low == pytest.approx(e.estimate - t.ppf(0.95) * e.std_error)
    assert e.n_cases == 145
    assert e.note is None


def test_the_same_cases_as_if_they_were_different_ones():
    truth, (score, versus) = draw(1)
    e = compare_auc(truth, score, versus, paired=False)
    assert (e.note, e.n_cases) == ("the same cases, tested as if they were different ones", 90)
    assert e.std_error > compare_auc(truth, score, versus).std_error


@pytest.mark.parametrize("paired", [True, False])
def test_bootstrap_agrees_with_delong(paired):
    truth, (score, versus) = draw(3, 80, 90)
    plain = compare_auc(truth, score, versus, paired=paired)
    drawn = compare_auc(truth, score, versus, paired=paired, method="bootstrap", n_boot=4000, rng=1)
    assert drawn.estimate == plain.estimate
    assert drawn.std_error == pytest.approx(plain.std_error, rel=0.08)
    assert drawn.conf_low == pytest.approx(plain.conf_low, abs=0.3 * plain.std_error)
    assert drawn.test_method == "bootstrap-z"


def test_non_inferiority_and_equivalence():
    truth, (score, versus) = draw(4)
    plain = compare_auc(truth, score, versus)
    margin = abs(plain.estimate) + 2.5 * plain.std_error
    e = compare_auc(truth, score, versus, margin=margin)
    assert e.verdict == "non-inferior"
    assert e.p_value == pytest.approx(stats.norm.sf((plain.estimate + margin) / plain.std_error))
    assert (e.null, e.margin, e.conf_low) == (-margin, margin, plain.conf_low)
    e = compare_auc(truth, score, versus, margin=margin, hypothesis="equivalence")
    one_sided = [stats.norm.sf((margin + s * plain.estimate) / plain.std_error) for s in (1, -1)]
    assert e.verdict == "equivalent"
    assert e.p_value == pytest.approx(max(one_sided))
    tight = compare_auc(truth, score, versus, margin=1e-4, hypothesis="equivalence")
    assert tight.verdict == "equivalence not shown"
    unpaired = compare_auc(truth, score, versus, paired=False, margin=0.05)
    t = (unpaired.estimate + 0.05) / unpaired.std_error
    assert (unpaired.statistic, unpaired.p_value) == pytest.approx((t, stats.t.sf(t, unpaired.df)))


def test_type_one_error_of_non_inferiority():
    """Worse by just the margin: the verdict "non-inferior" in 2.5 % of studies, here at most 13 of 200."""
    worse = stats.norm.cdf(0.6 / 2) - stats.norm.cdf(1 / 2)
    found = []
    for seed in range(200):
        truth, rows = draw(seed, 60, 60, shift=0.0)
        rows = rows + truth * np.array([[0.6], [1.0]])
        found.append(compare_auc(truth, *rows, margin=-worse).verdict == "non-inferior")
    assert sum(found) <= 13


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"margin": 0}, "margin must be greater than 0"),
        ({"margin": 0.1, "hypothesis": "equal"}, "Did you mean|hypothesis is 'equal'"),
        ({"margin": 0.1, "alternative": "less"}, "'two-sided' or 'greater' with a margin"),
        ({"versus_truth": [0, 1]}, "needs paired=False"),
        ({"n_boot": 1}, "n_boot must be 2 or more"),
        ({"method": "bca"}, "method is 'bca'"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        compare_auc([0, 1], [1, 2], [2, 1], **options)


@pytest.mark.parametrize("method", ["delong", "bootstrap"])
@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("truth", "score", "versus"),
    [
        ([0, 0, 1, 1], [1, 2, 3, 4], [1, 1, 1, 1]),
        ([0, 0, 1, 1], [1, 2, 3, 4], [5, 6, 7, 8]),
        ([0, 1, 0, 0], [1, 2, 3, 1], [1, 2, 3, 4]),
        ([0, 0], [1, 2], [2, 1]),
        ([0, 1], [1, 2], [2, 1]),
        ([], [], []),
    ],
)
@pytest.mark.parametrize("margin", [None, 0.1])
def test_degenerate(truth, score, versus, paired, method, margin):
    e = compare_auc(truth, score, versus, method=method, paired=paired, margin=margin, n_boot=20)
    assert e.note
    assert math.isnan(e.conf_low) or e.conf_low == e.conf_high == 0
    assert math.isnan(e.p_value) or (margin is None and e.p_value == 1)
    assert e.verdict is None


def test_disagreement_of_interval_and_test_is_noted():
    notes = [compare_auc(*draw(s, 12, 12)[:1], *draw(s, 12, 12)[1], method="bootstrap", n_boot=300) for s in range(150)]
    for e in notes:
        excludes = e.conf_low > 0 or e.conf_high < 0
        assert (e.note is not None) == (excludes != (e.p_value < 0.05))
    assert any(e.note for e in notes)


def test_all_at_once_by_hand():
    truth, rows = draw(5, readers=4)
    everything, *pairs = compare_aucs(truth, rows, names=list("abcd"))
    area, covariance = auc_covariance(truth, rows)
    contrast = np.array([[1, -1, 0, 0], [0, 1, -1, 0], [0, 0, 1, -1]])
    d = contrast @ area
    chi2 = d @ np.linalg.inv(contrast @ covariance @ contrast.T) @ d
    assert (everything.statistic, everything.df) == pytest.approx((chi2, 3), rel=1e-9)
    assert everything.p_value == pytest.approx(stats.chi2.sf(chi2, 3), rel=1e-9)
    assert [(e.reader, e.versus) for e in pairs] == [(x, y) for i, x in enumerate("abcd") for y in "abcd"[i + 1 :]]
    alone = compare_auc(truth, rows[1], rows[3])
    found = next(e for e in pairs if (e.reader, e.versus) == ("b", "d"))
    for name in ("estimate", "conf_low", "conf_high", "statistic", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(alone, name), rel=1e-9)


def test_contrasts():
    truth, rows = draw(6, readers=3)
    everything, mean = compare_aucs(truth, rows, contrasts=[[1, -0.5, -0.5]])
    assert everything.df == 1
    assert everything.statistic == pytest.approx(mean.statistic**2)
    assert mean.reader == "+1 1 -0.5 2 -0.5 3"
    _, first, second = compare_aucs(truth, rows, contrasts="reference")
    assert [(e.reader, e.versus) for e in (first, second)] == [("2", "1"), ("3", "1")]
    everything, *_ = compare_aucs(truth, [*rows, rows[0]])
    assert everything.df == 2, "a score that is there twice adds no degree of freedom"
    two, one = compare_aucs(truth, rows[:2])
    assert two.p_value == pytest.approx(one.p_value)


@pytest.mark.parametrize(
    ("truth", "rows"),
    [([0, 0], [[1, 2], [2, 1]]), ([0, 1, 0], [[1, 2, 3], [3, 2, 1]]), ([0, 0, 1, 1], [[1, 2, 3, 4]] * 2)],
)
def test_degenerate_sets(truth, rows):
    for e in compare_aucs(truth, rows):
        assert e.note
        assert math.isnan(e.statistic)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([[1, 2]], {}, "with 2 readers or more"),
        ([[1, 2], [1, math.nan]], {}, "missing values"),
        ([[1, 2], [2, 1]], {"names": ["a", "a"]}, "2 different names"),
        ([[1, 2], [2, 1]], {"contrasts": [[1, 0]]}, "sum to 0"),
        ([[1, 2], [2, 1]], {"contrasts": [1, -1]}, r"shape \(n_contrasts, 2\)"),
        ([[1, 2], [2, 1]], {"contrasts": "all"}, "contrasts is 'all'"),
    ],
)
def test_wrong_sets(rows, options, message):
    with pytest.raises(ValueError, match=message):
        compare_aucs([0, 1], rows, **options)


def naive_distance(truth, first, second):
    """Wrong calls at every cut between ranks, by counting."""
    total = 0
    for k in range(1, len(truth)):
        wrong = [np.sum((rank > k) != truth) for rank in (first, second)]
        total += abs(int(wrong[0]) - int(wrong[1]))
    return total


def test_venkatraman_by_counting():
    truth, (score, versus) = draw(7, 12, 15)
    e = compare_roc(truth, score, versus, n_permutations=3000, rng=1)
    ranks = [stats.rankdata(row) for row in (score, versus)]
    observed = naive_distance(truth, *ranks)
    assert e.statistic == observed
    rng, extreme = np.random.default_rng(5), 0
    for _ in range(600):
        swap = rng.random(27) < 0.5
        pair = np.where(swap, ranks[1], ranks[0]), np.where(swap, ranks[0], ranks[1])
        extreme += naive_distance(truth, *map(stats.rankdata, pair)) >= observed
    p = extreme / 600
    assert e.p_value == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) * (1 / 600 + 1 / 3000)))


def test_venkatraman_sees_curves_that_cross():
    rng = np.random.default_rng(0)
    truth = np.repeat([True, False], 150)
    wide = np.where(truth, rng.normal(0.9, 2.5, 300), rng.normal(size=300))
    narrow = np.where(truth, rng.normal(0.47, 0.3, 300), rng.normal(size=300))
    assert compare_auc(truth, wide, narrow).p_value > 0.2
    assert compare_roc(truth, wide, narrow, n_permutations=500).p_value < 0.01


def test_venkatraman_of_identical_and_undefined():
    e = compare_roc([0, 0, 1, 1], [1, 2, 3, 4], [2, 4, 6, 8], n_permutations=50)
    assert (e.statistic, e.p_value) == (0, 1)
    assert "no positive case" in compare_roc([0, 0], [1, 2], [2, 1]).note
    assert math.isnan(compare_roc([0, 0], [1, 2], [2, 1]).p_value)
    truth, (score, versus) = draw(8)
    order = np.random.default_rng(0).permutation(90)
    same = compare_roc(truth[order], score[order], versus[order], n_permutations=99)
    assert same == compare_roc(truth, score, versus, n_permutations=99)


def test_exchanged_scores_change_the_sign():
    truth, (score, versus) = draw(9)
    for compare in (compare_auc, lambda *a, **o: compare_partial_auc(*a, specificity=(0.7, 1), n_boot=200)):
        one, two = compare(truth, score, versus), compare(truth, versus, score)
        assert one.estimate == pytest.approx(-two.estimate)


def far_apart(n, seed=1):
    rng = np.random.default_rng(seed)
    truth = np.repeat([True, False], n)
    return truth, rng.normal(size=2 * n) + 1.5 * truth, rng.normal(size=2 * n) + 1.5 * truth


@pytest.mark.parametrize(("n", "margin"), [(50, 0.1), (800, 0.12), (800, 0.14), (20_000, 0.4)])
@pytest.mark.parametrize("hypothesis", ["non-inferiority", "equivalence"])
def test_statistic_against_a_margin_is_students_however_far_out(n, margin, hypothesis):
    truth, score, versus = far_apart(n)
    e = compare_auc(truth, score, versus, paired=False, versus_truth=truth, margin=margin, hypothesis=hypothesis)
    null = margin if hypothesis == "equivalence" and e.estimate > 0 else -margin
    assert e.statistic == pytest.approx((e.estimate - null) / e.std_error, rel=1e-12)
    assert e.p_value == pytest.approx(stats.t.sf(abs(e.statistic), e.df), rel=1e-6)


@pytest.mark.parametrize("margin", [1, 1.0, 5, True, np.True_, 0, -0.1, math.nan])
def test_a_margin_that_allows_everything_or_is_no_number(margin):
    truth, score, versus = far_apart(5)
    with pytest.raises(ValueError, match="margin must be"):
        compare_auc(truth, score, versus, margin=margin)
    with pytest.raises(ValueError, match="margin must be"):
        compare_sensitivity_at(truth, score, versus, specificity=0.8, margin=margin, n_boot=20)
    with pytest.raises(ValueError, match="margin must be"):
        compare_partial_auc(truth, score, versus, specificity=(0.8, 1), margin=margin, n_boot=20)


def test_margin_of_a_partial_auc_is_less_than_its_range():
    truth, score, versus = far_apart(20)
    with pytest.raises(ValueError, match=r"less than 0\.2"):
        compare_partial_auc(truth, score, versus, specificity=(0.8, 1), margin=0.2, n_boot=20)
    assert compare_partial_auc(truth, score, versus, specificity=(0.8, 1), margin=0.15, n_boot=50).verdict is not None


def test_curves_that_hardly_differ_keep_their_variance():
    # One negative case of 100,000 falls below another positive one: the difference is 1e-10.
    n = 100_000
    truth = np.repeat([True, False], n)
    score = np.concatenate([np.arange(n) + n, np.arange(n)]).astype(float)
    versus = score.copy()
    versus[0] = n - 1.5
    e = compare_auc(truth, score, versus)
    everything, pair = compare_aucs(truth, [score, versus])
    assert pair.std_error == pytest.approx(e.std_error, rel=1e-9)
    assert 0 < pair.std_error < 1e-9
    assert everything.p_value == pytest.approx(e.p_value, rel=1e-9)
    assert pair.p_value == pytest.approx(e.p_value, rel=1e-9)


def test_the_same_curve_twice_among_others_costs_no_degree_of_freedom():
    truth, (first, second) = draw(3)
    everything, *pairs = compare_aucs(truth, [first, second, 2 * first, np.exp(second)])
    assert everything.df == 1
    assert everything.p_value == pytest.approx(compare_auc(truth, first, second).p_value)
    assert [e.p_value == 1 for e in pairs] == [False, True, False, False, True, False]


def test_masked_scores_are_refused():
    row = np.ma.masked_array([1.0, 2, 3, 4], [0, 1, 0, 0])
    with pytest.raises(ValueError, match="scores has masked entries"):
        compare_aucs([0, 1, 0, 1], [row, [1, 2, 3, 4]])
    with pytest.raises(ValueError, match="versus has masked entries"):
        compare_auc([0, 1, 0, 1], [1, 2, 3, 4], row)
    assert compare_auc([0, 1, 0, 1], row.data, np.ma.masked_array(row.data)).p_value == 1
