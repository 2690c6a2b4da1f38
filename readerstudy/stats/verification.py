"""Verification bias: readings of which only some have a reference standard, the positive ones more often."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from readerstudy import _choice
from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import (
    ArrayLike,
    Bools,
    Floats,
    Ints,
    binary,
    check_level,
    labels,
    missing,
    same_length,
    vector,
    z_of,
)
from readerstudy.stats._influence import Spread, codes_of, patient_codes, spread_of
from readerstudy.stats.linearised import noted
from readerstudy.stats.proportion import limits
from readerstudy.stats.roc_bootstrap import checked_replicates

METHODS = ("logit", "wald", "bootstrap")
"""Names of the intervals."""
CORRECTED = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence")
"""What is corrected, in this order."""


class Cells(NamedTuple):
    """Cases by call and stratum, one entry for each pair that occurs."""

    call: Bools
    cases: Floats
    verified: Floats
    positive: Floats
    """Verified and truly positive."""


class Roles(NamedTuple):
    """Whether a case counts for each of `CORRECTED`, shape (6, 2, n): if truly positive, and if truly negative."""

    domain: Bools
    """In the denominator."""
    right: Bools
    """In the numerator, if in the denominator."""


def roles_of(call: Bools) -> Roles:
    """What cases with these calls count for."""
    truth = np.stack([np.ones_like(call), np.zeros_like(call)])
    called = np.stack([call, call])
    everywhere = np.ones_like(called)
    domain = np.stack([truth, ~truth, called, ~called, everywhere, everywhere])
    return Roles(domain, np.stack([called, ~called, truth, ~truth, called == truth, truth]))


def _mass(roles: Roles, cases: Floats, risk: Floats) -> tuple[Floats, Floats]:
    """Cases in the numerator and denominator of `CORRECTED`, with the number of cases and the risk of each cell.

    nan where a cell that counts has an unknown risk.
    """
    expected = np.nan_to_num(np.stack([cases * risk, cases * (1 - risk)]))
    kinds = (roles.domain & roles.right, roles.domain)
    numerator, denominator = (np.einsum("mdk,d...k->m...", kind.astype(np.float64), expected) for kind in kinds)
    counts = roles.domain.any(axis=1).astype(np.float64)
    unknown = np.einsum("mk,...k->m...", counts, np.isnan(risk).astype(np.float64)) > 0
    return np.where(unknown, np.nan, numerator), np.where(unknown, np.nan, denominator)


def corrected_rates(roles: Roles, cases: Floats, risk: Floats) -> Floats:
    """`CORRECTED` from the cases and the risk of each cell, along the last axis; nan for 0 / 0."""
    numerator, denominator = _mass(roles, cases, risk)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates: Floats = numerator / denominator
    return rates


def _gradient(roles: Roles, rates: Floats, denominator: Floats) -> Floats:
    """What one case more adds to each rate, shape (6, 2, n); nan for an undefined rate."""
    with np.errstate(invalid="ignore", divide="ignore"):
        added: Floats = (roles.right - rates[:, None, None]) * roles.domain / denominator[:, None, None]
    return added


def unverified_influence(of_verified: Floats, verified: Bools, cell: Ints) -> Floats:
    """What each case adds to the error of an estimate in which the verified cases of a cell stand for all of it.

    `of_verified` is what a case would add were all verified, known where `verified`. An unverified case adds the mean
    of its cell; a verified one that mean, and n / n_verified of what it lies off it. Every cell must have a verified
    case.
    """
    size = int(cell.max()) + 1
    cases, n_verified = np.bincount(cell, minlength=size), np.bincount(cell[verified], minlength=size)
    mean = np.bincount(cell[verified], weights=of_verified[verified], minlength=size) / n_verified
    found = mean[cell]
    off = of_verified[verified] - found[verified]
    found[verified] += off * (cases / n_verified)[cell[verified]]
    return found


def cell_weights(verified: Bools, cell: Ints) -> Floats:
    """Cases for which each verified case of its cell stands; 0 for an unverified one."""
    cases, n_verified = np.bincount(cell), np.bincount(cell[verified], minlength=int(cell.max()) + 1)
    weight: Floats = np.where(verified, cases[cell] / np.maximum(n_verified, 1)[cell], 0.0)
    return weight


def known_truth(truth: ArrayLike, verified: ArrayLike | None) -> tuple[Bools, Bools]:
    """Truth, False where it is not known, and where it is known."""
    given = vector(truth, "truth")
    known = ~missing(given)
    if verified is not None:
        checked = binary(verified, "verified")
        same_length(truth=given, verified=checked)
        lacking = checked & ~known
        if lacking.any():
            where = int(np.argmax(lacking))
            raise ValueError(f"truth is missing at position {where}, which verified says is known")
        known = checked
    found = np.zeros(len(given), dtype=bool)
    found[known] = binary(given[known].tolist(), "truth")
    return found, known


def _cells(call: npt.NDArray[np.generic], strata: ArrayLike | None) -> Ints:
    if strata is None:
        return codes_of(call)
    kinds = codes_of(labels(strata, "strata"))
    if len(kinds) != len(call):
        raise ValueError(f"not one length: strata has {len(kinds)}, the other arrays have {len(call)}")
    return codes_of(codes_of(call) * (int(kinds.max()) + 1 if len(kinds) else 1) + kinds)


def assumption(verified: Bools, within: str) -> str:
    """How many were verified, and what a correction takes for granted."""
    return (
        f"{np.count_nonzero(verified)} of {len(verified)} cases verified; assumes that within {within} it does not "
        "depend on the truth who was verified (missing at random)"
    )


def verification_corrected(
    truth: ArrayLike,
    call: ArrayLike,
    *,
    verified: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    patients: ArrayLike | None = None,
    method: str = "logit",
    conf_level: float = 0.95,
    n_boot: int = 2000,
    rng: np.random.Generator | int | None = 0,
) -> list[Estimate]:
    """Sensitivity, specificity and predictive values when not every case has a reference standard (Begg and Greenes).

    The risk of disease among the verified cases of each call (and stratum) is taken for all cases of that call.
    Positive readings are verified more often than negative ones; the plain sensitivity of the verified cases is then
    too high and the specificity too low. Range [0, 1], best 1. Synonyms: correction of partial verification bias or
    work-up bias.

    Parameters
    ----------
    truth
        Boolean or 0/1, shape (n_cases,); None or nan = not verified.
    call
        Boolean or 0/1 of every case, of the same shape.
    verified
        Which cases are verified, if `truth` is filled in for others too; by default those with a truth.
    strata
        What else the decision to verify may have depended on (symptoms, another test), as one label a case.
    patients
        Whose case it is, when patients have several cases; the limits are then Student's, of the patients less 1 df.
    method
        Interval: ``"logit"`` (delta method on the logit scale, as published), ``"wald"`` or ``"bootstrap"``
        (percentile; cases or patients drawn with replacement).
    conf_level
        Level of the intervals.
    n_boot, rng
        Replicates of the bootstrap, and NumPy Generator or seed.

    Returns
    -------
    list of Estimate
        ``sensitivity``, ``specificity``, ``ppv``, ``npv``, ``accuracy`` and ``prevalence``; the number verified and
        the assumption stand in the note.

    Raises
    ------
    ValueError
        If the arrays do not fit, a truth is missing that `verified` claims, or a name is unknown.

    Notes
    -----
    Patients must be independent. The correction holds if, among cases with the same call and stratum, those who were
    verified have the disease as often as the others (missing at random); nothing in the data can show that. A call
    of which no case was verified leaves all but the other call's predictive value undefined. Where every verified
    case of a cell is alike the limits are those with half a case added to each side of every cell, with a note: with
    few false negatives verified the sensitivity is hardly known.

    References
    ----------
    Begg and Greenes 1983, doi:10.2307/2530820. Zhou 1993 (maximum likelihood), Commun Stat Theory 22:3177-3198.
    Few false negatives: Cronin and Vickers 2008, doi:10.1186/1471-2288-8-75.

    Examples
    --------
    Liver scintigraphy of 650 patients (Drum and Christacopoulos 1972): of 429 abnormal scans 263 were verified, 231
    with disease; of 221 normal ones 81, 27 with disease. Plainly the sensitivity is 231/258 = 0.90, the specificity
    54/86 = 0.63; corrected they are 0.84 and 0.74.

    >>> call = [1] * 429 + [0] * 221
    >>> truth = [1] * 231 + [0] * 32 + [None] * 166 + [1] * 27 + [0] * 54 + [None] * 140
    >>> sensitivity, specificity, *rest = verification_corrected(truth, call)
    >>> round(sensitivity.estimate, 3), round(specificity.estimate, 3)
    (0.836, 0.738)
    """
    _choice.check(method, METHODS, "method")
    check_level(conf_level)
    checked_replicates(n_boot)
    true, known = known_truth(truth, verified)
    called = binary(call, "call")
    n = same_length(truth=true, call=called)
    patient, cell = patient_codes(patients, n), _cells(called, strata)
    note = assumption(known, "each call" + (" and stratum" if strata is not None else ""))
    blank = Estimate(
        measure="",
        method=f"begg-greenes-{method}",
        conf_level=conf_level,
        n_cases=n,
        n_patients=len(np.unique(patient)) if patients is not None else None,
        note=note,
    )
    records = [blank.replace(measure=name) for name in CORRECTED]
    if n == 0:
        return [e.replace(note="no case") for e in records]
    cells = _counted(called, true, known, cell)
    roles = roles_of(cells.call)
    risk = np.divide(cells.positive, cells.verified, out=np.full(len(cells.cases), np.nan), where=cells.verified > 0)
    rates = corrected_rates(roles, cells.cases, risk)
    spreads = _spreads(called, true, known, cell, patient, rates)
    if patients is None:  # the published variance is that of maximum likelihood
        spreads = [s._replace(variance=s.variance * (s.n_patients - 1) / max(s.n_patients, 1)) for s in spreads]
    halves = _with_halves(cells)
    drawn = None
    if method == "bootstrap":
        drawn = _replicates(called, true, known, cell, patient, n_boot, np.random.default_rng(rng))
    found = []
    for k, e in enumerate(records):
        value = float(rates[k])
        if math.isnan(value):
            found.append(e.replace(note=noted(e.note, _why_undefined(e.measure, cells))))
            continue
        error = math.sqrt(spreads[k].variance)  # nan for one patient
        e = e.replace(estimate=value, std_error=error)
        if drawn is not None:
            found.append(_resampled(e, drawn[k]))
        elif len(np.unique(cells.call)) == 1 and e.measure in ("sensitivity", "specificity"):
            found.append(_of_one_call(e, cells))
        else:
            half = (float(halves[0][k]), float(halves[1][k])) if _alike(e.measure, cells) else None
            df = None if patients is None or math.isnan(error) else spreads[k].df
            found.append(_delta(e.replace(df=df), half, logit=method == "logit"))
    return found


def _counted(call: Bools, truth: Bools, verified: Bools, cell: Ints) -> Cells:
    first = np.unique(cell, return_index=True)[1]
    counts = [np.bincount(cell[of], minlength=len(first)).astype(np.float64) for of in (verified, verified & truth)]
    return Cells(call[first], np.bincount(cell).astype(np.float64), *counts)


def _spreads(call: Bools, truth: Bools, verified: Bools, cell: Ints, patient: Ints, rates: Floats) -> list[Spread]:
    """Of each of `CORRECTED`; nan where it is undefined."""
    weight = cell_weights(verified, cell)
    roles = roles_of(call)
    domains = [call if name == "ppv" else ~call if name == "npv" else np.ones_like(call) for name in CORRECTED]
    found = []
    for k, domain in enumerate(domains):
        if math.isnan(rates[k]):
            found.append(Spread(math.nan, 0, 0))
            continue
        # Verified cases have their own truth; what the others would add is not looked at.
        inside, right = (np.where(truth, kind[k, 0], kind[k, 1]) for kind in roles)
        added = (right - rates[k]) * inside / float(weight[verified & inside].sum())
        part = codes_of(cell[domain])
        found.append(spread_of(unverified_influence(added[domain], verified[domain], part), patient[domain]))
    return found


def _with_halves(cells: Cells) -> tuple[Floats, Floats]:
    """Rates, and errors of their logits, with half a verified case added to each side of every cell."""
    roles, verified = roles_of(cells.call), cells.verified + 1
    risk = (cells.positive + 0.5) / verified
    numerator, denominator = _mass(roles, cells.cases, risk)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = numerator / denominator
        added = _gradient(roles, values, denominator)
        by_risk, by_cases = added[:, 0] - added[:, 1], added[:, 0] * risk + added[:, 1] * (1 - risk)
        # The risks are binomial, the cells multinomial.
        variance = (by_risk * cells.cases) ** 2 @ (risk * (1 - risk) / verified) + by_cases**2 @ cells.cases
        return values, np.sqrt(variance) / (values * (1 - values))


def _alike(measure: str, cells: Cells) -> bool:
    """Whether in a cell that a measure rests on the verified cases are all positive or all negative."""
    own = {"ppv": cells.call, "npv": ~cells.call}.get(measure, np.ones_like(cells.call))
    return bool((((cells.positive == 0) | (cells.positive == cells.verified)) & own).any())


def _replicates(
    call: Bools, truth: Bools, verified: Bools, cell: Ints, patient: Ints, n_boot: int, rng: np.random.Generator
) -> Floats:
    """`CORRECTED` of resampled patients, shape (6, n_boot); nan where a cell lost its verified cases."""
    place = np.unique(patient, return_inverse=True)[1]
    n_patients, n_cells = int(place.max()) + 1, int(cell.max()) + 1
    table = np.zeros((n_patients, 3 * n_cells), dtype=np.int64)
    for offset, of in enumerate((np.ones_like(verified), verified, verified & truth)):
        np.add.at(table, (place[of], offset * n_cells + cell[of]), 1)
    # Patients with the same counts are one kind, and counts of kinds are drawn instead of patients.
    kinds, sizes = np.unique(table, axis=0, return_counts=True)
    drawn = rng.multinomial(n_patients, sizes / n_patients, size=n_boot) @ kinds
    cases, n_verified, positive = (part.astype(np.float64) for part in np.split(drawn, 3, axis=1))
    risk = np.divide(positive, n_verified, out=np.zeros_like(positive), where=n_verified > 0)
    risk[(cases > 0) & (n_verified == 0)] = np.nan
    return corrected_rates(roles_of(call[np.unique(cell, return_index=True)[1]]), cases, risk)


def _resampled(e: Estimate, drawn: Floats) -> Estimate:
    """`e` with percentile limits."""
    kept, tail = drawn[np.isfinite(drawn)], (1 - e.conf_level) / 2
    lost = len(drawn) - len(kept)
    if lost:
        e = e.replace(note=noted(e.note, f"undefined in {lost} of {len(drawn)} replicates, left out"))
    if len(kept) < 2:
        return e
    low, high = np.quantile(kept, [tail, 1 - tail])
    if low == high:
        e = e.replace(note=noted(e.note, "no variation among the replicates: the interval has no width"))
    return e.replace(conf_low=min(float(low), e.estimate), conf_high=max(float(high), e.estimate))


def _delta(e: Estimate, half: tuple[float, float] | None, *, logit: bool) -> Estimate:
    """`e` with limits by the delta method, Student's where it has `df`.

    `half` is the rate and its error on the logit scale with halves added.
    """
    value, error, tail = e.estimate, e.std_error, (1 - e.conf_level) / 2
    z = z_of(tail) if math.isnan(e.df) else -float(special.stdtrit(e.df, tail))
    if math.isnan(error):
        return e.replace(note=noted(e.note, "one patient: no standard error"))
    if not logit and error > 0:
        return e.replace(conf_low=max(0.0, value - z * error), conf_high=min(1.0, value + z * error))
    if half is not None:
        centre, reach = float(special.logit(half[0])), z * half[1]
        e = e.replace(note=noted(e.note, "the verified cases of a cell are all alike: limits with half a case added"))
    else:
        centre, reach = float(special.logit(value)), z * error / (value * (1 - value))
    low, high = float(special.expit(centre - reach)), float(special.expit(centre + reach))
    return e.replace(conf_low=min(low, value), conf_high=max(high, value))


def _of_one_call(e: Estimate, cells: Cells) -> Estimate:
    """`e`, a sensitivity or specificity of 0 or 1 because every case was called alike, with exact limits."""
    n = int((cells.positive if e.measure == "sensitivity" else cells.verified - cells.positive).sum())
    tail = (1 - e.conf_level) / 2
    low, high = limits(n if e.estimate else 0, n, "clopper-pearson", tail, tail)
    note = f"every case was called alike: Clopper-Pearson limits of the {n} verified"
    return e.replace(conf_low=low, conf_high=high, note=noted(e.note, note))


def _why_undefined(measure: str, cells: Cells) -> str:
    own = {"ppv": True, "npv": False}.get(measure)
    word = {True: "positive", False: "negative"}
    if own is not None and not (cells.call == own).any():
        return f"undefined: nothing was called {word[own]}"
    bare = [word[c] for c in (True, False) if own in (None, c) and (cells.verified[cells.call == c] == 0).any()]
    if bare:
        return f"undefined: a cell of cases called {' and one called '.join(bare)} has no verified case"
    return f"undefined: no {'positive' if measure == 'sensitivity' else 'negative'} case among the verified"
