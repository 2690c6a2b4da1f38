"""How many cases make an interval narrow enough."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.power._result import Precision, check_count, check_positive, check_share, one_unknown
from readerstudy.power._tests import settled, smallest
from readerstudy.stats._arrays import Floats, check_level
from readerstudy.stats.proportion import METHODS as INTERVALS
from readerstudy.stats.proportion import limits

METHODS = (*INTERVALS, "wald")
"""Names of the intervals of one proportion."""

_MOST = 10_000_000
_MOST_EXACT = 100_000
"""So many cases need no sum over outcomes."""
_FAR = 8.5
"""Outcomes further than so many standard deviations from the mean add nothing that a float could hold."""


@functools.lru_cache(maxsize=200_000)
def _half(count: int, n: int, method: str, tail: float) -> float:
    low, high = limits(count, n, method, tail, tail)
    return (high - low) / 2


def _outcomes(n: int, p: float) -> tuple[list[int], Floats]:
    """Counts that may well be seen of n cases, and their probabilities."""
    reach = _FAR * math.sqrt(n * p * (1 - p)) + 40
    x = np.arange(max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach)) + 1)
    log = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    return x.tolist(), np.exp(log + special.xlogy(x, p) + special.xlog1py(n - x, -p))


def precision(
    p: float,
    *,
    n_cases: int | None = None,
    half_width: float | None = None,
    method: str = "wilson",
    conf_level: float = 0.95,
    assurance: float | None = None,
) -> Precision:
    """Width of the interval of one proportion that a number of cases gives, or the cases that a width takes.

    The half-width is expected over all outcomes, exactly, and not that of one outcome.

    Parameters
    ----------
    p
        The true proportion, such as a sensitivity; the cases are then the positive ones.
    n_cases, half_width
        Give the cases to get the half-width, give the half-width to get the cases, or both for `assured`.
    method
        The interval, as in `readerstudy.proportion`, or ``"wald"`` (the usual formula, z sqrt(p (1 - p) / n) at the
        true p: too few cases near 0 and 1).
    conf_level
        Level of the interval.
    assurance
        Asks for the cases with which half the width is `half_width` or less with this probability, such as 0.8, instead
        of on average.

    Returns
    -------
    Precision

    Raises
    ------
    ValueError
        If a number is impossible.

    Notes
    -----
    Cases must be independent. The width falls in saw teeth: `n_cases` is the number from which on it stays narrow
    enough, and `note` names the smallest that has it.

    References
    ----------
    Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286.

    Examples
    --------
    >>> precision(0.9, half_width=0.05).n_cases, precision(0.9, half_width=0.05, method="wald").n_cases
    (139, 139)
    >>> round(precision(0.9, n_cases=113).half_width, 4)
    0.0554
    """
    check_share(p, "p")
    check_level(conf_level)
    _choice.check(method, METHODS, "method")
    if n_cases is None and half_width is None:
        raise ValueError("give n_cases, to get the half-width, or half_width, to get the cases")
    if half_width is not None:
        check_share(half_width, "half_width")
    if assurance is not None:
        check_share(assurance, "assurance")
        if method == "wald" or half_width is None:
            raise ValueError("assurance needs half_width= and an interval that depends on the outcome, not 'wald'")
    tail = (1 - conf_level) / 2
    z = -float(special.ndtri(tail))
    found = Precision(measure="proportion", method=method, value=p, conf_level=conf_level)

    def widths(n: int) -> tuple[Floats, Floats]:
        counts, masses = _outcomes(n, p)
        return masses, np.array([_half(count, n, method, tail) for count in counts])

    def expected(n: int) -> float:
        if method == "wald":
            return z * math.sqrt(p * (1 - p) / n)
        masses, halves = widths(n)
        return float((masses * halves).sum())

    def assured(n: int) -> float:
        if half_width is None or method == "wald":
            return math.nan
        masses, halves = widths(n)
        return min(1.0, float(masses[halves <= half_width].sum()))

    if n_cases is not None:
        n = check_count(n_cases, "n_cases")
        return dataclasses.replace(found, n_cases=n, half_width=expected(n), assured=assured(n))
    assert half_width is not None
    formula = (z / half_width) ** 2 * p * (1 - p)
    found = dataclasses.replace(found, wanted=half_width)
    if formula > _MOST_EXACT and method != "wald":
        return dataclasses.replace(found, note=f"more than {_MOST_EXACT} cases: use method 'wald'")
    note = None
    if method == "wald":
        n = max(1, math.ceil(formula - 1e-9))
        found = dataclasses.replace(found, unrounded=formula)
    else:
        # The expected width falls all but smoothly, the probability of a width rises in saw teeth.
        near = smallest(lambda n: half_width / expected(n), 1.0, 1, _MOST) or _MOST
        if assurance is None:
            reached = settled(lambda n: half_width / expected(n), 1.0, near, 1, _MOST, before=0.98, beyond=1.01)
        else:
            reached = settled(assured, assurance, near, 1, _MOST, before=0.9, beyond=1.2)
        if reached is None:
            return dataclasses.replace(found, note=f"not with {_MOST} cases")
        n = reached[1]
        if reached[0] < n:
            note = f"{reached[0]} cases are the fewest with this width, but some larger numbers lack it"
    return dataclasses.replace(found, n_cases=n, half_width=expected(n), assured=assured(n), note=note)


def sensitivity_specificity(
    sensitivity: float | None = None,
    specificity: float | None = None,
    *,
    prevalence: float,
    half_width: float,
    relative: bool = False,
    method: str = "wald",
    conf_level: float = 0.95,
) -> list[Precision]:
    """Patients to enrol one after the other so that sensitivity and specificity get narrow intervals.

    Parameters
    ----------
    sensitivity, specificity
        The true values; one may be left out.
    prevalence
        Share of positive cases among those enrolled.
    half_width
        Half the width of the interval; with `relative` as a share of the value.
    relative
        Whether `half_width` is a share of the value.
    method
        As in `precision`; ``"wald"`` is Buderer's formula.
    conf_level
        Level of the interval.

    Returns
    -------
    list of Precision
        For each that was given: the cases to enrol (`n_cases`), of whom so many are expected to be positive or negative
        (`n_positive` or `n_negative`); `unrounded` is of the cases to enrol. The larger `n_cases` serves both.

    Raises
    ------
    ValueError
        If a number is impossible, or neither value is given.

    Notes
    -----
    Cases must be independent. The number of positive cases among those enrolled is itself a matter of chance: enrol
    some more. (R's epiR divides by the prevalence for the specificity too, which is right only at one half.)

    References
    ----------
    Buderer 1996, doi:10.1111/j.1553-2712.1996.tb03538.x.

    Examples
    --------
    >>> found = sensitivity_specificity(0.9, 0.8, prevalence=0.2, half_width=0.1)
    >>> [(e.measure, e.n_cases, e.n_positive, e.n_negative) for e in found]
    [('sensitivity', 173, 35, None), ('specificity', 77, None, 62)]
    """
    check_share(prevalence, "prevalence")
    check_positive(half_width, "half_width")
    if sensitivity is None and specificity is None:
        raise ValueError("give sensitivity, specificity or both")
    found = []
    for measure, value, share in (
        ("sensitivity", sensitivity, prevalence),
        ("specificity", specificity, 1 - prevalence),
    ):
        if value is None:
            continue
        check_share(value, measure)
        reach = half_width * value if relative else half_width
        one = precision(value, half_width=reach, method=method, conf_level=conf_level)
        if one.n_cases is None:
            found.append(dataclasses.replace(one, measure=measure))
            continue
        cases = one.n_cases if math.isnan(one.unrounded) else one.unrounded
        found.append(
            dataclasses.replace(
                one,
                measure=measure,
                n_cases=math.ceil(cases / share - 1e-9),
                n_positive=one.n_cases if measure == "sensitivity" else None,
                n_negative=one.n_cases if measure == "specificity" else None,
                unrounded=one.unrounded / share,
            )
        )
    return found


def kappa(
    kappa: float,
    *,
    prevalence: float,
    versus_prevalence: float | None = None,
    n_cases: int | None = None,
    half_width: float | None = None,
    conf_level: float = 0.95,
) -> Precision:
    """Width of the interval of Cohen's kappa of two readers' calls, or the cases that a width takes.

    Parameters
    ----------
    kappa
        The true kappa.
    prevalence, versus_prevalence
        Share of cases that each of the two calls positive; the second is by default the first.
    n_cases, half_width
        One of the two; the other is found.
    conf_level
        Level of the interval, kappa plus or minus z times its large-sample standard error.

    Returns
    -------
    Precision

    Raises
    ------
    ValueError
        If a number is impossible, or two readers with these prevalences cannot have this kappa.

    Notes
    -----
    Cases must be independent. A large-sample approximation: trust it from some 50 cases on.

    References
    ----------
    Fleiss, Cohen and Everitt 1969, doi:10.1037/h0028106. Cantor 1996, Psychological Methods 1, 150-153.

    Examples
    --------
    >>> kappa(0.6, prevalence=0.3, half_width=0.1).n_cases
    296
    """
    p, q = check_share(prevalence, "prevalence"), prevalence if versus_prevalence is None else versus_prevalence
    check_share(q, "versus_prevalence")
    check_level(conf_level)
    unknown = one_unknown(n_cases=n_cases, half_width=half_width)
    chance = p * q + (1 - p) * (1 - q)
    agreed = chance + kappa * (1 - chance)
    both = (agreed - 1 + p + q) / 2
    cells = np.array([[both, p - both], [q - both, 1 - p - q + both]])
    if not -1 <= kappa <= 1 or cells.min() < -1e-12:
        raise ValueError(f"kappa {kappa!r} is impossible with the prevalences {p:g} and {q:g}")
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    # Fleiss, Cohen and Everitt: of cell (i, j) the margins are column i's and row j's.
    margins = columns[:, None] + rows[None, :]
    own = np.eye(2) - margins * (1 - kappa)
    variance = float((cells * own**2).sum() - (kappa - chance * (1 - kappa)) ** 2) / (1 - chance) ** 2
    z = -float(special.ndtri((1 - conf_level) / 2))
    found = Precision(measure="kappa", method="fleiss-cohen-everitt", value=kappa, conf_level=conf_level)
    if variance < 1e-14:
        return dataclasses.replace(found, n_cases=n_cases, note="kappa is at the end of its range: no interval")
    if unknown == "half_width":
        assert n_cases is not None
        n = check_count(n_cases, "n_cases", 2)
    else:
        assert half_width is not None
        check_positive(half_width, "half_width")
        unrounded = variance * (z / half_width) ** 2
        n = max(2, math.ceil(unrounded - 1e-9))
        found = dataclasses.replace(found, wanted=half_width, unrounded=unrounded)
    return dataclasses.replace(found, n_cases=n, half_width=z * math.sqrt(max(variance, 0.0) / n))
