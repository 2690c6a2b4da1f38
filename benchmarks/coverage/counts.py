"""Cells of the intervals that a table of counts gives: one proportion, paired difference, kappa, likelihood ratios.

Every distinct table is put to the public function once. Where the tables can be enumerated their probabilities take
the place of replicates.
"""

import math
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from scipy import special

from benchmarks.coverage.cell import Cell, Limits, Plan, counted, drawn, of_each, once_each, probabilities, tables
from benchmarks.coverage.cell import thousandths as of
from readerstudy.estimate import Estimate
from readerstudy.stats import diagnostic
from readerstudy.stats.agreement import agreement_weights, kappa_of_table
from readerstudy.stats.paired import INTERVALS, paired_difference
from readerstudy.stats.proportion import METHODS, proportion

ENUMERATED = 100
"""Paired differences and kappas of up to so many cases are enumerated."""
NEGLIGIBLE = 1e-9
"""Each end of a binomial is enumerated up to this probability."""
EVEN = (0.2, 0.2, 0.2, 0.2, 0.2)
SKEWED = (0.5, 0.25, 0.13, 0.08, 0.04)


def _limits(e: Estimate) -> Limits:
    return e.conf_low, e.conf_high


def proportions(n: int, plan: Plan) -> Iterator[Cell]:
    """Every outcome of one proportion; 1 - p has the coverage of p."""
    del plan  # nothing is simulated
    counts = np.arange(n + 1)
    truths = [*(p / 100 for p in range(50, 100)), 0.995, 0.999]
    for method in METHODS:
        limits = [_limits(proportion(int(count), n, method=method)) for count in counts]
        for p in truths:
            weights = probabilities(np.column_stack([counts, n - counts]), (p, 1 - p))
            found = counted(limits, weights, p)
            yield Cell("proportion", "proportion", method, "", n, *_NO_FACTORS, p, None, *found)


_NO_FACTORS = (None, None, None, None, None)


def _paired_calls(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    sizes = (both, first, second, neither)
    return np.repeat([True, True, False, False], sizes), np.repeat([True, False, True, False], sizes)


def paired_differences(n: int, plan: Plan) -> Iterator[Cell]:
    """Two readings of the same cases; all intervals but Newcombe's depend on the discordant pairs alone."""
    exact = n <= ENUMERATED
    all_tables = tables(n, 4) if exact else np.empty((0, 4), dtype=np.int64)
    discordant_tables = tables(n, 3) if exact else all_tables

    def of_table(method: str, *table: int) -> Limits:
        return _limits(paired_difference(*_paired_calls(*table), method=method))

    def of_discordant(method: str, first: int, second: int, _: int) -> Limits:
        return of_table(method, 0, first, second, n - first - second)

    cached = once_each(of_table), once_each(of_discordant)
    for versus, difference, correlation in product((0.5, 0.7, 0.8, 0.9, 0.95), (0.0, 0.05, 0.1, 0.2), (0.0, 0.3, 0.6)):
        chances = paired_chances(versus + difference, versus, correlation)
        if chances is None:
            continue
        if not exact:
            simulated = drawn(n, chances, plan.replicates, [2, n, *of(versus, difference, correlation)])
        for method in INTERVALS:
            whole = method == "newcombe"
            if exact:
                found = all_tables if whole else discordant_tables
                both, first, second, neither = chances
                weights = probabilities(found, chances if whole else (first, second, both + neither))
            else:
                found, weights = simulated
                if not whole:
                    found = np.column_stack([found[:, 1:3], found[:, 0] + found[:, 3]])
            limits = of_each(cached[0 if whole else 1], ((method, *row) for row in found.tolist()))
            yield Cell(
                "paired difference", "proportion_difference", method, "", n, None, correlation, versus, None, None,
                difference, None if exact else plan.replicates, *counted(limits, weights, difference),
            )  # fmt: skip


def paired_chances(first: float, second: float, correlation: float) -> tuple[float, float, float, float] | None:
    """Chances of (both, first only, second only, neither); None where no two readings can be correlated so."""
    if first > 1:
        return None
    both = first * second + correlation * math.sqrt(first * (1 - first) * second * (1 - second))
    found = both, first - both, second - both, 1 - first - second + both
    return None if min(found) < 1e-9 else found


def kappas(n: int, plan: Plan) -> Iterator[Cell]:
    """Two readers with the same margins: two categories, enumerated where they can be, and five."""
    exact = n <= ENUMERATED

    def limits(weights: str | None, *table: int) -> Limits:
        size = int(np.sqrt(len(table)))
        return _limits(kappa_of_table(np.array(table).reshape(size, size), weights=weights))

    two = tables(n, 4) if exact else None
    cached = once_each(limits)
    for prevalence, kappa in product((0.1, 0.3, 0.5), (0.0, 0.2, 0.4, 0.6, 0.8, 0.9)):
        spread = prevalence * (1 - prevalence)
        agreed, apart = kappa * spread, (1 - kappa) * spread
        chances = (prevalence**2 + agreed, apart, apart, (1 - prevalence) ** 2 + agreed)
        if two is None:
            found, share = drawn(n, chances, plan.replicates, [4, n, *of(prevalence, kappa)])
        else:
            found, share = two, probabilities(two, chances)
        of_two = of_each(cached, ((None, *row) for row in found.tolist()))
        yield Cell(
            "kappa", "kappa", "cohen", "2 categories", n, prevalence, None, None, None, None, kappa,
            None if exact else plan.replicates, *counted(of_two, share, kappa),
        )  # fmt: skip
    for margins, kappa, weights in product((EVEN, SKEWED), (0.2, 0.4, 0.6, 0.8), (None, "quadratic")):
        rated = rated_chances(margins, kappa, weights).ravel()
        seed = [5, n, *of(margins[0], kappa), 0 if weights is None else 1]
        found, share = drawn(n, rated, plan.replicates, seed)
        of_five = (limits(weights, *row) for row in found.tolist())
        yield Cell(
            "kappa", "kappa", "cohen" if weights is None else f"cohen-{weights}", "5 categories", n, margins[0], None,
            None, None, None, kappa, plan.replicates, *counted(of_five, share, kappa),
        )  # fmt: skip


def rated_chances(margins: tuple[float, ...], kappa: float, weights: str | None) -> np.ndarray:
    """Chances of each pair of ratings when two normal impressions are cut at the same places.

    Their correlation is the one at which the ratings have this `kappa`; found by bisection.
    """
    cuts = np.concatenate(([-9.0], special.ndtri(np.cumsum(margins)[:-1]), [9.0]))
    node, node_weight = np.polynomial.legendre.leggauss(120)
    middle, half = (cuts[1:] + cuts[:-1]) / 2, (cuts[1:] - cuts[:-1]) / 2
    x = middle[:, None] + half[:, None] * node
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * half[:, None] * node_weight
    agreed = agreement_weights(len(margins), weights)

    def chances(correlation: float) -> np.ndarray:
        edges = (cuts[:, None, None] - correlation * x) / np.sqrt(1 - correlation**2)
        inside: np.ndarray = (density * np.diff(special.ndtr(edges), axis=0)).sum(axis=2).T
        shares: np.ndarray = inside / inside.sum()
        return shares

    def agreement(p: np.ndarray) -> float:
        expected = p.sum(axis=1) @ agreed @ p.sum(axis=0)
        return float(((agreed * p).sum() - expected) / (1 - expected))

    low, high = 0.0, 0.9999
    for _ in range(60):
        between = (low + high) / 2
        low, high = (between, high) if agreement(chances(between)) < kappa else (low, between)
    return chances(low)


def _binomial(n: int, p: float) -> tuple[np.ndarray, np.ndarray]:
    """The outcomes of a binomial but for `NEGLIGIBLE` ends, and their probabilities."""
    counts = np.arange(n + 1)
    kept = counts[(special.bdtr(counts, n, p) > NEGLIGIBLE) & (special.bdtrc(counts - 1, n, p) > NEGLIGIBLE)]
    return kept, probabilities(np.column_stack([kept, n - kept]), (p, 1 - p))


RATIOS: dict[str, Callable[..., Estimate]] = {"plr": diagnostic.plr, "nlr": diagnostic.nlr}


def likelihood_ratios(n: int, plan: Plan) -> Iterator[Cell]:
    """Likelihood ratios of fixed numbers of positive and negative cases: two independent binomials, enumerated."""
    del plan  # nothing is simulated
    for prevalence in (0.1, 0.3, 0.5):
        m = round(n * prevalence)
        truth = np.repeat([True, False], (m, n - m))

        def limits(measure: str, method: str, tp: int, fp: int, m: int = m, truth: np.ndarray = truth) -> Limits:
            call = np.repeat([True, False, True, False], (tp, m - tp, fp, n - m - fp))
            return _limits(RATIOS[measure](truth, call, method=method))

        cached = once_each(limits)
        shares = (0.6, 0.8, 0.9, 0.95)
        for sensitivity, specificity in product(shares, shares):
            tp, chance = _binomial(m, sensitivity)
            fp, chance2 = _binomial(n - m, 1 - specificity)
            outcomes = list(product(tp.tolist(), fp.tolist()))
            weights = np.outer(chance, chance2).ravel()
            ratios = {"plr": sensitivity / (1 - specificity), "nlr": (1 - sensitivity) / specificity}
            for (measure, ratio), method in product(ratios.items(), diagnostic.RATIO_METHODS):
                found = of_each(cached, ((measure, method, *outcome) for outcome in outcomes))
                yield Cell(
                    "likelihood ratio", measure, method, "", n, prevalence, None, None, sensitivity, specificity,
                    ratio, None, *counted(found, weights, ratio, ratio=True),
                )  # fmt: skip
