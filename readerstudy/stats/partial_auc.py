"""The area under a part of the ROC curve, and the difference of two."""

from __future__ import annotations

import numpy as np

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Floats, binary, same_length, scores, tails
from readerstudy.stats._difference import tails_of
from readerstudy.stats.roc_bootstrap import INTERVALS, checked_replicates
from readerstudy.stats.roc_curve import Paths, areas_between
from readerstudy.stats.roc_inference import compared, estimated

Range = tuple[float, float]


class _Part:
    """A part of the curve: which axis, from where to where, and how its area is reported."""

    def __init__(self, specificity: Range | None, sensitivity: Range | None, corrected: bool) -> None:
        if (specificity is None) == (sensitivity is None):
            raise ValueError("give one range: specificity=(lo, hi) or sensitivity=(lo, hi)")
        self.axis = "sensitivity" if specificity is None else "specificity"
        given = sensitivity if specificity is None else specificity
        assert given is not None
        low, high = given
        if not 0 <= low < high <= 1:
            raise ValueError(f"{self.axis} must be (lo, hi) with 0 <= lo < hi <= 1, got {given!r}")
        self.low, self.high, self.corrected = float(low), float(high), corrected
        self.least = ((1 - self.low) ** 2 - (1 - self.high) ** 2) / 2  # under the chance diagonal
        self.most = self.high - self.low

    def __call__(self, drawn: Paths) -> Floats:
        along = drawn if self.axis == "specificity" else drawn.mirrored()
        return self.reported(areas_between(along, 1 - self.high, 1 - self.low))

    def reported(self, area: Floats) -> Floats:
        return (1 + (area - self.least) / (self.most - self.least)) / 2 if self.corrected else area

    @property
    def ends(self) -> Range:
        """The range of what is reported."""
        low, high = self.reported(np.array([0.0, self.most]))
        return float(low), float(high)

    @property
    def measure(self) -> str:
        return "partial_auc_corrected" if self.corrected else "partial_auc"

    @property
    def note(self) -> str:
        return f"over {self.axis} {self.low:g} to {self.high:g}"


def partial_auc(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    specificity: Range | None = None,
    sensitivity: Range | None = None,
    corrected: bool = False,
    method: str = "bootstrap",
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Area under the part of the ROC curve that matters, such as where specificity is at least .8.

    Over specificity it is the integral of sensitivity, over sensitivity that of specificity; straight lines join the
    vertices. Range [0, hi - lo], best hi - lo. McClish's correction (1 + (area - least) / (most - least)) / 2, with
    the area under the chance diagonal and hi - lo, makes chance 0.5 and best 1; below chance it may be negative.
    Synonyms: pAUC, partial area index (corrected: standardised partial AUC).

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score
        Higher = more suspicious, any scale, shape (n_cases,); no nan.
    specificity, sensitivity
        The part, (lo, hi) with 0 <= lo < hi <= 1; one of the two.
    corrected
        McClish's correction.
    method
        ``"bootstrap"`` (percentile) or ``"bca"``; positive and negative cases are drawn apart.
    conf_level, alternative
        As in `proportion`.
    n_boot, rng
        Replicates and NumPy Generator or seed; ``rng=None`` draws a new seed.

    Returns
    -------
    Estimate
        `std_error` is the replicates' standard deviation; `note` names the part.

    Raises
    ------
    ValueError
        If the part is not one range within [0, 1], or a name is unknown.

    Notes
    -----
    Cases must be independent. With no case of a class it is nan. Where no resample changes it (perfect separation)
    or a class has one case there is no interval, and `note` says so.

    References
    ----------
    McClish 1989, doi:10.1177/0272989X8900900307. Robin and others 2011, doi:10.1186/1471-2105-12-77.

    Examples
    --------
    >>> partial_auc([0, 0, 0, 0, 1, 1], [1, 2, 3, 5, 4, 6], specificity=(0.5, 1)).estimate  # 1/4 at 1/2, 1/4 at 1
    0.375
    """
    part = _Part(specificity, sensitivity, corrected)
    _choice.check(method, INTERVALS, "method")
    outside = tails(conf_level, alternative)
    checked_replicates(n_boot)
    truth, score = binary(truth, "truth"), scores(score, "score")
    e = Estimate(
        measure=part.measure,
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        n_cases=same_length(truth=truth, score=score),
        note=part.note,
    )
    return estimated(e, truth, score, part, outside=outside, ends=part.ends, n_boot=n_boot, rng=rng)


def compare_partial_auc(
    truth: ArrayLike,
    score: ArrayLike,
    versus: ArrayLike,
    *,
    specificity: Range | None = None,
    sensitivity: Range | None = None,
    corrected: bool = False,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Difference of two partial AUCs of the same cases: score - versus.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score, versus
        Two scores of the same cases, paired by position, shape (n_cases,); no nan.
    specificity, sensitivity, corrected
        As in `partial_auc`.
    conf_level, alternative, margin, hypothesis
        As in `compare_auc`; the margin is on the scale of what is compared, and less
        than its range.
    n_boot, rng
        Replicates and NumPy Generator or seed; both scores see the same resampled cases.

    Returns
    -------
    Estimate
        Difference, percentile interval, and z = difference / standard deviation of the replicates, with P.

    Raises
    ------
    ValueError
        As `partial_auc` and `compare_auc` do.

    Notes
    -----
    Cases must be independent. Scores that order the cases alike give difference 0 and P = 1. Where no resample
    changes the difference there is no interval and no test. Each case says so in `note`.

    References
    ----------
    Robin and others 2011, doi:10.1186/1471-2105-12-77.

    Examples
    --------
    >>> compare_partial_auc([0, 0, 1, 1], [1, 3, 2, 4], [1, 2, 3, 4], sensitivity=(0.5, 1)).estimate
    -0.25
    """
    part = _Part(specificity, sensitivity, corrected)
    low, high = part.ends
    outside = tails_of(conf_level, alternative, hypothesis, margin, most=high - low)
    checked_replicates(n_boot)
    truth, score, versus = binary(truth, "truth"), scores(score, "score"), scores(versus, "versus")
    e = Estimate(
        measure=f"{part.measure}_difference",
        method="bootstrap",
        conf_level=conf_level,
        alternative=alternative,
        n_cases=same_length(truth=truth, score=score, versus=versus),
        note=part.note,
    )
    return compared(
        e, truth, score, versus, part, outside=outside, ends=(low - high, high - low), hypothesis=hypothesis,
        margin=margin, n_boot=n_boot, rng=rng,
    )  # fmt: skip
