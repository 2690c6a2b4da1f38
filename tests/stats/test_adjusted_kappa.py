import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readerstudy.stats.adjusted_kappa import kappa_maximum, pabak, prevalence_and_bias, specific_agreement
from readerstudy.stats.agreement import kappa
from readerstudy.stats.proportion import proportion
from stats.readers import draw_reads


def test_pabak_is_kappa_where_categories_are_balanced():
    first = [0] * 10 + [1] * 10
    second = [0] * 8 + [1] * 2 + [1] * 8 + [0] * 2
    assert pabak(first, second).estimate == pytest.approx(kappa(first, second).estimate)


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_interval_and_test_are_those_of_the_agreement(method, alternative):
    first, second = draw_reads(1, readers=2)
    e = pabak(first, second, method=method, alternative=alternative)
    alike = int((first == second).sum())
    p = proportion(alike, 50, method=method, alternative=alternative, null=0.25)
    for ours, theirs in ((e.estimate, p.estimate), (e.conf_low, p.conf_low), (e.conf_high, p.conf_high)):
        assert ours == pytest.approx((4 * theirs - 1) / 3)
    assert (e.p_value, e.test_method, e.null) == (p.p_value, p.test_method, 0)
    assert (e.count, e.total) == (alike, 50)


def test_std_error_is_that_over_cases():
    first, second = draw_reads(2, readers=2)
    same = (first == second).astype(float)
    assert pabak(first, second).std_error == pytest.approx(4 / 3 * same.std() / math.sqrt(50))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=12))
def test_kappa_maximum_is_the_greatest_over_all_pairings(pairs):
    """Sorting cannot do better than the frequencies allow: try swaps until none helps."""
    first, second = (list(line) for line in zip(*pairs, strict=True))
    e = kappa_maximum(first, second)
    if math.isnan(e.estimate):
        assert len({*first, *second}) == 1
        return
    alike = sum(min(first.count(c), second.count(c)) for c in range(3))
    matched = [c for c in range(3) for _ in range(min(first.count(c), second.count(c)))]

    def rest(line):
        left = list(line)
        for c in matched:
            left.remove(c)
        return left

    best = kappa(matched + rest(first), matched + rest(second), categories=[0, 1, 2]).estimate
    assert e.estimate == pytest.approx(best)
    assert e.estimate >= kappa(first, second, categories=[0, 1, 2]).estimate - 1e-12
    assert alike >= sum(a == b for a, b in pairs)


def test_kappa_from_pabak_and_its_indices():
    """Byrt, Bishop and Carlin: kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2)."""
    first, second = draw_reads(5, readers=2, categories=2, agree=0.5)
    first[:15] = second[:15] = 1
    prevalence, bias = (e.estimate**2 for e in prevalence_and_bias(first, second))
    expected = (pabak(first, second).estimate - prevalence + bias) / (1 - prevalence + bias)
    assert kappa(first, second).estimate == pytest.approx(expected)


def test_specific_agreement_by_pairs_of_calls():
    first, second = draw_reads(6, readers=2)
    for e in specific_agreement(first, second):
        c = float(e.target)
        calls = [(a, b) for a, b in [*zip(first, second, strict=True), *zip(second, first, strict=True)] if a == c]
        assert e.estimate == pytest.approx(np.mean([b == c for _, b in calls]))
        assert e.count / e.total * (1 if e.total else math.nan) == pytest.approx(e.estimate)
        assert 0 <= e.conf_low < e.estimate < e.conf_high <= 1


def test_specific_agreement_covers():
    rng = np.random.default_rng(1)
    inside, truth = 0, 2 * 0.3 / (2 * 0.3 + 0.2)
    for _ in range(800):
        cell = rng.choice(4, p=[0.3, 0.1, 0.1, 0.5], size=50)
        e = specific_agreement(np.isin(cell, [0, 1]), np.isin(cell, [0, 2]), categories=[False, True])[1]
        inside += e.conf_low <= truth <= e.conf_high
    assert inside / 800 == pytest.approx(0.95, abs=0.03)


def test_std_error_of_specific_agreement_is_near_the_jackknife():
    first, second = draw_reads(8, readers=2, cases=300, categories=2)
    left = [specific_agreement(np.delete(first, i), np.delete(second, i))[1].estimate for i in range(300)]
    error = math.sqrt(299 / 300 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert specific_agreement(first, second)[1].std_error == pytest.approx(error, rel=0.02)


def test_missing_reads():
    first, second = draw_reads(3, readers=2)
    gaps = [*first, None, 1], [*second, 1, math.nan]
    for function in (pabak, kappa_maximum):
        assert function(*gaps).to_dict() == function(first, second).to_dict()
    assert [e.to_dict() for e in specific_agreement(*gaps)] == [e.to_dict() for e in specific_agreement(first, second)]


def test_degenerate():
    for e in (pabak([], []), kappa_maximum([None, 1], [1, None]), *prevalence_and_bias([], [])):
        assert math.isnan(e.estimate)
        assert e.note == "no case was read by both"
    assert specific_agreement([], []) == []
    e = pabak([1, 1], [1, 1])
    assert math.isnan(e.estimate)
    assert math.isnan(e.conf_low)
    assert e.note == "one category is known only: undefined"
    e = pabak([1, 1], [1, 1], categories=[0, 1])
    assert e.estimate == e.conf_high == 1
    assert 0 > e.conf_low > -1
    assert "one category only" in kappa_maximum([1, 1], [1, 1]).note
    unused, used = specific_agreement([1, 1], [1, 1], categories=[0, 1])
    assert math.isnan(unused.estimate)
    assert unused.note == "nobody used this category: undefined"
    assert (used.estimate, used.conf_high) == (1, 1)
    assert used.conf_low < 1
    never = specific_agreement([0, 1], [1, 0])[0]
    assert (never.estimate, never.conf_low) == (0, 0)
    assert [e.estimate for e in prevalence_and_bias([1, 1], [1, 1])] == [1, 0]


def test_wrong_input():
    with pytest.raises(ValueError, match="not one length: ratings has 2, versus has 1"):
        pabak([0, 1], [0])
    with pytest.raises(ValueError, match="not among the categories"):
        kappa_maximum([0, 1], [0, 3], categories=[0, 1])
    with pytest.raises(ValueError, match=r"of two categories, got \[0, 1, 2\]"):
        prevalence_and_bias([0, 1], [0, 2])
    with pytest.raises(ValueError, match="Did you mean 'wilson'"):
        specific_agreement([0, 1], [0, 1], method="wilsn")
