"""Cases drawn with replacement, for numbers that have no other interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from readerstudy.estimate import Estimate
from readerstudy.stats._arrays import Floats, Ints
from readerstudy.stats.linearised import noted


def case_replicates(n: int, value: Callable[[Ints], Floats], n_boot: int, rng: np.random.Generator) -> Floats:
    """`value` of `n_boot` samples of cases, each by their places, shape (n_boot, n_values)."""
    return np.array([value(rng.integers(0, n, n)) for _ in range(n_boot)])


def percentile(e: Estimate, replicates: Floats, conf_level: float, said: str | None = None) -> Estimate:
    """`e` with percentile limits and the standard deviation of `replicates`; those that are nan are left out."""
    kept = replicates[np.isfinite(replicates)]
    lost = len(replicates) - len(kept)
    e = e.replace(conf_level=conf_level, note=noted(e.note, said))
    if lost:
        e = e.replace(note=noted(e.note, f"undefined in {lost} of {len(replicates)} replicates, left out"))
    if len(kept) < 2:
        return e
    tail = (1 - conf_level) / 2
    low, high = (float(limit) for limit in np.quantile(kept, [tail, 1 - tail]))
    error = 0.0 if np.ptp(kept) < 1e-13 else float(kept.std(ddof=1))
    if error == 0:
        e = e.replace(note=noted(e.note, "no variation among the replicates: the interval has no width"))
    return e.replace(std_error=error, conf_low=min(low, e.estimate), conf_high=max(high, e.estimate))
