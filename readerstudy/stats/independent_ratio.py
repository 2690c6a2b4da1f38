"""Two groups of different cases: the ratio of two proportions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Tails, tails, z_of
from readerstudy.stats._degenerate import NO_UPPER, NO_WIDTH, bounded, noted
from readerstudy.stats._ratio import score_limits
from readerstudy.stats.independent import (
    ALL_THE_SAME,
    NO_VARIATION,
    TESTS,
    checked_counts,
    disagreement,
    with_equality_test,
)
from readerstudy.stats.likelihood_ratios import koopman_z


class Groups(NamedTuple):
    """Successes and sizes of two groups, neither of them empty."""

    x: int
    n: int
    x2: int
    n2: int

    @property
    def ratio(self) -> float:
        """The first group's share over the second's, which has a success."""
        return self.x * self.n2 / (self.n * self.x2)


def _log_error(x: float, n: float, x2: float, n2: float) -> float:
    """Standard error of the logarithm of the ratio."""
    return math.sqrt(max(1 / x - 1 / n + 1 / x2 - 1 / n2, 0))


def _log(g: Groups, z: float) -> float:
    return g.ratio * math.exp(z * _log_error(*g))


def _adjusted_log(g: Groups, z: float) -> float:
    """Half a case is added to every count and every total."""
    x, n, x2, n2 = (count + 0.5 for count in g)
    return x * n2 / (n * x2) * math.exp(z * _log_error(x, n, x2, n2))


def _bailey(g: Groups, z: float) -> float:
    """The cube root of the ratio, with a correction for its skewness; nan where that leaves no limit."""
    q, q2 = 1 - g.x / g.n, 1 - g.x2 / g.n2
    square = q / g.x + q2 / g.x2 - z * z * q * q2 / (9 * g.x * g.x2)
    below = 1 - z * z * q2 / (9 * g.x2)
    if square < 0 or below <= 0:
        return math.nan
    return g.ratio * max(0.0, (1 + z * math.sqrt(square) / 3) / below) ** 3


def _inverse_sinh(g: Groups, z: float) -> float:
    return g.ratio * math.exp(2 * math.asinh(z / 2 * _log_error(*g)))


def _noether(g: Groups, z: float) -> float:
    """Wald's, on the scale of the ratio itself."""
    return max(0.0, g.ratio * (1 + z * _log_error(*g)))


_CLOSED: dict[str, Callable[[Groups, float], float]] = {
    "log": _log,
    "adjusted-log": _adjusted_log,
    "bailey": _bailey,
    "inverse-sinh": _inverse_sinh,
    "noether": _noether,
}
METHODS = ("koopman", "miettinen-nurminen", *_CLOSED)
"""Names of the intervals of a ratio of independent proportions."""


def ratio_limits(g: Groups, method: str, outside: Tails) -> tuple[float, float]:
    """Confidence limits; a tail of 0 has the limit 0, or nan for the upper one. At least one group has a success.

    Where one group has none, the limit that a method cannot give is nan.
    """
    if method in _CLOSED:
        if method != "adjusted-log" and 0 in (g.x, g.x2):
            return 0.0 if g.x == 0 else math.nan, math.nan
        limit = _CLOSED[method]
        low = 0.0 if outside.low == 0 else limit(g, -z_of(outside.low))
        return low, math.nan if outside.high == 0 else limit(g, z_of(outside.high))
    scale = 1.0 if method == "koopman" else math.sqrt((g.n + g.n2) / (g.n + g.n2 - 1))
    estimate = math.inf if g.x2 == 0 else g.ratio

    def at(tail: float) -> tuple[float, float]:
        return score_limits(lambda log_ratio: koopman_z(log_ratio, *g), scale * z_of(tail), estimate)

    low = 0.0 if outside.low == 0 else at(outside.low)[0]
    return low, math.nan if outside.high == 0 else at(outside.high)[1]


def proportion_ratio(
    count: int,
    total: int,
    count2: int,
    total2: int,
    *,
    method: str = "koopman",
    test: str = "chi2",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
) -> Estimate:
    """Ratio of two proportions of different cases, first / second: detection with and without a contrast agent.

    Range [0, inf), 1 when they are equal. Synonyms: relative risk, risk ratio. A likelihood ratio is such a ratio, see
    `plr`; two readings of the same cases are not, see `paired_ratio`.

    Parameters
    ----------
    count, total, count2, total2
        Successes and number of independent trials of the first and of the second group.
    method
        Interval: ``"koopman"`` (score), ``"miettinen-nurminen"`` (score, its variance times N / (N - 1)), ``"log"``
        (Katz), ``"adjusted-log"`` (Walter: half a case is added to every count and total, in the interval only),
        ``"bailey"`` (cube root), ``"inverse-sinh"`` (Newcombe) or ``"noether"`` (Wald's, not on the log scale).
    test
        Of a ratio of 1, which is a difference of 0: as in `proportion_difference`.
    conf_level, alternative
        As in `proportion`.

    Returns
    -------
    Estimate
        Ratio, interval and test, named by `test_method`.

    Raises
    ------
    ValueError
        If the counts are impossible or a name is unknown.

    Notes
    -----
    The groups must be independent and so must the trials within them; there is no margin. 0 / 0 is nan with a note.
    With no success in the second group the ratio is unbounded: nan with a note, and the score intervals have a lower
    limit; with none in the first it is 0, and they have an upper limit, which of the others only ``"adjusted-log"``
    has. Where interval and test disagree about 1, and where the interval has no width, a note says so.

    References
    ----------
    Koopman 1984, doi:10.2307/2531405. Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211. Katz et al. 1978,
    doi:10.2307/2530610. Walter 1975, doi:10.1093/biomet/62.2.371. Bailey 1987, Biometrics 43, 201-205. Newcombe 2001,
    American Statistician 55, 200-202. Noether 1957, Journal of the American Statistical Association 52, 36-45.

    Examples
    --------
    56 of 70 against 48 of 80, the first example of Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I:

    >>> e = proportion_ratio(56, 70, 48, 80)
    >>> round(e.estimate, 3), round(e.conf_low, 3), round(e.conf_high, 3), round(e.p_value, 4)
    (1.333, 1.08, 1.671, 0.008)
    """
    _choice.check(method, METHODS, "method")
    _choice.check(test, TESTS, "test")
    outside = tails(conf_level, alternative)
    g = Groups(*checked_counts(count=count, total=total, count2=count2, total2=total2))
    e = Estimate(
        measure="proportion_ratio",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=g.n + g.n2,
        null=1.0,
        test_method=test,
    )
    if g.n == 0 or g.n2 == 0:
        return e.replace(note=f"the {'first' if g.n == 0 else 'second'} group is empty: undefined")
    e = with_equality_test(e, *g)
    if g.x == g.x2 == 0:
        return e.replace(note=f"undefined (0/0): no success in either group; {ALL_THE_SAME}")
    low, high = ratio_limits(g, method, outside)
    e = bounded(e.replace(estimate=g.ratio if g.x2 else None, conf_low=low, conf_high=high), 0.0, math.inf, outside)
    return noted(e, *_notes(e, g, outside))


def _notes(e: Estimate, g: Groups, outside: Tails) -> list[str]:
    notes = []
    if g.x2 == 0:
        notes.append("unbounded: no success in the second group")
    if 0 in (g.x, g.x2):
        if e.method == "adjusted-log":
            notes.append("half a case added to every count makes the limits")
        elif e.method in _CLOSED:
            notes.append("without a success this interval has no " + ("limit" if g.x2 == 0 else "upper limit"))
    elif math.isnan(e.conf_low) or (math.isnan(e.conf_high) and outside.high > 0):
        notes.append("too few successes for a limit at this level")
    elif e.conf_low == e.conf_high:
        notes.append(f"{NO_VARIATION}: {NO_WIDTH}")
    if outside.high == 0:
        notes.append(NO_UPPER)
    if g.x + g.x2 == g.n + g.n2:
        notes.append(ALL_THE_SAME)
    # A limit that is missing on purpose, or for want of successes, is no ground for a disagreement.
    return notes if math.isnan(e.conf_high) and outside.high > 0 else notes + disagreement(e, 1)
