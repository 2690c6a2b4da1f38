import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from readerstudy.estimate import Estimate
from readerstudy.stats.multiplicity import METHODS, adjust

THEIRS = {"holm": "holm", "hochberg": "simes-hochberg", "bonferroni": "bonferroni", "bh": "fdr_bh"}
some_p = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.01, 0.05, 1.0]), min_size=1, max_size=12)


@pytest.mark.parametrize("method", THEIRS)
@given(p=some_p)
def test_adjusted_as_by_statsmodels(method, p):
    assert adjust(p, method) == pytest.approx(multipletests(p, method=THEIRS[method])[1], rel=1e-12, abs=1e-300)


def closed(p):
    """Holm by the closure principle: every intersection hypothesis tested by Bonferroni's inequality."""
    found = np.zeros(len(p))
    for size in range(1, len(p) + 1):
        for subset in itertools.combinations(range(len(p)), size):
            found[list(subset)] = np.maximum(found[list(subset)], min(1, size * min(p[i] for i in subset)))
    return found


@pytest.mark.parametrize("p", [[0.01, 0.04, 0.03], [0.02, 0.02, 0.5, 0.001], [1, 1], [0, 0.2], [0.05]])
def test_holm_by_closure(p):
    assert adjust(p) == pytest.approx(closed(p))


@given(p=some_p, data=st.data())
def test_order_does_not_matter_and_nothing_gets_smaller(p, data):
    order = data.draw(st.permutations(range(len(p))))
    for method in METHODS:
        found = adjust(p, method)
        assert adjust(np.array(p)[list(order)], method) == pytest.approx(found[list(order)])
        assert (found >= np.array(p) - 1e-15).all()
        assert (found <= 1).all()
    assert (adjust(p, "hochberg") <= adjust(p, "holm") + 1e-15).all()
    assert (adjust(p, "bh") <= adjust(p, "hochberg") + 1e-15).all()
    assert (adjust(p, "holm") <= adjust(p, "bonferroni") + 1e-15).all()


def naive_gates(p, families, alpha):
    """Family after family, Holm within each, until one hypothesis is not rejected."""
    rejected, is_open = [False] * len(p), True
    for family in dict.fromkeys(families):
        rows = [i for i, f in enumerate(families) if f == family]
        for step, i in enumerate(sorted(rows, key=lambda i: p[i])):
            if not is_open or p[i] * (len(rows) - step) > alpha:
                break
            rejected[i] = True
        is_open = is_open and all(rejected[i] for i in rows)
    return rejected


@given(p=st.lists(st.floats(0.0001, 0.2), min_size=1, max_size=8), data=st.data())
def test_gatekeeping_is_the_naive_procedure(p, data):
    families = data.draw(st.lists(st.sampled_from("abc"), min_size=len(p), max_size=len(p)))
    for alpha in (0.01, 0.05, 0.2):
        assert (adjust(p, families=families) <= alpha).tolist() == naive_gates(p, families, alpha)


def test_a_fixed_sequence():
    assert adjust([0.01, 0.2, 0.001], families=[1, 2, 3]).tolist() == [0.01, 0.2, 0.2]


def test_family_wise_error_by_simulation():
    """Ten true hypotheses, 4,000 times: any rejection in about 5 %; gated in two families no more."""
    p = np.random.default_rng(1).random((4000, 10))
    for method in ("holm", "hochberg", "bonferroni"):
        assert np.mean([(adjust(row, method) < 0.05).any() for row in p]) == pytest.approx(0.05, abs=0.012)
    gated = [(adjust(row, families=[0] * 3 + [1] * 7) < 0.05).any() for row in p[:2000]]
    assert np.mean(gated) < 0.065


@pytest.mark.parametrize("method", METHODS)
def test_untested_hypotheses(method):
    found = adjust([0.01, math.nan, 0.04], method)
    assert math.isnan(found[1])
    assert found[[0, 2]] == pytest.approx(adjust([0.01, 0.04], method))
    assert np.isnan(adjust([math.nan], method)).all()
    assert adjust([], method).shape == (0,)


def test_what_was_not_tested_closes_the_gate():
    assert adjust([0.01, math.nan, 0.02], families="aab") == pytest.approx([0.01, math.nan, 1], nan_ok=True)


def test_estimates_keep_their_own_p_value():
    records = [Estimate(measure="auc_difference", p_value=p, reader=name) for p, name in ((0.01, "A"), (0.03, "B"))]
    found = adjust(records, "bonferroni")
    assert [(e.reader, e.p_value, e.p_adjusted) for e in found] == [("A", 0.01, 0.02), ("B", 0.03, 0.06)]


@pytest.mark.parametrize(
    ("p", "options", "message"),
    [
        ([0.1, 1.2], {}, "p_values must lie between 0 and 1, got .*1.2.* at position 1"),
        ([[0.1]], {}, "one dimension"),
        ([0.1], {"method": "hochberk"}, "Did you mean 'hochberg'"),
        ([0.1], {"families": [1, 2]}, "p_values has 1, families has 2"),
        ([0.1], {"families": [1], "method": "bh"}, "cannot be gated by 'bh'"),
    ],
)
def test_wrong_input(p, options, message):
    with pytest.raises(ValueError, match=message):
        adjust(p, **options)
