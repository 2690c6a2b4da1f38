"""Covariances of empirical areas of normal scores."""

from __future__ import annotations

from readerstudy.stats._bivariate import both_below


def area_covariance(
    h: float, k: float, shares: tuple[float, float, float, float], n_positive: int, n_negative: int
) -> float:
    """Covariance of two empirical AUCs of the same cases, where scores are normal.

    Both are shares of pairs of a positive and a negative case whose difference of scores is normal; h and k are mean
    over standard deviation of that difference. `shares` are the correlations of the two readers' differences: where
    neither case is shared, the positive one, the negative one, and both.
    """
    neither, positive, negative, pair = (both_below(h, k, share) for share in shares)
    one, zero = n_positive - 1, n_negative - 1
    # Written as differences, because what is subtracted is nearly all of it.
    total = (pair - neither) + zero * (positive - neither) + one * (negative - neither)
    return total / (n_positive * n_negative)
