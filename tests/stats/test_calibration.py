import itertools
import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

from readerstudy.measures import MEASURES
from readerstudy.stats._logistic import logistic_fit, spline_columns
from readerstudy.stats.calibration import brier, calibration, ece_of_groups, smooth_errors


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(2)
    score = rng.normal(-0.5, 1.3, 500)
    return (rng.random(500) < special.expit(0.3 + 0.8 * score)).astype(int), special.expit(score)


def found(truth, prob, **options):
    return {(e.measure, e.method): e for e in calibration(truth, prob, **options)}


def test_regressions_are_those_of_statsmodels(data):
    truth, prob = data
    ours, score = found(truth, prob, conf_level=0.9), special.logit(prob)
    slope = sm.GLM(truth, sm.add_constant(score), family=sm.families.Binomial()).fit(tol=1e-14)
    large = sm.GLM(truth, np.ones(500), offset=score, family=sm.families.Binomial()).fit(tol=1e-14)
    for measure, fit, null in (("calibration_slope", slope, 1), ("calibration_in_the_large", large, 0)):
        e = ours[measure, "wald"]
        assert (e.estimate, e.std_error) == pytest.approx((fit.params[-1], fit.bse[-1]), rel=1e-6)
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(fit.conf_int(alpha=0.1)[-1]), rel=1e-6)
        assert e.p_value == pytest.approx(2 * stats.norm.sf(abs(fit.params[-1] - null) / fit.bse[-1]), rel=1e-6)


def test_smooth_errors_by_a_spline_in_another_basis(data):
    """Natural cubic splines of the same knots in the basis of Hastie, Tibshirani and Friedman, section 5.2.1."""
    truth, prob = data
    x = special.logit(prob)
    knots = np.quantile(x, [0.05, 0.35, 0.65, 0.95])

    def d(k):
        return (np.maximum(x - knots[k], 0) ** 3 - np.maximum(x - knots[3], 0) ** 3) / (knots[3] - knots[k])

    basis = np.column_stack([np.ones_like(x), x, d(0) - d(2), d(1) - d(2)])
    fit = sm.GLM(truth, basis, family=sm.families.Binomial()).fit(tol=1e-14)
    errors = np.abs(fit.fittedvalues - prob)
    ours = found(truth, prob)
    expected = errors.mean(), np.median(errors), np.quantile(errors, 0.9)
    for name, value in zip(("ici", "e50", "e90"), expected, strict=True):
        e = ours[name, "restricted-cubic-spline"]
        assert e.estimate == pytest.approx(value, rel=1e-5)


def test_few_predictions_are_not_smoothed():
    truth, prob = [1] * 3 + [0] * 7 + [1] * 6 + [0] * 4, [0.2] * 10 + [0.5] * 10
    ours = found(truth, prob)
    assert ours["ici", "restricted-cubic-spline"].estimate == pytest.approx(0.1)


def naive_groups(truth, prob, edges, closed_above):
    """Cases between two edges, one group after the other."""
    for k, (low, high) in enumerate(itertools.pairwise(edges)):
        if closed_above:
            inside = ((prob > low) | (k == 0)) & (prob <= high)
        else:
            inside = (prob >= low) & ((prob < high) | (k == len(edges) - 2))
        if inside.any():
            yield truth[inside], prob[inside]


def test_grouped_errors_and_hosmer_lemeshow_naively(data):
    truth, prob = data
    ours = found(truth, prob)
    width = list(naive_groups(truth, prob, np.arange(11) / 10, closed_above=False))
    mass = list(naive_groups(truth, prob, np.quantile(prob, np.arange(11) / 10), closed_above=True))
    for name, groups in (("equal-width", width), ("equal-mass", mass)):
        ece = sum(len(y) / 500 * abs(y.mean() - p.mean()) for y, p in groups)
        assert ours["ece", name].estimate == pytest.approx(ece)
        assert 0 <= ours["ece", f"{name}-debiased"].estimate <= ece
    chi2 = 0
    for y, p in mass:
        chi2 += (y.sum() - p.sum()) ** 2 / p.sum() + (p.sum() - y.sum()) ** 2 / (len(p) - p.sum())
    e = ours["hosmer_lemeshow", None]
    assert (e.statistic, e.df, e.p_value) == pytest.approx((chi2, 10, stats.chi2.sf(chi2, 10)))
    assert found(truth, prob, development=True)["hosmer_lemeshow", None].df == 8
    assert found(truth, prob, groups=7)["hosmer_lemeshow", None].df == 7


def test_level_of_the_tests_and_bias_of_ece_by_simulation():
    """Perfect predictions: both tests reject in about 5 %; the debiased error is nearer to 0."""
    rng = np.random.default_rng(7)
    prob = rng.beta(1, 2, 300)
    rejected, plain, debiased = np.zeros(2), [], []
    for _ in range(600):
        ours = found(rng.random(300) < prob, prob)
        p = [ours[name, None].p_value for name in ("hosmer_lemeshow", "spiegelhalter")]
        rejected += np.array(p) < 0.05
        plain.append(ours["ece", "equal-mass"].estimate)
        debiased.append(ours["ece", "equal-mass-debiased"].estimate)
    assert rejected / 600 == pytest.approx([0.05, 0.05], abs=0.025)
    assert np.mean(debiased) < 0.65 * np.mean(plain)


def test_bias_of_ece_by_drawing_from_the_groups():
    size, positive, expected = np.array([30.0, 50, 20]), np.array([6.0, 30, 18]), np.array([7.0, 24, 17])
    plain, debiased = ece_of_groups(size, positive, expected)
    rng = np.random.default_rng(1)
    share = positive / size
    drawn = rng.normal(share, np.sqrt(share * (1 - share) / size), (400_000, 3))
    gained = (np.abs(drawn - expected / size) @ (size / 100)).mean() - plain
    assert plain - debiased == pytest.approx(gained, abs=2e-4)


def test_spiegelhalter_naively(data):
    truth, prob = data
    score, mean, variance = 0.0, 0.0, 0.0
    for y, p in zip(truth, prob, strict=True):
        score += (y - p) ** 2
        mean += p * (1 - p)
        variance += p * (1 - p) ** 4 + (1 - p) * p**4 - (p * (1 - p)) ** 2
    e = found(truth, prob)["spiegelhalter", None]
    assert e.statistic == pytest.approx((score - mean) / math.sqrt(variance))
    assert e.p_value == pytest.approx(2 * stats.norm.sf(abs(e.statistic)))


def test_brier_and_its_parts(data):
    truth, prob = data
    ours = found(truth, prob)
    e = ours["brier", "wald"]
    assert e.estimate == pytest.approx(metrics.brier_score_loss(truth, prob))
    assert (e.conf_low, e.conf_high) == pytest.approx(
        stats.norm.interval(0.95, e.estimate, stats.sem((prob - truth) ** 2))
    )
    assert brier(truth, prob).to_dict() == e.to_dict()
    fitted = IsotonicRegression().fit_transform(prob, truth)
    best, base = np.mean((fitted - truth) ** 2), truth.mean() * (1 - truth.mean())
    parts = [ours[f"brier_{name}", "isotonic"].estimate for name in ("miscalibration", "discrimination", "uncertainty")]
    assert parts == pytest.approx([e.estimate - best, base - best, base])
    assert parts[0] - parts[1] + parts[2] == pytest.approx(e.estimate)
    assert ours["brier_scaled", None].estimate == pytest.approx(1 - e.estimate / base)


def test_observed_to_expected(data):
    truth, prob = data
    e = found(truth, prob)["observed_expected", "log"]
    assert e.estimate == pytest.approx(truth.sum() / prob.sum())
    rng = np.random.default_rng(1)
    logs = np.log(rng.binomial(500, truth.mean(), 20_000) / 500)
    assert math.log(e.conf_high / e.conf_low) / 2 / 1.96 == pytest.approx(logs.std(), rel=0.03)


def test_recalibrated_predictions_are_calibrated(data):
    truth, prob = data
    score = special.logit(prob)
    fit = logistic_fit(np.column_stack([np.ones(500), score]), truth.astype(bool))
    ours = found(truth, fit.fitted)
    assert ours["calibration_slope", "wald"].estimate == pytest.approx(1)
    assert ours["calibration_in_the_large", "wald"].estimate == pytest.approx(0, abs=1e-9)


DEGENERATE = {
    "nothing": ([], []),
    "one case": ([1], [0.3]),
    "no positive": ([0, 0, 0], [0.1, 0.2, 0.3]),
    "no negative": ([1, 1, 1], [0.1, 0.2, 0.3]),
    "certain and right": ([0, 0, 1, 1], [0.0, 0.0, 1.0, 1.0]),
    "certain and wrong": ([0, 1, 1, 0], [0.0, 0.0, 1.0, 1.0]),
    "separated": ([0] * 6 + [1] * 6, [0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9]),
    "constant": ([0, 1, 0, 1], [0.4] * 4),
    "all halves": ([0, 1, 0, 1], [0.5] * 4),
    "nothing expected": ([0, 0, 1], [0.0, 0.0, 0.0]),
    "two levels": ([0, 1, 0, 1, 1], [0.2, 0.2, 0.2, 0.8, 0.8]),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("development", [False, True])
def test_degenerate_predictions(name, development):
    for e in calibration(*DEGENERATE[name], development=development):
        facts = MEASURES[e.measure]
        values = np.array([e.estimate, e.conf_low, e.conf_high, e.std_error, e.statistic, e.p_value])
        assert not np.isinf(values).any(), e
        assert math.isnan(e.estimate) or facts.low <= e.estimate <= facts.high, e
        assert e.note or not math.isnan(e.estimate), e
        assert e.note or math.isnan(e.conf_low) or e.conf_low < e.conf_high, e


@pytest.mark.parametrize(
    ("name", "measure", "note"),
    [
        ("nothing", "calibration_slope", "no case"),
        ("no positive", "calibration_slope", "undefined: no positive case"),
        ("no negative", "ici", "undefined: no negative case"),
        ("certain and right", "calibration_slope", "undefined: a prediction of 0 or 1 has no logit"),
        ("separated", "calibration_slope", "undefined: the predictions separate the classes"),
        ("separated", "ici", "undefined: the predictions separate the classes"),
        ("constant", "calibration_slope", "undefined: all predictions are equal"),
        ("nothing expected", "observed_expected", "undefined: nothing was expected"),
        ("no positive", "observed_expected", "no positive case: the log interval has no upper limit"),
        ("one case", "brier", "one case: no interval"),
        ("all halves", "brier", "all errors are equal: the interval has no width"),
        ("no positive", "brier_scaled", "undefined: the truth has one class only"),
        ("all halves", "spiegelhalter", "a test: no estimate of its own; undefined: every prediction is 0, 1/2 or 1"),
    ],
)
def test_notes(name, measure, note):
    records = {e.measure: e for e in calibration(*DEGENERATE[name])}
    assert records[measure].note == note


def test_groups_that_ties_leave():
    truth, prob = DEGENERATE["two levels"]
    e = {e.measure: e for e in calibration(truth, prob)}["hosmer_lemeshow"]
    assert "equal predictions leave 2 groups of 10" in e.note
    assert e.df == 2
    developed = {e.measure: e for e in calibration(truth, prob, development=True)}["hosmer_lemeshow"]
    assert "2 groups leave no degree of freedom" in developed.note
    certain = {e.measure: e for e in calibration(*DEGENERATE["certain and wrong"])}["hosmer_lemeshow"]
    assert "a group whose predictions are 0 or 1 did not come true" in certain.note


def test_ties_leave_a_straight_line():
    x = np.repeat([0.0, 1.0], [10, 90])
    assert spline_columns(x).shape == (100, 2)
    many = np.r_[np.repeat(0.5, 95), np.linspace(0.1, 0.9, 5)]
    assert smooth_errors(np.arange(100) % 3 == 0, many).shape == (100,)


@pytest.mark.parametrize(
    ("truth", "prob", "options", "message"),
    [
        ([0, 1], [0.2, 1.2], {}, "prob must be probabilities between 0 and 1, got .*1.2.* at position 1"),
        ([0, 1], [0.2, math.nan], {}, "prob is missing .nan. at position 1"),
        ([0, 1], [0.2], {}, "not one length: truth has 2, prob has 1"),
        ([0, 2], [0.2, 0.3], {}, "truth must be boolean or 0/1"),
        ([0, 1], [0.2, 0.3], {"groups": 1}, "groups must be a whole number, 2 or more"),
        ([0, 1], [0.2, 0.3], {"conf_level": 95}, "such as 0.95 for 95 %"),
    ],
)
def test_wrong_input(truth, prob, options, message):
    with pytest.raises(ValueError, match=message):
        calibration(truth, prob, **options)
