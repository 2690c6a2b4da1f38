"""Predictive values at a prevalence other than that of the cases at hand."""

from __future__ import annotations

import math

from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import ArrayLike, check_level, z_of
from readerstudy.stats.diagnostic import Counts, table_of


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """PPV and NPV by Bayes' theorem; nan where nothing would be called so."""
    true_positive, false_positive = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    true_negative, false_negative = specificity * (1 - prevalence), (1 - sensitivity) * prevalence
    positive, negative = true_positive + false_positive, true_negative + false_negative
    return (
        true_positive / positive if positive > 0 else math.nan,
        true_negative / negative if negative > 0 else math.nan,
    )


def _logit_variances(sensitivity: float, specificity: float, n: float, m: float) -> tuple[float, float]:
    """Variances of logit PPV and logit NPV with `n` positive and `m` negative cases; infinite at an empty cell."""

    def odds(p: float) -> float:
        return p / (1 - p) if p < 1 else math.inf

    return odds(1 - sensitivity) / n + odds(specificity) / m, odds(sensitivity) / n + odds(1 - specificity) / m


def ppv_npv_at(truth: ArrayLike, call: ArrayLike, *, prevalence: float, conf_level: float = 0.95) -> list[Estimate]:
    """PPV and NPV that a reading would have where a share `prevalence` of the cases is positive.

    Range [0, 1], best 1. A study with as many positive as negative cases says nothing of predictive values until they
    are carried over to the prevalence of the clinic. Synonym: standardised predictive values.

    Parameters
    ----------
    truth, call
        Boolean or 0/1, shape (n_cases,), paired by position; no missing values.
    prevalence
        Share of positive cases where the reading is to be used, strictly between 0 and 1, taken as known.
    conf_level
        Level of the intervals.

    Returns
    -------
    list of Estimate
        ``ppv_at_prevalence`` and ``npv_at_prevalence`` with Mercaldo's logit interval; the prevalence stands in the
        note.

    Raises
    ------
    ValueError
        If `prevalence` does not lie between 0 and 1 or the arrays do not fit.

    Notes
    -----
    Cases must be independent, and sensitivity and specificity must be those of the other place too. At a
    sensitivity or specificity of 0 or 1 that the logit cannot bear, the limits are Mercaldo's adjusted ones (z^2 / 2
    right and as many wrong calls are added in each class), reaching to the estimate, with a note. Without a positive or
    a negative case both are nan.

    References
    ----------
    Mercaldo, Lau and Zhou 2007, doi:10.1002/sim.2677.

    Examples
    --------
    Apolipoprotein E4 in 418 patients with Alzheimer's disease, 240 of them positive, and in 375 controls, 87 of them
    positive, at a prevalence of 3 %, as in Mercaldo 2007:

    >>> truth = [1] * 418 + [0] * 375
    >>> call = [1] * 240 + [0] * 178 + [1] * 87 + [0] * 288
    >>> ppv, npv = ppv_npv_at(truth, call, prevalence=0.03)
    >>> round(ppv.estimate, 3), round(ppv.conf_low, 3), round(ppv.conf_high, 3), round(npv.estimate, 3)
    (0.071, 0.059, 0.086, 0.983)
    """
    check_level(conf_level)
    if not 0 < prevalence < 1:
        raise ValueError(f"prevalence must lie strictly between 0 and 1, got {prevalence!r}")
    return at_prevalence(table_of(truth, call), prevalence, conf_level)


def at_prevalence(table: Counts, prevalence: float, conf_level: float) -> list[Estimate]:
    """What `ppv_npv_at` gives, of counts."""
    n, m = table.tp + table.fn, table.tn + table.fp
    said = f"at a prevalence of {prevalence * 100:g} %"
    blank = [
        Estimate(measure=f"{name}_at_prevalence", method="mercaldo", conf_level=conf_level, n_cases=n + m, note=said)
        for name in ("ppv", "npv")
    ]
    if n == 0 or m == 0:
        why = f"undefined: no {'positive' if n == 0 else 'negative'} case"
        return [e.replace(note=f"{said}; {why}") for e in blank]
    z = z_of((1 - conf_level) / 2)
    rates = table.tp / n, table.tn / m
    adjusted = (table.tp + z * z / 2) / (n + z * z), (table.tn + z * z / 2) / (m + z * z)
    plain = zip(predictive_values(*rates, prevalence), _logit_variances(*rates, n, m), strict=True)
    moved = zip(
        predictive_values(*adjusted, prevalence), _logit_variances(*adjusted, n + z * z, m + z * z), strict=True
    )
    word = {"ppv_at_prevalence": "positive", "npv_at_prevalence": "negative"}
    found = []
    for e, (value, variance), (value2, variance2) in zip(blank, plain, moved, strict=True):
        if math.isnan(value):
            found.append(e.replace(note=f"{said}; undefined: nothing was called {word[e.measure]}"))
            continue
        notes, centre, error = [said], value, math.sqrt(variance)
        if not math.isfinite(variance):
            notes.append("an empty cell: adjusted logit limits")
            centre, error = value2, math.sqrt(variance2)
        elif variance == 0:
            notes.append("no variation in either class: the interval has no width")
        low, high = (float(special.expit(special.logit(centre) + sign * z * error)) for sign in (-1, 1))
        found.append(
            e.replace(estimate=value, conf_low=min(low, value), conf_high=max(high, value), note="; ".join(notes))
        )
    return found
