"""Tests of whole sets: any number of AUCs at once, and of whole ROC curves instead of their areas."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Floats,
    Ints,
    Tails,
    binary,
    normal_p,
    same_length,
    scores,
    tails,
    unmasked,
    z_of,
)
from readerstudy.stats._degenerate import bounded, one_sided
from readerstudy.stats._difference import NO_VARIANCE
from readerstudy.stats.roc_inference import undefined
from readerstudy.stats.roc_placements import placements

CONTRASTS = ("pairwise", "reference")
"""Names of the sets of contrasts."""
TIES = ("average", "ordinal")
"""How `compare_roc` ranks tied scores."""


def compare_aucs(
    truth: ArrayLike,
    scores: npt.ArrayLike,
    *,
    names: Sequence[str] | None = None,
    contrasts: str | npt.ArrayLike = "pairwise",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> list[Estimate]:
    """Any number of AUCs of the same cases at once: one test that all are equal, and every difference.

    With the AUCs A, their DeLong covariance V and a contrast matrix L: chi2 = (L A)' (L V L')^- (L A), with as many
    degrees of freedom as L V L' has rank.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    scores
        Shape (n_readers, n_cases), two readers or more; no nan.
    names
        The readers' names, shape (n_readers,); by default "1", "2" and so on.
    contrasts
        ``"pairwise"``, ``"reference"`` (each of the others against the first) or a matrix of shape (n_contrasts,
        n_readers) whose rows sum to 0.
    conf_level, alternative
        As in `proportion`, for the differences. Their intervals and P-values are not adjusted for their number.

    Returns
    -------
    list of Estimate
        First the global test (`statistic`, `df`, `p_value`), then one difference a contrast. `reader` and `versus`
        are set for a contrast of two.

    Raises
    ------
    ValueError
        If shapes or names do not fit, or a row of the contrasts does not sum to 0.

    Notes
    -----
    Cases must be independent: there is no `patients`, and no margin, see `compare_auc`. With no case of a class, or
    one, nothing is tested. Contrasts that repeat each other
    cost no degree of freedom. Where equal placements leave a contrast no variance, its difference is 0 and P = 1.
    Each case says so in `note`.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595.

    Examples
    --------
    >>> truth = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> rows = [[1, 2, 3, 5, 4, 6, 7, 8], [1, 4, 3, 6, 2, 5, 7, 8], [5, 2, 8, 4, 1, 3, 7, 6]]
    >>> everything, first, *_ = compare_aucs(truth, rows)
    >>> everything.df, round(everything.p_value, 3), first.reader, first.versus, first.estimate
    (2.0, 0.086, '1', '2', 0.1875)
    """
    outside = tails(conf_level, alternative)
    truth = binary(truth, "truth")
    unmasked(scores, "scores")
    rows = np.asarray(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(truth) or len(rows) < 2:
        raise ValueError(f"scores must have shape (n_readers, {len(truth)}) with 2 readers or more, got {rows.shape}")
    if np.isnan(rows).any():
        raise ValueError("scores has missing values (nan): leave such cases out first")
    called = [str(k + 1) for k in range(len(rows))] if names is None else [str(name) for name in names]
    if len(called) != len(rows) or len(set(called)) < len(called):
        raise ValueError(f"names must be {len(rows)} different names, got {called}")
    matrix = _matrix(contrasts, len(rows))
    e = Estimate(
        measure="auc_difference",
        method="delong",
        test_method="delong",
        conf_level=conf_level,
        alternative=alternative,
        null=0.0,
        n_cases=len(truth),
    )
    everything = e.replace(
        test_method="delong-chi2", conf_level=None, alternative="two-sided", n_readers=len(rows),
        note=f"one test of all contrasts of {len(rows)} AUCs: no single difference",
    )  # fmt: skip
    differences = [e.replace(**_names(row, called)) for row in matrix]
    reason = undefined(truth)
    if reason is None and 1 in (truth.sum(), (~truth).sum()):
        reason = "one case of a class leaves DeLong's covariance undefined: no interval, no test"
    if reason is not None:
        return [one.replace(note=reason) for one in (everything, *differences)]
    placed = [placements(truth, row) for row in rows]
    value = matrix @ np.array([p.auc for p in placed])
    spread = _spread(matrix, np.stack([p.positive for p in placed]), np.stack([p.negative for p in placed]))
    return [
        _global(everything, value, spread),
        *(
            _contrast(one, float(d), math.sqrt(v), outside)
            for one, d, v in zip(differences, value, np.diag(spread), strict=True)
        ),
    ]


def _spread(matrix: Floats, *of_classes: Floats) -> Floats:
    """DeLong's covariance of contrasts from the placements of each class, shape (n_readers, n_of_class).

    From differences of placements, not as a difference of covariances, so that curves that hardly differ keep the
    variance of their difference.
    """
    spread: Floats = np.zeros((len(matrix), len(matrix)))
    for rows in of_classes:
        size = rows.shape[1] * (rows.shape[1] - 1)
        against_first = rows[1:] - rows[0]
        against_first -= against_first.mean(axis=1, keepdims=True)
        spread += matrix[:, 1:] @ (against_first @ against_first.T) @ matrix[:, 1:].T / size
    own = np.array([sum(float(np.var(row @ rows, ddof=1)) / rows.shape[1] for rows in of_classes) for row in matrix])
    # A variance that is the rounding of placements only, as of two scores with the same ones, is none.
    own[own <= 1e-30 * np.abs(matrix).sum(axis=1) ** 2 / 4] = 0
    np.fill_diagonal(spread, own)
    spread[own == 0] = 0
    spread[:, own == 0] = 0
    return spread


def _matrix(contrasts: str | npt.ArrayLike, n_readers: int) -> Floats:
    if isinstance(contrasts, str):
        _choice.check(contrasts, CONTRASTS, "contrasts")
        eye = np.eye(n_readers)
        if contrasts == "reference":
            against_first: Floats = eye[1:] - eye[0]
            return against_first
        return np.stack([eye[i] - eye[j] for i in range(n_readers) for j in range(i + 1, n_readers)])
    matrix = np.asarray(contrasts, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != n_readers or not len(matrix):
        raise ValueError(f"contrasts must have shape (n_contrasts, {n_readers}), got {matrix.shape}")
    if not np.isfinite(matrix).all() or np.abs(matrix.sum(axis=1)).max() > 1e-9 or not matrix.any(axis=1).all():
        raise ValueError("each row of contrasts must be finite, sum to 0 and have a number that is not 0")
    return matrix


def _names(row: Floats, called: list[str]) -> dict[str, str]:
    plus, minus = np.flatnonzero(row == 1), np.flatnonzero(row == -1)
    if len(plus) == len(minus) == 1 and np.count_nonzero(row) == 2:
        return {"reader": called[plus[0]], "versus": called[minus[0]], "versus_kind": "reader"}
    parts = [f"{weight:+g} {name}" for weight, name in zip(row, called, strict=True) if weight]
    return {"reader": " ".join(parts)}


def _global(e: Estimate, value: Floats, spread: Floats) -> Estimate:
    roots, axes = np.linalg.eigh(spread)
    used = roots > 1e-10 * max(roots.max(), 0)
    if np.abs(axes[:, ~used].T @ value).max(initial=0) > 1e-9:
        return e.replace(note=f"{e.note}; AUCs differ that have no variance to be held against: no test")
    if not used.any():
        return e.replace(p_value=1.0, note=f"{e.note}; no contrast differs or has variance: P = 1")
    along = axes[:, used].T @ value
    chi2, df = float((along**2 / roots[used]).sum()), int(used.sum())
    return e.replace(statistic=chi2, df=df, p_value=float(special.chdtrc(df, chi2)))


def _contrast(e: Estimate, d: float, error: float, outside: Tails) -> Estimate:
    if error == 0:
        if d != 0:
            return e.replace(estimate=d, std_error=0.0, note=NO_VARIANCE)
        note = "the difference and its variance are 0: P = 1"
        return e.replace(estimate=0.0, conf_low=0.0, conf_high=0.0, std_error=0.0, p_value=1.0, note=note)
    assert e.alternative is not None
    simple = e.versus is not None
    low, high = d - z_of(outside.low) * error, d + z_of(outside.high) * error
    e = e.replace(
        estimate=d,
        std_error=error,
        conf_low=max(-1.0, low) if simple else None if outside.low == 0 else low,
        conf_high=min(1.0, high) if simple else None if outside.high == 0 else high,
        statistic=d / error,
        p_value=normal_p(d / error, e.alternative),
    )
    return bounded(e, -1.0, 1.0, outside) if simple else one_sided(e, outside)


def compare_roc(
    truth: ArrayLike,
    score: ArrayLike,
    versus: ArrayLike,
    *,
    paired: bool = True,
    versus_truth: ArrayLike | None = None,
    ties: str = "average",
    n_permutations: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Test whether two ROC curves are the same everywhere, not in their areas alone.

    Venkatraman's permutation tests. Paired, the statistic sums, over all thresholds on the ranks, how far the two
    scores' numbers of wrong calls lie apart; under the hypothesis the two ranks of a case can be exchanged. Not
    paired, it is the area between the two samples' shares of wrong calls, both drawn over the share of cases called
    negative, with one prevalence for both; the scores are put on that common scale, on which under the hypothesis the
    positive cases of the two samples can be exchanged, and so can the negative ones.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score, versus
        Two scores of the same cases, paired by position, shape (n_cases,); no nan. Not paired: of different cases.
    paired
        False for two samples of cases.
    versus_truth
        Truth of the cases of `versus`, shape (n_versus_cases,); needed where not paired.
    ties
        Of paired scores: ``"average"``: tied scores share their mean rank, and the order of the cases does not matter.
        ``"ordinal"``: they are ranked in the order of the cases, as R's pROC does.
    n_permutations, rng
        Permutations and NumPy Generator or seed; ``rng=None`` draws a new seed.

    Returns
    -------
    Estimate
        `statistic`, and two-sided P = (1 + permutations at least as extreme) / (1 + permutations). There is no
        estimate: the test sees curves that cross.

    Raises
    ------
    ValueError
        If lengths or names do not fit, or `versus_truth` is missing for different cases or given for the same.

    Notes
    -----
    Cases must be independent. With no case of a class there is no test; two scores with the same ranks have P = 1.

    References
    ----------
    Venkatraman and Begg 1996, doi:10.1093/biomet/83.4.835. Not paired: Venkatraman 2000,
    doi:10.1111/j.0006-341X.2000.01134.x.

    Examples
    --------
    >>> e = compare_roc([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], [2, 1, 3, 6, 4, 5])
    >>> e.statistic, round(e.p_value, 1)
    (2.0, 0.8)
    """
    from scipy.stats import rankdata

    _choice.check(ties, TIES, "ties")
    if n_permutations < 1:
        raise ValueError(f"n_permutations must be 1 or more, got {n_permutations!r}")
    if paired == (versus_truth is not None):
        raise ValueError("versus_truth is of other cases: give it with paired=False, and only then")
    truth, score, versus = binary(truth, "truth"), scores(score, "score"), scores(versus, "versus")
    e = Estimate(
        measure="roc_difference",
        method="venkatraman",
        test_method="venkatraman",
        alternative="two-sided",
        note="a test of the whole curves: no single difference",
    )
    if versus_truth is not None:
        other = binary(versus_truth, "versus_truth")
        e = e.replace(n_cases=same_length(truth=truth, score=score) + same_length(versus_truth=other, versus=versus))
        if (reason := undefined(truth) or undefined(other)) is not None:
            return e.replace(note=reason)
        return _unpaired(e, (score[truth], score[~truth]), (versus[other], versus[~other]), n_permutations, rng)
    e = e.replace(n_cases=same_length(truth=truth, score=score, versus=versus))
    if (reason := undefined(truth)) is not None:
        return e.replace(note=reason)
    # In an order that the arrays' own order does not change, so that a seed gives one answer.
    order = np.lexsort((versus, score, truth)) if ties == "average" else np.arange(len(truth))
    truth = truth[order]
    ranks = np.stack([rankdata(row[order], method=ties) for row in (score, versus)])  # type: ignore[call-overload]
    observed = int(_distance(truth, ranks[0][None], ranks[1][None])[0])
    generator = np.random.default_rng(rng)
    extreme = 0
    block = max(1, 200_000 // len(truth))
    for start in range(0, n_permutations, block):
        swap = generator.random((min(block, n_permutations - start), len(truth))) < 0.5
        pair = (np.where(swap, ranks[1], ranks[0]), np.where(swap, ranks[0], ranks[1]))
        first, second = (rankdata(row, method=ties, axis=1) for row in pair)  # type: ignore[call-overload]
        extreme += int(np.count_nonzero(_distance(truth, first, second) >= observed))
    return e.replace(statistic=observed, p_value=(1 + extreme) / (1 + n_permutations))


def _distance(truth: Bools, first: Floats, second: Floats) -> Ints:
    """Sum over the thresholds k of |wrong calls of `first` - wrong calls of `second`|, for each row of ranks."""
    size, n = first.shape
    # Calling rank <= k negative is wrong for a positive case and right for a negative one.
    sign = np.broadcast_to(np.where(truth, 1.0, -1.0), (size, n)).ravel()
    start = np.arange(size)[:, None] * n
    counts = [
        np.bincount((start + np.ceil(rank).astype(np.int64) - 1).ravel(), sign, size * n) for rank in (first, second)
    ]
    gap = np.cumsum((counts[0] - counts[1]).reshape(size, n), axis=1)
    total: Ints = np.abs(np.rint(gap)).sum(axis=1).astype(np.int64)
    return total


def _heights(sample: tuple[Floats, Floats], at: Floats) -> tuple[Floats, Floats]:
    """Shares of a sample's positive and of its negative cases that score less than each of `at`, ties counted half."""
    found = []
    for of_class in sample:
        ordered = np.sort(of_class)
        found.append(
            (np.searchsorted(ordered, at, "left") + np.searchsorted(ordered, at, "right")) / (2 * len(ordered))
        )
    return found[0], found[1]


def errors_apart(first: tuple[Floats, Floats], second: tuple[Floats, Floats], prevalence: float) -> float:
    """Area between two samples' shares of wrong calls, over the share of cases called negative, at one prevalence.

    Each sample is its positive and its negative cases' scores. The shares are joined by straight lines.
    """
    curves = []
    for positive, negative in (first, second):
        levels = np.unique(np.concatenate([positive, negative]))
        missed, right = (
            np.append(0, np.searchsorted(np.sort(of_class), levels, "right") / len(of_class))
            for of_class in (positive, negative)
        )
        called = prevalence * missed + (1 - prevalence) * right
        curves.append((called, prevalence * missed + (1 - prevalence) * (1 - right)))
    at = np.union1d(curves[0][0], curves[1][0])
    gap = np.interp(at, *curves[0]) - np.interp(at, *curves[1])
    left, right_gap, width = np.abs(gap[:-1]), np.abs(gap[1:]), np.diff(at)
    both = left + right_gap
    # Where the lines cross, two triangles; else a trapezium.
    crossed = gap[:-1] * gap[1:] < 0
    height = np.where(crossed, (left**2 + right_gap**2) / np.where(both > 0, both, 1), both)
    return float((height * width).sum() / 2)


def _unpaired(
    e: Estimate, first: tuple[Floats, Floats], second: tuple[Floats, Floats], n_permutations: int,
    rng: np.random.Generator | int | None,
) -> Estimate:  # fmt: skip
    n_positive = len(first[0]) + len(second[0])
    assert e.n_cases is not None
    prevalence = n_positive / e.n_cases
    observed = errors_apart(first, second, prevalence)
    pools = []
    for k in (0, 1):
        scaled = []
        for sample in (first, second):
            missed, right = _heights(sample, np.sort(sample[k]))
            scaled.append(prevalence * missed + (1 - prevalence) * right)
        pools.append(np.concatenate(scaled))
    generator = np.random.default_rng(rng)
    m, n = len(first[0]), len(first[1])
    extreme = 0
    for _ in range(n_permutations):
        positive, negative = generator.permutation(pools[0]), generator.permutation(pools[1])
        apart = errors_apart((positive[:m], negative[:n]), (positive[m:], negative[n:]), prevalence)
        extreme += apart >= observed - 1e-12
    return e.replace(statistic=observed, p_value=(1 + extreme) / (1 + n_permutations))
