import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from readerstudy.stats.agreement import kappa, kappa_of_table
from readerstudy.stats.symmetry import bowker, cochran_q

WEIGHTS = [None, "linear", "quadratic"]


def draw(seed, n=60, categories=4):
    rng = np.random.default_rng(seed)
    first = rng.integers(categories, size=n)
    return first, np.where(rng.random(n) < 0.6, first, rng.integers(categories, size=n))


def naive(first, second, categories, weights):
    """Kappa, its asymptotic variance and its variance by chance, summed cell by cell (Fleiss 1969)."""
    k, n = len(categories), len(first)
    w = {
        (a, b): 1
        - {None: float(i != j), "linear": abs(i - j) / (k - 1), "quadratic": (i - j) ** 2 / (k - 1) ** 2}[weights]
        for i, a in enumerate(categories)
        for j, b in enumerate(categories)
    }
    p = {(a, b): sum(x == a and y == b for x, y in zip(first, second, strict=True)) / n for a, b in w}
    row = {a: sum(p[a, b] for b in categories) for a in categories}
    column = {b: sum(p[a, b] for a in categories) for b in categories}
    po = sum(w[cell] * p[cell] for cell in w)
    pe = sum(w[a, b] * row[a] * column[b] for a, b in w)
    wr = {a: sum(w[a, b] * column[b] for b in categories) for a in categories}
    wc = {b: sum(w[a, b] * row[a] for a in categories) for b in categories}
    variance = sum(p[a, b] * (w[a, b] * (1 - pe) - (wr[a] + wc[b]) * (1 - po)) ** 2 for a, b in w)
    variance = (variance - (po * pe - 2 * pe + po) ** 2) / (n * (1 - pe) ** 4)
    by_chance = sum(row[a] * column[b] * (w[a, b] - wr[a] - wc[b]) ** 2 for a, b in w)
    by_chance = (by_chance - pe**2) / (n * (1 - pe) ** 2)
    return (po - pe) / (1 - pe), variance, by_chance


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("weights", WEIGHTS)
def test_kappa_is_the_naive_one_and_sklearns(seed, weights):
    first, second = draw(seed)
    value, variance, by_chance = naive(first, second, range(4), weights)
    e = kappa(first, second, weights=weights)
    assert e.estimate == pytest.approx(value, rel=1e-12)
    assert e.estimate == pytest.approx(cohen_kappa_score(first, second, weights=weights), rel=1e-12)
    assert e.std_error**2 == pytest.approx(variance, rel=1e-9)
    assert e.statistic == pytest.approx(value / math.sqrt(by_chance), rel=1e-9)


@pytest.mark.parametrize(("weights", "theirs"), [(None, None), ("linear", "linear"), ("quadratic", "fc")])
def test_both_standard_errors_are_those_of_statsmodels(weights, theirs):
    first, second = draw(9)
    expected = cohens_kappa(pd.crosstab(first, second).to_numpy(), wt=theirs)
    e = kappa(first, second, weights=weights)
    assert e.estimate == pytest.approx(expected.kappa)
    assert e.std_error == pytest.approx(math.sqrt(expected.var_kappa))
    assert e.statistic == pytest.approx(expected.kappa / math.sqrt(expected.var_kappa0))
    assert (e.conf_low, e.conf_high) == pytest.approx((expected.kappa_low, expected.kappa_upp))


def test_two_categories_need_no_weights():
    first, second = draw(2, categories=2)
    found = [kappa(first, second, weights=weights).replace(method=None).to_dict() for weights in WEIGHTS]
    for other in found[1:]:
        assert other == pytest.approx(found[0])


def test_perfect_agreement():
    e = kappa([0, 1, 2, 1], [0, 1, 2, 1])
    assert (e.estimate, e.std_error, e.conf_low, e.conf_high) == (1, 0, 1, 1)
    assert "no width" in e.note
    assert e.p_value < 0.05


def test_one_category_used():
    e = kappa(["a", "a"], ["a", "a"])
    assert math.isnan(e.estimate)
    assert math.isnan(e.p_value)
    assert "one category only: kappa is undefined" in e.note


def test_one_reader_used_one_category():
    e = kappa([0, 0, 0, 0], [0, 1, 0, 1])
    assert e.estimate == 0
    assert math.isnan(e.p_value)
    assert "one reader used one category only: no test" in e.note


def test_complete_disagreement():
    e = kappa([0, 1, 0, 1], [1, 0, 1, 0])
    assert e.estimate == -1
    assert e.conf_low >= -1


@pytest.mark.parametrize("missing", [None, math.nan])
def test_cases_that_one_reader_did_not_read_are_left_out(missing):
    whole = kappa(["a", "b", "a"], ["a", "b", "b"])
    first, second = ["a", "b", "a", missing, "b"], ["a", "b", "b", "a", missing]
    for convert in (list, pd.Series, lambda values: np.array(values, dtype=object)):
        e = kappa(convert(first), convert(second))
        assert e.n_cases == 3
        assert e.to_dict() == whole.to_dict()
    assert kappa([0, 1, math.nan], [0, 1, 1]).n_cases == 2


def test_nothing_read_by_both():
    e = kappa([1, None], [None, 1])
    assert (e.n_cases, e.note) == (0, "no case was read by both")


def test_unused_categories_matter_with_weights():
    first, second = [1, 2, 4, 4, 1], [1, 4, 4, 2, 2]
    assert kappa(first, second, categories=[1, 2, 3, 4]).estimate == pytest.approx(kappa(first, second).estimate)
    whole = kappa(first, second, weights="linear", categories=[1, 2, 3, 4]).estimate
    assert whole == pytest.approx(cohen_kappa_score(first, second, weights="linear", labels=[1, 2, 3, 4]))
    assert whole != pytest.approx(kappa(first, second, weights="linear").estimate)


def test_order_of_categories():
    first, second = ["low", "mid", "high", "mid", "low"], ["low", "high", "high", "mid", "mid"]
    e = kappa(first, second, weights="quadratic", categories=["low", "mid", "high"])
    codes = {"low": 0, "mid": 1, "high": 2}
    assert e.estimate == kappa([codes[x] for x in first], [codes[x] for x in second], weights="quadratic").estimate


def test_of_a_table():
    first, second = draw(4)
    assert kappa_of_table(pd.crosstab(first, second).to_numpy()).to_dict() == kappa(first, second).to_dict()


@pytest.mark.parametrize("weights", WEIGHTS)
def test_perfect_agreement_is_1_whatever_the_rounding(weights):
    e = kappa_of_table(np.diag([1, 3, 4, 2, 3]), weights=weights)  # rounded, the formula gives 1.0000000000000002
    assert (e.estimate, e.conf_low, e.conf_high) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided(alternative):
    first, second = draw(1)
    e, both = kappa(first, second, alternative=alternative), kappa(first, second, conf_level=0.9)
    expected = (both.conf_low, 1) if alternative == "greater" else (-1, both.conf_high)
    assert (e.conf_low, e.conf_high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([[0, 1]], [0, 1]), {}, "ratings must have one dimension"),
        (([0, 1], [0]), {}, "not one length: ratings has 2, versus has 1"),
        (([0, 1], [0, 1]), {"weights": "squared"}, "weights is 'squared'; it must be one of 'linear', 'quadratic'"),
        (([0, 1], [0, 1]), {"weights": "quadratc"}, "Did you mean 'quadratic'"),
        (([0, 1], [0, 1]), {"conf_level": 95}, "0.95 for 95 %"),
        (([0, 1], [0, 3]), {"categories": [0, 1]}, "versus holds 3, which is not among the categories"),
    ],
)
def test_wrong_input(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        kappa(*arguments, **options)


@pytest.mark.parametrize("of", [kappa, bowker])
def test_not_available_is_not_read(of):
    versus = ["a", "b", "b", "a"]
    gone = pd.Series(["a", pd.NA, "b", "b"], dtype=object)
    assert of(gone, versus) == of(["a", None, "b", "b"], versus)
    assert of(pd.array(["a", pd.NA, "b", "b"], dtype="string"), versus) == of(["a", None, "b", "b"], versus)


def test_not_available_is_not_read_by_several():
    assert cochran_q([[1, 0, pd.NA, 1], [1, 1, 1, 0]]) == cochran_q([[1, 0, None, 1], [1, 1, 1, 0]])


def test_masked_ratings_and_labels_of_two_kinds_are_refused():
    with pytest.raises(ValueError, match="ratings has masked entries"):
        kappa(np.ma.masked_array([1, 0, 1], [0, 0, 1]), [1, 0, 1])
    with pytest.raises(ValueError, match="ratings has masked entries"):
        cochran_q(np.ma.masked_array([[1, 0, 1], [1, 1, 1]], [[0, 0, 1], [0, 0, 0]]))
    with pytest.raises(ValueError, match="more than one kind, such as '1' and 1"):
        kappa(["1", "1"], [1, 1])


def test_times_that_are_none_are_not_read():
    days = np.array(["2020-01-01", "NaT", "2020-01-02"], dtype="datetime64[ns]")
    assert kappa(days, days).n_cases == 2
