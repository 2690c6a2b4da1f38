"""The policy for degenerate input where a method by itself does not keep it; docs/degenerate.md has it whole."""

from __future__ import annotations

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Tails

DRAWN_OUT = "the interval of this method does not hold the estimate: drawn out to it"
NO_WIDTH = "the interval has no width"
NO_LOWER = "one-sided: no lower limit"
NO_UPPER = "one-sided: no upper limit"
WHOLE_RANGE = "too few cases: the interval is the whole range"

_ROUNDING = 1e-12


def noted(e: Estimate, *notes: str | None) -> Estimate:
    """`e` with `notes` after its own."""
    return e.replace(note="; ".join(filter(None, (e.note, *notes))) or None)


def one_sided(e: Estimate, outside: Tails) -> Estimate:
    """`e`, whose open side is nan for want of an end of the range, with a note of it."""
    if 0 not in outside:
        return e
    return noted(e, NO_LOWER if outside.low == 0 else NO_UPPER)


def bounded(e: Estimate, low: float, high: float, outside: Tails | None = None) -> Estimate:
    """`e` with limits between which its estimate lies, and what must be said of them.

    Methods that centre the interval on a shrunken estimate can leave the estimate out. Limits that both stand at the
    ends of the range, `low` and `high`, say nothing, unless `outside` says that one of them was left open on purpose.
    """
    below, above = min(e.conf_low, e.estimate), max(e.conf_high, e.estimate)
    if below < e.conf_low or above > e.conf_high:
        beyond_rounding = e.conf_low - below > _ROUNDING or above - e.conf_high > _ROUNDING
        e = noted(e.replace(conf_low=below, conf_high=above), DRAWN_OUT if beyond_rounding else None)
    if below == low and above == high and (outside is None or 0 not in outside):
        e = noted(e, WHOLE_RANGE)
    return e
