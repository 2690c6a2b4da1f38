import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats.diagnostic import sensitivity, specificity
from readerstudy.stats.paired import INTERVALS, mcnemar, paired_difference
from readerstudy.stats.reclassification import reclassification, reclassification_table


@pytest.fixture(scope="module")
def reads():
    rng = np.random.default_rng(2)
    truth = rng.random(160) < 0.4
    unaided = rng.integers(1, 6, 160)
    aided = np.clip(unaided + rng.integers(-1, 2, 160) + (truth & (rng.random(160) < 0.4)), 1, 5)
    return truth, aided, unaided


@pytest.mark.parametrize("method", INTERVALS)
def test_two_categories_are_sensitivity_and_specificity(reads, method):
    truth, aided, unaided = reads[0], reads[1] >= 3, reads[2] >= 3
    nri, events, others, better, worse, net = reclassification(truth, aided, unaided, method=method)
    assert events.estimate == pytest.approx(sensitivity(truth, aided).estimate - sensitivity(truth, unaided).estimate)
    assert others.estimate == pytest.approx(specificity(truth, aided).estimate - specificity(truth, unaided).estimate)
    assert nri.estimate == pytest.approx(events.estimate + others.estimate)
    if method != "newcombe":  # which needs to know how many were called by both
        paired = paired_difference(aided[truth], unaided[truth], method=method)
        assert (events.conf_low, events.conf_high) == pytest.approx((paired.conf_low, paired.conf_high))
        paired = paired_difference(~aided[~truth], ~unaided[~truth], method=method)
        assert (others.conf_low, others.conf_high) == pytest.approx((paired.conf_low, paired.conf_high))
    assert events.p_value == pytest.approx(mcnemar(aided[truth], unaided[truth]).p_value)
    right, before = aided == truth, unaided == truth
    assert net.estimate == pytest.approx(right.mean() - before.mean())
    assert net.p_value == pytest.approx(mcnemar(right, before).p_value)
    assert (better.count, worse.count) == ((right & ~before).sum(), (before & ~right).sum())
    exact = stats.binomtest(int(better.count), 160).proportion_ci(method="exact")
    assert (better.conf_low, better.conf_high) == pytest.approx((exact.low, exact.high))


def test_ratings_naively(reads):
    truth, aided, unaided = reads
    moves = {True: [0, 0, 0], False: [0, 0, 0]}
    for t, a, u in zip(truth.tolist(), aided.tolist(), unaided.tolist(), strict=True):
        moves[t][0 if a == u else 1 if a > u else 2] += 1
    (same1, up1, down1), (same0, up0, down0) = moves[True], moves[False]
    n1, n0 = same1 + up1 + down1, same0 + up0 + down0
    nri = reclassification(truth, aided, unaided)[0]
    assert nri.estimate == pytest.approx((up1 - down1) / n1 + (down0 - up0) / n0)
    z = nri.estimate / math.sqrt((up1 + down1) / n1**2 + (up0 + down0) / n0**2)
    assert (nri.statistic, nri.p_value) == pytest.approx((z, 2 * stats.norm.sf(abs(z))))
    variance = sum(((u + d) / n - ((u - d) / n) ** 2) / n for u, d, n in ((up1, down1, n1), (up0, down0, n0)))
    assert nri.std_error == pytest.approx(math.sqrt(variance))
    words = ["a", "b", "c", "d", "e"]
    named = [[words[x - 1] for x in values.tolist()] for values in (aided, unaided)]
    for e, other in zip(
        reclassification(truth, *named, categories=words), reclassification(truth, aided, unaided), strict=True
    ):
        assert e.to_dict() == other.to_dict()
        assert e.measure in MEASURES
        assert e.method in METHOD_NAMES
        assert (e.test_method or e.method) in METHOD_NAMES


def test_table(reads):
    truth, aided, unaided = reads
    table = reclassification_table(truth, aided, unaided)
    assert table.to_numpy().sum() == 160
    for t in (False, True):
        for u in range(1, 6):
            for a in range(1, 6):
                assert table.loc[(t, u), a] == ((truth == t) & (unaided == u) & (aided == a)).sum()


def test_coverage_and_level_by_simulation():
    rng = np.random.default_rng(3)
    truth = np.repeat([True, False], [50, 80])
    true, covered, rejected = 0.1, 0, 0
    for _ in range(800):
        u = rng.random(130)
        up, down = u < np.where(truth, 0.2, 0.1), u > np.where(truth, 0.9, 0.9)
        e = reclassification(truth, 1 + up - down.astype(int), np.ones(130, dtype=int))[0]
        covered += e.conf_low <= true <= e.conf_high
        null = reclassification(truth, 1 + (u < 0.15) - (u > 0.85).astype(int), np.ones(130, dtype=int))[0]
        rejected += null.p_value < 0.05
    assert covered / 800 == pytest.approx(0.95, abs=0.025)
    assert rejected / 800 == pytest.approx(0.05, abs=0.025)


def test_exchanged_readings_change_the_sign(reads):
    truth, aided, unaided = reads
    ours, other = reclassification(truth, aided, unaided), reclassification(truth, unaided, aided)
    for k in (0, 1, 2, 5):
        assert (ours[k].estimate, ours[k].conf_low, ours[k].p_value) == pytest.approx(
            (-other[k].estimate, -other[k].conf_high, other[k].p_value), abs=1e-12
        )
    assert ours[3].estimate == other[4].estimate


def test_degenerate():
    nri, events, others, better, _, net = reclassification([1, 0, 1], [1, 0, 0], [1, 0, 0])
    for e in (nri, events, others, net):
        assert (e.estimate, e.p_value) == (0, 1)
        assert "no case moved" in e.note
        assert e.conf_low <= 0 <= e.conf_high
    assert (better.estimate, better.conf_low) == (0, 0)
    nri, events, others, *_ = reclassification([1, 1], [1, 0], [0, 0])
    assert others.note == nri.note == "undefined: no negative case"
    assert events.estimate == 0.5
    for e in reclassification([], [], []):
        assert math.isnan(e.estimate)
        assert e.note


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([1, 0], ["a", "b"], ["a", "a"]), {}, "categories must say the order"),
        (([1, 0], ["a", "c"], ["a", "a"]), {"categories": ["a", "b"]}, "'c', which is not among"),
        (([1, 0], [1, None], [1, 1]), {}, "call is missing"),
        (([1, 0], [1], [1, 1]), {}, "not one length"),
        (([1, 0], [1, 0], [1, 1]), {"method": "delong"}, "method"),
    ],
)
def test_wrong_input(arguments, options, said):
    with pytest.raises(ValueError, match=said):
        reclassification(*arguments, **options)


def test_all_cases_went_in_and_some_are_the_denominator():
    found = {e.measure: e for e in reclassification([1, 1, 1, 0, 0], [1, 1, 0, 0, 1], [0, 1, 0, 1, 1])}
    assert {e.n_cases for e in found.values()} == {5}
    assert [found[name].total for name in ("nri_events", "nri_non_events", "net_change")] == [3, 2, 5]


def test_missing_and_mixed_readings_are_said():
    with pytest.raises(ValueError, match="call is missing at position 2"):
        reclassification([1, 0, 1], pd.array([True, False, pd.NA], dtype="boolean"), [1, 0, 1])
    with pytest.raises(ValueError, match="categories must say the order"):
        reclassification([1, 0, 1], [1, 0, "1"], [1, 0, 1])
