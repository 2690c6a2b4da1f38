"""The one place where a number becomes text. Rounding is half up and happens once, in decimal."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from readerstudy.estimate import Estimate
from readerstudy.measures import MEASURES

UNDEFINED = "–"
_MINUS = "\u2212"
# Ratios and regression coefficients need no third decimal.
_DECIMALS = {
    "plr": 2, "dor": 2, "plr_ratio": 2, "nlr_ratio": 2, "calibration_in_the_large": 2, "calibration_slope": 2,
    "observed_expected": 2,
}  # fmt: skip


def fixed(value: float, decimals: int) -> str:
    """`value` with a fixed number of decimals, half up; an undefined value is an en dash.

    Examples
    --------
    >>> fixed(0.0625, 3), fixed(-0.0004, 3), fixed(float("nan"), 2)
    ('0.063', '0.000', '–')
    """
    if not math.isfinite(value):
        return UNDEFINED
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    return str(rounded).replace("-", _MINUS)


def percent(value: float, decimals: int = 1) -> str:
    """A fraction as a percentage.

    Examples
    --------
    >>> percent(90 / 113)
    '79.6%'
    """
    if not math.isfinite(value):
        return UNDEFINED
    return fixed(float(Decimal(repr(float(value))) * 100), decimals) + "%"


def p_value(p: float, alpha: float = 0.05) -> str:
    """A P-value in AMA style: no zero before the point, more digits where rounding would cross `alpha`.

    Examples
    --------
    >>> [p_value(p) for p in (0.0004, 0.0096, 0.034, 0.0496, 0.5, 0.996)]
    ['<.001', '.010', '.03', '.0496', '.50', '>.99']
    """
    if not math.isfinite(p):
        return UNDEFINED
    if p < 0.001:
        return "<.001"
    if p > 0.99:
        return ">.99"
    for decimals in range(3 if p < 0.01 else 2, 16):
        text = fixed(p, decimals)
        if p == alpha or ((float(text) < alpha) == (p < alpha) and float(text) != alpha):
            break
    return text.removeprefix("0")


def p_phrase(p: float, alpha: float = 0.05) -> str:
    """``P = .03`` or ``P < .001``, for a sentence."""
    text = p_value(p, alpha)
    return f"P {text[0]} {text[1:]}" if text[0] in "<>" else f"P = {text}"


def decimals_of(measure: str) -> int:
    """How many decimals a measure is printed with."""
    return 1 if MEASURES[measure].percent else _DECIMALS.get(measure, 3)


def _value(measure: str, value: float) -> str:
    if MEASURES[measure].percent:
        return percent(value, decimals_of(measure))
    return fixed(value, decimals_of(measure))


def value(e: Estimate) -> str:
    """The estimate alone, such as ``79.6%`` or ``0.969``."""
    return _value(e.measure, e.estimate)


def fraction(e: Estimate) -> str:
    """``90/113``, or nothing where the number is not a fraction."""
    return "" if e.count is None or e.total is None else f"{e.count}/{e.total}"


def interval(e: Estimate) -> str:
    """``71.3%, 86.1%``; nothing when neither limit is defined. A comma, since limits can be negative."""
    if not (math.isfinite(e.conf_low) or math.isfinite(e.conf_high)):
        return ""
    return f"{_value(e.measure, e.conf_low)}, {_value(e.measure, e.conf_high)}"


def full(e: Estimate) -> str:
    """Estimate, fraction and interval in one phrase, for a sentence or an alternative text.

    Examples
    --------
    >>> full(Estimate(measure="accuracy", estimate=90 / 113, count=90, total=113, conf_low=.7132, conf_high=.8605,
    ...               conf_level=.95))
    '79.6% (90/113; 95% CI 71.3%, 86.1%)'
    """
    inside = []
    if fraction(e):
        inside.append(fraction(e))
    if interval(e):
        inside.append(f"{fixed(e.conf_level * 100, 4).rstrip('0').rstrip('.')}% CI {interval(e)}")
    return value(e) + (f" ({'; '.join(inside)})" if inside else "")
