"""What planning gives back: the power of a design, or the width of an interval."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from readerstudy import _choice

ALTERNATIVES = ("two-sided", "greater", "less")
HYPOTHESES = ("non-inferiority", "equivalence")


class _Record:
    """What every record can do."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON values; nan and infinities become None."""
        found = {}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            found[field.name] = None if isinstance(value, float) and not math.isfinite(value) else value
        return found


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Power(_Record):
    """How probably a design shows what it is meant to show.

    Parameters
    ----------
    method
        The test that is planned, or how the power was found (``"or"``, ``"mcnemar-exact"``, ``"simulation"``).
    hypothesis
        ``"superiority"`` (the test that the effect is 0, or that a value is `null`), ``"non-inferiority"`` or
        ``"equivalence"``.
    power
        Probability that the test is significant; nan where undefined, and `note` says why.
    effect
        The true value that the power is for: a difference (with the sign of modality - versus), or an AUC or a
        proportion.
    null
        The value that is tested against; nan in differences, where it is 0 or the margin.
    margin
        Loss (equivalence: difference) that is allowed; nan where there is none.
    alpha, alternative
        Level of the test and its direction. With a margin the tests are one-sided at `alpha` / 2.
    n_readers, n_blocks
        Readers, and blocks into which readers and cases are dealt; None where there are none.
    n_cases, n_positive, n_negative
        Sizes. With two independent groups `n_cases` is of both together. None where unknown or not attainable.
    unrounded
        What a formula gave before it was rounded up to whole cases (positive cases where the two classes are counted,
        cases of the first group with two groups); nan where sizes were given or searched for.
    std_error, df, ncp, critical
        Standard error of the estimated difference; degrees of freedom, non-centrality parameter and critical value of
        the F test of no difference; of t for other hypotheses. nan where the method has none.
    wanted
        The power that sizes were searched for; nan where sizes were given.
    low, high
        Monte-Carlo limits of a simulated power, 95 %.
    note
        What a careful planner must be told beside the number.
    """

    method: str
    hypothesis: str = "superiority"
    power: float = math.nan
    effect: float = math.nan
    null: float = math.nan
    margin: float = math.nan
    alpha: float = 0.05
    alternative: str = "two-sided"
    n_readers: int | None = None
    n_blocks: int | None = None
    n_cases: int | None = None
    n_positive: int | None = None
    n_negative: int | None = None
    unrounded: float = math.nan
    std_error: float = math.nan
    df: float = math.nan
    ncp: float = math.nan
    critical: float = math.nan
    wanted: float = math.nan
    low: float = math.nan
    high: float = math.nan
    note: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Precision(_Record):
    """How narrow an interval will be.

    Parameters
    ----------
    measure, method
        What is estimated, and by which interval.
    value
        The true value that the width is for.
    half_width
        Half the width: expected over samples, unless `note` says otherwise.
    assured
        Probability that half the width is `wanted` or less; nan where it was not asked for.
    conf_level
        Level of the interval.
    n_cases, n_positive, n_negative
        Sizes; None where they play no part.
    unrounded
        What a formula gave before it was rounded up to whole cases; nan where sizes were given or searched for.
    wanted
        The half-width that sizes were searched for; nan where sizes were given.
    note
        What a careful planner must be told beside the number.
    """

    measure: str
    method: str
    value: float
    half_width: float = math.nan
    assured: float = math.nan
    conf_level: float = 0.95
    n_cases: int | None = None
    n_positive: int | None = None
    n_negative: int | None = None
    unrounded: float = math.nan
    wanted: float = math.nan
    note: str | None = None


def joined(*notes: str | None) -> str | None:
    """Notes one after the other."""
    return "; ".join(filter(None, notes)) or None


def check_share(value: float, name: str) -> float:
    """`value` when it lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {value!r}")
    return float(value)


def check_count(value: float, name: str, least: int = 1) -> int:
    """`value` when it is a whole number of at least `least`."""
    if not value >= least or value % 1 != 0:
        raise ValueError(f"{name} must be a whole number of {least} or more, got {value!r}")
    return int(value)


def check_positive(value: float, name: str) -> float:
    """`value` when it is a finite number above 0."""
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} must be greater than 0, got {value!r}")
    return float(value)


def check_hypothesis(margin: float | None, hypothesis: str, alternative: str, below: float = math.inf) -> str:
    """The hypothesis that margin and alternative stand for: superiority where there is no margin."""
    _choice.check(alternative, ALTERNATIVES, "alternative")
    _choice.check(hypothesis, HYPOTHESES, "hypothesis")
    if margin is None:
        return "superiority"
    if not 0 < margin < below:
        most = "" if math.isinf(below) else f" and less than {below:g}"
        raise ValueError(f"margin must be greater than 0{most}, got {margin!r}")
    if hypothesis == "equivalence" and alternative != "two-sided":
        raise ValueError(f"equivalence has no direction: leave alternative {alternative!r} out")
    return hypothesis


def effect_or_none(effect: float | None, margin: float | None) -> float:
    """The true effect; no difference where there is a margin and nothing was said."""
    if effect is None:
        if margin is None:
            raise ValueError("effect is missing: say which true difference is to be shown, such as effect=0.05")
        return 0.0
    if not math.isfinite(effect):
        raise ValueError(f"effect must be a finite number, got {effect!r}")
    return float(effect)


def one_unknown(**given: object) -> str:
    """The name of the one quantity that is asked for: the one that is None."""
    missing = [name for name, value in given.items() if value is None]
    if len(missing) != 1:
        said = "none of them is" if not missing else f"{', '.join(missing)} are"
        raise ValueError(f"leave out exactly one of {', '.join(given)}, to be found from the others; {said} left out")
    return missing[0]
