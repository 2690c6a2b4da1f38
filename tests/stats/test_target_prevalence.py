import math

import numpy as np
import pytest
from scipy import stats

from readerstudy.measures import MEASURES, METHOD_NAMES
from readerstudy.stats import diagnostic
from readerstudy.stats.decision import net_benefit
from readerstudy.stats.proportion import METHODS, proportion
from readerstudy.stats.target_prevalence import accuracy_at, net_benefit_at, recalibrate


def arrays(tp, fp, fn, tn):
    return np.repeat([1, 0, 1, 0], [tp, fp, fn, tn]), np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])


TABLES = [(40, 8, 13, 62), (240, 87, 178, 288), (10, 0, 0, 20)]


@pytest.mark.parametrize("table", TABLES)
def test_at_the_prevalence_of_the_study(table):
    truth, call = arrays(*table)
    assert accuracy_at(truth, call, truth.mean()).estimate == pytest.approx(diagnostic.accuracy(truth, call).estimate)
    plain = net_benefit(truth, call, 0.2, prevalence=0.05, n_boot=10)[0]
    ours = net_benefit_at(truth, call, 0.05, 0.2)
    assert ours.estimate == pytest.approx(plain.estimate)
    assert (ours.measure, ours.threshold) == ("net_benefit", 0.2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("table", TABLES)
def test_square_and_add(method, table):
    tp, fp, fn, tn = table
    truth, call = arrays(*table)
    e = accuracy_at(truth, call, 0.3, method=method, conf_level=0.9)
    sensitivity = proportion(tp, tp + fn, method=method, conf_level=0.9)
    specificity = proportion(tn, tn + fp, method=method, conf_level=0.9)
    low = math.hypot(
        0.3 * (sensitivity.estimate - sensitivity.conf_low), 0.7 * (specificity.estimate - specificity.conf_low)
    )
    assert e.conf_low == pytest.approx(e.estimate - low)
    assert 0 <= e.conf_low <= e.estimate <= e.conf_high <= 1
    assert e.measure in MEASURES
    assert e.method in METHOD_NAMES
    assert "30 %" in e.note


def test_wald_and_coverage():
    rng = np.random.default_rng(5)
    true, covered, wald = 0.1 * 0.8 + 0.9 * 0.9, 0, []
    for tp, tn in zip(rng.binomial(60, 0.8, 1500).tolist(), rng.binomial(60, 0.9, 1500).tolist(), strict=True):
        truth, call = arrays(tp, 60 - tn, 60 - tp, tn)
        e = accuracy_at(truth, call, 0.1)
        covered += e.conf_low <= true <= e.conf_high
        wald.append(e.estimate)
    assert covered / 1500 == pytest.approx(0.95, abs=0.02)
    e = accuracy_at(*arrays(48, 6, 12, 54), 0.1, method="wald")
    assert e.std_error == pytest.approx(np.std(wald), rel=0.05)
    assert e.conf_high == pytest.approx(e.estimate + stats.norm.ppf(0.975) * e.std_error)
    best = accuracy_at(*arrays(10, 0, 0, 10), 0.1, method="wald")
    assert (best.conf_low, best.conf_high) == (1, 1)
    assert "no width" in best.note
    assert net_benefit_at(*arrays(10, 0, 0, 10), 0.1, 0.3).conf_high == pytest.approx(0.1)


def test_one_class_only():
    assert "undefined: no positive case" in accuracy_at([0, 0], [0, 1], 0.1).note
    assert "undefined: no negative case" in net_benefit_at([1, 1], [0, 1], 0.1, 0.2).note


def test_recalibration_by_bayes():
    """Densities of a score in each class, mixed at one prevalence and at another."""
    x = np.linspace(-3, 4, 15)
    positive, negative = stats.norm.pdf(x, 1), stats.norm.pdf(x)

    def posterior(p):
        return p * positive / (p * positive + (1 - p) * negative)

    moved = recalibrate(posterior(0.5), 0.5, 0.03)
    assert moved == pytest.approx(posterior(0.03))
    assert recalibrate(moved, 0.03, 0.5) == pytest.approx(posterior(0.5))
    both = recalibrate(np.column_stack([posterior(0.5), 1 - posterior(0.5)]), [0.5, 0.5], [0.03, 0.97])
    assert both[:, 0] == pytest.approx(moved)
    assert recalibrate([0, 1, math.nan], 0.5, 0.1)[:2].tolist() == [0, 1]
    three = recalibrate([[0.2, 0.3, 0.5]], [0.2, 0.3, 0.5], [0.6, 0.3, 0.1])
    assert three == pytest.approx(np.array([[0.6, 0.3, 0.1]]))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0.2, 1.2], 0.5, 0.1), "prob must be probabilities"),
        (([0.2], 0, 0.1), "prevalence_from must lie strictly"),
        (([0.2], 0.5, 1), "prevalence_to must lie strictly"),
        (([0.2], [0.5, 0.5], 0.1), "must be numbers"),
        (([[0.2, 0.8]], [0.5, 0.5], [0.1, 0.8]), "prevalence_to must have the sum 1"),
        (([[0.2, 0.9]], [0.5, 0.5], [0.1, 0.9]), "prob must have the sum 1"),
        (([[0.2, 0.8]], 0.5, 0.1), "they need"),
    ],
)
def test_wrong_recalibration(arguments, said):
    with pytest.raises(ValueError, match=said):
        recalibrate(*arguments)


@pytest.mark.parametrize(
    ("prevalence", "threshold", "options", "said"),
    [(0, 0.1, {}, "prevalence"), (0.1, 1, {}, "threshold"), (0.1, 0.1, {"method": "delong"}, "method")],
)
def test_wrong_input(prevalence, threshold, options, said):
    with pytest.raises(ValueError, match=said):
        net_benefit_at([0, 1], [0, 1], prevalence, threshold, **options)


@pytest.mark.parametrize("prevalence", [0.1, 0.2, 0.3, 0.7])
@pytest.mark.parametrize("threshold", [0.05, 0.2, 0.3, 0.6])
@pytest.mark.parametrize("method", ["wald", "wilson", "clopper-pearson"])
def test_perfect_and_wrong_calls_at_the_ends_of_the_range(prevalence, threshold, method):
    # The end of the range is summed in another order than the value.
    for call in ([1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]):
        for e in (
            net_benefit_at([1, 1, 0, 0], call, prevalence, threshold, method=method),
            accuracy_at([1, 1, 0, 0], call, prevalence, method=method),
        ):
            assert e.conf_low <= e.estimate <= e.conf_high
