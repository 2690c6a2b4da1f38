"""From a value and its spread to a record: interval, test of 0 or against a margin, and what must be said."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Floats, Tails, tails
from readerstudy.stats._degenerate import bounded, one_sided
from readerstudy.stats._difference import NO_VARIANCE
from readerstudy.stats._margin import against_margin, check_margin
from readerstudy.stats.mrmc.measure import Measure
from readerstudy.stats.mrmc.spread import Spread
from readerstudy.stats.proportion import proportion
from readerstudy.stats.roc_placements import newcombe_limits


class Terms(NamedTuple):
    """How differences are tested."""

    conf_level: float
    alternative: str
    margin: float | None
    hypothesis: str


def terms_of(conf_level: float, alternative: str, margin: float | None, hypothesis: str, measure: Measure) -> Terms:
    """The terms of a test, once they are possible.

    Raises
    ------
    ValueError
        If a name, the level or the margin is impossible, or a one-sided alternative points away from the margin.
    """
    check_margin(margin, hypothesis, below=measure.high - measure.low)
    tails(conf_level, alternative)
    against = "greater" if measure.lower_is_better else "less"
    if margin is not None and alternative == against:
        better = "lower" if measure.lower_is_better else "higher"
        raise ValueError(f"alternative cannot be {against!r} with a margin: a {better} value is better")
    return Terms(conf_level, alternative, margin, hypothesis)


def joined(*notes: str | None) -> str | None:
    """The notes that were made, in one, each once."""
    return "; ".join(dict.fromkeys(note for note in notes if note)) or None


def quantile(tail: float, df: float) -> float:
    """Student's deviate with `tail` probability above it, normal for infinite `df`; infinite for no tail."""
    if tail == 0:
        return math.inf
    return -float(special.ndtri(tail) if math.isinf(df) else special.stdtrit(df, tail))


def p_value(t: float, df: float, alternative: str) -> float:
    """P-value of Student's statistic, normal for infinite `df`."""

    def below(value: float) -> float:
        return float(special.ndtr(value) if math.isinf(df) else special.stdtr(df, value))

    return {"two-sided": 2 * below(-abs(t)), "greater": below(-t), "less": below(t)}[alternative]


def _limits(value: float, spread: Spread, outside: Tails, low: float, high: float) -> tuple[float, float]:
    error = math.sqrt(spread.variance)
    below = low if outside.low == 0 else max(low, value - quantile(outside.low, spread.df) * error)
    above = high if outside.high == 0 else min(high, value + quantile(outside.high, spread.df) * error)
    return (math.nan if math.isinf(below) else below), (math.nan if math.isinf(above) else above)


def with_mean(e: Estimate, value: float, spread: Spread, measure: Measure) -> Estimate:
    """`e` with a value, its standard error and a two-sided interval cut at the ends of the measure."""
    e = e.replace(estimate=value, note=joined(e.note, *spread.notes))
    if math.isnan(spread.variance) or math.isnan(value):
        return e
    if spread.variance <= 0:
        return e.replace(std_error=0.0, note=joined(e.note, "neither readers nor cases change it: no interval"))
    low, high = _limits(value, spread, tails(e.conf_level, "two-sided"), measure.low, measure.high)
    e = e.replace(
        std_error=math.sqrt(spread.variance),
        conf_low=low,
        conf_high=high,
        df=math.nan if math.isinf(spread.df) else spread.df,
    )
    return bounded(e, measure.low, measure.high)


def with_reader(e: Estimate, value: float, spread: Spread, measure: Measure, classes: tuple[int, int]) -> Estimate:
    """`e` with one reader's value; where cases leave it no variance, an interval that needs none.

    `classes` are the numbers of positive and negative cases.
    """
    found = with_mean(e, value, spread, measure)
    if found.std_error != 0:
        return found
    if measure.name == "auc" and min(classes) > 0:
        tail = (1 - e.conf_level) / 2
        low, high = newcombe_limits(value, *classes, tail, tail)
        said = f"AUC = {value:.0f}" if value in (0, 1) else "the scores leave no variance"
        return found.replace(
            method="newcombe", conf_low=low, conf_high=high,
            note=joined(e.note, f"{said}: interval by Newcombe 2006, method 5"),
        )  # fmt: skip
    if e.count is not None and e.total:
        wilson = proportion(e.count, e.total, method="wilson", conf_level=e.conf_level)
        said = f"{e.count} of {e.total}: no variance over cases, Wilson's interval"
        return found.replace(
            method="wilson", conf_low=wilson.conf_low, conf_high=wilson.conf_high, note=joined(e.note, said)
        )
    return found


def with_difference(
    e: Estimate, value: float, spread: Spread, measure: Measure, terms: Terms, scale: float
) -> Estimate:
    """`e` with a difference, its interval and its test; `scale` is the sum of a contrast's positive weights."""
    e = e.replace(
        estimate=value,
        conf_level=terms.conf_level,
        alternative=terms.alternative,
        null=0.0,
        margin=math.nan if terms.margin is None else terms.margin,
        test_method=e.method,
        note=joined(e.note, *spread.notes),
    )
    if math.isnan(spread.variance) or math.isnan(value):
        return e
    most = scale * (measure.high - measure.low)
    if spread.variance <= 0:
        if abs(value) > 1e-12 * max(1.0, 0.0 if math.isinf(most) else most):
            return e.replace(std_error=0.0, note=joined(e.note, NO_VARIANCE))
        said = "the same values: difference 0, paired variance 0, "
        same = e.replace(estimate=0.0, std_error=0.0, conf_low=0.0, conf_high=0.0)
        if terms.margin is None:
            return same.replace(p_value=1.0, note=joined(e.note, said + "P = 1"))
        return same.replace(note=joined(e.note, said + "no test against the margin"))
    outside = tails(terms.conf_level, "two-sided" if terms.margin is not None else terms.alternative)
    low, high = _limits(value, spread, outside, -most, most)
    error, df = math.sqrt(spread.variance), spread.df
    e = e.replace(conf_low=low, conf_high=high, std_error=error, df=math.nan if math.isinf(df) else df)
    e = bounded(e, -most, most, outside)
    if math.isinf(most):
        e = one_sided(e, outside)
    if terms.margin is None:
        return e.replace(statistic=value / error, p_value=p_value(value / error, df, terms.alternative))
    return _against(e, terms.margin, df, terms.hypothesis, lower_is_better=measure.lower_is_better)


def _against(e: Estimate, margin: float, df: float, hypothesis: str, *, lower_is_better: bool) -> Estimate:
    def student(null: float) -> float:
        return (e.estimate - null) / e.std_error

    def normal(null: float) -> float:
        """The normal deviate with the tail of Student's statistic; infinite where that is no number any more."""
        t = student(null)
        return t if math.isinf(df) else math.copysign(-float(special.ndtri(p_value(abs(t), df, "greater"))), t)

    side = "less" if lower_is_better else "greater"
    found = against_margin(e, normal, hypothesis, margin, (-margin, margin), side)
    null = found.null
    if hypothesis == "equivalence":  # the statistic of the end that is nearer
        null = -margin if e.estimate < 0 else margin
    return found.replace(statistic=student(null), df=e.df)


def contrasts_of(given: object, n: int, margin: float | None) -> Floats:
    """Contrast matrix, shape (n_contrasts, n), of modalities: all pairs, each against the first, or as given.

    Raises
    ------
    ValueError
        If the name is unknown, or the rows of a matrix do not fit or do not sum to 0; with a margin also unless each
        is a mean of modalities less another mean.
    """
    eye: Floats = np.eye(n)
    if isinstance(given, str):
        if _choice.check(given, ("pairwise", "reference"), "contrasts") == "reference":
            against_first: Floats = eye[1:] - eye[0]
            return against_first
        return np.array([eye[a] - eye[b] for a in range(n) for b in range(a + 1, n)]).reshape(-1, n)
    matrix = np.asarray(given, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != n or not len(matrix):
        raise ValueError(
            f"contrasts must be 'pairwise', 'reference' or of shape (n_contrasts, {n}), got {matrix.shape}"
        )
    if not np.isfinite(matrix).all() or np.abs(matrix.sum(axis=1)).max() > 1e-9 or not matrix.any(axis=1).all():
        raise ValueError("each row of contrasts must be finite, sum to 0 and have a number that is not 0")
    weight = np.where(matrix > 0, matrix, 0.0).sum(axis=1)
    if margin is not None and np.abs(weight - 1).max() > 1e-9:
        raise ValueError(
            "with a margin the positive numbers of each row of contrasts must sum to 1, so that the margin is one of "
            f"the measure: got a row with the sum {weight[np.abs(weight - 1).argmax()]:g}"
        )
    return matrix


def contrast_names(weights: Floats, names: list[str]) -> dict[str, str]:
    """`modality` and `versus` of a contrast; one of more than two modalities is spelled out."""
    plus, minus = (weights == 1).nonzero()[0], (weights == -1).nonzero()[0]
    if len(plus) == len(minus) == 1 and (weights != 0).sum() == 2:
        return {"modality": names[plus[0]], "versus": names[minus[0]], "versus_kind": "modality"}
    return {"modality": " ".join(f"{weight:+g} {name}" for weight, name in zip(weights, names, strict=True) if weight)}
