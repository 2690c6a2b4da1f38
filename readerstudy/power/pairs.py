"""The power to compare two proportions of the same cases."""

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
    check_share,
    effect_or_none,
    joined,
    one_unknown,
)
from readerstudy.power._tests import settled
from readerstudy.stats._arrays import Floats, Ints

METHODS = ("exact", "mid-p", "chi2", "chi2-cc", "connor", "miettinen", "tango", "normal")
"""Names of the tests of paired proportions and of the formulas for their power."""

_OF_NO_DIFFERENCE = METHODS[:6]
_OF_A_MARGIN = METHODS[6:]
_MOST = 20_000
"""More cases are left to the formulas."""


def discordant(p: float, versus: float, *, correlation: float = 0.0) -> float:
    """Share of cases on which two readings disagree, from their two proportions and their correlation.

    Range from the absolute difference of the proportions to 1.

    Parameters
    ----------
    p, versus
        The two proportions, such as two sensitivities.
    correlation
        Phi coefficient of the two readings of one case; 0 if they are independent, which is the safe choice.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If no table has these proportions and this correlation.

    Examples
    --------
    >>> round(discordant(0.9, 0.8, correlation=0.3), 3)
    0.188
    """
    check_share(p, "p")
    check_share(versus, "versus")
    spread = correlation * math.sqrt(p * (1 - p) * versus * (1 - versus))
    first, second = p * (1 - versus) - spread, versus * (1 - p) - spread
    both = p * versus + spread
    if min(first, second, both, 1 - first - second - both) < -1e-12:
        raise ValueError(f"two proportions {p:g} and {versus:g} cannot have the correlation {correlation!r}")
    return max(first, 0.0) + max(second, 0.0)


@functools.lru_cache(maxsize=64)
def _fewest(size: int, tail: float, method: str) -> Ints:
    """For each number of discordant pairs from 0 to `size`, the fewest of one kind that are significantly many."""
    m = np.arange(size + 1)
    low, high = m // 2, m + 1  # not significant, and significant or impossible
    z = -float(special.ndtri(tail))
    while (high - low > 1).any():
        b = (low + high) // 2
        if method == "exact":
            shows = special.bdtrc(b - 1, m, 0.5) <= tail
        elif method == "mid-p":
            shows = (special.bdtrc(b - 1, m, 0.5) + np.where(b < m, special.bdtrc(b, m, 0.5), 0.0)) / 2 <= tail
        else:
            gap = 2 * b - m - (1 if method == "chi2-cc" else 0)
            shows = gap > z * np.sqrt(m)
        shows &= 2 * b > m
        high, low = np.where(shows & (high - low > 1), b, high), np.where(~shows & (high - low > 1), b, low)
    found: Ints = high
    return found


def _tango(margin: float, b: Ints, m: Ints, n: int) -> Floats:
    """Tango's statistic of the hypothesis that the difference is -`margin`, for b of m discordant pairs."""
    c = m - b
    linear = -b - c - (2 * n - b + c) * margin
    constant = c * margin * (1 + margin)
    only_versus = (np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0)) - linear) / (4 * n)
    variance = np.maximum(n * (2 * only_versus - margin * (1 + margin)), 1e-300)
    found: Floats = (b - c + n * margin) / np.sqrt(variance)
    return found


def _fewest_against_margin(n: int, margin: float, z: float) -> Ints:
    """For each number of discordant pairs, the fewest of the first kind that show the difference above -`margin`."""
    m = np.arange(n + 1)
    low, high = np.full(n + 1, -1), m + 1
    while (high - low > 1).any():
        b = (low + high) // 2
        shows = _tango(margin, b, m, n) > z
        high, low = np.where(shows & (high - low > 1), b, high), np.where(~shows & (high - low > 1), b, low)
    found: Ints = high
    return found


def _at_least(fewest: Ints, m: Ints, share: float) -> Floats:
    found: Floats = np.where(fewest <= 0, 1.0, np.where(fewest > m, 0.0, special.bdtrc(fewest - 1, m, share)))
    return found


def _masses(n: int, share: float) -> Floats:
    """P(m discordant pairs of n)."""
    m = np.arange(n + 1)
    log = special.gammaln(n + 1) - special.gammaln(m + 1) - special.gammaln(n - m + 1)
    found: Floats = np.exp(log + special.xlogy(m, share) + special.xlog1py(n - m, -share))
    return found


def _unconditional(n: int, of_all: float, towards: float, tail: float, method: str) -> float:
    """Power of a McNemar test, over all numbers of discordant pairs; `towards` is the share of the likelier kind."""
    size = 1 << max(4, n.bit_length())
    m, fewest = np.arange(n + 1), _fewest(size, tail, method)[: n + 1]
    return float((_masses(n, of_all) * _at_least(fewest, m, towards)).sum())


def _of_margin(n: int, of_all: float, first: float, margin: float, z: float, asked: str, alternative: str) -> float:
    m = np.arange(n + 1)
    fewest = _fewest_against_margin(n, margin, z)
    masses = _masses(n, of_all)
    if asked == "non-inferiority":
        return float((masses * _at_least(fewest, m, 1 - first if alternative == "less" else first)).sum())
    # Both tests: as many of the first kind and as many of the second as are needed.
    inside = _at_least(fewest, m, first) - _at_least(m - fewest + 1, m, first)
    return float((masses * np.maximum(inside, 0)).sum())


def paired_proportions(
    effect: float | None = None,
    *,
    discordant: float,
    n_cases: int | None = None,
    power: float | None = None,
    method: str | None = None,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
) -> Power:
    """Power to compare two proportions of the same cases (two sensitivities), or the cases that it takes.

    Exact: over all numbers of discordant cases and all ways in which they fall.

    Parameters
    ----------
    effect
        True difference of the proportions, call - versus; by default 0 with a margin.
    discordant
        Share of cases on which the two disagree: see `readerstudy.power.discordant`.
    n_cases, power
        One of the two; the other is found. For a sensitivity the cases are the positive ones.
    method
        Without a margin McNemar's test: ``"exact"`` (the default), ``"mid-p"``, ``"chi2"`` or ``"chi2-cc"``, or a
        formula for its power, ``"connor"`` or ``"miettinen"`` (less conservative). With a margin ``"tango"`` (score
        test, exact power; the default) or the formula ``"normal"``.
    alpha, alternative, margin, hypothesis
        As in `readerstudy.power.mrmc`.

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        If a number is impossible, such as less discordance than difference.

    Notes
    -----
    Cases must be independent. The exact power rises in saw teeth, as that of one proportion does. What is
    significant on the wrong side does not count.

    References
    ----------
    Connor 1987, doi:10.2307/2531961. Miettinen 1968, Biometrics 24, 339-352. Tango 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B.

    Examples
    --------
    >>> round(paired_proportions(0.1, discordant=0.3, n_cases=100).power, 4)
    0.373
    >>> paired_proportions(0.1, discordant=0.3, power=0.8, method="connor").n_cases
    234
    """
    check_share(alpha, "alpha")
    asked = check_hypothesis(margin, hypothesis, alternative, below=1.0)
    true = effect_or_none(effect, margin)
    known = _OF_NO_DIFFERENCE if asked == "superiority" else _OF_A_MARGIN
    method = _choice.check(method or known[0], known, "method")
    if not (0 < discordant <= 1 and abs(true) <= discordant):
        raise ValueError(
            f"discordant must lie between the absolute effect and 1, and above 0: got {discordant!r} with {true:g}"
        )
    if asked == "superiority" and true == 0:
        raise ValueError("effect is 0: there is no difference to be shown")
    if asked == "superiority" and true * {"greater": 1, "less": -1}.get(alternative, 0) < 0:
        raise ValueError(f"effect {true:g} lies on the other side than alternative {alternative!r}")
    unknown = one_unknown(n_cases=n_cases, power=power)
    tail = alpha / 2 if alternative == "two-sided" or margin is not None else alpha
    z = -float(special.ndtri(tail))
    first = (discordant + true) / (2 * discordant)
    error = math.sqrt(max(discordant - true**2, 0.0))

    def power_at(n: int) -> float:
        if method in ("connor", "miettinen"):
            return float(special.ndtr(_beta(method, n, true, discordant, z)))
        if margin is None:
            return _unconditional(n, discordant, max(first, 1 - first), tail, method)
        if method == "tango":
            return _of_margin(n, discordant, first, margin, z, asked, alternative)
        return _normal(n, true, error, margin, z, asked, alternative)

    found = Power(
        method=method, hypothesis=asked, effect=true, margin=math.nan if margin is None else margin, alpha=alpha,
        alternative=alternative,
    )  # fmt: skip
    if unknown == "power":
        assert n_cases is not None
        n = check_count(n_cases, "n_cases")
        return dataclasses.replace(found, n_cases=n, power=power_at(n), std_error=error / math.sqrt(n))
    assert power is not None
    check_share(power, "power")
    found = dataclasses.replace(found, wanted=power)
    zb = -float(special.ndtri(1 - power))
    away = abs(true) if margin is None else margin + {"less": -true}.get(alternative, true)
    if asked == "equivalence":
        away = (margin or 0.0) - abs(true)
    if away <= 0:
        return dataclasses.replace(
            found, note="the true difference lies beyond the margin: no number of cases shows it"
        )
    guess = ((z * math.sqrt(discordant) + zb * error) / away) ** 2
    formula = _formula(method, true, discordant, z, zb, away) if asked != "equivalence" else math.nan
    if not math.isnan(formula):
        n = max(1, math.ceil(formula - 1e-9))
        note = None
    else:
        other = "connor" if margin is None else "normal"
        reached = settled(power_at, power, guess, 1, 2 * _MOST) if guess < _MOST else None
        if reached is None:
            return dataclasses.replace(found, note=f"more than {_MOST} cases: use method {other!r}")
        note = f"{reached[0]} cases are the fewest with this power, but some larger numbers lack it"
        n, note = reached[1], note if reached[0] < reached[1] else None
    return dataclasses.replace(
        found, n_cases=n, power=power_at(n), std_error=error / math.sqrt(n), unrounded=formula, note=joined(note)
    )


def _spread_of_miettinen(true: float, discordant: float) -> float:
    return math.sqrt(max(discordant**2 - true**2 * (3 + discordant) / 4, 0.0))


def _beta(method: str, n: int, true: float, discordant: float, z: float) -> float:
    """Normal deviate of the power of a formula."""
    if method == "connor":
        spread = math.sqrt(max(discordant - true**2, 1e-300))
        return (abs(true) * math.sqrt(n) - z * math.sqrt(discordant)) / spread
    spread = max(_spread_of_miettinen(true, discordant), 1e-300)
    return (abs(true) * math.sqrt(n * discordant) - z * discordant) / spread


def _formula(method: str, true: float, discordant: float, z: float, zb: float, away: float) -> float:
    if method == "connor":
        return ((z * math.sqrt(discordant) + zb * math.sqrt(discordant - true**2)) / true) ** 2
    if method == "miettinen":
        return (z * discordant + zb * _spread_of_miettinen(true, discordant)) ** 2 / (discordant * true**2)
    if method == "normal":
        return ((z + zb) / away) ** 2 * (discordant - true**2)
    return math.nan


def _normal(n: int, true: float, error: float, margin: float, z: float, asked: str, alternative: str) -> float:
    scale = math.sqrt(n) / max(error, 1e-300)
    if asked == "non-inferiority":
        return float(special.ndtr((margin + (-true if alternative == "less" else true)) * scale - z))
    inside = special.ndtr((margin - true) * scale - z) - special.ndtr(z - (margin + true) * scale)
    return max(0.0, float(inside))
