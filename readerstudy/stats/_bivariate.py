"""Probabilities of two correlated normal deviates."""

from __future__ import annotations

import math

from scipy import special


def both_below(h: float, k: float, correlation: float) -> float:
    """P(X <= h, Y <= k) of standard normal X and Y, by Owen's T function.

    Examples
    --------
    >>> round(both_below(0, 0, 0.5), 12)  # 1/4 + arcsin(1/2) / 2 pi
    0.333333333333
    """
    if correlation >= 1:
        return float(special.ndtr(min(h, k)))
    if correlation <= -1:
        return max(0.0, float(special.ndtr(h) + special.ndtr(k)) - 1)
    root = math.sqrt(1 - correlation**2)

    def part(x: float, y: float) -> float:
        if x == 0:
            return math.copysign(0.25, y)
        return float(special.owens_t(x, (y - correlation * x) / (x * root)))

    if h == 0 and k == 0:
        return 0.25 + math.asin(correlation) / (2 * math.pi)
    apart = h * k < 0 or (h * k == 0 and h + k < 0)
    return float(special.ndtr(h) + special.ndtr(k)) / 2 - part(h, k) - part(k, h) - (0.5 if apart else 0.0)
