"""The power to show that a proportion is more, or less, than a fixed goal."""

from __future__ import annotations

import dataclasses
import math

from scipy import special

from readerstudy import _choice
from readerstudy.power._result import ALTERNATIVES, Power, check_count, check_share, joined, one_unknown
from readerstudy.power._tests import settled
from readerstudy.stats.proportion import METHODS as INTERVALS
from readerstudy.stats.proportion import limits

METHODS = (*INTERVALS, "normal")
"""Names of the tests of one proportion."""

_MOST = 10_000_000


def _bounds(n: int, null: float, method: str, low_tail: float, high_tail: float) -> tuple[int, int]:
    """The most events that show less than `null`, and the fewest that show more; -1 and n + 1 where none do."""

    def shows(count: int, above: bool) -> bool:
        low, high = limits(count, n, method, low_tail, high_tail)
        return low > null if above else high < null

    fewest, most = n + 1, -1
    if low_tail > 0 and shows(n, True):
        below, fewest = -1, n
        while fewest - below > 1:
            middle = (below + fewest) // 2
            below, fewest = (below, middle) if shows(middle, True) else (middle, fewest)
    if high_tail > 0 and shows(0, False):
        most, above = 0, n + 1
        while above - most > 1:
            middle = (above + most) // 2
            most, above = (middle, above) if shows(middle, False) else (most, middle)
    return most, fewest


def proportion(
    p: float,
    *,
    null: float,
    n_cases: int | None = None,
    power: float | None = None,
    method: str = "clopper-pearson",
    alpha: float = 0.05,
    alternative: str = "two-sided",
) -> Power:
    """Power to show that a proportion (a sensitivity, an accuracy) differs from a goal, or the cases that it takes.

    Exact: the sum over all outcomes whose confidence interval leaves the goal out.

    Parameters
    ----------
    p
        The true proportion.
    null
        The goal; for non-inferiority to a known proportion, that proportion less the margin.
    n_cases, power
        One of the two; the other is found. For a sensitivity the cases are the positive ones.
    method
        The interval that decides, as in `readerstudy.proportion`: ``"clopper-pearson"`` is the exact binomial test,
        each tail at its own half of `alpha`; ``"wilson"`` the score test. ``"normal"`` is the formula with the
        variances at `null` and at `p`.
    alpha, alternative
        Level and direction: ``"two-sided"`` (`alpha` / 2 in each tail), ``"greater"`` or ``"less"``.

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        If a number is impossible, or `p` is not on the side of `null` that `alternative` says.

    Notes
    -----
    Cases must be independent. The exact power rises in saw teeth: `n_cases` is the number from which on it stays at
    what is wanted, and `note` names the smallest that has it. What is significant on the wrong side does not count.

    References
    ----------
    Chernick and Liu 2002 (the saw teeth), The American Statistician 56, 149-155.

    Examples
    --------
    >>> proportion(0.9, null=0.8, power=0.8, alternative="greater").n_cases
    94
    >>> round(proportion(0.9, null=0.8, n_cases=100).power, 3)
    0.703
    """
    for name, value in (("p", p), ("null", null), ("alpha", alpha)):
        check_share(value, name)
    _choice.check(method, METHODS, "method")
    _choice.check(alternative, ALTERNATIVES, "alternative")
    gap = p - null
    if gap == 0 or (alternative == "greater" and gap < 0) or (alternative == "less" and gap > 0):
        side = {"greater": "above", "less": "below", "two-sided": "apart from"}[alternative]
        raise ValueError(f"p {p:g} must lie {side} null {null:g} to be shown to")
    tail = alpha / 2 if alternative == "two-sided" else alpha
    low_tail, high_tail = (tail if alternative != "less" else 0.0), (tail if alternative != "greater" else 0.0)
    z = -float(special.ndtri(tail))
    under, true = math.sqrt(null * (1 - null)), math.sqrt(p * (1 - p))

    def power_at(n: int) -> float:
        if method == "normal":
            return float(special.ndtr((abs(gap) * math.sqrt(n) - z * under) / true))
        most, fewest = _bounds(n, null, method, low_tail, high_tail)
        if gap > 0:
            return 0.0 if fewest > n else 1.0 if fewest == 0 else float(special.bdtrc(fewest - 1, n, p))
        return 0.0 if most < 0 else float(special.bdtr(most, n, p))

    unknown = one_unknown(n_cases=n_cases, power=power)
    found = Power(method=method, effect=p, null=null, alpha=alpha, alternative=alternative)
    if unknown == "power":
        assert n_cases is not None
        n = check_count(n_cases, "n_cases")
        return dataclasses.replace(found, n_cases=n, power=power_at(n), std_error=true / math.sqrt(n))
    assert power is not None
    check_share(power, "power")
    found = dataclasses.replace(found, wanted=power)
    formula = ((z * under - float(special.ndtri(1 - power)) * true) / gap) ** 2
    note = None
    if method == "normal":
        n = max(1, math.ceil(formula - 1e-9))
        found = dataclasses.replace(found, unrounded=formula)
    else:
        reached = settled(power_at, power, formula, 1, _MOST) if formula < _MOST / 10 else None
        if reached is None:
            return dataclasses.replace(found, note=f"not with {_MOST} cases")
        first, n = reached
        if first < n:
            note = f"{first} cases are the fewest with this power, but some larger numbers lack it"
    return dataclasses.replace(found, n_cases=n, power=power_at(n), std_error=true / math.sqrt(n), note=joined(note))
