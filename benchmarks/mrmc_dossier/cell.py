"""What is counted of an analysis in one kind of study, and how."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from benchmarks.coverage.cell import counted
from readerstudy.estimate import Estimate


class Cell(NamedTuple):
    """One analysis of one kind of study; the fields are the columns of the table."""

    question: str
    """One of `QUESTIONS`."""
    measure: str
    method: str
    design: str
    readers: int
    cases: int
    structure: str
    level: float
    """AUC or sensitivity of the modality, or modalities, that nothing is lost from."""
    true_value: float
    replicates: int
    rejected: float
    """Share of the tests that reject: two-sided at .05, or of non-inferiority at .025; nan of a mean."""
    coverage: float
    too_low: float
    """Share of the intervals that lie wholly below the truth."""
    too_high: float
    width: float
    undefined: float
    """Share of the studies without test and interval; they are in no other number."""
    no_spread: float
    """Share of the intervals of no width: every reader's value the same, whatever the case."""


class Question(NamedTuple):
    """What an analysis is asked; tests of what is true reject with probability `nominal`, intervals miss with it."""

    title: str
    about: str
    nominal: float
    tested: bool


QUESTIONS = {
    "difference": Question(
        "Two modalities that do not differ",
        "Share of the two-sided tests at .05 that reject, in percent. The interval of the difference leaves 0 out in "
        "the same studies: its coverage is what is left to 100.",
        0.05,
        True,
    ),
    "non-inferiority": Question(
        "Non-inferiority where the true difference is the margin",
        "The first modality is worse by just the margin, 0.05. Share of the one-sided tests at .025 that call it not "
        "inferior, in percent: the lower limit of the interval lies above the truth.",
        0.025,
        True,
    ),
    "model": Question(
        "A model as good as the readers",
        "`model_versus_readers`. Share of the two-sided tests at .05 that reject, in percent.",
        0.05,
        True,
    ),
    "model non-inferiority": Question(
        "Non-inferiority of a model that is worse by the margin",
        "`model_versus_readers`, the model worse than the readers' mean by just the margin, 0.05. Share of the "
        "one-sided tests at .025 that call it not inferior, in percent.",
        0.025,
        True,
    ),
    "mean": Question(
        "One modality's mean over readers",
        "Share of the 95 % intervals of the mean, for readers and cases like these, that hold the truth, in percent.",
        0.05,
        False,
    ),
}  # fmt: skip


class Plan(NamedTuple):
    """How much is simulated."""

    replicates: int
    """Of each structure."""
    most_sizes: int


FULL = Plan(replicates=500, most_sizes=100)
QUICK = Plan(replicates=2, most_sizes=1)


class Tally:
    """The estimates of one analysis as they come, one a study."""

    def __init__(self, nominal: float) -> None:
        self.nominal = nominal
        self.limits: list[tuple[float, float]] = []
        self.p: list[float] = []

    def add(self, e: Estimate) -> None:
        """One more study."""
        self.limits.append((e.conf_low, e.conf_high))
        self.p.append(e.p_value)

    def numbers(self, truth: float) -> dict[str, float]:
        """The part of a cell that is counted."""
        with np.errstate(invalid="ignore"):  # where every study is undefined
            found = counted(self.limits, np.ones(len(self.limits)), truth)
        tests = np.array(self.p)
        tests = tests[~np.isnan(tests)]
        low, high = np.array(self.limits).T
        none = np.isnan(low)
        return {
            "rejected": float((tests < self.nominal).mean()) if len(tests) else math.nan,
            "coverage": found.coverage,
            "too_low": found.too_low,
            "too_high": found.too_high,
            "width": found.width,
            "undefined": found.undefined,
            "no_spread": float((low == high)[~none].mean()) if not none.all() else math.nan,
        }


class Pooled(NamedTuple):
    """Cells of several structures as one."""

    share: float
    """Of tests that reject, or of intervals that hold the truth."""
    nominal: float
    error: float
    """Monte-Carlo standard error where the share is nominal."""
    undefined: float

    @property
    def beyond(self) -> float:
        """By how many standard errors the share of errors is above the nominal one."""
        return (self.share - self.nominal) / self.error * (1 if self.nominal < 0.5 else -1)


FAR = 3.0
"""So many Monte-Carlo standard errors from nominal are more than chance."""


def pooled(cells: Iterable[Cell]) -> Pooled:
    """Cells of one question, each weighted by its defined replicates."""
    cells = list(cells)
    question = QUESTIONS[cells[0].question]
    number = np.array([cell.replicates * (1 - cell.undefined) for cell in cells])
    share = np.array([cell.rejected if question.tested else cell.coverage for cell in cells])
    known = number > 0
    nominal = question.nominal if question.tested else 1 - question.nominal
    total = float(number.sum())
    return Pooled(
        float(share[known] @ number[known] / total) if total else math.nan,
        nominal,
        math.sqrt(nominal * (1 - nominal) / total) if total else math.nan,
        1 - total / sum(cell.replicates for cell in cells),
    )
