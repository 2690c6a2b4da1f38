import math
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as their_fleiss

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats.adjusted_kappa import pabak
from readerstudy.stats.agreement import kappa
from readerstudy.stats.krippendorff import krippendorff_alpha
from readerstudy.stats.multirater import conger_kappa, fleiss_kappa, gwet_ac, light_kappa
from readerstudy.stats.observed_agreement import brennan_prediger, pairwise_agreement, unanimous_agreement
from stats.readers import draw_reads, jackknife

WEIGHTS = [None, "linear", "quadratic", "ordinal"]
FUNCTIONS = [fleiss_kappa, conger_kappa, light_kappa, gwet_ac, brennan_prediger, pairwise_agreement]
ALL = [*FUNCTIONS, unanimous_agreement, krippendorff_alpha]
each = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
each_of_all = pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)


def weight(i, j, k, weights):
    d = abs(i - j)
    if weights == "ordinal":
        return 1 - math.comb(d + 1, 2) / math.comb(k, 2)
    return 1 - {None: float(d > 0), "linear": d / (k - 1), "quadratic": (d / (k - 1)) ** 2}[weights]


def naive(reads, k, weights):
    """Every coefficient, pair by pair of reads."""
    cases = [[int(x) for x in column if x == x] for column in reads.T]
    cases = [case for case in cases if case]

    def w(i, j):
        return weight(i, j, k, weights)

    agreement = [np.mean([w(a, b) for a, b in permutations(case, 2)]) for case in cases if len(case) > 1]
    po = np.mean(agreement)
    pi = [np.mean([case.count(c) / len(case) for case in cases]) for c in range(k)]
    own = [[np.mean([x == c for x in line if x == x]) for c in range(k)] for line in reads]
    cells = [(i, j) for i in range(k) for j in range(k)]
    mean_weight = sum(w(i, j) for i, j in cells) / k**2
    chance = {
        "fleiss_kappa": sum(w(i, j) * pi[i] * pi[j] for i, j in cells),
        "conger_kappa": np.mean([
            sum(w(i, j) * p[i] * q[j] for i, j in cells) for p, q in permutations(own, 2)
        ]),
        "gwet_ac": mean_weight * k / (k - 1) * sum(p * (1 - p) for p in pi),
        "brennan_prediger": mean_weight,
        "pairwise_agreement": 0.0,
    }  # fmt: skip
    found = {name: (po - pe) / (1 - pe) for name, pe in chance.items()}
    pairs = []
    for a, b in combinations(reads, 2):
        calls = [(int(x), int(y)) for x, y in zip(a, b, strict=True) if x == x and y == y]
        observed = np.mean([w(x, y) for x, y in calls])
        expected = np.mean([w(x, y) for x, _ in calls for _, y in calls])
        pairs.append((observed - expected) / (1 - expected))
    return found | {"light_kappa": np.mean(pairs)}


@each
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("missing", [0, 0.25])
def test_it_is_the_naive_one(function, weights, missing):
    reads = draw_reads(5, missing=missing)
    e = function(reads, weights=weights, categories=[0, 1, 2, 3])
    assert e.estimate == pytest.approx(naive(reads, 4, weights)[function.__name__], rel=1e-12)
    assert MEASURES[e.measure].low <= e.conf_low < e.conf_high <= 1
    assert e.df == e.n_cases - 1
    assert e.method in METHOD_NAMES


@each
@pytest.mark.parametrize("weights", [None, "quadratic"])
@pytest.mark.parametrize("missing", [0, 0.2])
def test_standard_error_is_near_the_jackknife(function, weights, missing):
    reads = draw_reads(8, cases=150, missing=missing)
    twice = (reads == reads).sum(axis=0) >= 2
    options = {"weights": weights, "categories": [0, 1, 2, 3]}
    expected = jackknife(lambda part: function(part, **options).estimate, reads[:, twice])
    assert function(reads[:, twice], **options).std_error == pytest.approx(expected, rel=0.02)
    # Gwet's takes a case read once for a case without agreement.
    assert function(reads, **options).std_error > 0.98 * jackknife(lambda p: function(p, **options).estimate, reads)


def test_fleiss_is_that_of_statsmodels():
    reads = draw_reads(1)
    expected = their_fleiss(aggregate_raters(reads.T.astype(int), n_cat=4)[0])
    assert fleiss_kappa(reads).estimate == pytest.approx(expected, rel=1e-12)


def test_standard_error_by_chance_is_that_of_simulation():
    rng = np.random.default_rng(4)
    found = [fleiss_kappa(rng.choice(3, p=[0.5, 0.3, 0.2], size=(4, 40))).statistic for _ in range(1500)]
    assert np.mean(found) == pytest.approx(-0.15, abs=0.1)  # the small-sample bias of kappa
    assert np.std(found) == pytest.approx(1, abs=0.08)


@pytest.mark.parametrize("function", [fleiss_kappa, conger_kappa, light_kappa, gwet_ac], ids=lambda f: f.__name__)
def test_coverage(function):
    """Of a population of 3000 cases, samples of 60: the interval holds its value 95 times of 100."""
    population = draw_reads(2, readers=3, cases=3000, categories=3, agree=0.7)
    truth = function(population).estimate
    rng = np.random.default_rng(3)
    samples = [function(population[:, rng.integers(3000, size=60)]) for _ in range(400)]
    assert np.mean([e.conf_low <= truth <= e.conf_high for e in samples]) == pytest.approx(0.95, abs=0.035)


def test_fleiss_by_chance_or_by_cases():
    complete, gaps = draw_reads(3), draw_reads(3, missing=0.1)
    assert fleiss_kappa(complete).test_method == "fleiss-null-variance"
    assert fleiss_kappa(complete).statistic != pytest.approx(
        fleiss_kappa(complete).estimate / fleiss_kappa(complete).std_error
    )
    for e in (fleiss_kappa(gaps), fleiss_kappa(complete, weights="linear")):
        assert e.test_method is None
        assert e.statistic == pytest.approx(e.estimate / e.std_error)


def test_two_readers():
    first, second = draw_reads(6, readers=2)
    cohen = kappa(first, second)
    assert conger_kappa([first, second]).estimate == pytest.approx(cohen.estimate)
    assert light_kappa([first, second]).estimate == pytest.approx(cohen.estimate)
    assert conger_kappa([first, second]).std_error == pytest.approx(cohen.std_error * math.sqrt(50 / 49))
    assert brennan_prediger([first, second]).estimate == pytest.approx(pabak(first, second).estimate)
    p = (np.bincount(first.astype(int)) + np.bincount(second.astype(int))) / 100
    scott = (np.mean(first == second) - p @ p) / (1 - p @ p)
    assert fleiss_kappa([first, second]).estimate == pytest.approx(scott)


@each_of_all
def test_order_of_readers_and_cases_does_not_matter(function):
    reads = draw_reads(7, missing=0.1)
    rng = np.random.default_rng(0)
    e, mixed = function(reads), function(reads[rng.permutation(4)][:, rng.permutation(50)])
    assert mixed.estimate == pytest.approx(e.estimate)
    assert (mixed.conf_low, mixed.conf_high) == pytest.approx((e.conf_low, e.conf_high))


@each_of_all
def test_words_or_numbers_lists_or_tables(function):
    reads = draw_reads(7, missing=0.1)
    words = [["abcd"[int(x)] if x == x else None for x in line] for line in reads]
    e = function(reads)
    for other in (reads.tolist(), pd.DataFrame(reads), words, [[w or math.nan for w in line] for line in words]):
        assert function(other).to_dict() == pytest.approx(e.to_dict(), nan_ok=True)


@each
def test_one_sided(function):
    reads = draw_reads(9)
    both = function(reads, conf_level=0.9)
    lower, upper = function(reads, alternative="greater"), function(reads, alternative="less")
    assert (lower.conf_low, lower.conf_high) == pytest.approx((both.conf_low, 1))
    assert (upper.conf_low, upper.conf_high) == pytest.approx((MEASURES[both.measure].low, both.conf_high))
    if not math.isnan(both.p_value):
        assert lower.p_value == pytest.approx(both.p_value / 2)
        assert upper.p_value == pytest.approx(1 - both.p_value / 2)


@each_of_all
def test_cases_that_nobody_read_change_nothing(function):
    reads = draw_reads(11)
    padded = np.hstack([reads, np.full((4, 3), np.nan)])
    assert function(padded).to_dict() == function(reads).to_dict()


DEGENERATE = {
    "no case": [[], []],
    "no reader": np.empty((0, 3)),
    "one reader": [[0, 1, 0, 1]],
    "nothing read": np.full((3, 4), np.nan),
    "never two reads of a case": [[0, 1, None, None], [None, None, 1, 0]],
    "one case": [[1], [0], [1]],
    "one category": [[1, 1, 1], [1, 1, 1]],
    "each reader a category": [[0, 0, 0], [1, 1, 1]],
    "perfect": [[0, 1, 2, 1], [0, 1, 2, 1], [0, 1, 2, 1]],
    "opposite": [[0, 1, 0, 1], [1, 0, 1, 0]],
    "a reader read nothing": [[0, 1, 1, 0, 1], [0, 1, 0, 0, 1], [None] * 5],
    "readers apart": [[0, 1, 1, None, None, None], [0, 1, 0, 0, 0, 1], [None, None, None, 1, 0, 1]],
    "one case read twice": [[0, None, None, 0, 0], [1, 0, 0, None, None]],
    "words": [["a", "b", "a"], ["a", "b", "b"]],
}


@each_of_all
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate(function, name):
    e = function(DEGENERATE[name])
    facts = MEASURES[e.measure]
    for value in (e.estimate, e.conf_low, e.conf_high):
        assert math.isnan(value) or facts.low - 1e-9 <= value <= facts.high + 1e-9
    assert not math.isinf(e.statistic)
    assert not (e.conf_low == facts.low and e.conf_high == facts.high and not e.note)
    if math.isnan(e.estimate) or math.isnan(e.conf_low) or e.conf_low == e.conf_high:
        assert e.note


def test_what_the_notes_say():
    assert light_kappa(DEGENERATE["readers apart"]).note == (
        "left out, having read no case in common: 1 pairs of readers"
    )
    assert fleiss_kappa(DEGENERATE["a reader read nothing"]).note == "left out, having read no case: reader 3"
    assert fleiss_kappa(DEGENERATE["perfect"]).note == "the standard error is 0: the interval has no width"
    assert conger_kappa(DEGENERATE["perfect"]).note == "the standard error is 0: the interval has no width; no test"
    assert "leaves no room" in fleiss_kappa([[0] + [0] * 10, [1] + [None] * 10]).note
    assert light_kappa([[0, 0, 1], [0, 0, None], [0, 0, 1]]).note == (
        "kappa of readers 1 and 2 is undefined: both used one category only"
    )


def test_one_category_of_two():
    e = gwet_ac([[0, 0, 0], [0, 0, 0]], categories=[0, 1])
    assert (e.estimate, e.conf_low, e.conf_high) == (1, 1, 1)
    assert "no width" in e.note


def test_ac_depends_on_the_number_of_categories():
    reads = draw_reads(4, categories=2)
    assert gwet_ac(reads, categories=[0, 1, 2]).estimate > gwet_ac(reads).estimate
    assert gwet_ac(reads).measure == "gwet_ac1"
    assert gwet_ac(reads, weights="linear").measure == "gwet_ac2"


@pytest.mark.parametrize(
    ("reads", "options", "message"),
    [
        ([0, 1, 1], {}, r"ratings must have two dimensions \(n_readers, n_cases\), got shape \(3,\)"),
        ([[0, 1], [0]], {}, "every reader needs one rating a case"),
        ([[0, 3], [0, 1]], {"categories": [0, 1]}, "ratings hold 3"),
        ([[0, 1], [0, 1]], {"weights": "quadratc"}, "Did you mean 'quadratic'"),
        ([[0, 1], [0, 1]], {"conf_level": 95}, "0.95 for 95 %"),
        ([[0, 1], [0, 1]], {"alternative": "more"}, "alternative is 'more'"),
    ],
)
@each
def test_wrong_input(function, reads, options, message):
    with pytest.raises(ValueError, match=message):
        function(reads, **options)
