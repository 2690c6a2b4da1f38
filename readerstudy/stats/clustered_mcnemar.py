"""McNemar's test when a patient may have several cases: the adjustments that have been published."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Bools, Floats
from readerstudy.stats._patients import ONE_PATIENT, Patients

TESTS = ("obuchowski", "durkalski", "yang", "eliasziw-donner")
"""Names of McNemar's tests of clustered cases."""


def clustered_chi2(call: Bools, versus: Bools, patients: Patients, method: str) -> float:
    """Statistic, with 1 df, of two patients or more; nan where it is 0 / 0."""
    gaps = patients.sums(call.astype(np.int64) - versus)
    if method == "eliasziw-donner":
        discordant = int(np.count_nonzero(call != versus))
        gap = float(gaps.sum())
        return gap * gap / discordant / _inflation(call, versus, patients) if discordant else math.nan
    if method == "durkalski":
        gaps = gaps / patients.sizes
    squares = float((gaps * gaps).sum())
    if squares == 0:
        return math.nan
    chi2 = float(gaps.sum()) ** 2 / squares
    return chi2 * (patients.number - 1) / patients.number if method == "obuchowski" else chi2


def _inflation(call: Bools, versus: Bools, patients: Patients) -> float:
    """Eliasziw and Donner's correction from the correlation of all four kinds of pairs; at least 1."""
    n = patients.sizes.astype(np.float64)
    mean_size = float(n.mean())
    if mean_size == 1:
        return 1.0
    kinds = np.stack([patients.sums(cell) for cell in (call & versus, call & ~versus, ~call & versus, ~call & ~versus)])
    share = kinds.sum(axis=1) / n.sum()
    between = float(((kinds - share[:, None] * n) ** 2 / n).sum()) / patients.number
    within = float((kinds * (n - kinds) / n).sum()) / (patients.number * (mean_size - 1))
    common = _common_size(n)
    of_kinds = (between - within) / (between + (common - 1) * within) if between + within > 0 else 0.0
    if of_kinds <= 0:
        return 1.0
    correlation = of_kinds / (of_kinds + (share[1] + share[2]) * (1 - of_kinds))
    split = kinds[1] + kinds[2]
    split = split[split > 0]
    common, mean = _common_size(split), float(split.mean())
    return 1 + (common + len(split) * (mean - common) - 1) * float(correlation)


def _common_size(sizes: Floats) -> float:
    """The size that clusters of one size would have in place of these, in the analysis of variance."""
    k, mean = len(sizes), float(sizes.mean())
    return mean - float(((sizes - mean) ** 2).sum()) / (k * (k - 1) * mean) if k > 1 else mean


def clustered_mcnemar(e: Estimate, call: Bools, versus: Bools, patients: Patients, method: str) -> Estimate:
    """`e` with the difference call - versus of all cases and a test of `TESTS`."""
    e = e.replace(test_method=f"mcnemar-{method}", n_patients=patients.number)
    if len(call) == 0:
        return e.replace(note="no case")
    e = e.replace(estimate=(np.count_nonzero(call) - np.count_nonzero(versus)) / len(call))
    if (call == versus).all():
        return e.replace(p_value=1.0, note="no discordant pair")
    if patients.number == 1:
        return e.replace(note=ONE_PATIENT.replace("interval", "test"))
    chi2 = clustered_chi2(call, versus, patients, method)
    if math.isnan(chi2):
        return e.replace(p_value=1.0, note="the discordant pairs of every patient cancel out")
    return e.replace(statistic=chi2, df=1, p_value=float(special.chdtrc(1, chi2)))
