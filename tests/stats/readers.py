"""Reads of several readers, drawn for tests."""

import numpy as np


def draw_reads(seed, readers=4, cases=50, categories=4, agree=0.6, missing=0.0):
    """Each reader calls the case's own category with probability `agree`, else any; nan where not read."""
    rng = np.random.default_rng(seed)
    own = rng.integers(categories, size=cases)
    reads = np.where(rng.random((readers, cases)) < agree, own, rng.integers(categories, size=(readers, cases)))
    return np.where(rng.random(reads.shape) < missing, np.nan, reads.astype(float))


def jackknife(function, reads):
    """Standard error of `function` of `reads` by leaving out one case at a time."""
    n = reads.shape[1]
    left_out = np.array([function(np.delete(reads, case, axis=1)) for case in range(n)])
    return np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
