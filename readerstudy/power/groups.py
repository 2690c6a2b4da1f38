"""The power to compare two proportions of different cases."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.power._result import (
    Power,
    check_count,
    check_hypothesis,
    check_positive,
    check_share,
    joined,
    one_unknown,
)
from readerstudy.power._tests import settled, smallest
from readerstudy.stats._arrays import Floats

METHODS = ("chi2", "chi2-cc", "fisher", "farrington-manning")
"""Names of the tests of two independent proportions."""

_MOST = 10_000_000
_MOST_EXACT = 3_000


def _masses(n: int, p: float) -> Floats:
    x = np.arange(n + 1)
    log = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    found: Floats = np.exp(log + special.xlogy(x, p) + special.xlog1py(n - x, -p))
    return found


def _fisher(n: int, n2: int, p: float, p2: float, alpha: float, alternative: str) -> float:
    """Power of Fisher's exact test, over all outcomes by their sum; each tail at its own share of `alpha`."""
    tail = alpha / 2 if alternative == "two-sided" else alpha
    of_first, of_second = _masses(n, p), _masses(n2, p2)
    logs = special.gammaln(np.arange(max(n, n2) + 2) + 1.0)

    def log_choose(n: int) -> Floats:
        x = np.arange(n + 1)
        found: Floats = logs[n] - logs[x] - logs[n - x]
        return found

    first, second = log_choose(n), log_choose(n2)
    power = 0.0
    for total in range(1, n + n2):
        x = np.arange(max(0, total - n2), min(n, total) + 1)
        log = first[x] + second[total - x]
        masses = np.exp(log - log.max())
        masses /= masses.sum()
        shown = np.zeros(len(x), dtype=bool)
        if alternative != "less":
            shown |= np.cumsum(masses[::-1])[::-1] <= tail * (1 + 1e-12)
        if alternative != "greater":
            shown |= np.cumsum(masses) <= tail * (1 + 1e-12)
        power += float((of_first[x] * of_second[total - x])[shown].sum())
    return power


def constrained(p: float, p2: float, gap: float, ratio: float) -> tuple[float, float]:
    """The likeliest two proportions that differ by `gap`, of p and p2 seen in groups of sizes 1 : ratio.

    Found where the likelihood's slope changes its sign, which it does once.
    """
    low, high = max(0.0, gap), min(1.0, 1.0 + gap)

    def slope(first: float) -> float:
        second = first - gap
        of_first = p / first - (1 - p) / (1 - first)
        return of_first + ratio * (p2 / second - (1 - p2) / (1 - second))

    low, high = low + 1e-15, high - 1e-15
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if slope(middle) > 0:
            low = middle
        else:
            high = middle
    return middle, middle - gap


def proportion_difference(
    p: float,
    versus: float,
    *,
    n_first: int | None = None,
    ratio: float = 1.0,
    power: float | None = None,
    method: str | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float | None = None,
) -> Power:
    """Power to compare two proportions of different cases, or the cases that it takes.

    Parameters
    ----------
    p, versus
        The two true proportions.
    n_first, power
        Cases of the first group, or the power: one of the two; the other is found.
    ratio
        Cases of the second group for each of the first.
    method
        ``"chi2"`` (the formula for Pearson's test, the default, as R's power.prop.test), ``"chi2-cc"`` (with a
        continuity correction) or ``"fisher"`` (exact test, exact power). With a margin ``"farrington-manning"``.
    alpha, alternative
        As in `readerstudy.power.mrmc`.
    margin
        Loss that is allowed, for the non-inferiority of p: the test is one-sided at `alpha` / 2. With the alternative
        ``"less"`` less is better.

    Returns
    -------
    Power
        `n_cases` is of both groups together, `unrounded` of the first.

    Raises
    ------
    ValueError
        If a number is impossible, or there is nothing to be shown.

    Notes
    -----
    Cases must be independent. What is significant on the wrong side counts with ``"fisher"`` alone, whose power rises
    in saw teeth, as that of one proportion does.

    References
    ----------
    Fleiss, Tytun and Ury 1980 (continuity correction), Biometrics 36, 343-346. Farrington and Manning 1990,
    doi:10.1002/sim.4780091208.

    Examples
    --------
    >>> found = proportion_difference(0.9, 0.8, power=0.8)
    >>> found.n_cases, round(found.unrounded, 2)
    (398, 198.96)
    """
    for name, value in (("p", p), ("versus", versus), ("alpha", alpha)):
        check_share(value, name)
    check_positive(ratio, "ratio")
    asked = check_hypothesis(margin, "non-inferiority", alternative, below=1.0)
    known = METHODS[:3] if margin is None else METHODS[3:]
    method = _choice.check(method or known[0], known, "method")
    gap = p - versus
    if margin is None and (gap == 0 or (alternative == "greater" and gap < 0) or (alternative == "less" and gap > 0)):
        raise ValueError(f"{p:g} and {versus:g} do not differ on the side of alternative {alternative!r}")
    towards = -1 if alternative == "less" else 1
    away = abs(gap) if margin is None else margin + towards * gap
    if away <= 0:
        raise ValueError("the true difference lies beyond the margin: no number of cases shows it")
    z = -float(special.ndtri(alpha if alternative != "two-sided" and margin is None else alpha / 2))
    pooled = (p + ratio * versus) / (1 + ratio)
    under = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    if margin is not None:
        if not -1 < -towards * margin < 1:
            raise ValueError(f"margin must be less than 1, got {margin!r}")
        first, second = constrained(p, versus, -towards * margin, ratio)
        under = math.sqrt(first * (1 - first) + second * (1 - second) / ratio)
    true = math.sqrt(p * (1 - p) + versus * (1 - versus) / ratio)
    corrected = (1 + 1 / ratio) / 2 if method == "chi2-cc" else 0.0

    def second_group(n: int) -> int:
        return max(1, math.ceil(n * ratio - 1e-9))

    def power_at(n: int) -> float:
        if method == "fisher":
            return _fisher(n, second_group(n), p, versus, alpha, alternative)
        return float(special.ndtr(((away - corrected / n) * math.sqrt(n) - z * under) / true))

    unknown = one_unknown(n_first=n_first, power=power)
    found = Power(
        method=method, hypothesis=asked, effect=gap, margin=math.nan if margin is None else margin, alpha=alpha,
        alternative=alternative,
    )  # fmt: skip
    unrounded, note = math.nan, None
    if unknown == "power":
        assert n_first is not None
        n = check_count(n_first, "n_first")
        if method == "fisher" and n + second_group(n) > 2 * _MOST_EXACT:
            raise ValueError(f"Fisher's power is summed for up to {2 * _MOST_EXACT} cases: use method 'chi2-cc'")
    else:
        assert power is not None
        check_share(power, "power")
        found = dataclasses.replace(found, wanted=power)
        formula = ((z * under - float(special.ndtri(1 - power)) * true) / away) ** 2
        if formula > _MOST:
            return dataclasses.replace(found, note=f"not with {_MOST} cases a group")
        if method == "fisher":
            reached = settled(functools.cache(power_at), power, formula, 2, _MOST_EXACT, before=0.9, beyond=1.15)
            if reached is None:
                return dataclasses.replace(found, note=f"not with {_MOST_EXACT} cases: use method 'chi2-cc'")
            n = reached[1]
            if reached[0] < n:
                note = (
                    f"{reached[0]} cases in the first group are the fewest with this power, some larger numbers lack it"
                )
        elif corrected:
            n = smallest(power_at, power, 1, 2 * _MOST) or 2 * _MOST
        else:
            unrounded = formula
            n = max(1, math.ceil(formula - 1e-9))
    n2 = second_group(n)
    return dataclasses.replace(
        found,
        n_cases=n + n2,
        power=power_at(n),
        unrounded=unrounded,
        std_error=math.sqrt(p * (1 - p) / n + versus * (1 - versus) / n2),
        note=joined(f"{n} and {n2} cases", note),
    )
