"""What is counted of an interval in one cell of the dossier, and how."""

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from scipy import special

Limits = tuple[float, float]


class Cell(NamedTuple):
    """One interval of one measure at one size and one truth; the fields are the columns of the table."""

    family: str
    measure: str
    interval: str
    data: str
    n: int
    prevalence: float | None
    correlation: float | None
    versus: float | None
    sensitivity: float | None
    specificity: float | None
    true_value: float
    replicates: int | None
    """None where every outcome was enumerated."""
    coverage: float
    too_low: float
    """Share of the intervals that lie wholly below the truth."""
    too_high: float
    width: float
    """Mean width where there are two limits; of a ratio the mean of log(high / low)."""
    undefined: float
    """Share of the outcomes that have no interval at all; they are in no other number."""
    one_limit: float


class Plan(NamedTuple):
    """How much is simulated."""

    replicates: int
    resamples: int
    resamples_of_few: int
    """Of continuous scores, where each resample takes long."""
    most_sizes: int
    """How many of the sizes are taken, the smallest first."""

    def sizes(self, *sizes: int) -> tuple[int, ...]:
        """As many of `sizes` as are taken."""
        return sizes[: self.most_sizes]


FULL = Plan(replicates=10_000, resamples=2_000, resamples_of_few=400, most_sizes=100)
QUICK = Plan(replicates=20, resamples=20, resamples_of_few=20, most_sizes=1)


class Counted(NamedTuple):
    """The part of a cell that is counted."""

    coverage: float
    too_low: float
    too_high: float
    width: float
    undefined: float
    one_limit: float


def counted(limits: Iterable[Limits], weights: np.ndarray, truth: float, *, ratio: bool = False) -> Counted:
    """Weigh intervals by how likely (or frequent) they are; an interval that ends at the truth covers it."""
    low, high = np.array(list(limits), dtype=np.float64).T
    share = weights / weights.sum()
    none, two = np.isnan(low) & np.isnan(high), ~np.isnan(low) & ~np.isnan(high)
    share_of_any = share[~none].sum()
    slack = 1e-12 * max(1.0, abs(truth))
    with np.errstate(invalid="ignore", divide="ignore"):
        too_low, too_high = share[high < truth - slack].sum(), share[low > truth + slack].sum()
        width = np.log(high / low) if ratio else high - low
    wide = two & np.isfinite(width)
    return Counted(
        coverage=1 - (too_low + too_high) / share_of_any,
        too_low=too_low / share_of_any,
        too_high=too_high / share_of_any,
        width=(share[wide] * width[wide]).sum() / share[wide].sum() if wide.any() else np.nan,
        undefined=share[none].sum(),
        one_limit=share[~none & ~two].sum(),
    )


def once_each(limits: Callable[..., Limits]) -> Callable[..., Limits]:
    """`limits` that is asked once for each outcome, however often that occurs."""
    return functools.cache(limits)


def of_each(limits: Callable[..., Limits], outcomes: Iterable[Iterable[Hashable]]) -> Iterator[Limits]:
    return (limits(*outcome) for outcome in outcomes)


def tables(n: int, cells: int) -> np.ndarray:
    """Every way in which `n` cases can fall into `cells` cells, shape (n_ways, cells)."""
    ways = np.arange(n + 1)[:, None]
    for _ in range(cells - 2):
        rest = n - ways.sum(axis=1)
        first = np.repeat(ways, rest + 1, axis=0)
        start = np.repeat(np.cumsum(rest + 1) - (rest + 1), rest + 1)
        ways = np.column_stack([first, np.arange(len(first)) - start])
    return np.column_stack([ways, n - ways.sum(axis=1)])


def probabilities(outcomes: np.ndarray, chances: Iterable[float]) -> np.ndarray:
    """Multinomial probability of each row of `outcomes`."""
    n = int(outcomes[0].sum())
    logs = special.gammaln(n + 1) - special.gammaln(outcomes + 1).sum(axis=1)
    found: np.ndarray = np.exp(logs + special.xlogy(outcomes, np.array(list(chances))).sum(axis=1))
    return found


def drawn(n: int, chances: Iterable[float], replicates: int, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The distinct tables among simulated ones, and how often each came."""
    p = np.array(list(chances))
    found = np.random.default_rng(seed).multinomial(n, p / p.sum(), size=replicates)
    distinct, times = np.unique(found, axis=0, return_counts=True)
    return distinct, times.astype(np.float64)


def thousandths(*values: float) -> list[int]:
    """Factors of a cell as whole numbers, for its seed."""
    return [round(1000 * value) for value in values]
