"""Agreement of two readers beyond chance."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Floats,
    Ints,
    Tails,
    missing,
    normal_p,
    same_length,
    sorted_labels,
    tails,
    vector,
    z_of,
)
from readerstudy.stats._degenerate import bounded, noted
from readerstudy.stats._patients import ONE_PATIENT, Patients, patients_of
from readerstudy.stats.diagnostic import cross_counts
from readerstudy.stats.linearised import cohen

WEIGHTS = ("linear", "quadratic")
"""Names of the agreement weights, beside none."""


def agreement_weights(n_categories: int, weights: str | None) -> Floats:
    """Weight of each pair of categories: 1 on the diagonal, less the farther apart they are.

    Beside `WEIGHTS` also ``"ordinal"``, which many readers' coefficients know.
    """
    if weights is None:
        return np.eye(n_categories)
    rank = np.arange(n_categories)
    steps = np.abs(rank[:, None] - rank[None, :])
    if weights == "ordinal":
        # How many pairs can be drawn from the categories between the two, of all pairs.
        pairs: Floats = 1 - steps * (steps + 1) / max(n_categories * (n_categories - 1), 1)
        return pairs
    distance = steps / max(n_categories - 1, 1)
    agreed: Floats = 1 - (distance if weights == "linear" else distance**2)
    return agreed


def kappa_of_table(
    table: Ints, *, weights: str | None = None, conf_level: float = 0.95, alternative: str = "two-sided"
) -> Estimate:
    """Cohen's kappa of a square table of counts; see `kappa`."""
    outside = tails(conf_level, alternative)
    n = int(table.sum())
    e = Estimate(
        measure="kappa",
        method="cohen" if weights is None else f"cohen-{weights}",
        conf_level=conf_level,
        alternative=alternative,
        null=0.0,
        n_cases=n,
        test_method="cohen-null-variance",
    )
    if n == 0:
        return e.replace(note="no case was read by both")
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    w = agreement_weights(len(table), weights)
    observed = float((w * p).sum())
    expected = float(rows @ w @ columns)
    # Counted in whole numbers: with one category used there is no disagreement that chance could make.
    if np.count_nonzero(table.sum(axis=1) + table.sum(axis=0)) == 1:
        return e.replace(note="both used one category only: kappa is undefined")
    value = max(-1.0, min(1.0, (observed - expected) / (1 - expected)))  # rounded, perfect agreement can exceed 1
    # Row i and column j of the mean weights are what i and j agree on with a random call of the other reader.
    mean_weight = (w @ columns)[:, None] + (rows @ w)[None, :]
    spread = float((p * (w - mean_weight * (1 - value)) ** 2).sum()) - (value - expected * (1 - value)) ** 2
    null_spread = float((np.outer(rows, columns) * (w - mean_weight) ** 2).sum()) - expected**2
    # Both are differences of nearly equal numbers where they should be 0.
    error = math.sqrt(spread / n) / (1 - expected) if spread > 1e-15 else 0.0
    null_error = math.sqrt(null_spread / n) / (1 - expected) if null_spread > 1e-15 else 0.0
    e = e.replace(
        estimate=value,
        std_error=error,
        conf_low=-1.0 if outside.low == 0 else max(-1.0, value - z_of(outside.low) * error),
        conf_high=1.0 if outside.high == 0 else min(1.0, value + z_of(outside.high) * error),
    )
    notes = []
    if error == 0:
        notes.append("the asymptotic standard error is 0: the interval has no width")
    if null_error == 0:
        notes.append("one reader used one category only: no test")
    else:
        z = value / null_error
        e = e.replace(statistic=z, p_value=normal_p(z, alternative))
    return bounded(e.replace(note="; ".join(notes) or None), -1.0, 1.0, outside)


class Pairs(NamedTuple):
    """The ratings of the cases that both read, by the place of their category."""

    first: Ints
    second: Ints
    n_categories: int
    read: Bools
    """Which cases these are."""

    @property
    def table(self) -> Ints:
        """Counts, rows = the first reader."""
        return cross_counts(self.first, self.second, self.n_categories, self.n_categories)


def table_of_ratings(ratings: ArrayLike, versus: ArrayLike, categories: list[Any] | None) -> Ints:
    """Counts of the cases that both read, rows = `ratings`; the categories are by default those that occur, sorted."""
    return _pairs(ratings, versus, categories).table


def _pairs(ratings: ArrayLike, versus: ArrayLike, categories: list[Any] | None) -> Pairs:
    first, second = vector(ratings, "ratings"), vector(versus, "versus")
    same_length(ratings=first, versus=second)
    read = ~(missing(first) | missing(second))
    first, second = first[read], second[read]
    if categories is None:
        categories = sorted_labels([*first.tolist(), *second.tolist()], "ratings and versus")
    codes = {category: code for code, category in enumerate(categories)}
    for name, labels in (("ratings", first), ("versus", second)):
        unknown = [label for label in labels.tolist() if label not in codes]
        if unknown:
            raise ValueError(f"{name} holds {unknown[0]!r}, which is not among the categories {categories}")
    rows = np.array([codes[label] for label in first.tolist()], dtype=np.int64)
    columns = np.array([codes[label] for label in second.tolist()], dtype=np.int64)
    return Pairs(rows, columns, len(categories), read)


def _clustered(e: Estimate, pairs: Pairs, patients: Patients, weights: str | None, outside: Tails) -> Estimate:
    """`e`, the kappa of independent cases, with the interval and test of patients."""
    e = e.replace(
        method="yang-zhou" if weights is None else f"yang-zhou-{weights}",
        test_method="rao-scott-null-variance",
        n_patients=patients.number,
    )
    if math.isnan(e.estimate):
        return e
    if patients.number == 1:
        return noted(
            e.replace(conf_low=None, conf_high=None, std_error=None, statistic=None, p_value=None), ONE_PATIENT
        )
    parts = cohen(pairs.first, pairs.second, agreement_weights(pairs.n_categories, weights)).parts
    design = patients.design(parts - e.estimate)
    error = e.std_error * design.factor
    z = design.normal(e.statistic / design.factor)
    wide = e.replace(
        std_error=error,
        conf_low=-1.0 if outside.low == 0 else max(-1.0, e.estimate - design.reach(outside.low) * error),
        conf_high=1.0 if outside.high == 0 else min(1.0, e.estimate + design.reach(outside.high) * error),
        statistic=z,
        p_value=normal_p(z, e.alternative or "two-sided"),
        df=patients.number - 1,
    )
    return bounded(noted(wide, design.note), -1.0, 1.0, outside)


def kappa(
    ratings: ArrayLike,
    versus: ArrayLike,
    *,
    weights: str | None = None,
    categories: list[Any] | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    patients: ArrayLike | None = None,
) -> Estimate:
    """Cohen's kappa: agreement of two readers beyond what chance alone would give.

    (observed - expected agreement) / (1 - expected agreement). Range [-1, 1], best 1, 0 at chance.

    Parameters
    ----------
    ratings, versus
        Categories given by the two readers (or a reader and the truth) to the same cases, paired by position,
        shape (n_cases,). None or nan = not read: such cases are left out and not counted in `n_cases`.
    weights
        None, ``"linear"`` or ``"quadratic"`` (ordered categories: near misses count in part).
    categories
        All categories in order; by default those that occur, sorted. With weights the order and the number of
        categories matter, also of those nobody used.
    conf_level, alternative
        As in `proportion`.
    patients
        Labels of the patients, shape (n_cases,), where one may have several cases. Both standard errors are then made
        larger by the design effect of what each case adds to kappa (Yang and Zhou's variance), and Student's
        distribution of the patients widens the interval. With one case a patient nothing changes.

    Returns
    -------
    Estimate
        `std_error` is the asymptotic one, for the interval (cut at -1 and 1); `statistic` = z uses the standard
        error under chance agreement, so that z is not estimate / std_error.

    Raises
    ------
    ValueError
        If a rating is not among `categories` or a name is unknown.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. When both readers used one category only, kappa is nan with a
    note. For a level of 95 % the interval under-covers up to 100 cases, and with a rare category or a kappa near 1 also
    beyond: 28 % at worst, with 20 cases, a category of 10 % and a kappa of 0.9 (docs/coverage.md). With `patients`, in
    simulated studies of 20, 50 and 150 of them (kappa 0.21), it covers in 93, 94 and 96 %.

    References
    ----------
    Cohen 1960, doi:10.1177/001316446002000104. Cohen 1968, doi:10.1037/h0026256.
    Fleiss, Cohen and Everitt 1969, doi:10.1037/h0028106. Patients: Yang and Zhou 2015, Weighted kappa statistic for
    clustered matched-pair ordinal data, Computational Statistics & Data Analysis 82:1-18.

    Examples
    --------
    >>> kappa([0, 0, 1, 1], [0, 0, 1, 0]).estimate
    0.5
    """
    if weights is not None:
        _choice.check(weights, WEIGHTS, "weights")
    pairs = _pairs(ratings, versus, categories)
    e = kappa_of_table(pairs.table, weights=weights, conf_level=conf_level, alternative=alternative)
    if patients is None:
        return e
    whose = patients_of(patients, len(pairs.read)).of(pairs.read)
    return _clustered(e, pairs, whose, weights, tails(conf_level, alternative))
