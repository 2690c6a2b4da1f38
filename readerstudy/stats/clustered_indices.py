"""Likelihood ratios and indices of a table of calls when a patient may have several cases.

Each is the number of all cases, with the interval that it has for independent cases made wider by the design effect
of what each case adds to it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Bools, Floats, Tails
from readerstudy.stats._degenerate import bounded, noted
from readerstudy.stats._patients import ONE_PATIENT, Patients
from readerstudy.stats.clustered import Ratio, named, ratio, ratio_limits


def likelihood_ratio_terms(truth: Bools, called: Bools) -> Floats:
    """What each case adds to the log of P(`called` | positive) / P(`called` | negative); neither is 0."""
    positive, negative = np.count_nonzero(truth), np.count_nonzero(~truth)
    above, below = np.count_nonzero(truth & called), np.count_nonzero(~truth & called)
    return np.where(truth, called / above - 1 / positive, 1 / negative - called / below)


def odds_ratio_terms(truth: Bools, call: Bools, added: float) -> Floats:
    """What each case adds to the log of the diagnostic odds ratio, with `added` cases in each cell."""
    terms = np.empty(len(truth))
    for cell, sign in ((truth & call, 1), (~truth & call, -1), (truth & ~call, -1), (~truth & ~call, 1)):
        terms[cell] = sign / (np.count_nonzero(cell) + added)
    return terms


def of_patients(e: Estimate, patients: Patients) -> Estimate:
    """`e`, the record of independent cases, as one of patients: without its interval where there is one patient."""
    assert e.method is not None
    e = e.replace(method=named("ratio-estimator" if e.method == "wald" else e.method), n_patients=patients.number)
    if patients.number > 1:
        return e.replace(df=patients.number - 1)
    if math.isnan(e.estimate):
        return e
    return noted(e.replace(conf_low=math.nan, conf_high=math.nan, std_error=math.nan), ONE_PATIENT)


def log_interval(e: Estimate, terms: Floats, patients: Patients) -> Estimate:
    """`e`, a ratio above 0 with its log interval, with that interval made wider."""
    wide = of_patients(e, patients)
    if patients.number < 2 or e.conf_low == e.conf_high:
        return wide
    design = patients.design(terms)
    tail = (1 - e.conf_level) / 2
    factor = (e.conf_high / e.estimate) ** (design.factor * design.widening(tail))
    return noted(wide.replace(conf_low=e.estimate / factor, conf_high=e.estimate * factor), design.note)


def mean_of_shares(
    e: Estimate, truth: npt.NDArray[Any], right: Bools, patients: Patients, classes: list[Any]
) -> Estimate:
    """`e` with the mean over the `classes` of the share of their cases that are `right`, and its interval.

    ``"wald"`` is by the terms of the mean. ``"newcombe"`` adds the distances of each share's Wilson limits with the
    correlations that the patients give the shares, which are 0 where each patient is of one class.
    """
    shares = [ratio(right, truth == label, patients) for label in classes]
    terms = np.array([
        np.where(truth == label, right - r.value, 0.0) / r.total for label, r in zip(classes, shares, strict=True)
    ])  # fmt: skip
    k = len(classes)
    mean = math.fsum(r.value for r in shares) / k
    wide = of_patients(e.replace(estimate=mean), patients)
    if patients.number < 2:
        return wide
    tail = (1 - e.conf_level) / 2
    design = patients.design(terms.sum(axis=0))
    error = math.sqrt(sum(r.value * (1 - r.value) / r.total for r in shares)) / k * design.factor
    wide = wide.replace(std_error=error)
    if e.method == "wald":
        if error == 0:
            wide = noted(wide, "no variation in any class: the interval has no width")
        else:
            wide = noted(wide, design.note)
        below = above = design.reach(tail) * error * k
    else:
        single = [str(label) for label, r in zip(classes, shares, strict=True) if r.patients.number < 2]
        if single:
            return noted(wide, f"one patient has all cases of {', '.join(single)}: no interval")
        below, above = _distances(shares, terms, patients, tail)
        wide = noted(wide, *dict.fromkeys(_fallback(r) for r in shares))
    return bounded(
        wide.replace(conf_low=max(0.0, mean - below / k), conf_high=min(1.0, mean + above / k)), 0.0, 1.0
    )  # fmt: skip


def _fallback(r: Ratio) -> str | None:
    if r.varies or r.patients.alone:
        return None
    return "a class whose patients leave no variance: the cases of a patient are taken as copies of one"


def _distances(shares: list[Ratio], terms: Floats, patients: Patients, tail: float) -> tuple[float, float]:
    """How far the limits of the sum of the shares lie below and above it."""
    ends = [ratio_limits(r, "wilson", Tails(tail, tail)) for r in shares]
    sums = np.array([patients.sums(line) for line in terms])
    lengths = np.sqrt((sums * sums).sum(axis=1))
    scaled = sums / np.where(lengths > 1e-12, lengths, 1.0)[:, None]
    correlation = scaled @ scaled.T
    np.fill_diagonal(correlation, 1.0)
    below = np.array([r.value - low for r, (low, _) in zip(shares, ends, strict=True)])
    above = np.array([high - r.value for r, (_, high) in zip(shares, ends, strict=True)])
    return tuple(math.sqrt(max(float(v @ correlation @ v), 0.0)) for v in (below, above))  # type: ignore[return-value]
