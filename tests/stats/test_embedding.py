import importlib
import sys

import numpy as np
import pytest
from scipy.optimize import brentq

from readerstudy.stats import embedding
from readerstudy.stats.embedding import _affinities, tsne

RNG = np.random.default_rng(5)
TWO = np.concatenate([RNG.normal(size=(30, 12)), RNG.normal(6, 1, size=(30, 12))])
SHORT = 300


def separation(e):
    """Distance of the two halves' centres over the largest spread within one."""
    places = np.column_stack([e.x, e.y])
    halves = places[: e.n // 2], places[e.n // 2 :]
    spread = max(np.linalg.norm(half - half.mean(axis=0), axis=1).max() for half in halves)
    return np.linalg.norm(halves[0].mean(axis=0) - halves[1].mean(axis=0)) / spread


def divergence(features, e):
    """Kullback-Leibler divergence by definition, the perplexity met by a search over each case's nearest cases."""
    n = len(features)
    squares = ((features[:, np.newaxis] - features) ** 2).sum(axis=2)
    p = np.zeros((n, n))
    for i in range(n):
        near = np.argsort(squares[i] + np.where(np.arange(n) == i, np.inf, 0))[: min(n - 1, int(3 * e.perplexity + 1))]
        low, high = 1e-12, 1e12
        for _ in range(200):
            beta = np.sqrt(low * high)
            row = np.exp(-beta * (squares[i, near] - squares[i, near].min()))
            row /= row.sum()
            entropy = -(row[row > 0] * np.log(row[row > 0])).sum()
            low, high = (beta, high) if entropy > np.log(e.perplexity) else (low, beta)
        p[i, near] = row
    p = (p + p.T) / (2 * n)
    places = np.column_stack([e.x, e.y])
    q = 1 / (1 + ((places[:, np.newaxis] - places) ** 2).sum(axis=2))
    np.fill_diagonal(q, 0)
    q /= q.sum()
    used = p > 0
    return (p[used] * np.log(p[used] / q[used])).sum()


def test_two_clusters_separate():
    e = tsne(TWO, perplexity=10, n_iter=500)
    assert separation(e) > 2
    assert (e.n, e.perplexity, e.n_iter, e.theta, e.seed, e.engine) == (60, 10, 500, 0.5, 0, "scikit-learn")
    assert e.x.shape == e.y.shape == (60,)
    assert e.note is None
    assert np.isfinite(e.x).all()


def test_divergence_by_definition():
    e = tsne(TWO, perplexity=10, n_iter=1000, theta=0)
    assert e.kl == pytest.approx(divergence(TWO, e), rel=1e-3)


def test_same_seed_same_bytes():
    first, again, other = (tsne(TWO, perplexity=10, n_iter=SHORT, seed=seed) for seed in (3, 3, 4))
    assert first.x.tobytes() == again.x.tobytes()
    assert first.y.tobytes() == again.y.tobytes()
    assert first.kl == again.kl
    assert first.x.tobytes() != other.x.tobytes()


def test_every_iteration_is_run():
    """The engine's own rules would stop this one long before."""
    assert tsne(TWO[:8], perplexity=2, n_iter=3000).n_iter == 3000


@pytest.mark.parametrize(("asked", "n", "used"), [(50, 60, 59 / 3), (20, 61, 20), (20, 60, 59 / 3), (5, 4, 1)])
def test_perplexity_is_lowered_for_few_cases(asked, n, used):
    features = np.vstack([TWO, TWO + 1])[:n]
    e = tsne(features, perplexity=asked, n_iter=SHORT)
    assert e.perplexity == pytest.approx(used)
    assert e.note == (None if used == asked else f"perplexity lowered from {asked} to {used:.4g} for {n} cases")


def test_cases_with_the_same_features():
    """They come to lie close together, but not on one point, where the engine would count them as one."""
    features = np.repeat(TWO[::6], [3, 1, 1, 1, 1, 1, 1, 1, 1, 1], axis=0)
    e = tsne(features, perplexity=3, n_iter=1000, theta=0)
    assert e.note == "2 of 12 cases have the same features as another"
    assert min(np.ptp(e.x[:3]), np.ptp(e.y[:3])) > 1e-3
    assert e.kl == pytest.approx(divergence(features, e), rel=0.01)


def test_start_is_the_principal_components():
    for features in (TWO, TWO[:6]):  # more cases than features, and fewer
        centred = features - features.mean(axis=0)
        u, s, _ = np.linalg.svd(centred, full_matrices=False)
        places = u[:, :2] * s[:2]
        start = np.mean([embedding._start(features, seed) for seed in range(400)], axis=0)
        scaled = places / places[:, 0].std() * 1e-4
        assert np.abs(start) == pytest.approx(np.abs(scaled), abs=3e-6)


def test_features_that_are_lists():
    assert tsne(TWO[:10].tolist(), perplexity=3, n_iter=SHORT).n == 10


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (TWO[:3], "at least 4 cases, got 3"),
        (TWO[:0], "at least 4 cases, got 0"),
        (np.ones((20, 5)), "all cases have the same features"),
        (np.repeat(TWO[:3], 10, axis=0), "only 3 cases differ"),
        (TWO[:, :1], "at least 2 features, got 1"),
        (TWO[0], r"two axes, cases and features, got shape \(12,\)"),
        (np.where(np.arange(12) == 3, np.nan, TWO), "features of case 0 hold nan or infinity"),
    ],
)
def test_features_that_cannot_be_embedded(features, message):
    with pytest.raises(ValueError, match=message):
        tsne(features)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"perplexity": 0.5}, "perplexity must be at least 1"),
        ({"perplexity": float("nan")}, "perplexity must be at least 1"),
        ({"n_iter": 250}, "n_iter must be a whole number above 250"),
        ({"theta": 1.5}, "theta must lie between 0 and 1"),
        ({"engine": "open-tsne"}, "Did you mean 'opentsne'"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        tsne(TWO, **options)


def test_opentsne_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(ImportError, match=r"pip install 'readerstudy\[opentsne\]'"):
        tsne(TWO, engine="opentsne")


def has_opentsne():
    try:
        importlib.import_module("openTSNE")
    except ImportError:
        return False
    return True


if has_opentsne():  # an extra that the tests do not ask for; a skip would be a failure in CI

    def test_opentsne():
        first, again = (tsne(TWO, perplexity=10, n_iter=500, engine="opentsne") for _ in range(2))
        assert separation(first) > 2
        assert first.x.tobytes() == again.x.tobytes()
        assert (first.n_iter, first.engine) == (500, "opentsne")
        exact = tsne(TWO, perplexity=10, n_iter=1000, theta=0, engine="opentsne")
        assert exact.kl == pytest.approx(divergence(TWO, exact), rel=0.02)


def test_affinities_have_the_perplexity_that_was_asked_for_also_in_many_dimensions():
    """Against a search for each case by itself, over all others, that subtracts nothing but the least distance."""
    rng = np.random.default_rng(5)
    n, perplexity = 240, 20
    rows = 3 * rng.normal(size=(4, 1500))[rng.integers(4, size=n)] + rng.normal(0, 2, (n, 1500))
    found = _affinities(rows, perplexity).toarray()
    dense = np.zeros((n, n))
    for i in range(n):
        others = np.arange(n) != i
        gaps = ((rows[others] - rows[i]) ** 2).sum(axis=1)

        def entropy(precision, gaps=gaps):
            share = np.exp(-(gaps - gaps.min()) * precision)
            share /= share.sum()
            return -(share[share > 0] * np.log(share[share > 0])).sum()

        precision = brentq(lambda x: entropy(x) - np.log(perplexity), 1e-9, 1.0, xtol=1e-15)
        share = np.exp(-(gaps - gaps.min()) * precision)
        dense[i, others] = share / share.sum()
    dense = (dense + dense.T) / (2 * n)
    assert found.sum() == pytest.approx(1)
    # Neighbours beyond three times the perplexity are left out, which is all that may differ.
    assert np.abs(found - dense).sum() < 0.02
