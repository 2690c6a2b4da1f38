import math

import numpy as np
import pytest
from scipy import special, stats

from readerstudy.stats import diagnostic
from readerstudy.stats.diagnostic import Counts
from readerstudy.stats.prevalence import at_prevalence, ppv_npv_at, predictive_values


def arrays(tp, fp, fn, tn):
    return np.repeat([1, 0, 1, 0], [tp, fp, fn, tn]), np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])


@pytest.mark.parametrize("table", [(40, 8, 3, 62), (240, 87, 178, 288), (5, 4, 3, 2)])
def test_at_the_prevalence_of_the_study_they_are_the_plain_ones(table):
    truth, call = arrays(*table)
    ppv, npv = ppv_npv_at(truth, call, prevalence=truth.mean())
    assert ppv.estimate == pytest.approx(diagnostic.ppv(truth, call).estimate)
    assert npv.estimate == pytest.approx(diagnostic.npv(truth, call).estimate)
    assert (ppv.method, ppv.measure, npv.measure) == ("mercaldo", "ppv_at_prevalence", "npv_at_prevalence")


@pytest.mark.parametrize("prevalence", [0.01, 0.3, 0.9])
def test_interval_by_differentiating_numerically(prevalence):
    tp, fp, fn, tn = 40, 8, 13, 62
    rates = np.array([tp / (tp + fn), tn / (tn + fp)])
    variances = rates * (1 - rates) / [tp + fn, tn + fp]
    z = stats.norm.ppf(0.95)
    for k, e in enumerate(ppv_npv_at(*arrays(tp, fp, fn, tn), prevalence=prevalence, conf_level=0.9)):

        def logit(r, k=k):
            return special.logit(predictive_values(*r, prevalence)[k])

        slopes = [(logit(rates + h) - logit(rates - h)) / 2e-6 for h in np.eye(2) * 1e-6]
        error = math.sqrt(np.square(slopes) @ variances)
        limits = special.expit(logit(rates) + np.array([-z, z]) * error)
        assert (e.conf_low, e.conf_high) == pytest.approx(tuple(limits), rel=1e-6)


def test_coverage():
    rng = np.random.default_rng(6)
    true_values, covered = predictive_values(0.8, 0.9, 0.05), np.zeros(2)
    for tp, tn in zip(rng.binomial(60, 0.8, 3000).tolist(), rng.binomial(90, 0.9, 3000).tolist(), strict=True):
        records = at_prevalence(Counts(tp, 90 - tn, 60 - tp, tn), 0.05, 0.95)
        covered += [e.conf_low <= v <= e.conf_high for e, v in zip(records, true_values, strict=True)]
    assert covered / 3000 == pytest.approx([0.95, 0.95], abs=0.018)


@pytest.mark.parametrize(
    ("table", "ppv_note", "npv_note"),
    [
        ((9, 0, 1, 20), "an empty cell: adjusted logit limits", None),
        ((10, 2, 0, 20), None, "an empty cell: adjusted logit limits"),
        ((0, 2, 10, 20), "an empty cell: adjusted logit limits", None),
        ((0, 0, 10, 20), "undefined: nothing was called positive", "no variation in either class"),
        ((10, 20, 0, 0), "no variation in either class", "undefined: nothing was called negative"),
        ((0, 0, 0, 20), "undefined: no positive case", "undefined: no positive case"),
        ((5, 0, 5, 0), "undefined: no negative case", "undefined: no negative case"),
        ((10, 0, 0, 20), "an empty cell", "an empty cell"),
    ],
)
def test_empty_cells(table, ppv_note, npv_note):
    for e, note in zip(ppv_npv_at(*arrays(*table), prevalence=0.125), (ppv_note, npv_note), strict=True):
        assert e.note.startswith("at a prevalence of 12.5 %")
        assert (note or "") in e.note
        assert ";" in e.note or note is None
        if "undefined" in e.note:
            assert math.isnan(e.estimate)
            assert math.isnan(e.conf_low)
        else:
            assert 0 <= e.conf_low <= e.estimate <= e.conf_high <= 1


def test_adjusted_limits():
    """z^2 / 2 right and as many wrong calls in each class."""
    z = stats.norm.ppf(0.975)
    ppv = ppv_npv_at(*arrays(9, 0, 1, 20), prevalence=0.2)[0]
    n, m = 10 + z * z, 20 + z * z
    sensitivity, specificity = (9 + z * z / 2) / n, (20 + z * z / 2) / m
    error = math.sqrt((1 - sensitivity) / sensitivity / n + specificity / (1 - specificity) / m)
    centre = special.logit(predictive_values(sensitivity, specificity, 0.2)[0])
    assert ppv.conf_low == pytest.approx(special.expit(centre - z * error))
    assert (ppv.estimate, ppv.conf_high) == (1, 1)


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, 30, math.nan])
def test_wrong_prevalence(prevalence):
    with pytest.raises(ValueError, match="prevalence must lie strictly between 0 and 1"):
        ppv_npv_at([0, 1], [0, 1], prevalence=prevalence)
