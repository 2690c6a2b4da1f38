"""t-SNE of a network's features: which cases the network holds alike, drawn in a plane."""

from __future__ import annotations

import dataclasses
import math
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.stats._arrays import Floats

ENGINES = ("scikit-learn", "opentsne")
"""Names of the implementations."""

_EXAGGERATED = 250
"""Both engines start with this many iterations of early exaggeration."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Embedding:
    """Places of the cases in the plane, and everything needed to make them again.

    Parameters
    ----------
    x, y
        Coordinates of each case, shape (n,). They have no unit: only who lies near whom can be read from them.
    n
        Number of cases.
    perplexity
        The perplexity that was used; lower than asked for where `note` says so.
    n_iter
        Iterations that were run, the 250 of early exaggeration included.
    kl
        Kullback-Leibler divergence of the final places, which t-SNE makes small.
    theta, seed, engine
        As asked for.
    note
        What a careful reader must be told beside the picture.
    """

    x: Floats
    y: Floats
    n: int
    perplexity: float
    n_iter: int
    kl: float
    theta: float
    seed: int
    engine: str
    note: str | None = None


def tsne(
    features: npt.ArrayLike,
    *,
    perplexity: float = 50,
    n_iter: int = 10_000,
    theta: float = 0.5,
    seed: int = 0,
    engine: str = "scikit-learn",
) -> Embedding:
    """Barnes-Hut t-SNE of one row of features per case; the defaults are those of Zhen 2020.

    Parameters
    ----------
    features
        Shape (n_cases, n_features), at least 4 different cases and 2 features, all finite. They are used as they
        are: distances are Euclidean, and nothing is scaled.
    perplexity
        About how many neighbours a case is compared with, at least 1. Barnes-Hut looks at 3 times as many, which must
        be other cases: 3 perplexity <= n_cases - 1. A larger value is lowered to (n_cases - 1) / 3, with a note.
    n_iter
        Iterations, more than the 250 of early exaggeration that come first. All are run; nothing stops early.
    theta
        Coarseness of the approximation: 0 is exact, 0.5 usual, 1 the coarsest allowed.
    seed
        The cases start from their first two principal components, with a little noise from this seed: cases with the
        same features would otherwise stay on one point, where Barnes-Hut forgets that they are several.
    engine
        ``"scikit-learn"``, or ``"opentsne"`` (faster with many cases). Their pictures differ.

    Returns
    -------
    Embedding

    Raises
    ------
    ValueError
        If the features cannot be embedded, with the reason, or an option is out of range.
    ImportError
        If openTSNE is not installed, with the extra to install.

    Notes
    -----
    Same features, seed, engine and versions give the same bytes: one thread is used, because the order in which
    threads add their parts changes the last digits, and thousands of iterations enlarge that. t-SNE is a picture, not
    a test: sizes of clusters and distances between them mean nothing, and clusters may come from noise. Several
    images of one patient are drawn as several cases. Where more cases share their features than the perplexity asks
    for, no neighbourhood has that perplexity, and the divergence depends on the engine.

    References
    ----------
    van der Maaten and Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html. van der Maaten 2014 (Barnes-Hut),
    https://jmlr.org/papers/v15/vandermaaten14a.html. Zhen 2020, doi:10.3389/fonc.2020.00680. Wattenberg, Viegas and
    Johnson 2016 (how to read it), doi:10.23915/distill.00002.
    """
    _choice.check(engine, ENGINES, "engine")
    rows = _checked(features)
    if not (math.isfinite(perplexity) and perplexity >= 1):
        raise ValueError(f"perplexity must be at least 1, got {perplexity!r}")
    if n_iter % 1 != 0 or n_iter <= _EXAGGERATED:
        raise ValueError(f"n_iter must be a whole number above {_EXAGGERATED}, got {n_iter!r}")
    if not 0 <= theta <= 1:
        raise ValueError(f"theta must lie between 0 and 1, got {theta!r}")
    n, notes = len(rows), []
    used = min(float(perplexity), (n - 1) / 3)
    if used < perplexity:
        notes.append(f"perplexity lowered from {perplexity:g} to {used:.4g} for {n} cases")
    repeated = n - len(np.unique(rows, axis=0))
    if repeated:
        notes.append(f"{repeated} of {n} cases have the same features as another")
    module = _engine(engine)
    run = _scikit_learn if engine == "scikit-learn" else _opentsne
    with import_module("threadpoolctl").threadpool_limits(limits=1):
        places, kl, done = run(module, rows, _start(rows, seed), used, int(n_iter), theta)
    return Embedding(
        x=places[:, 0].copy(),
        y=places[:, 1].copy(),
        n=n,
        perplexity=used,
        n_iter=done,
        kl=kl,
        theta=float(theta),
        seed=seed,
        engine=engine,
        note="; ".join(notes) or None,
    )


def _checked(features: npt.ArrayLike) -> Floats:
    rows = np.asarray(features, dtype=np.float64)
    if rows.ndim != 2:
        raise ValueError(f"features must have two axes, cases and features, got shape {rows.shape}")
    if not np.isfinite(rows).all():
        where = int(np.argmax(~np.isfinite(rows).all(axis=1)))
        raise ValueError(f"features of case {where} hold nan or infinity")
    n, width = rows.shape
    if n < 4:
        raise ValueError(f"t-SNE needs at least 4 cases, got {n}")
    if width < 2:
        raise ValueError(f"t-SNE in the plane needs at least 2 features, got {width}")
    different = len(np.unique(rows, axis=0))
    if different < 4:
        what = "all cases have the same features" if different == 1 else f"only {different} cases differ"
        raise ValueError(f"t-SNE needs at least 4 cases that differ: {what}")
    return rows


def _start(rows: Floats, seed: int) -> Floats:
    """The first two principal components, scaled to a standard deviation of 1e-4 as is usual, and a tenth of noise."""
    from scipy.linalg import eigh

    centred = rows - rows.mean(axis=0)
    n, width = centred.shape
    if n <= width:
        values, vectors = eigh(centred @ centred.T, subset_by_index=(n - 2, n - 1))
        places = vectors * np.sqrt(np.maximum(values, 0))
    else:
        _, vectors = eigh(centred.T @ centred, subset_by_index=(width - 2, width - 1))
        places = centred @ vectors
    places = places[:, ::-1]
    # The sign of a component is arbitrary; the case that lies farthest out lies on the positive side.
    places = places * np.sign(places[np.argmax(np.abs(places), axis=0), [0, 1]])
    noise = np.random.default_rng(seed).normal(0, 1e-5, places.shape)
    start: Floats = places / places[:, 0].std() * 1e-4 + noise
    return start


def _engine(engine: str) -> ModuleType:
    if engine == "scikit-learn":
        return import_module("sklearn.manifold")
    try:
        return import_module("openTSNE")
    except ModuleNotFoundError as error:
        raise ImportError("t-SNE by openTSNE needs an extra: pip install 'readerstudy[opentsne]'") from error


def _scikit_learn(
    module: ModuleType, rows: Floats, start: Floats, perplexity: float, n_iter: int, theta: float
) -> tuple[Floats, float, int]:
    # Two rules would stop it early: no progress for a while, and a small gradient.
    model = module.TSNE(
        perplexity=perplexity,
        max_iter=n_iter,
        n_iter_without_progress=n_iter,
        min_grad_norm=0.0,
        early_exaggeration=12.0,
        learning_rate="auto",
        init=start.astype(np.float32),
        method="barnes_hut",
        angle=theta,
    )
    places = np.asarray(model.fit_transform(rows), dtype=np.float64)
    return places, float(model.kl_divergence_), int(model.n_iter_) + 1  # n_iter_ counts from 0


def _opentsne(
    module: ModuleType, rows: Floats, start: Floats, perplexity: float, n_iter: int, theta: float
) -> tuple[Floats, float, int]:
    affinities = _affinities(rows, perplexity)
    # openTSNE has no rule that stops early.
    embedding = module.TSNE(
        early_exaggeration_iter=_EXAGGERATED,
        early_exaggeration=12,
        n_iter=n_iter - _EXAGGERATED,
        learning_rate="auto",
        negative_gradient_method="bh",
        theta=theta,
        n_jobs=1,
    ).fit(affinities=module.affinity.PrecomputedAffinities(affinities, normalize=False), initialization=start)
    places = np.asarray(embedding, dtype=np.float64)
    return places, _divergence(affinities.tocoo(), places), n_iter


def _affinities(rows: Floats, perplexity: float) -> Any:
    """Symmetric affinities of the nearest neighbours, sparse, summing to 1.

    openTSNE's own search for the width of a neighbourhood underflows where all distances are large and alike, as those
    of thousands of features are: the perplexities of 1136 cases of 2048 features came out at 110 to 140 for 50.
    """
    from scipy.sparse import csr_matrix
    from sklearn.neighbors import NearestNeighbors

    n = len(rows)
    k = min(n - 1, int(3 * perplexity) + 1)
    distance, neighbour = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows).kneighbors()
    beyond = distance**2 - distance[:, :1] ** 2
    low, high = np.zeros((n, 1)), np.full((n, 1), np.inf)
    precision = 1 / np.maximum(beyond.mean(axis=1, keepdims=True), 1e-300)
    for _ in range(200):
        share = np.exp(-beyond * precision)
        share /= share.sum(axis=1, keepdims=True)
        entropy = -(share * np.log(np.maximum(share, 1e-300))).sum(axis=1, keepdims=True)
        wide = entropy > math.log(perplexity)
        low, high = np.where(wide, precision, low), np.where(wide, high, precision)
        precision = np.where(np.isinf(high), precision * 2, (low + high) / 2)
    one_way = csr_matrix((share.ravel(), neighbour.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return (one_way + one_way.T) / (2 * n)


def _divergence(affinities: Any, places: Floats) -> float:
    """Kullback-Leibler divergence of the places from sparse affinities that sum to 1; memory of a block of rows."""
    total = -float(len(places))  # a case is no neighbour of itself
    for start in range(0, len(places), 500):
        gaps = places[start : start + 500, None, :] - places[None, :, :]
        total += float((1 / (1 + (gaps**2).sum(axis=2))).sum())
    gaps = places[affinities.row] - places[affinities.col]
    near = 1 / (1 + (gaps**2).sum(axis=1))
    known = affinities.data > 0
    share = affinities.data[known]
    return float((share * np.log(share * total / near[known])).sum())
