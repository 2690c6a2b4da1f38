"""Cells of the intervals of the AUC: simulated scores, normal in both classes, as they are or on five levels."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from scipy import special

from benchmarks.coverage.cell import Cell, Limits, Plan, counted
from benchmarks.coverage.cell import thousandths as of
from readerstudy.stats.roc import auc

CUTS = special.ndtri([0.35, 0.6, 0.8, 0.93])
"""Between the five levels: so many of the negative cases lie under each."""

Job = tuple[str, int, float, float, tuple[str, ...]]
"""Data, number of cases, prevalence, AUC and the names of the intervals."""


def jobs(plan: Plan) -> Iterator[Job]:
    """The cells; those that are resampled are few, because each of their intervals takes thousands of AUCs."""
    plain, resampled = ("delong", "logit"), ("bootstrap", "bca")
    for n in plan.sizes(30, 50, 100, 200, 500):
        for prevalence, area in product((0.1, 0.2, 0.5), (0.7, 0.8, 0.9, 0.95, 0.98)):
            yield "continuous", n, prevalence, area, plain
        for prevalence, area in product((0.2, 0.5), (0.7, 0.8, 0.9, 0.95)):
            yield "five levels", n, prevalence, area, plain
    for area in (0.7, 0.95):
        yield "continuous", 50, 0.5, area, resampled
    for n, area in product(plan.sizes(100, 200), (0.7, 0.9, 0.95)):
        yield "five levels", n, 0.5, area, resampled


def areas(job: Job, plan: Plan) -> Iterator[Cell]:
    """One cell: fixed numbers of positive and negative cases, the positive ones shifted to have the AUC."""
    data, n, prevalence, area, methods = job
    m = round(n * prevalence)
    truth = np.arange(n) < m
    levels = data == "five levels"
    shift = _shift_of_levels(area) if levels else np.sqrt(2) * special.ndtri(area)
    few = "bootstrap" in methods
    resamples = plan.resamples if levels else plan.resamples_of_few
    seed = [3, int(levels), int(few), n, *of(prevalence, area)]
    rng, resampling = (np.random.default_rng([*seed, part]) for part in (0, 1))
    limits: dict[str, list[Limits]] = {method: [] for method in methods}
    for _ in range(plan.replicates):
        score = rng.normal(size=n) + shift * truth
        if levels:
            score = np.digitize(score, CUTS).astype(np.float64)
        for method, found in limits.items():
            e = auc(truth, score, method=method, n_boot=resamples, rng=resampling)
            found.append((e.conf_low, e.conf_high))
    for method, found in limits.items():
        yield Cell(
            "auc", "auc", method, data, n, prevalence, None, None, None, None, area, plan.replicates,
            *counted(found, np.ones(len(found)), area),
        )  # fmt: skip


def _shift_of_levels(area: float) -> float:
    """The shift of the positive cases at which the five levels have this AUC; found by bisection."""
    negative = np.diff(special.ndtr(CUTS), prepend=0, append=1)

    def found(shift: float) -> float:
        positive = np.diff(special.ndtr(CUTS - shift), prepend=0, append=1)
        return float(positive @ (np.cumsum(negative) - negative / 2))

    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if found(middle) < area else (low, middle)
    return low
