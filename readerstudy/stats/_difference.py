"""From a difference with its standard error and interval to a test: of 0, or against a margin. More is better."""

from __future__ import annotations

import math

from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Tails, normal_p, tails
from readerstudy.stats._margin import against_margin, check_margin

NO_VARIANCE = "the variance of the difference is 0 or undefined: no interval, no test"


def tails_of(conf_level: float, alternative: str, hypothesis: str, margin: float | None, *, most: float) -> Tails:
    """What an interval leaves out; with a margin it is two-sided whatever the alternative.

    `most` is the greatest difference there can be: a margin as wide allows everything.

    Raises
    ------
    ValueError
        If level, alternative, hypothesis or margin is impossible.
    """
    check_margin(margin, hypothesis, below=most)
    outside = tails(conf_level, alternative)
    if margin is None:
        return outside
    if alternative == "less":
        raise ValueError("alternative must be 'two-sided' or 'greater' with a margin: a higher value is better")
    return tails(conf_level, "two-sided")


def with_test(e: Estimate, hypothesis: str, margin: float | None) -> Estimate:
    """`e` with statistic and P: normal, or Student's t where `df` is set; with a margin also the verdict."""
    assert e.alternative is not None
    if margin is None:
        statistic = e.estimate / e.std_error
        p = normal_p(_normal(statistic, e.df), e.alternative)
        return e.replace(null=0.0, statistic=statistic, p_value=p, note=_disagreement(e, p))

    def student(null: float) -> float:
        return (e.estimate - null) / e.std_error

    found = against_margin(
        e, lambda null: _normal(student(null), e.df), hypothesis, margin, (-margin, margin), e.alternative
    )
    if math.isnan(e.df):
        return found
    null = found.null
    if hypothesis == "equivalence":  # the statistic of the end that is nearer
        null = -margin if e.estimate <= 0 else margin
    return found.replace(statistic=student(null), df=e.df)


def _normal(statistic: float, df: float) -> float:
    """The normal deviate with the tail of a t-statistic."""
    if math.isnan(df):
        return statistic
    tail = float(special.ndtri(special.stdtr(df, -abs(statistic))))
    return tail if statistic < 0 else -tail


def _disagreement(e: Estimate, p: float) -> str | None:
    """A note with what to say when the interval leaves 0 out and P is above its level, or the other way round."""
    excludes = e.conf_low > 0 or e.conf_high < 0
    if e.test_method == e.method or excludes == (p < 1 - e.conf_level):
        return e.note
    found = "leaves 0 out, the test is not significant" if excludes else "contains 0, the test is significant"
    said = f"interval and test are of different methods and disagree: the interval {found}"
    return "; ".join(filter(None, (e.note, said)))
