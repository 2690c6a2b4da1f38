import math

import numpy as np
import pytest

from readerstudy.stats.agreement import kappa
from readerstudy.stats.kappa_difference import compare_kappa
from stats.readers import draw_reads, jackknife

WEIGHTS = [None, "linear", "quadratic"]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_difference_and_jackknife(weights):
    reads = draw_reads(3, cases=150)
    options = {"weights": weights, "categories": [0, 1, 2, 3]}
    first, second = (kappa(*reads[pair], **options).estimate for pair in ([0, 1], [2, 3]))
    e = compare_kappa(*reads, **options)
    assert e.estimate == pytest.approx(first - second)
    error = jackknife(lambda part: compare_kappa(*part, **options).estimate, reads)
    assert e.std_error == pytest.approx(error, rel=0.02)
    assert e.statistic == pytest.approx(e.estimate / e.std_error)


def test_the_variance_by_the_table_of_all_four():
    """Delta method with numerical derivatives of the multinomial cells, as weighted least squares does."""
    reads = draw_reads(4, readers=3, cases=80, categories=2)
    truth, first, second = reads.astype(int)
    n = len(truth)
    cells = np.bincount(4 * truth + 2 * first + second, minlength=8) / n

    def difference(p):
        cube = p.reshape(2, 2, 2)
        found = []
        for table in (cube.sum(axis=2), cube.sum(axis=1)):
            total = table.sum()
            pe = table.sum(axis=1) @ table.sum(axis=0) / total**2
            found.append((np.trace(table) / total - pe) / (1 - pe))
        return found[0] - found[1]

    step = 1e-6
    slope = np.array([(difference(cells + step * e) - difference(cells - step * e)) / (2 * step) for e in np.eye(8)])
    variance = (cells @ slope**2 - (cells @ slope) ** 2) / n
    e = compare_kappa(first, truth, second)
    assert e.estimate == pytest.approx(difference(cells))
    assert e.std_error**2 == pytest.approx(variance * n / (n - 1), rel=1e-6)


def test_coverage_and_type_one_error():
    """Two readers as good as each other, of the same cases; and one better."""
    rng = np.random.default_rng(5)
    reject = 0
    for _ in range(600):
        truth = rng.integers(3, size=60)
        first, second = (np.where(rng.random(60) < 0.7, truth, rng.integers(3, size=60)) for _ in range(2))
        reject += compare_kappa(first, truth, second).p_value < 0.05
    assert reject / 600 == pytest.approx(0.05, abs=0.03)


def test_sign_swap_and_pairing():
    truth, first, second = draw_reads(6, readers=3)
    e, other = compare_kappa(first, truth, second), compare_kappa(second, truth, first)
    assert (other.estimate, other.conf_low) == pytest.approx((-e.estimate, -e.conf_high))
    assert other.p_value == pytest.approx(e.p_value)
    assert compare_kappa(first, truth, second, truth).to_dict() == e.to_dict()


def test_same_pair_twice():
    truth, first = draw_reads(6, readers=2)
    e = compare_kappa(first, truth, first)
    assert (e.estimate, e.std_error, e.p_value, e.conf_low, e.conf_high) == (0, 0, 1, 0, 0)
    assert "equal case by case" in e.note


def test_missing_reads_and_words():
    truth, first, second = draw_reads(7, readers=3)
    e = compare_kappa(first, truth, second)
    gaps = [[*truth, 1, 2, None], [*first, None, 2, 1], [*second, 1, math.nan, 1]]
    assert compare_kappa(gaps[1], gaps[0], gaps[2]).to_dict() == e.to_dict()
    words = [["abcd"[int(x)] for x in line] for line in (first, truth, second)]
    assert compare_kappa(*words).to_dict() == e.to_dict()


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (([], [], []), "no case was read by all"),
        (([1, None], [None, 1], [1, 1]), "no case was read by all"),
        (([1, 1, 1], [1, 1, 1], [0, 1, 1]), "both of the first pair used one category only: undefined"),
        (([0, 1, 1], [1, 1, 1], [1, 1, 1]), "both of the second pair used one category only: undefined"),
        (([0], [1], [1]), "both of the second pair used one category only: undefined"),
        (([0, 1, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0]), "the standard error is 0: the interval has no width; no test"),
    ],
)
def test_degenerate(lines, note):
    e = compare_kappa(*lines)
    assert e.note == note
    assert math.isnan(e.p_value)


def test_one_sided():
    truth, first, second = draw_reads(9, readers=3)
    both = compare_kappa(first, truth, second, conf_level=0.9)
    lower = compare_kappa(first, truth, second, alternative="greater")
    assert (lower.conf_low, lower.conf_high) == pytest.approx((both.conf_low, 2))


def test_wrong_input():
    with pytest.raises(ValueError, match="not one length: ratings has 2, truth has 1"):
        compare_kappa([0, 1], [0], [0, 1])
    with pytest.raises(ValueError, match="not among the categories"):
        compare_kappa([0, 1], [0, 1], [0, 3], categories=[0, 1])
    with pytest.raises(ValueError, match="weights is 'cubic'"):
        compare_kappa([0, 1], [0, 1], [0, 1], weights="cubic")
