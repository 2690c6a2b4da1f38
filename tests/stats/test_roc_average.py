"""The average ROC curve: its area is the mean of the areas, its points are those of a naive average."""

import numpy as np
import pytest

import readerstudy as rs


def area(curve):
    x, y = 1 - curve["specificity"].to_numpy(), curve["sensitivity"].to_numpy()
    return float(np.trapezoid(y, x))


@pytest.mark.parametrize("levels", [None, 2, 5])
@pytest.mark.parametrize("lost", [0.0, 0.2])
def test_its_area_is_the_mean_of_the_areas(levels, lost):
    rng = np.random.default_rng(1)
    truth = rng.random(120) < 0.4
    scores = rng.normal(size=(6, 120)) + truth * rng.uniform(0, 2, (6, 1))
    if levels:
        scores = np.clip(np.round(scores + 2), 1, levels)
    scores[rng.random(scores.shape) < lost] = np.nan
    areas = [rs.auc(truth[~np.isnan(row)], row[~np.isnan(row)]).estimate for row in scores]
    curve = rs.average_roc(truth, scores)
    assert area(curve) == pytest.approx(np.mean(areas), abs=1e-12)
    assert (np.diff(curve["sensitivity"]) >= -1e-15).all()
    assert (np.diff(curve["specificity"]) <= 0).all()
    assert curve.iloc[0].tolist()[1] == 1
    assert curve.iloc[-1].tolist() == [1, 0]


def test_between_its_points_it_is_the_naive_average():
    rng = np.random.default_rng(2)
    truth = rng.random(50) < 0.5
    scores = rng.normal(size=(3, 50)) + truth
    curve = rs.average_roc(truth, scores)
    at = rng.random(200)
    naive = []
    for row in scores:
        points = rs.roc_points(truth, row)
        x, y = 1 - points["specificity"].to_numpy(), points["sensitivity"].to_numpy()
        for rate in at:  # no rate of the grid is hit exactly
            k = np.searchsorted(x, rate)
            naive.append(y[k - 1] + (rate - x[k - 1]) / (x[k] - x[k - 1]) * (y[k] - y[k - 1]))
    x, y = 1 - curve["specificity"].to_numpy(), curve["sensitivity"].to_numpy()
    ours = []
    for rate in at:
        k = np.searchsorted(x, rate)
        ours.append(y[k - 1] + (rate - x[k - 1]) / (x[k] - x[k - 1]) * (y[k] - y[k - 1]))
    assert ours == pytest.approx(np.reshape(naive, (3, 200)).mean(axis=0), abs=1e-12)


def test_one_reader_is_that_reader_s_curve():
    truth, score = [0, 0, 1, 1, 0, 1], [1, 2, 2, 3, 1, 1]
    curve, points = rs.average_roc(truth, [score]), rs.roc_points(truth, score)
    assert curve["sensitivity"].tolist() == pytest.approx(points["sensitivity"].tolist())
    assert curve["specificity"].tolist() == pytest.approx(points["specificity"].tolist())


def test_readers_without_a_curve_are_left_out():
    truth = [0, 1, 0, 1]
    assert rs.average_roc(truth, [[np.nan] * 4]).empty
    both = rs.average_roc(truth, [[1, 2, 1, 2], [np.nan, 3, np.nan, 1]])
    assert area(both) == 1
    with pytest.raises(ValueError, match="shape"):
        rs.average_roc(truth, [1, 2, 3, 4])
