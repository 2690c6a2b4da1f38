"""The difference of two areas under ROC curves, of the same cases or of different ones."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Tails, binary, same_length, scores, z_of
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._difference import NO_VARIANCE, tails_of, with_test
from readerstudy.stats._patients import patients_of
from readerstudy.stats.clustered_auc import clustered_comparison
from readerstudy.stats.roc_bootstrap import Bootstrap, areas, checked_replicates, levels, resampled_areas, resamples
from readerstudy.stats.roc_inference import with_limits
from readerstudy.stats.roc_placements import auc_and_variance, placements

COMPARISONS = ("delong", "bootstrap")
"""Names of the methods for a difference of two AUCs."""


def compare_auc(
    truth: ArrayLike,
    score: ArrayLike,
    versus: ArrayLike,
    *,
    method: str = "delong",
    paired: bool = True,
    versus_truth: ArrayLike | None = None,
    conf_level: float = 0.95,
    alternative: str = "two-sided",
    margin: float | None = None,
    hypothesis: str = "non-inferiority",
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
    patients: ArrayLike | None = None,
) -> Estimate:
    """Difference of two AUCs: score - versus.

    Range [-1, 1].

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    score, versus
        Two scores of the same cases, paired by position, shape (n_cases,); no nan. Not paired: of different cases.
    method
        ``"delong"`` or ``"bootstrap"`` (percentile interval; z from the replicates' standard deviation).
    paired
        False for two samples of cases; then DeLong's difference has a t-distribution.
    versus_truth
        Truth of the cases of `versus`, shape (n_versus_cases,). Without it two scores of the same cases are compared
        as if they were not, and `note` says so.
    conf_level, alternative
        As in `proportion`; ``"greater"`` tests whether `score` is better.
    margin
        How much worse is not worse: between 0 and 1, on the scale of the AUC. P is then one-sided, to be held against
        (1 - conf_level) / 2, and `verdict` reads the two-sided interval.
    hypothesis
        What the margin is for: ``"non-inferiority"`` tests difference <= -margin, ``"equivalence"`` both sides.
    n_boot, rng
        Replicates and NumPy Generator or seed, for ``"bootstrap"``.
    patients
        Labels of the patients, shape (n_cases,), as in `auc`; paired scores only.

    Returns
    -------
    Estimate
        Difference, interval (cut at -1 and 1), statistic, `df` when not paired, P, `verdict` with a margin.

    Raises
    ------
    ValueError
        If lengths, names or margin do not fit, or `versus_truth` is given for paired scores or `patients` for others.

    Notes
    -----
    Cases (with `patients`: patients) must be independent. Identical scores give difference 0 and P = 1, and no test
    against a margin. Where the variance is 0 but the difference is not, interval and test are nan. Each case says so in
    `note`. The degrees of freedom of unpaired scores are Welch's, with DeLong's variances and the numbers of cases.

    In simulated studies of 20 to 200 patients (one to five cases each, alike in truth and score) at a level of 5 %
    Obuchowski's test rejected equal scores in 6 to 7 %, DeLong's without patients in 12 to 14 %.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595. Unpaired degrees of freedom: Satterthwaite 1946,
    doi:10.2307/3002019. Obuchowski 1997 (patients), doi:10.2307/2533958.

    Examples
    --------
    >>> e = compare_auc([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], [1, 4, 5, 2, 3, 6])
    >>> round(e.estimate, 4), round(e.p_value, 3)
    (0.3333, 0.221)
    """
    _choice.check(method, COMPARISONS, "method")
    outside = tails_of(conf_level, alternative, hypothesis, margin, most=1.0)
    checked_replicates(n_boot)
    if paired and versus_truth is not None:
        raise ValueError("versus_truth is of other cases: it needs paired=False")
    if not paired and patients is not None:
        raise ValueError("patients is for two scores of the same cases: it needs paired=True")
    truth, score, versus = binary(truth, "truth"), scores(score, "score"), scores(versus, "versus")
    if paired:
        other, n_cases = truth, same_length(truth=truth, score=score, versus=versus)
    else:
        other = truth if versus_truth is None else binary(versus_truth, "versus_truth")
        n_cases = same_length(truth=truth, score=score)
        n_versus = same_length(versus_truth=other, versus=versus)
        n_cases += 0 if versus_truth is None else n_versus
    e = Estimate(
        measure="auc_difference",
        method=method,
        conf_level=conf_level,
        alternative=alternative,
        null=0.0,
        margin=math.nan if margin is None else margin,
        n_cases=n_cases,
        test_method="delong" if method == "delong" else "bootstrap-z",
    )
    if patients is not None:
        whose = patients_of(patients, n_cases)
        return clustered_comparison(
            e, truth, score, versus, whose,
            outside=outside, hypothesis=hypothesis, margin=margin, n_boot=n_boot, rng=rng,
        )  # fmt: skip
    for of in (truth, other):
        if of.all() or not of.any():
            return e.replace(note=f"undefined: no {'negative' if of.any() else 'positive'} case")
    generator = np.random.default_rng(rng)
    boot = n_boot if method == "bootstrap" else 0
    if paired:
        e, drawn = _paired(e, truth, score, versus, boot, generator)
    else:
        e, drawn = _unpaired(e, (truth, score), (other, versus), boot, generator)
    if e.note is not None:
        return e
    if not paired and versus_truth is None:
        e = e.replace(note="the same cases, tested as if they were different ones")
    if drawn is None:
        return with_test(_delong_limits(e, outside), hypothesis, margin)
    if drawn.std_error == 0:
        return e.replace(std_error=0.0, note=NO_VARIANCE)
    e = with_limits(e, drawn, outside, (-1.0, 1.0))
    return e if math.isnan(e.conf_low) else with_test(e, hypothesis, margin)


def _paired(
    e: Estimate, truth: Bools, score: Floats, versus: Floats, n_boot: int, rng: np.random.Generator
) -> tuple[Estimate, Bootstrap | None]:
    first, second = placements(truth, score), placements(truth, versus)
    contrasts = (first.positive - second.positive, first.negative - second.negative)
    if not contrasts[0].any() and not contrasts[1].any():
        same = e.replace(
            estimate=0.0, conf_low=0.0, conf_high=0.0, std_error=0.0,
            p_value=1.0 if math.isnan(e.margin) else math.nan,
            note="both have the same placements: difference 0, paired variance 0, "
            + ("P = 1" if math.isnan(e.margin) else "no test against the margin"),
        )  # fmt: skip
        return same, None
    difference = first.auc - second.auc
    variance = sum(float(np.var(c, ddof=1)) / len(c) if len(c) > 1 else math.nan for c in contrasts)
    e = e.replace(estimate=difference, std_error=math.sqrt(variance))
    # The contrasts of a constant shift differ by rounding only: that is no variance.
    if not variance > 1e-30:
        return e.replace(note=NO_VARIANCE), None
    if not n_boot:
        return e, None
    drawn = [areas(*one) - areas(*two) for one, two in resamples(truth, [levels(score), levels(versus)], n_boot, rng)]
    return e, Bootstrap(difference, np.concatenate(drawn))


def _unpaired(
    e: Estimate, first: tuple[Bools, Floats], second: tuple[Bools, Floats], n_boot: int, rng: np.random.Generator
) -> tuple[Estimate, Bootstrap | None]:
    (one, var_one), (two, var_two) = auc_and_variance(*first), auc_and_variance(*second)
    variance = var_one + var_two
    e = e.replace(estimate=one - two, std_error=math.sqrt(variance))
    if not variance > 0:
        return e.replace(note=NO_VARIANCE), None
    if not n_boot:
        return e.replace(df=variance**2 / (var_one**2 / (len(first[0]) - 1) + var_two**2 / (len(second[0]) - 1))), None
    drawn = resampled_areas(*first, n_boot, rng) - resampled_areas(*second, n_boot, rng)
    return e, Bootstrap(one - two, drawn)


def _delong_limits(e: Estimate, outside: Tails) -> Estimate:
    def reach(tail: float) -> float:
        return z_of(tail) if math.isnan(e.df) or tail == 0 else -float(special.stdtrit(e.df, tail))

    e = e.replace(
        conf_low=max(-1.0, e.estimate - reach(outside.low) * e.std_error),
        conf_high=min(1.0, e.estimate + reach(outside.high) * e.std_error),
    )
    return bounded(e, -1.0, 1.0, outside)
