import math

import numpy as np
import pytest
from sklearn import metrics

from readerstudy.measures import MEASURES
from readerstudy.stats.calibration import brier
from readerstudy.stats.proper_scores import log_loss, multiclass_brier

CLASSES = ["a", "b", "c"]


def predictions(n, seed=0):
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet([1, 2, 1], n)
    truth = np.array(CLASSES)[[rng.choice(3, p=row) for row in probs]]
    return truth, probs


def test_as_sklearn_has_them():
    truth, probs = predictions(50)
    assert log_loss(truth, probs, classes=CLASSES).estimate == pytest.approx(metrics.log_loss(truth, probs))
    positive = truth == "b"
    assert log_loss(positive, probs[:, 1]).estimate == pytest.approx(metrics.log_loss(positive, probs[:, 1]))
    own = (truth[:, None] == np.array(CLASSES)).astype(float)
    expected = np.mean([metrics.brier_score_loss(own[:, k], probs[:, k]) for k in range(3)]) * 3
    assert multiclass_brier(truth, probs, classes=CLASSES).estimate == pytest.approx(expected)


def test_two_classes_are_the_binary_scores():
    truth, probs = predictions(40, seed=1)
    positive, prob = truth == "b", probs[:, 1]
    both = np.column_stack([1 - prob, prob])
    e, plain = multiclass_brier(positive, both, classes=[False, True]), brier(positive, prob)
    assert (e.estimate, e.std_error) == pytest.approx((2 * plain.estimate, 2 * plain.std_error))
    assert (e.conf_low, e.conf_high) == pytest.approx((2 * plain.conf_low, 2 * plain.conf_high))
    e, plain = log_loss(positive, both, classes=[False, True]), log_loss(positive, prob)
    assert (e.estimate, e.conf_low, e.conf_high) == pytest.approx((plain.estimate, plain.conf_low, plain.conf_high))


def test_the_interval_is_that_of_a_mean():
    truth, probs = predictions(60, seed=2)
    errors = [-math.log(row[CLASSES.index(label)]) for label, row in zip(truth, probs, strict=True)]
    error = np.std(errors, ddof=1) / math.sqrt(60)
    e = log_loss(truth, probs, classes=CLASSES, conf_level=0.9)
    assert (e.estimate, e.std_error) == pytest.approx((np.mean(errors), error))
    assert (e.conf_low, e.conf_high) == pytest.approx(
        (np.mean(errors) - 1.6448536 * error, np.mean(errors) + 1.6448536 * error)
    )


def test_coverage():
    """The true mean score is that of the probabilities that the truth is drawn with."""
    rng = np.random.default_rng(4)
    prob = rng.uniform(0.05, 0.95, 120)
    expected = np.mean(-prob * np.log(prob) - (1 - prob) * np.log(1 - prob))
    held = [e.conf_low <= expected <= e.conf_high for e in (log_loss(rng.random(120) < prob, prob) for _ in range(500))]
    # The probabilities are fixed here, so that the interval, of cases drawn anew, is a little too wide.
    assert 0.93 <= np.mean(held) <= 1


def test_what_came_true_was_called_impossible():
    e = log_loss([1, 0, 1], [0.0, 0.2, 0.9])
    assert math.isnan(e.estimate)
    assert e.note == "unbounded: what came true was given probability 0 in 1 case"
    assert log_loss([1, 0], [1.0, 0.0]).estimate == 0
    assert math.copysign(1, log_loss([1, 0], [1.0, 0.0]).estimate) == 1


def test_few_cases():
    assert log_loss([], []).note == "no case"
    assert log_loss([1], [0.4]).note == "one case: no interval"
    e = multiclass_brier(["a", "b"], [[0.6, 0.4], [0.4, 0.6]], classes=["a", "b"])
    assert (e.conf_low, e.conf_high) == (e.estimate, e.estimate)
    assert e.note == "all errors are equal: the interval has no width"


def test_wrong_input():
    with pytest.raises(ValueError, match=r"probs must sum to 1 in every row, got 0\.9 in row 1"):
        log_loss(["a", "b"], [[0.5, 0.5], [0.5, 0.4]], classes=["a", "b"])
    with pytest.raises(ValueError, match="probabilities between 0 and 1"):
        multiclass_brier(["a", "b"], [[1.5, -0.5], [0.5, 0.5]], classes=["a", "b"])
    with pytest.raises(ValueError, match="probs must have shape"):
        multiclass_brier(["a", "b"], [[1.0], [1.0]], classes=["a", "b"])
    with pytest.raises(ValueError, match="truth has 'c', which is none of the classes"):
        log_loss(["c"], [[0.5, 0.5]], classes=["a", "b"])
    with pytest.raises(ValueError, match="not one length"):
        log_loss([1, 0], [0.5])


def test_facts():
    assert {"log_loss", "multiclass_brier"} <= set(MEASURES)
