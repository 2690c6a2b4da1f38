"""The five families of intervals: their cells, what varies in them, and how that is said."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmarks.coverage.areas import areas
from benchmarks.coverage.areas import jobs as area_jobs
from benchmarks.coverage.cell import Cell, Plan
from benchmarks.coverage.counts import kappas, likelihood_ratios, paired_differences, proportions

Job = tuple[Callable[..., Iterator[Cell]], object]
"""What makes some of the cells, and its argument before the plan."""


class Family(NamedTuple):
    """One part of the dossier."""

    name: str
    title: str
    factors: dict[str, str]
    """Columns that vary, with their names in a sentence, beside n."""
    about: str


FAMILIES = (
    Family(
        "proportion",
        "One proportion",
        {"true_value": "p"},
        "Exact: all n + 1 outcomes. True proportions from 0.50 to 0.99 in steps of 0.01, 0.995 and 0.999; each "
        "interval treats p and 1 - p alike, so that those below one half have the same coverage.",
    ),
    Family(
        "paired difference",
        "Difference of paired proportions",
        {"correlation": "correlation", "versus": "second proportion", "true_value": "difference"},
        "Two readings of the same cases: proportion of the second 0.5 to 0.95, difference 0 to 0.2, correlation of the "
        "two readings 0, 0.3 and 0.6 where there is such a pair. Exact up to n = 100 (all tables), simulated beyond.",
    ),
    Family(
        "auc",
        "AUC",
        {"prevalence": "prevalence", "true_value": "AUC"},
        "Scores that are normal in both classes with one variance, as they are (continuous) or on five levels with "
        "35, 25, 20, 13 and 7 % of the negative cases; the AUC is that of the levels. Fixed numbers of positive and "
        "negative cases. All simulated; `bootstrap` and `bca`, with 2,000 resamples (400 of continuous scores), in few "
        "cells, because each interval takes as many AUCs. Where the AUC is 0 or 1 the interval is Newcombe's, as "
        "`auc` gives it.",
    ),
    Family(
        "kappa",
        "Cohen's kappa",
        {"prevalence": "prevalence", "true_value": "kappa"},
        "Two readers with the same margins. Two categories, prevalence 0.1 to 0.5: exact up to n = 100 (all tables), "
        "simulated beyond. Five categories, simulated: two correlated normal impressions cut at the same places, the "
        "margins even or skewed (0.5, 0.25, 0.13, 0.08, 0.04; the column prevalence names the first), the correlation "
        "set to the true kappa.",
    ),
    Family(
        "likelihood ratio",
        "Likelihood ratios",
        {"prevalence": "prevalence", "sensitivity": "sensitivity", "specificity": "specificity"},
        "Sensitivity and specificity 0.6, 0.8, 0.9 and 0.95, fixed numbers of positive and negative cases. Exact: all "
        "outcomes but those in the last 1e-9 of each end. The width is log(high / low) where both are above 0.",
    ),
)


def group(cell: Cell) -> str:
    """The interval that a cell belongs to, in words."""
    measure = f"{cell.measure.upper()}, " if cell.family == "likelihood ratio" else ""
    return f"{measure}{cell.interval}{', ' * bool(cell.data)}{cell.data}"


def jobs(plan: Plan) -> Iterator[Job]:
    """Everything that is to be done, what takes longest first."""
    for job in sorted(area_jobs(plan), key=lambda job: "bootstrap" not in job[-1]):
        yield areas, job
    for n in reversed(plan.sizes(20, 30, 50, 100, 200, 500)):
        yield kappas, n
    for n in reversed(plan.sizes(50, 100, 200, 500)):
        yield likelihood_ratios, n
    for n in reversed(plan.sizes(10, 20, 30, 50, 100, 200)):
        yield paired_differences, n
    for n in reversed(plan.sizes(10, 20, 30, 50, 100, 200, 500)):
        yield proportions, n


def done(task: tuple[Job, Plan]) -> tuple[list[Cell], str]:
    """The cells of one job, and what to say of it; for a process of its own."""
    (make, argument), plan = task
    start = time.process_time()
    cells = list(make(argument, plan))
    return cells, f"{make.__name__} {argument}: {len(cells)} cells, {time.process_time() - start:.1f} s"
