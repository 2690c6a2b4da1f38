"""Several P-values of one study: adjusted so that they may be read together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Floats

METHODS = ("holm", "hochberg", "bonferroni", "bh", "none")
"""Names of the adjustments."""


def adjusted(p: Floats, method: str) -> Floats:
    """Adjusted P-values in the order given; nan stays nan and does not count as a test."""
    found = p.copy()
    tests = np.flatnonzero(~np.isnan(p))
    m = len(tests)
    if m == 0 or method == "none":
        return found
    order = tests[np.argsort(p[tests], kind="stable")]
    rank = np.arange(1, m + 1)
    factor = {"bonferroni": np.full(m, m), "bh": m / rank}.get(method, m + 1 - rank)
    raw = np.minimum(p[order] * factor, 1.0)
    if method == "holm":  # step-down: no later hypothesis may look better than an earlier one
        raw = np.maximum.accumulate(raw)
    elif method in ("hochberg", "bh"):  # step-up
        raw = np.minimum.accumulate(raw[::-1])[::-1]
    found[order] = raw
    return found


def gatekept(p: Floats, families: Sequence[object], method: str) -> Floats:
    """Adjusted P-values of families tested in order of first appearance, each only when all before it are rejected."""
    found, gate = np.full(len(p), np.nan), 0.0
    labels = np.array([list(dict.fromkeys(families)).index(family) for family in families], dtype=np.int64)
    for code in range(int(labels.max(initial=-1)) + 1):
        rows = np.flatnonzero(labels == code)
        within = adjusted(p[rows], method)
        found[rows] = np.where(np.isnan(within), np.nan, np.maximum(within, gate))
        # A hypothesis that could not be tested is not rejected, so that nothing behind it can be.
        gate = 1.0 if np.isnan(within).any() else float(np.max(found[rows], initial=gate))
    return found


@overload
def adjust(
    p_values: Sequence[Estimate], method: str = "holm", *, families: Sequence[object] | None = None
) -> list[Estimate]: ...
@overload
def adjust(
    p_values: Sequence[float] | Floats, method: str = "holm", *, families: Sequence[object] | None = None
) -> Floats: ...
def adjust(
    p_values: Sequence[Estimate] | Sequence[float] | Floats,
    method: str = "holm",
    *,
    families: Sequence[object] | None = None,
) -> list[Estimate] | Floats:
    """P-values adjusted for being several.

    An adjusted P-value is held against the level as a single one would be.

    Parameters
    ----------
    p_values
        P-values, or Estimates that have one. nan is not a test: it stays nan and the others are adjusted without it.
    method
        ``"holm"`` and ``"bonferroni"`` hold the chance of any false rejection below the level whatever the dependence;
        ``"hochberg"`` holds it for independent or positively dependent tests; ``"bh"`` (Benjamini and Hochberg) holds
        the expected share of false rejections; ``"none"``.
    families
        One label a P-value: gatekeeping. The families are tested in the order of their first appearance, by `method`
        within each, and a family only when every hypothesis of the families before it was rejected. One label each is
        the fixed sequence, in which nothing is adjusted but a failure ends it.

    Returns
    -------
    numpy.ndarray, or list of Estimate
        In the order given; Estimates with `p_adjusted` set.

    Raises
    ------
    ValueError
        If a P-value lies outside [0, 1], the labels are not as many as the P-values, `method` is unknown, or is
        ``"bh"`` with `families`: gatekeeping needs the chance of any false rejection.

    Notes
    -----
    A P-value of nan within a family closes the gate: what was not tested was not rejected, and the families behind it
    get 1.

    References
    ----------
    Holm 1979, Scandinavian Journal of Statistics 6:65-70. Hochberg 1988, doi:10.1093/biomet/75.4.800. Benjamini and
    Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x. Westfall and Krishen 2001, doi:10.1016/S0378-3758(01)00077-5.

    Examples
    --------
    The 15 comparisons in Benjamini and Hochberg 1995: at .05 four are rejected by theirs, three by Bonferroni's:

    >>> p = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1]
    >>> int((adjust(p, "bh") <= .05).sum()), int((adjust(p, "bonferroni") <= .05).sum())
    (4, 3)
    >>> adjust([.01, .04, .03], families=["primary", "secondary", "secondary"])
    array([0.01, 0.06, 0.06])
    """
    _choice.check(method, METHODS, "method")
    values = list(p_values)
    p = np.array([e.p_value if isinstance(e, Estimate) else e for e in values], dtype=np.float64)
    if p.ndim != 1:
        raise ValueError(f"p_values must have one dimension, got shape {p.shape}")
    wrong = (p < 0) | (p > 1)
    if wrong.any():
        raise ValueError(f"p_values must lie between 0 and 1, got {p[wrong][0]!r} at position {int(np.argmax(wrong))}")
    if families is None:
        found = adjusted(p, method)
    else:
        if method == "bh":
            raise ValueError("families cannot be gated by 'bh', which does not hold the chance of any false rejection")
        if len(families) != len(p):
            raise ValueError(f"not one length: p_values has {len(p)}, families has {len(families)}")
        found = gatekept(p, families, method)
    records = [e.replace(p_adjusted=q) for e, q in zip(values, found, strict=True) if isinstance(e, Estimate)]
    return records if records else found
