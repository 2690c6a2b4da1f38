"""The reads of a study as `mrmc` and `model_versus_readers` take them, once they are possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from readerstudy.stats._arrays import ArrayLike, Bools, Floats, Ints, binary
from readerstudy.stats._patients import patients_of


class Reads(NamedTuple):
    """Cases that nobody read are left out."""

    truth: Bools
    scores: Floats
    """Shape (n_modalities, n_readers, n_cases); nan = not read."""
    unit: Ints | None
    """Patient of each case, coded from 0; None when each case is its own."""

    @property
    def read(self) -> Bools:
        """Which reads there are."""
        return ~np.isnan(self.scores)

    def counts(self, read: Bools) -> dict[str, int | None]:
        """`n_cases` and `n_patients` of cases, shape (n_cases,)."""
        patients = None if self.unit is None else len(np.unique(self.unit[read]))
        return {"n_cases": int(read.sum()), "n_patients": patients}

    def by_unit(self) -> Bools:
        """Which reader read a case of which patient in which modality: shape (n_modalities, n_readers, n_units)."""
        if self.unit is None:
            return self.read
        found = np.zeros((*self.scores.shape[:2], int(self.unit.max(initial=-1)) + 1), dtype=bool)
        modality, reader, case = np.nonzero(self.read)
        found[modality, reader, self.unit[case]] = True
        return found


def reads_of(truth: ArrayLike, scores: npt.ArrayLike, patients: ArrayLike | None) -> Reads:
    """Checked reads.

    Raises
    ------
    ValueError
        If shapes do not fit, a score is infinite or text, or there is no read at all.
    """
    checked = binary(truth, "truth")
    try:
        rows = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("scores must be numbers of shape (n_modalities, n_readers, n_cases), nan = not read") from None
    if rows.ndim != 3 or rows.shape[2] != len(checked):
        raise ValueError(
            f"scores must have shape (n_modalities, n_readers, {len(checked)}), nan = not read; got {rows.shape}"
        )
    if np.isinf(rows).any():
        raise ValueError("scores must be finite, or nan = not read; got an infinite one")
    read = ~np.isnan(rows)
    if not read.any():
        raise ValueError("scores has no read at all: every score is nan")
    some: Bools = np.any(read, axis=(0, 1))
    unit: Ints | None = None
    if patients is not None:
        unit = patients_of(patients, len(checked)).of(some).codes
    return Reads(checked[some], rows[:, :, some], unit)


def names_of(given: Sequence[object] | None, n: int, what: str) -> list[str]:
    """Names, by default "1", "2" and so on.

    Raises
    ------
    ValueError
        Unless they are `n` different ones.
    """
    called = [str(k + 1) for k in range(n)] if given is None else [str(name) for name in given]
    if len(called) != n or len(set(called)) < n:
        raise ValueError(f"{what} must be {n} different names, got {called}")
    return called
