"""A table of counts: Pearson's chi-square and Fisher's exact test, for analyses and bootstraps to call."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy.stats._arrays import Bools, Floats, Ints

_SAME = 1 + 1e-7
"""Two probabilities closer than this are one, told apart by rounding alone; R draws the line at the same place."""


def _support(first: int, second: int, successes: int) -> Ints:
    """The numbers of successes that the first group can have, given both sizes and all successes."""
    return np.arange(max(0, successes - second), min(first, successes) + 1)


def _hypergeometric(first: int, second: int, successes: int) -> Floats:
    """Probabilities of `_support`."""
    k = _support(first, second, successes)

    def log_choose(n: int, chosen: Ints) -> Floats:
        logs: Floats = special.gammaln(n + 1) - special.gammaln(chosen + 1) - special.gammaln(n - chosen + 1)
        return logs

    logs = log_choose(first, k) + log_choose(second, successes - k)
    weights = np.exp(logs - logs.max())
    probabilities: Floats = weights / weights.sum()
    return probabilities


def fisher_p(a: int, b: int, c: int, d: int, alternative: str = "two-sided") -> float:
    """Fisher's exact P of the table [[a, b], [c, d]]; two-sided, all tables no likelier than this one are counted.

    ``"greater"`` asks whether the first row has more of the first column.
    """
    if a + c == 0 or b + d == 0 or a + b == 0 or c + d == 0:
        return 1.0
    mass = _hypergeometric(a + b, c + d, a + c)
    here = a - max(0, a + c - (c + d))
    if alternative == "greater":
        return min(1.0, float(mass[here:].sum()))
    if alternative == "less":
        return min(1.0, float(mass[: here + 1].sum()))
    return min(1.0, float(mass[mass <= mass[here] * _SAME].sum()))


def _without_empty(table: npt.ArrayLike) -> Ints:
    counts = np.asarray(table, dtype=np.int64)
    kept: Ints = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    return kept


def expected(table: npt.ArrayLike) -> Floats:
    """Counts expected if rows and columns were independent; the table must not be empty."""
    counts = np.asarray(table, dtype=np.float64)
    product: Floats = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return product


def chi2_p(table: npt.ArrayLike, correction: bool = False) -> tuple[float, int, float]:
    """Pearson's chi-square of a table of counts: statistic, degrees of freedom, P.

    Empty rows and columns are left out. With one row or one column left there is nothing to compare: nan, 0, 1.
    `correction` is Yates's, of a two-by-two table only; it never turns a difference round.
    """
    counts = _without_empty(table)
    if min(counts.shape) < 2:
        return math.nan, 0, 1.0
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    under = expected(counts)
    gap = np.abs(counts - under)
    if correction and df == 1:
        gap = gap - np.minimum(0.5, gap)
    statistic = float((gap**2 / under).sum())
    return statistic, df, float(special.chdtrc(df, statistic))


class _Stage(NamedTuple):
    """One row of a table: the states before it, and every way to fill it that leads on to a state after it."""

    left: Ints
    """What is left of each column's total; one row per state."""
    start: Ints
    """Where the ways out of each state begin; they lie together."""
    cells: Floats
    """Logarithm of one over the product of the cells' factorials, for each way."""
    child: Ints
    """The state that each way leads to."""


def fisher_table_p(table: npt.ArrayLike, most: int = 2_000_000) -> float:
    """Fisher's exact P of a table of any size; nan where more than `most` ways to fill its rows are needed.

    All tables with the same totals that are no likelier than this one are counted (Freeman and Halton 1951,
    doi:10.2307/2332323). The table is filled row by row, as Mehta and Patel 1983 do,
    doi:10.1080/01621459.1983.10477989: beginnings with the same column totals left and the same probability are
    one, and a beginning is settled as soon as all its ends are counted, or none. Empty rows and columns are left out.
    """
    counts = _without_empty(table)
    if counts.shape[0] < counts.shape[1]:
        counts = counts.T
    if counts.shape[1] < 2:
        return 1.0
    if counts.shape == (2, 2):
        (a, b), (c, d) = counts.tolist()
        return fisher_p(a, b, c, d)
    counts = counts[np.argsort(-counts.sum(axis=1), kind="stable")]
    totals = counts.sum(axis=1)
    stages = _stages(totals, counts.sum(axis=0), most)
    if stages is None:
        return math.nan
    observed = -float(special.gammaln(counts + 1).sum()) + math.log(_SAME)
    likeliest, rarest = _ends(stages, np.maximum), _ends(stages, np.minimum)
    state, logs, ways = np.zeros(1, dtype=np.int64), np.zeros(1), np.zeros(1)
    all_tables = _all_ends(stages[0].left, totals)[0]
    counted = 0.0
    for i, stage in enumerate(stages):
        if not len(state):
            break
        out = np.diff(np.append(stage.start, len(stage.child)))[state]
        most -= int(out.sum())
        if most < 0:
            return math.nan
        way = _ranges(stage.start[state], out)
        state, logs, ways = _merge(stage.child[way], np.repeat(logs, out) + stage.cells[way], np.repeat(ways, out))
        in_all = logs + likeliest[i + 1][state] <= observed
        left = stages[i + 1].left if i + 1 < len(stages) else np.zeros((1, counts.shape[1]), dtype=np.int64)
        ends = _all_ends(left, totals[i + 1 :])[state[in_all]]
        counted += float(np.exp(logs[in_all] + ways[in_all] + ends - all_tables).sum())
        open_ = ~in_all & (logs + rarest[i + 1][state] <= observed)
        state, logs, ways = state[open_], logs[open_], ways[open_]
    return min(1.0, counted)


def _runs(keys: Sequence[npt.NDArray[Any]] | npt.NDArray[Any]) -> tuple[Ints, Bools]:
    """The order that brings together what agrees in all `keys`, and where in it something new begins."""
    order = np.lexsort(keys)
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    return order, new


def _ranges(start: Ints, width: Ints) -> Ints:
    """The whole numbers start, start + 1, ..., `width` of them, for each pair in turn."""
    before = np.cumsum(width) - width
    numbers: Ints = np.repeat(start - before, width) + np.arange(int(width.sum()))
    return numbers


def _stages(totals: Ints, columns: Ints, most: int) -> list[_Stage] | None:
    stages, left = [], columns[np.newaxis, :]
    for total in totals:
        filled = _fill(left, int(total), most)
        if filled is None:
            return None
        most -= len(filled[0])
        origin, cells = filled
        # The order of the columns does not matter to what follows.
        after = np.sort(left[origin] - cells, axis=1)
        order, new = _runs(after.T)
        child = np.empty(len(order), dtype=np.int64)
        child[order] = np.cumsum(new) - 1
        start = np.searchsorted(origin, np.arange(len(left)))
        stages.append(_Stage(left, start, -special.gammaln(cells + 1).sum(axis=1), child))
        left = after[order][new]
    return stages


def _ends(stages: list[_Stage], pick: np.ufunc) -> list[Floats]:
    """Of all ways to fill what is left, the likeliest (or rarest): its logarithm for every state, stage by stage."""
    found = [np.zeros(1)]
    for stage in reversed(stages):
        found.append(pick.reduceat(stage.cells + found[-1][stage.child], stage.start))
    return found[::-1]


def _all_ends(left: Ints, totals: Ints) -> Floats:
    """Logarithm of the sum over all ways to fill rows of `totals` when `left` is left, for every state."""
    rows = special.gammaln(totals.sum() + 1) - special.gammaln(totals + 1).sum()
    sums: Floats = rows - special.gammaln(left + 1).sum(axis=1)
    return sums


def _fill(left: Ints, total: int, most: int) -> tuple[Ints, Ints] | None:
    """All ways to put `total` into the cells of a row with at most `left` in each: state of origin, and cells."""
    origin = np.arange(len(left))
    cells = np.zeros((len(left), 0), dtype=np.int64)
    rest = np.full(len(left), total)
    for column in range(left.shape[1]):
        room = left[origin, column]
        later = left[origin, column + 1 :].sum(axis=1)
        low, high = np.maximum(0, rest - later), np.minimum(room, rest)
        width = high - low + 1
        if int(width.sum()) > most:
            return None
        parent = np.repeat(np.arange(len(width)), width)
        value = _ranges(low, width)
        cells = np.column_stack([cells[parent], value])
        origin, rest = origin[parent], rest[parent] - value
    return origin, cells


def _merge(state: Ints, logs: Floats, ways: Floats) -> tuple[Ints, Floats, Floats]:
    """One beginning for those that agree; `ways` is the logarithm of how many there were."""
    order, new = _runs((np.round(logs, 9), state))
    first = np.flatnonzero(new)
    highest = ways.max()
    sums = np.add.reduceat(np.exp(ways[order] - highest), first)
    return state[order][first], logs[order][first], highest + np.log(sums)
