import math

import numpy as np
import pytest

from readerstudy.stats.decision import compare_net_benefit, net_benefit


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    truth = rng.random(200) < 0.3
    prob = np.clip(rng.normal(0.25 + 0.3 * truth, 0.2), 0, 1)
    return truth.astype(int), prob, np.clip(prob + rng.normal(0, 0.15, 200), 0, 1)


def naive(truth, prob, threshold):
    gain = 0.0
    for y, p in zip(truth, prob, strict=True):
        if p >= threshold:
            gain += 1 if y else -threshold / (1 - threshold)
    return gain / len(truth)


def only(records, measure="net_benefit"):
    return [e for e in records if e.measure == measure]


THRESHOLDS = [0.05, 0.2, 0.5, 0.8]


def test_net_benefit_naively(data):
    truth, prob, versus = data
    records = net_benefit(truth, prob, THRESHOLDS, n_boot=50)
    for threshold, e, everyone in zip(THRESHOLDS, only(records), only(records, "net_benefit_treat_all"), strict=True):
        assert e.estimate == pytest.approx(naive(truth, prob, threshold))
        assert everyone.estimate == pytest.approx(naive(truth, np.ones(200), threshold))
        assert (e.threshold, e.method, e.n_cases) == (threshold, "bootstrap", 200)
    for threshold, e in zip(THRESHOLDS, compare_net_benefit(truth, prob, versus, THRESHOLDS, n_boot=50), strict=True):
        assert e.estimate == pytest.approx(naive(truth, prob, threshold) - naive(truth, versus, threshold))


def test_bootstrap_by_drawing_the_cases(data):
    truth, prob, versus = data
    rng, reps = np.random.default_rng(1), 3000
    rows = rng.integers(0, 200, (reps, 200))
    weight = 0.2 / 0.8
    for e, contribution in (
        (only(net_benefit(truth, prob, 0.2, n_boot=reps))[0], (prob >= 0.2) * np.where(truth, 1, -weight)),
        (
            compare_net_benefit(truth, prob, versus, 0.2, n_boot=reps)[0],
            ((prob >= 0.2) * 1.0 - (versus >= 0.2)) * np.where(truth, 1, -weight),
        ),
    ):
        drawn = contribution[rows].mean(axis=1)
        # Two Monte-Carlo answers: a tail quantile errs by about 2.7 / sqrt(reps) of the standard error.
        allowed = 4 * math.sqrt(2) * 2.7 / math.sqrt(reps) * drawn.std()
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=allowed)
        assert e.std_error == pytest.approx(drawn.std(), rel=0.06)


def test_at_another_prevalence(data):
    truth, prob, versus = data
    sensitivity, false = np.mean(prob[truth == 1] >= 0.2), np.mean(prob[truth == 0] >= 0.2)
    e = only(net_benefit(truth, prob, 0.2, prevalence=0.05))[0]
    assert e.estimate == pytest.approx(0.05 * sensitivity - 0.95 * false * 0.25)
    assert e.note == "at a prevalence of 5 %"
    parts = 0.05**2 * sensitivity * (1 - sensitivity) / truth.sum()
    parts += (0.95 * 0.25) ** 2 * false * (1 - false) / (200 - truth.sum())
    assert e.std_error == pytest.approx(math.sqrt(parts))
    assert (e.conf_high - e.conf_low) / 2 / 1.96 == pytest.approx(e.std_error, rel=0.1)
    own = only(net_benefit(truth, prob, 0.2, prevalence=truth.mean()))[0]
    assert own.estimate == pytest.approx(naive(truth, prob, 0.2))
    difference = compare_net_benefit(truth, prob, versus, 0.2, prevalence=0.05)[0]
    other = only(net_benefit(truth, versus, 0.2, prevalence=0.05))[0]
    assert difference.estimate == pytest.approx(e.estimate - other.estimate)


def test_coverage():
    rng = np.random.default_rng(9)
    covered, reps = 0, 500
    for k in range(reps):
        truth = rng.random(150) < 0.3
        call = rng.random(150) < np.where(truth, 0.8, 0.2)
        e = net_benefit(truth, call, 0.25, n_boot=500, rng=k)[0]
        covered += e.conf_low <= 0.3 * 0.8 - 0.7 * 0.2 / 3 <= e.conf_high
    assert covered / reps == pytest.approx(0.95, abs=0.035)


def test_a_readers_calls_are_the_same_at_every_threshold():
    truth, call = [1, 1, 0, 0, 0], [True, False, True, False, False]
    found = only(net_benefit(truth, call, [0.1, 0.5, 0.9]))
    assert [e.estimate for e in found] == pytest.approx([(1 - 1 / 9) / 5, 0, (1 - 9) / 5])


def test_seed():
    truth, prob = [1, 0, 1, 0, 0], [0.9, 0.4, 0.3, 0.6, 0.1]
    first, second, other = (
        net_benefit(truth, prob, 0.2, rng=seed, n_boot=200) for seed in (1, 1, np.random.default_rng(2))
    )
    assert [e.to_dict() for e in first] == [e.to_dict() for e in second]
    assert len(other) == 2


@pytest.mark.parametrize("prevalence", [None, 0.1])
@pytest.mark.parametrize(
    ("truth", "prob"),
    [([], []), ([1], [0.9]), ([0, 0], [0.9, 0.1]), ([1, 1], [0.9, 0.1]), ([1, 0], [0.0, 0.0]), ([1, 0], [1.0, 1.0])],
)
def test_degenerate(truth, prob, prevalence):
    records = net_benefit(truth, prob, [0.05, 0.5], prevalence=prevalence, n_boot=20)
    records += compare_net_benefit(truth, prob, prob, 0.5, prevalence=prevalence, n_boot=20)
    for e in records:
        assert e.note or e.conf_low < e.conf_high
        assert not np.isinf([e.estimate, e.conf_low, e.conf_high, e.statistic]).any()
        if math.isnan(e.estimate):
            assert e.note in ("no case", "undefined at another prevalence: no positive case",
                              "undefined at another prevalence: no negative case")  # fmt: skip
        else:
            assert e.conf_low <= e.estimate <= e.conf_high <= 1


def test_equal_predictions(data):
    e = compare_net_benefit(data[0], data[1], data[1], 0.3)[0]
    assert (e.estimate, e.conf_low, e.conf_high, e.p_value) == (0, 0, 0, 1)
    assert e.note == "no variation among the replicates: the interval has no width"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"thresholds": 0}, "thresholds must lie strictly between 0 and 1"),
        ({"thresholds": [0.2, 1]}, "thresholds must lie strictly"),
        ({"thresholds": math.nan}, "thresholds must lie strictly"),
        ({"thresholds": 0.5, "prevalence": 1}, "prevalence must lie strictly"),
        ({"thresholds": 0.5, "n_boot": 0}, "n_boot must be a whole number, 1 or more"),
        ({"thresholds": 0.5, "conf_level": 95}, "such as 0.95"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        net_benefit([0, 1], [0.1, 0.2], **options)
    with pytest.raises(ValueError, match=message):
        compare_net_benefit([0, 1], [0.1, 0.2], [0.1, 0.2], **options)


def test_wrong_arrays():
    with pytest.raises(ValueError, match=r"versus must be probabilities between 0 and 1, got .*3"):
        compare_net_benefit([0, 1], [0.1, 0.2], [0.1, 3], 0.5)
    with pytest.raises(ValueError, match="not one length: truth has 2, prob has 1"):
        net_benefit([0, 1], [0.1], 0.5)
