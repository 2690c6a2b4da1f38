"""Do predicted probabilities come true: slope, smooth and grouped calibration errors, Brier score, tests."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Floats,
    Ints,
    binary,
    check_level,
    normal_p,
    probabilities,
    same_length,
    z_of,
)
from readerstudy.stats._case_bootstrap import case_replicates, percentile
from readerstudy.stats._degenerate import bounded
from readerstudy.stats._logistic import logistic_fit, spline_columns
from readerstudy.stats.roc_bootstrap import checked_replicates


def _checked(truth: ArrayLike, prob: ArrayLike) -> tuple[Bools, Floats]:
    truth, prob = binary(truth, "truth"), probabilities(prob, "prob")
    same_length(truth=truth, prob=prob)
    return truth, prob


def equal_width_groups(prob: Floats, groups: int) -> Ints:
    """Group of each case: [0, 1 / groups), [1 / groups, 2 / groups), ..., the last one closed."""
    return np.searchsorted(np.arange(1, groups) / groups, prob, side="right")


def equal_mass_groups(prob: Floats, groups: int) -> Ints:
    """Group of each case between the quantiles of the predictions, closed above; equal predictions stay together."""
    edges = np.unique(np.quantile(prob, np.linspace(0, 1, groups + 1)))
    return np.searchsorted(edges[1:-1], prob, side="left")


def group_sums(truth: Bools, prob: Floats, group: Ints) -> tuple[Floats, Floats, Floats]:
    """Cases, positive cases and sum of the predictions of each group that has a case."""
    codes, size = np.unique(group, return_inverse=True, return_counts=True)[1:]
    positive, expected = (np.bincount(codes, weights=w).astype(np.float64) for w in (truth.astype(np.float64), prob))
    return size.astype(np.float64), positive, expected


def ece_of_groups(size: Floats, positive: Floats, expected: Floats) -> tuple[float, float]:
    """Expected calibration error, plain and less its bias.

    The absolute value makes chance count as error. The bias is estimated by what the plain error would gain if the
    observed share of each group were the true one: the mean of a folded normal distribution less its centre. That is
    a part of it where the predictions are right, and all of it where they are far off.
    """
    share, weight = positive / size, size / size.sum()
    gap = np.abs(share - expected / size)
    plain = float(weight @ gap)
    error = np.sqrt(share * (1 - share) / size)
    ratio = np.divide(gap, error, out=np.zeros_like(gap), where=error > 0)
    folded = error * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + gap * (1 - 2 * special.ndtr(-ratio))
    bias = float(weight @ np.where(error > 0, folded - gap, 0.0))
    return plain, max(0.0, plain - bias)


def hosmer_lemeshow_chi2(size: Floats, positive: Floats, expected: Floats) -> float:
    """Sum over groups of (observed - expected)^2 / (n p (1 - p)); nan where the prediction leaves no chance."""
    variance = expected * (1 - expected / size)
    gap = positive - expected
    if np.any((variance <= 0) & (np.abs(gap) > 1e-9)):
        return math.nan
    return float((gap[variance > 0] ** 2 / variance[variance > 0]).sum())


def spiegelhalter_z(truth: Bools, prob: Floats) -> float:
    """Standardised Brier score under the hypothesis that every prediction is right; nan for 0 / 0."""
    variance = float((((1 - 2 * prob) ** 2) * prob * (1 - prob)).sum())
    return float(((truth - prob) * (1 - 2 * prob)).sum()) / math.sqrt(variance) if variance > 0 else math.nan


def smooth_errors(truth: Bools, prob: Floats) -> Floats | None:
    """|smoothed observed share - prediction| of each case; None where the smooth curve cannot be fitted."""
    values, inverse = np.unique(prob, return_inverse=True)
    if len(values) <= 4:  # as many shares as predictions: nothing to smooth
        shares = np.bincount(inverse, weights=truth.astype(np.float64)) / np.bincount(inverse)
        return np.abs(shares - values)[inverse]
    fit = logistic_fit(spline_columns(special.logit(prob)), truth)
    return None if fit is None else np.abs(fit.fitted - prob)


def brier(truth: ArrayLike, prob: ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Mean squared distance of the predicted probabilities from what came true.

    Range [0, 1], best 0; 0.25 for a prediction of 1/2 throughout. Synonyms: Brier score, quadratic score.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    prob
        Predicted probability of a positive case, of the same shape.
    conf_level
        Level of the interval.

    Returns
    -------
    Estimate
        With the normal interval of a mean, cut at 0 and 1.

    Raises
    ------
    ValueError
        If a prediction is missing or no probability, or the arrays do not fit.

    Notes
    -----
    Cases must be independent: there is no `patients`, but in `compare_brier`. With no case it is nan with a note; with
    one, or where all errors are equal, there is no interval or it has no width, with a note.

    References
    ----------
    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> round(brier([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]).estimate, 4)
    0.0375
    """
    check_level(conf_level)
    return _brier(*_checked(truth, prob), conf_level)


def _brier(truth: Bools, prob: Floats, conf_level: float) -> Estimate:
    n = len(truth)
    e = Estimate(measure="brier", method="wald", conf_level=conf_level, n_cases=n)
    if n == 0:
        return e.replace(note="no case")
    squares = (prob - truth) ** 2
    mean = float(squares.mean())
    if n == 1:
        return e.replace(estimate=mean, note="one case: no interval")
    # Equal errors differ by rounding only: that is no spread.
    error = 0.0 if np.ptp(squares) < 1e-14 else float(squares.std(ddof=1)) / math.sqrt(n)
    reach = z_of((1 - conf_level) / 2) * error
    e = e.replace(
        estimate=mean,
        std_error=error,
        conf_low=max(0.0, mean - reach),
        conf_high=min(1.0, mean + reach),
        note="all errors are equal: the interval has no width" if error == 0 else None,
    )
    return bounded(e, 0.0, 1.0)


def calibration(
    truth: ArrayLike,
    prob: ArrayLike,
    *,
    groups: int = 10,
    development: bool = False,
    conf_level: float = 0.95,
    n_boot: int | None = None,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """How well predicted probabilities agree with what came true, in every usual measure.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,).
    prob
        Predicted probability of a positive case, of the same shape.
    groups
        Number of groups of the calibration errors and of Hosmer and Lemeshow's test, 2 or more.
    development
        Whether the predictions were fitted to these very cases. Hosmer and Lemeshow's test then has 2 degrees of
        freedom less; for predictions from elsewhere it has as many as there are groups.
    conf_level
        Level of the intervals.
    n_boot, rng
        Replicates of the bootstrap for ICI, E50, E90 and ECE (1000, say), by default none and so no interval; NumPy
        Generator or seed.

    Returns
    -------
    list of Estimate
        ``calibration_in_the_large`` (intercept of the logistic regression with offset logit(prob), best 0) and
        ``calibration_slope`` (best 1), each with its Wald interval and test; ``observed_expected`` with log interval;
        ``ici``, ``e50`` and ``e90``, the mean, median and 90th percentile of the distance of the predictions from a
        restricted cubic spline of logit(prob) with four knots; ``ece``, four times: equal-width and equal-mass
        groups, plain and debiased; ``brier``, ``brier_scaled``, and the parts of Brier = ``brier_miscalibration`` -
        ``brier_discrimination`` + ``brier_uncertainty``, by isotonic regression; the tests ``hosmer_lemeshow`` and
        ``spiegelhalter``.

    Raises
    ------
    ValueError
        If a prediction is missing or no probability, or the arrays do not fit.

    Notes
    -----
    Cases must be independent. What rests on logit(prob) is nan with a note where a prediction is 0 or 1, where the
    truth has one class only or where the predictions separate the classes. ECE and ICI cannot fall below 0, and
    chance raises them, the debiased ECE less; a percentile interval does not reach 0, and is too high for predictions
    that are all but right.

    References
    ----------
    Cox 1958, doi:10.1093/biomet/45.3-4.562. Van Calster et al. 2019, doi:10.1186/s12916-019-1466-7. Austin and
    Steyerberg 2019 (ICI, E50, E90), doi:10.1002/sim.8281. Kumar, Liang and Ma 2019 (debiased error),
    doi:10.48550/arXiv.1909.10155. Dimitriadis, Gneiting and Jordan 2021 (parts of Brier's score),
    doi:10.1073/pnas.2016191118. Hosmer and Lemeshow 1980, doi:10.1080/03610928008827941. Spiegelhalter 1986,
    doi:10.1002/sim.4780050506. Debray et al. 2017 (observed / expected), doi:10.1136/bmj.i6460.

    Examples
    --------
    Of ten cases with a prediction of 0.2 three were positive, of ten with 0.7 six:

    >>> truth = [1] * 3 + [0] * 7 + [1] * 6 + [0] * 4
    >>> found = {e.measure: e for e in calibration(truth, [0.2] * 10 + [0.7] * 10)}
    >>> round(found["ici"].estimate, 3), round(found["observed_expected"].estimate, 3)
    (0.1, 1.0)
    """
    check_level(conf_level)
    if groups < 2 or groups % 1:
        raise ValueError(f"groups must be a whole number, 2 or more, got {groups!r}")
    if n_boot is not None:
        checked_replicates(n_boot)
    truth, prob = _checked(truth, prob)
    errors = [*_smooth(truth, prob), *_grouped(truth, prob, int(groups))]
    if n_boot is not None and len(truth):
        generator = np.random.default_rng(rng)

        def drawn(cases: Ints) -> Floats:
            return errors_of(truth[cases], prob[cases], int(groups))

        replicates = case_replicates(len(truth), drawn, n_boot, generator).T
        errors = [
            e if math.isnan(e.estimate) else percentile(e, line, conf_level, "percentile bootstrap, which is above 0")
            for e, line in zip(errors, replicates, strict=True)
        ]
    return [
        *_regressions(truth, prob, conf_level),
        _observed_expected(truth, prob, conf_level),
        *errors,
        *_brier_parts(truth, prob, conf_level),
        *_tests(truth, prob, int(groups), development),
    ]


def errors_of(truth: Bools, prob: Floats, groups: int) -> Floats:
    """ICI, E50, E90 and the four ECE of `calibration`, in this order; nan where the smooth curve cannot be fitted."""
    smooth = None if _no_logit(truth, prob) else smooth_errors(truth, prob)
    found = [math.nan] * 3 if smooth is None else [smooth.mean(), np.median(smooth), np.quantile(smooth, 0.9)]
    for group_of in (equal_width_groups, equal_mass_groups):
        found.extend(ece_of_groups(*group_sums(truth, prob, group_of(prob, groups))))
    return np.array(found, dtype=np.float64)


def _no_logit(truth: Bools, prob: Floats) -> str | None:
    """Why nothing can be regressed on logit(prob)."""
    if len(truth) == 0:
        return "no case"
    if truth.all() or not truth.any():
        return f"undefined: no {'negative' if truth.any() else 'positive'} case"
    if np.any((prob == 0) | (prob == 1)):
        return "undefined: a prediction of 0 or 1 has no logit"
    return None


def _regressions(truth: Bools, prob: Floats, conf_level: float) -> list[Estimate]:
    z = z_of((1 - conf_level) / 2)
    why = _no_logit(truth, prob)
    found = []
    for measure, null in (("calibration_in_the_large", 0.0), ("calibration_slope", 1.0)):
        e = Estimate(measure=measure, method="wald", conf_level=conf_level, n_cases=len(truth), null=null)
        if why:
            found.append(e.replace(note=why))
            continue
        score = special.logit(prob)
        ones = np.ones((len(truth), 1))
        if measure == "calibration_slope":
            equal = np.ptp(prob) == 0
            fit = None if equal else logistic_fit(np.column_stack([ones, score]), truth)
            unfit = "all predictions are equal" if equal else "the predictions separate the classes"
        else:
            fit, unfit = logistic_fit(ones, truth, offset=score), "the regression does not converge"
        if fit is None:
            found.append(e.replace(note=f"undefined: {unfit}"))
            continue
        value, error = float(fit.coefficients[-1]), math.sqrt(fit.covariance[-1, -1])
        found.append(
            e.replace(
                estimate=value,
                std_error=error,
                conf_low=value - z * error,
                conf_high=value + z * error,
                statistic=(value - null) / error,
                p_value=normal_p((value - null) / error, "two-sided"),
                alternative="two-sided",
                test_method="wald",
            )
        )
    return found


def _observed_expected(truth: Bools, prob: Floats, conf_level: float) -> Estimate:
    n, observed, expected = len(truth), int(np.count_nonzero(truth)), float(prob.sum())
    e = Estimate(measure="observed_expected", method="log", conf_level=conf_level, n_cases=n)
    if expected == 0:
        return e.replace(note="undefined: nothing was expected" if n else "no case")
    if observed == 0:
        return e.replace(estimate=0.0, conf_low=0.0, note="no positive case: the log interval has no upper limit")
    factor = math.exp(z_of((1 - conf_level) / 2) * math.sqrt((1 - observed / n) / observed))
    note = "every case is positive: the interval has no width" if observed == n else None
    ratio = observed / expected
    return e.replace(estimate=ratio, conf_low=ratio / factor, conf_high=ratio * factor, note=note)


def _smooth(truth: Bools, prob: Floats) -> list[Estimate]:
    why = _no_logit(truth, prob)
    values = [math.nan] * 3 if why else errors_of(truth, prob, 2)[:3].tolist()
    if why is None and math.isnan(values[0]):
        why = "undefined: the predictions separate the classes"
    blank = Estimate(measure="", method="restricted-cubic-spline", n_cases=len(truth), note=why)
    return [
        blank.replace(measure=name, estimate=value) for name, value in zip(("ici", "e50", "e90"), values, strict=True)
    ]


def _grouped(truth: Bools, prob: Floats, groups: int) -> list[Estimate]:
    note = None if len(truth) else "no case"
    values = errors_of(truth, prob, groups)[3:] if len(truth) else np.full(4, np.nan)
    names = ("equal-width", "equal-width-debiased", "equal-mass", "equal-mass-debiased")
    blank = Estimate(measure="ece", n_cases=len(truth), note=note)
    return [blank.replace(method=name, estimate=float(value)) for name, value in zip(names, values, strict=True)]


def _brier_parts(truth: Bools, prob: Floats, conf_level: float) -> list[Estimate]:
    from scipy.optimize import isotonic_regression

    score = _brier(truth, prob, conf_level)
    names = ("brier_scaled", "brier_miscalibration", "brier_discrimination", "brier_uncertainty")
    blank = Estimate(measure="", method="isotonic", n_cases=len(truth))
    if len(truth) == 0:
        return [score, *(blank.replace(measure=name, note="no case") for name in names)]
    inverse, sizes = np.unique(prob, return_inverse=True, return_counts=True)[1:]
    shares = np.bincount(inverse, weights=truth.astype(np.float64)) / sizes
    recalibrated = isotonic_regression(shares, weights=sizes).x[inverse]
    best, base = float(((recalibrated - truth) ** 2).mean()), float(truth.mean() * (1 - truth.mean()))
    scaled = 1 - score.estimate / base if base > 0 else math.nan
    parts = (scaled, max(0.0, score.estimate - best), max(0.0, base - best), base)
    records = [blank.replace(measure=name, estimate=value) for name, value in zip(names, parts, strict=True)]
    records[0] = records[0].replace(method=None, note=None if base > 0 else "undefined: the truth has one class only")
    return [score, *records]


def _tests(truth: Bools, prob: Floats, groups: int, development: bool) -> list[Estimate]:
    only = "a test: no estimate of its own"
    hosmer = Estimate(measure="hosmer_lemeshow", test_method="hosmer-lemeshow", n_cases=len(truth), note=only)
    spiegel = Estimate(measure="spiegelhalter", test_method="spiegelhalter", n_cases=len(truth), note=only)
    if len(truth) == 0:
        return [e.replace(note="no case") for e in (hosmer, spiegel)]
    sums = group_sums(truth, prob, equal_mass_groups(prob, groups))
    chi2, df = hosmer_lemeshow_chi2(*sums), len(sums[0]) - (2 if development else 0)
    if math.isnan(chi2):
        hosmer = hosmer.replace(note=f"{only}; undefined: a group whose predictions are 0 or 1 did not come true")
    elif df < 1:
        hosmer = hosmer.replace(note=f"{only}; undefined: {len(sums[0])} groups leave no degree of freedom")
    else:
        note = None if len(sums[0]) == groups else f"equal predictions leave {len(sums[0])} groups of {groups}"
        note = "; ".join(filter(None, (only, note)))
        hosmer = hosmer.replace(statistic=chi2, df=df, p_value=float(special.chdtrc(df, chi2)), note=note)
    z = spiegelhalter_z(truth, prob)
    if math.isnan(z):
        spiegel = spiegel.replace(note=f"{only}; undefined: every prediction is 0, 1/2 or 1")
    else:
        spiegel = spiegel.replace(statistic=z, p_value=normal_p(z, "two-sided"), alternative="two-sided")
    return [hosmer, spiegel]
