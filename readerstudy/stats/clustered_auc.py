"""The empirical AUC when a patient may have several cases: Obuchowski's covariance, and patients drawn whole.

The AUC stays that of all cases: every positive one against every negative one, of the same patient too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Bools, Floats, Ints, Tails, normal_p, z_of
from readerstudy.stats._degenerate import bounded, noted
from readerstudy.stats._difference import NO_VARIANCE, with_test
from readerstudy.stats._patients import ONE_PATIENT, Patients
from readerstudy.stats.roc_bootstrap import Bootstrap, acceleration, levels
from readerstudy.stats.roc_inference import with_limits
from readerstudy.stats.roc_placements import newcombe_limits, normal_limits, placements

METHODS = {
    "delong": "obuchowski",
    "logit": "obuchowski-logit",
    "bootstrap": "cluster-bootstrap",
    "bca": "cluster-bca",
}
"""What the methods of independent cases are for patients."""

_BLOCK = 500_000
"""Counts held at once: about as much as stays in a processor's cache."""


def obuchowski_covariance(truth: Bools, score_rows: Floats, patients: Patients) -> tuple[Floats, Floats]:
    """AUCs of several scores of the same cases (n_readers, n_cases) and their covariance matrix.

    Each class has sums over its patients; what a patient has in both classes covaries. nan where all cases of a class
    are of one patient. With one case a patient it is DeLong's.
    """
    found = [placements(truth, row) for row in score_rows]
    positive, negative = (
        _centred_sums(cases, np.stack([line - p.auc for line, p in zip(lines, found, strict=True)]), patients)
        for cases, lines in ((truth, [p.positive for p in found]), (~truth, [p.negative for p in found]))
    )
    both = positive @ negative.T
    covariance = _scaled(positive @ positive.T, truth, patients) + _scaled(negative @ negative.T, ~truth, patients)
    if patients.number > 1:
        covariance = covariance + (both + both.T) * patients.number / (patients.number - 1)
    return np.array([p.auc for p in found]), covariance


def _centred_sums(cases: Bools, lines: Floats, patients: Patients) -> Floats:
    """Sums over patients of what the cases of a class add to each AUC, shape (n_readers, n_patients)."""
    codes, size = patients.codes[cases], int(np.count_nonzero(cases))
    return np.stack([np.bincount(codes, weights=line, minlength=patients.number) / size for line in lines])


def _scaled(product: Floats, cases: Bools, patients: Patients) -> Floats:
    number = patients.of(cases).number
    return product * number / (number - 1) if number > 1 else np.full_like(product, math.nan)


def _kish(cases: Bools, patients: Patients) -> float:
    return patients.of(cases).effective


def clustered_auc(
    e: Estimate,
    truth: Bools,
    score: Floats,
    patients: Patients,
    *,
    outside: Tails,
    null: float | None,
    n_boot: int,
    rng: np.random.Generator | int | None,
) -> Estimate:
    """`e`, whose method is one for independent cases, with the AUC, interval and test of patients."""
    assert e.method is not None
    assert e.alternative is not None
    scale = e.method
    e = e.replace(method=METHODS[scale], n_patients=patients.number)
    if truth.all() or not truth.any():
        return e.replace(note=f"undefined: no {'negative' if truth.any() else 'positive'} case")
    areas, covariance = obuchowski_covariance(truth, score[None], patients)
    area, variance = float(areas[0]), float(covariance[0, 0])
    if patients.number == 1:
        return e.replace(estimate=area, note=ONE_PATIENT)
    # The covariance of the two classes is estimated apart from their variances, and may take them away.
    if not variance > 1e-24:
        e = _by_newcombe(e, truth, patients, area, variance, outside)
        return e if null is None else noted(e, "no test of the null value")
    error = math.sqrt(variance)
    e = e.replace(estimate=area, std_error=error)
    if scale in ("bootstrap", "bca"):
        drawn = np.concatenate(
            [found[0] for found in _replicates(truth, [score], patients, n_boot, np.random.default_rng(rng))]
        )
        pull = _pull(truth, score, patients) if scale == "bca" else math.nan
        # `with_limits` knows the methods by the names that they have for independent cases.
        limited = with_limits(e.replace(method=scale), Bootstrap(area, drawn, pull), outside, (0.0, 1.0))
        e = limited.replace(method=e.method, std_error=error)
    else:
        low, high = normal_limits(area, error, *outside, logit=scale == "logit")
        e = bounded(e.replace(conf_low=low, conf_high=high), 0.0, 1.0, outside)
    if null is None:
        return e
    z = (area - null) / error
    return e.replace(statistic=z, p_value=normal_p(z, e.alternative or "two-sided"), test_method="obuchowski")


def _by_newcombe(
    e: Estimate, truth: Bools, patients: Patients, area: float, variance: float, outside: Tails
) -> Estimate:
    """Where there is no variance: Newcombe's interval of as many cases as there would be if a patient's were copies."""
    low, high = newcombe_limits(area, _kish(truth, patients), _kish(~truth, patients), *outside)
    if math.isnan(variance):
        reason = "all cases of a class are of one patient, which leaves Obuchowski's variance undefined"
    elif area in (0, 1):
        reason = f"AUC = {area:.0f}"
    else:
        reason = "the patients leave no variance"
    said = f"{reason}: interval by Newcombe 2006, method 5, with the cases of a patient as copies of one"
    error = math.sqrt(variance) if variance >= 0 else math.nan
    return e.replace(method="newcombe", estimate=area, std_error=error, conf_low=low, conf_high=high, note=said)


def clustered_comparison(
    e: Estimate,
    truth: Bools,
    score: Floats,
    versus: Floats,
    patients: Patients,
    *,
    outside: Tails,
    hypothesis: str,
    margin: float | None,
    n_boot: int,
    rng: np.random.Generator | int | None,
) -> Estimate:
    """`e`, whose method is one for independent cases, with the difference score - versus of the same patients."""
    assert e.method is not None
    scale = e.method
    e = e.replace(
        method=METHODS[scale],
        n_patients=patients.number,
        test_method="obuchowski" if scale == "delong" else "cluster-bootstrap-z",
    )
    if truth.all() or not truth.any():
        return e.replace(note=f"undefined: no {'negative' if truth.any() else 'positive'} case")
    if np.array_equal(levels(score), levels(versus)):
        said = "both order the cases in the same way: difference 0, paired variance 0, "
        e = e.replace(estimate=0.0, conf_low=0.0, conf_high=0.0, std_error=0.0)
        if margin is None:
            return e.replace(p_value=1.0, note=said + "P = 1")
        return e.replace(note=said + "no test against the margin")
    areas, covariance = obuchowski_covariance(truth, np.stack([score, versus]), patients)
    difference = float(areas[0] - areas[1])
    e = e.replace(estimate=difference)
    if patients.number == 1:
        return e.replace(note=ONE_PATIENT)
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if math.isnan(variance):
        return e.replace(note="all cases of a class are of one patient: no interval, no test")
    if not variance > 1e-24:
        return e.replace(std_error=0.0, note=NO_VARIANCE)
    e = e.replace(std_error=math.sqrt(variance))
    if scale == "bootstrap":
        blocks = _replicates(truth, [score, versus], patients, n_boot, np.random.default_rng(rng))
        drawn = Bootstrap(difference, np.concatenate([first - second for first, second in blocks]))
        limited = with_limits(e.replace(method=scale), drawn, outside, (-1.0, 1.0))
        e = limited.replace(method=e.method)
        if math.isnan(e.conf_low):
            return e
    else:
        low, high = (difference + sign * z_of(tail) * e.std_error for sign, tail in zip((-1, 1), outside, strict=True))
        e = bounded(e.replace(conf_low=max(-1.0, low), conf_high=min(1.0, high)), -1.0, 1.0, outside)
    return with_test(e, hypothesis, margin)


def drawn_patients(strata: list[Ints], patients: Patients, n_boot: int, rng: np.random.Generator) -> Iterator[Ints]:
    """Blocks of how often each patient was drawn, a replicate a row, when each stratum is drawn by itself."""
    block = max(1, _BLOCK // patients.number)
    for start in range(0, n_boot, block):
        yield _times(strata, patients.number, min(block, n_boot - start), rng)


def _times(strata: list[Ints], number: int, size: int, rng: np.random.Generator) -> Ints:
    """How often each patient is drawn, shape (size, number)."""
    times = np.zeros((size, number), dtype=np.int64)
    for group in strata:
        drawn = rng.integers(0, len(group), (size, len(group)))
        place = (np.arange(size)[:, None] * len(group) + drawn).ravel()
        times[:, group] = np.bincount(place, minlength=size * len(group)).reshape(size, -1)
    return times


def strata_of(truth: Bools, patients: Patients) -> list[Ints]:
    """Patients with positive cases only, with negative ones only, and with both: each is drawn apart."""
    has = [np.bincount(patients.codes[cases], minlength=patients.number) > 0 for cases in (truth, ~truth)]
    groups = (has[0] & ~has[1], has[1] & ~has[0], has[0] & has[1])
    return [np.flatnonzero(group) for group in groups if group.any()]


def _replicates(
    truth: Bools, scores: Sequence[Floats], patients: Patients, n_boot: int, rng: np.random.Generator
) -> Iterator[list[Floats]]:
    """Blocks of replicates: the AUCs of each score when patients are drawn with all their cases."""
    strata = strata_of(truth, patients)
    sorted_rows = []
    for score in scores:
        row = levels(score)
        order = np.argsort(row, kind="stable")
        starts = np.flatnonzero(np.diff(row[order], prepend=-1))
        sorted_rows.append((patients.codes[order], truth[order], starts))
    block = max(1, _BLOCK // len(truth))
    for start in range(0, n_boot, block):
        size = min(block, n_boot - start)
        times = _times(strata, patients.number, size, rng)
        yield [_areas(times[:, codes], ordered, starts) for codes, ordered, starts in sorted_rows]


def _areas(times: Ints, truth: Bools, starts: Ints) -> Floats:
    """AUC of each row of how often the cases, in the order of their score, were drawn."""
    positive = np.add.reduceat(times * truth, starts, axis=1)
    negative = np.add.reduceat(times * ~truth, starts, axis=1)
    outscored = 2 * np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    area: Floats = (positive * outscored).sum(axis=1) / (2 * pairs)
    return area


def _pull(truth: Bools, score: Floats, patients: Patients) -> float:
    """Acceleration of BCa limits from what each patient adds to the AUC."""
    found = placements(truth, score)
    terms = np.empty(len(truth))
    terms[truth] = (found.positive - found.auc) / np.count_nonzero(truth)
    terms[~truth] = (found.negative - found.auc) / np.count_nonzero(~truth)
    return acceleration([patients.sums(terms)])
