"""The choice of a threshold, and what it gives on the cases it was chosen on."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, binary, same_length, scores, tails
from readerstudy.stats.roc_bootstrap import Bootstrap, checked_replicates, levels, resamples
from readerstudy.stats.roc_curve import Paths, paths
from readerstudy.stats.roc_inference import joined, one_of_a_class, undefined, with_limits

RULES = ("youden", "closest", "sensitivity", "specificity")
"""Names of the rules that choose a threshold."""

_OPTIMISTIC = "threshold chosen on the cases it is judged on: optimistic"


class _Rule(NamedTuple):
    name: str
    target: float
    weight: float
    """What a false positive costs, in units of a missed positive case, times the odds against disease."""

    def vertex(self, drawn: Paths) -> Ints:
        """Index of the chosen vertex of each curve; 0, where nothing is positive, only when no score will do."""
        true, specificity = drawn.true[:, 1:], 1 - drawn.false[:, 1:]
        if self.name == "specificity":
            return _index(np.count_nonzero(specificity >= self.target - 1e-12, axis=1))
        if self.name == "sensitivity":
            return _index(1 + np.argmax(true >= self.target - 1e-12, axis=1))
        if self.name == "youden":
            worth = true + self.weight * specificity
        else:
            worth = -((1 - true) ** 2) - self.weight * (1 - specificity) ** 2
        # Sums that differ by rounding only are the same; of several best ones the highest threshold.
        return _index(1 + np.argmax(worth >= worth.max(axis=1, keepdims=True) - 1e-12, axis=1))


def _index(found: npt.ArrayLike) -> Ints:
    return np.asarray(found, dtype=np.int64)


def _chosen(rule: _Rule, values: Floats, positive: Ints, negative: Ints) -> Floats:
    """Threshold, sensitivity and specificity of each row of counts, shape (3, n_curves)."""
    drawn = paths(positive, negative)
    vertex = rule.vertex(drawn)
    row = np.arange(len(vertex))
    thresholds = np.concatenate(([math.inf], values[::-1]))
    return np.stack([thresholds[vertex], drawn.true[row, vertex], 1 - drawn.false[row, vertex]])


def youden(positive: Bools, score: Floats) -> float:
    """The threshold with the largest sensitivity + specificity, the highest of several; both classes have a case."""
    row = levels(score)
    values = np.unique(score)
    counts = [np.bincount(row[of_class], minlength=len(values))[None] for of_class in (positive, ~positive)]
    return float(_chosen(_Rule("youden", math.nan, 1.0), values, *counts)[0, 0])


def choose_threshold(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    rule: str = "youden",
    target: float | None = None,
    cost: float = 1.0,
    prevalence: float = 0.5,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """A threshold chosen from the data, with the sensitivity and the specificity it has there.

    A case is positive if and only if score >= threshold; the threshold is one of the scores.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score
        Higher = more suspicious, any scale, shape (n_cases,); no nan.
    rule
        ``"youden"``: largest sensitivity + w specificity. ``"closest"``: least (1 - sensitivity)^2 +
        w (1 - specificity)^2, the corner of the ROC plot. w = (1 - prevalence) / (cost prevalence), by default 1. Of
        several best thresholds the highest. ``"sensitivity"``: the highest threshold whose sensitivity is at least
        `target`; ``"specificity"``: the lowest whose specificity is.
    target
        For the last two rules, between 0 and 1.
    cost, prevalence
        How many false positives a missed positive case is worth, and the share of positive cases where the threshold
        will be used; for the first two rules.
    conf_level, alternative
        As in `proportion`.
    n_boot, rng
        Replicates and NumPy Generator or seed. The threshold is chosen anew in each, so that the intervals hold the
        uncertainty of the choice, though not its optimism.

    Returns
    -------
    list of Estimate
        `threshold`, `sensitivity` and `specificity`, percentile intervals; `note` says that it is optimistic.

    Raises
    ------
    ValueError
        If a rule lacks its target or has one too many, or a number is outside its range.

    Notes
    -----
    Cases must be independent. With no case of a class all three are nan. Where no threshold reaches the target, or no
    resample changes a number, there is no interval. A threshold that is infinite in the limit is nan. Calling nothing
    positive is never chosen; where it is better than every threshold, `note` says so.

    References
    ----------
    Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3. Perkins and Schisterman 2006,
    doi:10.1093/aje/kwj063.

    Examples
    --------
    >>> [e.estimate for e in choose_threshold([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6])]
    [5.0, 0.6666666666666666, 1.0]
    """
    chooser = _rule(rule, target, cost, prevalence)
    outside = tails(conf_level, alternative)
    checked_replicates(n_boot)
    truth, score = binary(truth, "truth"), scores(score, "score")
    n_cases = same_length(truth=truth, score=score)
    found = [
        Estimate(
            measure=measure,
            method="bootstrap",
            conf_level=conf_level,
            alternative=alternative,
            n_cases=n_cases,
            note=_OPTIMISTIC,
        )
        for measure in ("threshold", "sensitivity", "specificity")
    ]
    if (reason := undefined(truth)) is not None:
        return [e.replace(note=reason) for e in found]
    values, row = np.unique(score), levels(score)
    observed = [np.bincount(row[of_class], minlength=len(values))[None] for of_class in (truth, ~truth)]
    point = _chosen(chooser, values, *observed)[:, 0]
    if math.isinf(point[0]):
        reason = "calling nothing positive is the only way to this target" if rule == "specificity" else "infinite"
        return [e.replace(note=joined(reason, e.note)) for e in found]
    warned = _beaten(chooser, *observed)
    totals = (None, int(truth.sum()), int((~truth).sum()))
    found = [
        e.replace(
            estimate=number,
            threshold=point[0],
            count=None if total is None else round(number * total),
            total=total,
            note=joined(warned, e.note),
        )
        for e, number, total in zip(found, point, totals, strict=True)
    ]
    if (reason := one_of_a_class(truth)) is not None:
        return [e.replace(note=joined(e.note, reason)) for e in found]
    drawn = np.concatenate(
        [
            _chosen(chooser, values, *counts)
            for (counts,) in resamples(truth, [row], n_boot, np.random.default_rng(rng))
        ],
        axis=1,
    )
    threshold = _threshold_limits(found[0], drawn[0], outside.low, outside.high)
    return [
        threshold,
        *(
            with_limits(e, Bootstrap(e.estimate, shares), outside, (0.0, 1.0))
            for e, shares in zip(found[1:], drawn[1:], strict=True)
        ),
    ]


def _rule(rule: str, target: float | None, cost: float, prevalence: float) -> _Rule:
    _choice.check(rule, RULES, "rule")
    if rule in ("sensitivity", "specificity"):
        if target is None or not 0 <= target <= 1:
            raise ValueError(f"target must lie between 0 and 1 for the rule {rule!r}, got {target!r}")
    elif target is not None:
        raise ValueError(f"the rule {rule!r} has no target")
    if not 0 < prevalence < 1:
        raise ValueError(f"prevalence must lie strictly between 0 and 1, got {prevalence!r}")
    if not 0 < cost < math.inf:
        raise ValueError(f"cost must be a positive number, got {cost!r}")
    return _Rule(rule, math.nan if target is None else target, (1 - prevalence) / (cost * prevalence))


def _beaten(rule: _Rule, positive: Ints, negative: Ints) -> str | None:
    """A note where sensitivity 0 with specificity 1 is worth more than the best threshold."""
    if rule.name not in ("youden", "closest"):
        return None
    drawn = paths(positive, negative)
    vertex = int(rule.vertex(drawn)[0])
    true, specificity = float(drawn.true[0, vertex]), float(1 - drawn.false[0, vertex])
    if rule.name == "youden":
        better = rule.weight > true + rule.weight * specificity + 1e-12
    else:
        better = (1 - true) ** 2 + rule.weight * (1 - specificity) ** 2 - 1e-12 > 1
    return "calling nothing positive would be better than any threshold" if better else None


def _threshold_limits(e: Estimate, drawn: Floats, low_tail: float, high_tail: float) -> Estimate:
    """Limits that are scores themselves: a threshold between two scores has no meaning on a rating scale."""
    drawn = np.sort(drawn)
    if drawn[0] == drawn[-1]:
        return e.replace(std_error=0.0, note=joined(e.note, "no resample of the cases changes it: no interval"))
    low, high = np.quantile(drawn, [low_tail, 1 - high_tail], method="inverted_cdf")
    finite = drawn[np.isfinite(drawn)]
    note = None if len(finite) == len(drawn) else "in some resamples no score reaches the target"
    if low == high:
        note = joined(note, "the limits coincide: nearly every resample chooses this score")
    return e.replace(
        std_error=float(np.std(finite, ddof=1)) if len(finite) == len(drawn) else None,
        conf_low=None if low_tail == 0 or not math.isfinite(low) else low,
        conf_high=None if high_tail == 0 or not math.isfinite(high) else high,
        note=joined(e.note, note),
    )
