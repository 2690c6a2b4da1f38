"""What must hold for every ROC curve, whole and thinned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readerstudy.stats.roc import Curve, curve, thin


def distance(whole, kept):
    """How far the farthest vertex of a curve lies from the other curve."""
    x, y = 1 - whole.specificity, whole.sensitivity
    edge_x, edge_y = 1 - kept.specificity, kept.sensitivity
    found = np.full(len(x), np.inf)
    before = np.searchsorted(edge_x + edge_y, x + y, "right") - 1
    for step in (-1, 0, 1):
        k = np.clip(before + step, 0, len(edge_x) - 2)
        dx, dy = edge_x[k + 1] - edge_x[k], edge_y[k + 1] - edge_y[k]
        along = ((x - edge_x[k]) * dx + (y - edge_y[k]) * dy) / np.maximum(dx**2 + dy**2, 1e-300)
        along = np.clip(along, 0, 1)
        found = np.minimum(found, np.hypot(x - edge_x[k] - along * dx, y - edge_y[k] - along * dy))
    return found.max()


def check_curve(points):
    threshold, sensitivity, specificity = points
    assert threshold[0] == np.inf
    assert (sensitivity[0], specificity[0]) == (0, 1)
    assert (sensitivity[-1], specificity[-1]) == (1, 0)
    assert (threshold[1:-1] > threshold[2:]).all()
    assert (np.diff(sensitivity) >= 0).all()
    assert (np.diff(specificity) <= 0).all()
    assert len(threshold) == len(sensitivity) == len(specificity)


@st.composite
def curves(draw):
    """Curves of simulated scores, from useless to perfect, smooth or in steps."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, n = draw(st.sampled_from([(1, 5000), (5000, 1), (40, 30), (3000, 3000), (10, 20_000)]))
    truth = np.repeat([True, False], [m, n])
    score = rng.normal(size=m + n) + draw(st.sampled_from([0, 1, 4, 20])) * truth
    decimals = draw(st.sampled_from([None, 0, 2]))
    return curve(truth, score if decimals is None else np.round(score, decimals))


@settings(max_examples=40)
@given(points=curves(), n_most=st.sampled_from([4, 5, 20, 333, 2000]))
def test_thinning(points, n_most):
    check_curve(points)
    kept = thin(points, n_most)
    check_curve(kept)
    assert len(kept.threshold) <= n_most
    if len(points.threshold) <= n_most:
        assert kept is points
    assert {tuple(row) for row in zip(*kept, strict=True)} <= {tuple(row) for row in zip(*points, strict=True)}
    assert distance(points, kept) <= 1.5 / (n_most - 3)


@settings(max_examples=40)
@given(points=curves())
def test_thinning_is_not_seen(points):
    assert distance(points, thin(points)) <= 1e-3


@pytest.mark.parametrize("edge", [500, 999, 1001, 1002])
def test_a_long_edge_stays(edge):
    """Many negative cases one by one, then all positive cases at once: the corner is not cut off."""
    n = 1_000_000
    false_positive = np.concatenate((np.arange(edge + 1), [edge], np.arange(edge + 1, n + 1))) / n
    sensitivity = np.repeat([0.0, 1.0], [edge + 1, n - edge + 1])
    points = Curve(np.arange(n + 2, dtype=float)[::-1], sensitivity, 1 - false_positive)
    kept = thin(points)
    assert len(kept.threshold) <= 2000
    assert distance(points, kept) < 1e-12
